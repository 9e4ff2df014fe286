// SPDX-License-Identifier: Apache-2.0
// P-256 keys of storage nodes' TLS servers (spec/storage-node.md §1.2, spec/encoding.md §6.4).
// Pure: seeds are arguments.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace walrus {

inline constexpr std::size_t kNetworkKeyBytes = 33;
/// A compressed point of P-256, as registered on the ledger.
using NetworkPublicKey = std::array<Byte, kNetworkKeyBytes>;

/// The secret key of a node's TLS server, wiped when it goes. Never printed or logged.
class NetworkKey {
public:
    /// 32 bytes, big endian, from 1 to the order minus 1; else nothing.
    static std::optional<NetworkKey> from_secret(ByteView secret);
    /// The key that this seed gives; any length, of at least 32 random bytes in earnest.
    static NetworkKey from_seed(ByteView seed);
    /// A P-256 private key in PEM (PKCS#8 or SEC 1), not encrypted; else nothing.
    static std::optional<NetworkKey> from_pem(std::string_view pem);

    NetworkKey(const NetworkKey&) = default;
    NetworkKey& operator=(const NetworkKey&) = default;
    ~NetworkKey();

    const NetworkPublicKey& public_key() const { return public_key_; }
    /// PKCS#8 in PEM.
    std::string to_pem() const;
    /// The 32 bytes, for storing the key.
    const std::array<Byte, 32>& reveal() const { return secret_; }

private:
    NetworkKey() = default;
    std::array<Byte, 32> secret_{};
    NetworkPublicKey public_key_{};
};

}  // namespace walrus
