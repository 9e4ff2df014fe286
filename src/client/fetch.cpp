// SPDX-License-Identifier: Apache-2.0
#include "client/fetch.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace walrus::client {

namespace {
std::vector<std::uint16_t> holders_of(const NetworkView& view, const BlobId& id) {
    std::vector<std::uint16_t> out(view.shard_count());
    for (std::uint32_t i = 0; i < out.size(); ++i)
        out[i] = view.holder(pair_of_sliver(SliverIndex(static_cast<std::uint16_t>(i)),
                                            Axis::Primary, view.shard_count()),
                             id);
    return out;
}
}  // namespace

SliverFetch::SliverFetch(Client& client, std::shared_ptr<const NetworkView> view,
                         const VerifiedMetadata& metadata, std::uint32_t data_rows,
                         std::function<void(const FetchProgress&)> progress)
    : client_(client),
      view_(std::move(view)),
      metadata_(metadata),
      progress_(std::move(progress)),
      plan_(view_->code, holders_of(*view_, metadata.blob_id()), data_rows,
            client.limits().read_rounds_max - 1),
      budget_(client.environment().loop, client.limits().bytes_in_flight_max),
      fetches_(client.environment().loop),
      verifier_(client.environment().loop),
      changed_(client.environment().loop),
      bodies_(view_->shard_count()),
      under_way_(view_->shard_count()) {
    for (std::size_t i = 0; i < view_->nodes.size(); ++i)
        lanes_.push_back(std::make_unique<NodeLanes>(client.environment().loop,
                                                     client.limits().calls_per_node_first,
                                                     client.limits().calls_per_node_max));
}

io::Task<ClientResult<void>> SliverFetch::run(std::function<void(SliverIndex)> row_ready) {
    row_ready_ = std::move(row_ready);
    const Limits& limits = client_.limits();
    bool gave_up = false;
    while (!plan_.done()) {
        while (fetches_.running() < limits.slivers_in_flight_max) {
            const auto index = plan_.next();
            if (!index) break;
            fetches_.add(fetch_one(*index));
        }
        if (plan_.done()) break;
        if (fetches_.running() == 0 && arrived_.empty() && !verifying_) {
            if (plan_.under_way() == 0 && !plan_.retry()) {
                gave_up = true;
                break;
            }
            continue;
        }
        co_await changed_.wait(50'000);
        mark_late();
    }
    cancel_.cancel();
    co_await fetches_.wait();
    co_await verifier_.wait();
    if (gave_up) co_return fail(too_few());
    co_return ClientResult<void>{};
}

io::Task<void> SliverFetch::fetch_one(SliverIndex index) {
    const std::size_t size =
        sliver_body_bytes(view_->code, Axis::Primary, metadata_.symbol_bytes());
    const SliverPairIndex pair = pair_of_sliver(index, Axis::Primary, view_->shard_count());
    const std::uint16_t member = view_->holder(pair, metadata_.blob_id());
    const NodeInfo& node = view_->nodes[member];
    const NodeLanes::Lane lane = co_await lanes_[member]->acquire();
    const ByteBudget::Share share = co_await budget_.acquire(size);
    if (cancel_.cancelled()) {
        plan_.failed(index, false);
        co_return;
    }
    io::Loop& loop = client_.environment().loop;
    const std::uint64_t started = loop.monotonic_us();
    under_way_[index.value] = {std::max<std::uint64_t>(started, 1), false};
    const nodeapi::NodeCall call = sliver_call(client_.limits(), size, cancel_.token());
    auto answer = co_await client_.node(node).get_sliver(metadata_.blob_id(), pair, Axis::Primary,
                                                         size, call);
    under_way_[index.value].started_us = 0;
    const std::uint64_t took = loop.monotonic_us() - started;
    lanes_[member]->answered_after(took);
    if (answer) {
        latencies_us_.push_back(took);
        bytes_received_ += answer->size();
        arrived_.push_back({index, std::move(*answer)});
        if (!verifying_) {
            verifying_ = true;
            verifier_.add(verify_arrivals());
        }
    } else {
        note_failure(index, node, answer.error());
    }
    changed_.notify_all();
}

void SliverFetch::note_failure(SliverIndex index, const NodeInfo& node,
                               const nodeapi::NodeError& error) {
    bool node_down = false;
    if (error.code == nodeapi::NodeCode::NotFound) {
        ++missing_;
    } else if (error.code != nodeapi::NodeCode::Cancelled) {
        ++failures_;
        node_down = error.code == nodeapi::NodeCode::Unreachable ||
                    error.code == nodeapi::NodeCode::Untrusted ||
                    error.code == nodeapi::NodeCode::Broken;
        last_error_ = fmt::format("{}: {}", node.name, error.message);
    }
    plan_.failed(index, node_down);
}

/// Verifies whatever has arrived, together, until nothing is left: while one batch is on a worker,
/// the next one gathers.
io::Task<void> SliverFetch::verify_arrivals() {
    while (!arrived_.empty()) {
        std::vector<SliverBody> batch = std::move(arrived_);
        arrived_.clear();
        const std::vector<bool> good =
            co_await verify_bodies(client_, view_->code, metadata_, Axis::Primary, batch);
        for (std::size_t i = 0; i < batch.size(); ++i) {
            const SliverIndex index = batch[i].index;
            if (!good[i]) {
                const NodeInfo& node = view_->nodes[view_->holder(
                    pair_of_sliver(index, Axis::Primary, view_->shard_count()),
                    metadata_.blob_id())];
                ++wrong_;
                last_error_ =
                    fmt::format("{} sent a wrong primary sliver {}", node.name, index.value);
                plan_.failed(index, true);
                continue;
            }
            bodies_[index.value] = std::move(batch[i].body);
            plan_.received(index);
            if (row_ready_ && index.value < view_->code.primary_source_symbols()) row_ready_(index);
        }
        if (progress_) {
            const FetchProgress now{plan_.systematic_received() + plan_.parity_received(),
                                    plan_.needed(), bytes_received_};
            progress_(now);
        }
        changed_.notify_all();
    }
    verifying_ = false;
    changed_.notify_all();
}

void SliverFetch::mark_late() {
    const std::uint64_t now = client_.environment().loop.monotonic_us();
    const std::uint64_t delay = hedge_delay_us();
    for (std::uint32_t i = 0; i < under_way_.size(); ++i) {
        UnderWay& call = under_way_[i];
        if (call.started_us == 0 || call.hedged || now - call.started_us < delay) continue;
        call.hedged = true;
        plan_.late(SliverIndex(static_cast<std::uint16_t>(i)));
    }
}

std::uint64_t SliverFetch::hedge_delay_us() const {
    if (latencies_us_.empty()) return client_.limits().hedge_first_ms * 1000;
    std::vector<std::uint64_t> sorted = latencies_us_;
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
    std::nth_element(sorted.begin(), middle, sorted.end());
    return std::max(client_.limits().hedge_min_ms * 1000, 3 * *middle);
}

ClientError SliverFetch::too_few() const {
    const auto code = wrong_ > 0 && failures_ == 0     ? ClientCode::Integrity
                      : missing_ > 0 && failures_ == 0 ? ClientCode::NotFound
                                                       : ClientCode::Network;
    return {code, fmt::format(
                      "too few slivers of blob {}: {} of {} needed; {} answers failed, {} slivers "
                      "were missing, {} were wrong{}{}",
                      to_text(metadata_.blob_id()), plan_.have(), plan_.needed(), failures_,
                      missing_, wrong_, last_error_.empty() ? "" : "; last: ", last_error_)};
}

std::optional<ByteView> SliverFetch::symbols(SliverIndex index) const {
    const Bytes& body = bodies_[index.value];
    if (body.empty()) return std::nullopt;
    const auto view = parse_sliver(body);
    if (!view) return std::nullopt;
    return view->symbols;
}

std::vector<SliverView> SliverFetch::slivers() const {
    std::vector<SliverView> out;
    for (const Bytes& body : bodies_) {
        if (body.empty()) continue;
        if (const auto view = parse_sliver(body)) out.push_back(*view);
    }
    return out;
}

}  // namespace walrus::client
