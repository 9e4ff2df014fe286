// SPDX-License-Identifier: Apache-2.0
#include "node/node.hpp"

#include "node/test_node.hpp"

namespace walrus::node {
namespace {

using Task = io::Task<void>;

Task whole_life(NodeTest& t) {
    co_await t.start();
    const EncodedBlob blob = t.encode(5000, 3);
    const BlobId id = blob.blob_id();
    const TransactionDigest digest = t.ledger.add_block(t.registered(blob, false, 1));
    co_await t.seen_all();
    co_await t.upload(blob, "201");
    co_await t.upload(blob, "200");
    const std::string confirmed = co_await t.confirmation(id, std::nullopt);
    EXPECT_EQ(confirmed, "200");
    co_await t.expect_served(blob);

    auto status = co_await t.call("GET", nodeapi::metadata_path(id) + "/status");
    EXPECT_EQ(status.data, R"("stored")");
    const std::string sliver_path = nodeapi::sliver_path(id, t.own_pairs(id)[0], Axis::Primary);
    status = co_await t.call("GET", sliver_path + "/status");
    EXPECT_EQ(status.data, R"("stored")");
    status = co_await t.call("GET", nodeapi::blob_status_path(id));
    EXPECT_EQ(status.data,
              R"({"permanent":{"deletableCounts":{"count_deletable_certified":0,)"
              R"("count_deletable_total":0},"endEpoch":5,"initialCertifiedEpoch":null,)"
              R"("isCertified":false,"statusEvent":{"eventSeq":"0","txDigest":")" +
                  to_text(digest) + R"("}}})");
    ledger::BlobCertified certified;
    certified.epoch = 1;
    certified.blob_id = id;
    certified.end_epoch = 5;
    certified.object_id = t.object_of(1);
    t.ledger.add_block(certified);
    co_await t.seen_all();
    status = co_await t.call("GET", nodeapi::blob_status_path(id));
    const auto parsed = nodeapi::blob_status_from_json(status.data);
    EXPECT_TRUE(parsed && std::get<nodeapi::BlobPermanent>(*parsed).is_certified);
    // HEAD is answered like GET, and the metrics tell of all that.
    const auto head = co_await t.call("HEAD", sliver_path);
    EXPECT_EQ(head.status, 200);
    const auto metrics = co_await t.call("GET", "/metrics");
    EXPECT_NE(metrics.data.find("walrus_node_requests_total{"), std::string::npos);
}

TEST_F(NodeTest, ABlobIsUploadedConfirmedAndServed) {
    run(whole_life(*this));
}

Task client_calls(NodeTest& t) {
    co_await t.start();
    const EncodedBlob blob = t.encode(100, 9);
    const BlobId id = blob.blob_id();
    nodeapi::NodeAddress address;
    address.id = t.node_id;
    address.network_address = "127.0.0.1:" + std::to_string(t.node->port());
    const auto client = nodeapi::NodeClient::make(t.environment, *t.http, address);
    nodeapi::NodeCall call;
    const SliverPairIndex pair = t.own_pairs(id)[2];

    Bytes metadata = blob.metadata().encode();
    auto put = co_await client->put_metadata(id, metadata, call);
    EXPECT_FALSE(put);
    EXPECT_EQ(put.error().code, nodeapi::NodeCode::NotRegistered);
    t.ledger.add_block(t.registered(blob, true, 1));
    co_await t.seen_all();
    put = co_await client->put_metadata(id, metadata, call);
    EXPECT_TRUE(put && *put);
    put = co_await client->put_metadata(id, metadata, call);
    EXPECT_TRUE(put && !*put);
    const SliverBodyParts parts = blob.sliver_body_parts(pair, Axis::Secondary);
    http::SharedBody body{nullptr, {parts.header_view(), parts.symbols, parts.trailer_view()}};
    put = co_await client->put_sliver(id, pair, Axis::Secondary, body, call);
    EXPECT_TRUE(put && *put);
    const auto stored = co_await client->sliver_status(id, pair, Axis::Secondary, call);
    EXPECT_TRUE(stored && *stored == nodeapi::StoredStatus::Stored);
    const auto sliver = co_await client->get_sliver(id, pair, Axis::Secondary, 10'000, call);
    EXPECT_TRUE(sliver && *sliver == blob.sliver_body(pair, Axis::Secondary));
    const auto too_long = co_await client->get_sliver(id, pair, Axis::Secondary, 3, call);
    EXPECT_FALSE(too_long);
    const auto absent = co_await client->get_sliver(id, pair, Axis::Primary, 10'000, call);
    EXPECT_FALSE(absent);
    EXPECT_EQ(absent.error().code, nodeapi::NodeCode::NotFound);
    const auto confirmed = co_await client->confirmation(id, t.object_of(1), call);
    EXPECT_FALSE(confirmed);
    EXPECT_EQ(confirmed.error().code, nodeapi::NodeCode::MissingSlivers);
    const auto status = co_await client->blob_status(id, call);
    EXPECT_TRUE(status && std::holds_alternative<nodeapi::BlobDeletable>(*status));
    const auto health = co_await client->health(call);
    EXPECT_TRUE(health && health->node_status == "Active" && health->shards_owned == 5);
    address.network_address = "a/b";
    const auto lost = nodeapi::NodeClient::make(t.environment, *t.http, address);
    const auto refused = co_await lost->health(call);
    EXPECT_FALSE(refused);
    EXPECT_EQ(refused.error().code, nodeapi::NodeCode::Refused);
}

TEST_F(NodeTest, OurClientUnderstandsAllAnswers) {
    run(client_calls(*this));
}

Task uploads_that_are_refused(NodeTest& t) {
    co_await t.start();
    const EncodedBlob blob = t.encode(3000, 1);
    const EncodedBlob other = t.encode(3000, 2);
    const BlobId id = blob.blob_id();
    const SliverPairIndex pair = t.own_pairs(id)[0];
    const SliverPairIndex second = t.own_pairs(id)[1];
    const std::string metadata = nodeapi::metadata_path(id);
    const std::string sliver = nodeapi::sliver_path(id, pair, Axis::Primary);
    const Bytes good = blob.sliver_body(pair, Axis::Primary);

    // Nothing is taken for a blob that nobody registered.
    std::string verdict = co_await t.put_metadata(blob);
    EXPECT_EQ(verdict, "400 NOT_REGISTERED");
    verdict = co_await t.put_sliver(blob, pair, Axis::Primary);
    EXPECT_EQ(verdict, "400 NOT_REGISTERED");
    t.ledger.add_block(t.registered(blob, false, 1));
    co_await t.seen_all();
    verdict = co_await t.put_sliver(blob, pair, Axis::Primary);
    EXPECT_EQ(verdict, "400 METADATA_NOT_FOUND");

    // Metadata.
    verdict = co_await t.verdict("PUT", metadata, other.metadata().encode());
    EXPECT_EQ(verdict, "400 INVALID_METADATA");
    verdict = co_await t.verdict("PUT", metadata, Bytes(100, 0xff));
    EXPECT_EQ(verdict, "400 INVALID_CONTENT_TYPE");
    verdict = co_await t.verdict("PUT", metadata, {});
    EXPECT_EQ(verdict, "400 INVALID_CONTENT_TYPE");
    Bytes wrong = blob.metadata().encode();
    wrong[1] = 0;
    verdict = co_await t.verdict("PUT", metadata, wrong);
    EXPECT_EQ(verdict, "400 UNSUPPORTED_ENCODING_TYPE");
    verdict = co_await t.verdict("PUT", metadata, Bytes(100'000, 0));
    EXPECT_EQ(verdict, "413 BODY_TOO_LARGE");
    Bytes encoded = blob.metadata().encode();
    const auto typed = co_await t.call("PUT", metadata, encoded, "application/json");
    EXPECT_EQ(typed.reason, "INVALID_CONTENT_TYPE");
    const auto octets = co_await t.call("PUT", metadata, encoded, "application/octet-stream; v=1");
    EXPECT_EQ(octets.status, 201);

    // Slivers: length, index, content, place.
    wrong = good;
    wrong.pop_back();
    verdict = co_await t.verdict("PUT", sliver, wrong);
    EXPECT_EQ(verdict, "400 INVALID_SLIVER");
    verdict = co_await t.verdict("PUT", sliver, Bytes(10'000'000, 0));
    EXPECT_EQ(verdict, "413 BODY_TOO_LARGE");
    verdict = co_await t.verdict("PUT", sliver, Bytes(good.size(), 0xff));
    EXPECT_EQ(verdict, "400 INVALID_CONTENT_TYPE");
    verdict = co_await t.verdict("PUT", sliver, blob.sliver_body(second, Axis::Primary));
    EXPECT_EQ(verdict, "400 SLIVER_INDEX_MISMATCH");
    wrong = good;
    wrong[20] ^= 1;
    verdict = co_await t.verdict("PUT", sliver, wrong);
    EXPECT_EQ(verdict, "400 INVALID_SLIVER");
    verdict = co_await t.verdict("PUT", sliver, other.sliver_body(pair, Axis::Primary));
    EXPECT_EQ(verdict, "400 INVALID_SLIVER");
    verdict = co_await t.put_sliver(blob, t.foreign_pair(id), Axis::Primary);
    EXPECT_EQ(verdict, "400 SHARD_NOT_ASSIGNED");

    // Paths and queries.
    const std::string blobs = "/v1/blobs/" + to_text(id);
    const std::pair<std::string, std::string> paths[] = {
        {blobs + "/slivers/7/primary", "400 INDEX_OUT_OF_RANGE"},
        {blobs + "/slivers/65536/primary", "400 MALFORMED_REQUEST"},
        {blobs + "/slivers/-1/primary", "400 MALFORMED_REQUEST"},
        {blobs + "/slivers/0/tertiary", "400 MALFORMED_REQUEST"},
        {"/v1/blobs/abc/slivers/0/primary", "400 MALFORMED_REQUEST"},
        {sliver + "?pending=maybe", "400 MALFORMED_REQUEST"},
        {sliver + "?force=true", "400 MALFORMED_REQUEST"},
        {"/v1/blobs/" + to_text(id) + "/nothing", "404"},
    };
    for (const auto& [path, expected] : paths) {
        verdict = co_await t.verdict("PUT", path, good);
        EXPECT_EQ(verdict, expected) << path;
    }
    const auto method = co_await t.call("DELETE", metadata);
    EXPECT_EQ(method.status, 405);

    // After all that the right sliver is still taken, and only it is there.
    verdict = co_await t.put_sliver(blob, pair, Axis::Primary);
    EXPECT_EQ(verdict, "201");
    verdict = co_await t.confirmation(id, std::nullopt);
    EXPECT_EQ(verdict, "400 MISSING_SLIVERS");
}

TEST_F(NodeTest, WrongUploadsAreRefusedForTheRightReason) {
    run(uploads_that_are_refused(*this));
}

Task truncated_upload(NodeTest& t) {
    co_await t.start();
    const EncodedBlob blob = t.encode(400'000, 1);
    const BlobId id = blob.blob_id();
    t.ledger.add_block(t.registered(blob, false, 1));
    co_await t.seen_all();
    const std::string stored = co_await t.put_metadata(blob);
    EXPECT_EQ(stored, "201");
    const SliverPairIndex pair = t.own_pairs(id)[0];
    const Bytes body = blob.sliver_body(pair, Axis::Primary);
    const io::Endpoint to{"127.0.0.1", t.node->port()};
    for (const std::size_t sent : {std::size_t{0}, std::size_t{100}, body.size() - 1}) {
        auto stream = co_await t.environment.network.connect(to, 1'000'000, io::CancelToken{});
        EXPECT_TRUE(stream);
        const std::string head =
            "PUT " + nodeapi::sliver_path(id, pair, Axis::Primary) +
            " HTTP/1.1\r\nHost: node\r\nContent-Length: " + std::to_string(body.size()) +
            "\r\n\r\n";
        const auto head_sent = co_await (*stream)->write_all(as_bytes(head));
        EXPECT_TRUE(head_sent);
        const ByteView part = ByteView(body).first(sent);
        const auto body_sent = co_await (*stream)->write_all(part);
        EXPECT_TRUE(body_sent);
        stream->reset();
    }
    co_await io::sleep_ms(t.environment.loop, 50);
    auto status = co_await t.call("GET", nodeapi::sliver_path(id, pair, Axis::Primary) + "/status");
    EXPECT_EQ(status.data, R"("nonexistent")");
    const std::string again = co_await t.put_sliver(blob, pair, Axis::Primary);
    EXPECT_EQ(again, "201");
}

TEST_F(NodeTest, ATruncatedUploadLeavesNothing) {
    run(truncated_upload(*this));
}

Task register_later(NodeTest& t, const EncodedBlob& blob, std::uint64_t object) {
    co_await io::sleep_ms(t.environment.loop, 60);
    t.ledger.add_block(t.registered(blob, false, object));
}

Task upload_before_event(NodeTest& t) {
    t.limits.registration_wait_us = 2'000'000;
    co_await t.start();
    const EncodedBlob blob = t.encode(1000, 1);
    io::TaskGroup group(t.environment.loop);
    group.add(register_later(t, blob, 1));
    const std::string stored = co_await t.put_metadata(blob);
    EXPECT_EQ(stored, "201");
    co_await group.wait();

    const EncodedBlob second = t.encode(1000, 2);
    std::string confirmed = co_await t.confirmation(second.blob_id(), std::nullopt,
                                                    "?wait_for_registration=true&wait_millis=10");
    EXPECT_EQ(confirmed, "400 NOT_REGISTERED");
    group.add(register_later(t, second, 2));
    confirmed =
        co_await t.confirmation(second.blob_id(), std::nullopt, "?wait_for_registration=true");
    EXPECT_EQ(confirmed, "400 MISSING_SLIVERS");
    co_await group.wait();
}

TEST_F(NodeTest, AnUploadWaitsAMomentForItsRegistration) {
    run(upload_before_event(*this));
}

Task pending_uploads(NodeTest& t) {
    t.limits.pending_slivers_max = 10;
    co_await t.start();
    const EncodedBlob blob = t.encode(1000, 1);
    const BlobId id = blob.blob_id();
    const SliverPairIndex pair = t.own_pairs(id)[0];
    std::string verdict = co_await t.put_sliver(blob, pair, Axis::Primary, "?pending=true");
    EXPECT_EQ(verdict, "400 METADATA_NOT_FOUND");
    co_await t.upload(blob, "202", "?pending=true");
    verdict = co_await t.put_metadata(blob, "?pending=true");
    EXPECT_EQ(verdict, "200");
    auto status = co_await t.call("GET", nodeapi::metadata_path(id) + "/status");
    EXPECT_EQ(status.data, R"("buffered")");
    status = co_await t.call("GET", nodeapi::sliver_path(id, pair, Axis::Primary) + "/status");
    EXPECT_EQ(status.data, R"("buffered")");
    status = co_await t.call("GET", nodeapi::sliver_path(id, pair, Axis::Primary));
    EXPECT_EQ(status.reason, "SLIVER_NOT_FOUND");
    verdict = co_await t.confirmation(id, std::nullopt);
    EXPECT_EQ(verdict, "400 NOT_REGISTERED");
    // There is room for the slivers of one blob only.
    const EncodedBlob second = t.encode(1000, 2);
    verdict = co_await t.put_metadata(second, "?pending=true");
    EXPECT_EQ(verdict, "202");
    verdict = co_await t.put_sliver(second, t.own_pairs(second.blob_id())[0], Axis::Primary,
                                    "?pending=true");
    EXPECT_EQ(verdict, "400 CACHE_SATURATED");

    t.ledger.add_block(t.registered(blob, false, 1));
    co_await t.seen_all();
    verdict = co_await t.confirmation(id, std::nullopt);
    EXPECT_EQ(verdict, "200");
    co_await t.expect_served(blob);
}

TEST_F(NodeTest, UploadsAheadOfTheRegistrationAreBufferedIfAsked) {
    run(pending_uploads(*this));
}

Task deletable_blobs(NodeTest& t) {
    co_await t.start();
    const EncodedBlob blob = t.encode(2000, 1);
    const BlobId id = blob.blob_id();
    t.ledger.add_block(t.registered(blob, true, 1), t.registered(blob, true, 2));
    co_await t.seen_all();
    co_await t.upload(blob, "201");
    std::string verdict = co_await t.confirmation(id, t.object_of(1));
    EXPECT_EQ(verdict, "200");
    verdict = co_await t.confirmation(id, t.object_of(2));
    EXPECT_EQ(verdict, "200");
    // Not for an object that nobody registered, nor as permanent.
    verdict = co_await t.confirmation(id, t.object_of(3));
    EXPECT_EQ(verdict, "400 NOT_REGISTERED");
    verdict = co_await t.confirmation(id, std::nullopt);
    EXPECT_EQ(verdict, "400 NOT_REGISTERED");
    verdict =
        co_await t.verdict("GET", "/v1/blobs/" + to_text(id) + "/confirmation/deletable/0xzz");
    EXPECT_EQ(verdict, "400 MALFORMED_REQUEST");

    ledger::BlobDeleted deleted;
    deleted.epoch = 1;
    deleted.blob_id = id;
    deleted.end_epoch = 5;
    deleted.object_id = t.object_of(1);
    t.ledger.add_block(deleted);
    co_await t.seen_all();
    verdict = co_await t.confirmation(id, t.object_of(1));
    EXPECT_EQ(verdict, "400 NOT_REGISTERED");
    verdict = co_await t.confirmation(id, t.object_of(2));
    EXPECT_EQ(verdict, "200");
    co_await t.expect_served(blob);

    deleted.object_id = t.object_of(2);
    t.ledger.add_block(deleted);
    co_await t.seen_all();
    auto status = co_await t.call("GET", nodeapi::blob_status_path(id));
    EXPECT_EQ(status.data, R"("nonexistent")");
    status = co_await t.call("GET", nodeapi::metadata_path(id));
    EXPECT_EQ(status.reason, "METADATA_NOT_FOUND");
    status = co_await t.call("GET", nodeapi::metadata_path(id) + "/status");
    EXPECT_EQ(status.data, R"("nonexistent")");
    // Registered again, everything must be uploaded again.
    t.ledger.add_block(t.registered(blob, true, 4));
    co_await t.seen_all();
    co_await t.upload(blob, "201");
    co_await t.expect_served(blob);
}

TEST_F(NodeTest, ADeletableBlobIsConfirmedPerObjectAndRemovedWithTheLast) {
    run(deletable_blobs(*this));
}

Task invalid_blob(NodeTest& t) {
    co_await t.start();
    const EncodedBlob blob = t.encode(2000, 1);
    t.ledger.add_block(t.registered(blob, false, 1));
    co_await t.seen_all();
    co_await t.upload(blob, "201");
    ledger::InvalidBlobIdEvent invalid;
    invalid.epoch = 1;
    invalid.blob_id = blob.blob_id();
    t.ledger.add_block(invalid);
    co_await t.seen_all();
    const auto status = co_await t.call("GET", nodeapi::blob_status_path(blob.blob_id()));
    EXPECT_TRUE(status.data.starts_with(R"({"invalid":)"));
    std::string verdict = co_await t.put_metadata(blob);
    EXPECT_EQ(verdict, "400 INVALID_BLOB");
    verdict = co_await t.confirmation(blob.blob_id(), std::nullopt);
    EXPECT_EQ(verdict, "400 NOT_REGISTERED");
}

TEST_F(NodeTest, AnInvalidBlobIsNotTakenAndNotConfirmed) {
    run(invalid_blob(*this));
}

// What a proxy between ledger and node may try. Each must stop the node from signing.
struct Tampering {
    const char* name;
    std::function<void(NodeTest&, rpc::BlockMessage&)> tamper;
};

Task tampered_stream(NodeTest& t, Tampering tampering) {
    co_await t.start();
    const EncodedBlob blob = t.encode(500, 1);
    const EncodedBlob wanted = t.encode(500, 2);  // what the proxy wants registered
    const BlobId id = blob.blob_id();
    t.ledger.add_block(t.registered(blob, false, 1));
    co_await t.seen_all();
    co_await t.upload(blob, "201");
    std::string verdict = co_await t.confirmation(id, std::nullopt);
    EXPECT_EQ(verdict, "200");

    t.ledger.tamper = [&](rpc::BlockMessage& block) { tampering.tamper(t, block); };
    t.ledger.add_block(t.registered(blob, true, 5));
    std::string health;
    for (int i = 0; i < 400 && health.find("LedgerNotTrusted") == std::string::npos; ++i) {
        co_await io::sleep_ms(t.environment.loop, 5);
        health = co_await t.health();
    }
    EXPECT_NE(health.find("LedgerNotTrusted"), std::string::npos) << tampering.name;
    EXPECT_NE(health.find("block stream not believed: "), std::string::npos);
    verdict = co_await t.confirmation(id, std::nullopt);
    EXPECT_EQ(verdict, "503 UNAVAILABLE");
    verdict = co_await t.put_metadata(wanted);
    EXPECT_EQ(verdict, "400 NOT_REGISTERED");
    co_await t.expect_served(blob);

    // The proxy is gone: the stream continues where the last good block was.
    t.ledger.tamper = nullptr;
    co_await t.seen_all();
    verdict = co_await t.confirmation(id, std::nullopt);
    EXPECT_EQ(verdict, "200");
}

class TamperTest : public NodeTest, public testing::WithParamInterface<int> {};

TEST_P(TamperTest, StopsTheNodeFromSigningUntilItIsOver) {
    const Tampering tamperings[] = {
        {"inserts an event",
         [](NodeTest& t, rpc::BlockMessage& block) {
             const EncodedBlob wanted = t.encode(500, 2);
             const auto event = t.registered(wanted, false, 9);
             block.transactions[0].events.push_back(t.ledger.make_event(event));
         }},
        {"drops an event",
         [](NodeTest&, rpc::BlockMessage& block) { block.transactions[0].events.clear(); }},
        {"changes an event",
         [](NodeTest&, rpc::BlockMessage& block) {
             block.transactions[0].events[0].contents[4] ^= 1;
         }},
        {"changes a transaction's digest",
         [](NodeTest&, rpc::BlockMessage& block) { block.transactions[0].digest.bytes[7] ^= 1; }},
        {"breaks the seal",
         [](NodeTest&, rpc::BlockMessage& block) { block.sealed_header.back() ^= 1; }},
        {"skips a block", [](NodeTest&, rpc::BlockMessage& block) { block.seq += 1; }},
        {"sends an old header",
         [](NodeTest& t, rpc::BlockMessage& block) {
             block.sealed_header = t.ledger.blocks[0].sealed_header;
         }},
        {"sends garbage",
         [](NodeTest&, rpc::BlockMessage& block) { block.sealed_header = Bytes(40, 7); }},
        {"sends another block's content under a fresh seal of its own",
         [](NodeTest& t, rpc::BlockMessage& block) {
             FakeLedger forger(t.environment.loop);
             forger.key = *AccountKey::from_secret(SignatureScheme::Ed25519, Bytes(32, 0x43));
             const EncodedBlob wanted = t.encode(500, 2);
             forger.seal(t.ledger.blocks[0].transactions);
             forger.add_block(t.registered(wanted, false, 9));
             block = forger.blocks[1];
         }},
    };
    const Tampering& tampering = tamperings[GetParam()];
    SCOPED_TRACE(tampering.name);
    run(tampered_stream(*this, tampering));
}

INSTANTIATE_TEST_SUITE_P(Proxy, TamperTest, testing::Range(0, 9));

Task ledger_that_forgot(NodeTest& t) {
    co_await t.start();
    const EncodedBlob blob = t.encode(500, 1);
    t.ledger.add_block(t.registered(blob, false, 1));
    co_await t.seen_all();
    // The ledger starts again with less than the node has seen.
    t.ledger.blocks.clear();
    std::string health;
    for (int i = 0; i < 400 && health.find("LedgerNotTrusted") == std::string::npos; ++i) {
        co_await io::sleep_ms(t.environment.loop, 5);
        health = co_await t.health();
    }
    EXPECT_NE(health.find("LedgerNotTrusted"), std::string::npos);
}

TEST_F(NodeTest, ALedgerThatLostBlocksIsNotBelieved) {
    run(ledger_that_forgot(*this));
}

Task restart_without_ledger(NodeTest& t) {
    co_await t.start();
    const EncodedBlob blob = t.encode(3000, 1);
    t.ledger.add_block(t.registered(blob, false, 1));
    co_await t.seen_all();
    co_await t.upload(blob, "201");
    co_await t.stop();
    t.ledger.reachable = false;
    co_await t.start();
    // Reads go on; nothing is signed.
    co_await t.expect_served(blob);
    std::string verdict = co_await t.confirmation(blob.blob_id(), std::nullopt);
    EXPECT_EQ(verdict, "503 UNAVAILABLE");
    std::string health = co_await t.health();
    EXPECT_NE(health.find("no connection to the ledger"), std::string::npos);
    t.ledger.reachable = true;
    const bool ready = co_await t.node->wait_ready(10'000'000);
    EXPECT_TRUE(ready);
    verdict = co_await t.confirmation(blob.blob_id(), std::nullopt);
    EXPECT_EQ(verdict, "200");
}

TEST_F(NodeTest, ARestartedNodeServesReadsWhileTheLedgerIsAway) {
    run(restart_without_ledger(*this));
}

Task first_start_without_ledger(NodeTest& t) {
    t.ledger.reachable = false;
    co_await t.start();
    const EncodedBlob blob = t.encode(30, 1);
    std::string verdict = co_await t.put_metadata(blob);
    EXPECT_EQ(verdict, "503 UNAVAILABLE");
    const bool ready = co_await t.node->wait_ready(50'000);
    EXPECT_FALSE(ready);
    const std::string health = co_await t.health();
    EXPECT_NE(health.find(R"("nodeStatus":"Standby")"), std::string::npos);
}

TEST_F(NodeTest, AFreshNodeWithoutLedgerSaysSo) {
    run(first_start_without_ledger(*this));
}

Task confirm_then_cut(NodeTest& t) {
    co_await t.start();
    std::vector<EncodedBlob> confirmed;
    for (int round = 0; round < 200; ++round) {
        const auto number = static_cast<std::uint64_t>(round);
        EncodedBlob blob = t.encode(2000, static_cast<Byte>(round));
        EncodedBlob unconfirmed = t.encode(2001, static_cast<Byte>(round));
        t.ledger.add_block(t.registered(blob, false, number),
                           t.registered(unconfirmed, false, 1000 + number));
        co_await t.seen_all();
        co_await t.upload(blob, "201");
        const std::string verdict = co_await t.confirmation(blob.blob_id(), std::nullopt);
        EXPECT_EQ(verdict, "200");
        const std::string ahead = co_await t.put_metadata(unconfirmed);
        EXPECT_EQ(ahead, "201");
        confirmed.push_back(std::move(blob));
        co_await t.power_cut(number);
        co_await t.expect_served(confirmed.back());
        co_await t.expect_served(confirmed[number / 2]);
        const std::string again = co_await t.confirmation(confirmed.back().blob_id(), std::nullopt);
        EXPECT_EQ(again, "200");
    }
    for (const EncodedBlob& blob : confirmed) co_await t.expect_served(blob);
}

TEST_F(NodeTest, WhatWasConfirmedSurvivesTwoHundredPowerCuts) {
    run(confirm_then_cut(*this));
}

Task full_disk(NodeTest& t) {
    t.limits.disk_reserve_bytes = 100'000;
    co_await t.start();
    const EncodedBlob small = t.encode(100, 1);
    const EncodedBlob blob = t.encode(100'000, 2);
    t.ledger.add_block(t.registered(small, false, 1), t.registered(blob, false, 2));
    co_await t.seen_all();
    co_await t.upload(small, "201");
    t.files.set_capacity(t.files.used_bytes() + 110'000);
    std::string verdict = co_await t.put_metadata(blob);
    EXPECT_EQ(verdict, "201");
    const SliverPairIndex pair = t.own_pairs(blob.blob_id())[0];
    verdict = co_await t.put_sliver(blob, pair, Axis::Primary);
    EXPECT_EQ(verdict, "503 STORAGE_FULL");
    // The rest goes on: confirming what is there, serving, following the ledger.
    verdict = co_await t.confirmation(small.blob_id(), std::nullopt);
    EXPECT_EQ(verdict, "200");
    co_await t.expect_served(small);
    const EncodedBlob third = t.encode(40, 3);
    t.ledger.add_block(t.registered(third, false, 3));
    co_await t.seen_all();
    t.files.set_capacity(std::nullopt);
    verdict = co_await t.put_sliver(blob, pair, Axis::Primary);
    EXPECT_EQ(verdict, "201");
}

TEST_F(NodeTest, AFullDiskRefusesUploadsOnly) {
    run(full_disk(*this));
}

Task broken_sync(NodeTest& t) {
    co_await t.start();
    const EncodedBlob blob = t.encode(100, 1);
    t.ledger.add_block(t.registered(blob, false, 1));
    co_await t.seen_all();
    co_await t.upload(blob, "201");
    t.files.set_fault([](auto operation, const std::string&) -> std::optional<io::IoError> {
        if (operation != io::MemoryFileSystem::Operation::Sync) return std::nullopt;
        return io::IoError{io::IoCode::Other, "the disk is broken"};
    });
    std::string verdict = co_await t.confirmation(blob.blob_id(), std::nullopt);
    EXPECT_NE(verdict, "200");
    t.files.set_fault({});
    verdict = co_await t.confirmation(blob.blob_id(), std::nullopt);
    EXPECT_EQ(verdict, "503 UNAVAILABLE");
    const std::string health = co_await t.health();
    EXPECT_NE(health.find("the disk cannot be written to"), std::string::npos);
}

TEST_F(NodeTest, NothingIsConfirmedAfterAFailedSync) {
    run(broken_sync(*this));
}

Task foreign_key(NodeTest& t) {
    t.ledger.set_committee({{t.node_id, t.other_key.public_key(), {0, 1, 2, 3, 4, 5, 6}}}, 7);
    t.ledger.reachable = false;
    co_await t.start();
    t.ledger.reachable = true;
    std::string health;
    for (int i = 0; i < 400 && health.find("LedgerNotTrusted") == std::string::npos; ++i) {
        co_await io::sleep_ms(t.environment.loop, 10);
        health = co_await t.health();
    }
    EXPECT_NE(health.find("another protocol key"), std::string::npos);
    EXPECT_FALSE(t.node->ready());
}

TEST_F(NodeTest, ACommitteeWithAnotherKeyForThisNodeIsReported) {
    run(foreign_key(*this));
}

Task over_tls(NodeTest& t) {
    const NetworkKey key = NetworkKey::from_seed(Bytes(32, 5));
    const NetworkKey wrong_key = NetworkKey::from_seed(Bytes(32, 6));
    t.network_key_pem = key.to_pem();
    t.allow_plain = false;
    co_await t.start();
    const EncodedBlob blob = t.encode(100'000, 1);
    t.ledger.add_block(t.registered(blob, false, 1));
    nodeapi::NodeAddress address;
    address.network_address = "127.0.0.1:" + std::to_string(t.node->port());
    address.network_key = key.public_key();
    const auto client = nodeapi::NodeClient::make(t.environment, *t.http, address);
    nodeapi::NodeCall call;
    const auto health = co_await client->health(call);
    EXPECT_TRUE(health) << (health ? "" : health.error().message);
    Bytes metadata = blob.metadata().encode();
    const auto put = co_await client->put_metadata(blob.blob_id(), metadata, call);
    EXPECT_TRUE(put) << (put ? "" : put.error().message);
    address.network_key = wrong_key.public_key();
    const auto deceived = nodeapi::NodeClient::make(t.environment, *t.http, address);
    const auto refused = co_await deceived->health(call);
    EXPECT_FALSE(refused);
    EXPECT_EQ(refused.error().code, nodeapi::NodeCode::Untrusted);
    address.network_key.reset();
    const auto plain = nodeapi::NodeClient::make(t.environment, *t.http, address);
    const auto silent = co_await plain->health(call);
    EXPECT_FALSE(silent);
}

TEST_F(NodeTest, TlsWithTheRightKeyOnly) {
    run(over_tls(*this));
}

Task bad_configs(NodeTest& t) {
    NodeConfig config{.protocol_key = t.protocol_key};
    auto refused = co_await Node::start(t.environment, config, *t.metrics);
    EXPECT_EQ(refused.error().code, StartCode::InvalidConfig);
    config.storage_dir = "/node";
    refused = co_await Node::start(t.environment, config, *t.metrics);
    EXPECT_EQ(refused.error().code, StartCode::InvalidConfig);
    config.allow_plain_http = true;
    config.ledger_url = "nonsense";
    refused = co_await Node::start(t.environment, config, *t.metrics);
    EXPECT_EQ(refused.error().code, StartCode::InvalidConfig);
    co_await t.start();
    config.ledger_url = "http://127.0.0.1:1";
    refused = co_await Node::start(t.environment, config, *t.metrics);
    EXPECT_EQ(refused.error().code, StartCode::InUse);
    co_await t.stop();
    config.listen.port = 0;
    const Bytes newer = to_bytes("walrus node store 99\n");
    const auto written = t.files.write_file("/node/FORMAT", newer);
    EXPECT_TRUE(written);
    refused = co_await Node::start(t.environment, config, *t.metrics);
    EXPECT_EQ(refused.error().code, StartCode::UnknownFormat);
}

TEST_F(NodeTest, ConfigurationsThatCannotWorkAreRefused) {
    run(bad_configs(*this));
}

}  // namespace
}  // namespace walrus::node
