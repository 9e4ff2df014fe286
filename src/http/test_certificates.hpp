// SPDX-License-Identifier: Apache-2.0
// For tests: keys and certificates of any shape, also wrong ones.
#pragma once

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <string>

#include "base/check.hpp"
#include "http/openssl.hpp"

namespace walrus::http {

inline PkeyPtr make_p256_key() {
    return PkeyPtr(EVP_EC_gen("P-256"));
}

template <class Write>
std::string to_pem(Write write) {
    const BioPtr bio(BIO_new(BIO_s_mem()));
    WALRUS_CHECK(write(bio.get()) == 1);
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return std::string(data, static_cast<std::size_t>(size));
}
inline std::string key_pem(EVP_PKEY* key) {
    return to_pem([&](BIO* bio) {
        return PEM_write_bio_PKCS8PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
    });
}
inline std::string certificate_pem(X509* certificate) {
    return to_pem([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
}

struct CertificateShape {
    std::string subject;
    std::string issuer;
    std::string names;  ///< "DNS:a,IP:127.0.0.1"
    std::time_t not_before = std::time(nullptr) - 1000;
    std::time_t not_after = std::time(nullptr) + 1'000'000;
    bool is_authority = false;
    std::string extended_usage;  ///< "serverAuth", "clientAuth"; empty: no such extension
};

inline void add_test_extension(X509* certificate, int kind, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
    WALRUS_CHECK(extension != nullptr);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

inline X509Ptr make_test_certificate(const CertificateShape& shape, EVP_PKEY* key,
                                     EVP_PKEY* signer) {
    X509Ptr certificate(X509_new());
    X509* x = certificate.get();
    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
    X509_time_adj(X509_getm_notBefore(x), 0, const_cast<std::time_t*>(&shape.not_before));
    X509_time_adj(X509_getm_notAfter(x), 0, const_cast<std::time_t*>(&shape.not_after));
    const auto name = [](X509_NAME* out, const std::string& text) {
        X509_NAME_add_entry_by_txt(out, "CN", MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(text.c_str()), -1, -1, 0);
    };
    name(X509_get_subject_name(x), shape.subject);
    X509_NAME* issuer = X509_NAME_new();
    name(issuer, shape.issuer);
    X509_set_issuer_name(x, issuer);
    X509_NAME_free(issuer);
    X509_set_pubkey(x, key);
    if (!shape.names.empty()) add_test_extension(x, NID_subject_alt_name, shape.names);
    if (shape.is_authority) add_test_extension(x, NID_basic_constraints, "critical,CA:TRUE");
    if (!shape.extended_usage.empty())
        add_test_extension(x, NID_ext_key_usage, shape.extended_usage);
    WALRUS_CHECK(X509_sign(x, signer, EVP_sha256()) != 0);
    return certificate;
}

}  // namespace walrus::http
