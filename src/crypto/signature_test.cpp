// SPDX-License-Identifier: Apache-2.0
#include "crypto/signature.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "crypto/ecdsa.hpp"
#include "hash/blake2b.hpp"

namespace walrus {
namespace {

Bytes hex(std::string_view text) {
    auto bytes = hex_decode(text);
    EXPECT_TRUE(bytes.has_value()) << text;
    return bytes.value_or(Bytes{});
}
template <std::size_t N>
std::array<Byte, N> fixed(std::string_view text) {
    std::array<Byte, N> out{};
    const auto bytes = hex(text);
    EXPECT_EQ(bytes.size(), N);
    std::copy(bytes.begin(), bytes.end(), out.begin());
    return out;
}
AccountKey key_of(SignatureScheme scheme, Byte fill = 7) {
    return *AccountKey::from_secret(scheme, Bytes(32, fill));
}

constexpr SignatureScheme kSchemes[] = {SignatureScheme::Ed25519, SignatureScheme::Secp256k1,
                                        SignatureScheme::Secp256r1};

// spec/rpc-compat.md §3.2; the ECDSA signatures and those of the longer message were made with the
// official TypeScript SDK 1.45.2. The key is 32 bytes of 07.
struct Vector {
    SignatureScheme scheme;
    const char* public_key;
    const char* address;
    const char* hello;          // personal message "hello"
    const char* three_hundred;  // personal message of 300 bytes of 09
};
constexpr Vector kVectors[] = {
    {SignatureScheme::Ed25519, "ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c",
     "a0ccc8bcc83f6c628340134f8546a21e0618fd1aaa02432bba454c4a2c2233da",
     "AMKJa8NlXvoMHkVCeltzQOog2XyAEhhxZk61SsrQgzNGAueIDAOzG7TPG3aKtsRQur/wtyoTw6ZaAfO5cKDzfg/"
     "qSmxj4pxSCr71UHsTLsX5lUd2rr6+e5JCHuppFEbSLA==",
     "AF8MLcG3SRkUdw1wR+2hpX3ZhTy7nt+v5fSSC1Vrz/x/m1s3tr32QiFPwBpNAZDB+n8/"
     "YsTSzPkrZV5O+PdZKwfqSmxj4pxSCr71UHsTLsX5lUd2rr6+e5JCHuppFEbSLA=="},
    {SignatureScheme::Secp256k1,
     "02989c0b76cb563971fdc9bef31ec06c3560f3249d6ee9e5d83c57625596e05f6f",
     "3334442090548419b94695cbb1838652bb0494b54ff855494dd83491a3cfb6a6",
     "AZ870DoM2q9McG3qCeag1HgdVYIZkDzp7iwh/yKwbKvHUwoATE5b9xB7pZqY8H61kwZyrpG33li7rD68ANCigF4CmJwL"
     "dstWOXH9yb7zHsBsNWDzJJ1u6eXYPFdiVZbgX28=",
     "AdtFXYMMfN7KvlM5sTezjHPSEInQTwekHE/"
     "hRt1lWFkzRNYQiV36CJeeAFCiQmCn3inTMlUoUoeY0U0bXP7tlgkCmJwLdstWOXH9yb7zHsBsNWDzJJ1u6eXYPFdiVZbg"
     "X28="},
    {SignatureScheme::Secp256r1,
     "031e18532fd4754c02f3041d9c75ceb33b83ffd81ac7ce4fe882ccb1c98bc5896e",
     "a75a3c31148891f7cc33e8f8b9069b710979a417a8594ace613ac5161219e93f",
     "AjolglJ3u/ArjnOYGXURjY1M0gb+QN0V5hk1zQeETZJjRaM3Y0RCj9Vyfmfz9eGqijGJpRIxyjylS9Uxk3012doDHhhTL"
     "9R1TALzBB2cdc6zO4P/2BrHzk/ogsyxyYvFiW4=",
     "AswEhKnzn7jhoU01ypAiqfK2f30mHKsyijgizFk72J3KMfBXuk94l41gaqWYKrDqDxuwRWwLlVgSRk/"
     "j9aEYQ6kDHhhTL9R1TALzBB2cdc6zO4P/2BrHzk/ogsyxyYvFiW4="},
};

TEST(AccountSignature, VectorsOfTheOfficialClient) {
    for (const auto& vector : kVectors) {
        SCOPED_TRACE(to_text(vector.scheme));
        const auto key = key_of(vector.scheme);
        EXPECT_EQ(hex_encode(key.public_key().bytes), vector.public_key);
        EXPECT_EQ(hex_encode(key.address().view()), vector.address);
        const auto hello = personal_message_digest(as_bytes("hello"));
        EXPECT_EQ(base64_encode(key.sign(hello).serialize()), vector.hello);
        const auto longer = personal_message_digest(Bytes(300, 9));
        EXPECT_EQ(base64_encode(key.sign(longer).serialize()), vector.three_hundred);
        const auto parsed = AccountSignature::parse(*base64_decode(vector.hello));
        ASSERT_TRUE(parsed.has_value());
        EXPECT_TRUE(parsed->verify(hello));
        EXPECT_FALSE(parsed->verify(longer));
        EXPECT_EQ(hex_encode(parsed->key.address().view()), vector.address);
    }
}

TEST(AccountSignature, VectorOfATransaction) {
    const auto transaction = hex(
        "00000301010000000000000000000000000000000000000000000000000000000000005e0101000000000000"
        "0000010000000000000000000000000000000000000000000000000000000000000000cc0900000000000000"
        "2002020202020202020202020202020202020202020202020202020202020202020020a0ccc8bcc83f6c6283"
        "40134f8546a21e0618fd1aaa02432bba454c4a2c2233da020000000000000000000000000000000000000000"
        "000000000000000000000000bb0673797374656d0b64656c6574655f626c6f62000201000001010001010200"
        "00010200a0ccc8bcc83f6c628340134f8546a21e0618fd1aaa02432bba454c4a2c2233da00a0ccc8bcc83f6c"
        "628340134f8546a21e0618fd1aaa02432bba454c4a2c2233da00000000000000000000000000000000020107"
        "0000000000000001080000000000000000002001010101010101010101010101010101010101010101010101"
        "0101010101010104030201");
    ASSERT_EQ(transaction.size(), 363u);
    EXPECT_EQ(base58_encode(blake2b("TransactionData::", transaction).view()),
              "JAdYcrYe6pQtXa6oGbLbCfbg7N9qgvRmw9AZwACuosw1");
    const auto digest = transaction_signing_digest(transaction);
    EXPECT_EQ(hex_encode(digest.view()),
              "e05c73bd1c88bb59c078b3570ef96620acb9ec7a23fc6605c1511887529ce70e");
    const auto signature = key_of(SignatureScheme::Ed25519).sign(digest);
    EXPECT_EQ(
        base64_encode(signature.serialize()),
        "AHcpFOPfq5Q9HuNI/+Ck4keJdgG0Ws/"
        "JK2bVFa91taviqC495lDRF0L/NXDfHnDBm1NYGE5v2FZ4q0XfEt2QIwDqSmxj4pxSCr71UHsTLsX5lUd2rr6+"
        "e5JCHuppFEbSLA==");
    EXPECT_TRUE(signature.verify(digest));
}

TEST(AccountSignature, EveryFlippedBitIsCaught) {
    for (const auto scheme : kSchemes) {
        SCOPED_TRACE(to_text(scheme));
        const auto digest = blake2b(as_bytes("a transaction"));
        const auto good = key_of(scheme).sign(digest);
        ASSERT_TRUE(good.verify(digest));
        const auto bytes = good.serialize();
        // The flag decides the length or the curve; then signature and key.
        for (std::size_t bit = 8; bit < 8 * bytes.size(); bit += 5) {
            auto bad = bytes;
            bad[bit / 8] ^= static_cast<Byte>(1u << (bit % 8));
            const auto parsed = AccountSignature::parse(bad);
            ASSERT_TRUE(parsed.has_value());
            EXPECT_FALSE(parsed->verify(digest)) << bit;
        }
        for (std::size_t bit = 0; bit < 256; bit += 13) {
            auto other = digest;
            other.bytes[bit / 8] ^= static_cast<Byte>(1u << (bit % 8));
            EXPECT_FALSE(good.verify(other)) << bit;
        }
        auto stolen = good;
        stolen.key = key_of(scheme, 8).public_key();
        EXPECT_FALSE(stolen.verify(digest));
    }
}

TEST(AccountSignature, TheSameBytesUnderAnotherCurveFail) {
    const auto digest = blake2b(as_bytes("a transaction"));
    auto signature = key_of(SignatureScheme::Secp256k1).sign(digest);
    signature.key.scheme = SignatureScheme::Secp256r1;
    EXPECT_FALSE(signature.verify(digest));
    // A key of another scheme's length verifies nothing.
    signature.key.scheme = SignatureScheme::Ed25519;
    EXPECT_FALSE(signature.verify(digest));
}

TEST(AccountSignature, ParsingIsStrict) {
    for (const auto scheme : kSchemes) {
        const auto signature = key_of(scheme).sign(blake2b(as_bytes("x")));
        const auto bytes = signature.serialize();
        EXPECT_EQ(bytes.size(), 1 + 64 + account_key_bytes(scheme));
        EXPECT_EQ(AccountSignature::parse(bytes).value(), signature);
        auto longer = bytes;
        longer.push_back(0);
        EXPECT_EQ(AccountSignature::parse(longer).error(), SignatureError::WrongLength);
        EXPECT_EQ(AccountSignature::parse(ByteView(bytes).first(bytes.size() - 1)).error(),
                  SignatureError::WrongLength);
        for (const Byte flag : {3, 4, 5, 6, 255}) {
            auto other = bytes;
            other[0] = flag;
            EXPECT_EQ(AccountSignature::parse(other).error(), SignatureError::UnsupportedScheme);
        }
    }
    EXPECT_EQ(AccountSignature::parse({}).error(), SignatureError::WrongLength);
}

TEST(AccountKey, SecretsOutOfRangeAreRefused) {
    EXPECT_EQ(AccountKey::from_secret(SignatureScheme::Ed25519, Bytes(31)).error(),
              SignatureError::WrongLength);
    EXPECT_TRUE(AccountKey::from_secret(SignatureScheme::Ed25519, Bytes(32)).has_value());
    struct Case {
        SignatureScheme scheme;
        const char* order;
    };
    for (const auto& [scheme, order] :
         {Case{SignatureScheme::Secp256k1,
               "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"},
          Case{SignatureScheme::Secp256r1,
               "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"}}) {
        EXPECT_EQ(AccountKey::from_secret(scheme, Bytes(32)).error(),
                  SignatureError::InvalidSecret);
        EXPECT_EQ(AccountKey::from_secret(scheme, hex(order)).error(),
                  SignatureError::InvalidSecret);
        auto below = hex(order);
        below.back() -= 1;
        const auto key = AccountKey::from_secret(scheme, below);
        ASSERT_TRUE(key.has_value());
        const auto digest = blake2b(as_bytes("x"));
        EXPECT_TRUE(key->sign(digest).verify(digest));
    }
}

// RFC 6979, appendix A.2.5 (P-256), and the widely published value for secp256k1. Where the
// published s is in the upper half, ours is the order minus it.
struct NonceVector {
    ecdsa::Curve curve;
    const char* secret;
    const char* message;
    const char* r;
    const char* s;
};
constexpr NonceVector kNonceVectors[] = {
    {ecdsa::Curve::P256, "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
     "sample", "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
     // order - f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8
     "0834e36ad29a83bf2bc9385e491d6099c8fdf9d1ed67aa7ea5f51f93782857a9"},
    {ecdsa::Curve::P256, "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721", "test",
     "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367",
     "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083"},
    {ecdsa::Curve::Secp256k1, "0000000000000000000000000000000000000000000000000000000000000001",
     "Satoshi Nakamoto", "934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8",
     "2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5"},
};

TEST(Ecdsa, NoncesAreThoseOfRfc6979) {
    for (const auto& vector : kNonceVectors) {
        const auto secret = fixed<32>(vector.secret);
        const auto hash = ecdsa::sha256(as_bytes(vector.message));
        const auto signature = ecdsa::sign(vector.curve, secret, hash);
        EXPECT_EQ(hex_encode(signature), std::string(vector.r) + vector.s);
        EXPECT_TRUE(
            ecdsa::verify(vector.curve, *ecdsa::public_key(vector.curve, secret), hash, signature));
    }
    EXPECT_EQ(
        hex_encode(*ecdsa::public_key(ecdsa::Curve::P256, fixed<32>(kNonceVectors[0].secret))),
        "0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6");
}

TEST(Ecdsa, TheSecondFormOfASignatureIsRefused) {
    // The published signature with s in the upper half is right, but not the canonical form.
    const auto secret = fixed<32>(kNonceVectors[0].secret);
    const auto hash = ecdsa::sha256(as_bytes("sample"));
    const auto upper =
        fixed<64>(std::string(kNonceVectors[0].r) +
                  "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8");
    const auto key = *ecdsa::public_key(ecdsa::Curve::P256, secret);
    EXPECT_FALSE(ecdsa::verify(ecdsa::Curve::P256, key, hash, upper));
}

TEST(Ecdsa, DegenerateInputsAreRefused) {
    const auto secret = fixed<32>(kNonceVectors[0].secret);
    const auto hash = ecdsa::sha256(as_bytes("sample"));
    for (const auto curve : {ecdsa::Curve::P256, ecdsa::Curve::Secp256k1}) {
        const auto key = *ecdsa::public_key(curve, secret);
        const auto good = ecdsa::sign(curve, secret, hash);
        ASSERT_TRUE(ecdsa::verify(curve, key, hash, good));
        auto bad = good;
        std::fill_n(bad.begin(), 32, Byte{0});
        EXPECT_FALSE(ecdsa::verify(curve, key, hash, bad));
        std::fill_n(bad.begin(), 32, Byte{0xff});
        EXPECT_FALSE(ecdsa::verify(curve, key, hash, bad));
        bad = good;
        std::fill_n(bad.begin() + 32, 32, Byte{0});
        EXPECT_FALSE(ecdsa::verify(curve, key, hash, bad));
        Bytes point = to_bytes(key);
        point[0] = 0;
        EXPECT_FALSE(ecdsa::verify(curve, point, hash, good));
        point[0] = 4;
        EXPECT_FALSE(ecdsa::verify(curve, point, hash, good));
        EXPECT_FALSE(ecdsa::verify(curve, Bytes(33, 0xff), hash, good));
        EXPECT_FALSE(ecdsa::verify(curve, Bytes{0}, hash, good));  // the neutral element
        EXPECT_FALSE(ecdsa::verify(curve, {}, hash, good));
    }
}

TEST(Ecdsa, HashesBeyondTheOrderWork) {
    ecdsa::Scalar hash;
    hash.fill(0xff);
    const auto secret = fixed<32>(kNonceVectors[0].secret);
    for (const auto curve : {ecdsa::Curve::P256, ecdsa::Curve::Secp256k1})
        EXPECT_TRUE(ecdsa::verify(curve, *ecdsa::public_key(curve, secret), hash,
                                  ecdsa::sign(curve, secret, hash)));
}

}  // namespace
}  // namespace walrus
