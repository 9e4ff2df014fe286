// SPDX-License-Identifier: Apache-2.0
// ORIG::blob: attributes of blobs, and burning (spec/chain.md §3.2).
#include "ledger/abort_codes.hpp"
#include "ledger/native.hpp"
#include "ledger/packages/attributes.hpp"
#include "ledger/packages/blob_rules.hpp"

namespace walrus::ledger {

namespace {

TypeSpec blob_spec() {
    return spec::walrus_struct("blob", "Blob");
}
TypeSpec metadata_spec() {
    return spec::walrus_struct("metadata", "Metadata");
}

/// A result of type Option<T>, as BCS.
template <class T>
void add_option_result(NativeCall& call, TypeTag inner, const std::optional<T>& option) {
    call.add_result(make_type(make_struct(std_address(), "option", "Option", {std::move(inner)})),
                    PureValue{bcs::encode(option)});
}

Executed<void> run_add_metadata(NativeCall& call) {
    const ObjectId blob = call.ref<Blob>(0).id;
    if (call.runtime.metadata(blob) != nullptr)
        return move_abort(codes::blob::kDuplicateMetadata, "the blob has attributes already");
    call.runtime.set_metadata(blob, call.take<Metadata>(1));
    return {};
}

Executed<void> run_add_or_replace_metadata(NativeCall& call) {
    const ObjectId blob = call.ref<Blob>(0).id;
    std::optional<Metadata> old;
    if (const Metadata* found = call.runtime.metadata(blob)) old = *found;
    call.runtime.set_metadata(blob, call.take<Metadata>(1));
    add_option_result(call, walrus_type(call.ids(), "metadata", "Metadata"), old);
    return {};
}

Executed<void> run_take_metadata(NativeCall& call) {
    const ObjectId blob = call.ref<Blob>(0).id;
    Metadata* found = call.runtime.mutable_metadata(blob);
    if (found == nullptr)
        return move_abort(codes::blob::kMissingMetadata, "the blob has no attributes");
    Metadata taken = std::move(*found);
    call.runtime.set_metadata(blob, std::nullopt);
    call.add_walrus_result("metadata", "Metadata", std::move(taken));
    return {};
}

Executed<void> run_insert_or_update_pair(NativeCall& call) {
    const ObjectId blob = call.ref<Blob>(0).id;
    if (call.runtime.metadata(blob) == nullptr) call.runtime.set_metadata(blob, Metadata{});
    return set_attribute(*call.runtime.mutable_metadata(blob), call.pure<std::string>(1),
                         call.pure<std::string>(2));
}

Executed<void> run_remove_pair(NativeCall& call) {
    Metadata* found = call.runtime.mutable_metadata(call.ref<Blob>(0).id);
    if (found == nullptr)
        return move_abort(codes::blob::kMissingMetadata, "the blob has no attributes");
    auto pair = remove_pair(*found, call.pure<std::string>(1));
    if (!pair) return move_abort(codes::vec_map::kKeyDoesNotExist, "no such attribute");
    call.add_string_result(pair->first);
    call.add_string_result(pair->second);
    return {};
}

Executed<void> run_remove_pair_if_exists(NativeCall& call) {
    std::optional<std::string> removed;
    if (Metadata* found = call.runtime.mutable_metadata(call.ref<Blob>(0).id))
        if (auto pair = remove_pair(*found, call.pure<std::string>(1)))
            removed = std::move(pair->second);
    add_option_result(call, string_type(), removed);
    return {};
}

Executed<void> run_burn(NativeCall& call) {
    const Blob blob = call.take<Blob>(0);
    call.runtime.set_metadata(blob.id, std::nullopt);
    call.runtime.delete_id(blob.id);
    call.runtime.delete_id(blob.storage.id);
    return {};
}

}  // namespace

const NativeModule& blob_module() {
    static const NativeModule module{
        Home::Walrus,
        "blob",
        {
            {"add_metadata",
             0,
             {spec::mut(blob_spec()), spec::value(metadata_spec())},
             TxContext::No,
             {},
             run_add_metadata},
            {"add_or_replace_metadata",
             0,
             {spec::mut(blob_spec()), spec::value(metadata_spec())},
             TxContext::No,
             {spec::option(metadata_spec())},
             run_add_or_replace_metadata},
            {"burn", 0, {spec::value(blob_spec())}, TxContext::No, {}, run_burn},
            {"insert_or_update_metadata_pair",
             0,
             {spec::mut(blob_spec()), spec::value(spec::string()), spec::value(spec::string())},
             TxContext::No,
             {},
             run_insert_or_update_pair},
            {"remove_metadata_pair",
             0,
             {spec::mut(blob_spec()), spec::ref(spec::string())},
             TxContext::No,
             {spec::string(), spec::string()},
             run_remove_pair},
            {"remove_metadata_pair_if_exists",
             0,
             {spec::mut(blob_spec()), spec::ref(spec::string())},
             TxContext::No,
             {spec::option(spec::string())},
             run_remove_pair_if_exists},
            {"take_metadata",
             0,
             {spec::mut(blob_spec())},
             TxContext::No,
             {metadata_spec()},
             run_take_metadata},
        }};
    return module;
}

}  // namespace walrus::ledger
