// SPDX-License-Identifier: Apache-2.0
#include "sim/checkers/cursors.hpp"

#include <fmt/format.h>

namespace walrus::sim {

void check_cursors(const std::vector<NodeCursor>& cursors, std::uint64_t head_seq,
                   bool all_caught_up, Findings& findings) {
    for (std::size_t i = 0; i < cursors.size(); ++i) {
        const store::LedgerCursor& cursor = cursors[i].cursor;
        if (cursor.next_seq > head_seq || (all_caught_up && cursor.next_seq != head_seq)) {
            findings.violation(fmt::format("{} is at block {}, the ledger at {}", cursors[i].node,
                                           cursor.next_seq, head_seq));
        }
        for (std::size_t j = 0; j < i; ++j) {
            const store::LedgerCursor& other = cursors[j].cursor;
            if (cursor.next_seq != other.next_seq) continue;
            if (cursor.last_header == other.last_header && cursor.events == other.events &&
                cursor.epoch == other.epoch)
                continue;
            findings.violation(fmt::format("{} and {} are both at block {} but saw different ones",
                                           cursors[j].node, cursors[i].node, cursor.next_seq));
        }
    }
}

}  // namespace walrus::sim
