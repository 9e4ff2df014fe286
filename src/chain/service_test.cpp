// SPDX-License-Identifier: Apache-2.0
#include "chain/service.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "bcs/bcs.hpp"
#include "chain/testing.hpp"

namespace walrus::chain {
namespace {

using ledger::testing::account_key;
using ledger::testing::address_of;
using testing::TestNetwork;

const AccountKey kUser = account_key(1);
const AccountKey kOther = account_key(2);
const Address kSomebody = address_of(account_key(50));

class LedgerServiceTest : public ::testing::Test {
public:
    LedgerServiceTest() { net.open(); }

    LedgerService& service() { return *net.service; }

    ChainResult<RecordPtr> submit(ledger::SignedTransaction transaction) {
        std::optional<ChainResult<RecordPtr>> out;
        net.run([](LedgerService& s, ledger::SignedTransaction t,
                   std::optional<ChainResult<RecordPtr>>& result) -> io::Task<void> {
            auto answered = co_await s.submit(std::move(t));
            result.emplace(std::move(answered));
        }(service(), std::move(transaction), out));
        return std::move(*out);
    }
    /// All at the same time; results in the order of the transactions.
    std::vector<ChainResult<RecordPtr>> submit_all(std::vector<ledger::SignedTransaction> all) {
        std::vector<std::optional<ChainResult<RecordPtr>>> out(all.size());
        net.run(submit_all_task(net, std::move(all), out));
        std::vector<ChainResult<RecordPtr>> results;
        for (auto& result : out) results.push_back(std::move(*result));
        return results;
    }
    static io::Task<void> submit_one(LedgerService& s, ledger::SignedTransaction t,
                                     std::optional<ChainResult<RecordPtr>>& result) {
        auto answered = co_await s.submit(std::move(t));
        result.emplace(std::move(answered));
    }
    static io::Task<void> submit_all_task(TestNetwork& n,
                                          std::vector<ledger::SignedTransaction> all,
                                          std::vector<std::optional<ChainResult<RecordPtr>>>& out) {
        io::TaskGroup group(n.environment.loop);
        for (std::size_t i = 0; i < all.size(); ++i)
            group.add(submit_one(*n.service, std::move(all[i]), out[i]));
        co_await group.wait();
    }
    template <class T>
    T get(io::Task<ChainResult<T>> task) {
        std::optional<ChainResult<T>> out;
        net.run(get_task(std::move(task), out));
        EXPECT_TRUE(*out) << (*out ? "" : out->error().message);
        return std::move(**out);
    }
    template <class T>
    ChainResult<T> try_get(io::Task<ChainResult<T>> task) {
        std::optional<ChainResult<T>> out;
        net.run(get_task(std::move(task), out));
        return std::move(*out);
    }
    template <class T>
    static io::Task<void> get_task(io::Task<ChainResult<T>> task,
                                   std::optional<ChainResult<T>>& out) {
        auto result = co_await std::move(task);
        out.emplace(std::move(result));
    }
    Frost wal(const Address& owner) { return get(service().balance(owner, net.handles.wal_type)); }
    /// Every block is good and follows the one before; returns their number.
    std::uint64_t verify_chain() {
        const auto blocks = get(service().blocks(0, 1'000'000));
        std::optional<SealedHeader> previous;
        for (const BlockPtr& block : blocks) {
            const auto good = verify_sealed_header(
                previous, block->header, service().sequencer_key(), service().ids().chain);
            EXPECT_TRUE(good) << good.error().message;
            EXPECT_TRUE(verify_block_contents(block->header, block->transactions));
            previous = block->header;
        }
        EXPECT_EQ(blocks.size(), service().head().next_seq);
        return blocks.size();
    }
    ChainResult<CheckReport> check_stored() {
        net.close();
        auto store = io::MemoryStore::open(net.disk);
        auto database = LedgerDatabase::open(std::move(*store), std::nullopt, std::nullopt, "test");
        if (!database) return tl::make_unexpected(database.error());
        return check_database(**database);
    }

    TestNetwork net;
};

TEST_F(LedgerServiceTest, GenesisIsReadable) {
    EXPECT_EQ(service().head().next_seq, 0u);
    EXPECT_EQ(wal(address_of(kUser)), 1'000'000 * kFrostPerWal);
    EXPECT_EQ(wal(kSomebody), 0u);
    std::vector<ObjectId> ids{service().ids().system, ObjectId{{1}}, service().ids().staking};
    const auto objects = get(service().objects(ids));
    ASSERT_EQ(objects.size(), 3u);
    ASSERT_TRUE(objects[0] && !objects[1] && objects[2]);
    EXPECT_EQ(objects[0]->type.name, "System");
    const EpochInfo epoch = get(service().epoch());
    EXPECT_EQ(epoch.epoch, 1u);
    EXPECT_EQ(epoch.start_ms, net.config.time_ms);
    const auto function =
        get(service().function(service().ids().package, "staking", "stake_with_pool"));
    EXPECT_EQ(function.name, "stake_with_pool");
    const auto none = try_get(service().function(service().ids().package, "staking", "steal"));
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, ChainCode::NotFound);
}

TEST_F(LedgerServiceTest, ATransactionIsInABlockWhenItIsAnswered) {
    const auto record = submit(net.payment(kUser, kSomebody, 7));
    ASSERT_TRUE(record) << record.error().message;
    EXPECT_TRUE((*record)->executed.effects.success());
    EXPECT_EQ((*record)->position->block_seq, 0u);
    EXPECT_EQ((*record)->time_ms, net.clock.now_ms());
    EXPECT_EQ(net.disk->unsynced_changes(), 0u);
    EXPECT_EQ(wal(kSomebody), 7u);
    EXPECT_EQ(verify_chain(), 1u);
    const auto found = get(service().transaction((*record)->executed.digest));
    EXPECT_EQ(found->executed.effects_bcs, (*record)->executed.effects_bcs);
    EXPECT_EQ(encode_record(*found), encode_record(**record));
}

TEST_F(LedgerServiceTest, SameBytesAgainGiveTheFirstResultAndChargeNothing) {
    const auto transaction = net.registration(kUser, 1);
    const auto first = submit(transaction);
    ASSERT_TRUE(first && (*first)->executed.effects.success());
    const Frost after = wal(address_of(kUser));
    EXPECT_LT(after, 1'000'000 * kFrostPerWal);
    const auto again = submit(transaction);
    ASSERT_TRUE(again);
    EXPECT_EQ((*again)->executed.effects_bcs, (*first)->executed.effects_bcs);
    EXPECT_EQ((*again)->position->block_seq, 0u);
    // The same after a crash, and in flight several times at once.
    net.power_cut();
    net.open();
    const auto third = submit(transaction);
    ASSERT_TRUE(third);
    EXPECT_EQ((*third)->executed.effects_bcs, (*first)->executed.effects_bcs);
    const auto many = net.payment(kUser, kSomebody, 5);
    for (const auto& result : submit_all(std::vector(20, many))) {
        ASSERT_TRUE(result);
        EXPECT_EQ((*result)->position->block_seq, 1u);
    }
    EXPECT_EQ(wal(address_of(kUser)), after - 5);
    EXPECT_EQ(verify_chain(), 2u);
}

TEST_F(LedgerServiceTest, RefusedTransactionsLeaveNoTrace) {
    auto forged = net.payment(kUser, kSomebody, 5);
    forged.signatures = net.payment(kOther, kSomebody, 5).signatures;
    auto expired = net.payment(kUser, kSomebody, 5);
    ledger::TransactionOptions late = net.transaction_options(kUser);
    late.epoch = 7;
    const auto future = ledger::sign_transaction(
        ledger::send_coins(net.handles, late, net.handles.wal_type, 5, kSomebody), kUser);
    ledger::SignedTransaction garbage{Bytes(100, 0xee), {Bytes(97, 0)}};
    ledger::SignedTransaction huge{Bytes(ledger::kTransactionBytesMax + 1, 0), {}};
    for (const auto& bad : {forged, future, garbage, huge}) {
        const auto result = submit(bad);
        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().code, ChainCode::Rejected) << result.error().message;
    }
    EXPECT_EQ(service().head().next_seq, 0u);
    EXPECT_EQ(wal(kSomebody), 0u);
}

TEST_F(LedgerServiceTest, AFailedTransactionIsRecordedWithItsName) {
    const auto blob = ledger::testing::sample_blob(1, net.config.n_shards, 1000);
    auto far = blob;
    far.epochs = 500;
    const auto data =
        ledger::register_blobs(net.handles, net.transaction_options(kUser), {far}, kFrostPerWal);
    const auto result = submit(ledger::sign_transaction(data, kUser));
    ASSERT_TRUE(result) << result.error().message;
    const auto& failure = (*result)->executed.effects.failure;
    ASSERT_TRUE(failure);
    EXPECT_EQ(wal(address_of(kUser)), 1'000'000 * kFrostPerWal);
    net.power_cut();
    net.open();
    const auto stored = get(service().transaction((*result)->executed.digest));
    ASSERT_TRUE(stored->executed.effects.failure);
    EXPECT_EQ(stored->executed.effects.failure->name(), failure->name());
    EXPECT_EQ(stored->executed.effects.failure->description, failure->description);
    EXPECT_EQ(encode_record(*stored), encode_record(**result));
}

TEST_F(LedgerServiceTest, ManyAtOnceShareBlocks) {
    std::vector<ledger::SignedTransaction> all;
    for (int i = 0; i < 600; ++i) all.push_back(net.payment(i % 2 ? kUser : kOther, kSomebody, 1));
    for (const auto& result : submit_all(std::move(all))) ASSERT_TRUE(result);
    EXPECT_EQ(wal(kSomebody), 600u);
    const std::uint64_t blocks = verify_chain();
    EXPECT_LT(blocks, 300u);
    EXPECT_GE(blocks, 3u);  // at most 256 in one
    const auto report = check_stored();
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->transactions, 600u);
    EXPECT_EQ(report->blocks, blocks);
}

TEST_F(LedgerServiceTest, AFullQueueAnswersBusy) {
    net.close();
    net.options.limits.pending_max = 10;
    net.open();
    std::vector<ledger::SignedTransaction> all;
    for (int i = 0; i < 200; ++i) all.push_back(net.payment(kUser, kSomebody, 1));
    std::size_t done = 0;
    for (const auto& result : submit_all(std::move(all))) {
        if (result) {
            ++done;
        } else {
            EXPECT_EQ(result.error().code, ChainCode::Busy);
        }
    }
    EXPECT_GE(done, 10u);
    EXPECT_LT(done, 200u);
    EXPECT_EQ(wal(kSomebody), done);
}

TEST_F(LedgerServiceTest, IdleMakesNoBlocksAndTimeNeverGoesBack) {
    ASSERT_TRUE(submit(net.payment(kUser, kSomebody, 1)));
    const std::uint64_t first_ms = service().head().time_ms;
    net.clock.now_ -= 60'000;
    ASSERT_TRUE(submit(net.payment(kUser, kSomebody, 1)));
    EXPECT_EQ(service().head().time_ms, first_ms);
    net.clock.now_ += 61'000;
    ASSERT_TRUE(submit(net.payment(kUser, kSomebody, 1)));
    EXPECT_EQ(service().head().time_ms, first_ms + 1'000);
    EXPECT_EQ(service().head().next_seq, 3u);
    EXPECT_EQ(verify_chain(), 3u);
}

TEST_F(LedgerServiceTest, SimulationChangesNothingAndPredictsTheResult) {
    const auto transaction = net.registration(kUser, 3);
    const Digest before = get(service().state_digest());
    const auto simulated = get(service().simulate(transaction.data));
    EXPECT_TRUE(simulated->executed.effects.success());
    EXPECT_FALSE(simulated->position);
    EXPECT_EQ(get(service().state_digest()), before);
    EXPECT_EQ(service().head().next_seq, 0u);
    const auto executed = submit(transaction);
    ASSERT_TRUE(executed);
    EXPECT_EQ((*executed)->executed.effects_bcs, simulated->executed.effects_bcs);
    const auto bad = try_get(service().simulate(Bytes{1, 2, 3}));
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().code, ChainCode::Rejected);
}

TEST_F(LedgerServiceTest, OwnedObjectsComeInPagesByType) {
    std::vector<ObjectId> blobs;
    for (std::uint64_t i = 0; i < 7; ++i) {
        const auto record = submit(net.registration(kUser, i));
        ASSERT_TRUE(record && (*record)->executed.effects.success());
        blobs.push_back(TestNetwork::created(**record, "Blob"));
    }
    std::sort(blobs.begin(), blobs.end());
    const Address owner = address_of(kUser);
    const auto blob_type =
        ledger::make_struct(Address::from(service().ids().package.view()), "blob", "Blob");
    std::vector<ObjectId> seen;
    std::optional<Bytes> token;
    std::size_t pages = 0;
    do {
        const OwnedPage page = get(service().owned_objects(owner, blob_type, 3, token));
        ++pages;
        for (const auto& object : page.objects) seen.push_back(object->id);
        token = page.next_token;
    } while (token);
    EXPECT_EQ(pages, 3u);
    EXPECT_EQ(seen, blobs);
    // A page that ends exactly at the end has no next one.
    EXPECT_FALSE(get(service().owned_objects(owner, blob_type, 7, std::nullopt)).next_token);
    EXPECT_EQ(get(service().owned_objects(owner, std::nullopt, 0, std::nullopt)).objects.size(),
              7u);
    const auto coin = ledger::parse_struct_tag("0x2::coin::Coin<0x2::sui::SUI>");
    EXPECT_TRUE(get(service().owned_objects(owner, coin, 0, std::nullopt)).objects.empty());
    EXPECT_TRUE(
        get(service().owned_objects(kSomebody, blob_type, 0, std::nullopt)).objects.empty());
    const auto bad = try_get(service().owned_objects(owner, blob_type, 0, Bytes{1, 2, 3}));
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().code, ChainCode::InvalidArgument);

    // Deleting one takes it out of the list and leaves its Storage.
    std::vector<ObjectId> ids{blobs[0]};
    const auto objects = get(service().objects(ids));
    const auto data = ledger::delete_blobs(net.handles, net.transaction_options(kUser),
                                           {ledger::object_ref(*objects[0])});
    const auto deleted = submit(ledger::sign_transaction(data, kUser));
    ASSERT_TRUE(deleted && (*deleted)->executed.effects.success());
    EXPECT_EQ(get(service().owned_objects(owner, blob_type, 0, std::nullopt)).objects.size(), 6u);
    EXPECT_EQ(get(service().owned_objects(owner, std::nullopt, 0, std::nullopt)).objects.size(),
              7u);
}

TEST_F(LedgerServiceTest, SharedBlobsAreFoundByBlobIdAndEnd) {
    const auto made = submit(net.registration(kUser, 1));
    ASSERT_TRUE(made);
    const ObjectId blob = TestNetwork::created(**made, "Blob");
    const auto sample = ledger::testing::sample_blob(1, net.config.n_shards, 1000);
    const auto list = [&](decltype(ObjectQuery::what) what) {
        ObjectQuery query;
        query.what = std::move(what);
        std::vector<ObjectId> ids;
        for (const ledger::ObjectPtr& object : get(service().list_objects(query)).objects)
            ids.push_back(object->id);
        return ids;
    };
    ASSERT_EQ(list(ObjectQuery::OfBlob{sample.blob_id}), std::vector{blob});
    const auto object = get(service().objects({blob})).front();
    ASSERT_TRUE(object);
    const auto shared_result = submit(
        ledger::sign_transaction(ledger::share_blob(net.handles, net.transaction_options(kUser),
                                                    ledger::object_ref(*object), 5),
                                 kUser));
    ASSERT_TRUE(shared_result);
    const ObjectId shared = TestNetwork::created(**shared_result, "SharedBlob");
    EXPECT_EQ(list(ObjectQuery::OfBlob{sample.blob_id}), std::vector{shared});
    EXPECT_EQ(list(ObjectQuery::EndingBy{1 + sample.epochs}), std::vector{shared});
    EXPECT_TRUE(list(ObjectQuery::EndingBy{sample.epochs}).empty());
    const ledger::StructTag type = get(service().objects({shared})).front()->type;
    EXPECT_EQ(list(ObjectQuery::OfType{type}), std::vector{shared});
    net.close();
    net.open();
    EXPECT_EQ(list(ObjectQuery::OfBlob{sample.blob_id}), std::vector{shared});
}

TEST_F(LedgerServiceTest, ABlobWithoutAttributesShowsAnEmptyField) {
    const auto record = submit(net.registration(kUser, 1));
    ASSERT_TRUE(record && (*record)->executed.effects.success());
    const ObjectId blob = TestNetwork::created(**record, "Blob");
    const ObjectId field_id = metadata_field_id(blob);
    std::vector<ObjectId> ids{field_id};
    const auto objects = get(service().objects(ids));
    ASSERT_TRUE(objects[0]);
    const auto field = bcs::decode<ledger::MetadataField>(objects[0]->contents);
    ASSERT_TRUE(field);
    EXPECT_EQ(field->id, field_id);
    EXPECT_EQ(as_text(field->name), "metadata");
    EXPECT_TRUE(field->value.metadata.empty());
    EXPECT_EQ(std::get<ledger::ObjectOwner>(objects[0]->owner).parent, blob);
    EXPECT_EQ(to_text(objects[0]->type),
              "0x0000000000000000000000000000000000000000000000000000000000000002::dynamic_field::"
              "Field<vector<u8>, " +
                  to_text(service().ids().package) + "::metadata::Metadata>");
    // It goes with the blob.
    std::vector<ObjectId> blob_ids{blob};
    const auto current = get(service().objects(blob_ids));
    const auto data = ledger::delete_blobs(net.handles, net.transaction_options(kUser),
                                           {ledger::object_ref(*current[0])});
    ASSERT_TRUE(submit(ledger::sign_transaction(data, kUser)));
    EXPECT_FALSE(get(service().objects(ids))[0]);
}

TEST_F(LedgerServiceTest, MetadataFieldIdIsThePublicOne) {
    ObjectId parent;
    parent.bytes[31] = 0xcc;
    EXPECT_EQ(to_text(metadata_field_id(parent)),
              "0x5151a7a21e4daf82edcda73b6b0c1e12710b75263cfd483b42b6271c564e5e4e");
}

TEST_F(LedgerServiceTest, PowerCutsLoseNothingThatWasAnswered) {
    std::vector<std::pair<TransactionDigest, Bytes>> answered;
    Frost paid = 0;
    for (int round = 0; round < 30; ++round) {
        std::vector<ledger::SignedTransaction> all;
        for (int i = 0; i < 8; ++i)
            all.push_back(i % 4 == 0 ? net.registration(kOther, round * 100 + i)
                                     : net.payment(kUser, kSomebody, 1));
        // The power goes at a random store operation of the round.
        std::atomic<int> left = 10 + round * 37 % 211;
        net.disk->set_fault([&](io::MemoryStoreDisk::Operation) -> std::optional<io::IoError> {
            if (--left <= 0) return io::IoError{io::IoCode::Closed, "no power"};
            return std::nullopt;
        });
        const auto results = submit_all(std::move(all));
        for (const auto& result : results)
            if (result)
                answered.emplace_back((*result)->executed.digest, (*result)->executed.effects_bcs);
        net.power_cut();
        net.disk->set_fault({});
        net.open();
        for (const auto& [digest, effects] : answered) {
            const auto found = try_get(service().transaction(digest));
            ASSERT_TRUE(found) << "round " << round;
            EXPECT_EQ((*found)->executed.effects_bcs, effects);
        }
        verify_chain();
    }
    EXPECT_GT(answered.size(), 40u);
    EXPECT_LT(answered.size(), 240u);
    paid = wal(kSomebody);
    const Digest state = get(service().state_digest());
    const auto report = check_stored();
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->state_digest, state);
    EXPECT_GE(report->transactions, answered.size());
    EXPECT_LE(paid, report->transactions);
}

TEST_F(LedgerServiceTest, AFullDiskIsReportedAndSurvived) {
    ASSERT_TRUE(submit(net.payment(kUser, kSomebody, 1)));
    using Operation = io::MemoryStoreDisk::Operation;
    for (const Operation failing : {Operation::Write, Operation::Sync}) {
        net.disk->set_fault([failing](Operation operation) -> std::optional<io::IoError> {
            if (operation != failing) return std::nullopt;
            return io::IoError{io::IoCode::NoSpace, "no space left on device"};
        });
        const auto transaction = net.payment(kUser, kSomebody, 1);
        const Frost before = wal(address_of(kUser));
        for (int i = 0; i < 3; ++i) {
            const auto result = submit(transaction);
            ASSERT_FALSE(result);
            EXPECT_EQ(result.error().code, ChainCode::NotDurable);
            ASSERT_TRUE(service().problem());
            EXPECT_NE(service().problem()->find("no space"), std::string::npos);
            EXPECT_FALSE(
                try_get(service().transaction(ledger::transaction_digest(transaction.data))));
        }
        net.disk->set_fault({});
        const auto result = submit(transaction);
        ASSERT_TRUE(result) << result.error().message;
        EXPECT_FALSE(service().problem());
        EXPECT_EQ(wal(address_of(kUser)), before - 1);
        ASSERT_TRUE(submit(net.payment(kUser, kSomebody, 1)));
        verify_chain();
    }
    EXPECT_TRUE(check_stored());
}

TEST_F(LedgerServiceTest, TamperedDatabasesDoNotCheck) {
    ASSERT_TRUE(submit(net.payment(kUser, kSomebody, 1)));
    const auto record = submit(net.registration(kUser, 1));
    ASSERT_TRUE(record);
    ASSERT_TRUE(check_stored());
    const auto change = [&](Bytes key, Bytes value) {
        auto store = io::MemoryStore::open(net.disk);
        io::WriteBatch batch;
        batch.put(std::move(key), std::move(value));
        ASSERT_TRUE((*store)->write(batch, true));
    };
    const auto balance = ledger::state_key(ledger::balance_key(kSomebody, net.handles.wal_type));
    change(balance, bcs::encode(std::uint64_t{1'000}));
    EXPECT_FALSE(check_stored());
    change(balance, bcs::encode(std::uint64_t{1}));
    EXPECT_TRUE(check_stored());
    // A record with another event.
    TransactionRecord forged = **record;
    forged.executed.events.pop_back();
    Bytes key{0x20};
    append(key, forged.executed.digest.view());
    change(key, encode_record(forged));
    EXPECT_FALSE(check_stored());
}

TEST_F(LedgerServiceTest, OtherLedgersAreRefused) {
    ASSERT_TRUE(submit(net.payment(kUser, kSomebody, 1)));
    net.close();
    const auto code_of = [&](auto change) {
        const auto config = net.config;
        change();
        const auto opened = net.try_open();
        net.close();
        net.config = config;
        return opened ? 0 : static_cast<int>(opened.error().code);
    };
    const auto missing = check_ledger(net.environment, "/nowhere");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ChainCode::NotFound);
    EXPECT_TRUE(check_ledger(net.environment, "/ledger"));
    EXPECT_EQ(code_of([&] { net.config.network_name = "another"; }),
              static_cast<int>(ChainCode::WrongFormat));
    // Another format number: refused with what to run.
    {
        auto store = io::MemoryStore::open(net.disk);
        io::WriteBatch batch;
        Bytes key{0x00};
        append(key, as_bytes("format"));
        batch.put(key, bcs::encode(std::uint32_t{1}));
        ASSERT_TRUE((*store)->write(batch, true));
    }
    const auto opened = net.try_open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ChainCode::WrongFormat);
    EXPECT_NE(opened.error().message.find("format 1"), std::string::npos);
    EXPECT_NE(opened.error().message.find("`walrus up"), std::string::npos);
    // A store of somebody else.
    net.disk = std::make_shared<io::MemoryStoreDisk>();
    {
        auto store = io::MemoryStore::open(net.disk);
        io::WriteBatch batch;
        batch.put(Bytes{5}, Bytes{6});
        ASSERT_TRUE((*store)->write(batch, true));
    }
    EXPECT_EQ(code_of([] {}), static_cast<int>(ChainCode::WrongFormat));
    net.disk = std::make_shared<io::MemoryStoreDisk>();
    EXPECT_EQ(code_of([&] { net.config.n_shards = 0; }),
              static_cast<int>(ChainCode::InvalidArgument));
}

TEST_F(LedgerServiceTest, TheFaucetPaysUntilItsLimit) {
    net.close();
    net.options.faucet =
        FaucetOptions{.key = account_key(3), .wal = 5, .sui = 6, .burst = 3, .per_second = 0};
    net.open();
    for (int i = 0; i < 3; ++i) {
        const auto record = try_get(service().faucet(kSomebody));
        ASSERT_TRUE(record) << record.error().message;
    }
    const auto fourth = try_get(service().faucet(kSomebody));
    ASSERT_FALSE(fourth);
    EXPECT_EQ(fourth.error().code, ChainCode::Busy);
    EXPECT_EQ(wal(kSomebody), 15u);
    EXPECT_EQ(get(service().balance(kSomebody, ledger::sui_type())), 18u);
    net.close();
    net.options.faucet.reset();
    net.open();
    const auto none = try_get(service().faucet(kSomebody));
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, ChainCode::NotFound);
}

TEST_F(LedgerServiceTest, WaitsForBlocksEnd) {
    const auto wait = [&](std::uint64_t seq, std::uint64_t timeout_us) {
        bool came = false;
        net.run(
            [](LedgerService& s, std::uint64_t q, std::uint64_t t, bool& out) -> io::Task<void> {
                const io::CancelToken never;
                out = co_await s.wait_for_block(q, t, never);
            }(service(), seq, timeout_us, came));
        return came;
    };
    EXPECT_FALSE(wait(0, 20'000));
    ASSERT_TRUE(submit(net.payment(kUser, kSomebody, 1)));
    EXPECT_TRUE(wait(0, 20'000));
    EXPECT_FALSE(wait(1, 20'000));
    net.run([](LedgerServiceTest& t) -> io::Task<void> {
        bool came = false;
        const auto waiter = [](LedgerService& s, bool& out) -> io::Task<void> {
            const io::CancelToken never;
            out = co_await s.wait_for_block(1, 10'000'000, never);
        };
        io::TaskGroup group(t.net.environment.loop);
        group.add(waiter(t.service(), came));
        auto payment = t.net.payment(kUser, kSomebody, 1);
        auto result = co_await t.service().submit(std::move(payment));
        EXPECT_TRUE(result);
        co_await group.wait();
        EXPECT_TRUE(came);
    }(*this));
}

TEST_F(LedgerServiceTest, BlocksAreReadFromMemoryAndDiskAlike) {
    net.close();
    net.options.limits.blocks_cached_max = 4;
    net.open();
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(submit(net.payment(kUser, kSomebody, 1)));
    const auto all = get(service().blocks(0, 100));
    ASSERT_EQ(all.size(), 10u);
    for (std::uint64_t from = 0; from <= 10; ++from) {
        const auto some = get(service().blocks(from, 3));
        ASSERT_EQ(some.size(), std::min<std::size_t>(3, 10 - from));
        for (std::size_t i = 0; i < some.size(); ++i) {
            EXPECT_EQ(some[i]->header_bcs, all[from + i]->header_bcs);
            EXPECT_EQ(some[i]->transactions, all[from + i]->transactions);
        }
    }
    EXPECT_TRUE(get(service().blocks(11, 3)).empty());
}

}  // namespace
}  // namespace walrus::chain
