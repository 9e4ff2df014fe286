// SPDX-License-Identifier: Apache-2.0
#include "localnet/layout.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

namespace walrus::localnet {
namespace {

constexpr std::uint64_t kConfigBytesMax = 1 << 20;

LocalnetResult<YAML::Node> load_yaml(io::FileSystem& files, const std::string& path) {
    auto bytes = files.read_file(path, kConfigBytesMax);
    if (!bytes) return fail(from_io(bytes.error()));
    try {
        YAML::Node node = YAML::Load(std::string(as_text(*bytes)));
        if (!node.IsMap())
            return failure(LocalnetCode::Corrupt,
                           fmt::format("{} is not a list of settings", path));
        return node;
    } catch (const YAML::Exception& error) {
        return failure(LocalnetCode::Corrupt, fmt::format("{}: {}", path, error.what()));
    }
}

template <class T>
LocalnetResult<void> take(const YAML::Node& node, const std::string& path, const char* key, T& out,
                          bool required = true) {
    const YAML::Node value = node[key];
    if (!value) {
        if (!required) return {};
        return failure(LocalnetCode::Corrupt, fmt::format("{} has no setting '{}'", path, key));
    }
    try {
        out = value.as<T>();
        return {};
    } catch (const YAML::Exception& error) {
        return failure(LocalnetCode::Corrupt, fmt::format("{}: '{}': {}", path, key, error.what()));
    }
}

}  // namespace

std::string home_config_path(const std::string& home) {
    return home + "/localnet.yaml";
}
std::string network_file_path(const std::string& home) {
    return home + "/network.json";
}
std::string lock_path(const std::string& home) {
    return home + "/lock";
}
std::string pid_path(const std::string& home) {
    return home + "/pid";
}
std::string log_path(const std::string& home) {
    return home + "/log";
}
std::string wallet_path(const std::string& home) {
    return home + "/wallet/wallet.json";
}
std::string ledger_directory(const std::string& home) {
    return home + "/ledger";
}
std::string node_name(std::uint32_t index) {
    return fmt::format("node-{:02}", index);
}
std::string node_directory(const std::string& home, std::uint32_t index) {
    return home + "/" + node_name(index);
}

LocalnetResult<std::optional<HomeConfig>> load_home_config(io::FileSystem& files,
                                                           const std::string& home) {
    const std::string path = home_config_path(home);
    const auto there = files.exists(path);
    if (!there) return fail(from_io(there.error()));
    if (!*there) return std::optional<HomeConfig>();
    const YAML::Node node = WALRUS_TRY(load_yaml(files, path));
    HomeConfig config;
    WALRUS_TRY(take(node, path, "format", config.format));
    if (config.format != kHomeFormat)
        return failure(
            LocalnetCode::Corrupt,
            fmt::format("{} has format {}, this program knows {}: start with the version "
                        "that wrote it, or choose another --home",
                        path, config.format, kHomeFormat));
    WALRUS_TRY(take(node, path, "nodes", config.nodes));
    WALRUS_TRY(take(node, path, "shards", config.shards));
    WALRUS_TRY(take(node, path, "port_base", config.port_base));
    WALRUS_TRY(take(node, path, "rpc_port", config.rpc_port));
    WALRUS_TRY(take(node, path, "node_ports", config.node_ports));
    WALRUS_TRY(take(node, path, "epoch_duration_ms", config.epoch_duration_ms, false));
    if (config.node_ports.size() != config.nodes)
        return failure(LocalnetCode::Corrupt, fmt::format("{}: {} ports for {} nodes", path,
                                                          config.node_ports.size(), config.nodes));
    return std::optional<HomeConfig>(std::move(config));
}

LocalnetResult<void> save_home_config(io::FileSystem& files, const std::string& home,
                                      const HomeConfig& config) {
    YAML::Emitter out;
    out << YAML::BeginMap;
    out << YAML::Key << "format" << YAML::Value << config.format;
    out << YAML::Key << "nodes" << YAML::Value << config.nodes;
    out << YAML::Key << "shards" << YAML::Value << config.shards;
    out << YAML::Key << "port_base" << YAML::Value << config.port_base;
    out << YAML::Key << "rpc_port" << YAML::Value << config.rpc_port;
    out << YAML::Key << "node_ports" << YAML::Value << YAML::Flow << config.node_ports;
    out << YAML::Key << "epoch_duration_ms" << YAML::Value << config.epoch_duration_ms;
    out << YAML::EndMap;
    const auto written =
        files.write_file(home_config_path(home), as_bytes(std::string(out.c_str()) + "\n"));
    if (!written) return fail(from_io(written.error()));
    return {};
}

std::string to_yaml(const LedgerYaml& config) {
    YAML::Emitter out;
    out << YAML::BeginMap;
    out << YAML::Key << "listen" << YAML::Value << config.listen;
    out << YAML::Key << "port" << YAML::Value << config.port;
    out << YAML::EndMap;
    return std::string(out.c_str()) + "\n";
}

std::string to_yaml(const NodeYaml& config) {
    YAML::Emitter out;
    out << YAML::BeginMap;
    const auto put = [&](const char* key, const std::string& value) {
        out << YAML::Key << key << YAML::Value << value;
    };
    put("name", config.name);
    put("listen", config.listen);
    out << YAML::Key << "port" << YAML::Value << config.port;
    put("public_host", config.public_host);
    put("ledger_url", config.ledger_url);
    put("chain_id", config.chain_id);
    put("sequencer_key", config.sequencer_key);
    put("system_object", config.system_object);
    put("staking_object", config.staking_object);
    put("node_id", config.node_id);
    put("protocol_key_file", config.protocol_key_file);
    put("network_key_file", config.network_key_file);
    put("storage", config.storage);
    if (!config.account_key_file.empty()) put("account_key_file", config.account_key_file);
    const auto put_vote = [&](const char* key, const std::optional<std::uint64_t>& value) {
        if (value) out << YAML::Key << key << YAML::Value << *value;
    };
    put_vote("storage_price", config.storage_price);
    put_vote("write_price", config.write_price);
    put_vote("node_capacity", config.node_capacity);
    out << YAML::EndMap;
    return std::string(out.c_str()) + "\n";
}

LocalnetResult<LedgerYaml> load_ledger_yaml(io::FileSystem& files, const std::string& directory) {
    const std::string path = directory + "/ledger.yaml";
    const YAML::Node node = WALRUS_TRY(load_yaml(files, path));
    LedgerYaml config;
    WALRUS_TRY(take(node, path, "listen", config.listen, false));
    WALRUS_TRY(take(node, path, "port", config.port));
    return config;
}

LocalnetResult<NodeYaml> load_node_yaml(io::FileSystem& files, const std::string& directory) {
    const std::string path = directory + "/node.yaml";
    const YAML::Node node = WALRUS_TRY(load_yaml(files, path));
    NodeYaml config;
    WALRUS_TRY(take(node, path, "name", config.name));
    WALRUS_TRY(take(node, path, "listen", config.listen, false));
    WALRUS_TRY(take(node, path, "port", config.port));
    WALRUS_TRY(take(node, path, "public_host", config.public_host, false));
    WALRUS_TRY(take(node, path, "ledger_url", config.ledger_url));
    WALRUS_TRY(take(node, path, "chain_id", config.chain_id));
    WALRUS_TRY(take(node, path, "sequencer_key", config.sequencer_key));
    WALRUS_TRY(take(node, path, "system_object", config.system_object));
    WALRUS_TRY(take(node, path, "staking_object", config.staking_object));
    WALRUS_TRY(take(node, path, "node_id", config.node_id));
    WALRUS_TRY(take(node, path, "protocol_key_file", config.protocol_key_file, false));
    WALRUS_TRY(take(node, path, "network_key_file", config.network_key_file, false));
    WALRUS_TRY(take(node, path, "storage", config.storage, false));
    WALRUS_TRY(take(node, path, "account_key_file", config.account_key_file, false));
    const auto take_vote = [&](const char* key,
                               std::optional<std::uint64_t>& out) -> LocalnetResult<void> {
        if (!node[key]) return {};
        return take(node, path, key, out.emplace());
    };
    WALRUS_TRY(take_vote("storage_price", config.storage_price));
    WALRUS_TRY(take_vote("write_price", config.write_price));
    WALRUS_TRY(take_vote("node_capacity", config.node_capacity));
    return config;
}

LocalnetResult<std::string> read_text(io::FileSystem& files, const std::string& path,
                                      std::uint64_t limit_bytes) {
    const auto bytes = files.read_file(path, limit_bytes);
    if (!bytes) return fail(from_io(bytes.error()));
    std::string text(as_text(*bytes));
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
    return text;
}

LocalnetError from_io(const io::IoError& error) {
    switch (error.code) {
        case io::IoCode::NotFound:
            return {LocalnetCode::NotFound, error.message};
        case io::IoCode::InUse:
            return {LocalnetCode::Running, error.message};
        case io::IoCode::Corrupt:
        case io::IoCode::Malformed:
            return {LocalnetCode::Corrupt, error.message};
        case io::IoCode::AlreadyExists:
        case io::IoCode::NoSpace:
        case io::IoCode::PermissionDenied:
        case io::IoCode::Closed:
        case io::IoCode::TimedOut:
        case io::IoCode::Cancelled:
        case io::IoCode::Refused:
        case io::IoCode::Untrusted:
        case io::IoCode::TooLarge:
        case io::IoCode::Other:
            return {LocalnetCode::Io, error.message};
    }
    return {LocalnetCode::Io, error.message};
}

}  // namespace walrus::localnet
