// SPDX-License-Identifier: Apache-2.0
#include "protocol/parameters.hpp"

#include "base/checked.hpp"

namespace walrus {

std::optional<CodeParameters> CodeParameters::make(std::uint32_t shard_count) {
    if (shard_count < kShardCountMin || shard_count > kShardCountMax) return std::nullopt;
    return CodeParameters(shard_count);
}

std::optional<CodeParameters> CodeParameters::make_for_accounting(std::uint32_t shard_count) {
    if (shard_count == 0 || shard_count > kShardCountMax) return std::nullopt;
    return CodeParameters(shard_count);
}

std::optional<std::uint32_t> CodeParameters::symbol_bytes(std::uint64_t blob_bytes) const {
    if (blob_bytes > blob_bytes_max()) return std::nullopt;
    const std::uint64_t cells =
        std::uint64_t{primary_source_symbols()} * secondary_source_symbols();
    const std::uint64_t least = div_ceil(blob_bytes == 0 ? 1 : blob_bytes, cells);
    return static_cast<std::uint32_t>(round_up<std::uint64_t>(least, kSymbolAlignmentBytes));
}

std::optional<std::uint64_t> CodeParameters::encoded_blob_bytes(std::uint64_t blob_bytes) const {
    const auto symbol = symbol_bytes(blob_bytes);
    if (!symbol) return std::nullopt;
    const std::uint64_t per_shard = sliver_bytes(Axis::Primary, *symbol) +
                                    sliver_bytes(Axis::Secondary, *symbol) +
                                    std::uint64_t{n_} * kMetadataBytesPerPair + kDigestBytes;
    return per_shard * n_;
}

std::uint64_t storage_units(std::uint64_t bytes) {
    return div_ceil(bytes, kStorageUnitBytes);
}

std::uint32_t rotation(const BlobId& id, std::uint32_t shard_count) {
    std::uint32_t rest = 0;
    for (const Byte b : id.bytes) rest = (rest * 256 + b) % shard_count;
    return rest;
}

ShardIndex shard_of_pair(SliverPairIndex pair, const BlobId& id, std::uint32_t shard_count) {
    return ShardIndex(
        static_cast<std::uint16_t>((pair.value + rotation(id, shard_count)) % shard_count));
}

SliverPairIndex pair_of_shard(ShardIndex shard, const BlobId& id, std::uint32_t shard_count) {
    return SliverPairIndex(static_cast<std::uint16_t>(
        (shard_count + shard.value - rotation(id, shard_count)) % shard_count));
}

}  // namespace walrus
