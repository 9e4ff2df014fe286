// SPDX-License-Identifier: Apache-2.0
// The systematic Reed-Solomon code of the protocol (spec/encoding.md §2.5-§2.8) on tiles: k source
// rows give m parity rows; any k of the k+m rows give the source rows back. Everything is element
// by element along the row, so any number of code words lie side by side in one tile.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "gf/kernels.hpp"
#include "gf/tile.hpp"

namespace walrus::gf {

/// The shape of a code.
class RsCode {
public:
    /// Nothing if k or m is 0 or the field is too small for them.
    static std::optional<RsCode> make(std::size_t source_count, std::size_t parity_count);

    std::size_t source_count() const { return source_count_; }
    std::size_t parity_count() const { return parity_count_; }
    /// High rate: transforms of the size of the parity; low rate: of the size of the source.
    bool high_rate() const { return high_rate_; }
    /// Size of the transforms, a power of two.
    std::size_t chunk() const { return chunk_; }

    /// Rows of the tile that `rs_encode` works on.
    std::size_t encode_rows() const;
    /// Where it leaves parity j.
    std::size_t parity_row(std::size_t parity) const {
        return high_rate_ ? parity : chunk_ + parity;
    }

private:
    RsCode() = default;
    std::size_t source_count_ = 0;
    std::size_t parity_count_ = 0;
    std::size_t chunk_ = 0;
    bool high_rate_ = false;
};

/// In: source i in row i, tower form. Out: parity j in row code.parity_row(j), tower form; the
/// other rows are destroyed. The tile has code.encode_rows() rows.
void rs_encode(const RsCode& code, const Kernels& kernels, const Tile& tile);

/// Decodes one erasure pattern; the locator is computed once, at construction, over the window of
/// the code only, and serves any number of tiles.
class RsDecoder {
public:
    /// `received`: exactly k distinct positions, source i as i, parity j as k + j.
    RsDecoder(const RsCode& code, std::span<const std::size_t> received);
    /// The same, from a small cache by code and set of positions: who repairs a shard meets one
    /// pattern for many blobs. Thread safe.
    static std::shared_ptr<const RsDecoder> shared(const RsCode& code,
                                                   std::span<const std::size_t> received);

    /// Rows of the tile that `decode` works on.
    std::size_t rows() const { return rows_; }
    /// The row of a position: where a received shard is to be loaded, and where a missing source
    /// shard is found afterwards.
    std::size_t row_of(std::size_t position) const;
    /// Source positions that were not received, ascending.
    const std::vector<std::size_t>& missing() const { return missing_; }

    /// In: every received shard in its row, tower form; the other rows may hold anything. Out: the
    /// missing source shards in their rows; the other rows are destroyed.
    void decode(const Kernels& kernels, const Tile& tile) const;

private:
    RsCode code_;
    std::size_t rows_ = 0;
    bool first_block_twice_ = false;           // low rate: in the sum with the derivative
    std::size_t used_ = 0;                     // rows beyond are always zero on input
    std::vector<Multiplier> received_factor_;  // by row; meaningful where received_row_ is set
    std::vector<bool> received_row_;
    std::vector<std::size_t> missing_;
    std::vector<Multiplier> missing_factor_;  // in the order of missing_
};

}  // namespace walrus::gf
