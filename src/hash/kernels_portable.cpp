// SPDX-License-Identifier: Apache-2.0
// The portable variant, one lane: what the other variants must reproduce.
#include <cstring>

#include "hash/blake2b.hpp"
#include "hash/kernels.hpp"

namespace walrus::hash {
namespace {

void put(std::uint8_t* out, const Digest& digest) {
    std::memcpy(out, digest.bytes.data(), 32);
}

void hash_short(std::uint8_t prefix, const std::uint8_t* const* data, std::size_t bytes,
                std::uint8_t* out) {
    put(out, Blake2b().update({&prefix, 1}).update({data[0], bytes}).finish());
}

void hash_inner(const std::uint8_t* left, std::size_t, const std::uint8_t* right, std::size_t,
                std::uint8_t* out) {
    const std::uint8_t prefix = 1;
    put(out, Blake2b().update({&prefix, 1}).update({left, 32}).update({right, 32}).finish());
}

void absorb(std::uint64_t* state, const std::uint8_t* const* blocks, std::size_t block_count,
            std::uint64_t counter) {
    for (std::size_t b = 0; b < block_count; ++b) {
        counter += kBlockBytes;
        blake2b_compress(state, blocks[0] + b * kBlockBytes, counter, false);
    }
}

void finish(const std::uint64_t* state, const std::uint8_t* const* blocks, std::uint64_t total,
            std::uint8_t* out) {
    std::uint64_t last[8];
    std::memcpy(last, state, sizeof last);
    blake2b_compress(last, blocks[0], total, true);
    for (std::size_t i = 0; i < 4; ++i) store_le(out + 8 * i, last[i]);
}

constexpr HashCalls kOne = {hash_short, hash_inner, absorb, finish};
constexpr HashCalls kPair = {
    [](std::uint8_t prefix, const std::uint8_t* const* data, std::size_t bytes, std::uint8_t* out) {
        hash_short(prefix, data, bytes, out);
        hash_short(prefix, data + 1, bytes, out + 32);
    },
    [](const std::uint8_t* left, std::size_t left_stride, const std::uint8_t* right,
       std::size_t right_stride, std::uint8_t* out) {
        std::uint8_t both[64];
        hash_inner(left, 0, right, 0, both);
        hash_inner(left + left_stride, 0, right + right_stride, 0, both + 32);
        std::memcpy(out, both, sizeof both);
    },
    [](std::uint64_t* state, const std::uint8_t* const* blocks, std::size_t block_count,
       std::uint64_t counter) {
        absorb(state, blocks, block_count, counter);
        absorb(state + 8, blocks + 1, block_count, counter);
    },
    [](const std::uint64_t* state, const std::uint8_t* const* blocks, std::uint64_t total,
       std::uint8_t* out) {
        finish(state, blocks, total, out);
        finish(state + 8, blocks + 1, total, out + 32);
    }};

}  // namespace

const HashKernels kPortableHashKernels = {"portable", 1, kOne, kPair};

}  // namespace walrus::hash
