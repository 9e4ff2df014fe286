// SPDX-License-Identifier: Apache-2.0
// Amounts and sizes as people read them (spec/client.md §1.1), and amounts as people write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/ids.hpp"

namespace walrus::client {

/// "0 FROST", "12,345 FROST", "0.0012 WAL", "1.234 WAL".
std::string format_wal(Frost amount);
/// The same for MIST and SUI.
std::string format_sui(std::uint64_t amount);
/// "17 B", "1.00 KiB", "99.0 KiB", "16.0 EiB".
std::string format_bytes(std::uint64_t bytes);
/// "1,234,567".
std::string format_count(std::uint64_t count);
/// "350 ms", "2.4 s", "3 min 12 s", "2 h 5 min".
std::string format_duration_us(std::uint64_t us);

/// An integer without a unit counts the smallest unit ("1500000000"), as everywhere on the public
/// network's command line; with a point or a unit it says so itself: "1.5", "2WAL", "0.5 sui",
/// "20 FROST". Nothing if malformed, negative, finer than the smallest unit or beyond 64 bits.
std::optional<std::uint64_t> parse_amount(std::string_view text);

}  // namespace walrus::client
