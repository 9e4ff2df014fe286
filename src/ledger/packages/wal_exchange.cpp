// SPDX-License-Identifier: Apache-2.0
// ORIG::wal_exchange: WAL for SUI and back at a fixed ratio, on test networks (spec/chain.md §7.6).
#include "ledger/abort_codes.hpp"
#include "ledger/packages/money.hpp"
#include "ledger/packages/system_calls.hpp"

namespace walrus::ledger {

namespace {

TypeSpec exchange_spec() {
    return spec::walrus_struct("wal_exchange", "Exchange");
}
TypeSpec cap_spec() {
    return spec::walrus_struct("wal_exchange", "AdminCap");
}
TypeSpec sui_coin_spec() {
    return spec::coin(spec::sui());
}

/// Which of the two sides of an exchange.
enum class Side : std::uint8_t { Wal, Sui };
constexpr Side other(Side side) {
    return side == Side::Wal ? Side::Sui : Side::Wal;
}
std::uint64_t& funds(Exchange& exchange, Side side) {
    return side == Side::Wal ? exchange.wal : exchange.sui;
}
std::uint64_t part(const ExchangeRatio& rate, Side side) {
    return side == Side::Wal ? rate.wal : rate.sui;
}
void add_coin(NativeCall& call, Side side, std::uint64_t amount) {
    call.add_result(coin_type(side == Side::Wal ? call.ids().wal_type() : sui_type()),
                    Coin{amount});
}

Executed<void> check_admin(const Exchange& exchange, const ExchangeAdminCap& cap) {
    if (exchange.admin == cap.id) return {};
    return move_abort(codes::wal_exchange::kUnauthorizedAdminCap,
                      "the exchange belongs to capability " + to_text(exchange.admin));
}

Executed<void> check_funds(std::uint64_t there, std::uint64_t wanted) {
    if (there >= wanted) return {};
    return move_abort(
        codes::wal_exchange::kInsufficientFundsInExchange,
        "the exchange has " + std::to_string(there) + " of " + std::to_string(wanted));
}

/// What an amount given of the other side is worth, rounded down. Errors: arithmetic.
Executed<std::uint64_t> worth(const ExchangeRatio& rate, std::uint64_t given, Side side) {
    const auto product = checked_mul(given, part(rate, side));
    if (!product) return arithmetic_error("amount times rate");
    return *product / part(rate, other(side));
}

/// Gives `given` of the other side in and takes its worth of `side` out.
Executed<void> exchange_for(NativeCall& call, Exchange& exchange, std::uint64_t given, Side side) {
    const std::uint64_t out = WALRUS_TRY(worth(exchange.rate, given, side));
    WALRUS_TRY(check_funds(funds(exchange, side), out));
    WALRUS_TRY(put_in(funds(exchange, other(side)), given));
    WALRUS_TRY(take_out(funds(exchange, side), out));
    add_coin(call, side, out);
    return {};
}

Executed<void> share_new(NativeCall& call, std::uint64_t wal) {
    const ExchangeAdminCap cap{call.runtime.new_id()};
    const Exchange exchange{call.runtime.new_id(), wal, 0, {1, 1}, cap.id};
    WALRUS_TRY(call.runtime.share({walrus_type(call.ids(), "wal_exchange", "Exchange"), exchange}));
    call.add_walrus_result("wal_exchange", "AdminCap", cap);
    return {};
}

Executed<void> run_new(NativeCall& call) {
    return share_new(call, 0);
}
Executed<void> run_new_funded(NativeCall& call) {
    const auto amount = call.pure<std::uint64_t>(1);
    WALRUS_TRY(take_out(call.mut<Coin>(0).value, amount));
    return share_new(call, amount);
}

template <Side kSide>
Executed<void> run_add(NativeCall& call) {
    const auto amount = call.pure<std::uint64_t>(2);
    WALRUS_TRY(take_out(call.mut<Coin>(1).value, amount));
    return put_in(funds(call.mut<Exchange>(0), kSide), amount);
}
template <Side kSide>
Executed<void> run_add_all(NativeCall& call) {
    return put_in(funds(call.mut<Exchange>(0), kSide), call.take<Coin>(1).value);
}
template <Side kSide>
Executed<void> run_withdraw(NativeCall& call) {
    Exchange& exchange = call.mut<Exchange>(0);
    const auto amount = call.pure<std::uint64_t>(1);
    WALRUS_TRY(check_admin(exchange, call.ref<ExchangeAdminCap>(2)));
    WALRUS_TRY(check_funds(funds(exchange, kSide), amount));
    WALRUS_TRY(take_out(funds(exchange, kSide), amount));
    add_coin(call, kSide, amount);
    return {};
}
template <Side kSide>
Executed<void> run_exchange_all(NativeCall& call) {
    return exchange_for(call, call.mut<Exchange>(0), call.take<Coin>(1).value, kSide);
}
template <Side kSide>
Executed<void> run_exchange(NativeCall& call) {
    Coin& coin = call.mut<Coin>(1);
    const auto amount = call.pure<std::uint64_t>(2);
    if (coin.value < amount)
        return move_abort(
            codes::wal_exchange::kInsufficientInputBalance,
            "the coin has " + std::to_string(coin.value) + " of " + std::to_string(amount));
    coin.value -= amount;
    return exchange_for(call, call.mut<Exchange>(0), amount, kSide);
}

Executed<void> run_set_rate(NativeCall& call) {
    Exchange& exchange = call.mut<Exchange>(0);
    WALRUS_TRY(check_admin(exchange, call.ref<ExchangeAdminCap>(3)));
    const ExchangeRatio rate{call.pure<std::uint64_t>(1), call.pure<std::uint64_t>(2)};
    if (rate.wal == 0 || rate.sui == 0)
        return move_abort(codes::wal_exchange::kInvalidExchangeRate,
                          "neither side of the rate may be 0");
    exchange.rate = rate;
    return {};
}

}  // namespace

const NativeModule& wal_exchange_module() {
    using spec::mut;
    using spec::value;
    static const NativeModule module{
        Home::Walrus,
        "wal_exchange",
        {
            {"add_all_sui",
             0,
             {mut(exchange_spec()), value(sui_coin_spec())},
             TxContext::No,
             {},
             run_add_all<Side::Sui>},
            {"add_all_wal",
             0,
             {mut(exchange_spec()), value(wal_coin_spec())},
             TxContext::No,
             {},
             run_add_all<Side::Wal>},
            {"add_sui",
             0,
             {mut(exchange_spec()), mut(sui_coin_spec()), value(spec::u64())},
             TxContext::No,
             {},
             run_add<Side::Sui>},
            {"add_wal",
             0,
             {mut(exchange_spec()), mut(wal_coin_spec()), value(spec::u64())},
             TxContext::No,
             {},
             run_add<Side::Wal>},
            {"exchange_all_for_sui",
             0,
             {mut(exchange_spec()), value(wal_coin_spec())},
             TxContext::Yes,
             {sui_coin_spec()},
             run_exchange_all<Side::Sui>},
            {"exchange_all_for_wal",
             0,
             {mut(exchange_spec()), value(sui_coin_spec())},
             TxContext::Yes,
             {wal_coin_spec()},
             run_exchange_all<Side::Wal>},
            {"exchange_for_sui",
             0,
             {mut(exchange_spec()), mut(wal_coin_spec()), value(spec::u64())},
             TxContext::Yes,
             {sui_coin_spec()},
             run_exchange<Side::Sui>},
            {"exchange_for_wal",
             0,
             {mut(exchange_spec()), mut(sui_coin_spec()), value(spec::u64())},
             TxContext::Yes,
             {wal_coin_spec()},
             run_exchange<Side::Wal>},
            {"new", 0, {}, TxContext::Yes, {cap_spec()}, run_new},
            {"new_funded",
             0,
             {mut(wal_coin_spec()), value(spec::u64())},
             TxContext::Yes,
             {cap_spec()},
             run_new_funded},
            {"set_exchange_rate",
             0,
             {mut(exchange_spec()), value(spec::u64()), value(spec::u64()), spec::ref(cap_spec())},
             TxContext::No,
             {},
             run_set_rate},
            {"withdraw_sui",
             0,
             {mut(exchange_spec()), value(spec::u64()), spec::ref(cap_spec())},
             TxContext::Yes,
             {sui_coin_spec()},
             run_withdraw<Side::Sui>},
            {"withdraw_wal",
             0,
             {mut(exchange_spec()), value(spec::u64()), spec::ref(cap_spec())},
             TxContext::Yes,
             {wal_coin_spec()},
             run_withdraw<Side::Wal>},
        }};
    return module;
}

}  // namespace walrus::ledger
