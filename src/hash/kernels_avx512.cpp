// SPDX-License-Identifier: Apache-2.0
// AVX-512: eight lanes, rotations are single instructions, short messages come by masked loads.
#include <cstddef>
#include <cstdint>

#include "base/x86_intrinsics.hpp"
#include "hash/kernels.hpp"

namespace walrus::hash {
namespace {

using Vec = __m512i;
constexpr std::size_t kLanes = 8;

inline Vec add(Vec a, Vec b) {
    return _mm512_add_epi64(a, b);
}
inline Vec xor_(Vec a, Vec b) {
    return _mm512_xor_si512(a, b);
}
inline Vec or_(Vec a, Vec b) {
    return _mm512_or_si512(a, b);
}
inline Vec shift_left8(Vec a) {
    return _mm512_slli_epi64(a, 8);
}
inline Vec shift_right56(Vec a) {
    return _mm512_srli_epi64(a, 56);
}
inline Vec rotr32(Vec a) {
    return _mm512_ror_epi64(a, 32);
}
inline Vec rotr24(Vec a) {
    return _mm512_ror_epi64(a, 24);
}
inline Vec rotr16(Vec a) {
    return _mm512_ror_epi64(a, 16);
}
inline Vec rotr63(Vec a) {
    return _mm512_ror_epi64(a, 63);
}
inline Vec broadcast(std::uint64_t x) {
    return _mm512_set1_epi64(static_cast<long long>(x));
}
inline Vec load(const std::uint64_t* p) {
    return _mm512_loadu_si512(p);
}
inline void store(std::uint64_t* p, Vec v) {
    _mm512_storeu_si512(p, v);
}

/// rows[lane] = eight words of a lane; m[word] = that word of the eight lanes.
[[gnu::always_inline]] inline void transpose(const Vec (&rows)[8], Vec* m) {
    Vec a[8];
    for (std::size_t i = 0; i < 4; ++i) {
        a[2 * i] = _mm512_unpacklo_epi64(rows[2 * i], rows[2 * i + 1]);
        a[2 * i + 1] = _mm512_unpackhi_epi64(rows[2 * i], rows[2 * i + 1]);
    }
    // a[2i], a[2i+1]: even, odd words of lanes 2i, 2i+1 in four 128-bit chunks.
    for (std::size_t odd = 0; odd < 2; ++odd) {
        const Vec p = _mm512_shuffle_i64x2(a[odd], a[2 + odd], 0x88);
        const Vec q = _mm512_shuffle_i64x2(a[odd], a[2 + odd], 0xDD);
        const Vec r = _mm512_shuffle_i64x2(a[4 + odd], a[6 + odd], 0x88);
        const Vec s = _mm512_shuffle_i64x2(a[4 + odd], a[6 + odd], 0xDD);
        m[odd] = _mm512_shuffle_i64x2(p, r, 0x88);
        m[2 + odd] = _mm512_shuffle_i64x2(q, s, 0x88);
        m[4 + odd] = _mm512_shuffle_i64x2(p, r, 0xDD);
        m[6 + odd] = _mm512_shuffle_i64x2(q, s, 0xDD);
    }
}

[[gnu::always_inline]] inline void load_block(const std::uint8_t* const* blocks, std::size_t offset,
                                              Vec* m) {
    Vec rows[8];
    for (std::size_t half = 0; half < 2; ++half) {
        for (std::size_t lane = 0; lane < kLanes; ++lane)
            rows[lane] = _mm512_loadu_si512(blocks[lane] + offset + 64 * half);
        transpose(rows, m + 8 * half);
    }
}

/// A mask of `count` low bits, 0 to 64.
inline __mmask64 low_bits(std::size_t count) {
    return count >= 64 ? ~__mmask64{0} : (__mmask64{1} << count) - 1;
}

[[gnu::always_inline]] inline void load_short(std::uint8_t prefix, const std::uint8_t* const* data,
                                              std::size_t bytes, Vec* m) {
    const std::size_t message = bytes + 1;
    if (bytes < 8) {
        alignas(64) std::uint64_t words[kLanes];
        for (std::size_t lane = 0; lane < kLanes; ++lane) {
            std::uint64_t word = 0;
            for (std::size_t i = bytes; i-- > 0;) word = word << 8 | data[lane][i];
            words[lane] = word << 8 | prefix;
        }
        m[0] = _mm512_load_si512(words);
        return;
    }
    Vec rows[8];
    const __mmask64 first = low_bits(message) & ~__mmask64{1};
    for (std::size_t lane = 0; lane < kLanes; ++lane)
        rows[lane] = _mm512_maskz_loadu_epi8(first, data[lane] - 1);
    transpose(rows, m);
    m[0] = or_(m[0], broadcast(prefix));
    if (bytes < 64) return;
    const __mmask64 second = low_bits(message - 64);
    for (std::size_t lane = 0; lane < kLanes; ++lane)
        rows[lane] = _mm512_maskz_loadu_epi8(second, data[lane] + 63);
    transpose(rows, m + 8);
}

[[gnu::always_inline]] inline void load_digests(const std::uint8_t* p, std::size_t stride, Vec* m) {
    // Lanes k and k + 4 share a register; four words of four lanes are transposed in each half.
    Vec rows[4];
    for (std::size_t k = 0; k < 4; ++k)
        rows[k] = _mm512_inserti64x4(
            _mm512_castsi256_si512(
                _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + k * stride))),
            _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + (k + 4) * stride)), 1);
    const Vec a = _mm512_unpacklo_epi64(rows[0], rows[1]);
    const Vec b = _mm512_unpackhi_epi64(rows[0], rows[1]);
    const Vec c = _mm512_unpacklo_epi64(rows[2], rows[3]);
    const Vec d = _mm512_unpackhi_epi64(rows[2], rows[3]);
    const Vec low = _mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13);
    const Vec high = _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15);
    m[0] = _mm512_permutex2var_epi64(a, low, c);
    m[1] = _mm512_permutex2var_epi64(b, low, d);
    m[2] = _mm512_permutex2var_epi64(a, high, c);
    m[3] = _mm512_permutex2var_epi64(b, high, d);
}

[[gnu::always_inline]] inline void store_digests(const Vec (&h)[8], std::uint8_t* out) {
    const Vec a = _mm512_unpacklo_epi64(h[0], h[1]);  // words 0, 1 of lanes 0 2 4 6
    const Vec b = _mm512_unpackhi_epi64(h[0], h[1]);  // words 0, 1 of lanes 1 3 5 7
    const Vec c = _mm512_unpacklo_epi64(h[2], h[3]);
    const Vec d = _mm512_unpackhi_epi64(h[2], h[3]);
    const Vec first = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11);
    const Vec last = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
    const Vec even0 = _mm512_permutex2var_epi64(a, first, c);  // lanes 0, 2
    const Vec even1 = _mm512_permutex2var_epi64(a, last, c);   // lanes 4, 6
    const Vec odd0 = _mm512_permutex2var_epi64(b, first, d);   // lanes 1, 3
    const Vec odd1 = _mm512_permutex2var_epi64(b, last, d);    // lanes 5, 7
    _mm512_storeu_si512(out, _mm512_shuffle_i64x2(even0, odd0, 0x44));
    _mm512_storeu_si512(out + 64, _mm512_shuffle_i64x2(even0, odd0, 0xEE));
    _mm512_storeu_si512(out + 128, _mm512_shuffle_i64x2(even1, odd1, 0x44));
    _mm512_storeu_si512(out + 192, _mm512_shuffle_i64x2(even1, odd1, 0xEE));
}

#include "hash/kernels_vector.inc"

}  // namespace

const HashKernels kAvx512HashKernels = {"avx512", kLanes, kCalls<1>, kCalls<2>};

}  // namespace walrus::hash
