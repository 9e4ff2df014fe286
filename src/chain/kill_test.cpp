// SPDX-License-Identifier: Apache-2.0
// A ledger process on RocksDB is killed with SIGKILL while it works, again and again. What it had
// answered before must be there afterwards, and the state must be what the blocks give.
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "chain/executor.hpp"
#include "chain/service.hpp"
#include "io/environment.hpp"
#include "io/log.hpp"
#include "ledger/testing.hpp"
#include "ledger/transaction_builder.hpp"

extern char** environ;

namespace walrus::chain {
namespace {

using ledger::testing::account_key;
using ledger::testing::address_of;

const Address kSomebody = address_of(account_key(50));
constexpr int kRounds = 6;

ledger::GenesisConfig genesis() {
    ledger::testing::Options small;
    small.nodes = 4;
    small.n_shards = 10;
    return ledger::testing::make_config(small);
}

ledger::SignedTransaction payment(const ledger::LedgerHandles& handles, Byte user,
                                  std::uint32_t nonce) {
    const AccountKey key = account_key(user);
    ledger::TransactionOptions options;
    options.sender = address_of(key);
    options.epoch = 1;
    options.nonce = nonce;
    return ledger::sign_transaction(
        ledger::send_coins(handles, options, handles.wal_type, 1, kSomebody), key);
}

/// Pays for ever; prints each answered digest.
io::Task<void> pay(LedgerService& service, const ledger::LedgerHandles& handles, Byte user,
                   std::uint32_t nonce) {
    while (true) {
        auto transaction = payment(handles, user, nonce++);
        auto result = co_await service.submit(std::move(transaction));
        if (!result || !(*result)->executed.effects.success()) std::_Exit(3);
        const auto& digest = (*result)->executed.digest;
        if (::write(STDOUT_FILENO, digest.bytes.data(), digest.bytes.size()) !=
            static_cast<ssize_t>(digest.bytes.size()))
            std::_Exit(4);
    }
}

io::Task<void> child(io::Environment& environment, std::string directory, std::uint32_t round) {
    const auto metrics = io::Metrics::make();
    ServiceOptions options;
    auto opened = co_await LedgerService::open(environment, std::move(directory), genesis(),
                                               account_key(99), options, *metrics);
    if (!opened) {
        std::fputs((opened.error().message + "\n").c_str(), stderr);
        std::_Exit(2);
    }
    const auto handles = ledger::make_handles((*opened)->ids());
    io::TaskGroup group(environment.loop);
    for (const Byte user : {1, 2, 3}) group.add(pay(**opened, handles, user, round * 1'000'000));
    co_await group.wait();
}

/// Starts a ledger process, takes `count` answers, kills it. Returns all digests that it told.
std::vector<TransactionDigest> run_and_kill(const std::string& directory, int round,
                                            std::size_t count) {
    int pipe_ends[2];
    EXPECT_EQ(::pipe(pipe_ends), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, pipe_ends[0]);
    posix_spawn_file_actions_addclose(&actions, pipe_ends[1]);
    std::string program = "/proc/self/exe";
    program = std::filesystem::read_symlink(program).string();
    std::string flag = "--child";
    std::string place = directory;
    std::string number = std::to_string(round);
    char* const arguments[] = {program.data(), flag.data(), place.data(), number.data(), nullptr};
    pid_t pid = 0;
    EXPECT_EQ(posix_spawn(&pid, program.c_str(), &actions, nullptr, arguments, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    ::close(pipe_ends[1]);
    std::string told;
    char buffer[4096];
    bool killed = false;
    while (true) {
        const ssize_t got = ::read(pipe_ends[0], buffer, sizeof buffer);
        if (got <= 0) break;
        told.append(buffer, static_cast<std::size_t>(got));
        if (!killed && told.size() / 32 >= count) {
            ::kill(pid, SIGKILL);
            killed = true;
        }
    }
    ::close(pipe_ends[0]);
    int status = 0;
    EXPECT_EQ(::waitpid(pid, &status, 0), pid);
    EXPECT_TRUE(WIFSIGNALED(status)) << "ended by itself: " << status;
    std::vector<TransactionDigest> out;
    for (std::size_t i = 0; i + 32 <= told.size(); i += 32)
        out.push_back(TransactionDigest::from(as_bytes(told).subspan(i, 32)));
    return out;
}

TEST(LedgerProcess, KilledAgainAndAgainLosesNothing) {
    std::string place = (std::filesystem::temp_directory_path() / "walrus-kill-XXXXXX").string();
    ASSERT_NE(::mkdtemp(place.data()), nullptr);
    const std::string directory = place + "/ledger";
    SequencerKey sequencer{};
    std::memcpy(sequencer.data(), account_key(99).public_key().bytes.data(), sequencer.size());
    std::set<TransactionDigest> answered;
    const auto handles = ledger::make_handles(ledger::make_genesis(genesis())->ids);
    for (int round = 0; round < kRounds; ++round) {
        for (const auto& digest :
             run_and_kill(directory, round, 5 + static_cast<std::size_t>(round) * 23))
            EXPECT_TRUE(answered.insert(digest).second);
        auto store = io::open_rocksdb(directory + "/" + kDatabaseDirectory);
        ASSERT_TRUE(store) << store.error().message;
        auto database = LedgerDatabase::open(std::move(*store), std::nullopt, sequencer, directory);
        ASSERT_TRUE(database) << database.error().message;
        for (const auto& digest : answered) {
            const auto record = (*database)->transaction(digest);
            ASSERT_TRUE(record && *record) << "round " << round;
        }
        const auto report = check_database(**database);
        ASSERT_TRUE(report) << report.error().message;
        EXPECT_GE(report->transactions, answered.size());
        // Everyone paid exactly once for what is in the blocks.
        const auto paid = (*database)->balance(ledger::balance_key(kSomebody, handles.wal_type));
        EXPECT_EQ(*paid, report->transactions);
    }
    EXPECT_GT(answered.size(), 300u);
    std::filesystem::remove_all(place);
}

}  // namespace

int run_child(const std::string& directory, std::uint32_t round) {
    io::init_logging(io::LogLevel::Off);
    auto real = io::RealEnvironment::make({.name = "killed", .cpu_threads = 2});
    real->start();
    io::run_blocking(*real, child(real->environment(), directory, round));
    return 0;
}

}  // namespace walrus::chain

int main(int argc, char** argv) {
    if (argc == 4 && std::strcmp(argv[1], "--child") == 0)
        return walrus::chain::run_child(
            argv[2], static_cast<std::uint32_t>(std::strtoul(argv[3], nullptr, 10)));
    ::testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
