// SPDX-License-Identifier: Apache-2.0
// ECDSA over the two curves of the account schemes, on OpenSSL's big numbers and points. Internal
// to this room: others use `AccountKey`, `AccountSignature` and `NetworkKey`.
#pragma once

#include <array>
#include <optional>

#include "base/bytes.hpp"

namespace walrus::ecdsa {

enum class Curve { Secp256k1, P256 };

using Scalar = std::array<Byte, 32>;  // big endian
using CompressedPoint = std::array<Byte, 33>;
using CompactSignature = std::array<Byte, 64>;  // r, s, big endian

/// The public key; nothing if the scalar is zero or not below the curve's order.
std::optional<CompressedPoint> public_key(Curve curve, const Scalar& secret);
/// SHA-256.
Scalar sha256(ByteView data);
/// Signs a hash with the nonce of RFC 6979 (HMAC-SHA-256) and s in the lower half.
/// Precondition: the secret is valid.
CompactSignature sign(Curve curve, const Scalar& secret, const Scalar& hash);
/// False also for points not on the curve, r or s out of range and s in the upper half.
bool verify(Curve curve, ByteView compressed_point, const Scalar& hash,
            const CompactSignature& signature);

}  // namespace walrus::ecdsa
