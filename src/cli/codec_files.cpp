// SPDX-License-Identifier: Apache-2.0
#include "cli/codec_files.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace walrus::cli {

namespace {
using client::client_failure;

ClientError input_error(const io::IoError& error, const std::string& path) {
    ClientError out = client::from_io(error, "reading " + path);
    out.code = ClientCode::InputFile;
    return out;
}
std::string axis_folder(const std::string& directory, Axis axis) {
    return fmt::format("{}/{}", directory, to_text(axis));
}
}  // namespace

ClientResult<CodeParameters> code_of(std::uint64_t shard_count, const std::string& flag) {
    const auto code = shard_count <= kShardCountMax
                          ? CodeParameters::make(static_cast<std::uint32_t>(shard_count))
                          : std::nullopt;
    if (!code)
        return client_failure(ClientCode::Usage,
                              fmt::format("{} {}: the number of shards must be from {} to {}", flag,
                                          shard_count, kShardCountMin, kShardCountMax));
    return *code;
}

ClientResult<std::unique_ptr<io::File>> open_input(io::FileSystem& files, const std::string& path) {
    auto file = files.open(path, io::OpenMode::Read);
    if (!file) return fail(input_error(file.error(), path));
    return std::move(*file);
}

ClientResult<Buffer> read_file_to_pool(io::FileSystem& files, BufferPool& pool,
                                       const std::string& path, std::uint64_t bytes_max) {
    const std::unique_ptr<io::File> file = WALRUS_TRY(open_input(files, path));
    const auto size = file->size();
    if (!size) return fail(input_error(size.error(), path));
    if (*size > bytes_max)
        return client_failure(ClientCode::InputFile,
                              fmt::format("{} has {} bytes; the largest blob for this number of "
                                          "shards has {} bytes",
                                          path, *size, bytes_max));
    auto buffer = pool.acquire(*size);
    if (!buffer) return fail(client::out_of_memory(*size, pool, "reading " + path));
    for (std::uint64_t at = 0; at < *size;) {
        const auto got = file->read_at(at, buffer->view().subspan(at));
        if (!got) return fail(input_error(got.error(), path));
        if (*got == 0)
            return client_failure(ClientCode::InputFile,
                                  fmt::format("{} became shorter while it was read", path));
        at += *got;
    }
    return std::move(*buffer);
}

std::string metadata_path(const std::string& directory) {
    return directory + "/metadata.bcs";
}

std::string sliver_path(const std::string& directory, Axis axis, SliverPairIndex pair) {
    return fmt::format("{}/{:05}.bcs", axis_folder(directory, axis), pair.value);
}

ClientResult<VerifiedMetadata> load_metadata(io::FileSystem& files, const std::string& directory) {
    const std::string path = metadata_path(directory);
    const auto content = files.read_file(path, metadata_bytes(kShardCountMax) + kDigestBytes);
    if (!content) return fail(input_error(content.error(), path));
    auto unverified = bcs::decode<UnverifiedMetadata>(*content);
    if (!unverified)
        return client_failure(ClientCode::Integrity,
                              fmt::format("{} is not the metadata of a blob: {}", path,
                                          bcs::describe(unverified.error())));
    const auto code =
        CodeParameters::make(static_cast<std::uint32_t>(unverified->metadata.hashes.size()));
    if (!code)
        return client_failure(ClientCode::Integrity,
                              fmt::format("{} is for {} shards, which no network has", path,
                                          unverified->metadata.hashes.size()));
    auto verified = verify_metadata(std::move(*unverified), *code);
    if (!verified)
        return client_failure(ClientCode::Integrity,
                              fmt::format("{}: {}", path, describe(verified.error())));
    return std::move(*verified);
}

ClientResult<std::vector<SliverFile>> load_slivers(io::FileSystem& files,
                                                   const std::string& directory, Axis axis,
                                                   const CodeParameters& code,
                                                   std::vector<std::string>& bad) {
    std::vector<SliverFile> out;
    const std::string folder = axis_folder(directory, axis);
    const auto there = files.exists(folder);
    if (there && !*there) return out;
    const auto entries = files.list(folder);
    if (!entries) return fail(input_error(entries.error(), folder));
    for (const io::DirectoryEntry& entry : *entries) {
        const std::string path = folder + "/" + entry.name;
        if (entry.is_directory || !entry.name.ends_with(".bcs")) continue;
        const auto number =
            parse_u64(std::string_view(entry.name).substr(0, entry.name.size() - 4));
        if (!number || *number >= code.shard_count()) {
            bad.push_back(path + ": its name is not the index of a pair");
            continue;
        }
        auto body = files.read_file(path, sliver_body_bytes_max(code, axis));
        if (!body) {
            bad.push_back(path + ": " + body.error().message);
            continue;
        }
        if (const auto parsed = parse_sliver(*body); !parsed) {
            bad.push_back(
                fmt::format("{}: does not parse ({})", path, bcs::describe(parsed.error())));
            continue;
        }
        out.push_back({SliverPairIndex(static_cast<std::uint16_t>(*number)), std::move(*body)});
    }
    return out;
}

ClientResult<void> save_file_unsynced(io::FileSystem& files, const std::string& path,
                                      ByteView data) {
    const auto write = [&]() -> io::IoResult<void> {
        const auto file = WALRUS_TRY(files.open(path, io::OpenMode::Create));
        WALRUS_TRY(file->truncate(0));
        return file->write_at(0, data);
    };
    const auto written = write();
    if (written) return {};
    ClientError error = client::from_io(written.error(), "writing " + path);
    error.code = ClientCode::Resources;
    return fail(std::move(error));
}

ClientResult<void> save_file(io::FileSystem& files, const std::string& path, ByteView data) {
    const auto written = files.write_file(path, data);
    if (written) return {};
    ClientError error = client::from_io(written.error(), "writing " + path);
    error.code = ClientCode::Resources;
    return fail(std::move(error));
}

ClientResult<std::unique_ptr<DirectorySink>> DirectorySink::make(io::FileSystem& files,
                                                                 std::string directory,
                                                                 const CodeParameters& code,
                                                                 std::uint32_t symbol_bytes) {
    for (const Axis axis : {Axis::Primary, Axis::Secondary}) {
        const std::string folder = axis_folder(directory, axis);
        const auto made = files.create_directories(folder);
        if (!made) return fail(client::from_io(made.error(), "making the folder " + folder));
    }
    const auto removed = files.remove(metadata_path(directory));
    if (!removed && removed.error().code != io::IoCode::NotFound)
        return fail(client::from_io(removed.error(), "removing " + metadata_path(directory)));
    return std::unique_ptr<DirectorySink>(
        new DirectorySink(files, std::move(directory), code, symbol_bytes));
}

bool DirectorySink::write(Axis axis, SliverIndex index, std::uint64_t offset, ByteView data) {
    const std::uint64_t symbols_bytes = code_.sliver_bytes(axis, symbol_bytes_);
    const auto put = [&]() -> io::IoResult<void> {
        const SliverPairIndex pair = pair_of_sliver(index, axis, code_.shard_count());
        const auto file =
            WALRUS_TRY(files_.open(sliver_path(directory_, axis, pair), io::OpenMode::Create));
        const SliverBodyParts frame =
            sliver_body_frame(code_, axis, static_cast<std::uint16_t>(symbol_bytes_), index);
        WALRUS_TRY(file->write_at(frame.header_bytes + offset, data));
        if (offset + data.size() < symbols_bytes) return {};
        // The last piece brings what is around the symbols; nothing of a longer file remains.
        WALRUS_TRY(file->write_at(0, frame.header_view()));
        const std::uint64_t end = frame.header_bytes + symbols_bytes;
        WALRUS_TRY(file->truncate(end + frame.trailer.size()));
        return file->write_at(end, frame.trailer_view());
    };
    return error_.keep(put());
}

ClientError DirectorySink::failure() const {
    ClientError error = client::from_io(*error_.get(), "writing slivers to " + directory_);
    error.code = ClientCode::Resources;
    return error;
}

ClientResult<void> save_metadata(io::FileSystem& files, const std::string& directory,
                                 const VerifiedMetadata& metadata) {
    return save_file(files, metadata_path(directory), metadata.encode_with_id());
}

}  // namespace walrus::cli
