// SPDX-License-Identifier: Apache-2.0
// What storage nodes do on the system (spec/chain.md §3.2 to §3.6): event blobs, deny lists,
// protocol versions, invalid blob ids, subsidies by epoch. Each by a signed transaction.
#include <gtest/gtest.h>

#include "ledger/packages/node_rules.hpp"
#include "ledger/rules_testing.hpp"

namespace walrus::ledger {
namespace {

using testing::alice;
using testing::NodeLedger;
using testing::outcome;
using testing::Program;
using testing::rewards;
using testing::sample_blob;
using testing::TestLedger;
using testing::U64s;
using testing::used;

RegisterBlob event_blob(std::uint64_t number) {
    return sample_blob(number, 1000);
}
constexpr const char* kNotMember = "system_state_inner::ENotCommitteeMember(8)";

// ----------------------------------------------------------------------------------- event blobs

TEST(EventBlob, QuorumBooksRegistersAndCertifies) {
    NodeLedger t;
    const RegisterBlob blob = event_blob(1);
    for (std::size_t node = 0; node < 6; ++node) {
        const auto executed = t.attest_blob(node, blob, 10, 1);
        EXPECT_EQ(outcome(executed), "success");
        EXPECT_TRUE(executed.events.empty());
    }
    EXPECT_EQ(t.state().aggregate_weight_per_blob,
              (VecMap<EventBlob, std::uint16_t>{{EventBlob{blob.blob_id, 10}, 600}}));
    EXPECT_EQ(t.cap(0).last_event_blob_attestation, (EventBlobAttestation{10, 1}));
    const std::size_t objects = t.ledger.state.objects().size();
    const auto executed = t.attest_blob(6, blob, 10, 1);
    ASSERT_EQ(outcome(executed), "success");
    ASSERT_EQ(executed.events.size(), 2u);
    const auto registered = bcs::decode<BlobRegistered>(executed.events[0].contents);
    ASSERT_TRUE(registered.has_value());
    EXPECT_EQ(*registered,
              (BlobRegistered{1, blob.blob_id, 5'000'000, 1, 5, false, registered->object_id}));
    EXPECT_EQ(bcs::decode<BlobCertified>(executed.events[1].contents),
              (BlobCertified{1, blob.blob_id, 5, false, registered->object_id, false}));
    EXPECT_EQ(t.state(), (EventBlobCertificationState{EventBlob{blob.blob_id, 10}, {}}));
    EXPECT_EQ(used(t.ledger, 4), U64s(4, blob.encoded_bytes));
    EXPECT_EQ(t.ledger.system().used_capacity_size, blob.encoded_bytes);
    EXPECT_EQ(rewards(t.ledger, 4), U64s(4, 0));
    EXPECT_EQ(t.ledger.state.objects().size(), objects);  // the blob is burned at once
}

TEST(EventBlob, CapacityIsNotAsked) {
    NodeLedger t;
    SystemStateInnerV1 inner = t.ledger.system();
    inner.total_capacity_size = 1;
    t.ledger.set_system(inner);
    for (std::size_t node = 0; node < 7; ++node)
        EXPECT_EQ(t.attest(node, event_blob(1), 10), "success");
    EXPECT_EQ(t.latest(), 10u);
    EXPECT_GT(t.ledger.system().used_capacity_size, 1u);
}

TEST(EventBlob, ErrorsInTheirOrder) {
    NodeLedger t;
    t.expel(0);
    t.order.erase(t.order.begin());  // count the committee's nodes from 0 again
    NodeLedger outsider;
    outsider.expel(0);
    EXPECT_EQ(outcome(outsider.attest_blob(0, event_blob(1), 10, 7)), kNotMember);

    EXPECT_EQ(outcome(t.attest_blob(0, event_blob(1), 10, 2)),
              "system_state_inner::EInvalidIdEpoch(3)");
    EXPECT_EQ(t.attest(0, event_blob(1), 10), "success");
    EXPECT_EQ(t.attest(0, event_blob(1), 10), "system_state_inner::ERepeatedAttestation(7)");
    EXPECT_EQ(t.attest(0, event_blob(1), 9), "system_state_inner::ERepeatedAttestation(7)");
    EXPECT_EQ(t.attest(0, event_blob(1), 11), "system_state_inner::EIncorrectAttestation(6)");
    // After a certification at or behind its last one a node may go on.
    for (std::size_t node = 1; node < 7; ++node)
        ASSERT_EQ(t.attest(node, event_blob(1), 10), "success");
    ASSERT_EQ(t.latest(), 10u);
    EXPECT_EQ(t.attest(0, event_blob(2), 20), "success");
    EXPECT_EQ(t.attest(0, event_blob(2), 21), "system_state_inner::EIncorrectAttestation(6)");
    // A late node's attestation of what is certified changes only its capability.
    EXPECT_EQ(t.attest(7, event_blob(3), 10), "success");
    EXPECT_EQ(t.cap(7).last_event_blob_attestation, (EventBlobAttestation{10, 1}));
    EXPECT_EQ(t.state().aggregate_weight_per_blob.size(), 1u);
    // In the next epoch it may begin again.
    t.ledger.next_epoch();
    EXPECT_EQ(t.attest(0, event_blob(2), 20), "success");
}

TEST(EventBlob, AWrongBlobAbortsTheLastAttester) {
    const auto last = [](const RegisterBlob& blob) {
        NodeLedger t;
        for (std::size_t node = 0; node < 6; ++node) EXPECT_EQ(t.attest(node, blob, 10), "success");
        const std::string got = t.attest(6, blob, 10);
        EXPECT_EQ(t.latest(), std::nullopt);
        EXPECT_EQ(t.cap(6).last_event_blob_attestation, std::nullopt);
        return got;
    };
    RegisterBlob wrong_id = event_blob(1);
    wrong_id.blob_id.bytes[0] ^= 1;
    EXPECT_EQ(last(wrong_id), "blob::EInvalidBlobId(6)");
    RegisterBlob wrong_encoding = event_blob(1);
    wrong_encoding.encoding_type = 0;
    EXPECT_EQ(last(wrong_encoding), "encoding::EInvalidEncodingType(0)");
    RegisterBlob too_large = event_blob(1);
    too_large.unencoded_bytes = ~std::uint64_t{0};
    EXPECT_EQ(last(too_large), "MovePrimitiveRuntimeError");
}

TEST(EventBlob, SequencesRise) {
    EventBlobCertificationState state;
    state.latest_certified_blob = EventBlob{BlobId{}, 5};
    const auto again = event_blob_certified(state, EventBlob{BlobId{}, 5});
    ASSERT_FALSE(again.has_value());
    EXPECT_EQ(again.error().name(), "event_blob::EInvalidSequenceNumber(0)");
    EXPECT_TRUE(event_blob_certified(state, EventBlob{BlobId{}, 6}).has_value());
}

// ------------------------------------------------------------------------------------ deny lists

attest::DenyListUpdate deny_list(const NodeLedger& t, std::size_t node, std::uint64_t sequence,
                                 std::uint64_t size) {
    attest::DenyListUpdate out;
    out.node_id = t.node_id(node);
    out.sequence = sequence;
    out.size = size;
    out.root.bytes[0] = 7;
    return out;
}
DenyListSizes deny_list_sizes(const NodeLedger& t) {
    const ObjectId field =
        dynamic_field_id(t.ledger.system().deny_list_sizes.id,
                         walrus_type(t.ledger.genesis.ids, "extended_field", "Key"),
                         bcs::encode(ExtendedFieldKey{}));
    return t.ledger.read<Field<ExtendedFieldKey, DenyListSizes>>(field).value;
}

TEST(DenyList, RegisterTellsAndChangesNothing) {
    NodeLedger t(100);
    const auto announce = [&](std::size_t node, std::uint64_t sequence) {
        return t.run(node, "register_deny_list_update",
                     [&](ProgramBuilder& b) -> std::vector<Argument> {
                         return {b.pure_u256(Digest{{7}}.bytes), b.pure_u64(sequence)};
                     });
    };
    EXPECT_EQ(outcome(announce(3, 0)), "system_state_inner::EIncorrectDenyListSequence(9)");
    const StorageNodeCap before = t.cap(3);
    const auto executed = announce(3, 1);
    ASSERT_EQ(outcome(executed), "success");
    ASSERT_EQ(executed.events.size(), 1u);
    EXPECT_EQ(executed.events[0].type.name, "RegisterDenyListUpdate");
    EXPECT_EQ(bcs::decode<RegisterDenyListUpdate>(executed.events[0].contents),
              (RegisterDenyListUpdate{1, Digest{{7}}, 1, t.node_id(3)}));
    EXPECT_EQ(t.cap(3), before);
    t.expel(3);
    EXPECT_EQ(outcome(announce(3, 0)), kNotMember);
}

TEST(DenyList, UpdateKeepsRootAndSize) {
    NodeLedger t(100);
    const auto certificate = [&](const attest::DenyListUpdate& body, std::size_t signers = 7) {
        return t.ledger.certificate(body, 1, signers);
    };
    const char* function = "update_deny_list";
    EXPECT_EQ(t.hand_in(3, function, certificate(deny_list(t, 3, 1, 10), 6)),
              "bls_aggregate::ENotEnoughStake(2)");
    EXPECT_EQ(t.hand_in(3, function, t.ledger.certificate(attest::InvalidBlobId{}, 1, 7)),
              "messages::EInvalidMsgType(2)");
    EXPECT_EQ(t.hand_in(3, function, certificate(deny_list(t, 4, 0, 10))),
              "system_state_inner::EIncorrectDenyListNode(10)");
    EXPECT_EQ(t.hand_in(3, function, certificate(deny_list(t, 3, 0, 10))),
              "system_state_inner::EIncorrectDenyListSequence(9)");
    EXPECT_EQ(t.hand_in(3, function, certificate(deny_list(t, 3, 2, 10))), "success");
    EXPECT_EQ(t.cap(3).deny_list_root, Digest{{7}});
    EXPECT_EQ(t.cap(3).deny_list_sequence, 2u);
    EXPECT_EQ(t.cap(3).deny_list_size, 10u);
    EXPECT_EQ(deny_list_sizes(t), (DenyListSizes{{t.node_id(3), 10}}));
    EXPECT_EQ(t.hand_in(3, function, certificate(deny_list(t, 3, 2, 11))),
              "system_state_inner::EIncorrectDenyListSequence(9)");
    EXPECT_EQ(t.hand_in(1, function, certificate(deny_list(t, 1, 1, 5))), "success");
    EXPECT_EQ(t.hand_in(3, function, certificate(deny_list(t, 3, 3, 12))), "success");
    EXPECT_EQ(deny_list_sizes(t), (DenyListSizes{{t.node_id(3), 12}, {t.node_id(1), 5}}));
    t.expel(3);
    EXPECT_EQ(t.hand_in(3, function, certificate(deny_list(t, 3, 4, 12), 1)), kNotMember);
}

/// A function of system on a certificate alone, by alice.
ExecutedTransaction hand_in(TestLedger& ledger, const char* function,
                            const CertifyBlob& certificate) {
    Program p(ledger);
    p.call(
        "system", function,
        {p.system(false), p.b.pure_vector_u8(certificate.signature),
         p.b.pure_vector_u8(certificate.signers_bitmap), p.b.pure_vector_u8(certificate.message)});
    return p.run();
}

TEST(DenyList, OneCorrectNodeDeletesABlob) {
    TestLedger ledger;
    const attest::DenyListBlobDeleted body{sample_blob(1, 100).blob_id};
    const char* function = "delete_deny_listed_blob";
    EXPECT_EQ(outcome(hand_in(ledger, function, ledger.certificate(body, 1, 3))),
              "bls_aggregate::ENotEnoughStake(2)");
    EXPECT_EQ(outcome(hand_in(ledger, function, ledger.certificate(body, 0, 4))),
              "messages::EIncorrectEpoch(1)");
    EXPECT_EQ(outcome(hand_in(ledger, function,
                              ledger.certificate(attest::InvalidBlobId{body.blob_id}, 1, 4))),
              "messages::EInvalidMsgType(2)");
    const auto executed = hand_in(ledger, function, ledger.certificate(body, 1, 4));
    ASSERT_EQ(outcome(executed), "success");
    ASSERT_EQ(executed.events.size(), 1u);
    EXPECT_EQ(executed.events[0].type.name, "DenyListBlobDeleted");
    EXPECT_EQ(bcs::decode<DenyListBlobDeletedEvent>(executed.events[0].contents),
              (DenyListBlobDeletedEvent{1, body.blob_id}));
}

// ------------------------------------------------------------------------------ protocol version

TEST(ProtocolVersion, IsToldByAMember) {
    NodeLedger t(100);
    const char* function = "update_protocol_version";
    const auto certificate = [&](Epoch start, std::size_t signers) {
        return t.ledger.certificate(attest::ProtocolVersion{start, 9}, 1, signers);
    };
    EXPECT_EQ(t.hand_in(0, function, certificate(1, 6)), "bls_aggregate::ENotEnoughStake(2)");
    EXPECT_EQ(t.hand_in(0, function, t.ledger.certificate(attest::InvalidBlobId{}, 1, 7)),
              "messages::EInvalidMsgType(2)");
    EXPECT_EQ(t.hand_in(0, function, certificate(0, 7)),
              "system_state_inner::EInvalidStartEpoch(12)");
    EXPECT_EQ(t.hand_in(0, function, certificate(1, 7)), "success");
    const CertifyBlob good = certificate(4, 7);
    const auto executed = t.run(0, function, [&](ProgramBuilder& b) -> std::vector<Argument> {
        return {b.pure_vector_u8(good.signature), b.pure_vector_u8(good.signers_bitmap),
                b.pure_vector_u8(good.message)};
    });
    ASSERT_EQ(executed.events.size(), 1u);
    EXPECT_EQ(bcs::decode<ProtocolVersionUpdated>(executed.events[0].contents),
              (ProtocolVersionUpdated{1, 4, 9}));
    t.expel(0);
    EXPECT_EQ(t.hand_in(0, function, certificate(0, 1)), kNotMember);
}

// ------------------------------------------------------------------------------ subsidies by epoch

TEST(PerEpochSubsidies, ElementByEpoch) {
    const auto add = [](TestLedger& ledger, const std::vector<Frost>& amounts) {
        Program p(ledger);
        const TypeTag wal = ledger.genesis.wal_type;
        std::vector<Argument> balances;
        for (const Frost amount : amounts) {
            const auto parts = p.b.split(p.coin, {p.b.pure_u64(amount)});
            balances.push_back(
                p.b.call(Program::framework(), "coin", "into_balance", {wal}, {parts[0]}));
        }
        const Argument list = p.b.make_vector(balance_type(wal), std::move(balances));
        p.call("system", "add_per_epoch_subsidies", {p.system(), list});
        return outcome(p.run());
    };
    testing::Options options;
    options.max_epochs_ahead = 4;
    TestLedger ledger(options);
    EXPECT_EQ(add(ledger, {}), "success");
    EXPECT_EQ(add(ledger, {5, 0, 7}), "success");
    EXPECT_EQ(rewards(ledger, 4), (U64s{5, 0, 7, 0}));
    EXPECT_EQ(add(ledger, {1, 1, 1, 1}), "success");
    EXPECT_EQ(add(ledger, {1, 1, 1, 1, 1}), "system_state_inner::EInvalidEpochsAhead(2)");
    EXPECT_EQ(rewards(ledger, 4), (U64s{6, 1, 8, 1}));
    EXPECT_EQ(ledger.total_wal(), Uint128{kWalSupplyFrost});
}

}  // namespace
}  // namespace walrus::ledger
