// SPDX-License-Identifier: Apache-2.0
// The node's REST API (spec/storage-node.md §1.4, §1.5, §1.7): which request goes where. Handlers
// return a value or an error; one function turns errors into answers.
#pragma once

#include "http/message.hpp"
#include "node/context.hpp"

namespace walrus::node {

using HandlerResult = ApiResult<http::Response>;

/// Adds all routes, CORS and /metrics. The context must outlive the router.
void add_routes(NodeContext& node, http::Router& router);

// ---- paths and queries ----------------------------------------------------------------------

ApiResult<BlobId> blob_id_of(const http::Request& request);

/// Which sliver a path names; the index is checked against n.
struct SliverTarget {
    BlobId blob_id;
    SliverPairIndex pair;
    Axis axis = Axis::Primary;
    ShardIndex shard;  ///< where the pair belongs

    store::RecordKey key() const { return store::RecordKey::sliver(blob_id, shard, axis); }
};
ApiResult<SliverTarget> sliver_target_of(const http::Request& request,
                                         const CommitteeView& committee);

/// ?pending=true; other parameters are refused.
ApiResult<bool> pending_of(const http::Request& request);

// ---- handlers -------------------------------------------------------------------------------

io::Task<HandlerResult> put_metadata(NodeContext& node, http::Request& request);
io::Task<HandlerResult> put_sliver(NodeContext& node, http::Request& request);

io::Task<HandlerResult> get_metadata(NodeContext& node, http::Request& request);
io::Task<HandlerResult> get_metadata_status(NodeContext& node, http::Request& request);
io::Task<HandlerResult> get_sliver(NodeContext& node, http::Request& request);
io::Task<HandlerResult> get_sliver_status(NodeContext& node, http::Request& request);
io::Task<HandlerResult> get_blob_status(NodeContext& node, http::Request& request);
io::Task<HandlerResult> get_health(NodeContext& node, http::Request& request);

io::Task<HandlerResult> get_permanent_confirmation(NodeContext& node, http::Request& request);
io::Task<HandlerResult> get_deletable_confirmation(NodeContext& node, http::Request& request);

nodeapi::BlobStatus to_api(const store::Status& status);

}  // namespace walrus::node
