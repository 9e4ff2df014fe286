// SPDX-License-Identifier: Apache-2.0
#include "rpc/transaction_in.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "ledger/limits.hpp"
#include "rpc/messages.hpp"
#include "rpc/method.hpp"

namespace walrus::rpc {
namespace {

constexpr std::uint64_t kMillisPerSecond = 1000;
constexpr std::int64_t kSecondsMax = std::int64_t{1} << 43;  // milliseconds fit 64 bits
constexpr std::int32_t kNanosPerMilli = 1'000'000;
constexpr std::int32_t kNanosMax = 999'999'999;

std::optional<ledger::PrefixedDigest> take_digest(const std::string& text) {
    const auto bytes = base58_decode(text);
    if (!bytes || bytes->size() != 32) return std::nullopt;
    ledger::PrefixedDigest out;
    std::copy(bytes->begin(), bytes->end(), out.bytes.begin());
    return out;
}

GrpcResult<ledger::ObjectRef> take_ref(const sui_pb::Input& message, const std::string& where) {
    const auto id = parse_object_id(message.object_id());
    const auto digest = take_digest(message.digest());
    if (!id || !message.has_version() || !digest)
        return invalid_argument(where + ": an object needs object_id, version and digest");
    return ledger::ObjectRef{*id, message.version(), *digest};
}

GrpcResult<ledger::WithdrawalArg> take_withdrawal(const sui_pb::FundsWithdrawal& message,
                                                  const std::string& where) {
    ledger::WithdrawalArg out;
    auto type = ledger::parse_type_tag(message.coin_type());
    if (!type)
        return invalid_argument(
            fmt::format("{}: coin_type \"{}\" is not a type", where, shown(message.coin_type())));
    out.amount_max = message.amount();
    out.coin_type = std::move(*type);
    switch (message.source()) {
        case sui_pb::FundsWithdrawal::SENDER:
            out.from = ledger::WithdrawFrom::Sender;
            return out;
        case sui_pb::FundsWithdrawal::SPONSOR:
            out.from = ledger::WithdrawFrom::Sponsor;
            return out;
        default:
            return invalid_argument(where + ": a withdrawal's source must be SENDER");
    }
}

/// `draft` gets the input, and what is open about it.
GrpcResult<void> take_input(const sui_pb::Input& message, DraftTransaction& draft) {
    const std::size_t index = draft.data.program.inputs.size();
    const std::string where = fmt::format("input {}", index);
    std::vector<ledger::CallArg>& inputs = draft.data.program.inputs;
    switch (message.kind()) {
        case sui_pb::Input::PURE:
            inputs.emplace_back(ledger::PureArg{to_bytes(as_bytes(message.pure()))});
            return {};
        case sui_pb::Input::IMMUTABLE_OR_OWNED: {
            auto ref = WALRUS_TRY(take_ref(message, where));
            inputs.emplace_back(ledger::ObjectArg(ledger::OwnedObjectArg{ref}));
            return {};
        }
        case sui_pb::Input::RECEIVING: {
            auto ref = WALRUS_TRY(take_ref(message, where));
            inputs.emplace_back(ledger::ObjectArg(ledger::ReceivingArg{ref}));
            return {};
        }
        case sui_pb::Input::SHARED: {
            const auto id = parse_object_id(message.object_id());
            if (!id || !message.has_version())
                return invalid_argument(where + ": a shared object needs object_id and version");
            inputs.emplace_back(ledger::ObjectArg(
                ledger::SharedObjectArg{*id, message.version(), message.mutable_()}));
            return {};
        }
        case sui_pb::Input::FUNDS_WITHDRAWAL: {
            auto withdrawal = WALRUS_TRY(take_withdrawal(message.funds_withdrawal(), where));
            inputs.emplace_back(std::move(withdrawal));
            return {};
        }
        default:
            break;
    }
    if (!message.has_object_id())
        return invalid_argument(where + " has neither a kind nor an object_id");
    UnresolvedInput open;
    const auto id = parse_object_id(message.object_id());
    if (!id)
        return invalid_argument(fmt::format("{}: object_id \"{}\" is not an object id", where,
                                            shown(message.object_id())));
    open.index = index;
    open.id = *id;
    if (message.has_version()) open.version = message.version();
    if (message.has_digest()) {
        open.digest = take_digest(message.digest());
        if (!open.digest) return invalid_argument(where + ": digest is not a digest");
    }
    open.is_mutable = message.mutable_();
    inputs.emplace_back(ledger::ObjectArg(ledger::OwnedObjectArg{{*id, 0, {}}}));
    draft.unresolved.push_back(open);
    return {};
}

GrpcResult<ledger::Argument> take_argument(const sui_pb::Argument& message,
                                           const std::string& where) {
    const auto fits = [](std::uint32_t index) { return index <= UINT16_MAX; };
    const auto narrow = [](std::uint32_t index) { return static_cast<std::uint16_t>(index); };
    switch (message.kind()) {
        case sui_pb::Argument::GAS:
            return ledger::Argument(ledger::GasCoinArgument{});
        case sui_pb::Argument::INPUT:
            if (!fits(message.input())) break;
            return ledger::Argument(ledger::InputArgument{narrow(message.input())});
        case sui_pb::Argument::RESULT:
            if (!fits(message.result()) || !fits(message.subresult())) break;
            if (message.has_subresult())
                return ledger::Argument(ledger::NestedResultArgument{narrow(message.result()),
                                                                     narrow(message.subresult())});
            return ledger::Argument(ledger::ResultArgument{narrow(message.result())});
        default:
            return invalid_argument(where + ": an argument without a kind");
    }
    return invalid_argument(where + ": an index beyond 65535");
}

template <class Repeated>
GrpcResult<std::vector<ledger::Argument>> take_arguments(const Repeated& messages,
                                                         const std::string& where) {
    std::vector<ledger::Argument> out;
    if (static_cast<std::size_t>(messages.size()) > ledger::kArgumentsMax)
        return invalid_argument(
            fmt::format("{} has more than {} arguments", where, ledger::kArgumentsMax));
    for (const sui_pb::Argument& message : messages)
        out.push_back(WALRUS_TRY(take_argument(message, where)));
    return out;
}

GrpcResult<ledger::Command> take_call(const sui_pb::MoveCall& message, const std::string& where) {
    ledger::MoveCall out;
    const auto package = parse_object_id(message.package());
    if (!package)
        return invalid_argument(
            fmt::format("{}: package \"{}\" is not an object id", where, shown(message.package())));
    out.package = *package;
    if (!ledger::is_identifier(message.module()) || !ledger::is_identifier(message.function()))
        return invalid_argument(where + ": module or function is not a name");
    out.module = message.module();
    out.function = message.function();
    if (static_cast<std::size_t>(message.type_arguments_size()) > ledger::kTypeArgumentsMax)
        return invalid_argument(where + " has too many type arguments");
    for (const std::string& text : message.type_arguments()) {
        auto type = ledger::parse_type_tag(text);
        if (!type)
            return invalid_argument(
                fmt::format("{}: type argument \"{}\" is not a type", where, shown(text)));
        out.type_arguments.push_back(std::move(*type));
    }
    out.arguments = WALRUS_TRY(take_arguments(message.arguments(), where));
    return ledger::Command(std::move(out));
}

GrpcResult<ledger::Command> take_command(const sui_pb::Command& message, std::size_t index) {
    const std::string where = fmt::format("command {}", index);
    switch (message.command_case()) {
        case sui_pb::Command::kMoveCall:
            return take_call(message.move_call(), where);
        case sui_pb::Command::kTransferObjects: {
            ledger::TransferObjects out;
            const auto& transfer = message.transfer_objects();
            out.objects = WALRUS_TRY(take_arguments(transfer.objects(), where));
            out.recipient = WALRUS_TRY(take_argument(transfer.address(), where));
            return ledger::Command(std::move(out));
        }
        case sui_pb::Command::kSplitCoins: {
            ledger::SplitCoins out;
            out.coin = WALRUS_TRY(take_argument(message.split_coins().coin(), where));
            out.amounts = WALRUS_TRY(take_arguments(message.split_coins().amounts(), where));
            return ledger::Command(std::move(out));
        }
        case sui_pb::Command::kMergeCoins: {
            ledger::MergeCoins out;
            const auto& merge = message.merge_coins();
            out.target = WALRUS_TRY(take_argument(merge.coin(), where));
            out.sources = WALRUS_TRY(take_arguments(merge.coins_to_merge(), where));
            return ledger::Command(std::move(out));
        }
        case sui_pb::Command::kMakeMoveVector: {
            ledger::MakeMoveVec out;
            const auto& make = message.make_move_vector();
            if (make.has_element_type()) {
                out.element_type = ledger::parse_type_tag(make.element_type());
                if (!out.element_type)
                    return invalid_argument(fmt::format("{}: element type \"{}\" is not a type",
                                                        where, shown(make.element_type())));
            }
            out.elements = WALRUS_TRY(take_arguments(make.elements(), where));
            return ledger::Command(std::move(out));
        }
        case sui_pb::Command::kPublish:
        case sui_pb::Command::kUpgrade:
            return grpc_failure(GrpcStatus::Unimplemented,
                                where +
                                    ": Publish and Upgrade are not supported, packages here "
                                    "are native");
        case sui_pb::Command::COMMAND_NOT_SET:
            break;
    }
    return invalid_argument(where + " is of no known kind");
}

GrpcResult<std::uint64_t> take_time(const sui_pb::Time& message) {
    if (message.seconds() < 0 || message.seconds() > kSecondsMax || message.nanos() < 0 ||
        message.nanos() > kNanosMax)
        return invalid_argument("expiration: a timestamp out of range");
    return static_cast<std::uint64_t>(message.seconds()) * kMillisPerSecond +
           static_cast<std::uint64_t>(message.nanos() / kNanosPerMilli);
}

GrpcResult<ledger::Expiration> take_expiration(const sui_pb::TransactionExpiration& message) {
    switch (message.kind()) {
        case sui_pb::TransactionExpiration::NONE:
            return ledger::Expiration(ledger::NoExpiration{});
        case sui_pb::TransactionExpiration::EPOCH:
            return ledger::Expiration(ledger::EpochExpiration{message.epoch()});
        case sui_pb::TransactionExpiration::VALID_DURING: {
            ledger::ValidDuring out;
            if (message.has_min_epoch()) out.epoch_min = message.min_epoch();
            if (message.has_epoch()) out.epoch_max = message.epoch();
            if (message.has_min_timestamp())
                out.timestamp_min = WALRUS_TRY(take_time(message.min_timestamp()));
            if (message.has_max_timestamp())
                out.timestamp_max = WALRUS_TRY(take_time(message.max_timestamp()));
            const auto chain = take_digest(message.chain());
            if (!chain) return invalid_argument("expiration: chain is not a chain id");
            out.chain = *chain;
            out.nonce = message.nonce();
            return ledger::Expiration(out);
        }
        default:
            return invalid_argument("expiration: a kind that is not supported");
    }
}

GrpcResult<void> take_gas(const sui_pb::GasPayment& message, ledger::GasData& out) {
    if (static_cast<std::size_t>(message.objects_size()) > ledger::kInputsMax)
        return invalid_argument("gas_payment has too many objects");
    for (const sui_pb::ObjectReference& object : message.objects()) {
        const auto id = parse_object_id(object.object_id());
        const auto digest = take_digest(object.digest());
        if (!id || !digest) return invalid_argument("gas_payment: an object without id or digest");
        out.payment.push_back({*id, object.version(), *digest});
    }
    if (message.has_owner()) {
        const auto owner = parse_address(message.owner());
        if (!owner) return invalid_argument("gas_payment.owner is not an address");
        out.owner = *owner;
    }
    out.price = message.price();
    out.budget = message.budget();
    return {};
}

// ---- resolution --------------------------------------------------------------------------------

/// Fetches, in pieces that the service allows.
io::Task<GrpcResult<std::vector<ledger::ObjectPtr>>> fetch(chain::LedgerService& service,
                                                           std::vector<ObjectId> ids) {
    std::vector<ledger::ObjectPtr> out;
    const std::size_t step = service.limits().objects_max;
    for (std::size_t begin = 0; begin < ids.size(); begin += step) {
        const std::size_t end = std::min(ids.size(), begin + step);
        std::vector<ObjectId> some(ids.begin() + static_cast<std::ptrdiff_t>(begin),
                                   ids.begin() + static_cast<std::ptrdiff_t>(end));
        auto objects = co_await service.objects(std::move(some));
        if (!objects) co_return tl::make_unexpected(to_grpc(objects.error()));
        out.insert(out.end(), objects->begin(), objects->end());
    }
    co_return out;
}

using Uses = std::vector<bool>;  ///< by input: a command takes it by value or mutably

void mark(const ledger::Argument& argument, Uses& uses) {
    if (const auto* input = std::get_if<ledger::InputArgument>(&argument))
        if (input->index < uses.size()) uses[input->index] = true;
}

void mark_all(const std::vector<ledger::Argument>& arguments, Uses& uses) {
    for (const ledger::Argument& argument : arguments) mark(argument, uses);
}

/// Commands that are no calls take their arguments by value, except the coin that is split or
/// merged into, which they change.
void mark_plain(const ledger::Command& command, Uses& uses) {
    if (const auto* transfer = std::get_if<ledger::TransferObjects>(&command))
        mark_all(transfer->objects, uses);
    if (const auto* split = std::get_if<ledger::SplitCoins>(&command)) mark(split->coin, uses);
    if (const auto* merge = std::get_if<ledger::MergeCoins>(&command)) {
        mark(merge->target, uses);
        mark_all(merge->sources, uses);
    }
    if (const auto* make = std::get_if<ledger::MakeMoveVec>(&command))
        mark_all(make->elements, uses);
}

bool has_input(const ledger::MoveCall& call, const Uses& wanted) {
    return std::any_of(
        call.arguments.begin(), call.arguments.end(), [&](const ledger::Argument& argument) {
            const auto* input = std::get_if<ledger::InputArgument>(&argument);
            return input != nullptr && input->index < wanted.size() && wanted[input->index];
        });
}

io::Task<GrpcResult<Uses>> mutable_uses(chain::LedgerService& service,
                                        const ledger::ProgrammableTransaction& program,
                                        Uses wanted) {
    Uses uses(program.inputs.size(), false);
    for (const ledger::Command& command : program.commands) {
        mark_plain(command, uses);
        const auto* call = std::get_if<ledger::MoveCall>(&command);
        if (call == nullptr || !has_input(*call, wanted)) continue;
        auto function = co_await service.function(call->package, call->module, call->function);
        if (!function) {
            if (function.error().code == chain::ChainCode::NotFound) continue;
            co_return tl::make_unexpected(to_grpc(function.error()));
        }
        const auto& parameters = function->parameters;
        for (std::size_t i = 0; i < call->arguments.size() && i < parameters.size(); ++i)
            if (parameters[i].reference != ledger::Reference::Immutable)
                mark(call->arguments[i], uses);
    }
    co_return uses;
}

GrpcResult<ledger::ObjectArg> resolved(const UnresolvedInput& input, const ledger::Object& object,
                                       bool used_mutably) {
    if (const auto* shared = std::get_if<ledger::SharedOwner>(&object.owner))
        return ledger::ObjectArg(ledger::SharedObjectArg{input.id, shared->initial_version,
                                                         input.is_mutable || used_mutably});
    if (std::holds_alternative<ledger::ObjectOwner>(object.owner))
        return invalid_argument(fmt::format(
            "object {} belongs to another object and cannot be an input", to_text(input.id)));
    ledger::ObjectRef ref{input.id, input.version.value_or(object.version), {}};
    ref.digest = input.digest.value_or(ledger::PrefixedDigest{object.digest().bytes});
    return ledger::ObjectArg(ledger::OwnedObjectArg{ref});
}

}  // namespace

GrpcResult<DraftTransaction> take_draft(const sui_pb::Transaction& message, bool sender_needed) {
    DraftTransaction out;
    if (message.kind().data_case() != sui_pb::TransactionKind::kProgrammableTransaction)
        return invalid_argument("transaction.kind must be a programmable transaction");
    const auto& program = message.kind().programmable_transaction();
    if (static_cast<std::size_t>(program.inputs_size()) > ledger::kInputsMax)
        return invalid_argument(fmt::format("more than {} inputs", ledger::kInputsMax));
    if (static_cast<std::size_t>(program.commands_size()) > ledger::kCommandsMax)
        return invalid_argument(fmt::format("more than {} commands", ledger::kCommandsMax));
    for (const sui_pb::Input& input : program.inputs()) WALRUS_TRY(take_input(input, out));
    for (const sui_pb::Command& command : program.commands())
        out.data.program.commands.push_back(
            WALRUS_TRY(take_command(command, out.data.program.commands.size())));
    if (message.has_sender()) {
        const auto sender = parse_address(message.sender());
        if (!sender)
            return invalid_argument(
                fmt::format("sender \"{}\" is not an address", shown(message.sender())));
        out.data.sender = *sender;
    } else if (sender_needed) {
        return invalid_argument("the transaction has no sender");
    }
    out.data.gas.owner = out.data.sender;
    if (message.has_gas_payment()) WALRUS_TRY(take_gas(message.gas_payment(), out.data.gas));
    if (message.has_expiration()) {
        out.data.expiration = WALRUS_TRY(take_expiration(message.expiration()));
        out.has_expiration = true;
    }
    return out;
}

io::Task<GrpcResult<ledger::TransactionData>> resolve(io::Environment& environment,
                                                      chain::LedgerService& service,
                                                      DraftTransaction draft,
                                                      ResolveOptions options) {
    ledger::TransactionData& data = draft.data;
    if (!draft.unresolved.empty()) {
        std::vector<ObjectId> ids;
        Uses wanted(data.program.inputs.size(), false);
        for (const UnresolvedInput& input : draft.unresolved) {
            ids.push_back(input.id);
            wanted[input.index] = true;
        }
        auto objects = co_await fetch(service, std::move(ids));
        if (!objects) co_return tl::make_unexpected(std::move(objects.error()));
        auto uses = co_await mutable_uses(service, data.program, std::move(wanted));
        if (!uses) co_return tl::make_unexpected(std::move(uses.error()));
        for (std::size_t i = 0; i < draft.unresolved.size(); ++i) {
            const UnresolvedInput& input = draft.unresolved[i];
            if (!(*objects)[i])
                co_return grpc_failure(GrpcStatus::NotFound,
                                       fmt::format("object {} does not exist", to_text(input.id)));
            auto argument = resolved(input, *(*objects)[i], (*uses)[input.index]);
            if (!argument) co_return tl::make_unexpected(std::move(argument.error()));
            data.program.inputs[input.index] = std::move(*argument);
        }
    }
    if (options.gas_selection && data.gas.payment.empty() && !draft.has_expiration) {
        const std::uint64_t epoch = service.head().epoch;
        ledger::ValidDuring during;
        during.epoch_min = epoch;
        during.epoch_max = epoch + 1;
        during.chain.bytes = service.ids().chain.bytes;
        during.nonce = static_cast<std::uint32_t>(environment.random.next_u64());
        data.expiration = during;
    }
    co_return std::move(data);
}

}  // namespace walrus::rpc
