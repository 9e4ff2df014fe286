// SPDX-License-Identifier: Apache-2.0
// AVX2: a factor of GF(2^8) is two tables of nibbles, looked up by byte shuffles.
#include <cstddef>
#include <cstdint>

#include "base/x86_intrinsics.hpp"
#include "gf/kernels.hpp"

namespace walrus::gf {
namespace {

using Vec = __m256i;
constexpr std::size_t kVecBytes = 32;
inline Vec load(const std::uint8_t* p) {
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(p));
}
inline void store(std::uint8_t* p, Vec v) {
    _mm256_store_si256(reinterpret_cast<__m256i*>(p), v);
}
inline Vec add(Vec a, Vec b) {
    return _mm256_xor_si256(a, b);
}

struct Factor {
    Vec low, high;
};
inline Factor prepare(const ProductTables& tables, std::size_t c) {
    const auto* nibbles = reinterpret_cast<const __m128i*>(tables.nibbles[c]);
    return {_mm256_broadcastsi128_si256(_mm_load_si128(nibbles)),
            _mm256_broadcastsi128_si256(_mm_load_si128(nibbles + 1))};
}
inline Vec times(Factor f, Vec x) {
    const Vec mask = _mm256_set1_epi8(15);
    return add(_mm256_shuffle_epi8(f.low, _mm256_and_si256(x, mask)),
               _mm256_shuffle_epi8(f.high, _mm256_and_si256(_mm256_srli_epi64(x, 4), mask)));
}

#include "gf/kernels_vector.inc"

}  // namespace

const Kernels kAvx2Kernels = {"avx2", ifft2,    fft2,     ifft4,       fft4,
                              scale,  add_rows, sum_rows, change_basis};

}  // namespace walrus::gf
