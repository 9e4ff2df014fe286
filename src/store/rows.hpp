// SPDX-License-Identifier: Apache-2.0
// Keys and values of a node's small state (docs/formats/node-store.md). Keys start with a byte that
// names the table; numbers in keys are big endian, so that they sort; values are BCS.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "protocol/ids.hpp"
#include "store/segment_log.hpp"

namespace walrus::store {

/// The first byte of a key; never renumbered.
enum class Table : Byte {
    LogEnd = 0x01,      ///< () -> LogPosition: all records before it are indexed
    Cursor = 0x02,      ///< () -> LedgerCursor
    Settings = 0x03,    ///< name -> bytes of the layer above
    BlobInfo = 0x10,    ///< blob id -> BlobInfo
    ObjectInfo = 0x11,  ///< object id -> ObjectInfo
    Presence = 0x12,    ///< blob id -> Presence
    Unwanted = 0x13,    ///< blob id -> (): data to be removed
    Sliver = 0x20,      ///< shard u16, axis u8, blob id -> Location
    Metadata = 0x21,    ///< blob id -> Location
    Segment = 0x30,     ///< segment u32 -> SegmentUse
    DeadExtent = 0x31,  ///< segment u32, offset u64 -> payload bytes u32: to be given back
};

Bytes key_of(Table table);
Bytes key_of(Table table, ByteView id);
Bytes key_of(const RecordKey& record);
Bytes key_of_segment(std::uint32_t segment);
Bytes key_of_dead_extent(const Location& location);
/// The first key after all of the table's.
Bytes end_of(Table table);

/// Which slivers of a blob are stored on this node.
struct ShardPresence {
    std::uint16_t shard = 0;
    std::uint8_t axes = 0;  ///< bit 0 primary, bit 1 secondary
    bool operator==(const ShardPresence&) const = default;
};
/// What is stored of one blob: one row answers "everything?".
struct Presence {
    bool metadata = false;
    std::vector<ShardPresence> shards;  ///< ascending by shard, axes never 0

    bool has(const RecordKey& key) const;
    void set(const RecordKey& key);
    void clear(const RecordKey& key);
    bool empty() const { return !metadata && shards.empty(); }
    /// Metadata and both slivers of each of these shards?
    bool complete(const std::vector<ShardIndex>& owned) const;
    bool operator==(const Presence&) const = default;
};

/// How full a segment is; records only, headers of the file not counted.
struct SegmentUse {
    std::uint64_t total_bytes = 0;
    std::uint64_t live_bytes = 0;
};

}  // namespace walrus::store
