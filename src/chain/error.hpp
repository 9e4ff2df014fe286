// SPDX-License-Identifier: Apache-2.0
// What can go wrong in the ledger as a service.
#pragma once

#include <string>

#include "base/result.hpp"

namespace walrus::chain {

/// One enumerator per reaction. Numbers are stable (docs/errors.md).
enum class ChainCode {
    NotFound = 1,         ///< no such object, transaction, function or block
    InvalidArgument = 2,  ///< the request is wrong; sending it again cannot help
    Rejected = 3,         ///< the ledger refuses the transaction before executing it
    Busy = 4,             ///< a queue is full, or the service stops: try again later
    NotDurable = 5,       ///< the store failed; whether the transaction counts is unknown
    Corrupt = 6,          ///< stored or received bytes do not check
    WrongFormat = 7,      ///< a data directory of another format, or of another network
    Broken = 8,           ///< the chain of blocks has a gap, a fork or a wrong signature
};

using ChainError = Failure<ChainCode>;
template <class T>
using ChainResult = Result<T, ChainError>;

inline auto chain_failure(ChainCode code, std::string message) {
    return failure(code, std::move(message));
}

}  // namespace walrus::chain
