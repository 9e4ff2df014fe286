// SPDX-License-Identifier: Apache-2.0
#include "redstuff/recover.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "gf/dispatch.hpp"
#include "gf/pack.hpp"
#include "redstuff/extension.hpp"
#include "redstuff/verify.hpp"

namespace walrus {
namespace {

using redstuff::Piece;

/// Calls `work(piece, tile)` for pieces of one symbol, in parallel, on tiles of `rows` rows.
template <class Work>
void for_pieces_of_symbol(std::size_t symbol_bytes, std::size_t rows, Executor& executor,
                          Work work) {
    const std::size_t plane = redstuff::plane_bytes_max(rows);
    const std::vector<Piece> pieces = redstuff::cut(1, symbol_bytes, plane);
    redstuff::Lending<gf::Workspace> workspaces;
    executor.parallel_for(pieces.size(), [&](std::size_t i) {
        const auto workspace = workspaces.borrow(rows, plane);
        work(pieces[i], workspace->tile(pieces[i].plane_bytes()));
    });
}

/// Decodes sliver `target` of `target_axis` from exactly the needed distinct symbols, whose index
/// and length have been checked.
SliverData decode_sliver(const VerifiedMetadata& metadata, const CodeParameters& code,
                         Axis target_axis, SliverIndex target,
                         const std::vector<const DecodingSymbol*>& symbols, Executor& executor) {
    const gf::RsCode rs = redstuff::sliver_code(code, target_axis);
    const std::size_t symbol_bytes = metadata.symbol_bytes();
    std::vector<std::size_t> positions;
    for (const DecodingSymbol* symbol : symbols) positions.push_back(symbol->index.value);
    const std::shared_ptr<const gf::RsDecoder> shared = gf::RsDecoder::shared(rs, positions);
    const gf::RsDecoder& decoder = *shared;

    SliverData sliver;
    sliver.symbol_bytes = static_cast<std::uint16_t>(symbol_bytes);
    sliver.index = target;
    sliver.symbols.resize(rs.source_count() * symbol_bytes);
    for (const DecodingSymbol* symbol : symbols)
        if (symbol->index.value < rs.source_count())
            std::memcpy(sliver.symbols.data() + symbol->index.value * symbol_bytes,
                        symbol->data.data(), symbol_bytes);
    if (decoder.missing().empty()) return sliver;
    for_pieces_of_symbol(
        symbol_bytes, decoder.rows(), executor, [&](const Piece& piece, const gf::Tile& tile) {
            const gf::Kernels& kernels = gf::kernels();
            for (const DecodingSymbol* symbol : symbols)
                gf::load_row(kernels, tile.row(decoder.row_of(symbol->index.value)),
                             tile.plane_bytes,
                             {symbol->data.data() + piece.offset, 0, piece.bytes, 1});
            decoder.decode(kernels, tile);
            for (const std::size_t position : decoder.missing())
                gf::store_row(kernels, tile.row(decoder.row_of(position)), tile.plane_bytes,
                              sliver.symbols.data() + position * symbol_bytes + piece.offset, 0,
                              piece.bytes, 1);
        });
    return sliver;
}

/// Distinct usable symbols by ascending index, exactly as many as needed; fewer if there are fewer.
std::vector<const DecodingSymbol*> choose_symbols(const VerifiedMetadata& metadata,
                                                  const CodeParameters& code, Axis target_axis,
                                                  std::span<const DecodingSymbol* const> given) {
    std::vector<const DecodingSymbol*> by_index(code.shard_count(), nullptr);
    for (const DecodingSymbol* symbol : given)
        if (symbol->index.value < code.shard_count() &&
            symbol->data.size() == metadata.symbol_bytes() &&
            by_index[symbol->index.value] == nullptr)
            by_index[symbol->index.value] = symbol;
    std::vector<const DecodingSymbol*> chosen;
    const std::size_t needed = symbols_to_recover(code, target_axis);
    for (const DecodingSymbol* symbol : by_index)
        if (symbol != nullptr && chosen.size() < needed) chosen.push_back(symbol);
    return chosen;
}

}  // namespace

Result<ExpandedSliver, PoolError> ExpandedSliver::expand(const CodeParameters& code, Axis axis,
                                                         const SliverView& sliver, BufferPool& pool,
                                                         Executor& executor) {
    const std::size_t n = code.shard_count();
    const std::size_t symbol_bytes = sliver.symbol_bytes;
    WALRUS_CHECK(sliver.index.value < n);
    WALRUS_CHECK(symbol_bytes > 0 && symbol_bytes % kSymbolAlignmentBytes == 0);
    WALRUS_CHECK(sliver.symbols.size() ==
                 code.sliver_bytes(axis, static_cast<std::uint32_t>(symbol_bytes)));
    auto buffer = pool.acquire(n * symbol_bytes);
    if (!buffer) return fail(buffer.error());
    ExpandedSliver expanded;
    expanded.symbols_ = std::move(*buffer);
    expanded.axis_ = axis;
    expanded.index_ = sliver.index;
    expanded.symbol_bytes_ = static_cast<std::uint32_t>(symbol_bytes);
    Byte* out = expanded.symbols_.data();
    std::memcpy(out, sliver.symbols.data(), sliver.symbols.size());
    const gf::RsCode rs = redstuff::sliver_code(code, axis);
    for_pieces_of_symbol(
        symbol_bytes, rs.encode_rows(), executor, [&](const Piece& piece, const gf::Tile& tile) {
            const gf::Kernels& kernels = gf::kernels();
            for (std::size_t i = 0; i < rs.source_count(); ++i)
                gf::load_row(kernels, tile.row(i), tile.plane_bytes,
                             {out + i * symbol_bytes + piece.offset, 0, piece.bytes, 1});
            gf::rs_encode(rs, kernels, tile);
            for (std::size_t j = 0; j < rs.parity_count(); ++j)
                gf::store_row(kernels, tile.row(rs.parity_row(j)), tile.plane_bytes,
                              out + (rs.source_count() + j) * symbol_bytes + piece.offset, 0,
                              piece.bytes, 1);
        });
    expanded.tree_ = MerkleTree::from_packed(expanded.symbols_.view(), symbol_bytes);
    return expanded;
}

ByteView ExpandedSliver::symbol(SliverIndex target) const {
    WALRUS_CHECK(target.value < tree_.leaf_count());
    return symbols_.view().subspan(std::size_t{target.value} * symbol_bytes_, symbol_bytes_);
}

RecoverySymbol ExpandedSliver::recovery_symbol(SliverIndex target) const {
    return {decoding_symbol(target), tree_.proof(target.value)};
}

DecodingSymbol ExpandedSliver::decoding_symbol(SliverIndex target) const {
    return {index_, to_bytes(symbol(target))};
}

GeneralRecoverySymbol ExpandedSliver::general_symbol(SliverIndex target) const {
    return {{orthogonal(axis_), decoding_symbol(target)}, target, tree_.proof(target.value)};
}

SymbolBatch ExpandedSliver::symbol_batch(std::span<const SliverIndex> targets) const {
    SymbolBatch batch;
    batch.target_axis = orthogonal(axis_);
    batch.source = index_;
    batch.targets.assign(targets.begin(), targets.end());
    batch.cells.reserve(targets.size() * symbol_bytes_);
    std::vector<std::size_t> leaves;
    for (const SliverIndex target : targets) {
        append(batch.cells, symbol(target));
        leaves.push_back(target.value);
    }
    batch.proof = tree_.multi_proof(leaves);
    return batch;
}

Result<std::vector<RecoverySymbol>, PoolError> recovery_symbols(
    const CodeParameters& code, Axis source_axis, const SliverView& source,
    std::span<const SliverIndex> targets, BufferPool& pool, Executor& executor) {
    const ExpandedSliver expanded =
        WALRUS_TRY(ExpandedSliver::expand(code, source_axis, source, pool, executor));
    std::vector<RecoverySymbol> symbols;
    for (const SliverIndex target : targets) symbols.push_back(expanded.recovery_symbol(target));
    return symbols;
}

Result<std::vector<DecodingSymbol>, PoolError> decoding_symbols(
    const CodeParameters& code, Axis source_axis, const SliverView& source,
    std::span<const SliverIndex> targets, BufferPool& pool, Executor& executor) {
    const std::size_t sources = code.sliver_symbols(source_axis);
    const bool systematic = std::all_of(targets.begin(), targets.end(),
                                        [&](SliverIndex target) { return target.value < sources; });
    std::vector<DecodingSymbol> symbols;
    if (systematic) {
        for (const SliverIndex target : targets)
            symbols.push_back({source.index, to_bytes(source.symbols.subspan(
                                                 std::size_t{target.value} * source.symbol_bytes,
                                                 source.symbol_bytes))});
        return symbols;
    }
    const ExpandedSliver expanded =
        WALRUS_TRY(ExpandedSliver::expand(code, source_axis, source, pool, executor));
    for (const SliverIndex target : targets) symbols.push_back(expanded.decoding_symbol(target));
    return symbols;
}

namespace {

/// Symbols of the zero-padded source matrix.
class SourceMatrix {
public:
    SourceMatrix(const CodeParameters& code, std::size_t symbol_bytes, ByteView blob)
        : rows_(code.primary_source_symbols()),
          columns_(code.secondary_source_symbols()),
          symbol_bytes_(symbol_bytes),
          blob_(blob) {}

    std::size_t count(Axis axis) const { return axis == Axis::Primary ? rows_ : columns_; }
    /// Source sliver `index` of an axis: a row, or a column.
    void read(Axis axis, std::size_t index, MutableByteView out) const {
        if (axis == Axis::Primary) return copy(index * columns_ * symbol_bytes_, out);
        for (std::size_t row = 0; row < rows_; ++row)
            copy((row * columns_ + index) * symbol_bytes_,
                 out.subspan(row * symbol_bytes_, symbol_bytes_));
    }

private:
    void copy(std::size_t offset, MutableByteView out) const {
        const std::size_t there =
            offset < blob_.size() ? std::min(out.size(), blob_.size() - offset) : 0;
        std::copy_n(blob_.begin() + static_cast<std::ptrdiff_t>(offset < blob_.size() ? offset : 0),
                    there, out.begin());
        std::fill(out.begin() + static_cast<std::ptrdiff_t>(there), out.end(), Byte{0});
    }

    std::size_t rows_;
    std::size_t columns_;
    std::size_t symbol_bytes_;
    ByteView blob_;
};

}  // namespace

Result<std::vector<SliverData>, PoolError> make_slivers(const CodeParameters& code, ByteView blob,
                                                        std::span<const SliverName> wanted,
                                                        BufferPool& pool, Executor& executor) {
    const auto symbol_bytes = code.symbol_bytes(blob.size());
    WALRUS_CHECK(symbol_bytes.has_value());
    const SourceMatrix matrix(code, *symbol_bytes, blob);
    std::vector<SliverData> out;
    for (const SliverName& name : wanted)
        out.push_back({Bytes(static_cast<std::size_t>(code.sliver_bytes(name.axis, *symbol_bytes))),
                       static_cast<std::uint16_t>(*symbol_bytes), name.index});
    // A sliver consists of one symbol of each source sliver of the other axis.
    for (const Axis axis : {Axis::Primary, Axis::Secondary}) {
        std::vector<SliverIndex> targets;
        std::vector<std::size_t> places;
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            if (wanted[i].axis != axis) continue;
            targets.push_back(wanted[i].index);
            places.push_back(i);
        }
        if (targets.empty()) continue;
        const Axis source_axis = orthogonal(axis);
        auto source =
            pool.acquire(static_cast<std::size_t>(code.sliver_bytes(source_axis, *symbol_bytes)));
        if (!source) return fail(source.error());
        for (std::size_t index = 0; index < matrix.count(source_axis); ++index) {
            matrix.read(source_axis, index, source->view());
            const SliverView view(source->view(), static_cast<std::uint16_t>(*symbol_bytes),
                                  SliverIndex(static_cast<std::uint16_t>(index)));
            const auto symbols = decoding_symbols(code, source_axis, view, targets, pool, executor);
            if (!symbols) return fail(symbols.error());
            for (std::size_t i = 0; i < places.size(); ++i)
                std::copy((*symbols)[i].data.begin(), (*symbols)[i].data.end(),
                          out[places[i]].symbols.begin() +
                              static_cast<std::ptrdiff_t>(index * *symbol_bytes));
        }
    }
    return out;
}

const char* describe(RecoverError error) {
    switch (error) {
        case RecoverError::NotEnoughSymbols:
            return "there are not enough usable symbols";
        case RecoverError::RootMismatch:
            return "the rebuilt sliver does not match the blob's metadata";
    }
    return "";
}

Result<SliverData, RecoverError> recover_sliver(const VerifiedMetadata& metadata,
                                                const CodeParameters& code, Axis target_axis,
                                                SliverIndex target,
                                                std::span<const DecodingSymbol> symbols,
                                                Executor& executor) {
    WALRUS_CHECK(metadata.shard_count() == code.shard_count());
    WALRUS_CHECK(target.value < code.shard_count());
    std::vector<const DecodingSymbol*> given;
    for (const DecodingSymbol& symbol : symbols) given.push_back(&symbol);
    const auto chosen = choose_symbols(metadata, code, target_axis, given);
    if (chosen.size() < symbols_to_recover(code, target_axis))
        return fail(RecoverError::NotEnoughSymbols);
    SliverData sliver = decode_sliver(metadata, code, target_axis, target, chosen, executor);
    if (!verify_sliver(metadata, code, target_axis, sliver, executor))
        return fail(RecoverError::RootMismatch);
    return sliver;
}

Result<std::variant<SliverData, InconsistencyProof>, RecoverError> recover_sliver_or_prove(
    const VerifiedMetadata& metadata, const CodeParameters& code, Axis target_axis,
    SliverIndex target, std::span<const RecoverySymbol> symbols, Executor& executor) {
    WALRUS_CHECK(metadata.shard_count() == code.shard_count());
    WALRUS_CHECK(target.value < code.shard_count());
    const std::size_t needed = symbols_to_recover(code, target_axis);
    // As if all were honest: the finished sliver's root tells, at a fraction of the proofs' cost.
    std::vector<const DecodingSymbol*> given;
    for (const RecoverySymbol& symbol : symbols) given.push_back(&symbol.symbol);
    const auto unproven = choose_symbols(metadata, code, target_axis, given);
    if (unproven.size() < needed) return fail(RecoverError::NotEnoughSymbols);
    SliverData sliver = decode_sliver(metadata, code, target_axis, target, unproven, executor);
    if (verify_sliver(metadata, code, target_axis, sliver, executor)) return sliver;

    std::vector<const DecodingSymbol*> valid;
    const auto verdicts = verify_recovery_symbols(metadata, code, target_axis, target, symbols);
    for (std::size_t i = 0; i < symbols.size(); ++i)
        if (verdicts[i]) valid.push_back(&symbols[i].symbol);
    const auto chosen = choose_symbols(metadata, code, target_axis, valid);
    if (chosen.size() < needed) return fail(RecoverError::NotEnoughSymbols);
    if (chosen != unproven) {
        sliver = decode_sliver(metadata, code, target_axis, target, chosen, executor);
        if (verify_sliver(metadata, code, target_axis, sliver, executor)) return sliver;
    }
    InconsistencyProof proof{target, {}};
    for (const RecoverySymbol& symbol : symbols)
        if (std::find(chosen.begin(), chosen.end(), &symbol.symbol) != chosen.end())
            proof.symbols.push_back(symbol);
    return proof;
}

}  // namespace walrus
