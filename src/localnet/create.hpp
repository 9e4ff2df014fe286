// SPDX-License-Identifier: Apache-2.0
// The first start of a local network: keys, genesis and the files of every role.
#pragma once

#include "io/environment.hpp"
#include "ledger/genesis.hpp"
#include "localnet/layout.hpp"

namespace walrus::localnet {

/// WAL and SUI that the funded account and the faucet start with.
inline constexpr Frost kFundedWal = 1'000'000 * kFrostPerWal;
inline constexpr std::uint64_t kFundedSui = 1'000'000'000'000'000ull;

/// Writes everything that a network of these sizes needs below `home`; `localnet.yaml` last, so
/// that an interrupted creation starts over. Errors: Usage (sizes, ports in use), Io.
struct NewNetwork {
    std::uint32_t nodes = kNodesDefault;
    std::uint32_t shards = kShardsDefault;
    std::uint16_t port_base = kPortBaseDefault;
    std::uint64_t epoch_duration_ms = kEpochDurationMsDefault;
};
LocalnetResult<HomeConfig> create_network(io::Environment& environment, const std::string& home,
                                          const NewNetwork& wanted);

/// What network.json says besides PIDs; from the files of the home.
struct NetworkFacts {
    ledger::Genesis genesis;
    std::vector<std::string> node_public_keys;  ///< base64 of the BLS keys
    std::string funded_key;                     ///< bech32 secret
    std::string funded_address;
};
LocalnetResult<NetworkFacts> load_facts(io::FileSystem& files, const std::string& home,
                                        const HomeConfig& config);

/// PIDs in the order ledger, nodes (all equal when one process runs everything).
std::string network_json(const HomeConfig& config, const NetworkFacts& facts,
                         const std::vector<std::int64_t>& pids);
/// PIDs as in network_json; Corrupt if the file is not one of ours.
LocalnetResult<std::vector<std::int64_t>> pids_of_network_json(const std::string& text);

}  // namespace walrus::localnet
