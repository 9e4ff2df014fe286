// SPDX-License-Identifier: Apache-2.0
// The suites of chain.json about committees and rewards that test one pure function each.
#include "ledger/staking/active_set.hpp"
#include "ledger/staking/apportionment.hpp"
#include "ledger/staking/assignment.hpp"
#include "ledger/staking/rewards.hpp"
#include "test/vectors/runner_chain_case.hpp"

namespace walrus::vectors {
namespace {

using namespace ledger;  // NOLINT: the runner speaks the ledger's words

/// The id whose big-endian value is a small number, and back.
NodeId node_of(std::uint64_t number) {
    NodeId out;
    store_be(out.bytes.data() + 24, number);
    return out;
}
std::uint64_t number_of(const NodeId& node) {
    std::uint64_t out = 0;
    for (std::size_t i = 24; i < 32; ++i) out = out << 8 | node.bytes[i];
    return out;
}

void max_shards_case(Case& c) {
    c.fields({"n_nodes", "n_shards", "max"});
    c.expect("max", max_shards(c.u64("n_nodes"), static_cast<std::uint16_t>(c.u64("n_shards"))),
             c.json.at("max"));
}

void dhondt(Case& c) {
    c.fields({"n_shards", "stake", "stake_basis_points_of_1e19", "shards", "nodes_with_shards",
              "shards_first_100", "error"});
    std::vector<Frost> stakes;
    if (c.json.contains("stake")) {
        stakes = c.json.at("stake").get<std::vector<Frost>>();
    } else {
        constexpr Frost kBasisPoint = 1'000'000'000'000'000;  // of 10^19
        for (const Json& points : c.json.at("stake_basis_points_of_1e19"))
            stakes.push_back(points.get<Frost>() * kBasisPoint);
    }
    const auto shards = apportion(stakes, static_cast<std::uint16_t>(c.u64("n_shards")));
    if (!c.expect_outcome(outcome_of(shards))) return;
    if (c.json.contains("shards")) c.expect("shards", *shards, c.json.at("shards"));
    if (c.json.contains("nodes_with_shards")) {
        std::size_t holders = 0;
        for (const std::uint16_t count : *shards) holders += count > 0 ? 1 : 0;
        c.expect("nodes_with_shards", holders, c.json.at("nodes_with_shards"));
    }
    if (c.json.contains("shards_first_100"))
        c.expect("shards_first_100",
                 std::vector<std::uint16_t>(shards->begin(), shards->begin() + 100),
                 c.json.at("shards_first_100"));
}

ShardCounts counts_of(const Json& json) {
    ShardCounts out;
    for (const Json& pair : json)
        out.emplace_back(node_of(pair.at(0).get<std::uint64_t>()), pair.at(1).get<std::uint16_t>());
    return out;
}

void committee(Case& c) {
    c.fields({"initialize", "previous", "new_assignment_in_active_set_order", "result", "error"});
    Executed<CommitteeShards> made = CommitteeShards{};
    if (c.json.contains("initialize")) {
        made = first_committee(counts_of(c.json.at("initialize")));
    } else {
        CommitteeShards previous;
        for (const auto& [id, shards] : c.json.at("previous").items())
            previous.emplace_back(node_of(std::stoull(id)),
                                  shards.get<std::vector<std::uint16_t>>());
        std::sort(previous.begin(), previous.end());
        made = next_committee(previous, counts_of(c.json.at("new_assignment_in_active_set_order")));
    }
    if (!c.expect_outcome(outcome_of(made))) return;
    Json result = Json::object();
    for (const auto& [node, shards] : *made) result[std::to_string(number_of(node))] = shards;
    c.expect("sorted", std::is_sorted(made->begin(), made->end()), true);
    c.expect("result", result, c.json.at("result"));
}

void active_set(Case& c) {
    c.fields({"max_size", "threshold", "steps"});
    ActiveSet set;
    set.max_size = static_cast<std::uint16_t>(c.u64("max_size"));
    set.threshold_stake = c.u64("threshold");
    for (const Json& step : c.json.at("steps")) {
        const auto kept = insert_or_update(set, node_of(step.at("node").get<std::uint64_t>()),
                                           step.at("stake").get<Frost>());
        c.expect("outcome", outcome_of(kept), "success");
        if (!kept) return;
        std::vector<std::uint64_t> order;
        for (const ActiveSetEntry& entry : set.nodes) order.push_back(number_of(entry.node_id));
        c.expect("in_set", *kept, step.at("in_set"));
        c.expect("order", order, step.at("order"));
        c.expect("total", set.total_stake, step.at("total"));
    }
}

void reward_distribution(Case& c) {
    c.fields({"members", "weight_each", "weights", "used", "deny", "rewards", "burn", "distributed",
              "leftover", "leftover_to_next"});
    std::vector<std::uint16_t> weights;
    if (c.json.contains("weights")) {
        weights = c.json.at("weights").get<std::vector<std::uint16_t>>();
    } else {
        weights.assign(c.u64("members"), static_cast<std::uint16_t>(c.u64("weight_each")));
    }
    std::vector<RewardShare> shares;
    for (std::size_t i = 0; i < weights.size(); ++i)
        shares.push_back(
            {weights[i], c.json.at("deny").value(std::to_string(i), std::uint64_t{0})});
    const Frost burn = burn_share(c.u64("rewards"));
    c.expect("burn", burn, c.json.at("burn"));
    const Rewards got = distribute_rewards(shares, c.u64("used"), c.u64("rewards") - burn);
    const Json& wanted = c.json.at("distributed");
    for (std::size_t i = 0; i < shares.size(); ++i) {
        const std::string key = std::to_string(i);
        c.expect("node " + key, got.nodes[i],
                 wanted.contains(key) ? wanted.at(key) : wanted.at("others"));
    }
    c.expect("left", got.left,
             c.json.at(c.json.contains("leftover") ? "leftover" : "leftover_to_next"));
}

}  // namespace

const std::map<std::string, Scenario>& staking_suites() {
    static const std::map<std::string, Scenario> suites = {
        {"active_set", active_set},
        {"committee", committee},
        {"dhondt", dhondt},
        {"max_shards", max_shards_case},
        {"reward_distribution", reward_distribution},
    };
    return suites;
}

}  // namespace walrus::vectors
