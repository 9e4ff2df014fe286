// SPDX-License-Identifier: Apache-2.0
#include "protocol/ids.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace walrus {
namespace {

template <class Id>
std::optional<Id> exactly_32(const std::optional<Bytes>& bytes) {
    if (!bytes || bytes->size() != Id::kSize) return std::nullopt;
    return Id::from(*bytes);
}

template <class Id>
std::optional<Id> parse_hex_id(std::string_view text) {
    if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
    if (text.empty() || text.size() > 64) return std::nullopt;
    return exactly_32<Id>(hex_decode(std::string(64 - text.size(), '0').append(text)));
}

/// A decimal number of at most 256 bits as 32 little-endian bytes.
std::optional<BlobId> parse_decimal(std::string_view text) {
    if (text.empty() || text.size() > 78) return std::nullopt;
    BlobId id;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        std::uint32_t carry = static_cast<std::uint32_t>(c - '0');
        for (Byte& b : id.bytes) {
            carry += static_cast<std::uint32_t>(b) * 10;
            b = static_cast<Byte>(carry);
            carry >>= 8;
        }
        if (carry != 0) return std::nullopt;
    }
    return id;
}

}  // namespace

std::string to_text(const BlobId& id) {
    return base64url_encode(id.bytes);
}

std::optional<BlobId> parse_blob_id_strict(std::string_view text) {
    if (text.size() != 43) return std::nullopt;
    return exactly_32<BlobId>(base64url_decode(text));
}

std::optional<BlobId> parse_blob_id(std::string_view text) {
    // By length first: one id in 4096 begins with "0x" in base64.
    if (text.size() == 66 && (text.starts_with("0x") || text.starts_with("0X")))
        return exactly_32<BlobId>(hex_decode(text));
    if (text.size() == 43 || text.size() == 44) {
        std::string url(text);
        if (url.size() == 44 && url.back() == '=') url.pop_back();
        std::replace(url.begin(), url.end(), '+', '-');
        std::replace(url.begin(), url.end(), '/', '_');
        if (const auto id = parse_blob_id_strict(url)) return id;
    }
    if (text.size() == 64) {
        if (const auto id = exactly_32<BlobId>(hex_decode(text))) return id;
    }
    return parse_decimal(text);
}

std::string to_decimal(const BlobId& id) {
    std::array<Byte, 32> value = id.bytes;  // little endian
    std::string out;
    do {
        std::uint32_t rest = 0;
        for (int i = 31; i >= 0; --i) {
            rest = (rest << 8) | value[static_cast<std::size_t>(i)];
            value[static_cast<std::size_t>(i)] = static_cast<Byte>(rest / 10);
            rest %= 10;
        }
        out += static_cast<char>('0' + rest);
    } while (std::any_of(value.begin(), value.end(), [](Byte b) { return b != 0; }));
    std::reverse(out.begin(), out.end());
    return out;
}

std::string to_text(const ObjectId& id) {
    return "0x" + hex_encode(id.bytes);
}
std::string to_text(const Address& address) {
    return "0x" + hex_encode(address.bytes);
}
std::optional<ObjectId> parse_object_id(std::string_view text) {
    return parse_hex_id<ObjectId>(text);
}
std::optional<Address> parse_address(std::string_view text) {
    return parse_hex_id<Address>(text);
}

std::string to_text(const TransactionDigest& digest) {
    return base58_encode(digest.bytes);
}
std::string to_text(const ChainId& id) {
    return base58_encode(id.bytes);
}
std::optional<TransactionDigest> parse_transaction_digest(std::string_view text) {
    return exactly_32<TransactionDigest>(base58_decode(text));
}
std::optional<ChainId> parse_chain_id(std::string_view text) {
    return exactly_32<ChainId>(base58_decode(text));
}

}  // namespace walrus
