// SPDX-License-Identifier: Apache-2.0
// The committee as one node needs it: the epoch, the number of shards and which of them are its
// own. Read from the ledger's System and Staking objects.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "crypto/bls.hpp"
#include "protocol/ids.hpp"
#include "protocol/parameters.hpp"
#include "rpc/ledger_client.hpp"

namespace walrus::ledger {
struct StakingInnerV1;
}

namespace walrus::node {

/// What is kept on disk, so that a node serves reads while the ledger is away. BCS.
struct CommitteeRecord {
    Epoch epoch = 0;
    std::uint16_t shard_count = 0;
    std::vector<ShardIndex> owned;  ///< ascending
    Address package;                ///< the package of the ledger's Walrus events
    bool operator==(const CommitteeRecord&) const = default;
};

/// Immutable once made.
struct CommitteeView {
    CommitteeRecord record;
    CodeParameters code;
    /// The epoch's state and both committees, as the ledger had them; null if the view is from
    /// disk.
    std::shared_ptr<const ledger::StakingInnerV1> staking;

    /// Nothing if the number of shards is out of range or a shard is not below it.
    static std::shared_ptr<const CommitteeView> make(
        CommitteeRecord record, std::shared_ptr<const ledger::StakingInnerV1> staking = nullptr);
    bool owns(ShardIndex shard) const;
};

/// The id of System's or Staking's inner state.
ObjectId inner_id(const ObjectId& parent, std::uint64_t version);

struct CommitteeSource {
    ObjectId system_object;
    ObjectId staking_object;
    NodeId node_id;
    bls::UncompressedKeyBytes protocol_key;
};

enum class CommitteeCode {
    Unavailable,    ///< the ledger does not answer, or is between two states: try again
    Contradiction,  ///< its objects do not fit this node: nothing may be signed
};
using CommitteeResult = Result<std::shared_ptr<const CommitteeView>, Failure<CommitteeCode>>;
/// Errors: Contradiction if objects are missing or do not parse, or if the committee has another
/// key for this node than its own.
io::Task<CommitteeResult> read_committee(rpc::LedgerClient& ledger, CommitteeSource source);

}  // namespace walrus::node
