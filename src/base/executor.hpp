// SPDX-License-Identifier: Apache-2.0
// Parallel work for pure code: the caller hands in who does it. Results must not depend on the
// number of threads or the order of the calls.
#pragma once

#include <cstddef>

#include "base/function_ref.hpp"

namespace walrus {

class Executor {
public:
    virtual ~Executor() = default;
    /// How many calls may run at the same time; at least 1.
    virtual std::size_t concurrency() const = 0;
    /// Calls body(i) for every i in [0, count), in any order, perhaps at the same time; returns
    /// when all calls have returned. The calls must be independent of each other. May be nested.
    virtual void parallel_for(std::size_t count, FunctionRef<void(std::size_t)> body) = 0;
};

/// Everything in the calling thread, in order.
class InlineExecutor final : public Executor {
public:
    std::size_t concurrency() const override { return 1; }
    void parallel_for(std::size_t count, FunctionRef<void(std::size_t)> body) override;
};

}  // namespace walrus
