// SPDX-License-Identifier: Apache-2.0
// Many calls at once, plain and TLS, that end in every way: to their end, by deadline, by
// cancellation, by the server's stop. Nothing may hang, leak or touch what is gone.
#include <gtest/gtest.h>

#include <random>

#include "http/client.hpp"
#include "http/test_certificates.hpp"
#include "http/test_server.hpp"

namespace walrus::http {
namespace {

constexpr int kCalls = 300;

struct Stress : TestServer {
    Stress()
        : key(make_p256_key()), client(Client::make(env(), {.connections_per_origin_max = 20})) {}
    ~Stress() override {
        run([](Stress& t) -> io::Task<void> {
            t.client.reset();
            co_return;
        }(*this));
    }
    PkeyPtr key;
    std::unique_ptr<Client> client;
    std::mt19937 random{42};
    int ended = 0;
    int succeeded = 0;
    std::map<io::IoCode, int> errors;
};

io::Task<void> one_call(Stress& t, bool tls) {
    static const std::vector<std::string> kTargets{"/hello",
                                                   "/slow?ms=20",
                                                   "/stream?count=20&size=50000",
                                                   "/shared?parts=3&part=200000",
                                                   "/events",
                                                   "/echo",
                                                   "/limited",
                                                   "/stream?count=3&size=10&broken=1"};
    Origin origin;
    origin.tls = tls;
    origin.endpoint = {"127.0.0.1", t.port};
    origin.trust.pinned_key = network_public_key(t.key.get());
    ClientRequest request;
    request.target = kTargets[t.random() % kTargets.size()];
    if (request.target == "/echo" || request.target == "/limited") {
        request.method = "POST";
        request.body = Bytes(t.random() % 3'000'000);
    }
    io::CancelSource source;
    CallOptions options;
    options.timeout_us = 1000 + t.random() % 400'000;
    options.cancel = source.token();
    std::optional<io::Loop::TimerId> timer;
    if (t.random() % 3 == 0) {
        timer =
            t.env().loop.schedule(t.random() % 100'000, [source]() mutable { source.cancel(); });
    }
    co_await io::sleep_us(t.env().loop, t.random() % 50'000);
    if (t.random() % 2 == 0) {
        auto answer = co_await t.client->call(origin, std::move(request), options);
        if (answer) {
            ++t.succeeded;
        } else {
            ++t.errors[answer.error().code];
        }
    } else {
        auto answer = co_await t.client->call_streamed(origin, std::move(request), options);
        if (answer) {
            ++t.succeeded;
            Bytes buffer(10'000);
            std::uint64_t reads = t.random() % 40;
            while (reads-- > 0) {
                auto got = co_await (*answer)->read_some(buffer, 20'000);
                if (!got || *got == 0) break;
            }
        } else {
            ++t.errors[answer.error().code];
        }
    }
    if (timer) t.env().loop.cancel(*timer);
    ++t.ended;
}

TEST_F(Stress, EveryCallEndsAndTheServerStops) {
    ServerOptions options;
    options.tls = *TlsServer::self_signed(key_pem(key.get()), "127.0.0.1");
    options.limits.drain_timeout_us = 100'000;
    for (int round = 0; round < 2; ++round) {
        start(options);
        run([](Stress& t, bool stop_early) -> io::Task<void> {
            io::TaskGroup group(t.env().loop);
            for (int i = 0; i < kCalls; ++i) group.add(one_call(t, i % 2 == 0));
            if (stop_early) {
                co_await io::sleep_ms(t.env().loop, 60);
                co_await t.server->stop();
            }
            co_await group.wait();
            if (!stop_early) co_await t.server->stop();
            EXPECT_EQ(t.server->connections(), 0u);
            t.server.reset();
        }(*this, round == 1));
    }
    EXPECT_EQ(ended, 2 * kCalls);
    EXPECT_GT(succeeded, 0);  // how many depends on the machine
    EXPECT_GT(errors[io::IoCode::TimedOut], 0);
    EXPECT_GT(errors[io::IoCode::Cancelled], 0);
    EXPECT_EQ(running, 0);
    EXPECT_EQ(errors[io::IoCode::Malformed], 0);
    EXPECT_EQ(errors[io::IoCode::Other], 0);
}

}  // namespace
}  // namespace walrus::http
