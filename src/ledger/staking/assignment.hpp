// SPDX-License-Identifier: Apache-2.0
// Which shards each node holds: the first committee, and the change to the next one with as few
// moves as possible (spec/chain.md §6.5).
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "ledger/failure.hpp"
#include "ledger/types.hpp"

namespace walrus::ledger {

/// How many shards nodes shall hold, in the order of the active set.
using ShardCounts = std::vector<std::pair<NodeId, std::uint16_t>>;

/// Consecutive shards in the order of node ids; nodes without shards are left out.
CommitteeShards first_committee(ShardCounts counts);

/// The committee after `current`: a node that shrinks gives from the end of its list, one that
/// grows appends what others gave. Moves exactly the sum of decreases. Errors:
/// committee::EInvalidShardAssignment (another number of shards than now).
Executed<CommitteeShards> next_committee(const CommitteeShards& current, const ShardCounts& counts);

/// A node's shards; null if it is not a member. `committee` is sorted by node id.
const std::vector<std::uint16_t>* find_member(const CommitteeShards& committee, const NodeId& node);
inline bool is_member(const CommitteeShards& committee, const NodeId& node) {
    return find_member(committee, node) != nullptr;
}

/// Members of only one of two committees, in the order of ids.
struct CommitteeDiff {
    std::vector<NodeId> left;
    std::vector<NodeId> joined;
};
CommitteeDiff committee_diff(const CommitteeShards& before, const CommitteeShards& after);

}  // namespace walrus::ledger
