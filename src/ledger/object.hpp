// SPDX-License-Identifier: Apache-2.0
// An object of the ledger: identity, version, owner, type and contents (decisions.md §1).
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "ledger/type_tag.hpp"
#include "protocol/ids.hpp"

namespace walrus::ledger {

using ObjectVersion = std::uint64_t;
using ObjectDigest = Id32<struct ObjectDigestTag>;

/// Owners in the BCS order of effects: 0 address, 1 object, 2 shared, 3 immutable.
struct AddressOwner {
    Address address;
    bool operator==(const AddressOwner&) const = default;
};
struct ObjectOwner {
    ObjectId parent;
    bool operator==(const ObjectOwner&) const = default;
};
struct SharedOwner {
    ObjectVersion initial_version = 0;
    bool operator==(const SharedOwner&) const = default;
};
struct ImmutableOwner {
    bool operator==(const ImmutableOwner&) const = default;
};
using Owner = std::variant<AddressOwner, ObjectOwner, SharedOwner, ImmutableOwner>;

struct Object {
    ObjectId id;
    ObjectVersion version = 0;
    Owner owner;
    StructTag type;
    Bytes contents;  ///< BCS; begins with the 32-byte id
    TransactionDigest previous_transaction;

    /// BLAKE2b-256("Object::" ‖ id ‖ version ‖ owner ‖ type ‖ ULEB length ‖ contents ‖ previous).
    ObjectDigest digest() const;
    /// What the digest is the hash of (the system's state: digests of its fields). For proofs.
    Bytes digest_preimage() const;
    bool operator==(const Object&) const = default;
};
/// Storage form in the state database (docs/formats/ledger.md): the fields in order, BCS.
void bcs_encode(bcs::Writer& out, const Object& object);
bool bcs_decode(bcs::Reader& in, Object& object);

/// Id of the dynamic field of `parent` with this key: BLAKE2b-256(f0 ‖ parent ‖ u64le length ‖ key
/// ‖ BCS type of the key).
ObjectId dynamic_field_id(const ObjectId& parent, const TypeTag& key_type, ByteView key_bcs);
/// Id of the counter-th object that a transaction creates: BLAKE2b-256(f1 ‖ digest ‖ u64le
/// counter).
ObjectId created_object_id(const TransactionDigest& digest, std::uint64_t counter);

}  // namespace walrus::ledger
