// SPDX-License-Identifier: Apache-2.0
// The C interface of the codec (include/walrus/redstuff.h). Whatever a caller could get wrong is
// checked here; the rooms below state preconditions.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "base/buffer_pool.hpp"
#include "base/executor.hpp"
#include "bcs/bcs.hpp"
#include "gf/dispatch.hpp"
#include "hash/dispatch.hpp"
#include "protocol/parameters.hpp"
#include "redstuff/decode.hpp"
#include "redstuff/encode.hpp"
#include "redstuff/recover.hpp"
#include "redstuff/stream_encode.hpp"
#include "redstuff/verify.hpp"
#include "walrus/redstuff.h"

namespace {

using namespace walrus;  // NOLINT: this file is the seam

constexpr std::uint32_t kThreadsMax = 1024;

/// Threads of a call live as long as it. Where the system has none to give, fewer work.
class CallExecutor final : public Executor {
public:
    explicit CallExecutor(std::size_t threads) : threads_(threads) {}
    std::size_t concurrency() const override { return threads_; }
    void parallel_for(std::size_t count, FunctionRef<void(std::size_t)> body) override {
        std::atomic<std::size_t> next{0};
        const auto work = [&] {
            for (std::size_t i = next.fetch_add(1); i < count; i = next.fetch_add(1)) body(i);
        };
        std::vector<std::thread> helpers;
        helpers.reserve(threads_);
        try {
            while (helpers.size() + 1 < std::min(threads_, count)) helpers.emplace_back(work);
        } catch (const std::system_error&) {  // NOLINT(bugprone-empty-catch): fewer threads do
        }
        work();
        for (std::thread& helper : helpers) helper.join();
    }

private:
    std::size_t threads_;
};

std::optional<Axis> axis_of(walrus_rs_axis axis) {
    if (axis == WALRUS_RS_PRIMARY) return Axis::Primary;
    if (axis == WALRUS_RS_SECONDARY) return Axis::Secondary;
    return std::nullopt;
}

SliverIndex sliver_index(std::uint32_t index) {
    return SliverIndex(static_cast<std::uint16_t>(index));
}

/// An empty view may have any pointer, also null.
bool bad_bytes(const std::uint8_t* bytes, std::size_t size) {
    return bytes == nullptr && size > 0;
}
ByteView view(const std::uint8_t* bytes, std::size_t size) {
    return size == 0 ? ByteView() : ByteView(bytes, size);
}
SliverView view(const walrus_rs_sliver& sliver) {
    return {view(sliver.symbols, sliver.size), sliver.symbol_bytes, SliverIndex(sliver.index)};
}
walrus_rs_sliver to_c(const SliverView& sliver) {
    return {sliver.symbols.data(), sliver.symbols.size(), sliver.symbol_bytes, sliver.index.value};
}
bool bad_slivers(const walrus_rs_sliver* slivers, std::size_t count) {
    return (slivers == nullptr && count > 0) ||
           std::any_of(slivers, slivers + count,
                       [](const auto& s) { return bad_bytes(s.symbols, s.size); });
}

walrus_rs_status to_c(EncodeError error) {
    return error == EncodeError::BlobTooLarge ? WALRUS_RS_BLOB_TOO_LARGE : WALRUS_RS_OUT_OF_MEMORY;
}
walrus_rs_status to_c(SliverError error) {
    switch (error) {
        case SliverError::IndexTooLarge:
            return WALRUS_RS_INVALID_ARGUMENT;
        case SliverError::SliverSizeMismatch:
        case SliverError::SymbolSizeMismatch:
            return WALRUS_RS_WRONG_SIZE;
        case SliverError::MerkleRootMismatch:
            break;
    }
    return WALRUS_RS_ROOT_MISMATCH;
}
walrus_rs_status to_c(SymbolError error) {
    switch (error) {
        case SymbolError::IndexTooLarge:
        case SymbolError::NotUsable:
            return WALRUS_RS_INVALID_ARGUMENT;
        case SymbolError::SymbolSizeMismatch:
            return WALRUS_RS_WRONG_SIZE;
        case SymbolError::InvalidProof:
            break;
    }
    return WALRUS_RS_INVALID_PROOF;
}
walrus_rs_status to_c(DecodeError error) {
    switch (error) {
        case DecodeError::NotEnoughSlivers:
            return WALRUS_RS_NOT_ENOUGH_SLIVERS;
        case DecodeError::InconsistentBlob:
            return WALRUS_RS_INCONSISTENT_BLOB;
        case DecodeError::OutOfMemoryBudget:
            break;
    }
    return WALRUS_RS_OUT_OF_MEMORY;
}
walrus_rs_status to_c(MetadataError error) {
    switch (error) {
        case MetadataError::Malformed:
        case MetadataError::WrongPairCount:
            return WALRUS_RS_MALFORMED;
        case MetadataError::BlobTooLarge:
            return WALRUS_RS_BLOB_TOO_LARGE;
        case MetadataError::BlobIdMismatch:
            break;
    }
    return WALRUS_RS_BLOB_ID_MISMATCH;
}

}  // namespace

struct walrus_rs_context {
    walrus_rs_context(std::size_t threads, std::size_t memory_bytes)
        : pool(memory_bytes), executor(threads) {}
    BufferPool pool;
    CallExecutor executor;
};

struct walrus_rs_buffer {
    explicit walrus_rs_buffer(Bytes bytes) : owned(std::move(bytes)) {}
    explicit walrus_rs_buffer(DecodedBlob decoded) : blob(std::move(decoded)) {}
    ByteView view() const { return blob ? blob->bytes() : ByteView(owned); }
    Bytes owned;
    std::optional<DecodedBlob> blob;
};

struct walrus_rs_metadata {
    VerifiedMetadata metadata;
    CodeParameters code;
};

struct walrus_rs_encoding {
    explicit walrus_rs_encoding(EncodedBlob blob)
        : encoded(std::move(blob)), metadata{encoded.metadata(), encoded.code()} {}
    EncodedBlob encoded;
    walrus_rs_metadata metadata;
};

struct walrus_rs_expanded {
    ExpandedSliver expanded;
    std::uint32_t shard_count;
};

namespace {

walrus_rs_metadata* make_metadata(VerifiedMetadata metadata) {
    const auto code = *CodeParameters::make(metadata.shard_count());
    return new walrus_rs_metadata{std::move(metadata), code};
}

void put(const Digest& digest, std::uint8_t out[32]) {
    std::memcpy(out, digest.bytes.data(), digest.bytes.size());
}

class CallbackSource final : public BlobSource {
public:
    CallbackSource(const walrus_rs_stream& stream, std::uint64_t size)
        : stream_(stream), size_(size) {}
    std::uint64_t size() const override { return size_; }
    bool read(std::uint64_t offset, MutableByteView out) override {
        return stream_.read_blob(stream_.user, offset, out.data(), out.size()) == 0;
    }

private:
    const walrus_rs_stream& stream_;
    std::uint64_t size_;
};

class CallbackScratch final : public ScratchSpace {
public:
    explicit CallbackScratch(const walrus_rs_stream& stream) : stream_(stream) {}
    bool write(std::uint64_t offset, ByteView data) override {
        return stream_.write_scratch(stream_.user, offset, data.data(), data.size()) == 0;
    }
    bool read(std::uint64_t offset, MutableByteView out) override {
        return stream_.read_scratch(stream_.user, offset, out.data(), out.size()) == 0;
    }

private:
    const walrus_rs_stream& stream_;
};

class CallbackSink final : public SliverSink {
public:
    explicit CallbackSink(const walrus_rs_stream& stream) : stream_(stream) {}
    bool write(Axis axis, SliverIndex index, std::uint64_t offset, ByteView data) override {
        return stream_.write_sliver(stream_.user,
                                    axis == Axis::Primary ? WALRUS_RS_PRIMARY : WALRUS_RS_SECONDARY,
                                    index.value, offset, data.data(), data.size()) == 0;
    }

private:
    const walrus_rs_stream& stream_;
};

}  // namespace

extern "C" {

const char* walrus_rs_status_text(walrus_rs_status status) {
    switch (status) {
        case WALRUS_RS_OK:
            return "no error";
        case WALRUS_RS_INVALID_ARGUMENT:
            return "an argument is out of its range";
        case WALRUS_RS_BLOB_TOO_LARGE:
            return "the blob is too large for this number of shards";
        case WALRUS_RS_OUT_OF_MEMORY:
            return "the memory budget does not allow it";
        case WALRUS_RS_MALFORMED:
            return "the bytes do not have the expected layout";
        case WALRUS_RS_BLOB_ID_MISMATCH:
            return "the metadata have another blob id";
        case WALRUS_RS_WRONG_SIZE:
            return "a sliver or symbol does not have the size that this blob's have";
        case WALRUS_RS_ROOT_MISMATCH:
            return "a sliver is not the one that the metadata commit to";
        case WALRUS_RS_INVALID_PROOF:
            return "the proof of a symbol does not lead to the metadata";
        case WALRUS_RS_NOT_ENOUGH_SLIVERS:
            return "there are not enough usable slivers";
        case WALRUS_RS_NOT_ENOUGH_SYMBOLS:
            return "there are not enough usable symbols";
        case WALRUS_RS_INCONSISTENT_BLOB:
            return "the blob was encoded wrongly by its writer";
        case WALRUS_RS_CALLBACK_FAILED:
            return "a callback failed";
    }
    return "unknown status";
}

const char* walrus_rs_version(void) {
    return WALRUS_LIBRARY_VERSION;
}

const char* walrus_rs_kernels(void) {
    static const std::string names = fmt::format("{} (field), {} (hash)", gf::active_variant_name(),
                                                 hash::active_variant_name());
    return names.c_str();
}

walrus_rs_status walrus_rs_parameters_for(std::uint32_t shard_count, walrus_rs_parameters* out) {
    const auto code = CodeParameters::make(shard_count);
    if (!code || out == nullptr) return WALRUS_RS_INVALID_ARGUMENT;
    *out = {code->shard_count(), code->faulty_max(), code->primary_source_symbols(),
            code->secondary_source_symbols(), code->blob_bytes_max()};
    return WALRUS_RS_OK;
}

walrus_rs_status walrus_rs_symbol_bytes(std::uint32_t shard_count, std::uint64_t blob_bytes,
                                        std::uint32_t* out) {
    const auto code = CodeParameters::make(shard_count);
    if (!code || out == nullptr) return WALRUS_RS_INVALID_ARGUMENT;
    const auto symbol_bytes = code->symbol_bytes(blob_bytes);
    if (!symbol_bytes) return WALRUS_RS_BLOB_TOO_LARGE;
    *out = *symbol_bytes;
    return WALRUS_RS_OK;
}

walrus_rs_status walrus_rs_scratch_bytes(std::uint32_t shard_count, std::uint64_t blob_bytes,
                                         std::uint64_t* out) {
    const auto code = CodeParameters::make(shard_count);
    if (!code || out == nullptr) return WALRUS_RS_INVALID_ARGUMENT;
    const auto bytes = row_parity_bytes(*code, blob_bytes);
    if (!bytes) return WALRUS_RS_BLOB_TOO_LARGE;
    *out = *bytes;
    return WALRUS_RS_OK;
}

walrus_rs_status walrus_rs_context_new(std::uint32_t threads, std::uint64_t memory_bytes,
                                       walrus_rs_context** out) {
    if (threads < 1 || threads > kThreadsMax || out == nullptr) return WALRUS_RS_INVALID_ARGUMENT;
    *out = new walrus_rs_context(threads, static_cast<std::size_t>(memory_bytes));
    return WALRUS_RS_OK;
}
void walrus_rs_context_free(walrus_rs_context* context) {
    delete context;
}

const std::uint8_t* walrus_rs_buffer_data(const walrus_rs_buffer* buffer) {
    return buffer->view().data();
}
std::size_t walrus_rs_buffer_size(const walrus_rs_buffer* buffer) {
    return buffer->view().size();
}
void walrus_rs_buffer_free(walrus_rs_buffer* buffer) {
    delete buffer;
}

// ---- metadata

walrus_rs_status walrus_rs_metadata_parse(const std::uint8_t* bytes, std::size_t size,
                                          const std::uint8_t* blob_id, walrus_rs_metadata** out) {
    if (bad_bytes(bytes, size) || out == nullptr) return WALRUS_RS_INVALID_ARGUMENT;
    if (size > metadata_bytes(kShardCountMax) + kDigestBytes) return WALRUS_RS_MALFORMED;
    auto unverified = bcs::decode<UnverifiedMetadata>(view(bytes, size));
    if (!unverified) return WALRUS_RS_MALFORMED;
    const auto code =
        CodeParameters::make(static_cast<std::uint32_t>(unverified->metadata.hashes.size()));
    if (!code) return WALRUS_RS_MALFORMED;
    if (blob_id != nullptr &&
        std::memcmp(blob_id, unverified->blob_id.bytes.data(), kDigestBytes) != 0)
        return WALRUS_RS_BLOB_ID_MISMATCH;
    auto verified = verify_metadata(std::move(*unverified), *code);
    if (!verified) return to_c(verified.error());
    *out = make_metadata(std::move(*verified));
    return WALRUS_RS_OK;
}
walrus_rs_status walrus_rs_metadata_encode(const walrus_rs_metadata* metadata,
                                           walrus_rs_buffer** out) {
    if (metadata == nullptr || out == nullptr) return WALRUS_RS_INVALID_ARGUMENT;
    *out = new walrus_rs_buffer(metadata->metadata.encode_with_id());
    return WALRUS_RS_OK;
}
void walrus_rs_metadata_blob_id(const walrus_rs_metadata* metadata, std::uint8_t out[32]) {
    std::memcpy(out, metadata->metadata.blob_id().bytes.data(), kDigestBytes);
}
void walrus_rs_metadata_root(const walrus_rs_metadata* metadata, std::uint8_t out[32]) {
    put(metadata->metadata.root_hash(), out);
}
std::uint32_t walrus_rs_metadata_shard_count(const walrus_rs_metadata* metadata) {
    return metadata->metadata.shard_count();
}
std::uint32_t walrus_rs_metadata_symbol_bytes(const walrus_rs_metadata* metadata) {
    return metadata->metadata.symbol_bytes();
}
std::uint64_t walrus_rs_metadata_blob_bytes(const walrus_rs_metadata* metadata) {
    return metadata->metadata.blob_bytes();
}
walrus_rs_status walrus_rs_metadata_sliver_hash(const walrus_rs_metadata* metadata,
                                                walrus_rs_axis axis, std::uint32_t index,
                                                std::uint8_t out[32]) {
    const auto known = axis_of(axis);
    if (metadata == nullptr || !known || index >= metadata->code.shard_count() || out == nullptr)
        return WALRUS_RS_INVALID_ARGUMENT;
    put(metadata->metadata.sliver_hash(*known, sliver_index(index)), out);
    return WALRUS_RS_OK;
}
void walrus_rs_metadata_free(walrus_rs_metadata* metadata) {
    delete metadata;
}

void walrus_rs_blob_id_text(const std::uint8_t blob_id[32], char out[44]) {
    BlobId id;
    std::memcpy(id.bytes.data(), blob_id, kDigestBytes);
    const std::string text = to_text(id);
    std::memcpy(out, text.c_str(), text.size() + 1);
}

// ---- slivers

walrus_rs_status walrus_rs_sliver_parse(const std::uint8_t* body, std::size_t size,
                                        walrus_rs_sliver* out) {
    if (bad_bytes(body, size) || out == nullptr) return WALRUS_RS_INVALID_ARGUMENT;
    const auto sliver = parse_sliver(view(body, size));
    if (!sliver) return WALRUS_RS_MALFORMED;
    *out = to_c(*sliver);
    return WALRUS_RS_OK;
}
walrus_rs_status walrus_rs_sliver_body(const walrus_rs_sliver* sliver, walrus_rs_buffer** out) {
    if (sliver == nullptr || out == nullptr || bad_slivers(sliver, 1) ||
        sliver->symbol_bytes == 0 || sliver->size > std::size_t{kShardCountMax} * kSymbolBytesMax)
        return WALRUS_RS_INVALID_ARGUMENT;
    *out = new walrus_rs_buffer(sliver_body_parts(view(*sliver)).join());
    return WALRUS_RS_OK;
}

// ---- encoding

walrus_rs_status walrus_rs_encode(walrus_rs_context* context, std::uint32_t shard_count,
                                  const std::uint8_t* blob, std::size_t size,
                                  walrus_rs_encoding** out) {
    const auto code = CodeParameters::make(shard_count);
    if (context == nullptr || !code || bad_bytes(blob, size) || out == nullptr)
        return WALRUS_RS_INVALID_ARGUMENT;
    auto encoded = encode_blob(*code, view(blob, size), context->pool, context->executor);
    if (!encoded) return to_c(encoded.error());
    *out = new walrus_rs_encoding(std::move(*encoded));
    return WALRUS_RS_OK;
}
const walrus_rs_metadata* walrus_rs_encoding_metadata(const walrus_rs_encoding* encoding) {
    return &encoding->metadata;
}
walrus_rs_status walrus_rs_encoding_sliver(const walrus_rs_encoding* encoding, walrus_rs_axis axis,
                                           std::uint32_t index, walrus_rs_sliver* out) {
    const auto known = axis_of(axis);
    if (encoding == nullptr || !known || index >= encoding->metadata.code.shard_count() ||
        out == nullptr)
        return WALRUS_RS_INVALID_ARGUMENT;
    const SliverIndex sliver = sliver_index(index);
    const ByteView symbols = *known == Axis::Primary ? encoding->encoded.primary(sliver)
                                                     : encoding->encoded.secondary(sliver);
    *out = to_c(
        SliverView(symbols, static_cast<std::uint16_t>(encoding->encoded.symbol_bytes()), sliver));
    return WALRUS_RS_OK;
}
void walrus_rs_encoding_free(walrus_rs_encoding* encoding) {
    delete encoding;
}

walrus_rs_status walrus_rs_compute_metadata(walrus_rs_context* context, std::uint32_t shard_count,
                                            const std::uint8_t* blob, std::size_t size,
                                            walrus_rs_metadata** out) {
    const auto code = CodeParameters::make(shard_count);
    if (context == nullptr || !code || bad_bytes(blob, size) || out == nullptr)
        return WALRUS_RS_INVALID_ARGUMENT;
    auto metadata = compute_metadata(*code, view(blob, size), context->pool, context->executor);
    if (!metadata) return to_c(metadata.error());
    *out = make_metadata(std::move(*metadata));
    return WALRUS_RS_OK;
}

walrus_rs_status walrus_rs_encode_stream(walrus_rs_context* context, std::uint32_t shard_count,
                                         std::uint64_t blob_bytes, const walrus_rs_stream* stream,
                                         std::uint64_t memory_bytes, walrus_rs_metadata** out) {
    const auto code = CodeParameters::make(shard_count);
    if (context == nullptr || !code || stream == nullptr || stream->read_blob == nullptr ||
        (stream->write_scratch == nullptr) != (stream->read_scratch == nullptr) || out == nullptr)
        return WALRUS_RS_INVALID_ARGUMENT;
    const auto scratch_bytes = row_parity_bytes(*code, blob_bytes);
    if (!scratch_bytes) return WALRUS_RS_BLOB_TOO_LARGE;
    CallbackSource source(*stream, blob_bytes);
    CallbackSink sink(*stream);
    std::unique_ptr<ScratchSpace> scratch;
    if (stream->write_scratch == nullptr)
        scratch = std::make_unique<MemoryScratch>(*scratch_bytes);
    else
        scratch = std::make_unique<CallbackScratch>(*stream);
    StreamEncodeOptions options;
    if (memory_bytes > 0) options.memory_bytes = static_cast<std::size_t>(memory_bytes);
    auto metadata =
        encode_stream(*code, source, *scratch, stream->write_sliver == nullptr ? nullptr : &sink,
                      context->executor, options);
    if (metadata) {
        *out = make_metadata(std::move(*metadata));
        return WALRUS_RS_OK;
    }
    switch (metadata.error()) {
        case StreamEncodeError::BlobTooLarge:
            return WALRUS_RS_BLOB_TOO_LARGE;
        case StreamEncodeError::OutOfMemory:
            return WALRUS_RS_OUT_OF_MEMORY;
        case StreamEncodeError::SourceFailed:
        case StreamEncodeError::ScratchFailed:
        case StreamEncodeError::SinkFailed:
            break;
    }
    return WALRUS_RS_CALLBACK_FAILED;
}

// ---- verification and decoding

walrus_rs_status walrus_rs_verify_slivers(walrus_rs_context* context,
                                          const walrus_rs_metadata* metadata, walrus_rs_axis axis,
                                          const walrus_rs_sliver* slivers, std::size_t count,
                                          walrus_rs_status* verdicts) {
    const auto known = axis_of(axis);
    if (context == nullptr || metadata == nullptr || !known || bad_slivers(slivers, count))
        return WALRUS_RS_INVALID_ARGUMENT;
    std::vector<SliverView> views;
    for (std::size_t i = 0; i < count; ++i) views.push_back(view(slivers[i]));
    const auto results =
        verify_slivers(metadata->metadata, metadata->code, *known, views, context->executor);
    walrus_rs_status first = WALRUS_RS_OK;
    for (std::size_t i = 0; i < count; ++i) {
        const walrus_rs_status verdict = results[i] ? WALRUS_RS_OK : to_c(results[i].error());
        if (verdicts != nullptr) verdicts[i] = verdict;
        if (first == WALRUS_RS_OK) first = verdict;
    }
    return first;
}

walrus_rs_status walrus_rs_decode(walrus_rs_context* context, const walrus_rs_metadata* metadata,
                                  walrus_rs_axis axis, const walrus_rs_sliver* slivers,
                                  std::size_t count, walrus_rs_check check,
                                  walrus_rs_buffer** out) {
    const auto known = axis_of(axis);
    if (context == nullptr || metadata == nullptr || !known || bad_slivers(slivers, count) ||
        check < WALRUS_RS_CHECK_SKIP || check > WALRUS_RS_CHECK_STRICT || out == nullptr)
        return WALRUS_RS_INVALID_ARGUMENT;
    std::vector<SliverView> views;
    for (std::size_t i = 0; i < count; ++i) views.push_back(view(slivers[i]));
    const ConsistencyCheck checks[] = {ConsistencyCheck::Skip, ConsistencyCheck::Default,
                                       ConsistencyCheck::Strict};
    auto blob = decode_blob(metadata->code, metadata->metadata, *known, views, checks[check],
                            context->pool, context->executor);
    if (!blob) return to_c(blob.error());
    *out = new walrus_rs_buffer(std::move(*blob));
    return WALRUS_RS_OK;
}

// ---- repair

walrus_rs_status walrus_rs_expand(walrus_rs_context* context, std::uint32_t shard_count,
                                  walrus_rs_axis axis, const walrus_rs_sliver* sliver,
                                  walrus_rs_expanded** out) {
    const auto code = CodeParameters::make(shard_count);
    const auto known = axis_of(axis);
    if (context == nullptr || !code || !known || sliver == nullptr || bad_slivers(sliver, 1) ||
        sliver->index >= code->shard_count() || out == nullptr)
        return WALRUS_RS_INVALID_ARGUMENT;
    if (sliver->symbol_bytes == 0 || sliver->symbol_bytes % kSymbolAlignmentBytes != 0 ||
        sliver->size != code->sliver_bytes(*known, sliver->symbol_bytes))
        return WALRUS_RS_WRONG_SIZE;
    auto expanded =
        ExpandedSliver::expand(*code, *known, view(*sliver), context->pool, context->executor);
    if (!expanded) return WALRUS_RS_OUT_OF_MEMORY;
    *out = new walrus_rs_expanded{std::move(*expanded), shard_count};
    return WALRUS_RS_OK;
}
walrus_rs_status walrus_rs_expanded_symbol(const walrus_rs_expanded* expanded, std::uint32_t target,
                                           const std::uint8_t** data, std::size_t* size) {
    if (expanded == nullptr || target >= expanded->shard_count || data == nullptr ||
        size == nullptr)
        return WALRUS_RS_INVALID_ARGUMENT;
    const ByteView symbol = expanded->expanded.symbol(sliver_index(target));
    *data = symbol.data();
    *size = symbol.size();
    return WALRUS_RS_OK;
}
walrus_rs_status walrus_rs_expanded_recovery_symbol(const walrus_rs_expanded* expanded,
                                                    std::uint32_t target, walrus_rs_buffer** out) {
    if (expanded == nullptr || target >= expanded->shard_count || out == nullptr)
        return WALRUS_RS_INVALID_ARGUMENT;
    *out =
        new walrus_rs_buffer(bcs::encode(expanded->expanded.recovery_symbol(sliver_index(target))));
    return WALRUS_RS_OK;
}
void walrus_rs_expanded_free(walrus_rs_expanded* expanded) {
    delete expanded;
}

walrus_rs_status walrus_rs_recover(walrus_rs_context* context, const walrus_rs_metadata* metadata,
                                   walrus_rs_axis axis, std::uint32_t target,
                                   const walrus_rs_symbol* symbols, std::size_t count,
                                   walrus_rs_buffer** out) {
    const auto known = axis_of(axis);
    if (context == nullptr || metadata == nullptr || !known ||
        target >= metadata->code.shard_count() || (symbols == nullptr && count > 0) ||
        out == nullptr)
        return WALRUS_RS_INVALID_ARGUMENT;
    std::vector<DecodingSymbol> given;
    for (std::size_t i = 0; i < count; ++i) {
        if (bad_bytes(symbols[i].data, symbols[i].size)) return WALRUS_RS_INVALID_ARGUMENT;
        if (symbols[i].size != metadata->metadata.symbol_bytes()) continue;  // not usable
        given.push_back(
            {SliverIndex(symbols[i].index), to_bytes(view(symbols[i].data, symbols[i].size))});
    }
    auto sliver = recover_sliver(metadata->metadata, metadata->code, *known, sliver_index(target),
                                 given, context->executor);
    if (!sliver)
        return sliver.error() == RecoverError::NotEnoughSymbols ? WALRUS_RS_NOT_ENOUGH_SYMBOLS
                                                                : WALRUS_RS_ROOT_MISMATCH;
    *out = new walrus_rs_buffer(std::move(sliver->symbols));
    return WALRUS_RS_OK;
}

walrus_rs_status walrus_rs_recovery_symbol_verify(const walrus_rs_metadata* metadata,
                                                  walrus_rs_axis axis, std::uint32_t target,
                                                  const std::uint8_t* bytes, std::size_t size,
                                                  walrus_rs_symbol* out) {
    const auto known = axis_of(axis);
    if (metadata == nullptr || !known || target >= metadata->code.shard_count() ||
        bad_bytes(bytes, size) || out == nullptr)
        return WALRUS_RS_INVALID_ARGUMENT;
    const auto symbol = bcs::decode<RecoverySymbol>(view(bytes, size));
    if (!symbol) return WALRUS_RS_MALFORMED;
    const auto verdict = verify_recovery_symbol(metadata->metadata, metadata->code, *known,
                                                sliver_index(target), *symbol);
    if (!verdict) return to_c(verdict.error());
    // Before the data: the index, and their length in groups of seven bits.
    std::size_t at = sizeof(std::uint16_t) + 1;
    for (std::size_t length = symbol->symbol.data.size(); length >= 0x80; length >>= 7) ++at;
    *out = {bytes + at, symbol->symbol.data.size(), symbol->symbol.index.value};
    return WALRUS_RS_OK;
}

}  // extern "C"
