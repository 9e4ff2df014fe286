// SPDX-License-Identifier: Apache-2.0
// Errors are values. `Result<T, E>` holds a value or an error; E is an enumeration of one room,
// with one enumerator per reaction, or a `Failure` of it where the text must name what was wrong.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <type_traits>
#include <utility>

namespace walrus {

template <class T, class E>
using Result = tl::expected<T, E>;

template <class E>
auto fail(E error) {
    return tl::unexpected<E>(std::move(error));
}

/// An error code of a room with a sentence for people: what was wrong, with which value, and what
/// to do. `code` decides the reaction, `message` is never parsed.
template <class Code>
struct Failure {
    Code code;
    std::string message;
};

template <class Code>
auto failure(Code code, std::string message) {
    return tl::unexpected<Failure<Code>>(Failure<Code>{code, std::move(message)});
}

}  // namespace walrus

namespace walrus::detail {
template <class T, class E>
T take(tl::expected<T, E>& result) {
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}
}  // namespace walrus::detail

/// The value of a Result, or return its error from the enclosing function (a GNU statement
/// expression; in coroutines use WALRUS_CO_TRY).
#define WALRUS_TRY(...)                                                         \
    ({                                                                          \
        auto walrus_try_result = (__VA_ARGS__);                                 \
        if (!walrus_try_result.has_value()) [[unlikely]]                        \
            return ::tl::make_unexpected(std::move(walrus_try_result).error()); \
        ::walrus::detail::take(walrus_try_result);                              \
    })

/// `auto name = value of expression`, or co_return its error. For coroutines: `expression` may hold
/// one co_await and is evaluated into a named variable first (GCC 12 mishandles co_await inside
/// statement expressions).
#define WALRUS_CO_TRY(name, ...)                                           \
    auto name##_result = __VA_ARGS__;                                      \
    if (!name##_result.has_value()) [[unlikely]]                           \
        co_return ::tl::make_unexpected(std::move(name##_result).error()); \
    auto name = std::move(*name##_result)

/// Like WALRUS_CO_TRY for a Result without a value.
#define WALRUS_CO_CHECK_OK(...)                                                   \
    do {                                                                          \
        auto walrus_co_result = __VA_ARGS__;                                      \
        if (!walrus_co_result.has_value()) [[unlikely]]                           \
            co_return ::tl::make_unexpected(std::move(walrus_co_result).error()); \
    } while (false)
