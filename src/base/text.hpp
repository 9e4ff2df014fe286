// SPDX-License-Identifier: Apache-2.0
// Text forms of bytes: hexadecimal, base64 (standard and URL-safe) and base58. Decoders are strict:
// what they accept encodes back to the same text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace walrus {

/// Lower case, no prefix.
std::string hex_encode(ByteView bytes);
/// Either case, optional "0x". Odd length or another character: nothing.
std::optional<Bytes> hex_decode(std::string_view text);

/// Standard alphabet, padded.
std::string base64_encode(ByteView bytes);
std::optional<Bytes> base64_decode(std::string_view text);
/// URL-safe alphabet, no padding; non-zero trailing bits are refused.
std::string base64url_encode(ByteView bytes);
std::optional<Bytes> base64url_decode(std::string_view text);

/// Bitcoin alphabet. Decoding refuses texts longer than `max_bytes` could need.
std::string base58_encode(ByteView bytes);
std::optional<Bytes> base58_decode(std::string_view text, std::size_t max_bytes = 64);

/// A decimal number without sign, spaces or leading plus; nothing on overflow.
std::optional<std::uint64_t> parse_u64(std::string_view text);

/// Valid UTF-8 (no surrogates, no overlong forms)?
bool is_utf8(std::string_view text);

}  // namespace walrus
