// SPDX-License-Identifier: Apache-2.0
// The node's view of the ledger, kept in its small state: blob and object rows, and the cursor of
// the block stream, which is written in the same batch as what the block produced. So a block
// counts wholly or not at all, and once.
//
// Thread safe; calls block (disk workers). Writes are not synced: after a power cut the cursor and
// the rows go back together, and the blocks come again.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "io/key_value.hpp"
#include "store/blob_info.hpp"
#include "store/error.hpp"

namespace walrus::store {

/// How far the node is in the ledger's block stream. BCS: fields in order.
struct LedgerCursor {
    std::uint64_t next_seq = 0;
    /// The last block's sealed header, which the next one must follow; empty before the first.
    Bytes last_header;
    std::uint64_t events = 0;  ///< Walrus events seen in all
    Epoch epoch = 0;           ///< of the last block
};

/// What one block changes.
struct BlockChanges {
    std::vector<BlobChange> blobs;  ///< in order
    std::uint64_t events = 0;       ///< Walrus events in the block, also those of other kinds
};

struct AppliedBlock {
    /// Blobs whose data nobody has a right to any more; also kept in the Unwanted table.
    std::vector<BlobId> unwanted;
    /// Events that do not fit (they changed nothing): for the log.
    std::vector<std::string> refused;
};

class BlobState {
public:
    /// `store` must outlive the state. Errors: Corrupt, Io.
    static StoreResult<std::unique_ptr<BlobState>> open(io::KeyValueStore& store);

    LedgerCursor cursor() const;
    /// Applies a block and moves the cursor. `after.next_seq` must be the cursor's plus one.
    /// Errors: Corrupt, Io; then nothing has changed.
    StoreResult<AppliedBlock> apply(const BlockChanges& changes, LedgerCursor after);

    StoreResult<std::optional<BlobInfo>> blob(const BlobId& id) const;
    StoreResult<std::optional<ObjectInfo>> object(const ObjectId& id) const;
    /// Up to `limit` blobs behind `after` (by id) that are certified in `now` and were first
    /// certified before it.
    StoreResult<std::vector<BlobId>> certified_before(std::optional<BlobId> after, Epoch now,
                                                      std::size_t limit) const;
    /// Up to `limit` blobs behind `after` that nobody has a right to in `now`.
    StoreResult<std::vector<BlobId>> expired(std::optional<BlobId> after, Epoch now,
                                             std::size_t limit) const;
    /// Blobs to be removed, left from before a restart.
    StoreResult<std::vector<BlobId>> unwanted() const;

    /// Small values of the layer above, by name. `put_setting` is durable when it returns.
    StoreResult<std::optional<Bytes>> setting(std::string_view name) const;
    StoreResult<void> put_setting(std::string_view name, ByteView value);

private:
    explicit BlobState(io::KeyValueStore& store) : store_(store) {}

    template <class Matches>
    StoreResult<std::vector<BlobId>> list(std::optional<BlobId> after, std::size_t limit,
                                          Matches matches) const;

    io::KeyValueStore& store_;
    mutable std::mutex mutex_;
    LedgerCursor cursor_;
};

}  // namespace walrus::store
