// SPDX-License-Identifier: Apache-2.0
// Proof files and state proofs from bytes: what decodes encodes back to the same bytes.
#include "base/check.hpp"
#include "hash/blake2b.hpp"
#include "proof/proof_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace walrus;
    using namespace walrus::proof;
    const ByteView input(data, size);
    if (const auto state = decode_state_proof(input)) {
        WALRUS_CHECK(equal(encode(*state), input));
        (void)state_fold(*state);
    }
    // The checksum is no secret: without it the fuzzer sees behind it.
    Bytes file = to_bytes(input);
    append(file, blake2b(input).view());
    if (const auto proof = decode_proof(file)) {
        WALRUS_CHECK(equal(encode(*proof), file));
        Trust trust;
        trust.sequencer = proof->sequencer;
        (void)verify(*proof, trust);
    }
    return 0;
}
