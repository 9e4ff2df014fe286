// SPDX-License-Identifier: Apache-2.0
// Bodies of shard synchronisation between nodes (spec/encoding.md §6.2).
#pragma once

#include <cstdint>
#include <utility>
#include <variant>
#include <vector>

#include "protocol/ids.hpp"
#include "redstuff/sliver.hpp"

namespace walrus {

/// V1. BCS: shard u16, axis, first blob id, count u64, epoch u32.
struct SyncShardRequestV1 {
    ShardIndex shard;
    Axis axis = Axis::Primary;
    BlobId starting_blob_id;
    std::uint64_t sliver_count = 0;
    Epoch epoch = 0;
    friend bool operator==(const SyncShardRequestV1&, const SyncShardRequestV1&) = default;
};
/// BCS: version tag 0, then V1; 48 bytes in all.
using SyncShardRequest = std::variant<SyncShardRequestV1>;

/// V1. BCS: ULEB128 count, (blob id, sliver with axis).
using SyncShardResponseV1 = std::vector<std::pair<BlobId, Sliver>>;
/// BCS: version tag 0, then V1.
using SyncShardResponse = std::variant<SyncShardResponseV1>;

}  // namespace walrus
