// SPDX-License-Identifier: Apache-2.0
// The committee as certificates see it: parsed keys, weights and their sums, made once per epoch.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "crypto/bls.hpp"
#include "protocol/ids.hpp"

namespace walrus::attest {

/// Members are counted in a u16; this bounds what grows with their number.
inline constexpr std::size_t kMembersMax = 4096;

struct CommitteeMember {
    bls::PublicKey public_key;
    /// Number of the node's shards; at least 1.
    std::uint16_t weight = 0;
    NodeId node_id;
};

/// Immutable; may be shared between threads.
class BlsCommittee {
public:
    /// Members in the ledger's order. Nothing if there are none or more than kMembersMax, if one
    /// has weight 0 (EIncorrectCommittee), or if the weights' sum exceeds u16.
    static std::optional<BlsCommittee> make(Epoch epoch, std::vector<CommitteeMember> members);

    Epoch epoch() const { return epoch_; }
    /// The sum of all weights.
    std::uint16_t shard_count() const { return shard_count_; }
    const std::vector<CommitteeMember>& members() const { return members_; }
    /// The sum of all members' keys.
    const bls::PublicKey& total_key() const { return total_key_; }
    /// The same committee, which also knows that the signatures of these certificates verify
    /// (certificate_digest); `verify_certificate` then skips the pairing. Only for what was
    /// verified with this committee (verify_ahead).
    BlsCommittee with_known(std::set<Digest> certificates) const;
    bool knows(const Digest& certificate) const { return known_ && known_->contains(certificate); }
    bool knows_any() const { return known_ != nullptr; }
    /// The member's index.
    std::optional<std::uint16_t> index_of(const NodeId& node) const;

private:
    BlsCommittee() = default;
    Epoch epoch_ = 0;
    std::uint16_t shard_count_ = 0;
    std::vector<CommitteeMember> members_;
    bls::PublicKey total_key_;
    std::shared_ptr<const std::set<Digest>> known_;
};

}  // namespace walrus::attest
