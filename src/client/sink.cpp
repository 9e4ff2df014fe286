// SPDX-License-Identifier: Apache-2.0
#include "client/sink.hpp"

#include <fmt/format.h>

#include <filesystem>

namespace walrus::client {

io::Task<ClientResult<void>> MemorySink::write(ByteView data) {
    append(bytes, data);
    co_return ClientResult<void>{};
}

io::Task<ClientResult<void>> MemorySink::finish() {
    co_return ClientResult<void>{};
}

namespace {
ClientError output_error(const io::IoError& error, const std::string& target) {
    ClientError out = from_io(error, "writing " + target);
    if (out.code != ClientCode::Cancelled) out.code = ClientCode::Resources;
    return out;
}
std::string folder_of(const std::string& path) {
    const std::string folder = std::filesystem::path(path).parent_path().string();
    return folder.empty() ? "." : folder;
}
}  // namespace

ClientResult<std::unique_ptr<FileSink>> FileSink::create(io::Environment& environment,
                                                         std::string target) {
    const std::filesystem::path path(target);
    const std::string name =
        fmt::format(".{}.{:016x}.part", path.filename().string(), environment.random.next_u64());
    const std::string temporary = (path.parent_path() / name).string();
    auto file = environment.files.open(temporary, io::OpenMode::CreateNew);
    if (!file) return fail(output_error(file.error(), target));
    return std::unique_ptr<FileSink>(
        new FileSink(environment, std::move(target), temporary, std::move(*file)));
}

FileSink::~FileSink() {
    if (!file_) return;
    file_.reset();
    (void)environment_.files.remove(temporary_);
}

io::Task<ClientResult<void>> FileSink::write(ByteView data) {
    io::File* const file = file_.get();
    const std::uint64_t at = written_;
    auto work = [file, at, data] { return file->write_at(at, data); };
    auto task = io::offload(environment_.loop, environment_.disk, std::move(work));
    const io::IoResult<void> done = co_await std::move(task);
    if (!done) co_return fail(output_error(done.error(), target_));
    written_ += data.size();
    co_return ClientResult<void>{};
}

io::IoResult<void> FileSink::close_and_rename() {
    WALRUS_TRY(file_->sync_data());
    WALRUS_TRY(environment_.files.rename(temporary_, target_));
    file_.reset();
    return environment_.files.sync_directory(folder_of(target_));
}

io::Task<ClientResult<void>> FileSink::finish() {
    auto work = [this] { return close_and_rename(); };
    auto task = io::offload(environment_.loop, environment_.disk, std::move(work));
    const io::IoResult<void> done = co_await std::move(task);
    if (!done) co_return fail(output_error(done.error(), target_));
    co_return ClientResult<void>{};
}

}  // namespace walrus::client
