// SPDX-License-Identifier: Apache-2.0
#include "io/file.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace walrus::io {

std::string parent_path(const std::string& path) {
    const std::size_t slash = path.find_last_of('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

std::string base_name(const std::string& path) {
    const std::size_t slash = path.find_last_of('/');
    return slash == std::string::npos ? path : path.substr(slash + 1);
}

IoResult<std::unique_ptr<File>> FileSystem::open_unnamed(const std::string& directory) {
    for (int i = 0;; ++i) {
        const std::string path = fmt::format("{}/.scratch-{}", directory, i);
        auto file = open(path, OpenMode::CreateNew);
        if (!file && file.error().code == IoCode::AlreadyExists) continue;
        if (!file) return file;
        WALRUS_TRY(remove(path));
        return file;
    }
}

IoResult<Bytes> FileSystem::read_file(const std::string& path, std::uint64_t limit_bytes) {
    const std::unique_ptr<File> file = WALRUS_TRY(open(path, OpenMode::Read));
    const std::uint64_t size = WALRUS_TRY(file->size());
    if (size > limit_bytes)
        return io_failure(IoCode::TooLarge,
                          fmt::format("{}: {} bytes, at most {} allowed", path, size, limit_bytes));
    Bytes content(size);
    const std::size_t got = WALRUS_TRY(file->read_at(0, content));
    content.resize(got);
    return content;
}

IoResult<void> FileSystem::write_file(const std::string& path, ByteView data, bool secret) {
    const std::string temporary = path + ".tmp";
    {
        const std::unique_ptr<File> file = WALRUS_TRY(open(temporary, OpenMode::Create));
        // Before the first secret byte is in it.
        if (secret) WALRUS_TRY(restrict_to_owner(temporary));
        WALRUS_TRY(file->truncate(0));
        WALRUS_TRY(file->write_at(0, data));
        WALRUS_TRY(file->sync_data());
    }
    WALRUS_TRY(rename(temporary, path));
    return sync_directory(parent_path(path));
}

}  // namespace walrus::io
