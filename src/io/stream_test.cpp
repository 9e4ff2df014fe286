// SPDX-License-Identifier: Apache-2.0
#include "io/stream.hpp"

#include <gtest/gtest.h>

#include "io/environment.hpp"

namespace walrus::io {
namespace {

constexpr std::uint64_t kTimeout = 5'000'000;

class StreamTest : public ::testing::Test {
protected:
    StreamTest() : real_(RealEnvironment::make({.name = "test", .cpu_threads = 1})) {
        real_->start();
    }
    void run(Task<void> task) { run_blocking(*real_, std::move(task)); }
    Environment& env() { return real_->environment(); }
    std::unique_ptr<RealEnvironment> real_;
};

struct Pair {
    std::unique_ptr<Stream> client;
    std::unique_ptr<Stream> server;
};

Task<Pair> connect_pair(Environment& environment) {
    auto listener = *environment.network.listen({"127.0.0.1", 0});
    Pair pair;
    TaskGroup group(environment.loop);
    group.add([](Listener& l, std::unique_ptr<Stream>& out) -> Task<void> {
        auto accepted = co_await l.accept();
        out = std::move(*accepted);
    }(*listener, pair.server));
    Endpoint to{"127.0.0.1", listener->port()};
    CancelToken never;
    auto connected = co_await environment.network.connect(to, kTimeout, never);
    EXPECT_TRUE(connected);
    pair.client = std::move(*connected);
    co_await group.wait();
    co_return pair;
}

Task<void> read_everything(Stream& stream, Bytes& out) {
    Bytes buffer(100'000);
    while (true) {
        auto got = co_await stream.read_some(buffer);
        if (!got || *got == 0) co_return;
        append(out, ByteView(buffer).first(*got));
    }
}

TEST_F(StreamTest, BytesArriveWholeAndInOrderBothWays) {
    run([](Environment& environment) -> Task<void> {
        Pair pair = co_await connect_pair(environment);
        EXPECT_NE(pair.server->peer().find("127.0.0.1:"), std::string::npos);
        Bytes sent(5 << 20);
        for (std::size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<Byte>(i * 31 + i / 997);
        Bytes received;
        TaskGroup group(environment.loop);
        group.add(read_everything(*pair.server, received));
        auto written = co_await pair.client->write_all(sent);
        EXPECT_TRUE(written);
        co_await pair.client->end_writes();
        co_await group.wait();
        EXPECT_TRUE(received == sent);
        // The other direction still works.
        auto some = co_await pair.server->write_some(as_bytes("answer"));
        EXPECT_EQ(*some, 6u);
        Bytes buffer(100);
        auto got = co_await pair.client->read_some(buffer);
        EXPECT_EQ(as_text(ByteView(buffer).first(*got)), "answer");
    }(env()));
}

TEST_F(StreamTest, CloseEndsAPendingReadAndLaterOnes) {
    run([](Environment& environment) -> Task<void> {
        Pair pair = co_await connect_pair(environment);
        environment.loop.schedule(2'000, [&pair] { pair.client->close(); });
        Bytes buffer(10);
        auto got = co_await pair.client->read_some(buffer);
        EXPECT_EQ(got.error().code, IoCode::Closed);
        auto again = co_await pair.client->read_some(buffer);
        EXPECT_EQ(again.error().code, IoCode::Closed);
        auto written = co_await pair.client->write_all(buffer);
        EXPECT_EQ(written.error().code, IoCode::Closed);
        pair.client->close();
        auto end = co_await pair.server->read_some(buffer);
        EXPECT_EQ(*end, 0u);
    }(env()));
}

TEST_F(StreamTest, CloseEndsAWriteThatNobodyReads) {
    run([](Environment& environment) -> Task<void> {
        Pair pair = co_await connect_pair(environment);
        environment.loop.schedule(20'000, [&pair] { pair.client->close(); });
        const Bytes big(64 << 20);
        auto written = co_await pair.client->write_all(big);
        EXPECT_FALSE(written);
        EXPECT_EQ(written.error().code, IoCode::Closed);
    }(env()));
}

TEST_F(StreamTest, AStreamDestroyedUnderItsReaderIsClosed) {
    run([](Environment& environment) -> Task<void> {
        Pair pair = co_await connect_pair(environment);
        environment.loop.schedule(2'000, [&pair] { pair.client.reset(); });
        Bytes buffer(10);
        auto got = co_await pair.client->read_some(buffer);
        EXPECT_EQ(got.error().code, IoCode::Closed);
    }(env()));
}

TEST_F(StreamTest, WritingToAGonePeerIsClosed) {
    run([](Environment& environment) -> Task<void> {
        Pair pair = co_await connect_pair(environment);
        pair.server.reset();
        const Bytes block(1 << 20);
        IoResult<void> written;
        for (int i = 0; i < 100 && written; ++i) written = co_await pair.client->write_all(block);
        EXPECT_FALSE(written);
        EXPECT_EQ(written.error().code, IoCode::Closed);
    }(env()));
}

TEST_F(StreamTest, ListenerErrorsAndClosing) {
    run([](Environment& environment) -> Task<void> {
        auto listener = *environment.network.listen({"127.0.0.1", 0});
        auto second = environment.network.listen({"127.0.0.1", listener->port()});
        EXPECT_FALSE(second);
        EXPECT_EQ(second.error().code, IoCode::InUse);
        auto unknown = environment.network.listen({"no such host!", 0});
        EXPECT_FALSE(unknown);
        environment.loop.schedule(1'000, [&listener] { listener->close(); });
        auto accepted = co_await listener->accept();
        EXPECT_EQ(accepted.error().code, IoCode::Closed);
        const Endpoint to{"127.0.0.1", listener->port()};
        CancelToken never;
        auto refused = co_await environment.network.connect(to, kTimeout, never);
        EXPECT_EQ(refused.error().code, IoCode::Refused);
        EXPECT_NE(refused.error().message.find(to_text(to)), std::string::npos);
    }(env()));
}

TEST_F(StreamTest, ConnectByNameTriesAllAddresses) {
    run([](Environment& environment) -> Task<void> {
        auto listener = *environment.network.listen({"127.0.0.1", 0});
        const Endpoint to{"localhost", listener->port()};
        CancelToken never;
        auto connected = co_await environment.network.connect(to, kTimeout, never);
        EXPECT_TRUE(connected) << connected.error().message;
    }(env()));
}

TEST_F(StreamTest, ConnectTimesOutAndCancels) {
    run([](Environment& environment) -> Task<void> {
        // A full backlog that nobody accepts from does not refuse; an unroutable address may answer
        // at once or never: all are errors, none hangs.
        const Endpoint nowhere{"192.0.2.1", 9};
        CancelToken never;
        const std::uint64_t begin = environment.loop.monotonic_us();
        auto late = co_await environment.network.connect(nowhere, 50'000, never);
        EXPECT_FALSE(late);
        EXPECT_LT(environment.loop.monotonic_us() - begin, 5'000'000u);
        CancelSource source;
        environment.loop.schedule(5'000, [source]() mutable { source.cancel(); });
        auto cancelled = co_await environment.network.connect(nowhere, 60'000'000, source.token());
        EXPECT_FALSE(cancelled);
        source.cancel();
        auto at_once = co_await environment.network.connect(nowhere, 60'000'000, source.token());
        EXPECT_EQ(at_once.error().code, IoCode::Cancelled);
    }(env()));
}

TEST(Endpoint, Text) {
    EXPECT_EQ(to_text({"127.0.0.1", 80}), "127.0.0.1:80");
    EXPECT_EQ(to_text({"::1", 80}), "[::1]:80");
}

}  // namespace
}  // namespace walrus::io
