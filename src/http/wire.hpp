// SPDX-License-Identifier: Apache-2.0
// Inside http/ only: HTTP/1.1 on bytes, without any input or output. Beast parses; who holds a
// stream feeds it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "http/message.hpp"
#include "io/error.hpp"

namespace walrus::http {

struct MessageHead {
    std::string method;  ///< requests
    std::string target;  ///< requests
    int status = 0;      ///< responses
    bool http_1_0 = false;
    Headers headers;
    bool keep_alive = false;
    bool chunked = false;
    std::optional<std::uint64_t> content_length;
};

/// Parses one message. Errors are TooLarge (head beyond the limit) and Malformed.
class MessageParser {
public:
    enum class Kind { Request, Response };
    MessageParser(Kind kind, std::size_t header_bytes_max);
    ~MessageParser();
    MessageParser(MessageParser&&) noexcept;
    MessageParser& operator=(MessageParser&&) noexcept;

    /// Feeds bytes of the head and says how many were used; the rest must be given again, with more
    /// behind it.
    io::IoResult<std::size_t> feed_head(ByteView in);
    bool head_done() const;
    /// Precondition: head_done().
    const MessageHead& head() const;

    struct BodyStep {
        std::size_t used = 0;
        std::size_t produced = 0;
    };
    /// Decodes chunks. Precondition: the head says chunked.
    io::IoResult<BodyStep> feed_chunks(ByteView in, MutableByteView out);
    /// The last chunk and its trailers were read.
    bool chunks_done() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Status line or request line and headers, with the empty line. Line breaks inside names and
/// values become spaces.
std::string response_head(int status, const Headers& headers);
std::string request_head(const std::string& method, const std::string& target,
                         const Headers& headers);

}  // namespace walrus::http
