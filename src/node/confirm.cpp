// SPDX-License-Identifier: Apache-2.0
// Confirmations (spec/storage-node.md §1.7): this node signs that it stores a blob only if the blob
// is registered in its own view of the ledger, everything that is its own is stored, and all of
// that is durable.
#include <fmt/format.h>

#include <algorithm>

#include "attest/signed_message.hpp"
#include "base/text.hpp"
#include "node/routes.hpp"

namespace walrus::node {
namespace {

using nodeapi::Reason;

/// ?wait_for_registration=true&wait_millis=N: how long to wait, in microseconds.
ApiResult<std::uint64_t> wait_of(const NodeContext& node, const http::Request& request) {
    const auto query = http::parse_query(request.query);
    if (!query) return api_failure(Reason::Malformed, "the query does not parse");
    bool wait = false;
    const std::uint64_t max_ms = node.config.limits.confirmation_wait_ms_max;
    std::uint64_t wait_ms = max_ms;
    for (const auto& [name, value] : *query) {
        if (name == "wait_for_registration") {
            wait = value == "true";
        } else if (name == "wait_millis") {
            const auto number = parse_u64(value);
            if (!number)
                return api_failure(Reason::Malformed, "wait_millis is not a decimal number");
            wait_ms = std::min(*number, max_ms);
        }
    }
    return wait ? wait_ms * 1000 : 0;
}

struct Confirmable {
    bool registered = false;
    store::BlobPresence presence;
};

/// Registration first, then presence: see SliverStore::remove.
store::StoreResult<Confirmable> look_closely(store::NodeStore& store, const BlobId& id,
                                             const std::optional<ObjectId>& object, Epoch now) {
    Confirmable out;
    const auto info = WALRUS_TRY(store.state().blob(id));
    if (info && object) {
        const auto row = WALRUS_TRY(store.state().object(*object));
        out.registered =
            !info->invalid() && row && row->blob_id == id && row->deletable && row->registered(now);
    } else {
        out.registered = info && info->registered_permanent(now);
    }
    out.presence = WALRUS_TRY(store.slivers().presence(id));
    return out;
}

io::Task<HandlerResult> confirm(NodeContext& node, http::Request& request,
                                std::optional<ObjectId> object) {
    WALRUS_CO_TRY(id, blob_id_of(request));
    WALRUS_CO_TRY(wait_us, wait_of(node, request));
    WALRUS_CO_TRY(committee, committee_of(node));
    const Epoch now = committee->record.epoch;
    // Waits if asked to; what counts is looked at below.
    WALRUS_CO_TRY(found, co_await look_up_registered(node, id, wait_us));
    if (found.registered(now)) co_await flush_pending(node, id);

    auto look = [&node, id, object, now] { return look_closely(node.store, id, object, now); };
    auto looked =
        co_await io::offload(node.environment.loop, node.environment.disk, std::move(look));
    if (!looked) co_return tl::unexpected<nodeapi::ApiError>(from_store(looked.error()));
    if (!looked->registered)
        co_return api_failure(
            Reason::NotRegistered,
            fmt::format("blob {} is not registered {} on the ledger, as far as this node has seen",
                        to_text(id),
                        object ? "with object " + to_text(*object) : std::string("as permanent")));
    if (committee->record.owned.empty())
        co_return api_failure(Reason::ShardNotAssigned, "this node has no shards");
    if (!looked->presence.presence.complete(committee->record.owned))
        co_return api_failure(
            Reason::MissingSlivers,
            fmt::format("not all slivers of blob {} for this node's {} shards are "
                        "stored",
                        to_text(id), committee->record.owned.size()));
    const auto durable = co_await node.committer.wait_durable(looked->presence.lsn);
    if (!durable) co_return tl::unexpected<nodeapi::ApiError>(from_store(durable.error()));

    // The last look before the promise; the committee may have changed while the disk was busy.
    if (!node.ledger.may_sign())
        co_return api_failure(Reason::Unavailable,
                              "this node has no view of the ledger that it may sign for");
    if (node.ledger.committee->record != committee->record)
        co_return api_failure(Reason::Unavailable, "the committee has just changed");
    attest::StoredBlob statement;
    statement.blob_id = id;
    statement.persistence =
        object ? attest::BlobPersistence::deletable(*object) : attest::BlobPersistence::permanent();
    auto sign = [&node, statement, now] {
        return attest::sign_statement(node.config.protocol_key, now, statement);
    };
    attest::SignedMessage message =
        co_await io::offload(node.environment.loop, node.environment.cpu, std::move(sign));
    const attest::StorageConfirmation confirmation(std::move(message));
    co_return nodeapi::success_response(200, nodeapi::to_json(confirmation));
}

}  // namespace

io::Task<HandlerResult> get_permanent_confirmation(NodeContext& node, http::Request& request) {
    HandlerResult result = co_await confirm(node, request, std::nullopt);
    co_return result;
}

io::Task<HandlerResult> get_deletable_confirmation(NodeContext& node, http::Request& request) {
    const std::string& text = request.capture("object_id");
    const auto object = parse_object_id(text);
    if (!object)
        co_return api_failure(Reason::Malformed,
                              fmt::format("\"{}\" is not an object id", text.substr(0, 100)));
    HandlerResult result = co_await confirm(node, request, *object);
    co_return result;
}

}  // namespace walrus::node
