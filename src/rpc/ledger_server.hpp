// SPDX-License-Identifier: Apache-2.0
// The ledger's public surface on an HTTP router (spec/rpc-compat.md §6.1, decisions.md §4):
// gRPC-web under /sui.rpc.v2.… and /walrus.rpc.v1.…, and GET /health, GET /metrics, POST /faucet.
#pragma once

#include <cstdint>
#include <memory>

#include "chain/service.hpp"
#include "http/message.hpp"
#include "io/environment.hpp"

namespace walrus::rpc {

/// Every bound of the server, in one place.
struct ServerLimits {
    std::size_t request_bytes_max = std::size_t{1} << 20;
    std::size_t streams_max = 2048;      ///< block streams at a time; more get Unavailable
    std::size_t stream_blocks_max = 64;  ///< blocks read at a time for one stream
    std::uint64_t heartbeat_us = 5'000'000;
};

/// Answers from a service. Service, environment and router outlive the server; the server outlives
/// every running request (stop the HTTP server first).
class LedgerServer {
public:
    virtual ~LedgerServer() = default;
    /// Adds the routes, CORS included, to `router`. Once per server.
    static std::unique_ptr<LedgerServer> make(io::Environment& environment,
                                              chain::LedgerService& service, http::Router& router,
                                              ServerLimits limits = {});
    /// Ends the block streams, so that the HTTP server can drain. Idempotent.
    virtual void close_streams() = 0;
    virtual std::size_t streams() const = 0;
};

}  // namespace walrus::rpc
