// SPDX-License-Identifier: Apache-2.0
// Ids as users write them, with the message that a wrong one deserves.
#pragma once

#include <string>
#include <vector>

#include "cli/command_line.hpp"
#include "client/client.hpp"
#include "protocol/ids.hpp"

namespace walrus::cli {

/// Any spelling: base64, hexadecimal, decimal. Errors: Usage.
ClientResult<BlobId> blob_id_argument(const std::string& text);
ClientResult<ObjectId> object_id_argument(const std::string& text);
ClientResult<Address> address_argument(const std::string& text);

/// The blob that an id names: itself, or, if it is the id of a Blob or SharedBlob object in
/// hexadecimal, that object's. Errors: Usage, Network.
io::Task<ClientResult<BlobId>> resolve_blob_id(client::Client& client, std::string text);

/// A regular file that can be opened, of at most `bytes_max`. Errors: InputFile.
ClientResult<std::uint64_t> check_input_file(const std::string& path, std::uint64_t bytes_max);

}  // namespace walrus::cli
