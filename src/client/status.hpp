// SPDX-License-Identifier: Apache-2.0
// What the nodes together say about a blob (spec/client.md §5.1).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "client/client.hpp"
#include "nodeapi/node_client.hpp"

namespace walrus::client {

/// One node's answer and its weight in shards.
struct WeightedStatus {
    nodeapi::BlobStatus status;
    std::uint32_t weight = 0;
};

/// True if `a` is an earlier state of a blob's life than `b`: nonexistent < deletable < permanent <
/// invalid, and within a kind by what has happened more.
bool is_earlier(const nodeapi::BlobStatus& a, const nodeapi::BlobStatus& b);

/// The latest status that at least one correct node reports; nothing if no status has f+1 of n
/// shards behind it.
std::optional<nodeapi::BlobStatus> merge_statuses(std::vector<WeightedStatus> answers,
                                                  std::uint32_t shard_count);

/// Asks all nodes, and answers once nodes of a quorum agree enough. Errors: Network (too few
/// answers, or none that one correct node confirms).
io::Task<ClientResult<nodeapi::BlobStatus>> blob_status(
    Client& client, std::shared_ptr<const NetworkView> view, BlobId id,
    std::optional<std::uint64_t> timeout_ms = std::nullopt);

/// When the blob was first certified, if it is.
std::optional<Epoch> initial_certified_epoch(const nodeapi::BlobStatus& status);

/// The committee that holds the blob: while shards move, the one before if the blob was certified
/// in its time (spec/client.md §5.2).
io::Task<std::shared_ptr<const NetworkView>> committee_of_blob(
    Client& client, std::shared_ptr<const NetworkView> now, BlobId id);

/// Why a blob with this status cannot be read.
ClientError unreadable(const BlobId& id, const nodeapi::BlobStatus& status);

}  // namespace walrus::client
