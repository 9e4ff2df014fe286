// SPDX-License-Identifier: Apache-2.0
#include "ledger/packages/pool_rules.hpp"

#include "base/checked.hpp"
#include "ledger/abort_codes.hpp"
#include "ledger/packages/system_state.hpp"

namespace walrus::ledger {

namespace {

std::string ended_at(Epoch end) {
    return "the pool's storage ends with epoch " + std::to_string(end);
}

}  // namespace

Executed<void> check_pool_storage(const Storage& storage, Epoch now) {
    if (storage.storage_size == 0)
        return move_abort(codes::system_state_inner::kInvalidResourceSize, "a pool of 0 bytes");
    if (storage.start_epoch > now)
        return move_abort(codes::system_state_inner::kInvalidEpochsAhead,
                          "the storage begins in epoch " + std::to_string(storage.start_epoch) +
                              ", it is epoch " + std::to_string(now));
    if (storage.end_epoch <= now)
        return move_abort(codes::system_state_inner::kInvalidEpochsAhead,
                          ended_at(storage.end_epoch));
    return {};
}

Executed<void> check_pool_started(const StoragePoolInnerV1& pool, Epoch now) {
    if (now >= pool.storage.start_epoch) return {};
    return move_abort(
        codes::system_state_inner::kInvalidEpochsAhead,
        "the pool's storage begins in epoch " + std::to_string(pool.storage.start_epoch));
}

Executed<void> check_pool_lives(const StoragePoolInnerV1& pool, Epoch now) {
    if (pool.storage.end_epoch > now) return {};
    return move_abort(codes::system_state_inner::kInvalidEpochsAhead,
                      ended_at(pool.storage.end_epoch));
}

Executed<void> check_pool_ended(const StoragePoolInnerV1& pool, Epoch now) {
    if (pool.storage.end_epoch <= now) return {};
    return move_abort(codes::system_state_inner::kInvalidEpochsAhead,
                      "the pool lives until epoch " + std::to_string(pool.storage.end_epoch));
}

Executed<PooledBlob> make_pooled_blob(const NewBlob& blob, const ObjectId& pool, Epoch now) {
    if (derive_blob_id(blob.encoding_type, blob.size, blob.root_hash) != blob.blob_id)
        return move_abort(codes::storage_pool::kInvalidBlobId,
                          "the blob id does not follow from root hash, size and encoding");
    PooledBlob out;
    out.id = blob.id;
    out.registered_epoch = now;
    out.blob_id = blob.blob_id;
    out.unencoded_size = blob.size;
    out.encoding_type = blob.encoding_type;
    out.storage_pool_id = pool;
    out.deletable = blob.deletable;
    return out;
}

PooledBlobRegistered registered_event(const PooledBlob& blob) {
    return {blob.registered_epoch, blob.blob_id, blob.unencoded_size, blob.encoding_type,
            blob.deletable,        blob.id,      blob.storage_pool_id};
}

Executed<PooledBlobCertified> certify(PooledBlob& blob, const attest::StoredBlob& statement,
                                      Epoch pool_end, Epoch now) {
    if (statement.blob_id != blob.blob_id)
        return move_abort(codes::storage_pool::kInvalidBlobId,
                          "the certificate is for blob " + to_text(statement.blob_id));
    if (now >= pool_end)
        return move_abort(codes::storage_pool::kResourceBounds, ended_at(pool_end));
    if (blob.certified_epoch)
        return move_abort(codes::storage_pool::kAlreadyCertified,
                          "certified in epoch " + std::to_string(*blob.certified_epoch));
    if (blob.deletable != statement.persistence.is_deletable())
        return move_abort(codes::storage_pool::kInvalidBlobPersistenceType,
                          blob.deletable ? "the blob is deletable, the certificate is not"
                                         : "the certificate is deletable, the blob is not");
    if (blob.deletable && *statement.persistence.deletable_object != blob.id)
        return move_abort(
            codes::storage_pool::kInvalidBlobObject,
            "the certificate is for object " + to_text(*statement.persistence.deletable_object));
    blob.certified_epoch = now;
    return PooledBlobCertified{now, blob.blob_id, blob.deletable, blob.id, blob.storage_pool_id};
}

Executed<PooledBlobDeleted> check_delete(const PooledBlob& blob, Epoch now) {
    if (!blob.deletable)
        return move_abort(codes::storage_pool::kBlobNotDeletable, "the blob is permanent");
    return PooledBlobDeleted{now, blob.blob_id, blob.id, blob.certified_epoch.has_value(),
                             blob.storage_pool_id};
}

Executed<void> pool_take(StoragePoolInnerV1& pool, std::uint64_t encoded_bytes) {
    const auto used = checked_add(pool.used_encoded_bytes, encoded_bytes);
    const auto count = checked_add<std::uint64_t>(pool.blob_count, 1);
    if (!used || !count) return arithmetic_error("the pool's used bytes");
    if (*used > pool.storage.storage_size)
        return move_abort(codes::storage_pool::kInsufficientCapacity,
                          "the encoded blob takes " + std::to_string(encoded_bytes) +
                              " bytes, the pool has " + std::to_string(pool_available(pool)));
    pool.used_encoded_bytes = *used;
    pool.blob_count = *count;
    return {};
}

Executed<void> pool_release(StoragePoolInnerV1& pool, std::uint64_t encoded_bytes) {
    const auto used = checked_sub(pool.used_encoded_bytes, encoded_bytes);
    if (!used)
        return move_abort(codes::storage_pool::kInvalidBlobSize,
                          "the blob takes " + std::to_string(encoded_bytes) + " bytes, only " +
                              std::to_string(pool.used_encoded_bytes) + " are in use");
    if (pool.blob_count == 0)
        return move_abort(codes::storage_pool::kInvalidBlobCount, "the pool counts no blobs");
    pool.used_encoded_bytes = *used;
    --pool.blob_count;
    return {};
}

std::uint64_t pool_available(const StoragePoolInnerV1& pool) {
    return pool.storage.storage_size - pool.used_encoded_bytes;
}

Executed<void> pool_absorb(StoragePoolInnerV1& pool, const Storage& storage, Epoch now) {
    if (storage.start_epoch > now)
        return move_abort(codes::storage_pool::kResourceBounds,
                          "the storage begins in epoch " + std::to_string(storage.start_epoch));
    if (storage.end_epoch != pool.storage.end_epoch)
        return move_abort(codes::storage_pool::kIncompatibleEndEpoch,
                          "the storage ends with epoch " + std::to_string(storage.end_epoch) +
                              ", the pool with " + std::to_string(pool.storage.end_epoch));
    const auto size = checked_add(pool.storage.storage_size, storage.storage_size);
    if (!size) return arithmetic_error("storage size");
    pool.storage.storage_size = *size;
    return {};
}

Executed<Storage> pool_extract(StoragePoolInnerV1& pool, const ObjectId& id, std::uint64_t bytes) {
    if (bytes == 0) return move_abort(codes::system::kZeroExtractSize, "0 bytes to take out");
    if (pool_available(pool) < bytes)
        return move_abort(codes::storage_pool::kInsufficientCapacity,
                          std::to_string(bytes) + " bytes to take out, " +
                              std::to_string(pool_available(pool)) + " are not in use");
    pool.storage.storage_size -= bytes;
    return Storage{id, pool.storage.start_epoch, pool.storage.end_epoch, bytes};
}

Executed<std::uint64_t> unused_percent(const StoragePoolInnerV1& pool, std::uint8_t percent) {
    if (percent > 100)
        return move_abort(codes::storage_pool::kInvalidPercent,
                          std::to_string(percent) + " percent");
    return static_cast<std::uint64_t>(Uint128{pool_available(pool)} * percent / 100);
}

}  // namespace walrus::ledger
