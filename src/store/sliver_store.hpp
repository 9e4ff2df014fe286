// SPDX-License-Identifier: Apache-2.0
// Slivers and metadata of a node: what was put stays, is found again and is checked when read.
//
// A put appends to the segment log and is visible at once; it is durable only once a commit has
// covered its sequence number. One commit covers all puts before it and costs one sync of the
// segment file and one of the index. Order: payload first, then the index entries, so that the
// index never names bytes that a power cut took.
//
// Thread safe; all calls block, so they belong on the disk workers (see Committer for the loop
// side).
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/buffer_pool.hpp"
#include "base/function_ref.hpp"
#include "io/file.hpp"
#include "io/key_value.hpp"
#include "store/error.hpp"
#include "store/rows.hpp"
#include "store/segment_log.hpp"

namespace walrus::store {

/// Number of a put, ascending. What has number 0 was durable before.
using Lsn = std::uint64_t;

struct SliverStoreOptions {
    std::uint64_t segment_bytes_max = std::uint64_t{256} << 20;
    /// Puts are refused when less than this would stay free on the disk.
    std::uint64_t reserve_bytes = std::uint64_t{256} << 20;
};

struct Put {
    Lsn lsn = 0;         ///< wait for this before promising anything
    bool newly = false;  ///< false: it was there already
};

/// What is stored of a blob, and which commit makes all of it durable.
struct BlobPresence {
    Presence presence;
    Lsn lsn = 0;
};

/// A record's payload with the memory that it lies in.
class StoredBody {
public:
    StoredBody(Buffer buffer, std::size_t offset) : buffer_(std::move(buffer)), offset_(offset) {}
    ByteView view() const { return buffer_.view().subspan(offset_); }

private:
    Buffer buffer_;
    std::size_t offset_;
};

struct StoreStatistics {
    std::uint64_t segments = 0;
    std::uint64_t live_bytes = 0;
    std::uint64_t pending_bytes = 0;  ///< put, but not durable
    std::uint64_t commits = 0;
    std::uint64_t recovered_records = 0;  ///< found behind the index when opened
    bool read_only = false;
};

class SliverStore {
public:
    /// Opens the segments below `directory` and repairs what a crash left: intact records that the
    /// index does not know are added, torn ones cut off. `index` and `buffers` must outlive the
    /// store; the store uses its tables of `index` alone.
    static StoreResult<std::unique_ptr<SliverStore>> open(io::FileSystem& files,
                                                          io::KeyValueStore& index,
                                                          std::string directory,
                                                          SliverStoreOptions options);

    /// Stores a payload unless there is one. Errors: NoSpace, TooLarge, ReadOnly, Io.
    StoreResult<Put> put(const RecordKey& key, ByteView payload);
    /// Nothing if there is none. A record that fails its check is forgotten, so that it can be put
    /// again, and reported once as Corrupt. Errors also: Io; Busy when `buffers` has no room.
    StoreResult<std::optional<StoredBody>> get(const RecordKey& key, BufferPool& buffers);
    StoreResult<bool> contains(const RecordKey& key);
    StoreResult<BlobPresence> presence(const BlobId& id);

    /// Makes all puts before the call durable and returns the last one's number. Errors: ReadOnly,
    /// which ends all writing until a restart: after a failed sync nobody knows what is on the
    /// disk.
    StoreResult<Lsn> commit();
    Lsn durable_lsn() const;
    /// Bytes put but not durable.
    std::uint64_t pending_bytes() const;

    /// Removes all that is stored of the blob and gives the space back, if `unwanted()` still says
    /// so once no put can come between. True: removed.
    StoreResult<bool> remove(const BlobId& id, FunctionRef<bool()> unwanted);

    StoreStatistics statistics() const;

private:
    struct Pending {
        Location location;
        Lsn lsn = 0;
    };
    SliverStore(io::FileSystem& files, io::KeyValueStore& index, std::string directory,
                SliverStoreOptions options)
        : files_(files), index_(index), directory_(std::move(directory)), options_(options) {}

    StoreResult<void> load();
    StoreResult<void> give_back_dead_extents();
    StoreResult<std::optional<Location>> locate(const RecordKey& key);
    StoreResult<std::optional<Location>> indexed(const RecordKey& key) const;
    /// Precondition: the append lock is held.
    StoreResult<BlobPresence> presence_alone(const BlobId& id) const;
    StoreResult<void> check_space(std::uint64_t bytes);
    StoreResult<void> forget(const RecordKey& key, const Location& location);
    void note_pending(const RecordKey& key, const Location& location, BlobPresence before);
    StoreResult<Lsn> commit_alone();
    io::WriteBatch index_batch(LogPosition end) const;
    StoreResult<std::vector<Location>> erase_rows(const BlobId& id, const Presence& presence);
    StoreResult<void> reclaim(const std::vector<Location>& dead);

    io::FileSystem& files_;
    io::KeyValueStore& index_;
    std::string directory_;
    SliverStoreOptions options_;
    std::unique_ptr<SegmentLog> log_;

    // Locks are taken in this order: commit, append, state.
    std::mutex commit_mutex_;                  // one commit or removal at a time
    std::mutex append_mutex_;                  // the end of the log
    mutable std::mutex state_mutex_;           // what follows
    std::map<RecordKey, Pending> pending_;     // put since the last commit began
    std::map<RecordKey, Pending> committing_;  // being made durable
    std::map<BlobId, BlobPresence> touched_;   // whole presence of blobs with such puts
    std::map<std::uint32_t, SegmentUse> use_;  // as the index has it
    LogPosition committed_end_;                // likewise
    Lsn last_lsn_ = 0;
    Lsn durable_lsn_ = 0;
    std::atomic<std::uint64_t> pending_bytes_{0};  // written under the state lock
    std::uint64_t commits_ = 0;
    std::uint64_t recovered_ = 0;
    bool read_only_ = false;
};

}  // namespace walrus::store
