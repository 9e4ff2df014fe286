// SPDX-License-Identifier: Apache-2.0
// A progress bar on a terminal's standard error, with rate and remaining time; silent elsewhere.
#pragma once

#include <cstdint>
#include <string>

#include "io/loop.hpp"

namespace walrus::cli {

class ProgressBar {
public:
    /// `enabled`: standard error is a terminal and nobody asked for silence.
    ProgressBar(io::Loop& loop, bool enabled) : loop_(loop), enabled_(enabled) {}
    ~ProgressBar() { clear(); }
    /// A new phase with its own clock.
    void phase(std::string title);
    /// At most ten times a second. `total` 0: unknown.
    void update(std::uint64_t done_bytes, std::uint64_t total_bytes);
    /// Removes the bar.
    void clear();

private:
    void draw(const std::string& line);
    io::Loop& loop_;
    bool enabled_;
    bool drawn_ = false;
    std::string title_;
    std::uint64_t started_us_ = 0;
    std::uint64_t drawn_us_ = 0;
};

}  // namespace walrus::cli
