// SPDX-License-Identifier: Apache-2.0
// A blob before it is stored: bytes in memory, or a file too large for that, which is read while
// it is encoded (redstuff/stream_encode.hpp).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "base/buffer_pool.hpp"
#include "client/client.hpp"
#include "client/error.hpp"
#include "io/file.hpp"
#include "redstuff/metadata.hpp"

namespace walrus::client {

struct InputFile {
    std::string path;
    std::shared_ptr<io::File> file;
    std::uint64_t bytes = 0;
};

class BlobInput {
public:
    BlobInput(Buffer bytes) : input_(std::move(bytes)) {}   // NOLINT(google-explicit-constructor)
    BlobInput(InputFile file) : input_(std::move(file)) {}  // NOLINT(google-explicit-constructor)

    std::uint64_t bytes() const {
        const Buffer* const buffer = memory();
        return buffer != nullptr ? buffer->size() : file()->bytes;
    }
    const Buffer* memory() const { return std::get_if<Buffer>(&input_); }
    const InputFile* file() const { return std::get_if<InputFile>(&input_); }

private:
    std::variant<Buffer, InputFile> input_;
};

/// True if the client's budget allows to encode a blob of this size in memory.
bool fits_memory(const BufferPool& pool, std::uint64_t bytes);

/// A file that shall be stored: in memory if the client's budget allows to encode it there. Errors:
/// InputFile (missing, unreadable, a directory, larger than `bytes_max`), Resources.
io::Task<ClientResult<BlobInput>> open_blob_input(Client& client, std::string path,
                                                  std::uint64_t bytes_max);

/// Reads a file into the client's pool. Errors: as open_blob_input.
io::Task<ClientResult<Buffer>> read_input_file(Client& client, std::string path,
                                               std::uint64_t bytes_max);

/// Metadata, and with it the blob id, without slivers. Scratch data of a large file go to
/// `scratch_directory`. The input must live until the task ends. Errors: InputFile, Resources.
io::Task<ClientResult<VerifiedMetadata>> metadata_of_input(Client& client,
                                                           const CodeParameters& code,
                                                           const BlobInput& input,
                                                           std::string scratch_directory);

}  // namespace walrus::client
