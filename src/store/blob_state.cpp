// SPDX-License-Identifier: Apache-2.0
#include "store/blob_state.hpp"

#include <fmt/format.h>

#include <map>

#include "base/check.hpp"
#include "store/rows.hpp"

namespace walrus::store {
namespace {

template <class T>
StoreResult<std::optional<T>> read_row(const io::KeyValueStore& store, const Bytes& key) {
    const auto value = WALRUS_STORE_TRY(store.get(key));
    if (!value) return std::optional<T>();
    auto decoded = bcs::decode<T>(*value);
    if (!decoded)
        return store_failure(StoreCode::Corrupt,
                             fmt::format("a row of table {:#04x} is malformed", key[0]));
    return std::optional<T>(std::move(*decoded));
}

/// Rows as they become within a block, read once.
template <class Id, class Row>
class Overlay {
public:
    Overlay(const io::KeyValueStore& store, Table table) : store_(store), table_(table) {}

    StoreResult<std::optional<Row>*> at(const Id& id) {
        const auto it = rows_.find(id);
        if (it != rows_.end()) return &it->second;
        auto row = WALRUS_TRY(read_row<Row>(store_, key_of(table_, id.view())));
        return &rows_.emplace(id, std::move(row)).first->second;
    }
    void write(io::WriteBatch& batch) const {
        for (const auto& [id, row] : rows_) {
            if (row) {
                batch.put(key_of(table_, id.view()), bcs::encode(*row));
            } else {
                batch.erase(key_of(table_, id.view()));
            }
        }
    }
    const std::map<Id, std::optional<Row>>& rows() const { return rows_; }

private:
    const io::KeyValueStore& store_;
    Table table_;
    std::map<Id, std::optional<Row>> rows_;
};

}  // namespace

StoreResult<std::unique_ptr<BlobState>> BlobState::open(io::KeyValueStore& store) {
    std::unique_ptr<BlobState> state(new BlobState(store));
    const auto cursor = WALRUS_TRY(read_row<LedgerCursor>(store, key_of(Table::Cursor)));
    state->cursor_ = cursor.value_or(LedgerCursor{});
    return state;
}

LedgerCursor BlobState::cursor() const {
    const std::lock_guard lock(mutex_);
    return cursor_;
}

StoreResult<AppliedBlock> BlobState::apply(const BlockChanges& changes, LedgerCursor after) {
    const std::lock_guard lock(mutex_);
    WALRUS_CHECK(after.next_seq == cursor_.next_seq + 1);
    Overlay<BlobId, BlobInfo> blobs(store_, Table::BlobInfo);
    Overlay<ObjectId, ObjectInfo> objects(store_, Table::ObjectInfo);
    AppliedBlock out;
    for (const BlobChange& change : changes.blobs) {
        std::optional<BlobInfo>& blob = *WALRUS_TRY(blobs.at(change.blob_id));
        auto changed = apply_change(blob, change);
        // An object's row follows only if the blob's did, so that both always agree.
        std::optional<std::optional<ObjectInfo>> changed_object;
        const char* refused = changed ? nullptr : describe(changed.error());
        if (changed && change.kind != ChangeKind::Invalidate) {
            auto object = apply_change(*WALRUS_TRY(objects.at(change.object)), change);
            if (object) changed_object = std::move(*object);
            if (!object) refused = describe(object.error());
        }
        if (refused != nullptr) {
            out.refused.push_back(
                fmt::format("event {} of transaction {} on blob {}: {}", change.event.sequence,
                            to_text(change.event.transaction), to_text(change.blob_id), refused));
            continue;
        }
        blob = std::move(*changed);
        if (changed_object) *WALRUS_TRY(objects.at(change.object)) = std::move(*changed_object);
    }
    after.events = cursor_.events + changes.events;
    io::WriteBatch batch;
    blobs.write(batch);
    objects.write(batch);
    for (const auto& [id, info] : blobs.rows()) {
        if (info && info->registered(after.epoch)) {
            batch.erase(key_of(Table::Unwanted, id.view()));
        } else if (info) {
            batch.put(key_of(Table::Unwanted, id.view()), {});
            out.unwanted.push_back(id);
        }
    }
    batch.put(key_of(Table::Cursor), bcs::encode(after));
    WALRUS_STORE_TRY(store_.write(batch, false));
    cursor_ = std::move(after);
    return out;
}

StoreResult<std::optional<BlobInfo>> BlobState::blob(const BlobId& id) const {
    return read_row<BlobInfo>(store_, key_of(Table::BlobInfo, id.view()));
}

StoreResult<std::optional<ObjectInfo>> BlobState::object(const ObjectId& id) const {
    return read_row<ObjectInfo>(store_, key_of(Table::ObjectInfo, id.view()));
}

template <class Matches>
StoreResult<std::vector<BlobId>> BlobState::list(std::optional<BlobId> after, std::size_t limit,
                                                 Matches matches) const {
    Bytes from = key_of(Table::BlobInfo);
    if (after) {
        from = key_of(Table::BlobInfo, after->view());
        from.push_back(0);  // the first key behind it
    }
    std::vector<BlobId> out;
    bool malformed = false;
    WALRUS_STORE_TRY(store_.scan(from, end_of(Table::BlobInfo), [&](ByteView key, ByteView value) {
        const auto info = bcs::decode<BlobInfo>(value);
        malformed = !info || key.size() != 33;
        if (malformed) return false;
        if (matches(*info)) out.push_back(BlobId::from(key.subspan(1)));
        return out.size() < limit;
    }));
    if (malformed) return store_failure(StoreCode::Corrupt, "a row of blob infos is malformed");
    return out;
}

StoreResult<std::vector<BlobId>> BlobState::certified_before(std::optional<BlobId> after, Epoch now,
                                                             std::size_t limit) const {
    return list(after, limit, [now](const BlobInfo& info) {
        const auto* valid = std::get_if<ValidInfo>(&info.state);
        return valid != nullptr && info.certified(now) && valid->initial_certified_epoch &&
               *valid->initial_certified_epoch < now;
    });
}

StoreResult<std::vector<BlobId>> BlobState::expired(std::optional<BlobId> after, Epoch now,
                                                    std::size_t limit) const {
    return list(after, limit,
                [now](const BlobInfo& info) { return !info.invalid() && !info.registered(now); });
}

StoreResult<std::vector<BlobId>> BlobState::unwanted() const {
    std::vector<BlobId> out;
    WALRUS_STORE_TRY(
        store_.scan(key_of(Table::Unwanted), end_of(Table::Unwanted), [&](ByteView key, ByteView) {
            if (key.size() == 33) out.push_back(BlobId::from(key.subspan(1)));
            return true;
        }));
    return out;
}

StoreResult<std::optional<Bytes>> BlobState::setting(std::string_view name) const {
    return WALRUS_STORE_TRY(store_.get(key_of(Table::Settings, as_bytes(name))));
}

StoreResult<void> BlobState::put_setting(std::string_view name, ByteView value) {
    io::WriteBatch batch;
    batch.put(key_of(Table::Settings, as_bytes(name)), to_bytes(value));
    WALRUS_STORE_TRY(store_.write(batch, true));
    return {};
}

}  // namespace walrus::store
