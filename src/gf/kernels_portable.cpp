// SPDX-License-Identifier: Apache-2.0
// The portable variant: what the other variants must reproduce, byte for byte.
#include <cstring>

#include "gf/kernels.hpp"

namespace walrus::gf {
namespace {

/// A place in a row: the low and the high byte of one element.
struct Cell {
    std::uint8_t low, high;
};

Cell load(const std::uint8_t* row, std::size_t plane_bytes, std::size_t i) {
    return {row[i], row[plane_bytes + i]};
}
void store(std::uint8_t* row, std::size_t plane_bytes, std::size_t i, Cell cell) {
    row[i] = cell.low;
    row[plane_bytes + i] = cell.high;
}

std::uint8_t times(const ProductTables& tables, std::size_t c, std::uint8_t x) {
    return tables.nibbles[c][x & 15] ^ tables.nibbles[c][16 + (x >> 4)];
}

Cell times(const ProductTables& tables, Multiplier t, Cell x) {
    return {static_cast<std::uint8_t>(times(tables, t.ll, x.low) ^ times(tables, t.lh, x.high)),
            static_cast<std::uint8_t>(times(tables, t.hl, x.low) ^ times(tables, t.hh, x.high))};
}

void add_to(Cell& a, Cell b) {
    a.low ^= b.low;
    a.high ^= b.high;
}

void inverse_butterfly(const ProductTables& tables, Multiplier t, Cell& a, Cell& b) {
    add_to(b, a);
    add_to(a, times(tables, t, b));
}
void butterfly(const ProductTables& tables, Multiplier t, Cell& a, Cell& b) {
    add_to(a, times(tables, t, b));
    add_to(b, a);
}

void ifft2(const Butterflies& rows, const ProductTables& tables, Multiplier t) {
    const std::size_t apart = rows.distance * rows.pitch;
    for (std::size_t r = 0; r < rows.count; ++r)
        for (std::size_t i = 0; i < rows.plane_bytes; ++i) {
            const std::uint8_t* src = rows.src + r * rows.pitch;
            std::uint8_t* dst = rows.dst + r * rows.pitch;
            Cell a = load(src, rows.plane_bytes, i);
            Cell b = load(src + apart, rows.plane_bytes, i);
            inverse_butterfly(tables, t, a, b);
            store(dst, rows.plane_bytes, i, a);
            store(dst + apart, rows.plane_bytes, i, b);
        }
}

void fft2(const Butterflies& rows, const ProductTables& tables, Multiplier t) {
    const std::size_t apart = rows.distance * rows.pitch;
    for (std::size_t r = 0; r < rows.count; ++r)
        for (std::size_t i = 0; i < rows.plane_bytes; ++i) {
            const std::uint8_t* src = rows.src + r * rows.pitch;
            std::uint8_t* dst = rows.dst + r * rows.pitch;
            Cell a = load(src, rows.plane_bytes, i);
            Cell b = load(src + apart, rows.plane_bytes, i);
            butterfly(tables, t, a, b);
            store(dst, rows.plane_bytes, i, a);
            store(dst + apart, rows.plane_bytes, i, b);
        }
}

void ifft4(const Butterflies& rows, const ProductTables& tables, Multiplier t01, Multiplier t23,
           Multiplier t02) {
    const std::size_t apart = rows.distance * rows.pitch;
    for (std::size_t r = 0; r < rows.count; ++r)
        for (std::size_t i = 0; i < rows.plane_bytes; ++i) {
            const std::uint8_t* src = rows.src + r * rows.pitch;
            std::uint8_t* dst = rows.dst + r * rows.pitch;
            Cell x[4];
            for (std::size_t j = 0; j < 4; ++j) x[j] = load(src + j * apart, rows.plane_bytes, i);
            inverse_butterfly(tables, t01, x[0], x[1]);
            inverse_butterfly(tables, t23, x[2], x[3]);
            inverse_butterfly(tables, t02, x[0], x[2]);
            inverse_butterfly(tables, t02, x[1], x[3]);
            for (std::size_t j = 0; j < 4; ++j) store(dst + j * apart, rows.plane_bytes, i, x[j]);
        }
}

void fft4(const Butterflies& rows, const ProductTables& tables, Multiplier t02, Multiplier t01,
          Multiplier t23) {
    const std::size_t apart = rows.distance * rows.pitch;
    for (std::size_t r = 0; r < rows.count; ++r)
        for (std::size_t i = 0; i < rows.plane_bytes; ++i) {
            const std::uint8_t* src = rows.src + r * rows.pitch;
            std::uint8_t* dst = rows.dst + r * rows.pitch;
            Cell x[4];
            for (std::size_t j = 0; j < 4; ++j) x[j] = load(src + j * apart, rows.plane_bytes, i);
            butterfly(tables, t02, x[0], x[2]);
            butterfly(tables, t02, x[1], x[3]);
            butterfly(tables, t01, x[0], x[1]);
            butterfly(tables, t23, x[2], x[3]);
            for (std::size_t j = 0; j < 4; ++j) store(dst + j * apart, rows.plane_bytes, i, x[j]);
        }
}

void scale(std::uint8_t* row, std::size_t plane_bytes, const ProductTables& tables, Multiplier t) {
    for (std::size_t i = 0; i < plane_bytes; ++i)
        store(row, plane_bytes, i, times(tables, t, load(row, plane_bytes, i)));
}

void add(std::uint8_t* dst, const std::uint8_t* src, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) dst[i] ^= src[i];
}

void sum(std::uint8_t* dst, const std::uint8_t* const* rows, std::size_t count, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) {
        std::uint8_t x = 0;
        for (std::size_t r = 0; r < count; ++r) x ^= rows[r][i];
        dst[i] = x;
    }
}

void change_basis(std::uint8_t* row, std::size_t plane_bytes, const ProductTables& tables) {
    for (std::size_t i = 0; i < plane_bytes; ++i)
        row[i] ^= times(tables, kPsiIndex, row[plane_bytes + i]);
}

}  // namespace

const Kernels kPortableKernels = {"portable", ifft2, fft2, ifft4,       fft4,
                                  scale,      add,   sum,  change_basis};

}  // namespace walrus::gf
