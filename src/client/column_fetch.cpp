// SPDX-License-Identifier: Apache-2.0
#include "client/column_fetch.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "client/retry.hpp"

namespace walrus::client {

ColumnFetch::ColumnFetch(Client& client, std::shared_ptr<const NetworkView> view,
                         const VerifiedMetadata& metadata)
    : client_(client),
      view_(std::move(view)),
      metadata_(metadata),
      budget_(client.environment().loop, client.limits().bytes_in_flight_max),
      fetches_(client.environment().loop),
      verifier_(client.environment().loop),
      changed_(client.environment().loop) {
    for (std::size_t i = 0; i < view_->nodes.size(); ++i)
        lanes_.push_back(std::make_unique<NodeLanes>(client.environment().loop,
                                                     client.limits().calls_per_node_first,
                                                     client.limits().calls_per_node_max));
}

io::Task<bool> ColumnFetch::run(std::vector<std::uint16_t> columns) {
    std::sort(columns.begin(), columns.end());
    columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
    std::erase_if(columns, [&](std::uint16_t c) { return bodies_.contains(c); });
    const Limits& limits = client_.limits();
    const std::uint64_t idle_ms =
        limits.column_idle_ms_max +
        view_->code.sliver_bytes(Axis::Secondary, metadata_.symbol_bytes()) * 1000 /
            limits.column_bytes_per_s;
    cancel_ = io::CancelSource();
    gave_up_ = false;
    const std::size_t here_then = bodies_.size() + columns.size();
    std::size_t started = 0;
    while (!gave_up_ && bodies_.size() < here_then) {
        while (started < columns.size() && fetches_.running() < limits.slivers_in_flight_max)
            fetches_.add(fetch_one(columns[started++]));
        if (gave_up_ || bodies_.size() == here_then) break;
        const std::uint64_t before = bytes_received_;
        const bool notified = co_await changed_.wait(idle_ms * 1000);
        if (!notified && bytes_received_ == before && !verifying_)
            give_up(fmt::format("no secondary sliver of blob {} came for {} ms",
                                to_text(metadata_.blob_id()), idle_ms));
    }
    cancel_.cancel();
    co_await fetches_.wait();
    co_await verifier_.wait();
    co_return !gave_up_;
}

const NodeInfo& ColumnFetch::holder(std::uint16_t column) const {
    const SliverPairIndex pair =
        pair_of_sliver(SliverIndex(column), Axis::Secondary, view_->shard_count());
    return view_->nodes[view_->holder(pair, metadata_.blob_id())];
}

void ColumnFetch::give_up(std::string problem) {
    if (!gave_up_) problem_ = std::move(problem);
    gave_up_ = true;
    changed_.notify_all();
}

io::Task<void> ColumnFetch::fetch_one(std::uint16_t column) {
    const SliverIndex index(column);
    const std::size_t size =
        sliver_body_bytes(view_->code, Axis::Secondary, metadata_.symbol_bytes());
    const SliverPairIndex pair = pair_of_sliver(index, Axis::Secondary, view_->shard_count());
    const std::uint16_t member = view_->holder(pair, metadata_.blob_id());
    io::Loop& loop = client_.environment().loop;
    Backoff backoff(client_.limits().node_backoff, client_.environment().random);
    while (!gave_up_) {
        const NodeLanes::Lane lane = co_await lanes_[member]->acquire();
        const ByteBudget::Share share = co_await budget_.acquire(size);
        if (gave_up_) break;
        const std::uint64_t started = loop.monotonic_us();
        const nodeapi::NodeCall call = sliver_call(client_.limits(), size, cancel_.token());
        auto answer = co_await client_.node(view_->nodes[member])
                          .get_sliver(metadata_.blob_id(), pair, Axis::Secondary, size, call);
        lanes_[member]->answered_after(loop.monotonic_us() - started);
        if (answer) {
            bytes_received_ += answer->size();
            arrived_.push_back({index, std::move(*answer)});
            if (!verifying_) {
                verifying_ = true;
                verifier_.add(verify_arrivals());
            }
            changed_.notify_all();
            break;
        }
        const auto wait_ms =
            answer.error().code == nodeapi::NodeCode::Overloaded ? backoff.next_ms() : std::nullopt;
        if (!wait_ms) {
            give_up(fmt::format("{}: {}", view_->nodes[member].name, answer.error().message));
            break;
        }
        co_await io::sleep_ms(loop, *wait_ms, cancel_.token());
    }
}

/// Verifies whatever has arrived, together, until nothing is left: while one batch is on a worker,
/// the next one gathers.
io::Task<void> ColumnFetch::verify_arrivals() {
    while (!arrived_.empty()) {
        std::vector<SliverBody> batch = std::move(arrived_);
        arrived_.clear();
        const std::vector<bool> good =
            co_await verify_bodies(client_, view_->code, metadata_, Axis::Secondary, batch);
        for (std::size_t i = 0; i < batch.size(); ++i) {
            const std::uint16_t column = batch[i].index.value;
            if (!good[i]) {
                give_up(fmt::format("{} sent a wrong secondary sliver {}", holder(column).name,
                                    column));
                continue;
            }
            bodies_[column] = std::move(batch[i].body);
            ++slivers_received_;
        }
        changed_.notify_all();
    }
    verifying_ = false;
    changed_.notify_all();
}

std::optional<ByteView> ColumnFetch::symbols(std::uint16_t column) const {
    const auto body = bodies_.find(column);
    if (body == bodies_.end()) return std::nullopt;
    const auto view = parse_sliver(body->second);
    if (!view) return std::nullopt;
    return view->symbols;
}

}  // namespace walrus::client
