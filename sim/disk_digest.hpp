// SPDX-License-Identifier: Apache-2.0
// One digest of all that is on a host's disk: files and ordered stores, by name and content.
#pragma once

#include "base/bytes.hpp"
#include "sim/host.hpp"

namespace walrus::sim {

/// Precondition: no store of the host is open.
Digest disk_digest(Host& host);

}  // namespace walrus::sim
