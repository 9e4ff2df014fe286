// SPDX-License-Identifier: Apache-2.0
// Encoding of files in bounded memory (redstuff/stream_encode.hpp): whatever the size of the blob,
// its slivers and metadata with less than 512 MiB resident.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "client/error.hpp"
#include "io/file.hpp"
#include "redstuff/stream_encode.hpp"

namespace walrus::client {

/// The first error of calls that come from several threads.
class FirstError {
public:
    /// True if there is none in `result`.
    template <class T>
    bool keep(const io::IoResult<T>& result) {
        if (result) return true;
        const std::lock_guard lock(mutex_);
        if (!error_) error_ = result.error();
        return false;
    }
    std::optional<io::IoError> get() const {
        const std::lock_guard lock(mutex_);
        return error_;
    }

private:
    mutable std::mutex mutex_;
    std::optional<io::IoError> error_;
};

/// Encodes an open file. Row parity that is too much for memory goes to a file without name in
/// `scratch_directory`, which takes less than half the size of the blob. `sink` may be null: only
/// the metadata is wanted. Calls block; `executor` does the work. Errors: InputFile (too large, not
/// readable, changes its size meanwhile), Resources (scratch space), and the sink's as Resources.
ClientResult<VerifiedMetadata> encode_file(io::FileSystem& files, io::File& file,
                                           const std::string& name, const CodeParameters& code,
                                           SliverSink* sink, const std::string& scratch_directory,
                                           Executor& executor);

}  // namespace walrus::client
