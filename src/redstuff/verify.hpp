// SPDX-License-Identifier: Apache-2.0
// Verification of slivers and symbols against verified metadata (spec/encoding.md §7.1, §7.3).
// Working memory is bounded (about 2 MiB a thread) whatever the sliver's size, and nothing is
// allocated before the size checks have passed.
#pragma once

#include <span>
#include <vector>

#include "base/executor.hpp"
#include "base/result.hpp"
#include "protocol/parameters.hpp"
#include "redstuff/metadata.hpp"
#include "redstuff/sliver.hpp"
#include "redstuff/symbol.hpp"

namespace walrus {

/// In the order in which they are checked.
enum class SliverError {
    IndexTooLarge,       ///< index >= n
    SliverSizeMismatch,  ///< not S (primary) or P (secondary) symbols of the blob's symbol size
    SymbolSizeMismatch,  ///< the symbol size field is not the blob's
    MerkleRootMismatch,  ///< the expanded sliver's root is not the one in the metadata
};
const char* describe(SliverError error);

/// Expands the sliver to n symbols and compares its Merkle root with the metadata.
/// Precondition: `code` is the code of the metadata (same n).
Result<void, SliverError> verify_sliver(const VerifiedMetadata& metadata,
                                        const CodeParameters& code, Axis axis,
                                        const SliverView& sliver, Executor& executor);

/// Many slivers of one axis of one blob at once, which is faster than one by one; entry i is the
/// verdict of slivers[i].
std::vector<Result<void, SliverError>> verify_slivers(const VerifiedMetadata& metadata,
                                                      const CodeParameters& code, Axis axis,
                                                      std::span<const SliverView> slivers,
                                                      Executor& executor);

/// In the order in which they are checked.
enum class SymbolError {
    IndexTooLarge,       ///< source or target index >= n
    SymbolSizeMismatch,  ///< not the blob's symbol size
    NotUsable,           ///< a general symbol that does not lie in the wanted sliver
    InvalidProof,        ///< the Merkle proof does not lead to the source sliver's root
};
const char* describe(SymbolError error);

/// Checks a symbol that shall help to recover sliver `target` of `target_axis`: it must be cell
/// `target` of the orthogonal sliver `symbol.symbol.index`.
Result<void, SymbolError> verify_recovery_symbol(const VerifiedMetadata& metadata,
                                                 const CodeParameters& code, Axis target_axis,
                                                 SliverIndex target, const RecoverySymbol& symbol);

/// Many symbols for one target at once, which is faster than one by one; entry i is the verdict of
/// symbols[i].
std::vector<Result<void, SymbolError>> verify_recovery_symbols(
    const VerifiedMetadata& metadata, const CodeParameters& code, Axis target_axis,
    SliverIndex target, std::span<const RecoverySymbol> symbols);

/// Checks all cells of a batch at once. Errors: IndexTooLarge (also for targets that do not
/// increase or are none), SymbolSizeMismatch, InvalidProof.
Result<void, SymbolError> verify_symbol_batch(const VerifiedMetadata& metadata,
                                              const CodeParameters& code, const SymbolBatch& batch);

/// Checks a general symbol for recovering sliver `target` of `target_axis`. Usable are cells of an
/// orthogonal sliver at `target`, and cells of the target sliver itself.
Result<void, SymbolError> verify_general_symbol(const VerifiedMetadata& metadata,
                                                const CodeParameters& code, Axis target_axis,
                                                SliverIndex target,
                                                const GeneralRecoverySymbol& symbol);

/// The decoding symbol that a (verified) general symbol gives for this target: indexed by the
/// orthogonal sliver. Nothing if it is not usable for the target.
std::optional<DecodingSymbol> decoding_symbol_for(const GeneralRecoverySymbol& symbol,
                                                  Axis target_axis, SliverIndex target);

}  // namespace walrus
