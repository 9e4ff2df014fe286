// SPDX-License-Identifier: Apache-2.0
// How fast a whole ledger is, in process, on RocksDB: ledger_rate DIRECTORY [payments] [blobs].
// One address-balance transfer is one transaction. Stages: decode, signature, execute, state tree
// and header, commit; then everything through the engine; then the same over a state of `blobs`
// registered blobs, and how long a restart takes there.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "chain/executor.hpp"
#include "chain/prover.hpp"
#include "chain/service.hpp"
#include "io/environment.hpp"
#include "io/log.hpp"
#include "ledger/testing.hpp"
#include "ledger/transaction_builder.hpp"

namespace walrus::chain {
namespace {

constexpr std::size_t kBlock = kBlockTransactionsMax;
constexpr std::size_t kClients = 512;
constexpr std::size_t kBlobsPerTransaction = 200;
constexpr std::size_t kAccounts = 1000;

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

void print(const std::string& line) {
    std::fputs((line + "\n").c_str(), stdout);
    std::fflush(stdout);
}

struct Bench {
    io::Environment& environment;
    std::string directory;
    ledger::GenesisConfig config;
    ledger::LedgerHandles handles;
    AccountKey user = ledger::testing::account_key(1);
    AccountKey sequencer = ledger::testing::account_key(99);
    std::uint32_t nonce = 1;
    std::uint64_t blob_number = 0;
    std::unique_ptr<LedgerDatabase> database;
    std::unique_ptr<BlockExecutor> executor;

    Bench(io::Environment& e, std::string d) : environment(e), directory(std::move(d)) {
        ledger::testing::Options options;
        options.nodes = 10;
        options.n_shards = 100;
        options.capacity_vote *= 10;
        config = ledger::testing::make_config(options);
        handles = ledger::make_handles(ledger::make_genesis(config)->ids);
    }
    SequencerKey sequencer_bytes() const {
        SequencerKey out{};
        std::copy(sequencer.public_key().bytes.begin(), sequencer.public_key().bytes.end(),
                  out.begin());
        return out;
    }
    void open() {
        auto store = open_ledger_store(environment, directory);
        WALRUS_CHECK(store.has_value());
        auto opened = LedgerDatabase::open(std::move(*store), config, sequencer_bytes(), directory);
        WALRUS_CHECK(opened.has_value());
        database = std::move(*opened);
        auto made = BlockExecutor::make(*database, &environment.cpu);
        WALRUS_CHECK(made.has_value());
        executor = std::move(*made);
    }
    void close() {
        executor.reset();
        database.reset();
    }
    ledger::TransactionOptions options() {
        ledger::TransactionOptions out;
        out.sender = ledger::testing::address_of(user);
        out.epoch = 1;
        out.nonce = nonce++;
        return out;
    }
    ledger::SignedTransaction payment() {
        Address to;
        store_le(to.bytes.data(), static_cast<std::uint64_t>(nonce % kAccounts + 1));
        return ledger::sign_transaction(
            ledger::send_coins(handles, options(), handles.wal_type, 1, to), user);
    }
    ledger::SignedTransaction registrations() {
        std::vector<ledger::RegisterBlob> blobs;
        Frost cost = 0;
        for (std::size_t i = 0; i < kBlobsPerTransaction; ++i) {
            blobs.push_back(ledger::testing::sample_blob(blob_number++, config.n_shards, 1));
            const auto price = ledger::register_cost(blobs.back().encoded_bytes,
                                                     blobs.back().epochs, 100'000, 20'000);
            cost += price->storage + price->write;
        }
        return ledger::sign_transaction(ledger::register_blobs(handles, options(), blobs, cost),
                                        user);
    }
    PreparedBlock finalize(std::vector<ledger::CheckedTransaction> transactions) {
        SequencedBlock block;
        block.time_ms = 1'700'000'100'000;
        block.transactions = std::move(transactions);
        auto finalized = executor->finalize(block);
        WALRUS_CHECK(finalized.has_value() && finalized->prepared.has_value());
        for (const auto& result : finalized->results) {
            WALRUS_CHECK(result.has_value());
            if (!(*result)->executed.effects.success()) {
                print("a transaction failed: " + (*result)->executed.effects.failure->description);
                std::exit(1);
            }
        }
        seal_block(*finalized->prepared, sequencer, database->ids().chain);
        return std::move(*finalized->prepared);
    }
};

/// Payments in full blocks, one stage after the other on one thread (the tree may use more).
double stages(Bench& bench, std::size_t count, const char* name) {
    std::vector<ledger::SignedTransaction> all;
    for (std::size_t i = 0; i < count; ++i) all.push_back(bench.payment());
    double decode = 0;
    double verify = 0;
    double execute = 0;
    double finalize = 0;
    double commit = 0;
    for (std::size_t from = 0; from < count; from += kBlock) {
        const std::size_t to = std::min(count, from + kBlock);
        auto start = Clock::now();
        for (std::size_t i = from; i < to; ++i)
            WALRUS_CHECK(ledger::parse_unsigned_transaction(all[i].data).has_value());
        decode += seconds_since(start);
        start = Clock::now();
        std::vector<ledger::CheckedTransaction> checked;
        for (std::size_t i = from; i < to; ++i)
            checked.push_back(*ledger::verify_transaction(std::move(all[i])));
        verify += seconds_since(start);
        // Execution alone, its result dropped; then all of the block.
        {
            DatabaseReader state(bench.database->store());
            ledger::LedgerCache cache = bench.executor->cache();
            start = Clock::now();
            const auto context = block_context(bench.database->ids(), state, &cache,
                                               bench.executor->head().next_seq, 1'700'000'100'000);
            const auto applied = ledger::apply_block(state, *context, checked, &cache);
            WALRUS_CHECK(!applied.changes.empty());
            execute += seconds_since(start);
        }
        start = Clock::now();
        const PreparedBlock prepared = bench.finalize(std::move(checked));
        finalize += seconds_since(start);
        start = Clock::now();
        WALRUS_CHECK(bench.executor->commit(prepared).has_value());
        commit += seconds_since(start);
    }
    const double n = static_cast<double>(count);
    const double us = 1e6 / n;
    const double total = verify + finalize + commit;
    print(
        fmt::format("{:<24} {:>6} payments, us each: decode {:.1f}, signature {:.1f}, execute "
                    "{:.1f}, tree and header {:.1f}, commit {:.1f}; all {:.1f} = {:.0f}/s on one "
                    "thread",
                    name, count, decode * us, (verify - decode) * us, execute * us,
                    (finalize - execute) * us, commit * us, total * us, n / total));
    return n / total;
}

io::Task<void> one_client(LedgerService& service, std::vector<ledger::SignedTransaction>& queue) {
    while (!queue.empty()) {
        ledger::SignedTransaction next = std::move(queue.back());
        queue.pop_back();
        auto result = co_await service.submit(std::move(next));
        WALRUS_CHECK(result.has_value() && (*result)->executed.effects.success());
    }
}

io::Task<void> engine_task(Bench& bench, std::size_t count, const char* name, double& rate) {
    const auto metrics = io::Metrics::make();
    ServiceOptions options;
    auto opened = co_await LedgerService::open(bench.environment, bench.directory, bench.config,
                                               bench.sequencer, options, *metrics);
    WALRUS_CHECK(opened.has_value());
    std::vector<ledger::SignedTransaction> queue;
    for (std::size_t i = 0; i < count; ++i) queue.push_back(bench.payment());
    const std::uint64_t blocks_before = (*opened)->head().next_seq;
    const auto start = Clock::now();
    io::TaskGroup group(bench.environment.loop);
    for (std::size_t i = 0; i < kClients; ++i) group.add(one_client(**opened, queue));
    co_await group.wait();
    const double seconds = seconds_since(start);
    const std::uint64_t blocks = (*opened)->head().next_seq - blocks_before;
    rate = static_cast<double>(count) / seconds;
    print(fmt::format("{:<24} {:>6} payments, {} clients: {:.0f}/s, {:.0f} per block", name, count,
                      kClients, rate, static_cast<double>(count) / static_cast<double>(blocks)));
    co_await (*opened)->stop();
    opened->reset();
}

void run(io::RealEnvironment& real, Bench& bench, std::size_t payments, std::size_t blobs) {
    const auto engine = [&](const char* name) {
        double rate = 0;
        io::run_blocking(real, engine_task(bench, payments, name, rate));
        return rate;
    };
    bench.open();
    (void)stages(bench, payments / 4, "warm-up");
    const double before = stages(bench, payments, "stages, small state");
    bench.close();
    const double engine_before = engine("engine, small state");
    if (blobs == 0) return;
    bench.open();
    auto start = Clock::now();
    for (std::size_t done = 0; done < blobs;) {
        std::vector<ledger::CheckedTransaction> block;
        for (; block.size() < 16 && done < blobs; done += kBlobsPerTransaction)
            block.push_back(*ledger::verify_transaction(bench.registrations()));
        const PreparedBlock prepared = bench.finalize(std::move(block));
        WALRUS_CHECK(bench.executor->commit(prepared).has_value());
    }
    print(fmt::format("{} blobs registered in {:.0f} s", blobs, seconds_since(start)));
    // What the store still tidies up after so much at once is not what is measured.
    std::this_thread::sleep_for(std::chrono::seconds(30));
    bench.close();
    start = Clock::now();
    bench.open();
    print(fmt::format("restart: {:.2f} s", seconds_since(start)));
    start = Clock::now();
    constexpr int kProofs = 1000;
    for (int i = 0; i < kProofs; ++i) {
        proof::Subject subject;
        subject.id.bytes[0] = static_cast<Byte>(i);
        subject.id.bytes[1] = static_cast<Byte>(i >> 8);
        WALRUS_CHECK(make_proof(*bench.database, subject).has_value());
    }
    print(fmt::format("a proof: {:.0f} us", seconds_since(start) * 1e6 / kProofs));
    (void)stages(bench, payments / 4, "warm-up");
    const double after = stages(bench, payments, "stages, large state");
    bench.close();
    const double engine_after = engine("engine, large state");
    print(fmt::format("kept of the rate: stages {:.0f} %, engine {:.0f} %", 100 * after / before,
                      100 * engine_after / engine_before));
}

}  // namespace
}  // namespace walrus::chain

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fputs("usage: ledger_rate DIRECTORY [payments] [blobs]\n", stderr);
        return 2;
    }
    walrus::io::init_logging(walrus::io::LogLevel::Warn);
    const auto payments = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 20'000;
    const auto blobs = argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 0;
    auto real = walrus::io::RealEnvironment::make({.name = "bench"});
    walrus::io::Environment& environment = real->environment();
    const std::string directory =
        fmt::format("{}/ledger-rate-{}", argv[1], environment.random.next_u64());
    real->start();
    {
        walrus::chain::Bench bench(environment, directory);
        walrus::chain::run(*real, bench, payments, blobs);
    }
    (void)environment.files.remove_all(directory);
    return 0;
}
