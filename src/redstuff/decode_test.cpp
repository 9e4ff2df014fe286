// SPDX-License-Identifier: Apache-2.0
#include "redstuff/decode.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "redstuff/testing.hpp"
#include "redstuff/verify.hpp"

namespace walrus {
namespace {

using namespace testing;  // NOLINT

constexpr Axis kAxes[] = {Axis::Primary, Axis::Secondary};

TEST(Decode, EverySetOfJustEnoughSliversOfSmallCodesDecodes) {
    for (std::uint32_t n = 4; n <= 13; ++n) {
        Encoded encoded(n, 200);
        for (const Axis axis : kAxes) {
            const std::size_t needed = encoded.code.slivers_to_decode(axis);
            for_each_subset(n, needed, [&](const std::vector<std::size_t>& indices) {
                std::vector<SliverView> slivers;
                for (const std::size_t index : indices)
                    slivers.push_back(encoded.view(axis, index));
                const auto blob =
                    decode_blob(encoded.code, encoded.metadata(), axis, slivers,
                                ConsistencyCheck::Default, encoded.pool, encoded.executor);
                ASSERT_TRUE(blob);
                ASSERT_TRUE(equal(blob->bytes(), encoded.blob));
                ASSERT_EQ(blob->decoded(), indices.back() != needed - 1);
            });
        }
    }
}

TEST(Decode, RandomSliversOfLargerCodesDecodeWithEveryCheckAndExecutor) {
    std::mt19937 random(11);
    ThreadPerCallExecutor threads;
    for (const auto& [n, length] : {std::pair<std::uint32_t, std::size_t>{31, 262'144},
                                    {49, 30'000},
                                    {100, 0},
                                    {100, 3'000'000},
                                    {101, 150'000},
                                    {385, 300'000},
                                    {1000, 100'000},
                                    {1000, 5'000'000}}) {
        Encoded encoded(n, length);
        for (const Axis axis : kAxes)
            for (const ConsistencyCheck check :
                 {ConsistencyCheck::Skip, ConsistencyCheck::Default, ConsistencyCheck::Strict}) {
                std::vector<std::size_t> order(n);
                std::iota(order.begin(), order.end(), 0);
                std::shuffle(order.begin(), order.end(), random);
                order.resize(encoded.code.slivers_to_decode(axis) + random() % 3);
                std::vector<SliverView> slivers;
                for (const std::size_t index : order) slivers.push_back(encoded.view(axis, index));
                Executor& executor = check == ConsistencyCheck::Default
                                         ? static_cast<Executor&>(threads)
                                         : encoded.executor;
                const auto blob = decode_blob(encoded.code, encoded.metadata(), axis, slivers,
                                              check, encoded.pool, executor);
                ASSERT_TRUE(blob) << n << " " << length;
                ASSERT_TRUE(equal(blob->bytes(), encoded.blob)) << n << " " << length;
            }
    }
}

TEST(Decode, BadAndRepeatedSliversAreDropped) {
    Encoded encoded(10, 1000);
    for (const Axis axis : kAxes) {
        const std::size_t needed = encoded.code.slivers_to_decode(axis);
        std::vector<SliverView> slivers;
        for (std::size_t i = 0; i + 1 < needed; ++i) slivers.push_back(encoded.view(axis, 9 - i));
        const auto decode = [&] {
            return decode_blob(encoded.code, encoded.metadata(), axis, slivers,
                               ConsistencyCheck::Default, encoded.pool, encoded.executor);
        };
        slivers.push_back(encoded.view(axis, 9));  // repeated
        EXPECT_EQ(decode().error(), DecodeError::NotEnoughSlivers);
        SliverView bad = encoded.view(axis, 0);
        bad.symbols = bad.symbols.first(bad.symbols.size() - 1);
        slivers.push_back(bad);
        bad = encoded.view(axis, 0);
        bad.symbol_bytes += 2;
        slivers.push_back(bad);
        bad = encoded.view(axis, 0);
        bad.index = SliverIndex(10);
        slivers.push_back(bad);
        EXPECT_EQ(decode().error(), DecodeError::NotEnoughSlivers);
        slivers.push_back(encoded.view(axis, 0));
        const auto blob = decode();
        ASSERT_TRUE(blob);
        EXPECT_TRUE(equal(blob->bytes(), encoded.blob));
    }
    EXPECT_EQ(decode_blob(encoded.code, encoded.metadata(), Axis::Primary, {},
                          ConsistencyCheck::Skip, encoded.pool, encoded.executor)
                  .error(),
              DecodeError::NotEnoughSlivers);
}

TEST(Decode, ABudgetThatIsTooSmallIsAnError) {
    const Encoded encoded(10, 1'000'000);
    BufferPool small(100'000);
    InlineExecutor executor;
    std::vector<SliverView> slivers;
    for (std::size_t i = 0; i < 10; ++i) slivers.push_back(encoded.view(Axis::Primary, i));
    EXPECT_EQ(decode_blob(encoded.code, encoded.metadata(), Axis::Primary, slivers,
                          ConsistencyCheck::Default, small, executor)
                  .error(),
              DecodeError::OutOfMemoryBudget);
}

/// A writer that commits to rows and columns as they are, and what a reader makes of it.
class InconsistentWriter : public ::testing::Test {
protected:
    Result<DecodedBlob, DecodeError> read(Axis axis, const std::vector<std::size_t>& indices,
                                          ConsistencyCheck check) {
        const VerifiedMetadata metadata = commit(code, matrix, blob_bytes);
        std::vector<SliverData> slivers;
        for (const std::size_t index : indices) slivers.push_back(matrix.sliver(code, axis, index));
        const std::vector<SliverView> views(slivers.begin(), slivers.end());
        return decode_blob(code, metadata, axis, views, check, pool, executor);
    }

    CodeParameters code = *CodeParameters::make(7);
    std::uint64_t blob_bytes = 100;
    Matrix matrix = naive_matrix(code, generated_blob(100));
    BufferPool pool{1 << 20};
    InlineExecutor executor;
};

TEST_F(InconsistentWriter, ARowThatDoesNotBelongIsFoundWhenItIsUsed) {
    // Parity row 5 is a code word of its own, so that the sliver itself verifies.
    matrix.cell(5, 0)[0] ^= 1;
    extend(matrix, code, Axis::Primary, 5);
    EXPECT_TRUE(read(Axis::Primary, {0, 1, 2}, ConsistencyCheck::Default));
    EXPECT_TRUE(read(Axis::Primary, {0, 1, 6}, ConsistencyCheck::Default));
    EXPECT_EQ(read(Axis::Primary, {0, 1, 5}, ConsistencyCheck::Default).error(),
              DecodeError::InconsistentBlob);
    EXPECT_TRUE(read(Axis::Primary, {0, 1, 5}, ConsistencyCheck::Skip));
    for (const std::vector<std::size_t>& indices :
         {std::vector<std::size_t>{0, 1, 2}, {0, 1, 6}, {0, 1, 5}, {4, 5, 6}})
        EXPECT_EQ(read(Axis::Primary, indices, ConsistencyCheck::Strict).error(),
                  DecodeError::InconsistentBlob);
}

TEST_F(InconsistentWriter, BytesBehindTheEndAreFoundWhicheverSliversAreUsed) {
    // A proper encoding of a longer blob under a shorter length.
    matrix = naive_matrix(code, generated_blob(120));
    ASSERT_EQ(matrix.symbol_bytes(), 8u);
    for_each_subset(7, 3, [&](const std::vector<std::size_t>& indices) {
        for (const ConsistencyCheck check : {ConsistencyCheck::Default, ConsistencyCheck::Strict})
            EXPECT_EQ(read(Axis::Primary, indices, check).error(), DecodeError::InconsistentBlob);
        EXPECT_TRUE(read(Axis::Primary, indices, ConsistencyCheck::Skip));
    });
    for_each_subset(7, 5, [&](const std::vector<std::size_t>& indices) {
        for (const ConsistencyCheck check : {ConsistencyCheck::Default, ConsistencyCheck::Strict})
            EXPECT_EQ(read(Axis::Secondary, indices, check).error(), DecodeError::InconsistentBlob);
    });
}

TEST_F(InconsistentWriter, SecondarySliversAreCheckedAgainstTheRows) {
    matrix.cell(0, 6)[0] ^= 1;
    extend(matrix, code, Axis::Secondary, 6);
    EXPECT_TRUE(read(Axis::Secondary, {0, 1, 2, 3, 5}, ConsistencyCheck::Skip));
    EXPECT_EQ(read(Axis::Secondary, {0, 1, 2, 3, 6}, ConsistencyCheck::Default).error(),
              DecodeError::InconsistentBlob);
    EXPECT_EQ(read(Axis::Secondary, {0, 1, 2, 3, 4}, ConsistencyCheck::Strict).error(),
              DecodeError::InconsistentBlob);
}

}  // namespace
}  // namespace walrus
