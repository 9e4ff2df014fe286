// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "client/amounts.hpp"

namespace walrus::cli {

void ProgressBar::phase(std::string title) {
    title_ = std::move(title);
    started_us_ = loop_.monotonic_us();
    drawn_us_ = 0;
    if (enabled_) draw(title_);
}

void ProgressBar::update(std::uint64_t done_bytes, std::uint64_t total_bytes) {
    if (!enabled_) return;
    const std::uint64_t now = loop_.monotonic_us();
    if (drawn_us_ != 0 && now - drawn_us_ < 100'000 && done_bytes < total_bytes) return;
    drawn_us_ = now;
    const std::uint64_t elapsed = std::max<std::uint64_t>(now - started_us_, 1);
    const auto rate = static_cast<std::uint64_t>(static_cast<double>(done_bytes) * 1e6 /
                                                 static_cast<double>(elapsed));
    if (total_bytes == 0) {
        draw(fmt::format("{} {}, {}/s", title_, client::format_bytes(done_bytes),
                         client::format_bytes(rate)));
        return;
    }
    constexpr std::size_t kCells = 30;
    const double share =
        std::min(1.0, static_cast<double>(done_bytes) / static_cast<double>(total_bytes));
    const auto filled = static_cast<std::size_t>(share * kCells);
    std::string bar(kCells, '-');
    std::fill(bar.begin(), bar.begin() + static_cast<std::ptrdiff_t>(filled), '#');
    if (filled < kCells) bar[filled] = '>';
    const std::uint64_t left_us =
        rate == 0 ? 0
                  : static_cast<std::uint64_t>(
                        static_cast<double>(total_bytes - std::min(done_bytes, total_bytes)) /
                        static_cast<double>(rate) * 1e6);
    draw(fmt::format("{} [{}] {:3.0f}% of {}, {}/s, {} left", title_, bar, share * 100,
                     client::format_bytes(total_bytes), client::format_bytes(rate),
                     rate == 0 ? "?" : client::format_duration_us(left_us)));
}

void ProgressBar::draw(const std::string& line) {
    fmt::print(stderr, "\r\x1b[2K{}", line);
    std::fflush(stderr);
    drawn_ = true;
}

void ProgressBar::clear() {
    if (!drawn_) return;
    fmt::print(stderr, "\r\x1b[2K");
    std::fflush(stderr);
    drawn_ = false;
}

}  // namespace walrus::cli
