// SPDX-License-Identifier: Apache-2.0
// The ordered store on RocksDB. Set up for many small stores in one process: two background jobs
// for all of them, small caches, few files open.
#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "io/key_value.hpp"

namespace walrus::io {

namespace {

constexpr int kOpenFilesMax = 256;
constexpr std::uint64_t kJournalBytesMax = 64u << 20;

rocksdb::Slice slice(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
ByteView view(const rocksdb::Slice& s) {
    return {reinterpret_cast<const Byte*>(s.data()), s.size()};
}

auto store_failure(std::string_view action, const std::string& path,
                   const rocksdb::Status& status) {
    IoCode code = IoCode::Other;
    const std::string text = status.ToString();
    if (status.IsCorruption()) {
        code = IoCode::Corrupt;
    } else if (status.IsNoSpace()) {
        code = IoCode::NoSpace;
    } else if (status.IsIOError() && (text.find("While lock file") != std::string::npos ||
                                      text.find("lock hold by") != std::string::npos)) {
        code = IoCode::InUse;
    } else if (status.IsIOError() && text.find("Permission denied") != std::string::npos) {
        code = IoCode::PermissionDenied;
    } else if (status.IsPathNotFound() || status.IsNotFound()) {
        code = IoCode::NotFound;
    }
    return io_failure(code, fmt::format("{} store {}: {}", action, path, text));
}

class RocksDbStore final : public KeyValueStore {
public:
    RocksDbStore(std::unique_ptr<rocksdb::DB> db, std::string path)
        : db_(std::move(db)), path_(std::move(path)) {}

    ~RocksDbStore() override {
        // Ends background work first, so that closing does not wait for a compaction.
        rocksdb::CancelAllBackgroundWork(db_.get(), true);
        static_cast<void>(db_->Close());
    }

    IoResult<std::optional<Bytes>> get(ByteView key) const override {
        rocksdb::PinnableSlice value;
        const rocksdb::Status status =
            db_->Get(rocksdb::ReadOptions(), db_->DefaultColumnFamily(), slice(key), &value);
        if (status.IsNotFound()) return std::optional<Bytes>();
        if (!status.ok()) return store_failure("read", path_, status);
        return std::optional<Bytes>(to_bytes(view(value)));
    }

    IoResult<void> write(const WriteBatch& batch, bool sync) override {
        rocksdb::WriteBatch changes(batch.size_bytes() + 16 * batch.changes().size() + 16);
        rocksdb::Status status;
        for (const WriteBatch::Change& change : batch.changes()) {
            status = change.value ? changes.Put(slice(change.key), slice(*change.value))
                                  : changes.Delete(slice(change.key));
            if (!status.ok()) return store_failure("write", path_, status);
        }
        rocksdb::WriteOptions options;
        options.sync = sync;
        status = db_->Write(options, &changes);
        if (!status.ok()) return store_failure("write", path_, status);
        return {};
    }

    IoResult<void> scan(ByteView from, ByteView to,
                        FunctionRef<bool(ByteView, ByteView)> visit) const override {
        const rocksdb::Slice end = slice(to);
        rocksdb::ReadOptions options;
        if (!to.empty()) options.iterate_upper_bound = &end;
        const std::unique_ptr<rocksdb::Iterator> entry(db_->NewIterator(options));
        for (entry->Seek(slice(from)); entry->Valid(); entry->Next()) {
            if (!visit(view(entry->key()), view(entry->value()))) break;
        }
        if (!entry->status().ok()) return store_failure("scan", path_, entry->status());
        return {};
    }

    IoResult<std::optional<std::pair<Bytes, Bytes>>> last(ByteView from,
                                                          ByteView to) const override {
        using Found = std::optional<std::pair<Bytes, Bytes>>;
        const std::unique_ptr<rocksdb::Iterator> entry(db_->NewIterator(rocksdb::ReadOptions()));
        if (to.empty()) {
            entry->SeekToLast();
        } else {
            entry->SeekForPrev(slice(to));
            if (entry->Valid() && entry->key() == slice(to)) entry->Prev();
        }
        if (!entry->status().ok()) return store_failure("scan", path_, entry->status());
        if (!entry->Valid() || entry->key().compare(slice(from)) < 0) return Found();
        return Found({to_bytes(view(entry->key())), to_bytes(view(entry->value()))});
    }

private:
    std::unique_ptr<rocksdb::DB> db_;
    std::string path_;
};

rocksdb::CompressionType best_compression() {
    const auto supported = rocksdb::GetSupportedCompressions();
    const bool lz4 =
        std::find(supported.begin(), supported.end(), rocksdb::kLZ4Compression) != supported.end();
    return lz4 ? rocksdb::kLZ4Compression : rocksdb::kNoCompression;
}

rocksdb::Options make_options(const RocksDbOptions& chosen) {
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = rocksdb::NewLRUCache(chosen.block_cache_bytes, 2);
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    table.format_version = 5;

    rocksdb::Options options;
    options.create_if_missing = true;
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    options.compression = best_compression();
    options.write_buffer_size = chosen.write_buffer_bytes;
    options.max_write_buffer_number = 2;
    options.target_file_size_base = 32u << 20;
    options.max_background_jobs = 2;
    options.max_open_files = kOpenFilesMax;
    options.max_total_wal_size = kJournalBytesMax;
    options.bytes_per_sync = 1u << 20;
    // Directories grow by what is stored, not by what might be.
    options.allow_fallocate = false;
    options.keep_log_file_num = 2;
    options.max_log_file_size = 1u << 20;
    options.info_log_level = rocksdb::WARN_LEVEL;
    options.stats_dump_period_sec = 0;
    options.stats_persist_period_sec = 0;
    // Opening does not read every table.
    options.skip_stats_update_on_db_open = true;
    options.skip_checking_sst_file_sizes_on_db_open = true;
    return options;
}

}  // namespace

IoResult<std::unique_ptr<KeyValueStore>> open_rocksdb(const std::string& path,
                                                      RocksDbOptions options) {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error)
        return io_failure(
            error == std::errc::permission_denied ? IoCode::PermissionDenied : IoCode::Other,
            fmt::format("create store {}: {}", path, error.message()));
    rocksdb::DB* raw = nullptr;
    const rocksdb::Status status = rocksdb::DB::Open(make_options(options), path, &raw);
    if (!status.ok()) return store_failure("open", path, status);
    return std::make_unique<RocksDbStore>(std::unique_ptr<rocksdb::DB>(raw), path);
}

}  // namespace walrus::io
