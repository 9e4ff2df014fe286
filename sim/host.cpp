// SPDX-License-Identifier: Apache-2.0
#include "sim/host.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace walrus::sim {

namespace {
auto dead() {
    return io::io_failure(io::IoCode::Closed, "the process is dead");
}
}  // namespace

// ---- the disk as the process sees it -----------------------------------------------------------

io::IoResult<void> HostFiles::check_alive() const {
    if (!fabric_.host_up(host_)) return dead();
    return {};
}
io::IoResult<std::unique_ptr<io::File>> HostFiles::open(const std::string& path,
                                                        io::OpenMode mode) {
    WALRUS_TRY(check_alive());
    return disk_.open(path, mode);
}
io::IoResult<bool> HostFiles::exists(const std::string& path) {
    WALRUS_TRY(check_alive());
    return disk_.exists(path);
}
io::IoResult<void> HostFiles::create_directories(const std::string& path) {
    WALRUS_TRY(check_alive());
    return disk_.create_directories(path);
}
io::IoResult<std::vector<io::DirectoryEntry>> HostFiles::list(const std::string& path) {
    WALRUS_TRY(check_alive());
    return disk_.list(path);
}
io::IoResult<void> HostFiles::rename(const std::string& from, const std::string& to) {
    WALRUS_TRY(check_alive());
    return disk_.rename(from, to);
}
io::IoResult<void> HostFiles::remove(const std::string& path) {
    WALRUS_TRY(check_alive());
    return disk_.remove(path);
}
io::IoResult<void> HostFiles::remove_all(const std::string& path) {
    WALRUS_TRY(check_alive());
    return disk_.remove_all(path);
}
io::IoResult<void> HostFiles::sync_directory(const std::string& path) {
    WALRUS_TRY(check_alive());
    return disk_.sync_directory(path);
}
io::IoResult<std::uint64_t> HostFiles::free_bytes(const std::string& path) {
    WALRUS_TRY(check_alive());
    return disk_.free_bytes(path);
}
io::IoResult<std::unique_ptr<io::FileLock>> HostFiles::lock(const std::string& path) {
    WALRUS_TRY(check_alive());
    return disk_.lock(path);
}
io::IoResult<void> HostFiles::restrict_to_owner(const std::string&) {
    return check_alive();
}

// ---- workers -----------------------------------------------------------------------------------

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

// ---- the host ----------------------------------------------------------------------------------

Host::Host(EventQueue& queue, Fabric& fabric, Options options)
    : fabric_(fabric),
      options_(std::move(options)),
      index_(fabric.add_host(options_.name, options_.address)),
      loop_(queue),
      clock_(queue, options_.start_ms, options_.clock_offset_ms),
      random_(Rng(options_.seed, "random/" + options_.name)),
      network_(fabric.network_of(index_)),
      files_(disk_files_, fabric, index_),
      power_rng_(options_.seed, "power/" + options_.name),
      cpu_workers_(queue, Rng(options_.seed, "cpu/" + options_.name), options_.workers.cpu_threads,
                   options_.workers.cpu_us_min, options_.workers.cpu_us_max),
      disk_workers_(queue, Rng(options_.seed, "disk/" + options_.name),
                    options_.workers.disk_threads, options_.workers.disk_us_min,
                    options_.workers.disk_us_max),
      environment_{.loop = loop_,
                   .clock = clock_,
                   .random = random_,
                   .network = *network_,
                   .files = files_,
                   .cpu = cpu_workers_,
                   .disk = disk_workers_,
                   .open_store = [this](const std::string& path) { return open_store(path); }} {}

io::IoResult<std::unique_ptr<io::KeyValueStore>> Host::open_store(const std::string& path) {
    if (!up()) return dead();
    std::shared_ptr<io::MemoryStoreDisk>& disk = stores_[path];
    if (!disk) disk = std::make_shared<io::MemoryStoreDisk>();
    return io::MemoryStore::open(disk);
}

void Host::kill() {
    fabric_.set_host_up(index_, false);
    disk_files_.process_died();
    for (const auto& [path, disk] : stores_) disk->process_died();
}

void Host::power_cut() {
    fabric_.set_host_up(index_, false);
    if (power_rng_.one_in(2)) {
        disk_files_.power_cut_torn(power_rng_.next());
    } else {
        disk_files_.power_cut();
    }
    for (const auto& [path, disk] : stores_) disk->power_cut();
}

void Host::restart() {
    fabric_.set_host_up(index_, true);
}

}  // namespace walrus::sim
