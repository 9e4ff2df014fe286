// SPDX-License-Identifier: Apache-2.0
#include "ledger/staking/pool.hpp"

#include <algorithm>
#include <utility>

#include "base/checked.hpp"
#include "ledger/abort_codes.hpp"
#include "ledger/staking/exchange_rate.hpp"
#include "protocol/constants.hpp"

namespace walrus::ledger {

namespace {

Executed<std::uint64_t> sum(std::uint64_t a, std::uint64_t b, const char* what) {
    const auto out = checked_add(a, b);
    if (!out) return arithmetic_error(what);
    return *out;
}

/// Shares of the stakes that were active for one epoch only, up to `epoch`.
Executed<std::uint64_t> pre_active_shares(const StakingPool& pool, const RateTable& rates,
                                          Epoch epoch) {
    std::uint64_t shares = 0;
    for (const auto& [key, principal] : pool.pre_active_withdrawals) {
        if (key > epoch) continue;
        const std::uint64_t more = WALRUS_TRY(to_shares(rate_at(pool, rates, key - 1), principal));
        shares = WALRUS_TRY(sum(shares, more, "shares to withdraw"));
    }
    return shares;
}

Executed<void> check_pool(const StakingPool& pool, const StakedWal& staked) {
    if (staked.node_id == pool.id) return {};
    return move_abort(codes::staking_pool::kIncorrectPoolId, "the stake is in another pool");
}

}  // namespace

ExchangeRate rate_at(const StakingPool& pool, const RateTable& rates, Epoch epoch) {
    // Nothing but the flat first rate is stored for epochs after the latest one.
    epoch = std::min(epoch, pool.latest_epoch);
    for (std::uint64_t e = std::uint64_t{epoch} + 1; e-- > pool.activation_epoch;)
        if (auto rate = rates.find(static_cast<Epoch>(e))) return *rate;
    return FlatRate{};
}

Executed<Frost> wal_balance_at(const StakingPool& pool, const RateTable& rates, Epoch epoch,
                               Shortfall shortfall) {
    const ExchangeRate rate = WALRUS_TRY(make_rate(pool.wal_balance, pool.num_shares));
    const std::uint64_t pre = WALRUS_TRY(pre_active_shares(pool, rates, epoch));
    const std::uint64_t pending = WALRUS_TRY(pending_until(pool.pending_shares_withdraw, epoch));
    const std::uint64_t shares = WALRUS_TRY(sum(pending, pre, "shares to withdraw"));
    const Frost leaving = WALRUS_TRY(to_wal(rate, shares));
    const Frost coming = WALRUS_TRY(pending_until(pool.pending_stake, epoch));
    const Frost all = WALRUS_TRY(sum(pool.wal_balance, coming, "the pool's stake"));
    const auto out = checked_sub(all, leaving);
    if (out) return *out;
    if (shortfall == Shortfall::LeavesNothing) return Frost{0};
    return arithmetic_error("more leaves the pool than is in it");
}

Executed<StakedWal> stake(PoolRef ref, const PoolEpoch& now, Frost amount) {
    if (!std::holds_alternative<PoolActive>(ref.pool.state))
        return move_abort(codes::staking_pool::kPoolIsNotActive);
    if (amount == 0) return move_abort(codes::staking_pool::kZeroStake);
    if (amount < kFrostPerWal)
        return move_abort(codes::staked_wal::kStakeBelowThreshold,
                          std::to_string(amount) + " Frost, at least 1 WAL is needed");
    StakedWal out;
    out.node_id = ref.pool.id;
    out.principal = amount;
    out.activation_epoch = now.epoch + (now.selected ? 2 : 1);
    WALRUS_TRY(add_pending(ref.pool.pending_stake, out.activation_epoch, amount));
    return out;
}

bool can_withdraw_early(const StakedWal& staked, const PoolEpoch& now) {
    if (!std::holds_alternative<Staked>(staked.state)) return false;
    const std::uint64_t epoch = now.epoch;
    return staked.activation_epoch == epoch + 2 ||
           (staked.activation_epoch == epoch + 1 && !now.in_next);
}

Executed<void> request_withdraw(PoolRef ref, const PoolEpoch& now, StakedWal& staked) {
    WALRUS_TRY(check_pool(ref.pool, staked));
    if (!std::holds_alternative<Staked>(staked.state))
        return move_abort(codes::staking_pool::kNotStaked, "withdrawal was requested before");
    if (can_withdraw_early(staked, now))
        return move_abort(codes::staking_pool::kWithdrawDirectly, "no committee counts this stake");
    if (staked.activation_epoch == std::uint64_t{now.epoch} + 1) {
        const Epoch out = now.epoch + 2;
        WALRUS_TRY(add_pending(ref.pool.pre_active_withdrawals, out, staked.principal));
        staked.state = Withdrawing{out};
        return {};
    }
    if (staked.activation_epoch > now.epoch)
        return move_abort(codes::staking_pool::kActivationEpochNotReached);
    if (!now.in_next && !now.in_current)
        return move_abort(codes::staking_pool::kWithdrawDirectly, "the node is in no committee");
    const Epoch out = now.epoch + (now.in_next ? 2 : 1);
    const std::uint64_t shares = WALRUS_TRY(
        to_shares(rate_at(ref.pool, ref.rates, staked.activation_epoch), staked.principal));
    if (shares == 0) return move_abort(codes::staking_pool::kZeroShares);
    WALRUS_TRY(add_pending(ref.pool.pending_shares_withdraw, out, shares));
    staked.state = Withdrawing{out};
    return {};
}

Executed<Frost> stake_gain(PoolRef ref, Frost principal, Epoch activation, Epoch withdrawal) {
    const std::uint64_t shares =
        WALRUS_TRY(to_shares(rate_at(ref.pool, ref.rates, activation), principal));
    const Frost worth = WALRUS_TRY(to_wal(rate_at(ref.pool, ref.rates, withdrawal), shares));
    return worth > principal ? worth - principal : 0;
}

Executed<Frost> withdraw(PoolRef ref, const PoolEpoch& now, const StakedWal& staked) {
    WALRUS_TRY(check_pool(ref.pool, staked));
    const bool is_staked = std::holds_alternative<Staked>(staked.state);
    const bool absent = !now.in_current && !now.in_next;
    Frost reward = 0;
    if (can_withdraw_early(staked, now) ||
        (absent && is_staked && staked.activation_epoch > now.epoch)) {
        WALRUS_TRY(
            reduce_pending(ref.pool.pending_stake, staked.activation_epoch, staked.principal));
        return staked.principal;
    }
    if (absent && is_staked) {
        const std::uint64_t shares = WALRUS_TRY(
            to_shares(rate_at(ref.pool, ref.rates, staked.activation_epoch), staked.principal));
        WALRUS_TRY(add_pending(ref.pool.pending_shares_withdraw, now.epoch, shares));
        reward = WALRUS_TRY(stake_gain(ref, staked.principal, staked.activation_epoch, now.epoch));
    } else {
        const auto* leaving = std::get_if<Withdrawing>(&staked.state);
        if (leaving == nullptr)
            return move_abort(codes::staking_pool::kNotWithdrawing, "request the withdrawal first");
        if (leaving->withdraw_epoch > now.epoch)
            return move_abort(codes::staking_pool::kWithdrawEpochNotReached,
                              "possible from epoch " + std::to_string(leaving->withdraw_epoch));
        if (staked.activation_epoch > now.epoch)
            return move_abort(codes::staking_pool::kActivationEpochNotReached);
        reward = WALRUS_TRY(
            stake_gain(ref, staked.principal, staked.activation_epoch, leaving->withdraw_epoch));
    }
    reward = std::min(reward, ref.pool.rewards_pool);
    ref.pool.rewards_pool -= reward;
    return sum(staked.principal, reward, "the payout");
}

Executed<StakedWal> split_stake(StakedWal& staked, Frost amount) {
    if (staked.principal <= amount)
        return move_abort(codes::staked_wal::kInvalidAmount,
                          std::to_string(amount) + " of " + std::to_string(staked.principal));
    if (amount < kFrostPerWal || staked.principal - amount < kFrostPerWal)
        return move_abort(codes::staked_wal::kStakeBelowThreshold, "each part needs 1 WAL");
    StakedWal out = staked;
    out.id = {};
    out.principal = amount;
    staked.principal -= amount;
    return out;
}

Executed<void> join_stake(StakedWal& staked, const StakedWal& other) {
    if (staked.node_id != other.node_id || staked.activation_epoch != other.activation_epoch ||
        staked.state != other.state)
        return move_abort(codes::staked_wal::kMetadataMismatch,
                          "node, activation and state must be equal");
    staked.principal = WALRUS_TRY(sum(staked.principal, other.principal, "the joined stake"));
    return {};
}

Executed<void> advance_pool(PoolRef ref, Epoch epoch, Frost reward, Shortfall shortfall) {
    StakingPool& pool = ref.pool;
    if (epoch <= pool.latest_epoch) return move_abort(codes::staking_pool::kPoolAlreadyUpdated);
    if (reward > 0 && pool.wal_balance == 0)
        return move_abort(codes::staking_pool::kIncorrectEpochAdvance, "a reward without stake");
    const auto cut = static_cast<Frost>(Uint128{reward} * pool.commission_rate / kBasisPoints);
    WALRUS_TRY(add_commission(ref, cut, true));
    // Of the rates that are due, the one with the latest target holds.
    std::optional<std::pair<Epoch, std::uint64_t>> due;
    for (const auto& entry : pool.pending_commission_rate)
        if (entry.first <= epoch && (!due || entry.first > due->first)) due = entry;
    if (due) pool.commission_rate = static_cast<std::uint16_t>(due->second);
    WALRUS_TRY(flush_pending(pool.pending_commission_rate, epoch));
    pool.rewards_pool = WALRUS_TRY(sum(pool.rewards_pool, reward - cut, "the rewards pool"));
    pool.wal_balance = WALRUS_TRY(sum(pool.wal_balance, reward - cut, "the pool's stake"));
    pool.latest_epoch = epoch;
    if (pool.node_info.next_epoch_public_key)
        pool.node_info.public_key = *std::exchange(pool.node_info.next_epoch_public_key, {});

    const ExchangeRate rate = WALRUS_TRY(make_rate(pool.wal_balance, pool.num_shares));
    ref.rates.add(epoch, rate);
    ++pool.exchange_rates.size;
    const Frost coming = WALRUS_TRY(flush_pending(pool.pending_stake, epoch));
    pool.wal_balance = WALRUS_TRY(sum(pool.wal_balance, coming, "the pool's stake"));
    const std::uint64_t pre = WALRUS_TRY(pre_active_shares(pool, ref.rates, epoch));
    WALRUS_TRY(flush_pending(pool.pre_active_withdrawals, epoch));
    const std::uint64_t asked = WALRUS_TRY(flush_pending(pool.pending_shares_withdraw, epoch));
    const std::uint64_t shares = WALRUS_TRY(sum(asked, pre, "shares to withdraw"));
    Frost leaving = WALRUS_TRY(to_wal(rate, shares));
    if (shortfall == Shortfall::LeavesNothing) leaving = std::min(leaving, pool.wal_balance);
    if (pool.wal_balance < leaving)
        return move_abort(codes::staking_pool::kCalculationError,
                          "more leaves the pool than is in it");
    pool.wal_balance -= leaving;
    pool.num_shares = WALRUS_TRY(to_shares(rate, pool.wal_balance));
    return {};
}

Executed<void> check_commission_rate(std::uint16_t basis_points) {
    if (basis_points <= kBasisPoints) return {};
    return move_abort(codes::staking_pool::kIncorrectCommissionRate,
                      std::to_string(basis_points) + " basis points, at most 10000");
}

Executed<void> set_next_commission(StakingPool& pool, Epoch now, std::uint16_t basis_points) {
    WALRUS_TRY(check_commission_rate(basis_points));
    replace_pending(pool.pending_commission_rate, now + 2, basis_points);
    return {};
}

Frost collect_commission(PoolRef ref) {
    const Frost free = ref.pool.commission > ref.blocked ? ref.pool.commission - ref.blocked : 0;
    ref.pool.commission -= free;
    return free;
}

Executed<void> add_commission(PoolRef ref, Frost amount, bool block) {
    ref.pool.commission = WALRUS_TRY(sum(ref.pool.commission, amount, "the commission"));
    if (block) ref.blocked = WALRUS_TRY(sum(ref.blocked, amount, "the blocked commission"));
    return {};
}

Frost extract_commission(PoolRef ref) {
    ref.blocked = 0;
    return std::exchange(ref.pool.commission, 0);
}

bool is_empty(const StakingPool& pool) {
    return pool.rewards_pool == 0 && pool.num_shares == 0 && pool.commission == 0 &&
           pool.wal_balance == 0 &&
           std::all_of(pool.pending_stake.begin(), pool.pending_stake.end(),
                       [](const auto& entry) { return entry.second == 0; });
}

}  // namespace walrus::ledger
