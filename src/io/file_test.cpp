// SPDX-License-Identifier: Apache-2.0
#include "io/file.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include "io/memory_file_system.hpp"
#include "io/test_directory.hpp"

namespace walrus::io {
namespace {

/// The same cases on the operating system and in memory.
class FileSystemTest : public ::testing::TestWithParam<bool> {
protected:
    FileSystemTest() {
        if (GetParam()) {
            files_ = std::make_unique<MemoryFileSystem>();
            EXPECT_TRUE(files_->create_directories(directory_.path()));
        } else {
            files_ = make_posix_file_system();
        }
    }
    std::string path(const std::string& name) const { return directory_ / name; }
    TestDirectory directory_;
    std::unique_ptr<FileSystem> files_;
};

TEST_P(FileSystemTest, WritesAnywhereAndReadsBackUpToTheEnd) {
    auto file = *files_->open(path("a"), OpenMode::CreateNew);
    ASSERT_TRUE(file->write_at(10, as_bytes("hello")));
    ASSERT_TRUE(file->write_at(0, as_bytes("0123456789")));
    EXPECT_EQ(*file->size(), 15u);
    Bytes out(100);
    ASSERT_EQ(*file->read_at(8, out), 7u);
    EXPECT_EQ(as_text(ByteView(out).first(7)), "89hello");
    EXPECT_EQ(*file->read_at(15, out), 0u);
    EXPECT_EQ(*file->read_at(1000, out), 0u);
    ASSERT_TRUE(file->sync_data());
    ASSERT_TRUE(file->truncate(3));
    EXPECT_EQ(*files_->read_file(path("a"), 3), to_bytes("012"));
    ASSERT_TRUE(file->truncate(5));
    EXPECT_EQ(*files_->read_file(path("a"), 100), (Bytes{'0', '1', '2', 0, 0}));
}

TEST_P(FileSystemTest, OpenModesSayWhatMustExist) {
    EXPECT_EQ(files_->open(path("a"), OpenMode::Read).error().code, IoCode::NotFound);
    EXPECT_EQ(files_->open(path("a"), OpenMode::ReadWrite).error().code, IoCode::NotFound);
    EXPECT_EQ(files_->open(path("no/a"), OpenMode::Create).error().code, IoCode::NotFound);
    EXPECT_TRUE(files_->open(path("a"), OpenMode::Create));
    EXPECT_TRUE(files_->open(path("a"), OpenMode::Create));
    EXPECT_EQ(files_->open(path("a"), OpenMode::CreateNew).error().code, IoCode::AlreadyExists);
    EXPECT_FALSE((*files_->open(path("a"), OpenMode::Read))->write_at(0, as_bytes("x")));
}

TEST_P(FileSystemTest, UnnamedFilesAreInNoDirectory) {
    auto a = *files_->open_unnamed(directory_.path());
    auto b = *files_->open_unnamed(directory_.path());
    EXPECT_TRUE(files_->list(directory_.path())->empty());
    ASSERT_TRUE(a->write_at(0, as_bytes("a")));
    ASSERT_TRUE(b->write_at(0, as_bytes("bb")));
    EXPECT_EQ(*a->size(), 1u);
    EXPECT_EQ(*b->size(), 2u);
    EXPECT_EQ(files_->open_unnamed(path("nowhere")).error().code, IoCode::NotFound);
    // Without the operating system's help, besides one that a crash left.
    ASSERT_TRUE(files_->open(path(".scratch-0"), OpenMode::CreateNew));
    auto c = *files_->FileSystem::open_unnamed(directory_.path());
    ASSERT_TRUE(c->write_at(0, as_bytes("c")));
    EXPECT_EQ(files_->list(directory_.path())->size(), 1u);
}

TEST_P(FileSystemTest, HolesReadAsZerosAndKeepTheSize) {
    auto file = *files_->open(path("a"), OpenMode::Create);
    const Bytes ones(20'000, 1);
    ASSERT_TRUE(file->write_at(0, ones));
    ASSERT_TRUE(file->punch_hole(4096, 8192));
    ASSERT_TRUE(file->punch_hole(19'999, 1 << 20));
    const Bytes now = *files_->read_file(path("a"), 1 << 20);
    ASSERT_EQ(now.size(), ones.size());
    for (std::size_t i = 0; i < now.size(); ++i) {
        const bool hole = (i >= 4096 && i < 12'288) || i >= 19'999;
        ASSERT_EQ(now[i], hole ? 0 : 1) << i;
    }
}

TEST_P(FileSystemTest, WriteFileReplacesAndLeavesNoTemporary) {
    ASSERT_TRUE(files_->write_file(path("a"), as_bytes("first version")));
    ASSERT_TRUE(files_->write_file(path("a"), as_bytes("second"), true));
    EXPECT_EQ(*files_->read_file(path("a"), 6), to_bytes("second"));
    EXPECT_EQ(files_->read_file(path("a"), 5).error().code, IoCode::TooLarge);
    const auto entries = *files_->list(directory_.path());
    ASSERT_EQ(entries.size(), 1u);
    EXPECT_EQ(entries[0].name, "a");
    EXPECT_EQ(entries[0].size, 6u);
}

TEST_P(FileSystemTest, DirectoriesAreListedInOrderRenamedAndRemoved) {
    ASSERT_TRUE(files_->create_directories(path("d/e/f")));
    ASSERT_TRUE(files_->create_directories(path("d/e/f")));
    ASSERT_TRUE(files_->write_file(path("d/z"), as_bytes("z")));
    ASSERT_TRUE(files_->write_file(path("d/b"), as_bytes("b")));
    EXPECT_EQ(files_->create_directories(path("d/z/x")).error().code, IoCode::AlreadyExists);
    auto entries = *files_->list(path("d"));
    ASSERT_EQ(entries.size(), 3u);
    EXPECT_EQ(entries[0].name, "b");
    EXPECT_TRUE(entries[1].is_directory);
    EXPECT_EQ(entries[2].name, "z");
    EXPECT_EQ(files_->remove(path("d")).error().code, IoCode::AlreadyExists);
    ASSERT_TRUE(files_->rename(path("d/b"), path("d/e/c")));
    EXPECT_FALSE(*files_->exists(path("d/b")));
    EXPECT_TRUE(*files_->exists(path("d/e/c")));
    ASSERT_TRUE(files_->remove(path("d/z")));
    EXPECT_EQ(files_->remove(path("d/z")).error().code, IoCode::NotFound);
    ASSERT_TRUE(files_->remove_all(path("d")));
    ASSERT_TRUE(files_->remove_all(path("d")));
    EXPECT_FALSE(*files_->exists(path("d")));
    EXPECT_EQ(files_->list(path("d")).error().code, IoCode::NotFound);
    EXPECT_GT(*files_->free_bytes(directory_.path()), 0u);
}

TEST_P(FileSystemTest, LockIsExclusiveWhileHeld) {
    auto held = files_->lock(path("lock"));
    ASSERT_TRUE(held);
    const auto second = files_->lock(path("lock"));
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, IoCode::InUse);
    held->reset();
    EXPECT_TRUE(files_->lock(path("lock")));
}

INSTANTIATE_TEST_SUITE_P(Both, FileSystemTest, ::testing::Bool(), [](const auto& test) {
    return test.param ? std::string("Memory") : std::string("Posix");
});

TEST(PosixFileSystem, LockNamesTheHolder) {
    const TestDirectory directory;
    const auto files = make_posix_file_system();
    const auto held = files->lock(directory / "lock");
    const auto second = files->lock(directory / "lock");
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().message.find("process " + std::to_string(::getpid())),
              std::string::npos)
        << second.error().message;
}

TEST(PosixFileSystem, SecretsAreForTheOwnerOnly) {
    const TestDirectory directory;
    const auto files = make_posix_file_system();
    ASSERT_TRUE(files->write_file(directory / "key", as_bytes("k"), true));
    struct stat status;
    ASSERT_EQ(::stat((directory / "key").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST(PosixFileSystem, TooLargeAFileIsAnErrorNotACrash) {
    const TestDirectory directory;
    const auto files = make_posix_file_system();
    rlimit before;
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
    rlimit small = before;
    small.rlim_cur = 8192;
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    const Bytes data(20'000);
    const auto written = files->write_file(directory / "a", data);
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, old_handler);
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, IoCode::TooLarge);
    EXPECT_FALSE(*files->exists(directory / "a"));
}

TEST(PosixFileSystem, AFullDiskIsNoSpace) {
    const auto files = make_posix_file_system();
    const auto full = files->open("/dev/full", OpenMode::ReadWrite);
    if (!full) GTEST_SKIP() << "no /dev/full here";
    const auto written = (*full)->write_at(0, as_bytes("x"));
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, IoCode::NoSpace);
}

TEST(Path, PartsOfPaths) {
    EXPECT_EQ(parent_path("/a/b"), "/a");
    EXPECT_EQ(parent_path("/a"), "/");
    EXPECT_EQ(parent_path("a"), ".");
    EXPECT_EQ(base_name("/a/b"), "b");
    EXPECT_EQ(base_name("b"), "b");
}

}  // namespace
}  // namespace walrus::io
