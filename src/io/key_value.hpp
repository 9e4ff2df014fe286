// SPDX-License-Identifier: Apache-2.0
// An ordered key-value store: RocksDB in production, an ordered map in the simulator. Callers part
// the key space by a first byte. Reads see all writes that returned. Calls block; thread safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/function_ref.hpp"
#include "io/error.hpp"

namespace walrus::io {

/// Changes that become visible, and durable, all together.
class WriteBatch {
public:
    struct Change {
        Bytes key;
        std::optional<Bytes> value;  ///< nothing: delete
    };
    void put(Bytes key, Bytes value) {
        bytes_ += key.size() + value.size();
        changes_.push_back({std::move(key), std::move(value)});
    }
    void erase(Bytes key) {
        bytes_ += key.size();
        changes_.push_back({std::move(key), std::nullopt});
    }
    bool empty() const { return changes_.empty(); }
    std::size_t size_bytes() const { return bytes_; }
    const std::vector<Change>& changes() const { return changes_; }
    void append(WriteBatch&& other) {
        bytes_ += other.bytes_;
        for (Change& c : other.changes_) changes_.push_back(std::move(c));
    }

private:
    std::vector<Change> changes_;
    std::size_t bytes_ = 0;
};

class KeyValueStore {
public:
    virtual ~KeyValueStore() = default;
    virtual IoResult<std::optional<Bytes>> get(ByteView key) const = 0;
    /// Applies all changes in order. With `sync`, returns only when they and all earlier writes are
    /// durable. Without, they survive the death of the process but not a power cut.
    virtual IoResult<void> write(const WriteBatch& batch, bool sync) = 0;
    /// Calls visit(key, value) in key order for keys in [from, to) (empty `to`: no end) until it
    /// returns false. `visit` may read this store but not write to it.
    virtual IoResult<void> scan(ByteView from, ByteView to,
                                FunctionRef<bool(ByteView, ByteView)> visit) const = 0;
    /// The last key below `to` (empty `to`: no end) and at least `from`, with its value.
    virtual IoResult<std::optional<std::pair<Bytes, Bytes>>> last(ByteView from,
                                                                  ByteView to) const = 0;
};

struct RocksDbOptions {
    std::size_t block_cache_bytes = 64u << 20;
    std::size_t write_buffer_bytes = 32u << 20;
};
/// Opens or creates a store below `path`. Errors: InUse when another process has it open.
IoResult<std::unique_ptr<KeyValueStore>> open_rocksdb(const std::string& path,
                                                      RocksDbOptions options = {});
/// In memory; lost with the object.
std::unique_ptr<KeyValueStore> make_memory_store();

}  // namespace walrus::io
