// SPDX-License-Identifier: Apache-2.0
// The additive Fourier transforms over rows of a tile (spec/encoding.md §2.3, §2.4). The factor of
// a group of butterflies at half-distance 2^i whose first evaluation point has label b is the
// element with label b >> i; no tables.
#pragma once

#include <cstddef>

#include "gf/kernels.hpp"
#include "gf/tile.hpp"

namespace walrus::gf {

/// Evaluations at labels delta..delta+size-1 (rows first..first+size-1) to coefficients, in place.
/// size is a power of two. Rows at offset >= used are known to be zero.
void ifft(const Kernels& kernels, const Tile& tile, std::size_t first, std::size_t size,
          std::size_t used, std::size_t delta);

/// Coefficients in rows src..src+size-1 to evaluations at delta..delta+size-1 in rows
/// dst..dst+size-1 (dst = src, or no overlap). Only outputs at offsets [begin, end) are needed;
/// the others are left undefined.
void fft(const Kernels& kernels, const Tile& tile, std::size_t dst, std::size_t src,
         std::size_t size, std::size_t delta, std::size_t begin, std::size_t end);

/// The formal derivative of coefficients in rows 0..size-1, in place, and its sum with further
/// rows: row j of the result gets rows j + size, j + 2 size, ... of the tile, `further` of them,
/// and once more row j of the coefficients if `twice` is set.
void formal_derivative(const Kernels& kernels, const Tile& tile, std::size_t size,
                       std::size_t further = 0, bool twice = false);

}  // namespace walrus::gf
