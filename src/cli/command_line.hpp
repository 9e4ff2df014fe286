// SPDX-License-Identifier: Apache-2.0
// Commands as values: a name, what it takes, what it does. One file per command makes one
// `Command`; the parser behind this header (command_line.cpp) reads the arguments, prints help and
// completion.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/error.hpp"

namespace walrus::cli {

using client::ClientCode;
using client::ClientError;
using client::ClientResult;

/// What every command takes, before or after its name.
struct GlobalOptions {
    std::optional<std::string> config;
    std::optional<std::string> network;
    std::optional<std::string> context;
    std::optional<std::string> wallet;
    std::optional<std::string> rpc_url;
    std::optional<std::uint64_t> gas_budget;  ///< accepted for compatibility; gas is free here
    bool json = false;
};

/// Declares what a command takes. Names are like "--epochs" or "-n,--nodes"; the variables must
/// live as long as the command (commands keep them in a shared structure).
class Arguments {
public:
    virtual ~Arguments() = default;
    virtual void flag(const std::string& names, bool& value, const std::string& help) = 0;
    virtual void value(const std::string& names, std::optional<std::string>& value,
                       const std::string& type, const std::string& help) = 0;
    virtual void number(const std::string& names, std::optional<std::uint64_t>& value,
                        const std::string& help) = 0;
    /// Takes one or more values, and may be repeated.
    virtual void list(const std::string& names, std::vector<std::string>& values,
                      const std::string& type, const std::string& help) = 0;
    /// Takes two values, and may be repeated: --attr KEY VALUE.
    virtual void pairs(const std::string& names,
                       std::vector<std::pair<std::string, std::string>>& values,
                       const std::string& type, const std::string& help) = 0;
    virtual void positional(const std::string& name, std::optional<std::string>& value,
                            const std::string& help, bool required) = 0;
    virtual void positionals(const std::string& name, std::vector<std::string>& values,
                             const std::string& help, bool required) = 0;
    /// At most one of these (names as declared, without aliases).
    virtual void exclusive(const std::vector<std::string>& names) = 0;
    virtual void require_one_of(const std::vector<std::string>& names) = 0;
};

/// The exit code when everything that had to be said is printed; an error is printed by main.
using RunResult = ClientResult<int>;

struct Command {
    std::string name;
    std::string help;      ///< one line
    std::string examples;  ///< printed below the help
    std::vector<std::string> aliases;
    std::function<void(Arguments&)> declare;
    std::function<RunResult(const GlobalOptions&)> run;  ///< nothing: has children
    std::vector<Command> children;
};

/// What the arguments say to do.
struct Parsed {
    GlobalOptions globals;
    std::function<RunResult(const GlobalOptions&)> run;  ///< nothing: done already (help, version)
    int exit_code = 0;
    std::string error;  ///< wrong usage
    std::string hint;   ///< what to read about it
};

/// Parses; prints help and version by itself.
Parsed parse_command_line(int argc, char** argv, const std::vector<Command>& commands,
                          const std::string& version);

/// A completion script for "bash", "zsh" or "fish". Errors: Usage.
ClientResult<std::string> completion_script(const std::vector<Command>& commands,
                                            const std::string& shell);

}  // namespace walrus::cli
