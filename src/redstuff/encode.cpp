// SPDX-License-Identifier: Apache-2.0
#include "redstuff/encode.hpp"

#include <algorithm>
#include <cstring>

#include "base/check.hpp"
#include "base/checked.hpp"
#include "redstuff/encode_parts.hpp"

namespace walrus {
namespace {

using redstuff::ColumnEncoder;
using redstuff::Piece;
using redstuff::RowEncoder;

/// Strips per thread that keep all threads busy to the end.
constexpr std::size_t kStripsPerThread = 4;
/// Matrices below this are not worth splitting finely.
constexpr std::size_t kSmallMatrixBytes = 64 * 1024;

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

std::size_t choose_strip_columns(std::size_t shards, std::size_t symbol_bytes,
                                 std::size_t threads) {
    std::size_t columns = ColumnEncoder::kStripColumnsMax;
    if (threads > 1 && shards * shards * symbol_bytes > kSmallMatrixBytes)
        while (columns > 1 && div_ceil(shards, columns) < kStripsPerThread * threads) columns /= 2;
    return columns;
}

}  // namespace

/// One encoding of a blob in memory. Rows first: their parity is the secondary slivers S..n-1. Then
/// strips of columns.
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

        BlobEncoder encoder(code, *symbol_bytes, blob.size(), primary->view().first(source_bytes),
                            executor);
        encoder.primary_ = primary->data();
        encoder.secondary_ = secondary->data();
        encoder.row_parity_ = encoder.secondary_ + encoder.columns_ * encoder.column_bytes_;
        VerifiedMetadata metadata = encoder.run();
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
        BlobEncoder encoder(code, *symbol_bytes, blob.size(), blob, executor);
        encoder.row_parity_ = parity->data();
        return encoder.run();
    }

private:
    /// `source` is the blob, or the blob and the zeros behind it.
    BlobEncoder(const CodeParameters& code, std::size_t symbol_bytes, std::size_t blob_bytes,
                ByteView source, Executor& executor)
        : executor_(executor),
          rows_(code.primary_source_symbols()),
          columns_(code.secondary_source_symbols()),
          symbol_bytes_(symbol_bytes),
          row_bytes_(columns_ * symbol_bytes),
          column_bytes_(rows_ * symbol_bytes),
          data_rows_(div_ceil(blob_bytes, row_bytes_)),
          source_(source, rows_, row_bytes_),
          row_encoder_(code, symbol_bytes),
          column_encoder_(
              code, symbol_bytes,
              choose_strip_columns(code.shard_count(), symbol_bytes, executor.concurrency()),
              data_rows_),
          blob_bytes_(blob_bytes) {}

    VerifiedMetadata run() {
        extend_rows();
        clear_zero_rows();
        extend_columns();
        return column_encoder_.finish(blob_bytes_, executor_);
    }

    void extend_rows() {
        const std::size_t whole = std::min(source_.whole_rows(), data_rows_);
        std::vector<Piece> pieces = row_encoder_.pieces(whole);
        const std::size_t whole_pieces = pieces.size();
        for (const Piece& piece : row_encoder_.pieces(data_rows_ - whole)) pieces.push_back(piece);
        redstuff::Lending<RowEncoder::Scratch> scratches;
        executor_.parallel_for(pieces.size(), [&](std::size_t i) {
            const std::size_t first = i < whole_pieces ? 0 : whole;
            const std::size_t in_column = first * symbol_bytes_;
            const auto scratch = scratches.borrow(row_encoder_);
            row_encoder_.extend(
                {source_.row(first), row_parity_ + in_column, column_bytes_,
                 secondary_ == nullptr ? nullptr : secondary_ + in_column, column_bytes_},
                pieces[i], *scratch);
        });
    }

    /// The code of zeros is zero.
    void clear_zero_rows() {
        Byte* const columns = secondary_ == nullptr ? row_parity_ : secondary_;
        Byte* const end = row_parity_ + (row_encoder_.parity_count()) * column_bytes_;
        const std::size_t data = data_rows_ * symbol_bytes_;
        if (data == column_bytes_) return;
        for (Byte* column = columns; column != end; column += column_bytes_)
            std::memset(column + data, 0, column_bytes_ - data);
    }

    void extend_columns() {
        redstuff::Lending<ColumnEncoder::Scratch> scratches;
        redstuff::Lending<std::vector<const Byte*>> pointers;
        executor_.parallel_for(column_encoder_.strip_count(), [&](std::size_t strip) {
            const auto scratch = scratches.borrow(column_encoder_);
            const auto symbols = pointers.borrow(rows_);
            const std::size_t begin = column_encoder_.strip_begin(strip);
            const std::size_t end = column_encoder_.strip_end(strip);
            // Source columns and parity columns come from different places.
            const std::size_t middle = std::clamp(columns_, begin, end);
            if (begin < middle) {
                for (std::size_t r = 0; r < rows_; ++r)
                    (*symbols)[r] = source_.row(r) + begin * symbol_bytes_;
                Byte* parity = primary_ == nullptr
                                   ? nullptr
                                   : primary_ + rows_ * row_bytes_ + begin * symbol_bytes_;
                column_encoder_.extend(
                    strip,
                    {begin, middle - begin, symbols->data(), symbol_bytes_, parity, row_bytes_},
                    *scratch);
            }
            if (middle < end) {
                for (std::size_t r = 0; r < rows_; ++r)
                    (*symbols)[r] =
                        row_parity_ + (middle - columns_) * column_bytes_ + r * symbol_bytes_;
                column_encoder_.extend(
                    strip, {middle, end - middle, symbols->data(), column_bytes_}, *scratch);
            }
            column_encoder_.finish_strip(strip, *scratch);
        });
    }

    Executor& executor_;
    std::size_t rows_;          // P
    std::size_t columns_;       // S
    std::size_t symbol_bytes_;  // s
    std::size_t row_bytes_;     // of a primary sliver
    std::size_t column_bytes_;  // of a secondary sliver
    std::size_t data_rows_;     // the source rows behind are zero
    SourceRows source_;
    RowEncoder row_encoder_;
    ColumnEncoder column_encoder_;
    std::uint64_t blob_bytes_;
    Byte* primary_ = nullptr;     // n primary slivers, or nothing if they are not wanted
    Byte* secondary_ = nullptr;   // n secondary slivers, or nothing
    Byte* row_parity_ = nullptr;  // secondary slivers S..n-1
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
