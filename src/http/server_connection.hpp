// SPDX-License-Identifier: Apache-2.0
// Inside http/ only: one connection of a server, from its first byte to its end.
#pragma once

#include <memory>
#include <optional>

#include "http/incoming.hpp"
#include "http/server.hpp"
#include "io/loop.hpp"

namespace walrus::http {

/// What all connections of a server use.
struct ServerShared {
    io::Environment& environment;
    Handler handler;
    ServerOptions options;
    bool stopping = false;
    std::string date;  ///< of the second `date_s`
    std::uint64_t date_s = 0;
    const std::string& date_now();
};

class ServerConnection {
public:
    ServerConnection(ServerShared& server, std::unique_ptr<io::Stream> stream);
    ServerConnection(const ServerConnection&) = delete;
    ServerConnection& operator=(const ServerConnection&) = delete;

    /// Until the connection ends.
    io::Task<void> run();
    /// Ends at once if idle, else after the running request.
    void server_stops();
    void close();
    /// The drain time is over.
    void abandon() {
        close();
        abandoned_.cancel();
    }

private:
    friend class RequestBody;
    friend class ChunkWriter;
    enum class Next { KeepAlive, Close, Linger };

    io::Loop& loop() { return server_.environment.loop; }
    const ServerLimits& limits() const { return server_.options.limits; }
    /// Plain or TLS, by the first byte; false: the connection is over.
    io::Task<bool> choose_transport();
    io::Task<bool> read_head(MessageParser& parser);
    io::Task<Next> serve_one();
    io::Task<Next> answer(Request& request, Response& response, const MessageHead& head,
                          IncomingBody& body, bool may_drain);
    io::Task<io::IoResult<void>> send_body(Response& response, std::string head, bool chunked,
                                           const IncomingBody& body);
    io::Task<io::IoResult<void>> send_parts(std::string head, const std::vector<ByteView>& parts);
    io::Task<io::IoResult<void>> send_streaming(StreamingBody& body, std::string head,
                                                std::optional<std::uint64_t> length, bool chunked,
                                                bool watch);
    io::Task<io::IoResult<void>> send(ByteView data);
    io::Task<void> send_error(int status, std::string text);
    /// Reads what comes while a streaming response is sent: the end of the client shows there.
    io::Task<void> watch_client();
    /// After an early end: the client gets our last words before its bytes are answered by a reset.
    io::Task<void> linger();

    ServerShared& server_;
    std::unique_ptr<io::Stream> raw_;      ///< the accepted connection
    std::unique_ptr<io::Stream> secured_;  ///< TLS above it
    io::Stream* stream_;                   ///< the one to use
    std::string peer_;
    Input input_;
    Watchdog watchdog_;
    Pace send_pace_{0, 0};
    io::CancelSource abandoned_;
    io::CancelSource gone_;  ///< the client left or the server stops
    io::TaskGroup watcher_;
    bool idle_ = false;
    bool client_left_ = false;
};

}  // namespace walrus::http
