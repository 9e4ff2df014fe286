// SPDX-License-Identifier: Apache-2.0
#include "client/network.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "crypto/bls.hpp"
#include "ledger/types.hpp"

namespace walrus::client {

namespace {

using ledger::Object;

ClientError no_such_object(const ObjectId& id, std::string_view what, const NetworkConfig& config) {
    return {
        ClientCode::NotFound,
        fmt::format("the ledger at {} has no {} object {} (named by {}): is this another network?",
                    config.rpc_urls.front(), what, to_text(id), config.source)};
}

ClientError unknown_layout(const ObjectId& id, std::string_view what, const std::string& why) {
    return {
        ClientCode::Refused,
        fmt::format("the {} object {} has a layout that this program does not know ({}): update "
                    "it",
                    what, to_text(id), why)};
}

/// The value of BCS contents; what may have been appended by later versions is ignored.
template <class T>
ClientResult<T> contents_as(const Object& object, std::string_view what) {
    auto value = bcs::decode_prefix<T>(object.contents);
    if (!value) return fail(unknown_layout(object.id, what, bcs::describe(value.error())));
    return std::move(*value);
}

ClientResult<ledger::ObjectVersion> initial_version(const Object& object, std::string_view what) {
    const auto* shared = std::get_if<ledger::SharedOwner>(&object.owner);
    if (shared == nullptr) return fail(unknown_layout(object.id, what, "it is not shared"));
    return shared->initial_version;
}

ObjectId inner_state_id(const ObjectId& parent, std::uint64_t version) {
    return ledger::dynamic_field_id(parent, ledger::primitive(ledger::TypeKind::U64),
                                    bcs::encode(version));
}

struct Pieces {
    Object system;
    Object staking;
    ledger::System system_head;
    ledger::SystemStateInnerV1 system_state;
    ledger::StakingInnerV1 staking_state;
    std::vector<ledger::StakingPool> pools;  // in committee order
};

io::Task<ClientResult<std::vector<Object>>> fetch_objects(rpc::LedgerClient& ledger,
                                                          std::vector<ObjectId> ids,
                                                          std::vector<std::string> what,
                                                          const NetworkConfig& config) {
    auto answer = co_await ledger.objects(ids);
    if (!answer) co_return fail(from_rpc(answer.error(), "reading the network's objects"));
    std::vector<Object> out;
    for (std::size_t i = 0; i < answer->size(); ++i) {
        if (!(*answer)[i])
            co_return fail(no_such_object(ids[i], what.size() == 1 ? what[0] : what[i], config));
        out.push_back(std::move(*(*answer)[i]));
    }
    co_return out;
}

io::Task<ClientResult<std::vector<ledger::StakingPool>>> fetch_pools(rpc::LedgerClient& ledger,
                                                                     const NetworkConfig& config,
                                                                     std::vector<ObjectId> ids) {
    std::vector<std::string> what = {"staking pool"};
    WALRUS_CO_TRY(objects, co_await fetch_objects(ledger, std::move(ids), what, config));
    std::vector<ledger::StakingPool> out;
    for (const Object& object : objects) {
        WALRUS_CO_TRY(pool, contents_as<ledger::StakingPool>(object, "staking pool"));
        out.push_back(std::move(pool));
    }
    co_return out;
}

io::Task<ClientResult<Pieces>> fetch_pieces(rpc::LedgerClient& ledger,
                                            const NetworkConfig& config) {
    Pieces out;
    std::vector<ObjectId> ids = {config.system_object, config.staking_object};
    std::vector<std::string> what = {"system", "staking"};
    WALRUS_CO_TRY(heads, co_await fetch_objects(ledger, ids, what, config));
    out.system = std::move(heads[0]);
    out.staking = std::move(heads[1]);
    WALRUS_CO_TRY(system, contents_as<ledger::System>(out.system, "system"));
    WALRUS_CO_TRY(staking, contents_as<ledger::Staking>(out.staking, "staking"));
    out.system_head = system;

    ids = {inner_state_id(config.system_object, system.version),
           inner_state_id(config.staking_object, staking.version)};
    what = {"system state", "staking state"};
    WALRUS_CO_TRY(inner, co_await fetch_objects(ledger, ids, what, config));
    WALRUS_CO_TRY(system_field, contents_as<ledger::SystemStateField>(inner[0], "system state"));
    WALRUS_CO_TRY(staking_field, contents_as<ledger::StakingInnerField>(inner[1], "staking state"));
    out.system_state = std::move(system_field.value);
    out.staking_state = std::move(staking_field.value);

    ids.clear();
    for (const auto& member : out.system_state.committee->members) ids.push_back(member.node_id);
    WALRUS_CO_TRY(pools, co_await fetch_pools(ledger, config, std::move(ids)));
    out.pools = std::move(pools);
    co_return out;
}

ClientResult<attest::BlsCommittee> committee_of(const Pieces& pieces, const ObjectId& system) {
    const ledger::BlsCommittee& committee = *pieces.system_state.committee;
    std::vector<attest::CommitteeMember> members;
    for (const ledger::BlsCommitteeMember& member : committee.members) {
        // The ledger checked the keys when they were registered.
        const auto key =
            bls::PublicKey::parse_uncompressed(member.public_key, bls::KeyCheck::Encoding);
        if (!key)
            return fail(unknown_layout(system, "system state", "a committee key is no point"));
        members.push_back({*key, member.weight, member.node_id});
    }
    auto out = attest::BlsCommittee::make(committee.epoch, std::move(members));
    if (!out) {
        return client_failure(ClientCode::Refused,
                              "the network has no committee yet: nothing can be stored or read");
    }
    return std::move(*out);
}

ClientResult<NodeInfo> node_of(const ledger::StakingPool& pool, const bls::PublicKey& key,
                               const NetworkConfig& config) {
    NodeInfo out;
    out.id = pool.id;
    out.name = pool.node_info.name;
    out.address.id = pool.id;
    out.address.network_address = pool.node_info.network_address;
    out.public_key = base64_encode(key.to_bytes());
    out.stake = pool.wal_balance;
    out.commission_rate = pool.commission_rate;
    if (!config.plain_http_nodes) {
        http::NetworkPublicKey network_key{};
        if (pool.node_info.network_public_key.size() != network_key.size())
            return fail(unknown_layout(pool.id, "staking pool", "its network key is not 33 bytes"));
        std::copy(pool.node_info.network_public_key.begin(),
                  pool.node_info.network_public_key.end(), network_key.begin());
        out.address.network_key = network_key;
    }
    return out;
}

/// Gives every node its shards; every shard must have exactly one node.
ClientResult<void> assign_shards(NetworkView& view, const ledger::CommitteeShards& shards,
                                 const ObjectId& staking) {
    constexpr std::uint16_t kNobody = 0xffff;
    view.node_of_shard.assign(view.shard_count(), kNobody);
    for (const auto& [node, indices] : shards) {
        const auto member = view.committee.index_of(node);
        if (!member)
            return fail(unknown_layout(staking, "staking state",
                                       "its committee is not the system's: the epoch is changing"));
        for (const std::uint16_t shard : indices) {
            if (shard >= view.shard_count() || view.node_of_shard[shard] != kNobody)
                return fail(
                    unknown_layout(staking, "staking state", "a shard is assigned wrongly"));
            view.node_of_shard[shard] = *member;
            view.nodes[*member].shards.emplace_back(shard);
        }
    }
    if (std::find(view.node_of_shard.begin(), view.node_of_shard.end(), kNobody) !=
        view.node_of_shard.end())
        return fail(unknown_layout(staking, "staking state", "a shard has no node"));
    return {};
}

/// The view of the committee before this one; see NetworkView::previous.
io::Task<ClientResult<std::shared_ptr<const NetworkView>>> load_previous(
    rpc::LedgerClient& ledger, const NetworkConfig& config, const ledger::StakingInnerV1& staking,
    CodeParameters code) {
    std::shared_ptr<const NetworkView> none;
    std::vector<ObjectId> ids;
    for (const auto& [node, shards] : staking.previous_committee) ids.push_back(node);
    if (ids.empty()) co_return none;
    WALRUS_CO_TRY(pools, co_await fetch_pools(ledger, config, std::move(ids)));
    std::vector<attest::CommitteeMember> members;
    for (std::size_t i = 0; i < pools.size(); ++i) {
        const auto key = bls::PublicKey::parse_uncompressed(pools[i].node_info.public_key,
                                                            bls::KeyCheck::Encoding);
        if (!key) co_return none;
        const auto& [node, shards] = staking.previous_committee[i];
        members.push_back({*key, static_cast<std::uint16_t>(shards.size()), node});
    }
    auto committee = attest::BlsCommittee::make(staking.epoch - 1, std::move(members));
    if (!committee || committee->shard_count() != code.shard_count()) co_return none;
    auto view = std::make_shared<NetworkView>(code, std::move(*committee));
    for (std::size_t i = 0; i < pools.size(); ++i) {
        WALRUS_CO_TRY(node, node_of(pools[i], view->committee.members()[i].public_key, config));
        view->nodes.push_back(std::move(node));
    }
    WALRUS_CO_CHECK_OK(assign_shards(*view, staking.previous_committee, config.staking_object));
    view->epoch = staking.epoch - 1;
    std::shared_ptr<const NetworkView> out = std::move(view);
    co_return out;
}

void set_epoch_facts(NetworkView& view, const Pieces& pieces) {
    view.epoch = pieces.system_state.committee->epoch;
    view.epoch_duration_ms = pieces.staking_state.epoch_duration_ms;
    if (const auto* done =
            std::get_if<ledger::EpochChangeDone>(&pieces.staking_state.epoch_state)) {
        view.phase = EpochPhase::ChangeDone;
        view.epoch_start_ms = done->time_ms;
    } else if (const auto* next =
                   std::get_if<ledger::NextParamsSelected>(&pieces.staking_state.epoch_state)) {
        view.phase = EpochPhase::NextParametersSelected;
        view.epoch_start_ms = next->time_ms;
    } else {
        view.phase = EpochPhase::ChangeSync;
    }
    view.epochs_ahead_max = pieces.system_state.future_accounting.length;
    view.storage_price = pieces.system_state.storage_price_per_unit_size;
    view.write_price = pieces.system_state.write_price_per_unit_size;
    view.capacity_bytes = pieces.system_state.total_capacity_size;
    view.used_bytes = pieces.system_state.used_capacity_size;
}

}  // namespace

std::string NetworkView::type_name(std::string_view module, std::string_view name) const {
    return fmt::format("{}::{}::{}", to_text(type_package), module, name);
}

io::Task<ClientResult<std::shared_ptr<const NetworkView>>> load_network_view(
    rpc::LedgerClient& ledger, const NetworkConfig& config) {
    auto chain = co_await ledger.chain_id();
    if (!chain) co_return fail(from_rpc(chain.error(), "reaching the ledger"));
    if (config.chain_id && *config.chain_id != *chain)
        co_return client_failure(ClientCode::Refused,
                                 fmt::format("the ledger at {} is chain {}, but {} names chain {}",
                                             config.rpc_urls.front(), to_text(*chain),
                                             config.source, to_text(*config.chain_id)));
    WALRUS_CO_TRY(pieces, co_await fetch_pieces(ledger, config));
    WALRUS_CO_TRY(committee, committee_of(pieces, config.system_object));
    const auto code = CodeParameters::make(committee.shard_count());
    if (!code)
        co_return client_failure(
            ClientCode::Refused,
            fmt::format("the network has {} shards; this program works with {} "
                        "to {}",
                        committee.shard_count(), kShardCountMin, kShardCountMax));
    auto view = std::make_shared<NetworkView>(*code, std::move(committee));
    for (std::size_t i = 0; i < pieces.pools.size(); ++i) {
        WALRUS_CO_TRY(node,
                      node_of(pieces.pools[i], view->committee.members()[i].public_key, config));
        view->nodes.push_back(std::move(node));
    }
    WALRUS_CO_CHECK_OK(assign_shards(*view, pieces.staking_state.committee, config.staking_object));
    set_epoch_facts(*view, pieces);

    view->chain_id = *chain;
    view->type_package = pieces.system.type.address;
    view->staking_object = config.staking_object;
    view->handles.chain = *chain;
    view->handles.package = pieces.system_head.package_id;
    view->handles.system = config.system_object;
    WALRUS_CO_TRY(version, initial_version(pieces.system, "system"));
    view->handles.system_initial_version = version;
    view->handles.staking = config.staking_object;
    WALRUS_CO_TRY(staking_version, initial_version(pieces.staking, "staking"));
    view->handles.staking_initial_version = staking_version;
    if (view->phase == EpochPhase::ChangeSync) {
        WALRUS_CO_TRY(previous,
                      co_await load_previous(ledger, config, pieces.staking_state, *code));
        view->previous = std::move(previous);
    }
    if (config.wal_type) {
        view->wal_type = *config.wal_type;
    } else {
        auto name = co_await ledger.wal_type(ObjectId::from(view->type_package.view()));
        if (!name) co_return fail(from_rpc(name.error(), "asking for the type of WAL"));
        view->wal_type = std::move(*name);
    }
    auto wal = ledger::parse_type_tag(view->wal_type);
    if (!wal)
        co_return client_failure(
            ClientCode::Refused,
            fmt::format("\"{}\" is not the name of a type (type of WAL)", view->wal_type));
    view->handles.wal_type = std::move(*wal);
    std::shared_ptr<const NetworkView> out = std::move(view);
    co_return out;
}

}  // namespace walrus::client
