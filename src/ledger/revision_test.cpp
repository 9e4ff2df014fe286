// SPDX-License-Identifier: Apache-2.0
// Protocol revision 1 on the side of storage (docs/decisions/0012-revision-1.md): what it changes,
// what it tells, and how a ledger comes to it.
#include <gtest/gtest.h>

#include "ledger/rules_testing.hpp"

namespace walrus::ledger {
namespace {

using testing::alice;
using testing::keep_storage;
using testing::NodeLedger;
using testing::outcome;
using testing::PoolLedger;
using testing::Program;
using testing::sample_blob;
using testing::shared_input;
using testing::TestLedger;
using testing::U64s;
using testing::used;

testing::Options revision(std::uint32_t number) {
    testing::Options out;
    out.protocol_revision = number;
    return out;
}
/// Names of the events of our own package, and the contents of the first of type E.
std::vector<std::string> own_events(const TestLedger& ledger, const ExecutedTransaction& executed) {
    std::vector<std::string> out;
    for (const Event& event : executed.events)
        if (event.type.address.bytes == own_package(ledger.genesis.ids).bytes)
            out.push_back(event.type.name);
    return out;
}
template <class E>
std::optional<E> own_event(const TestLedger& ledger, const ExecutedTransaction& executed) {
    for (const Event& event : executed.events)
        if (event.type.address.bytes == own_package(ledger.genesis.ids).bytes &&
            event.type.name == E::kName)
            return bcs::decode<E>(event.contents).value();
    return std::nullopt;
}
using Names = std::vector<std::string>;

TEST(Revision, GenesisTakesTheKnownOnes) {
    for (const std::uint32_t number : {0u, 1u})
        EXPECT_TRUE(make_genesis(testing::make_config(revision(number))).has_value());
    EXPECT_FALSE(make_genesis(testing::make_config(revision(2))).has_value());
}

TEST(Revision, IsAdoptedByACertificateOfTheNodes) {
    TestLedger ledger;
    const auto adopt = [&](const CertifyBlob& certificate) {
        Program p(ledger);
        p.call("protocol", "adopt_revision",
               {p.system(), p.b.pure_vector_u8(certificate.signature),
                p.b.pure_vector_u8(certificate.signers_bitmap),
                p.b.pure_vector_u8(certificate.message)});
        return p.run();
    };
    const auto certificate = [&](Epoch start, std::uint64_t version, std::size_t signers = 7) {
        return ledger.certificate(attest::ProtocolVersion{start, version}, 1, signers);
    };
    EXPECT_EQ(outcome(adopt(certificate(1, 1, 6))), "bls_aggregate::ENotEnoughStake(2)");
    EXPECT_EQ(outcome(adopt(ledger.certificate(attest::InvalidBlobId{}, 1, 7))),
              "messages::EInvalidMsgType(2)");
    EXPECT_EQ(outcome(adopt(certificate(2, 1))), "protocol::ENotYetStarted(1)");
    EXPECT_EQ(outcome(adopt(certificate(1, 0))), "protocol::EUnknownRevision(0)");
    EXPECT_EQ(outcome(adopt(certificate(1, 2))), "protocol::EUnknownRevision(0)");
    EXPECT_EQ(ledger.read<System>(ledger.genesis.ids.system).protocol_revision, 0u);
    const auto executed = adopt(certificate(1, 1));
    ASSERT_EQ(outcome(executed), "success");
    EXPECT_TRUE(executed.events.empty());  // the transaction itself ran by revision 0
    EXPECT_EQ(ledger.read<System>(ledger.genesis.ids.system).protocol_revision, 1u);
    EXPECT_EQ(outcome(adopt(certificate(1, 1))), "protocol::EUnknownRevision(0)");
    Program p(ledger);
    p.keep({p.reserve(5, 1)});
    EXPECT_EQ(own_events(ledger, p.run()), Names{"StorageReserved"});
}

TEST(Revision, ZeroTellsNothingOfItsOwn) {
    TestLedger ledger;
    Program p(ledger);
    const Argument storage = p.reserve(10, 2);
    p.keep({p.call("storage_resource", "split_by_size", {storage, p.b.pure_u64(4)})});
    p.call("storage_resource", "destroy", {storage});
    const auto executed = p.run();
    ASSERT_EQ(outcome(executed), "success");
    EXPECT_TRUE(executed.events.empty());
    const ObjectId kept = keep_storage(ledger, 10, 1, 3);
    Program release(ledger);
    release.call("system", "release_storage",
                 {release.system(), release.b.owned(ledger.ref(kept))});
    EXPECT_EQ(outcome(release.run()), "FunctionNotFound");
}

TEST(Revision, StorageTells) {
    TestLedger ledger(revision(1));
    Program p(ledger);
    const Argument storage = p.reserve(10, 2);
    const Argument rest = p.call("storage_resource", "split_by_size", {storage, p.b.pure_u64(4)});
    const Argument later = p.call("storage_resource", "split_by_epoch", {storage, p.b.pure_u32(2)});
    p.call("storage_resource", "fuse", {storage, later});
    p.call("storage_resource", "destroy", {rest});
    p.keep({storage});
    const auto executed = p.run();
    ASSERT_EQ(outcome(executed), "success");
    EXPECT_EQ(own_events(ledger, executed),
              (Names{"StorageReserved", "StorageChanged", "StorageChanged", "StorageChanged",
                     "StorageChanged", "StorageChanged", "StorageDestroyed", "StorageDestroyed"}));
    const ObjectId id = ledger.created(executed, "Storage");
    EXPECT_EQ(own_event<own::StorageReserved>(ledger, executed),
              (own::StorageReserved{id, 1, 3, 10}));
    EXPECT_EQ(own_event<own::StorageChanged>(ledger, executed), (own::StorageChanged{id, 1, 3, 4}));
}

TEST(Revision, ReleasedStorageCanBeSoldAgain) {
    testing::Options options = revision(1);
    options.capacity_vote = 100;  // 1000 in all
    options.max_epochs_ahead = 5;
    TestLedger ledger(options);
    const ObjectId id = keep_storage(ledger, 1000, 1, 4);
    const ObjectId other = keep_storage(ledger, 1000, 4, 5);
    ledger.next_epoch();
    const Frost before = ledger.wal(testing::address_of(alice()));
    Program p(ledger);
    p.call("system", "release_storage", {p.system(), p.b.owned(ledger.ref(id))});
    const auto executed = p.run();
    ASSERT_EQ(outcome(executed), "success");
    EXPECT_EQ(ledger.wal(testing::address_of(alice())), before);
    EXPECT_EQ(used(ledger, 4), (U64s{0, 0, 1000, 0}));
    EXPECT_EQ(ledger.system().used_capacity_size, 0u);
    EXPECT_EQ(ledger.state.object(id), nullptr);
    EXPECT_EQ(own_event<own::StorageDestroyed>(ledger, executed),
              (own::StorageDestroyed{id, true}));
    Program again(ledger);
    again.keep({again.reserve(1000, 2)});
    EXPECT_EQ(outcome(again.run()), "success");
    // One that has not begun, and one that has ended.
    Program future(ledger);
    future.call("system", "release_storage", {future.system(), future.b.owned(ledger.ref(other))});
    EXPECT_EQ(outcome(future.run()), "success");
    EXPECT_EQ(used(ledger, 4), (U64s{1000, 1000, 0, 0}));
    const ObjectId ended = keep_storage(ledger, 7, 4, 5);
    for (int i = 0; i < 3; ++i) ledger.next_epoch();
    Program late(ledger);
    late.call("system", "release_storage", {late.system(), late.b.owned(ledger.ref(ended))});
    EXPECT_EQ(outcome(late.run()), "success");
    EXPECT_EQ(used(ledger, 4), U64s(4, 0));
}

TEST(Revision, EventBlobsTakeNothingFromWhatIsForSale) {
    for (const std::uint32_t number : {0u, 1u}) {
        NodeLedger t(1000, number);
        const RegisterBlob blob = sample_blob(1, 1000);
        for (std::size_t node = 0; node < 7; ++node) {
            const auto executed = t.attest_blob(node, blob, 10, 1);
            ASSERT_EQ(outcome(executed), "success");
            const auto event = own_event<own::EventBlobAttested>(t.ledger, executed);
            ASSERT_EQ(event.has_value(), number == 1);
            if (event) {
                EXPECT_EQ(*event, (own::EventBlobAttested{t.node_id(node), blob.blob_id, 10}));
            }
        }
        EXPECT_EQ(t.latest(), 10u);
        EXPECT_EQ(used(t.ledger, 4), U64s(4, number == 0 ? blob.encoded_bytes : 0));
    }
}

TEST(Revision, BlobsTell) {
    TestLedger ledger(revision(1));
    const ObjectId burned = ledger.register_one(sample_blob(1, 100), alice());
    const Blob object = ledger.read<Blob>(burned);
    Program p(ledger);
    const Argument a = p.b.owned(ledger.ref(burned));
    p.call("blob", "insert_or_update_metadata_pair",
           {a, p.b.pure_string("k"), p.b.pure_string("v")});
    p.call("blob", "remove_metadata_pair_if_exists", {a, p.b.pure_string("x")});
    p.call("blob", "remove_metadata_pair", {a, p.b.pure_string("k")});
    p.call("blob", "take_metadata", {a});
    p.call("blob", "add_metadata", {a, p.call("metadata", "new", {})});
    p.call("blob", "add_or_replace_metadata", {a, p.call("metadata", "new", {})});
    p.call("blob", "burn", {a});
    const auto executed = p.run();
    ASSERT_EQ(outcome(executed), "success");
    Names expected(5, "AttributesChanged");
    expected.push_back("BlobBurned");
    EXPECT_EQ(own_events(ledger, executed), expected);
    EXPECT_EQ(own_event<own::AttributesChanged>(ledger, executed),
              (own::AttributesChanged{burned}));
    EXPECT_EQ(own_event<own::BlobBurned>(ledger, executed),
              (own::BlobBurned{object.blob_id, burned, object.storage.id}));

    const ObjectId blob = ledger.register_one(sample_blob(2, 100), alice());
    const auto shared = ledger.run(
        share_blob(ledger.handles, ledger.options(alice()), ledger.ref(blob), 3), alice());
    const ObjectId shared_id = ledger.created(shared, "SharedBlob");
    EXPECT_EQ(own_event<own::BlobShared>(ledger, shared),
              (own::BlobShared{sample_blob(2, 100).blob_id, blob, shared_id, 3}));
    const auto* owner = std::get_if<SharedOwner>(&ledger.state.object(shared_id)->owner);
    const auto funded = ledger.run(fund_shared_blob(ledger.handles, ledger.options(alice()),
                                                    {shared_id, owner->initial_version}, 4),
                                   alice());
    EXPECT_EQ(own_event<own::SharedBlobFunded>(ledger, funded),
              (own::SharedBlobFunded{shared_id, 4, 7}));
}

TEST(Revision, PoolsTell) {
    PoolLedger t(revision(1), 1000, 1);
    const auto names = [&](const char* function, const PoolLedger::Arguments& arguments,
                           bool keep = false) {
        return own_events(t.ledger, t.run("system", function, arguments, keep));
    };
    EXPECT_EQ(names("increase_storage_pool_capacity",
                    [](Program& p, Argument a) -> std::vector<Argument> {
                        return {p.system(), a, p.b.pure_u64(5), p.coin};
                    }),
              Names{"StoragePoolCapacityChanged"});
    const ObjectId storage = t.reserve(7, 1, 2);
    EXPECT_EQ(names("increase_storage_pool_capacity_with_storage",
                    [&](Program& p, Argument a) -> std::vector<Argument> {
                        return {p.system(false), a, p.b.owned(t.ledger.ref(storage))};
                    }),
              (Names{"StorageDestroyed", "StoragePoolCapacityChanged"}));
    EXPECT_EQ(names(
                  "decrease_storage_pool_capacity_by_size",
                  [](Program& p, Argument a) -> std::vector<Argument> {
                      return {p.system(false), a, p.b.pure_u64(2)};
                  },
                  true),
              (Names{"StorageChanged", "StoragePoolCapacityChanged"}));
    const auto executed = t.run(
        "storage_pool", "destroy",
        [](Program&, Argument a) -> std::vector<Argument> { return {a}; }, true);
    EXPECT_EQ(own_events(t.ledger, executed), Names{"StoragePoolDestroyed"});

    PoolLedger u(revision(1), 22'822'800, 1);
    ASSERT_EQ(u.add(sample_blob(1, 100)), "success");
    const BlobId id = sample_blob(1, 100).blob_id;
    const ObjectId object = u.blob(id)->id;
    u.ledger.next_epoch();
    const auto burned = u.run("system", "burn_expired_pooled_blob",
                              [&](Program& p, Argument a) -> std::vector<Argument> {
                                  return {p.system(false), a, p.b.pure_u256(id.bytes)};
                              });
    EXPECT_EQ(own_event<own::PooledBlobBurned>(u.ledger, burned),
              (own::PooledBlobBurned{id, object, u.pool}));
}

TEST(Revision, SubsidiesTell) {
    TestLedger ledger(revision(1));
    Program p(ledger);
    const auto parts = p.b.split(p.coin, {p.b.pure_u64(11)});
    p.call("system", "add_subsidy", {p.system(), parts[0], p.b.pure_u32(3)});
    EXPECT_EQ(own_event<own::SubsidyAdded>(ledger, p.run()), (own::SubsidyAdded{{5, 3, 3}}));
}

}  // namespace
}  // namespace walrus::ledger
