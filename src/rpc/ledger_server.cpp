// SPDX-License-Identifier: Apache-2.0
#include "rpc/ledger_server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "bcs/bcs.hpp"
#include "io/log.hpp"
#include "rpc/explorer.hpp"
#include "rpc/grpc_web.hpp"
#include "rpc/json_rpc.hpp"
#include "rpc/messages.hpp"
#include "rpc/method.hpp"
#include "rpc/proof_service.hpp"
#include "rpc/transaction_in.hpp"

namespace walrus::rpc {
namespace {

constexpr std::size_t kFramesCachedMax = 64;
constexpr std::size_t kFaucetRequestBytesMax = 4096;

int http_status_of(const chain::ChainError& error) {
    switch (error.code) {
        case chain::ChainCode::NotFound:
            return 404;
        case chain::ChainCode::InvalidArgument:
            return 400;
        case chain::ChainCode::Rejected:
            return 400;
        case chain::ChainCode::Busy:
            return 429;
        case chain::ChainCode::NotDurable:
            return 503;
        case chain::ChainCode::Corrupt:
            return 500;
        case chain::ChainCode::WrongFormat:
            return 500;
        case chain::ChainCode::Broken:
            return 500;
    }
    return 500;
}

http::Response grpc_response(Bytes body) {
    http::Response response;
    response.status = 200;
    response.headers.add("Content-Type", std::string(kGrpcWebContentType));
    response.body = std::move(body);
    return response;
}

http::Response grpc_error(const GrpcError& error) {
    return grpc_response(trailer_frame(error.status, error.message));
}

http::Response json_error(int status, const std::string& message) {
    nlohmann::ordered_json body;
    body["error"] = message;
    return http::Response::json(
        status, body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

GrpcResult<Address> parse_owner(const std::string& text) {
    const auto address = parse_address(text);
    if (!address)
        return invalid_argument(fmt::format("owner \"{}\" is not an address", shown(text)));
    return *address;
}

/// What a request's transaction says, complete or not.
GrpcResult<DraftTransaction> take_transaction(bool present, const sui_pb::Transaction& transaction,
                                              bool sender_needed) {
    if (!present) return invalid_argument("the request has no transaction");
    if (!transaction.has_bcs() || transaction.bcs().value().empty())
        return take_draft(transaction, sender_needed);
    auto data = bcs::decode<ledger::TransactionData>(as_bytes(transaction.bcs().value()));
    if (!data) return invalid_argument("transaction.bcs is not a programmable transaction");
    DraftTransaction out;
    out.has_expiration = !std::holds_alternative<ledger::NoExpiration>(data->expiration);
    out.data = std::move(*data);
    return out;
}

/// The BCS bytes of a request's transaction, which must be complete: signatures are over them.
GrpcResult<Bytes> complete_transaction(bool present, const sui_pb::Transaction& transaction) {
    if (present && transaction.has_bcs() && !transaction.bcs().value().empty())
        return to_bytes(as_bytes(transaction.bcs().value()));
    auto draft = WALRUS_TRY(take_transaction(present, transaction, true));
    if (!draft.unresolved.empty())
        return invalid_argument(
            fmt::format("input {} is not resolved: simulate the transaction first",
                        draft.unresolved.front().index));
    return bcs::encode(draft.data);
}

void put_timestamp(std::uint64_t time_ms, sui_pb::Time& out) {
    out.set_seconds(static_cast<std::int64_t>(time_ms / 1000));
    out.set_nanos(static_cast<std::int32_t>(time_ms % 1000 * 1'000'000));
}

class LedgerServerImpl final : public LedgerServer {
public:
    LedgerServerImpl(io::Environment& environment, chain::LedgerService& service,
                     ServerLimits limits)
        : environment_(environment),
          service_(service),
          json_rpc_(service),
          limits_(limits),
          streams_gauge_(
              service.metrics().gauge("walrus_rpc_block_streams", "Open block streams")) {
        bind_methods();
    }

    void add_routes(http::Router& router);
    void close_streams() override { close_.cancel(); }
    std::size_t streams() const override { return streams_; }

private:
    template <class T>
    using Answer = io::Task<GrpcResult<T>>;

    Answer<sui_pb::GetObjectResponse> get_object(sui_pb::GetObjectRequest request);
    Answer<sui_pb::BatchGetObjectsResponse> batch_get_objects(
        sui_pb::BatchGetObjectsRequest request);
    Answer<sui_pb::GetServiceInfoResponse> get_service_info(sui_pb::GetServiceInfoRequest request);
    Answer<sui_pb::GetEpochResponse> get_epoch(sui_pb::GetEpochRequest request);
    Answer<sui_pb::GetTransactionResponse> get_transaction(sui_pb::GetTransactionRequest request);
    Answer<sui_pb::GetBalanceResponse> get_balance(sui_pb::GetBalanceRequest request);
    Answer<sui_pb::ListOwnedObjectsResponse> list_owned_objects(
        sui_pb::ListOwnedObjectsRequest request);
    Answer<sui_pb::GetFunctionResponse> get_function(sui_pb::GetFunctionRequest request);
    Answer<sui_pb::SimulateTransactionResponse> simulate(
        sui_pb::SimulateTransactionRequest request);
    Answer<sui_pb::ExecuteTransactionResponse> execute(sui_pb::ExecuteTransactionRequest request);

    /// A method by its path: what it does with a message, and how it is counted.
    struct Method {
        std::function<io::Task<GrpcResult<Bytes>>(Bytes message)> call;
        bool framed = false;  ///< its answer is complete frames
        io::Histogram* seconds = nullptr;
        std::map<GrpcStatus, io::Counter*> outcomes;
    };
    void bind_methods();
    void bind_own(std::vector<OwnMethod> methods);
    template <class Request, class Response>
    void bind(const char* service, const char* name,
              Answer<Response> (LedgerServerImpl::*method)(Request));
    template <class Request, class Response>
    io::Task<GrpcResult<Bytes>> call_unary(Answer<Response> (LedgerServerImpl::*method)(Request),
                                           Bytes message);
    void count(Method& method, const std::string& name, GrpcStatus status);

    io::Task<http::Response> handle(http::Request& request);
    io::Task<GrpcResult<Bytes>> read_message(http::Request& request);
    io::Task<http::Response> handle_stream(http::Request& request);
    io::Task<io::IoResult<void>> stream(http::BodyWriter& writer, std::uint64_t from_seq);
    io::Task<io::IoResult<void>> stream_blocks(http::BodyWriter& writer, std::uint64_t next);
    io::Task<http::Response> handle_json(http::Request& request);
    io::Task<http::Response> health(http::Request& request);
    io::Task<http::Response> metrics(http::Request& request);
    io::Task<http::Response> faucet(http::Request& request);
    std::shared_ptr<const Bytes> block_frame(const chain::Block& block);
    Bytes heartbeat() const;

    io::Environment& environment_;
    chain::LedgerService& service_;
    JsonRpc json_rpc_;
    ServerLimits limits_;
    std::map<std::string, Method> methods_;
    /// Known methods, and "unknown" for all others.
    struct JsonMethod {
        io::Histogram* seconds = nullptr;
        std::map<int, io::Counter*> outcomes;
    };
    std::map<std::string, JsonMethod> json_methods_;
    /// Frames of the newest blocks: many nodes follow the same head.
    std::deque<std::pair<std::uint64_t, std::shared_ptr<const Bytes>>> frames_;
    io::CancelSource close_;
    std::size_t streams_ = 0;
    io::Gauge& streams_gauge_;
};

// ---- the public methods ------------------------------------------------------------------------

io::Task<GrpcResult<sui_pb::GetObjectResponse>> LedgerServerImpl::get_object(
    sui_pb::GetObjectRequest request) {
    const auto id = parse_object_id(request.object_id());
    if (!id)
        co_return invalid_argument(
            fmt::format("object_id \"{}\" is not an object id", shown(request.object_id())));
    std::vector<ObjectId> ids{*id};
    auto objects = co_await service_.objects(std::move(ids));
    if (!objects) co_return tl::make_unexpected(to_grpc(objects.error()));
    if (!objects->front())
        co_return grpc_failure(GrpcStatus::NotFound,
                               fmt::format("object {} does not exist", to_text(*id)));
    sui_pb::GetObjectResponse response;
    put_object(*objects->front(), *response.mutable_object());
    co_return response;
}

io::Task<GrpcResult<sui_pb::BatchGetObjectsResponse>> LedgerServerImpl::batch_get_objects(
    sui_pb::BatchGetObjectsRequest request) {
    if (static_cast<std::size_t>(request.requests_size()) > service_.limits().objects_max)
        co_return invalid_argument(fmt::format("{} objects asked for, at most {} at a time",
                                               request.requests_size(),
                                               service_.limits().objects_max));
    std::vector<ObjectId> ids;
    for (const sui_pb::GetObjectRequest& item : request.requests()) {
        const auto id = parse_object_id(item.object_id());
        if (!id)
            co_return invalid_argument(
                fmt::format("object_id \"{}\" is not an object id", shown(item.object_id())));
        ids.push_back(*id);
    }
    std::vector<ObjectId> asked = ids;
    auto objects = co_await service_.objects(std::move(asked));
    if (!objects) co_return tl::make_unexpected(to_grpc(objects.error()));
    sui_pb::BatchGetObjectsResponse response;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        sui_pb::GetObjectResult& result = *response.add_objects();
        if ((*objects)[i]) {
            put_object(*(*objects)[i], *result.mutable_object());
        } else {
            result.mutable_error()->set_code(static_cast<std::int32_t>(GrpcStatus::NotFound));
            result.mutable_error()->set_message(
                fmt::format("object {} does not exist", to_text(ids[i])));
        }
    }
    co_return response;
}

io::Task<GrpcResult<sui_pb::GetServiceInfoResponse>> LedgerServerImpl::get_service_info(
    sui_pb::GetServiceInfoRequest) {
    const chain::Head& head = service_.head();
    sui_pb::GetServiceInfoResponse response;
    response.set_chain_id(to_text(service_.ids().chain));
    response.set_chain("walrus");
    response.set_epoch(head.epoch);
    response.set_checkpoint_height(head.next_seq == 0 ? 0 : head.next_seq - 1);
    put_timestamp(head.time_ms, *response.mutable_timestamp());
    response.set_lowest_available_checkpoint(0);
    response.set_lowest_available_checkpoint_objects(0);
    response.set_server("walrus");
    co_return response;
}

io::Task<GrpcResult<sui_pb::GetEpochResponse>> LedgerServerImpl::get_epoch(
    sui_pb::GetEpochRequest request) {
    auto info = co_await service_.epoch();
    if (!info) co_return tl::make_unexpected(to_grpc(info.error()));
    if (request.has_epoch() && request.epoch() != info->epoch)
        co_return grpc_failure(GrpcStatus::NotFound,
                               fmt::format("only the current epoch {} is served, not {}",
                                           info->epoch, request.epoch()));
    sui_pb::GetEpochResponse response;
    sui_pb::Epoch& epoch = *response.mutable_epoch();
    epoch.set_epoch(info->epoch);
    epoch.set_reference_gas_price(0);
    put_timestamp(info->start_ms, *epoch.mutable_start());
    sui_pb::SystemState& state = *epoch.mutable_system_state();
    state.set_version(info->system_version);
    state.set_epoch(info->epoch);
    state.set_protocol_version(info->protocol_revision);
    state.set_reference_gas_price(0);
    state.set_epoch_start_timestamp_ms(info->start_ms);
    co_return response;
}

io::Task<GrpcResult<sui_pb::GetTransactionResponse>> LedgerServerImpl::get_transaction(
    sui_pb::GetTransactionRequest request) {
    const auto digest = parse_transaction_digest(request.digest());
    if (!digest)
        co_return invalid_argument(
            fmt::format("digest \"{}\" is not a transaction digest", shown(request.digest())));
    auto record = co_await service_.transaction(*digest);
    if (!record) co_return tl::make_unexpected(to_grpc(record.error()));
    sui_pb::GetTransactionResponse response;
    put_executed(**record, *response.mutable_transaction());
    co_return response;
}

io::Task<GrpcResult<sui_pb::GetBalanceResponse>> LedgerServerImpl::get_balance(
    sui_pb::GetBalanceRequest request) {
    const auto owner = parse_owner(request.owner());
    if (!owner) co_return tl::make_unexpected(owner.error());
    const std::string text = request.has_coin_type() ? request.coin_type() : "0x2::sui::SUI";
    auto coin_type = ledger::parse_type_tag(text);
    if (!coin_type)
        co_return invalid_argument(fmt::format("coin_type \"{}\" is not a type", shown(text)));
    const std::string name = to_text(*coin_type);
    auto amount = co_await service_.balance(*owner, std::move(*coin_type));
    if (!amount) co_return tl::make_unexpected(to_grpc(amount.error()));
    sui_pb::GetBalanceResponse response;
    put_balance(name, *amount, *response.mutable_balance());
    co_return response;
}

io::Task<GrpcResult<sui_pb::ListOwnedObjectsResponse>> LedgerServerImpl::list_owned_objects(
    sui_pb::ListOwnedObjectsRequest request) {
    const auto owner = parse_owner(request.owner());
    if (!owner) co_return tl::make_unexpected(owner.error());
    std::optional<ledger::StructTag> type;
    if (!request.object_type().empty()) {
        type = ledger::parse_struct_tag(request.object_type());
        if (!type)
            co_return invalid_argument(fmt::format(
                "object_type \"{}\" is not the type of an object", shown(request.object_type())));
    }
    std::optional<Bytes> token;
    if (!request.page_token().empty()) token = to_bytes(as_bytes(request.page_token()));
    auto page = co_await service_.owned_objects(*owner, std::move(type), request.page_size(),
                                                std::move(token));
    if (!page) co_return tl::make_unexpected(to_grpc(page.error()));
    sui_pb::ListOwnedObjectsResponse response;
    for (const ledger::ObjectPtr& object : page->objects)
        put_object(*object, *response.add_objects());
    if (page->next_token) response.set_next_page_token(to_protobuf_bytes(*page->next_token));
    co_return response;
}

io::Task<GrpcResult<sui_pb::GetFunctionResponse>> LedgerServerImpl::get_function(
    sui_pb::GetFunctionRequest request) {
    const auto package = parse_object_id(request.package_id());
    if (!package)
        co_return invalid_argument(
            fmt::format("package_id \"{}\" is not an object id", shown(request.package_id())));
    auto function = co_await service_.function(*package, request.module_name(), request.name());
    if (!function) co_return tl::make_unexpected(to_grpc(function.error()));
    sui_pb::GetFunctionResponse response;
    put_function(*function, *response.mutable_function());
    co_return response;
}

io::Task<GrpcResult<sui_pb::SimulateTransactionResponse>> LedgerServerImpl::simulate(
    sui_pb::SimulateTransactionRequest request) {
    // Kinds alone, as policies are built from, have no sender and need not succeed.
    const bool checked = request.checks() == sui_pb::SimulateTransactionRequest::ENABLED;
    auto draft = take_transaction(request.has_transaction(), request.transaction(), checked);
    if (!draft) co_return tl::make_unexpected(std::move(draft.error()));
    auto data = co_await resolve(environment_, service_, std::move(*draft),
                                 {.gas_selection = request.do_gas_selection()});
    if (!data) co_return tl::make_unexpected(std::move(data.error()));
    sui_pb::SimulateTransactionResponse response;
    sui_pb::ExecutedTransaction& transaction = *response.mutable_transaction();
    const Bytes data_bcs = bcs::encode(*data);
    auto record = co_await service_.simulate(data_bcs);
    if (record) {
        put_executed(**record, transaction);
    } else if (!checked && record.error().code == chain::ChainCode::Rejected) {
        put_transaction(data_bcs, *transaction.mutable_transaction());
        sui_pb::ExecutionStatus& status = *transaction.mutable_effects()->mutable_status();
        status.set_success(false);
        status.mutable_error()->set_description(record.error().message);
    } else {
        co_return tl::make_unexpected(to_grpc(record.error()));
    }
    co_return response;
}

io::Task<GrpcResult<sui_pb::ExecuteTransactionResponse>> LedgerServerImpl::execute(
    sui_pb::ExecuteTransactionRequest request) {
    auto data = complete_transaction(request.has_transaction(), request.transaction());
    if (!data) co_return tl::make_unexpected(std::move(data.error()));
    if (request.signatures_size() == 0) co_return invalid_argument("the request has no signatures");
    if (static_cast<std::size_t>(request.signatures_size()) > ledger::kSignaturesMax)
        co_return invalid_argument("too many signatures");
    ledger::SignedTransaction transaction;
    transaction.data = std::move(*data);
    for (const sui_pb::UserSignature& signature : request.signatures())
        transaction.signatures.push_back(to_bytes(as_bytes(signature.bcs().value())));
    auto record = co_await service_.submit(std::move(transaction));
    if (!record) co_return tl::make_unexpected(to_grpc(record.error()));
    sui_pb::ExecuteTransactionResponse response;
    put_executed(**record, *response.mutable_transaction());
    co_return response;
}

// ---- calls -------------------------------------------------------------------------------------

template <class Request, class Response>
io::Task<GrpcResult<Bytes>> LedgerServerImpl::call_unary(
    Answer<Response> (LedgerServerImpl::*method)(Request), Bytes message) {
    Request request;
    if (!request.ParseFromArray(message.data(), static_cast<int>(message.size())))
        co_return invalid_argument("the message does not parse");
    auto response = co_await (this->*method)(std::move(request));
    if (!response) co_return tl::make_unexpected(std::move(response.error()));
    co_return serialize_message(*response);
}

template <class Request, class Response>
void LedgerServerImpl::bind(const char* service, const char* name,
                            Answer<Response> (LedgerServerImpl::*method)(Request)) {
    Method entry;
    entry.call = [this, method](Bytes message) { return call_unary(method, std::move(message)); };
    entry.seconds = &service_.metrics().histogram(
        "walrus_rpc_seconds", "Time of one RPC", io::request_seconds_buckets(), {{"method", name}});
    methods_.emplace(fmt::format("/sui.rpc.v2.{}/{}", service, name), std::move(entry));
}

void LedgerServerImpl::bind_methods() {
    using Self = LedgerServerImpl;
    bind("LedgerService", "GetObject", &Self::get_object);
    bind("LedgerService", "BatchGetObjects", &Self::batch_get_objects);
    bind("LedgerService", "GetServiceInfo", &Self::get_service_info);
    bind("LedgerService", "GetEpoch", &Self::get_epoch);
    bind("LedgerService", "GetTransaction", &Self::get_transaction);
    bind("StateService", "GetBalance", &Self::get_balance);
    bind("StateService", "ListOwnedObjects", &Self::list_owned_objects);
    bind("MovePackageService", "GetFunction", &Self::get_function);
    bind("TransactionExecutionService", "SimulateTransaction", &Self::simulate);
    bind("TransactionExecutionService", "ExecuteTransaction", &Self::execute);
    bind_own(proof_methods(service_));
    bind_own(explorer_methods(service_));
}

void LedgerServerImpl::bind_own(std::vector<OwnMethod> methods) {
    for (OwnMethod& own : methods) {
        Method entry;
        entry.call = std::move(own.call);
        entry.framed = own.framed;
        entry.seconds =
            &service_.metrics().histogram("walrus_rpc_seconds", "Time of one RPC",
                                          io::request_seconds_buckets(), {{"method", own.name}});
        methods_.emplace(std::move(own.path), std::move(entry));
    }
}

void LedgerServerImpl::count(Method& method, const std::string& name, GrpcStatus status) {
    io::Counter*& counter = method.outcomes[status];
    if (counter == nullptr) {
        counter = &service_.metrics().counter(
            "walrus_rpc_requests_total", "RPCs answered",
            {{"method", name}, {"status", std::to_string(static_cast<int>(status))}});
    }
    counter->add();
}

io::Task<GrpcResult<Bytes>> LedgerServerImpl::read_message(http::Request& request) {
    auto body = co_await request.body->read_all(limits_.request_bytes_max);
    if (!body) {
        const bool too_large = body.error().code == io::IoCode::TooLarge;
        co_return grpc_failure(
            too_large ? GrpcStatus::ResourceExhausted : GrpcStatus::InvalidArgument,
            body.error().message);
    }
    const std::string content_type(request.headers.get("Content-Type").value_or(""));
    auto message = parse_request(content_type, *body);
    co_return message;
}

io::Task<http::Response> LedgerServerImpl::handle(http::Request& request) {
    const auto found = methods_.find(request.path);
    if (found == methods_.end())
        co_return grpc_error({GrpcStatus::Unimplemented,
                              fmt::format("method {} is not served", shown(request.path))});
    Method& method = found->second;
    const std::string name = found->first.substr(found->first.rfind('/') + 1);
    const std::uint64_t start_us = environment_.loop.monotonic_us();
    auto message = co_await read_message(request);
    GrpcResult<Bytes> answer = tl::make_unexpected(GrpcError{});
    if (message) {
        answer = co_await method.call(std::move(*message));
    } else {
        answer = tl::make_unexpected(std::move(message.error()));
    }
    method.seconds->observe(static_cast<double>(environment_.loop.monotonic_us() - start_us) *
                            1e-6);
    count(method, name, answer ? GrpcStatus::Ok : answer.error().status);
    if (!answer) co_return grpc_error(answer.error());
    Bytes body = method.framed ? std::move(*answer) : data_frame(*answer);
    append(body, trailer_frame(GrpcStatus::Ok, {}));
    co_return grpc_response(std::move(body));
}

// ---- JSON-RPC ----------------------------------------------------------------------------------

io::Task<http::Response> LedgerServerImpl::handle_json(http::Request& request) {
    const std::string content_type(request.headers.get("Content-Type").value_or(""));
    if (content_type.rfind("application/json", 0) != 0)
        co_return json_error(415, "JSON-RPC requests are of type application/json");
    const std::uint64_t start_us = environment_.loop.monotonic_us();
    auto body = co_await request.body->read_all(kJsonRequestBytesMax);
    if (!body) {
        const bool too_large = body.error().code == io::IoCode::TooLarge;
        co_return json_error(too_large ? 413 : 400, body.error().message);
    }
    auto answer = co_await json_rpc_.answer(std::move(*body));
    JsonMethod& method = json_methods_[answer.method];
    if (method.seconds == nullptr)
        method.seconds = &service_.metrics().histogram("walrus_rpc_seconds", "Time of one RPC",
                                                       io::request_seconds_buckets(),
                                                       {{"method", answer.method}});
    method.seconds->observe(static_cast<double>(environment_.loop.monotonic_us() - start_us) *
                            1e-6);
    io::Counter*& counter = method.outcomes[answer.error];
    if (counter == nullptr)
        counter = &service_.metrics().counter(
            "walrus_rpc_requests_total", "RPCs answered",
            {{"method", answer.method}, {"status", std::to_string(answer.error)}});
    counter->add();
    http::Response response = http::Response::json(200, {});
    response.body = std::move(answer.body);
    co_return response;
}

// ---- the block stream --------------------------------------------------------------------------

Bytes LedgerServerImpl::heartbeat() const {
    walrus_pb::StreamBlocksResponse message;
    message.set_head_seq(service_.head().next_seq);
    return data_frame(serialize_message(message));
}

std::shared_ptr<const Bytes> LedgerServerImpl::block_frame(const chain::Block& block) {
    const std::uint64_t seq = block.header.header.summary.seq;
    for (const auto& [cached_seq, frame] : frames_)
        if (cached_seq == seq) return frame;
    walrus_pb::StreamBlocksResponse message;
    put_block(block, service_.head().next_seq, message);
    auto frame = std::make_shared<const Bytes>(data_frame(serialize_message(message)));
    // History is read once by one follower; only what is near the head is worth keeping.
    if (seq + kFramesCachedMax >= service_.head().next_seq) {
        frames_.emplace_back(seq, frame);
        if (frames_.size() > kFramesCachedMax) frames_.pop_front();
    }
    return frame;
}

io::Task<http::Response> LedgerServerImpl::handle_stream(http::Request& request) {
    auto message = co_await read_message(request);
    if (!message) co_return grpc_error(message.error());
    walrus_pb::StreamBlocksRequest parsed;
    if (!parsed.ParseFromArray(message->data(), static_cast<int>(message->size())))
        co_return grpc_error({GrpcStatus::InvalidArgument, "the message does not parse"});
    const std::uint64_t from_seq = parsed.from_seq();
    if (from_seq > service_.head().next_seq)
        co_return grpc_error(
            {GrpcStatus::OutOfRange,
             fmt::format("block {} was asked for, the next block of this ledger is {}", from_seq,
                         service_.head().next_seq)});
    if (streams_ >= limits_.streams_max)
        co_return grpc_error(
            {GrpcStatus::Unavailable, fmt::format("{} block streams are open", streams_)});
    http::Response response = grpc_response({});
    response.body = http::StreamingBody(
        [this, from_seq](http::BodyWriter& writer) { return stream(writer, from_seq); });
    co_return response;
}

io::Task<io::IoResult<void>> LedgerServerImpl::stream(http::BodyWriter& writer,
                                                      std::uint64_t from_seq) {
    streams_gauge_.set(static_cast<double>(++streams_));
    auto result = co_await stream_blocks(writer, from_seq);
    streams_gauge_.set(static_cast<double>(--streams_));
    co_return result;
}

io::Task<io::IoResult<void>> LedgerServerImpl::stream_blocks(http::BodyWriter& writer,
                                                             std::uint64_t next) {
    // Either the client, the HTTP server or this server may end it.
    io::CancelSource stop;
    const auto by_server = close_.token().on_cancel([&stop] { stop.cancel(); });
    const auto by_client = writer.stop_token().on_cancel([&stop] { stop.cancel(); });
    const Bytes hello = heartbeat();
    WALRUS_CO_CHECK_OK(co_await writer.write(hello));
    while (!stop.cancelled() && !writer.stopping() && !service_.stopping()) {
        auto blocks = co_await service_.blocks(next, limits_.stream_blocks_max);
        if (!blocks) {
            const GrpcError error = to_grpc(blocks.error());
            io::log_error("ledger", "block stream at {}: {}", next, error.message);
            const Bytes trailer = trailer_frame(error.status, error.message);
            auto written = co_await writer.write(trailer);
            co_return written;
        }
        if (blocks->empty()) {
            const bool came =
                co_await service_.wait_for_block(next, limits_.heartbeat_us, stop.token());
            if (came || stop.cancelled()) continue;
            const Bytes beat = heartbeat();
            WALRUS_CO_CHECK_OK(co_await writer.write(beat));
            continue;
        }
        for (const chain::BlockPtr& block : *blocks) {
            const auto frame = block_frame(*block);
            WALRUS_CO_CHECK_OK(co_await writer.write(*frame));
            ++next;
        }
    }
    const Bytes trailer = trailer_frame(GrpcStatus::Unavailable, "the ledger is stopping");
    auto written = co_await writer.write(trailer);
    co_return written;
}

// ---- plain HTTP --------------------------------------------------------------------------------

io::Task<http::Response> LedgerServerImpl::health(http::Request&) {
    const auto problem = service_.problem();
    const chain::Head& head = service_.head();
    nlohmann::ordered_json body;
    body["status"] = problem ? "failing" : "ok";
    if (problem) body["problem"] = *problem;
    body["chainId"] = to_text(service_.ids().chain);
    body["epoch"] = head.epoch;
    body["nextBlock"] = head.next_seq;
    body["timeMs"] = head.time_ms;
    body["sequencerKey"] = base64_encode(service_.sequencer_key());
    co_return http::Response::json(
        problem ? 503 : 200,
        body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

io::Task<http::Response> LedgerServerImpl::metrics(http::Request&) {
    http::Response response = http::Response::text(200, service_.metrics().render());
    response.headers.set("Content-Type", "text/plain; version=0.0.4");
    co_return response;
}

io::Task<http::Response> LedgerServerImpl::faucet(http::Request& request) {
    auto body = co_await request.body->read_all(kFaucetRequestBytesMax);
    if (!body) {
        const bool too_large = body.error().code == io::IoCode::TooLarge;
        co_return json_error(too_large ? 413 : 400, body.error().message);
    }
    const auto parsed = nlohmann::json::parse(as_text(*body), nullptr, false);
    std::optional<Address> recipient;
    if (parsed.is_object() && parsed.contains("recipient") && parsed["recipient"].is_string())
        recipient = parse_address(parsed["recipient"].get<std::string>());
    if (!recipient)
        co_return json_error(400, "the body must be {\"recipient\": \"0x…\"} with an address");
    auto record = co_await service_.faucet(*recipient);
    if (!record) co_return json_error(http_status_of(record.error()), record.error().message);
    nlohmann::ordered_json answer;
    answer["recipient"] = to_text(*recipient);
    answer["digest"] = to_text((*record)->executed.digest);
    for (const ledger::BalanceChange& change : (*record)->executed.balance_changes) {
        if (change.owner != *recipient || change.amount <= 0) continue;
        const bool is_wal = change.coin_type == service_.ids().wal_type();
        answer[is_wal ? "wal" : "sui"] =
            std::to_string(static_cast<unsigned long long>(change.amount));
    }
    co_return http::Response::json(200, answer.dump());
}

void LedgerServerImpl::add_routes(http::Router& router) {
    http::allow_any_origin(router, "GET, POST, OPTIONS",
                           "content-type, accept, x-grpc-web, x-user-agent, "
                           "x-sui-client-protocol-version, client-sdk-type, client-sdk-version, "
                           "client-request-method, grpc-timeout",
                           "grpc-status, grpc-message");
    router.add("POST", "/", [this](http::Request& r) { return handle_json(r); });
    router.add("GET", "/health", [this](http::Request& r) { return health(r); });
    router.add("GET", "/metrics", [this](http::Request& r) { return metrics(r); });
    router.add("POST", "/faucet", [this](http::Request& r) { return faucet(r); });
    router.add("POST", "/walrus.rpc.v1.BlockService/StreamBlocks",
               [this](http::Request& r) { return handle_stream(r); });
    router.add_prefix("POST", "/sui.rpc.v2.", [this](http::Request& r) { return handle(r); });
    router.add_prefix("POST", "/walrus.rpc.v1.", [this](http::Request& r) { return handle(r); });
}

}  // namespace

std::unique_ptr<LedgerServer> LedgerServer::make(io::Environment& environment,
                                                 chain::LedgerService& service,
                                                 http::Router& router, ServerLimits limits) {
    auto server = std::make_unique<LedgerServerImpl>(environment, service, limits);
    server->add_routes(router);
    return server;
}

}  // namespace walrus::rpc
