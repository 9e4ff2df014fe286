// SPDX-License-Identifier: Apache-2.0
#include "http/wire.hpp"

#include <fmt/format.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <variant>

#include "base/check.hpp"

namespace walrus::http {

namespace beast_http = boost::beast::http;
using ErrorCode = boost::beast::error_code;
using RequestParser = beast_http::request_parser<beast_http::buffer_body>;
using ResponseParser = beast_http::response_parser<beast_http::buffer_body>;

struct MessageParser::Impl {
    explicit Impl(Kind kind) {
        if (kind == Kind::Request) {
            parser.emplace<RequestParser>();
        } else {
            parser.emplace<ResponseParser>();
        }
    }
    template <class F>
    decltype(auto) visit(F f) {
        if (parser.index() == 1) return f(std::get<1>(parser));
        return f(std::get<2>(parser));
    }

    std::variant<std::monostate, RequestParser, ResponseParser> parser;
    MessageHead head;
    bool head_done = false;
    bool chunks_done = false;
};

namespace {

auto parse_failure(const ErrorCode& error) {
    if (error == beast_http::error::header_limit)
        return io::io_failure(io::IoCode::TooLarge, "the message head is too large");
    return io::io_failure(io::IoCode::Malformed, "not HTTP/1.1: " + error.message());
}

std::string text(boost::beast::string_view view) {
    return std::string(view.data(), view.size());
}

template <class Parser>
void take_head(Parser& parser, MessageHead& head) {
    const auto& message = parser.get();
    if constexpr (std::is_same_v<Parser, RequestParser>) {
        head.method = text(message.method_string());
        head.target = text(message.target());
    } else {
        head.status = static_cast<int>(message.result_int());
    }
    head.http_1_0 = message.version() < 11;
    head.keep_alive = parser.keep_alive();
    head.chunked = parser.chunked();
    if (const auto length = parser.content_length()) head.content_length = *length;
    for (const auto& field : message)
        head.headers.add(text(field.name_string()), text(field.value()));
}

void append_field(std::string& out, std::string_view part) {
    for (const char c : part) out += c == '\r' || c == '\n' || c == '\0' ? ' ' : c;
}

void append_fields(std::string& out, const Headers& headers) {
    for (const auto& [name, value] : headers.fields()) {
        append_field(out, name);
        out += ": ";
        append_field(out, value);
        out += "\r\n";
    }
    out += "\r\n";
}

}  // namespace

MessageParser::MessageParser(Kind kind, std::size_t header_bytes_max)
    : impl_(std::make_unique<Impl>(kind)) {
    impl_->visit([&](auto& parser) {
        parser.header_limit(static_cast<std::uint32_t>(header_bytes_max));
        parser.body_limit(boost::none);  // whoever reads the body limits it
    });
}
MessageParser::~MessageParser() = default;
MessageParser::MessageParser(MessageParser&&) noexcept = default;
MessageParser& MessageParser::operator=(MessageParser&&) noexcept = default;

io::IoResult<std::size_t> MessageParser::feed_head(ByteView in) {
    WALRUS_CHECK(!impl_->head_done);
    return impl_->visit([&](auto& parser) -> io::IoResult<std::size_t> {
        ErrorCode error;
        const std::size_t used = parser.put(boost::asio::buffer(in.data(), in.size()), error);
        if (error && error != beast_http::error::need_more) return parse_failure(error);
        if (parser.is_header_done()) {
            impl_->head_done = true;
            take_head(parser, impl_->head);
            parser.eager(true);
        }
        return used;
    });
}

bool MessageParser::head_done() const {
    return impl_->head_done;
}

const MessageHead& MessageParser::head() const {
    WALRUS_CHECK(impl_->head_done);
    return impl_->head;
}

io::IoResult<MessageParser::BodyStep> MessageParser::feed_chunks(ByteView in, MutableByteView out) {
    WALRUS_CHECK(impl_->head.chunked);
    return impl_->visit([&](auto& parser) -> io::IoResult<BodyStep> {
        auto& body = parser.get().body();
        body.data = out.data();
        body.size = out.size();
        body.more = true;
        ErrorCode error;
        BodyStep step;
        step.used = parser.put(boost::asio::buffer(in.data(), in.size()), error);
        step.produced = out.size() - body.size;
        if (error && error != beast_http::error::need_more &&
            error != beast_http::error::need_buffer)
            return parse_failure(error);
        impl_->chunks_done = parser.is_done();
        return step;
    });
}

bool MessageParser::chunks_done() const {
    return impl_->chunks_done;
}

std::string response_head(int status, const Headers& headers) {
    std::string out = fmt::format("HTTP/1.1 {} {}\r\n", status, reason_phrase(status));
    append_fields(out, headers);
    return out;
}

std::string request_head(const std::string& method, const std::string& target,
                         const Headers& headers) {
    std::string out;
    append_field(out, method);
    out += ' ';
    append_field(out, target);
    out += " HTTP/1.1\r\n";
    append_fields(out, headers);
    return out;
}

}  // namespace walrus::http
