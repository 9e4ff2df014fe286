// SPDX-License-Identifier: Apache-2.0
// The BCS layouts of encoding.md §5 and §6.2.
#include <gtest/gtest.h>
#include <openssl/sha.h>

#include "base/text.hpp"
#include "redstuff/inconsistency.hpp"
#include "redstuff/metadata.hpp"
#include "redstuff/sync.hpp"
#include "redstuff/testing.hpp"
#include "test/vectors/sha256.hpp"

namespace walrus {
namespace {

using namespace testing;  // NOLINT

template <class T>
void expect_layout(const T& value, const std::string& hex) {
    EXPECT_EQ(hex_encode(bcs::encode(value)), hex);
    const auto back = bcs::decode<T>(*hex_decode(hex));
    ASSERT_TRUE(back) << hex;
    EXPECT_TRUE(*back == value) << hex;
}

Digest filled(Byte value) {
    Digest digest;
    digest.bytes.fill(value);
    return digest;
}
std::string repeated(const std::string& hex, std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) out += hex;
    return out;
}

TEST(Layout, SliverTypes) {
    const SliverData sliver{{1, 2, 3, 4}, 2, SliverIndex(0x0102)};
    expect_layout(sliver, "040102030402000201");
    expect_layout(Sliver{Axis::Primary, sliver}, "00040102030402000201");
    expect_layout(Sliver{Axis::Secondary, sliver}, "01040102030402000201");
    expect_layout(SliverPair{sliver, {{9, 9}, 2, SliverIndex(7)}},
                  "040102030402000201020909"
                  "02000700");
    expect_layout(SliverId{Axis::Secondary, SliverIndex(300)}, "012c01");
}

TEST(Layout, SymbolTypes) {
    const DecodingSymbol cell{SliverIndex(5), {0xAA, 0xBB}};
    const MerkleProof proof{{{filled(1)}, {}}};
    const std::string proof_hex = "0201" + repeated("01", 32) + "00";
    expect_layout(cell, "050002aabb");
    expect_layout(EitherDecodingSymbol{Axis::Secondary, cell}, "01050002aabb");
    expect_layout(proof, proof_hex);
    const RecoverySymbol symbol{cell, proof};
    expect_layout(symbol, "050002aabb" + proof_hex);
    expect_layout(EitherRecoverySymbol{Axis::Primary, symbol}, "00050002aabb" + proof_hex);
    expect_layout(RecoverySymbolPair{symbol, symbol},
                  "050002aabb" + proof_hex + "050002aabb" + proof_hex);
    expect_layout(GeneralRecoverySymbol{{Axis::Primary, cell}, SliverIndex(9), proof},
                  "00050002aabb0900" + proof_hex);
    expect_layout(InconsistencyProof{SliverIndex(3), {symbol}}, "030001050002aabb" + proof_hex);
    expect_layout(EitherInconsistencyProof{Axis::Secondary, {SliverIndex(3), {}}}, "01030000");
    expect_layout(SymbolId{SliverIndex(73), SliverIndex(241)}, "4900f100");
    EXPECT_EQ(to_text(SymbolId{SliverIndex(73), SliverIndex(241)}), "73-241");
    EXPECT_EQ(parse_symbol_id("73-241"), (SymbolId{SliverIndex(73), SliverIndex(241)}));
    for (const char* bad : {"", "73", "73-", "-241", "73-241-1", "65536-0", "a-b", "+1-2"})
        EXPECT_FALSE(parse_symbol_id(bad)) << bad;
}

TEST(Layout, SyncTypes) {
    BlobId id;
    id.bytes.fill(7);
    expect_layout(SyncShardRequest(SyncShardRequestV1{ShardIndex(2), Axis::Secondary, id, 10, 21}),
                  "00"
                  "0200"
                  "01" +
                      repeated("07", 32) +
                      "0a00000000000000"
                      "15000000");
    expect_layout(
        SyncShardResponse(SyncShardResponseV1{{id, {Axis::Primary, {{1, 2}, 2, SliverIndex(0)}}}}),
        "0001" + repeated("07", 32) +
            "00"
            "020102"
            "0200"
            "0000");
}

TEST(Layout, Metadata) {
    BlobMetadata metadata{EncodingType::Rs2, 0x0102, {{filled(0xA0), filled(0xB0)}}};
    expect_layout(metadata,
                  "0001"
                  "0201000000000000"
                  "01"
                  "01" +
                      repeated("a0", 32) + "01" + repeated("b0", 32));
    metadata.hashes.resize(1000);
    EXPECT_EQ(bcs::encode(metadata).size(), 66'012u);
    EXPECT_EQ(metadata_bytes(1000), 66'012u);
    EXPECT_EQ(bcs::encode(UnverifiedMetadata{{}, metadata}).size(), 66'044u);
}

TEST(Layout, RefusedBytes) {
    using bcs::Error;
    const auto error_of = [](auto result) {
        EXPECT_FALSE(result);
        return result ? Error::TooDeep : result.error();
    };
    // Symbol size 0, cut off, more than there is, trailing byte.
    EXPECT_EQ(error_of(parse_sliver(*hex_decode("0201020000"
                                                "0000"))),
              Error::InvalidValue);
    EXPECT_EQ(error_of(parse_sliver(*hex_decode("0201020200"
                                                "00"))),
              Error::UnexpectedEnd);
    EXPECT_EQ(error_of(parse_sliver(*hex_decode("ff01010202000000"))), Error::LengthTooLarge);
    EXPECT_EQ(error_of(parse_sliver(*hex_decode("02010202000000"
                                                "00"))),
              Error::TrailingBytes);
    EXPECT_EQ(error_of(parse_sliver({})), Error::UnexpectedEnd);
    // Version, retired encoding type, unknown type, Empty node, unknown node.
    const std::string pair = "01" + repeated("a0", 32) + "01" + repeated("b0", 32);
    const std::string length = "0100000000000000";
    const auto metadata = [&](const std::string& hex) {
        return error_of(bcs::decode<BlobMetadata>(*hex_decode(hex)));
    };
    EXPECT_EQ(metadata("0101" + length + "01" + pair), Error::UnknownVariant);
    EXPECT_EQ(metadata("0000" + length + "01" + pair), Error::UnknownVariant);
    EXPECT_EQ(metadata("0002" + length + "01" + pair), Error::UnknownVariant);
    EXPECT_EQ(metadata("0001" + length + "01" + "00" + pair), Error::InvalidValue);
    EXPECT_EQ(metadata("0001" + length + "01" + "02" + pair.substr(2)), Error::UnknownVariant);
    EXPECT_EQ(metadata("0001" + length + "02" + pair), Error::LengthTooLarge);
    EXPECT_EQ(metadata("0001" + length + "ffffff7f" + pair), Error::LengthTooLarge);
    // A path longer than any tree's.
    EXPECT_EQ(error_of(bcs::decode<MerkleProof>(*hex_decode("11" + repeated("00", 17)))),
              Error::LengthTooLarge);
}

TEST(Metadata, ErrorsComeInTheOrderOfTheSpecification) {
    const Encoded encoded(7, 100);
    const CodeParameters& code = encoded.code;
    const BlobId& id = encoded.metadata().blob_id();
    BlobMetadata good = encoded.metadata().metadata();
    ASSERT_TRUE(verify_metadata(good, id, code));
    EXPECT_EQ(verify_metadata(good, id, code)->symbol_bytes(), 8u);
    EXPECT_EQ(verify_metadata(good, id, code)->root_hash(), encoded.metadata().root_hash());

    BlobMetadata bad = good;
    bad.unencoded_length = code.blob_bytes_max() + 1;
    EXPECT_EQ(verify_metadata(bad, id, code).error(), MetadataError::BlobTooLarge);
    bad.hashes.pop_back();
    EXPECT_EQ(verify_metadata(bad, id, code).error(), MetadataError::WrongPairCount);
    bad = good;
    bad.unencoded_length += 1;
    EXPECT_EQ(verify_metadata(bad, id, code).error(), MetadataError::BlobIdMismatch);
    EXPECT_EQ(verify_metadata(UnverifiedMetadata{BlobId{}, good}, code).error(),
              MetadataError::BlobIdMismatch);

    EXPECT_TRUE(decode_and_verify_metadata(encoded.metadata().encode(), id, code));
    EXPECT_TRUE(decode_and_verify_metadata_with_id(encoded.metadata().encode_with_id(), id, code));
    EXPECT_EQ(
        decode_and_verify_metadata_with_id(encoded.metadata().encode_with_id(), {}, code).error(),
        MetadataError::BlobIdMismatch);
    EXPECT_EQ(decode_and_verify_metadata({}, id, code).error(), MetadataError::Malformed);
    EXPECT_EQ(decode_and_verify_metadata(Bytes(300'000), id, code).error(),
              MetadataError::Malformed);
}

TEST(Metadata, EmptyBlobIsLegal) {
    const Encoded encoded(10, 0);
    EXPECT_EQ(encoded.metadata().blob_bytes(), 0u);
    EXPECT_EQ(encoded.metadata().symbol_bytes(), 2u);
    EXPECT_TRUE(decode_and_verify_metadata(encoded.metadata().encode(),
                                           encoded.metadata().blob_id(), encoded.code));
}

TEST(Metadata, EveryFlippedBitIsCaught) {
    for (std::uint32_t n = 4; n <= 13; ++n) {
        const Encoded encoded(n, 20 + n);
        Bytes body = encoded.metadata().encode();
        for (std::size_t bit = 0; bit < 8 * body.size(); ++bit) {
            body[bit / 8] ^= static_cast<Byte>(1 << (bit % 8));
            ASSERT_FALSE(
                decode_and_verify_metadata(body, encoded.metadata().blob_id(), encoded.code))
                << n << " bit " << bit;
            body[bit / 8] ^= static_cast<Byte>(1 << (bit % 8));
        }
    }
}

// The vectors' own SHA-256 is also built where there is no OpenSSL.
TEST(VectorRunner, Sha256IsThatOfOpenSsl) {
    Bytes data(300);
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<Byte>(i * 37 + i / 256);
    for (std::size_t length = 0; length <= data.size(); ++length) {
        Bytes expected(SHA256_DIGEST_LENGTH);
        SHA256(data.data(), length, expected.data());
        vectors::Sha256 sha;
        sha.update({data.data(), length / 3});
        sha.update({data.data() + length / 3, length - length / 3});
        EXPECT_EQ(sha.hex(), hex_encode(expected)) << length;
    }
}

}  // namespace
}  // namespace walrus
