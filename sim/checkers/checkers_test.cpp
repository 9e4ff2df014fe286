// SPDX-License-Identifier: Apache-2.0
// The checkers themselves: they pass what is right and catch what is not.
#include <gtest/gtest.h>

#include "base/executor.hpp"
#include "bcs/bcs.hpp"
#include "ledger/genesis.hpp"
#include "protocol/parameters.hpp"
#include "redstuff/encode.hpp"
#include "sim/checkers/cursors.hpp"
#include "sim/checkers/durability.hpp"
#include "sim/checkers/money.hpp"
#include "sim/checkers/payments.hpp"
#include "sim/checkers/slivers.hpp"
#include "sim/world.hpp"
#include "store/node_store.hpp"

namespace walrus::sim {
namespace {

constexpr std::uint32_t kShards = 7;

ledger::GenesisConfig small_genesis() {
    ledger::GenesisConfig config;
    config.network_name = "checkers";
    config.n_shards = kShards;
    config.accounts.push_back({.address = Address::from(Bytes(32, 5)), .wal = 1000, .sui = 2000});
    Rng rng(1, "genesis");
    for (std::size_t i = 0; i < 2; ++i) {
        const auto key = bls::SecretKey::from_seed(rng.bytes(32));
        ledger::GenesisNode node;
        node.name = "node-" + std::to_string(i);
        node.network_address = "10.0.0.1:" + std::to_string(9000 + i);
        node.network_public_key[0] = 2;
        node.bls_public_key = key->public_key().to_bytes();
        node.owner = Address::from(Bytes(32, static_cast<Byte>(10 + i)));
        config.nodes.push_back(std::move(node));
    }
    return config;
}

std::unique_ptr<io::KeyValueStore> store_of(const ledger::Genesis& genesis) {
    io::WriteBatch batch;
    for (const auto& [id, object] : genesis.changes.objects) {
        batch.put(ledger::state_key(id), bcs::encode(*object));
    }
    for (const auto& [key, amount] : genesis.changes.balances) {
        batch.put(ledger::state_key(key), bcs::encode(amount));
    }
    auto store = io::make_memory_store();
    EXPECT_TRUE(store->write(batch, true).has_value());
    return store;
}

TEST(CheckMoney, GenesisHoldsItsSupply) {
    const ledger::GenesisConfig config = small_genesis();
    const auto genesis = ledger::make_genesis(config);
    ASSERT_TRUE(genesis.has_value()) << genesis.error().message;
    const auto store = store_of(*genesis);
    Findings findings;
    const MoneyHeld held = check_money(*store, config, genesis->ids, findings);
    EXPECT_TRUE(findings.violations.empty()) << findings.violations.front();
    EXPECT_EQ(held.wal(), config.wal_supply);
    EXPECT_EQ(held.sui_balances, config.sui_supply);
    EXPECT_EQ(held.wal_stakes, 2 * config.nodes[0].stake);
}

TEST(CheckMoney, AFrostTooMuchIsCaught) {
    const ledger::GenesisConfig config = small_genesis();
    auto genesis = ledger::make_genesis(config);
    ASSERT_TRUE(genesis.has_value());
    for (auto& [key, amount] : genesis->changes.balances) {
        if (key.owner == config.accounts[0].address) ++amount;
    }
    const auto store = store_of(*genesis);
    Findings findings;
    check_money(*store, config, genesis->ids, findings);
    EXPECT_EQ(findings.violations.size(), 2u);
}

/// A host whose node stores one blob; `spoil` changes the body of one sliver.
struct OneNode {
    explicit OneNode(bool spoil) : host(&world.add_host("node")) {
        const auto code = *CodeParameters::make(kShards);
        InlineExecutor executor;
        BufferPool pool(64 << 20);
        const Bytes content = world.rng("blob").bytes(10'000);
        const auto encoded = encode_blob(code, content, pool, executor);
        EXPECT_TRUE(encoded.has_value());
        id = encoded->blob_id();
        findings.stored.push_back({id, content});
        auto opened = store::NodeStore::open(host->environment(), "/node", {});
        EXPECT_TRUE(opened.has_value());
        store::SliverStore& slivers = (*opened)->slivers();
        put(slivers, store::RecordKey::metadata(id), encoded->metadata().encode());
        for (std::uint16_t shard = 0; shard < kShards; ++shard) {
            const SliverPairIndex pair = pair_of_shard(ShardIndex(shard), id, kShards);
            for (const Axis axis : {Axis::Primary, Axis::Secondary}) {
                Bytes body = encoded->sliver_body(pair, axis);
                if (spoil && shard == 3 && axis == Axis::Secondary) body[body.size() / 2] ^= 1;
                put(slivers, store::RecordKey::sliver(id, ShardIndex(shard), axis), body);
            }
            shards.emplace_back(shard);
        }
        EXPECT_TRUE(slivers.commit().has_value());
    }
    static void put(store::SliverStore& slivers, const store::RecordKey& key, ByteView payload) {
        EXPECT_TRUE(slivers.put(key, payload).has_value());
    }

    World world{WorldOptions{}};
    Host* host;
    BlobId id;
    std::vector<ShardIndex> shards;
    Findings findings;
};

TEST(CheckSlivers, GoodOnesPassAndAreCounted) {
    OneNode node(false);
    check_slivers(*node.host, "/node", kShards, node.findings);
    EXPECT_TRUE(node.findings.clean());
    EXPECT_EQ(node.findings.slivers_checked, 2 * kShards);
}

TEST(CheckSlivers, AWrongByteIsCaught) {
    OneNode node(true);
    check_slivers(*node.host, "/node", kShards, node.findings);
    EXPECT_EQ(node.findings.violations.size(), 1u);
    EXPECT_EQ(node.findings.slivers_checked, 2 * kShards - 1);
}

TEST(CheckDurability, ABlobThatNoQuorumHoldsIsCaught) {
    OneNode node(false);
    check_durability({{node.host, node.shards}}, "/node", kShards, node.findings);
    EXPECT_TRUE(node.findings.clean());
    const std::vector<ShardIndex> four(node.shards.begin(), node.shards.begin() + 4);
    check_durability({{node.host, four}}, "/node", kShards, node.findings);
    EXPECT_EQ(node.findings.violations.size(), 1u);
}

TEST(CheckPayments, TwoObjectsOfOneBlobAreCaught) {
    const auto store = io::make_memory_store();
    const auto put_blob = [&](Byte id, bool deletable) {
        ledger::Blob blob;
        blob.id = ObjectId::from(Bytes(32, id));
        blob.blob_id = BlobId::from(Bytes(32, 9));
        blob.deletable = deletable;
        ledger::Object object;
        object.id = blob.id;
        object.owner = ledger::AddressOwner{Address::from(Bytes(32, 5))};
        object.type = ledger::make_struct(Address::from(Bytes(32, 1)), "blob", "Blob");
        object.contents = bcs::encode(blob);
        io::WriteBatch batch;
        batch.put(ledger::state_key(object.id), bcs::encode(object));
        EXPECT_TRUE(store->write(batch, true).has_value());
    };
    Findings findings;
    put_blob(1, true);
    put_blob(2, false);
    EXPECT_EQ(check_payments(*store, findings), 2u);
    EXPECT_TRUE(findings.clean());
    put_blob(3, true);
    check_payments(*store, findings);
    EXPECT_EQ(findings.violations.size(), 1u);
}

TEST(CheckCursors, ForksAndLaggardsAreCaught) {
    store::LedgerCursor five;
    five.next_seq = 5;
    five.last_header = Bytes(10, 1);
    five.events = 8;
    store::LedgerCursor fork = five;
    fork.last_header = Bytes(10, 2);
    store::LedgerCursor behind = five;
    behind.next_seq = 4;
    Findings same;
    check_cursors({{"a", five}, {"b", five}}, 5, true, same);
    EXPECT_TRUE(same.clean());
    Findings forked;
    check_cursors({{"a", five}, {"b", fork}}, 5, true, forked);
    EXPECT_EQ(forked.violations.size(), 1u);
    Findings late;
    check_cursors({{"a", five}, {"b", behind}}, 5, false, late);
    EXPECT_TRUE(late.clean());
    check_cursors({{"a", five}, {"b", behind}}, 5, true, late);
    EXPECT_EQ(late.violations.size(), 1u);
    Findings ahead;
    check_cursors({{"a", five}}, 4, false, ahead);
    EXPECT_EQ(ahead.violations.size(), 1u);
}

}  // namespace
}  // namespace walrus::sim
