// SPDX-License-Identifier: Apache-2.0
// ORIG::staked_wal: splitting, joining and reading stakes (spec/chain.md §5.3).
#include "ledger/abort_codes.hpp"
#include "ledger/packages/staking_state.hpp"

namespace walrus::ledger {

namespace {

void tell_change(NativeCall& call, const StakedWal& staked) {
    call.runtime.emit_own(own::StakeChanged{staked.node_id, staked.id, staked.principal});
}

Executed<void> run_split(NativeCall& call) {
    StakedWal& staked = call.mut<StakedWal>(0);
    StakedWal part = WALRUS_TRY(split_stake(staked, call.pure<std::uint64_t>(1)));
    part.id = call.runtime.new_id();
    tell_change(call, staked);
    tell_change(call, part);
    call.add_walrus_result("staked_wal", "StakedWal", std::move(part));
    return {};
}

Executed<void> run_join(NativeCall& call) {
    const StakedWal other = call.take<StakedWal>(1);
    WALRUS_TRY(join_stake(call.mut<StakedWal>(0), other));
    call.runtime.delete_id(other.id);
    tell_change(call, call.mut<StakedWal>(0));
    call.runtime.emit_own(own::StakeChanged{other.node_id, other.id, 0});
    return {};
}

template <class T>
Executed<void> give(NativeCall& call, TypeTag type, const T& value) {
    call.add_result(std::move(type), PureValue{bcs::encode(value)});
    return {};
}

Executed<void> run_node_id(NativeCall& call) {
    return give(call, id_type(), call.ref<StakedWal>(0).node_id);
}
Executed<void> run_value(NativeCall& call) {
    return give(call, primitive(TypeKind::U64), call.ref<StakedWal>(0).principal);
}
Executed<void> run_activation_epoch(NativeCall& call) {
    return give(call, primitive(TypeKind::U32), call.ref<StakedWal>(0).activation_epoch);
}
Executed<void> run_is_staked(NativeCall& call) {
    return give(call, primitive(TypeKind::Bool),
                std::holds_alternative<Staked>(call.ref<StakedWal>(0).state));
}
Executed<void> run_is_withdrawing(NativeCall& call) {
    return give(call, primitive(TypeKind::Bool),
                std::holds_alternative<Withdrawing>(call.ref<StakedWal>(0).state));
}
Executed<void> run_withdraw_epoch(NativeCall& call) {
    const auto* leaving = std::get_if<Withdrawing>(&call.ref<StakedWal>(0).state);
    if (leaving == nullptr)
        return move_abort(codes::staked_wal::kNotWithdrawing, "no withdrawal was requested");
    return give(call, primitive(TypeKind::U32), leaving->withdraw_epoch);
}

NativeFunction getter(std::string_view name, TypeSpec type, NativeBody body) {
    return {name, 0, {spec::ref(staked_wal_spec())}, TxContext::No, {std::move(type)}, body};
}

}  // namespace

const NativeModule& staked_wal_module() {
    static const NativeModule module{
        Home::Walrus,
        "staked_wal",
        {
            getter("activation_epoch", spec::u32(), run_activation_epoch),
            getter("is_staked", spec::boolean(), run_is_staked),
            getter("is_withdrawing", spec::boolean(), run_is_withdrawing),
            {"join",
             0,
             {spec::mut(staked_wal_spec()), spec::value(staked_wal_spec())},
             TxContext::No,
             {},
             run_join},
            getter("node_id", spec::id(), run_node_id),
            {"split",
             0,
             {spec::mut(staked_wal_spec()), spec::value(spec::u64())},
             TxContext::Yes,
             {staked_wal_spec()},
             run_split},
            getter("value", spec::u64(), run_value),
            getter("withdraw_epoch", spec::u32(), run_withdraw_epoch),
        }};
    return module;
}

}  // namespace walrus::ledger
