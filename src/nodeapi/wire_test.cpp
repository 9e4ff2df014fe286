// SPDX-License-Identifier: Apache-2.0
#include "nodeapi/wire.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"

namespace walrus::nodeapi {
namespace {

std::string body_of(const http::Response& response) {
    return std::string(as_text(std::get<Bytes>(response.body)));
}

EventId event() {
    EventId id;
    id.transaction.bytes.fill(0x11);
    id.sequence = 7;
    return id;
}

TEST(NodeWire, PathsAreTheReferences) {
    BlobId id;
    id.bytes.fill(0xff);
    const std::string text = "__________________________________________8";
    EXPECT_EQ(metadata_path(id), "/v1/blobs/" + text + "/metadata");
    EXPECT_EQ(sliver_path(id, SliverPairIndex(12), Axis::Secondary),
              "/v1/blobs/" + text + "/slivers/12/secondary");
    EXPECT_EQ(confirmation_path(id, std::nullopt), "/v1/blobs/" + text + "/confirmation/permanent");
    ObjectId object;
    object.bytes[31] = 5;
    EXPECT_EQ(confirmation_path(id, object),
              "/v1/blobs/" + text + "/confirmation/deletable/0x" + std::string(63, '0') + "5");
}

TEST(NodeWire, BlobStatusHasTheReferencesKeysInItsOrder) {
    const std::string digest = to_text(event().transaction);
    const std::string event_json = R"({"txDigest":")" + digest + R"(","eventSeq":"7"})";
    const std::pair<BlobStatus, std::string> cases[] = {
        {BlobNonexistent{}, R"("nonexistent")"},
        {BlobInvalid{event()}, R"({"invalid":{"event":)" + event_json + "}}"},
        {BlobPermanent{9, true, event(), {2, 1}, 3},
         R"({"permanent":{"endEpoch":9,"isCertified":true,"statusEvent":)" + event_json +
             R"(,"deletableCounts":{"count_deletable_total":2,"count_deletable_certified":1},)"
             R"("initialCertifiedEpoch":3}})"},
        {BlobPermanent{9, false, event(), {}, std::nullopt},
         R"({"permanent":{"endEpoch":9,"isCertified":false,"statusEvent":)" + event_json +
             R"(,"deletableCounts":{"count_deletable_total":0,"count_deletable_certified":0},)"
             R"("initialCertifiedEpoch":null}})"},
        {BlobDeletable{std::nullopt, {1, 0}},
         R"({"deletable":{"initialCertifiedEpoch":null,"deletableCounts":)"
         R"({"count_deletable_total":1,"count_deletable_certified":0}}})"},
    };
    for (const auto& [status, json] : cases) {
        EXPECT_EQ(to_json(status), json);
        EXPECT_EQ(blob_status_from_json(json), status);
    }
}

TEST(NodeWire, MalformedStatusesAreRefused) {
    for (
        const std::string json :
        {"", "{", "null", "17", "[]", R"("stored")", R"({"permanent":{}})", R"({"permanent":5})",
         R"({"invalid":{"event":{"txDigest":"!!","eventSeq":"7"}}})",
         R"({"deletable":{"deletableCounts":{"count_deletable_total":-1,"count_deletable_certified":0}}})",
         R"({"deletable":{"deletableCounts":{"count_deletable_total":4294967296,"count_deletable_certified":0}}})"})
        EXPECT_FALSE(blob_status_from_json(json)) << json;
}

TEST(NodeWire, ErrorsHaveTheReferencesEnvelope) {
    const http::Response response =
        error_response({Reason::NotRegistered, "blob \"x\" is not registered"});
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(body_of(response),
              R"({"error":{"status":"FAILED_PRECONDITION","code":400,)"
              R"("message":"blob \"x\" is not registered","details":[{"@type":"ErrorInfo",)"
              R"("reason":"NOT_REGISTERED","domain":"storage.walrus.space","metadata":{}}]}})");
    // What went wrong inside is nobody's business; a busy node says when to come back.
    const http::Response internal = error_response({Reason::Internal, "secret path"});
    EXPECT_EQ(internal.status, 500);
    EXPECT_EQ(body_of(internal).find("secret"), std::string::npos);
    const http::Response busy = error_response({Reason::Unavailable, "busy"});
    EXPECT_EQ(busy.status, 503);
    EXPECT_TRUE(busy.headers.get("Retry-After"));
}

TEST(NodeWire, EveryReasonComesBackAsTheCallersReaction) {
    const std::pair<Reason, NodeCode> cases[] = {
        {Reason::MetadataNotFound, NodeCode::NotFound},
        {Reason::MetadataMissing, NodeCode::Refused},
        {Reason::SliverNotFound, NodeCode::NotFound},
        {Reason::ShardNotAssigned, NodeCode::Refused},
        {Reason::NotRegistered, NodeCode::NotRegistered},
        {Reason::InvalidSliver, NodeCode::Refused},
        {Reason::MissingSlivers, NodeCode::MissingSlivers},
        {Reason::BodyTooLarge, NodeCode::Refused},
        {Reason::Unavailable, NodeCode::Overloaded},
        {Reason::StorageFull, NodeCode::NoSpace},
        {Reason::Internal, NodeCode::Broken},
    };
    for (const auto& [reason, code] : cases) {
        const http::Response response = error_response({reason, "why"});
        const NodeError error = node_error(response.status, as_bytes(body_of(response)));
        EXPECT_EQ(error.code, code) << text_of(reason);
        EXPECT_EQ(error.detail.reason, text_of(reason));
        EXPECT_EQ(error.detail.http_status, response.status);
    }
}

TEST(NodeWire, ErrorsThatAreNotOursAreRead) {
    EXPECT_EQ(node_error(404, as_bytes("<html>")).code, NodeCode::NotFound);
    EXPECT_EQ(node_error(451, {}).code, NodeCode::Blocked);
    EXPECT_EQ(node_error(429, as_bytes("{}")).code, NodeCode::Overloaded);
    EXPECT_EQ(node_error(302, as_bytes("{}")).code, NodeCode::Broken);
    EXPECT_EQ(node_error(400, as_bytes(R"({"error":{"details":{"reason":5}}})")).code,
              NodeCode::Refused);
    EXPECT_EQ(node_error({io::IoCode::Untrusted, "key"}).code, NodeCode::Untrusted);
    EXPECT_EQ(node_error({io::IoCode::Refused, ""}).code, NodeCode::Unreachable);
    EXPECT_EQ(node_error({io::IoCode::Malformed, ""}).code, NodeCode::Broken);
    EXPECT_EQ(node_error({io::IoCode::Cancelled, ""}).code, NodeCode::Cancelled);
}

TEST(NodeWire, SuccessEnvelopeRoundTrips) {
    const http::Response response = success_response(201, json_string("metadata \"stored\""));
    EXPECT_EQ(body_of(response), R"({"success":{"code":201,"data":"metadata \"stored\""}})");
    EXPECT_EQ(success_data(as_bytes(body_of(response))), R"("metadata \"stored\"")");
    EXPECT_FALSE(success_data(as_bytes("{}")));
    EXPECT_FALSE(success_data(as_bytes("\xff\xfe")));
}

TEST(NodeWire, StoredStatusIsLowerCaseAndReadInAnyCase) {
    EXPECT_EQ(text_of(StoredStatus::Buffered), "buffered");
    EXPECT_EQ(stored_status_from_json(R"("Stored")"), StoredStatus::Stored);
    EXPECT_EQ(stored_status_from_json(R"("nonexistent")"), StoredStatus::Nonexistent);
    EXPECT_FALSE(stored_status_from_json(R"("gone")"));
    EXPECT_FALSE(stored_status_from_json("1"));
}

TEST(NodeWire, ConfirmationRoundTrips) {
    attest::SignedMessage message;
    message.message = {1, 0, 3, 9};
    message.signature.bytes.fill(0xab);
    const std::string json = to_json(attest::StorageConfirmation(message));
    EXPECT_TRUE(json.starts_with(R"({"signed":{"serializedMessage":"AQADCQ==","signature":")"));
    const auto back = confirmation_from_json(json);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->signed_message(), message);
    EXPECT_FALSE(confirmation_from_json(
        R"({"signed":{"serializedMessage":"AQADCQ==","signature":"AA=="}})"));
    EXPECT_FALSE(confirmation_from_json(R"({"signed":{}})"));
}

TEST(NodeWire, HealthRoundTrips) {
    HealthInfo info;
    info.uptime_us = 12'345'678;
    info.epoch = 4;
    info.node_status = "Active";
    info.events_persisted = 9;
    info.shards_owned = 10;
    info.shard_detail = {ShardIndex(3)};
    const std::string json = to_json(info);
    EXPECT_NE(json.find(R"("uptime":{"secs":12,"nanos":345678000})"), std::string::npos);
    EXPECT_NE(json.find(R"("shardDetail":{"owned":[{"shard":3,"status":"ready"}])"),
              std::string::npos);
    const auto health = health_from_json(json);
    ASSERT_TRUE(health);
    EXPECT_EQ(health->uptime_s, 12u);
    EXPECT_EQ(health->epoch, 4u);
    EXPECT_EQ(health->node_status, "Active");
    EXPECT_EQ(health->events_persisted, 9u);
    EXPECT_EQ(health->shards_owned, 10u);
    EXPECT_FALSE(health_from_json("{}"));
}

}  // namespace
}  // namespace walrus::nodeapi
