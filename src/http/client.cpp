// SPDX-License-Identifier: Apache-2.0
#include "http/client.hpp"

#include <fmt/format.h>

#include "base/check.hpp"
#include "base/text.hpp"
#include "http/client_pool.hpp"

namespace walrus::http {

namespace {

constexpr std::size_t kHeadBytesMax = 64 << 10;
constexpr std::size_t kJoinBytes = 64 << 10;

// ---- one call's end ----------------------------------------------------------------------------

/// Ends a call from outside: by its deadline or by its caller. Whatever the call waits for hears of
/// it through token().
class CallGuard {
public:
    CallGuard(io::Loop& loop, const CallOptions& options)
        : loop_(loop), begin_us_(loop.monotonic_us()), timeout_us_(options.timeout_us) {
        if (timeout_us_ != 0)
            timer_ = loop.schedule(timeout_us_, [this] { end(io::IoCode::TimedOut); });
        registration_ = options.cancel.on_cancel([this] { end(io::IoCode::Cancelled); });
    }
    ~CallGuard() { stop_timer(); }
    CallGuard(const CallGuard&) = delete;
    CallGuard& operator=(const CallGuard&) = delete;

    io::CancelToken token() const { return source_.token(); }
    bool ended() const { return reason_.has_value(); }
    /// From now on only the caller can end the call.
    void stop_timer() {
        if (timer_) loop_.cancel(*timer_);
        timer_.reset();
    }
    std::uint64_t bounded(std::uint64_t limit_us) const {
        if (timeout_us_ == 0) return limit_us;
        const std::uint64_t used_us = loop_.monotonic_us() - begin_us_;
        const std::uint64_t left_us = timeout_us_ > used_us ? timeout_us_ - used_us : 1;
        return limit_us == 0 ? left_us : std::min(limit_us, left_us);
    }
    /// An error that happened because the call was ended says so.
    io::IoError explain(io::IoError error, const std::string& url) const {
        if (!reason_) return error;
        if (*reason_ == io::IoCode::Cancelled)
            return {io::IoCode::Cancelled, fmt::format("call to {} was cancelled", url)};
        return {io::IoCode::TimedOut,
                fmt::format("call to {} took longer than {} ms", url, timeout_us_ / 1000)};
    }

private:
    void end(io::IoCode reason) {
        if (reason_) return;
        reason_ = reason;
        io::CancelSource source = source_;  // we may be gone before cancel() returns
        source.cancel();
    }

    io::Loop& loop_;
    std::uint64_t begin_us_;
    std::uint64_t timeout_us_;
    std::optional<io::IoCode> reason_;
    io::CancelSource source_;
    std::optional<io::Loop::TimerId> timer_;
    io::CancelRegistration registration_;
};

// ---- one exchange on one connection ------------------------------------------------------------

bool has_no_body(const std::string& method, int status) {
    return method == "HEAD" || status / 100 == 1 || status == 204 || status == 304;
}

/// A request on its way and its answer, up to where the body begins.
class Exchange {
public:
    Exchange(std::shared_ptr<ClientPool> pool, Lease lease, std::unique_ptr<CallGuard> guard)
        : pool_(std::move(pool)),
          lease_(std::move(lease)),
          guard_(std::move(guard)),
          parser_(MessageParser::Kind::Response, kHeadBytesMax),
          writers_(pool_->loop()) {
        register_close();
    }
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;
    ~Exchange() {
        // Whoever drops an exchange has waited for its writer, see finish().
        close_registration_ = {};
        if (reusable_) pool_->give_back(std::move(lease_));
    }

    CallGuard& guard() { return *guard_; }
    std::unique_ptr<CallGuard> take_guard() { return std::move(guard_); }
    /// Keeps alive what the request refers to.
    void keep(std::shared_ptr<const void> owner) { owner_ = std::move(owner); }
    bool answered() const { return answered_; }
    const MessageHead& head() const { return parser_.head(); }
    IncomingBody& body() { return *body_; }
    io::Stream& stream() { return *lease_.connection->stream; }

    io::Task<io::IoResult<void>> run(const Origin& origin, const ClientRequest& request) {
        Headers headers = request.headers;
        if (!headers.get("Host")) headers.add("Host", host_header(origin));
        std::vector<ByteView> parts;
        if (const auto* bytes = std::get_if<Bytes>(&request.body)) parts = {ByteView(*bytes)};
        if (const auto* shared = std::get_if<SharedBody>(&request.body)) parts = shared->parts;
        WALRUS_CHECK(!std::holds_alternative<StreamingBody>(request.body));
        std::uint64_t size = 0;
        for (const ByteView part : parts) size += part.size();
        if (size > 0 || (request.method != "GET" && request.method != "HEAD"))
            headers.set("Content-Length", std::to_string(size));
        std::string head = request_head(request.method, request.target, headers);

        // A long body is sent while the answer is awaited: a server may refuse it half way.
        writers_.add(write(std::move(head), std::move(parts)));
        auto read = co_await read_head(request.method);
        if (!read) {
            stream().close();
            co_await writers_.wait();
            co_return read;
        }
        co_return read;
    }

    /// After the body: waits for the writer and decides whether the connection can serve again.
    io::Task<void> finish() {
        const bool complete = body_ && body_->done() && !body_->until_close();
        if (!complete || writers_.running() > 0 || !written_) {
            stream().close();
            co_await writers_.wait();
            co_return;
        }
        reusable_ =
            parser_.head().keep_alive && !guard_->ended() && lease_.connection->input.empty();
    }

    /// Without waiting, for destructors. Precondition: the writer has ended.
    bool writer_running() const { return writers_.running() > 0; }
    void finish_now() {
        const bool complete = body_ && body_->done() && !body_->until_close() && written_;
        reusable_ = complete && parser_.head().keep_alive && !guard_->ended() &&
                    lease_.connection->input.empty();
        if (!reusable_) stream().close();
    }

private:
    static std::string host_header(const Origin& origin) {
        const std::uint16_t usual = origin.tls ? 443 : 80;
        std::string text = io::to_text(origin.endpoint);
        if (origin.endpoint.port == usual) text.resize(text.rfind(':'));
        return text;
    }

    void register_close() {
        io::Stream* raw = lease_.connection->stream.get();
        close_registration_ = guard_->token().on_cancel([raw] { raw->close(); });
    }

    io::Task<void> write(std::string head, std::vector<ByteView> parts) {
        std::string joined = std::move(head);
        io::IoResult<void> sent;
        for (const ByteView part : parts) {
            const std::size_t n = std::min(part.size(), kJoinBytes);
            joined.append(as_text(part.first(n)));
            pool_->body_bytes_sent += part.size();
            if (n == part.size() && joined.size() <= kJoinBytes) continue;
            sent = co_await stream().write_all(as_bytes(joined));
            if (!sent) co_return;
            joined.clear();
            if (n < part.size()) {
                const ByteView rest = part.subspan(n);
                sent = co_await stream().write_all(rest);
                if (!sent) co_return;
            }
        }
        if (!joined.empty()) sent = co_await stream().write_all(as_bytes(joined));
        written_ = sent.has_value();
    }

    io::Task<io::IoResult<void>> read_head(const std::string& method) {
        Input& input = lease_.connection->input;
        while (true) {
            if (!input.empty()) {
                answered_ = true;
                auto used = parser_.feed_head(input.available());
                if (!used) co_return fail(std::move(used).error());
                input.consume(*used);
                if (parser_.head_done()) {
                    if (parser_.head().status / 100 != 1 || parser_.head().status == 101) break;
                    parser_ = MessageParser(MessageParser::Kind::Response, kHeadBytesMax);
                    continue;
                }
            }
            auto got = co_await input.fill(stream());
            if (!got) co_return fail(std::move(got).error());
            if (*got == 0)
                co_return io::io_failure(io::IoCode::Closed,
                                         "the server closed the connection without an answer");
        }
        body_.emplace(stream(), input, parser_, MessageParser::Kind::Response,
                      has_no_body(method, parser_.head().status));
        co_return io::IoResult<void>{};
    }

    std::shared_ptr<ClientPool> pool_;
    std::shared_ptr<const void> owner_;
    Lease lease_;
    std::unique_ptr<CallGuard> guard_;
    MessageParser parser_;
    io::TaskGroup writers_;
    std::optional<IncomingBody> body_;
    io::CancelRegistration close_registration_;
    bool answered_ = false;
    bool written_ = false;
    bool reusable_ = false;
};

/// The body of a response, counted.
class CountedBody final : public BodyReader {
public:
    CountedBody(IncomingBody& body, std::uint64_t& counter) : body_(body), counter_(counter) {}
    std::optional<std::uint64_t> content_length() const override { return body_.content_length(); }
    io::Task<io::IoResult<std::size_t>> read_some(MutableByteView out) override {
        auto got = co_await body_.read_some(out);
        if (got) counter_ += *got;
        co_return got;
    }

private:
    IncomingBody& body_;
    std::uint64_t& counter_;
};

class StreamedExchange final : public StreamedResponse {
public:
    StreamedExchange(std::shared_ptr<ClientPool> pool, std::unique_ptr<Exchange> exchange,
                     std::string url)
        : pool_(std::move(pool)),
          exchange_(std::move(exchange)),
          url_(std::move(url)),
          watchdog_(pool_->loop(), [this] { exchange_->stream().close(); }) {}

    ~StreamedExchange() override {
        if (!exchange_->writer_running()) {
            exchange_->finish_now();
            return;
        }
        // The answer came before the request was sent, and nobody wants the rest.
        exchange_->stream().close();
        io::start(end(std::move(exchange_)));
    }

    int status() const override { return exchange_->head().status; }
    const Headers& headers() const override { return exchange_->head().headers; }

    io::Task<io::IoResult<std::size_t>> read_some(MutableByteView out,
                                                  std::uint64_t timeout_us) override {
        if (timeout_us != 0) watchdog_.set(timeout_us);
        auto got = co_await exchange_->body().read_some(out);
        watchdog_.clear();
        if (!got && watchdog_.expired())
            co_return io::io_failure(io::IoCode::TimedOut, fmt::format("{}: nothing came for {} ms",
                                                                       url_, timeout_us / 1000));
        if (!got) co_return fail(exchange_->guard().explain(std::move(got).error(), url_));
        pool_->body_bytes_received += *got;
        co_return got;
    }

private:
    static io::Task<void> end(std::unique_ptr<Exchange> exchange) { co_await exchange->finish(); }

    std::shared_ptr<ClientPool> pool_;
    std::unique_ptr<Exchange> exchange_;
    std::string url_;
    Watchdog watchdog_;
};

// ---- client ------------------------------------------------------------------------------------

class PooledClient final : public Client {
public:
    PooledClient(io::Environment& environment, ClientLimits limits)
        : pool_(std::make_shared<ClientPool>(environment, limits)) {}
    ~PooledClient() override { pool_->close_idle(); }

    io::Task<io::IoResult<ClientResponse>> call(Origin origin, ClientRequest request,
                                                CallOptions options) override {
        const std::shared_ptr<ClientPool> pool = pool_;
        auto begun = co_await begin(pool, origin, request, options);
        if (!begun) co_return fail(std::move(begun).error());
        const std::unique_ptr<Exchange> exchange = std::move(*begun);
        CountedBody body(exchange->body(), pool->body_bytes_received);
        auto content = co_await body.read_all(options.response_bytes_max);
        co_await exchange->finish();
        if (!content)
            co_return fail(exchange->guard().explain(
                {content.error().code, origin.url() + ": " + content.error().message},
                origin.url()));
        ClientResponse response;
        response.status = exchange->head().status;
        response.headers = exchange->head().headers;
        response.body = std::move(*content);
        co_return response;
    }

    io::Task<io::IoResult<std::unique_ptr<StreamedResponse>>> call_streamed(
        Origin origin, ClientRequest request, CallOptions options) override {
        const std::shared_ptr<ClientPool> pool = pool_;
        // The request must live while it is sent, which may outlast the arrival of the answer.
        auto owned = std::make_shared<ClientRequest>(std::move(request));
        auto begun = co_await begin(pool, origin, *owned, options);
        if (!begun) co_return fail(std::move(begun).error());
        std::unique_ptr<Exchange> exchange = std::move(*begun);
        exchange->guard().stop_timer();
        exchange->keep(owned);
        std::unique_ptr<StreamedResponse> response =
            std::make_unique<StreamedExchange>(pool, std::move(exchange), origin.url());
        co_return response;
    }

    std::uint64_t body_bytes_received() const override { return pool_->body_bytes_received; }
    std::uint64_t body_bytes_sent() const override { return pool_->body_bytes_sent; }
    void close_idle() override { pool_->close_idle(); }

private:
    /// Sends the request and reads the head of the answer; on a kept-alive connection that turns
    /// out to be closed, once more on a fresh one.
    static io::Task<io::IoResult<std::unique_ptr<Exchange>>> begin(std::shared_ptr<ClientPool> pool,
                                                                   Origin origin,
                                                                   const ClientRequest& request,
                                                                   CallOptions options) {
        const std::string url = origin.url();
        auto guard = std::make_unique<CallGuard>(pool->loop(), options);
        if (guard->ended()) co_return fail(guard->explain({io::IoCode::Cancelled, {}}, url));
        bool fresh = false;
        while (true) {
            const std::uint64_t connect_us = guard->bounded(options.connect_timeout_us);
            auto lease = co_await pool->acquire(origin, connect_us, guard->token(), fresh);
            if (!lease) co_return fail(guard->explain(std::move(lease).error(), url));
            const bool reused = lease->reused;
            auto exchange = std::make_unique<Exchange>(pool, std::move(*lease), std::move(guard));
            auto ran = co_await exchange->run(origin, request);
            if (ran) co_return exchange;
            const bool stale = reused && !exchange->answered() && !exchange->guard().ended() &&
                               ran.error().code == io::IoCode::Closed;
            if (!stale || fresh)
                co_return fail(exchange->guard().explain(
                    {ran.error().code, url + ": " + ran.error().message}, url));
            fresh = true;
            guard = exchange->take_guard();
        }
    }

    std::shared_ptr<ClientPool> pool_;
};

}  // namespace

io::IoResult<Origin> Origin::parse(std::string_view url) {
    const auto malformed = [&](std::string_view what) {
        return io::io_failure(
            io::IoCode::Malformed,
            fmt::format("\"{}\" is not http://host:port or https://host:port: {}", url, what));
    };
    Origin origin;
    std::string_view rest = url;
    if (rest.substr(0, 8) == "https://") {
        origin.tls = true;
        rest.remove_prefix(8);
    } else if (rest.substr(0, 7) == "http://") {
        rest.remove_prefix(7);
    } else {
        return malformed("unknown scheme");
    }
    if (!rest.empty() && rest.back() == '/') rest.remove_suffix(1);
    if (rest.find_first_of("/?#@") != std::string_view::npos)
        return malformed("only a host and a port are allowed");
    origin.endpoint.port = origin.tls ? 443 : 80;
    std::size_t colon = rest.rfind(':');
    if (!rest.empty() && rest.front() == '[') {
        const std::size_t close = rest.find(']');
        if (close == std::string_view::npos) return malformed("\"]\" is missing");
        origin.endpoint.host = rest.substr(1, close - 1);
        rest.remove_prefix(close + 1);
        colon = rest.empty() ? std::string_view::npos : 0;
        if (!rest.empty() && rest.front() != ':') return malformed("what follows \"]\"");
    } else {
        origin.endpoint.host = rest.substr(0, colon);
        if (origin.endpoint.host.find(':') != std::string::npos)
            return malformed("an IPv6 address needs brackets");
    }
    if (origin.endpoint.host.empty()) return malformed("no host");
    if (colon != std::string_view::npos) {
        const auto port = parse_u64(rest.substr(colon + 1));
        if (!port || *port == 0 || *port > 65'535) return malformed("the port");
        origin.endpoint.port = static_cast<std::uint16_t>(*port);
    }
    return origin;
}

std::string Origin::url() const {
    return (tls ? "https://" : "http://") + io::to_text(endpoint);
}

std::unique_ptr<Client> Client::make(io::Environment& environment, ClientLimits limits) {
    return std::make_unique<PooledClient>(environment, limits);
}

}  // namespace walrus::http
