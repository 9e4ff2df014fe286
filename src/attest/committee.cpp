// SPDX-License-Identifier: Apache-2.0
#include "attest/committee.hpp"

#include <limits>
#include <utility>

namespace walrus::attest {

std::optional<BlsCommittee> BlsCommittee::make(Epoch epoch, std::vector<CommitteeMember> members) {
    if (members.empty() || members.size() > kMembersMax) return std::nullopt;
    bls::PublicKeySum total;
    std::uint32_t weight = 0;
    for (const auto& member : members) {
        if (member.weight == 0) return std::nullopt;
        weight += member.weight;
        total.add(member.public_key);
    }
    if (weight > std::numeric_limits<std::uint16_t>::max()) return std::nullopt;
    BlsCommittee out;
    out.epoch_ = epoch;
    out.shard_count_ = static_cast<std::uint16_t>(weight);
    out.members_ = std::move(members);
    out.total_key_ = total.finish();
    return out;
}

std::optional<std::uint16_t> BlsCommittee::index_of(const NodeId& node) const {
    for (std::size_t i = 0; i < members_.size(); ++i)
        if (members_[i].node_id == node) return static_cast<std::uint16_t>(i);
    return std::nullopt;
}

BlsCommittee BlsCommittee::with_known(std::set<Digest> certificates) const {
    BlsCommittee out = *this;
    out.known_ = certificates.empty()
                     ? nullptr
                     : std::make_shared<const std::set<Digest>>(std::move(certificates));
    return out;
}

}  // namespace walrus::attest
