// SPDX-License-Identifier: Apache-2.0
#include "http/message.hpp"

#include <gtest/gtest.h>

#include "http/client.hpp"
#include "http/wire.hpp"
#include "io/environment.hpp"

namespace walrus::http {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

TEST(Headers, NamesCompareWithoutCase) {
    Headers headers;
    headers.add("Content-Type", "a");
    headers.add("X", "1");
    headers.add("x", "2");
    EXPECT_EQ(headers.get("content-type"), "a");
    EXPECT_EQ(headers.get("X"), "1");
    headers.set("X", "3");
    EXPECT_EQ(headers.fields().size(), 2u);
    EXPECT_EQ(headers.get("x"), "3");
    EXPECT_EQ(headers.get("y"), std::nullopt);
}

TEST(Query, DecodesInOrderAndRefusesBrokenEscapes) {
    EXPECT_EQ(parse_query(""), Pairs{});
    EXPECT_EQ(parse_query("a=1&b&c=&d=x%20y+z&=v&&a=2"),
              (Pairs{{"a", "1"}, {"b", ""}, {"c", ""}, {"d", "x y z"}, {"", "v"}, {"a", "2"}}));
    for (const char* bad : {"a=%", "a=%4", "%zz=1", "a=%g1"})
        EXPECT_EQ(parse_query(bad), std::nullopt);
}

TEST(Percent, DecodeInvertsEncode) {
    std::string all;
    for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
    EXPECT_EQ(percent_decode(percent_encode(all)), all);
    EXPECT_EQ(percent_encode("a/b c~"), "a%2Fb%20c~");
    EXPECT_EQ(percent_decode("a+b%2f"), "a+b/");
    EXPECT_EQ(percent_decode("%"), std::nullopt);
}

TEST(Origin, ParsesAndRefuses) {
    const auto plain = Origin::parse("http://localhost:31400");
    ASSERT_TRUE(plain);
    EXPECT_FALSE(plain->tls);
    EXPECT_EQ(plain->url(), "http://localhost:31400");
    const auto six = Origin::parse("https://[::1]/");
    ASSERT_TRUE(six);
    EXPECT_TRUE(six->tls);
    EXPECT_EQ(six->endpoint, (io::Endpoint{"::1", 443}));
    EXPECT_EQ(Origin::parse("http://a")->endpoint.port, 80);
    for (const char* bad :
         {"", "a:80", "ftp://a", "http://", "http://a:0", "http://a:65536", "http://a:x",
          "http://a/b", "http://a?b", "http://u@a", "http://::1", "http://[::1", "http://[::1]x"})
        EXPECT_FALSE(Origin::parse(bad)) << bad;
}

// ---- parsing -----------------------------------------------------------------------------------

constexpr std::string_view kRequest =
    "POST /a?b=c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    "5\r\nhello\r\n1;extension=1\r\n \r\nA\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\nrest";

TEST(MessageParser, ChunksInPiecesOfAnySizeIntoRoomOfAnySize) {
    for (std::size_t piece = 1; piece < kRequest.size(); ++piece) {
        for (const std::size_t room : {1, 3, 100}) {
            MessageParser parser(MessageParser::Kind::Request, 1000);
            Bytes pending;
            std::string body;
            std::size_t fed = 0;
            while (fed < kRequest.size() && !parser.chunks_done()) {
                const std::string_view more = kRequest.substr(fed, piece);
                fed += more.size();
                append(pending, as_bytes(more));
                bool progress = true;
                while (progress && !pending.empty() && !parser.chunks_done()) {
                    std::size_t used = 0;
                    std::size_t produced = 0;
                    if (!parser.head_done()) {
                        used = *parser.feed_head(pending);
                    } else {
                        Bytes out(room);
                        const auto step = *parser.feed_chunks(pending, out);
                        used = step.used;
                        produced = step.produced;
                        body += as_text(ByteView(out).first(produced));
                    }
                    pending.erase(pending.begin(), pending.begin() + static_cast<long>(used));
                    progress = used > 0 || produced > 0;
                }
            }
            ASSERT_TRUE(parser.chunks_done()) << piece << " " << room;
            EXPECT_EQ(body, "hello 0123456789");
            EXPECT_EQ(parser.head().method, "POST");
            EXPECT_EQ(parser.head().target, "/a?b=c");
            EXPECT_TRUE(parser.head().keep_alive);
        }
    }
}

TEST(MessageParser, RefusesWhatIsNotHttp) {
    for (const char* bad :
         {"\x16\x03\x01", "GET / HTTP/2.0\r\n\r\n", "GET  / HTTP/1.1\r\n\r\n",
          "GET / HTTP/1.1\nA: b\n\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n",
          "G\x01T / HTTP/1.1\r\n\r\n",
          "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
          "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
          "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
          "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"}) {
        MessageParser parser(MessageParser::Kind::Request, 1000);
        const auto used = parser.feed_head(as_bytes(bad));
        EXPECT_FALSE(used) << bad;
        if (!used) {
            EXPECT_EQ(used.error().code, io::IoCode::Malformed);
        }
    }
    MessageParser parser(MessageParser::Kind::Request, 100);
    const std::string large = "GET / HTTP/1.1\r\nA: " + std::string(200, 'a') + "\r\n\r\n";
    EXPECT_EQ(parser.feed_head(as_bytes(large)).error().code, io::IoCode::TooLarge);
}

TEST(MessageHead, LineBreaksCannotBeSmuggledIn) {
    Headers headers;
    headers.add("A", "b\r\nEvil: 1");
    EXPECT_EQ(response_head(404, headers), "HTTP/1.1 404 Not Found\r\nA: b  Evil: 1\r\n\r\n");
    EXPECT_EQ(request_head("GET", "/ HTTP/1.1\r\nx", Headers()).find("\r\nx"), std::string::npos);
}

// ---- bodies ------------------------------------------------------------------------------------

/// Gives a content in steps.
class ListBody final : public BodyReader {
public:
    ListBody(std::optional<std::uint64_t> length, std::vector<std::size_t> steps)
        : length_(length), steps_(std::move(steps)) {}
    std::optional<std::uint64_t> content_length() const override { return length_; }
    io::Task<io::IoResult<std::size_t>> read_some(MutableByteView out) override {
        if (at_ == steps_.size()) co_return std::size_t{0};
        const std::size_t n = std::min(out.size(), steps_[at_]);
        std::fill_n(out.begin(), n, Byte{7});
        steps_[at_] -= n;
        if (steps_[at_] == 0) ++at_;
        co_return n;
    }

private:
    std::optional<std::uint64_t> length_;
    std::vector<std::size_t> steps_;
    std::size_t at_ = 0;
};

io::IoResult<Bytes> read_all(BodyReader& body, std::uint64_t limit) {
    io::IoResult<Bytes> out;
    io::start([](BodyReader& b, std::uint64_t l, io::IoResult<Bytes>& o) -> io::Task<void> {
        o = co_await b.read_all(l);
    }(body, limit, out));
    return out;
}

TEST(BodyReader, ReadAllStopsAtTheLimit) {
    ListBody declared(10, {3, 7});
    EXPECT_EQ(read_all(declared, 10)->size(), 10u);
    ListBody too_large(11, {11});
    EXPECT_EQ(read_all(too_large, 10).error().code, io::IoCode::TooLarge);
    ListBody unknown(std::nullopt, {3, 7});
    EXPECT_EQ(*read_all(unknown, 10), Bytes(10, 7));
    ListBody longer(std::nullopt, {3, 8});
    EXPECT_EQ(read_all(longer, 10).error().code, io::IoCode::TooLarge);
    ListBody empty(0, {});
    EXPECT_EQ(read_all(empty, 0)->size(), 0u);
    ListBody large(5'000'000, {1, 999'999, 4'000'000});
    EXPECT_EQ(read_all(large, UINT64_MAX)->size(), 5'000'000u);
}

// ---- router ------------------------------------------------------------------------------------

Response serve(const Router& router, Request& request) {
    Response out;
    io::start([](const Router& r, Request& q, Response& o) -> io::Task<void> {
        o = co_await r.handle(q);
    }(router, request, out));
    return out;
}

Response ask(const Router& router, std::string method, std::string path) {
    Request request;
    request.method = std::move(method);
    request.path = std::move(path);
    return serve(router, request);
}

std::string body_of(const Response& response) {
    return std::string(as_text(std::get<Bytes>(response.body)));
}

Router make_router() {
    Router router;
    router.add("GET", "/v1/blobs/{id}/status", [](Request& request) -> io::Task<Response> {
        co_return Response::text(200, "status of " + request.capture("id"));
    });
    router.add("PUT", "/v1/blobs/{id}/slivers/{pair}/{type}",
               [](Request& request) -> io::Task<Response> {
                   co_return Response::text(201, request.capture("pair") + request.capture("type"));
               });
    router.add("GET", "/",
               [](Request&) -> io::Task<Response> { co_return Response::text(200, "root"); });
    router.add_prefix("POST", "/sui.rpc.", [](Request& request) -> io::Task<Response> {
        co_return Response::text(200, request.path);
    });
    return router;
}

TEST(Router, FindsRoutesAndDecodesCaptures) {
    const Router router = make_router();
    EXPECT_EQ(body_of(ask(router, "GET", "/v1/blobs/a%2Fb/status")), "status of a/b");
    EXPECT_EQ(body_of(ask(router, "PUT", "/v1/blobs/x/slivers/7/primary")), "7primary");
    EXPECT_EQ(body_of(ask(router, "GET", "/")), "root");
    EXPECT_EQ(body_of(ask(router, "HEAD", "/")), "root");
    EXPECT_EQ(body_of(ask(router, "POST", "/sui.rpc.v2.X/Y")), "/sui.rpc.v2.X/Y");
}

TEST(Router, SaysWhatIsWrong) {
    const Router router = make_router();
    for (const char* path :
         {"/v1", "/v1/blobs//status", "/v1/blobs/x/status/", "/V1/blobs/x/status", "", "//", "*"})
        EXPECT_EQ(ask(router, "GET", path).status, path[0] == 0 ? 200 : 404) << path;
    EXPECT_EQ(ask(router, "GET", "/v1/blobs/%zz/status").status, 400);
    const Response refused = ask(router, "DELETE", "/v1/blobs/x/status");
    EXPECT_EQ(refused.status, 405);
    EXPECT_EQ(refused.headers.get("Allow"), "GET, HEAD");
    EXPECT_EQ(ask(router, "GET", "/sui.rpc.v2").status, 405);
}

TEST(Router, CorsAnswersPreflightsAndMarksEveryResponse) {
    Router router = make_router();
    allow_any_origin(router, "GET, PUT", "*", "X-Id");
    Request preflight;
    preflight.method = "OPTIONS";
    preflight.path = "/v1/blobs/x/slivers/7/primary";
    preflight.headers.add("Access-Control-Request-Method", "PUT");
    const Response allowed = serve(router, preflight);
    EXPECT_EQ(allowed.status, 204);
    EXPECT_EQ(allowed.headers.get("Access-Control-Allow-Methods"), "GET, PUT");
    EXPECT_EQ(allowed.headers.get("Access-Control-Allow-Origin"), "*");
    const Response missing = ask(router, "GET", "/nothing");
    EXPECT_EQ(missing.status, 404);
    EXPECT_EQ(missing.headers.get("access-control-allow-origin"), "*");
    EXPECT_EQ(missing.headers.get("Access-Control-Expose-Headers"), "X-Id");
    router.set_filter(
        [](const Request&) -> std::optional<Response> { return Response::text(503, "draining"); });
    EXPECT_EQ(ask(router, "GET", "/").status, 503);
    EXPECT_EQ(serve(router, preflight).status, 204);
}

}  // namespace
}  // namespace walrus::http
