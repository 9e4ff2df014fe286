// SPDX-License-Identifier: Apache-2.0
// BLAKE2b with 32 bytes of output, no key (RFC 7693): the hash of everything in the protocol.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"

namespace walrus {

/// Incremental BLAKE2b-256.
class Blake2b {
public:
    Blake2b();
    Blake2b& update(ByteView data);
    /// May be called once.
    Digest finish();

private:
    std::uint64_t state_[8];
    std::uint64_t count_ = 0;
    Byte buffer_[128];
    std::size_t filled_ = 0;
};

// For implementations that drive the compression themselves.

/// The eight words before the first block.
void blake2b_initial_state(std::uint64_t* state);
/// Absorbs one block of 128 bytes into the eight words; `count` is the number of bytes hashed so
/// far with this block.
void blake2b_compress(std::uint64_t* state, const Byte* block, std::uint64_t count, bool last);

Digest blake2b(ByteView data);
/// Digest of a tag text followed by data.
Digest blake2b(std::string_view tag, ByteView data);

}  // namespace walrus
