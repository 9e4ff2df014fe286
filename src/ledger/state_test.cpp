// SPDX-License-Identifier: Apache-2.0
// State: overlays, digests, genesis.
#include "ledger/state.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "ledger/testing.hpp"

namespace walrus::ledger {
namespace {

using testing::TestLedger;

Object sample_object(Byte id, ObjectVersion version) {
    Object object;
    object.id.bytes.fill(id);
    object.version = version;
    object.owner = AddressOwner{};
    object.type = make_struct({}, "a", "B");
    object.contents = to_bytes(object.id.view());
    return object;
}

TEST(Overlay, NestedChangesAreSeenAndDropped) {
    MemoryState memory;
    StateOverlay block(memory);
    block.put(sample_object(1, 1));
    {
        StateOverlay transaction(block);
        transaction.put(sample_object(1, 2));
        transaction.put(sample_object(2, 2));
        transaction.set_balance({Address{}, {1}}, 5);
        EXPECT_EQ(transaction.object(sample_object(1, 0).id)->version, 2u);
        EXPECT_EQ(block.object(sample_object(1, 0).id)->version, 1u);
        EXPECT_EQ(block.balance({Address{}, {1}}), 0u);
    }
    EXPECT_EQ(block.object(sample_object(2, 0).id), nullptr);
    {
        StateOverlay transaction(block);
        transaction.erase(sample_object(1, 0).id);
        transaction.set_balance({Address{}, {1}}, 7);
        transaction.mark_executed({});
        block.absorb(transaction);
        EXPECT_TRUE(transaction.empty());
    }
    EXPECT_EQ(block.object(sample_object(1, 0).id), nullptr);
    EXPECT_TRUE(block.executed({}));
    const StateChanges changes = block.take_changes();
    EXPECT_EQ(changes.balances.size(), 1u);
    EXPECT_EQ(changes.objects.size(), 1u);
    memory.apply(changes);
    EXPECT_EQ(memory.balance({Address{}, {1}}), 7u);
    EXPECT_TRUE(block.empty());
}

TEST(Overlay, ParametersReadThrough) {
    MemoryState memory;
    StateOverlay block(memory);
    block.set_parameter("a", Bytes{1});
    StateOverlay transaction(block);
    EXPECT_EQ(transaction.parameter("a"), Bytes{1});
    transaction.set_parameter("a", std::nullopt);
    EXPECT_EQ(transaction.parameter("a"), std::nullopt);
    EXPECT_EQ(block.parameter("a"), Bytes{1});
}

TEST(StateChanges, DigestCoversEveryPart) {
    StateChanges changes;
    changes.objects[sample_object(1, 1).id] = std::make_shared<const Object>(sample_object(1, 1));
    changes.balances[{Address{}, {1}}] = 5;
    changes.parameters["p"] = Bytes{1};
    std::set<Digest> seen{changes.digest()};
    StateChanges other = changes;
    other.objects[sample_object(1, 1).id] = nullptr;
    EXPECT_TRUE(seen.insert(other.digest()).second);
    other = changes;
    other.objects[sample_object(1, 1).id] = std::make_shared<const Object>(sample_object(1, 2));
    EXPECT_TRUE(seen.insert(other.digest()).second);
    other = changes;
    other.balances[{Address{}, {1}}] = 6;
    EXPECT_TRUE(seen.insert(other.digest()).second);
    other = changes;
    other.parameters["p"] = std::nullopt;
    EXPECT_TRUE(seen.insert(other.digest()).second);
}

TEST(Object, DigestIsTheDocumentedHash) {
    const Object object = sample_object(1, 2);
    bcs::Writer out;
    out.raw(as_bytes("Object::"));
    out.raw(object.id.bytes);
    out.fixed(std::uint64_t{2});
    out.u8(0);
    out.raw(Address{}.bytes);
    bcs::encode(out, object.type);
    out.bytes(object.contents);
    out.raw(TransactionDigest{}.bytes);
    EXPECT_EQ(object.digest().bytes, blake2b(out.view()).bytes);
    EXPECT_EQ(bcs::decode<Object>(bcs::encode(object)), object);
}

TEST(SystemState, DigestOverFieldsIsTheSameFromBytesAndFromTheNativeForm) {
    TestLedger ledger;
    const ObjectId id = system_state_field_id(ledger.genesis.ids.system, kSystemVersion);
    const ObjectPtr object = ledger.state.object(id);
    ASSERT_NE(object, nullptr);
    const ObjectDigest whole = object->digest();
    StateOverlay overlay(ledger.state, &ledger.cache);
    EXPECT_EQ(overlay.object_digest(id), whole);
    EXPECT_EQ(system_state_digest(*object, kSystemVersion, ledger.system()), whole);

    // Every field of the state is part of it.
    std::set<ObjectDigest> seen{whole};
    const auto differs = [&](auto change) {
        SystemStateInnerV1 inner = ledger.system();
        change(inner);
        EXPECT_TRUE(seen.insert(system_state_digest(*object, kSystemVersion, inner)).second);
    };
    differs([](auto& s) { ++s.total_capacity_size; });
    differs([](auto& s) { ++s.used_capacity_size; });
    differs([](auto& s) { ++s.storage_price_per_unit_size; });
    differs([](auto& s) { ++s.write_price_per_unit_size; });
    differs([](auto& s) { ++s.future_accounting.ring_buffer[5].rewards_to_distribute; });
    differs([](auto& s) { ++s.future_accounting.current_index; });
    differs([](auto& s) { s.deny_list_sizes.id.bytes[0] ^= 1; });
    differs([](auto& s) { s.event_blob_certification_state.latest_certified_blob.emplace(); });
    differs([](auto& s) {
        BlsCommittee committee = *s.committee;
        ++committee.epoch;
        s.committee = Frozen<BlsCommittee>(committee);
    });
}

TEST(SystemState, NativeFormIsWrittenOutOnceAndDecodesBack) {
    TestLedger ledger;
    const ObjectId id = system_state_field_id(ledger.genesis.ids.system, kSystemVersion);
    StateOverlay block(ledger.state, &ledger.cache);
    auto changed = std::make_shared<SystemStateInnerV1>(*block.system_state(id));
    changed->used_capacity_size = 77;
    Object envelope = *block.object(id);
    ++envelope.version;
    block.put_system_state(envelope, changed);
    const auto lazy = block.object_digest(id);
    EXPECT_TRUE(block.object_envelope(id)->contents.empty());
    EXPECT_EQ(block.object(id)->digest(), *lazy);
    const StateChanges changes = block.take_changes();
    ledger.state.apply(changes);
    EXPECT_EQ(ledger.system().used_capacity_size, 77u);
}

// -------------------------------------------------------------------------------------- genesis

TEST(Genesis, StateIsAsTheSpecificationSays) {
    TestLedger ledger;
    const LedgerIds& ids = ledger.genesis.ids;
    const SystemStateInnerV1 system = ledger.system();
    EXPECT_EQ(system.committee->epoch, 1u);
    EXPECT_EQ(system.committee->n_shards, 100u);
    EXPECT_EQ(system.total_capacity_size, 2'500'000'000'000u);
    EXPECT_EQ(system.storage_price_per_unit_size, 100'000u);
    EXPECT_EQ(system.write_price_per_unit_size, 20'000u);
    EXPECT_EQ(system.future_accounting.length, 53u);
    for (std::uint32_t i = 0; i < 53; ++i) {
        FutureAccountingRingBuffer ring = system.future_accounting;
        EXPECT_EQ((*ring_slot(ring, i))->epoch, 1 + i);
    }
    const auto staking =
        ledger.read<StakingInnerField>(staking_state_field_id(ids.staking, kStakingVersion)).value;
    EXPECT_EQ(staking.epoch, 1u);
    EXPECT_EQ(std::get<EpochChangeDone>(staking.epoch_state).time_ms, 1'700'000'000'000u);
    EXPECT_TRUE(staking.previous_committee.empty());
    EXPECT_FALSE(staking.next_committee.has_value());
    ASSERT_EQ(staking.committee.size(), 10u);
    ASSERT_EQ(system.committee->members.size(), 10u);
    std::uint16_t next = 0;
    for (std::size_t i = 0; i < 10; ++i) {
        const auto& [node, shards] = staking.committee[i];
        EXPECT_EQ(system.committee->members[i].node_id, node);
        EXPECT_EQ(system.committee->members[i].weight, shards.size());
        EXPECT_EQ(system.committee->members[i].public_key.size(), 96u);
        if (i > 0) {
            EXPECT_LT(staking.committee[i - 1].first, node);
        }
        for (const std::uint16_t shard : shards) EXPECT_EQ(shard, next++);
        const StakingPool pool = ledger.read<StakingPool>(node);
        EXPECT_EQ(pool.node_info.public_key, system.committee->members[i].public_key);
        EXPECT_EQ(pool.wal_balance, 1000 * kFrostPerWal);
    }
    EXPECT_EQ(next, 100);
    EXPECT_EQ(system.committee->total_aggregated_key.size(), 48u);
    EXPECT_EQ(ledger.total_wal(), Uint128{kWalSupplyFrost});
    EXPECT_EQ(ledger.context().epoch, 1u);
}

TEST(Genesis, EveryObjectBeginsWithItsIdAndHasVersionOne) {
    TestLedger ledger;
    for (const auto& [id, object] : ledger.state.objects()) {
        EXPECT_EQ(object->id, id);
        EXPECT_EQ(object->version, 1u);
        ASSERT_GE(object->contents.size(), 32u);
        EXPECT_TRUE(equal(ByteView(object->contents).first(32), id.view()));
        EXPECT_EQ(bcs::decode<Object>(bcs::encode(*object)), *object);
    }
}

TEST(Genesis, ChainIdDependsOnEveryParameterAndNothingElse) {
    const GenesisConfig config = testing::make_config({});
    EXPECT_EQ(chain_id(config), chain_id(testing::make_config({})));
    EXPECT_EQ(chain_id(config).bytes, blake2b(genesis_bytes(config)).bytes);
    GenesisConfig other = config;
    other.network_name = "other";
    EXPECT_NE(chain_id(other), chain_id(config));
    other = config;
    ++other.time_ms;
    EXPECT_NE(chain_id(other), chain_id(config));
    other = config;
    other.nodes[3].network_address += "0";
    EXPECT_NE(chain_id(other), chain_id(config));
    EXPECT_NE(make_genesis(other)->ids.system, make_genesis(config)->ids.system);
    EXPECT_EQ(make_genesis(config)->changes.digest(), make_genesis(config)->changes.digest());
    EXPECT_EQ(bcs::decode<GenesisConfig>(genesis_bytes(config)), config);
}

TEST(Genesis, WrongConfigurationsAreRefusedByName) {
    const auto refused = [](auto change, const std::string& word) {
        GenesisConfig config = testing::make_config({});
        change(config);
        const auto made = make_genesis(config);
        ASSERT_FALSE(made.has_value()) << word;
        EXPECT_NE(made.error().message.find(word), std::string::npos) << made.error().message;
    };
    refused([](auto& c) { c.format = 2; }, "format");
    refused([](auto& c) { c.n_shards = 3; }, "n_shards");
    refused([](auto& c) { c.max_epochs_ahead = 0; }, "max_epochs_ahead");
    refused([](auto& c) { c.max_epochs_ahead = 1001; }, "max_epochs_ahead");
    refused([](auto& c) { c.epoch_duration_ms = 0; }, "epoch_duration_ms");
    refused([](auto& c) { c.protocol_revision = 9; }, "protocol_revision");
    refused([](auto& c) { c.nodes.clear(); }, "nodes");
    refused([](auto& c) { c.n_shards = 9; }, "more nodes than shards");
    refused([](auto& c) { c.active_set_max = 9; }, "active_set_max");
    refused([](auto& c) { c.nodes[2].bls_public_key[5] ^= 1; }, "nodes[2].bls_public_key");
    refused([](auto& c) { c.nodes[2].bls_public_key = c.nodes[1].bls_public_key; }, "used twice");
    refused([](auto& c) { c.nodes[2].name = std::string(101, 'x'); }, "nodes[2].name");
    refused([](auto& c) { c.nodes[2].network_address.clear(); }, "nodes[2].network_address");
    refused([](auto& c) { c.nodes[2].commission_rate = 10'001; }, "commission_rate");
    refused([](auto& c) { c.nodes[2].stake = kFrostPerWal - 1; }, "nodes[2].stake");
    refused([](auto& c) { c.nodes[2].shard_count = 5; }, "shard_count");
    refused(
        [](auto& c) {
            for (auto& n : c.nodes) n.shard_count = 5;
        },
        "sum to 50");
    refused([](auto& c) { c.accounts[0].wal = c.wal_supply; }, "supply");
    refused([](auto& c) { c.nodes[0].stake = c.wal_supply; }, "wal_supply");
}

TEST(Genesis, ShardsAreGivenOrSharedOutEvenly) {
    testing::Options options;
    options.nodes = 7;
    options.n_shards = 10;
    const auto weights = [](const GenesisConfig& config) {
        const Genesis genesis = *make_genesis(config);
        MemoryState state;
        state.apply(genesis.changes);
        const auto inner = bcs::decode<SystemStateField>(
            state.object(system_state_field_id(genesis.ids.system, kSystemVersion))->contents);
        std::vector<int> out;
        for (const NodeId& node : genesis.nodes)
            for (const auto& member : inner->value.committee->members)
                if (member.node_id == node) out.push_back(member.weight);
        return out;
    };
    GenesisConfig config = testing::make_config(options);
    EXPECT_EQ(weights(config), (std::vector<int>{2, 2, 2, 1, 1, 1, 1}));
    for (auto& node : config.nodes) node.shard_count = 1;
    config.nodes[6].shard_count = 4;
    EXPECT_EQ(weights(config), (std::vector<int>{1, 1, 1, 1, 1, 1, 4}));
}

}  // namespace
}  // namespace walrus::ledger
