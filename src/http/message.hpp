// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 messages as values. A handler is a function from request to response; servers,
// in-process calls and the simulator's network all carry the same handlers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "io/error.hpp"
#include "io/loop.hpp"
#include "io/task.hpp"

namespace walrus::http {

/// Header fields in order; names compare without case.
class Headers {
public:
    void add(std::string name, std::string value) {
        fields_.emplace_back(std::move(name), std::move(value));
    }
    void set(std::string_view name, std::string value);
    std::optional<std::string_view> get(std::string_view name) const;
    const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

/// The body of a message that is being received. Loop thread only.
class BodyReader {
public:
    virtual ~BodyReader() = default;
    /// The size if the sender declared one.
    virtual std::optional<std::uint64_t> content_length() const = 0;
    /// Some bytes, or 0 at the end. Errors: Closed (truncated), TimedOut (too slow), Malformed.
    virtual io::Task<io::IoResult<std::size_t>> read_some(MutableByteView out) = 0;
    /// The whole body. Errors: TooLarge as soon as it is known to exceed `limit_bytes`; memory
    /// grows only with bytes that really arrived.
    io::Task<io::IoResult<Bytes>> read_all(std::uint64_t limit_bytes);
};

/// Where a streaming response writes its chunks.
class BodyWriter {
public:
    virtual ~BodyWriter() = default;
    /// Errors: Closed when the client is gone.
    virtual io::Task<io::IoResult<void>> write(ByteView data) = 0;
    /// True once the client is known to be gone or the server is stopping.
    virtual bool stopping() const = 0;
    /// Cancelled when stopping() becomes true, for writers that wait for something to write.
    virtual io::CancelToken stop_token() const { return {}; }
};

/// Bytes owned elsewhere (a cache, an encoded blob), kept alive by `owner`. Sent in order.
struct SharedBody {
    std::shared_ptr<const void> owner;
    std::vector<ByteView> parts;
};
/// Called once, after the response head is sent; the connection closes when it returns an error, so
/// that the client sees a truncated body. If the response has a Content-Length header the bytes are
/// sent as they are and must be exactly as many; otherwise in chunks.
using StreamingBody = std::move_only_function<io::Task<io::IoResult<void>>(BodyWriter& writer)>;
using Body = std::variant<Bytes, SharedBody, StreamingBody>;

struct Request {
    std::string method;  ///< upper case
    std::string path;    ///< percent-decoding is done by the router per segment
    std::string query;   ///< without '?', raw
    Headers headers;
    BodyReader* body = nullptr;  ///< never null inside a handler
    std::string peer;            ///< "address:port"
    bool tls = false;
    /// Values of the route's {names}, percent-decoded, in order of the pattern.
    std::vector<std::pair<std::string, std::string>> captures;
    /// Cancelled when the server ends and no longer waits for the answer. A handler that may wait
    /// for long must end then, or the server cannot stop.
    io::CancelToken abandoned;

    /// Precondition: the route has this name.
    const std::string& capture(std::string_view name) const;
};

struct Response {
    int status = 200;
    Headers headers;
    Body body;

    static Response text(int status, std::string body);
    static Response json(int status, std::string body);
    static Response octets(int status, Bytes body);
};

using Handler = std::function<io::Task<Response>(Request& request)>;

/// "Not Found" for 404; "Unknown" for numbers that have no name.
std::string_view reason_phrase(int status);

/// One decoded query parameter after another, in order; nothing if malformed.
std::optional<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view query);
std::optional<std::string> percent_decode(std::string_view text);
std::string percent_encode(std::string_view text);

/// Patterns like "/v1/blobs/{blob_id}/status". Unknown path: 404; known path, other method: 405
/// with Allow. HEAD is served by GET.
class Router {
public:
    void add(std::string method, std::string pattern, Handler handler);
    /// Matches literally by prefix, after the exact patterns (for /sui.rpc.v2.… services).
    void add_prefix(std::string method, std::string prefix, Handler handler);
    /// Called before routing; a response ends the request (CORS preflight, drain). Filters add up,
    /// the first response counts.
    void set_filter(std::function<std::optional<Response>(const Request&)> filter);
    /// Adds headers to every response. Decorators add up.
    void set_decorator(std::function<void(const Request&, Response&)> decorator);
    io::Task<Response> handle(Request& request) const;
    Handler handler() const;  ///< the router must outlive it

private:
    struct Route {
        std::string method;
        std::vector<std::string> segments;  ///< "{name}" for captures
        Handler handler;
    };
    std::vector<Route> routes_;
    std::vector<std::tuple<std::string, std::string, Handler>> prefixes_;
    io::Task<Response> route(Request& request) const;
    std::vector<std::function<std::optional<Response>(const Request&)>> filters_;
    std::vector<std::function<void(const Request&, Response&)>> decorators_;
};

/// CORS for any origin: answers preflights and decorates responses.
void allow_any_origin(Router& router, std::string methods, std::string allow_headers,
                      std::string expose_headers);

}  // namespace walrus::http
