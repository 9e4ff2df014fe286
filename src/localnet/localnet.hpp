// SPDX-License-Identifier: Apache-2.0
// A whole network on one machine: a ledger and its storage nodes, in one process or in many, from
// one directory (decisions.md §6, docs/operating.md). Also runs single roles from their
// directories, as operators do. Functions block until the role ends; they install their own signal
// handling.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace walrus::localnet {

/// One enumerator per reaction; the command line maps them to exit codes.
enum class LocalnetCode {
    Usage = 1,    ///< an option that cannot be used, or differs from the first start
    Running = 2,  ///< another process runs on this home (the message names its PID)
    NotRunning = 3,
    NotFound = 4,  ///< no network in this home
    Corrupt = 5,   ///< files of the home do not parse or belong to another version
    Io = 6,        ///< disk or network
    NotReady = 7,  ///< a role did not become ready in time
};
using LocalnetError = Failure<LocalnetCode>;
template <class T>
using LocalnetResult = Result<T, LocalnetError>;

struct UpOptions {
    /// The network's directory; created at the first start.
    std::string home;
    /// What the user asked for; nothing: what the home has, or the default at the first start. A
    /// value that differs from the home's is a Usage error.
    std::optional<std::uint32_t> nodes;              ///< default 10
    std::optional<std::uint32_t> shards;             ///< default 100
    std::optional<std::uint16_t> port_base;          ///< default 31400; 0 picks free ports
    std::optional<std::uint64_t> epoch_duration_ms;  ///< default one day
    /// Each role in its own process.
    bool processes = false;
    /// Return once the network is ready; it goes on in the background.
    bool background = false;
    /// The program to start roles with (for `processes` and `background`): its own path.
    std::string program;
};

/// What runs, as network.json says.
struct NetworkSummary {
    std::string home;
    std::string rpc_url;
    std::uint32_t nodes = 0;
    std::uint32_t shards = 0;
    std::string json;  ///< content of network.json
};

/// Starts (or continues) the network and calls `ready` once everything answers. In the foreground
/// it then runs until SIGINT or SIGTERM, drains and returns; in the background it returns at once.
LocalnetResult<void> run_up(const UpOptions& options,
                            const std::function<void(const NetworkSummary&)>& ready);

struct RoleStatus {
    std::string name;  ///< "ledger", "node-00", …
    std::string url;
    std::int64_t pid = 0;
    bool healthy = false;
    std::string detail;  ///< why not
};
/// The state of the network in this home. Errors: NotFound, NotRunning.
LocalnetResult<std::vector<RoleStatus>> network_status(const std::string& home);

/// Asks the network in this home to drain and stop, and waits. Errors: NotFound, NotRunning, Io (it
/// does not end within `timeout_ms`).
LocalnetResult<void> run_down(const std::string& home, std::uint64_t timeout_ms);

struct LedgerRunOptions {
    std::string directory;  ///< holds genesis.yaml, ledger.yaml, sequencer.key and the database
};
/// Runs a ledger until SIGINT or SIGTERM; `ready` is called with its URL once it answers.
LocalnetResult<void> run_ledger(const LedgerRunOptions& options,
                                const std::function<void(const std::string&)>& ready);

struct NodeRunOptions {
    std::string directory;  ///< holds node.yaml, its keys and its storage
    bool insecure_http = false;
};
/// Runs a storage node until SIGINT or SIGTERM; `ready` is called with its URL once it follows the
/// ledger.
LocalnetResult<void> run_node(const NodeRunOptions& options,
                              const std::function<void(const std::string&)>& ready);

}  // namespace walrus::localnet
