// SPDX-License-Identifier: Apache-2.0
#include "io/log.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <cstdlib>
#include <optional>

namespace walrus::io {

namespace {

std::atomic<LogLevel> current_level{LogLevel::Info};

std::optional<LogLevel> parse_level(std::string_view name) {
    if (name == "trace") return LogLevel::Trace;
    if (name == "debug") return LogLevel::Debug;
    if (name == "info") return LogLevel::Info;
    if (name == "warn") return LogLevel::Warn;
    if (name == "error") return LogLevel::Error;
    if (name == "off") return LogLevel::Off;
    return std::nullopt;
}

spdlog::level::level_enum to_spdlog(LogLevel level) {
    switch (level) {
        case LogLevel::Trace:
            return spdlog::level::trace;
        case LogLevel::Debug:
            return spdlog::level::debug;
        case LogLevel::Info:
            return spdlog::level::info;
        case LogLevel::Warn:
            return spdlog::level::warn;
        case LogLevel::Error:
            return spdlog::level::err;
        case LogLevel::Off:
            return spdlog::level::off;
    }
    return spdlog::level::off;
}

spdlog::logger& logger() {
    static const std::shared_ptr<spdlog::logger> instance = [] {
        auto made = std::make_shared<spdlog::logger>(
            "walrus", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
        made->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %^%-5l%$ %v");
        made->set_level(spdlog::level::trace);  // the level is checked before
        made->flush_on(spdlog::level::trace);
        return made;
    }();
    return *instance;
}

}  // namespace

void init_logging(LogLevel fallback) {
    const char* wanted = std::getenv("WALRUS_LOG");
    current_level = wanted == nullptr ? fallback : parse_level(wanted).value_or(fallback);
}

bool log_enabled(LogLevel level) {
    return level != LogLevel::Off && level >= current_level.load(std::memory_order_relaxed);
}

void log_write(LogLevel level, std::string_view component, const std::string& message) {
    logger().log(to_spdlog(level), "{}: {}", component, message);
}

}  // namespace walrus::io
