// SPDX-License-Identifier: Apache-2.0
// The server against raw bytes on a loopback connection.
#include "http/server.hpp"

#include <gtest/gtest.h>

#include "http/test_server.hpp"

namespace walrus::http {
namespace {

using ServerTest = TestServer;

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}
bool ends_with(const std::string& text, const std::string& end) {
    return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

TEST_F(ServerTest, AnswersAndKeepsTheConnection) {
    start({});
    run([](TestServer& t) -> io::Task<void> {
        auto stream = co_await t.connect();
        const std::string get = "GET /hello?x=1 HTTP/1.1\r\nHost: a\r\n\r\n";
        for (int i = 0; i < 3; ++i) {
            const std::string answer = co_await t.exchange(*stream, get, "hello world");
            EXPECT_TRUE(has(answer, "HTTP/1.1 200 OK\r\n"));
            EXPECT_TRUE(has(answer, "Content-Length: 11\r\n"));
            EXPECT_TRUE(has(answer, "Connection: keep-alive\r\n"));
            EXPECT_TRUE(has(answer, " GMT\r\n"));
        }
        EXPECT_EQ(t.server->connections(), 1u);
        const std::string missing = co_await t.exchange(
            *stream, "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n", "nothing at this path\n");
        EXPECT_TRUE(has(missing, "404 Not Found"));
        const std::string wrong =
            co_await t.exchange(*stream, "DELETE /hello HTTP/1.1\r\nHost: a\r\n\r\n", "HEAD\n");
        EXPECT_TRUE(has(wrong, "405 Method Not Allowed"));
        EXPECT_TRUE(has(wrong, "Allow: GET, HEAD\r\n"));
        const std::string last = co_await t.exchange(
            *stream, "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "");
        EXPECT_TRUE(has(last, "Connection: close\r\n"));
    }(*this));
}

TEST_F(ServerTest, HeadHasHeadersOnly) {
    start({});
    run([](TestServer& t) -> io::Task<void> {
        auto stream = co_await t.connect();
        const std::string answer = co_await t.exchange(
            *stream, "HEAD /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "");
        EXPECT_TRUE(has(answer, "Content-Length: 11\r\n"));
        EXPECT_TRUE(ends_with(answer, "\r\n\r\n"));
    }(*this));
}

TEST_F(ServerTest, RequestsInOnePacketAndOfTheOldVersion) {
    start({});
    run([](TestServer& t) -> io::Task<void> {
        auto stream = co_await t.connect();
        const std::string both = co_await t.exchange(
            *stream, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\nGET http://a/hello HTTP/1.0\r\n\r\n",
            "");
        const std::size_t first = both.find("hello world");
        EXPECT_NE(first, std::string::npos);
        EXPECT_NE(both.find("hello world", first + 1), std::string::npos);
        auto second = co_await t.connect();
        const std::string streamed =
            co_await t.exchange(*second, "GET /stream?count=2&size=3 HTTP/1.0\r\n\r\n", "");
        EXPECT_FALSE(has(streamed, "chunked"));
        EXPECT_TRUE(ends_with(streamed, "\r\n\r\npppppp"));
    }(*this));
}

TEST_F(ServerTest, StreamsInChunksOrByLength) {
    start({});
    run([](TestServer& t) -> io::Task<void> {
        auto stream = co_await t.connect();
        const std::string chunks = co_await t.exchange(
            *stream, "GET /stream?count=2&size=3 HTTP/1.1\r\nHost: a\r\n\r\n", "0\r\n\r\n");
        EXPECT_TRUE(has(chunks, "Transfer-Encoding: chunked\r\n"));
        EXPECT_TRUE(ends_with(chunks, "\r\n\r\n3\r\nppp\r\n3\r\nppp\r\n0\r\n\r\n"));
        const std::string counted = co_await t.exchange(
            *stream, "GET /stream?count=2&size=3&length=6 HTTP/1.1\r\nHost: a\r\n\r\n", "pppppp");
        EXPECT_TRUE(has(counted, "Content-Length: 6\r\n"));
        EXPECT_FALSE(has(counted, "chunked"));
        // Neither too few nor too many bytes can pass for a whole body.
        const std::string shorter = co_await t.exchange(
            *stream, "GET /stream?count=2&size=3&length=7 HTTP/1.1\r\nHost: a\r\n\r\n", "");
        EXPECT_TRUE(ends_with(shorter, "pppppp"));
        auto second = co_await t.connect();
        const std::string longer = co_await t.exchange(
            *second, "GET /stream?count=2&size=3&length=5 HTTP/1.1\r\nHost: a\r\n\r\n", "");
        EXPECT_TRUE(ends_with(longer, "\r\n\r\nppp"));
        auto third = co_await t.connect();
        const std::string broken = co_await t.exchange(
            *third, "GET /stream?count=1&size=3&broken=1 HTTP/1.1\r\nHost: a\r\n\r\n", "");
        EXPECT_TRUE(ends_with(broken, "3\r\nppp"));
    }(*this));
}

TEST_F(ServerTest, ChunkedUploadAndContinue) {
    start({});
    run([](TestServer& t) -> io::Task<void> {
        auto stream = co_await t.connect();
        const std::string answer = co_await t.exchange(
            *stream,
            "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            "3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n",
            "abcdefg");
        EXPECT_TRUE(ends_with(answer, "\r\n\r\nabcdefg"));
        const std::string go_on = co_await t.exchange(
            *stream,
            "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n",
            "\r\n\r\n");
        EXPECT_EQ(go_on, "HTTP/1.1 100 Continue\r\n\r\n");
        const std::string rest = co_await t.exchange(*stream, "xyz", "xyz");
        EXPECT_TRUE(has(rest, "200 OK"));
        // Refused before the body was sent: no 100, and the connection ends.
        const std::string refused =
            co_await t.exchange(*stream,
                                "POST /limited HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n"
                                "Expect: 100-continue\r\n\r\n",
                                "");
        EXPECT_TRUE(has(refused, "HTTP/1.1 413 "));
        EXPECT_FALSE(has(refused, "100 Continue"));
        EXPECT_TRUE(has(refused, "Connection: close"));
    }(*this));
}

TEST_F(ServerTest, RefusesBadAndOversizeHeads) {
    ServerOptions options;
    options.limits.header_bytes_max = 1000;
    start(options);
    run([](TestServer& t) -> io::Task<void> {
        auto first = co_await t.connect();
        const std::string malformed = co_await t.exchange(*first, "nonsense\r\n\r\n", "");
        EXPECT_TRUE(has(malformed, "HTTP/1.1 400 "));
        auto second = co_await t.connect();
        const std::string large = co_await t.exchange(
            *second,
            "GET /hello HTTP/1.1\r\nHost: a\r\nA: " + std::string(20'000, 'a') + "\r\n\r\n", "");
        EXPECT_TRUE(has(large, "HTTP/1.1 431 "));
        auto third = co_await t.connect();
        const std::string no_host = co_await t.exchange(*third, "GET /hello HTTP/1.1\r\n\r\n", "");
        EXPECT_TRUE(has(no_host, "HTTP/1.1 400 "));
        auto fourth = co_await t.connect();
        const std::string hello("\x16\x03\x01\x00\x05hello", 10);
        const std::string nothing = co_await t.exchange(*fourth, hello, "");
        EXPECT_EQ(nothing, "");
    }(*this));
}

TEST_F(ServerTest, UnreadBodiesDoNotConfuseTheNextRequest) {
    ServerOptions options;
    options.limits.unread_body_bytes_max = 50'000;
    start(options);
    run([](TestServer& t) -> io::Task<void> {
        auto stream = co_await t.connect();
        const std::string body(40'000, 'x');
        const std::string answer = co_await t.exchange(
            *stream, "POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 40000\r\n\r\n" + body,
            "ignored");
        EXPECT_TRUE(has(answer, "keep-alive"));
        const std::string next =
            co_await t.exchange(*stream, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n", "hello world");
        EXPECT_TRUE(has(next, "200 OK"));
        // Too much is left: the answer still arrives, then the connection ends.
        const std::string more(200'000, 'x');
        const std::string last = co_await t.exchange(
            *stream, "POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n" + more,
            "");
        EXPECT_TRUE(ends_with(last, "ignored"));
        EXPECT_TRUE(has(last, "Connection: close"));
    }(*this));
}

TEST_F(ServerTest, TruncatedUploadIsClosedForTheHandler) {
    start({});
    run([](TestServer& t) -> io::Task<void> {
        {
            auto stream = co_await t.connect();
            const std::string part =
                "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nonly this";
            auto sent = co_await stream->write_all(as_bytes(part));
            EXPECT_TRUE(sent);
            co_await stream->end_writes();
            const std::string answer = co_await t.exchange(*stream, "", "");
            EXPECT_TRUE(has(answer, "the body ended after 9 of 100 bytes"));
        }
        {
            auto stream = co_await t.connect();
            const std::string part =
                "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel";
            auto sent = co_await stream->write_all(as_bytes(part));
            EXPECT_TRUE(sent);
            co_await stream->end_writes();
            const std::string answer = co_await t.exchange(*stream, "", "");
            EXPECT_TRUE(has(answer, "before its last chunk"));
        }
        EXPECT_EQ(t.body_errors.size(), 2u);
        for (const io::IoCode code : t.body_errors) EXPECT_EQ(code, io::IoCode::Closed);
    }(*this));
}

TEST_F(ServerTest, SlowClientsAreCutOff) {
    ServerOptions options;
    options.limits.header_timeout_us = 50'000;
    options.limits.idle_timeout_us = 150'000;
    options.limits.transfer_grace_us = 50'000;
    options.limits.transfer_bytes_per_s_min = 20'000'000;
    start(options);
    run([](TestServer& t) -> io::Task<void> {
        io::Loop& loop = t.env().loop;
        // Half a head.
        auto head = co_await t.connect();
        std::uint64_t begin = loop.monotonic_us();
        const std::string half = co_await t.exchange(*head, "GET /hel", "");
        EXPECT_EQ(half, "");
        EXPECT_GE(loop.monotonic_us() - begin, 50'000u);
        EXPECT_LT(loop.monotonic_us() - begin, 5'000'000u);
        // Nothing after a request.
        auto idle = co_await t.connect();
        begin = loop.monotonic_us();
        const std::string once =
            co_await t.exchange(*idle, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n", "");
        EXPECT_TRUE(has(once, "200 OK"));
        EXPECT_GE(loop.monotonic_us() - begin, 150'000u);
        // A body that stops coming.
        auto body = co_await t.connect();
        const std::string cut = co_await t.exchange(
            *body, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nsome", "");
        EXPECT_EQ(cut, "");
        EXPECT_EQ(t.body_errors, std::vector<io::IoCode>{io::IoCode::TimedOut});
        // An answer that is not read.
        auto reader = co_await t.connect();
        const std::string get =
            "GET /stream?count=100&size=1000000&length=100000000 HTTP/1.1\r\nHost: a\r\n\r\n";
        auto sent = co_await reader->write_all(as_bytes(get));
        EXPECT_TRUE(sent);
        for (int i = 0; i < 500 && t.server->connections() > 0; ++i)
            co_await io::sleep_ms(loop, 20);
        EXPECT_EQ(t.server->connections(), 0u);
    }(*this));
}

TEST_F(ServerTest, ConnectionsBeyondTheLimitAreRefused) {
    ServerOptions options;
    options.limits.connections_max = 2;
    start(options);
    run([](TestServer& t) -> io::Task<void> {
        const std::string get = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";
        auto first = co_await t.connect();
        auto second = co_await t.connect();
        const std::string one = co_await t.exchange(*first, get, "hello world");
        const std::string two = co_await t.exchange(*second, get, "hello world");
        EXPECT_TRUE(has(one, "200 OK") && has(two, "200 OK"));
        auto third = co_await t.connect();
        const std::string refused = co_await t.exchange(*third, "", "");
        EXPECT_TRUE(has(refused, "HTTP/1.1 503 ")) << refused;
        first.reset();
        for (int i = 0; i < 100 && t.server->connections() > 1; ++i)
            co_await io::sleep_ms(t.env().loop, 5);
        auto fourth = co_await t.connect();
        const std::string served = co_await t.exchange(*fourth, get, "hello world");
        EXPECT_TRUE(has(served, "200 OK"));
    }(*this));
}

TEST_F(ServerTest, AWriterLearnsThatItsClientLeft) {
    start({});
    run([](TestServer& t) -> io::Task<void> {
        auto stream = co_await t.connect();
        const std::string events =
            co_await t.exchange(*stream, "GET /events HTTP/1.1\r\nHost: a\r\n\r\n", "event\n");
        EXPECT_TRUE(has(events, "200 OK"));
        EXPECT_EQ(t.running, 1);
        stream.reset();
        for (int i = 0; i < 100 && t.running > 0; ++i) co_await io::sleep_ms(t.env().loop, 5);
        EXPECT_EQ(t.running, 0);
    }(*this));
}

TEST_F(ServerTest, ARequestDuringAStreamIsServedAfterIt) {
    start({});
    run([](TestServer& t) -> io::Task<void> {
        auto stream = co_await t.connect();
        const std::string get = "GET /stream?count=300&size=100000 HTTP/1.1\r\nHost: a\r\n\r\n";
        auto sent = co_await stream->write_all(as_bytes(get));
        EXPECT_TRUE(sent);
        co_await io::sleep_ms(t.env().loop, 10);
        const std::string answer =
            co_await t.exchange(*stream, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n", "hello world");
        EXPECT_GT(answer.size(), 30'000'000u);
        const std::string again =
            co_await t.exchange(*stream, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n", "hello world");
        EXPECT_TRUE(has(again, "200 OK"));
    }(*this));
}

TEST_F(ServerTest, StopLetsRunningRequestsEndAndClosesIdleOnes) {
    start({});
    run([](TestServer& t) -> io::Task<void> {
        io::Loop& loop = t.env().loop;
        const std::string get = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";
        auto idle = co_await t.connect();
        const std::string served = co_await t.exchange(*idle, get, "hello world");
        EXPECT_TRUE(has(served, "200 OK"));
        auto busy = co_await t.connect();
        auto events = co_await t.connect();
        const std::string first =
            co_await t.exchange(*events, "GET /events HTTP/1.1\r\nHost: a\r\n\r\n", "event\n");
        EXPECT_TRUE(has(first, "200 OK"));
        std::string answer;
        io::TaskGroup group(loop);
        group.add([](TestServer& s, io::Stream& stream, std::string& out) -> io::Task<void> {
            out = co_await s.exchange(stream, "GET /slow?ms=150 HTTP/1.1\r\nHost: a\r\n\r\n", "");
        }(t, *busy, answer));
        while (t.running < 2) co_await io::sleep_ms(loop, 5);
        const std::uint64_t begin = loop.monotonic_us();
        co_await t.server->stop();
        EXPECT_LT(loop.monotonic_us() - begin, 4'000'000u);
        co_await group.wait();
        EXPECT_TRUE(has(answer, "200 OK") && has(answer, "Connection: close"));
        EXPECT_TRUE(ends_with(answer, "done"));
        EXPECT_EQ(t.server->connections(), 0u);
        EXPECT_EQ(t.running, 0);
        const io::Endpoint to{"127.0.0.1", t.port};
        const io::CancelToken never;
        auto refused = co_await t.env().network.connect(to, 1'000'000, never);
        EXPECT_FALSE(refused);
        co_await t.server->stop();  // again: at once
    }(*this));
}

TEST_F(ServerTest, StopCutsOffWhatTakesTooLong) {
    ServerOptions options;
    options.limits.drain_timeout_us = 50'000;
    start(options);
    run([](TestServer& t) -> io::Task<void> {
        auto stream = co_await t.connect();
        const std::string half = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n";
        auto sent = co_await stream->write_all(as_bytes(half));
        EXPECT_TRUE(sent);
        while (t.server->connections() == 0) co_await io::sleep_ms(t.env().loop, 1);
        co_await io::sleep_ms(t.env().loop, 20);
        const std::uint64_t begin = t.env().loop.monotonic_us();
        co_await t.server->stop();
        EXPECT_LT(t.env().loop.monotonic_us() - begin, 4'000'000u);
        EXPECT_EQ(t.body_errors, std::vector<io::IoCode>{io::IoCode::Closed});
    }(*this));
}

TEST_F(ServerTest, StopTellsHandlersThatNobodyWaits) {
    ServerOptions options;
    options.limits.drain_timeout_us = 30'000;
    bool told = false;
    router.add("GET", "/patient", [this, &told](Request& request) -> io::Task<Response> {
        const bool passed = co_await io::sleep_ms(env().loop, 600'000, request.abandoned);
        told = !passed;
        co_return Response::text(200, "late");
    });
    start(options);
    run([](TestServer& t) -> io::Task<void> {
        auto stream = co_await t.connect();
        const std::string get = "GET /patient HTTP/1.1\r\nHost: a\r\n\r\n";
        auto sent = co_await stream->write_all(as_bytes(get));
        EXPECT_TRUE(sent);
        co_await io::sleep_ms(t.env().loop, 20);
        co_await t.server->stop();
    }(*this));
    EXPECT_TRUE(told);
}

TEST_F(ServerTest, PortInUseIsSaid) {
    start({});
    const auto second = Server::start(env(), {"127.0.0.1", port}, router.handler(), {});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, io::IoCode::InUse);
}

}  // namespace
}  // namespace walrus::http
