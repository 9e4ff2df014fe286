// SPDX-License-Identifier: Apache-2.0
#include "client/fetch_plan.hpp"

#include <gtest/gtest.h>

#include <set>

namespace walrus::client {
namespace {

// n = 10: 4 source rows, 10 slivers; node i holds slivers i and i+5.
FetchPlan plan_for(std::uint32_t data_rows, std::uint32_t rounds = 1) {
    std::vector<std::uint16_t> holder;
    for (std::uint16_t i = 0; i < 10; ++i) holder.push_back(i % 5);
    return FetchPlan(*CodeParameters::make(10), holder, data_rows, rounds);
}

std::vector<int> ask_all(FetchPlan& plan) {
    std::vector<int> out;
    while (const auto index = plan.next()) out.push_back(index->value);
    return out;
}

TEST(FetchPlan, AsksForSystematicSliversInOrderAndNothingElse) {
    FetchPlan plan = plan_for(4);
    EXPECT_EQ(ask_all(plan), (std::vector<int>{0, 1, 2, 3}));
    for (std::uint16_t i = 0; i < 4; ++i) plan.received(SliverIndex(i));
    EXPECT_TRUE(plan.systematic_complete());
    EXPECT_EQ(plan.systematic_received(), 4u);
    EXPECT_EQ(plan.parity_received(), 0u);
    EXPECT_FALSE(plan.next().has_value());
}

TEST(FetchPlan, AShortBlobNeedsOnlyItsDataRows) {
    FetchPlan plan = plan_for(1);
    EXPECT_EQ(ask_all(plan), (std::vector<int>{0}));
    plan.received(SliverIndex(0));
    EXPECT_TRUE(plan.done());
}

TEST(FetchPlan, AnEmptyBlobNeedsNothing) {
    FetchPlan plan = plan_for(0);
    EXPECT_TRUE(plan.done());
    EXPECT_FALSE(plan.next().has_value());
}

TEST(FetchPlan, AFailureIsReplacedByOneParitySliverOfAnotherNode) {
    FetchPlan plan = plan_for(4);
    ask_all(plan);
    plan.failed(SliverIndex(1), true);  // node 1 also holds 6
    const auto more = ask_all(plan);
    ASSERT_EQ(more.size(), 1u);
    EXPECT_GE(more[0], 4);
    EXPECT_NE(more[0], 6);
    plan.received(SliverIndex(0));
    plan.received(SliverIndex(2));
    plan.received(SliverIndex(3));
    EXPECT_FALSE(plan.done());
    plan.received(SliverIndex(static_cast<std::uint16_t>(more[0])));
    EXPECT_TRUE(plan.decodable());
    EXPECT_FALSE(plan.systematic_complete());
    EXPECT_EQ(plan.parity_received(), 1u);
}

TEST(FetchPlan, ALateSliverIsHedgedOnceAndStillWelcome) {
    FetchPlan plan = plan_for(1);
    ask_all(plan);
    plan.late(SliverIndex(0));
    plan.late(SliverIndex(0));
    EXPECT_EQ(ask_all(plan).size(), 1u);
    plan.received(SliverIndex(0));
    EXPECT_TRUE(plan.systematic_complete());
}

TEST(FetchPlan, AFailureAfterBeingLateOwesNoSecondReplacement) {
    FetchPlan plan = plan_for(4);
    ask_all(plan);
    plan.late(SliverIndex(2));
    EXPECT_EQ(ask_all(plan).size(), 1u);
    plan.failed(SliverIndex(2), false);
    EXPECT_EQ(ask_all(plan).size(), 0u);
}

TEST(FetchPlan, EveryPatternOfDeadNodesThatLeavesEnoughSucceeds) {
    for (unsigned dead = 0; dead < 32; ++dead) {
        FetchPlan plan = plan_for(4, 2);
        std::set<int> asked;
        while (!plan.done()) {
            const auto index = plan.next();
            if (!index) {
                ASSERT_EQ(plan.under_way(), 0u);
                if (!plan.retry()) break;
                continue;
            }
            asked.insert(index->value);
            if ((dead >> (index->value % 5)) & 1)
                plan.failed(*index, true);
            else
                plan.received(*index);
        }
        const int alive = 5 - __builtin_popcount(dead);
        EXPECT_EQ(plan.done(), 2 * alive >= 4 || (dead & 0b01111) == 0) << dead;
    }
}

TEST(FetchPlan, RoundsEnd) {
    FetchPlan plan = plan_for(4, 2);
    int attempts = 0;
    for (;;) {
        const auto index = plan.next();
        if (index) {
            ++attempts;
            plan.failed(*index, true);
        } else if (!plan.retry()) {
            break;
        }
    }
    EXPECT_GE(attempts, 15);
    EXPECT_LE(attempts, 30);
    EXPECT_FALSE(plan.done());
}

}  // namespace
}  // namespace walrus::client
