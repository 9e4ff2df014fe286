// SPDX-License-Identifier: Apache-2.0
#include "http/message.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.hpp"

namespace walrus::http {

namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool same_name(std::string_view a, std::string_view b) {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                              [](char x, char y) { return lower(x) == lower(y); });
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c = lower(c);
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

std::optional<std::string> decode(std::string_view text, bool plus_is_space) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+' && plus_is_space) {
            out += ' ';
        } else if (text[i] != '%') {
            out += text[i];
        } else {
            if (i + 2 >= text.size()) return std::nullopt;
            const int high = hex_digit(text[i + 1]);
            const int low = hex_digit(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            out += static_cast<char>(high * 16 + low);
            i += 2;
        }
    }
    return out;
}

}  // namespace

void Headers::set(std::string_view name, std::string value) {
    std::erase_if(fields_, [&](const auto& field) { return same_name(field.first, name); });
    fields_.emplace_back(std::string(name), std::move(value));
}

std::optional<std::string_view> Headers::get(std::string_view name) const {
    for (const auto& [field, value] : fields_) {
        if (same_name(field, name)) return value;
    }
    return std::nullopt;
}

io::Task<io::IoResult<Bytes>> BodyReader::read_all(std::uint64_t limit_bytes) {
    // Room for at most this much more than what arrived, times: a declared length alone costs
    // nothing.
    constexpr std::uint64_t kFirstBytes = 1 << 20;
    constexpr std::uint64_t kGrowth = 16;
    constexpr std::size_t kStepBytes = 256 << 10;

    limit_bytes = std::min(limit_bytes, std::uint64_t{1} << 60);
    const std::optional<std::uint64_t> declared = content_length();
    if (declared && *declared > limit_bytes)
        co_return io::io_failure(
            io::IoCode::TooLarge,
            fmt::format("the body has {} bytes, at most {} are allowed", *declared, limit_bytes));
    Bytes body;
    std::size_t size = 0;
    while (true) {
        std::uint64_t room = kStepBytes;
        if (declared) {
            if (size == *declared) break;
            room = std::min<std::uint64_t>(room, *declared - size);
            const std::uint64_t wanted =
                std::min(*declared, std::max<std::uint64_t>(kFirstBytes, size * kGrowth));
            if (body.capacity() < size + room) body.reserve(wanted);
        } else {
            // One byte more than allowed tells that it is too large.
            room = std::min<std::uint64_t>(room, limit_bytes - size + 1);
        }
        body.resize(size + room);
        const MutableByteView out = MutableByteView(body).subspan(size);
        auto got = co_await read_some(out);
        if (!got) co_return fail(std::move(got).error());
        if (*got == 0) break;
        size += *got;
        if (size > limit_bytes)
            co_return io::io_failure(
                io::IoCode::TooLarge,
                fmt::format("the body has more than the {} bytes that are allowed", limit_bytes));
    }
    body.resize(size);
    if (declared) {
        // The end was not read yet; readers count on having seen it.
        Byte nothing[1];
        const MutableByteView out(nothing);
        auto end = co_await read_some(out);
        if (!end) co_return fail(std::move(end).error());
    }
    co_return body;
}

const std::string& Request::capture(std::string_view name) const {
    for (const auto& [key, value] : captures) {
        if (key == name) return value;
    }
    WALRUS_CHECK(!"the route has no such capture");
    __builtin_unreachable();
}

Response Response::text(int status, std::string body) {
    Response response;
    response.status = status;
    response.headers.add("Content-Type", "text/plain; charset=utf-8");
    response.body = to_bytes(body);
    return response;
}

Response Response::json(int status, std::string body) {
    Response response;
    response.status = status;
    response.headers.add("Content-Type", "application/json");
    response.body = to_bytes(body);
    return response;
}

Response Response::octets(int status, Bytes body) {
    Response response;
    response.status = status;
    response.headers.add("Content-Type", "application/octet-stream");
    response.body = std::move(body);
    return response;
}

std::optional<std::vector<std::pair<std::string, std::string>>> parse_query(
    std::string_view query) {
    std::vector<std::pair<std::string, std::string>> out;
    while (!query.empty()) {
        const std::size_t end = std::min(query.find('&'), query.size());
        const std::string_view pair = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (pair.empty()) continue;
        const std::size_t equals = std::min(pair.find('='), pair.size());
        auto name = decode(pair.substr(0, equals), true);
        auto value = decode(pair.substr(std::min(equals + 1, pair.size())), true);
        if (!name || !value) return std::nullopt;
        out.emplace_back(std::move(*name), std::move(*value));
    }
    return out;
}

std::optional<std::string> percent_decode(std::string_view text) {
    return decode(text, false);
}

std::string percent_encode(std::string_view text) {
    constexpr char kDigits[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' ||
                                c == '~';
        if (unreserved) {
            out += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out += '%';
            out += kDigits[byte >> 4];
            out += kDigits[byte & 15];
        }
    }
    return out;
}

std::string_view reason_phrase(int status) {
    switch (status) {
        case 100:
            return "Continue";
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 202:
            return "Accepted";
        case 204:
            return "No Content";
        case 206:
            return "Partial Content";
        case 301:
            return "Moved Permanently";
        case 302:
            return "Found";
        case 304:
            return "Not Modified";
        case 307:
            return "Temporary Redirect";
        case 308:
            return "Permanent Redirect";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 408:
            return "Request Timeout";
        case 409:
            return "Conflict";
        case 411:
            return "Length Required";
        case 412:
            return "Precondition Failed";
        case 413:
            return "Content Too Large";
        case 415:
            return "Unsupported Media Type";
        case 416:
            return "Range Not Satisfiable";
        case 417:
            return "Expectation Failed";
        case 422:
            return "Unprocessable Content";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 451:
            return "Unavailable For Legal Reasons";
        case 500:
            return "Internal Server Error";
        case 501:
            return "Not Implemented";
        case 502:
            return "Bad Gateway";
        case 503:
            return "Service Unavailable";
        case 504:
            return "Gateway Timeout";
        case 505:
            return "HTTP Version Not Supported";
        case 507:
            return "Insufficient Storage";
        default:
            return "Unknown";
    }
}

}  // namespace walrus::http
