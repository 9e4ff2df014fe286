// SPDX-License-Identifier: Apache-2.0
#include "ledger/object.hpp"

#include "hash/blake2b.hpp"
#include "ledger/state.hpp"

namespace walrus::ledger {

ObjectDigest Object::digest() const {
    return ObjectDigest::from(blake2b(digest_preimage()).view());
}

Bytes Object::digest_preimage() const {
    if (is_system_state_field(type)) {
        if (const auto field = bcs::decode<SystemStateField>(contents))
            return system_state_preimage(*this, field->name, field->value);
    }
    bcs::Writer out(contents.size() + 256);
    out.raw(as_bytes("Object::"));
    bcs_encode(out, *this);
    return out.take();
}

void bcs_encode(bcs::Writer& out, const Object& object) {
    out.raw(object.id.bytes);
    out.fixed(object.version);
    bcs::encode(out, object.owner);
    bcs_encode(out, object.type);
    out.bytes(object.contents);
    out.raw(object.previous_transaction.bytes);
}

bool bcs_decode(bcs::Reader& in, Object& object) {
    return bcs::decode(in, object.id) && in.fixed(object.version) &&
           bcs::decode(in, object.owner) && bcs_decode(in, object.type) &&
           bcs::decode(in, object.contents) && bcs::decode(in, object.previous_transaction);
}

ObjectId dynamic_field_id(const ObjectId& parent, const TypeTag& key_type, ByteView key_bcs) {
    bcs::Writer out(128 + key_bcs.size());
    out.u8(0xf0);
    out.raw(parent.bytes);
    out.fixed(static_cast<std::uint64_t>(key_bcs.size()));
    out.raw(key_bcs);
    bcs_encode(out, key_type);
    return ObjectId::from(blake2b(out.view()).view());
}

ObjectId created_object_id(const TransactionDigest& digest, std::uint64_t counter) {
    bcs::Writer out(41);
    out.u8(0xf1);
    out.raw(digest.bytes);
    out.fixed(counter);
    return ObjectId::from(blake2b(out.view()).view());
}

}  // namespace walrus::ledger
