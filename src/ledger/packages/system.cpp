// SPDX-License-Identifier: Apache-2.0
// ORIG::system: what users do with storage and blobs (spec/chain.md §3). Every function first
// checks the System object's version.
#include "ledger/native.hpp"
#include "ledger/packages/blob_rules.hpp"
#include "ledger/packages/system_calls.hpp"
#include "ledger/packages/system_state.hpp"

namespace walrus::ledger {

Executed<Blob> register_paid(Runtime& runtime, SystemStateInnerV1& state, const Storage& storage,
                             const NewBlob& request, Frost& payment) {
    const Epoch now = current_epoch(state);
    const std::uint16_t n_shards = state.committee->n_shards;
    Blob blob = WALRUS_TRY(make_blob(request, storage, now, n_shards));
    runtime.emit(registered_event(blob, now));
    const std::uint64_t encoded = WALRUS_TRY(encoded_bytes(n_shards, request.size));
    WALRUS_TRY(pay_write_fee(state, encoded, payment));
    return blob;
}

void tell_reserved(Runtime& runtime, const Storage& storage) {
    runtime.emit_own(own::StorageReserved{storage.id, storage.start_epoch, storage.end_epoch,
                                          storage.storage_size});
}

Executed<void> extend_paid(Runtime& runtime, SystemStateInnerV1& state, Blob& blob,
                           std::uint32_t epochs, Frost& payment) {
    WALRUS_TRY(check_certified_not_expired(blob, current_epoch(state)));
    WALRUS_TRY(extend_storage(state, blob.storage, epochs, payment));
    runtime.emit(extended_event(blob));
    return {};
}

namespace {

Executed<void> run_reserve_space(NativeCall& call) {
    SystemStateInnerV1* state = WALRUS_TRY(call.runtime.mutable_system_state(call.mut<System>(0)));
    const Storage storage =
        WALRUS_TRY(reserve_space(*state, call.runtime.new_id(), call.pure<std::uint64_t>(1),
                                 call.pure<std::uint32_t>(2), call.mut<Coin>(3).value));
    tell_reserved(call.runtime, storage);
    call.add_walrus_result("storage_resource", "Storage", storage);
    return {};
}

Executed<void> run_reserve_space_for_epochs(NativeCall& call) {
    SystemStateInnerV1* state = WALRUS_TRY(call.runtime.mutable_system_state(call.mut<System>(0)));
    const Storage storage = WALRUS_TRY(reserve_space_for_epochs(
        *state, call.runtime.new_id(), call.pure<std::uint64_t>(1), call.pure<Epoch>(2),
        call.pure<Epoch>(3), call.mut<Coin>(4).value));
    tell_reserved(call.runtime, storage);
    call.add_walrus_result("storage_resource", "Storage", storage);
    return {};
}

Executed<void> run_register_blob(NativeCall& call) {
    SystemStateInnerV1* state = WALRUS_TRY(call.runtime.mutable_system_state(call.mut<System>(0)));
    const Storage storage = call.take<Storage>(1);
    NewBlob request = new_blob(call, 2);
    request.deletable = call.pure<bool>(6);
    Blob blob =
        WALRUS_TRY(register_paid(call.runtime, *state, storage, request, call.mut<Coin>(7).value));
    call.add_walrus_result("blob", "Blob", std::move(blob));
    return {};
}

Executed<void> run_certify_blob(NativeCall& call) {
    const System& system = call.ref<System>(0);
    const SystemStateInnerV1* state = WALRUS_TRY(call.runtime.system_state(system));
    const auto statement = WALRUS_TRY(
        certified_statement<attest::StoredBlob>(call, system, 2, attest::Threshold::Quorum));
    const BlobCertified event =
        WALRUS_TRY(certify(call.mut<Blob>(1), statement, current_epoch(*state)));
    call.runtime.emit(event);
    return {};
}

Executed<void> run_invalidate_blob_id(NativeCall& call) {
    const System& system = call.ref<System>(0);
    const SystemStateInnerV1* state = WALRUS_TRY(call.runtime.system_state(system));
    const auto statement = WALRUS_TRY(
        certified_statement<attest::InvalidBlobId>(call, system, 1, attest::Threshold::OneCorrect));
    call.runtime.emit(InvalidBlobIdEvent{current_epoch(*state), statement.blob_id});
    call.add_result(primitive(TypeKind::U256), PureValue{to_bytes(statement.blob_id.view())});
    return {};
}

Executed<void> run_delete_blob(NativeCall& call) {
    const SystemStateInnerV1* state = WALRUS_TRY(call.runtime.system_state(call.ref<System>(0)));
    const Blob blob = call.take<Blob>(1);
    call.runtime.set_metadata(blob.id, std::nullopt);
    const BlobDeleted event = WALRUS_TRY(check_delete(blob, current_epoch(*state)));
    call.runtime.emit(event);
    call.runtime.delete_id(blob.id);
    call.add_walrus_result("storage_resource", "Storage", blob.storage);
    return {};
}

Executed<void> run_extend_blob(NativeCall& call) {
    SystemStateInnerV1* state = WALRUS_TRY(call.runtime.mutable_system_state(call.mut<System>(0)));
    return extend_paid(call.runtime, *state, call.mut<Blob>(1), call.pure<std::uint32_t>(2),
                       call.mut<Coin>(3).value);
}

Executed<void> run_extend_blob_with_resource(NativeCall& call) {
    const SystemStateInnerV1* state = WALRUS_TRY(call.runtime.system_state(call.ref<System>(0)));
    const Storage extension = call.take<Storage>(2);
    const BlobCertified event =
        WALRUS_TRY(extend_with_resource(call.mut<Blob>(1), extension, current_epoch(*state)));
    call.runtime.delete_id(extension.id);
    call.runtime.emit(event);
    return {};
}

Executed<void> run_add_subsidy(NativeCall& call) {
    SystemStateInnerV1* state = WALRUS_TRY(call.runtime.mutable_system_state(call.mut<System>(0)));
    const Frost amount = call.take<Coin>(1).value;
    const auto epochs = call.pure<std::uint32_t>(2);
    WALRUS_TRY(add_subsidy(*state, amount, epochs));
    std::vector<Frost> amounts(epochs, amount / epochs);
    amounts.front() += amount % epochs;
    call.runtime.emit_own(own::SubsidyAdded{std::move(amounts)});
    return {};
}

/// From revision 1 on: a storage is given up, and what is left of its period can be sold again.
Executed<void> run_release_storage(NativeCall& call) {
    if (call.runtime.protocol_revision() < 1)
        return execution_error(ExecutionErrorKind::FunctionNotFound,
                               "release_storage needs protocol revision 1");
    SystemStateInnerV1* state = WALRUS_TRY(call.runtime.mutable_system_state(call.mut<System>(0)));
    const Storage storage = call.take<Storage>(1);
    WALRUS_TRY(release_capacity(*state, storage));
    call.runtime.delete_id(storage.id);
    call.runtime.emit_own(own::StorageDestroyed{storage.id, true});
    return {};
}

}  // namespace

const NativeModule& system_module() {
    static const NativeModule module{
        Home::Walrus,
        "system",
        {
            {"add_subsidy",
             0,
             {spec::mut(system_spec()), spec::value(wal_coin_spec()), spec::value(spec::u32())},
             TxContext::No,
             {},
             run_add_subsidy},
            {"certify_blob",
             0,
             {spec::ref(system_spec()), spec::mut(blob_spec()), spec::value(spec::bytes()),
              spec::value(spec::bytes()), spec::value(spec::bytes())},
             TxContext::No,
             {},
             run_certify_blob},
            {"delete_blob",
             0,
             {spec::ref(system_spec()), spec::value(blob_spec())},
             TxContext::No,
             {storage_spec()},
             run_delete_blob},
            {"extend_blob",
             0,
             {spec::mut(system_spec()), spec::mut(blob_spec()), spec::value(spec::u32()),
              spec::mut(wal_coin_spec())},
             TxContext::No,
             {},
             run_extend_blob},
            {"extend_blob_with_resource",
             0,
             {spec::ref(system_spec()), spec::mut(blob_spec()), spec::value(storage_spec())},
             TxContext::No,
             {},
             run_extend_blob_with_resource},
            {"invalidate_blob_id",
             0,
             {spec::ref(system_spec()), spec::value(spec::bytes()), spec::value(spec::bytes()),
              spec::value(spec::bytes())},
             TxContext::No,
             {spec::u256()},
             run_invalidate_blob_id},
            {"register_blob",
             0,
             {spec::mut(system_spec()), spec::value(storage_spec()), spec::value(spec::u256()),
              spec::value(spec::u256()), spec::value(spec::u64()), spec::value(spec::u8()),
              spec::value(spec::boolean()), spec::mut(wal_coin_spec())},
             TxContext::Yes,
             {blob_spec()},
             run_register_blob},
            {"release_storage",
             0,
             {spec::mut(system_spec()), spec::value(storage_spec())},
             TxContext::No,
             {},
             run_release_storage},
            {"reserve_space",
             0,
             {spec::mut(system_spec()), spec::value(spec::u64()), spec::value(spec::u32()),
              spec::mut(wal_coin_spec())},
             TxContext::Yes,
             {storage_spec()},
             run_reserve_space},
            {"reserve_space_for_epochs",
             0,
             {spec::mut(system_spec()), spec::value(spec::u64()), spec::value(spec::u32()),
              spec::value(spec::u32()), spec::mut(wal_coin_spec())},
             TxContext::Yes,
             {storage_spec()},
             run_reserve_space_for_epochs},
        }};
    return module;
}

}  // namespace walrus::ledger
