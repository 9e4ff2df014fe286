// SPDX-License-Identifier: Apache-2.0
#include "io/memory_store.hpp"

#include "base/check.hpp"

namespace walrus::io {

void MemoryStoreDisk::power_cut() {
    const std::lock_guard lock(mutex_);
    while (!undo_.empty()) {
        Undo& undo = undo_.back();
        if (undo.value) {
            current_.insert_or_assign(std::move(undo.key), std::move(*undo.value));
        } else {
            current_.erase(undo.key);
        }
        undo_.pop_back();
    }
    process_died();
}

void MemoryStoreDisk::process_died() {
    const std::lock_guard lock(mutex_);
    ++life_;
    open_ = false;
}

void MemoryStoreDisk::set_fault(std::function<std::optional<IoError>(Operation)> fault) {
    const std::lock_guard lock(mutex_);
    fault_ = std::move(fault);
}

std::size_t MemoryStoreDisk::entries() const {
    const std::lock_guard lock(mutex_);
    return current_.size();
}

std::size_t MemoryStoreDisk::unsynced_changes() const {
    const std::lock_guard lock(mutex_);
    return undo_.size();
}

IoResult<std::unique_ptr<KeyValueStore>> MemoryStore::open(std::shared_ptr<MemoryStoreDisk> disk) {
    const std::lock_guard lock(disk->mutex_);
    if (disk->open_) return io_failure(IoCode::InUse, "the store is already open");
    disk->open_ = true;
    return std::unique_ptr<KeyValueStore>(new MemoryStore(disk));
}

MemoryStore::MemoryStore(std::shared_ptr<MemoryStoreDisk> disk)
    : disk_(std::move(disk)), life_(disk_->life_) {}

MemoryStore::~MemoryStore() {
    const std::lock_guard lock(disk_->mutex_);
    if (life_ == disk_->life_) disk_->open_ = false;
}

IoResult<void> MemoryStore::check(MemoryStoreDisk::Operation operation) const {
    if (life_ != disk_->life_)
        return io_failure(IoCode::Closed, "the store's process died or its power was cut");
    if (disk_->fault_) {
        if (auto error = disk_->fault_(operation)) return fail(std::move(*error));
    }
    return {};
}

IoResult<std::optional<Bytes>> MemoryStore::get(ByteView key) const {
    const std::lock_guard lock(disk_->mutex_);
    WALRUS_TRY(check(MemoryStoreDisk::Operation::Get));
    const auto found = disk_->current_.find(to_bytes(key));
    if (found == disk_->current_.end()) return std::optional<Bytes>();
    return std::optional<Bytes>(found->second);
}

IoResult<void> MemoryStore::write(const WriteBatch& batch, bool sync) {
    const std::lock_guard lock(disk_->mutex_);
    WALRUS_CHECK(disk_->scans_ == 0);
    WALRUS_TRY(check(MemoryStoreDisk::Operation::Write));
    for (const WriteBatch::Change& change : batch.changes()) {
        const auto found = disk_->current_.find(change.key);
        const bool present = found != disk_->current_.end();
        disk_->undo_.push_back(
            {change.key, present ? std::optional<Bytes>(found->second) : std::nullopt});
        if (change.value) {
            disk_->current_.insert_or_assign(change.key, *change.value);
        } else if (present) {
            disk_->current_.erase(found);
        }
    }
    if (!sync) return {};
    WALRUS_TRY(check(MemoryStoreDisk::Operation::Sync));
    disk_->undo_.clear();
    return {};
}

IoResult<void> MemoryStore::scan(ByteView from, ByteView to,
                                 FunctionRef<bool(ByteView, ByteView)> visit) const {
    const std::lock_guard lock(disk_->mutex_);
    WALRUS_TRY(check(MemoryStoreDisk::Operation::Scan));
    const Bytes end = to_bytes(to);
    ++disk_->scans_;
    for (auto entry = disk_->current_.lower_bound(to_bytes(from));
         entry != disk_->current_.end() && (to.empty() || entry->first < end); ++entry) {
        if (!visit(entry->first, entry->second)) break;
    }
    --disk_->scans_;
    return {};
}

IoResult<std::optional<std::pair<Bytes, Bytes>>> MemoryStore::last(ByteView from,
                                                                   ByteView to) const {
    using Found = std::optional<std::pair<Bytes, Bytes>>;
    const std::lock_guard lock(disk_->mutex_);
    WALRUS_TRY(check(MemoryStoreDisk::Operation::Scan));
    auto entry = to.empty() ? disk_->current_.end() : disk_->current_.lower_bound(to_bytes(to));
    if (entry == disk_->current_.begin()) return Found();
    --entry;
    if (entry->first < to_bytes(from)) return Found();
    return Found({entry->first, entry->second});
}

std::unique_ptr<KeyValueStore> make_memory_store() {
    auto store = MemoryStore::open(std::make_shared<MemoryStoreDisk>());
    return std::move(*store);
}

}  // namespace walrus::io
