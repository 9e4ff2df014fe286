// SPDX-License-Identifier: Apache-2.0
#include "client/epochs.hpp"

#include <fmt/format.h>

#include <chrono>

#include "base/text.hpp"

namespace walrus::client {

namespace {

/// Exactly `width` digits at the start of the text, which is then shortened.
std::optional<unsigned> take_number(std::string_view& text, std::size_t width) {
    if (text.size() < width) return std::nullopt;
    unsigned value = 0;
    for (std::size_t i = 0; i < width; ++i) {
        if (text[i] < '0' || text[i] > '9') return std::nullopt;
        value = value * 10 + static_cast<unsigned>(text[i] - '0');
    }
    text.remove_prefix(width);
    return value;
}

bool take(std::string_view& text, char expected) {
    if (text.empty() || text.front() != expected) return false;
    text.remove_prefix(1);
    return true;
}

/// Fraction (ignored below milliseconds) and offset of RFC 3339.
std::optional<std::int64_t> take_fraction_ms(std::string_view& text) {
    if (!take(text, '.')) return 0;
    std::int64_t ms = 0;
    int digits = 0;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        if (digits < 3) ms = ms * 10 + (text.front() - '0');
        ++digits;
        text.remove_prefix(1);
    }
    if (digits == 0) return std::nullopt;
    for (; digits < 3; ++digits) ms *= 10;
    return ms;
}

std::optional<std::int64_t> take_offset_minutes(std::string_view& text) {
    if (text.empty() || take(text, 'Z') || take(text, 'z')) return 0;
    const bool plus = take(text, '+');
    if (!plus && !take(text, '-')) return std::nullopt;
    const auto hours = take_number(text, 2);
    if (!hours || !take(text, ':')) return std::nullopt;
    const auto minutes = take_number(text, 2);
    if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
    const std::int64_t total = *hours * 60 + *minutes;
    return plus ? total : -total;
}

}  // namespace

ClientResult<Lifetime> parse_epochs(std::string_view text) {
    if (text == "max") return Lifetime(EpochsMax{});
    const auto count = parse_u64(text);
    if (!count || *count == 0 || *count > kMaxEpochsAheadLimit)
        return client_failure(
            ClientCode::Usage,
            fmt::format("--epochs {}: expected \"max\" or a number of epochs from 1 "
                        "to the network's maximum",
                        text));
    return Lifetime(EpochsAhead{static_cast<std::uint32_t>(*count)});
}

std::optional<std::uint64_t> parse_time_ms(std::string_view text) {
    const auto year = take_number(text, 4);
    if (!year || !take(text, '-')) return std::nullopt;
    const auto month = take_number(text, 2);
    if (!month || !take(text, '-')) return std::nullopt;
    const auto day = take_number(text, 2);
    if (!day || !(take(text, 'T') || take(text, 't') || take(text, ' '))) return std::nullopt;
    const auto hour = take_number(text, 2);
    if (!hour || !take(text, ':')) return std::nullopt;
    const auto minute = take_number(text, 2);
    if (!minute || !take(text, ':')) return std::nullopt;
    const auto second = take_number(text, 2);
    if (!second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
    const auto fraction = take_fraction_ms(text);
    if (!fraction) return std::nullopt;
    const auto offset = take_offset_minutes(text);
    if (!offset || !text.empty()) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                           std::chrono::month(*month), std::chrono::day(*day)};
    if (!date.ok()) return std::nullopt;
    const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
    const std::int64_t seconds =
        days * 86'400 + *hour * 3600 + *minute * 60 + *second - *offset * 60;
    if (seconds < 0) return std::nullopt;
    return static_cast<std::uint64_t>(seconds * 1000 + *fraction);
}

std::string format_time_ms(std::uint64_t time_ms) {
    const std::chrono::sys_seconds time{std::chrono::seconds(time_ms / 1000)};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

ClientResult<Epoch> end_epoch_of(const Lifetime& lifetime, const NetworkView& view,
                                 std::uint64_t now_ms) {
    std::uint64_t epochs = 0;
    std::string asked;
    if (const auto* ahead = std::get_if<EpochsAhead>(&lifetime)) {
        epochs = ahead->count;
        asked = fmt::format("--epochs {}", ahead->count);
    } else if (std::holds_alternative<EpochsMax>(lifetime)) {
        epochs = view.epochs_ahead_max;
        asked = "--epochs max";
    } else if (const auto* end = std::get_if<EndEpoch>(&lifetime)) {
        asked = fmt::format("--end-epoch {}", end->epoch);
        if (end->epoch <= view.epoch)
            return client_failure(ClientCode::Usage,
                                  fmt::format("{}: the current epoch is {}; the end must be later",
                                              asked, view.epoch));
        epochs = end->epoch - view.epoch;
    } else {
        const std::uint64_t time = std::get<EarliestExpiry>(lifetime).time_ms;
        asked = "--earliest-expiry-time " + format_time_ms(time);
        const std::uint64_t start = view.epoch_start_ms != 0 ? view.epoch_start_ms : now_ms;
        if (time <= now_ms || time <= start)
            return client_failure(
                ClientCode::Usage,
                fmt::format("{}: that time has passed (now {})", asked, format_time_ms(now_ms)));
        if (view.epoch_duration_ms == 0)
            return client_failure(ClientCode::Refused,
                                  "the network names no epoch duration; use --epochs");
        epochs = (time - start) / view.epoch_duration_ms + 1;
    }
    if (epochs == 0)
        return client_failure(ClientCode::Usage, asked + ": a blob lives at least 1 epoch");
    if (epochs > view.epochs_ahead_max)
        return client_failure(ClientCode::Usage,
                              fmt::format("{}: {} epochs are more than the {} that this network "
                                          "sells ahead",
                                          asked, epochs, view.epochs_ahead_max));
    return static_cast<Epoch>(view.epoch + epochs);
}

}  // namespace walrus::client
