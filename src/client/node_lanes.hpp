// SPDX-License-Identifier: Apache-2.0
// How many calls one node gets at the same time: few at first, because every one may cost a
// handshake, more when its answers take long enough that waiting for them one by one would. Loop
// thread only.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>

#include "io/loop.hpp"

namespace walrus::client {

class NodeLanes {
public:
    NodeLanes(io::Loop& loop, std::size_t first, std::size_t max)
        : loop_(loop), limit_(std::max<std::size_t>(first, 1)), max_(std::max(limit_, max)) {}

    class Lane {
    public:
        Lane() = default;
        explicit Lane(NodeLanes* owner) : owner_(owner) {}
        Lane(Lane&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
        Lane& operator=(Lane&& other) noexcept {
            if (owner_ != nullptr) owner_->release();
            owner_ = std::exchange(other.owner_, nullptr);
            return *this;
        }
        ~Lane() {
            if (owner_ != nullptr) owner_->release();
        }

    private:
        NodeLanes* owner_ = nullptr;
    };

    /// In order of asking.
    io::Task<Lane> acquire() {
        if (waiters_.empty() && busy_ < limit_) {
            ++busy_;
            co_return Lane(this);
        }
        io::OneShot<bool> turn;
        waiters_.push_back(turn);
        co_await turn;  // whoever set it has counted us as busy
        co_return Lane(this);
    }
    /// An answer took this long. Only the fastest one tells how far the node is: others may have
    /// waited for a busy machine, and more calls would not help against that.
    void answered_after(std::uint64_t us) {
        fastest_us_ = answers_ == 0 ? us : std::min(fastest_us_, us);
        ++answers_;
        if (answers_ < kAnswersToJudge || fastest_us_ < kSlowUs || limit_ >= max_) return;
        limit_ = std::min(max_, limit_ * 2);
        admit();
    }
    std::size_t limit() const { return limit_; }
    std::size_t busy() const { return busy_; }

private:
    /// Below this, a handshake costs about as much as waiting.
    static constexpr std::uint64_t kSlowUs = 8'000;
    static constexpr std::size_t kAnswersToJudge = 3;

    void release() {
        --busy_;
        admit();
    }
    void admit() {
        while (!waiters_.empty() && busy_ < limit_) {
            ++busy_;
            const io::OneShot<bool> turn = waiters_.front();
            waiters_.pop_front();
            loop_.post([turn] { turn.set(true); });
        }
    }
    io::Loop& loop_;
    std::size_t limit_;
    std::size_t max_;
    std::size_t busy_ = 0;
    std::size_t answers_ = 0;
    std::uint64_t fastest_us_ = 0;
    std::deque<io::OneShot<bool>> waiters_;
};

}  // namespace walrus::client
