// SPDX-License-Identifier: Apache-2.0
#include "client/blob_input.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "client/encode_file.hpp"
#include "redstuff/encode.hpp"

namespace walrus::client {
namespace {

/// Memory of a blob, its slivers and what encoding needs beside, in blobs.
constexpr std::uint64_t kEncodingFactor = 6;

ClientError input_error(const io::IoError& error, const std::string& path) {
    ClientError out = from_io(error, "reading " + path);
    out.code = ClientCode::InputFile;
    return out;
}

ClientResult<InputFile> open_file(io::FileSystem& files, const std::string& path,
                                  std::uint64_t bytes_max) {
    auto file = files.open(path, io::OpenMode::Read);
    if (!file) return fail(input_error(file.error(), path));
    const auto size = (*file)->size();
    if (!size) return fail(input_error(size.error(), path));
    if (*size > bytes_max)
        return client_failure(ClientCode::InputFile,
                              fmt::format("{} has {} bytes, more than the largest blob of this "
                                          "network, {} bytes",
                                          path, *size, bytes_max));
    return InputFile{path, std::move(*file), *size};
}

ClientResult<Buffer> read_whole(BufferPool& pool, const InputFile& input) {
    auto buffer = pool.acquire(static_cast<std::size_t>(input.bytes));
    if (!buffer)
        return fail(
            out_of_memory(static_cast<std::size_t>(input.bytes), pool, "reading " + input.path));
    constexpr std::size_t kPieceBytes = 16u << 20;
    for (std::uint64_t at = 0; at < input.bytes;) {
        const std::size_t piece = std::min<std::uint64_t>(kPieceBytes, input.bytes - at);
        const auto got = input.file->read_at(at, buffer->view().subspan(at, piece));
        if (!got) return fail(input_error(got.error(), input.path));
        if (*got == 0)
            return client_failure(ClientCode::InputFile,
                                  fmt::format("{} became shorter while it was read", input.path));
        at += *got;
    }
    return std::move(*buffer);
}

}  // namespace

bool fits_memory(const BufferPool& pool, std::uint64_t bytes) {
    return bytes <= pool.budget_bytes() / kEncodingFactor;
}

io::Task<ClientResult<Buffer>> read_input_file(Client& client, std::string path,
                                               std::uint64_t bytes_max) {
    auto work = [&client, &path, bytes_max]() -> ClientResult<Buffer> {
        const InputFile input = WALRUS_TRY(open_file(client.environment().files, path, bytes_max));
        return read_whole(client.pool(), input);
    };
    auto task = io::offload(client.environment().loop, client.environment().disk, work);
    co_return co_await std::move(task);
}

io::Task<ClientResult<BlobInput>> open_blob_input(Client& client, std::string path,
                                                  std::uint64_t bytes_max) {
    auto work = [&client, &path, bytes_max]() -> ClientResult<BlobInput> {
        InputFile input = WALRUS_TRY(open_file(client.environment().files, path, bytes_max));
        if (!fits_memory(client.pool(), input.bytes)) return BlobInput(std::move(input));
        return BlobInput(WALRUS_TRY(read_whole(client.pool(), input)));
    };
    auto task = io::offload(client.environment().loop, client.environment().disk, work);
    co_return co_await std::move(task);
}

io::Task<ClientResult<VerifiedMetadata>> metadata_of_input(Client& client,
                                                           const CodeParameters& code,
                                                           const BlobInput& input,
                                                           std::string scratch_directory) {
    auto work = [&client, &code, &input, &scratch_directory]() -> ClientResult<VerifiedMetadata> {
        io::Environment& environment = client.environment();
        if (const InputFile* const file = input.file())
            return encode_file(environment.files, *file->file, file->path, code, nullptr,
                               scratch_directory, environment.cpu);
        auto metadata =
            compute_metadata(code, input.memory()->view(), client.pool(), environment.cpu);
        if (!metadata)
            return fail(out_of_memory(static_cast<std::size_t>(input.bytes() / 2), client.pool(),
                                      "computing the blob id"));
        return std::move(*metadata);
    };
    auto task = io::offload(client.environment().loop, client.environment().cpu, work);
    co_return co_await std::move(task);
}

}  // namespace walrus::client
