// SPDX-License-Identifier: Apache-2.0
// What a node must hold when an epoch begins (spec/storage-node.md §3.5, §3.6): metadata and both
// slivers of its shards, of every blob certified before. What is not here comes from the shard's
// owner in the epoch before, by the ordinary REST API; what that owner does not give is made from
// enough slivers of the other nodes.
//
// Loop thread only. Works for any node that missed something, not only for new shards.
#pragma once

#include <memory>
#include <vector>

#include "http/client.hpp"
#include "node/context.hpp"
#include "nodeapi/node_client.hpp"
#include "rpc/ledger_client.hpp"

namespace walrus::node {

class ShardSync {
public:
    /// All must outlive the object.
    ShardSync(NodeContext& node, rpc::LedgerClient& ledger, http::Client& http,
              io::CancelToken stopped);

    /// Fetches what is missing for the epoch of `view` until nothing is, and makes it durable.
    /// False: the node stops, or the epoch is over. Precondition: the view has `staking`, and the
    /// beginning of its epoch was seen.
    io::Task<bool> run(std::shared_ptr<const CommitteeView> view);

private:
    /// The committee that holds what is to be fetched.
    struct Source {
        std::vector<std::unique_ptr<nodeapi::NodeClient>> nodes;  // null: this node
        std::vector<std::uint16_t> of_shard;                      // index into nodes, or kNobody
    };
    static constexpr std::uint16_t kNobody = 0xffff;

    bool over(const CommitteeView& view) const;
    /// False: the ledger did not say.
    io::Task<bool> find_source(const CommitteeView& view);
    /// Looks at all blobs once. True: nothing is missing any more.
    io::Task<bool> pass(std::shared_ptr<const CommitteeView> view);
    io::Task<void> sync_blob(std::shared_ptr<const CommitteeView> view, BlobId id,
                             io::Semaphore::Permit permit);
    io::Task<MetadataPtr> fetch_metadata(const CommitteeView& view, BlobId id);
    /// The verified body of a sliver; empty if the node does not give it.
    io::Task<Bytes> fetch_sliver(const CommitteeView& view, MetadataPtr metadata,
                                 SliverPairIndex pair, Axis axis);
    io::Task<bool> fetch_to_store(const CommitteeView& view, MetadataPtr metadata,
                                  store::RecordKey key);
    /// Makes slivers from those of other nodes and stores them. False: try again later. Slivers of
    /// a blob that was encoded inconsistently cannot be made; nobody needs to hold them.
    io::Task<bool> rebuild(std::shared_ptr<const CommitteeView> view, MetadataPtr metadata,
                           std::vector<store::RecordKey> keys);
    io::Task<std::vector<Bytes>> gather(std::shared_ptr<const CommitteeView> view,
                                        MetadataPtr metadata);
    nodeapi::NodeCall call_for(std::size_t bytes) const;

    NodeContext& node_;
    rpc::LedgerClient& ledger_;
    http::Client& http_;
    io::CancelToken stopped_;
    Source source_;
    io::Semaphore slots_;
    io::Semaphore rebuilding_;  // one blob at a time: memory
    BufferPool rebuild_memory_;
    std::uint64_t failures_ = 0;
};

}  // namespace walrus::node
