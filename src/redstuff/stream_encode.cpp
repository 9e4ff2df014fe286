// SPDX-License-Identifier: Apache-2.0
#include "redstuff/stream_encode.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <optional>
#include <vector>

#include "base/checked.hpp"
#include "base/function_ref.hpp"
#include "redstuff/encode_parts.hpp"

namespace walrus {
namespace {

using redstuff::ColumnEncoder;
using redstuff::Piece;
using redstuff::RowEncoder;

/// Strips, and groups of rows, per thread that keep all threads busy to the end.
constexpr std::size_t kPartsPerThread = 4;
/// Groups of rows write at least this much at a time into a column of the scratch space, if memory
/// allows.
constexpr std::size_t kScratchWriteBytes = 64 << 10;

/// One encoding. The work is done by lanes: each has buffers of its own and takes one part after
/// the other, so that memory bounds their number and not the executor.
class StreamEncoder {
public:
    StreamEncoder(const CodeParameters& code, std::size_t symbol_bytes, BlobSource& source,
                  ScratchSpace& scratch, SliverSink* sink, Executor& executor,
                  const StreamEncodeOptions& options)
        : code_(code),
          source_(source),
          scratch_(scratch),
          sink_(sink),
          executor_(executor),
          shards_(code.shard_count()),
          rows_(code.primary_source_symbols()),
          columns_(code.secondary_source_symbols()),
          symbol_bytes_(symbol_bytes),
          row_bytes_(columns_ * symbol_bytes),
          column_bytes_(rows_ * symbol_bytes),
          memory_bytes_(options.memory_bytes) {}

    Result<VerifiedMetadata, StreamEncodeError> run() {
        if (!plan()) return fail(StreamEncodeError::OutOfMemory);
        extend_rows();
        if (!failed()) extend_columns();
        const auto error = error_.load();
        if (error != kNone) return fail(static_cast<StreamEncodeError>(error));
        return column_encoder_->finish(source_.size(), executor_);
    }

private:
    static constexpr int kNone = -1;

    // Memory of a lane.
    std::size_t row_lane_bytes(std::size_t rows) const { return rows * shards_ * symbol_bytes_; }
    std::size_t column_lane_bytes(std::size_t columns) const {
        return (columns * shards_ + rows_) * symbol_bytes_;
    }

    /// As many lanes as there are threads and memory allows, then parts as large as memory allows.
    bool plan() {
        const std::size_t needed = std::max(row_lane_bytes(1), column_lane_bytes(1));
        lanes_ = std::min(executor_.concurrency(), memory_bytes_ / needed);
        if (lanes_ == 0) return false;
        const std::size_t lane_bytes = memory_bytes_ / lanes_;

        std::size_t strip = ColumnEncoder::kStripColumnsMax;
        const auto too_wide = [&] {
            return column_lane_bytes(strip) > lane_bytes ||
                   (lanes_ > 1 && div_ceil(shards_, strip) < kPartsPerThread * lanes_);
        };
        while (strip > 1 && too_wide()) strip /= 2;
        column_encoder_.emplace(
            code_, symbol_bytes_, strip,
            static_cast<std::size_t>(div_ceil(source_.size(), std::uint64_t{row_bytes_})));

        const std::size_t useful = std::max(div_ceil(kScratchWriteBytes, symbol_bytes_),
                                            div_ceil(rows_, kPartsPerThread * lanes_));
        group_rows_ = std::clamp(std::min(useful, rows_), std::size_t{1},
                                 std::max<std::size_t>(lane_bytes / row_lane_bytes(1), 1));
        return true;
    }

    bool failed() const { return error_.load(std::memory_order_relaxed) != kNone; }
    /// True if the call went well; the first error is the one reported.
    bool check(bool done, StreamEncodeError error) {
        if (done) return true;
        int none = kNone;
        error_.compare_exchange_strong(none, static_cast<int>(error));
        return false;
    }

    /// Parts 0..count-1 on all lanes until one fails; `work` makes a lane's buffers and returns
    /// what handles a part.
    template <class MakeLane>
    void on_lanes(std::size_t count, MakeLane make_lane) {
        std::atomic<std::size_t> next{0};
        executor_.parallel_for(std::min(lanes_, count), [&](std::size_t) {
            std::size_t part = next.fetch_add(1);
            if (part >= count) return;
            auto lane = make_lane();
            for (; part < count && !failed(); part = next.fetch_add(1))
                if (!lane(part)) return;
        });
    }

    /// Bytes of the zero-padded blob.
    bool read_source(std::uint64_t offset, MutableByteView out) {
        const std::uint64_t size = source_.size();
        const std::size_t there = static_cast<std::size_t>(
            offset < size ? std::min<std::uint64_t>(out.size(), size - offset) : 0);
        if (there > 0 &&
            !check(source_.read(offset, out.first(there)), StreamEncodeError::SourceFailed))
            return false;
        std::fill(out.begin() + static_cast<std::ptrdiff_t>(there), out.end(), Byte{0});
        return true;
    }
    bool emit(Axis axis, std::size_t index, std::uint64_t offset, ByteView data) {
        return check(
            sink_->write(axis, SliverIndex(static_cast<std::uint16_t>(index)), offset, data),
            StreamEncodeError::SinkFailed);
    }

    /// Column j of the row parity (secondary sliver S + j) starts here in the scratch space.
    std::uint64_t scratch_offset(std::size_t j) const { return std::uint64_t{j} * column_bytes_; }

    void extend_rows() {
        const RowEncoder encoder(code_, symbol_bytes_);
        on_lanes(div_ceil(rows_, group_rows_), [&] {
            return [this, &encoder, scratch = RowEncoder::Scratch(encoder),
                    source = Bytes(group_rows_ * row_bytes_),
                    parity = Bytes(group_rows_ * (shards_ - columns_) * symbol_bytes_)](
                       std::size_t group) mutable {
                const std::size_t first = group * group_rows_;
                const std::size_t count = std::min(group_rows_, rows_ - first);
                if (!read_source(std::uint64_t{first} * row_bytes_,
                                 MutableByteView(source).first(count * row_bytes_)))
                    return false;
                if (sink_ != nullptr)
                    for (std::size_t r = 0; r < count; ++r)
                        if (!emit(Axis::Primary, first + r, 0,
                                  ByteView(source).subspan(r * row_bytes_, row_bytes_)))
                            return false;
                const std::size_t stride = count * symbol_bytes_;
                for (const Piece& piece : encoder.pieces(count))
                    encoder.extend({source.data(), parity.data(), stride}, piece, scratch);
                for (std::size_t j = 0; j < shards_ - columns_; ++j)
                    if (!check(
                            scratch_.write(scratch_offset(j) + std::uint64_t{first} * symbol_bytes_,
                                           ByteView(parity).subspan(j * stride, stride)),
                            StreamEncodeError::ScratchFailed))
                        return false;
                return true;
            };
        });
    }

    struct ColumnLane {
        explicit ColumnLane(const StreamEncoder& e, std::size_t strip_columns)
            : scratch(*e.column_encoder_),
              source(strip_columns * e.column_bytes_),
              symbols(e.rows_) {
            if (e.sink_ == nullptr) return;
            parity.resize(strip_columns * (e.shards_ - e.rows_) * e.symbol_bytes_);
            column.resize(e.column_bytes_);
        }
        ColumnEncoder::Scratch scratch;
        Bytes source;  // symbols of the strip: row after row, or column after column
        Bytes parity;  // row after row
        Bytes column;
        std::vector<const Byte*> symbols;
    };

    void extend_columns() {
        const std::size_t strip_columns = column_encoder_->strip_end(0);
        on_lanes(column_encoder_->strip_count(), [&] {
            return [this, lane = ColumnLane(*this, strip_columns)](std::size_t strip) mutable {
                const std::size_t begin = column_encoder_->strip_begin(strip);
                const std::size_t end = column_encoder_->strip_end(strip);
                const std::size_t middle = std::clamp(columns_, begin, end);
                if (begin < middle && !source_columns(strip, begin, middle - begin, lane))
                    return false;
                if (middle < end && !parity_columns(strip, middle, end - middle, lane))
                    return false;
                column_encoder_->finish_strip(strip, lane.scratch);
                return true;
            };
        });
    }

    bool source_columns(std::size_t strip, std::size_t first, std::size_t count, ColumnLane& lane) {
        const std::size_t width = count * symbol_bytes_;
        for (std::size_t r = 0; r < rows_; ++r) {
            if (!read_source(std::uint64_t{r} * row_bytes_ + first * symbol_bytes_,
                             MutableByteView(lane.source).subspan(r * width, width)))
                return false;
            lane.symbols[r] = lane.source.data() + r * width;
        }
        column_encoder_->extend(strip,
                                {first, count, lane.symbols.data(), symbol_bytes_,
                                 sink_ == nullptr ? nullptr : lane.parity.data(), width},
                                lane.scratch);
        if (sink_ == nullptr) return true;
        for (std::size_t i = 0; i < count; ++i) {
            for (std::size_t r = 0; r < rows_; ++r)
                std::memcpy(lane.column.data() + r * symbol_bytes_,
                            lane.symbols[r] + i * symbol_bytes_, symbol_bytes_);
            if (!emit(Axis::Secondary, first + i, 0, lane.column)) return false;
        }
        for (std::size_t j = 0; j < shards_ - rows_; ++j)
            if (!emit(Axis::Primary, rows_ + j, std::uint64_t{first} * symbol_bytes_,
                      ByteView(lane.parity).subspan(j * width, width)))
                return false;
        return true;
    }

    bool parity_columns(std::size_t strip, std::size_t first, std::size_t count, ColumnLane& lane) {
        const MutableByteView all = MutableByteView(lane.source).first(count * column_bytes_);
        if (!check(scratch_.read(scratch_offset(first - columns_), all),
                   StreamEncodeError::ScratchFailed))
            return false;
        for (std::size_t r = 0; r < rows_; ++r) lane.symbols[r] = all.data() + r * symbol_bytes_;
        column_encoder_->extend(strip, {first, count, lane.symbols.data(), column_bytes_},
                                lane.scratch);
        if (sink_ == nullptr) return true;
        for (std::size_t i = 0; i < count; ++i)
            if (!emit(Axis::Secondary, first + i, 0,
                      ByteView(all).subspan(i * column_bytes_, column_bytes_)))
                return false;
        return true;
    }

    const CodeParameters& code_;
    BlobSource& source_;
    ScratchSpace& scratch_;
    SliverSink* sink_;
    Executor& executor_;
    std::size_t shards_;        // n
    std::size_t rows_;          // P
    std::size_t columns_;       // S
    std::size_t symbol_bytes_;  // s
    std::size_t row_bytes_;     // of a primary sliver
    std::size_t column_bytes_;  // of a secondary sliver
    std::size_t memory_bytes_;
    std::size_t lanes_ = 1;
    std::size_t group_rows_ = 1;
    std::optional<ColumnEncoder> column_encoder_;
    std::atomic<int> error_{kNone};
};

}  // namespace

bool MemoryScratch::write(std::uint64_t offset, ByteView data) {
    if (offset > bytes_.size() || data.size() > bytes_.size() - offset) return false;
    std::copy(data.begin(), data.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(offset));
    return true;
}

bool MemoryScratch::read(std::uint64_t offset, MutableByteView out) {
    if (offset > bytes_.size() || out.size() > bytes_.size() - offset) return false;
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
    return true;
}

std::optional<std::uint64_t> row_parity_bytes(const CodeParameters& code,
                                              std::uint64_t blob_bytes) {
    const auto symbol_bytes = code.symbol_bytes(blob_bytes);
    if (!symbol_bytes) return std::nullopt;
    return std::uint64_t{code.shard_count() - code.secondary_source_symbols()} *
           code.sliver_bytes(Axis::Secondary, *symbol_bytes);
}

const char* describe(StreamEncodeError error) {
    switch (error) {
        case StreamEncodeError::BlobTooLarge:
            return "the blob is too large for this number of shards";
        case StreamEncodeError::SourceFailed:
            return "the blob could not be read";
        case StreamEncodeError::ScratchFailed:
            return "the scratch space failed";
        case StreamEncodeError::SinkFailed:
            return "slivers could not be written";
        case StreamEncodeError::OutOfMemory:
            return "the memory limit does not allow encoding this blob";
    }
    return "";
}

Result<VerifiedMetadata, StreamEncodeError> encode_stream(const CodeParameters& code,
                                                          BlobSource& source, ScratchSpace& scratch,
                                                          SliverSink* sink, Executor& executor,
                                                          const StreamEncodeOptions& options) {
    const auto symbol_bytes = code.symbol_bytes(source.size());
    if (!symbol_bytes) return fail(StreamEncodeError::BlobTooLarge);
    return StreamEncoder(code, *symbol_bytes, source, scratch, sink, executor, options).run();
}

}  // namespace walrus
