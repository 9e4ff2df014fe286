// SPDX-License-Identifier: Apache-2.0
// An HTTP/1.1 server on one listener: plain HTTP and TLS on the same port (a first byte 0x16 means
// TLS), keep-alive, limits against slow and oversize peers, graceful drain.
#pragma once

#include <memory>
#include <optional>

#include "http/message.hpp"
#include "http/tls.hpp"
#include "io/environment.hpp"

namespace walrus::http {

struct ServerLimits {
    std::size_t connections_max = 4096;  ///< more are refused with 503
    std::size_t header_bytes_max = 16 << 10;
    std::uint64_t header_timeout_us = 10'000'000;  ///< from the first byte of a request head
    std::uint64_t idle_timeout_us = 75'000'000;    ///< keep-alive
    /// While a body is received or sent: at least this many bytes per second after a grace period.
    std::uint64_t transfer_bytes_per_s_min = 1024;
    std::uint64_t transfer_grace_us = 20'000'000;
    std::uint64_t drain_timeout_us = 10'000'000;
    /// A body that the handler left unread is read up to this size, then the connection closes.
    std::uint64_t unread_body_bytes_max = 1 << 20;
};

struct ServerOptions {
    std::optional<TlsServer> tls;
    bool allow_plain = true;  ///< without TLS support it must be true
    ServerLimits limits;
    std::string name = "walrus";  ///< Server header
};

class Server {
public:
    virtual ~Server() = default;
    /// Listens and starts to serve on the environment's loop. The handler must outlive the server.
    static io::IoResult<std::unique_ptr<Server>> start(io::Environment& environment,
                                                       const io::Endpoint& at, Handler handler,
                                                       ServerOptions options);
    virtual std::uint16_t port() const = 0;
    /// Stops accepting, lets running requests end (up to the drain timeout), closes the rest. Must
    /// be awaited before destruction.
    virtual io::Task<void> stop() = 0;
    virtual std::size_t connections() const = 0;
};

}  // namespace walrus::http
