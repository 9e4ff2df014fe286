// SPDX-License-Identifier: Apache-2.0
// How a transaction fails while executing, and how such a failure is written into effects
// (spec/rpc-compat.md §3.5). The kinds are the public chain's; their numbers never change.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "bcs/bcs.hpp"
#include "protocol/ids.hpp"

namespace walrus::ledger {

/// The BCS tag of the error in effects.
enum class ExecutionErrorKind : std::uint8_t {
    InvariantViolation = 2,      ///< the ledger's state is not as it must be
    FeatureNotYetSupported = 3,  ///< Publish, Upgrade, functions without execution
    ObjectTooBig = 4,            ///< detail: bytes, limit
    InsufficientCoinBalance = 7,
    CoinBalanceOverflow = 8,
    PrimitiveRuntimeError = 11,  ///< integer overflow, division by zero
    MoveAbort = 12,              ///< a rule of a package: module and code
    FunctionNotFound = 15,
    ArityMismatch = 16,
    TypeArityMismatch = 17,
    CommandArgument = 19,  ///< an argument is wrong: see ArgumentErrorKind
    TypeArgument = 20,
    UnusedValueWithoutDrop = 21,
    InvalidTransferObject = 23,
    InsufficientFunds = 40,  ///< withdrawals beyond the balance
};
const char* to_text(ExecutionErrorKind kind);

/// The BCS tag of what is wrong with an argument.
enum class ArgumentErrorKind : std::uint8_t {
    TypeMismatch = 0,
    InvalidBcsBytes = 1,
    InvalidUsageOfPureArgument = 2,
    IndexOutOfBounds = 4,           ///< detail_a: the index
    SecondaryIndexOutOfBounds = 5,  ///< detail_a: command, detail_b: index
    InvalidResultArity = 6,         ///< detail_a: command
    InvalidGasCoinUsage = 7,
    InvalidValueUsage = 8,       ///< used after it was moved
    InvalidObjectByValue = 9,    ///< a shared object taken by value
    InvalidObjectByMutRef = 10,  ///< mutable use of what was passed immutable
    InvalidTransferObject = 13,
    InvalidMakeMoveVecNonObjectArgument = 14,
    CannotMoveBorrowedValue = 16,  ///< one command borrows and uses a value
};
const char* to_text(ArgumentErrorKind kind);

/// Why execution stopped. Everything but `description` is part of the result.
struct ExecutionError {
    ExecutionErrorKind kind = ExecutionErrorKind::InvariantViolation;
    std::string description;  ///< for people, never parsed
    /// Index of the command that failed.
    std::optional<std::uint64_t> command;

    // MoveAbort
    Address module_address;
    std::string module;
    std::string function;
    std::uint64_t abort_code = 0;
    std::string abort_name;  ///< e.g. "EStorageExceeded"

    // CommandArgument, TypeArgument, UnusedValueWithoutDrop
    ArgumentErrorKind argument_kind = ArgumentErrorKind::TypeMismatch;
    std::uint16_t index = 0;  ///< of the argument, or the command whose result was not used
    std::uint16_t detail_a = 0;
    std::uint16_t detail_b = 0;

    // ObjectTooBig
    std::uint64_t object_bytes = 0;
    std::uint64_t object_bytes_max = 0;

    /// "system_state_inner::EStorageExceeded(1)" for aborts, else the kind's text.
    std::string name() const;
    bool operator==(const ExecutionError&) const = default;
};
/// The public enum, with its payload. Decoding loses what the format does not carry (texts, name).
void bcs_encode(bcs::Writer& out, const ExecutionError& error);
bool bcs_decode(bcs::Reader& in, ExecutionError& error);

template <class T>
using Executed = Result<T, ExecutionError>;

/// A numbered rule of a package (spec/chain.md §9.2).
struct AbortCode {
    std::string_view module;
    std::uint64_t code;
    std::string_view name;
    bool framework = false;  ///< a module of package 0x2, else of the Walrus package
};
/// The name of a code: "EStorageExceeded"; empty if unknown.
std::string_view abort_name(std::string_view module, std::uint64_t code);

/// The failure of a rule. The interpreter adds where it happened.
tl::unexpected<ExecutionError> move_abort(const AbortCode& code, std::string description = {});
tl::unexpected<ExecutionError> arithmetic_error(std::string description);
tl::unexpected<ExecutionError> execution_error(ExecutionErrorKind kind, std::string description);
tl::unexpected<ExecutionError> argument_error(ArgumentErrorKind kind, std::uint16_t index,
                                              std::string description, std::uint16_t detail_a = 0,
                                              std::uint16_t detail_b = 0);

}  // namespace walrus::ledger
