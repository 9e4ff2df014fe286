// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "sim/world.hpp"

namespace walrus::sim {
namespace {

using io::IoCode;
using io::IoResult;
using StreamPtr = std::unique_ptr<io::Stream>;

constexpr std::uint64_t kSecond = 1'000'000;

/// Two hosts and one connection between them.
struct Pair {
    explicit Pair(std::uint64_t seed = 1, NetworkModel model = {}) : world(options(seed, model)) {
        a = &world.add_host("a");
        b = &world.add_host("b");
        auto listening = b->environment().network.listen({"0.0.0.0", 80});
        EXPECT_TRUE(listening.has_value());
        listener = std::move(*listening);
    }
    static WorldOptions options(std::uint64_t seed, NetworkModel model) {
        WorldOptions made;
        made.seed = seed;
        made.network = model;
        return made;
    }
    void open() {
        near = take(dial({b->address(), 80}));
        auto accepted = world.run(listener->accept(), kSecond);
        ASSERT_TRUE(accepted && accepted->has_value());
        far = std::move(**accepted);
    }
    IoResult<StreamPtr> dial(io::Endpoint to, std::uint64_t timeout_us = 5 * kSecond,
                             io::CancelToken cancel = {}) {
        auto task = a->environment().network.connect(std::move(to), timeout_us, std::move(cancel));
        auto result = world.run(std::move(task), 60 * kSecond);
        EXPECT_TRUE(result.has_value());
        return std::move(*result);
    }
    static StreamPtr take(IoResult<StreamPtr> result) {
        EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().message);
        return result ? std::move(*result) : nullptr;
    }
    IoResult<void> write(io::Stream& stream, ByteView data) {
        auto result = world.run(stream.write_all(data), 60 * kSecond);
        EXPECT_TRUE(result.has_value());
        return *result;
    }
    IoResult<std::size_t> read(io::Stream& stream, MutableByteView out) {
        auto result = world.run(stream.read_some(out), 60 * kSecond);
        EXPECT_TRUE(result.has_value());
        return *result;
    }

    World world;
    Host* a = nullptr;
    Host* b = nullptr;
    std::unique_ptr<io::Listener> listener;
    StreamPtr near;
    StreamPtr far;
};

io::Task<IoResult<Bytes>> read_to_end(io::Stream& stream) {
    Bytes all;
    Bytes buffer(10'000);
    while (true) {
        const IoResult<std::size_t> count = co_await stream.read_some(buffer);
        if (!count) co_return fail(count.error());
        if (*count == 0) co_return std::move(all);
        append(all, ByteView(buffer).first(*count));
    }
}

io::Task<void> write_then_close(io::Stream& stream, ByteView data, IoResult<void>& result) {
    result = co_await stream.write_all(data);
    stream.close();
}

template <class T>
io::Task<void> keep(io::Task<T> task, std::optional<T>& out) {
    T value = co_await std::move(task);
    out.emplace(std::move(value));
}

TEST(SimNetwork, BytesArriveInOrderAndTheEndIsSeen) {
    Pair pair;
    pair.open();
    const Bytes sent = pair.world.rng("data").bytes(1'000'000);
    IoResult<void> written;
    io::start(write_then_close(*pair.near, sent, written));
    const auto received = pair.world.run(read_to_end(*pair.far), 60 * kSecond);
    ASSERT_TRUE(received && received->has_value());
    EXPECT_TRUE(written.has_value());
    EXPECT_EQ(**received, sent);
    EXPECT_GT(pair.world.trace().messages(), 1'000'000u / (16 << 10));
    EXPECT_EQ(pair.world.trace().message_bytes(), sent.size());
}

TEST(SimNetwork, BothDirectionsAreIndependent) {
    Pair pair;
    pair.open();
    const Bytes there = pair.world.rng("there").bytes(400'000);
    const Bytes back = pair.world.rng("back").bytes(500'000);
    IoResult<void> first;
    IoResult<void> second;
    struct Both {
        static io::Task<void> write(io::Stream& stream, ByteView data, IoResult<void>& result) {
            result = co_await stream.write_all(data);
            co_await stream.end_writes();
        }
    };
    io::start(Both::write(*pair.near, there, first));
    io::start(Both::write(*pair.far, back, second));
    std::optional<IoResult<Bytes>> at_far;
    io::start(keep(read_to_end(*pair.far), at_far));
    const auto at_near = pair.world.run(read_to_end(*pair.near), 60 * kSecond);
    pair.world.run_until([&] { return at_far.has_value(); }, kSecond);
    EXPECT_EQ(**at_near, back);
    EXPECT_EQ(**at_far, there);
    EXPECT_EQ(pair.write(*pair.near, as_bytes("x")).error().code, IoCode::Closed);
}

TEST(SimNetwork, AWriterWaitsUntilItsBytesAreRead) {
    NetworkModel model;
    model.window_bytes = 100'000;
    Pair pair(1, model);
    pair.open();
    const Bytes sent(250'000, 0x5a);
    std::optional<IoResult<void>> written;
    io::start(keep(pair.near->write_all(sent), written));
    pair.world.run_for(10 * kSecond);
    EXPECT_FALSE(written.has_value());
    EXPECT_EQ(pair.world.trace().message_bytes(), 100'000u);
    Bytes buffer(60'000);
    EXPECT_EQ(*pair.read(*pair.far, buffer), 60'000u);
    pair.world.run_for(10 * kSecond);
    EXPECT_FALSE(written.has_value());
    EXPECT_EQ(pair.world.trace().message_bytes(), 160'000u);
    Bytes more(200'000);
    EXPECT_EQ(*pair.read(*pair.far, more), 100'000u);
    pair.world.run_for(10 * kSecond);
    EXPECT_TRUE(written.has_value());
    EXPECT_TRUE(written->has_value());
}

TEST(SimNetwork, WriteSomeTakesWhatTheWindowHolds) {
    NetworkModel model;
    model.window_bytes = 1'000;
    model.short_segment_one_in = 0;
    Pair pair(1, model);
    pair.open();
    const Bytes sent(5'000, 1);
    const auto first = pair.world.run(pair.near->write_some(sent), kSecond);
    ASSERT_TRUE(first && first->has_value());
    EXPECT_EQ(**first, 1'000u);
    EXPECT_FALSE(pair.world.run(pair.near->write_some(sent), kSecond).has_value());
    pair.near->close();
    pair.world.run_for(kSecond);
}

TEST(SimNetwork, CloseEndsPendingReadsAndWritesWithClosed) {
    NetworkModel model;
    model.window_bytes = 1'000;
    Pair pair(1, model);
    pair.open();
    Bytes buffer(10);
    const Bytes big(5'000, 1);
    std::optional<IoResult<std::size_t>> read;
    std::optional<IoResult<void>> written;
    io::start(keep(pair.near->read_some(buffer), read));
    io::start(keep(pair.near->write_all(big), written));
    pair.world.run_for(kSecond);
    EXPECT_FALSE(read.has_value());
    EXPECT_FALSE(written.has_value());
    pair.near->close();
    pair.near->close();
    pair.world.run_for(0);
    ASSERT_TRUE(read && written);
    EXPECT_EQ(read->error().code, IoCode::Closed);
    EXPECT_EQ(written->error().code, IoCode::Closed);
    EXPECT_EQ(pair.read(*pair.near, buffer).error().code, IoCode::Closed);
    EXPECT_EQ(pair.write(*pair.near, big).error().code, IoCode::Closed);
}

TEST(SimNetwork, AStreamMayBeDestroyedWhileItsReadWaits) {
    Pair pair;
    pair.open();
    Bytes buffer(10);
    std::optional<IoResult<std::size_t>> read;
    io::start(keep(pair.near->read_some(buffer), read));
    pair.near.reset();
    pair.world.run_for(kSecond);
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->error().code, IoCode::Closed);
    EXPECT_EQ(*pair.read(*pair.far, buffer), 0u);
}

TEST(SimNetwork, WritingToASideThatClosedBreaksTheConnection) {
    Pair pair;
    pair.open();
    pair.far.reset();
    pair.world.run_for(kSecond);
    Bytes buffer(10);
    EXPECT_TRUE(pair.write(*pair.near, as_bytes("lost")).has_value());
    pair.world.run_for(kSecond);
    EXPECT_EQ(pair.write(*pair.near, as_bytes("more")).error().code, IoCode::Closed);
    EXPECT_EQ(pair.read(*pair.near, buffer).error().code, IoCode::Closed);
}

TEST(SimNetwork, WhatArrivedBeforeAResetCanStillBeRead) {
    Pair pair;
    pair.open();
    EXPECT_TRUE(pair.write(*pair.near, as_bytes("answer")).has_value());
    pair.world.run_for(kSecond);
    pair.a->kill();
    pair.world.run_for(kSecond);
    Bytes buffer(10);
    EXPECT_EQ(*pair.read(*pair.far, buffer), 6u);
    EXPECT_EQ(pair.read(*pair.far, buffer).error().code, IoCode::Closed);
}

TEST(SimNetwork, ConnectingWhereNobodyListensIsRefused) {
    Pair pair;
    EXPECT_EQ(pair.dial({"b", 81}).error().code, IoCode::Refused);
    EXPECT_EQ(pair.dial({"nobody", 80}).error().code, IoCode::NotFound);
    EXPECT_EQ(pair.dial({"127.0.0.1", 80}).error().code, IoCode::Refused);
    pair.listener.reset();
    EXPECT_EQ(pair.dial({"b", 80}).error().code, IoCode::Refused);
}

TEST(SimNetwork, NamesAddressesAndPortsAreKnownToBothSides) {
    Pair pair;
    pair.open();
    EXPECT_EQ(pair.near->peer(), "10.0.0.2:80");
    EXPECT_EQ(pair.far->peer(), "10.0.0.1:40000");
    EXPECT_EQ(pair.listener->port(), 80);
    auto& network = pair.b->environment().network;
    EXPECT_EQ(network.listen({"10.0.0.2", 80}).error().code, IoCode::InUse);
    EXPECT_EQ(network.listen({"10.0.0.1", 82}).error().code, IoCode::NotFound);
    const auto free_port = network.listen({"127.0.0.1", 0});
    ASSERT_TRUE(free_port.has_value());
    EXPECT_NE((*free_port)->port(), 0);
}

TEST(SimNetwork, AcceptWaitsAndEndsWhenTheListenerCloses) {
    Pair pair;
    std::optional<IoResult<StreamPtr>> accepted;
    io::start(keep(pair.listener->accept(), accepted));
    pair.world.run_for(kSecond);
    EXPECT_FALSE(accepted.has_value());
    pair.listener->close();
    pair.world.run_for(0);
    ASSERT_TRUE(accepted.has_value());
    EXPECT_EQ(accepted->error().code, IoCode::Closed);
}

TEST(SimNetwork, ConnectsTimeOutAcrossACutAndCanBeCancelled) {
    Pair pair;
    pair.world.fabric().cut(pair.a->index(), pair.b->index());
    const std::uint64_t before_us = pair.world.now_us();
    EXPECT_EQ(pair.dial({"b", 80}, 3 * kSecond).error().code, IoCode::TimedOut);
    EXPECT_EQ(pair.world.now_us() - before_us, 3 * kSecond);
    io::CancelSource cancel;
    pair.a->environment().loop.schedule(kSecond, [&] { cancel.cancel(); });
    EXPECT_EQ(pair.dial({"b", 80}, 3 * kSecond, cancel.token()).error().code, IoCode::Cancelled);
    EXPECT_EQ(pair.dial({"b", 80}, 3 * kSecond, cancel.token()).error().code, IoCode::Cancelled);
    EXPECT_EQ(pair.world.now_us() - before_us, 4 * kSecond);
}

TEST(SimNetwork, AHealedLinkDeliversWhatWaitedInOrder) {
    Pair pair;
    pair.open();
    const Bytes sent = pair.world.rng("data").bytes(120'000);
    pair.world.fabric().isolate(pair.b->index());
    IoResult<void> written;
    io::start(write_then_close(*pair.near, sent, written));
    std::optional<IoResult<Bytes>> received;
    io::start(keep(read_to_end(*pair.far), received));
    pair.world.run_for(30 * kSecond);
    EXPECT_FALSE(received.has_value());
    EXPECT_EQ(pair.world.trace().messages(), 0u);
    pair.world.fabric().heal_all();
    pair.world.run_for(kSecond);
    ASSERT_TRUE(received.has_value());
    EXPECT_EQ(**received, sent);
}

TEST(SimNetwork, AKilledHostResetsItsConnectionsAndRefusesNewOnes) {
    Pair pair;
    pair.open();
    Bytes buffer(10);
    std::optional<IoResult<std::size_t>> at_near;
    std::optional<IoResult<std::size_t>> at_far;
    io::start(keep(pair.near->read_some(buffer), at_near));
    io::start(keep(pair.far->read_some(buffer), at_far));
    pair.b->kill();
    pair.world.run_for(kSecond);
    ASSERT_TRUE(at_near && at_far);
    EXPECT_EQ(at_near->error().code, IoCode::Closed);
    EXPECT_EQ(at_far->error().code, IoCode::Closed);
    EXPECT_EQ(pair.dial({"b", 80}).error().code, IoCode::Refused);
    EXPECT_EQ(pair.world.run(pair.listener->accept(), kSecond)->error().code, IoCode::Closed);
    EXPECT_FALSE(pair.b->environment().network.listen({"0.0.0.0", 80}).has_value());
    auto dialled = pair.b->environment().network.connect({"a", 80}, kSecond, {});
    EXPECT_EQ(pair.world.run(std::move(dialled), kSecond)->error().code, IoCode::Refused);
    pair.b->restart();
    pair.listener = std::move(*pair.b->environment().network.listen({"0.0.0.0", 80}));
    pair.open();
    EXPECT_TRUE(pair.write(*pair.near, as_bytes("again")).has_value());
    EXPECT_EQ(*pair.read(*pair.far, buffer), 5u);
}

TEST(SimNetwork, BandwidthTakesVirtualTime) {
    NetworkModel model;
    model.bandwidth_bytes_per_s = 1'000'000;
    model.window_bytes = 10 << 20;
    Pair pair(1, model);
    pair.open();
    const Bytes sent(2'000'000, 7);
    const std::uint64_t before_us = pair.world.now_us();
    IoResult<void> written;
    io::start(write_then_close(*pair.near, sent, written));
    EXPECT_TRUE(pair.world.run(read_to_end(*pair.far), 60 * kSecond).has_value());
    const std::uint64_t took_us = pair.world.now_us() - before_us;
    EXPECT_GE(took_us, 1'990'000u);
    EXPECT_LE(took_us, 2'100'000u);
}

TEST(SimNetwork, FaultsBreakConnectionsAndRefuseThem) {
    Pair pair;
    pair.open();
    pair.world.fabric().set_faults({.refuse_per_million = 1'000'000,
                                    .reset_per_million = 1'000'000,
                                    .delay_per_million = 1'000'000,
                                    .delay_us_max = 1000});
    EXPECT_EQ(pair.dial({"b", 80}).error().code, IoCode::Refused);
    EXPECT_TRUE(pair.write(*pair.near, as_bytes("x")).has_value());
    pair.world.run_for(kSecond);
    Bytes buffer(10);
    EXPECT_EQ(pair.read(*pair.near, buffer).error().code, IoCode::Closed);
    EXPECT_EQ(pair.read(*pair.far, buffer).error().code, IoCode::Closed);
    EXPECT_EQ(pair.world.fabric().open_connections(), 0u);
}

TEST(SimNetwork, AFlippedMessageDiffersInOneBit) {
    const auto run = [](std::optional<std::uint64_t> flip) {
        Pair pair;
        if (flip) pair.world.fabric().flip_message(*flip);
        pair.open();
        const Bytes sent(100'000, 0);
        IoResult<void> written;
        io::start(write_then_close(*pair.near, sent, written));
        auto received = pair.world.run(read_to_end(*pair.far), 60 * kSecond);
        EXPECT_EQ(pair.world.fabric().flipped(), flip.has_value());
        return std::pair{**received, pair.world.trace().digest()};
    };
    const auto [clean, clean_digest] = run(std::nullopt);
    const auto [flipped, flipped_digest] = run(3);
    ASSERT_EQ(clean.size(), flipped.size());
    int bits = 0;
    for (std::size_t i = 0; i < clean.size(); ++i) {
        bits += __builtin_popcount(static_cast<unsigned>(clean[i] ^ flipped[i]));
    }
    EXPECT_EQ(bits, 1);
    EXPECT_NE(clean_digest, flipped_digest);
}

}  // namespace
}  // namespace walrus::sim
