// SPDX-License-Identifier: Apache-2.0
// ORIG::blob_bucket: a shared pool that the holder of a capability changes (spec/chain.md §4.3).
#include "base/check.hpp"
#include "ledger/abort_codes.hpp"
#include "ledger/packages/storage_pool.hpp"
#include "ledger/packages/system_calls.hpp"

namespace walrus::ledger {

namespace {

TypeSpec bucket_spec() {
    return spec::walrus_struct("blob_bucket", "BlobBucket");
}
TypeSpec cap_spec() {
    return spec::walrus_struct("blob_bucket", "BlobBucketCap");
}

Executed<void> check_cap(const BlobBucket& bucket, const BlobBucketCap& cap) {
    if (bucket.id == cap.bucket_id) return {};
    return move_abort(codes::blob_bucket::kInvalidBlobBucketCap,
                      "the capability is for bucket " + to_text(cap.bucket_id));
}

/// The bucket's pool, if its storage has not ended. Errors: blob_bucket::EWrongVersion,
/// system::EWrongVersion, EBlobBucketStorageExpired.
Executed<StoragePool> living_pool(NativeCall& call, const BlobBucket& bucket,
                                  const System& system) {
    if (bucket.version != kBlobBucketVersion)
        return move_abort(codes::blob_bucket::kWrongVersion,
                          "the bucket has version " + std::to_string(bucket.version));
    const auto inner =
        call.runtime.field<BlobBucketInnerV1>(bucket.id, primitive(TypeKind::U64), bucket.version);
    WALRUS_CHECK(inner.has_value());
    const SystemStateInnerV1* state = WALRUS_TRY(call.runtime.system_state(system));
    const StoragePoolInnerV1 pool = WALRUS_TRY(pool_inner(call.runtime, inner->storage_pool));
    if (pool.storage.end_epoch <= current_epoch(*state))
        return move_abort(
            codes::blob_bucket_inner::kBlobBucketStorageExpired,
            "the bucket's storage ended with epoch " + std::to_string(pool.storage.end_epoch));
    return inner->storage_pool;
}

Executed<void> run_new(NativeCall& call) {
    const BlobBucket bucket{call.runtime.new_id(), kBlobBucketVersion};
    const BlobBucketCap cap{call.runtime.new_id(), bucket.id};
    SystemStateInnerV1* state = WALRUS_TRY(call.runtime.mutable_system_state(call.mut<System>(0)));
    const Storage storage =
        WALRUS_TRY(reserve_space(*state, call.runtime.new_id(), call.pure<std::uint64_t>(1),
                                 call.pure<std::uint32_t>(2), call.mut<Coin>(3).value));
    const StoragePool pool = WALRUS_TRY(create_pool(call.runtime, *state, storage));
    WALRUS_TRY(
        call.runtime.set_field(bucket.id, primitive(TypeKind::U64),
                               walrus_type(call.ids(), "blob_bucket_inner_v1", "BlobBucketInnerV1"),
                               bucket.version, BlobBucketInnerV1{pool}));
    WALRUS_TRY(call.runtime.share({walrus_type(call.ids(), "blob_bucket", "BlobBucket"), bucket}));
    call.add_walrus_result("blob_bucket", "BlobBucketCap", cap);
    return {};
}

Executed<void> run_register(NativeCall& call) {
    const BlobBucket& bucket = call.mut<BlobBucket>(0);
    WALRUS_TRY(check_cap(bucket, call.ref<BlobBucketCap>(1)));
    System& system = call.mut<System>(2);
    const StoragePool pool = WALRUS_TRY(living_pool(call, bucket, system));
    SystemStateInnerV1* state = WALRUS_TRY(call.runtime.mutable_system_state(system));
    NewBlob request = new_blob(call, 3);
    request.deletable = call.pure<bool>(7);
    return register_in_pool(call.runtime, *state, pool, request, call.mut<Coin>(8).value);
}

/// Needs no capability: whoever holds a certificate may hand it in.
Executed<void> run_certify(NativeCall& call) {
    const System& system = call.ref<System>(1);
    const StoragePool pool = WALRUS_TRY(living_pool(call, call.mut<BlobBucket>(0), system));
    const SystemStateInnerV1* state = WALRUS_TRY(call.runtime.system_state(system));
    const auto statement = WALRUS_TRY(
        certified_statement<attest::StoredBlob>(call, system, 3, attest::Threshold::Quorum));
    return certify_in_pool(call.runtime, *state, pool, call.pure<BlobId>(2), statement);
}

Executed<void> run_delete(NativeCall& call) {
    const BlobBucket& bucket = call.mut<BlobBucket>(0);
    WALRUS_TRY(check_cap(bucket, call.ref<BlobBucketCap>(1)));
    const System& system = call.ref<System>(2);
    const StoragePool pool = WALRUS_TRY(living_pool(call, bucket, system));
    const SystemStateInnerV1* state = WALRUS_TRY(call.runtime.system_state(system));
    return delete_from_pool(call.runtime, *state, pool, call.pure<BlobId>(3));
}

Executed<void> run_extend(NativeCall& call) {
    const BlobBucket& bucket = call.mut<BlobBucket>(0);
    WALRUS_TRY(check_cap(bucket, call.ref<BlobBucketCap>(1)));
    System& system = call.mut<System>(2);
    const StoragePool pool = WALRUS_TRY(living_pool(call, bucket, system));
    SystemStateInnerV1* state = WALRUS_TRY(call.runtime.mutable_system_state(system));
    return extend_pool(call.runtime, *state, pool, call.pure<std::uint32_t>(3),
                       call.mut<Coin>(4).value);
}

Executed<void> run_increase(NativeCall& call) {
    const BlobBucket& bucket = call.mut<BlobBucket>(0);
    WALRUS_TRY(check_cap(bucket, call.ref<BlobBucketCap>(1)));
    System& system = call.mut<System>(2);
    const StoragePool pool = WALRUS_TRY(living_pool(call, bucket, system));
    SystemStateInnerV1* state = WALRUS_TRY(call.runtime.mutable_system_state(system));
    return enlarge_pool(call.runtime, *state, pool, call.pure<std::uint64_t>(3),
                        call.mut<Coin>(4).value);
}

}  // namespace

const NativeModule& blob_bucket_module() {
    static const NativeModule module{
        Home::Walrus,
        "blob_bucket",
        {
            {"certify_blob",
             0,
             {spec::mut(bucket_spec()), spec::ref(system_spec()), spec::value(spec::u256()),
              spec::value(spec::bytes()), spec::value(spec::bytes()), spec::value(spec::bytes())},
             TxContext::No,
             {},
             run_certify},
            {"delete_blob",
             0,
             {spec::mut(bucket_spec()), spec::ref(cap_spec()), spec::ref(system_spec()),
              spec::value(spec::u256())},
             TxContext::No,
             {},
             run_delete},
            {"extend_storage_pool",
             0,
             {spec::mut(bucket_spec()), spec::ref(cap_spec()), spec::mut(system_spec()),
              spec::value(spec::u32()), spec::mut(wal_coin_spec())},
             TxContext::No,
             {},
             run_extend},
            {"increase_storage_pool_capacity",
             0,
             {spec::mut(bucket_spec()), spec::ref(cap_spec()), spec::mut(system_spec()),
              spec::value(spec::u64()), spec::mut(wal_coin_spec())},
             TxContext::No,
             {},
             run_increase},
            {"new",
             0,
             {spec::mut(system_spec()), spec::value(spec::u64()), spec::value(spec::u32()),
              spec::mut(wal_coin_spec())},
             TxContext::Yes,
             {cap_spec()},
             run_new},
            {"register_blob",
             0,
             {spec::mut(bucket_spec()), spec::ref(cap_spec()), spec::mut(system_spec()),
              spec::value(spec::u256()), spec::value(spec::u256()), spec::value(spec::u64()),
              spec::value(spec::u8()), spec::value(spec::boolean()), spec::mut(wal_coin_spec())},
             TxContext::Yes,
             {},
             run_register},
        }};
    return module;
}

}  // namespace walrus::ledger
