// SPDX-License-Identifier: Apache-2.0
// From slivers back to the blob (spec/encoding.md §7.6).
#pragma once

#include <span>

#include "base/buffer_pool.hpp"
#include "base/executor.hpp"
#include "base/result.hpp"
#include "protocol/parameters.hpp"
#include "redstuff/metadata.hpp"
#include "redstuff/sliver.hpp"

namespace walrus {

enum class ConsistencyCheck {
    Skip,     ///< none
    Default,  ///< systematic primary slivers that were not among the input are rebuilt and
              ///< compared; those that were must be zero behind the blob's end
    Strict,   ///< full re-encoding, blob ids compared; needed where readers may use different axes
};

enum class DecodeError {
    NotEnoughSlivers,   ///< fewer than P primary (S secondary) usable distinct slivers
    InconsistentBlob,   ///< the consistency check failed: the writer encoded wrongly
    OutOfMemoryBudget,  ///< the pool's budget does not allow the blob
};
const char* describe(DecodeError error);

/// The blob's bytes, in memory of the pool.
class DecodedBlob {
public:
    /// Exactly the unencoded length.
    ByteView bytes() const { return buffer_.view().first(blob_bytes_); }
    /// False if the input held all source slivers, so that copying was enough.
    bool decoded() const { return decoded_; }

private:
    friend class BlobDecoder;
    Buffer buffer_;
    std::size_t blob_bytes_ = 0;
    bool decoded_ = false;
};

/// Rebuilds the blob from slivers of one axis that the caller has verified (`verify_sliver`).
/// Slivers of wrong length, symbol size or index and repeated indices are dropped; exactly P
/// primary or S secondary ones are used, source slivers first.
Result<DecodedBlob, DecodeError> decode_blob(const CodeParameters& code,
                                             const VerifiedMetadata& metadata, Axis axis,
                                             std::span<const SliverView> slivers,
                                             ConsistencyCheck check, BufferPool& pool,
                                             Executor& executor);

}  // namespace walrus
