// SPDX-License-Identifier: Apache-2.0
// A ledger of ten nodes with a hundred shards each whose nodes vote on slashing and upgrades. Every
// action is a signed transaction.
#pragma once

#include "ledger/staking_testing.hpp"

namespace walrus::ledger::testing {

class GovernanceLedger {
public:
    GovernanceLedger() : base(options()) {
        // The emergency capability is alice's.
        const ObjectId cap = emergency_cap();
        Object object = *base.ledger.state.object(cap);
        object.owner = AddressOwner{address_of(alice())};
        StateChanges changes;
        changes.objects[cap] = std::make_shared<const Object>(std::move(object));
        base.ledger.state.apply(changes);
    }
    static Options options() {
        Options out;
        out.n_shards = 1000;
        return out;
    }

    // ---------------------------------------------------------------------------------- slashing

    /// Puts commission into a pool, part of it blocked.
    void set_commission(std::size_t node, Frost amount, Frost blocked) {
        give(node, blocked);
        StakingPool pool = base.pool(node);
        pool.commission = amount;
        base.set_pool(pool);
    }
    std::string give(std::size_t node, Frost amount) {
        return base.outcome_of(alice(), [&](StakingProgram& p) {
            const TypeTag& wal = base.ledger.genesis.wal_type;
            const Argument balance =
                p.b.call(Program::framework(), "coin", "into_balance", {wal}, {p.coin(amount)});
            const Argument balances = p.b.make_vector(balance_type(wal), {balance});
            p.call("staking", "add_commission_to_pools",
                   {p.staking(),
                    p.b.pure_bytes(walrus::bcs::encode(std::vector<NodeId>{base.nodes[node].id})),
                    balances});
        });
    }
    std::string slash_as(const AccountKey& key, const NodeId& voter, const NodeId& candidate) {
        return base.outcome_of(key, [&](StakingProgram& p) {
            p.call("slashing", "vote_for_slashing",
                   {p.slashing(), p.staking(false), p.sender(), p.node(voter), p.node(candidate)});
        });
    }
    std::string slash(std::size_t voter, std::size_t candidate) {
        return slash_as(base.nodes[voter].owner, base.nodes[voter].id, base.nodes[candidate].id);
    }
    std::string execute_slash_of(const NodeId& candidate) {
        return base.outcome_of(alice(), [&](StakingProgram& p) {
            p.call("slashing", "execute_slashing",
                   {p.slashing(), p.staking(), p.treasury(), p.node(candidate)});
        });
    }
    std::string execute_slash(std::size_t candidate) {
        return execute_slash_of(base.nodes[candidate].id);
    }
    std::string clean_slashing(const std::vector<NodeId>& nodes) {
        return base.outcome_of(alice(), [&](StakingProgram& p) {
            p.call("slashing", "cleanup_slashing_proposals",
                   {p.slashing(), p.staking(false), p.b.pure_bytes(walrus::bcs::encode(nodes))});
        });
    }
    SlashingManager slashing_manager() const {
        return base.ledger.read<SlashingManager>(slashing_manager_id(base.ledger.genesis.chain));
    }
    std::optional<SlashingProposal> slashing_proposal(std::size_t node) const {
        return base.field<SlashingProposal>(slashing_manager().slashing_candidates.id, id_type(),
                                            base.nodes[node].id);
    }

    // ---------------------------------------------------------------------------------- upgrades

    static Bytes digest(Byte number) { return Bytes(32, number); }
    ExecutedTransaction try_vote_as(const AccountKey& key, const NodeId& node,
                                    const Bytes& digest) {
        return base.run(key, [&](StakingProgram& p) {
            p.call("upgrade", "vote_for_upgrade",
                   {p.upgrade(), p.staking(false), p.sender(), p.node(node),
                    p.b.pure_vector_u8(digest)});
        });
    }
    ExecutedTransaction try_vote(std::size_t node, const Bytes& digest) {
        return try_vote_as(base.nodes[node].owner, base.nodes[node].id, digest);
    }
    /// Authorises, adopts and commits.
    std::string upgrade(const Bytes& digest) {
        return base.outcome_of(alice(), [&](StakingProgram& p) {
            const Argument ticket =
                p.call("upgrade", "authorize_upgrade",
                       {p.upgrade(), p.staking(true), p.b.pure_vector_u8(digest)});
            commit(p, ticket);
        });
    }
    std::string emergency(const ObjectId& cap, bool twice) {
        return base.outcome_of(alice(), [&](StakingProgram& p) {
            const Argument own = p.owned(cap);
            const auto authorize = [&] {
                return p.call("upgrade", "authorize_emergency_upgrade",
                              {p.upgrade(), own, p.b.pure_vector_u8(digest(9))});
            };
            const Argument ticket = authorize();
            if (twice) authorize();
            commit(p, ticket);
        });
    }
    std::string clean_upgrades(const std::vector<Bytes>& digests) {
        return base.outcome_of(alice(), [&](StakingProgram& p) {
            p.call("upgrade", "cleanup_upgrade_proposals",
                   {p.upgrade(), p.staking(false), p.b.pure_bytes(walrus::bcs::encode(digests))});
        });
    }
    UpgradeManager upgrade_manager() const {
        return base.ledger.read<UpgradeManager>(upgrade_manager_id(base.ledger.genesis.chain));
    }
    ObjectId emergency_cap() const {
        for (const auto& [id, object] : base.ledger.state.objects())
            if (object->type.name == "EmergencyUpgradeCap") return id;
        WALRUS_CHECK(false);
    }

    StakingLedger base;

private:
    void commit(StakingProgram& p, const Argument& ticket) {
        const Argument receipt = p.call("package", "adopt", {ticket});
        p.call("upgrade", "commit_upgrade", {p.upgrade(), p.staking(), p.system(), receipt});
    }
};

}  // namespace walrus::ledger::testing
