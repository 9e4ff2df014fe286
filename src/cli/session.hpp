// SPDX-License-Identifier: Apache-2.0
// What commands run in: an environment with its loop, signals, and a client for the network that
// the user means.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "cli/command_line.hpp"
#include "client/client.hpp"
#include "client/config.hpp"
#include "client/wallet.hpp"
#include "io/environment.hpp"

namespace walrus::cli {

/// Where the configuration is, by flags and environment variables.
client::ConfigLookup lookup_of(const GlobalOptions& globals);

/// A running environment. On SIGINT and SIGTERM what `remove_on_signal` names is removed and the
/// process ends with 128 + the signal's number.
class Session {
public:
    explicit Session(const GlobalOptions& globals);
    ~Session();
    Session(const Session&) = delete;

    const GlobalOptions& globals() const { return globals_; }
    io::Environment& environment() { return real_->environment(); }
    io::FileSystem& files() { return environment().files; }
    /// The network's configuration. Errors: see client::load_config.
    ClientResult<client::NetworkConfig> config();
    /// A client for it.
    ClientResult<std::unique_ptr<client::Client>> make_client();
    /// The account that signs. Needs the configuration.
    ClientResult<client::Account> account(const client::NetworkConfig& config);
    /// Runs a task on the loop and waits for it.
    void run_blocking(io::Task<void> task) { io::run_blocking(*real_, std::move(task)); }

private:
    GlobalOptions globals_;
    std::unique_ptr<io::RealEnvironment> real_;
};

/// A file to remove when a signal ends the process; empty: none.
void remove_on_signal(std::string path);

/// Memory for blobs: WALRUS_MEMORY_MB, else three quarters of what the machine has.
std::size_t memory_budget();

using ClientTask = std::function<io::Task<RunResult>(client::Client&)>;
using AccountTask = std::function<io::Task<RunResult>(client::Client&, client::Account)>;
/// For commands that need the network only.
RunResult run_with_client(const GlobalOptions& globals, ClientTask task);
/// For commands that sign.
RunResult run_with_account(const GlobalOptions& globals, AccountTask task);

/// Standard error is a terminal: progress may be shown.
bool stderr_is_terminal();
bool stdin_is_terminal();
/// Asks on the terminal; without one, and with --json, the answer is yes.
bool confirmed(const GlobalOptions& globals, bool yes_flag, const std::string& question);
/// Prints to standard output. Errors: Resources.
ClientResult<void> print(std::string_view text);

}  // namespace walrus::cli
