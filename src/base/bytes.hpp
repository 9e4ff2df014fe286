// SPDX-License-Identifier: Apache-2.0
// Bytes and views of bytes: the words every room uses for raw data.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace walrus {

using Byte = std::uint8_t;
using Bytes = std::vector<Byte>;
/// A view that does not own; the owner must outlive it.
using ByteView = std::span<const Byte>;
using MutableByteView = std::span<Byte>;

/// The bytes of a text, without copying.
inline ByteView as_bytes(std::string_view text) {
    return {reinterpret_cast<const Byte*>(text.data()), text.size()};
}

/// The text of bytes, without copying; no claim about its encoding.
inline std::string_view as_text(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline Bytes to_bytes(ByteView view) {
    return Bytes(view.begin(), view.end());
}
inline Bytes to_bytes(std::string_view text) {
    return to_bytes(as_bytes(text));
}

inline void append(Bytes& out, ByteView more) {
    out.insert(out.end(), more.begin(), more.end());
}

inline bool equal(ByteView a, ByteView b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

/// 32 bytes with a meaning given by the tag: two identifiers of different meaning are different
/// types. Ordered as bytes, which is the order of 256-bit big-endian integers.
template <class Tag>
struct Id32 {
    std::array<Byte, 32> bytes{};

    static constexpr std::size_t kSize = 32;
    friend auto operator<=>(const Id32&, const Id32&) = default;
    ByteView view() const { return bytes; }
    bool is_zero() const { return *this == Id32{}; }
    /// Precondition: `source` has exactly 32 bytes.
    static Id32 from(ByteView source) {
        Id32 id;
        std::memcpy(id.bytes.data(), source.data(), 32);
        return id;
    }
};

/// A BLAKE2b-256 or other 32-byte digest.
using Digest = Id32<struct DigestTag>;

// Fixed-width little- and big-endian integers in raw buffers.
template <class T>
inline void store_le(Byte* out, T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i) out[i] = static_cast<Byte>(value >> (8 * i));
}
template <class T>
inline T load_le(const Byte* in) {
    T value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i)
        value |= static_cast<T>(static_cast<T>(in[i]) << (8 * i));
    return value;
}
template <class T>
inline void store_be(Byte* out, T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i)
        out[i] = static_cast<Byte>(value >> (8 * (sizeof(T) - 1 - i)));
}
template <class T>
inline T load_be(const Byte* in) {
    T value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) value = static_cast<T>((value << 8) | in[i]);
    return value;
}

}  // namespace walrus

template <class Tag>
struct std::hash<walrus::Id32<Tag>> {
    std::size_t operator()(const walrus::Id32<Tag>& id) const noexcept {
        std::size_t value;
        std::memcpy(&value, id.bytes.data(), sizeof value);
        return value;
    }
};
