// SPDX-License-Identifier: Apache-2.0
// The segment files of a node: one append-only stream of records, cut into files. Knows bytes and
// places, not what they mean (docs/formats/segments.md).
//
// Thread rule: one thread appends at a time (the caller's lock); reads, syncs and releases may run
// beside it. Calls block.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/function_ref.hpp"
#include "io/file.hpp"
#include "store/error.hpp"
#include "store/segment_format.hpp"

namespace walrus::store {

/// A place in the stream of records. Ordered as records were written.
struct LogPosition {
    std::uint32_t segment = 0;
    std::uint64_t offset = kSegmentHeaderBytes;
    friend auto operator<=>(const LogPosition&, const LogPosition&) = default;
};

/// Where a record lies.
struct Location {
    std::uint32_t segment = 0;
    std::uint64_t offset = 0;  ///< of the record's header
    std::uint32_t payload_bytes = 0;
    friend bool operator==(const Location&, const Location&) = default;
};

class SegmentLog {
public:
    /// Called for every intact record found after the durable position, in order.
    using Found = FunctionRef<void(const RecordHeader&, const Location&)>;

    /// Opens the segments below `directory` (created if absent) and reads the records from `from`
    /// on: what a crash left unindexed. The first torn record and all after it are cut off.
    /// Errors: Corrupt if bytes before `from`, which were durable, are missing.
    static StoreResult<std::unique_ptr<SegmentLog>> open(io::FileSystem& files,
                                                         std::string directory, LogPosition from,
                                                         std::uint64_t segment_bytes_max,
                                                         Found found);

    /// Writes a record at the end; starts a new segment when the last one is full. `prefix` comes
    /// from `encode_record_prefix`; its segment number is set here. After an error nothing of the
    /// record is part of the log. Errors: NoSpace, Io; ReadOnly when even undoing failed.
    StoreResult<Location> append(Bytes prefix, ByteView payload);

    /// Where the next record goes.
    LogPosition end() const;
    /// Makes everything durable that was appended before the call; returns the end it covers.
    StoreResult<LogPosition> sync();

    /// Reads and checks a record. `out` must have `payload_offset(n) + n` bytes for n payload
    /// bytes; the payload ends up at its end. Errors: Corrupt, Io.
    StoreResult<void> read(const RecordKey& key, const Location& location, MutableByteView out);

    /// Gives a record's space back to the disk. Nothing may refer to it any more.
    StoreResult<void> release(const Location& location);
    /// Removes a whole segment that is not the last. Nothing may refer into it any more.
    StoreResult<void> remove_segment(std::uint32_t segment);
    /// Numbers of the segments that exist, ascending; the last one is being written.
    std::vector<std::uint32_t> segments() const;

private:
    SegmentLog(io::FileSystem& files, std::string directory, std::uint64_t segment_bytes_max)
        : files_(files), directory_(std::move(directory)), segment_bytes_max_(segment_bytes_max) {}

    using FilePtr = std::shared_ptr<io::File>;
    std::string path_of(std::uint32_t segment) const;
    StoreResult<FilePtr> file_of(std::uint32_t segment);
    StoreResult<void> start_segment(std::uint32_t segment);
    StoreResult<bool> has_header(std::uint32_t segment);
    StoreResult<LogPosition> scan(LogPosition from, Found found);
    StoreResult<std::uint64_t> scan_segment(std::uint32_t segment, std::uint64_t from, Found found);

    io::FileSystem& files_;
    std::string directory_;
    std::uint64_t segment_bytes_max_;

    mutable std::mutex mutex_;                // guards what follows, not the files' content
    std::map<std::uint32_t, FilePtr> open_;   // handles in use, at most kOpenFilesMax
    std::map<std::uint32_t, bool> segments_;  // existing ones; true: has unsynced bytes
    LogPosition end_;
    bool failed_ = false;
};

}  // namespace walrus::store
