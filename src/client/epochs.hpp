// SPDX-License-Identifier: Apache-2.0
// How long a blob shall live, as users say it, and as an end epoch (spec/client.md §1.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "client/error.hpp"
#include "client/network.hpp"

namespace walrus::client {

struct EpochsAhead {
    std::uint32_t count = 1;
};
struct EpochsMax {};
/// Milliseconds since 1970, UTC.
struct EarliestExpiry {
    std::uint64_t time_ms = 0;
};
struct EndEpoch {
    Epoch epoch = 0;
};
using Lifetime = std::variant<EpochsAhead, EpochsMax, EarliestExpiry, EndEpoch>;

/// "5" or "max". Errors: Usage.
ClientResult<Lifetime> parse_epochs(std::string_view text);
/// RFC 3339 ("2026-09-01T12:00:00Z", with fraction and offset) or "YYYY-MM-DD HH:MM:SS" (UTC).
std::optional<std::uint64_t> parse_time_ms(std::string_view text);
/// "2026-09-01T12:00:00Z".
std::string format_time_ms(std::uint64_t time_ms);

/// The first epoch in which the blob is gone. Errors: Usage (0, in the past, beyond the maximum).
ClientResult<Epoch> end_epoch_of(const Lifetime& lifetime, const NetworkView& view,
                                 std::uint64_t now_ms);

}  // namespace walrus::client
