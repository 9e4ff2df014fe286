// SPDX-License-Identifier: Apache-2.0
// AVX2: four lanes, rotations by shuffles and shifts.
#include <cstddef>
#include <cstdint>

#include "base/x86_intrinsics.hpp"
#include "hash/kernels.hpp"

namespace walrus::hash {
namespace {

using Vec = __m256i;
constexpr std::size_t kLanes = 4;

inline Vec add(Vec a, Vec b) {
    return _mm256_add_epi64(a, b);
}
inline Vec xor_(Vec a, Vec b) {
    return _mm256_xor_si256(a, b);
}
inline Vec or_(Vec a, Vec b) {
    return _mm256_or_si256(a, b);
}
inline Vec shift_left8(Vec a) {
    return _mm256_slli_epi64(a, 8);
}
inline Vec shift_right56(Vec a) {
    return _mm256_srli_epi64(a, 56);
}
inline Vec rotr32(Vec a) {
    return _mm256_shuffle_epi32(a, 0xB1);
}
inline Vec rotr24(Vec a) {
    return _mm256_shuffle_epi8(
        a, _mm256_setr_epi8(3, 4, 5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15, 8, 9, 10, 3, 4, 5, 6, 7, 0,
                            1, 2, 11, 12, 13, 14, 15, 8, 9, 10));
}
inline Vec rotr16(Vec a) {
    return _mm256_shuffle_epi8(
        a, _mm256_setr_epi8(2, 3, 4, 5, 6, 7, 0, 1, 10, 11, 12, 13, 14, 15, 8, 9, 2, 3, 4, 5, 6, 7,
                            0, 1, 10, 11, 12, 13, 14, 15, 8, 9));
}
inline Vec rotr63(Vec a) {
    return xor_(_mm256_srli_epi64(a, 63), _mm256_add_epi64(a, a));
}
inline Vec broadcast(std::uint64_t x) {
    return _mm256_set1_epi64x(static_cast<long long>(x));
}
inline Vec load_bytes(const void* p) {
    return _mm256_loadu_si256(static_cast<const __m256i*>(p));
}
inline Vec load(const std::uint64_t* p) {
    return load_bytes(p);
}
inline void store(std::uint64_t* p, Vec v) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), v);
}

/// Four words of four lanes; its own inverse.
[[gnu::always_inline]] inline void transpose(Vec r0, Vec r1, Vec r2, Vec r3, Vec* m) {
    const Vec a = _mm256_unpacklo_epi64(r0, r1);
    const Vec b = _mm256_unpackhi_epi64(r0, r1);
    const Vec c = _mm256_unpacklo_epi64(r2, r3);
    const Vec d = _mm256_unpackhi_epi64(r2, r3);
    m[0] = _mm256_permute2x128_si256(a, c, 0x20);
    m[1] = _mm256_permute2x128_si256(b, d, 0x20);
    m[2] = _mm256_permute2x128_si256(a, c, 0x31);
    m[3] = _mm256_permute2x128_si256(b, d, 0x31);
}

[[gnu::always_inline]] inline void load_block(const std::uint8_t* const* blocks, std::size_t offset,
                                              Vec* m) {
    for (std::size_t quarter = 0; quarter < 4; ++quarter) {
        const std::size_t at = offset + 32 * quarter;
        transpose(load_bytes(blocks[0] + at), load_bytes(blocks[1] + at),
                  load_bytes(blocks[2] + at), load_bytes(blocks[3] + at), m + 4 * quarter);
    }
}

[[gnu::always_inline]] inline void load_short(std::uint8_t prefix, const std::uint8_t* const* data,
                                              std::size_t bytes, Vec* m) {
    if (bytes < 8) {
        std::uint64_t words[kLanes];
        for (std::size_t lane = 0; lane < kLanes; ++lane) {
            std::uint64_t word = 0;
            for (std::size_t i = bytes; i-- > 0;) word = word << 8 | data[lane][i];
            words[lane] = word << 8 | prefix;
        }
        m[0] = load(words);
        return;
    }
    alignas(32) std::uint8_t staged[kLanes][kBlockBytes];
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
    transpose(load_bytes(p), load_bytes(p + stride), load_bytes(p + 2 * stride),
              load_bytes(p + 3 * stride), m);
}

[[gnu::always_inline]] inline void store_digests(const Vec (&h)[8], std::uint8_t* out) {
    Vec lanes[4];
    transpose(h[0], h[1], h[2], h[3], lanes);
    for (std::size_t lane = 0; lane < kLanes; ++lane)
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 32 * lane), lanes[lane]);
}

#include "hash/kernels_vector.inc"

}  // namespace

const HashKernels kAvx2HashKernels = {"avx2", kLanes, kCalls<1>, kCalls<2>};

}  // namespace walrus::hash
