// SPDX-License-Identifier: Apache-2.0
#include "client/store_quilt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace walrus::client {

namespace {

ClientError file_error(const io::IoError& error, const std::string& path) {
    ClientError out = from_io(error, "reading " + path);
    out.code = ClientCode::InputFile;
    return out;
}

ClientResult<std::uint64_t> file_bytes(io::FileSystem& files, const std::string& path) {
    auto file = files.open(path, io::OpenMode::Read);
    if (!file) return fail(file_error(file.error(), path));
    const auto size = (*file)->size();
    if (!size) return fail(file_error(size.error(), path));
    return *size;
}

/// Reads a file of the described length into its place. Blocks.
ClientResult<void> read_into(io::FileSystem& files, const std::string& path, const QuiltPlan& plan,
                             std::size_t patch, std::uint64_t described, QuiltPlan::Writer write) {
    auto file = files.open(path, io::OpenMode::Read);
    if (!file) return fail(file_error(file.error(), path));
    const auto size = (*file)->size();
    if (!size) return fail(file_error(size.error(), path));
    constexpr std::size_t kPieceBytes = 4u << 20;
    Bytes piece(std::min<std::uint64_t>(kPieceBytes, described));
    std::uint64_t at = 0;
    while (*size == described && at < described) {
        const std::size_t wanted = std::min<std::uint64_t>(kPieceBytes, described - at);
        const auto got = (*file)->read_at(at, MutableByteView(piece).first(wanted));
        if (!got) return fail(file_error(got.error(), path));
        if (*got == 0) break;
        plan.write_data(patch, at, ByteView(piece).first(*got), write);
        at += *got;
    }
    if (*size != described || at != described)
        return client_failure(ClientCode::InputFile,
                              fmt::format("{} changed its length while it was read", path));
    return {};
}

/// A quilt to be made: which file is which of its descriptions.
struct Job {
    const std::vector<QuiltFile>& files;
    std::vector<std::uint64_t> sizes;
    QuiltPlan plan;
};

/// Puts everything in its place.
ClientResult<void> write_quilt(io::FileSystem& disk, const Job& job, QuiltPlan::Writer write) {
    job.plan.write_frame(write);
    for (std::size_t i = 0; i < job.files.size(); ++i) {
        const std::size_t file = job.plan.description_of(i);
        WALRUS_TRY(read_into(disk, job.files[file].path, job.plan, i, job.sizes[file], write));
    }
    return {};
}

ClientResult<BlobInput> quilt_in_memory(Client& client, const Job& job) {
    auto buffer = client.pool().acquire(job.plan.quilt_bytes());
    if (!buffer)
        return fail(out_of_memory(job.plan.quilt_bytes(), client.pool(), "making a quilt"));
    const MutableByteView quilt = buffer->view();
    std::fill(quilt.begin(), quilt.end(), Byte{0});
    const auto write = [quilt](std::uint64_t offset, ByteView bytes) {
        std::copy(bytes.begin(), bytes.end(), quilt.begin() + static_cast<std::ptrdiff_t>(offset));
    };
    WALRUS_TRY(write_quilt(client.environment().files, job, write));
    return BlobInput(std::move(*buffer));
}

ClientResult<BlobInput> quilt_in_file(io::FileSystem& disk, const Job& job,
                                      const std::string& folder) {
    const auto error_of = [&](const io::IoError& error) {
        ClientError out = from_io(error, "scratch data in " + folder);
        out.code = ClientCode::Resources;
        return out;
    };
    auto scratch = disk.open_unnamed(folder);
    if (!scratch) return fail(error_of(scratch.error()));
    const auto sized = (*scratch)->truncate(job.plan.quilt_bytes());
    if (!sized) return fail(error_of(sized.error()));
    std::optional<io::IoError> first;
    const auto write = [&](std::uint64_t offset, ByteView bytes) {
        if (first) return;
        const auto written = (*scratch)->write_at(offset, bytes);
        if (!written) first = written.error();
    };
    WALRUS_TRY(write_quilt(disk, job, write));
    if (first) return fail(error_of(*first));
    return BlobInput(InputFile{"the quilt", std::move(*scratch), job.plan.quilt_bytes()});
}

ClientResult<BuiltQuilt> build(Client& client, const CodeParameters& code,
                               const std::vector<QuiltFile>& files, const std::string& folder) {
    io::FileSystem& disk = client.environment().files;
    std::vector<PatchDescription> patches;
    std::vector<std::uint64_t> sizes;
    for (const QuiltFile& file : files) {
        sizes.push_back(WALRUS_TRY(file_bytes(disk, file.path)));
        patches.push_back({file.identifier, file.tags, sizes.back()});
    }
    auto plan = QuiltPlan::make(code, std::move(patches));
    if (!plan) return fail(from_quilt(plan.error(), "making a quilt"));
    const Job job{files, std::move(sizes), std::move(*plan)};
    BlobInput blob = WALRUS_TRY(fits_memory(client.pool(), job.plan.quilt_bytes())
                                    ? quilt_in_memory(client, job)
                                    : quilt_in_file(disk, job, folder));
    return BuiltQuilt{std::move(blob), job.plan.index()};
}

}  // namespace

io::Task<ClientResult<BuiltQuilt>> build_quilt(Client& client, std::vector<QuiltFile> files,
                                               std::string scratch_directory) {
    WALRUS_CO_TRY(view, co_await client.network());
    auto work = [&client, &view, &files, &scratch_directory] {
        return build(client, view->code, files, scratch_directory);
    };
    auto task = io::offload(client.environment().loop, client.environment().disk, work);
    co_return co_await std::move(task);
}

}  // namespace walrus::client
