// SPDX-License-Identifier: Apache-2.0
// Server and client in one loop thread over loopback: how fast large bodies go each way, plain and
// over TLS, and how many small calls per second.
#include <fmt/format.h>

#include "http/client.hpp"
#include "http/server.hpp"
#include "http/test_certificates.hpp"

namespace walrus::http {
namespace {

constexpr std::size_t kBodyBytes = 64 << 20;
constexpr int kRounds = 12;
constexpr int kSmallCalls = 5000;

io::Task<Response> upload(Request& request) {
    Bytes buffer(256 << 10);
    std::uint64_t size = 0;
    while (true) {
        auto got = co_await request.body->read_some(buffer);
        WALRUS_CHECK(got.has_value());
        if (*got == 0) break;
        size += *got;
    }
    co_return Response::text(200, std::to_string(size));
}

io::Task<Response> keep(Request& request) {
    auto body = co_await request.body->read_all(kBodyBytes);
    WALRUS_CHECK(body.has_value());
    co_return Response::text(200, std::to_string(body->size()));
}

io::Task<void> measure(io::Environment& env, Client& client, Origin origin,
                       std::shared_ptr<Bytes> content, std::string name) {
    const auto report = [&](std::string what, std::uint64_t bytes, std::uint64_t us) {
        fmt::print("{:5} {:28} {:8.0f} MB/s\n", name, what,
                   static_cast<double>(bytes) / static_cast<double>(us));
    };
    for (const std::string target : {"/upload", "/keep", "/download"}) {
        std::uint64_t best_us = UINT64_MAX;
        for (int round = 0; round < kRounds; ++round) {
            ClientRequest request;
            request.target = target;
            if (target != "/download") {
                request.method = "POST";
                request.body = SharedBody{content, {ByteView(*content)}};
            }
            CallOptions options;
            options.response_bytes_max = kBodyBytes;
            const std::uint64_t begin_us = env.loop.monotonic_us();
            auto answer = co_await client.call(origin, std::move(request), options);
            WALRUS_CHECK(answer.has_value());
            best_us = std::min(best_us, env.loop.monotonic_us() - begin_us);
        }
        report(target == "/upload" ? "POST 64 MiB, read in pieces"
               : target == "/keep" ? "POST 64 MiB, kept whole"
                                   : "GET 64 MiB, kept whole",
               kBodyBytes, best_us);
    }
    const std::uint64_t begin_us = env.loop.monotonic_us();
    for (int i = 0; i < kSmallCalls; ++i) {
        ClientRequest request;
        request.target = "/small";
        auto answer = co_await client.call(origin, std::move(request), {});
        WALRUS_CHECK(answer.has_value());
    }
    const std::uint64_t us = env.loop.monotonic_us() - begin_us;
    fmt::print("{:5} {:28} {:8.1f} us each\n", name, "small GET, one after another",
               static_cast<double>(us) / kSmallCalls);
}

io::Task<void> run(io::Environment& env) {
    const auto content = std::make_shared<Bytes>(kBodyBytes, Byte{0x5a});
    Router router;
    router.add("POST", "/upload", upload);
    router.add("POST", "/keep", keep);
    router.add("GET", "/download", [content](Request&) -> io::Task<Response> {
        Response response;
        response.body = SharedBody{content, {ByteView(*content)}};
        co_return response;
    });
    router.add("GET", "/small",
               [](Request&) -> io::Task<Response> { co_return Response::text(200, "small"); });
    const PkeyPtr key = make_p256_key();
    ServerOptions options;
    options.tls = *TlsServer::self_signed(key_pem(key.get()), "127.0.0.1");
    const io::Endpoint at{"127.0.0.1", 0};
    auto server = Server::start(env, at, router.handler(), options);
    WALRUS_CHECK(server.has_value());
    auto client = Client::make(env);
    Origin origin;
    origin.endpoint = {"127.0.0.1", (*server)->port()};
    co_await measure(env, *client, origin, content, "plain");
    origin.tls = true;
    origin.trust.pinned_key = network_public_key(key.get());
    co_await measure(env, *client, origin, content, "TLS");
    client.reset();
    co_await (*server)->stop();
}

}  // namespace
}  // namespace walrus::http

int main() {
    const auto environment = walrus::io::RealEnvironment::make({.name = "bench"});
    environment->start();
    walrus::io::run_blocking(*environment, walrus::http::run(environment->environment()));
}
