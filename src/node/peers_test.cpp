// SPDX-License-Identifier: Apache-2.0
// Metadata that a node lacks comes from its peers, verified, for clients of registered blobs.
#include "node/peers.hpp"

#include "http/server.hpp"
#include "node/test_node.hpp"

namespace walrus::node {
namespace {

using Task = io::Task<void>;

/// Another node of the committee, which answers what it is told to.
struct FakePeer {
    http::Router router;
    std::unique_ptr<http::Server> server;
    int status = 200;
    Bytes body;
    std::uint64_t delay_us = 0;
    std::size_t asked = 0;
    std::string forwarded;

    void start(NodeTest& t) {
        router.add("GET", std::string(nodeapi::kMetadataPattern),
                   [this, &t](http::Request& r) { return answer(t, r); });
        auto started = http::Server::start(t.environment, io::Endpoint{"127.0.0.1", 0},
                                           router.handler(), http::ServerOptions{});
        EXPECT_TRUE(started);
        server = std::move(*started);
        t.ledger.set_address(t.other_id, "127.0.0.1:" + std::to_string(server->port()));
    }
    io::Task<http::Response> answer(NodeTest& t, http::Request& request) {
        ++asked;
        forwarded = std::string(request.headers.get(nodeapi::kForwardedHeader).value_or(""));
        if (delay_us > 0) co_await io::sleep_us(t.environment.loop, delay_us);
        co_return http::Response::octets(status, body);
    }
};

Task whole_life(NodeTest& t) {
    FakePeer peer;
    peer.start(t);
    co_await t.start();
    const EncodedBlob blob = t.encode(1000, 1);
    const EncodedBlob other = t.encode(1000, 2);
    const std::string path = nodeapi::metadata_path(blob.blob_id());
    const Bytes right = blob.metadata().encode_with_id();
    peer.body = right;

    // Nobody is asked about a blob that the ledger does not know.
    auto answer = co_await t.call("GET", path);
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(peer.asked, 0u);

    t.ledger.add_block(t.registered(blob, false, 1));
    co_await t.seen_all();
    answer = co_await t.call("GET", path);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(to_bytes(answer.data), right);
    EXPECT_EQ(peer.asked, 1u);
    EXPECT_EQ(peer.forwarded, "1");
    // Passing on is no storing: what is not here is not confirmed.
    answer = co_await t.call("GET", path + "/status");
    EXPECT_EQ(answer.data, R"("nonexistent")");

    // What a peer has passed on is not passed on again.
    http::ClientRequest request;
    request.target = path;
    request.headers.add(std::string(nodeapi::kForwardedHeader), "1");
    http::Origin origin;
    origin.endpoint = {"127.0.0.1", t.node->port()};
    const http::CallOptions options;
    auto refused = co_await t.http->call(std::move(origin), std::move(request), options);
    EXPECT_TRUE(refused && refused->status == 404);
    EXPECT_EQ(peer.asked, 1u);

    // Wrong answers are not believed.
    const std::vector<Bytes> wrong{{},
                                   Bytes(right.size(), 7),
                                   other.metadata().encode_with_id(),
                                   Bytes(right.begin(), right.end() - 1)};
    for (const Bytes& body : wrong) {
        peer.body = body;
        answer = co_await t.call("GET", path);
        EXPECT_EQ(answer.status, 404);
    }
    peer.body = right;
    peer.status = 404;
    answer = co_await t.call("GET", path);
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(peer.asked, 2 + wrong.size());

    // A peer that does not answer costs two seconds.
    peer.status = 200;
    peer.delay_us = 2 * kForwardedUs;
    const std::uint64_t begin_us = t.environment.loop.monotonic_us();
    answer = co_await t.call("GET", path);
    EXPECT_EQ(answer.status, 404);
    const std::uint64_t took_us = t.environment.loop.monotonic_us() - begin_us;
    EXPECT_GE(took_us, kForwardedUs - 100'000);
    EXPECT_LT(took_us, 2 * kForwardedUs);
    co_await peer.server->stop();
}

class PeersTest : public NodeTest {};

TEST_F(PeersTest, MetadataOfRegisteredBlobsIsPassedOn) {
    run(whole_life(*this));
}

Task no_peer(NodeTest& t) {
    // The ledger does not say where the other node is.
    co_await t.start();
    const EncodedBlob blob = t.encode(1000, 1);
    t.ledger.add_block(t.registered(blob, false, 1));
    co_await t.seen_all();
    const auto answer = co_await t.call("GET", nodeapi::metadata_path(blob.blob_id()));
    EXPECT_EQ(answer.status, 404);
}

TEST_F(PeersTest, WithoutAddressesNobodyIsAsked) {
    run(no_peer(*this));
}

}  // namespace
}  // namespace walrus::node
