// SPDX-License-Identifier: Apache-2.0
#include "crypto/ecdsa.hpp"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/obj_mac.h>

#include <cstring>
#include <memory>

#include "base/check.hpp"
#include "crypto/wipe.hpp"

namespace walrus::ecdsa {
namespace {

struct Free {
    void operator()(BIGNUM* number) const { BN_clear_free(number); }
    void operator()(BN_CTX* context) const { BN_CTX_free(context); }
    void operator()(EC_GROUP* group) const { EC_GROUP_free(group); }
    void operator()(EC_POINT* point) const { EC_POINT_clear_free(point); }
};
template <class T>
using Handle = std::unique_ptr<T, Free>;

/// OpenSSL fails in these calls only when memory is out, which ends the process.
template <class T>
Handle<T> owned(T* raw) {
    WALRUS_CHECK(raw != nullptr);
    return Handle<T>(raw);
}
void must(int answer) {
    WALRUS_CHECK(answer == 1);
}

/// A curve's group with what every operation needs.
struct Group {
    explicit Group(Curve curve)
        : group(owned(EC_GROUP_new_by_curve_name(curve == Curve::P256 ? NID_X9_62_prime256v1
                                                                      : NID_secp256k1))),
          context(owned(BN_CTX_secure_new())),
          half_order(owned(BN_new())) {
        must(BN_rshift1(half_order.get(), order()));
    }
    const BIGNUM* order() const { return EC_GROUP_get0_order(group.get()); }
    bool in_range(const BIGNUM* scalar) const {
        return !BN_is_zero(scalar) && BN_cmp(scalar, order()) < 0;
    }

    Handle<EC_GROUP> group;
    Handle<BN_CTX> context;
    Handle<BIGNUM> half_order;
};

Handle<BIGNUM> number() {
    return owned(BN_new());
}
Handle<BIGNUM> number(ByteView big_endian) {
    return owned(BN_bin2bn(big_endian.data(), static_cast<int>(big_endian.size()), nullptr));
}
Handle<BIGNUM> secret_number(ByteView big_endian) {
    auto out = number(big_endian);
    BN_set_flags(out.get(), BN_FLG_CONSTTIME);
    return out;
}
Scalar to_scalar(const BIGNUM* value) {
    Scalar out;
    WALRUS_CHECK(BN_bn2binpad(value, out.data(), static_cast<int>(out.size())) == 32);
    return out;
}

Scalar hmac(const Scalar& key, ByteView data) {
    Scalar out;
    unsigned int size = 0;
    WALRUS_CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), data.data(),
                      data.size(), out.data(), &size) != nullptr);
    WALRUS_CHECK(size == out.size());
    return out;
}

/// The nonces of RFC 6979 §3.2, one after the other. Both orders have 256 bits, so a hash is a
/// number as it is (bits2int), taken once modulo the order (bits2octets).
class Nonces {
public:
    Nonces(const Group& group, const Scalar& secret, const Scalar& hash) {
        auto reduced = number(hash);
        if (BN_cmp(reduced.get(), group.order()) >= 0)
            must(BN_sub(reduced.get(), reduced.get(), group.order()));
        Bytes seed;
        append(seed, secret);
        append(seed, to_scalar(reduced.get()));
        value_.fill(0x01);
        key_.fill(0x00);
        step(0x00, seed);
        step(0x01, seed);
        wipe(seed.data(), seed.size());
    }
    ~Nonces() {
        wipe(key_.data(), key_.size());
        wipe(value_.data(), value_.size());
    }
    Nonces(const Nonces&) = delete;
    Nonces& operator=(const Nonces&) = delete;

    Handle<BIGNUM> next() {
        if (used_) step(0x00, {});
        used_ = true;
        value_ = hmac(key_, value_);
        return secret_number(value_);
    }

private:
    void step(Byte tag, ByteView seed) {
        Bytes input;
        input.reserve(value_.size() + 1 + seed.size());
        append(input, value_);
        input.push_back(tag);
        append(input, seed);
        key_ = hmac(key_, input);
        value_ = hmac(key_, value_);
        wipe(input.data(), input.size());
    }
    Scalar key_{};
    Scalar value_{};
    bool used_ = false;
};

Handle<EC_POINT> multiply_generator(const Group& group, const BIGNUM* scalar) {
    auto point = owned(EC_POINT_new(group.group.get()));
    must(EC_POINT_mul(group.group.get(), point.get(), scalar, nullptr, nullptr,
                      group.context.get()));
    return point;
}

/// The point's x coordinate modulo the order; zero for the neutral element.
Handle<BIGNUM> x_mod_order(const Group& group, const EC_POINT* point) {
    auto x = number();
    if (EC_POINT_is_at_infinity(group.group.get(), point)) return x;
    must(EC_POINT_get_affine_coordinates(group.group.get(), point, x.get(), nullptr,
                                         group.context.get()));
    must(BN_nnmod(x.get(), x.get(), group.order(), group.context.get()));
    return x;
}

}  // namespace

std::optional<CompressedPoint> public_key(Curve curve, const Scalar& secret) {
    const Group group(curve);
    const auto scalar = secret_number(secret);
    if (!group.in_range(scalar.get())) return std::nullopt;
    const auto point = multiply_generator(group, scalar.get());
    CompressedPoint out;
    const auto size =
        EC_POINT_point2oct(group.group.get(), point.get(), POINT_CONVERSION_COMPRESSED, out.data(),
                           out.size(), group.context.get());
    WALRUS_CHECK(size == out.size());
    return out;
}

Scalar sha256(ByteView data) {
    Scalar out;
    unsigned int size = 0;
    must(EVP_Digest(data.data(), data.size(), out.data(), &size, EVP_sha256(), nullptr));
    WALRUS_CHECK(size == out.size());
    return out;
}

CompactSignature sign(Curve curve, const Scalar& secret, const Scalar& hash) {
    const Group group(curve);
    const auto key = secret_number(secret);
    WALRUS_CHECK(group.in_range(key.get()));
    const auto message = number(hash);
    Nonces nonces(group, secret, hash);
    BN_CTX* context = group.context.get();
    while (true) {
        const auto nonce = nonces.next();
        if (!group.in_range(nonce.get())) continue;
        const auto point = multiply_generator(group, nonce.get());
        const auto r = x_mod_order(group, point.get());
        if (BN_is_zero(r.get())) continue;
        // s = (hash + r * key) / nonce
        auto s = number();
        auto inverse = number();
        BN_set_flags(inverse.get(), BN_FLG_CONSTTIME);
        must(BN_mod_mul(s.get(), r.get(), key.get(), group.order(), context));
        must(BN_mod_add(s.get(), s.get(), message.get(), group.order(), context));
        WALRUS_CHECK(BN_mod_inverse(inverse.get(), nonce.get(), group.order(), context) != nullptr);
        must(BN_mod_mul(s.get(), s.get(), inverse.get(), group.order(), context));
        if (BN_is_zero(s.get())) continue;
        if (BN_cmp(s.get(), group.half_order.get()) > 0)
            must(BN_sub(s.get(), group.order(), s.get()));
        CompactSignature out;
        std::memcpy(out.data(), to_scalar(r.get()).data(), 32);
        std::memcpy(out.data() + 32, to_scalar(s.get()).data(), 32);
        return out;
    }
}

bool verify(Curve curve, ByteView compressed_point, const Scalar& hash,
            const CompactSignature& signature) {
    if (compressed_point.size() != 33) return false;
    if (compressed_point[0] != 2 && compressed_point[0] != 3) return false;
    const Group group(curve);
    BN_CTX* context = group.context.get();
    const auto r = number(ByteView(signature).first(32));
    const auto s = number(ByteView(signature).subspan(32));
    if (!group.in_range(r.get()) || !group.in_range(s.get())) return false;
    if (BN_cmp(s.get(), group.half_order.get()) > 0) return false;
    auto key = owned(EC_POINT_new(group.group.get()));
    if (EC_POINT_oct2point(group.group.get(), key.get(), compressed_point.data(),
                           compressed_point.size(), context) != 1) {
        ERR_clear_error();  // or a TLS stream of this thread would take it for its own
        return false;
    }

    // r == x of (hash / s) * G + (r / s) * key
    const auto message = number(hash);
    auto inverse = number();
    auto u1 = number();
    auto u2 = number();
    WALRUS_CHECK(BN_mod_inverse(inverse.get(), s.get(), group.order(), context) != nullptr);
    must(BN_mod_mul(u1.get(), message.get(), inverse.get(), group.order(), context));
    must(BN_mod_mul(u2.get(), r.get(), inverse.get(), group.order(), context));
    auto sum = owned(EC_POINT_new(group.group.get()));
    must(EC_POINT_mul(group.group.get(), sum.get(), u1.get(), key.get(), u2.get(), context));
    return BN_cmp(x_mod_order(group, sum.get()).get(), r.get()) == 0;
}

}  // namespace walrus::ecdsa
