// SPDX-License-Identifier: Apache-2.0
// Files through an interface: the operating system's, or a simulated disk that forgets unsynced
// writes at a power cut. Calls block; run them on a disk worker (offload), never in the loop
// thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "io/error.hpp"

namespace walrus::io {

/// An open file. Thread safe for disjoint ranges.
class File {
public:
    virtual ~File() = default;
    /// Reads up to `out.size()` bytes at `offset`; fewer only at the end of the file.
    virtual IoResult<std::size_t> read_at(std::uint64_t offset, MutableByteView out) = 0;
    /// Writes all bytes at `offset`, extending the file if needed.
    virtual IoResult<void> write_at(std::uint64_t offset, ByteView data) = 0;
    /// Returns when data and size are durable (fdatasync).
    virtual IoResult<void> sync_data() = 0;
    virtual IoResult<std::uint64_t> size() = 0;
    virtual IoResult<void> truncate(std::uint64_t size) = 0;
    /// Gives a range's space back to the disk; it reads as zeros. May do nothing.
    virtual IoResult<void> punch_hole(std::uint64_t offset, std::uint64_t length) = 0;
};

enum class OpenMode {
    Read,       ///< must exist
    ReadWrite,  ///< must exist
    Create,     ///< read and write, created if absent
    CreateNew,  ///< read and write, must not exist
};

struct DirectoryEntry {
    std::string name;
    bool is_directory = false;
    std::uint64_t size = 0;
};

class FileSystem {
public:
    virtual ~FileSystem() = default;
    virtual IoResult<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
    /// An empty file of this directory without a name, for reading and writing: its space is free
    /// again when it is closed, also by a crash. Where the file system cannot do that it has a name
    /// for a moment.
    virtual IoResult<std::unique_ptr<File>> open_unnamed(const std::string& directory);
    virtual IoResult<bool> exists(const std::string& path) = 0;
    /// Also the missing parents. The new names are durable on return.
    virtual IoResult<void> create_directories(const std::string& path) = 0;
    /// Sorted by name.
    virtual IoResult<std::vector<DirectoryEntry>> list(const std::string& path) = 0;
    /// Replaces `to` if it is a file. Durable once the directories of both are synced.
    virtual IoResult<void> rename(const std::string& from, const std::string& to) = 0;
    /// A file or an empty directory. Errors: NotFound.
    virtual IoResult<void> remove(const std::string& path) = 0;
    /// Whatever is there, with all below; nothing there is fine.
    virtual IoResult<void> remove_all(const std::string& path) = 0;
    /// Makes created, renamed and removed names of a directory durable.
    virtual IoResult<void> sync_directory(const std::string& path) = 0;
    virtual IoResult<std::uint64_t> free_bytes(const std::string& path) = 0;
    /// An exclusive lock on a path while the object lives. Errors: InUse (message names the
    /// holder's PID if known).
    virtual IoResult<std::unique_ptr<class FileLock>> lock(const std::string& path) = 0;

    /// The whole file. Errors: TooLarge beyond `limit_bytes`.
    IoResult<Bytes> read_file(const std::string& path, std::uint64_t limit_bytes);
    /// Temporary name, write, sync, rename, sync the directory: after a crash either the old or the
    /// new content is there. `secret`: mode 0600. One writer per path at a time (the temporary name
    /// is `path` + ".tmp").
    IoResult<void> write_file(const std::string& path, ByteView data, bool secret = false);

protected:
    virtual IoResult<void> restrict_to_owner(const std::string& path) = 0;
};

class FileLock {
public:
    virtual ~FileLock() = default;
};

/// The operating system's files.
std::unique_ptr<FileSystem> make_posix_file_system();

/// The directory part of a path ("." if there is none) and its last name.
std::string parent_path(const std::string& path);
std::string base_name(const std::string& path);

}  // namespace walrus::io
