// SPDX-License-Identifier: Apache-2.0
#include "hash/merkle.hpp"

#include <algorithm>
#include <bit>

#include "base/check.hpp"
#include "hash/blake2b.hpp"
#include "hash/many.hpp"

namespace walrus {
namespace {

/// Nodes of a level with its Empty filler.
std::size_t padded(std::size_t count) {
    return count > 1 ? count + count % 2 : count;
}

/// Calls for the parents of the nodes `indices` of a level of `count` nodes, from left to right:
/// both(i) if nodes i and i + 1 of the list are siblings, one(i) if node i's sibling is not in the
/// list and is a node, filled(i) if it is a filler. `indices` becomes the list of parents.
template <class Both, class One, class Filled>
void for_parents(std::vector<std::size_t>& indices, std::size_t count, Both both, One one,
                 Filled filled) {
    std::size_t parents = 0;
    for (std::size_t i = 0; i < indices.size(); ++i) {
        const std::size_t sibling = indices[i] ^ 1;
        const std::size_t parent = indices[i] / 2;
        if (i + 1 < indices.size() && indices[i + 1] == sibling)
            both(i++);
        else if (sibling < count)
            one(i);
        else
            filled(i);
        indices[parents++] = parent;
    }
    indices.resize(parents);
}

void reduce_level(const Digest* nodes, std::size_t pairs, Digest* out) {
    const Byte* base = nodes->bytes.data();
    hash::hash_inner(hash::kernels(), base, 64, base + 32, 64, pairs, out);
}

}  // namespace

const char* describe(MerkleError error) {
    switch (error) {
        case MerkleError::WrongPathLength:
            return "the Merkle proof has the wrong length";
        case MerkleError::LeafIndexOutOfRange:
            return "the Merkle leaf index is out of range";
        case MerkleError::RootMismatch:
            return "the Merkle proof does not lead to the root";
        case MerkleError::LeafIndicesNotSorted:
            return "the leaf indices of the Merkle proof do not increase";
    }
    return "";
}

Digest merkle_leaf(ByteView data) {
    const Byte prefix = 0;
    return Blake2b().update({&prefix, 1}).update(data).finish();
}

Digest merkle_inner(const Digest& left, const Digest& right) {
    const Byte prefix = 1;
    return Blake2b().update({&prefix, 1}).update(left.bytes).update(right.bytes).finish();
}

std::size_t merkle_path_length(std::size_t leaf_count) {
    return leaf_count <= 1 ? 0 : std::bit_width(leaf_count - 1);
}

Result<void, MerkleError> merkle_verify(const Digest& root, std::size_t leaf_count, ByteView leaf,
                                        std::size_t leaf_index, const MerkleProof& proof) {
    return merkle_verify_digest(root, leaf_count, merkle_leaf(leaf), leaf_index, proof);
}

Result<void, MerkleError> merkle_verify_digest(const Digest& root, std::size_t leaf_count,
                                               const Digest& leaf, std::size_t leaf_index,
                                               const MerkleProof& proof) {
    if (proof.path.size() != merkle_path_length(leaf_count))
        return fail(MerkleError::WrongPathLength);
    if (leaf_index >= leaf_count) return fail(MerkleError::LeafIndexOutOfRange);
    Digest node = leaf;
    for (const MerkleNode& sibling : proof.path) {
        node = leaf_index % 2 == 0 ? merkle_inner(node, sibling.bytes())
                                   : merkle_inner(sibling.bytes(), node);
        leaf_index /= 2;
    }
    if (node != root) return fail(MerkleError::RootMismatch);
    return {};
}

Result<void, MerkleError> merkle_verify_many(const Digest& root, std::size_t leaf_count,
                                             std::span<const std::size_t> leaf_indices,
                                             std::span<const Digest> leaves,
                                             const MerkleMultiProof& proof) {
    WALRUS_CHECK(leaf_indices.size() == leaves.size());
    if (leaf_indices.empty()) return fail(MerkleError::LeafIndicesNotSorted);
    for (std::size_t i = 1; i < leaf_indices.size(); ++i)
        if (leaf_indices[i - 1] >= leaf_indices[i]) return fail(MerkleError::LeafIndicesNotSorted);
    if (leaf_indices.back() >= leaf_count) return fail(MerkleError::LeafIndexOutOfRange);

    std::vector<std::size_t> indices(leaf_indices.begin(), leaf_indices.end());
    std::vector<Digest> nodes(leaves.begin(), leaves.end());
    std::vector<Digest> left, right;
    std::size_t used = 0;
    bool enough = true;
    const Digest empty{};
    for (std::size_t count = leaf_count; count > 1 && enough; count = padded(count) / 2) {
        left.clear();
        right.clear();
        const auto pair = [&](std::size_t index, const Digest& node, const Digest& sibling) {
            left.push_back(index % 2 == 0 ? node : sibling);
            right.push_back(index % 2 == 0 ? sibling : node);
        };
        for_parents(
            indices, count, [&](std::size_t i) { pair(0, nodes[i], nodes[i + 1]); },
            [&](std::size_t i) {
                enough = enough && used < proof.siblings.size();
                pair(indices[i], nodes[i], enough ? proof.siblings[used++] : empty);
            },
            [&](std::size_t i) { pair(indices[i], nodes[i], empty); });
        nodes.resize(left.size());
        hash::hash_inner(hash::kernels(), left[0].bytes.data(), sizeof(Digest),
                         right[0].bytes.data(), sizeof(Digest), left.size(), nodes.data());
    }
    if (!enough || used != proof.siblings.size()) return fail(MerkleError::WrongPathLength);
    if (nodes[0] != root) return fail(MerkleError::RootMismatch);
    return {};
}

MerkleNode merkle_root_of_digests(std::span<const Digest> leaves) {
    if (leaves.empty()) return {};
    std::vector<Digest> nodes(leaves.begin(), leaves.end());
    while (nodes.size() > 1) {
        nodes.resize(padded(nodes.size()));
        reduce_level(nodes.data(), nodes.size() / 2, nodes.data());
        nodes.resize(nodes.size() / 2);
    }
    return {nodes[0]};
}

MerkleTree MerkleTree::from_digests(std::vector<Digest> leaves) {
    MerkleTree tree;
    tree.leaf_count_ = leaves.size();
    if (leaves.empty()) return tree;
    std::size_t total = 0;
    for (std::size_t count = leaves.size();; count = padded(count) / 2) {
        total += padded(count);
        if (count == 1) break;
    }
    tree.nodes_ = std::move(leaves);
    tree.nodes_.resize(total);
    std::size_t level = 0;
    for (std::size_t count = tree.leaf_count_; count > 1; count = padded(count) / 2) {
        reduce_level(tree.nodes_.data() + level, padded(count) / 2,
                     tree.nodes_.data() + level + padded(count));
        level += padded(count);
    }
    return tree;
}

MerkleTree MerkleTree::from_packed(ByteView data, std::size_t leaf_bytes) {
    WALRUS_CHECK(leaf_bytes > 0);
    WALRUS_CHECK(data.size() % leaf_bytes == 0);
    const std::size_t count = data.size() / leaf_bytes;
    std::vector<const Byte*> pointers(count);
    for (std::size_t i = 0; i < count; ++i) pointers[i] = data.data() + i * leaf_bytes;
    std::vector<Digest> digests(count);
    hash::hash_leaves(hash::kernels(), pointers.data(), leaf_bytes, count, digests.data());
    return from_digests(std::move(digests));
}

MerkleNode MerkleTree::root() const {
    if (leaf_count_ == 0) return {};
    return {nodes_.back()};
}

MerkleProof MerkleTree::proof(std::size_t leaf_index) const {
    WALRUS_CHECK(leaf_index < leaf_count_);
    MerkleProof proof;
    std::size_t level = 0;
    for (std::size_t count = leaf_count_; count > 1; count = padded(count) / 2) {
        const std::size_t sibling = leaf_index ^ 1;
        proof.path.push_back(sibling < count ? MerkleNode{nodes_[level + sibling]} : MerkleNode{});
        level += padded(count);
        leaf_index /= 2;
    }
    return proof;
}

MerkleMultiProof MerkleTree::multi_proof(std::span<const std::size_t> leaf_indices) const {
    WALRUS_CHECK(!leaf_indices.empty() && leaf_indices.back() < leaf_count_);
    std::vector<std::size_t> indices(leaf_indices.begin(), leaf_indices.end());
    for (std::size_t i = 1; i < indices.size(); ++i) WALRUS_CHECK(indices[i - 1] < indices[i]);
    MerkleMultiProof proof;
    std::size_t level = 0;
    for (std::size_t count = leaf_count_; count > 1; count = padded(count) / 2) {
        for_parents(
            indices, count, [](std::size_t) {},
            [&](std::size_t i) { proof.siblings.push_back(nodes_[level + (indices[i] ^ 1)]); },
            [](std::size_t) {});
        level += padded(count);
    }
    return proof;
}

}  // namespace walrus
