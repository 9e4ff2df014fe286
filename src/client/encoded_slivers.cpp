// SPDX-License-Identifier: Apache-2.0
#include "client/encoded_slivers.hpp"

#include <fmt/format.h>

#include "base/check.hpp"
#include "client/amounts.hpp"
#include "client/encode_file.hpp"

namespace walrus::client {
namespace {

class MemorySlivers final : public EncodedSlivers,
                            public std::enable_shared_from_this<MemorySlivers> {
public:
    explicit MemorySlivers(EncodedBlob encoded)
        : EncodedSlivers(encoded.code(), encoded.metadata()), encoded_(std::move(encoded)) {}

    io::Task<ClientResult<http::SharedBody>> body(SliverPairIndex pair, Axis axis) const override {
        struct Body {
            std::shared_ptr<const MemorySlivers> slivers;
            SliverBodyParts parts;
        };
        auto kept = std::make_shared<Body>();
        kept->slivers = shared_from_this();
        kept->parts = encoded_.sliver_body_parts(pair, axis);
        http::SharedBody out;
        out.parts = {kept->parts.header_view(), kept->parts.symbols, kept->parts.trailer_view()};
        out.owner = std::move(kept);
        co_return out;
    }

private:
    EncodedBlob encoded_;
};

/// All primary slivers one after the other, then all secondary ones.
struct FileLayout {
    FileLayout(const CodeParameters& code, std::uint32_t symbol_bytes)
        : shards(code.shard_count()),
          primary_bytes(code.sliver_bytes(Axis::Primary, symbol_bytes)),
          secondary_bytes(code.sliver_bytes(Axis::Secondary, symbol_bytes)) {}

    std::uint64_t sliver_bytes(Axis axis) const {
        return axis == Axis::Primary ? primary_bytes : secondary_bytes;
    }
    std::uint64_t offset(Axis axis, SliverIndex index) const {
        return axis == Axis::Primary ? index.value * primary_bytes
                                     : shards * primary_bytes + index.value * secondary_bytes;
    }
    std::uint64_t total() const { return shards * (primary_bytes + secondary_bytes); }

    std::uint64_t shards;
    std::uint64_t primary_bytes;
    std::uint64_t secondary_bytes;
};

class SliverFileSink final : public SliverSink {
public:
    SliverFileSink(io::File& file, const FileLayout& layout) : file_(file), layout_(layout) {}
    bool write(Axis axis, SliverIndex index, std::uint64_t offset, ByteView data) override {
        return error_.keep(file_.write_at(layout_.offset(axis, index) + offset, data));
    }
    std::optional<io::IoError> error() const { return error_.get(); }

private:
    io::File& file_;
    const FileLayout& layout_;
    FirstError error_;
};

class FileSlivers final : public EncodedSlivers, public std::enable_shared_from_this<FileSlivers> {
public:
    FileSlivers(Client& client, const CodeParameters& code, VerifiedMetadata metadata,
                const FileLayout& layout, std::unique_ptr<io::File> file, std::string name)
        : EncodedSlivers(code, std::move(metadata)),
          client_(client),
          layout_(layout),
          file_(std::move(file)),
          name_(std::move(name)) {}

    io::Task<ClientResult<http::SharedBody>> body(SliverPairIndex pair, Axis axis) const override {
        struct Body {
            Buffer symbols;
            SliverBodyParts parts;
        };
        const auto self = shared_from_this();
        auto kept = std::make_shared<Body>();
        const SliverIndex index = sliver_of_pair(pair, axis, metadata_.shard_count());
        kept->parts = sliver_body_frame(
            code_, axis, static_cast<std::uint16_t>(metadata_.symbol_bytes()), index);
        auto work = [self, kept, axis, index]() { return self->read(axis, index, kept->symbols); };
        auto task = io::offload(client_.environment().loop, client_.environment().disk, work);
        WALRUS_CO_CHECK_OK(co_await std::move(task));
        kept->parts.symbols = kept->symbols.view();
        http::SharedBody out;
        out.parts = {kept->parts.header_view(), kept->parts.symbols, kept->parts.trailer_view()};
        out.owner = std::move(kept);
        co_return out;
    }

private:
    ClientResult<void> read(Axis axis, SliverIndex index, Buffer& out) const {
        const auto bytes = static_cast<std::size_t>(layout_.sliver_bytes(axis));
        auto buffer = client_.pool().acquire(bytes);
        if (!buffer)
            return fail(out_of_memory(bytes, client_.pool(), "reading a sliver of " + name_));
        const auto got = file_->read_at(layout_.offset(axis, index), buffer->view());
        if (!got) {
            ClientError error = from_io(got.error(), "reading back a sliver of " + name_);
            error.code = ClientCode::Resources;
            return fail(std::move(error));
        }
        if (*got != bytes)
            return client_failure(ClientCode::Resources,
                                  "the scratch file of " + name_ + " became shorter");
        out = std::move(*buffer);
        return {};
    }

    Client& client_;
    FileLayout layout_;
    std::unique_ptr<io::File> file_;
    std::string name_;
};

using SharedSlivers = std::shared_ptr<const EncodedSlivers>;

ClientResult<SharedSlivers> encode_in_memory(Client& client, const CodeParameters& code,
                                             const Buffer& blob) {
    auto encoded = encode_blob(code, blob.view(), client.pool(), client.environment().cpu);
    if (!encoded)
        return fail(out_of_memory(std::size_t{5} * blob.size(), client.pool(), "encoding"));
    return std::make_shared<MemorySlivers>(std::move(*encoded));
}

ClientResult<SharedSlivers> encode_to_file(Client& client, const CodeParameters& code,
                                           const InputFile& input, const std::string& directory) {
    io::FileSystem& files = client.environment().files;
    const auto symbol_bytes = code.symbol_bytes(input.bytes);
    const auto parity_bytes = row_parity_bytes(code, input.bytes);
    if (!symbol_bytes || !parity_bytes)
        return client_failure(ClientCode::InputFile,
                              fmt::format("{} has {} bytes, more than the largest blob, {} bytes",
                                          input.path, input.bytes, code.blob_bytes_max()));
    const FileLayout layout(code, *symbol_bytes);
    const std::uint64_t needed = layout.total() + *parity_bytes;
    const std::string doing = fmt::format(
        "keeping the slivers of {} in {} (another folder: --scratch)", input.path, directory);
    const auto failed = [&](const io::IoError& error) {
        ClientError out = from_io(error, doing);
        out.code = ClientCode::Resources;
        return fail(std::move(out));
    };
    const auto free = files.free_bytes(directory);
    if (!free) return failed(free.error());
    if (*free < needed)
        return client_failure(
            ClientCode::Resources,
            fmt::format("{} is too large to be encoded in memory, and {} has {} free for its "
                        "slivers, {} are needed. Use another folder (--scratch) or more memory",
                        input.path, directory, format_bytes(*free), format_bytes(needed)));
    auto file = files.open_unnamed(directory);
    if (!file) return failed(file.error());
    SliverFileSink sink(**file, layout);
    auto metadata = encode_file(files, *input.file, input.path, code, &sink, directory,
                                client.environment().cpu);
    if (!metadata) {
        if (const auto error = sink.error()) return failed(*error);
        return fail(std::move(metadata.error()));
    }
    return std::make_shared<FileSlivers>(client, code, std::move(*metadata), layout,
                                         std::move(*file), input.path);
}

}  // namespace

std::size_t EncodedSlivers::body_bytes(Axis axis) const {
    return sliver_body_bytes(code_, axis, metadata_.symbol_bytes());
}

io::Task<ClientResult<std::shared_ptr<const EncodedSlivers>>> encode_input(
    Client& client, const CodeParameters& code, BlobInput input, std::string scratch_directory) {
    auto work = [&client, &code, &input, &scratch_directory]() -> ClientResult<SharedSlivers> {
        if (const InputFile* const file = input.file())
            return encode_to_file(client, code, *file, scratch_directory);
        return encode_in_memory(client, code, *input.memory());
    };
    auto task = io::offload(client.environment().loop, client.environment().cpu, work);
    co_return co_await std::move(task);
}

}  // namespace walrus::client
