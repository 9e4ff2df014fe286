// SPDX-License-Identifier: Apache-2.0
// What can be done with a storage pool (spec/chain.md §4.2), for the functions of the module system
// and for buckets. Each reads the pool's inner state, applies a rule and writes it back.
#pragma once

#include "ledger/packages/pool_rules.hpp"
#include "ledger/packages/system_state.hpp"
#include "ledger/runtime.hpp"

namespace walrus::ledger {

/// Errors: storage_pool::EWrongVersion.
Executed<StoragePoolInnerV1> pool_inner(const Runtime& runtime, const StoragePool& pool);

/// Errors: those of `check_pool_storage`. Event: StoragePoolCreated.
Executed<StoragePool> create_pool(Runtime& runtime, const SystemStateInnerV1& state,
                                  const Storage& storage);
/// Errors: EWrongVersion, EInvalidEpochsAhead, EInvalidBlobId, encoding::EInvalidEncodingType,
/// EInsufficientCapacity, dynamic_field::EFieldAlreadyExists, ENotEnough. Event:
/// PooledBlobRegistered.
Executed<void> register_in_pool(Runtime& runtime, SystemStateInnerV1& state,
                                const StoragePool& pool, const NewBlob& blob, Frost& payment);
/// Errors: EWrongVersion, dynamic_field::EFieldDoesNotExist, those of `certify`. Event:
/// PooledBlobCertified.
Executed<void> certify_in_pool(Runtime& runtime, const SystemStateInnerV1& state,
                               const StoragePool& pool, const BlobId& blob,
                               const attest::StoredBlob& statement);
/// Errors: EWrongVersion, EInvalidEpochsAhead, dynamic_field::EFieldDoesNotExist, those of
/// `pool_release`, EBlobNotDeletable. Event: PooledBlobDeleted.
Executed<void> delete_from_pool(Runtime& runtime, const SystemStateInnerV1& state,
                                const StoragePool& pool, const BlobId& blob);
/// Any blob of a pool that has ended. No event. Errors: as above but for the last.
Executed<void> burn_in_pool(Runtime& runtime, const SystemStateInnerV1& state,
                            const StoragePool& pool, const BlobId& blob);
/// Errors: EInvalidEpochsAhead, ENotEnough, EStorageExceeded. Event: StoragePoolExtended.
Executed<void> extend_pool(Runtime& runtime, SystemStateInnerV1& state, const StoragePool& pool,
                           std::uint32_t epochs, Frost& payment);
/// Errors: those of `enlarge_storage`. No event.
Executed<void> enlarge_pool(Runtime& runtime, SystemStateInnerV1& state, const StoragePool& pool,
                            std::uint64_t bytes, Frost& payment);

}  // namespace walrus::ledger
