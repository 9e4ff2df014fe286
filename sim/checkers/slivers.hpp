// SPDX-License-Identifier: Apache-2.0
// Every sliver on a node's disk is the one that the blob's metadata commits to, lies in the shard
// where it belongs, and the metadata is that of its blob id.
#pragma once

#include <cstdint>

#include "sim/findings.hpp"
#include "sim/host.hpp"
#include "store/blob_state.hpp"

namespace walrus::sim {

/// Opens the node's directory. Precondition: the node was stopped.
void check_slivers(Host& host, const std::string& directory, std::uint32_t shard_count,
                   Findings& findings);

/// The node's place in the block stream. Nothing (and a violation) if its store does not open.
std::optional<store::LedgerCursor> read_cursor(Host& host, const std::string& directory,
                                               Findings& findings);

}  // namespace walrus::sim
