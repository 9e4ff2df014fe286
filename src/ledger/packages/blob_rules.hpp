// SPDX-License-Identifier: Apache-2.0
// The rules of storage resources, blobs and attributes as functions on native structs
// (spec/chain.md §3.1, §3.2). Errors are listed in the order of evaluation.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "attest/messages.hpp"
#include "ledger/failure.hpp"
#include "ledger/types.hpp"

namespace walrus::ledger {

// ---- storage resources

/// `storage` keeps [start, epoch), the result is [epoch, end). Errors: EInvalidEpoch.
Executed<Storage> split_by_epoch(Storage& storage, const ObjectId& id, Epoch epoch);
/// `storage` keeps `bytes`. Errors: EIncompatibleAmount.
Executed<Storage> split_by_size(Storage& storage, const ObjectId& id, std::uint64_t bytes);
/// Joins adjacent periods. Errors: EIncompatibleAmount, EIncompatibleEpochs.
Executed<void> fuse_periods(Storage& first, const Storage& second);
/// Adds sizes of one period. Errors: EIncompatibleEpochs.
Executed<void> fuse_amount(Storage& first, const Storage& second);
/// `fuse_amount` if the start epochs are equal, else `fuse_periods`.
Executed<void> fuse(Storage& first, const Storage& second);

// ---- blobs

struct NewBlob {
    ObjectId id;
    BlobId blob_id;
    Digest root_hash;
    std::uint64_t size = 0;
    std::uint8_t encoding_type = 0;
    bool deletable = false;
};
/// Errors: encoding::EInvalidEncodingType.
Executed<void> check_encoding(std::uint8_t encoding_type);
/// Errors: EResourceBounds, encoding::EInvalidEncodingType, EResourceSize, EInvalidBlobId.
Executed<Blob> make_blob(const NewBlob& blob, const Storage& storage, Epoch now,
                         std::uint16_t n_shards);
BlobRegistered registered_event(const Blob& blob, Epoch now);
/// Errors: EInvalidBlobId, EAlreadyCertified, EResourceBounds, EInvalidBlobPersistenceType,
/// EInvalidBlobObject.
Executed<BlobCertified> certify(Blob& blob, const attest::StoredBlob& statement, Epoch now);
/// May the blob be extended now? Errors: ENotCertified, EResourceBounds.
Executed<void> check_certified_not_expired(const Blob& blob, Epoch now);
/// The event of an extension, after it.
BlobCertified extended_event(const Blob& blob);
/// Errors: ENotCertified, EResourceBounds, those of `fuse_periods`.
Executed<BlobCertified> extend_with_resource(Blob& blob, const Storage& extension, Epoch now);
/// Errors: EBlobNotDeletable, EResourceBounds.
Executed<BlobDeleted> check_delete(const Blob& blob, Epoch now);

// ---- attributes

/// Sets a pair; a key that is there moves to the end.
void insert_or_update(Metadata& metadata, std::string key, std::string value);
/// The pair that was removed; nothing if there is none.
std::optional<std::pair<std::string, std::string>> remove_pair(Metadata& metadata,
                                                               std::string_view key);

}  // namespace walrus::ledger
