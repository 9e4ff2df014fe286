// SPDX-License-Identifier: Apache-2.0
// AVX-512BW: a factor of GF(2^8) is two tables of nibbles, looked up by byte shuffles.
#include <cstddef>
#include <cstdint>

#include "base/x86_intrinsics.hpp"
#include "gf/kernels.hpp"

namespace walrus::gf {
namespace {

using Vec = __m512i;
constexpr std::size_t kVecBytes = 64;
inline Vec load(const std::uint8_t* p) {
    return _mm512_load_si512(p);
}
inline void store(std::uint8_t* p, Vec v) {
    _mm512_store_si512(p, v);
}
inline Vec add(Vec a, Vec b) {
    return _mm512_xor_si512(a, b);
}

struct Factor {
    Vec low, high;
};
inline Factor prepare(const ProductTables& tables, std::size_t c) {
    const auto* nibbles = reinterpret_cast<const __m128i*>(tables.nibbles[c]);
    return {_mm512_broadcast_i32x4(_mm_load_si128(nibbles)),
            _mm512_broadcast_i32x4(_mm_load_si128(nibbles + 1))};
}
inline Vec times(Factor f, Vec x) {
    const Vec mask = _mm512_set1_epi8(15);
    return add(_mm512_shuffle_epi8(f.low, _mm512_and_si512(x, mask)),
               _mm512_shuffle_epi8(f.high, _mm512_and_si512(_mm512_srli_epi64(x, 4), mask)));
}

#include "gf/kernels_vector.inc"

}  // namespace

const Kernels kAvx512Kernels = {"avx512", ifft2,    fft2,     ifft4,       fft4,
                                scale,    add_rows, sum_rows, change_basis};

}  // namespace walrus::gf
