// SPDX-License-Identifier: Apache-2.0
#include "ledger/staking/rewards.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/checked.hpp"

namespace walrus::ledger {

namespace {

inline constexpr std::uint64_t kBurnPercent = 3;

/// floor(a x b / divisor) where the product may take 192 bits. Preconditions: divisor > 0, the
/// quotient fits in 64 bits.
std::uint64_t mul_div(Uint128 a, std::uint64_t b, Uint128 divisor) {
    const Uint128 low = Uint128{static_cast<std::uint64_t>(a)} * b;
    const Uint128 high = (a >> 64) * b + (low >> 64);
    // The dividend is high x 2^64 + the low half of `low`; divided bit by bit from the top.
    const auto low_half = static_cast<std::uint64_t>(low);
    if (high >> 64 == 0) return static_cast<std::uint64_t>(((high << 64) | low_half) / divisor);
    WALRUS_CHECK(high / divisor == 0);
    Uint128 rest = high;
    std::uint64_t quotient = 0;
    for (int bit = 63; bit >= 0; --bit) {
        const bool carry = rest >> 127 != 0;
        rest = (rest << 1) | ((low_half >> bit) & 1);
        if (carry || rest >= divisor) {
            rest -= divisor;
            quotient |= std::uint64_t{1} << bit;
        }
    }
    return quotient;
}

}  // namespace

Frost burn_share(Frost rewards) {
    return static_cast<Frost>(Uint128{rewards} * kBurnPercent / 100);
}

Rewards distribute_rewards(std::span<const RewardShare> shares, std::uint64_t used_bytes,
                           Frost amount) {
    std::vector<Uint128> parts;
    Uint128 total = 0;
    for (const RewardShare& share : shares) {
        const std::uint64_t denied = std::min(share.deny_list_bytes, used_bytes);
        parts.push_back(Uint128{share.weight} * (used_bytes - denied));
        total += parts.back();  // weights sum to at most 2^16, so this stays below 2^80
    }
    total = std::max<Uint128>(total, 1);
    Rewards out;
    out.left = amount;
    for (const Uint128 part : parts) {
        out.nodes.push_back(mul_div(part, amount, total));
        out.left -= out.nodes.back();
    }
    return out;
}

}  // namespace walrus::ledger
