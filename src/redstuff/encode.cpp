// SPDX-License-Identifier: Apache-2.0
#include "redstuff/encode.hpp"

#include <algorithm>
#include <bit>
#include <optional>

#include "base/check.hpp"
#include "base/checked.hpp"
#include "gf/dispatch.hpp"
#include "gf/pack.hpp"
#include "hash/merkle.hpp"
#include "redstuff/extension.hpp"

namespace walrus {
namespace {

using redstuff::Piece;

/// Columns of a strip: the unit of parallel work, and the width that the row trees are reduced by
/// before anything of them is stored. A power of two.
constexpr std::size_t kStripColumnsMax = 16;
/// Strips per thread that keep all threads busy to the end.
constexpr std::size_t kStripsPerThread = 4;
/// Matrices below this are not worth splitting finely.
constexpr std::size_t kSmallMatrixBytes = 64 * 1024;
/// Rows of the last reduction of the row trees that one call handles.
constexpr std::size_t kRowsPerCall = 64;

/// Rows of the zero-padded source matrix, without a copy of those that lie wholly in the blob.
class SourceRows {
public:
    /// `tail` receives the rows from `whole_rows` on.
    SourceRows(ByteView blob, std::size_t rows, std::size_t row_bytes)
        : blob_(blob), row_bytes_(row_bytes), whole_rows_(std::min(rows, blob.size() / row_bytes)) {
        tail_.resize((rows - whole_rows_) * row_bytes);
        const std::size_t from = whole_rows_ * row_bytes;
        if (!tail_.empty() && from < blob.size())
            std::memcpy(tail_.data(), blob.data() + from, blob.size() - from);
    }

    const Byte* row(std::size_t index) const {
        return index < whole_rows_ ? blob_.data() + index * row_bytes_
                                   : tail_.data() + (index - whole_rows_) * row_bytes_;
    }
    /// Rows before this one, and rows from it on, lie one after the other in memory.
    std::size_t whole_rows() const { return whole_rows_; }

private:
    ByteView blob_;
    std::size_t row_bytes_;
    std::size_t whole_rows_;
    Bytes tail_;
};

}  // namespace

/// One encoding. Rows first: their parity is the secondary slivers S..n-1. Then strips of columns:
/// extended, hashed, reduced to the roots of the column trees and the first levels of the row
/// trees.
class BlobEncoder {
public:
    static Result<EncodedBlob, EncodeError> encode(const CodeParameters& code, ByteView blob,
                                                   BufferPool& pool, Executor& executor) {
        const auto symbol_bytes = code.symbol_bytes(blob.size());
        if (!symbol_bytes) return fail(EncodeError::BlobTooLarge);
        const std::size_t n = code.shard_count();
        auto primary = pool.acquire(n * code.sliver_bytes(Axis::Primary, *symbol_bytes));
        if (!primary) return fail(EncodeError::OutOfMemoryBudget);
        auto secondary = pool.acquire(n * code.sliver_bytes(Axis::Secondary, *symbol_bytes));
        if (!secondary) return fail(EncodeError::OutOfMemoryBudget);

        // The first P primary slivers are the padded blob itself.
        const std::size_t source_bytes =
            code.primary_source_symbols() * code.sliver_bytes(Axis::Primary, *symbol_bytes);
        if (!blob.empty()) std::memcpy(primary->data(), blob.data(), blob.size());
        std::memset(primary->data() + blob.size(), 0, source_bytes - blob.size());

        BlobEncoder encoder(code, *symbol_bytes, primary->view().first(source_bytes), executor);
        encoder.primary_ = primary->data();
        encoder.secondary_ = secondary->data();
        encoder.row_parity_ = encoder.secondary_ + encoder.columns_ * encoder.column_bytes_;
        VerifiedMetadata metadata = encoder.run(blob.size());
        return EncodedBlob(code, std::move(metadata), std::move(*primary), std::move(*secondary));
    }

    static Result<VerifiedMetadata, EncodeError> metadata(const CodeParameters& code, ByteView blob,
                                                          BufferPool& pool, Executor& executor) {
        const auto symbol_bytes = code.symbol_bytes(blob.size());
        if (!symbol_bytes) return fail(EncodeError::BlobTooLarge);
        const std::size_t parity_columns = code.shard_count() - code.secondary_source_symbols();
        auto parity =
            pool.acquire(parity_columns * code.sliver_bytes(Axis::Secondary, *symbol_bytes));
        if (!parity) return fail(EncodeError::OutOfMemoryBudget);
        BlobEncoder encoder(code, *symbol_bytes, blob, executor);
        encoder.row_parity_ = parity->data();
        return encoder.run(blob.size());
    }

private:
    BlobEncoder(const CodeParameters& code, std::size_t symbol_bytes, ByteView source,
                Executor& executor)
        : code_(code),
          executor_(executor),
          row_code_(redstuff::sliver_code(code, Axis::Primary)),
          column_code_(redstuff::sliver_code(code, Axis::Secondary)),
          shards_(code.shard_count()),
          rows_(code.primary_source_symbols()),
          columns_(code.secondary_source_symbols()),
          symbol_bytes_(symbol_bytes),
          row_bytes_(columns_ * symbol_bytes),
          column_bytes_(rows_ * symbol_bytes),
          source_(source, rows_, row_bytes_),
          leaf_digests_(symbol_bytes, shards_ * shards_) {}

    VerifiedMetadata run(std::uint64_t blob_bytes) {
        choose_strips();
        extend_rows();
        extend_columns();
        reduce_rows();
        std::vector<SliverPairMetadata> hashes(shards_);
        for (std::size_t pair = 0; pair < shards_; ++pair)
            hashes[pair] = {row_nodes_[pair], column_roots_[shards_ - 1 - pair]};
        return VerifiedMetadata::from_hashes(code_, blob_bytes, std::move(hashes));
    }

    void choose_strips() {
        strip_columns_ = kStripColumnsMax;
        const std::size_t threads = executor_.concurrency();
        const bool small = shards_ * shards_ * symbol_bytes_ <= kSmallMatrixBytes;
        if (!small && threads > 1)
            while (strip_columns_ > 1 &&
                   div_ceil(shards_, strip_columns_) < kStripsPerThread * threads)
                strip_columns_ /= 2;
        strip_count_ = div_ceil(shards_, strip_columns_);
        column_roots_.resize(shards_);
        row_nodes_.resize(strip_count_ * shards_);
    }

    // Rows.

    void extend_rows() {
        const std::size_t plane = redstuff::plane_bytes_max(row_code_.encode_rows());
        const std::size_t whole = source_.whole_rows();
        std::vector<Piece> pieces = redstuff::cut(whole, symbol_bytes_, plane);
        for (Piece piece : redstuff::cut(rows_ - whole, symbol_bytes_, plane)) {
            piece.first += whole;
            pieces.push_back(piece);
        }
        redstuff::Lending<gf::Workspace> workspaces;
        executor_.parallel_for(pieces.size(), [&](std::size_t i) {
            const auto workspace = workspaces.borrow(row_code_.encode_rows(), plane);
            extend_rows_piece(pieces[i], *workspace);
        });
    }

    /// Symbol c of the rows of the piece side by side in row c of the tile.
    void extend_rows_piece(const Piece& piece, gf::Workspace& workspace) {
        const gf::Kernels& kernels = gf::kernels();
        const std::size_t plane = piece.plane_bytes();
        const gf::Tile tile = workspace.tile(plane);
        const std::size_t in_column = piece.first * symbol_bytes_ + piece.offset;
        for (std::size_t c = 0; c < columns_; ++c) {
            const Byte* from = source_.row(piece.first) + c * symbol_bytes_ + piece.offset;
            gf::load_row(kernels, tile.row(c), plane, {from, row_bytes_, piece.bytes, piece.count});
            if (secondary_ != nullptr)
                gf::copy_symbols(secondary_ + c * column_bytes_ + in_column, symbol_bytes_, from,
                                 row_bytes_, piece.bytes, piece.count);
        }
        gf::rs_encode(row_code_, kernels, tile);
        for (std::size_t j = 0; j < row_code_.parity_count(); ++j)
            gf::store_row(kernels, tile.row(row_code_.parity_row(j)), plane,
                          row_parity_ + j * column_bytes_ + in_column, symbol_bytes_, piece.bytes,
                          piece.count);
    }

    // Columns.

    struct StripScratch {
        StripScratch(const BlobEncoder& encoder, std::size_t plane)
            : leaf_stride(encoder.shards_ + encoder.shards_ % 2),
              workspace(encoder.column_code_.encode_rows(), plane),
              parity(encoder.column_code_.parity_count() * 2 * plane),
              symbols(encoder.shards_),
              leaves(encoder.strip_columns_ * leaf_stride),
              nodes(encoder.shards_ / 2 + 2) {}

        Digest* column(std::size_t index) { return leaves.data() + index * leaf_stride; }

        std::size_t leaf_stride;  // even, so that an odd column ends with an Empty leaf
        gf::Workspace workspace;
        Bytes parity;
        std::vector<const Byte*> symbols;
        std::vector<Digest> leaves;
        std::vector<Digest> nodes;
        std::unique_ptr<hash::LeafHasher> hasher;
    };

    void extend_columns() {
        const std::size_t plane = redstuff::plane_bytes_max(column_code_.encode_rows());
        redstuff::Lending<StripScratch> scratches;
        executor_.parallel_for(strip_count_, [&](std::size_t strip) {
            const auto scratch = scratches.borrow(*this, plane);
            const std::size_t begin = strip * strip_columns_;
            const std::size_t end = std::min(begin + strip_columns_, shards_);
            // Source columns and parity columns come from different places.
            const std::size_t middle = std::clamp(columns_, begin, end);
            for (const auto& [from, to] : {std::pair(begin, middle), std::pair(middle, end)})
                for (Piece piece : redstuff::cut(to - from, symbol_bytes_, plane)) {
                    piece.first += from;
                    extend_columns_piece(piece, *scratch);
                    hash_columns_piece(piece, begin, *scratch);
                }
            for (std::size_t c = begin; c < end; ++c)
                column_roots_[c] =
                    redstuff::root_of(scratch->column(c - begin), shards_, scratch->nodes.data());
            reduce_strip(strip, end - begin, *scratch);
        });
    }

    /// Where the parity symbols of a piece go: into the primary slivers, or only to be hashed.
    bool keeps(const Piece& piece) const { return primary_ != nullptr && piece.first < columns_; }
    Byte* parity_of(const Piece& piece, std::size_t j, StripScratch& scratch) const {
        return keeps(piece) ? primary_ + (rows_ + j) * row_bytes_ + piece.first * symbol_bytes_ +
                                  piece.offset
                            : scratch.parity.data() + j * piece.count * piece.bytes;
    }
    std::size_t parity_stride(const Piece& piece) const {
        return keeps(piece) ? symbol_bytes_ : piece.bytes;
    }
    const Byte* source_of(const Piece& piece, std::size_t row) const {
        return piece.first < columns_
                   ? source_.row(row) + piece.first * symbol_bytes_ + piece.offset
                   : row_parity_ + (piece.first - columns_) * column_bytes_ + row * symbol_bytes_ +
                         piece.offset;
    }
    std::size_t source_stride(const Piece& piece) const {
        return piece.first < columns_ ? symbol_bytes_ : column_bytes_;
    }

    /// Symbol r of the columns of the piece side by side in row r of the tile.
    void extend_columns_piece(const Piece& piece, StripScratch& scratch) {
        const gf::Kernels& kernels = gf::kernels();
        const std::size_t plane = piece.plane_bytes();
        const gf::Tile tile = scratch.workspace.tile(plane);
        for (std::size_t r = 0; r < rows_; ++r)
            gf::load_row(kernels, tile.row(r), plane,
                         {source_of(piece, r), source_stride(piece), piece.bytes, piece.count});
        gf::rs_encode(column_code_, kernels, tile);
        for (std::size_t j = 0; j < column_code_.parity_count(); ++j)
            gf::store_row(kernels, tile.row(column_code_.parity_row(j)), plane,
                          parity_of(piece, j, scratch), parity_stride(piece), piece.bytes,
                          piece.count);
    }

    /// Leaf digests of the piece's columns; of a symbol in pieces when the last one has come.
    void hash_columns_piece(const Piece& piece, std::size_t strip_begin, StripScratch& scratch) {
        for (std::size_t i = 0; i < piece.count; ++i) {
            for (std::size_t r = 0; r < rows_; ++r)
                scratch.symbols[r] = source_of(piece, r) + i * source_stride(piece);
            for (std::size_t j = 0; j < column_code_.parity_count(); ++j)
                scratch.symbols[rows_ + j] =
                    parity_of(piece, j, scratch) + i * parity_stride(piece);
            Digest* leaves = scratch.column(piece.first + i - strip_begin);
            if (piece.whole(symbol_bytes_)) {
                leaf_digests_(scratch.symbols.data(), shards_, leaves);
                continue;
            }
            if (!scratch.hasher)
                scratch.hasher = std::make_unique<hash::LeafHasher>(hash::kernels(), shards_);
            if (piece.offset == 0) scratch.hasher->reset();
            scratch.hasher->update(scratch.symbols.data(), piece.bytes);
            if (piece.completes(symbol_bytes_)) scratch.hasher->finish(leaves);
        }
    }

    // Row trees. A level is a sequence of columns of nodes, one node per row; two neighbouring
    // columns give one of the next level, a last single one is paired with Empty.

    static void pair_columns(const Digest* left, const Digest* right, std::size_t count,
                             Digest* out) {
        const Digest empty{};
        const bool single = right == nullptr;
        hash::hash_inner(hash::kernels(), left->bytes.data(), sizeof(Digest),
                         single ? empty.bytes.data() : right->bytes.data(),
                         single ? 0 : sizeof(Digest), count, out);
    }

    /// The strip's columns of leaves to one column of nodes, log2(strip_columns_) levels up (to the
    /// root if there is only one strip).
    void reduce_strip(std::size_t strip, std::size_t count, StripScratch& scratch) {
        for (std::size_t width = strip_columns_; width > 1; width /= 2) {
            if (strip_count_ == 1 && count == 1) break;
            for (std::size_t i = 0; i < count; i += 2)
                pair_columns(scratch.column(i), i + 1 < count ? scratch.column(i + 1) : nullptr,
                             shards_, scratch.column(i / 2));
            count = (count + 1) / 2;
        }
        std::copy_n(scratch.column(0), shards_, row_nodes_.data() + strip * shards_);
        // Columns of an odd number of leaves rely on the zero behind them; nodes never touch it.
    }

    /// The strips' columns of nodes to the roots, in row_nodes_[0..n).
    void reduce_rows() {
        executor_.parallel_for(div_ceil(shards_, kRowsPerCall), [&](std::size_t call) {
            const std::size_t first = call * kRowsPerCall;
            const std::size_t rows = std::min(kRowsPerCall, shards_ - first);
            Digest* nodes = row_nodes_.data() + first;
            for (std::size_t count = strip_count_; count > 1; count = (count + 1) / 2)
                for (std::size_t i = 0; i < count; i += 2)
                    pair_columns(nodes + i * shards_,
                                 i + 1 < count ? nodes + (i + 1) * shards_ : nullptr, rows,
                                 nodes + i / 2 * shards_);
        });
    }

    const CodeParameters& code_;
    Executor& executor_;
    gf::RsCode row_code_;
    gf::RsCode column_code_;
    std::size_t shards_;        // n
    std::size_t rows_;          // P
    std::size_t columns_;       // S
    std::size_t symbol_bytes_;  // s
    std::size_t row_bytes_;     // of a primary sliver
    std::size_t column_bytes_;  // of a secondary sliver
    SourceRows source_;
    redstuff::LeafDigests leaf_digests_;
    Byte* primary_ = nullptr;     // n primary slivers, or nothing if they are not wanted
    Byte* secondary_ = nullptr;   // n secondary slivers, or nothing
    Byte* row_parity_ = nullptr;  // secondary slivers S..n-1
    std::size_t strip_columns_ = 0;
    std::size_t strip_count_ = 0;
    std::vector<Digest> column_roots_;
    std::vector<Digest> row_nodes_;  // strip after strip, one node per row
};

const char* describe(EncodeError error) {
    switch (error) {
        case EncodeError::BlobTooLarge:
            return "the blob is too large for this number of shards";
        case EncodeError::OutOfMemoryBudget:
            return "the memory budget does not allow encoding this blob";
    }
    return "";
}

ByteView EncodedBlob::primary(SliverIndex index) const {
    WALRUS_CHECK(index.value < code_.shard_count());
    const auto bytes = static_cast<std::size_t>(code_.sliver_bytes(Axis::Primary, symbol_bytes()));
    return primary_.view().subspan(index.value * bytes, bytes);
}

ByteView EncodedBlob::secondary(SliverIndex index) const {
    WALRUS_CHECK(index.value < code_.shard_count());
    const auto bytes =
        static_cast<std::size_t>(code_.sliver_bytes(Axis::Secondary, symbol_bytes()));
    return secondary_.view().subspan(index.value * bytes, bytes);
}

SliverView EncodedBlob::sliver(SliverPairIndex pair, Axis axis) const {
    WALRUS_CHECK(pair.value < code_.shard_count());
    const SliverIndex index = sliver_of_pair(pair, axis, code_.shard_count());
    return {axis == Axis::Primary ? primary(index) : secondary(index),
            static_cast<std::uint16_t>(symbol_bytes()), index};
}

Bytes EncodedBlob::sliver_body(SliverPairIndex pair, Axis axis) const {
    return sliver_body_parts(pair, axis).join();
}

SliverBodyParts EncodedBlob::sliver_body_parts(SliverPairIndex pair, Axis axis) const {
    return walrus::sliver_body_parts(sliver(pair, axis));
}

Result<EncodedBlob, EncodeError> encode_blob(const CodeParameters& code, ByteView blob,
                                             BufferPool& pool, Executor& executor) {
    return BlobEncoder::encode(code, blob, pool, executor);
}

Result<VerifiedMetadata, EncodeError> compute_metadata(const CodeParameters& code, ByteView blob,
                                                       BufferPool& pool, Executor& executor) {
    return BlobEncoder::metadata(code, blob, pool, executor);
}

}  // namespace walrus
