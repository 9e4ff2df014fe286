// SPDX-License-Identifier: Apache-2.0
#include "client/metadata_fetch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "client/status.hpp"
#include "io/random_order.hpp"

namespace walrus::client {

namespace {

/// What the lanes of one fetch share.
struct Race {
    Race(io::Loop& loop) : changed(loop) {}
    std::vector<std::uint16_t> order;
    std::size_t next = 0;
    io::CancelSource cancel;
    io::Event changed;
    std::optional<VerifiedMetadata> found;
    std::uint64_t bytes = 0;
    std::uint64_t not_found_weight = 0;
    std::uint64_t blocked_weight = 0;
    std::uint64_t failed_weight = 0;
    std::uint64_t lying_weight = 0;
    std::string last_error;
};

io::Task<void> run_lane(Client& client, std::shared_ptr<const NetworkView> view, BlobId id,
                        Race& race) {
    while (!race.found && !race.cancel.cancelled() && race.next < race.order.size()) {
        const NodeInfo& node = view->nodes[race.order[race.next++]];
        nodeapi::NodeCall call;
        call.timeout_us = client.limits().call_timeout_ms * 1000;
        call.connect_timeout_us = client.limits().connect_timeout_ms * 1000;
        call.cancel = race.cancel.token();
        const std::uint64_t limit = metadata_bytes(view->shard_count()) + kDigestBytes;
        auto answer = co_await client.node(node).get_metadata(id, limit, call);
        const std::uint64_t weight = node.shards.size();
        if (answer) {
            race.bytes += answer->size();
            auto verified = decode_and_verify_metadata_with_id(*answer, id, view->code);
            if (verified) {
                if (!race.found) race.found = std::move(*verified);
                break;
            }
            race.lying_weight += weight;
            race.last_error =
                fmt::format("{} sent wrong metadata ({})", node.name, describe(verified.error()));
        } else if (answer.error().code == nodeapi::NodeCode::NotFound) {
            race.not_found_weight += weight;
        } else if (answer.error().code == nodeapi::NodeCode::Blocked) {
            race.blocked_weight += weight;
        } else {
            race.failed_weight += weight;
            race.last_error = fmt::format("{}: {}", node.name, answer.error().message);
        }
        const std::uint64_t denied = race.not_found_weight + race.blocked_weight;
        if (is_quorum(denied, view->shard_count())) break;
    }
    race.changed.notify_all();
}

}  // namespace

io::Task<ClientResult<FetchedMetadata>> fetch_metadata(Client& client,
                                                       std::shared_ptr<const NetworkView> view,
                                                       BlobId id) {
    Race race(client.environment().loop);
    race.order = io::random_order(view->nodes.size(), client.environment().random);
    io::TaskGroup lanes(client.environment().loop);
    // One lane at first; another whenever the last ones have not answered for a while.
    const std::uint64_t hedge_us = client.limits().hedge_min_ms * 1000;
    const std::uint32_t n = view->shard_count();
    auto settled = [&race, n] {
        return race.found || is_quorum(race.not_found_weight + race.blocked_weight, n);
    };
    while (!settled()) {
        if (lanes.running() < client.limits().metadata_parallel && race.next < race.order.size())
            lanes.add(run_lane(client, view, id, race));
        if (lanes.running() == 0) break;
        if (settled()) break;
        co_await race.changed.wait(hedge_us);
    }
    race.cancel.cancel();
    co_await lanes.wait();

    if (race.found) co_return FetchedMetadata{std::move(*race.found), race.bytes};
    if (is_quorum(race.not_found_weight, n) ||
        (race.not_found_weight > 0 && race.not_found_weight + race.failed_weight >= n &&
         has_one_correct(race.not_found_weight, n)))
        co_return client_failure(
            ClientCode::NotFound,
            fmt::format("no blob {} on this network: nodes of {} of {} shards do not have it",
                        to_text(id), race.not_found_weight, n));
    if (is_quorum(race.not_found_weight + race.blocked_weight, n))
        co_return client_failure(ClientCode::Refused,
                                 fmt::format("blob {} is blocked by nodes of {} of {} shards",
                                             to_text(id), race.blocked_weight, n));
    co_return client_failure(
        race.lying_weight > 0 && race.failed_weight == 0 ? ClientCode::Integrity
                                                         : ClientCode::Network,
        fmt::format("no node gave the metadata of blob {}: {} of {} shards unreachable, {} without "
                    "it, {} with a wrong answer{}{}",
                    to_text(id), race.failed_weight, n, race.not_found_weight, race.lying_weight,
                    race.last_error.empty() ? "" : "; last: ", race.last_error));
}

io::Task<ClientResult<FetchedMetadata>> fetch_readable_metadata(
    Client& client, std::shared_ptr<const NetworkView> view, BlobId id) {
    auto fetched = co_await fetch_metadata(client, view, id);
    if (fetched || fetched.error().code != ClientCode::NotFound) co_return fetched;
    const auto status = co_await blob_status(client, view, id);
    if (status) co_return fail(unreadable(id, *status));
    co_return fetched;
}

}  // namespace walrus::client
