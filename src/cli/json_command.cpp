// SPDX-License-Identifier: Apache-2.0
// walrus json: another command, given as one JSON object.
#include <unistd.h>

#include <cerrno>

#include "cli/commands.hpp"
#include "cli/json_invocation.hpp"

namespace walrus::cli {

namespace {

constexpr std::size_t kInputBytesMax = 64u << 20;

ClientResult<std::string> read_standard_input() {
    std::string out;
    char piece[1 << 16];
    while (true) {
        const ssize_t got = ::read(STDIN_FILENO, piece, sizeof piece);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0)
            return client::client_failure(ClientCode::InputFile, "standard input cannot be read");
        if (got == 0) return out;
        out.append(piece, static_cast<std::size_t>(got));
        if (out.size() > kInputBytesMax)
            return client::client_failure(ClientCode::InputFile,
                                          "more than 64 MiB of JSON on standard input");
    }
}

}  // namespace

Command json_command() {
    auto text = std::make_shared<std::optional<std::string>>();
    Command command;
    command.name = "json";
    command.help = "Run a command that is given as one JSON object";
    command.examples =
        "  walrus json '{\"command\": {\"store\": {\"files\": [\"a.txt\"], \"epochs\": 5}}}'\n"
        "  echo '{\"command\": {\"read\": {\"blobId\": \"ID\", \"out\": \"a.txt\"}}}' | walrus "
        "json\n"
        "Keys are names of options and arguments in camelCase; the output is that of --json.";
    command.declare = [text](Arguments& a) {
        a.positional("JSON", *text, "The command (default: standard input)", false);
    };
    command.run = [text](const GlobalOptions&) -> RunResult {
        const std::string input = *text ? **text : WALRUS_TRY(read_standard_input());
        const std::vector<Command> commands = all_commands();
        const Invocation invocation = WALRUS_TRY(parse_json_invocation(input, commands));
        return invocation.run(invocation.globals);
    };
    return command;
}

}  // namespace walrus::cli
