// SPDX-License-Identifier: Apache-2.0
// Who a TLS server is: its key, its certificate, and how a client checks both
// (spec/storage-node.md 1.2).
#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/asn1.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <cstring>
#include <ctime>
#include <mutex>

#include "base/check.hpp"
#include "base/text.hpp"
#include "http/openssl.hpp"

namespace walrus::http {

namespace {

constexpr std::string_view kHttp11 = "\x08http/1.1";

bool is_address(const std::string& host) {
    unsigned char raw[16];
    return inet_pton(AF_INET, host.c_str(), raw) == 1 ||
           inet_pton(AF_INET6, host.c_str(), raw) == 1;
}

int no_password(char*, int, int, void*) {
    return 0;
}

io::IoResult<PkeyPtr> read_private_key(const std::string& pem) {
    const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    PkeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
    if (!key)
        return io::io_failure(io::IoCode::Malformed,
                              "the network private key is not PEM: " + openssl_error());
    if (!network_public_key(key.get()))
        return io::io_failure(io::IoCode::Malformed, "the network private key is not a P-256 key");
    return key;
}

bool add_extension(X509* certificate, int kind, const std::string& value) {
    X509_EXTENSION* extension =
        X509V3_EXT_conf_nid(nullptr, nullptr, kind, const_cast<char*>(value.c_str()));
    if (extension == nullptr) return false;
    const bool added = X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

/// Letters, digits, dots, hyphens, underscores, colons: what a name or address consists of.
/// Anything else would be syntax to the extension's parser.
bool is_plain_host(const std::string& host) {
    return !host.empty() && host.find_first_not_of(
                                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRST"
                                "UVWXYZ0123456789.-_:") == std::string::npos;
}

/// The shape of the reference's self-signed certificates: no extension but the names, valid "for
/// ever", a serial number that depends on nothing but the key.
X509Ptr make_certificate(EVP_PKEY* key, const NetworkPublicKey& public_key,
                         const std::string& public_host) {
    const std::string name = generated_server_name(public_key);
    X509Ptr certificate(X509_new());
    X509_set_version(certificate.get(), X509_VERSION_3);
    Byte digest[SHA256_DIGEST_LENGTH];
    SHA256(public_key.data(), public_key.size(), digest);
    digest[0] = static_cast<Byte>((digest[0] & 0x7f) | 0x40);  // positive, always 20 bytes
    BIGNUM* serial = BN_bin2bn(digest, 20, nullptr);
    BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate.get()));
    BN_free(serial);
    ASN1_TIME_set_string_X509(X509_getm_notBefore(certificate.get()), "19750101000000Z");
    ASN1_TIME_set_string_X509(X509_getm_notAfter(certificate.get()), "40960101000000Z");
    X509_NAME* subject = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.data()),
                               static_cast<int>(name.size()), -1, 0);
    X509_set_issuer_name(certificate.get(), subject);
    X509_set_pubkey(certificate.get(), key);
    std::string names = "DNS:" + name;
    if (!public_host.empty()) names += (is_address(public_host) ? ",IP:" : ",DNS:") + public_host;
    if (!add_extension(certificate.get(), NID_subject_alt_name, names)) return nullptr;
    if (X509_sign(certificate.get(), key, EVP_sha256()) == 0) return nullptr;
    return certificate;
}

/// We speak HTTP/1.1 and nothing else; who offers protocols without it gets an alert.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
    unsigned char* chosen = nullptr;
    const int result = SSL_select_next_proto(
        &chosen, out_size, reinterpret_cast<const unsigned char*>(kHttp11.data()),
        static_cast<unsigned int>(kHttp11.size()), offered, offered_size);
    if (result != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

io::IoResult<TlsServer> make_server(SslCtxPtr ssl, const NetworkPublicKey& public_key) {
    SSL_CTX_set_alpn_select_cb(ssl.get(), choose_protocol, nullptr);
    SSL_CTX_set_options(ssl.get(), SSL_OP_CIPHER_SERVER_PREFERENCE);
    auto context = std::make_shared<TlsServer::Context>();
    context->public_key = public_key;
    std::tm end{};
    if (const X509* leaf = SSL_CTX_get0_certificate(ssl.get());
        leaf != nullptr && ASN1_TIME_to_tm(X509_get0_notAfter(leaf), &end) == 1)
        context->not_after_seconds = static_cast<std::int64_t>(::timegm(&end));
    context->ssl = std::move(ssl);
    TlsServer server;
    server.context = std::move(context);
    return server;
}

}  // namespace

// ---- shared pieces -----------------------------------------------------------------------------

std::string openssl_error() {
    unsigned long newest = 0;
    while (const unsigned long code = ERR_get_error()) newest = code;
    if (newest == 0) return "no reason given";
    const char* reason = ERR_reason_error_string(newest);
    return reason != nullptr ? reason : fmt::format("error {:08x}", newest);
}

std::optional<NetworkPublicKey> network_public_key(const EVP_PKEY* key) {
    char group[32] = {};
    std::size_t size = 0;
    if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC ||
        EVP_PKEY_get_group_name(key, group, sizeof group, &size) != 1 ||
        std::string_view(group) != SN_X9_62_prime256v1)
        return std::nullopt;
    Byte point[65];
    if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point, &size) !=
        1)
        return std::nullopt;
    NetworkPublicKey out;
    if (size == 33 && (point[0] == 2 || point[0] == 3)) {
        std::memcpy(out.data(), point, 33);
    } else if (size == 65 && point[0] == 4) {
        out[0] = static_cast<Byte>(2 + (point[64] & 1));
        std::memcpy(out.data() + 1, point + 1, 32);
    } else {
        return std::nullopt;
    }
    return out;
}

SslCtxPtr make_ssl_context(const SSL_METHOD* method) {
    SslCtxPtr ssl(SSL_CTX_new(method));
    WALRUS_CHECK(ssl);
    SSL_CTX_set_min_proto_version(ssl.get(), TLS1_2_VERSION);
    SSL_CTX_set_options(ssl.get(),
                        SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION);
    // A resumed session would not show the certificate again.
    SSL_CTX_set_session_cache_mode(ssl.get(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(ssl.get(), 0);
    SSL_CTX_set_mode(ssl.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_ciphersuites(
        ssl.get(), "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256");
    return ssl;
}

std::string generated_server_name(const NetworkPublicKey& key) {
    return fmt::format("{:x}{:x}{:x}{:x}.network.walrus.alt", key[0], key[1], key[2], key[3]);
}

// ---- the server's identity ---------------------------------------------------------------------

io::IoResult<TlsServer> TlsServer::self_signed(const std::string& private_key_pem,
                                               const std::string& public_host) {
    const PkeyPtr key = WALRUS_TRY(read_private_key(private_key_pem));
    if (!public_host.empty() && !is_plain_host(public_host))
        return io::io_failure(io::IoCode::Malformed,
                              fmt::format("\"{}\" is not a host name or address", public_host));
    const NetworkPublicKey public_key = *network_public_key(key.get());
    const X509Ptr certificate = make_certificate(key.get(), public_key, public_host);
    SslCtxPtr ssl = make_ssl_context(TLS_server_method());
    if (!certificate || SSL_CTX_use_certificate(ssl.get(), certificate.get()) != 1 ||
        SSL_CTX_use_PrivateKey(ssl.get(), key.get()) != 1)
        return io::io_failure(
            io::IoCode::Malformed,
            fmt::format("no certificate could be made for {}: {}", public_host, openssl_error()));
    return make_server(std::move(ssl), public_key);
}

io::IoResult<TlsServer> TlsServer::from_pem(const std::string& certificate_chain_pem,
                                            const std::string& private_key_pem) {
    const PkeyPtr key = WALRUS_TRY(read_private_key(private_key_pem));
    SslCtxPtr ssl = make_ssl_context(TLS_server_method());
    const BioPtr bio(BIO_new_mem_buf(certificate_chain_pem.data(),
                                     static_cast<int>(certificate_chain_pem.size())));
    const X509Ptr leaf(PEM_read_bio_X509_AUX(bio.get(), nullptr, no_password, nullptr));
    if (!leaf || SSL_CTX_use_certificate(ssl.get(), leaf.get()) != 1)
        return io::io_failure(io::IoCode::Malformed,
                              "the certificate chain is not PEM: " + openssl_error());
    while (X509* next = PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr)) {
        if (SSL_CTX_add0_chain_cert(ssl.get(), next) != 1) {
            X509_free(next);
            return io::io_failure(io::IoCode::Malformed,
                                  "the certificate chain: " + openssl_error());
        }
    }
    ERR_clear_error();  // the end of the file
    const auto certified = network_public_key(X509_get0_pubkey(leaf.get()));
    const NetworkPublicKey public_key = *network_public_key(key.get());
    if (!certified || *certified != public_key)
        return io::io_failure(
            io::IoCode::Untrusted,
            fmt::format("the certificate is for the key {}, the private key belongs to {}",
                        certified ? hex_encode(*certified) : "of another kind",
                        hex_encode(public_key)));
    if (SSL_CTX_use_PrivateKey(ssl.get(), key.get()) != 1)
        return io::io_failure(io::IoCode::Untrusted,
                              "certificate and private key: " + openssl_error());
    return make_server(std::move(ssl), public_key);
}

NetworkPublicKey TlsServer::public_key() const {
    return context->public_key;
}
std::int64_t TlsServer::not_after_seconds() const {
    return context->not_after_seconds;
}

// ---- the client's check ------------------------------------------------------------------------

namespace {

/// Issued in the name that the pinned key generates and signed by that key: the synthetic trust
/// anchor of the specification.
bool is_issued_by_pinned_key(X509* leaf, const NetworkPublicKey& pinned) {
    char issuer[256] = {};
    if (X509_NAME_get_text_by_NID(X509_get_issuer_name(leaf), NID_commonName, issuer,
                                  sizeof issuer) < 0 ||
        X509_NAME_entry_count(X509_get_issuer_name(leaf)) != 1 ||
        generated_server_name(pinned) != issuer)
        return false;
    // The caller made sure that the leaf's key is the pinned one.
    return X509_verify(leaf, X509_get0_pubkey(leaf)) == 1;
}

/// A server that proved to hold the pinned key may show an expired certificate.
int forgive_expired_leaf(int ok, X509_STORE_CTX* store) {
    if (ok != 0) return ok;
    return X509_STORE_CTX_get_error(store) == X509_V_ERR_CERT_HAS_EXPIRED &&
                   X509_STORE_CTX_get_error_depth(store) == 0
               ? 1
               : 0;
}

bool covers_host(X509* leaf, const std::string& host) {
    if (is_address(host)) return X509_check_ip_asc(leaf, host.c_str(), 0) == 1;
    return X509_check_host(
               leaf, host.data(), host.size(),
               X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS,
               nullptr) == 1;
}

/// Reads the system's trust roots when the first certificate needs them: it takes tens of
/// milliseconds, and certificates issued by pinned keys never do. There is one client context.
void load_system_roots(X509_STORE* roots) {
    static std::once_flag once;
    std::call_once(once, [roots] {
        X509_STORE_set_default_paths(roots);
        ERR_clear_error();
    });
}

/// What is wrong with the server's certificate; nothing if it is fine.
std::string find_fault(X509_STORE_CTX* store, const ServerCheck& check) {
    X509* leaf = X509_STORE_CTX_get0_cert(store);
    if (leaf == nullptr) return "the server shows no certificate";
    if (check.pinned_key) {
        const auto presented = network_public_key(X509_get0_pubkey(leaf));
        if (presented != check.pinned_key)
            return fmt::format("wrong server key: expected {}, presented {}",
                               hex_encode(*check.pinned_key),
                               presented ? hex_encode(*presented) : "one that is not P-256");
    }
    if (check.pinned_key && is_issued_by_pinned_key(leaf, *check.pinned_key)) {
        if (X509_cmp_current_time(X509_get0_notBefore(leaf)) > 0)
            return "the certificate is not valid yet";
        if (X509_check_purpose(leaf, X509_PURPOSE_SSL_SERVER, 0) != 1)
            return "the certificate is not for servers";
    } else {
        load_system_roots(X509_STORE_CTX_get0_store(store));
        if (check.pinned_key) X509_STORE_CTX_set_verify_cb(store, forgive_expired_leaf);
        if (X509_verify_cert(store) != 1)
            return fmt::format("the certificate is not trusted: {}",
                               X509_verify_cert_error_string(X509_STORE_CTX_get_error(store)));
    }
    if (!covers_host(leaf, check.host))
        return fmt::format("the certificate is not for the host {}", check.host);
    return {};
}

int verify_server(X509_STORE_CTX* store, void*) {
    const auto* ssl =
        static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto* check = static_cast<ServerCheck*>(SSL_get_app_data(ssl));
    WALRUS_CHECK(check != nullptr);
    check->failure = find_fault(store, *check);
    const bool good = check->failure.empty();
    X509_STORE_CTX_set_error(store, good ? X509_V_OK : X509_V_ERR_CERT_UNTRUSTED);
    return good ? 1 : 0;
}

}  // namespace

SSL_CTX* client_ssl_context() {
    static const SslCtxPtr context = [] {
        SslCtxPtr ssl = make_ssl_context(TLS_client_method());
        SSL_CTX_set_verify(ssl.get(), SSL_VERIFY_PEER, nullptr);
        SSL_CTX_set_cert_verify_callback(ssl.get(), verify_server, nullptr);
        SSL_CTX_set_alpn_protos(ssl.get(), reinterpret_cast<const unsigned char*>(kHttp11.data()),
                                static_cast<unsigned int>(kHttp11.size()));
        ERR_clear_error();
        return ssl;
    }();
    return context.get();
}

}  // namespace walrus::http
