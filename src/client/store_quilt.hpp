// SPDX-License-Identifier: Apache-2.0
// Files become a quilt, which is then stored like any blob (store_blob.hpp) with an attribute that
// says what it is (spec/encoding.md §8.3).
#pragma once

#include <string>
#include <vector>

#include "client/blob_input.hpp"
#include "client/client.hpp"
#include "redstuff/quilt.hpp"

namespace walrus::client {

/// The attribute of Blob objects that hold quilts.
inline constexpr const char* kBlobTypeAttribute = "_walrusBlobType";
inline constexpr const char* kBlobTypeQuilt = "quilt";

/// A file that shall be a patch.
struct QuiltFile {
    std::string path;
    std::string identifier;
    PatchTags tags;
};

struct BuiltQuilt {
    BlobInput blob;
    QuiltIndex index;
};

/// The quilt of these files for the network's number of shards: in memory, or in a file without
/// name in `scratch_directory` if it is too large for that. Files are read piece by piece. Errors:
/// Usage (identifiers, tags), InputFile (unreadable, too many, too large together, changing
/// meanwhile), Resources, Network.
io::Task<ClientResult<BuiltQuilt>> build_quilt(Client& client, std::vector<QuiltFile> files,
                                               std::string scratch_directory);

}  // namespace walrus::client
