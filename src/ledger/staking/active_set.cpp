// SPDX-License-Identifier: Apache-2.0
#include "ledger/staking/active_set.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/checked.hpp"

namespace walrus::ledger {

namespace {

/// Replaces `old_stake` by `new_stake` in the total.
Executed<void> change_total(ActiveSet& set, Frost old_stake, Frost new_stake) {
    WALRUS_CHECK(set.total_stake >= old_stake);
    const auto total = checked_add<Frost>(set.total_stake - old_stake, new_stake);
    if (!total) return arithmetic_error("the total stake of the active set");
    set.total_stake = *total;
    return {};
}

}  // namespace

Executed<bool> insert_or_update(ActiveSet& set, const NodeId& node, Frost stake) {
    auto& nodes = set.nodes;
    const auto place = std::find_if(nodes.begin(), nodes.end(), [&](const ActiveSetEntry& entry) {
        return entry.node_id == node;
    });
    if (stake == 0 || stake < set.threshold_stake) {
        if (place == nodes.end()) return false;
        WALRUS_TRY(change_total(set, place->staked_amount, 0));
        *place = nodes.back();
        nodes.pop_back();
        return false;
    }
    if (place != nodes.end()) {
        WALRUS_TRY(change_total(set, place->staked_amount, stake));
        place->staked_amount = stake;
        return true;
    }
    if (nodes.size() < set.max_size) {
        WALRUS_TRY(change_total(set, 0, stake));
        nodes.push_back({node, stake});
        return true;
    }
    const auto smallest = std::min_element(nodes.begin(), nodes.end(),
                                           [](const ActiveSetEntry& a, const ActiveSetEntry& b) {
                                               return a.staked_amount < b.staked_amount;
                                           });
    if (smallest == nodes.end() || smallest->staked_amount >= stake) return false;
    WALRUS_TRY(change_total(set, smallest->staked_amount, stake));
    *smallest = {node, stake};
    return true;
}

}  // namespace walrus::ledger
