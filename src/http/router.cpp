// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "http/message.hpp"

namespace walrus::http {

namespace {

/// "/a/b" has the segments "a" and "b"; "/" has the one segment "".
std::vector<std::string_view> split_path(std::string_view path) {
    std::vector<std::string_view> segments;
    if (!path.empty() && path.front() == '/') path.remove_prefix(1);
    while (true) {
        const std::size_t slash = path.find('/');
        segments.push_back(path.substr(0, slash));
        if (slash == std::string_view::npos) return segments;
        path.remove_prefix(slash + 1);
    }
}

bool is_capture(std::string_view segment) {
    return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

/// A route for GET also serves HEAD.
bool serves(std::string_view route_method, std::string_view method) {
    return route_method == method || (route_method == "GET" && method == "HEAD");
}

Response method_not_allowed(const std::set<std::string>& methods) {
    std::string allow;
    for (const std::string& method : methods) {
        if (!allow.empty()) allow += ", ";
        allow += method == "GET" ? "GET, HEAD" : method;
    }
    Response response = Response::text(405, "method not allowed here; allowed: " + allow + "\n");
    response.headers.add("Allow", allow);
    return response;
}

}  // namespace

void Router::add(std::string method, std::string pattern, Handler handler) {
    Route route{std::move(method), {}, std::move(handler)};
    for (const std::string_view segment : split_path(pattern)) route.segments.emplace_back(segment);
    routes_.push_back(std::move(route));
}

void Router::add_prefix(std::string method, std::string prefix, Handler handler) {
    prefixes_.emplace_back(std::move(method), std::move(prefix), std::move(handler));
}

void Router::set_filter(std::function<std::optional<Response>(const Request&)> filter) {
    filters_.push_back(std::move(filter));
}

void Router::set_decorator(std::function<void(const Request&, Response&)> decorator) {
    decorators_.push_back(std::move(decorator));
}

io::Task<Response> Router::handle(Request& request) const {
    std::optional<Response> response;
    for (const auto& filter : filters_) {
        response = filter(request);
        if (response) break;
    }
    if (!response) {
        Response routed = co_await route(request);
        response.emplace(std::move(routed));
    }
    for (const auto& decorate : decorators_) decorate(request, *response);
    co_return std::move(*response);
}

io::Task<Response> Router::route(Request& request) const {
    std::vector<std::string> segments;
    for (const std::string_view raw : split_path(request.path)) {
        auto decoded = percent_decode(raw);
        if (!decoded) co_return Response::text(400, "malformed percent-encoding in the path\n");
        segments.push_back(std::move(*decoded));
    }
    std::set<std::string> allowed;
    const Handler* found = nullptr;
    for (const Route& candidate : routes_) {
        if (candidate.segments.size() != segments.size()) continue;
        const bool matches =
            std::equal(segments.begin(), segments.end(), candidate.segments.begin(),
                       [](const std::string& segment, const std::string& pattern) {
                           return is_capture(pattern) ? !segment.empty() : segment == pattern;
                       });
        if (!matches) continue;
        if (!serves(candidate.method, request.method)) {
            allowed.insert(candidate.method);
            continue;
        }
        for (std::size_t i = 0; i < segments.size(); ++i) {
            const std::string& pattern = candidate.segments[i];
            if (is_capture(pattern))
                request.captures.emplace_back(pattern.substr(1, pattern.size() - 2), segments[i]);
        }
        found = &candidate.handler;
        break;
    }
    for (const auto& [method, prefix, handler] : prefixes_) {
        if (found != nullptr) break;
        if (request.path.compare(0, prefix.size(), prefix) != 0) continue;
        if (serves(method, request.method)) {
            found = &handler;
        } else {
            allowed.insert(method);
        }
    }
    if (found == nullptr) {
        if (!allowed.empty()) co_return method_not_allowed(allowed);
        co_return Response::text(404, "there is nothing at this path\n");
    }
    Response response = co_await (*found)(request);
    co_return response;
}

Handler Router::handler() const {
    return [this](Request& request) { return handle(request); };
}

void allow_any_origin(Router& router, std::string methods, std::string allow_headers,
                      std::string expose_headers) {
    router.set_filter([methods = std::move(methods), allow_headers = std::move(allow_headers)](
                          const Request& request) -> std::optional<Response> {
        if (request.method != "OPTIONS" || !request.headers.get("Access-Control-Request-Method"))
            return std::nullopt;
        Response response;
        response.status = 204;
        response.headers.add("Access-Control-Allow-Methods", methods);
        response.headers.add("Access-Control-Allow-Headers", allow_headers);
        response.headers.add("Access-Control-Max-Age", "86400");
        return response;
    });
    router.set_decorator(
        [expose_headers = std::move(expose_headers)](const Request&, Response& response) {
            response.headers.set("Access-Control-Allow-Origin", "*");
            if (!expose_headers.empty())
                response.headers.set("Access-Control-Expose-Headers", expose_headers);
        });
}

}  // namespace walrus::http
