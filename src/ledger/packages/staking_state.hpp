// SPDX-License-Identifier: Apache-2.0
// The Staking object's state in a running transaction: its inner record, the pools, the active set
// (spec/chain.md §1.1). What is opened is changed in place and written back with `save`.
#pragma once

#include <optional>
#include <vector>

#include "ledger/failure.hpp"
#include "ledger/native.hpp"
#include "ledger/runtime.hpp"
#include "ledger/staking/pool.hpp"

namespace walrus::ledger {

inline TypeSpec staking_spec() {
    return spec::walrus_struct("staking", "Staking");
}
inline TypeSpec node_cap_spec() {
    return spec::walrus_struct("storage_node", "StorageNodeCap");
}
inline TypeSpec authenticated_spec() {
    return spec::walrus_struct("auth", "Authenticated");
}
inline TypeSpec authorized_spec() {
    return spec::walrus_struct("auth", "Authorized");
}
inline TypeSpec node_metadata_spec() {
    return spec::walrus_struct("node_metadata", "NodeMetadata");
}
inline TypeSpec staked_wal_spec() {
    return spec::walrus_struct("staked_wal", "StakedWal");
}
inline TypeSpec treasury_spec() {
    return spec::datatype(Home::Wal, "wal", "ProtectedTreasury");
}
inline TypeSpec clock_spec() {
    return spec::datatype(Home::Framework, "clock", "Clock");
}

/// A pool with what lies apart from it: its rates, and the commission that is blocked.
class OpenPool final : public RateTable {
public:
    OpenPool(Runtime& runtime, StakingPool pool);
    StakingPool pool;
    Frost blocked = 0;

    PoolRef ref() { return {pool, *this, blocked}; }
    NodeId node() const { return NodeId{pool.id.bytes}; }
    std::optional<ExchangeRate> find(Epoch epoch) const override;
    void add(Epoch epoch, const ExchangeRate& rate) override;
    /// Writes the pool into the table of pools. Errors: ObjectTooBig.
    Executed<void> save(const Table& pools);

private:
    Runtime* runtime_;
    bool had_blocked_ = false;
};

class StakingState {
public:
    /// Errors: staking::EWrongVersion.
    static Executed<StakingState> open(Runtime& runtime, const Staking& staking);
    /// Writes the inner record back; pools and the active set have their own. Errors: ObjectTooBig.
    Executed<void> save();

    StakingInnerV1 inner;

    /// Errors: dynamic_field::EFieldDoesNotExist.
    Executed<OpenPool> pool(const NodeId& node) const;
    bool has_pool(const NodeId& node) const;
    PoolEpoch epoch_of(const NodeId& node) const;
    bool next_params_selected() const {
        return std::holds_alternative<NextParamsSelected>(inner.epoch_state);
    }

    ActiveSet active_set() const;
    Executed<void> save_active_set(ActiveSet set);
    /// Sets the pool's stake for the next selection: of the committee after this one, or, once that
    /// is selected, of the one behind it (spec/chain.md §6.2).
    Executed<void> refresh_active_set(const OpenPool& pool);

    NextEpochPublicKeys next_keys() const;
    Executed<void> save_next_keys(NextEpochPublicKeys keys);

private:
    explicit StakingState(Runtime& runtime) : runtime_(&runtime) {}
    Runtime* runtime_;
    ObjectId staking_;
    std::uint64_t version_ = 0;
};

/// Gives nodes commission; unless the next parameters are selected, it is blocked until then
/// (spec/chain.md §7.3). Errors: dynamic_field::EFieldDoesNotExist, arithmetic.
Executed<void> add_commission_to_pools(Runtime& runtime, const StakingState& staking,
                                       const std::vector<std::pair<NodeId, Frost>>& amounts);

/// What happens to a pool that more leaves than it has, by the running transaction's revision.
Shortfall shortfall_of(Runtime& runtime);

/// Takes WAL that was taken out of somewhere off the supply.
void burn_wal(Runtime& runtime, Frost amount);

}  // namespace walrus::ledger
