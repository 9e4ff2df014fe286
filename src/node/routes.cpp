// SPDX-License-Identifier: Apache-2.0
#include "node/routes.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "io/log.hpp"

namespace walrus::node {
namespace {

using nodeapi::Reason;
using Handle = io::Task<HandlerResult> (*)(NodeContext&, http::Request&);

io::Task<http::Response> respond(NodeContext& node, Handle handle, io::Histogram& seconds,
                                 http::Request& request) {
    const std::uint64_t begin_us = node.environment.loop.monotonic_us();
    HandlerResult result = co_await handle(node, request);
    seconds.observe(static_cast<double>(node.environment.loop.monotonic_us() - begin_us) / 1e6);
    if (result) co_return std::move(*result);
    io::log_debug("node", "{} {}: {}", request.method, request.path, result.error().message);
    co_return nodeapi::error_response(result.error());
}

void add_route(NodeContext& node, http::Router& router, const char* method,
               std::string_view pattern, Handle handle) {
    io::Histogram& seconds = node.metrics.histogram(
        "walrus_node_request_seconds", "Time to answer, with the body's arrival",
        io::request_seconds_buckets(), {{"method", method}, {"route", std::string(pattern)}});
    router.add(method, std::string(pattern), [&node, handle, &seconds](http::Request& request) {
        return respond(node, handle, seconds, request);
    });
}

io::Task<http::Response> metrics_response(NodeContext& node) {
    http::Response response = http::Response::text(200, node.metrics.render());
    co_return response;
}

}  // namespace

void add_routes(NodeContext& node, http::Router& router) {
    add_route(node, router, "GET", nodeapi::kMetadataPattern, get_metadata);
    add_route(node, router, "PUT", nodeapi::kMetadataPattern, put_metadata);
    add_route(node, router, "GET", nodeapi::kMetadataStatusPattern, get_metadata_status);
    add_route(node, router, "GET", nodeapi::kSliverPattern, get_sliver);
    add_route(node, router, "PUT", nodeapi::kSliverPattern, put_sliver);
    add_route(node, router, "GET", nodeapi::kSliverStatusPattern, get_sliver_status);
    add_route(node, router, "GET", nodeapi::kPermanentConfirmationPattern,
              get_permanent_confirmation);
    add_route(node, router, "GET", nodeapi::kDeletableConfirmationPattern,
              get_deletable_confirmation);
    add_route(node, router, "GET", nodeapi::kBlobStatusPattern, get_blob_status);
    add_route(node, router, "GET", nodeapi::kHealthPattern, get_health);
    router.add("GET", "/metrics", [&node](http::Request&) { return metrics_response(node); });
    http::allow_any_origin(router, "GET, HEAD, PUT, POST, OPTIONS", "*", "*");
    router.set_decorator([&node](const http::Request& request, http::Response& response) {
        node.metrics
            .counter("walrus_node_requests_total", "Requests answered",
                     {{"method", request.method}, {"status", std::to_string(response.status)}})
            .add();
    });
}

ApiResult<BlobId> blob_id_of(const http::Request& request) {
    const std::string& text = request.capture("blob_id");
    const auto id = parse_blob_id_strict(text);
    if (!id)
        return api_failure(Reason::Malformed,
                           fmt::format("\"{}\" is not a blob id: 43 characters of URL-safe base64 "
                                       "are expected",
                                       text.substr(0, 100)));
    return *id;
}

ApiResult<SliverTarget> sliver_target_of(const http::Request& request,
                                         const CommitteeView& committee) {
    SliverTarget out;
    out.blob_id = WALRUS_TRY(blob_id_of(request));
    const std::string& pair = request.capture("pair");
    const auto number = parse_u64(pair);
    if (!number || *number > UINT16_MAX)
        return api_failure(Reason::Malformed,
                           fmt::format("\"{}\" is not a sliver pair index", pair.substr(0, 100)));
    const std::string& axis = request.capture("axis");
    if (axis != to_text(Axis::Primary) && axis != to_text(Axis::Secondary))
        return api_failure(
            Reason::Malformed,
            fmt::format("\"{}\" is neither \"primary\" nor \"secondary\"", axis.substr(0, 100)));
    out.axis = axis == to_text(Axis::Primary) ? Axis::Primary : Axis::Secondary;
    const std::uint32_t n = committee.code.shard_count();
    if (*number >= n)
        return api_failure(
            Reason::IndexOutOfRange,
            fmt::format("sliver pair index {}, but there are {} shards", *number, n));
    out.pair = SliverPairIndex(static_cast<std::uint16_t>(*number));
    out.shard = shard_of_pair(out.pair, out.blob_id, n);
    return out;
}

ApiResult<bool> pending_of(const http::Request& request) {
    const auto query = http::parse_query(request.query);
    if (!query) return api_failure(Reason::Malformed, "the query does not parse");
    bool pending = false;
    for (const auto& [name, value] : *query) {
        if (name != "pending" || (value != "true" && value != "false"))
            return api_failure(
                Reason::Malformed,
                fmt::format("unknown query \"{}={}\"; only pending=true|false is known",
                            name.substr(0, 100), value.substr(0, 100)));
        pending = value == "true";
    }
    return pending;
}

}  // namespace walrus::node
