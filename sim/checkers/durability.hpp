// SPDX-License-Identifier: Apache-2.0
// What a certificate promises: nodes of a quorum hold all their slivers of a certified blob,
// durably, whatever happened to them meanwhile.
#pragma once

#include <vector>

#include "protocol/ids.hpp"
#include "sim/findings.hpp"
#include "sim/host.hpp"

namespace walrus::sim {

/// A node's disk and the shards that the committee gives it.
struct NodeDisk {
    Host* host = nullptr;
    std::vector<ShardIndex> shards;
};

/// Precondition: the nodes were stopped.
void check_durability(const std::vector<NodeDisk>& nodes, const std::string& directory,
                      std::uint32_t shard_count, Findings& findings);

}  // namespace walrus::sim
