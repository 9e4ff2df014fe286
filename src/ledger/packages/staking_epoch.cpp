// SPDX-License-Identifier: Apache-2.0
// The functions of ORIG::staking that move the epoch (spec/chain.md §6.1): the end of the vote, the
// change of the epoch, the nodes' word that they hold their shards; and prices.
#include <map>

#include "base/check.hpp"
#include "base/checked.hpp"
#include "ledger/abort_codes.hpp"
#include "ledger/packages/money.hpp"
#include "ledger/packages/staking_state.hpp"
#include "ledger/packages/system_calls.hpp"
#include "ledger/staking/active_set.hpp"
#include "ledger/staking/apportionment.hpp"
#include "ledger/staking/assignment.hpp"
#include "ledger/staking/rewards.hpp"
#include "protocol/parameters.hpp"

namespace walrus::ledger {

namespace {

inline constexpr std::uint64_t kNoPrice = ~std::uint64_t{0};

/// Errors: EWrongEpochState (it is too early), arithmetic.
Executed<void> check_time(const StakingInnerV1& staking, std::uint64_t since_ms,
                          std::uint64_t delay_ms, std::uint64_t now_ms) {
    const auto later = checked_add(since_ms, delay_ms);
    if (!later) return arithmetic_error("the time of the epoch");
    const std::uint64_t due = staking.epoch == 0 ? staking.first_epoch_start_ms : *later;
    if (now_ms >= due) return {};
    return move_abort(
        codes::staking_inner::kWrongEpochState,
        "it is " + std::to_string(now_ms) + " ms, possible from " + std::to_string(due) + " ms");
}

// ------------------------------------------------------------------------------ end of the vote

/// The committee that the active set's stakes make now. Errors: those of `apportion` and
/// `next_committee`.
Executed<CommitteeShards> select_committee(const StakingState& staking) {
    const ActiveSet set = staking.active_set();
    std::vector<Frost> stakes;
    for (const ActiveSetEntry& entry : set.nodes) stakes.push_back(entry.staked_amount);
    const auto shards = WALRUS_TRY(apportion(stakes, staking.inner.n_shards));
    ShardCounts counts;
    for (std::size_t i = 0; i < shards.size(); ++i)
        if (shards[i] > 0) counts.emplace_back(set.nodes[i].node_id, shards[i]);
    if (staking.inner.committee.empty()) return first_committee(std::move(counts));
    return next_committee(staking.inner.committee, counts);
}

/// What a node of this weight says the whole network can hold.
std::uint64_t capacity_vote(std::uint64_t node_capacity, std::uint16_t n_shards,
                            std::size_t weight) {
    const Uint128 vote = Uint128{node_capacity} * n_shards / weight;
    return vote > ~std::uint64_t{0} ? ~std::uint64_t{0} : static_cast<std::uint64_t>(vote);
}

Executed<void> run_voting_end(NativeCall& call) {
    StakingState staking = WALRUS_TRY(StakingState::open(call.runtime, call.mut<Staking>(0)));
    StakingInnerV1& inner = staking.inner;
    const auto* done = std::get_if<EpochChangeDone>(&inner.epoch_state);
    if (done == nullptr)
        return move_abort(codes::staking_inner::kWrongEpochState,
                          "the epoch change is not done, or the vote has ended already");
    const std::uint64_t since_ms = done->time_ms;
    WALRUS_TRY(
        check_time(inner, since_ms, inner.epoch_duration_ms / 2, call.runtime.context().time_ms));
    for (const auto& [node, shards] : inner.previous_committee) {
        OpenPool pool = WALRUS_TRY(staking.pool(node));
        if (pool.blocked == 0) continue;
        pool.blocked = 0;
        WALRUS_TRY(pool.save(inner.pools));
    }
    if (inner.next_committee)
        return move_abort(codes::staking_inner::kCommitteeSelected,
                          "the next committee is selected already");
    CommitteeShards committee = WALRUS_TRY(select_committee(staking));
    NextEpochPublicKeys keys;
    std::vector<WeightedVote> votes;
    for (const auto& [node, shards] : committee) {
        const OpenPool pool = WALRUS_TRY(staking.pool(node));
        if (shards.empty())
            return move_abort(codes::staking_inner::kZeroNodeWeight,
                              "node " + to_text(node) + " has no shard");
        const StorageNodeInfo& info = pool.pool.node_info;
        keys.emplace_back(node, info.next_epoch_public_key.value_or(info.public_key));
        votes.push_back(
            {capacity_vote(pool.pool.voting_params.node_capacity, inner.n_shards, shards.size()),
             static_cast<std::uint16_t>(shards.size())});
    }
    const auto capacity = quorum_above(std::move(votes), inner.n_shards);
    WALRUS_CHECK(capacity.has_value());  // the weights sum to the number of shards
    WALRUS_TRY(staking.save_next_keys(std::move(keys)));
    inner.next_committee = std::move(committee);
    inner.next_epoch_params = EpochParams{*capacity, kNoPrice, kNoPrice};
    inner.epoch_state = NextParamsSelected{since_ms};
    WALRUS_TRY(staking.save());
    call.runtime.emit(EpochParametersSelected{inner.epoch + 1});
    return {};
}

// --------------------------------------------------------------------------- change of the epoch

/// Sets both prices from the current committee's votes.
Executed<void> apply_prices(Runtime& runtime, const StakingState& staking,
                            SystemStateInnerV1& system) {
    std::vector<WeightedVote> storage;
    std::vector<WeightedVote> write;
    for (const auto& [node, shards] : staking.inner.committee) {
        const OpenPool pool = WALRUS_TRY(staking.pool(node));
        const auto weight = static_cast<std::uint16_t>(shards.size());
        storage.push_back({pool.pool.voting_params.storage_price, weight});
        write.push_back({pool.pool.voting_params.write_price, weight});
    }
    const std::uint16_t n_shards = staking.inner.n_shards;
    system.storage_price_per_unit_size =
        quorum_below(std::move(storage), n_shards).value_or(kNoPrice);
    system.write_price_per_unit_size = quorum_below(std::move(write), n_shards).value_or(kNoPrice);
    runtime.emit(PricesUpdated{staking.inner.epoch, system.storage_price_per_unit_size,
                               system.write_price_per_unit_size});
    return {};
}

Executed<void> run_update_prices(NativeCall& call) {
    const StakingState staking = WALRUS_TRY(StakingState::open(call.runtime, call.mut<Staking>(0)));
    SystemStateInnerV1* system = WALRUS_TRY(call.runtime.mutable_system_state(call.mut<System>(1)));
    return apply_prices(call.runtime, staking, *system);
}

/// The committee of the next epoch with the keys that were set down when it was selected. Errors:
/// ENextCommitteeIsEmpty, EIncorrectNodeOrder, bls_aggregate::EIncorrectCommittee.
Executed<BlsCommittee> next_bls_committee(const StakingInnerV1& staking,
                                          const NextEpochPublicKeys& keys) {
    if (!staking.next_committee)
        return move_abort(codes::staking_inner::kNextCommitteeIsEmpty,
                          "the next committee is not selected");
    BlsCommittee out;
    out.epoch = staking.epoch + 1;
    bls::PublicKeySum sum;
    for (std::size_t i = 0; i < staking.next_committee->size(); ++i) {
        const auto& [node, shards] = (*staking.next_committee)[i];
        if (i >= keys.size() || keys[i].first != node)
            return move_abort(codes::staking_inner::kIncorrectNodeOrder,
                              "the keys are not those of the committee");
        if (shards.empty())
            return move_abort(codes::bls_aggregate::kIncorrectCommittee,
                              "node " + to_text(node) + " has no shard");
        const auto key =
            bls::PublicKey::parse_uncompressed(keys[i].second, bls::KeyCheck::Encoding);
        WALRUS_CHECK(key.has_value());  // checked when the node gave it
        sum.add(*key);
        const auto weight = static_cast<std::uint16_t>(shards.size());
        out.members.push_back({keys[i].second, weight, node});
        out.n_shards = static_cast<std::uint16_t>(out.n_shards + weight);
    }
    out.total_aggregated_key = to_bytes(sum.finish().to_bytes());
    return out;
}

/// Each node's reward of the epoch that ended, in the order of its committee; what cannot be
/// shared out goes to the epoch that begins.
Executed<std::vector<std::pair<NodeId, Frost>>> share_rewards(Runtime& runtime,
                                                              SystemStateInnerV1& system,
                                                              const BlsCommittee& outgoing,
                                                              const FutureAccounting& ended) {
    const auto sizes = runtime.field<DenyListSizes>(
        system.deny_list_sizes.id, walrus_type(runtime.ids(), "extended_field", "Key"),
        ExtendedFieldKey{});
    WALRUS_CHECK(sizes.has_value());
    const std::map<NodeId, std::uint64_t> denied(sizes->begin(), sizes->end());
    std::vector<RewardShare> shares;
    for (const BlsCommitteeMember& member : outgoing.members) {
        const auto found = denied.find(member.node_id);
        shares.push_back({member.weight, found == denied.end() ? 0 : found->second});
    }
    const Rewards rewards =
        distribute_rewards(shares, ended.used_capacity, ended.rewards_to_distribute);
    FutureAccounting* first = WALRUS_TRY(ring_slot(system.future_accounting, 0));
    WALRUS_TRY(put_in(first->rewards_to_distribute, rewards.left));
    std::vector<std::pair<NodeId, Frost>> out;
    for (std::size_t i = 0; i < outgoing.members.size(); ++i)
        out.emplace_back(outgoing.members[i].node_id, rewards.nodes[i]);
    return out;
}

/// Brings pools to the new epoch and the active set up to date with them.
class PoolAdvance {
public:
    PoolAdvance(Runtime& runtime, const StakingState& staking, const NextEpochPublicKeys& keys)
        : runtime_(runtime), staking_(staking), keys_(keys), active_(staking.active_set()) {}

    Executed<void> advance(const NodeId& node, Frost reward) {
        OpenPool pool = WALRUS_TRY(staking_.pool(node));
        const Epoch epoch = staking_.inner.epoch;
        const std::optional<Bytes> wanted = pool.pool.node_info.next_epoch_public_key;
        const Shortfall shortfall = shortfall_of(runtime_);
        WALRUS_TRY(advance_pool(pool.ref(), epoch, reward, shortfall));
        if (runtime_.protocol_revision() >= 1) keep_frozen_key(pool.pool.node_info, wanted);
        const Frost stake = WALRUS_TRY(wal_balance_at(pool.pool, pool, epoch + 1, shortfall));
        WALRUS_TRY(insert_or_update(active_, node, stake));
        return pool.save(staking_.inner.pools);
    }
    ActiveSet take_active_set() { return std::move(active_); }

private:
    /// From revision 1 on, a member's key is the one that its committee was selected with; a key
    /// that the node asked for since then waits for the next selection.
    void keep_frozen_key(StorageNodeInfo& info, const std::optional<Bytes>& wanted) const {
        const auto found =
            std::lower_bound(keys_.begin(), keys_.end(), info.node_id,
                             [](const auto& entry, const NodeId& id) { return entry.first < id; });
        if (found == keys_.end() || found->first != info.node_id) return;
        info.public_key = found->second;
        if (wanted && *wanted != found->second) info.next_epoch_public_key = wanted;
    }

    Runtime& runtime_;
    const StakingState& staking_;
    const NextEpochPublicKeys& keys_;
    ActiveSet active_;
};

/// When the nodes began to move their shards: a field of our own at the Staking object.
struct SyncStart {
    static TypeTag key_type(const LedgerIds& ids) {
        return make_type(make_struct(Address{own_package(ids).bytes}, "staking", "SyncStartKey"));
    }
    static Executed<void> set(Runtime& runtime, const ObjectId& staking) {
        return runtime.set_field(staking, key_type(runtime.ids()), primitive(TypeKind::U64),
                                 ExtendedFieldKey{}, std::uint64_t{runtime.context().time_ms});
    }
    static std::optional<std::uint64_t> get(Runtime& runtime, const ObjectId& staking) {
        return runtime.field<std::uint64_t>(staking, key_type(runtime.ids()), ExtendedFieldKey{});
    }
};

Executed<void> run_initiate_epoch_change(NativeCall&) {
    return move_abort(codes::staking::kDeprecatedFunction,
                      "call initiate_epoch_change_v2, which takes the treasury");
}

Executed<void> run_initiate_epoch_change_v2(NativeCall& call) {
    Runtime& runtime = call.runtime;
    SystemStateInnerV1* system = WALRUS_TRY(runtime.mutable_system_state(call.mut<System>(1)));
    FutureAccounting* slot = WALRUS_TRY(ring_slot(system->future_accounting, 0));
    const Frost burned = burn_share(slot->rewards_to_distribute);
    slot->rewards_to_distribute -= burned;
    burn_wal(runtime, burned);

    StakingState staking = WALRUS_TRY(StakingState::open(runtime, call.mut<Staking>(0)));
    StakingInnerV1& inner = staking.inner;
    const NextEpochPublicKeys keys = staking.next_keys();
    BlsCommittee committee = WALRUS_TRY(next_bls_committee(inner, keys));
    WALRUS_CHECK(inner.next_epoch_params.has_value());  // set with the next committee
    const Frozen<BlsCommittee> outgoing = system->committee;
    const FutureAccounting ended = WALRUS_TRY(
        advance_epoch(*system, std::move(committee), inner.next_epoch_params->total_capacity_size));
    const auto rewards = WALRUS_TRY(share_rewards(runtime, *system, *outgoing, ended));

    const auto* selected = std::get_if<NextParamsSelected>(&inner.epoch_state);
    if (selected == nullptr)
        return move_abort(codes::staking_inner::kWrongEpochState, "the vote has not ended");
    WALRUS_TRY(
        check_time(inner, selected->time_ms, inner.epoch_duration_ms, runtime.context().time_ms));
    ++inner.epoch;
    inner.previous_committee = std::exchange(inner.committee, std::move(*inner.next_committee));
    inner.next_committee.reset();
    inner.epoch_state = EpochChangeSync{0};
    PoolAdvance pools(runtime, staking, keys);
    for (const auto& [node, reward] : rewards) WALRUS_TRY(pools.advance(node, reward));
    for (const NodeId& node : committee_diff(inner.previous_committee, inner.committee).joined)
        WALRUS_TRY(pools.advance(node, 0));
    WALRUS_TRY(staking.save_active_set(pools.take_active_set()));
    WALRUS_TRY(staking.save_next_keys({}));
    WALRUS_TRY(staking.save());
    if (runtime.protocol_revision() >= 1) WALRUS_TRY(SyncStart::set(runtime, call.ids().staking));
    runtime.emit(EpochChangeStartEvent{inner.epoch});
    return apply_prices(runtime, staking, *system);
}

// ------------------------------------------------------------------------------------------ sync

Executed<void> run_epoch_sync_done(NativeCall& call) {
    StakingState staking = WALRUS_TRY(StakingState::open(call.runtime, call.mut<Staking>(0)));
    StakingInnerV1& inner = staking.inner;
    StorageNodeCap& cap = call.mut<StorageNodeCap>(1);
    const auto epoch = call.pure<Epoch>(2);
    if (epoch != inner.epoch)
        return move_abort(
            codes::staking_inner::kInvalidSyncEpoch,
            "it is epoch " + std::to_string(inner.epoch) + ", not " + std::to_string(epoch));
    if (cap.last_epoch_sync_done >= inner.epoch)
        return move_abort(codes::staking_inner::kDuplicateSyncDone,
                          "the node said so already in epoch " + std::to_string(inner.epoch));
    cap.last_epoch_sync_done = inner.epoch;
    const auto* shards = find_member(inner.committee, cap.node_id);
    if (shards == nullptr)
        return move_abort(codes::staking_inner::kNotInCommittee,
                          "node " + to_text(cap.node_id) + " is not in the committee");
    if (const auto* sync = std::get_if<EpochChangeSync>(&inner.epoch_state)) {
        const auto weight = checked_add(sync->weight, static_cast<std::uint16_t>(shards->size()));
        if (!weight) return arithmetic_error("the weight that is in sync");
        if (is_quorum(*weight, inner.n_shards)) {
            inner.epoch_state = EpochChangeDone{call.runtime.context().time_ms};
            call.runtime.emit(EpochChangeDoneEvent{inner.epoch});
        } else {
            inner.epoch_state = EpochChangeSync{*weight};
        }
        WALRUS_TRY(staking.save());
    }
    call.runtime.emit(ShardsReceived{inner.epoch, *shards});
    return {};
}

/// From revision 1 on: when a whole epoch's duration has passed since the change began and no
/// quorum has attested its shards, the epoch goes on with those that did, so that capacity,
/// committees and withdrawals do not wait for good. Anyone may call it. Errors: EWrongEpochState.
Executed<void> run_conclude_sync(NativeCall& call) {
    if (call.runtime.protocol_revision() < 1)
        return execution_error(ExecutionErrorKind::FunctionNotFound,
                               "conclude_sync needs protocol revision 1");
    StakingState staking = WALRUS_TRY(StakingState::open(call.runtime, call.mut<Staking>(0)));
    StakingInnerV1& inner = staking.inner;
    const auto* sync = std::get_if<EpochChangeSync>(&inner.epoch_state);
    const auto since = SyncStart::get(call.runtime, call.ids().staking);
    if (sync == nullptr || !since)
        return move_abort(codes::staking_inner::kWrongEpochState, "no shards are being moved");
    WALRUS_TRY(check_time(inner, *since, inner.epoch_duration_ms, call.runtime.context().time_ms));
    call.runtime.emit_own(own::SyncTimedOut{inner.epoch, sync->weight});
    inner.epoch_state = EpochChangeDone{call.runtime.context().time_ms};
    WALRUS_TRY(staking.save());
    call.runtime.emit(EpochChangeDoneEvent{inner.epoch});
    return {};
}

Executed<void> run_try_join_active_set(NativeCall& call) {
    StakingState staking = WALRUS_TRY(StakingState::open(call.runtime, call.mut<Staking>(0)));
    const OpenPool pool = WALRUS_TRY(staking.pool(call.ref<StorageNodeCap>(1).node_id));
    return staking.refresh_active_set(pool);
}

}  // namespace

const NativeModule& staking_epoch_module() {
    using spec::mut;
    using spec::ref;
    using spec::value;
    static const NativeModule module{
        Home::Walrus,
        "staking",
        {
            {"conclude_sync",
             0,
             {mut(staking_spec()), ref(clock_spec())},
             TxContext::No,
             {},
             run_conclude_sync},
            {"epoch_sync_done",
             0,
             {mut(staking_spec()), mut(node_cap_spec()), value(spec::u32()), ref(clock_spec())},
             TxContext::No,
             {},
             run_epoch_sync_done},
            {"initiate_epoch_change",
             0,
             {mut(staking_spec()), mut(system_spec()), ref(clock_spec())},
             TxContext::No,
             {},
             run_initiate_epoch_change},
            {"initiate_epoch_change_v2",
             0,
             {mut(staking_spec()), mut(system_spec()), mut(treasury_spec()), ref(clock_spec())},
             TxContext::Yes,
             {},
             run_initiate_epoch_change_v2},
            {"try_join_active_set",
             0,
             {mut(staking_spec()), ref(node_cap_spec())},
             TxContext::No,
             {},
             run_try_join_active_set},
            {"update_prices",
             0,
             {mut(staking_spec()), mut(system_spec())},
             TxContext::No,
             {},
             run_update_prices},
            {"voting_end",
             0,
             {mut(staking_spec()), ref(clock_spec())},
             TxContext::No,
             {},
             run_voting_end},
        }};
    return module;
}

}  // namespace walrus::ledger
