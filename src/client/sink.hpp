// SPDX-License-Identifier: Apache-2.0
// Where the bytes of a blob that is read go: a file that appears whole or not at all, memory, or
// whatever the caller makes of it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.hpp"
#include "client/error.hpp"
#include "io/environment.hpp"

namespace walrus::client {

/// Receives a blob in order. Loop thread only.
class BlobSink {
public:
    virtual ~BlobSink() = default;
    /// `data` lives until the task ends.
    virtual io::Task<ClientResult<void>> write(ByteView data) = 0;
    /// The blob is complete.
    virtual io::Task<ClientResult<void>> finish() = 0;
};

class MemorySink final : public BlobSink {
public:
    io::Task<ClientResult<void>> write(ByteView data) override;
    io::Task<ClientResult<void>> finish() override;
    Bytes bytes;
};

/// Writes to a temporary name beside the target and renames it when the blob is complete; destroyed
/// before that, it removes the temporary file.
class FileSink final : public BlobSink {
public:
    /// Blocks. Errors: Resources (folder not writable, disk full).
    static ClientResult<std::unique_ptr<FileSink>> create(io::Environment& environment,
                                                          std::string target);
    ~FileSink() override;
    /// For a signal handler that removes it.
    const std::string& temporary_path() const { return temporary_; }
    io::Task<ClientResult<void>> write(ByteView data) override;
    io::Task<ClientResult<void>> finish() override;

private:
    FileSink(io::Environment& environment, std::string target, std::string temporary,
             std::unique_ptr<io::File> file)
        : environment_(environment),
          target_(std::move(target)),
          temporary_(std::move(temporary)),
          file_(std::move(file)) {}
    io::IoResult<void> close_and_rename();

    io::Environment environment_;
    std::string target_;
    std::string temporary_;
    std::unique_ptr<io::File> file_;
    std::uint64_t written_ = 0;
};

}  // namespace walrus::client
