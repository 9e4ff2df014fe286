// SPDX-License-Identifier: Apache-2.0
// The rules of the current subsidies as functions on native structs (spec/chain.md §7.4). Errors
// are listed in the order of evaluation.
#pragma once

#include <utility>
#include <vector>

#include "ledger/failure.hpp"
#include "ledger/types.hpp"

namespace walrus::ledger {

/// What the ring holds now counts as subsidised already. `epoch`: the current one.
WalrusSubsidiesInnerV1 make_subsidies(const FutureAccountingRingBuffer& ring, Epoch epoch,
                                      std::uint32_t rate, Frost base, Frost per_shard);
/// Errors: EInvalidSubsidyRate.
Executed<void> set_subsidy_rate(WalrusSubsidiesInnerV1& subsidies, std::uint32_t basis_points);
Executed<void> set_base_subsidy(WalrusSubsidiesInnerV1& subsidies, Frost base);
Executed<void> set_per_shard_subsidy(WalrusSubsidiesInnerV1& subsidies, Frost per_shard);

/// Takes the fixed part for the committee of the epoch before out of the pool: what each node gets
/// as commission, in the committee's order. Nothing if it was paid before. Errors: arithmetic,
/// EInsufficientFundsInPool.
Executed<std::vector<std::pair<NodeId, Frost>>> take_fixed_subsidies(
    WalrusSubsidiesInnerV1& subsidies, Epoch epoch, const CommitteeShards& previous_committee);
/// Takes the part that follows usage out of the pool: what each slot of the ring gets. Errors:
/// arithmetic, EInsufficientFundsInPool.
Executed<std::vector<Frost>> take_usage_subsidies(WalrusSubsidiesInnerV1& subsidies,
                                                  FutureAccountingRingBuffer& ring);

}  // namespace walrus::ledger
