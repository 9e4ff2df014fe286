// SPDX-License-Identifier: Apache-2.0
// Encoding of a blob into its 2n slivers and their commitments (spec/encoding.md §3-§5): the blob,
// zero padded, is P rows of S symbols; rows and columns are extended to n x n by Reed-Solomon.
//
// Thread safe: pure functions. Results do not depend on the executor or on the SIMD variant.
#pragma once

#include <cstdint>

#include "base/buffer_pool.hpp"
#include "base/bytes.hpp"
#include "base/executor.hpp"
#include "base/result.hpp"
#include "protocol/parameters.hpp"
#include "redstuff/metadata.hpp"
#include "redstuff/sliver.hpp"

namespace walrus {

enum class EncodeError {
    BlobTooLarge,       ///< more than P*S*65534 bytes
    OutOfMemoryBudget,  ///< the pool's budget does not allow the slivers
};
const char* describe(EncodeError error);

/// All slivers of a blob and its metadata. Owns about 4.5 times the blob, from the pool, which must
/// outlive it.
class EncodedBlob {
public:
    const VerifiedMetadata& metadata() const { return metadata_; }
    const BlobId& blob_id() const { return metadata_.blob_id(); }
    const CodeParameters& code() const { return code_; }
    std::uint32_t symbol_bytes() const { return metadata_.symbol_bytes(); }

    /// The symbols of primary sliver `index` (S symbols). Precondition: index < n.
    ByteView primary(SliverIndex index) const;
    /// The symbols of secondary sliver `index` (P symbols). Precondition: index < n.
    ByteView secondary(SliverIndex index) const;
    /// The sliver of this axis in this pair. Precondition: pair < n.
    SliverView sliver(SliverPairIndex pair, Axis axis) const;
    /// Its HTTP body (BCS SliverData).
    Bytes sliver_body(SliverPairIndex pair, Axis axis) const;
    /// The same for sending without a copy; the views live as long as this object.
    SliverBodyParts sliver_body_parts(SliverPairIndex pair, Axis axis) const;

private:
    friend class BlobEncoder;
    EncodedBlob(const CodeParameters& code, VerifiedMetadata metadata, Buffer primary,
                Buffer secondary)
        : code_(code),
          metadata_(std::move(metadata)),
          primary_(std::move(primary)),
          secondary_(std::move(secondary)) {}

    CodeParameters code_;
    VerifiedMetadata metadata_;
    Buffer primary_;    // n slivers of S symbols
    Buffer secondary_;  // n slivers of P symbols
};

/// Encodes a blob. Memory from the pool: n * (P+S) * symbol size.
Result<EncodedBlob, EncodeError> encode_blob(const CodeParameters& code, ByteView blob,
                                             BufferPool& pool, Executor& executor);

/// Metadata (and with it the blob id) without keeping slivers. Memory from the pool: half the blob.
Result<VerifiedMetadata, EncodeError> compute_metadata(const CodeParameters& code, ByteView blob,
                                                       BufferPool& pool, Executor& executor);

}  // namespace walrus
