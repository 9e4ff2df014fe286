// SPDX-License-Identifier: Apache-2.0
#include "proof/history.hpp"

#include <gtest/gtest.h>

#include <map>

#include "hash/blake2b.hpp"
#include "proof/shape_tree.hpp"

namespace walrus::proof {
namespace {

BlockSummary summary_of(std::uint64_t seq) {
    BlockSummary out;
    out.seq = seq;
    out.time_ms = 1000 + seq;
    return out;
}

/// The definition: perfect trees for the set bits of the count, bagged from the right.
Digest perfect(std::span<const Digest> leaves) {
    if (leaves.size() == 1) return leaves[0];
    const auto half = leaves.size() / 2;
    return hash_pair(0x31, perfect(leaves.first(half)), perfect(leaves.subspan(half)));
}
Digest naive_history(const std::vector<Digest>& leaves) {
    std::vector<Digest> peaks;
    std::size_t start = 0;
    for (std::size_t size = 1u << 20; size > 0; size /= 2)
        if ((leaves.size() & size) != 0) {
            peaks.push_back(perfect(std::span(leaves).subspan(start, size)));
            start += size;
        }
    if (peaks.empty()) return {};
    Digest bag = peaks.back();
    for (std::size_t i = peaks.size() - 1; i-- > 0;) bag = hash_pair(0x33, peaks[i], bag);
    Bytes data{0x32};
    Byte count[8];
    store_le(count, static_cast<std::uint64_t>(leaves.size()));
    append(data, count);
    append(data, bag.view());
    return blake2b(data);
}

TEST(History, EveryBlockIsProvedByEveryLaterHead) {
    History history;
    std::map<HistoryPosition, Digest> nodes;
    std::vector<Digest> leaves;
    EXPECT_TRUE(history.root().is_zero());
    for (std::uint64_t count = 1; count <= 70; ++count) {
        leaves.push_back(summary_leaf(summary_of(count - 1)));
        for (const HistoryNode& node : history.append(summary_of(count - 1)))
            EXPECT_TRUE(nodes.emplace(node.position, node.digest).second);
        ASSERT_EQ(history.root(), naive_history(leaves));
        for (std::uint64_t leaf = 0; leaf < count; ++leaf) {
            const auto proof = prove_history(leaf, count, [&](const HistoryPosition& position) {
                const auto found = nodes.find(position);
                return found == nodes.end() ? std::nullopt : std::optional(found->second);
            });
            ASSERT_TRUE(proof) << proof.error().message;
            EXPECT_EQ(history_fold(leaves[leaf], *proof), history.root()) << leaf << " " << count;
            // Another place, count or digest is another root.
            HistoryProof bad = *proof;
            bad.leaf_index = leaf ^ 1;
            EXPECT_NE(history_fold(leaves[leaf], bad), history.root());
            bad = *proof;
            ++bad.leaf_count;
            EXPECT_NE(history_fold(leaves[leaf], bad), history.root());
            bad = *proof;
            bad.path.push_back({});
            EXPECT_FALSE(history_fold(leaves[leaf], bad));
            bad = *proof;
            bad.peaks.push_back({});
            EXPECT_FALSE(history_fold(leaves[leaf], bad));
            if (!proof->path.empty()) {
                bad = *proof;
                bad.path[0].bytes[5] ^= 1;
                EXPECT_NE(history_fold(leaves[leaf], bad), history.root());
            }
        }
    }
    const auto missing =
        prove_history(3, 70, [](const HistoryPosition&) { return std::optional<Digest>(); });
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ProofCode::Storage);
}

TEST(ShapeTree, PathsLeadToTheRootFromTheirPlaceOnly) {
    std::vector<Digest> leaves;
    EXPECT_EQ(shape_root<BlockTree>(leaves), blake2b(ByteView{}));
    for (Byte count = 1; count <= 33; ++count) {
        leaves.push_back(blake2b(Bytes{count}));
        const Digest root = shape_root<BlockTree>(leaves);
        for (std::size_t i = 0; i < leaves.size(); ++i) {
            auto path = shape_path<BlockTree>(leaves, i);
            const Digest leaf = BlockTree::leaf(leaves[i]);
            EXPECT_EQ(shape_fold<BlockTree>(leaf, i, count, path), root);
            for (std::size_t j = 0; j < leaves.size() + 2; ++j) {
                if (j == i) continue;
                EXPECT_NE(shape_fold<BlockTree>(leaf, j, count, path), root);
            }
            path.push_back({});
            EXPECT_NE(shape_fold<BlockTree>(leaf, i, count, path), root);
            path.pop_back();
            if (path.empty()) continue;
            path.pop_back();
            EXPECT_NE(shape_fold<BlockTree>(leaf, i, count, path), root);
        }
    }
}

}  // namespace
}  // namespace walrus::proof
