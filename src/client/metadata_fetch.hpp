// SPDX-License-Identifier: Apache-2.0
// A blob's metadata from whichever node answers first with the right one (spec/client.md §5.3).
#pragma once

#include <cstdint>
#include <memory>

#include "client/client.hpp"
#include "redstuff/metadata.hpp"

namespace walrus::client {

struct FetchedMetadata {
    VerifiedMetadata metadata;
    std::uint64_t bytes_received = 0;  ///< bodies of all answers
};

/// Asks a few nodes at a time, in random order, until one answer verifies. Errors: NotFound (nodes
/// of a quorum know no such blob), Refused (blocked by a quorum), Network (too few answer).
io::Task<ClientResult<FetchedMetadata>> fetch_metadata(Client& client,
                                                       std::shared_ptr<const NetworkView> view,
                                                       BlobId id);

/// The same for those who want to read the blob: what the nodes do not have is explained by the
/// blob's status (never stored, invalid, registered but not certified).
io::Task<ClientResult<FetchedMetadata>> fetch_readable_metadata(
    Client& client, std::shared_ptr<const NetworkView> view, BlobId id);

}  // namespace walrus::client
