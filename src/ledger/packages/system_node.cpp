// SPDX-License-Identifier: Apache-2.0
// The functions of ORIG::system that storage nodes call with their capability, and those that a
// certificate of theirs allows (spec/chain.md §3.3 to §3.6).
#include "base/check.hpp"
#include "ledger/packages/node_rules.hpp"
#include "ledger/packages/system_calls.hpp"

namespace walrus::ledger {

namespace {

TypeSpec cap_spec() {
    return spec::walrus_struct("storage_node", "StorageNodeCap");
}

/// The extended field of the deny lists' sizes.
TypeTag extended_key(const LedgerIds& ids) {
    return walrus_type(ids, "extended_field", "Key");
}
TypeTag sizes_type() {
    return make_type(make_struct(framework_address(), "vec_map", "VecMap",
                                 {id_type(), primitive(TypeKind::U64)}));
}

Executed<void> run_certify_event_blob(NativeCall& call) {
    SystemStateInnerV1* state = WALRUS_TRY(call.runtime.mutable_system_state(call.mut<System>(0)));
    const EventBlob event_blob{call.pure<BlobId>(2), call.pure<std::uint64_t>(6)};
    const bool quorum = WALRUS_TRY(
        attest_event_blob(*state, call.mut<StorageNodeCap>(1), event_blob, call.pure<Epoch>(7)));
    call.runtime.emit_own(own::EventBlobAttested{call.mut<StorageNodeCap>(1).node_id,
                                                 event_blob.blob_id,
                                                 event_blob.ending_checkpoint_sequence_number});
    if (!quorum) return {};
    const Epoch now = current_epoch(*state);
    const std::uint16_t n_shards = state->committee->n_shards;
    WALRUS_TRY(check_encoding(call.pure<std::uint8_t>(5)));
    const std::uint64_t encoded = WALRUS_TRY(encoded_bytes(n_shards, call.pure<std::uint64_t>(4)));
    const Storage storage = WALRUS_TRY(
        book_event_blob(*state, call.runtime.new_id(), encoded, call.runtime.protocol_revision()));
    const NewBlob request = new_blob(call, 2);
    Blob blob = WALRUS_TRY(make_blob(request, storage, now, n_shards));
    call.runtime.emit(registered_event(blob, now));
    const attest::StoredBlob statement{event_blob.blob_id, attest::BlobPersistence::permanent()};
    call.runtime.emit(WALRUS_TRY(certify(blob, statement, now)));
    // The blob was never an object of its own: nothing is left to delete.
    return event_blob_certified(state->event_blob_certification_state, event_blob);
}

Executed<void> run_register_deny_list_update(NativeCall& call) {
    const SystemStateInnerV1* state =
        WALRUS_TRY(call.runtime.mutable_system_state(call.mut<System>(0)));
    const StorageNodeCap& cap = call.ref<StorageNodeCap>(1);
    const auto sequence = call.pure<std::uint64_t>(3);
    WALRUS_TRY(check_deny_list_update(*state, cap, sequence));
    call.runtime.emit(
        RegisterDenyListUpdate{current_epoch(*state), call.pure<Digest>(2), sequence, cap.node_id});
    return {};
}

Executed<void> run_update_deny_list(NativeCall& call) {
    const System& system = call.mut<System>(0);
    const SystemStateInnerV1* state = WALRUS_TRY(call.runtime.mutable_system_state(system));
    StorageNodeCap& cap = call.mut<StorageNodeCap>(1);
    WALRUS_TRY(member_weight(*state, cap.node_id));
    const auto statement = WALRUS_TRY(
        certified_statement<attest::DenyListUpdate>(call, system, 2, attest::Threshold::Quorum));
    const ObjectId place = state->deny_list_sizes.id;
    const TypeTag key = extended_key(call.ids());
    auto sizes = call.runtime.field<DenyListSizes>(place, key, ExtendedFieldKey{});
    WALRUS_CHECK(sizes.has_value());
    WALRUS_TRY(update_deny_list(cap, *sizes, statement));
    WALRUS_TRY(
        call.runtime.set_field(place, key, sizes_type(), ExtendedFieldKey{}, std::move(*sizes)));
    call.runtime.emit(DenyListUpdateEvent{current_epoch(*state), statement.root, statement.sequence,
                                          cap.node_id});
    return {};
}

Executed<void> run_delete_deny_listed_blob(NativeCall& call) {
    const System& system = call.ref<System>(0);
    const SystemStateInnerV1* state = WALRUS_TRY(call.runtime.system_state(system));
    const auto statement = WALRUS_TRY(certified_statement<attest::DenyListBlobDeleted>(
        call, system, 1, attest::Threshold::OneCorrect));
    call.runtime.emit(DenyListBlobDeletedEvent{current_epoch(*state), statement.blob_id});
    return {};
}

Executed<void> run_update_protocol_version(NativeCall& call) {
    const System& system = call.mut<System>(0);
    const SystemStateInnerV1* state = WALRUS_TRY(call.runtime.system_state(system));
    WALRUS_TRY(member_weight(*state, call.ref<StorageNodeCap>(1).node_id));
    const auto statement = WALRUS_TRY(
        certified_statement<attest::ProtocolVersion>(call, system, 2, attest::Threshold::Quorum));
    call.runtime.emit(WALRUS_TRY(check_protocol_version(statement, current_epoch(*state))));
    return {};
}

Executed<void> run_add_per_epoch_subsidies(NativeCall& call) {
    SystemStateInnerV1* state = WALRUS_TRY(call.runtime.mutable_system_state(call.mut<System>(0)));
    std::vector<Frost> amounts;
    for (const Value& item : call.take<ObjectVector>(1).items)
        amounts.push_back(std::get<Balance>(item.native).value);
    WALRUS_TRY(add_per_epoch_subsidies(*state, amounts));
    call.runtime.emit_own(own::SubsidyAdded{std::move(amounts)});
    return {};
}

}  // namespace

const NativeModule& system_node_module() {
    using spec::mut;
    using spec::value;
    static const NativeModule module{
        Home::Walrus,
        "system",
        {
            {"add_per_epoch_subsidies",
             0,
             {mut(system_spec()), value(spec::vector(spec::balance(spec::wal())))},
             TxContext::No,
             {},
             run_add_per_epoch_subsidies},
            {"certify_event_blob",
             0,
             {mut(system_spec()), mut(cap_spec()), value(spec::u256()), value(spec::u256()),
              value(spec::u64()), value(spec::u8()), value(spec::u64()), value(spec::u32())},
             TxContext::Yes,
             {},
             run_certify_event_blob},
            {"delete_deny_listed_blob",
             0,
             {spec::ref(system_spec()), value(spec::bytes()), value(spec::bytes()),
              value(spec::bytes())},
             TxContext::No,
             {},
             run_delete_deny_listed_blob},
            {"register_deny_list_update",
             0,
             {mut(system_spec()), spec::ref(cap_spec()), value(spec::u256()), value(spec::u64())},
             TxContext::No,
             {},
             run_register_deny_list_update},
            {"update_deny_list",
             0,
             {mut(system_spec()), mut(cap_spec()), value(spec::bytes()), value(spec::bytes()),
              value(spec::bytes())},
             TxContext::No,
             {},
             run_update_deny_list},
            {"update_protocol_version",
             0,
             {mut(system_spec()), spec::ref(cap_spec()), value(spec::bytes()), value(spec::bytes()),
              value(spec::bytes())},
             TxContext::No,
             {},
             run_update_protocol_version},
        }};
    return module;
}

}  // namespace walrus::ledger
