// SPDX-License-Identifier: Apache-2.0
#include "crypto/bls.hpp"

#include <gtest/gtest.h>

#include <random>

#include "base/text.hpp"

namespace walrus::bls {
namespace {

Bytes hex(std::string_view text) {
    auto bytes = hex_decode(text);
    EXPECT_TRUE(bytes.has_value()) << text;
    return bytes.value_or(Bytes{});
}
Signature signature_of(std::string_view text) {
    return *Signature::from(hex(text));
}

SecretKey small_key(std::uint64_t scalar) {
    std::array<Byte, 32> bytes{};
    store_be(bytes.data() + 24, scalar);
    return *SecretKey::parse(bytes);
}

// spec/encoding.md §6.4.
constexpr const char* kSecret = "0000000000010000000000000000000000000000000000000000000000000029";
constexpr const char* kPublic =
    "8390bc9f727f6587587e3190417547b8e26e9e165cc38c2b3d0208c4bd7bf8929e4549d3bbdaba9d894a7a4daab9a4"
    "a6";
constexpr const char* kSignature =
    "8a44b861320c6f7dcbf9159a8943ca53ba2a822a1eb917ed60151de87596ef67be636a9657b632c239b6bc5c3c41d4"
    "2902399c1e22d5234be6df60a7a56d6c8609a923a194b61be34aea907d5145632b49c7d91df44d068f05eaff5e495d"
    "497e";
Bytes vector_message() {
    Bytes message = hex("01000315000000");
    message.insert(message.end(), 32, 0x07);
    message.push_back(0);
    return message;
}

// The order of the group and the field's modulus, big endian.
constexpr const char* kOrder = "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001";
constexpr const char* kModulus =
    "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaa"
    "ab";
// A point of the curve outside the subgroup: x = 4, the smallest after 0 that has one.
constexpr const char* kOutsideSubgroup =
    "800000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "000004";

TEST(Bls, VectorOfTheSpecification) {
    const auto secret = SecretKey::parse(hex(kSecret));
    ASSERT_TRUE(secret.has_value());
    EXPECT_EQ(hex_encode(secret->reveal()), kSecret);
    EXPECT_EQ(hex_encode(secret->public_key().to_bytes()), kPublic);
    const auto message = vector_message();
    EXPECT_EQ(hex_encode(secret->sign(message).bytes), kSignature);
    const auto key = PublicKey::parse(hex(kPublic));
    ASSERT_TRUE(key.has_value());
    EXPECT_EQ(*key, secret->public_key());
    EXPECT_TRUE(verify(*key, message, signature_of(kSignature)));
}

TEST(Bls, KeyGenerationFollowsTheDraft) {
    // EIP-2333, test case 0: the master key of a 64-byte seed.
    const auto key = SecretKey::from_seed(hex(
        "c55257c360c07c72029aebc1b53c05ed0362ada38ead3e3e9efa3708e53495531f09a6987599d18264c1e1c9"
        "2f2cf141630c7a3c4ab7c81b2f001698e7463b04"));
    ASSERT_TRUE(key.has_value());
    EXPECT_EQ(hex_encode(key->reveal()),
              "0d7359d57963ab8fbbde1852dcf553fedbc31f464d80ee7d40ae683122b45070");
    EXPECT_EQ(SecretKey::from_seed(Bytes(31)).error(), Error::SeedTooShort);
    EXPECT_TRUE(SecretKey::from_seed(Bytes(32)).has_value());
}

TEST(Bls, SecretKeysOutOfRangeAreRefused) {
    EXPECT_EQ(SecretKey::parse(Bytes(32)).error(), Error::ScalarRange);
    EXPECT_EQ(SecretKey::parse(hex(kOrder)).error(), Error::ScalarRange);
    EXPECT_EQ(SecretKey::parse(Bytes(32, 0xff)).error(), Error::ScalarRange);
    EXPECT_EQ(SecretKey::parse(Bytes(31, 1)).error(), Error::WrongLength);
    EXPECT_EQ(SecretKey::parse(Bytes(33, 1)).error(), Error::WrongLength);
    auto largest = hex(kOrder);
    largest.back() -= 1;
    EXPECT_TRUE(SecretKey::parse(largest).has_value());
}

TEST(Bls, EveryFlippedBitOfASignatureIsCaught) {
    const auto key = small_key(5);
    const auto message = vector_message();
    const auto good = key.sign(message);
    for (std::size_t bit = 0; bit < 8 * kSignatureBytes; bit += 7) {
        auto bad = good;
        bad.bytes[bit / 8] ^= static_cast<Byte>(1u << (bit % 8));
        EXPECT_FALSE(verify(key.public_key(), message, bad)) << bit;
    }
}

TEST(Bls, EveryFlippedBitOfAMessageIsCaught) {
    const auto key = small_key(5);
    const auto message = vector_message();
    const auto signature = key.sign(message);
    for (std::size_t bit = 0; bit < 8 * message.size(); bit += 11) {
        auto other = message;
        other[bit / 8] ^= static_cast<Byte>(1u << (bit % 8));
        EXPECT_FALSE(verify(key.public_key(), other, signature)) << bit;
    }
    EXPECT_FALSE(verify(key.public_key(), {}, signature));
    EXPECT_FALSE(verify(small_key(6).public_key(), message, signature));
}

TEST(Bls, EmptyMessagesAreSigned) {
    const auto key = small_key(9);
    EXPECT_TRUE(verify(key.public_key(), {}, key.sign({})));
}

TEST(Bls, PublicKeysHaveBothForms) {
    for (const std::uint64_t scalar : {1u, 2u, 117u, 65537u}) {
        const auto key = small_key(scalar).public_key();
        for (const auto check : {KeyCheck::Full, KeyCheck::Encoding}) {
            EXPECT_EQ(PublicKey::parse(key.to_bytes(), check).value(), key);
            EXPECT_EQ(PublicKey::parse_uncompressed(key.to_uncompressed(), check).value(), key);
        }
        // x is the same in both, but for the flag bits.
        auto compressed = key.to_bytes();
        compressed[0] &= 0x1f;
        EXPECT_TRUE(equal(compressed, ByteView(key.to_uncompressed()).first(48)));
    }
}

TEST(Bls, MalformedPublicKeysAreRefused) {
    const auto good = small_key(3).public_key();
    const auto parse = [](Bytes bytes) { return PublicKey::parse(bytes).error(); };
    EXPECT_EQ(parse({}), Error::WrongLength);
    EXPECT_EQ(parse(Bytes(47, 0x80)), Error::WrongLength);
    EXPECT_EQ(parse(to_bytes(good.to_uncompressed())), Error::WrongLength);
    // No compression bit: must not be read as the first half of 96 bytes.
    auto bytes = to_bytes(good.to_bytes());
    bytes[0] &= 0x7f;
    EXPECT_EQ(parse(bytes), Error::BadEncoding);
    // x beyond the field.
    bytes = hex(kModulus);
    bytes[0] |= 0x80;
    EXPECT_EQ(parse(bytes), Error::BadEncoding);
    // x without a point.
    bytes = Bytes(48);
    bytes[0] = 0x80;
    bytes[47] = 1;
    EXPECT_EQ(parse(bytes), Error::BadEncoding);
    // The neutral element with more than its flag.
    bytes = Bytes(48);
    bytes[0] = 0xc0;
    bytes[20] = 1;
    EXPECT_EQ(parse(bytes), Error::BadEncoding);
    EXPECT_EQ(parse(hex(kOutsideSubgroup)), Error::NotInSubgroup);
    EXPECT_TRUE(PublicKey::parse(hex(kOutsideSubgroup), KeyCheck::Encoding).has_value());

    auto uncompressed = good.to_uncompressed();
    uncompressed[95] ^= 1;
    EXPECT_EQ(PublicKey::parse_uncompressed(uncompressed).error(), Error::BadEncoding);
    uncompressed[95] ^= 1;
    uncompressed[0] |= 0x80;
    EXPECT_EQ(PublicKey::parse_uncompressed(uncompressed).error(), Error::BadEncoding);
    EXPECT_EQ(PublicKey::parse_uncompressed(good.to_bytes()).error(), Error::WrongLength);
}

TEST(Bls, TheNeutralElementIsNobodysKey) {
    Bytes compressed(48);
    compressed[0] = 0xc0;
    Bytes uncompressed(96);
    uncompressed[0] = 0x40;
    EXPECT_EQ(PublicKey::parse(compressed).error(), Error::Infinity);
    EXPECT_EQ(PublicKey::parse_uncompressed(uncompressed).error(), Error::Infinity);
    const auto neutral = PublicKey::parse(compressed, KeyCheck::Encoding);
    ASSERT_TRUE(neutral.has_value());
    EXPECT_TRUE(neutral->is_infinity());
    EXPECT_EQ(hex_encode(neutral->to_bytes()), hex_encode(compressed));
    EXPECT_EQ(hex_encode(neutral->to_uncompressed()), hex_encode(uncompressed));
    EXPECT_EQ(*neutral, PublicKeySum().finish());
    // Under it the neutral signature would fit every message.
    Signature zero;
    zero.bytes[0] = 0xc0;
    EXPECT_FALSE(verify(*neutral, vector_message(), zero));
    EXPECT_FALSE(verify(small_key(1).public_key(), vector_message(), zero));
}

TEST(Bls, SignaturesOutsideTheSubgroupAreRefused) {
    // The first points of the twist by x = (0, i) are outside the subgroup, whose cofactor has
    // more than 500 bits.
    const auto key = small_key(5).public_key();
    int parsed = 0;
    for (Byte i = 1; i < 40; ++i) {
        Signature candidate;
        candidate.bytes[0] = 0x80;
        candidate.bytes[95] = i;
        if (aggregate(std::span(&candidate, 1)).has_value()) ++parsed;
        EXPECT_FALSE(verify(key, vector_message(), candidate));
        const std::vector<std::size_t> first{0};
        EXPECT_EQ(find_invalid(std::span(&key, 1), vector_message(), std::span(&candidate, 1)),
                  first);
    }
    EXPECT_GT(parsed, 0);
}

TEST(Bls, SumsOfKeysAreKeysOfSums) {
    PublicKeySum sum;
    for (std::uint64_t i = 1; i <= 10; ++i) sum.add(small_key(i).public_key());
    EXPECT_EQ(sum.finish(), small_key(55).public_key());
    sum.subtract(small_key(10).public_key());
    EXPECT_EQ(sum.finish(), small_key(45).public_key());
    sum.subtract(small_key(45).public_key());
    EXPECT_TRUE(sum.finish().is_infinity());
    sum.add(sum.finish());  // the neutral element changes nothing
    EXPECT_TRUE(sum.finish().is_infinity());
    PublicKeySum doubled(small_key(7).public_key());
    doubled.add(small_key(7).public_key());
    EXPECT_EQ(doubled.finish(), small_key(14).public_key());
}

TEST(Bls, AggregateIsTheSumOfSignatures) {
    const auto message = vector_message();
    std::vector<Signature> signatures;
    std::vector<PublicKey> keys;
    for (std::uint64_t i = 1; i <= 10; ++i) {
        signatures.push_back(small_key(i).sign(message));
        keys.push_back(small_key(i).public_key());
    }
    const auto sum = aggregate(signatures);
    ASSERT_TRUE(sum.has_value());
    EXPECT_EQ(*sum, small_key(55).sign(message));
    EXPECT_EQ(*aggregate(keys), small_key(55).public_key());
    EXPECT_TRUE(verify_aggregate(keys, message, *sum));
    EXPECT_FALSE(verify_aggregate(std::span(keys).first(9), message, *sum));
    keys[0] = keys[1];
    EXPECT_FALSE(verify_aggregate(keys, message, *sum));
    EXPECT_FALSE(verify_aggregate({}, message, *sum));

    EXPECT_EQ(aggregate(std::span<const Signature>()).error(), Error::EmptyAggregate);
    EXPECT_EQ(aggregate(std::span<const PublicKey>()).error(), Error::EmptyAggregate);
    signatures[3].bytes[50] ^= 1;
    EXPECT_EQ(aggregate(signatures).error(), Error::BadEncoding);
    signatures[3].bytes[0] = 0;  // the form without compression would be twice as long
    EXPECT_EQ(aggregate(signatures).error(), Error::BadEncoding);
}

TEST(Bls, FindInvalidNamesExactlyTheWrongOnes) {
    const auto message = vector_message();
    std::vector<PublicKey> keys;
    std::vector<Signature> good;
    for (std::uint64_t i = 0; i < 13; ++i) {
        keys.push_back(small_key(100 + i).public_key());
        good.push_back(small_key(100 + i).sign(message));
    }
    EXPECT_TRUE(find_invalid(keys, message, good).empty());
    EXPECT_TRUE(find_invalid({}, message, {}).empty());
    const std::vector<std::vector<std::size_t>> cases = {
        {0}, {12}, {5, 6}, {0, 7, 12}, {3, 4, 5, 9}};
    for (const auto& wrong : cases) {
        auto signatures = good;
        for (const auto i : wrong) signatures[i] = small_key(999).sign(message);
        EXPECT_EQ(find_invalid(keys, message, signatures), wrong);
        for (const auto i : wrong) signatures[i] = Signature{};
        EXPECT_EQ(find_invalid(keys, message, signatures), wrong);
    }
    std::vector<std::size_t> all(13);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    EXPECT_EQ(find_invalid(keys, to_bytes("another message"), good), all);
}

TEST(Bls, WrongSignaturesThatCancelAreFound) {
    // Swapped signatures of two keys add up to the right sum.
    const auto message = vector_message();
    std::vector<PublicKey> keys = {small_key(1).public_key(), small_key(2).public_key(),
                                   small_key(3).public_key()};
    std::vector<Signature> signatures = {small_key(2).sign(message), small_key(1).sign(message),
                                         small_key(3).sign(message)};
    EXPECT_TRUE(verify_aggregate(keys, message, *aggregate(signatures)));
    const std::vector<std::size_t> wrong{0, 1};
    EXPECT_EQ(find_invalid(keys, message, signatures), wrong);
}

TEST(Bls, ABatchSaysOfEachWhatVerifySays) {
    std::vector<Bytes> messages;
    for (Byte i = 0; i < 40; ++i) messages.push_back(Bytes{i, 1, 2});
    std::mt19937_64 random(3);
    for (int round = 0; round < 12; ++round) {
        std::vector<SignedBytes> items;
        std::vector<bool> expected;
        const std::size_t count = round == 0 ? 0 : 1 + random() % messages.size();
        for (std::size_t i = 0; i < count; ++i) {
            const auto key = small_key(100 + i);
            SignedBytes item{key.public_key(), messages[i], key.sign(messages[i])};
            // Most rounds have some that are wrong, each in its own way.
            switch (round < 4 ? 9 : random() % 14) {
                case 0:
                    item.signature = small_key(7).sign(messages[i]);
                    break;
                case 1:
                    item.message = messages[(i + 1) % messages.size()];
                    break;
                case 2:
                    item.signature = Signature{};
                    break;
                case 3:
                    item.signature.bytes[40] ^= 1;
                    break;
                case 4:
                    item.key = PublicKeySum().finish();
                    break;
                case 5: {
                    // The neutral element as a signature.
                    item.signature = Signature{};
                    item.signature.bytes[0] = 0xc0;
                    break;
                }
                default:
                    break;
            }
            expected.push_back(verify(item.key, item.message, item.signature));
            items.push_back(item);
        }
        EXPECT_EQ(verify_batch(items), expected) << round;
    }
}

TEST(Bls, WrongOnesOfABatchDoNotCancel) {
    // s1 + d and s2 - d: the plain sum is right.
    const Bytes first{1};
    const Bytes second{2};
    const Bytes third{3};
    const auto d = small_key(5).sign(Bytes{9});
    // The negative of a point has the other sign bit.
    Signature minus_d = d;
    minus_d.bytes[0] ^= 0x20;
    const auto one = small_key(1);
    const auto two = small_key(2);
    const std::vector<Signature> plus{one.sign(first), d};
    const std::vector<Signature> minus{two.sign(second), minus_d};
    const std::vector<SignedBytes> items{
        {one.public_key(), first, *aggregate(plus)},
        {two.public_key(), second, *aggregate(minus)},
        {one.public_key(), third, one.sign(third)},
        {two.public_key(), third, two.sign(third)},
    };
    EXPECT_EQ(verify_batch(items), (std::vector<bool>{false, false, true, true}));
}

TEST(Bls, SignatureFromChecksTheLength) {
    EXPECT_FALSE(Signature::from(Bytes(95)).has_value());
    EXPECT_FALSE(Signature::from(Bytes(97)).has_value());
    EXPECT_TRUE(Signature::from(Bytes(96)).has_value());
}

}  // namespace
}  // namespace walrus::bls
