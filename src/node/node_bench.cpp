// SPDX-License-Identifier: Apache-2.0
// One node that owns every tenth shard takes its part of a 64 MiB blob at n = 100 over loopback,
// again and again: metadata, slivers, confirmation. Client, node and fake ledger share one loop
// thread.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/check.hpp"
#include "node/fake_ledger.hpp"
#include "nodeapi/node_client.hpp"
#include "redstuff/encode.hpp"

namespace walrus::node {
namespace {

constexpr std::uint16_t kShards = 100;
constexpr std::size_t kParallel = 16;

struct Bench {
    io::Environment& environment;
    FakeLedger& ledger;
    CodeParameters code;
    BufferPool pool{std::size_t{2} << 30};
    std::unique_ptr<Node> node;
    std::unique_ptr<http::Client> http;
    std::unique_ptr<nodeapi::NodeClient> client;
};

io::Task<void> put_slivers(Bench& bench, std::shared_ptr<EncodedBlob> blob,
                           std::shared_ptr<std::vector<SliverPairIndex>> pairs) {
    nodeapi::NodeCall call;
    while (!pairs->empty()) {
        const SliverPairIndex pair = pairs->back();
        pairs->pop_back();
        for (const Axis axis : {Axis::Primary, Axis::Secondary}) {
            auto parts = std::make_shared<SliverBodyParts>(blob->sliver_body_parts(pair, axis));
            http::SharedBody body{parts,
                                  {parts->header_view(), parts->symbols, parts->trailer_view()}};
            const auto put =
                co_await bench.client->put_sliver(blob->blob_id(), pair, axis, body, call);
            WALRUS_CHECK(put.has_value());
        }
    }
}

io::Task<void> store_once(Bench& bench, std::size_t bytes, Byte content) {
    const io::Loop& loop = bench.environment.loop;
    const Bytes content_bytes(bytes, content);
    auto encoded = encode_blob(bench.code, content_bytes, bench.pool, bench.environment.cpu);
    WALRUS_CHECK(encoded.has_value());
    auto blob = std::make_shared<EncodedBlob>(std::move(*encoded));
    const BlobId id = blob->blob_id();
    ledger::BlobRegistered event;
    event.epoch = 1;
    event.blob_id = id;
    event.end_epoch = 5;
    event.object_id.bytes[0] = content;
    event.object_id.bytes[1] = static_cast<Byte>(bytes >> 10);
    const std::uint64_t begin_us = loop.monotonic_us();
    bench.ledger.add_block(event);

    nodeapi::NodeCall call;
    Bytes metadata = blob->metadata().encode();
    const auto put = co_await bench.client->put_metadata(id, std::move(metadata), call);
    WALRUS_CHECK(put.has_value());
    const std::uint64_t metadata_us = loop.monotonic_us();
    auto pairs = std::make_shared<std::vector<SliverPairIndex>>();
    for (std::uint16_t shard = 0; shard < kShards; shard += 10)
        pairs->push_back(pair_of_shard(ShardIndex(shard), id, kShards));
    io::TaskGroup group(bench.environment.loop);
    for (std::size_t i = 0; i < kParallel; ++i) group.add(put_slivers(bench, blob, pairs));
    co_await group.wait();
    const std::uint64_t slivers_us = loop.monotonic_us();
    const auto confirmed = co_await bench.client->confirmation(id, std::nullopt, call);
    WALRUS_CHECK(confirmed.has_value());
    const std::uint64_t end_us = loop.monotonic_us();

    std::uint64_t read_bytes = 0;
    for (std::uint16_t shard = 0; shard < kShards; shard += 10) {
        const SliverPairIndex pair = pair_of_shard(ShardIndex(shard), id, kShards);
        const auto sliver =
            co_await bench.client->get_sliver(id, pair, Axis::Primary, 16 << 20, call);
        WALRUS_CHECK(sliver.has_value());
        read_bytes += sliver->size();
    }
    const std::uint64_t read_us = loop.monotonic_us() - end_us;
    const double sent = static_cast<double>(
        10 * (sliver_body_bytes(bench.code, Axis::Primary, blob->symbol_bytes()) +
              sliver_body_bytes(bench.code, Axis::Secondary, blob->symbol_bytes())));
    fmt::print(
        "blob of {:>9} B: metadata {:6.2f} ms, slivers {:8.2f} ms ({:6.0f} MB/s), "
        "confirmation {:7.2f} ms, read {:6.0f} MB/s\n",
        bytes, static_cast<double>(metadata_us - begin_us) / 1e3,
        static_cast<double>(slivers_us - metadata_us) / 1e3,
        sent / static_cast<double>(slivers_us - metadata_us),
        static_cast<double>(end_us - slivers_us) / 1e3,
        static_cast<double>(read_bytes) / static_cast<double>(read_us));
}

io::Task<void> run(Bench& bench, std::string directory) {
    io::Environment& environment = bench.environment;
    const auto protocol_key = *bls::SecretKey::from_seed(Bytes(32, 1));
    const auto metrics = io::Metrics::make();
    NodeId id;
    id.bytes[0] = 1;
    NodeId other;
    other.bytes[0] = 2;
    std::vector<std::uint16_t> own;
    std::vector<std::uint16_t> rest;
    for (std::uint16_t shard = 0; shard < kShards; ++shard)
        (shard % 10 == 0 ? own : rest).push_back(shard);
    bench.ledger.set_committee(
        {{id, protocol_key.public_key(), own},
         {other, bls::SecretKey::from_seed(Bytes(32, 2))->public_key(), rest}},
        kShards);
    NodeConfig config{.protocol_key = protocol_key};
    config.storage_dir = directory;
    config.chain_id = bench.ledger.chain_id;
    config.sequencer_key = bench.ledger.sequencer_key();
    config.system_object = bench.ledger.system_object;
    config.staking_object = bench.ledger.staking_object;
    config.node_id = id;
    config.allow_plain_http = true;
    auto ledger = std::make_unique<FakeLedgerClient>(bench.ledger);
    auto started =
        co_await Node::start_with_ledger(environment, config, *metrics, std::move(ledger));
    WALRUS_CHECK(started.has_value());
    bench.node = std::move(*started);
    const bool ready = co_await bench.node->wait_ready(10'000'000);
    WALRUS_CHECK(ready);
    bench.http = http::Client::make(environment);
    nodeapi::NodeAddress address;
    address.network_address = "127.0.0.1:" + std::to_string(bench.node->port());
    bench.client = nodeapi::NodeClient::make(environment, *bench.http, address);
    for (Byte round = 0; round < 5; ++round)
        co_await store_once(bench, std::size_t{64} << 20, round);
    for (Byte round = 0; round < 5; ++round) co_await store_once(bench, 10'000, round);
    bench.client.reset();
    bench.http.reset();
    co_await bench.node->stop();
    bench.node.reset();
}

void main_with(const std::string& parent) {
    const auto real = io::RealEnvironment::make({.name = "bench"});
    real->start();
    const std::string directory = parent + "/node-bench";
    io::Environment& environment = real->environment();
    WALRUS_CHECK(environment.files.remove_all(directory).has_value());
    FakeLedger ledger(environment.loop);
    {
        Bench bench{environment, ledger, *CodeParameters::make(kShards)};
        io::run_blocking(*real, run(bench, directory));
    }
    WALRUS_CHECK(environment.files.remove_all(directory).has_value());
    real->stop();
}

}  // namespace
}  // namespace walrus::node

int main(int argc, char** argv) {
    walrus::node::main_with(argc > 1 ? argv[1] : ".");
    return 0;
}
