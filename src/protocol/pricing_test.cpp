// SPDX-License-Identifier: Apache-2.0
#include "protocol/pricing.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace walrus {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(Pricing, RoundsUpAndStopsAtTheSupply) {
    EXPECT_EQ(frost_of_nano_usd(0, 0.5), 0u);
    EXPECT_EQ(frost_of_nano_usd(1, 0.5), 2u);
    EXPECT_EQ(frost_of_nano_usd(1, 3.0), 1u);
    EXPECT_EQ(frost_of_nano_usd(4, 3.0), 2u);
    EXPECT_EQ(frost_of_nano_usd(5'000'000'000, 1e-9), kPriceFrostMax);
    EXPECT_EQ(frost_of_nano_usd(4'000'000'000, 1e-9), 4'000'000'000'000'000'000u);
    EXPECT_EQ(frost_of_nano_usd(~std::uint64_t{0}, 1e-9), kPriceFrostMax);
}

TEST(Pricing, NoConversionWithoutABelievablePrice) {
    for (const double price : {0.0, -1.0, 0.9e-9, kNaN, kInfinity, -kInfinity})
        EXPECT_EQ(frost_of_nano_usd(1, price), std::nullopt) << price;
}

TEST(Pricing, Median) {
    EXPECT_EQ(median_wal_usd({}), std::nullopt);
    EXPECT_EQ(median_wal_usd({kNaN, kInfinity}), std::nullopt);
    EXPECT_EQ(median_wal_usd({0.4}), 0.4);
    EXPECT_EQ(median_wal_usd({0.5, 0.1, 0.4}), 0.4);
    EXPECT_EQ(median_wal_usd({0.75, 0.25, kNaN, 0.5, 1.0}), 0.625);
    EXPECT_EQ(median_wal_usd({1e-10, 1e-10, 5.0}), std::nullopt);
    constexpr double kMax = std::numeric_limits<double>::max();
    EXPECT_EQ(median_wal_usd({kMax, kMax}), kMax);
}

TEST(Pricing, ThresholdIsExceededNotReached) {
    EXPECT_FALSE(is_vote_due(100, 110, 10));
    EXPECT_TRUE(is_vote_due(100, 111, 10));
    EXPECT_FALSE(is_vote_due(0, 0, 10));
    EXPECT_TRUE(is_vote_due(0, 1, 10));
    constexpr Frost kMost = ~Frost{0};
    EXPECT_TRUE(is_vote_due(kMost, 0, 10));
    EXPECT_FALSE(is_vote_due(kMost, 0, 100));
    EXPECT_FALSE(is_vote_due(kMost, kMost - 1, ~std::uint64_t{0}));
}

}  // namespace
}  // namespace walrus
