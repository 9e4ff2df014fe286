// SPDX-License-Identifier: Apache-2.0
// For tests: a ledger that lives in memory, seals what it is told to seal, and whose stream can be
// tampered with. Loop thread only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "chain/block.hpp"
#include "ledger/types.hpp"
#include "node/node.hpp"
#include "rpc/ledger_client.hpp"

namespace walrus::node {

class FakeLedger {
public:
    explicit FakeLedger(io::Loop& loop_) : loop(loop_), news(loop_) {
        package.bytes[31] = 0x77;
        system_object.bytes[31] = 1;
        staking_object.bytes[31] = 2;
        chain_id.bytes.fill(9);
    }

    /// One transaction with these events becomes a block.
    template <class... Events>
    TransactionDigest add_block(const Events&... events) {
        rpc::BlockTransaction transaction;
        transaction.digest.bytes[0] = static_cast<Byte>(blocks.size());
        transaction.digest.bytes[1] = static_cast<Byte>(blocks.size() >> 8);
        transaction.digest.bytes[31] = 1;
        transaction.effects_digest.bytes[5] = 5;
        (transaction.events.push_back(make_event(events)), ...);
        seal({transaction});
        return transaction.digest;
    }

    template <class Event>
    rpc::BlockEvent make_event(const Event& event) const {
        return {to_text(package) + "::events::" + std::string(Event::kName), bcs::encode(event)};
    }

    void seal(std::vector<rpc::BlockTransaction> transactions) {
        std::vector<chain::BlockTransaction> checked;
        for (const rpc::BlockTransaction& transaction : transactions) {
            chain::BlockTransaction out{transaction.digest, transaction.effects_digest, {}};
            for (const rpc::BlockEvent& event : transaction.events)
                out.events.push_back({*ledger::parse_struct_tag(event.type), event.contents});
            checked.push_back(std::move(out));
        }
        chain::SealedHeader header;
        chain::BlockSummary& summary = header.header.summary;
        summary.seq = summary.engine_height = blocks.size();
        summary.time_ms = 1000 + blocks.size();
        summary.epoch = epoch;
        summary.transaction_count = static_cast<std::uint32_t>(checked.size());
        summary.event_count = chain::event_count(checked);
        summary.effects_root = chain::effects_root(checked);
        summary.events_root = chain::events_root(checked);
        summary.prev_history_root = history.root();
        history.append(summary);
        header.header.history_root = history.root();
        if (last) {
            header.header.previous = chain::block_digest(last->header);
            header.previous_seal = chain::seal_digest(chain::seal_statement(chain_id, *last));
        }
        chain::seal(header, key, chain_id);
        last = header;
        rpc::BlockMessage block;
        block.seq = summary.seq;
        block.time_ms = summary.time_ms;
        block.epoch = epoch;
        block.sealed_header = bcs::encode(header);
        block.transactions = std::move(transactions);
        blocks.push_back(std::move(block));
        news.notify_all();
    }

    std::array<Byte, 32> sequencer_key() const {
        std::array<Byte, 32> out{};
        std::copy_n(key.public_key().bytes.begin(), 32, out.begin());
        return out;
    }

    /// System and Staking with a committee of these nodes.
    struct Member {
        NodeId id;
        bls::PublicKey key;
        std::vector<std::uint16_t> shards;
    };
    void set_committee(const std::vector<Member>& members, std::uint16_t shard_count,
                       Epoch of_epoch = 1, const std::vector<Member>& previous = {}) {
        ledger::BlsCommittee committee;
        committee.n_shards = shard_count;
        committee.epoch = of_epoch;
        committee.total_aggregated_key = Bytes(48, 0);
        ledger::StakingInnerV1 staking;
        staking.n_shards = shard_count;
        staking.epoch = of_epoch;
        for (const Member& member : previous)
            staking.previous_committee.emplace_back(member.id, member.shards);
        for (const Member& member : members) {
            const auto raw = member.key.to_uncompressed();
            committee.members.push_back({Bytes(raw.begin(), raw.end()),
                                         static_cast<std::uint16_t>(member.shards.size()),
                                         member.id});
            staking.committee.emplace_back(member.id, member.shards);
        }
        ledger::SystemStateInnerV1 system;
        system.committee = ledger::Frozen<ledger::BlsCommittee>(committee);

        ledger::System system_head;
        system_head.id = system_object;
        system_head.version = ledger::kSystemVersion;
        put(system_object, "system", "System", bcs::encode(system_head));
        ledger::Staking staking_head;
        staking_head.id = staking_object;
        staking_head.version = ledger::kStakingVersion;
        put(staking_object, "staking", "Staking", bcs::encode(staking_head));

        ledger::SystemStateField system_field;
        system_field.id = inner_id(system_object, ledger::kSystemVersion);
        system_field.name = ledger::kSystemVersion;
        system_field.value = system;
        put(system_field.id, "dynamic_field", "Field", bcs::encode(system_field));
        ledger::StakingInnerField staking_field;
        staking_field.id = inner_id(staking_object, ledger::kStakingVersion);
        staking_field.name = ledger::kStakingVersion;
        staking_field.value = staking;
        put(staking_field.id, "dynamic_field", "Field", bcs::encode(staking_field));
    }

    /// Where a node is reached.
    void set_address(const NodeId& id, std::string network_address) {
        ledger::StakingPool pool;
        pool.id = id;
        pool.node_info.network_address = std::move(network_address);
        put(id, "staking_pool", "StakingPool", bcs::encode(pool));
    }

    io::Loop& loop;
    io::Event news;
    Epoch epoch = 1;  ///< of the next block
    Address package;
    ObjectId system_object;
    ObjectId staking_object;
    ChainId chain_id;
    AccountKey key = *AccountKey::from_secret(SignatureScheme::Ed25519, Bytes(32, 0x42));
    std::vector<rpc::BlockMessage> blocks;
    std::map<ObjectId, ledger::Object> objects;
    bool reachable = true;
    /// What a proxy does to each block on its way; empty: nothing.
    std::function<void(rpc::BlockMessage&)> tamper;

private:
    static ObjectId inner_id(const ObjectId& parent, std::uint64_t version) {
        return ledger::dynamic_field_id(parent, ledger::primitive(ledger::TypeKind::U64),
                                        bcs::encode(version));
    }
    void put(const ObjectId& id, std::string module, std::string name, Bytes contents) {
        ledger::Object object;
        object.id = id;
        object.type = ledger::make_struct(package, std::move(module), std::move(name));
        object.contents = std::move(contents);
        objects[id] = std::move(object);
    }

    chain::History history;
    std::optional<chain::SealedHeader> last;
};

class FakeBlockStream final : public rpc::BlockStream {
public:
    FakeBlockStream(FakeLedger& ledger, std::uint64_t from) : ledger_(ledger), next_(from) {}
    io::Task<rpc::RpcResult<rpc::StreamItem>> next() override {
        constexpr std::uint64_t kHeartbeatUs = 50'000;
        if (next_ >= ledger_.blocks.size() && !fresh_ && !closed_)
            co_await ledger_.news.wait(kHeartbeatUs);
        fresh_ = false;
        if (closed_ || !ledger_.reachable)
            co_return failure(rpc::RpcCode::Unavailable, "the stream is closed");
        rpc::StreamItem item;
        item.head_seq = ledger_.blocks.size();
        if (next_ < ledger_.blocks.size()) {
            item.block = ledger_.blocks[next_++];
            if (ledger_.tamper) ledger_.tamper(*item.block);
        }
        co_return item;
    }
    void close() override {
        closed_ = true;
        ledger_.news.notify_all();
    }

private:
    FakeLedger& ledger_;
    std::uint64_t next_;
    bool fresh_ = true;  // the first item tells where the ledger is
    bool closed_ = false;
};

class FakeLedgerClient final : public rpc::LedgerClient {
public:
    explicit FakeLedgerClient(FakeLedger& ledger) : ledger_(ledger) {}

    io::Task<rpc::RpcResult<std::vector<std::optional<ledger::Object>>>> objects(
        std::vector<ObjectId> ids) override {
        if (!ledger_.reachable) co_return failure(rpc::RpcCode::Unavailable, "nobody there");
        std::vector<std::optional<ledger::Object>> out;
        for (const ObjectId& id : ids) {
            const auto it = ledger_.objects.find(id);
            out.push_back(it == ledger_.objects.end() ? std::nullopt : std::optional(it->second));
        }
        co_return out;
    }
    io::Task<rpc::RpcResult<std::unique_ptr<rpc::BlockStream>>> stream_blocks(
        std::uint64_t from) override {
        if (!ledger_.reachable) co_return failure(rpc::RpcCode::Unavailable, "nobody there");
        std::unique_ptr<rpc::BlockStream> stream = std::make_unique<FakeBlockStream>(ledger_, from);
        co_return std::move(stream);
    }

    io::Task<rpc::RpcResult<ChainId>> chain_id() override { return unused<ChainId>(); }
    io::Task<rpc::RpcResult<rpc::EpochInfo>> epoch() override { return unused<rpc::EpochInfo>(); }
    io::Task<rpc::RpcResult<rpc::TransactionResult>> transaction(TransactionDigest) override {
        return unused<rpc::TransactionResult>();
    }
    io::Task<rpc::RpcResult<std::uint64_t>> balance(Address, std::string) override {
        return unused<std::uint64_t>();
    }
    io::Task<rpc::RpcResult<rpc::ObjectPage>> owned_objects(Address, std::string, std::uint32_t,
                                                            std::optional<Bytes>) override {
        return unused<rpc::ObjectPage>();
    }
    io::Task<rpc::RpcResult<rpc::TransactionResult>> simulate(Bytes) override {
        return unused<rpc::TransactionResult>();
    }
    io::Task<rpc::RpcResult<rpc::TransactionResult>> execute(ledger::SignedTransaction) override {
        return unused<rpc::TransactionResult>();
    }
    io::Task<rpc::RpcResult<std::string>> wal_type(ObjectId) override {
        return unused<std::string>();
    }

private:
    template <class T>
    static io::Task<rpc::RpcResult<T>> unused() {
        co_return failure(rpc::RpcCode::Unimplemented, "a node does not ask this");
    }
    FakeLedger& ledger_;
};

}  // namespace walrus::node
