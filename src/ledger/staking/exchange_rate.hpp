// SPDX-License-Identifier: Apache-2.0
// A pool's price of one share, and amounts that wait for an epoch (spec/chain.md §5.4).
#pragma once

#include <cstdint>

#include "ledger/failure.hpp"
#include "ledger/types.hpp"

namespace walrus::ledger {

/// The rate at which `shares` shares are worth `wal`; flat if one of them is 0. Errors:
/// pool_exchange_rate::EInvalidRate (more shares than WAL).
Executed<ExchangeRate> make_rate(std::uint64_t wal, std::uint64_t shares);
/// Rounded down, with 128 bits. Errors: arithmetic (beyond u64).
Executed<std::uint64_t> to_wal(const ExchangeRate& rate, std::uint64_t shares);
Executed<std::uint64_t> to_shares(const ExchangeRate& rate, std::uint64_t wal);

/// Adds to the value of an epoch; a new epoch is appended. Errors: arithmetic.
Executed<void> add_pending(PendingValues& values, Epoch epoch, std::uint64_t amount);
void replace_pending(PendingValues& values, Epoch epoch, std::uint64_t amount);
/// Errors: pending_values::{EMissingEpochValue, EReduceValueTooLarge}.
Executed<void> reduce_pending(PendingValues& values, Epoch epoch, std::uint64_t amount);
/// The sum of all epochs up to this one. Errors: arithmetic.
Executed<std::uint64_t> pending_until(const PendingValues& values, Epoch epoch);
/// The same, and takes them out; what stays keeps its order.
Executed<std::uint64_t> flush_pending(PendingValues& values, Epoch epoch);

}  // namespace walrus::ledger
