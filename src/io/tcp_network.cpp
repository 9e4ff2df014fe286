// SPDX-License-Identifier: Apache-2.0
// TCP on Asio. Sockets live in shared state that pending completions hold, so an object may be
// destroyed while an operation of it is on its way through the scheduler.
#include <fmt/format.h>
#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include "io/asio_loop.hpp"

namespace walrus::io {

namespace asio = boost::asio;
using asio::ip::tcp;
using ErrorCode = boost::system::error_code;

namespace {

IoCode code_of(const ErrorCode& error) {
    if (error == asio::error::eof || error == asio::error::operation_aborted ||
        error == asio::error::connection_reset || error == asio::error::broken_pipe ||
        error == asio::error::connection_aborted || error == asio::error::not_connected ||
        error == asio::error::bad_descriptor)
        return IoCode::Closed;
    if (error == asio::error::connection_refused || error == asio::error::host_unreachable ||
        error == asio::error::network_unreachable)
        return IoCode::Refused;
    if (error == asio::error::timed_out) return IoCode::TimedOut;
    if (error == asio::error::address_in_use) return IoCode::InUse;
    if (error == asio::error::access_denied) return IoCode::PermissionDenied;
    if (error == asio::error::host_not_found || error == asio::error::host_not_found_try_again ||
        error == asio::error::no_data)
        return IoCode::NotFound;
    return IoCode::Other;
}

std::string text_of(const tcp::endpoint& endpoint) {
    return to_text({endpoint.address().to_string(), endpoint.port()});
}

struct Transfer {
    ErrorCode error;
    std::size_t bytes = 0;
};

struct Connection {
    explicit Connection(tcp::socket s) : socket(std::move(s)) {}
    void close() {
        ErrorCode ignored;
        socket.close(ignored);
    }
    tcp::socket socket;
    std::string peer = "unconnected";
    bool ended = false;  ///< the other side sends no more
};

auto stream_failure(const Connection& connection, const ErrorCode& error) {
    if (error == asio::error::operation_aborted || error == asio::error::bad_descriptor)
        return io_failure(IoCode::Closed,
                          fmt::format("connection to {} was closed", connection.peer));
    return io_failure(code_of(error),
                      fmt::format("connection to {}: {}", connection.peer, error.message()));
}

class TcpStream final : public Stream {
public:
    explicit TcpStream(std::shared_ptr<Connection> connection)
        : connection_(std::move(connection)) {
        ErrorCode ignored;
        connection_->socket.set_option(tcp::no_delay(true), ignored);
        connection_->socket.non_blocking(true, ignored);
        const tcp::endpoint remote = connection_->socket.remote_endpoint(ignored);
        if (!ignored) connection_->peer = text_of(remote);
    }
    ~TcpStream() override { connection_->close(); }

    Task<IoResult<std::size_t>> read_some(MutableByteView out) override {
        const std::shared_ptr<Connection> connection = connection_;
        // Asio would wait for ever for an event that came already.
        if (connection->ended) co_return std::size_t{0};
        OneShot<Transfer> done;
        connection->socket.async_read_some(
            asio::buffer(out.data(), out.size()),
            [connection, done](const ErrorCode& error, std::size_t bytes) {
                done.set({error, bytes});
            });
        const Transfer transfer = co_await done;
        connection->ended = transfer.error == asio::error::eof;
        if (connection->ended) co_return std::size_t{0};
        if (transfer.error) co_return stream_failure(*connection, transfer.error);
        co_return transfer.bytes;
    }

    Task<IoResult<std::size_t>> write_some(ByteView data) override {
        const std::shared_ptr<Connection> connection = connection_;
        OneShot<Transfer> done;
        connection->socket.async_write_some(
            asio::buffer(data.data(), data.size()),
            [connection, done](const ErrorCode& error, std::size_t bytes) {
                done.set({error, bytes});
            });
        const Transfer transfer = co_await done;
        if (transfer.error) co_return stream_failure(*connection, transfer.error);
        co_return transfer.bytes;
    }

    Task<IoResult<void>> write_all(ByteView data) override {
        const std::shared_ptr<Connection> connection = connection_;
        OneShot<Transfer> done;
        asio::async_write(connection->socket, asio::buffer(data.data(), data.size()),
                          [connection, done](const ErrorCode& error, std::size_t bytes) {
                              done.set({error, bytes});
                          });
        const Transfer transfer = co_await done;
        if (transfer.error) co_return stream_failure(*connection, transfer.error);
        co_return IoResult<void>{};
    }

    Task<void> end_writes() override {
        ErrorCode ignored;
        connection_->socket.shutdown(tcp::socket::shutdown_send, ignored);
        co_return;
    }

    void close() override { connection_->close(); }
    std::string peer() const override { return connection_->peer; }

private:
    std::shared_ptr<Connection> connection_;
};

// ---- listening ---------------------------------------------------------------------------------

struct Acceptor {
    explicit Acceptor(asio::io_context& context) : acceptor(context) {}
    tcp::acceptor acceptor;
};

struct Accepted {
    ErrorCode error;
    std::shared_ptr<Connection> connection;
};

class TcpListener final : public Listener {
public:
    TcpListener(std::shared_ptr<Acceptor> state, std::uint16_t port)
        : state_(std::move(state)), port_(port) {}
    ~TcpListener() override { close(); }

    Task<IoResult<std::unique_ptr<Stream>>> accept() override {
        const std::shared_ptr<Acceptor> state = state_;
        while (true) {
            OneShot<Accepted> done;
            state->acceptor.async_accept([state, done](const ErrorCode& error, tcp::socket socket) {
                done.set({error, std::make_shared<Connection>(std::move(socket))});
            });
            const Accepted accepted = co_await done;
            if (accepted.error == asio::error::connection_aborted) continue;
            if (accepted.error == asio::error::operation_aborted ||
                accepted.error == asio::error::bad_descriptor)
                co_return io_failure(IoCode::Closed, "the listener was closed");
            if (accepted.error)
                co_return io_failure(code_of(accepted.error),
                                     fmt::format("accept: {}", accepted.error.message()));
            std::unique_ptr<Stream> stream = std::make_unique<TcpStream>(accepted.connection);
            co_return stream;
        }
    }

    std::uint16_t port() const override { return port_; }
    void close() override {
        ErrorCode ignored;
        state_->acceptor.close(ignored);
    }

private:
    std::shared_ptr<Acceptor> state_;
    std::uint16_t port_;
};

// ---- connecting --------------------------------------------------------------------------------

/// One attempt to connect: resolve, then try each address in turn. Ends once, by success, by the
/// last address's error, or from outside by time or cancellation.
struct Attempt : std::enable_shared_from_this<Attempt> {
    struct Outcome {
        IoCode code = IoCode::Other;
        std::string reason;
        std::shared_ptr<Connection> connection;
    };

    Attempt(asio::io_context& context, Endpoint to)
        : resolver(context),
          connection(std::make_shared<Connection>(tcp::socket(context))),
          target(std::move(to)) {}

    void begin() {
        ErrorCode error;
        const auto address = asio::ip::make_address(target.host, error);
        if (!error) {
            addresses.push_back(tcp::endpoint(address, target.port));
            try_next();
            return;
        }
        resolver.async_resolve(
            target.host, std::to_string(target.port), tcp::resolver::numeric_service,
            [self = shared_from_this()](const ErrorCode& failed,
                                        const tcp::resolver::results_type& results) {
                if (self->done.is_set()) return;
                if (failed) return self->end({code_of(failed), failed.message(), nullptr});
                for (const auto& entry : results) self->addresses.push_back(entry.endpoint());
                self->try_next();
            });
    }

    void try_next() {
        if (next >= addresses.size()) return end(last);
        const tcp::endpoint address = addresses[next++];
        connection->close();
        connection->socket.async_connect(
            address, [self = shared_from_this(), address](const ErrorCode& error) {
                if (self->done.is_set()) return;
                if (!error) return self->end({IoCode::Other, {}, self->connection});
                self->last = {code_of(error),
                              fmt::format("{}: {}", text_of(address), error.message()), nullptr};
                self->try_next();
            });
    }

    void end(Outcome outcome) {
        if (done.is_set()) return;
        if (!outcome.connection) connection->close();
        done.set(std::move(outcome));
    }

    tcp::resolver resolver;
    std::shared_ptr<Connection> connection;
    Endpoint target;
    std::vector<tcp::endpoint> addresses;
    std::size_t next = 0;
    Outcome last{IoCode::NotFound, "the name has no address", nullptr};
    OneShot<Outcome> done;
};

class TcpNetwork final : public Network {
public:
    explicit TcpNetwork(AsioLoop& loop) : loop_(loop) {}

    Task<IoResult<std::unique_ptr<Stream>>> connect(Endpoint to, std::uint64_t timeout_us,
                                                    CancelToken cancel) override {
        if (cancel.cancelled()) co_return io_failure(IoCode::Cancelled, "cancelled");
        const auto attempt = std::make_shared<Attempt>(loop_.context(), to);
        std::optional<Loop::TimerId> timer;
        if (timeout_us != 0) {
            timer = loop_.schedule(timeout_us, [attempt] {
                attempt->end({IoCode::TimedOut, "no answer in time", nullptr});
            });
        }
        const CancelRegistration registration = cancel.on_cancel([this, attempt] {
            loop_.post([attempt] { attempt->end({IoCode::Cancelled, "cancelled", nullptr}); });
        });
        attempt->begin();
        const OneShot<Attempt::Outcome> done = attempt->done;
        const Attempt::Outcome outcome = co_await done;
        if (timer) loop_.cancel(*timer);
        if (!outcome.connection)
            co_return io_failure(outcome.code,
                                 fmt::format("connect to {}: {}", to_text(to), outcome.reason));
        std::unique_ptr<Stream> stream = std::make_unique<TcpStream>(outcome.connection);
        co_return stream;
    }

    IoResult<std::unique_ptr<Listener>> listen(const Endpoint& at) override {
        ErrorCode error;
        tcp::endpoint address;
        const auto literal = asio::ip::make_address(at.host, error);
        if (!error) {
            address = tcp::endpoint(literal, at.port);
        } else {
            tcp::resolver resolver(loop_.context());
            const auto results = resolver.resolve(at.host, std::to_string(at.port),
                                                  tcp::resolver::numeric_service, error);
            if (error || results.empty())
                return io_failure(IoCode::NotFound,
                                  fmt::format("listen at {}: {}", to_text(at), error.message()));
            address = results.begin()->endpoint();
        }
        const auto state = std::make_shared<Acceptor>(loop_.context());
        tcp::acceptor& acceptor = state->acceptor;
        acceptor.open(address.protocol(), error);
        if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
        if (!error) acceptor.bind(address, error);
        if (!error) acceptor.listen(4096, error);
        if (error)
            return io_failure(code_of(error),
                              fmt::format("listen at {}: {}", to_text(at), error.message()));
        const std::uint16_t port = acceptor.local_endpoint(error).port();
        return std::make_unique<TcpListener>(state, port);
    }

private:
    AsioLoop& loop_;
};

}  // namespace

std::unique_ptr<Network> make_tcp_network(AsioLoop& loop) {
    return std::make_unique<TcpNetwork>(loop);
}

}  // namespace walrus::io
