// SPDX-License-Identifier: Apache-2.0
// Properties over random histories: money is conserved, failures leave no trace, capacity stays
// what was sold, and equal histories give equal states however they are cut into blocks.
#include <gtest/gtest.h>

#include <random>

#include "ledger/random_program.hpp"

namespace walrus::ledger {
namespace {

using testing::account_key;
using testing::address_of;
using testing::TestLedger;

Digest state_digest(const MemoryState& state) {
    StateChanges all;
    all.objects = state.objects();
    all.balances = state.balances();
    return all.digest();
}

/// A random program as a transaction of Alice.
TransactionData random_transaction(TestLedger& ledger, std::mt19937_64& random) {
    Bytes bytes(20 + random() % 200);
    for (Byte& b : bytes) b = static_cast<Byte>(random());
    const auto options = ledger.options(account_key(1));
    TransactionData data;
    data.program = testing::RandomProgram(bytes, ledger, options.sender).make();
    data.sender = options.sender;
    data.gas.owner = options.sender;
    ValidDuring during;
    during.epoch_max = options.epoch;
    during.chain = {ledger.handles.chain.bytes};
    during.nonce = options.nonce;
    data.expiration = during;
    return data;
}

/// What the pools say is what lies below them.
void check_pools(const TestLedger& ledger) {
    std::map<ObjectId, StoragePoolInnerV1> said;    // by the table of blobs
    std::map<ObjectId, std::uint64_t> count, used;  // by pool
    std::map<ObjectId, ObjectId> pool_of;           // by the table
    for (const auto& [id, object] : ledger.state.objects()) {
        if (object->type.name == "PooledBlob") {
            const auto blob = ledger.read<PooledBlob>(id);
            ++count[blob.storage_pool_id];
            used[blob.storage_pool_id] += *encoded_bytes(100, blob.unencoded_size);
        }
        if (to_text(object->type).find("StoragePoolInnerV1") == std::string::npos) continue;
        const auto inner = ledger.read<Field<std::uint64_t, StoragePoolInnerV1>>(id).value;
        said[inner.blobs.id] = inner;
        pool_of[inner.blobs.id] = std::get<ObjectOwner>(object->owner).parent;
    }
    std::uint64_t blobs = 0;
    for (const auto& [table, inner] : said) {
        ASSERT_EQ(inner.blob_count, count[pool_of[table]]);
        ASSERT_EQ(inner.blobs.size, inner.blob_count);
        ASSERT_EQ(inner.used_encoded_bytes, used[pool_of[table]]);
        ASSERT_LE(inner.used_encoded_bytes, inner.storage.storage_size);
        blobs += inner.blob_count;
    }
    std::uint64_t all = 0;
    for (const auto& [pool, n] : count) all += n;
    ASSERT_EQ(blobs, all);  // none lies below a pool that is gone
}

class RandomPrograms : public ::testing::TestWithParam<std::uint32_t> {
public:
    static TestLedger make_ledger() {
        testing::Options options;
        options.protocol_revision = GetParam();
        return TestLedger(options);
    }
};
INSTANTIATE_TEST_SUITE_P(Revisions, RandomPrograms, ::testing::Values(0u, 1u));

TEST_P(RandomPrograms, ConserveMoneyAndFailWithoutATrace) {
    std::mt19937_64 random(7);
    TestLedger ledger = make_ledger();
    std::set<std::string> seen;  // types of objects that came to be
    std::size_t succeeded = 0;
    std::size_t failed = 0;
    std::map<std::string, int> failures;
    for (int i = 0; i < 3000; ++i) {
        if (i % 500 == 499) ledger.next_epoch();
        const Digest before = state_digest(ledger.state);
        const auto executed = ledger.try_run(random_transaction(ledger, random), account_key(1));
        if (!executed || !executed->effects.success()) {
            ASSERT_EQ(state_digest(ledger.state), before);
            ++failed;
            ++failures[testing::outcome(executed)];
        } else {
            ++succeeded;
        }
        ASSERT_EQ(ledger.total_wal(), Uint128{ledger.supply()}) << "after " << i;
        const SystemStateInnerV1 system = ledger.system();
        FutureAccountingRingBuffer ring = system.future_accounting;
        ASSERT_EQ((*ring_slot(ring, 0))->used_capacity, system.used_capacity_size);
        ASSERT_EQ((*ring_slot(ring, 0))->epoch, system.committee->epoch);
        if (!executed) continue;
        for (const ChangedObjectType& changed : executed->changed_types)
            seen.insert(changed.type.name);
        if (i % 10 == 0) check_pools(ledger);
        if (HasFatalFailure()) return;
    }
    // The generator reaches both.
    EXPECT_GT(succeeded, 300u);
    EXPECT_GT(failed, 300u);
    EXPECT_GT(failures.size(), 10u);
    for (const char* type : {"Blob", "Storage", "StoragePool", "PooledBlob", "SharedBlob",
                             "BlobBucket", "Exchange", "Subsidies"})
        EXPECT_TRUE(seen.contains(type)) << type;
    if (::testing::Test::HasFailure())
        for (const auto& [name, count] : failures) std::printf("%6d %s\n", count, name.c_str());
}

TEST_P(RandomPrograms, EffectsTellExactlyWhatChanged) {
    std::mt19937_64 random(8);
    TestLedger ledger = make_ledger();
    for (int i = 0; i < 1000; ++i) {
        const std::map<ObjectId, ObjectPtr> before = ledger.state.objects();
        const auto executed = ledger.try_run(random_transaction(ledger, random), account_key(1));
        if (!executed) continue;
        std::set<ObjectId> listed;
        for (const ObjectChange& change : executed->effects.changed_objects) {
            listed.insert(change.id);
            const auto old = before.find(change.id);
            ASSERT_EQ(change.input.has_value(), old != before.end());
            if (change.input) {
                ASSERT_EQ(change.input->version, old->second->version);
                ASSERT_EQ(change.input->digest.bytes, old->second->digest().bytes);
            }
            const ObjectPtr now = ledger.state.object(change.id);
            ASSERT_EQ(std::holds_alternative<ObjectWrite>(change.output), now != nullptr);
            if (now) {
                ASSERT_EQ(now->version, executed->effects.lamport_version);
                ASSERT_EQ(std::get<ObjectWrite>(change.output).digest.bytes, now->digest().bytes);
            }
            const bool created = change.operation == IdOperation::Created;
            ASSERT_FALSE(created && (change.input || !now));
            const bool deleted = change.operation == IdOperation::Deleted;
            ASSERT_FALSE(deleted && (!change.input || now));
        }
        for (const auto& [id, object] : before)
            if (!listed.contains(id)) {
                ASSERT_EQ(ledger.state.object(id), object);
            }
        for (const auto& [id, object] : ledger.state.objects())
            if (!listed.contains(id)) {
                ASSERT_TRUE(before.contains(id));
            }
        for (const BalanceChange& change : executed->balance_changes) ASSERT_NE(change.amount, 0);
    }
}

TEST(Determinism, BlocksOfAnySizeAndAnyCacheGiveTheSameStateAndEffects) {
    std::mt19937_64 random(9);
    TestLedger ledger;
    const MemoryState genesis = ledger.state;
    std::vector<CheckedTransaction> history;
    std::vector<Bytes> effects;
    for (int i = 0; i < 300; ++i) {
        auto checked = parse_unsigned_transaction(bcs::encode(random_transaction(ledger, random)));
        if (!checked) continue;
        AppliedBlock block =
            apply_block(ledger.state, ledger.context(), {&*checked, 1}, &ledger.cache);
        ledger.state.apply(block.changes);
        if (!block.results[0]) continue;
        effects.push_back(block.results[0]->effects_bcs);
        history.push_back(std::move(*checked));
    }
    ASSERT_GT(history.size(), 100u);
    for (const std::size_t size : {std::size_t{7}, history.size()}) {
        MemoryState state = genesis;
        std::vector<Bytes> again;
        for (std::size_t i = 0; i < history.size(); i += size) {
            const auto block = std::span(history).subspan(i, std::min(size, history.size() - i));
            AppliedBlock applied = apply_block(state, ledger.context(), block);
            for (const auto& result : applied.results) again.push_back(result->effects_bcs);
            state.apply(applied.changes);
        }
        EXPECT_EQ(again, effects);
        EXPECT_EQ(state_digest(state), state_digest(ledger.state));
    }
}

TEST(Determinism, ArbitraryBytesAreRefusedOrParsedNeverWorse) {
    std::mt19937_64 random(10);
    TestLedger ledger;
    const Bytes good = bcs::encode(register_blobs(ledger.handles, ledger.options(account_key(1)),
                                                  {testing::sample_blob(1, 100)}, kFrostPerWal));
    std::size_t parsed = 0;
    for (int i = 0; i < 20'000; ++i) {
        Bytes bytes = good;
        for (std::size_t k = 0; k <= random() % 4; ++k)
            bytes[random() % bytes.size()] = static_cast<Byte>(random());
        if (random() % 4 == 0) bytes.resize(random() % (bytes.size() + 1));
        const auto checked = parse_unsigned_transaction(bytes);
        if (!checked) continue;
        ++parsed;
        (void)simulate_transaction(ledger.state, ledger.context(), *checked);
    }
    EXPECT_GT(parsed, 1000u);
}

}  // namespace
}  // namespace walrus::ledger
