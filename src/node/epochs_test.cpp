// SPDX-License-Identifier: Apache-2.0
#include "node/epochs.hpp"

#include <gtest/gtest.h>

namespace walrus::node {
namespace {

ledger::StakingInnerV1 staking(ledger::EpochState state) {
    ledger::StakingInnerV1 out;
    out.epoch_duration_ms = 1000;
    out.epoch_state = state;
    return out;
}

TEST(NextAction, FollowsTheStateOfTheEpoch) {
    const DueAction voting = next_action(staking(ledger::EpochChangeDone{5000}), 0);
    EXPECT_EQ(voting.action, EpochAction::EndVoting);
    EXPECT_EQ(voting.due_ms, 5500u);
    const DueAction change = next_action(staking(ledger::NextParamsSelected{5000}), 0);
    EXPECT_EQ(change.action, EpochAction::Initiate);
    EXPECT_EQ(change.due_ms, 6000u);
    const DueAction sync = next_action(staking(ledger::EpochChangeSync{3}), 7000);
    EXPECT_EQ(sync.action, EpochAction::ConcludeSync);
    EXPECT_EQ(sync.due_ms, 8000u);
}

TEST(NextAction, TimesBeyond64BitsNeverCome) {
    const DueAction never = next_action(staking(ledger::NextParamsSelected{~0ull - 5}), 0);
    EXPECT_EQ(never.due_ms, ~0ull);
}

TEST(NextAction, DelaysAreATenthOfTheEpochAndAtMostThreeMinutes) {
    EXPECT_EQ(delay_max_ms(20'000), 2'000u);
    EXPECT_EQ(delay_max_ms(86'400'000), 180'000u);
}

}  // namespace
}  // namespace walrus::node
