// SPDX-License-Identifier: Apache-2.0
#include "base/buffer_pool.hpp"

#include <algorithm>
#include <bit>
#include <new>

#if __has_include(<sys/mman.h>)
#include <sys/mman.h>
#endif

#include "base/check.hpp"

namespace walrus {
namespace {
constexpr std::size_t kAlignment = 64;
constexpr std::size_t kGranuleBytes = 4096;
/// Buffers from here on ask for huge pages, which are touched for the first time several times
/// faster. Smaller ones would waste what they do not fill.
constexpr std::size_t kHugeBufferBytes = 16u << 20;
constexpr std::size_t kHugePageBytes = 2u << 20;

std::align_val_t alignment_of(std::size_t capacity) {
    return std::align_val_t(capacity >= kHugeBufferBytes ? kHugePageBytes : kAlignment);
}
Byte* allocate(std::size_t capacity) {
    auto* const data = static_cast<Byte*>(::operator new(capacity, alignment_of(capacity)));
#if defined(MADV_HUGEPAGE)
    // A wish: without it everything is as it was.
    if (capacity >= kHugeBufferBytes) ::madvise(data, capacity, MADV_HUGEPAGE);
#endif
    return data;
}
void release(Byte* data, std::size_t capacity) {
    ::operator delete(data, alignment_of(capacity));
}
}  // namespace

Buffer::~Buffer() {
    if (pool_ != nullptr) pool_->give_back(data_, capacity_);
}

BufferPool::~BufferPool() {
    WALRUS_CHECK(in_use_bytes_ == 0);
    for (const Idle& idle : idle_) release(idle.data, idle.capacity);
}

std::size_t BufferPool::in_use_bytes() const {
    std::lock_guard lock(mutex_);
    return in_use_bytes_;
}

Result<Buffer, PoolError> BufferPool::acquire(std::size_t size) {
    if (size > budget_bytes_) return fail(PoolError::OutOfMemoryBudget);
    const std::size_t capacity =
        std::max<std::size_t>((size + kGranuleBytes - 1) / kGranuleBytes, 1) * kGranuleBytes;
    std::vector<Idle> dropped;
    Byte* data = nullptr;
    std::size_t taken = capacity;
    {
        std::lock_guard lock(mutex_);
        if (in_use_bytes_ + capacity > budget_bytes_ + kGranuleBytes)
            return fail(PoolError::OutOfMemoryBudget);
        // Best fit among the idle ones that waste less than half.
        auto best = idle_.end();
        for (auto it = idle_.begin(); it != idle_.end(); ++it)
            if (it->capacity >= capacity && it->capacity / 2 <= capacity &&
                in_use_bytes_ + it->capacity <= budget_bytes_ + kGranuleBytes &&
                (best == idle_.end() || it->capacity < best->capacity))
                best = it;
        if (best != idle_.end()) {
            data = best->data;
            taken = best->capacity;
            idle_bytes_ -= taken;
            idle_.erase(best);
        }
        in_use_bytes_ += taken;
        while (!idle_.empty() && in_use_bytes_ + idle_bytes_ > budget_bytes_) {
            dropped.push_back(idle_.front());
            idle_bytes_ -= idle_.front().capacity;
            idle_.erase(idle_.begin());
        }
    }
    for (const Idle& old : dropped) release(old.data, old.capacity);
    if (data == nullptr) data = allocate(taken);
    Buffer buffer;
    buffer.pool_ = this;
    buffer.data_ = data;
    buffer.size_ = size;
    buffer.capacity_ = taken;
    return buffer;
}

void BufferPool::give_back(Byte* data, std::size_t capacity) {
    std::lock_guard lock(mutex_);
    WALRUS_CHECK(in_use_bytes_ >= capacity);
    in_use_bytes_ -= capacity;
    idle_.push_back({data, capacity});
    idle_bytes_ += capacity;
}

}  // namespace walrus
