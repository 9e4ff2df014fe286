// SPDX-License-Identifier: Apache-2.0
// The exchange of WAL for SUI and the deprecated subsidies (spec/chain.md §7.5, §7.6), each action
// by a signed transaction.
#include <gtest/gtest.h>

#include "ledger/rules_testing.hpp"

namespace walrus::ledger {
namespace {

using testing::address_of;
using testing::alice;
using testing::ExchangeLedger;
using testing::outcome;
using testing::Program;
using testing::rewards;
using testing::sample_blob;
using testing::shared_input;
using testing::SubsidisedLedger;
using testing::TestLedger;
using testing::U64s;

TEST(WalExchange, BeginsEmptyAtOneForOne) {
    ExchangeLedger t;
    EXPECT_EQ(t.read(), (Exchange{t.exchange, 0, 0, {1, 1}, t.cap}));
    Program p(t.ledger);
    p.keep({p.call("wal_exchange", "new_funded", {p.coin, p.b.pure_u64(77)})});
    const auto executed = p.run();
    ASSERT_EQ(outcome(executed), "success");
    EXPECT_EQ(t.ledger.read<Exchange>(t.ledger.created(executed, "Exchange")).wal, 77u);
    EXPECT_EQ(t.ledger.total_wal(), Uint128{kWalSupplyFrost});
    Program poor(t.ledger, 76);
    poor.keep({poor.call("wal_exchange", "new_funded", {poor.coin, poor.b.pure_u64(77)})});
    EXPECT_EQ(outcome(poor.run()), "balance::ENotEnough(2)");
}

TEST(WalExchange, SwapsBothWaysRoundingDown) {
    ExchangeLedger t(1'000, 1'000);
    ASSERT_EQ(t.set_rate(3, 2, t.cap), "success");
    const Frost wal = t.wal();
    const std::uint64_t sui = t.sui();
    EXPECT_EQ(t.swap("exchange_for_wal", 10, 5), "success");  // 7.5
    EXPECT_EQ(t.wal(), wal + 7);
    EXPECT_EQ(t.sui(), sui - 5);
    EXPECT_EQ(t.swap("exchange_for_sui", 10, 5), "success");  // 3.3
    EXPECT_EQ(t.wal(), wal + 2);
    EXPECT_EQ(t.sui(), sui - 2);
    EXPECT_EQ(t.read(), (Exchange{t.exchange, 998, 1'002, {3, 2}, t.cap}));
    EXPECT_EQ(t.ledger.total_wal(), Uint128{kWalSupplyFrost});
    // The functions that take the whole coin.
    for (const char* function : {"exchange_all_for_wal", "exchange_all_for_sui"}) {
        const bool for_wal = std::string(function) == "exchange_all_for_wal";
        const TypeTag given = for_wal ? sui_type() : t.ledger.genesis.wal_type;
        Program p(t.ledger);
        const Argument coin = p.b.call(Program::framework(), "coin", "redeem_funds", {given},
                                       {p.b.withdrawal(6, given)});
        p.keep({p.call("wal_exchange", function, {shared_input(p, t.ledger, t.exchange), coin})});
        EXPECT_EQ(outcome(p.run()), "success");
    }
    EXPECT_EQ(t.read().wal, 998u - 9 + 6);
    EXPECT_EQ(t.read().sui, 1'002u + 6 - 4);
    for (const char* function : {"add_all_wal", "add_all_sui"}) {
        const bool adds_wal = std::string(function) == "add_all_wal";
        const TypeTag given = adds_wal ? t.ledger.genesis.wal_type : sui_type();
        Program p(t.ledger);
        const Argument coin = p.b.call(Program::framework(), "coin", "redeem_funds", {given},
                                       {p.b.withdrawal(1, given)});
        p.call("wal_exchange", function, {shared_input(p, t.ledger, t.exchange), coin});
        EXPECT_EQ(outcome(p.run()), "success");
    }
    EXPECT_EQ(t.read().wal, 996u);
    EXPECT_EQ(t.read().sui, 1'005u);
}

TEST(WalExchange, Errors) {
    ExchangeLedger t(100, 100);
    EXPECT_EQ(t.swap("exchange_for_wal", 4, 5), "wal_exchange::EInsufficientInputBalance(1)");
    EXPECT_EQ(t.swap("exchange_for_sui", 4, 5), "wal_exchange::EInsufficientInputBalance(1)");
    EXPECT_EQ(t.swap("exchange_for_wal", 101, 101),
              "wal_exchange::EInsufficientFundsInExchange(0)");
    EXPECT_EQ(t.swap("exchange_for_sui", 101, 101),
              "wal_exchange::EInsufficientFundsInExchange(0)");
    EXPECT_EQ(t.swap("exchange_for_wal", 100, 100), "success");
    EXPECT_EQ(t.set_rate(0, 1, t.cap), "wal_exchange::EInvalidExchangeRate(3)");
    EXPECT_EQ(t.set_rate(1, 0, t.cap), "wal_exchange::EInvalidExchangeRate(3)");
    const ObjectId other = t.other_cap();
    EXPECT_EQ(t.set_rate(0, 1, other), "wal_exchange::EUnauthorizedAdminCap(2)");
    EXPECT_EQ(t.withdraw("withdraw_sui", 999, other), "wal_exchange::EUnauthorizedAdminCap(2)");
    EXPECT_EQ(t.withdraw("withdraw_wal", 999, other), "wal_exchange::EUnauthorizedAdminCap(2)");
    EXPECT_EQ(t.withdraw("withdraw_sui", 201, t.cap),
              "wal_exchange::EInsufficientFundsInExchange(0)");
    EXPECT_EQ(t.withdraw("withdraw_wal", 1, t.cap),
              "wal_exchange::EInsufficientFundsInExchange(0)");
    EXPECT_EQ(t.withdraw("withdraw_sui", 200, t.cap), "success");
    EXPECT_EQ(t.sui(), 2'000'000u);
    EXPECT_EQ(t.set_rate(~std::uint64_t{0}, 1, t.cap), "success");
    EXPECT_EQ(t.swap("exchange_for_wal", 2, 2), "MovePrimitiveRuntimeError");
    EXPECT_EQ(t.swap("exchange_for_sui", 2, 2), "success");  // worth nothing
    EXPECT_EQ(t.add("add_sui", sui_type(), 5), "success");
    EXPECT_EQ(t.withdraw("withdraw_wal", 2, t.cap), "success");
}

// ------------------------------------------------------------------------- deprecated subsidies

constexpr std::uint64_t kBytes = 5'000'000;  // 5 units: 25 per epoch

TEST(Subsidies, ReserveSplitsWhatTheSystemGets) {
    SubsidisedLedger t(1'000'000, 1000, 1000);
    const Frost before = t.ledger.wal(address_of(alice()));
    EXPECT_EQ(t.reserve(kBytes, 3, 68), "success");
    EXPECT_EQ(before - t.ledger.wal(address_of(alice())), 68u);
    EXPECT_EQ(t.read().subsidy_pool, 999'986u);
    EXPECT_EQ(rewards(t.ledger, 4), (U64s{28, 27, 27, 0}));
    EXPECT_EQ(t.ledger.total_wal(), Uint128{kWalSupplyFrost});
}

TEST(Subsidies, Errors) {
    EXPECT_EQ(SubsidisedLedger(0, 10'001, 0).creation, "subsidies::EInvalidSubsidyRate(0)");
    EXPECT_EQ(SubsidisedLedger(0, 0, 10'001).creation, "subsidies::EInvalidSubsidyRate(0)");
    // The pool lends, but the buyer must cover its part.
    SubsidisedLedger t(1'000'000, 1000, 1000);
    EXPECT_EQ(t.reserve(kBytes, 3, 67), "MovePrimitiveRuntimeError");
    EXPECT_EQ(t.reserve(kBytes, 0, 67), "system_state_inner::EInvalidEpochsAhead(2)");
    EXPECT_EQ(SubsidisedLedger(10, 1000, 1000).reserve(kBytes, 3, 64), "balance::ENotEnough(2)");
    EXPECT_EQ(SubsidisedLedger(0, 1000, 1000).reserve(kBytes, 3, 74), "balance::ENotEnough(2)");
    EXPECT_EQ(SubsidisedLedger(0, 1000, 1000).reserve(kBytes, 3, 75), "success");
    Subsidies other_version = t.read();
    other_version.version = 2;
    t.ledger.write(t.subsidies, other_version);
    EXPECT_EQ(t.reserve(kBytes, 0, 67), "subsidies::EWrongVersion(2)");
}

TEST(Subsidies, AdminChangesRatesAndTakesTheRest) {
    SubsidisedLedger t(10, 0, 0);
    const auto call = [&](const char* function, const ObjectId& cap,
                          std::optional<std::uint16_t> rate) {
        Program p(t.ledger);
        std::vector<Argument> arguments{shared_input(p, t.ledger, t.subsidies),
                                        p.b.owned(t.ledger.ref(cap))};
        if (rate) arguments.push_back(p.b.pure_u16(*rate));
        const Argument result = p.call("subsidies", function, std::move(arguments));
        if (!rate)
            p.b.call(Program::framework(), "balance", "send_funds", {t.ledger.genesis.wal_type},
                     {result, p.b.pure_address(address_of(alice()))});
        return outcome(p.run());
    };
    Program p(t.ledger);
    p.keep({p.call("subsidies", "new", {p.b.pure_id(t.ledger.genesis.ids.package)})});
    const ObjectId other = t.ledger.created(p.run(), "AdminCap");
    for (const char* function : {"set_buyer_subsidy_rate", "set_system_subsidy_rate"}) {
        EXPECT_EQ(call(function, other, 10'001), "subsidies::EUnauthorizedAdminCap(1)");
        EXPECT_EQ(call(function, t.cap, 10'001), "subsidies::EInvalidSubsidyRate(0)");
    }
    EXPECT_EQ(call("set_buyer_subsidy_rate", t.cap, 10'000), "success");
    EXPECT_EQ(call("set_system_subsidy_rate", t.cap, 1), "success");
    EXPECT_EQ(t.read().buyer_subsidy_rate, 10'000);
    EXPECT_EQ(t.read().system_subsidy_rate, 1);
    Program funds(t.ledger);
    const auto parts = funds.b.split(funds.coin, {funds.b.pure_u64(5)});
    funds.call("subsidies", "add_funds", {shared_input(funds, t.ledger, t.subsidies), parts[0]});
    EXPECT_EQ(outcome(funds.run()), "success");
    EXPECT_EQ(t.read().subsidy_pool, 15u);
    EXPECT_EQ(call("withdraw_balance", other, std::nullopt), "subsidies::EUnauthorizedAdminCap(1)");
    EXPECT_EQ(call("withdraw_balance", t.cap, std::nullopt), "success");
    EXPECT_EQ(t.read().subsidy_pool, 0u);
    EXPECT_EQ(t.ledger.total_wal(), Uint128{kWalSupplyFrost});
}

TEST(Subsidies, RegisterAndExtendThroughThem) {
    SubsidisedLedger t(1'000'000, 1000, 1000);
    RegisterBlob blob = sample_blob(1, 100, kBytes);
    Program p(t.ledger);
    const Argument storage = p.reserve(blob.encoded_bytes, 3);
    const Argument object =
        p.call("subsidies", "register_blob",
               {shared_input(p, t.ledger, t.subsidies), p.system(), storage,
                p.b.pure_u256(blob.blob_id.bytes), p.b.pure_u256(blob.root_hash.bytes),
                p.b.pure_u64(blob.unencoded_bytes), p.b.pure_u8(1), p.b.pure_bool(true), p.coin});
    p.keep({object});
    const auto registered = p.run();
    ASSERT_EQ(outcome(registered), "success");
    EXPECT_EQ(t.read().subsidy_pool, 1'000'000u);  // the write fee is not subsidised
    const ObjectId id = t.ledger.created(registered, "Blob");
    const auto extend = [&](std::uint32_t epochs) {
        Program q(t.ledger, 10'000);
        q.call("subsidies", "extend_blob",
               {shared_input(q, t.ledger, t.subsidies), q.system(), q.b.owned(t.ledger.ref(id)),
                q.b.pure_u32(epochs), q.coin});
        return outcome(q.run());
    };
    EXPECT_EQ(extend(1), "blob::ENotCertified(0)");
    ASSERT_EQ(outcome(t.ledger.certify_one(id, alice())), "success");
    const U64s before = rewards(t.ledger, 5);
    const Frost wal = t.ledger.wal(address_of(alice()));
    EXPECT_EQ(extend(2), "success");  // 22 units, 110 per epoch: 22 for each side
    EXPECT_EQ(wal - t.ledger.wal(address_of(alice())), 220u - 22);
    EXPECT_EQ(t.read().subsidy_pool, 1'000'000u - 44);
    // The system's part goes to the epochs from now on, not to the new ones.
    EXPECT_EQ(rewards(t.ledger, 5), (U64s{before[0] + 11, before[1] + 11, before[2], 110, 110}));
    EXPECT_EQ(t.ledger.read<Blob>(id).storage.end_epoch, 6u);
}

}  // namespace
}  // namespace walrus::ledger
