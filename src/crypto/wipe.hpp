// SPDX-License-Identifier: Apache-2.0
// Overwriting secrets when they are no longer needed, in a way that the compiler keeps.
#pragma once

#include <cstddef>

namespace walrus {

void wipe(void* data, std::size_t size);

/// Wipes what it watches when it goes.
class Wiper {
public:
    Wiper(void* data, std::size_t size) : data_(data), size_(size) {}
    Wiper(const Wiper&) = delete;
    Wiper& operator=(const Wiper&) = delete;
    ~Wiper() { wipe(data_, size_); }

private:
    void* data_;
    std::size_t size_;
};

}  // namespace walrus
