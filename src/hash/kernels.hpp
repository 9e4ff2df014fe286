// SPDX-License-Identifier: Apache-2.0
// The contract of multi-buffer BLAKE2b-256: a variant hashes `lanes` messages of equal length at
// once. No inline code stands here: files with their own instruction-set flags include this header,
// and code merged by the linker must not depend on which of them was compiled first.
#pragma once

#include <cstddef>
#include <cstdint>

namespace walrus::hash {

/// Most lanes of any variant.
inline constexpr std::size_t kLanesMax = 8;
inline constexpr std::size_t kBlockBytes = 128;
/// Longest payload behind the one-byte prefix that still fits one block.
inline constexpr std::size_t kShortBytesMax = 127;

/// Chaining values of a group of lanes are word-sliced: state[word * lanes + lane], groups one
/// after the other. Digests are written one after the other, 32 bytes each.
struct HashCalls {
    /// out[i] = H(prefix || data[i][0..bytes)), bytes <= kShortBytesMax.
    void (*hash_short)(std::uint8_t prefix, const std::uint8_t* const* data, std::size_t bytes,
                       std::uint8_t* out);
    /// out[i] = H(0x01 || 32 bytes at left + i * left_stride || 32 bytes at right + i *
    /// right_stride). All are read before the first is written.
    void (*hash_inner)(const std::uint8_t* left, std::size_t left_stride, const std::uint8_t* right,
                       std::size_t right_stride, std::uint8_t* out);
    /// Absorbs `block_count` whole blocks of every lane, none of them the last; `counter` bytes
    /// were absorbed before.
    void (*absorb)(std::uint64_t* state, const std::uint8_t* const* blocks, std::size_t block_count,
                   std::uint64_t counter);
    /// Absorbs the last block (zero padded to kBlockBytes); `total` bytes were hashed in all.
    void (*finish)(const std::uint64_t* state, const std::uint8_t* const* blocks,
                   std::uint64_t total, std::uint8_t* out);
};

struct HashKernels {
    const char* name;
    std::size_t lanes;
    HashCalls one;   ///< for `lanes` messages: one group
    HashCalls pair;  ///< for 2 * lanes messages: two groups side by side, which is faster
};

/// The oracle: one lane, the plain implementation of blake2b.hpp.
extern const HashKernels kPortableHashKernels;
#if defined(WALRUS_X86_KERNELS)
extern const HashKernels kAvx2HashKernels;
extern const HashKernels kAvx512HashKernels;
#endif
#if defined(WALRUS_NEON_KERNELS)
extern const HashKernels kNeonHashKernels;
#endif

}  // namespace walrus::hash
