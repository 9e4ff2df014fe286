// SPDX-License-Identifier: Apache-2.0
// Admission of transactions and the interpreter: what is refused, what fails, what is linear.
#include "ledger/execute.hpp"

#include <gtest/gtest.h>

#include "ledger/functions.hpp"
#include "ledger/limits.hpp"
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
const AccountKey& bob() {
    static const AccountKey key = testing::account_key(2);
    return key;
}
ObjectId framework() {
    return ObjectId{framework_address().bytes};
}

/// Something that passes: 5 Frost to Bob.
TransactionData payment(TestLedger& ledger) {
    return send_coins(ledger.handles, ledger.options(alice()), ledger.genesis.wal_type, 5,
                      address_of(bob()));
}
/// The outcome of a payment that was changed before signing.
std::string with(auto change) {
    TestLedger ledger;
    TransactionData data = payment(ledger);
    change(data, ledger);
    return outcome(ledger.try_run(data, alice()));
}
ValidDuring& during(TransactionData& data) {
    return std::get<ValidDuring>(data.expiration);
}

// -------------------------------------------------------------------------------------- admission

TEST(Admission, APaymentPasses) {
    TestLedger ledger;
    const auto executed = ledger.run(payment(ledger), alice());
    EXPECT_EQ(outcome(executed), "success");
    EXPECT_EQ(ledger.wal(address_of(bob())), 1'000'000 * kFrostPerWal + 5);
    ASSERT_EQ(executed.balance_changes.size(), 2u);
    EXPECT_EQ(executed.balance_changes[0].amount + executed.balance_changes[1].amount, 0);
    EXPECT_EQ(executed.effects.lamport_version, 1u);
    EXPECT_TRUE(executed.effects.changed_objects.empty());
    EXPECT_EQ(executed.effects.events_digest, std::nullopt);
}

TEST(Admission, AllThreeSchemesSign) {
    for (const auto scheme :
         {SignatureScheme::Ed25519, SignatureScheme::Secp256k1, SignatureScheme::Secp256r1}) {
        const AccountKey key = *AccountKey::from_secret(scheme, Bytes(32, 9));
        GenesisConfig config = testing::make_config({});
        config.accounts.push_back({address_of(key), 100, 0});
        TestLedger ledger(config);
        EXPECT_EQ(outcome(ledger.try_run(send_coins(ledger.handles, ledger.options(key),
                                                    ledger.genesis.wal_type, 5, address_of(bob())),
                                         key)),
                  "success")
            << to_text(scheme);
    }
}

TEST(Admission, Signatures) {
    TestLedger ledger;
    const SignedTransaction good = sign_transaction(payment(ledger), alice());
    const auto with_signatures = [&](std::vector<Bytes> signatures) {
        return outcome(ledger.try_run(SignedTransaction{good.data, std::move(signatures)}));
    };
    const Bytes& right = good.signatures[0];
    EXPECT_EQ(with_signatures({}), "refused: InvalidSignature");
    EXPECT_EQ(with_signatures({right, right}), "refused: InvalidSignature");
    EXPECT_EQ(with_signatures({Bytes{}}), "refused: InvalidSignature");
    EXPECT_EQ(with_signatures({Bytes{9, 9}}), "refused: InvalidSignature");
    EXPECT_EQ(with_signatures({sign_transaction(payment(ledger), bob()).signatures[0]}),
              "refused: InvalidSignature");
    EXPECT_EQ(with_signatures({sign_transaction(payment(ledger), alice()).signatures[0]}),
              "refused: InvalidSignature");  // of another transaction
    for (std::size_t i = 0; i < right.size(); i += 7) {
        Bytes changed = right;
        changed[i] ^= 1;
        EXPECT_EQ(with_signatures({changed}), "refused: InvalidSignature") << i;
    }
    EXPECT_EQ(with_signatures(std::vector<Bytes>(kSignaturesMax + 1, right)), "refused: Malformed");
    EXPECT_EQ(with_signatures({Bytes(kSignatureBytesMax + 1)}), "refused: Malformed");
    EXPECT_EQ(with_signatures({right}), "success");
    EXPECT_EQ(with_signatures({right}), "refused: AlreadyExecuted");
}

TEST(Admission, BytesThatDoNotParse) {
    TestLedger ledger;
    SignedTransaction transaction = sign_transaction(payment(ledger), alice());
    transaction.data.push_back(0);
    EXPECT_EQ(outcome(ledger.try_run(transaction)), "refused: Malformed");
    transaction.data.resize(kTransactionBytesMax + 1);
    EXPECT_EQ(outcome(ledger.try_run(transaction)), "refused: Malformed");
    transaction.data.clear();
    EXPECT_EQ(outcome(ledger.try_run(transaction)), "refused: Malformed");
}

TEST(Admission, Gas) {
    EXPECT_EQ(with([](auto& d, auto&) { d.gas.price = 1; }), "refused: InvalidGas");
    EXPECT_EQ(with([](auto& d, auto&) { d.gas.payment.push_back({}); }), "refused: InvalidGas");
    EXPECT_EQ(with([](auto& d, auto&) { d.gas.owner = address_of(bob()); }), "refused: InvalidGas");
    EXPECT_EQ(with([](auto& d, auto&) { d.gas.budget = 1'000'000; }), "success");
}

TEST(Admission, Expiration) {
    EXPECT_EQ(with([](auto& d, auto&) { d.expiration = NoExpiration{}; }),
              "refused: InvalidExpiration");
    EXPECT_EQ(with([](auto& d, auto&) { d.expiration = EpochExpiration{1}; }),
              "refused: InvalidExpiration");
    EXPECT_EQ(with([](auto& d, auto&) { d.expiration = EpochExpiration{0}; }), "refused: Expired");
    EXPECT_EQ(with([](auto& d, auto&) { during(d).chain.bytes[0] ^= 1; }), "refused: WrongChain");
    EXPECT_EQ(with([](auto& d, auto&) { during(d).epoch_max.reset(); }),
              "refused: InvalidExpiration");
    EXPECT_EQ(with([](auto& d, auto&) { during(d).epoch_max = 3; }), "refused: InvalidExpiration");
    EXPECT_EQ(with([](auto& d, auto&) { during(d).epoch_max = ~std::uint64_t{0}; }),
              "refused: InvalidExpiration");
    EXPECT_EQ(with([](auto& d, auto&) { during(d).epoch_max = 0; }), "refused: Expired");
    EXPECT_EQ(with([](auto& d, auto&) { during(d).epoch_min = 2; }), "refused: NotYetValid");
    EXPECT_EQ(with([](auto& d, auto&) { during(d).epoch_min.reset(); }), "success");
    EXPECT_EQ(with([](auto& d, auto&) { during(d).epoch_max = 1; }), "success");
    EXPECT_EQ(with([](auto& d, auto& l) { during(d).timestamp_max = l.time_ms - 1; }),
              "refused: Expired");
    EXPECT_EQ(with([](auto& d, auto& l) { during(d).timestamp_min = l.time_ms + 1; }),
              "refused: NotYetValid");
    EXPECT_EQ(with([](auto& d, auto& l) {
                  during(d).timestamp_min = during(d).timestamp_max = l.time_ms;
              }),
              "success");
}

TEST(Admission, AnOwnedObjectNeedsNoExpiration) {
    TestLedger ledger;
    const ObjectId blob = ledger.register_one(sample_blob(1, 100), alice());
    TransactionData data = transfer_objects(ledger.handles, ledger.options(alice()),
                                            {ledger.ref(blob)}, address_of(bob()));
    data.expiration = NoExpiration{};
    EXPECT_EQ(outcome(ledger.try_run(data, alice())), "success");
    EXPECT_EQ(ledger.state.object(blob)->owner, Owner{AddressOwner{address_of(bob())}});
}

TEST(Admission, UnsupportedParts) {
    const auto command = [](Command c) {
        return with([&](auto& d, auto&) { d.program.commands.push_back(c); });
    };
    EXPECT_EQ(command(Publish{}), "refused: Unsupported");
    EXPECT_EQ(command(Upgrade{}), "refused: Unsupported");
    EXPECT_EQ(command(TransferObjects{{GasCoinArgument{}}, InputArgument{0}}),
              "refused: Unsupported");
    EXPECT_EQ(command(SplitCoins{GasCoinArgument{}, {InputArgument{0}}}), "refused: Unsupported");
    EXPECT_EQ(command(MergeCoins{GasCoinArgument{}, {InputArgument{0}}}), "refused: Unsupported");
    EXPECT_EQ(command(MakeMoveVec{std::nullopt, {GasCoinArgument{}}}), "refused: Unsupported");
    EXPECT_EQ(command(MoveCall{framework(), "coin", "zero", {}, {GasCoinArgument{}}}),
              "refused: Unsupported");
    EXPECT_EQ(command(TransferObjects{{}, InputArgument{0}}), "refused: Malformed");
    EXPECT_EQ(command(SplitCoins{InputArgument{0}, {}}), "refused: Malformed");
    EXPECT_EQ(command(MergeCoins{InputArgument{0}, {}}), "refused: Malformed");
    EXPECT_EQ(command(MakeMoveVec{}), "refused: Malformed");
    EXPECT_EQ(with([](auto& d, auto&) { d.program.inputs.push_back(ObjectArg{ReceivingArg{}}); }),
              "refused: Unsupported");
    EXPECT_EQ(with([](auto& d, auto&) {
                  std::get<WithdrawalArg>(d.program.inputs[0]).from = WithdrawFrom::Sponsor;
              }),
              "refused: Unsupported");
    EXPECT_EQ(
        with([](auto& d, auto&) { d.program.inputs.push_back(PureArg{Bytes(kPureBytesMax + 1)}); }),
        "refused: Malformed");
    EXPECT_EQ(with([](auto& d, auto&) {
                  TypeTag wide = parse_type_tag("0x1::a::B<u8,u8,u8,u8,u8,u8>").value();
                  TypeTag type = primitive(TypeKind::U8);
                  for (int i = 0; i < 6; ++i) {
                      TypeTag next = wide;
                      next.structure->type_arguments[0] = type;
                      type = next;
                  }
                  std::get<WithdrawalArg>(d.program.inputs[0]).coin_type = type;
              }),
              "refused: Malformed");
}

TEST(Admission, UnusedInputsAreFine) {
    EXPECT_EQ(with([](auto& d, auto&) {
                  d.program.inputs.insert(d.program.inputs.end(), PureArg{Bytes(72)});
              }),
              "success");
}

TEST(Admission, ObjectReferences) {
    TestLedger ledger;
    const ObjectId blob = ledger.register_one(sample_blob(1, 100), alice());
    const ObjectRef good = ledger.ref(blob);
    const auto transfer = [&](ObjectRef ref, const AccountKey& sender) {
        return outcome(ledger.try_run(
            transfer_objects(ledger.handles, ledger.options(sender), {ref}, address_of(sender)),
            sender));
    };
    ObjectRef ref = good;
    ref.id.bytes[0] ^= 1;
    EXPECT_EQ(transfer(ref, alice()), "refused: ObjectNotFound");
    ref = good;
    ++ref.version;
    EXPECT_EQ(transfer(ref, alice()), "refused: ObjectStale");
    ref = good;
    ref.digest.bytes[0] ^= 1;
    EXPECT_EQ(transfer(ref, alice()), "refused: ObjectStale");
    EXPECT_EQ(transfer(good, bob()), "refused: ObjectNotOwned");
    EXPECT_EQ(transfer(ledger.ref(ledger.genesis.ids.system), alice()), "refused: ObjectNotOwned");
    EXPECT_EQ(transfer(ledger.ref(ledger.genesis.nodes[0]), alice()), "refused: ObjectNotOwned");
    EXPECT_EQ(transfer(good, alice()), "success");
    EXPECT_EQ(transfer(good, alice()), "refused: ObjectStale");

    const auto shared = [&](const ObjectId& id, ObjectVersion version) {
        ProgramBuilder b;
        b.shared(id, version, true);
        return outcome(
            ledger.try_run(std::move(b).finish(ledger.handles, ledger.options(alice())), alice()));
    };
    EXPECT_EQ(shared(blob, 1), "refused: ObjectNotOwned");
    EXPECT_EQ(shared(ledger.genesis.ids.system, 2), "refused: ObjectNotOwned");
    EXPECT_EQ(shared(ObjectId{}, 1), "refused: ObjectNotFound");
    EXPECT_EQ(shared(ledger.genesis.ids.system, 1), "success");

    TransactionData twice = transfer_objects(ledger.handles, ledger.options(alice()),
                                             {ledger.ref(blob)}, address_of(alice()));
    twice.program.inputs.push_back(ObjectArg{SharedObjectArg{blob, 1, false}});
    EXPECT_EQ(outcome(ledger.try_run(twice, alice())), "refused: Malformed");
}

TEST(Admission, OneBlockNoticesWhatItsOwnTransactionsChanged) {
    TestLedger ledger;
    const ObjectId blob = ledger.register_one(sample_blob(1, 100), alice());
    std::vector<CheckedTransaction> transactions;
    for (int i = 0; i < 2; ++i)
        transactions.push_back(*verify_transaction(
            sign_transaction(transfer_objects(ledger.handles, ledger.options(alice()),
                                              {ledger.ref(blob)}, address_of(alice())),
                             alice())));
    transactions.push_back(transactions[0]);
    const AppliedBlock block = apply_block(ledger.state, ledger.context(), transactions);
    EXPECT_EQ(outcome(block.results[0]), "success");
    EXPECT_EQ(outcome(block.results[1]), "refused: ObjectStale");
    EXPECT_EQ(outcome(block.results[2]), "refused: AlreadyExecuted");
    EXPECT_EQ(block.changes.executed.size(), 1u);
}

TEST(Admission, SimulationNeedsNeitherSignatureNorExpirationAndKeepsNothing) {
    TestLedger ledger;
    TransactionData data = payment(ledger);
    data.expiration = NoExpiration{};
    const auto checked = parse_unsigned_transaction(bcs::encode(data));
    ASSERT_TRUE(checked.has_value());
    const auto executed = simulate_transaction(ledger.state, ledger.context(), *checked);
    EXPECT_EQ(outcome(executed), "success");
    EXPECT_EQ(executed->balance_changes.size(), 2u);
    EXPECT_EQ(ledger.wal(address_of(bob())), 1'000'000 * kFrostPerWal);
    EXPECT_FALSE(ledger.state.executed(checked->digest));
}

TEST(Admission, AFailureChangesNothingButIsRemembered) {
    TestLedger ledger;
    const Digest before = [&] {
        StateChanges all;
        all.objects = ledger.state.objects();
        all.balances = ledger.state.balances();
        return all.digest();
    }();
    const TransactionData data =
        register_blobs(ledger.handles, ledger.options(alice()), {sample_blob(1, 100)}, 1);
    const auto executed = ledger.run(data, alice());
    EXPECT_EQ(outcome(executed), "balance::ENotEnough(2)");
    EXPECT_EQ(executed.effects.failure->command, 1u);
    EXPECT_EQ(executed.effects.failure->function, "reserve_space");
    EXPECT_TRUE(executed.events.empty());
    EXPECT_TRUE(executed.effects.changed_objects.empty());
    StateChanges all;
    all.objects = ledger.state.objects();
    all.balances = ledger.state.balances();
    EXPECT_EQ(all.digest(), before);
    EXPECT_TRUE(ledger.state.executed(executed.digest));
    EXPECT_EQ(outcome(ledger.try_run(data, alice())), "refused: AlreadyExecuted");
    // The failure is in the bytes.
    const auto effects = bcs::decode<TransactionEffects>(executed.effects_bcs);
    ASSERT_TRUE(effects->failure.has_value());
    EXPECT_EQ(effects->failure->name(), "balance::ENotEnough(2)");
    EXPECT_EQ(effects->failure->module_address, framework_address());
}

// ------------------------------------------------------------------------------------ interpreter

/// Runs a program over 100 WAL in `coin`.
struct Sketch {
    TestLedger& ledger;
    ProgramBuilder b;
    Argument coin;
    TypeTag wal = ledger.genesis.wal_type;

    explicit Sketch(TestLedger& ledger_in) : ledger(ledger_in) {
        coin = redeem(b.withdrawal(100 * kFrostPerWal, wal));
    }
    Argument framework_call(const char* function, std::vector<Argument> arguments) {
        return b.call(framework(), "coin", function, {wal}, std::move(arguments));
    }
    Argument redeem(Argument right) { return framework_call("redeem_funds", {right}); }
    Argument call(const char* module, const char* function, std::vector<Argument> arguments) {
        return b.call(ledger.handles.package, module, function, {}, std::move(arguments));
    }
    Argument reserve(Argument with) {
        return call("system", "reserve_space", {system(), b.pure_u64(1000), b.pure_u32(1), with});
    }
    Argument system(bool is_mutable = true) {
        return b.shared(ledger.handles.system, 1, is_mutable);
    }
    Argument me() { return b.pure_address(address_of(alice())); }
    std::string finish() {
        return outcome(
            ledger.run(std::move(b).finish(ledger.handles, ledger.options(alice())), alice()));
    }
    /// Sends the coin back first.
    std::string end() {
        framework_call("send_funds", {coin, me()});
        return finish();
    }
};

TEST(Linear, ACoinMustBeUsed) {
    TestLedger ledger;
    EXPECT_EQ(Sketch(ledger).finish(), "UnusedValueWithoutDrop");
    EXPECT_EQ(Sketch(ledger).end(), "success");
    Sketch split(ledger);
    split.b.split(split.coin, {split.b.pure_u64(0)});
    EXPECT_EQ(split.end(), "UnusedValueWithoutDrop");  // a coin of nothing is a coin
}

TEST(Linear, ACoinCannotBeUsedTwice) {
    TestLedger ledger;
    Sketch twice(ledger);
    twice.framework_call("send_funds", {twice.coin, twice.me()});
    twice.framework_call("send_funds", {twice.coin, twice.me()});
    EXPECT_EQ(twice.finish(), "CommandArgumentError(0, InvalidValueUsage)");
    Sketch transfer(ledger);
    transfer.b.transfer({transfer.coin, transfer.coin}, transfer.me());
    EXPECT_EQ(transfer.finish(), "CommandArgumentError(1, InvalidValueUsage)");
    Sketch merge(ledger);
    merge.b.merge(merge.coin, {merge.coin});
    EXPECT_EQ(merge.end(), "CommandArgumentError(1, CannotMoveBorrowedValue)");
    Sketch join(ledger);
    join.framework_call("join", {join.coin, join.coin});
    EXPECT_EQ(join.end(), "CommandArgumentError(1, CannotMoveBorrowedValue)");
    Sketch vector(ledger);
    vector.b.make_vector(std::nullopt, {vector.coin, vector.coin});
    EXPECT_EQ(vector.finish(), "CommandArgumentError(1, InvalidValueUsage)");
    EXPECT_EQ(ledger.total_wal(), Uint128{kWalSupplyFrost});
}

TEST(Linear, AWithdrawalCanBeRedeemedOnceAndMayBeLeft) {
    TestLedger ledger;
    Sketch twice(ledger);
    const Argument right = twice.b.withdrawal(5, twice.wal);
    twice.b.transfer({twice.redeem(right), twice.redeem(right)}, twice.me());
    EXPECT_EQ(twice.end(), "CommandArgumentError(0, InvalidValueUsage)");
    Sketch left(ledger);
    left.b.withdrawal(5, left.wal);
    EXPECT_EQ(left.end(), "success");
    EXPECT_EQ(ledger.wal(address_of(alice())), 1'000'000 * kFrostPerWal);
}

TEST(Linear, WithdrawalsTogetherMustFitTheBalance) {
    const Frost all = 1'000'000 * kFrostPerWal;
    for (const auto& [first, second, expected] :
         {std::tuple<Frost, Frost, const char*>{all, 0, "success"},
          {all - 5, 5, "success"},
          {all - 5, 6, "InsufficientFundsForWithdraw"},
          {all + 1, 0, "InsufficientFundsForWithdraw"},
          {~Frost{0}, 2, "InsufficientFundsForWithdraw"}}) {
        TestLedger ledger;
        ProgramBuilder b;
        const TypeTag wal = ledger.genesis.wal_type;
        std::vector<Argument> coins;
        for (const Frost amount : {first, second})
            coins.push_back(
                b.call(framework(), "coin", "redeem_funds", {wal}, {b.withdrawal(amount, wal)}));
        b.transfer(coins, b.pure_address(address_of(bob())));
        EXPECT_EQ(outcome(ledger.run(std::move(b).finish(ledger.handles, ledger.options(alice())),
                                     alice())),
                  expected);
        EXPECT_EQ(ledger.total_wal(), Uint128{kWalSupplyFrost});
    }
}

TEST(Linear, StorageAndBlobMustBeKeptOrTransferred) {
    TestLedger ledger;
    Sketch r(ledger);
    r.reserve(r.coin);
    EXPECT_EQ(r.end(), "UnusedValueWithoutDrop");
    Sketch metadata(ledger);
    metadata.call("metadata", "new", {});
    EXPECT_EQ(metadata.end(), "success");  // it has drop
    Sketch pair(ledger);
    const Argument map = pair.call("metadata", "new", {});
    pair.call("metadata", "insert_or_update",
              {map, pair.b.pure_string("a"), pair.b.pure_string("b")});
    pair.call("metadata", "remove", {map, pair.b.pure_string("a")});
    EXPECT_EQ(pair.end(), "success");  // so have the strings that come back
}

TEST(Linear, ObjectsTakenByValueAreGone) {
    TestLedger ledger;
    const ObjectId blob = ledger.register_one(sample_blob(1, 100), alice());
    Sketch r(ledger);
    const Argument object = r.b.owned(ledger.ref(blob));
    r.call("blob", "burn", {object});
    r.call("blob", "insert_or_update_metadata_pair",
           {object, r.b.pure_string("a"), r.b.pure_string("b")});
    EXPECT_EQ(r.end(), "CommandArgumentError(0, InvalidValueUsage)");
    EXPECT_NE(ledger.state.object(blob), nullptr);
}

TEST(Linear, SharedObjectsCannotBeTakenAndReadOnlyOnesNotChanged) {
    TestLedger ledger;
    Sketch take(ledger);
    take.b.transfer({take.system()}, take.me());
    EXPECT_EQ(take.end(), "CommandArgumentError(0, InvalidObjectByValue)");
    Sketch change(ledger);
    change.call("system", "reserve_space",
                {change.system(false), change.b.pure_u64(1), change.b.pure_u32(1), change.coin});
    EXPECT_EQ(change.end(), "CommandArgumentError(0, InvalidObjectByMutRef)");
}

TEST(Linear, OnlyObjectsAreTransferred) {
    TestLedger ledger;
    Sketch metadata(ledger);
    metadata.b.transfer({metadata.call("metadata", "new", {})}, metadata.me());
    EXPECT_EQ(metadata.end(), "CommandArgumentError(0, InvalidTransferObject)");
    Sketch balance(ledger);
    balance.b.transfer({balance.framework_call("into_balance", {balance.coin})}, balance.me());
    EXPECT_EQ(balance.finish(), "CommandArgumentError(0, InvalidTransferObject)");
    Sketch pure(ledger);
    pure.b.transfer({pure.b.pure_u64(1)}, pure.me());
    EXPECT_EQ(pure.end(), "CommandArgumentError(0, InvalidUsageOfPureArg)");
    Sketch right(ledger);
    right.b.transfer({right.b.withdrawal(1, right.wal)}, right.me());
    EXPECT_EQ(right.end(), "CommandArgumentError(0, InvalidTransferObject)");
}

TEST(Arguments, TypesAndBytesAreChecked) {
    TestLedger ledger;
    const auto reserve = [&](auto bytes, auto coin) {
        Sketch r(ledger);
        r.call("system", "reserve_space", {r.system(), bytes(r), r.b.pure_u32(1), coin(r)});
        return r.end();
    };
    const auto good_bytes = [](Sketch& r) { return r.b.pure_u64(1); };
    const auto good_coin = [](Sketch& r) { return r.coin; };
    EXPECT_EQ(reserve([](Sketch& r) { return r.b.pure_u32(1); }, good_coin),
              "CommandArgumentError(1, InvalidBCSBytes)");
    EXPECT_EQ(reserve([](Sketch& r) { return r.b.pure_bytes(Bytes(9)); }, good_coin),
              "CommandArgumentError(1, InvalidBCSBytes)");
    EXPECT_EQ(reserve(good_coin, good_coin), "CommandArgumentError(1, TypeMismatch)");
    EXPECT_EQ(reserve(good_bytes, [](Sketch& r) { return r.b.pure_u64(1); }),
              "CommandArgumentError(3, InvalidUsageOfPureArg)");
    EXPECT_EQ(reserve(good_bytes, [](Sketch& r) { return r.system(); }),
              "CommandArgumentError(3, TypeMismatch)");
    EXPECT_EQ(
        reserve(good_bytes,
                [](Sketch& r) { return r.b.call(framework(), "coin", "zero", {sui_type()}, {}); }),
        "CommandArgumentError(3, TypeMismatch)");
    EXPECT_EQ(reserve(good_bytes, [](Sketch&) { return Argument{InputArgument{99}}; }),
              "CommandArgumentError(3, IndexOutOfBounds)");
    EXPECT_EQ(reserve(good_bytes, [](Sketch&) { return Argument{ResultArgument{99}}; }),
              "CommandArgumentError(3, IndexOutOfBounds)");
    EXPECT_EQ(reserve(good_bytes, [](Sketch&) { return Argument{ResultArgument{1}}; }),
              "CommandArgumentError(3, IndexOutOfBounds)");  // the running command itself
    EXPECT_EQ(reserve(good_bytes, [](Sketch&) { return Argument{NestedResultArgument{0, 1}}; }),
              "CommandArgumentError(3, SecondaryIndexOutOfBounds)");
    EXPECT_EQ(reserve(good_bytes,
                      [](Sketch& r) {
                          r.framework_call("destroy_zero", {r.framework_call("zero", {})});
                          return Argument{ResultArgument{2}};
                      }),
              "CommandArgumentError(3, InvalidResultArity)");
}

TEST(Arguments, ArityTypesAndNames) {
    TestLedger ledger;
    const auto call = [&](ObjectId package, const char* module, const char* function,
                          std::vector<TypeTag> types, std::size_t arguments) {
        Sketch r(ledger);
        r.b.call(package, module, function, std::move(types),
                 std::vector<Argument>(arguments, r.b.pure_u64(1)));
        return r.end();
    };
    const TypeTag wal = ledger.genesis.wal_type;
    EXPECT_EQ(call(framework(), "coin", "zero", {wal}, 1), "ArityMismatch");
    EXPECT_EQ(call(framework(), "coin", "zero", {}, 0), "TypeArityMismatch");
    EXPECT_EQ(call(framework(), "coin", "zero", {wal, wal}, 0), "TypeArityMismatch");
    EXPECT_EQ(call(framework(), "coin", "zero", {primitive(TypeKind::U8)}, 0), "TypeArgumentError");
    EXPECT_EQ(call(framework(), "coin", "zero", {*parse_type_tag("0x5::doge::DOGE")}, 0),
              "TypeArgumentError");
    EXPECT_EQ(call(framework(), "coin", "mint", {wal}, 0), "FunctionNotFound");
    EXPECT_EQ(call(framework(), "system", "reserve_space", {}, 4), "FunctionNotFound");
    EXPECT_EQ(call(ledger.handles.package, "coin", "zero", {wal}, 0), "FunctionNotFound");
    EXPECT_EQ(call(ObjectId{}, "coin", "zero", {wal}, 0), "FunctionNotFound");
    EXPECT_EQ(call(ledger.handles.package, "staking", "stake_with_pool", {}, 2), "ArityMismatch");
    // A currency that does not exist leaves no entry in the state.
    EXPECT_EQ(ledger.state.balances().size(), 8u);
}

TEST(Coins, SplitMergeAndDestroy) {
    TestLedger ledger;
    Sketch r(ledger);
    const auto parts = r.b.split(r.coin, {r.b.pure_u64(3), r.b.pure_u64(4)});
    r.b.merge(parts[0], {parts[1]});
    r.b.transfer({parts[0]}, r.b.pure_address(address_of(bob())));
    EXPECT_EQ(r.end(), "success");
    EXPECT_EQ(ledger.wal(address_of(bob())), 1'000'000 * kFrostPerWal + 7);
    Sketch more(ledger);
    more.b.split(more.coin, {more.b.pure_u64(100 * kFrostPerWal + 1)});
    EXPECT_EQ(more.end(), "InsufficientCoinBalance");
    Sketch destroy(ledger);
    destroy.framework_call("destroy_zero", {destroy.coin});
    EXPECT_EQ(destroy.finish(), "balance::ENonZero(0)");
    Sketch zero(ledger);
    zero.framework_call("destroy_zero", {zero.framework_call("zero", {})});
    EXPECT_EQ(zero.end(), "success");
    Sketch sui(ledger);
    sui.b.merge(sui.coin, {sui.b.call(framework(), "coin", "zero", {sui_type()}, {})});
    EXPECT_EQ(sui.end(), "CommandArgumentError(1, TypeMismatch)");
    Sketch split(ledger);
    const Argument half = split.framework_call("split", {split.coin, split.b.pure_u64(9)});
    split.framework_call("join", {split.coin, half});
    split.framework_call("value", {split.coin});
    EXPECT_EQ(split.end(), "success");
    Sketch balance(ledger);
    balance.coin = balance.framework_call("from_balance",
                                          {balance.framework_call("into_balance", {balance.coin})});
    EXPECT_EQ(balance.end(), "success");
    EXPECT_EQ(ledger.total_wal(), Uint128{kWalSupplyFrost});
}

TEST(MakeMoveVec, OfPureValuesAndOfObjects) {
    TestLedger ledger;
    Sketch bytes(ledger);
    // A certificate's argument may be built this way; here it is only not a certificate.
    const Argument vector =
        bytes.b.make_vector(primitive(TypeKind::U8), {bytes.b.pure_u8(1), bytes.b.pure_u8(2)});
    bytes.call("system", "invalidate_blob_id", {bytes.system(false), vector, vector, vector});
    EXPECT_EQ(bytes.end(), "bls_aggregate::ENotEnoughStake(2)");
    Sketch objects(ledger);
    objects.b.make_vector(std::nullopt, {objects.reserve(objects.coin)});
    EXPECT_EQ(objects.end(), "UnusedValueWithoutDrop");
    Sketch wrong(ledger);
    wrong.b.make_vector(std::nullopt, {wrong.call("metadata", "new", {})});
    EXPECT_EQ(wrong.end(), "CommandArgumentError(0, InvalidMakeMoveVecNonObjectArgument)");
    Sketch mixed(ledger);
    mixed.b.make_vector(coin_type(mixed.wal), {mixed.b.pure_u64(1)});
    EXPECT_EQ(mixed.end(), "CommandArgumentError(0, InvalidUsageOfPureArg)");
    Sketch empty(ledger);
    empty.b.make_vector(primitive(TypeKind::U64), {});
    EXPECT_EQ(empty.end(), "success");
}

TEST(MakeMoveVec, CannotGrowWithoutBound) {
    TestLedger ledger;
    Sketch r(ledger);
    Argument value = r.b.pure_vector_u8(Bytes(10'000));
    TypeTag type = vector_of(primitive(TypeKind::U8));
    for (int i = 0; i < 10; ++i) {
        value = r.b.make_vector(type, std::vector<Argument>(100, value));
        type = vector_of(type);
    }
    EXPECT_EQ(r.end(), "MoveObjectTooBig");
}

TEST(Store, TheOfficialClientsProgramPasses) {
    // spec/rpc-compat.md §3.3: one withdrawal, split into the exact amounts, destroy_zero of both.
    TestLedger ledger;
    RegisterBlob blob = sample_blob(1, 100);
    const auto cost = *register_cost(blob.encoded_bytes, blob.epochs, 100'000, 20'000);
    for (const Frost off : {0, 1}) {
        Sketch r(ledger);
        const auto parts =
            r.b.split(r.coin, {r.b.pure_u64(cost.write), r.b.pure_u64(cost.storage + off)});
        r.framework_call("send_funds", {r.coin, r.me()});
        const Argument storage =
            r.call("system", "reserve_space",
                   {r.system(), r.b.pure_u64(blob.encoded_bytes), r.b.pure_u32(3), parts[1]});
        r.framework_call("destroy_zero", {parts[1]});
        const Argument object =
            r.call("system", "register_blob",
                   {r.system(), storage, r.b.pure_u256(blob.blob_id.bytes),
                    r.b.pure_u256(blob.root_hash.bytes), r.b.pure_u64(blob.unencoded_bytes),
                    r.b.pure_u8(1), r.b.pure_bool(true), parts[0]});
        const Argument metadata = r.call("metadata", "new", {});
        r.call("blob", "add_metadata", {object, metadata});
        r.call("blob", "insert_or_update_metadata_pair",
               {object, r.b.pure_string("k"), r.b.pure_string("v")});
        r.framework_call("destroy_zero", {parts[0]});
        r.b.transfer({object}, r.me());
        EXPECT_EQ(r.finish(), off == 0 ? "success" : "balance::ENonZero(0)");
    }
}

// -------------------------------------------------------------------------------------- functions

TEST(Functions, TheTypeOfWalIsInTheDescriptionOfStaking) {
    TestLedger ledger;
    const auto stake = describe_function(ledger.genesis.ids, ledger.handles.package,
                                         ledger.genesis.ids.package, "staking", "stake_with_pool");
    ASSERT_TRUE(stake.has_value());
    EXPECT_TRUE(stake->executable);
    ASSERT_EQ(stake->parameters.size(), 4u);
    EXPECT_EQ(stake->parameters[0].reference, Reference::Mutable);
    EXPECT_EQ(stake->parameters[0].type.name, "Staking");
    EXPECT_EQ(stake->parameters[1].reference, Reference::Value);
    EXPECT_EQ(stake->parameters[1].type.name, "Coin");
    const OpenType& wal = stake->parameters[1].type.type_arguments.at(0);
    EXPECT_EQ(wal.address.bytes, ledger.genesis.ids.wal_package.bytes);
    EXPECT_EQ(wal.module + "::" + wal.name, "wal::WAL");
    EXPECT_EQ(stake->parameters[2].type.name, "ID");
    EXPECT_EQ(stake->parameters[3].type.name, "TxContext");
    EXPECT_EQ(stake->returns.at(0).type.name, "StakedWal");
}

TEST(Functions, AllOfTheClientsTableAreThereWithTheirParameters) {
    TestLedger ledger;
    const auto count = [&](const char* package, const char* module, const char* function) {
        const ObjectId id = std::string(package) == "0x2" ? framework() : ledger.handles.package;
        const auto found =
            describe_function(ledger.genesis.ids, ledger.handles.package, id, module, function);
        return found ? static_cast<int>(found->parameters.size()) : -1;
    };
    EXPECT_EQ(count("walrus", "system", "reserve_space"), 5);
    EXPECT_EQ(count("walrus", "system", "register_blob"), 9);
    EXPECT_EQ(count("walrus", "system", "certify_blob"), 5);
    EXPECT_EQ(count("walrus", "system", "delete_blob"), 2);
    EXPECT_EQ(count("walrus", "system", "extend_blob"), 4);
    EXPECT_EQ(count("walrus", "metadata", "new"), 0);
    EXPECT_EQ(count("walrus", "blob", "add_metadata"), 2);
    EXPECT_EQ(count("walrus", "blob", "insert_or_update_metadata_pair"), 3);
    EXPECT_EQ(count("walrus", "blob", "remove_metadata_pair"), 2);
    EXPECT_EQ(count("0x2", "coin", "destroy_zero"), 1);
    EXPECT_EQ(count("0x2", "coin", "zero"), 1);
    EXPECT_EQ(count("0x2", "coin", "redeem_funds"), 2);
    EXPECT_EQ(count("0x2", "coin", "send_funds"), 2);
    EXPECT_EQ(count("0x2", "balance", "zero"), 0);
    EXPECT_EQ(count("walrus", "system", "nothing"), -1);
    const auto all = list_functions(ledger.genesis.ids, ledger.handles.package);
    EXPECT_GT(all.size(), 30u);
    for (const FunctionDescription& function : all)
        EXPECT_TRUE(describe_function(ledger.genesis.ids, ledger.handles.package, function.package,
                                      function.module, function.name)
                        .has_value());
}

}  // namespace
}  // namespace walrus::ledger
