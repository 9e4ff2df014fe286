// SPDX-License-Identifier: Apache-2.0
#include "base/executor.hpp"

namespace walrus {
void InlineExecutor::parallel_for(std::size_t count, FunctionRef<void(std::size_t)> body) {
    for (std::size_t i = 0; i < count; ++i) body(i);
}
}  // namespace walrus
