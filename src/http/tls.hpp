// SPDX-License-Identifier: Apache-2.0
// TLS 1.2/1.3 over any stream, with keys pinned as spec/storage-node.md §1.2: a server proves that
// it holds the P-256 network key that the ledger names.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "io/environment.hpp"

namespace walrus::http {

/// 33 bytes, compressed P-256 point.
using NetworkPublicKey = std::array<Byte, 33>;

/// "2ab3ff.network.walrus.alt": the first four key bytes in hexadecimal without zero padding.
std::string generated_server_name(const NetworkPublicKey& key);

/// A server's certificate and key, ready to use. Cheap to copy.
class TlsServer {
public:
    /// A self-signed certificate for the key (PKCS#8 PEM), with the generated name and
    /// `public_host` as subject alternative names. Errors: Malformed.
    static io::IoResult<TlsServer> self_signed(const std::string& private_key_pem,
                                               const std::string& public_host);
    /// A certificate chain (PEM) for the key. Errors: Malformed, Untrusted if they do not match.
    static io::IoResult<TlsServer> from_pem(const std::string& certificate_chain_pem,
                                            const std::string& private_key_pem);
    NetworkPublicKey public_key() const;
    /// When the certificate ends, seconds since the Unix epoch.
    std::int64_t not_after_seconds() const;
    struct Context;
    std::shared_ptr<Context> context;
};

/// How a client checks a server.
struct TlsClient {
    /// The leaf must carry exactly this key; nothing: ordinary trust roots and host name only.
    std::optional<NetworkPublicKey> pinned_key;
};

/// Server side of a handshake on an accepted stream. Errors: Untrusted, TimedOut, Closed.
io::Task<io::IoResult<std::unique_ptr<io::Stream>>> accept_tls(io::Loop& loop, TlsServer server,
                                                               std::unique_ptr<io::Stream> stream,
                                                               std::uint64_t timeout_us);
/// Client side. Errors: Untrusted (the message names the expected and the presented key).
io::Task<io::IoResult<std::unique_ptr<io::Stream>>> connect_tls(io::Loop& loop, TlsClient client,
                                                                std::string host,
                                                                std::unique_ptr<io::Stream> stream,
                                                                std::uint64_t timeout_us);

}  // namespace walrus::http
