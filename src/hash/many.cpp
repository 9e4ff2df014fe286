// SPDX-License-Identifier: Apache-2.0
#include "hash/many.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "hash/blake2b.hpp"

namespace walrus::hash {
namespace {

constexpr Byte kLeafPrefix = 0;

/// The initial state in every lane of a group.
void reset_state(std::uint64_t* state, std::size_t lanes) {
    std::uint64_t words[8];
    blake2b_initial_state(words);
    for (std::size_t w = 0; w < 8; ++w) std::fill_n(state + w * lanes, lanes, words[w]);
}

/// One group of leaves longer than a block less the prefix.
void hash_long_group(const HashKernels& kernels, const Byte* const* data, std::size_t bytes,
                     Byte* out) {
    const std::size_t lanes = kernels.lanes;
    std::uint64_t state[8 * kLanesMax];
    reset_state(state, lanes);
    Byte staged[kLanesMax][kBlockBytes];
    const Byte* blocks[kLanesMax];
    for (std::size_t lane = 0; lane < lanes; ++lane) {
        staged[lane][0] = kLeafPrefix;
        std::memcpy(staged[lane] + 1, data[lane], kShortBytesMax);
        blocks[lane] = staged[lane];
    }
    kernels.absorb(state, blocks, 1, 0);
    const std::size_t rest = bytes - kShortBytesMax;  // at least 1
    const std::size_t whole = (rest - 1) / kBlockBytes;
    for (std::size_t lane = 0; lane < lanes; ++lane) blocks[lane] = data[lane] + kShortBytesMax;
    kernels.absorb(state, blocks, whole, kBlockBytes);
    const std::size_t tail = rest - whole * kBlockBytes;
    for (std::size_t lane = 0; lane < lanes; ++lane) {
        std::memcpy(staged[lane], data[lane] + bytes - tail, tail);
        std::memset(staged[lane] + tail, 0, kBlockBytes - tail);
        blocks[lane] = staged[lane];
    }
    kernels.finish(state, blocks, bytes + 1, out);
}

void hash_leaf_group(const HashKernels& kernels, const Byte* const* data, std::size_t bytes,
                     Byte* out) {
    if (bytes <= kShortBytesMax)
        kernels.hash_short(kLeafPrefix, data, bytes, out);
    else
        hash_long_group(kernels, data, bytes, out);
}

std::vector<Digest> build_two_byte_leaves() {
    constexpr std::size_t kCount = 65536;
    Bytes data(2 * kCount);
    std::vector<const Byte*> pointers(kCount);
    for (std::size_t i = 0; i < kCount; ++i) {
        store_le(data.data() + 2 * i, static_cast<std::uint16_t>(i));
        pointers[i] = data.data() + 2 * i;
    }
    std::vector<Digest> digests(kCount);
    hash_leaves(kernels(), pointers.data(), 2, kCount, digests.data());
    return digests;
}

}  // namespace

void hash_leaves(const HashKernels& kernels, const Byte* const* data, std::size_t bytes,
                 std::size_t count, Digest* out) {
    const std::size_t lanes = kernels.lanes;
    std::size_t done = 0;
    for (; done + lanes <= count; done += lanes)
        hash_leaf_group(kernels, data + done, bytes, out[done].bytes.data());
    if (done == count) return;
    if (count - done == 1) {
        out[done] = Blake2b().update({&kLeafPrefix, 1}).update({data[done], bytes}).finish();
        return;
    }
    // The last group is filled up with copies of its first message.
    const Byte* padded[kLanesMax];
    for (std::size_t lane = 0; lane < lanes; ++lane)
        padded[lane] = data[done + lane < count ? done + lane : done];
    Digest digests[kLanesMax];
    hash_leaf_group(kernels, padded, bytes, digests[0].bytes.data());
    std::copy_n(digests, count - done, out + done);
}

void hash_inner(const HashKernels& kernels, const Byte* left, std::size_t left_stride,
                const Byte* right, std::size_t right_stride, std::size_t count, Digest* out) {
    const std::size_t lanes = kernels.lanes;
    std::size_t done = 0;
    for (; done + lanes <= count; done += lanes)
        kernels.hash_inner(left + done * left_stride, left_stride, right + done * right_stride,
                           right_stride, out[done].bytes.data());
    if (done == count) return;
    const std::size_t rest = count - done;
    if (rest == 1) {
        kPortableHashKernels.hash_inner(left + done * left_stride, 0, right + done * right_stride,
                                        0, out[done].bytes.data());
        return;
    }
    Byte staged[2][kLanesMax][32] = {};
    for (std::size_t lane = 0; lane < rest; ++lane) {
        std::memcpy(staged[0][lane], left + (done + lane) * left_stride, 32);
        std::memcpy(staged[1][lane], right + (done + lane) * right_stride, 32);
    }
    Digest digests[kLanesMax];
    kernels.hash_inner(staged[0][0], 32, staged[1][0], 32, digests[0].bytes.data());
    std::copy_n(digests, rest, out + done);
}

const std::vector<Digest>& two_byte_leaves() {
    static const std::vector<Digest> leaves = build_two_byte_leaves();
    return leaves;
}

LeafHasher::LeafHasher(const HashKernels& kernels, std::size_t count)
    : kernels_(kernels),
      count_(count),
      states_(group_count() * 8 * kernels.lanes),
      carry_(group_count() * kernels.lanes * kBlockBytes) {
    reset();
}

void LeafHasher::reset() {
    const std::size_t lanes = kernels_.lanes;
    for (std::size_t group = 0; group < group_count(); ++group)
        reset_state(states_.data() + group * 8 * lanes, lanes);
    for (std::size_t leaf = 0; leaf < count_; ++leaf) carry(leaf)[0] = kLeafPrefix;
    carried_ = 1;
    absorbed_ = 0;
}

void LeafHasher::update(const Byte* const* data, std::size_t bytes) {
    if (carried_ + bytes <= kBlockBytes) {
        for (std::size_t leaf = 0; leaf < count_; ++leaf)
            std::memcpy(carry(leaf) + carried_, data[leaf], bytes);
        carried_ += bytes;
        return;
    }
    // More than a block: the carry is completed and absorbed, then whole blocks straight from the
    // data; at least one byte stays, for a block may be the last one.
    const std::size_t lanes = kernels_.lanes;
    const std::size_t taken = kBlockBytes - carried_;
    const std::size_t whole = (bytes - taken - 1) / kBlockBytes;
    const std::size_t tail = bytes - taken - whole * kBlockBytes;
    for (std::size_t group = 0; group < group_count(); ++group) {
        std::uint64_t* state = states_.data() + group * 8 * lanes;
        const Byte* blocks[kLanesMax];
        const Byte* direct[kLanesMax];
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            const std::size_t leaf = group * lanes + lane;
            blocks[lane] = carry(leaf);
            direct[lane] = data[std::min(leaf, count_ - 1)];
            std::memcpy(carry(leaf) + carried_, direct[lane], taken);
            direct[lane] += taken;
        }
        kernels_.absorb(state, blocks, 1, absorbed_);
        kernels_.absorb(state, direct, whole, absorbed_ + kBlockBytes);
        for (std::size_t lane = 0; lane < lanes; ++lane)
            std::memcpy(carry(group * lanes + lane), direct[lane] + whole * kBlockBytes, tail);
    }
    absorbed_ += (1 + whole) * kBlockBytes;
    carried_ = tail;
}

void LeafHasher::finish(Digest* out) {
    const std::size_t lanes = kernels_.lanes;
    for (std::size_t group = 0; group < group_count(); ++group) {
        const Byte* blocks[kLanesMax];
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            Byte* block = carry(group * lanes + lane);
            std::memset(block + carried_, 0, kBlockBytes - carried_);
            blocks[lane] = block;
        }
        Digest digests[kLanesMax];
        kernels_.finish(states_.data() + group * 8 * lanes, blocks, absorbed_ + carried_,
                        digests[0].bytes.data());
        std::copy_n(digests, std::min(lanes, count_ - group * lanes), out + group * lanes);
    }
}

}  // namespace walrus::hash
