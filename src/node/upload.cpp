// SPDX-License-Identifier: Apache-2.0
// Uploads: admission before a byte of the body is read, bounded reading, verification on the CPU
// workers, storing on the disk workers.
#include <fmt/format.h>

#include <algorithm>

#include "node/routes.hpp"
#include "redstuff/sliver.hpp"
#include "redstuff/verify.hpp"

namespace walrus::node {
namespace {

using nodeapi::Reason;

/// Bodies up to this size, and the start of larger ones, are read without a buffer of the pool: a
/// sender must have sent this much before it can hold a large one.
constexpr std::size_t kFirstBytes = 64u << 10;
constexpr std::uint64_t kBufferPollUs = 20'000;
constexpr std::size_t kDiscardBytes = 64u << 10;

/// A received body, small or in a buffer of the pool.
struct ReceivedBody {
    Bytes small;
    Buffer large;
    std::size_t size = 0;
    ByteView view() const {
        return large.size() > 0 ? large.view().first(size) : ByteView(small).first(size);
    }
};

nodeapi::ApiError from_transport(const io::IoError& error) {
    switch (error.code) {
        case io::IoCode::TooLarge:
            return {Reason::BodyTooLarge, error.message};
        case io::IoCode::TimedOut:
            return {Reason::InvalidContent, "the body came too slowly: " + error.message};
        default:
            return {Reason::InvalidContent, "the body did not arrive whole: " + error.message};
    }
}

/// Room for a large body, waiting for others to be done with theirs.
io::Task<ApiResult<Buffer>> acquire_buffer(NodeContext& node, std::size_t bytes) {
    const io::Loop& loop = node.environment.loop;
    const std::uint64_t deadline_us = loop.monotonic_us() + node.config.limits.buffer_wait_us;
    for (;;) {
        auto buffer = node.buffers.acquire(bytes);
        if (buffer) co_return std::move(*buffer);
        if (loop.monotonic_us() >= deadline_us || node.stopping)
            co_return api_failure(Reason::Unavailable, "this node receives too much at once");
        co_await io::sleep_us(node.environment.loop, kBufferPollUs);
    }
}

/// Fills `out` from `at` on; fewer bytes only if the body ends.
io::Task<ApiResult<std::size_t>> read_into(http::BodyReader& body, MutableByteView out) {
    std::size_t at = 0;
    while (at < out.size()) {
        const MutableByteView rest = out.subspan(at);
        auto got = co_await body.read_some(rest);
        if (!got) co_return tl::unexpected<nodeapi::ApiError>(from_transport(got.error()));
        if (*got == 0) break;
        at += *got;
    }
    co_return at;
}

/// The whole body of at most `bytes_max` bytes. The bound is checked before reading where the size
/// is declared, else as soon as it is passed.
io::Task<ApiResult<ReceivedBody>> receive(NodeContext& node, http::BodyReader& body,
                                          std::size_t bytes_max) {
    const auto too_large = [bytes_max] {
        return api_failure(
            Reason::BodyTooLarge,
            fmt::format("the body is longer than the {} bytes that are possible here", bytes_max));
    };
    const auto declared = body.content_length();
    if (declared && *declared > bytes_max) co_return too_large();
    ReceivedBody out;
    out.small.resize(std::min(kFirstBytes, bytes_max));
    const MutableByteView first(out.small);
    WALRUS_CO_TRY(first_bytes, co_await read_into(body, first));
    out.size = first_bytes;
    if (first_bytes == first.size() && bytes_max > first.size()) {
        const std::size_t whole = declared ? static_cast<std::size_t>(*declared) : bytes_max;
        if (whole > first_bytes) {
            WALRUS_CO_TRY(buffer, co_await acquire_buffer(node, whole));
            out.large = std::move(buffer);
            std::copy(out.small.begin(), out.small.end(), out.large.data());
            const MutableByteView rest = out.large.view().subspan(first_bytes);
            WALRUS_CO_TRY(more, co_await read_into(body, rest));
            out.size = first_bytes + more;
        }
    }
    // The end must be seen: it tells a body that is too long, and the reader that it was read
    // whole.
    Byte extra[1];
    const MutableByteView end(extra);
    WALRUS_CO_TRY(beyond, co_await read_into(body, end));
    if (beyond > 0) co_return too_large();
    if (declared && out.size < *declared)
        co_return api_failure(Reason::InvalidContent, "the body ended before its declared length");
    co_return out;
}

/// Reads the rest of a body that is not needed, so that the connection can go on.
io::Task<void> discard(http::BodyReader& body, std::size_t bytes_max) {
    Bytes sink(kDiscardBytes);
    std::size_t total = 0;
    while (total <= bytes_max) {
        const MutableByteView out(sink);
        auto got = co_await body.read_some(out);
        if (!got || *got == 0) co_return;
        total += *got;
    }
}

io::Task<ApiResult<io::Semaphore::Permit>> verification_turn(NodeContext& node) {
    if (node.verifications.waiting() >= node.config.limits.verifications_waiting_max)
        co_return api_failure(Reason::Unavailable, "this node verifies too much at once");
    io::Semaphore::Permit permit = co_await node.verifications.acquire();
    co_return std::move(permit);
}

HandlerResult stored_answer(int status, std::string_view what) {
    const std::string_view text = status == 200   ? "already stored"
                                  : status == 201 ? "stored successfully"
                                                  : "buffered pending registration";
    return nodeapi::success_response(status,
                                     nodeapi::json_string(fmt::format("{} {}", what, text)));
}

nodeapi::ApiError not_registered(const BlobId& id) {
    return {Reason::NotRegistered,
            fmt::format("blob {} is not registered on the ledger, as far as this node has seen",
                        to_text(id))};
}

/// Lets an upload in: the blob is registered, or `pending` allows that it is not yet. The answer is
/// what the disk knows of it.
io::Task<ApiResult<BlobLookup>> admit(NodeContext& node, BlobId id, Epoch now, bool pending) {
    const std::uint64_t wait_us = pending ? 0 : node.config.limits.registration_wait_us;
    WALRUS_CO_TRY(found, co_await look_up_registered(node, id, wait_us));
    if (found.invalid())
        co_return api_failure(Reason::InvalidBlob,
                              fmt::format("blob id {} was marked invalid", to_text(id)));
    if (!pending && !found.registered(now)) co_return tl::make_unexpected(not_registered(id));
    co_return found;
}

ApiResult<void> check_content_type(const http::Request& request) {
    const auto type = request.headers.get("Content-Type");
    if (!type || type->substr(0, type->find(';')) == "application/octet-stream") return {};
    return api_failure(Reason::InvalidContent, "the content type must be application/octet-stream");
}

nodeapi::ApiError metadata_error(const BlobId& id, MetadataError error, ByteView body) {
    constexpr std::size_t kEncodingAt = 1;
    if (error != MetadataError::Malformed)
        return {Reason::InvalidMetadata,
                fmt::format("metadata of blob {}: {}", to_text(id), describe(error))};
    if (body.size() > kEncodingAt && body[0] == 0 &&
        body[kEncodingAt] != static_cast<Byte>(EncodingType::Rs2))
        return {Reason::UnsupportedEncoding,
                fmt::format("encoding type {} is not supported", body[kEncodingAt])};
    return {Reason::InvalidContent, "the body is not the BCS form of BlobMetadata"};
}

/// If the registration came while the upload was being verified, it is stored like any other.
io::Task<void> flush_if_registered(NodeContext& node, BlobId id, Epoch now) {
    auto found = co_await look_up(node, id);
    if (found && found->registered(now)) co_await flush_pending(node, id);
}

/// The metadata that an uploaded sliver must agree with.
io::Task<ApiResult<MetadataPtr>> metadata_for_sliver(NodeContext& node, BlobId id) {
    WALRUS_CO_TRY(metadata, co_await stored_metadata(node, id));
    if (!metadata) metadata = node.pending.metadata(id);
    if (!metadata)
        co_return api_failure(
            Reason::MetadataMissing,
            fmt::format("metadata of blob {} must be uploaded first", to_text(id)));
    co_return metadata;
}

/// Checks a received sliver against the metadata and its place.
io::Task<ApiResult<void>> verify_body(NodeContext& node, SliverTarget target, MetadataPtr metadata,
                                      CodeParameters code, ByteView body) {
    const auto sliver = parse_sliver(body);
    if (!sliver)
        co_return api_failure(Reason::InvalidContent,
                              fmt::format("the body is not the BCS form of a sliver: {}",
                                          bcs::describe(sliver.error())));
    const SliverIndex expected = sliver_of_pair(target.pair, target.axis, code.shard_count());
    if (sliver->index != expected)
        co_return api_failure(
            Reason::SliverIndexMismatch,
            fmt::format("the body holds {} sliver {}, the path names {}", to_text(target.axis),
                        sliver->index.value, expected.value));
    WALRUS_CO_TRY(permit, co_await verification_turn(node));
    auto work = [metadata, code, target, view = *sliver] {
        InlineExecutor here;
        return verify_sliver(*metadata, code, target.axis, view, here);
    };
    const auto verified =
        co_await io::offload(node.environment.loop, node.environment.cpu, std::move(work));
    if (!verified)
        co_return api_failure(
            Reason::InvalidSliver,
            fmt::format("{} sliver {} of blob {}: {}", to_text(target.axis), expected.value,
                        to_text(target.blob_id), describe(verified.error())));
    co_return ApiResult<void>();
}

}  // namespace

io::Task<HandlerResult> put_metadata(NodeContext& node, http::Request& request) {
    WALRUS_CO_TRY(id, blob_id_of(request));
    WALRUS_CO_TRY(pending, pending_of(request));
    WALRUS_CO_CHECK_OK(check_content_type(request));
    WALRUS_CO_TRY(committee, committee_of(node));
    const Epoch now = committee->record.epoch;
    const std::size_t bytes_max = metadata_bytes(committee->code.shard_count());
    WALRUS_CO_TRY(found, co_await admit(node, id, now, pending));
    const bool stored_before = found.presence.presence.metadata && found.registered(now);
    if (stored_before || (pending && node.pending.metadata(id))) {
        co_await discard(*request.body, bytes_max);
        co_return stored_answer(200, "metadata");
    }
    WALRUS_CO_TRY(body, co_await receive(node, *request.body, bytes_max));
    MetadataPtr metadata;
    {
        WALRUS_CO_TRY(permit, co_await verification_turn(node));
        auto work = [view = body.view(), id, code = committee->code] {
            return decode_and_verify_metadata(view, id, code);
        };
        auto verified =
            co_await io::offload(node.environment.loop, node.environment.cpu, std::move(work));
        if (!verified)
            co_return tl::make_unexpected(metadata_error(id, verified.error(), body.view()));
        metadata = std::make_shared<const VerifiedMetadata>(std::move(*verified));
    }
    if (!found.registered(now)) {
        if (!node.pending.add_metadata(metadata, node.environment.loop.monotonic_us()))
            co_return api_failure(Reason::CacheSaturated,
                                  "no room for more uploads ahead of their registration");
        co_await flush_if_registered(node, id, now);
        co_return stored_answer(202, "metadata");
    }
    const ByteView view = body.view();
    WALRUS_CO_TRY(newly, co_await store_record(node, store::RecordKey::metadata(id), view));
    node.metadata_cache.insert(metadata);
    co_return newly
        ? nodeapi::success_response(201, nodeapi::json_string("metadata successfully stored"))
        : stored_answer(200, "metadata");
}

io::Task<HandlerResult> put_sliver(NodeContext& node, http::Request& request) {
    WALRUS_CO_TRY(committee, committee_of(node));
    const CodeParameters code = committee->code;
    const Epoch now = committee->record.epoch;
    WALRUS_CO_TRY(target, sliver_target_of(request, *committee));
    WALRUS_CO_TRY(pending, pending_of(request));
    if (!committee->owns(target.shard))
        co_return api_failure(
            Reason::ShardNotAssigned,
            fmt::format("pair {} of blob {} belongs to shard {}, which is not this "
                        "node's",
                        target.pair.value, to_text(target.blob_id), target.shard.value));
    WALRUS_CO_TRY(found, co_await admit(node, target.blob_id, now, pending));
    const bool registered = found.registered(now);
    WALRUS_CO_TRY(metadata, co_await metadata_for_sliver(node, target.blob_id));
    const std::size_t body_bytes = sliver_body_bytes(code, target.axis, metadata->symbol_bytes());
    const store::RecordKey key = target.key();
    if ((registered && found.presence.presence.has(key)) || node.pending.contains(key)) {
        co_await discard(*request.body, body_bytes);
        co_return stored_answer(200, "sliver");
    }
    const auto declared = request.body->content_length();
    if (declared && *declared != body_bytes)
        co_return api_failure(
            *declared > sliver_body_bytes_max(code, target.axis) ? Reason::BodyTooLarge
                                                                 : Reason::InvalidSliver,
            fmt::format("the body has {} bytes, a {} sliver of blob {} has {}", *declared,
                        to_text(target.axis), to_text(target.blob_id), body_bytes));
    WALRUS_CO_TRY(body, co_await receive(node, *request.body, body_bytes));
    const ByteView view = body.view();
    WALRUS_CO_CHECK_OK(co_await verify_body(node, target, metadata, code, view));
    // Stored metadata implies the registration; what was buffered ahead of it waits with it.
    if (!registered) {
        Bytes copy = to_bytes(view);
        if (!node.pending.add_sliver(key, std::move(copy), node.environment.loop.monotonic_us()))
            co_return api_failure(Reason::CacheSaturated,
                                  "no room for more uploads ahead of their registration");
        co_await flush_if_registered(node, target.blob_id, now);
        co_return stored_answer(202, "sliver");
    }
    WALRUS_CO_TRY(newly, co_await store_record(node, key, view));
    co_return stored_answer(newly ? 201 : 200, "sliver");
}

}  // namespace walrus::node
