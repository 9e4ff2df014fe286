// SPDX-License-Identifier: Apache-2.0
#include "crypto/bls.hpp"

#include <blst.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/check.hpp"
#include "crypto/wipe.hpp"
#include "hash/blake2b.hpp"

namespace walrus::bls {

// The opaque limbs of our public types are blst's own structs.
static_assert(sizeof(blst_p1_affine) == sizeof(std::array<std::uint64_t, 12>));
static_assert(sizeof(blst_p1) == sizeof(std::array<std::uint64_t, 18>));
static_assert(sizeof(blst_scalar) == kSecretKeyBytes);

namespace {

constexpr std::string_view kDst = "BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_";
const Byte* dst() {
    return reinterpret_cast<const Byte*>(kDst.data());
}

/// Bits of the coefficients in `find_invalid`: wrong signatures cancel with probability 2^-64.
constexpr std::size_t kCoefficientBits = 64;

template <class Point, std::size_t N>
Point load(const std::array<std::uint64_t, N>& limbs) {
    static_assert(sizeof(Point) == sizeof limbs);
    return std::bit_cast<Point>(limbs);
}
template <class Point, std::size_t N>
void save(std::array<std::uint64_t, N>& limbs, const Point& point) {
    limbs = std::bit_cast<std::array<std::uint64_t, N>>(point);
}

Error error_of(BLST_ERROR error) {
    switch (error) {
        case BLST_POINT_NOT_IN_GROUP:
            return Error::NotInSubgroup;
        case BLST_PK_IS_INFINITY:
            return Error::Infinity;
        default:
            return Error::BadEncoding;
    }
}

Result<blst_p1_affine, Error> checked(BLST_ERROR parsed, const blst_p1_affine& point,
                                      KeyCheck check) {
    if (parsed != BLST_SUCCESS) return fail(error_of(parsed));
    if (check == KeyCheck::Full) {
        if (blst_p1_affine_is_inf(&point)) return fail(Error::Infinity);
        if (!blst_p1_affine_in_g1(&point)) return fail(Error::NotInSubgroup);
    }
    return point;
}

std::optional<blst_p2_affine> parse_signature(const Signature& signature) {
    // blst reads the uncompressed form, 192 bytes, where the first bit says so.
    if ((signature.bytes[0] & 0x80) == 0) return std::nullopt;
    blst_p2_affine point;
    if (blst_p2_uncompress(&point, signature.bytes.data()) != BLST_SUCCESS) return std::nullopt;
    return point;
}

Signature compress(const blst_p2& point) {
    Signature out;
    blst_p2_compress(out.bytes.data(), &point);
    return out;
}

blst_p2 hash_to_g2(ByteView message) {
    blst_p2 point;
    blst_hash_to_g2(&point, message.data(), message.size(), dst(), kDst.size(), nullptr, 0);
    return point;
}

}  // namespace

/// Reaches the limbs of keys in this file.
struct Access {
    static blst_p1_affine point(const PublicKey& key) { return load<blst_p1_affine>(key.point_); }
    static PublicKey key(const blst_p1_affine& point) {
        PublicKey out;
        save(out.point_, point);
        return out;
    }
    static PublicKey key(const blst_p1& point) {
        blst_p1_affine affine;
        blst_p1_to_affine(&affine, &point);
        return key(affine);
    }
    static SecretKey secret(const blst_scalar& scalar) {
        SecretKey out;
        std::memcpy(out.scalar_.data(), scalar.b, kSecretKeyBytes);
        return out;
    }
    static blst_scalar scalar(const SecretKey& key) {
        blst_scalar out;
        std::memcpy(out.b, key.scalar_.data(), kSecretKeyBytes);
        return out;
    }
};

namespace {

/// e(key, hash) == e(generator, signature), as one product of two pairings that is 1. False if one
/// of the points is the neutral element. Points must be in their subgroups.
bool is_signed(const blst_p1_affine& key, const blst_p2& hash, const blst_p2_affine& signature) {
    if (blst_p1_affine_is_inf(&key) || blst_p2_affine_is_inf(&signature)) return false;
    blst_p2_affine hash_affine;
    blst_p2_to_affine(&hash_affine, &hash);
    const blst_p2_affine* const left[] = {&hash_affine, &signature};
    const blst_p1_affine* const right[] = {&key, &BLS12_381_NEG_G1};
    blst_fp12 product;
    blst_miller_loop_n(&product, left, right, 2);
    blst_final_exp(&product, &product);
    return blst_fp12_is_one(&product);
}

/// Parses the signature, checks its subgroup, and verifies it.
bool verify_point(const blst_p1_affine& key, const blst_p2& hash, const Signature& signature) {
    const auto point = parse_signature(signature);
    if (!point || !blst_p2_affine_in_g2(&*point)) return false;
    return is_signed(key, hash, *point);
}

/// One signature with its coefficient applied to both sides of the equation.
struct Weighted {
    std::size_t index = 0;
    blst_p1 key;
    blst_p2 signature;
};

bool verify_sum(std::span<const Weighted> items, const blst_p2& hash) {
    blst_p1 key{};
    blst_p2 signature{};
    for (const auto& item : items) {
        blst_p1_add_or_double(&key, &key, &item.key);
        blst_p2_add_or_double(&signature, &signature, &item.signature);
    }
    blst_p1_affine key_affine;
    blst_p2_affine signature_affine;
    blst_p1_to_affine(&key_affine, &key);
    blst_p2_to_affine(&signature_affine, &signature);
    return is_signed(key_affine, hash, signature_affine);
}

/// Halves until the wrong ones stand alone: a sum for every half that holds a wrong one.
void bisect(std::span<const Weighted> items, const blst_p2& hash, std::vector<std::size_t>& wrong) {
    if (items.empty() || verify_sum(items, hash)) return;
    if (items.size() == 1) {
        wrong.push_back(items[0].index);
        return;
    }
    const std::size_t half = items.size() / 2;
    bisect(items.first(half), hash, wrong);
    bisect(items.subspan(half), hash, wrong);
}

}  // namespace

const char* describe(Error error) {
    switch (error) {
        case Error::WrongLength:
            return "wrong number of bytes";
        case Error::BadEncoding:
            return "not the encoding of a point of the curve";
        case Error::NotInSubgroup:
            return "a point outside the subgroup";
        case Error::Infinity:
            return "the neutral element is nobody's key";
        case Error::ScalarRange:
            return "a secret key of zero or beyond the group order";
        case Error::SeedTooShort:
            return "a seed needs at least 32 bytes";
        case Error::EmptyAggregate:
            return "nothing to add up";
    }
    return "unknown error";
}

std::optional<Signature> Signature::from(ByteView source) {
    if (source.size() != kSignatureBytes) return std::nullopt;
    Signature out;
    std::memcpy(out.bytes.data(), source.data(), kSignatureBytes);
    return out;
}

Result<PublicKey, Error> PublicKey::parse(ByteView compressed, KeyCheck check) {
    if (compressed.size() != kPublicKeyBytes) return fail(Error::WrongLength);
    // Without this bit blst would read the uncompressed form, twice as long.
    if ((compressed[0] & 0x80) == 0) return fail(Error::BadEncoding);
    blst_p1_affine point;
    const auto parsed = blst_p1_uncompress(&point, compressed.data());
    return Access::key(WALRUS_TRY(checked(parsed, point, check)));
}

Result<PublicKey, Error> PublicKey::parse_uncompressed(ByteView uncompressed, KeyCheck check) {
    if (uncompressed.size() != kUncompressedKeyBytes) return fail(Error::WrongLength);
    if ((uncompressed[0] & 0x80) != 0) return fail(Error::BadEncoding);
    blst_p1_affine point;
    const auto parsed = blst_p1_deserialize(&point, uncompressed.data());
    return Access::key(WALRUS_TRY(checked(parsed, point, check)));
}

PublicKeyBytes PublicKey::to_bytes() const {
    PublicKeyBytes out;
    const auto point = Access::point(*this);
    blst_p1_affine_compress(out.data(), &point);
    return out;
}

UncompressedKeyBytes PublicKey::to_uncompressed() const {
    UncompressedKeyBytes out;
    const auto point = Access::point(*this);
    blst_p1_affine_serialize(out.data(), &point);
    return out;
}

bool PublicKey::is_infinity() const {
    const auto point = Access::point(*this);
    return blst_p1_affine_is_inf(&point);
}

PublicKeySum::PublicKeySum() = default;

PublicKeySum::PublicKeySum(const PublicKey& start) {
    const auto affine = Access::point(start);
    blst_p1 point;
    blst_p1_from_affine(&point, &affine);
    save(point_, point);
}

void PublicKeySum::add(const PublicKey& key) {
    const auto affine = Access::point(key);
    auto sum = load<blst_p1>(point_);
    blst_p1_add_or_double_affine(&sum, &sum, &affine);
    save(point_, sum);
}

void PublicKeySum::subtract(const PublicKey& key) {
    auto affine = Access::point(key);
    blst_fp_cneg(&affine.y, &affine.y, true);
    auto sum = load<blst_p1>(point_);
    blst_p1_add_or_double_affine(&sum, &sum, &affine);
    save(point_, sum);
}

PublicKey PublicKeySum::finish() const {
    return Access::key(load<blst_p1>(point_));
}

Result<SecretKey, Error> SecretKey::parse(ByteView big_endian) {
    if (big_endian.size() != kSecretKeyBytes) return fail(Error::WrongLength);
    blst_scalar scalar;
    const Wiper wiper(&scalar, sizeof scalar);
    blst_scalar_from_bendian(&scalar, big_endian.data());
    if (!blst_sk_check(&scalar)) return fail(Error::ScalarRange);
    return Access::secret(scalar);
}

Result<SecretKey, Error> SecretKey::from_seed(ByteView seed) {
    if (seed.size() < kSecretKeyBytes) return fail(Error::SeedTooShort);
    blst_scalar scalar;
    const Wiper wiper(&scalar, sizeof scalar);
    blst_keygen(&scalar, seed.data(), seed.size(), nullptr, 0);
    return Access::secret(scalar);
}

SecretKey::~SecretKey() {
    wipe(scalar_.data(), scalar_.size());
}

PublicKey SecretKey::public_key() const {
    const auto scalar = Access::scalar(*this);
    blst_p1_affine point;
    blst_sk_to_pk2_in_g1(nullptr, &point, &scalar);
    return Access::key(point);
}

Signature SecretKey::sign(ByteView message) const {
    auto scalar = Access::scalar(*this);
    const Wiper wiper(&scalar, sizeof scalar);
    const auto hash = hash_to_g2(message);
    blst_p2 point;
    blst_sign_pk_in_g1(&point, &hash, &scalar);
    return compress(point);
}

std::array<Byte, kSecretKeyBytes> SecretKey::reveal() const {
    auto scalar = Access::scalar(*this);
    const Wiper wiper(&scalar, sizeof scalar);
    std::array<Byte, kSecretKeyBytes> out;
    blst_bendian_from_scalar(out.data(), &scalar);
    return out;
}

bool verify(const PublicKey& key, ByteView message, const Signature& signature) {
    return verify_point(Access::point(key), hash_to_g2(message), signature);
}

Result<Signature, Error> aggregate(std::span<const Signature> signatures) {
    if (signatures.empty()) return fail(Error::EmptyAggregate);
    blst_p2 sum{};
    for (const auto& signature : signatures) {
        const auto point = parse_signature(signature);
        if (!point) return fail(Error::BadEncoding);
        blst_p2_add_or_double_affine(&sum, &sum, &*point);
    }
    return compress(sum);
}

Result<PublicKey, Error> aggregate(std::span<const PublicKey> keys) {
    if (keys.empty()) return fail(Error::EmptyAggregate);
    PublicKeySum sum;
    for (const auto& key : keys) sum.add(key);
    return sum.finish();
}

bool verify_aggregate(std::span<const PublicKey> keys, ByteView message,
                      const Signature& aggregated) {
    const auto key = aggregate(keys);
    return key && verify(*key, message, aggregated);
}

std::vector<std::size_t> find_invalid(std::span<const PublicKey> keys, ByteView message,
                                      std::span<const Signature> signatures) {
    WALRUS_CHECK(keys.size() == signatures.size());
    // Coefficients come from a digest of everything that is checked: whoever makes a wrong
    // signature cannot know its coefficient before all signatures are fixed.
    Blake2b all;
    all.update(as_bytes("walrus batch verification"));
    all.update(blake2b(message).view());
    for (std::size_t i = 0; i < keys.size(); ++i) {
        all.update(keys[i].to_uncompressed());
        all.update(signatures[i].bytes);
    }
    const Digest digest = all.finish();

    std::vector<std::size_t> wrong;
    std::vector<Weighted> items;
    items.reserve(keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const auto key = Access::point(keys[i]);
        const auto point = parse_signature(signatures[i]);
        if (!point || !blst_p2_affine_in_g2(&*point) || blst_p1_affine_is_inf(&key)) {
            wrong.push_back(i);
            continue;
        }
        Byte number[8];
        store_le<std::uint64_t>(number, i);
        Digest coefficient = Blake2b().update(digest.view()).update(number).finish();
        coefficient.bytes[0] |= 1;  // never zero
        Weighted item{.index = i, .key = {}, .signature = {}};
        blst_p1_from_affine(&item.key, &key);
        blst_p2_from_affine(&item.signature, &*point);
        blst_p1_mult(&item.key, &item.key, coefficient.bytes.data(), kCoefficientBits);
        blst_p2_mult(&item.signature, &item.signature, coefficient.bytes.data(), kCoefficientBits);
        items.push_back(item);
    }
    bisect(items, hash_to_g2(message), wrong);
    std::sort(wrong.begin(), wrong.end());
    return wrong;
}

namespace {

/// Below so many items one at a time is faster than weighting them.
constexpr std::size_t kBatchMin = 3;
/// Items of one product of pairings: more bring nothing, but would make a wrong one dearer.
constexpr std::size_t kBatchMax = 128;

/// An item of a batch in points: its coefficient is on the key already.
struct BatchItem {
    std::size_t index = 0;
    blst_p1_affine key;  ///< coefficient times the key
    blst_p2_affine hash;
    blst_p2 signature;  ///< coefficient times the signature
};

/// The product of all e(c key, hash) is e(generator, sum of c signature).
bool verify_product(std::span<const BatchItem> items) {
    std::vector<const blst_p1_affine*> left;
    std::vector<const blst_p2_affine*> right;
    blst_p2 sum{};
    for (const BatchItem& item : items) {
        left.push_back(&item.key);
        right.push_back(&item.hash);
        blst_p2_add_or_double(&sum, &sum, &item.signature);
    }
    blst_p2_affine sum_affine;
    blst_p2_to_affine(&sum_affine, &sum);
    // A sum of zero is as unlikely as a wrong batch that holds; it is looked at one by one.
    if (blst_p2_affine_is_inf(&sum_affine)) return false;
    left.push_back(&BLS12_381_NEG_G1);
    right.push_back(&sum_affine);
    blst_fp12 product;
    blst_miller_loop_n(&product, right.data(), left.data(), left.size());
    blst_final_exp(&product, &product);
    return blst_fp12_is_one(&product);
}

void bisect_batch(std::span<const BatchItem> items, std::span<const SignedBytes> all,
                  std::vector<bool>& out) {
    if (items.empty()) return;
    // Alone an item is judged without its coefficient: the verdict is that of `verify`.
    if (items.size() == 1) {
        const SignedBytes& item = all[items[0].index];
        out[items[0].index] = verify(item.key, item.message, item.signature);
        return;
    }
    if (verify_product(items)) {
        for (const BatchItem& item : items) out[item.index] = true;
        return;
    }
    const std::size_t half = items.size() / 2;
    bisect_batch(items.first(half), all, out);
    bisect_batch(items.subspan(half), all, out);
}

}  // namespace

std::vector<bool> verify_batch(std::span<const SignedBytes> items) {
    std::vector<bool> out(items.size(), false);
    if (items.size() < kBatchMin) {
        for (std::size_t i = 0; i < items.size(); ++i)
            out[i] = verify(items[i].key, items[i].message, items[i].signature);
        return out;
    }
    Blake2b all;
    all.update(as_bytes("walrus certificate batch"));
    for (const SignedBytes& item : items) {
        all.update(blake2b(item.message).view());
        all.update(item.key.to_uncompressed());
        all.update(item.signature.bytes);
    }
    const Digest digest = all.finish();
    std::vector<BatchItem> points;
    points.reserve(items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
        const auto key = Access::point(items[i].key);
        const auto signature = parse_signature(items[i].signature);
        // What can never verify; the equation below would not refuse all of it.
        if (!signature || blst_p1_affine_is_inf(&key) || blst_p2_affine_is_inf(&*signature) ||
            !blst_p2_affine_in_g2(&*signature))
            continue;
        Byte number[8];
        store_le<std::uint64_t>(number, i);
        Digest coefficient = Blake2b().update(digest.view()).update(number).finish();
        coefficient.bytes[0] |= 1;  // never zero
        BatchItem& item = points.emplace_back();
        item.index = i;
        blst_p1 weighted_key;
        blst_p1_from_affine(&weighted_key, &key);
        blst_p1_mult(&weighted_key, &weighted_key, coefficient.bytes.data(), kCoefficientBits);
        blst_p1_to_affine(&item.key, &weighted_key);
        blst_p2_from_affine(&item.signature, &*signature);
        blst_p2_mult(&item.signature, &item.signature, coefficient.bytes.data(), kCoefficientBits);
        const blst_p2 hash = hash_to_g2(items[i].message);
        blst_p2_to_affine(&item.hash, &hash);
    }
    const std::span<const BatchItem> span(points);
    for (std::size_t from = 0; from < span.size(); from += kBatchMax)
        bisect_batch(span.subspan(from, std::min(kBatchMax, span.size() - from)), items, out);
    return out;
}

}  // namespace walrus::bls
