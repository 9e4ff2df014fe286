// SPDX-License-Identifier: Apache-2.0
// The one queue of everything that happens in a simulated world, in virtual time. Whatever has the
// same time happens in the order in which it was pushed: nothing depends on the real clock, on
// addresses or on threads.
#pragma once

#include <cstdint>
#include <map>
#include <thread>
#include <unordered_map>

#include "io/loop.hpp"

namespace walrus::sim {

/// Owned by one thread; a call from any other one is a bug in the simulated code and checked.
class EventQueue {
public:
    using Id = std::uint64_t;

    std::uint64_t now_us() const { return now_us_; }
    Id push(std::uint64_t delay_us, io::Callback call);
    /// The call will not run if it has not yet; it is destroyed here.
    void cancel(Id id);
    bool empty() const { return events_.empty(); }
    /// Precondition: not empty.
    std::uint64_t next_at_us() const { return events_.begin()->first.first; }
    /// Moves time to the next event and runs it. Precondition: not empty.
    void run_next();
    /// Moves time without running anything. Precondition: no event is due before.
    void advance_to(std::uint64_t time_us);
    std::uint64_t executed() const { return executed_; }
    /// Events run since time last moved (a loop that never waits shows here).
    std::uint64_t executed_at_this_time() const { return executed_at_this_time_; }
    /// Destroys all events.
    void clear();

private:
    std::uint64_t now_us_ = 0;
    Id next_id_ = 1;
    std::uint64_t executed_ = 0;
    std::uint64_t executed_at_this_time_ = 0;
    std::map<std::pair<std::uint64_t, Id>, io::Callback> events_;
    std::unordered_map<Id, std::uint64_t> times_us_;  ///< looked up only, never iterated
    std::thread::id owner_ = std::this_thread::get_id();
};

/// A host's loop: all hosts share the world's queue.
class SimLoop final : public io::Loop {
public:
    explicit SimLoop(EventQueue& queue) : queue_(queue) {}
    void post(io::Callback call) override { queue_.push(0, std::move(call)); }
    TimerId schedule(std::uint64_t delay_us, io::Callback call) override {
        return queue_.push(delay_us, std::move(call));
    }
    void cancel(TimerId timer) override { queue_.cancel(timer); }
    std::uint64_t monotonic_us() const override { return queue_.now_us(); }

private:
    EventQueue& queue_;
};

}  // namespace walrus::sim
