// SPDX-License-Identifier: Apache-2.0
#include "localnet/create.hpp"

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "chain/genesis_yaml.hpp"
#include "crypto/bls.hpp"
#include "crypto/key_text.hpp"
#include "crypto/network_key.hpp"
#include "crypto/signature.hpp"
#include "protocol/constants.hpp"

namespace walrus::localnet {
namespace {

constexpr std::uint64_t kKeyBytesMax = 1 << 16;
constexpr std::uint64_t kGenesisBytesMax = 1 << 22;

std::array<Byte, 32> fresh_secret(io::Random& random) {
    std::array<Byte, 32> secret;
    random.fill(secret);
    return secret;
}

AccountKey fresh_account(io::Random& random) {
    const auto secret = fresh_secret(random);
    auto key = AccountKey::from_secret(SignatureScheme::Ed25519, secret);
    WALRUS_CHECK(key.has_value());  // every 32 bytes are an ed25519 secret
    return *key;
}

Address address_of(const AccountKey& key) {
    return Address::from(key.address().view());
}

LocalnetResult<void> write(io::FileSystem& files, const std::string& path, std::string_view text,
                           bool secret) {
    const auto written = files.write_file(path, as_bytes(text), secret);
    if (!written) return fail(from_io(written.error()));
    return {};
}

LocalnetResult<void> make_directory(io::FileSystem& files, const std::string& path) {
    const auto made = files.create_directories(path);
    if (!made) return fail(from_io(made.error()));
    return {};
}

/// Asked ports, or free ones; either way they could be bound a moment ago.
LocalnetResult<std::vector<std::uint16_t>> choose_ports(io::Network& network, std::uint16_t base,
                                                        std::size_t count) {
    if (base != 0 && std::size_t{base} + count > 65536)
        return failure(LocalnetCode::Usage,
                       fmt::format("--port-base {} leaves no room for {} ports", base, count));
    std::vector<std::unique_ptr<io::Listener>> held;
    std::vector<std::uint16_t> ports;
    for (std::size_t i = 0; i < count; ++i) {
        const auto wanted = base == 0 ? std::uint16_t{0} : static_cast<std::uint16_t>(base + i);
        const io::Endpoint at{"127.0.0.1", wanted};
        auto listener = network.listen(at);
        if (!listener)
            return failure(LocalnetCode::Usage,
                           fmt::format("port {} is not free ({}): choose another --port-base, or 0 "
                                       "for free ports",
                                       wanted, listener.error().message));
        ports.push_back((*listener)->port());
        held.push_back(std::move(*listener));
    }
    for (auto& listener : held) listener->close();
    return ports;
}

}  // namespace

LocalnetResult<HomeConfig> create_network(io::Environment& environment, const std::string& home,
                                          const NewNetwork& wanted) {
    const auto [nodes, shards, port_base, epoch_duration_ms] = wanted;
    if (epoch_duration_ms < kEpochDurationMsMin)
        return failure(LocalnetCode::Usage,
                       fmt::format("--epoch-duration: at least {} s", kEpochDurationMsMin / 1000));
    if (nodes == 0 || nodes > kNodesMax)
        return failure(LocalnetCode::Usage,
                       fmt::format("--nodes {}: from 1 to {}", nodes, kNodesMax));
    if (shards < kShardCountMin || shards > kShardCountMax)
        return failure(LocalnetCode::Usage, fmt::format("--shards {}: from {} to {}", shards,
                                                        kShardCountMin, kShardCountMax));
    if (shards < nodes)
        return failure(LocalnetCode::Usage,
                       fmt::format("--shards {} is fewer than --nodes {}: each node holds at least "
                                   "one shard",
                                   shards, nodes));
    io::FileSystem& files = environment.files;
    WALRUS_TRY(make_directory(files, home));
    WALRUS_TRY(make_directory(files, ledger_directory(home)));

    HomeConfig config;
    config.nodes = nodes;
    config.shards = shards;
    config.port_base = port_base;
    config.epoch_duration_ms = epoch_duration_ms;
    auto ports = WALRUS_TRY(choose_ports(environment.network, port_base, nodes + 1));
    config.rpc_port = ports[0];
    config.node_ports.assign(ports.begin() + 1, ports.end());

    const AccountKey sequencer = fresh_account(environment.random);
    const AccountKey faucet = fresh_account(environment.random);
    const AccountKey funded = fresh_account(environment.random);

    ledger::GenesisConfig genesis_config;
    genesis_config.network_name =
        "localnet-" + hex_encode(ByteView(fresh_secret(environment.random)).first(8));
    genesis_config.time_ms = environment.clock.now_ms();
    genesis_config.n_shards = static_cast<std::uint16_t>(shards);
    genesis_config.epoch_duration_ms = epoch_duration_ms;
    genesis_config.treasury = address_of(faucet);
    genesis_config.faucet = address_of(faucet);
    genesis_config.accounts = {{address_of(funded), kFundedWal, kFundedSui},
                               {address_of(faucet), kFundedWal, kFundedSui}};

    std::vector<bls::SecretKey> protocol_keys;
    std::vector<NetworkKey> network_keys;
    std::vector<AccountKey> accounts;
    for (std::uint32_t i = 0; i < nodes; ++i) {
        const auto protocol_key = bls::SecretKey::from_seed(fresh_secret(environment.random));
        WALRUS_CHECK(protocol_key.has_value());
        protocol_keys.push_back(*protocol_key);
        network_keys.push_back(NetworkKey::from_seed(fresh_secret(environment.random)));
        accounts.push_back(fresh_account(environment.random));
        ledger::GenesisNode node;
        node.name = node_name(i);
        node.network_address = fmt::format("127.0.0.1:{}", config.node_ports[i]);
        node.network_public_key = network_keys.back().public_key();
        node.bls_public_key = protocol_key->public_key().to_bytes();
        node.owner = address_of(accounts.back());
        genesis_config.nodes.push_back(std::move(node));
    }
    const auto genesis = ledger::make_genesis(genesis_config);
    if (!genesis) return failure(LocalnetCode::Usage, genesis.error().message);

    const std::string ledger_dir = ledger_directory(home);
    WALRUS_TRY(
        write(files, home + "/genesis.yaml", chain::print_genesis_yaml(genesis_config), false));
    WALRUS_TRY(write(files, ledger_dir + "/genesis.yaml", chain::print_genesis_yaml(genesis_config),
                     false));
    WALRUS_TRY(write(files, ledger_dir + "/sequencer.key", to_text(sequencer) + "\n", true));
    WALRUS_TRY(write(files, ledger_dir + "/faucet.key", to_text(faucet) + "\n", true));
    LedgerYaml ledger_yaml;
    ledger_yaml.port = config.rpc_port;
    WALRUS_TRY(write(files, ledger_dir + "/ledger.yaml", to_yaml(ledger_yaml), false));
    WALRUS_TRY(write(files, home + "/funded.key", to_bech32(funded) + "\n", true));

    for (std::uint32_t i = 0; i < nodes; ++i) {
        const std::string directory = node_directory(home, i);
        WALRUS_TRY(make_directory(files, directory));
        WALRUS_TRY(
            write(files, directory + "/protocol.key", to_text(protocol_keys[i]) + "\n", true));
        WALRUS_TRY(write(files, directory + "/network.pem", network_keys[i].to_pem(), true));
        WALRUS_TRY(write(files, directory + "/account.key", to_text(accounts[i]) + "\n", true));
        NodeYaml yaml;
        yaml.name = node_name(i);
        yaml.port = config.node_ports[i];
        yaml.ledger_url = fmt::format("http://127.0.0.1:{}", config.rpc_port);
        yaml.chain_id = to_text(genesis->chain);
        yaml.sequencer_key = base64_encode(sequencer.public_key().bytes);
        yaml.system_object = to_text(genesis->ids.system);
        yaml.staking_object = to_text(genesis->ids.staking);
        yaml.node_id = to_text(genesis->nodes[i]);
        yaml.account_key_file = "account.key";
        yaml.storage_price = genesis_config.nodes[i].storage_price_vote;
        yaml.write_price = genesis_config.nodes[i].write_price_vote;
        yaml.node_capacity = genesis_config.nodes[i].capacity_vote;
        WALRUS_TRY(write(files, directory + "/node.yaml", to_yaml(yaml), false));
    }
    WALRUS_TRY(save_home_config(files, home, config));
    return config;
}

LocalnetResult<NetworkFacts> load_facts(io::FileSystem& files, const std::string& home,
                                        const HomeConfig& config) {
    const std::string text = WALRUS_TRY(read_text(files, home + "/genesis.yaml", kGenesisBytesMax));
    const auto genesis_config = chain::parse_genesis_yaml(text);
    if (!genesis_config)
        return failure(LocalnetCode::Corrupt,
                       fmt::format("{}/genesis.yaml: {}", home, genesis_config.error().message));
    auto genesis = ledger::make_genesis(*genesis_config);
    if (!genesis)
        return failure(LocalnetCode::Corrupt,
                       fmt::format("{}/genesis.yaml: {}", home, genesis.error().message));
    if (genesis->nodes.size() != config.nodes)
        return failure(LocalnetCode::Corrupt,
                       fmt::format("{}/genesis.yaml names {} nodes, localnet.yaml {}", home,
                                   genesis->nodes.size(), config.nodes));
    NetworkFacts facts;
    facts.genesis = std::move(*genesis);
    for (const ledger::GenesisNode& node : genesis_config->nodes)
        facts.node_public_keys.push_back(base64_encode(node.bls_public_key));
    facts.funded_key = WALRUS_TRY(read_text(files, home + "/funded.key", kKeyBytesMax));
    const auto funded = parse_account_key(facts.funded_key);
    if (!funded)
        return failure(LocalnetCode::Corrupt, fmt::format("{}/funded.key is not a key", home));
    facts.funded_address = to_text(address_of(*funded));
    return facts;
}

std::string network_json(const HomeConfig& config, const NetworkFacts& facts,
                         const std::vector<std::int64_t>& pids) {
    using Json = nlohmann::ordered_json;
    Json json;
    json["rpc_url"] = fmt::format("http://127.0.0.1:{}", config.rpc_port);
    json["ledger_pid"] = pids.at(0);
    json["chain_id"] = to_text(facts.genesis.chain);
    json["package_id"] = to_text(facts.genesis.ids.package);
    json["system_object_id"] = to_text(facts.genesis.ids.system);
    json["staking_object_id"] = to_text(facts.genesis.ids.staking);
    json["wal_type"] = ledger::to_text(facts.genesis.wal_type);
    json["n_shards"] = config.shards;
    Json nodes = Json::array();
    Json urls = Json::array();
    for (std::uint32_t i = 0; i < config.nodes; ++i) {
        Json node;
        node["name"] = node_name(i);
        node["id"] = to_text(facts.genesis.nodes.at(i));
        node["url"] = fmt::format("http://127.0.0.1:{}", config.node_ports.at(i));
        node["public_key"] = facts.node_public_keys.at(i);
        node["pid"] = pids.at(i + 1);
        urls.push_back(node["url"]);
        nodes.push_back(std::move(node));
    }
    json["nodes"] = std::move(nodes);
    json["node_urls"] = std::move(urls);
    json["funded_key"] = facts.funded_key;
    json["funded_address"] = facts.funded_address;
    return json.dump(2) + "\n";
}

LocalnetResult<std::vector<std::int64_t>> pids_of_network_json(const std::string& text) {
    const auto json = nlohmann::json::parse(text, nullptr, false);
    const auto bad = [] {
        return failure(LocalnetCode::Corrupt, std::string("network.json is not one of ours"));
    };
    if (!json.is_object() || !json.contains("ledger_pid") ||
        !json["ledger_pid"].is_number_integer() || !json.contains("nodes") ||
        !json["nodes"].is_array())
        return bad();
    std::vector<std::int64_t> pids = {json["ledger_pid"].get<std::int64_t>()};
    for (const auto& node : json["nodes"]) {
        if (!node.is_object() || !node.contains("pid") || !node["pid"].is_number_integer())
            return bad();
        pids.push_back(node["pid"].get<std::int64_t>());
    }
    return pids;
}

}  // namespace walrus::localnet
