// SPDX-License-Identifier: Apache-2.0
// Attribute maps with their bound: what cannot be stored as an object cannot be built either.
#pragma once

#include <string>
#include <utility>

#include "ledger/failure.hpp"
#include "ledger/limits.hpp"
#include "ledger/packages/blob_rules.hpp"

namespace walrus::ledger {

/// Sets a pair (spec/chain.md §3.2, attributes). Errors: ObjectTooBig beyond kObjectBytesMax.
inline Executed<void> set_attribute(Metadata& metadata, std::string key, std::string value) {
    insert_or_update(metadata, std::move(key), std::move(value));
    std::uint64_t bytes = 0;
    for (const auto& [name, text] : metadata.metadata) bytes += name.size() + text.size() + 2;
    if (bytes <= kObjectBytesMax) return {};
    ExecutionError error;
    error.kind = ExecutionErrorKind::ObjectTooBig;
    error.object_bytes = bytes;
    error.object_bytes_max = kObjectBytesMax;
    error.description = "MoveObjectTooBig: the attributes would take " + std::to_string(bytes) +
                        " bytes, the limit is " + std::to_string(kObjectBytesMax);
    return fail(std::move(error));
}

}  // namespace walrus::ledger
