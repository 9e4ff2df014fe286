// SPDX-License-Identifier: Apache-2.0
#include "sim/event_queue.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace walrus::sim {
namespace {

TEST(EventQueue, RunsInOrderOfTimeThenOfPushing) {
    EventQueue queue;
    std::vector<int> order;
    queue.push(20, [&] { order.push_back(3); });
    queue.push(10, [&] { order.push_back(1); });
    queue.push(10, [&] { order.push_back(2); });
    queue.push(0, [&] { order.push_back(0); });
    while (!queue.empty()) queue.run_next();
    EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3}));
    EXPECT_EQ(queue.now_us(), 20u);
    EXPECT_EQ(queue.executed(), 4u);
}

TEST(EventQueue, WhatAnEventPushesForNowRunsAfterWhatIsAlreadyDueNow) {
    EventQueue queue;
    std::vector<int> order;
    queue.push(5, [&] {
        order.push_back(0);
        queue.push(0, [&] { order.push_back(2); });
    });
    queue.push(5, [&] { order.push_back(1); });
    while (!queue.empty()) queue.run_next();
    EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
    EXPECT_EQ(queue.now_us(), 5u);
}

TEST(EventQueue, ACancelledEventDoesNotRun) {
    EventQueue queue;
    int runs = 0;
    const EventQueue::Id first = queue.push(10, [&] { ++runs; });
    const EventQueue::Id second = queue.push(20, [&] { ++runs; });
    queue.push(15, [&] { queue.cancel(second); });
    queue.cancel(first);
    queue.cancel(first);
    queue.cancel(12345);
    while (!queue.empty()) queue.run_next();
    EXPECT_EQ(runs, 0);
    EXPECT_EQ(queue.now_us(), 15u);
}

TEST(EventQueue, CancellingWhileTheCallbackOwnsACancelDoesNotCorruptTheQueue) {
    EventQueue queue;
    struct CancelsWhenDestroyed {
        EventQueue& queue;
        EventQueue::Id other;
        ~CancelsWhenDestroyed() { queue.cancel(other); }
    };
    int runs = 0;
    const EventQueue::Id other = queue.push(10, [&] { ++runs; });
    auto owner = std::make_unique<CancelsWhenDestroyed>(CancelsWhenDestroyed{queue, other});
    const EventQueue::Id id = queue.push(20, [owned = std::move(owner)] { (void)owned; });
    queue.cancel(id);
    EXPECT_TRUE(queue.empty());
    EXPECT_EQ(runs, 0);
}

TEST(EventQueue, ADelayBeyondTheEndOfTimeIsNeverDue) {
    EventQueue queue;
    queue.push(10, [] {});
    queue.run_next();
    queue.push(~std::uint64_t{0}, [] {});
    EXPECT_EQ(queue.next_at_us(), ~std::uint64_t{0});
}

TEST(SimLoop, SleepEndsAtItsTimeAndCancelEndsItEarly) {
    EventQueue queue;
    SimLoop loop(queue);
    std::vector<std::pair<bool, std::uint64_t>> ends;
    io::CancelSource cancel;
    struct Sleeper {
        static io::Task<void> run(SimLoop& loop, std::uint64_t us, io::CancelToken token,
                                  std::vector<std::pair<bool, std::uint64_t>>& ends) {
            const bool passed = co_await io::sleep_us(loop, us, token);
            ends.emplace_back(passed, loop.monotonic_us());
        }
    };
    io::start(Sleeper::run(loop, 1000, {}, ends));
    io::start(Sleeper::run(loop, 5000, cancel.token(), ends));
    loop.schedule(2000, [&] { cancel.cancel(); });
    while (!queue.empty()) queue.run_next();
    ASSERT_EQ(ends.size(), 2u);
    EXPECT_EQ(ends[0], (std::pair<bool, std::uint64_t>{true, 1000}));
    EXPECT_EQ(ends[1], (std::pair<bool, std::uint64_t>{false, 2000}));
}

}  // namespace
}  // namespace walrus::sim
