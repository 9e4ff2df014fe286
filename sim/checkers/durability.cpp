// SPDX-License-Identifier: Apache-2.0
#include "sim/checkers/durability.hpp"

#include <fmt/format.h>

#include <map>

#include "protocol/parameters.hpp"
#include "store/node_store.hpp"

namespace walrus::sim {

void check_durability(const std::vector<NodeDisk>& nodes, const std::string& directory,
                      std::uint32_t shard_count, Findings& findings) {
    std::map<BlobId, std::uint32_t> weights;
    for (const NodeDisk& node : nodes) {
        store::SliverStoreOptions options;
        auto opened = store::NodeStore::open(node.host->environment(), directory, options);
        if (!opened) {
            findings.violation(fmt::format("{}: its store does not open: {}", node.host->name(),
                                           opened.error().message));
            continue;
        }
        for (const StoredBlob& blob : findings.stored) {
            const auto presence = (*opened)->slivers().presence(blob.id);
            if (!presence || !presence->presence.complete(node.shards)) continue;
            weights[blob.id] += static_cast<std::uint32_t>(node.shards.size());
        }
    }
    for (const StoredBlob& blob : findings.stored) {
        if (is_quorum(weights[blob.id], shard_count)) continue;
        findings.violation(
            fmt::format("blob {} is certified, but only nodes of {} of {} shards hold all of it",
                        to_text(blob.id), weights[blob.id], shard_count));
    }
}

}  // namespace walrus::sim
