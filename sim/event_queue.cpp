// SPDX-License-Identifier: Apache-2.0
#include "sim/event_queue.hpp"

#include <limits>

#include "base/check.hpp"

namespace walrus::sim {

EventQueue::Id EventQueue::push(std::uint64_t delay_us, io::Callback call) {
    WALRUS_CHECK(std::this_thread::get_id() == owner_);
    const std::uint64_t forever = std::numeric_limits<std::uint64_t>::max();
    const std::uint64_t at_us = delay_us > forever - now_us_ ? forever : now_us_ + delay_us;
    const Id id = next_id_++;
    events_.emplace(std::pair{at_us, id}, std::move(call));
    times_us_.emplace(id, at_us);
    return id;
}

void EventQueue::cancel(Id id) {
    WALRUS_CHECK(std::this_thread::get_id() == owner_);
    const auto found = times_us_.find(id);
    if (found == times_us_.end()) return;
    // The callback may own things whose destructors come back here: take it out first.
    const auto event = events_.extract(std::pair{found->second, id});
    times_us_.erase(found);
}

void EventQueue::run_next() {
    WALRUS_CHECK(!events_.empty());
    auto event = events_.extract(events_.begin());
    const auto [at_us, id] = event.key();
    WALRUS_CHECK(at_us >= now_us_);
    if (at_us != now_us_) executed_at_this_time_ = 0;
    now_us_ = at_us;
    times_us_.erase(id);
    ++executed_;
    ++executed_at_this_time_;
    event.mapped()();
}

void EventQueue::advance_to(std::uint64_t time_us) {
    WALRUS_CHECK(events_.empty() || next_at_us() >= time_us);
    if (time_us <= now_us_) return;
    now_us_ = time_us;
    executed_at_this_time_ = 0;
}

void EventQueue::clear() {
    // Destroying a callback may push or cancel others.
    while (!events_.empty()) {
        const auto event = events_.extract(events_.begin());
        times_us_.erase(event.key().second);
    }
}

}  // namespace walrus::sim
