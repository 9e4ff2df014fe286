// SPDX-License-Identifier: Apache-2.0
// What can go wrong outside the process.
#pragma once

#include <string>

#include "base/result.hpp"

namespace walrus::io {

/// One enumerator per reaction. Numbers are stable (docs/errors.md).
enum class IoCode {
    NotFound = 1,  ///< no such file, host or key
    AlreadyExists = 2,
    NoSpace = 3,  ///< disk full or quota
    PermissionDenied = 4,
    Corrupt = 5,  ///< stored bytes fail their check
    Closed = 6,   ///< the other side, or we, closed the connection
    TimedOut = 7,
    Cancelled = 8,
    Refused = 9,     ///< nobody listens there, or no way leads there
    Untrusted = 10,  ///< TLS: wrong key or broken handshake
    TooLarge = 11,   ///< beyond the caller's limit
    InUse = 12,      ///< address or lock held by another process
    Malformed = 13,  ///< the peer does not speak the protocol
    Other = 14,
};

using IoError = Failure<IoCode>;
template <class T>
using IoResult = Result<T, IoError>;

inline auto io_failure(IoCode code, std::string message) {
    return failure(code, std::move(message));
}

}  // namespace walrus::io
