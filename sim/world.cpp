// SPDX-License-Identifier: Apache-2.0
#include "sim/world.hpp"

#include <fmt/format.h>

#include "base/check.hpp"

namespace walrus::sim {

namespace {
constexpr std::size_t kHostsMax = 250;
}

World::World(WorldOptions options)
    : options_(options), fabric_(queue_, trace_, options.seed, options.network) {
    Byte seed[8];
    store_le(seed, options.seed);
    trace_.note(0, "seed", seed);
}

World::~World() {
    // Events may own streams, whose destructors need the fabric.
    queue_.clear();
}

Host& World::add_host(const std::string& name) {
    WALRUS_CHECK(hosts_.size() < kHostsMax);
    for (const auto& host : hosts_) WALRUS_CHECK(host->name() != name);
    Rng clock(options_.seed, "clock/" + name);
    const std::uint64_t error_ms = clock.between(0, 2 * options_.clock_error_ms_max);
    Host::Options options;
    options.name = name;
    options.address = fmt::format("10.0.0.{}", hosts_.size() + 1);
    options.seed = options_.seed;
    options.start_ms = options_.start_ms;
    options.clock_offset_ms = static_cast<std::int64_t>(error_ms) -
                              static_cast<std::int64_t>(options_.clock_error_ms_max);
    options.workers = options_.workers;
    hosts_.push_back(std::make_unique<Host>(queue_, fabric_, std::move(options)));
    return *hosts_.back();
}

Rng World::rng(std::string_view purpose) const {
    return Rng(options_.seed, "scenario/" + std::string(purpose));
}

RunEnd World::run_until(FunctionRef<bool()> done, std::uint64_t limit_us) {
    const std::uint64_t deadline_us = now_us() + limit_us;
    while (true) {
        if (done()) return last_end_ = RunEnd::Done;
        if (queue_.empty()) return last_end_ = RunEnd::Idle;
        if (queue_.next_at_us() > deadline_us) {
            queue_.advance_to(deadline_us);
            return last_end_ = RunEnd::TimedOut;
        }
        if (queue_.executed() >= options_.events_max ||
            queue_.executed_at_this_time() >= options_.events_at_one_time_max) {
            return last_end_ = RunEnd::TooManyEvents;
        }
        queue_.run_next();
    }
}

void World::run_for(std::uint64_t time_us) {
    const std::uint64_t until_us = now_us() + time_us;
    if (run_until([] { return false; }, time_us) == RunEnd::Idle) queue_.advance_to(until_us);
}

bool World::run(io::Task<void> task, std::uint64_t limit_us) {
    const auto ended = std::make_shared<bool>(false);
    io::start(std::move(task), [ended] { *ended = true; });
    run_until([&ended] { return *ended; }, limit_us);
    return *ended;
}

}  // namespace walrus::sim
