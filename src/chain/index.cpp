// SPDX-License-Identifier: Apache-2.0
#include "chain/index.hpp"

#include "bcs/bcs.hpp"
#include "hash/blake2b.hpp"

namespace walrus::chain {
namespace {

// First bytes of keys; docs/formats/ledger-database.md. Never renumbered.
constexpr Byte kOwnerKeyTag = 0x13;
constexpr Byte kBlobKeyTag = 0x16;
constexpr Byte kExpiryKeyTag = 0x17;
constexpr Byte kTypeKeyTag = 0x19;

Bytes tagged(Byte tag, ByteView rest) {
    Bytes key{tag};
    append(key, rest);
    return key;
}

Bytes with_id(Bytes prefix, const ObjectId& id) {
    append(prefix, id.view());
    return prefix;
}

bool is_walrus_type(const ledger::StructTag& type, const ObjectId& package, std::string_view module,
                    std::string_view name) {
    return type.name == name && type.module == module &&
           equal(type.address.view(), package.view()) && type.type_arguments.empty();
}

}  // namespace

Bytes owner_prefix(const Address& owner, const ledger::StructTag* type, bool any_arguments) {
    Bytes key = tagged(kOwnerKeyTag, owner.view());
    if (type == nullptr) return key;
    Bytes encoded = bcs::encode(*type);
    if (any_arguments) encoded.pop_back();
    append(key, encoded);
    return key;
}

Bytes type_prefix(const ledger::StructTag& type) {
    const Digest digest = blake2b(bcs::encode(type));
    return tagged(kTypeKeyTag, digest.view().first(16));
}

Bytes blob_prefix(const BlobId& blob) {
    return tagged(kBlobKeyTag, blob.view());
}

Bytes expiry_prefix(Epoch end_epoch) {
    Byte raw[4];
    store_be(raw, end_epoch);
    return tagged(kExpiryKeyTag, raw);
}

bool is_blob(const ledger::StructTag& type, const ObjectId& package) {
    return is_walrus_type(type, package, "blob", "Blob");
}

std::optional<ledger::Blob> blob_in(const ledger::Object& object, const ObjectId& package) {
    if (is_blob(object.type, package)) {
        auto blob = bcs::decode_prefix<ledger::Blob>(object.contents);
        if (blob) return std::move(*blob);
    } else if (is_walrus_type(object.type, package, "shared_blob", "SharedBlob")) {
        auto shared = bcs::decode_prefix<ledger::SharedBlob>(object.contents);
        if (shared) return std::move(shared->blob);
    }
    return std::nullopt;
}

std::vector<Bytes> index_keys(const ledger::Object& object, const ObjectId& package) {
    std::vector<Bytes> out;
    if (const auto* owner = std::get_if<ledger::AddressOwner>(&object.owner)) {
        out.push_back(with_id(owner_prefix(owner->address, &object.type, false), object.id));
    } else {
        out.push_back(with_id(type_prefix(object.type), object.id));
    }
    const auto blob = blob_in(object, package);
    if (!blob) return out;
    out.push_back(with_id(blob_prefix(blob->blob_id), object.id));
    out.push_back(with_id(expiry_prefix(blob->storage.end_epoch), object.id));
    return out;
}

Bytes prefix_end(Bytes prefix) {
    while (!prefix.empty() && prefix.back() == 0xff) prefix.pop_back();
    if (!prefix.empty()) ++prefix.back();
    return prefix;
}

}  // namespace walrus::chain
