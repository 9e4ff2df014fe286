// SPDX-License-Identifier: Apache-2.0
#include "store/segment_format.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "store/crc32c.hpp"

namespace walrus::store {
namespace {

constexpr char kSegmentMagic[] = "WALRUSSG";        // 8 bytes
constexpr std::uint32_t kRecordMagic = 0x43455257;  // "WREC"

// Offsets in the record header.
constexpr std::size_t kAtVersion = 4, kAtKind = 5, kAtFlags = 6, kAtShard = 8, kAtAxis = 10,
                      kAtZero1 = 11, kAtPayloadBytes = 12, kAtBlobId = 16, kAtSegment = 48,
                      kAtZero2 = 52, kAtTableCrc = 56, kAtHeaderCrc = 60;
// Offsets in the segment header; zeros between number and CRC.
constexpr std::size_t kAtFormat = 8, kAtNumber = 12, kAtSegmentCrc = 60;

void close_header(Byte* header) {
    store_le(header + kAtHeaderCrc, crc32c({header, kAtHeaderCrc}));
}

}  // namespace

Bytes encode_segment_header(std::uint32_t segment) {
    Bytes out(kSegmentHeaderBytes);
    std::copy_n(kSegmentMagic, 8, out.begin());
    store_le(out.data() + kAtFormat, kSegmentFormat);
    store_le(out.data() + kAtNumber, segment);
    store_le(out.data() + kAtSegmentCrc, crc32c({out.data(), kAtSegmentCrc}));
    return out;
}

bool check_segment_header(ByteView header, std::uint32_t segment) {
    const Bytes expected = encode_segment_header(segment);
    return equal(header, expected);
}

Bytes encode_record_prefix(const RecordKey& key, std::uint32_t segment, ByteView payload) {
    WALRUS_CHECK(payload.size() <= kPayloadBytesMax);
    const auto payload_bytes = static_cast<std::uint32_t>(payload.size());
    Bytes out(payload_offset(payload_bytes));
    Byte* header = out.data();
    store_le(header, kRecordMagic);
    header[kAtVersion] = kRecordVersion;
    header[kAtKind] = static_cast<Byte>(key.kind);
    store_le<std::uint16_t>(header + kAtFlags, 0);
    store_le(header + kAtShard, key.shard.value);
    header[kAtAxis] = static_cast<Byte>(key.axis);
    header[kAtZero1] = 0;
    store_le(header + kAtPayloadBytes, payload_bytes);
    std::copy(key.blob_id.bytes.begin(), key.blob_id.bytes.end(), header + kAtBlobId);
    store_le(header + kAtSegment, segment);
    store_le<std::uint32_t>(header + kAtZero2, 0);

    Byte* table = header + kRecordHeaderBytes;
    for (std::size_t at = 0, i = 0; at < payload.size(); at += kCrcBlockBytes, ++i) {
        const std::size_t size = std::min(kCrcBlockBytes, payload.size() - at);
        store_le(table + 4 * i, crc32c(payload.subspan(at, size)));
    }
    store_le(header + kAtTableCrc, crc32c({table, crc_table_bytes(payload_bytes)}));
    close_header(header);
    return out;
}

void set_segment(MutableByteView prefix, std::uint32_t segment) {
    store_le(prefix.data() + kAtSegment, segment);
    close_header(prefix.data());
}

std::optional<RecordHeader> decode_record_header(ByteView header) {
    WALRUS_CHECK(header.size() == kRecordHeaderBytes);
    const Byte* at = header.data();
    if (load_le<std::uint32_t>(at) != kRecordMagic) return std::nullopt;
    if (load_le<std::uint32_t>(at + kAtHeaderCrc) != crc32c(header.first(kAtHeaderCrc)))
        return std::nullopt;
    RecordHeader out;
    const Byte kind = at[kAtKind];
    const bool known = at[kAtVersion] == kRecordVersion &&
                       load_le<std::uint16_t>(at + kAtFlags) == 0 && at[kAtZero1] == 0 &&
                       load_le<std::uint32_t>(at + kAtZero2) == 0 &&
                       (kind == static_cast<Byte>(RecordKind::Metadata) ||
                        kind == static_cast<Byte>(RecordKind::Sliver)) &&
                       at[kAtAxis] <= static_cast<Byte>(Axis::Secondary);
    if (!known) return std::nullopt;
    out.key.kind = static_cast<RecordKind>(kind);
    out.key.shard = ShardIndex(load_le<std::uint16_t>(at + kAtShard));
    out.key.axis = static_cast<Axis>(at[kAtAxis]);
    out.key.blob_id = BlobId::from(header.subspan(kAtBlobId, 32));
    out.payload_bytes = load_le<std::uint32_t>(at + kAtPayloadBytes);
    out.segment = load_le<std::uint32_t>(at + kAtSegment);
    out.table_crc = load_le<std::uint32_t>(at + kAtTableCrc);
    if (out.payload_bytes > kPayloadBytesMax) return std::nullopt;
    return out;
}

bool check_payload(const RecordHeader& header, ByteView table, ByteView payload) {
    WALRUS_CHECK(payload.size() == header.payload_bytes);
    WALRUS_CHECK(table.size() == crc_table_bytes(header.payload_bytes));
    if (crc32c(table) != header.table_crc) return false;
    for (std::size_t at = 0, i = 0; at < payload.size(); at += kCrcBlockBytes, ++i) {
        const std::size_t size = std::min(kCrcBlockBytes, payload.size() - at);
        if (load_le<std::uint32_t>(table.data() + 4 * i) != crc32c(payload.subspan(at, size)))
            return false;
    }
    return true;
}

}  // namespace walrus::store
