// SPDX-License-Identifier: Apache-2.0
// When to try again, and when.
#pragma once

#include <cstdint>
#include <optional>

#include "client/limits.hpp"
#include "io/environment.hpp"
#include "nodeapi/node_client.hpp"

namespace walrus::client {

/// Delays between the attempts of one operation.
class Backoff {
public:
    Backoff(BackoffLimits limits, io::Random& random) : limits_(limits), random_(&random) {}
    /// How long to wait before the next attempt; nothing when the attempts are used up.
    std::optional<std::uint64_t> next_ms();

private:
    BackoffLimits limits_;
    io::Random* random_;
    std::uint32_t failures_ = 0;
};

/// What an error of a node asks for.
enum class Reaction {
    Repeat,      ///< wait, then the same again
    RepeatSoon,  ///< the node lags behind the ledger: ask again shortly
    GiveUp,      ///< repeating cannot help
};
Reaction reaction_to(nodeapi::NodeCode code);

}  // namespace walrus::client
