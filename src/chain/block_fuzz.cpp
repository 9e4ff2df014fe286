// SPDX-License-Identifier: Apache-2.0
// Headers and stored records from bytes: what decodes encodes back to the same bytes.
#include "base/check.hpp"
#include "bcs/bcs.hpp"
#include "chain/block.hpp"
#include "chain/record.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace walrus;
    using namespace walrus::chain;
    const ByteView input(data, size);
    if (const auto header = decode_sealed_header(input)) {
        WALRUS_CHECK(equal(bcs::encode(*header), input));
        const SequencerKey nobody{};
        (void)verify_sealed_header(std::nullopt, *header, nobody, ChainId{});
    }
    if (const auto record = decode_record(input)) (void)encode_record(*record);
    return 0;
}
