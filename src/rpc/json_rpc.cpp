// SPDX-License-Identifier: Apache-2.0
#include "rpc/json_rpc.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "bcs/bcs.hpp"
#include "ledger/limits.hpp"
#include "rpc/text.hpp"

namespace walrus::rpc {
namespace {

/// Looks at brackets only, before anything is allocated for them.
bool nests_deeper_than(std::string_view text, std::size_t depth_max) {
    std::size_t depth = 0;
    bool in_text = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_text) {
            if (c == '\\') {
                ++i;
            } else if (c == '"') {
                in_text = false;
            }
        } else if (c == '"') {
            in_text = true;
        } else if (c == '[' || c == '{') {
            if (++depth > depth_max) return true;
        } else if ((c == ']' || c == '}') && depth > 0) {
            --depth;
        }
    }
    return false;
}

/// An object as an item of a list of answers.
Json found_json(const ledger::ObjectPtr& object, const ObjectId& id, const ledger::LedgerIds& ids,
                const ObjectOptions& options) {
    if (object == nullptr) return {{"error", {{"code", "notExists"}, {"object_id", to_text(id)}}}};
    return {{"data", object_json(*object, ids, options)}};
}

}  // namespace

JsonRpcResult<JsonRpcRequest> parse_json_request(ByteView body) {
    const std::string_view text = as_text(body);
    if (nests_deeper_than(text, kJsonDepthMax))
        return json_failure(JsonRpcCode::InvalidRequest,
                            fmt::format("the JSON nests deeper than {}", kJsonDepthMax));
    JsonInput parsed = JsonInput::parse(text, nullptr, false);
    if (parsed.is_discarded()) return json_failure(JsonRpcCode::ParseError, "the body is not JSON");
    if (parsed.is_array())
        return json_failure(JsonRpcCode::InvalidRequest,
                            "batches are not served: send one request");
    if (entry(parsed, "jsonrpc") != "2.0")
        return json_failure(JsonRpcCode::InvalidRequest, "the body is not a JSON-RPC 2.0 request");
    JsonRpcRequest out;
    const auto method = parsed.find("method");
    if (method == parsed.end() || !method->is_string() ||
        method->get_ref<const std::string&>().size() > kJsonMethodBytesMax)
        return json_failure(JsonRpcCode::InvalidRequest, "the request names no method");
    out.method = method->get<std::string>();
    if (const auto id = parsed.find("id"); id != parsed.end()) {
        if (!id->is_string() && !id->is_number() && !id->is_null())
            return json_failure(JsonRpcCode::InvalidRequest, "id must be a number or a string");
        out.id = Json(*id);
    }
    if (const auto parameters = parsed.find("params"); parameters != parsed.end()) {
        if (!parameters->is_array() && !parameters->is_null())
            return json_failure(JsonRpcCode::InvalidRequest,
                                "params must be an array: named parameters are not served");
        for (JsonInput& item : *parameters) out.parameters.push_back(std::move(item));
    }
    return out;
}

JsonRpc::JsonRpc(chain::LedgerService& service)
    : service_(service),
      methods_{
          {"sui_dryRunTransactionBlock", &JsonRpc::dry_run},
          {"sui_executeTransactionBlock", &JsonRpc::execute},
          {"sui_getChainIdentifier", &JsonRpc::get_chain_identifier},
          {"sui_getCheckpoint", &JsonRpc::get_checkpoint},
          {"sui_getNormalizedMoveFunction", &JsonRpc::get_function},
          {"sui_getObject", &JsonRpc::get_object},
          {"sui_getTransactionBlock", &JsonRpc::get_transaction},
          {"sui_multiGetObjects", &JsonRpc::multi_get_objects},
          {"sui_multiGetTransactionBlocks", &JsonRpc::multi_get_transactions},
          {"suix_getAllBalances", &JsonRpc::get_all_balances},
          {"suix_getBalance", &JsonRpc::get_balance},
          {"suix_getCoinMetadata", &JsonRpc::get_coin_metadata},
          {"suix_getCoins", &JsonRpc::get_coins},
          {"suix_getDynamicFields", &JsonRpc::get_dynamic_fields},
          {"suix_getLatestSuiSystemState", &JsonRpc::get_system_state},
          {"suix_getOwnedObjects", &JsonRpc::get_owned_objects},
          {"suix_getReferenceGasPrice", &JsonRpc::get_reference_gas_price},
          {"suix_queryEvents", &JsonRpc::query_events},
          {"suix_queryTransactionBlocks", &JsonRpc::query_transactions},
      } {}

io::Task<JsonRpc::Answer> JsonRpc::answer(Bytes body) {
    Answer out;
    out.method = "unknown";
    Json reply;
    reply["jsonrpc"] = "2.0";
    auto request = parse_json_request(body);
    Result result = tl::make_unexpected(JsonRpcError{});
    if (request) {
        reply["id"] = std::move(request->id);
        const auto method = methods_.find(request->method);
        if (method != methods_.end()) {
            out.method = method->first;
            result = co_await (this->*method->second)(std::move(request->parameters));
        } else {
            result = json_failure(JsonRpcCode::MethodNotFound,
                                  fmt::format("method {} is not served", shown(request->method)));
        }
    } else {
        reply["id"] = nullptr;
        result = tl::make_unexpected(std::move(request.error()));
    }
    if (result) {
        reply["result"] = std::move(*result);
    } else {
        out.error = static_cast<int>(result.error().code);
        reply["error"] = {{"code", out.error}, {"message", std::move(result.error().message)}};
    }
    // Texts of the client may come back in messages: whatever is not UTF-8 is replaced.
    out.body = to_bytes(as_bytes(reply.dump(-1, ' ', false, Json::error_handler_t::replace)));
    co_return out;
}

// ---- objects -----------------------------------------------------------------------------------

io::Task<JsonRpc::Result> JsonRpc::get_object(Parameters parameters) {
    const auto id = take_id(parameter(parameters, 0), "id");
    if (!id) co_return tl::make_unexpected(id.error());
    std::vector<ObjectId> ids{*id};
    auto objects = co_await service_.objects(std::move(ids));
    if (!objects) co_return json_failure(objects.error());
    co_return found_json(objects->front(), *id, service_.ids(),
                         take_object_options(parameter(parameters, 1)));
}

io::Task<JsonRpc::Result> JsonRpc::multi_get_objects(Parameters parameters) {
    const JsonInput& list = parameter(parameters, 0);
    if (!list.is_array()) co_return invalid_params("ids must be an array of object ids");
    if (list.size() > service_.limits().objects_max)
        co_return invalid_params(fmt::format("{} objects asked for, at most {} at a time",
                                             list.size(), service_.limits().objects_max));
    std::vector<ObjectId> ids;
    for (const JsonInput& item : list) {
        const auto id = take_id(item, "id");
        if (!id) co_return tl::make_unexpected(id.error());
        ids.push_back(*id);
    }
    std::vector<ObjectId> asked = ids;
    auto objects = co_await service_.objects(std::move(asked));
    if (!objects) co_return json_failure(objects.error());
    const ObjectOptions options = take_object_options(parameter(parameters, 1));
    Json out = Json::array();
    for (std::size_t i = 0; i < ids.size(); ++i)
        out.push_back(found_json((*objects)[i], ids[i], service_.ids(), options));
    co_return out;
}

io::Task<JsonRpc::Result> JsonRpc::get_owned_objects(Parameters parameters) {
    const auto owner = take_address(parameter(parameters, 0), "owner");
    if (!owner) co_return tl::make_unexpected(owner.error());
    const JsonInput& query = parameter(parameters, 1);
    std::optional<ledger::StructTag> type;
    const JsonInput& filter = entry(query, "filter");
    if (!filter.is_null()) {
        const JsonInput& wanted = entry(filter, "StructType");
        if (wanted.is_null())
            co_return invalid_params(
                "the filter must be {\"StructType\": …}: others are not served");
        const auto text = take_text(wanted, "StructType");
        if (!text) co_return tl::make_unexpected(text.error());
        type = ledger::parse_struct_tag(*text);
        if (!type)
            co_return invalid_params(fmt::format("StructType \"{}\" is not a type", shown(*text)));
    }
    std::optional<Bytes> token;
    if (!parameter(parameters, 2).is_null()) {
        auto bytes = take_base64(parameter(parameters, 2), "cursor", kJsonRequestBytesMax);
        if (!bytes) co_return tl::make_unexpected(std::move(bytes.error()));
        token = std::move(*bytes);
    }
    const auto limit = take_limit(parameter(parameters, 3));
    if (!limit) co_return tl::make_unexpected(limit.error());
    auto page = co_await service_.owned_objects(*owner, std::move(type), *limit, std::move(token));
    if (!page) co_return json_failure(page.error());
    const ObjectOptions options = take_object_options(entry(query, "options"));
    Json data = Json::array();
    for (const ledger::ObjectPtr& object : page->objects)
        data.push_back({{"data", object_json(*object, service_.ids(), options)}});
    Json out;
    out["data"] = std::move(data);
    out["nextCursor"] = page->next_token ? Json(base64_encode(*page->next_token)) : Json();
    out["hasNextPage"] = page->next_token.has_value();
    co_return out;
}

// ---- chain -------------------------------------------------------------------------------------

io::Task<JsonRpc::Result> JsonRpc::get_function(Parameters parameters) {
    const auto package = take_id(parameter(parameters, 0), "package");
    if (!package) co_return tl::make_unexpected(package.error());
    auto module = take_text(parameter(parameters, 1), "module");
    if (!module) co_return tl::make_unexpected(std::move(module.error()));
    auto name = take_text(parameter(parameters, 2), "function");
    if (!name) co_return tl::make_unexpected(std::move(name.error()));
    auto function = co_await service_.function(*package, std::move(*module), std::move(*name));
    if (!function) co_return json_failure(function.error());
    co_return function_json(*function);
}

io::Task<JsonRpc::Result> JsonRpc::get_system_state(Parameters) {
    auto info = co_await service_.epoch();
    if (!info) co_return json_failure(info.error());
    Json out;
    out["epoch"] = std::to_string(info->epoch);
    out["protocolVersion"] = std::to_string(info->protocol_revision);
    out["systemStateVersion"] = std::to_string(info->system_version);
    out["referenceGasPrice"] = "0";
    out["safeMode"] = false;
    out["epochStartTimestampMs"] = std::to_string(info->start_ms);
    out["activeValidators"] = Json::array();
    co_return out;
}

io::Task<JsonRpc::Result> JsonRpc::get_reference_gas_price(Parameters) {
    co_return Json("0");
}

io::Task<JsonRpc::Result> JsonRpc::get_chain_identifier(Parameters) {
    co_return Json(to_text(service_.ids().chain));
}

io::Task<JsonRpc::Result> JsonRpc::get_checkpoint(Parameters parameters) {
    // What clients take for the chain's identity: the digest of checkpoint 0.
    const auto id = take_text(parameter(parameters, 0), "id");
    if (!id) co_return tl::make_unexpected(id.error());
    const std::string chain = to_text(service_.ids().chain);
    if (*id != "0" && *id != chain)
        co_return invalid_params("only checkpoint 0 is served, for the identity of the chain");
    Json out;
    out["epoch"] = "0";
    out["sequenceNumber"] = "0";
    out["digest"] = chain;
    out["networkTotalTransactions"] = "0";
    out["timestampMs"] = "0";
    out["transactions"] = Json::array();
    out["checkpointCommitments"] = Json::array();
    out["validatorSignature"] = "";
    co_return out;
}

// ---- accounts ----------------------------------------------------------------------------------

io::Task<JsonRpc::Result> JsonRpc::get_balance(Parameters parameters) {
    const auto owner = take_address(parameter(parameters, 0), "owner");
    if (!owner) co_return tl::make_unexpected(owner.error());
    auto coin_type = take_coin_type(parameter(parameters, 1));
    if (!coin_type) co_return tl::make_unexpected(std::move(coin_type.error()));
    const std::string name = to_text(*coin_type);
    auto amount = co_await service_.balance(*owner, std::move(*coin_type));
    if (!amount) co_return json_failure(amount.error());
    co_return balance_json(name, *amount);
}

io::Task<JsonRpc::Result> JsonRpc::get_coins(Parameters parameters) {
    const auto owner = take_address(parameter(parameters, 0), "owner");
    if (!owner) co_return tl::make_unexpected(owner.error());
    const auto coin_type = take_coin_type(parameter(parameters, 1));
    if (!coin_type) co_return tl::make_unexpected(coin_type.error());
    Json out;
    out["data"] = Json::array();
    out["nextCursor"] = nullptr;
    out["hasNextPage"] = false;
    co_return out;
}

// ---- transactions ------------------------------------------------------------------------------

io::Task<JsonRpc::Result> JsonRpc::dry_run(Parameters parameters) {
    auto data = take_base64(parameter(parameters, 0), "tx_bytes", ledger::kTransactionBytesMax);
    if (!data) co_return tl::make_unexpected(std::move(data.error()));
    auto record = co_await service_.simulate(std::move(*data));
    if (!record) co_return json_failure(record.error());
    const chain::TransactionRecord& simulated = **record;
    Address sender;
    if (const auto decoded = bcs::decode<ledger::TransactionData>(simulated.data))
        sender = decoded->sender;
    Json out;
    out["effects"] = effects_json(simulated.executed);
    out["events"] = events_json(simulated);
    out["objectChanges"] = object_changes_json(simulated, sender);
    out["balanceChanges"] = balance_changes_json(simulated.executed);
    co_return out;
}

io::Task<JsonRpc::Result> JsonRpc::execute(Parameters parameters) {
    ledger::SignedTransaction transaction;
    auto data = take_base64(parameter(parameters, 0), "tx_bytes", ledger::kTransactionBytesMax);
    if (!data) co_return tl::make_unexpected(std::move(data.error()));
    transaction.data = std::move(*data);
    const JsonInput& signatures = parameter(parameters, 1);
    if (!signatures.is_array() || signatures.empty() || signatures.size() > ledger::kSignaturesMax)
        co_return invalid_params(
            fmt::format("signatures must be an array of 1 to {}", ledger::kSignaturesMax));
    for (const JsonInput& item : signatures) {
        auto signature = take_base64(item, "signature", ledger::kSignatureBytesMax);
        if (!signature) co_return tl::make_unexpected(std::move(signature.error()));
        transaction.signatures.push_back(std::move(*signature));
    }
    auto record = co_await service_.submit(std::move(transaction));
    if (!record) co_return json_failure(record.error());
    co_return transaction_block_json(**record, take_transaction_options(parameter(parameters, 2)));
}

io::Task<JsonRpc::Result> JsonRpc::get_transaction(Parameters parameters) {
    const auto digest = take_transaction_digest(parameter(parameters, 0));
    if (!digest) co_return tl::make_unexpected(digest.error());
    auto record = co_await service_.transaction(*digest);
    if (!record) {
        if (record.error().code != chain::ChainCode::NotFound)
            co_return json_failure(record.error());
        // The form by which the official client knows that it may ask again.
        co_return invalid_params(
            fmt::format("Could not find the referenced transaction [TransactionDigest({})].",
                        to_text(*digest)));
    }
    co_return transaction_block_json(**record, take_transaction_options(parameter(parameters, 1)));
}

}  // namespace walrus::rpc
