// SPDX-License-Identifier: Apache-2.0
// The functions of ORIG::staking for those who stake (spec/chain.md §5.3), and what anyone may read
// or give.
#include "ledger/abort_codes.hpp"
#include "ledger/packages/staking_state.hpp"

namespace walrus::ledger {

namespace {

Executed<void> run_stake_with_pool(NativeCall& call) {
    StakingState staking = WALRUS_TRY(StakingState::open(call.runtime, call.mut<Staking>(0)));
    const auto node = call.pure<NodeId>(2);
    OpenPool pool = WALRUS_TRY(staking.pool(node));
    StakedWal staked =
        WALRUS_TRY(stake(pool.ref(), staking.epoch_of(node), call.take<Coin>(1).value));
    staked.id = call.runtime.new_id();
    WALRUS_TRY(pool.save(staking.inner.pools));
    WALRUS_TRY(staking.refresh_active_set(pool));
    call.runtime.emit_own(
        own::StakeAdded{node, staked.id, staked.principal, staked.activation_epoch});
    call.add_walrus_result("staked_wal", "StakedWal", std::move(staked));
    return {};
}

Executed<void> run_request_withdraw_stake(NativeCall& call) {
    StakingState staking = WALRUS_TRY(StakingState::open(call.runtime, call.mut<Staking>(0)));
    StakedWal& staked = call.mut<StakedWal>(1);
    OpenPool pool = WALRUS_TRY(staking.pool(staked.node_id));
    WALRUS_TRY(request_withdraw(pool.ref(), staking.epoch_of(staked.node_id), staked));
    WALRUS_TRY(pool.save(staking.inner.pools));
    WALRUS_TRY(staking.refresh_active_set(pool));
    call.runtime.emit_own(own::StakeWithdrawalRequested{
        staked.node_id, staked.id, std::get<Withdrawing>(staked.state).withdraw_epoch});
    return {};
}

Executed<void> run_withdraw_stake(NativeCall& call) {
    StakingState staking = WALRUS_TRY(StakingState::open(call.runtime, call.mut<Staking>(0)));
    const StakedWal staked = call.take<StakedWal>(1);
    OpenPool pool = WALRUS_TRY(staking.pool(staked.node_id));
    const Frost paid = WALRUS_TRY(withdraw(pool.ref(), staking.epoch_of(staked.node_id), staked));
    call.runtime.delete_id(staked.id);
    WALRUS_TRY(pool.save(staking.inner.pools));
    WALRUS_TRY(staking.refresh_active_set(pool));
    call.runtime.emit_own(own::StakeWithdrawn{staked.node_id, staked.id, paid});
    call.add_result(coin_type(call.ids().wal_type()), Coin{paid});
    return {};
}

Executed<void> run_can_withdraw_early(NativeCall& call) {
    const StakingState staking = WALRUS_TRY(StakingState::open(call.runtime, call.ref<Staking>(0)));
    const StakedWal& staked = call.ref<StakedWal>(1);
    const bool early = can_withdraw_early(staked, staking.epoch_of(staked.node_id));
    call.add_result(primitive(TypeKind::Bool), PureValue{bcs::encode(early)});
    return {};
}

Executed<void> run_calculate_rewards(NativeCall& call) {
    const StakingState staking = WALRUS_TRY(StakingState::open(call.runtime, call.ref<Staking>(0)));
    const auto node = call.pure<NodeId>(1);
    if (!staking.has_pool(node))
        return move_abort(codes::staking_inner::kPoolNotFound,
                          "there is no staking pool " + to_text(node));
    OpenPool pool = WALRUS_TRY(staking.pool(node));
    const Frost reward = WALRUS_TRY(stake_gain(pool.ref(), call.pure<std::uint64_t>(2),
                                               call.pure<Epoch>(3), call.pure<Epoch>(4)));
    call.add_result(primitive(TypeKind::U64), PureValue{bcs::encode(reward)});
    return {};
}

Executed<void> run_epoch(NativeCall& call) {
    const StakingState staking = WALRUS_TRY(StakingState::open(call.runtime, call.ref<Staking>(0)));
    call.add_result(primitive(TypeKind::U32), PureValue{bcs::encode(staking.inner.epoch)});
    return {};
}

Executed<void> run_add_commission_to_pools(NativeCall& call) {
    const StakingState staking = WALRUS_TRY(StakingState::open(call.runtime, call.mut<Staking>(0)));
    const auto nodes = call.pure<std::vector<NodeId>>(1);
    const ObjectVector balances = call.take<ObjectVector>(2);
    if (nodes.size() != balances.items.size())
        return arithmetic_error(std::to_string(nodes.size()) + " nodes and " +
                                std::to_string(balances.items.size()) + " balances");
    std::vector<std::pair<NodeId, Frost>> amounts;
    for (std::size_t i = 0; i < nodes.size(); ++i)
        amounts.emplace_back(nodes[i], std::get<Balance>(balances.items[i].native).value);
    return add_commission_to_pools(call.runtime, staking, amounts);
}

/// The object is made in the latest version, so there is never anything to migrate.
Executed<void> run_set_migration_epoch(NativeCall& call) {
    return move_abort(
        codes::staking::kInvalidMigration,
        "the object has version " + std::to_string(call.mut<Staking>(0).version) + " already");
}

}  // namespace

const NativeModule& staking_module() {
    using spec::mut;
    using spec::ref;
    using spec::value;
    static const NativeModule module{
        Home::Walrus,
        "staking",
        {
            {"add_commission_to_pools",
             0,
             {mut(staking_spec()), value(spec::vector(spec::id())),
              value(spec::vector(spec::balance(spec::wal())))},
             TxContext::No,
             {},
             run_add_commission_to_pools},
            {"calculate_rewards",
             0,
             {ref(staking_spec()), value(spec::id()), value(spec::u64()), value(spec::u32()),
              value(spec::u32())},
             TxContext::No,
             {spec::u64()},
             run_calculate_rewards},
            {"can_withdraw_staked_wal_early",
             0,
             {ref(staking_spec()), ref(staked_wal_spec())},
             TxContext::No,
             {spec::boolean()},
             run_can_withdraw_early},
            {"epoch", 0, {ref(staking_spec())}, TxContext::No, {spec::u32()}, run_epoch},
            {"request_withdraw_stake",
             0,
             {mut(staking_spec()), mut(staked_wal_spec())},
             TxContext::Yes,
             {},
             run_request_withdraw_stake},
            {"set_migration_epoch",
             0,
             {mut(staking_spec())},
             TxContext::No,
             {},
             run_set_migration_epoch},
            // Clients find the type of WAL in the second parameter (spec/rpc-compat.md §2.1).
            {"stake_with_pool",
             0,
             {mut(staking_spec()), value(spec::coin(spec::wal())), value(spec::id())},
             TxContext::Yes,
             {staked_wal_spec()},
             run_stake_with_pool},
            {"withdraw_stake",
             0,
             {mut(staking_spec()), value(staked_wal_spec())},
             TxContext::Yes,
             {spec::coin(spec::wal())},
             run_withdraw_stake},
        }};
    return module;
}

}  // namespace walrus::ledger
