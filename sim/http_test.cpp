// SPDX-License-Identifier: Apache-2.0
// The production HTTP server and client over the simulated network: what runs between roles in a
// simulation is the code that runs between processes.
#include <gtest/gtest.h>

#include <string>

#include "http/client.hpp"
#include "http/server.hpp"
#include "sim/world.hpp"

namespace walrus::sim {
namespace {

constexpr std::uint64_t kSecond = 1'000'000;
constexpr std::uint16_t kPort = 8080;

io::Task<http::Response> hello(http::Request&) {
    co_return http::Response::text(200, "hello");
}

io::Task<http::Response> echo(http::Request& request) {
    io::IoResult<Bytes> body = co_await request.body->read_all(8 << 20);
    if (!body) co_return http::Response::text(400, body.error().message);
    co_return http::Response::octets(200, std::move(*body));
}

io::Task<io::IoResult<void>> count_up(http::BodyWriter& writer, io::Loop& loop) {
    for (int i = 0; i < 10; ++i) {
        const std::string line = "line " + std::to_string(i) + "\n";
        const io::IoResult<void> written = co_await writer.write(as_bytes(line));
        if (!written) co_return fail(written.error());
        co_await io::sleep_ms(loop, 700);
    }
    co_return io::IoResult<void>{};
}

struct Site {
    explicit Site(std::uint64_t seed) : world(WorldOptions{.seed = seed}) {
        server_host = &world.add_host("server");
        client_host = &world.add_host("client");
        io::Loop& loop = server_host->environment().loop;
        router.add("GET", "/hello", hello);
        router.add("PUT", "/echo", echo);
        router.add("GET", "/slow",
                   [&loop](http::Request&) -> io::Task<http::Response> { return slow(loop); });
        router.add("GET", "/lines",
                   [&loop](http::Request&) -> io::Task<http::Response> { return lines(loop); });
        start_server();
        client = http::Client::make(client_host->environment());
        origin = *http::Origin::parse("http://" + server_host->address() + ":8080");
    }
    ~Site() {
        client.reset();
        if (server) {
            EXPECT_TRUE(world.run(server->stop(), 60 * kSecond));
        }
        server.reset();
        EXPECT_EQ(world.run_until([] { return false; }, 600 * kSecond), RunEnd::Idle);
    }
    void start_server() {
        auto started = http::Server::start(server_host->environment(), {"0.0.0.0", kPort},
                                           router.handler(), {});
        ASSERT_TRUE(started.has_value()) << started.error().message;
        server = std::move(*started);
    }
    static io::Task<http::Response> slow(io::Loop& loop) {
        co_await io::sleep_ms(loop, 20'000);
        co_return http::Response::text(200, "at last");
    }
    static io::Task<http::Response> lines(io::Loop& loop) {
        http::Response response;
        response.body = http::StreamingBody(
            [&loop](http::BodyWriter& writer) { return count_up(writer, loop); });
        co_return std::move(response);
    }
    io::IoResult<http::ClientResponse> call(std::string method, std::string target, Bytes body = {},
                                            http::CallOptions options = {}) {
        http::ClientRequest request;
        request.method = std::move(method);
        request.target = std::move(target);
        request.body = std::move(body);
        options.response_bytes_max = 8 << 20;
        auto result = world.run(client->call(origin, std::move(request), options), 120 * kSecond);
        EXPECT_TRUE(result.has_value());
        return std::move(*result);
    }

    World world;
    Host* server_host = nullptr;
    Host* client_host = nullptr;
    http::Router router;
    std::unique_ptr<http::Server> server;
    std::unique_ptr<http::Client> client;
    http::Origin origin;
};

io::Task<io::IoResult<Bytes>> read_stream(http::StreamedResponse& response) {
    Bytes all;
    Bytes buffer(100);
    while (true) {
        const io::IoResult<std::size_t> count = co_await response.read_some(buffer, 5'000'000);
        if (!count) co_return fail(count.error());
        if (*count == 0) co_return std::move(all);
        append(all, ByteView(buffer).first(*count));
    }
}

TEST(HttpOverSim, RequestsAndAnswersPass) {
    Site site(1);
    const auto first = site.call("GET", "/hello");
    ASSERT_TRUE(first.has_value()) << first.error().message;
    EXPECT_EQ(first->status, 200);
    EXPECT_EQ(as_text(first->body), "hello");
    const Bytes big = site.world.rng("body").bytes(3'000'000);
    const auto echoed = site.call("PUT", "/echo", big);
    ASSERT_TRUE(echoed.has_value()) << echoed.error().message;
    EXPECT_EQ(echoed->body, big);
    EXPECT_EQ(site.call("GET", "/nothing")->status, 404);
    EXPECT_EQ(site.call("POST", "/hello")->status, 405);
}

TEST(HttpOverSim, AnAnswerThatTakesTooLongTimesOutInVirtualTime) {
    Site site(2);
    http::CallOptions options;
    options.timeout_us = 10 * kSecond;
    const std::uint64_t before_us = site.world.now_us();
    const auto late = site.call("GET", "/slow", {}, options);
    ASSERT_FALSE(late.has_value());
    EXPECT_EQ(late.error().code, io::IoCode::TimedOut);
    EXPECT_GE(site.world.now_us() - before_us, 9'900'000u);
    EXPECT_LE(site.world.now_us() - before_us, 10'100'000u);
    options.timeout_us = 30 * kSecond;
    EXPECT_EQ(as_text(site.call("GET", "/slow", {}, options)->body), "at last");
}

TEST(HttpOverSim, AStreamedAnswerComesAsItIsWritten) {
    Site site(3);
    http::ClientRequest request;
    request.target = "/lines";
    auto streamed = site.world.run(site.client->call_streamed(site.origin, std::move(request), {}),
                                   9 * kSecond);
    ASSERT_TRUE(streamed && streamed->has_value());
    const std::uint64_t before_us = site.world.now_us();
    const auto body = site.world.run(read_stream(***streamed), 60 * kSecond);
    ASSERT_TRUE(body && body->has_value());
    EXPECT_NE(as_text(**body).find("line 9"), std::string_view::npos);
    EXPECT_GE(site.world.now_us() - before_us, 6 * kSecond);
}

TEST(HttpOverSim, ADeadServerIsRefusedAndARestartedOneAnswers) {
    Site site(4);
    EXPECT_EQ(site.call("GET", "/hello")->status, 200);
    site.server_host->kill();
    EXPECT_FALSE(site.call("GET", "/hello").has_value());
    EXPECT_TRUE(site.world.run(site.server->stop(), 60 * kSecond));
    site.server.reset();
    site.server_host->restart();
    site.start_server();
    EXPECT_EQ(site.call("GET", "/hello")->status, 200);
}

TEST(HttpOverSim, ASilentServerTimesOut) {
    Site site(5);
    site.world.fabric().isolate(site.server_host->index());
    http::CallOptions options;
    options.connect_timeout_us = 3 * kSecond;
    options.timeout_us = 10 * kSecond;
    const auto result = site.call("GET", "/hello", {}, options);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, io::IoCode::TimedOut);
    site.world.fabric().heal_all();
}

TEST(HttpOverSim, FaultsGiveErrorsOrRightAnswersNeverWrongOnes) {
    Site site(6);
    site.world.fabric().set_faults({.refuse_per_million = 50'000,
                                    .reset_per_million = 20'000,
                                    .delay_per_million = 20'000,
                                    .delay_us_max = 5 * kSecond});
    std::size_t answered = 0;
    for (int i = 0; i < 60; ++i) {
        const Bytes body = site.world.rng("body " + std::to_string(i)).bytes(60'000);
        const auto result = site.call("PUT", "/echo", body);
        if (!result) continue;
        ++answered;
        EXPECT_EQ(result->status, 200);
        EXPECT_EQ(result->body, body);
    }
    EXPECT_GT(answered, 20u);
    EXPECT_LT(answered, 60u);
    site.world.fabric().set_faults({});
}

TEST(HttpOverSim, AFlippedBitInAnyMessageEndsInAnAnswerOrAnError) {
    const auto run = [](std::optional<std::uint64_t> flip) {
        Site site(9);
        if (flip) site.world.fabric().flip_message(*flip);
        // `call` fails the test if a call does not end.
        (void)site.call("GET", "/hello");
        (void)site.call("PUT", "/echo", Bytes(40'000, 1));
        (void)site.call("GET", "/lines");
        return site.world.trace().messages();
    };
    const std::uint64_t messages = run(std::nullopt);
    EXPECT_GT(messages, 15u);
    for (std::uint64_t flip = 0; flip < messages; ++flip) run(flip);
}

TEST(HttpOverSim, OneSeedGivesOneExchange) {
    const auto run = [](std::uint64_t seed) {
        Site site(seed);
        for (int i = 0; i < 20; ++i) {
            EXPECT_TRUE(site.call("PUT", "/echo", Bytes(50'000, static_cast<Byte>(i))).has_value());
        }
        return site.world.trace().digest();
    };
    EXPECT_EQ(run(7), run(7));
    EXPECT_NE(run(7), run(8));
}

}  // namespace
}  // namespace walrus::sim
