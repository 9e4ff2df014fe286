// SPDX-License-Identifier: Apache-2.0
#include "http/incoming.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.hpp"

namespace walrus::http {

// ---- waiting -----------------------------------------------------------------------------------

Watchdog::~Watchdog() {
    if (timer_) loop_.cancel(*timer_);
}

void Watchdog::set(std::uint64_t delay_us) {
    if (expired_) return;
    deadline_us_ = loop_.monotonic_us() + delay_us;
    if (timer_ && armed_us_ <= deadline_us_) return;
    if (timer_) loop_.cancel(*timer_);
    arm();
}

void Watchdog::arm() {
    const std::uint64_t now_us = loop_.monotonic_us();
    armed_us_ = deadline_us_;
    timer_ = loop_.schedule(deadline_us_ > now_us ? deadline_us_ - now_us : 0, [this] {
        timer_.reset();
        if (deadline_us_ == 0) return;
        if (loop_.monotonic_us() < deadline_us_) return arm();
        expired_ = true;
        call_();
    });
}

std::uint64_t Pace::left_us() const {
    const std::uint64_t allowed_us =
        grace_us_ + (bytes_per_s_ == 0 ? 0 : bytes_ * 1'000'000 / bytes_per_s_);
    return allowed_us > waited_us_ ? allowed_us - waited_us_ : 0;
}

// ---- bytes -------------------------------------------------------------------------------------

namespace {
constexpr std::size_t kFirstBytes = 4 << 10;
}

void Input::consume(std::size_t n) {
    WALRUS_CHECK(n <= end_ - begin_);
    begin_ += n;
    if (begin_ == end_) begin_ = end_ = 0;
}

io::Task<io::IoResult<std::size_t>> Input::fill(io::Stream& stream) {
    if (end_ == buffer_.size() && begin_ > 0) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    if (end_ == buffer_.size()) {
        if (buffer_.size() >= capacity_max_)
            co_return io::io_failure(io::IoCode::TooLarge, "a line of the message is too long");
        buffer_.resize(std::min(capacity_max_, std::max(kFirstBytes, buffer_.size() * 4)));
    }
    const MutableByteView out = MutableByteView(buffer_).subspan(end_);
    auto got = co_await stream.read_some(out);
    if (got) end_ += *got;
    co_return got;
}

// ---- bodies ------------------------------------------------------------------------------------

IncomingBody::IncomingBody(io::Stream& stream, Input& input, MessageParser& parser,
                           MessageParser::Kind kind, bool no_body)
    : stream_(stream), input_(input), parser_(parser) {
    const MessageHead& head = parser.head();
    if (no_body) {
        done_ = true;
    } else if (head.chunked) {
        mode_ = Mode::Chunked;
    } else if (head.content_length) {
        length_ = *head.content_length;
        done_ = length_ == 0;
    } else if (kind == MessageParser::Kind::Response) {
        mode_ = Mode::UntilClose;
    } else {
        done_ = true;
    }
}

std::optional<std::uint64_t> IncomingBody::content_length() const {
    if (mode_ != Mode::Length) return std::nullopt;
    return length_;
}

io::Task<io::IoResult<std::size_t>> IncomingBody::read_some(MutableByteView out) {
    WALRUS_CHECK(!out.empty());
    if (done_) co_return std::size_t{0};
    if (mode_ == Mode::Chunked) {
        auto got = co_await read_chunks(out);
        failed_ = !got;
        co_return got;
    }
    if (mode_ == Mode::Length)
        out = out.first(std::min<std::uint64_t>(out.size(), length_ - received_));
    std::size_t n = 0;
    if (!input_.empty()) {
        n = std::min(out.size(), input_.available().size());
        std::memcpy(out.data(), input_.available().data(), n);
        input_.consume(n);
    } else {
        auto got = co_await stream_.read_some(out);
        failed_ = !got;
        if (!got) co_return fail(std::move(got).error());
        n = *got;
    }
    received_ += n;
    if (mode_ == Mode::Length) {
        failed_ = n == 0;
        if (failed_)
            co_return io::io_failure(
                io::IoCode::Closed,
                fmt::format("the body ended after {} of {} bytes", received_, length_));
        done_ = received_ == length_;
    } else {
        done_ = n == 0;
    }
    co_return n;
}

io::Task<io::IoResult<std::size_t>> IncomingBody::read_chunks(MutableByteView out) {
    while (true) {
        if (!input_.empty()) {
            auto step = parser_.feed_chunks(input_.available(), out);
            if (!step) co_return fail(std::move(step).error());
            input_.consume(step->used);
            received_ += step->produced;
            done_ = parser_.chunks_done();
            if (step->produced > 0 || done_) co_return step->produced;
        }
        auto got = co_await input_.fill(stream_);
        if (!got) {
            if (got.error().code == io::IoCode::TooLarge)
                co_return io::io_failure(io::IoCode::Malformed, "a chunk header is too long");
            co_return fail(std::move(got).error());
        }
        if (*got == 0)
            co_return io::io_failure(
                io::IoCode::Closed,
                fmt::format("the body ended after {} bytes, before its last chunk", received_));
    }
}

}  // namespace walrus::http
