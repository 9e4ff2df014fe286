// SPDX-License-Identifier: Apache-2.0
#include "ledger/failure.hpp"

#include <span>

#include "base/check.hpp"
#include "ledger/abort_codes.hpp"

namespace walrus::ledger {

const char* to_text(ExecutionErrorKind kind) {
    switch (kind) {
        case ExecutionErrorKind::InvariantViolation:
            return "InvariantViolation";
        case ExecutionErrorKind::FeatureNotYetSupported:
            return "FeatureNotYetSupported";
        case ExecutionErrorKind::ObjectTooBig:
            return "MoveObjectTooBig";
        case ExecutionErrorKind::InsufficientCoinBalance:
            return "InsufficientCoinBalance";
        case ExecutionErrorKind::CoinBalanceOverflow:
            return "CoinBalanceOverflow";
        case ExecutionErrorKind::PrimitiveRuntimeError:
            return "MovePrimitiveRuntimeError";
        case ExecutionErrorKind::MoveAbort:
            return "MoveAbort";
        case ExecutionErrorKind::FunctionNotFound:
            return "FunctionNotFound";
        case ExecutionErrorKind::ArityMismatch:
            return "ArityMismatch";
        case ExecutionErrorKind::TypeArityMismatch:
            return "TypeArityMismatch";
        case ExecutionErrorKind::CommandArgument:
            return "CommandArgumentError";
        case ExecutionErrorKind::TypeArgument:
            return "TypeArgumentError";
        case ExecutionErrorKind::UnusedValueWithoutDrop:
            return "UnusedValueWithoutDrop";
        case ExecutionErrorKind::InvalidTransferObject:
            return "InvalidTransferObject";
        case ExecutionErrorKind::InsufficientFunds:
            return "InsufficientFundsForWithdraw";
    }
    WALRUS_CHECK(false);
}

const char* to_text(ArgumentErrorKind kind) {
    switch (kind) {
        case ArgumentErrorKind::TypeMismatch:
            return "TypeMismatch";
        case ArgumentErrorKind::InvalidBcsBytes:
            return "InvalidBCSBytes";
        case ArgumentErrorKind::InvalidUsageOfPureArgument:
            return "InvalidUsageOfPureArg";
        case ArgumentErrorKind::IndexOutOfBounds:
            return "IndexOutOfBounds";
        case ArgumentErrorKind::SecondaryIndexOutOfBounds:
            return "SecondaryIndexOutOfBounds";
        case ArgumentErrorKind::InvalidResultArity:
            return "InvalidResultArity";
        case ArgumentErrorKind::InvalidGasCoinUsage:
            return "InvalidGasCoinUsage";
        case ArgumentErrorKind::InvalidValueUsage:
            return "InvalidValueUsage";
        case ArgumentErrorKind::InvalidObjectByValue:
            return "InvalidObjectByValue";
        case ArgumentErrorKind::InvalidObjectByMutRef:
            return "InvalidObjectByMutRef";
        case ArgumentErrorKind::InvalidTransferObject:
            return "InvalidTransferObject";
        case ArgumentErrorKind::InvalidMakeMoveVecNonObjectArgument:
            return "InvalidMakeMoveVecNonObjectArgument";
        case ArgumentErrorKind::CannotMoveBorrowedValue:
            return "CannotMoveBorrowedValue";
    }
    WALRUS_CHECK(false);
}

std::string ExecutionError::name() const {
    switch (kind) {
        case ExecutionErrorKind::MoveAbort:
            return module + "::" + abort_name + "(" + std::to_string(abort_code) + ")";
        case ExecutionErrorKind::CommandArgument:
            return std::string(to_text(kind)) + "(" + std::to_string(index) + ", " +
                   to_text(argument_kind) + ")";
        default:
            return to_text(kind);
    }
}

std::string_view abort_name(std::string_view module, std::uint64_t code) {
    const auto find = [&](std::span<const AbortCode> all) -> std::string_view {
        for (const AbortCode& candidate : all)
            if (candidate.code == code) return candidate.name;
        return {};
    };
    if (module == "init") return find(codes::init::kAll);
    if (module == "system") return find(codes::system::kAll);
    if (module == "system_state_inner") return find(codes::system_state_inner::kAll);
    if (module == "blob") return find(codes::blob::kAll);
    if (module == "storage_resource") return find(codes::storage_resource::kAll);
    if (module == "storage_pool") return find(codes::storage_pool::kAll);
    if (module == "storage_accounting") return find(codes::storage_accounting::kAll);
    if (module == "event_blob") return find(codes::event_blob::kAll);
    if (module == "encoding") return find(codes::encoding::kAll);
    if (module == "bls_aggregate") return find(codes::bls_aggregate::kAll);
    if (module == "messages") return find(codes::messages::kAll);
    if (module == "staking") return find(codes::staking::kAll);
    if (module == "staking_inner") return find(codes::staking_inner::kAll);
    if (module == "staking_pool") return find(codes::staking_pool::kAll);
    if (module == "staked_wal") return find(codes::staked_wal::kAll);
    if (module == "storage_node") return find(codes::storage_node::kAll);
    if (module == "committee") return find(codes::committee::kAll);
    if (module == "active_set") return find(codes::active_set::kAll);
    if (module == "apportionment_queue") return find(codes::apportionment_queue::kAll);
    if (module == "pending_values") return find(codes::pending_values::kAll);
    if (module == "pool_exchange_rate") return find(codes::pool_exchange_rate::kAll);
    if (module == "slashing") return find(codes::slashing::kAll);
    if (module == "upgrade") return find(codes::upgrade::kAll);
    if (module == "walrus_subsidies") return find(codes::walrus_subsidies::kAll);
    if (module == "walrus_subsidies_inner") return find(codes::walrus_subsidies_inner::kAll);
    if (module == "protocol") return find(codes::protocol::kAll);
    if (module == "epoch_balance") return find(codes::epoch_balance::kAll);
    if (module == "subsidies") return find(codes::subsidies::kAll);
    if (module == "wal_exchange") return find(codes::wal_exchange::kAll);
    if (module == "blob_bucket") return find(codes::blob_bucket::kAll);
    if (module == "blob_bucket_inner") return find(codes::blob_bucket_inner::kAll);
    if (module == "balance") return find(codes::balance::kAll);
    if (module == "bcs") return find(codes::bcs::kAll);
    if (module == "package") return find(codes::package::kAll);
    if (module == "vec_map") return find(codes::vec_map::kAll);
    if (module == "dynamic_field") return find(codes::dynamic_field::kAll);
    return {};
}

// ---------------------------------------------------------------------------------------- BCS

namespace {

struct ModuleId {
    Address address;
    std::string name;
};
/// Where in a module an abort happened. Native functions have no instructions: both numbers are 0.
struct MoveLocation {
    ModuleId module;
    std::uint16_t function = 0;
    std::uint16_t instruction = 0;
    std::optional<std::string> function_name;
};

MoveLocation location_of(const ExecutionError& error) {
    MoveLocation out;
    out.module = {error.module_address, error.module};
    if (!error.function.empty()) out.function_name = error.function;
    return out;
}

/// The payload of CommandArgumentError's second field.
void encode_argument_kind(bcs::Writer& out, const ExecutionError& error) {
    out.uleb(static_cast<std::uint64_t>(error.argument_kind));
    switch (error.argument_kind) {
        case ArgumentErrorKind::IndexOutOfBounds:
        case ArgumentErrorKind::InvalidResultArity:
            out.fixed(error.detail_a);
            return;
        case ArgumentErrorKind::SecondaryIndexOutOfBounds:
            out.fixed(error.detail_a);
            out.fixed(error.detail_b);
            return;
        default:
            return;
    }
}

bool decode_argument_kind(bcs::Reader& in, ExecutionError& error) {
    std::uint32_t tag = 0;
    if (!in.uleb(tag)) return false;
    switch (tag) {
        case 4:
        case 6:
            error.argument_kind = static_cast<ArgumentErrorKind>(tag);
            return in.fixed(error.detail_a);
        case 5:
            error.argument_kind = ArgumentErrorKind::SecondaryIndexOutOfBounds;
            return in.fixed(error.detail_a) && in.fixed(error.detail_b);
        case 0:
        case 1:
        case 2:
        case 7:
        case 8:
        case 9:
        case 10:
        case 13:
        case 14:
        case 16:
            error.argument_kind = static_cast<ArgumentErrorKind>(tag);
            return true;
        default:
            return in.fail(bcs::Error::UnknownVariant);
    }
}

bool decode_location(bcs::Reader& in, ExecutionError& error) {
    MoveLocation location;
    if (!bcs::decode(in, location)) return false;
    error.module_address = location.module.address;
    error.module = std::move(location.module.name);
    error.function = location.function_name.value_or("");
    return true;
}

}  // namespace

void bcs_encode(bcs::Writer& out, const ExecutionError& error) {
    out.uleb(static_cast<std::uint64_t>(error.kind));
    switch (error.kind) {
        case ExecutionErrorKind::InvariantViolation:
        case ExecutionErrorKind::FeatureNotYetSupported:
        case ExecutionErrorKind::InsufficientCoinBalance:
        case ExecutionErrorKind::CoinBalanceOverflow:
        case ExecutionErrorKind::FunctionNotFound:
        case ExecutionErrorKind::ArityMismatch:
        case ExecutionErrorKind::TypeArityMismatch:
        case ExecutionErrorKind::InvalidTransferObject:
        case ExecutionErrorKind::InsufficientFunds:
            return;
        case ExecutionErrorKind::ObjectTooBig:
            out.fixed(error.object_bytes);
            out.fixed(error.object_bytes_max);
            return;
        case ExecutionErrorKind::PrimitiveRuntimeError:
            out.u8(error.module.empty() ? 0 : 1);
            if (!error.module.empty()) bcs::encode(out, location_of(error));
            return;
        case ExecutionErrorKind::MoveAbort:
            bcs::encode(out, location_of(error));
            out.fixed(error.abort_code);
            return;
        case ExecutionErrorKind::CommandArgument:
            out.fixed(error.index);
            encode_argument_kind(out, error);
            return;
        case ExecutionErrorKind::TypeArgument:
            out.fixed(error.index);
            out.uleb(error.detail_a);
            return;
        case ExecutionErrorKind::UnusedValueWithoutDrop:
            out.fixed(error.index);
            out.fixed(error.detail_a);
            return;
    }
    WALRUS_CHECK(false);
}

bool bcs_decode(bcs::Reader& in, ExecutionError& error) {
    std::uint32_t tag = 0;
    if (!in.uleb(tag)) return false;
    error = {};
    error.kind = static_cast<ExecutionErrorKind>(tag);
    switch (tag) {
        case 2:
        case 3:
        case 7:
        case 8:
        case 15:
        case 16:
        case 17:
        case 23:
        case 40:
            return true;
        case 4:
            return in.fixed(error.object_bytes) && in.fixed(error.object_bytes_max);
        case 11: {
            bool located = false;
            return bcs::decode(in, located) && (!located || decode_location(in, error));
        }
        case 12:
            if (!decode_location(in, error) || !in.fixed(error.abort_code)) return false;
            error.abort_name = std::string(abort_name(error.module, error.abort_code));
            return true;
        case 19:
            return in.fixed(error.index) && decode_argument_kind(in, error);
        case 20: {
            std::uint32_t kind = 0;
            if (!in.fixed(error.index) || !in.uleb(kind)) return false;
            if (kind > 1) return in.fail(bcs::Error::UnknownVariant);
            error.detail_a = static_cast<std::uint16_t>(kind);
            return true;
        }
        case 21:
            return in.fixed(error.index) && in.fixed(error.detail_a);
        default:
            return in.fail(bcs::Error::UnknownVariant);
    }
}

// ------------------------------------------------------------------------------------- making

tl::unexpected<ExecutionError> move_abort(const AbortCode& code, std::string description) {
    ExecutionError error;
    error.kind = ExecutionErrorKind::MoveAbort;
    error.module = std::string(code.module);
    error.abort_code = code.code;
    error.abort_name = std::string(code.name);
    if (code.framework) error.module_address.bytes[31] = 2;
    error.description = error.name();
    if (!description.empty()) error.description += ": " + description;
    return fail(std::move(error));
}

tl::unexpected<ExecutionError> arithmetic_error(std::string description) {
    return execution_error(ExecutionErrorKind::PrimitiveRuntimeError, std::move(description));
}

tl::unexpected<ExecutionError> execution_error(ExecutionErrorKind kind, std::string description) {
    ExecutionError error;
    error.kind = kind;
    error.description = std::string(to_text(kind)) + ": " + std::move(description);
    return fail(std::move(error));
}

tl::unexpected<ExecutionError> argument_error(ArgumentErrorKind kind, std::uint16_t index,
                                              std::string description, std::uint16_t detail_a,
                                              std::uint16_t detail_b) {
    ExecutionError error;
    error.kind = ExecutionErrorKind::CommandArgument;
    error.argument_kind = kind;
    error.index = index;
    error.detail_a = detail_a;
    error.detail_b = detail_b;
    error.description = error.name() + ": " + std::move(description);
    return fail(std::move(error));
}

}  // namespace walrus::ledger
