// SPDX-License-Identifier: Apache-2.0
#include "crypto/signature.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <algorithm>
#include <memory>

#include "base/check.hpp"
#include "crypto/ecdsa.hpp"
#include "crypto/wipe.hpp"
#include "hash/blake2b.hpp"

namespace walrus {
namespace {

struct FreeEvp {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using EvpKey = std::unique_ptr<EVP_PKEY, FreeEvp>;
using EvpContext = std::unique_ptr<EVP_MD_CTX, FreeEvp>;

constexpr std::size_t kEd25519KeyBytes = 32;

EvpKey ed25519_private(ByteView secret) {
    EvpKey key(
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, secret.data(), secret.size()));
    WALRUS_CHECK(key != nullptr);
    return key;
}

void ed25519_sign(ByteView secret, ByteView message,
                  std::array<Byte, kAccountSignatureBytes>& out) {
    const EvpKey key = ed25519_private(secret);
    const EvpContext context(EVP_MD_CTX_new());
    WALRUS_CHECK(context != nullptr);
    std::size_t size = out.size();
    WALRUS_CHECK(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1);
    WALRUS_CHECK(EVP_DigestSign(context.get(), out.data(), &size, message.data(), message.size()) ==
                 1);
    WALRUS_CHECK(size == out.size());
}

bool ed25519_verify(ByteView public_key, ByteView message, ByteView signature) {
    const EvpKey key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, public_key.data(),
                                                 public_key.size()));
    const EvpContext context(EVP_MD_CTX_new());
    const bool good =
        key != nullptr && context != nullptr &&
        EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
        EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                         message.size()) == 1;
    if (!good) ERR_clear_error();  // or a TLS stream of this thread would take it for its own
    return good;
}

ecdsa::Curve curve_of(SignatureScheme scheme) {
    WALRUS_CHECK(scheme != SignatureScheme::Ed25519);
    return scheme == SignatureScheme::Secp256k1 ? ecdsa::Curve::Secp256k1 : ecdsa::Curve::P256;
}

Byte flag_of(SignatureScheme scheme) {
    return static_cast<Byte>(scheme);
}

}  // namespace

const char* to_text(SignatureScheme scheme) {
    switch (scheme) {
        case SignatureScheme::Ed25519:
            return "ed25519";
        case SignatureScheme::Secp256k1:
            return "secp256k1";
        case SignatureScheme::Secp256r1:
            return "secp256r1";
    }
    return "unknown";
}

std::optional<SignatureScheme> signature_scheme_of_flag(Byte flag) {
    if (flag > flag_of(SignatureScheme::Secp256r1)) return std::nullopt;
    return static_cast<SignatureScheme>(flag);
}

const char* describe(SignatureError error) {
    switch (error) {
        case SignatureError::WrongLength:
            return "wrong number of bytes for this scheme";
        case SignatureError::UnsupportedScheme:
            return "signature scheme not supported";
        case SignatureError::InvalidSecret:
            return "not a secret key of this curve";
    }
    return "unknown error";
}

Digest AccountPublicKey::address() const {
    const Byte flag = flag_of(scheme);
    return Blake2b().update({&flag, 1}).update(bytes).finish();
}

Bytes AccountSignature::serialize() const {
    Bytes out;
    out.reserve(1 + signature.size() + key.bytes.size());
    out.push_back(flag_of(key.scheme));
    append(out, signature);
    append(out, key.bytes);
    return out;
}

Result<AccountSignature, SignatureError> AccountSignature::parse(ByteView serialized) {
    if (serialized.empty()) return fail(SignatureError::WrongLength);
    const auto scheme = signature_scheme_of_flag(serialized[0]);
    if (!scheme) return fail(SignatureError::UnsupportedScheme);
    if (serialized.size() != 1 + kAccountSignatureBytes + account_key_bytes(*scheme))
        return fail(SignatureError::WrongLength);
    AccountSignature out;
    const auto signature = serialized.subspan(1, kAccountSignatureBytes);
    std::copy(signature.begin(), signature.end(), out.signature.begin());
    out.key = {*scheme, to_bytes(serialized.subspan(1 + kAccountSignatureBytes))};
    return out;
}

bool AccountSignature::verify(const Digest& digest) const {
    if (key.bytes.size() != account_key_bytes(key.scheme)) return false;
    if (key.scheme == SignatureScheme::Ed25519)
        return ed25519_verify(key.bytes, digest.view(), signature);
    return ecdsa::verify(curve_of(key.scheme), key.bytes, ecdsa::sha256(digest.view()), signature);
}

Result<AccountKey, SignatureError> AccountKey::from_secret(SignatureScheme scheme,
                                                           ByteView secret) {
    if (secret.size() != kAccountSecretBytes) return fail(SignatureError::WrongLength);
    AccountKey out;
    std::copy(secret.begin(), secret.end(), out.secret_.begin());
    out.public_key_.scheme = scheme;
    if (scheme == SignatureScheme::Ed25519) {
        const EvpKey key = ed25519_private(secret);
        out.public_key_.bytes.resize(kEd25519KeyBytes);
        std::size_t size = kEd25519KeyBytes;
        WALRUS_CHECK(EVP_PKEY_get_raw_public_key(key.get(), out.public_key_.bytes.data(), &size) ==
                     1);
        WALRUS_CHECK(size == kEd25519KeyBytes);
    } else {
        const auto point = ecdsa::public_key(curve_of(scheme), out.secret_);
        if (!point) return fail(SignatureError::InvalidSecret);
        out.public_key_.bytes = to_bytes(*point);
    }
    return out;
}

AccountKey::~AccountKey() {
    wipe(secret_.data(), secret_.size());
}

AccountSignature AccountKey::sign(const Digest& digest) const {
    AccountSignature out;
    out.key = public_key_;
    if (scheme() == SignatureScheme::Ed25519) {
        ed25519_sign(secret_, digest.view(), out.signature);
    } else {
        out.signature = ecdsa::sign(curve_of(scheme()), secret_, ecdsa::sha256(digest.view()));
    }
    return out;
}

// The intent in front of what is signed: scope (0 transaction, 3 personal message), version 0,
// application 0.

Digest transaction_signing_digest(ByteView transaction_bcs) {
    const Byte intent[3] = {0, 0, 0};
    return Blake2b().update(intent).update(transaction_bcs).finish();
}

Digest personal_message_digest(ByteView message) {
    Bytes head = {3, 0, 0};
    std::uint64_t size = message.size();
    while (size >= 0x80) {
        head.push_back(static_cast<Byte>(size | 0x80));
        size >>= 7;
    }
    head.push_back(static_cast<Byte>(size));
    return Blake2b().update(head).update(message).finish();
}

}  // namespace walrus
