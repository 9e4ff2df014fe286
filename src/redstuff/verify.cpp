// SPDX-License-Identifier: Apache-2.0
#include "redstuff/verify.hpp"

#include "base/check.hpp"
#include "hash/many.hpp"
#include "hash/merkle.hpp"
#include "redstuff/extension.hpp"

namespace walrus {
namespace {

/// The checks that cost nothing, in the order of encoding.md §7.1.
Result<void, SliverError> check_shape(const VerifiedMetadata& metadata, const CodeParameters& code,
                                      Axis axis, const SliverView& sliver) {
    if (sliver.index.value >= code.shard_count()) return fail(SliverError::IndexTooLarge);
    if (sliver.symbols.size() != code.sliver_bytes(axis, metadata.symbol_bytes()))
        return fail(SliverError::SliverSizeMismatch);
    if (sliver.symbol_bytes != metadata.symbol_bytes())
        return fail(SliverError::SymbolSizeMismatch);
    return {};
}

}  // namespace

const char* describe(SliverError error) {
    switch (error) {
        case SliverError::IndexTooLarge:
            return "the sliver index is not below the shard count";
        case SliverError::SliverSizeMismatch:
            return "the sliver has the wrong length";
        case SliverError::SymbolSizeMismatch:
            return "the sliver has the wrong symbol size";
        case SliverError::MerkleRootMismatch:
            return "the sliver does not match the blob's metadata";
    }
    return "";
}

const char* describe(SymbolError error) {
    switch (error) {
        case SymbolError::IndexTooLarge:
            return "a symbol index is not below the shard count";
        case SymbolError::SymbolSizeMismatch:
            return "the symbol has the wrong size";
        case SymbolError::NotUsable:
            return "the symbol does not lie in the wanted sliver";
        case SymbolError::InvalidProof:
            return "the symbol's Merkle proof is invalid";
    }
    return "";
}

Result<void, SliverError> verify_sliver(const VerifiedMetadata& metadata,
                                        const CodeParameters& code, Axis axis,
                                        const SliverView& sliver, Executor& executor) {
    return verify_slivers(metadata, code, axis, {&sliver, 1}, executor)[0];
}

std::vector<Result<void, SliverError>> verify_slivers(const VerifiedMetadata& metadata,
                                                      const CodeParameters& code, Axis axis,
                                                      std::span<const SliverView> slivers,
                                                      Executor& executor) {
    WALRUS_CHECK(metadata.shard_count() == code.shard_count());
    std::vector<Result<void, SliverError>> verdicts;
    verdicts.reserve(slivers.size());
    std::vector<ByteView> views;
    std::vector<std::size_t> positions;
    for (std::size_t i = 0; i < slivers.size(); ++i) {
        verdicts.push_back(check_shape(metadata, code, axis, slivers[i]));
        if (!verdicts[i]) continue;
        views.push_back(slivers[i].symbols);
        positions.push_back(i);
    }
    const std::vector<Digest> roots =
        redstuff::sliver_roots(code, axis, metadata.symbol_bytes(), views, executor);
    for (std::size_t i = 0; i < positions.size(); ++i)
        if (roots[i] != metadata.sliver_hash(axis, slivers[positions[i]].index))
            verdicts[positions[i]] = fail(SliverError::MerkleRootMismatch);
    return verdicts;
}

Result<void, SymbolError> verify_recovery_symbol(const VerifiedMetadata& metadata,
                                                 const CodeParameters& code, Axis target_axis,
                                                 SliverIndex target, const RecoverySymbol& symbol) {
    return verify_recovery_symbols(metadata, code, target_axis, target, {&symbol, 1})[0];
}

std::vector<Result<void, SymbolError>> verify_recovery_symbols(
    const VerifiedMetadata& metadata, const CodeParameters& code, Axis target_axis,
    SliverIndex target, std::span<const RecoverySymbol> symbols) {
    WALRUS_CHECK(metadata.shard_count() == code.shard_count());
    const std::size_t path_length = merkle_path_length(code.shard_count());
    std::vector<Result<void, SymbolError>> verdicts(symbols.size());
    std::vector<std::size_t> candidates;
    std::vector<const Byte*> cells;
    for (std::size_t i = 0; i < symbols.size(); ++i) {
        const DecodingSymbol& cell = symbols[i].symbol;
        if (cell.index.value >= code.shard_count() || target.value >= code.shard_count()) {
            verdicts[i] = fail(SymbolError::IndexTooLarge);
        } else if (cell.data.size() != metadata.symbol_bytes()) {
            verdicts[i] = fail(SymbolError::SymbolSizeMismatch);
        } else if (symbols[i].proof.path.size() != path_length) {
            verdicts[i] = fail(SymbolError::InvalidProof);
        } else {
            candidates.push_back(i);
            cells.push_back(cell.data.data());
        }
    }
    // All proofs are for the same leaf index, so all siblings of a level stand on the same side.
    const hash::HashKernels& kernels = hash::kernels();
    const std::size_t count = candidates.size();
    std::vector<Digest> nodes(count);
    std::vector<Digest> siblings(count);
    hash::hash_leaves(kernels, cells.data(), metadata.symbol_bytes(), count, nodes.data());
    for (std::size_t level = 0; level < path_length && count > 0; ++level) {
        for (std::size_t i = 0; i < count; ++i)
            siblings[i] = symbols[candidates[i]].proof.path[level].bytes();
        const Byte* node = nodes[0].bytes.data();
        const Byte* sibling = siblings[0].bytes.data();
        const bool on_the_left = (target.value >> level) % 2 == 0;
        hash::hash_inner(kernels, on_the_left ? node : sibling, sizeof(Digest),
                         on_the_left ? sibling : node, sizeof(Digest), count, nodes.data());
    }
    for (std::size_t i = 0; i < count; ++i) {
        const SliverIndex source = symbols[candidates[i]].symbol.index;
        if (nodes[i] != metadata.sliver_hash(orthogonal(target_axis), source))
            verdicts[candidates[i]] = fail(SymbolError::InvalidProof);
    }
    return verdicts;
}

Result<void, SymbolError> verify_symbol_batch(const VerifiedMetadata& metadata,
                                              const CodeParameters& code,
                                              const SymbolBatch& batch) {
    WALRUS_CHECK(metadata.shard_count() == code.shard_count());
    const std::size_t n = code.shard_count();
    const std::size_t count = batch.targets.size();
    if (count == 0 || batch.source.value >= n) return fail(SymbolError::IndexTooLarge);
    if (batch.cells.size() != count * metadata.symbol_bytes())
        return fail(SymbolError::SymbolSizeMismatch);
    std::vector<std::size_t> leaves(count);
    std::vector<const Byte*> cells(count);
    for (std::size_t i = 0; i < count; ++i) {
        leaves[i] = batch.targets[i].value;
        cells[i] = batch.cell(i).data();
    }
    std::vector<Digest> digests(count);
    hash::hash_leaves(hash::kernels(), cells.data(), metadata.symbol_bytes(), count,
                      digests.data());
    const Digest& root = metadata.sliver_hash(orthogonal(batch.target_axis), batch.source);
    const auto verdict = merkle_verify_many(root, n, leaves, digests, batch.proof);
    if (verdict) return {};
    return fail(verdict.error() == MerkleError::LeafIndexOutOfRange ||
                        verdict.error() == MerkleError::LeafIndicesNotSorted
                    ? SymbolError::IndexTooLarge
                    : SymbolError::InvalidProof);
}

Result<void, SymbolError> verify_general_symbol(const VerifiedMetadata& metadata,
                                                const CodeParameters& code, Axis target_axis,
                                                SliverIndex target,
                                                const GeneralRecoverySymbol& symbol) {
    WALRUS_CHECK(metadata.shard_count() == code.shard_count());
    const std::uint32_t n = code.shard_count();
    const DecodingSymbol& cell = symbol.symbol.symbol;
    if (cell.index.value >= n || symbol.target_index.value >= n || target.value >= n)
        return fail(SymbolError::IndexTooLarge);
    if (cell.data.size() != metadata.symbol_bytes()) return fail(SymbolError::SymbolSizeMismatch);
    const bool crosses = symbol.symbol.target_axis == target_axis && symbol.target_index == target;
    const bool lies_in = symbol.source_axis() == target_axis && symbol.source_index() == target;
    if (!crosses && !lies_in) return fail(SymbolError::NotUsable);
    const Digest& root = metadata.sliver_hash(symbol.source_axis(), symbol.source_index());
    if (!merkle_verify(root, n, cell.data, symbol.target_index.value, symbol.proof))
        return fail(SymbolError::InvalidProof);
    return {};
}

std::optional<DecodingSymbol> decoding_symbol_for(const GeneralRecoverySymbol& symbol,
                                                  Axis target_axis, SliverIndex target) {
    if (symbol.symbol.target_axis == target_axis && symbol.target_index == target)
        return symbol.symbol.symbol;
    // A cell of the target itself: the orthogonal sliver that crosses it there is its target.
    if (symbol.source_axis() == target_axis && symbol.source_index() == target)
        return DecodingSymbol{symbol.target_index, symbol.symbol.symbol.data};
    return std::nullopt;
}

}  // namespace walrus
