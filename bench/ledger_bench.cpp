// SPDX-License-Identifier: Apache-2.0
// Speed of the ledger on one thread and in memory, split into stages. Argument: nodes of the
// committee (n = 1000 shards from 100 nodes on, else 100). Items are transactions.
#include <benchmark/benchmark.h>

#include "ledger/staking_testing.hpp"

namespace {

using namespace walrus;
using namespace walrus::ledger;

constexpr std::size_t kBatch = 64;

testing::Options options_for(const benchmark::State& state) {
    testing::Options options;
    options.nodes = static_cast<std::size_t>(state.range(0));
    options.n_shards = options.nodes >= 100 ? 1000 : 100;
    return options;
}

const AccountKey& key() {
    static const AccountKey value = testing::account_key(1);
    return value;
}

/// Signed transactions of one kind over a ledger that has what they need.
struct Workload {
    explicit Workload(const benchmark::State& state) : ledger(options_for(state)) {}

    void add(const TransactionData& data) { signed_.push_back(sign_transaction(data, key())); }
    void add_payments() {
        for (std::size_t i = 0; i < kBatch; ++i)
            add(send_coins(ledger.handles, ledger.options(key()), ledger.genesis.wal_type, 5,
                           testing::address_of(testing::account_key(2))));
    }
    RegisterBlob blob(std::uint64_t number) const {
        return testing::sample_blob(number, ledger.system().committee->n_shards);
    }
    void add_registrations() {
        for (std::size_t i = 0; i < kBatch; ++i)
            add(register_blobs(ledger.handles, ledger.options(key()), {blob(i)},
                               100 * kFrostPerWal));
    }
    void add_certificates() {
        for (std::size_t i = 0; i < kBatch; ++i) {
            const ObjectId id = ledger.register_one(blob(i), key());
            add(certify_blobs(ledger.handles, ledger.options(key()), {ledger.certificate_for(id)}));
        }
    }
    std::vector<CheckedTransaction> checked() const {
        std::vector<CheckedTransaction> out;
        for (const SignedTransaction& transaction : signed_)
            out.push_back(*verify_transaction(transaction));
        return out;
    }

    testing::TestLedger ledger;
    std::vector<SignedTransaction> signed_;
};

void count(benchmark::State& state) {
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) *
                            static_cast<std::int64_t>(kBatch));
}

/// Parsing and the signature.
void verify(benchmark::State& state) {
    Workload work(state);
    work.add_payments();
    for (auto _ : state) benchmark::DoNotOptimize(work.checked());
    count(state);
}

/// Execution of a block, with its changes taken out (serialised), but not parsing and signature.
void execute(benchmark::State& state, void (Workload::*add)()) {
    Workload work(state);
    (work.*add)();
    const std::vector<CheckedTransaction> transactions = work.checked();
    const BlockContext context = work.ledger.context();
    LedgerCache cache;
    for (auto _ : state) {
        const AppliedBlock block = apply_block(work.ledger.state, context, transactions, &cache);
        for (const auto& result : block.results)
            if (!result || !result->effects.success()) state.SkipWithError("a failure");
        benchmark::DoNotOptimize(block.changes.digest());
        cache = LedgerCache(cache);
    }
    count(state);
}

/// Everything from signed bytes to a block's changes: a registration and its certification.
void register_and_certify(benchmark::State& state) {
    Workload work(state);
    work.add_certificates();
    work.add_registrations();
    const BlockContext context = work.ledger.context();
    LedgerCache cache;
    for (auto _ : state) {
        const AppliedBlock block = apply_block(work.ledger.state, context, work.checked(), &cache);
        benchmark::DoNotOptimize(block.changes.digest());
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) *
                            static_cast<std::int64_t>(2 * kBatch));
}

/// A step of the change to the next epoch with as many members as shards, where half of them got
/// more stake, so that shards move, and fees are there to share out. Items are epochs.
void epoch(benchmark::State& state, bool change) {
    testing::Options options;
    options.nodes = static_cast<std::size_t>(state.range(0));
    options.n_shards = static_cast<std::uint16_t>(state.range(0));
    options.active_set_max = options.n_shards;
    testing::StakingLedger t(options);
    t.ledger.register_one(testing::sample_blob(1, options.n_shards), key());
    for (std::size_t i = 0; i < t.nodes.size(); i += 2)
        t.stake(t.nodes[i].id, 500 * kFrostPerWal, key());
    t.ledger.time_ms += t.ledger.staking().epoch_duration_ms;
    if (change && t.voting_end() != "success") state.SkipWithError("the vote does not end");
    const TransactionData data =
        change ? initiate_epoch_change(t.ledger.handles, t.ledger.options(key()))
               : end_voting(t.ledger.handles, t.ledger.options(key()));
    const auto transaction = parse_unsigned_transaction(bcs::encode(data));
    const BlockContext context = t.ledger.context();
    for (auto _ : state) {
        LedgerCache cache;
        const AppliedBlock block = apply_block(t.ledger.state, context, {&*transaction, 1}, &cache);
        if (!block.results[0] || !block.results[0]->effects.success())
            state.SkipWithError("a failure");
        benchmark::DoNotOptimize(block.changes.digest());
    }
    state.SetItemsProcessed(state.iterations());
}

BENCHMARK_CAPTURE(epoch, voting_end, false)->Arg(100)->Arg(1000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(epoch, change, true)->Arg(100)->Arg(1000)->Unit(benchmark::kMillisecond);
BENCHMARK(verify)->Arg(10);
BENCHMARK_CAPTURE(execute, payment, &Workload::add_payments)->Arg(10)->Arg(103);
BENCHMARK_CAPTURE(execute, registration, &Workload::add_registrations)->Arg(10)->Arg(103);
BENCHMARK_CAPTURE(execute, certificate, &Workload::add_certificates)->Arg(10)->Arg(103);
BENCHMARK(register_and_certify)->Arg(10)->Arg(103);

}  // namespace

BENCHMARK_MAIN();
