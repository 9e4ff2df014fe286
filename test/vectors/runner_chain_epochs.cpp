// SPDX-License-Identifier: Apache-2.0
// The suites of chain.json about the epoch machine and about votes; all by signed transactions.
#include <functional>

#include "ledger/governance_testing.hpp"
#include "test/vectors/runner_chain_case.hpp"

namespace walrus::vectors {
namespace {

using namespace ledger;  // NOLINT: the runner speaks the ledger's words
using ledger::testing::GovernanceLedger;
using ledger::testing::outcome;
using ledger::testing::StakingLedger;

constexpr std::uint64_t kEpochDurationMs = 604'800'000;
constexpr std::uint64_t kEpochZeroMs = 100'000'000;

/// Either of two errors that a case joins with " / ".
std::string either(Case& c, std::size_t which) {
    const std::string both = c.text("error");
    const std::size_t bar = both.find(" / ");
    if (bar == std::string::npos) return both;
    return which == 0 ? both.substr(0, bar) : both.substr(bar + 3);
}

// -------------------------------------------------------------------------------------- governance

/// Seven or six of the ten nodes vote for both; then both are executed.
void votes(Case& c) {
    GovernanceLedger t;
    const Bytes digest = GovernanceLedger::digest(1);
    for (std::size_t i = 0; i < c.u64("votes"); ++i) {
        c.expect("slashing vote", t.slash(i, 0), "success");
        c.expect("upgrade vote", outcome(t.try_vote(i, digest)), "success");
    }
    c.expect("weight", t.slashing_proposal(0)->voting_weight, c.json.at("weight"));
    const std::string slashed = t.execute_slash(0);
    const std::string upgraded = t.upgrade(digest);
    if (c.json.contains("error")) {
        c.expect("slashing", slashed, either(c, 0));
        c.expect("upgrade", upgraded, either(c, 1));
        return;
    }
    c.expect("passes", slashed == "success" && upgraded == "success", c.json.at("passes"));
}

const std::map<std::string, Scenario>& governance_scenarios() {
    static const std::map<std::string, Scenario> scenarios = {
        {"execute in later epoch",
         [](Case& c) {
             GovernanceLedger t;
             const Bytes digest = GovernanceLedger::digest(1);
             for (std::size_t i = 0; i < 7; ++i) {
                 c.expect("slashing vote", t.slash(i, 0), "success");
                 c.expect("upgrade vote", outcome(t.try_vote(i, digest)), "success");
             }
             t.base.change_epoch();
             c.expect("slashing", t.execute_slash(0), either(c, 0));
             c.expect("upgrade", t.upgrade(digest), either(c, 1));
         }},
        {"vote twice",
         [](Case& c) {
             GovernanceLedger t;
             const Bytes digest = GovernanceLedger::digest(1);
             c.expect("slashing vote", t.slash(1, 0), "success");
             c.expect("upgrade vote", outcome(t.try_vote(1, digest)), "success");
             c.expect("slashing", t.slash(1, 0), either(c, 0));
             c.expect("upgrade", outcome(t.try_vote(1, digest)), either(c, 1));
         }},
        {"vote for another node's pool",
         [](Case& c) {
             GovernanceLedger t;
             c.expect_error(
                 t.slash_as(t.base.nodes[1].owner, t.base.nodes[2].id, t.base.nodes[0].id));
         }},
        {"execute without proposal",
         [](Case& c) {
             GovernanceLedger t;
             c.expect_error(t.execute_slash(0));
         }},
        {"second upgrade voted before first committed",
         [](Case& c) {
             GovernanceLedger t;
             const Bytes first = GovernanceLedger::digest(1);
             const Bytes second = GovernanceLedger::digest(2);
             for (std::size_t i = 0; i < 7; ++i) {
                 c.expect("vote", outcome(t.try_vote(i, first)), "success");
                 c.expect("vote", outcome(t.try_vote(i, second)), "success");
             }
             c.expect("first", t.upgrade(first), "success");
             c.expect_error(t.upgrade(second));
         }},
        {"slash burns",
         [](Case& c) {
             GovernanceLedger t;
             c.expect("give", t.give(0, c.u64("commission")), "success");
             c.expect("commission", t.base.pool(0u).commission, c.json.at("commission"));
             const Frost supply = t.base.ledger.supply();
             for (std::size_t i = 0; i < 7; ++i) c.expect("vote", t.slash(i, 0), "success");
             c.expect("execute", t.execute_slash(0), "success");
             c.expect("after", t.base.pool(0u).commission, c.json.at("after"));
             c.expect("burned", supply - t.base.ledger.supply(), c.json.at("commission"));
         }},
    };
    return scenarios;
}

void governance_quorum(Case& c) {
    c.fields({"votes", "weight", "passes", "error", "commission", "after"});
    if (c.json.contains("votes")) return votes(c);
    const auto found = governance_scenarios().find(c.text("name"));
    if (found == governance_scenarios().end()) return c.fail("no scenario");
    found->second(c);
}

// ------------------------------------------------------------------------------------ epoch timing

testing::Options timing_options() {
    testing::Options options;
    options.epoch_duration_ms = kEpochDurationMs;
    return options;
}
constexpr const char* kTooEarly = "staking_inner::EWrongEpochState(0)";

/// The call is refused a millisecond before and accepted at its time.
void expect_earliest(Case& c, StakingLedger& t, std::uint64_t at_ms,
                     const std::function<std::string()>& call) {
    t.ledger.time_ms = at_ms - 1;
    c.expect("too early", call(), c.json.value("too_early_error", std::string(kTooEarly)));
    t.ledger.time_ms = at_ms;
    c.expect("in time", call(), "success");
}

void earliest(Case& c) {
    StakingLedger t(timing_options());
    const bool zero = c.json.at("epoch").is_number();
    const std::uint64_t start = t.ledger.time_ms;
    std::uint64_t due = 0;
    if (zero) {
        c.expect("epoch", c.json.at("epoch"), 0);
        c.expect("earliest", c.text("earliest"), "t0+Z");
        testing::rewind_to_epoch_zero(t, kEpochZeroMs);
        due = start + kEpochZeroMs;
    } else {
        c.expect("epoch", c.text("epoch"), "E>0");
    }
    if (c.text("call") == "voting_end") {
        if (!zero) {
            c.expect("earliest", c.text("earliest"), "done_ts + D/2 = done_ts + 302400000");
            due = start + 302'400'000;
        }
        return expect_earliest(c, t, due, [&] { return t.voting_end(); });
    }
    c.expect("call", c.text("call"), "initiate_epoch_change");
    if (zero) {
        // The vote cannot end before the epoch may: both are possible at one moment. That the call
        // is refused by time alone shows with the vote ended and the clock set back.
        t.ledger.time_ms = due;
        c.expect("voting_end", t.voting_end(), "success");
    } else {
        c.expect("earliest", c.text("earliest"), "done_ts + D");
        due = start + kEpochDurationMs;
        t.end_vote();
    }
    expect_earliest(c, t, due, [&] { return t.initiate(); });
    c.expect("epoch after", t.ledger.staking().epoch, zero ? 1 : 2);
}

const std::map<std::string, Scenario>& timing_scenarios() {
    static const std::map<std::string, Scenario> scenarios = {
        {"epoch_sync_done: 300k/700k stake with 300 shards",
         [](Case& c) {
             GenesisConfig config = testing::make_config({.nodes = 2, .n_shards = 300});
             config.nodes[0].stake = 300'000 * kFrostPerWal;
             config.nodes[1].stake = 700'000 * kFrostPerWal;
             StakingLedger t(config);
             t.end_vote();
             t.begin_epoch();
             c.expect("shards", std::vector<std::uint16_t>{t.weight(0), t.weight(1)},
                      c.json.at("shards"));
             c.expect("first", t.sync(0), "success");
             const auto done = [&] {
                 return std::holds_alternative<EpochChangeDone>(t.ledger.staking().epoch_state);
             };
             c.expect("done after the first", done(), false);
             c.expect("second", t.sync(1), "success");
             c.expect("done_after", c.text("done_after"), "second node");
             c.expect("done after the second", done(), true);
         }},
        {"sync done twice",
         [](Case& c) {
             StakingLedger t(timing_options());
             t.end_vote();
             t.begin_epoch();
             c.expect("once", t.sync(0), "success");
             c.expect_error(t.sync(0));
         }},
        {"sync done for other epoch",
         [](Case& c) {
             StakingLedger t(timing_options());
             t.end_vote();
             t.begin_epoch();
             c.expect_error(outcome(t.try_sync(0, 1)));
             c.expect_error(outcome(t.try_sync(0, 3)));
         }},
        {"PoP for wrong epoch or signer at registration",
         [](Case& c) {
             StakingLedger t(timing_options());
             const bls::SecretKey key = testing::node_key(77);
             const auto attempt = [&](Epoch epoch, Byte signer) {
                 testing::Candidate candidate;
                 const Address address = testing::address_of(testing::account_key(signer));
                 candidate.proof = to_bytes(attest::prove_possession(key, epoch, address).view());
                 return outcome(t.try_register(candidate, key));
             };
             c.expect("right", attempt(1, 1), "success");
             c.expect_error(attempt(2, 1));
             c.expect_error(attempt(1, 2));
         }},
        {"stake after selection joins only the following committee",
         [](Case& c) {
             StakingLedger t(timing_options());
             const std::size_t node = t.add_node();
             t.end_vote();
             t.stake(t.nodes[node].id, 1000 * kFrostPerWal);
             t.begin_epoch();
             t.sync_all();
             c.expect("next committee", t.weight(node), 0);
             t.change_epoch();
             c.expect("the one after", t.weight(node) > 0, true);
         }},
    };
    return scenarios;
}

void epoch_timing(Case& c) {
    c.fields({"epoch", "call", "earliest", "too_early_error", "shards", "done_after", "error"});
    if (c.json.contains("call")) return earliest(c);
    const auto found = timing_scenarios().find(c.text("name"));
    if (found == timing_scenarios().end()) return c.fail("no scenario");
    found->second(c);
}

}  // namespace

const std::map<std::string, Scenario>& epoch_suites() {
    static const std::map<std::string, Scenario> suites = {
        {"epoch_timing", epoch_timing},
        {"governance_quorum", governance_quorum},
    };
    return suites;
}

}  // namespace walrus::vectors
