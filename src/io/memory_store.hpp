// SPDX-License-Identifier: Apache-2.0
// An ordered store in memory that knows which writes were synced. The disk outlives the stores that
// are opened on it, as a real one outlives processes: power_cut() undoes what was not synced and
// makes the open store useless; what is opened next sees what a restarted process would see.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "io/key_value.hpp"

namespace walrus::io {

/// The stored content. Thread safe.
class MemoryStoreDisk {
public:
    enum class Operation { Get, Write, Sync, Scan };

    /// Undoes all writes since the last synced one. A store that is open now fails every later call
    /// with Closed.
    void power_cut();
    /// The process that had the store open died: its writes stay, later calls on it fail.
    void process_died();
    /// Asked before every operation; an error is returned instead of doing it. Empty: no faults.
    void set_fault(std::function<std::optional<IoError>(Operation)> fault);
    std::size_t entries() const;
    /// Writes that a power cut would undo.
    std::size_t unsynced_changes() const;

private:
    friend class MemoryStore;
    using Map = std::map<Bytes, Bytes>;
    struct Undo {
        Bytes key;
        std::optional<Bytes> value;  ///< before the change
    };

    // Recursive: a scan's visitor may read.
    mutable std::recursive_mutex mutex_;
    Map current_;
    std::vector<Undo> undo_;  ///< in order of the changes since the last sync
    std::uint64_t life_ = 0;  ///< rises when open stores become useless
    bool open_ = false;
    std::size_t scans_ = 0;
    std::function<std::optional<IoError>(Operation)> fault_;
};

/// A store opened on a disk.
class MemoryStore final : public KeyValueStore {
public:
    /// Errors: InUse when a store is open on this disk.
    static IoResult<std::unique_ptr<KeyValueStore>> open(std::shared_ptr<MemoryStoreDisk> disk);
    ~MemoryStore() override;
    MemoryStore(const MemoryStore&) = delete;
    MemoryStore& operator=(const MemoryStore&) = delete;

    IoResult<std::optional<Bytes>> get(ByteView key) const override;
    IoResult<void> write(const WriteBatch& batch, bool sync) override;
    IoResult<void> scan(ByteView from, ByteView to,
                        FunctionRef<bool(ByteView, ByteView)> visit) const override;
    IoResult<std::optional<std::pair<Bytes, Bytes>>> last(ByteView from,
                                                          ByteView to) const override;

private:
    explicit MemoryStore(std::shared_ptr<MemoryStoreDisk> disk);
    IoResult<void> check(MemoryStoreDisk::Operation operation) const;

    std::shared_ptr<MemoryStoreDisk> disk_;
    std::uint64_t life_;
};

}  // namespace walrus::io
