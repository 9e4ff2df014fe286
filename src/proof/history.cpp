// SPDX-License-Identifier: Apache-2.0
#include "proof/history.hpp"

#include <bit>
#include <string>

namespace walrus::proof {
namespace {

constexpr Byte kHistoryInnerTag = 0x31;
constexpr Byte kHistoryRootTag = 0x32;
constexpr Byte kHistoryBagTag = 0x33;

Digest bag_peaks(std::uint64_t leaf_count, const std::vector<Digest>& peaks) {
    if (peaks.empty()) return {};
    Digest bag = peaks.back();
    for (std::size_t i = peaks.size() - 1; i-- > 0;) bag = hash_pair(kHistoryBagTag, peaks[i], bag);
    bcs::Writer out(40);
    out.fixed(leaf_count);
    out.raw(bag.bytes);
    return hash_tagged(kHistoryRootTag, out.view());
}

/// The peak over a leaf: its height, its place among the peaks.
struct PeakOf {
    int height = 0;
    std::size_t number = 0;
};
PeakOf peak_of(std::uint64_t leaf, std::uint64_t count) {
    // Peaks are the set bits of the count from the highest; a leaf is under the first whose end
    // lies behind it.
    std::uint64_t start = 0;
    std::size_t number = 0;
    for (int height = 63; height >= 0; --height) {
        const std::uint64_t size = std::uint64_t{1} << height;
        if ((count & size) == 0) continue;
        if (leaf - start < size) return {height, number};
        start += size;
        ++number;
    }
    return {};
}

}  // namespace

std::vector<HistoryNode> History::append(const BlockSummary& summary) {
    std::vector<HistoryNode> out;
    HistoryNode node{{0, leaf_count}, summary_leaf(summary)};
    out.push_back(node);
    // One peak for every set bit of the count; equal heights merge like a binary carry.
    for (std::uint64_t bits = leaf_count; (bits & 1) != 0; bits >>= 1) {
        node.digest = hash_pair(kHistoryInnerTag, peaks.back(), node.digest);
        ++node.position.height;
        node.position.index >>= 1;
        peaks.pop_back();
        out.push_back(node);
    }
    peaks.push_back(node.digest);
    ++leaf_count;
    return out;
}

Digest History::root() const {
    return bag_peaks(leaf_count, peaks);
}

ProofResult<HistoryProof> prove_history(std::uint64_t leaf_index, std::uint64_t leaf_count,
                                        HistoryReader read) {
    HistoryProof proof{.leaf_index = leaf_index, .leaf_count = leaf_count, .path = {}, .peaks = {}};
    const PeakOf own = peak_of(leaf_index, leaf_count);
    const auto fetch = [&](HistoryPosition position) -> ProofResult<Digest> {
        const auto digest = read(position);
        if (!digest)
            return proof_failure(ProofCode::Storage,
                                 "the history lacks node " + std::to_string(position.index) +
                                     " of height " + std::to_string(position.height));
        return *digest;
    };
    for (int height = 0; height < own.height; ++height)
        proof.path.push_back(WALRUS_TRY(
            fetch({static_cast<std::uint8_t>(height), (leaf_index >> height) ^ std::uint64_t{1}})));
    std::uint64_t start = 0;
    for (int height = 63; height >= 0; --height) {
        const std::uint64_t size = std::uint64_t{1} << height;
        if ((leaf_count & size) == 0) continue;
        if (height != own.height)
            proof.peaks.push_back(
                WALRUS_TRY(fetch({static_cast<std::uint8_t>(height), start >> height})));
        start += size;
    }
    return proof;
}

std::optional<Digest> history_fold(const Digest& leaf, const HistoryProof& proof) {
    if (proof.leaf_index >= proof.leaf_count) return std::nullopt;
    const PeakOf own = peak_of(proof.leaf_index, proof.leaf_count);
    const auto peak_count = static_cast<std::size_t>(std::popcount(proof.leaf_count));
    if (proof.path.size() != static_cast<std::size_t>(own.height) ||
        proof.peaks.size() + 1 != peak_count)
        return std::nullopt;
    Digest digest = leaf;
    for (std::size_t height = 0; height < proof.path.size(); ++height) {
        const bool right = ((proof.leaf_index >> height) & 1) != 0;
        digest = right ? hash_pair(kHistoryInnerTag, proof.path[height], digest)
                       : hash_pair(kHistoryInnerTag, digest, proof.path[height]);
    }
    std::vector<Digest> peaks = proof.peaks;
    peaks.insert(peaks.begin() + static_cast<std::ptrdiff_t>(own.number), digest);
    return bag_peaks(proof.leaf_count, peaks);
}

}  // namespace walrus::proof
