// SPDX-License-Identifier: Apache-2.0
// How fast records are appended and how long durability takes, on the disk of the directory that is
// given (default: the current one), beside the disk's own rates.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "base/check.hpp"
#include "store/crc32c.hpp"
#include "store/node_store.hpp"

namespace walrus::store {
namespace {

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

BlobId blob_id(std::uint64_t number) {
    BlobId id;
    store_be(id.bytes.data(), number * 0x9E3779B97F4A7C15ull);
    return id;
}

void measure_crc() {
    const Bytes data(64 << 20, 0x5a);
    std::uint32_t sum = 0;
    auto begin = Clock::now();
    sum ^= crc32c(data);
    fmt::print("crc32c            {:8.0f} MB/s\n", 67.1 / seconds_since(begin));
    begin = Clock::now();
    sum ^= crc32c_portable(data);
    fmt::print("crc32c, portable  {:8.0f} MB/s  (equal: {})\n", 67.1 / seconds_since(begin),
               sum == 0);
}

/// Plain sequential writing of the same amount, with one sync.
void measure_disk(io::FileSystem& files, const std::string& directory, std::size_t record_bytes,
                  std::size_t count) {
    const Bytes payload(record_bytes, 0x5a);
    auto file = files.open(directory + "/raw", io::OpenMode::CreateNew).value();
    auto begin = Clock::now();
    for (std::size_t i = 0; i < count; ++i)
        WALRUS_CHECK(file->write_at(i * record_bytes, payload).has_value());
    const double written = seconds_since(begin);
    WALRUS_CHECK(file->sync_data().has_value());
    const double mb = static_cast<double>(record_bytes * count) / 1e6;
    fmt::print("disk itself       {:8.0f} MB/s written, {:8.0f} MB/s with sync\n", mb / written,
               mb / seconds_since(begin));
    file.reset();
    WALRUS_CHECK(files.remove(directory + "/raw").has_value());
}

void measure_append(NodeStore& store, std::size_t record_bytes, std::size_t count,
                    std::uint64_t first_blob) {
    const Bytes payload(record_bytes, 0x5a);
    const auto begin = Clock::now();
    for (std::size_t i = 0; i < count; ++i) {
        const RecordKey key = RecordKey::sliver(blob_id(first_blob + i / 20),
                                                ShardIndex(static_cast<std::uint16_t>(i % 20 / 2)),
                                                i % 2 == 0 ? Axis::Primary : Axis::Secondary);
        WALRUS_CHECK(store.slivers().put(key, payload).has_value());
    }
    const double appended = seconds_since(begin);
    WALRUS_CHECK(store.slivers().commit().has_value());
    const double mb = static_cast<double>(record_bytes * count) / 1e6;
    fmt::print("append {:>9} B {:8.0f} MB/s, {:8.0f} records/s; with commit {:8.0f} MB/s\n",
               record_bytes, mb / appended, static_cast<double>(count) / appended,
               mb / seconds_since(begin));
}

void measure_commit(NodeStore& store, std::size_t record_bytes, std::uint64_t first_blob) {
    constexpr std::size_t kRounds = 200;
    const Bytes payload(record_bytes, 0x5a);
    std::vector<double> times;
    for (std::size_t i = 0; i < kRounds; ++i) {
        const auto begin = Clock::now();
        // Metadata and both slivers of ten shards: what one node stores of a small blob.
        const BlobId id = blob_id(first_blob + i);
        WALRUS_CHECK(store.slivers().put(RecordKey::metadata(id), Bytes(6500, 1)).has_value());
        for (std::uint16_t shard = 0; shard < 10; ++shard)
            for (const Axis axis : {Axis::Primary, Axis::Secondary})
                WALRUS_CHECK(store.slivers()
                                 .put(RecordKey::sliver(id, ShardIndex(shard), axis), payload)
                                 .has_value());
        WALRUS_CHECK(store.slivers().commit().has_value());
        times.push_back(seconds_since(begin) * 1e3);
    }
    std::sort(times.begin(), times.end());
    fmt::print("durable, 21 records of {:>5} B: p50 {:6.2f} ms, p99 {:6.2f} ms\n", record_bytes,
               times[kRounds / 2], times[kRounds * 99 / 100]);
}

void run(const std::string& parent) {
    const auto real = io::RealEnvironment::make({.name = "bench"});
    io::Environment& environment = real->environment();
    const std::string directory = parent + "/store-bench";
    WALRUS_CHECK(environment.files.remove_all(directory).has_value());
    auto store = NodeStore::open(environment, directory, {}).value();
    measure_crc();
    measure_disk(environment.files, directory, 1 << 20, 512);
    measure_append(*store, 1 << 20, 512, 0);
    measure_append(*store, 64 << 10, 4000, 1'000);
    measure_append(*store, 1 << 10, 40'000, 100'000);
    measure_commit(*store, 600, 1'000'000);
    measure_commit(*store, 30'000, 2'000'000);
    store.reset();
    const auto begin = Clock::now();
    store = NodeStore::open(environment, directory, {}).value();
    fmt::print("open again        {:8.1f} ms\n", seconds_since(begin) * 1e3);
    store.reset();
    WALRUS_CHECK(environment.files.remove_all(directory).has_value());
}

}  // namespace
}  // namespace walrus::store

int main(int argc, char** argv) {
    walrus::store::run(argc > 1 ? argv[1] : ".");
    return 0;
}
