// SPDX-License-Identifier: Apache-2.0
// The slivers of an encoded blob on their way to the nodes: in memory, or, of a blob that is too
// large for that, in a file without a name.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "client/blob_input.hpp"
#include "client/client.hpp"
#include "client/error.hpp"
#include "http/message.hpp"
#include "protocol/parameters.hpp"
#include "redstuff/encode.hpp"
#include "redstuff/metadata.hpp"

namespace walrus::client {

class EncodedSlivers {
public:
    virtual ~EncodedSlivers() = default;

    const VerifiedMetadata& metadata() const { return metadata_; }
    const BlobId& blob_id() const { return metadata_.blob_id(); }
    /// Length of the bodies of an axis.
    std::size_t body_bytes(Axis axis) const;
    /// The body of a sliver's upload; it keeps alive what it shows. Errors: Resources (the file
    /// could not be read).
    virtual io::Task<ClientResult<http::SharedBody>> body(SliverPairIndex pair,
                                                          Axis axis) const = 0;

protected:
    EncodedSlivers(const CodeParameters& code, VerifiedMetadata metadata)
        : code_(code), metadata_(std::move(metadata)) {}

    CodeParameters code_;
    VerifiedMetadata metadata_;
};

/// Encodes the input: what is in memory in memory, a file into a file of `scratch_directory` that
/// takes about five times its size and vanishes with the object, also by a crash. The client must
/// outlive the object. Errors: InputFile, Resources.
io::Task<ClientResult<std::shared_ptr<const EncodedSlivers>>> encode_input(
    Client& client, const CodeParameters& code, BlobInput input, std::string scratch_directory);

}  // namespace walrus::client
