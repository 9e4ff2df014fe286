// SPDX-License-Identifier: Apache-2.0
// Payments through the RPC: rpc_rate DIRECTORY [payments] [clients]. The ledger on RocksDB, its
// server and the load generator (transactions signed beforehand) run in one process and share its
// processors; between them are real connections.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "http/client.hpp"
#include "http/server.hpp"
#include "io/log.hpp"
#include "ledger/testing.hpp"
#include "ledger/transaction_builder.hpp"
#include "rpc/ledger_client.hpp"
#include "rpc/ledger_server.hpp"

namespace walrus {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

io::Task<void> one_client(rpc::LedgerClient& client, std::vector<ledger::SignedTransaction>& queue,
                          std::vector<double>& milliseconds) {
    while (!queue.empty()) {
        ledger::SignedTransaction next = std::move(queue.back());
        queue.pop_back();
        const auto start = Clock::now();
        auto result = co_await client.execute(std::move(next));
        WALRUS_CHECK(result.has_value() && !result->failure);
        milliseconds.push_back(seconds_since(start) * 1e3);
    }
}

io::Task<void> run(io::Environment& environment, std::string directory, std::size_t count,
                   std::size_t clients) {
    ledger::testing::Options small;
    small.nodes = 10;
    small.n_shards = 100;
    const auto config = ledger::testing::make_config(small);
    const auto handles = ledger::make_handles(ledger::make_genesis(config)->ids);
    const AccountKey user = ledger::testing::account_key(1);
    const auto metrics = io::Metrics::make();
    chain::ServiceOptions service_options;
    auto opened = co_await chain::LedgerService::open(environment, std::move(directory), config,
                                                      ledger::testing::account_key(99),
                                                      service_options, *metrics);
    WALRUS_CHECK(opened.has_value());
    auto router = std::make_unique<http::Router>();
    auto server = rpc::LedgerServer::make(environment, **opened, *router);
    const io::Endpoint at{"127.0.0.1", 0};
    http::ServerOptions server_options;
    auto listening = http::Server::start(environment, at, router->handler(), server_options);
    WALRUS_CHECK(listening.has_value());
    auto http = http::Client::make(environment);
    auto client = rpc::LedgerClient::make(
        environment, *http, "http://127.0.0.1:" + std::to_string((*listening)->port()));
    WALRUS_CHECK(client.has_value());

    std::vector<ledger::SignedTransaction> queue;
    for (std::size_t i = 0; i < count; ++i) {
        ledger::TransactionOptions options;
        options.sender = ledger::testing::address_of(user);
        options.epoch = 1;
        options.nonce = static_cast<std::uint32_t>(i + 1);
        Address to;
        store_le(to.bytes.data(), static_cast<std::uint64_t>(i % 1000 + 1));
        queue.push_back(ledger::sign_transaction(
            ledger::send_coins(handles, options, handles.wal_type, 1, to), user));
    }
    std::vector<double> milliseconds;
    const auto start = Clock::now();
    io::TaskGroup group(environment.loop);
    for (std::size_t i = 0; i < clients; ++i) group.add(one_client(**client, queue, milliseconds));
    co_await group.wait();
    const double seconds = seconds_since(start);
    std::sort(milliseconds.begin(), milliseconds.end());
    std::fputs(
        fmt::format("{} payments through the RPC, {} clients: {:.0f}/s, p50 {:.1f} ms, p99 "
                    "{:.1f} ms, {:.0f} per block\n",
                    count, clients, static_cast<double>(count) / seconds, milliseconds[count / 2],
                    milliseconds[count * 99 / 100],
                    static_cast<double>(count) / static_cast<double>((*opened)->head().next_seq))
            .c_str(),
        stdout);
    http->close_idle();
    server->close_streams();
    co_await (*listening)->stop();
    listening->reset();
    server.reset();
    co_await (*opened)->stop();
    opened->reset();
}

}  // namespace
}  // namespace walrus

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fputs("usage: rpc_rate DIRECTORY [payments] [clients]\n", stderr);
        return 2;
    }
    walrus::io::init_logging(walrus::io::LogLevel::Warn);
    const auto count = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 20'000;
    const auto clients = argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 64;
    auto real = walrus::io::RealEnvironment::make({.name = "bench"});
    walrus::io::Environment& environment = real->environment();
    const std::string directory =
        fmt::format("{}/rpc-rate-{}", argv[1], environment.random.next_u64());
    real->start();
    walrus::io::run_blocking(*real, walrus::run(environment, directory, count, clients));
    (void)environment.files.remove_all(directory);
    return 0;
}
