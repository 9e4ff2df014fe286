// SPDX-License-Identifier: Apache-2.0
// The other nodes of the committee, asked on behalf of clients: what a client asks this node for is
// answered although only others have it (decisions.md §5). Loop thread only.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "node/committee_view.hpp"
#include "nodeapi/node_client.hpp"
#include "redstuff/metadata.hpp"

namespace walrus::node {

/// Requests in flight to peers, and how long a client waits for them.
inline constexpr std::size_t kForwardedMax = 32;
inline constexpr std::uint64_t kForwardedUs = 2'000'000;
/// Peers asked at a time for one client.
inline constexpr std::size_t kForwardedLanes = 3;

/// Where a node is, from its StakingPool object; nothing if that does not parse.
std::optional<nodeapi::NodeAddress> node_address(const ledger::Object& pool, bool with_tls);

class Peers {
public:
    /// Environment, HTTP client and ledger outlive this.
    Peers(io::Environment& environment, http::Client& http, rpc::LedgerClient& ledger, NodeId own,
          bool with_tls);
    ~Peers();

    /// Metadata as a peer has it (BCS BlobMetadataWithId), verified. Nothing if none has it in
    /// time, if too many requests are in flight, or if the ledger does not tell where the peers
    /// are.
    io::Task<std::optional<Bytes>> metadata(std::shared_ptr<const CommitteeView> committee,
                                            BlobId id);
    /// Ends what is under way.
    void stop() { stopped_.cancel(); }

private:
    struct Race;
    using Clients = std::vector<std::shared_ptr<nodeapi::NodeClient>>;

    io::Task<std::shared_ptr<const Clients>> clients_of(
        std::shared_ptr<const CommitteeView> committee);
    io::Task<void> run_lane(std::shared_ptr<Race> race);

    io::Environment& environment_;
    http::Client& http_;
    rpc::LedgerClient& ledger_;
    NodeId own_;
    bool with_tls_;
    io::Semaphore in_flight_;
    io::CancelSource stopped_;
    /// For the committee that they belong to.
    std::shared_ptr<const CommitteeView> committee_;
    std::shared_ptr<const Clients> clients_;
};

}  // namespace walrus::node
