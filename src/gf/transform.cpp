// SPDX-License-Identifier: Apache-2.0
#include "gf/transform.hpp"

#include <bit>
#include <vector>

#include "base/check.hpp"
#include "gf/field.hpp"

namespace walrus::gf {
namespace {

/// Factors of the transforms of all codes of the protocol: 32 KiB, of which a code uses a few.
class Twiddles {
public:
    Twiddles() {
        for (std::size_t label = 0; label < kCount; ++label)
            factors_[label] = multiplier(static_cast<Element>(label));
    }
    Multiplier operator()(std::size_t label, unsigned layer) const {
        const std::size_t factor = label >> layer;
        return factor < kCount ? factors_[factor] : multiplier(static_cast<Element>(factor));
    }

private:
    static constexpr std::size_t kCount = 8192;
    Multiplier factors_[kCount];
};

const Twiddles& twiddles() {
    static const Twiddles factors;
    return factors;
}

}  // namespace

void ifft(const Kernels& kernels, const Tile& tile, std::size_t first, std::size_t size,
          std::size_t used, std::size_t delta) {
    WALRUS_DCHECK(std::has_single_bit(size));
    const ProductTables& tables = product_tables();
    const Twiddles& twiddle = twiddles();
    std::size_t distance = 1;
    unsigned layer = 0;
    // Two layers a pass.
    for (; 4 * distance <= size; distance *= 4, layer += 2)
        for (std::size_t r = 0; r < used; r += 4 * distance) {
            Byte* base = tile.row(first + r);
            kernels.ifft4({base, base, tile.pitch, tile.plane_bytes, distance, distance}, tables,
                          twiddle(r + delta, layer), twiddle(r + 2 * distance + delta, layer),
                          twiddle(r + delta, layer + 1));
        }
    if (distance < size) {
        Byte* base = tile.row(first);
        kernels.ifft2({base, base, tile.pitch, tile.plane_bytes, distance, distance}, tables,
                      twiddle(delta, layer));
    }
}

void fft(const Kernels& kernels, const Tile& tile, std::size_t dst, std::size_t src,
         std::size_t size, std::size_t delta, std::size_t begin, std::size_t end) {
    WALRUS_DCHECK(std::has_single_bit(size));
    const ProductTables& tables = product_tables();
    const Twiddles& twiddle = twiddles();
    if (size == 1) {
        if (dst != src) std::memcpy(tile.row(dst), tile.row(src), 2 * tile.plane_bytes);
        return;
    }
    std::size_t distance = size / 2;
    unsigned layer = static_cast<unsigned>(std::countr_zero(distance));
    const Byte* from = tile.row(src);
    Byte* to = tile.row(dst);
    if (layer % 2 == 0) {
        kernels.fft2({to, from, tile.pitch, tile.plane_bytes, distance, distance}, tables,
                     twiddle(delta, layer));
        from = to;
        distance /= 2;
        layer -= 1;
    }
    // Two layers a pass; `distance` is the outer one's and `layer` its exponent.
    for (; distance >= 1; distance /= 4, layer -= 2) {
        const std::size_t inner = distance / 2;
        for (std::size_t r = 0; r < end; r += 2 * distance) {
            if (r + 2 * distance <= begin) continue;
            const std::size_t offset = r * tile.pitch;
            kernels.fft4({to + offset, from + offset, tile.pitch, tile.plane_bytes, inner, inner},
                         tables, twiddle(r + delta, layer), twiddle(r + delta, layer - 1),
                         twiddle(r + distance + delta, layer - 1));
        }
        from = to;
    }
}

// Row j: coefficient j and all whose index has one bit more. Those are further on, so that going
// upward every row is read before it is written.
void formal_derivative(const Kernels& kernels, const Tile& tile, std::size_t size,
                       std::size_t further, bool twice) {
    std::vector<const Byte*> rows;
    for (std::size_t j = 0; j < size; ++j) {
        rows.clear();
        if (!twice) rows.push_back(tile.row(j));
        for (std::size_t bit = 1; bit < size; bit *= 2)
            if ((j & bit) == 0) rows.push_back(tile.row(j | bit));
        for (std::size_t block = 1; block <= further; ++block)
            rows.push_back(tile.row(j + block * size));
        if (rows.empty())
            std::memset(tile.row(j), 0, 2 * tile.plane_bytes);
        else
            kernels.sum(tile.row(j), rows.data(), rows.size(), 2 * tile.plane_bytes);
    }
}

}  // namespace walrus::gf
