// SPDX-License-Identifier: Apache-2.0
#include "io/loop.hpp"

namespace walrus::io {

Task<bool> sleep_us(Loop& loop, std::uint64_t delay_us, CancelToken cancel) {
    if (cancel.cancelled()) co_return false;
    OneShot<bool> done;
    const Loop::TimerId timer = loop.schedule(delay_us, [done] { done.set(true); });
    const CancelRegistration registration = cancel.on_cancel([&loop, done, timer] {
        if (done.is_set()) return;
        loop.cancel(timer);
        loop.post([done] { done.set(false); });
    });
    const bool passed = co_await done;
    co_return passed;
}

Task<void> yield(Loop& loop) {
    OneShot<bool> done;
    loop.post([done] { done.set(true); });
    co_await done;
}

void Event::notify_all() {
    auto waiters = std::move(waiters_);
    waiters_.clear();
    for (auto& waiter : waiters) loop_.post([waiter] { waiter.set(true); });
}

Task<bool> Event::wait(std::uint64_t timeout_us, CancelToken cancel) {
    if (cancel.cancelled()) co_return false;
    OneShot<bool> done;
    waiters_.push_back(done);
    std::optional<Loop::TimerId> timer;
    if (timeout_us != 0) timer = loop_.schedule(timeout_us, [done] { done.set(false); });
    const CancelRegistration registration =
        cancel.on_cancel([this, done] { loop_.post([done] { done.set(false); }); });
    const bool notified = co_await done;
    if (timer) loop_.cancel(*timer);
    if (!notified) {
        // Forget the waiter, unless a notification took it out of the list meanwhile.
        std::erase_if(waiters_, [](const OneShot<bool>& w) { return w.is_set(); });
    }
    co_return notified;
}

Task<Semaphore::Permit> Semaphore::acquire() {
    if (free_ > 0 && waiters_.empty()) {
        --free_;
        co_return Permit(this);
    }
    OneShot<bool> turn;
    waiters_.push_back(turn);
    co_await turn;  // release() hands its permit over
    co_return Permit(this);
}

std::optional<Semaphore::Permit> Semaphore::try_acquire() {
    if (free_ == 0 || !waiters_.empty()) return std::nullopt;
    --free_;
    return Permit(this);
}

void Semaphore::release() {
    if (waiters_.empty()) {
        ++free_;
        return;
    }
    const OneShot<bool> next = waiters_.front();
    waiters_.pop_front();
    loop_.post([next] { next.set(true); });
}

void TaskGroup::add(Task<void> task) {
    ++running_;
    start(std::move(task), [this] { ended(); });
}

void TaskGroup::ended() {
    --running_;
    ++ended_;
    auto waiters = std::move(waiters_);
    waiters_.clear();
    for (auto& waiter : waiters) loop_.post([waiter] { waiter.set(true); });
}

Task<void> TaskGroup::wait() {
    while (running_ > 0) {
        OneShot<bool> done;
        waiters_.push_back(done);
        co_await done;
    }
}

Task<void> TaskGroup::wait_any() {
    const std::uint64_t before = ended_;
    if (running_ == 0) co_return;
    while (ended_ == before) {
        OneShot<bool> done;
        waiters_.push_back(done);
        co_await done;
    }
}

}  // namespace walrus::io
