// SPDX-License-Identifier: Apache-2.0
// The first state of a ledger (decisions.md §2): epoch 1, System and Staking with their inner
// states, one StakingPool per node, the supply of WAL and SUI. Every id follows from the genesis
// bytes.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "ledger/state.hpp"
#include "ledger/type_tag.hpp"
#include "protocol/constants.hpp"
#include "protocol/ids.hpp"

namespace walrus::ledger {

/// A storage node of the first committee.
struct GenesisNode {
    std::string name;
    std::string network_address;                ///< host:port
    std::array<Byte, 33> network_public_key{};  ///< compressed P-256
    std::array<Byte, 48> bls_public_key{};      ///< compressed
    /// Owns the node's capability object and its first stake.
    Address owner;
    /// Shards of this node; 0 in every node: shared out evenly, earlier nodes get the rest.
    std::uint16_t shard_count = 0;
    Frost stake = 1000 * kFrostPerWal;
    std::uint16_t commission_rate = 6000;  ///< basis points
    Frost storage_price_vote = 100'000;
    Frost write_price_vote = 20'000;
    std::uint64_t capacity_vote = 250'000'000'000;  ///< bytes
    bool operator==(const GenesisNode&) const = default;
};
/// An account that starts with money.
struct GenesisAccount {
    Address address;
    Frost wal = 0;
    std::uint64_t sui = 0;
    bool operator==(const GenesisAccount&) const = default;
};

/// Everything that decides the first state. Its BCS form are the genesis bytes.
struct GenesisConfig {
    std::uint32_t format = 1;
    /// Tells networks with otherwise equal parameters apart.
    std::string network_name;
    std::uint64_t time_ms = 0;
    std::uint16_t n_shards = 100;
    std::uint32_t max_epochs_ahead = 53;
    std::uint64_t epoch_duration_ms = 86'400'000;
    std::uint16_t active_set_max = 150;
    std::uint32_t protocol_revision = 0;
    Frost wal_supply = kWalSupplyFrost;
    std::uint64_t sui_supply = 10'000'000'000'000'000'000ull;
    /// Gets what of the supplies is not given to anybody else.
    Address treasury;
    std::vector<GenesisAccount> accounts;
    /// Local networks: the account that `POST /faucet` pays from; must be among `accounts` to have
    /// anything.
    std::optional<Address> faucet;
    std::vector<GenesisNode> nodes;
    bool operator==(const GenesisConfig&) const = default;
};

/// What never changes on a ledger; stored as parameter "ids".
struct LedgerIds {
    ChainId chain;
    ObjectId package;      ///< the Walrus package as first published: in all type names (ORIG)
    ObjectId wal_package;  ///< package of the WAL coin
    ObjectId system;
    ObjectId staking;
    ObjectVersion system_initial_version = 1;
    ObjectVersion staking_initial_version = 1;
    std::uint64_t genesis_time_ms = 0;
    bool operator==(const LedgerIds&) const = default;

    /// wal_package::wal::WAL.
    TypeTag wal_type() const;
};
/// The package of events that the public contracts do not have. Nothing is published there.
ObjectId own_package(const LedgerIds& ids);
/// Shared objects that genesis makes beside System and Staking: the WAL treasury and the managers
/// of slashing and upgrades. Their ids follow from the chain id.
ObjectId treasury_id(const ChainId& chain);
ObjectId slashing_manager_id(const ChainId& chain);
ObjectId upgrade_manager_id(const ChainId& chain);
/// 0x2::sui::SUI.
TypeTag sui_type();
/// Precondition: `state` has a genesis.
LedgerIds load_ids(const StateReader& state);
/// Id of the object that holds SystemStateInnerV1 (StakingInnerV1) of this version.
ObjectId system_state_field_id(const ObjectId& system, std::uint64_t version);
ObjectId staking_state_field_id(const ObjectId& staking, std::uint64_t version);

struct Genesis {
    ChainId chain;
    LedgerIds ids;
    /// Object ids of the pools, in the order of the configuration's nodes: their node ids.
    std::vector<NodeId> nodes;
    /// Capability objects, in the same order.
    std::vector<ObjectId> node_caps;
    TypeTag wal_type;
    StateChanges changes;
};

enum class GenesisErrorCode {
    InvalidConfig = 1,  ///< the message names the field
};
using GenesisError = Failure<GenesisErrorCode>;

/// The canonical bytes whose digest is the chain id.
Bytes genesis_bytes(const GenesisConfig& config);
ChainId chain_id(const GenesisConfig& config);
/// Errors: InvalidConfig.
Result<Genesis, GenesisError> make_genesis(const GenesisConfig& config);

}  // namespace walrus::ledger
