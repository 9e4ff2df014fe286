// SPDX-License-Identifier: Apache-2.0
// The rules of spec/chain.md §3.1, §3.6 and §7.2 and of registration, each through a signed
// transaction: state before, action, expected outcome.
#include <gtest/gtest.h>

#include "ledger/rules_testing.hpp"

namespace walrus::ledger {
namespace {

using testing::address_of;
using testing::alice;
using testing::keep_storage;
using testing::outcome;
using testing::Program;
using testing::rewards;
using testing::sample_blob;
using testing::TestLedger;
using testing::U64s;
using testing::used;

// ------------------------------------------------------------------------------- storage: paying

testing::Options small_options() {
    testing::Options options;
    options.max_epochs_ahead = 104;
    options.storage_price = 5;
    options.write_price = 1;
    options.capacity_vote = 100'000'000;  // 10^9 in all
    return options;
}

TEST(ReserveSpace, PaysAndBooksEachEpochSeparately) {
    TestLedger ledger(small_options());
    const Frost before = ledger.wal(address_of(alice()));
    Program p(ledger);
    p.keep({p.reserve(5'000'000, 3)});
    const auto executed = p.run();
    ASSERT_EQ(outcome(executed), "success");
    EXPECT_EQ(before - ledger.wal(address_of(alice())), 75u);
    EXPECT_EQ(used(ledger, 4), (U64s{5'000'000, 5'000'000, 5'000'000, 0}));
    EXPECT_EQ(rewards(ledger, 4), (U64s{25, 25, 25, 0}));
    EXPECT_EQ(ledger.system().used_capacity_size, 5'000'000u);
    const Storage storage = ledger.read<Storage>(ledger.created(executed, "Storage"));
    EXPECT_EQ(storage.start_epoch, 1u);
    EXPECT_EQ(storage.end_epoch, 4u);
    EXPECT_EQ(storage.storage_size, 5'000'000u);
}

TEST(ReserveSpace, ErrorsInTheirOrder) {
    struct Case {
        std::uint64_t bytes;
        std::uint32_t epochs;
        Frost funds;
        const char* expected;
    };
    for (const Case& c : {
             Case{5, 0, 100, "system_state_inner::EInvalidEpochsAhead(2)"},
             Case{5, 105, 100, "system_state_inner::EInvalidEpochsAhead(2)"},
             Case{0, 0, 0, "system_state_inner::EInvalidEpochsAhead(2)"},
             Case{5, 104, 519, "balance::ENotEnough(2)"},
             Case{5, 104, 520, "success"},
             Case{0, 2, 0, "system_state_inner::EInvalidResourceSize(11)"},
             Case{1'000'000'001, 2, 9'539, "balance::ENotEnough(2)"},
             Case{1'000'000'001, 2, 9'540, "system_state_inner::EStorageExceeded(1)"},
             Case{1'000'000'000, 2, 9'540, "success"},
         }) {
        TestLedger ledger(small_options());
        Program p(ledger, c.funds);
        p.keep({p.reserve(c.bytes, c.epochs)});
        EXPECT_EQ(outcome(p.run()), c.expected) << c.bytes << " " << c.epochs;
    }
}

TEST(ReserveSpace, CapacityIsPerEpoch) {
    TestLedger ledger(small_options());
    Program first(ledger);
    first.keep({first.reserve(500'000'000, 2)});
    ASSERT_EQ(outcome(first.run()), "success");
    EXPECT_EQ(used(ledger, 3), (U64s{500'000'000, 500'000'000, 0}));
    Program second(ledger);
    second.keep({second.reserve(500'000'000, 1)});
    ASSERT_EQ(outcome(second.run()), "success");
    EXPECT_EQ(used(ledger, 3), (U64s{1'000'000'000, 500'000'000, 0}));
    Program third(ledger);
    third.keep({third.reserve(1, 1)});
    EXPECT_EQ(outcome(third.run()), "system_state_inner::EStorageExceeded(1)");
}

TEST(ReserveSpaceForEpochs, FutureStartAndErrors) {
    struct Case {
        Epoch start;
        Epoch end;
        std::uint64_t bytes;
        const char* expected;
    };
    for (const Case& c : {
             Case{6, 11, 500'000'000, "success"},
             Case{0, 2, 5, "success"},  // the start is the current epoch at least
             Case{6, 6, 5, "system_state_inner::EInvalidEpochsAhead(2)"},
             Case{0, 1, 5, "system_state_inner::EInvalidEpochsAhead(2)"},
             Case{1, 105, 5, "success"},
             Case{1, 106, 5, "system_state_inner::EInvalidEpochsAhead(2)"},
             Case{6, 11, 1'000'000'001, "system_state_inner::EStorageExceeded(1)"},
             Case{6, 11, 0, "system_state_inner::EInvalidResourceSize(11)"},
         }) {
        TestLedger ledger(small_options());
        Program p(ledger);
        p.keep({p.reserve_for(c.bytes, c.start, c.end)});
        EXPECT_EQ(outcome(p.run()), c.expected) << c.start << " " << c.end;
    }
    TestLedger ledger(small_options());
    keep_storage(ledger, 500'000'000, 6, 11);
    EXPECT_EQ(used(ledger, 11), (U64s{0, 0, 0, 0, 0, 500'000'000, 500'000'000, 500'000'000,
                                      500'000'000, 500'000'000, 0}));
}

TEST(AddSubsidy, SplitsEvenlyWithTheRestNow) {
    struct Case {
        Frost amount;
        std::uint32_t epochs;
        const char* expected;
        U64s rewards;
    };
    for (const Case& c :
         {Case{1001, 3, "success", {335, 333, 333, 0}},
          Case{1000, 4, "success", {250, 250, 250, 250}},
          Case{1000, 0, "system_state_inner::EInvalidEpochsAhead(2)", {0, 0, 0, 0}},
          Case{1000, 105, "system_state_inner::EInvalidEpochsAhead(2)", {0, 0, 0, 0}}}) {
        TestLedger ledger(small_options());
        Program p(ledger);
        const auto parts = p.b.split(p.coin, {p.b.pure_u64(c.amount)});
        p.call("system", "add_subsidy", {p.system(), parts[0], p.b.pure_u32(c.epochs)});
        EXPECT_EQ(outcome(p.run()), c.expected);
        EXPECT_EQ(rewards(ledger, 4), c.rewards);
        EXPECT_EQ(ledger.total_wal(), Uint128{kWalSupplyFrost});
    }
}

// ----------------------------------------------------------------------- storage: split and fuse

TEST(StorageResource, SplitByEpoch) {
    for (const auto& [epoch, expected] : {std::pair<Epoch, const char*>{8, "success"},
                                          {1, "storage_resource::EInvalidEpoch(0)"},
                                          {0, "storage_resource::EInvalidEpoch(0)"},
                                          {11, "storage_resource::EInvalidEpoch(0)"},
                                          {12, "storage_resource::EInvalidEpoch(0)"}}) {
        TestLedger ledger(small_options());
        const ObjectId id = keep_storage(ledger, 5'000'000, 1, 11);
        const auto executed = ledger.run(
            split_storage_by_epoch(ledger.handles, ledger.options(alice()), ledger.ref(id), epoch),
            alice());
        EXPECT_EQ(outcome(executed), expected) << epoch;
        if (!executed.effects.success()) continue;
        EXPECT_EQ(ledger.read<Storage>(id).end_epoch, 8u);
        const Storage rest = ledger.read<Storage>(ledger.created(executed, "Storage"));
        EXPECT_EQ(rest.start_epoch, 8u);
        EXPECT_EQ(rest.end_epoch, 11u);
        EXPECT_EQ(rest.storage_size, 5'000'000u);
    }
}

TEST(StorageResource, SplitBySize) {
    for (const auto& [kept, expected] :
         {std::pair<std::uint64_t, const char*>{1'000'000, "success"},
          {0, "success"},
          {5'000'000, "success"},
          {5'000'001, "storage_resource::EIncompatibleAmount(2)"}}) {
        TestLedger ledger(small_options());
        const ObjectId id = keep_storage(ledger, 5'000'000, 1, 11);
        const auto executed = ledger.run(
            split_storage_by_size(ledger.handles, ledger.options(alice()), ledger.ref(id), kept),
            alice());
        EXPECT_EQ(outcome(executed), expected) << kept;
        if (!executed.effects.success()) continue;
        EXPECT_EQ(ledger.read<Storage>(id).storage_size, kept);
        EXPECT_EQ(ledger.read<Storage>(ledger.created(executed, "Storage")).storage_size,
                  5'000'000 - kept);
    }
}

TEST(StorageResource, Fuse) {
    struct Case {
        const char* function;
        Storage first, second;
        const char* expected;
        Storage result;
    };
    const auto s = [](Epoch start, Epoch end, std::uint64_t bytes) {
        return Storage{{}, start, end, bytes};
    };
    for (const Case& c : {
             Case{"fuse", s(1, 11, 1), s(1, 11, 2), "success", s(1, 11, 3)},
             Case{"fuse", s(1, 6, 1), s(6, 11, 1), "success", s(1, 11, 1)},
             Case{"fuse", s(11, 16, 1), s(1, 11, 1), "success", s(1, 16, 1)},
             Case{"fuse", s(1, 6, 1), s(6, 11, 2), "storage_resource::EIncompatibleAmount(2)", {}},
             Case{"fuse", s(1, 7, 1), s(6, 11, 1), "storage_resource::EIncompatibleEpochs(1)", {}},
             Case{"fuse", s(1, 7, 1), s(1, 8, 1), "storage_resource::EIncompatibleEpochs(1)", {}},
             Case{"fuse_amount",
                  s(1, 6, 1),
                  s(6, 11, 1),
                  "storage_resource::EIncompatibleEpochs(1)",
                  {}},
             Case{"fuse_amount", s(1, 6, 1), s(1, 6, 9), "success", s(1, 6, 10)},
             Case{"fuse_periods",
                  s(1, 6, 1),
                  s(1, 6, 9),
                  "storage_resource::EIncompatibleAmount(2)",
                  {}},
             Case{"fuse_periods",
                  s(1, 6, 1),
                  s(1, 6, 1),
                  "storage_resource::EIncompatibleEpochs(1)",
                  {}},
         }) {
        TestLedger ledger(small_options());
        const ObjectId first =
            keep_storage(ledger, c.first.storage_size, c.first.start_epoch, c.first.end_epoch);
        const ObjectId second =
            keep_storage(ledger, c.second.storage_size, c.second.start_epoch, c.second.end_epoch);
        Program p(ledger);
        p.call("storage_resource", c.function,
               {p.b.owned(ledger.ref(first)), p.b.owned(ledger.ref(second))});
        EXPECT_EQ(outcome(p.run()), c.expected) << c.function;
        if (std::string(c.expected) != "success") continue;
        Storage expected = c.result;
        expected.id = first;
        EXPECT_EQ(ledger.read<Storage>(first), expected);
        EXPECT_EQ(ledger.state.object(second), nullptr);
    }
}

TEST(StorageResource, DestroyKeepsCapacityBooked) {
    TestLedger ledger(small_options());
    const ObjectId id = keep_storage(ledger, 7, 1, 3);
    Program p(ledger);
    p.call("storage_resource", "destroy", {p.b.owned(ledger.ref(id))});
    const auto executed = p.run();
    ASSERT_EQ(outcome(executed), "success");
    EXPECT_EQ(ledger.state.object(id), nullptr);
    EXPECT_EQ(used(ledger, 2), (U64s{7, 7}));
}

// --------------------------------------------------------------------------------------- register

TEST(RegisterBlob, PaysWriteFeeEmitsEventAndWrapsTheStorage) {
    TestLedger ledger;
    const Frost before = ledger.wal(address_of(alice()));
    const RegisterBlob blob = sample_blob(1, 100);
    const auto executed = ledger.run(
        register_blobs(ledger.handles, ledger.options(alice()), {blob}, 100 * kFrostPerWal),
        alice());
    ASSERT_EQ(outcome(executed), "success");
    // 22,822,800 bytes are 22 units.
    EXPECT_EQ(before - ledger.wal(address_of(alice())), 22u * 100'000 * 3 + 22u * 20'000);
    EXPECT_EQ(rewards(ledger, 4), (U64s{22 * 120'000, 22 * 100'000, 22 * 100'000, 0}));
    const ObjectId id = ledger.created(executed, "Blob");
    const Blob object = ledger.read<Blob>(id);
    EXPECT_EQ(object.blob_id, blob.blob_id);
    EXPECT_EQ(object.size, 5'000'000u);
    EXPECT_EQ(object.registered_epoch, 1u);
    EXPECT_EQ(object.encoding_type, 1u);
    EXPECT_EQ(object.certified_epoch, std::nullopt);
    EXPECT_EQ(object.storage.end_epoch, 4u);
    EXPECT_EQ(object.storage.storage_size, 22'822'800u);
    EXPECT_TRUE(object.deletable);
    EXPECT_EQ(ledger.state.object(object.storage.id), nullptr);
    ASSERT_EQ(executed.events.size(), 1u);
    EXPECT_EQ(executed.events[0].type.name, "BlobRegistered");
    EXPECT_EQ(executed.events[0].type.address.bytes, ledger.genesis.ids.package.bytes);
    const BlobRegistered expected{1, blob.blob_id, 5'000'000, 1, 4, true, id};
    EXPECT_EQ(bcs::decode<BlobRegistered>(executed.events[0].contents), expected);
}

TEST(RegisterBlob, EffectsListTheSystemItsStateAndTheNewBlob) {
    TestLedger ledger;
    const auto executed = ledger.run(register_blobs(ledger.handles, ledger.options(alice()),
                                                    {sample_blob(1, 100)}, 100 * kFrostPerWal),
                                     alice());
    const TransactionEffects& effects = executed.effects;
    EXPECT_EQ(effects.lamport_version, 2u);
    ASSERT_EQ(effects.changed_objects.size(), 3u);
    const ObjectId field = system_state_field_id(ledger.genesis.ids.system, kSystemVersion);
    std::size_t seen = 0;
    for (std::size_t i = 0; i < 3; ++i) {
        const ObjectChange& change = effects.changed_objects[i];
        if (i > 0) {
            EXPECT_LT(effects.changed_objects[i - 1].id, change.id);
        }
        const ObjectPtr now = ledger.state.object(change.id);
        ASSERT_NE(now, nullptr);
        EXPECT_EQ(now->version, 2u);
        EXPECT_EQ(now->previous_transaction, executed.digest);
        EXPECT_EQ(std::get<ObjectWrite>(change.output).digest.bytes, now->digest().bytes);
        EXPECT_EQ(std::get<ObjectWrite>(change.output).owner, now->owner);
        if (change.id == field || change.id == ledger.genesis.ids.system) {
            EXPECT_EQ(change.operation, IdOperation::None);
            ASSERT_TRUE(change.input.has_value());
            EXPECT_EQ(change.input->version, 1u);
            EXPECT_EQ(change.input->digest.bytes,
                      ledger.genesis.changes.objects.at(change.id)->digest().bytes);
            ++seen;
        } else {
            EXPECT_EQ(change.operation, IdOperation::Created);
            EXPECT_FALSE(change.input.has_value());
        }
    }
    EXPECT_EQ(seen, 2u);
    EXPECT_EQ(bcs::decode<TransactionEffects>(executed.effects_bcs), effects);
    EXPECT_EQ(executed.effects_digest, effects.digest());
    EXPECT_EQ(effects.events_digest, events_digest(executed.events));
    ASSERT_EQ(executed.balance_changes.size(), 1u);
    EXPECT_EQ(executed.balance_changes[0].owner, address_of(alice()));
    EXPECT_EQ(executed.balance_changes[0].amount, -static_cast<__int128>(22u * 320'000));
}

TEST(RegisterBlob, ErrorsInTheirOrder) {
    const RegisterBlob good = sample_blob(1, 100);
    RegisterBlob wrong_encoding = good;
    wrong_encoding.encoding_type = 0;
    RegisterBlob wrong_id = good;
    wrong_id.blob_id.bytes[0] ^= 1;
    RegisterBlob wrong_id_and_size = wrong_id;
    wrong_id_and_size.encoded_bytes = good.encoded_bytes / 2;
    RegisterBlob too_small = good;
    too_small.encoded_bytes = good.encoded_bytes - 1;
    RegisterBlob too_large = good;
    too_large.unencoded_bytes = 149'286'453;
    struct Case {
        RegisterBlob blob;
        Epoch start;
        const char* expected;
    };
    for (const Case& c : {
             Case{good, 2, "blob::EResourceBounds(2)"},
             Case{wrong_encoding, 2, "blob::EResourceBounds(2)"},
             Case{wrong_encoding, 1, "encoding::EInvalidEncodingType(0)"},
             Case{too_large, 1, "MovePrimitiveRuntimeError"},
             Case{too_small, 1, "blob::EResourceSize(3)"},
             Case{wrong_id_and_size, 1, "blob::EResourceSize(3)"},
             Case{wrong_id, 1, "blob::EInvalidBlobId(6)"},
             Case{good, 1, "success"},
         }) {
        TestLedger ledger;
        Program p(ledger);
        const Argument storage = p.reserve_for(c.blob.encoded_bytes, c.start, 4);
        p.keep({p.register_blob(c.blob, storage)});
        EXPECT_EQ(outcome(p.run()), c.expected);
    }
    // The storage ended.
    TestLedger ledger;
    const ObjectId id = keep_storage(ledger, good.encoded_bytes, 1, 2);
    ledger.next_epoch();
    Program p(ledger);
    p.keep({p.register_blob(good, p.b.owned(ledger.ref(id)))});
    EXPECT_EQ(outcome(p.run()), "blob::EResourceBounds(2)");
    // The fee is not covered.
    TestLedger poor;
    const ObjectId storage = keep_storage(poor, good.encoded_bytes, 1, 2);
    Program q(poor, 22 * 20'000 - 1);
    q.keep({q.register_blob(good, q.b.owned(poor.ref(storage)))});
    EXPECT_EQ(outcome(q.run()), "balance::ENotEnough(2)");
}

TEST(RegisterBlob, FromOwnStorageWrapsIt) {
    TestLedger ledger;
    const RegisterBlob blob = sample_blob(1, 100);
    const ObjectId id = keep_storage(ledger, blob.encoded_bytes + 5, 1, 3);
    const auto executed =
        ledger.run(register_blob_with_storage(ledger.handles, ledger.options(alice()), blob,
                                              ledger.ref(id), kFrostPerWal),
                   alice());
    ASSERT_EQ(outcome(executed), "success");
    EXPECT_EQ(ledger.state.object(id), nullptr);
    for (const ObjectChange& change : executed.effects.changed_objects)
        if (change.id == id) {
            EXPECT_EQ(change.operation, IdOperation::None);  // wrapped, not deleted
            EXPECT_TRUE(std::holds_alternative<ObjectNotExist>(change.output));
        }
    const Blob object = ledger.read<Blob>(ledger.created(executed, "Blob"));
    EXPECT_EQ(object.storage.id, id);
    EXPECT_EQ(object.storage.storage_size, blob.encoded_bytes + 5);
}

}  // namespace
}  // namespace walrus::ledger
