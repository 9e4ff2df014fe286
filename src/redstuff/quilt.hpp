// SPDX-License-Identifier: Apache-2.0
// Quilts: many small blobs, its patches, in one blob (spec/encoding.md §8, docs/formats/quilt.md).
// A quilt is a blob of exactly P*S symbols. Column c of its source matrix is, byte for byte, its
// secondary sliver c; the index lies in the first columns and every patch begins at a column of its
// own, so one patch is read from the slivers of its columns alone.
//
// Thread safe: pure functions. What is parsed is untrusted: every length is checked before memory
// is taken for it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer_pool.hpp"
#include "base/bytes.hpp"
#include "base/function_ref.hpp"
#include "base/result.hpp"
#include "protocol/ids.hpp"
#include "protocol/parameters.hpp"

namespace walrus {

enum class QuiltCode {
    NoPatches,            ///< a quilt of nothing
    InvalidIdentifier,    ///< empty, too long, not UTF-8, control characters, space at its end
    DuplicateIdentifier,  ///< two patches of one name
    InvalidTags,          ///< not UTF-8, or more than 65,535 bytes serialised
    TooManyPatches,       ///< more than S-1
    PatchTooLarge,        ///< longer than a patch's length field can say
    QuiltTooLarge,        ///< the columns would need symbols above 65,534 bytes
    OutOfMemoryBudget,    ///< the pool's budget does not allow the quilt
    MissingColumn,        ///< the bytes are in a column that is not at hand
    Malformed,            ///< read bytes that are no quilt
};
/// What was wrong, with which patch.
using QuiltError = Failure<QuiltCode>;
template <class T>
using QuiltResult = Result<T, QuiltError>;

using PatchTags = std::map<std::string, std::string>;

/// Columns of the source matrix, half open.
struct PatchColumns {
    std::uint16_t start = 0;
    std::uint16_t end = 0;
    friend auto operator<=>(const PatchColumns&, const PatchColumns&) = default;
};

/// An entry of the index.
struct QuiltPatch {
    PatchColumns columns;
    std::string identifier;
    PatchTags tags;
    friend bool operator==(const QuiltPatch&, const QuiltPatch&) = default;
};

struct QuiltIndex {
    std::vector<QuiltPatch> patches;  ///< in the order of their columns

    /// The first patch of this identifier; null if there is none.
    const QuiltPatch* find(std::string_view identifier) const;
    friend bool operator==(const QuiltIndex&, const QuiltIndex&) = default;
};

/// Names one patch of one quilt. Text: URL-safe base64 of 37 bytes, 50 characters: quilt id, 01,
/// start u16, end u16 (little endian).
struct QuiltPatchId {
    BlobId quilt_id;
    PatchColumns columns;
    friend auto operator<=>(const QuiltPatchId&, const QuiltPatchId&) = default;
};
std::string to_text(const QuiltPatchId& id);
/// URL-safe base64 without padding, or standard base64. Nothing unless 1 <= start < end.
std::optional<QuiltPatchId> parse_quilt_patch_id(std::string_view text);

/// The largest file that a quilt can hold: alone, without tags, with an identifier of one byte.
std::uint64_t patch_bytes_max(const CodeParameters& code);

/// Errors: InvalidIdentifier.
QuiltResult<void> check_patch_identifier(std::string_view identifier);

// -- writing

/// A patch to be, without its data.
struct PatchDescription {
    std::string identifier;
    PatchTags tags;
    std::uint64_t data_bytes = 0;
};

/// Where everything of a quilt goes; follows from the descriptions alone, whatever their order.
class QuiltPlan {
public:
    /// Sorts the patches by identifier and finds the smallest symbols that hold them. Errors:
    /// NoPatches to QuiltTooLarge.
    static QuiltResult<QuiltPlan> make(const CodeParameters& code,
                                       std::vector<PatchDescription> patches);

    std::uint32_t symbol_bytes() const { return symbol_bytes_; }
    /// P*S*symbol size: the length of the quilt.
    std::uint64_t quilt_bytes() const;
    const QuiltIndex& index() const { return index_; }
    /// Which of the descriptions given to `make` the patch of this index entry is.
    std::size_t description_of(std::size_t patch) const { return order_[patch]; }

    /// Puts bytes at an offset of the quilt, which is all zeros at first.
    using Writer = FunctionRef<void(std::uint64_t offset, ByteView bytes)>;
    /// The index and the patches' headers.
    void write_frame(Writer write) const;
    /// A piece of the data of a patch of the index. Precondition: it lies inside the data as
    /// described.
    void write_data(std::size_t patch, std::uint64_t offset, ByteView piece, Writer write) const;

private:
    explicit QuiltPlan(const CodeParameters& code) : code_(code) {}

    CodeParameters code_;
    std::uint32_t symbol_bytes_ = 0;
    QuiltIndex index_;
    std::vector<std::size_t> order_;
    std::vector<std::uint64_t> data_bytes_;  // by patch
};

/// A patch to be.
struct PatchSource {
    std::string identifier;
    PatchTags tags;
    ByteView data;
};
struct EncodedQuilt {
    Buffer blob;
    QuiltIndex index;
};
/// A quilt in memory from the pool. Errors: as `QuiltPlan::make`, OutOfMemoryBudget.
QuiltResult<EncodedQuilt> encode_quilt(const CodeParameters& code,
                                       std::span<const PatchSource> patches, BufferPool& pool);

// -- reading

/// The columns of a quilt that are at hand: all of them as its blob, or some as secondary slivers.
/// Views; the owner of the bytes must outlive it.
class QuiltColumns {
public:
    /// Errors: Malformed (no quilt has this length).
    static QuiltResult<QuiltColumns> of_blob(const CodeParameters& code, ByteView blob);
    /// No column yet. Errors: Malformed, if no quilt has this length.
    static QuiltResult<QuiltColumns> of_length(const CodeParameters& code,
                                               std::uint64_t blob_bytes);
    /// The symbols of secondary sliver `column`. Preconditions: column < S, P symbols.
    void add(std::uint16_t column, ByteView symbols);

    std::uint32_t symbol_bytes() const { return symbol_bytes_; }
    /// P*symbol size.
    std::uint64_t column_bytes() const { return std::uint64_t{rows_} * symbol_bytes_; }
    /// S.
    std::uint32_t column_count() const { return columns_; }
    bool has(std::uint16_t column) const;
    bool has(PatchColumns columns) const;
    /// Bytes [offset, offset + out.size()) of the columns from `start` on, one after the other.
    /// Errors: MissingColumn; Malformed (behind the last column).
    QuiltResult<void> read(std::uint16_t start, std::uint64_t offset, MutableByteView out) const;

private:
    QuiltColumns(const CodeParameters& code, std::uint32_t symbol_bytes)
        : rows_(code.primary_source_symbols()),
          columns_(code.secondary_source_symbols()),
          symbol_bytes_(symbol_bytes) {}

    std::uint32_t rows_;
    std::uint32_t columns_;
    std::uint32_t symbol_bytes_;
    ByteView blob_;                // either this
    std::vector<ByteView> parts_;  // or these; empty: not at hand
};

/// The columns that hold the index: [0, end). Needs column 0. Errors: MissingColumn, Malformed.
QuiltResult<PatchColumns> quilt_index_columns(const QuiltColumns& columns);
/// The index. Needs those columns. Errors: MissingColumn, Malformed.
QuiltResult<QuiltIndex> parse_quilt_index(const QuiltColumns& columns);

/// What stands before the data of a patch.
struct PatchHeader {
    std::string identifier;
    PatchTags tags;
    std::uint64_t data_offset = 0;  ///< from the start of its first column
    std::uint64_t data_bytes = 0;
    friend bool operator==(const PatchHeader&, const PatchHeader&) = default;
};
/// The header of the patch that has these columns; with it `QuiltColumns::read` gives the data.
/// Errors: MissingColumn, Malformed.
QuiltResult<PatchHeader> parse_patch_header(const QuiltColumns& columns, PatchColumns of);

}  // namespace walrus
