// SPDX-License-Identifier: Apache-2.0
// TLS over any stream: OpenSSL works on memory, this file moves the bytes. Records are encrypted in
// batches, so that one write below carries many of them.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/err.h>

#include <algorithm>
#include <climits>

#include "base/check.hpp"
#include "http/openssl.hpp"

namespace walrus::http {

namespace {

constexpr std::size_t kBatchBytes = 256 << 10;   ///< plaintext that is encrypted at once
constexpr std::size_t kReadBytesMin = 20 << 10;  ///< room for one record
constexpr std::size_t kReadBytesMax = 256 << 10;
constexpr std::size_t kIdleBytesMax = 64 << 10;  ///< buffers kept while nothing is sent

/// The state of a connection. Operations hold it, so it outlives a stream that is destroyed while
/// one of them is on its way.
class TlsSession : public std::enable_shared_from_this<TlsSession> {
public:
    TlsSession(io::Loop& loop, SSL_CTX* context, std::unique_ptr<io::Stream> below);

    SSL* ssl() { return ssl_.get(); }
    io::Stream& below() { return *below_; }
    ServerCheck& check() { return check_; }
    void close() {
        closed_ = true;
        below_->close();
    }

    // Coroutines of a session take it by value, to keep it alive.
    static io::Task<io::IoResult<void>> handshake(std::shared_ptr<TlsSession> self);
    static io::Task<io::IoResult<std::size_t>> read_some(std::shared_ptr<TlsSession> self,
                                                         MutableByteView out);
    static io::Task<io::IoResult<std::size_t>> write_some(std::shared_ptr<TlsSession> self,
                                                          ByteView data);
    static io::Task<io::IoResult<void>> write_all(std::shared_ptr<TlsSession> self, ByteView data);
    static io::Task<void> end_writes(std::shared_ptr<TlsSession> self);

private:
    static int bio_write(BIO* bio, const char* data, int size);
    static int bio_read(BIO* bio, char* out, int size);
    static long bio_ctrl(BIO* bio, int command, long, void*);
    static int bio_create(BIO* bio);
    static BIO_METHOD* bio_method();

    /// Sends what OpenSSL has written.
    io::Task<io::IoResult<void>> flush();
    /// Reads encrypted bytes; false at the end of the stream below.
    io::Task<io::IoResult<bool>> receive();
    std::size_t decrypt_into(MutableByteView out, int& error);
    auto closed_failure() const {
        return io::io_failure(io::IoCode::Closed,
                              fmt::format("connection to {} was closed", below_->peer()));
    }

    std::unique_ptr<io::Stream> below_;
    SslPtr ssl_;
    ServerCheck check_;
    io::Event flushed_;
    Bytes incoming_;  ///< encrypted bytes [in_begin_, in_end_) wait to be decrypted
    std::size_t in_begin_ = 0;
    std::size_t in_end_ = 0;
    Bytes outgoing_;  ///< encrypted, not yet given to the stream below
    Bytes sending_;   ///< being sent
    bool flushing_ = false;
    bool closed_ = false;
    std::optional<io::IoError> send_error_;
};

TlsSession::TlsSession(io::Loop& loop, SSL_CTX* context, std::unique_ptr<io::Stream> below)
    : below_(std::move(below)), ssl_(SSL_new(context)), flushed_(loop) {
    WALRUS_CHECK(ssl_);
    BIO* bio = BIO_new(bio_method());
    WALRUS_CHECK(bio != nullptr);
    BIO_set_data(bio, this);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_app_data(ssl_.get(), &check_);
}

// ---- OpenSSL's view of the wire ----------------------------------------------------------------

int TlsSession::bio_write(BIO* bio, const char* data, int size) {
    auto* self = static_cast<TlsSession*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    append(self->outgoing_, {reinterpret_cast<const Byte*>(data), static_cast<std::size_t>(size)});
    return size;
}

int TlsSession::bio_read(BIO* bio, char* out, int size) {
    auto* self = static_cast<TlsSession*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const std::size_t n = std::min(static_cast<std::size_t>(size), self->in_end_ - self->in_begin_);
    if (n == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    std::memcpy(out, self->incoming_.data() + self->in_begin_, n);
    self->in_begin_ += n;
    return static_cast<int>(n);
}

long TlsSession::bio_ctrl(BIO*, int command, long, void*) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

int TlsSession::bio_create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
}

BIO_METHOD* TlsSession::bio_method() {
    static BIO_METHOD* const method = [] {
        BIO_METHOD* made =
            BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "walrus stream");
        WALRUS_CHECK(made != nullptr);
        BIO_meth_set_write(made, bio_write);
        BIO_meth_set_read(made, bio_read);
        BIO_meth_set_ctrl(made, bio_ctrl);
        BIO_meth_set_create(made, bio_create);
        return made;
    }();
    return method;
}

// ---- moving encrypted bytes --------------------------------------------------------------------

io::Task<io::IoResult<void>> TlsSession::flush() {
    while (!outgoing_.empty() || flushing_) {
        if (send_error_) co_return fail(*send_error_);
        if (flushing_) {
            // Another operation sends and takes what we added with it.
            co_await flushed_.wait();
            continue;
        }
        flushing_ = true;
        std::swap(outgoing_, sending_);
        auto sent = co_await below_->write_all(sending_);
        sending_.clear();
        flushing_ = false;
        if (!sent) send_error_ = std::move(sent).error();
        flushed_.notify_all();
    }
    if (send_error_) co_return fail(*send_error_);
    co_return io::IoResult<void>{};
}

io::Task<io::IoResult<bool>> TlsSession::receive() {
    WALRUS_CHECK(in_begin_ == in_end_);
    if (!flushing_ && sending_.capacity() > kIdleBytesMax) sending_ = Bytes();
    if (outgoing_.empty() && outgoing_.capacity() > kIdleBytesMax) outgoing_ = Bytes();
    if (incoming_.empty()) incoming_.resize(kReadBytesMin);
    // A read that filled the buffer asks for a larger one.
    if (in_end_ == incoming_.size() && incoming_.size() < kReadBytesMax)
        incoming_.resize(std::min(kReadBytesMax, incoming_.size() * 4));
    in_begin_ = in_end_ = 0;
    auto got = co_await below_->read_some(incoming_);
    if (!got) co_return fail(std::move(got).error());
    in_end_ = *got;
    co_return *got > 0;
}

// ---- operations --------------------------------------------------------------------------------

io::Task<io::IoResult<void>> TlsSession::handshake(std::shared_ptr<TlsSession> self) {
    while (true) {
        ERR_clear_error();
        const int result = SSL_do_handshake(self->ssl_.get());
        const int error = SSL_get_error(self->ssl_.get(), result);
        std::string reason;
        if (result != 1 && error != SSL_ERROR_WANT_READ)
            reason = self->check_.failure.empty() ? openssl_error() : self->check_.failure;
        auto flushed = co_await self->flush();  // also the alert that says what was wrong
        if (!reason.empty())
            co_return io::io_failure(io::IoCode::Untrusted,
                                     fmt::format("TLS with {}: {}", self->below_->peer(), reason));
        if (!flushed) co_return flushed;
        if (result == 1) co_return io::IoResult<void>{};
        auto more = co_await self->receive();
        if (!more) co_return fail(std::move(more).error());
        if (!*more)
            co_return io::io_failure(
                io::IoCode::Closed, fmt::format("{} closed the connection during the TLS handshake",
                                                self->below_->peer()));
    }
}

std::size_t TlsSession::decrypt_into(MutableByteView out, int& error) {
    std::size_t total = 0;
    error = SSL_ERROR_NONE;
    while (total < out.size()) {
        ERR_clear_error();
        const int room = static_cast<int>(std::min<std::size_t>(out.size() - total, INT_MAX));
        const int n = SSL_read(ssl_.get(), out.data() + total, room);
        if (n <= 0) {
            error = SSL_get_error(ssl_.get(), n);
            break;
        }
        total += static_cast<std::size_t>(n);
    }
    return total;
}

io::Task<io::IoResult<std::size_t>> TlsSession::read_some(std::shared_ptr<TlsSession> self,
                                                          MutableByteView out) {
    while (true) {
        if (self->closed_) co_return self->closed_failure();
        int error = SSL_ERROR_NONE;
        const std::size_t n = self->decrypt_into(out, error);
        std::string reason;
        if (error != SSL_ERROR_NONE && error != SSL_ERROR_WANT_READ &&
            error != SSL_ERROR_ZERO_RETURN)
            reason = openssl_error();
        if (!self->outgoing_.empty() && !self->flushing_) {
            auto flushed = co_await self->flush();
            if (!flushed && n == 0) co_return fail(std::move(flushed).error());
        }
        if (n > 0) co_return n;
        if (error == SSL_ERROR_ZERO_RETURN) co_return std::size_t{0};
        if (error != SSL_ERROR_WANT_READ)
            co_return io::io_failure(io::IoCode::Untrusted,
                                     fmt::format("TLS with {}: {}", self->below_->peer(), reason));
        auto more = co_await self->receive();
        if (!more) co_return fail(std::move(more).error());
        if (!*more)
            co_return io::io_failure(
                io::IoCode::Closed,
                fmt::format("{} closed the connection without ending TLS", self->below_->peer()));
    }
}

io::Task<io::IoResult<std::size_t>> TlsSession::write_some(std::shared_ptr<TlsSession> self,
                                                           ByteView data) {
    if (self->closed_) co_return self->closed_failure();
    if (data.empty()) co_return std::size_t{0};
    data = data.first(std::min(data.size(), kBatchBytes));
    ERR_clear_error();
    const int n = SSL_write(self->ssl_.get(), data.data(), static_cast<int>(data.size()));
    if (n <= 0)
        co_return io::io_failure(
            io::IoCode::Closed,
            fmt::format("TLS with {}: {}", self->below_->peer(), openssl_error()));
    auto flushed = co_await self->flush();
    if (!flushed) co_return fail(std::move(flushed).error());
    co_return static_cast<std::size_t>(n);
}

io::Task<io::IoResult<void>> TlsSession::write_all(std::shared_ptr<TlsSession> self,
                                                   ByteView data) {
    while (!data.empty()) {
        auto n = co_await write_some(self, data);
        if (!n) co_return fail(std::move(n).error());
        data = data.subspan(*n);
    }
    co_return io::IoResult<void>{};
}

io::Task<void> TlsSession::end_writes(std::shared_ptr<TlsSession> self) {
    if (self->closed_) co_return;
    ERR_clear_error();
    SSL_shutdown(self->ssl_.get());
    auto flushed = co_await self->flush();
    if (flushed) co_await self->below_->end_writes();
}

// ---- the stream --------------------------------------------------------------------------------

class TlsStream final : public io::Stream {
public:
    explicit TlsStream(std::shared_ptr<TlsSession> session) : session_(std::move(session)) {}
    ~TlsStream() override { session_->close(); }

    io::Task<io::IoResult<std::size_t>> read_some(MutableByteView out) override {
        return TlsSession::read_some(session_, out);
    }
    io::Task<io::IoResult<std::size_t>> write_some(ByteView data) override {
        return TlsSession::write_some(session_, data);
    }
    io::Task<io::IoResult<void>> write_all(ByteView data) override {
        return TlsSession::write_all(session_, data);
    }
    io::Task<void> end_writes() override { return TlsSession::end_writes(session_); }
    void close() override { session_->close(); }
    std::string peer() const override { return session_->below().peer(); }

private:
    std::shared_ptr<TlsSession> session_;
};

/// Runs the handshake within a time; the stream on success.
io::Task<io::IoResult<std::unique_ptr<io::Stream>>> finish_handshake(
    io::Loop& loop, std::shared_ptr<TlsSession> session, std::uint64_t timeout_us) {
    bool late = false;
    std::optional<io::Loop::TimerId> timer;
    if (timeout_us != 0) {
        timer = loop.schedule(timeout_us, [&late, session] {
            late = true;
            session->close();
        });
    }
    auto done = co_await TlsSession::handshake(session);
    if (timer) loop.cancel(*timer);
    if (!done && late)
        co_return io::io_failure(io::IoCode::TimedOut,
                                 fmt::format("TLS with {}: no handshake within {} ms",
                                             session->below().peer(), timeout_us / 1000));
    if (!done) {
        session->close();
        co_return fail(std::move(done).error());
    }
    std::unique_ptr<io::Stream> stream = std::make_unique<TlsStream>(std::move(session));
    co_return stream;
}

}  // namespace

io::Task<io::IoResult<std::unique_ptr<io::Stream>>> accept_tls(io::Loop& loop, TlsServer server,
                                                               std::unique_ptr<io::Stream> stream,
                                                               std::uint64_t timeout_us) {
    auto session = std::make_shared<TlsSession>(loop, server.context->ssl.get(), std::move(stream));
    SSL_set_accept_state(session->ssl());
    auto accepted = co_await finish_handshake(loop, session, timeout_us);
    co_return accepted;
}

io::Task<io::IoResult<std::unique_ptr<io::Stream>>> connect_tls(io::Loop& loop, TlsClient client,
                                                                std::string host,
                                                                std::unique_ptr<io::Stream> stream,
                                                                std::uint64_t timeout_us) {
    auto session = std::make_shared<TlsSession>(loop, client_ssl_context(), std::move(stream));
    session->check().pinned_key = client.pinned_key;
    session->check().host = host;
    unsigned char raw[16];
    const bool is_address =
        inet_pton(AF_INET, host.c_str(), raw) == 1 || inet_pton(AF_INET6, host.c_str(), raw) == 1;
    // Addresses are not allowed in the server name indication.
    if (!is_address) SSL_set_tlsext_host_name(session->ssl(), host.c_str());
    SSL_set_connect_state(session->ssl());
    auto connected = co_await finish_handshake(loop, session, timeout_us);
    co_return connected;
}

}  // namespace walrus::http
