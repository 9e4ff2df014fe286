// SPDX-License-Identifier: Apache-2.0
#include "redstuff/decode.hpp"

#include <algorithm>
#include <vector>

#include "base/check.hpp"
#include "gf/dispatch.hpp"
#include "gf/pack.hpp"
#include "redstuff/encode.hpp"
#include "redstuff/extension.hpp"

namespace walrus {

/// One decoding. The received slivers are rows (primary) or columns (secondary) of the n x n
/// matrix; the missing source ones are computed from exactly as many as the code needs.
class BlobDecoder {
public:
    BlobDecoder(const CodeParameters& code, const VerifiedMetadata& metadata, Axis axis,
                BufferPool& pool, Executor& executor)
        : code_(code),
          metadata_(metadata),
          axis_(axis),
          pool_(pool),
          executor_(executor),
          rs_(redstuff::sliver_code(code, orthogonal(axis))),
          symbol_bytes_(metadata.symbol_bytes()),
          row_bytes_(code.secondary_source_symbols() * symbol_bytes_) {}

    Result<DecodedBlob, DecodeError> run(std::span<const SliverView> slivers,
                                         ConsistencyCheck check) {
        if (!choose(slivers)) return fail(DecodeError::NotEnoughSlivers);
        const std::size_t padded = code_.primary_source_symbols() * row_bytes_;
        auto buffer = pool_.acquire(padded);
        if (!buffer) return fail(DecodeError::OutOfMemoryBudget);
        DecodedBlob blob;
        blob.buffer_ = std::move(*buffer);
        blob.blob_bytes_ = static_cast<std::size_t>(metadata_.blob_bytes());
        rebuild(blob.buffer_.data());
        blob.decoded_ = !decoder().missing().empty();
        // What lies behind the blob is zero in a consistent encoding, and is checked as such.
        std::memset(blob.buffer_.data() + blob.blob_bytes_, 0, padded - blob.blob_bytes_);
        switch (check) {
            case ConsistencyCheck::Skip:
                break;
            case ConsistencyCheck::Default:
                if (!systematic_slivers_match(blob.buffer_.data()))
                    return fail(DecodeError::InconsistentBlob);
                break;
            case ConsistencyCheck::Strict: {
                const auto again = compute_metadata(code_, blob.bytes(), pool_, executor_);
                if (!again) return fail(DecodeError::OutOfMemoryBudget);
                if (again->blob_id() != metadata_.blob_id())
                    return fail(DecodeError::InconsistentBlob);
                break;
            }
        }
        return blob;
    }

private:
    const gf::RsDecoder& decoder() const { return *decoder_; }

    /// Fills chosen_: distinct well-formed slivers, source ones first, exactly as many as needed.
    bool choose(std::span<const SliverView> slivers) {
        const std::size_t needed = code_.slivers_to_decode(axis_);
        std::vector<const SliverView*> by_index(code_.shard_count(), nullptr);
        for (const SliverView& sliver : slivers)
            if (sliver.index.value < code_.shard_count() && sliver.symbol_bytes == symbol_bytes_ &&
                sliver.symbols.size() == code_.sliver_bytes(axis_, metadata_.symbol_bytes()) &&
                by_index[sliver.index.value] == nullptr)
                by_index[sliver.index.value] = &sliver;
        std::vector<std::size_t> positions;
        for (std::size_t i = 0; i < by_index.size() && positions.size() < needed; ++i) {
            if (by_index[i] == nullptr) continue;
            positions.push_back(i);
            chosen_.push_back(by_index[i]);
        }
        if (positions.size() < needed) return false;
        decoder_ = gf::RsDecoder::shared(rs_, positions);
        return true;
    }

    void rebuild(Byte* out) const {
        // Along a sliver, symbols of different code words lie one after the other.
        const std::size_t plane = redstuff::plane_bytes_max(decoder().rows());
        const std::vector<redstuff::Piece> pieces =
            redstuff::cut(code_.sliver_symbols(axis_), symbol_bytes_, plane);
        redstuff::Lending<gf::Workspace> workspaces;
        executor_.parallel_for(pieces.size(), [&](std::size_t i) {
            const redstuff::Piece& piece = pieces[i];
            copy_piece(piece, out);
            if (decoder().missing().empty()) return;
            const auto workspace = workspaces.borrow(decoder().rows(), plane);
            decode_piece(piece, *workspace, out);
        });
    }

    /// Where symbol `symbol` of source sliver `index` stands in the blob.
    Byte* place(Byte* out, std::size_t index, const redstuff::Piece& piece) const {
        const std::size_t row = axis_ == Axis::Primary ? index : piece.first;
        const std::size_t column = axis_ == Axis::Primary ? piece.first : index;
        return out + row * row_bytes_ + column * symbol_bytes_ + piece.offset;
    }
    std::size_t stride() const { return axis_ == Axis::Primary ? symbol_bytes_ : row_bytes_; }

    void copy_piece(const redstuff::Piece& piece, Byte* out) const {
        for (const SliverView* sliver : chosen_) {
            if (sliver->index.value >= rs_.source_count()) break;  // ascending
            const Byte* from = sliver->symbols.data() + piece.first * symbol_bytes_ + piece.offset;
            Byte* to = place(out, sliver->index.value, piece);
            if (axis_ == Axis::Primary && piece.whole(symbol_bytes_))
                std::memcpy(to, from, piece.count * piece.bytes);
            else
                gf::copy_symbols(to, stride(), from, symbol_bytes_, piece.bytes, piece.count);
        }
    }

    void decode_piece(const redstuff::Piece& piece, gf::Workspace& workspace, Byte* out) const {
        const gf::Kernels& kernels = gf::kernels();
        const std::size_t plane = piece.plane_bytes();
        const gf::Tile tile = workspace.tile(plane);
        for (const SliverView* sliver : chosen_)
            gf::load_row(kernels, tile.row(decoder().row_of(sliver->index.value)), plane,
                         {sliver->symbols.data() + piece.first * symbol_bytes_ + piece.offset,
                          symbol_bytes_, piece.bytes, piece.count});
        decoder().decode(kernels, tile);
        for (const std::size_t index : decoder().missing())
            gf::store_row(kernels, tile.row(decoder().row_of(index)), plane,
                          place(out, index, piece), stride(), piece.bytes, piece.count);
    }

    /// The default check: systematic primary slivers that were not among the input.
    bool systematic_slivers_match(const Byte* blob) const {
        std::vector<bool> given(code_.primary_source_symbols(), false);
        if (axis_ == Axis::Primary)
            for (const SliverView* sliver : chosen_) {
                if (sliver->index.value >= given.size()) break;  // ascending
                // Other bytes than zero behind the blob's end: whoever does not get this sliver
                // finds the blob inconsistent, so everyone must.
                if (!equal(sliver->symbols, row_of(blob, sliver->index.value))) return false;
                given[sliver->index.value] = true;
            }
        std::vector<ByteView> rows;
        std::vector<SliverIndex> indices;
        for (std::size_t r = 0; r < given.size(); ++r) {
            if (given[r]) continue;
            rows.push_back(row_of(blob, r));
            indices.push_back(SliverIndex(static_cast<std::uint16_t>(r)));
        }
        const std::vector<Digest> roots =
            redstuff::sliver_roots(code_, Axis::Primary, symbol_bytes_, rows, executor_);
        for (std::size_t i = 0; i < rows.size(); ++i)
            if (roots[i] != metadata_.sliver_hash(Axis::Primary, indices[i])) return false;
        return true;
    }
    ByteView row_of(const Byte* blob, std::size_t row) const {
        return {blob + row * row_bytes_, row_bytes_};
    }

    const CodeParameters& code_;
    const VerifiedMetadata& metadata_;
    Axis axis_;
    BufferPool& pool_;
    Executor& executor_;
    gf::RsCode rs_;
    std::size_t symbol_bytes_;
    std::size_t row_bytes_;
    std::vector<const SliverView*> chosen_;  // by ascending index
    std::shared_ptr<const gf::RsDecoder> decoder_;
};

const char* describe(DecodeError error) {
    switch (error) {
        case DecodeError::NotEnoughSlivers:
            return "there are not enough usable slivers";
        case DecodeError::InconsistentBlob:
            return "the blob is encoded inconsistently";
        case DecodeError::OutOfMemoryBudget:
            return "the memory budget does not allow decoding this blob";
    }
    return "";
}

Result<DecodedBlob, DecodeError> decode_blob(const CodeParameters& code,
                                             const VerifiedMetadata& metadata, Axis axis,
                                             std::span<const SliverView> slivers,
                                             ConsistencyCheck check, BufferPool& pool,
                                             Executor& executor) {
    WALRUS_CHECK(metadata.shard_count() == code.shard_count());
    return BlobDecoder(code, metadata, axis, pool, executor).run(slivers, check);
}

}  // namespace walrus
