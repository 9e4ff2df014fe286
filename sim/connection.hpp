// SPDX-License-Identifier: Apache-2.0
// One simulated connection: two ends, and the packets on their way between them. Internal to the
// network; the code under test sees io::Stream.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "sim/network.hpp"

namespace walrus::sim {

struct Packet {
    enum class Kind { Data, End, Reset };
    Kind kind = Kind::Data;
    Bytes data;
};

struct Connection : std::enable_shared_from_this<Connection> {
    struct End {
        HostIndex host = 0;
        std::uint16_t port = 0;
        std::string text;     ///< "name:port", for the trace
        std::string address;  ///< "address:port", what the other side calls peer
        // Receiving.
        std::deque<Bytes> inbox;
        std::size_t inbox_offset = 0;  ///< bytes of the first chunk that were read
        bool ended = false;            ///< the other side will send no more
        bool reset = false;            ///< broken; what had arrived can still be read
        bool closed = false;           ///< by the owner of this end
        std::optional<io::OneShot<bool>> reader;
        // Sending.
        std::size_t window_used = 0;  ///< sent by this end, not yet read by the other
        bool end_sent = false;
        std::optional<io::OneShot<bool>> writer;
        // Packets on their way to this end, in order; `stalled` of them are due but the link is
        // cut.
        std::deque<Packet> coming;
        std::uint64_t last_arrival_us = 0;
        std::size_t stalled = 0;
    };

    Connection(Fabric& of, std::uint64_t number) : fabric(of), id(number) {}
    ~Connection() { fabric.connections_.erase(id); }

    bool between(HostIndex a, HostIndex b) const {
        return (ends[0].host == a && ends[1].host == b) || (ends[0].host == b && ends[1].host == a);
    }
    /// How many bytes `side` may send now.
    std::size_t window_free(std::size_t side) const;
    /// One segment of `data` onto its way; returns its size. Precondition: the window has room.
    std::size_t send_segment(std::size_t side, ByteView data);
    std::size_t take(std::size_t side, MutableByteView out);
    void end_writes(std::size_t side);
    void close(std::size_t side);
    /// The host of this end went down.
    void break_end(std::size_t side);
    /// The link was healed.
    void release_stalled();

    Fabric& fabric;
    std::uint64_t id;
    std::array<End, 2> ends;

private:
    void send(std::size_t side, Packet packet);
    void arrive(std::size_t to);
    void arrive_data(std::size_t to, Bytes data);
    void reset_end(std::size_t side);
    void wake(std::optional<io::OneShot<bool>>& waiter);
};

/// One end as the code under test holds it.
std::unique_ptr<io::Stream> make_stream(std::shared_ptr<Connection> connection, std::size_t side);

}  // namespace walrus::sim
