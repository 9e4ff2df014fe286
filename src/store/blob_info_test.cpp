// SPDX-License-Identifier: Apache-2.0
#include "store/blob_info.hpp"

#include <gtest/gtest.h>

#include "io/memory_store.hpp"
#include "store/blob_state.hpp"
#include "store/test_disk.hpp"

namespace walrus::store {
namespace {

EventId event(std::uint64_t number) {
    EventId id;
    id.transaction.bytes[0] = static_cast<Byte>(number);
    id.sequence = number;
    return id;
}

ObjectId object(std::uint64_t number) {
    ObjectId id;
    store_be(id.bytes.data(), number + 1);
    return id;
}

/// One blob through its events.
class Story {
public:
    Story& change(ChangeKind kind, bool deletable, Epoch now, Epoch end,
                  bool was_certified = false) {
        BlobChange change;
        change.kind = kind;
        change.deletable = deletable;
        change.event_epoch = now;
        change.end_epoch = end;
        change.was_certified = was_certified;
        change.event = event(++events);
        const auto after = apply_change(info, change);
        refused = after ? std::nullopt : std::optional(after.error());
        if (after) info = *after;
        return *this;
    }
    Status status(Epoch now) const { return status_of(info, now); }

    std::optional<BlobInfo> info;
    std::optional<ChangeError> refused;
    std::uint64_t events = 0;
};

TEST(BlobInfoRules, PermanentBlobFromRegistrationToItsEnd) {
    Story story;
    EXPECT_EQ(story.status(1), Status(StatusNonexistent{}));
    story.change(ChangeKind::Register, false, 1, 5);
    EXPECT_EQ(story.status(1), Status(StatusPermanent{5, false, event(1), 0, 0, std::nullopt}));
    EXPECT_TRUE(story.info->registered(4));
    EXPECT_FALSE(story.info->registered(5));
    EXPECT_FALSE(story.info->certified(1));
    story.change(ChangeKind::Certify, false, 2, 5);
    EXPECT_EQ(story.status(2), Status(StatusPermanent{5, true, event(2), 0, 0, Epoch{2}}));
    EXPECT_FALSE(story.info->certified(1));  // not before it was certified
    story.change(ChangeKind::Extend, false, 3, 9);
    EXPECT_EQ(story.status(3), Status(StatusPermanent{9, true, event(3), 0, 0, Epoch{2}}));
    EXPECT_EQ(story.status(9), Status(StatusNonexistent{}));
}

TEST(BlobInfoRules, TheFirstEventThatSetsTheLatestEndIsTold) {
    Story story;
    story.change(ChangeKind::Register, false, 1, 5).change(ChangeKind::Register, false, 1, 5);
    EXPECT_EQ(story.status(1), Status(StatusPermanent{5, false, event(1), 0, 0, std::nullopt}));
    story.change(ChangeKind::Register, false, 1, 7);
    EXPECT_EQ(story.status(1), Status(StatusPermanent{7, false, event(3), 0, 0, std::nullopt}));
    // Certified only until 5: that is what counts.
    story.change(ChangeKind::Certify, false, 1, 5);
    EXPECT_EQ(story.status(1), Status(StatusPermanent{5, true, event(4), 0, 0, Epoch{1}}));
    EXPECT_EQ(story.status(6), Status(StatusPermanent{7, false, event(3), 0, 0, Epoch{1}}));
}

TEST(BlobInfoRules, DeletableBlobsAreCounted) {
    Story story;
    story.change(ChangeKind::Register, true, 1, 5).change(ChangeKind::Register, true, 1, 3);
    EXPECT_EQ(story.status(1), Status(StatusDeletable{2, 0, std::nullopt}));
    story.change(ChangeKind::Certify, true, 1, 5);
    EXPECT_EQ(story.status(1), Status(StatusDeletable{2, 1, Epoch{1}}));
    EXPECT_TRUE(story.info->certified(4));
    EXPECT_EQ(story.status(5), Status(StatusNonexistent{}));
    story.change(ChangeKind::Delete, true, 1, 5, true);
    EXPECT_EQ(story.status(1), Status(StatusDeletable{1, 0, std::nullopt}));
    EXPECT_TRUE(story.info->registered(1));
    story.change(ChangeKind::Delete, true, 1, 3, false);
    EXPECT_EQ(story.status(1), Status(StatusNonexistent{}));
    EXPECT_FALSE(story.info->registered(1));
}

TEST(BlobInfoRules, PermanentAndDeletableTogether) {
    Story story;
    story.change(ChangeKind::Register, true, 1, 9)
        .change(ChangeKind::Certify, true, 1, 9)
        .change(ChangeKind::Register, false, 2, 4);
    EXPECT_EQ(story.status(2), Status(StatusPermanent{4, false, event(3), 1, 1, Epoch{1}}));
    EXPECT_EQ(story.status(4), Status(StatusDeletable{1, 1, Epoch{1}}));
    // It stays certified through the other when one goes.
    story.change(ChangeKind::Certify, false, 2, 4).change(ChangeKind::Delete, true, 2, 9, true);
    EXPECT_EQ(story.status(2), Status(StatusPermanent{4, true, event(4), 0, 0, Epoch{1}}));
}

TEST(BlobInfoRules, InvalidIsForEver) {
    Story story;
    story.change(ChangeKind::Register, false, 1, 5).change(ChangeKind::Invalidate, false, 2, 0);
    EXPECT_EQ(story.status(2), Status(InvalidInfo{2, event(2)}));
    story.change(ChangeKind::Register, false, 3, 9).change(ChangeKind::Certify, false, 3, 9);
    EXPECT_FALSE(story.refused);
    EXPECT_EQ(story.status(3), Status(InvalidInfo{2, event(2)}));
    EXPECT_FALSE(story.info->registered(3));
    EXPECT_FALSE(story.info->certified(3));
}

TEST(BlobInfoRules, EventsThatDoNotFitAreRefusedAndChangeNothing) {
    struct Case {
        ChangeKind kind;
        bool deletable;
        ChangeError error;
    };
    for (const Case& c : {Case{ChangeKind::Certify, false, ChangeError::UnknownBlob},
                          Case{ChangeKind::Extend, true, ChangeError::UnknownBlob},
                          Case{ChangeKind::Delete, true, ChangeError::UnknownBlob}}) {
        Story story;
        story.change(c.kind, c.deletable, 1, 5);
        EXPECT_EQ(story.refused, c.error);
        EXPECT_FALSE(story.info);
    }
    for (const Case& c : {Case{ChangeKind::Certify, true, ChangeError::Inconsistent},
                          Case{ChangeKind::Extend, false, ChangeError::Inconsistent},
                          Case{ChangeKind::Delete, false, ChangeError::Inconsistent}}) {
        Story story;
        story.change(ChangeKind::Register, false, 1, 5);
        const auto before = story.info;
        story.change(c.kind, c.deletable, 1, 5);
        EXPECT_EQ(story.refused, c.error);
        EXPECT_EQ(story.info, before);
    }
}

class BlobStateTest : public testing::Test {
protected:
    void SetUp() override { open(); }
    void open() {
        state.reset();
        store.reset();
        store = io::MemoryStore::open(disk).value();
        state = BlobState::open(*store).value();
    }
    static BlobChange change(ChangeKind kind, std::uint64_t blob, std::uint64_t object_number) {
        BlobChange out;
        out.kind = kind;
        out.blob_id = test_blob_id(blob);
        out.object = object(object_number);
        out.deletable = true;
        out.event_epoch = 1;
        out.end_epoch = 5;
        out.event = event(object_number);
        return out;
    }
    AppliedBlock apply(std::vector<BlobChange> changes) {
        LedgerCursor after = state->cursor();
        ++after.next_seq;
        after.epoch = 1;
        after.last_header = {1, 2, 3};
        BlockChanges block;
        block.events = changes.size() + 1;
        block.blobs = std::move(changes);
        return state->apply(block, after).value();
    }
    std::shared_ptr<io::MemoryStoreDisk> disk = std::make_shared<io::MemoryStoreDisk>();
    std::unique_ptr<io::KeyValueStore> store;
    std::unique_ptr<BlobState> state;
};

TEST_F(BlobStateTest, ABlockAndItsCursorAreOneWrite) {
    apply({change(ChangeKind::Register, 1, 1), change(ChangeKind::Certify, 1, 1)});
    // Synced, and with it what was written before.
    ASSERT_TRUE(state->put_setting("x", Bytes{1}));
    apply({change(ChangeKind::Register, 2, 2)});
    EXPECT_EQ(state->cursor().next_seq, 2u);
    EXPECT_EQ(state->cursor().events, 5u);
    disk->power_cut();
    open();
    // The second block is gone as a whole: rows and cursor.
    EXPECT_EQ(state->cursor().next_seq, 1u);
    EXPECT_EQ(state->cursor().events, 3u);
    EXPECT_EQ(state->cursor().last_header, (Bytes{1, 2, 3}));
    EXPECT_TRUE(state->blob(test_blob_id(1)).value()->certified(1));
    EXPECT_FALSE(state->blob(test_blob_id(2)).value());
    EXPECT_FALSE(state->object(object(2)).value());
    EXPECT_EQ(state->setting("x").value(), Bytes{1});
    EXPECT_FALSE(state->setting("y").value());
    apply({change(ChangeKind::Register, 2, 2)});
    EXPECT_TRUE(state->object(object(2)).value()->registered(4));
    EXPECT_FALSE(state->object(object(2)).value()->registered(5));
}

TEST_F(BlobStateTest, ADeletedBlobIsUnwantedUntilItIsRegisteredAgain) {
    apply({change(ChangeKind::Register, 1, 1), change(ChangeKind::Register, 1, 2)});
    EXPECT_TRUE(apply({change(ChangeKind::Delete, 1, 1)}).unwanted.empty());
    EXPECT_FALSE(state->object(object(1)).value());
    const AppliedBlock gone = apply({change(ChangeKind::Delete, 1, 2)});
    EXPECT_EQ(gone.unwanted, std::vector<BlobId>{test_blob_id(1)});
    open();
    EXPECT_EQ(state->unwanted().value(), std::vector<BlobId>{test_blob_id(1)});
    EXPECT_TRUE(apply({change(ChangeKind::Register, 1, 3)}).unwanted.empty());
    EXPECT_TRUE(state->unwanted().value().empty());
}

TEST_F(BlobStateTest, AnEventThatDoesNotFitIsReportedAndTheRestCounts) {
    const AppliedBlock block =
        apply({change(ChangeKind::Register, 1, 1), change(ChangeKind::Register, 1, 1),
               change(ChangeKind::Certify, 7, 1), change(ChangeKind::Register, 2, 2)});
    EXPECT_EQ(block.refused.size(), 2u);
    EXPECT_EQ(status_of(state->blob(test_blob_id(1)).value(), 1),
              Status(StatusDeletable{1, 0, std::nullopt}));
    EXPECT_TRUE(state->blob(test_blob_id(2)).value());
    EXPECT_EQ(state->cursor().events, 5u);
}

}  // namespace
}  // namespace walrus::store
