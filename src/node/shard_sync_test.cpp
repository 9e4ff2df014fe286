// SPDX-License-Identifier: Apache-2.0
// An epoch begins and shards change hands: what a node gains it fetches from the owner before, or
// makes from the slivers of others.
#include "node/shard_sync.hpp"

#include <gtest/gtest.h>

#include <array>

#include "io/log.hpp"
#include "io/memory_file_system.hpp"
#include "io/memory_store.hpp"
#include "node/fake_ledger.hpp"
#include "node/node.hpp"
#include "redstuff/encode.hpp"

namespace walrus::node {
namespace {

constexpr std::uint16_t kShards = 7;
constexpr std::size_t kNodes = 3;
using Assignment = std::array<std::vector<std::uint16_t>, kNodes>;
const Assignment kBefore = {{{0, 1, 2}, {3, 4}, {5, 6}}};
const Assignment kAfter = {{{0, 1, 3}, {4, 6}, {2, 5}}};

/// One node with a disk of its own.
struct Peer {
    io::MemoryFileSystem files;
    std::shared_ptr<io::MemoryStoreDisk> index = std::make_shared<io::MemoryStoreDisk>();
    std::unique_ptr<io::Environment> environment;
    std::unique_ptr<io::Metrics> metrics = io::Metrics::make();
    bls::SecretKey key = *bls::SecretKey::from_seed(Bytes(32, 1));
    NodeId id;
    std::unique_ptr<Node> node;
    std::unique_ptr<nodeapi::NodeClient> client;
};

class ShardSyncTest : public testing::Test {
public:
    ShardSyncTest()
        : real_(io::RealEnvironment::make({.name = "sync-test", .cpu_threads = 2})),
          ledger_(real_->environment().loop),
          code_(*CodeParameters::make(kShards)) {
        io::init_logging(io::LogLevel::Off);
        real_->start();
        for (std::size_t i = 0; i < kNodes; ++i) {
            Peer& peer = peers_[i];
            const io::Environment& base = real_->environment();
            peer.environment = std::make_unique<io::Environment>(io::Environment{
                base.loop, base.clock, base.random, base.network, peer.files, base.cpu, base.disk,
                [&peer](const std::string&) { return io::MemoryStore::open(peer.index); }});
            peer.key = *bls::SecretKey::from_seed(Bytes(32, static_cast<Byte>(i + 1)));
            peer.id.bytes.fill(static_cast<Byte>(0xa0 + i));
        }
        ledger_.set_committee(members(kBefore), kShards);
    }
    ~ShardSyncTest() override {
        run([](ShardSyncTest& t) -> io::Task<void> {
            for (Peer& peer : t.peers_) co_await t.stop(peer);
            t.http_.reset();
        }(*this));
        real_->stop();
    }

    void run(io::Task<void> task) { io::run_blocking(*real_, std::move(task)); }

    std::vector<FakeLedger::Member> members(const Assignment& shards) const {
        std::vector<FakeLedger::Member> out;
        for (std::size_t i = 0; i < kNodes; ++i)
            out.push_back({peers_[i].id, peers_[i].key.public_key(), shards[i]});
        return out;
    }

    io::Task<void> start(Peer& peer) {
        NodeConfig config{.protocol_key = peer.key};
        config.storage_dir = "/node";
        config.ledger_url = "http://unused";
        config.chain_id = ledger_.chain_id;
        config.sequencer_key = ledger_.sequencer_key();
        config.system_object = ledger_.system_object;
        config.staking_object = ledger_.staking_object;
        config.node_id = peer.id;
        config.allow_plain_http = true;
        config.limits.disk_reserve_bytes = 0;
        config.limits.registration_wait_us = 30'000;
        config.limits.rebuild_bytes_max = rebuild_bytes_max_;
        auto started =
            co_await Node::start_with_ledger(*peer.environment, std::move(config), *peer.metrics,
                                             std::make_unique<FakeLedgerClient>(ledger_));
        EXPECT_TRUE(started) << (started ? "" : started.error().message);
        if (!started) co_return;
        peer.node = std::move(*started);
        const bool ready = co_await peer.node->wait_ready(5'000'000);
        EXPECT_TRUE(ready);
        nodeapi::NodeAddress address;
        address.id = peer.id;
        address.network_address = "127.0.0.1:" + std::to_string(peer.node->port());
        ledger_.set_address(peer.id, address.network_address);
        if (!http_) http_ = http::Client::make(*peer.environment);
        peer.client = nodeapi::NodeClient::make(*peer.environment, *http_, address);
    }
    io::Task<void> start_all() {
        for (Peer& peer : peers_) co_await start(peer);
    }
    io::Task<void> stop(Peer& peer) {
        if (!peer.node) co_return;
        co_await peer.node->stop();
        peer.node.reset();
        peer.client.reset();
    }

    /// A blob on the ledger and with the nodes of an assignment, as a client stores it.
    io::Task<EncodedBlob> store(std::size_t bytes, Byte content, const Assignment& assignment) {
        InlineExecutor here;
        EncodedBlob blob = std::move(*encode_blob(code_, Bytes(bytes, content), pool_, here));
        ledger::BlobRegistered registered;
        registered.epoch = ledger_.epoch;
        registered.blob_id = blob.blob_id();
        registered.size = bytes;
        registered.encoding_type = 1;
        registered.end_epoch = 5;
        registered.object_id.bytes.fill(content);
        ledger_.add_block(registered);
        for (std::size_t i = 0; i < kNodes; ++i) {
            Peer& peer = peers_[i];
            Bytes metadata = blob.metadata().encode();
            const auto put = co_await retry_metadata(peer, blob.blob_id(), std::move(metadata));
            EXPECT_TRUE(put);
            for (const std::uint16_t shard : assignment[i])
                for (const Axis axis : {Axis::Primary, Axis::Secondary}) {
                    const auto pair = pair_of_shard(ShardIndex(shard), blob.blob_id(), kShards);
                    auto body = std::make_shared<Bytes>(blob.sliver_body(pair, axis));
                    http::SharedBody shared;
                    shared.parts = {*body};
                    shared.owner = body;
                    const nodeapi::NodeCall call;
                    const auto sent = co_await peer.client->put_sliver(blob.blob_id(), pair, axis,
                                                                       std::move(shared), call);
                    EXPECT_TRUE(sent) << (sent ? "" : sent.error().message);
                }
        }
        ledger::BlobCertified certified;
        certified.epoch = ledger_.epoch;
        certified.blob_id = blob.blob_id();
        certified.end_epoch = 5;
        certified.object_id = registered.object_id;
        ledger_.add_block(certified);
        co_return blob;
    }
    io::Task<bool> retry_metadata(Peer& peer, BlobId id, Bytes metadata) {
        for (int i = 0; i < 200; ++i) {
            const nodeapi::NodeCall call;
            Bytes copy = metadata;
            const auto put = co_await peer.client->put_metadata(id, std::move(copy), call);
            if (put) co_return true;
            co_await io::sleep_ms(real_->environment().loop, 5);
        }
        co_return false;
    }

    /// The ledger begins epoch 2 with the other assignment.
    void begin_epoch_2() {
        ledger_.set_committee(members(kAfter), kShards, 2, members(kBefore));
        ledger_.add_block(ledger::EpochChangeStartEvent{2});
    }
    io::Task<void> synced(Peer& peer, Epoch epoch) {
        for (int i = 0; i < 2000 && peer.node->epoch_synced() < epoch; ++i)
            co_await io::sleep_ms(real_->environment().loop, 5);
        EXPECT_EQ(peer.node->epoch_synced(), epoch);
    }
    /// The node serves metadata and slivers of these shards.
    io::Task<void> expect_served(Peer& peer, const EncodedBlob& blob,
                                 const std::vector<std::uint16_t>& shards) {
        const BlobId id = blob.blob_id();
        const nodeapi::NodeCall call;
        const auto metadata = co_await peer.client->get_metadata(id, 1 << 20, call);
        EXPECT_TRUE(metadata && *metadata == blob.metadata().encode_with_id());
        for (const std::uint16_t shard : shards)
            for (const Axis axis : {Axis::Primary, Axis::Secondary}) {
                const auto pair = pair_of_shard(ShardIndex(shard), id, kShards);
                const auto body = co_await peer.client->get_sliver(id, pair, axis, 1 << 20, call);
                EXPECT_TRUE(body && *body == blob.sliver_body(pair, axis)) << shard;
            }
    }

    std::unique_ptr<io::RealEnvironment> real_;
    std::size_t rebuild_bytes_max_ = 64 << 20;
    FakeLedger ledger_;
    CodeParameters code_;
    BufferPool pool_{64 << 20};
    std::array<Peer, kNodes> peers_;
    std::unique_ptr<http::Client> http_;
};

TEST_F(ShardSyncTest, GainedShardsComeFromTheirOwnersBefore) {
    run([](ShardSyncTest& t) -> io::Task<void> {
        co_await t.start_all();
        const EncodedBlob small = co_await t.store(100, 1, kBefore);
        const EncodedBlob large = co_await t.store(40'000, 2, kBefore);
        t.begin_epoch_2();
        for (std::size_t i = 0; i < kNodes; ++i) {
            co_await t.synced(t.peers_[i], 2);
            co_await t.expect_served(t.peers_[i], small, kAfter[i]);
            co_await t.expect_served(t.peers_[i], large, kAfter[i]);
        }
        // What was lost stays readable for whoever still asks.
        co_await t.expect_served(t.peers_[1], large, kBefore[1]);
    }(*this));
}

TEST_F(ShardSyncTest, SliversOfADeadOwnerAreMadeFromOthers) {
    run([](ShardSyncTest& t) -> io::Task<void> {
        co_await t.start_all();
        const EncodedBlob blob = co_await t.store(40'000, 3, kBefore);
        co_await t.stop(t.peers_[1]);
        t.begin_epoch_2();
        co_await t.synced(t.peers_[0], 2);
        co_await t.synced(t.peers_[2], 2);
        co_await t.expect_served(t.peers_[0], blob, kAfter[0]);
        co_await t.expect_served(t.peers_[2], blob, kAfter[2]);
        // The one that was away finds what it missed, too.
        co_await t.start(t.peers_[1]);
        co_await t.synced(t.peers_[1], 2);
        co_await t.expect_served(t.peers_[1], blob, kAfter[1]);
    }(*this));
}

TEST_F(ShardSyncTest, WithoutMemoryToMakeSliversTheirOwnerIsWaitedFor) {
    rebuild_bytes_max_ = 1000;
    run([](ShardSyncTest& t) -> io::Task<void> {
        co_await t.start_all();
        const EncodedBlob blob = co_await t.store(40'000, 7, kBefore);
        co_await t.stop(t.peers_[1]);
        t.begin_epoch_2();
        co_await t.synced(t.peers_[2], 2);  // needs nothing of node 1
        co_await io::sleep_ms(t.real_->environment().loop, 300);
        EXPECT_EQ(t.peers_[0].node->epoch_synced(), 0u);
        co_await t.start(t.peers_[1]);  // on another port
        for (std::size_t i = 0; i < kNodes; ++i) {
            co_await t.synced(t.peers_[i], 2);
            co_await t.expect_served(t.peers_[i], blob, kAfter[i]);
        }
    }(*this));
}

TEST_F(ShardSyncTest, ANodeThatNeverGotTheBlobIsNotTheEndOfIt) {
    run([](ShardSyncTest& t) -> io::Task<void> {
        co_await t.start_all();
        // Node 1 has nothing of this blob: certified without it.
        const Assignment without = {{kBefore[0], {}, kBefore[2]}};
        const EncodedBlob blob = co_await t.store(9'000, 4, without);
        t.begin_epoch_2();
        for (std::size_t i = 0; i < kNodes; ++i) {
            co_await t.synced(t.peers_[i], 2);
            co_await t.expect_served(t.peers_[i], blob, kAfter[i]);
        }
    }(*this));
}

TEST_F(ShardSyncTest, ARestartAfterTheBeginningOfTheEpochContinues) {
    run([](ShardSyncTest& t) -> io::Task<void> {
        co_await t.start_all();
        const EncodedBlob blob = co_await t.store(40'000, 5, kBefore);
        // With both others away nothing can be fetched or made.
        co_await t.stop(t.peers_[1]);
        co_await t.stop(t.peers_[2]);
        t.begin_epoch_2();
        co_await io::sleep_ms(t.real_->environment().loop, 100);
        EXPECT_EQ(t.peers_[0].node->epoch_synced(), 0u);
        co_await t.stop(t.peers_[0]);
        co_await t.start_all();  // no block has come since
        for (std::size_t i = 0; i < kNodes; ++i) {
            co_await t.synced(t.peers_[i], 2);
            co_await t.expect_served(t.peers_[i], blob, kAfter[i]);
        }
    }(*this));
}

TEST_F(ShardSyncTest, ExpiredBlobsAreRemovedWhenTheirEpochIsOver) {
    run([](ShardSyncTest& t) -> io::Task<void> {
        co_await t.start_all();
        const EncodedBlob blob = co_await t.store(9'000, 6, kBefore);
        for (Epoch epoch = 2; epoch <= 5; ++epoch) {
            t.ledger_.set_committee(t.members(kBefore), kShards, epoch, t.members(kBefore));
            t.ledger_.add_block(ledger::EpochChangeStartEvent{epoch});
            t.ledger_.epoch = epoch;
            co_await t.synced(t.peers_[0], epoch);
        }
        const auto pair = pair_of_shard(ShardIndex(0), blob.blob_id(), kShards);
        bool gone = false;
        for (int i = 0; i < 400 && !gone; ++i) {
            const nodeapi::NodeCall call;
            const auto status = co_await t.peers_[0].client->sliver_status(blob.blob_id(), pair,
                                                                           Axis::Primary, call);
            gone = status && *status == nodeapi::StoredStatus::Nonexistent;
            co_await io::sleep_ms(t.real_->environment().loop, 5);
        }
        EXPECT_TRUE(gone);
    }(*this));
}

}  // namespace
}  // namespace walrus::node
