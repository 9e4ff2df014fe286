// SPDX-License-Identifier: Apache-2.0
#include "client/node_lanes.hpp"

#include <gtest/gtest.h>

#include "client/byte_budget.hpp"

namespace walrus::client {
namespace {

/// Runs what is posted when told to; timers never fire.
class StepLoop final : public io::Loop {
public:
    void post(io::Callback call) override { calls_.push_back(std::move(call)); }
    TimerId schedule(std::uint64_t, io::Callback) override { return 0; }
    void cancel(TimerId) override {}
    std::uint64_t monotonic_us() const override { return 0; }
    void run() {
        while (!calls_.empty()) {
            io::Callback call = std::move(calls_.front());
            calls_.pop_front();
            call();
        }
    }

private:
    std::deque<io::Callback> calls_;
};

io::Task<void> use_lane(NodeLanes& lanes, io::OneShot<bool> end, int& running) {
    const NodeLanes::Lane lane = co_await lanes.acquire();
    ++running;
    co_await end;
    --running;
}

struct LanesUnderLoad {
    explicit LanesUnderLoad(NodeLanes& lanes_, StepLoop& loop_) : loop(loop_), group(loop_) {
        for (auto& end : ends) group.add(use_lane(lanes_, end, running));
        loop.run();
    }
    void finish() {
        for (auto& end : ends) {
            end.set(true);
            loop.run();
            most = std::max(most, running);
        }
    }
    StepLoop& loop;
    std::vector<io::OneShot<bool>> ends{12};
    int running = 0;
    int most = 0;
    io::TaskGroup group;
};

TEST(NodeLanes, ANearNodeKeepsFewCallsEvenWhenTheMachineIsBusy) {
    StepLoop loop;
    NodeLanes lanes(loop, 2, 8);
    LanesUnderLoad load(lanes, loop);
    EXPECT_EQ(load.running, 2);
    for (const std::uint64_t us : {50'000, 60'000, 1'000, 80'000, 90'000}) lanes.answered_after(us);
    loop.run();
    EXPECT_EQ(load.running, 2);
    load.finish();
    EXPECT_EQ(load.most, 2);
    EXPECT_EQ(lanes.busy(), 0u);
}

TEST(NodeLanes, AFarNodeGetsMoreCallsUpToTheLimit) {
    StepLoop loop;
    NodeLanes lanes(loop, 2, 8);
    LanesUnderLoad load(lanes, loop);
    const int expected[] = {2, 2, 4, 8, 8};
    for (const int calls : expected) {
        lanes.answered_after(50'000);
        loop.run();
        EXPECT_EQ(load.running, calls);
    }
    load.finish();
    EXPECT_EQ(load.most, 8);
    EXPECT_EQ(load.running, 0);
    EXPECT_EQ(lanes.busy(), 0u);
}

io::Task<void> use_bytes(ByteBudget& budget, std::size_t bytes, io::OneShot<bool> end,
                         std::vector<std::size_t>& order) {
    const ByteBudget::Share share = co_await budget.acquire(bytes);
    order.push_back(bytes);
    co_await end;
}

TEST(ByteBudget, ServesInOrderAndNeverExceedsTheBudget) {
    StepLoop loop;
    ByteBudget budget(loop, 100);
    std::vector<io::OneShot<bool>> ends(5);
    std::vector<std::size_t> order;
    io::TaskGroup group(loop);
    const std::size_t sizes[] = {60, 30, 50, 10, 1000};
    for (std::size_t i = 0; i < 5; ++i) group.add(use_bytes(budget, sizes[i], ends[i], order));
    loop.run();
    EXPECT_EQ(order, (std::vector<std::size_t>{60, 30}));  // 10 does not overtake 50
    ends[0].set(true);
    loop.run();
    EXPECT_EQ(order, (std::vector<std::size_t>{60, 30, 50, 10}));
    ends[1].set(true);
    ends[2].set(true);
    loop.run();
    EXPECT_EQ(order.size(), 4u);  // more than the budget waits for all of it
    ends[3].set(true);
    loop.run();
    EXPECT_EQ(order.size(), 5u);
    ends[4].set(true);
    loop.run();
    EXPECT_EQ(budget.free_bytes(), 100u);
}

}  // namespace
}  // namespace walrus::client
