// SPDX-License-Identifier: Apache-2.0
#include "sim/cluster.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "bcs/bcs.hpp"
#include "crypto/network_key.hpp"
#include "ledger/types.hpp"

namespace walrus::sim {

namespace {

constexpr std::uint64_t kStartLimitUs = 60'000'000;
constexpr std::uint64_t kStopLimitUs = 120'000'000;

AccountKey account_key(const World& world, std::string_view purpose) {
    Rng rng = world.rng(purpose);
    auto key = AccountKey::from_secret(SignatureScheme::Ed25519, rng.bytes(kAccountSecretBytes));
    WALRUS_CHECK(key.has_value());
    return *key;
}

bls::SecretKey protocol_key(const World& world, std::size_t node) {
    Rng rng = world.rng(fmt::format("protocol key {}", node));
    auto key = bls::SecretKey::from_seed(rng.bytes(32));
    WALRUS_CHECK(key.has_value());
    return *key;
}

Address address_of(const AccountKey& key) {
    return Address::from(key.address().view());
}

std::string node_name(std::size_t node) {
    return fmt::format("node-{}", node);
}

}  // namespace

Cluster::Cluster(World& world, ClusterOptions options)
    : world_(world),
      options_(options),
      ledger_host_(&world.add_host("ledger")),
      client_host_(&world.add_host("client")),
      sequencer_key_(account_key(world, "sequencer key")),
      account_(account_key(world, "client key")) {
    for (std::size_t i = 0; i < options_.nodes; ++i) {
        nodes_.emplace_back(world.add_host(node_name(i)), protocol_key(world, i));
    }
    make_genesis();
}

Cluster::~Cluster() {
    WALRUS_CHECK(!ledger_.service);
    for (const NodeRole& role : nodes_) WALRUS_CHECK(!role.node);
}

void Cluster::make_genesis() {
    genesis_config_.network_name = fmt::format("sim-{}", world_.seed());
    genesis_config_.time_ms = ledger_host_->environment().clock.now_ms();
    genesis_config_.n_shards = options_.shards;
    const AccountKey treasury = account_key(world_, "treasury key");
    genesis_config_.treasury = address_of(treasury);
    ledger::GenesisAccount funded;
    funded.address = account_.address();
    funded.wal = options_.client_wal;
    funded.sui = options_.client_sui;
    genesis_config_.accounts.push_back(funded);
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        Rng rng = world_.rng(fmt::format("network key {}", i));
        const NetworkKey network_key = NetworkKey::from_seed(rng.bytes(32));
        ledger::GenesisNode node;
        node.name = node_name(i);
        node.network_address = fmt::format("{}:{}", nodes_[i].host->address(), kNodePort);
        node.network_public_key = network_key.public_key();
        node.bls_public_key = nodes_[i].key.public_key().to_bytes();
        node.owner = address_of(account_key(world_, fmt::format("node owner {}", i)));
        genesis_config_.nodes.push_back(std::move(node));
    }
    auto made = ledger::make_genesis(genesis_config_);
    if (!made) fmt::print(stderr, "genesis: {}\n", made.error().message);
    WALRUS_CHECK(made.has_value());
    genesis_ = std::move(*made);
    read_shards();
}

void Cluster::read_shards() {
    const ObjectId field =
        ledger::staking_state_field_id(genesis_.ids.staking, ledger::kStakingVersion);
    const auto object = genesis_.changes.objects.find(field);
    WALRUS_CHECK(object != genesis_.changes.objects.end());
    const auto staking = bcs::decode<ledger::StakingInnerField>(object->second->contents);
    WALRUS_CHECK(staking.has_value());
    for (const auto& [node, shards] : staking->value.committee) {
        const auto found = std::find(genesis_.nodes.begin(), genesis_.nodes.end(), node);
        WALRUS_CHECK(found != genesis_.nodes.end());
        NodeRole& role = nodes_[static_cast<std::size_t>(found - genesis_.nodes.begin())];
        for (const std::uint16_t shard : shards) role.shards.emplace_back(shard);
        std::sort(role.shards.begin(), role.shards.end());
    }
}

Cluster::Problem Cluster::start() {
    if (Problem problem = start_ledger()) return problem;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        if (Problem problem = start_node(i)) return problem;
    }
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        if (Problem problem = wait_ready(i)) return problem;
    }
    return make_client();
}

Cluster::Problem Cluster::stop() {
    client_.reset();
    Problem first;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        Problem problem = stop_node(i);
        if (problem && !first) first = std::move(problem);
    }
    Problem problem = stop_ledger();
    if (problem && !first) first = std::move(problem);
    return first;
}

// ---- ledger ------------------------------------------------------------------------------------

Cluster::Problem Cluster::start_ledger() {
    io::Environment& environment = ledger_host_->environment();
    LedgerRole role;
    role.metrics = io::Metrics::make();
    chain::ServiceOptions options;
    auto opened = run(chain::LedgerService::open(environment, kLedgerDirectory, genesis_config_,
                                                 sequencer_key_, std::move(options), *role.metrics),
                      kStartLimitUs);
    if (!opened) return "the ledger does not open in time";
    if (!*opened) return "the ledger does not open: " + opened->error().message;
    role.service = std::move(**opened);
    role.router = std::make_unique<http::Router>();
    role.server = rpc::LedgerServer::make(environment, *role.service, *role.router);
    ledger_ = std::move(role);
    auto listening =
        http::Server::start(environment, {"0.0.0.0", kLedgerPort}, ledger_.router->handler(), {});
    if (!listening) return "the ledger does not listen: " + listening.error().message;
    ledger_.http = std::move(*listening);
    return std::nullopt;
}

Cluster::Problem Cluster::stop_ledger() {
    return sweep_ledger();
}

Cluster::Problem Cluster::kill_ledger(bool power_cut) {
    if (power_cut) {
        ledger_host_->power_cut();
    } else {
        ledger_host_->kill();
    }
    return sweep_ledger();
}

Cluster::Problem Cluster::restart_ledger() {
    ledger_host_->restart();
    return start_ledger();
}

Cluster::Problem Cluster::sweep_ledger() {
    if (!ledger_.service) return std::nullopt;
    ledger_.server->close_streams();
    if (ledger_.http && !run(ledger_.http->stop(), kStopLimitUs)) {
        return "the ledger's server does not stop";
    }
    if (!run(ledger_.service->stop(), kStopLimitUs)) return "the ledger does not stop";
    ledger_.http.reset();
    ledger_.server.reset();
    ledger_.router.reset();
    ledger_.service.reset();
    ledger_.metrics.reset();
    return std::nullopt;
}

// ---- nodes -------------------------------------------------------------------------------------

node::NodeConfig Cluster::node_config(std::size_t node) const {
    node::NodeConfig config{.protocol_key = nodes_[node].key};
    config.listen = {"0.0.0.0", kNodePort};
    config.public_host = nodes_[node].host->address();
    config.storage_dir = kNodeDirectory;
    config.ledger_url = fmt::format("http://{}:{}", ledger_host_->address(), kLedgerPort);
    config.chain_id = genesis_.chain;
    const Bytes& sequencer = sequencer_key_.public_key().bytes;
    WALRUS_CHECK(sequencer.size() == config.sequencer_key.size());
    std::copy(sequencer.begin(), sequencer.end(), config.sequencer_key.begin());
    config.system_object = genesis_.ids.system;
    config.staking_object = genesis_.ids.staking;
    config.node_id = genesis_.nodes[node];
    config.allow_plain_http = true;
    config.limits.segment_bytes_max = options_.segment_bytes_max;
    return config;
}

Cluster::Problem Cluster::start_node(std::size_t node) {
    NodeRole& role = nodes_[node];
    auto started =
        run(node::Node::start(role.host->environment(), node_config(node), *role.metrics),
            kStartLimitUs);
    if (!started) return node_name(node) + " does not start in time";
    if (!*started) return node_name(node) + " does not start: " + started->error().message;
    role.node = std::move(**started);
    return std::nullopt;
}

Cluster::Problem Cluster::wait_ready(std::size_t node) {
    const std::optional<bool> ready =
        run(nodes_[node].node->wait_ready(kStartLimitUs), 2 * kStartLimitUs);
    if (ready == std::optional<bool>(true)) return std::nullopt;
    return node_name(node) + " does not become ready";
}

Cluster::Problem Cluster::stop_node(std::size_t node) {
    return sweep_node(node);
}

Cluster::Problem Cluster::kill_node(std::size_t node, bool power_cut) {
    if (power_cut) {
        nodes_[node].host->power_cut();
    } else {
        nodes_[node].host->kill();
    }
    return sweep_node(node);
}

Cluster::Problem Cluster::restart_node(std::size_t node) {
    nodes_[node].host->restart();
    if (Problem problem = start_node(node)) return problem;
    return wait_ready(node);
}

Cluster::Problem Cluster::sweep_node(std::size_t node) {
    NodeRole& role = nodes_[node];
    if (!role.node) return std::nullopt;
    if (!run(role.node->stop(), kStopLimitUs)) return node_name(node) + " does not stop";
    role.node.reset();
    return std::nullopt;
}

// ---- client ------------------------------------------------------------------------------------

Cluster::Problem Cluster::make_client() {
    client::NetworkConfig config;
    config.source = "simulation";
    config.rpc_urls = {fmt::format("http://{}:{}", ledger_host_->address(), kLedgerPort)};
    config.system_object = genesis_.ids.system;
    config.staking_object = genesis_.ids.staking;
    config.n_shards = options_.shards;
    config.chain_id = genesis_.chain;
    config.plain_http_nodes = true;
    client::ClientOptions options;
    options.journal_folder = kPaymentsDirectory;
    auto made =
        client::Client::make(client_host_->environment(), std::move(config), std::move(options));
    if (!made) return "no client: " + made.error().message;
    client_ = std::move(*made);
    return std::nullopt;
}

}  // namespace walrus::sim
