// SPDX-License-Identifier: Apache-2.0
#include "nodeapi/node_client.hpp"

#include <fmt/format.h>

#include "nodeapi/limits.hpp"
#include "nodeapi/wire.hpp"

namespace walrus::nodeapi {
namespace {

constexpr std::string_view kOctets = "application/octet-stream";

class HttpNodeClient final : public NodeClient {
public:
    HttpNodeClient(http::Client& http, NodeAddress address)
        : http_(http), address_(std::move(address)) {
        const bool tls = address_.network_key.has_value();
        auto origin = http::Origin::parse(
            fmt::format("{}://{}", tls ? "https" : "http", address_.network_address));
        if (origin) {
            origin->trust.pinned_key = address_.network_key;
            origin_ = std::move(*origin);
        }
    }

    const NodeAddress& address() const override { return address_; }

    io::Task<NodeResult<StoredStatus>> metadata_status(BlobId id, NodeCall call) override {
        return stored_status(metadata_path(id) + "/status", std::move(call));
    }

    io::Task<NodeResult<StoredStatus>> sliver_status(BlobId id, SliverPairIndex pair, Axis axis,
                                                     NodeCall call) override {
        return stored_status(sliver_path(id, pair, axis) + "/status", std::move(call));
    }

    io::Task<NodeResult<bool>> put_metadata(BlobId id, Bytes metadata_bcs, NodeCall call) override {
        return put(metadata_path(id), http::Body(std::move(metadata_bcs)), std::move(call));
    }

    io::Task<NodeResult<bool>> put_sliver(BlobId id, SliverPairIndex pair, Axis axis,
                                          http::SharedBody sliver, NodeCall call) override {
        return put(sliver_path(id, pair, axis), http::Body(std::move(sliver)), std::move(call));
    }

    io::Task<NodeResult<Bytes>> get_metadata(BlobId id, std::uint64_t limit_bytes,
                                             NodeCall call) override {
        return get_octets(metadata_path(id), limit_bytes, std::move(call));
    }

    io::Task<NodeResult<Bytes>> get_sliver(BlobId id, SliverPairIndex pair, Axis axis,
                                           std::uint64_t limit_bytes, NodeCall call) override {
        return get_octets(sliver_path(id, pair, axis), limit_bytes, std::move(call));
    }

    io::Task<NodeResult<attest::SignedMessage>> confirmation(BlobId id,
                                                             std::optional<ObjectId> object,
                                                             NodeCall call) override {
        std::string path = confirmation_path(id, object);
        WALRUS_CO_TRY(data, co_await get_data(std::move(path), std::move(call)));
        const auto confirmed = confirmation_from_json(data);
        if (!confirmed) co_return broken("the confirmation does not parse");
        co_return confirmed->signed_message();
    }

    io::Task<NodeResult<BlobStatus>> blob_status(BlobId id, NodeCall call) override {
        std::string path = blob_status_path(id);
        WALRUS_CO_TRY(data, co_await get_data(std::move(path), std::move(call)));
        const auto status = blob_status_from_json(data);
        if (!status) co_return broken("the blob status does not parse");
        co_return *status;
    }

    io::Task<NodeResult<NodeHealth>> health(NodeCall call) override {
        std::string path(kHealthPattern);
        WALRUS_CO_TRY(data, co_await get_data(std::move(path), std::move(call)));
        auto health = health_from_json(data);
        if (!health) co_return broken("the health answer does not parse");
        co_return std::move(*health);
    }

private:
    static tl::unexpected<NodeError> broken(const char* message) {
        return tl::unexpected<NodeError>(NodeError{NodeCode::Broken, message, {}});
    }

    /// A successful answer; everything else is an error.
    io::Task<NodeResult<http::ClientResponse>> send(http::ClientRequest request,
                                                    std::uint64_t limit_bytes, NodeCall call) {
        if (!origin_) {
            NodeError error{NodeCode::Refused,
                            fmt::format("\"{}\" is not an address of a node",
                                        address_.network_address.substr(0, 100)),
                            {}};
            co_return tl::unexpected<NodeError>(std::move(error));
        }
        http::CallOptions options;
        if (call.forwarded) request.headers.add(std::string(kForwardedHeader), "1");
        options.connect_timeout_us = call.connect_timeout_us;
        options.timeout_us = call.timeout_us;
        options.response_bytes_max = limit_bytes;
        options.cancel = call.cancel;
        http::Origin origin = *origin_;
        auto answer =
            co_await http_.call(std::move(origin), std::move(request), std::move(options));
        if (!answer) co_return tl::unexpected<NodeError>(node_error(answer.error()));
        if (answer->status < 200 || answer->status > 299)
            co_return tl::unexpected<NodeError>(node_error(answer->status, answer->body));
        co_return std::move(*answer);
    }

    io::Task<NodeResult<std::string>> get_data(std::string path, NodeCall call) {
        http::ClientRequest request;
        request.target = std::move(path);
        request.headers.add("Accept", "application/json");
        WALRUS_CO_TRY(answer, co_await send(std::move(request), kJsonBytesMax, std::move(call)));
        auto data = success_data(answer.body);
        if (!data) co_return broken("the answer is not a success envelope");
        co_return std::move(*data);
    }

    io::Task<NodeResult<StoredStatus>> stored_status(std::string path, NodeCall call) {
        WALRUS_CO_TRY(data, co_await get_data(std::move(path), std::move(call)));
        const auto status = stored_status_from_json(data);
        if (!status) co_return broken("the stored status is not a known word");
        co_return *status;
    }

    io::Task<NodeResult<bool>> put(std::string path, http::Body body, NodeCall call) {
        http::ClientRequest request;
        request.method = "PUT";
        request.target = std::move(path);
        request.headers.add("Content-Type", std::string(kOctets));
        request.body = std::move(body);
        WALRUS_CO_TRY(answer, co_await send(std::move(request), kJsonBytesMax, std::move(call)));
        co_return answer.status != 200;
    }

    io::Task<NodeResult<Bytes>> get_octets(std::string path, std::uint64_t limit_bytes,
                                           NodeCall call) {
        http::ClientRequest request;
        request.target = std::move(path);
        request.headers.add("Accept", std::string(kOctets));
        // An error document may be longer than a tiny sliver.
        const std::uint64_t limit = std::max(limit_bytes, kJsonBytesMax);
        WALRUS_CO_TRY(answer, co_await send(std::move(request), limit, std::move(call)));
        if (answer.body.size() > limit_bytes) co_return broken("the answer is too long");
        co_return std::move(answer.body);
    }

    http::Client& http_;
    NodeAddress address_;
    std::optional<http::Origin> origin_;
};

}  // namespace

std::unique_ptr<NodeClient> NodeClient::make(io::Environment&, http::Client& http,
                                             NodeAddress address) {
    return std::make_unique<HttpNodeClient>(http, std::move(address));
}

}  // namespace walrus::nodeapi
