// SPDX-License-Identifier: Apache-2.0
// A semaphore counted in bytes: how much may be on the way at once. Loop thread only.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <utility>

#include "io/loop.hpp"

namespace walrus::client {

class ByteBudget {
public:
    ByteBudget(io::Loop& loop, std::size_t bytes) : loop_(loop), total_(bytes), free_(bytes) {}

    class Share {
    public:
        Share() = default;
        Share(ByteBudget* owner, std::size_t bytes) : owner_(owner), bytes_(bytes) {}
        Share(Share&& other) noexcept
            : owner_(std::exchange(other.owner_, nullptr)), bytes_(other.bytes_) {}
        Share& operator=(Share&& other) noexcept {
            release();
            owner_ = std::exchange(other.owner_, nullptr);
            bytes_ = other.bytes_;
            return *this;
        }
        ~Share() { release(); }

    private:
        void release() {
            if (owner_ != nullptr) std::exchange(owner_, nullptr)->give_back(bytes_);
        }
        ByteBudget* owner_ = nullptr;
        std::size_t bytes_ = 0;
    };

    /// In order of asking. More than the whole budget counts as the whole budget.
    io::Task<Share> acquire(std::size_t bytes) {
        const std::size_t share = std::min(bytes, total_);
        if (waiters_.empty() && free_ >= share) {
            free_ -= share;
            co_return Share(this, share);
        }
        io::OneShot<bool> turn;
        waiters_.emplace_back(share, turn);
        co_await turn;  // give_back() has taken the share for us
        co_return Share(this, share);
    }
    std::size_t free_bytes() const { return free_; }

private:
    void give_back(std::size_t bytes) {
        free_ += bytes;
        while (!waiters_.empty() && waiters_.front().first <= free_) {
            free_ -= waiters_.front().first;
            const io::OneShot<bool> turn = waiters_.front().second;
            waiters_.pop_front();
            loop_.post([turn] { turn.set(true); });
        }
    }
    io::Loop& loop_;
    std::size_t total_;
    std::size_t free_;
    std::deque<std::pair<std::size_t, io::OneShot<bool>>> waiters_;
};

}  // namespace walrus::client
