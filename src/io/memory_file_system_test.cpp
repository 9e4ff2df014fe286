// SPDX-License-Identifier: Apache-2.0
#include "io/memory_file_system.hpp"

#include <gtest/gtest.h>

namespace walrus::io {
namespace {

class PowerCutTest : public ::testing::Test {
protected:
    PowerCutTest() { EXPECT_TRUE(files_.create_directories("/d")); }
    std::string content(const std::string& path) {
        const auto bytes = files_.read_file(path, 1 << 20);
        return bytes ? std::string(as_text(*bytes)) : "(none)";
    }
    MemoryFileSystem files_;
};

TEST_F(PowerCutTest, UnsyncedContentGoesBackToTheLastSync) {
    {
        auto file = *files_.open("/d/a", OpenMode::Create);
        ASSERT_TRUE(file->write_at(0, as_bytes("durable")));
        ASSERT_TRUE(file->sync_data());
        ASSERT_TRUE(files_.sync_directory("/d"));
        ASSERT_TRUE(file->write_at(0, as_bytes("X")));
        ASSERT_TRUE(file->write_at(100'000, as_bytes("far")));
    }
    EXPECT_EQ(files_.used_bytes(), 100'003u);
    files_.power_cut();
    EXPECT_EQ(content("/d/a"), "durable");
    EXPECT_EQ(files_.used_bytes(), 7u);
}

TEST_F(PowerCutTest, UnsyncedTruncationAndHolesComeBack) {
    auto file = *files_.open("/d/a", OpenMode::Create);
    ASSERT_TRUE(file->write_at(0, as_bytes("0123456789")));
    ASSERT_TRUE(file->sync_data());
    ASSERT_TRUE(files_.sync_directory("/d"));
    ASSERT_TRUE(file->punch_hole(0, 3));
    ASSERT_TRUE(file->truncate(5));
    ASSERT_TRUE(file->truncate(8));
    files_.power_cut();
    EXPECT_EQ(content("/d/a"), "0123456789");
}

TEST_F(PowerCutTest, NamesAreDurableOnlyAfterTheirDirectoryIsSynced) {
    {
        auto file = *files_.open("/d/a", OpenMode::Create);
        ASSERT_TRUE(file->write_at(0, as_bytes("a")));
        ASSERT_TRUE(file->sync_data());
    }
    files_.power_cut();
    EXPECT_EQ(content("/d/a"), "(none)");

    ASSERT_TRUE(files_.write_file("/d/a", as_bytes("old")));
    {
        auto file = *files_.open("/d/a.new", OpenMode::Create);
        ASSERT_TRUE(file->write_at(0, as_bytes("new")));
        ASSERT_TRUE(file->sync_data());
    }
    ASSERT_TRUE(files_.rename("/d/a.new", "/d/a"));
    EXPECT_EQ(content("/d/a"), "new");
    files_.power_cut();
    EXPECT_EQ(content("/d/a"), "old");

    ASSERT_TRUE(files_.remove("/d/a"));
    files_.power_cut();
    EXPECT_EQ(content("/d/a"), "old");
    ASSERT_TRUE(files_.remove("/d/a"));
    ASSERT_TRUE(files_.sync_directory("/d"));
    files_.power_cut();
    EXPECT_EQ(content("/d/a"), "(none)");
}

TEST_F(PowerCutTest, WriteFileLeavesTheOldOrTheNewContentAtEveryPointOfFailure) {
    ASSERT_TRUE(files_.write_file("/d/a", as_bytes("old")));
    bool reached_end = false;
    for (int step = 0; !reached_end; ++step) {
        ASSERT_LT(step, 20);
        int left = step;
        files_.set_fault([&left](MemoryFileSystem::Operation, const std::string&) {
            return left-- == 0 ? std::optional<IoError>({IoCode::Other, "cut here"}) : std::nullopt;
        });
        reached_end = files_.write_file("/d/a", as_bytes("the new content")).has_value();
        files_.set_fault(nullptr);
        files_.power_cut();
        const std::string now = content("/d/a");
        EXPECT_TRUE(now == (reached_end ? "the new content" : "old")) << step << ": " << now;
    }
}

TEST_F(PowerCutTest, FilesAndLocksOfTheDeadProcessAreUseless) {
    ASSERT_TRUE(files_.write_file("/d/a", as_bytes("a")));
    auto file = *files_.open("/d/a", OpenMode::ReadWrite);
    auto held = *files_.lock("/d/lock");
    files_.process_died();
    EXPECT_EQ(file->write_at(0, as_bytes("z")).error().code, IoCode::Closed);
    EXPECT_EQ(file->sync_data().error().code, IoCode::Closed);
    auto again = files_.lock("/d/lock");
    EXPECT_TRUE(again);
    held.reset();  // does not release the new owner's lock
    EXPECT_EQ(files_.lock("/d/lock").error().code, IoCode::InUse);
    EXPECT_EQ(content("/d/a"), "a");
}

TEST_F(PowerCutTest, TornCutKeepsSomeBlocksWholeAndIsRepeatable) {
    const auto run = [](std::uint64_t seed) {
        MemoryFileSystem files;
        EXPECT_TRUE(files.create_directories("/d"));
        auto file = *files.open("/d/a", OpenMode::Create);
        EXPECT_TRUE(file->write_at(0, Bytes(4096 * 32, 1)));
        EXPECT_TRUE(file->sync_data());
        EXPECT_TRUE(files.sync_directory("/d"));
        EXPECT_TRUE(file->write_at(0, Bytes(4096 * 32, 2)));
        files.power_cut_torn(seed);
        return *files.read_file("/d/a", 1 << 20);
    };
    const Bytes first = run(7);
    ASSERT_EQ(first.size(), 4096u * 32);
    int kept = 0;
    for (std::size_t block = 0; block < 32; ++block) {
        for (std::size_t i = 0; i < 4096; ++i)
            ASSERT_EQ(first[block * 4096 + i], first[block * 4096]);
        kept += first[block * 4096] == 2;
    }
    EXPECT_GT(kept, 4);
    EXPECT_LT(kept, 28);
    EXPECT_EQ(first, run(7));
    EXPECT_NE(first, run(8));
}

TEST_F(PowerCutTest, CapacityAndCorruption) {
    files_.set_capacity(10);
    auto file = *files_.open("/d/a", OpenMode::Create);
    ASSERT_TRUE(file->write_at(0, as_bytes("12345678")));
    EXPECT_EQ(*files_.free_bytes("/d"), 2u);
    EXPECT_EQ(file->write_at(8, as_bytes("9ab")).error().code, IoCode::NoSpace);
    EXPECT_TRUE(file->write_at(0, as_bytes("abc")));
    ASSERT_TRUE(files_.remove("/d/a"));
    EXPECT_EQ(files_.used_bytes(), 0u);
    ASSERT_TRUE(file->write_at(0, as_bytes("still open, has no name")));
    EXPECT_EQ(files_.used_bytes(), 0u);
    ASSERT_TRUE(files_.write_file("/d/b", as_bytes("bbb")));
    files_.corrupt("/d/b", 1, 0x20);
    EXPECT_EQ(content("/d/b"), "bBb");
    files_.power_cut();
    EXPECT_EQ(content("/d/b"), "bBb");
}

}  // namespace
}  // namespace walrus::io
