// SPDX-License-Identifier: Apache-2.0
#include "ledger/packages/subsidy_rules.hpp"

#include "base/check.hpp"
#include "base/checked.hpp"
#include "ledger/abort_codes.hpp"
#include "ledger/packages/system_state.hpp"
#include "protocol/constants.hpp"

namespace walrus::ledger {

namespace {

inline constexpr std::uint32_t kSubsidyRateMax = 1'000'000;  // basis points
/// The number of shards that the bound of the fixed part is for.
inline constexpr std::uint64_t kSubsidyShards = 1000;

Executed<void> check_fixed(Frost base, Frost per_shard) {
    const Uint128 most = Uint128{base} + Uint128{per_shard} * kSubsidyShards;
    if (most <= ~std::uint64_t{0}) return {};
    return move_abort(codes::walrus_subsidies_inner::kInvalidSubsidyRate,
                      "the fixed subsidy of 1000 shards exceeds 64 bits");
}

Executed<void> take(WalrusSubsidiesInnerV1& subsidies, Uint128 amount) {
    if (amount > subsidies.subsidy_pool)
        return move_abort(
            codes::walrus_subsidies_inner::kInsufficientFundsInPool,
            "the subsidies have " + std::to_string(subsidies.subsidy_pool) + " Frost left");
    subsidies.subsidy_pool -= static_cast<Frost>(amount);
    return {};
}

EpochBalance& balance_at(EpochBalanceRing& ring, std::size_t offset) {
    const std::size_t length = ring.ring_buffer.size();
    return ring.ring_buffer[(ring.current_index + offset) % length];
}

/// Forgets the first epoch; its place is for the epoch behind the last one.
void pop(EpochBalanceRing& ring) {
    const auto length = static_cast<std::uint32_t>(ring.ring_buffer.size());
    EpochBalance& first = ring.ring_buffer[ring.current_index];
    first = {first.epoch + length, 0};
    ring.current_index = (ring.current_index + 1) % length;
}

}  // namespace

WalrusSubsidiesInnerV1 make_subsidies(const FutureAccountingRingBuffer& ring, Epoch epoch,
                                      std::uint32_t rate, Frost base, Frost per_shard) {
    WalrusSubsidiesInnerV1 out;
    out.system_subsidy_rate = rate;
    out.base_subsidy = base;
    out.subsidy_per_shard = per_shard;
    out.latest_epoch = epoch == 0 ? 0 : epoch - 1;
    FutureAccountingRingBuffer slots = ring;
    for (std::uint32_t offset = 0; offset < ring.length; ++offset)
        out.already_subsidized_balances.ring_buffer.push_back(
            {epoch + offset, (*ring_slot(slots, offset))->rewards_to_distribute});
    return out;
}

Executed<void> set_subsidy_rate(WalrusSubsidiesInnerV1& subsidies, std::uint32_t basis_points) {
    if (basis_points > kSubsidyRateMax)
        return move_abort(codes::walrus_subsidies_inner::kInvalidSubsidyRate,
                          std::to_string(basis_points) + " of at most 1000000 basis points");
    subsidies.system_subsidy_rate = basis_points;
    return {};
}

Executed<void> set_base_subsidy(WalrusSubsidiesInnerV1& subsidies, Frost base) {
    WALRUS_TRY(check_fixed(base, subsidies.subsidy_per_shard));
    subsidies.base_subsidy = base;
    return {};
}

Executed<void> set_per_shard_subsidy(WalrusSubsidiesInnerV1& subsidies, Frost per_shard) {
    WALRUS_TRY(check_fixed(subsidies.base_subsidy, per_shard));
    subsidies.subsidy_per_shard = per_shard;
    return {};
}

Executed<std::vector<std::pair<NodeId, Frost>>> take_fixed_subsidies(
    WalrusSubsidiesInnerV1& subsidies, Epoch epoch, const CommitteeShards& previous_committee) {
    std::vector<std::pair<NodeId, Frost>> out;
    if (epoch == 0 || subsidies.latest_epoch >= epoch - 1) return out;
    for (const auto& [node, shards] : previous_committee) {
        const auto by_shards =
            checked_mul<std::uint64_t>(shards.size(), subsidies.subsidy_per_shard);
        const auto amount =
            by_shards ? checked_add(*by_shards, subsidies.base_subsidy) : std::nullopt;
        if (!amount) return arithmetic_error("fixed subsidy");
        WALRUS_TRY(take(subsidies, *amount));
        out.emplace_back(node, *amount);
    }
    subsidies.latest_epoch = epoch - 1;
    return out;
}

Executed<std::vector<Frost>> take_usage_subsidies(WalrusSubsidiesInnerV1& subsidies,
                                                  FutureAccountingRingBuffer& ring) {
    EpochBalanceRing& already = subsidies.already_subsidized_balances;
    WALRUS_CHECK(already.ring_buffer.size() == ring.length);
    const FutureAccounting* first = WALRUS_TRY(ring_slot(ring, 0));
    while (balance_at(already, 0).epoch < first->epoch) pop(already);
    std::vector<Frost> out;
    for (std::uint32_t offset = 0; offset < ring.length; ++offset) {
        const FutureAccounting* slot = WALRUS_TRY(ring_slot(ring, offset));
        EpochBalance& paid = balance_at(already, offset);
        const auto fresh = checked_sub(slot->rewards_to_distribute, paid.balance);
        if (!fresh) return arithmetic_error("rewards of epoch " + std::to_string(slot->epoch));
        const Uint128 amount = Uint128{*fresh} * subsidies.system_subsidy_rate / kBasisPoints;
        WALRUS_TRY(take(subsidies, amount));
        const auto subsidy = static_cast<Frost>(amount);
        const auto sum = checked_add(slot->rewards_to_distribute, subsidy);
        if (!sum) return arithmetic_error("rewards of epoch " + std::to_string(slot->epoch));
        paid.balance = *sum;
        out.push_back(subsidy);
    }
    return out;
}

}  // namespace walrus::ledger
