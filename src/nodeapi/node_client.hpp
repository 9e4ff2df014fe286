// SPDX-License-Identifier: Apache-2.0
// A storage node's REST API as its callers see it (spec/storage-node.md §1, decisions.md §5).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "attest/signed_message.hpp"
#include "http/client.hpp"
#include "protocol/ids.hpp"

namespace walrus::nodeapi {

/// One enumerator per reaction of a caller.
enum class NodeCode {
    Unreachable = 1,     ///< refused, timed out, closed, untrusted key: try again later, or others
    Untrusted = 2,       ///< TLS key is not the one that the ledger names
    NotFound = 3,        ///< 404: no metadata or sliver
    NotRegistered = 4,   ///< 400 NOT_REGISTERED: the node has not seen the registration yet
    Blocked = 5,         ///< 451
    MissingSlivers = 6,  ///< confirmation refused: not everything is stored
    Overloaded = 7,      ///< 429, 503: wait, then again
    NoSpace = 8,         ///< the node's disk is full
    Refused = 9,         ///< another 4xx: the request is wrong for this node; do not repeat it
    Broken = 10,         ///< 5xx or an answer that does not parse
    Cancelled = 11,
};
struct NodeErrorDetail {
    int http_status = 0;
    std::string reason;  ///< e.g. "SLIVER_INDEX_MISMATCH"; empty if the answer had none
};
struct NodeError {
    NodeCode code;
    std::string message;
    NodeErrorDetail detail;
};
template <class T>
using NodeResult = Result<T, NodeError>;

/// Where a node is and how to trust it: from its StakingPool on the ledger.
struct NodeAddress {
    NodeId id;
    std::string network_address;                        ///< "host:port"
    std::optional<http::NetworkPublicKey> network_key;  ///< nothing: plain HTTP
};

enum class StoredStatus { Nonexistent, Buffered, Stored };

struct EventId {
    TransactionDigest transaction;
    std::uint64_t sequence = 0;
    friend auto operator<=>(const EventId&, const EventId&) = default;
};
struct DeletableCounts {
    std::uint32_t total = 0;
    std::uint32_t certified = 0;
    bool operator==(const DeletableCounts&) const = default;
};
struct BlobNonexistent {
    bool operator==(const BlobNonexistent&) const = default;
};
struct BlobInvalid {
    EventId event;
    bool operator==(const BlobInvalid&) const = default;
};
struct BlobPermanent {
    Epoch end_epoch = 0;
    bool is_certified = false;
    EventId status_event;
    DeletableCounts deletable_counts;
    std::optional<Epoch> initial_certified_epoch;
    bool operator==(const BlobPermanent&) const = default;
};
struct BlobDeletable {
    std::optional<Epoch> initial_certified_epoch;
    DeletableCounts deletable_counts;
    bool operator==(const BlobDeletable&) const = default;
};
using BlobStatus = std::variant<BlobNonexistent, BlobInvalid, BlobPermanent, BlobDeletable>;
/// The wire form (the `data` of the success envelope), keys in the reference's order.
std::string to_json(const BlobStatus& status);
std::optional<BlobStatus> blob_status_from_json(std::string_view json);

struct NodeHealth {
    std::uint64_t uptime_s = 0;
    Epoch epoch = 0;
    std::string public_key;  ///< base64 of the BLS key
    std::string node_status;
    std::uint64_t events_persisted = 0;
    std::uint64_t shards_owned = 0;
    std::string raw_json;
};

struct NodeCall {
    std::uint64_t timeout_us = 30'000'000;
    std::uint64_t connect_timeout_us = 5'000'000;
    io::CancelToken cancel;
    bool forwarded = false;  ///< by a node for its client: the other one must not pass it on
};

/// Calls one node. All answers are untrusted: callers verify metadata, slivers and signatures.
class NodeClient {
public:
    virtual ~NodeClient() = default;
    static std::unique_ptr<NodeClient> make(io::Environment& environment, http::Client& http,
                                            NodeAddress address);

    virtual const NodeAddress& address() const = 0;
    virtual io::Task<NodeResult<StoredStatus>> metadata_status(BlobId id, NodeCall call) = 0;
    /// BCS BlobMetadata without the id. True: newly stored; false: was there.
    virtual io::Task<NodeResult<bool>> put_metadata(BlobId id, Bytes metadata_bcs,
                                                    NodeCall call) = 0;
    /// BCS BlobMetadataWithId, at most `limit_bytes`.
    virtual io::Task<NodeResult<Bytes>> get_metadata(BlobId id, std::uint64_t limit_bytes,
                                                     NodeCall call) = 0;
    /// The body is BCS SliverData, given in parts that the owner keeps alive.
    virtual io::Task<NodeResult<bool>> put_sliver(BlobId id, SliverPairIndex pair, Axis axis,
                                                  http::SharedBody sliver, NodeCall call) = 0;
    virtual io::Task<NodeResult<Bytes>> get_sliver(BlobId id, SliverPairIndex pair, Axis axis,
                                                   std::uint64_t limit_bytes, NodeCall call) = 0;
    virtual io::Task<NodeResult<StoredStatus>> sliver_status(BlobId id, SliverPairIndex pair,
                                                             Axis axis, NodeCall call) = 0;
    /// `object`: the deletable Blob object; nothing: permanent. The signature is not verified here.
    virtual io::Task<NodeResult<attest::SignedMessage>> confirmation(BlobId id,
                                                                     std::optional<ObjectId> object,
                                                                     NodeCall call) = 0;
    virtual io::Task<NodeResult<BlobStatus>> blob_status(BlobId id, NodeCall call) = 0;
    virtual io::Task<NodeResult<NodeHealth>> health(NodeCall call) = 0;
};

}  // namespace walrus::nodeapi
