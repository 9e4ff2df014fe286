// SPDX-License-Identifier: Apache-2.0
// BLS signatures on BLS12-381 with 48-byte public keys (spec/encoding.md §6.4): what storage nodes
// sign with and what certificates are sums of. Message bytes are hashed to the curve as they are,
// under the tag BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_.
//
// Pure: nothing here draws randomness; seeds are arguments. All types are plain values and every
// function may be called from any thread. Vectors: spec/encoding.md §6.4, test/vectors/chain.json.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace walrus::bls {

inline constexpr std::size_t kSecretKeyBytes = 32;
inline constexpr std::size_t kPublicKeyBytes = 48;
inline constexpr std::size_t kUncompressedKeyBytes = 96;
inline constexpr std::size_t kSignatureBytes = 96;

/// A compressed public key as it travels; not checked to be a point.
using PublicKeyBytes = std::array<Byte, kPublicKeyBytes>;
/// A point in affine coordinates, both of them: the form that the ledger's committees store.
using UncompressedKeyBytes = std::array<Byte, kUncompressedKeyBytes>;

enum class Error {
    WrongLength,     ///< not the number of bytes of this type
    BadEncoding,     ///< flag bits, a coordinate beyond the field, or not on the curve
    NotInSubgroup,   ///< on the curve, but of the wrong order
    Infinity,        ///< the neutral element, which is nobody's key
    ScalarRange,     ///< a secret key of zero or not below the group order
    SeedTooShort,    ///< key generation needs at least 32 bytes
    EmptyAggregate,  ///< the sum of no signatures or keys is refused
};
const char* describe(Error error);

/// How much of a key is checked when parsing it.
enum class KeyCheck {
    Full,     ///< encoding, curve, subgroup, not the neutral element: for keys from outside
    Encoding  ///< encoding and curve only: for keys that were checked in full before (ledger state)
};

/// A signature as it travels: 96 bytes, a compressed point of G2. It is a point in the right
/// subgroup only if `verify` says so. Its BCS layout is its bytes.
struct Signature {
    std::array<Byte, kSignatureBytes> bytes{};

    /// Only the length is checked.
    static std::optional<Signature> from(ByteView source);
    ByteView view() const { return bytes; }
    friend bool operator==(const Signature&, const Signature&) = default;
};

/// A public key, parsed: a point of the curve in affine form, ready for use.
class PublicKey {
public:
    /// 48 bytes compressed. Errors: WrongLength, BadEncoding; with Full also NotInSubgroup,
    /// Infinity.
    static Result<PublicKey, Error> parse(ByteView compressed, KeyCheck check = KeyCheck::Full);
    /// 96 bytes uncompressed. Errors as for `parse`.
    static Result<PublicKey, Error> parse_uncompressed(ByteView uncompressed,
                                                       KeyCheck check = KeyCheck::Full);

    PublicKeyBytes to_bytes() const;
    UncompressedKeyBytes to_uncompressed() const;
    /// The neutral element; only sums and keys parsed with KeyCheck::Encoding can be it.
    bool is_infinity() const;

    friend bool operator==(const PublicKey&, const PublicKey&) = default;

private:
    friend class PublicKeySum;
    friend struct Access;
    std::array<std::uint64_t, 12> point_{};
};

/// A running sum of public keys; each step costs about a microsecond.
class PublicKeySum {
public:
    /// Starts at the neutral element.
    PublicKeySum();
    explicit PublicKeySum(const PublicKey& start);
    void add(const PublicKey& key);
    void subtract(const PublicKey& key);
    PublicKey finish() const;

private:
    std::array<std::uint64_t, 18> point_{};
};

/// A secret scalar, wiped when it goes. Never printed or logged.
class SecretKey {
public:
    /// 32 bytes, big endian. Errors: WrongLength, ScalarRange.
    static Result<SecretKey, Error> parse(ByteView big_endian);
    /// The key that this seed of at least 32 bytes gives (KeyGen of the BLS signature draft).
    /// Errors: SeedTooShort.
    static Result<SecretKey, Error> from_seed(ByteView seed);

    SecretKey(const SecretKey&) = default;
    SecretKey& operator=(const SecretKey&) = default;
    ~SecretKey();

    PublicKey public_key() const;
    Signature sign(ByteView message) const;
    /// The 32 bytes, big endian, for storing the key.
    std::array<Byte, kSecretKeyBytes> reveal() const;

private:
    SecretKey() = default;
    friend struct Access;
    std::array<Byte, kSecretKeyBytes> scalar_{};  // little endian, as the library keeps it
};

/// True if the signature is a point of the right subgroup and signs this message under this key.
/// A key that is the neutral element verifies nothing.
bool verify(const PublicKey& key, ByteView message, const Signature& signature);

/// The sum of signatures. Each is checked to be a point of the curve, not of the subgroup (`verify`
/// of the sum does that). Errors: EmptyAggregate, BadEncoding.
Result<Signature, Error> aggregate(std::span<const Signature> signatures);
/// The sum of keys. Errors: EmptyAggregate.
Result<PublicKey, Error> aggregate(std::span<const PublicKey> keys);

/// True if `aggregated` is the sum of signatures of all these keys over one message. Every key must
/// have proven possession of its secret before. False for no keys.
bool verify_aggregate(std::span<const PublicKey> keys, ByteView message,
                      const Signature& aggregated);

/// Indices, ascending, of the signatures that do not verify under the key of the same index over
/// one message; costs about one verification if all are right. Signatures are weighted with
/// coefficients that depend on all inputs, so wrong ones cannot cancel each other.
/// Precondition: as many keys as signatures.
std::vector<std::size_t> find_invalid(std::span<const PublicKey> keys, ByteView message,
                                      std::span<const Signature> signatures);

/// One signature over one message under one key (of a certificate: the sum of its signers' keys).
struct SignedBytes {
    PublicKey key;
    ByteView message;
    Signature signature;
};
/// For each item what `verify` says of it, at about half the cost of asking one at a time when all
/// are right. Items are weighted with coefficients from a digest of all of them, so wrong ones
/// cannot cancel each other; a batch that does not hold is halved until the wrong ones stand alone.
std::vector<bool> verify_batch(std::span<const SignedBytes> items);

}  // namespace walrus::bls
