// SPDX-License-Identifier: Apache-2.0
// The contract between the transforms and their SIMD variants. No inline code stands here: files
// with their own instruction-set flags include this header, and code merged by the linker must not
// depend on which of them was compiled first.
//
// A row is one shard's piece in tower form (gf/field.hpp), as two planes of `plane_bytes` bytes:
// all low bytes, then all high bytes. plane_bytes is a multiple of 64 and rows are 64-byte aligned.
#pragma once

#include <cstddef>
#include <cstdint>

namespace walrus::gf {

/// Index of the map psi in `ProductTables`, after the 256 factors.
inline constexpr std::size_t kPsiIndex = 256;

/// Multiplication by each element c of GF(2^8), and the map psi, in the forms that variants use.
struct alignas(64) ProductTables {
    /// [c][x] = c * x for x < 16, [c][16 + x] = c * (16 x).
    std::uint8_t nibbles[257][32];
    /// The 8x8 bit matrix of x -> c * x in the operand order of GF2P8AFFINEQB: byte 7-i holds the
    /// row of output bit i.
    std::uint64_t affine[257];
};

/// A factor of GF(2^16) acting on tower form: low' = ll*low ^ lh*high, high' = hl*low ^ hh*high.
/// Factors of the subfield have lh = hl = 0 and ll = hh.
struct Multiplier {
    std::uint8_t ll, lh, hl, hh;
};

/// Butterflies of one group: for i in [0, count) on the rows at base + (i + j * distance) * pitch,
/// j < 2 or j < 4. Reads from src, writes to dst, which may be the same.
struct Butterflies {
    std::uint8_t* dst;
    const std::uint8_t* src;
    std::size_t pitch;
    std::size_t plane_bytes;
    std::size_t distance;
    std::size_t count;
};

struct Kernels {
    const char* name;
    /// One layer: B ^= A; A ^= t*B.
    void (*ifft2)(const Butterflies& rows, const ProductTables& tables, Multiplier t);
    /// One layer: A ^= t*B; B ^= A.
    void (*fft2)(const Butterflies& rows, const ProductTables& tables, Multiplier t);
    /// Two layers on rows A B C D: ifft2 of (A,B) by t01 and (C,D) by t23, then (A,C), (B,D) by
    /// t02.
    void (*ifft4)(const Butterflies& rows, const ProductTables& tables, Multiplier t01,
                  Multiplier t23, Multiplier t02);
    /// Two layers: fft2 of (A,C), (B,D) by t02, then (A,B) by t01 and (C,D) by t23.
    void (*fft4)(const Butterflies& rows, const ProductTables& tables, Multiplier t02,
                 Multiplier t01, Multiplier t23);
    /// row *= t.
    void (*scale)(std::uint8_t* row, std::size_t plane_bytes, const ProductTables& tables,
                  Multiplier t);
    /// dst ^= src. bytes is a multiple of 64.
    void (*add)(std::uint8_t* dst, const std::uint8_t* src, std::size_t bytes);
    /// dst = the sum of `count` >= 1 rows, one of which may be dst itself. bytes is a multiple
    /// of 64.
    void (*sum)(std::uint8_t* dst, const std::uint8_t* const* rows, std::size_t count,
                std::size_t bytes);
    /// Label to tower form and back: low ^= psi(high).
    void (*change_basis)(std::uint8_t* row, std::size_t plane_bytes, const ProductTables& tables);
};

/// The oracle: plain C++.
extern const Kernels kPortableKernels;
#if defined(WALRUS_X86_KERNELS)
extern const Kernels kAvx2Kernels;
extern const Kernels kGfniKernels;
extern const Kernels kAvx512Kernels;
extern const Kernels kGfniAvx512Kernels;
#endif
#if defined(WALRUS_NEON_KERNELS)
extern const Kernels kNeonKernels;
#endif

}  // namespace walrus::gf
