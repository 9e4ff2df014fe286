// SPDX-License-Identifier: Apache-2.0
// The suites of chain.json about one staking pool: scripts of operations, and when stake counts.
#include <utility>

#include "ledger/staking_testing.hpp"
#include "test/vectors/runner_chain_case.hpp"

namespace walrus::vectors {
namespace {

using namespace ledger;  // NOLINT: the runner speaks the ledger's words
using testing::StakingLedger;
namespace testing = ledger::testing;

/// One pool among the accounts of a ledger. What accounts and nodes do are signed transactions; the
/// epochs and the rewards, which the cases choose freely, are set from outside.
struct Script {
    explicit Script(Case& c_in) : c(c_in) {}

    void create(std::uint16_t commission, bool after_selection) {
        selected = after_selection;
        place(false, false);
        testing::Candidate candidate;
        candidate.commission = commission;
        node = t.add_node(candidate);
    }

    /// Puts the node into the committees, or not, and the ledger into the script's epoch.
    void place(bool in_current, bool in_next) {
        StakingInnerV1 inner = t.ledger.staking();
        const auto members = [&](bool is_member) {
            CommitteeShards out;
            if (is_member) out.emplace_back(t.nodes[node].id, std::vector<std::uint16_t>{0});
            return out;
        };
        inner.epoch = epoch;
        inner.n_shards = 1;
        inner.committee = members(in_current);
        inner.next_committee.reset();
        if (selected || in_next) inner.next_committee = members(in_next);
        inner.epoch_state = EpochChangeDone{};
        if (selected) inner.epoch_state = NextParamsSelected{};
        t.ledger.set_staking(inner);
    }
    void place(const Json& step) {
        place(step.at("in_current").get<bool>(), step.at("in_next").get<bool>());
    }
    const ObjectId& stake_of(const Json& step) {
        return stakes.at(step.at("who").get<std::string>());
    }

    /// Compares with the step's error; true if the step succeeded and had to.
    bool check(const Json& step, const std::string& got) {
        const std::string wanted = step.value("error", std::string("success"));
        c.expect(step.dump(), got, wanted);
        return got == "success" && wanted == "success";
    }

    void run(const Json& step) {
        const std::string op = step.at("op");
        if (op == "next") {
            ++epoch;
            selected = false;
        } else if (op == "select") {
            selected = true;
        } else if (op == "unblock") {
            t.change_pool(node, [](OpenPool& pool) -> Executed<void> {
                pool.blocked = 0;
                return {};
            });
        } else if (op == "advance") {
            check(step, t.change_pool(node, [&](OpenPool& pool) {
                return advance_pool(pool.ref(), epoch, step.at("rewards").get<Frost>());
            }));
        } else if (op == "stake") {
            place(true, false);
            const auto executed = t.try_stake(t.nodes[node].id, step.at("amount").get<Frost>());
            if (check(step, testing::outcome(executed)))
                stakes[step.at("who").get<std::string>()] = t.ledger.created(executed, "StakedWal");
        } else if (op == "split") {
            const auto executed = t.split(stake_of(step), step.at("amount").get<Frost>());
            if (check(step, testing::outcome(executed)))
                stakes[step.at("into").get<std::string>()] =
                    t.ledger.created(executed, "StakedWal");
        } else if (op == "request") {
            place(step);
            check(step, t.request(stake_of(step)));
        } else if (op == "withdraw") {
            place(step);
            const Frost before = money();
            if (check(step, t.withdraw(stake_of(step))))
                c.expect(step.dump(), money() - before, step.at("expect"));
        } else if (op == "set_commission") {
            place(true, false);
            check(step, t.set_commission(node, step.at("rate").get<std::uint16_t>()));
        } else if (op == "collect") {
            c.expect(step.dump(), t.collect(node), step.at("expect"));
        } else if (op == "add_commission") {
            const bool was_selected = std::exchange(selected, !step.at("block").get<bool>());
            place(true, false);
            selected = was_selected;
            check(step, give(step.at("amount").get<Frost>()));
        } else if (op == "extract_burn") {
            place(true, false);
            const Frost before = t.ledger.supply();
            c.expect("slashing", slash(), "success");
            c.expect(step.dump(), before - t.ledger.supply(), step.at("expect"));
        } else if (op == "expect") {
            for (const auto& [what, value] : step.items())
                if (what != "op") expect(what, value);
        } else {
            c.fail("unknown op " + op);
        }
    }

    Frost money() const { return t.ledger.wal(testing::address_of(testing::alice())); }
    std::string give(Frost amount) {
        return t.outcome_of(testing::alice(), [&](testing::StakingProgram& p) {
            const TypeTag& wal = t.ledger.genesis.wal_type;
            const Argument balance = p.b.call(testing::Program::framework(), "coin", "into_balance",
                                              {wal}, {p.coin(amount)});
            const Argument balances = p.b.make_vector(balance_type(wal), {balance});
            p.call("staking", "add_commission_to_pools",
                   {p.staking(), p.b.pure_bytes(bcs::encode(std::vector<NodeId>{t.nodes[node].id})),
                    balances});
        });
    }
    /// The node, alone in its committee, votes against itself.
    std::string slash() {
        const NodeId& id = t.nodes[node].id;
        return t.outcome_of(testing::alice(), [&](testing::StakingProgram& p) {
            p.call("slashing", "vote_for_slashing",
                   {p.slashing(), p.staking(), p.sender(), p.node(id), p.node(id)});
            p.call("slashing", "execute_slashing",
                   {p.slashing(), p.staking(), p.treasury(), p.node(id)});
        });
    }

    void expect(const std::string& what, const Json& value) {
        const StakingPool pool = t.pool(node);
        if (what == "wal_balance") return c.expect(what, pool.wal_balance, value);
        if (what == "num_shares") return c.expect(what, pool.num_shares, value);
        if (what == "rewards_pool") return c.expect(what, pool.rewards_pool, value);
        if (what == "commission") return c.expect(what, pool.commission, value);
        if (what == "commission_rate") return c.expect(what, pool.commission_rate, value);
        if (what == "blocked") return c.expect(what, t.blocked(node), value);
        if (what == "empty") return c.expect(what, is_empty(pool), value);
        if (what == "balance_at") {
            for (const auto& [at, amount] : value.items()) {
                const auto epoch_at = static_cast<Epoch>(std::stoul(at));
                c.expect("outcome",
                         t.change_pool(node,
                                       [&](OpenPool& open) -> Executed<void> {
                                           const Frost got = WALRUS_TRY(
                                               wal_balance_at(open.pool, open, epoch_at));
                                           c.expect("balance at " + at, got, amount);
                                           return {};
                                       }),
                         "success");
            }
        } else if (what == "activation") {
            for (const auto& [who, at] : value.items())
                c.expect(what, t.staked(stakes.at(who)).activation_epoch, at);
        } else if (what == "withdraw_epoch") {
            for (const auto& [who, at] : value.items())
                c.expect(what, std::get<Withdrawing>(t.staked(stakes.at(who)).state).withdraw_epoch,
                         at);
        } else {
            c.fail("unknown expectation " + what);
        }
    }

    Case& c;
    StakingLedger t;
    std::size_t node = 0;
    Epoch epoch = 0;
    bool selected = false;
    std::map<std::string, ObjectId> stakes;
};

void staking_pool_scripts(Case& c) {
    c.fields({"initial_commission_bp", "created_after_committee_selection", "steps", "final"});
    Script script(c);
    script.create(c.json.at("initial_commission_bp").get<std::uint16_t>(),
                  c.json.at("created_after_committee_selection").get<bool>());
    for (const Json& step : c.json.at("steps")) script.run(step);
    for (const auto& [what, value] : c.json.at("final").items()) script.expect(what, value);
}

/// Epochs of these cases are relative to E.
void stake_timing(Case& c) {
    c.fields({"action", "committee_selected", "epoch", "activation", "active", "in_current",
              "in_next", "withdraw", "error"});
    constexpr Epoch kNow = 5;
    const auto relative = [](const std::string& text) -> Epoch {
        return kNow + static_cast<Epoch>(std::stoul(text.substr(text.find('+') + 1)));
    };
    Script script(c);
    script.create(0, false);
    script.epoch = kNow;
    script.selected = c.json.value("committee_selected", false);
    script.place(c.json.value("in_current", true), c.json.value("in_next", false));
    StakingLedger& t = script.t;
    const auto made = t.try_stake(t.nodes[script.node].id, kFrostPerWal);
    c.expect("stake", testing::outcome(made), "success");
    const ObjectId id = t.ledger.created(made, "StakedWal");
    if (c.text("action") == "stake")
        return c.expect("activation", t.staked(id).activation_epoch,
                        relative(c.text("activation")));
    c.expect("action", c.text("action"), "request");
    StakedWal staked = t.staked(id);
    staked.activation_epoch = c.json.contains("activation") ? relative(c.text("activation")) : kNow;
    t.ledger.write(id, staked);
    // A stake that is active has left what waits and is in the pool.
    StakingPool pool = t.pool(script.node);
    pool.pending_stake.clear();
    if (staked.activation_epoch > kNow) {
        pool.pending_stake = {{staked.activation_epoch, kFrostPerWal}};
    } else {
        pool.wal_balance = pool.num_shares = kFrostPerWal;
    }
    t.set_pool(pool);
    const std::string got = t.request(id);
    if (c.json.contains("error"))
        return c.expect("error", got, "staking_pool::" + c.text("error") + "(13)");
    c.expect("outcome", got, "success");
    if (got == "success")
        c.expect("withdraw", std::get<Withdrawing>(t.staked(id).state).withdraw_epoch,
                 relative(c.text("withdraw")));
}

}  // namespace

const std::map<std::string, Scenario>& pool_suites() {
    static const std::map<std::string, Scenario> suites = {
        {"stake_timing", stake_timing},
        {"staking_pool_scripts", staking_pool_scripts},
    };
    return suites;
}

}  // namespace walrus::vectors
