// SPDX-License-Identifier: Apache-2.0
#include "io/environment.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <set>
#include <thread>

#include "io/workers.hpp"

namespace walrus::io {
namespace {

TEST(ThreadPool, ParallelForCallsEveryIndexOnceAlsoNested) {
    ThreadPool pool("test", 3);
    std::vector<std::atomic<int>> calls(40 * 50);
    pool.parallel_for(40, [&](std::size_t outer) {
        pool.parallel_for(50, [&](std::size_t inner) { ++calls[outer * 50 + inner]; });
    });
    for (const auto& count : calls) EXPECT_EQ(count.load(), 1);
    pool.parallel_for(0, [&](std::size_t) { FAIL(); });
}

TEST(ThreadPool, ParallelForEndsWhileAllThreadsAreBusy) {
    std::atomic<bool> release{false};
    std::atomic<int> calls{0};
    ThreadPool pool("test", 1);
    pool.submit([&] {
        while (!release) std::this_thread::yield();
    });
    pool.parallel_for(100, [&](std::size_t) { ++calls; });
    EXPECT_EQ(calls, 100);
    release = true;
}

TEST(ThreadPool, DestructorRunsWhatIsQueued) {
    std::atomic<int> ran{0};
    {
        ThreadPool pool("test", 2);
        for (int i = 0; i < 100; ++i) pool.submit([&] { ++ran; });
    }
    EXPECT_EQ(ran, 100);
}

TEST(WorkerGroup, DestructorWaitsForItsOwnWork) {
    const auto pool = std::make_shared<ThreadPool>("test", 2);
    std::atomic<int> ran{0};
    {
        WorkerGroup group(pool);
        for (int i = 0; i < 20; ++i) {
            group.submit([&] {
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
                ++ran;
            });
        }
    }
    EXPECT_EQ(ran, 20);
}

TEST(RealEnvironment, OffloadResumesInTheLoopThread) {
    const auto real = RealEnvironment::make({.name = "test", .cpu_threads = 2});
    real->start();
    Environment& environment = real->environment();
    run_blocking(*real, [](Environment& e) -> Task<void> {
        const auto loop_thread = std::this_thread::get_id();
        const auto worker_thread =
            co_await offload(e.loop, e.cpu, [] { return std::this_thread::get_id(); });
        EXPECT_NE(worker_thread, loop_thread);
        EXPECT_EQ(std::this_thread::get_id(), loop_thread);
        bool ran = false;
        co_await offload(e.loop, e.disk, [&ran] { ran = true; });
        EXPECT_TRUE(ran);
    }(environment));
}

TEST(RealEnvironment, SiblingHasItsOwnLoopThreadAndMayEndFirst) {
    const auto real = RealEnvironment::make({.name = "test", .cpu_threads = 1});
    real->start();
    std::set<std::thread::id> threads;
    const auto record = [](std::set<std::thread::id>& out) -> Task<void> {
        out.insert(std::this_thread::get_id());
        co_return;
    };
    run_blocking(*real, record(threads));
    {
        const auto sibling = real->sibling("second");
        sibling->start();
        run_blocking(*sibling, record(threads));
        sibling->environment().cpu.submit([&sibling] {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
            sibling->environment().loop.post([] {});
        });
    }
    run_blocking(*real, record(threads));
    EXPECT_EQ(threads.size(), 2u);
}

TEST(RealEnvironment, SignalsComeAsCalls) {
    const auto real = RealEnvironment::make({.name = "test", .cpu_threads = 1});
    int got = 0;
    real->on_signal([&](int number) {
        got = number;
        real->stop();
    });
    real->environment().loop.schedule(1'000, [] { ::kill(::getpid(), SIGTERM); });
    real->run();
    EXPECT_EQ(got, SIGTERM);
}

TEST(RealEnvironment, RandomnessFillsLongBuffersAndDiffers) {
    const auto real = RealEnvironment::make({.name = "test", .cpu_threads = 1});
    Bytes a(1000), b(1000);
    real->environment().random.fill(a);
    real->environment().random.fill(b);
    EXPECT_NE(a, b);
    EXPECT_NE(Bytes(a.end() - 100, a.end()), Bytes(100));
    EXPECT_LT(real->environment().random.below(10), 10u);
    EXPECT_GT(real->environment().clock.now_ms(), 1'700'000'000'000u);
}

}  // namespace
}  // namespace walrus::io
