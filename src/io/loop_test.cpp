// SPDX-License-Identifier: Apache-2.0
#include "io/loop.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "io/environment.hpp"

namespace walrus::io {
namespace {

/// A started environment; tasks run on its loop.
class LoopTest : public ::testing::Test {
protected:
    LoopTest() : real_(RealEnvironment::make({.name = "test", .cpu_threads = 2})) {
        real_->start();
    }
    Loop& loop() { return real_->environment().loop; }
    void run(Task<void> task) { run_blocking(*real_, std::move(task)); }
    std::unique_ptr<RealEnvironment> real_;
};

Task<int> add(int a, int b) {
    co_return a + b;
}
Task<int> sum_up_to(int n) {
    int sum = 0;
    for (int i = 1; i <= n; ++i) {
        const int next = co_await add(sum, i);
        sum = next;
    }
    co_return sum;
}

TEST_F(LoopTest, ManyAwaitsOfReadyTasksNeedNoStack) {
    int result = 0;
    run([](int& out) -> Task<void> { out = co_await sum_up_to(60'000); }(result));
    EXPECT_EQ(result, 60'000 / 2 * 60'001);
}

TEST_F(LoopTest, PostsRunInOrder) {
    std::vector<int> order;
    run([](Loop& loop, std::vector<int>& out) -> Task<void> {
        for (int i = 0; i < 5; ++i) loop.post([&out, i] { out.push_back(i); });
        co_await yield(loop);
    }(loop(), order));
    EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
}

TEST_F(LoopTest, TimersFireInOrderOfTimeAndNotBefore) {
    std::vector<int> order;
    std::uint64_t took_us = 0;
    run([](Loop& loop, std::vector<int>& out, std::uint64_t& took) -> Task<void> {
        const std::uint64_t begin = loop.monotonic_us();
        loop.schedule(30'000, [&out] { out.push_back(3); });
        loop.schedule(10'000, [&out] { out.push_back(1); });
        loop.schedule(20'000, [&out] { out.push_back(2); });
        co_await sleep_ms(loop, 40);
        took = loop.monotonic_us() - begin;
    }(loop(), order, took_us));
    EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
    EXPECT_GE(took_us, 40'000u);
}

TEST_F(LoopTest, CancelledTimerDoesNotRun) {
    bool ran = false;
    run([](Loop& loop, bool& out) -> Task<void> {
        const Loop::TimerId timer = loop.schedule(5'000, [&out] { out = true; });
        loop.schedule(0, [&loop, timer] { loop.cancel(timer); });
        co_await sleep_ms(loop, 20);
        loop.cancel(timer);  // again: nothing happens
    }(loop(), ran));
    EXPECT_FALSE(ran);
}

TEST_F(LoopTest, SleepEndsEarlyWhenCancelled) {
    bool passed = true;
    std::uint64_t took_us = 0;
    run([](Loop& loop, bool& out, std::uint64_t& took) -> Task<void> {
        CancelSource source;
        loop.schedule(5'000, [source]() mutable { source.cancel(); });
        const std::uint64_t begin = loop.monotonic_us();
        out = co_await sleep_ms(loop, 60'000, source.token());
        took = loop.monotonic_us() - begin;
        const bool again = co_await sleep_ms(loop, 60'000, source.token());
        EXPECT_FALSE(again);
    }(loop(), passed, took_us));
    EXPECT_FALSE(passed);
    EXPECT_LT(took_us, 10'000'000u);
}

TEST_F(LoopTest, EventWakesAllWaitersAndTimesOut) {
    int woken = 0;
    run([](Loop& loop, int& out) -> Task<void> {
        Event event(loop);
        TaskGroup group(loop);
        for (int i = 0; i < 3; ++i) {
            group.add([](Event& e, int& n) -> Task<void> {
                const bool notified = co_await e.wait();
                if (notified) ++n;
            }(event, out));
        }
        event.notify_all();
        co_await group.wait();
        const bool notified = co_await event.wait(2'000);
        EXPECT_FALSE(notified);
        event.notify_all();  // nobody waits, nothing is remembered
        const bool later = co_await event.wait(2'000);
        EXPECT_FALSE(later);
    }(loop(), woken));
    EXPECT_EQ(woken, 3);
}

TEST_F(LoopTest, SemaphoreServesInOrderAndNeverMoreThanItsPermits) {
    std::vector<int> order;
    int most = 0;
    run([](Loop& loop, std::vector<int>& out, int& peak) -> Task<void> {
        Semaphore semaphore(loop, 2);
        TaskGroup group(loop);
        int inside = 0;
        for (int i = 0; i < 6; ++i) {
            group.add([](Loop& l, Semaphore& s, std::vector<int>& o, int& in, int& p,
                         int number) -> Task<void> {
                const Semaphore::Permit permit = co_await s.acquire();
                o.push_back(number);
                p = std::max(p, ++in);
                co_await sleep_ms(l, 1);
                --in;
            }(loop, semaphore, out, inside, peak, i));
        }
        co_await group.wait();
        EXPECT_EQ(semaphore.free_permits(), 2u);
        const auto permit = semaphore.try_acquire();
        EXPECT_TRUE(permit.has_value());
    }(loop(), order, most));
    EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5}));
    EXPECT_EQ(most, 2);
}

TEST_F(LoopTest, GroupWaitsForAnyAndForAll) {
    run([](Loop& loop) -> Task<void> {
        TaskGroup group(loop);
        co_await group.wait_any();  // nothing runs: at once
        for (const std::uint64_t ms : {5, 20})
            group.add(
                [](Loop& l, std::uint64_t t) -> Task<void> { co_await sleep_ms(l, t); }(loop, ms));
        EXPECT_EQ(group.running(), 2u);
        co_await group.wait_any();
        EXPECT_EQ(group.running(), 1u);
        co_await group.wait();
        EXPECT_EQ(group.running(), 0u);
    }(loop()));
}

TEST(Cancel, RegistrationsEndWithTheirLifeAndCallAtOnceWhenLate) {
    CancelSource source;
    int calls = 0;
    {
        const CancelRegistration gone = source.token().on_cancel([&] { calls += 100; });
    }
    const CancelRegistration kept = source.token().on_cancel([&] { ++calls; });
    source.cancel();
    source.cancel();
    EXPECT_EQ(calls, 1);
    const CancelRegistration late = source.token().on_cancel([&] { ++calls; });
    EXPECT_EQ(calls, 2);
    EXPECT_FALSE(CancelToken().cancelled());
}

}  // namespace
}  // namespace walrus::io
