// SPDX-License-Identifier: Apache-2.0
// How fast the ledger answers: chain_bench DIRECTORY [transactions]. Registrations, in process, on
// a RocksDB store in a new directory below DIRECTORY: latency of one client after another, then the
// throughput of 64 at a time.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "chain/service.hpp"
#include "io/environment.hpp"
#include "io/log.hpp"
#include "ledger/testing.hpp"
#include "ledger/transaction_builder.hpp"

namespace walrus::chain {
namespace {

constexpr std::size_t kClients = 64;

struct Bench {
    io::Environment& environment;
    std::unique_ptr<io::Metrics> metrics = io::Metrics::make();
    std::unique_ptr<LedgerService> service;
    ledger::GenesisConfig config;
    ledger::LedgerHandles handles;
    AccountKey user = ledger::testing::account_key(1);
    std::uint64_t number = 0;

    ledger::SignedTransaction registration() {
        const auto blob = ledger::testing::sample_blob(number, config.n_shards, 1000);
        const auto cost = ledger::register_cost(blob.encoded_bytes, blob.epochs, 100'000, 20'000);
        ledger::TransactionOptions options;
        options.sender = ledger::testing::address_of(user);
        options.epoch = 1;
        options.nonce = static_cast<std::uint32_t>(number++);
        return ledger::sign_transaction(
            ledger::register_blobs(handles, options, {blob}, cost->storage + cost->write), user);
    }
};

io::Task<void> one_client(Bench& bench, std::vector<ledger::SignedTransaction>& queue,
                          std::vector<double>& latencies_ms) {
    while (!queue.empty()) {
        ledger::SignedTransaction next = std::move(queue.back());
        queue.pop_back();
        const std::uint64_t start_us = bench.environment.loop.monotonic_us();
        auto result = co_await bench.service->submit(std::move(next));
        WALRUS_CHECK(result.has_value() && (*result)->executed.effects.success());
        latencies_ms.push_back(
            static_cast<double>(bench.environment.loop.monotonic_us() - start_us) * 1e-3);
    }
}

io::Task<void> measure(Bench& bench, std::size_t count, std::size_t clients, const char* name) {
    std::vector<ledger::SignedTransaction> queue;
    for (std::size_t i = 0; i < count; ++i) queue.push_back(bench.registration());
    std::vector<double> latencies_ms;
    const std::uint64_t blocks_before = bench.service->head().next_seq;
    const std::uint64_t start_us = bench.environment.loop.monotonic_us();
    io::TaskGroup group(bench.environment.loop);
    for (std::size_t i = 0; i < clients; ++i) group.add(one_client(bench, queue, latencies_ms));
    co_await group.wait();
    const double seconds =
        static_cast<double>(bench.environment.loop.monotonic_us() - start_us) * 1e-6;
    std::sort(latencies_ms.begin(), latencies_ms.end());
    const auto quantile = [&](double q) {
        return latencies_ms[static_cast<std::size_t>(q * static_cast<double>(count - 1))];
    };
    const std::uint64_t blocks = bench.service->head().next_seq - blocks_before;
    std::fputs(fmt::format("{:<28} {:>6} transactions {:>8.0f}/s   p50 {:.2f} ms   p99 {:.2f} ms   "
                           "max {:.2f} ms   {:.1f} per block\n",
                           name, count, static_cast<double>(count) / seconds, quantile(0.5),
                           quantile(0.99), latencies_ms.back(),
                           static_cast<double>(count) / static_cast<double>(blocks))
                   .c_str(),
               stdout);
}

io::Task<void> run(io::Environment& environment, std::string directory, std::size_t count) {
    Bench bench{.environment = environment};
    ledger::testing::Options options;
    options.nodes = 10;
    options.n_shards = 100;
    bench.config = ledger::testing::make_config(options);
    bench.handles = ledger::make_handles(ledger::make_genesis(bench.config)->ids);
    ServiceOptions service_options;
    auto opened = co_await LedgerService::open(environment, std::move(directory), bench.config,
                                               ledger::testing::account_key(99), service_options,
                                               *bench.metrics);
    WALRUS_CHECK(opened.has_value());
    bench.service = std::move(*opened);
    co_await measure(bench, 50, 1, "warm-up");
    co_await measure(bench, std::min<std::size_t>(count, 500), 1, "one client");
    co_await measure(bench, count, kClients, "64 clients");
    co_await bench.service->stop();
    bench.service.reset();
}

}  // namespace
}  // namespace walrus::chain

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fputs("usage: chain_bench DIRECTORY [transactions]\n", stderr);
        return 2;
    }
    walrus::io::init_logging(walrus::io::LogLevel::Warn);
    const auto count = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 5000;
    auto real = walrus::io::RealEnvironment::make({.name = "bench"});
    walrus::io::Environment& environment = real->environment();
    const std::string directory =
        fmt::format("{}/chain-bench-{}", argv[1], environment.random.next_u64());
    real->start();
    walrus::io::run_blocking(*real, walrus::chain::run(environment, directory, count));
    (void)environment.files.remove_all(directory);
    return 0;
}
