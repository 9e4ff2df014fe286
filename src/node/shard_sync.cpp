// SPDX-License-Identifier: Apache-2.0
#include "node/shard_sync.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "io/log.hpp"
#include "io/random_order.hpp"
#include "ledger/object.hpp"
#include "ledger/types.hpp"
#include "redstuff/decode.hpp"
#include "redstuff/recover.hpp"
#include "redstuff/verify.hpp"

namespace walrus::node {
namespace {

constexpr std::size_t kPageBlobs = 256;
/// Slivers asked at a time when a blob is made again.
constexpr std::size_t kGatherWidth = 8;
constexpr std::uint64_t kPauseMinUs = 500'000;
constexpr std::uint64_t kPauseMaxUs = 30'000'000;
constexpr std::uint64_t kCallTimeoutUs = 30'000'000;
constexpr std::uint64_t kSlowBytesPerSecond = 64u << 10;

}  // namespace

ShardSync::ShardSync(NodeContext& node, rpc::LedgerClient& ledger, http::Client& http,
                     io::CancelToken stopped)
    : node_(node),
      ledger_(ledger),
      http_(http),
      stopped_(std::move(stopped)),
      slots_(node.environment.loop, node.config.limits.sync_blobs_max),
      rebuilding_(node.environment.loop, 1),
      rebuild_memory_(node.config.limits.rebuild_bytes_max) {}

bool ShardSync::over(const CommitteeView& view) const {
    return stopped_.cancelled() || node_.ledger.committee->record.epoch != view.record.epoch;
}

io::Task<bool> ShardSync::run(std::shared_ptr<const CommitteeView> view) {
    std::uint64_t pause_us = kPauseMinUs;
    while (!over(*view)) {
        // Every time anew: a node may have moved since.
        const bool found = co_await find_source(*view);
        if (found) {
            const bool complete = co_await pass(view);
            if (complete) {
                auto commit = [this] { return node_.store.slivers().commit(); };
                const auto durable = co_await io::offload(
                    node_.environment.loop, node_.environment.disk, std::move(commit));
                if (durable) co_return !over(*view);
                io::log_error("node", "synchronised slivers are not durable: {}",
                              durable.error().message);
            }
        }
        co_await io::sleep_us(node_.environment.loop, pause_us, stopped_);
        pause_us = std::min(2 * pause_us, kPauseMaxUs);
    }
    co_return false;
}

io::Task<bool> ShardSync::find_source(const CommitteeView& view) {
    source_ = Source{};
    source_.of_shard.assign(view.code.shard_count(), kNobody);
    // In the first epoch there is no committee before, and nothing to fetch.
    const ledger::CommitteeShards& committee = view.staking->previous_committee.empty()
                                                   ? view.staking->committee
                                                   : view.staking->previous_committee;
    std::vector<ObjectId> ids;
    for (const auto& [id, shards] : committee) {
        for (const std::uint16_t shard : shards)
            if (shard < source_.of_shard.size())
                source_.of_shard[shard] = static_cast<std::uint16_t>(ids.size());
        ids.push_back(id);
    }
    auto asked = ids;
    const auto pools = co_await ledger_.objects(std::move(asked));
    if (!pools || pools->size() != ids.size()) {
        io::log_info("node", "the addresses of other nodes are not known yet: {}",
                     pools ? "an answer of another length" : pools.error().message);
        co_return false;
    }
    const bool with_tls = !node_.config.network_key_pem.empty();
    for (std::size_t i = 0; i < ids.size(); ++i) {
        std::optional<nodeapi::NodeAddress> address;
        if (ids[i] != node_.config.node_id && (*pools)[i])
            address = node_address(*(*pools)[i], with_tls);
        source_.nodes.push_back(
            address ? nodeapi::NodeClient::make(node_.environment, http_, std::move(*address))
                    : nullptr);
    }
    co_return true;
}

nodeapi::NodeCall ShardSync::call_for(std::size_t bytes) const {
    nodeapi::NodeCall call;
    call.timeout_us = kCallTimeoutUs + bytes * 1'000'000 / kSlowBytesPerSecond;
    call.cancel = stopped_;
    return call;
}

io::Task<bool> ShardSync::pass(std::shared_ptr<const CommitteeView> view) {
    failures_ = 0;
    node_.ledger.blobs_to_sync = 0;
    io::TaskGroup group(node_.environment.loop);
    std::optional<BlobId> after;
    bool listed = false;
    while (!over(*view)) {
        auto list = [this, after, epoch = view->record.epoch] {
            return node_.store.state().certified_before(after, epoch, kPageBlobs);
        };
        auto page =
            co_await io::offload(node_.environment.loop, node_.environment.disk, std::move(list));
        if (!page) {
            io::log_error("node", "the list of blobs cannot be read: {}", page.error().message);
            break;
        }
        listed = page->empty();
        if (listed) break;
        for (const BlobId& id : *page) {
            auto permit = co_await slots_.acquire();
            if (over(*view)) break;
            group.add(sync_blob(view, id, std::move(permit)));
        }
        after = page->back();
    }
    co_await group.wait();
    co_return listed&& failures_ == 0 && !over(*view);
}

io::Task<void> ShardSync::sync_blob(std::shared_ptr<const CommitteeView> view, BlobId id,
                                    io::Semaphore::Permit) {
    const auto found = co_await look_up(node_, id);
    if (!found) {
        ++failures_;
        co_return;
    }
    const store::Presence& presence = found->presence.presence;
    if (!found->registered(view->record.epoch) || presence.complete(view->record.owned)) co_return;
    ++node_.ledger.blobs_to_sync;
    auto stored = co_await stored_metadata(node_, id);
    MetadataPtr metadata = stored ? *stored : nullptr;
    if (!metadata) metadata = co_await fetch_metadata(*view, id);
    if (!metadata) {
        ++failures_;
        co_return;
    }
    std::vector<store::RecordKey> lost;
    for (const ShardIndex shard : view->record.owned) {
        for (const Axis axis : {Axis::Primary, Axis::Secondary}) {
            const store::RecordKey key = store::RecordKey::sliver(id, shard, axis);
            if (presence.has(key)) continue;
            if (over(*view)) co_return;
            const bool fetched = co_await fetch_to_store(*view, metadata, key);
            if (!fetched) lost.push_back(key);
        }
    }
    if (!lost.empty()) {
        const bool rebuilt = co_await rebuild(view, metadata, std::move(lost));
        if (!rebuilt) ++failures_;
    }
    if (node_.ledger.blobs_to_sync > 0) --node_.ledger.blobs_to_sync;
}

io::Task<MetadataPtr> ShardSync::fetch_metadata(const CommitteeView& view, BlobId id) {
    const auto order = io::random_order(source_.nodes.size(), node_.environment.random);
    const std::size_t limit = metadata_bytes(view.code.shard_count()) + BlobId{}.bytes.size();
    for (const std::size_t from : order) {
        if (source_.nodes[from] == nullptr) continue;
        if (over(view)) break;
        const nodeapi::NodeCall call = call_for(limit);
        auto body = co_await source_.nodes[from]->get_metadata(id, limit, call);
        if (!body) continue;
        auto check = [&body, id, code = view.code] {
            return decode_and_verify_metadata_with_id(*body, id, code);
        };
        auto verified =
            co_await io::offload(node_.environment.loop, node_.environment.cpu, std::move(check));
        if (!verified) {
            io::log_warn("node", "{} gave wrong metadata of blob {}",
                         source_.nodes[from]->address().network_address, to_text(id));
            continue;
        }
        auto metadata = std::make_shared<const VerifiedMetadata>(std::move(*verified));
        const Bytes record = metadata->encode();
        const auto put = co_await store_record(node_, store::RecordKey::metadata(id), record);
        if (!put) {
            io::log_error("node", "metadata of blob {} not stored: {}", to_text(id),
                          put.error().message);
            break;
        }
        node_.metadata_cache.insert(metadata);
        co_return metadata;
    }
    co_return nullptr;
}

io::Task<Bytes> ShardSync::fetch_sliver(const CommitteeView& view, MetadataPtr metadata,
                                        SliverPairIndex pair, Axis axis) {
    const BlobId id = metadata->blob_id();
    const ShardIndex shard = shard_of_pair(pair, id, view.code.shard_count());
    const std::uint16_t owner = source_.of_shard[shard.value];
    if (owner == kNobody || source_.nodes[owner] == nullptr) co_return Bytes();
    nodeapi::NodeClient& from = *source_.nodes[owner];
    const std::size_t limit = sliver_body_bytes(view.code, axis, metadata->symbol_bytes());
    const nodeapi::NodeCall call = call_for(limit);
    auto body = co_await from.get_sliver(id, pair, axis, limit, call);
    if (!body) co_return Bytes();
    auto check = [&body, metadata, pair, axis, code = view.code] {
        const auto sliver = parse_sliver(*body);
        if (!sliver || sliver->index != sliver_of_pair(pair, axis, code.shard_count()))
            return false;
        InlineExecutor here;
        return verify_sliver(*metadata, code, axis, *sliver, here).has_value();
    };
    const bool good =
        co_await io::offload(node_.environment.loop, node_.environment.cpu, std::move(check));
    if (!good) {
        io::log_warn("node", "{} gave a wrong {} sliver of pair {} of blob {}",
                     from.address().network_address, to_text(axis), pair.value, to_text(id));
        co_return Bytes();
    }
    co_return std::move(*body);
}

io::Task<bool> ShardSync::fetch_to_store(const CommitteeView& view, MetadataPtr metadata,
                                         store::RecordKey key) {
    const SliverPairIndex pair = pair_of_shard(key.shard, key.blob_id, view.code.shard_count());
    const Bytes body = co_await fetch_sliver(view, metadata, pair, key.axis);
    if (body.empty()) co_return false;
    const auto put = co_await store_record(node_, key, body);
    co_return put.has_value();
}

/// Primary slivers, as many as decoding needs; fewer if the nodes do not have them.
io::Task<std::vector<Bytes>> ShardSync::gather(std::shared_ptr<const CommitteeView> view,
                                               MetadataPtr metadata) {
    const std::uint32_t n = view->code.shard_count();
    const std::size_t needed = view->code.slivers_to_decode(Axis::Primary);
    std::vector<Bytes> bodies;
    io::TaskGroup group(node_.environment.loop);
    const auto take = [&](SliverIndex index) -> io::Task<void> {
        const SliverPairIndex pair = pair_of_sliver(index, Axis::Primary, n);
        const ShardIndex shard = shard_of_pair(pair, metadata->blob_id(), n);
        auto read = [this,
                     key = store::RecordKey::sliver(metadata->blob_id(), shard, Axis::Primary)] {
            return node_.store.slivers().get(key, node_.buffers);
        };
        auto own =
            co_await io::offload(node_.environment.loop, node_.environment.disk, std::move(read));
        if (own && *own) {
            bodies.push_back(to_bytes((*own)->view()));
            co_return;
        }
        Bytes body = co_await fetch_sliver(*view, metadata, pair, Axis::Primary);
        if (!body.empty()) bodies.push_back(std::move(body));
    };
    for (std::uint32_t next = 0; next < n && !over(*view);) {
        const std::size_t open = bodies.size() + group.running();
        if (bodies.size() >= needed) break;
        if (open < needed && group.running() < kGatherWidth) {
            group.add(take(SliverIndex(static_cast<std::uint16_t>(next++))));
            continue;
        }
        co_await group.wait_any();
    }
    co_await group.wait();
    co_return bodies;
}

io::Task<bool> ShardSync::rebuild(std::shared_ptr<const CommitteeView> view, MetadataPtr metadata,
                                  std::vector<store::RecordKey> keys) {
    const BlobId id = metadata->blob_id();
    const std::uint32_t n = view->code.shard_count();
    // The slivers of others, the blob, and what is made of it.
    const std::uint32_t symbol_bytes = metadata->symbol_bytes();
    std::uint64_t bytes = 2 * std::uint64_t{view->code.slivers_to_decode(Axis::Primary)} *
                          sliver_body_bytes(view->code, Axis::Primary, symbol_bytes);
    for (const store::RecordKey& key : keys)
        bytes += 2 * std::uint64_t{sliver_body_bytes(view->code, key.axis, symbol_bytes)};
    if (bytes > node_.config.limits.rebuild_bytes_max) {
        io::log_warn("node",
                     "slivers of blob {} cannot be made again: that takes {} bytes of memory, "
                     "rebuild_bytes_max is {}",
                     to_text(id), bytes, node_.config.limits.rebuild_bytes_max);
        co_return false;
    }
    const io::Semaphore::Permit permit = co_await rebuilding_.acquire();
    const std::vector<Bytes> bodies = co_await gather(view, metadata);
    std::vector<SliverName> names;
    for (const store::RecordKey& key : keys)
        names.push_back({key.axis, sliver_of_pair(pair_of_shard(key.shard, id, n), key.axis, n)});
    bool inconsistent = false;
    auto make = [this, &bodies, &names, &inconsistent, metadata,
                 code = view->code]() -> Result<std::vector<SliverData>, std::string> {
        std::vector<SliverView> slivers;
        for (const Bytes& body : bodies)
            if (const auto sliver = parse_sliver(body)) slivers.push_back(*sliver);
        const auto blob =
            decode_blob(code, *metadata, Axis::Primary, slivers, ConsistencyCheck::Skip,
                        rebuild_memory_, node_.environment.cpu);
        if (!blob) return tl::unexpected<std::string>(describe(blob.error()));
        auto made =
            make_slivers(code, blob->bytes(), names, rebuild_memory_, node_.environment.cpu);
        if (!made) return tl::unexpected<std::string>("the memory budget does not allow it");
        for (std::size_t i = 0; i < names.size(); ++i)
            inconsistent |= !verify_sliver(*metadata, code, names[i].axis, SliverView((*made)[i]),
                                           node_.environment.cpu);
        if (inconsistent)
            return tl::unexpected<std::string>("its writer encoded it inconsistently");
        return std::move(*made);
    };
    const auto made =
        co_await io::offload(node_.environment.loop, node_.environment.cpu, std::move(make));
    if (!made) {
        io::log_warn("node", "slivers of blob {} cannot be made again ({} of {} there): {}",
                     to_text(id), bodies.size(), view->code.slivers_to_decode(Axis::Primary),
                     made.error());
        co_return inconsistent;
    }
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const Bytes body = bcs::encode((*made)[i]);
        const auto put = co_await store_record(node_, keys[i], body);
        if (!put) co_return false;
    }
    co_return true;
}

}  // namespace walrus::node
