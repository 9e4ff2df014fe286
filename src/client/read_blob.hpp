// SPDX-License-Identifier: Apache-2.0
// Reading a blob from the nodes: metadata, systematic slivers first, parity as a hedge, everything
// verified, decoded only when needed (spec/client.md §5, §9.1). Needs no wallet.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "client/client.hpp"
#include "client/fetch.hpp"
#include "client/sink.hpp"
#include "redstuff/decode.hpp"

namespace walrus::client {

struct ReadOptions {
    ConsistencyCheck check = ConsistencyCheck::Default;
    std::function<void(const FetchProgress&)> progress;
};

struct ReadReport {
    BlobId blob_id;
    std::uint64_t blob_bytes = 0;
    std::uint32_t systematic = 0;  ///< slivers received
    std::uint32_t parity = 0;
    bool decoded = false;
    std::uint64_t bytes_received = 0;  ///< bodies of nodes' answers
    std::uint64_t metadata_us = 0;
    std::uint64_t total_us = 0;
};

/// One read. The object must live until `run` ends.
class ReadBlob {
public:
    ReadBlob(Client& client, ReadOptions options);
    /// Writes the blob to the sink in order, as it comes where the check allows that, and finishes
    /// the sink. Errors: NotFound, Network, Integrity (invalid blob), Refused (blocked), Resources,
    /// and the sink's.
    io::Task<ClientResult<ReadReport>> run(BlobId id, BlobSink& sink);

private:
    /// From the nodes of `view_`.
    io::Task<ClientResult<void>> read(BlobId id, BlobSink& sink);
    std::uint32_t rows_with_data(const VerifiedMetadata& metadata) const;
    io::Task<std::uint32_t> rows_to_fetch(const VerifiedMetadata& metadata);
    io::Task<ClientResult<void>> fetch_and_write(const VerifiedMetadata& metadata,
                                                 std::uint32_t rows, BlobSink& sink);
    io::Task<ClientResult<void>> write_ready_rows(const VerifiedMetadata& metadata,
                                                  const SliverFetch& fetch, BlobSink& sink);
    io::Task<ClientResult<void>> decode_rest(const VerifiedMetadata& metadata,
                                             const SliverFetch& fetch, BlobSink& sink);

    Client& client_;
    ReadOptions options_;
    std::shared_ptr<const NetworkView> view_;
    ReadReport report_;
    std::uint64_t written_ = 0;
};

}  // namespace walrus::client
