// SPDX-License-Identifier: Apache-2.0
// Orders in which nodes are asked.
#pragma once

#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "io/environment.hpp"

namespace walrus::io {

/// 0 … count-1 in random order, so that no node gets all first questions.
inline std::vector<std::uint16_t> random_order(std::size_t count, Random& random) {
    std::vector<std::uint16_t> out(count);
    std::iota(out.begin(), out.end(), std::uint16_t{0});
    for (std::size_t i = count; i > 1; --i) std::swap(out[i - 1], out[random.below(i)]);
    return out;
}

}  // namespace walrus::io
