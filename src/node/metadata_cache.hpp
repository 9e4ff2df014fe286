// SPDX-License-Identifier: Apache-2.0
// Verified metadata of recently used blobs, so that each sliver need not parse and hash it again.
// Only metadata that the store holds is in here. Loop thread only.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <utility>

#include "redstuff/metadata.hpp"

namespace walrus::node {

using MetadataPtr = std::shared_ptr<const VerifiedMetadata>;

class MetadataCache {
public:
    explicit MetadataCache(std::size_t entries_max) : entries_max_(entries_max) {}

    /// Null if it is not here.
    MetadataPtr find(const BlobId& id) {
        const auto it = entries_.find(id);
        if (it == entries_.end()) return nullptr;
        order_.splice(order_.begin(), order_, it->second.second);
        return it->second.first;
    }
    void insert(MetadataPtr metadata) {
        const BlobId id = metadata->blob_id();
        erase(id);
        order_.push_front(id);
        entries_.emplace(id, std::pair(std::move(metadata), order_.begin()));
        if (entries_.size() <= entries_max_) return;
        entries_.erase(order_.back());
        order_.pop_back();
    }
    void erase(const BlobId& id) {
        const auto it = entries_.find(id);
        if (it == entries_.end()) return;
        order_.erase(it->second.second);
        entries_.erase(it);
    }

private:
    std::size_t entries_max_;
    std::list<BlobId> order_;  // most recently used first
    std::map<BlobId, std::pair<MetadataPtr, std::list<BlobId>::iterator>> entries_;
};

}  // namespace walrus::node
