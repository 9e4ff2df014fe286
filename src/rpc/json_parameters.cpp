// SPDX-License-Identifier: Apache-2.0
#include "rpc/json_parameters.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "ledger/genesis.hpp"
#include "rpc/text.hpp"

namespace walrus::rpc {
namespace {

constexpr std::uint64_t kLimitMax = 1000;

/// Other than true is false.
bool flag(const JsonInput& options, const char* name) {
    const JsonInput& value = entry(options, name);
    return value.is_boolean() && value.get<bool>();
}

}  // namespace

JsonRpcError to_json_error(const chain::ChainError& error) {
    switch (error.code) {
        case chain::ChainCode::NotFound:
        case chain::ChainCode::InvalidArgument:
            return {JsonRpcCode::InvalidParams, error.message};
        case chain::ChainCode::Rejected:
            return {JsonRpcCode::Rejected, error.message};
        case chain::ChainCode::Busy:
        case chain::ChainCode::NotDurable:
            return {JsonRpcCode::Transient, error.message};
        case chain::ChainCode::Corrupt:
        case chain::ChainCode::WrongFormat:
        case chain::ChainCode::Broken:
            break;
    }
    return {JsonRpcCode::InternalError, error.message};
}

const JsonInput& parameter(const std::vector<JsonInput>& parameters, std::size_t index) {
    static const JsonInput kNothing;
    return index < parameters.size() ? parameters[index] : kNothing;
}

const JsonInput& entry(const JsonInput& object, const char* name) {
    static const JsonInput kNothing;
    if (!object.is_object()) return kNothing;
    const auto found = object.find(name);
    return found != object.end() ? *found : kNothing;
}

JsonRpcResult<std::string> take_text(const JsonInput& value, const char* name) {
    if (!value.is_string()) return invalid_params(fmt::format("{} must be a string", name));
    return value.get<std::string>();
}

JsonRpcResult<ObjectId> take_id(const JsonInput& value, const char* name) {
    const auto text = WALRUS_TRY(take_text(value, name));
    const auto id = parse_object_id(text);
    if (!id) return invalid_params(fmt::format("{} \"{}\" is not an object id", name, shown(text)));
    return *id;
}

JsonRpcResult<Address> take_address(const JsonInput& value, const char* name) {
    const auto text = WALRUS_TRY(take_text(value, name));
    const auto address = parse_address(text);
    if (!address)
        return invalid_params(fmt::format("{} \"{}\" is not an address", name, shown(text)));
    return *address;
}

JsonRpcResult<ledger::TypeTag> take_coin_type(const JsonInput& value) {
    if (value.is_null()) return ledger::sui_type();
    const auto text = WALRUS_TRY(take_text(value, "coinType"));
    auto type = ledger::parse_type_tag(text);
    if (!type) return invalid_params(fmt::format("coinType \"{}\" is not a type", shown(text)));
    return std::move(*type);
}

JsonRpcResult<TransactionDigest> take_transaction_digest(const JsonInput& value) {
    const auto text = WALRUS_TRY(take_text(value, "digest"));
    const auto digest = parse_transaction_digest(text);
    if (!digest)
        return invalid_params(
            fmt::format("digest \"{}\" is not a transaction digest", shown(text)));
    return *digest;
}

JsonRpcResult<Bytes> take_base64(const JsonInput& value, const char* name, std::size_t bytes_max) {
    const auto text = WALRUS_TRY(take_text(value, name));
    auto bytes = base64_decode(text);
    if (!bytes) return invalid_params(fmt::format("{} is not base64", name));
    if (bytes->size() > bytes_max)
        return invalid_params(
            fmt::format("{} has {} bytes, at most {}", name, bytes->size(), bytes_max));
    return std::move(*bytes);
}

JsonRpcResult<std::uint32_t> take_limit(const JsonInput& value) {
    if (value.is_null()) return 0;
    if (!value.is_number_unsigned()) return invalid_params("limit must be a number");
    return static_cast<std::uint32_t>(std::min(value.get<std::uint64_t>(), kLimitMax));
}

ObjectOptions take_object_options(const JsonInput& options) {
    ObjectOptions out;
    out.type = flag(options, "showType");
    out.owner = flag(options, "showOwner");
    out.previous_transaction = flag(options, "showPreviousTransaction");
    out.bcs = flag(options, "showBcs");
    out.storage_rebate = flag(options, "showStorageRebate");
    return out;
}

TransactionBlockOptions take_transaction_options(const JsonInput& options) {
    TransactionBlockOptions out;
    out.raw_input = flag(options, "showRawInput");
    out.effects = flag(options, "showEffects");
    out.raw_effects = flag(options, "showRawEffects");
    out.events = flag(options, "showEvents");
    out.object_changes = flag(options, "showObjectChanges");
    out.balance_changes = flag(options, "showBalanceChanges");
    return out;
}

}  // namespace walrus::rpc
