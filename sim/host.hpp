// SPDX-License-Identifier: Apache-2.0
// One simulated machine: a name and address, a clock that is wrong by some milliseconds, its own
// randomness, disk and ordered stores, and workers whose time is virtual. What it gives to the code
// under test is an ordinary io::Environment.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/executor.hpp"
#include "io/environment.hpp"
#include "io/memory_file_system.hpp"
#include "io/memory_store.hpp"
#include "sim/event_queue.hpp"
#include "sim/network.hpp"
#include "sim/random.hpp"

namespace walrus::sim {

/// How long work on a worker takes, in virtual time.
struct WorkerModel {
    std::size_t cpu_threads = 4;
    std::size_t disk_threads = 4;
    std::uint64_t cpu_us_min = 50;
    std::uint64_t cpu_us_max = 1'500;
    std::uint64_t disk_us_min = 100;
    std::uint64_t disk_us_max = 4'000;
};

/// Workers of the simulator: the work runs inline, in the queue's thread, when its virtual time has
/// passed. Each piece waits for a free thread and then takes a time drawn from the seed, so pieces
/// may end in another order than they were submitted.
class SimWorkers final : public io::Workers {
public:
    SimWorkers(EventQueue& queue, Rng rng, std::size_t threads, std::uint64_t us_min,
               std::uint64_t us_max);
    void submit(io::Callback work) override;
    std::size_t concurrency() const override { return 1; }
    void parallel_for(std::size_t count, FunctionRef<void(std::size_t)> body) override {
        inline_.parallel_for(count, body);
    }

private:
    EventQueue& queue_;
    Rng rng_;
    std::uint64_t us_min_;
    std::uint64_t us_max_;
    std::vector<std::uint64_t> free_at_us_;  ///< per thread
    InlineExecutor inline_;
};

/// Wall clock: virtual time plus the host's own error.
class SimClock final : public io::Clock {
public:
    SimClock(EventQueue& queue, std::uint64_t start_ms, std::int64_t offset_ms)
        : queue_(queue), start_ms_(start_ms), offset_ms_(offset_ms) {}
    std::uint64_t now_ms() const override {
        return start_ms_ + queue_.now_us() / 1000 + static_cast<std::uint64_t>(offset_ms_);
    }
    void set_offset_ms(std::int64_t offset_ms) { offset_ms_ = offset_ms; }
    std::int64_t offset_ms() const { return offset_ms_; }

private:
    EventQueue& queue_;
    std::uint64_t start_ms_;
    std::int64_t offset_ms_;
};

/// The disk as the host's process sees it: once the process is dead, whatever of its code still
/// runs can change nothing, not even by opening files anew.
class HostFiles final : public io::FileSystem {
public:
    HostFiles(io::MemoryFileSystem& disk, const Fabric& fabric, HostIndex host)
        : disk_(disk), fabric_(fabric), host_(host) {}

    io::IoResult<std::unique_ptr<io::File>> open(const std::string& path,
                                                 io::OpenMode mode) override;
    io::IoResult<bool> exists(const std::string& path) override;
    io::IoResult<void> create_directories(const std::string& path) override;
    io::IoResult<std::vector<io::DirectoryEntry>> list(const std::string& path) override;
    io::IoResult<void> rename(const std::string& from, const std::string& to) override;
    io::IoResult<void> remove(const std::string& path) override;
    io::IoResult<void> remove_all(const std::string& path) override;
    io::IoResult<void> sync_directory(const std::string& path) override;
    io::IoResult<std::uint64_t> free_bytes(const std::string& path) override;
    io::IoResult<std::unique_ptr<io::FileLock>> lock(const std::string& path) override;

protected:
    io::IoResult<void> restrict_to_owner(const std::string& path) override;

private:
    io::IoResult<void> check_alive() const;
    io::MemoryFileSystem& disk_;
    const Fabric& fabric_;
    HostIndex host_;
};

class Host {
public:
    struct Options {
        std::string name;
        std::string address;
        std::uint64_t seed = 0;
        std::uint64_t start_ms = 0;
        std::int64_t clock_offset_ms = 0;
        WorkerModel workers;
    };
    Host(EventQueue& queue, Fabric& fabric, Options options);
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;

    const std::string& name() const { return options_.name; }
    const std::string& address() const { return options_.address; }
    HostIndex index() const { return index_; }
    io::Environment& environment() { return environment_; }
    SimClock& clock() { return clock_; }
    /// The disk itself, for harm and for checkers.
    io::MemoryFileSystem& disk() { return disk_files_; }
    /// The ordered stores that were opened, by path.
    const std::map<std::string, std::shared_ptr<io::MemoryStoreDisk>>& stores() const {
        return stores_;
    }

    /// The process dies, the machine goes on: connections break, what was written stays. The code
    /// that ran here must still be stopped; nothing it does has an effect any more.
    void kill();
    /// The power fails: what was not synced is lost too, or, as the seed wills, only some blocks of
    /// it.
    void power_cut();
    /// The host may listen and connect again. Precondition: what ran here before was stopped.
    void restart();
    bool up() const { return fabric_.host_up(index_); }

private:
    Fabric& fabric_;
    Options options_;
    HostIndex index_;
    SimLoop loop_;
    SimClock clock_;
    SimRandom random_;
    std::unique_ptr<io::Network> network_;
    io::MemoryFileSystem disk_files_;
    HostFiles files_;
    Rng power_rng_;
    SimWorkers cpu_workers_;
    SimWorkers disk_workers_;
    io::IoResult<std::unique_ptr<io::KeyValueStore>> open_store(const std::string& path);

    std::map<std::string, std::shared_ptr<io::MemoryStoreDisk>> stores_;
    io::Environment environment_;
};

}  // namespace walrus::sim
