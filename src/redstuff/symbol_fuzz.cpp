// SPDX-License-Identifier: Apache-2.0
// Recovery symbols and inconsistency proofs from the network: decoding and verification against
// fixed metadata never fail badly, and no input is accepted as a proof.
#include <cstdlib>

#include "base/executor.hpp"
#include "redstuff/encode.hpp"
#include "redstuff/recover.hpp"
#include "redstuff/verify.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace walrus;
    static const CodeParameters code = *CodeParameters::make(7);
    static InlineExecutor executor;
    static const VerifiedMetadata metadata = [] {
        BufferPool pool(1 << 20);
        return *compute_metadata(code, as_bytes("a blob for the fuzzer"), pool, executor);
    }();
    const ByteView input(data, size);
    if (const auto symbol = bcs::decode<RecoverySymbol>(input)) {
        if (!equal(bcs::encode(*symbol), input)) std::abort();
        (void)verify_recovery_symbol(metadata, code, Axis::Primary, SliverIndex(1), *symbol);
    }
    if (const auto symbols = bcs::decode<std::vector<GeneralRecoverySymbol>>(input))
        for (const GeneralRecoverySymbol& symbol : *symbols)
            (void)verify_general_symbol(metadata, code, Axis::Secondary, SliverIndex(1), symbol);
    if (const auto batch = bcs::decode<SymbolBatch>(input)) {
        if (!equal(bcs::encode(*batch), input)) std::abort();
        (void)verify_symbol_batch(metadata, code, *batch);
    }
    if (const auto proof = bcs::decode<EitherInconsistencyProof>(input)) {
        if (!equal(bcs::encode(*proof), input)) std::abort();
        if (verify_inconsistency_proof(metadata, code, proof->target_axis, proof->proof, executor))
            std::abort();
    }
    return 0;
}
