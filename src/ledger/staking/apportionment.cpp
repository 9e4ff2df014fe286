// SPDX-License-Identifier: Apache-2.0
#include "ledger/staking/apportionment.hpp"

#include <queue>
#include <tuple>

#include "base/check.hpp"
#include "base/checked.hpp"
#include "ledger/abort_codes.hpp"

namespace walrus::ledger {

namespace {

/// From this many nodes on the cap is a tenth of the shards.
inline constexpr std::uint64_t kNodesForTenth = 20;
inline constexpr std::uint64_t kCapDivisor = 10;

/// A node's claim to its next shard: stake / (shards + 1) as 64.64 fixed point. Stakes are below
/// 2^64 and counts below 2^16, so truncation never orders two unequal fractions wrongly.
struct Claim {
    Uint128 priority = 0;
    std::size_t node = 0;
    /// Is this claim behind the other one?
    friend bool operator<(const Claim& a, const Claim& b) {
        return std::tie(a.priority, b.node) < std::tie(b.priority, a.node);
    }
};

}  // namespace

std::uint32_t max_shards(std::size_t nodes, std::uint16_t n_shards) {
    WALRUS_CHECK(nodes > 0);
    if (nodes >= kNodesForTenth) return static_cast<std::uint32_t>(n_shards / kCapDivisor);
    return static_cast<std::uint32_t>(
        div_ceil<std::uint64_t>(kNodesForTenth * n_shards, kCapDivisor * nodes));
}

Executed<std::vector<std::uint16_t>> apportion(std::span<const Frost> stakes,
                                               std::uint16_t n_shards) {
    Frost total = 0;
    for (const Frost stake : stakes) {
        const auto sum = checked_add(total, stake);
        if (!sum) return arithmetic_error("the sum of stakes");
        total = *sum;
    }
    if (total == 0)
        return move_abort(codes::staking_inner::kNoStake, "the active set has no stake");
    const std::uint32_t cap = max_shards(stakes.size(), n_shards);
    const std::uint64_t divisor = total / (std::uint64_t{n_shards} + 1) + 1;
    std::vector<std::uint16_t> shards;
    shards.reserve(stakes.size());
    std::uint32_t given = 0;
    std::priority_queue<Claim> claims;
    const auto claim = [&](std::size_t node) {
        if (shards[node] == cap) return;
        claims.push({(Uint128{stakes[node]} << 64) / (std::uint32_t{shards[node]} + 1u), node});
    };
    for (std::size_t node = 0; node < stakes.size(); ++node) {
        // At most n_shards in all: stake / divisor is less than its share of n_shards + 1.
        const std::uint64_t first = stakes[node] / divisor;
        shards.push_back(static_cast<std::uint16_t>(first < cap ? first : cap));
        given += shards[node];
        claim(node);
    }
    while (given != n_shards) {
        if (claims.empty())
            return move_abort(codes::apportionment_queue::kPopFromEmptyHeap,
                              "every node holds the most it may, " +
                                  std::to_string(n_shards - given) + " shards are left");
        const std::size_t node = claims.top().node;
        claims.pop();
        ++shards[node];
        ++given;
        claim(node);
    }
    return shards;
}

}  // namespace walrus::ledger
