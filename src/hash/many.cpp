// SPDX-License-Identifier: Apache-2.0
#include "hash/many.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "hash/blake2b.hpp"

namespace walrus::hash {
namespace {

constexpr Byte kLeafPrefix = 0;

/// Messages of the largest call: a pair of groups.
constexpr std::size_t kMessagesMax = 2 * kLanesMax;

/// The initial state in every lane of a group.
void reset_state(std::uint64_t* state, std::size_t lanes) {
    std::uint64_t words[8];
    blake2b_initial_state(words);
    for (std::size_t w = 0; w < 8; ++w) std::fill_n(state + w * lanes, lanes, words[w]);
}

/// Groups `groups` (1 or 2) of leaves longer than a block less the prefix.
void hash_long_leaves(const HashKernels& kernels, std::size_t groups, const Byte* const* data,
                      std::size_t bytes, Byte* out) {
    const HashCalls& calls = groups == 2 ? kernels.pair : kernels.one;
    const std::size_t lanes = groups * kernels.lanes;
    std::uint64_t state[8 * kMessagesMax];
    for (std::size_t g = 0; g < groups; ++g)
        reset_state(state + 8 * kernels.lanes * g, kernels.lanes);
    Byte staged[kMessagesMax][kBlockBytes];
    const Byte* blocks[kMessagesMax];
    for (std::size_t lane = 0; lane < lanes; ++lane) {
        staged[lane][0] = kLeafPrefix;
        std::memcpy(staged[lane] + 1, data[lane], kShortBytesMax);
        blocks[lane] = staged[lane];
    }
    calls.absorb(state, blocks, 1, 0);
    const std::size_t rest = bytes - kShortBytesMax;  // at least 1
    const std::size_t whole = (rest - 1) / kBlockBytes;
    for (std::size_t lane = 0; lane < lanes; ++lane) blocks[lane] = data[lane] + kShortBytesMax;
    calls.absorb(state, blocks, whole, kBlockBytes);
    const std::size_t tail = rest - whole * kBlockBytes;
    for (std::size_t lane = 0; lane < lanes; ++lane) {
        std::memcpy(staged[lane], data[lane] + bytes - tail, tail);
        std::memset(staged[lane] + tail, 0, kBlockBytes - tail);
        blocks[lane] = staged[lane];
    }
    calls.finish(state, blocks, bytes + 1, out);
}

void hash_leaf_groups(const HashKernels& kernels, std::size_t groups, const Byte* const* data,
                      std::size_t bytes, Byte* out) {
    if (bytes <= kShortBytesMax)
        (groups == 2 ? kernels.pair : kernels.one).hash_short(kLeafPrefix, data, bytes, out);
    else
        hash_long_leaves(kernels, groups, data, bytes, out);
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
    for (; done + 2 * lanes <= count; done += 2 * lanes)
        hash_leaf_groups(kernels, 2, data + done, bytes, out[done].bytes.data());
    for (; done + lanes <= count; done += lanes)
        hash_leaf_groups(kernels, 1, data + done, bytes, out[done].bytes.data());
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
    hash_leaf_groups(kernels, 1, padded, bytes, digests[0].bytes.data());
    std::copy_n(digests, count - done, out + done);
}

void hash_inner(const HashKernels& kernels, const Byte* left, std::size_t left_stride,
                const Byte* right, std::size_t right_stride, std::size_t count, Digest* out) {
    const std::size_t lanes = kernels.lanes;
    std::size_t done = 0;
    const auto call = [&](const HashCalls& calls) {
        calls.hash_inner(left + done * left_stride, left_stride, right + done * right_stride,
                         right_stride, out[done].bytes.data());
    };
    for (; done + 2 * lanes <= count; done += 2 * lanes) call(kernels.pair);
    for (; done + lanes <= count; done += lanes) call(kernels.one);
    if (done == count) return;
    const std::size_t rest = count - done;
    if (rest == 1) {
        kPortableHashKernels.one.hash_inner(left + done * left_stride, 0,
                                            right + done * right_stride, 0, out[done].bytes.data());
        return;
    }
    Byte staged[2][kLanesMax][32] = {};
    for (std::size_t lane = 0; lane < rest; ++lane) {
        std::memcpy(staged[0][lane], left + (done + lane) * left_stride, 32);
        std::memcpy(staged[1][lane], right + (done + lane) * right_stride, 32);
    }
    Digest digests[kLanesMax];
    kernels.one.hash_inner(staged[0][0], 32, staged[1][0], 32, digests[0].bytes.data());
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

template <class Call>
void LeafHasher::for_groups(Call call) {
    const std::size_t lanes = kernels_.lanes;
    const std::size_t padded = group_count() * lanes;
    std::size_t first = 0;
    for (; first + 2 * lanes <= padded; first += 2 * lanes) call(kernels_.pair, first, 2 * lanes);
    for (; first < padded; first += lanes) call(kernels_.one, first, lanes);
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
    const std::size_t taken = kBlockBytes - carried_;
    const std::size_t whole = (bytes - taken - 1) / kBlockBytes;
    const std::size_t tail = bytes - taken - whole * kBlockBytes;
    for_groups([&](const HashCalls& calls, std::size_t first, std::size_t leaves) {
        std::uint64_t* state = states_.data() + 8 * first;
        const Byte* blocks[kMessagesMax];
        const Byte* direct[kMessagesMax];
        for (std::size_t i = 0; i < leaves; ++i) {
            blocks[i] = carry(first + i);
            direct[i] = data[std::min(first + i, count_ - 1)];
            std::memcpy(carry(first + i) + carried_, direct[i], taken);
            direct[i] += taken;
        }
        calls.absorb(state, blocks, 1, absorbed_);
        calls.absorb(state, direct, whole, absorbed_ + kBlockBytes);
        for (std::size_t i = 0; i < leaves; ++i)
            std::memcpy(carry(first + i), direct[i] + whole * kBlockBytes, tail);
    });
    absorbed_ += (1 + whole) * kBlockBytes;
    carried_ = tail;
}

void LeafHasher::finish(Digest* out) {
    for_groups([&](const HashCalls& calls, std::size_t first, std::size_t leaves) {
        const Byte* blocks[kMessagesMax];
        for (std::size_t i = 0; i < leaves; ++i) {
            Byte* block = carry(first + i);
            std::memset(block + carried_, 0, kBlockBytes - carried_);
            blocks[i] = block;
        }
        Digest digests[kMessagesMax];
        calls.finish(states_.data() + 8 * first, blocks, absorbed_ + carried_,
                     digests[0].bytes.data());
        std::copy_n(digests, std::min(leaves, count_ - first), out + first);
    });
}

}  // namespace walrus::hash
