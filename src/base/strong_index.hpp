// SPDX-License-Identifier: Apache-2.0
// Indices of different meaning are different types: a shard is not a sliver.
#pragma once

#include <compare>
#include <cstdint>

namespace walrus {

template <class Tag, class T = std::uint16_t>
struct StrongIndex {
    using Value = T;
    T value = 0;

    constexpr StrongIndex() = default;
    constexpr explicit StrongIndex(T v) : value(v) {}
    friend constexpr auto operator<=>(const StrongIndex&, const StrongIndex&) = default;
};

}  // namespace walrus
