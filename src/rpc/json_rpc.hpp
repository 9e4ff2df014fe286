// SPDX-License-Identifier: Apache-2.0
// The public JSON-RPC 2.0 at `POST /` (spec/rpc-compat.md §1.2, §6.2): the same ledger as behind
// gRPC-web, for clients of the older form. Internal to the room.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "base/bytes.hpp"
#include "chain/service.hpp"
#include "rpc/history.hpp"
#include "rpc/json_parameters.hpp"

namespace walrus::rpc {

/// Bytes of a request's body at most, and how deep its JSON may nest: parsed JSON takes many times
/// its text.
inline constexpr std::size_t kJsonRequestBytesMax = std::size_t{512} << 10;
inline constexpr std::size_t kJsonDepthMax = 32;
inline constexpr std::size_t kJsonMethodBytesMax = 100;

/// A request's parts; `id` is a number, text or null. Errors: ParseError, InvalidRequest (also: a
/// batch, named parameters).
struct JsonRpcRequest {
    Json id;  ///< comes back in the answer
    std::string method;
    std::vector<JsonInput> parameters;
};
JsonRpcResult<JsonRpcRequest> parse_json_request(ByteView body);

class JsonRpc {
public:
    /// The ledger must outlive this.
    explicit JsonRpc(chain::LedgerService& service);

    struct Answer {
        Bytes body;
        std::string method;  ///< a known one, or "unknown"
        int error = 0;       ///< code on the wire; 0: a result
    };
    io::Task<Answer> answer(Bytes body);

private:
    using Parameters = std::vector<JsonInput>;
    using Result = JsonRpcResult<Json>;
    using Method = io::Task<Result> (JsonRpc::*)(Parameters);

    io::Task<Result> get_object(Parameters parameters);
    io::Task<Result> multi_get_objects(Parameters parameters);
    io::Task<Result> get_function(Parameters parameters);
    io::Task<Result> get_system_state(Parameters parameters);
    io::Task<Result> get_reference_gas_price(Parameters parameters);
    io::Task<Result> get_balance(Parameters parameters);
    io::Task<Result> get_coins(Parameters parameters);
    io::Task<Result> get_checkpoint(Parameters parameters);
    io::Task<Result> get_chain_identifier(Parameters parameters);
    io::Task<Result> dry_run(Parameters parameters);
    io::Task<Result> execute(Parameters parameters);
    io::Task<Result> get_transaction(Parameters parameters);
    io::Task<Result> get_owned_objects(Parameters parameters);
    // For explorers (json_explorer.cpp).
    io::Task<Result> get_all_balances(Parameters parameters);
    io::Task<Result> get_coin_metadata(Parameters parameters);
    io::Task<Result> get_dynamic_fields(Parameters parameters);
    io::Task<Result> multi_get_transactions(Parameters parameters);
    io::Task<Result> query_transactions(Parameters parameters);
    io::Task<Result> query_events(Parameters parameters);
    /// Where a transaction stands, for cursors. Errors: InvalidParams.
    io::Task<JsonRpcResult<HistoryPlace>> place_of(TransactionDigest digest);

    chain::LedgerService& service_;
    std::map<std::string, Method, std::less<>> methods_;
};

}  // namespace walrus::rpc
