// SPDX-License-Identifier: Apache-2.0
// The statements that storage nodes sign (spec/encoding.md §6.3, spec/chain.md §2.1): a header of
// type, version, application and epoch, then a body. The BLS signature covers exactly these bytes.
//
//   type u8 | version u8 = 0 | app u8 = 3 | epoch u32le | body (no length prefix)
//
// Each body is a struct whose BCS is its layout, with its type in `kType`. Vectors:
// test/vectors/chain.json, suite signed_messages.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "crypto/bls.hpp"
#include "protocol/ids.hpp"

namespace walrus::attest {

/// The value is the byte on the wire and never changes.
enum class MessageType : std::uint8_t {
    ProofOfPossession = 0,
    StorageConfirmation = 1,
    InvalidBlobId = 2,
    SyncShard = 3,
    DenyListUpdate = 4,
    DenyListBlobDeleted = 5,
    ProtocolVersion = 6,
};

/// Bytes of the header.
inline constexpr std::size_t kHeaderBytes = 7;

/// Whether a blob can be deleted, and through which object. BCS: 0, or 1 and the object id.
struct BlobPersistence {
    /// The Blob object that may delete it; nothing: permanent.
    std::optional<ObjectId> deletable_object;

    static BlobPersistence permanent() { return {}; }
    static BlobPersistence deletable(const ObjectId& object) { return {object}; }
    bool is_deletable() const { return deletable_object.has_value(); }
    friend bool operator==(const BlobPersistence&, const BlobPersistence&) = default;
};

/// The owner of a node holds the secret of this BLS key; signed with that key. 87 bytes.
struct ProofOfPossession {
    static constexpr MessageType kType = MessageType::ProofOfPossession;
    Address sender;
    bls::PublicKeyBytes public_key{};
    friend bool operator==(const ProofOfPossession&, const ProofOfPossession&) = default;
};
/// The node stores all its slivers of this blob, durably. 40 or 72 bytes.
struct StoredBlob {
    static constexpr MessageType kType = MessageType::StorageConfirmation;
    BlobId blob_id;
    BlobPersistence persistence;
    friend bool operator==(const StoredBlob&, const StoredBlob&) = default;
};
/// The blob's encoding was proven inconsistent. 39 bytes.
struct InvalidBlobId {
    static constexpr MessageType kType = MessageType::InvalidBlobId;
    BlobId blob_id;
    friend bool operator==(const InvalidBlobId&, const InvalidBlobId&) = default;
};
/// A node asks another for slivers of a shard that it takes over. 55 bytes.
struct SyncShardRequest {
    static constexpr MessageType kType = MessageType::SyncShard;
    ShardIndex shard;
    Axis axis = Axis::Primary;
    /// The first blob to send, in the order of ids.
    BlobId starting_blob_id;
    std::uint64_t sliver_count = 0;
    Epoch epoch = 0;
    friend bool operator==(const SyncShardRequest&, const SyncShardRequest&) = default;
};
/// A node's list of refused blobs changed. 87 bytes.
struct DenyListUpdate {
    static constexpr MessageType kType = MessageType::DenyListUpdate;
    NodeId node_id;
    std::uint64_t sequence = 0;
    std::uint64_t size = 0;
    /// A little-endian u256.
    Digest root;
    friend bool operator==(const DenyListUpdate&, const DenyListUpdate&) = default;
};
/// A refused blob is to be deleted. 39 bytes.
struct DenyListBlobDeleted {
    static constexpr MessageType kType = MessageType::DenyListBlobDeleted;
    BlobId blob_id;
    friend bool operator==(const DenyListBlobDeleted&, const DenyListBlobDeleted&) = default;
};
/// Nodes agree on a protocol version from an epoch on. 19 bytes.
struct ProtocolVersion {
    static constexpr MessageType kType = MessageType::ProtocolVersion;
    Epoch start_epoch = 0;
    std::uint64_t protocol_version = 0;
    friend bool operator==(const ProtocolVersion&, const ProtocolVersion&) = default;
};

enum class MessageError {
    TooShort,            ///< fewer bytes than header and body need
    IncorrectVersion,    ///< header version is not 0
    IncorrectApp,        ///< header application is not 3
    IncorrectType,       ///< another kind of statement
    IncorrectEpoch,      ///< made in another epoch than the expected one
    InvalidPersistence,  ///< persistence tag other than 0 and 1
    InvalidBody,         ///< another value that the layout does not allow
    TrailingBytes,       ///< bytes after the body
    WrongContent,        ///< right form, but about something else than expected
    BadSignature,        ///< the signature does not verify under the expected key
};
const char* describe(MessageError error);

/// The header as read; only its length is checked.
struct MessageHeader {
    std::uint8_t type = 0;
    std::uint8_t version = 0;
    std::uint8_t app = 0;
    Epoch epoch = 0;
};
/// Nothing if there are fewer than 7 bytes.
std::optional<MessageHeader> read_header(ByteView message);

/// A statement of one kind with the epoch it was made in.
template <class Body>
struct Statement {
    Epoch epoch = 0;
    Body body;
    friend bool operator==(const Statement&, const Statement&) = default;
};

/// What a decoder does with bytes after the body: nodes and clients refuse them, the ledger ignores
/// them, so that messages can grow.
enum class Trailing { Refuse, Ignore };

/// The message bytes of a statement. Body is one of the seven structs above.
template <class Body>
Bytes build_message(Epoch epoch, const Body& body);

/// The statement in message bytes. Errors, checked in this order: TooShort (header),
/// IncorrectVersion, IncorrectApp, IncorrectType, then the body's.
template <class Body>
Result<Statement<Body>, MessageError> parse_message(ByteView message,
                                                    Trailing trailing = Trailing::Refuse);

/// The body alone, for callers that have checked the header (the ledger, after
/// `verify_certificate`). `body` starts after the header. Errors: TooShort, InvalidPersistence,
/// InvalidBody, TrailingBytes.
template <class Body>
Result<Body, MessageError> parse_body(ByteView body, Trailing trailing = Trailing::Ignore);

}  // namespace walrus::attest
