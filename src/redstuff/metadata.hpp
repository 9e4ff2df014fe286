// SPDX-License-Identifier: Apache-2.0
// The commitments of an encoded blob (spec/encoding.md §5): per sliver pair the Merkle roots of its
// two expanded slivers, over them one root, and from it the blob id. What came from outside is
// `UnverifiedMetadata` until `verify_metadata` turns it into `VerifiedMetadata`.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "bcs/bcs.hpp"
#include "protocol/ids.hpp"
#include "protocol/parameters.hpp"

namespace walrus {

/// Roots of the expanded slivers of one pair i: primary sliver i and secondary sliver n-1-i.
struct SliverPairMetadata {
    Digest primary_hash;
    Digest secondary_hash;
    friend bool operator==(const SliverPairMetadata&, const SliverPairMetadata&) = default;
};

/// BCS (encoding.md §5): 0 (V1), encoding type, length u64, ULEB128 n, n pairs of Merkle nodes.
/// Decoding refuses other versions, other encoding types, Empty nodes and more than kShardCountMax
/// pairs (checked before anything is allocated).
struct BlobMetadata {
    EncodingType encoding_type = EncodingType::Rs2;
    std::uint64_t unencoded_length = 0;
    std::vector<SliverPairMetadata> hashes;  ///< by pair index
    friend bool operator==(const BlobMetadata&, const BlobMetadata&) = default;
};
void bcs_encode(bcs::Writer& out, const BlobMetadata& metadata);
bool bcs_decode(bcs::Reader& in, BlobMetadata& metadata);

/// BCS `BlobMetadataWithId`: the 32-byte id, then BlobMetadata. Nothing in it is checked.
struct UnverifiedMetadata {
    BlobId blob_id;
    BlobMetadata metadata;
    friend bool operator==(const UnverifiedMetadata&, const UnverifiedMetadata&) = default;
};

/// Size of `BlobMetadata` for n shards in bytes; with the id 32 more. The bound for bodies.
std::size_t metadata_bytes(std::uint32_t shard_count);

enum class MetadataError {
    Malformed,       ///< not the BCS layout, or longer than n shards allow
    WrongPairCount,  ///< number of hash pairs != n
    BlobTooLarge,    ///< unencoded length beyond P*S*65534
    BlobIdMismatch,  ///< the id recomputed from the metadata is another one
};
const char* describe(MetadataError error);

/// Metadata whose blob id has been checked (or computed by us). Immutable.
class VerifiedMetadata {
public:
    const BlobId& blob_id() const { return blob_id_; }
    const BlobMetadata& metadata() const { return metadata_; }
    const Digest& root_hash() const { return root_hash_; }
    std::uint64_t blob_bytes() const { return metadata_.unencoded_length; }
    std::uint32_t shard_count() const {
        return static_cast<std::uint32_t>(metadata_.hashes.size());
    }
    std::uint32_t symbol_bytes() const { return symbol_bytes_; }
    /// Root of an expanded sliver. Precondition: index < n.
    const Digest& sliver_hash(Axis axis, SliverIndex index) const {
        const SliverPairIndex pair = pair_of_sliver(index, axis, shard_count());
        const SliverPairMetadata& hashes = metadata_.hashes[pair.value];
        return axis == Axis::Primary ? hashes.primary_hash : hashes.secondary_hash;
    }
    /// BCS BlobMetadata (body of an upload).
    Bytes encode() const { return bcs::encode(metadata_); }
    /// BCS BlobMetadataWithId (answer of a node, `metadata.bcs`).
    Bytes encode_with_id() const;

    /// Metadata computed by this process: derives root, symbol size and blob id from the hashes.
    /// Preconditions: as many hashes as shards, length within the code's maximum.
    static VerifiedMetadata from_hashes(const CodeParameters& code, std::uint64_t blob_bytes,
                                        std::vector<SliverPairMetadata> hashes);

private:
    VerifiedMetadata() = default;
    BlobId blob_id_;
    BlobMetadata metadata_;
    Digest root_hash_;
    std::uint32_t symbol_bytes_ = 0;
};

/// Merkle root over the pairs' hashes (leaf = primary hash || secondary hash).
Digest metadata_root(const std::vector<SliverPairMetadata>& hashes);
/// H(encoding type || length u64 || root): the blob's identity.
BlobId blob_id_of(EncodingType type, std::uint64_t blob_bytes, const Digest& root);

/// Checks in order: pair count, length, blob id. Errors: MetadataError (all but Malformed).
Result<VerifiedMetadata, MetadataError> verify_metadata(BlobMetadata metadata,
                                                        const BlobId& claimed,
                                                        const CodeParameters& code);
Result<VerifiedMetadata, MetadataError> verify_metadata(UnverifiedMetadata metadata,
                                                        const CodeParameters& code);
/// From the bytes of BlobMetadata (an upload's body); the size bound is checked first.
Result<VerifiedMetadata, MetadataError> decode_and_verify_metadata(ByteView body,
                                                                   const BlobId& claimed,
                                                                   const CodeParameters& code);
/// From the bytes of BlobMetadataWithId (a node's answer), whose id must be `claimed`.
Result<VerifiedMetadata, MetadataError> decode_and_verify_metadata_with_id(
    ByteView body, const BlobId& claimed, const CodeParameters& code);

}  // namespace walrus
