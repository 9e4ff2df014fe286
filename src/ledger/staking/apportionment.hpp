// SPDX-License-Identifier: Apache-2.0
// How many shards each node of the active set gets (spec/chain.md §6.3, §6.4): the D'Hondt method
// with a cap per node.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ledger/failure.hpp"
#include "protocol/ids.hpp"

namespace walrus::ledger {

/// The most shards that one of `nodes` nodes may hold: a tenth from 20 nodes on, more below.
/// Precondition: nodes > 0.
std::uint32_t max_shards(std::size_t nodes, std::uint16_t n_shards);

/// Shards per node, for stakes in the order of the active set; of equal claims the earlier one
/// wins. Nodes that get nothing stay in the list with 0. O((n + N) log N). Errors:
/// staking_inner::ENoStake, apportionment_queue::EPopFromEmptyHeap (the caps leave shards over),
/// arithmetic (the sum of stakes).
Executed<std::vector<std::uint16_t>> apportion(std::span<const Frost> stakes,
                                               std::uint16_t n_shards);

}  // namespace walrus::ledger
