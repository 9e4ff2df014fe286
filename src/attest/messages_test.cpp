// SPDX-License-Identifier: Apache-2.0
#include "attest/messages.hpp"

#include <gtest/gtest.h>

#include "attest/signed_message.hpp"
#include "base/text.hpp"

namespace walrus::attest {
namespace {

template <class Id>
Id filled(Byte byte) {
    Id id;
    id.bytes.fill(byte);
    return id;
}
bls::SecretKey key_of(Byte seed) {
    return *bls::SecretKey::from_seed(Bytes(32, seed));
}

const StoredBlob kPermanent{.blob_id = filled<BlobId>(7), .persistence = {}};
const StoredBlob kDeletable{.blob_id = filled<BlobId>(7),
                            .persistence = BlobPersistence::deletable(filled<ObjectId>(9))};

/// Builds, parses, and checks sizes and refusals that hold for every kind.
template <class Body>
void check_kind(const Body& body, std::uint8_t type, std::size_t size) {
    SCOPED_TRACE(static_cast<int>(type));
    const auto message = build_message(21, body);
    EXPECT_EQ(message.size(), size);
    const auto header = read_header(message);
    ASSERT_TRUE(header.has_value());
    EXPECT_EQ(header->type, type);
    EXPECT_EQ(header->version, 0);
    EXPECT_EQ(header->app, 3);
    EXPECT_EQ(header->epoch, 21u);
    const auto parsed = parse_message<Body>(message);
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(parsed->epoch, 21u);
    EXPECT_EQ(parsed->body, body);
    EXPECT_EQ(build_message(parsed->epoch, parsed->body), message);

    for (std::size_t cut = 0; cut < size; ++cut)
        EXPECT_EQ(parse_message<Body>(ByteView(message).first(cut)).error(), MessageError::TooShort)
            << cut;
    auto longer = message;
    longer.push_back(0xaa);
    EXPECT_EQ(parse_message<Body>(longer).error(), MessageError::TrailingBytes);
    EXPECT_EQ(parse_message<Body>(longer, Trailing::Ignore).value(), *parsed);
    EXPECT_EQ(parse_body<Body>(ByteView(longer).subspan(kHeaderBytes)).value(), body);

    auto other = message;
    other[0] = type == 6 ? 0 : static_cast<Byte>(type + 1);
    EXPECT_EQ(parse_message<Body>(other).error(), MessageError::IncorrectType);
    other = message;
    other[1] = 1;
    EXPECT_EQ(parse_message<Body>(other).error(), MessageError::IncorrectVersion);
    other = message;
    other[2] = 0;
    EXPECT_EQ(parse_message<Body>(other).error(), MessageError::IncorrectApp);
    // Every bit of header and body means something.
    for (std::size_t bit = 0; bit < 8 * size; ++bit) {
        other = message;
        other[bit / 8] ^= static_cast<Byte>(1u << (bit % 8));
        const auto flipped = parse_message<Body>(other);
        EXPECT_TRUE(!flipped || *flipped != *parsed) << bit;
    }
}

TEST(Messages, EveryKindHasItsLayout) {
    check_kind(ProofOfPossession{.sender = filled<Address>(1),
                                 .public_key = key_of(1).public_key().to_bytes()},
               0, 87);
    check_kind(kPermanent, 1, 40);
    check_kind(kDeletable, 1, 72);
    check_kind(InvalidBlobId{.blob_id = filled<BlobId>(3)}, 2, 39);
    check_kind(SyncShardRequest{.shard = ShardIndex(0x1234),
                                .axis = Axis::Secondary,
                                .starting_blob_id = filled<BlobId>(4),
                                .sliver_count = 0x1122334455667788,
                                .epoch = 20},
               3, 55);
    check_kind(
        DenyListUpdate{
            .node_id = filled<NodeId>(5), .sequence = 17, .size = 18, .root = filled<Digest>(6)},
        4, 87);
    check_kind(DenyListBlobDeleted{.blob_id = filled<BlobId>(8)}, 5, 39);
    check_kind(ProtocolVersion{.start_epoch = 22, .protocol_version = 5}, 6, 19);
}

TEST(Messages, ExampleOfTheSpecification) {
    std::string expected = "01000315000000";
    for (int i = 0; i < 32; ++i) expected += "07";
    EXPECT_EQ(hex_encode(build_message(21, kPermanent)), expected + "00");
    std::string object;
    for (int i = 0; i < 32; ++i) object += "09";
    EXPECT_EQ(hex_encode(build_message(21, kDeletable)), expected + "01" + object);
}

TEST(Messages, SyncShardRequestBytes) {
    const SyncShardRequest body{.shard = ShardIndex(0x0102),
                                .axis = Axis::Secondary,
                                .starting_blob_id = {},
                                .sliver_count = 3,
                                .epoch = 4};
    EXPECT_EQ(hex_encode(build_message(5, body)),
              "03000305000000"  // header
              "00"              // V1
              "0201"
              "01" +  // shard, axis
                  std::string(64, '0') +
                  "0300000000000000"
                  "04000000");
}

TEST(Messages, UnknownTagsAreRefused) {
    auto message = build_message(1, kPermanent);
    for (const Byte tag : {2, 3, 255}) {
        message[39] = tag;
        EXPECT_EQ(parse_message<StoredBlob>(message).error(), MessageError::InvalidPersistence);
        EXPECT_EQ(parse_message<StoredBlob>(message, Trailing::Ignore).error(),
                  MessageError::InvalidPersistence);
    }
    auto request = build_message(1, SyncShardRequest{});
    request[7] = 1;  // version
    EXPECT_EQ(parse_message<SyncShardRequest>(request).error(), MessageError::InvalidBody);
    request = build_message(1, SyncShardRequest{});
    request[10] = 2;  // axis
    EXPECT_EQ(parse_message<SyncShardRequest>(request).error(), MessageError::InvalidBody);
}

TEST(Messages, PersistenceIsAnOptionInBcs) {
    EXPECT_EQ(hex_encode(bcs::encode(kPermanent.persistence)), "00");
    EXPECT_EQ(bcs::encode(kDeletable.persistence).size(), 33u);
    EXPECT_EQ(bcs::decode<BlobPersistence>(bcs::encode(kDeletable.persistence)).value(),
              kDeletable.persistence);
}

TEST(SignedMessage, VerifiesOnlyWhatIsExpected) {
    const auto key = key_of(2);
    const auto good = sign_statement(key, 21, kDeletable);
    const auto check = [&](const SignedMessage& message, const bls::PublicKey& by, Epoch epoch,
                           const StoredBlob& expected) {
        return verify_statement(message, by, epoch, expected);
    };
    const auto public_key = key.public_key();
    EXPECT_TRUE(check(good, public_key, 21, kDeletable).has_value());
    EXPECT_EQ(check(good, public_key, 22, kDeletable).error(), MessageError::IncorrectEpoch);
    EXPECT_EQ(check(good, public_key, 21, kPermanent).error(), MessageError::WrongContent);
    auto other = kDeletable;
    other.blob_id.bytes[31] ^= 1;
    EXPECT_EQ(check(good, public_key, 21, other).error(), MessageError::WrongContent);
    other = kDeletable;
    other.persistence.deletable_object->bytes[0] ^= 1;
    EXPECT_EQ(check(good, public_key, 21, other).error(), MessageError::WrongContent);
    EXPECT_EQ(check(good, key_of(3).public_key(), 21, kDeletable).error(),
              MessageError::BadSignature);
    auto forged = good;
    forged.signature.bytes[40] ^= 1;
    EXPECT_EQ(check(forged, public_key, 21, kDeletable).error(), MessageError::BadSignature);
    forged = good;
    forged.message.push_back(0);
    EXPECT_EQ(check(forged, public_key, 21, kDeletable).error(), MessageError::TrailingBytes);
    EXPECT_EQ(check(sign_statement(key, 21, InvalidBlobId{.blob_id = kDeletable.blob_id}),
                    public_key, 21, kDeletable)
                  .error(),
              MessageError::IncorrectType);
}

TEST(SignedMessage, BcsLayouts) {
    const auto message = sign_statement(key_of(2), 21, kPermanent);
    const auto bytes = bcs::encode(message);
    EXPECT_EQ(hex_encode(bytes),
              "28" + hex_encode(message.message) + hex_encode(message.signature.bytes));
    EXPECT_EQ(bcs::decode<SignedMessage>(bytes).value(), message);

    const StorageConfirmation confirmation(message);
    const auto tagged = bcs::encode(confirmation);
    EXPECT_EQ(hex_encode(tagged), "00" + hex_encode(bytes));
    EXPECT_EQ(bcs::decode<StorageConfirmation>(tagged).value(), confirmation);
    auto unknown = tagged;
    unknown[0] = 1;
    EXPECT_EQ(bcs::decode<StorageConfirmation>(unknown).error(), bcs::Error::UnknownVariant);
    for (std::size_t cut = 0; cut < tagged.size(); ++cut)
        EXPECT_FALSE(bcs::decode<StorageConfirmation>(ByteView(tagged).first(cut)).has_value());
    auto longer = tagged;
    longer.push_back(0);
    EXPECT_EQ(bcs::decode<StorageConfirmation>(longer).error(), bcs::Error::TrailingBytes);
}

TEST(ProofOfPossession, IsBoundToKeySenderAndEpoch) {
    const auto key = key_of(4);
    const auto sender = filled<Address>(0x11);
    const auto proof = prove_possession(key, 8, sender);
    EXPECT_TRUE(verify_possession(key.public_key(), 8, sender, proof));
    EXPECT_FALSE(verify_possession(key.public_key(), 9, sender, proof));
    EXPECT_FALSE(verify_possession(key.public_key(), 8, filled<Address>(0x12), proof));
    EXPECT_FALSE(verify_possession(key_of(5).public_key(), 8, sender, proof));
    EXPECT_FALSE(
        verify_possession(key.public_key(), 8, sender, prove_possession(key_of(5), 8, sender)));
}

}  // namespace
}  // namespace walrus::attest
