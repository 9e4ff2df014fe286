// SPDX-License-Identifier: Apache-2.0
// Reads: metadata, slivers, statuses and health.
#include <fmt/format.h>

#include "node/routes.hpp"

namespace walrus::node {
namespace {

using nodeapi::Reason;
using nodeapi::StoredStatus;

/// A stored body as an answer, without copying it; `prefix` goes before it.
http::Response octets_of(store::StoredBody stored, Bytes prefix = {}) {
    struct Owner {
        Bytes prefix;
        store::StoredBody stored;
    };
    auto owner = std::make_shared<Owner>(Owner{std::move(prefix), std::move(stored)});
    http::SharedBody body;
    if (!owner->prefix.empty()) body.parts.push_back(owner->prefix);
    body.parts.push_back(owner->stored.view());
    body.owner = std::move(owner);
    http::Response response;
    response.headers.add("Content-Type", "application/octet-stream");
    response.body = std::move(body);
    return response;
}

io::Task<ApiResult<std::optional<store::StoredBody>>> read_record(NodeContext& node,
                                                                  store::RecordKey key) {
    auto work = [&node, key] { return node.store.slivers().get(key, node.buffers); };
    auto stored =
        co_await io::offload(node.environment.loop, node.environment.disk, std::move(work));
    if (!stored) co_return tl::unexpected<nodeapi::ApiError>(from_store(stored.error()));
    co_return std::move(*stored);
}

HandlerResult status_answer(StoredStatus status) {
    return nodeapi::success_response(200, nodeapi::json_string(nodeapi::text_of(status)));
}

}  // namespace

io::Task<HandlerResult> get_metadata(NodeContext& node, http::Request& request) {
    WALRUS_CO_TRY(id, blob_id_of(request));
    WALRUS_CO_TRY(committee, committee_of(node));
    WALRUS_CO_TRY(found, co_await look_up(node, id));
    if (found.registered(committee->record.epoch)) {
        WALRUS_CO_TRY(stored, co_await read_record(node, store::RecordKey::metadata(id)));
        if (stored) co_return octets_of(std::move(*stored), to_bytes(id.view()));
        // Clients of small networks give up when the first node that they ask has none.
        if (!request.headers.get(nodeapi::kForwardedHeader)) {
            auto fetched = co_await node.peers->metadata(committee, id);
            if (fetched) co_return http::Response::octets(200, std::move(*fetched));
        }
    }
    co_return api_failure(Reason::MetadataNotFound,
                          fmt::format("metadata of blob {} is not stored here", to_text(id)));
}

io::Task<HandlerResult> get_metadata_status(NodeContext& node, http::Request& request) {
    WALRUS_CO_TRY(id, blob_id_of(request));
    WALRUS_CO_TRY(found, co_await look_up(node, id));
    if (found.presence.presence.metadata) co_return status_answer(StoredStatus::Stored);
    co_return status_answer(node.pending.metadata(id) ? StoredStatus::Buffered
                                                      : StoredStatus::Nonexistent);
}

io::Task<HandlerResult> get_sliver(NodeContext& node, http::Request& request) {
    WALRUS_CO_TRY(committee, committee_of(node));
    WALRUS_CO_TRY(target, sliver_target_of(request, *committee));
    WALRUS_CO_TRY(found, co_await look_up(node, target.blob_id));
    const bool stored_here = found.presence.presence.has(target.key());
    if (!committee->owns(target.shard) && !stored_here)
        co_return api_failure(Reason::ShardNotAssigned,
                              fmt::format("shard {} is not this node's", target.shard.value));
    if (found.registered(committee->record.epoch) && stored_here) {
        WALRUS_CO_TRY(stored, co_await read_record(node, target.key()));
        if (stored) co_return octets_of(std::move(*stored));
    }
    co_return api_failure(
        Reason::SliverNotFound,
        fmt::format("the {} sliver of pair {} of blob {} is not stored here", to_text(target.axis),
                    target.pair.value, to_text(target.blob_id)));
}

io::Task<HandlerResult> get_sliver_status(NodeContext& node, http::Request& request) {
    WALRUS_CO_TRY(committee, committee_of(node));
    WALRUS_CO_TRY(target, sliver_target_of(request, *committee));
    WALRUS_CO_TRY(found, co_await look_up(node, target.blob_id));
    if (found.presence.presence.has(target.key())) co_return status_answer(StoredStatus::Stored);
    if (!committee->owns(target.shard))
        co_return api_failure(Reason::ShardNotAssigned,
                              fmt::format("shard {} is not this node's", target.shard.value));
    co_return status_answer(node.pending.contains(target.key()) ? StoredStatus::Buffered
                                                                : StoredStatus::Nonexistent);
}

nodeapi::BlobStatus to_api(const store::Status& status) {
    const auto event = [](const store::EventId& id) {
        return nodeapi::EventId{id.transaction, id.sequence};
    };
    if (const auto* invalid = std::get_if<store::InvalidInfo>(&status))
        return nodeapi::BlobInvalid{event(invalid->event)};
    if (const auto* permanent = std::get_if<store::StatusPermanent>(&status)) {
        nodeapi::BlobPermanent out;
        out.end_epoch = permanent->end_epoch;
        out.is_certified = permanent->certified;
        out.status_event = event(permanent->event);
        out.deletable_counts = {permanent->deletable_total, permanent->deletable_certified};
        out.initial_certified_epoch = permanent->initial_certified_epoch;
        return out;
    }
    if (const auto* deletable = std::get_if<store::StatusDeletable>(&status)) {
        nodeapi::BlobDeletable out;
        out.initial_certified_epoch = deletable->initial_certified_epoch;
        out.deletable_counts = {deletable->deletable_total, deletable->deletable_certified};
        return out;
    }
    return nodeapi::BlobNonexistent{};
}

io::Task<HandlerResult> get_blob_status(NodeContext& node, http::Request& request) {
    WALRUS_CO_TRY(id, blob_id_of(request));
    WALRUS_CO_TRY(committee, committee_of(node));
    WALRUS_CO_TRY(found, co_await look_up(node, id));
    const store::Status status = store::status_of(found.info, committee->record.epoch);
    co_return nodeapi::success_response(200, nodeapi::to_json(to_api(status)));
}

io::Task<HandlerResult> get_health(NodeContext& node, http::Request& request) {
    const auto query = http::parse_query(request.query);
    if (!query) co_return api_failure(Reason::Malformed, "the query does not parse");
    bool detailed = false;
    for (const auto& [name, value] : *query) detailed |= name == "detailed" && value == "true";

    const LedgerView& ledger = node.ledger;
    const store::StoreStatistics disk = node.store.slivers().statistics();
    nodeapi::HealthInfo out;
    out.uptime_us = node.environment.loop.monotonic_us() - node.started_us;
    out.public_key = node.config.protocol_key.public_key().to_bytes();
    out.events_persisted = ledger.events;
    out.events_pending =
        ledger.head_block > ledger.next_block ? ledger.head_block - ledger.next_block : 0;
    if (ledger.next_block > 0) out.latest_block = ledger.next_block - 1;
    if (ledger.committee) {
        out.epoch = ledger.committee->record.epoch;
        out.shards_owned = ledger.committee->record.owned.size();
        if (detailed) out.shard_detail = ledger.committee->record.owned;
    }
    if (ledger.stream_problem)
        out.problems.push_back("block stream not believed: " + *ledger.stream_problem);
    if (ledger.committee_problem) out.problems.push_back("committee: " + *ledger.committee_problem);
    if (!ledger.committee_read) out.problems.push_back("the committee was not read yet");
    if (!ledger.connected) out.problems.push_back("no connection to the ledger");
    if (disk.read_only) out.problems.push_back("the disk cannot be written to");
    const bool distrusts = ledger.stream_problem || ledger.committee_problem;
    if (distrusts) {
        out.node_status = "LedgerNotTrusted";
    } else if (!ledger.committee || out.shards_owned == 0) {
        out.node_status = "Standby";
    } else if (!ledger.caught_up) {
        out.node_status = "RecoveryCatchUp";
    } else {
        out.node_status = "Active";
    }
    co_return nodeapi::success_response(200, nodeapi::to_json(out));
}

}  // namespace walrus::node
