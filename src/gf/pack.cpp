// SPDX-License-Identifier: Apache-2.0
#include "gf/pack.hpp"

#include <array>
#include <utility>

#include "base/check.hpp"
#include "gf/field.hpp"

namespace walrus::gf {
namespace {

constexpr std::size_t kBlockBytes = 64;
constexpr std::size_t kHalfBytes = 32;

/// One symbol into the planes.
inline void split(Byte* low, Byte* high, const Byte* symbol, std::size_t bytes) {
    for (; bytes >= kBlockBytes; bytes -= kBlockBytes, symbol += kBlockBytes) {
        std::memcpy(low, symbol, kHalfBytes);
        std::memcpy(high, symbol + kHalfBytes, kHalfBytes);
        low += kHalfBytes;
        high += kHalfBytes;
    }
    std::memcpy(low, symbol, bytes / 2);
    std::memcpy(high, symbol + bytes / 2, bytes / 2);
}

inline void join(Byte* symbol, const Byte* low, const Byte* high, std::size_t bytes) {
    for (; bytes >= kBlockBytes; bytes -= kBlockBytes, symbol += kBlockBytes) {
        std::memcpy(symbol, low, kHalfBytes);
        std::memcpy(symbol + kHalfBytes, high, kHalfBytes);
        low += kHalfBytes;
        high += kHalfBytes;
    }
    std::memcpy(symbol, low, bytes / 2);
    std::memcpy(symbol + bytes / 2, high, bytes / 2);
}

// Symbols below one block are one copy of a fixed size per plane; the size is a template argument
// so that the copies are single moves.

using SplitSmall = void (*)(Byte*, Byte*, const Byte*, std::size_t, std::size_t);
using JoinSmall = void (*)(Byte*, std::size_t, const Byte*, const Byte*, std::size_t);

template <std::size_t kHalf>
void split_small(Byte* low, Byte* high, const Byte* data, std::size_t stride, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i, data += stride, low += kHalf, high += kHalf) {
        std::memcpy(low, data, kHalf);
        std::memcpy(high, data + kHalf, kHalf);
    }
}
template <std::size_t kHalf>
void join_small(Byte* data, std::size_t stride, const Byte* low, const Byte* high,
                std::size_t count) {
    for (std::size_t i = 0; i < count; ++i, data += stride, low += kHalf, high += kHalf) {
        std::memcpy(data, low, kHalf);
        std::memcpy(data + kHalf, high, kHalf);
    }
}
template <std::size_t... kHalves>
constexpr auto split_table(std::index_sequence<kHalves...>) {
    return std::array<SplitSmall, sizeof...(kHalves)>{split_small<kHalves>...};
}
template <std::size_t... kHalves>
constexpr auto join_table(std::index_sequence<kHalves...>) {
    return std::array<JoinSmall, sizeof...(kHalves)>{join_small<kHalves>...};
}
constexpr auto kSplitSmall = split_table(std::make_index_sequence<kHalfBytes>());
constexpr auto kJoinSmall = join_table(std::make_index_sequence<kHalfBytes>());

/// Zeroes behind `used` elements and converts to tower form.
void finish_row(const Kernels& kernels, Byte* row, std::size_t plane_bytes, std::size_t used) {
    WALRUS_DCHECK(used <= plane_bytes);
    std::memset(row + used, 0, plane_bytes - used);
    std::memset(row + plane_bytes + used, 0, plane_bytes - used);
    kernels.change_basis(row, plane_bytes, product_tables());
}

template <std::size_t kBytes>
void copy_fixed(Byte* dst, std::size_t dst_stride, const Byte* src, std::size_t src_stride,
                std::size_t count) {
    for (std::size_t i = 0; i < count; ++i, dst += dst_stride, src += src_stride)
        std::memcpy(dst, src, kBytes);
}

}  // namespace

void load_row(const Kernels& kernels, Byte* row, std::size_t plane_bytes,
              const StridedSymbols& symbols) {
    const std::size_t half = symbols.bytes / 2;
    Byte* low = row;
    Byte* high = row + plane_bytes;
    if (half < kHalfBytes) {
        kSplitSmall[half](low, high, symbols.data, symbols.stride, symbols.count);
    } else {
        for (std::size_t i = 0; i < symbols.count; ++i)
            split(low + i * half, high + i * half, symbols.data + i * symbols.stride,
                  symbols.bytes);
    }
    finish_row(kernels, row, plane_bytes, symbols.count * half);
}

void load_row_gather(const Kernels& kernels, Byte* row, std::size_t plane_bytes,
                     const Byte* const* data, std::size_t offset, std::size_t bytes,
                     std::size_t count) {
    const std::size_t half = bytes / 2;
    for (std::size_t i = 0; i < count; ++i)
        split(row + i * half, row + plane_bytes + i * half, data[i] + offset, bytes);
    finish_row(kernels, row, plane_bytes, count * half);
}

void store_row(const Kernels& kernels, Byte* row, std::size_t plane_bytes, Byte* dst,
               std::size_t stride, std::size_t bytes, std::size_t count) {
    kernels.change_basis(row, plane_bytes, product_tables());
    const std::size_t half = bytes / 2;
    const Byte* low = row;
    const Byte* high = row + plane_bytes;
    if (half < kHalfBytes) {
        kJoinSmall[half](dst, stride, low, high, count);
    } else {
        for (std::size_t i = 0; i < count; ++i)
            join(dst + i * stride, low + i * half, high + i * half, bytes);
    }
}

void copy_symbols(Byte* dst, std::size_t dst_stride, const Byte* src, std::size_t src_stride,
                  std::size_t bytes, std::size_t count) {
    switch (bytes) {
        case 2:
            return copy_fixed<2>(dst, dst_stride, src, src_stride, count);
        case 4:
            return copy_fixed<4>(dst, dst_stride, src, src_stride, count);
        case 6:
            return copy_fixed<6>(dst, dst_stride, src, src_stride, count);
        case 8:
            return copy_fixed<8>(dst, dst_stride, src, src_stride, count);
        default:
            for (std::size_t i = 0; i < count; ++i)
                std::memcpy(dst + i * dst_stride, src + i * src_stride, bytes);
    }
}

}  // namespace walrus::gf
