// SPDX-License-Identifier: Apache-2.0
#include "ledger/staking/assignment.hpp"

#include <algorithm>
#include <map>

#include "ledger/abort_codes.hpp"

namespace walrus::ledger {

namespace {

bool by_id(const CommitteeShards::value_type& a, const CommitteeShards::value_type& b) {
    return a.first < b.first;
}

}  // namespace

CommitteeShards first_committee(ShardCounts counts) {
    std::sort(counts.begin(), counts.end());
    CommitteeShards out;
    std::uint16_t shard = 0;
    for (const auto& [node, count] : counts) {
        if (count == 0) continue;
        std::vector<std::uint16_t> shards;
        for (std::uint16_t i = 0; i < count; ++i) shards.push_back(shard++);
        out.emplace_back(node, std::move(shards));
    }
    return out;
}

Executed<CommitteeShards> next_committee(const CommitteeShards& current,
                                         const ShardCounts& counts) {
    std::map<NodeId, std::size_t> places;  // in `counts`
    for (std::size_t i = 0; i < counts.size(); ++i) places.emplace(counts[i].first, i);

    std::vector<std::uint16_t> moving;
    std::vector<bool> settled(counts.size());
    struct Receiver {
        NodeId node;
        std::uint16_t count = 0;
        std::vector<std::uint16_t> shards;
    };
    std::vector<Receiver> growing;  // in the order of node ids
    CommitteeShards out;
    std::size_t before = 0;
    for (const auto& [node, shards] : current) {
        before += shards.size();
        const auto place = places.find(node);
        const std::uint16_t count = place == places.end() ? 0 : counts[place->second].second;
        if (count == 0) {
            moving.insert(moving.end(), shards.begin(), shards.end());
            continue;
        }
        settled[place->second] = true;
        if (count > shards.size()) {
            growing.push_back({node, count, shards});
            continue;
        }
        std::vector<std::uint16_t> kept = shards;
        while (kept.size() > count) {
            moving.push_back(kept.back());
            kept.pop_back();
        }
        out.emplace_back(node, std::move(kept));
    }
    std::size_t after = 0;
    for (const auto& [node, count] : counts) after += count;
    if (before != after)
        return move_abort(codes::committee::kInvalidShardAssignment,
                          std::to_string(after) + " shards after " + std::to_string(before));

    const auto fill = [&](Receiver receiver) {
        while (receiver.shards.size() < receiver.count) {
            receiver.shards.push_back(moving.back());
            moving.pop_back();
        }
        out.emplace_back(receiver.node, std::move(receiver.shards));
    };
    for (std::size_t i = 0; i < counts.size(); ++i)
        if (!settled[i] && counts[i].second > 0) fill({counts[i].first, counts[i].second, {}});
    for (Receiver& receiver : growing) fill(std::move(receiver));
    std::sort(out.begin(), out.end(), by_id);
    return out;
}

const std::vector<std::uint16_t>* find_member(const CommitteeShards& committee,
                                              const NodeId& node) {
    const auto found = std::lower_bound(committee.begin(), committee.end(),
                                        CommitteeShards::value_type{node, {}}, by_id);
    if (found == committee.end() || found->first != node) return nullptr;
    return &found->second;
}

CommitteeDiff committee_diff(const CommitteeShards& before, const CommitteeShards& after) {
    CommitteeDiff out;
    for (const auto& [node, shards] : before)
        if (!is_member(after, node)) out.left.push_back(node);
    for (const auto& [node, shards] : after)
        if (!is_member(before, node)) out.joined.push_back(node);
    return out;
}

}  // namespace walrus::ledger
