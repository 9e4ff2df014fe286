// SPDX-License-Identifier: Apache-2.0
// ORIG::walrus_subsidies: WAL that nodes get beside what users pay (spec/chain.md §7.4).
#include "base/check.hpp"
#include "ledger/abort_codes.hpp"
#include "ledger/packages/money.hpp"
#include "ledger/packages/staking_state.hpp"
#include "ledger/packages/subsidy_rules.hpp"
#include "ledger/packages/system_calls.hpp"

namespace walrus::ledger {

namespace {

TypeSpec subsidies_spec() {
    return spec::walrus_struct("walrus_subsidies", "WalrusSubsidies");
}
TypeSpec cap_spec() {
    return spec::walrus_struct("walrus_subsidies", "AdminCap");
}
Executed<void> check_admin(const WalrusSubsidies& subsidies, const SubsidiesAdminCap& cap) {
    if (subsidies.id == cap.subsidies_id) return {};
    return move_abort(codes::walrus_subsidies::kUnauthorizedAdminCap,
                      "the capability is for " + to_text(cap.subsidies_id));
}

/// The subsidies' inner state; `save` writes it back. Errors: EWrongVersion.
class Inner {
public:
    static Executed<Inner> load(NativeCall& call, const WalrusSubsidies& subsidies) {
        if (subsidies.version != kWalrusSubsidiesVersion)
            return move_abort(codes::walrus_subsidies::kWrongVersion,
                              "the object has version " + std::to_string(subsidies.version));
        Inner out;
        out.parent_ = subsidies.id;
        auto found = call.runtime.field<WalrusSubsidiesInnerV1>(subsidies.id, key_type(call.ids()),
                                                                ExtendedFieldKey{});
        WALRUS_CHECK(found.has_value());
        out.value = std::move(*found);
        return out;
    }
    static Executed<void> store(NativeCall& call, const ObjectId& parent,
                                WalrusSubsidiesInnerV1 inner) {
        return call.runtime.set_field(
            parent, key_type(call.ids()),
            walrus_type(call.ids(), "walrus_subsidies_inner", "WalrusSubsidiesInnerV1"),
            ExtendedFieldKey{}, std::move(inner));
    }
    Executed<void> save(NativeCall& call) { return store(call, parent_, std::move(value)); }

    WalrusSubsidiesInnerV1 value;

private:
    static TypeTag key_type(const LedgerIds& ids) {
        return walrus_type(ids, "walrus_subsidies", "SubsidiesInnerKey");
    }
    ObjectId parent_;
};

Executed<void> run_new(NativeCall& call) {
    const SystemStateInnerV1* state = WALRUS_TRY(call.runtime.system_state(call.ref<System>(0)));
    const StakingState staking = WALRUS_TRY(StakingState::open(call.runtime, call.ref<Staking>(1)));
    const WalrusSubsidies subsidies{call.runtime.new_id(), kWalrusSubsidiesVersion,
                                    call.ids().package};
    WalrusSubsidiesInnerV1 inner =
        make_subsidies(state->future_accounting, staking.inner.epoch, call.pure<std::uint32_t>(2),
                       call.pure<std::uint64_t>(3), call.pure<std::uint64_t>(4));
    inner.extra_fields.id = call.runtime.new_id();
    WALRUS_TRY(Inner::store(call, subsidies.id, std::move(inner)));
    const SubsidiesAdminCap cap{call.runtime.new_id(), subsidies.id};
    WALRUS_TRY(call.runtime.share(
        {walrus_type(call.ids(), "walrus_subsidies", "WalrusSubsidies"), subsidies}));
    call.add_walrus_result("walrus_subsidies", "AdminCap", cap);
    return {};
}

Executed<void> add_funds(NativeCall& call, Frost amount) {
    Inner inner = WALRUS_TRY(Inner::load(call, call.mut<WalrusSubsidies>(0)));
    WALRUS_TRY(put_in(inner.value.subsidy_pool, amount));
    return inner.save(call);
}
Executed<void> run_add_coin(NativeCall& call) {
    return add_funds(call, call.take<Coin>(1).value);
}
Executed<void> run_add_balance(NativeCall& call) {
    return add_funds(call, call.take<Balance>(1).value);
}

template <class Number, Executed<void> (*kSet)(WalrusSubsidiesInnerV1&, Number)>
Executed<void> run_set(NativeCall& call) {
    const WalrusSubsidies& subsidies = call.mut<WalrusSubsidies>(0);
    WALRUS_TRY(check_admin(subsidies, call.ref<SubsidiesAdminCap>(1)));
    Inner inner = WALRUS_TRY(Inner::load(call, subsidies));
    WALRUS_TRY(kSet(inner.value, call.pure<Number>(2)));
    return inner.save(call);
}

Executed<void> run_process(NativeCall& call) {
    Inner inner = WALRUS_TRY(Inner::load(call, call.mut<WalrusSubsidies>(0)));
    const StakingState staking = WALRUS_TRY(StakingState::open(call.runtime, call.mut<Staking>(1)));
    SystemStateInnerV1* state = WALRUS_TRY(call.runtime.mutable_system_state(call.mut<System>(2)));
    const auto fixed = WALRUS_TRY(
        take_fixed_subsidies(inner.value, staking.inner.epoch, staking.inner.previous_committee));
    WALRUS_TRY(add_commission_to_pools(call.runtime, staking, fixed));
    const auto usage = WALRUS_TRY(take_usage_subsidies(inner.value, state->future_accounting));
    WALRUS_TRY(add_per_epoch_subsidies(*state, usage));
    call.runtime.emit_own(own::SubsidyAdded{usage});
    inner.value.last_subsidized_ts = call.runtime.context().time_ms;
    return inner.save(call);
}

/// Objects are made in the latest version, so there is never anything to migrate.
Executed<void> run_migrate(NativeCall& call) {
    if (call.mut<WalrusSubsidies>(0).version >= kWalrusSubsidiesVersion)
        return move_abort(codes::walrus_subsidies::kInvalidMigration,
                          "the object has the latest version already");
    call.mut<WalrusSubsidies>(0).version = kWalrusSubsidiesVersion;
    call.mut<WalrusSubsidies>(0).package_id = call.ids().package;
    return {};
}

}  // namespace

const NativeModule& walrus_subsidies_module() {
    using spec::mut;
    using spec::value;
    static const NativeModule module{
        Home::Walrus,
        "walrus_subsidies",
        {
            {"add_balance",
             0,
             {mut(subsidies_spec()), value(spec::balance(spec::wal()))},
             TxContext::No,
             {},
             run_add_balance},
            {"add_coin",
             0,
             {mut(subsidies_spec()), value(wal_coin_spec())},
             TxContext::No,
             {},
             run_add_coin},
            {"migrate", 0, {mut(subsidies_spec())}, TxContext::No, {}, run_migrate},
            {"new",
             0,
             {spec::ref(system_spec()), spec::ref(staking_spec()), value(spec::u32()),
              value(spec::u64()), value(spec::u64())},
             TxContext::Yes,
             {cap_spec()},
             run_new},
            {"process_subsidies",
             0,
             {mut(subsidies_spec()), mut(staking_spec()), mut(system_spec()),
              spec::ref(clock_spec())},
             TxContext::No,
             {},
             run_process},
            {"set_base_subsidy",
             0,
             {mut(subsidies_spec()), spec::ref(cap_spec()), value(spec::u64())},
             TxContext::No,
             {},
             run_set<std::uint64_t, set_base_subsidy>},
            {"set_per_shard_subsidy",
             0,
             {mut(subsidies_spec()), spec::ref(cap_spec()), value(spec::u64())},
             TxContext::No,
             {},
             run_set<std::uint64_t, set_per_shard_subsidy>},
            {"set_system_subsidy_rate",
             0,
             {mut(subsidies_spec()), spec::ref(cap_spec()), value(spec::u32())},
             TxContext::No,
             {},
             run_set<std::uint32_t, set_subsidy_rate>},
        }};
    return module;
}

}  // namespace walrus::ledger
