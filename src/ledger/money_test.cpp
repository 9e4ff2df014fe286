// SPDX-License-Identifier: Apache-2.0
// The exchange of WAL for SUI and both kinds of subsidies (spec/chain.md §7.4 to §7.6): by signed
// transactions, but for what needs epochs to change.
#include <gtest/gtest.h>

#include "ledger/interpreter.hpp"
#include "ledger/packages/subsidy_rules.hpp"
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

// --------------------------------------------------------------------------- current subsidies

struct CurrentSubsidies {
    explicit CurrentSubsidies(std::uint32_t rate = 15'000, Frost base = 1'000'000,
                              Frost per_shard = 100'000)
        : ledger(SubsidisedLedger::options()) {
        Program p(ledger);
        p.keep({p.call("walrus_subsidies", "new",
                       {p.system(false), p.b.shared(ledger.genesis.ids.staking, 1, false),
                        p.b.pure_u32(rate), p.b.pure_u64(base), p.b.pure_u64(per_shard)})});
        const auto executed = p.run();
        WALRUS_CHECK(executed.effects.success());
        subsidies = ledger.created(executed, "WalrusSubsidies");
        cap = ledger.created(executed, "AdminCap");
    }
    std::string add(Frost amount, bool as_balance = false) {
        Program p(ledger);
        Argument funds = p.b.split(p.coin, {p.b.pure_u64(amount)})[0];
        if (as_balance)
            funds = p.b.call(Program::framework(), "coin", "into_balance",
                             {ledger.genesis.wal_type}, {funds});
        p.call("walrus_subsidies", as_balance ? "add_balance" : "add_coin",
               {shared_input(p, ledger, subsidies), funds});
        return outcome(p.run());
    }
    std::string set(const char* function, std::uint64_t value, const ObjectId& admin) {
        Program p(ledger);
        const bool rate = std::string_view(function) == "set_system_subsidy_rate";
        p.call("walrus_subsidies", function,
               {shared_input(p, ledger, subsidies), p.b.owned(ledger.ref(admin)),
                rate ? p.b.pure_u32(static_cast<std::uint32_t>(value)) : p.b.pure_u64(value)});
        return outcome(p.run());
    }
    WalrusSubsidiesInnerV1 read() const {
        const ObjectId field = dynamic_field_id(
            subsidies, walrus_type(ledger.genesis.ids, "walrus_subsidies", "SubsidiesInnerKey"),
            bcs::encode(ExtendedFieldKey{}));
        return ledger.read<Field<ExtendedFieldKey, WalrusSubsidiesInnerV1>>(field).value;
    }
    TestLedger ledger;
    ObjectId subsidies;
    ObjectId cap;
};

TEST(WalrusSubsidies, CountsWhatTheRingHoldsAsSubsidised) {
    CurrentSubsidies empty;
    EXPECT_EQ(empty.read().latest_epoch, 0u);
    EXPECT_EQ(empty.read().already_subsidized_balances.ring_buffer.size(), 104u);
    EXPECT_EQ(empty.read().already_subsidized_balances.ring_buffer[3], (EpochBalance{4, 0}));
    Program p(empty.ledger);
    p.keep({p.reserve(kBytes, 2)});
    ASSERT_EQ(outcome(p.run()), "success");
    Program q(empty.ledger);
    q.keep({q.call("walrus_subsidies", "new",
                   {q.system(false), q.b.shared(empty.ledger.genesis.ids.staking, 1, false),
                    q.b.pure_u32(1), q.b.pure_u64(2), q.b.pure_u64(3)})});
    const auto executed = q.run();
    empty.subsidies = empty.ledger.created(executed, "WalrusSubsidies");
    EXPECT_EQ(empty.read().already_subsidized_balances.ring_buffer[1], (EpochBalance{2, 25}));
    EXPECT_EQ(empty.read().system_subsidy_rate, 1u);
    EXPECT_EQ(empty.read().base_subsidy, 2u);
    EXPECT_EQ(empty.read().subsidy_per_shard, 3u);
}

TEST(WalrusSubsidies, AdminSetsRates) {
    CurrentSubsidies t;
    CurrentSubsidies other;
    const char* wrong = "walrus_subsidies::EUnauthorizedAdminCap(0)";
    const char* invalid = "walrus_subsidies_inner::EInvalidSubsidyRate(0)";
    Program p(t.ledger);
    p.keep({p.call("subsidies", "new", {p.b.pure_id(t.ledger.genesis.ids.package)})});
    const ObjectId legacy = t.ledger.created(p.run(), "AdminCap");
    EXPECT_EQ(t.set("set_system_subsidy_rate", 1, legacy), "CommandArgumentError(1, TypeMismatch)");
    Program q(t.ledger);
    q.keep({q.call("walrus_subsidies", "new",
                   {q.system(false), q.b.shared(t.ledger.genesis.ids.staking, 1, false),
                    q.b.pure_u32(1), q.b.pure_u64(2), q.b.pure_u64(3)})});
    const ObjectId stranger = t.ledger.created(q.run(), "AdminCap");
    EXPECT_EQ(t.set("set_system_subsidy_rate", 1'000'001, stranger), wrong);
    EXPECT_EQ(t.set("set_base_subsidy", 1, stranger), wrong);
    EXPECT_EQ(t.set("set_per_shard_subsidy", 1, stranger), wrong);
    EXPECT_EQ(t.set("set_system_subsidy_rate", 1'000'001, t.cap), invalid);
    EXPECT_EQ(t.set("set_system_subsidy_rate", 1'000'000, t.cap), "success");
    constexpr std::uint64_t kMost = ~std::uint64_t{0};
    EXPECT_EQ(t.set("set_per_shard_subsidy", kMost / 1000, t.cap), invalid);
    EXPECT_EQ(t.set("set_base_subsidy", kMost - 99'999'999, t.cap), invalid);
    EXPECT_EQ(t.set("set_base_subsidy", kMost - 100'000'000, t.cap), "success");
    EXPECT_EQ(t.set("set_base_subsidy", 0, t.cap), "success");
    EXPECT_EQ(t.set("set_per_shard_subsidy", kMost / 1000, t.cap), "success");
    EXPECT_EQ(t.read().system_subsidy_rate, 1'000'000u);
    EXPECT_EQ(t.read().subsidy_per_shard, kMost / 1000);
}

TEST(WalrusSubsidies, AnybodyAddsFunds) {
    CurrentSubsidies t;
    EXPECT_EQ(t.add(5), "success");
    EXPECT_EQ(t.add(7, true), "success");
    EXPECT_EQ(t.read().subsidy_pool, 12u);
    EXPECT_EQ(t.ledger.total_wal(), Uint128{kWalSupplyFrost});
    Program p(t.ledger);
    p.call("walrus_subsidies", "migrate", {shared_input(p, t.ledger, t.subsidies)});
    EXPECT_EQ(outcome(p.run()), "walrus_subsidies::EInvalidMigration(2)");
    t.ledger.write(t.subsidies, WalrusSubsidies{t.subsidies, 2, {}});
    EXPECT_EQ(t.add(5), "walrus_subsidies::EWrongVersion(1)");
    EXPECT_EQ(t.set("set_base_subsidy", 0, t.cap), "walrus_subsidies::EWrongVersion(1)");
    Program q(t.ledger);
    q.call("walrus_subsidies", "migrate", {shared_input(q, t.ledger, t.subsidies)});
    EXPECT_EQ(outcome(q.run()), "success");
    EXPECT_EQ(t.add(5), "success");
}

TEST(WalrusSubsidies, AnybodyProcessesThem) {
    CurrentSubsidies t(15'000, 1'000, 10);
    ASSERT_EQ(t.add(1'000'000), "success");
    Program buy(t.ledger);
    buy.keep({buy.reserve(kBytes, 2)});
    ASSERT_EQ(outcome(buy.run()), "success");
    // The committee of an epoch change: none came before the first.
    const ObjectId place = staking_state_field_id(t.ledger.genesis.ids.staking, kStakingVersion);
    const auto enter_epoch_2 = [&](EpochState state) {
        auto staking = t.ledger.read<StakingInnerField>(place);
        staking.value.previous_committee = staking.value.committee;
        staking.value.epoch = 2;
        staking.value.epoch_state = state;
        t.ledger.write(place, staking);
    };
    const auto process = [&](bool clock_mutable = false, ObjectVersion version = 1) {
        Program p(t.ledger, 0);
        p.call("walrus_subsidies", "process_subsidies",
               {shared_input(p, t.ledger, t.subsidies),
                p.b.shared(t.ledger.genesis.ids.staking, 1, true), p.system(),
                p.b.shared(clock_id(), version, clock_mutable)});
        p.b.call(Program::framework(), "coin", "send_funds", {t.ledger.genesis.wal_type},
                 {p.coin, p.b.pure_address(address_of(alice()))});
        return outcome(t.ledger.try_run(
            std::move(p.b).finish(t.ledger.handles, t.ledger.options(alice())), alice()));
    };
    EXPECT_EQ(process(true), "refused: ObjectNotOwned");
    EXPECT_EQ(process(false, 2), "refused: ObjectNotOwned");
    EXPECT_EQ(process(), "success");
    EXPECT_EQ(t.read().last_subsidized_ts, t.ledger.time_ms);
    EXPECT_EQ(rewards(t.ledger, 3), (U64s{25 + 37, 25 + 37, 0}));
    EXPECT_EQ(t.read().subsidy_pool, 1'000'000u - 74);
    const NodeId node = t.ledger.genesis.nodes[0];
    const auto pool = [&] { return t.ledger.read<StakingPool>(ObjectId{node.bytes}); };
    const Frost before = pool().commission;

    // Epoch 2: 1000 and 10 for each of ten shards, blocked until the parameters are selected.
    enter_epoch_2(EpochChangeDone{});
    EXPECT_EQ(process(), "success");
    EXPECT_EQ(pool().commission, before + 1'100);
    const ObjectId blocked = dynamic_field_id(
        pool().extra_fields.id,
        walrus_type(t.ledger.genesis.ids, "staking_pool", "NewEpochCommissionBlockedForCollection"),
        bcs::encode(ExtendedFieldKey{}));
    using Blocked = Field<ExtendedFieldKey, Frost>;
    EXPECT_EQ(t.ledger.read<Blocked>(blocked).value, 1'100u);
    EXPECT_EQ(pool().extra_fields.size, 1u);
    EXPECT_EQ(process(), "success");  // once per epoch
    EXPECT_EQ(pool().commission, before + 1'100);
    EXPECT_EQ(t.read().latest_epoch, 1u);
    EXPECT_EQ(t.ledger.total_wal(), Uint128{kWalSupplyFrost});
}

TEST(WalrusSubsidies, CommissionIsNotBlockedOnceParametersAreSelected) {
    CurrentSubsidies t(0, 1'000, 10);
    ASSERT_EQ(t.add(10'999), "success");
    const ObjectId place = staking_state_field_id(t.ledger.genesis.ids.staking, kStakingVersion);
    auto staking = t.ledger.read<StakingInnerField>(place);
    staking.value.previous_committee = staking.value.committee;
    staking.value.epoch = 2;
    staking.value.epoch_state = NextParamsSelected{};
    t.ledger.write(place, staking);
    const auto process = [&] {
        Program p(t.ledger);
        p.call("walrus_subsidies", "process_subsidies",
               {shared_input(p, t.ledger, t.subsidies),
                p.b.shared(t.ledger.genesis.ids.staking, 1, true), p.system(),
                p.b.shared(clock_id(), 1, false)});
        return outcome(p.run());
    };
    EXPECT_EQ(process(), "walrus_subsidies_inner::EInsufficientFundsInPool(1)");
    ASSERT_EQ(t.add(1), "success");
    EXPECT_EQ(process(), "success");
    const auto pool = t.ledger.read<StakingPool>(ObjectId{t.ledger.genesis.nodes[3].bytes});
    EXPECT_EQ(pool.commission, 1'100u);
    EXPECT_EQ(pool.extra_fields.size, 0u);
}

TEST(WalrusSubsidies, FixedPartIsForTheCommitteeBefore) {
    WalrusSubsidiesInnerV1 inner =
        make_subsidies(make_ring(4, 1), 1, 0, /*base=*/1'000, /*per_shard=*/10);
    inner.subsidy_pool = 5'000;
    const NodeId a{{1}};
    const NodeId b{{2}};
    const CommitteeShards committee = {{a, {0, 1, 2}}, {b, {3}}};
    using Paid = std::vector<std::pair<NodeId, Frost>>;
    EXPECT_EQ(take_fixed_subsidies(inner, 0, committee).value(), Paid{});
    EXPECT_EQ(take_fixed_subsidies(inner, 1, committee).value(), Paid{});
    EXPECT_EQ(take_fixed_subsidies(inner, 2, committee).value(), (Paid{{a, 1'030}, {b, 1'010}}));
    EXPECT_EQ(inner.latest_epoch, 1u);
    EXPECT_EQ(take_fixed_subsidies(inner, 2, committee).value(), Paid{});
    EXPECT_EQ(inner.subsidy_pool, 2'960u);
    // A skipped epoch is not made up for.
    EXPECT_EQ(take_fixed_subsidies(inner, 5, committee).value().size(), 2u);
    EXPECT_EQ(take_fixed_subsidies(inner, 6, committee).error().name(),
              "walrus_subsidies_inner::EInsufficientFundsInPool(1)");
}

TEST(WalrusSubsidies, UsagePartFollowsWhatCameSince) {
    FutureAccountingRingBuffer ring = make_ring(3, 1);
    WalrusSubsidiesInnerV1 inner = make_subsidies(ring, 1, 15'000, 0, 0);
    inner.subsidy_pool = 1'000;
    const auto pay = [&](std::uint32_t offset, Frost amount) {
        (*ring_slot(ring, offset))->rewards_to_distribute += amount;
    };
    const auto process = [&]() -> U64s {
        const auto taken = take_usage_subsidies(inner, ring);
        EXPECT_TRUE(taken.has_value());
        for (std::uint32_t i = 0; i < 3; ++i) pay(i, (*taken)[i]);
        return *taken;
    };
    pay(0, 101);
    pay(1, 7);
    EXPECT_EQ(process(), (U64s{151, 10, 0}));
    EXPECT_EQ(inner.subsidy_pool, 839u);
    EXPECT_EQ(process(), (U64s{0, 0, 0}));
    ring_advance(ring);
    pay(0, 1);
    pay(2, 9);
    EXPECT_EQ(process(), (U64s{1, 0, 13}));
    EXPECT_EQ(inner.already_subsidized_balances.current_index, 1u);
    EXPECT_EQ(inner.already_subsidized_balances.ring_buffer[0], (EpochBalance{4, 22}));
    pay(0, 551);  // 826 are due, 825 are there
    EXPECT_EQ(take_usage_subsidies(inner, ring).error().name(),
              "walrus_subsidies_inner::EInsufficientFundsInPool(1)");
}

}  // namespace
}  // namespace walrus::ledger
