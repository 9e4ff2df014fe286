// SPDX-License-Identifier: Apache-2.0
// What can go wrong in a node's store.
#pragma once

#include "base/result.hpp"
#include "io/error.hpp"

namespace walrus::store {

/// One enumerator per reaction. Numbers are stable (docs/errors.md).
enum class StoreCode {
    NoSpace = 1,        ///< the disk is full, or nearly: refuse uploads, serve the rest
    Corrupt = 2,        ///< stored bytes fail their check
    ReadOnly = 3,       ///< a sync failed earlier: nothing can be made durable until a restart
    TooLarge = 4,       ///< a record beyond kPayloadBytesMax
    UnknownFormat = 5,  ///< the directory was written by another version
    InUse = 6,          ///< the directory belongs to another process
    Io = 7,             ///< another failure of the disk
    Busy = 8,           ///< the memory for reading is in use: try again
};

using StoreError = Failure<StoreCode>;
template <class T>
using StoreResult = Result<T, StoreError>;

inline auto store_failure(StoreCode code, std::string message) {
    return failure(code, std::move(message));
}

/// The one conversion from the layer below.
inline StoreError from_io(const io::IoError& error) {
    switch (error.code) {
        case io::IoCode::NoSpace:
            return {StoreCode::NoSpace, error.message};
        case io::IoCode::Corrupt:
            return {StoreCode::Corrupt, error.message};
        case io::IoCode::InUse:
            return {StoreCode::InUse, error.message};
        default:
            return {StoreCode::Io, error.message};
    }
}

}  // namespace walrus::store

/// The value of an IoResult, or return its error as a StoreError.
#define WALRUS_STORE_TRY(...)                                                                    \
    ({                                                                                           \
        auto walrus_store_result = (__VA_ARGS__);                                                \
        if (!walrus_store_result.has_value()) [[unlikely]]                                       \
            return ::tl::make_unexpected(::walrus::store::from_io(walrus_store_result.error())); \
        ::walrus::detail::take(walrus_store_result);                                             \
    })
