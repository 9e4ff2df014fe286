// SPDX-License-Identifier: Apache-2.0
// Formats: types, transactions, ids, effects. Vectors printed in spec/rpc-compat.md §3.2 and §3.5.
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "crypto/signature.hpp"
#include "ledger/effects.hpp"
#include "ledger/limits.hpp"
#include "ledger/transaction_builder.hpp"

namespace walrus::ledger {
namespace {

constexpr const char* kTransactionHex =
    "00000301010000000000000000000000000000000000000000000000000000000000005e0101000000000000"
    "0000010000000000000000000000000000000000000000000000000000000000000000cc0900000000000000"
    "2002020202020202020202020202020202020202020202020202020202020202020020a0ccc8bcc83f6c6283"
    "40134f8546a21e0618fd1aaa02432bba454c4a2c2233da020000000000000000000000000000000000000000"
    "000000000000000000000000bb0673797374656d0b64656c6574655f626c6f62000201000001010001010200"
    "00010200a0ccc8bcc83f6c628340134f8546a21e0618fd1aaa02432bba454c4a2c2233da00a0ccc8bcc83f6c"
    "628340134f8546a21e0618fd1aaa02432bba454c4a2c2233da00000000000000000000000000000000020107"
    "0000000000000001080000000000000000002001010101010101010101010101010101010101010101010101"
    "0101010101010104030201";

Bytes transaction_bytes() {
    return *hex_decode(kTransactionHex);
}

ObjectId small_id(std::uint16_t value) {
    ObjectId id;
    id.bytes[30] = static_cast<Byte>(value >> 8);
    id.bytes[31] = static_cast<Byte>(value);
    return id;
}
AccountKey vector_key() {
    return *AccountKey::from_secret(SignatureScheme::Ed25519, Bytes(32, 7));
}

TEST(Transaction, VectorParsesAndEncodesBack) {
    const Bytes bytes = transaction_bytes();
    ASSERT_EQ(bytes.size(), 363u);
    const auto data = bcs::decode<TransactionData>(bytes);
    ASSERT_TRUE(data.has_value());
    EXPECT_EQ(bcs::encode(*data), bytes);
    ASSERT_EQ(data->program.inputs.size(), 3u);
    const auto& shared = std::get<SharedObjectArg>(std::get<ObjectArg>(data->program.inputs[0]));
    EXPECT_EQ(shared.id, small_id(0x5e01));
    EXPECT_FALSE(shared.is_mutable);
    const auto& call = std::get<MoveCall>(data->program.commands.at(0));
    EXPECT_EQ(call.module, "system");
    EXPECT_EQ(call.function, "delete_blob");
    const auto& during = std::get<ValidDuring>(data->expiration);
    EXPECT_EQ(during.epoch_min, 7u);
    EXPECT_EQ(during.epoch_max, 8u);
    EXPECT_EQ(during.nonce, 0x01020304u);
}

TEST(Transaction, VectorIsWhatTheBuilderMakes) {
    LedgerHandles ledger;
    ledger.package = small_id(0xbb);
    ledger.system = small_id(0x5e01);
    ledger.chain.bytes.fill(1);
    TransactionOptions options;
    options.sender = Address{vector_key().address().bytes};
    options.epoch = 7;
    options.nonce = 0x01020304;
    ObjectRef blob{small_id(0xcc), 9, {}};
    blob.digest.bytes.fill(2);
    EXPECT_EQ(hex_encode(bcs::encode(delete_blobs(ledger, options, {blob}))), kTransactionHex);
}

TEST(Transaction, VectorDigestAndSignature) {
    const Bytes bytes = transaction_bytes();
    EXPECT_EQ(to_text(transaction_digest(bytes)), "JAdYcrYe6pQtXa6oGbLbCfbg7N9qgvRmw9AZwACuosw1");
    EXPECT_EQ(hex_encode(signing_digest(bytes).view()),
              "e05c73bd1c88bb59c078b3570ef96620acb9ec7a23fc6605c1511887529ce70e");
    const auto data = bcs::decode<TransactionData>(bytes);
    const SignedTransaction made = sign_transaction(*data, vector_key());
    EXPECT_EQ(base64_encode(made.signatures.at(0)),
              "AHcpFOPfq5Q9HuNI/+Ck4keJdgG0Ws/"
              "JK2bVFa91taviqC495lDRF0L/NXDfHnDBm1NYGE5v2FZ4q0XfEt2QIwDqSmxj4pxSCr71UHsTLsX5lUd2"
              "rr6+e5JCHuppFEbSLA==");
}

TEST(Transaction, PersonalMessageDigestIsTheSignedOne) {
    const auto signature = base64_decode(
        "AMKJa8NlXvoMHkVCeltzQOog2XyAEhhxZk61SsrQgzNGAueIDAOzG7TPG3aKtsRQur/"
        "wtyoTw6ZaAfO5cKDzfg/qSmxj4pxSCr71UHsTLsX5lUd2rr6+e5JCHuppFEbSLA==");
    const auto parsed = AccountSignature::parse(*signature);
    ASSERT_TRUE(parsed.has_value());
    EXPECT_TRUE(parsed->verify(ledger::personal_message_digest(as_bytes("hello"))));
    EXPECT_FALSE(parsed->verify(ledger::personal_message_digest(as_bytes("hellp"))));
}

TEST(Transaction, IdsOfTheSpecification) {
    EXPECT_EQ(to_text(dynamic_field_id(small_id(0x5e01), primitive(TypeKind::U64),
                                       bcs::encode(std::uint64_t{1}))),
              "0x7e4d7a62c7e6dcbfb41945ca5b05a789d91cf385922327b3b9653da6cfbd0954");
    EXPECT_EQ(to_text(dynamic_field_id(small_id(0xcc), vector_of(primitive(TypeKind::U8)),
                                       bcs::encode(to_bytes("metadata")))),
              "0x5151a7a21e4daf82edcda73b6b0c1e12710b75263cfd483b42b6271c564e5e4e");
    TransactionDigest digest;
    digest.bytes.fill(3);
    EXPECT_EQ(to_text(created_object_id(digest, 0)),
              "0x65c82e24c7af1caf091dbadcf8dbc2945a2fde781cc17651255b55127010ecf5");
}

TEST(Transaction, EveryTruncationIsRefused) {
    const Bytes bytes = transaction_bytes();
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_FALSE(bcs::decode<TransactionData>(ByteView(bytes).first(size)));
}

TEST(Transaction, EveryFlippedBitGivesAnotherValueOrAnError) {
    const Bytes bytes = transaction_bytes();
    const auto original = bcs::decode<TransactionData>(bytes);
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        Bytes changed = bytes;
        changed[bit / 8] ^= static_cast<Byte>(1 << (bit % 8));
        const auto data = bcs::decode<TransactionData>(changed);
        if (!data) continue;
        EXPECT_FALSE(*data == *original) << "bit " << bit;
        EXPECT_EQ(bcs::encode(*data), changed) << "bit " << bit;
    }
}

TEST(Transaction, AllPartsSurviveARoundTrip) {
    ProgramBuilder b;
    const TypeTag type = *parse_type_tag("0x2::coin::Coin<0xabc::wal::WAL>");
    const Argument a = b.withdrawal(77, type);
    const Argument c = b.call(small_id(2), "coin", "redeem_funds", {type}, {a});
    const auto parts = b.split(c, {b.pure_u64(3), b.pure_u64(4)});
    b.merge(c, parts);
    b.make_vector(type, {});
    b.make_vector(std::nullopt, {c});
    b.transfer({GasCoinArgument{}}, b.pure_address({}));
    LedgerHandles ledger;
    TransactionData data = std::move(b).finish(ledger, {});
    data.program.inputs.push_back(ObjectArg{ReceivingArg{{small_id(9), 8, {}}}});
    data.program.commands.push_back(Publish{{{1, 2}}, {small_id(3)}});
    data.program.commands.push_back(Upgrade{{{1}}, {}, small_id(4), InputArgument{0}});
    data.gas.payment.push_back({small_id(5), 6, {}});
    for (const Expiration& expiration :
         {Expiration{NoExpiration{}}, Expiration{EpochExpiration{9}}, Expiration{ValidDuring{}}}) {
        data.expiration = expiration;
        EXPECT_EQ(bcs::decode<TransactionData>(bcs::encode(data)), data);
    }
}

TEST(Transaction, CountsBeyondTheLimitsAreRefusedBeforeReading) {
    bcs::Writer inputs;
    inputs.u8(0);
    inputs.u8(0);
    inputs.uleb(kInputsMax + 1);
    for (std::size_t i = 0; i <= kInputsMax; ++i) inputs.raw(Bytes{0, 0});
    EXPECT_EQ(bcs::decode<TransactionData>(inputs.view()).error(), bcs::Error::LengthTooLarge);
    bcs::Writer commands;
    commands.raw(Bytes{0, 0, 0});
    commands.uleb(kCommandsMax + 1);
    for (std::size_t i = 0; i <= kCommandsMax; ++i) commands.raw(Bytes{5, 0, 0});
    EXPECT_EQ(bcs::decode<TransactionData>(commands.view()).error(), bcs::Error::LengthTooLarge);
}

// ---------------------------------------------------------------------------------------- types

TEST(TypeTag, TextAndBytesOfEveryKind) {
    const std::string wal = "0x" + std::string(61, '0') + "abc::wal::WAL";
    for (const std::string& text :
         {std::string("bool"), std::string("u8"), std::string("u16"), std::string("u32"),
          std::string("u64"), std::string("u128"), std::string("u256"), std::string("address"),
          std::string("vector<vector<u8>>"), wal,
          "0x" + std::string(63, '0') + "2::vec_map::VecMap<" + wal + ", u64>"}) {
        const auto tag = parse_type_tag(text);
        ASSERT_TRUE(tag.has_value()) << text;
        EXPECT_EQ(to_text(*tag), text);
        EXPECT_EQ(bcs::decode<TypeTag>(bcs::encode(*tag)), *tag);
    }
    EXPECT_EQ(to_text(*parse_type_tag("0x2::coin::Coin< 0xabc::wal::WAL >")),
              "0x" + std::string(63, '0') + "2::coin::Coin<" + wal + ">");
}

TEST(TypeTag, WrongTextsAreRefused) {
    for (const char* text : {"", "u7", "vector", "vector<>", "vector<u8", "vector<u8>>",
                             "0x2::coin", "0x2::coin::", "0x2::co-in::Coin", "0x2::coin::1Coin",
                             "0x2::coin::Coin<>", "0x2::coin::Coin<u8,>", "0xg::a::B", "u8 u8"})
        EXPECT_FALSE(parse_type_tag(text).has_value()) << text;
    std::string deep;
    for (int i = 0; i < 100; ++i) deep += "vector<";
    deep += "u8";
    for (int i = 0; i < 100; ++i) deep += ">";
    EXPECT_FALSE(parse_type_tag(deep).has_value());
}

TEST(TypeTag, DeepNestingAndBadIdentifiersDoNotDecode) {
    EXPECT_EQ(bcs::decode<TypeTag>(Bytes(40, 6)).error(), bcs::Error::TooDeep);
    StructTag tag = make_struct({}, "a", "B");
    Bytes bytes = bcs::encode(make_type(tag));
    bytes[bytes.size() - 2] = '<';
    EXPECT_EQ(bcs::decode<TypeTag>(bytes).error(), bcs::Error::InvalidValue);
    tag.type_arguments.assign(kTypeArgumentsMax + 1, primitive(TypeKind::U8));
    EXPECT_EQ(bcs::decode<TypeTag>(bcs::encode(make_type(tag))).error(), bcs::Error::InvalidValue);
}

// -------------------------------------------------------------------------------------- effects

TEST(Effects, VectorOfTheSpecification) {
    const std::string text =
        "0100"
        "0700000000000000" +
        std::string(64, '0') + "20" +
        [] {
            std::string s;
            for (int i = 0; i < 32; ++i) s += "03";
            return s;
        }() +
        "000000"
        "0c00000000000000"
        "01" +
        std::string(62, '0') +
        "dd"
        "00"
        "01"
        "20" +
        [] {
            std::string s;
            for (int i = 0; i < 32; ++i) s += "04";
            return s;
        }() +
        "00" + std::string(62, '0') +
        "ee"
        "01"
        "0000";
    TransactionEffects effects;
    effects.epoch = 7;
    effects.transaction_digest.bytes.fill(3);
    effects.lamport_version = 12;
    ObjectChange change;
    change.id = small_id(0xdd);
    ObjectWrite write;
    write.digest.bytes.fill(4);
    write.owner = AddressOwner{Address{small_id(0xee).bytes}};
    change.output = write;
    change.operation = IdOperation::Created;
    effects.changed_objects.push_back(change);
    EXPECT_EQ(hex_encode(bcs::encode(effects)), text);
    EXPECT_EQ(bcs::encode(effects).size(), 190u);
    EXPECT_EQ(bcs::decode<TransactionEffects>(*hex_decode(text)), effects);
}

TEST(Effects, EveryFailureSurvivesARoundTrip) {
    std::vector<ExecutionError> errors;
    for (const auto kind :
         {ExecutionErrorKind::InvariantViolation, ExecutionErrorKind::FeatureNotYetSupported,
          ExecutionErrorKind::ObjectTooBig, ExecutionErrorKind::InsufficientCoinBalance,
          ExecutionErrorKind::CoinBalanceOverflow, ExecutionErrorKind::PrimitiveRuntimeError,
          ExecutionErrorKind::MoveAbort, ExecutionErrorKind::FunctionNotFound,
          ExecutionErrorKind::ArityMismatch, ExecutionErrorKind::TypeArityMismatch,
          ExecutionErrorKind::CommandArgument, ExecutionErrorKind::TypeArgument,
          ExecutionErrorKind::UnusedValueWithoutDrop, ExecutionErrorKind::InvalidTransferObject,
          ExecutionErrorKind::InsufficientFunds}) {
        ExecutionError error;
        error.kind = kind;
        errors.push_back(error);
    }
    errors[6].module = "blob";
    errors[6].abort_code = 2;
    errors[6].abort_name = "EResourceBounds";
    errors[6].function = "certify_blob";
    errors[6].command = 3;
    for (const int kind : {0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 13, 14, 16}) {
        ExecutionError error;
        error.kind = ExecutionErrorKind::CommandArgument;
        error.argument_kind = static_cast<ArgumentErrorKind>(kind);
        error.index = 2;
        if (kind >= 4 && kind <= 6) error.detail_a = 5;
        if (kind == 5) error.detail_b = 6;
        errors.push_back(error);
    }
    for (const ExecutionError& error : errors) {
        TransactionEffects effects;
        effects.failure = error;
        const auto back = bcs::decode<TransactionEffects>(bcs::encode(effects));
        ASSERT_TRUE(back.has_value()) << error.name();
        EXPECT_EQ(*back, effects) << error.name();
        EXPECT_EQ(bcs::encode(effects)[2], static_cast<Byte>(error.kind));
    }
}

TEST(Effects, NamesOfAbortCodes) {
    EXPECT_EQ(abort_name("system_state_inner", 1), "EStorageExceeded");
    EXPECT_EQ(abort_name("blob", 10), "EInvalidBlobObject");
    EXPECT_EQ(abort_name("blob", 4), "");
    EXPECT_EQ(abort_name("nothing", 0), "");
    EXPECT_EQ(abort_name("balance", 2), "ENotEnough");
}

}  // namespace
}  // namespace walrus::ledger
