// SPDX-License-Identifier: Apache-2.0
#include "sim/connection.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace walrus::sim {

std::size_t Connection::window_free(std::size_t side) const {
    return fabric.model_.window_bytes - ends[side].window_used;
}

std::size_t Connection::send_segment(std::size_t side, ByteView data) {
    const NetworkModel& model = fabric.model_;
    std::size_t count = std::min({data.size(), model.segment_bytes, window_free(side)});
    WALRUS_CHECK(count > 0);
    if (model.short_segment_one_in > 0 && fabric.rng_.one_in(model.short_segment_one_in)) {
        count = fabric.rng_.between(1, count);
    }
    ends[side].window_used += count;
    Packet packet;
    packet.data = to_bytes(data.first(count));
    send(side, std::move(packet));
    return count;
}

void Connection::send(std::size_t side, Packet packet) {
    End& from = ends[side];
    End& to = ends[1 - side];
    EventQueue& queue = fabric.queue_;
    std::uint64_t leaves_us = queue.now_us();
    if (from.host != to.host) {
        std::uint64_t& free_us = fabric.hosts_[from.host].egress_free_us;
        free_us = std::max(free_us, leaves_us) +
                  packet.data.size() * 1'000'000 / fabric.model_.bandwidth_bytes_per_s;
        leaves_us = free_us;
    }
    const std::uint64_t arrives_us =
        std::max(leaves_us + fabric.draw_latency_us(from.host, to.host), to.last_arrival_us);
    to.last_arrival_us = arrives_us;
    to.coming.push_back(std::move(packet));
    queue.push(arrives_us - queue.now_us(),
               [self = shared_from_this(), side] { self->arrive(1 - side); });
}

void Connection::arrive(std::size_t to) {
    End& end = ends[to];
    const End& from = ends[1 - to];
    if (end.stalled > 0 || fabric.is_cut(from.host, end.host)) {
        ++end.stalled;
        return;
    }
    WALRUS_CHECK(!end.coming.empty());
    Packet packet = std::move(end.coming.front());
    end.coming.pop_front();
    if (!fabric.host_up(end.host)) return;
    const std::uint64_t now_us = fabric.queue_.now_us();
    switch (packet.kind) {
        case Packet::Kind::Data:
            arrive_data(to, std::move(packet.data));
            return;
        case Packet::Kind::End:
            fabric.trace_.event(now_us, "end", from.text, end.text, id);
            end.ended = true;
            wake(end.reader);
            return;
        case Packet::Kind::Reset:
            fabric.trace_.event(now_us, "reset", from.text, end.text, id);
            reset_end(to);
            return;
    }
}

void Connection::arrive_data(std::size_t to, Bytes data) {
    End& end = ends[to];
    const End& from = ends[1 - to];
    const std::uint64_t number = fabric.trace_.messages();
    if (fabric.flip_message_ == number) {
        Rng rng(fabric.seed_, "flip/" + std::to_string(number));
        data[rng.below(data.size())] ^= static_cast<Byte>(1u << rng.below(8));
        fabric.flipped_ = true;
    }
    fabric.trace_.message(fabric.queue_.now_us(), from.text, end.text, id, data);
    if (fabric.fault_rng_.per_million(fabric.faults_.reset_per_million)) {
        fabric.trace_.event(fabric.queue_.now_us(), "break", from.text, end.text, id);
        reset_end(to);
        send(to, Packet{.kind = Packet::Kind::Reset, .data = {}});
        return;
    }
    if (end.closed || end.reset) {
        send(to, Packet{.kind = Packet::Kind::Reset, .data = {}});
        return;
    }
    end.inbox.push_back(std::move(data));
    wake(end.reader);
}

std::size_t Connection::take(std::size_t side, MutableByteView out) {
    End& end = ends[side];
    std::size_t taken = 0;
    while (taken < out.size() && !end.inbox.empty()) {
        const ByteView chunk = ByteView(end.inbox.front()).subspan(end.inbox_offset);
        const std::size_t count = std::min(chunk.size(), out.size() - taken);
        std::copy_n(chunk.begin(), count, out.begin() + static_cast<std::ptrdiff_t>(taken));
        taken += count;
        end.inbox_offset += count;
        if (end.inbox_offset == end.inbox.front().size()) {
            end.inbox.pop_front();
            end.inbox_offset = 0;
        }
    }
    // The sender learns of it one way later.
    const HostIndex to = ends[1 - side].host;
    fabric.queue_.push(fabric.base_latency_us(end.host, to),
                       [self = shared_from_this(), side, taken] {
                           End& sender = self->ends[1 - side];
                           WALRUS_CHECK(sender.window_used >= taken);
                           sender.window_used -= taken;
                           self->wake(sender.writer);
                       });
    return taken;
}

void Connection::end_writes(std::size_t side) {
    End& end = ends[side];
    if (end.closed || end.reset || end.end_sent) return;
    end.end_sent = true;
    send(side, Packet{.kind = Packet::Kind::End, .data = {}});
}

void Connection::close(std::size_t side) {
    End& end = ends[side];
    if (end.closed) return;
    end.closed = true;
    if (!end.reset) {
        // As TCP does: bytes that nobody will read make the end a reset.
        if (!end.inbox.empty()) {
            send(side, Packet{.kind = Packet::Kind::Reset, .data = {}});
        } else if (!end.end_sent) {
            end.end_sent = true;
            send(side, Packet{.kind = Packet::Kind::End, .data = {}});
        }
    }
    end.inbox.clear();
    end.inbox_offset = 0;
    wake(end.reader);
    wake(end.writer);
}

void Connection::break_end(std::size_t side) {
    const bool was_open = !ends[side].closed && !ends[side].reset;
    reset_end(side);
    if (was_open) send(side, Packet{.kind = Packet::Kind::Reset, .data = {}});
}

void Connection::release_stalled() {
    for (std::size_t to = 0; to < 2; ++to) {
        const std::size_t count = std::exchange(ends[to].stalled, 0);
        for (std::size_t i = 0; i < count; ++i) {
            fabric.queue_.push(fabric.base_latency_us(ends[1 - to].host, ends[to].host),
                               [self = shared_from_this(), to] { self->arrive(to); });
        }
    }
}

void Connection::reset_end(std::size_t side) {
    ends[side].reset = true;
    wake(ends[side].reader);
    wake(ends[side].writer);
}

void Connection::wake(std::optional<io::OneShot<bool>>& waiter) {
    if (!waiter) return;
    fabric.queue_.push(0, [turn = *waiter] { turn.set(true); });
    waiter.reset();
}

namespace {

io::IoError closed_error(const Connection::End& end) {
    return {io::IoCode::Closed,
            end.closed ? "the connection was closed" : "connection reset by peer"};
}

// Free coroutines that own what they use: the stream may be destroyed while they wait.

io::Task<io::IoResult<std::size_t>> read_from(std::shared_ptr<Connection> connection,
                                              std::size_t side, MutableByteView out) {
    Connection::End& end = connection->ends[side];
    while (true) {
        if (end.closed) co_return fail(closed_error(end));
        if (!end.inbox.empty() && !out.empty()) co_return connection->take(side, out);
        if (end.reset) co_return fail(closed_error(end));
        if (end.ended || out.empty()) co_return std::size_t{0};
        WALRUS_CHECK(!end.reader);
        io::OneShot<bool> turn;
        end.reader = turn;
        co_await turn;
    }
}

io::Task<io::IoResult<std::size_t>> write_part(std::shared_ptr<Connection> connection,
                                               std::size_t side, ByteView data) {
    Connection::End& end = connection->ends[side];
    while (true) {
        if (end.closed || end.reset || end.end_sent) co_return fail(closed_error(end));
        if (data.empty()) co_return std::size_t{0};
        if (connection->window_free(side) > 0) co_return connection->send_segment(side, data);
        WALRUS_CHECK(!end.writer);
        io::OneShot<bool> turn;
        end.writer = turn;
        co_await turn;
    }
}

io::Task<io::IoResult<void>> write_whole(std::shared_ptr<Connection> connection, std::size_t side,
                                         ByteView data) {
    while (!data.empty()) {
        const io::IoResult<std::size_t> written = co_await write_part(connection, side, data);
        if (!written) co_return fail(written.error());
        data = data.subspan(*written);
    }
    co_return io::IoResult<void>{};
}

class SimStream final : public io::Stream {
public:
    SimStream(std::shared_ptr<Connection> connection, std::size_t side)
        : connection_(std::move(connection)), side_(side) {}
    ~SimStream() override { connection_->close(side_); }

    io::Task<io::IoResult<std::size_t>> read_some(MutableByteView out) override {
        return read_from(connection_, side_, out);
    }
    io::Task<io::IoResult<void>> write_all(ByteView data) override {
        return write_whole(connection_, side_, data);
    }
    io::Task<io::IoResult<std::size_t>> write_some(ByteView data) override {
        return write_part(connection_, side_, data);
    }
    io::Task<void> end_writes() override {
        connection_->end_writes(side_);
        co_return;
    }
    void close() override { connection_->close(side_); }
    std::string peer() const override { return connection_->ends[1 - side_].address; }

private:
    std::shared_ptr<Connection> connection_;
    std::size_t side_;
};

}  // namespace

std::unique_ptr<io::Stream> make_stream(std::shared_ptr<Connection> connection, std::size_t side) {
    return std::make_unique<SimStream>(std::move(connection), side);
}

}  // namespace walrus::sim
