// SPDX-License-Identifier: Apache-2.0
// A file system in memory that knows what is durable: the content of a file up to its last
// sync_data(), the names of a directory up to its last sync_directory(). power_cut() forgets the
// rest. Files and locks that were open at the cut fail every later call with Closed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "io/file.hpp"

namespace walrus::io {

/// Thread safe.
class MemoryFileSystem final : public FileSystem {
public:
    enum class Operation { Open, Read, Write, Sync, Truncate, Rename, Remove, SyncDirectory, List };
    /// An error is returned instead of doing the operation on the path.
    using Fault = std::function<std::optional<IoError>(Operation, const std::string& path)>;

    MemoryFileSystem();
    ~MemoryFileSystem() override;

    /// All that was not synced is gone.
    void power_cut();
    /// Of each unsynced 4 KiB block of each file some survive, chosen by `seed`; names as above.
    void power_cut_torn(std::uint64_t seed);
    /// The process died: everything written stays, open files and locks become useless.
    void process_died();
    /// Writes that would make all files together larger fail with NoSpace.
    void set_capacity(std::optional<std::uint64_t> bytes);
    void set_fault(Fault fault);
    /// Flips bits of a stored byte, durably. Precondition: the file has this byte.
    void corrupt(const std::string& path, std::uint64_t offset, Byte mask);
    /// Sum of the sizes of all files.
    std::uint64_t used_bytes() const;
    /// Completed sync_data() and sync_directory() calls.
    std::uint64_t syncs() const;

    IoResult<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
    IoResult<bool> exists(const std::string& path) override;
    IoResult<void> create_directories(const std::string& path) override;
    IoResult<std::vector<DirectoryEntry>> list(const std::string& path) override;
    IoResult<void> rename(const std::string& from, const std::string& to) override;
    IoResult<void> remove(const std::string& path) override;
    IoResult<void> remove_all(const std::string& path) override;
    IoResult<void> sync_directory(const std::string& path) override;
    IoResult<std::uint64_t> free_bytes(const std::string& path) override;
    IoResult<std::unique_ptr<FileLock>> lock(const std::string& path) override;

protected:
    IoResult<void> restrict_to_owner(const std::string& path) override;

private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace walrus::io
