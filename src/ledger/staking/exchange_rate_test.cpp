// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "ledger/staking/exchange_rate.hpp"

namespace walrus::ledger {
namespace {

TEST(ExchangeRate, FlatWithoutWalOrShares) {
    EXPECT_EQ(*make_rate(0, 7), ExchangeRate{FlatRate{}});
    EXPECT_EQ(*make_rate(7, 0), ExchangeRate{FlatRate{}});
    EXPECT_EQ(*to_wal(FlatRate{}, 7), 7u);
    EXPECT_EQ(*to_shares(FlatRate{}, 7), 7u);
}

TEST(ExchangeRate, RoundsDownBothWays) {
    const ExchangeRate rate = *make_rate(10, 3);
    EXPECT_EQ(*to_wal(rate, 2), 6u);
    EXPECT_EQ(*to_shares(rate, 6), 1u);
    const std::uint64_t most = ~std::uint64_t{0};
    EXPECT_EQ(*to_wal(*make_rate(most, most - 1), most - 1), most);
    EXPECT_EQ(to_wal(rate, most).error().kind, ExecutionErrorKind::PrimitiveRuntimeError);
}

TEST(ExchangeRate, NeverBelowOne) {
    EXPECT_EQ(make_rate(2, 3).error().name(), "pool_exchange_rate::EInvalidRate(0)");
}

TEST(PendingValuesTest, KeepTheirOrder) {
    PendingValues values;
    ASSERT_TRUE(add_pending(values, 5, 10).has_value());
    ASSERT_TRUE(add_pending(values, 3, 20).has_value());
    ASSERT_TRUE(add_pending(values, 5, 1).has_value());
    replace_pending(values, 4, 7);
    replace_pending(values, 4, 8);
    EXPECT_EQ(values, (PendingValues{{5, 11}, {3, 20}, {4, 8}}));
    EXPECT_EQ(*pending_until(values, 4), 28u);
    ASSERT_TRUE(reduce_pending(values, 5, 11).has_value());
    EXPECT_EQ(*flush_pending(values, 3), 20u);
    EXPECT_EQ(values, (PendingValues{{5, 0}, {4, 8}}));
}

TEST(PendingValuesTest, Errors) {
    PendingValues values{{5, 10}};
    EXPECT_EQ(reduce_pending(values, 4, 1).error().name(), "pending_values::EMissingEpochValue(0)");
    EXPECT_EQ(reduce_pending(values, 5, 11).error().name(),
              "pending_values::EReduceValueTooLarge(1)");
    EXPECT_EQ(add_pending(values, 5, ~std::uint64_t{0}).error().kind,
              ExecutionErrorKind::PrimitiveRuntimeError);
}

}  // namespace
}  // namespace walrus::ledger
