// SPDX-License-Identifier: Apache-2.0
#include "http/server_connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "base/text.hpp"
#include "http/prefixed_stream.hpp"
#include "io/log.hpp"

namespace walrus::http {

namespace {

constexpr Byte kTlsHandshake = 0x16;
constexpr std::uint64_t kLingerUs = 2'000'000;
/// A body piece up to this size is sent in one write with what stands before it.
constexpr std::size_t kJoinBytes = 64 << 10;
/// A small fast response does not start with an empty packet of headers.
constexpr std::size_t kInputBytesMin = 64 << 10;

bool has_no_body(int status) {
    return status / 100 == 1 || status == 204 || status == 304;
}

}  // namespace

const std::string& ServerShared::date_now() {
    const std::uint64_t now_s = environment.clock.now_ms() / 1000;
    if (date.empty() || now_s != date_s) {
        const auto seconds = static_cast<std::time_t>(now_s);
        std::tm utc{};
        ::gmtime_r(&seconds, &utc);
        static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
        static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
        date = fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays[utc.tm_wday], utc.tm_mday,
                           kMonths[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour, utc.tm_min,
                           utc.tm_sec);
        date_s = now_s;
    }
    return date;
}

// ---- parts handed to handlers ------------------------------------------------------------------

/// The request's body with the limits of the server.
class RequestBody final : public BodyReader {
public:
    RequestBody(ServerConnection& connection, IncomingBody& body, bool expects_continue)
        : connection_(connection),
          body_(body),
          pace_(connection.limits().transfer_grace_us,
                connection.limits().transfer_bytes_per_s_min),
          expects_continue_(expects_continue) {}

    std::optional<std::uint64_t> content_length() const override { return body_.content_length(); }

    io::Task<io::IoResult<std::size_t>> read_some(MutableByteView out) override {
        if (body_.done()) co_return std::size_t{0};
        if (expects_continue_) {
            expects_continue_ = false;
            if (connection_.input_.empty()) {
                const std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
                auto sent = co_await connection_.send(as_bytes(go_on));
                if (!sent) co_return fail(std::move(sent).error());
            }
        }
        const std::uint64_t begin_us = connection_.loop().monotonic_us();
        connection_.watchdog_.set(pace_.left_us());
        auto got = co_await body_.read_some(out);
        connection_.watchdog_.clear();
        pace_.waited(connection_.loop().monotonic_us() - begin_us);
        if (got) pace_.moved(*got);
        if (!got && connection_.watchdog_.expired())
            co_return io::io_failure(
                io::IoCode::TimedOut,
                fmt::format("the body came too slowly ({} bytes so far)", body_.received_bytes()));
        co_return got;
    }

    /// The client still waits for "100 Continue" and perhaps will not send its body.
    bool unasked() const { return expects_continue_; }

private:
    ServerConnection& connection_;
    IncomingBody& body_;
    Pace pace_;
    bool expects_continue_;
};

/// Writes the pieces of a streaming response.
class ChunkWriter final : public BodyWriter {
public:
    /// `before`: bytes to be sent with the first piece (the head).
    ChunkWriter(ServerConnection& connection, std::string before,
                std::optional<std::uint64_t> length, bool chunked)
        : connection_(connection), before_(std::move(before)), left_(length), chunked_(chunked) {}

    io::Task<io::IoResult<void>> write(ByteView data) override {
        if (data.empty()) co_return io::IoResult<void>{};
        if (left_) {
            if (data.size() > *left_)
                co_return io::io_failure(io::IoCode::Other,
                                         "a streaming body is longer than its Content-Length");
            *left_ -= data.size();
        }
        if (chunked_) before_ += fmt::format("{:x}\r\n", data.size());
        const bool join = data.size() <= kJoinBytes;
        if (join) before_.append(as_text(data));
        if (!before_.empty()) {
            auto sent = co_await connection_.send(as_bytes(before_));
            if (!sent) co_return sent;
        }
        if (!join) {
            auto sent = co_await connection_.send(data);
            if (!sent) co_return sent;
        }
        // The line end of a chunk goes out with what follows it.
        before_ = chunked_ ? "\r\n" : "";
        co_return io::IoResult<void>{};
    }

    io::Task<io::IoResult<void>> finish() {
        if (left_ && *left_ > 0)
            co_return io::io_failure(io::IoCode::Other,
                                     "a streaming body is shorter than its Content-Length");
        if (chunked_) before_ += "0\r\n\r\n";
        if (before_.empty()) co_return io::IoResult<void>{};
        auto sent = co_await connection_.send(as_bytes(before_));
        co_return sent;
    }

    /// Sends the head before the first piece is there: a client that follows a stream of events
    /// sees at once that it was accepted.
    io::Task<io::IoResult<void>> send_head() {
        auto sent = co_await connection_.send(as_bytes(before_));
        before_.clear();
        co_return sent;
    }

    bool stopping() const override { return connection_.gone_.cancelled(); }
    io::CancelToken stop_token() const override { return connection_.gone_.token(); }

private:
    ServerConnection& connection_;
    std::string before_;
    std::optional<std::uint64_t> left_;
    bool chunked_;
};

// ---- connection --------------------------------------------------------------------------------

ServerConnection::ServerConnection(ServerShared& server, std::unique_ptr<io::Stream> stream)
    : server_(server),
      raw_(std::move(stream)),
      stream_(raw_.get()),
      peer_(raw_->peer()),
      input_(std::max(kInputBytesMin, 2 * server.options.limits.header_bytes_max)),
      watchdog_(server.environment.loop, [this] { close(); }),
      watcher_(server.environment.loop) {}

void ServerConnection::close() {
    stream_->close();
}

void ServerConnection::server_stops() {
    if (idle_) close();
    gone_.cancel();
}

io::Task<void> ServerConnection::run() {
    const bool ready = co_await choose_transport();
    Next next = ready ? Next::KeepAlive : Next::Close;
    while (next == Next::KeepAlive) next = co_await serve_one();
    if (next == Next::Linger) {
        co_await linger();
    } else if (!watchdog_.expired()) {
        watchdog_.set(kLingerUs);
        co_await stream_->end_writes();
    }
    close();
    co_await watcher_.wait();
}

io::Task<bool> ServerConnection::choose_transport() {
    idle_ = true;
    watchdog_.set(limits().idle_timeout_us);
    auto got = co_await input_.fill(*raw_);
    watchdog_.clear();
    idle_ = false;
    if (!got || *got == 0) co_return false;
    const bool wants_tls = input_.available()[0] == kTlsHandshake;
    if (!wants_tls) {
        if (server_.options.allow_plain) co_return true;
        co_await send_error(400, "this port speaks https only\n");
        co_await linger();
        co_return false;
    }
    if (!server_.options.tls) co_return false;
    std::unique_ptr<io::Stream> replayed =
        std::make_unique<PrefixedStream>(*raw_, to_bytes(input_.available()));
    input_.consume(input_.available().size());
    const TlsServer tls = *server_.options.tls;
    auto secured =
        co_await accept_tls(loop(), tls, std::move(replayed), limits().header_timeout_us);
    if (!secured) {
        io::log_debug("http", "{}: {}", peer_, secured.error().message);
        co_return false;
    }
    secured_ = std::move(*secured);
    stream_ = secured_.get();
    co_return true;
}

/// False: the connection is over, with an answer if one makes sense.
io::Task<bool> ServerConnection::read_head(MessageParser& parser) {
    if (input_.empty()) {
        if (server_.stopping) co_return false;
        idle_ = true;
        watchdog_.set(limits().idle_timeout_us);
        // After a streaming response its watcher may still be reading.
        if (watcher_.running() == 0) watcher_.add(watch_client());
        co_await watcher_.wait();
        watchdog_.clear();
        idle_ = false;
    }
    if (client_left_) co_return false;
    watchdog_.set(limits().header_timeout_us);
    while (true) {
        auto used = parser.feed_head(input_.available());
        if (!used) {
            watchdog_.clear();
            const bool large = used.error().code == io::IoCode::TooLarge;
            co_await send_error(large ? 431 : 400, used.error().message + "\n");
            co_await linger();
            co_return false;
        }
        input_.consume(*used);
        if (parser.head_done()) break;
        auto got = co_await input_.fill(*stream_);
        if (!got || *got == 0) co_return false;
    }
    watchdog_.clear();
    co_return true;
}

io::Task<ServerConnection::Next> ServerConnection::serve_one() {
    MessageParser parser(MessageParser::Kind::Request, limits().header_bytes_max);
    const bool have_head = co_await read_head(parser);
    if (!have_head) co_return Next::Close;
    const MessageHead& head = parser.head();

    Request request;
    request.method = head.method;
    request.headers = head.headers;
    request.peer = peer_;
    request.abandoned = abandoned_.token();
    request.tls = stream_ != raw_.get();
    std::string_view target = head.target;
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (target.substr(0, scheme.size()) != scheme) continue;
        target.remove_prefix(std::min(target.find('/', scheme.size()), target.size()));
        if (target.empty()) target = "/";
    }
    const std::size_t question = std::min(target.find('?'), target.size());
    request.path = target.substr(0, question);
    request.query = target.substr(std::min(question + 1, target.size()));
    if (!head.http_1_0 && !head.headers.get("Host")) {
        co_await send_error(400, "a request needs a Host header\n");
        co_return Next::Linger;
    }

    IncomingBody body(*stream_, input_, parser, MessageParser::Kind::Request, false);
    const auto expect = head.headers.get("Expect");
    RequestBody paced_body(*this, body, expect && *expect == "100-continue" && !head.http_1_0);
    request.body = &paced_body;

    io::Task<Response> handling = server_.handler(request);
    Response response = co_await std::move(handling);
    if (watchdog_.expired()) co_return Next::Close;  // too slow a body: the stream is closed
    const Next next = co_await answer(request, response, head, body, !paced_body.unasked());
    co_return next;
}

io::Task<ServerConnection::Next> ServerConnection::answer(Request& request, Response& response,
                                                          const MessageHead& head,
                                                          IncomingBody& body, bool may_drain) {
    bool keep = head.keep_alive && !server_.stopping;
    if (!body.done()) {
        const auto length = body.content_length();
        if (!may_drain || body.failed() ||
            (length && *length - body.received_bytes() > limits().unread_body_bytes_max))
            keep = false;
    }
    const bool has_body = !has_no_body(response.status);
    const bool streaming = std::holds_alternative<StreamingBody>(response.body);
    bool chunked = false;
    if (has_body && !streaming) {
        std::uint64_t size = 0;
        if (const auto* bytes = std::get_if<Bytes>(&response.body)) size = bytes->size();
        if (const auto* shared = std::get_if<SharedBody>(&response.body)) {
            for (const ByteView part : shared->parts) size += part.size();
        }
        response.headers.set("Content-Length", std::to_string(size));
    } else if (has_body && !response.headers.get("Content-Length")) {
        chunked = !head.http_1_0;
        if (chunked) response.headers.set("Transfer-Encoding", "chunked");
        if (!chunked) keep = false;
    }
    response.headers.set("Connection", keep ? "keep-alive" : "close");
    response.headers.set("Date", server_.date_now());
    response.headers.set("Server", server_.options.name);
    std::string head_text = response_head(response.status, response.headers);

    send_pace_ = Pace(limits().transfer_grace_us, limits().transfer_bytes_per_s_min);
    io::IoResult<void> sent;
    if (!has_body || request.method == "HEAD") {
        sent = co_await send(as_bytes(head_text));
    } else {
        sent = co_await send_body(response, std::move(head_text), chunked, body);
    }
    if (!sent) {
        io::log_debug("http", "{}: {} {}: {}", peer_, request.method, request.path,
                      sent.error().message);
        co_return Next::Close;
    }
    if (keep && !body.done()) {
        // What the handler left unread comes before the next request.
        Bytes scratch(16 << 10);
        watchdog_.set(limits().transfer_grace_us);
        std::uint64_t skipped = 0;
        while (!body.done() && skipped <= limits().unread_body_bytes_max) {
            auto got = co_await body.read_some(scratch);
            if (!got) co_return Next::Close;
            skipped += *got;
        }
        watchdog_.clear();
        keep = body.done();
    }
    if (keep) co_return Next::KeepAlive;
    co_return body.done() ? Next::Close : Next::Linger;
}

io::Task<io::IoResult<void>> ServerConnection::send_body(Response& response, std::string head,
                                                         bool chunked, const IncomingBody& body) {
    io::IoResult<void> sent;
    if (auto* bytes = std::get_if<Bytes>(&response.body)) {
        const std::vector<ByteView> parts{ByteView(*bytes)};
        sent = co_await send_parts(std::move(head), parts);
    } else if (auto* shared = std::get_if<SharedBody>(&response.body)) {
        sent = co_await send_parts(std::move(head), shared->parts);
    } else {
        std::optional<std::uint64_t> length;
        if (const auto declared = response.headers.get("Content-Length"))
            length = parse_u64(*declared);
        StreamingBody& writes = std::get<StreamingBody>(response.body);
        sent = co_await send_streaming(writes, std::move(head), length, chunked, body.done());
    }
    co_return sent;
}

/// Small parts are joined, large ones are sent from where they are.
io::Task<io::IoResult<void>> ServerConnection::send_parts(std::string head,
                                                          const std::vector<ByteView>& parts) {
    std::string joined = std::move(head);
    for (ByteView part : parts) {
        const std::size_t n = std::min(part.size(), kJoinBytes);
        if (part.size() > kJoinBytes || joined.size() + n > 2 * kJoinBytes) {
            // A full first write, then the rest of the part by itself.
            joined.append(as_text(part.first(n)));
            auto sent = co_await send(as_bytes(joined));
            if (!sent) co_return sent;
            joined.clear();
            const ByteView rest = part.subspan(n);
            auto rest_sent = co_await send(rest);
            if (!rest_sent) co_return rest_sent;
        } else {
            joined.append(as_text(part));
        }
    }
    auto sent = co_await send(as_bytes(joined));
    co_return sent;
}

io::Task<io::IoResult<void>> ServerConnection::send_streaming(StreamingBody& body, std::string head,
                                                              std::optional<std::uint64_t> length,
                                                              bool chunked, bool watch) {
    ChunkWriter writer(*this, std::move(head), length, chunked);
    if (watch && input_.empty()) watcher_.add(watch_client());
    auto head_sent = co_await writer.send_head();
    if (!head_sent) co_return head_sent;
    io::Task<io::IoResult<void>> writing = body(writer);
    auto written = co_await std::move(writing);
    if (!written) co_return written;
    auto finished = co_await writer.finish();
    co_return finished;
}

io::Task<void> ServerConnection::watch_client() {
    auto got = co_await input_.fill(*stream_);
    if (got && *got > 0) co_return;  // the next request, early
    client_left_ = true;
    gone_.cancel();
}

io::Task<io::IoResult<void>> ServerConnection::send(ByteView data) {
    while (!data.empty()) {
        const std::uint64_t begin_us = loop().monotonic_us();
        watchdog_.set(send_pace_.left_us());
        auto sent = co_await stream_->write_some(data);
        watchdog_.clear();
        send_pace_.waited(loop().monotonic_us() - begin_us);
        if (!sent && watchdog_.expired())
            co_return io::io_failure(io::IoCode::TimedOut, "the client reads too slowly");
        if (!sent) co_return fail(std::move(sent).error());
        send_pace_.moved(*sent);
        data = data.subspan(*sent);
    }
    co_return io::IoResult<void>{};
}

io::Task<void> ServerConnection::send_error(int status, std::string text) {
    Headers headers;
    headers.add("Content-Type", "text/plain; charset=utf-8");
    headers.add("Content-Length", std::to_string(text.size()));
    headers.add("Connection", "close");
    headers.add("Date", server_.date_now());
    headers.add("Server", server_.options.name);
    const std::string answer_text = response_head(status, headers) + text;
    send_pace_ = Pace(limits().transfer_grace_us, limits().transfer_bytes_per_s_min);
    auto sent = co_await send(as_bytes(answer_text));
    if (!sent) io::log_debug("http", "{}: {}", peer_, sent.error().message);
}

io::Task<void> ServerConnection::linger() {
    if (watchdog_.expired()) co_return;
    watchdog_.set(kLingerUs);
    co_await stream_->end_writes();
    Bytes scratch(16 << 10);
    std::uint64_t skipped = 0;
    while (watcher_.running() == 0 && skipped <= limits().unread_body_bytes_max) {
        auto got = co_await stream_->read_some(scratch);
        if (!got || *got == 0) break;
        skipped += *got;
    }
}

}  // namespace walrus::http
