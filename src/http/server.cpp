// SPDX-License-Identifier: Apache-2.0
#include "http/server.hpp"

#include <fmt/format.h>

#include <list>

#include "base/check.hpp"
#include "http/server_connection.hpp"
#include "io/log.hpp"

namespace walrus::http {

namespace {

constexpr std::uint64_t kAcceptPauseUs = 100'000;  ///< after a failed accept (no descriptors left)

class ListeningServer final : public Server {
public:
    ListeningServer(io::Environment& environment, std::unique_ptr<io::Listener> listener,
                    Handler handler, ServerOptions options)
        : shared_{environment, std::move(handler), std::move(options), false, {}},
          listener_(std::move(listener)),
          tasks_(environment.loop) {}
    ~ListeningServer() override { WALRUS_CHECK(tasks_.running() == 0); }

    /// Accepts from the next turn of the loop on: start() may be called before the loop runs.
    void begin() {
        loop().post([this, alive = std::weak_ptr<bool>(alive_)] {
            if (alive.expired() || shared_.stopping) return;
            tasks_.add(accept());
        });
    }

    std::uint16_t port() const override { return listener_->port(); }
    std::size_t connections() const override { return connections_.size(); }

    io::Task<void> stop() override {
        shared_.stopping = true;
        stop_accepting_.cancel();
        listener_->close();
        for (ServerConnection* connection : connections_) connection->server_stops();
        const io::Loop::TimerId timer =
            loop().schedule(shared_.options.limits.drain_timeout_us, [this] {
                for (ServerConnection* connection : connections_) connection->abandon();
            });
        co_await tasks_.wait();
        loop().cancel(timer);
    }

private:
    io::Loop& loop() { return shared_.environment.loop; }

    io::Task<void> accept() {
        while (!shared_.stopping) {
            auto accepted = co_await listener_->accept();
            if (accepted && !shared_.stopping) {
                if (connections_.size() < shared_.options.limits.connections_max) {
                    tasks_.add(serve(std::move(*accepted)));
                } else {
                    tasks_.add(refuse(std::move(*accepted)));
                }
                continue;
            }
            if (accepted || accepted.error().code == io::IoCode::Closed) break;
            io::log_warn("http", "{}", accepted.error().message);
            const bool passed =
                co_await io::sleep_us(loop(), kAcceptPauseUs, stop_accepting_.token());
            if (!passed) break;
        }
    }

    io::Task<void> serve(std::unique_ptr<io::Stream> stream) {
        ServerConnection connection(shared_, std::move(stream));
        const auto place = connections_.insert(connections_.end(), &connection);
        co_await connection.run();
        connections_.erase(place);
    }

    /// Beyond the limit: a word of explanation if we may speak plainly, else nothing.
    io::Task<void> refuse(std::unique_ptr<io::Stream> stream) {
        if (!shared_.options.allow_plain) co_return;
        Headers headers;
        headers.add("Connection", "close");
        headers.add("Retry-After", "1");
        headers.add("Content-Length", "0");
        const std::string head = response_head(503, headers);
        // A new connection has room for so few bytes: this does not wait.
        auto written = co_await stream->write_all(as_bytes(head));
        if (written) co_await stream->end_writes();
    }

    ServerShared shared_;
    std::unique_ptr<io::Listener> listener_;
    std::list<ServerConnection*> connections_;
    io::CancelSource stop_accepting_;
    io::TaskGroup tasks_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

io::IoResult<std::unique_ptr<Server>> Server::start(io::Environment& environment,
                                                    const io::Endpoint& at, Handler handler,
                                                    ServerOptions options) {
    if (!options.tls) options.allow_plain = true;
    auto listener = WALRUS_TRY(environment.network.listen(at));
    auto server = std::make_unique<ListeningServer>(environment, std::move(listener),
                                                    std::move(handler), std::move(options));
    server->begin();
    return server;
}

}  // namespace walrus::http
