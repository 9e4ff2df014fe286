// SPDX-License-Identifier: Apache-2.0
// Big buffers come from a pool with a byte budget: fresh memory costs 5-10 times a warm write, and
// a budget turns "too much at once" into an error instead of a dead process.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace walrus {

enum class PoolError { OutOfMemoryBudget };

class BufferPool;

/// Owns memory of a pool; gives it back when destroyed. Contents are not initialised. Aligned
/// to 64.
class Buffer {
public:
    Buffer() = default;
    Buffer(Buffer&& other) noexcept { swap(other); }
    Buffer& operator=(Buffer&& other) noexcept {
        Buffer dropped(std::move(other));
        swap(dropped);
        return *this;
    }
    ~Buffer();

    Byte* data() { return data_; }
    const Byte* data() const { return data_; }
    std::size_t size() const { return size_; }
    MutableByteView view() { return {data_, size_}; }
    ByteView view() const { return {data_, size_}; }

private:
    friend class BufferPool;
    void swap(Buffer& other) noexcept {
        std::swap(pool_, other.pool_);
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        std::swap(capacity_, other.capacity_);
    }
    BufferPool* pool_ = nullptr;
    Byte* data_ = nullptr;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

/// Thread safe; must outlive its buffers.
class BufferPool {
public:
    explicit BufferPool(std::size_t budget_bytes) : budget_bytes_(budget_bytes) {}
    ~BufferPool();
    BufferPool(const BufferPool&) = delete;
    BufferPool& operator=(const BufferPool&) = delete;

    /// A buffer of `size` bytes. Errors: OutOfMemoryBudget when the buffers in use would exceed the
    /// budget.
    Result<Buffer, PoolError> acquire(std::size_t size);
    std::size_t budget_bytes() const { return budget_bytes_; }
    std::size_t in_use_bytes() const;

private:
    friend class Buffer;
    void give_back(Byte* data, std::size_t capacity);
    struct Idle {
        Byte* data;
        std::size_t capacity;
    };
    mutable std::mutex mutex_;
    std::vector<Idle> idle_;
    std::size_t budget_bytes_;
    std::size_t in_use_bytes_ = 0;
    std::size_t idle_bytes_ = 0;
};

}  // namespace walrus
