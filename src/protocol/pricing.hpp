// SPDX-License-Identifier: Apache-2.0
// Votes on prices that are set in US dollars (spec/chain.md §7.7). Nodes convert them; the ledger
// knows Frost only. Doubles, as the reference uses them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "protocol/ids.hpp"

namespace walrus {

/// The highest price that a conversion gives: the supply, 5·10^18 Frost.
inline constexpr Frost kPriceFrostMax = 5'000'000'000'000'000'000u;
/// US dollars per WAL below which a quote is not believed.
inline constexpr double kWalUsdMin = 1e-9;

/// Frost for so many billionths of a US dollar at `wal_usd` dollars per WAL, rounded up, at most
/// kPriceFrostMax. Nothing if `wal_usd` is not a number of kWalUsdMin or more.
std::optional<Frost> frost_of_nano_usd(std::uint64_t nano_usd, double wal_usd);

/// US dollars per WAL: the median of the quotes, the mean of the middle two of an even number.
/// Quotes that are not finite numbers do not count. Nothing without quotes, or if the median is
/// below kWalUsdMin.
std::optional<double> median_wal_usd(std::vector<double> quotes);

/// Is a vote worth sending: does it differ from the current one by more than so many percent of
/// the current one?
bool is_vote_due(Frost current, Frost wanted, std::uint64_t threshold_percent);

}  // namespace walrus
