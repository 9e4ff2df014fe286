// SPDX-License-Identifier: Apache-2.0
#include "io/workers.hpp"

#include <pthread.h>

#include <algorithm>
#include <atomic>

namespace walrus::io {

ThreadPool::ThreadPool(const std::string& name, std::size_t threads) {
    WALRUS_CHECK(threads > 0);
    for (std::size_t i = 0; i < threads; ++i) {
        threads_.emplace_back([this] { run(); });
        pthread_setname_np(threads_.back().native_handle(), name.substr(0, 15).c_str());
    }
}

ThreadPool::~ThreadPool() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

void ThreadPool::submit(Callback work) {
    {
        const std::lock_guard lock(mutex_);
        queue_.push_back(std::move(work));
    }
    wake_.notify_one();
}

void ThreadPool::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        wake_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
        if (queue_.empty()) return;
        Callback work = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        work();
        work = nullptr;  // what it owns is freed outside the lock
        lock.lock();
    }
}

namespace {

/// Shared by the caller and its helpers. A helper that comes too late finds no index left and never
/// touches `body`, which is gone by then.
struct ParallelRun {
    explicit ParallelRun(std::size_t n, FunctionRef<void(std::size_t)> f) : count(n), body(f) {}

    void work() {
        std::size_t finished = 0;
        for (std::size_t i = next.fetch_add(1); i < count; i = next.fetch_add(1)) {
            body(i);
            ++finished;
        }
        if (finished == 0) return;
        if (done.fetch_add(finished) + finished == count) {
            const std::lock_guard lock(mutex);
            all_done.notify_all();
        }
    }
    void wait() {
        std::unique_lock lock(mutex);
        all_done.wait(lock, [&] { return done.load() == count; });
    }

    const std::size_t count;
    const FunctionRef<void(std::size_t)> body;
    std::atomic<std::size_t> next{0};
    std::atomic<std::size_t> done{0};
    std::mutex mutex;
    std::condition_variable all_done;
};

}  // namespace

void ThreadPool::parallel_for(std::size_t count, FunctionRef<void(std::size_t)> body) {
    if (count == 0) return;
    if (count == 1) {
        body(0);
        return;
    }
    const auto shared = std::make_shared<ParallelRun>(count, body);
    const std::size_t helpers = std::min(threads_.size(), count - 1);
    {
        // In front of the queue: what has begun ends before something new begins.
        const std::lock_guard lock(mutex_);
        for (std::size_t i = 0; i < helpers; ++i) queue_.push_front([shared] { shared->work(); });
    }
    if (helpers == threads_.size()) {
        wake_.notify_all();
    } else {
        for (std::size_t i = 0; i < helpers; ++i) wake_.notify_one();
    }
    shared->work();
    shared->wait();
}

void WorkerGroup::submit(Callback work) {
    {
        const std::lock_guard lock(mutex_);
        ++pending_;
    }
    pool_->submit([this, work = std::move(work)]() mutable {
        work();
        work = nullptr;
        const std::lock_guard lock(mutex_);
        if (--pending_ == 0) idle_.notify_all();
    });
}

void WorkerGroup::wait_idle() {
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [&] { return pending_ == 0; });
}

}  // namespace walrus::io
