// SPDX-License-Identifier: Apache-2.0
#include "redstuff/encode.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "base/text.hpp"
#include "redstuff/testing.hpp"
#include "test/vectors/runner_encoding.hpp"

namespace walrus {
namespace {

using namespace testing;  // NOLINT

TEST(EncodingVectors, EveryCaseOfTheFilePasses) {
    const char* directory = std::getenv("WALRUS_VECTORS");
    const std::string path =
        (directory != nullptr ? std::string(directory) : WALRUS_SOURCE_DIR "/test/vectors") +
        "/encoding.json";
    std::ostringstream log;
    std::size_t passed = 0;
    std::size_t failed = 0;
    vectors::run_encoding_vectors(path, log, passed, failed);
    EXPECT_EQ(failed, 0u) << log.str();
    EXPECT_EQ(passed, 69u);
}

TEST(EncodingVectors, DetailedVectorOfTheSpecification) {
    // encoding.md §11: n = 7, bytes 01..1E.
    const auto code = *CodeParameters::make(7);
    Bytes blob;
    for (Byte b = 1; b <= 0x1E; ++b) blob.push_back(b);
    BufferPool pool(1 << 20);
    InlineExecutor executor;
    const auto encoded = encode_blob(code, blob, pool, executor);
    ASSERT_TRUE(encoded);
    const char* primary[] = {"0a0102030405060708090a02000000", "0a0b0c0d0e0f101112131402000100",
                             "0a15161718191a1b1c1d1e02000200", "0a41a93baa8951ab5b8d5902000300",
                             "0ae085778fef421a499d4702000400", "0ac2ca72cade45414c9d4d02000500",
                             "0a7cfe27fdab5afd588a5302000600"};
    const char* secondary[] = {"06ec0f807ffa6502000600", "06e50d8b6be77302000500",
                               "06090a13141d1e02000400", "06070811121b1c02000300",
                               "0605060f10191a02000200", "0603040d0e171802000100",
                               "0601020b0c151602000000"};
    for (std::uint16_t pair = 0; pair < 7; ++pair) {
        EXPECT_EQ(hex_encode(encoded->sliver_body(SliverPairIndex(pair), Axis::Primary)),
                  primary[pair]);
        EXPECT_EQ(hex_encode(encoded->sliver_body(SliverPairIndex(pair), Axis::Secondary)),
                  secondary[pair]);
    }
    const VerifiedMetadata& metadata = encoded->metadata();
    EXPECT_EQ(hex_encode(metadata.metadata().hashes[0].primary_hash.bytes),
              "acb20cd04418787c23f84ccd0a3dcfcd1dd5f4c0ebc282e8a1a4423442d9447b");
    EXPECT_EQ(hex_encode(metadata.metadata().hashes[0].secondary_hash.bytes),
              "a5350a37e7474b3c530e10d79125b9f504f8fd1c2c1223fa3102625aee541a4b");
    EXPECT_EQ(hex_encode(metadata.root_hash().bytes),
              "10e6aa20b4d805eceae5c6ba01440601699d675b14d0ed0341e930a80012c31f");
    EXPECT_EQ(to_text(metadata.blob_id()), "7nyXY0i8owh6jolCeHeRh0T3pfaXT8BLT3QNirKUsY4");
    EXPECT_EQ(to_decimal(metadata.blob_id()),
              "64542182701158063974236469396637238440855013251704581034428355659274575641838");
    EXPECT_EQ(rotation(metadata.blob_id(), 7), 4u);
}

TEST(EncodingVectors, StabilityVectorOfTheReference) {
    const auto code = *CodeParameters::make(10);
    BufferPool pool(1 << 20);
    InlineExecutor executor;
    const auto metadata =
        compute_metadata(code, as_bytes("walrus blob id v1 regression test"), pool, executor);
    ASSERT_TRUE(metadata);
    EXPECT_EQ(to_text(metadata->blob_id()), "RcU82Mwf-CFkv1LaI_2qcpANwpGUuG3TMwnVzZxD2kY");
}

TEST(EncodingVectors, ColumnsOfAQuiltAreItsSecondarySlivers) {
    // encoding.md §11, quilt vector: n = 7, two patches, s = 6.
    const Bytes quilt = *hex_decode(
        "0113000000027605000162000114000000016b017668656c010700000000040005612e74000000000000060005"
        "6"
        "12e746c6f0000000002000162ffff787401016b01000000000000787405000101000000000000ff000000000"
        "0");
    const auto code = *CodeParameters::make(7);
    BufferPool pool(1 << 20);
    InlineExecutor executor;
    const auto encoded = encode_blob(code, quilt, pool, executor);
    ASSERT_TRUE(encoded);
    const char* columns[] = {
        "011300000002040005612e74787401016b01", "760500016200000000000000000000000000",
        "011400000001060005612e74787405000101", "6b017668656c6c6f00000000000000000000",
        "01070000000002000162ffffff0000000000"};
    for (std::size_t c = 0; c < 5; ++c)
        EXPECT_EQ(hex_encode(encoded->secondary(sliver_index(c))), columns[c]);
    EXPECT_EQ(to_text(encoded->blob_id()), "USZgL94DVrG8-VHXdJ-U3tt3jofUw4E3BxAZ9o-balE");
}

TEST(EncodingVectors, TableOfTheSpecification) {
    struct Row {
        std::uint32_t n;
        std::size_t length;
        std::uint32_t symbol_bytes;
        const char* id;
    };
    constexpr Row kRows[] = {{4, 0, 2, "CmzciFdWJP1IIM-rD3cqXlVBXYM0fpAfHahZBvkaZUI"},
                             {4, 10, 2, "rFvUl1piAT5zxDIv-CFrCxVl_FADGSJEeSqFNUnhw9k"},
                             {7, 0, 2, "MLmg-XjRbksCtNo63_AoaVrlezO27Rb9Zns8EUOn3E8"},
                             {7, 1, 2, "x5c1NM7XAylw_ttvYeU4KXInrmARBduQtcvKAH_5OCQ"},
                             {7, 100, 8, "AXflCgKY6nLaVMYLCzAu8LiyS_rtyjo1nzLmeLzD1nM"},
                             {7, 5000, 334, "dWRG8T19TsciU6q2utUIatJWlJqhsg86rnYgKt__ng4"},
                             {10, 0, 2, "gLzpD29smKZiYJIWwKatudKr76kEprQeMPyAhuMbWd4"},
                             {10, 1000, 36, "43upCRR0jdgVwhC4RIbt-XDgOO_3kQIts7iCC-wbLis"},
                             {10, 20000, 716, "FZEtKLsVcX_8vpdpEzZKbGzVEv_piFDDZfh2eo3mJOM"},
                             {13, 1000, 24, "Uh3ql73pk5Je-iy4sY4VQ7nXpeZ3E9XhHGA8kt0h4aE"},
                             {13, 40000, 890, "vKqy4YqtKt9IjLpT5cdKYkp60gptQP73kEqTDB3PMN8"},
                             {31, 10000, 44, "P1ezhsOfA5QuWrvC2uX_9Y1QAu2u2ggnwI_kxjyps4U"},
                             {49, 30000, 54, "zVlXrYdeSZQwdOJ_7dHV_ykOBpCu8RqYhhEED9HqKYA"},
                             {100, 200000, 88, "qZ2Og3g6CPi-Wfc4QQ5A3BTYH6No-0z2eMmPp2v-BVY"},
                             {300, 70000, 4, "m4PjOJmKJucVQjLuSSZKbwHx2orOiOgjUYJYj38kMVg"},
                             {1000, 1, 2, "JMjHy7VnVMrk_14mSGzQdtItFnzWRkJbl87tYaCr_K0"},
                             {1000, 100000, 2, "1ePleHuNfizeoH-QV_QiCCRIuLsT9QaPurqL8a1qdU4"},
                             {1000, 445557, 4, "CRXvPf4KlFCzrVW-6HF3ruC44eKMO4Veb_mGxYd8J9k"}};
    BufferPool pool(std::size_t{256} << 20);
    InlineExecutor executor;
    for (const Row& row : kRows) {
        const auto metadata = compute_metadata(*CodeParameters::make(row.n),
                                               generated_blob(row.length), pool, executor);
        ASSERT_TRUE(metadata);
        EXPECT_EQ(metadata->symbol_bytes(), row.symbol_bytes);
        EXPECT_EQ(to_text(metadata->blob_id()), row.id) << row.n << " " << row.length;
    }
}

TEST(Encode, EqualsTheNaiveMatrixForAllSmallShardCounts) {
    BufferPool pool(std::size_t{64} << 20);
    InlineExecutor executor;
    for (std::uint32_t n = 4; n <= 34; ++n) {
        const auto code = *CodeParameters::make(n);
        const std::size_t cells =
            std::size_t{code.primary_source_symbols()} * code.secondary_source_symbols();
        for (const std::size_t length : {std::size_t{0}, cells * 2 - 1, cells * 30 + 1,
                                         n <= 13 ? cells * 130 + 7 : cells * 6}) {
            const Bytes blob = generated_blob(length);
            const auto encoded = encode_blob(code, blob, pool, executor);
            ASSERT_TRUE(encoded);
            const Matrix matrix = naive_matrix(code, blob);
            for (std::size_t i = 0; i < n; ++i) {
                ASSERT_TRUE(equal(encoded->primary(sliver_index(i)),
                                  matrix.sliver(code, Axis::Primary, i).symbols));
                ASSERT_TRUE(equal(encoded->secondary(sliver_index(i)),
                                  matrix.sliver(code, Axis::Secondary, i).symbols));
            }
            const VerifiedMetadata expected = commit(code, matrix, length);
            ASSERT_TRUE(encoded->metadata().metadata() == expected.metadata())
                << n << " " << length;
            ASSERT_EQ(encoded->blob_id(), expected.blob_id());
        }
    }
}

TEST(Encode, RowsAfterColumnsGiveTheSameMatrix) {
    for (std::uint32_t n = 4; n <= 13; ++n) {
        const auto code = *CodeParameters::make(n);
        Matrix matrix = naive_matrix(code, generated_blob(50));
        Matrix other = matrix;
        for (std::size_t r = 0; r < n; ++r) extend(other, code, Axis::Primary, r);
        for (std::size_t r = 0; r < n; ++r)
            for (std::size_t c = 0; c < n; ++c)
                ASSERT_TRUE(equal(matrix.cell(r, c), other.cell(r, c)));
    }
}

TEST(Encode, ThreadsDoNotChangeTheResult) {
    BufferPool pool(std::size_t{256} << 20);
    InlineExecutor inline_executor;
    ThreadPerCallExecutor threads;
    for (const auto& [n, length] : {std::pair<std::uint32_t, std::size_t>{4, 390'000},
                                    {10, 100'000},
                                    {31, 500'000},
                                    {100, 5'000'000},
                                    {101, 3000},
                                    {300, 1'000'000}}) {
        const auto code = *CodeParameters::make(n);
        const Bytes blob = generated_blob(length);
        const auto one = encode_blob(code, blob, pool, inline_executor);
        const auto many = encode_blob(code, blob, pool, threads);
        const auto metadata = compute_metadata(code, blob, pool, threads);
        ASSERT_TRUE(one && many && metadata);
        EXPECT_TRUE(one->metadata().metadata() == many->metadata().metadata());
        EXPECT_TRUE(one->metadata().metadata() == metadata->metadata());
        for (std::size_t i = 0; i < n; ++i) {
            ASSERT_TRUE(equal(one->primary(sliver_index(i)), many->primary(sliver_index(i))));
            ASSERT_TRUE(equal(one->secondary(sliver_index(i)), many->secondary(sliver_index(i))));
        }
    }
}

TEST(Encode, SizesAtTheLimits) {
    BufferPool pool(std::size_t{64} << 20);
    InlineExecutor executor;
    const auto code = *CodeParameters::make(4);
    EXPECT_EQ(code.blob_bytes_max(), 393'204u);
    const auto largest = encode_blob(code, generated_blob(393'204), pool, executor);
    ASSERT_TRUE(largest);
    EXPECT_EQ(largest->symbol_bytes(), kSymbolBytesMax);
    const Bytes too_large = generated_blob(393'205);
    EXPECT_EQ(encode_blob(code, too_large, pool, executor).error(), EncodeError::BlobTooLarge);
    EXPECT_EQ(compute_metadata(code, too_large, pool, executor).error(), EncodeError::BlobTooLarge);
}

TEST(Encode, LargestShardCountWorks) {
    BufferPool pool(std::size_t{512} << 20);
    InlineExecutor executor;
    const auto code = *CodeParameters::make(kShardCountMax);
    const auto metadata = compute_metadata(code, generated_blob(1000), pool, executor);
    ASSERT_TRUE(metadata);
    EXPECT_EQ(metadata->metadata().hashes.size(), kShardCountMax);
}

TEST(Encode, ABudgetThatIsTooSmallIsAnError) {
    BufferPool pool(std::size_t{16} << 20);
    InlineExecutor executor;
    const auto code = *CodeParameters::make(100);
    const Bytes blob = generated_blob(20'000'000);
    EXPECT_EQ(encode_blob(code, blob, pool, executor).error(), EncodeError::OutOfMemoryBudget);
    EXPECT_TRUE(compute_metadata(code, blob, pool, executor));
    EXPECT_EQ(pool.in_use_bytes(), 0u);
    EXPECT_TRUE(encode_blob(code, ByteView(blob).first(3'000'000), pool, executor));
}

TEST(Encode, BodyInPartsIsTheBody) {
    for (const std::size_t length : {1u, 1000u, 100'000u}) {
        const Encoded encoded(10, length);
        for (std::uint16_t pair = 0; pair < 10; ++pair)
            for (const Axis axis : {Axis::Primary, Axis::Secondary}) {
                const Bytes body = (*encoded).sliver_body(SliverPairIndex(pair), axis);
                const SliverBodyParts parts =
                    (*encoded).sliver_body_parts(SliverPairIndex(pair), axis);
                EXPECT_EQ(parts.size(), body.size());
                EXPECT_EQ(body.size(),
                          sliver_body_bytes(encoded.code, axis, (*encoded).symbol_bytes()));
                const auto parsed = parse_sliver(body);
                ASSERT_TRUE(parsed);
                EXPECT_EQ(parsed->index, sliver_of_pair(SliverPairIndex(pair), axis, 10));
                EXPECT_TRUE(equal(bcs::encode(parsed->to_data()), body));
            }
    }
}

}  // namespace
}  // namespace walrus
