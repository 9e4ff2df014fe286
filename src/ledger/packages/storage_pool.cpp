// SPDX-License-Identifier: Apache-2.0
// ORIG::storage_pool, and the functions of ORIG::system on pools (spec/chain.md §4.2).
#include "ledger/packages/storage_pool.hpp"

#include "base/check.hpp"
#include "ledger/abort_codes.hpp"
#include "ledger/packages/attributes.hpp"
#include "ledger/packages/system_calls.hpp"

namespace walrus::ledger {

namespace {

TypeSpec pool_spec() {
    return spec::walrus_struct("storage_pool", "StoragePool");
}

/// The key of a table of objects: 0x2::dynamic_object_field::Wrapper<u256>.
TypeTag blob_key_type() {
    return make_type(make_struct(framework_address(), "dynamic_object_field", "Wrapper",
                                 {primitive(TypeKind::U256)}));
}

Executed<void> save_inner(Runtime& runtime, const StoragePool& pool, StoragePoolInnerV1 inner) {
    return runtime.set_field(pool.id, primitive(TypeKind::U64),
                             walrus_type(runtime.ids(), "storage_pool", "StoragePoolInnerV1"),
                             pool.version, std::move(inner));
}

void tell_capacity(Runtime& runtime, const StoragePool& pool, const StoragePoolInnerV1& inner) {
    runtime.emit_own(own::StoragePoolCapacityChanged{pool.id, inner.storage.storage_size});
}

/// Errors: dynamic_field::EFieldDoesNotExist.
Executed<PooledBlob> find_blob(const Runtime& runtime, const Table& blobs, const BlobId& blob) {
    const auto id = runtime.field<ObjectId>(blobs.id, blob_key_type(), blob);
    if (!id)
        return move_abort(codes::dynamic_field::kFieldDoesNotExist,
                          "the pool has no blob " + to_text(blob));
    auto found = runtime.child<PooledBlob>(*id);
    WALRUS_CHECK(found.has_value());
    return std::move(*found);
}

/// The blob lies below its entry in the table.
Executed<void> put_blob(Runtime& runtime, const Table& blobs, const PooledBlob& blob) {
    const ObjectId entry = dynamic_field_id(blobs.id, blob_key_type(), bcs::encode(blob.blob_id));
    return runtime.put_child(blob.id, entry,
                             *walrus_type(runtime.ids(), "storage_pool", "PooledBlob").structure,
                             bcs::encode(blob));
}

/// Errors: dynamic_field::EFieldAlreadyExists.
Executed<void> add_blob(Runtime& runtime, Table& blobs, const PooledBlob& blob) {
    if (runtime.has_field(blobs.id, blob_key_type(), blob.blob_id))
        return move_abort(codes::dynamic_field::kFieldAlreadyExists,
                          "the pool has blob " + to_text(blob.blob_id) + " already");
    WALRUS_TRY(
        runtime.set_field(blobs.id, blob_key_type(), id_type(), blob.blob_id, ObjectId{blob.id}));
    ++blobs.size;
    return put_blob(runtime, blobs, blob);
}

/// Takes a blob out of the pool's accounts and table. Errors: dynamic_field::EFieldDoesNotExist,
/// those of `pool_release`.
Executed<PooledBlob> remove_blob(Runtime& runtime, StoragePoolInnerV1& inner, const BlobId& id,
                                 std::uint16_t n_shards) {
    PooledBlob blob = WALRUS_TRY(find_blob(runtime, inner.blobs, id));
    const std::uint64_t encoded = WALRUS_TRY(encoded_bytes(n_shards, blob.unencoded_size));
    WALRUS_TRY(pool_release(inner, encoded));
    runtime.erase_field(inner.blobs.id, blob_key_type(), id);
    --inner.blobs.size;
    runtime.set_metadata(blob.id, std::nullopt);
    runtime.erase_child(blob.id);
    return blob;
}

}  // namespace

Executed<StoragePoolInnerV1> pool_inner(const Runtime& runtime, const StoragePool& pool) {
    if (pool.version != kStoragePoolVersion)
        return move_abort(codes::storage_pool::kWrongVersion,
                          "the pool has version " + std::to_string(pool.version));
    auto inner = runtime.field<StoragePoolInnerV1>(pool.id, primitive(TypeKind::U64), pool.version);
    WALRUS_CHECK(inner.has_value());
    return std::move(*inner);
}

Executed<StoragePool> create_pool(Runtime& runtime, const SystemStateInnerV1& state,
                                  const Storage& storage) {
    const Epoch now = current_epoch(state);
    WALRUS_TRY(check_pool_storage(storage, now));
    const StoragePool pool{runtime.new_id(), kStoragePoolVersion};
    StoragePoolInnerV1 inner;
    inner.storage = storage;
    inner.blobs.id = runtime.new_id();
    WALRUS_TRY(save_inner(runtime, pool, inner));
    runtime.emit(StoragePoolCreated{now, pool.id, storage.storage_size, storage.start_epoch,
                                    storage.end_epoch});
    return pool;
}

Executed<void> register_in_pool(Runtime& runtime, SystemStateInnerV1& state,
                                const StoragePool& pool, const NewBlob& request, Frost& payment) {
    const Epoch now = current_epoch(state);
    StoragePoolInnerV1 inner = WALRUS_TRY(pool_inner(runtime, pool));
    WALRUS_TRY(check_pool_started(inner, now));
    WALRUS_TRY(check_pool_lives(inner, now));
    const PooledBlob blob = WALRUS_TRY(make_pooled_blob(request, pool.id, now));
    runtime.emit(registered_event(blob));
    WALRUS_TRY(check_encoding(request.encoding_type));
    const std::uint64_t encoded =
        WALRUS_TRY(encoded_bytes(state.committee->n_shards, request.size));
    WALRUS_TRY(pool_take(inner, encoded));
    WALRUS_TRY(add_blob(runtime, inner.blobs, blob));
    WALRUS_TRY(save_inner(runtime, pool, std::move(inner)));
    return pay_write_fee(state, encoded, payment);
}

Executed<void> certify_in_pool(Runtime& runtime, const SystemStateInnerV1& state,
                               const StoragePool& pool, const BlobId& id,
                               const attest::StoredBlob& statement) {
    const StoragePoolInnerV1 inner = WALRUS_TRY(pool_inner(runtime, pool));
    PooledBlob blob = WALRUS_TRY(find_blob(runtime, inner.blobs, id));
    runtime.emit(
        WALRUS_TRY(certify(blob, statement, inner.storage.end_epoch, current_epoch(state))));
    return put_blob(runtime, inner.blobs, blob);
}

Executed<void> delete_from_pool(Runtime& runtime, const SystemStateInnerV1& state,
                                const StoragePool& pool, const BlobId& id) {
    const Epoch now = current_epoch(state);
    StoragePoolInnerV1 inner = WALRUS_TRY(pool_inner(runtime, pool));
    WALRUS_TRY(check_pool_lives(inner, now));
    const PooledBlob blob = WALRUS_TRY(remove_blob(runtime, inner, id, state.committee->n_shards));
    runtime.emit(WALRUS_TRY(check_delete(blob, now)));
    return save_inner(runtime, pool, std::move(inner));
}

Executed<void> burn_in_pool(Runtime& runtime, const SystemStateInnerV1& state,
                            const StoragePool& pool, const BlobId& id) {
    StoragePoolInnerV1 inner = WALRUS_TRY(pool_inner(runtime, pool));
    WALRUS_TRY(check_pool_ended(inner, current_epoch(state)));
    const PooledBlob blob = WALRUS_TRY(remove_blob(runtime, inner, id, state.committee->n_shards));
    runtime.emit_own(own::PooledBlobBurned{blob.blob_id, blob.id, pool.id});
    return save_inner(runtime, pool, std::move(inner));
}

Executed<void> extend_pool(Runtime& runtime, SystemStateInnerV1& state, const StoragePool& pool,
                           std::uint32_t epochs, Frost& payment) {
    StoragePoolInnerV1 inner = WALRUS_TRY(pool_inner(runtime, pool));
    WALRUS_TRY(check_pool_lives(inner, current_epoch(state)));
    WALRUS_TRY(extend_storage(state, inner.storage, epochs, payment));
    runtime.emit(StoragePoolExtended{current_epoch(state), pool.id, inner.storage.end_epoch});
    return save_inner(runtime, pool, std::move(inner));
}

Executed<void> enlarge_pool(Runtime& runtime, SystemStateInnerV1& state, const StoragePool& pool,
                            std::uint64_t bytes, Frost& payment) {
    StoragePoolInnerV1 inner = WALRUS_TRY(pool_inner(runtime, pool));
    WALRUS_TRY(enlarge_storage(state, inner.storage, bytes, payment));
    tell_capacity(runtime, pool, inner);
    return save_inner(runtime, pool, std::move(inner));
}

// -------------------------------------------------------------------------- functions of system

namespace {

Executed<void> run_create(NativeCall& call) {
    SystemStateInnerV1* state = WALRUS_TRY(call.runtime.mutable_system_state(call.mut<System>(0)));
    const Storage storage =
        WALRUS_TRY(reserve_space(*state, call.runtime.new_id(), call.pure<std::uint64_t>(1),
                                 call.pure<std::uint32_t>(2), call.mut<Coin>(3).value));
    const StoragePool pool = WALRUS_TRY(create_pool(call.runtime, *state, storage));
    call.add_walrus_result("storage_pool", "StoragePool", pool);
    return {};
}

Executed<void> run_create_with_storage(NativeCall& call) {
    const SystemStateInnerV1* state = WALRUS_TRY(call.runtime.system_state(call.ref<System>(0)));
    const StoragePool pool = WALRUS_TRY(create_pool(call.runtime, *state, call.take<Storage>(1)));
    call.add_walrus_result("storage_pool", "StoragePool", pool);
    return {};
}

Executed<void> run_register(NativeCall& call) {
    SystemStateInnerV1* state = WALRUS_TRY(call.runtime.mutable_system_state(call.mut<System>(0)));
    NewBlob request = new_blob(call, 2);
    request.deletable = call.pure<bool>(6);
    return register_in_pool(call.runtime, *state, call.mut<StoragePool>(1), request,
                            call.mut<Coin>(7).value);
}

Executed<void> run_certify(NativeCall& call) {
    const System& system = call.ref<System>(0);
    const SystemStateInnerV1* state = WALRUS_TRY(call.runtime.system_state(system));
    const auto statement = WALRUS_TRY(
        certified_statement<attest::StoredBlob>(call, system, 3, attest::Threshold::Quorum));
    return certify_in_pool(call.runtime, *state, call.mut<StoragePool>(1), call.pure<BlobId>(2),
                           statement);
}

Executed<void> run_delete(NativeCall& call) {
    const SystemStateInnerV1* state = WALRUS_TRY(call.runtime.system_state(call.ref<System>(0)));
    return delete_from_pool(call.runtime, *state, call.mut<StoragePool>(1), call.pure<BlobId>(2));
}

Executed<void> run_burn_expired(NativeCall& call) {
    const SystemStateInnerV1* state = WALRUS_TRY(call.runtime.system_state(call.ref<System>(0)));
    return burn_in_pool(call.runtime, *state, call.mut<StoragePool>(1), call.pure<BlobId>(2));
}

Executed<void> run_extend(NativeCall& call) {
    SystemStateInnerV1* state = WALRUS_TRY(call.runtime.mutable_system_state(call.mut<System>(0)));
    return extend_pool(call.runtime, *state, call.mut<StoragePool>(1), call.pure<std::uint32_t>(2),
                       call.mut<Coin>(3).value);
}

Executed<void> run_increase(NativeCall& call) {
    SystemStateInnerV1* state = WALRUS_TRY(call.runtime.mutable_system_state(call.mut<System>(0)));
    return enlarge_pool(call.runtime, *state, call.mut<StoragePool>(1), call.pure<std::uint64_t>(2),
                        call.mut<Coin>(3).value);
}

Executed<void> run_increase_with_storage(NativeCall& call) {
    const SystemStateInnerV1* state = WALRUS_TRY(call.runtime.system_state(call.ref<System>(0)));
    const StoragePool& pool = call.mut<StoragePool>(1);
    StoragePoolInnerV1 inner = WALRUS_TRY(pool_inner(call.runtime, pool));
    const Epoch now = current_epoch(*state);
    WALRUS_TRY(check_pool_lives(inner, now));
    const Storage storage = call.take<Storage>(2);
    WALRUS_TRY(pool_absorb(inner, storage, now));
    call.runtime.delete_id(storage.id);
    call.runtime.emit_own(own::StorageDestroyed{storage.id, false});
    tell_capacity(call.runtime, pool, inner);
    return save_inner(call.runtime, pool, std::move(inner));
}

/// Takes `bytes` (or a share of the unused ones, for `percent`) out of the pool.
Executed<void> extract(NativeCall& call, std::optional<std::uint8_t> percent) {
    const SystemStateInnerV1* state = WALRUS_TRY(call.runtime.system_state(call.ref<System>(0)));
    const StoragePool& pool = call.mut<StoragePool>(1);
    StoragePoolInnerV1 inner = WALRUS_TRY(pool_inner(call.runtime, pool));
    WALRUS_TRY(check_pool_lives(inner, current_epoch(*state)));
    const std::uint64_t bytes =
        percent ? WALRUS_TRY(unused_percent(inner, *percent)) : call.pure<std::uint64_t>(2);
    const Storage storage = WALRUS_TRY(pool_extract(inner, call.runtime.new_id(), bytes));
    call.runtime.emit_own(own::StorageChanged{storage.id, storage.start_epoch, storage.end_epoch,
                                              storage.storage_size});
    tell_capacity(call.runtime, pool, inner);
    call.add_walrus_result("storage_resource", "Storage", storage);
    return save_inner(call.runtime, pool, std::move(inner));
}
Executed<void> run_decrease_by_size(NativeCall& call) {
    return extract(call, std::nullopt);
}
Executed<void> run_decrease_by_percent(NativeCall& call) {
    return extract(call, call.pure<std::uint8_t>(2));
}

// -------------------------------------------------------------------- functions of storage_pool

const AttributeCodes kCodes{codes::storage_pool::kDuplicateMetadata,
                            codes::storage_pool::kMissingMetadata};

/// The object of the blob in argument 1.
Executed<ObjectId> blob_object(NativeCall& call) {
    const StoragePoolInnerV1 inner = WALRUS_TRY(pool_inner(call.runtime, call.ref<StoragePool>(0)));
    const PooledBlob blob = WALRUS_TRY(find_blob(call.runtime, inner.blobs, call.pure<BlobId>(1)));
    return ObjectId{blob.id};
}

Executed<void> run_add_metadata(NativeCall& call) {
    return call_add_metadata(call, WALRUS_TRY(blob_object(call)), 2, kCodes);
}
Executed<void> run_add_or_replace_metadata(NativeCall& call) {
    return call_add_or_replace_metadata(call, WALRUS_TRY(blob_object(call)), 2);
}
Executed<void> run_take_metadata(NativeCall& call) {
    return call_take_metadata(call, WALRUS_TRY(blob_object(call)), kCodes);
}
Executed<void> run_insert_or_update_pair(NativeCall& call) {
    return call_insert_or_update_pair(call, WALRUS_TRY(blob_object(call)), 2);
}
Executed<void> run_remove_pair(NativeCall& call) {
    return call_remove_pair(call, WALRUS_TRY(blob_object(call)), 2, kCodes);
}
Executed<void> run_remove_pair_if_exists(NativeCall& call) {
    return call_remove_pair_if_exists(call, WALRUS_TRY(blob_object(call)), 2);
}

Executed<void> run_destroy(NativeCall& call) {
    const StoragePool pool = call.take<StoragePool>(0);
    const StoragePoolInnerV1 inner = WALRUS_TRY(pool_inner(call.runtime, pool));
    if (inner.blob_count != 0)
        return move_abort(codes::storage_pool::kPoolNotEmpty,
                          "the pool has " + std::to_string(inner.blob_count) + " blobs");
    call.runtime.erase_field(pool.id, primitive(TypeKind::U64), pool.version);
    call.runtime.delete_id(pool.id);
    call.runtime.emit_own(own::StoragePoolDestroyed{pool.id, inner.storage.id});
    call.add_walrus_result("storage_resource", "Storage", inner.storage);
    return {};
}

}  // namespace

const NativeModule& system_pool_module() {
    static const NativeModule module{
        Home::Walrus,
        "system",
        {
            {"burn_expired_pooled_blob",
             0,
             {spec::ref(system_spec()), spec::mut(pool_spec()), spec::value(spec::u256())},
             TxContext::No,
             {},
             run_burn_expired},
            {"certify_pooled_blob",
             0,
             {spec::ref(system_spec()), spec::mut(pool_spec()), spec::value(spec::u256()),
              spec::value(spec::bytes()), spec::value(spec::bytes()), spec::value(spec::bytes())},
             TxContext::No,
             {},
             run_certify},
            {"create_storage_pool",
             0,
             {spec::mut(system_spec()), spec::value(spec::u64()), spec::value(spec::u32()),
              spec::mut(wal_coin_spec())},
             TxContext::Yes,
             {pool_spec()},
             run_create},
            {"create_storage_pool_with_storage",
             0,
             {spec::ref(system_spec()), spec::value(storage_spec())},
             TxContext::Yes,
             {pool_spec()},
             run_create_with_storage},
            {"decrease_storage_pool_capacity_by_size",
             0,
             {spec::ref(system_spec()), spec::mut(pool_spec()), spec::value(spec::u64())},
             TxContext::Yes,
             {storage_spec()},
             run_decrease_by_size},
            {"decrease_storage_pool_unused_capacity_by_percent",
             0,
             {spec::ref(system_spec()), spec::mut(pool_spec()), spec::value(spec::u8())},
             TxContext::Yes,
             {storage_spec()},
             run_decrease_by_percent},
            {"delete_pooled_blob",
             0,
             {spec::ref(system_spec()), spec::mut(pool_spec()), spec::value(spec::u256())},
             TxContext::No,
             {},
             run_delete},
            {"extend_storage_pool",
             0,
             {spec::mut(system_spec()), spec::mut(pool_spec()), spec::value(spec::u32()),
              spec::mut(wal_coin_spec())},
             TxContext::No,
             {},
             run_extend},
            {"increase_storage_pool_capacity",
             0,
             {spec::mut(system_spec()), spec::mut(pool_spec()), spec::value(spec::u64()),
              spec::mut(wal_coin_spec())},
             TxContext::No,
             {},
             run_increase},
            {"increase_storage_pool_capacity_with_storage",
             0,
             {spec::ref(system_spec()), spec::mut(pool_spec()), spec::value(storage_spec())},
             TxContext::No,
             {},
             run_increase_with_storage},
            {"register_pooled_blob",
             0,
             {spec::mut(system_spec()), spec::mut(pool_spec()), spec::value(spec::u256()),
              spec::value(spec::u256()), spec::value(spec::u64()), spec::value(spec::u8()),
              spec::value(spec::boolean()), spec::mut(wal_coin_spec())},
             TxContext::Yes,
             {},
             run_register},
        }};
    return module;
}

const NativeModule& storage_pool_module() {
    static const NativeModule module{
        Home::Walrus,
        "storage_pool",
        {
            {"add_blob_metadata",
             0,
             {spec::mut(pool_spec()), spec::value(spec::u256()), spec::value(metadata_spec())},
             TxContext::No,
             {},
             run_add_metadata},
            {"add_or_replace_blob_metadata",
             0,
             {spec::mut(pool_spec()), spec::value(spec::u256()), spec::value(metadata_spec())},
             TxContext::No,
             {spec::option(metadata_spec())},
             run_add_or_replace_metadata},
            {"destroy",
             0,
             {spec::value(pool_spec())},
             TxContext::No,
             {storage_spec()},
             run_destroy},
            {"insert_or_update_blob_metadata_pair",
             0,
             {spec::mut(pool_spec()), spec::value(spec::u256()), spec::value(spec::string()),
              spec::value(spec::string())},
             TxContext::No,
             {},
             run_insert_or_update_pair},
            {"remove_blob_metadata_pair",
             0,
             {spec::mut(pool_spec()), spec::value(spec::u256()), spec::ref(spec::string())},
             TxContext::No,
             {spec::string(), spec::string()},
             run_remove_pair},
            {"remove_blob_metadata_pair_if_exists",
             0,
             {spec::mut(pool_spec()), spec::value(spec::u256()), spec::ref(spec::string())},
             TxContext::No,
             {spec::option(spec::string())},
             run_remove_pair_if_exists},
            {"take_blob_metadata",
             0,
             {spec::mut(pool_spec()), spec::value(spec::u256())},
             TxContext::No,
             {metadata_spec()},
             run_take_metadata},
        }};
    return module;
}

}  // namespace walrus::ledger
