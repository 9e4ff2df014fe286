// SPDX-License-Identifier: Apache-2.0
// Inside http/ only: owners for OpenSSL's objects, and its keys and errors in our words.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <optional>
#include <string>

#include "http/tls.hpp"

namespace walrus::http {

template <auto free_function>
struct OpenSslFree {
    template <class T>
    void operator()(T* object) const {
        free_function(object);
    }
};
template <class T, auto free_function>
using OpenSslOwner = std::unique_ptr<T, OpenSslFree<free_function>>;

using BioPtr = OpenSslOwner<BIO, BIO_free_all>;
using PkeyPtr = OpenSslOwner<EVP_PKEY, EVP_PKEY_free>;
using X509Ptr = OpenSslOwner<X509, X509_free>;
using SslCtxPtr = OpenSslOwner<SSL_CTX, SSL_CTX_free>;
using SslPtr = OpenSslOwner<SSL, SSL_free>;

struct TlsServer::Context {
    SslCtxPtr ssl;
    NetworkPublicKey public_key{};
    std::int64_t not_after_seconds = 0;
};

/// The newest error of this thread's queue, which is emptied.
std::string openssl_error();
/// The compressed point of a P-256 key; nothing for another kind of key.
std::optional<NetworkPublicKey> network_public_key(const EVP_PKEY* key);
/// What both sides have in common: versions, no renegotiation, no resumption.
SslCtxPtr make_ssl_context(const SSL_METHOD* method);

/// Where the verification of a server's certificate leaves its reason.
struct ServerCheck {
    std::optional<NetworkPublicKey> pinned_key;
    std::string host;
    std::string failure;
};
/// One client context for the process: it only holds the system's trust roots. Each SSL object
/// carries its ServerCheck (SSL_set_app_data).
SSL_CTX* client_ssl_context();

}  // namespace walrus::http
