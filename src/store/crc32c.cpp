// SPDX-License-Identifier: Apache-2.0
#include "store/crc32c.hpp"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace walrus::store {
namespace {

constexpr std::uint32_t kPolynomial = 0x82F63B78u;

/// table[k][b]: the CRC of byte b followed by k zero bytes.
constexpr std::array<std::array<std::uint32_t, 256>, 8> make_tables() {
    std::array<std::array<std::uint32_t, 256>, 8> tables{};
    for (std::uint32_t b = 0; b < 256; ++b) {
        std::uint32_t crc = b;
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
        tables[0][b] = crc;
    }
    for (std::size_t k = 1; k < 8; ++k)
        for (std::size_t b = 0; b < 256; ++b)
            tables[k][b] = (tables[k - 1][b] >> 8) ^ tables[0][tables[k - 1][b] & 0xff];
    return tables;
}
constexpr auto kTables = make_tables();

std::uint32_t extend_portable(std::uint32_t crc, const Byte* at, std::size_t size) {
    for (; size >= 8; at += 8, size -= 8) {
        const std::uint64_t word = load_le<std::uint64_t>(at) ^ crc;
        crc = 0;
        for (std::size_t i = 0; i < 8; ++i) crc ^= kTables[7 - i][(word >> (8 * i)) & 0xff];
    }
    for (; size > 0; ++at, --size) crc = (crc >> 8) ^ kTables[0][(crc ^ *at) & 0xff];
    return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t extend_sse42(std::uint32_t crc, const Byte* at,
                                                             std::size_t size) {
    std::uint64_t wide = crc;
    for (; size >= 8; at += 8, size -= 8) {
        std::uint64_t word;  // this processor is little endian
        std::memcpy(&word, at, sizeof word);
        wide = _mm_crc32_u64(wide, word);
    }
    crc = static_cast<std::uint32_t>(wide);
    for (; size > 0; ++at, --size) crc = _mm_crc32_u8(crc, *at);
    return crc;
}
#endif

using Extend = std::uint32_t (*)(std::uint32_t, const Byte*, std::size_t);

Extend choose() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2")) return extend_sse42;
#endif
    return extend_portable;
}

}  // namespace

std::uint32_t crc32c(ByteView data) {
    static const Extend extend = choose();
    return ~extend(~0u, data.data(), data.size());
}

std::uint32_t crc32c_portable(ByteView data) {
    return ~extend_portable(~0u, data.data(), data.size());
}

}  // namespace walrus::store
