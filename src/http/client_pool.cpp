// SPDX-License-Identifier: Apache-2.0
#include "http/client_pool.hpp"

#include <fmt/format.h>

#include "base/check.hpp"

namespace walrus::http {

namespace {
constexpr std::size_t kInputBytesMax = 128 << 10;
}

ClientConnection::ClientConnection(std::unique_ptr<io::Stream> s)
    : stream(std::move(s)), input(kInputBytesMax) {}

Lease::Lease() = default;
Lease::Lease(Lease&& other) noexcept = default;
Lease& Lease::operator=(Lease&& other) noexcept = default;
Lease::~Lease() = default;

ClientPool::ClientPool(io::Environment& environment, ClientLimits limits)
    : environment_(environment), limits_(limits) {}

ClientPool::~ClientPool() {
    if (sweep_timer_) loop().cancel(*sweep_timer_);
}

io::Task<io::IoResult<Lease>> ClientPool::acquire(Origin origin, std::uint64_t connect_timeout_us,
                                                  io::CancelToken cancel, bool fresh) {
    const Key key{origin.tls, origin.endpoint, origin.trust.pinned_key};
    const bool may_go = co_await take_turn(key, cancel);
    if (!may_go)
        co_return io::io_failure(io::IoCode::Cancelled,
                                 "cancelled while waiting for a free connection");
    Lease lease;
    lease.place = std::make_unique<Lease::Place>(shared_from_this(), key);
    Lane& lane = lanes_[key];
    if (!fresh && !lane.idle.empty()) {
        lease.connection = std::move(lane.idle.back());  // the one used last is the likeliest alive
        lane.idle.pop_back();
        const std::uint64_t idle_us = loop().monotonic_us() - lease.connection->idle_since_us;
        if (idle_us < limits_.idle_timeout_us) {
            lease.reused = true;
            co_return lease;
        }
        lease.connection.reset();
    }
    auto stream = co_await connect(origin, connect_timeout_us, cancel);
    if (!stream) co_return fail(std::move(stream).error());
    lease.connection = std::make_unique<ClientConnection>(std::move(*stream));
    co_return lease;
}

io::Task<io::IoResult<std::unique_ptr<io::Stream>>> ClientPool::connect(Origin origin,
                                                                        std::uint64_t timeout_us,
                                                                        io::CancelToken cancel) {
    const std::uint64_t begin_us = loop().monotonic_us();
    auto connected = co_await environment_.network.connect(origin.endpoint, timeout_us, cancel);
    if (!connected || !origin.tls) co_return connected;
    const std::uint64_t used_us = loop().monotonic_us() - begin_us;
    std::uint64_t left_us = 0;
    if (timeout_us != 0) left_us = timeout_us > used_us ? timeout_us - used_us : 1;
    io::Stream* below = connected->get();
    io::CancelRegistration registration = cancel.on_cancel([below] { below->close(); });
    auto secured = co_await connect_tls(loop(), origin.trust, origin.endpoint.host,
                                        std::move(*connected), left_us);
    registration = {};
    if (!secured)
        co_return io::io_failure(secured.error().code,
                                 fmt::format("{}: {}", origin.url(), secured.error().message));
    co_return secured;
}

io::Task<bool> ClientPool::take_turn(Key key, io::CancelToken cancel) {
    Lane& lane = lanes_[key];
    if (lane.in_use < limits_.connections_per_origin_max && lane.waiting.empty()) {
        ++lane.in_use;
        co_return true;
    }
    const io::OneShot<bool> turn;
    lane.waiting.push_back(turn);
    const io::CancelRegistration registration = cancel.on_cancel(
        [this, self = shared_from_this(), turn] { loop().post([turn] { turn.set(false); }); });
    const bool got = co_await turn;
    co_return got;
}

void ClientPool::leave(const Key& key) {
    Lane& lane = lanes_[key];
    WALRUS_CHECK(lane.in_use > 0);
    // The place goes to the first waiter that still waits when its turn comes.
    while (!lane.waiting.empty()) {
        const io::OneShot<bool> next = lane.waiting.front();
        lane.waiting.pop_front();
        if (next.is_set()) continue;
        loop().post([self = shared_from_this(), key, next] {
            if (next.is_set()) return self->leave(key);
            next.set(true);
        });
        return;
    }
    --lane.in_use;
    if (lane.in_use == 0 && lane.idle.empty()) lanes_.erase(key);
}

void ClientPool::give_back(Lease lease) {
    const Key key = lease.place->key;
    Lane& lane = lanes_[key];
    lease.connection->idle_since_us = loop().monotonic_us();
    lane.idle.push_back(std::move(lease.connection));
    if (lane.idle.size() > limits_.idle_per_origin_max) lane.idle.pop_front();
    if (!sweep_timer_) {
        sweep_timer_ = loop().schedule(limits_.idle_timeout_us, [weak = weak_from_this()] {
            if (const auto self = weak.lock()) self->sweep();
        });
    }
}

void ClientPool::sweep() {
    sweep_timer_.reset();
    const std::uint64_t now_us = loop().monotonic_us();
    bool some_idle = false;
    for (auto entry = lanes_.begin(); entry != lanes_.end();) {
        Lane& lane = entry->second;
        std::erase_if(lane.idle, [&](const auto& connection) {
            return now_us - connection->idle_since_us >= limits_.idle_timeout_us;
        });
        some_idle = some_idle || !lane.idle.empty();
        const bool unused = lane.in_use == 0 && lane.idle.empty() && lane.waiting.empty();
        entry = unused ? lanes_.erase(entry) : std::next(entry);
    }
    if (!some_idle) return;
    sweep_timer_ = loop().schedule(limits_.idle_timeout_us, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->sweep();
    });
}

void ClientPool::close_idle() {
    for (auto& [key, lane] : lanes_) lane.idle.clear();
}

}  // namespace walrus::http
