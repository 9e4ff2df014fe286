// SPDX-License-Identifier: Apache-2.0
// All nodes have seen the same events of the same ledger.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/findings.hpp"
#include "store/blob_state.hpp"

namespace walrus::sim {

struct NodeCursor {
    std::string node;
    store::LedgerCursor cursor;
};

/// A violation if two nodes that are equally far saw different blocks. With `all_caught_up`, also
/// if one of them is not as far as the ledger (`head_seq`: number of its next block).
void check_cursors(const std::vector<NodeCursor>& cursors, std::uint64_t head_seq,
                   bool all_caught_up, Findings& findings);

}  // namespace walrus::sim
