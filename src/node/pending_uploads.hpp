// SPDX-License-Identifier: Apache-2.0
// Uploads ahead of their registration (?pending=true), verified and kept in memory until the
// registration is seen or their time is over (spec/storage-node.md §1.5). Loop thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "node/metadata_cache.hpp"
#include "node/node.hpp"
#include "store/segment_format.hpp"

namespace walrus::node {

class PendingUploads {
public:
    struct Sliver {
        store::RecordKey key;
        std::shared_ptr<const Bytes> body;
    };
    struct Blob {
        MetadataPtr metadata;  ///< null if only slivers came ahead
        std::vector<Sliver> slivers;
    };

    explicit PendingUploads(const NodeLimits& limits) : limits_(limits) {}

    /// False: no room. Expired entries make room first.
    bool add_metadata(MetadataPtr metadata, std::uint64_t now_us);
    bool add_sliver(const store::RecordKey& key, Bytes body, std::uint64_t now_us);
    MetadataPtr metadata(const BlobId& id) const;
    bool contains(const store::RecordKey& key) const;
    bool contains(const BlobId& id) const { return entries_.contains(id); }
    /// What waits for this blob; it waits no longer.
    Blob take(const BlobId& id);
    std::size_t bytes() const { return bytes_; }

private:
    struct Entry {
        MetadataPtr metadata;
        std::map<store::RecordKey, std::shared_ptr<const Bytes>> slivers;
        std::uint64_t expires_us = 0;
    };
    void drop(std::map<BlobId, Entry>::iterator entry);
    void drop_expired(std::uint64_t now_us);
    Entry& touch(const BlobId& id, std::uint64_t now_us);

    const NodeLimits& limits_;
    std::map<BlobId, Entry> entries_;
    std::size_t slivers_ = 0;
    std::size_t metadata_ = 0;
    std::size_t bytes_ = 0;
};

}  // namespace walrus::node
