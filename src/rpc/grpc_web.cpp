// SPDX-License-Identifier: Apache-2.0
#include "rpc/grpc_web.hpp"

#include <algorithm>
#include <cctype>

#include "base/text.hpp"
#include "http/message.hpp"

namespace walrus::rpc {
namespace {

constexpr Byte kTrailerFlag = 0x80;
constexpr Byte kCompressedFlag = 0x01;
constexpr std::size_t kStatusMessageBytesMax = 4096;

Bytes frame(Byte flag, ByteView payload) {
    Bytes out(kFrameHeaderBytes);
    out[0] = flag;
    store_be(out.data() + 1, static_cast<std::uint32_t>(payload.size()));
    append(out, payload);
    return out;
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())))
        text.remove_prefix(1);
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())))
        text.remove_suffix(1);
    return text;
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

/// Percent-encoding of gRPC: printable ASCII but '%' stays.
std::string encode_message(std::string_view text) {
    static constexpr char kDigits[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : text.substr(0, kStatusMessageBytesMax)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte <= 0x7e && byte != '%') {
            out.push_back(c);
        } else {
            out.push_back('%');
            out.push_back(kDigits[byte >> 4]);
            out.push_back(kDigits[byte & 15]);
        }
    }
    return out;
}

}  // namespace

Bytes data_frame(ByteView message) {
    return frame(0, message);
}

Bytes trailer_frame(GrpcStatus status, std::string_view message) {
    std::string lines = "grpc-status:" + std::to_string(static_cast<int>(status)) + "\r\n";
    if (!message.empty()) lines += "grpc-message:" + encode_message(message) + "\r\n";
    return frame(kTrailerFlag, as_bytes(lines));
}

GrpcResult<Bytes> parse_request(std::string_view content_type, ByteView body) {
    const std::string type = lower(trim(content_type.substr(0, content_type.find(';'))));
    Bytes decoded;
    ByteView plain = body;
    if (type == "application/grpc-web-text" || type == "application/grpc-web-text+proto") {
        auto bytes = base64_decode(trim(as_text(body)));
        if (!bytes)
            return grpc_failure(GrpcStatus::InvalidArgument, "the request body is not base64");
        decoded = std::move(*bytes);
        plain = decoded;
    } else if (type != "application/grpc-web" && type != "application/grpc-web+proto") {
        return grpc_failure(GrpcStatus::Unimplemented,
                            "content type " + type.substr(0, 100) +
                                " is not served; use application/grpc-web+proto");
    }
    FrameParser parser(plain.size());
    parser.feed(plain);
    auto first = parser.next();
    if (!first) return tl::make_unexpected(std::move(first.error()));
    if (!first->has_value() || (*first)->trailers)
        return grpc_failure(GrpcStatus::InvalidArgument, "the request is not one whole frame");
    if (!parser.idle())
        return grpc_failure(GrpcStatus::InvalidArgument, "more than one message in the request");
    return std::move((*first)->payload);
}

GrpcResult<std::optional<Frame>> FrameParser::next() {
    if (buffer_.size() - at_ < kFrameHeaderBytes) return std::nullopt;
    const Byte flag = buffer_[at_];
    if (flag != 0 && flag != kTrailerFlag) {
        if ((flag & kCompressedFlag) != 0)
            return grpc_failure(GrpcStatus::Unimplemented, "compressed messages are not supported");
        return grpc_failure(GrpcStatus::DataLoss, "a frame with an unknown flag");
    }
    const std::size_t size = load_be<std::uint32_t>(buffer_.data() + at_ + 1);
    const std::size_t limit = flag == 0 ? limit_ : kTrailerBytesMax;
    if (size > limit)
        return grpc_failure(GrpcStatus::ResourceExhausted,
                            "a frame of " + std::to_string(size) + " bytes, at most " +
                                std::to_string(limit) + " are accepted");
    if (buffer_.size() - at_ - kFrameHeaderBytes < size) return std::nullopt;
    Frame out;
    out.trailers = flag == kTrailerFlag;
    const ByteView payload = ByteView(buffer_).subspan(at_ + kFrameHeaderBytes, size);
    out.payload = to_bytes(payload);
    at_ += kFrameHeaderBytes + size;
    // What was consumed is dropped when it is the larger half, so moving costs a constant per byte.
    if (at_ >= buffer_.size() - at_) {
        buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(at_));
        at_ = 0;
    }
    return out;
}

GrpcError parse_trailers(ByteView payload) {
    GrpcError out{GrpcStatus::Unknown, "the answer has no grpc-status"};
    std::string message;
    bool found = false;
    std::string_view rest = as_text(payload);
    while (!rest.empty()) {
        const std::size_t end = rest.find('\n');
        const std::string_view line = trim(rest.substr(0, end));
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        const std::string name = lower(trim(line.substr(0, colon)));
        const std::string_view value = trim(line.substr(colon + 1));
        if (name == "grpc-status") {
            const auto number = parse_u64(value);
            out.status =
                number && *number <= 16 ? static_cast<GrpcStatus>(*number) : GrpcStatus::Unknown;
            found = true;
        } else if (name == "grpc-message") {
            message = http::percent_decode(value).value_or(std::string(value));
        }
    }
    if (found) out.message = std::move(message);
    return out;
}

GrpcStatus status_of_http(int http_status) {
    switch (http_status) {
        case 400:
            return GrpcStatus::InvalidArgument;
        case 401:
            return GrpcStatus::Unauthenticated;
        case 403:
            return GrpcStatus::PermissionDenied;
        case 404:
            return GrpcStatus::Unimplemented;
        case 408:
            return GrpcStatus::DeadlineExceeded;
        case 413:
            return GrpcStatus::ResourceExhausted;
        case 429:
        case 502:
        case 503:
        case 504:
            return GrpcStatus::Unavailable;
        default:
            return GrpcStatus::Unknown;
    }
}

}  // namespace walrus::rpc
