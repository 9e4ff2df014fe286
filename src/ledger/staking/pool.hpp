// SPDX-License-Identifier: Apache-2.0
// The rules of one staking pool (spec/chain.md §5.3, §5.4): stake, withdrawals, epochs, commission.
// Nothing here knows transactions or objects. A function that fails may have changed its arguments:
// the transaction that called it is undone as a whole.
#pragma once

#include <cstdint>
#include <optional>

#include "ledger/failure.hpp"
#include "ledger/types.hpp"

namespace walrus::ledger {

/// The exchange rates that a pool stored, by epoch.
class RateTable {
public:
    virtual ~RateTable() = default;
    virtual std::optional<ExchangeRate> find(Epoch epoch) const = 0;
    virtual void add(Epoch epoch, const ExchangeRate& rate) = 0;
};

/// A pool with what lies apart from it. `blocked` is the commission that slashing can still reach.
struct PoolRef {
    StakingPool& pool;
    RateTable& rates;
    Frost& blocked;
};

/// The epoch, and the pool's place in it.
struct PoolEpoch {
    Epoch epoch = 0;
    bool selected = false;    ///< is the next committee selected?
    bool in_current = false;  ///< is the node a member of the committee?
    bool in_next = false;     ///< and of the next one? False while none is selected.
};

/// The newest rate stored at or before `epoch`, not before the pool's activation; else flat.
ExchangeRate rate_at(const StakingPool& pool, const RateTable& rates, Epoch epoch);
/// Shares are rounded when stakes come and when they leave, so what leaves can exceed what a pool
/// has by the rounding. The reference then fails; from protocol revision 1 on all of it leaves.
enum class Shortfall : std::uint8_t { Fails, LeavesNothing };

/// The stake that the committee of `epoch` is selected by. Errors: arithmetic, EInvalidRate.
Executed<Frost> wal_balance_at(const StakingPool& pool, const RateTable& rates, Epoch epoch,
                               Shortfall shortfall = Shortfall::Fails);

/// The caller gives the object its id. Errors: EPoolIsNotActive, EZeroStake, EStakeBelowThreshold.
Executed<StakedWal> stake(PoolRef ref, const PoolEpoch& now, Frost amount);
/// Can this stake be withdrawn at once, because no committee counts it yet?
bool can_withdraw_early(const StakedWal& staked, const PoolEpoch& now);
/// Errors: EIncorrectPoolId, ENotStaked, EWithdrawDirectly, EActivationEpochNotReached,
/// EZeroShares.
Executed<void> request_withdraw(PoolRef ref, const PoolEpoch& now, StakedWal& staked);
/// What a principal earns between two epochs, without regard to what the pool has. Errors:
/// arithmetic.
Executed<Frost> stake_gain(PoolRef ref, Frost principal, Epoch activation, Epoch withdrawal);
/// What is paid out. Errors: EIncorrectPoolId, ENotWithdrawing, EWithdrawEpochNotReached,
/// EActivationEpochNotReached.
Executed<Frost> withdraw(PoolRef ref, const PoolEpoch& now, const StakedWal& staked);
/// Takes `amount` out into a second stake, which the caller gives an id. Errors: EInvalidAmount,
/// EStakeBelowThreshold.
Executed<StakedWal> split_stake(StakedWal& staked, Frost amount);
/// Errors: staked_wal::EMetadataMismatch.
Executed<void> join_stake(StakedWal& staked, const StakedWal& other);

/// Brings the pool to `epoch` with its reward of the epoch before. Errors: EPoolAlreadyUpdated,
/// EIncorrectEpochAdvance, ECalculationError, arithmetic.
Executed<void> advance_pool(PoolRef ref, Epoch epoch, Frost reward,
                            Shortfall shortfall = Shortfall::Fails);

/// Errors: EIncorrectCommissionRate.
Executed<void> check_commission_rate(std::uint16_t basis_points);
/// Takes effect two epochs ahead. Errors: EIncorrectCommissionRate.
Executed<void> set_next_commission(StakingPool& pool, Epoch now, std::uint16_t basis_points);
/// Takes out what is not blocked.
Frost collect_commission(PoolRef ref);
/// Errors: arithmetic.
Executed<void> add_commission(PoolRef ref, Frost amount, bool block);
/// Takes out all commission, the blocked part included.
Frost extract_commission(PoolRef ref);
/// Is nothing left in the pool?
bool is_empty(const StakingPool& pool);

}  // namespace walrus::ledger
