// SPDX-License-Identifier: Apache-2.0
// Everything that a role needs from outside: clock, randomness, timers, workers, files, network.
// Production binds it to the operating system, the simulator to virtual time and a seed; the code
// above cannot tell the difference.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "base/bytes.hpp"
#include "base/executor.hpp"
#include "io/file.hpp"
#include "io/key_value.hpp"
#include "io/loop.hpp"
#include "io/stream.hpp"

namespace walrus::io {

class Clock {
public:
    virtual ~Clock() = default;
    /// Milliseconds since the Unix epoch; may step backwards.
    virtual std::uint64_t now_ms() const = 0;
};

class Random {
public:
    virtual ~Random() = default;
    /// Unpredictable bytes (in the simulator: from the seed). Thread safe.
    virtual void fill(MutableByteView out) = 0;
    std::uint64_t next_u64() {
        Byte raw[8];
        fill(raw);
        return load_le<std::uint64_t>(raw);
    }
    /// Uniform in [0, bound); bound > 0.
    std::uint64_t below(std::uint64_t bound) { return next_u64() % bound; }
};

/// Threads for work that would stall the loop. The simulator runs the work inline.
class Workers : public Executor {
public:
    /// Runs `work` on a worker. Work queued at shutdown is still run.
    virtual void submit(Callback work) = 0;
};

/// References to what an environment provides; cheap to copy, the owner outlives all users.
struct Environment {
    Loop& loop;
    Clock& clock;
    Random& random;
    Network& network;
    FileSystem& files;
    Workers& cpu;   ///< encode, verify, hash, sign
    Workers& disk;  ///< blocking file and store calls
    /// Opens the ordered store that belongs at `path` (RocksDB, or the simulator's).
    std::function<IoResult<std::unique_ptr<KeyValueStore>>(const std::string& path)> open_store;
};

/// Runs `work()` on the workers and resumes in the loop thread with its result. `work` must own, or
/// safely refer to, all that it uses until the task ends.
template <class F>
Task<std::invoke_result_t<F>> offload(Loop& loop, Workers& workers, F work) {
    using R = std::invoke_result_t<F>;
    if constexpr (std::is_void_v<R>) {
        OneShot<bool> done;
        workers.submit([&loop, &work, done]() mutable {
            work();
            loop.post([done] { done.set(true); });
        });
        co_await done;
    } else {
        // The result crosses threads through the frame; the post orders the two sides.
        OneShot<bool> done;
        std::optional<R> result;
        workers.submit([&loop, &work, &result, done]() mutable {
            result.emplace(work());
            loop.post([done] { done.set(true); });
        });
        co_await done;
        co_return std::move(*result);
    }
}

/// The operating system's environment: one loop thread of its own, shared worker pools.
class RealEnvironment {
public:
    struct Options {
        std::string name = "main";    ///< for thread names and logs
        std::size_t cpu_threads = 0;  ///< 0: one per core
        std::size_t disk_threads = 4;
    };
    static std::unique_ptr<RealEnvironment> make(Options options);
    virtual ~RealEnvironment() = default;
    virtual Environment& environment() = 0;
    /// Another environment with its own loop thread that shares this one's workers.
    virtual std::unique_ptr<RealEnvironment> sibling(std::string name) = 0;
    /// Runs the loop in the calling thread until stop(). Exactly one of run() and start().
    virtual void run() = 0;
    /// Runs the loop in a new thread; joined by the destructor after stop().
    virtual void start() = 0;
    /// Ends run(). Thread safe, idempotent.
    virtual void stop() = 0;
    /// Calls `call(signal number)` in the loop thread for SIGINT, SIGTERM.
    virtual void on_signal(std::move_only_function<void(int)> call) = 0;
};

/// Runs a task on the loop of a started environment from another thread and waits for its end.
void run_blocking(RealEnvironment& environment, Task<void> task);

}  // namespace walrus::io
