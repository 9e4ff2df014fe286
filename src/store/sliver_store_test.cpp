// SPDX-License-Identifier: Apache-2.0
#include "store/sliver_store.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "store/test_disk.hpp"

namespace walrus::store {
namespace {

constexpr std::size_t kPayloadMax = 3000;

RecordKey sliver(std::uint64_t blob, std::uint16_t shard, Axis axis = Axis::Primary) {
    return RecordKey::sliver(test_blob_id(blob), ShardIndex(shard), axis);
}
RecordKey metadata(std::uint64_t blob) {
    return RecordKey::metadata(test_blob_id(blob));
}

class SliverStoreTest : public testing::Test {
protected:
    void SetUp() override { open(); }
    void open() {
        const auto opened = disk.open();
        ASSERT_TRUE(opened) << opened.error().message;
    }
    Put put(const RecordKey& key) {
        const auto result = disk.store->put(key, test_payload(key, kPayloadMax));
        EXPECT_TRUE(result) << result.error().message;
        return result.value_or(Put{});
    }
    bool holds(const RecordKey& key) {
        const auto body = disk.store->get(key, buffers);
        EXPECT_TRUE(body) << body.error().message;
        if (!body || !*body) return false;
        EXPECT_TRUE(equal((*body)->view(), test_payload(key, kPayloadMax)));
        return true;
    }
    bool remove(std::uint64_t blob, bool unwanted = true) {
        const auto removed = disk.store->remove(test_blob_id(blob), [&] { return unwanted; });
        EXPECT_TRUE(removed) << removed.error().message;
        return removed.value_or(false);
    }
    TestDisk disk;
    BufferPool buffers{64 << 20};
};

TEST_F(SliverStoreTest, WhatWasPutIsFoundBeforeAndAfterTheCommit) {
    const Put first = put(sliver(1, 4));
    EXPECT_TRUE(first.newly);
    EXPECT_GT(first.lsn, disk.store->durable_lsn());
    EXPECT_TRUE(holds(sliver(1, 4)));
    EXPECT_FALSE(holds(sliver(1, 4, Axis::Secondary)));
    EXPECT_FALSE(holds(metadata(1)));
    EXPECT_EQ(disk.store->commit().value(), first.lsn);
    EXPECT_EQ(disk.store->durable_lsn(), first.lsn);
    EXPECT_EQ(disk.index_disk->unsynced_changes(), 0u);
    EXPECT_TRUE(holds(sliver(1, 4)));
    const Put again = put(sliver(1, 4));
    EXPECT_FALSE(again.newly);
    EXPECT_EQ(again.lsn, 0u);
}

TEST_F(SliverStoreTest, ARepeatedPutNamesTheCommitThatItNeeds) {
    const Put first = put(sliver(1, 4));
    const Put again = put(sliver(1, 4));
    EXPECT_FALSE(again.newly);
    EXPECT_EQ(again.lsn, first.lsn);
}

TEST_F(SliverStoreTest, PresenceIsCompleteOnlyWithMetadataAndBothSliversOfEveryShard) {
    const std::vector<ShardIndex> owned{ShardIndex(2), ShardIndex(7)};
    const auto complete = [&] {
        return disk.store->presence(test_blob_id(1)).value().presence.complete(owned);
    };
    put(sliver(1, 2));
    put(sliver(1, 7));
    put(sliver(1, 7, Axis::Secondary));
    put(metadata(1));
    EXPECT_FALSE(complete());
    disk.store->commit().value();
    EXPECT_FALSE(complete());
    const Put last = put(sliver(1, 2, Axis::Secondary));
    EXPECT_TRUE(complete());
    EXPECT_EQ(disk.store->presence(test_blob_id(1)).value().lsn, last.lsn);
    disk.store->commit().value();
    EXPECT_TRUE(complete());
    EXPECT_EQ(disk.store->presence(test_blob_id(1)).value().lsn, 0u);
    EXPECT_TRUE(disk.store->presence(test_blob_id(2)).value().presence.empty());
}

TEST_F(SliverStoreTest, OneCommitCoversManyPuts) {
    const std::uint64_t before = disk.files.syncs();
    for (std::uint16_t shard = 0; shard < 15; ++shard) put(sliver(1, shard));
    disk.store->commit().value();
    // Some for segments that were begun meanwhile; far fewer than one a record.
    EXPECT_LE(disk.files.syncs() - before, 5u);
    EXPECT_EQ(disk.store->statistics().commits, 1u);
}

TEST_F(SliverStoreTest, AKilledProcessLosesNothingThatWasPut) {
    for (std::uint64_t blob = 0; blob < 60; ++blob) {
        put(sliver(blob, 1));
        put(metadata(blob));
        if (blob == 30) disk.store->commit().value();
    }
    disk.process_dies();
    open();
    EXPECT_GT(disk.store->statistics().recovered_records, 50u);
    for (std::uint64_t blob = 0; blob < 60; ++blob) {
        EXPECT_TRUE(holds(sliver(blob, 1)));
        EXPECT_TRUE(holds(metadata(blob)));
    }
    disk.close();
    open();
    EXPECT_EQ(disk.store->statistics().recovered_records, 0u);
}

// What was confirmed stays through 200 power cuts, and what is there reads correctly.
TEST_F(SliverStoreTest, TwoHundredConfirmThenCutRoundsLoseNothing) {
    std::mt19937_64 random(7);
    std::vector<RecordKey> confirmed;
    std::vector<RecordKey> uncertain;
    std::uint64_t blob = 0;
    for (int round = 0; round < 200; ++round) {
        for (int i = 0; i < 3; ++i) {
            ++blob;
            std::vector<RecordKey> keys{metadata(blob)};
            const auto shards = static_cast<std::uint16_t>(1 + random() % 3);
            for (std::uint16_t shard = 0; shard < shards; ++shard) {
                keys.push_back(sliver(blob, shard));
                keys.push_back(sliver(blob, shard, Axis::Secondary));
            }
            Lsn last = 0;
            for (const RecordKey& key : keys) last = put(key).lsn;
            const bool confirm = i < 2;
            if (confirm) {
                ASSERT_GE(disk.store->commit().value(), last);
                confirmed.insert(confirmed.end(), keys.begin(), keys.end());
            } else {
                uncertain.insert(uncertain.end(), keys.begin(), keys.end());
            }
        }
        disk.power_cut(random());
        open();
        // All of the last round, and a sample of the earlier ones.
        for (std::size_t i = 0; i < confirmed.size(); ++i)
            if (i + 20 >= confirmed.size() || random() % 40 == 0 || round == 199) {
                ASSERT_TRUE(holds(confirmed[i])) << "round " << round << " record " << i;
            }
    }
    // Of the rest some survived; none of it may be wrong, and all of it can be put again.
    for (const RecordKey& key : uncertain) {
        holds(key);
        put(key);
        EXPECT_TRUE(holds(key));
    }
}

// The power fails inside a commit, at every operation of the disk in turn.
TEST_F(SliverStoreTest, APowerCutAtAnyOperationOfACommitLosesNothingConfirmed) {
    std::vector<RecordKey> confirmed;
    bool cut_inside = true;
    for (int fail_at = 0; cut_inside; ++fail_at) {
        ASSERT_LT(fail_at, 100);
        const auto blob = 1000 + static_cast<std::uint64_t>(fail_at);
        std::vector<RecordKey> keys{metadata(blob), sliver(blob, 1), sliver(blob, 2)};
        for (const RecordKey& key : keys) put(key);
        int operations = 0;
        const auto broken = [&]() -> std::optional<io::IoError> {
            if (operations++ < fail_at) return std::nullopt;
            return io::IoError{io::IoCode::Other, "the power is gone"};
        };
        disk.files.set_fault([&](auto, const std::string&) { return broken(); });
        disk.index_disk->set_fault([&](auto) { return broken(); });
        const auto committed = disk.store->commit();
        cut_inside = !committed.has_value();
        disk.files.set_fault({});
        disk.index_disk->set_fault({});
        if (committed) {
            confirmed.insert(confirmed.end(), keys.begin(), keys.end());
        } else {
            // Nothing may be promised any more, until a restart.
            EXPECT_TRUE(disk.store->statistics().read_only);
            EXPECT_EQ(disk.store->put(sliver(5, 5), {}).error().code, StoreCode::ReadOnly);
            EXPECT_FALSE(disk.store->commit());
        }
        disk.power_cut(static_cast<std::uint64_t>(fail_at));
        open();
        for (const RecordKey& key : confirmed) EXPECT_TRUE(holds(key));
        for (const RecordKey& key : keys) holds(key);  // there or not, but never wrong
    }
    EXPECT_FALSE(confirmed.empty());
}

TEST_F(SliverStoreTest, CorruptBytesAreReportedOnceAndCanBePutAgain) {
    put(sliver(1, 1));
    put(sliver(1, 2));
    disk.store->commit().value();
    disk.files.corrupt("/node/segments/00000000.seg", kSegmentHeaderBytes + kRecordHeaderBytes + 9,
                       0x80);
    const auto bad = disk.store->get(sliver(1, 1), buffers);
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().code, StoreCode::Corrupt);
    EXPECT_FALSE(holds(sliver(1, 1)));
    EXPECT_FALSE(disk.store->contains(sliver(1, 1)).value());
    EXPECT_TRUE(holds(sliver(1, 2)));
    EXPECT_TRUE(put(sliver(1, 1)).newly);
    disk.store->commit().value();
    EXPECT_TRUE(holds(sliver(1, 1)));
}

TEST_F(SliverStoreTest, AFullDiskRefusesPutsAndHarmsNothing) {
    disk.close();
    disk.options.reserve_bytes = 10'000;
    open();
    put(sliver(1, 1));
    disk.store->commit().value();
    disk.files.set_capacity(disk.files.used_bytes() + 12'000);
    std::size_t stored = 0;
    StoreResult<Put> last;
    for (std::uint16_t shard = 2; shard < 20; ++shard) {
        const RecordKey key = sliver(1, shard);
        last = disk.store->put(key, test_payload(key, kPayloadMax));
        if (!last) break;
        ++stored;
    }
    ASSERT_FALSE(last);
    EXPECT_EQ(last.error().code, StoreCode::NoSpace);
    EXPECT_GE(disk.files.free_bytes("/node").value(), 10'000u);
    EXPECT_TRUE(disk.store->commit());
    for (std::size_t shard = 1; shard < 2 + stored; ++shard)
        EXPECT_TRUE(holds(sliver(1, static_cast<std::uint16_t>(shard))));
    disk.files.set_capacity(std::nullopt);
    EXPECT_TRUE(put(sliver(1, 30)).newly);
}

TEST_F(SliverStoreTest, ARemovedBlobIsGoneAndItsSegmentsWithIt) {
    for (std::uint16_t shard = 0; shard < 100; ++shard) put(sliver(1, shard));
    put(metadata(1));
    disk.store->commit().value();
    put(sliver(2, 1));
    put(sliver(1, 101));  // pending when the blob is removed
    const std::uint64_t segments = disk.store->statistics().segments;
    ASSERT_GT(segments, 2u);
    EXPECT_FALSE(remove(1, false));
    EXPECT_TRUE(holds(sliver(1, 3)));
    EXPECT_TRUE(remove(1));
    EXPECT_FALSE(remove(1));
    EXPECT_FALSE(holds(sliver(1, 3)));
    EXPECT_FALSE(holds(sliver(1, 101)));
    EXPECT_TRUE(disk.store->presence(test_blob_id(1)).value().presence.empty());
    EXPECT_LT(disk.store->statistics().segments, segments);
    EXPECT_TRUE(holds(sliver(2, 1)));
    EXPECT_EQ(
        disk.store->statistics().live_bytes,
        record_bytes(static_cast<std::uint32_t>(test_payload(sliver(2, 1), kPayloadMax).size())));
    disk.power_cut(3);
    open();
    EXPECT_FALSE(holds(sliver(1, 3)));
    EXPECT_TRUE(holds(sliver(2, 1)));
    put(sliver(1, 3));
    EXPECT_TRUE(holds(sliver(1, 3)));
}

TEST_F(SliverStoreTest, ARemovalThatAPowerCutInterruptsIsFinishedLater) {
    put(sliver(1, 1));
    put(sliver(2, 1));
    disk.store->commit().value();
    // The index says that the record is gone, but giving its bytes back fails.
    disk.files.set_fault([](auto, const std::string&) -> std::optional<io::IoError> {
        return io::IoError{io::IoCode::Other, "the power is gone"};
    });
    (void)disk.store->remove(test_blob_id(1), [] { return true; });
    disk.files.set_fault({});
    disk.power_cut(1);
    open();
    EXPECT_FALSE(holds(sliver(1, 1)));
    EXPECT_TRUE(holds(sliver(2, 1)));
    EXPECT_TRUE(put(sliver(1, 1)).newly);
    EXPECT_TRUE(holds(sliver(1, 1)));
}

TEST_F(SliverStoreTest, ManyThreadsPutCommitAndReadTogether) {
    constexpr int kThreads = 4;
    constexpr std::uint64_t kBlobs = 60;
    std::atomic<int> running{kThreads};
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
            for (std::uint64_t blob = 0; blob < kBlobs; ++blob) {
                // Every record is put by two of the threads.
                put(sliver(blob, static_cast<std::uint16_t>(t / 2)));
                put(metadata(blob));
                if (blob % 7 == 0) {
                    EXPECT_TRUE(disk.store->commit());
                }
                EXPECT_TRUE(holds(metadata(blob)));
            }
            --running;
        });
    }
    std::thread reader([&] {
        while (running > 0)
            for (std::uint64_t blob = 0; blob < kBlobs; ++blob) holds(sliver(blob, 0));
    });
    for (std::thread& thread : threads) thread.join();
    reader.join();
    disk.store->commit().value();
    disk.power_cut(0);
    open();
    std::uint64_t expected = 0;
    for (std::uint64_t blob = 0; blob < kBlobs; ++blob) {
        for (const RecordKey& key : {metadata(blob), sliver(blob, 0), sliver(blob, 1)}) {
            EXPECT_TRUE(holds(key));
            expected +=
                record_bytes(static_cast<std::uint32_t>(test_payload(key, kPayloadMax).size()));
        }
    }
    EXPECT_EQ(disk.store->statistics().live_bytes, expected);
}

}  // namespace
}  // namespace walrus::store
