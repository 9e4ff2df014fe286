// SPDX-License-Identifier: Apache-2.0
#include "rpc/ledger_client.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "rpc/grpc_web.hpp"
#include "rpc/messages.hpp"

namespace walrus::rpc {
namespace {

// Limits of the client.
constexpr std::size_t kObjectsPerRequestMax = 50;
constexpr std::uint64_t kResponseBytesMax = 64u << 20;
constexpr std::size_t kStreamFrameBytesMax = 64u << 20;
constexpr std::size_t kStreamReadBytes = 64 << 10;
constexpr std::uint64_t kReadTimeoutUs = 15'000'000;
constexpr std::uint64_t kExecuteTimeoutUs = 60'000'000;
constexpr std::uint64_t kStreamSilenceUs = 15'000'000;
constexpr int kReadAttemptsMax = 3;
constexpr std::uint64_t kRetryDelayMs = 100;

const char* const kBatchGetObjects = "/sui.rpc.v2.LedgerService/BatchGetObjects";
const char* const kGetServiceInfo = "/sui.rpc.v2.LedgerService/GetServiceInfo";
const char* const kGetEpoch = "/sui.rpc.v2.LedgerService/GetEpoch";
const char* const kGetTransaction = "/sui.rpc.v2.LedgerService/GetTransaction";
const char* const kGetBalance = "/sui.rpc.v2.StateService/GetBalance";
const char* const kListOwnedObjects = "/sui.rpc.v2.StateService/ListOwnedObjects";
const char* const kGetFunction = "/sui.rpc.v2.MovePackageService/GetFunction";
const char* const kSimulate = "/sui.rpc.v2.TransactionExecutionService/SimulateTransaction";
const char* const kExecute = "/sui.rpc.v2.TransactionExecutionService/ExecuteTransaction";
const char* const kStreamBlocks = "/walrus.rpc.v1.BlockService/StreamBlocks";

auto rpc_failure(RpcCode code, std::string message) {
    return failure(code, std::move(message));
}
auto malformed(std::string what) {
    return rpc_failure(RpcCode::Malformed, "the ledger's answer is wrong: " + std::move(what));
}

/// The one place where a gRPC status becomes a reaction.
RpcError from_grpc(const GrpcError& error) {
    RpcCode code = RpcCode::Unavailable;
    switch (error.status) {
        case GrpcStatus::Ok:
            code = RpcCode::Malformed;
            break;
        case GrpcStatus::Cancelled:
            code = RpcCode::Cancelled;
            break;
        case GrpcStatus::NotFound:
            code = RpcCode::NotFound;
            break;
        case GrpcStatus::InvalidArgument:
        case GrpcStatus::AlreadyExists:
        case GrpcStatus::PermissionDenied:
        case GrpcStatus::Unauthenticated:
        case GrpcStatus::OutOfRange:
            code = RpcCode::InvalidArgument;
            break;
        case GrpcStatus::FailedPrecondition:
            code = RpcCode::Rejected;
            break;
        case GrpcStatus::Unimplemented:
            code = RpcCode::Unimplemented;
            break;
        case GrpcStatus::DataLoss:
            code = RpcCode::Malformed;
            break;
        case GrpcStatus::Unknown:
        case GrpcStatus::DeadlineExceeded:
        case GrpcStatus::ResourceExhausted:
        case GrpcStatus::Aborted:
        case GrpcStatus::Internal:
        case GrpcStatus::Unavailable:
            code = RpcCode::Unavailable;
            break;
    }
    return {code, error.message};
}

RpcError from_io(const io::IoError& error, const std::string& url) {
    RpcCode code = RpcCode::Unavailable;
    if (error.code == io::IoCode::Cancelled) code = RpcCode::Cancelled;
    if (error.code == io::IoCode::Malformed || error.code == io::IoCode::TooLarge)
        code = RpcCode::Malformed;
    return {code, fmt::format("ledger {}: {}", url, error.message)};
}

http::ClientRequest make_request(const char* path, ByteView message) {
    http::ClientRequest request;
    request.method = "POST";
    request.target = path;
    request.headers.add("Content-Type", std::string(kGrpcWebContentType));
    request.headers.add("X-Grpc-Web", "1");
    request.body = data_frame(message);
    return request;
}

bool is_grpc_web(const http::Headers& headers) {
    const auto type = headers.get("Content-Type");
    return type && type->starts_with("application/grpc-web");
}

/// The message of a unary answer. A status in the headers counts like one in trailers.
RpcResult<Bytes> take_message(const http::ClientResponse& response) {
    if (response.status != 200 || !is_grpc_web(response.headers))
        return tl::make_unexpected(
            from_grpc({status_of_http(response.status),
                       fmt::format("HTTP status {} from the ledger", response.status)}));
    if (const auto status = response.headers.get("grpc-status"); status && *status != "0") {
        const auto message = response.headers.get("grpc-message").value_or("");
        const std::string lines =
            fmt::format("grpc-status:{}\r\ngrpc-message:{}", *status, message);
        return tl::make_unexpected(from_grpc(parse_trailers(as_bytes(lines))));
    }
    FrameParser parser(kResponseBytesMax);
    parser.feed(response.body);
    std::optional<Bytes> message;
    while (true) {
        auto frame = parser.next();
        if (!frame) return malformed(frame.error().message);
        if (!frame->has_value()) return malformed("it ends without a status");
        if ((*frame)->trailers) {
            const GrpcError status = parse_trailers((*frame)->payload);
            if (status.status != GrpcStatus::Ok) return tl::make_unexpected(from_grpc(status));
            if (!message) return malformed("it has no message");
            return std::move(*message);
        }
        if (message) return malformed("it has two messages");
        message = std::move((*frame)->payload);
    }
}

template <class Message>
Bytes serialize(const Message& message) {
    Bytes out(message.ByteSizeLong());
    message.SerializeWithCachedSizesToArray(out.data());
    return out;
}

class BlockStreamImpl final : public BlockStream {
public:
    BlockStreamImpl(io::Loop& loop, std::string url, io::CancelSource cancel,
                    std::unique_ptr<http::StreamedResponse> response, std::uint64_t item_us)
        : loop_(loop),
          url_(std::move(url)),
          cancel_(std::move(cancel)),
          response_(std::move(response)),
          parser_(kStreamFrameBytesMax),
          buffer_(kStreamReadBytes),
          item_us_(item_us) {}

    io::Task<RpcResult<StreamItem>> next() override {
        const std::uint64_t deadline_us = loop_.monotonic_us() + item_us_;
        while (true) {
            if (cancel_.cancelled())
                co_return rpc_failure(RpcCode::Cancelled, "the block stream was closed");
            auto frame = parser_.next();
            if (!frame) co_return malformed(frame.error().message);
            if (frame->has_value()) {
                auto item = parse(**frame);
                co_return item;
            }
            if (loop_.monotonic_us() >= deadline_us)
                co_return rpc_failure(RpcCode::Unavailable,
                                      "the block stream delivers bytes but no block");
            auto got = co_await response_->read_some(buffer_, kStreamSilenceUs);
            if (!got) co_return tl::make_unexpected(from_io(got.error(), url_));
            if (*got == 0)
                co_return rpc_failure(RpcCode::Unavailable, "the ledger ended the block stream");
            parser_.feed(ByteView(buffer_).first(*got));
        }
    }
    void close() override { cancel_.cancel(); }

private:
    static RpcResult<StreamItem> parse(const Frame& frame) {
        if (frame.trailers) {
            const GrpcError status = parse_trailers(frame.payload);
            if (status.status == GrpcStatus::Ok)
                return rpc_failure(RpcCode::Unavailable, "the ledger ended the block stream");
            return tl::make_unexpected(from_grpc(status));
        }
        walrus_pb::StreamBlocksResponse message;
        if (!message.ParseFromArray(frame.payload.data(), static_cast<int>(frame.payload.size())))
            return malformed("a block does not parse");
        auto item = take_stream_item(message);
        if (!item) return malformed("a block does not parse");
        return std::move(*item);
    }

    io::Loop& loop_;
    std::string url_;
    io::CancelSource cancel_;
    std::unique_ptr<http::StreamedResponse> response_;
    FrameParser parser_;
    Bytes buffer_;
    std::uint64_t item_us_;
};

class LedgerClientImpl final : public LedgerClient {
public:
    LedgerClientImpl(io::Environment& environment, http::Client& http, http::Origin origin,
                     ClientLimits limits)
        : environment_(environment),
          http_(http),
          origin_(std::move(origin)),
          url_(origin_.url()),
          limits_(limits) {}

    io::Task<RpcResult<std::vector<std::optional<ledger::Object>>>> objects(
        std::vector<ObjectId> ids) override;
    io::Task<RpcResult<ChainId>> chain_id() override;
    io::Task<RpcResult<EpochInfo>> epoch() override;
    io::Task<RpcResult<TransactionResult>> transaction(TransactionDigest digest) override;
    io::Task<RpcResult<std::uint64_t>> balance(Address owner, std::string coin_type) override;
    io::Task<RpcResult<ObjectPage>> owned_objects(Address owner, std::string type,
                                                  std::uint32_t page_size,
                                                  std::optional<Bytes> page_token) override;
    io::Task<RpcResult<TransactionResult>> simulate(Bytes data_bcs) override;
    io::Task<RpcResult<TransactionResult>> execute(ledger::SignedTransaction transaction) override;
    io::Task<RpcResult<std::unique_ptr<BlockStream>>> stream_blocks(
        std::uint64_t from_seq) override;
    io::Task<RpcResult<std::string>> wal_type(ObjectId package) override;

    io::Task<RpcResult<Bytes>> call_own(std::string path, Bytes message) override {
        auto answer =
            co_await call(path.c_str(), std::move(message), kReadTimeoutUs, kReadAttemptsMax);
        co_return answer;
    }

private:
    /// One call; `attempts` above 1 only for reads, which may be repeated.
    io::Task<RpcResult<Bytes>> call(const char* path, Bytes message, std::uint64_t timeout_us,
                                    int attempts);
    template <class Response, class Request>
    io::Task<RpcResult<Response>> exchange(const char* path, Request request,
                                           std::uint64_t timeout_us, int attempts);
    template <class Response, class Request>
    io::Task<RpcResult<Response>> read(const char* path, Request request) {
        return exchange<Response>(path, std::move(request), kReadTimeoutUs, kReadAttemptsMax);
    }

    io::Environment& environment_;
    http::Client& http_;
    http::Origin origin_;
    std::string url_;
    ClientLimits limits_;
    std::optional<ChainId> chain_id_;
};

io::Task<RpcResult<Bytes>> LedgerClientImpl::call(const char* path, Bytes message,
                                                  std::uint64_t timeout_us, int attempts) {
    for (int attempt = 1;; ++attempt) {
        http::ClientRequest request = make_request(path, message);
        http::CallOptions options;
        options.timeout_us = timeout_us;
        options.response_bytes_max = kResponseBytesMax;
        auto response = co_await http_.call(origin_, std::move(request), options);
        RpcResult<Bytes> result = tl::make_unexpected(RpcError{RpcCode::Malformed, {}});
        if (response) {
            result = take_message(*response);
        } else {
            result = tl::make_unexpected(from_io(response.error(), url_));
        }
        if (result || result.error().code != RpcCode::Unavailable || attempt >= attempts)
            co_return result;
        const std::uint64_t delay_ms = kRetryDelayMs * static_cast<std::uint64_t>(attempt) *
                                       static_cast<std::uint64_t>(attempt);
        co_await io::sleep_ms(environment_.loop, delay_ms + environment_.random.below(delay_ms));
    }
}

template <class Response, class Request>
io::Task<RpcResult<Response>> LedgerClientImpl::exchange(const char* path, Request request,
                                                         std::uint64_t timeout_us, int attempts) {
    Bytes message = serialize(request);
    auto answer = co_await call(path, std::move(message), timeout_us, attempts);
    if (!answer) co_return tl::make_unexpected(std::move(answer.error()));
    Response response;
    if (!response.ParseFromArray(answer->data(), static_cast<int>(answer->size())))
        co_return malformed("the message does not parse");
    co_return response;
}

io::Task<RpcResult<std::vector<std::optional<ledger::Object>>>> LedgerClientImpl::objects(
    std::vector<ObjectId> ids) {
    std::vector<std::optional<ledger::Object>> out;
    for (std::size_t from = 0; from < ids.size(); from += kObjectsPerRequestMax) {
        const std::size_t to = std::min(ids.size(), from + kObjectsPerRequestMax);
        sui_pb::BatchGetObjectsRequest request;
        for (std::size_t i = from; i < to; ++i)
            request.add_requests()->set_object_id(to_text(ids[i]));
        for (const char* const field : {"owner", "object_type", "contents", "previous_transaction"})
            request.mutable_read_mask()->add_paths(field);
        auto response =
            co_await read<sui_pb::BatchGetObjectsResponse>(kBatchGetObjects, std::move(request));
        if (!response) co_return tl::make_unexpected(std::move(response.error()));
        if (static_cast<std::size_t>(response->objects_size()) != to - from)
            co_return malformed("another number of objects than asked for");
        for (std::size_t i = from; i < to; ++i) {
            const sui_pb::GetObjectResult& result = response->objects(static_cast<int>(i - from));
            if (!result.has_object()) {
                if (result.error().code() != static_cast<int>(GrpcStatus::NotFound))
                    co_return rpc_failure(RpcCode::Unavailable, result.error().message());
                out.emplace_back();
                continue;
            }
            auto object = take_object(result.object());
            if (!object || object->id != ids[i])
                co_return malformed(fmt::format("object {} does not parse", to_text(ids[i])));
            out.push_back(std::move(object));
        }
    }
    co_return out;
}

io::Task<RpcResult<ChainId>> LedgerClientImpl::chain_id() {
    if (chain_id_) co_return *chain_id_;
    sui_pb::GetServiceInfoRequest request;
    auto response =
        co_await read<sui_pb::GetServiceInfoResponse>(kGetServiceInfo, std::move(request));
    if (!response) co_return tl::make_unexpected(std::move(response.error()));
    const auto id = parse_chain_id(response->chain_id());
    if (!id) co_return malformed("the chain id does not parse");
    chain_id_ = *id;
    co_return *id;
}

io::Task<RpcResult<EpochInfo>> LedgerClientImpl::epoch() {
    sui_pb::GetEpochRequest request;
    auto response = co_await read<sui_pb::GetEpochResponse>(kGetEpoch, std::move(request));
    if (!response) co_return tl::make_unexpected(std::move(response.error()));
    if (!response->has_epoch()) co_return malformed("no epoch");
    EpochInfo out;
    out.epoch = response->epoch().epoch();
    out.start_ms = response->epoch().system_state().epoch_start_timestamp_ms();
    out.reference_gas_price = response->epoch().reference_gas_price();
    co_return out;
}

io::Task<RpcResult<TransactionResult>> LedgerClientImpl::transaction(TransactionDigest digest) {
    sui_pb::GetTransactionRequest request;
    request.set_digest(to_text(digest));
    auto response =
        co_await read<sui_pb::GetTransactionResponse>(kGetTransaction, std::move(request));
    if (!response) co_return tl::make_unexpected(std::move(response.error()));
    auto result = take_executed(response->transaction());
    if (!result || result->digest != digest)
        co_return malformed(fmt::format("transaction {} does not parse", to_text(digest)));
    co_return std::move(*result);
}

io::Task<RpcResult<std::uint64_t>> LedgerClientImpl::balance(Address owner, std::string coin_type) {
    sui_pb::GetBalanceRequest request;
    request.set_owner(to_text(owner));
    request.set_coin_type(std::move(coin_type));
    auto response = co_await read<sui_pb::GetBalanceResponse>(kGetBalance, std::move(request));
    if (!response) co_return tl::make_unexpected(std::move(response.error()));
    if (!response->has_balance()) co_return malformed("no balance");
    co_return response->balance().balance();
}

io::Task<RpcResult<ObjectPage>> LedgerClientImpl::owned_objects(Address owner, std::string type,
                                                                std::uint32_t page_size,
                                                                std::optional<Bytes> page_token) {
    sui_pb::ListOwnedObjectsRequest request;
    request.set_owner(to_text(owner));
    if (page_size != 0) request.set_page_size(page_size);
    if (page_token) request.set_page_token(to_protobuf_bytes(*page_token));
    if (!type.empty()) request.set_object_type(std::move(type));
    for (const char* const field :
         {"object_id", "version", "owner", "object_type", "contents", "previous_transaction"})
        request.mutable_read_mask()->add_paths(field);
    auto response =
        co_await read<sui_pb::ListOwnedObjectsResponse>(kListOwnedObjects, std::move(request));
    if (!response) co_return tl::make_unexpected(std::move(response.error()));
    ObjectPage page;
    for (const sui_pb::Object& message : response->objects()) {
        auto object = take_object(message);
        if (!object) co_return malformed("an object does not parse");
        page.objects.push_back(std::move(*object));
    }
    if (response->has_next_page_token() && !response->next_page_token().empty())
        page.next_page_token = to_bytes(as_bytes(response->next_page_token()));
    co_return page;
}

io::Task<RpcResult<TransactionResult>> LedgerClientImpl::simulate(Bytes data_bcs) {
    sui_pb::SimulateTransactionRequest request;
    request.mutable_transaction()->mutable_bcs()->set_value(to_protobuf_bytes(data_bcs));
    auto response =
        co_await read<sui_pb::SimulateTransactionResponse>(kSimulate, std::move(request));
    if (!response) co_return tl::make_unexpected(std::move(response.error()));
    auto result = take_executed(response->transaction());
    if (!result) co_return malformed("the simulation does not parse");
    co_return std::move(*result);
}

io::Task<RpcResult<TransactionResult>> LedgerClientImpl::execute(
    ledger::SignedTransaction transaction) {
    const TransactionDigest digest = ledger::transaction_digest(transaction.data);
    sui_pb::ExecuteTransactionRequest request;
    request.mutable_transaction()->mutable_bcs()->set_value(to_protobuf_bytes(transaction.data));
    for (const Bytes& signature : transaction.signatures)
        request.add_signatures()->mutable_bcs()->set_value(to_protobuf_bytes(signature));
    for (const char* const field : {"digest", "effects", "timestamp", "checkpoint"})
        request.mutable_read_mask()->add_paths(field);
    // Once: after an unknown outcome the caller looks for the digest first.
    auto response = co_await exchange<sui_pb::ExecuteTransactionResponse>(
        kExecute, std::move(request), kExecuteTimeoutUs, 1);
    if (!response) co_return tl::make_unexpected(std::move(response.error()));
    auto result = take_executed(response->transaction());
    if (!result || result->digest != digest)
        co_return malformed("the result is not that of the transaction");
    co_return std::move(*result);
}

io::Task<RpcResult<std::unique_ptr<BlockStream>>> LedgerClientImpl::stream_blocks(
    std::uint64_t from_seq) {
    walrus_pb::StreamBlocksRequest message;
    message.set_from_seq(from_seq);
    http::ClientRequest request = make_request(kStreamBlocks, serialize(message));
    io::CancelSource cancel;
    http::CallOptions options;
    options.timeout_us = kReadTimeoutUs;
    options.cancel = cancel.token();
    auto response = co_await http_.call_streamed(origin_, std::move(request), options);
    if (!response) co_return tl::make_unexpected(from_io(response.error(), url_));
    if ((*response)->status() != 200 || !is_grpc_web((*response)->headers()))
        co_return tl::make_unexpected(
            from_grpc({status_of_http((*response)->status()),
                       fmt::format("HTTP status {} from the ledger", (*response)->status())}));
    std::unique_ptr<BlockStream> stream = std::make_unique<BlockStreamImpl>(
        environment_.loop, url_, std::move(cancel), std::move(*response), limits_.stream_item_us);
    co_return stream;
}

io::Task<RpcResult<std::string>> LedgerClientImpl::wal_type(ObjectId package) {
    sui_pb::GetFunctionRequest request;
    request.set_package_id(to_text(package));
    request.set_module_name("staking");
    request.set_name("stake_with_pool");
    auto response = co_await read<sui_pb::GetFunctionResponse>(kGetFunction, std::move(request));
    if (!response) co_return tl::make_unexpected(std::move(response.error()));
    // Parameter 1 is Coin<WAL> (rpc-compat.md §2.1).
    const sui_pb::FunctionDescriptor& function = response->function();
    if (function.parameters_size() < 2 ||
        function.parameters(1).body().type_parameter_instantiation_size() < 1)
        co_return malformed("staking::stake_with_pool takes no coin");
    auto type = ledger::parse_type_tag(
        function.parameters(1).body().type_parameter_instantiation(0).type_name());
    if (!type) co_return malformed("the type of WAL does not parse");
    co_return to_text(*type);
}

}  // namespace

io::Task<RpcResult<Bytes>> LedgerClient::call_own(std::string path, Bytes) {
    co_return rpc_failure(RpcCode::Unimplemented, "this ledger does not serve " + path);
}

RpcResult<std::unique_ptr<LedgerClient>> LedgerClient::make(io::Environment& environment,
                                                            http::Client& http, std::string rpc_url,
                                                            ClientLimits limits) {
    auto origin = http::Origin::parse(rpc_url);
    if (!origin)
        return rpc_failure(RpcCode::InvalidArgument,
                           fmt::format("ledger URL \"{}\": {}", rpc_url, origin.error().message));
    return std::make_unique<LedgerClientImpl>(environment, http, std::move(*origin), limits);
}

}  // namespace walrus::rpc
