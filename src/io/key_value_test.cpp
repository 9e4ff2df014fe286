// SPDX-License-Identifier: Apache-2.0
#include "io/key_value.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "io/memory_store.hpp"
#include "io/test_directory.hpp"

namespace walrus::io {
namespace {

Bytes bytes(std::string_view text) {
    return to_bytes(text);
}

std::unique_ptr<KeyValueStore> must(IoResult<std::unique_ptr<KeyValueStore>> store) {
    if (!store) ADD_FAILURE() << store.error().message;
    return std::move(*store);
}

/// The same cases on RocksDB and in memory.
class StoreTest : public ::testing::TestWithParam<bool> {
protected:
    StoreTest() { reopen(); }
    void reopen() {
        store_.reset();
        store_ = must(try_open());
    }
    IoResult<std::unique_ptr<KeyValueStore>> try_open() {
        return GetParam() ? MemoryStore::open(disk_) : open_rocksdb(directory_ / "db", {});
    }
    std::string scan(std::string_view from, std::string_view to, std::size_t limit = 100) {
        std::string out;
        EXPECT_TRUE(store_->scan(as_bytes(from), as_bytes(to), [&](ByteView key, ByteView value) {
            out += std::string(as_text(key)) + "=" + std::string(as_text(value)) + " ";
            return --limit > 0;
        }));
        return out;
    }
    TestDirectory directory_;
    std::shared_ptr<MemoryStoreDisk> disk_ = std::make_shared<MemoryStoreDisk>();
    std::unique_ptr<KeyValueStore> store_;
};

TEST_P(StoreTest, WritesAreSeenInOrderAndSurviveReopening) {
    WriteBatch batch;
    batch.put(bytes("b"), bytes("2"));
    batch.put(bytes("a"), bytes("1"));
    batch.put(bytes("c"), bytes("3"));
    batch.put(bytes("b"), bytes("two"));
    batch.erase(bytes("c"));
    batch.put(bytes("empty"), {});
    ASSERT_TRUE(store_->write(batch, true));
    WriteBatch second;
    second.put(bytes("d"), bytes("4"));
    ASSERT_TRUE(store_->write(second, false));
    for (int round = 0; round < 2; ++round) {
        EXPECT_EQ(scan("", ""), "a=1 b=two d=4 empty= ");
        EXPECT_EQ(*store_->get(as_bytes("b")), std::optional(bytes("two")));
        EXPECT_EQ(*store_->get(as_bytes("c")), std::nullopt);
        EXPECT_EQ(*store_->get(as_bytes("empty")), std::optional(Bytes{}));
        reopen();
    }
}

TEST_P(StoreTest, ScansAreHalfOpenAndStopWhenToldTo) {
    WriteBatch batch;
    for (const char* key : {"a", "b", "ba", "c", "d"}) batch.put(bytes(key), bytes("."));
    ASSERT_TRUE(store_->write(batch, false));
    EXPECT_EQ(scan("b", "c"), "b=. ba=. ");
    EXPECT_EQ(scan("bb", ""), "c=. d=. ");
    EXPECT_EQ(scan("x", ""), "");
    EXPECT_EQ(scan("", "", 2), "a=. b=. ");
    const auto key_of_last = [&](std::string_view from, std::string_view to) {
        const auto found = *store_->last(as_bytes(from), as_bytes(to));
        return found ? std::string(as_text(found->first)) : "(none)";
    };
    EXPECT_EQ(key_of_last("", ""), "d");
    EXPECT_EQ(key_of_last("", "c"), "ba");
    EXPECT_EQ(key_of_last("b", "b"), "(none)");
    EXPECT_EQ(key_of_last("bb", "c"), "(none)");
    EXPECT_EQ(key_of_last("c", "cz"), "c");
    EXPECT_EQ(key_of_last("e", ""), "(none)");
}

TEST_P(StoreTest, AgreesWithAMapOnRandomOperations) {
    std::mt19937 random(GetParam() ? 1 : 2);
    std::map<Bytes, Bytes> model;
    for (int round = 0; round < 60; ++round) {
        WriteBatch batch;
        for (int i = 0; i < 20; ++i) {
            Bytes key(1 + random() % 2);
            for (Byte& b : key) b = static_cast<Byte>(random() % 12);
            if (random() % 3 == 0) {
                model.erase(key);
                batch.erase(key);
            } else {
                Bytes value(random() % 40, static_cast<Byte>(random()));
                model[key] = value;
                batch.put(key, value);
            }
        }
        ASSERT_TRUE(store_->write(batch, round % 4 == 0));
        if (round % 20 == 19) reopen();
        std::map<Bytes, Bytes> seen;
        ASSERT_TRUE(store_->scan({}, {}, [&](ByteView key, ByteView value) {
            seen.emplace(to_bytes(key), to_bytes(value));
            return true;
        }));
        ASSERT_EQ(seen, model);
    }
}

TEST_P(StoreTest, OpenTwiceIsInUse) {
    const auto second = try_open();
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, IoCode::InUse) << second.error().message;
}

INSTANTIATE_TEST_SUITE_P(Both, StoreTest, ::testing::Bool(), [](const auto& test) {
    return test.param ? std::string("Memory") : std::string("RocksDb");
});

TEST(RocksDb, PathThatIsAFileIsAnError) {
    EXPECT_FALSE(open_rocksdb("/dev/null/x"));
}

TEST(MemoryStore, PowerCutUndoesWhatWasNotSynced) {
    const auto disk = std::make_shared<MemoryStoreDisk>();
    auto store = *MemoryStore::open(disk);
    WriteBatch first;
    first.put(bytes("a"), bytes("1"));
    ASSERT_TRUE(store->write(first, false));
    WriteBatch second;
    second.put(bytes("b"), bytes("2"));
    ASSERT_TRUE(store->write(second, true));  // also makes the first durable
    WriteBatch third;
    third.put(bytes("a"), bytes("9"));
    third.erase(bytes("b"));
    third.put(bytes("c"), bytes("3"));
    third.put(bytes("c"), bytes("4"));
    ASSERT_TRUE(store->write(third, false));
    EXPECT_EQ(disk->unsynced_changes(), 4u);
    disk->power_cut();
    EXPECT_EQ(store->get(as_bytes("a")).error().code, IoCode::Closed);
    EXPECT_EQ(store->write(first, true).error().code, IoCode::Closed);

    auto reopened = *MemoryStore::open(disk);
    EXPECT_EQ(*reopened->get(as_bytes("a")), std::optional(bytes("1")));
    EXPECT_EQ(*reopened->get(as_bytes("b")), std::optional(bytes("2")));
    EXPECT_EQ(*reopened->get(as_bytes("c")), std::nullopt);
    store.reset();  // the dead process's handle does not free the new one's lock
    EXPECT_EQ(MemoryStore::open(disk).error().code, IoCode::InUse);
}

TEST(MemoryStore, ProcessDeathKeepsUnsyncedWritesAndFaultsAreReturned) {
    const auto disk = std::make_shared<MemoryStoreDisk>();
    auto store = *MemoryStore::open(disk);
    WriteBatch batch;
    batch.put(bytes("a"), bytes("1"));
    ASSERT_TRUE(store->write(batch, false));
    disk->process_died();
    auto reopened = *MemoryStore::open(disk);
    EXPECT_EQ(*reopened->get(as_bytes("a")), std::optional(bytes("1")));
    disk->set_fault([](MemoryStoreDisk::Operation operation) {
        return operation == MemoryStoreDisk::Operation::Write
                   ? std::optional<IoError>({IoCode::NoSpace, "full"})
                   : std::nullopt;
    });
    EXPECT_EQ(reopened->write(batch, true).error().code, IoCode::NoSpace);
    EXPECT_TRUE(reopened->get(as_bytes("a")));
    EXPECT_EQ(disk->entries(), 1u);
}

}  // namespace
}  // namespace walrus::io
