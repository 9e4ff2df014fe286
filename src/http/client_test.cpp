// SPDX-License-Identifier: Apache-2.0
// The client against our server, and against peers that misbehave.
#include "http/client.hpp"

#include <gtest/gtest.h>

#include "http/test_server.hpp"

namespace walrus::http {
namespace {

class ClientTest : public TestServer {
public:
    ClientTest() : client(Client::make(env(), limits())) {}
    ~ClientTest() override {
        run([](ClientTest& t) -> io::Task<void> {
            t.client.reset();
            co_return;
        }(*this));
    }
    static ClientLimits limits() {
        ClientLimits out;
        out.connections_per_origin_max = 3;
        return out;
    }
    Origin origin() const { return origin_at(port); }
    static Origin origin_at(std::uint16_t port) {
        return *Origin::parse("http://127.0.0.1:" + std::to_string(port));
    }
    io::Task<io::IoResult<ClientResponse>> get(std::string target, CallOptions options = {}) {
        ClientRequest request;
        request.target = std::move(target);
        return client->call(origin(), std::move(request), options);
    }
    io::Task<io::IoResult<ClientResponse>> post(std::string target, Bytes body) {
        ClientRequest request;
        request.method = "POST";
        request.target = std::move(target);
        request.body = std::move(body);
        return client->call(origin(), std::move(request), {});
    }
    std::unique_ptr<Client> client;
};

std::string text(const io::IoResult<ClientResponse>& response) {
    return response ? std::string(as_text(response->body)) : response.error().message;
}

TEST_F(ClientTest, CallsReuseOneConnection) {
    start({});
    run([](ClientTest& t) -> io::Task<void> {
        for (int i = 0; i < 5; ++i) {
            auto hello = co_await t.get("/hello");
            EXPECT_EQ(text(hello), "hello world");
            EXPECT_EQ(hello->status, 200);
            EXPECT_EQ(hello->headers.get("server"), "walrus");
        }
        Bytes sent(3'000'000);
        for (std::size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<Byte>(i ^ (i >> 9));
        const Bytes copy = sent;
        auto echo = co_await t.post("/echo", std::move(sent));
        EXPECT_TRUE(echo && echo->body == copy);
        auto missing = co_await t.get("/nothing");
        EXPECT_EQ(missing->status, 404);
        auto chunks = co_await t.get("/stream?count=1000&size=77");
        EXPECT_EQ(chunks->body, Bytes(77'000, 'p'));
        auto shared = co_await t.get("/shared?parts=9&part=100001");
        EXPECT_EQ(shared->body, Bytes(900'009, 's'));
        auto small_parts = co_await t.get("/shared?parts=90&part=7000");
        EXPECT_EQ(small_parts->body, Bytes(630'000, 's'));
        EXPECT_EQ(t.server->connections(), 1u);
        EXPECT_EQ(t.client->body_bytes_sent(), 3'000'000u);
        EXPECT_GT(t.client->body_bytes_received(), 4'600'000u);
        t.client->close_idle();
        co_await io::sleep_ms(t.env().loop, 20);
        EXPECT_EQ(t.server->connections(), 0u);
    }(*this));
}

TEST_F(ClientTest, HeadAndSharedRequestBodies) {
    start({});
    run([](ClientTest& t) -> io::Task<void> {
        ClientRequest head;
        head.method = "HEAD";
        head.target = "/hello";
        auto answer = co_await t.client->call(t.origin(), std::move(head), {});
        EXPECT_EQ(answer->status, 200);
        EXPECT_EQ(answer->headers.get("content-length"), "11");
        EXPECT_TRUE(answer->body.empty());
        ClientRequest upload;
        upload.method = "POST";
        upload.target = "/size";
        const auto owner = std::make_shared<Bytes>(200'000);
        upload.body = SharedBody{owner, {ByteView(*owner), ByteView(*owner).first(10), *owner}};
        auto size = co_await t.client->call(t.origin(), std::move(upload), {});
        EXPECT_EQ(text(size), "400010");
        EXPECT_EQ(t.server->connections(), 1u);
    }(*this));
}

TEST_F(ClientTest, MoreCallsThanConnectionsWaitTheirTurn) {
    start({});
    run([](ClientTest& t) -> io::Task<void> {
        io::TaskGroup group(t.env().loop);
        int done = 0;
        for (int i = 0; i < 12; ++i) {
            group.add([](ClientTest& c, int& n) -> io::Task<void> {
                auto slow = co_await c.get("/slow?ms=10");
                EXPECT_EQ(text(slow), "done");
                EXPECT_LE(c.server->connections(), 3u);
                ++n;
            }(t, done));
        }
        // One that gives up while it waits does not take a place with it.
        CallOptions impatient;
        impatient.timeout_us = 2'000;
        auto late = co_await t.get("/slow?ms=10", impatient);
        EXPECT_EQ(late.error().code, io::IoCode::TimedOut);
        co_await group.wait();
        EXPECT_EQ(done, 12);
        auto after = co_await t.get("/hello");
        EXPECT_TRUE(after);
    }(*this));
}

TEST_F(ClientTest, AStaleConnectionIsReplacedOnce) {
    start({});
    run([](ClientTest& t) -> io::Task<void> {
        auto first = co_await t.get("/hello");
        EXPECT_TRUE(first);
        const std::uint16_t same_port = t.port;
        co_await t.server->stop();
        t.server.reset();
        auto restarted = Server::start(t.env(), {"127.0.0.1", same_port}, t.router.handler(), {});
        EXPECT_TRUE(restarted) << restarted.error().message;
        t.server = std::move(*restarted);
        auto second = co_await t.post("/echo", to_bytes("again"));
        EXPECT_EQ(text(second), "again");
    }(*this));
}

TEST_F(ClientTest, DeadlineAndCancellationEndACall) {
    start({});
    run([](ClientTest& t) -> io::Task<void> {
        CallOptions options;
        options.timeout_us = 30'000;
        auto late = co_await t.get("/slow?ms=400", options);
        EXPECT_EQ(late.error().code, io::IoCode::TimedOut);
        EXPECT_NE(late.error().message.find("127.0.0.1"), std::string::npos);
        io::CancelSource source;
        CallOptions cancellable;
        cancellable.cancel = source.token();
        t.env().loop.schedule(20'000, [source]() mutable { source.cancel(); });
        auto cancelled = co_await t.get("/slow?ms=400", cancellable);
        EXPECT_EQ(cancelled.error().code, io::IoCode::Cancelled);
        auto at_once = co_await t.get("/slow?ms=400", cancellable);
        EXPECT_EQ(at_once.error().code, io::IoCode::Cancelled);
        auto fine = co_await t.get("/hello");
        EXPECT_EQ(text(fine), "hello world");
        while (t.running > 0) co_await io::sleep_ms(t.env().loop, 5);
    }(*this));
}

TEST_F(ClientTest, LimitsOnTheAnswer) {
    start({});
    run([](ClientTest& t) -> io::Task<void> {
        CallOptions options;
        options.response_bytes_max = 1000;
        auto declared = co_await t.get("/shared?parts=1&part=1001", options);
        EXPECT_EQ(declared.error().code, io::IoCode::TooLarge);
        auto chunked = co_await t.get("/stream?count=2&size=501", options);
        EXPECT_EQ(chunked.error().code, io::IoCode::TooLarge);
        auto exact = co_await t.get("/stream?count=2&size=500", options);
        EXPECT_EQ(exact->body.size(), 1000u);
        auto broken = co_await t.get("/stream?count=1&size=5&broken=1");
        EXPECT_EQ(broken.error().code, io::IoCode::Closed);
        auto shorter = co_await t.get("/stream?count=1&size=5&length=6");
        EXPECT_EQ(shorter.error().code, io::IoCode::Closed);
    }(*this));
}

TEST_F(ClientTest, ARefusedUploadBringsItsAnswer) {
    start({});
    run([](ClientTest& t) -> io::Task<void> {
        for (int i = 0; i < 3; ++i) {
            auto refused = co_await t.post("/limited", Bytes(40 << 20));
            EXPECT_TRUE(refused) << refused.error().message;
            if (refused) {
                EXPECT_EQ(refused->status, 413);
            }
        }
        auto fine = co_await t.get("/hello");
        EXPECT_EQ(text(fine), "hello world");
    }(*this));
}

TEST_F(ClientTest, StreamedAnswersAreReadAsTheyCome) {
    start({});
    run([](ClientTest& t) -> io::Task<void> {
        Bytes buffer(1000);
        {
            ClientRequest request;
            request.target = "/events";
            io::CancelSource source;
            CallOptions options;
            options.timeout_us = 50'000;  // only until the head
            options.cancel = source.token();
            auto events = co_await t.client->call_streamed(t.origin(), std::move(request), options);
            EXPECT_TRUE(events);
            EXPECT_EQ((*events)->status(), 200);
            auto got = co_await (*events)->read_some(buffer, 0);
            EXPECT_EQ(as_text(ByteView(buffer).first(*got)), "event\n");
            t.env().loop.schedule(100'000, [source]() mutable { source.cancel(); });
            auto cancelled = co_await (*events)->read_some(buffer, 0);
            EXPECT_EQ(cancelled.error().code, io::IoCode::Cancelled);
        }
        {
            ClientRequest request;
            request.target = "/events";
            auto events = co_await t.client->call_streamed(t.origin(), std::move(request), {});
            auto got = co_await (*events)->read_some(buffer, 1'000'000);
            EXPECT_EQ(*got, 6u);
            auto late = co_await (*events)->read_some(buffer, 20'000);
            EXPECT_EQ(late.error().code, io::IoCode::TimedOut);
        }
        while (t.running > 0) co_await io::sleep_ms(t.env().loop, 5);
        // Read to its end, the connection serves again.
        t.client->close_idle();
        for (int i = 0; i < 3; ++i) {
            ClientRequest request;
            request.target = "/stream?count=10&size=100";
            auto stream = co_await t.client->call_streamed(t.origin(), std::move(request), {});
            std::size_t total = 0;
            while (true) {
                auto got = co_await (*stream)->read_some(buffer, 1'000'000);
                EXPECT_TRUE(got);
                if (!got || *got == 0) break;
                total += *got;
            }
            EXPECT_EQ(total, 1000u);
        }
        EXPECT_LE(t.server->connections(), 1u);
    }(*this));
}

TEST_F(ClientTest, NobodyThere) {
    start({});
    stop();
    run([](ClientTest& t) -> io::Task<void> {
        auto refused = co_await t.get("/hello");
        EXPECT_EQ(refused.error().code, io::IoCode::Refused);
    }(*this));
}

/// Answers every connection with fixed bytes and closes it.
io::Task<void> serve_bytes(io::Listener& listener, std::string answer, int& connections) {
    Bytes buffer(1000);
    while (true) {
        auto accepted = co_await listener.accept();
        if (!accepted) co_return;
        ++connections;
        auto got = co_await (*accepted)->read_some(buffer);
        if (!got || answer.empty()) continue;
        auto sent = co_await (*accepted)->write_all(as_bytes(answer));
        if (sent) co_await (*accepted)->end_writes();
    }
}

TEST_F(ClientTest, AnswersThatAreNotHttp) {
    struct Case {
        std::string answer;
        std::optional<io::IoCode> error;
        std::string body;
    };
    static const std::vector<Case> kCases{
        {"", io::IoCode::Closed, ""},
        {"garbage and more\r\n\r\n", io::IoCode::Malformed, ""},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", io::IoCode::Closed, ""},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", io::IoCode::Malformed, ""},
        {"HTTP/1.1 200 OK\r\nA: " + std::string(100'000, 'a') + "\r\n\r\n", io::IoCode::TooLarge,
         ""},
        {"HTTP/1.1 200 OK\r\n\r\nuntil the end", std::nullopt, "until the end"},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 X\r\n\r\nHTTP/1.1 200 OK\r\n"
         "Content-Length: 2\r\n\r\nok",
         std::nullopt, "ok"},
        {"HTTP/1.1 204 No Content\r\n\r\n", std::nullopt, ""},
    };
    run([](ClientTest& t) -> io::Task<void> {
        for (const Case& c : kCases) {
            auto listener = *t.env().network.listen({"127.0.0.1", 0});
            int connections = 0;
            io::TaskGroup group(t.env().loop);
            group.add(serve_bytes(*listener, c.answer, connections));
            ClientRequest request;
            auto answer =
                co_await t.client->call(origin_at(listener->port()), std::move(request), {});
            if (c.error) {
                EXPECT_FALSE(answer) << c.answer;
                if (!answer) {
                    EXPECT_EQ(answer.error().code, *c.error) << answer.error().message;
                }
            } else {
                EXPECT_EQ(text(answer), c.body);
            }
            EXPECT_EQ(connections, 1);  // a fresh connection is never tried again
            listener->close();
            co_await group.wait();
        }
    }(*this));
}

}  // namespace
}  // namespace walrus::http
