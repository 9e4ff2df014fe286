// SPDX-License-Identifier: Apache-2.0
#include "crypto/network_key.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include <algorithm>
#include <memory>

#include "base/check.hpp"
#include "crypto/ecdsa.hpp"
#include "crypto/wipe.hpp"
#include "hash/blake2b.hpp"

namespace walrus {
namespace {

struct Free {
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(BIGNUM* number) const { BN_clear_free(number); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
    void operator()(OSSL_PARAM* params) const { OSSL_PARAM_free(params); }
    void operator()(OSSL_PARAM_BLD* builder) const { OSSL_PARAM_BLD_free(builder); }
};
template <class T>
using Handle = std::unique_ptr<T, Free>;

constexpr const char* kGroupName = "prime256v1";
/// Larger texts are not keys.
constexpr std::size_t kPemBytesMax = 16 * 1024;

/// No passphrases: an encrypted key is refused instead of asking on the terminal.
int no_passphrase(char*, int, int, void*) {
    return -1;
}

/// OpenSSL's form of a key; its calls fail only when memory is out.
Handle<EVP_PKEY> to_evp(const std::array<Byte, 32>& secret, const NetworkPublicKey& public_key) {
    const Handle<BIGNUM> scalar(BN_bin2bn(secret.data(), 32, nullptr));
    const Handle<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
    WALRUS_CHECK(scalar != nullptr);
    WALRUS_CHECK(builder != nullptr);
    WALRUS_CHECK(OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME,
                                                 kGroupName, 0) == 1);
    WALRUS_CHECK(OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY,
                                                  public_key.data(), public_key.size()) == 1);
    WALRUS_CHECK(
        OSSL_PARAM_BLD_push_BN_pad(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, scalar.get(), 32) == 1);
    const Handle<OSSL_PARAM> params(OSSL_PARAM_BLD_to_param(builder.get()));
    const Handle<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
    WALRUS_CHECK(params != nullptr);
    WALRUS_CHECK(context != nullptr);
    EVP_PKEY* raw = nullptr;
    WALRUS_CHECK(EVP_PKEY_fromdata_init(context.get()) == 1);
    WALRUS_CHECK(EVP_PKEY_fromdata(context.get(), &raw, EVP_PKEY_KEYPAIR, params.get()) == 1);
    return Handle<EVP_PKEY>(raw);
}

}  // namespace

std::optional<NetworkKey> NetworkKey::from_secret(ByteView secret) {
    if (secret.size() != 32) return std::nullopt;
    NetworkKey out;
    std::copy(secret.begin(), secret.end(), out.secret_.begin());
    const auto point = ecdsa::public_key(ecdsa::Curve::P256, out.secret_);
    if (!point) return std::nullopt;
    out.public_key_ = *point;
    return out;
}

NetworkKey NetworkKey::from_seed(ByteView seed) {
    // A digest is a valid scalar except with probability 2^-32; then the next attempt.
    for (Byte attempt = 0;; ++attempt) {
        const Digest secret = Blake2b()
                                  .update(as_bytes("walrus network key"))
                                  .update({&attempt, 1})
                                  .update(seed)
                                  .finish();
        if (auto key = from_secret(secret.view())) return *key;
        WALRUS_CHECK(attempt < 255);
    }
}

std::optional<NetworkKey> NetworkKey::from_pem(std::string_view pem) {
    if (pem.size() > kPemBytesMax) return std::nullopt;
    const Handle<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    WALRUS_CHECK(bio != nullptr);
    const Handle<EVP_PKEY> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
    ERR_clear_error();
    if (key == nullptr || EVP_PKEY_is_a(key.get(), "EC") != 1) return std::nullopt;
    char group[64];
    std::size_t group_size = 0;
    if (EVP_PKEY_get_utf8_string_param(key.get(), OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group,
                                       &group_size) != 1 ||
        std::string_view(group, group_size) != kGroupName)
        return std::nullopt;
    BIGNUM* raw = nullptr;
    if (EVP_PKEY_get_bn_param(key.get(), OSSL_PKEY_PARAM_PRIV_KEY, &raw) != 1) return std::nullopt;
    const Handle<BIGNUM> scalar(raw);
    std::array<Byte, 32> secret;
    const Wiper wiper(secret.data(), secret.size());
    if (BN_bn2binpad(scalar.get(), secret.data(), 32) != 32) return std::nullopt;
    return from_secret(secret);
}

NetworkKey::~NetworkKey() {
    wipe(secret_.data(), secret_.size());
}

std::string NetworkKey::to_pem() const {
    const auto key = to_evp(secret_, public_key_);
    const Handle<BIO> bio(BIO_new(BIO_s_secmem()));
    WALRUS_CHECK(bio != nullptr);
    WALRUS_CHECK(PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                               nullptr) == 1);
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &text);
    WALRUS_CHECK(size > 0);
    return std::string(text, static_cast<std::size_t>(size));
}

}  // namespace walrus
