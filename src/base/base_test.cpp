// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/buffer_pool.hpp"
#include "base/checked.hpp"
#include "base/executor.hpp"
#include "base/result.hpp"
#include "base/text.hpp"

namespace walrus {
namespace {

Bytes sample(std::size_t size, std::uint32_t seed) {
    Bytes out(size);
    for (Byte& b : out) {
        seed = seed * 1664525 + 1013904223;
        b = static_cast<Byte>(seed >> 24);
    }
    return out;
}

TEST(Text, EveryEncodingRoundTrips) {
    for (std::size_t size = 0; size < 70; ++size) {
        const Bytes data = sample(size, static_cast<std::uint32_t>(size));
        EXPECT_EQ(hex_decode(hex_encode(data)), data);
        EXPECT_EQ(base64_decode(base64_encode(data)), data);
        EXPECT_EQ(base64url_decode(base64url_encode(data)), data);
        EXPECT_EQ(base58_decode(base58_encode(data), 70), data);
    }
    EXPECT_EQ(base58_decode(base58_encode(Bytes(5, 0))), Bytes(5, 0));
}

TEST(Text, KnownForms) {
    EXPECT_EQ(base64_encode(as_bytes("ab")), "YWI=");
    EXPECT_EQ(base64url_encode(Bytes{0xff, 0xef}), "_-8");
    EXPECT_EQ(base58_encode(as_bytes("hello world")), "StV1DL6CwTryKyV");
    EXPECT_EQ(hex_decode("0xAb"), Bytes{0xab});
}

TEST(Text, MalformedIsRefused) {
    EXPECT_FALSE(hex_decode("abc"));
    EXPECT_FALSE(hex_decode("zz"));
    EXPECT_FALSE(base64_decode("YWI"));
    EXPECT_FALSE(base64_decode("YW=="));
    EXPECT_FALSE(base64url_decode("_-9"));  // non-zero trailing bits
    EXPECT_FALSE(base64url_decode("+/8"));
    EXPECT_FALSE(base58_decode("0OIl"));
    EXPECT_FALSE(parse_u64(""));
    EXPECT_FALSE(parse_u64("18446744073709551616"));
    EXPECT_FALSE(parse_u64("-1"));
    EXPECT_EQ(parse_u64("18446744073709551615"), ~std::uint64_t{0});
}

TEST(Text, Utf8) {
    EXPECT_TRUE(is_utf8("walrus \xc3\xa9 \xe2\x82\xac \xf0\x9f\xa6\xad"));
    EXPECT_FALSE(is_utf8("\xc0\x80"));
    EXPECT_FALSE(is_utf8("\xed\xa0\x80"));
    EXPECT_FALSE(is_utf8("\xe2\x82"));
    EXPECT_FALSE(is_utf8("\xf4\x90\x80\x80"));
}

TEST(Checked, OverflowIsNoticed) {
    EXPECT_FALSE(checked_add<std::uint64_t>(~0ull, 1));
    EXPECT_FALSE(checked_sub<std::uint32_t>(1, 2));
    EXPECT_FALSE(checked_mul<std::uint16_t>(65535, 2));
    EXPECT_EQ(checked_mul<std::uint64_t>(1ull << 32, 1ull << 31), 1ull << 63);
    EXPECT_EQ(div_ceil(7, 2), 4);
    EXPECT_EQ(div_ceil(~0ull, 2ull), 1ull << 63);
}

Result<int, int> half(int value) {
    if (value % 2 != 0) return fail(value);
    return value / 2;
}
Result<int, int> quarter(int value) {
    const int once = WALRUS_TRY(half(value));
    return WALRUS_TRY(half(once));
}

TEST(ResultTry, ValueOrEarlyReturn) {
    EXPECT_EQ(quarter(12), 3);
    EXPECT_EQ(quarter(6).error(), 3);
}

TEST(BufferPool, BudgetIsAnErrorAndBuffersAreReused) {
    BufferPool pool(16 << 20);
    const Byte* first;
    {
        auto buffer = pool.acquire(4 << 20);
        ASSERT_TRUE(buffer);
        first = buffer->data();
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(first) % 64, 0u);
        EXPECT_EQ(pool.in_use_bytes(), std::size_t{4} << 20);
    }
    auto again = pool.acquire(4 << 20);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->data(), first);
    EXPECT_EQ(pool.acquire(13 << 20).error(), PoolError::OutOfMemoryBudget);
    EXPECT_EQ(pool.acquire(~std::size_t{0}).error(), PoolError::OutOfMemoryBudget);
    EXPECT_TRUE(pool.acquire(11 << 20));
}

TEST(InlineExecutor, CallsEveryIndexInOrder) {
    InlineExecutor executor;
    std::vector<std::size_t> seen;
    executor.parallel_for(4, [&](std::size_t i) { seen.push_back(i); });
    EXPECT_EQ(seen, (std::vector<std::size_t>{0, 1, 2, 3}));
}

}  // namespace
}  // namespace walrus
