// SPDX-License-Identifier: Apache-2.0
#include "rpc/transaction_in.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "chain/testing.hpp"
#include "ledger/limits.hpp"
#include "rpc/messages.hpp"

namespace walrus::rpc {
namespace {

using chain::testing::TestNetwork;
using ledger::testing::account_key;
using ledger::testing::address_of;

const AccountKey kUser = account_key(1);

ObjectId object_id(Byte first) {
    ObjectId out;
    out.bytes[0] = first;
    return out;
}
ledger::ObjectRef object_ref(Byte first) {
    ledger::ObjectRef out{object_id(first), 7, {}};
    out.digest.bytes[3] = first;
    return out;
}

/// Every kind of input, argument and command that has a structured form.
ledger::TransactionData everything() {
    ledger::TransactionData out;
    const ledger::TypeTag sui = ledger::sui_type();
    out.program.inputs = {
        ledger::PureArg{{1, 2, 3}},
        ledger::ObjectArg(ledger::OwnedObjectArg{object_ref(1)}),
        ledger::ObjectArg(ledger::SharedObjectArg{object_id(2), 4, true}),
        ledger::ObjectArg(ledger::SharedObjectArg{object_id(3), 5, false}),
        ledger::ObjectArg(ledger::ReceivingArg{object_ref(4)}),
        ledger::WithdrawalArg{100, sui, ledger::WithdrawFrom::Sender},
        ledger::WithdrawalArg{101, sui, ledger::WithdrawFrom::Sponsor},
    };
    const ledger::Argument gas = ledger::GasCoinArgument{};
    const ledger::Argument input = ledger::InputArgument{1};
    const ledger::Argument result = ledger::ResultArgument{2};
    const ledger::Argument nested = ledger::NestedResultArgument{3, 0};
    out.program.commands = {
        ledger::MoveCall{object_id(9), "system", "certify_blob", {sui}, {gas, input, nested}},
        ledger::TransferObjects{{result, nested}, input},
        ledger::SplitCoins{gas, {input, input}},
        ledger::MergeCoins{gas, {result}},
        ledger::MakeMoveVec{sui, {input}},
        ledger::MakeMoveVec{std::nullopt, {}},
    };
    out.sender = address_of(kUser);
    out.gas = {{object_ref(5)}, address_of(account_key(2)), 6, 7};
    ledger::ValidDuring during{1, 2, 3, 4, {}, 5};
    during.chain.bytes[0] = 8;
    out.expiration = during;
    return out;
}

sui_pb::Transaction structured(const ledger::TransactionData& data) {
    sui_pb::Transaction out;
    EXPECT_TRUE(put_transaction(bcs::encode(data), out));
    return out;
}

TEST(StructuredTransaction, ComesBackAsItWas) {
    ledger::TransactionData data = everything();
    const std::vector<ledger::Expiration> expirations{
        data.expiration, ledger::NoExpiration{}, ledger::EpochExpiration{9},
        ledger::ValidDuring{std::nullopt, 2, std::nullopt, std::nullopt, {}, 0}};
    for (const ledger::Expiration& expiration : expirations) {
        data.expiration = expiration;
        const auto draft = take_draft(structured(data), true);
        ASSERT_TRUE(draft) << draft.error().message;
        EXPECT_EQ(draft->data, data);
        EXPECT_TRUE(draft->unresolved.empty());
        EXPECT_TRUE(draft->has_expiration);
    }
}

TEST(StructuredTransaction, WhatIsOpenIsListed) {
    sui_pb::Transaction message = structured(everything());
    message.clear_expiration();
    message.clear_gas_payment();
    auto& inputs = *message.mutable_kind()->mutable_programmable_transaction()->mutable_inputs();
    sui_pb::Input& named = *inputs.Mutable(1);
    named.Clear();
    named.set_object_id("0x7");
    sui_pb::Input& versioned = *inputs.Mutable(4);
    versioned.clear_kind();
    const auto draft = take_draft(message, true);
    ASSERT_TRUE(draft) << draft.error().message;
    EXPECT_FALSE(draft->has_expiration);
    EXPECT_EQ(draft->data.gas.owner, draft->data.sender);
    ASSERT_EQ(draft->unresolved.size(), 2u);
    EXPECT_EQ(draft->unresolved[0].index, 1u);
    EXPECT_EQ(to_text(draft->unresolved[0].id), to_text(*parse_object_id("0x7")));
    EXPECT_FALSE(draft->unresolved[0].version);
    EXPECT_EQ(draft->unresolved[1].index, 4u);
    EXPECT_EQ(draft->unresolved[1].version, 7u);
    EXPECT_TRUE(draft->unresolved[1].digest);
}

TEST(StructuredTransaction, WrongOnesAreRefusedByPlace) {
    const auto refused = [](auto change, std::string_view said,
                            GrpcStatus status = GrpcStatus::InvalidArgument) {
        sui_pb::Transaction message = structured(everything());
        change(message, *message.mutable_kind()->mutable_programmable_transaction());
        const auto draft = take_draft(message, true);
        ASSERT_FALSE(draft) << said;
        EXPECT_EQ(draft.error().status, status);
        EXPECT_NE(draft.error().message.find(said), std::string::npos) << draft.error().message;
    };
    using T = sui_pb::Transaction;
    using P = sui_pb::ProgrammableTransaction;
    refused([](T& t, P&) { t.clear_kind(); }, "programmable");
    refused([](T& t, P&) { t.clear_sender(); }, "sender");
    refused([](T& t, P&) { t.set_sender("0xzz"); }, "sender");
    refused([](T&, P& p) { p.mutable_inputs(0)->Clear(); }, "input 0");
    refused([](T&, P& p) { p.mutable_inputs(1)->set_object_id("x"); }, "input 1");
    refused([](T&, P& p) { p.mutable_inputs(1)->set_digest("0OIl"); }, "input 1");
    refused([](T&, P& p) { p.mutable_inputs(2)->clear_version(); }, "input 2");
    refused([](T&, P& p) { p.mutable_inputs(4)->clear_digest(); }, "input 4");
    refused([](T&, P& p) { p.mutable_inputs(5)->mutable_funds_withdrawal()->set_coin_type("u"); },
            "input 5");
    refused([](T&, P& p) { p.mutable_inputs(5)->mutable_funds_withdrawal()->clear_source(); },
            "input 5");
    refused([](T&, P& p) { p.mutable_commands(0)->mutable_move_call()->set_package(""); },
            "command 0");
    refused([](T&, P& p) { p.mutable_commands(0)->mutable_move_call()->set_module("a b"); },
            "command 0");
    refused(
        [](T&, P& p) { p.mutable_commands(0)->mutable_move_call()->set_type_arguments(0, "<"); },
        "command 0");
    refused(
        [](T&, P& p) {
            p.mutable_commands(0)->mutable_move_call()->mutable_arguments(1)->set_input(65536);
        },
        "65535");
    refused(
        [](T&, P& p) {
            p.mutable_commands(0)->mutable_move_call()->mutable_arguments(2)->set_subresult(65536);
        },
        "65535");
    refused(
        [](T&, P& p) {
            p.mutable_commands(2)->mutable_split_coins()->mutable_coin()->clear_kind();
        },
        "command 2");
    refused([](T&, P& p) { p.mutable_commands(3)->Clear(); }, "command 3");
    refused(
        [](T&, P& p) { p.mutable_commands(4)->mutable_make_move_vector()->set_element_type(":"); },
        "command 4");
    refused([](T&, P& p) { p.mutable_commands(0)->mutable_publish(); }, "native",
            GrpcStatus::Unimplemented);
    refused([](T&, P& p) { p.mutable_commands(1)->mutable_upgrade(); }, "native",
            GrpcStatus::Unimplemented);
    refused([](T& t, P&) { t.mutable_expiration()->set_kind({}); }, "expiration");
    refused([](T& t, P&) { t.mutable_expiration()->clear_chain(); }, "chain");
    refused([](T& t, P&) { t.mutable_expiration()->mutable_min_timestamp()->set_seconds(-1); },
            "timestamp");
    refused([](T& t, P&) { t.mutable_gas_payment()->set_owner("me"); }, "owner");
    refused([](T& t, P&) { t.mutable_gas_payment()->mutable_objects(0)->clear_digest(); }, "gas");
    refused(
        [](T&, P& p) {
            while (static_cast<std::size_t>(p.inputs_size()) <= ledger::kInputsMax)
                *p.add_inputs() = p.inputs(0);
        },
        "inputs");
    refused(
        [](T&, P& p) {
            while (static_cast<std::size_t>(p.commands_size()) <= ledger::kCommandsMax)
                *p.add_commands() = p.commands(3);
        },
        "commands");
    refused(
        [](T&, P& p) {
            auto& call = *p.mutable_commands(0)->mutable_move_call();
            while (static_cast<std::size_t>(call.arguments_size()) <= ledger::kArgumentsMax)
                *call.add_arguments() = call.arguments(0);
        },
        "arguments");
}

class ResolveTest : public ::testing::Test {
public:
    ResolveTest() { net.open(); }

    static io::Task<void> submit_task(ResolveTest& t, ledger::SignedTransaction transaction,
                                      chain::RecordPtr& out) {
        auto record = co_await t.net.service->submit(std::move(transaction));
        EXPECT_TRUE(record);
        if (record) out = *record;
    }
    static io::Task<void> resolve_task(ResolveTest& t, DraftTransaction draft,
                                       ResolveOptions options,
                                       std::optional<GrpcResult<ledger::TransactionData>>& out) {
        auto result =
            co_await resolve(t.net.environment, *t.net.service, std::move(draft), options);
        out.emplace(std::move(result));
    }
    GrpcResult<ledger::TransactionData> resolved(DraftTransaction draft,
                                                 ResolveOptions options = {}) {
        std::optional<GrpcResult<ledger::TransactionData>> out;
        net.run(resolve_task(*this, std::move(draft), options, out));
        return std::move(*out);
    }
    /// A program over objects that are only named.
    static DraftTransaction naming(std::vector<ObjectId> ids,
                                   std::vector<ledger::Command> commands) {
        DraftTransaction out;
        for (const ObjectId& id : ids) {
            UnresolvedInput open;
            open.index = out.data.program.inputs.size();
            open.id = id;
            out.data.program.inputs.emplace_back(
                ledger::ObjectArg(ledger::OwnedObjectArg{{id, 0, {}}}));
            out.unresolved.push_back(open);
        }
        out.data.program.commands = std::move(commands);
        return out;
    }
    ledger::Command call(std::string module, std::string function, std::size_t inputs) const {
        ledger::MoveCall out{net.handles.package, std::move(module), std::move(function), {}, {}};
        for (std::size_t i = 0; i < inputs; ++i)
            out.arguments.emplace_back(ledger::InputArgument{static_cast<std::uint16_t>(i)});
        return out;
    }
    static const ledger::SharedObjectArg* shared(const ledger::TransactionData& data,
                                                 std::size_t index) {
        const auto* object = std::get_if<ledger::ObjectArg>(&data.program.inputs[index]);
        return object == nullptr ? nullptr : std::get_if<ledger::SharedObjectArg>(object);
    }

    TestNetwork net;
};

TEST_F(ResolveTest, SharedObjectsAreMutableOnlyWhereACallNeedsIt) {
    const ObjectId system = net.handles.system;
    const auto reads = resolved(naming({system}, {call("system", "certify_blob", 1)}));
    ASSERT_TRUE(reads) << reads.error().message;
    ASSERT_NE(shared(*reads, 0), nullptr);
    EXPECT_EQ(shared(*reads, 0)->initial_version, net.handles.system_initial_version);
    EXPECT_FALSE(shared(*reads, 0)->is_mutable);
    const auto writes = resolved(
        naming({system}, {call("system", "certify_blob", 1), call("system", "reserve_space", 1)}));
    ASSERT_TRUE(writes);
    EXPECT_TRUE(shared(*writes, 0)->is_mutable);
    // A function that nobody knows, as in a policy's transaction.
    const auto unknown = resolved(naming({system}, {call("policy", "seal_approve", 1)}));
    ASSERT_TRUE(unknown);
    EXPECT_FALSE(shared(*unknown, 0)->is_mutable);
    // The client's own wish is kept.
    DraftTransaction wish = naming({system}, {call("policy", "seal_approve", 1)});
    wish.unresolved[0].is_mutable = true;
    const auto wished = resolved(std::move(wish));
    ASSERT_TRUE(wished);
    EXPECT_TRUE(shared(*wished, 0)->is_mutable);
    const auto moved = resolved(naming(
        {system}, {ledger::TransferObjects{{ledger::InputArgument{0}}, ledger::InputArgument{0}}}));
    ASSERT_TRUE(moved);
    EXPECT_TRUE(shared(*moved, 0)->is_mutable);
}

TEST_F(ResolveTest, OwnedObjectsGetVersionAndDigest) {
    chain::RecordPtr record;
    net.run(submit_task(*this, net.registration(kUser, 1), record));
    ASSERT_TRUE(record);
    const ObjectId blob = TestNetwork::created(*record, "Blob");
    const auto known =
        resolved(naming({net.handles.system, blob}, {call("system", "delete_blob", 2)}));
    ASSERT_TRUE(known) << known.error().message;
    const auto& argument = std::get<ledger::ObjectArg>(known->program.inputs[1]);
    const auto& owned = std::get<ledger::OwnedObjectArg>(argument);
    EXPECT_EQ(owned.ref.version, record->executed.effects.lamport_version);
    const auto& changes = record->executed.effects.changed_objects;
    const auto change =
        std::find_if(changes.begin(), changes.end(), [&](const auto& c) { return c.id == blob; });
    ASSERT_NE(change, changes.end());
    EXPECT_EQ(owned.ref.digest, std::get<ledger::ObjectWrite>(change->output).digest);
    // What the client says about it stays, so that a stale reference is noticed.
    DraftTransaction stale = naming({blob}, {call("system", "delete_blob", 1)});
    stale.unresolved[0].version = 1;
    stale.unresolved[0].digest = ledger::PrefixedDigest{};
    const auto kept = resolved(std::move(stale));
    ASSERT_TRUE(kept);
    const auto& kept_argument = std::get<ledger::ObjectArg>(kept->program.inputs[0]);
    EXPECT_EQ(std::get<ledger::OwnedObjectArg>(kept_argument).ref,
              (ledger::ObjectRef{blob, 1, {}}));
}

TEST_F(ResolveTest, MissingObjectsAndChildrenAreRefused) {
    const auto missing = resolved(naming({object_id(1)}, {}));
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().status, GrpcStatus::NotFound);
    EXPECT_NE(missing.error().message.find(to_text(object_id(1))), std::string::npos);
    const ObjectId child =
        ledger::system_state_field_id(net.handles.system, ledger::kSystemVersion);
    const auto owned = resolved(naming({child}, {}));
    ASSERT_FALSE(owned);
    EXPECT_EQ(owned.error().status, GrpcStatus::InvalidArgument);
}

TEST_F(ResolveTest, GasSelectionSetsTheWindowOfTheEpoch) {
    const auto plain = resolved(naming({}, {}));
    ASSERT_TRUE(plain);
    EXPECT_TRUE(std::holds_alternative<ledger::NoExpiration>(plain->expiration));
    const auto chosen = resolved(naming({}, {}), {.gas_selection = true});
    ASSERT_TRUE(chosen);
    const auto& during = std::get<ledger::ValidDuring>(chosen->expiration);
    EXPECT_EQ(during.epoch_min, 1u);
    EXPECT_EQ(during.epoch_max, 2u);
    EXPECT_EQ(during.chain.bytes, net.service->ids().chain.bytes);
    const auto again = resolved(naming({}, {}), {.gas_selection = true});
    ASSERT_TRUE(again);
    EXPECT_NE(std::get<ledger::ValidDuring>(again->expiration).nonce, during.nonce);
    DraftTransaction own = naming({}, {});
    own.has_expiration = true;
    own.data.expiration = ledger::EpochExpiration{3};
    const auto kept = resolved(std::move(own), {.gas_selection = true});
    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->expiration, ledger::Expiration(ledger::EpochExpiration{3}));
}

}  // namespace
}  // namespace walrus::rpc
