// SPDX-License-Identifier: Apache-2.0
#include "store/segment_log.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.hpp"
#include "base/text.hpp"

namespace walrus::store {
namespace {

constexpr std::size_t kOpenFilesMax = 256;
constexpr std::string_view kSuffix = ".seg";

std::optional<std::uint32_t> segment_of_name(std::string_view name) {
    if (!name.ends_with(kSuffix)) return std::nullopt;
    const auto number = parse_u64(name.substr(0, name.size() - kSuffix.size()));
    if (!number || *number > UINT32_MAX) return std::nullopt;
    return static_cast<std::uint32_t>(*number);
}

}  // namespace

std::string SegmentLog::path_of(std::uint32_t segment) const {
    return fmt::format("{}/{:08}{}", directory_, segment, kSuffix);
}

StoreResult<std::unique_ptr<SegmentLog>> SegmentLog::open(io::FileSystem& files,
                                                          std::string directory, LogPosition from,
                                                          std::uint64_t segment_bytes_max,
                                                          Found found) {
    std::unique_ptr<SegmentLog> log(new SegmentLog(files, std::move(directory), segment_bytes_max));
    WALRUS_STORE_TRY(files.create_directories(log->directory_));
    for (const io::DirectoryEntry& entry : WALRUS_STORE_TRY(files.list(log->directory_)))
        if (const auto segment = segment_of_name(entry.name)) log->segments_[*segment] = false;

    // The very first start, or one that a power cut ended before the first header was durable.
    bool fresh = from == LogPosition{} && log->segments_.empty();
    if (from == LogPosition{} && log->segments_.size() == 1 && log->segments_.contains(0))
        fresh = !WALRUS_TRY(log->has_header(0));
    if (fresh) {
        WALRUS_TRY(log->start_segment(0));
        log->end_ = LogPosition{};
        return log;
    }
    if (!log->segments_.contains(from.segment))
        return store_failure(StoreCode::Corrupt,
                             fmt::format("segment file {} is missing", log->path_of(from.segment)));
    log->end_ = WALRUS_TRY(log->scan(from, found));
    return log;
}

StoreResult<LogPosition> SegmentLog::scan(LogPosition from, Found found) {
    // Segments follow each other without gaps; what stands after a torn end was never durable.
    LogPosition end = from;
    for (std::uint32_t segment = from.segment;; ++segment) {
        // A later segment whose header never reached the disk: the log ends before it.
        if (segment != from.segment && !WALRUS_TRY(has_header(segment))) break;
        const std::uint64_t start = segment == from.segment ? from.offset : kSegmentHeaderBytes;
        const std::uint64_t stop = WALRUS_TRY(scan_segment(segment, start, found));
        end = {segment, stop};
        const auto file = WALRUS_TRY(file_of(segment));
        const std::uint64_t size = WALRUS_STORE_TRY(file->size());
        const bool torn = stop < size;
        if (torn) {
            WALRUS_STORE_TRY(file->truncate(stop));
            WALRUS_STORE_TRY(file->sync_data());
        }
        if (torn || !segments_.contains(segment + 1)) break;
    }
    while (!segments_.empty() && segments_.rbegin()->first > end.segment) {
        const std::uint32_t segment = segments_.rbegin()->first;
        open_.erase(segment);
        WALRUS_STORE_TRY(files_.remove(path_of(segment)));
        segments_.erase(segment);
    }
    WALRUS_STORE_TRY(files_.sync_directory(directory_));
    // What the scan found may still be unsynced (the process died, not the machine).
    for (auto& [segment, unsynced] : segments_) unsynced = segment >= from.segment;
    return end;
}

StoreResult<bool> SegmentLog::has_header(std::uint32_t segment) {
    const auto file = WALRUS_TRY(file_of(segment));
    Bytes header(kSegmentHeaderBytes);
    const std::size_t got = WALRUS_STORE_TRY(file->read_at(0, header));
    return got == header.size() && check_segment_header(header, segment);
}

StoreResult<std::uint64_t> SegmentLog::scan_segment(std::uint32_t segment, std::uint64_t from,
                                                    Found found) {
    const auto file = WALRUS_TRY(file_of(segment));
    const std::uint64_t size = WALRUS_STORE_TRY(file->size());
    if (!WALRUS_TRY(has_header(segment)))
        return store_failure(StoreCode::Corrupt,
                             fmt::format("segment file {} has no valid header", path_of(segment)));
    if (size < from)
        return store_failure(StoreCode::Corrupt,
                             fmt::format("segment file {} has {} bytes, but {} were durable",
                                         path_of(segment), size, from));
    std::uint64_t at = from;
    Bytes record;
    while (at + kRecordHeaderBytes <= size) {
        record.resize(kRecordHeaderBytes);
        WALRUS_STORE_TRY(file->read_at(at, record));
        const auto decoded = decode_record_header(record);
        if (!decoded || decoded->segment != segment) break;
        const std::uint64_t length = record_bytes(decoded->payload_bytes);
        if (length > size - at) break;
        record.resize(length);
        const std::size_t read = WALRUS_STORE_TRY(file->read_at(at, record));
        if (read < length) break;
        const std::size_t payload_at = payload_offset(decoded->payload_bytes);
        const ByteView whole(record);
        if (!check_payload(*decoded,
                           whole.subspan(kRecordHeaderBytes, payload_at - kRecordHeaderBytes),
                           whole.subspan(payload_at, decoded->payload_bytes)))
            break;
        found(*decoded, Location{segment, at, decoded->payload_bytes});
        at += length;
    }
    return at;
}

StoreResult<SegmentLog::FilePtr> SegmentLog::file_of(std::uint32_t segment) {
    {
        const std::lock_guard lock(mutex_);
        if (const auto it = open_.find(segment); it != open_.end()) return it->second;
    }
    FilePtr file = WALRUS_STORE_TRY(files_.open(path_of(segment), io::OpenMode::ReadWrite));
    const std::lock_guard lock(mutex_);
    if (open_.size() >= kOpenFilesMax) {
        // Reads hold their own reference, so a handle may go at any time.
        auto victim = open_.begin();
        if (victim->first == end_.segment) ++victim;
        if (victim != open_.end()) open_.erase(victim);
    }
    return open_.try_emplace(segment, std::move(file)).first->second;
}

StoreResult<void> SegmentLog::start_segment(std::uint32_t segment) {
    FilePtr file = WALRUS_STORE_TRY(files_.open(path_of(segment), io::OpenMode::Create));
    const auto write = [&]() -> io::IoResult<void> {
        WALRUS_TRY(file->truncate(0));
        WALRUS_TRY(file->write_at(0, encode_segment_header(segment)));
        WALRUS_TRY(file->sync_data());
        return files_.sync_directory(directory_);
    };
    if (const auto written = write(); !written) {
        file.reset();
        // A file without a header is not part of the log; the next attempt writes it anew.
        (void)files_.remove(path_of(segment));
        return tl::make_unexpected(from_io(written.error()));
    }
    const std::lock_guard lock(mutex_);
    open_[segment] = std::move(file);
    segments_[segment] = false;
    return {};
}

StoreResult<Location> SegmentLog::append(Bytes prefix, ByteView payload) {
    WALRUS_CHECK(payload.size() <= kPayloadBytesMax);
    const auto payload_bytes = static_cast<std::uint32_t>(payload.size());
    WALRUS_CHECK(prefix.size() == payload_offset(payload_bytes));
    if (failed_)
        return store_failure(StoreCode::ReadOnly, "an earlier write of the segment log failed");
    const std::uint64_t length = record_bytes(payload_bytes);
    LogPosition at = end();
    if (at.offset > kSegmentHeaderBytes && at.offset + length > segment_bytes_max_) {
        at = {at.segment + 1, kSegmentHeaderBytes};
        WALRUS_TRY(start_segment(at.segment));
        const std::lock_guard lock(mutex_);
        end_ = at;
    }
    set_segment(prefix, at.segment);
    const auto file = WALRUS_TRY(file_of(at.segment));
    static constexpr Byte kPadding[kRecordAlignment] = {};
    const std::uint64_t used = prefix.size() + payload.size();
    const auto write = [&]() -> io::IoResult<void> {
        WALRUS_TRY(file->write_at(at.offset, prefix));
        if (!payload.empty()) WALRUS_TRY(file->write_at(at.offset + prefix.size(), payload));
        if (length > used)
            WALRUS_TRY(file->write_at(at.offset + used, ByteView(kPadding, length - used)));
        return {};
    };
    if (const auto written = write(); !written) {
        if (!file->truncate(at.offset)) failed_ = true;
        return tl::make_unexpected(from_io(written.error()));
    }
    const std::lock_guard lock(mutex_);
    segments_[at.segment] = true;
    end_ = {at.segment, at.offset + length};
    return Location{at.segment, at.offset, payload_bytes};
}

LogPosition SegmentLog::end() const {
    const std::lock_guard lock(mutex_);
    return end_;
}

StoreResult<LogPosition> SegmentLog::sync() {
    std::vector<std::uint32_t> unsynced;
    LogPosition covered;
    {
        const std::lock_guard lock(mutex_);
        covered = end_;
        for (auto& [segment, has_unsynced] : segments_)
            if (has_unsynced) unsynced.push_back(segment);
        for (const std::uint32_t segment : unsynced) segments_[segment] = false;
    }
    for (const std::uint32_t segment : unsynced) {
        const auto file = WALRUS_TRY(file_of(segment));
        WALRUS_STORE_TRY(file->sync_data());
    }
    return covered;
}

StoreResult<void> SegmentLog::read(const RecordKey& key, const Location& location,
                                   MutableByteView out) {
    const std::size_t payload_at = payload_offset(location.payload_bytes);
    WALRUS_CHECK(out.size() == payload_at + location.payload_bytes);
    const auto file = WALRUS_TRY(file_of(location.segment));
    const std::size_t got = WALRUS_STORE_TRY(file->read_at(location.offset, out));
    const auto bad = [&](const char* what) {
        return store_failure(StoreCode::Corrupt,
                             fmt::format("record of blob {} in {} at {}: {}", to_text(key.blob_id),
                                         path_of(location.segment), location.offset, what));
    };
    if (got < out.size()) return bad("the file ends too early");
    const ByteView whole(out);
    const auto header = decode_record_header(whole.first(kRecordHeaderBytes));
    if (!header) return bad("its header fails the check");
    if (header->key != key || header->payload_bytes != location.payload_bytes ||
        header->segment != location.segment)
        return bad("it is another record");
    if (!check_payload(*header, whole.subspan(kRecordHeaderBytes, payload_at - kRecordHeaderBytes),
                       whole.subspan(payload_at)))
        return bad("its payload fails the check");
    return {};
}

StoreResult<void> SegmentLog::release(const Location& location) {
    const auto file = WALRUS_TRY(file_of(location.segment));
    WALRUS_STORE_TRY(file->punch_hole(location.offset, record_bytes(location.payload_bytes)));
    return {};
}

StoreResult<void> SegmentLog::remove_segment(std::uint32_t segment) {
    {
        const std::lock_guard lock(mutex_);
        WALRUS_CHECK(segment < end_.segment);
        open_.erase(segment);
        segments_.erase(segment);
    }
    const auto removed = files_.remove(path_of(segment));
    if (!removed && removed.error().code != io::IoCode::NotFound)
        return tl::make_unexpected(from_io(removed.error()));
    WALRUS_STORE_TRY(files_.sync_directory(directory_));
    return {};
}

std::vector<std::uint32_t> SegmentLog::segments() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::uint32_t> out;
    for (const auto& [segment, unsynced] : segments_) out.push_back(segment);
    return out;
}

}  // namespace walrus::store
