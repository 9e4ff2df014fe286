// SPDX-License-Identifier: Apache-2.0
// Bounds of a storage node's API, the same for both sides. Those of bodies follow from the number
// of shards: `metadata_bytes` and `sliver_body_bytes_max` in redstuff/.
#pragma once

#include <cstddef>
#include <cstdint>

namespace walrus::nodeapi {

/// A JSON answer: statuses, confirmations, errors, health.
inline constexpr std::uint64_t kJsonBytesMax = 256u << 10;
/// Seconds that a refused client should wait when a node is overloaded.
inline constexpr int kRetryAfterSeconds = 1;
/// Default longest wait of a confirmation with wait_for_registration=true, milliseconds.
inline constexpr std::uint64_t kConfirmationWaitMsMax = 5'000;

}  // namespace walrus::nodeapi
