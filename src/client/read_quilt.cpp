// SPDX-License-Identifier: Apache-2.0
#include "client/read_quilt.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "client/metadata_fetch.hpp"
#include "client/read_blob.hpp"
#include "client/status.hpp"

namespace walrus::client {

namespace {

/// A blob into memory of known size.
class BufferSink final : public BlobSink {
public:
    explicit BufferSink(MutableByteView out) : out_(out) {}
    io::Task<ClientResult<void>> write(ByteView data) override {
        if (data.size() > out_.size())
            co_return client_failure(ClientCode::Internal, "the blob is longer than its metadata");
        std::copy(data.begin(), data.end(), out_.begin());
        out_ = out_.subspan(data.size());
        co_return ClientResult<void>{};
    }
    io::Task<ClientResult<void>> finish() override { co_return ClientResult<void>{}; }

private:
    MutableByteView out_;
};

}  // namespace

ReadQuilt::ReadQuilt(Client& client, BlobId id,
                     std::function<void(std::uint64_t, std::uint64_t)> progress)
    : client_(client), id_(id), progress_(std::move(progress)) {}

ReadQuilt::~ReadQuilt() = default;

QuiltReadReport ReadQuilt::report() const {
    QuiltReadReport out = report_;
    if (fetch_) {
        out.slivers = fetch_->slivers_received();
        out.bytes_received += fetch_->bytes_received();
    }
    return out;
}

ClientError ReadQuilt::broken(const QuiltError& error) const {
    return from_quilt(error, "blob " + to_text(id_));
}

io::Task<ClientResult<void>> ReadQuilt::open() {
    WALRUS_CO_TRY(view, co_await client_.network());
    view_ = co_await committee_of_blob(client_, view, id_);
    WALRUS_CO_TRY(fetched, co_await fetch_readable_metadata(client_, view_, id_));
    report_.bytes_received += fetched.bytes_received;
    const auto shape = QuiltColumns::of_length(view_->code, fetched.metadata.blob_bytes());
    if (!shape) co_return fail(broken(shape.error()));
    metadata_ = std::move(fetched.metadata);
    fetch_ = std::make_unique<ColumnFetch>(client_, view_, *metadata_);
    co_return ClientResult<void>{};
}

ClientResult<QuiltColumns> ReadQuilt::columns_at_hand() const {
    if (whole_) {
        auto out = QuiltColumns::of_blob(view_->code, whole_->view());
        if (!out) return fail(broken(out.error()));
        return std::move(*out);
    }
    auto out = QuiltColumns::of_length(view_->code, metadata_->blob_bytes());
    if (!out) return fail(broken(out.error()));
    for (std::uint32_t c = 0; c < out->column_count(); ++c) {
        const auto column = static_cast<std::uint16_t>(c);
        if (const auto symbols = fetch_->symbols(column)) out->add(column, *symbols);
    }
    return std::move(*out);
}

io::Task<ClientResult<void>> ReadQuilt::get_columns(std::vector<std::uint16_t> columns) {
    if (whole_) co_return ClientResult<void>{};
    const bool all_here = co_await fetch_->run(std::move(columns));
    if (all_here) co_return ClientResult<void>{};
    co_return co_await read_whole();
}

/// Patches trust the hashes of secondary slivers only, a decoded quilt those of primary ones: only
/// a strict check makes the two agree.
io::Task<ClientResult<void>> ReadQuilt::read_whole() {
    report_.whole = true;
    report_.whole_reason = fetch_->problem();
    fetch_->clear();
    const std::uint64_t bytes = metadata_->blob_bytes();
    auto buffer = client_.pool().acquire(bytes);
    if (!buffer) co_return fail(out_of_memory(bytes, client_.pool(), "reading a whole quilt"));
    BufferSink sink(buffer->view());
    ReadOptions options;
    options.check = ConsistencyCheck::Strict;
    ReadBlob read(client_, options);
    WALRUS_CO_TRY(done, co_await read.run(id_, sink));
    report_.bytes_received += done.bytes_received;
    whole_ = std::move(*buffer);
    co_return ClientResult<void>{};
}

io::Task<ClientResult<QuiltIndex>> ReadQuilt::index() {
    std::vector<std::uint16_t> wanted = {0};
    WALRUS_CO_CHECK_OK(co_await get_columns(wanted));
    WALRUS_CO_TRY(first, columns_at_hand());
    const auto of_index = quilt_index_columns(first);
    if (!of_index) co_return fail(broken(of_index.error()));
    for (std::uint16_t c = 1; c < of_index->end; ++c) wanted.push_back(c);
    WALRUS_CO_CHECK_OK(co_await get_columns(wanted));
    WALRUS_CO_TRY(columns, columns_at_hand());
    auto out = parse_quilt_index(columns);
    if (!out) co_return fail(broken(out.error()));
    co_return std::move(*out);
}

io::Task<ClientResult<void>> ReadQuilt::read(std::vector<PatchColumns> patches,
                                             OpenPatchSink open_sink) {
    const std::uint64_t column_bytes =
        view_->code.sliver_bytes(Axis::Secondary, metadata_->symbol_bytes());
    const std::uint32_t column_count = view_->code.secondary_source_symbols();
    std::uint64_t total = 0;
    for (const PatchColumns& of : patches) {
        if (of.start >= of.end || of.end > column_count)
            co_return client_failure(
                ClientCode::NotFound,
                fmt::format("quilt {} has {} columns, and no patch in columns [{}, {})",
                            to_text(id_), column_count, of.start, of.end));
        total += (of.end - of.start) * column_bytes;
    }
    std::uint64_t done = 0;
    for (std::size_t next = 0; next < patches.size();) {
        std::vector<std::uint16_t> wanted;
        std::size_t end = next;
        do {
            for (std::uint16_t c = patches[end].start; c < patches[end].end; ++c)
                wanted.push_back(c);
            ++end;
        } while (end < patches.size() &&
                 (wanted.size() + patches[end].end - patches[end].start) * column_bytes <=
                     client_.limits().columns_bytes_max);
        WALRUS_CO_CHECK_OK(co_await get_columns(std::move(wanted)));
        for (; next < end; ++next) {
            WALRUS_CO_CHECK_OK(co_await write_patch(patches[next], next, open_sink));
            done += (patches[next].end - patches[next].start) * column_bytes;
            if (progress_) progress_(done, total);
        }
        fetch_->clear();
    }
    co_return ClientResult<void>{};
}

io::Task<ClientResult<void>> ReadQuilt::write_patch(PatchColumns of, std::size_t patch,
                                                    const OpenPatchSink& open_sink) {
    WALRUS_CO_TRY(columns, columns_at_hand());
    const auto header = parse_patch_header(columns, of);
    if (!header) co_return fail(broken(header.error()));
    WALRUS_CO_TRY(sink, open_sink(patch, *header));
    constexpr std::size_t kPieceBytes = 4u << 20;
    Bytes piece(std::min<std::uint64_t>(kPieceBytes, header->data_bytes));
    for (std::uint64_t at = 0; at < header->data_bytes; at += piece.size()) {
        piece.resize(std::min<std::uint64_t>(kPieceBytes, header->data_bytes - at));
        const auto copied = columns.read(of.start, header->data_offset + at, piece);
        if (!copied) co_return fail(broken(copied.error()));
        WALRUS_CO_CHECK_OK(co_await sink->write(piece));
    }
    co_return co_await sink->finish();
}

}  // namespace walrus::client
