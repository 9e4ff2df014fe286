// SPDX-License-Identifier: Apache-2.0
// Everything that follows from the number of shards n: thresholds, code sizes, blob sizes, and the
// mapping between sliver pairs and shards (spec/encoding.md §1, §3). The only home of this
// arithmetic.
#pragma once

#include <cstdint>
#include <optional>

#include "protocol/constants.hpp"
#include "protocol/ids.hpp"

namespace walrus {

/// Parameters of a committee of `shard_count` shards. Made by `make`, so that n is always in range.
class CodeParameters {
public:
    /// Nothing if n is outside [kShardCountMin, kShardCountMax].
    static std::optional<CodeParameters> make(std::uint32_t shard_count);
    /// For accounting only: the ledger's sizes are defined from one shard on, the code is not.
    static std::optional<CodeParameters> make_for_accounting(std::uint32_t shard_count);

    /// n.
    std::uint32_t shard_count() const { return n_; }
    /// f = floor((n-1)/3).
    std::uint32_t faulty_max() const { return (n_ - 1) / 3; }
    /// P = n-2f: rows of the source matrix, symbols of a secondary sliver.
    std::uint32_t primary_source_symbols() const { return n_ - 2 * faulty_max(); }
    /// S = n-f: columns of the source matrix, symbols of a primary sliver.
    std::uint32_t secondary_source_symbols() const { return n_ - faulty_max(); }
    /// Symbols of a sliver of this axis: S for primary, P for secondary.
    std::uint32_t sliver_symbols(Axis axis) const {
        return axis == Axis::Primary ? secondary_source_symbols() : primary_source_symbols();
    }
    /// Slivers of this axis that rebuild the blob: P primary or S secondary.
    std::uint32_t slivers_to_decode(Axis axis) const { return sliver_symbols(orthogonal(axis)); }

    /// Largest blob, bytes.
    std::uint64_t blob_bytes_max() const {
        return std::uint64_t{primary_source_symbols()} * secondary_source_symbols() *
               kSymbolBytesMax;
    }
    /// Symbol size for a blob of this length (0 counts as 1); nothing if the blob is too large.
    std::optional<std::uint32_t> symbol_bytes(std::uint64_t blob_bytes) const;
    /// Bytes of a sliver's symbols.
    std::uint64_t sliver_bytes(Axis axis, std::uint32_t symbol_bytes) const {
        return std::uint64_t{sliver_symbols(axis)} * symbol_bytes;
    }
    /// Accounted size of the encoded blob, equal on and off the ledger; nothing if too large.
    std::optional<std::uint64_t> encoded_blob_bytes(std::uint64_t blob_bytes) const;

    friend bool operator==(const CodeParameters&, const CodeParameters&) = default;

private:
    explicit CodeParameters(std::uint32_t n) : n_(n) {}
    std::uint32_t n_;
};

/// Whole accounting units (MiB), rounded up.
std::uint64_t storage_units(std::uint64_t bytes);

/// 3w >= 2n+1: enough weight for a certificate (equals w >= n-f).
constexpr bool is_quorum(std::uint64_t weight, std::uint64_t shard_count) {
    return 3 * weight >= 2 * shard_count + 1;
}
/// 3w >= n+1: at least one correct node among them.
constexpr bool has_one_correct(std::uint64_t weight, std::uint64_t shard_count) {
    return 3 * weight >= shard_count + 1;
}

/// How far the pairs of this blob are rotated over the shards: the id as a big-endian integer mod
/// n.
std::uint32_t rotation(const BlobId& id, std::uint32_t shard_count);
ShardIndex shard_of_pair(SliverPairIndex pair, const BlobId& id, std::uint32_t shard_count);
SliverPairIndex pair_of_shard(ShardIndex shard, const BlobId& id, std::uint32_t shard_count);

/// Precondition: index < n.
constexpr SliverIndex sliver_of_pair(SliverPairIndex pair, Axis axis, std::uint32_t shard_count) {
    return SliverIndex(axis == Axis::Primary
                           ? pair.value
                           : static_cast<std::uint16_t>(shard_count - 1 - pair.value));
}
constexpr SliverPairIndex pair_of_sliver(SliverIndex sliver, Axis axis, std::uint32_t shard_count) {
    return SliverPairIndex(axis == Axis::Primary
                               ? sliver.value
                               : static_cast<std::uint16_t>(shard_count - 1 - sliver.value));
}

}  // namespace walrus
