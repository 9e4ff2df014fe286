// SPDX-License-Identifier: Apache-2.0
// NEON: two lanes.
#include <arm_neon.h>

#include <cstddef>
#include <cstdint>

#include "hash/kernels.hpp"

namespace walrus::hash {
namespace {

using Vec = uint64x2_t;
constexpr std::size_t kLanes = 2;

inline Vec add(Vec a, Vec b) {
    return vaddq_u64(a, b);
}
inline Vec xor_(Vec a, Vec b) {
    return veorq_u64(a, b);
}
inline Vec or_(Vec a, Vec b) {
    return vorrq_u64(a, b);
}
inline Vec shift_left8(Vec a) {
    return vshlq_n_u64(a, 8);
}
inline Vec shift_right56(Vec a) {
    return vshrq_n_u64(a, 56);
}
inline Vec rotr32(Vec a) {
    return vreinterpretq_u64_u32(vrev64q_u32(vreinterpretq_u32_u64(a)));
}
inline Vec rotr24(Vec a) {
    return vsriq_n_u64(vshlq_n_u64(a, 40), a, 24);
}
inline Vec rotr16(Vec a) {
    return vsriq_n_u64(vshlq_n_u64(a, 48), a, 16);
}
inline Vec rotr63(Vec a) {
    return vsriq_n_u64(vaddq_u64(a, a), a, 63);
}
inline Vec broadcast(std::uint64_t x) {
    return vdupq_n_u64(x);
}
inline Vec load_bytes(const std::uint8_t* p) {
    return vreinterpretq_u64_u8(vld1q_u8(p));
}
inline Vec load(const std::uint64_t* p) {
    return vld1q_u64(p);
}
inline void store(std::uint64_t* p, Vec v) {
    vst1q_u64(p, v);
}

/// Two words of two lanes; its own inverse.
[[gnu::always_inline]] inline void transpose(Vec first, Vec second, Vec* m) {
    m[0] = vtrn1q_u64(first, second);
    m[1] = vtrn2q_u64(first, second);
}

[[gnu::always_inline]] inline void load_block(const std::uint8_t* const* blocks, std::size_t offset,
                                              Vec* m) {
    for (std::size_t i = 0; i < 8; ++i)
        transpose(load_bytes(blocks[0] + offset + 16 * i), load_bytes(blocks[1] + offset + 16 * i),
                  m + 2 * i);
}

[[gnu::always_inline]] inline void load_short(std::uint8_t prefix, const std::uint8_t* const* data,
                                              std::size_t bytes, Vec* m) {
    std::uint8_t staged[kLanes][kBlockBytes];
    const std::uint8_t* blocks[kLanes];
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
        staged[lane][0] = prefix;
        __builtin_memcpy(staged[lane] + 1, data[lane], bytes);
        __builtin_memset(staged[lane] + 1 + bytes, 0, kBlockBytes - 1 - bytes);
        blocks[lane] = staged[lane];
    }
    load_block(blocks, 0, m);
}

[[gnu::always_inline]] inline void load_digests(const std::uint8_t* p, std::size_t stride, Vec* m) {
    transpose(load_bytes(p), load_bytes(p + stride), m);
    transpose(load_bytes(p + 16), load_bytes(p + stride + 16), m + 2);
}

[[gnu::always_inline]] inline void store_digests(const Vec (&h)[8], std::uint8_t* out) {
    Vec low[2], high[2];
    transpose(h[0], h[1], low);
    transpose(h[2], h[3], high);
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
        vst1q_u8(out + 32 * lane, vreinterpretq_u8_u64(low[lane]));
        vst1q_u8(out + 32 * lane + 16, vreinterpretq_u8_u64(high[lane]));
    }
}

#include "hash/kernels_vector.inc"

}  // namespace

const HashKernels kNeonHashKernels = {"neon", kLanes, kCalls<1>, kCalls<2>};

}  // namespace walrus::hash
