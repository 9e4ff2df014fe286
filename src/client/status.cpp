// SPDX-License-Identifier: Apache-2.0
#include "client/status.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "io/random_order.hpp"

namespace walrus::client {

namespace {

using nodeapi::BlobStatus;

/// Smaller initial epochs are later states; none at all is the earliest.
std::uint64_t epoch_rank(const std::optional<Epoch>& epoch) {
    return epoch ? (std::uint64_t{1} << 32) - *epoch : 0;
}

/// Kind first, then what grows during a blob's life.
auto rank(const BlobStatus& status) {
    using Rank =
        std::tuple<int, std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t>;
    if (const auto* d = std::get_if<nodeapi::BlobDeletable>(&status))
        return Rank{1,
                    d->deletable_counts.certified,
                    d->deletable_counts.total,
                    epoch_rank(d->initial_certified_epoch),
                    0,
                    0};
    if (const auto* p = std::get_if<nodeapi::BlobPermanent>(&status))
        return Rank{2,
                    p->is_certified,
                    p->end_epoch,
                    p->deletable_counts.certified,
                    p->deletable_counts.total,
                    epoch_rank(p->initial_certified_epoch)};
    if (std::holds_alternative<nodeapi::BlobInvalid>(status)) return Rank{3, 0, 0, 0, 0, 0};
    return Rank{0, 0, 0, 0, 0, 0};
}

struct Poll {
    explicit Poll(io::Loop& loop) : changed(loop) {}
    io::CancelSource cancel;
    io::Event changed;
    std::vector<WeightedStatus> answers;
    std::uint64_t weight = 0;
    std::string last_error;
};

io::Task<void> ask(Client& client, std::shared_ptr<const NetworkView> view, std::uint16_t member,
                   BlobId id, std::uint64_t timeout_ms, Poll& poll) {
    const NodeInfo& node = view->nodes[member];
    nodeapi::NodeCall call;
    call.timeout_us = timeout_ms * 1000;
    call.connect_timeout_us = std::min(timeout_ms, client.limits().connect_timeout_ms) * 1000;
    call.cancel = poll.cancel.token();
    auto answer = co_await client.node(node).blob_status(id, call);
    const auto weight = static_cast<std::uint32_t>(node.shards.size());
    if (!answer && answer.error().code == nodeapi::NodeCode::NotFound)
        answer = BlobStatus(nodeapi::BlobNonexistent{});
    if (answer) {
        poll.answers.push_back({std::move(*answer), weight});
        poll.weight += weight;
    } else {
        poll.last_error = fmt::format("{}: {}", node.name, answer.error().message);
    }
    poll.changed.notify_all();
}

}  // namespace

bool is_earlier(const BlobStatus& a, const BlobStatus& b) {
    return rank(a) < rank(b);
}

std::optional<BlobStatus> merge_statuses(std::vector<WeightedStatus> answers,
                                         std::uint32_t shard_count) {
    std::vector<WeightedStatus> groups;
    for (WeightedStatus& answer : answers) {
        const auto same = std::find_if(groups.begin(), groups.end(), [&](const WeightedStatus& g) {
            return g.status == answer.status;
        });
        if (same == groups.end())
            groups.push_back(std::move(answer));
        else
            same->weight += answer.weight;
    }
    std::sort(groups.begin(), groups.end(),
              [](const auto& a, const auto& b) { return is_earlier(b.status, a.status); });
    for (const WeightedStatus& group : groups)
        if (has_one_correct(group.weight, shard_count)) return group.status;
    return std::nullopt;
}

io::Task<ClientResult<BlobStatus>> blob_status(Client& client,
                                               std::shared_ptr<const NetworkView> view, BlobId id,
                                               std::optional<std::uint64_t> timeout_ms) {
    Poll poll(client.environment().loop);
    io::TaskGroup group(client.environment().loop);
    const std::uint64_t timeout = timeout_ms.value_or(client.limits().status_timeout_ms);
    const auto order = io::random_order(view->nodes.size(), client.environment().random);
    for (const std::uint16_t member : order)
        group.add(ask(client, view, member, id, timeout, poll));
    const std::uint32_t n = view->shard_count();
    std::optional<BlobStatus> merged;
    while (!merged) {
        if (is_quorum(poll.weight, n)) merged = merge_statuses(poll.answers, n);
        if (merged || group.running() == 0) break;
        co_await poll.changed.wait(50'000);
    }
    poll.cancel.cancel();
    co_await group.wait();
    if (merged) co_return std::move(*merged);
    co_return client_failure(
        ClientCode::Network,
        fmt::format(
            "no certain status of blob {}: nodes of {} of {} shards answered{}{}", to_text(id),
            poll.weight, n,
            poll.last_error.empty() ? ", and disagree" : "; last error: ", poll.last_error));
}

std::optional<Epoch> initial_certified_epoch(const nodeapi::BlobStatus& status) {
    if (const auto* permanent = std::get_if<nodeapi::BlobPermanent>(&status))
        return permanent->initial_certified_epoch;
    if (const auto* deletable = std::get_if<nodeapi::BlobDeletable>(&status))
        return deletable->initial_certified_epoch;
    return std::nullopt;
}

io::Task<std::shared_ptr<const NetworkView>> committee_of_blob(
    Client& client, std::shared_ptr<const NetworkView> now, BlobId id) {
    if (!now->previous) co_return now;
    const auto status = co_await blob_status(client, now, id);
    if (!status) co_return now;
    const auto certified = initial_certified_epoch(*status);
    co_return certified && *certified < now->epoch ? now->previous : now;
}

ClientError unreadable(const BlobId& id, const BlobStatus& status) {
    const std::string name = to_text(id);
    if (std::holds_alternative<nodeapi::BlobInvalid>(status))
        return {
            ClientCode::Integrity,
            fmt::format("blob {} is invalid: the nodes proved that it was encoded wrongly", name)};
    bool certified = false;
    if (const auto* d = std::get_if<nodeapi::BlobDeletable>(&status))
        certified = d->initial_certified_epoch.has_value();
    else if (const auto* p = std::get_if<nodeapi::BlobPermanent>(&status))
        certified = p->is_certified;
    else
        return {ClientCode::NotFound,
                fmt::format("no blob {} on this network: never stored, deleted or expired", name)};
    if (!certified)
        return {ClientCode::NotFound,
                fmt::format("blob {} is registered but not certified: its upload was not completed",
                            name)};
    return {ClientCode::Network,
            fmt::format("blob {} is certified but its nodes do not serve it now; try again", name)};
}

}  // namespace walrus::client
