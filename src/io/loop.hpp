// SPDX-License-Identifier: Apache-2.0
// The loop that runs an environment's coroutines, and what they wait with: timers, one-shot
// results, events, semaphores, groups and cancellation. Everything here belongs to one loop thread,
// except Loop::post, which any thread may call.
#pragma once

#include <coroutine>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "io/task.hpp"

namespace walrus::io {

using Callback = std::move_only_function<void()>;

/// Single-threaded scheduler: real (Asio) or simulated (virtual time).
class Loop {
public:
    using TimerId = std::uint64_t;
    virtual ~Loop() = default;
    /// Runs `call` in the loop thread, later, in order of posting. Thread safe.
    virtual void post(Callback call) = 0;
    /// Runs `call` in the loop thread after `delay_us` microseconds. Loop thread only.
    virtual TimerId schedule(std::uint64_t delay_us, Callback call) = 0;
    /// The call will not run if it has not yet. Loop thread only.
    virtual void cancel(TimerId timer) = 0;
    /// Microseconds of a clock that never goes back; for durations only.
    virtual std::uint64_t monotonic_us() const = 0;
};

// ---- cancellation ------------------------------------------------------------------------------

namespace detail {
struct CancelState {
    bool cancelled = false;
    std::uint64_t next = 0;
    std::vector<std::pair<std::uint64_t, Callback>> calls;
};
}  // namespace detail

/// Undoes a registration when destroyed.
class CancelRegistration {
public:
    CancelRegistration() = default;
    CancelRegistration(std::shared_ptr<detail::CancelState> state, std::uint64_t id)
        : state_(std::move(state)), id_(id) {}
    CancelRegistration(CancelRegistration&& other) noexcept
        : state_(std::move(other.state_)), id_(other.id_) {
        other.state_.reset();
    }
    CancelRegistration& operator=(CancelRegistration&& other) noexcept {
        release();
        state_ = std::move(other.state_);
        other.state_.reset();
        id_ = other.id_;
        return *this;
    }
    ~CancelRegistration() { release(); }

private:
    void release() {
        if (state_) std::erase_if(state_->calls, [&](const auto& c) { return c.first == id_; });
        state_.reset();
    }
    std::shared_ptr<detail::CancelState> state_;
    std::uint64_t id_ = 0;
};

/// Tells an operation that nobody wants its result any more. The default token never cancels.
class CancelToken {
public:
    CancelToken() = default;
    explicit CancelToken(std::shared_ptr<detail::CancelState> state) : state_(std::move(state)) {}
    bool cancelled() const { return state_ && state_->cancelled; }
    /// Calls `call` when cancelled (at once if it already is), while the registration lives.
    [[nodiscard]] CancelRegistration on_cancel(Callback call) const {
        if (!state_) return {};
        if (state_->cancelled) {
            call();
            return {};
        }
        const std::uint64_t id = state_->next++;
        state_->calls.emplace_back(id, std::move(call));
        return {state_, id};
    }

private:
    std::shared_ptr<detail::CancelState> state_;
};

class CancelSource {
public:
    CancelToken token() const { return CancelToken(state_); }
    bool cancelled() const { return state_->cancelled; }
    void cancel() {
        if (state_->cancelled) return;
        state_->cancelled = true;
        auto calls = std::move(state_->calls);
        state_->calls.clear();
        for (auto& [id, call] : calls) call();
    }

private:
    std::shared_ptr<detail::CancelState> state_ = std::make_shared<detail::CancelState>();
};

// ---- waiting -----------------------------------------------------------------------------------

/// A value that one side sets once and one coroutine awaits. Copies share it. The waiter is resumed
/// inside set(): set it from a loop callback, never from another thread.
template <class T>
class OneShot {
public:
    bool is_set() const { return state_->value.has_value(); }
    /// The first set counts; later ones are ignored.
    void set(T value) const {
        const auto state = state_;
        if (state->value) return;
        state->value.emplace(std::move(value));
        if (const auto waiter = std::exchange(state->waiter, nullptr)) waiter.resume();
    }
    auto operator co_await() const noexcept {
        struct Awaiter {
            std::shared_ptr<State> state;
            bool await_ready() const noexcept { return state->value.has_value(); }
            void await_suspend(std::coroutine_handle<> caller) const noexcept {
                WALRUS_CHECK(!state->waiter);
                state->waiter = caller;
            }
            T await_resume() const { return std::move(*state->value); }
        };
        return Awaiter{state_};
    }

private:
    struct State {
        std::optional<T> value;
        std::coroutine_handle<> waiter;
    };
    std::shared_ptr<State> state_ = std::make_shared<State>();
};

/// Sleeps. True: the time passed; false: cancelled.
Task<bool> sleep_us(Loop& loop, std::uint64_t delay_us, CancelToken cancel = {});
inline Task<bool> sleep_ms(Loop& loop, std::uint64_t delay_ms, CancelToken cancel = {}) {
    return sleep_us(loop, delay_ms * 1000, std::move(cancel));
}
/// Lets everything that is ready run first.
Task<void> yield(Loop& loop);

/// Wakes all who wait; they look again at what they wait for. Waiters resume through the loop.
class Event {
public:
    explicit Event(Loop& loop) : loop_(loop) {}
    void notify_all();
    /// Until the next notify_all. True: notified; false: timed out or cancelled. timeout_us 0 means
    /// no timeout.
    Task<bool> wait(std::uint64_t timeout_us = 0, CancelToken cancel = {});

private:
    Loop& loop_;
    std::list<OneShot<bool>> waiters_;
};

/// Counts permits; waiters are served in order. Loop thread only.
class Semaphore {
public:
    Semaphore(Loop& loop, std::size_t permits) : loop_(loop), free_(permits) {}

    class Permit {
    public:
        Permit() = default;
        explicit Permit(Semaphore* owner) : owner_(owner) {}
        Permit(Permit&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
        Permit& operator=(Permit&& other) noexcept {
            if (owner_ != nullptr) owner_->release();
            owner_ = std::exchange(other.owner_, nullptr);
            return *this;
        }
        ~Permit() {
            if (owner_ != nullptr) owner_->release();
        }

    private:
        Semaphore* owner_ = nullptr;
    };

    Task<Permit> acquire();
    std::optional<Permit> try_acquire();
    std::size_t free_permits() const { return free_; }
    std::size_t waiting() const { return waiters_.size(); }

private:
    void release();
    Loop& loop_;
    std::size_t free_;
    std::deque<OneShot<bool>> waiters_;
};

/// Tasks that run at the same time and are waited for together. Must not be destroyed before wait()
/// returned (checked).
class TaskGroup {
public:
    explicit TaskGroup(Loop& loop) : loop_(loop) {}
    ~TaskGroup() { WALRUS_CHECK(running_ == 0); }
    /// Starts the task at once, until it first suspends.
    void add(Task<void> task);
    std::size_t running() const { return running_; }
    /// Until no task runs.
    Task<void> wait();
    /// Until at least one task ends (returns at once when none runs).
    Task<void> wait_any();

private:
    Loop& loop_;
    std::size_t running_ = 0;
    std::uint64_t ended_ = 0;
    std::vector<OneShot<bool>> waiters_;
    void ended();
};

}  // namespace walrus::io
