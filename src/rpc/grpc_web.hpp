// SPDX-License-Identifier: Apache-2.0
// gRPC-web framing over HTTP/1.1 (spec/rpc-compat.md §1.1). A frame is a flag byte, a big-endian
// u32 length and a payload; flag 0x00 carries a message, 0x80 the trailers. Requests come as plain
// frames or as base64 of them; answers are always plain.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace walrus::rpc {

/// Status codes of gRPC; the value is the number on the wire.
enum class GrpcStatus : std::uint8_t {
    Ok = 0,
    Cancelled = 1,
    Unknown = 2,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    AlreadyExists = 6,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    FailedPrecondition = 9,
    Aborted = 10,
    OutOfRange = 11,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    DataLoss = 15,
    Unauthenticated = 16,
};

struct GrpcError {
    GrpcStatus status = GrpcStatus::Unknown;
    std::string message;
};
template <class T>
using GrpcResult = Result<T, GrpcError>;
inline auto grpc_failure(GrpcStatus status, std::string message) {
    return tl::unexpected<GrpcError>(GrpcError{status, std::move(message)});
}

inline constexpr std::string_view kGrpcWebContentType = "application/grpc-web+proto";
inline constexpr std::size_t kFrameHeaderBytes = 5;
/// Header lines of a trailer frame, bytes at most.
inline constexpr std::size_t kTrailerBytesMax = 16 << 10;

Bytes data_frame(ByteView message);
/// "grpc-status:N" and, unless empty, "grpc-message:…" percent-encoded.
Bytes trailer_frame(GrpcStatus status, std::string_view message);

/// The one message of a request body. Errors: InvalidArgument (not the framing that the content
/// type names, more than one message), Unimplemented (compressed, another content type).
GrpcResult<Bytes> parse_request(std::string_view content_type, ByteView body);

struct Frame {
    bool trailers = false;
    Bytes payload;
};
/// Cuts a stream of bytes into frames, as they come. Keeps at most one unfinished frame.
class FrameParser {
public:
    explicit FrameParser(std::size_t message_bytes_max) : limit_(message_bytes_max) {}
    void feed(ByteView more) { append(buffer_, more); }
    /// The next whole frame; nothing: more bytes are needed. Errors: ResourceExhausted (a frame
    /// beyond the limit, refused on its header), Unimplemented (compressed), DataLoss (bad flag).
    GrpcResult<std::optional<Frame>> next();
    /// No bytes of an unfinished frame are left.
    bool idle() const { return at_ == buffer_.size(); }

private:
    std::size_t limit_;
    Bytes buffer_;
    std::size_t at_ = 0;
};

/// What trailers say; Unknown when they do not name a status.
GrpcError parse_trailers(ByteView payload);
/// The status that an HTTP status means when the answer is not gRPC-web.
GrpcStatus status_of_http(int http_status);

}  // namespace walrus::rpc
