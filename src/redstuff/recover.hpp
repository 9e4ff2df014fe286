// SPDX-License-Identifier: Apache-2.0
// Repair of single slivers (spec/encoding.md §7.2, §7.4): a holder of any sliver serves symbols of
// it; enough symbols from orthogonal slivers rebuild a lost one.
#pragma once

#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "base/buffer_pool.hpp"
#include "base/executor.hpp"
#include "base/result.hpp"
#include "hash/merkle.hpp"
#include "protocol/parameters.hpp"
#include "redstuff/inconsistency.hpp"
#include "redstuff/metadata.hpp"
#include "redstuff/sliver.hpp"
#include "redstuff/symbol.hpp"

namespace walrus {

/// A sliver expanded to its n symbols with the Merkle tree over them: serves any number of recovery
/// symbols. Owns n symbols, from the pool, which must outlive it.
class ExpandedSliver {
public:
    /// Expands a sliver of `axis`. Errors: OutOfMemoryBudget. Preconditions: index < n, length =
    /// symbols of the axis * symbol size, symbol size even and not 0 (a stored, verified sliver).
    static Result<ExpandedSliver, PoolError> expand(const CodeParameters& code, Axis axis,
                                                    const SliverView& sliver, BufferPool& pool,
                                                    Executor& executor);

    Axis axis() const { return axis_; }
    SliverIndex index() const { return index_; }
    const MerkleTree& tree() const { return tree_; }
    /// Symbol at position `target`. Precondition: target < n.
    ByteView symbol(SliverIndex target) const;
    /// Symbol for recovering sliver `target` of the other axis, with and without proof.
    RecoverySymbol recovery_symbol(SliverIndex target) const;
    DecodingSymbol decoding_symbol(SliverIndex target) const;
    GeneralRecoverySymbol general_symbol(SliverIndex target) const;
    /// Precondition: targets increase strictly and are below n; there is one at least.
    SymbolBatch symbol_batch(std::span<const SliverIndex> targets) const;

private:
    Buffer symbols_;
    MerkleTree tree_;
    Axis axis_ = Axis::Primary;
    SliverIndex index_;
    std::uint32_t symbol_bytes_ = 0;
};

/// Symbols with proofs for recovering the slivers `targets` of the other axis, from one expansion.
/// Preconditions as `ExpandedSliver::expand`; targets < n.
Result<std::vector<RecoverySymbol>, PoolError> recovery_symbols(
    const CodeParameters& code, Axis source_axis, const SliverView& source,
    std::span<const SliverIndex> targets, BufferPool& pool, Executor& executor);

/// Symbols without proofs. Targets among the source symbols cost no expansion.
Result<std::vector<DecodingSymbol>, PoolError> decoding_symbols(
    const CodeParameters& code, Axis source_axis, const SliverView& source,
    std::span<const SliverIndex> targets, BufferPool& pool, Executor& executor);

/// One sliver of a blob.
struct SliverName {
    Axis axis = Axis::Primary;
    SliverIndex index;
    friend bool operator==(const SliverName&, const SliverName&) = default;
};
/// Some slivers of a blob that is at hand, in the order asked, without encoding all of it. Memory
/// from the pool: some slivers. Errors: OutOfMemoryBudget. Preconditions: the blob is not too large
/// for the code; indices < n.
Result<std::vector<SliverData>, PoolError> make_slivers(const CodeParameters& code, ByteView blob,
                                                        std::span<const SliverName> wanted,
                                                        BufferPool& pool, Executor& executor);

enum class RecoverError {
    NotEnoughSymbols,  ///< fewer distinct usable symbols than the code needs (S primary, P
                       ///< secondary)
    RootMismatch,      ///< rebuilt, but its root is not the metadata's: a liar or a bad encoding
};
const char* describe(RecoverError error);

/// How many distinct symbols rebuild a sliver of this axis: S primary, P secondary.
inline std::uint32_t symbols_to_recover(const CodeParameters& code, Axis target_axis) {
    return code.sliver_symbols(target_axis);
}

/// Rebuilds sliver `target` of `target_axis` from symbols of orthogonal slivers and verifies the
/// result against the metadata. Symbols of wrong length, out of range or repeated are dropped;
/// exactly the needed number is used, source positions first.
Result<SliverData, RecoverError> recover_sliver(const VerifiedMetadata& metadata,
                                                const CodeParameters& code, Axis target_axis,
                                                SliverIndex target,
                                                std::span<const DecodingSymbol> symbols,
                                                Executor& executor);

/// The same from symbols with proofs, which are looked at only if the symbols do not give the
/// sliver of the metadata: then invalid ones are dropped. If the valid ones still rebuild another
/// sliver, the blob is encoded inconsistently and the proof of it is returned instead. Errors:
/// NotEnoughSymbols.
Result<std::variant<SliverData, InconsistencyProof>, RecoverError> recover_sliver_or_prove(
    const VerifiedMetadata& metadata, const CodeParameters& code, Axis target_axis,
    SliverIndex target, std::span<const RecoverySymbol> symbols, Executor& executor);

}  // namespace walrus
