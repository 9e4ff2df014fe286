// SPDX-License-Identifier: Apache-2.0
// Bytes of segment files (docs/formats/segments.md): a segment header, then records one after the
// other. All integers little endian.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "protocol/ids.hpp"

namespace walrus::store {

inline constexpr std::size_t kSegmentHeaderBytes = 64;
inline constexpr std::uint32_t kSegmentFormat = 1;

inline constexpr std::size_t kRecordHeaderBytes = 64;
inline constexpr std::uint8_t kRecordVersion = 1;
/// Each block of this many payload bytes has a CRC of its own.
inline constexpr std::size_t kCrcBlockBytes = 64u << 10;
/// Records start at multiples of this.
inline constexpr std::size_t kRecordAlignment = 8;
/// More than the largest sliver of kShardCountMax shards.
inline constexpr std::uint32_t kPayloadBytesMax = 256u << 20;

/// The value is the byte on disk and never changes.
enum class RecordKind : std::uint8_t { Metadata = 1, Sliver = 2 };

/// What a record holds: the metadata of a blob, or the sliver of one of its shards on one axis.
struct RecordKey {
    BlobId blob_id;
    RecordKind kind = RecordKind::Metadata;
    ShardIndex shard;           ///< 0 for metadata
    Axis axis = Axis::Primary;  ///< Primary for metadata

    static RecordKey metadata(const BlobId& id) { return {id, RecordKind::Metadata, {}, {}}; }
    static RecordKey sliver(const BlobId& id, ShardIndex shard, Axis axis) {
        return {id, RecordKind::Sliver, shard, axis};
    }
    friend auto operator<=>(const RecordKey&, const RecordKey&) = default;
};

struct RecordHeader {
    RecordKey key;
    std::uint32_t payload_bytes = 0;
    std::uint32_t segment = 0;    ///< the segment that the record was written to
    std::uint32_t table_crc = 0;  ///< CRC of the table of block CRCs
};

/// Bytes of the table of block CRCs after the header.
constexpr std::size_t crc_table_bytes(std::uint32_t payload_bytes) {
    return 4 * ((std::size_t{payload_bytes} + kCrcBlockBytes - 1) / kCrcBlockBytes);
}
/// Where the payload starts, from the record's start.
constexpr std::size_t payload_offset(std::uint32_t payload_bytes) {
    return kRecordHeaderBytes + crc_table_bytes(payload_bytes);
}
/// Bytes of the whole record with padding.
constexpr std::uint64_t record_bytes(std::uint32_t payload_bytes) {
    const std::uint64_t raw = payload_offset(payload_bytes) + std::uint64_t{payload_bytes};
    return (raw + kRecordAlignment - 1) / kRecordAlignment * kRecordAlignment;
}

Bytes encode_segment_header(std::uint32_t segment);
/// Nothing unless it is the intact header of this segment.
bool check_segment_header(ByteView header, std::uint32_t segment);

/// Header and CRC table of a record for this payload: all that precedes the payload.
Bytes encode_record_prefix(const RecordKey& key, std::uint32_t segment, ByteView payload);
/// Only the segment number changes: for a prefix made before its place was known.
void set_segment(MutableByteView prefix, std::uint32_t segment);
/// Nothing unless the header is intact; `header` has kRecordHeaderBytes.
std::optional<RecordHeader> decode_record_header(ByteView header);
/// True if table and payload match their CRCs. `table` as long as `crc_table_bytes` says.
bool check_payload(const RecordHeader& header, ByteView table, ByteView payload);

}  // namespace walrus::store
