// SPDX-License-Identifier: Apache-2.0
// What a storage node says in JSON, and where (spec/storage-node.md §1.3, §1.4): paths, envelopes,
// error reasons. Both sides use it; nothing else builds or reads these texts.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "attest/signed_message.hpp"
#include "http/message.hpp"
#include "nodeapi/node_client.hpp"

namespace walrus::nodeapi {

// ---- paths ----------------------------------------------------------------------------------

/// Patterns of the router.
inline constexpr std::string_view kMetadataPattern = "/v1/blobs/{blob_id}/metadata";
inline constexpr std::string_view kMetadataStatusPattern = "/v1/blobs/{blob_id}/metadata/status";
inline constexpr std::string_view kSliverPattern = "/v1/blobs/{blob_id}/slivers/{pair}/{axis}";
inline constexpr std::string_view kSliverStatusPattern =
    "/v1/blobs/{blob_id}/slivers/{pair}/{axis}/status";
inline constexpr std::string_view kPermanentConfirmationPattern =
    "/v1/blobs/{blob_id}/confirmation/permanent";
inline constexpr std::string_view kDeletableConfirmationPattern =
    "/v1/blobs/{blob_id}/confirmation/deletable/{object_id}";
inline constexpr std::string_view kBlobStatusPattern = "/v1/blobs/{blob_id}/status";
inline constexpr std::string_view kHealthPattern = "/v1/health";
/// Marks a request that a node passes on for its client (decisions.md §5).
inline constexpr std::string_view kForwardedHeader = "Walrus-Forwarded";

std::string metadata_path(const BlobId& id);
std::string sliver_path(const BlobId& id, SliverPairIndex pair, Axis axis);
std::string confirmation_path(const BlobId& id, const std::optional<ObjectId>& object);
std::string blob_status_path(const BlobId& id);

// ---- errors ---------------------------------------------------------------------------------

/// Why a node refuses. Text, HTTP status and AIP-193 status of each are in one table (wire.cpp).
enum class Reason {
    MetadataNotFound,     ///< 404: GET of metadata
    MetadataMissing,      ///< 400: a sliver cannot be checked before its metadata is there
    SliverNotFound,       ///< 404
    ShardNotAssigned,     ///< 400: the pair's shard is another node's
    IndexOutOfRange,      ///< 400: pair index >= n
    NotRegistered,        ///< 400
    CacheSaturated,       ///< 400: no room for uploads ahead of their registration
    InvalidMetadata,      ///< 400: does not belong to the blob id
    InvalidBlob,          ///< 400: the blob id was marked invalid on the ledger
    UnsupportedEncoding,  ///< 400
    InvalidSliver,        ///< 400: wrong length or not what the metadata says
    SliverIndexMismatch,  ///< 400: the body's index is not the path's
    MissingSlivers,       ///< 400: confirmation asked before all is stored
    InvalidContent,       ///< 400: unreadable body or wrong content type
    BodyTooLarge,         ///< 413
    Malformed,            ///< 400: a path or query that does not parse
    Unavailable,          ///< 503: overloaded, starting or without a trusted view of the ledger
    StorageFull,          ///< 503: the disk is full
    Internal,             ///< 500: fixed message, the cause goes to the log
};
struct ApiError {
    Reason reason = Reason::Internal;
    std::string message;
};
std::string_view text_of(Reason reason);
int http_status_of(Reason reason);
/// The JSON error document; Retry-After where waiting helps.
http::Response error_response(const ApiError& error);

/// Reads an error answer of any node: reason and message as far as they are there.
NodeError node_error(int http_status, ByteView body);
/// The one conversion of transport errors.
NodeError node_error(const io::IoError& error);

// ---- answers --------------------------------------------------------------------------------

/// {"success": {"code": status, "data": data_json}}.
http::Response success_response(int status, std::string_view data_json);
/// The `data` of a success envelope as JSON text; nothing if it is none.
std::optional<std::string> success_data(ByteView body);

/// A JSON string with its quotes.
std::string json_string(std::string_view text);

std::string_view text_of(StoredStatus status);  ///< lower case, without quotes
/// From JSON, any case.
std::optional<StoredStatus> stored_status_from_json(std::string_view json);

std::string to_json(const attest::StorageConfirmation& confirmation);
std::optional<attest::StorageConfirmation> confirmation_from_json(std::string_view json);

/// `ServiceHealthInfo` of the reference, with `problems` of our own at the end.
struct HealthInfo {
    std::uint64_t uptime_us = 0;
    Epoch epoch = 0;
    bls::PublicKeyBytes public_key{};
    std::string node_status;  ///< "Active", "Standby", …
    std::uint64_t events_persisted = 0;
    std::uint64_t events_pending = 0;
    std::uint64_t shards_owned = 0;
    std::optional<std::uint64_t> latest_block;
    std::vector<std::string> problems;  ///< for people; empty: none
    /// Own shards, only when details are asked for.
    std::optional<std::vector<ShardIndex>> shard_detail;
};
std::string to_json(const HealthInfo& health);
std::optional<NodeHealth> health_from_json(std::string_view json);

}  // namespace walrus::nodeapi
