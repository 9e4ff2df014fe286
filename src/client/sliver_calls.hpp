// SPDX-License-Identifier: Apache-2.0
// What fetches of slivers have in common, whichever slivers they want.
#pragma once

#include <cstddef>
#include <vector>

#include "client/client.hpp"
#include "redstuff/metadata.hpp"
#include "redstuff/sliver.hpp"

namespace walrus::client {

/// A body that came for a sliver; nothing in it is checked.
struct SliverBody {
    SliverIndex index;
    Bytes body;
};

/// A call for a sliver whose body has this size: the larger, the longer it may take.
nodeapi::NodeCall sliver_call(const Limits& limits, std::size_t body_bytes, io::CancelToken cancel);

/// Which of the bodies are the slivers of their indices: all verified together on a worker. The
/// arguments must live until the task ends.
io::Task<std::vector<bool>> verify_bodies(Client& client, const CodeParameters& code,
                                          const VerifiedMetadata& metadata, Axis axis,
                                          const std::vector<SliverBody>& bodies);

}  // namespace walrus::client
