// SPDX-License-Identifier: Apache-2.0
// AVX-512 with GFNI: a factor of GF(2^8) is one 8x8 bit matrix.
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

using Factor = Vec;
inline Factor prepare(const ProductTables& tables, std::size_t c) {
    return _mm512_set1_epi64(static_cast<long long>(tables.affine[c]));
}
inline Vec times(Factor f, Vec x) {
    return _mm512_gf2p8affine_epi64_epi8(x, f, 0);
}

#include "gf/kernels_vector.inc"

}  // namespace

const Kernels kGfniAvx512Kernels = {"gfni-avx512", ifft2,    fft2,     ifft4,       fft4,
                                    scale,         add_rows, sum_rows, change_basis};

}  // namespace walrus::gf
