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

}  // namespace walrus
