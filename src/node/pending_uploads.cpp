// SPDX-License-Identifier: Apache-2.0
#include "node/pending_uploads.hpp"

namespace walrus::node {

PendingUploads::Entry& PendingUploads::touch(const BlobId& id, std::uint64_t now_us) {
    Entry& entry = entries_[id];
    entry.expires_us = now_us + limits_.pending_lifetime_us;
    return entry;
}

void PendingUploads::drop(std::map<BlobId, Entry>::iterator entry) {
    if (entry->second.metadata) --metadata_;
    slivers_ -= entry->second.slivers.size();
    for (const auto& [key, body] : entry->second.slivers) bytes_ -= body->size();
    entries_.erase(entry);
}

void PendingUploads::drop_expired(std::uint64_t now_us) {
    for (auto it = entries_.begin(); it != entries_.end();) {
        const auto entry = it++;
        if (entry->second.expires_us <= now_us) drop(entry);
    }
}

bool PendingUploads::add_metadata(MetadataPtr metadata, std::uint64_t now_us) {
    if (metadata_ >= limits_.pending_metadata_max) drop_expired(now_us);
    if (metadata_ >= limits_.pending_metadata_max) return false;
    Entry& entry = touch(metadata->blob_id(), now_us);
    if (!entry.metadata) ++metadata_;
    entry.metadata = std::move(metadata);
    return true;
}

bool PendingUploads::add_sliver(const store::RecordKey& key, Bytes body, std::uint64_t now_us) {
    if (body.size() > limits_.pending_sliver_bytes_max) return false;
    const auto full = [&] {
        return slivers_ >= limits_.pending_slivers_max ||
               bytes_ + body.size() > limits_.pending_bytes_max;
    };
    if (full()) drop_expired(now_us);
    if (full()) return false;
    Entry& entry = touch(key.blob_id, now_us);
    if (entry.slivers.contains(key)) return true;
    ++slivers_;
    bytes_ += body.size();
    entry.slivers.emplace(key, std::make_shared<const Bytes>(std::move(body)));
    return true;
}

MetadataPtr PendingUploads::metadata(const BlobId& id) const {
    const auto it = entries_.find(id);
    return it == entries_.end() ? nullptr : it->second.metadata;
}

bool PendingUploads::contains(const store::RecordKey& key) const {
    const auto it = entries_.find(key.blob_id);
    return it != entries_.end() && it->second.slivers.contains(key);
}

PendingUploads::Blob PendingUploads::take(const BlobId& id) {
    Blob out;
    const auto it = entries_.find(id);
    if (it == entries_.end()) return out;
    out.metadata = it->second.metadata;
    for (auto& [key, body] : it->second.slivers) out.slivers.push_back({key, body});
    drop(it);
    return out;
}

}  // namespace walrus::node
