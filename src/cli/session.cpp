// SPDX-License-Identifier: Apache-2.0
#include "cli/session.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include "base/text.hpp"

namespace walrus::cli {

namespace {
std::mutex signal_mutex;
std::string signal_removal;

[[noreturn]] void end_by_signal(int signal) {
    {
        const std::lock_guard lock(signal_mutex);
        if (!signal_removal.empty()) ::unlink(signal_removal.c_str());
    }
    ::_exit(128 + signal);
}
}  // namespace

client::ConfigLookup lookup_of(const GlobalOptions& globals) {
    client::ConfigLookup lookup;
    lookup.network = globals.network;
    lookup.config = globals.config;
    lookup.context = globals.context;
    lookup.rpc_url = globals.rpc_url;
    lookup.env = [](const char* name) {
        const char* const value = std::getenv(name);
        return std::string(value == nullptr ? "" : value);
    };
    return lookup;
}

Session::Session(const GlobalOptions& globals) : globals_(globals) {
    io::RealEnvironment::Options options;
    options.name = "walrus";
    real_ = io::RealEnvironment::make(options);
    real_->on_signal(end_by_signal);
    real_->start();
}

Session::~Session() {
    real_->stop();
}

void remove_on_signal(std::string path) {
    const std::lock_guard lock(signal_mutex);
    signal_removal = std::move(path);
}

std::size_t memory_budget() {
    if (const char* const set = std::getenv("WALRUS_MEMORY_MB"))
        if (const auto megabytes = parse_u64(set); megabytes && *megabytes > 0)
            return static_cast<std::size_t>(*megabytes) << 20;
    const long pages = ::sysconf(_SC_PHYS_PAGES);
    const long page_bytes = ::sysconf(_SC_PAGE_SIZE);
    if (pages <= 0 || page_bytes <= 0) return std::size_t{4} << 30;
    return static_cast<std::size_t>(pages) / 4 * 3 * static_cast<std::size_t>(page_bytes);
}

ClientResult<client::NetworkConfig> Session::config() {
    return client::load_config(files(), lookup_of(globals_));
}

ClientResult<std::unique_ptr<client::Client>> Session::make_client() {
    client::NetworkConfig config = WALRUS_TRY(this->config());
    client::ClientOptions options;
    options.memory_budget = memory_budget();
    options.journal_folder = client::walrus_home(lookup_of(globals_)) + "/pending";
    return client::Client::make(environment(), std::move(config), std::move(options));
}

ClientResult<client::Account> Session::account(const client::NetworkConfig& config) {
    return client::active_account(files(), globals_.wallet, config, lookup_of(globals_));
}

namespace {
io::Task<void> run_into(io::Task<RunResult> task, RunResult& out) {
    out = co_await std::move(task);
}

io::Task<void> destroy_on_loop(std::unique_ptr<client::Client>& client) {
    client.reset();
    co_return;
}

RunResult run_task(Session& session, std::unique_ptr<client::Client> client,
                   const std::function<io::Task<RunResult>(client::Client&)>& task) {
    RunResult out = client::client_failure(ClientCode::Internal, "the command did not end");
    session.run_blocking(run_into(task(*client), out));
    // Connections belong to the loop's thread.
    session.run_blocking(destroy_on_loop(client));
    return out;
}
}  // namespace

RunResult run_with_client(const GlobalOptions& globals, ClientTask task) {
    Session session(globals);
    auto client = WALRUS_TRY(session.make_client());
    return run_task(session, std::move(client), task);
}

RunResult run_with_account(const GlobalOptions& globals, AccountTask task) {
    Session session(globals);
    auto client = WALRUS_TRY(session.make_client());
    const client::Account account = WALRUS_TRY(session.account(client->config()));
    return run_task(session, std::move(client),
                    [&](client::Client& c) { return task(c, account); });
}

bool stderr_is_terminal() {
    return ::isatty(STDERR_FILENO) == 1;
}
bool stdin_is_terminal() {
    return ::isatty(STDIN_FILENO) == 1;
}

bool confirmed(const GlobalOptions& globals, bool yes_flag, const std::string& question) {
    if (yes_flag || globals.json || !stdin_is_terminal()) return true;
    fmt::print(stderr, "{} [y/N] ", question);
    std::fflush(stderr);
    char line[16] = {};
    if (std::fgets(line, sizeof line, stdin) == nullptr) return false;
    return line[0] == 'y' || line[0] == 'Y';
}

ClientResult<void> print(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
        return client::client_failure(
            ClientCode::Resources,
            fmt::format("writing to standard output: {}", std::strerror(errno)));
    return {};
}

}  // namespace walrus::cli
