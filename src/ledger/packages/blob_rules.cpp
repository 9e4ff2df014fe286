// SPDX-License-Identifier: Apache-2.0
#include "ledger/packages/blob_rules.hpp"

#include <algorithm>

#include "base/checked.hpp"
#include "ledger/abort_codes.hpp"
#include "ledger/packages/system_state.hpp"

namespace walrus::ledger {

namespace {

std::string period(const Storage& storage) {
    return "[" + std::to_string(storage.start_epoch) + ", " + std::to_string(storage.end_epoch) +
           ")";
}

}  // namespace

// --------------------------------------------------------------------------- storage resources

Executed<Storage> split_by_epoch(Storage& storage, const ObjectId& id, Epoch epoch) {
    if (epoch <= storage.start_epoch || epoch >= storage.end_epoch)
        return move_abort(codes::storage_resource::kInvalidEpoch,
                          "epoch " + std::to_string(epoch) + " is not inside " + period(storage));
    const Storage rest{id, epoch, storage.end_epoch, storage.storage_size};
    storage.end_epoch = epoch;
    return rest;
}

Executed<Storage> split_by_size(Storage& storage, const ObjectId& id, std::uint64_t bytes) {
    const auto rest = checked_sub(storage.storage_size, bytes);
    if (!rest)
        return move_abort(
            codes::storage_resource::kIncompatibleAmount,
            std::to_string(bytes) + " of " + std::to_string(storage.storage_size) + " bytes");
    storage.storage_size = bytes;
    return Storage{id, storage.start_epoch, storage.end_epoch, *rest};
}

Executed<void> fuse_periods(Storage& first, const Storage& second) {
    if (first.storage_size != second.storage_size)
        return move_abort(codes::storage_resource::kIncompatibleAmount,
                          std::to_string(first.storage_size) + " and " +
                              std::to_string(second.storage_size) + " bytes");
    if (first.end_epoch == second.start_epoch) {
        first.end_epoch = second.end_epoch;
        return {};
    }
    if (first.start_epoch != second.end_epoch)
        return move_abort(codes::storage_resource::kIncompatibleEpochs,
                          period(first) + " and " + period(second) + " are not adjacent");
    first.start_epoch = second.start_epoch;
    return {};
}

Executed<void> fuse_amount(Storage& first, const Storage& second) {
    if (first.start_epoch != second.start_epoch || first.end_epoch != second.end_epoch)
        return move_abort(codes::storage_resource::kIncompatibleEpochs,
                          period(first) + " and " + period(second) + " are not equal");
    const auto sum = checked_add(first.storage_size, second.storage_size);
    if (!sum) return arithmetic_error("storage size");
    first.storage_size = *sum;
    return {};
}

Executed<void> fuse(Storage& first, const Storage& second) {
    return first.start_epoch == second.start_epoch ? fuse_amount(first, second)
                                                   : fuse_periods(first, second);
}

// --------------------------------------------------------------------------------------- blobs

Executed<void> check_encoding(std::uint8_t encoding_type) {
    if (encoding_type == static_cast<std::uint8_t>(EncodingType::Rs2)) return {};
    return move_abort(codes::encoding::kInvalidEncodingType,
                      "encoding type " + std::to_string(encoding_type));
}

Executed<Blob> make_blob(const NewBlob& blob, const Storage& storage, Epoch now,
                         std::uint16_t n_shards) {
    if (now < storage.start_epoch || now >= storage.end_epoch)
        return move_abort(codes::blob::kResourceBounds, "the storage is for " + period(storage) +
                                                            ", it is epoch " + std::to_string(now));
    WALRUS_TRY(check_encoding(blob.encoding_type));
    const std::uint64_t encoded = WALRUS_TRY(encoded_bytes(n_shards, blob.size));
    if (encoded > storage.storage_size)
        return move_abort(codes::blob::kResourceSize,
                          "the encoded blob takes " + std::to_string(encoded) +
                              " bytes, the storage has " + std::to_string(storage.storage_size));
    if (derive_blob_id(blob.encoding_type, blob.size, blob.root_hash) != blob.blob_id)
        return move_abort(codes::blob::kInvalidBlobId,
                          "the blob id does not follow from root hash, size and encoding");
    Blob out;
    out.id = blob.id;
    out.registered_epoch = now;
    out.blob_id = blob.blob_id;
    out.size = blob.size;
    out.encoding_type = blob.encoding_type;
    out.storage = storage;
    out.deletable = blob.deletable;
    return out;
}

BlobRegistered registered_event(const Blob& blob, Epoch now) {
    return {
        now,    blob.blob_id, blob.size, blob.encoding_type, blob.storage.end_epoch, blob.deletable,
        blob.id};
}

Executed<BlobCertified> certify(Blob& blob, const attest::StoredBlob& statement, Epoch now) {
    if (statement.blob_id != blob.blob_id)
        return move_abort(codes::blob::kInvalidBlobId,
                          "the certificate is for blob " + to_text(statement.blob_id));
    if (blob.certified_epoch)
        return move_abort(codes::blob::kAlreadyCertified,
                          "certified in epoch " + std::to_string(*blob.certified_epoch));
    if (now >= blob.storage.end_epoch)
        return move_abort(codes::blob::kResourceBounds,
                          "the storage ended with epoch " + std::to_string(blob.storage.end_epoch));
    if (blob.deletable != statement.persistence.is_deletable())
        return move_abort(codes::blob::kInvalidBlobPersistenceType,
                          blob.deletable ? "the blob is deletable, the certificate is not"
                                         : "the certificate is deletable, the blob is not");
    if (blob.deletable && *statement.persistence.deletable_object != blob.id)
        return move_abort(
            codes::blob::kInvalidBlobObject,
            "the certificate is for object " + to_text(*statement.persistence.deletable_object));
    blob.certified_epoch = now;
    return BlobCertified{now, blob.blob_id, blob.storage.end_epoch, blob.deletable, blob.id, false};
}

Executed<void> check_certified_not_expired(const Blob& blob, Epoch now) {
    if (!blob.certified_epoch)
        return move_abort(codes::blob::kNotCertified, "the blob is registered only");
    if (now >= blob.storage.end_epoch)
        return move_abort(codes::blob::kResourceBounds,
                          "the blob expired at epoch " + std::to_string(blob.storage.end_epoch));
    return {};
}

BlobCertified extended_event(const Blob& blob) {
    return {blob.certified_epoch.value_or(0),
            blob.blob_id,
            blob.storage.end_epoch,
            blob.deletable,
            blob.id,
            true};
}

Executed<BlobCertified> extend_with_resource(Blob& blob, const Storage& extension, Epoch now) {
    WALRUS_TRY(check_certified_not_expired(blob, now));
    if (extension.end_epoch <= blob.storage.end_epoch)
        return move_abort(codes::blob::kResourceBounds,
                          "the storage ends at epoch " + std::to_string(extension.end_epoch) +
                              ", the blob at " + std::to_string(blob.storage.end_epoch));
    WALRUS_TRY(fuse_periods(blob.storage, extension));
    return extended_event(blob);
}

Executed<BlobDeleted> check_delete(const Blob& blob, Epoch now) {
    if (!blob.deletable) return move_abort(codes::blob::kBlobNotDeletable, "the blob is permanent");
    if (blob.storage.end_epoch <= now)
        return move_abort(codes::blob::kResourceBounds,
                          "the blob expired at epoch " + std::to_string(blob.storage.end_epoch));
    return BlobDeleted{now, blob.blob_id, blob.storage.end_epoch, blob.id,
                       blob.certified_epoch.has_value()};
}

// ---------------------------------------------------------------------------------- attributes

void insert_or_update(Metadata& metadata, std::string key, std::string value) {
    remove_pair(metadata, key);
    metadata.metadata.emplace_back(std::move(key), std::move(value));
}

std::optional<std::pair<std::string, std::string>> remove_pair(Metadata& metadata,
                                                               std::string_view key) {
    const auto found = std::find_if(metadata.metadata.begin(), metadata.metadata.end(),
                                    [&](const auto& pair) { return pair.first == key; });
    if (found == metadata.metadata.end()) return std::nullopt;
    auto pair = std::move(*found);
    metadata.metadata.erase(found);
    return pair;
}

}  // namespace walrus::ledger
