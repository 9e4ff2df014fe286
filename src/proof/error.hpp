// SPDX-License-Identifier: Apache-2.0
// What can go wrong with authenticated structures and proofs.
#pragma once

#include <string>

#include "base/result.hpp"

namespace walrus::proof {

/// One enumerator per reaction.
enum class ProofCode {
    Malformed = 1,  ///< the bytes are no proof of this format
    Mismatch = 2,   ///< well formed, but it does not prove what it says, or not to this trust
    Storage = 3,    ///< nodes of a tree cannot be read, or are not what was written
};

using ProofError = Failure<ProofCode>;
template <class T>
using ProofResult = Result<T, ProofError>;

inline auto proof_failure(ProofCode code, std::string message) {
    return failure(code, std::move(message));
}

}  // namespace walrus::proof
