// SPDX-License-Identifier: Apache-2.0
// Transactions, objects, effects and types from the network: decoding never fails badly, and what
// decodes encodes back to the same bytes.
#include <cstdlib>

#include "ledger/execute.hpp"

namespace {

template <class T>
void check_round_trip(walrus::ByteView input) {
    const auto value = walrus::bcs::decode<T>(input);
    if (value && !walrus::equal(walrus::bcs::encode(*value), input)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace walrus;
    using namespace walrus::ledger;
    if (size == 0) return 0;
    const ByteView input(data + 1, size - 1);
    switch (data[0] % 6) {
        case 0:
            check_round_trip<TransactionData>(input);
            (void)parse_unsigned_transaction(to_bytes(input));
            break;
        case 1:
            check_round_trip<Object>(input);
            break;
        case 2:
            check_round_trip<TransactionEffects>(input);
            break;
        case 3:
            check_round_trip<TypeTag>(input);
            break;
        case 4:
            check_round_trip<GenesisConfig>(input);
            break;
        default: {
            const auto type = parse_type_tag(as_text(input));
            if (type && parse_type_tag(to_text(*type)) != type) std::abort();
        }
    }
    return 0;
}
