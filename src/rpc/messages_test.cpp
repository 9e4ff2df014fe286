// SPDX-License-Identifier: Apache-2.0
// Golden protobuf bytes: the field numbers are the public ones (spec/rpc-compat.md §6.1), checked
// against bytes written out by hand, not against the generated code.
#include "rpc/messages.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "bcs/bcs.hpp"

namespace walrus::rpc {
namespace {

/// A protobuf message written by hand.
class Hand {
public:
    Hand& varint(int field, std::uint64_t value) {
        number(static_cast<std::uint64_t>(field) << 3);
        number(value);
        return *this;
    }
    Hand& bytes(int field, std::string_view value) {
        number(static_cast<std::uint64_t>(field) << 3 | 2);
        number(value.size());
        out_ += value;
        return *this;
    }
    Hand& message(int field, const Hand& value) { return bytes(field, value.out_); }
    const std::string& text() const { return out_; }

private:
    void number(std::uint64_t value) {
        while (value >= 0x80) {
            out_.push_back(static_cast<char>(value | 0x80));
            value >>= 7;
        }
        out_.push_back(static_cast<char>(value));
    }
    std::string out_;
};

template <class Message>
std::string hex_of(const Message& message) {
    return hex_encode(as_bytes(message.SerializeAsString()));
}
std::string hex_of(const Hand& hand) {
    return hex_encode(as_bytes(hand.text()));
}

template <class Id>
Id filled(Byte value) {
    Id id;
    id.bytes.fill(value);
    return id;
}
std::string hex64(const char* digits) {
    std::string out = "0x";
    for (int i = 0; i < 32; ++i) out += digits;
    return out;
}
std::string base58_of(Byte value) {
    return base58_encode(Bytes(32, value));
}

ledger::Object sample_object() {
    ledger::Object object;
    object.id = filled<ObjectId>(0xaa);
    object.version = 300;
    object.owner = ledger::AddressOwner{filled<Address>(0xbb)};
    object.type = ledger::make_struct(filled<Address>(0xcc), "blob", "Blob");
    object.contents = Bytes{1, 2, 3};
    object.previous_transaction = filled<TransactionDigest>(0xdd);
    return object;
}

TEST(ProtobufObject, HasThePublicFields) {
    const ledger::Object object = sample_object();
    const std::string type = hex64("cc") + "::blob::Blob";
    sui_pb::Object message;
    put_object(object, message);
    const Hand expected =
        Hand()
            .bytes(2, hex64("aa"))
            .varint(3, 300)
            .bytes(4, base58_encode(object.digest().view()))
            .message(5, Hand().varint(1, 1).bytes(2, hex64("bb")))
            .bytes(6, type)
            .message(8, Hand().bytes(1, type).bytes(2, std::string("\x01\x02\x03")))
            .bytes(10, base58_of(0xdd));
    EXPECT_EQ(hex_of(message), hex_of(expected));
    const auto back = take_object(message);
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, object);
}

TEST(ProtobufObject, OwnersAreTold) {
    const auto bytes_of = [](ledger::Owner owner) {
        sui_pb::Owner message;
        put_owner(owner, message);
        return hex_of(message);
    };
    EXPECT_EQ(bytes_of(ledger::ObjectOwner{filled<ObjectId>(0x11)}),
              hex_of(Hand().varint(1, 2).bytes(2, hex64("11"))));
    EXPECT_EQ(bytes_of(ledger::SharedOwner{7}), hex_of(Hand().varint(1, 3).varint(3, 7)));
    EXPECT_EQ(bytes_of(ledger::ImmutableOwner{}), hex_of(Hand().varint(1, 4)));
}

TEST(ProtobufObject, WrongOnesAreRefused) {
    const auto refused = [](auto change) {
        sui_pb::Object message;
        put_object(sample_object(), message);
        change(message);
        return !take_object(message);
    };
    EXPECT_TRUE(refused([](auto& m) { m.set_object_id("0xzz"); }));
    EXPECT_TRUE(refused([](auto& m) { m.clear_version(); }));
    EXPECT_TRUE(refused([](auto& m) { m.clear_owner(); }));
    EXPECT_TRUE(
        refused([](auto& m) { m.mutable_owner()->set_kind(sui_pb::Owner::CONSENSUS_ADDRESS); }));
    EXPECT_TRUE(refused([](auto& m) { m.mutable_owner()->set_address("me"); }));
    EXPECT_TRUE(refused([](auto& m) { m.set_object_type("u64"); }));
    EXPECT_TRUE(refused([](auto& m) { m.clear_contents(); }));
    EXPECT_TRUE(refused([](auto& m) { m.set_previous_transaction("0"); }));
}

/// The transaction of spec/rpc-compat.md §3.2.
Bytes delete_blob_transaction() {
    return *hex_decode(
        "00000301010000000000000000000000000000000000000000000000000000000000005e010100000000"
        "00000000010000000000000000000000000000000000000000000000000000000000000000cc09000000"
        "000000002002020202020202020202020202020202020202020202020202020202020202020020a0ccc8"
        "bcc83f6c628340134f8546a21e0618fd1aaa02432bba454c4a2c2233da02000000000000000000000000"
        "0000000000000000000000000000000000000000bb0673797374656d0b64656c6574655f626c6f620002"
        "0100000101000101020000010200a0ccc8bcc83f6c628340134f8546a21e0618fd1aaa02432bba454c4a"
        "2c2233da00a0ccc8bcc83f6c628340134f8546a21e0618fd1aaa02432bba454c4a2c2233da0000000000"
        "000000000000000000000002010700000000000000010800000000000000000020010101010101010101"
        "010101010101010101010101010101010101010101010104030201");
}

TEST(ProtobufTransaction, IsStructuredAsThePublicOne) {
    const Bytes data = delete_blob_transaction();
    ASSERT_EQ(data.size(), 363u);
    sui_pb::Transaction message;
    ASSERT_TRUE(put_transaction(data, message));
    const std::string sender = "0xa0ccc8bcc83f6c628340134f8546a21e0618fd1aaa02432bba454c4a2c2233da";
    const auto id = [](const char* tail) {
        std::string text = "0x" + std::string(64, '0');
        const std::string end = tail;
        text.replace(text.size() - end.size(), end.size(), end);
        return text;
    };
    const Hand program =
        Hand()
            .message(1, Hand().varint(1, 3).bytes(3, id("5e01")).varint(4, 1).varint(6, 0))
            .message(1,
                     Hand().varint(1, 2).bytes(3, id("cc")).varint(4, 9).bytes(5, base58_of(0x02)))
            .message(1, Hand().varint(1, 1).bytes(2, as_text(*hex_decode(sender))))
            .message(2, Hand().message(1, Hand()
                                              .bytes(1, id("bb"))
                                              .bytes(2, "system")
                                              .bytes(3, "delete_blob")
                                              .message(5, Hand().varint(1, 2).varint(2, 0))
                                              .message(5, Hand().varint(1, 2).varint(2, 1))))
            .message(2, Hand().message(2, Hand()
                                              .message(1, Hand().varint(1, 3).varint(3, 0))
                                              .message(2, Hand().varint(1, 2).varint(2, 2))));
    const Hand expected =
        Hand()
            .message(1, Hand().bytes(1, "TransactionData").bytes(2, as_text(data)))
            .bytes(2, "JAdYcrYe6pQtXa6oGbLbCfbg7N9qgvRmw9AZwACuosw1")
            .varint(3, 1)
            .message(4, Hand().varint(1, 1).message(2, program))
            .bytes(5, sender)
            .message(6, Hand().bytes(2, sender).varint(3, 0).varint(4, 0))
            .message(7, Hand()
                            .varint(1, 3)
                            .varint(2, 8)
                            .varint(3, 7)
                            .bytes(6, base58_of(0x01))
                            .varint(7, 0x01020304));
    EXPECT_EQ(hex_of(message), hex_of(expected));
    EXPECT_FALSE(put_transaction(ByteView(data).first(100), message));
}

TEST(ProtobufTransaction, EveryCommandAndInputHasItsPlace) {
    ledger::TransactionData data;
    data.program.inputs = {
        ledger::WithdrawalArg{5, ledger::primitive(ledger::TypeKind::U64)},
        ledger::ObjectArg{ledger::ReceivingArg{{filled<ObjectId>(1), 2, {}}}},
    };
    data.program.commands = {
        ledger::SplitCoins{ledger::GasCoinArgument{}, {ledger::InputArgument{1}}},
        ledger::MergeCoins{ledger::InputArgument{0}, {ledger::NestedResultArgument{0, 0}}},
        ledger::MakeMoveVec{ledger::primitive(ledger::TypeKind::U8), {ledger::InputArgument{3}}},
    };
    data.expiration = ledger::EpochExpiration{9};
    sui_pb::Transaction message;
    ASSERT_TRUE(put_transaction(bcs::encode(data), message));
    const Hand zero_digest = Hand().bytes(5, base58_of(0));
    const auto& program = message.kind().programmable_transaction();
    EXPECT_EQ(hex_of(program.inputs(0)), hex_of(Hand().varint(1, 5).message(
                                             8, Hand().varint(1, 5).bytes(2, "u64").varint(3, 1))));
    EXPECT_EQ(
        hex_of(program.inputs(1)),
        hex_of(Hand().varint(1, 4).bytes(3, hex64("01")).varint(4, 2).bytes(5, base58_of(0))));
    EXPECT_EQ(
        hex_of(program.commands(0)),
        hex_of(Hand().message(
            3,
            Hand().message(1, Hand().varint(1, 1)).message(2, Hand().varint(1, 2).varint(2, 1)))));
    EXPECT_EQ(
        hex_of(program.commands(1)),
        hex_of(Hand().message(4, Hand()
                                     .message(1, Hand().varint(1, 2).varint(2, 0))
                                     .message(2, Hand().varint(1, 3).varint(3, 0).varint(4, 0)))));
    EXPECT_EQ(hex_of(program.commands(2)),
              hex_of(Hand().message(
                  6, Hand().bytes(1, "u8").message(2, Hand().varint(1, 2).varint(2, 3)))));
    EXPECT_EQ(hex_of(message.expiration()), hex_of(Hand().varint(1, 2).varint(2, 9)));
}

ledger::ExecutedTransaction sample_executed() {
    ledger::ExecutedTransaction executed;
    executed.digest = filled<TransactionDigest>(3);
    ledger::TransactionEffects& effects = executed.effects;
    effects.epoch = 7;
    effects.transaction_digest = executed.digest;
    effects.lamport_version = 12;
    ledger::ObjectChange created;
    created.id = filled<ObjectId>(0xdd);
    created.output = ledger::ObjectWrite{{filled<ledger::ObjectDigest>(4).bytes},
                                         ledger::AddressOwner{filled<Address>(0xee)}};
    created.operation = ledger::IdOperation::Created;
    ledger::ObjectChange deleted;
    deleted.id = filled<ObjectId>(0xde);
    deleted.input = ledger::InputState{
        11, {filled<ledger::ObjectDigest>(5).bytes}, ledger::AddressOwner{filled<Address>(0xee)}};
    deleted.operation = ledger::IdOperation::Deleted;
    effects.changed_objects = {created, deleted};
    executed.changed_types = {
        {created.id, ledger::make_struct(filled<Address>(0xcc), "blob", "Blob")},
        {deleted.id, ledger::make_struct(filled<Address>(0xcc), "blob", "Blob")}};
    executed.effects_bcs = bcs::encode(effects);
    executed.effects_digest = effects.digest();
    return executed;
}

TEST(ProtobufEffects, HaveThePublicFields) {
    const ledger::ExecutedTransaction executed = sample_executed();
    sui_pb::TransactionEffects message;
    put_effects(executed, message);
    const std::string type = hex64("cc") + "::blob::Blob";
    const Hand owner = Hand().varint(1, 1).bytes(2, hex64("ee"));
    const Hand expected =
        Hand()
            .message(1,
                     Hand().bytes(1, "TransactionEffects").bytes(2, as_text(executed.effects_bcs)))
            .bytes(2, base58_encode(executed.effects_digest.view()))
            .varint(3, 2)
            .message(4, Hand().varint(1, 1))
            .varint(5, 7)
            .message(6, Hand().varint(1, 0).varint(2, 0).varint(3, 0).varint(4, 0))
            .bytes(7, base58_of(3))
            .varint(11, 12)
            .message(12, Hand()
                             .bytes(1, hex64("dd"))
                             .varint(2, 1)
                             .varint(6, 2)
                             .varint(7, 12)
                             .bytes(8, base58_of(4))
                             .message(9, owner)
                             .varint(10, 2)
                             .bytes(11, type))
            .message(12, Hand()
                             .bytes(1, hex64("de"))
                             .varint(2, 2)
                             .varint(3, 11)
                             .bytes(4, base58_of(5))
                             .message(5, owner)
                             .varint(6, 1)
                             .varint(10, 3)
                             .bytes(11, type));
    EXPECT_EQ(hex_of(message), hex_of(expected));
}

TEST(ProtobufEffects, AbortsCarryTheirName) {
    ledger::ExecutedTransaction executed = sample_executed();
    ledger::ExecutionError error;
    error.kind = ledger::ExecutionErrorKind::MoveAbort;
    error.description = "no room";
    error.command = 2;
    error.module_address = filled<Address>(0xcc);
    error.module = "system_state_inner";
    error.function = "reserve_space";
    error.abort_code = 1;
    error.abort_name = "EStorageExceeded";
    executed.effects.failure = error;
    sui_pb::TransactionEffects message;
    put_effects(executed, message);
    const Hand expected = Hand().varint(1, 0).message(
        2,
        Hand()
            .bytes(1, "no room")
            .varint(2, 2)
            .varint(3, 13)
            .message(
                4,
                Hand()
                    .varint(1, 1)
                    .message(2, Hand()
                                    .bytes(1, hex64("cc"))
                                    .bytes(2, "system_state_inner")
                                    .varint(3, 0)
                                    .varint(4, 0)
                                    .bytes(5, "reserve_space"))
                    .message(
                        3, Hand().varint(1, 1).bytes(3, "EStorageExceeded").bytes(5, "no room"))));
    EXPECT_EQ(hex_of(message.status()), hex_of(expected));

    chain::TransactionRecord record;
    record.data = delete_blob_transaction();
    record.executed = executed;
    record.position = {42, 1};
    record.time_ms = 1'700'000'000'123;
    sui_pb::ExecutedTransaction answer;
    put_executed(record, answer);
    const auto result = take_executed(answer);
    ASSERT_TRUE(result);
    ASSERT_TRUE(result->failure);
    EXPECT_EQ(result->failure->description, "no room");
    EXPECT_EQ(result->failure->module, "system_state_inner");
    EXPECT_EQ(result->failure->abort_code, 1u);
    EXPECT_EQ(result->failure->abort_name, "EStorageExceeded");
    EXPECT_EQ(result->failure->command, 2u);
    EXPECT_EQ(result->checkpoint, 42u);
    EXPECT_EQ(result->timestamp_ms, 1'700'000'000'123u);
    ASSERT_EQ(result->changed_objects.size(), 2u);
    EXPECT_EQ(result->changed_objects[0].operation, ChangedObject::Operation::Created);
    EXPECT_EQ(result->changed_objects[0].output_version, 12u);
    EXPECT_EQ(result->changed_objects[1].operation, ChangedObject::Operation::Deleted);
}

TEST(ProtobufEffects, BalanceChangesAreSignedDecimals) {
    chain::TransactionRecord record;
    record.data = delete_blob_transaction();
    record.executed = sample_executed();
    const auto coin = ledger::primitive(ledger::TypeKind::U8);
    const __int128 most = static_cast<__int128>(UINT64_MAX);
    record.executed.balance_changes = {{filled<Address>(1), coin, -5},
                                       {filled<Address>(2), coin, most},
                                       {filled<Address>(3), coin, -most}};
    sui_pb::ExecutedTransaction message;
    put_executed(record, message);
    ASSERT_EQ(message.balance_changes_size(), 3);
    EXPECT_EQ(hex_of(message.balance_changes(0)),
              hex_of(Hand().bytes(1, hex64("01")).bytes(2, "u8").bytes(3, "-5")));
    EXPECT_EQ(message.balance_changes(1).amount(), "18446744073709551615");
    EXPECT_EQ(message.balance_changes(2).amount(), "-18446744073709551615");
}

TEST(ProtobufBlocks, ComeBack) {
    chain::Block block;
    block.header.header.summary.seq = 5;
    block.header.header.summary.time_ms = 6;
    block.header.header.summary.epoch = 7;
    block.header_bcs = bcs::encode(block.header);
    chain::BlockTransaction transaction;
    transaction.digest = filled<TransactionDigest>(1);
    transaction.effects_digest = filled<Digest>(2);
    transaction.events = {
        {ledger::make_struct(filled<Address>(0xcc), "events", "BlobRegistered"), Bytes{9, 8}}};
    block.transactions = {transaction};
    walrus_pb::StreamBlocksResponse message;
    put_block(block, 6, message);
    const Hand expected =
        Hand()
            .varint(1, 5)
            .varint(2, 6)
            .varint(3, 7)
            .bytes(4, as_text(block.header_bcs))
            .message(5, Hand()
                            .bytes(1, std::string(32, '\x01'))
                            .message(2, Hand()
                                            .bytes(1, hex64("cc") + "::events::BlobRegistered")
                                            .bytes(2, "\x09\x08"))
                            .bytes(3, std::string(32, '\x02')))
            .varint(6, 6);
    EXPECT_EQ(hex_of(message), hex_of(expected));
    const auto item = take_stream_item(message);
    ASSERT_TRUE(item && item->block);
    EXPECT_EQ(item->head_seq, 6u);
    EXPECT_EQ(item->block->seq, 5u);
    EXPECT_EQ(item->block->sealed_header, block.header_bcs);
    ASSERT_EQ(item->block->transactions.size(), 1u);
    EXPECT_EQ(item->block->transactions[0].events[0].contents, (Bytes{9, 8}));
    message.mutable_transactions(0)->set_digest("short");
    EXPECT_FALSE(take_stream_item(message));
    walrus_pb::StreamBlocksResponse beat;
    beat.set_head_seq(9);
    const auto only_head = take_stream_item(beat);
    ASSERT_TRUE(only_head);
    EXPECT_FALSE(only_head->block);
    EXPECT_EQ(only_head->head_seq, 9u);
}

}  // namespace
}  // namespace walrus::rpc
