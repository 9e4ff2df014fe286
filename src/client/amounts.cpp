// SPDX-License-Identifier: Apache-2.0
#include "client/amounts.hpp"

#include <fmt/format.h>

#include <cctype>

#include "base/text.hpp"
#include "protocol/constants.hpp"

namespace walrus::client {

namespace {

std::string format_coin(std::uint64_t amount, std::string_view unit, std::string_view small_unit) {
    if (amount == 0) return fmt::format("0 {}", small_unit);
    if (amount < kFrostPerWal / 10'000)
        return fmt::format("{} {}", format_count(amount), small_unit);
    const std::uint64_t whole = amount / kFrostPerWal;
    const std::uint64_t rest = amount % kFrostPerWal;
    if (amount < kFrostPerWal / 100)
        return fmt::format("{}.{:04} {}", whole, rest / (kFrostPerWal / 10'000), unit);
    return fmt::format("{}.{:03} {}", format_count(whole), rest / (kFrostPerWal / 1000), unit);
}

}  // namespace

std::string format_wal(Frost amount) {
    return format_coin(amount, "WAL", "FROST");
}
std::string format_sui(std::uint64_t amount) {
    return format_coin(amount, "SUI", "MIST");
}

std::string format_count(std::uint64_t count) {
    std::string out = std::to_string(count);
    for (std::size_t at = out.size(); at > 3;) {
        at -= 3;
        out.insert(at, ",");
    }
    return out;
}

std::string format_bytes(std::uint64_t bytes) {
    if (bytes < 1024) return fmt::format("{} B", bytes);
    static constexpr const char* kUnits[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    std::size_t unit = 0;
    std::uint64_t scale = 1024;
    while (unit < 5 && bytes / scale >= 1024) {
        scale *= 1024;
        ++unit;
    }
    const double value = static_cast<double>(bytes) / static_cast<double>(scale);
    const int decimals = value < 10 ? 2 : value < 100 ? 1 : 0;
    return fmt::format("{:.{}f} {}", value, decimals, kUnits[unit]);
}

std::string format_duration_us(std::uint64_t us) {
    if (us < 1'000) return fmt::format("{} us", us);
    if (us < 1'000'000) return fmt::format("{} ms", us / 1000);
    const std::uint64_t s = us / 1'000'000;
    if (s < 60) return fmt::format("{}.{} s", s, us / 100'000 % 10);
    if (s < 3600) return fmt::format("{} min {} s", s / 60, s % 60);
    return fmt::format("{} h {} min", s / 3600, s / 60 % 60);
}

std::optional<std::uint64_t> parse_amount(std::string_view text) {
    std::size_t number_end = 0;
    while (number_end < text.size() &&
           (std::isdigit(static_cast<unsigned char>(text[number_end])) != 0 ||
            text[number_end] == '.'))
        ++number_end;
    const std::string_view number = text.substr(0, number_end);
    std::string unit;
    for (const char c : text.substr(number_end))
        if (c != ' ')
            unit.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
    const std::size_t dot = number.find('.');
    const bool has_dot = dot != std::string_view::npos;
    if (unit == "frost" || unit == "mist" || (unit.empty() && !has_dot))
        return has_dot ? std::nullopt : parse_u64(number);
    if (!unit.empty() && unit != "wal" && unit != "sui") return std::nullopt;
    const auto whole = parse_u64(number.substr(0, dot));
    if (!whole) return std::nullopt;
    std::uint64_t rest = 0;
    if (has_dot) {
        std::string decimals(number.substr(dot + 1));
        if (decimals.empty() || decimals.size() > 9) return std::nullopt;
        decimals.resize(9, '0');
        const auto parsed = parse_u64(decimals);
        if (!parsed) return std::nullopt;
        rest = *parsed;
    }
    const unsigned __int128 total = static_cast<unsigned __int128>(*whole) * kFrostPerWal + rest;
    if (total > ~std::uint64_t{0}) return std::nullopt;
    return static_cast<std::uint64_t>(total);
}

}  // namespace walrus::client
