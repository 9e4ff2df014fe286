// SPDX-License-Identifier: Apache-2.0
// Votes on slashing and on upgrades through signed transactions (spec/chain.md §8), with every
// precondition's exact error.
#include <gtest/gtest.h>

#include "ledger/governance_testing.hpp"

namespace walrus::ledger {
namespace {

using testing::account_key;
using testing::alice;
using testing::GovernanceLedger;
using testing::outcome;
using testing::state_digest;

constexpr const char* kNotInCommittee = "staking_inner::ENotInCommittee(4)";

void expect_abort(GovernanceLedger& t, const std::string& wanted,
                  const std::function<std::string()>& action) {
    const Digest before = state_digest(t.base.ledger);
    EXPECT_EQ(action(), wanted);
    EXPECT_EQ(state_digest(t.base.ledger), before) << wanted;
}

std::vector<std::string> names(const ExecutedTransaction& executed) {
    std::vector<std::string> out;
    for (const Event& event : executed.events) out.push_back(event.type.name);
    return out;
}

TEST(Slashing, AQuorumBurnsTheCommissionBlockedOrNot) {
    GovernanceLedger t;
    t.set_commission(0, 500, 300);
    for (std::size_t voter = 0; voter < 6; ++voter) EXPECT_EQ(t.slash(voter, 0), "success");
    expect_abort(t, "slashing::ENotEnoughVotes(4)", [&] { return t.execute_slash(0); });
    EXPECT_EQ(t.slash(6, 0), "success");
    EXPECT_EQ(t.slashing_proposal(0)->voting_weight, 700u);
    const Frost supply = t.base.ledger.supply();
    const StakingPool before = t.base.pool(0u);
    EXPECT_EQ(t.execute_slash(0), "success");
    StakingPool after = t.base.pool(0u);
    EXPECT_EQ(after.commission, 0u);
    EXPECT_EQ(t.base.blocked(0), 0u);
    EXPECT_EQ(t.base.ledger.supply(), supply - 500);
    EXPECT_EQ(after.wal_balance, before.wal_balance);
    EXPECT_FALSE(t.slashing_proposal(0).has_value());
    EXPECT_EQ(t.slashing_manager().slashing_candidates.size, 0u);
    // The vote may begin again in the same epoch.
    expect_abort(t, "slashing::ENoProposalForNode(2)", [&] { return t.execute_slash(0); });
    EXPECT_EQ(t.slash(3, 0), "success");
    EXPECT_EQ(t.slashing_proposal(0)->voters.size(), 1u);
}

TEST(Slashing, VotesCountInTheirEpochOnly) {
    GovernanceLedger t;
    for (std::size_t voter = 0; voter < 7; ++voter) EXPECT_EQ(t.slash(voter, 0), "success");
    expect_abort(t, "slashing::EDuplicateVote(1)", [&] { return t.slash(6, 0); });
    t.base.change_epoch();
    expect_abort(t, "slashing::EWrongEpoch(3)", [&] { return t.execute_slash(0); });
    EXPECT_EQ(t.slash(6, 0), "success");
    EXPECT_EQ(t.slashing_proposal(0)->voting_weight, 100u);
    EXPECT_EQ(t.slashing_manager().slashing_candidates.size, 1u);
}

TEST(Slashing, WhoMayVoteForWhom) {
    GovernanceLedger t;
    expect_abort(t, "slashing::ENotAuthorized(0)", [&] {
        return t.slash_as(account_key(2), t.base.nodes[1].id, t.base.nodes[0].id);
    });
    expect_abort(t, "dynamic_field::EFieldDoesNotExist(1)",
                 [&] { return t.slash_as(alice(), NodeId{}, t.base.nodes[0].id); });
    const std::size_t outsider = t.base.add_node();
    expect_abort(t, kNotInCommittee, [&] { return t.slash(outsider, 0); });
    EXPECT_EQ(t.slash(0, 0), "success");  // a node may vote against itself
    // And against what is no node at all; only the execution notices.
    for (std::size_t voter = 0; voter < 7; ++voter)
        EXPECT_EQ(t.slash_as(t.base.nodes[voter].owner, t.base.nodes[voter].id, NodeId{}),
                  "success");
    expect_abort(t, "dynamic_field::EFieldDoesNotExist(1)",
                 [&] { return t.execute_slash_of(NodeId{}); });
}

TEST(Slashing, CleaningUpTakesOldProposalsOnly) {
    GovernanceLedger t;
    EXPECT_EQ(t.slash(1, 0), "success");
    EXPECT_EQ(t.clean_slashing({t.base.nodes[0].id, t.base.nodes[5].id}), "success");
    EXPECT_TRUE(t.slashing_proposal(0).has_value());
    t.base.change_epoch();
    EXPECT_EQ(t.clean_slashing({t.base.nodes[0].id}), "success");
    EXPECT_FALSE(t.slashing_proposal(0).has_value());
    EXPECT_EQ(t.slashing_manager().slashing_candidates.size, 0u);
}

TEST(Upgrade, AQuorumUpgradesThePackage) {
    GovernanceLedger t;
    const Bytes digest = t.digest(1);
    const auto first = t.try_vote(0, digest);
    EXPECT_EQ(names(first), std::vector<std::string>{"ContractUpgradeProposed"});
    for (std::size_t voter = 1; voter < 6; ++voter)
        EXPECT_TRUE(t.try_vote(voter, digest).events.empty());
    expect_abort(t, "upgrade::ENotEnoughVotes(6)", [&] { return t.upgrade(digest); });
    for (std::size_t voter = 6; voter < 8; ++voter)
        EXPECT_EQ(names(t.try_vote(voter, digest)),
                  std::vector<std::string>{"ContractUpgradeQuorumReached"});
    const UpgradeManager before = t.upgrade_manager();
    EXPECT_EQ(before.upgrade_proposals.size, 1u);
    EXPECT_EQ(t.upgrade(digest), "success");
    const UpgradeManager after = t.upgrade_manager();
    EXPECT_EQ(after.upgrade_proposals.size, 0u);
    EXPECT_EQ(after.cap.version, before.cap.version + 1);
    EXPECT_NE(after.cap.package, before.cap.package);
    const auto& ids = t.base.ledger.genesis.ids;
    EXPECT_EQ(t.base.ledger.read<System>(ids.system).new_package_id, after.cap.package);
    EXPECT_EQ(t.base.ledger.read<Staking>(ids.staking).new_package_id, after.cap.package);
    EXPECT_EQ(t.base.ledger.read<System>(ids.system).package_id, ids.package);
}

TEST(Upgrade, PreconditionsOfVotesAndOfTheUpgrade) {
    GovernanceLedger t;
    const Bytes digest = t.digest(1);
    const Bytes other = t.digest(2);
    expect_abort(t, "upgrade::ENotAuthorized(1)", [&] {
        return outcome(t.try_vote_as(account_key(2), t.base.nodes[0].id, digest));
    });
    const std::size_t outsider = t.base.add_node();
    expect_abort(t, kNotInCommittee, [&] { return outcome(t.try_vote(outsider, digest)); });
    for (const std::size_t size : {std::size_t{0}, std::size_t{31}, std::size_t{33}}) {
        expect_abort(t, "upgrade::EInvalidPackageDigest(3)",
                     [&] { return outcome(t.try_vote(0, Bytes(size))); });
        expect_abort(t, "upgrade::EInvalidPackageDigest(3)",
                     [&] { return t.upgrade(Bytes(size)); });
        expect_abort(t, "upgrade::EInvalidPackageDigest(3)",
                     [&] { return t.clean_upgrades({Bytes(size)}); });
    }
    expect_abort(t, "upgrade::ENoProposalForDigest(4)", [&] { return t.upgrade(digest); });
    for (std::size_t voter = 0; voter < 7; ++voter) {
        EXPECT_EQ(outcome(t.try_vote(voter, digest)), "success");
        EXPECT_EQ(outcome(t.try_vote(voter, other)), "success");
    }
    expect_abort(t, "upgrade::EDuplicateVote(2)", [&] { return outcome(t.try_vote(0, digest)); });
    EXPECT_EQ(t.upgrade(digest), "success");
    expect_abort(t, "upgrade::EWrongVersion(7)", [&] { return t.upgrade(other); });
    // The vote for the other one begins anew, for the version after.
    EXPECT_EQ(names(t.try_vote(0, other)), std::vector<std::string>{"ContractUpgradeProposed"});
    for (std::size_t voter = 1; voter < 7; ++voter)
        EXPECT_EQ(outcome(t.try_vote(voter, other)), "success");
    t.base.change_epoch();
    expect_abort(t, "upgrade::EWrongEpoch(5)", [&] { return t.upgrade(other); });
    EXPECT_EQ(t.clean_upgrades({other, digest}), "success");
    EXPECT_EQ(t.upgrade_manager().upgrade_proposals.size, 0u);
}

TEST(Upgrade, TicketsAndReceiptsCannotBeKept) {
    GovernanceLedger t;
    const Bytes digest = t.digest(1);
    for (std::size_t voter = 0; voter < 7; ++voter)
        EXPECT_EQ(outcome(t.try_vote(voter, digest)), "success");
    expect_abort(t, "UnusedValueWithoutDrop", [&] {
        return t.base.outcome_of(alice(), [&](testing::StakingProgram& p) {
            p.call("upgrade", "authorize_upgrade",
                   {p.upgrade(), p.staking(false), p.b.pure_vector_u8(digest)});
        });
    });
}

TEST(Upgrade, TheEmergencyCapabilityNeedsNoVotes) {
    GovernanceLedger t;
    const ObjectId cap = t.emergency_cap();
    const auto right = t.base.ledger.read<EmergencyUpgradeCap>(cap);
    t.base.ledger.write(cap, EmergencyUpgradeCap{right.id, ObjectId{}});
    expect_abort(t, "upgrade::EInvalidUpgradeManager(0)", [&] { return t.emergency(cap, false); });
    t.base.ledger.write(cap, right);
    expect_abort(t, "package::EAlreadyAuthorized(2)", [&] { return t.emergency(cap, true); });
    EXPECT_EQ(t.emergency(cap, false), "success");
    EXPECT_EQ(t.upgrade_manager().cap.version, 2u);
    EXPECT_EQ(t.base.outcome_of(alice(),
                                [&](testing::StakingProgram& p) {
                                    p.call("upgrade", "burn_emergency_upgrade_cap", {p.owned(cap)});
                                }),
              "success");
    EXPECT_EQ(t.base.ledger.state.object(cap), nullptr);
}

}  // namespace
}  // namespace walrus::ledger
