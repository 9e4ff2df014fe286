// SPDX-License-Identifier: Apache-2.0
// Many BLAKE2b-256 digests of equal-length messages at once: the leaves and inner nodes of Merkle
// trees (hash/merkle.hpp), through the variant of the processor.
#pragma once

#include <cstddef>
#include <vector>

#include "base/bytes.hpp"
#include "hash/dispatch.hpp"

namespace walrus::hash {

/// out[i] = H(0x00 || data[i][0..bytes)).
void hash_leaves(const HashKernels& kernels, const Byte* const* data, std::size_t bytes,
                 std::size_t count, Digest* out);

/// out[i] = H(0x01 || 32 bytes at left + i * left_stride || 32 bytes at right + i * right_stride).
/// `out` may be where the children are, if no digest is written before its place has been read:
/// out = left = right - 32 with strides of 64 is allowed.
void hash_inner(const HashKernels& kernels, const Byte* left, std::size_t left_stride,
                const Byte* right, std::size_t right_stride, std::size_t count, Digest* out);

/// Digests of all 65536 leaves of two bytes, by the bytes as a little-endian number. Built at first
/// use, 2 MiB; worth it where more leaves than that are needed.
const std::vector<Digest>& two_byte_leaves();

/// Digests of leaves that arrive piece by piece, the same number of bytes of each at a time.
class LeafHasher {
public:
    LeafHasher(const HashKernels& kernels, std::size_t count);

    /// Starts anew.
    void reset();
    /// The next `bytes` of every leaf; data[i] of leaf i.
    void update(const Byte* const* data, std::size_t bytes);
    /// out[i] = digest of leaf i. Then reset() before the next use.
    void finish(Digest* out);

private:
    std::size_t group_count() const { return (count_ + kernels_.lanes - 1) / kernels_.lanes; }
    /// call(calls, first leaf, leaves) for all groups, by pairs where there are two.
    template <class Call>
    void for_groups(Call call);
    Byte* carry(std::size_t leaf) { return carry_.data() + leaf * kBlockBytes; }

    const HashKernels& kernels_;
    std::size_t count_;
    std::size_t carried_ = 0;  // bytes of every leaf that wait in its carry block, 1 to kBlockBytes
    std::uint64_t absorbed_ = 0;
    std::vector<std::uint64_t> states_;  // per group word-sliced
    Bytes carry_;                        // one block per leaf, padded to whole groups
};

}  // namespace walrus::hash
