// SPDX-License-Identifier: Apache-2.0
#include "base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace walrus {
void check_failed(const char* condition, const char* file, int line) {
    std::fprintf(stderr, "walrus: check failed: %s at %s:%d\n", condition, file, line);
    std::fflush(stderr);
    std::abort();
}
}  // namespace walrus
