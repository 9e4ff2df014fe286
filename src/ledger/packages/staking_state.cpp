// SPDX-License-Identifier: Apache-2.0
#include "ledger/packages/staking_state.hpp"

#include <utility>

#include "base/check.hpp"
#include "ledger/abort_codes.hpp"
#include "ledger/staking/active_set.hpp"
#include "ledger/staking/assignment.hpp"

namespace walrus::ledger {

namespace {

TypeTag extended_key(const LedgerIds& ids) {
    return walrus_type(ids, "extended_field", "Key");
}
/// The key of a pool's blocked commission among its extra fields.
TypeTag blocked_key(const LedgerIds& ids) {
    return walrus_type(ids, "staking_pool", "NewEpochCommissionBlockedForCollection");
}
TypeTag keys_type() {
    return make_type(make_struct(framework_address(), "vec_map", "VecMap",
                                 {id_type(), vector_of(primitive(TypeKind::U8))}));
}

}  // namespace

// ---------------------------------------------------------------------------------------- pools

OpenPool::OpenPool(Runtime& runtime, StakingPool pool_in)
    : pool(std::move(pool_in)), runtime_(&runtime) {
    const auto found =
        runtime.field<Frost>(pool.extra_fields.id, blocked_key(runtime.ids()), ExtendedFieldKey{});
    had_blocked_ = found.has_value();
    blocked = found.value_or(0);
}

std::optional<ExchangeRate> OpenPool::find(Epoch epoch) const {
    return runtime_->field<ExchangeRate>(pool.exchange_rates.id, primitive(TypeKind::U32), epoch);
}

void OpenPool::add(Epoch epoch, const ExchangeRate& rate) {
    const auto done = runtime_->set_field(
        pool.exchange_rates.id, primitive(TypeKind::U32),
        walrus_type(runtime_->ids(), "pool_exchange_rate", "PoolExchangeRate"), epoch, rate);
    WALRUS_CHECK(done.has_value());  // a rate is never too big
}

Executed<void> OpenPool::save(const Table& pools) {
    const TypeTag key = blocked_key(runtime_->ids());
    if (blocked > 0) {
        if (!had_blocked_) ++pool.extra_fields.size;
        WALRUS_TRY(runtime_->set_field(pool.extra_fields.id, key, primitive(TypeKind::U64),
                                       ExtendedFieldKey{}, Frost{blocked}));
    } else if (had_blocked_) {
        --pool.extra_fields.size;
        runtime_->erase_field(pool.extra_fields.id, key, ExtendedFieldKey{});
    }
    had_blocked_ = blocked > 0;
    return runtime_->put_child(
        pool.id, pools.id, *walrus_type(runtime_->ids(), "staking_pool", "StakingPool").structure,
        bcs::encode(pool));
}

Executed<OpenPool> StakingState::pool(const NodeId& node) const {
    auto found = has_pool(node) ? runtime_->child<StakingPool>(ObjectId{node.bytes}) : std::nullopt;
    if (!found)
        return move_abort(codes::dynamic_field::kFieldDoesNotExist,
                          "there is no staking pool " + to_text(node));
    return OpenPool(*runtime_, std::move(*found));
}

bool StakingState::has_pool(const NodeId& node) const {
    const ObjectPtr object = runtime_->state().object_envelope(ObjectId{node.bytes});
    return object && object->owner == Owner{ObjectOwner{inner.pools.id}};
}

PoolEpoch StakingState::epoch_of(const NodeId& node) const {
    PoolEpoch out;
    out.epoch = inner.epoch;
    out.selected = inner.next_committee.has_value();
    out.in_current = is_member(inner.committee, node);
    out.in_next = out.selected && is_member(*inner.next_committee, node);
    return out;
}

// ---------------------------------------------------------------------------------------- state

Executed<StakingState> StakingState::open(Runtime& runtime, const Staking& staking) {
    if (staking.version != kStakingVersion)
        return move_abort(codes::staking::kWrongVersion,
                          "the Staking object has version " + std::to_string(staking.version));
    StakingState out(runtime);
    auto inner =
        runtime.field<StakingInnerV1>(staking.id, primitive(TypeKind::U64), staking.version);
    WALRUS_CHECK(inner.has_value());
    out.inner = std::move(*inner);
    out.staking_ = staking.id;
    out.version_ = staking.version;
    return out;
}

Executed<void> StakingState::save() {
    return runtime_->set_field(staking_, primitive(TypeKind::U64),
                               walrus_type(runtime_->ids(), "staking_inner", "StakingInnerV1"),
                               version_, inner);
}

ActiveSet StakingState::active_set() const {
    auto set = runtime_->field<ActiveSet>(inner.active_set.id, extended_key(runtime_->ids()),
                                          ExtendedFieldKey{});
    WALRUS_CHECK(set.has_value());
    return std::move(*set);
}

Executed<void> StakingState::save_active_set(ActiveSet set) {
    return runtime_->set_field(inner.active_set.id, extended_key(runtime_->ids()),
                               walrus_type(runtime_->ids(), "active_set", "ActiveSet"),
                               ExtendedFieldKey{}, std::move(set));
}

Executed<void> StakingState::refresh_active_set(const OpenPool& pool) {
    const Epoch at = inner.epoch + (next_params_selected() ? 2 : 1);
    const Frost stake = WALRUS_TRY(wal_balance_at(pool.pool, pool, at, shortfall_of(*runtime_)));
    ActiveSet set = active_set();
    WALRUS_TRY(insert_or_update(set, pool.node(), stake));
    return save_active_set(std::move(set));
}

NextEpochPublicKeys StakingState::next_keys() const {
    auto keys = runtime_->field<NextEpochPublicKeys>(
        inner.next_epoch_public_keys.id, extended_key(runtime_->ids()), ExtendedFieldKey{});
    WALRUS_CHECK(keys.has_value());
    return std::move(*keys);
}

Executed<void> StakingState::save_next_keys(NextEpochPublicKeys keys) {
    return runtime_->set_field(inner.next_epoch_public_keys.id, extended_key(runtime_->ids()),
                               keys_type(), ExtendedFieldKey{}, std::move(keys));
}

// ---------------------------------------------------------------------------------------- money

Executed<void> add_commission_to_pools(Runtime& runtime, const StakingState& staking,
                                       const std::vector<std::pair<NodeId, Frost>>& amounts) {
    const bool block = !staking.next_params_selected();
    for (const auto& [node, amount] : amounts) {
        OpenPool pool = WALRUS_TRY(staking.pool(node));
        WALRUS_TRY(add_commission(pool.ref(), amount, block));
        WALRUS_TRY(pool.save(staking.inner.pools));
        runtime.emit_own(own::CommissionAdded{node, amount});
    }
    return {};
}

Shortfall shortfall_of(Runtime& runtime) {
    return runtime.protocol_revision() >= 1 ? Shortfall::LeavesNothing : Shortfall::Fails;
}

void burn_wal(Runtime& runtime, Frost amount) {
    if (amount == 0) return;
    const auto bytes = runtime.state().parameter(kWalSupplyParameter);
    WALRUS_CHECK(bytes.has_value());
    auto supply = bcs::decode<Frost>(*bytes);
    WALRUS_CHECK(supply.has_value() && *supply >= amount);  // nobody holds more than there is
    *supply -= amount;
    runtime.state().set_parameter(std::string(kWalSupplyParameter), bcs::encode(*supply));
    runtime.emit_own(own::WalBurned{amount, *supply});
}

}  // namespace walrus::ledger
