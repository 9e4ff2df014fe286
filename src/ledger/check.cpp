// SPDX-License-Identifier: Apache-2.0
// What is looked at before a transaction executes: its form, its signature, and whether it fits the
// state.
#include <set>

#include "base/check.hpp"
#include "crypto/signature.hpp"
#include "ledger/execute.hpp"
#include "ledger/interpreter.hpp"

namespace walrus::ledger {

const char* to_text(TransactionErrorCode code) {
    switch (code) {
        case TransactionErrorCode::Malformed:
            return "Malformed";
        case TransactionErrorCode::Unsupported:
            return "Unsupported";
        case TransactionErrorCode::InvalidSignature:
            return "InvalidSignature";
        case TransactionErrorCode::InvalidGas:
            return "InvalidGas";
        case TransactionErrorCode::InvalidExpiration:
            return "InvalidExpiration";
        case TransactionErrorCode::WrongChain:
            return "WrongChain";
        case TransactionErrorCode::Expired:
            return "Expired";
        case TransactionErrorCode::NotYetValid:
            return "NotYetValid";
        case TransactionErrorCode::ObjectNotFound:
            return "ObjectNotFound";
        case TransactionErrorCode::ObjectStale:
            return "ObjectStale";
        case TransactionErrorCode::ObjectNotOwned:
            return "ObjectNotOwned";
        case TransactionErrorCode::AlreadyExecuted:
            return "AlreadyExecuted";
    }
    WALRUS_CHECK(false);
}

namespace {

using Code = TransactionErrorCode;

// ---------------------------------------------------------------------------------------- form

TransactionResult<void> check_type(const TypeTag& type) {
    if (type_node_count(type) > kTypeNodesMax)
        return failure(Code::Malformed,
                       "a type with more than " + std::to_string(kTypeNodesMax) + " parts");
    return {};
}

TransactionResult<void> check_form(const CallArg& input, std::size_t index,
                                   std::set<ObjectId>& objects) {
    const std::string where = "input " + std::to_string(index);
    if (const auto* pure = std::get_if<PureArg>(&input)) {
        if (pure->bytes.size() > kPureBytesMax)
            return failure(Code::Malformed, where + " has " + std::to_string(pure->bytes.size()) +
                                                " bytes, the limit is " +
                                                std::to_string(kPureBytesMax));
        return {};
    }
    if (const auto* withdrawal = std::get_if<WithdrawalArg>(&input)) {
        if (withdrawal->from != WithdrawFrom::Sender)
            return failure(Code::Unsupported,
                           where + ": only the sender's own balance can be withdrawn from");
        return check_type(withdrawal->coin_type);
    }
    const ObjectArg& object = std::get<ObjectArg>(input);
    if (std::holds_alternative<ReceivingArg>(object))
        return failure(Code::Unsupported, where + ": receiving objects is not supported");
    const auto* owned = std::get_if<OwnedObjectArg>(&object);
    const ObjectId id = owned != nullptr ? owned->ref.id : std::get<SharedObjectArg>(object).id;
    if (!objects.insert(id).second)
        return failure(Code::Malformed, "object " + to_text(id) + " is an input twice");
    return {};
}

/// The form of commands: what their parts must be, before anything is looked up.
class CommandForm {
public:
    explicit CommandForm(std::size_t index) : where_("command " + std::to_string(index)) {}

    TransactionResult<void> operator()(const MoveCall& call) const {
        for (const TypeTag& type : call.type_arguments) WALRUS_TRY(check_type(type));
        return arguments(call.arguments);
    }
    TransactionResult<void> operator()(const TransferObjects& command) const {
        WALRUS_TRY(not_empty(command.objects, "TransferObjects"));
        WALRUS_TRY(arguments(command.objects));
        return argument(command.recipient);
    }
    TransactionResult<void> operator()(const SplitCoins& command) const {
        WALRUS_TRY(not_empty(command.amounts, "SplitCoins"));
        WALRUS_TRY(argument(command.coin));
        return arguments(command.amounts);
    }
    TransactionResult<void> operator()(const MergeCoins& command) const {
        WALRUS_TRY(not_empty(command.sources, "MergeCoins"));
        WALRUS_TRY(argument(command.target));
        return arguments(command.sources);
    }
    TransactionResult<void> operator()(const MakeMoveVec& command) const {
        if (!command.element_type) WALRUS_TRY(not_empty(command.elements, "MakeMoveVec"));
        if (command.element_type) WALRUS_TRY(check_type(*command.element_type));
        return arguments(command.elements);
    }
    TransactionResult<void> operator()(const Publish&) const { return no_packages("Publish"); }
    TransactionResult<void> operator()(const Upgrade&) const { return no_packages("Upgrade"); }

private:
    TransactionResult<void> not_empty(const std::vector<Argument>& items, const char* name) const {
        if (!items.empty()) return {};
        return failure(Code::Malformed, where_ + ": " + name + " of nothing");
    }
    TransactionResult<void> no_packages(const char* name) const {
        return failure(Code::Unsupported,
                       where_ + ": " + name + " is not supported, packages here are native");
    }
    TransactionResult<void> argument(const Argument& one) const {
        if (!std::holds_alternative<GasCoinArgument>(one)) return {};
        return failure(Code::Unsupported,
                       where_ +
                           ": GasCoin is not supported, there is no gas coin; withdraw from "
                           "the balance instead");
    }
    TransactionResult<void> arguments(const std::vector<Argument>& items) const {
        if (items.size() > kArgumentsMax)
            return failure(Code::Malformed, where_ + " has more than " +
                                                std::to_string(kArgumentsMax) + " arguments");
        for (const Argument& one : items) WALRUS_TRY(argument(one));
        return {};
    }

    std::string where_;
};

TransactionResult<void> check_form(const TransactionData& data) {
    std::set<ObjectId> objects;
    for (std::size_t i = 0; i < data.program.inputs.size(); ++i)
        WALRUS_TRY(check_form(data.program.inputs[i], i, objects));
    for (std::size_t i = 0; i < data.program.commands.size(); ++i)
        WALRUS_TRY(std::visit(CommandForm(i), data.program.commands[i]));
    if (!data.gas.payment.empty())
        return failure(Code::InvalidGas, "transactions are free: the gas payment must be empty");
    if (data.gas.price != 0)
        return failure(Code::InvalidGas,
                       "gas price " + std::to_string(data.gas.price) + ", it must be 0");
    if (data.gas.owner != data.sender)
        return failure(Code::InvalidGas, "the gas owner must be the sender");
    return {};
}

// ----------------------------------------------------------------------------------- signature

TransactionResult<void> check_signature(const CheckedTransaction& transaction) {
    if (transaction.signatures.size() != 1)
        return failure(Code::InvalidSignature, std::to_string(transaction.signatures.size()) +
                                                   " signatures, exactly one is needed");
    const auto signature = AccountSignature::parse(transaction.signatures[0]);
    if (!signature)
        return failure(Code::InvalidSignature,
                       std::string("the signature: ") + describe(signature.error()));
    const Address signer{signature->key.address().bytes};
    if (signer != transaction.data.sender)
        return failure(Code::InvalidSignature, "signed by " + to_text(signer) + ", the sender is " +
                                                   to_text(transaction.data.sender));
    if (!signature->verify(signing_digest(transaction.data_bcs)))
        return failure(Code::InvalidSignature, "the signature is not valid for this transaction");
    return {};
}

TransactionResult<CheckedTransaction> parse(SignedTransaction transaction) {
    if (transaction.data.size() > kTransactionBytesMax)
        return failure(Code::Malformed, std::to_string(transaction.data.size()) +
                                            " bytes, the limit is " +
                                            std::to_string(kTransactionBytesMax));
    if (transaction.signatures.size() > kSignaturesMax)
        return failure(Code::Malformed, "too many signatures");
    for (const Bytes& signature : transaction.signatures)
        if (signature.size() > kSignatureBytesMax)
            return failure(Code::Malformed,
                           "a signature of " + std::to_string(signature.size()) + " bytes");
    auto data = bcs::decode<TransactionData>(transaction.data);
    if (!data)
        return failure(Code::Malformed,
                       std::string("the transaction does not parse: ") + describe(data.error()));
    WALRUS_TRY(check_form(*data));
    CheckedTransaction checked;
    checked.data = std::move(*data);
    checked.digest = transaction_digest(transaction.data);
    checked.data_bcs = std::move(transaction.data);
    checked.signatures = std::move(transaction.signatures);
    return checked;
}

// --------------------------------------------------------------------------------------- state

TransactionResult<void> check_valid_during(const ValidDuring& during, const BlockContext& context) {
    if (during.chain.bytes != context.ids.chain.bytes)
        return failure(Code::WrongChain, "made for chain " + to_text(ChainId{during.chain.bytes}) +
                                             ", this is " + to_text(context.ids.chain));
    if (!during.epoch_max)
        return failure(Code::InvalidExpiration, "ValidDuring without a last epoch");
    const std::string now = std::to_string(context.epoch);
    if (*during.epoch_max < context.epoch)
        return failure(Code::Expired, "valid until epoch " + std::to_string(*during.epoch_max) +
                                          ", it is epoch " + now);
    if (*during.epoch_max > std::uint64_t{context.epoch} + 1)
        return failure(Code::InvalidExpiration,
                       "valid until epoch " + std::to_string(*during.epoch_max) +
                           ", at most the epoch after the current " + now + " is allowed");
    if (during.epoch_min && *during.epoch_min > context.epoch)
        return failure(Code::NotYetValid, "valid from epoch " + std::to_string(*during.epoch_min) +
                                              ", it is epoch " + now);
    if (during.timestamp_min && *during.timestamp_min > context.time_ms)
        return failure(Code::NotYetValid, "valid from " + std::to_string(*during.timestamp_min) +
                                              " ms, it is " + std::to_string(context.time_ms));
    if (during.timestamp_max && *during.timestamp_max < context.time_ms)
        return failure(Code::Expired, "valid until " + std::to_string(*during.timestamp_max) +
                                          " ms, it is " + std::to_string(context.time_ms));
    return {};
}

TransactionResult<void> check_expiration(const TransactionData& data, bool has_owned_input,
                                         const BlockContext& context, CheckMode mode) {
    if (const auto* during = std::get_if<ValidDuring>(&data.expiration))
        return check_valid_during(*during, context);
    if (const auto* epoch = std::get_if<EpochExpiration>(&data.expiration))
        if (epoch->epoch_max < context.epoch)
            return failure(Code::Expired, "valid until epoch " + std::to_string(epoch->epoch_max) +
                                              ", it is epoch " + std::to_string(context.epoch));
    if (has_owned_input || mode == CheckMode::Simulate) return {};
    return failure(
        Code::InvalidExpiration,
        "a transaction without an object of the sender needs the expiration ValidDuring");
}

TransactionResult<void> check_owned(const Object& object, const ObjectRef& ref,
                                    const ObjectDigest& digest, const Address& sender) {
    const std::string name = "object " + to_text(ref.id);
    if (ref.version != object.version)
        return failure(Code::ObjectStale, name + " has version " + std::to_string(object.version) +
                                              ", the transaction names " +
                                              std::to_string(ref.version));
    if (ref.digest.bytes != digest.bytes)
        return failure(Code::ObjectStale, name + " has another digest in this version");
    if (const auto* owner = std::get_if<AddressOwner>(&object.owner)) {
        if (owner->address == sender) return {};
        return failure(Code::ObjectNotOwned, name + " belongs to " + to_text(owner->address));
    }
    if (std::holds_alternative<ImmutableOwner>(object.owner)) return {};
    return failure(Code::ObjectNotOwned, name + (std::holds_alternative<SharedOwner>(object.owner)
                                                     ? " is shared and must be passed as shared"
                                                     : " belongs to another object"));
}

TransactionResult<void> check_shared(const Object& object, const SharedObjectArg& argument) {
    const auto* owner = std::get_if<SharedOwner>(&object.owner);
    const std::string name = "object " + to_text(argument.id);
    if (owner == nullptr) return failure(Code::ObjectNotOwned, name + " is not shared");
    if (owner->initial_version == argument.initial_version) return {};
    return failure(Code::ObjectNotOwned, name + " was shared at version " +
                                             std::to_string(owner->initial_version) + ", not " +
                                             std::to_string(argument.initial_version));
}

TransactionResult<void> check_clock(const ObjectArg& argument) {
    const auto* shared = std::get_if<SharedObjectArg>(&argument);
    if (shared == nullptr || shared->initial_version != kClockInitialVersion)
        return failure(Code::ObjectNotOwned, "the clock must be passed as shared at version " +
                                                 std::to_string(kClockInitialVersion));
    if (!shared->is_mutable) return {};
    return failure(Code::ObjectNotOwned, "the clock can only be read");
}

}  // namespace

TransactionResult<CheckedTransaction> verify_transaction(SignedTransaction transaction) {
    CheckedTransaction checked = WALRUS_TRY(parse(std::move(transaction)));
    WALRUS_TRY(check_signature(checked));
    return checked;
}

TransactionResult<CheckedTransaction> parse_unsigned_transaction(Bytes data_bcs) {
    return parse({std::move(data_bcs), {}});
}

TransactionResult<void> check_inputs(const StateOverlay& state, const BlockContext& context,
                                     const CheckedTransaction& transaction, CheckMode mode) {
    if (mode == CheckMode::Execute && state.executed(transaction.digest))
        return failure(Code::AlreadyExecuted,
                       "transaction " + to_text(transaction.digest) + " was executed before");
    bool has_owned_input = false;
    for (const CallArg& input : transaction.data.program.inputs) {
        const auto* argument = std::get_if<ObjectArg>(&input);
        if (argument == nullptr) continue;
        const auto* owned = std::get_if<OwnedObjectArg>(argument);
        WALRUS_CHECK(owned != nullptr || std::holds_alternative<SharedObjectArg>(*argument));
        const ObjectId id =
            owned != nullptr ? owned->ref.id : std::get<SharedObjectArg>(*argument).id;
        if (id == clock_id()) {
            WALRUS_TRY(check_clock(*argument));
            continue;
        }
        const ObjectPtr object = state.object_envelope(id);
        if (!object) return failure(Code::ObjectNotFound, "there is no object " + to_text(id));
        if (owned != nullptr) {
            WALRUS_TRY(check_owned(*object, owned->ref, *state.object_digest(id),
                                   transaction.data.sender));
            if (std::holds_alternative<AddressOwner>(object->owner)) has_owned_input = true;
        } else {
            WALRUS_TRY(check_shared(*object, std::get<SharedObjectArg>(*argument)));
        }
    }
    return check_expiration(transaction.data, has_owned_input, context, mode);
}

TransactionResult<void> check_inputs(const StateReader& state, const BlockContext& context,
                                     const CheckedTransaction& transaction, CheckMode mode) {
    const StateOverlay overlay(state);
    return check_inputs(overlay, context, transaction, mode);
}

TransactionResult<CheckedTransaction> check_transaction(const StateReader& state,
                                                        const BlockContext& context,
                                                        SignedTransaction transaction) {
    CheckedTransaction checked = WALRUS_TRY(parse(std::move(transaction)));
    // The state first: it is cheaper than a signature.
    WALRUS_TRY(check_inputs(state, context, checked, CheckMode::Execute));
    WALRUS_TRY(check_signature(checked));
    return checked;
}

}  // namespace walrus::ledger
