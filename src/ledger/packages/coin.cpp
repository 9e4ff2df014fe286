// SPDX-License-Identifier: Apache-2.0
// 0x2::coin and 0x2::balance: money inside a transaction (spec/rpc-compat.md §3.4, decisions.md
// §3). Coins have no identity here; what a transaction keeps goes to somebody's address balance.
#include "ledger/abort_codes.hpp"
#include "ledger/native.hpp"
#include "ledger/packages/money.hpp"

namespace walrus::ledger {

namespace {

TypeSpec currency() {
    return spec::type_parameter(0);
}

Executed<void> run_zero(NativeCall& call) {
    call.add_result(coin_type(call.type_arguments[0]), Coin{});
    return {};
}

Executed<void> check_zero(std::uint64_t value) {
    if (value == 0) return {};
    return move_abort(codes::balance::kNonZero, std::to_string(value) + " are left");
}

Executed<void> run_destroy_zero(NativeCall& call) {
    return check_zero(call.take<Coin>(0).value);
}

/// The whole limit of a withdrawal leaves the account.
Executed<std::uint64_t> redeem(NativeCall& call) {
    const Withdrawal withdrawal = call.take<Withdrawal>(0);
    WALRUS_TRY(call.runtime.debit(withdrawal.owner, call.type_arguments[0], withdrawal.limit));
    return withdrawal.limit;
}

Executed<void> run_redeem_funds(NativeCall& call) {
    const std::uint64_t amount = WALRUS_TRY(redeem(call));
    call.add_result(coin_type(call.type_arguments[0]), Coin{amount});
    return {};
}

Executed<void> run_send_funds(NativeCall& call) {
    return call.runtime.credit(call.pure<Address>(1), call.type_arguments[0],
                               call.take<Coin>(0).value);
}

Executed<void> run_into_balance(NativeCall& call) {
    call.add_result(balance_type(call.type_arguments[0]), Balance{call.take<Coin>(0).value});
    return {};
}

Executed<void> run_from_balance(NativeCall& call) {
    call.add_result(coin_type(call.type_arguments[0]), Coin{call.take<Balance>(0).value});
    return {};
}

Executed<void> run_value(NativeCall& call) {
    call.add_result(primitive(TypeKind::U64), PureValue{bcs::encode(call.ref<Coin>(0).value)});
    return {};
}

Executed<void> run_split(NativeCall& call) {
    Coin& coin = call.mut<Coin>(0);
    const auto amount = call.pure<std::uint64_t>(1);
    WALRUS_TRY(take_out(coin.value, amount));
    call.add_result(coin_type(call.type_arguments[0]), Coin{amount});
    return {};
}

Executed<void> run_join(NativeCall& call) {
    return put_in(call.mut<Coin>(0).value, call.take<Coin>(1).value);
}

Executed<void> run_balance_zero(NativeCall& call) {
    call.add_result(balance_type(call.type_arguments[0]), Balance{});
    return {};
}

Executed<void> run_balance_destroy_zero(NativeCall& call) {
    return check_zero(call.take<Balance>(0).value);
}

Executed<void> run_balance_redeem_funds(NativeCall& call) {
    const std::uint64_t amount = WALRUS_TRY(redeem(call));
    call.add_result(balance_type(call.type_arguments[0]), Balance{amount});
    return {};
}

Executed<void> run_balance_send_funds(NativeCall& call) {
    return call.runtime.credit(call.pure<Address>(1), call.type_arguments[0],
                               call.take<Balance>(0).value);
}

}  // namespace

const NativeModule& coin_module() {
    static const NativeModule module{
        Home::Framework,
        "coin",
        {
            {"destroy_zero",
             1,
             {spec::value(spec::coin(currency()))},
             TxContext::No,
             {},
             run_destroy_zero},
            {"from_balance",
             1,
             {spec::value(spec::balance(currency()))},
             TxContext::Yes,
             {spec::coin(currency())},
             run_from_balance},
            {"into_balance",
             1,
             {spec::value(spec::coin(currency()))},
             TxContext::No,
             {spec::balance(currency())},
             run_into_balance},
            {"join",
             1,
             {spec::mut(spec::coin(currency())), spec::value(spec::coin(currency()))},
             TxContext::No,
             {},
             run_join},
            {"redeem_funds",
             1,
             {spec::value(spec::withdrawal(currency()))},
             TxContext::Yes,
             {spec::coin(currency())},
             run_redeem_funds},
            {"send_funds",
             1,
             {spec::value(spec::coin(currency())), spec::value(spec::address())},
             TxContext::No,
             {},
             run_send_funds},
            {"split",
             1,
             {spec::mut(spec::coin(currency())), spec::value(spec::u64())},
             TxContext::Yes,
             {spec::coin(currency())},
             run_split},
            {"value",
             1,
             {spec::ref(spec::coin(currency()))},
             TxContext::No,
             {spec::u64()},
             run_value},
            {"zero", 1, {}, TxContext::Yes, {spec::coin(currency())}, run_zero},
        }};
    return module;
}

const NativeModule& balance_module() {
    static const NativeModule module{
        Home::Framework,
        "balance",
        {
            {"destroy_zero",
             1,
             {spec::value(spec::balance(currency()))},
             TxContext::No,
             {},
             run_balance_destroy_zero},
            {"redeem_funds",
             1,
             {spec::value(spec::withdrawal(currency()))},
             TxContext::No,
             {spec::balance(currency())},
             run_balance_redeem_funds},
            {"send_funds",
             1,
             {spec::value(spec::balance(currency())), spec::value(spec::address())},
             TxContext::No,
             {},
             run_balance_send_funds},
            {"zero", 1, {}, TxContext::No, {spec::balance(currency())}, run_balance_zero},
        }};
    return module;
}

}  // namespace walrus::ledger
