// SPDX-License-Identifier: Apache-2.0
// Indexes of the ledger's objects (docs/formats/ledger-database.md): which keys an object stands
// under besides its own. They follow from the objects and are not part of the state.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "chain/record.hpp"
#include "ledger/object.hpp"
#include "ledger/types.hpp"

namespace walrus::chain {

/// Owner and type; the id completes the key. A type without arguments may be cut before their
/// count. `type` null: all objects of the owner.
Bytes owner_prefix(const Address& owner, const ledger::StructTag* type, bool any_arguments);
/// Objects that no address owns, by their exact type; the id completes the key.
Bytes type_prefix(const ledger::StructTag& type);
/// Objects of a blob id; the object's id completes the key.
Bytes blob_prefix(const BlobId& blob);
/// Blobs by the epoch in which they end, big endian, and id.
Bytes expiry_prefix(Epoch end_epoch);

/// All index keys of an object. `package`: that of Walrus.
std::vector<Bytes> index_keys(const ledger::Object& object, const ObjectId& package);
bool is_blob(const ledger::StructTag& type, const ObjectId& package);
/// The blob in a Blob object, or the one that a SharedBlob object wraps; nothing for others and for
/// contents that do not decode.
std::optional<ledger::Blob> blob_in(const ledger::Object& object, const ObjectId& package);

/// The first key behind all keys with this prefix; empty: there is none.
Bytes prefix_end(Bytes prefix);

/// Which objects to list.
struct ObjectQuery {
    /// All objects of this exact type that no address owns.
    struct OfType {
        ledger::StructTag type;
    };
    /// Blob and SharedBlob objects of this id: the certified first, of those the permanent, then by
    /// end epoch from the last. One page.
    struct OfBlob {
        BlobId blob;
    };
    /// Blob and SharedBlob objects that end in this epoch or before, by end epoch.
    struct EndingBy {
        Epoch epoch = 0;
    };
    std::variant<OfType, OfBlob, EndingBy> what;
    std::uint32_t page_size = 0;  ///< 0: default
    std::optional<Bytes> token;
};

}  // namespace walrus::chain
