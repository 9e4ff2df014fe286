// SPDX-License-Identifier: Apache-2.0
#include "crypto/key_text.hpp"

#include <algorithm>
#include <array>

#include "base/check.hpp"
#include "base/text.hpp"
#include "crypto/wipe.hpp"

namespace walrus {
namespace {

constexpr std::string_view kWalletPrefix = "suiprivkey";
constexpr std::size_t kTaggedBytes = 33;

// BIP 173: five bits a character, a checksum of six characters, at most 90 in all.
constexpr std::string_view kBech32Alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr std::size_t kBech32ChecksumChars = 6;
constexpr std::size_t kBech32CharsMax = 90;

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n";
    const auto first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::array<Byte, kTaggedBytes> tagged(Byte flag, ByteView secret) {
    WALRUS_CHECK(secret.size() + 1 == kTaggedBytes);
    std::array<Byte, kTaggedBytes> out;
    out[0] = flag;
    std::copy(secret.begin(), secret.end(), out.begin() + 1);
    return out;
}

std::string tagged_text(Byte flag, ByteView secret) {
    auto bytes = tagged(flag, secret);
    const Wiper wiper(bytes.data(), bytes.size());
    return base64_encode(bytes);
}

/// Flag and secret of a tagged base64 text.
std::optional<Bytes> parse_tagged(std::string_view text) {
    auto bytes = base64_decode(trimmed(text));
    if (!bytes || bytes->size() != kTaggedBytes) return std::nullopt;
    return bytes;
}

/// One step of the BCH code.
std::uint32_t bech32_step(std::uint32_t state, Byte value) {
    constexpr std::uint32_t kGenerator[5] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                             0x2a1462b3};
    const std::uint32_t top = state >> 25;
    state = ((state & 0x1ffffff) << 5) ^ value;
    for (int i = 0; i < 5; ++i)
        if ((top >> i) & 1) state ^= kGenerator[i];
    return state;
}

std::uint32_t bech32_start(std::string_view prefix) {
    std::uint32_t state = 1;
    for (const char c : prefix) state = bech32_step(state, static_cast<Byte>(c) >> 5);
    state = bech32_step(state, 0);
    for (const char c : prefix) state = bech32_step(state, static_cast<Byte>(c) & 31);
    return state;
}

}  // namespace

std::string bech32_encode(std::string_view prefix, ByteView bytes) {
    std::string out(prefix);
    out.push_back('1');
    std::uint32_t state = bech32_start(prefix);
    const auto put = [&](Byte value) {
        state = bech32_step(state, value);
        out.push_back(kBech32Alphabet[value]);
    };
    std::uint32_t bits = 0;
    int count = 0;
    for (const Byte byte : bytes) {
        bits = ((bits << 8) | byte) & 0xfff;
        count += 8;
        while (count >= 5) {
            count -= 5;
            put((bits >> count) & 31);
        }
    }
    if (count > 0) put((bits << (5 - count)) & 31);
    std::uint32_t checksum = state;
    for (std::size_t i = 0; i < kBech32ChecksumChars; ++i) checksum = bech32_step(checksum, 0);
    checksum ^= 1;
    for (std::size_t i = 0; i < kBech32ChecksumChars; ++i)
        out.push_back(kBech32Alphabet[(checksum >> (5 * (kBech32ChecksumChars - 1 - i))) & 31]);
    return out;
}

std::optional<Bytes> bech32_decode(std::string_view prefix, std::string_view text) {
    if (text.size() > kBech32CharsMax) return std::nullopt;
    if (text.size() < prefix.size() + 1 + kBech32ChecksumChars) return std::nullopt;
    const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
    const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
    const bool lower = std::any_of(text.begin(), text.end(), is_lower);
    const bool upper = std::any_of(text.begin(), text.end(), is_upper);
    if (lower && upper) return std::nullopt;
    std::string folded(text);
    for (char& c : folded)
        if (is_upper(c)) c = static_cast<char>(c - 'A' + 'a');
    if (folded.compare(0, prefix.size(), prefix) != 0) return std::nullopt;
    if (folded[prefix.size()] != '1') return std::nullopt;

    std::uint32_t state = bech32_start(prefix);
    const std::string_view data = std::string_view(folded).substr(prefix.size() + 1);
    const std::size_t payload = data.size() - kBech32ChecksumChars;
    Bytes out;
    out.reserve(payload * 5 / 8);
    std::uint32_t bits = 0;
    int count = 0;
    for (std::size_t i = 0; i < data.size(); ++i) {
        const auto value = kBech32Alphabet.find(data[i]);
        if (value == std::string_view::npos) return std::nullopt;
        state = bech32_step(state, static_cast<Byte>(value));
        if (i >= payload) continue;
        bits = ((bits << 5) | static_cast<std::uint32_t>(value)) & 0xfff;
        count += 5;
        if (count >= 8) {
            count -= 8;
            out.push_back(static_cast<Byte>(bits >> count));
        }
    }
    if (state != 1) return std::nullopt;
    // Left-over bits are zero and fewer than a character's.
    if (count >= 5 || (bits & ((1u << count) - 1)) != 0) return std::nullopt;
    wipe(folded.data(), folded.size());
    return out;
}

std::string to_text(const bls::SecretKey& key) {
    auto secret = key.reveal();
    const Wiper wiper(secret.data(), secret.size());
    return tagged_text(kBlsKeyFlag, secret);
}

std::optional<bls::SecretKey> parse_bls_key(std::string_view text) {
    auto bytes = parse_tagged(text);
    if (!bytes) return std::nullopt;
    const Wiper wiper(bytes->data(), bytes->size());
    if ((*bytes)[0] != kBlsKeyFlag) return std::nullopt;
    auto key = bls::SecretKey::parse(ByteView(*bytes).subspan(1));
    if (!key) return std::nullopt;
    return *key;
}

std::string to_text(const NetworkKey& key) {
    return tagged_text(kNetworkKeyFlag, key.reveal());
}

std::optional<NetworkKey> parse_network_key(std::string_view text) {
    if (trimmed(text).starts_with("-----BEGIN")) return NetworkKey::from_pem(text);
    auto bytes = parse_tagged(text);
    if (!bytes) return std::nullopt;
    const Wiper wiper(bytes->data(), bytes->size());
    if ((*bytes)[0] != kNetworkKeyFlag) return std::nullopt;
    return NetworkKey::from_secret(ByteView(*bytes).subspan(1));
}

std::string to_text(const AccountKey& key) {
    return tagged_text(static_cast<Byte>(key.scheme()), key.reveal());
}

std::string to_bech32(const AccountKey& key) {
    auto bytes = tagged(static_cast<Byte>(key.scheme()), key.reveal());
    const Wiper wiper(bytes.data(), bytes.size());
    return bech32_encode(kWalletPrefix, bytes);
}

std::optional<AccountKey> parse_account_key(std::string_view text) {
    const auto inner = trimmed(text);
    auto bytes = inner.starts_with(kWalletPrefix) ? bech32_decode(kWalletPrefix, inner)
                                                  : parse_tagged(inner);
    if (!bytes || bytes->size() != kTaggedBytes) return std::nullopt;
    const Wiper wiper(bytes->data(), bytes->size());
    const auto scheme = signature_scheme_of_flag((*bytes)[0]);
    if (!scheme) return std::nullopt;
    auto key = AccountKey::from_secret(*scheme, ByteView(*bytes).subspan(1));
    if (!key) return std::nullopt;
    return *key;
}

}  // namespace walrus
