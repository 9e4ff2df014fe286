// SPDX-License-Identifier: Apache-2.0
// A ledger in memory for tests, benchmarks and fuzzing: a genesis with known keys, transactions
// that are signed, applied as blocks of one, and certificates signed by the whole committee. Aborts
// the process where a step that must work does not.
#pragma once

#include <string>
#include <vector>

#include "attest/certificate.hpp"
#include "attest/signed_message.hpp"
#include "base/check.hpp"
#include "base/checked.hpp"
#include "crypto/bls.hpp"
#include "crypto/signature.hpp"
#include "hash/blake2b.hpp"
#include "ledger/execute.hpp"
#include "ledger/genesis.hpp"
#include "ledger/packages/system_state.hpp"
#include "ledger/transaction_builder.hpp"
#include "ledger/value.hpp"

namespace walrus::ledger::testing {

inline AccountKey account_key(Byte seed) {
    const Bytes secret(32, seed);
    return *AccountKey::from_secret(SignatureScheme::Ed25519, secret);
}
inline Address address_of(const AccountKey& key) {
    return Address{key.address().bytes};
}

inline bls::SecretKey node_key(std::size_t index) {
    const Digest seed = blake2b("test node", bcs::encode(static_cast<std::uint64_t>(index)));
    return *bls::SecretKey::from_seed(seed.bytes);
}

struct Options {
    std::size_t nodes = 10;
    std::uint16_t n_shards = 100;
    std::uint32_t max_epochs_ahead = 53;
    Frost storage_price = 100'000;
    Frost write_price = 20'000;
    /// Bytes per node of equal weight; the system's capacity is `nodes` times that.
    std::uint64_t capacity_vote = 250'000'000'000;
    Frost user_wal = 1'000'000 * kFrostPerWal;
    std::uint32_t protocol_revision = 0;
    std::uint64_t epoch_duration_ms = 86'400'000;
    std::uint16_t active_set_max = 150;
    std::uint16_t commission_rate = 6000;  ///< of every node
};

inline GenesisConfig make_config(const Options& options) {
    GenesisConfig config;
    config.network_name = "test";
    config.time_ms = 1'700'000'000'000;
    config.n_shards = options.n_shards;
    config.max_epochs_ahead = options.max_epochs_ahead;
    config.protocol_revision = options.protocol_revision;
    config.epoch_duration_ms = options.epoch_duration_ms;
    config.active_set_max = options.active_set_max;
    for (std::size_t i = 0; i < options.nodes; ++i) {
        GenesisNode node;
        node.name = "node-" + std::to_string(i);
        node.network_address = "127.0.0.1:" + std::to_string(31401 + i);
        node.bls_public_key = node_key(i).public_key().to_bytes();
        node.network_public_key[0] = 2;
        node.owner = address_of(account_key(static_cast<Byte>(200 + i % 50)));
        node.commission_rate = options.commission_rate;
        node.storage_price_vote = options.storage_price;
        node.write_price_vote = options.write_price;
        node.capacity_vote = options.capacity_vote;
        config.nodes.push_back(node);
    }
    for (const Byte user : {1, 2, 3})
        config.accounts.push_back({address_of(account_key(user)), options.user_wal, 1'000'000});
    return config;
}

/// A blob of which only id, root and sizes are known, as the ledger sees it.
inline RegisterBlob sample_blob(std::uint64_t number, std::uint16_t n_shards,
                                std::uint64_t unencoded_bytes = 5'000'000) {
    RegisterBlob blob;
    blob.root_hash = blake2b("test root", bcs::encode(number));
    blob.unencoded_bytes = unencoded_bytes;
    blob.encoded_bytes = *encoded_bytes(n_shards, unencoded_bytes);
    blob.encoding_type = 1;
    blob.blob_id = derive_blob_id(1, unencoded_bytes, blob.root_hash);
    blob.epochs = 3;
    return blob;
}

class TestLedger {
public:
    explicit TestLedger(const Options& options = {}) : TestLedger(make_config(options)) {}
    explicit TestLedger(const GenesisConfig& config) {
        auto made = make_genesis(config);
        WALRUS_CHECK(made.has_value());
        genesis = std::move(*made);
        state.apply(genesis.changes);
        handles = make_handles(genesis.ids);
        for (std::size_t i = 0; i < config.nodes.size(); ++i) keys.push_back(node_key(i));
        time_ms = config.time_ms;
    }

    BlockContext context() const { return make_block_context(state, seq, time_ms); }

    TransactionOptions options(const AccountKey& sender) {
        TransactionOptions out;
        out.sender = address_of(sender);
        out.epoch = context().epoch;
        out.nonce = nonce++;
        return out;
    }

    /// Checks, signs, executes in a block of its own and applies the block.
    TransactionResult<ExecutedTransaction> try_run(const TransactionData& data,
                                                   const AccountKey& key) {
        if (check_signatures) return try_run(sign_transaction(data, key));
        return apply(context(), WALRUS_TRY(parse_unsigned_transaction(walrus::bcs::encode(data))));
    }
    TransactionResult<ExecutedTransaction> try_run(SignedTransaction transaction) {
        const BlockContext block = context();
        CheckedTransaction checked =
            WALRUS_TRY(check_transaction(state, block, std::move(transaction)));
        ++signed_transactions();
        return apply(block, std::move(checked));
    }
    /// Executes in a block of its own and applies the block.
    TransactionResult<ExecutedTransaction> apply(const BlockContext& block,
                                                 CheckedTransaction checked) {
        AppliedBlock applied = apply_block(state, block, {&checked, 1}, &cache);
        state.apply(applied.changes);
        ++seq;
        return std::move(applied.results.at(0));
    }
    /// How many signed transactions all ledgers of this program executed.
    static std::uint64_t& signed_transactions() {
        static std::uint64_t count = 0;
        return count;
    }
    /// The same for a transaction that must be accepted (and may fail while executing).
    ExecutedTransaction run(const TransactionData& data, const AccountKey& key) {
        auto result = try_run(data, key);
        WALRUS_CHECK(result.has_value());
        return std::move(*result);
    }

    ObjectRef ref(const ObjectId& id) const {
        const ObjectPtr object = state.object(id);
        WALRUS_CHECK(object != nullptr);
        return object_ref(*object);
    }
    template <class T>
    T read(const ObjectId& id) const {
        const ObjectPtr object = state.object(id);
        WALRUS_CHECK(object != nullptr);
        auto decoded = bcs::decode<T>(object->contents);
        WALRUS_CHECK(decoded.has_value());
        return std::move(*decoded);
    }
    SystemStateInnerV1 system() const {
        return read<SystemStateField>(system_state_field_id(genesis.ids.system, kSystemVersion))
            .value;
    }
    std::uint64_t wal(const Address& owner) const {
        return state.balance(balance_key(owner, genesis.wal_type));
    }

    /// Replaces an object's contents, for situations that no transaction leads to.
    template <class T>
    void write(const ObjectId& id, const T& contents) {
        Object object = *state.object(id);
        object.contents = bcs::encode(contents);
        ++object.version;
        StateChanges changes;
        changes.objects[id] = std::make_shared<const Object>(std::move(object));
        state.apply(changes);
        cache = LedgerCache();
    }
    void set_system(const SystemStateInnerV1& inner) {
        const ObjectId id = system_state_field_id(genesis.ids.system, kSystemVersion);
        write(id, SystemStateField{id, kSystemVersion, inner});
    }
    /// Moves the system to the next epoch as far as blobs and storage notice it; nobody is paid.
    void next_epoch(std::optional<std::uint64_t> capacity = std::nullopt) {
        SystemStateInnerV1 inner = system();
        BlsCommittee committee = *inner.committee;
        ++committee.epoch;
        const auto ended = advance_epoch(inner, std::move(committee),
                                         capacity.value_or(inner.total_capacity_size));
        WALRUS_CHECK(ended.has_value());
        (*ring_slot(inner.future_accounting, 0))->rewards_to_distribute +=
            ended->rewards_to_distribute;
        set_system(inner);
    }

    /// The first object of this type that a transaction created.
    ObjectId created(const ExecutedTransaction& executed, std::string_view name) const {
        for (std::size_t i = 0; i < executed.changed_types.size(); ++i)
            if (executed.effects.changed_objects[i].operation == IdOperation::Created &&
                executed.changed_types[i].type.name == name)
                return executed.changed_types[i].id;
        WALRUS_CHECK(false);
    }

    Frost cost(const RegisterBlob& blob) const {
        const SystemStateInnerV1 inner = system();
        const auto cost =
            *register_cost(blob.encoded_bytes, blob.epochs, inner.storage_price_per_unit_size,
                           inner.write_price_per_unit_size);
        return cost.storage + cost.write;
    }
    /// Registers a blob and returns its object's id.
    ObjectId register_one(const RegisterBlob& blob, const AccountKey& key) {
        const auto executed = run(register_blobs(handles, options(key), {blob}, cost(blob)), key);
        WALRUS_CHECK(executed.effects.success());
        return created(executed, "Blob");
    }

    /// A certificate of any statement, signed by the first `signers` members of the committee.
    template <class Body>
    CertifyBlob certificate(const Body& body, Epoch epoch, std::size_t signers) const {
        CertifyBlob out;
        out.message = attest::build_message(epoch, body);
        const auto committee = system().committee;
        std::vector<bls::Signature> signatures;
        std::vector<std::uint16_t> indices;
        for (std::size_t i = 0; i < signers; ++i) {
            const NodeId& node = committee->members.at(i).node_id;
            for (std::size_t k = 0; k < genesis.nodes.size(); ++k)
                if (genesis.nodes[k] == node) signatures.push_back(keys[k].sign(out.message));
            indices.push_back(static_cast<std::uint16_t>(i));
        }
        out.signature = to_bytes(bls::aggregate(signatures)->view());
        out.signers_bitmap = attest::signers_to_bitmap(indices, committee->members.size());
        return out;
    }
    CertifyBlob certificate_for(const ObjectId& id) const {
        const Blob blob = read<Blob>(id);
        attest::StoredBlob body;
        body.blob_id = blob.blob_id;
        body.persistence = blob.deletable ? attest::BlobPersistence::deletable(id)
                                          : attest::BlobPersistence::permanent();
        CertifyBlob out =
            certificate(body, system().committee->epoch, system().committee->members.size());
        out.blob = ref(id);
        return out;
    }
    ExecutedTransaction certify_one(const ObjectId& id, const AccountKey& key) {
        return run(certify_blobs(handles, options(key), {certificate_for(id)}), key);
    }

    StakingInnerV1 staking() const {
        return read<StakingInnerField>(staking_state_field_id(genesis.ids.staking, kStakingVersion))
            .value;
    }
    /// Replaces the staking's inner state; see `write`.
    void set_staking(const StakingInnerV1& inner) {
        const ObjectId id = staking_state_field_id(genesis.ids.staking, kStakingVersion);
        write(id, StakingInnerField{id, kStakingVersion, inner});
    }
    /// The WAL supply as the ledger keeps it.
    Frost supply() const {
        return *walrus::bcs::decode<Frost>(*state.parameter(kWalSupplyParameter));
    }
    /// All WAL there is: balances, rewards in the ring, stakes, pools.
    Uint128 total_wal() const {
        Uint128 total = 0;
        const Bytes type = bcs::encode(genesis.wal_type);
        for (const auto& [key, amount] : state.balances())
            if (key.coin_type == type) total += amount;
        for (const FutureAccounting& slot : system().future_accounting.ring_buffer)
            total += slot.rewards_to_distribute;
        for (const auto& [id, object] : state.objects()) {
            if (object->type.name == "SharedBlob") total += read<SharedBlob>(id).funds;
            if (object->type.name == "Exchange") total += read<Exchange>(id).wal;
            if (object->type.name == "Field" &&
                to_text(object->type).find("WalrusSubsidiesInnerV1") != std::string::npos)
                total +=
                    read<Field<ExtendedFieldKey, WalrusSubsidiesInnerV1>>(id).value.subsidy_pool;
            if (object->type.name == "Subsidies") total += read<Subsidies>(id).subsidy_pool;
            if (object->type.name == "StakedWal") total += read<StakedWal>(id).principal;
            if (object->type.name == "StakingPool") {
                const StakingPool pool = read<StakingPool>(id);
                total += pool.rewards_pool;
                total += pool.commission;
            }
        }
        return total;
    }

    Genesis genesis;
    MemoryState state;
    LedgerHandles handles;
    LedgerCache cache;
    std::vector<bls::SecretKey> keys;
    std::uint64_t seq = 1;
    std::uint64_t time_ms = 0;
    std::uint32_t nonce = 1;
    /// False: transactions are neither signed nor are their signatures checked, for long histories.
    bool check_signatures = true;
};

/// "storage_resource::EInvalidEpoch(0)", "success", or another failure's name.
inline std::string outcome(const ExecutedTransaction& executed) {
    return executed.effects.success() ? "success" : executed.effects.failure->name();
}
inline std::string outcome(const TransactionResult<ExecutedTransaction>& result) {
    return result ? outcome(*result) : std::string("refused: ") + to_text(result.error().code);
}

}  // namespace walrus::ledger::testing
