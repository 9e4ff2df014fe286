// SPDX-License-Identifier: Apache-2.0
#include "ledger/interpreter.hpp"

#include <deque>
#include <map>

#include "base/check.hpp"
#include "base/checked.hpp"
#include "ledger/abort_codes.hpp"
#include "ledger/limits.hpp"
#include "ledger/native.hpp"

namespace walrus::ledger {

namespace {

/// What may be done with the value in a slot.
enum class Access : std::uint8_t {
    Full,             ///< results and owned objects
    SharedMutable,    ///< borrow only
    SharedImmutable,  ///< read only
    Frozen,           ///< an immutable object: read only
};

struct Slot {
    /// Gone after it was taken. Never set for pure inputs.
    std::optional<Value> value;
    /// A pure input's bytes, typed anew at every use; null for all others.
    const Bytes* pure = nullptr;
    Access access = Access::Full;
    std::optional<Owner> owner;  ///< of an input object
};

class Interpreter {
public:
    Interpreter(Runtime& runtime, const ProgrammableTransaction& program, const ObjectId& latest)
        : runtime_(runtime), program_(program), latest_(latest) {}

    Executed<void> run() {
        WALRUS_TRY(load_inputs());
        for (std::size_t i = 0; i < program_.commands.size(); ++i) {
            borrows_.clear();
            results_.emplace_back();
            auto done = std::visit([&](const auto& command) { return execute(command); },
                                   program_.commands[i]);
            if (!done) {
                ExecutionError error = std::move(done).error();
                error.command = i;
                return fail(std::move(error));
            }
        }
        WALRUS_TRY(check_results());
        return write_inputs();
    }

private:
    const LedgerIds& ids() const { return runtime_.ids(); }

    // ------------------------------------------------------------------------------- inputs

    Executed<void> load_inputs() {
        std::map<BalanceKey, std::uint64_t> reserved;
        for (const CallArg& input : program_.inputs) {
            Slot slot;
            if (const auto* pure = std::get_if<PureArg>(&input)) {
                slot.pure = &pure->bytes;
            } else if (const auto* object = std::get_if<ObjectArg>(&input)) {
                WALRUS_TRY(load_object(*object, slot));
            } else {
                const auto& withdrawal = std::get<WithdrawalArg>(input);
                WALRUS_TRY(reserve(withdrawal, reserved));
                slot.value = Value{withdrawal_type(withdrawal.coin_type),
                                   Withdrawal{runtime_.sender(), withdrawal.amount_max}};
            }
            inputs_.push_back(std::move(slot));
        }
        return {};
    }

    Executed<void> load_object(const ObjectArg& argument, Slot& slot) {
        const auto* shared = std::get_if<SharedObjectArg>(&argument);
        const auto* owned = std::get_if<OwnedObjectArg>(&argument);
        WALRUS_CHECK(shared != nullptr || owned != nullptr);
        const ObjectId id = shared != nullptr ? shared->id : owned->ref.id;
        if (id == clock_id()) {
            slot.access = Access::SharedImmutable;
            slot.value = Value{make_type(make_struct(framework_address(), "clock", "Clock")),
                               PureValue{bcs::encode(runtime_.context().time_ms)}};
            return {};
        }
        const ObjectPtr object = runtime_.state().object(id);
        WALRUS_CHECK(object != nullptr);
        slot.owner = object->owner;
        if (shared != nullptr) {
            slot.access = shared->is_mutable ? Access::SharedMutable : Access::SharedImmutable;
        } else if (std::holds_alternative<ImmutableOwner>(object->owner)) {
            slot.access = Access::Frozen;
        }
        slot.value = decode_object(ids(), *object);
        if (!slot.value)
            return execution_error(ExecutionErrorKind::InvariantViolation,
                                   "object " + to_text(id) + " of type " + to_text(object->type) +
                                       " cannot be an input");
        return {};
    }

    /// All withdrawals of one coin together must fit the balance.
    Executed<void> reserve(const WithdrawalArg& withdrawal,
                           std::map<BalanceKey, std::uint64_t>& reserved) {
        const BalanceKey key = balance_key(runtime_.sender(), withdrawal.coin_type);
        std::uint64_t& total = reserved[key];
        const auto sum = checked_add(total, withdrawal.amount_max);
        const std::uint64_t balance = runtime_.state().balance(key);
        if (!sum || *sum > balance)
            return execution_error(ExecutionErrorKind::InsufficientFunds,
                                   to_text(runtime_.sender()) + " has " + std::to_string(balance) +
                                       " of " + to_text(withdrawal.coin_type) +
                                       ", less than the transaction withdraws");
        total = *sum;
        return {};
    }

    // ---------------------------------------------------------------------------- arguments

    Executed<Slot*> locate(const Argument& argument, std::uint16_t index) {
        if (const auto* input = std::get_if<InputArgument>(&argument)) {
            if (input->index >= inputs_.size())
                return argument_error(ArgumentErrorKind::IndexOutOfBounds, index,
                                      "there is no input " + std::to_string(input->index),
                                      input->index);
            return &inputs_[input->index];
        }
        if (const auto* result = std::get_if<ResultArgument>(&argument)) {
            std::vector<Slot>* of = WALRUS_TRY(results_of(result->command, index));
            if (of->size() != 1)
                return argument_error(ArgumentErrorKind::InvalidResultArity, index,
                                      "command " + std::to_string(result->command) + " has " +
                                          std::to_string(of->size()) + " results",
                                      result->command);
            return &of->front();
        }
        if (const auto* nested = std::get_if<NestedResultArgument>(&argument)) {
            std::vector<Slot>* of = WALRUS_TRY(results_of(nested->command, index));
            if (nested->index >= of->size())
                return argument_error(ArgumentErrorKind::SecondaryIndexOutOfBounds, index,
                                      "command " + std::to_string(nested->command) + " has " +
                                          std::to_string(of->size()) + " results",
                                      nested->command, nested->index);
            return &(*of)[nested->index];
        }
        return argument_error(ArgumentErrorKind::InvalidGasCoinUsage, index,
                              "there is no gas coin on this ledger");
    }

    /// Results of an earlier command (not of the one that runs).
    Executed<std::vector<Slot>*> results_of(std::uint16_t command, std::uint16_t index) {
        if (command + std::size_t{1} >= results_.size())
            return argument_error(ArgumentErrorKind::IndexOutOfBounds, index,
                                  "command " + std::to_string(command) + " has not run", command);
        return &results_[command];
    }

    Executed<void> check_value(const Slot& slot, std::uint16_t index) {
        if (slot.value || slot.pure != nullptr) return {};
        return argument_error(ArgumentErrorKind::InvalidValueUsage, index,
                              "the value was used up before");
    }

    Executed<void> check_type(const Value& value, const TypeTag& type, std::uint16_t index) {
        if (value.type == type) return {};
        return argument_error(ArgumentErrorKind::TypeMismatch, index,
                              to_text(value.type) + " where " + to_text(type) + " is needed");
    }

    /// Notes that the running command borrows the slot; refuses a second use beside a mutable one.
    Executed<void> borrow(Slot& slot, bool is_mutable, std::uint16_t index) {
        for (const auto& [other, other_mutable] : borrows_)
            if (other == &slot && (is_mutable || other_mutable))
                return argument_error(ArgumentErrorKind::CannotMoveBorrowedValue, index,
                                      "the command uses a value twice that it changes");
        borrows_.emplace_back(&slot, is_mutable);
        return {};
    }

    /// A pure input as a value of this type.
    Executed<Value> typed_pure(const Bytes& bytes, const TypeTag& type, std::uint16_t index) {
        if (!is_pure_type(type))
            return argument_error(ArgumentErrorKind::InvalidUsageOfPureArgument, index,
                                  "a pure input where " + to_text(type) + " is needed");
        if (!is_pure_value(type, bytes))
            return argument_error(ArgumentErrorKind::InvalidBcsBytes, index,
                                  "the input is not a " + to_text(type));
        return Value{type, PureValue{bytes}};
    }

    /// The value itself: taken out of its slot, or copied if its type can be.
    Executed<Value> take(const Argument& argument, const TypeTag* type, std::uint16_t index) {
        Slot* slot = WALRUS_TRY(locate(argument, index));
        WALRUS_TRY(check_value(*slot, index));
        if (slot->pure != nullptr) {
            if (type == nullptr)
                return argument_error(ArgumentErrorKind::InvalidUsageOfPureArgument, index,
                                      "a pure input without a type");
            return typed_pure(*slot->pure, *type, index);
        }
        if (type != nullptr) WALRUS_TRY(check_type(*slot->value, *type, index));
        if (abilities_of(ids(), slot->value->type).copy) {
            WALRUS_TRY(borrow(*slot, false, index));
            return Value{*slot->value};
        }
        if (slot->access != Access::Full)
            return argument_error(ArgumentErrorKind::InvalidObjectByValue, index,
                                  "a shared or immutable object cannot be taken by value");
        WALRUS_TRY(borrow(*slot, true, index));
        Value taken = std::move(*slot->value);
        slot->value.reset();
        return taken;
    }

    /// Where the value lies, for reading or changing it in place.
    Executed<Value*> refer(const Argument& argument, const TypeTag& type, bool is_mutable,
                           std::uint16_t index, std::deque<Value>& temporaries) {
        Slot* slot = WALRUS_TRY(locate(argument, index));
        WALRUS_TRY(check_value(*slot, index));
        if (slot->pure != nullptr) {
            if (is_mutable)
                return argument_error(ArgumentErrorKind::InvalidUsageOfPureArgument, index,
                                      "a pure input cannot be changed");
            temporaries.push_back(WALRUS_TRY(typed_pure(*slot->pure, type, index)));
            return &temporaries.back();
        }
        WALRUS_TRY(check_type(*slot->value, type, index));
        if (is_mutable &&
            (slot->access == Access::SharedImmutable || slot->access == Access::Frozen))
            return argument_error(ArgumentErrorKind::InvalidObjectByMutRef, index,
                                  "the object was passed for reading only");
        WALRUS_TRY(borrow(*slot, is_mutable, index));
        return &*slot->value;
    }

    std::vector<Slot>& results() { return results_.back(); }
    void add_result(Value value) { results().push_back(Slot{std::move(value)}); }

    // ------------------------------------------------------------------------------- calls

    Executed<void> execute(const MoveCall& call) {
        const std::string target =
            to_text(call.package) + "::" + call.module + "::" + call.function;
        const NativeFunction* function =
            find_native(ids(), latest_, call.package, call.module, call.function);
        if (function == nullptr)
            return execution_error(ExecutionErrorKind::FunctionNotFound,
                                   "there is no function " + target);
        if (function->body == nullptr)
            return execution_error(ExecutionErrorKind::FeatureNotYetSupported,
                                   target + " is described but not executed by this ledger");
        auto done = invoke(call, *function);
        if (done) return {};
        ExecutionError error = std::move(done).error();
        const bool walrus_module =
            error.kind == ExecutionErrorKind::MoveAbort && error.module_address.is_zero();
        if (walrus_module) error.module_address = Address{ids().package.bytes};
        if (error.kind == ExecutionErrorKind::PrimitiveRuntimeError) {
            error.module_address = Address{call.package.bytes};
            error.module = call.module;
        }
        error.function = call.function;
        return fail(std::move(error));
    }

    Executed<void> invoke(const MoveCall& call, const NativeFunction& function) {
        if (call.type_arguments.size() != function.type_parameters)
            return execution_error(ExecutionErrorKind::TypeArityMismatch,
                                   std::to_string(call.type_arguments.size()) +
                                       " type arguments, " +
                                       std::to_string(function.type_parameters) + " are needed");
        for (std::size_t i = 0; i < call.type_arguments.size(); ++i)
            if (!fits(function.type_constraint, call.type_arguments[i])) {
                ExecutionError error;
                error.kind = ExecutionErrorKind::TypeArgument;
                error.index = static_cast<std::uint16_t>(i);
                error.description =
                    std::string("TypeArgumentError: there is no ") +
                    (function.type_constraint == TypeConstraint::Currency ? "currency "
                                                                          : "type of objects ") +
                    to_text(call.type_arguments[i]);
                return fail(std::move(error));
            }
        if (call.arguments.size() != function.parameters.size())
            return execution_error(ExecutionErrorKind::ArityMismatch,
                                   std::to_string(call.arguments.size()) + " arguments, " +
                                       std::to_string(function.parameters.size()) + " are needed");
        NativeCall native(runtime_, call.type_arguments);
        std::deque<Value> temporaries;
        for (std::size_t i = 0; i < call.arguments.size(); ++i) {
            const ParameterSpec& parameter = function.parameters[i];
            const TypeTag type = instantiate(ids(), parameter.type, call.type_arguments);
            const auto index = static_cast<std::uint16_t>(i);
            if (parameter.reference == Reference::Value) {
                native.owned.push_back(WALRUS_TRY(take(call.arguments[i], &type, index)));
                native.arguments.push_back(&native.owned.back());
            } else {
                const bool is_mutable = parameter.reference == Reference::Mutable;
                native.arguments.push_back(
                    WALRUS_TRY(refer(call.arguments[i], type, is_mutable, index, temporaries)));
            }
        }
        // The functions of an earlier package know only the state's earlier versions.
        if (call.package != latest_ && uses_singleton(function))
            return move_abort(codes::system::kWrongVersion,
                              "call package " + to_text(latest_) + " instead");
        runtime_.begin_call(call.package, call.module);
        WALRUS_TRY(function.body(native));
        WALRUS_CHECK(native.results.size() == function.returns.size());
        for (Value& result : native.results) add_result(std::move(result));
        return {};
    }

    bool fits(TypeConstraint constraint, const TypeTag& type) const {
        if (constraint == TypeConstraint::Currency) return is_currency(ids(), type);
        return abilities_of(ids(), type).key;
    }

    static bool uses_singleton(const NativeFunction& function) {
        for (const ParameterSpec& parameter : function.parameters)
            if (parameter.type.home == Home::Walrus &&
                (parameter.type.name == "System" || parameter.type.name == "Staking"))
                return true;
        return false;
    }

    // --------------------------------------------------------------------------- other commands

    Executed<void> execute(const TransferObjects& command) {
        const auto last = static_cast<std::uint16_t>(command.objects.size());
        const TypeTag address_type = primitive(TypeKind::Address);
        std::vector<Value> objects;
        for (std::size_t i = 0; i < command.objects.size(); ++i) {
            const auto index = static_cast<std::uint16_t>(i);
            Value value = WALRUS_TRY(take(command.objects[i], nullptr, index));
            const Abilities abilities = abilities_of(ids(), value.type);
            if (!abilities.key || !abilities.store)
                return argument_error(ArgumentErrorKind::InvalidTransferObject, index,
                                      to_text(value.type) + " is not a transferable object");
            objects.push_back(std::move(value));
        }
        const Value recipient = WALRUS_TRY(take(command.recipient, &address_type, last));
        const auto address = bcs::decode<Address>(std::get<PureValue>(recipient.native).bcs);
        WALRUS_CHECK(address.has_value());
        for (const Value& value : objects) {
            if (const auto* coin = std::get_if<Coin>(&value.native)) {
                WALRUS_TRY(runtime_.credit(*address, value.type.structure->type_arguments[0],
                                           coin->value));
            } else {
                WALRUS_TRY(runtime_.write_object(value, AddressOwner{*address}));
            }
        }
        return {};
    }

    /// A coin to change in place.
    Executed<Value*> refer_coin(const Argument& argument, std::uint16_t index) {
        Slot* slot = WALRUS_TRY(locate(argument, index));
        WALRUS_TRY(check_value(*slot, index));
        if (!slot->value || !std::holds_alternative<Coin>(slot->value->native))
            return argument_error(ArgumentErrorKind::TypeMismatch, index, "a coin is needed");
        WALRUS_TRY(borrow(*slot, true, index));
        return &*slot->value;
    }

    Executed<void> execute(const SplitCoins& command) {
        Value* coin = WALRUS_TRY(refer_coin(command.coin, 0));
        const TypeTag amount_type = primitive(TypeKind::U64);
        for (std::size_t i = 0; i < command.amounts.size(); ++i) {
            const auto index = static_cast<std::uint16_t>(i + 1);
            const Value amount = WALRUS_TRY(take(command.amounts[i], &amount_type, index));
            const auto value = bcs::decode<std::uint64_t>(std::get<PureValue>(amount.native).bcs);
            WALRUS_CHECK(value.has_value());
            const auto rest = checked_sub(std::get<Coin>(coin->native).value, *value);
            if (!rest)
                return execution_error(ExecutionErrorKind::InsufficientCoinBalance,
                                       std::to_string(*value) + " of " +
                                           std::to_string(std::get<Coin>(coin->native).value));
            std::get<Coin>(coin->native).value = *rest;
            add_result(Value{coin->type, Coin{*value}});
        }
        return {};
    }

    Executed<void> execute(const MergeCoins& command) {
        Value* target = WALRUS_TRY(refer_coin(command.target, 0));
        for (std::size_t i = 0; i < command.sources.size(); ++i) {
            const auto index = static_cast<std::uint16_t>(i + 1);
            const Value source = WALRUS_TRY(take(command.sources[i], &target->type, index));
            const auto sum = checked_add(std::get<Coin>(target->native).value,
                                         std::get<Coin>(source.native).value);
            if (!sum)
                return execution_error(ExecutionErrorKind::CoinBalanceOverflow, "merging coins");
            std::get<Coin>(target->native).value = *sum;
        }
        return {};
    }

    Executed<void> execute(const MakeMoveVec& command) {
        std::optional<TypeTag> type = command.element_type;
        if (type && is_pure_type(*type)) return make_pure_vector(command, *type);
        ObjectVector vector;
        for (std::size_t i = 0; i < command.elements.size(); ++i) {
            const auto index = static_cast<std::uint16_t>(i);
            Value value = WALRUS_TRY(take(command.elements[i], type ? &*type : nullptr, index));
            // With its type given, a vector may be of values that are no objects, as balances.
            if (!command.element_type && !abilities_of(ids(), value.type).key)
                return argument_error(ArgumentErrorKind::InvalidMakeMoveVecNonObjectArgument, index,
                                      to_text(value.type) + " is not an object");
            if (!type) type = value.type;
            vector.items.push_back(std::move(value));
        }
        WALRUS_CHECK(type.has_value());  // an empty one without a type is refused before
        add_result(Value{vector_of(*type), std::move(vector)});
        return {};
    }

    Executed<void> make_pure_vector(const MakeMoveVec& command, const TypeTag& type) {
        bcs::Writer out;
        out.uleb(command.elements.size());
        for (std::size_t i = 0; i < command.elements.size(); ++i) {
            const Value value =
                WALRUS_TRY(take(command.elements[i], &type, static_cast<std::uint16_t>(i)));
            const Bytes& bytes = std::get<PureValue>(value.native).bcs;
            vector_bytes_ += bytes.size();
            if (vector_bytes_ > kVectorBytesMax) {
                ExecutionError error;
                error.kind = ExecutionErrorKind::ObjectTooBig;
                error.object_bytes = vector_bytes_;
                error.object_bytes_max = kVectorBytesMax;
                error.description =
                    "MoveObjectTooBig: the transaction builds vectors of more than " +
                    std::to_string(kVectorBytesMax) + " bytes";
                return fail(std::move(error));
            }
            out.raw(bytes);
        }
        add_result(Value{vector_of(type), PureValue{out.take()}});
        return {};
    }

    // Refused by `verify_transaction` already.
    Executed<void> execute(const Publish&) {
        return execution_error(ExecutionErrorKind::FeatureNotYetSupported, "Publish");
    }
    Executed<void> execute(const Upgrade&) {
        return execution_error(ExecutionErrorKind::FeatureNotYetSupported, "Upgrade");
    }

    // ----------------------------------------------------------------------------------- end

    Executed<void> check_results() {
        for (std::size_t command = 0; command < results_.size(); ++command) {
            for (std::size_t i = 0; i < results_[command].size(); ++i) {
                const Slot& slot = results_[command][i];
                if (!slot.value || abilities_of(ids(), slot.value->type).drop) continue;
                ExecutionError error;
                error.kind = ExecutionErrorKind::UnusedValueWithoutDrop;
                error.index = static_cast<std::uint16_t>(command);
                error.detail_a = static_cast<std::uint16_t>(i);
                error.description = "UnusedValueWithoutDrop: result " + std::to_string(i) +
                                    " of command " + std::to_string(command) + ", a " +
                                    to_text(slot.value->type) + ", must be used or transferred";
                return fail(std::move(error));
            }
        }
        return {};
    }

    /// Input objects that are still in their slots are written with the new version; those that
    /// were taken and not transferred are gone.
    Executed<void> write_inputs() {
        for (std::size_t i = 0; i < program_.inputs.size(); ++i) {
            const auto* argument = std::get_if<ObjectArg>(&program_.inputs[i]);
            if (argument == nullptr) continue;
            Slot& slot = inputs_[i];
            if (slot.access == Access::SharedImmutable || slot.access == Access::Frozen) continue;
            if (slot.value) {
                WALRUS_TRY(runtime_.write_object(*slot.value, *slot.owner));
                continue;
            }
            // Taken: unless it was transferred and so written, it was destroyed or wrapped.
            const ObjectId id = std::get<OwnedObjectArg>(*argument).ref.id;
            if (!runtime_.was_written(id)) runtime_.remove_object(id);
        }
        return runtime_.flush();
    }

    Runtime& runtime_;
    const ProgrammableTransaction& program_;
    const ObjectId& latest_;
    std::vector<Slot> inputs_;
    /// One list per command that has begun; `deque`, because slots must stay where they are.
    std::deque<std::vector<Slot>> results_;
    std::vector<std::pair<const Slot*, bool>> borrows_;
    std::uint64_t vector_bytes_ = 0;
};

}  // namespace

ObjectId clock_id() {
    ObjectId out;
    out.bytes.back() = 6;
    return out;
}

Executed<void> run_program(Runtime& runtime, const ProgrammableTransaction& program,
                           const ObjectId& latest) {
    return Interpreter(runtime, program, latest).run();
}

}  // namespace walrus::ledger
