// SPDX-License-Identifier: Apache-2.0
// Integer arithmetic that notices overflow, and divisions that say how they round.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>

namespace walrus {

using Uint128 = unsigned __int128;

template <std::unsigned_integral T>
constexpr std::optional<T> checked_add(T a, T b) {
    T out;
    if (__builtin_add_overflow(a, b, &out)) return std::nullopt;
    return out;
}
template <std::unsigned_integral T>
constexpr std::optional<T> checked_sub(T a, T b) {
    if (b > a) return std::nullopt;
    return static_cast<T>(a - b);
}
template <std::unsigned_integral T>
constexpr std::optional<T> checked_mul(T a, T b) {
    T out;
    if (__builtin_mul_overflow(a, b, &out)) return std::nullopt;
    return out;
}
/// Precondition: b > 0.
template <class T>
constexpr T div_floor(T a, T b) {
    return static_cast<T>(a / b);
}
/// Precondition: b > 0. Never overflows.
template <class T>
constexpr T div_ceil(T a, T b) {
    return static_cast<T>(a / b + (a % b != 0 ? 1 : 0));
}
template <class T>
constexpr T round_up(T a, T multiple) {
    return static_cast<T>(div_ceil(a, multiple) * multiple);
}

}  // namespace walrus
