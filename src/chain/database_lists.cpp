// SPDX-License-Identifier: Apache-2.0
// Lists: objects and events by the indexes, committees.
#include <algorithm>
#include <tuple>

#include "chain/database_keys.hpp"

namespace walrus::chain {

using namespace detail;

ChainResult<LedgerDatabase::OwnedIds> LedgerDatabase::scan_ids(
    const Bytes& prefix, const Bytes& end, std::size_t token_start, std::size_t count_max,
    const std::optional<Bytes>& token) const {
    Bytes from = prefix;
    if (token) {
        // The token is the rest of the last key; the next key is its successor.
        Bytes last(prefix.begin(), prefix.begin() + static_cast<std::ptrdiff_t>(token_start));
        append(last, *token);
        if (token->size() > kPageTokenBytesMax || token->size() < ObjectId::kSize ||
            last < prefix || last >= end)
            return chain_failure(ChainCode::InvalidArgument,
                                 "the page token does not belong to this list");
        from = std::move(last);
        from.push_back(0);
    }
    OwnedIds out;
    Bytes last_key;
    bool more = false;
    auto scanned = store_->scan(from, end, [&](ByteView key, ByteView) {
        if (out.ids.size() == count_max) {
            more = true;
            return false;
        }
        if (key.size() < token_start + ObjectId::kSize) return true;
        out.ids.push_back(ObjectId::from(key.last(ObjectId::kSize)));
        last_key = to_bytes(key);
        return true;
    });
    if (!scanned) return tl::make_unexpected(from_io(scanned.error()));
    if (more) out.next_token = to_bytes(ByteView(last_key).subspan(token_start));
    return out;
}

ChainResult<LedgerDatabase::OwnedIds> LedgerDatabase::owned(
    const Address& owner, const std::optional<ledger::StructTag>& type, std::size_t count_max,
    const std::optional<Bytes>& token) const {
    const bool any_arguments = type && type->type_arguments.empty();
    const Bytes prefix = owner_prefix(owner, type ? &*type : nullptr, any_arguments);
    return scan_ids(prefix, prefix_end(prefix), 1 + Address::kSize, count_max, token);
}

ChainResult<LedgerDatabase::OwnedIds> LedgerDatabase::listed(const ObjectQuery& query,
                                                             std::size_t count_max) const {
    if (const auto* of_type = std::get_if<ObjectQuery::OfType>(&query.what)) {
        const Bytes prefix = type_prefix(of_type->type);
        return scan_ids(prefix, prefix_end(prefix), prefix.size(), count_max, query.token);
    }
    if (const auto* ending = std::get_if<ObjectQuery::EndingBy>(&query.what))
        return scan_ids(expiry_prefix(0), prefix_end(expiry_prefix(ending->epoch)), 1, count_max,
                        query.token);
    const Bytes prefix = blob_prefix(std::get<ObjectQuery::OfBlob>(query.what).blob);
    auto out = WALRUS_TRY(
        scan_ids(prefix, prefix_end(prefix), prefix.size(), kBlobObjectsMax, std::nullopt));
    out.next_token.reset();
    struct Ranked {
        bool certified = false;
        bool permanent = false;
        Epoch end_epoch = 0;
        ObjectId id;
    };
    std::vector<Ranked> ranked;
    for (const ObjectId& id : out.ids) {
        const auto object = WALRUS_TRY(this->object(id));
        if (!object) continue;  // gone since the index was read
        const auto blob = blob_in(*object, ids_.package);
        if (!blob) return chain_failure(ChainCode::Corrupt, "the index names what is no blob");
        ranked.push_back(
            {blob->certified_epoch.has_value(), !blob->deletable, blob->storage.end_epoch, id});
    }
    std::sort(ranked.begin(), ranked.end(), [](const Ranked& a, const Ranked& b) {
        return std::tie(b.certified, b.permanent, b.end_epoch, a.id) <
               std::tie(a.certified, a.permanent, a.end_epoch, b.id);
    });
    out.ids.clear();
    for (const Ranked& item : ranked)
        if (out.ids.size() < count_max) out.ids.push_back(item.id);
    return out;
}

ChainResult<std::optional<proof::CommitteeRecord>> LedgerDatabase::committee(Epoch epoch) const {
    const auto bytes = WALRUS_TRY(get(*store_, committee_key(epoch)));
    if (!bytes) return std::optional<proof::CommitteeRecord>();
    return std::optional(WALRUS_TRY(decode_as<proof::CommitteeRecord>(*bytes, "committee")));
}

ChainResult<EventPage> LedgerDatabase::events(const EventQuery& query, std::size_t count_max,
                                              std::uint64_t seq_end) const {
    if (query.cursor && query.cursor->size() != kEventPlaceBytes)
        return chain_failure(ChainCode::InvalidArgument, "the cursor is not one of this ledger");
    // The cursor is the first place that was not looked at.
    EventPlace at = query.cursor ? EventPlace::decode(*query.cursor) : EventPlace{};
    EventPage page;
    std::size_t bytes = 0;
    BlockPtr block;
    /// False: the page is full, the event belongs to the next one.
    const auto take = [&](const EventPlace& place) -> ChainResult<bool> {
        if (!block || block->header.header.summary.seq != place.seq)
            block = WALRUS_TRY(this->block(place.seq));
        if (place.transaction >= block->transactions.size() ||
            place.event >= block->transactions[place.transaction].events.size())
            return chain_failure(ChainCode::Corrupt, "the index names an event that is not there");
        const BlockTransaction& transaction = block->transactions[place.transaction];
        const BlockEvent& event = transaction.events[place.event];
        if (page.events.size() >= count_max || bytes > kEventPageBytesMax) return false;
        bytes += event.contents.size() + 64;
        page.events.push_back({place.seq, block->header.header.summary.time_ms, transaction.digest,
                               place.transaction, place.event, event});
        return true;
    };
    if (query.type) {
        const Bytes prefix = event_type_prefix(*query.type);
        Bytes from = prefix;
        append(from, at.encoded());
        std::vector<EventPlace> places;
        auto scanned = store_->scan(from, prefix_end(prefix), [&](ByteView key, ByteView) {
            if (key.size() == prefix.size() + kEventPlaceBytes)
                places.push_back(EventPlace::decode(key.subspan(prefix.size())));
            return places.size() <= count_max;
        });
        if (!scanned) return tl::make_unexpected(from_io(scanned.error()));
        for (const EventPlace& place : places) {
            if (place.seq >= seq_end) break;
            at = place;
            if (!WALRUS_TRY(take(place))) {
                page.more = true;
                break;
            }
            ++at.event;
        }
        page.cursor = at.encoded();
        return page;
    }
    std::size_t transactions = 0;
    for (std::size_t blocks = 0; at.seq < seq_end && !page.more; ++blocks) {
        if (blocks == kEventBlocksMax || transactions >= kEventTransactionsMax) {
            page.more = true;
            break;
        }
        block = WALRUS_TRY(this->block(at.seq));
        transactions += block->transactions.size();
        while (at.transaction < block->transactions.size() && !page.more) {
            if (at.event >= block->transactions[at.transaction].events.size()) {
                ++at.transaction;
                at.event = 0;
            } else if (WALRUS_TRY(take(at))) {
                ++at.event;
            } else {
                page.more = true;
            }
        }
        if (!page.more) at = {at.seq + 1, 0, 0};
    }
    page.cursor = at.encoded();
    return page;
}

}  // namespace walrus::chain
