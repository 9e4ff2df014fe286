// SPDX-License-Identifier: Apache-2.0
#include "sim/disk_digest.hpp"

#include <string>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "hash/blake2b.hpp"

namespace walrus::sim {

namespace {

constexpr std::uint64_t kFileBytesMax = std::uint64_t{1} << 30;

void add(Blake2b& hash, ByteView part) {
    Byte size[8];
    store_le(size, static_cast<std::uint64_t>(part.size()));
    hash.update(size).update(part);
}

void add_files(Blake2b& hash, io::FileSystem& files) {
    std::vector<std::string> directories{"/"};
    while (!directories.empty()) {
        const std::string directory = std::move(directories.back());
        directories.pop_back();
        const auto entries = files.list(directory);
        if (!entries) continue;
        for (const io::DirectoryEntry& entry : *entries) {
            const std::string path =
                directory == "/" ? directory + entry.name : directory + "/" + entry.name;
            add(hash, as_bytes(path));
            if (entry.is_directory) {
                directories.push_back(path);
                continue;
            }
            const auto content = files.read_file(path, kFileBytesMax);
            WALRUS_CHECK(content.has_value());
            add(hash, *content);
        }
    }
}

}  // namespace

Digest disk_digest(Host& host) {
    Blake2b hash;
    add_files(hash, host.environment().files);
    for (const auto& [path, disk] : host.stores()) {
        add(hash, as_bytes(path));
        const auto store = io::MemoryStore::open(disk);
        WALRUS_CHECK(store.has_value());
        const auto scanned = (*store)->scan({}, {}, [&hash](ByteView key, ByteView value) {
            add(hash, key);
            add(hash, value);
            return true;
        });
        WALRUS_CHECK(scanned.has_value());
    }
    return hash.finish();
}

}  // namespace walrus::sim
