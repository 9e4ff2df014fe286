// SPDX-License-Identifier: Apache-2.0
// The rules of spec/chain.md §3 and §7.2, each through a signed transaction: state before, action,
// expected outcome.
#include <gtest/gtest.h>

#include "ledger/testing.hpp"

namespace walrus::ledger {
namespace {

using testing::address_of;
using testing::outcome;
using testing::sample_blob;
using testing::TestLedger;

const AccountKey& alice() {
    static const AccountKey key = testing::account_key(1);
    return key;
}

/// A program over the Walrus package that ends with one call and keeps what is left.
class Program {
public:
    Program(TestLedger& ledger, Frost funds = 100 * kFrostPerWal) : ledger_(ledger) {
        const Argument right = b.withdrawal(funds, ledger.genesis.wal_type);
        coin = b.call(framework(), "coin", "redeem_funds", {ledger.genesis.wal_type}, {right});
    }
    Argument system(bool is_mutable = true) {
        return b.shared(ledger_.handles.system, 1, is_mutable);
    }
    Argument call(const char* module, const char* function, std::vector<Argument> arguments) {
        return b.call(ledger_.handles.package, module, function, {}, std::move(arguments));
    }
    Argument reserve(std::uint64_t bytes, std::uint32_t epochs) {
        return call("system", "reserve_space",
                    {system(), b.pure_u64(bytes), b.pure_u32(epochs), coin});
    }
    Argument reserve_for(std::uint64_t bytes, Epoch start, Epoch end) {
        return call("system", "reserve_space_for_epochs",
                    {system(), b.pure_u64(bytes), b.pure_u32(start), b.pure_u32(end), coin});
    }
    Argument register_blob(const RegisterBlob& blob, Argument storage) {
        return call("system", "register_blob",
                    {system(), storage, b.pure_u256(blob.blob_id.bytes),
                     b.pure_u256(blob.root_hash.bytes), b.pure_u64(blob.unencoded_bytes),
                     b.pure_u8(blob.encoding_type), b.pure_bool(blob.deletable), coin});
    }
    void keep(std::vector<Argument> objects) {
        b.transfer(std::move(objects), b.pure_address(address_of(alice())));
    }
    ExecutedTransaction run() {
        b.call(framework(), "coin", "send_funds", {ledger_.genesis.wal_type},
               {coin, b.pure_address(address_of(alice()))});
        return ledger_.run(std::move(b).finish(ledger_.handles, ledger_.options(alice())), alice());
    }
    static ObjectId framework() { return ObjectId{framework_address().bytes}; }

    ProgramBuilder b;
    Argument coin;

private:
    TestLedger& ledger_;
};

std::vector<std::uint64_t> used(const TestLedger& ledger, std::uint32_t count) {
    SystemStateInnerV1 system = ledger.system();
    std::vector<std::uint64_t> out;
    for (std::uint32_t i = 0; i < count; ++i)
        out.push_back((*ring_slot(system.future_accounting, i))->used_capacity);
    return out;
}
std::vector<Frost> rewards(const TestLedger& ledger, std::uint32_t count) {
    SystemStateInnerV1 system = ledger.system();
    std::vector<Frost> out;
    for (std::uint32_t i = 0; i < count; ++i)
        out.push_back((*ring_slot(system.future_accounting, i))->rewards_to_distribute);
    return out;
}
using U64s = std::vector<std::uint64_t>;

/// Reserves and keeps a storage of this period, like a transaction in epoch `start` would.
ObjectId keep_storage(TestLedger& ledger, std::uint64_t bytes, Epoch start, Epoch end) {
    Program p(ledger);
    p.keep({p.reserve_for(bytes, start, end)});
    const auto executed = p.run();
    EXPECT_EQ(outcome(executed), "success");
    return ledger.created(executed, "Storage");
}

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

// ---------------------------------------------------------------------------------------- certify

struct Certified {
    TestLedger ledger;
    ObjectId blob;
    explicit Certified(bool deletable = true, std::uint32_t epochs = 3, bool certify = true) {
        RegisterBlob request = sample_blob(1, 100);
        request.deletable = deletable;
        request.epochs = epochs;
        blob = ledger.register_one(request, alice());
        if (certify) {
            EXPECT_EQ(outcome(ledger.certify_one(blob, alice())), "success");
        }
    }
    std::string certify(const CertifyBlob& certificate) {
        CertifyBlob with_blob = certificate;
        with_blob.blob = ledger.ref(blob);
        return outcome(ledger.run(
            certify_blobs(ledger.handles, ledger.options(alice()), {with_blob}), alice()));
    }
    attest::StoredBlob statement() const {
        attest::StoredBlob out;
        const Blob object = ledger.read<Blob>(blob);
        out.blob_id = object.blob_id;
        if (object.deletable) out.persistence = attest::BlobPersistence::deletable(blob);
        return out;
    }
};

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
