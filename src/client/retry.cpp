// SPDX-License-Identifier: Apache-2.0
#include "client/retry.hpp"

#include <algorithm>

namespace walrus::client {

std::optional<std::uint64_t> Backoff::next_ms() {
    ++failures_;
    if (failures_ >= limits_.attempts) return std::nullopt;
    std::uint64_t delay = limits_.first_ms;
    for (std::uint32_t i = 1; i < failures_ && delay < limits_.max_ms; ++i) delay *= 2;
    delay = std::min(delay, limits_.max_ms);
    return delay + random_->below(delay / 2 + 1);
}

Reaction reaction_to(nodeapi::NodeCode code) {
    switch (code) {
        case nodeapi::NodeCode::Unreachable:
        case nodeapi::NodeCode::Overloaded:
        case nodeapi::NodeCode::Broken:
            return Reaction::Repeat;
        case nodeapi::NodeCode::NotRegistered:
        case nodeapi::NodeCode::MissingSlivers:
            return Reaction::RepeatSoon;
        case nodeapi::NodeCode::Untrusted:
        case nodeapi::NodeCode::NotFound:
        case nodeapi::NodeCode::Blocked:
        case nodeapi::NodeCode::NoSpace:
        case nodeapi::NodeCode::Refused:
        case nodeapi::NodeCode::Cancelled:
            return Reaction::GiveUp;
    }
    return Reaction::GiveUp;
}

}  // namespace walrus::client
