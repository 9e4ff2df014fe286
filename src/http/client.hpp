// SPDX-License-Identifier: Apache-2.0
// An HTTP/1.1 client with a pool of kept-alive connections per origin.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "http/message.hpp"
#include "http/tls.hpp"
#include "io/environment.hpp"

namespace walrus::http {

/// Who is called: scheme, place and, for TLS, what is trusted.
struct Origin {
    bool tls = false;
    io::Endpoint endpoint;
    TlsClient trust;
    /// "http://host:port" or "https://…", a path is refused. Errors: Malformed.
    static io::IoResult<Origin> parse(std::string_view url);
    std::string url() const;
};

struct ClientRequest {
    std::string method = "GET";
    std::string target = "/";  ///< path and query, encoded
    Headers headers;
    Body body;  ///< Bytes or SharedBody
};

struct CallOptions {
    std::uint64_t connect_timeout_us = 5'000'000;
    std::uint64_t timeout_us = 30'000'000;  ///< whole call, or until the head of a streamed answer
    std::uint64_t response_bytes_max = 4 << 20;
    io::CancelToken cancel;
};

struct ClientResponse {
    int status = 0;
    Headers headers;
    Bytes body;
};

/// A response whose body is read as it comes. Destroying it ends the call (not while a read is
/// pending: cancel the call for that).
class StreamedResponse {
public:
    virtual ~StreamedResponse() = default;
    virtual int status() const = 0;
    virtual const Headers& headers() const = 0;
    /// 0 at the end. Errors also: TimedOut when nothing came for `timeout_us` (0: no limit).
    virtual io::Task<io::IoResult<std::size_t>> read_some(MutableByteView out,
                                                          std::uint64_t timeout_us) = 0;
};

struct ClientLimits {
    std::size_t idle_per_origin_max = 8;
    std::size_t connections_per_origin_max = 64;  ///< more calls wait their turn
    std::uint64_t idle_timeout_us = 60'000'000;
};

class Client {
public:
    virtual ~Client() = default;
    static std::unique_ptr<Client> make(io::Environment& environment, ClientLimits limits = {});
    /// Any status is a response; errors are only of transport: Refused, TimedOut, Cancelled,
    /// Closed, Untrusted, TooLarge, Malformed. Retries once, on a fresh connection, when a
    /// kept-alive one turns out to be closed before any byte of the answer.
    virtual io::Task<io::IoResult<ClientResponse>> call(Origin origin, ClientRequest request,
                                                        CallOptions options) = 0;
    virtual io::Task<io::IoResult<std::unique_ptr<StreamedResponse>>> call_streamed(
        Origin origin, ClientRequest request, CallOptions options) = 0;
    /// Bytes of response bodies received, all calls (for reports).
    virtual std::uint64_t body_bytes_received() const = 0;
    virtual std::uint64_t body_bytes_sent() const = 0;
    /// Closes idle connections.
    virtual void close_idle() = 0;
};

}  // namespace walrus::http
