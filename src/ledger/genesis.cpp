// SPDX-License-Identifier: Apache-2.0
#include "ledger/genesis.hpp"

#include <algorithm>
#include <set>

#include "base/check.hpp"
#include "base/checked.hpp"
#include "crypto/bls.hpp"
#include "hash/blake2b.hpp"
#include "ledger/packages/system_state.hpp"
#include "ledger/value.hpp"
#include "protocol/parameters.hpp"

namespace walrus::ledger {

TypeTag LedgerIds::wal_type() const {
    return make_type(make_struct(Address{wal_package.bytes}, "wal", "WAL"));
}

namespace {

/// Ids that no counter of genesis reaches, from the end; the last one is `own_package`.
ObjectId reserved_id(const ChainId& chain, std::uint64_t number) {
    return created_object_id(TransactionDigest{chain.bytes}, ~std::uint64_t{0} - number);
}

}  // namespace

ObjectId own_package(const LedgerIds& ids) {
    return reserved_id(ids.chain, 0);
}
ObjectId treasury_id(const ChainId& chain) {
    return reserved_id(chain, 1);
}
ObjectId slashing_manager_id(const ChainId& chain) {
    return reserved_id(chain, 2);
}
ObjectId upgrade_manager_id(const ChainId& chain) {
    return reserved_id(chain, 3);
}

TypeTag sui_type() {
    return make_type(make_struct(framework_address(), "sui", "SUI"));
}

LedgerIds load_ids(const StateReader& state) {
    const auto bytes = state.parameter(kIdsParameter);
    WALRUS_CHECK(bytes.has_value());
    auto ids = bcs::decode<LedgerIds>(*bytes);
    WALRUS_CHECK(ids.has_value());
    return *ids;
}

namespace {

ObjectId versioned_field_id(const ObjectId& parent, std::uint64_t version) {
    return dynamic_field_id(parent, primitive(TypeKind::U64), bcs::encode(version));
}

}  // namespace

ObjectId system_state_field_id(const ObjectId& system, std::uint64_t version) {
    return versioned_field_id(system, version);
}

ObjectId staking_state_field_id(const ObjectId& staking, std::uint64_t version) {
    return versioned_field_id(staking, version);
}

Bytes genesis_bytes(const GenesisConfig& config) {
    return bcs::encode(config);
}

ChainId chain_id(const GenesisConfig& config) {
    return ChainId::from(blake2b(genesis_bytes(config)).view());
}

namespace {

inline constexpr Epoch kFirstEpoch = 1;
inline constexpr ObjectVersion kFirstVersion = 1;

/// Builds the first state step by step; ids are counted off in one order.
class GenesisBuilder {
public:
    explicit GenesisBuilder(const GenesisConfig& config) : config_(config) {}

    Result<Genesis, GenesisError> build() {
        WALRUS_TRY(check_config());
        WALRUS_TRY(plan_nodes());
        make_ids();
        make_committee();
        put_system();
        put_staking();
        put_governance();
        for (std::size_t i = 0; i < nodes_.size(); ++i) put_node(i);
        WALRUS_TRY(put_money());
        put_parameters();
        return std::move(out_);
    }

private:
    struct Node {
        NodeId id;
        Bytes bls_key;  ///< 96 bytes
        std::uint16_t shard_count = 0;
        std::vector<std::uint16_t> shards;
    };

    static auto invalid(std::string message) {
        return failure(GenesisErrorCode::InvalidConfig, std::move(message));
    }

    Result<void, GenesisError> check_config() {
        const GenesisConfig& c = config_;
        if (c.format != 1) return invalid("format " + std::to_string(c.format) + " is unknown");
        if (!CodeParameters::make(c.n_shards))
            return invalid("n_shards must be from " + std::to_string(kShardCountMin) + " to " +
                           std::to_string(kShardCountMax));
        if (c.max_epochs_ahead == 0 || c.max_epochs_ahead > kMaxEpochsAheadLimit)
            return invalid("max_epochs_ahead must be from 1 to " +
                           std::to_string(kMaxEpochsAheadLimit));
        if (c.epoch_duration_ms == 0) return invalid("epoch_duration_ms must not be 0");
        if (c.protocol_revision > kProtocolRevisionMax)
            return invalid("protocol_revision " + std::to_string(c.protocol_revision) +
                           " is unknown, the newest is " + std::to_string(kProtocolRevisionMax));
        if (c.nodes.empty()) return invalid("nodes: there must be at least one");
        if (c.nodes.size() > c.n_shards) return invalid("nodes: more nodes than shards");
        if (c.nodes.size() > c.active_set_max) return invalid("nodes: more than active_set_max");
        return {};
    }

    Result<void, GenesisError> plan_nodes() {
        const bool even = std::all_of(config_.nodes.begin(), config_.nodes.end(),
                                      [](const GenesisNode& n) { return n.shard_count == 0; });
        const std::size_t count = config_.nodes.size();
        std::set<Bytes> keys;
        std::uint64_t shards = 0;
        for (std::size_t i = 0; i < count; ++i) {
            const GenesisNode& config = config_.nodes[i];
            const std::string where = "nodes[" + std::to_string(i) + "]";
            if (config.name.size() > kNodeNameBytesMax) return invalid(where + ".name is too long");
            if (config.network_address.empty() ||
                config.network_address.size() > kNetworkAddressBytesMax)
                return invalid(where + ".network_address must have 1 to 259 bytes");
            if (config.commission_rate > kBasisPoints)
                return invalid(where + ".commission_rate must be at most 10000");
            if (config.stake < kFrostPerWal)
                return invalid(where + ".stake must be at least 1 WAL");
            const auto key = bls::PublicKey::parse(config.bls_public_key, bls::KeyCheck::Full);
            if (!key) return invalid(where + ".bls_public_key: " + bls::describe(key.error()));
            Node node;
            node.bls_key = to_bytes(key->to_uncompressed());
            if (!keys.insert(node.bls_key).second)
                return invalid(where + ".bls_public_key is used twice");
            node.shard_count = config.shard_count;
            if (even)
                node.shard_count = static_cast<std::uint16_t>(
                    config_.n_shards / count + (i < config_.n_shards % count ? 1 : 0));
            if (node.shard_count == 0) return invalid(where + ".shard_count must not be 0");
            shards += node.shard_count;
            total_key_.add(*key);
            nodes_.push_back(std::move(node));
        }
        if (shards != config_.n_shards)
            return invalid("nodes: the shard counts sum to " + std::to_string(shards) +
                           ", n_shards is " + std::to_string(config_.n_shards));
        return {};
    }

    ObjectId next_id() { return created_object_id(origin_, counter_++); }

    void make_ids() {
        out_.chain = chain_id(config_);
        origin_ = TransactionDigest{out_.chain.bytes};
        LedgerIds& ids = out_.ids;
        ids.chain = out_.chain;
        ids.package = next_id();
        ids.wal_package = next_id();
        ids.system = next_id();
        ids.staking = next_id();
        ids.system_initial_version = kFirstVersion;
        ids.staking_initial_version = kFirstVersion;
        ids.genesis_time_ms = config_.time_ms;
        out_.wal_type = ids.wal_type();
        deny_list_sizes_ = next_id();
        pools_ = next_id();
        active_set_ = next_id();
        next_keys_ = next_id();
        for (Node& node : nodes_) {
            node.id = next_id();
            out_.nodes.push_back(node.id);
        }
    }

    /// The first committee: nodes by id, consecutive shards (spec/chain.md §6.5).
    void make_committee() {
        for (std::size_t i = 0; i < nodes_.size(); ++i) by_id_.push_back(i);
        std::sort(by_id_.begin(), by_id_.end(),
                  [&](std::size_t a, std::size_t b) { return nodes_[a].id < nodes_[b].id; });
        std::uint16_t shard = 0;
        for (const std::size_t i : by_id_)
            for (std::uint16_t k = 0; k < nodes_[i].shard_count; ++k)
                nodes_[i].shards.push_back(shard++);
        WALRUS_CHECK(shard == config_.n_shards);
    }

    // ----------------------------------------------------------------------------- objects

    void put(const ObjectId& id, Owner owner, StructTag type, Bytes contents) {
        Object object;
        object.id = id;
        object.version = kFirstVersion;
        object.owner = std::move(owner);
        object.type = std::move(type);
        object.contents = std::move(contents);
        object.previous_transaction = origin_;
        const bool fresh =
            out_.changes.objects.emplace(id, std::make_shared<const Object>(std::move(object)))
                .second;
        WALRUS_CHECK(fresh);
    }

    TypeTag own_type(std::string_view module, std::string_view name) const {
        return walrus_type(out_.ids, module, name);
    }

    /// A dynamic field of `parent`.
    template <class K, class V>
    void put_field(const ObjectId& parent, const TypeTag& key_type, const TypeTag& value_type,
                   K key, V value) {
        Field<K, V> field;
        field.id = dynamic_field_id(parent, key_type, bcs::encode(key));
        field.name = std::move(key);
        field.value = std::move(value);
        put(field.id, ObjectOwner{parent},
            make_struct(framework_address(), "dynamic_field", "Field", {key_type, value_type}),
            bcs::encode(field));
    }
    template <class V>
    void put_extended(const ObjectId& parent, const TypeTag& value_type, V value) {
        put_field(parent, own_type("extended_field", "Key"), value_type, ExtendedFieldKey{},
                  std::move(value));
    }

    /// The treasury and the managers of slashing and upgrades; the emergency capability goes to the
    /// treasury's account.
    void put_governance() {
        const LedgerIds& ids = out_.ids;
        const SharedOwner shared{kFirstVersion};
        put(treasury_id(ids.chain), shared,
            make_struct(Address{ids.wal_package.bytes}, "wal", "ProtectedTreasury"),
            bcs::encode(ProtectedTreasury{treasury_id(ids.chain)}));
        SlashingManager slashing;
        slashing.id = slashing_manager_id(ids.chain);
        slashing.slashing_candidates.id = reserved_id(ids.chain, 4);
        put(slashing.id, shared, *own_type("slashing", "SlashingManager").structure,
            bcs::encode(slashing));
        UpgradeManager upgrade;
        upgrade.id = upgrade_manager_id(ids.chain);
        upgrade.cap = {reserved_id(ids.chain, 5), ids.package, 1, 0};
        upgrade.upgrade_proposals.id = reserved_id(ids.chain, 6);
        put(upgrade.id, shared, *own_type("upgrade", "UpgradeManager").structure,
            bcs::encode(upgrade));
        const EmergencyUpgradeCap emergency{reserved_id(ids.chain, 7), upgrade.id};
        put(emergency.id, AddressOwner{config_.treasury},
            *own_type("upgrade", "EmergencyUpgradeCap").structure, bcs::encode(emergency));
    }

    static TypeTag vec_map_type(TypeTag key, TypeTag value) {
        return make_type(make_struct(framework_address(), "vec_map", "VecMap",
                                     {std::move(key), std::move(value)}));
    }

    void put_system() {
        const LedgerIds& ids = out_.ids;
        System system;
        system.id = ids.system;
        system.version = kSystemVersion;
        system.package_id = ids.package;
        system.protocol_revision = config_.protocol_revision;
        put(ids.system, SharedOwner{kFirstVersion}, *own_type("system", "System").structure,
            bcs::encode(system));

        BlsCommittee committee;
        committee.n_shards = config_.n_shards;
        committee.epoch = kFirstEpoch;
        committee.total_aggregated_key = to_bytes(total_key_.finish().to_bytes());
        std::vector<WeightedVote> capacity, storage_price, write_price;
        for (const std::size_t i : by_id_) {
            const Node& node = nodes_[i];
            const GenesisNode& config = config_.nodes[i];
            committee.members.push_back({node.bls_key, node.shard_count, node.id});
            const Uint128 vote =
                Uint128{config.capacity_vote} * config_.n_shards / node.shard_count;
            const std::uint64_t most = ~std::uint64_t{0};
            capacity.push_back(
                {vote > most ? most : static_cast<std::uint64_t>(vote), node.shard_count});
            storage_price.push_back({config.storage_price_vote, node.shard_count});
            write_price.push_back({config.write_price_vote, node.shard_count});
        }
        SystemStateInnerV1 inner;
        inner.committee = Frozen<BlsCommittee>(std::move(committee));
        inner.total_capacity_size = quorum_above(capacity, config_.n_shards).value_or(0);
        inner.storage_price_per_unit_size =
            quorum_below(storage_price, config_.n_shards).value_or(0);
        inner.write_price_per_unit_size = quorum_below(write_price, config_.n_shards).value_or(0);
        // Epoch 0 lies behind: its slot was popped.
        inner.future_accounting = make_ring(config_.max_epochs_ahead, 0);
        ring_advance(inner.future_accounting);
        inner.deny_list_sizes = {deny_list_sizes_};
        put_field(ids.system, primitive(TypeKind::U64),
                  own_type("system_state_inner", "SystemStateInnerV1"),
                  std::uint64_t{kSystemVersion}, std::move(inner));
        put_extended(deny_list_sizes_, vec_map_type(id_type(), primitive(TypeKind::U64)),
                     DenyListSizes{});
    }

    void put_staking() {
        const LedgerIds& ids = out_.ids;
        Staking staking;
        staking.id = ids.staking;
        staking.version = kStakingVersion;
        staking.package_id = ids.package;
        put(ids.staking, SharedOwner{kFirstVersion}, *own_type("staking", "Staking").structure,
            bcs::encode(staking));

        StakingInnerV1 inner;
        inner.n_shards = config_.n_shards;
        inner.epoch_duration_ms = config_.epoch_duration_ms;
        inner.first_epoch_start_ms = config_.time_ms;
        inner.pools = {pools_, nodes_.size()};
        inner.epoch = kFirstEpoch;
        inner.active_set = {active_set_};
        for (const std::size_t i : by_id_)
            inner.committee.emplace_back(nodes_[i].id, nodes_[i].shards);
        inner.epoch_state = EpochChangeDone{config_.time_ms};
        inner.next_epoch_public_keys = {next_keys_};
        put_field(ids.staking, primitive(TypeKind::U64),
                  own_type("staking_inner", "StakingInnerV1"), std::uint64_t{kStakingVersion},
                  std::move(inner));

        ActiveSet active;
        active.max_size = config_.active_set_max;
        for (std::size_t i = 0; i < nodes_.size(); ++i) {
            active.nodes.push_back({nodes_[i].id, config_.nodes[i].stake});
            active.total_stake += config_.nodes[i].stake;
        }
        put_extended(active_set_, own_type("active_set", "ActiveSet"), std::move(active));
        put_extended(next_keys_, vec_map_type(id_type(), vector_of(primitive(TypeKind::U8))),
                     NextEpochPublicKeys{});
    }

    /// A node as if it had registered and been staked on in epoch 0.
    void put_node(std::size_t index) {
        const Node& node = nodes_[index];
        const GenesisNode& config = config_.nodes[index];
        const ObjectId metadata = next_id();
        const ObjectId rates = next_id();
        const ObjectId extra = next_id();

        StorageNodeCap cap;
        cap.id = next_id();
        cap.node_id = node.id;
        cap.last_epoch_sync_done = kFirstEpoch;
        out_.node_caps.push_back(cap.id);
        put(cap.id, AddressOwner{config.owner},
            *own_type("storage_node", "StorageNodeCap").structure, bcs::encode(cap));

        StakedWal stake;
        stake.id = next_id();
        stake.node_id = node.id;
        stake.principal = config.stake;
        stake.activation_epoch = kFirstEpoch;
        put(stake.id, AddressOwner{config.owner}, *own_type("staked_wal", "StakedWal").structure,
            bcs::encode(stake));

        StakingPool pool;
        pool.id = node.id;
        pool.voting_params = {config.storage_price_vote, config.write_price_vote,
                              config.capacity_vote};
        pool.node_info.name = config.name;
        pool.node_info.node_id = node.id;
        pool.node_info.network_address = config.network_address;
        pool.node_info.public_key = node.bls_key;
        pool.node_info.network_public_key = to_bytes(config.network_public_key);
        pool.node_info.metadata = {metadata};
        pool.activation_epoch = kFirstEpoch;
        pool.latest_epoch = kFirstEpoch;
        pool.wal_balance = config.stake;
        pool.num_shares = config.stake;
        pool.commission_rate = config.commission_rate;
        pool.exchange_rates = {rates, 1};
        pool.commission_receiver = AuthorizedObject{cap.id};
        pool.governance_authorized = AuthorizedAddress{config.owner};
        pool.extra_fields = {extra, 0};
        put(node.id, ObjectOwner{pools_}, *own_type("staking_pool", "StakingPool").structure,
            bcs::encode(pool));
        put_field(rates, primitive(TypeKind::U32),
                  own_type("pool_exchange_rate", "PoolExchangeRate"), Epoch{kFirstEpoch},
                  ExchangeRate{FlatRate{}});
        put_extended(metadata, own_type("node_metadata", "NodeMetadata"), NodeMetadata{});
    }

    // ------------------------------------------------------------------------------- money

    /// Gives out `amount` of what is left.
    Result<void, GenesisError> give(const Address& owner, const TypeTag& currency,
                                    std::uint64_t amount, std::uint64_t& left) {
        const auto rest = checked_sub(left, amount);
        if (!rest)
            return invalid("accounts and stakes take more than the supply of " + to_text(currency));
        left = *rest;
        // Sums stay below the supply, so they cannot overflow.
        if (amount > 0) out_.changes.balances[balance_key(owner, currency)] += amount;
        return {};
    }

    Result<void, GenesisError> put_money() {
        std::uint64_t wal_left = config_.wal_supply;
        std::uint64_t sui_left = config_.sui_supply;
        for (const GenesisNode& node : config_.nodes) {
            const auto rest = checked_sub(wal_left, node.stake);
            if (!rest) return invalid("the stakes take more than wal_supply");
            wal_left = *rest;
        }
        for (const GenesisAccount& account : config_.accounts) {
            WALRUS_TRY(give(account.address, out_.wal_type, account.wal, wal_left));
            WALRUS_TRY(give(account.address, sui_type(), account.sui, sui_left));
        }
        WALRUS_TRY(give(config_.treasury, out_.wal_type, wal_left, wal_left));
        WALRUS_TRY(give(config_.treasury, sui_type(), sui_left, sui_left));
        return {};
    }

    void put_parameters() {
        auto& parameters = out_.changes.parameters;
        parameters[std::string(kIdsParameter)] = bcs::encode(out_.ids);
        parameters[std::string(kWalSupplyParameter)] = bcs::encode(config_.wal_supply);
        parameters[std::string(kSuiSupplyParameter)] = bcs::encode(config_.sui_supply);
    }

    const GenesisConfig& config_;
    Genesis out_;
    TransactionDigest origin_;
    std::uint64_t counter_ = 0;
    std::vector<Node> nodes_;         // in the order of the configuration
    std::vector<std::size_t> by_id_;  // their indices in the order of ids
    bls::PublicKeySum total_key_;
    ObjectId deny_list_sizes_;
    ObjectId pools_;
    ObjectId active_set_;
    ObjectId next_keys_;
};

}  // namespace

Result<Genesis, GenesisError> make_genesis(const GenesisConfig& config) {
    return GenesisBuilder(config).build();
}

}  // namespace walrus::ledger
