// SPDX-License-Identifier: Apache-2.0
#include <pthread.h>
#include <sys/random.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <csignal>
#include <future>
#include <thread>

#include "io/asio_loop.hpp"
#include "io/environment.hpp"
#include "io/workers.hpp"

namespace walrus::io {

namespace asio = boost::asio;

// ---- loop --------------------------------------------------------------------------------------

AsioLoop::AsioLoop() : context_(1), alarm_(context_) {}

void AsioLoop::post(Callback call) {
    asio::post(context_, std::move(call));
}

std::uint64_t AsioLoop::monotonic_us() const {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

Loop::TimerId AsioLoop::schedule(std::uint64_t delay_us, Callback call) {
    constexpr std::uint64_t kDelayMax = std::uint64_t{365} * 24 * 3600 * 1'000'000;
    const TimerId id = next_timer_++;
    const std::uint64_t due_us = monotonic_us() + std::min(delay_us, kDelayMax);
    timers_.emplace(Key{due_us, id}, std::move(call));
    due_.emplace(id, due_us);
    if (armed_for_us_ == 0 || due_us < armed_for_us_) arm();
    return id;
}

void AsioLoop::cancel(TimerId timer) {
    const auto found = due_.find(timer);
    if (found == due_.end()) return;
    timers_.erase(Key{found->second, timer});
    due_.erase(found);
    // The alarm may now go off early; fire() then arms it again.
}

void AsioLoop::arm() {
    armed_for_us_ = timers_.empty() ? 0 : timers_.begin()->first.first;
    if (armed_for_us_ == 0) return;
    const std::uint64_t now_us = monotonic_us();
    const std::uint64_t delay_us = armed_for_us_ > now_us ? armed_for_us_ - now_us : 0;
    alarm_.expires_after(std::chrono::microseconds(delay_us));
    alarm_.async_wait([this](const boost::system::error_code& error) {
        if (!error) fire();
    });
}

void AsioLoop::fire() {
    const std::uint64_t now_us = monotonic_us();
    // Only what is due now: a call that schedules without delay does not starve the sockets.
    armed_for_us_ = now_us;
    while (!timers_.empty() && timers_.begin()->first.first <= now_us) {
        auto node = timers_.extract(timers_.begin());
        due_.erase(node.key().second);
        node.mapped()();
    }
    arm();
}

// ---- clock and randomness ----------------------------------------------------------------------

namespace {

class SystemClock final : public Clock {
public:
    std::uint64_t now_ms() const override {
        const auto now = std::chrono::system_clock::now().time_since_epoch();
        return static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
    }
};

class SystemRandom final : public Random {
public:
    void fill(MutableByteView out) override {
        while (!out.empty()) {
            const ssize_t got = getrandom(out.data(), std::min<std::size_t>(out.size(), 256), 0);
            if (got < 0 && errno == EINTR) continue;
            WALRUS_CHECK(got > 0);
            out = out.subspan(static_cast<std::size_t>(got));
        }
    }
};

// ---- environment -------------------------------------------------------------------------------

/// A process may hold a dozen stores, all of them small.
constexpr RocksDbOptions kStore{.block_cache_bytes = 16u << 20, .write_buffer_bytes = 8u << 20};

struct Pools {
    std::shared_ptr<ThreadPool> cpu;
    std::shared_ptr<ThreadPool> disk;
};

class AsioEnvironment final : public RealEnvironment {
public:
    AsioEnvironment(std::string name, Pools pools)
        : name_(std::move(name)),
          pools_(std::move(pools)),
          work_(asio::make_work_guard(loop_.context())),
          network_(make_tcp_network(loop_)),
          files_(make_posix_file_system()),
          cpu_(pools_.cpu),
          disk_(pools_.disk),
          environment_{
              loop_,   clock_,
              random_, *network_,
              *files_, cpu_,
              disk_,   [](const std::string& path) { return open_rocksdb(path, kStore); }} {}

    ~AsioEnvironment() override {
        stop();
        if (thread_.joinable()) thread_.join();
        // Work under way may still post to the loop.
        cpu_.wait_idle();
        disk_.wait_idle();
    }

    Environment& environment() override { return environment_; }

    std::unique_ptr<RealEnvironment> sibling(std::string name) override {
        return std::make_unique<AsioEnvironment>(std::move(name), pools_);
    }

    void run() override {
        WALRUS_CHECK(!used_.exchange(true));
        loop_.context().run();
    }

    void start() override {
        WALRUS_CHECK(!used_.exchange(true));
        thread_ = std::thread([this] { loop_.context().run(); });
        pthread_setname_np(thread_.native_handle(), name_.substr(0, 15).c_str());
    }

    void stop() override { loop_.context().stop(); }

    void on_signal(std::move_only_function<void(int)> call) override {
        on_signal_ = std::move(call);
        if (!signals_) signals_.emplace(loop_.context(), SIGINT, SIGTERM);
        wait_for_signal();
    }

private:
    void wait_for_signal() {
        signals_->async_wait([this](const boost::system::error_code& error, int number) {
            if (error) return;
            on_signal_(number);
            wait_for_signal();
        });
    }

    std::string name_;
    Pools pools_;
    AsioLoop loop_;
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    SystemClock clock_;
    SystemRandom random_;
    std::unique_ptr<Network> network_;
    std::unique_ptr<FileSystem> files_;
    WorkerGroup cpu_;
    WorkerGroup disk_;
    Environment environment_;
    std::move_only_function<void(int)> on_signal_;
    std::optional<asio::signal_set> signals_;
    std::atomic<bool> used_{false};
    std::thread thread_;
};

}  // namespace

std::unique_ptr<RealEnvironment> RealEnvironment::make(Options options) {
    if (options.cpu_threads == 0)
        options.cpu_threads = std::max<std::size_t>(1, std::thread::hardware_concurrency());
    Pools pools;
    pools.cpu = std::make_shared<ThreadPool>(options.name + "-cpu", options.cpu_threads);
    pools.disk = std::make_shared<ThreadPool>(options.name + "-disk",
                                              std::max<std::size_t>(1, options.disk_threads));
    return std::make_unique<AsioEnvironment>(options.name, std::move(pools));
}

void run_blocking(RealEnvironment& environment, Task<void> task) {
    std::promise<void> ended;
    auto future = ended.get_future();
    environment.environment().loop.post([&ended, task = std::move(task)]() mutable {
        io::start(std::move(task), [&ended] { ended.set_value(); });
    });
    future.wait();
}

}  // namespace walrus::io
