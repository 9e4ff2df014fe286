// SPDX-License-Identifier: Apache-2.0
#include "sim/checkers/payments.hpp"

#include <fmt/format.h>

#include <set>
#include <tuple>

#include "bcs/bcs.hpp"
#include "ledger/object.hpp"
#include "ledger/state.hpp"
#include "ledger/types.hpp"

namespace walrus::sim {

std::size_t check_payments(const io::KeyValueStore& ledger_store, Findings& findings) {
    std::set<std::tuple<Address, BlobId, bool>> seen;
    std::size_t count = 0;
    const auto visit = [&](ByteView, ByteView value) {
        const auto object = bcs::decode<ledger::Object>(value);
        if (!object || object->type.module != "blob" || object->type.name != "Blob") return true;
        const auto blob = bcs::decode<ledger::Blob>(object->contents);
        const auto* owner = std::get_if<ledger::AddressOwner>(&object->owner);
        if (!blob || owner == nullptr) {
            findings.violation("a Blob object on the ledger does not parse, or is nobody's");
            return true;
        }
        ++count;
        if (!seen.emplace(owner->address, blob->blob_id, blob->deletable).second) {
            findings.violation(
                fmt::format("blob {} was registered, and paid for, twice", to_text(blob->blob_id)));
        }
        return true;
    };
    const Bytes from{ledger::kObjectKeyTag};
    const Bytes to{static_cast<Byte>(ledger::kObjectKeyTag + 1)};
    if (!ledger_store.scan(from, to, visit))
        findings.violation("the ledger's store cannot be read");
    return count;
}

}  // namespace walrus::sim
