// SPDX-License-Identifier: Apache-2.0
// The storage node: takes slivers of registered blobs, keeps them durably, signs that it does, and
// serves them (spec/storage-node.md §1, decisions.md §5). It follows the ledger's block stream by
// itself and believes nothing that the sequencer has not sealed.
//
// A node lives on one environment's loop: all its functions are called in that loop thread. The
// environment and the metrics registry must outlive it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "crypto/bls.hpp"
#include "crypto/signature.hpp"
#include "io/environment.hpp"
#include "io/metrics.hpp"
#include "protocol/ids.hpp"

namespace walrus::rpc {
class LedgerClient;
}

namespace walrus::node {

/// Every bound of a node, in one place.
struct NodeLimits {
    std::size_t connections_max = 4096;
    /// Bodies being received and answers being sent, together; more uploads wait, then get 503.
    std::size_t buffer_bytes_max = std::size_t{256} << 20;
    std::uint64_t buffer_wait_us = 10'000'000;
    /// Verifications running at a time (0: twice the workers) and waiting; more get 503.
    std::size_t verifications_max = 0;
    std::size_t verifications_waiting_max = 2048;
    /// How long an upload waits for the event that registers its blob, and how many may wait.
    std::uint64_t registration_wait_us = 1'000'000;
    std::size_t registration_waiting_max = 1024;
    /// Longest `wait_millis` of a confirmation with wait_for_registration=true.
    std::uint64_t confirmation_wait_ms_max = 5'000;
    /// Uploads with ?pending=true, ahead of their registration; in memory only.
    std::size_t pending_slivers_max = 20'480;
    std::size_t pending_bytes_max = std::size_t{128} << 20;
    std::size_t pending_sliver_bytes_max = std::size_t{4} << 20;
    std::size_t pending_metadata_max = 1024;
    std::uint64_t pending_lifetime_us = 60'000'000;
    /// Verified metadata kept in memory.
    std::size_t metadata_cached_max = 256;
    /// A segment file is closed at this size.
    std::uint64_t segment_bytes_max = std::uint64_t{256} << 20;
    /// Uploads are refused when less than this is free on the disk.
    std::uint64_t disk_reserve_bytes = std::uint64_t{256} << 20;
    /// Blobs whose slivers are fetched at a time when an epoch begins.
    std::size_t sync_blobs_max = 4;
    /// Memory for making slivers that no other node gives, bytes.
    std::size_t rebuild_bytes_max = std::size_t{2} << 30;
    /// How often the committee is read again from the ledger.
    std::uint64_t committee_refresh_us = 30'000'000;
};

/// What a node votes for; what is not set stays as it is on the ledger.
struct NodeVotes {
    std::optional<Frost> storage_price;          ///< per MiB and epoch
    std::optional<Frost> write_price;            ///< per MiB
    std::optional<std::uint64_t> node_capacity;  ///< bytes
};

struct NodeConfig {
    /// Signs confirmations; its public key is in the committee.
    bls::SecretKey protocol_key;
    /// Port 0 picks a free one (see Node::port).
    io::Endpoint listen{"127.0.0.1", 0};
    /// Name or address that clients use, for the self-signed certificate.
    std::string public_host = "127.0.0.1";
    /// Created if absent; locked while the node runs.
    std::string storage_dir;
    /// "http://host:port".
    std::string ledger_url;
    /// What the node pins of the ledger: nothing else is believed.
    ChainId chain_id;
    std::array<Byte, 32> sequencer_key{};  ///< ed25519
    ObjectId system_object;
    ObjectId staking_object;
    /// The node's StakingPool.
    NodeId node_id;
    /// P-256 private key (PKCS#8 PEM) for TLS; empty: no TLS, which needs allow_plain_http.
    std::string network_key_pem;
    bool allow_plain_http = false;
    /// The account that owns the node's capability; with it the node takes part in the epochs by
    /// itself. Without it others must vote, begin epochs and attest for it.
    std::optional<AccountKey> account;
    NodeVotes votes;
    NodeLimits limits;
};

/// Why a node did not start; one enumerator per reaction.
enum class StartCode {
    InvalidConfig = 1,  ///< a value that cannot be used
    InUse = 2,          ///< the port or the storage directory belongs to another process
    UnknownFormat = 3,  ///< the directory was written by another version or for another network
    Corrupt = 4,        ///< the stored state cannot be read
    Io = 5,             ///< another failure of disk or network
};
using StartError = Failure<StartCode>;

class Node {
public:
    virtual ~Node() = default;

    /// Opens the store, listens and starts to follow the ledger. Does not wait for the ledger:
    /// until the committee is known, uploads and confirmations get 503 (see `wait_ready`).
    static io::Task<Result<std::unique_ptr<Node>, StartError>> start(io::Environment& environment,
                                                                     NodeConfig config,
                                                                     io::Metrics& metrics);
    /// The same with a given way to the ledger instead of `config.ledger_url`.
    static io::Task<Result<std::unique_ptr<Node>, StartError>> start_with_ledger(
        io::Environment& environment, NodeConfig config, io::Metrics& metrics,
        std::unique_ptr<rpc::LedgerClient> ledger);
    /// The port that the node listens on.
    virtual std::uint16_t port() const = 0;
    /// True: the committee is known and the node has seen all blocks that the ledger had when
    /// asked.
    virtual bool ready() const = 0;
    /// The latest epoch for which all that this node must hold was found here, in this run; 0:
    /// none.
    virtual Epoch epoch_synced() const = 0;
    /// Until ready. False: `timeout_us` passed.
    virtual io::Task<bool> wait_ready(std::uint64_t timeout_us) = 0;
    /// Ends running requests, makes everything durable and stops. Must be awaited before
    /// destruction.
    virtual io::Task<void> stop() = 0;
};

}  // namespace walrus::node
