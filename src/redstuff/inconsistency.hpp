// SPDX-License-Identifier: Apache-2.0
// Proof that a blob was encoded wrongly (spec/encoding.md §7.4, §7.5): symbols that each match the
// metadata but together rebuild a sliver that does not.
#pragma once

#include <vector>

#include "base/executor.hpp"
#include "base/result.hpp"
#include "protocol/parameters.hpp"
#include "redstuff/metadata.hpp"
#include "redstuff/symbol.hpp"

namespace walrus {

/// Without the axis: the HTTP body. BCS: target index u16, ULEB128 count, recovery symbols of the
/// target's axis. Decoding refuses more than kShardCountMax symbols.
struct InconsistencyProof {
    SliverIndex target_index;
    std::vector<RecoverySymbol> symbols;
    friend bool operator==(const InconsistencyProof&, const InconsistencyProof&) = default;
};

void bcs_encode(bcs::Writer& out, const InconsistencyProof& proof);
bool bcs_decode(bcs::Reader& in, InconsistencyProof& proof);

/// BCS: axis of the target, InconsistencyProof.
struct EitherInconsistencyProof {
    Axis target_axis = Axis::Primary;
    InconsistencyProof proof;
    friend bool operator==(const EitherInconsistencyProof&,
                           const EitherInconsistencyProof&) = default;
};

/// In the order in which they are checked.
enum class InconsistencyError {
    IncorrectSymbolCount,    ///< not exactly S (primary) or P (secondary) symbols
    InvalidRecoverySymbols,  ///< a symbol or the target fails verification
    RecoveryFailure,         ///< the symbols do not decode (repeated indices)
    SliverNotInconsistent,   ///< the sliver decodes to what the metadata says
};
const char* describe(InconsistencyError error);

/// Success means: the proof is valid, the blob is inconsistent.
Result<void, InconsistencyError> verify_inconsistency_proof(const VerifiedMetadata& metadata,
                                                            const CodeParameters& code,
                                                            Axis target_axis,
                                                            const InconsistencyProof& proof,
                                                            Executor& executor);

}  // namespace walrus
