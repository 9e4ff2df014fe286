// SPDX-License-Identifier: Apache-2.0
#include "redstuff/metadata.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "hash/blake2b.hpp"
#include "hash/many.hpp"
#include "hash/merkle.hpp"

namespace walrus {
namespace {

constexpr std::uint8_t kMetadataV1 = 0;
constexpr std::uint8_t kDigestNode = 1;
constexpr std::size_t kNodeBytes = 1 + kDigestBytes;

std::size_t uleb_bytes(std::uint64_t value) {
    std::size_t bytes = 1;
    while (value >= 0x80) {
        value >>= 7;
        ++bytes;
    }
    return bytes;
}

bool decode_node(bcs::Reader& in, Digest& digest) {
    std::uint8_t tag = 0;
    ByteView bytes;
    if (!in.u8(tag)) return false;
    if (tag > kDigestNode) return in.fail(bcs::Error::UnknownVariant);
    // A producer never commits to nothing: Empty is legal BCS but no sliver's root.
    if (tag != kDigestNode) return in.fail(bcs::Error::InvalidValue);
    if (!in.raw(kDigestBytes, bytes)) return false;
    digest = Digest::from(bytes);
    return true;
}

}  // namespace

void bcs_encode(bcs::Writer& out, const BlobMetadata& metadata) {
    out.u8(kMetadataV1);
    out.u8(static_cast<std::uint8_t>(metadata.encoding_type));
    out.fixed(metadata.unencoded_length);
    out.uleb(metadata.hashes.size());
    for (const SliverPairMetadata& pair : metadata.hashes) {
        out.u8(kDigestNode);
        out.raw(pair.primary_hash.bytes);
        out.u8(kDigestNode);
        out.raw(pair.secondary_hash.bytes);
    }
}

bool bcs_decode(bcs::Reader& in, BlobMetadata& metadata) {
    std::uint32_t version = 0;
    std::uint32_t type = 0;
    if (!in.uleb(version)) return false;
    if (version != kMetadataV1) return in.fail(bcs::Error::UnknownVariant);
    if (!in.uleb(type)) return false;
    if (type != static_cast<std::uint32_t>(EncodingType::Rs2))
        return in.fail(bcs::Error::UnknownVariant);
    metadata.encoding_type = EncodingType::Rs2;
    std::size_t count = 0;
    if (!in.fixed(metadata.unencoded_length) || !in.count(count, 2 * kNodeBytes)) return false;
    if (count > kShardCountMax) return in.fail(bcs::Error::LengthTooLarge);
    metadata.hashes.resize(count);
    for (SliverPairMetadata& pair : metadata.hashes)
        if (!decode_node(in, pair.primary_hash) || !decode_node(in, pair.secondary_hash))
            return false;
    return true;
}

std::size_t metadata_bytes(std::uint32_t shard_count) {
    return 2 + sizeof(std::uint64_t) + uleb_bytes(shard_count) + shard_count * 2 * kNodeBytes;
}

const char* describe(MetadataError error) {
    switch (error) {
        case MetadataError::Malformed:
            return "the metadata is malformed";
        case MetadataError::WrongPairCount:
            return "the metadata has the wrong number of sliver pairs";
        case MetadataError::BlobTooLarge:
            return "the unencoded length in the metadata is too large for this number of shards";
        case MetadataError::BlobIdMismatch:
            return "the metadata does not match the blob id";
    }
    return "";
}

Bytes VerifiedMetadata::encode_with_id() const {
    bcs::Writer out(kDigestBytes + metadata_bytes(shard_count()));
    out.raw(blob_id_.bytes);
    bcs_encode(out, metadata_);
    return out.take();
}

VerifiedMetadata VerifiedMetadata::from_hashes(const CodeParameters& code, std::uint64_t blob_bytes,
                                               std::vector<SliverPairMetadata> hashes) {
    WALRUS_CHECK(hashes.size() == code.shard_count());
    const auto symbol_bytes = code.symbol_bytes(blob_bytes);
    WALRUS_CHECK(symbol_bytes.has_value());
    VerifiedMetadata verified;
    verified.root_hash_ = metadata_root(hashes);
    verified.blob_id_ = blob_id_of(EncodingType::Rs2, blob_bytes, verified.root_hash_);
    verified.symbol_bytes_ = *symbol_bytes;
    verified.metadata_ = {EncodingType::Rs2, blob_bytes, std::move(hashes)};
    return verified;
}

Digest metadata_root(const std::vector<SliverPairMetadata>& hashes) {
    static_assert(sizeof(SliverPairMetadata) == 2 * kDigestBytes);
    std::vector<const Byte*> leaves;
    leaves.reserve(hashes.size());
    for (const SliverPairMetadata& pair : hashes) leaves.push_back(pair.primary_hash.bytes.data());
    std::vector<Digest> digests(hashes.size());
    hash::hash_leaves(hash::kernels(), leaves.data(), sizeof(SliverPairMetadata), leaves.size(),
                      digests.data());
    return merkle_root_of_digests(digests).bytes();
}

BlobId blob_id_of(EncodingType type, std::uint64_t blob_bytes, const Digest& root) {
    Byte message[1 + sizeof blob_bytes + kDigestBytes];
    message[0] = static_cast<Byte>(type);
    store_le(message + 1, blob_bytes);
    std::memcpy(message + 1 + sizeof blob_bytes, root.bytes.data(), kDigestBytes);
    return BlobId::from(blake2b(message).bytes);
}

Result<VerifiedMetadata, MetadataError> verify_metadata(BlobMetadata metadata,
                                                        const BlobId& claimed,
                                                        const CodeParameters& code) {
    if (metadata.hashes.size() != code.shard_count()) return fail(MetadataError::WrongPairCount);
    if (metadata.unencoded_length > code.blob_bytes_max()) return fail(MetadataError::BlobTooLarge);
    VerifiedMetadata verified =
        VerifiedMetadata::from_hashes(code, metadata.unencoded_length, std::move(metadata.hashes));
    if (verified.blob_id() != claimed) return fail(MetadataError::BlobIdMismatch);
    return verified;
}

Result<VerifiedMetadata, MetadataError> verify_metadata(UnverifiedMetadata metadata,
                                                        const CodeParameters& code) {
    return verify_metadata(std::move(metadata.metadata), metadata.blob_id, code);
}

Result<VerifiedMetadata, MetadataError> decode_and_verify_metadata(ByteView body,
                                                                   const BlobId& claimed,
                                                                   const CodeParameters& code) {
    if (body.size() > metadata_bytes(kShardCountMax)) return fail(MetadataError::Malformed);
    auto metadata = bcs::decode<BlobMetadata>(body);
    if (!metadata) return fail(MetadataError::Malformed);
    return verify_metadata(std::move(*metadata), claimed, code);
}

Result<VerifiedMetadata, MetadataError> decode_and_verify_metadata_with_id(
    ByteView body, const BlobId& claimed, const CodeParameters& code) {
    if (body.size() < kDigestBytes) return fail(MetadataError::Malformed);
    if (!equal(body.first(kDigestBytes), claimed.bytes)) return fail(MetadataError::BlobIdMismatch);
    return decode_and_verify_metadata(body.subspan(kDigestBytes), claimed, code);
}

}  // namespace walrus
