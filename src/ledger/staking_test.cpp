// SPDX-License-Identifier: Apache-2.0
// Staking and storage nodes through signed transactions (spec/chain.md §5): when stake counts, what
// is paid, registration, votes, commission, and every precondition with its exact error.
#include <gtest/gtest.h>

#include "ledger/staking_testing.hpp"

namespace walrus::ledger {
namespace {

using testing::account_key;
using testing::address_of;
using testing::alice;
using testing::Candidate;
using testing::node_key;
using testing::outcome;
using testing::StakingLedger;
using testing::StakingProgram;
using testing::state_digest;

constexpr Frost kWal = kFrostPerWal;
constexpr const char* kNoPool = "dynamic_field::EFieldDoesNotExist(1)";

const AccountKey& bob() {
    static const AccountKey key = account_key(2);
    return key;
}

/// Ten nodes with ten shards each, 1000 WAL, no commission.
StakingLedger make_ledger(std::uint32_t revision = 0) {
    testing::Options options;
    options.commission_rate = 0;
    options.protocol_revision = revision;
    return StakingLedger(options);
}

/// Runs the action, expects this abort and that nothing changed.
void expect_abort(StakingLedger& t, const std::string& wanted,
                  const std::function<std::string()>& action) {
    const Digest before = state_digest(t.ledger);
    EXPECT_EQ(action(), wanted);
    EXPECT_EQ(state_digest(t.ledger), before) << wanted;
}

template <class E>
std::vector<E> events_of(const ExecutedTransaction& executed) {
    std::vector<E> out;
    for (const Event& event : executed.events)
        if (event.type.name == E::kName) out.push_back(*bcs::decode<E>(event.contents));
    return out;
}

// ---------------------------------------------------------------------------------------- stake

TEST(Stake, CountsFromTheNextEpochOrAfterTheSelectionFromTheOneBehind) {
    StakingLedger t = make_ledger();
    const NodeId node = t.nodes[0].id;
    const ObjectId early = t.stake(node, 100 * kWal);
    EXPECT_EQ(t.staked(early).activation_epoch, 2u);
    EXPECT_EQ(t.staked(early).principal, 100 * kWal);
    EXPECT_EQ(t.active_stake(node), 1100 * kWal);
    t.end_vote();
    const ObjectId late = t.stake(node, 50 * kWal);
    EXPECT_EQ(t.staked(late).activation_epoch, 3u);
    EXPECT_EQ(t.active_stake(node), 1150 * kWal);
    EXPECT_EQ(t.pool(0u).pending_stake, (PendingValues{{2, 100 * kWal}, {3, 50 * kWal}}));
    t.begin_epoch();
    EXPECT_EQ(t.pool(0u).wal_balance, 1100 * kWal);
    EXPECT_EQ(t.pool(0u).num_shares, 1100 * kWal);
    t.sync_all();
    t.change_epoch();
    EXPECT_EQ(t.pool(0u).wal_balance, 1150 * kWal);
    EXPECT_EQ(t.ledger.total_wal(), Uint128{t.ledger.supply()});
}

TEST(Stake, WithdrawnBeforeACommitteeCountsItComesBackAtOnce) {
    StakingLedger t = make_ledger();
    const NodeId node = t.nodes[0].id;
    const Frost before = t.ledger.wal(address_of(alice()));
    const ObjectId first = t.stake(node, 7 * kWal);
    EXPECT_EQ(t.payout(first), 7 * kWal);
    EXPECT_EQ(t.active_stake(node), 1000 * kWal);
    t.end_vote();
    const ObjectId second = t.stake(node, 5 * kWal);
    EXPECT_EQ(t.payout(second), 5 * kWal);
    EXPECT_EQ(t.ledger.wal(address_of(alice())), before);
    EXPECT_EQ(t.ledger.state.object(first), nullptr);
}

TEST(Stake, WithdrawalTakesOneEpochOrTwoAfterTheSelection) {
    StakingLedger t = make_ledger();
    const NodeId node = t.nodes[0].id;
    const ObjectId a = t.stake(node, 100 * kWal);
    const ObjectId b = t.stake(node, 200 * kWal);
    const ObjectId c = t.stake(node, 300 * kWal);
    t.end_vote();
    // Counted already, not yet active: out after the one epoch that it is active in.
    EXPECT_EQ(t.request(c), "success");
    EXPECT_EQ(std::get<Withdrawing>(t.staked(c).state).withdraw_epoch, 3u);
    EXPECT_EQ(t.pool(0u).pre_active_withdrawals, (PendingValues{{3, 300 * kWal}}));
    t.begin_epoch();
    t.sync_all();
    EXPECT_EQ(t.request(a), "success");
    EXPECT_EQ(std::get<Withdrawing>(t.staked(a).state).withdraw_epoch, 3u);
    EXPECT_EQ(t.active_stake(node), 1200 * kWal);
    t.end_vote();
    EXPECT_EQ(t.request(b), "success");
    EXPECT_EQ(std::get<Withdrawing>(t.staked(b).state).withdraw_epoch, 4u);
    t.begin_epoch();
    t.sync_all();
    EXPECT_EQ(t.payout(a), 100 * kWal);
    EXPECT_EQ(t.payout(c), 300 * kWal);
    expect_abort(t, "staking_pool::EWithdrawEpochNotReached(11)", [&] { return t.withdraw(b); });
    t.change_epoch();
    EXPECT_EQ(t.payout(b), 200 * kWal);
    EXPECT_EQ(t.pool(0u).wal_balance, 1000 * kWal);
    EXPECT_EQ(t.ledger.total_wal(), Uint128{t.ledger.supply()});
}

TEST(Stake, OfANodeWithoutACommitteeComesBackInOneStep) {
    StakingLedger t = make_ledger();
    const std::size_t node = t.add_node();
    const ObjectId staked = t.stake(t.nodes[node].id, kWal);  // too little for a shard
    t.change_epoch();
    t.change_epoch();
    EXPECT_EQ(t.weight(node), 0u);
    expect_abort(t, "staking_pool::EWithdrawDirectly(13)", [&] { return t.request(staked); });
    EXPECT_EQ(t.payout(staked), kWal);
    EXPECT_EQ(t.active_stake(t.nodes[node].id), 0u);
}

TEST(Stake, SplitsAndJoins) {
    StakingLedger t = make_ledger();
    const ObjectId whole = t.stake(t.nodes[0].id, 10 * kWal);
    const ExecutedTransaction executed = t.split(whole, 4 * kWal);
    ASSERT_EQ(outcome(executed), "success");
    const ObjectId part = t.ledger.created(executed, "StakedWal");
    EXPECT_EQ(t.staked(whole).principal, 6 * kWal);
    EXPECT_EQ(t.staked(part).principal, 4 * kWal);
    EXPECT_EQ(t.staked(part).activation_epoch, t.staked(whole).activation_epoch);
    EXPECT_EQ(t.join(whole, part), "success");
    EXPECT_EQ(t.staked(whole).principal, 10 * kWal);
    EXPECT_EQ(t.ledger.state.object(part), nullptr);
}

TEST(Stake, RewardsReachStakersByTheirShare) {
    StakingLedger t = make_ledger();
    const ObjectId mine = t.stake(t.nodes[0].id, 1000 * kWal);
    t.change_epoch();
    // Fees of epoch 2: 100 % of them, less the burned part, go by shards.
    RegisterBlob blob = testing::sample_blob(1, 100);
    blob.epochs = 1;
    t.ledger.register_one(blob, bob());
    const Frost fees = testing::rewards(t.ledger, 1)[0];
    ASSERT_GT(fees, 0u);
    const std::uint16_t weight = t.weight(0);
    t.end_vote();
    EXPECT_EQ(t.request(mine), "success");
    t.begin_epoch();
    t.sync_all();
    const Frost reward = (fees - fees * 3 / 100) * weight / 100;
    EXPECT_EQ(t.pool(0u).rewards_pool, reward);
    EXPECT_EQ(t.pool(0u).wal_balance, 2000 * kWal + reward);
    EXPECT_EQ(t.ledger.supply(), kWalSupplyFrost - fees * 3 / 100);
    t.change_epoch();
    EXPECT_EQ(t.payout(mine), 1000 * kWal + reward / 2);
    EXPECT_EQ(t.ledger.total_wal(), Uint128{t.ledger.supply()});
}

TEST(Stake, Preconditions) {
    StakingLedger t = make_ledger();
    const NodeId node = t.nodes[0].id;
    expect_abort(t, kNoPool, [&] { return outcome(t.try_stake(NodeId{}, kWal)); });
    const NodeId no_pool{t.nodes[0].cap.bytes};  // an object, but not a pool
    expect_abort(t, kNoPool, [&] { return outcome(t.try_stake(no_pool, kWal)); });
    expect_abort(t, "staking_pool::EZeroStake(7)", [&] { return outcome(t.try_stake(node, 0)); });
    expect_abort(t, "staked_wal::EStakeBelowThreshold(7)",
                 [&] { return outcome(t.try_stake(node, kWal - 1)); });
    StakingPool pool = t.pool(0u);
    pool.state = PoolWithdrawing{3};
    t.set_pool(pool);
    expect_abort(t, "staking_pool::EPoolIsNotActive(6)",
                 [&] { return outcome(t.try_stake(node, kWal)); });
}

TEST(Stake, PreconditionsOfRequests) {
    StakingLedger t = make_ledger();
    const ObjectId staked = t.stake(t.nodes[0].id, 10 * kWal);
    expect_abort(t, "staking_pool::EWithdrawDirectly(13)", [&] { return t.request(staked); });
    t.end_vote();
    EXPECT_EQ(t.request(staked), "success");
    expect_abort(t, "staking_pool::ENotStaked(8)", [&] { return t.request(staked); });

    const ObjectId far = t.stake(t.nodes[0].id, 10 * kWal);
    expect_abort(t, "staking_pool::EWithdrawDirectly(13)", [&] { return t.request(far); });
    StakedWal object = t.staked(far);
    object.activation_epoch = 9;
    t.ledger.write(far, object);
    expect_abort(t, "staking_pool::EActivationEpochNotReached(12)", [&] { return t.request(far); });

    // So little stake at so high a price that it is no share at all.
    const ObjectId rates = t.pool(0u).exchange_rates.id;
    const ObjectId field = dynamic_field_id(rates, primitive(TypeKind::U32), bcs::encode(Epoch{1}));
    t.ledger.write(field, Field<Epoch, ExchangeRate>{field, 1, VariableRate{Uint128{1} << 60, 1}});
    object.activation_epoch = 1;
    t.ledger.write(far, object);
    expect_abort(t, "staking_pool::EZeroShares(18)", [&] { return t.request(far); });

    object.node_id = NodeId{};
    t.ledger.write(far, object);
    expect_abort(t, kNoPool, [&] { return t.request(far); });
    expect_abort(t, kNoPool, [&] { return t.withdraw(far); });
}

TEST(Stake, PreconditionsOfWithdrawals) {
    StakingLedger t = make_ledger();
    const ObjectId staked = t.stake(t.nodes[0].id, 10 * kWal);
    t.end_vote();
    expect_abort(t, "staking_pool::ENotWithdrawing(10)", [&] { return t.withdraw(staked); });
    EXPECT_EQ(t.request(staked), "success");
    expect_abort(t, "staking_pool::EWithdrawEpochNotReached(11)",
                 [&] { return t.withdraw(staked); });
    StakedWal object = t.staked(staked);
    object.state = Withdrawing{1};
    t.ledger.write(staked, object);
    expect_abort(t, "staking_pool::EActivationEpochNotReached(12)",
                 [&] { return t.withdraw(staked); });

    const ObjectId early = t.stake(t.nodes[0].id, 10 * kWal);
    StakingPool pool = t.pool(0u);
    pool.pending_stake = {{3, kWal}};
    t.set_pool(pool);
    expect_abort(t, "pending_values::EReduceValueTooLarge(1)", [&] { return t.withdraw(early); });
    pool.pending_stake.clear();
    t.set_pool(pool);
    expect_abort(t, "pending_values::EMissingEpochValue(0)", [&] { return t.withdraw(early); });
}

TEST(Stake, PreconditionsOfSplittingAndJoining) {
    StakingLedger t = make_ledger();
    const ObjectId staked = t.stake(t.nodes[0].id, 10 * kWal);
    const auto split = [&](Frost amount) { return outcome(t.split(staked, amount)); };
    for (const Frost amount : {10 * kWal, 11 * kWal})
        expect_abort(t, "staked_wal::EInvalidAmount(2)", [&] { return split(amount); });
    for (const Frost amount : {Frost{0}, kWal - 1, 9 * kWal + 1})
        expect_abort(t, "staked_wal::EStakeBelowThreshold(7)", [&] { return split(amount); });
    const ObjectId other_node = t.stake(t.nodes[1].id, 10 * kWal);
    expect_abort(t, "staked_wal::EMetadataMismatch(1)", [&] { return t.join(staked, other_node); });
    t.end_vote();
    const ObjectId later = t.stake(t.nodes[0].id, 10 * kWal);
    expect_abort(t, "staked_wal::EMetadataMismatch(1)", [&] { return t.join(staked, later); });
    const ExecutedTransaction executed = t.split(staked, 4 * kWal);
    const ObjectId part = t.ledger.created(executed, "StakedWal");
    EXPECT_EQ(t.request(part), "success");
    expect_abort(t, "staked_wal::EMetadataMismatch(1)", [&] { return t.join(staked, part); });
    EXPECT_EQ(t.request(staked), "success");
    EXPECT_EQ(t.join(staked, part), "success");
}

TEST(Stake, RevisionOneLetsMoreLeaveByRoundingThanThereIs) {
    for (const std::uint32_t revision : {0u, 1u}) {
        StakingLedger t = make_ledger(revision);
        const std::size_t node = t.add_node();
        StakingPool pool = t.pool(node);
        pool.wal_balance = pool.num_shares = kWal;
        pool.pending_shares_withdraw = {{1, 2 * kWal + 1}};
        t.set_pool(pool);
        const auto stake = [&] { return outcome(t.try_stake(t.nodes[node].id, kWal)); };
        if (revision == 0) {
            expect_abort(t, "MovePrimitiveRuntimeError", stake);
        } else {
            EXPECT_EQ(stake(), "success");
            EXPECT_EQ(t.active_stake(t.nodes[node].id), 0u);
        }
        // The same when the epoch changes.
        StakingPool member = t.pool(0u);
        member.pending_shares_withdraw = {{2, member.num_shares + 1}};
        t.set_pool(member);
        t.end_vote();
        t.ledger.time_ms = t.epoch_start() + t.ledger.staking().epoch_duration_ms;
        if (revision == 0) {
            expect_abort(t, "staking_pool::ECalculationError(1)", [&] { return t.initiate(); });
        } else {
            EXPECT_EQ(t.initiate(), "success");
            EXPECT_EQ(t.pool(0u).wal_balance, 0u);
        }
    }
}

TEST(Stake, AStakeOfSomebodyElseIsRefused) {
    StakingLedger t = make_ledger();
    const ObjectId staked = t.stake(t.nodes[0].id, 10 * kWal);
    StakingProgram p(t.ledger, bob());
    p.keep({p.call("staking", "withdraw_stake", {p.staking(), p.owned(staked)})});
    const auto result =
        t.ledger.try_run(std::move(p.b).finish(t.ledger.handles, t.ledger.options(bob())), bob());
    EXPECT_EQ(outcome(result), "refused: ObjectNotOwned");
}

// ------------------------------------------------------------------------------------- active set

TEST(ActiveSetCalls, AnEvictedNodeComesBackWhenItAsks) {
    testing::Options options;
    options.nodes = 4;
    options.active_set_max = 4;
    StakingLedger t(options);
    const std::size_t node = t.add_node();
    const ObjectId staked = t.stake(t.nodes[node].id, 1001 * kWal);
    EXPECT_EQ(t.active_stake(t.nodes[node].id), 1001 * kWal);
    EXPECT_EQ(t.active_stake(t.nodes[0].id), 0u);  // the first of the smallest went
    EXPECT_EQ(
        t.set(0, "try_join_active_set", [](StakingProgram&) { return std::vector<Argument>{}; }),
        "success");
    EXPECT_EQ(t.active_stake(t.nodes[0].id), 0u);  // no more stake than the smallest
    t.payout(staked);
    EXPECT_EQ(t.active_set().nodes.size(), 3u);
    EXPECT_EQ(
        t.set(0, "try_join_active_set", [](StakingProgram&) { return std::vector<Argument>{}; }),
        "success");
    EXPECT_EQ(t.active_stake(t.nodes[0].id), 1000 * kWal);
    EXPECT_EQ(t.active_set().total_stake, 4000 * kWal);
}

// ------------------------------------------------------------------------------------------ nodes

TEST(Register, MakesAPoolThatStakeCanReach) {
    StakingLedger t = make_ledger();
    Candidate candidate;
    candidate.commission = 1234;
    const std::size_t node = t.add_node(candidate);
    const StakingPool pool = t.pool(node);
    EXPECT_EQ(pool.node_info.name, "candidate");
    EXPECT_EQ(pool.node_info.public_key,
              to_bytes(t.nodes[node].key.public_key().to_uncompressed()));
    EXPECT_EQ(pool.activation_epoch, 1u);
    EXPECT_EQ(pool.latest_epoch, 1u);
    EXPECT_EQ(pool.commission_rate, 1234u);
    EXPECT_EQ(pool.voting_params, candidate.votes);
    EXPECT_EQ(pool.commission_receiver, Authorized(AuthorizedObject{t.nodes[node].cap}));
    EXPECT_EQ(pool.governance_authorized, Authorized(AuthorizedAddress{address_of(alice())}));
    EXPECT_EQ(t.rate(t.nodes[node].id, 1), ExchangeRate{FlatRate{}});
    EXPECT_EQ(t.ledger.staking().pools.size, 11u);
    EXPECT_EQ(t.active_set().nodes.size(), 10u);  // no stake, no place
    const ObjectId staked = t.stake(t.nodes[node].id, 1000 * kWal);
    t.end_vote();
    const std::size_t late = t.add_node(candidate);
    EXPECT_EQ(t.pool(late).activation_epoch, 2u);
    t.begin_epoch();
    t.sync_all();
    EXPECT_EQ(t.weight(node), 9u);
    EXPECT_EQ(t.ledger.system().committee->members.size(), 11u);
    EXPECT_EQ(t.staked(staked).activation_epoch, 2u);
}

TEST(Register, PreconditionsInTheirOrder) {
    StakingLedger t = make_ledger();
    const bls::SecretKey key = node_key(77);
    const auto attempt = [&](const Candidate& candidate) {
        return outcome(t.try_register(candidate, key));
    };
    Candidate c;
    c.network_key = Bytes(32);
    expect_abort(t, "storage_node::EInvalidNetworkPublicKey(0)", [&] { return attempt(c); });
    c.commission = 10'001;
    expect_abort(t, "staking_pool::EIncorrectCommissionRate(14)", [&] { return attempt(c); });
    c.address = std::string(260, 'a');
    expect_abort(t, "staking_pool::EInvalidNetworkAddressLength(16)", [&] { return attempt(c); });
    c.name = std::string(101, 'n');
    expect_abort(t, "staking_pool::EInvalidNameLength(17)", [&] { return attempt(c); });
    const char* wrong_proof = "staking_pool::EInvalidProofOfPossession(4)";
    const auto proof = [&](const bls::SecretKey& by, Epoch epoch, const AccountKey& sender) {
        return to_bytes(attest::prove_possession(by, epoch, address_of(sender)).view());
    };
    for (const Bytes& wrong : {proof(key, 2, alice()), proof(key, 1, bob()),
                               proof(node_key(78), 1, alice()), Bytes(96), Bytes(95), Bytes()}) {
        c.proof = wrong;
        expect_abort(t, wrong_proof, [&] { return attempt(c); });
    }
    c.proof.reset();
    c.key = Bytes(48);  // 48 bytes that are no point
    expect_abort(t, wrong_proof, [&] { return attempt(c); });
    c.key = Bytes(47);
    expect_abort(t, "messages::EInvalidKeyLength(6)", [&] { return attempt(c); });
    Candidate longest;
    longest.name = std::string(100, 'n');
    longest.address = std::string(259, 'a');
    longest.commission = 10'000;
    EXPECT_EQ(attempt(longest), "success");
}

TEST(NodeParameters, AreSetByTheCapability) {
    StakingLedger t = make_ledger();
    EXPECT_EQ(t.vote(0, "set_storage_price_vote", 11), "success");
    EXPECT_EQ(t.vote(0, "set_write_price_vote", 12), "success");
    EXPECT_EQ(t.vote(0, "set_node_capacity_vote", 13), "success");
    EXPECT_EQ(t.pool(0u).voting_params, (VotingParams{11, 12, 13}));
    const auto text = [](std::string value) {
        return [value](StakingProgram& p) -> std::vector<Argument> {
            return {p.b.pure_string(value)};
        };
    };
    const auto bytes = [](Bytes value) {
        return [value](StakingProgram& p) -> std::vector<Argument> {
            return {p.b.pure_vector_u8(value)};
        };
    };
    EXPECT_EQ(t.set(0, "set_name", text("new")), "success");
    EXPECT_EQ(t.set(0, "set_network_address", text("host:1")), "success");
    EXPECT_EQ(t.set(0, "set_network_public_key", bytes(Bytes(33, 7))), "success");
    EXPECT_EQ(t.set(0, "set_node_metadata",
                    [](StakingProgram& p) -> std::vector<Argument> {
                        return {p.call("node_metadata", "new",
                                       {p.b.pure_string("image"), p.b.pure_string("project"),
                                        p.b.pure_string("text")})};
                    }),
              "success");
    const StakingPool pool = t.pool(0u);
    EXPECT_EQ(pool.node_info.name, "new");
    EXPECT_EQ(pool.node_info.network_address, "host:1");
    EXPECT_EQ(pool.node_info.network_public_key, Bytes(33, 7));
    EXPECT_EQ(
        t.field<NodeMetadata>(pool.node_info.metadata.id, t.extended_key(), ExtendedFieldKey{}),
        (NodeMetadata{"image", "project", "text", {}}));
    expect_abort(t, "staking_pool::EInvalidNameLength(17)",
                 [&] { return t.set(0, "set_name", text(std::string(101, 'n'))); });
    expect_abort(t, "staking_pool::EInvalidNetworkAddressLength(16)",
                 [&] { return t.set(0, "set_network_address", text(std::string(260, 'n'))); });
    expect_abort(t, "storage_node::EInvalidNetworkPublicKey(0)",
                 [&] { return t.set(0, "set_network_public_key", bytes(Bytes(34))); });
    expect_abort(t, "staking_pool::EIncorrectCommissionRate(14)",
                 [&] { return t.set_commission(0, 10'001); });
    const auto next_key = [&](Bytes key, Bytes proof) {
        return t.set(0, "set_next_public_key", [&](StakingProgram& p) -> std::vector<Argument> {
            return {p.b.pure_vector_u8(key), p.b.pure_vector_u8(proof)};
        });
    };
    expect_abort(t, "messages::EInvalidKeyLength(6)", [&] { return next_key(Bytes(49), {}); });
    expect_abort(t, "staking_pool::EInvalidProofOfPossession(4)", [&] {
        return next_key(to_bytes(node_key(50).public_key().to_bytes()), Bytes(96));
    });
    StorageNodeCap cap = t.ledger.read<StorageNodeCap>(t.nodes[0].cap);
    cap.node_id = NodeId{};
    t.ledger.write(t.nodes[0].cap, cap);
    expect_abort(t, kNoPool, [&] { return t.vote(0, "set_write_price_vote", 1); });
}

TEST(NodeParameters, PricesFollowTheVotesOnceSomebodyAsks) {
    StakingLedger t = make_ledger();
    const auto update = [&] {
        return t.run(alice(), [](StakingProgram& p) {
            p.call("staking", "update_prices", {p.staking(), p.system()});
        });
    };
    for (std::size_t i = 0; i < 10; ++i) {
        EXPECT_EQ(t.vote(i, "set_storage_price_vote", 1000 * (i + 1)), "success");
        EXPECT_EQ(t.vote(i, "set_write_price_vote", 10 - i), "success");
    }
    EXPECT_EQ(t.ledger.system().storage_price_per_unit_size, 100'000u);
    const ExecutedTransaction executed = update();
    EXPECT_EQ(events_of<PricesUpdated>(executed), (std::vector<PricesUpdated>{{1, 7000, 7}}));
    EXPECT_EQ(t.ledger.system().storage_price_per_unit_size, 7000u);
    EXPECT_EQ(t.ledger.system().write_price_per_unit_size, 7u);
}

// ------------------------------------------------------------------------------------- commission

TEST(Commission, BelongsToWhoTheReceiverNames) {
    StakingLedger t = make_ledger();
    StakingPool pool = t.pool(0u);
    pool.commission = 500;
    t.set_pool(pool);
    const NodeId node = t.nodes[0].id;
    const auto collect_as = [&](const AccountKey& key) {
        return t.outcome_of(key, [&](StakingProgram& p) {
            p.keep(
                {p.call("staking", "collect_commission", {p.staking(), p.node(node), p.sender()})});
        });
    };
    const auto set_receiver = [&](const AccountKey& key, const Address& to, bool with_cap) {
        return t.outcome_of(key, [&](StakingProgram& p) {
            const Argument caller =
                with_cap ? p.object(t.nodes[0].cap, "storage_node", "StorageNodeCap") : p.sender();
            const Argument receiver = p.call("auth", "authorized_address", {p.b.pure_address(to)});
            p.call("staking", "set_commission_receiver",
                   {p.staking(), p.node(node), caller, receiver});
        });
    };
    const char* refused = "staking_pool::EAuthorizationFailure(15)";
    expect_abort(t, refused, [&] { return collect_as(t.nodes[0].owner); });
    expect_abort(t, refused,
                 [&] { return set_receiver(t.nodes[0].owner, address_of(bob()), false); });
    EXPECT_EQ(set_receiver(t.nodes[0].owner, address_of(bob()), true), "success");
    expect_abort(t, refused, [&] { return outcome(t.try_collect(0)); });
    const Frost before = t.ledger.wal(address_of(bob()));
    EXPECT_EQ(collect_as(bob()), "success");
    EXPECT_EQ(t.ledger.wal(address_of(bob())), before + 500);
    EXPECT_EQ(t.pool(0u).commission, 0u);
    EXPECT_EQ(collect_as(bob()), "success");  // nothing is there, nothing is paid
    EXPECT_EQ(t.ledger.wal(address_of(bob())), before + 500);
    expect_abort(t, kNoPool, [&] {
        return t.outcome_of(bob(), [&](StakingProgram& p) {
            p.keep({p.call("staking", "collect_commission",
                           {p.staking(), p.node(NodeId{}), p.sender()})});
        });
    });
}

TEST(Commission, GovernanceIsHandedOnByWhoHasIt) {
    StakingLedger t = make_ledger();
    const auto hand_on = [&](const AccountKey& key) {
        return t.outcome_of(key, [&](StakingProgram& p) {
            const Argument next =
                p.call("auth", "authorized_object", {p.b.pure_id(t.nodes[0].cap)});
            p.call("staking", "set_governance_authorized",
                   {p.staking(), p.node(t.nodes[0].id), p.sender(), next});
        });
    };
    expect_abort(t, "staking_pool::EAuthorizationFailure(15)", [&] { return hand_on(bob()); });
    EXPECT_EQ(hand_on(t.nodes[0].owner), "success");
    EXPECT_EQ(t.pool(0u).governance_authorized, Authorized(AuthorizedObject{t.nodes[0].cap}));
    expect_abort(t, "staking_pool::EAuthorizationFailure(15)",
                 [&] { return hand_on(t.nodes[0].owner); });
}

TEST(Commission, OfAnEpochIsBlockedUntilTheNextVoteEnds) {
    testing::Options options;
    options.commission_rate = 10'000;
    StakingLedger t(options);
    RegisterBlob blob = testing::sample_blob(1, 100);
    blob.epochs = 1;
    t.ledger.register_one(blob, bob());
    t.change_epoch();
    const Frost commission = t.pool(0u).commission;
    EXPECT_GT(commission, 0u);
    EXPECT_EQ(t.blocked(0), commission);
    EXPECT_EQ(t.pool(0u).rewards_pool, 0u);
    EXPECT_EQ(t.collect(0), 0u);
    t.end_vote();
    EXPECT_EQ(t.blocked(0), 0u);
    EXPECT_EQ(t.pool(0u).extra_fields.size, 0u);
    EXPECT_EQ(t.collect(0), commission);
}

TEST(Commission, IsGivenByAnybodyBlockedBeforeTheVoteEnds) {
    StakingLedger t = make_ledger();
    const auto give = [&](std::vector<NodeId> nodes, std::vector<Frost> amounts) {
        return t.outcome_of(alice(), [&](StakingProgram& p) {
            const TypeTag& wal = t.ledger.genesis.wal_type;
            std::vector<Argument> balances;
            for (const Frost amount : amounts)
                balances.push_back(p.b.call(testing::Program::framework(), "coin", "into_balance",
                                            {wal}, {p.coin(amount)}));
            const Argument all = p.b.make_vector(balance_type(wal), std::move(balances));
            p.call("staking", "add_commission_to_pools",
                   {p.staking(), p.b.pure_bytes(bcs::encode(nodes)), all});
        });
    };
    const NodeId a = t.nodes[0].id;
    const NodeId b = t.nodes[1].id;
    EXPECT_EQ(give({a, b, a}, {100, 200, 50}), "success");
    EXPECT_EQ(t.pool(0u).commission, 150u);
    EXPECT_EQ(t.blocked(0), 150u);
    EXPECT_EQ(t.pool(1u).commission, 200u);
    t.end_vote();
    EXPECT_EQ(give({a}, {7}), "success");
    EXPECT_EQ(t.blocked(0), 150u);  // only the previous committee's is freed, and there is none
    EXPECT_EQ(t.pool(0u).commission, 157u);
    EXPECT_EQ(t.collect(0), 7u);
    expect_abort(t, kNoPool, [&] { return give({NodeId{}}, {7}); });
    expect_abort(t, "MovePrimitiveRuntimeError", [&] { return give({a, b}, {7}); });
}

// ----------------------------------------------------------------------------------------- others

TEST(StakingCalls, AnotherVersionOfTheObjectIsRefused) {
    StakingLedger t = make_ledger();
    const ObjectId staked = t.stake(t.nodes[0].id, 10 * kWal);
    Staking staking = t.ledger.read<Staking>(t.ledger.genesis.ids.staking);
    staking.version = 3;
    t.ledger.write(staking.id, staking);
    const char* refused = "staking::EWrongVersion(1)";
    const auto none = [](StakingProgram&) { return std::vector<Argument>{}; };
    expect_abort(t, refused, [&] { return outcome(t.try_stake(t.nodes[0].id, kWal)); });
    expect_abort(t, refused, [&] { return t.request(staked); });
    expect_abort(t, refused, [&] { return t.withdraw(staked); });
    expect_abort(t, refused, [&] { return t.vote(0, "set_write_price_vote", 1); });
    expect_abort(t, refused, [&] { return t.set_commission(0, 1); });
    expect_abort(t, refused, [&] { return outcome(t.try_collect(0)); });
    expect_abort(t, refused, [&] { return t.set(0, "try_join_active_set", none); });
    expect_abort(t, refused, [&] { return t.voting_end(); });
    expect_abort(t, refused, [&] { return t.initiate(); });
    expect_abort(t, refused, [&] { return outcome(t.try_sync(0, 1)); });
}

TEST(StakingCalls, ReadingNeedsNoRight) {
    StakingLedger t = make_ledger();
    const ObjectId staked = t.stake(t.nodes[0].id, 10 * kWal);
    const auto read = [&](const char* module, const char* function, const auto& arguments) {
        return t.outcome_of(alice(),
                            [&](StakingProgram& p) { p.call(module, function, arguments(p)); });
    };
    using Arguments = std::vector<Argument>;
    EXPECT_EQ(
        read("staking", "epoch", [](StakingProgram& p) -> Arguments { return {p.staking(false)}; }),
        "success");
    EXPECT_EQ(
        read("staking", "can_withdraw_staked_wal_early",
             [&](StakingProgram& p) -> Arguments { return {p.staking(false), p.owned(staked)}; }),
        "success");
    const auto rewards_of = [&](const NodeId& node) {
        return read("staking", "calculate_rewards", [&](StakingProgram& p) -> Arguments {
            return {p.staking(false), p.node(node), p.b.pure_u64(kWal), p.b.pure_u32(1),
                    p.b.pure_u32(1)};
        });
    };
    EXPECT_EQ(rewards_of(t.nodes[0].id), "success");
    expect_abort(t, "staking_inner::EPoolNotFound(8)", [&] { return rewards_of(NodeId{}); });
    const auto withdraw_epoch = [&] {
        return read("staked_wal", "withdraw_epoch",
                    [&](StakingProgram& p) -> Arguments { return {p.owned(staked)}; });
    };
    expect_abort(t, "staked_wal::ENotWithdrawing(0)", withdraw_epoch);
    t.end_vote();
    EXPECT_EQ(t.request(staked), "success");
    EXPECT_EQ(withdraw_epoch(), "success");
    expect_abort(t, "staking::EInvalidMigration(0)", [&] {
        return t.outcome_of(alice(), [](StakingProgram& p) {
            p.call("staking", "set_migration_epoch", {p.staking()});
        });
    });
}

TEST(StakingCalls, RevisionOneTellsWhatChanges) {
    StakingLedger t = make_ledger(1);
    const auto executed = t.try_stake(t.nodes[0].id, 5 * kWal);
    const auto told = events_of<own::StakeAdded>(executed);
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0], (own::StakeAdded{t.nodes[0].id, t.ledger.created(executed, "StakedWal"),
                                        5 * kWal, 2}));
    EXPECT_EQ(executed.events[0].type.address.bytes, own_package(t.ledger.genesis.ids).bytes);
    StakingLedger before = make_ledger(0);
    EXPECT_TRUE(before.try_stake(before.nodes[0].id, 5 * kWal).events.empty());
}

TEST(Wal, AnyoneMayBurn) {
    StakingLedger t = make_ledger();
    const auto executed = t.run(alice(), [&](StakingProgram& p) {
        p.b.call(t.ledger.genesis.ids.wal_package, "wal", "burn", {}, {p.treasury(), p.coin(123)});
        p.b.call(t.ledger.genesis.ids.wal_package, "wal", "total_supply", {}, {p.treasury()});
    });
    EXPECT_EQ(outcome(executed), "success");
    EXPECT_EQ(t.ledger.supply(), kWalSupplyFrost - 123);
    EXPECT_EQ(t.ledger.total_wal(), Uint128{t.ledger.supply()});
}

TEST(Auth, OnlyObjectsWithAnIdAuthenticate) {
    StakingLedger t = make_ledger();
    const auto with_type = [&](const TypeTag& type) {
        return t.outcome_of(alice(), [&](StakingProgram& p) {
            const Argument coin = p.coin(1);
            p.b.call(t.ledger.handles.package, "auth", "authenticate_with_object", {type}, {coin});
            p.keep({coin});
        });
    };
    EXPECT_EQ(with_type(t.ledger.genesis.wal_type), "TypeArgumentError");
    EXPECT_EQ(with_type(coin_type(t.ledger.genesis.wal_type)), "FeatureNotYetSupported");
}

}  // namespace
}  // namespace walrus::ledger
