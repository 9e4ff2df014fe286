// SPDX-License-Identifier: Apache-2.0
// What a run found. A violation is a broken promise and never acceptable; a failure is a typed
// error where the story needed success, acceptable only when the run was told to do harm.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "protocol/ids.hpp"

namespace walrus::sim {

/// Bytes that a certificate promises to keep, and under which id.
struct StoredBlob {
    BlobId id;
    Bytes content;
};

struct Findings {
    std::vector<std::string> violations;
    std::vector<std::string> failures;
    std::vector<StoredBlob> stored;
    /// What the checkers looked at, so that a test sees that they looked.
    std::size_t slivers_checked = 0;
    std::size_t reads_checked = 0;

    void violation(std::string text) { violations.push_back(std::move(text)); }
    void failure(std::string text) { failures.push_back(std::move(text)); }
    bool clean() const { return violations.empty() && failures.empty(); }
};

}  // namespace walrus::sim
