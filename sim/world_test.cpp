// SPDX-License-Identifier: Apache-2.0
#include "sim/world.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace walrus::sim {
namespace {

using io::IoResult;
using StreamPtr = std::unique_ptr<io::Stream>;

constexpr std::uint64_t kSecond = 1'000'000;

io::Task<void> echo(StreamPtr stream) {
    Bytes buffer(4096);
    while (true) {
        const IoResult<std::size_t> count = co_await stream->read_some(buffer);
        if (!count || *count == 0) co_return;
        const IoResult<void> sent = co_await stream->write_all(ByteView(buffer).first(*count));
        if (!sent) co_return;
    }
}

io::Task<void> serve(io::Listener& listener, io::TaskGroup& group) {
    while (true) {
        auto accepted = co_await listener.accept();
        if (!accepted) co_return;
        group.add(echo(std::move(*accepted)));
    }
}

io::Task<void> ask(io::Environment& environment, std::string host, std::size_t size,
                   std::size_t& echoed) {
    const io::Endpoint to{host, 7};
    const io::CancelToken never;
    auto connected = co_await environment.network.connect(to, kSecond, never);
    if (!connected) co_return;
    StreamPtr stream = std::move(*connected);
    Bytes sent(size);
    environment.random.fill(sent);
    const IoResult<void> written = co_await stream->write_all(sent);
    if (!written) co_return;
    Bytes received;
    Bytes buffer(1000);
    while (received.size() < size) {
        const IoResult<std::size_t> count = co_await stream->read_some(buffer);
        if (!count || *count == 0) co_return;
        append(received, ByteView(buffer).first(*count));
    }
    if (received == sent) ++echoed;
}

/// Ten clients talk to three echo servers; some connections break.
std::string run_echo(std::uint64_t seed, bool further_host = false) {
    WorldOptions options;
    options.seed = seed;
    World world(options);
    world.fabric().set_faults({.refuse_per_million = 20'000, .reset_per_million = 1'000});
    std::size_t echoed = 0;
    std::vector<std::unique_ptr<io::Listener>> listeners;
    std::vector<std::unique_ptr<io::TaskGroup>> groups;
    for (int i = 0; i < 3; ++i) {
        Host& host = world.add_host("server-" + std::to_string(i));
        listeners.push_back(std::move(*host.environment().network.listen({"0.0.0.0", 7})));
        groups.push_back(std::make_unique<io::TaskGroup>(host.environment().loop));
        groups.back()->add(serve(*listeners.back(), *groups.back()));
    }
    Host& client = world.add_host("client");
    if (further_host) world.add_host("silent");
    io::TaskGroup asking(client.environment().loop);
    for (int i = 0; i < 10; ++i) {
        asking.add(ask(client.environment(), "server-" + std::to_string(i % 3), 150'000, echoed));
    }
    EXPECT_TRUE(world.run(asking.wait(), 60 * kSecond));
    for (auto& listener : listeners) listener->close();
    for (auto& group : groups) EXPECT_TRUE(world.run(group->wait(), 60 * kSecond));
    EXPECT_EQ(world.run_until([] { return false; }, 60 * kSecond), RunEnd::Idle);
    EXPECT_GT(echoed, 0u);
    EXPECT_GT(world.trace().messages(), 100u);
    const Digest digest = world.trace().digest();
    return std::string(as_text(digest.view())) + std::to_string(world.trace().messages()) + " " +
           std::to_string(world.now_us());
}

TEST(World, OneSeedGivesOneRun) {
    const std::string first = run_echo(7);
    EXPECT_EQ(first, run_echo(7));
    EXPECT_NE(first, run_echo(8));
}

TEST(World, AFurtherHostThatIsSilentShiftsNothing) {
    EXPECT_EQ(run_echo(7), run_echo(7, true));
}

TEST(World, RunEndsWhenDoneOrIdleOrOutOfTimeOrSpinning) {
    WorldOptions options;
    options.events_at_one_time_max = 1000;
    World world(options);
    Host& host = world.add_host("a");
    EXPECT_EQ(world.run_until([] { return false; }, kSecond), RunEnd::Idle);
    bool rang = false;
    host.environment().loop.schedule(kSecond, [&] { rang = true; });
    EXPECT_EQ(world.run_until([&] { return rang; }, kSecond / 2), RunEnd::TimedOut);
    EXPECT_EQ(world.now_us(), kSecond / 2);
    EXPECT_EQ(world.run_until([&] { return rang; }, kSecond), RunEnd::Done);
    EXPECT_EQ(world.now_us(), kSecond);
    struct Spinner {
        static void spin(io::Loop& loop, bool& stop) {
            if (!stop) loop.post([&loop, &stop] { spin(loop, stop); });
        }
    };
    bool stop = false;
    Spinner::spin(host.environment().loop, stop);
    EXPECT_EQ(world.run_until([] { return false; }, kSecond), RunEnd::TooManyEvents);
    stop = true;
}

TEST(World, VirtualHoursCostNoRealTime) {
    World world({.seed = 1});
    io::Environment& environment = world.add_host("a").environment();
    EXPECT_EQ(world.run(io::sleep_ms(environment.loop, 24 * 3600 * 1000), ~std::uint64_t{0} / 2),
              std::optional<bool>(true));
    EXPECT_EQ(environment.loop.monotonic_us(), 24ull * 3600 * kSecond);
}

TEST(World, ClocksDifferByHostAndFollowVirtualTime) {
    World world({.seed = 5});
    std::vector<std::uint64_t> starts;
    for (int i = 0; i < 5; ++i) {
        starts.push_back(world.add_host("h" + std::to_string(i)).environment().clock.now_ms());
        EXPECT_GE(starts.back(), 1'750'000'000'000u - 400);
        EXPECT_LE(starts.back(), 1'750'000'000'000u + 400);
    }
    EXPECT_NE(*std::min_element(starts.begin(), starts.end()),
              *std::max_element(starts.begin(), starts.end()));
    world.run_for(10 * kSecond);
    for (HostIndex i = 0; i < 5; ++i) {
        EXPECT_EQ(world.host(i).environment().clock.now_ms(), starts[i] + 10'000);
    }
    world.host(0).clock().set_offset_ms(-5'000);
    EXPECT_EQ(world.host(0).environment().clock.now_ms(), 1'750'000'005'000u);
}

TEST(World, WorkersTakeVirtualTimeAndQueueForThreads) {
    WorldOptions options;
    options.workers = {.cpu_threads = 2,
                       .disk_threads = 1,
                       .cpu_us_min = 1000,
                       .cpu_us_max = 1000,
                       .disk_us_min = 10,
                       .disk_us_max = 20};
    World world(options);
    io::Environment& environment = world.add_host("a").environment();
    std::vector<std::uint64_t> ends;
    for (int i = 0; i < 5; ++i) {
        environment.cpu.submit([&] { ends.push_back(world.now_us()); });
    }
    world.run_for(kSecond);
    EXPECT_EQ(ends, (std::vector<std::uint64_t>{1000, 1000, 2000, 2000, 3000}));
    struct Work {
        static io::Task<int> run(io::Environment& on) {
            auto work = [] { return 42; };
            const int result = co_await io::offload(on.loop, on.disk, work);
            co_return result;
        }
    };
    EXPECT_EQ(world.run(Work::run(environment), kSecond), std::optional<int>(42));
}

TEST(World, PrimitivesOfTheLoopWorkInVirtualTime) {
    World world({.seed = 1});
    io::Loop& loop = world.add_host("a").environment().loop;
    io::Semaphore semaphore(loop, 2);
    io::Event event(loop);
    std::size_t running = 0;
    std::size_t running_max = 0;
    std::size_t notified = 0;
    struct Use {
        static io::Task<void> hold(io::Loop& on, io::Semaphore& of, std::size_t& now,
                                   std::size_t& most) {
            const io::Semaphore::Permit permit = co_await of.acquire();
            most = std::max(most, ++now);
            co_await io::sleep_us(on, 1000);
            --now;
        }
        static io::Task<void> wait(io::Event& on, std::uint64_t timeout_us, std::size_t& count) {
            const bool came = co_await on.wait(timeout_us);
            if (came) ++count;
        }
    };
    io::TaskGroup group(loop);
    for (int i = 0; i < 7; ++i) group.add(Use::hold(loop, semaphore, running, running_max));
    group.add(Use::wait(event, 0, notified));
    group.add(Use::wait(event, 500, notified));
    loop.schedule(2000, [&] { event.notify_all(); });
    EXPECT_TRUE(world.run(group.wait(), kSecond));
    EXPECT_EQ(running_max, 2u);
    EXPECT_EQ(notified, 1u);
    EXPECT_EQ(world.now_us(), 4000u);
}

TEST(Host, StoresAndFilesOutliveAProcessAndForgetUnsyncedWritesAtAPowerCut) {
    World world({.seed = 1});
    Host& host = world.add_host("a");
    io::Environment& environment = host.environment();
    const auto put = [](io::KeyValueStore& store, std::string_view key, bool sync) {
        io::WriteBatch batch;
        batch.put(to_bytes(key), to_bytes("value"));
        EXPECT_TRUE(store.write(batch, sync).has_value());
    };
    auto store = std::move(*environment.open_store("db"));
    put(*store, "synced", true);
    put(*store, "unsynced", false);
    ASSERT_TRUE(environment.files.create_directories("/data").has_value());
    ASSERT_TRUE(environment.files.write_file("/data/kept", as_bytes("kept")).has_value());
    host.kill();
    EXPECT_FALSE(store->get(as_bytes("synced")).has_value());
    // What still runs of the dead process cannot write by opening anew either.
    EXPECT_FALSE(environment.files.write_file("/data/late", as_bytes("late")).has_value());
    EXPECT_FALSE(environment.open_store("db").has_value());
    host.restart();
    store = std::move(*environment.open_store("db"));
    EXPECT_TRUE(store->get(as_bytes("unsynced"))->has_value());
    put(*store, "unsynced too", false);
    host.power_cut();
    host.restart();
    store = std::move(*environment.open_store("db"));
    EXPECT_TRUE(store->get(as_bytes("synced"))->has_value());
    EXPECT_FALSE(store->get(as_bytes("unsynced too"))->has_value());
    EXPECT_EQ(*environment.files.read_file("/data/kept", 100), to_bytes("kept"));
}

}  // namespace
}  // namespace walrus::sim
