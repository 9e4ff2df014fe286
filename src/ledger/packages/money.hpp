// SPDX-License-Identifier: Apache-2.0
// Amounts inside objects and coins: taking out and putting in, with the framework's errors.
#pragma once

#include <cstdint>
#include <string>

#include "base/checked.hpp"
#include "ledger/abort_codes.hpp"
#include "ledger/failure.hpp"

namespace walrus::ledger {

/// Errors: balance::ENotEnough.
inline Executed<void> take_out(std::uint64_t& money, std::uint64_t amount) {
    const auto rest = checked_sub(money, amount);
    if (!rest)
        return move_abort(codes::balance::kNotEnough,
                          std::to_string(amount) + " are due, there are " + std::to_string(money));
    money = *rest;
    return {};
}
/// Errors: balance::EOverflow.
inline Executed<void> put_in(std::uint64_t& money, std::uint64_t amount) {
    const auto sum = checked_add(money, amount);
    if (!sum) return move_abort(codes::balance::kOverflow);
    money = *sum;
    return {};
}

}  // namespace walrus::ledger
