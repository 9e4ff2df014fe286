// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <set>

#include "base/text.hpp"
#include "protocol/ids.hpp"
#include "redstuff/quilt.hpp"

namespace walrus::cli {

namespace {

class CliArguments final : public Arguments {
public:
    explicit CliArguments(CLI::App& app) : app_(app) {}

    void flag(const std::string& names, bool& value, const std::string& help) override {
        app_.add_flag(names, value, help);
    }
    void value(const std::string& names, std::optional<std::string>& value, const std::string& type,
               const std::string& help) override {
        app_.add_option_function<std::string>(
                names, [&value](const std::string& text) { value = text; }, help)
            ->type_name(type);
    }
    void number(const std::string& names, std::optional<std::uint64_t>& value,
                const std::string& help) override {
        app_.add_option_function<std::string>(
                names,
                [&value, names](const std::string& text) {
                    value = parse_u64(text);
                    if (!value)
                        throw CLI::ValidationError(names, "\"" + text + "\" is not a whole number");
                },
                help)
            ->type_name("N");
    }
    void list(const std::string& names, std::vector<std::string>& values, const std::string& type,
              const std::string& help) override {
        app_.add_option(names, values, help)
            ->type_name(type)
            ->expected(1, CLI::detail::expected_max_vector_size);
    }
    void pairs(const std::string& names, std::vector<std::pair<std::string, std::string>>& values,
               const std::string& type, const std::string& help) override {
        app_.add_option(names, values, help)->type_name(type)->expected(1)->take_all();
    }
    void positional(const std::string& name, std::optional<std::string>& value,
                    const std::string& help, bool required) override {
        app_.add_option_function<std::string>(
                name, [&value](const std::string& text) { value = text; }, help)
            ->type_name("")
            ->required(required);
    }
    void positionals(const std::string& name, std::vector<std::string>& values,
                     const std::string& help, bool required) override {
        app_.add_option(name, values, help)->type_name("")->required(required);
    }
    void exclusive(const std::vector<std::string>& names) override {
        for (const std::string& a : names)
            for (const std::string& b : names)
                if (a != b) app_.get_option(a)->excludes(app_.get_option(b));
    }
    void require_one_of(const std::vector<std::string>& names) override {
        auto* const app = &app_;
        auto check = [app, names] {
            for (const std::string& name : names)
                if (app->get_option(name)->count() > 0) return;
            std::string all;
            for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
            throw CLI::RequiredError("one of " + all);
        };
        checks_.push_back(check);
        auto checks = checks_;
        app_.parse_complete_callback([checks] {
            for (const auto& each : checks) each();
        });
    }

private:
    CLI::App& app_;
    std::vector<std::function<void()>> checks_;
};

void declare_globals(CLI::App& app, GlobalOptions& globals) {
    CliArguments arguments(app);
    arguments.value("--config", globals.config, "FILE",
                    "Client configuration (client_config.yaml)");
    arguments.value("--network", globals.network, "FILE",
                    "Network to use: its network.json, or the folder of it");
    arguments.value("--context", globals.context, "NAME",
                    "Context of a configuration with several");
    arguments.value("--wallet", globals.wallet, "FILE", "Keystore to sign with");
    arguments.value("--rpc-url", globals.rpc_url, "URL", "Ledger to talk to");
    arguments.number("--gas-budget", globals.gas_budget,
                     "Accepted and ignored: transactions cost no gas");
    arguments.flag("--json", globals.json, "Print results (and errors) as JSON");
}

void add_command(CLI::App& parent, const Command& command,
                 std::function<RunResult(const GlobalOptions&)>& chosen) {
    CLI::App* const app = parent.add_subcommand(command.name, command.help);
    for (const std::string& alias : command.aliases) app->alias(alias);
    app->fallthrough();
    if (!command.examples.empty()) app->footer("Examples:\n" + command.examples);
    if (command.declare) {
        CliArguments arguments(*app);
        command.declare(arguments);
    }
    if (command.run) app->callback([&chosen, run = command.run] { chosen = run; });
    for (const Command& child : command.children) add_command(*app, child, chosen);
    if (!command.run) app->require_subcommand(1);
}

const CLI::App* deepest(const CLI::App* app) {
    for (const CLI::App* child : app->get_subcommands()) return deepest(child);
    return app;
}

std::string path_of(const CLI::App* app) {
    return app->get_parent() == nullptr ? "walrus"
                                        : path_of(app->get_parent()) + " " + app->get_name();
}

}  // namespace

namespace {
/// One blob id in 64 begins with a minus sign, and so do ids of patches: they must not be taken for
/// flags and are passed on in the standard alphabet, which every command accepts as well. In
/// reverse order, as CLI11 wants it.
std::vector<std::string> reversed_arguments(int argc, char** argv) {
    std::vector<std::string> out;
    for (int i = argc - 1; i > 0; --i) {
        std::string text = argv[i];
        if (text.starts_with('-') && (parse_blob_id_strict(text) || parse_quilt_patch_id(text)))
            text = base64_encode(*base64url_decode(text));
        out.push_back(std::move(text));
    }
    return out;
}
}  // namespace

Parsed parse_command_line(int argc, char** argv, const std::vector<Command>& commands,
                          const std::string& version) {
    Parsed out;
    CLI::App app(
        "Walrus: decentralised blob storage. Stores files on many nodes, reads them back while "
        "a third of the nodes may be down, and runs every role of such a network.");
    app.name("walrus");
    app.set_help_all_flag("--help-all", "Help of all commands");
    app.set_version_flag("--version,-V", version + "\n");
    app.require_subcommand(1);
    app.get_formatter()->column_width(34);
    app.footer(
        "Start a network on this machine and store a file in it:\n"
        "  walrus up --background\n"
        "  walrus store photo.jpg --epochs 5\n"
        "  walrus read BLOB_ID --out copy.jpg\n"
        "Exit codes: 0 done, 1 other error, 2 wrong usage, 3 partly done, 4 not found,\n"
        "5 not enough money, 6 network, 7 data does not match its id.");
    declare_globals(app, out.globals);
    for (const Command& command : commands) add_command(app, command, out.run);
    try {
        app.parse(reversed_arguments(argc, argv));
    } catch (const CLI::Success& done) {  // help, version
        out.run = nullptr;
        out.exit_code = app.exit(done);
    } catch (const CLI::ParseError& error) {
        out.run = nullptr;
        out.exit_code = 2;
        out.error = error.what();
        const CLI::App* const at = deepest(&app);
        const std::vector<std::string> unknown = app.remaining(true);
        if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr && !unknown.empty())
            out.error = fmt::format("\"{}\" is not a command of {}", unknown.front(), path_of(at));
        out.hint = path_of(deepest(&app)) + " --help";
    }
    return out;
}

// ---- completion
// ----------------------------------------------------------------------------------

namespace {

/// Collects the flags that a command declares.
class FlagNames final : public Arguments {
public:
    std::vector<std::string> names;

    void flag(const std::string& n, bool&, const std::string&) override { add(n); }
    void value(const std::string& n, std::optional<std::string>&, const std::string&,
               const std::string&) override {
        add(n);
    }
    void number(const std::string& n, std::optional<std::uint64_t>&, const std::string&) override {
        add(n);
    }
    void list(const std::string& n, std::vector<std::string>&, const std::string&,
              const std::string&) override {
        add(n);
    }
    void pairs(const std::string& n, std::vector<std::pair<std::string, std::string>>&,
               const std::string&, const std::string&) override {
        add(n);
    }
    void positional(const std::string&, std::optional<std::string>&, const std::string&,
                    bool) override {}
    void positionals(const std::string&, std::vector<std::string>&, const std::string&,
                     bool) override {}
    void exclusive(const std::vector<std::string>&) override {}
    void require_one_of(const std::vector<std::string>&) override {}

private:
    void add(const std::string& comma_separated) {
        for (std::size_t at = 0; at < comma_separated.size();) {
            const std::size_t end = std::min(comma_separated.find(',', at), comma_separated.size());
            names.push_back(comma_separated.substr(at, end - at));
            at = end + 1;
        }
    }
};

/// "store" -> words after it; also "wallet" and "wallet new".
void collect_words(const std::vector<Command>& commands, const std::string& prefix,
                   std::vector<std::pair<std::string, std::string>>& out) {
    for (const Command& command : commands) {
        const std::string path = prefix.empty() ? command.name : prefix + " " + command.name;
        std::string words;
        for (const Command& child : command.children) words += child.name + " ";
        if (command.declare) {
            FlagNames flags;
            command.declare(flags);
            for (const std::string& name : flags.names) words += name + " ";
        }
        out.emplace_back(path, words + "--help");
        collect_words(command.children, path, out);
    }
}

constexpr const char* kGlobalFlags =
    "--config --network --context --wallet --rpc-url --gas-budget --json --help --version";

std::string bash_script(const std::vector<std::pair<std::string, std::string>>& words,
                        const std::string& top) {
    std::string cases;
    for (const auto& [path, list] : words)
        cases += fmt::format("        \"{}\") words=\"{}\" ;;\n", path, list);
    return fmt::format(
        R"(# bash completion for walrus: source it, or put it into a completion folder
_walrus() {{
    local cur="${{COMP_WORDS[COMP_CWORD]}}" path="" word words i
    for ((i = 1; i < COMP_CWORD; i++)); do
        word="${{COMP_WORDS[i]}}"
        [[ $word == -* ]] && continue
        case "$path" in
            "") path="$word" ;;
            wallet|codec|ledger|node|info) path="$path $word" ;;
        esac
    done
    words="{} {}"
    case "$path" in
{}    esac
    COMPREPLY=($(compgen -W "$words {}" -- "$cur"))
    [[ $cur == -* || -z $path ]] || COMPREPLY+=($(compgen -f -- "$cur"))
}}
complete -o filenames -F _walrus walrus
)",
        top, kGlobalFlags, cases, kGlobalFlags);
}

}  // namespace

ClientResult<std::string> completion_script(const std::vector<Command>& commands,
                                            const std::string& shell) {
    std::vector<std::pair<std::string, std::string>> words;
    collect_words(commands, "", words);
    std::string top;
    for (const Command& command : commands) top += command.name + " ";
    const std::string bash = bash_script(words, top);
    if (shell == "bash") return bash;
    if (shell == "zsh")
        return "#compdef walrus\nautoload -U +X bashcompinit && bashcompinit\n" + bash;
    if (shell == "fish") {
        std::string out = "# fish completion for walrus\ncomplete -c walrus -f\n";
        for (const Command& command : commands)
            out += fmt::format("complete -c walrus -n __fish_use_subcommand -a {} -d '{}'\n",
                               command.name, command.help);
        for (const auto& [path, list] : words)
            out += fmt::format(
                "complete -c walrus -n '__fish_seen_subcommand_from {}' -F -a '{}'\n",
                path.substr(path.rfind(' ') == std::string::npos ? 0 : path.rfind(' ') + 1), list);
        return out;
    }
    return client::client_failure(
        ClientCode::Usage,
        fmt::format("\"{}\" is not a shell that we know: bash, zsh, fish", shell));
}

}  // namespace walrus::cli
