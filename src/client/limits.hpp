// SPDX-License-Identifier: Apache-2.0
// Every limit of the client in one place.
#pragma once

#include <cstddef>
#include <cstdint>

namespace walrus::client {

/// How long to wait between attempts: first, first*2, ... up to `max`, each plus up to half of
/// itself at random.
struct BackoffLimits {
    std::uint64_t first_ms = 100;
    std::uint64_t max_ms = 5'000;
    std::uint32_t attempts = 6;  ///< including the first
};

struct Limits {
    // -- both directions
    std::size_t bytes_in_flight_max = 64u << 20;  ///< slivers on the way, all nodes together
    std::size_t calls_per_node_first = 2;         ///< see node_lanes.hpp
    std::size_t calls_per_node_max = 8;
    std::uint64_t connect_timeout_ms = 5'000;
    std::uint64_t call_timeout_ms = 30'000;      ///< for a call without much data
    std::uint64_t slow_bytes_per_s = 64u << 10;  ///< slower than this is a timeout
    BackoffLimits node_backoff;

    // -- write path
    BackoffLimits registered_backoff{5, 1'000, 40};  ///< while a node has not seen a registration
    /// Stored slivers at least this long are asked for before they are sent again.
    std::size_t status_check_bytes_min = 5560;
    /// After certification: how long to wait for nodes that make no progress at all, and at most.
    std::uint64_t tail_idle_ms_max = 5'000;
    std::uint64_t tail_first_answer_ms_max = 2'000;  ///< since the upload began
    std::uint64_t tail_ms_max = 600'000;
    std::size_t attributes_max = 128;
    std::uint32_t committee_retries = 2;  ///< when the epoch changed during an upload

    // -- read path
    std::size_t slivers_in_flight_max = 128;
    std::uint64_t hedge_first_ms = 600;  ///< before any answer is known to compare with
    std::uint64_t hedge_min_ms = 150;
    std::uint32_t read_rounds_max = 3;  ///< how often every node may fail before we give up
    std::size_t metadata_parallel = 3;
    /// Patches of a quilt whose columns are fetched together take at most this much.
    std::size_t columns_bytes_max = 64u << 20;
    /// If no column comes for this long and its time at this rate, the whole quilt is read instead.
    std::uint64_t column_idle_ms_max = 2'000;
    std::uint64_t column_bytes_per_s = 1u << 20;

    // -- ledger
    BackoffLimits ledger_backoff{100, 3'000, 8};
    std::uint32_t page_size = 50;
    std::size_t owned_pages_max = 2'000;
    std::uint64_t status_timeout_ms = 5'000;

    // -- files
    std::uint64_t config_bytes_max = 1u << 20;
    std::uint64_t network_file_bytes_max = 8u << 20;
};

}  // namespace walrus::client
