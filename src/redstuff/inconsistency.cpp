// SPDX-License-Identifier: Apache-2.0
#include "redstuff/inconsistency.hpp"

#include "base/check.hpp"
#include "redstuff/recover.hpp"
#include "redstuff/verify.hpp"

namespace walrus {

void bcs_encode(bcs::Writer& out, const InconsistencyProof& proof) {
    out.fixed(proof.target_index.value);
    out.uleb(proof.symbols.size());
    for (const RecoverySymbol& symbol : proof.symbols) bcs::encode(out, symbol);
}

bool bcs_decode(bcs::Reader& in, InconsistencyProof& proof) {
    // A symbol takes at least its index, an empty data length and an empty path.
    constexpr std::size_t kSymbolBytesLeast = 4;
    std::size_t count = 0;
    if (!in.fixed(proof.target_index.value) || !in.count(count, kSymbolBytesLeast)) return false;
    if (count > kShardCountMax) return in.fail(bcs::Error::LengthTooLarge);
    proof.symbols.clear();
    for (std::size_t i = 0; i < count; ++i)
        if (!bcs::decode(in, proof.symbols.emplace_back())) return false;
    return true;
}

const char* describe(InconsistencyError error) {
    switch (error) {
        case InconsistencyError::IncorrectSymbolCount:
            return "the inconsistency proof has the wrong number of symbols";
        case InconsistencyError::InvalidRecoverySymbols:
            return "the inconsistency proof has an invalid symbol";
        case InconsistencyError::RecoveryFailure:
            return "the symbols of the inconsistency proof do not rebuild a sliver";
        case InconsistencyError::SliverNotInconsistent:
            return "the sliver is not inconsistent";
    }
    return "";
}

Result<void, InconsistencyError> verify_inconsistency_proof(const VerifiedMetadata& metadata,
                                                            const CodeParameters& code,
                                                            Axis target_axis,
                                                            const InconsistencyProof& proof,
                                                            Executor& executor) {
    WALRUS_CHECK(metadata.shard_count() == code.shard_count());
    if (proof.symbols.size() != symbols_to_recover(code, target_axis))
        return fail(InconsistencyError::IncorrectSymbolCount);
    for (const auto& verdict :
         verify_recovery_symbols(metadata, code, target_axis, proof.target_index, proof.symbols))
        if (!verdict) return fail(InconsistencyError::InvalidRecoverySymbols);
    std::vector<DecodingSymbol> symbols;
    for (const RecoverySymbol& symbol : proof.symbols) symbols.push_back(symbol.symbol);
    const auto recovered =
        recover_sliver(metadata, code, target_axis, proof.target_index, symbols, executor);
    if (recovered) return fail(InconsistencyError::SliverNotInconsistent);
    switch (recovered.error()) {
        case RecoverError::NotEnoughSymbols:
            return fail(InconsistencyError::RecoveryFailure);
        case RecoverError::RootMismatch:
            return {};
    }
    return fail(InconsistencyError::RecoveryFailure);
}

}  // namespace walrus
