// SPDX-License-Identifier: Apache-2.0
#include "client/fetch_plan.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace walrus::client {

FetchPlan::FetchPlan(const CodeParameters& code, std::vector<std::uint16_t> holder,
                     std::uint32_t data_rows, std::uint32_t rounds_max)
    : holder_(std::move(holder)),
      state_(code.shard_count(), State::Idle),
      source_rows_(code.primary_source_symbols()),
      data_rows_(data_rows),
      needed_(source_rows_),
      have_(source_rows_ - data_rows),
      data_missing_(data_rows),
      rounds_left_(rounds_max) {
    WALRUS_CHECK(holder_.size() == code.shard_count());
    WALRUS_CHECK(data_rows_ <= source_rows_);
    const std::uint16_t nodes = *std::max_element(holder_.begin(), holder_.end());
    node_down_.resize(nodes + 1u);
    node_load_.resize(nodes + 1u);
    std::fill(state_.begin() + data_rows_, state_.begin() + source_rows_, State::Known);
}

void FetchPlan::take(std::uint32_t index) {
    state_[index] = State::UnderWay;
    ++under_way_;
    ++node_load_[holder_[index]];
}

std::optional<SliverIndex> FetchPlan::next() {
    if (done()) return std::nullopt;
    while (next_row_ < data_rows_) {
        const std::uint32_t row = next_row_++;
        if (state_[row] != State::Idle) continue;
        if (node_down_[holder_[row]]) {
            // Its node has just failed: a parity sliver stands in without waiting for it.
            state_[row] = State::Failed;
            owe_one();
            continue;
        }
        take(row);
        return SliverIndex(static_cast<std::uint16_t>(row));
    }
    // What is under way and in time will come; more is asked for only where it will not.
    if (owed_ == 0) return std::nullopt;
    std::optional<std::uint32_t> best;
    for (std::uint32_t i = source_rows_; i < state_.size(); ++i) {
        if (state_[i] != State::Idle || node_down_[holder_[i]]) continue;
        if (!best || node_load_[holder_[i]] < node_load_[holder_[*best]]) best = i;
    }
    if (!best) return std::nullopt;
    --owed_;
    take(*best);
    return SliverIndex(static_cast<std::uint16_t>(*best));
}

void FetchPlan::received(SliverIndex index) {
    State& state = state_[index.value];
    WALRUS_CHECK(state == State::UnderWay || state == State::Late);
    state = State::Received;
    --under_way_;
    --node_load_[holder_[index.value]];
    ++have_;
    if (index.value < source_rows_) {
        ++systematic_;
        --data_missing_;
    } else {
        ++parity_;
    }
}

void FetchPlan::failed(SliverIndex index, bool node_down) {
    State& state = state_[index.value];
    WALRUS_CHECK(state == State::UnderWay || state == State::Late);
    if (state == State::UnderWay) owe_one();  // a late one has its replacement already
    state = State::Failed;
    --under_way_;
    --node_load_[holder_[index.value]];
    if (node_down) node_down_[holder_[index.value]] = true;
}

void FetchPlan::late(SliverIndex index) {
    if (state_[index.value] != State::UnderWay) return;
    state_[index.value] = State::Late;
    owe_one();
}

bool FetchPlan::retry() {
    if (rounds_left_ == 0) return false;
    --rounds_left_;
    for (std::uint32_t i = 0; i < state_.size(); ++i)
        if (state_[i] == State::Failed) state_[i] = State::Idle;
    std::fill(node_down_.begin(), node_down_.end(), false);
    next_row_ = 0;
    // Everything that is idle may be asked for now.
    owed_ = static_cast<std::uint32_t>(state_.size());
    return true;
}

}  // namespace walrus::client
