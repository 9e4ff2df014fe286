// SPDX-License-Identifier: Apache-2.0
// What the parts of one node share. Everything in here belongs to the loop thread, except the
// store, whose calls block and run on the disk workers.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/buffer_pool.hpp"
#include "io/environment.hpp"
#include "io/metrics.hpp"
#include "node/committee_view.hpp"
#include "node/metadata_cache.hpp"
#include "node/node.hpp"
#include "node/peers.hpp"
#include "node/pending_uploads.hpp"
#include "node/registrations.hpp"
#include "nodeapi/wire.hpp"
#include "store/committer.hpp"
#include "store/node_store.hpp"

namespace walrus::node {

/// What the node holds of the ledger at the moment.
struct LedgerView {
    /// Null until it was read once; from disk after a restart.
    std::shared_ptr<const CommitteeView> committee;
    bool committee_read = false;  ///< from the ledger, in this run
    /// Why nothing may be signed: the block stream, or the committee, contradicts what is pinned.
    std::optional<std::string> stream_problem;
    std::optional<std::string> committee_problem;
    bool connected = false;  ///< the block stream is open
    bool caught_up = false;  ///< all blocks were seen that existed when the stream was opened
    std::uint64_t next_block = 0;
    std::uint64_t head_block = 0;
    std::uint64_t events = 0;
    Epoch epoch_started = 0;  ///< the latest whose beginning was seen in the blocks
    /// The latest epoch for which all that this node must hold is here; 0: none in this run.
    Epoch epoch_synced = 0;
    std::uint64_t blobs_to_sync = 0;  ///< looked at in the running pass, and not complete

    bool may_sign() const {
        return committee && committee_read && !stream_problem && !committee_problem;
    }
    bool ready() const { return committee_read && caught_up && !stream_problem; }
};

struct NodeContext {
    NodeContext(io::Environment& environment_, const NodeConfig& config_, io::Metrics& metrics_,
                store::NodeStore& store_)
        : environment(environment_),
          config(config_),
          metrics(metrics_),
          store(store_),
          committer(environment_, store_.slivers()),
          buffers(config_.limits.buffer_bytes_max),
          metadata_cache(config_.limits.metadata_cached_max),
          pending(config.limits),
          registrations(environment_.loop, config_.limits.registration_waiting_max),
          verifications(environment_.loop, config_.limits.verifications_max != 0
                                               ? config_.limits.verifications_max
                                               : 2 * environment_.cpu.concurrency()),
          flushed(environment_.loop),
          changed(environment_.loop),
          started_us(environment_.loop.monotonic_us()) {}

    io::Environment& environment;
    const NodeConfig& config;
    io::Metrics& metrics;
    store::NodeStore& store;
    store::Committer committer;
    BufferPool buffers;
    MetadataCache metadata_cache;
    PendingUploads pending;
    Peers* peers = nullptr;     ///< while the node runs
    std::set<BlobId> flushing;  ///< blobs whose pending uploads are being stored
    Registrations registrations;
    io::Semaphore verifications;
    LedgerView ledger;
    io::Event flushed;  ///< one of `flushing` is done
    io::Event changed;  ///< the ledger view changed
    std::uint64_t started_us;
    bool stopping = false;
};

template <class T>
using ApiResult = Result<T, nodeapi::ApiError>;

inline auto api_failure(nodeapi::Reason reason, std::string message) {
    return tl::unexpected<nodeapi::ApiError>(nodeapi::ApiError{reason, std::move(message)});
}
/// The one conversion from the store's errors to what the API answers; unexpected ones are logged.
nodeapi::ApiError from_store(const store::StoreError& error);

/// What the disk knows of a blob.
struct BlobLookup {
    std::optional<store::BlobInfo> info;
    store::BlobPresence presence;

    bool registered(Epoch now) const { return info && info->registered(now); }
    bool invalid() const { return info && info->invalid(); }
};
io::Task<ApiResult<BlobLookup>> look_up(NodeContext& node, BlobId id);
/// The same, but waits up to `wait_us` for the registration if there is none.
io::Task<ApiResult<BlobLookup>> look_up_registered(NodeContext& node, BlobId id,
                                                   std::uint64_t wait_us);
/// The committee, or 503 while it is unknown.
ApiResult<std::shared_ptr<const CommitteeView>> committee_of(const NodeContext& node);

/// Stores a record; true: newly. If the blob lost its registration meanwhile, what was stored is
/// removed again.
io::Task<ApiResult<bool>> store_record(NodeContext& node, store::RecordKey key, ByteView payload);
/// Verified metadata of a blob from cache or store; null if there is none.
io::Task<ApiResult<MetadataPtr>> stored_metadata(NodeContext& node, BlobId id);
/// Stores what was uploaded ahead of the registration that has now been seen. Returns when all of
/// it is, also if somebody else has begun.
io::Task<void> flush_pending(NodeContext& node, BlobId id);
/// Removes the data of blobs that nobody has a right to any more.
io::Task<void> remove_unwanted(NodeContext& node, std::vector<BlobId> ids);

}  // namespace walrus::node
