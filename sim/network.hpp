// SPDX-License-Identifier: Apache-2.0
// The network between simulated hosts: connections of ordered bytes with latency, bandwidth, a
// window, and faults. It cuts in below HTTP, so the public API itself is what is simulated.
//
// A message is one chunk of a connection's bytes; it arrives whole, in order, after the link's
// latency. Chunks are at most one segment and sometimes, as the seed wills, much shorter: parsers
// see every fragmentation. TLS is not used in simulation.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "io/stream.hpp"
#include "sim/event_queue.hpp"
#include "sim/random.hpp"
#include "sim/trace.hpp"

namespace walrus::sim {

/// What the seed draws from.
struct NetworkModel {
    std::uint64_t latency_us_min = 200;  ///< one way, drawn once for each pair of hosts
    std::uint64_t latency_us_max = 15'000;
    std::uint64_t jitter_us_max = 400;                  ///< drawn for each message
    std::uint64_t loopback_us = 15;                     ///< latency from a host to itself
    std::uint64_t bandwidth_bytes_per_s = 125'000'000;  ///< what a host can send, all connections
    std::size_t segment_bytes = 16 << 10;
    std::uint64_t short_segment_one_in = 16;  ///< how often a segment is cut short; 0: never
    std::size_t window_bytes = 256 << 10;     ///< sent and not yet read, per direction
    std::size_t backlog_max = 1024;           ///< connections waiting for accept
};

/// Chances per million that the network itself does harm.
struct NetworkFaults {
    std::uint64_t refuse_per_million = 0;  ///< of connections
    std::uint64_t reset_per_million = 0;   ///< of messages: the connection breaks instead
    std::uint64_t delay_per_million = 0;   ///< of messages: late by up to delay_us_max
    std::uint64_t delay_us_max = 2'000'000;
};

using HostIndex = std::size_t;

struct Connection;
struct ListenerState;
using ConnectAnswer = io::OneShot<io::IoResult<std::unique_ptr<io::Stream>>>;

/// All links of a world. One per world; outlives all streams' use of it.
class Fabric {
public:
    Fabric(EventQueue& queue, Trace& trace, std::uint64_t seed, NetworkModel model);
    ~Fabric();
    Fabric(const Fabric&) = delete;
    Fabric& operator=(const Fabric&) = delete;

    HostIndex add_host(std::string name, std::string address);
    std::unique_ptr<io::Network> network_of(HostIndex host);

    // ---- faults ----
    void set_faults(NetworkFaults faults) { faults_ = faults; }
    /// Flips one bit of the message with this number when it arrives.
    void flip_message(std::uint64_t number) { flip_message_ = number; }
    bool flipped() const { return flipped_; }
    /// The host's process is gone: its connections are reset, its listeners closed, later calls to
    /// it refused, its own calls fail. True again: it may listen and connect anew.
    void set_host_up(HostIndex host, bool up);
    bool host_up(HostIndex host) const;
    /// Nothing passes between two hosts, in silence, until healed; then what waited arrives.
    void cut(HostIndex a, HostIndex b);
    void heal(HostIndex a, HostIndex b);
    void heal_all();
    /// Cuts a host from all others.
    void isolate(HostIndex host);

    std::size_t open_connections() const;

private:
    friend struct Connection;
    friend class SimStream;
    friend class SimListener;
    friend class SimNetwork;
    struct Host {
        std::string name;
        std::string address;
        bool up = true;
        std::uint64_t egress_free_us = 0;  ///< when its last byte has left
        std::uint16_t next_port = 40'000;
        std::map<std::uint16_t, std::shared_ptr<ListenerState>> listeners;
    };

    std::optional<HostIndex> find(HostIndex from, const std::string& host) const;
    bool is_cut(HostIndex a, HostIndex b) const;
    std::uint64_t base_latency_us(HostIndex a, HostIndex b) const;
    std::uint64_t draw_latency_us(HostIndex a, HostIndex b);
    std::uint16_t take_port(HostIndex host);
    std::string end_text(HostIndex host, std::uint16_t port) const;
    /// The far side of a connect: a connection, or why not, after the way there and back.
    void start_connect(HostIndex from, const io::Endpoint& to, ConnectAnswer answer);
    void connect_arrives(HostIndex from, std::uint16_t from_port, HostIndex to,
                         std::uint16_t to_port, ConnectAnswer answer);
    io::IoResult<std::unique_ptr<io::Listener>> listen(HostIndex host, const io::Endpoint& at);
    std::vector<std::shared_ptr<Connection>> connections_between(HostIndex a, HostIndex b) const;

    EventQueue& queue_;
    Trace& trace_;
    NetworkModel model_;
    NetworkFaults faults_;
    Rng rng_;  ///< jitter and segment sizes
    Rng fault_rng_;
    std::uint64_t seed_;
    std::vector<Host> hosts_;
    std::map<std::pair<HostIndex, HostIndex>, std::uint64_t> latencies_us_;
    std::set<std::pair<HostIndex, HostIndex>> cuts_;
    std::map<std::uint64_t, std::weak_ptr<Connection>> connections_;
    std::uint64_t next_connection_ = 1;
    std::optional<std::uint64_t> flip_message_;
    bool flipped_ = false;
};

}  // namespace walrus::sim
