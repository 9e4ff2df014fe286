// SPDX-License-Identifier: Apache-2.0
// A fixed number of threads for work that would stall a loop. Several environments may share one
// pool; each has its own WorkerGroup, whose destructor waits for the work that it handed in.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "io/environment.hpp"

namespace walrus::io {

/// Thread safe. The destructor runs what is queued, then joins.
class ThreadPool {
public:
    /// `name` is at most 12 characters (the kernel cuts thread names at 15).
    ThreadPool(const std::string& name, std::size_t threads);
    ~ThreadPool();
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;

    std::size_t threads() const { return threads_.size(); }
    void submit(Callback work);
    /// As Executor::parallel_for: the calling thread works too, so nesting cannot deadlock.
    void parallel_for(std::size_t count, FunctionRef<void(std::size_t)> body);

private:
    void run();

    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Callback> queue_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

/// One user's view of a shared pool.
class WorkerGroup final : public Workers {
public:
    explicit WorkerGroup(std::shared_ptr<ThreadPool> pool) : pool_(std::move(pool)) {}
    ~WorkerGroup() override { wait_idle(); }

    std::size_t concurrency() const override { return pool_->threads() + 1; }
    void parallel_for(std::size_t count, FunctionRef<void(std::size_t)> body) override {
        pool_->parallel_for(count, body);
    }
    void submit(Callback work) override;
    /// Until nothing that this group submitted is queued or running.
    void wait_idle();

private:
    std::shared_ptr<ThreadPool> pool_;
    std::mutex mutex_;
    std::condition_variable idle_;
    std::size_t pending_ = 0;
};

}  // namespace walrus::io
