// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "bcs/bcs.hpp"
#include "rpc/messages.hpp"
#include "rpc/text.hpp"

namespace walrus::rpc {
namespace {

constexpr std::uint64_t kMillisPerSecond = 1000;
constexpr std::uint64_t kNanosPerMilli = 1'000'000;

template <class... F>
struct Overload : F... {
    using F::operator()...;
};
template <class... F>
Overload(F...) -> Overload<F...>;

std::string base58(ByteView bytes) {
    return base58_encode(bytes);
}

void put_time(std::uint64_t time_ms, sui_pb::Time& out) {
    out.set_seconds(static_cast<std::int64_t>(time_ms / kMillisPerSecond));
    out.set_nanos(static_cast<std::int32_t>(time_ms % kMillisPerSecond * kNanosPerMilli));
}

// ---- transactions ------------------------------------------------------------------------------

void put_ref(const ledger::ObjectRef& ref, sui_pb::Input& out) {
    out.set_object_id(to_text(ref.id));
    out.set_version(ref.version);
    out.set_digest(base58(ref.digest.bytes));
}

void put_input(const ledger::CallArg& input, sui_pb::Input& out) {
    std::visit(Overload{
                   [&](const ledger::PureArg& pure) {
                       out.set_kind(sui_pb::Input::PURE);
                       out.set_pure(to_protobuf_bytes(pure.bytes));
                   },
                   [&](const ledger::ObjectArg& object) {
                       std::visit(Overload{
                                      [&](const ledger::OwnedObjectArg& owned) {
                                          out.set_kind(sui_pb::Input::IMMUTABLE_OR_OWNED);
                                          put_ref(owned.ref, out);
                                      },
                                      [&](const ledger::SharedObjectArg& shared) {
                                          out.set_kind(sui_pb::Input::SHARED);
                                          out.set_object_id(to_text(shared.id));
                                          out.set_version(shared.initial_version);
                                          out.set_mutable_(shared.is_mutable);
                                      },
                                      [&](const ledger::ReceivingArg& receiving) {
                                          out.set_kind(sui_pb::Input::RECEIVING);
                                          put_ref(receiving.ref, out);
                                      },
                                  },
                                  object);
                   },
                   [&](const ledger::WithdrawalArg& withdrawal) {
                       out.set_kind(sui_pb::Input::FUNDS_WITHDRAWAL);
                       sui_pb::FundsWithdrawal& funds = *out.mutable_funds_withdrawal();
                       funds.set_amount(withdrawal.amount_max);
                       funds.set_coin_type(to_text(withdrawal.coin_type));
                       funds.set_source(withdrawal.from == ledger::WithdrawFrom::Sender
                                            ? sui_pb::FundsWithdrawal::SENDER
                                            : sui_pb::FundsWithdrawal::SPONSOR);
                   },
               },
               input);
}

void put_argument(const ledger::Argument& argument, sui_pb::Argument& out) {
    std::visit(Overload{
                   [&](const ledger::GasCoinArgument&) { out.set_kind(sui_pb::Argument::GAS); },
                   [&](const ledger::InputArgument& input) {
                       out.set_kind(sui_pb::Argument::INPUT);
                       out.set_input(input.index);
                   },
                   [&](const ledger::ResultArgument& result) {
                       out.set_kind(sui_pb::Argument::RESULT);
                       out.set_result(result.command);
                   },
                   [&](const ledger::NestedResultArgument& nested) {
                       out.set_kind(sui_pb::Argument::RESULT);
                       out.set_result(nested.command);
                       out.set_subresult(nested.index);
                   },
               },
               argument);
}

template <class Repeated>
void put_arguments(const std::vector<ledger::Argument>& arguments, Repeated& out) {
    for (const ledger::Argument& argument : arguments) put_argument(argument, *out.Add());
}

void put_command(const ledger::Command& command, sui_pb::Command& out) {
    std::visit(Overload{
                   [&](const ledger::MoveCall& call) {
                       sui_pb::MoveCall& message = *out.mutable_move_call();
                       message.set_package(to_text(call.package));
                       message.set_module(call.module);
                       message.set_function(call.function);
                       for (const ledger::TypeTag& type : call.type_arguments)
                           message.add_type_arguments(to_text(type));
                       put_arguments(call.arguments, *message.mutable_arguments());
                   },
                   [&](const ledger::TransferObjects& transfer) {
                       sui_pb::TransferObjects& message = *out.mutable_transfer_objects();
                       put_arguments(transfer.objects, *message.mutable_objects());
                       put_argument(transfer.recipient, *message.mutable_address());
                   },
                   [&](const ledger::SplitCoins& split) {
                       sui_pb::SplitCoins& message = *out.mutable_split_coins();
                       put_argument(split.coin, *message.mutable_coin());
                       put_arguments(split.amounts, *message.mutable_amounts());
                   },
                   [&](const ledger::MergeCoins& merge) {
                       sui_pb::MergeCoins& message = *out.mutable_merge_coins();
                       put_argument(merge.target, *message.mutable_coin());
                       put_arguments(merge.sources, *message.mutable_coins_to_merge());
                   },
                   [&](const ledger::MakeMoveVec& make) {
                       sui_pb::MakeMoveVector& message = *out.mutable_make_move_vector();
                       if (make.element_type) message.set_element_type(to_text(*make.element_type));
                       put_arguments(make.elements, *message.mutable_elements());
                   },
                   // Refused before execution, so no record holds them.
                   [](const ledger::Publish&) {},
                   [](const ledger::Upgrade&) {},
               },
               command);
}

void put_expiration(const ledger::Expiration& expiration, sui_pb::TransactionExpiration& out) {
    std::visit(
        Overload{
            [&](const ledger::NoExpiration&) { out.set_kind(sui_pb::TransactionExpiration::NONE); },
            [&](const ledger::EpochExpiration& epoch) {
                out.set_kind(sui_pb::TransactionExpiration::EPOCH);
                out.set_epoch(epoch.epoch_max);
            },
            [&](const ledger::ValidDuring& valid) {
                out.set_kind(sui_pb::TransactionExpiration::VALID_DURING);
                if (valid.epoch_max) out.set_epoch(*valid.epoch_max);
                if (valid.epoch_min) out.set_min_epoch(*valid.epoch_min);
                if (valid.timestamp_min)
                    put_time(*valid.timestamp_min, *out.mutable_min_timestamp());
                if (valid.timestamp_max)
                    put_time(*valid.timestamp_max, *out.mutable_max_timestamp());
                out.set_chain(base58(valid.chain.bytes));
                out.set_nonce(valid.nonce);
            },
        },
        expiration);
}

// ---- effects -----------------------------------------------------------------------------------

void put_failure(const ledger::ExecutionError& error, sui_pb::ExecutionError& out) {
    out.set_description(error.description.empty() ? error.name() : error.description);
    if (error.command) out.set_command(*error.command);
    // The public enumeration has an "unknown" in front of the BCS tags.
    out.set_kind(static_cast<std::int32_t>(error.kind) + 1);
    if (error.kind != ledger::ExecutionErrorKind::MoveAbort) return;
    sui_pb::MoveAbort& abort = *out.mutable_abort();
    abort.set_abort_code(error.abort_code);
    sui_pb::MoveLocation& location = *abort.mutable_location();
    location.set_package(to_text(error.module_address));
    location.set_module(error.module);
    location.set_function(0);
    location.set_instruction(0);
    if (!error.function.empty()) location.set_function_name(error.function);
    if (error.abort_name.empty()) return;
    sui_pb::CleverError& clever = *abort.mutable_clever_error();
    clever.set_error_code(error.abort_code);
    clever.set_constant_name(error.abort_name);
    if (!error.description.empty()) clever.set_rendered(error.description);
}

void put_change(const ledger::ObjectChange& change, ledger::ObjectVersion version,
                sui_pb::ChangedObject& out) {
    out.set_object_id(to_text(change.id));
    if (change.input) {
        out.set_input_state(sui_pb::ChangedObject::INPUT_OBJECT_STATE_EXISTS);
        out.set_input_version(change.input->version);
        out.set_input_digest(base58(change.input->digest.bytes));
        put_owner(change.input->owner, *out.mutable_input_owner());
    } else {
        out.set_input_state(sui_pb::ChangedObject::INPUT_OBJECT_STATE_DOES_NOT_EXIST);
    }
    if (const auto* write = std::get_if<ledger::ObjectWrite>(&change.output)) {
        out.set_output_state(sui_pb::ChangedObject::OUTPUT_OBJECT_STATE_OBJECT_WRITE);
        out.set_output_version(version);
        out.set_output_digest(base58(write->digest.bytes));
        put_owner(write->owner, *out.mutable_output_owner());
    } else {
        out.set_output_state(sui_pb::ChangedObject::OUTPUT_OBJECT_STATE_DOES_NOT_EXIST);
    }
    switch (change.operation) {
        case ledger::IdOperation::None:
            out.set_id_operation(sui_pb::ChangedObject::NONE);
            break;
        case ledger::IdOperation::Created:
            out.set_id_operation(sui_pb::ChangedObject::CREATED);
            break;
        case ledger::IdOperation::Deleted:
            out.set_id_operation(sui_pb::ChangedObject::DELETED);
            break;
    }
}

// ---- functions ---------------------------------------------------------------------------------

sui_pb::OpenSignatureBody::Type body_type(ledger::TypeKind kind) {
    switch (kind) {
        case ledger::TypeKind::Bool:
            return sui_pb::OpenSignatureBody::BOOL;
        case ledger::TypeKind::U8:
            return sui_pb::OpenSignatureBody::U8;
        case ledger::TypeKind::U16:
            return sui_pb::OpenSignatureBody::U16;
        case ledger::TypeKind::U32:
            return sui_pb::OpenSignatureBody::U32;
        case ledger::TypeKind::U64:
            return sui_pb::OpenSignatureBody::U64;
        case ledger::TypeKind::U128:
            return sui_pb::OpenSignatureBody::U128;
        case ledger::TypeKind::U256:
            return sui_pb::OpenSignatureBody::U256;
        case ledger::TypeKind::Address:
            return sui_pb::OpenSignatureBody::ADDRESS;
        case ledger::TypeKind::Vector:
            return sui_pb::OpenSignatureBody::VECTOR;
        case ledger::TypeKind::Struct:
            return sui_pb::OpenSignatureBody::DATATYPE;
        case ledger::TypeKind::Signer:
            break;  // no function of ours takes one
    }
    return sui_pb::OpenSignatureBody::TYPE_UNKNOWN;
}

void put_type(const ledger::OpenType& type, sui_pb::OpenSignatureBody& out) {
    switch (type.kind) {
        case ledger::OpenType::Kind::Primitive:
            out.set_type(body_type(type.primitive));
            break;
        case ledger::OpenType::Kind::Vector:
            out.set_type(sui_pb::OpenSignatureBody::VECTOR);
            break;
        case ledger::OpenType::Kind::Datatype:
            out.set_type(sui_pb::OpenSignatureBody::DATATYPE);
            out.set_type_name(to_text(type.address) + "::" + type.module + "::" + type.name);
            break;
        case ledger::OpenType::Kind::TypeParameter:
            out.set_type(sui_pb::OpenSignatureBody::TYPE_PARAMETER);
            out.set_type_parameter(type.type_parameter);
            break;
    }
    // Registered descriptions are a few levels deep.
    for (const ledger::OpenType& argument : type.type_arguments)
        put_type(argument, *out.add_type_parameter_instantiation());
}

void put_parameter(const ledger::FunctionParameter& parameter, sui_pb::OpenSignature& out) {
    if (parameter.reference == ledger::Reference::Immutable)
        out.set_reference(sui_pb::OpenSignature::IMMUTABLE);
    if (parameter.reference == ledger::Reference::Mutable)
        out.set_reference(sui_pb::OpenSignature::MUTABLE);
    put_type(parameter.type, *out.mutable_body());
}

}  // namespace

void put_owner(const ledger::Owner& owner, sui_pb::Owner& out) {
    std::visit(Overload{
                   [&](const ledger::AddressOwner& address) {
                       out.set_kind(sui_pb::Owner::ADDRESS);
                       out.set_address(to_text(address.address));
                   },
                   [&](const ledger::ObjectOwner& parent) {
                       out.set_kind(sui_pb::Owner::OBJECT);
                       out.set_address(to_text(parent.parent));
                   },
                   [&](const ledger::SharedOwner& shared) {
                       out.set_kind(sui_pb::Owner::SHARED);
                       out.set_version(shared.initial_version);
                   },
                   [&](const ledger::ImmutableOwner&) { out.set_kind(sui_pb::Owner::IMMUTABLE); },
               },
               owner);
}

void put_object(const ledger::Object& object, sui_pb::Object& out) {
    out.set_object_id(to_text(object.id));
    out.set_version(object.version);
    out.set_digest(base58(object.digest().view()));
    put_owner(object.owner, *out.mutable_owner());
    const std::string type = to_text(object.type);
    out.set_object_type(type);
    out.mutable_contents()->set_name(type);
    out.mutable_contents()->set_value(to_protobuf_bytes(object.contents));
    out.set_previous_transaction(to_text(object.previous_transaction));
}

bool put_transaction(ByteView data_bcs, sui_pb::Transaction& out) {
    const auto data = bcs::decode<ledger::TransactionData>(data_bcs);
    if (!data) return false;
    out.mutable_bcs()->set_name("TransactionData");
    out.mutable_bcs()->set_value(to_protobuf_bytes(data_bcs));
    out.set_digest(to_text(ledger::transaction_digest(data_bcs)));
    out.set_version(1);
    out.mutable_kind()->set_kind(sui_pb::TransactionKind::PROGRAMMABLE_TRANSACTION);
    auto& program = *out.mutable_kind()->mutable_programmable_transaction();
    for (const ledger::CallArg& input : data->program.inputs)
        put_input(input, *program.add_inputs());
    for (const ledger::Command& command : data->program.commands)
        put_command(command, *program.add_commands());
    out.set_sender(to_text(data->sender));
    sui_pb::GasPayment& gas = *out.mutable_gas_payment();
    for (const ledger::ObjectRef& ref : data->gas.payment) {
        sui_pb::ObjectReference& object = *gas.add_objects();
        object.set_object_id(to_text(ref.id));
        object.set_version(ref.version);
        object.set_digest(base58(ref.digest.bytes));
    }
    gas.set_owner(to_text(data->gas.owner));
    gas.set_price(data->gas.price);
    gas.set_budget(data->gas.budget);
    put_expiration(data->expiration, *out.mutable_expiration());
    return true;
}

void put_effects(const ledger::ExecutedTransaction& executed, sui_pb::TransactionEffects& out) {
    const ledger::TransactionEffects& effects = executed.effects;
    out.mutable_bcs()->set_name("TransactionEffects");
    out.mutable_bcs()->set_value(to_protobuf_bytes(executed.effects_bcs));
    out.set_digest(base58(executed.effects_digest.view()));
    out.set_version(2);
    out.mutable_status()->set_success(effects.success());
    if (effects.failure) put_failure(*effects.failure, *out.mutable_status()->mutable_error());
    out.set_epoch(effects.epoch);
    sui_pb::GasCostSummary& gas = *out.mutable_gas_used();
    gas.set_computation_cost(effects.gas_used.computation_cost);
    gas.set_storage_cost(effects.gas_used.storage_cost);
    gas.set_storage_rebate(effects.gas_used.storage_rebate);
    gas.set_non_refundable_storage_fee(effects.gas_used.non_refundable_storage_fee);
    out.set_transaction_digest(to_text(effects.transaction_digest));
    if (effects.events_digest) out.set_events_digest(base58(effects.events_digest->bytes));
    for (const ledger::PrefixedDigest& dependency : effects.dependencies)
        out.add_dependencies(base58(dependency.bytes));
    out.set_lamport_version(effects.lamport_version);
    for (std::size_t i = 0; i < effects.changed_objects.size(); ++i) {
        sui_pb::ChangedObject& change = *out.add_changed_objects();
        put_change(effects.changed_objects[i], effects.lamport_version, change);
        if (i < executed.changed_types.size() &&
            executed.changed_types[i].id == effects.changed_objects[i].id)
            change.set_object_type(to_text(executed.changed_types[i].type));
    }
    for (const ledger::UnchangedObject& object : effects.unchanged_objects) {
        sui_pb::UnchangedConsensusObject& unchanged = *out.add_unchanged_consensus_objects();
        const auto& root = std::get<ledger::ReadOnlyRoot>(object.kind);
        unchanged.set_kind(sui_pb::UnchangedConsensusObject::READ_ONLY_ROOT);
        unchanged.set_object_id(to_text(object.id));
        unchanged.set_version(root.version);
        unchanged.set_digest(base58(root.digest.bytes));
    }
}

void put_event(const ledger::Event& event, sui_pb::Event& out) {
    out.set_package_id(to_text(event.package));
    out.set_module(event.module);
    out.set_sender(to_text(event.sender));
    const std::string type = to_text(event.type);
    out.set_event_type(type);
    out.mutable_contents()->set_name(type);
    out.mutable_contents()->set_value(to_protobuf_bytes(event.contents));
}

void put_balance(const std::string& coin_type, std::uint64_t amount, sui_pb::Balance& out) {
    out.set_coin_type(coin_type);
    out.set_balance(amount);
    out.set_address_balance(amount);
    out.set_coin_balance(0);
}

void put_executed(const chain::TransactionRecord& record, sui_pb::ExecutedTransaction& out) {
    const ledger::ExecutedTransaction& executed = record.executed;
    out.set_digest(to_text(executed.digest));
    put_transaction(record.data, *out.mutable_transaction());
    for (const Bytes& signature : record.signatures)
        out.add_signatures()->mutable_bcs()->set_value(to_protobuf_bytes(signature));
    put_effects(executed, *out.mutable_effects());
    if (!executed.events.empty()) {
        sui_pb::TransactionEvents& events = *out.mutable_events();
        if (executed.effects.events_digest)
            events.set_digest(base58(executed.effects.events_digest->bytes));
        for (const ledger::Event& event : executed.events) put_event(event, *events.add_events());
    }
    if (record.position) out.set_checkpoint(record.position->block_seq);
    put_time(record.time_ms, *out.mutable_timestamp());
    for (const ledger::BalanceChange& change : executed.balance_changes) {
        sui_pb::BalanceChange& message = *out.add_balance_changes();
        message.set_address(to_text(change.owner));
        message.set_coin_type(to_text(change.coin_type));
        message.set_amount(amount_text(change.amount));
    }
}

void put_function(const ledger::FunctionDescription& function, sui_pb::FunctionDescriptor& out) {
    out.set_name(function.name);
    out.set_visibility(function.is_public ? sui_pb::FunctionDescriptor::PUBLIC
                                          : sui_pb::FunctionDescriptor::PRIVATE);
    out.set_is_entry(function.is_entry);
    for (const std::vector<ledger::Ability>& abilities : function.type_parameters) {
        sui_pb::TypeParameter& parameter = *out.add_type_parameters();
        for (const ledger::Ability ability : abilities)
            parameter.add_constraints(static_cast<std::int32_t>(ability));
    }
    for (const ledger::FunctionParameter& parameter : function.parameters)
        put_parameter(parameter, *out.add_parameters());
    for (const ledger::FunctionParameter& result : function.returns)
        put_parameter(result, *out.add_returns());
}

void put_block(const chain::Block& block, std::uint64_t head_seq,
               walrus_pb::StreamBlocksResponse& out) {
    const chain::BlockSummary& summary = block.header.header.summary;
    out.set_seq(summary.seq);
    out.set_time_ms(summary.time_ms);
    out.set_epoch(summary.epoch);
    out.set_header(to_protobuf_bytes(block.header_bcs));
    for (const chain::BlockTransaction& transaction : block.transactions) {
        walrus_pb::BlockTransaction& message = *out.add_transactions();
        message.set_digest(to_protobuf_bytes(transaction.digest.view()));
        message.set_effects_digest(to_protobuf_bytes(transaction.effects_digest.view()));
        for (const chain::BlockEvent& event : transaction.events) {
            walrus_pb::BlockEvent& item = *message.add_events();
            item.set_type(to_text(event.type));
            item.set_bcs(to_protobuf_bytes(event.contents));
        }
    }
    out.set_head_seq(head_seq);
}

}  // namespace walrus::rpc
