// SPDX-License-Identifier: Apache-2.0
// A whole network in a simulated world: one ledger and some storage nodes, each on a host of its
// own, and clients. Everything is the production code; keys and genesis come from the seed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "attest/committee.hpp"
#include "chain/service.hpp"
#include "client/client.hpp"
#include "client/wallet.hpp"
#include "crypto/bls.hpp"
#include "crypto/signature.hpp"
#include "http/server.hpp"
#include "io/metrics.hpp"
#include "ledger/genesis.hpp"
#include "node/node.hpp"
#include "rpc/ledger_server.hpp"
#include "sim/world.hpp"

namespace walrus::sim {

struct ClusterOptions {
    std::size_t nodes = 7;
    std::uint16_t shards = 21;
    Frost client_wal = 1'000 * kFrostPerWal;
    std::uint64_t client_sui = 1'000'000'000;
    /// Nodes close a segment file at this size, so that a small run has several.
    std::uint64_t segment_bytes_max = 256 << 10;
};

/// Where things are on a host's disk.
inline constexpr const char* kLedgerDirectory = "/ledger";
inline constexpr const char* kNodeDirectory = "/node";
inline constexpr const char* kPaymentsDirectory = "/payments";
inline constexpr std::uint16_t kLedgerPort = 9000;
inline constexpr std::uint16_t kNodePort = 9185;

/// Functions run the world until what they say is done. They return what went wrong, or nothing.
class Cluster {
public:
    using Problem = std::optional<std::string>;

    Cluster(World& world, ClusterOptions options);
    ~Cluster();
    Cluster(const Cluster&) = delete;
    Cluster& operator=(const Cluster&) = delete;

    /// Ledger and all nodes, until every node follows the ledger.
    Problem start();
    /// Everything that runs, in order. Must be called before destruction.
    Problem stop();

    Problem start_ledger();
    Problem stop_ledger();
    Problem start_node(std::size_t node);
    Problem stop_node(std::size_t node);
    /// The process dies, or the host's power fails, now; what ran there is swept away.
    Problem kill_ledger(bool power_cut);
    Problem kill_node(std::size_t node, bool power_cut);
    Problem restart_ledger();
    /// Starts the node again and waits until it follows the ledger.
    Problem restart_node(std::size_t node);
    bool node_runs(std::size_t node) const { return nodes_[node].node != nullptr; }
    /// Until the node follows the ledger.
    Problem wait_ready(std::size_t node);
    /// Something did not end in time: tasks may still use the world and this cluster, so neither
    /// may be destroyed.
    bool stuck() const { return stuck_; }
    void set_stuck() { stuck_ = true; }
    /// Runs a task to its end; `nothing` and stuck if it does not end in the time.
    template <class T>
    auto run(io::Task<T> task, std::uint64_t limit_us) {
        auto result = world_.run(std::move(task), limit_us);
        if (!result) stuck_ = true;
        return result;
    }

    World& world() { return world_; }
    Host& ledger_host() { return *ledger_host_; }
    Host& node_host(std::size_t node) { return *nodes_[node].host; }
    Host& client_host() { return *client_host_; }
    std::size_t node_count() const { return nodes_.size(); }
    const ledger::GenesisConfig& genesis() const { return genesis_config_; }
    const ledger::Genesis& facts() const { return genesis_; }
    /// The shards that genesis gives a node.
    const std::vector<ShardIndex>& shards(std::size_t node) const { return nodes_[node].shards; }
    const ClusterOptions& options() const { return options_; }
    const AccountKey& sequencer_key() const { return sequencer_key_; }
    chain::LedgerService* ledger() { return ledger_.service.get(); }
    client::Client& client() { return *client_; }
    const client::Account& account() const { return account_; }

private:
    struct LedgerRole {
        std::unique_ptr<io::Metrics> metrics;
        std::unique_ptr<chain::LedgerService> service;
        std::unique_ptr<http::Router> router;
        std::unique_ptr<rpc::LedgerServer> server;
        std::unique_ptr<http::Server> http;
    };
    struct NodeRole {
        NodeRole(Host& on, bls::SecretKey secret)
            : host(&on), key(std::move(secret)), metrics(io::Metrics::make()) {}
        Host* host;
        bls::SecretKey key;
        std::vector<ShardIndex> shards;
        std::unique_ptr<io::Metrics> metrics;
        std::unique_ptr<node::Node> node;
    };
    void make_genesis();
    void read_shards();
    node::NodeConfig node_config(std::size_t node) const;
    Problem sweep_ledger();
    Problem sweep_node(std::size_t node);
    Problem make_client();

    World& world_;
    ClusterOptions options_;
    Host* ledger_host_ = nullptr;
    Host* client_host_ = nullptr;
    AccountKey sequencer_key_;
    client::Account account_;
    std::vector<NodeRole> nodes_;
    LedgerRole ledger_;
    ledger::GenesisConfig genesis_config_;
    ledger::Genesis genesis_;
    std::unique_ptr<client::Client> client_;
    bool stuck_ = false;
};

}  // namespace walrus::sim
