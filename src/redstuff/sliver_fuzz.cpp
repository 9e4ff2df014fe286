// SPDX-License-Identifier: Apache-2.0
// Sliver bodies from the network: parsing never fails badly, and what parses encodes back to the
// same bytes.
#include <cstdlib>

#include "redstuff/sliver.hpp"
#include "redstuff/sync.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace walrus;
    const ByteView input(data, size);
    if (const auto sliver = parse_sliver(input)) {
        if (!equal(sliver_body_parts(*sliver).join(), input)) std::abort();
        if (!equal(bcs::encode(sliver->to_data()), input)) std::abort();
    }
    if (const auto request = bcs::decode<SyncShardRequest>(input))
        if (!equal(bcs::encode(*request), input)) std::abort();
    if (const auto response = bcs::decode<SyncShardResponse>(input))
        if (!equal(bcs::encode(*response), input)) std::abort();
    return 0;
}
