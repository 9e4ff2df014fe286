// SPDX-License-Identifier: Apache-2.0
// The tree over a list whose left half is the largest power of two below the count
// (spec/consensus.md §5.1), over any hash: blocks of this ledger use BLAKE2b with tags 0x22 and
// 0x23 (commitments.hpp), CometBFT uses SHA-256 with 0x00 and 0x01.
//
// A policy has: `Leaf` (what the list holds) and static `Digest empty()`, `Digest leaf(Leaf)`,
// `Digest inner(const Digest&, const Digest&)`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.hpp"

namespace walrus::proof {

/// Longest path of such a tree that we read: enough for 2^32 leaves.
inline constexpr std::size_t kShapePathMax = 32;

/// Leaves in the left half of a tree of `count` leaves. Precondition: count >= 2.
constexpr std::uint64_t shape_split(std::uint64_t count) {
    std::uint64_t left = 1;
    while (left < count - left) left *= 2;
    return left;
}

/// Recursion is as deep as the logarithm of the count.
template <class Policy>
Digest shape_root(std::span<const typename Policy::Leaf> leaves) {
    if (leaves.empty()) return Policy::empty();
    if (leaves.size() == 1) return Policy::leaf(leaves[0]);
    const auto left = static_cast<std::size_t>(shape_split(leaves.size()));
    return Policy::inner(shape_root<Policy>(leaves.first(left)),
                         shape_root<Policy>(leaves.subspan(left)));
}

/// Siblings from the leaf to the root. Precondition: index < leaves.size().
template <class Policy>
std::vector<Digest> shape_path(std::span<const typename Policy::Leaf> leaves, std::size_t index) {
    if (leaves.size() == 1) return {};
    const auto left = static_cast<std::size_t>(shape_split(leaves.size()));
    const auto low = leaves.first(left);
    const auto high = leaves.subspan(left);
    const bool in_low = index < left;
    auto path = in_low ? shape_path<Policy>(low, index) : shape_path<Policy>(high, index - left);
    path.push_back(shape_root<Policy>(in_low ? high : low));
    return path;
}

/// The root that this path leads to from the hash of the leaf; nothing if the path has not exactly
/// the length that index and count ask for, or the index is out of range.
template <class Policy>
std::optional<Digest> shape_fold(const Digest& leaf, std::uint64_t index, std::uint64_t count,
                                 std::span<const Digest> path) {
    if (index >= count) return std::nullopt;
    if (count == 1) return path.empty() ? std::optional(leaf) : std::nullopt;
    if (path.empty()) return std::nullopt;
    const std::uint64_t left = shape_split(count);
    const auto below = path.first(path.size() - 1);
    if (index < left) {
        const auto low = shape_fold<Policy>(leaf, index, left, below);
        if (!low) return std::nullopt;
        return Policy::inner(*low, path.back());
    }
    const auto high = shape_fold<Policy>(leaf, index - left, count - left, below);
    if (!high) return std::nullopt;
    return Policy::inner(path.back(), *high);
}

}  // namespace walrus::proof
