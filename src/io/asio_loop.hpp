// SPDX-License-Identifier: Apache-2.0
// Inside io/ only: the loop on Asio's scheduler. One io_context, run by one thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <unordered_map>

#include "io/loop.hpp"
#include "io/stream.hpp"

namespace walrus::io {

class AsioLoop final : public Loop {
public:
    AsioLoop();
    void post(Callback call) override;
    TimerId schedule(std::uint64_t delay_us, Callback call) override;
    void cancel(TimerId timer) override;
    std::uint64_t monotonic_us() const override;

    boost::asio::io_context& context() { return context_; }

private:
    using Key = std::pair<std::uint64_t, TimerId>;  ///< when it is due, and a tie break
    void arm();
    void fire();

    boost::asio::io_context context_;
    // One Asio timer serves all of ours; it is armed for the earliest.
    boost::asio::steady_timer alarm_;
    std::map<Key, Callback> timers_;
    std::unordered_map<TimerId, std::uint64_t> due_;
    std::uint64_t armed_for_us_ = 0;  ///< 0: not armed
    TimerId next_timer_ = 1;
};

std::unique_ptr<Network> make_tcp_network(AsioLoop& loop);

}  // namespace walrus::io
