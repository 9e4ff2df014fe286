// SPDX-License-Identifier: Apache-2.0
#include "client/read_blob.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "client/metadata_fetch.hpp"
#include "client/status.hpp"
#include "redstuff/verify.hpp"

namespace walrus::client {

ReadBlob::ReadBlob(Client& client, ReadOptions options)
    : client_(client), options_(std::move(options)) {}

io::Task<ClientResult<ReadReport>> ReadBlob::run(BlobId id, BlobSink& sink) {
    io::Loop& loop = client_.environment().loop;
    const std::uint64_t started = loop.monotonic_us();
    report_ = ReadReport{};
    report_.blob_id = id;
    written_ = 0;

    WALRUS_CO_TRY(view, co_await client_.network());
    for (std::uint32_t attempt = 0;; ++attempt) {
        view_ = co_await committee_of_blob(client_, view, id);
        if (attempt % 2 == 1 && view->previous)
            view_ = view_ == view->previous ? view : view->previous;
        auto done = co_await read(id, sink);
        if (done) break;
        const bool nodes_failed =
            done.error().code == ClientCode::Network || done.error().code == ClientCode::NotFound;
        if (!nodes_failed || attempt >= client_.limits().committee_retries)
            co_return fail(std::move(done.error()));
        // Shards may have moved meanwhile, or a node of the other committee has what is missing.
        auto now = co_await client_.network(true);
        if (!now ||
            ((*now)->epoch == view->epoch && (*now)->phase == view->phase && !(*now)->previous))
            co_return fail(std::move(done.error()));
        view = std::move(*now);
    }
    WALRUS_CO_CHECK_OK(co_await sink.finish());
    report_.total_us = loop.monotonic_us() - started;
    co_return report_;
}

io::Task<ClientResult<void>> ReadBlob::read(BlobId id, BlobSink& sink) {
    io::Loop& loop = client_.environment().loop;
    const std::uint64_t started = loop.monotonic_us();
    WALRUS_CO_TRY(fetched, co_await fetch_readable_metadata(client_, view_, id));
    const VerifiedMetadata& metadata = fetched.metadata;
    report_.bytes_received += fetched.bytes_received;
    report_.blob_bytes = metadata.blob_bytes();
    report_.metadata_us = loop.monotonic_us() - started;
    const std::uint32_t rows = co_await rows_to_fetch(metadata);
    co_return co_await fetch_and_write(metadata, rows, sink);
}

std::uint32_t ReadBlob::rows_with_data(const VerifiedMetadata& metadata) const {
    const std::uint64_t row = view_->code.sliver_bytes(Axis::Primary, metadata.symbol_bytes());
    return static_cast<std::uint32_t>((metadata.blob_bytes() + row - 1) / row);
}

/// Rows behind the blob's end are zeros. If the metadata says so too (the hash of a zero sliver is
/// the same for every index), they need not be fetched, neither for the data nor for decoding nor
/// for the consistency check. If it does not, the blob may be inconsistent: fetch everything.
io::Task<std::uint32_t> ReadBlob::rows_to_fetch(const VerifiedMetadata& metadata) {
    const std::uint32_t all = view_->code.primary_source_symbols();
    const std::uint32_t rows = rows_with_data(metadata);
    if (rows >= all) co_return all;
    const SliverIndex first(static_cast<std::uint16_t>(rows));
    const Bytes zeros(view_->code.sliver_bytes(Axis::Primary, metadata.symbol_bytes()));
    const SliverView zero_sliver(zeros, static_cast<std::uint16_t>(metadata.symbol_bytes()), first);
    auto work = [this, &metadata, &zero_sliver] {
        return verify_sliver(metadata, view_->code, Axis::Primary, zero_sliver,
                             client_.environment().cpu);
    };
    auto task = io::offload(client_.environment().loop, client_.environment().cpu, work);
    const Result<void, SliverError> verdict = co_await std::move(task);
    if (!verdict) co_return all;
    const Digest& zero_hash = metadata.sliver_hash(Axis::Primary, first);
    for (std::uint32_t row = rows; row < all; ++row)
        if (metadata.sliver_hash(Axis::Primary, SliverIndex(static_cast<std::uint16_t>(row))) !=
            zero_hash)
            co_return all;
    co_return rows;
}

namespace {
/// A fetch that runs beside its reader, and its end.
struct Running {
    explicit Running(io::Loop& loop) : changed(loop) {}
    io::Event changed;
    bool ended = false;
    ClientResult<void> result;
};
io::Task<void> run_fetch(SliverFetch& fetch, Running& running) {
    auto row_ready = [&running](SliverIndex) { running.changed.notify_all(); };
    running.result = co_await fetch.run(row_ready);
    running.ended = true;
    running.changed.notify_all();
}
}  // namespace

io::Task<ClientResult<void>> ReadBlob::fetch_and_write(const VerifiedMetadata& metadata,
                                                       std::uint32_t rows, BlobSink& sink) {
    SliverFetch fetch(client_, view_, metadata, rows, options_.progress);
    Running running(client_.environment().loop);
    io::TaskGroup group(client_.environment().loop);
    group.add(run_fetch(fetch, running));
    // A verified source row is the blob's own bytes, so it may go out at once; a strict check wants
    // to see everything before.
    const bool stream = options_.check != ConsistencyCheck::Strict;
    ClientResult<void> written;
    while (!running.ended && written) {
        if (stream) written = co_await write_ready_rows(metadata, fetch, sink);
        if (!running.ended) co_await running.changed.wait(100'000);
    }
    co_await group.wait();
    report_.systematic = fetch.plan().systematic_received();
    report_.parity = fetch.plan().parity_received();
    report_.bytes_received += fetch.bytes_received();
    if (!written) co_return written;
    if (!running.result) co_return running.result;
    if (stream) {
        WALRUS_CO_CHECK_OK(co_await write_ready_rows(metadata, fetch, sink));
    }
    if (written_ == metadata.blob_bytes() && stream && fetch.plan().systematic_complete())
        co_return ClientResult<void>{};
    co_return co_await decode_rest(metadata, fetch, sink);
}

/// Writes the rows that have arrived and follow what is written.
io::Task<ClientResult<void>> ReadBlob::write_ready_rows(const VerifiedMetadata& metadata,
                                                        const SliverFetch& fetch, BlobSink& sink) {
    const std::uint64_t row_bytes =
        view_->code.sliver_bytes(Axis::Primary, metadata.symbol_bytes());
    while (written_ < metadata.blob_bytes()) {
        const SliverIndex row(static_cast<std::uint16_t>(written_ / row_bytes));
        const auto symbols = fetch.symbols(row);
        if (!symbols) break;
        const std::uint64_t rest = metadata.blob_bytes() - written_;
        const ByteView data = symbols->first(std::min<std::uint64_t>(rest, symbols->size()));
        WALRUS_CO_CHECK_OK(co_await sink.write(data));
        written_ += data.size();
    }
    co_return ClientResult<void>{};
}

io::Task<ClientResult<void>> ReadBlob::decode_rest(const VerifiedMetadata& metadata,
                                                   const SliverFetch& fetch, BlobSink& sink) {
    std::vector<SliverView> slivers = fetch.slivers();
    // The known rows are slivers like others: zeros with the right hash.
    const std::uint32_t known_from =
        fetch.plan().needed() -
        (fetch.plan().have() - fetch.plan().systematic_received() - fetch.plan().parity_received());
    const Bytes zeros(view_->code.sliver_bytes(Axis::Primary, metadata.symbol_bytes()));
    for (std::uint32_t row = known_from; row < view_->code.primary_source_symbols(); ++row)
        slivers.emplace_back(zeros, static_cast<std::uint16_t>(metadata.symbol_bytes()),
                             SliverIndex(static_cast<std::uint16_t>(row)));
    auto work = [this, &metadata, &slivers] {
        return decode_blob(view_->code, metadata, Axis::Primary, slivers, options_.check,
                           client_.pool(), client_.environment().cpu);
    };
    auto task = io::offload(client_.environment().loop, client_.environment().cpu, work);
    const Result<DecodedBlob, DecodeError> decoded = co_await std::move(task);
    if (!decoded) {
        switch (decoded.error()) {
            case DecodeError::InconsistentBlob:
                co_return client_failure(
                    ClientCode::Integrity,
                    fmt::format("blob {} is invalid: it was encoded inconsistently by its writer",
                                to_text(metadata.blob_id())));
            case DecodeError::NotEnoughSlivers:
                co_return client_failure(ClientCode::Internal, "the decoder misses slivers");
            case DecodeError::OutOfMemoryBudget:
                co_return fail(out_of_memory(metadata.blob_bytes(), client_.pool(), "decoding"));
        }
    }
    report_.decoded = decoded->decoded();
    constexpr std::size_t kPieceBytes = 4u << 20;
    while (written_ < metadata.blob_bytes()) {
        const std::size_t piece =
            std::min<std::uint64_t>(kPieceBytes, metadata.blob_bytes() - written_);
        const ByteView data = decoded->bytes().subspan(written_, piece);
        WALRUS_CO_CHECK_OK(co_await sink.write(data));
        written_ += piece;
    }
    co_return ClientResult<void>{};
}

}  // namespace walrus::client
