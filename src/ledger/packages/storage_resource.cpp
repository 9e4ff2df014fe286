// SPDX-License-Identifier: Apache-2.0
// ORIG::storage_resource: splitting and fusing reserved storage (spec/chain.md §3.1).
#include "ledger/native.hpp"
#include "ledger/packages/blob_rules.hpp"

namespace walrus::ledger {

namespace {

TypeSpec storage() {
    return spec::walrus_struct("storage_resource", "Storage");
}

void tell_change(NativeCall& call, const Storage& storage) {
    call.runtime.emit_own(own::StorageChanged{storage.id, storage.start_epoch, storage.end_epoch,
                                              storage.storage_size});
}

Executed<void> run_split_by_epoch(NativeCall& call) {
    Storage rest = WALRUS_TRY(
        split_by_epoch(call.mut<Storage>(0), call.runtime.new_id(), call.pure<Epoch>(1)));
    tell_change(call, call.mut<Storage>(0));
    tell_change(call, rest);
    call.add_walrus_result("storage_resource", "Storage", rest);
    return {};
}

Executed<void> run_split_by_size(NativeCall& call) {
    Storage rest = WALRUS_TRY(
        split_by_size(call.mut<Storage>(0), call.runtime.new_id(), call.pure<std::uint64_t>(1)));
    tell_change(call, call.mut<Storage>(0));
    tell_change(call, rest);
    call.add_walrus_result("storage_resource", "Storage", rest);
    return {};
}

/// A fuse of one of the three kinds; the second storage's object goes.
template <Executed<void> (*kFuse)(Storage&, const Storage&)>
Executed<void> run_fuse(NativeCall& call) {
    const Storage second = call.take<Storage>(1);
    WALRUS_TRY(kFuse(call.mut<Storage>(0), second));
    call.runtime.delete_id(second.id);
    tell_change(call, call.mut<Storage>(0));
    call.runtime.emit_own(own::StorageDestroyed{second.id, false});
    return {};
}

Executed<void> run_destroy(NativeCall& call) {
    const ObjectId id = call.take<Storage>(0).id;
    call.runtime.delete_id(id);
    call.runtime.emit_own(own::StorageDestroyed{id, false});
    return {};
}

}  // namespace

const NativeModule& storage_resource_module() {
    static const NativeModule module{
        Home::Walrus,
        "storage_resource",
        {
            {"destroy", 0, {spec::value(storage())}, TxContext::No, {}, run_destroy},
            {"fuse",
             0,
             {spec::mut(storage()), spec::value(storage())},
             TxContext::No,
             {},
             run_fuse<fuse>},
            {"fuse_amount",
             0,
             {spec::mut(storage()), spec::value(storage())},
             TxContext::No,
             {},
             run_fuse<fuse_amount>},
            {"fuse_periods",
             0,
             {spec::mut(storage()), spec::value(storage())},
             TxContext::No,
             {},
             run_fuse<fuse_periods>},
            {"split_by_epoch",
             0,
             {spec::mut(storage()), spec::value(spec::u32())},
             TxContext::Yes,
             {storage()},
             run_split_by_epoch},
            {"split_by_size",
             0,
             {spec::mut(storage()), spec::value(spec::u64())},
             TxContext::Yes,
             {storage()},
             run_split_by_size},
        }};
    return module;
}

}  // namespace walrus::ledger
