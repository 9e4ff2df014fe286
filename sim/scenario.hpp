// SPDX-License-Identifier: Apache-2.0
// What happens in a run: a named story that a scenario tells with a cluster, and what it finds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/cluster.hpp"
#include "sim/findings.hpp"
#include "sim/trace.hpp"

namespace walrus::sim {

struct Scenario {
    std::string_view name;
    std::string_view summary;
    /// Tells the story; returns early after a failure. The cluster is started before and stopped
    /// afterwards, then the checkers look at what is on the disks.
    void (*play)(Cluster& cluster, Findings& findings);
};
const std::vector<Scenario>& scenarios();
const Scenario* find_scenario(std::string_view name);
inline constexpr std::string_view kDefaultScenario = "node-down";

struct RunOptions {
    std::uint64_t seed = 0;
    std::string scenario{kDefaultScenario};
    /// Flips one bit of this message on its way.
    std::optional<std::uint64_t> flip_message;
    Trace::Sink sink;
};

struct RunReport {
    Digest digest;
    std::uint64_t messages = 0;
    std::uint64_t virtual_ms = 0;
    std::uint64_t events = 0;
    bool flipped = false;
    Findings findings;

    /// "digest=… messages=N virtual_ms=T"
    std::string line() const;
};

/// Precondition: the scenario exists.
RunReport run(const RunOptions& options);

}  // namespace walrus::sim
