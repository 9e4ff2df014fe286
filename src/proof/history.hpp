// SPDX-License-Identifier: Apache-2.0
// The Merkle mountain range over the summaries of all blocks (docs/formats/blocks.md): any later
// head proves any earlier block with a logarithm of digests.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/function_ref.hpp"
#include "proof/commitments.hpp"
#include "proof/error.hpp"

namespace walrus::proof {

/// Place of a node: height 0 are leaves; `index` counts from the left on its height.
struct HistoryPosition {
    std::uint8_t height = 0;
    std::uint64_t index = 0;
    friend auto operator<=>(const HistoryPosition&, const HistoryPosition&) = default;
};
struct HistoryNode {
    HistoryPosition position;
    Digest digest;
    bool operator==(const HistoryNode&) const = default;
};

/// What is needed to append; the nodes below the peaks are kept by whoever makes proofs.
struct History {
    std::uint64_t leaf_count = 0;
    std::vector<Digest> peaks;  ///< the highest first

    /// Returns the nodes that are new, leaf first.
    std::vector<HistoryNode> append(const BlockSummary& summary);
    /// Zeros before the first block.
    Digest root() const;
    bool operator==(const History&) const = default;
};

/// That a leaf is the `leaf_index`-th of `leaf_count`.
struct HistoryProof {
    std::uint64_t leaf_index = 0;
    std::uint64_t leaf_count = 0;
    std::vector<Digest> path;   ///< siblings from the leaf to its peak
    std::vector<Digest> peaks;  ///< all but its own, the highest first
    bool operator==(const HistoryProof&) const = default;
};

/// Reads a stored node; nothing: it is missing.
using HistoryReader = FunctionRef<std::optional<Digest>(const HistoryPosition&)>;
/// Errors: Storage; precondition: leaf_index < leaf_count.
ProofResult<HistoryProof> prove_history(std::uint64_t leaf_index, std::uint64_t leaf_count,
                                        HistoryReader read);
/// The root that the proof leads to from this leaf; nothing if its form is not exactly right.
std::optional<Digest> history_fold(const Digest& leaf, const HistoryProof& proof);

}  // namespace walrus::proof
