// SPDX-License-Identifier: Apache-2.0
// A ledger whose accounts and nodes stake, vote and change epochs, for tests of the ledger and for
// its vectors. Every action is a signed transaction and answers with what became of it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ledger/interpreter.hpp"
#include "ledger/packages/staking_state.hpp"
#include "ledger/program_testing.hpp"
#include "ledger/staking/assignment.hpp"

namespace walrus::ledger::testing {

inline constexpr std::uint64_t kHourMs = 3'600'000;

/// A program of one account over the modules of staking.
class StakingProgram {
public:
    StakingProgram(TestLedger& ledger, const AccountKey& key) : ledger_(ledger), key_(key) {}

    Argument staking(bool is_mutable = true) {
        return b.shared(ledger_.genesis.ids.staking, 1, is_mutable);
    }
    Argument system() { return b.shared(ledger_.genesis.ids.system, 1, true); }
    Argument clock() { return b.shared(clock_id(), kClockInitialVersion, false); }
    Argument treasury() { return b.shared(treasury_id(ledger_.genesis.chain), 1, true); }
    Argument slashing() { return b.shared(slashing_manager_id(ledger_.genesis.chain), 1, true); }
    Argument upgrade() { return b.shared(upgrade_manager_id(ledger_.genesis.chain), 1, true); }
    Argument owned(const ObjectId& id) { return b.owned(ledger_.ref(id)); }
    Argument node(const NodeId& id) { return b.pure_id(ObjectId{id.bytes}); }
    Argument call(const char* module, const char* function, std::vector<Argument> arguments) {
        return b.call(ledger_.handles.package, module, function, {}, std::move(arguments));
    }
    Argument sender() { return call("auth", "authenticate_sender", {}); }
    Argument object(const ObjectId& id, const char* module, const char* name) {
        return b.call(ledger_.handles.package, "auth", "authenticate_with_object",
                      {walrus_type(ledger_.genesis.ids, module, name)}, {owned(id)});
    }
    Argument coin(Frost amount) {
        return b.call(Program::framework(), "coin", "redeem_funds", {ledger_.genesis.wal_type},
                      {b.withdrawal(amount, ledger_.genesis.wal_type)});
    }
    void keep(std::vector<Argument> objects) {
        b.transfer(std::move(objects), b.pure_address(address_of(key_)));
    }
    ExecutedTransaction run() {
        return ledger_.run(std::move(b).finish(ledger_.handles, ledger_.options(key_)), key_);
    }

    ProgramBuilder b;

private:
    TestLedger& ledger_;
    const AccountKey& key_;
};

/// What a node registers with.
struct Candidate {
    std::string name = "candidate";
    std::string address = "127.0.0.1:9000";
    std::optional<Bytes> key;  ///< default: of the node key
    Bytes network_key = Bytes(33, 2);
    std::optional<Bytes> proof;  ///< default: the right one
    std::uint16_t commission = 0;
    VotingParams votes{100'000, 20'000, 250'000'000'000};
};

class StakingLedger {
public:
    struct Node {
        NodeId id;
        ObjectId cap;
        AccountKey owner;
        bls::SecretKey key;
    };

    explicit StakingLedger(const Options& options = {}) : StakingLedger(make_config(options)) {}
    explicit StakingLedger(const GenesisConfig& config) : ledger(config) {
        for (std::size_t i = 0; i < ledger.genesis.nodes.size(); ++i)
            nodes.push_back({ledger.genesis.nodes[i], ledger.genesis.node_caps[i],
                             account_key(static_cast<Byte>(200 + i % 50)), node_key(i)});
    }

    ExecutedTransaction run(const AccountKey& key,
                            const std::function<void(StakingProgram&)>& build) {
        StakingProgram p(ledger, key);
        build(p);
        return p.run();
    }
    std::string outcome_of(const AccountKey& key,
                           const std::function<void(StakingProgram&)>& build) {
        return outcome(run(key, build));
    }

    // ------------------------------------------------------------------------------------ stakes

    ExecutedTransaction try_stake(const NodeId& node, Frost amount,
                                  const AccountKey& key = alice()) {
        return run(key, [&](StakingProgram& p) {
            p.keep({p.call("staking", "stake_with_pool",
                           {p.staking(), p.coin(amount), p.node(node)})});
        });
    }
    /// The id of the stake. The stake must be accepted.
    ObjectId stake(const NodeId& node, Frost amount, const AccountKey& key = alice()) {
        const ExecutedTransaction executed = try_stake(node, amount, key);
        WALRUS_CHECK(executed.effects.success());
        return ledger.created(executed, "StakedWal");
    }
    std::string request(const ObjectId& staked, const AccountKey& key = alice()) {
        return outcome_of(key, [&](StakingProgram& p) {
            p.call("staking", "request_withdraw_stake", {p.staking(), p.owned(staked)});
        });
    }
    std::string withdraw(const ObjectId& staked, const AccountKey& key = alice()) {
        return outcome_of(key, [&](StakingProgram& p) {
            p.keep({p.call("staking", "withdraw_stake", {p.staking(), p.owned(staked)})});
        });
    }
    /// What withdrawing pays; it must be possible.
    Frost payout(const ObjectId& staked, const AccountKey& key = alice()) {
        const Frost before = ledger.wal(address_of(key));
        const std::string result = withdraw(staked, key);
        WALRUS_CHECK(result == "success");
        return ledger.wal(address_of(key)) - before;
    }
    ExecutedTransaction split(const ObjectId& staked, Frost amount,
                              const AccountKey& key = alice()) {
        return run(key, [&](StakingProgram& p) {
            p.keep({p.call("staked_wal", "split", {p.owned(staked), p.b.pure_u64(amount)})});
        });
    }
    std::string join(const ObjectId& staked, const ObjectId& other,
                     const AccountKey& key = alice()) {
        return outcome_of(key, [&](StakingProgram& p) {
            p.call("staked_wal", "join", {p.owned(staked), p.owned(other)});
        });
    }

    // ------------------------------------------------------------------------------------- nodes

    ExecutedTransaction try_register(const Candidate& candidate, const bls::SecretKey& secret,
                                     const AccountKey& key = alice()) {
        const Bytes proof = candidate.proof.value_or(to_bytes(
            attest::prove_possession(secret, ledger.staking().epoch, address_of(key)).view()));
        return run(key, [&](StakingProgram& p) {
            const Argument metadata = p.call("node_metadata", "default", {});
            p.keep({p.call(
                "staking", "register_candidate",
                {p.staking(), p.b.pure_string(candidate.name), p.b.pure_string(candidate.address),
                 metadata,
                 p.b.pure_vector_u8(
                     candidate.key.value_or(to_bytes(secret.public_key().to_bytes()))),
                 p.b.pure_vector_u8(candidate.network_key), p.b.pure_vector_u8(proof),
                 p.b.pure_u16(candidate.commission), p.b.pure_u64(candidate.votes.storage_price),
                 p.b.pure_u64(candidate.votes.write_price),
                 p.b.pure_u64(candidate.votes.node_capacity)})});
        });
    }
    /// Registers a node of this account; the index in `nodes`.
    std::size_t add_node(const Candidate& candidate = {}, const AccountKey& key = alice()) {
        const bls::SecretKey secret = node_key(nodes.size());
        const ExecutedTransaction executed = try_register(candidate, secret, key);
        WALRUS_CHECK(executed.effects.success());
        const ObjectId cap = ledger.created(executed, "StorageNodeCap");
        nodes.push_back({ledger.read<StorageNodeCap>(cap).node_id, cap, key, secret});
        return nodes.size() - 1;
    }
    /// A function of staking on (Staking, the node's capability, what `more` makes).
    std::string set(std::size_t node, const char* function,
                    const std::function<std::vector<Argument>(StakingProgram&)>& more) {
        return outcome_of(nodes[node].owner, [&](StakingProgram& p) {
            std::vector<Argument> arguments{p.staking(), p.owned(nodes[node].cap)};
            for (const Argument& argument : more(p)) arguments.push_back(argument);
            p.call("staking", function, std::move(arguments));
        });
    }
    std::string vote(std::size_t node, const char* function, std::uint64_t value) {
        return set(node, function, [&](StakingProgram& p) -> std::vector<Argument> {
            return {p.b.pure_u64(value)};
        });
    }
    std::string set_commission(std::size_t node, std::uint16_t basis_points) {
        return set(node, "set_next_commission", [&](StakingProgram& p) -> std::vector<Argument> {
            return {p.b.pure_u16(basis_points)};
        });
    }
    std::string set_next_key(std::size_t node, const bls::SecretKey& key) {
        const auto proof =
            attest::prove_possession(key, ledger.staking().epoch, address_of(nodes[node].owner));
        return set(node, "set_next_public_key", [&](StakingProgram& p) -> std::vector<Argument> {
            return {p.b.pure_vector_u8(key.public_key().to_bytes()),
                    p.b.pure_vector_u8(proof.view())};
        });
    }
    /// Collects with the capability, as the default receiver.
    ExecutedTransaction try_collect(std::size_t node) {
        return run(nodes[node].owner, [&](StakingProgram& p) {
            const Argument caller = p.object(nodes[node].cap, "storage_node", "StorageNodeCap");
            p.keep({p.call("staking", "collect_commission",
                           {p.staking(), p.node(nodes[node].id), caller})});
        });
    }
    Frost collect(std::size_t node) {
        const Address owner = address_of(nodes[node].owner);
        const Frost before = ledger.wal(owner);
        WALRUS_CHECK(try_collect(node).effects.success());
        return ledger.wal(owner) - before;
    }

    // ------------------------------------------------------------------------------------ epochs

    ExecutedTransaction try_voting_end() {
        return run(alice(), [](StakingProgram& p) {
            p.call("staking", "voting_end", {p.staking(), p.clock()});
        });
    }
    ExecutedTransaction try_initiate() {
        return run(alice(), [](StakingProgram& p) {
            p.call("staking", "initiate_epoch_change_v2",
                   {p.staking(), p.system(), p.treasury(), p.clock()});
        });
    }
    ExecutedTransaction try_sync(std::size_t node, Epoch epoch) {
        return run(nodes[node].owner, [&](StakingProgram& p) {
            p.call("staking", "epoch_sync_done",
                   {p.staking(), p.owned(nodes[node].cap), p.b.pure_u32(epoch), p.clock()});
        });
    }
    std::string voting_end() { return outcome(try_voting_end()); }
    std::string initiate() { return outcome(try_initiate()); }
    std::string sync(std::size_t node) { return outcome(try_sync(node, ledger.staking().epoch)); }
    /// When the last change was done; 0 while one runs.
    std::uint64_t epoch_start() const {
        const EpochState state = ledger.staking().epoch_state;
        if (const auto* done = std::get_if<EpochChangeDone>(&state)) return done->time_ms;
        if (const auto* next = std::get_if<NextParamsSelected>(&state)) return next->time_ms;
        return 0;
    }
    /// Waits for the end of the vote and ends it.
    void end_vote() {
        ledger.time_ms = epoch_start() + ledger.staking().epoch_duration_ms / 2;
        const std::string result = voting_end();
        WALRUS_CHECK(result == "success");
    }
    /// Waits for the end of the epoch and begins the next one.
    void begin_epoch() {
        ledger.time_ms = epoch_start() + ledger.staking().epoch_duration_ms;
        const std::string result = initiate();
        WALRUS_CHECK(result == "success");
    }
    /// Every member of the committee says that it holds its shards.
    void sync_all() {
        for (std::size_t i = 0; i < nodes.size(); ++i) {
            if (!is_member(ledger.staking().committee, nodes[i].id)) continue;
            const std::string result = sync(i);
            WALRUS_CHECK(result == "success");
        }
    }
    /// From here to the same point of the next epoch, whether or not the vote has ended.
    void change_epoch() {
        if (!ledger.staking().next_committee) end_vote();
        begin_epoch();
        sync_all();
    }

    // ------------------------------------------------------------------------------------- state

    /// Changes a pool as the running transaction of an epoch change would, with what lies apart
    /// from it. If `change` fails, nothing happens.
    std::string change_pool(std::size_t node,
                            const std::function<Executed<void>(OpenPool&)>& change) {
        const auto done = [&]() -> Executed<void> {
            StateOverlay overlay(ledger.state);
            const BlockContext context = ledger.context();
            const CheckedTransaction none{};
            Runtime runtime(overlay, context, none, ++ledger.seq + 1'000'000);
            const StakingState state = WALRUS_TRY(
                StakingState::open(runtime, ledger.read<Staking>(ledger.genesis.ids.staking)));
            OpenPool open = WALRUS_TRY(state.pool(nodes[node].id));
            WALRUS_TRY(change(open));
            WALRUS_TRY(open.save(state.inner.pools));
            ledger.state.apply(overlay.take_changes());
            return {};
        }();
        return done ? "success" : done.error().name();
    }
    StakingPool pool(const NodeId& node) const {
        return ledger.read<StakingPool>(ObjectId{node.bytes});
    }
    StakingPool pool(std::size_t node) const { return pool(nodes[node].id); }
    void set_pool(const StakingPool& pool) { ledger.write(pool.id, pool); }
    Frost blocked(std::size_t node) const {
        return field<Frost>(pool(node).extra_fields.id,
                            walrus_type(ledger.genesis.ids, "staking_pool",
                                        "NewEpochCommissionBlockedForCollection"),
                            ExtendedFieldKey{})
            .value_or(0);
    }
    std::optional<ExchangeRate> rate(const NodeId& node, Epoch epoch) const {
        return field<ExchangeRate>(pool(node).exchange_rates.id, primitive(TypeKind::U32), epoch);
    }
    ActiveSet active_set() const {
        return *field<ActiveSet>(ledger.staking().active_set.id, extended_key(),
                                 ExtendedFieldKey{});
    }
    NextEpochPublicKeys next_keys() const {
        return *field<NextEpochPublicKeys>(ledger.staking().next_epoch_public_keys.id,
                                           extended_key(), ExtendedFieldKey{});
    }
    /// Stake of a node in the active set; 0 if it is not in it.
    Frost active_stake(const NodeId& node) const {
        for (const ActiveSetEntry& entry : active_set().nodes)
            if (entry.node_id == node) return entry.staked_amount;
        return 0;
    }
    std::uint16_t weight(std::size_t node) const {
        const StakingInnerV1 inner = ledger.staking();
        const auto* shards = find_member(inner.committee, nodes[node].id);
        return shards == nullptr ? std::uint16_t{0} : static_cast<std::uint16_t>(shards->size());
    }
    StakedWal staked(const ObjectId& id) const { return ledger.read<StakedWal>(id); }

    template <class V, class K>
    std::optional<V> field(const ObjectId& parent, const TypeTag& key_type, const K& key) const {
        const ObjectId id = dynamic_field_id(parent, key_type, walrus::bcs::encode(key));
        if (ledger.state.object(id) == nullptr) return std::nullopt;
        return ledger.read<Field<K, V>>(id).value;
    }
    TypeTag extended_key() const {
        return walrus_type(ledger.genesis.ids, "extended_field", "Key");
    }

    TestLedger ledger;
    std::vector<Node> nodes;
};

/// Sets a ledger back to epoch 0 as `initialize` leaves it, with its nodes registered and their
/// stakes waiting for epoch 1 (spec/chain.md §1.3). Genesis itself begins at epoch 1.
inline void rewind_to_epoch_zero(StakingLedger& t, std::uint64_t duration_ms) {
    StakingInnerV1 inner = t.ledger.staking();
    inner.epoch = 0;
    inner.first_epoch_start_ms = t.ledger.time_ms + duration_ms;
    inner.committee.clear();
    inner.epoch_state = EpochChangeDone{t.ledger.time_ms};
    t.ledger.set_staking(inner);
    SystemStateInnerV1 system = t.ledger.system();
    system.committee = Frozen<BlsCommittee>(BlsCommittee{{}, 0, 0, Bytes(48)});
    system.future_accounting = make_ring(system.future_accounting.length, 0);
    system.total_capacity_size = 0;
    system.storage_price_per_unit_size = 0;
    system.write_price_per_unit_size = 0;
    t.ledger.set_system(system);
    for (const StakingLedger::Node& node : t.nodes) {
        StakingPool pool = t.pool(node.id);
        pool.activation_epoch = 0;
        pool.latest_epoch = 0;
        pool.pending_stake = {{1, pool.wal_balance}};
        pool.wal_balance = 0;
        pool.num_shares = 0;
        t.set_pool(pool);
        StorageNodeCap cap = t.ledger.read<StorageNodeCap>(node.cap);
        cap.last_epoch_sync_done = 0;
        t.ledger.write(node.cap, cap);
    }
}

/// Everything that the ledger holds, to compare before and after.
inline Digest state_digest(const TestLedger& ledger) {
    StateChanges all;
    all.objects = ledger.state.objects();
    all.balances = ledger.state.balances();
    all.parameters[std::string(kWalSupplyParameter)] = ledger.state.parameter(kWalSupplyParameter);
    return all.digest();
}

}  // namespace walrus::ledger::testing
