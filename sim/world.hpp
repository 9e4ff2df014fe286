// SPDX-License-Identifier: Apache-2.0
// The simulator: production code of every role on simulated hosts, in virtual time, from one seed.
// Equal seeds and equal calls give equal runs, message for message; the trace's digest shows it.
//
// A World belongs to one thread and must outlive the code that runs in it: stop every server, end
// every task (run_until) before destroying it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/function_ref.hpp"
#include "io/task.hpp"
#include "sim/event_queue.hpp"
#include "sim/host.hpp"
#include "sim/network.hpp"
#include "sim/trace.hpp"

namespace walrus::sim {

struct WorldOptions {
    std::uint64_t seed = 0;
    NetworkModel network;
    WorkerModel workers;
    std::uint64_t start_ms = 1'750'000'000'000;  ///< wall clock at virtual time 0
    std::uint64_t clock_error_ms_max = 400;      ///< hosts' clocks are off by up to this
    /// Bounds against code that never waits.
    std::uint64_t events_max = 50'000'000;
    std::uint64_t events_at_one_time_max = 2'000'000;
};

enum class RunEnd {
    Done,           ///< what was waited for is there
    TimedOut,       ///< the virtual time passed first
    Idle,           ///< nothing will ever happen again
    TooManyEvents,  ///< a bound of WorldOptions: some loop does not wait
};

class World {
public:
    explicit World(WorldOptions options);
    ~World();
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    std::uint64_t seed() const { return options_.seed; }
    std::uint64_t now_us() const { return queue_.now_us(); }
    EventQueue& queue() { return queue_; }
    Fabric& fabric() { return fabric_; }
    Trace& trace() { return trace_; }

    /// Hosts get the addresses 10.0.0.1, 10.0.0.2, … in order. Names must differ. The reference
    /// stays valid.
    Host& add_host(const std::string& name);
    Host& host(HostIndex index) { return *hosts_[index]; }
    std::size_t host_count() const { return hosts_.size(); }
    /// A stream of random numbers for a purpose of the scenario.
    Rng rng(std::string_view purpose) const;
    void note(std::string_view label, ByteView data) { trace_.note(now_us(), label, data); }

    /// Runs events until `done()` (asked after each), at most for `limit_us` of virtual time.
    RunEnd run_until(FunctionRef<bool()> done, std::uint64_t limit_us);
    /// Runs events for this virtual time.
    void run_for(std::uint64_t time_us);
    /// Runs a task to its end. Nothing: it did not end in time (it is then lost with its frame).
    template <class T>
        requires(!std::is_void_v<T>)
    std::optional<T> run(io::Task<T> task, std::uint64_t limit_us);
    /// Likewise for a task without result. True: it ended.
    bool run(io::Task<void> task, std::uint64_t limit_us);
    RunEnd last_end() const { return last_end_; }

private:
    template <class T>
    static io::Task<void> keep_result(io::Task<T> task, std::shared_ptr<std::optional<T>> result);

    WorldOptions options_;
    EventQueue queue_;
    Trace trace_;
    Fabric fabric_;
    std::vector<std::unique_ptr<Host>> hosts_;
    RunEnd last_end_ = RunEnd::Done;
};

template <class T>
io::Task<void> World::keep_result(io::Task<T> task, std::shared_ptr<std::optional<T>> result) {
    T value = co_await std::move(task);
    result->emplace(std::move(value));
}

template <class T>
    requires(!std::is_void_v<T>)
std::optional<T> World::run(io::Task<T> task, std::uint64_t limit_us) {
    auto result = std::make_shared<std::optional<T>>();
    io::start(keep_result<T>(std::move(task), result));
    run_until([&result] { return result->has_value(); }, limit_us);
    return std::move(*result);
}

}  // namespace walrus::sim
