// SPDX-License-Identifier: Apache-2.0
// What an ended epoch earned: the part that is burned, and each node's share (spec/chain.md §7.3).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ledger/failure.hpp"
#include "protocol/ids.hpp"

namespace walrus::ledger {

/// 3 % of an epoch's rewards, rounded down.
Frost burn_share(Frost rewards);

struct RewardShare {
    std::uint16_t weight = 0;           ///< shards in the ended epoch
    std::uint64_t deny_list_bytes = 0;  ///< what the node does not serve; more than `used` = `used`
};
struct Rewards {
    std::vector<Frost> nodes;  ///< in the order of the shares
    Frost left = 0;            ///< for the next epoch
};
/// Splits `amount` by weight x (used - deny list), each share rounded down. The products are taken
/// with 256 bits, so that no state can make an epoch change fail.
Rewards distribute_rewards(std::span<const RewardShare> shares, std::uint64_t used_bytes,
                           Frost amount);

}  // namespace walrus::ledger
