// SPDX-License-Identifier: Apache-2.0
// Identifiers of the protocol and their text forms (spec/encoding.md §5, spec/rpc-compat.md §3).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/strong_index.hpp"

namespace walrus {

/// Identity of a blob's content: BLAKE2b-256 over encoding type, length and root hash. On the
/// ledger the same 32 bytes are a little-endian u256.
using BlobId = Id32<struct BlobIdTag>;
/// A ledger object.
using ObjectId = Id32<struct ObjectIdTag>;
/// A storage node is known by the object id of its staking pool.
using NodeId = ObjectId;
/// An account.
using Address = Id32<struct AddressTag>;
/// Digest of a transaction; base58 on the wire.
using TransactionDigest = Id32<struct TransactionDigestTag>;
/// Digest of the genesis bytes; base58 on the wire.
using ChainId = Id32<struct ChainIdTag>;

using Epoch = std::uint32_t;
/// WAL in its smallest unit; 1 WAL = 10^9 Frost.
using Frost = std::uint64_t;

using ShardIndex = StrongIndex<struct ShardIndexTag>;
using SliverPairIndex = StrongIndex<struct SliverPairIndexTag>;
/// Index of a sliver on its own axis: primary = pair, secondary = n-1-pair.
using SliverIndex = StrongIndex<struct SliverIndexTag>;

/// Which direction a sliver runs. The value is the BCS tag and never changes.
enum class Axis : std::uint8_t { Primary = 0, Secondary = 1 };
constexpr Axis bcs_enum_max(Axis) {
    return Axis::Secondary;
}
constexpr Axis orthogonal(Axis axis) {
    return axis == Axis::Primary ? Axis::Secondary : Axis::Primary;
}
constexpr std::string_view to_text(Axis axis) {
    return axis == Axis::Primary ? "primary" : "secondary";
}

/// The value is the byte on the wire. 0 (RaptorQ) is retired and must be refused.
enum class EncodingType : std::uint8_t { Rs2 = 1 };

/// URL-safe base64 without padding, 43 characters.
std::string to_text(const BlobId& id);
/// Any spelling: base64 (URL-safe or standard, padded or not), 0x-hexadecimal, or the decimal u256.
std::optional<BlobId> parse_blob_id(std::string_view text);
/// The strict wire form only: 43 characters of URL-safe base64.
std::optional<BlobId> parse_blob_id_strict(std::string_view text);
/// The decimal form of the little-endian u256.
std::string to_decimal(const BlobId& id);

/// "0x" and 64 lower-case hexadecimal digits.
std::string to_text(const ObjectId& id);
std::string to_text(const Address& address);
/// 1 to 64 hexadecimal digits, "0x" optional, leading zeros may be missing.
std::optional<ObjectId> parse_object_id(std::string_view text);
std::optional<Address> parse_address(std::string_view text);

/// Base58.
std::string to_text(const TransactionDigest& digest);
std::string to_text(const ChainId& id);
std::optional<TransactionDigest> parse_transaction_digest(std::string_view text);
std::optional<ChainId> parse_chain_id(std::string_view text);

}  // namespace walrus
