// SPDX-License-Identifier: Apache-2.0
// The network as its ledger describes it at one moment: committee, nodes, prices. One snapshot is
// used for a whole store or read, so that all its steps agree.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "attest/committee.hpp"
#include "client/config.hpp"
#include "client/error.hpp"
#include "io/task.hpp"
#include "ledger/transaction_builder.hpp"
#include "nodeapi/node_client.hpp"
#include "protocol/parameters.hpp"
#include "rpc/ledger_client.hpp"

namespace walrus::client {

/// A member of the committee. Its index in NetworkView::nodes is its index in certificates.
struct NodeInfo {
    NodeId id;
    std::string name;
    nodeapi::NodeAddress address;
    std::string public_key;  ///< base64 of the compressed BLS key
    std::vector<ShardIndex> shards;
    Frost stake = 0;
    std::uint16_t commission_rate = 0;  ///< basis points
};

enum class EpochPhase { ChangeSync, ChangeDone, NextParametersSelected };

struct NetworkView {
    NetworkView(CodeParameters code_, attest::BlsCommittee committee_)
        : code(code_), committee(std::move(committee_)) {}

    CodeParameters code;
    attest::BlsCommittee committee;
    std::vector<NodeInfo> nodes;
    std::vector<std::uint16_t> node_of_shard;  ///< index into `nodes`, by shard

    ChainId chain_id;
    Epoch epoch = 0;
    EpochPhase phase = EpochPhase::ChangeDone;
    std::uint64_t epoch_start_ms = 0;  ///< 0 while the epoch is changing
    std::uint64_t epoch_duration_ms = 0;
    std::uint32_t epochs_ahead_max = 0;
    Frost storage_price = 0;  ///< per MiB and epoch
    Frost write_price = 0;    ///< per MiB
    std::uint64_t capacity_bytes = 0;
    std::uint64_t used_bytes = 0;

    /// While shards move (phase ChangeSync): the committee of the epoch before, whose nodes hold
    /// what was certified until then. Its keys are the pools' present ones, good for nothing but
    /// calling.
    std::shared_ptr<const NetworkView> previous;

    ledger::LedgerHandles handles;  ///< what transactions need
    ObjectId staking_object;
    Address type_package;  ///< address in names of types
    std::string wal_type;  ///< name of the WAL coin's type

    std::uint32_t shard_count() const { return code.shard_count(); }
    /// Type of a Walrus object, e.g. type_name("blob", "Blob").
    std::string type_name(std::string_view module, std::string_view name) const;
    /// The node that holds this pair of this blob.
    std::uint16_t holder(SliverPairIndex pair, const BlobId& blob) const {
        return node_of_shard[shard_of_pair(pair, blob, shard_count()).value];
    }
};

/// Reads system, staking and pool objects (three round trips; a fourth while the epoch changes).
/// Errors: Network (not reached), NotFound (the configured objects do not exist there), Refused (a
/// layout that we do not know, or another chain than configured).
io::Task<ClientResult<std::shared_ptr<const NetworkView>>> load_network_view(
    rpc::LedgerClient& ledger, const NetworkConfig& config);

}  // namespace walrus::client
