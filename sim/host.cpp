// SPDX-License-Identifier: Apache-2.0
#include "sim/host.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace walrus::sim {

SimWorkers::SimWorkers(EventQueue& queue, Rng rng, std::size_t threads, std::uint64_t us_min,
                       std::uint64_t us_max)
    : queue_(queue), rng_(rng), us_min_(us_min), us_max_(us_max), free_at_us_(threads, 0) {
    WALRUS_CHECK(threads > 0);
    WALRUS_CHECK(us_min <= us_max);
}

void SimWorkers::submit(io::Callback work) {
    const auto thread = std::min_element(free_at_us_.begin(), free_at_us_.end());
    *thread = std::max(*thread, queue_.now_us()) + rng_.between(us_min_, us_max_);
    queue_.push(*thread - queue_.now_us(), std::move(work));
}

Host::Host(EventQueue& queue, Fabric& fabric, Options options)
    : queue_(queue),
      fabric_(fabric),
      options_(std::move(options)),
      index_(fabric.add_host(options_.name, options_.address)),
      loop_(queue),
      clock_(queue, options_.start_ms, options_.clock_offset_ms),
      random_(Rng(options_.seed, "random/" + options_.name)),
      network_(fabric.network_of(index_)),
      cpu_(queue, Rng(options_.seed, "cpu/" + options_.name), options_.workers.cpu_threads,
           options_.workers.cpu_us_min, options_.workers.cpu_us_max),
      disk_(queue, Rng(options_.seed, "disk/" + options_.name), options_.workers.disk_threads,
            options_.workers.disk_us_min, options_.workers.disk_us_max),
      environment_{.loop = loop_,
                   .clock = clock_,
                   .random = random_,
                   .network = *network_,
                   .files = files_,
                   .cpu = cpu_,
                   .disk = disk_,
                   .open_store = [this](const std::string& path) {
                       std::shared_ptr<io::MemoryStoreDisk>& disk = stores_[path];
                       if (!disk) disk = std::make_shared<io::MemoryStoreDisk>();
                       return io::MemoryStore::open(disk);
                   }} {}

void Host::kill() {
    fabric_.set_host_up(index_, false);
    files_.process_died();
    for (const auto& [path, disk] : stores_) disk->process_died();
}

void Host::power_cut() {
    fabric_.set_host_up(index_, false);
    files_.power_cut();
    for (const auto& [path, disk] : stores_) disk->power_cut();
}

void Host::restart() { fabric_.set_host_up(index_, true); }

}  // namespace walrus::sim
