// SPDX-License-Identifier: Apache-2.0
// What a node knows of blobs from the ledger's events (spec/storage-node.md §2.4, §2.5):
// registered, certified, until when, and by which events. Pure rules on plain values; BlobState
// keeps them.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "base/result.hpp"
#include "bcs/bcs.hpp"
#include "protocol/ids.hpp"

namespace walrus::store {

/// An event on the ledger: transaction and number among the transaction's Walrus events.
struct EventId {
    TransactionDigest transaction;
    std::uint64_t sequence = 0;
    friend auto operator<=>(const EventId&, const EventId&) = default;
};

enum class ChangeKind { Register, Certify, Extend, Delete, Invalidate };

/// An event about one blob.
struct BlobChange {
    ChangeKind kind = ChangeKind::Register;
    BlobId blob_id;
    ObjectId object;  ///< the Blob object; not for Invalidate
    bool deletable = false;
    Epoch event_epoch = 0;
    Epoch end_epoch = 0;
    bool was_certified = false;  ///< Delete only
    EventId event;
};

/// The permanent objects of a blob together. BCS: fields in order.
struct PermanentInfo {
    std::uint32_t count = 0;  ///< objects; never 0
    Epoch end_epoch = 0;      ///< the latest of them
    EventId event;            ///< the first event that set this end
    bool operator==(const PermanentInfo&) const = default;
};

/// The blob id was proven inconsistent; for ever.
struct InvalidInfo {
    Epoch epoch = 0;
    EventId event;
    bool operator==(const InvalidInfo&) const = default;
};
struct ValidInfo {
    std::uint32_t deletable_total = 0;
    std::uint32_t deletable_certified = 0;
    std::optional<PermanentInfo> permanent_total;
    std::optional<PermanentInfo> permanent_certified;
    std::optional<Epoch> initial_certified_epoch;
    /// The latest end epochs ever seen while there were deletable objects.
    std::optional<Epoch> latest_deletable_registered_end;
    std::optional<Epoch> latest_deletable_certified_end;
    bool operator==(const ValidInfo&) const = default;
};

/// All objects of one blob id together. BCS: variant index, fields in order.
struct BlobInfo {
    std::variant<InvalidInfo, ValidInfo> state;

    bool invalid() const { return std::holds_alternative<InvalidInfo>(state); }
    /// Somebody has a right to have it stored in this epoch.
    bool registered(Epoch now) const;
    /// The same through an object that is not deletable.
    bool registered_permanent(Epoch now) const;
    bool certified(Epoch now) const;
    bool operator==(const BlobInfo&) const = default;
};

/// One Blob object. BCS: fields in order.
struct ObjectInfo {
    BlobId blob_id;
    Epoch registered_epoch = 0;
    std::optional<Epoch> certified_epoch;
    Epoch end_epoch = 0;
    bool deletable = false;
    EventId event;  ///< the last one
    bool registered(Epoch now) const { return end_epoch > now; }
    bool operator==(const ObjectInfo&) const = default;
};

enum class ChangeError {
    UnknownBlob,    ///< only a registration or an invalidation can be the first event of a blob
    UnknownObject,  ///< not registered before, or registered twice
    Inconsistent,   ///< e.g. more certified than registered, or a permanent blob deleted
};
const char* describe(ChangeError error);

/// The row after the event. An error means that the event stream is broken; the row stays.
Result<BlobInfo, ChangeError> apply_change(const std::optional<BlobInfo>& before,
                                           const BlobChange& change);
/// The object's row after the event; nothing after a deletion. Not for Invalidate.
Result<std::optional<ObjectInfo>, ChangeError> apply_change(const std::optional<ObjectInfo>& before,
                                                            const BlobChange& change);

/// What the API tells about a blob.
struct StatusNonexistent {
    bool operator==(const StatusNonexistent&) const = default;
};
struct StatusPermanent {
    Epoch end_epoch = 0;
    bool certified = false;
    EventId event;
    std::uint32_t deletable_total = 0;
    std::uint32_t deletable_certified = 0;
    std::optional<Epoch> initial_certified_epoch;
    bool operator==(const StatusPermanent&) const = default;
};
struct StatusDeletable {
    std::uint32_t deletable_total = 0;
    std::uint32_t deletable_certified = 0;
    std::optional<Epoch> initial_certified_epoch;
    bool operator==(const StatusDeletable&) const = default;
};
using Status = std::variant<StatusNonexistent, InvalidInfo, StatusPermanent, StatusDeletable>;
Status status_of(const std::optional<BlobInfo>& info, Epoch now);

}  // namespace walrus::store
