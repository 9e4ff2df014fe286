// SPDX-License-Identifier: Apache-2.0
// Internal to redstuff/: the two halves of encoding (spec/encoding.md §3-§5) on parts of the matrix
// that the caller has in memory: rows are extended, then columns are extended and committed to.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "base/bytes.hpp"
#include "base/executor.hpp"
#include "gf/reed_solomon.hpp"
#include "gf/tile.hpp"
#include "hash/many.hpp"
#include "protocol/parameters.hpp"
#include "redstuff/extension.hpp"
#include "redstuff/metadata.hpp"

namespace walrus::redstuff {

/// Extends rows of S symbols to n. Thread safe.
class RowEncoder {
public:
    RowEncoder(const CodeParameters& code, std::size_t symbol_bytes);

    /// Rows that lie one after the other.
    struct Rows {
        const Byte* source;
        /// Symbol n - S + j of row r goes to parity + j * parity_stride + r * symbol size.
        Byte* parity;
        std::size_t parity_stride;
        /// Source symbol c of row r is copied to columns + c * columns_stride + r * symbol size;
        /// or null.
        Byte* columns = nullptr;
        std::size_t columns_stride = 0;
    };
    /// Working memory of one call.
    class Scratch {
    public:
        explicit Scratch(const RowEncoder& encoder)
            : workspace_(encoder.rs_.encode_rows(), encoder.plane_bytes_) {}

    private:
        friend class RowEncoder;
        gf::Workspace workspace_;
    };

    /// n - S.
    std::size_t parity_count() const { return rs_.parity_count(); }
    /// Cuts this many rows into pieces: the units of work of `extend`.
    std::vector<Piece> pieces(std::size_t row_count) const;
    void extend(const Rows& rows, const Piece& piece, Scratch& scratch) const;

private:
    gf::RsCode rs_;
    std::size_t symbol_bytes_;
    std::size_t row_bytes_;
    std::size_t plane_bytes_;
};

/// Extends columns of P symbols to n, and computes the roots of the trees over all columns and
/// rows. Works on strips of neighbouring columns, in any order, each exactly once; calls for
/// different strips may run at the same time.
class ColumnEncoder {
public:
    /// Columns of a strip, a power of two that keeps working memory in the cache.
    static constexpr std::size_t kStripColumnsMax = 16;

    /// Source rows from `data_rows` on are zero. Precondition: strip_columns is a power of two, at
    /// most kStripColumnsMax.
    ColumnEncoder(const CodeParameters& code, std::size_t symbol_bytes, std::size_t strip_columns,
                  std::size_t data_rows);

    std::size_t strip_count() const { return strip_count_; }
    std::size_t strip_begin(std::size_t strip) const { return strip * strip_columns_; }
    std::size_t strip_end(std::size_t strip) const;

    /// Working memory of one strip. Not thread safe.
    class Scratch {
    public:
        explicit Scratch(const ColumnEncoder& encoder);

    private:
        friend class ColumnEncoder;
        Digest* column(std::size_t index) { return leaves_.data() + index * leaf_stride_; }

        std::size_t leaf_stride_;  // even, so that an odd column ends with an Empty leaf
        gf::Workspace workspace_;
        Bytes parity_;
        std::vector<const Byte*> symbols_;
        std::vector<Digest> leaves_;
        std::vector<Digest> nodes_;
        std::unique_ptr<hash::LeafHasher> hasher_;
    };

    /// Neighbouring columns of one strip.
    struct Columns {
        std::size_t first;
        std::size_t count;
        /// P pointers: symbol r of column `first`; the next column is column_stride further on.
        const Byte* const* symbols;
        std::size_t column_stride;
        /// Symbol P + j of column first + i goes to parity + j * parity_stride + i * symbol size;
        /// null: it is only hashed.
        Byte* parity = nullptr;
        std::size_t parity_stride = 0;
    };
    void extend(std::size_t strip, const Columns& columns, Scratch& scratch) const;
    /// After `extend` of all columns of a strip, with the same scratch.
    void finish_strip(std::size_t strip, Scratch& scratch);
    /// After all strips.
    VerifiedMetadata finish(std::uint64_t blob_bytes, Executor& executor);

private:
    void extend_piece(const Columns& columns, const Piece& piece, Scratch& scratch) const;
    void hash_piece(std::size_t strip, const Columns& columns, const Piece& piece,
                    Scratch& scratch) const;
    /// Leaves of the hashed rows, one after the other, to leaves of all rows.
    void spread(Digest* leaves) const;
    /// Two neighbouring columns of nodes (`right` may be null), rows [begin, end), to one.
    void pair_columns(const Digest* left, const Digest* right, std::size_t begin, std::size_t end,
                      Digest* out) const;
    void reduce_strip(std::size_t strip, std::size_t count, Scratch& scratch);
    void reduce_rows(Executor& executor);

    CodeParameters code_;
    gf::RsCode rs_;
    std::size_t shards_;        // n
    std::size_t symbol_bytes_;  // s
    std::size_t strip_columns_;
    std::size_t strip_count_;
    std::size_t plane_bytes_;
    EqualNodes zero_rows_;
    std::size_t hashed_rows_;  // n, or less the zero rows but one
    LeafDigests leaf_digests_;
    std::vector<Digest> column_roots_;
    std::vector<Digest> row_nodes_;  // strip after strip, one node per row
};

}  // namespace walrus::redstuff
