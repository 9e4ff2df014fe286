// SPDX-License-Identifier: Apache-2.0
// The suites signed_messages and certificates of test/vectors/chain.json, every case of them.
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "attest/certificate.hpp"
#include "base/text.hpp"

namespace walrus::attest {
namespace {

using nlohmann::json;

const json& suite(const std::string& name) {
    static const json file = [] {
        std::ifstream in(WALRUS_SOURCE_DIR "/test/vectors/chain.json");
        EXPECT_TRUE(in.is_open());
        return json::parse(in, nullptr, false);
    }();
    static const json none;
    EXPECT_TRUE(file.is_object()) << "test/vectors/chain.json cannot be read";
    if (!file.is_object()) return none;
    for (const auto& each : file["suites"])
        if (each["suite"] == name) return each;
    ADD_FAILURE() << "no suite " << name;
    return none;
}

/// A case with a field that its runner does not read would be run only in part.
void expect_known_fields(const json& item, const std::set<std::string>& known) {
    for (const auto& [field, value] : item.items())
        EXPECT_TRUE(known.contains(field)) << "unknown field " << field << " in " << item.dump();
}

Bytes hex(const json& text) {
    auto bytes = hex_decode(text.get<std::string>());
    EXPECT_TRUE(bytes.has_value()) << text;
    return bytes.value_or(Bytes{});
}
bls::SecretKey small_key(std::uint64_t scalar) {
    std::array<Byte, 32> bytes{};
    store_be(bytes.data() + 24, scalar);
    return *bls::SecretKey::parse(bytes);
}
template <class Id>
Id big_endian(std::uint64_t value) {
    Id id;
    store_be(id.bytes.data() + 24, value);
    return id;
}
/// Blob ids and roots are u256, least significant byte first.
template <class Id>
Id little_endian(std::uint64_t low, std::uint64_t high = 0) {
    Id id;
    store_le(id.bytes.data(), low);
    store_le(id.bytes.data() + 8, high);
    return id;
}

/// Builds the message that a case's name describes and checks that it reads back.
template <class Body>
std::function<Bytes()> statement(Epoch epoch, Body body) {
    return [=] {
        const auto message = build_message(epoch, body);
        const auto parsed = parse_message<Body>(message);
        EXPECT_TRUE(parsed.has_value() && parsed->epoch == epoch && parsed->body == body);
        return message;
    };
}

TEST(Vectors, SignedMessages) {
    constexpr std::uint64_t kDeadBeef = 0xdeadbeefdeadbeef;
    const auto blob = little_endian<BlobId>(kDeadBeef, kDeadBeef);
    const std::map<std::string, std::function<Bytes()>> scenarios = {
        {"proof_of_possession epoch=0 sender=0x..01 key=pk(1)",
         statement(0, ProofOfPossession{.sender = big_endian<Address>(1),
                                        .public_key = small_key(1).public_key().to_bytes()})},
        {"blob certificate, permanent, epoch=42, blob_id=0xdeadbeefdeadbeefdeadbeefdeadbeef",
         statement(42, StoredBlob{.blob_id = blob, .persistence = BlobPersistence::permanent()})},
        {"blob certificate, deletable, epoch=42, blob_id as above, object id 0x..2a",
         statement(42, StoredBlob{.blob_id = blob,
                                  .persistence =
                                      BlobPersistence::deletable(big_endian<ObjectId>(0x2a))})},
        {"invalid blob id, epoch=5, blob_id=0xC0FFEE",
         statement(5, InvalidBlobId{.blob_id = little_endian<BlobId>(0xc0ffee)})},
        {"deny list update epoch=1 node=0x..01 seq=1 size=1 root=1",
         statement(1, DenyListUpdate{.node_id = big_endian<NodeId>(1),
                                     .sequence = 1,
                                     .size = 1,
                                     .root = little_endian<Digest>(1)})},
        {"deny list blob deleted epoch=1 blob_id=1",
         statement(1, DenyListBlobDeleted{.blob_id = little_endian<BlobId>(1)})},
        {"protocol version epoch=1 start_epoch=2 version=1",
         statement(1, ProtocolVersion{.start_epoch = 2, .protocol_version = 1})},
    };
    const auto& messages = suite("signed_messages");
    EXPECT_EQ(hex_encode(small_key(117).public_key().to_bytes()),
              messages["pk_of_scalar_117"].get<std::string>());
    std::size_t run = 0;
    for (const auto& item : messages["cases"]) {
        const auto name = item["name"].get<std::string>();
        SCOPED_TRACE(name);
        expect_known_fields(item, {"name", "message_hex", "signer_sk", "signer_pk", "signature",
                                   "valid", "origin"});
        const auto scenario = scenarios.find(name);
        if (scenario == scenarios.end()) {
            ADD_FAILURE() << "no scenario for this case";
            continue;
        }
        const auto message = scenario->second();
        EXPECT_EQ(hex_encode(message), item["message_hex"].get<std::string>());
        const auto key = small_key(item["signer_sk"].get<std::uint64_t>());
        EXPECT_EQ(hex_encode(key.public_key().to_bytes()), item["signer_pk"].get<std::string>());
        EXPECT_EQ(hex_encode(key.sign(message).bytes), item["signature"].get<std::string>());
        const auto public_key = bls::PublicKey::parse(hex(item["signer_pk"]));
        const auto signature = bls::Signature::from(hex(item["signature"]));
        ASSERT_TRUE(public_key.has_value() && signature.has_value());
        EXPECT_EQ(bls::verify(*public_key, message, *signature), item["valid"].get<bool>());
        ++run;
    }
    EXPECT_EQ(run, scenarios.size());
}

std::string ledger_error(CertificateError error) {
    switch (error) {
        case CertificateError::InvalidBitmap:
            return "bls_aggregate::EInvalidBitmap(0)";
        case CertificateError::NotEnoughStake:
            return "bls_aggregate::ENotEnoughStake(2)";
        case CertificateError::SigVerification:
            return "bls_aggregate::ESigVerification(1)";
        case CertificateError::IncorrectEpoch:
            return "messages::EIncorrectEpoch(1)";
        case CertificateError::IncorrectAppId:
            return "messages::EIncorrectAppId(0)";
        case CertificateError::IncorrectIntentVersion:
            return "messages::EIncorrectIntentVersion(3)";
        case CertificateError::MessageTooShort:
            return "out of range";
    }
    return "unknown";
}

TEST(Vectors, Certificates) {
    const auto& certificates = suite("certificates");
    const auto message = hex(certificates["message_hex"]);
    std::size_t run = 0;
    for (const auto& item : certificates["cases"]) {
        SCOPED_TRACE(item.dump());
        expect_known_fields(item, {"weights", "bitmap", "signature", "ok", "weight", "origin",
                                   "note", "error", "committee_epoch"});
        std::vector<CommitteeMember> members;
        for (const auto& key : certificates["committee_pks"]) {
            const auto index = members.size();
            const auto parsed = bls::PublicKey::parse(hex(key));
            ASSERT_TRUE(parsed.has_value());
            EXPECT_EQ(*parsed, small_key(index + 1).public_key());
            members.push_back({.public_key = *parsed,
                               .weight = item["weights"].at(index).get<std::uint16_t>(),
                               .node_id = big_endian<NodeId>(index + 1)});
        }
        ASSERT_EQ(members.size(), item["weights"].size());
        const auto epoch = item.value("committee_epoch", certificates["epoch"].get<Epoch>());
        const auto committee = BlsCommittee::make(epoch, members);
        ASSERT_TRUE(committee.has_value());
        const auto signature = hex(item["signature"]);
        const auto certified = verify_certificate(*committee, signature, hex(item["bitmap"]),
                                                  message, Threshold::Quorum);
        EXPECT_NE(item.contains("ok"), item.contains("error"));
        if (item.value("ok", false)) {
            ASSERT_TRUE(certified.has_value()) << ledger_error(certified.error());
            EXPECT_EQ(certified->weight, item["weight"].get<std::uint32_t>());
            EXPECT_TRUE(parse_body<StoredBlob>(certified->body).has_value());
        } else {
            ASSERT_FALSE(certified.has_value());
            EXPECT_EQ(ledger_error(certified.error()), item["error"].get<std::string>());
        }
        ++run;
    }
    EXPECT_EQ(run, certificates["cases"].size());
    EXPECT_GE(run, 9u);
}

}  // namespace
}  // namespace walrus::attest
