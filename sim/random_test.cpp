// SPDX-License-Identifier: Apache-2.0
#include "sim/random.hpp"

#include <gtest/gtest.h>

#include <array>

namespace walrus::sim {
namespace {

TEST(Rng, SameSeedAndPurposeGiveTheSameNumbers) {
    Rng a(7, "x");
    Rng b(7, "x");
    Rng other_seed(8, "x");
    Rng other_purpose(7, "y");
    bool seeds_differ = false;
    bool purposes_differ = false;
    for (int i = 0; i < 100; ++i) {
        const std::uint64_t number = a.next();
        EXPECT_EQ(number, b.next());
        seeds_differ |= number != other_seed.next();
        purposes_differ |= number != other_purpose.next();
    }
    EXPECT_TRUE(seeds_differ);
    EXPECT_TRUE(purposes_differ);
}

TEST(Rng, BelowStaysBelowAndReachesAllValues) {
    Rng rng(1, "below");
    std::array<int, 7> hits{};
    for (int i = 0; i < 7000; ++i) {
        const std::uint64_t number = rng.below(7);
        ASSERT_LT(number, 7u);
        ++hits[number];
    }
    for (const int count : hits) {
        EXPECT_GT(count, 800);
        EXPECT_LT(count, 1200);
    }
    for (int i = 0; i < 100; ++i) {
        const std::uint64_t number = rng.between(10, 12);
        EXPECT_GE(number, 10u);
        EXPECT_LE(number, 12u);
    }
    EXPECT_EQ(rng.between(5, 5), 5u);
    (void)rng.between(0, ~std::uint64_t{0});
}

TEST(Rng, FillCoversOddLengths) {
    for (std::size_t length : {0u, 1u, 7u, 8u, 9u, 31u}) {
        Rng a(3, "fill");
        Rng b(3, "fill");
        const Bytes first = a.bytes(length);
        const Bytes second = b.bytes(length);
        EXPECT_EQ(first.size(), length);
        EXPECT_EQ(first, second);
    }
    Rng rng(3, "fill");
    const Bytes long_one = rng.bytes(1000);
    std::array<bool, 256> seen{};
    for (const Byte byte : long_one) seen[byte] = true;
    EXPECT_GT(std::count(seen.begin(), seen.end(), true), 200);
}

}  // namespace
}  // namespace walrus::sim
