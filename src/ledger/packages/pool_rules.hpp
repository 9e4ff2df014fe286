// SPDX-License-Identifier: Apache-2.0
// The rules of storage pools as functions on native structs (spec/chain.md §4). Errors are listed
// in the order of evaluation.
#pragma once

#include <cstdint>

#include "ledger/failure.hpp"
#include "ledger/packages/blob_rules.hpp"
#include "ledger/types.hpp"

namespace walrus::ledger {

/// May this storage carry a pool now? Errors: EInvalidResourceSize, EInvalidEpochsAhead.
Executed<void> check_pool_storage(const Storage& storage, Epoch now);
/// The pool's period covers this epoch. Errors: EInvalidEpochsAhead.
Executed<void> check_pool_started(const StoragePoolInnerV1& pool, Epoch now);
/// The pool has not ended. Errors: EInvalidEpochsAhead.
Executed<void> check_pool_lives(const StoragePoolInnerV1& pool, Epoch now);
/// The pool has ended. Errors: EInvalidEpochsAhead.
Executed<void> check_pool_ended(const StoragePoolInnerV1& pool, Epoch now);

/// Errors: storage_pool::EInvalidBlobId.
Executed<PooledBlob> make_pooled_blob(const NewBlob& blob, const ObjectId& pool, Epoch now);
PooledBlobRegistered registered_event(const PooledBlob& blob);
/// Errors: storage_pool::{EInvalidBlobId, EResourceBounds, EAlreadyCertified,
/// EInvalidBlobPersistenceType, EInvalidBlobObject}.
Executed<PooledBlobCertified> certify(PooledBlob& blob, const attest::StoredBlob& statement,
                                      Epoch pool_end, Epoch now);
/// Errors: storage_pool::EBlobNotDeletable.
Executed<PooledBlobDeleted> check_delete(const PooledBlob& blob, Epoch now);

/// Books a blob of this encoded size. Errors: arithmetic, EInsufficientCapacity.
Executed<void> pool_take(StoragePoolInnerV1& pool, std::uint64_t encoded_bytes);
/// Gives a blob's encoded size back. Errors: EInvalidBlobSize, EInvalidBlobCount.
Executed<void> pool_release(StoragePoolInnerV1& pool, std::uint64_t encoded_bytes);
/// Bytes that no blob uses.
std::uint64_t pool_available(const StoragePoolInnerV1& pool);

/// The pool grows by a storage that has begun and ends with it. Errors:
/// storage_pool::{EResourceBounds, EIncompatibleEndEpoch}, arithmetic.
Executed<void> pool_absorb(StoragePoolInnerV1& pool, const Storage& storage, Epoch now);
/// Takes unused bytes out as a storage of the pool's period. Errors: system::EZeroExtractSize,
/// storage_pool::EInsufficientCapacity.
Executed<Storage> pool_extract(StoragePoolInnerV1& pool, const ObjectId& id, std::uint64_t bytes);
/// So many percent of the unused bytes, rounded down. Errors: storage_pool::EInvalidPercent.
Executed<std::uint64_t> unused_percent(const StoragePoolInnerV1& pool, std::uint8_t percent);

}  // namespace walrus::ledger
