// SPDX-License-Identifier: Apache-2.0
// Shared blobs (spec/chain.md §3.2), each action by a signed transaction.
#include <gtest/gtest.h>

#include "ledger/rules_testing.hpp"

namespace walrus::ledger {
namespace {

using testing::address_of;
using testing::alice;
using testing::Certified;
using testing::outcome;
using testing::Program;
using testing::rewards;
using testing::shared_input;
using testing::U64s;

struct Shared : Certified {
    explicit Shared(Frost funds = 0, bool certify = true, std::uint32_t epochs = 3)
        : Certified(true, epochs, certify) {
        Program p(ledger);
        const Argument object = p.b.owned(ledger.ref(blob));
        if (funds == 0) {
            p.call("shared_blob", "new", {object});
        } else {
            const auto parts = p.b.split(p.coin, {p.b.pure_u64(funds)});
            p.call("shared_blob", "new_funded", {object, parts[0]});
        }
        executed = p.run();
        shared = ledger.created(executed, "SharedBlob");
    }
    std::string fund(Frost amount) {
        Program p(ledger);
        const auto parts = p.b.split(p.coin, {p.b.pure_u64(amount)});
        p.call("shared_blob", "fund", {shared_input(p, ledger, shared), parts[0]});
        return outcome(p.run());
    }
    ExecutedTransaction extend(std::uint32_t epochs, const AccountKey& key = alice()) {
        ProgramBuilder b;
        const auto* owner = std::get_if<SharedOwner>(&ledger.state.object(shared)->owner);
        b.call(ledger.handles.package, "shared_blob", "extend", {},
               {b.shared(shared, owner->initial_version, true),
                b.shared(ledger.handles.system, 1, true), b.pure_u32(epochs)});
        return ledger.run(std::move(b).finish(ledger.handles, ledger.options(key)), key);
    }
    SharedBlob read() const { return ledger.read<SharedBlob>(shared); }

    ExecutedTransaction executed;
    ObjectId shared;
};

constexpr Frost kPerEpoch = 22 * 100'000;

TEST(SharedBlob, WrapsTheBlobForEverybody) {
    Shared t(500);
    EXPECT_EQ(t.ledger.state.object(t.blob), nullptr);
    EXPECT_EQ(t.read().blob.id, t.blob);
    EXPECT_EQ(t.read().funds, 500u);
    EXPECT_TRUE(t.executed.events.empty());
    const Owner owner = t.ledger.state.object(t.shared)->owner;
    ASSERT_TRUE(std::holds_alternative<SharedOwner>(owner));
    EXPECT_EQ(std::get<SharedOwner>(owner).initial_version,
              t.ledger.state.object(t.shared)->version);
    EXPECT_EQ(t.ledger.total_wal(), Uint128{kWalSupplyFrost});
    EXPECT_EQ(Shared().read().funds, 0u);
    // An uncertified blob can be shared as well; nobody can certify it any more.
    EXPECT_EQ(Shared(0, false).read().blob.certified_epoch, std::nullopt);
}

TEST(SharedBlob, AnyoneExtendsFromItsFunds) {
    Shared t;
    EXPECT_EQ(t.fund(3 * kPerEpoch + 7), "success");
    EXPECT_EQ(t.read().funds, 3 * kPerEpoch + 7);
    const AccountKey bob = testing::account_key(2);
    const Frost before = t.ledger.wal(address_of(bob));
    const auto executed = t.extend(2, bob);
    ASSERT_EQ(outcome(executed), "success");
    EXPECT_EQ(t.ledger.wal(address_of(bob)), before);
    EXPECT_EQ(t.read().funds, kPerEpoch + 7);
    EXPECT_EQ(t.read().blob.storage.end_epoch, 6u);
    ASSERT_EQ(executed.events.size(), 1u);
    const BlobCertified event{1, t.read().blob.blob_id, 6, true, t.blob, true};
    EXPECT_EQ(bcs::decode<BlobCertified>(executed.events[0].contents), event);
    EXPECT_EQ(t.ledger.total_wal(), Uint128{kWalSupplyFrost});
}

TEST(SharedBlob, ExtendErrorsInTheirOrder) {
    Shared t(2 * kPerEpoch - 1);
    EXPECT_EQ(outcome(t.extend(0)), "system_state_inner::EInvalidEpochsAhead(2)");
    EXPECT_EQ(outcome(t.extend(51)), "system_state_inner::EInvalidEpochsAhead(2)");
    EXPECT_EQ(outcome(t.extend(2)), "balance::ENotEnough(2)");
    EXPECT_EQ(t.read().funds, 2 * kPerEpoch - 1);
    EXPECT_EQ(outcome(t.extend(1)), "success");
    EXPECT_EQ(outcome(Shared(kPerEpoch, false).extend(1)), "blob::ENotCertified(0)");
    Shared ended(kPerEpoch, true, 1);
    ended.ledger.next_epoch();
    EXPECT_EQ(outcome(ended.extend(1)), "blob::EResourceBounds(2)");
}

TEST(SharedBlob, CannotBeTakenOrTransferred) {
    Shared t(5);
    Program p(t.ledger);
    p.keep({shared_input(p, t.ledger, t.shared)});
    EXPECT_EQ(outcome(p.run()), "CommandArgumentError(0, InvalidObjectByValue)");
}

}  // namespace
}  // namespace walrus::ledger
