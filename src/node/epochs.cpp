// SPDX-License-Identifier: Apache-2.0
#include "node/epochs.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/checked.hpp"
#include "io/log.hpp"
#include "ledger/object.hpp"
#include "ledger/staking/assignment.hpp"

namespace walrus::node {
namespace {

constexpr std::uint64_t kLookUs = 30'000'000;  ///< the longest wait between two looks
constexpr std::uint64_t kRetryUs = 1'000'000;  ///< after something did not work
constexpr std::uint64_t kSettleUs = 200'000;   ///< after something did
constexpr std::uint64_t kDelayMaxMs = 180'000;
constexpr std::uint64_t kDelayShare = 10;
constexpr std::uint32_t kCapabilitiesMax = 50;

std::uint64_t later(std::uint64_t since_ms, std::uint64_t delay_ms) {
    return checked_add(since_ms, delay_ms).value_or(~std::uint64_t{0});
}

}  // namespace

DueAction next_action(const ledger::StakingInnerV1& staking, std::uint64_t sync_seen_ms) {
    const std::uint64_t duration_ms = staking.epoch_duration_ms;
    if (const auto* done = std::get_if<ledger::EpochChangeDone>(&staking.epoch_state))
        return {EpochAction::EndVoting, later(done->time_ms, duration_ms / 2)};
    if (const auto* next = std::get_if<ledger::NextParamsSelected>(&staking.epoch_state))
        return {EpochAction::Initiate, later(next->time_ms, duration_ms)};
    return {EpochAction::ConcludeSync, later(sync_seen_ms, duration_ms)};
}

std::uint64_t delay_max_ms(std::uint64_t epoch_duration_ms) {
    return std::min(kDelayMaxMs, epoch_duration_ms / kDelayShare);
}

EpochDriver::EpochDriver(NodeContext& node, rpc::LedgerClient& ledger, io::Event& news)
    : node_(node),
      ledger_(ledger),
      news_(news),
      account_(Address{node.config.account->address().bytes}) {}

io::Task<void> EpochDriver::run() {
    while (!stopped_.cancelled()) {
        std::uint64_t pause_us = kRetryUs;
        auto facts = co_await read_facts();
        if (stopped_.cancelled()) break;
        // What cannot be believed is no ground for a transaction.
        if (facts && node_.ledger.may_sign()) {
            EpochFacts known = std::move(*facts);
            pause_us = co_await step(std::move(known));
        }
        if (stopped_.cancelled()) break;
        co_await news_.wait(std::min(pause_us, kLookUs), stopped_.token());
    }
}

io::Task<std::optional<EpochFacts>> EpochDriver::read_facts() {
    std::vector<ObjectId> heads{node_.config.system_object, node_.config.staking_object};
    const auto read = co_await ledger_.objects(std::move(heads));
    if (!read || read->size() != 2 || !(*read)[0] || !(*read)[1]) co_return std::nullopt;
    const ledger::Object& system = *(*read)[0];
    const ledger::Object& staking = *(*read)[1];
    const auto system_head = bcs::decode_prefix<ledger::System>(system.contents);
    const auto staking_head = bcs::decode_prefix<ledger::Staking>(staking.contents);
    const auto* system_owner = std::get_if<ledger::SharedOwner>(&system.owner);
    const auto* staking_owner = std::get_if<ledger::SharedOwner>(&staking.owner);
    if (!system_head || !staking_head || system_owner == nullptr || staking_owner == nullptr)
        co_return std::nullopt;
    std::vector<ObjectId> inner{inner_id(staking_head->id, staking_head->version)};
    const auto read_inner = co_await ledger_.objects(std::move(inner));
    if (!read_inner || read_inner->size() != 1 || !(*read_inner)[0]) co_return std::nullopt;
    auto field = bcs::decode_prefix<ledger::StakingInnerField>((*read_inner)[0]->contents);
    if (!field) co_return std::nullopt;
    EpochFacts out;
    out.handles.chain = node_.config.chain_id;
    out.handles.package = system_head->package_id;
    out.handles.system = system_head->id;
    out.handles.system_initial_version = system_owner->initial_version;
    out.handles.staking = staking_head->id;
    out.handles.staking_initial_version = staking_owner->initial_version;
    out.type_package = system.type.address;
    out.staking = std::move(field->value);
    out.protocol_revision = system_head->protocol_revision;
    co_return out;
}

std::uint64_t EpochDriver::delay_ms(Epoch epoch, EpochAction action, std::uint64_t duration_ms) {
    if (epoch != delays_epoch_) {
        delays_epoch_ = epoch;
        delays_ms_.clear();
    }
    const auto [place, fresh] = delays_ms_.try_emplace(action);
    if (fresh) place->second = node_.environment.random.below(delay_max_ms(duration_ms) + 1);
    return place->second;
}

io::Task<std::uint64_t> EpochDriver::step(EpochFacts facts) {
    const ledger::StakingInnerV1& staking = facts.staking;
    const Epoch epoch = staking.epoch;
    const std::uint64_t now_ms = node_.environment.clock.now_ms();
    if (epoch != sync_epoch_) {
        sync_epoch_ = epoch;
        sync_seen_ms_ = now_ms;
    }
    const bool member = ledger::is_member(staking.committee, node_.config.node_id);
    std::uint64_t pause_us = kLookUs;
    if ((member && attested_epoch_ < epoch) || voted_epoch_ < epoch) {
        auto capability = co_await find_capability(facts);
        if (!capability) co_return kRetryUs;
        if (voted_epoch_ < epoch) {
            const bool voted = co_await vote(facts, *capability);
            if (voted) co_return kSettleUs;  // the capability has a new version
        }
        if (member && attested_epoch_ < epoch) {
            const bool said = co_await attest(facts, *capability);
            if (said) co_return kSettleUs;
            pause_us = kRetryUs;
        }
    }
    const DueAction next = next_action(staking, sync_seen_ms_);
    // Only the ledger's own rules end a sync without a quorum.
    if (next.action == EpochAction::ConcludeSync && facts.protocol_revision == 0)
        co_return pause_us;
    const std::uint64_t at_ms =
        later(next.due_ms, delay_ms(epoch, next.action, staking.epoch_duration_ms));
    if (now_ms < at_ms) co_return std::min(pause_us, (at_ms - now_ms) * 1000);
    const ledger::TransactionOptions how = options(epoch);
    bool done = false;
    switch (next.action) {
        case EpochAction::EndVoting:
            done = co_await send(ledger::end_voting(facts.handles, how), "the end of the vote");
            break;
        case EpochAction::Initiate:
            done =
                co_await send(ledger::initiate_epoch_change(facts.handles, how), "the next epoch");
            break;
        case EpochAction::ConcludeSync:
            done = co_await send(ledger::conclude_sync(facts.handles, how), "the end of the sync");
            break;
    }
    co_return done ? kSettleUs : kRetryUs;
}

ledger::TransactionOptions EpochDriver::options(Epoch epoch) {
    ledger::TransactionOptions out;
    out.sender = account_;
    out.epoch = epoch;
    out.nonce = static_cast<std::uint32_t>(node_.environment.random.below(std::uint64_t{1} << 32));
    return out;
}

io::Task<bool> EpochDriver::send(ledger::TransactionData data, std::string_view what) {
    ledger::SignedTransaction transaction = ledger::sign_transaction(data, *node_.config.account);
    auto result = co_await ledger_.execute(std::move(transaction));
    if (!result) {
        io::log_info("node", "epochs: {}: {}", what, result.error().message);
        co_return false;
    }
    if (result->failure) {
        // Most often another node was faster.
        io::log_debug("node", "epochs: {}: {}", what, result->failure->description);
        co_return false;
    }
    io::log_info("node", "epochs: {}: done", what);
    co_return true;
}

io::Task<std::optional<EpochDriver::Capability>> EpochDriver::find_capability(EpochFacts facts) {
    const std::string type =
        fmt::format("{}::storage_node::StorageNodeCap", to_text(facts.type_package));
    std::optional<Bytes> token;
    do {
        auto page = co_await ledger_.owned_objects(account_, type, kCapabilitiesMax, token);
        if (!page) {
            io::log_info("node", "epochs: this node's capability: {}", page.error().message);
            co_return std::nullopt;
        }
        for (const ledger::Object& object : page->objects) {
            auto cap = bcs::decode_prefix<ledger::StorageNodeCap>(object.contents);
            if (!cap || cap->node_id != node_.config.node_id) continue;
            co_return Capability{ledger::object_ref(object), std::move(*cap)};
        }
        token = page->next_page_token;
    } while (token && !stopped_.cancelled());
    io::log_warn("node", "epochs: account {} has no capability of node {}", to_text(account_),
                 to_text(node_.config.node_id));
    co_return std::nullopt;
}

io::Task<bool> EpochDriver::attest(EpochFacts facts, Capability capability) {
    const Epoch epoch = facts.staking.epoch;
    if (capability.cap.last_epoch_sync_done >= epoch) {
        attested_epoch_ = epoch;
        co_return true;
    }
    // Everything that this node must hold is fetched elsewhere (ShardSync).
    if (node_.ledger.epoch_synced < epoch) co_return false;
    const bool sent =
        co_await send(ledger::attest_sync(facts.handles, options(epoch), capability.ref, epoch),
                      fmt::format("this node holds its shards of epoch {}", epoch));
    if (sent) attested_epoch_ = epoch;
    co_return sent;
}

io::Task<bool> EpochDriver::vote(EpochFacts facts, Capability capability) {
    const NodeVotes& wanted = node_.config.votes;
    std::vector<ObjectId> ids{ObjectId{node_.config.node_id.bytes}};
    const auto read = co_await ledger_.objects(std::move(ids));
    if (!read || read->size() != 1 || !(*read)[0]) co_return false;
    const auto pool = bcs::decode_prefix<ledger::StakingPool>((*read)[0]->contents);
    if (!pool) co_return false;
    const ledger::VotingParams& now = pool->voting_params;
    ledger::NodeChanges changes;
    if (wanted.storage_price && *wanted.storage_price != now.storage_price)
        changes.storage_price = wanted.storage_price;
    if (wanted.write_price && *wanted.write_price != now.write_price)
        changes.write_price = wanted.write_price;
    if (wanted.node_capacity && *wanted.node_capacity != now.node_capacity)
        changes.node_capacity = wanted.node_capacity;
    if (!changes.storage_price && !changes.write_price && !changes.node_capacity) {
        voted_epoch_ = facts.staking.epoch;
        co_return false;
    }
    const bool sent = co_await send(
        ledger::change_node(facts.handles, options(facts.staking.epoch), capability.ref, changes),
        "this node's votes");
    co_return sent;
}

}  // namespace walrus::node
