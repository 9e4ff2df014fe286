// SPDX-License-Identifier: Apache-2.0
// Metadata from the network: decoding and verification never fail badly, and what decodes encodes
// back to the same bytes.
#include <cstdlib>

#include "redstuff/metadata.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace walrus;
    const ByteView input(data, size);
    if (const auto metadata = bcs::decode<BlobMetadata>(input)) {
        if (!equal(bcs::encode(*metadata), input)) std::abort();
        if (const auto code =
                CodeParameters::make(static_cast<std::uint32_t>(metadata->hashes.size())))
            if (verify_metadata(*metadata, BlobId{}, *code)) std::abort();
    }
    if (decode_and_verify_metadata_with_id(input, BlobId{}, *CodeParameters::make(4))) std::abort();
    return 0;
}
