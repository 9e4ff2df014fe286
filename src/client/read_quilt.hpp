// SPDX-License-Identifier: Apache-2.0
// Reading patches of a quilt: only the secondary slivers of their columns are fetched, each
// verified; if one of them cannot be had, the whole quilt is read and checked instead
// (spec/encoding.md §8.5, spec/client.md §5.8). Needs no wallet.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/client.hpp"
#include "client/column_fetch.hpp"
#include "client/sink.hpp"
#include "redstuff/metadata.hpp"
#include "redstuff/quilt.hpp"

namespace walrus::client {

struct QuiltReadReport {
    std::uint32_t slivers = 0;  ///< secondary slivers received
    bool whole = false;         ///< the whole quilt was read
    std::string whole_reason;   ///< why
    std::uint64_t bytes_received = 0;
};

/// Opens where a patch goes, by its place in the list that is read.
using OpenPatchSink = std::function<ClientResult<std::unique_ptr<BlobSink>>(
    std::size_t patch, const PatchHeader& header)>;

/// One quilt. Must live until its tasks end; one task at a time.
class ReadQuilt {
public:
    /// `progress` gets bytes of columns, done and wanted.
    ReadQuilt(Client& client, BlobId id,
              std::function<void(std::uint64_t, std::uint64_t)> progress);
    ~ReadQuilt();

    /// The first step: its metadata. Errors: NotFound, Network, Refused (blocked), Integrity (an
    /// invalid blob, or one whose length no quilt has).
    io::Task<ClientResult<void>> open();
    /// Errors: as ReadBlob; Integrity (not a quilt).
    io::Task<ClientResult<QuiltIndex>> index();
    /// Reads patches in this order, a bounded number of bytes at a time. Errors: as `index`;
    /// NotFound (columns that the quilt does not have); those of the sinks.
    io::Task<ClientResult<void>> read(std::vector<PatchColumns> patches, OpenPatchSink open_sink);

    const BlobId& id() const { return id_; }
    QuiltReadReport report() const;

private:
    io::Task<ClientResult<void>> get_columns(std::vector<std::uint16_t> columns);
    io::Task<ClientResult<void>> read_whole();
    io::Task<ClientResult<void>> write_patch(PatchColumns of, std::size_t patch,
                                             const OpenPatchSink& open_sink);
    ClientResult<QuiltColumns> columns_at_hand() const;
    ClientError broken(const QuiltError& error) const;

    Client& client_;
    BlobId id_;
    std::function<void(std::uint64_t, std::uint64_t)> progress_;
    std::shared_ptr<const NetworkView> view_;
    std::optional<VerifiedMetadata> metadata_;
    std::unique_ptr<ColumnFetch> fetch_;
    std::optional<Buffer> whole_;  // instead of columns
    QuiltReadReport report_;
};

}  // namespace walrus::client
