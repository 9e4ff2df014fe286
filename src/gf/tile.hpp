// SPDX-License-Identifier: Apache-2.0
// Working memory of the transforms: equally spaced rows, each one shard's piece in tower form, all
// low bytes before all high bytes (gf/kernels.hpp).
#pragma once

#include <cstddef>
#include <memory>
#include <new>

#include "base/bytes.hpp"

namespace walrus::gf {

inline constexpr std::size_t kRowAlignment = 64;

/// A view of rows.
struct Tile {
    Byte* data = nullptr;
    std::size_t pitch = 0;        ///< bytes from row to row
    std::size_t plane_bytes = 0;  ///< half of a row's content; a multiple of 64

    Byte* row(std::size_t index) const { return data + index * pitch; }
};

/// Plane size for this many elements in a row.
constexpr std::size_t plane_bytes_for(std::size_t elements) {
    return (elements + kRowAlignment - 1) / kRowAlignment * kRowAlignment;
}
/// Distance of rows: an odd number of cache lines, so that columns spread over the cache's sets.
constexpr std::size_t pitch_for(std::size_t plane_bytes) {
    return 2 * plane_bytes + kRowAlignment;
}

/// Owns aligned memory for `rows` rows of up to `plane_bytes_max`. Not initialised.
class Workspace {
public:
    Workspace(std::size_t rows, std::size_t plane_bytes_max)
        : size_(rows * pitch_for(plane_bytes_max)),
          data_(static_cast<Byte*>(::operator new(size_, std::align_val_t(kRowAlignment)))) {}

    Byte* data() { return data_.get(); }
    std::size_t size() const { return size_; }
    /// Rows of this plane size. Precondition: not larger than at construction.
    Tile tile(std::size_t plane_bytes) {
        return {data_.get(), pitch_for(plane_bytes), plane_bytes};
    }

private:
    struct Free {
        void operator()(Byte* data) const {
            ::operator delete(data, std::align_val_t(kRowAlignment));
        }
    };
    std::size_t size_;
    std::unique_ptr<Byte, Free> data_;
};

}  // namespace walrus::gf
