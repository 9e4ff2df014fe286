// SPDX-License-Identifier: Apache-2.0
// Which network to use and with which wallet (spec/client.md §1.4, decisions.md §6): a network.json
// of a local network, or a client_config.yaml with the reference's keys.
//
// Precedence: flag, WALRUS_NETWORK, then the first file that exists of ./client_config.yaml,
// $XDG_CONFIG_HOME/walrus, ~/.config/walrus, $WALRUS_HOME (default ~/.walrus), and last the local
// network's $WALRUS_HOME/localnet/network.json.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "client/error.hpp"
#include "io/file.hpp"
#include "protocol/ids.hpp"

namespace walrus::client {

struct NetworkConfig {
    std::string source;                 ///< the file that this comes from, for messages
    std::vector<std::string> rpc_urls;  ///< at least one
    ObjectId system_object;
    ObjectId staking_object;
    std::optional<std::uint32_t> n_shards;  ///< lets encoding start before the ledger answers
    std::optional<ChainId> chain_id;        ///< if given, a ledger with another one is refused
    std::optional<std::string> wal_type;
    /// Nodes are called with plain HTTP, unauthenticated (what they say is verified all the same).
    bool plain_http_nodes = false;
    // Wallet: file and which of its keys; or a key that comes with a local network.
    std::optional<std::string> wallet_path;
    std::optional<Address> active_address;
    std::optional<std::string> funded_key;  ///< secret
    std::optional<std::size_t> bytes_in_flight_max;
};

/// Where to look. `env` answers environment variables ("" if unset).
struct ConfigLookup {
    std::optional<std::string>
        network;  ///< --network: a network.json, its folder, or a configuration
    std::optional<std::string> config;   ///< --config: the same, by the reference's name
    std::optional<std::string> context;  ///< --context
    std::optional<std::string> rpc_url;  ///< --rpc-url, wins over the file's
    std::function<std::string(const char*)> env;
};

/// `$WALRUS_HOME`, default `~/.walrus`.
std::string walrus_home(const ConfigLookup& lookup);
/// A leading "~/" becomes the home directory.
std::string expand_home(const std::string& path, const ConfigLookup& lookup);

/// Finds, reads and checks the configuration. Blocks. Errors: Usage (a file that was named does not
/// exist, or says something impossible), Network (none was found: the message says how to start).
ClientResult<NetworkConfig> load_config(io::FileSystem& files, const ConfigLookup& lookup);

/// The content of one file, either form. `context`: for files with several contexts.
ClientResult<NetworkConfig> parse_config(const std::string& text, const std::string& source,
                                         const std::optional<std::string>& context);

}  // namespace walrus::client
