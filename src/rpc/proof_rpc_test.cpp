// SPDX-License-Identifier: Apache-2.0
// Status, proofs and events over a loopback port, on a ledger in memory.
#include <gtest/gtest.h>

#include "bcs/bcs.hpp"
#include "chain/testing.hpp"
#include "http/client.hpp"
#include "http/server.hpp"
#include "rpc/ledger_server.hpp"
#include "rpc/proof_client.hpp"

namespace walrus::rpc {
namespace {

using chain::testing::TestNetwork;
using ledger::testing::account_key;
using ledger::testing::address_of;

const AccountKey kUser = account_key(1);
const Address kSomebody = address_of(account_key(50));

class ProofRpcTest : public ::testing::Test {
public:
    ProofRpcTest() {
        net.open();
        net.run([](ProofRpcTest& t) -> io::Task<void> {
            t.router = std::make_unique<http::Router>();
            t.server = LedgerServer::make(t.net.environment, *t.net.service, *t.router, t.limits);
            const io::Endpoint at{"127.0.0.1", 0};
            http::ServerOptions options;
            auto started = http::Server::start(t.net.environment, at, t.router->handler(), options);
            EXPECT_TRUE(started) << started.error().message;
            t.http_server = std::move(*started);
            t.http = http::Client::make(t.net.environment);
            auto made =
                LedgerClient::make(t.net.environment, *t.http,
                                   "http://127.0.0.1:" + std::to_string(t.http_server->port()));
            EXPECT_TRUE(made);
            t.client = std::move(*made);
            co_return;
        }(*this));
    }
    ~ProofRpcTest() override {
        net.run([](ProofRpcTest& t) -> io::Task<void> {
            t.server->close_streams();
            co_await t.http_server->stop();
            t.http_server.reset();
            t.server.reset();
        }(*this));
        http->close_idle();
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
    TransactionDigest execute(ledger::SignedTransaction transaction) {
        const auto done = get(client->execute(std::move(transaction)));
        EXPECT_TRUE(done && !done->failure);
        return done->digest;
    }
    proof::Proof prove(const proof::Subject& subject) {
        const auto file = get(ledger_proof(*client, subject));
        EXPECT_TRUE(file) << file.error().message;
        auto checked =
            proof::verify_proof(*file, {net.service->sequencer_key(), net.service->ids().chain});
        EXPECT_TRUE(checked) << checked.error().message;
        return std::move(*checked);
    }

    TestNetwork net;
    ServerLimits limits;
    std::unique_ptr<http::Router> router;
    std::unique_ptr<LedgerServer> server;
    std::unique_ptr<http::Server> http_server;
    std::unique_ptr<http::Client> http;
    std::unique_ptr<LedgerClient> client;
};

TEST_F(ProofRpcTest, StatusAndProofsOfEveryKind) {
    auto status = get(ledger_status(*client));
    ASSERT_TRUE(status) << status.error().message;
    EXPECT_FALSE(status->header);
    EXPECT_EQ(status->chain_id, net.service->ids().chain);
    EXPECT_EQ(status->sequencer_key, net.service->sequencer_key());
    proof::Subject subject;
    subject.claim = proof::Claim::Balance;
    subject.id = Digest::from(kSomebody.view());
    subject.coin_type = bcs::encode(net.handles.wal_type);
    EXPECT_EQ(get(ledger_proof(*client, subject)).error().code, RpcCode::NotFound);

    execute(net.payment(kUser, kSomebody, 7));
    const auto registered = execute(net.registration(kUser, 1));
    status = get(ledger_status(*client));
    ASSERT_TRUE(status && status->header);
    EXPECT_EQ(status->next_seq, 2u);
    EXPECT_EQ(status->header, net.service->head().last);
    EXPECT_EQ(prove(subject).subject.amount, 7u);

    subject = {};
    subject.id = Digest::from(net.service->ids().system.view());
    EXPECT_EQ(prove(subject).subject.claim, proof::Claim::Object);
    subject.id.bytes[3] ^= 1;
    EXPECT_EQ(prove(subject).subject.claim, proof::Claim::NoObject);
    subject = {};
    subject.claim = proof::Claim::Parameter;
    subject.name = "wal_supply";
    prove(subject);
    subject = {};
    subject.claim = proof::Claim::Effects;
    subject.id = Digest::from(registered.view());
    prove(subject);
    subject.claim = proof::Claim::Event;
    prove(subject);
    subject.event_index = 9;
    EXPECT_EQ(get(ledger_proof(*client, subject)).error().code, RpcCode::NotFound);
    EXPECT_EQ(get(client->call_own("/walrus.rpc.v1.ProofService/GetProof", {})).error().code,
              RpcCode::InvalidArgument);
    EXPECT_EQ(get(client->call_own("/walrus.rpc.v1.ProofService/GetProof", {0xff})).error().code,
              RpcCode::InvalidArgument);
    EXPECT_EQ(get(client->call_own("/walrus.rpc.v1.ProofService/Nothing", {})).error().code,
              RpcCode::Unimplemented);
}

TEST_F(ProofRpcTest, EventsComeInPagesByTypeAndInTheOrderOfTheChain) {
    for (std::uint64_t i = 0; i < 7; ++i) {
        execute(net.registration(kUser, i));
        execute(net.payment(kUser, kSomebody, 1));
    }
    const auto all = get(ledger_events(*client, "", {}, 1000));
    ASSERT_TRUE(all) << all.error().message;
    ASSERT_EQ(all->events.size(), 7u);
    EXPECT_FALSE(all->more);
    const std::string type = all->events[0].type;
    for (const std::string& filter : {std::string(), type}) {
        Bytes cursor;
        std::vector<TransactionDigest> seen;
        for (int page = 0; page < 10; ++page) {
            const auto list = get(ledger_events(*client, filter, cursor, 3));
            ASSERT_TRUE(list) << list.error().message;
            for (const ListedEvent& event : list->events) seen.push_back(event.transaction);
            cursor = list->cursor;
            EXPECT_LE(list->events.size(), 3u);
            if (!list->more) break;
        }
        // The second time there is one more, from below.
        ASSERT_EQ(seen.size(), filter.empty() ? 7u : 8u);
        for (std::size_t i = 0; i < 7; ++i) EXPECT_EQ(seen[i], all->events[i].transaction);
        // The last cursor goes on where new events will be.
        const auto digest = execute(net.registration(kUser, 100 + filter.size()));
        const auto fresh = get(ledger_events(*client, filter, cursor, 3));
        ASSERT_TRUE(fresh);
        ASSERT_EQ(fresh->events.size(), 1u);
        EXPECT_EQ(fresh->events.back().transaction, digest);
    }
    const auto none = get(ledger_events(*client, "0x2::nothing::Here", {}, 3));
    ASSERT_TRUE(none);
    EXPECT_TRUE(none->events.empty());
    EXPECT_EQ(get(ledger_events(*client, "no type", {}, 3)).error().code, RpcCode::InvalidArgument);
    EXPECT_EQ(get(ledger_events(*client, "", {1, 2, 3}, 3)).error().code, RpcCode::InvalidArgument);
}

TEST_F(ProofRpcTest, ObjectsAndCommitteesAreFoundByTheIndexes) {
    std::vector<ObjectId> blobs;
    for (std::uint64_t i = 0; i < 5; ++i) {
        const auto done = get(client->execute(net.registration(kUser, i % 2)));
        ASSERT_TRUE(done && !done->failure);
        for (const ChangedObject& changed : done->changed_objects)
            if (changed.type && changed.type->ends_with("::blob::Blob"))
                blobs.push_back(changed.id);
    }
    ASSERT_EQ(blobs.size(), 5u);
    const auto sample = ledger::testing::sample_blob(0, net.config.n_shards, 1000);
    const auto list = [&](chain::ObjectQuery query) {
        std::vector<ledger::Object> out;
        while (true) {
            const auto page = get(ledger_objects(*client, query));
            EXPECT_TRUE(page) << page.error().message;
            out.insert(out.end(), page->objects.begin(), page->objects.end());
            if (!page->next_page_token) return out;
            query.token = page->next_page_token;
        }
    };
    chain::ObjectQuery query;
    query.what = chain::ObjectQuery::OfBlob{sample.blob_id};
    auto found = list(query);
    ASSERT_EQ(found.size(), 3u);
    for (const ledger::Object& object : found)
        EXPECT_EQ(bcs::decode<ledger::Blob>(object.contents)->blob_id, sample.blob_id);
    EXPECT_TRUE(std::is_sorted(found.begin(), found.end(),
                               [](const auto& a, const auto& b) { return a.id < b.id; }));
    query.what = chain::ObjectQuery::EndingBy{1 + sample.epochs};
    query.page_size = 2;
    EXPECT_EQ(list(query).size(), 5u);
    query.what = chain::ObjectQuery::EndingBy{sample.epochs};
    EXPECT_TRUE(list(query).empty());
    // The pools of the four nodes; the system's objects.
    query.what = chain::ObjectQuery::OfType{
        *ledger::parse_struct_tag(to_text(net.handles.package) + "::staking_pool::StakingPool")};
    EXPECT_EQ(list(query).size(), 4u);
    query.token = Bytes{1, 2, 3};
    EXPECT_EQ(get(ledger_objects(*client, query)).error().code, RpcCode::InvalidArgument);
    const auto committee = get(ledger_committee(*client, 1));
    ASSERT_TRUE(committee) << committee.error().message;
    EXPECT_EQ(committee->members.size(), 4u);
    EXPECT_EQ(proof::committee_digest(*committee),
              net.service->head().last->header.committee_digest);
    EXPECT_EQ(get(ledger_committee(*client, 2)).error().code, RpcCode::NotFound);
}

}  // namespace
}  // namespace walrus::rpc
