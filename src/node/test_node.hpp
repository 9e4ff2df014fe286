// SPDX-License-Identifier: Apache-2.0
// For tests: a node on a disk in memory, behind its real HTTP server, following a fake ledger.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/text.hpp"
#include "crypto/network_key.hpp"
#include "io/log.hpp"
#include "io/memory_file_system.hpp"
#include "io/memory_store.hpp"
#include "node/fake_ledger.hpp"
#include "nodeapi/node_client.hpp"
#include "nodeapi/wire.hpp"
#include "redstuff/encode.hpp"

namespace walrus::node {

class NodeTest : public testing::Test {
public:
    static constexpr std::uint16_t kShards = 7;

    NodeTest()
        : real(io::RealEnvironment::make({.name = "node-test", .cpu_threads = 2})),
          environment{real->environment().loop,
                      real->environment().clock,
                      real->environment().random,
                      real->environment().network,
                      files,
                      real->environment().cpu,
                      real->environment().disk,
                      [this](const std::string&) { return io::MemoryStore::open(index); }},
          ledger(environment.loop),
          code(*CodeParameters::make(kShards)) {
        io::init_logging(io::LogLevel::Off);
        real->start();
        node_id.bytes.fill(0xaa);
        other_id.bytes.fill(0xbb);
        ledger.set_committee({{node_id, protocol_key.public_key(), {0, 1, 2, 4, 6}},
                              {other_id, other_key.public_key(), {3, 5}}},
                             kShards);
        limits.disk_reserve_bytes = 0;
        limits.registration_wait_us = 30'000;
    }
    ~NodeTest() override {
        run([](NodeTest& t) -> io::Task<void> {
            if (t.node) co_await t.node->stop();
            t.node.reset();
            t.http.reset();
        }(*this));
        real->stop();
    }

    void run(io::Task<void> task) { io::run_blocking(*real, std::move(task)); }

    io::Task<void> start() {
        NodeConfig config{.protocol_key = protocol_key};
        config.storage_dir = "/node";
        config.ledger_url = "http://unused";
        config.chain_id = ledger.chain_id;
        config.sequencer_key = ledger.sequencer_key();
        config.system_object = ledger.system_object;
        config.staking_object = ledger.staking_object;
        config.node_id = node_id;
        config.network_key_pem = network_key_pem;
        config.allow_plain_http = allow_plain;
        config.limits = limits;
        auto client = std::make_unique<FakeLedgerClient>(ledger);
        auto started = co_await Node::start_with_ledger(environment, std::move(config), *metrics,
                                                        std::move(client));
        EXPECT_TRUE(started) << (started ? "" : started.error().message);
        if (!started) co_return;
        node = std::move(*started);
        http = http::Client::make(environment);
        if (ledger.reachable) {
            const bool ready = co_await node->wait_ready(5'000'000);
            EXPECT_TRUE(ready);
        }
    }
    io::Task<void> stop() {
        http.reset();
        co_await node->stop();
        node.reset();
    }
    /// The power fails, in the middle of whatever the node does, and the node starts again.
    io::Task<void> power_cut(std::uint64_t seed) {
        files.power_cut_torn(seed);
        index->power_cut();
        co_await stop();
        co_await start();
    }

    // ---- calls ------------------------------------------------------------------------------

    struct Answer {
        int status = 0;
        std::string reason;  ///< of an error
        std::string data;    ///< JSON of a success, or the body
    };
    io::Task<Answer> call(std::string method, std::string target, Bytes body = {},
                          std::string content_type = {}) {
        http::ClientRequest request;
        request.method = std::move(method);
        request.target = std::move(target);
        if (!content_type.empty()) request.headers.add("Content-Type", content_type);
        request.body = std::move(body);
        http::Origin origin;
        origin.endpoint = {"127.0.0.1", node->port()};
        http::CallOptions options;
        auto response = co_await http->call(std::move(origin), std::move(request), options);
        Answer out;
        if (!response) {
            ADD_FAILURE() << response.error().message;
            co_return out;
        }
        out.status = response->status;
        if (response->status >= 300) {
            out.reason = nodeapi::node_error(response->status, response->body).detail.reason;
        } else if (auto data = nodeapi::success_data(response->body)) {
            out.data = *data;
        } else {
            out.data = std::string(as_text(response->body));
        }
        co_return out;
    }
    /// The status, with the reason of an error: "400 NOT_REGISTERED".
    io::Task<std::string> verdict(std::string method, std::string target, Bytes body = {}) {
        const Answer answer = co_await call(std::move(method), std::move(target), std::move(body));
        co_return std::to_string(answer.status) +
            (answer.reason.empty() ? "" : " " + answer.reason);
    }

    // ---- blobs ------------------------------------------------------------------------------

    EncodedBlob encode(std::size_t bytes, Byte content) {
        InlineExecutor here;
        const Bytes blob(bytes, content);
        return std::move(*encode_blob(code, blob, pool, here));
    }
    std::vector<SliverPairIndex> own_pairs(const BlobId& id) const {
        std::vector<SliverPairIndex> out;
        for (const std::uint16_t shard : {0, 1, 2, 4, 6})
            out.push_back(pair_of_shard(ShardIndex(shard), id, kShards));
        return out;
    }
    SliverPairIndex foreign_pair(const BlobId& id) const {
        return pair_of_shard(ShardIndex(3), id, kShards);
    }
    static ObjectId object_of(std::uint64_t number) {
        ObjectId id;
        store_be(id.bytes.data(), number + 1);
        return id;
    }
    ledger::BlobRegistered registered(const EncodedBlob& blob, bool deletable,
                                      std::uint64_t object) const {
        ledger::BlobRegistered event;
        event.epoch = 1;
        event.blob_id = blob.blob_id();
        event.size = blob.metadata().blob_bytes();
        event.encoding_type = 1;
        event.end_epoch = 5;
        event.deletable = deletable;
        event.object_id = object_of(object);
        return event;
    }
    /// Until the node has handled all blocks that the ledger has.
    io::Task<void> seen_all() {
        const std::string expected =
            "\"latestCheckpointSequenceNumber\":" + std::to_string(ledger.blocks.size() - 1) + ",";
        for (int i = 0; i < 2000; ++i) {
            const std::string now = co_await health();
            if (now.find(expected) != std::string::npos) co_return;
            co_await io::sleep_ms(environment.loop, 2);
        }
        ADD_FAILURE() << "the node does not follow the ledger";
    }

    io::Task<std::string> put_metadata(const EncodedBlob& blob, std::string query = {}) {
        std::string target = nodeapi::metadata_path(blob.blob_id()) + query;
        Bytes body = blob.metadata().encode();
        std::string out = co_await verdict("PUT", std::move(target), std::move(body));
        co_return out;
    }
    io::Task<std::string> put_sliver(const EncodedBlob& blob, SliverPairIndex pair, Axis axis,
                                     std::string query = {}) {
        std::string target = nodeapi::sliver_path(blob.blob_id(), pair, axis) + query;
        Bytes body = blob.sliver_body(pair, axis);
        std::string out = co_await verdict("PUT", std::move(target), std::move(body));
        co_return out;
    }
    /// Everything that belongs to this node.
    io::Task<void> upload(const EncodedBlob& blob, std::string expected, std::string query = {}) {
        const std::string metadata = co_await put_metadata(blob, query);
        EXPECT_EQ(metadata, expected);
        for (const SliverPairIndex pair : own_pairs(blob.blob_id())) {
            for (const Axis axis : {Axis::Primary, Axis::Secondary}) {
                const std::string sliver = co_await put_sliver(blob, pair, axis, query);
                EXPECT_EQ(sliver, expected);
            }
        }
    }
    /// "200" with a right signature over the right words, or what was answered instead.
    io::Task<std::string> confirmation(const BlobId& id, std::optional<ObjectId> object,
                                       std::string query = {}) {
        std::string target = nodeapi::confirmation_path(id, object) + query;
        const Answer answer = co_await call("GET", std::move(target));
        if (answer.status != 200) co_return std::to_string(answer.status) + " " + answer.reason;
        const auto confirmed = nodeapi::confirmation_from_json(answer.data);
        if (!confirmed) co_return "does not parse";
        const attest::StoredBlob expected{id, attest::BlobPersistence{object}};
        const auto verified = attest::verify_statement(confirmed->signed_message(),
                                                       protocol_key.public_key(), 1, expected);
        co_return verified ? "200" : attest::describe(verified.error());
    }
    /// Metadata and all own slivers are served as they were uploaded.
    io::Task<void> expect_served(const EncodedBlob& blob) {
        const Answer metadata = co_await call("GET", nodeapi::metadata_path(blob.blob_id()));
        EXPECT_EQ(metadata.status, 200);
        EXPECT_EQ(to_bytes(metadata.data), blob.metadata().encode_with_id());
        for (const SliverPairIndex pair : own_pairs(blob.blob_id())) {
            for (const Axis axis : {Axis::Primary, Axis::Secondary}) {
                const Answer sliver =
                    co_await call("GET", nodeapi::sliver_path(blob.blob_id(), pair, axis));
                EXPECT_EQ(sliver.status, 200);
                EXPECT_EQ(to_bytes(sliver.data), blob.sliver_body(pair, axis));
            }
        }
    }
    io::Task<std::string> health() {
        const Answer answer = co_await call("GET", "/v1/health?detailed=true");
        EXPECT_EQ(answer.status, 200);
        co_return answer.data;
    }

    std::unique_ptr<io::RealEnvironment> real;
    io::MemoryFileSystem files;
    std::shared_ptr<io::MemoryStoreDisk> index = std::make_shared<io::MemoryStoreDisk>();
    io::Environment environment;
    FakeLedger ledger;
    CodeParameters code;
    BufferPool pool{256 << 20};
    std::unique_ptr<io::Metrics> metrics = io::Metrics::make();
    bls::SecretKey protocol_key = *bls::SecretKey::from_seed(Bytes(32, 1));
    bls::SecretKey other_key = *bls::SecretKey::from_seed(Bytes(32, 2));
    NodeId node_id;
    NodeId other_id;
    NodeLimits limits;
    std::string network_key_pem;
    bool allow_plain = true;
    std::unique_ptr<Node> node;
    std::unique_ptr<http::Client> http;
};

}  // namespace walrus::node
