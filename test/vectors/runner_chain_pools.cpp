// SPDX-License-Identifier: Apache-2.0
// The suites of chain.json about one staking pool: scripts of operations, and when stake counts.
#include <optional>

#include "ledger/staking/pool.hpp"
#include "protocol/constants.hpp"
#include "test/vectors/runner_chain_case.hpp"

namespace walrus::vectors {
namespace {

using namespace ledger;  // NOLINT: the runner speaks the ledger's words

class Rates final : public RateTable {
public:
    std::optional<ExchangeRate> find(Epoch epoch) const override {
        const auto found = rates_.find(epoch);
        if (found == rates_.end()) return std::nullopt;
        return found->second;
    }
    void add(Epoch epoch, const ExchangeRate& rate) override { rates_[epoch] = rate; }

private:
    std::map<Epoch, ExchangeRate> rates_;
};

/// A pool with its surroundings, and the stakes by their owners.
struct Script {
    explicit Script(Case& c_in) : c(c_in) {}

    PoolRef ref() { return {pool, rates, blocked}; }
    PoolEpoch now(const Json& step) const {
        return {epoch, selected, step.at("in_current").get<bool>(), step.at("in_next").get<bool>()};
    }
    StakedWal& stake_of(const Json& step) { return stakes.at(step.at("who").get<std::string>()); }

    /// Compares with the step's error; true if the step succeeded and had to.
    bool check(const Json& step, const std::string& got) {
        const std::string wanted = step.value("error", std::string("success"));
        c.expect(step.dump(), got, wanted);
        return got == "success" && wanted == "success";
    }

    void run(const Json& step) {
        const std::string op = step.at("op");
        // A step that fails leaves no trace.
        const StakingPool before = pool;
        const Frost blocked_before = blocked;
        if (!apply(op, step)) {
            pool = before;
            blocked = blocked_before;
        }
    }

    bool apply(const std::string& op, const Json& step) {
        if (op == "next") {
            ++epoch;
            selected = false;
        } else if (op == "select") {
            selected = true;
        } else if (op == "unblock") {
            blocked = 0;
        } else if (op == "advance") {
            const auto done = advance_pool(ref(), epoch, step.at("rewards").get<Frost>());
            return check(step, outcome_of(done));
        } else if (op == "stake") {
            PoolEpoch at;
            at.epoch = epoch;
            at.selected = selected;
            const auto made = stake(ref(), at, step.at("amount").get<Frost>());
            if (!check(step, outcome_of(made))) return false;
            stakes[step.at("who").get<std::string>()] = *made;
        } else if (op == "split") {
            const auto made = split_stake(stake_of(step), step.at("amount").get<Frost>());
            if (!check(step, outcome_of(made))) return false;
            stakes[step.at("into").get<std::string>()] = *made;
        } else if (op == "request") {
            return check(step, outcome_of(request_withdraw(ref(), now(step), stake_of(step))));
        } else if (op == "withdraw") {
            const auto paid = withdraw(ref(), now(step), stake_of(step));
            if (!check(step, outcome_of(paid))) return false;
            c.expect(step.dump(), *paid, step.at("expect"));
        } else if (op == "set_commission") {
            const auto rate = step.at("rate").get<std::uint16_t>();
            return check(step, outcome_of(set_next_commission(pool, epoch, rate)));
        } else if (op == "collect") {
            c.expect(step.dump(), collect_commission(ref()), step.at("expect"));
        } else if (op == "add_commission") {
            const auto done =
                add_commission(ref(), step.at("amount").get<Frost>(), step.at("block").get<bool>());
            return check(step, outcome_of(done));
        } else if (op == "extract_burn") {
            c.expect(step.dump(), extract_commission(ref()), step.at("expect"));
        } else if (op == "expect") {
            for (const auto& [what, value] : step.items())
                if (what != "op") expect(what, value);
        } else {
            c.fail("unknown op " + op);
        }
        return true;
    }

    void expect(const std::string& what, const Json& value) {
        if (what == "wal_balance") return c.expect(what, pool.wal_balance, value);
        if (what == "num_shares") return c.expect(what, pool.num_shares, value);
        if (what == "rewards_pool") return c.expect(what, pool.rewards_pool, value);
        if (what == "commission") return c.expect(what, pool.commission, value);
        if (what == "commission_rate") return c.expect(what, pool.commission_rate, value);
        if (what == "blocked") return c.expect(what, blocked, value);
        if (what == "empty") return c.expect(what, is_empty(pool), value);
        if (what == "balance_at") {
            for (const auto& [at, amount] : value.items()) {
                const auto got = wal_balance_at(pool, rates, static_cast<Epoch>(std::stoul(at)));
                c.expect("outcome", outcome_of(got), "success");
                if (got) c.expect("balance at " + at, *got, amount);
            }
        } else if (what == "activation") {
            for (const auto& [who, at] : value.items())
                c.expect(what, stakes.at(who).activation_epoch, at);
        } else if (what == "withdraw_epoch") {
            for (const auto& [who, at] : value.items())
                c.expect(what, std::get<Withdrawing>(stakes.at(who).state).withdraw_epoch, at);
        } else {
            c.fail("unknown expectation " + what);
        }
    }

    Case& c;
    StakingPool pool;
    Rates rates;
    Frost blocked = 0;
    Epoch epoch = 0;
    bool selected = false;
    std::map<std::string, StakedWal> stakes;
};

void staking_pool_scripts(Case& c) {
    c.fields({"initial_commission_bp", "created_after_committee_selection", "steps", "final"});
    Script script(c);
    script.selected = c.json.at("created_after_committee_selection").get<bool>();
    script.pool.commission_rate = c.json.at("initial_commission_bp").get<std::uint16_t>();
    script.pool.activation_epoch = script.selected ? 1 : 0;
    script.rates.add(script.pool.activation_epoch, FlatRate{});
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
    StakingPool pool;
    pool.latest_epoch = kNow;
    Rates rates;
    Frost blocked = 0;
    const PoolRef ref{pool, rates, blocked};
    PoolEpoch now{kNow, c.json.value("committee_selected", false), c.json.value("in_current", true),
                  c.json.value("in_next", false)};
    if (c.text("action") == "stake") {
        const auto made = stake(ref, now, kFrostPerWal);
        if (c.expect_outcome(outcome_of(made)))
            c.expect("activation", made->activation_epoch, relative(c.text("activation")));
        return;
    }
    c.expect("action", c.text("action"), "request");
    StakedWal staked;
    staked.principal = kFrostPerWal;
    staked.activation_epoch = c.json.contains("activation") ? relative(c.text("activation")) : kNow;
    const std::string got = outcome_of(request_withdraw(ref, now, staked));
    if (c.json.contains("error"))
        return c.expect("error", got, "staking_pool::" + c.text("error") + "(13)");
    c.expect("outcome", got, "success");
    if (got == "success")
        c.expect("withdraw", std::get<Withdrawing>(staked.state).withdraw_epoch,
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
