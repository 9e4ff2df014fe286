// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <random>

#include "base/text.hpp"
#include "hash/blake2b.hpp"
#include "hash/dispatch.hpp"
#include "hash/many.hpp"
#include "hash/merkle.hpp"

namespace walrus {
namespace {

Bytes random_bytes(std::size_t size, std::uint32_t seed) {
    std::mt19937 random(seed);
    Bytes out(size);
    for (Byte& b : out) b = static_cast<Byte>(random());
    return out;
}

TEST(Blake2b, KnownDigests) {
    // Test vectors of other implementations with 32 bytes of output.
    EXPECT_EQ(hex_encode(blake2b(as_bytes("")).bytes),
              "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
    EXPECT_EQ(hex_encode(blake2b(as_bytes("abc")).bytes),
              "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

TEST(Blake2b, PiecesGiveTheSameDigestAsTheWhole) {
    const Bytes data = random_bytes(1000, 1);
    const Digest whole = blake2b(data);
    for (std::size_t piece = 1; piece < 300; ++piece) {
        Blake2b hasher;
        for (std::size_t at = 0; at < data.size(); at += piece)
            hasher.update(ByteView(data).subspan(at, std::min(piece, data.size() - at)));
        EXPECT_EQ(hasher.finish(), whole) << piece;
    }
}

TEST(ManyHashes, EveryVariantOfThisMachinePassesTheSelfTest) {
    for (const auto* variant : hash::available_variants())
        EXPECT_TRUE(hash::self_test(*variant)) << variant->name;
}

TEST(ManyHashes, SelfTestRefusesAVariantThatFlipsABit) {
    hash::HashKernels broken = hash::kPortableHashKernels;
    broken.one.hash_inner = [](const std::uint8_t* left, std::size_t left_stride,
                               const std::uint8_t* right, std::size_t right_stride,
                               std::uint8_t* out) {
        hash::kPortableHashKernels.one.hash_inner(left, left_stride, right, right_stride, out);
        out[31] ^= 0x80;
    };
    EXPECT_FALSE(hash::self_test(broken));
    broken = hash::kPortableHashKernels;
    broken.pair.finish = [](const std::uint64_t* state, const std::uint8_t* const* blocks,
                            std::uint64_t total, std::uint8_t* out) {
        hash::kPortableHashKernels.pair.finish(state, blocks, total, out);
        out[63] ^= 1;
    };
    EXPECT_FALSE(hash::self_test(broken));
}

TEST(ManyHashes, LeavesOfEveryLengthAndCountEqualTheSingleHash) {
    constexpr std::size_t kCount = 51;
    for (const auto* variant : hash::available_variants())
        for (std::size_t bytes = 0; bytes <= 400; ++bytes) {
            const Bytes data = random_bytes(bytes * kCount + 1, static_cast<std::uint32_t>(bytes));
            std::vector<const Byte*> pointers(kCount);
            for (std::size_t i = 0; i < kCount; ++i) pointers[i] = data.data() + i * bytes;
            const std::size_t count = 1 + bytes % kCount;
            std::vector<Digest> out(kCount);
            hash::hash_leaves(*variant, pointers.data(), bytes, count, out.data());
            for (std::size_t i = 0; i < kCount; ++i)
                ASSERT_EQ(out[i], i < count ? merkle_leaf({pointers[i], bytes}) : Digest{})
                    << variant->name << " " << bytes << " " << i;
        }
}

TEST(ManyHashes, InnerNodesInPlaceEqualTheSingleHash) {
    for (const auto* variant : hash::available_variants())
        for (std::size_t count = 1; count <= 40; ++count) {
            const Bytes data = random_bytes(64 * count, static_cast<std::uint32_t>(count));
            std::vector<Digest> nodes(2 * count);
            std::memcpy(nodes.data(), data.data(), data.size());
            const Byte* base = nodes[0].bytes.data();
            hash::hash_inner(*variant, base, 64, base + 32, 64, count, nodes.data());
            for (std::size_t i = 0; i < count; ++i)
                ASSERT_EQ(nodes[i],
                          merkle_inner(Digest::from(ByteView(data).subspan(64 * i, 32)),
                                       Digest::from(ByteView(data).subspan(64 * i + 32, 32))))
                    << variant->name << " " << i << " of " << count;
        }
}

TEST(ManyHashes, TableOfTwoByteLeaves) {
    const auto& table = hash::two_byte_leaves();
    ASSERT_EQ(table.size(), 65536u);
    for (std::size_t i = 0; i < table.size(); i += 97) {
        const Byte raw[2] = {static_cast<Byte>(i), static_cast<Byte>(i >> 8)};
        ASSERT_EQ(table[i], merkle_leaf(raw));
    }
}

TEST(LeafHasher, PiecesOfAnySizeGiveTheWholeDigest) {
    std::mt19937 random(3);
    for (const auto* variant : hash::available_variants()) {
        for (const std::size_t count : {1u, 7u, 8u, 13u}) {
            hash::LeafHasher hasher(*variant, count);
            for (int round = 0; round < 60; ++round) {
                const std::size_t bytes = random() % 1500;
                const Bytes data =
                    random_bytes(bytes * count + 1, static_cast<std::uint32_t>(round));
                hasher.reset();
                for (std::size_t at = 0; at < bytes;) {
                    const std::size_t piece = std::min<std::size_t>(1 + random() % 500, bytes - at);
                    std::vector<const Byte*> pointers(count);
                    for (std::size_t i = 0; i < count; ++i)
                        pointers[i] = data.data() + i * bytes + at;
                    hasher.update(pointers.data(), piece);
                    at += piece;
                }
                std::vector<Digest> out(count);
                hasher.finish(out.data());
                for (std::size_t i = 0; i < count; ++i)
                    ASSERT_EQ(out[i], merkle_leaf({data.data() + i * bytes, bytes}))
                        << variant->name << " " << bytes;
            }
        }
    }
}

std::vector<Digest> leaves_of(const std::vector<std::string>& texts) {
    std::vector<Digest> leaves;
    for (const std::string& text : texts) leaves.push_back(merkle_leaf(as_bytes(text)));
    return leaves;
}

TEST(Merkle, VectorOfTheSpecification) {
    // encoding.md §4.
    const auto leaves = leaves_of({"foo", "bar", "fizz", "baz", "buzz"});
    const std::string root = "1a6135e02ade24f6130f24fa215cc0194ab7bc52a243a30e8f7172e4e5bc82b0";
    const MerkleTree tree = MerkleTree::from_digests(leaves);
    EXPECT_EQ(hex_encode(tree.root().bytes().bytes), root);
    EXPECT_EQ(hex_encode(merkle_root_of_digests(leaves).bytes().bytes), root);
    const MerkleProof proof = tree.proof(4);
    ASSERT_EQ(proof.path.size(), 3u);
    EXPECT_FALSE(proof.path[0].digest);
    EXPECT_FALSE(proof.path[1].digest);
    EXPECT_EQ(hex_encode(proof.path[2].bytes().bytes),
              "21e9eb558c0453b170a375f0b899024facf6050f0820e33368806e242d0c2ce2");
    EXPECT_EQ(hex_encode(merkle_leaf({}).bytes),
              "03170a2e7597b7b7e3d84c05391d139a62b157e78786d8c082f29dcf4c111314");
}

/// The tree by the words of the specification, without batching.
Digest naive_root(std::vector<Digest> level) {
    while (level.size() > 1) {
        if (level.size() % 2 == 1) level.push_back(Digest{});
        std::vector<Digest> next;
        for (std::size_t i = 0; i < level.size(); i += 2)
            next.push_back(merkle_inner(level[i], level[i + 1]));
        level = next;
    }
    return level[0];
}

TEST(Merkle, RootsAndProofsForAllCountsAndIndices) {
    for (std::size_t count = 1; count <= 70; ++count) {
        const Bytes data = random_bytes(count * 3, static_cast<std::uint32_t>(count));
        const MerkleTree tree = MerkleTree::from_packed(data, 3);
        ASSERT_EQ(tree.leaf_count(), count);
        std::vector<Digest> leaves;
        for (std::size_t i = 0; i < count; ++i)
            leaves.push_back(merkle_leaf(ByteView(data).subspan(3 * i, 3)));
        const Digest root = naive_root(leaves);
        ASSERT_EQ(tree.root(), MerkleNode{root});
        ASSERT_EQ(merkle_root_of_digests(leaves), MerkleNode{root});
        for (std::size_t i = 0; i < count; ++i) {
            const ByteView leaf = ByteView(data).subspan(3 * i, 3);
            MerkleProof proof = tree.proof(i);
            ASSERT_EQ(proof.path.size(), merkle_path_length(count));
            ASSERT_TRUE(merkle_verify(root, count, leaf, i, proof));
            ASSERT_EQ(merkle_verify(root, count, leaf, i + count, proof).error(),
                      MerkleError::LeafIndexOutOfRange);
            proof.path.push_back({});
            ASSERT_EQ(merkle_verify(root, count, leaf, i, proof).error(),
                      MerkleError::WrongPathLength);
            if (count > 1) {
                proof.path.pop_back();
                ASSERT_EQ(merkle_verify(root, count, leaf, i ^ 1, proof).has_value(), false);
                proof.path.pop_back();
                ASSERT_EQ(merkle_verify(root, count, leaf, i, proof).error(),
                          MerkleError::WrongPathLength);
            }
        }
    }
    EXPECT_FALSE(merkle_root_of_digests({}).digest);
    EXPECT_FALSE(MerkleTree().root().digest);
}

TEST(Merkle, EveryFlippedBitOfAProofIsCaught) {
    const Bytes data = random_bytes(11 * 2, 5);
    const MerkleTree tree = MerkleTree::from_packed(data, 2);
    const Digest root = tree.root().bytes();
    for (std::size_t leaf = 0; leaf < 11; ++leaf) {
        MerkleProof proof = tree.proof(leaf);
        const ByteView bytes = ByteView(data).subspan(2 * leaf, 2);
        for (MerkleNode& node : proof.path) {
            if (!node.digest) {
                node.digest = Digest{};  // hashes like Empty
                EXPECT_TRUE(merkle_verify(root, 11, bytes, leaf, proof));
                node.digest.reset();
                continue;
            }
            for (std::size_t bit = 0; bit < 256; ++bit) {
                node.digest->bytes[bit / 8] ^= static_cast<Byte>(1 << (bit % 8));
                ASSERT_FALSE(merkle_verify(root, 11, bytes, leaf, proof));
                node.digest->bytes[bit / 8] ^= static_cast<Byte>(1 << (bit % 8));
            }
        }
    }
}

/// Every set of leaves of small trees, and random sets of larger ones.
TEST(Merkle, MultiProofsOfAllSets) {
    std::mt19937 random(5);
    for (std::size_t count = 1; count <= 64; count += count < 10 ? 1 : 9) {
        const Bytes data = random_bytes(count * 5, static_cast<std::uint32_t>(count));
        const MerkleTree tree = MerkleTree::from_packed(data, 5);
        const Digest root = tree.root().bytes();
        const std::size_t sets = count < 10 ? (std::size_t{1} << count) - 1 : 300;
        for (std::size_t set = 1; set <= sets; ++set) {
            std::vector<std::size_t> indices;
            std::vector<Digest> leaves;
            std::size_t single = 0;
            for (std::size_t i = 0; i < count; ++i)
                if (count < 10 ? (set >> i) % 2 == 1 : random() % 4 == 0) {
                    indices.push_back(i);
                    leaves.push_back(tree.leaf(i));
                    single += tree.proof(i).path.size();
                }
            if (indices.empty()) continue;
            const MerkleMultiProof proof = tree.multi_proof(indices);
            ASSERT_LE(proof.siblings.size(), single);
            ASSERT_TRUE(merkle_verify_many(root, count, indices, leaves, proof));

            MerkleMultiProof other = proof;
            other.siblings.push_back(root);
            ASSERT_EQ(merkle_verify_many(root, count, indices, leaves, other).error(),
                      MerkleError::WrongPathLength);
            std::vector<Digest> changed = leaves;
            changed[random() % changed.size()].bytes[random() % 32] ^= 1;
            ASSERT_EQ(merkle_verify_many(root, count, indices, changed, proof).error(),
                      MerkleError::RootMismatch);
            if (!proof.siblings.empty()) {
                other = proof;
                other.siblings[random() % proof.siblings.size()].bytes[random() % 32] ^= 1;
                ASSERT_EQ(merkle_verify_many(root, count, indices, leaves, other).error(),
                          MerkleError::RootMismatch);
                other.siblings.pop_back();
                ASSERT_EQ(merkle_verify_many(root, count, indices, leaves, other).error(),
                          MerkleError::WrongPathLength);
            }
            std::vector<std::size_t> out_of_range = indices;
            out_of_range.back() = count;
            ASSERT_EQ(merkle_verify_many(root, count, out_of_range, leaves, proof).error(),
                      MerkleError::LeafIndexOutOfRange);
            if (indices.size() > 1) {
                std::swap(out_of_range.front(), out_of_range.back());
                ASSERT_EQ(merkle_verify_many(root, count, out_of_range, leaves, proof).error(),
                          MerkleError::LeafIndicesNotSorted);
            }
        }
        ASSERT_EQ(merkle_verify_many(root, count, {}, {}, {}).error(),
                  MerkleError::LeafIndicesNotSorted);
    }
    // All leaves need nothing, two neighbours one path less one node.
    const MerkleTree tree = MerkleTree::from_packed(random_bytes(1000, 9), 1);
    std::vector<std::size_t> all(1000);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    EXPECT_TRUE(tree.multi_proof(all).siblings.empty());
    EXPECT_EQ(tree.multi_proof(std::vector<std::size_t>{6, 7}).siblings.size(), 9u);
}

}  // namespace
}  // namespace walrus
