// SPDX-License-Identifier: Apache-2.0
// Inside http/ only: the connections of a client, by origin. Loop thread only.
#pragma once

#include <deque>
#include <list>
#include <map>
#include <memory>

#include "http/client.hpp"
#include "http/incoming.hpp"

namespace walrus::http {

/// A connection that is open and not in the middle of an exchange, or in use by one.
struct ClientConnection {
    explicit ClientConnection(std::unique_ptr<io::Stream> s);
    std::unique_ptr<io::Stream> stream;
    Input input;
    std::uint64_t idle_since_us = 0;
};

class ClientPool;

/// The right to use a connection. Gives its place to the next waiter when destroyed.
struct Lease {
    Lease();
    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&& other) noexcept;
    ~Lease();

    std::unique_ptr<ClientConnection> connection;
    bool reused = false;
    struct Place;
    std::unique_ptr<Place> place;
};

class ClientPool : public std::enable_shared_from_this<ClientPool> {
public:
    ClientPool(io::Environment& environment, ClientLimits limits);
    ~ClientPool();

    io::Loop& loop() { return environment_.loop; }
    /// An idle connection, else a new one, else a turn later. `fresh`: never an idle one. The time
    /// for connecting does not include the wait for a turn, which only `cancel` ends.
    io::Task<io::IoResult<Lease>> acquire(Origin origin, std::uint64_t connect_timeout_us,
                                          io::CancelToken cancel, bool fresh);
    /// Keeps the connection for the next call.
    void give_back(Lease lease);
    void close_idle();

    std::uint64_t body_bytes_received = 0;
    std::uint64_t body_bytes_sent = 0;

private:
    friend struct Lease;
    struct Key {
        bool tls;
        io::Endpoint endpoint;
        std::optional<NetworkPublicKey> pinned_key;
        friend auto operator<=>(const Key&, const Key&) = default;
    };
    struct Lane {
        std::size_t in_use = 0;
        std::list<std::unique_ptr<ClientConnection>> idle;  ///< longest idle first
        std::deque<io::OneShot<bool>> waiting;
    };
    friend struct Lease::Place;

    io::Task<bool> take_turn(Key key, io::CancelToken cancel);
    void leave(const Key& key);
    io::Task<io::IoResult<std::unique_ptr<io::Stream>>> connect(Origin origin,
                                                                std::uint64_t timeout_us,
                                                                io::CancelToken cancel);
    /// Closes what has been idle for too long; comes again while something is idle.
    void sweep();

    io::Environment& environment_;
    ClientLimits limits_;
    std::map<Key, Lane> lanes_;
    std::optional<io::Loop::TimerId> sweep_timer_;
};

struct Lease::Place {
    Place(std::shared_ptr<ClientPool> p, ClientPool::Key k)
        : pool(std::move(p)), key(std::move(k)) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() { pool->leave(key); }
    std::shared_ptr<ClientPool> pool;
    ClientPool::Key key;
};

}  // namespace walrus::http
