// SPDX-License-Identifier: Apache-2.0
// For tests: a server with some routes on a loopback port, and raw connections to it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "http/server.hpp"
#include "io/environment.hpp"

namespace walrus::http {

class TestServer : public ::testing::Test {
public:
    TestServer() : real_(io::RealEnvironment::make({.name = "http-test", .cpu_threads = 1})) {
        real_->start();
        add_routes();
    }
    ~TestServer() override { stop(); }

    io::Environment& env() { return real_->environment(); }
    void run(io::Task<void> task) { io::run_blocking(*real_, std::move(task)); }

    void start(ServerOptions options) {
        auto started = Server::start(env(), {"127.0.0.1", 0}, router.handler(), std::move(options));
        ASSERT_TRUE(started) << started.error().message;
        server = std::move(*started);
        port = server->port();
    }
    void stop() {
        if (!server) return;
        run([](TestServer& t) -> io::Task<void> {
            co_await t.server->stop();
            t.server.reset();
        }(*this));
    }

    io::Task<std::unique_ptr<io::Stream>> connect() {
        const io::Endpoint to{"127.0.0.1", port};
        const io::CancelToken never;
        auto stream = co_await env().network.connect(to, 5'000'000, never);
        EXPECT_TRUE(stream);
        co_return std::move(*stream);
    }
    /// Sends the request and reads until the answer ends with `end`, or to the end of the stream.
    io::Task<std::string> exchange(io::Stream& stream, std::string request, std::string end) {
        auto sent = co_await stream.write_all(as_bytes(request));
        EXPECT_TRUE(sent);
        std::string answer;
        Bytes buffer(64 << 10);
        while (answer.size() < end.size() || end.empty() ||
               answer.compare(answer.size() - end.size(), end.size(), end) != 0) {
            auto got = co_await stream.read_some(buffer);
            if (!got || *got == 0) break;
            answer += as_text(ByteView(buffer).first(*got));
        }
        co_return answer;
    }

    static std::uint64_t number(const Request& request, const std::string& name) {
        const auto query = parse_query(request.query);
        for (const auto& [key, value] : *query) {
            if (key == name) return std::stoull(value);
        }
        return 0;
    }

    std::unique_ptr<Server> server;
    std::uint16_t port = 0;
    Router router;
    std::vector<io::IoCode> body_errors;  ///< seen by handlers
    int running = 0;                      ///< handlers of /slow and /events

protected:
    void add_routes();
    std::unique_ptr<io::RealEnvironment> real_;
};

inline io::Task<Response> test_echo(TestServer& t, Request& request) {
    auto body = co_await request.body->read_all(200 << 20);
    if (!body) {
        t.body_errors.push_back(body.error().code);
        co_return Response::text(400, body.error().message);
    }
    co_return Response::octets(200, std::move(*body));
}

inline io::Task<Response> test_limited(TestServer& t, Request& request) {
    auto body = co_await request.body->read_all(1000);
    if (body) co_return Response::text(200, "small enough");
    t.body_errors.push_back(body.error().code);
    co_return Response::text(413, body.error().message);
}

inline io::Task<Response> test_size(Request& request) {
    Bytes buffer(256 << 10);
    std::uint64_t size = 0;
    while (true) {
        auto got = co_await request.body->read_some(buffer);
        if (!got) co_return Response::text(400, got.error().message);
        if (*got == 0) break;
        size += *got;
    }
    co_return Response::text(200, std::to_string(size));
}

inline io::Task<io::IoResult<void>> test_write_pieces(BodyWriter& writer, std::uint64_t count,
                                                      std::uint64_t size, bool broken) {
    const Bytes piece(size, 'p');
    for (std::uint64_t i = 0; i < count; ++i) {
        auto written = co_await writer.write(piece);
        if (!written) co_return written;
    }
    if (broken) co_return io::io_failure(io::IoCode::Other, "broken on purpose");
    co_return io::IoResult<void>{};
}

inline io::Task<Response> test_stream(Request& request) {
    Response response;
    const std::uint64_t count = TestServer::number(request, "count");
    const std::uint64_t size = TestServer::number(request, "size");
    const bool broken = TestServer::number(request, "broken") != 0;
    if (const std::uint64_t length = TestServer::number(request, "length"))
        response.headers.add("Content-Length", std::to_string(length));
    response.body = StreamingBody(
        [=](BodyWriter& writer) { return test_write_pieces(writer, count, size, broken); });
    co_return response;
}

inline io::Task<io::IoResult<void>> test_write_events(TestServer& t, BodyWriter& writer) {
    ++t.running;
    io::IoResult<void> written;
    const std::string event = "event\n";
    while (written && !writer.stopping()) {
        written = co_await writer.write(as_bytes(event));
        if (written) co_await io::sleep_ms(t.env().loop, 5'000, writer.stop_token());
    }
    --t.running;
    co_return written;
}

inline io::Task<Response> test_slow(TestServer& t, Request& request) {
    ++t.running;
    co_await io::sleep_ms(t.env().loop, TestServer::number(request, "ms"));
    --t.running;
    co_return Response::text(200, "done");
}

inline io::Task<Response> test_shared(Request& request) {
    const std::uint64_t part = TestServer::number(request, "part");
    const auto owner = std::make_shared<Bytes>(part, Byte{'s'});
    Response response;
    response.body = SharedBody{
        owner, std::vector<ByteView>(TestServer::number(request, "parts"), ByteView(*owner))};
    co_return response;
}

inline void TestServer::add_routes() {
    router.add("GET", "/hello", [](Request&) -> io::Task<Response> {
        co_return Response::text(200, "hello world");
    });
    router.add("POST", "/echo", [this](Request& request) { return test_echo(*this, request); });
    router.add("POST", "/limited",
               [this](Request& request) { return test_limited(*this, request); });
    router.add("POST", "/size", [](Request& request) { return test_size(request); });
    router.add("POST", "/ignore",
               [](Request&) -> io::Task<Response> { co_return Response::text(200, "ignored"); });
    router.add("GET", "/stream", [](Request& request) { return test_stream(request); });
    router.add("GET", "/shared", [](Request& request) { return test_shared(request); });
    router.add("GET", "/slow", [this](Request& request) { return test_slow(*this, request); });
    router.add("GET", "/events", [this](Request&) -> io::Task<Response> {
        Response response;
        response.body =
            StreamingBody([this](BodyWriter& writer) { return test_write_events(*this, writer); });
        co_return response;
    });
    router.add("GET", "/tls", [](Request& request) -> io::Task<Response> {
        co_return Response::text(200, request.tls ? "tls" : "plain");
    });
}

}  // namespace walrus::http
