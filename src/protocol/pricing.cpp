// SPDX-License-Identifier: Apache-2.0
#include "protocol/pricing.hpp"

#include <algorithm>
#include <cmath>

#include "base/checked.hpp"

namespace walrus {

std::optional<Frost> frost_of_nano_usd(std::uint64_t nano_usd, double wal_usd) {
    if (!std::isfinite(wal_usd) || wal_usd < kWalUsdMin) return std::nullopt;
    const double frost = std::ceil(static_cast<double>(nano_usd) / wal_usd);
    // Compared before the conversion, which has no meaning for what does not fit.
    if (frost >= static_cast<double>(kPriceFrostMax)) return kPriceFrostMax;
    return static_cast<Frost>(frost);
}

std::optional<double> median_wal_usd(std::vector<double> quotes) {
    std::erase_if(quotes, [](double quote) { return !std::isfinite(quote); });
    if (quotes.empty()) return std::nullopt;
    std::sort(quotes.begin(), quotes.end());
    const std::size_t middle = quotes.size() / 2;
    const double median = quotes.size() % 2 == 1
                              ? quotes[middle]
                              : quotes[middle - 1] + (quotes[middle] - quotes[middle - 1]) / 2;
    if (median < kWalUsdMin) return std::nullopt;
    return median;
}

bool is_vote_due(Frost current, Frost wanted, std::uint64_t threshold_percent) {
    const Frost difference = current > wanted ? current - wanted : wanted - current;
    return Uint128{difference} * 100 > Uint128{current} * threshold_percent;
}

}  // namespace walrus
