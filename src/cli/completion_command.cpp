// SPDX-License-Identifier: Apache-2.0
// walrus completion: scripts that complete commands and flags in a shell.
#include <cstdlib>

#include "cli/commands.hpp"
#include "cli/session.hpp"

namespace walrus::cli {

Command completion_command() {
    auto shell = std::make_shared<std::optional<std::string>>();
    Command command;
    command.name = "completion";
    command.help = "Print a completion script for bash, zsh or fish";
    command.examples = "  source <(walrus completion --shell bash)";
    command.declare = [shell](Arguments& a) {
        a.value("--shell", *shell, "NAME", "bash, zsh or fish (default: $SHELL)");
    };
    command.run = [shell](const GlobalOptions&) -> RunResult {
        std::string name = shell->value_or("");
        if (name.empty()) {
            const char* const set = std::getenv("SHELL");
            name = set == nullptr ? "bash" : set;
            name = name.substr(name.rfind('/') == std::string::npos ? 0 : name.rfind('/') + 1);
        }
        const std::string script = WALRUS_TRY(completion_script(all_commands(), name));
        WALRUS_TRY(print(script));
        return 0;
    };
    return command;
}

}  // namespace walrus::cli
