// SPDX-License-Identifier: Apache-2.0
// What a transaction did, in the public format (spec/rpc-compat.md §3.5): TransactionEffects V2.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "bcs/bcs.hpp"
#include "ledger/failure.hpp"
#include "ledger/object.hpp"
#include "ledger/transaction.hpp"

namespace walrus::ledger {

using EffectsDigest = Id32<struct EffectsDigestTag>;

struct GasUsed {
    std::uint64_t computation_cost = 0;
    std::uint64_t storage_cost = 0;
    std::uint64_t storage_rebate = 0;
    std::uint64_t non_refundable_storage_fee = 0;
    bool operator==(const GasUsed&) const = default;
};
struct InputState {
    ObjectVersion version = 0;
    PrefixedDigest digest;
    Owner owner;
    bool operator==(const InputState&) const = default;
};
struct ObjectNotExist {
    bool operator==(const ObjectNotExist&) const = default;
};
struct ObjectWrite {
    PrefixedDigest digest;
    Owner owner;
    bool operator==(const ObjectWrite&) const = default;
};
using OutputState = std::variant<ObjectNotExist, ObjectWrite>;
enum class IdOperation : std::uint8_t { None = 0, Created = 1, Deleted = 2 };
constexpr IdOperation bcs_enum_max(IdOperation) {
    return IdOperation::Deleted;
}

struct ObjectChange {
    ObjectId id;
    std::optional<InputState> input;
    OutputState output;
    IdOperation operation = IdOperation::None;
    bool operator==(const ObjectChange&) const = default;
};
/// A shared object that was only read. BCS kind 0 (ReadOnlyRoot).
struct ReadOnlyRoot {
    ObjectVersion version = 0;
    PrefixedDigest digest;
    bool operator==(const ReadOnlyRoot&) const = default;
};
struct UnchangedObject {
    ObjectId id;
    std::variant<ReadOnlyRoot> kind;
    bool operator==(const UnchangedObject&) const = default;
};

/// Tag 1 (V2), then the fields in order.
struct TransactionEffects {
    /// BCS: 0, or 1, the error and the optional command.
    std::optional<ExecutionError> failure;
    std::uint64_t epoch = 0;
    GasUsed gas_used;
    TransactionDigest transaction_digest;  ///< with a length byte
    std::optional<std::uint32_t> gas_object_index;
    std::optional<PrefixedDigest> events_digest;
    std::vector<PrefixedDigest> dependencies;
    ObjectVersion lamport_version = 0;
    std::vector<ObjectChange> changed_objects;  ///< sorted by id
    std::vector<UnchangedObject> unchanged_objects;
    std::optional<PrefixedDigest> auxiliary_digest;

    bool success() const { return !failure.has_value(); }
    /// BLAKE2b-256("TransactionEffects::" ‖ BCS).
    EffectsDigest digest() const;
    bool operator==(const TransactionEffects&) const = default;
};
void bcs_encode(bcs::Writer& out, const TransactionEffects& effects);
bool bcs_decode(bcs::Reader& in, TransactionEffects& effects);

/// An event as it is stored and served.
struct Event {
    ObjectId package;    ///< the package whose function emitted it
    std::string module;  ///< and the module
    Address sender;
    StructTag type;  ///< e.g. ORIG::events::BlobRegistered
    Bytes contents;  ///< BCS of the event struct
    bool operator==(const Event&) const = default;
};
/// BLAKE2b-256("TransactionEvents::" ‖ BCS list); nothing for no events.
std::optional<PrefixedDigest> events_digest(const std::vector<Event>& events);

}  // namespace walrus::ledger
