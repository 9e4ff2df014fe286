// SPDX-License-Identifier: Apache-2.0
// Byte streams and who makes them: TCP in production, an in-memory network in the simulator.
// HTTP and TLS run above this cut, so what is simulated is the public API itself.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.hpp"
#include "io/error.hpp"
#include "io/loop.hpp"
#include "io/task.hpp"

namespace walrus::io {

struct Endpoint {
    std::string host;
    std::uint16_t port = 0;
    friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};
std::string to_text(const Endpoint& endpoint);

/// A connection. At most one read and one write at a time. Loop thread only.
class Stream {
public:
    /// Closes.
    virtual ~Stream() = default;
    /// At least one byte, or 0 when the other side has ended its writes.
    virtual Task<IoResult<std::size_t>> read_some(MutableByteView out) = 0;
    /// All of it. `data` must live until the task ends.
    virtual Task<IoResult<void>> write_all(ByteView data) = 0;
    /// At least one byte of `data`; how many. For senders that watch progress.
    virtual Task<IoResult<std::size_t>> write_some(ByteView data);
    /// Tells the other side that no more bytes come; reading goes on. Best effort.
    virtual Task<void> end_writes();
    /// Pending and later operations end with Closed. Idempotent.
    virtual void close() = 0;
    /// For logs and limits: "address:port" of the other side.
    virtual std::string peer() const = 0;
};

class Listener {
public:
    virtual ~Listener() = default;
    virtual Task<IoResult<std::unique_ptr<Stream>>> accept() = 0;
    virtual std::uint16_t port() const = 0;
    /// A pending accept ends with Closed. Idempotent.
    virtual void close() = 0;
};

class Network {
public:
    virtual ~Network() = default;
    virtual Task<IoResult<std::unique_ptr<Stream>>> connect(Endpoint to, std::uint64_t timeout_us,
                                                            CancelToken cancel) = 0;
    /// Port 0 picks a free one. Errors: InUse.
    virtual IoResult<std::unique_ptr<Listener>> listen(const Endpoint& at) = 0;
};

}  // namespace walrus::io
