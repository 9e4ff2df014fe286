// SPDX-License-Identifier: Apache-2.0
#include "redstuff/encode_parts.hpp"

#include <algorithm>
#include <bit>

#include "base/check.hpp"
#include "base/checked.hpp"
#include "gf/dispatch.hpp"
#include "gf/pack.hpp"
#include "hash/merkle.hpp"

namespace walrus::redstuff {
namespace {

/// Rows of the last reduction of the row trees that one call handles.
constexpr std::size_t kRowsPerCall = 64;

/// Rows ahead of the one in work that are asked from memory: neighbouring rows are far apart there,
/// where no prefetcher of the processor looks.
constexpr std::size_t kRowsAhead = 6;

template <int kWrite>
inline void prefetch(const Byte* data, std::size_t bytes) {
    constexpr std::size_t kLineBytes = 64;
    for (std::size_t i = 0; i < bytes; i += kLineBytes) __builtin_prefetch(data + i, kWrite);
}

}  // namespace

RowEncoder::RowEncoder(const CodeParameters& code, std::size_t symbol_bytes)
    : rs_(sliver_code(code, Axis::Primary)),
      symbol_bytes_(symbol_bytes),
      row_bytes_(code.sliver_symbols(Axis::Primary) * symbol_bytes),
      plane_bytes_(plane_bytes_max(rs_.encode_rows())) {}

std::vector<Piece> RowEncoder::pieces(std::size_t row_count) const {
    return cut(row_count, symbol_bytes_, plane_bytes_);
}

/// Symbol c of the rows of the piece side by side in row c of the tile.
void RowEncoder::extend(const Rows& rows, const Piece& piece, Scratch& scratch) const {
    const gf::Kernels& kernels = gf::kernels();
    const std::size_t plane = piece.plane_bytes();
    const gf::Tile tile = scratch.workspace_.tile(plane);
    const std::size_t in_column = piece.first * symbol_bytes_ + piece.offset;
    const std::size_t columns = row_bytes_ / symbol_bytes_;
    for (std::size_t c = 0; c < columns; ++c) {
        const Byte* from =
            rows.source + piece.first * row_bytes_ + c * symbol_bytes_ + piece.offset;
        gf::load_row(kernels, tile.row(c), plane, {from, row_bytes_, piece.bytes, piece.count});
        if (rows.columns != nullptr)
            gf::copy_symbols(rows.columns + c * rows.columns_stride + in_column, symbol_bytes_,
                             from, row_bytes_, piece.bytes, piece.count);
    }
    gf::rs_encode(rs_, kernels, tile);
    for (std::size_t j = 0; j < rs_.parity_count(); ++j)
        gf::store_row(kernels, tile.row(rs_.parity_row(j)), plane,
                      rows.parity + j * rows.parity_stride + in_column, symbol_bytes_, piece.bytes,
                      piece.count);
}

ColumnEncoder::ColumnEncoder(const CodeParameters& code, std::size_t symbol_bytes,
                             std::size_t strip_columns, std::size_t data_rows)
    : code_(code),
      rs_(sliver_code(code, Axis::Secondary)),
      shards_(code.shard_count()),
      symbol_bytes_(symbol_bytes),
      strip_columns_(strip_columns),
      strip_count_(div_ceil(shards_, strip_columns)),
      plane_bytes_(plane_bytes_max(rs_.encode_rows())),
      zero_rows_{std::min(data_rows, rs_.source_count()), rs_.source_count()},
      hashed_rows_(shards_ -
                   (zero_rows_.begin < zero_rows_.end ? zero_rows_.end - zero_rows_.begin - 1 : 0)),
      leaf_digests_(symbol_bytes, shards_ * hashed_rows_),
      column_roots_(shards_),
      row_nodes_(strip_count_ * shards_) {
    WALRUS_CHECK(std::has_single_bit(strip_columns) && strip_columns <= kStripColumnsMax);
}

std::size_t ColumnEncoder::strip_end(std::size_t strip) const {
    return std::min(strip_begin(strip) + strip_columns_, shards_);
}

ColumnEncoder::Scratch::Scratch(const ColumnEncoder& encoder)
    : leaf_stride_(encoder.shards_ + encoder.shards_ % 2),
      workspace_(encoder.rs_.encode_rows(), encoder.plane_bytes_),
      parity_(encoder.rs_.parity_count() * 2 * encoder.plane_bytes_),
      symbols_(encoder.shards_),
      leaves_(encoder.strip_columns_ * leaf_stride_),
      nodes_(encoder.shards_ / 2 + 2) {}

void ColumnEncoder::extend(std::size_t strip, const Columns& columns, Scratch& scratch) const {
    for (const Piece& piece : cut(columns.count, symbol_bytes_, plane_bytes_)) {
        extend_piece(columns, piece, scratch);
        hash_piece(strip, columns, piece, scratch);
    }
}

/// Symbol r of the columns of the piece side by side in row r of the tile.
void ColumnEncoder::extend_piece(const Columns& columns, const Piece& piece,
                                 Scratch& scratch) const {
    const gf::Kernels& kernels = gf::kernels();
    const std::size_t plane = piece.plane_bytes();
    const gf::Tile tile = scratch.workspace_.tile(plane);
    const std::size_t at = piece.first * columns.column_stride + piece.offset;
    const std::size_t sources = rs_.source_count();
    const bool side_by_side = columns.column_stride == piece.bytes || piece.count == 1;
    for (std::size_t r = 0; r < sources; ++r) {
        if (side_by_side && r + kRowsAhead < sources)
            prefetch<0>(columns.symbols[r + kRowsAhead] + at, piece.count * piece.bytes);
        gf::load_row(kernels, tile.row(r), plane,
                     {columns.symbols[r] + at, columns.column_stride, piece.bytes, piece.count});
    }
    gf::rs_encode(rs_, kernels, tile);
    if (columns.parity == nullptr) {
        for (std::size_t j = 0; j < rs_.parity_count(); ++j)
            gf::store_row(kernels, tile.row(rs_.parity_row(j)), plane,
                          scratch.parity_.data() + j * piece.count * piece.bytes, piece.bytes,
                          piece.bytes, piece.count);
        return;
    }
    Byte* const parity = columns.parity + piece.first * symbol_bytes_ + piece.offset;
    for (std::size_t j = 0; j < rs_.parity_count(); ++j) {
        if (j + kRowsAhead < rs_.parity_count())
            prefetch<1>(parity + (j + kRowsAhead) * columns.parity_stride,
                        piece.count * piece.bytes);
        gf::store_row(kernels, tile.row(rs_.parity_row(j)), plane,
                      parity + j * columns.parity_stride, symbol_bytes_, piece.bytes, piece.count);
    }
}

/// Leaf digests of the piece's columns; of a symbol in pieces when the last one has come.
void ColumnEncoder::hash_piece(std::size_t strip, const Columns& columns, const Piece& piece,
                               Scratch& scratch) const {
    const std::size_t parities = rs_.parity_count();
    const std::size_t sources = hashed_rows_ - parities;  // with one zero row
    const bool keep = columns.parity != nullptr;
    for (std::size_t i = 0; i < piece.count; ++i) {
        const std::size_t column = piece.first + i;
        for (std::size_t r = 0; r < sources; ++r)
            scratch.symbols_[r] =
                columns.symbols[r] + column * columns.column_stride + piece.offset;
        for (std::size_t j = 0; j < parities; ++j)
            scratch.symbols_[sources + j] =
                keep ? columns.parity + j * columns.parity_stride + column * symbol_bytes_ +
                           piece.offset
                     : scratch.parity_.data() + (j * piece.count + i) * piece.bytes;
        Digest* leaves = scratch.column(columns.first + column - strip_begin(strip));
        if (piece.whole(symbol_bytes_)) {
            leaf_digests_(scratch.symbols_.data(), hashed_rows_, leaves);
            spread(leaves);
            continue;
        }
        if (!scratch.hasher_)
            scratch.hasher_ = std::make_unique<hash::LeafHasher>(hash::kernels(), hashed_rows_);
        if (piece.offset == 0) scratch.hasher_->reset();
        scratch.hasher_->update(scratch.symbols_.data(), piece.bytes);
        if (!piece.completes(symbol_bytes_)) continue;
        scratch.hasher_->finish(leaves);
        spread(leaves);
    }
}

void ColumnEncoder::spread(Digest* leaves) const {
    if (hashed_rows_ == shards_) return;
    std::copy_backward(leaves + zero_rows_.begin + 1, leaves + hashed_rows_, leaves + shards_);
    std::fill(leaves + zero_rows_.begin + 1, leaves + zero_rows_.end, leaves[zero_rows_.begin]);
}

void ColumnEncoder::finish_strip(std::size_t strip, Scratch& scratch) {
    const std::size_t begin = strip_begin(strip);
    const std::size_t end = strip_end(strip);
    for (std::size_t c = begin; c < end; ++c)
        column_roots_[c] =
            root_of(scratch.column(c - begin), shards_, scratch.nodes_.data(), zero_rows_);
    reduce_strip(strip, end - begin, scratch);
}

// Row trees. A level is a sequence of columns of nodes, one node per row; two neighbouring columns
// give one of the next level, a last single one is paired with Empty.
void ColumnEncoder::pair_columns(const Digest* left, const Digest* right, std::size_t begin,
                                 std::size_t end, Digest* out) const {
    const Digest empty{};
    const auto reduce = [&](std::size_t first, std::size_t last) {
        if (first >= last) return;
        hash::hash_inner(hash::kernels(), left[first].bytes.data(), sizeof(Digest),
                         right == nullptr ? empty.bytes.data() : right[first].bytes.data(),
                         right == nullptr ? 0 : sizeof(Digest), last - first, out + first);
    };
    const std::size_t zero_begin = std::clamp(zero_rows_.begin, begin, end);
    const std::size_t zero_end = std::clamp(zero_rows_.end, begin, end);
    if (zero_begin + 1 >= zero_end) return reduce(begin, end);
    reduce(begin, zero_begin + 1);
    reduce(zero_end, end);
    std::fill(out + zero_begin + 1, out + zero_end, out[zero_begin]);
}

/// The strip's columns of leaves to one column of nodes, log2(strip_columns_) levels up (to the
/// root if there is only one strip).
void ColumnEncoder::reduce_strip(std::size_t strip, std::size_t count, Scratch& scratch) {
    for (std::size_t width = strip_columns_; width > 1; width /= 2) {
        if (strip_count_ == 1 && count == 1) break;
        for (std::size_t i = 0; i < count; i += 2)
            pair_columns(scratch.column(i), i + 1 < count ? scratch.column(i + 1) : nullptr, 0,
                         shards_, scratch.column(i / 2));
        count = (count + 1) / 2;
    }
    std::copy_n(scratch.column(0), shards_, row_nodes_.data() + strip * shards_);
    // Columns of an odd number of leaves rely on the zero behind them; nodes never touch it.
}

/// The strips' columns of nodes to the roots, in row_nodes_[0..n).
void ColumnEncoder::reduce_rows(Executor& executor) {
    executor.parallel_for(div_ceil(shards_, kRowsPerCall), [&](std::size_t call) {
        const std::size_t first = call * kRowsPerCall;
        const std::size_t last = std::min(first + kRowsPerCall, shards_);
        Digest* nodes = row_nodes_.data();
        for (std::size_t count = strip_count_; count > 1; count = (count + 1) / 2)
            for (std::size_t i = 0; i < count; i += 2)
                pair_columns(nodes + i * shards_,
                             i + 1 < count ? nodes + (i + 1) * shards_ : nullptr, first, last,
                             nodes + i / 2 * shards_);
    });
}

VerifiedMetadata ColumnEncoder::finish(std::uint64_t blob_bytes, Executor& executor) {
    reduce_rows(executor);
    std::vector<SliverPairMetadata> hashes(shards_);
    for (std::size_t pair = 0; pair < shards_; ++pair)
        hashes[pair] = {row_nodes_[pair], column_roots_[shards_ - 1 - pair]};
    return VerifiedMetadata::from_hashes(code_, blob_bytes, std::move(hashes));
}

}  // namespace walrus::redstuff
