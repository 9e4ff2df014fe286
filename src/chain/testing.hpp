// SPDX-License-Identifier: Apache-2.0
// For tests: a ledger service on a store in memory whose power can be cut, with a clock that the
// test sets, and transactions by the accounts of ledger/testing.hpp.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "chain/database.hpp"
#include "chain/executor.hpp"
#include "chain/service.hpp"
#include "io/environment.hpp"
#include "io/log.hpp"
#include "io/memory_file_system.hpp"
#include "io/memory_store.hpp"
#include "ledger/testing.hpp"
#include "ledger/transaction_builder.hpp"

namespace walrus::chain::testing {

class SetClock final : public io::Clock {
public:
    std::uint64_t now_ms() const override { return now_; }
    std::atomic<std::uint64_t> now_{1'700'000'100'000};
};

class TestNetwork {
public:
    explicit TestNetwork(ledger::GenesisConfig genesis = default_genesis(),
                         ServiceOptions service_options = {})
        : config(std::move(genesis)),
          options(std::move(service_options)),
          real_(io::RealEnvironment::make({.name = "ledger-test", .cpu_threads = 2})),
          environment{real_->environment().loop,
                      clock,
                      real_->environment().random,
                      real_->environment().network,
                      files,
                      real_->environment().cpu,
                      real_->environment().disk,
                      [this](const std::string&) { return io::MemoryStore::open(disk); }} {
        io::init_logging(io::LogLevel::Off);
        handles = ledger::make_handles(ledger::make_genesis(config)->ids);
        real_->start();
    }
    ~TestNetwork() { close(); }

    static ledger::GenesisConfig default_genesis() {
        ledger::testing::Options small;
        small.nodes = 4;
        small.n_shards = 10;
        auto config = ledger::testing::make_config(small);
        config.faucet = config.accounts[2].address;
        return config;
    }
    static AccountKey sequencer() { return ledger::testing::account_key(99); }

    void run(io::Task<void> task) { io::run_blocking(*real_, std::move(task)); }

    ChainResult<void> try_open() {
        ChainResult<void> out;
        run(open_task(*this, out));
        return out;
    }
    void open() {
        const auto opened = try_open();
        WALRUS_CHECK(opened.has_value());
    }
    void close() {
        if (service) run(close_task(*this));
    }
    /// The process dies and the disk forgets what was not synced.
    void power_cut() {
        disk->power_cut();
        close();
    }

    ledger::TransactionOptions transaction_options(const AccountKey& sender) {
        ledger::TransactionOptions out;
        out.sender = ledger::testing::address_of(sender);
        out.epoch = 1;
        out.nonce = nonce++;
        return out;
    }
    /// A payment of WAL; every call is another transaction.
    ledger::SignedTransaction payment(const AccountKey& from, const Address& to, Frost amount) {
        const auto data =
            ledger::send_coins(handles, transaction_options(from), handles.wal_type, amount, to);
        return ledger::sign_transaction(data, from);
    }
    ledger::SignedTransaction registration(const AccountKey& from, std::uint64_t number) {
        const auto blob = ledger::testing::sample_blob(number, config.n_shards, 1000);
        const auto cost = ledger::register_cost(blob.encoded_bytes, blob.epochs, 100'000, 20'000);
        const auto data = ledger::register_blobs(handles, transaction_options(from), {blob},
                                                 cost->storage + cost->write);
        return ledger::sign_transaction(data, from);
    }
    static ObjectId created(const TransactionRecord& record, std::string_view name) {
        const auto& executed = record.executed;
        for (std::size_t i = 0; i < executed.changed_types.size(); ++i)
            if (executed.effects.changed_objects[i].operation == ledger::IdOperation::Created &&
                executed.changed_types[i].type.name == name)
                return executed.changed_types[i].id;
        WALRUS_CHECK(false);
    }

    ledger::GenesisConfig config;
    ServiceOptions options;
    SetClock clock;
    io::MemoryFileSystem files;
    std::shared_ptr<io::MemoryStoreDisk> disk = std::make_shared<io::MemoryStoreDisk>();
    std::unique_ptr<io::RealEnvironment> real_;
    io::Environment environment;
    std::unique_ptr<io::Metrics> metrics = io::Metrics::make();
    std::unique_ptr<LedgerService> service;
    ledger::LedgerHandles handles;
    std::uint32_t nonce = 1;

private:
    static io::Task<void> open_task(TestNetwork& t, ChainResult<void>& out) {
        t.metrics = io::Metrics::make();
        auto opened = co_await LedgerService::open(t.environment, "/ledger", t.config, sequencer(),
                                                   t.options, *t.metrics);
        if (opened) {
            t.service = std::move(*opened);
        } else {
            out = tl::make_unexpected(opened.error());
        }
    }
    static io::Task<void> close_task(TestNetwork& t) {
        co_await t.service->stop();
        t.service.reset();
    }
};

}  // namespace walrus::chain::testing
