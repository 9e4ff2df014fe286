// SPDX-License-Identifier: Apache-2.0
// The epoch machine through signed transactions (spec/chain.md §6.1, §7): times, committees,
// shards, parameters, money, and every precondition with its exact error.
#include <gtest/gtest.h>

#include "ledger/staking/rewards.hpp"
#include "ledger/staking_testing.hpp"

namespace walrus::ledger {
namespace {

using testing::account_key;
using testing::alice;
using testing::node_key;
using testing::outcome;
using testing::StakingLedger;
using testing::StakingProgram;
using testing::state_digest;

constexpr Frost kWal = kFrostPerWal;

void expect_abort(StakingLedger& t, const std::string& wanted,
                  const std::function<std::string()>& action) {
    const Digest before = state_digest(t.ledger);
    EXPECT_EQ(action(), wanted);
    EXPECT_EQ(state_digest(t.ledger), before) << wanted;
}

std::vector<std::string> names(const ExecutedTransaction& executed) {
    std::vector<std::string> out;
    for (const Event& event : executed.events) out.push_back(event.type.name);
    return out;
}
template <class E>
E only(const ExecutedTransaction& executed) {
    for (const Event& event : executed.events)
        if (event.type.name == E::kName) return *bcs::decode<E>(event.contents);
    ADD_FAILURE() << "no " << E::kName;
    return {};
}

StakingLedger with_revision(std::uint32_t revision) {
    testing::Options options;
    options.protocol_revision = revision;
    return StakingLedger(options);
}

// ----------------------------------------------------------------------------------------- machine

TEST(EpochMachine, GoesRoundAtItsTimes) {
    StakingLedger t;
    const std::uint64_t start = t.ledger.time_ms;
    const std::uint64_t duration = t.ledger.staking().epoch_duration_ms;
    const char* wrong = "staking_inner::EWrongEpochState(0)";
    t.ledger.time_ms = start + duration / 2 - 1;
    expect_abort(t, wrong, [&] { return t.voting_end(); });
    expect_abort(t, "staking_inner::ENextCommitteeIsEmpty(6)", [&] { return t.initiate(); });
    t.ledger.time_ms = start + duration / 2;
    const auto selected = t.try_voting_end();
    ASSERT_EQ(outcome(selected), "success");
    EXPECT_EQ(names(selected), std::vector<std::string>{"EpochParametersSelected"});
    EXPECT_EQ(only<EpochParametersSelected>(selected).next_epoch, 2u);
    EXPECT_EQ(t.ledger.staking().epoch_state, EpochState{NextParamsSelected{start}});
    EXPECT_EQ(t.next_keys().size(), 10u);
    EXPECT_EQ(t.ledger.staking().next_epoch_params, (EpochParams{2'500'000'000'000, ~0ull, ~0ull}));
    expect_abort(t, wrong, [&] { return t.voting_end(); });

    t.ledger.time_ms = start + duration - 1;
    expect_abort(t, wrong, [&] { return t.initiate(); });
    t.ledger.time_ms = start + duration;
    const auto begun = t.try_initiate();
    ASSERT_EQ(outcome(begun), "success");
    EXPECT_EQ(names(begun), (std::vector<std::string>{"EpochChangeStart", "PricesUpdated"}));
    EXPECT_EQ(only<EpochChangeStartEvent>(begun).epoch, 2u);
    const StakingInnerV1 inner = t.ledger.staking();
    EXPECT_EQ(inner.epoch, 2u);
    EXPECT_EQ(t.ledger.system().committee->epoch, 2u);
    EXPECT_EQ(t.ledger.context().epoch, 2u);
    EXPECT_EQ(inner.epoch_state, EpochState{EpochChangeSync{0}});
    EXPECT_FALSE(inner.next_committee.has_value());
    EXPECT_EQ(inner.previous_committee, inner.committee);  // equal stakes: nothing moves
    EXPECT_TRUE(t.next_keys().empty());
    expect_abort(t, wrong, [&] { return t.voting_end(); });
    expect_abort(t, "staking_inner::ENextCommitteeIsEmpty(6)", [&] { return t.initiate(); });

    t.ledger.time_ms += 5000;
    for (std::size_t node = 0; node < 6; ++node) {
        const auto said = t.try_sync(node, 2);
        EXPECT_EQ(names(said), std::vector<std::string>{"ShardsReceived"});
        EXPECT_EQ(only<ShardsReceived>(said).shards,
                  *find_member(inner.committee, t.nodes[node].id));
    }
    EXPECT_EQ(t.ledger.staking().epoch_state, EpochState{EpochChangeSync{60}});
    const auto done = t.try_sync(6, 2);
    EXPECT_EQ(names(done), (std::vector<std::string>{"EpochChangeDone", "ShardsReceived"}));
    EXPECT_EQ(t.ledger.staking().epoch_state, EpochState{EpochChangeDone{t.ledger.time_ms}});
    const auto late = t.try_sync(7, 2);
    EXPECT_EQ(names(late), std::vector<std::string>{"ShardsReceived"});
    EXPECT_EQ(t.ledger.staking().epoch_state, EpochState{EpochChangeDone{t.ledger.time_ms}});
}

TEST(EpochMachine, SyncPreconditions) {
    StakingLedger t;
    const std::size_t outsider = t.add_node();
    t.end_vote();
    t.begin_epoch();
    for (const Epoch epoch : {1u, 3u})
        expect_abort(t, "staking_inner::EInvalidSyncEpoch(1)",
                     [&] { return outcome(t.try_sync(0, epoch)); });
    EXPECT_EQ(t.sync(0), "success");
    expect_abort(t, "staking_inner::EDuplicateSyncDone(2)", [&] { return t.sync(0); });
    expect_abort(t, "staking_inner::ENotInCommittee(4)", [&] { return t.sync(outsider); });
}

TEST(EpochMachine, TheOldFunctionIsGone) {
    StakingLedger t;
    expect_abort(t, "staking::EDeprecatedFunction(2)", [&] {
        return t.outcome_of(alice(), [](StakingProgram& p) {
            p.call("staking", "initiate_epoch_change", {p.staking(), p.system(), p.clock()});
        });
    });
}

TEST(EpochMachine, StatesThatNoHistoryLeadsToAreRefused) {
    StakingLedger fresh;
    const StakingInnerV1 inner = fresh.ledger.staking();
    fresh.ledger.time_ms += inner.epoch_duration_ms / 2;
    {
        StakingLedger t;
        t.ledger.time_ms = fresh.ledger.time_ms;
        StakingInnerV1 changed = inner;
        changed.next_committee = inner.committee;
        t.ledger.set_staking(changed);
        expect_abort(t, "staking_inner::ECommitteeSelected(5)", [&] { return t.voting_end(); });
        changed = inner;
        changed.n_shards = 99;
        t.ledger.set_staking(changed);
        expect_abort(t, "committee::EInvalidShardAssignment(0)", [&] { return t.voting_end(); });
        changed = inner;
        changed.epoch_state = EpochChangeDone{~0ull};
        t.ledger.set_staking(changed);
        expect_abort(t, "MovePrimitiveRuntimeError", [&] { return t.voting_end(); });
        t.ledger.set_staking(inner);
        const ObjectId place = dynamic_field_id(inner.active_set.id, t.extended_key(),
                                                bcs::encode(ExtendedFieldKey{}));
        ActiveSet empty;
        empty.max_size = 10;
        t.ledger.write(place, Field<ExtendedFieldKey, ActiveSet>{place, {}, empty});
        expect_abort(t, "staking_inner::ENoStake(3)", [&] { return t.voting_end(); });
    }
    const auto selected = [] {
        StakingLedger t;
        t.end_vote();
        t.ledger.time_ms = t.epoch_start() + t.ledger.staking().epoch_duration_ms;
        return t;
    };
    {
        StakingLedger t = selected();
        StakingInnerV1 changed = t.ledger.staking();
        (*changed.next_committee)[0].second.clear();
        t.ledger.set_staking(changed);
        expect_abort(t, "bls_aggregate::EIncorrectCommittee(3)", [&] { return t.initiate(); });
        changed.next_committee->erase(changed.next_committee->begin());
        t.ledger.set_staking(changed);
        expect_abort(t, "staking_inner::EIncorrectNodeOrder(10)", [&] { return t.initiate(); });
    }
    {
        StakingLedger t = selected();
        SystemStateInnerV1 system = t.ledger.system();
        ring_advance(system.future_accounting);
        t.ledger.set_system(system);
        expect_abort(t, "system_state_inner::EInvalidAccountingEpoch(5)",
                     [&] { return t.initiate(); });
        BlsCommittee committee = *system.committee;
        committee.epoch = 7;
        system.committee = Frozen<BlsCommittee>(std::move(committee));
        t.ledger.set_system(system);
        expect_abort(t, "system_state_inner::EIncorrectCommittee(4)", [&] { return t.initiate(); });
    }
    const auto with_pool = [&](const char* wanted,
                               const std::function<void(StakingPool&)>& change) {
        StakingLedger t = selected();
        StakingPool pool = t.pool(0u);
        change(pool);
        t.set_pool(pool);
        expect_abort(t, wanted, [&] { return t.initiate(); });
    };
    with_pool("staking_pool::EPoolAlreadyUpdated(0)", [](StakingPool& p) { p.latest_epoch = 2; });
    with_pool("pool_exchange_rate::EInvalidRate(0)", [](StakingPool& p) { p.num_shares *= 2; });
    with_pool("staking_pool::ECalculationError(1)",
              [](StakingPool& p) { p.pending_shares_withdraw = {{2, 2 * p.num_shares}}; });
    {
        StakingLedger t;
        RegisterBlob blob = testing::sample_blob(1, 100);
        t.ledger.register_one(blob, account_key(2));
        t.end_vote();
        t.ledger.time_ms = t.epoch_start() + t.ledger.staking().epoch_duration_ms;
        StakingPool pool = t.pool(0u);
        pool.wal_balance = 0;
        pool.num_shares = 0;
        t.set_pool(pool);
        expect_abort(t, "staking_pool::EIncorrectEpochAdvance(2)", [&] { return t.initiate(); });
    }
}

TEST(EpochMachine, TwentyNodesCannotShareFewerThanTenShards) {
    testing::Options options;
    options.nodes = 4;
    options.n_shards = 7;
    StakingLedger t(options);
    for (int i = 0; i < 16; ++i) t.stake(t.nodes[t.add_node()].id, 1000 * kWal);
    t.ledger.time_ms += t.ledger.staking().epoch_duration_ms;
    expect_abort(t, "apportionment_queue::EPopFromEmptyHeap(0)", [&] { return t.voting_end(); });
}

TEST(EpochMachine, RevisionOneDoesNotWaitForGoodForTheSync) {
    for (const std::uint32_t revision : {0u, 1u}) {
        StakingLedger t = with_revision(revision);
        const auto conclude = [&] {
            return t.outcome_of(alice(), [](StakingProgram& p) {
                p.call("staking", "conclude_sync", {p.staking(), p.clock()});
            });
        };
        t.end_vote();
        const char* wrong =
            revision == 0 ? "FunctionNotFound" : "staking_inner::EWrongEpochState(0)";
        expect_abort(t, wrong, conclude);
        t.begin_epoch();
        EXPECT_EQ(t.sync(0), "success");
        t.ledger.time_ms += t.ledger.staking().epoch_duration_ms - 1;
        expect_abort(t, wrong, conclude);
        ++t.ledger.time_ms;
        if (revision == 0) {
            expect_abort(t, wrong, conclude);
            continue;
        }
        EXPECT_EQ(conclude(), "success");
        EXPECT_EQ(t.ledger.staking().epoch_state, EpochState{EpochChangeDone{t.ledger.time_ms}});
        EXPECT_EQ(t.sync(1), "success");
        expect_abort(t, wrong, conclude);
        t.end_vote();
        t.begin_epoch();
        EXPECT_EQ(t.ledger.staking().epoch, 3u);
    }
}

// -------------------------------------------------------------------------------------- committees

TEST(Committees, StakeDecidesAndFewShardsMove) {
    testing::Options options;
    options.nodes = 4;
    options.n_shards = 100;
    StakingLedger t(options);
    const StakingInnerV1 before = t.ledger.staking();
    const std::size_t joined = t.add_node();
    t.stake(t.nodes[joined].id, 1000 * kWal);
    t.change_epoch();
    const StakingInnerV1 after = t.ledger.staking();
    EXPECT_EQ(after.previous_committee, before.committee);
    std::size_t shards = 0;
    for (const auto& [node, list] : after.committee) {
        EXPECT_EQ(list.size(), 20u);
        shards += list.size();
        const auto* old = find_member(before.committee, node);
        if (old == nullptr) continue;
        for (const std::uint16_t shard : list)
            EXPECT_NE(std::find(old->begin(), old->end(), shard), old->end());
    }
    EXPECT_EQ(shards, 100u);
    // The certificates' committee is the same one, in the order of ids.
    const SystemStateInnerV1 system = t.ledger.system();
    ASSERT_EQ(system.committee->members.size(), 5u);
    bls::PublicKeySum sum;
    for (std::size_t i = 0; i < 5; ++i) {
        EXPECT_EQ(system.committee->members[i].node_id, after.committee[i].first);
        EXPECT_EQ(system.committee->members[i].weight, after.committee[i].second.size());
        sum.add(*bls::PublicKey::parse_uncompressed(system.committee->members[i].public_key));
    }
    EXPECT_EQ(system.committee->total_aggregated_key, to_bytes(sum.finish().to_bytes()));
    EXPECT_EQ(system.committee->n_shards, 100u);
    EXPECT_EQ(t.pool(joined).latest_epoch, 2u);
}

TEST(Committees, ANodeWithoutStakeLeavesAndItsPoolWaits) {
    testing::Options options;
    options.nodes = 4;
    StakingLedger t(options);
    ObjectId stake;
    for (const auto& [id, object] : t.ledger.state.objects())
        if (object->type.name == "StakedWal" && t.staked(id).node_id == t.nodes[0].id) stake = id;
    EXPECT_EQ(t.request(stake, t.nodes[0].owner), "success");
    EXPECT_EQ(t.active_stake(t.nodes[0].id), 0u);
    t.change_epoch();
    EXPECT_EQ(t.weight(0), 0u);
    EXPECT_EQ(t.pool(0u).latest_epoch, 2u);  // the old committee is advanced with its reward
    EXPECT_EQ(t.pool(0u).wal_balance, 0u);
    t.change_epoch();
    EXPECT_EQ(t.pool(0u).latest_epoch, 2u);
    EXPECT_EQ(t.payout(stake, t.nodes[0].owner), 1000 * kWal);
}

TEST(Committees, KeysAreTakenWhenTheVoteEnds) {
    for (const std::uint32_t revision : {0u, 1u}) {
        StakingLedger t = with_revision(revision);
        const bls::SecretKey first = node_key(100);
        const bls::SecretKey second = node_key(101);
        const auto bytes = [](const bls::SecretKey& key) {
            return to_bytes(key.public_key().to_uncompressed());
        };
        EXPECT_EQ(t.set_next_key(0, first), "success");
        EXPECT_EQ(t.pool(0u).node_info.public_key, bytes(node_key(0)));
        t.end_vote();
        EXPECT_EQ(t.set_next_key(0, second), "success");
        t.begin_epoch();
        t.sync_all();
        const BlsCommittee committee = *t.ledger.system().committee;
        for (const BlsCommitteeMember& member : committee.members)
            if (member.node_id == t.nodes[0].id) {
                EXPECT_EQ(member.public_key, bytes(first));
            }
        // Revision 0 has the race: the pool shows a key that its committee does not have.
        const StorageNodeInfo info = t.pool(0u).node_info;
        EXPECT_EQ(info.public_key, bytes(revision == 0 ? second : first));
        EXPECT_EQ(info.next_epoch_public_key.has_value(), revision == 1);
        t.change_epoch();
        EXPECT_EQ(t.pool(0u).node_info.public_key, bytes(second));
        EXPECT_FALSE(t.pool(0u).node_info.next_epoch_public_key.has_value());
    }
}

// ------------------------------------------------------------------------------------------- money

TEST(EpochMoney, TheWorkedBoundary) {
    // Appendix B of the specification: prices 5, 10^9 bytes for 10 epochs, a deny list of 10^7.
    testing::Options options;
    options.storage_price = 5;
    options.write_price = 1;
    options.commission_rate = 10'000;
    StakingLedger t(options);
    testing::Program p(t.ledger);
    p.keep({p.reserve(1'000'000'000, 10)});
    ASSERT_EQ(outcome(p.run()), "success");
    const ObjectId sizes = t.ledger.system().deny_list_sizes.id;
    const ObjectId place =
        dynamic_field_id(sizes, t.extended_key(), bcs::encode(ExtendedFieldKey{}));
    t.ledger.write(
        place, Field<ExtendedFieldKey, DenyListSizes>{place, {}, {{t.nodes[0].id, 10'000'000}}});
    t.end_vote();
    t.begin_epoch();
    EXPECT_EQ(t.ledger.supply(), kWalSupplyFrost - 143);
    EXPECT_EQ(t.pool(0u).commission, 458u);
    EXPECT_EQ(t.blocked(0), 458u);
    for (std::size_t i = 1; i < 10; ++i) EXPECT_EQ(t.pool(i).commission, 463u);
    EXPECT_EQ(testing::rewards(t.ledger, 2), (testing::U64s{4770 + 2, 4770}));
    EXPECT_EQ(t.ledger.total_wal(), Uint128{t.ledger.supply()});
    EXPECT_EQ(t.ledger.system().used_capacity_size, 1'000'000'000u);
}

TEST(EpochMoney, WithoutStorageEverythingRollsOver) {
    StakingLedger t;
    const auto given = t.run(alice(), [](StakingProgram& p) {
        p.call("system", "add_subsidy", {p.system(), p.coin(1000), p.b.pure_u32(1)});
    });
    ASSERT_EQ(outcome(given), "success");
    t.change_epoch();
    EXPECT_EQ(testing::rewards(t.ledger, 1), testing::U64s{970});
    EXPECT_EQ(t.ledger.supply(), kWalSupplyFrost - 30);
}

TEST(EpochMoney, CapacityIsTheVoteAndNeverLessThanWhatIsUsed) {
    StakingLedger t;
    testing::Program p(t.ledger);
    p.keep({p.reserve(50'000'000'000, 3)});
    ASSERT_EQ(outcome(p.run()), "success");
    for (std::size_t i = 0; i < 10; ++i)
        EXPECT_EQ(t.vote(i, "set_node_capacity_vote", 1000 * (i + 1)), "success");
    t.change_epoch();
    EXPECT_EQ(t.ledger.staking().next_epoch_params->total_capacity_size, 40'000u);
    EXPECT_EQ(t.ledger.system().total_capacity_size, 50'000'000'000u);
    for (int i = 0; i < 3; ++i) t.change_epoch();
    EXPECT_EQ(t.ledger.system().total_capacity_size, 40'000u);
    EXPECT_EQ(t.vote(0, "set_node_capacity_vote", ~0ull), "success");
    t.change_epoch();
    EXPECT_EQ(t.ledger.staking().next_epoch_params->total_capacity_size, 50'000u);
}

TEST(EpochMoney, NewPricesComeWithTheEpoch) {
    StakingLedger t;
    for (std::size_t i = 0; i < 10; ++i) {
        EXPECT_EQ(t.vote(i, "set_storage_price_vote", i < 7 ? 50'000 : 10'000), "success");
        EXPECT_EQ(t.vote(i, "set_write_price_vote", 3), "success");
    }
    t.end_vote();
    EXPECT_EQ(t.ledger.system().storage_price_per_unit_size, 100'000u);
    t.ledger.time_ms = t.epoch_start() + t.ledger.staking().epoch_duration_ms;
    const auto executed = t.try_initiate();
    EXPECT_EQ(only<PricesUpdated>(executed), (PricesUpdated{2, 50'000, 3}));
    t.sync_all();
    EXPECT_EQ(t.vote(0, "set_storage_price_vote", 1), "success");
    t.change_epoch();
    EXPECT_EQ(t.ledger.system().storage_price_per_unit_size, 50'000u);
    for (std::size_t i = 1; i < 5; ++i)
        EXPECT_EQ(t.vote(i, "set_storage_price_vote", 1), "success");
    t.change_epoch();
    EXPECT_EQ(t.ledger.system().storage_price_per_unit_size, 10'000u);
}

}  // namespace
}  // namespace walrus::ledger
