// SPDX-License-Identifier: Apache-2.0
#include "rpc/explorer.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "bcs/bcs.hpp"
#include "chain/database.hpp"
#include "rpc/history.hpp"
#include "rpc/messages.hpp"

namespace walrus::rpc {
namespace {

constexpr std::uint32_t kCoinDecimals = 9;

template <class T>
using Answer = io::Task<GrpcResult<T>>;

GrpcResult<ledger::TypeTag> take_type(const std::string& text) {
    auto type = ledger::parse_type_tag(text);
    if (!type) return invalid_argument(fmt::format("coin_type \"{}\" is not a type", shown(text)));
    return std::move(*type);
}

// ---- filters -----------------------------------------------------------------------------------

GrpcResult<HistoryLiteral> take_sender(const sui_pb::SenderFilter& message) {
    const auto address = parse_address(message.address());
    if (!address)
        return invalid_argument(
            fmt::format("sender \"{}\" is not an address", shown(message.address())));
    return HistoryLiteral{false, SentBy{*address}};
}
GrpcResult<HistoryLiteral> take_module(const sui_pb::EmitModuleFilter& message) {
    const auto module = parse_emitted_in(message.module());
    if (!module)
        return invalid_argument(
            fmt::format("module \"{}\" is not package::module", shown(message.module())));
    return HistoryLiteral{false, *module};
}
GrpcResult<HistoryLiteral> take_event_type(const sui_pb::EventTypeFilter& message) {
    auto type = parse_event_type(message.event_type());
    if (!type)
        return invalid_argument(
            fmt::format("event_type \"{}\" is not a type", shown(message.event_type())));
    return HistoryLiteral{false, std::move(*type)};
}
GrpcResult<HistoryLiteral> take_call(const sui_pb::MoveCallFilter& message) {
    auto calls = parse_calls(message.function());
    if (!calls)
        return invalid_argument(fmt::format("function \"{}\" is not package::module::function",
                                            shown(message.function())));
    return HistoryLiteral{false, std::move(*calls)};
}
auto unknown_filter() {
    return grpc_failure(GrpcStatus::Unimplemented,
                        "only filters by sender, call, module and event type are served");
}

GrpcResult<HistoryLiteral> take_literal(const sui_pb::TransactionLiteral& message) {
    switch (message.predicate_case()) {
        case sui_pb::TransactionLiteral::kSender:
            return take_sender(message.sender());
        case sui_pb::TransactionLiteral::kMoveCall:
            return take_call(message.move_call());
        case sui_pb::TransactionLiteral::kEmitModule:
            return take_module(message.emit_module());
        case sui_pb::TransactionLiteral::kEventType:
            return take_event_type(message.event_type());
        case sui_pb::TransactionLiteral::PREDICATE_NOT_SET:
            break;
    }
    return unknown_filter();
}
GrpcResult<HistoryLiteral> take_literal(const sui_pb::EventLiteral& message) {
    switch (message.predicate_case()) {
        case sui_pb::EventLiteral::kSender:
            return take_sender(message.sender());
        case sui_pb::EventLiteral::kEmitModule:
            return take_module(message.emit_module());
        case sui_pb::EventLiteral::kEventType:
            return take_event_type(message.event_type());
        case sui_pb::EventLiteral::PREDICATE_NOT_SET:
            break;
    }
    return unknown_filter();
}

template <class Filter>
GrpcResult<HistoryFilter> take_filter(const Filter& message) {
    HistoryFilter out;
    std::size_t literals = 0;
    for (const auto& term : message.terms()) {
        auto& all = out.emplace_back();
        for (const auto& literal : term.literals()) {
            if (++literals > kHistoryLiteralsMax)
                return invalid_argument(
                    fmt::format("a filter has at most {} literals", kHistoryLiteralsMax));
            all.push_back(WALRUS_TRY(take_literal(literal)));
            all.back().negated = literal.negated();
        }
    }
    return out;
}

template <class Request>
GrpcResult<HistoryQuery> take_query(const Request& request, bool events) {
    HistoryQuery out;
    out.events = events;
    out.filter = WALRUS_TRY(take_filter(request.filter()));
    if (request.has_start_checkpoint() || request.has_end_checkpoint())
        return grpc_failure(GrpcStatus::Unimplemented, "bounds by checkpoint are not served");
    const sui_pb::QueryOptions& options = request.options();
    out.descending = options.ordering() == sui_pb::ORDERING_DESCENDING;
    out.limit = options.limit();
    const auto place = [](const std::string& cursor) { return decode_place(as_bytes(cursor)); };
    if (options.has_after()) out.after = place(options.after());
    if (options.has_before()) out.before = place(options.before());
    if (options.has_after() != out.after.has_value() ||
        options.has_before() != out.before.has_value())
        return invalid_argument("the cursor is not one of this ledger");
    return out;
}

sui_pb::QueryEnd::Reason reason_of(HistoryPage::End end) {
    switch (end) {
        case HistoryPage::End::Items:
            return sui_pb::QueryEnd::ITEM_LIMIT;
        case HistoryPage::End::Scan:
            return sui_pb::QueryEnd::SCAN_LIMIT;
        case HistoryPage::End::Bounds:
            return sui_pb::QueryEnd::CURSOR_BOUND;
        case HistoryPage::End::Chain:
            break;
    }
    return sui_pb::QueryEnd::LEDGER_TIP;
}

void put_item(const HistoryItem& item, sui_pb::ListTransactionsResponse& out) {
    put_executed(*item.record, *out.mutable_transaction());
}
void put_item(const HistoryItem& item, sui_pb::ListEventsResponse& out) {
    sui_pb::Event& message = *out.mutable_event();
    put_event(item.record->executed.events[item.place.event], message);
    message.set_checkpoint(item.place.seq);
    message.set_transaction_digest(to_text(item.record->executed.digest));
    message.set_transaction_index(item.place.transaction);
    message.set_event_index(item.place.event);
}

/// A page as frames: each item with its place, then why the page ends.
template <class Response>
Bytes frames_of(const HistoryPage& page) {
    Bytes out;
    const auto put_place = [](const HistoryPlace& place, Response& message) {
        message.mutable_watermark()->set_cursor(to_protobuf_bytes(encode_place(place)));
        message.mutable_watermark()->set_checkpoint(place.seq);
    };
    for (const HistoryItem& item : page.items) {
        Response message;
        put_item(item, message);
        put_place(item.place, message);
        append(out, data_frame(serialize_message(message)));
    }
    Response last;
    last.mutable_end()->set_reason(reason_of(page.end));
    if (page.end == HistoryPage::End::Scan) put_place(page.frontier, last);
    append(out, data_frame(serialize_message(last)));
    return out;
}

// ---- methods -----------------------------------------------------------------------------------

class Explorer {
public:
    explicit Explorer(chain::LedgerService& service) : service_(service) {}

    Answer<sui_pb::BatchGetTransactionsResponse> batch_get_transactions(
        sui_pb::BatchGetTransactionsRequest request) {
        if (static_cast<std::size_t>(request.digests_size()) > service_.limits().objects_max)
            co_return invalid_argument(
                fmt::format("at most {} transactions at a time", service_.limits().objects_max));
        sui_pb::BatchGetTransactionsResponse response;
        std::size_t bytes = 0;
        for (const std::string& text : request.digests()) {
            const auto digest = parse_transaction_digest(text);
            if (!digest)
                co_return invalid_argument(
                    fmt::format("digest \"{}\" is not a transaction digest", shown(text)));
            auto record = co_await service_.transaction(*digest);
            sui_pb::GetTransactionResult& result = *response.add_transactions();
            if (record) {
                put_executed(**record, *result.mutable_transaction());
                bytes += result.ByteSizeLong();
                if (bytes > kHistoryPageBytesMax)
                    co_return grpc_failure(GrpcStatus::ResourceExhausted,
                                           "these are large transactions: ask for fewer");
            } else if (record.error().code == chain::ChainCode::NotFound) {
                result.mutable_error()->set_code(static_cast<std::int32_t>(GrpcStatus::NotFound));
                result.mutable_error()->set_message(record.error().message);
            } else {
                co_return tl::make_unexpected(to_grpc(record.error()));
            }
        }
        co_return response;
    }

    Answer<sui_pb::ListBalancesResponse> list_balances(sui_pb::ListBalancesRequest request) {
        const auto owner = parse_address(request.owner());
        if (!owner)
            co_return invalid_argument(
                fmt::format("owner \"{}\" is not an address", shown(request.owner())));
        auto balances = co_await account_balances(service_, *owner);
        if (!balances) co_return tl::make_unexpected(to_grpc(balances.error()));
        sui_pb::ListBalancesResponse response;
        for (const auto& [type, amount] : *balances)
            put_balance(to_text(type), amount, *response.add_balances());
        co_return response;
    }

    Answer<sui_pb::GetCoinInfoResponse> get_coin_info(sui_pb::GetCoinInfoRequest request) {
        const auto type = take_type(request.coin_type());
        if (!type) co_return tl::make_unexpected(type.error());
        const auto info = coin_info(service_.ids(), *type);
        if (!info)
            co_return grpc_failure(GrpcStatus::NotFound,
                                   fmt::format("{} is not a coin here", to_text(*type)));
        sui_pb::GetCoinInfoResponse response;
        response.set_coin_type(to_text(*type));
        sui_pb::CoinMetadata& metadata = *response.mutable_metadata();
        metadata.set_decimals(info->decimals);
        metadata.set_name(info->name);
        metadata.set_symbol(info->symbol);
        metadata.set_description(info->description);
        co_return response;
    }

    Answer<sui_pb::ListDynamicFieldsResponse> list_dynamic_fields(
        sui_pb::ListDynamicFieldsRequest request) {
        const auto parent = parse_object_id(request.parent());
        if (!parent)
            co_return invalid_argument(
                fmt::format("parent \"{}\" is not an object id", shown(request.parent())));
        if (request.has_page_token())
            co_return invalid_argument("the page token does not belong to this list");
        auto fields = co_await dynamic_fields(service_, *parent);
        if (!fields) co_return tl::make_unexpected(to_grpc(fields.error()));
        sui_pb::ListDynamicFieldsResponse response;
        for (const DynamicField& field : *fields) {
            sui_pb::DynamicField& message = *response.add_dynamic_fields();
            message.set_kind(sui_pb::DynamicField::FIELD);
            message.set_parent(to_text(*parent));
            message.set_field_id(to_text(field.object->id));
            put_object(*field.object, *message.mutable_field_object());
            message.mutable_name()->set_name(to_text(field.name_type));
            message.mutable_name()->set_value(to_protobuf_bytes(field.name));
            message.mutable_value()->set_name(to_text(field.value_type));
            message.mutable_value()->set_value(to_protobuf_bytes(field.value));
            message.set_value_type(to_text(field.value_type));
        }
        co_return response;
    }

    template <class Request, class Response>
    io::Task<GrpcResult<Bytes>> list_history(Request request, bool events) {
        auto query = take_query(request, events);
        if (!query) co_return tl::make_unexpected(std::move(query.error()));
        auto page = co_await read_history(service_, std::move(*query));
        if (!page) co_return tl::make_unexpected(to_grpc(page.error()));
        co_return frames_of<Response>(*page);
    }

private:
    chain::LedgerService& service_;
};

using Owner = std::shared_ptr<Explorer>;

template <class Request, class Response>
io::Task<GrpcResult<Bytes>> call_unary(Owner own, Answer<Response> (Explorer::*method)(Request),
                                       Bytes bytes) {
    Request request;
    if (!parse_message(bytes, request)) co_return invalid_argument("the message does not parse");
    auto response = co_await ((*own).*method)(std::move(request));
    if (!response) co_return tl::make_unexpected(std::move(response.error()));
    co_return serialize_message(*response);
}

template <class Request, class Response>
io::Task<GrpcResult<Bytes>> call_history(Owner own, bool events, Bytes bytes) {
    Request request;
    if (!parse_message(bytes, request)) co_return invalid_argument("the message does not parse");
    auto frames = co_await own->list_history<Request, Response>(std::move(request), events);
    co_return frames;
}

template <class Request, class Response>
OwnMethod unary(const Owner& own, const char* service, const char* name,
                Answer<Response> (Explorer::*method)(Request)) {
    OwnMethod out;
    out.path = fmt::format("/sui.rpc.v2.{}/{}", service, name);
    out.name = name;
    out.call = [own, method](Bytes bytes) { return call_unary(own, method, std::move(bytes)); };
    return out;
}

template <class Request, class Response>
OwnMethod history(const Owner& own, const char* name, bool events) {
    OwnMethod out;
    out.path = fmt::format("/sui.rpc.v2.LedgerService/{}", name);
    out.name = name;
    out.framed = true;
    out.call = [own, events](Bytes bytes) {
        return call_history<Request, Response>(own, events, std::move(bytes));
    };
    return out;
}

}  // namespace

io::Task<chain::ChainResult<std::vector<std::pair<ledger::TypeTag, std::uint64_t>>>>
account_balances(chain::LedgerService& service, Address owner) {
    std::vector<std::pair<ledger::TypeTag, std::uint64_t>> out;
    const std::vector<ledger::TypeTag> types{ledger::sui_type(), service.ids().wal_type()};
    for (const ledger::TypeTag& type : types) {
        ledger::TypeTag asked = type;
        auto amount = co_await service.balance(owner, std::move(asked));
        if (!amount) co_return tl::make_unexpected(std::move(amount.error()));
        if (*amount != 0) out.emplace_back(type, *amount);
    }
    co_return out;
}

std::optional<CoinInfo> coin_info(const ledger::LedgerIds& ids, const ledger::TypeTag& coin_type) {
    if (coin_type == ids.wal_type())
        return CoinInfo{kCoinDecimals, "WAL Token", "WAL", "Pays for storage"};
    if (coin_type == ledger::sui_type())
        return CoinInfo{kCoinDecimals, "Sui", "SUI", "A balance; transactions cost none of it"};
    return std::nullopt;
}

io::Task<chain::ChainResult<std::vector<DynamicField>>> dynamic_fields(
    chain::LedgerService& service, ObjectId parent) {
    using Fields = std::vector<DynamicField>;
    std::vector<ObjectId> asked{parent};
    auto found = co_await service.objects(std::move(asked));
    if (!found) co_return tl::make_unexpected(std::move(found.error()));
    const ledger::ObjectPtr object = found->front();
    if (!object)
        co_return chain::chain_failure(chain::ChainCode::NotFound,
                                       fmt::format("object {} does not exist", to_text(parent)));
    const ledger::LedgerIds& ids = service.ids();
    std::optional<ObjectId> field;
    if (parent == ids.system) {
        if (const auto system = bcs::decode_prefix<ledger::System>(object->contents))
            field = ledger::system_state_field_id(parent, system->version);
    } else if (parent == ids.staking) {
        if (const auto staking = bcs::decode_prefix<ledger::Staking>(object->contents))
            field = ledger::staking_state_field_id(parent, staking->version);
    } else if (chain::is_blob(object->type, ids.package)) {
        field = chain::metadata_field_id(parent);
    }
    if (!field)
        co_return chain::chain_failure(
            chain::ChainCode::InvalidArgument,
            "fields are listed of the system, the staking object and blobs only");
    std::vector<ObjectId> ids_asked{*field};
    auto fields = co_await service.objects(std::move(ids_asked));
    if (!fields) co_return tl::make_unexpected(std::move(fields.error()));
    if (!fields->front()) co_return Fields();
    DynamicField out;
    out.object = fields->front();
    const auto& arguments = out.object->type.type_arguments;
    if (arguments.size() != 2) co_return Fields();
    out.name_type = arguments[0];
    out.value_type = arguments[1];
    // The field's contents are its id, the name and the value; names here are u64 or bytes.
    const ByteView contents = out.object->contents;
    const bool is_number = out.name_type.kind == ledger::TypeKind::U64;
    const std::size_t name_bytes =
        is_number ? sizeof(std::uint64_t) : 1 + ledger::kMetadataKey.size();
    if (contents.size() < ObjectId::kSize + name_bytes) co_return Fields();
    out.name = to_bytes(contents.subspan(ObjectId::kSize, name_bytes));
    out.value = to_bytes(contents.subspan(ObjectId::kSize + name_bytes));
    Fields list;
    list.push_back(std::move(out));
    co_return list;
}

std::vector<OwnMethod> explorer_methods(chain::LedgerService& service) {
    const Owner own = std::make_shared<Explorer>(service);
    return {
        unary(own, "LedgerService", "BatchGetTransactions", &Explorer::batch_get_transactions),
        unary(own, "StateService", "ListBalances", &Explorer::list_balances),
        unary(own, "StateService", "GetCoinInfo", &Explorer::get_coin_info),
        unary(own, "StateService", "ListDynamicFields", &Explorer::list_dynamic_fields),
        history<sui_pb::ListTransactionsRequest, sui_pb::ListTransactionsResponse>(
            own, "ListTransactions", false),
        history<sui_pb::ListEventsRequest, sui_pb::ListEventsResponse>(own, "ListEvents", true),
    };
}

}  // namespace walrus::rpc
