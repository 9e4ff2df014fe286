// SPDX-License-Identifier: Apache-2.0
#include "ledger/staking/exchange_rate.hpp"

#include <algorithm>

#include "base/checked.hpp"
#include "ledger/abort_codes.hpp"

namespace walrus::ledger {

namespace {

/// floor(amount x numerator / denominator). Precondition: denominator > 0.
Executed<std::uint64_t> scale(std::uint64_t amount, Uint128 numerator, Uint128 denominator) {
    Uint128 product = 0;
    if (__builtin_mul_overflow(Uint128{amount}, numerator, &product))
        return arithmetic_error("the product of an exchange");
    const Uint128 quotient = product / denominator;
    if (quotient >> 64 != 0) return arithmetic_error("the result of an exchange");
    return static_cast<std::uint64_t>(quotient);
}

PendingValues::iterator find_epoch(PendingValues& values, Epoch epoch) {
    return std::find_if(values.begin(), values.end(),
                        [&](const auto& entry) { return entry.first == epoch; });
}

}  // namespace

Executed<ExchangeRate> make_rate(std::uint64_t wal, std::uint64_t shares) {
    if (wal == 0 || shares == 0) return ExchangeRate{FlatRate{}};
    if (shares > wal)
        return move_abort(codes::pool_exchange_rate::kInvalidRate,
                          std::to_string(shares) + " shares for " + std::to_string(wal) + " Frost");
    return ExchangeRate{VariableRate{wal, shares}};
}

Executed<std::uint64_t> to_wal(const ExchangeRate& rate, std::uint64_t shares) {
    const auto* variable = std::get_if<VariableRate>(&rate);
    if (variable == nullptr) return shares;
    return scale(shares, variable->wal_amount, variable->share_amount);
}

Executed<std::uint64_t> to_shares(const ExchangeRate& rate, std::uint64_t wal) {
    const auto* variable = std::get_if<VariableRate>(&rate);
    if (variable == nullptr) return wal;
    return scale(wal, variable->share_amount, variable->wal_amount);
}

Executed<void> add_pending(PendingValues& values, Epoch epoch, std::uint64_t amount) {
    const auto place = find_epoch(values, epoch);
    if (place == values.end()) {
        values.emplace_back(epoch, amount);
        return {};
    }
    const auto sum = checked_add(place->second, amount);
    if (!sum) return arithmetic_error("pending of epoch " + std::to_string(epoch));
    place->second = *sum;
    return {};
}

void replace_pending(PendingValues& values, Epoch epoch, std::uint64_t amount) {
    const auto place = find_epoch(values, epoch);
    if (place == values.end()) {
        values.emplace_back(epoch, amount);
    } else {
        place->second = amount;
    }
}

Executed<void> reduce_pending(PendingValues& values, Epoch epoch, std::uint64_t amount) {
    const auto place = find_epoch(values, epoch);
    if (place == values.end())
        return move_abort(codes::pending_values::kMissingEpochValue,
                          "nothing is pending for epoch " + std::to_string(epoch));
    if (amount > place->second)
        return move_abort(codes::pending_values::kReduceValueTooLarge,
                          std::to_string(amount) + " of " + std::to_string(place->second));
    place->second -= amount;
    return {};
}

Executed<std::uint64_t> pending_until(const PendingValues& values, Epoch epoch) {
    std::uint64_t total = 0;
    for (const auto& [key, amount] : values) {
        if (key > epoch) continue;
        const auto sum = checked_add(total, amount);
        if (!sum) return arithmetic_error("the sum of what is pending");
        total = *sum;
    }
    return total;
}

Executed<std::uint64_t> flush_pending(PendingValues& values, Epoch epoch) {
    const std::uint64_t total = WALRUS_TRY(pending_until(values, epoch));
    std::erase_if(values, [&](const auto& entry) { return entry.first <= epoch; });
    return total;
}

}  // namespace walrus::ledger
