// SPDX-License-Identifier: Apache-2.0
#include "http/tls.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "base/text.hpp"
#include "http/client.hpp"
#include "http/test_certificates.hpp"
#include "http/test_server.hpp"
#include "io/test_directory.hpp"

namespace walrus::http {
namespace {

/// An authority that the process trusts as if the system did: set before the first TLS client.
struct SystemRoots {
    SystemRoots() : key(make_p256_key()) {
        CertificateShape shape;
        shape.subject = shape.issuer = "test authority";
        shape.is_authority = true;
        certificate = make_test_certificate(shape, key.get(), key.get());
        std::ofstream(directory / "roots.pem") << certificate_pem(certificate.get());
        ::setenv("SSL_CERT_FILE", (directory / "roots.pem").c_str(), 1);
    }
    io::TestDirectory directory;
    PkeyPtr key;
    X509Ptr certificate;
};
SystemRoots& roots() {
    static SystemRoots instance;
    return instance;
}

// Before any test of this program makes a TLS client.
[[maybe_unused]] const SystemRoots& set_early = roots();

class TlsTest : public TestServer {
public:
    TlsTest() : key(make_p256_key()), client(Client::make(env())) { roots(); }
    ~TlsTest() override {
        run([](TlsTest& t) -> io::Task<void> {
            t.client.reset();
            co_return;
        }(*this));
    }
    NetworkPublicKey public_key() const { return *network_public_key(key.get()); }
    std::string name() const { return generated_server_name(public_key()); }

    void start_with(TlsServer tls, bool allow_plain = true) {
        ServerOptions options;
        options.tls = std::move(tls);
        options.allow_plain = allow_plain;
        options.limits.header_timeout_us = 200'000;
        start(options);
    }
    void start_self_signed(const std::string& host, bool allow_plain = true) {
        start_with(*TlsServer::self_signed(key_pem(key.get()), host), allow_plain);
    }
    void start_shape(const CertificateShape& shape, EVP_PKEY* signer) {
        const X509Ptr certificate = make_test_certificate(shape, key.get(), signer);
        auto tls = TlsServer::from_pem(certificate_pem(certificate.get()), key_pem(key.get()));
        ASSERT_TRUE(tls) << tls.error().message;
        start_with(std::move(*tls));
    }

    io::Task<io::IoResult<ClientResponse>> ask(std::string method, std::string target, Bytes body,
                                               std::optional<NetworkPublicKey> pinned) {
        Origin origin = *Origin::parse("https://127.0.0.1:" + std::to_string(port));
        origin.trust.pinned_key = pinned;
        ClientRequest request;
        request.method = std::move(method);
        request.target = std::move(target);
        request.body = std::move(body);
        CallOptions options;
        options.response_bytes_max = 64 << 20;
        return client->call(std::move(origin), std::move(request), options);
    }
    /// Asks once and says "tls", or what went wrong.
    std::string verdict(std::optional<NetworkPublicKey> pinned) {
        std::string out;
        run([](TlsTest& t, std::optional<NetworkPublicKey> p, std::string& o) -> io::Task<void> {
            t.client->close_idle();
            auto answer = co_await t.ask("GET", "/tls", {}, p);
            if (answer) {
                o = as_text(answer->body);
            } else {
                EXPECT_EQ(answer.error().code, io::IoCode::Untrusted) << answer.error().message;
                o = answer.error().message;
            }
        }(*this, pinned, out));
        return out;
    }

    PkeyPtr key;
    std::unique_ptr<Client> client;
};

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

TEST(TlsName, FirstFourKeyBytesWithoutPadding) {
    NetworkPublicKey public_key{};
    public_key[0] = 0x02;
    public_key[1] = 0x0a;
    public_key[2] = 0xb3;
    public_key[3] = 0xff;
    EXPECT_EQ(generated_server_name(public_key), "2ab3ff.network.walrus.alt");
}

TEST_F(TlsTest, SelfSignedWithThePinnedKey) {
    start_self_signed("127.0.0.1");
    EXPECT_EQ(verdict(public_key()), "tls");
    // Nobody but the pin vouches for it.
    EXPECT_TRUE(has(verdict(std::nullopt), "not trusted"));
}

TEST_F(TlsTest, AWrongKeyIsRefusedAndBothAreNamed) {
    start_self_signed("127.0.0.1");
    const NetworkPublicKey other = *network_public_key(make_p256_key().get());
    const std::string reason = verdict(other);
    EXPECT_TRUE(has(reason, hex_encode(other))) << reason;
    EXPECT_TRUE(has(reason, hex_encode(public_key()))) << reason;
}

TEST_F(TlsTest, TheCertificateMustCoverTheHost) {
    start_self_signed("example.com");
    EXPECT_TRUE(has(verdict(public_key()), "not for the host 127.0.0.1"));
}

TEST_F(TlsTest, PlainAndTlsShareAPort) {
    start_self_signed("127.0.0.1");
    EXPECT_EQ(verdict(public_key()), "tls");
    run([](TlsTest& t) -> io::Task<void> {
        auto stream = co_await t.connect();
        const std::string plain =
            co_await t.exchange(*stream, "GET /tls HTTP/1.1\r\nHost: a\r\n\r\n", "plain");
        EXPECT_TRUE(has(plain, "200 OK"));
    }(*this));
}

TEST_F(TlsTest, PlainIsRefusedWhereItIsNotAllowed) {
    start_self_signed("127.0.0.1", false);
    EXPECT_EQ(verdict(public_key()), "tls");
    run([](TlsTest& t) -> io::Task<void> {
        auto stream = co_await t.connect();
        const std::string plain =
            co_await t.exchange(*stream, "GET /tls HTTP/1.1\r\nHost: a\r\n\r\n", "");
        EXPECT_TRUE(has(plain, "HTTP/1.1 400 ") && has(plain, "https only"));
    }(*this));
}

TEST_F(TlsTest, LargeBodiesAndReuse) {
    start_self_signed("127.0.0.1");
    run([](TlsTest& t) -> io::Task<void> {
        Bytes sent(9'000'001);
        for (std::size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<Byte>(i ^ (i >> 11));
        for (int i = 0; i < 3; ++i) {
            Bytes body = sent;
            auto echo = co_await t.ask("POST", "/echo", std::move(body), t.public_key());
            EXPECT_TRUE(echo && echo->body == sent);
        }
        auto stream = co_await t.ask("GET", "/stream?count=100&size=33333", {}, t.public_key());
        EXPECT_EQ(stream->body, Bytes(3'333'300, 'p'));
        // The answer comes while the request is still being sent.
        auto refused = co_await t.ask("POST", "/limited", Bytes(30 << 20), t.public_key());
        EXPECT_TRUE(refused) << refused.error().message;
        EXPECT_EQ(refused->status, 413);
        auto again = co_await t.ask("GET", "/hello", {}, t.public_key());
        EXPECT_TRUE(again);
    }(*this));
}

TEST_F(TlsTest, IssuedByAnAuthority) {
    CertificateShape shape;
    shape.subject = "node";
    shape.issuer = "test authority";
    shape.names = "IP:127.0.0.1,DNS:node.example";
    start_shape(shape, roots().key.get());
    EXPECT_EQ(verdict(public_key()), "tls");
    EXPECT_EQ(verdict(std::nullopt), "tls");
    EXPECT_TRUE(has(verdict(*network_public_key(make_p256_key().get())), "wrong server key"));
}

TEST_F(TlsTest, IssuedByAnUnknownAuthority) {
    const PkeyPtr stranger = make_p256_key();
    CertificateShape shape;
    shape.subject = "node";
    shape.issuer = "test authority";
    shape.names = "IP:127.0.0.1";
    start_shape(shape, stranger.get());
    EXPECT_TRUE(has(verdict(public_key()), "not trusted"));
    EXPECT_TRUE(has(verdict(std::nullopt), "not trusted"));
}

TEST_F(TlsTest, TheGeneratedNameAsIssuerNeedsTheKeysSignature) {
    const PkeyPtr stranger = make_p256_key();
    CertificateShape shape;
    shape.subject = shape.issuer = name();
    shape.names = "IP:127.0.0.1";
    start_shape(shape, stranger.get());
    EXPECT_TRUE(has(verdict(public_key()), "not trusted"));
}

TEST_F(TlsTest, AnotherIssuerNameIsNotTheAnchor) {
    CertificateShape shape;
    shape.subject = shape.issuer = "somebody";
    shape.names = "IP:127.0.0.1";
    start_shape(shape, key.get());
    EXPECT_TRUE(has(verdict(public_key()), "not trusted"));
}

TEST_F(TlsTest, ExpiredIsForgivenOnlyToThePinnedKey) {
    CertificateShape shape;
    shape.subject = shape.issuer = name();
    shape.names = "IP:127.0.0.1";
    shape.not_before = std::time(nullptr) - 2000;
    shape.not_after = std::time(nullptr) - 1000;
    start_shape(shape, key.get());
    EXPECT_EQ(verdict(public_key()), "tls");
    stop();
    shape.subject = "node";
    shape.issuer = "test authority";
    start_shape(shape, roots().key.get());
    EXPECT_EQ(verdict(public_key()), "tls");
    EXPECT_TRUE(has(verdict(std::nullopt), "expired"));
}

TEST_F(TlsTest, NotYetValidOrOfAnotherPurposeIsRefused) {
    CertificateShape shape;
    shape.subject = shape.issuer = name();
    shape.names = "IP:127.0.0.1";
    shape.not_before = std::time(nullptr) + 10'000;
    start_shape(shape, key.get());
    EXPECT_TRUE(has(verdict(public_key()), "not valid yet"));
    stop();
    shape.not_before = std::time(nullptr) - 10'000;
    shape.extended_usage = "clientAuth";
    start_shape(shape, key.get());
    EXPECT_TRUE(has(verdict(public_key()), "not for servers"));
}

TEST_F(TlsTest, IdentitiesThatCannotBe) {
    const std::string pem = key_pem(key.get());
    EXPECT_EQ(TlsServer::self_signed("no pem", "a").error().code, io::IoCode::Malformed);
    EXPECT_EQ(TlsServer::self_signed(pem, "a,DNS:b").error().code, io::IoCode::Malformed);
    const PkeyPtr p384(EVP_EC_gen("P-384"));
    EXPECT_EQ(TlsServer::self_signed(key_pem(p384.get()), "a").error().code, io::IoCode::Malformed);
    EXPECT_EQ(TlsServer::from_pem("no pem", pem).error().code, io::IoCode::Malformed);
    CertificateShape shape;
    shape.subject = shape.issuer = "x";
    const PkeyPtr other = make_p256_key();
    const X509Ptr certificate = make_test_certificate(shape, other.get(), other.get());
    const auto mismatch = TlsServer::from_pem(certificate_pem(certificate.get()), pem);
    EXPECT_EQ(mismatch.error().code, io::IoCode::Untrusted);
    EXPECT_TRUE(has(mismatch.error().message, hex_encode(public_key())));
    const auto good = TlsServer::self_signed(pem, "node.example");
    EXPECT_EQ(good->public_key(), public_key());
    EXPECT_GT(good->not_after_seconds(), std::int64_t{60'000'000'000});  // the year 4096
}

TEST_F(TlsTest, PeersThatDoNotSpeakTls) {
    start_self_signed("127.0.0.1");
    run([](TlsTest& t) -> io::Task<void> {
        // The server gives up on half a handshake.
        auto stream = co_await t.connect();
        const std::string half("\x16\x03\x01\x02\x00", 5);
        const std::uint64_t begin = t.env().loop.monotonic_us();
        [[maybe_unused]] const std::string nothing = co_await t.exchange(*stream, half, "");
        EXPECT_GE(t.env().loop.monotonic_us() - begin, 200'000u);
        auto garbage = co_await t.connect();
        const std::string hello = "\x16" + std::string(3000, 'g');
        const std::string alert = co_await t.exchange(*garbage, hello, "");
        EXPECT_LT(alert.size(), 100u);

        // The client gives up on a silent server, and on one that speaks plainly.
        auto listener = *t.env().network.listen({"127.0.0.1", 0});
        for (const bool silent : {true, false}) {
            const io::Endpoint to{"127.0.0.1", listener->port()};
            const io::CancelToken never;
            auto below = co_await t.env().network.connect(to, 1'000'000, never);
            auto accepted = co_await listener->accept();
            const std::string_view words = "HTTP/1.1 400 Bad Request\r\n\r\n";
            if (!silent) co_await (*accepted)->write_all(as_bytes(words));
            const TlsClient trust;
            auto secured =
                co_await connect_tls(t.env().loop, trust, "127.0.0.1", std::move(*below), 50'000);
            EXPECT_FALSE(secured);
            EXPECT_EQ(secured.error().code, silent ? io::IoCode::TimedOut : io::IoCode::Untrusted);
        }
        auto fine = co_await t.ask("GET", "/tls", {}, t.public_key());
        EXPECT_EQ(as_text(fine->body), "tls");
    }(*this));
}

TEST_F(TlsTest, AnEndWithoutFarewellIsNotAnEnd) {
    run([](TlsTest& t) -> io::Task<void> {
        const TlsServer tls = *TlsServer::self_signed(key_pem(t.key.get()), "127.0.0.1");
        for (const bool farewell : {true, false}) {
            auto listener = *t.env().network.listen({"127.0.0.1", 0});
            std::unique_ptr<io::Stream> server_side;
            io::TaskGroup group(t.env().loop);
            group.add([](TlsTest& s, io::Listener& l, TlsServer identity,
                         std::unique_ptr<io::Stream>& out) -> io::Task<void> {
                auto accepted = co_await l.accept();
                auto secured = co_await accept_tls(s.env().loop, std::move(identity),
                                                   std::move(*accepted), 1'000'000);
                EXPECT_TRUE(secured);
                out = std::move(*secured);
            }(t, *listener, tls, server_side));
            const io::Endpoint to{"127.0.0.1", listener->port()};
            const io::CancelToken never;
            auto below = co_await t.env().network.connect(to, 1'000'000, never);
            const TlsClient trust{t.public_key()};
            auto client_side = co_await connect_tls(t.env().loop, trust, "127.0.0.1",
                                                    std::move(*below), 1'000'000);
            EXPECT_TRUE(client_side);
            co_await group.wait();
            if (farewell) co_await server_side->end_writes();
            server_side.reset();
            Bytes buffer(10);
            auto got = co_await (*client_side)->read_some(buffer);
            EXPECT_EQ(got.has_value(), farewell);
            if (!got) {
                EXPECT_EQ(got.error().code, io::IoCode::Closed);
            }
        }
    }(*this));
}

}  // namespace
}  // namespace walrus::http
