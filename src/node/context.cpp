// SPDX-License-Identifier: Apache-2.0
#include "node/context.hpp"

#include <fmt/format.h>

#include "io/log.hpp"

namespace walrus::node {

using nodeapi::ApiError;
using nodeapi::Reason;

ApiError from_store(const store::StoreError& error) {
    switch (error.code) {
        case store::StoreCode::NoSpace:
            return {Reason::StorageFull, error.message};
        case store::StoreCode::Busy:
            return {Reason::Unavailable, error.message};
        case store::StoreCode::ReadOnly:
            return {Reason::Unavailable, "this node cannot write to its disk at the moment"};
        case store::StoreCode::TooLarge:
            return {Reason::BodyTooLarge, error.message};
        case store::StoreCode::Corrupt:
        case store::StoreCode::UnknownFormat:
        case store::StoreCode::InUse:
        case store::StoreCode::Io:
            break;
    }
    io::log_error("node", "store: {}", error.message);
    return {Reason::Internal, error.message};
}

ApiResult<std::shared_ptr<const CommitteeView>> committee_of(const NodeContext& node) {
    if (node.ledger.committee) return node.ledger.committee;
    return api_failure(Reason::Unavailable, "this node does not know the committee yet");
}

io::Task<ApiResult<BlobLookup>> look_up(NodeContext& node, BlobId id) {
    auto work = [&node, id]() -> store::StoreResult<BlobLookup> {
        // The registration first: see SliverStore::remove.
        BlobLookup out;
        out.info = WALRUS_TRY(node.store.state().blob(id));
        out.presence = WALRUS_TRY(node.store.slivers().presence(id));
        return out;
    };
    auto found =
        co_await io::offload(node.environment.loop, node.environment.disk, std::move(work));
    if (!found) co_return tl::unexpected<ApiError>(from_store(found.error()));
    co_return std::move(*found);
}

io::Task<ApiResult<BlobLookup>> look_up_registered(NodeContext& node, BlobId id,
                                                   std::uint64_t wait_us) {
    const auto settled = [&node](const ApiResult<BlobLookup>& found) {
        const Epoch now = node.ledger.committee ? node.ledger.committee->record.epoch : 0;
        return !found || found->registered(now) || found->invalid();
    };
    auto found = co_await look_up(node, id);
    // Without an open stream no event will come.
    if (settled(found) || wait_us == 0 || !node.ledger.connected) co_return found;
    Registrations::Listener listener(node.registrations, id);
    found = co_await look_up(node, id);
    if (settled(found)) co_return found;
    const bool heard = co_await listener.wait(wait_us);
    if (heard) found = co_await look_up(node, id);
    co_return found;
}

io::Task<ApiResult<bool>> store_record(NodeContext& node, store::RecordKey key, ByteView payload) {
    const Epoch now = node.ledger.committee ? node.ledger.committee->record.epoch : 0;
    auto work = [&node, key, payload, now]() -> store::StoreResult<bool> {
        store::SliverStore& slivers = node.store.slivers();
        const auto unwanted = [&] {
            const auto info = node.store.state().blob(key.blob_id);
            return info.has_value() && !(*info && (*info)->registered(now));
        };
        const store::Put put = WALRUS_TRY(slivers.put(key, payload));
        // The blob may have been deleted since the request was let in.
        if (unwanted()) WALRUS_TRY(slivers.remove(key.blob_id, unwanted));
        return put.newly;
    };
    auto stored =
        co_await io::offload(node.environment.loop, node.environment.disk, std::move(work));
    if (!stored) co_return tl::unexpected<ApiError>(from_store(stored.error()));
    node.committer.note_put();
    co_return *stored;
}

io::Task<ApiResult<MetadataPtr>> stored_metadata(NodeContext& node, BlobId id) {
    if (MetadataPtr cached = node.metadata_cache.find(id)) co_return cached;
    const auto committee = committee_of(node);
    if (!committee) co_return tl::make_unexpected(committee.error());
    auto read = [&node, id] {
        return node.store.slivers().get(store::RecordKey::metadata(id), node.buffers);
    };
    auto body = co_await io::offload(node.environment.loop, node.environment.disk, std::move(read));
    if (!body) co_return tl::unexpected<ApiError>(from_store(body.error()));
    if (!*body) co_return MetadataPtr();
    const ByteView bytes = (*body)->view();
    auto check = [bytes, id, code = (*committee)->code] {
        return decode_and_verify_metadata(bytes, id, code);
    };
    auto verified =
        co_await io::offload(node.environment.loop, node.environment.cpu, std::move(check));
    if (!verified)
        co_return api_failure(
            Reason::Internal,
            fmt::format("stored metadata of blob {}: {}", to_text(id), describe(verified.error())));
    auto metadata = std::make_shared<const VerifiedMetadata>(std::move(*verified));
    node.metadata_cache.insert(metadata);
    co_return metadata;
}

namespace {

io::Task<void> store_pending(NodeContext& node, BlobId id, PendingUploads::Blob blob) {
    if (blob.metadata) {
        const Bytes body = blob.metadata->encode();
        auto stored = co_await store_record(node, store::RecordKey::metadata(id), body);
        if (!stored) {
            io::log_warn("node", "metadata uploaded ahead of blob {} is lost: {}", to_text(id),
                         stored.error().message);
            co_return;
        }
        node.metadata_cache.insert(blob.metadata);
    }
    for (const PendingUploads::Sliver& sliver : blob.slivers) {
        auto stored = co_await store_record(node, sliver.key, *sliver.body);
        if (!stored)
            io::log_warn("node", "a sliver uploaded ahead of blob {} is lost: {}", to_text(id),
                         stored.error().message);
    }
}

}  // namespace

io::Task<void> flush_pending(NodeContext& node, BlobId id) {
    while (node.flushing.contains(id)) co_await node.flushed.wait();
    if (!node.pending.contains(id)) co_return;
    PendingUploads::Blob blob = node.pending.take(id);
    node.flushing.insert(id);
    co_await store_pending(node, id, std::move(blob));
    node.flushing.erase(id);
    node.flushed.notify_all();
}

io::Task<void> remove_unwanted(NodeContext& node, std::vector<BlobId> ids) {
    for (const BlobId& id : ids) {
        const Epoch now = node.ledger.committee ? node.ledger.committee->record.epoch : 0;
        auto work = [&node, id, now]() -> store::StoreResult<bool> {
            return node.store.slivers().remove(id, [&] {
                const auto info = node.store.state().blob(id);
                return info.has_value() && !(*info && (*info)->registered(now));
            });
        };
        auto removed =
            co_await io::offload(node.environment.loop, node.environment.disk, std::move(work));
        if (!removed) {
            // Its row in the Unwanted table stays; the next start tries again.
            io::log_warn("node", "data of blob {} is not removed: {}", to_text(id),
                         removed.error().message);
            continue;
        }
        node.metadata_cache.erase(id);
        if (*removed) io::log_debug("node", "removed the data of blob {}", to_text(id));
    }
}

}  // namespace walrus::node
