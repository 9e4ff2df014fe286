// SPDX-License-Identifier: Apache-2.0
// Logging: one line per event to standard error, level by WALRUS_LOG (error, warn, info, debug,
// trace; default info, the command line's default warn).
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace walrus::io {

enum class LogLevel { Trace, Debug, Info, Warn, Error, Off };

/// Sets the level; an unknown name is ignored. WALRUS_LOG wins over `fallback`.
void init_logging(LogLevel fallback);
bool log_enabled(LogLevel level);
void log_write(LogLevel level, std::string_view component, const std::string& message);

template <class... Args>
void log(LogLevel level, std::string_view component, fmt::format_string<Args...> format,
         Args&&... args) {
    if (log_enabled(level))
        log_write(level, component, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_error(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
    log(LogLevel::Error, component, format, std::forward<Args>(args)...);
}
template <class... Args>
void log_warn(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
    log(LogLevel::Warn, component, format, std::forward<Args>(args)...);
}
template <class... Args>
void log_info(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
    log(LogLevel::Info, component, format, std::forward<Args>(args)...);
}
template <class... Args>
void log_debug(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
    log(LogLevel::Debug, component, format, std::forward<Args>(args)...);
}

}  // namespace walrus::io
