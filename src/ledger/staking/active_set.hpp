// SPDX-License-Identifier: Apache-2.0
// The nodes that may enter the next committee (spec/chain.md §6.2): a bounded list in the order of
// insertion, with holes filled by the last entry. The order decides ties of the apportionment.
#pragma once

#include "ledger/failure.hpp"
#include "ledger/types.hpp"

namespace walrus::ledger {

/// Sets a node's stake. No stake, or less than the threshold, takes the node out; a node that is
/// new to a full set replaces the first of those with the smallest stake, if that is smaller than
/// its own. True if the node is in the set afterwards. Errors: arithmetic (the total).
Executed<bool> insert_or_update(ActiveSet& set, const NodeId& node, Frost stake);

}  // namespace walrus::ledger
