// SPDX-License-Identifier: Apache-2.0
// Attribute maps with their bound (what cannot be stored as an object cannot be built either), and
// the functions on the attributes of an object: blobs and pooled blobs have the same ones.
#pragma once

#include <string>
#include <utility>

#include "ledger/abort_codes.hpp"
#include "ledger/failure.hpp"
#include "ledger/limits.hpp"
#include "ledger/native.hpp"
#include "ledger/packages/blob_rules.hpp"

namespace walrus::ledger {

/// Sets a pair (spec/chain.md §3.2, attributes). Errors: ObjectTooBig beyond kObjectBytesMax.
inline Executed<void> set_attribute(Metadata& metadata, std::string key, std::string value) {
    insert_or_update(metadata, std::move(key), std::move(value));
    std::uint64_t bytes = 0;
    for (const auto& [name, text] : metadata.metadata) bytes += name.size() + text.size() + 2;
    if (bytes <= kObjectBytesMax) return {};
    ExecutionError error;
    error.kind = ExecutionErrorKind::ObjectTooBig;
    error.object_bytes = bytes;
    error.object_bytes_max = kObjectBytesMax;
    error.description = "MoveObjectTooBig: the attributes would take " + std::to_string(bytes) +
                        " bytes, the limit is " + std::to_string(kObjectBytesMax);
    return fail(std::move(error));
}

/// The errors of a module for attributes that are there already, and that are missing.
struct AttributeCodes {
    AbortCode duplicate;
    AbortCode missing;
};

/// A result of type Option<T>, as BCS.
template <class T>
void add_option_result(NativeCall& call, TypeTag inner, const std::optional<T>& option) {
    call.add_result(make_type(make_struct(std_address(), "option", "Option", {std::move(inner)})),
                    PureValue{bcs::encode(option)});
}

// Each on the attributes of `object`; further arguments of the call begin at `first`.

inline Executed<void> call_add_metadata(NativeCall& call, const ObjectId& object, std::size_t first,
                                        const AttributeCodes& codes) {
    if (call.runtime.metadata(object) != nullptr)
        return move_abort(codes.duplicate, "the blob has attributes already");
    call.runtime.set_metadata(object, call.take<Metadata>(first));
    call.runtime.emit_own(own::AttributesChanged{object});
    return {};
}

inline Executed<void> call_add_or_replace_metadata(NativeCall& call, const ObjectId& object,
                                                   std::size_t first) {
    std::optional<Metadata> old;
    if (const Metadata* found = call.runtime.metadata(object)) old = *found;
    call.runtime.set_metadata(object, call.take<Metadata>(first));
    call.runtime.emit_own(own::AttributesChanged{object});
    add_option_result(call, walrus_type(call.ids(), "metadata", "Metadata"), old);
    return {};
}

inline Executed<void> call_take_metadata(NativeCall& call, const ObjectId& object,
                                         const AttributeCodes& codes) {
    Metadata* found = call.runtime.mutable_metadata(object);
    if (found == nullptr) return move_abort(codes.missing, "the blob has no attributes");
    Metadata taken = std::move(*found);
    call.runtime.set_metadata(object, std::nullopt);
    call.runtime.emit_own(own::AttributesChanged{object});
    call.add_walrus_result("metadata", "Metadata", std::move(taken));
    return {};
}

inline Executed<void> call_insert_or_update_pair(NativeCall& call, const ObjectId& object,
                                                 std::size_t first) {
    if (call.runtime.metadata(object) == nullptr) call.runtime.set_metadata(object, Metadata{});
    call.runtime.emit_own(own::AttributesChanged{object});
    return set_attribute(*call.runtime.mutable_metadata(object), call.pure<std::string>(first),
                         call.pure<std::string>(first + 1));
}

inline Executed<void> call_remove_pair(NativeCall& call, const ObjectId& object, std::size_t first,
                                       const AttributeCodes& codes) {
    Metadata* found = call.runtime.mutable_metadata(object);
    if (found == nullptr) return move_abort(codes.missing, "the blob has no attributes");
    auto pair = remove_pair(*found, call.pure<std::string>(first));
    if (!pair) return move_abort(codes::vec_map::kKeyDoesNotExist, "no such attribute");
    call.runtime.emit_own(own::AttributesChanged{object});
    call.add_string_result(pair->first);
    call.add_string_result(pair->second);
    return {};
}

inline Executed<void> call_remove_pair_if_exists(NativeCall& call, const ObjectId& object,
                                                 std::size_t first) {
    std::optional<std::string> removed;
    if (Metadata* found = call.runtime.mutable_metadata(object))
        if (auto pair = remove_pair(*found, call.pure<std::string>(first)))
            removed = std::move(pair->second);
    if (removed) call.runtime.emit_own(own::AttributesChanged{object});
    add_option_result(call, string_type(), removed);
    return {};
}

}  // namespace walrus::ledger
