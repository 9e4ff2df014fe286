// SPDX-License-Identifier: Apache-2.0
// Merkle trees of the protocol (spec/encoding.md §4): leaf = H(0x00 || data), inner = H(0x01 ||
// left
// || right); a level with an odd count above one gets one Empty node, which counts as 32 zero
// bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace walrus {

/// Longest proof path: enough for 2^16 leaves. Longer ones are refused when decoding.
inline constexpr std::size_t kMerklePathMax = 16;

/// Empty (no digest) or Digest. BCS: 0, or 1 and 32 bytes. Empty and Digest(0...0) are different
/// nodes that hash the same.
struct MerkleNode {
    std::optional<Digest> digest;

    /// What the node contributes to a hash: its digest, or 32 zero bytes.
    Digest bytes() const { return digest.value_or(Digest{}); }
    friend bool operator==(const MerkleNode&, const MerkleNode&) = default;
};

/// Siblings from the leaf level upward. BCS: ULEB128 count, nodes.
struct MerkleProof {
    std::vector<MerkleNode> path;
    friend bool operator==(const MerkleProof&, const MerkleProof&) = default;
};

/// What the paths of several leaves of one tree need together: digests of the siblings that do not
/// follow from the leaves, level by level from the leaves upward, within a level from left to
/// right. Fillers (Empty) are left out, for their places follow from the number of leaves. Ours,
/// in addition to the public format: at most as long as the single paths, and much shorter for
/// neighbouring leaves.
struct MerkleMultiProof {
    std::vector<Digest> siblings;
    friend bool operator==(const MerkleMultiProof&, const MerkleMultiProof&) = default;
};

enum class MerkleError {
    WrongPathLength,       ///< not exactly the length that the leaf count asks for
    LeafIndexOutOfRange,   ///< leaf index >= leaf count
    RootMismatch,          ///< the path does not lead to the root
    LeafIndicesNotSorted,  ///< no leaf at all, or indices that do not increase
};
const char* describe(MerkleError error);

/// H(0x00 || data).
Digest merkle_leaf(ByteView data);
/// H(0x01 || left || right).
Digest merkle_inner(const Digest& left, const Digest& right);
/// Length of a proof: 0 for one leaf, else floor(log2(leaf_count - 1)) + 1.
std::size_t merkle_path_length(std::size_t leaf_count);

/// Checks that `leaf` (its data) stands at `leaf_index` of the tree with this root. The path must
/// have exactly the right length.
Result<void, MerkleError> merkle_verify(const Digest& root, std::size_t leaf_count, ByteView leaf,
                                        std::size_t leaf_index, const MerkleProof& proof);
/// The same from the leaf's digest.
Result<void, MerkleError> merkle_verify_digest(const Digest& root, std::size_t leaf_count,
                                               const Digest& leaf, std::size_t leaf_index,
                                               const MerkleProof& proof);

/// Checks the digests of several leaves at once. Indices must increase strictly; the proof must
/// hold exactly the siblings that they need.
Result<void, MerkleError> merkle_verify_many(const Digest& root, std::size_t leaf_count,
                                             std::span<const std::size_t> leaf_indices,
                                             std::span<const Digest> leaves,
                                             const MerkleMultiProof& proof);

/// Root of a tree whose leaf digests are given; no leaves: Empty.
MerkleNode merkle_root_of_digests(std::span<const Digest> leaves);

/// A whole tree: all levels, leaves first. Costs 64 bytes a leaf.
class MerkleTree {
public:
    /// Takes the leaves' digests (`merkle_leaf` of each).
    static MerkleTree from_digests(std::vector<Digest> leaves);
    /// Hashes `count` leaves of `leaf_bytes` each that lie one after the other.
    static MerkleTree from_packed(ByteView data, std::size_t leaf_bytes);

    std::size_t leaf_count() const { return leaf_count_; }
    /// Empty only for no leaves.
    MerkleNode root() const;
    const Digest& leaf(std::size_t index) const { return nodes_[index]; }
    /// Precondition: leaf_index < leaf_count().
    MerkleProof proof(std::size_t leaf_index) const;
    /// Precondition: indices increase strictly and are below leaf_count(); there is one at least.
    MerkleMultiProof multi_proof(std::span<const std::size_t> leaf_indices) const;

private:
    std::vector<Digest> nodes_;  // level by level, each level but the last padded to an even count
    std::size_t leaf_count_ = 0;
};

}  // namespace walrus
