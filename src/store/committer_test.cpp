// SPDX-License-Identifier: Apache-2.0
#include "store/committer.hpp"

#include <gtest/gtest.h>

#include "store/node_store.hpp"
#include "store/test_disk.hpp"

namespace walrus::store {
namespace {

class CommitterTest : public testing::Test {
protected:
    CommitterTest() : real_(io::RealEnvironment::make({.name = "test", .cpu_threads = 1})) {
        real_->start();
        EXPECT_TRUE(disk.open());
    }
    ~CommitterTest() override { real_->stop(); }

    void run(io::Task<void> task) { io::run_blocking(*real_, std::move(task)); }

    std::unique_ptr<io::RealEnvironment> real_;
    TestDisk disk;
};

io::Task<void> wait_for(Committer& committer, Lsn lsn, int& durable) {
    const auto result = co_await committer.wait_durable(lsn);
    EXPECT_TRUE(result);
    ++durable;
}

io::Task<void> many_waiters(io::Environment& environment, SliverStore& store, int& durable) {
    Committer committer(environment, store);
    io::TaskGroup group(environment.loop);
    for (std::uint64_t blob = 0; blob < 50; ++blob) {
        const RecordKey key = RecordKey::metadata(test_blob_id(blob));
        const Bytes payload = test_payload(key, 1000);
        const Lsn lsn = store.put(key, payload).value().lsn;
        committer.note_put();
        group.add(wait_for(committer, lsn, durable));
    }
    co_await group.wait();
    co_await committer.stop();
}

TEST_F(CommitterTest, ManyWaitersShareFewCommits) {
    int durable = 0;
    run(many_waiters(real_->environment(), *disk.store, durable));
    EXPECT_EQ(durable, 50);
    EXPECT_LE(disk.store->statistics().commits, 3u);
    EXPECT_EQ(disk.store->pending_bytes(), 0u);
}

io::Task<void> commit_by_itself(io::Environment& environment, SliverStore& store) {
    CommitterOptions options;
    options.delay_us = 10'000;
    Committer committer(environment, store, options);
    store.put(RecordKey::metadata(test_blob_id(1)), Bytes(10, 1)).value();
    committer.note_put();
    EXPECT_GT(store.pending_bytes(), 0u);
    for (int i = 0; i < 500 && store.pending_bytes() > 0; ++i)
        co_await io::sleep_ms(environment.loop, 10);
    EXPECT_EQ(store.pending_bytes(), 0u);
    store.put(RecordKey::metadata(test_blob_id(2)), Bytes(10, 1)).value();
    committer.note_put();
    co_await committer.stop();
    EXPECT_EQ(store.pending_bytes(), 0u);
}

TEST_F(CommitterTest, CommitsAfterAWhileAndWhenStopped) {
    run(commit_by_itself(real_->environment(), *disk.store));
}

io::Task<void> failing_sync(io::Environment& environment, TestDisk& disk) {
    Committer committer(environment, *disk.store);
    const Lsn lsn = disk.store->put(RecordKey::metadata(test_blob_id(1)), Bytes(10, 1)).value().lsn;
    disk.files.set_fault([](auto operation, const std::string&) -> std::optional<io::IoError> {
        if (operation != io::MemoryFileSystem::Operation::Sync) return std::nullopt;
        return io::IoError{io::IoCode::Other, "the disk is broken"};
    });
    const auto result = co_await committer.wait_durable(lsn);
    EXPECT_FALSE(result);
    disk.files.set_fault({});
    // Not even a sync that works now can tell what the failed one left on the disk.
    const auto again = co_await committer.wait_durable(lsn);
    EXPECT_FALSE(again);
    co_await committer.stop();
}

TEST_F(CommitterTest, AFailedSyncPromisesNothing) {
    run(failing_sync(real_->environment(), disk));
}

TEST_F(CommitterTest, TheDirectoryIsLockedAndItsFormatChecked) {
    const io::Environment& real = real_->environment();
    auto index = std::make_shared<io::MemoryStoreDisk>();
    io::Environment environment{
        real.loop,   real.clock,
        real.random, real.network,
        disk.files,  real.cpu,
        real.disk,   [index](const std::string&) { return io::MemoryStore::open(index); }};
    auto store = NodeStore::open(environment, "/dir", {.reserve_bytes = 0});
    ASSERT_TRUE(store) << store.error().message;
    const auto second = NodeStore::open(environment, "/dir", {});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, StoreCode::InUse);
    store->reset();
    EXPECT_TRUE(NodeStore::open(environment, "/dir", {}));
    ASSERT_TRUE(disk.files.write_file("/dir/FORMAT", as_bytes("walrus node store 2\n")));
    const auto newer = NodeStore::open(environment, "/dir", {});
    ASSERT_FALSE(newer);
    EXPECT_EQ(newer.error().code, StoreCode::UnknownFormat);
    EXPECT_NE(newer.error().message.find("walrus node store 2"), std::string::npos);
}

}  // namespace
}  // namespace walrus::store
