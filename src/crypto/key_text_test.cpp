// SPDX-License-Identifier: Apache-2.0
#include "crypto/key_text.hpp"

#include <gtest/gtest.h>

#include <cctype>

#include "base/text.hpp"
#include "crypto/network_key.hpp"

namespace walrus {
namespace {

struct WalletVector {
    SignatureScheme scheme;
    const char* bech32;
    const char* address;
};
// Made with the official TypeScript SDK 1.45.2; the key is 32 bytes of 07.
constexpr WalletVector kWallets[] = {
    {SignatureScheme::Ed25519,
     "suiprivkey1qqrswpc8qurswpc8qurswpc8qurswpc8qurswpc8qurswpc8qurswxzszc4",
     "a0ccc8bcc83f6c628340134f8546a21e0618fd1aaa02432bba454c4a2c2233da"},
    {SignatureScheme::Secp256k1,
     "suiprivkey1qyrswpc8qurswpc8qurswpc8qurswpc8qurswpc8qurswpc8qurswua9amz",
     "3334442090548419b94695cbb1838652bb0494b54ff855494dd83491a3cfb6a6"},
    {SignatureScheme::Secp256r1,
     "suiprivkey1qgrswpc8qurswpc8qurswpc8qurswpc8qurswpc8qurswpc8qurswm4n47j",
     "a75a3c31148891f7cc33e8f8b9069b710979a417a8594ace613ac5161219e93f"},
};

TEST(KeyText, WalletKeysReadAndWriteBothForms) {
    for (const auto& wallet : kWallets) {
        const auto key = AccountKey::from_secret(wallet.scheme, Bytes(32, 7));
        ASSERT_TRUE(key.has_value());
        EXPECT_EQ(to_bech32(*key), wallet.bech32);
        const auto base64 = to_text(*key);
        EXPECT_EQ(base64.size(), 44u);
        for (const auto& text : {std::string(wallet.bech32), base64, "  " + base64 + "\r\n"}) {
            const auto parsed = parse_account_key(text);
            ASSERT_TRUE(parsed.has_value()) << text;
            EXPECT_EQ(parsed->scheme(), wallet.scheme);
            EXPECT_EQ(hex_encode(parsed->address().view()), wallet.address);
        }
    }
}

TEST(KeyText, EveryChangedCharacterOfBech32IsCaught) {
    const std::string good = kWallets[0].bech32;
    for (std::size_t i = 0; i < good.size(); ++i) {
        auto bad = good;
        bad[i] = bad[i] == 'q' ? 'p' : 'q';
        EXPECT_FALSE(parse_account_key(bad).has_value()) << i;
        EXPECT_FALSE(parse_account_key(good.substr(0, i)).has_value()) << i;
    }
    EXPECT_FALSE(parse_account_key(good + "q").has_value());
    auto mixed = good;
    mixed[20] = static_cast<char>(std::toupper(mixed[20]));
    EXPECT_FALSE(parse_account_key(mixed).has_value());
}

TEST(KeyText, Bech32OfBip173) {
    // BIP 173: a valid text of the longest length without data, in both cases.
    EXPECT_TRUE(bech32_decode("a", "a12uel5l").has_value());
    EXPECT_TRUE(bech32_decode("a", "A12UEL5L").has_value());
    EXPECT_FALSE(bech32_decode("a", "A12uEL5L").has_value());
    EXPECT_FALSE(bech32_decode("a", "a12uel5m").has_value());
    EXPECT_FALSE(bech32_decode("b", "a12uel5l").has_value());
    EXPECT_EQ(bech32_encode("a", {}), "a12uel5l");
    for (std::size_t size = 0; size < 48; ++size) {
        Bytes bytes(size);
        for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<Byte>(37 * i + size);
        EXPECT_EQ(bech32_decode("abc", bech32_encode("abc", bytes)).value(), bytes);
    }
    // 83 data characters are beyond 90.
    EXPECT_FALSE(bech32_decode("a", bech32_encode("a", Bytes(60))).has_value());
}

TEST(KeyText, ProtocolKeys) {
    auto secret = Bytes(32, 1);
    const auto key = *bls::SecretKey::parse(secret);
    const auto text = to_text(key);
    Bytes tagged = {kBlsKeyFlag};
    append(tagged, secret);
    EXPECT_EQ(text, base64_encode(tagged));
    EXPECT_EQ(text.size(), 44u);
    EXPECT_EQ(parse_bls_key(text + "\n")->reveal(), key.reveal());
    tagged[0] = 0x00;
    EXPECT_FALSE(parse_bls_key(base64_encode(tagged)).has_value());
    tagged[0] = kBlsKeyFlag;
    std::fill(tagged.begin() + 1, tagged.end(), Byte{0xff});  // beyond the order
    EXPECT_FALSE(parse_bls_key(base64_encode(tagged)).has_value());
    tagged.pop_back();
    EXPECT_FALSE(parse_bls_key(base64_encode(tagged)).has_value());
    EXPECT_FALSE(parse_bls_key("").has_value());
    EXPECT_FALSE(parse_bls_key("not a key").has_value());
    EXPECT_FALSE(parse_account_key(text).has_value());
    EXPECT_FALSE(parse_network_key(text).has_value());
}

TEST(KeyText, NetworkKeys) {
    const auto key = NetworkKey::from_secret(Bytes(32, 7));
    ASSERT_TRUE(key.has_value());
    EXPECT_EQ(hex_encode(key->public_key()),
              "031e18532fd4754c02f3041d9c75ceb33b83ffd81ac7ce4fe882ccb1c98bc5896e");
    const auto tagged = to_text(*key);
    const auto pem = key->to_pem();
    EXPECT_TRUE(pem.starts_with("-----BEGIN PRIVATE KEY-----\n")) << pem;
    for (const auto& text : {tagged, pem, "\n" + pem}) {
        const auto parsed = parse_network_key(text);
        ASSERT_TRUE(parsed.has_value()) << text;
        EXPECT_EQ(parsed->reveal(), key->reveal());
        EXPECT_EQ(parsed->public_key(), key->public_key());
    }
}

TEST(NetworkKey, SeedsGiveStableKeys) {
    const auto a = NetworkKey::from_seed(as_bytes("seed a"));
    EXPECT_EQ(a.reveal(), NetworkKey::from_seed(as_bytes("seed a")).reveal());
    EXPECT_NE(a.reveal(), NetworkKey::from_seed(as_bytes("seed b")).reveal());
}

TEST(NetworkKey, SecretsOutOfRangeAreRefused) {
    EXPECT_FALSE(NetworkKey::from_secret(Bytes(32)).has_value());
    EXPECT_FALSE(NetworkKey::from_secret(Bytes(32, 0xff)).has_value());
    EXPECT_FALSE(NetworkKey::from_secret(Bytes(31, 1)).has_value());
}

TEST(NetworkKey, ReadsKeysOfOpenSsl) {
    // openssl ecparam -name prime256v1 -genkey -noout: SEC 1, as generated for this test.
    const auto sec1 = NetworkKey::from_pem(
        "-----BEGIN EC PRIVATE KEY-----\n"
        "MHcCAQEEIFuUx06NF0jkgNz9bfQv/am9vlLvxZf59u+oquorIKuCoAoGCCqGSM49\n"
        "AwEHoUQDQgAEjqUzeQcdAE8zsFQ9gF/rJjTCLLSWV7GUUJ7IBjt9p1cfw2EVBnVg\n"
        "/kj5Jl9h4+emYkjo7RBm6vsGfn6Ub7kiiA==\n"
        "-----END EC PRIVATE KEY-----\n");
    ASSERT_TRUE(sec1.has_value());
    EXPECT_EQ(hex_encode(sec1->public_key()),
              "028ea53379071d004f33b0543d805feb2634c22cb49657b194509ec8063b7da757");
    // The same key through openssl pkcs8 -topk8 -nocrypt is exactly what we write.
    EXPECT_EQ(sec1->to_pem(),
              "-----BEGIN PRIVATE KEY-----\n"
              "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgW5THTo0XSOSA3P1t\n"
              "9C/9qb2+Uu/Fl/n276iq6isgq4KhRANCAASOpTN5Bx0ATzOwVD2AX+smNMIstJZX\n"
              "sZRQnsgGO32nVx/DYRUGdWD+SPkmX2Hj56ZiSOjtEGbq+wZ+fpRvuSKI\n"
              "-----END PRIVATE KEY-----\n");
}

TEST(NetworkKey, OtherKeysAreRefused) {
    EXPECT_FALSE(NetworkKey::from_pem("").has_value());
    EXPECT_FALSE(NetworkKey::from_pem("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n")
                     .has_value());
    EXPECT_FALSE(NetworkKey::from_pem(std::string(1 << 20, 'x')).has_value());
    // secp256k1
    EXPECT_FALSE(
        NetworkKey::from_pem("-----BEGIN PRIVATE KEY-----\n"
                             "MIGEAgEAMBAGByqGSM49AgEGBSuBBAAKBG0wawIBAQQgt2WNf8wVoK+90DZM7X6t\n"
                             "UooOYtScTFExaSCS+99iByShRANCAAQBTRLY0f0Dubi28khGGd7+QdwVe5jldR6D\n"
                             "w142Hnav03MPup6ccYG+Vhi7E/Xpf+cKr4Tuy/JUgTkzFJV9tFdr\n"
                             "-----END PRIVATE KEY-----\n")
            .has_value());
    // An encrypted key must not ask for its passphrase.
    EXPECT_FALSE(
        NetworkKey::from_pem("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
                             "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjXLw24W9UEawICCAAw\n"
                             "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEOiGnMpX0RI+Zxl+5tDIYOMEgZAd\n"
                             "OUtdi3vlnuNoFxTunnrueMuiOlPB394HlKt2dUUnbg1huhRIexrB2FtU68txHYa/\n"
                             "aNNWS8I1scUJeUPFaBex47cthKzesiTuP7qCsnVbra/fH6pyTdS3Jp5ZrMyNq5cm\n"
                             "gvBlOw+WMYsDcQLonuUGuSdPt93jA/gBQIUkUg2PH2VoYcRL7y+5lYC1KCBQims=\n"
                             "-----END ENCRYPTED PRIVATE KEY-----\n")
            .has_value());
    // A public key.
    EXPECT_FALSE(
        NetworkKey::from_pem("-----BEGIN PUBLIC KEY-----\n"
                             "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEjqUzeQcdAE8zsFQ9gF/rJjTCLLSW\n"
                             "V7GUUJ7IBjt9p1cfw2EVBnVg/kj5Jl9h4+emYkjo7RBm6vsGfn6Ub7kiiA==\n"
                             "-----END PUBLIC KEY-----\n")
            .has_value());
}

}  // namespace
}  // namespace walrus
