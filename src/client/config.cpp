// SPDX-License-Identifier: Apache-2.0
#include "client/config.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "client/limits.hpp"

namespace walrus::client {

namespace {

ClientResult<ObjectId> object_id_of(const YAML::Node& node, const char* key,
                                    const std::string& source) {
    if (!node) {
        return client_failure(
            ClientCode::Usage,
            fmt::format("{}: `{}` is missing: it names an object of the network", source, key));
    }
    const std::string text = node.as<std::string>();
    const auto id = parse_object_id(text);
    if (!id) {
        return client_failure(
            ClientCode::Usage,
            fmt::format("{}: `{}: {}` is not an object id (0x and 64 hexadecimal digits)", source,
                        key, text));
    }
    return *id;
}

/// The keys of network.json (decisions.md §6).
ClientResult<NetworkConfig> from_network_file(const YAML::Node& root, const std::string& source) {
    NetworkConfig out;
    out.source = source;
    out.rpc_urls.push_back(root["rpc_url"].as<std::string>());
    out.system_object =
        WALRUS_TRY(object_id_of(root["system_object_id"], "system_object_id", source));
    out.staking_object =
        WALRUS_TRY(object_id_of(root["staking_object_id"], "staking_object_id", source));
    if (root["n_shards"]) out.n_shards = root["n_shards"].as<std::uint32_t>();
    if (root["chain_id"]) {
        out.chain_id = parse_chain_id(root["chain_id"].as<std::string>());
        if (!out.chain_id)
            return client_failure(ClientCode::Usage,
                                  fmt::format("{}: `chain_id` is not base58 of 32 bytes", source));
    }
    if (root["wal_type"]) out.wal_type = root["wal_type"].as<std::string>();
    if (root["funded_key"]) out.funded_key = root["funded_key"].as<std::string>();
    return out;
}

/// The keys of client_config.yaml (spec/client.md §1.4); unknown keys are somebody else's.
ClientResult<NetworkConfig> from_client_file(const YAML::Node& root, const std::string& source) {
    NetworkConfig out;
    out.source = source;
    out.system_object = WALRUS_TRY(object_id_of(root["system_object"], "system_object", source));
    out.staking_object = WALRUS_TRY(object_id_of(root["staking_object"], "staking_object", source));
    for (const YAML::Node& url : root["rpc_urls"]) out.rpc_urls.push_back(url.as<std::string>());
    if (const YAML::Node shards = root["n_shards"]; shards && !shards.IsNull())
        out.n_shards = shards.as<std::uint32_t>();
    if (const YAML::Node wallet = root["wallet_config"]; wallet && !wallet.IsNull()) {
        if (wallet.IsScalar()) {
            out.wallet_path = wallet.as<std::string>();
        } else {
            if (wallet["path"]) out.wallet_path = wallet["path"].as<std::string>();
            if (wallet["active_address"]) {
                const std::string text = wallet["active_address"].as<std::string>();
                out.active_address = parse_address(text);
                if (!out.active_address)
                    return client_failure(
                        ClientCode::Usage,
                        fmt::format("{}: `active_address: {}` is not an address", source, text));
            }
        }
    }
    if (const YAML::Node tuning = root["communication_config"]; tuning && tuning.IsMap()) {
        if (tuning["max_data_in_flight"])
            out.bytes_in_flight_max = tuning["max_data_in_flight"].as<std::size_t>();
        if (tuning["storage_node_url_scheme"])
            out.plain_http_nodes = tuning["storage_node_url_scheme"].as<std::string>() == "http";
    }
    return out;
}

ClientResult<NetworkConfig> parse_root(const YAML::Node& root, const std::string& source,
                                       const std::optional<std::string>& context) {
    if (!root.IsMap()) {
        return client_failure(
            ClientCode::Usage,
            fmt::format("{}: not a configuration: a mapping of keys is expected", source));
    }
    if (root["rpc_url"]) return from_network_file(root, source);
    if (const YAML::Node contexts = root["contexts"]) {
        const std::string name = context ? *context
                                 : root["default_context"]
                                     ? root["default_context"].as<std::string>()
                                     : std::string();
        if (name.empty() || !contexts[name]) {
            std::string known;
            for (const auto& entry : contexts)
                known += (known.empty() ? "" : ", ") + entry.first.as<std::string>();
            return client_failure(ClientCode::Usage,
                                  fmt::format("{}: there is no context \"{}\"; choose one of: {}",
                                              source, name, known));
        }
        return from_client_file(contexts[name], source);
    }
    if (context)
        return client_failure(
            ClientCode::Usage,
            fmt::format("{}: has no contexts, but --context {} was given", source, *context));
    return from_client_file(root, source);
}

bool is_present(io::FileSystem& files, const std::string& path) {
    const auto there = files.exists(path);
    return there.has_value() && *there;
}

/// A folder stands for the network.json in it.
std::string file_of(io::FileSystem& files, const std::string& path) {
    return files.list(path).has_value() ? path + "/network.json" : path;
}

std::vector<std::string> search_list(const ConfigLookup& lookup) {
    std::vector<std::string> folders = {"."};
    if (const std::string xdg = lookup.env("XDG_CONFIG_HOME"); !xdg.empty()) {
        folders.push_back(xdg + "/walrus");
        folders.push_back(xdg);
    }
    if (const std::string home = lookup.env("HOME"); !home.empty())
        folders.push_back(home + "/.config/walrus");
    folders.push_back(walrus_home(lookup));
    std::vector<std::string> out;
    for (const std::string& folder : folders) {
        out.push_back(folder + "/client_config.yaml");
        out.push_back(folder + "/client_config.yml");
    }
    out.push_back(walrus_home(lookup) + "/localnet/network.json");
    return out;
}

}  // namespace

std::string expand_home(const std::string& path, const ConfigLookup& lookup) {
    if (path == "~") return lookup.env("HOME");
    if (path.starts_with("~/")) return lookup.env("HOME") + path.substr(1);
    return path;
}

std::string walrus_home(const ConfigLookup& lookup) {
    const std::string set = lookup.env("WALRUS_HOME");
    if (!set.empty()) return expand_home(set, lookup);
    return lookup.env("HOME") + "/.walrus";
}

ClientResult<NetworkConfig> parse_config(const std::string& text, const std::string& source,
                                         const std::optional<std::string>& context) {
    try {
        return parse_root(YAML::Load(text), source, context);
    } catch (const YAML::Exception& error) {
        return client_failure(
            ClientCode::Usage,
            fmt::format("{}: not readable as a configuration: {}", source, error.what()));
    }
}

ClientResult<NetworkConfig> load_config(io::FileSystem& files, const ConfigLookup& lookup) {
    std::optional<std::string> path;
    std::string named_by;
    if (lookup.network) {
        path = file_of(files, expand_home(*lookup.network, lookup));
        named_by = "--network";
    } else if (lookup.config) {
        path = file_of(files, expand_home(*lookup.config, lookup));
        named_by = "--config";
    } else if (const std::string set = lookup.env("WALRUS_NETWORK"); !set.empty()) {
        path = file_of(files, expand_home(set, lookup));
        named_by = "WALRUS_NETWORK";
    } else {
        for (const std::string& candidate : search_list(lookup)) {
            if (is_present(files, candidate)) {
                path = candidate;
                break;
            }
        }
    }
    if (!path) {
        return client_failure(
            ClientCode::Network,
            "no network is configured: start one with `walrus up`, or name one with --network "
            "DIR/network.json, WALRUS_NETWORK or a client_config.yaml");
    }
    if (!named_by.empty() && !is_present(files, *path)) {
        return client_failure(ClientCode::Usage,
                              fmt::format("{}: there is no file {}", named_by, *path));
    }
    const auto content = files.read_file(*path, Limits{}.network_file_bytes_max);
    if (!content) {
        ClientError error = from_io(content.error(), "reading the configuration " + *path);
        error.code = ClientCode::Usage;
        return fail(std::move(error));
    }
    NetworkConfig config =
        WALRUS_TRY(parse_config(std::string(as_text(*content)), *path, lookup.context));
    if (lookup.rpc_url) config.rpc_urls = {*lookup.rpc_url};
    if (config.rpc_urls.empty()) {
        return client_failure(
            ClientCode::Usage,
            fmt::format("{}: no ledger is named: add `rpc_urls` or use --rpc-url", *path));
    }
    if (config.wallet_path) config.wallet_path = expand_home(*config.wallet_path, lookup);
    return config;
}

}  // namespace walrus::client
