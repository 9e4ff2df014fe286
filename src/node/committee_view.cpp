// SPDX-License-Identifier: Apache-2.0
#include "node/committee_view.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "ledger/object.hpp"
#include "ledger/types.hpp"

namespace walrus::node {
namespace {

using ledger::Object;

auto refuse(std::string why) {
    return failure(CommitteeCode::Contradiction, std::move(why));
}
auto try_again(std::string why) {
    return failure(CommitteeCode::Unavailable, std::move(why));
}

/// Pure part: the view from the four objects.
CommitteeResult make_view(const Object& system, const ledger::SystemStateInnerV1& system_inner,
                          const ledger::StakingInnerV1& staking, const CommitteeSource& source) {
    const ledger::BlsCommittee& committee = *system_inner.committee;
    if (committee.epoch != staking.epoch)
        return try_again(fmt::format("System is in epoch {}, Staking in epoch {}", committee.epoch,
                                     staking.epoch));
    CommitteeRecord record;
    record.epoch = committee.epoch;
    record.shard_count = committee.n_shards;
    record.package = system.type.address;
    for (const auto& [node, shards] : staking.committee)
        if (node == source.node_id)
            for (const std::uint16_t shard : shards) record.owned.push_back(ShardIndex(shard));
    std::sort(record.owned.begin(), record.owned.end());
    for (const ledger::BlsCommitteeMember& member : committee.members)
        if (member.node_id == source.node_id && !equal(member.public_key, source.protocol_key))
            return refuse("the committee has another protocol key for this node than its own");
    auto view = CommitteeView::make(std::move(record),
                                    std::make_shared<const ledger::StakingInnerV1>(staking));
    if (!view) return refuse("the ledger's committee is malformed");
    return view;
}

}  // namespace

ObjectId inner_id(const ObjectId& parent, std::uint64_t version) {
    return ledger::dynamic_field_id(parent, ledger::primitive(ledger::TypeKind::U64),
                                    bcs::encode(version));
}

std::shared_ptr<const CommitteeView> CommitteeView::make(
    CommitteeRecord record, std::shared_ptr<const ledger::StakingInnerV1> staking) {
    const auto code = CodeParameters::make(record.shard_count);
    if (!code) return nullptr;
    const auto in_range = [&](ShardIndex shard) { return shard.value < record.shard_count; };
    if (!std::all_of(record.owned.begin(), record.owned.end(), in_range)) return nullptr;
    if (!std::is_sorted(record.owned.begin(), record.owned.end())) return nullptr;
    return std::make_shared<const CommitteeView>(
        CommitteeView{std::move(record), *code, std::move(staking)});
}

bool CommitteeView::owns(ShardIndex shard) const {
    return std::binary_search(record.owned.begin(), record.owned.end(), shard);
}

io::Task<CommitteeResult> read_committee(rpc::LedgerClient& ledger, CommitteeSource source) {
    std::vector<ObjectId> heads{source.system_object, source.staking_object};
    const auto read_heads = co_await ledger.objects(std::move(heads));
    if (!read_heads) co_return try_again(read_heads.error().message);
    if (read_heads->size() != 2 || !(*read_heads)[0] || !(*read_heads)[1])
        co_return refuse("the ledger has no System or Staking object of the configured id");
    const Object& system = *(*read_heads)[0];
    const Object& staking = *(*read_heads)[1];
    const auto system_head = bcs::decode_prefix<ledger::System>(system.contents);
    const auto staking_head = bcs::decode_prefix<ledger::Staking>(staking.contents);
    if (!system_head || !staking_head)
        co_return refuse("the ledger's System or Staking object does not parse");

    std::vector<ObjectId> inner{inner_id(source.system_object, system_head->version),
                                inner_id(source.staking_object, staking_head->version)};
    const auto read_inner = co_await ledger.objects(std::move(inner));
    if (!read_inner) co_return try_again(read_inner.error().message);
    if (read_inner->size() != 2 || !(*read_inner)[0] || !(*read_inner)[1])
        co_return refuse("the ledger lacks the inner state of System or Staking");
    const auto system_inner =
        bcs::decode_prefix<ledger::SystemStateField>((*read_inner)[0]->contents);
    const auto staking_inner =
        bcs::decode_prefix<ledger::StakingInnerField>((*read_inner)[1]->contents);
    if (!system_inner || !staking_inner)
        co_return refuse("the inner state of System or Staking does not parse");
    co_return make_view(system, system_inner->value, staking_inner->value, source);
}

}  // namespace walrus::node
