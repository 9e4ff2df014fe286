// SPDX-License-Identifier: Apache-2.0
// Coroutines. A Task<T> is lazy: it runs when it is awaited or spawned, on the loop of whoever
// awaits it. All coroutines of one environment run in one thread, so they need no locks; other
// threads only get in through Loop::post.
//
// Rules that keep GCC 12 honest: name temporaries before a co_await call, no co_await inside
// statement expressions or conditions of ?:, coroutine lambdas take state as parameters.
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/check.hpp"

namespace walrus::io {

template <class T = void>
class [[nodiscard]] Task;

namespace detail {

struct FinalAwaiter {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> self) const noexcept {
        self.promise().finished_ = true;
        const std::coroutine_handle<> next = self.promise().continuation_;
        return next ? next : std::noop_coroutine();
    }
    void await_resume() const noexcept {}
};

struct PromiseBase {
    std::coroutine_handle<> continuation_;  ///< set once the task has suspended under its awaiter
    bool finished_ = false;
    std::suspend_always initial_suspend() const noexcept { return {}; }
    FinalAwaiter final_suspend() const noexcept { return {}; }
    // Our code does not throw; an exception that gets here is a bug in an adapter.
    [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
};

template <class T>
struct Promise : PromiseBase {
    std::optional<T> value_;
    Task<T> get_return_object() noexcept;
    template <class U>
    void return_value(U&& value) {
        value_.emplace(std::forward<U>(value));
    }
    T take() { return std::move(*value_); }
};

template <>
struct Promise<void> : PromiseBase {
    Task<void> get_return_object() noexcept;
    void return_void() const noexcept {}
    void take() const noexcept {}
};

}  // namespace detail

/// A computation that may suspend and ends with a T. Move only; awaited at most once.
template <class T>
class [[nodiscard]] Task {
public:
    using promise_type = detail::Promise<T>;

    Task() = default;
    explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
    Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Task& operator=(Task&& other) noexcept {
        if (this != &other) {
            if (handle_) handle_.destroy();
            handle_ = std::exchange(other.handle_, nullptr);
        }
        return *this;
    }
    ~Task() {
        if (handle_) handle_.destroy();
    }

    bool valid() const { return static_cast<bool>(handle_); }

    auto operator co_await() && noexcept {
        struct Awaiter {
            std::coroutine_handle<promise_type> handle;
            bool await_ready() const noexcept { return false; }
            // A task that ends without suspending does not resume its caller, the caller goes on by
            // itself: a loop over such tasks needs no stack even where compilers make no tail calls
            // (sanitizers, low optimisation).
            bool await_suspend(std::coroutine_handle<> caller) const noexcept {
                handle.resume();
                if (handle.promise().finished_) return false;
                handle.promise().continuation_ = caller;
                return true;
            }
            T await_resume() const { return handle.promise().take(); }
        };
        WALRUS_CHECK(handle_);
        return Awaiter{handle_};
    }

private:
    std::coroutine_handle<promise_type> handle_;
};

namespace detail {
template <class T>
Task<T> Promise<T>::get_return_object() noexcept {
    return Task<T>(std::coroutine_handle<Promise<T>>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() noexcept {
    return Task<void>(std::coroutine_handle<Promise<void>>::from_promise(*this));
}

/// A coroutine that owns itself: starts at once, frees itself at the end.
struct Detached {
    struct promise_type {
        Detached get_return_object() const noexcept { return {}; }
        std::suspend_never initial_suspend() const noexcept { return {}; }
        std::suspend_never final_suspend() const noexcept { return {}; }
        void return_void() const noexcept {}
        [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
    };
};

template <class F>
Detached run_detached(Task<void> task, F done) {
    co_await std::move(task);
    done();
}
}  // namespace detail

/// Runs the task in this thread until it first suspends, then whenever its events come; `done` is
/// called at its end. Prefer TaskGroup, which can be waited for.
template <class F>
void start(Task<void> task, F done) {
    detail::run_detached(std::move(task), std::move(done));
}
inline void start(Task<void> task) {
    start(std::move(task), [] {});
}

}  // namespace walrus::io
