// SPDX-License-Identifier: Apache-2.0
// Files of a POSIX system (Linux).
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/falloc.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/text.hpp"
#include "io/file.hpp"

namespace walrus::io {

namespace {

IoCode code_of(int number) {
    switch (number) {
        case ENOENT:
        case ENOTDIR:
            return IoCode::NotFound;
        case EEXIST:
        case ENOTEMPTY:
            return IoCode::AlreadyExists;
        case ENOSPC:
        case EDQUOT:
            return IoCode::NoSpace;
        case EACCES:
        case EPERM:
        case EROFS:
            return IoCode::PermissionDenied;
        case EFBIG:
            return IoCode::TooLarge;
        default:
            return IoCode::Other;
    }
}

auto file_failure(std::string_view action, const std::string& path, int number) {
    return io_failure(code_of(number), fmt::format("{} {}: {}", action, path,
                                                   std::generic_category().message(number)));
}

/// Owns a descriptor.
class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    int get() const { return number_; }

private:
    int number_;
};

int open_again_if_interrupted(const std::string& path, int flags, mode_t mode) {
    int number;
    do {
        number = ::open(path.c_str(), flags | O_CLOEXEC, mode);
    } while (number < 0 && errno == EINTR);
    return number;
}

class PosixFile final : public File {
public:
    PosixFile(int descriptor, std::string path) : file_(descriptor), path_(std::move(path)) {}

    IoResult<std::size_t> read_at(std::uint64_t offset, MutableByteView out) override {
        std::size_t done = 0;
        while (done < out.size()) {
            const ssize_t got = ::pread(file_.get(), out.data() + done, out.size() - done,
                                        static_cast<off_t>(offset + done));
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) return file_failure("read", path_, errno);
            if (got == 0) break;
            done += static_cast<std::size_t>(got);
        }
        return done;
    }

    IoResult<void> write_at(std::uint64_t offset, ByteView data) override {
        std::size_t done = 0;
        while (done < data.size()) {
            const ssize_t put = ::pwrite(file_.get(), data.data() + done, data.size() - done,
                                         static_cast<off_t>(offset + done));
            if (put < 0 && errno == EINTR) continue;
            if (put < 0) return file_failure("write", path_, errno);
            done += static_cast<std::size_t>(put);
        }
        return {};
    }

    IoResult<void> sync_data() override {
        if (::fdatasync(file_.get()) != 0) return file_failure("sync", path_, errno);
        return {};
    }

    IoResult<std::uint64_t> size() override {
        struct stat status;
        if (::fstat(file_.get(), &status) != 0) return file_failure("stat", path_, errno);
        return static_cast<std::uint64_t>(status.st_size);
    }

    IoResult<void> truncate(std::uint64_t size) override {
        if (::ftruncate(file_.get(), static_cast<off_t>(size)) != 0)
            return file_failure("truncate", path_, errno);
        return {};
    }

    IoResult<void> punch_hole(std::uint64_t offset, std::uint64_t length) override {
        if (length == 0) return {};
        if (::fallocate(file_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                        static_cast<off_t>(offset), static_cast<off_t>(length)) == 0)
            return {};
        if (errno == EOPNOTSUPP || errno == ENOSYS) return write_zeros(offset, length);
        return file_failure("punch a hole into", path_, errno);
    }

private:
    /// Where the file system has no holes: at least it reads as zeros.
    IoResult<void> write_zeros(std::uint64_t offset, std::uint64_t length) {
        const std::uint64_t end = WALRUS_TRY(size());
        const Bytes zeros(64 << 10);
        const std::uint64_t stop = std::min(end, offset + length);
        while (offset < stop) {
            const std::uint64_t n = std::min<std::uint64_t>(zeros.size(), stop - offset);
            WALRUS_TRY(write_at(offset, ByteView(zeros).first(n)));
            offset += n;
        }
        return {};
    }

    Descriptor file_;
    std::string path_;
};

class PosixFileLock final : public FileLock {
public:
    explicit PosixFileLock(int descriptor) : file_(descriptor) {}

private:
    Descriptor file_;  // closing it ends the lock; the file stays, removing it would race
};

class PosixFileSystem final : public FileSystem {
public:
    IoResult<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
        int flags = O_RDONLY;
        switch (mode) {
            case OpenMode::Read:
                flags = O_RDONLY;
                break;
            case OpenMode::ReadWrite:
                flags = O_RDWR;
                break;
            case OpenMode::Create:
                flags = O_RDWR | O_CREAT;
                break;
            case OpenMode::CreateNew:
                flags = O_RDWR | O_CREAT | O_EXCL;
                break;
        }
        const int descriptor = open_again_if_interrupted(path, flags, 0644);
        if (descriptor < 0) return file_failure("open", path, errno);
        return std::make_unique<PosixFile>(descriptor, path);
    }

    IoResult<std::unique_ptr<File>> open_unnamed(const std::string& directory) override {
        const int descriptor = open_again_if_interrupted(directory, O_RDWR | O_TMPFILE, 0600);
        if (descriptor >= 0) return std::make_unique<PosixFile>(descriptor, directory);
        // Not every file system has it, and says so in one of several ways.
        if (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)
            return FileSystem::open_unnamed(directory);
        return file_failure("open a file without name in", directory, errno);
    }

    IoResult<bool> exists(const std::string& path) override {
        struct stat status;
        if (::stat(path.c_str(), &status) == 0) return true;
        if (errno == ENOENT || errno == ENOTDIR) return false;
        return file_failure("look for", path, errno);
    }

    IoResult<void> create_directories(const std::string& path) override {
        if (path.empty() || path == "/" || path == ".") return {};
        std::error_code error;
        if (std::filesystem::is_directory(path, error)) return {};
        const std::string parent = parent_path(path);
        if (parent != path) WALRUS_TRY(create_directories(parent));
        if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST)
            return file_failure("create directory", path, errno);
        if (!std::filesystem::is_directory(path, error))
            return io_failure(IoCode::AlreadyExists,
                              fmt::format("create directory {}: a file has this name", path));
        return sync_directory(parent);
    }

    IoResult<std::vector<DirectoryEntry>> list(const std::string& path) override {
        std::vector<DirectoryEntry> entries;
        std::error_code error;
        std::filesystem::directory_iterator iterator(path, error);
        for (; !error && iterator != std::filesystem::directory_iterator();
             iterator.increment(error)) {
            std::error_code gone;  // an entry may vanish meanwhile
            DirectoryEntry entry{iterator->path().filename().string(), iterator->is_directory(gone),
                                 0};
            if (!entry.is_directory) {
                const auto size = iterator->file_size(gone);
                if (!gone) entry.size = size;
            }
            entries.push_back(std::move(entry));
        }
        if (error) return file_failure("list", path, error.value());
        std::sort(entries.begin(), entries.end(),
                  [](const auto& a, const auto& b) { return a.name < b.name; });
        return entries;
    }

    IoResult<void> rename(const std::string& from, const std::string& to) override {
        if (::rename(from.c_str(), to.c_str()) != 0) {
            const int number = errno;
            return io_failure(code_of(number),
                              fmt::format("rename {} to {}: {}", from, to,
                                          std::generic_category().message(number)));
        }
        return {};
    }

    IoResult<void> remove(const std::string& path) override {
        if (::remove(path.c_str()) != 0) return file_failure("remove", path, errno);
        return {};
    }

    IoResult<void> remove_all(const std::string& path) override {
        std::error_code error;
        std::filesystem::remove_all(path, error);
        if (error) return file_failure("remove", path, error.value());
        return {};
    }

    IoResult<void> sync_directory(const std::string& path) override {
        const Descriptor directory(open_again_if_interrupted(path, O_RDONLY | O_DIRECTORY, 0));
        if (directory.get() < 0) return file_failure("open directory", path, errno);
        // Some file systems cannot sync directories and say EINVAL; they need it not.
        if (::fsync(directory.get()) != 0 && errno != EINVAL)
            return file_failure("sync directory", path, errno);
        return {};
    }

    IoResult<std::uint64_t> free_bytes(const std::string& path) override {
        struct statvfs status;
        if (::statvfs(path.c_str(), &status) != 0) return file_failure("stat", path, errno);
        return std::uint64_t{status.f_bavail} * status.f_frsize;
    }

    IoResult<std::unique_ptr<FileLock>> lock(const std::string& path) override {
        const int descriptor = open_again_if_interrupted(path, O_RDWR | O_CREAT, 0644);
        if (descriptor < 0) return file_failure("open lock", path, errno);
        auto held = std::make_unique<PosixFileLock>(descriptor);
        if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
            if (errno != EWOULDBLOCK) return file_failure("lock", path, errno);
            char text[32] = {};
            const ssize_t got = ::pread(descriptor, text, sizeof text - 1, 0);
            std::string holder(text, got > 0 ? static_cast<std::size_t>(got) : 0);
            while (!holder.empty() && holder.back() == '\n') holder.pop_back();
            const bool known = parse_u64(holder).has_value();
            return io_failure(IoCode::InUse,
                              fmt::format("{} is locked by {}", path,
                                          known ? "process " + holder : "another process"));
        }
        const std::string pid = std::to_string(::getpid()) + "\n";
        if (::ftruncate(descriptor, 0) != 0 ||
            ::pwrite(descriptor, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size()))
            return file_failure("write lock", path, errno);
        return held;
    }

protected:
    IoResult<void> restrict_to_owner(const std::string& path) override {
        if (::chmod(path.c_str(), 0600) != 0) return file_failure("chmod", path, errno);
        return {};
    }
};

}  // namespace

std::unique_ptr<FileSystem> make_posix_file_system() {
    return std::make_unique<PosixFileSystem>();
}

}  // namespace walrus::io
