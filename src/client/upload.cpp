// SPDX-License-Identifier: Apache-2.0
#include "client/upload.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "attest/messages.hpp"
#include "io/random_order.hpp"

namespace walrus::client {

namespace {
Bytes expected_message(const NetworkView& view, const BlobId& id,
                       const attest::BlobPersistence& persistence) {
    const attest::StoredBlob statement{id, persistence};
    return attest::build_message(view.epoch, statement);
}
}  // namespace

Upload::Upload(Client& client, std::shared_ptr<const NetworkView> view,
               std::shared_ptr<const EncodedSlivers> encoded, attest::BlobPersistence persistence,
               std::function<void(const UploadProgress&)> progress)
    : client_(client),
      view_(std::move(view)),
      encoded_(std::move(encoded)),
      persistence_(persistence),
      report_progress_(std::move(progress)),
      builder_(view_->committee, expected_message(*view_, encoded_->blob_id(), persistence_)),
      metadata_(encoded_->metadata().encode()),
      // Slivers from a file take memory while they are on the way.
      budget_(client.environment().loop,
              std::min(client.limits().bytes_in_flight_max, client.pool().budget_bytes() / 2)),
      nodes_(view_->nodes.size()),
      group_(client.environment().loop),
      changed_(client.environment().loop) {
    const std::uint64_t pair_bytes =
        encoded_->body_bytes(Axis::Primary) + encoded_->body_bytes(Axis::Secondary);
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        nodes_[i].lanes = std::make_unique<NodeLanes>(client.environment().loop,
                                                      client.limits().calls_per_node_first,
                                                      client.limits().calls_per_node_max);
        nodes_[i].bytes_total = pair_bytes * view_->nodes[i].shards.size();
        progress_.bytes_total += nodes_[i].bytes_total;
    }
    const std::uint32_t n = view_->shard_count();
    progress_.weight_needed = n - view_->code.faulty_max();
}

io::Task<ClientResult<attest::Certificate>> Upload::collect_certificate() {
    began_us_ = client_.environment().loop.monotonic_us();
    const auto order = io::random_order(nodes_.size(), client_.environment().random);
    for (const std::uint16_t member : order) group_.add(run_node(member));
    while (!builder_.reached(attest::Threshold::Quorum)) {
        if (group_.running() == 0 || possible_weight() < progress_.weight_needed) break;
        co_await changed_.wait(100'000);
    }
    if (builder_.reached(attest::Threshold::Quorum)) {
        auto certificate = builder_.finish();
        WALRUS_CHECK(certificate.has_value());
        co_return std::move(*certificate);
    }
    std::string why;
    for (const std::string& failure : failures()) why += "\n  " + failure;
    co_return client_failure(
        ClientCode::Network,
        fmt::format(
            "too few nodes confirmed blob {}: weight {} of {} needed (of {} shards).{}\nRun "
            "the same command again: it continues and does not pay twice",
            to_text(encoded_->blob_id()), builder_.weight(), progress_.weight_needed,
            view_->shard_count(), why));
}

io::Task<UploadReport> Upload::finish(bool wait_for_tail) {
    if (wait_for_tail) {
        const std::uint64_t started = client_.environment().loop.monotonic_us();
        while (group_.running() > 0 && tail_may_go_on() &&
               client_.environment().loop.monotonic_us() - started <
                   client_.limits().tail_ms_max * 1000)
            co_await changed_.wait(100'000);
    }
    cancel_.cancel();
    co_await group_.wait();
    UploadReport report;
    report.weight = builder_.weight();
    report.nodes_total = static_cast<std::uint32_t>(nodes_.size());
    for (const NodeState& node : nodes_) report.nodes_confirmed += node.confirmed;
    report.bytes_sent = bytes_sent_;
    report.failures = failures();
    co_return report;
}

/// A node that has taken something and still makes progress is worth waiting for, and so, for a
/// shorter time, is one that has not answered yet. One that cannot be reached is not.
bool Upload::tail_may_go_on() const {
    const std::uint64_t now = client_.environment().loop.monotonic_us();
    return std::any_of(nodes_.begin(), nodes_.end(), [&](const NodeState& node) {
        if (node.ended || node.refused) return false;
        return node.started ? now - node.last_progress_us < client_.limits().tail_idle_ms_max * 1000
                            : now - began_us_ < client_.limits().tail_first_answer_ms_max * 1000;
    });
}

io::Task<void> Upload::run_node(std::uint16_t member) {
    NodeState& state = nodes_[member];
    bool good = co_await send_metadata(member);
    // Metadata that was there may mean that everything is: then a confirmation is all that is left.
    bool confirmed = false;
    if (good && state.metadata_was_there) confirmed = co_await confirm(member, true);
    if (good && confirmed) note_progress(member, state.bytes_total);
    if (good && !confirmed && state.error.empty()) {
        io::TaskGroup slivers(client_.environment().loop);
        for (const ShardIndex shard : view_->nodes[member].shards) {
            const SliverPairIndex pair =
                pair_of_shard(shard, encoded_->blob_id(), view_->shard_count());
            slivers.add(send_sliver(member, pair, Axis::Primary));
            slivers.add(send_sliver(member, pair, Axis::Secondary));
        }
        co_await slivers.wait();
        if (state.error.empty()) co_await confirm(member, false);
    }
    state.ended = true;
    changed_.notify_all();
}

io::Task<bool> Upload::send_metadata(std::uint16_t member) {
    Backoff hard(client_.limits().node_backoff, client_.environment().random);
    Backoff soft(client_.limits().registered_backoff, client_.environment().random);
    for (;;) {
        const nodeapi::NodeCall call = call_for(metadata_.size());
        auto answer = co_await node(member).put_metadata(encoded_->blob_id(), metadata_, call);
        if (answer) {
            nodes_[member].metadata_was_there = !*answer;
            nodes_[member].refused = false;
            note_progress(member, 0);
            co_return true;
        }
        const nodeapi::NodeError error = std::move(answer.error());
        nodes_[member].refused = error.code == nodeapi::NodeCode::Unreachable;
        const bool again = co_await wait_after(error.code, hard, soft);
        if (!again) {
            give_up(member, error.message);
            co_return false;
        }
    }
}

io::Task<void> Upload::send_sliver(std::uint16_t member, SliverPairIndex pair, Axis axis) {
    NodeState& state = nodes_[member];
    Backoff hard(client_.limits().node_backoff, client_.environment().random);
    Backoff soft(client_.limits().registered_backoff, client_.environment().random);
    const std::size_t size = encoded_->body_bytes(axis);
    while (state.error.empty() && !cancel_.cancelled()) {
        nodeapi::NodeCode failed = nodeapi::NodeCode::Cancelled;
        std::string why;
        {
            const NodeLanes::Lane lane = co_await state.lanes->acquire();
            const ByteBudget::Share share = co_await budget_.acquire(size);
            if (!state.error.empty() || cancel_.cancelled()) co_return;
            if (state.metadata_was_there && size >= client_.limits().status_check_bytes_min) {
                const bool there = co_await is_stored(member, pair, axis);
                if (there) {
                    note_progress(member, size);
                    co_return;
                }
            }
            auto body = co_await encoded_->body(pair, axis);
            if (!body) {
                give_up(member, body.error().message);
                co_return;
            }
            const nodeapi::NodeCall call = call_for(size);
            const std::uint64_t started = client_.environment().loop.monotonic_us();
            auto answer = co_await node(member).put_sliver(encoded_->blob_id(), pair, axis,
                                                           std::move(*body), call);
            state.lanes->answered_after(client_.environment().loop.monotonic_us() - started);
            if (answer) {
                bytes_sent_ += size;
                note_progress(member, size);
                co_return;
            }
            failed = answer.error().code;
            why = std::move(answer.error().message);
        }  // nobody waits for us while we wait
        const bool again = co_await wait_after(failed, hard, soft);
        if (!again) {
            give_up(member,
                    fmt::format("{} sliver of pair {}: {}", to_text(axis), pair.value, why));
            co_return;
        }
    }
}

io::Task<bool> Upload::is_stored(std::uint16_t member, SliverPairIndex pair, Axis axis) {
    const nodeapi::NodeCall call = call_for(0);
    const auto status = co_await node(member).sliver_status(encoded_->blob_id(), pair, axis, call);
    co_return status.has_value() && *status == nodeapi::StoredStatus::Stored;
}

/// Asks for the node's confirmation. `only_once`: a refusal just means that something is missing.
io::Task<bool> Upload::confirm(std::uint16_t member, bool only_once) {
    Backoff hard(client_.limits().node_backoff, client_.environment().random);
    Backoff soft(client_.limits().registered_backoff, client_.environment().random);
    while (!cancel_.cancelled()) {
        const nodeapi::NodeCall call = call_for(0);
        auto answer = co_await node(member).confirmation(encoded_->blob_id(),
                                                         persistence_.deletable_object, call);
        if (answer) co_return accept(member, *answer);
        if (only_once) co_return false;
        const nodeapi::NodeError error = std::move(answer.error());
        const bool again = co_await wait_after(error.code, hard, soft);
        if (!again) {
            give_up(member, "confirmation: " + error.message);
            co_return false;
        }
    }
    co_return false;
}

bool Upload::accept(std::uint16_t member, const attest::SignedMessage& signed_message) {
    const auto added = builder_.add(member, signed_message);
    if (!added) {
        std::string why = attest::describe(added.error());
        if (const auto header = attest::read_header(signed_message.message);
            header && header->epoch != view_->epoch)
            why = fmt::format("it is in epoch {}, the upload began in epoch {}", header->epoch,
                              view_->epoch);
        give_up(member, "unusable confirmation: " + why);
        return false;
    }
    nodes_[member].confirmed = true;
    progress_.weight = builder_.weight();
    note_progress(member, 0);
    return true;
}

/// Waits as the error asks for; false: do not try again.
io::Task<bool> Upload::wait_after(nodeapi::NodeCode code, Backoff& hard, Backoff& soft) {
    std::optional<std::uint64_t> delay;
    switch (reaction_to(code)) {
        case Reaction::Repeat:
            delay = hard.next_ms();
            break;
        case Reaction::RepeatSoon:
            delay = soft.next_ms();
            break;
        case Reaction::GiveUp:
            break;
    }
    if (!delay) co_return false;
    co_return co_await io::sleep_ms(client_.environment().loop, *delay, cancel_.token());
}

void Upload::give_up(std::uint16_t member, std::string why) {
    NodeState& state = nodes_[member];
    if (state.error.empty()) state.error = why.empty() ? "failed" : std::move(why);
    changed_.notify_all();
}

void Upload::note_progress(std::uint16_t member, std::uint64_t bytes) {
    NodeState& state = nodes_[member];
    state.started = true;
    state.last_progress_us = client_.environment().loop.monotonic_us();
    progress_.bytes_done += bytes;
    if (report_progress_) report_progress_(progress_);
    changed_.notify_all();
}

nodeapi::NodeCall Upload::call_for(std::size_t bytes) const {
    nodeapi::NodeCall call;
    call.connect_timeout_us = client_.limits().connect_timeout_ms * 1000;
    call.timeout_us = client_.limits().call_timeout_ms * 1000 +
                      bytes * 1'000'000 / client_.limits().slow_bytes_per_s;
    call.cancel = cancel_.token();
    return call;
}

/// What the confirmations can still become.
std::uint32_t Upload::possible_weight() const {
    std::uint32_t weight = 0;
    for (std::size_t i = 0; i < nodes_.size(); ++i)
        if (nodes_[i].confirmed || nodes_[i].error.empty())
            weight += static_cast<std::uint32_t>(view_->nodes[i].shards.size());
    return weight;
}

std::vector<std::string> Upload::failures() const {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < nodes_.size(); ++i)
        if (!nodes_[i].error.empty() && !nodes_[i].confirmed)
            out.push_back(view_->nodes[i].name + ": " + nodes_[i].error);
    return out;
}

}  // namespace walrus::client
