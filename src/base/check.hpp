// SPDX-License-Identifier: Apache-2.0
// Checks of what must hold if the program is right. A failed check prints where and ends the
// process. Never for input from disk, wire or user: that is a `Result`.
#pragma once

namespace walrus {
[[noreturn]] void check_failed(const char* condition, const char* file, int line);
}

#define WALRUS_CHECK(...)                                \
    (__builtin_expect(static_cast<bool>(__VA_ARGS__), 1) \
         ? void()                                        \
         : ::walrus::check_failed(#__VA_ARGS__, __FILE__, __LINE__))

#ifdef NDEBUG
#define WALRUS_DCHECK(...) void()
#else
#define WALRUS_DCHECK(...) WALRUS_CHECK(__VA_ARGS__)
#endif
