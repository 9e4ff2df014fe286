// SPDX-License-Identifier: Apache-2.0
// Where things are below a network's home, and what is fixed at its first start
// (docs/formats/localnet.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "io/file.hpp"
#include "localnet/localnet.hpp"
#include "protocol/ids.hpp"

namespace walrus::localnet {

/// Version of the home's files; another one is refused.
inline constexpr std::uint32_t kHomeFormat = 1;
inline constexpr std::uint32_t kNodesDefault = 10;
inline constexpr std::uint32_t kNodesMax = 100;
inline constexpr std::uint32_t kShardsDefault = 100;
inline constexpr std::uint16_t kPortBaseDefault = 31400;
inline constexpr std::uint64_t kEpochDurationMsDefault = 86'400'000;
/// Shorter epochs leave no time to move shards.
inline constexpr std::uint64_t kEpochDurationMsMin = 5'000;

/// localnet.yaml: written once.
struct HomeConfig {
    std::uint32_t format = kHomeFormat;
    std::uint32_t nodes = kNodesDefault;
    std::uint32_t shards = kShardsDefault;
    std::uint16_t port_base = kPortBaseDefault;  ///< as asked; 0: picked
    std::uint16_t rpc_port = 0;
    std::vector<std::uint16_t> node_ports;
    std::uint64_t epoch_duration_ms = kEpochDurationMsDefault;
};

std::string home_config_path(const std::string& home);
std::string network_file_path(const std::string& home);
std::string lock_path(const std::string& home);
std::string pid_path(const std::string& home);
std::string log_path(const std::string& home);
std::string wallet_path(const std::string& home);
std::string ledger_directory(const std::string& home);
std::string node_name(std::uint32_t index);
std::string node_directory(const std::string& home, std::uint32_t index);

/// Nothing if the home has no network yet. Errors: Corrupt.
LocalnetResult<std::optional<HomeConfig>> load_home_config(io::FileSystem& files,
                                                           const std::string& home);
LocalnetResult<void> save_home_config(io::FileSystem& files, const std::string& home,
                                      const HomeConfig& config);

/// The configuration of one role as YAML text and back.
struct LedgerYaml {
    std::uint16_t port = 0;
    std::string listen = "127.0.0.1";
};
struct NodeYaml {
    std::string name;
    std::string listen = "127.0.0.1";
    std::uint16_t port = 0;
    std::string public_host = "127.0.0.1";
    std::string ledger_url;
    std::string chain_id;
    std::string sequencer_key;  ///< base64 of 32 bytes
    std::string system_object;
    std::string staking_object;
    std::string node_id;
    std::string protocol_key_file = "protocol.key";  ///< relative to the directory
    std::string network_key_file = "network.pem";
    /// The key of the account that owns the node's capability; empty: the node does not take part
    /// in the epochs by itself.
    std::string account_key_file;
    std::optional<Frost> storage_price;          ///< vote, Frost per MiB and epoch
    std::optional<Frost> write_price;            ///< vote, Frost per MiB
    std::optional<std::uint64_t> node_capacity;  ///< vote, bytes
    std::string storage = "storage";
};
std::string to_yaml(const LedgerYaml& config);
std::string to_yaml(const NodeYaml& config);
LocalnetResult<LedgerYaml> load_ledger_yaml(io::FileSystem& files, const std::string& directory);
LocalnetResult<NodeYaml> load_node_yaml(io::FileSystem& files, const std::string& directory);

/// A small text file without the white space at its end. Errors: NotFound, Io.
LocalnetResult<std::string> read_text(io::FileSystem& files, const std::string& path,
                                      std::uint64_t limit_bytes);

/// An I/O failure in the words of this room.
LocalnetError from_io(const io::IoError& error);

}  // namespace walrus::localnet
