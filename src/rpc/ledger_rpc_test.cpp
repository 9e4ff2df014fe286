// SPDX-License-Identifier: Apache-2.0
// Server and client against each other over a loopback port, on a ledger in memory.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "bcs/bcs.hpp"
#include "chain/testing.hpp"
#include "http/client.hpp"
#include "http/server.hpp"
#include "rpc/block_verify.hpp"
#include "rpc/grpc_web.hpp"
#include "rpc/ledger_client.hpp"
#include "rpc/ledger_server.hpp"
#include "rpc/messages.hpp"

namespace walrus::rpc {
namespace {

using chain::testing::TestNetwork;
using ledger::testing::account_key;
using ledger::testing::address_of;

const AccountKey kUser = account_key(1);
const AccountKey kOther = account_key(2);
const Address kSomebody = address_of(account_key(50));

class LedgerRpcTest : public ::testing::Test {
public:
    LedgerRpcTest() {
        net.options.faucet = chain::FaucetOptions{
            .key = account_key(3), .wal = 5, .sui = 6, .burst = 2, .per_second = 0};
        net.open();
        serve();
    }
    ~LedgerRpcTest() override {
        stop_serving();
        if (client_http) client_http->close_idle();
    }

    void serve() {
        net.run([](LedgerRpcTest& t) -> io::Task<void> {
            t.router = std::make_unique<http::Router>();
            t.server = LedgerServer::make(t.net.environment, *t.net.service, *t.router, t.limits);
            const io::Endpoint at{"127.0.0.1", t.port};
            http::ServerOptions options;
            auto started = http::Server::start(t.net.environment, at, t.router->handler(), options);
            EXPECT_TRUE(started) << started.error().message;
            t.http_server = std::move(*started);
            t.port = t.http_server->port();
            if (!t.client_http) t.client_http = http::Client::make(t.net.environment);
            t.url = "http://127.0.0.1:" + std::to_string(t.port);
            auto made = LedgerClient::make(t.net.environment, *t.client_http, t.url);
            EXPECT_TRUE(made);
            t.client = std::move(*made);
            co_return;
        }(*this));
    }
    void stop_serving() {
        net.run([](LedgerRpcTest& t) -> io::Task<void> {
            if (t.server) t.server->close_streams();
            if (t.http_server) co_await t.http_server->stop();
            t.http_server.reset();
            t.server.reset();
        }(*this));
    }
    void restart() {
        stop_serving();
        net.close();
        net.open();
        serve();
    }

    template <class T>
    static io::Task<void> get_task(io::Task<RpcResult<T>> task, std::optional<RpcResult<T>>& out) {
        auto result = co_await std::move(task);
        out.emplace(std::move(result));
    }
    template <class T>
    RpcResult<T> get(io::Task<RpcResult<T>> task) {
        std::optional<RpcResult<T>> out;
        net.run(get_task(std::move(task), out));
        return std::move(*out);
    }
    http::ClientResponse call(std::string method, std::string path, Bytes body,
                              std::string content_type) {
        http::ClientRequest request;
        request.method = std::move(method);
        request.target = std::move(path);
        if (!content_type.empty()) request.headers.add("Content-Type", std::move(content_type));
        request.body = std::move(body);
        return call(std::move(request));
    }
    http::ClientResponse call(http::ClientRequest request) {
        http::ClientResponse out;
        net.run(
            [](LedgerRpcTest& t, http::ClientRequest r, http::ClientResponse& o) -> io::Task<void> {
                const auto origin = http::Origin::parse(t.url);
                const http::CallOptions options;
                auto response = co_await t.client_http->call(*origin, std::move(r), options);
                EXPECT_TRUE(response) << response.error().message;
                if (response) o = std::move(*response);
            }(*this, std::move(request), out));
        return out;
    }
    std::string wal_type() { return to_text(net.handles.wal_type); }
    std::uint64_t wal(const Address& owner) { return *get(client->balance(owner, wal_type())); }

    TestNetwork net;
    ServerLimits limits;
    std::uint16_t port = 0;
    std::string url;
    std::unique_ptr<http::Router> router;
    std::unique_ptr<LedgerServer> server;
    std::unique_ptr<http::Server> http_server;
    std::unique_ptr<http::Client> client_http;
    std::unique_ptr<LedgerClient> client;
};

TEST_F(LedgerRpcTest, GenesisIsReadable) {
    EXPECT_EQ(*get(client->chain_id()), net.service->ids().chain);
    const auto epoch = get(client->epoch());
    ASSERT_TRUE(epoch);
    EXPECT_EQ(epoch->epoch, 1u);
    EXPECT_EQ(epoch->start_ms, net.config.time_ms);
    EXPECT_EQ(epoch->reference_gas_price, 0u);
    const auto& ids = net.service->ids();
    std::vector<ObjectId> asked;
    for (int i = 0; i < 60; ++i)
        asked.push_back(i % 2 ? ids.system : ObjectId{{static_cast<Byte>(i + 1)}});
    asked.push_back(ids.staking);
    const auto objects = get(client->objects(asked));
    ASSERT_TRUE(objects) << objects.error().message;
    ASSERT_EQ(objects->size(), 61u);
    EXPECT_FALSE((*objects)[0]);
    ASSERT_TRUE((*objects)[1] && (*objects)[60]);
    EXPECT_EQ((*objects)[1]->type.name, "System");
    const auto staking = bcs::decode_prefix<ledger::Staking>((*objects)[60]->contents);
    ASSERT_TRUE(staking);
    // Every node's pool is found through the staking state, as clients do it.
    std::vector<ObjectId> inner{ledger::staking_state_field_id(ids.staking, staking->version)};
    const auto fields = get(client->objects(inner));
    ASSERT_TRUE(fields && (*fields)[0]);
    const auto field = bcs::decode<ledger::StakingInnerField>((*fields)[0]->contents);
    ASSERT_TRUE(field);
    ASSERT_EQ(field->value.committee.size(), 4u);
    std::vector<ObjectId> pools;
    for (const auto& [node, shards] : field->value.committee) pools.push_back(node);
    const auto nodes = get(client->objects(pools));
    ASSERT_TRUE(nodes);
    for (const auto& node : *nodes) {
        ASSERT_TRUE(node);
        EXPECT_EQ(node->type.name, "StakingPool");
    }
    EXPECT_EQ(*get(client->wal_type(ids.package)), wal_type());
    const auto none = get(client->wal_type(ObjectId{{9}}));
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, RpcCode::NotFound);
}

TEST_F(LedgerRpcTest, RegistersAndReadsBack) {
    const Frost before = wal(address_of(kUser));
    const auto transaction = net.registration(kUser, 1);
    const auto simulated = get(client->simulate(transaction.data));
    ASSERT_TRUE(simulated) << simulated.error().message;
    EXPECT_FALSE(simulated->failure);
    EXPECT_FALSE(simulated->checkpoint);
    EXPECT_EQ(wal(address_of(kUser)), before);
    const auto digest = ledger::transaction_digest(transaction.data);
    const auto unknown = get(client->transaction(digest));
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, RpcCode::NotFound);

    const auto executed = get(client->execute(transaction));
    ASSERT_TRUE(executed) << executed.error().message;
    EXPECT_FALSE(executed->failure);
    EXPECT_EQ(executed->digest, digest);
    EXPECT_EQ(executed->checkpoint, 0u);
    EXPECT_EQ(executed->effects_bcs, simulated->effects_bcs);
    const auto after = wal(address_of(kUser));
    EXPECT_LT(after, before);
    const std::string blob_type = to_text(net.service->ids().package) + "::blob::Blob";
    const auto created =
        std::find_if(executed->changed_objects.begin(), executed->changed_objects.end(),
                     [&](const ChangedObject& o) { return o.type == blob_type; });
    ASSERT_NE(created, executed->changed_objects.end());
    EXPECT_EQ(created->operation, ChangedObject::Operation::Created);
    const auto page = get(client->owned_objects(address_of(kUser), blob_type, 10, std::nullopt));
    ASSERT_TRUE(page);
    ASSERT_EQ(page->objects.size(), 1u);
    EXPECT_EQ(page->objects[0].id, created->id);
    EXPECT_EQ(page->objects[0].version, created->output_version);
    EXPECT_FALSE(page->next_page_token);
    const auto coins = get(client->owned_objects(
        address_of(kUser), "0x2::coin::Coin<" + wal_type() + ">", 10, std::nullopt));
    ASSERT_TRUE(coins);
    EXPECT_TRUE(coins->objects.empty());

    // The same bytes again, also after a restart: the first result, and nothing charged.
    for (int i = 0; i < 2; ++i) {
        const auto again = get(client->execute(transaction));
        ASSERT_TRUE(again);
        EXPECT_EQ(again->effects_bcs, executed->effects_bcs);
        EXPECT_EQ(again->checkpoint, 0u);
        EXPECT_EQ(wal(address_of(kUser)), after);
        restart();
    }
    const auto found = get(client->transaction(digest));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->effects_bcs, executed->effects_bcs);
    EXPECT_EQ(found->timestamp_ms, executed->timestamp_ms);
}

TEST_F(LedgerRpcTest, PagesContinueWithTheirToken) {
    for (std::uint64_t i = 0; i < 5; ++i)
        ASSERT_TRUE(get(client->execute(net.registration(kUser, i))));
    std::set<ObjectId> seen;
    std::optional<Bytes> token;
    do {
        const auto page = get(client->owned_objects(address_of(kUser), "", 2, token));
        ASSERT_TRUE(page) << page.error().message;
        EXPECT_LE(page->objects.size(), 2u);
        for (const auto& object : page->objects) EXPECT_TRUE(seen.insert(object.id).second);
        token = page->next_page_token;
    } while (token);
    EXPECT_EQ(seen.size(), 5u);
}

TEST_F(LedgerRpcTest, ErrorsHaveTheirCode) {
    auto forged = net.payment(kUser, kSomebody, 5);
    forged.signatures = net.payment(kOther, kSomebody, 5).signatures;
    const auto rejected = get(client->execute(forged));
    ASSERT_FALSE(rejected);
    EXPECT_EQ(rejected.error().code, RpcCode::Rejected);
    EXPECT_NE(rejected.error().message.find("signed by"), std::string::npos)
        << rejected.error().message;
    ledger::SignedTransaction unsigned_one{forged.data, {}};
    const auto missing = get(client->execute(unsigned_one));
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, RpcCode::InvalidArgument);
    const auto bad_type = get(client->balance(kSomebody, "not a type"));
    ASSERT_FALSE(bad_type);
    EXPECT_EQ(bad_type.error().code, RpcCode::InvalidArgument);
    const auto bad_token = get(client->owned_objects(kSomebody, "", 5, Bytes(2000, 1)));
    ASSERT_FALSE(bad_token);
    EXPECT_EQ(bad_token.error().code, RpcCode::InvalidArgument);
    EXPECT_FALSE(LedgerClient::make(net.environment, *client_http, "ftp://nowhere"));
    // Nobody listens.
    stop_serving();
    const auto refused = get(client->chain_id());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, RpcCode::Unavailable);
    EXPECT_NE(refused.error().message.find(url), std::string::npos);
}

TEST_F(LedgerRpcTest, AFailureNamesItsRule) {
    auto blob = ledger::testing::sample_blob(1, net.config.n_shards, 1000);
    blob.epochs = 500;
    const auto data =
        ledger::register_blobs(net.handles, net.transaction_options(kUser), {blob}, kFrostPerWal);
    const auto simulated = get(client->simulate(bcs::encode(data)));
    ASSERT_TRUE(simulated);
    ASSERT_TRUE(simulated->failure);
    EXPECT_EQ(simulated->failure->abort_name, "EInvalidEpochsAhead");
    const auto executed = get(client->execute(ledger::sign_transaction(data, kUser)));
    ASSERT_TRUE(executed && executed->failure);
    EXPECT_EQ(executed->failure->abort_name, simulated->failure->abort_name);
    EXPECT_EQ(executed->failure->module, simulated->failure->module);
    EXPECT_EQ(executed->failure->description, simulated->failure->description);
    EXPECT_EQ(executed->failure->command, simulated->failure->command);
}

io::Task<void> execute_many(LedgerClient& client, std::vector<ledger::SignedTransaction> all,
                            std::size_t& done) {
    for (auto& transaction : all) {
        auto result = co_await client.execute(std::move(transaction));
        EXPECT_TRUE(result && !result->failure);
        if (result) ++done;
    }
}

TEST_F(LedgerRpcTest, TwoClientsWithOneKeyDoNotDisturbEachOther) {
    std::size_t done = 0;
    std::vector<ledger::SignedTransaction> first;
    std::vector<ledger::SignedTransaction> second;
    for (int i = 0; i < 20; ++i) {
        first.push_back(net.registration(kUser, 100 + i));
        second.push_back(net.payment(kUser, kSomebody, 1));
    }
    // Both also send one and the same.
    first.push_back(net.payment(kUser, kSomebody, 100));
    second.push_back(first.back());
    net.run([](LedgerRpcTest& t, std::vector<ledger::SignedTransaction> a,
               std::vector<ledger::SignedTransaction> b, std::size_t& n) -> io::Task<void> {
        auto other_http = http::Client::make(t.net.environment);
        auto other = LedgerClient::make(t.net.environment, *other_http, t.url);
        io::TaskGroup group(t.net.environment.loop);
        group.add(execute_many(*t.client, std::move(a), n));
        group.add(execute_many(**other, std::move(b), n));
        co_await group.wait();
        other_http->close_idle();
    }(*this, std::move(first), std::move(second), done));
    EXPECT_EQ(done, 42u);
    EXPECT_EQ(wal(kSomebody), 120u);
}

/// Takes blocks until the stream has shown `count` of them.
io::Task<void> follow(LedgerClient& client, std::uint64_t from, std::size_t count,
                      std::vector<BlockMessage>& out) {
    auto stream = co_await client.stream_blocks(from);
    EXPECT_TRUE(stream);
    if (!stream) co_return;
    while (out.size() < count) {
        auto item = co_await (*stream)->next();
        EXPECT_TRUE(item) << item.error().message;
        if (!item) co_return;
        if (item->block) out.push_back(std::move(*item->block));
    }
    (*stream)->close();
}

TEST_F(LedgerRpcTest, TheBlockStreamShowsHistoryThenFollowsAndResumes) {
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(get(client->execute(net.registration(kUser, i))));
    restart();  // so that history is read from disk
    std::vector<BlockMessage> blocks;
    net.run([](LedgerRpcTest& t, std::vector<BlockMessage>& out) -> io::Task<void> {
        io::TaskGroup group(t.net.environment.loop);
        group.add(follow(*t.client, 0, 8, out));
        for (int i = 0; i < 3; ++i) {
            auto transaction = t.net.payment(kUser, kSomebody, 1);
            auto result = co_await t.client->execute(std::move(transaction));
            EXPECT_TRUE(result);
        }
        co_await group.wait();
    }(*this, blocks));
    ASSERT_EQ(blocks.size(), 8u);
    std::optional<chain::SealedHeader> previous;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        EXPECT_EQ(blocks[i].seq, i);
        EXPECT_EQ(blocks[i].epoch, 1u);
        const auto header = verify_block_message(previous, blocks[i], net.service->sequencer_key(),
                                                 net.service->ids().chain);
        ASSERT_TRUE(header) << header.error().message;
        previous = *header;
    }
    ASSERT_EQ(blocks[0].transactions.size(), 1u);
    ASSERT_EQ(blocks[0].transactions[0].events.size(), 1u);
    const BlockEvent& event = blocks[0].transactions[0].events[0];
    EXPECT_EQ(event.type, to_text(net.service->ids().package) + "::events::BlobRegistered");
    EXPECT_TRUE(bcs::decode<ledger::BlobRegistered>(event.contents));
    // A resumed stream goes on where the cursor is.
    std::vector<BlockMessage> rest;
    net.run(follow(*client, 6, 2, rest));
    ASSERT_EQ(rest.size(), 2u);
    EXPECT_EQ(rest[0].sealed_header, blocks[6].sealed_header);

    // What a proxy could do to the stream is found.
    const auto broken = [&](std::size_t index, auto change) {
        std::optional<chain::SealedHeader> before;
        if (index > 0) before = *chain::decode_sealed_header(blocks[index - 1].sealed_header);
        BlockMessage bad = blocks[index];
        change(bad);
        return !verify_block_message(before, bad, net.service->sequencer_key(),
                                     net.service->ids().chain);
    };
    EXPECT_FALSE(broken(3, [](auto&) {}));
    EXPECT_TRUE(broken(
        3, [](auto& b) { b.transactions[0].events.push_back(b.transactions[0].events[0]); }));
    EXPECT_TRUE(broken(3, [](auto& b) { b.transactions[0].events.clear(); }));
    EXPECT_TRUE(broken(3, [](auto& b) { b.transactions[0].digest.bytes[0] ^= 1; }));
    EXPECT_TRUE(broken(3, [](auto& b) { b.transactions[0].events[0].contents[4] ^= 1; }));
    EXPECT_TRUE(broken(3, [](auto& b) { b.transactions[0].events[0].type = "u64"; }));
    // Other spellings of the same type, over which the roots are the same.
    EXPECT_TRUE(broken(3, [](auto& b) { b.transactions[0].events[0].type += " "; }));
    EXPECT_TRUE(broken(3, [](auto& b) {
        std::string& type = b.transactions[0].events[0].type;
        type.insert(2, "0");
    }));
    EXPECT_TRUE(broken(3, [](auto& b) {
        std::string& type = b.transactions[0].events[0].type;
        for (std::size_t i = 2; i < type.find(':'); ++i)
            type[i] = static_cast<char>(std::toupper(static_cast<unsigned char>(type[i])));
    }));
    EXPECT_TRUE(broken(3, [](auto& b) { b.time_ms += 1; }));
    EXPECT_TRUE(broken(3, [](auto& b) { b.seq += 1; }));
    EXPECT_TRUE(broken(3, [](auto& b) { b.sealed_header[100] ^= 1; }));
    EXPECT_TRUE(broken(3, [&](auto& b) { b = blocks[5]; }));
}

TEST_F(LedgerRpcTest, AStreamTellsTheHeadAtOnceAndEndsWithTheServer) {
    ASSERT_TRUE(get(client->execute(net.payment(kUser, kSomebody, 1))));
    std::optional<RpcResult<StreamItem>> first;
    std::optional<RpcResult<StreamItem>> last;
    net.run([](LedgerRpcTest& t, auto& a, auto& b) -> io::Task<void> {
        auto stream = co_await t.client->stream_blocks(1);
        EXPECT_TRUE(stream);
        auto item = co_await (*stream)->next();
        a.emplace(std::move(item));
        t.server->close_streams();
        auto end = co_await (*stream)->next();
        b.emplace(std::move(end));
    }(*this, first, last));
    ASSERT_TRUE(*first);
    EXPECT_FALSE((*first)->block);
    EXPECT_EQ((*first)->head_seq, 1u);
    ASSERT_FALSE(*last);
    EXPECT_EQ(last->error().code, RpcCode::Unavailable);
    EXPECT_EQ(server->streams(), 0u);
}

TEST_F(LedgerRpcTest, AStreamBeyondTheHeadIsRefusedAndHeartbeatsCome) {
    stop_serving();
    limits.heartbeat_us = 20'000;
    serve();
    std::optional<RpcResult<StreamItem>> beyond;
    std::size_t beats = 0;
    net.run([](LedgerRpcTest& t, auto& out, std::size_t& n) -> io::Task<void> {
        auto stream = co_await t.client->stream_blocks(5);
        EXPECT_TRUE(stream);
        auto item = co_await (*stream)->next();
        out.emplace(std::move(item));
        auto idle = co_await t.client->stream_blocks(0);
        EXPECT_TRUE(idle);
        for (; n < 4; ++n) {
            auto beat = co_await (*idle)->next();
            EXPECT_TRUE(beat && !beat->block && beat->head_seq == 0);
        }
        (*idle)->close();
        auto closed = co_await (*idle)->next();
        EXPECT_FALSE(closed);
        EXPECT_EQ(closed.error().code, RpcCode::Cancelled);
    }(*this, beyond, beats));
    ASSERT_FALSE(*beyond);
    EXPECT_EQ(beyond->error().code, RpcCode::InvalidArgument);
    EXPECT_EQ(beats, 4u);
}

TEST_F(LedgerRpcTest, AStreamThatDeliversBytesButNoItemEnds) {
    // In place of the ledger: a frame that claims 60 MB and comes a byte at a time.
    std::optional<RpcResult<StreamItem>> item;
    net.run([](LedgerRpcTest& t, auto& out) -> io::Task<void> {
        http::Router trickle;
        trickle.add_prefix("POST", "/walrus.rpc.v1.",
                           [&](http::Request&) -> io::Task<http::Response> {
                               http::Response response;
                               response.headers.add("Content-Type", "application/grpc-web+proto");
                               response.body = http::StreamingBody(
                                   [&](http::BodyWriter& writer) -> io::Task<io::IoResult<void>> {
                                       const Bytes prefix{0, 0x03, 0x80, 0, 0};
                                       auto written = co_await writer.write(prefix);
                                       const Bytes byte{7};
                                       while (written && !writer.stopping()) {
                                           co_await io::sleep_ms(t.net.environment.loop, 5);
                                           written = co_await writer.write(byte);
                                       }
                                       co_return written;
                                   });
                               co_return response;
                           });
        auto started = http::Server::start(t.net.environment, io::Endpoint{"127.0.0.1", 0},
                                           trickle.handler(), http::ServerOptions{});
        EXPECT_TRUE(started);
        auto impatient =
            LedgerClient::make(t.net.environment, *t.client_http,
                               "http://127.0.0.1:" + std::to_string((*started)->port()),
                               ClientLimits{.stream_item_us = 100'000});
        auto stream = co_await (*impatient)->stream_blocks(0);
        EXPECT_TRUE(stream) << stream.error().message;
        auto got = co_await (*stream)->next();
        out.emplace(std::move(got));
        stream->reset();
        co_await (*started)->stop();
    }(*this, item));
    ASSERT_FALSE(*item);
    EXPECT_EQ(item->error().code, RpcCode::Unavailable);
    EXPECT_NE(item->error().message.find("no block"), std::string::npos) << item->error().message;
}

TEST_F(LedgerRpcTest, TextRequestsAndStructuredTransactionsAreAnswered) {
    const std::string service_info = "/sui.rpc.v2.LedgerService/GetServiceInfo";
    const Bytes text = to_bytes(base64_encode(data_frame({})));
    const auto answer = call("POST", service_info, text, "application/grpc-web-text");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.headers.get("Content-Type"), "application/grpc-web+proto");
    EXPECT_EQ(answer.headers.get("Access-Control-Allow-Origin"), "*");
    FrameParser parser(1 << 20);
    parser.feed(answer.body);
    const auto message = parser.next();
    ASSERT_TRUE(message && message->has_value());
    sui_pb::GetServiceInfoResponse info;
    ASSERT_TRUE(info.ParseFromArray((*message)->payload.data(),
                                    static_cast<int>((*message)->payload.size())));
    EXPECT_EQ(info.chain_id(), to_text(net.service->ids().chain));
    const auto trailers = parser.next();
    ASSERT_TRUE(trailers && trailers->has_value());
    EXPECT_EQ(as_text((*trailers)->payload), "grpc-status:0\r\n");
    EXPECT_TRUE(parser.idle());

    const auto status_of = [&](std::string path, Bytes body, std::string type) {
        const auto response = call("POST", std::move(path), std::move(body), std::move(type));
        EXPECT_EQ(response.status, 200);
        FrameParser p(1 << 20);
        p.feed(response.body);
        const auto frame = p.next();
        if (!frame || !frame->has_value() || !(*frame)->trailers) return GrpcError{};
        return parse_trailers((*frame)->payload);
    };
    const std::string simulate = "/sui.rpc.v2.TransactionExecutionService/SimulateTransaction";
    sui_pb::SimulateTransactionRequest structured;
    structured.mutable_transaction()->set_sender("0x1");
    const std::string raw = structured.SerializeAsString();
    const auto refused =
        status_of(simulate, data_frame(as_bytes(raw)), "application/grpc-web+proto");
    EXPECT_EQ(refused.status, GrpcStatus::InvalidArgument);
    EXPECT_NE(refused.message.find("programmable"), std::string::npos);
    EXPECT_EQ(status_of("/sui.rpc.v2.LedgerService/Nothing", data_frame({}), "application/grpc-web")
                  .status,
              GrpcStatus::Unimplemented);
    EXPECT_EQ(status_of(service_info, data_frame({}), "application/json").status,
              GrpcStatus::Unimplemented);
    EXPECT_EQ(status_of(service_info, Bytes{1, 2, 3}, "application/grpc-web").status,
              GrpcStatus::InvalidArgument);
    EXPECT_EQ(status_of(service_info, data_frame(Bytes(2 << 20, 0)), "application/grpc-web").status,
              GrpcStatus::ResourceExhausted);
    EXPECT_EQ(status_of("/sui.rpc.v2.LedgerService/BatchGetObjects",
                        data_frame(Bytes{0x0a, 0x7f, 0x01}), "application/grpc-web")
                  .status,
              GrpcStatus::InvalidArgument);
    sui_pb::BatchGetObjectsRequest many;
    for (int i = 0; i < 101; ++i) many.add_requests()->set_object_id("0x1");
    const std::string too_many = many.SerializeAsString();
    EXPECT_EQ(status_of("/sui.rpc.v2.LedgerService/BatchGetObjects", data_frame(as_bytes(too_many)),
                        "application/grpc-web")
                  .status,
              GrpcStatus::InvalidArgument);
    EXPECT_EQ(call("GET", service_info, {}, "").status, 405);
}

TEST_F(LedgerRpcTest, JsonRpcSharesTheOrigin) {
    const std::string body = R"({"jsonrpc":"2.0","id":1,"method":"sui_getChainIdentifier"})";
    const auto answer = call("POST", "/", to_bytes(body), "application/json; charset=utf-8");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.headers.get("Content-Type"), "application/json");
    EXPECT_EQ(answer.headers.get("Access-Control-Allow-Origin"), "*");
    EXPECT_EQ(nlohmann::json::parse(as_text(answer.body))["result"],
              to_text(net.service->ids().chain));
    // Errors of the protocol come with status 200, those of HTTP with their own.
    const auto unknown = call("POST", "/", to_bytes(R"({"jsonrpc":"2.0","id":1,"method":"sui_x"})"),
                              "application/json");
    EXPECT_EQ(unknown.status, 200);
    EXPECT_EQ(nlohmann::json::parse(as_text(unknown.body))["error"]["code"], -32601);
    const auto not_json = call("POST", "/", to_bytes("not json"), "application/json");
    EXPECT_EQ(nlohmann::json::parse(as_text(not_json.body))["error"]["code"], -32700);
    EXPECT_EQ(call("POST", "/", to_bytes(body), "text/plain").status, 415);
    EXPECT_EQ(call("POST", "/", Bytes(600 << 10, ' '), "application/json").status, 413);
    EXPECT_EQ(call("GET", "/", {}, "").status, 405);
    const auto metrics = call("GET", "/metrics", {}, "");
    const std::string text(as_text(metrics.body));
    for (const char* line : {"{method=\"sui_getChainIdentifier\",status=\"0\"} 1",
                             "{method=\"unknown\",status=\"-32601\"} 1"})
        EXPECT_NE(text.find(line), std::string::npos) << text;
}

TEST_F(LedgerRpcTest, PreflightsHealthMetricsAndFaucet) {
    http::ClientRequest preflight;
    preflight.method = "OPTIONS";
    preflight.target = "/sui.rpc.v2.LedgerService/GetServiceInfo";
    preflight.headers.add("Origin", "http://somewhere");
    preflight.headers.add("Access-Control-Request-Method", "POST");
    const auto allowed = call(std::move(preflight));
    EXPECT_EQ(allowed.status, 204);
    for (const char* name :
         {"content-type", "x-grpc-web", "x-sui-client-protocol-version", "grpc-timeout", "accept"})
        EXPECT_NE(allowed.headers.get("Access-Control-Allow-Headers")->find(name),
                  std::string::npos);

    const auto health = call("GET", "/health", {}, "");
    EXPECT_EQ(health.status, 200);
    const auto parsed = nlohmann::json::parse(as_text(health.body));
    EXPECT_EQ(parsed["status"], "ok");
    EXPECT_EQ(parsed["nextBlock"], 0);

    const auto faucet = [&](std::string body) {
        return call("POST", "/faucet", to_bytes(body), "application/json");
    };
    EXPECT_EQ(faucet("{}").status, 400);
    EXPECT_EQ(faucet("not json").status, 400);
    EXPECT_EQ(faucet("{\"recipient\": 5}").status, 400);
    EXPECT_EQ(faucet("{\"recipient\": \"0xzz\"}").status, 400);
    EXPECT_EQ(faucet(std::string(5000, ' ')).status, 413);
    const std::string good = "{\"recipient\": \"" + to_text(kSomebody) + "\"}";
    const auto paid = faucet(good);
    EXPECT_EQ(paid.status, 200);
    const auto answer = nlohmann::json::parse(as_text(paid.body));
    EXPECT_EQ(answer["wal"], "5");
    EXPECT_EQ(answer["sui"], "6");
    EXPECT_EQ(wal(kSomebody), 5u);
    EXPECT_EQ(faucet(good).status, 200);
    EXPECT_EQ(faucet(good).status, 429);

    const auto metrics = call("GET", "/metrics", {}, "");
    EXPECT_EQ(metrics.status, 200);
    const std::string text(as_text(metrics.body));
    EXPECT_NE(text.find("walrus_ledger_blocks_total 2"), std::string::npos) << text;
    EXPECT_NE(text.find("walrus_rpc_requests_total{method=\"GetBalance\",status=\"0\"} 1"),
              std::string::npos)
        << text;
}

TEST_F(LedgerRpcTest, AFullDiskShowsInHealthAndAsUnavailable) {
    net.disk->set_fault([](io::MemoryStoreDisk::Operation operation) -> std::optional<io::IoError> {
        if (operation != io::MemoryStoreDisk::Operation::Write) return std::nullopt;
        return io::IoError{io::IoCode::NoSpace, "no space left on device"};
    });
    const auto transaction = net.payment(kUser, kSomebody, 1);
    const auto failed = get(client->execute(transaction));
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, RpcCode::Unavailable);
    const auto health = call("GET", "/health", {}, "");
    EXPECT_EQ(health.status, 503);
    EXPECT_NE(as_text(health.body).find("no space"), std::string::npos);
    net.disk->set_fault({});
    EXPECT_TRUE(get(client->execute(transaction)));
    EXPECT_EQ(call("GET", "/health", {}, "").status, 200);
    EXPECT_EQ(wal(kSomebody), 1u);
}

}  // namespace
}  // namespace walrus::rpc
