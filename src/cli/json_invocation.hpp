// SPDX-License-Identifier: Apache-2.0
// A whole command as one JSON object: {"wallet": …, "command": {"store": {"files": [...], …}}}
// (spec/client.md §1.3). Keys are the names of options and arguments in camelCase.
#pragma once

#include <string_view>
#include <vector>

#include "cli/command_line.hpp"

namespace walrus::cli {

struct Invocation {
    GlobalOptions globals;  ///< `json` is set
    std::function<RunResult(const GlobalOptions&)> run;
};

/// Finds the command and gives it its arguments. The commands must live until it has run. Errors:
/// Usage (not JSON, unknown or missing keys, values of a wrong type).
ClientResult<Invocation> parse_json_invocation(std::string_view text,
                                               const std::vector<Command>& commands);

}  // namespace walrus::cli
