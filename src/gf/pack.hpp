// SPDX-License-Identifier: Apache-2.0
// Between symbols as they are stored and rows of a tile. Stored (spec/encoding.md §2.9): per
// 64-byte block 32 low then 32 high bytes; the last t bytes of a symbol: t/2 low, then t/2 high. In
// a row: all low bytes of all symbols, then all high bytes, element i of symbol j at j *
// symbol_bytes/2 + i, in tower form.
#pragma once

#include <cstddef>

#include "base/bytes.hpp"
#include "gf/kernels.hpp"

namespace walrus::gf {

/// Symbols (or 64-byte aligned pieces of symbols) at equal distances: number i at
/// data + i * stride, `bytes` long, an even number.
struct StridedSymbols {
    const Byte* data;
    std::size_t stride;
    std::size_t bytes;
    std::size_t count;
};

/// Fills a row from symbols; the rest of the row is zero. Precondition: count * bytes / 2 <=
/// plane_bytes.
void load_row(const Kernels& kernels, Byte* row, std::size_t plane_bytes,
              const StridedSymbols& symbols);
/// The same from symbols anywhere: number i at data[i] + offset.
void load_row_gather(const Kernels& kernels, Byte* row, std::size_t plane_bytes,
                     const Byte* const* data, std::size_t offset, std::size_t bytes,
                     std::size_t count);

/// Writes the row's symbols to dst + i * stride. Leaves the row in label form.
void store_row(const Kernels& kernels, Byte* row, std::size_t plane_bytes, Byte* dst,
               std::size_t stride, std::size_t bytes, std::size_t count);

/// Copies `count` symbols of `bytes` from src + i * src_stride to dst + i * dst_stride.
void copy_symbols(Byte* dst, std::size_t dst_stride, const Byte* src, std::size_t src_stride,
                  std::size_t bytes, std::size_t count);

}  // namespace walrus::gf
