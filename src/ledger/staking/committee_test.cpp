// SPDX-License-Identifier: Apache-2.0
// Apportionment, shard assignment, active set and reward distribution (spec/chain.md §6.2-§6.5,
// §7.3): what the vectors do not fix, over many small random inputs.
#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "base/checked.hpp"
#include "ledger/staking/active_set.hpp"
#include "ledger/staking/apportionment.hpp"
#include "ledger/staking/assignment.hpp"
#include "ledger/staking/rewards.hpp"

namespace walrus::ledger {
namespace {

NodeId node(std::uint8_t number) {
    NodeId out;
    out.bytes[31] = number;
    return out;
}

TEST(Apportionment, IsTheGreedyDivisorMethodWithCap) {
    std::mt19937_64 random(1);
    for (int round = 0; round < 300; ++round) {
        const std::size_t nodes = 1 + random() % 30;
        const auto n = static_cast<std::uint16_t>(10 + random() % 120);
        std::vector<Frost> stakes;
        for (std::size_t i = 0; i < nodes; ++i) stakes.push_back(1 + random() % 50);
        const auto shards = apportion(stakes, n);
        ASSERT_TRUE(shards.has_value());
        // One shard at a time to the largest stake / (shards + 1), the earlier node on ties.
        const std::uint32_t cap = max_shards(nodes, n);
        std::vector<std::uint16_t> expected(nodes);
        for (int given = 0; given < n; ++given) {
            std::size_t best = nodes;
            for (std::size_t i = 0; i < nodes; ++i) {
                if (expected[i] == cap) continue;
                if (best == nodes ||
                    stakes[i] * (expected[best] + 1u) > stakes[best] * (expected[i] + 1u))
                    best = i;
            }
            ASSERT_LT(best, nodes);
            ++expected[best];
        }
        EXPECT_EQ(*shards, expected);
    }
}

TEST(Apportionment, Errors) {
    const std::vector<Frost> none(3), huge(2, ~Frost{0});
    EXPECT_EQ(apportion(none, 10).error().name(), "staking_inner::ENoStake(3)");
    EXPECT_EQ(apportion({}, 10).error().name(), "staking_inner::ENoStake(3)");
    EXPECT_EQ(apportion(huge, 10).error().kind, ExecutionErrorKind::PrimitiveRuntimeError);
    const std::vector<Frost> many(20, 7);
    EXPECT_EQ(apportion(many, 9).error().name(), "apportionment_queue::EPopFromEmptyHeap(0)");
}

TEST(Assignment, MovesTheMinimumAndLosesNothing) {
    std::mt19937_64 random(2);
    for (int round = 0; round < 300; ++round) {
        const std::uint16_t n = 40;
        const auto counts = [&] {
            std::vector<std::uint8_t> ids(12);
            std::iota(ids.begin(), ids.end(), std::uint8_t{1});
            std::shuffle(ids.begin(), ids.end(), random);
            ShardCounts out;
            for (std::size_t i = 0; i < 1 + random() % 12; ++i) out.emplace_back(node(ids[i]), 0);
            for (int i = 0; i < n; ++i) ++out[random() % out.size()].second;
            return out;
        };
        const CommitteeShards before = first_committee(counts());
        const ShardCounts wanted = counts();
        const auto after = next_committee(before, wanted);
        ASSERT_TRUE(after.has_value());
        EXPECT_TRUE(std::is_sorted(after->begin(), after->end()));
        std::vector<int> held(n);
        std::size_t moved = 0, least = 0;
        for (const auto& [id, shards] : *after) {
            const auto* old = find_member(before, id);
            for (const std::uint16_t shard : shards) {
                ++held.at(shard);
                if (old == nullptr || std::find(old->begin(), old->end(), shard) == old->end())
                    ++moved;
            }
        }
        for (const auto& [id, count] : wanted) {
            const auto* now = find_member(*after, id);
            EXPECT_EQ(now == nullptr ? 0 : now->size(), count);
        }
        for (const auto& [id, shards] : before) {
            const auto* now = find_member(*after, id);
            const std::size_t count = now == nullptr ? 0 : now->size();
            if (count < shards.size()) least += shards.size() - count;
        }
        EXPECT_EQ(held, std::vector<int>(n, 1));
        EXPECT_EQ(moved, least);
    }
}

TEST(Assignment, DiffListsBothSidesInOrder) {
    const CommitteeShards a = first_committee({{node(3), 1}, {node(1), 1}, {node(2), 1}});
    const CommitteeShards b = first_committee({{node(5), 1}, {node(2), 1}, {node(4), 1}});
    const CommitteeDiff diff = committee_diff(a, b);
    EXPECT_EQ(diff.left, (std::vector<NodeId>{node(1), node(3)}));
    EXPECT_EQ(diff.joined, (std::vector<NodeId>{node(4), node(5)}));
}

TEST(ActiveSetTest, TotalFollowsTheEntries) {
    std::mt19937_64 random(3);
    ActiveSet set;
    set.max_size = 5;
    set.threshold_stake = 3;
    for (int step = 0; step < 5000; ++step) {
        const NodeId id = node(static_cast<std::uint8_t>(random() % 9));
        const auto kept = insert_or_update(set, id, random() % 12);
        ASSERT_TRUE(kept.has_value());
        Frost total = 0;
        bool found = false;
        for (const ActiveSetEntry& entry : set.nodes) {
            EXPECT_GE(entry.staked_amount, set.threshold_stake);
            total += entry.staked_amount;
            found = found || entry.node_id == id;
        }
        ASSERT_EQ(total, set.total_stake);
        ASSERT_EQ(found, *kept);
        ASSERT_LE(set.nodes.size(), set.max_size);
    }
}

TEST(RewardsTest, LargestProductsDoNotOverflow) {
    const std::uint64_t most = ~std::uint64_t{0};
    const Rewards half = distribute_rewards(std::vector<RewardShare>{{500, 0}, {500, 0}}, most,
                                            5'000'000'000'000'000'000);
    EXPECT_EQ(half.nodes,
              (std::vector<Frost>{2'500'000'000'000'000'000, 2'500'000'000'000'000'000}));
    EXPECT_EQ(half.left, 0u);
    const Rewards all =
        distribute_rewards(std::vector<RewardShare>{{65535, 0}, {1, most}}, most, most);
    EXPECT_EQ(all.nodes, (std::vector<Frost>{most, 0}));
    EXPECT_EQ(burn_share(most), 553402322211286548u);
}

}  // namespace
}  // namespace walrus::ledger
