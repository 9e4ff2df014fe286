// SPDX-License-Identifier: Apache-2.0
// walrus up, down, status, ledger run, node run: a network on this machine, and single roles.
#include <fmt/format.h>
#include <unistd.h>

#include <climits>
#include <filesystem>

#include "base/checked.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/ledger_commands.hpp"
#include "cli/node_commands.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "localnet/localnet.hpp"

namespace walrus::cli {

namespace {

struct LocalnetArguments {
    std::optional<std::string> home;
    std::optional<std::uint64_t> nodes;
    std::optional<std::uint64_t> shards;
    std::optional<std::uint64_t> port_base;
    std::optional<std::string> epoch_duration;
    bool processes = false;
    bool background = false;
    bool insecure_http = false;
    std::optional<std::uint64_t> timeout_s;
};

/// The only conversion of that room's codes.
ClientError from_localnet(const localnet::LocalnetError& error) {
    const auto code = [&] {
        switch (error.code) {
            case localnet::LocalnetCode::Usage:
                return ClientCode::Usage;
            case localnet::LocalnetCode::Running:
                return ClientCode::Refused;
            case localnet::LocalnetCode::NotRunning:
                return ClientCode::Network;
            case localnet::LocalnetCode::NotFound:
                return ClientCode::NotFound;
            case localnet::LocalnetCode::Corrupt:
                return ClientCode::Integrity;
            case localnet::LocalnetCode::Io:
                return ClientCode::Resources;
            case localnet::LocalnetCode::NotReady:
                return ClientCode::Network;
        }
        return ClientCode::Internal;
    }();
    return {code, error.message};
}

/// The network's folder, absolute, because children may run elsewhere.
std::string home_of(const GlobalOptions& globals, const LocalnetArguments& arguments) {
    const client::ConfigLookup lookup = lookup_of(globals);
    const std::string home = arguments.home ? client::expand_home(*arguments.home, lookup)
                                            : client::walrus_home(lookup) + "/localnet";
    std::error_code error;
    const auto absolute = std::filesystem::absolute(home, error);
    std::string out = error ? home : absolute.lexically_normal().string();
    while (out.size() > 1 && out.ends_with('/')) out.pop_back();
    return out;
}

std::string own_program() {
    char path[PATH_MAX] = {};
    const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path - 1);
    return size > 0 ? std::string(path, static_cast<std::size_t>(size)) : "walrus";
}

template <class T>
ClientResult<std::optional<T>> bounded(const std::optional<std::uint64_t>& value, std::uint64_t max,
                                       const char* flag) {
    if (!value) return std::optional<T>();
    if (*value > max)
        return client::client_failure(ClientCode::Usage,
                                      fmt::format("{} {}: at most {}", flag, *value, max));
    return std::optional<T>(static_cast<T>(*value));
}

/// "20s", "2m", "12h", "1d", "500ms".
ClientResult<std::optional<std::uint64_t>> duration_ms(const std::optional<std::string>& text,
                                                       const char* flag) {
    if (!text) return std::optional<std::uint64_t>();
    constexpr std::pair<std::string_view, std::uint64_t> kUnits[] = {
        {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
    const std::size_t digits = std::min(text->find_first_not_of("0123456789"), text->size());
    const auto number = parse_u64(text->substr(0, digits));
    for (const auto& [unit, factor] : kUnits) {
        if (text->substr(digits) != unit || !number) continue;
        if (const auto out = checked_mul(*number, factor)) return std::optional(*out);
    }
    return client::client_failure(
        ClientCode::Usage,
        fmt::format("{} {}: a number and ms, s, m, h or d, like 2m", flag, *text));
}

// ---- up, down, status
// ----------------------------------------------------------------------------

RunResult run_up(const GlobalOptions& globals, const LocalnetArguments& arguments) {
    localnet::UpOptions options;
    options.home = home_of(globals, arguments);
    options.nodes = WALRUS_TRY(bounded<std::uint32_t>(arguments.nodes, 100'000, "--nodes"));
    options.shards = WALRUS_TRY(bounded<std::uint32_t>(arguments.shards, 100'000, "--shards"));
    options.port_base =
        WALRUS_TRY(bounded<std::uint16_t>(arguments.port_base, 65'535, "--port-base"));
    options.epoch_duration_ms =
        WALRUS_TRY(duration_ms(arguments.epoch_duration, "--epoch-duration"));
    options.processes = arguments.processes;
    options.background = arguments.background;
    options.program = own_program();
    ClientResult<void> printed;
    const auto ready = [&](const localnet::NetworkSummary& network) {
        printed =
            print(globals.json
                      ? network.json
                      : fmt::format("ready: {} nodes, {} shards, ledger {}, home {}\n",
                                    network.nodes, network.shards, network.rpc_url, network.home));
    };
    const auto done = localnet::run_up(options, ready);
    if (!done) return fail(from_localnet(done.error()));
    if (!printed) return fail(printed.error());
    return 0;
}

RunResult run_down(const GlobalOptions& globals, const LocalnetArguments& arguments) {
    const std::string home = home_of(globals, arguments);
    const auto done = localnet::run_down(home, arguments.timeout_s.value_or(30) * 1000);
    if (!done) return fail(from_localnet(done.error()));
    JsonWriter out;
    out.begin_object().key("home").string(home).key("stopped").boolean(true).end();
    WALRUS_TRY(
        print(globals.json ? out.take() : fmt::format("stopped: the network in {}\n", home)));
    return 0;
}

RunResult run_status(const GlobalOptions& globals, const LocalnetArguments& arguments) {
    const auto roles = localnet::network_status(home_of(globals, arguments));
    if (!roles) return fail(from_localnet(roles.error()));
    JsonWriter out;
    std::vector<std::vector<std::string>> rows = {{"Role", "URL", "PID", "Health"}};
    std::size_t healthy = 0;
    out.begin_object().key("roles").begin_array();
    for (const localnet::RoleStatus& role : *roles) {
        healthy += role.healthy;
        out.begin_object();
        out.key("name").string(role.name);
        out.key("url").string(role.url);
        out.key("pid").number(static_cast<std::uint64_t>(role.pid));
        out.key("healthy").boolean(role.healthy);
        if (!role.detail.empty()) out.key("detail").string(role.detail);
        out.end();
        rows.push_back({role.name, role.url, std::to_string(role.pid),
                        role.healthy ? "healthy" : role.detail});
    }
    out.end().end();
    WALRUS_TRY(print(globals.json ? out.take() : format_table(rows)));
    if (healthy == roles->size()) return 0;
    return client::exit_code(healthy > 0 ? ClientCode::Partial : ClientCode::Network);
}

// ---- single roles
// --------------------------------------------------------------------------------

RunResult require_home(const LocalnetArguments& arguments) {
    if (!arguments.home)
        return client::client_failure(ClientCode::Usage,
                                      "name the directory of the role: --home DIR");
    return 0;
}

RunResult run_ledger(const GlobalOptions& globals, const LocalnetArguments& arguments) {
    WALRUS_TRY(require_home(arguments));
    localnet::LedgerRunOptions options;
    options.directory = home_of(globals, arguments);
    const auto done = localnet::run_ledger(options, [](const std::string& url) {
        (void)print(fmt::format("ready: ledger {}\n", url));
    });
    if (!done) return fail(from_localnet(done.error()));
    return 0;
}

RunResult run_node(const GlobalOptions& globals, const LocalnetArguments& arguments) {
    WALRUS_TRY(require_home(arguments));
    localnet::NodeRunOptions options;
    options.directory = home_of(globals, arguments);
    options.insecure_http = arguments.insecure_http;
    const auto done = localnet::run_node(
        options, [](const std::string& url) { (void)print(fmt::format("ready: node {}\n", url)); });
    if (!done) return fail(from_localnet(done.error()));
    return 0;
}

void declare_home(Arguments& a, LocalnetArguments& arguments) {
    a.value("--home", arguments.home, "DIR",
            "The network's directory (default ~/.walrus/localnet)");
}

Command role_command(std::string name, std::string help,
                     RunResult (*run)(const GlobalOptions&, const LocalnetArguments&),
                     bool insecure_http) {
    auto arguments = std::make_shared<LocalnetArguments>();
    Command child;
    child.name = "run";
    child.help = help;
    child.declare = [arguments, insecure_http](Arguments& a) {
        a.value("--home", arguments->home, "DIR", "Directory with its configuration and data");
        if (insecure_http)
            a.flag("--insecure-http", arguments->insecure_http, "Also serve without TLS");
    };
    child.run = [arguments, run](const GlobalOptions& g) { return run(g, *arguments); };
    Command command;
    command.name = std::move(name);
    command.help = std::move(help);
    command.children = {child};
    return command;
}

}  // namespace

Command up_command() {
    auto arguments = std::make_shared<LocalnetArguments>();
    Command command;
    command.name = "up";
    command.help = "Start a network on this machine, or continue it";
    command.examples =
        "  walrus up                                # until Ctrl-C\n"
        "  walrus up --background --json            # prints network.json, returns\n"
        "  walrus up --nodes 10 --shards 1000 --home net --processes";
    command.declare = [arguments](Arguments& a) {
        a.number("--nodes", arguments->nodes, "Storage nodes (default 10)");
        a.number("--shards", arguments->shards, "Shards (default 100)");
        declare_home(a, *arguments);
        a.flag("--processes", arguments->processes, "Every role in a process of its own");
        a.number("--port-base", arguments->port_base,
                 "Port of the ledger; node i gets P+1+i; 0: free ones (default 31400)");
        a.value("--epoch-duration", arguments->epoch_duration, "DURATION",
                "How long an epoch is, like 20s, 2m, 1d (default 1d)");
        a.flag("--background", arguments->background, "Return when the network is ready");
    };
    command.run = [arguments](const GlobalOptions& g) { return run_up(g, *arguments); };
    return command;
}

Command down_command() {
    auto arguments = std::make_shared<LocalnetArguments>();
    Command command;
    command.name = "down";
    command.help = "Stop the network of this machine";
    command.declare = [arguments](Arguments& a) {
        declare_home(a, *arguments);
        a.number("--timeout", arguments->timeout_s, "Seconds to wait for it to end (default 30)");
    };
    command.run = [arguments](const GlobalOptions& g) { return run_down(g, *arguments); };
    return command;
}

Command status_command() {
    auto arguments = std::make_shared<LocalnetArguments>();
    Command command;
    command.name = "status";
    command.help = "Show what runs of the network of this machine";
    command.declare = [arguments](Arguments& a) { declare_home(a, *arguments); };
    command.run = [arguments](const GlobalOptions& g) { return run_status(g, *arguments); };
    return command;
}

Command ledger_command() {
    Command command = role_command("ledger", "Run a ledger from its directory", run_ledger, false);
    command.help = "Ask the ledger, get and check proofs, or run a ledger";
    for (const auto& more : {ledger_query_commands(), ledger_check_commands()})
        command.children.insert(command.children.end(), more.begin(), more.end());
    return command;
}

Command node_command() {
    Command command = role_command("node", "Run a storage node from its directory", run_node, true);
    command.help = "Run a storage node, or act for one on the ledger";
    for (Command& more : node_ledger_commands()) command.children.push_back(std::move(more));
    return command;
}

}  // namespace walrus::cli
