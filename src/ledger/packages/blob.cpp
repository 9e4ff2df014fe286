// SPDX-License-Identifier: Apache-2.0
// ORIG::blob: attributes of blobs, and burning (spec/chain.md §3.2).
#include "ledger/abort_codes.hpp"
#include "ledger/native.hpp"
#include "ledger/packages/attributes.hpp"
#include "ledger/packages/blob_rules.hpp"
#include "ledger/packages/system_calls.hpp"

namespace walrus::ledger {

namespace {

const AttributeCodes kCodes{codes::blob::kDuplicateMetadata, codes::blob::kMissingMetadata};

Executed<void> run_add_metadata(NativeCall& call) {
    return call_add_metadata(call, call.ref<Blob>(0).id, 1, kCodes);
}
Executed<void> run_add_or_replace_metadata(NativeCall& call) {
    return call_add_or_replace_metadata(call, call.ref<Blob>(0).id, 1);
}
Executed<void> run_take_metadata(NativeCall& call) {
    return call_take_metadata(call, call.ref<Blob>(0).id, kCodes);
}
Executed<void> run_insert_or_update_pair(NativeCall& call) {
    return call_insert_or_update_pair(call, call.ref<Blob>(0).id, 1);
}
Executed<void> run_remove_pair(NativeCall& call) {
    return call_remove_pair(call, call.ref<Blob>(0).id, 1, kCodes);
}
Executed<void> run_remove_pair_if_exists(NativeCall& call) {
    return call_remove_pair_if_exists(call, call.ref<Blob>(0).id, 1);
}

Executed<void> run_burn(NativeCall& call) {
    const Blob blob = call.take<Blob>(0);
    call.runtime.set_metadata(blob.id, std::nullopt);
    call.runtime.delete_id(blob.id);
    call.runtime.delete_id(blob.storage.id);
    call.runtime.emit_own(own::BlobBurned{blob.blob_id, blob.id, blob.storage.id});
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
