// SPDX-License-Identifier: Apache-2.0
// The rules of blobs after registration (spec/chain.md §2.2, §3.2), each through a signed
// transaction.
#include <gtest/gtest.h>

#include "ledger/rules_testing.hpp"

namespace walrus::ledger {
namespace {

using testing::address_of;
using testing::alice;
using testing::Certified;
using testing::keep_storage;
using testing::outcome;
using testing::Program;
using testing::sample_blob;
using testing::TestLedger;
using testing::U64s;
using testing::used;

// ---------------------------------------------------------------------------------------- certify

TEST(CertifyBlob, SetsTheEpochAndEmitsTheEvent) {
    Certified t(true, 3, false);
    const Frost before = t.ledger.wal(address_of(alice()));
    const auto executed = t.ledger.certify_one(t.blob, alice());
    ASSERT_EQ(outcome(executed), "success");
    EXPECT_EQ(t.ledger.wal(address_of(alice())), before);
    const Blob blob = t.ledger.read<Blob>(t.blob);
    EXPECT_EQ(blob.certified_epoch, 1u);
    ASSERT_EQ(executed.events.size(), 1u);
    EXPECT_EQ(executed.events[0].type.name, "BlobCertified");
    const BlobCertified expected{1, blob.blob_id, 4, true, t.blob, false};
    EXPECT_EQ(bcs::decode<BlobCertified>(executed.events[0].contents), expected);
    // The System was read only.
    ASSERT_EQ(executed.effects.unchanged_objects.size(), 1u);
    EXPECT_EQ(executed.effects.unchanged_objects[0].id, t.ledger.genesis.ids.system);
    ASSERT_EQ(executed.effects.changed_objects.size(), 1u);
}

TEST(CertifyBlob, QuorumIsEnoughAndLessIsNot) {
    Certified t(true, 3, false);
    EXPECT_EQ(t.certify(t.ledger.certificate(t.statement(), 1, 6)),
              "bls_aggregate::ENotEnoughStake(2)");
    EXPECT_EQ(t.certify(t.ledger.certificate(t.statement(), 1, 7)), "success");
}

TEST(CertifyBlob, ErrorsInTheirOrder) {
    Certified t(true, 3, false);
    const CertifyBlob good = t.ledger.certificate(t.statement(), 1, 10);
    const auto changed = [&](auto change) {
        CertifyBlob out = good;
        change(out);
        return t.certify(out);
    };
    EXPECT_EQ(changed([](auto& c) { c.signers_bitmap = {0xFF, 0x03, 0x00}; }),
              "bls_aggregate::EInvalidBitmap(0)");
    EXPECT_EQ(changed([](auto& c) { c.signers_bitmap = {0xFF, 0x07}; }),
              "bls_aggregate::EInvalidBitmap(0)");
    EXPECT_EQ(changed([](auto& c) {
                  c.signers_bitmap = {0x3F};
                  c.signature.clear();
              }),
              "bls_aggregate::ENotEnoughStake(2)");
    EXPECT_EQ(changed([](auto& c) { c.signers_bitmap = {0xFF, 0x01}; }),
              "bls_aggregate::ESigVerification(1)");
    EXPECT_EQ(changed([](auto& c) { c.signature.pop_back(); }),
              "bls_aggregate::ESigVerification(1)");
    EXPECT_EQ(changed([](auto& c) { c.signature[10] ^= 1; }), "bls_aggregate::ESigVerification(1)");
    EXPECT_EQ(changed([](auto& c) { c.message[20] ^= 1; }), "bls_aggregate::ESigVerification(1)");
    EXPECT_EQ(t.certify(t.ledger.certificate(t.statement(), 2, 10)),
              "messages::EIncorrectEpoch(1)");
    EXPECT_EQ(t.certify(t.ledger.certificate(t.statement(), 0, 10)),
              "messages::EIncorrectEpoch(1)");
    EXPECT_EQ(t.certify(t.ledger.certificate(attest::InvalidBlobId{t.statement().blob_id}, 1, 10)),
              "messages::EInvalidMsgType(2)");
    attest::StoredBlob other = t.statement();
    other.blob_id.bytes[0] ^= 1;
    EXPECT_EQ(t.certify(t.ledger.certificate(other, 1, 10)), "blob::EInvalidBlobId(6)");
    other = t.statement();
    other.persistence = attest::BlobPersistence::permanent();
    EXPECT_EQ(t.certify(t.ledger.certificate(other, 1, 10)),
              "blob::EInvalidBlobPersistenceType(9)");
    other.persistence = attest::BlobPersistence::deletable(ObjectId{});
    EXPECT_EQ(t.certify(t.ledger.certificate(other, 1, 10)), "blob::EInvalidBlobObject(10)");
    EXPECT_EQ(t.certify(good), "success");
    EXPECT_EQ(t.certify(good), "blob::EAlreadyCertified(5)");

    Certified permanent(false, 3, false);
    attest::StoredBlob deletable = permanent.statement();
    deletable.persistence = attest::BlobPersistence::deletable(permanent.blob);
    EXPECT_EQ(permanent.certify(permanent.ledger.certificate(deletable, 1, 10)),
              "blob::EInvalidBlobPersistenceType(9)");
}

/// A signed message of any bytes.
CertifyBlob raw_certificate(const TestLedger& ledger, const Bytes& message) {
    CertifyBlob out;
    out.message = message;
    std::vector<bls::Signature> signatures;
    for (const bls::SecretKey& key : ledger.keys) signatures.push_back(key.sign(message));
    out.signature = to_bytes(bls::aggregate(signatures)->view());
    out.signers_bitmap = {0xFF, 0x03};
    return out;
}

TEST(CertifyBlob, MessageBytesAreChecked) {
    Certified t(true, 3, false);
    const Bytes good = t.ledger.certificate(t.statement(), 1, 10).message;
    const auto with = [&](auto change) {
        Bytes message = good;
        change(message);
        return t.certify(raw_certificate(t.ledger, message));
    };
    EXPECT_EQ(with([](Bytes& m) { m.resize(6); }), "bcs::EOutOfRange(0)");
    EXPECT_EQ(with([](Bytes& m) { m.clear(); }), "bcs::EOutOfRange(0)");
    EXPECT_EQ(with([](Bytes& m) {
                  m[1] = 1;
                  m[2] = 9;
                  m[3] = 9;
              }),
              "messages::EIncorrectIntentVersion(3)");
    EXPECT_EQ(with([](Bytes& m) {
                  m[2] = 9;
                  m[3] = 9;
              }),
              "messages::EIncorrectAppId(0)");
    EXPECT_EQ(with([](Bytes& m) {
                  m[3] = 9;
                  m[0] = 9;
              }),
              "messages::EIncorrectEpoch(1)");
    EXPECT_EQ(with([](Bytes& m) {
                  m[0] = 9;
                  m.resize(10);
              }),
              "messages::EInvalidMsgType(2)");
    EXPECT_EQ(with([](Bytes& m) { m.pop_back(); }), "bcs::EOutOfRange(0)");
    EXPECT_EQ(with([](Bytes& m) { m.resize(39); }), "bcs::EOutOfRange(0)");
    EXPECT_EQ(with([](Bytes& m) { m[39] = 2; }), "messages::EInvalidBlobPersistenceType(4)");
    EXPECT_EQ(with([](Bytes& m) { m.push_back(7); }), "success");  // bytes behind are tolerated
}

TEST(CertifyBlob, ExpiredBlobCannotBeCertified) {
    Certified t(true, 1, false);
    t.ledger.next_epoch();
    EXPECT_EQ(t.certify(t.ledger.certificate(t.statement(), 2, 10)), "blob::EResourceBounds(2)");
}

TEST(InvalidateBlobId, OneCorrectNodeIsEnough) {
    TestLedger ledger;
    const auto run = [&](std::size_t signers, Epoch epoch) {
        const CertifyBlob c = ledger.certificate(attest::InvalidBlobId{BlobId{}}, epoch, signers);
        Program p(ledger);
        p.call("system", "invalidate_blob_id",
               {p.system(false), p.b.pure_vector_u8(c.signature),
                p.b.pure_vector_u8(c.signers_bitmap), p.b.pure_vector_u8(c.message)});
        return p.run();
    };
    EXPECT_EQ(outcome(run(3, 1)), "bls_aggregate::ENotEnoughStake(2)");
    EXPECT_EQ(outcome(run(4, 0)), "messages::EIncorrectEpoch(1)");
    const auto executed = run(4, 1);
    ASSERT_EQ(outcome(executed), "success");
    ASSERT_EQ(executed.events.size(), 1u);
    EXPECT_EQ(executed.events[0].type.name, "InvalidBlobID");
    EXPECT_EQ(executed.events[0].contents.size(), 36u);
}

// ----------------------------------------------------------------------------------------- delete

TEST(DeleteBlob, ReturnsTheStorage) {
    Certified t;
    const Blob blob = t.ledger.read<Blob>(t.blob);
    const auto executed = t.ledger.run(
        delete_blobs(t.ledger.handles, t.ledger.options(alice()), {t.ledger.ref(t.blob)}), alice());
    ASSERT_EQ(outcome(executed), "success");
    EXPECT_EQ(t.ledger.state.object(t.blob), nullptr);
    EXPECT_EQ(t.ledger.read<Storage>(blob.storage.id), blob.storage);
    const BlobDeleted expected{1, blob.blob_id, 4, t.blob, true};
    EXPECT_EQ(bcs::decode<BlobDeleted>(executed.events.at(0).contents), expected);
    for (const ObjectChange& change : executed.effects.changed_objects) {
        if (change.id == t.blob) {
            EXPECT_EQ(change.operation, IdOperation::Deleted);
        }
        if (change.id == blob.storage.id) {
            EXPECT_EQ(change.operation, IdOperation::None);  // unwrapped
        }
    }
}

TEST(DeleteBlob, UncertifiedIsFineAndErrors) {
    const auto remove = [](Certified& t) {
        return outcome(t.ledger.run(
            delete_blobs(t.ledger.handles, t.ledger.options(alice()), {t.ledger.ref(t.blob)}),
            alice()));
    };
    Certified uncertified(true, 3, false);
    EXPECT_EQ(remove(uncertified), "success");
    Certified permanent(false, 1);
    permanent.ledger.next_epoch();
    EXPECT_EQ(remove(permanent), "blob::EBlobNotDeletable(1)");
    Certified expired(true, 1);
    expired.ledger.next_epoch();
    EXPECT_EQ(remove(expired), "blob::EResourceBounds(2)");
}

// ----------------------------------------------------------------------------------------- extend

std::string extend(Certified& t, std::uint32_t epochs, Frost funds = kFrostPerWal) {
    return outcome(t.ledger.run(extend_blob(t.ledger.handles, t.ledger.options(alice()),
                                            t.ledger.ref(t.blob), epochs, funds),
                                alice()));
}

TEST(ExtendBlob, PaysForTheNewEpochsOnly) {
    Certified t;
    const Frost before = t.ledger.wal(address_of(alice()));
    t.ledger.next_epoch();
    const auto executed = t.ledger.run(extend_blob(t.ledger.handles, t.ledger.options(alice()),
                                                   t.ledger.ref(t.blob), 2, kFrostPerWal),
                                       alice());
    ASSERT_EQ(outcome(executed), "success");
    EXPECT_EQ(before - t.ledger.wal(address_of(alice())), 22u * 100'000 * 2);
    EXPECT_EQ(used(t.ledger, 5), (U64s{22'822'800, 22'822'800, 22'822'800, 22'822'800, 0}));
    const Blob blob = t.ledger.read<Blob>(t.blob);
    EXPECT_EQ(blob.storage.end_epoch, 6u);
    // The event carries the epoch of the first certification.
    const BlobCertified expected{1, blob.blob_id, 6, true, t.blob, true};
    EXPECT_EQ(bcs::decode<BlobCertified>(executed.events.at(0).contents), expected);
}

TEST(ExtendBlob, ErrorsInTheirOrder) {
    Certified uncertified(true, 3, false);
    EXPECT_EQ(extend(uncertified, 0), "blob::ENotCertified(0)");
    Certified expired(true, 1);
    expired.ledger.next_epoch();
    EXPECT_EQ(extend(expired, 0), "blob::EResourceBounds(2)");
    Certified t;
    EXPECT_EQ(extend(t, 0), "system_state_inner::EInvalidEpochsAhead(2)");
    EXPECT_EQ(extend(t, 51), "system_state_inner::EInvalidEpochsAhead(2)");
    EXPECT_EQ(extend(t, 0xFFFFFFFF), "MovePrimitiveRuntimeError");
    EXPECT_EQ(extend(t, 2, 22 * 200'000 - 1), "balance::ENotEnough(2)");
    EXPECT_EQ(extend(t, 50, 1000 * kFrostPerWal), "success");

    testing::Options options;
    options.capacity_vote = 2'282'280;  // room for one blob an epoch
    Certified full;
    full.ledger = TestLedger(options);
    full.blob = full.ledger.register_one(sample_blob(1, 100), alice());
    EXPECT_EQ(outcome(full.ledger.certify_one(full.blob, alice())), "success");
    keep_storage(full.ledger, 1, 5, 6);
    EXPECT_EQ(extend(full, 1), "success");
    EXPECT_EQ(extend(full, 1), "system_state_inner::EStorageExceeded(1)");
}

TEST(ExtendBlobWithResource, JoinsAdjacentStorage) {
    struct Case {
        Epoch start, end;
        std::int64_t more;
        const char* expected;
    };
    for (const Case& c :
         {Case{4, 6, 0, "success"}, Case{5, 6, 0, "storage_resource::EIncompatibleEpochs(1)"},
          Case{4, 6, 1, "storage_resource::EIncompatibleAmount(2)"},
          Case{2, 4, 0, "blob::EResourceBounds(2)"}}) {
        Certified t;
        const ObjectId id =
            keep_storage(t.ledger, static_cast<std::uint64_t>(22'822'800 + c.more), c.start, c.end);
        const auto executed =
            t.ledger.run(extend_blob_with_resource(t.ledger.handles, t.ledger.options(alice()),
                                                   t.ledger.ref(t.blob), t.ledger.ref(id)),
                         alice());
        EXPECT_EQ(outcome(executed), c.expected) << c.start;
        if (!executed.effects.success()) continue;
        EXPECT_EQ(t.ledger.read<Blob>(t.blob).storage.end_epoch, 6u);
        EXPECT_EQ(t.ledger.state.object(id), nullptr);
        EXPECT_TRUE(bcs::decode<BlobCertified>(executed.events.at(0).contents)->is_extension);
    }
    Certified uncertified(true, 3, false);
    const ObjectId id = keep_storage(uncertified.ledger, 22'822'800, 4, 6);
    EXPECT_EQ(outcome(uncertified.ledger.run(
                  extend_blob_with_resource(
                      uncertified.ledger.handles, uncertified.ledger.options(alice()),
                      uncertified.ledger.ref(uncertified.blob), uncertified.ledger.ref(id)),
                  alice())),
              "blob::ENotCertified(0)");
}

TEST(Burn, DestroysBlobStorageAndAttributes) {
    Certified t(false);
    const auto attributes =
        t.ledger.run(change_attributes(t.ledger.handles, t.ledger.options(alice()),
                                       t.ledger.ref(t.blob), {{"k", "v"}}, {}),
                     alice());
    ASSERT_EQ(outcome(attributes), "success");
    const ObjectId field = t.ledger.created(attributes, "Field");
    const auto executed = t.ledger.run(
        burn_blobs(t.ledger.handles, t.ledger.options(alice()), {t.ledger.ref(t.blob)}), alice());
    ASSERT_EQ(outcome(executed), "success");
    EXPECT_TRUE(executed.events.empty());
    EXPECT_EQ(t.ledger.state.object(t.blob), nullptr);
    EXPECT_EQ(t.ledger.state.object(field), nullptr);
    EXPECT_EQ(used(t.ledger, 3), (U64s{22'822'800, 22'822'800, 22'822'800}));
}

// ------------------------------------------------------------------------------------- attributes

struct Attributes : Certified {
    std::string call(const char* function, std::vector<std::string> texts = {},
                     bool with_metadata = false) {
        Program p(ledger);
        std::vector<Argument> arguments{p.b.owned(ledger.ref(blob))};
        if (with_metadata) arguments.push_back(p.call("metadata", "new", {}));
        for (const std::string& text : texts) arguments.push_back(p.b.pure_string(text));
        p.call("blob", function, arguments);
        return outcome(p.run());
    }
    std::optional<VecMap<std::string, std::string>> now() {
        const ObjectId id = dynamic_field_id(blob, vector_of(primitive(TypeKind::U8)),
                                             bcs::encode(to_bytes(kMetadataKey)));
        if (!ledger.state.object(id)) return std::nullopt;
        EXPECT_EQ(ledger.state.object(id)->owner, Owner{ObjectOwner{blob}});
        return ledger.read<MetadataField>(id).value.metadata;
    }
};
using Pairs = VecMap<std::string, std::string>;

TEST(BlobAttributes, OrderIsThatOfTheLastWrite) {
    Attributes t;
    EXPECT_EQ(t.now(), std::nullopt);
    EXPECT_EQ(t.call("insert_or_update_metadata_pair", {"a", "1"}), "success");
    EXPECT_EQ(t.call("insert_or_update_metadata_pair", {"b", "2"}), "success");
    EXPECT_EQ(t.call("insert_or_update_metadata_pair", {"a", "3"}), "success");
    EXPECT_EQ(t.now(), (Pairs{{"b", "2"}, {"a", "3"}}));
    EXPECT_EQ(t.call("remove_metadata_pair", {"b"}), "success");
    EXPECT_EQ(t.now(), (Pairs{{"a", "3"}}));
    EXPECT_EQ(t.call("remove_metadata_pair", {"a"}), "success");
    EXPECT_EQ(t.now(), Pairs{});
}

TEST(BlobAttributes, Errors) {
    Attributes t;
    EXPECT_EQ(t.call("remove_metadata_pair", {"a"}), "blob::EMissingMetadata(8)");
    EXPECT_EQ(t.call("remove_metadata_pair_if_exists", {"a"}), "success");
    EXPECT_EQ(t.now(), std::nullopt);
    EXPECT_EQ(t.call("take_metadata"), "blob::EMissingMetadata(8)");
    EXPECT_EQ(t.call("add_metadata", {}, true), "success");
    EXPECT_EQ(t.call("add_metadata", {}, true), "blob::EDuplicateMetadata(7)");
    EXPECT_EQ(t.call("remove_metadata_pair", {"a"}), "vec_map::EKeyDoesNotExist(1)");
    EXPECT_EQ(t.call("insert_or_update_metadata_pair", {"a", "1"}), "success");
    EXPECT_EQ(t.call("add_or_replace_metadata", {}, true), "success");
    EXPECT_EQ(t.now(), Pairs{});
    EXPECT_EQ(t.call("insert_or_update_metadata_pair", {"a", "1"}), "success");
    EXPECT_EQ(t.call("remove_metadata_pair_if_exists", {"a"}), "success");
    EXPECT_EQ(t.now(), Pairs{});
    EXPECT_EQ(t.call("take_metadata"), "success");
    EXPECT_EQ(t.now(), std::nullopt);
    EXPECT_EQ(t.call("insert_or_update_metadata_pair", {std::string(1, '\xff'), "1"}),
              "CommandArgumentError(1, InvalidBCSBytes)");
}

TEST(BlobAttributes, WholeProgramsOfTheClient) {
    TestLedger ledger;
    RegisterBlob blob = sample_blob(1, 100);
    blob.attributes = {{"name", "walrus"}, {"kind", "picture"}};
    const ObjectId id = ledger.register_one(blob, alice());
    const ObjectId field = dynamic_field_id(id, vector_of(primitive(TypeKind::U8)),
                                            bcs::encode(to_bytes(kMetadataKey)));
    EXPECT_EQ(ledger.read<MetadataField>(field).value.metadata, blob.attributes);
    EXPECT_EQ(outcome(ledger.run(change_attributes(ledger.handles, ledger.options(alice()),
                                                   ledger.ref(id), {{"x", "y"}}, {"name"}),
                                 alice())),
              "success");
    EXPECT_EQ(ledger.read<MetadataField>(field).value.metadata,
              (Pairs{{"kind", "picture"}, {"x", "y"}}));
}

TEST(BlobAttributes, AreBoundedLikeObjects) {
    Attributes t;
    std::string last;
    for (int i = 0; i < 20; ++i)
        last = t.call("insert_or_update_metadata_pair",
                      {"k" + std::to_string(i), std::string(16'000, 'x')});
    EXPECT_EQ(last, "MoveObjectTooBig");
    EXPECT_EQ(t.now()->size(), 15u);
}

// ----------------------------------------------------------------------------------- versions

TEST(SystemVersion, AnotherVersionIsRefusedEverywhere) {
    TestLedger ledger;
    Object object = *ledger.state.object(ledger.genesis.ids.system);
    System system = ledger.read<System>(object.id);
    system.version = kSystemVersion + 1;
    object.contents = bcs::encode(system);
    StateChanges changes;
    changes.objects[object.id] = std::make_shared<const Object>(object);
    const BlockContext block = ledger.context();
    ledger.state.apply(changes);
    const auto checked = verify_transaction(
        sign_transaction(register_blobs(ledger.handles, {address_of(alice()), 1, 1},
                                        {sample_blob(1, 100)}, kFrostPerWal),
                         alice()));
    ASSERT_TRUE(checked.has_value());
    const auto executed = simulate_transaction(ledger.state, block, *checked);
    EXPECT_EQ(outcome(executed), "system::EWrongVersion(1)");
}

TEST(PackageUpgrade, TheOldPackageCannotUseTheSystemAnyMore) {
    TestLedger ledger;
    Object object = *ledger.state.object(ledger.genesis.ids.system);
    System system = ledger.read<System>(object.id);
    system.package_id.bytes.fill(9);
    object.contents = bcs::encode(system);
    StateChanges changes;
    changes.objects[object.id] = std::make_shared<const Object>(object);
    ledger.state.apply(changes);
    const auto attempt = [&] {
        return outcome(ledger.run(register_blobs(ledger.handles, ledger.options(alice()),
                                                 {sample_blob(1, 100)}, kFrostPerWal),
                                  alice()));
    };
    EXPECT_EQ(attempt(), "system::EWrongVersion(1)");
    ledger.handles.package = system.package_id;
    EXPECT_EQ(attempt(), "success");
}

}  // namespace
}  // namespace walrus::ledger
