// SPDX-License-Identifier: Apache-2.0
#include "store/sliver_store.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.hpp"
#include "bcs/bcs.hpp"

namespace walrus::store {
namespace {

template <class T>
StoreResult<std::optional<T>> read_row(const io::KeyValueStore& index, const Bytes& key) {
    const auto value = WALRUS_STORE_TRY(index.get(key));
    if (!value) return std::optional<T>();
    const auto decoded = bcs::decode<T>(*value);
    if (!decoded)
        return store_failure(StoreCode::Corrupt,
                             fmt::format("a row of table {:#04x} is malformed", key[0]));
    return std::optional<T>(*decoded);
}

void add_use(SegmentUse& use, const Location& location) {
    use.total_bytes += record_bytes(location.payload_bytes);
    use.live_bytes += record_bytes(location.payload_bytes);
}

void subtract_use(SegmentUse& use, const Location& location) {
    const std::uint64_t bytes = record_bytes(location.payload_bytes);
    WALRUS_CHECK(use.live_bytes >= bytes);
    use.live_bytes -= bytes;
}

/// Every record that the presence row names.
std::vector<RecordKey> keys_of(const BlobId& id, const Presence& presence) {
    std::vector<RecordKey> keys;
    if (presence.metadata) keys.push_back(RecordKey::metadata(id));
    for (const ShardPresence& shard : presence.shards) {
        for (const Axis axis : {Axis::Primary, Axis::Secondary}) {
            const RecordKey key = RecordKey::sliver(id, ShardIndex(shard.shard), axis);
            if (presence.has(key)) keys.push_back(key);
        }
    }
    return keys;
}

}  // namespace

// ---- opening --------------------------------------------------------------------------------

StoreResult<std::unique_ptr<SliverStore>> SliverStore::open(io::FileSystem& files,
                                                            io::KeyValueStore& index,
                                                            std::string directory,
                                                            SliverStoreOptions options) {
    std::unique_ptr<SliverStore> store(
        new SliverStore(files, index, std::move(directory), options));
    WALRUS_TRY(store->load());
    return store;
}

StoreResult<void> SliverStore::load() {
    const auto end = WALRUS_TRY(read_row<LogPosition>(index_, key_of(Table::LogEnd)));
    committed_end_ = end.value_or(LogPosition{});
    bool well_formed = true;
    WALRUS_STORE_TRY(index_.scan(key_of(Table::Segment), end_of(Table::Segment),
                                 [&](ByteView key, ByteView value) {
                                     const auto use = bcs::decode<SegmentUse>(value);
                                     well_formed = use.has_value() && key.size() == 5;
                                     if (well_formed) use_[load_be<std::uint32_t>(&key[1])] = *use;
                                     return well_formed;
                                 }));
    if (!well_formed)
        return store_failure(StoreCode::Corrupt, "a row of the segment table is malformed");

    std::vector<std::pair<RecordKey, Location>> found;
    log_ =
        WALRUS_TRY(SegmentLog::open(files_, directory_, committed_end_, options_.segment_bytes_max,
                                    [&](const RecordHeader& header, const Location& location) {
                                        found.emplace_back(header.key, location);
                                    }));
    for (const auto& [key, location] : found) {
        const BlobPresence before = WALRUS_TRY(presence_alone(key.blob_id));
        note_pending(key, location, before);
    }
    recovered_ = found.size();
    if (!found.empty()) WALRUS_TRY(commit());
    return give_back_dead_extents();
}

StoreResult<void> SliverStore::give_back_dead_extents() {
    std::vector<Location> dead;
    bool well_formed = true;
    WALRUS_STORE_TRY(index_.scan(
        key_of(Table::DeadExtent), end_of(Table::DeadExtent), [&](ByteView key, ByteView value) {
            well_formed = key.size() == 13 && value.size() == 4;
            if (well_formed)
                dead.push_back({load_be<std::uint32_t>(&key[1]), load_be<std::uint64_t>(&key[5]),
                                load_le<std::uint32_t>(value.data())});
            return well_formed;
        }));
    if (!well_formed)
        return store_failure(StoreCode::Corrupt, "a row of the dead extent table is malformed");
    const std::lock_guard committing(commit_mutex_);
    WALRUS_TRY(reclaim(dead));
    // Segments that emptied while they were still being written to.
    for (const std::uint32_t segment : log_->segments()) {
        const auto use = use_.find(segment);
        if (segment >= committed_end_.segment || (use != use_.end() && use->second.live_bytes > 0))
            continue;
        WALRUS_TRY(log_->remove_segment(segment));
        io::WriteBatch batch;
        batch.erase(key_of_segment(segment));
        WALRUS_STORE_TRY(index_.write(batch, false));
        use_.erase(segment);
    }
    return {};
}

// ---- finding --------------------------------------------------------------------------------

StoreResult<std::optional<Location>> SliverStore::indexed(const RecordKey& key) const {
    return read_row<Location>(index_, key_of(key));
}

StoreResult<std::optional<Location>> SliverStore::locate(const RecordKey& key) {
    {
        const std::lock_guard lock(state_mutex_);
        for (const auto* records : {&pending_, &committing_})
            if (const auto it = records->find(key); it != records->end())
                return std::optional(it->second.location);
    }
    // A commit writes the row before it forgets the record above, so nothing falls between.
    return indexed(key);
}

StoreResult<BlobPresence> SliverStore::presence_alone(const BlobId& id) const {
    {
        const std::lock_guard lock(state_mutex_);
        if (const auto it = touched_.find(id); it != touched_.end()) return it->second;
    }
    // Not touched, and nobody can touch it now: the row is all there is.
    const auto row = WALRUS_TRY(read_row<Presence>(index_, key_of(Table::Presence, id.view())));
    return BlobPresence{row.value_or(Presence{}), 0};
}

StoreResult<BlobPresence> SliverStore::presence(const BlobId& id) {
    // Behind the lock of puts and removals: see `remove`.
    const std::lock_guard appending(append_mutex_);
    return presence_alone(id);
}

StoreResult<bool> SliverStore::contains(const RecordKey& key) {
    const BlobPresence found = WALRUS_TRY(presence(key.blob_id));
    return found.presence.has(key);
}

StoreResult<std::optional<StoredBody>> SliverStore::get(const RecordKey& key, BufferPool& buffers) {
    auto location = WALRUS_TRY(locate(key));
    while (location) {
        const std::size_t payload_at = payload_offset(location->payload_bytes);
        auto buffer = buffers.acquire(payload_at + location->payload_bytes);
        if (!buffer) return store_failure(StoreCode::Busy, "the memory for reading is in use");
        const auto read = log_->read(key, *location, buffer->view());
        if (read) return std::optional<StoredBody>(std::in_place, std::move(*buffer), payload_at);
        if (read.error().code != StoreCode::Corrupt) return tl::make_unexpected(read.error());
        // Removed (and perhaps put again) since it was located? Then it is not corrupt.
        const auto now = WALRUS_TRY(locate(key));
        if (now == location) {
            WALRUS_TRY(forget(key, *location));
            return tl::make_unexpected(read.error());
        }
        location = now;
    }
    return std::optional<StoredBody>();
}

StoreResult<void> SliverStore::forget(const RecordKey& key, const Location& location) {
    const std::lock_guard committing(commit_mutex_);
    const std::lock_guard appending(append_mutex_);
    const auto now = WALRUS_TRY(indexed(key));
    if (now != location) return {};  // still pending, or forgotten by another reader
    BlobPresence left = WALRUS_TRY(presence_alone(key.blob_id));
    left.presence.clear(key);
    const std::lock_guard lock(state_mutex_);
    SegmentUse use = use_[location.segment];
    subtract_use(use, location);
    io::WriteBatch batch;
    batch.erase(key_of(key));
    if (left.presence.empty()) {
        batch.erase(key_of(Table::Presence, key.blob_id.view()));
    } else {
        batch.put(key_of(Table::Presence, key.blob_id.view()), bcs::encode(left.presence));
    }
    batch.put(key_of_segment(location.segment), bcs::encode(use));
    WALRUS_STORE_TRY(index_.write(batch, false));
    use_[location.segment] = use;
    if (const auto it = touched_.find(key.blob_id); it != touched_.end())
        it->second.presence = left.presence;
    return {};
}

// ---- putting --------------------------------------------------------------------------------

StoreResult<void> SliverStore::check_space(std::uint64_t bytes) {
    const std::uint64_t free = WALRUS_STORE_TRY(files_.free_bytes(directory_));
    if (free >= bytes && free - bytes >= options_.reserve_bytes) return {};
    return store_failure(StoreCode::NoSpace,
                         fmt::format("{} has {} bytes left, of which {} are kept in reserve",
                                     directory_, free, options_.reserve_bytes));
}

void SliverStore::note_pending(const RecordKey& key, const Location& location,
                               BlobPresence before) {
    before.presence.set(key);
    before.lsn = ++last_lsn_;
    pending_[key] = {location, last_lsn_};
    touched_[key.blob_id] = std::move(before);
    pending_bytes_ += record_bytes(location.payload_bytes);
}

StoreResult<Put> SliverStore::put(const RecordKey& key, ByteView payload) {
    if (payload.size() > kPayloadBytesMax)
        return store_failure(StoreCode::TooLarge,
                             fmt::format("a record of {} bytes, at most {} are possible",
                                         payload.size(), kPayloadBytesMax));
    Bytes prefix = encode_record_prefix(key, 0, payload);

    const std::lock_guard appending(append_mutex_);
    {
        const std::lock_guard lock(state_mutex_);
        if (read_only_)
            return store_failure(StoreCode::ReadOnly, "the store is read-only since a sync failed");
    }
    BlobPresence before = WALRUS_TRY(presence_alone(key.blob_id));
    if (before.presence.has(key)) return Put{before.lsn, false};
    WALRUS_TRY(check_space(record_bytes(static_cast<std::uint32_t>(payload.size()))));
    const Location location = WALRUS_TRY(log_->append(std::move(prefix), payload));
    const std::lock_guard lock(state_mutex_);
    // A commit may have ended meanwhile; it changes no presence, only what is durable.
    note_pending(key, location, std::move(before));
    return Put{last_lsn_, true};
}

// ---- committing -----------------------------------------------------------------------------

StoreResult<Lsn> SliverStore::commit() {
    const std::lock_guard committing(commit_mutex_);
    return commit_alone();
}

StoreResult<Lsn> SliverStore::commit_alone() {
    LogPosition end;
    Lsn lsn = 0;
    io::WriteBatch batch;
    {
        const std::lock_guard appending(append_mutex_);
        const std::lock_guard lock(state_mutex_);
        if (read_only_)
            return store_failure(StoreCode::ReadOnly, "the store is read-only since a sync failed");
        if (pending_.empty()) return durable_lsn_;
        WALRUS_CHECK(committing_.empty());
        committing_.swap(pending_);
        end = log_->end();
        lsn = last_lsn_;
        pending_bytes_ = 0;
        batch = index_batch(end);
    }
    StoreResult<void> written;
    if (const auto synced = log_->sync(); !synced) {
        written = tl::make_unexpected(synced.error());
    } else if (const auto indexed_now = index_.write(batch, true); !indexed_now) {
        written = tl::make_unexpected(from_io(indexed_now.error()));
    }
    const std::lock_guard lock(state_mutex_);
    if (!written) {
        read_only_ = true;
        return store_failure(StoreCode::ReadOnly, "not durable: " + written.error().message);
    }
    for (const auto& [key, record] : committing_)
        add_use(use_[record.location.segment], record.location);
    committing_.clear();
    committed_end_ = end;
    durable_lsn_ = lsn;
    ++commits_;
    std::erase_if(touched_, [lsn](const auto& entry) { return entry.second.lsn <= lsn; });
    return lsn;
}

io::WriteBatch SliverStore::index_batch(LogPosition end) const {
    io::WriteBatch batch;
    std::map<std::uint32_t, SegmentUse> use;
    const BlobId* last = nullptr;
    for (const auto& [key, record] : committing_) {
        batch.put(key_of(key), bcs::encode(record.location));
        auto it = use.find(record.location.segment);
        if (it == use.end()) {
            const auto known = use_.find(record.location.segment);
            const SegmentUse start = known == use_.end() ? SegmentUse{} : known->second;
            it = use.emplace(record.location.segment, start).first;
        }
        add_use(it->second, record.location);
        // Records are sorted by blob.
        if (last == nullptr || *last != key.blob_id) {
            const auto touched = touched_.find(key.blob_id);
            WALRUS_CHECK(touched != touched_.end());
            batch.put(key_of(Table::Presence, key.blob_id.view()),
                      bcs::encode(touched->second.presence));
        }
        last = &key.blob_id;
    }
    for (const auto& [segment, bytes] : use) batch.put(key_of_segment(segment), bcs::encode(bytes));
    batch.put(key_of(Table::LogEnd), bcs::encode(end));
    return batch;
}

Lsn SliverStore::durable_lsn() const {
    const std::lock_guard lock(state_mutex_);
    return durable_lsn_;
}

std::uint64_t SliverStore::pending_bytes() const {
    return pending_bytes_;
}

// ---- removing -------------------------------------------------------------------------------

StoreResult<bool> SliverStore::remove(const BlobId& id, FunctionRef<bool()> unwanted) {
    const std::lock_guard committing(commit_mutex_);
    std::vector<Location> dead;
    for (;;) {
        std::unique_lock appending(append_mutex_);
        // Presence is read behind the same lock, and after the registration was checked: who sees
        // the blob registered and complete can rely on it that it was not about to go.
        if (!unwanted()) return false;
        BlobPresence now;
        bool pending = false;
        {
            const std::lock_guard lock(state_mutex_);
            if (read_only_) return store_failure(StoreCode::ReadOnly, "the store is read-only");
            pending = touched_.contains(id);
        }
        now = WALRUS_TRY(presence_alone(id));
        if (pending) {
            appending.unlock();
            WALRUS_TRY(commit_alone());
            continue;
        }
        dead = WALRUS_TRY(erase_rows(id, now.presence));
        break;
    }
    WALRUS_TRY(reclaim(dead));
    return !dead.empty();
}

StoreResult<std::vector<Location>> SliverStore::erase_rows(const BlobId& id,
                                                           const Presence& presence) {
    std::vector<Location> dead;
    std::map<std::uint32_t, SegmentUse> use;
    io::WriteBatch batch;
    for (const RecordKey& key : keys_of(id, presence)) {
        const auto location = WALRUS_TRY(indexed(key));
        if (!location)
            return store_failure(StoreCode::Corrupt,
                                 "a presence row names a record without a place");
        const auto known = use_.find(location->segment);
        WALRUS_CHECK(known != use_.end());
        subtract_use(use.try_emplace(location->segment, known->second).first->second, *location);
        Bytes payload_bytes(4);
        store_le(payload_bytes.data(), location->payload_bytes);
        batch.erase(key_of(key));
        batch.put(key_of_dead_extent(*location), std::move(payload_bytes));
        dead.push_back(*location);
    }
    for (const auto& [segment, bytes] : use) batch.put(key_of_segment(segment), bcs::encode(bytes));
    batch.erase(key_of(Table::Presence, id.view()));
    batch.erase(key_of(Table::Unwanted, id.view()));
    // Durable before the bytes go, so that the index never names bytes that are gone.
    WALRUS_STORE_TRY(index_.write(batch, true));
    const std::lock_guard lock(state_mutex_);
    for (const auto& [segment, bytes] : use) use_[segment] = bytes;
    return dead;
}

StoreResult<void> SliverStore::reclaim(const std::vector<Location>& dead) {
    // A failure here loses no data, only space until the next start tries again.
    io::WriteBatch batch;
    std::uint32_t first_open = 0;
    std::map<std::uint32_t, bool> removed;
    {
        const std::lock_guard lock(state_mutex_);
        first_open = committed_end_.segment;
        for (const Location& location : dead) {
            const auto use = use_.find(location.segment);
            removed[location.segment] =
                location.segment < first_open && (use == use_.end() || use->second.live_bytes == 0);
        }
        for (const auto& [segment, whole] : removed)
            if (whole) use_.erase(segment);
    }
    for (const auto& [segment, whole] : removed) {
        if (!whole) continue;
        WALRUS_TRY(log_->remove_segment(segment));
        batch.erase(key_of_segment(segment));
    }
    for (const Location& location : dead) {
        if (!removed[location.segment]) WALRUS_TRY(log_->release(location));
        batch.erase(key_of_dead_extent(location));
    }
    if (!batch.empty()) WALRUS_STORE_TRY(index_.write(batch, false));
    return {};
}

StoreStatistics SliverStore::statistics() const {
    const std::lock_guard lock(state_mutex_);
    StoreStatistics out;
    out.segments = log_->segments().size();
    for (const auto& [segment, use] : use_) out.live_bytes += use.live_bytes;
    out.pending_bytes = pending_bytes_;
    out.commits = commits_;
    out.recovered_records = recovered_;
    out.read_only = read_only_;
    return out;
}

}  // namespace walrus::store
