// SPDX-License-Identifier: Apache-2.0
// Files become a quilt, which is then stored like any blob (store_blob.hpp) with an attribute that
// says what it is (spec/encoding.md §8.3).
#pragma once

#include <string>
#include <vector>

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

/// The quilt of these files for the network's number of shards, in memory of the client's pool;
/// files are read piece by piece. Errors: Usage (identifiers, tags), InputFile (unreadable, too
/// many, too large together, changing meanwhile), Resources, Network.
io::Task<ClientResult<EncodedQuilt>> build_quilt(Client& client, std::vector<QuiltFile> files);

}  // namespace walrus::client
