// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "protocol/ids.hpp"
#include "protocol/parameters.hpp"

namespace walrus {
namespace {

TEST(CodeParameters, TableOfTheSpecification) {
    struct Row {
        std::uint32_t n, f, p, s;
        std::uint64_t blob_max, encoded_of_one;
    };
    for (const Row& row :
         std::initializer_list<Row>{{4, 1, 2, 3, 393204, 1192},
                                    {7, 2, 3, 5, 983010, 3472},
                                    {10, 3, 4, 7, 1834952, 6940},
                                    {31, 10, 11, 21, 15138354, 64480},
                                    {100, 33, 34, 67, 149286452, 663400},
                                    {300, 99, 102, 201, 1343578068, 5951400},
                                    {1000, 333, 334, 667, 14599533452, 66034000}}) {
        const auto code = CodeParameters::make(row.n);
        ASSERT_TRUE(code);
        EXPECT_EQ(code->faulty_max(), row.f);
        EXPECT_EQ(code->primary_source_symbols(), row.p);
        EXPECT_EQ(code->secondary_source_symbols(), row.s);
        EXPECT_EQ(code->blob_bytes_max(), row.blob_max);
        EXPECT_EQ(code->encoded_blob_bytes(1), row.encoded_of_one);
        EXPECT_EQ(code->encoded_blob_bytes(0), row.encoded_of_one);
        EXPECT_EQ(code->symbol_bytes(row.blob_max), 65534u);
        EXPECT_FALSE(code->symbol_bytes(row.blob_max + 1));
        EXPECT_TRUE(is_quorum(row.n - row.f, row.n));
        EXPECT_FALSE(is_quorum(row.n - row.f - 1, row.n));
    }
    EXPECT_FALSE(CodeParameters::make(3));
    EXPECT_FALSE(CodeParameters::make(kShardCountMax + 1));
    EXPECT_EQ(CodeParameters::make(1000)->encoded_blob_bytes(22277800), 164132000u);
}

TEST(ShardPlacement, PairToShardIsInvertible) {
    BlobId id;
    for (std::uint32_t n = 4; n <= 64; ++n) {
        for (int seed = 0; seed < 5; ++seed) {
            for (std::size_t i = 0; i < 32; ++i)
                id.bytes[i] = static_cast<Byte>(seed * 37 + static_cast<int>(i) * 11);
            for (std::uint32_t number = 0; number < n; ++number) {
                const auto pair = static_cast<std::uint16_t>(number);
                const ShardIndex shard = shard_of_pair(SliverPairIndex(pair), id, n);
                EXPECT_LT(shard.value, n);
                EXPECT_EQ(pair_of_shard(shard, id, n).value, pair);
                for (const Axis axis : {Axis::Primary, Axis::Secondary})
                    EXPECT_EQ(
                        pair_of_sliver(sliver_of_pair(SliverPairIndex(pair), axis, n), axis, n)
                            .value,
                        pair);
            }
        }
    }
    BlobId fifteen;
    fifteen.bytes[31] = 15;
    EXPECT_EQ(shard_of_pair(SliverPairIndex(0), fifteen, 7).value, 1);
    EXPECT_EQ(shard_of_pair(SliverPairIndex(6), fifteen, 7).value, 0);
}

TEST(BlobIdText, AnySpelling) {
    const auto id = parse_blob_id("7nyXY0i8owh6jolCeHeRh0T3pfaXT8BLT3QNirKUsY4");
    ASSERT_TRUE(id);
    EXPECT_EQ(to_text(*id), "7nyXY0i8owh6jolCeHeRh0T3pfaXT8BLT3QNirKUsY4");
    const std::string decimal =
        "64542182701158063974236469396637238440855013251704581034428355659274575641838";
    EXPECT_EQ(to_decimal(*id), decimal);
    EXPECT_EQ(parse_blob_id(decimal), id);
    EXPECT_EQ(parse_blob_id("0xee7c976348bca3087a8e89427877918744f7a5f6974fc04b4f740d8ab294b18e"),
              id);
    EXPECT_EQ(rotation(*id, 7), 4u);
    EXPECT_FALSE(parse_blob_id("7nyXY0i8owh6jolCeHeRh0T3pfaXT8BLT3QNirKUsY5"));
    EXPECT_FALSE(
        parse_blob_id("ee7c976348bca3087a8e89427877918744f7a5f6974fc04b4f740d8ab294b18eab"));
    EXPECT_EQ(to_decimal(*parse_blob_id("1" + std::string(65, '0'))), "1" + std::string(65, '0'));
    // Base64 that looks like the beginning of something else.
    for (const char* const text : {"0x9RRV1o9g-2rQ6ug0YFsZaY5DrKPCoDJEU7V8T_GH0",
                                   "-iTim5vzCylbqM4lcB4DFwNUjX7iLpIWBgwncIBAqgI",
                                   "0000000000000000000000000000000000000000000"}) {
        const auto odd = parse_blob_id(text);
        ASSERT_TRUE(odd.has_value()) << text;
        EXPECT_EQ(to_text(*odd), text);
    }
    EXPECT_FALSE(parse_blob_id(""));
    EXPECT_FALSE(parse_blob_id("hello"));
    EXPECT_FALSE(parse_blob_id(std::string(78, '9')));
}

TEST(ObjectIdText, ShortFormsAreNormalised) {
    EXPECT_EQ(to_text(*parse_object_id("0x2")), "0x" + std::string(63, '0') + "2");
    EXPECT_FALSE(parse_object_id(""));
    EXPECT_FALSE(parse_object_id("0x"));
    EXPECT_FALSE(parse_object_id("0x" + std::string(65, '1')));
    EXPECT_FALSE(parse_object_id("0xzz"));
}

}  // namespace
}  // namespace walrus
