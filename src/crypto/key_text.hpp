// SPDX-License-Identifier: Apache-2.0
// How secret keys are written as text (spec/encoding.md §6.4, spec/rpc-compat.md §3.2):
// base64 of flag byte and 32-byte secret for node keys and keystores, and the bech32 form
// "suiprivkey1..." for wallets. Surrounding spaces and line ends are ignored when reading.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "crypto/bls.hpp"
#include "crypto/network_key.hpp"
#include "crypto/signature.hpp"

namespace walrus {

/// Flag byte of a BLS protocol key in text.
inline constexpr Byte kBlsKeyFlag = 0x04;
/// Flag byte of a P-256 network key in text.
inline constexpr Byte kNetworkKeyFlag = 0x02;

/// Base64 of 0x04 and the secret; 44 characters.
std::string to_text(const bls::SecretKey& key);
std::optional<bls::SecretKey> parse_bls_key(std::string_view text);

/// Base64 of 0x02 and the secret; 44 characters.
std::string to_text(const NetworkKey& key);
/// Tagged base64 or PEM.
std::optional<NetworkKey> parse_network_key(std::string_view text);

/// Base64 of the scheme's flag and the secret; 44 characters: an entry of a keystore file.
std::string to_text(const AccountKey& key);
/// "suiprivkey1..." of the scheme's flag and the secret.
std::string to_bech32(const AccountKey& key);
/// Either of the two forms.
std::optional<AccountKey> parse_account_key(std::string_view text);

/// Bech32 (BIP 173) of bytes under a lower-case prefix.
std::string bech32_encode(std::string_view prefix, ByteView bytes);
/// The bytes, if the text is well formed, at most 90 characters and has this prefix.
std::optional<Bytes> bech32_decode(std::string_view prefix, std::string_view text);

}  // namespace walrus
