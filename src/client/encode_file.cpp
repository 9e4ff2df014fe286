// SPDX-License-Identifier: Apache-2.0
#include "client/encode_file.hpp"

#include <fmt/format.h>

namespace walrus::client {
namespace {

/// Row parity up to here stays in memory.
constexpr std::uint64_t kMemoryScratchBytesMax = 64u << 20;

class FileSource final : public BlobSource {
public:
    FileSource(io::File& file, std::uint64_t size) : file_(file), size_(size) {}
    std::uint64_t size() const override { return size_; }
    bool read(std::uint64_t offset, MutableByteView out) override {
        const auto got = file_.read_at(offset, out);
        if (!error_.keep(got)) return false;
        if (*got == out.size()) return true;
        return error_.keep(io::IoResult<void>(
            io::io_failure(io::IoCode::Other, "it became shorter while it was read")));
    }
    const FirstError& error() const { return error_; }

private:
    io::File& file_;
    std::uint64_t size_;
    FirstError error_;
};

class FileScratch final : public ScratchSpace {
public:
    explicit FileScratch(std::unique_ptr<io::File> file) : file_(std::move(file)) {}
    bool write(std::uint64_t offset, ByteView data) override {
        return error_.keep(file_->write_at(offset, data));
    }
    bool read(std::uint64_t offset, MutableByteView out) override {
        const auto got = file_->read_at(offset, out);
        return error_.keep(got) && *got == out.size();
    }
    const FirstError& error() const { return error_; }

private:
    std::unique_ptr<io::File> file_;
    FirstError error_;
};

ClientError resources(const io::IoError& error, std::string_view doing) {
    ClientError out = from_io(error, doing);
    out.code = ClientCode::Resources;
    return out;
}

}  // namespace

ClientResult<VerifiedMetadata> encode_file(io::FileSystem& files, io::File& file,
                                           const std::string& name, const CodeParameters& code,
                                           SliverSink* sink, const std::string& scratch_directory,
                                           Executor& executor) {
    const auto input_error = [&](const io::IoError& error) {
        ClientError out = from_io(error, "reading " + name);
        out.code = ClientCode::InputFile;
        return fail(std::move(out));
    };
    const auto size = file.size();
    if (!size) return input_error(size.error());
    const auto scratch_bytes = row_parity_bytes(code, *size);
    if (!scratch_bytes)
        return client_failure(ClientCode::InputFile,
                              fmt::format("{} has {} bytes, more than the largest blob, {} bytes",
                                          name, *size, code.blob_bytes_max()));
    FileSource source(file, *size);
    const std::string doing = fmt::format(
        "keeping {} bytes of scratch data in {} (another folder: "
        "--scratch)",
        *scratch_bytes, scratch_directory);
    std::unique_ptr<ScratchSpace> scratch;
    const FirstError* scratch_error = nullptr;
    if (*scratch_bytes <= kMemoryScratchBytesMax) {
        scratch = std::make_unique<MemoryScratch>(*scratch_bytes);
    } else {
        auto opened = files.open_unnamed(scratch_directory);
        if (!opened) return fail(resources(opened.error(), doing));
        auto in_file = std::make_unique<FileScratch>(std::move(*opened));
        scratch_error = &in_file->error();
        scratch = std::move(in_file);
    }
    auto metadata = encode_stream(code, source, *scratch, sink, executor);
    if (metadata) return std::move(*metadata);
    if (const auto error = source.error().get()) return input_error(*error);
    if (scratch_error != nullptr)
        if (const auto error = scratch_error->get()) return fail(resources(*error, doing));
    return client_failure(ClientCode::Resources,
                          fmt::format("encoding {}: {}", name, describe(metadata.error())));
}

}  // namespace walrus::client
