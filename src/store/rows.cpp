// SPDX-License-Identifier: Apache-2.0
#include "store/rows.hpp"

#include <algorithm>

namespace walrus::store {
namespace {

std::uint8_t bit_of(Axis axis) {
    return axis == Axis::Primary ? 1 : 2;
}

template <class List>
auto find_shard(List& shards, std::uint16_t shard) {
    return std::lower_bound(shards.begin(), shards.end(), shard,
                            [](const ShardPresence& a, std::uint16_t b) { return a.shard < b; });
}

template <class T>
void append_be(Bytes& out, T value) {
    Byte raw[sizeof(T)];
    store_be(raw, value);
    append(out, raw);
}

}  // namespace

Bytes key_of(Table table) {
    return Bytes{static_cast<Byte>(table)};
}

Bytes key_of(Table table, ByteView id) {
    Bytes key = key_of(table);
    append(key, id);
    return key;
}

Bytes key_of(const RecordKey& record) {
    if (record.kind == RecordKind::Metadata) return key_of(Table::Metadata, record.blob_id.view());
    Bytes key = key_of(Table::Sliver);
    append_be(key, record.shard.value);
    key.push_back(static_cast<Byte>(record.axis));
    append(key, record.blob_id.view());
    return key;
}

Bytes key_of_segment(std::uint32_t segment) {
    Bytes key = key_of(Table::Segment);
    append_be(key, segment);
    return key;
}

Bytes key_of_dead_extent(const Location& location) {
    Bytes key = key_of(Table::DeadExtent);
    append_be(key, location.segment);
    append_be(key, location.offset);
    return key;
}

Bytes end_of(Table table) {
    return Bytes{static_cast<Byte>(static_cast<Byte>(table) + 1)};
}

bool Presence::has(const RecordKey& key) const {
    if (key.kind == RecordKind::Metadata) return metadata;
    const auto it = find_shard(shards, key.shard.value);
    return it != shards.end() && it->shard == key.shard.value && (it->axes & bit_of(key.axis)) != 0;
}

void Presence::set(const RecordKey& key) {
    if (key.kind == RecordKind::Metadata) {
        metadata = true;
        return;
    }
    auto it = find_shard(shards, key.shard.value);
    if (it == shards.end() || it->shard != key.shard.value)
        it = shards.insert(it, ShardPresence{key.shard.value, 0});
    it->axes |= bit_of(key.axis);
}

void Presence::clear(const RecordKey& key) {
    if (key.kind == RecordKind::Metadata) {
        metadata = false;
        return;
    }
    const auto it = find_shard(shards, key.shard.value);
    if (it == shards.end() || it->shard != key.shard.value) return;
    it->axes &= static_cast<std::uint8_t>(~bit_of(key.axis));
    if (it->axes == 0) shards.erase(it);
}

bool Presence::complete(const std::vector<ShardIndex>& owned) const {
    return metadata && std::all_of(owned.begin(), owned.end(), [this](ShardIndex shard) {
               const auto it = find_shard(shards, shard.value);
               return it != shards.end() && it->shard == shard.value && it->axes == 3;
           });
}

}  // namespace walrus::store
