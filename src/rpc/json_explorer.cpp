// SPDX-License-Identifier: Apache-2.0
// The JSON-RPC methods for explorers: the same answers as explorer.hpp gives on gRPC-web.
#include <fmt/format.h>

#include "base/text.hpp"
#include "bcs/bcs.hpp"
#include "rpc/explorer.hpp"
#include "rpc/json_rpc.hpp"

namespace walrus::rpc {
namespace {

JsonRpcResult<ObjectId> take_package(const JsonInput& object) {
    return take_id(entry(object, "package"), "package");
}

JsonRpcResult<std::string> take_name(const JsonInput& object, const char* name) {
    const JsonInput& value = entry(object, name);
    if (value.is_null()) return std::string();
    auto text = WALRUS_TRY(take_text(value, name));
    if (!ledger::is_identifier(text)) return invalid_params(fmt::format("{} is not a name", name));
    return text;
}

JsonRpcResult<EmittedIn> take_module(const JsonInput& object) {
    EmittedIn out;
    out.package = WALRUS_TRY(take_package(object));
    out.module = WALRUS_TRY(take_name(object, "module"));
    if (out.module.empty()) return invalid_params("module is missing");
    return out;
}

HistoryFilter only(HistoryLiteral literal) {
    return {{std::move(literal)}};
}

JsonRpcResult<HistoryFilter> take_transaction_filter(const JsonInput& filter) {
    if (filter.is_null()) return HistoryFilter();
    if (const JsonInput& sender = entry(filter, "FromAddress"); !sender.is_null())
        return only({false, SentBy{WALRUS_TRY(take_address(sender, "FromAddress"))}});
    if (const JsonInput& function = entry(filter, "MoveFunction"); !function.is_null()) {
        Calls calls;
        calls.package = WALRUS_TRY(take_package(function));
        calls.module = WALRUS_TRY(take_name(function, "module"));
        calls.function = WALRUS_TRY(take_name(function, "function"));
        return only({false, std::move(calls)});
    }
    return invalid_params("only filters by FromAddress and MoveFunction are served");
}

JsonRpcResult<HistoryFilter> take_event_filter(const JsonInput& query) {
    if (const JsonInput& all = entry(query, "All"); all.is_array() && all.empty())
        return HistoryFilter();
    if (const JsonInput& sender = entry(query, "Sender"); !sender.is_null())
        return only({false, SentBy{WALRUS_TRY(take_address(sender, "Sender"))}});
    if (const JsonInput& module = entry(query, "MoveModule"); !module.is_null())
        return only({false, WALRUS_TRY(take_module(module))});
    if (const JsonInput& module = entry(query, "MoveEventModule"); !module.is_null()) {
        const EmittedIn in = WALRUS_TRY(take_module(module));
        return only({false, EventOfType{ledger::StructTag{
                                Address::from(in.package.view()), in.module, {}, {}}}});
    }
    if (const JsonInput& type = entry(query, "MoveEventType"); !type.is_null()) {
        auto tag = ledger::parse_struct_tag(WALRUS_TRY(take_text(type, "MoveEventType")));
        if (!tag) return invalid_params("MoveEventType is not a type");
        return only({false, EventOfType{std::move(*tag)}});
    }
    return invalid_params(
        "only queries by All, Sender, MoveModule, MoveEventModule and MoveEventType are served");
}

bool is_true(const JsonInput& value) {
    return value.is_boolean() && value.get<bool>();
}

bool has_more(const HistoryPage& page) {
    return page.end == HistoryPage::End::Items || page.end == HistoryPage::End::Scan;
}

void set_bound(HistoryQuery& query, const HistoryPlace& place) {
    (query.descending ? query.before : query.after) = place;
}

Json page_json(Json data, Json next, bool more) {
    Json out;
    out["data"] = std::move(data);
    out["nextCursor"] = std::move(next);
    out["hasNextPage"] = more;
    return out;
}

Json event_id_json(const TransactionDigest& digest, std::uint32_t index) {
    return {{"txDigest", to_text(digest)}, {"eventSeq", std::to_string(index)}};
}

}  // namespace

io::Task<JsonRpcResult<HistoryPlace>> JsonRpc::place_of(TransactionDigest digest) {
    auto record = co_await service_.transaction(digest);
    if (!record) co_return json_failure(record.error());
    const auto& position = *(*record)->position;
    co_return HistoryPlace{position.block_seq, position.index, 0};
}

io::Task<JsonRpc::Result> JsonRpc::get_all_balances(Parameters parameters) {
    const auto owner = take_address(parameter(parameters, 0), "owner");
    if (!owner) co_return tl::make_unexpected(owner.error());
    auto balances = co_await account_balances(service_, *owner);
    if (!balances) co_return json_failure(balances.error());
    Json out = Json::array();
    for (const auto& [type, amount] : *balances) out.push_back(balance_json(to_text(type), amount));
    co_return out;
}

io::Task<JsonRpc::Result> JsonRpc::get_coin_metadata(Parameters parameters) {
    const auto type = take_coin_type(parameter(parameters, 0));
    if (!type) co_return tl::make_unexpected(type.error());
    const auto info = coin_info(service_.ids(), *type);
    if (!info) co_return Json();
    Json out;
    out["decimals"] = info->decimals;
    out["name"] = info->name;
    out["symbol"] = info->symbol;
    out["description"] = info->description;
    out["iconUrl"] = nullptr;
    out["id"] = nullptr;
    co_return out;
}

io::Task<JsonRpc::Result> JsonRpc::get_dynamic_fields(Parameters parameters) {
    const auto parent = take_id(parameter(parameters, 0), "parent_object_id");
    if (!parent) co_return tl::make_unexpected(parent.error());
    if (!parameter(parameters, 1).is_null())
        co_return invalid_params("the cursor does not belong to this list");
    auto fields = co_await dynamic_fields(service_, *parent);
    if (!fields) co_return json_failure(fields.error());
    Json data = Json::array();
    for (const DynamicField& field : *fields) {
        Json item;
        item["name"]["type"] = to_text(field.name_type);
        if (const auto number = bcs::decode<std::uint64_t>(field.name)) {
            item["name"]["value"] = std::to_string(*number);
        } else if (const auto bytes = bcs::decode<Bytes>(field.name)) {
            item["name"]["value"] = std::vector<Byte>(bytes->begin(), bytes->end());
        }
        item["bcsEncoding"] = "base64";
        item["bcsName"] = base64_encode(field.name);
        item["type"] = "DynamicField";
        item["objectType"] = to_text(field.value_type);
        item["objectId"] = to_text(field.object->id);
        item["version"] = field.object->version;
        item["digest"] = base58_encode(field.object->digest().view());
        data.push_back(std::move(item));
    }
    co_return page_json(std::move(data), nullptr, false);
}

io::Task<JsonRpc::Result> JsonRpc::multi_get_transactions(Parameters parameters) {
    const JsonInput& list = parameter(parameters, 0);
    if (!list.is_array() || list.size() > kHistoryItemsDefault)
        co_return invalid_params(
            fmt::format("digests must be an array of at most {}", kHistoryItemsDefault));
    const TransactionBlockOptions options = take_transaction_options(parameter(parameters, 1));
    Json out = Json::array();
    std::size_t bytes = 0;
    for (const JsonInput& item : list) {
        const auto digest = take_transaction_digest(item);
        if (!digest) co_return tl::make_unexpected(digest.error());
        auto record = co_await service_.transaction(*digest);
        if (!record) co_return json_failure(record.error());
        bytes += (*record)->data.size();
        if (bytes > kHistoryPageBytesMax / 3)
            co_return invalid_params("these are large transactions: ask for fewer");
        out.push_back(transaction_block_json(**record, options));
    }
    co_return out;
}

io::Task<JsonRpc::Result> JsonRpc::query_transactions(Parameters parameters) {
    const JsonInput& asked = parameter(parameters, 0);
    HistoryQuery query;
    query.descending = is_true(parameter(parameters, 3));
    auto filter = take_transaction_filter(entry(asked, "filter"));
    if (!filter) co_return tl::make_unexpected(std::move(filter.error()));
    query.filter = std::move(*filter);
    const auto limit = take_limit(parameter(parameters, 2));
    if (!limit) co_return tl::make_unexpected(limit.error());
    query.limit = *limit;
    if (const JsonInput& cursor = parameter(parameters, 1); !cursor.is_null()) {
        const auto digest = take_transaction_digest(cursor);
        if (!digest) co_return tl::make_unexpected(digest.error());
        const auto place = co_await place_of(*digest);
        if (!place) co_return tl::make_unexpected(place.error());
        set_bound(query, *place);
    }
    auto page = co_await read_history(service_, std::move(query));
    if (!page) co_return json_failure(page.error());
    const TransactionBlockOptions options = take_transaction_options(entry(asked, "options"));
    Json data = Json::array();
    for (const HistoryItem& item : page->items)
        data.push_back(transaction_block_json(*item.record, options));
    Json next;
    if (page->end == HistoryPage::End::Scan) {
        next = to_text(page->frontier_digest);
    } else if (!page->items.empty()) {
        next = to_text(page->items.back().record->executed.digest);
    }
    co_return page_json(std::move(data), std::move(next), has_more(*page));
}

io::Task<JsonRpc::Result> JsonRpc::query_events(Parameters parameters) {
    HistoryQuery query;
    query.events = true;
    query.descending = is_true(parameter(parameters, 3));
    auto filter = take_event_filter(parameter(parameters, 0));
    if (!filter) co_return tl::make_unexpected(std::move(filter.error()));
    query.filter = std::move(*filter);
    const auto limit = take_limit(parameter(parameters, 2));
    if (!limit) co_return tl::make_unexpected(limit.error());
    query.limit = *limit;
    if (const JsonInput& cursor = parameter(parameters, 1); !cursor.is_null()) {
        const auto digest = take_transaction_digest(entry(cursor, "txDigest"));
        if (!digest) co_return tl::make_unexpected(digest.error());
        const auto text = take_text(entry(cursor, "eventSeq"), "eventSeq");
        if (!text) co_return tl::make_unexpected(text.error());
        const auto event = parse_u64(*text);
        if (!event || *event > UINT32_MAX) co_return invalid_params("eventSeq is not a number");
        auto place = co_await place_of(*digest);
        if (!place) co_return tl::make_unexpected(place.error());
        place->event = static_cast<std::uint32_t>(*event);
        set_bound(query, *place);
    }
    auto page = co_await read_history(service_, std::move(query));
    if (!page) co_return json_failure(page.error());
    Json data = Json::array();
    for (const HistoryItem& item : page->items) {
        const ledger::ExecutedTransaction& executed = item.record->executed;
        data.push_back(event_json(executed.events[item.place.event], executed.digest,
                                  item.place.event, item.record->time_ms));
    }
    Json next;
    if (page->end == HistoryPage::End::Scan) {
        next = event_id_json(page->frontier_digest, page->frontier.event);
    } else if (!page->items.empty()) {
        const HistoryItem& last = page->items.back();
        next = event_id_json(last.record->executed.digest, last.place.event);
    }
    co_return page_json(std::move(data), std::move(next), has_more(*page));
}

}  // namespace walrus::rpc
