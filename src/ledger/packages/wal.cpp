// SPDX-License-Identifier: Apache-2.0
// The module wal of the WAL package: the supply, which only ever shrinks (spec/chain.md §7.6).
#include "base/check.hpp"
#include "ledger/packages/staking_state.hpp"

namespace walrus::ledger {

namespace {

Executed<void> run_burn(NativeCall& call) {
    burn_wal(call.runtime, call.take<Coin>(1).value);
    return {};
}

Executed<void> run_total_supply(NativeCall& call) {
    const auto supply = call.runtime.state().parameter(kWalSupplyParameter);
    WALRUS_CHECK(supply.has_value());
    call.add_result(primitive(TypeKind::U64), PureValue{*supply});
    return {};
}

}  // namespace

const NativeModule& wal_module() {
    static const NativeModule module{
        Home::Wal,
        "wal",
        {
            {"burn",
             0,
             {spec::mut(treasury_spec()), spec::value(spec::coin(spec::wal()))},
             TxContext::No,
             {},
             run_burn},
            {"total_supply",
             0,
             {spec::ref(treasury_spec())},
             TxContext::No,
             {spec::u64()},
             run_total_supply},
        }};
    return module;
}

}  // namespace walrus::ledger
