// SPDX-License-Identifier: Apache-2.0
#include "localnet/roles.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "chain/genesis_yaml.hpp"
#include "chain/service.hpp"
#include "crypto/key_text.hpp"
#include "http/server.hpp"
#include "io/log.hpp"
#include "localnet/layout.hpp"
#include "node/node.hpp"
#include "rpc/ledger_server.hpp"

namespace walrus::localnet {
namespace {

constexpr std::uint64_t kKeyBytesMax = 1 << 16;

LocalnetResult<AccountKey> read_account_key(io::FileSystem& files, const std::string& path) {
    const std::string text = WALRUS_TRY(read_text(files, path, kKeyBytesMax));
    const auto key = parse_account_key(text);
    if (!key)
        return failure(LocalnetCode::Corrupt,
                       fmt::format("{} does not hold a key (base64 of flag and secret)", path));
    return *key;
}

LocalnetError from_chain(const chain::ChainError& error) {
    switch (error.code) {
        case chain::ChainCode::NotFound:
            return {LocalnetCode::NotFound, error.message};
        case chain::ChainCode::InvalidArgument:
            return {LocalnetCode::Usage, error.message};
        case chain::ChainCode::Corrupt:
        case chain::ChainCode::WrongFormat:
        case chain::ChainCode::Broken:
            return {LocalnetCode::Corrupt, error.message};
        case chain::ChainCode::Rejected:
        case chain::ChainCode::Busy:
        case chain::ChainCode::NotDurable:
            return {LocalnetCode::Io, error.message};
    }
    return {LocalnetCode::Io, error.message};
}

// ---- ledger ------------------------------------------------------------------------------------

struct LedgerConfig {
    LedgerYaml yaml;
    std::optional<ledger::GenesisConfig> genesis;
    std::optional<AccountKey> sequencer;
    chain::ServiceOptions options;
};

LocalnetResult<LedgerConfig> load_ledger(io::FileSystem& files, const std::string& directory) {
    LedgerConfig config;
    config.yaml = WALRUS_TRY(load_ledger_yaml(files, directory));
    const std::string genesis_path = directory + "/genesis.yaml";
    const std::string text =
        WALRUS_TRY(read_text(files, genesis_path, chain::kGenesisYamlBytesMax));
    auto genesis = chain::parse_genesis_yaml(text);
    if (!genesis)
        return failure(LocalnetCode::Corrupt,
                       fmt::format("{}: {}", genesis_path, genesis.error().message));
    config.genesis = std::move(*genesis);
    config.sequencer = WALRUS_TRY(read_account_key(files, directory + "/sequencer.key"));
    const std::string faucet_path = directory + "/faucet.key";
    const auto has_faucet = files.exists(faucet_path);
    if (has_faucet && *has_faucet) {
        const AccountKey key = WALRUS_TRY(read_account_key(files, faucet_path));
        config.options.faucet = chain::FaucetOptions{.key = key};
    }
    return config;
}

class LedgerRole final : public Role {
public:
    explicit LedgerRole(io::Environment& environment)
        : environment_(environment), metrics_(io::Metrics::make()) {}

    io::Task<LocalnetResult<void>> open(std::string directory) {
        auto lock = environment_.files.lock(directory + "/lock");
        if (!lock) co_return fail(from_io(lock.error()));
        lock_ = std::move(*lock);
        auto config = load_ledger(environment_.files, directory);
        if (!config) co_return fail(config.error());
        std::string database = directory + "/db";
        auto service = co_await chain::LedgerService::open(
            environment_, std::move(database), std::move(config->genesis), *config->sequencer,
            std::move(config->options), *metrics_);
        if (!service) co_return fail(from_chain(service.error()));
        service_ = std::move(*service);
        ledger_server_ = rpc::LedgerServer::make(environment_, *service_, router_);
        const io::Endpoint at{config->yaml.listen, config->yaml.port};
        http::ServerOptions options;
        auto server = http::Server::start(environment_, at, router_.handler(), std::move(options));
        if (!server) {
            co_await service_->stop();
            co_return fail(from_io(server.error()));
        }
        server_ = std::move(*server);
        url_ = fmt::format("http://{}:{}", config->yaml.listen, server_->port());
        co_return LocalnetResult<void>();
    }

    std::string url() const override { return url_; }
    io::Task<bool> wait_ready(std::uint64_t) override { co_return !service_->problem(); }
    io::Task<void> stop() override {
        ledger_server_->close_streams();
        co_await server_->stop();
        co_await service_->stop();
    }

private:
    io::Environment& environment_;
    std::unique_ptr<io::FileLock> lock_;  // one ledger per directory
    std::unique_ptr<io::Metrics> metrics_;
    http::Router router_;
    std::unique_ptr<chain::LedgerService> service_;
    std::unique_ptr<rpc::LedgerServer> ledger_server_;
    std::unique_ptr<http::Server> server_;
    std::string url_;
};

// ---- storage node ------------------------------------------------------------------------------

std::string below(const std::string& directory, const std::string& path) {
    return path.starts_with('/') ? path : directory + "/" + path;
}

LocalnetResult<node::NodeConfig> load_node(io::FileSystem& files, const std::string& directory,
                                           bool insecure_http) {
    const NodeYaml yaml = WALRUS_TRY(load_node_yaml(files, directory));
    const std::string path = directory + "/node.yaml";
    const auto bad = [&](const char* key, const std::string& value) {
        return failure(LocalnetCode::Corrupt,
                       fmt::format("{}: '{}' cannot be '{}'", path, key, value));
    };
    const std::string key_path = below(directory, yaml.protocol_key_file);
    const std::string key_text = WALRUS_TRY(read_text(files, key_path, kKeyBytesMax));
    const auto protocol_key = parse_bls_key(key_text);
    if (!protocol_key)
        return failure(
            LocalnetCode::Corrupt,
            fmt::format("{} does not hold a BLS key (base64 of flag 04 and secret)", key_path));
    node::NodeConfig config{.protocol_key = *protocol_key};
    config.listen = {yaml.listen, yaml.port};
    config.public_host = yaml.public_host;
    config.storage_dir = below(directory, yaml.storage);
    config.ledger_url = yaml.ledger_url;
    const auto chain_id = parse_chain_id(yaml.chain_id);
    if (!chain_id) return bad("chain_id", yaml.chain_id);
    config.chain_id = *chain_id;
    const auto sequencer = base64_decode(yaml.sequencer_key);
    if (!sequencer || sequencer->size() != config.sequencer_key.size())
        return bad("sequencer_key", yaml.sequencer_key);
    std::copy(sequencer->begin(), sequencer->end(), config.sequencer_key.begin());
    const auto system = parse_object_id(yaml.system_object);
    if (!system) return bad("system_object", yaml.system_object);
    config.system_object = *system;
    const auto staking = parse_object_id(yaml.staking_object);
    if (!staking) return bad("staking_object", yaml.staking_object);
    config.staking_object = *staking;
    const auto node_id = parse_object_id(yaml.node_id);
    if (!node_id) return bad("node_id", yaml.node_id);
    config.node_id = *node_id;
    config.network_key_pem =
        WALRUS_TRY(read_text(files, below(directory, yaml.network_key_file), kKeyBytesMax)) + "\n";
    config.allow_plain_http = insecure_http;
    if (!yaml.account_key_file.empty())
        config.account =
            WALRUS_TRY(read_account_key(files, below(directory, yaml.account_key_file)));
    config.votes = {yaml.storage_price, yaml.write_price, yaml.node_capacity};
    return config;
}

LocalnetError from_start(const node::StartError& error) {
    switch (error.code) {
        case node::StartCode::InUse:
            return {LocalnetCode::Running, error.message};
        case node::StartCode::InvalidConfig:
            return {LocalnetCode::Usage, error.message};
        case node::StartCode::UnknownFormat:
        case node::StartCode::Corrupt:
            return {LocalnetCode::Corrupt, error.message};
        case node::StartCode::Io:
            return {LocalnetCode::Io, error.message};
    }
    return {LocalnetCode::Io, error.message};
}

class NodeRole final : public Role {
public:
    explicit NodeRole(io::Environment& environment)
        : environment_(environment), metrics_(io::Metrics::make()) {}

    io::Task<LocalnetResult<void>> open(std::string directory, bool insecure_http) {
        auto config = load_node(environment_.files, directory, insecure_http);
        if (!config) co_return fail(config.error());
        const std::string host = config->public_host;
        auto node = co_await node::Node::start(environment_, std::move(*config), *metrics_);
        if (!node) co_return fail(from_start(node.error()));
        node_ = std::move(*node);
        url_ = fmt::format("{}://{}:{}", insecure_http ? "http" : "https", host, node_->port());
        co_return LocalnetResult<void>();
    }

    std::string url() const override { return url_; }
    io::Task<bool> wait_ready(std::uint64_t timeout_us) override {
        return node_->wait_ready(timeout_us);
    }
    io::Task<void> stop() override { return node_->stop(); }

private:
    io::Environment& environment_;
    std::unique_ptr<io::Metrics> metrics_;
    std::unique_ptr<node::Node> node_;
    std::string url_;
};

}  // namespace

io::Task<LocalnetResult<std::unique_ptr<Role>>> start_ledger(io::Environment& environment,
                                                             std::string directory) {
    auto role = std::make_unique<LedgerRole>(environment);
    const auto opened = co_await role->open(std::move(directory));
    if (!opened) co_return fail(opened.error());
    co_return std::unique_ptr<Role>(std::move(role));
}

io::Task<LocalnetResult<std::unique_ptr<Role>>> start_node(io::Environment& environment,
                                                           std::string directory,
                                                           bool insecure_http) {
    auto role = std::make_unique<NodeRole>(environment);
    const auto opened = co_await role->open(std::move(directory), insecure_http);
    if (!opened) co_return fail(opened.error());
    co_return std::unique_ptr<Role>(std::move(role));
}

}  // namespace walrus::localnet
