// SPDX-License-Identifier: Apache-2.0
#include "chain/prover.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "bcs/bcs.hpp"
#include "chain/executor.hpp"
#include "chain/testing.hpp"
#include "hash/blake2b.hpp"

namespace walrus::chain {
namespace {

using ledger::testing::account_key;
using ledger::testing::address_of;

const AccountKey kUser = account_key(1);
const Address kSomebody = address_of(account_key(50));
constexpr std::uint64_t kStartMs = 1'700'000'100'000;

SequencerKey key_bytes(const AccountKey& key) {
    SequencerKey out{};
    std::copy(key.public_key().bytes.begin(), key.public_key().bytes.end(), out.begin());
    return out;
}

/// One thread for every call.
class Threads final : public Executor {
public:
    std::size_t concurrency() const override { return 16; }
    void parallel_for(std::size_t count, FunctionRef<void(std::size_t)> body) override {
        std::vector<std::thread> threads;
        for (std::size_t i = 0; i < count; ++i) threads.emplace_back([&, i] { body(i); });
        for (std::thread& thread : threads) thread.join();
    }
};

/// A ledger in memory without a service: blocks as the test wants them.
class LedgerProofs : public ::testing::Test {
protected:
    LedgerProofs() : config(testing::TestNetwork::default_genesis()), sequencer(account_key(99)) {
        reopen(io::make_memory_store(), nullptr);
        handles = ledger::make_handles(database->ids());
    }
    void reopen(std::unique_ptr<io::KeyValueStore> store, Executor* workers) {
        executor.reset();
        auto opened = LedgerDatabase::open(std::move(store), config, key_bytes(sequencer), "test");
        WALRUS_CHECK(opened.has_value());
        database = std::move(*opened);
        auto made = BlockExecutor::make(*database, workers);
        WALRUS_CHECK(made.has_value());
        executor = std::move(*made);
    }
    ledger::TransactionOptions options(const AccountKey& sender) {
        ledger::TransactionOptions out;
        out.sender = address_of(sender);
        out.epoch = 1;
        out.nonce = nonce++;
        return out;
    }
    ledger::CheckedTransaction payment(Frost amount, Address to = kSomebody) {
        const auto data = ledger::send_coins(handles, options(kUser), handles.wal_type, amount, to);
        return *ledger::verify_transaction(ledger::sign_transaction(data, kUser));
    }
    ledger::CheckedTransaction registration(std::uint64_t number) {
        const auto blob = ledger::testing::sample_blob(number, config.n_shards, 1000);
        const auto cost = ledger::register_cost(blob.encoded_bytes, blob.epochs, 100'000, 20'000);
        const auto data =
            ledger::register_blobs(handles, options(kUser), {blob}, cost->storage + cost->write);
        return *ledger::verify_transaction(ledger::sign_transaction(data, kUser));
    }
    PreparedBlock prepare(std::vector<ledger::CheckedTransaction> transactions) {
        SequencedBlock block;
        block.time_ms = kStartMs + executor->head().next_seq;
        block.transactions = std::move(transactions);
        auto finalized = executor->finalize(block);
        WALRUS_CHECK(finalized.has_value() && finalized->prepared.has_value());
        seal_block(*finalized->prepared, sequencer, database->ids().chain);
        return std::move(*finalized->prepared);
    }
    std::vector<RecordPtr> commit(std::vector<ledger::CheckedTransaction> transactions) {
        const PreparedBlock prepared = prepare(std::move(transactions));
        WALRUS_CHECK(executor->commit(prepared).has_value());
        for (const RecordPtr& record : prepared.records)
            EXPECT_TRUE(record->executed.effects.success());
        return prepared.records;
    }
    /// The proof, checked as a stranger would check the file.
    proof::Proof prove(const proof::Subject& subject) {
        auto made = make_proof(*database, subject);
        EXPECT_TRUE(made) << made.error().message;
        const Bytes file = proof::encode(*made);
        const auto checked = proof::verify_proof(file, {key_bytes(sequencer), std::nullopt});
        EXPECT_TRUE(checked) << checked.error().message;
        EXPECT_EQ(checked->commit.chain_id, database->ids().chain);
        EXPECT_FALSE(proof::verify_proof(file, {key_bytes(kUser), std::nullopt}));
        return std::move(*made);
    }
    static proof::Subject subject(proof::Claim claim, ByteView id) {
        proof::Subject out;
        out.claim = claim;
        out.id = Digest::from(id);
        return out;
    }
    proof::Subject wal_balance(const Address& owner) const {
        proof::Subject out = subject(proof::Claim::Balance, owner.view());
        out.coin_type = ledger::balance_key(owner, handles.wal_type).coin_type;
        return out;
    }

    ledger::GenesisConfig config;
    AccountKey sequencer;
    std::unique_ptr<LedgerDatabase> database;
    std::unique_ptr<BlockExecutor> executor;
    ledger::LedgerHandles handles;
    std::uint32_t nonce = 1;
};

TEST_F(LedgerProofs, NothingIsProvedBeforeTheFirstBlock) {
    const auto made = make_proof(*database, wal_balance(kSomebody));
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, ChainCode::NotFound);
}

TEST_F(LedgerProofs, StateOfEveryKind) {
    const auto records = commit({payment(5), registration(1)});
    const ObjectId blob = testing::TestNetwork::created(*records[1], "Blob");
    const auto object = prove(subject(proof::Claim::Object, blob.view()));
    EXPECT_EQ(object.subject.claim, proof::Claim::Object);
    EXPECT_EQ(object.state->value, (*database->object(blob))->digest_preimage());
    // The system's state, whose digest is over its fields, and all else of genesis.
    const auto system = *database->object(database->ids().system);
    const auto field = ledger::system_state_field_id(
        system->id, bcs::decode_prefix<ledger::System>(system->contents)->version);
    const auto state = prove(subject(proof::Claim::Object, field.view()));
    EXPECT_TRUE(as_text(state.state->value).starts_with(proof::kObjectFieldsDomain));
    prove(subject(proof::Claim::Object, database->ids().staking.view()));
    const auto none = prove(subject(proof::Claim::Object, ObjectId{{1, 2, 3}}.view()));
    EXPECT_EQ(none.subject.claim, proof::Claim::NoObject);
    EXPECT_EQ(prove(wal_balance(kSomebody)).subject.amount, 5u);
    EXPECT_EQ(prove(wal_balance(address_of(account_key(77)))).subject.amount, 0u);
    proof::Subject supply;
    supply.claim = proof::Claim::Parameter;
    supply.name = ledger::kWalSupplyParameter;
    EXPECT_EQ(prove(supply).state->value.size(), 8u);
    supply.name = "gold";
    const auto unknown = make_proof(*database, supply);
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, ChainCode::NotFound);
}

TEST_F(LedgerProofs, EventsAndEffectsOfOldBlocks) {
    std::vector<RecordPtr> records;
    for (std::uint64_t i = 0; i < 11; ++i)
        for (const RecordPtr& record :
             commit({payment(1 + i), registration(2 * i), registration(2 * i + 1)}))
            records.push_back(record);
    for (const RecordPtr& record : records) {
        const ByteView id = record->executed.digest.view();
        const auto effects = prove(subject(proof::Claim::Effects, id));
        EXPECT_EQ(*effects.effects->effects, record->executed.effects_bcs);
        proof::Subject event = subject(proof::Claim::Event, id);
        for (; event.event_index < record->executed.events.size(); ++event.event_index) {
            const auto made = prove(event);
            EXPECT_EQ(made.event->contents, record->executed.events[event.event_index].contents);
            EXPECT_EQ(made.summary->summary.seq, record->position->block_seq);
        }
        const auto beyond = make_proof(*database, event);
        ASSERT_FALSE(beyond);
        EXPECT_EQ(beyond.error().code, ChainCode::NotFound);
    }
    const auto unknown =
        make_proof(*database, subject(proof::Claim::Effects, TransactionDigest{{9}}.view()));
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, ChainCode::NotFound);
}

TEST_F(LedgerProofs, TheRootIsThatOfTheWholeStateWhateverTheThreadsAndRestarts) {
    const auto report_root = [&] { return executor->head().last->header.summary.state_root; };
    Threads threads;
    std::vector<std::vector<ledger::CheckedTransaction>> blocks;
    for (std::uint64_t b = 0; b < 6; ++b) {
        auto& block = blocks.emplace_back();
        for (std::uint64_t i = 0; i < 40; ++i) {
            Address to;
            to.bytes.fill(static_cast<Byte>(i * 7 + b));
            block.push_back(payment(1 + i, to));
        }
        block.push_back(registration(b));
    }
    std::vector<Digest> roots;
    for (const auto& block : blocks) {
        commit(block);
        roots.push_back(report_root());
        EXPECT_EQ(*database->compute_state_root(), report_root());
    }
    EXPECT_TRUE(check_database(*database));
    // Again from genesis: on many threads, with a block dropped and the tree loaded anew between.
    reopen(io::make_memory_store(), &threads);
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        (void)prepare({payment(1), registration(100 + i)});
        if (i % 2 == 0) {
            ASSERT_TRUE(executor->reload());
        }
        commit(blocks[i]);
        EXPECT_EQ(report_root(), roots[i]) << i;
    }
}

TEST_F(LedgerProofs, TheCommitteeDigestIsThatOfTheSpecification) {
    commit({payment(1)});
    const auto staking = *database->object(database->ids().staking);
    const auto version = bcs::decode_prefix<ledger::Staking>(staking->contents)->version;
    const auto inner = *database->object(ledger::staking_state_field_id(staking->id, version));
    const auto state = bcs::decode<ledger::StakingInnerField>(inner->contents);
    const auto system = *database->object(database->ids().system);
    const auto system_version = bcs::decode_prefix<ledger::System>(system->contents)->version;
    const auto system_inner =
        *database->object(ledger::system_state_field_id(system->id, system_version));
    const auto field = bcs::decode<ledger::SystemStateField>(system_inner->contents);
    const auto record = committee_record(*field->value.committee, state->value);
    ASSERT_TRUE(record);
    ASSERT_EQ(record->members.size(), 4u);
    Bytes data{0x40, 1, 0, 0, 0, 4};
    std::size_t shards = 0;
    for (const auto& member : record->members) {
        append(data, member.node.view());
        append(data, member.key);
        data.push_back(static_cast<Byte>(member.shards.size()));
        for (const auto shard : member.shards) {
            data.push_back(static_cast<Byte>(shard));
            data.push_back(static_cast<Byte>(shard >> 8));
        }
        shards += member.shards.size();
    }
    EXPECT_EQ(shards, config.n_shards);
    for (std::size_t i = 1; i < record->members.size(); ++i)
        EXPECT_LT(record->members[i - 1].node, record->members[i].node);
    EXPECT_EQ(executor->head().last->header.committee_digest, blake2b(data));
}

TEST_F(LedgerProofs, RestartsAtAnyBlockFindTheTree) {
    auto disk = std::make_shared<io::MemoryStoreDisk>();
    reopen(std::move(*io::MemoryStore::open(disk)), nullptr);
    std::size_t stored = 0;
    for (std::uint64_t block = 0; block < 3 * kTreeBlocksMax; ++block) {
        Address to;
        to.bytes.fill(0xee);
        to.bytes[0] = static_cast<Byte>(block);
        commit({payment(1, to), registration(block)});
        const Digest root = executor->head().last->header.summary.state_root;
        if (database->tree_stored_seq() == block + 1) ++stored;
        if (block % 5 == 3 || database->tree_stored_seq() == block + 1) {
            executor.reset();
            database.reset();
            disk->power_cut();
            reopen(std::move(*io::MemoryStore::open(disk)), nullptr);
            EXPECT_EQ(*database->compute_state_root(), root) << block;
            EXPECT_EQ(database->load_tree()->root(), root);
        }
        EXPECT_EQ(prove(wal_balance(to)).subject.amount, 1u);
    }
    EXPECT_EQ(stored, 3u);
    const auto report = check_database(*database);
    EXPECT_TRUE(report) << report.error().message;
}

TEST_F(LedgerProofs, ProofsAreMadeWhileBlocksAreCommitted) {
    commit({payment(1)});
    std::atomic<bool> done{false};
    std::atomic<int> good{0};
    std::atomic<int> bad{0};
    const LedgerDatabase& stored = *database;
    const proof::Subject balance = wal_balance(kSomebody);
    const proof::Trust trust{key_bytes(sequencer), stored.ids().chain};
    std::thread prover([&] {
        while (!done) {
            const auto made = make_proof(stored, balance);
            if (made) {
                ++(proof::verify(*made, trust) ? good : bad);
            } else if (made.error().code != ChainCode::Busy) {
                ++bad;
            }
        }
    });
    for (std::uint64_t block = 0; block < 200; ++block) commit({payment(1), registration(block)});
    while (good < 10 && bad == 0) std::this_thread::yield();
    done = true;
    prover.join();
    EXPECT_EQ(bad, 0);
    EXPECT_GE(good, 10);
}

TEST_F(LedgerProofs, TheCheckFindsAnyChangedEntry) {
    for (std::uint64_t block = 0; block < 3; ++block) commit({payment(1), registration(block)});
    std::map<Byte, Bytes> one_of_each_kind;
    ASSERT_TRUE(database->store().scan({}, {}, [&](ByteView key, ByteView) {
        one_of_each_kind[key[0]] = to_bytes(key);
        return true;
    }));
    EXPECT_GE(one_of_each_kind.size(), 14u);
    for (const auto& [tag, key] : one_of_each_kind) {
        if (tag == 0) continue;  // the ledger's own name
        io::WriteBatch batch;
        ASSERT_TRUE(database->store().scan({}, {}, [&](ByteView k, ByteView value) {
            Bytes changed = to_bytes(value);
            // Values change, empty ones vanish.
            if (equal(k, key) && changed.empty()) return true;
            if (equal(k, key)) changed.back() ^= 1;
            batch.put(to_bytes(k), std::move(changed));
            return true;
        }));
        auto store = io::make_memory_store();
        ASSERT_TRUE(store->write(batch, true));
        auto opened = LedgerDatabase::open(std::move(store), config, key_bytes(sequencer), "test");
        EXPECT_FALSE(opened && check_database(**opened)) << int(tag);
    }
    EXPECT_TRUE(check_database(*database));
}

TEST_F(LedgerProofs, AWrongTreeIsNoticed) {
    commit({payment(1)});
    auto store = io::make_memory_store();
    // A copy of the ledger in which the tree is that of another moment.
    io::WriteBatch batch;
    ASSERT_TRUE(database->store().scan({}, {}, [&](ByteView key, ByteView value) {
        batch.put(to_bytes(key), to_bytes(value));
        return true;
    }));
    const auto root_node = *database->store().get(Bytes{0x30, 0});
    ASSERT_TRUE(root_node);
    Bytes changed = *root_node;
    changed.back() ^= 1;
    batch.put(Bytes{0x30, 0}, changed);
    ASSERT_TRUE(store->write(batch, true));
    auto opened = LedgerDatabase::open(std::move(store), config, key_bytes(sequencer), "test");
    ASSERT_TRUE(opened);
    const auto made = BlockExecutor::make(**opened);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, ChainCode::Corrupt);
    EXPECT_FALSE(make_proof(**opened, wal_balance(kSomebody)));
}

}  // namespace
}  // namespace walrus::chain
