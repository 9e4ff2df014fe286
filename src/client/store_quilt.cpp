// SPDX-License-Identifier: Apache-2.0
#include "client/store_quilt.hpp"

#include <fmt/format.h>

#include <algorithm>

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
                             std::size_t patch, std::uint64_t described, MutableByteView quilt) {
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
        plan.write_data(patch, at, ByteView(piece).first(*got), quilt);
        at += *got;
    }
    if (*size != described || at != described)
        return client_failure(ClientCode::InputFile,
                              fmt::format("{} changed its length while it was read", path));
    return {};
}

ClientResult<EncodedQuilt> build(Client& client, const CodeParameters& code,
                                 const std::vector<QuiltFile>& files) {
    io::FileSystem& disk = client.environment().files;
    std::vector<PatchDescription> patches;
    std::vector<std::uint64_t> sizes;
    for (const QuiltFile& file : files) {
        sizes.push_back(WALRUS_TRY(file_bytes(disk, file.path)));
        patches.push_back({file.identifier, file.tags, sizes.back()});
    }
    const auto plan = QuiltPlan::make(code, std::move(patches));
    if (!plan) return fail(from_quilt(plan.error(), "making a quilt"));
    auto buffer = client.pool().acquire(plan->quilt_bytes());
    if (!buffer) return fail(out_of_memory(plan->quilt_bytes(), client.pool(), "making a quilt"));
    plan->write_frame(buffer->view());
    for (std::size_t i = 0; i < files.size(); ++i) {
        const std::size_t file = plan->description_of(i);
        WALRUS_TRY(read_into(disk, files[file].path, *plan, i, sizes[file], buffer->view()));
    }
    return EncodedQuilt{std::move(*buffer), plan->index()};
}

}  // namespace

io::Task<ClientResult<EncodedQuilt>> build_quilt(Client& client, std::vector<QuiltFile> files) {
    WALRUS_CO_TRY(view, co_await client.network());
    auto work = [&client, &view, &files] { return build(client, view->code, files); };
    auto task = io::offload(client.environment().loop, client.environment().disk, work);
    co_return co_await std::move(task);
}

}  // namespace walrus::client
