// SPDX-License-Identifier: Apache-2.0
// Parameters of JSON-RPC requests, untrusted, and the errors that they lead to. Internal to the
// room.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "chain/error.hpp"
#include "ledger/type_tag.hpp"
#include "protocol/ids.hpp"
#include "rpc/json_out.hpp"

namespace walrus::rpc {

/// What clients send. Unlike those of Json, its objects take many keys without becoming slow.
using JsonInput = nlohmann::json;

/// Error codes on the wire.
enum class JsonRpcCode : int {
    ParseError = -32700,
    InvalidRequest = -32600,
    MethodNotFound = -32601,
    InvalidParams = -32602,
    InternalError = -32603,
    Rejected = -32002,   ///< the transaction is not valid; nothing happened
    Transient = -32050,  ///< try again
};
struct JsonRpcError {
    JsonRpcCode code = JsonRpcCode::InternalError;
    std::string message;
};
template <class T>
using JsonRpcResult = Result<T, JsonRpcError>;

inline auto json_failure(JsonRpcCode code, std::string message) {
    return tl::unexpected<JsonRpcError>(JsonRpcError{code, std::move(message)});
}
inline auto invalid_params(std::string message) {
    return json_failure(JsonRpcCode::InvalidParams, std::move(message));
}
/// The one place where a ledger's error becomes a JSON-RPC error.
JsonRpcError to_json_error(const chain::ChainError& error);
inline auto json_failure(const chain::ChainError& error) {
    return tl::unexpected<JsonRpcError>(to_json_error(error));
}

/// Null where the list is shorter.
const JsonInput& parameter(const std::vector<JsonInput>& parameters, std::size_t index);
/// Null where there is no object or no such entry.
const JsonInput& entry(const JsonInput& object, const char* name);

// Errors of all: InvalidParams, with `name`.
JsonRpcResult<std::string> take_text(const JsonInput& value, const char* name);
JsonRpcResult<ObjectId> take_id(const JsonInput& value, const char* name);
JsonRpcResult<Address> take_address(const JsonInput& value, const char* name);
/// SUI where nothing is named.
JsonRpcResult<ledger::TypeTag> take_coin_type(const JsonInput& value);
JsonRpcResult<TransactionDigest> take_transaction_digest(const JsonInput& value);
JsonRpcResult<Bytes> take_base64(const JsonInput& value, const char* name, std::size_t bytes_max);
/// Null: 0.
JsonRpcResult<std::uint32_t> take_limit(const JsonInput& value);
ObjectOptions take_object_options(const JsonInput& options);
TransactionBlockOptions take_transaction_options(const JsonInput& options);

}  // namespace walrus::rpc
