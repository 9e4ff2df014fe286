// SPDX-License-Identifier: Apache-2.0
// For tests: a store on a disk in memory that can lose power.
#pragma once

#include <memory>
#include <random>
#include <vector>

#include "io/memory_file_system.hpp"
#include "io/memory_store.hpp"
#include "store/sliver_store.hpp"

namespace walrus::store {

class TestDisk {
public:
    SliverStoreOptions options{.segment_bytes_max = 64 << 10, .reserve_bytes = 0};
    io::MemoryFileSystem files;
    std::shared_ptr<io::MemoryStoreDisk> index_disk = std::make_shared<io::MemoryStoreDisk>();
    std::unique_ptr<io::KeyValueStore> index;
    std::unique_ptr<SliverStore> store;

    StoreResult<void> open() {
        index = WALRUS_STORE_TRY(io::MemoryStore::open(index_disk));
        store = WALRUS_TRY(SliverStore::open(files, *index, "/node/segments", options));
        return {};
    }
    void close() {
        store.reset();
        index.reset();
    }
    void process_dies() {
        files.process_died();
        index_disk->process_died();
        close();
    }
    /// What was unsynced is gone, in parts as `seed` says.
    void power_cut(std::uint64_t seed) {
        files.power_cut_torn(seed);
        index_disk->power_cut();
        close();
    }
};

inline BlobId test_blob_id(std::uint64_t number) {
    BlobId id;
    store_be(id.bytes.data(), number * 0x9E3779B97F4A7C15ull);
    store_be(id.bytes.data() + 24, number);
    return id;
}

/// Content that only this record has, of a size that varies with it.
inline Bytes test_payload(const RecordKey& key, std::size_t bytes_max) {
    std::seed_seq seed{
        static_cast<std::uint32_t>(key.blob_id.bytes[30]) << 8 | key.blob_id.bytes[31],
        static_cast<std::uint32_t>(key.kind), std::uint32_t{key.shard.value},
        static_cast<std::uint32_t>(key.axis)};
    std::mt19937_64 random(seed);
    Bytes out(random() % (bytes_max + 1));
    for (Byte& byte : out) byte = static_cast<Byte>(random());
    return out;
}

}  // namespace walrus::store
