// SPDX-License-Identifier: Apache-2.0
// Encoded blobs as files (decisions.md §7): DIR/metadata.bcs is BlobMetadataWithId,
// DIR/primary/00000.bcs and DIR/secondary/00000.bcs are sliver bodies, numbered by pair index.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/buffer_pool.hpp"
#include "cli/command_line.hpp"
#include "client/encode_file.hpp"
#include "io/file.hpp"
#include "protocol/parameters.hpp"
#include "redstuff/metadata.hpp"
#include "redstuff/sliver.hpp"

namespace walrus::cli {

/// Errors: Usage (outside the range that works); `flag` is named in the message.
ClientResult<CodeParameters> code_of(std::uint64_t shard_count, const std::string& flag);

/// A file for reading. Errors: InputFile.
ClientResult<std::unique_ptr<io::File>> open_input(io::FileSystem& files, const std::string& path);
/// Help of --scratch.
inline constexpr const char* kScratchHelp =
    "For files above 200 MB: scratch data of half the file's size go here (default: the current "
    "folder)";

/// The whole file in memory of the pool. Errors: InputFile, Resources.
ClientResult<Buffer> read_file_to_pool(io::FileSystem& files, BufferPool& pool,
                                       const std::string& path, std::uint64_t bytes_max);

std::string metadata_path(const std::string& directory);
std::string sliver_path(const std::string& directory, Axis axis, SliverPairIndex pair);

/// The verified metadata of a folder: its id must be the one that its hashes give. Errors:
/// InputFile, Integrity.
ClientResult<VerifiedMetadata> load_metadata(io::FileSystem& files, const std::string& directory);

/// A sliver file that parses; not verified.
struct SliverFile {
    SliverPairIndex pair;
    Bytes body;
};
/// All sliver files of one axis that are there, by pair index. A name that is no number below n, or
/// a file that does not parse, goes to `bad`, with the reason.
ClientResult<std::vector<SliverFile>> load_slivers(io::FileSystem& files,
                                                   const std::string& directory, Axis axis,
                                                   const CodeParameters& code,
                                                   std::vector<std::string>& bad);

/// Not synced: thousands of files that the next run would write again. Errors: Resources.
ClientResult<void> save_file_unsynced(io::FileSystem& files, const std::string& path,
                                      ByteView data);
/// Written to a temporary name (`path` + ".tmp") first, synced. Errors: Resources.
ClientResult<void> save_file(io::FileSystem& files, const std::string& path, ByteView data);

/// Writes slivers that come in pieces into a folder. A folder gets its metadata last, by
/// `save_metadata`; that of an earlier blob is removed first.
class DirectorySink final : public SliverSink {
public:
    /// Makes the folders. Errors: Resources.
    static ClientResult<std::unique_ptr<DirectorySink>> make(io::FileSystem& files,
                                                             std::string directory,
                                                             const CodeParameters& code,
                                                             std::uint32_t symbol_bytes);
    bool write(Axis axis, SliverIndex index, std::uint64_t offset, ByteView data) override;
    bool failed() const { return error_.get().has_value(); }
    /// Why `write` failed. Precondition: it did.
    ClientError failure() const;

private:
    DirectorySink(io::FileSystem& files, std::string directory, const CodeParameters& code,
                  std::uint32_t symbol_bytes)
        : files_(files),
          directory_(std::move(directory)),
          code_(code),
          symbol_bytes_(symbol_bytes) {}

    io::FileSystem& files_;
    std::string directory_;
    CodeParameters code_;
    std::uint32_t symbol_bytes_;
    client::FirstError error_;
};
ClientResult<void> save_metadata(io::FileSystem& files, const std::string& directory,
                                 const VerifiedMetadata& metadata);

}  // namespace walrus::cli
