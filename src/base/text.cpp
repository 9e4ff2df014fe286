// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"

#include <algorithm>
#include <charconv>

namespace walrus {
namespace {

constexpr std::string_view kStandard =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrlSafe =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kBase58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

std::string encode64(ByteView bytes, std::string_view alphabet, bool pad) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    std::size_t i = 0;
    for (; i + 3 <= bytes.size(); i += 3) {
        const std::uint32_t v = (bytes[i] << 16) | (bytes[i + 1] << 8) | bytes[i + 2];
        for (int shift = 18; shift >= 0; shift -= 6) out += alphabet[(v >> shift) & 63];
    }
    const std::size_t rest = bytes.size() - i;
    if (rest == 0) return out;
    const std::uint32_t v = (bytes[i] << 16) | (rest == 2 ? bytes[i + 1] << 8 : 0);
    out += alphabet[(v >> 18) & 63];
    out += alphabet[(v >> 12) & 63];
    if (rest == 2) out += alphabet[(v >> 6) & 63];
    if (pad) out.append(3 - rest, '=');
    return out;
}

int value64(char c, bool url_safe) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == (url_safe ? '-' : '+')) return 62;
    if (c == (url_safe ? '_' : '/')) return 63;
    return -1;
}

std::optional<Bytes> decode64(std::string_view text, bool url_safe) {
    if (text.size() % 4 == 1) return std::nullopt;
    Bytes out;
    out.reserve(text.size() / 4 * 3 + 2);
    std::uint32_t buffer = 0;
    int bits = 0;
    for (const char c : text) {
        const int v = value64(c, url_safe);
        if (v < 0) return std::nullopt;
        buffer = (buffer << 6) | static_cast<std::uint32_t>(v);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out.push_back(static_cast<Byte>(buffer >> bits));
        }
    }
    if ((buffer & ((1u << bits) - 1)) != 0) return std::nullopt;
    return out;
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

std::string hex_encode(ByteView bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const Byte b : bytes) {
        out += kDigits[b >> 4];
        out += kDigits[b & 15];
    }
    return out;
}

std::optional<Bytes> hex_decode(std::string_view text) {
    if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
    if (text.size() % 2 != 0) return std::nullopt;
    Bytes out(text.size() / 2);
    for (std::size_t i = 0; i < out.size(); ++i) {
        const int high = hex_value(text[2 * i]);
        const int low = hex_value(text[2 * i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        out[i] = static_cast<Byte>(high * 16 + low);
    }
    return out;
}

std::string base64_encode(ByteView bytes) {
    return encode64(bytes, kStandard, true);
}

std::optional<Bytes> base64_decode(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    if (text.ends_with("==")) {
        text.remove_suffix(2);
    } else if (text.ends_with("=")) {
        text.remove_suffix(1);
    }
    return decode64(text, false);
}

std::string base64url_encode(ByteView bytes) {
    return encode64(bytes, kUrlSafe, false);
}

std::optional<Bytes> base64url_decode(std::string_view text) {
    return decode64(text, true);
}

std::string base58_encode(ByteView bytes) {
    std::vector<Byte> digits;  // little endian, base 58
    for (const Byte b : bytes) {
        std::uint32_t carry = b;
        for (Byte& d : digits) {
            carry += static_cast<std::uint32_t>(d) << 8;
            d = static_cast<Byte>(carry % 58);
            carry /= 58;
        }
        for (; carry != 0; carry /= 58) digits.push_back(static_cast<Byte>(carry % 58));
    }
    std::string out;
    for (const Byte b : bytes) {
        if (b != 0) break;
        out += '1';
    }
    for (auto it = digits.rbegin(); it != digits.rend(); ++it) out += kBase58[*it];
    return out;
}

std::optional<Bytes> base58_decode(std::string_view text, std::size_t max_bytes) {
    if (text.size() > max_bytes * 3 / 2 + 2) return std::nullopt;
    std::vector<Byte> value;  // little endian, base 256
    for (const char c : text) {
        const std::size_t digit = kBase58.find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        std::uint32_t carry = static_cast<std::uint32_t>(digit);
        for (Byte& b : value) {
            carry += static_cast<std::uint32_t>(b) * 58;
            b = static_cast<Byte>(carry);
            carry >>= 8;
        }
        for (; carry != 0; carry >>= 8) value.push_back(static_cast<Byte>(carry));
    }
    const std::size_t zeros = std::min(text.find_first_not_of('1'), text.size());
    Bytes out(zeros, 0);
    out.insert(out.end(), value.rbegin(), value.rend());
    if (out.size() > max_bytes) return std::nullopt;
    return out;
}

std::optional<std::uint64_t> parse_u64(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || text.empty())
        return std::nullopt;
    return value;
}

bool is_utf8(std::string_view text) {
    std::size_t i = 0;
    while (i < text.size()) {
        const auto b = static_cast<unsigned char>(text[i]);
        std::size_t more;
        std::uint32_t point;
        if (b < 0x80) {
            ++i;
            continue;
        } else if (b >= 0xC2 && b < 0xE0) {
            more = 1;
            point = b & 0x1F;
        } else if (b >= 0xE0 && b < 0xF0) {
            more = 2;
            point = b & 0x0F;
        } else if (b >= 0xF0 && b < 0xF5) {
            more = 3;
            point = b & 0x07;
        } else {
            return false;
        }
        if (text.size() - i <= more) return false;
        for (std::size_t k = 1; k <= more; ++k) {
            const auto c = static_cast<unsigned char>(text[i + k]);
            if ((c & 0xC0) != 0x80) return false;
            point = (point << 6) | (c & 0x3F);
        }
        if ((more == 2 && point < 0x800) || (more == 3 && (point < 0x10000 || point > 0x10FFFF)) ||
            (point >= 0xD800 && point < 0xE000))
            return false;
        i += more + 1;
    }
    return true;
}

}  // namespace walrus
