// SPDX-License-Identifier: Apache-2.0
// The rules of storage pools and buckets (spec/chain.md §4), each through a signed transaction.
#include <gtest/gtest.h>

#include "ledger/packages/pool_rules.hpp"
#include "ledger/rules_testing.hpp"

namespace walrus::ledger {
namespace {

using testing::address_of;
using testing::alice;
using testing::keep_storage;
using testing::outcome;
using testing::PoolLedger;
using testing::Program;
using testing::rewards;
using testing::sample_blob;
using testing::TestLedger;
using testing::U64s;
using testing::used;

constexpr std::uint64_t kEncoded = 22'822'800;  // of 5,000,000 bytes on 100 shards: 22 units

testing::Options options() {
    testing::Options out;
    out.max_epochs_ahead = 10;
    out.storage_price = 5;
    out.write_price = 1;
    out.capacity_vote = 100'000'000;  // 10^9 in all
    return out;
}
RegisterBlob blob_of(std::uint64_t number, bool deletable = true) {
    RegisterBlob out = sample_blob(number, 100);
    out.deletable = deletable;
    return out;
}
template <class E>
std::optional<E> event_of(const ExecutedTransaction& executed, std::size_t index = 0) {
    if (index >= executed.events.size() || executed.events[index].type.name != E::kName)
        return std::nullopt;
    auto decoded = bcs::decode<E>(executed.events[index].contents);
    if (!decoded) return std::nullopt;
    return *decoded;
}

TEST(StoragePool, CreatePaysBooksAndTells) {
    TestLedger ledger(options());
    Program p(ledger);
    p.keep({p.call("system", "create_storage_pool",
                   {p.system(), p.b.pure_u64(kEncoded), p.b.pure_u32(3), p.coin})});
    const auto executed = p.run();
    ASSERT_EQ(outcome(executed), "success");
    const ObjectId pool = ledger.created(executed, "StoragePool");
    EXPECT_EQ(event_of<StoragePoolCreated>(executed),
              (StoragePoolCreated{1, pool, kEncoded, 1, 4}));
    EXPECT_EQ(used(ledger, 4), (U64s{kEncoded, kEncoded, kEncoded, 0}));
    EXPECT_EQ(rewards(ledger, 4), (U64s{110, 110, 110, 0}));
    EXPECT_EQ(ledger.total_wal(), Uint128{kWalSupplyFrost});
    EXPECT_EQ(ledger.read<StoragePool>(pool), (StoragePool{pool, 1}));
    EXPECT_EQ(ledger.state.object(pool)->owner, Owner{AddressOwner{address_of(alice())}});
}

TEST(StoragePool, CreateErrorsInTheirOrder) {
    struct Case {
        std::uint64_t bytes;
        std::uint32_t epochs;
        Frost funds;
        const char* expected;
    };
    for (const Case& c : {
             Case{0, 0, 0, "system_state_inner::EInvalidEpochsAhead(2)"},
             Case{5, 11, 0, "system_state_inner::EInvalidEpochsAhead(2)"},
             Case{0, 1, 0, "system_state_inner::EInvalidResourceSize(11)"},
             Case{5, 1, 4, "balance::ENotEnough(2)"},
             Case{1'000'000'001, 1, 10'000, "system_state_inner::EStorageExceeded(1)"},
             Case{1'000'000'000, 1, 10'000, "success"},
         }) {
        TestLedger ledger(options());
        Program p(ledger, c.funds);
        p.keep({p.call("system", "create_storage_pool",
                       {p.system(), p.b.pure_u64(c.bytes), p.b.pure_u32(c.epochs), p.coin})});
        EXPECT_EQ(outcome(p.run()), c.expected) << c.bytes << " " << c.epochs;
    }
}

TEST(StoragePool, FromAStorage) {
    struct Case {
        std::uint64_t split;  ///< bytes that the storage keeps of kEncoded
        Epoch start;
        Epoch end;
        const char* expected;
    };
    for (const Case& c : {
             Case{0, 3, 5, "system_state_inner::EInvalidResourceSize(11)"},
             Case{kEncoded, 3, 5, "system_state_inner::EInvalidEpochsAhead(2)"},
             Case{kEncoded, 1, 2, "system_state_inner::EInvalidEpochsAhead(2)"},
             Case{kEncoded, 1, 3, "success"},
         }) {
        TestLedger ledger(options());
        const ObjectId storage = keep_storage(ledger, kEncoded, c.start, c.end);
        ledger.next_epoch();  // 2
        const Frost before = ledger.wal(address_of(alice()));
        Program p(ledger);
        const Argument a = p.b.owned(ledger.ref(storage));
        p.keep({p.call("storage_resource", "split_by_size", {a, p.b.pure_u64(c.split)})});
        p.keep({p.call("system", "create_storage_pool_with_storage", {p.system(false), a})});
        const auto executed = p.run();
        EXPECT_EQ(outcome(executed), c.expected);
        EXPECT_EQ(ledger.wal(address_of(alice())), before);
        EXPECT_EQ(ledger.state.object(storage) == nullptr, executed.effects.success());
        if (!executed.effects.success()) continue;
        const ObjectId pool = ledger.created(executed, "StoragePool");
        EXPECT_EQ(event_of<StoragePoolCreated>(executed),
                  (StoragePoolCreated{2, pool, kEncoded, 1, 3}));
    }
}

TEST(StoragePool, RegisterPaysTheWriteFeeAndTells) {
    PoolLedger t(options(), kEncoded, 3);
    const RegisterBlob blob = blob_of(1);
    const U64s before = rewards(t.ledger, 2);
    const auto executed = t.run("system", "register_pooled_blob",
                                [&](Program& p, Argument a) -> std::vector<Argument> {
                                    return {p.system(),
                                            a,
                                            p.b.pure_u256(blob.blob_id.bytes),
                                            p.b.pure_u256(blob.root_hash.bytes),
                                            p.b.pure_u64(blob.unencoded_bytes),
                                            p.b.pure_u8(1),
                                            p.b.pure_bool(true),
                                            p.coin};
                                });
    ASSERT_EQ(outcome(executed), "success");
    EXPECT_EQ(rewards(t.ledger, 2), (U64s{before[0] + 22, before[1]}));
    const auto object = t.blob(blob.blob_id);
    ASSERT_TRUE(object.has_value());
    EXPECT_EQ(*object,
              (PooledBlob{object->id, 1, blob.blob_id, 5'000'000, 1, std::nullopt, t.pool, true}));
    EXPECT_EQ(event_of<PooledBlobRegistered>(executed),
              (PooledBlobRegistered{1, blob.blob_id, 5'000'000, 1, true, object->id, t.pool}));
    EXPECT_EQ(t.inner().used_encoded_bytes, kEncoded);
    EXPECT_EQ(t.inner().blob_count, 1u);
    EXPECT_EQ(t.inner().blobs.size, 1u);
    // The entry belongs to the table, the blob to the entry.
    const Owner owner = t.ledger.state.object(object->id)->owner;
    const auto* parent = std::get_if<ObjectOwner>(&owner);
    ASSERT_NE(parent, nullptr);
    EXPECT_EQ(t.ledger.state.object(parent->parent)->owner, Owner{ObjectOwner{t.inner().blobs.id}});
}

TEST(StoragePool, RegisterErrorsInTheirOrder) {
    const RegisterBlob good = blob_of(1);
    RegisterBlob wrong_id = good;
    wrong_id.blob_id.bytes[0] ^= 1;
    RegisterBlob wrong_encoding = good;
    wrong_encoding.encoding_type = 2;
    wrong_encoding.blob_id = derive_blob_id(2, 5'000'000, good.root_hash);
    RegisterBlob too_large = good;
    too_large.unencoded_bytes = 149'286'453;
    too_large.blob_id = derive_blob_id(1, 149'286'453, good.root_hash);
    struct Case {
        RegisterBlob blob;
        std::uint64_t capacity;
        Frost funds;
        const char* expected;
    };
    for (const Case& c : {
             Case{wrong_id, 1, 0, "storage_pool::EInvalidBlobId(3)"},
             Case{wrong_encoding, 1, 0, "encoding::EInvalidEncodingType(0)"},
             Case{too_large, 1, 0, "MovePrimitiveRuntimeError"},
             Case{good, kEncoded - 1, 0, "storage_pool::EInsufficientCapacity(6)"},
             Case{good, kEncoded, 21, "balance::ENotEnough(2)"},
             Case{good, kEncoded, 22, "success"},
         }) {
        PoolLedger t(options(), c.capacity, 3);
        EXPECT_EQ(t.add(c.blob, c.funds), c.expected);
        EXPECT_EQ(t.inner().blob_count, std::string(c.expected) == "success" ? 1u : 0u);
    }
    // A blob id stands in a pool once; capacity is looked at before.
    PoolLedger twice(options(), 2 * kEncoded, 3);
    EXPECT_EQ(twice.add(good), "success");
    EXPECT_EQ(twice.add(good, 0), "dynamic_field::EFieldAlreadyExists(0)");
    PoolLedger full(options(), kEncoded, 3);
    EXPECT_EQ(full.add(good), "success");
    EXPECT_EQ(full.add(good), "storage_pool::EInsufficientCapacity(6)");
    // The pool ended.
    PoolLedger ended(options(), kEncoded, 1);
    ended.ledger.next_epoch();
    EXPECT_EQ(ended.add(wrong_id), "system_state_inner::EInvalidEpochsAhead(2)");
}

TEST(StoragePool, CertifyTells) {
    PoolLedger t(options(), kEncoded, 3);
    const RegisterBlob blob = blob_of(1);
    ASSERT_EQ(t.add(blob), "success");
    t.ledger.next_epoch();
    const CertifyBlob certificate = t.ledger.certificate(t.statement(blob.blob_id), 2, 7);
    const auto executed = t.run("system", "certify_pooled_blob",
                                [&](Program& p, Argument a) -> std::vector<Argument> {
                                    return {p.system(false),
                                            a,
                                            p.b.pure_u256(blob.blob_id.bytes),
                                            p.b.pure_vector_u8(certificate.signature),
                                            p.b.pure_vector_u8(certificate.signers_bitmap),
                                            p.b.pure_vector_u8(certificate.message)};
                                });
    ASSERT_EQ(outcome(executed), "success");
    const auto object = t.blob(blob.blob_id);
    EXPECT_EQ(object->certified_epoch, 2u);
    EXPECT_EQ(event_of<PooledBlobCertified>(executed),
              (PooledBlobCertified{2, blob.blob_id, true, object->id, t.pool}));
}

TEST(StoragePool, CertifyErrorsInTheirOrder) {
    PoolLedger t(options(), 2 * kEncoded, 2);
    const RegisterBlob deletable = blob_of(1);
    const RegisterBlob permanent = blob_of(2, false);
    ASSERT_EQ(t.add(deletable), "success");
    ASSERT_EQ(t.add(permanent), "success");
    const BlobId absent = blob_of(3).blob_id;
    const attest::StoredBlob good = t.statement(deletable.blob_id);
    attest::StoredBlob other_blob = good;
    other_blob.blob_id.bytes[0] ^= 1;
    attest::StoredBlob other_object = good;
    other_object.persistence = attest::BlobPersistence::deletable(t.pool);
    attest::StoredBlob as_permanent = good;
    as_permanent.persistence = attest::BlobPersistence::permanent();
    attest::StoredBlob as_deletable = t.statement(permanent.blob_id);
    as_deletable.persistence = attest::BlobPersistence::deletable(t.pool);

    // The certificate comes first, even for a blob that is not there.
    EXPECT_EQ(t.certify(absent, t.ledger.certificate(good, 1, 6)),
              "bls_aggregate::ENotEnoughStake(2)");
    EXPECT_EQ(t.certify(absent, t.ledger.certificate(good, 0, 10)), "messages::EIncorrectEpoch(1)");
    EXPECT_EQ(t.certify(absent, t.ledger.certificate(attest::InvalidBlobId{absent}, 1, 10)),
              "messages::EInvalidMsgType(2)");
    EXPECT_EQ(t.certify(absent, good), "dynamic_field::EFieldDoesNotExist(1)");
    EXPECT_EQ(t.certify(deletable.blob_id, other_blob), "storage_pool::EInvalidBlobId(3)");
    EXPECT_EQ(t.certify(deletable.blob_id, as_permanent),
              "storage_pool::EInvalidBlobPersistenceType(4)");
    EXPECT_EQ(t.certify(permanent.blob_id, as_deletable),
              "storage_pool::EInvalidBlobPersistenceType(4)");
    EXPECT_EQ(t.certify(deletable.blob_id, other_object), "storage_pool::EInvalidBlobObject(5)");
    EXPECT_EQ(t.certify(deletable.blob_id, good), "success");
    EXPECT_EQ(t.certify(deletable.blob_id, as_permanent), "storage_pool::EAlreadyCertified(2)");
    t.ledger.next_epoch();
    t.ledger.next_epoch();
    EXPECT_EQ(t.certify(deletable.blob_id, good), "storage_pool::EResourceBounds(1)");
    EXPECT_EQ(t.certify(permanent.blob_id), "storage_pool::EResourceBounds(1)");
    EXPECT_EQ(t.certify(deletable.blob_id, other_blob), "storage_pool::EInvalidBlobId(3)");
}

TEST(StoragePool, DeleteGivesBytesBackAndDropsAttributes) {
    for (const bool certified : {false, true}) {
        PoolLedger t(options(), kEncoded, 3);
        const RegisterBlob blob = blob_of(1);
        ASSERT_EQ(t.add(blob), "success");
        if (certified) {
            ASSERT_EQ(t.certify(blob.blob_id), "success");
        }
        ASSERT_EQ(t.set_attribute(blob.blob_id, "k", "v"), "success");
        const ObjectId object = t.blob(blob.blob_id)->id;
        const std::size_t objects = t.ledger.state.objects().size();
        const auto executed = t.run(
            "system", "delete_pooled_blob", [&](Program& p, Argument a) -> std::vector<Argument> {
                return {p.system(false), a, p.b.pure_u256(blob.blob_id.bytes)};
            });
        ASSERT_EQ(outcome(executed), "success");
        EXPECT_EQ(event_of<PooledBlobDeleted>(executed),
                  (PooledBlobDeleted{1, blob.blob_id, object, certified, t.pool}));
        EXPECT_EQ(t.blob(blob.blob_id), std::nullopt);
        EXPECT_EQ(t.inner().used_encoded_bytes, 0u);
        EXPECT_EQ(t.inner().blob_count, 0u);
        EXPECT_EQ(t.inner().blobs.size, 0u);
        // The blob, its entry and its attributes are gone.
        EXPECT_EQ(t.ledger.state.objects().size(), objects - 3);
        std::size_t deleted = 0;
        for (const ObjectChange& change : executed.effects.changed_objects)
            if (change.operation == IdOperation::Deleted) ++deleted;
        EXPECT_EQ(deleted, 3u);
        // The same blob can come again, with another object.
        EXPECT_EQ(t.add(blob), "success");
        EXPECT_NE(t.blob(blob.blob_id)->id, object);
    }
}

TEST(StoragePool, DeleteAndBurnErrorsInTheirOrder) {
    PoolLedger t(options(), 2 * kEncoded, 1);
    const BlobId permanent = blob_of(1, false).blob_id;
    const BlobId deletable = blob_of(2).blob_id;
    const BlobId absent = blob_of(3).blob_id;
    ASSERT_EQ(t.add(blob_of(1, false)), "success");
    ASSERT_EQ(t.add(blob_of(2)), "success");
    EXPECT_EQ(t.drop("delete_pooled_blob", absent), "dynamic_field::EFieldDoesNotExist(1)");
    EXPECT_EQ(t.drop("delete_pooled_blob", permanent), "storage_pool::EBlobNotDeletable(0)");
    EXPECT_EQ(t.drop("burn_expired_pooled_blob", absent),
              "system_state_inner::EInvalidEpochsAhead(2)");
    EXPECT_EQ(t.drop("burn_expired_pooled_blob", deletable),
              "system_state_inner::EInvalidEpochsAhead(2)");
    EXPECT_EQ(t.inner().blob_count, 2u);
    t.ledger.next_epoch();
    EXPECT_EQ(t.drop("delete_pooled_blob", absent), "system_state_inner::EInvalidEpochsAhead(2)");
    EXPECT_EQ(t.drop("burn_expired_pooled_blob", absent), "dynamic_field::EFieldDoesNotExist(1)");
    EXPECT_EQ(t.destroy(), "storage_pool::EPoolNotEmpty(7)");
    EXPECT_EQ(t.drop("burn_expired_pooled_blob", permanent), "success");
    EXPECT_EQ(t.drop("burn_expired_pooled_blob", deletable), "success");
    EXPECT_EQ(t.inner().used_encoded_bytes, 0u);
    EXPECT_EQ(t.destroy(), "success");
}

TEST(StoragePool, BookkeepingThatDoesNotFit) {
    StoragePoolInnerV1 pool;
    pool.used_encoded_bytes = 5;
    const auto too_many = pool_release(pool, 6);
    EXPECT_EQ(too_many.error().name(), "storage_pool::EInvalidBlobSize(8)");
    const auto too_often = pool_release(pool, 5);
    EXPECT_EQ(too_often.error().name(), "storage_pool::EInvalidBlobCount(9)");
    pool.used_encoded_bytes = ~std::uint64_t{0};
    pool.storage.storage_size = ~std::uint64_t{0};
    EXPECT_EQ(pool_take(pool, 1).error().name(), "MovePrimitiveRuntimeError");
}

TEST(StoragePool, BurnTellsNothing) {
    PoolLedger t(options(), kEncoded, 1);
    ASSERT_EQ(t.add(blob_of(1)), "success");
    t.ledger.next_epoch();
    const BlobId id = blob_of(1).blob_id;
    const auto executed = t.run("system", "burn_expired_pooled_blob",
                                [&](Program& p, Argument a) -> std::vector<Argument> {
                                    return {p.system(false), a, p.b.pure_u256(id.bytes)};
                                });
    EXPECT_EQ(outcome(executed), "success");
    EXPECT_TRUE(executed.events.empty());
}

TEST(StoragePool, Extend) {
    struct Case {
        std::uint32_t epochs;
        Frost funds;
        const char* expected;
    };
    for (const Case& c : {
             Case{0, 0, "system_state_inner::EInvalidEpochsAhead(2)"},
             Case{9, 0, "system_state_inner::EInvalidEpochsAhead(2)"},
             Case{0xffffffff, 0, "MovePrimitiveRuntimeError"},
             Case{2, 219, "balance::ENotEnough(2)"},
             Case{2, 220, "success"},
             Case{8, 880, "success"},
         }) {
        PoolLedger t(options(), kEncoded, 2);
        EXPECT_EQ(t.extend(c.epochs, c.funds), c.expected) << c.epochs;
        EXPECT_EQ(t.inner().storage.end_epoch,
                  3 + (std::string(c.expected) == "success" ? c.epochs : 0));
    }
    PoolLedger t(options(), kEncoded, 2);
    keep_storage(t.ledger, 1'000'000'000, 4, 5);
    EXPECT_EQ(t.extend(1), "success");
    EXPECT_EQ(t.extend(1), "system_state_inner::EStorageExceeded(1)");
    EXPECT_EQ(used(t.ledger, 4), (U64s{kEncoded, kEncoded, kEncoded, 1'000'000'000}));
    t.ledger.next_epoch();
    const auto executed =
        t.run("system", "extend_storage_pool", [](Program& p, Argument a) -> std::vector<Argument> {
            return {p.system(), a, p.b.pure_u32(1), p.coin};
        });
    EXPECT_EQ(outcome(executed), "system_state_inner::EStorageExceeded(1)");
    PoolLedger u(options(), kEncoded, 2);
    u.ledger.next_epoch();
    const auto extended =
        u.run("system", "extend_storage_pool", [](Program& p, Argument a) -> std::vector<Argument> {
            return {p.system(), a, p.b.pure_u32(2), p.coin};
        });
    EXPECT_EQ(event_of<StoragePoolExtended>(extended), (StoragePoolExtended{2, u.pool, 5}));
    for (int i = 0; i < 3; ++i) u.ledger.next_epoch();
    EXPECT_EQ(u.extend(1), "system_state_inner::EInvalidEpochsAhead(2)");
}

TEST(StoragePool, Increase) {
    PoolLedger t(options(), kEncoded, 3);
    EXPECT_EQ(t.increase(0), "system_state_inner::EInvalidResourceSize(11)");
    EXPECT_EQ(t.increase(1, 14), "balance::ENotEnough(2)");
    EXPECT_EQ(t.increase(1'000'000'000 - kEncoded + 1, 1'000'000),
              "system_state_inner::EStorageExceeded(1)");
    EXPECT_EQ(t.increase(1, 15), "success");
    EXPECT_EQ(t.inner().storage.storage_size, kEncoded + 1);
    t.ledger.next_epoch();
    const U64s before = rewards(t.ledger, 3);
    EXPECT_EQ(t.increase(1'048'577, 20), "success");
    EXPECT_EQ(rewards(t.ledger, 3), (U64s{before[0] + 10, before[1] + 10, 0}));
    EXPECT_EQ(used(t.ledger, 3), (U64s{kEncoded + 1'048'578, kEncoded + 1'048'578, 0}));
    t.ledger.next_epoch();
    t.ledger.next_epoch();
    EXPECT_EQ(t.increase(1), "system_state_inner::EInvalidEpochsAhead(2)");
    EXPECT_EQ(t.increase(0), "system_state_inner::EInvalidResourceSize(11)");
}

TEST(StoragePool, AbsorbStorages) {
    PoolLedger t(options(), kEncoded, 3);
    t.ledger.next_epoch();
    // The storage began later than the pool: it must only end with it.
    const ObjectId later = t.reserve(7, 2, 4);
    EXPECT_EQ(t.absorb(later), "success");
    EXPECT_EQ(t.ledger.state.object(later), nullptr);
    EXPECT_EQ(t.inner().storage.storage_size, kEncoded + 7);
    EXPECT_EQ(t.inner().storage.start_epoch, 1u);
    EXPECT_EQ(t.absorb(t.reserve(7, 3, 5)), "storage_pool::EResourceBounds(1)");
    EXPECT_EQ(t.absorb(t.reserve(7, 2, 5)), "storage_pool::EIncompatibleEndEpoch(11)");
    const ObjectId same = t.reserve(7, 2, 4);
    t.ledger.next_epoch();
    t.ledger.next_epoch();
    EXPECT_EQ(t.absorb(same), "system_state_inner::EInvalidEpochsAhead(2)");
    EXPECT_NE(t.ledger.state.object(same), nullptr);
}

TEST(StoragePool, DecreaseErrorsInTheirOrder) {
    PoolLedger t(options(), kEncoded + 99, 1);
    ASSERT_EQ(t.add(blob_of(1)), "success");
    EXPECT_EQ(t.decrease(0), "system::EZeroExtractSize(2)");
    EXPECT_EQ(t.decrease(100), "storage_pool::EInsufficientCapacity(6)");
    EXPECT_EQ(t.decrease_percent(101), "storage_pool::EInvalidPercent(14)");
    EXPECT_EQ(t.decrease_percent(0), "system::EZeroExtractSize(2)");
    EXPECT_EQ(t.decrease_percent(1), "system::EZeroExtractSize(2)");
    EXPECT_EQ(t.decrease_percent(50), "success");
    EXPECT_EQ(t.extracted, 49u);
    EXPECT_EQ(t.decrease(50), "success");
    EXPECT_EQ(t.decrease(1), "storage_pool::EInsufficientCapacity(6)");
    EXPECT_EQ(t.inner().storage.storage_size, kEncoded);
    t.ledger.next_epoch();
    EXPECT_EQ(t.decrease(0), "system_state_inner::EInvalidEpochsAhead(2)");
    EXPECT_EQ(t.decrease_percent(101), "system_state_inner::EInvalidEpochsAhead(2)");
}

TEST(StoragePool, DestroyGivesTheStorageBack) {
    PoolLedger t(options(), kEncoded, 1);
    t.ledger.next_epoch();  // also when it has ended
    const ObjectId storage = t.inner().storage.id;
    const std::size_t objects = t.ledger.state.objects().size();
    EXPECT_EQ(t.destroy(), "success");
    EXPECT_EQ(t.ledger.state.object(t.pool), nullptr);
    EXPECT_EQ(t.ledger.read<Storage>(storage), (Storage{storage, 1, 2, kEncoded}));
    EXPECT_EQ(t.ledger.state.objects().size(), objects - 1);  // pool and inner state; the storage
}

TEST(StoragePool, Attributes) {
    PoolLedger t(options(), kEncoded, 3);
    const BlobId id = blob_of(1).blob_id;
    const auto call = [&](const char* function, bool with_metadata,
                          const std::vector<std::string>& texts, const BlobId& blob) {
        return outcome(
            t.run("storage_pool", function, [&](Program& p, Argument a) -> std::vector<Argument> {
                std::vector<Argument> out{a, p.b.pure_u256(blob.bytes)};
                if (with_metadata) out.push_back(p.call("metadata", "new", {}));
                for (const std::string& text : texts) out.push_back(p.b.pure_string(text));
                return out;
            }));
    };
    for (const char* function : {"add_blob_metadata", "add_or_replace_blob_metadata"})
        EXPECT_EQ(call(function, true, {}, id), "dynamic_field::EFieldDoesNotExist(1)");
    EXPECT_EQ(call("take_blob_metadata", false, {}, id), "dynamic_field::EFieldDoesNotExist(1)");
    ASSERT_EQ(t.add(blob_of(1)), "success");
    EXPECT_EQ(call("take_blob_metadata", false, {}, id), "storage_pool::EMissingMetadata(13)");
    EXPECT_EQ(call("remove_blob_metadata_pair", false, {"k"}, id),
              "storage_pool::EMissingMetadata(13)");
    EXPECT_EQ(call("remove_blob_metadata_pair_if_exists", false, {"k"}, id), "success");
    EXPECT_EQ(call("add_blob_metadata", true, {}, id), "success");
    EXPECT_EQ(call("add_blob_metadata", true, {}, id), "storage_pool::EDuplicateMetadata(12)");
    EXPECT_EQ(call("insert_or_update_blob_metadata_pair", false, {"k", "v"}, id), "success");
    EXPECT_EQ(call("remove_blob_metadata_pair", false, {"x"}, id), "vec_map::EKeyDoesNotExist(1)");
    EXPECT_EQ(call("remove_blob_metadata_pair", false, {"k"}, id), "success");
    EXPECT_EQ(call("add_or_replace_blob_metadata", true, {}, id), "success");
    EXPECT_EQ(call("take_blob_metadata", false, {}, id), "success");
    // Attributes need no living pool.
    for (int i = 0; i < 3; ++i) t.ledger.next_epoch();
    EXPECT_EQ(call("insert_or_update_blob_metadata_pair", false, {"k", "v"}, id), "success");
}

TEST(StoragePool, AnotherVersionIsRefused) {
    PoolLedger t(options(), kEncoded, 3);
    const ObjectId storage = t.reserve(7, 1, 4);
    t.ledger.write(t.pool, StoragePool{t.pool, 2});
    const char* wrong = "storage_pool::EWrongVersion(10)";
    const BlobId id = blob_of(1).blob_id;
    EXPECT_EQ(t.add(blob_of(1)), wrong);
    EXPECT_EQ(t.certify(id, attest::StoredBlob{id, attest::BlobPersistence::permanent()}), wrong);
    EXPECT_EQ(t.drop("delete_pooled_blob", id), wrong);
    EXPECT_EQ(t.drop("burn_expired_pooled_blob", id), wrong);
    EXPECT_EQ(t.extend(1), wrong);
    EXPECT_EQ(t.increase(1), wrong);
    EXPECT_EQ(t.absorb(storage), wrong);
    EXPECT_EQ(t.decrease(1), wrong);
    EXPECT_EQ(t.decrease_percent(1), wrong);
    EXPECT_EQ(t.set_attribute(id, "k", "v"), wrong);
}

// --------------------------------------------------------------------------------------- buckets

struct Bucket {
    explicit Bucket(std::uint32_t epochs = 3) : ledger(options()) {
        for (ObjectId* cap_id : {&cap, &other_cap}) {
            Program p(ledger);
            p.keep({p.call("blob_bucket", "new",
                           {p.system(), p.b.pure_u64(kEncoded), p.b.pure_u32(epochs), p.coin})});
            const auto executed = p.run();
            WALRUS_CHECK(executed.effects.success());
            *cap_id = ledger.created(executed, "BlobBucketCap");
            if (cap_id == &cap) bucket = ledger.created(executed, "BlobBucket");
        }
    }
    std::string call(const char* function, const PoolLedger::Arguments& arguments) {
        Program p(ledger);
        const auto* shared = std::get_if<SharedOwner>(&ledger.state.object(bucket)->owner);
        WALRUS_CHECK(shared != nullptr);
        p.call("blob_bucket", function,
               arguments(p, p.b.shared(bucket, shared->initial_version, true)));
        return outcome(p.run());
    }
    Argument cap_of(Program& p, bool right) {
        return p.b.owned(ledger.ref(right ? cap : other_cap));
    }
    std::string add(const RegisterBlob& blob, bool right = true) {
        return call("register_blob", [&](Program& p, Argument a) -> std::vector<Argument> {
            return {a,
                    cap_of(p, right),
                    p.system(),
                    p.b.pure_u256(blob.blob_id.bytes),
                    p.b.pure_u256(blob.root_hash.bytes),
                    p.b.pure_u64(blob.unencoded_bytes),
                    p.b.pure_u8(1),
                    p.b.pure_bool(blob.deletable),
                    p.coin};
        });
    }
    std::string certify(const BlobId& id) {
        const CertifyBlob certificate =
            ledger.certificate(attest::StoredBlob{id, attest::BlobPersistence::permanent()},
                               ledger.system().committee->epoch, 10);
        return call("certify_blob", [&](Program& p, Argument a) -> std::vector<Argument> {
            return {a,
                    p.system(false),
                    p.b.pure_u256(id.bytes),
                    p.b.pure_vector_u8(certificate.signature),
                    p.b.pure_vector_u8(certificate.signers_bitmap),
                    p.b.pure_vector_u8(certificate.message)};
        });
    }
    std::string remove(const BlobId& id, bool right = true) {
        return call("delete_blob", [&](Program& p, Argument a) -> std::vector<Argument> {
            return {a, cap_of(p, right), p.system(false), p.b.pure_u256(id.bytes)};
        });
    }
    std::string extend(bool right = true) {
        return call("extend_storage_pool", [&](Program& p, Argument a) -> std::vector<Argument> {
            return {a, cap_of(p, right), p.system(), p.b.pure_u32(1), p.coin};
        });
    }
    std::string increase(bool right = true) {
        return call("increase_storage_pool_capacity",
                    [&](Program& p, Argument a) -> std::vector<Argument> {
                        return {a, cap_of(p, right), p.system(), p.b.pure_u64(1), p.coin};
                    });
    }
    TestLedger ledger;
    ObjectId bucket;
    ObjectId cap;
    ObjectId other_cap;
};

TEST(BlobBucket, SharesThePoolBehindItsCapability) {
    Bucket t;
    EXPECT_EQ(t.add(blob_of(1, false)), "success");
    EXPECT_EQ(t.add(blob_of(2)), "storage_pool::EInsufficientCapacity(6)");
    EXPECT_EQ(t.certify(blob_of(1).blob_id), "success");
    EXPECT_EQ(t.remove(blob_of(1).blob_id), "storage_pool::EBlobNotDeletable(0)");
    EXPECT_EQ(t.extend(), "success");
    EXPECT_EQ(t.increase(), "success");
    EXPECT_EQ(used(t.ledger, 5),
              (U64s{2 * kEncoded + 1, 2 * kEncoded + 1, 2 * kEncoded + 1, kEncoded + 1, 0}));
    Bucket deletable;
    EXPECT_EQ(deletable.add(blob_of(1)), "success");
    EXPECT_EQ(deletable.remove(blob_of(1).blob_id), "success");
    EXPECT_EQ(deletable.add(blob_of(2)), "success");
}

TEST(BlobBucket, AnotherCapabilityIsRefused) {
    Bucket t;
    const char* wrong = "blob_bucket::EInvalidBlobBucketCap(0)";
    EXPECT_EQ(t.add(blob_of(1), false), wrong);
    EXPECT_EQ(t.remove(blob_of(1).blob_id, false), wrong);
    EXPECT_EQ(t.extend(false), wrong);
    EXPECT_EQ(t.increase(false), wrong);
}

TEST(BlobBucket, NothingAfterTheEnd) {
    Bucket t(1);
    EXPECT_EQ(t.add(blob_of(1, false)), "success");
    t.ledger.next_epoch();
    const char* ended = "blob_bucket_inner::EBlobBucketStorageExpired(0)";
    EXPECT_EQ(t.add(blob_of(2)), ended);
    EXPECT_EQ(t.certify(blob_of(1).blob_id), ended);
    EXPECT_EQ(t.remove(blob_of(1).blob_id), ended);
    EXPECT_EQ(t.extend(), ended);
    EXPECT_EQ(t.increase(), ended);
    EXPECT_EQ(t.add(blob_of(2), false), "blob_bucket::EInvalidBlobBucketCap(0)");
}

TEST(BlobBucket, AnotherVersionIsRefused) {
    Bucket t;
    t.ledger.write(t.bucket, BlobBucket{t.bucket, 2});
    EXPECT_EQ(t.add(blob_of(1)), "blob_bucket::EWrongVersion(1)");
    EXPECT_EQ(t.certify(blob_of(1).blob_id), "blob_bucket::EWrongVersion(1)");
}

TEST(BlobBucket, IsSharedByItsCreation) {
    Bucket t;
    const Owner owner = t.ledger.state.object(t.bucket)->owner;
    ASSERT_TRUE(std::holds_alternative<SharedOwner>(owner));
    // The first pool of the test ledger was made in its first transaction: version 2.
    EXPECT_EQ(std::get<SharedOwner>(owner).initial_version, 2u);
}

}  // namespace
}  // namespace walrus::ledger
