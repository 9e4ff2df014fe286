// SPDX-License-Identifier: Apache-2.0
// NEON: a factor of GF(2^8) is two tables of nibbles, looked up by TBL.
#include <arm_neon.h>

#include <cstddef>
#include <cstdint>

#include "gf/kernels.hpp"

namespace walrus::gf {
namespace {

using Vec = uint8x16_t;
constexpr std::size_t kVecBytes = 16;
inline Vec load(const std::uint8_t* p) {
    return vld1q_u8(p);
}
inline void store(std::uint8_t* p, Vec v) {
    vst1q_u8(p, v);
}
inline Vec add(Vec a, Vec b) {
    return veorq_u8(a, b);
}

struct Factor {
    Vec low, high;
};
inline Factor prepare(const ProductTables& tables, std::size_t c) {
    return {vld1q_u8(tables.nibbles[c]), vld1q_u8(tables.nibbles[c] + 16)};
}
inline Vec times(Factor f, Vec x) {
    return add(vqtbl1q_u8(f.low, vandq_u8(x, vdupq_n_u8(15))),
               vqtbl1q_u8(f.high, vshrq_n_u8(x, 4)));
}

#include "gf/kernels_vector.inc"

}  // namespace

const Kernels kNeonKernels = {"neon", ifft2,    fft2,     ifft4,       fft4,
                              scale,  add_rows, sum_rows, change_basis};

}  // namespace walrus::gf
