// SPDX-License-Identifier: Apache-2.0
// Signatures of accounts (spec/rpc-compat.md §3.2): three schemes behind one interface, told apart
// by a flag byte. What is signed is always a 32-byte digest; addresses are digests of flag and key.
//
// Pure: ECDSA nonces are derived from key and digest (RFC 6979), so equal inputs give equal
// signatures. All types are plain values; every function may be called from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace walrus {

/// The value is the flag byte on the wire and never changes. Flags 3 (multisig), 5 (zkLogin) and
/// 6 (passkey) exist elsewhere and are refused here.
enum class SignatureScheme : std::uint8_t {
    Ed25519 = 0,    ///< signs the digest itself
    Secp256k1 = 1,  ///< ECDSA over SHA-256 of the digest, r and s of 32 bytes, s in the lower half
    Secp256r1 = 2,  ///< the same on P-256
};
/// "ed25519", "secp256k1", "secp256r1".
const char* to_text(SignatureScheme scheme);
std::optional<SignatureScheme> signature_scheme_of_flag(Byte flag);

inline constexpr std::size_t kAccountSecretBytes = 32;
inline constexpr std::size_t kAccountSignatureBytes = 64;
/// 32 for ed25519, 33 (compressed point) for the other two.
constexpr std::size_t account_key_bytes(SignatureScheme scheme) {
    return scheme == SignatureScheme::Ed25519 ? 32 : 33;
}

enum class SignatureError {
    WrongLength,        ///< not the number of bytes of this scheme
    UnsupportedScheme,  ///< a flag byte that we do not know
    InvalidSecret,      ///< zero, or not below the curve's order
};
const char* describe(SignatureError error);

/// A public key with its scheme; not checked to be a point (a bad one verifies nothing).
struct AccountPublicKey {
    SignatureScheme scheme = SignatureScheme::Ed25519;
    /// account_key_bytes(scheme) bytes.
    Bytes bytes;

    /// BLAKE2b-256 of flag and key: the 32 bytes of the account's address.
    Digest address() const;
    friend bool operator==(const AccountPublicKey&, const AccountPublicKey&) = default;
};

/// A signature with the key it claims to be made with.
struct AccountSignature {
    AccountPublicKey key;
    std::array<Byte, kAccountSignatureBytes> signature{};

    /// flag, signature, public key: 97 or 98 bytes.
    Bytes serialize() const;
    /// Exactly what `serialize` writes. Errors: WrongLength, UnsupportedScheme.
    static Result<AccountSignature, SignatureError> parse(ByteView serialized);
    /// True if the signature is right for this digest. ECDSA signatures with s in the upper half
    /// are refused, so that nobody can make a second form of somebody's signature.
    bool verify(const Digest& digest) const;
    friend bool operator==(const AccountSignature&, const AccountSignature&) = default;
};

/// The secret key of an account, wiped when it goes. Never printed or logged.
class AccountKey {
public:
    /// Errors: WrongLength, InvalidSecret (ECDSA schemes only).
    static Result<AccountKey, SignatureError> from_secret(SignatureScheme scheme, ByteView secret);

    AccountKey(const AccountKey&) = default;
    AccountKey& operator=(const AccountKey&) = default;
    ~AccountKey();

    SignatureScheme scheme() const { return public_key_.scheme; }
    const AccountPublicKey& public_key() const { return public_key_; }
    Digest address() const { return public_key_.address(); }
    AccountSignature sign(const Digest& digest) const;
    /// The 32 bytes, for storing the key.
    const std::array<Byte, kAccountSecretBytes>& reveal() const { return secret_; }

private:
    AccountKey() = default;
    AccountPublicKey public_key_;
    std::array<Byte, kAccountSecretBytes> secret_{};
};

/// What is signed for a transaction: BLAKE2b-256 of 00 00 00 and its BCS bytes.
Digest transaction_signing_digest(ByteView transaction_bcs);
/// What is signed for a personal message: BLAKE2b-256 of 03 00 00 and the BCS of the bytes.
Digest personal_message_digest(ByteView message);

}  // namespace walrus
