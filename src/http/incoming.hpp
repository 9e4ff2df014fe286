// SPDX-License-Identifier: Apache-2.0
// Inside http/ only: what comes in on a connection, and how long we wait for it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "http/message.hpp"
#include "http/wire.hpp"
#include "io/loop.hpp"
#include "io/stream.hpp"

namespace walrus::http {

/// Calls once when a deadline passes. Moving the deadline is cheap: the timer behind it is set
/// again only when it goes off early. Loop thread only.
class Watchdog {
public:
    Watchdog(io::Loop& loop, io::Callback on_expiry) : loop_(loop), call_(std::move(on_expiry)) {}
    ~Watchdog();
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

    void set(std::uint64_t delay_us);
    void clear() { deadline_us_ = 0; }
    bool expired() const { return expired_; }

private:
    void arm();

    io::Loop& loop_;
    io::Callback call_;
    std::uint64_t deadline_us_ = 0;  ///< 0: none
    std::uint64_t armed_us_ = 0;
    std::optional<io::Loop::TimerId> timer_;
    bool expired_ = false;
};

/// Allows a transfer `grace` plus one second per `bytes_per_s` transferred of waiting for the peer;
/// time that we ourselves need does not count.
class Pace {
public:
    Pace(std::uint64_t grace_us, std::uint64_t bytes_per_s)
        : grace_us_(grace_us), bytes_per_s_(bytes_per_s) {}
    std::uint64_t left_us() const;
    void waited(std::uint64_t us) { waited_us_ += us; }
    void moved(std::uint64_t bytes) { bytes_ += bytes; }

private:
    std::uint64_t grace_us_;
    std::uint64_t bytes_per_s_;
    std::uint64_t waited_us_ = 0;
    std::uint64_t bytes_ = 0;
};

/// Bytes of a stream that were read and not yet used.
class Input {
public:
    explicit Input(std::size_t capacity_max) : capacity_max_(capacity_max) {}
    ByteView available() const { return ByteView(buffer_).subspan(begin_, end_ - begin_); }
    bool empty() const { return begin_ == end_; }
    void consume(std::size_t n);
    /// Reads more from the stream behind what is there; 0 at its end. Errors: TooLarge when full.
    io::Task<io::IoResult<std::size_t>> fill(io::Stream& stream);

private:
    Bytes buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::size_t capacity_max_;
};

/// A message's body as it comes. Not copied: it refers to its connection's parts.
class IncomingBody final : public BodyReader {
public:
    /// `no_body`: the message has none whatever its head says (an answer to HEAD).
    IncomingBody(io::Stream& stream, Input& input, MessageParser& parser, MessageParser::Kind kind,
                 bool no_body);
    std::optional<std::uint64_t> content_length() const override;
    io::Task<io::IoResult<std::size_t>> read_some(MutableByteView out) override;
    bool done() const { return done_; }
    /// It can never be done: the connection ended, or what came is malformed.
    bool failed() const { return failed_; }
    /// Ends with the connection, not by a length.
    bool until_close() const { return mode_ == Mode::UntilClose; }
    std::uint64_t received_bytes() const { return received_; }

private:
    enum class Mode { Length, Chunked, UntilClose };
    io::Task<io::IoResult<std::size_t>> read_chunks(MutableByteView out);

    io::Stream& stream_;
    Input& input_;
    MessageParser& parser_;
    Mode mode_ = Mode::Length;
    std::uint64_t length_ = 0;
    std::uint64_t received_ = 0;
    bool done_ = false;
    bool failed_ = false;
};

}  // namespace walrus::http
