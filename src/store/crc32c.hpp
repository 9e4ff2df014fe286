// SPDX-License-Identifier: Apache-2.0
// CRC-32C (Castagnoli), the check of stored records: reflected polynomial 0x82F63B78, initial value
// and final xor of all ones. crc32c("123456789") = 0xE3069283.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"

namespace walrus::store {

/// Uses the processor's instruction where there is one.
std::uint32_t crc32c(ByteView data);
/// The same by table only; for tests and other processors.
std::uint32_t crc32c_portable(ByteView data);

}  // namespace walrus::store
