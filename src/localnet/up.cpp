// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "http/client.hpp"
#include "io/environment.hpp"
#include "io/log.hpp"
#include "localnet/create.hpp"
#include "localnet/layout.hpp"
#include "localnet/localnet.hpp"
#include "localnet/process.hpp"
#include "localnet/roles.hpp"

namespace walrus::localnet {
namespace {

constexpr std::uint64_t kReadyTimeoutMs = 60'000;
constexpr std::uint64_t kPollMs = 50;
constexpr std::uint64_t kStopTimeoutMs = 30'000;
constexpr std::uint64_t kProbeTimeoutUs = 2'000'000;
constexpr std::uint64_t kNetworkFileBytesMax = 4 << 20;
constexpr std::uint64_t kLogTailBytes = 4096;

/// Set by a signal, awaited by the main thread.
class StopFlag {
public:
    void set(int signal) {
        const std::lock_guard lock(mutex_);
        if (signal_ == 0) signal_ = signal;
        changed_.notify_all();
    }
    /// The signal, or nothing after `timeout_ms`.
    std::optional<int> wait(std::uint64_t timeout_ms) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                          [&] { return signal_ != 0; });
        return signal_ != 0 ? std::optional(signal_) : std::nullopt;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int signal_ = 0;
};

/// The main environment of a command, with its loop running and signals caught.
struct MainEnvironment {
    explicit MainEnvironment(const char* name) {
        real = io::RealEnvironment::make({.name = name});
        real->start();
    }
    ~MainEnvironment() { real->stop(); }
    void catch_signals() {
        real->on_signal([this](int signal) { stop.set(signal); });
    }
    io::FileSystem& files() { return real->environment().files; }

    StopFlag stop;
    std::unique_ptr<io::RealEnvironment> real;
};

template <class T>
io::Task<void> into(io::Task<T> task, std::optional<T>* out) {
    T value = co_await std::move(task);
    out->emplace(std::move(value));
}

/// Runs a task on an environment's loop and returns its value.
template <class T>
T await(io::RealEnvironment& environment, io::Task<T> task) {
    std::optional<T> value;
    io::run_blocking(environment, into(std::move(task), &value));
    return std::move(*value);
}

io::Task<void> destroy(std::unique_ptr<Role>* role) {
    role->reset();
    co_return;
}

// ---- roles in this process ---------------------------------------------------------------------

/// A role with a loop thread of its own.
class HostedRole {
public:
    explicit HostedRole(std::unique_ptr<io::RealEnvironment> real) : real_(std::move(real)) {
        real_->start();
    }
    ~HostedRole() {
        if (role_) {
            io::run_blocking(*real_, role_->stop());
            io::run_blocking(*real_, destroy(&role_));
        }
        real_->stop();
    }
    io::Environment& environment() { return real_->environment(); }
    LocalnetResult<void> start(io::Task<LocalnetResult<std::unique_ptr<Role>>> task) {
        auto role = await(*real_, std::move(task));
        if (!role) return fail(role.error());
        role_ = std::move(*role);
        return {};
    }
    bool wait_ready(std::uint64_t timeout_us) {
        return await(*real_, role_->wait_ready(timeout_us));
    }
    std::string url() const { return role_->url(); }

private:
    std::unique_ptr<io::RealEnvironment> real_;
    std::unique_ptr<Role> role_;
};

/// One role in the foreground until a signal.
template <class Start>
LocalnetResult<void> run_single(const char* name, Start start,
                                const std::function<void(const std::string&)>& ready) {
    MainEnvironment main(name);
    main.catch_signals();
    HostedRole role(main.real->sibling(name));
    WALRUS_TRY(role.start(start(role.environment())));
    while (!role.wait_ready(kPollMs * 1000))
        if (main.stop.wait(1)) return {};
    ready(role.url());
    while (!main.stop.wait(1000)) {
    }
    return {};
}

// ---- probes ------------------------------------------------------------------------------------

io::Task<RoleStatus> probe(io::Environment& environment, std::string name, std::string url,
                           std::string path, std::int64_t pid) {
    RoleStatus status;
    status.name = std::move(name);
    status.url = url;
    status.pid = pid;
    if (!process_exists(pid)) {
        status.detail = fmt::format("process {} does not run", pid);
        co_return status;
    }
    const auto origin = http::Origin::parse(url);
    if (!origin) {
        status.detail = origin.error().message;
        co_return status;
    }
    const auto client = http::Client::make(environment);
    http::ClientRequest request;
    request.target = std::move(path);
    http::CallOptions options;
    options.timeout_us = kProbeTimeoutUs;
    options.connect_timeout_us = kProbeTimeoutUs;
    const auto response = co_await client->call(*origin, std::move(request), std::move(options));
    client->close_idle();
    if (!response) {
        status.detail = response.error().message;
        co_return status;
    }
    status.healthy = response->status == 200;
    status.detail = std::string(as_text(response->body));
    co_return status;
}

std::string ledger_url(const HomeConfig& config) {
    return fmt::format("http://127.0.0.1:{}", config.rpc_port);
}

std::vector<RoleStatus> probe_all(io::RealEnvironment& real, const HomeConfig& config,
                                  const std::vector<std::int64_t>& pids) {
    std::vector<RoleStatus> all;
    io::Environment& environment = real.environment();
    all.push_back(
        await(real, probe(environment, "ledger", ledger_url(config), "/health", pids.at(0))));
    for (std::uint32_t i = 0; i < config.nodes; ++i) {
        const std::string url = fmt::format("http://127.0.0.1:{}", config.node_ports.at(i));
        RoleStatus status =
            await(real, probe(environment, node_name(i), url, "/v1/health", pids.at(i + 1)));
        // A node that does not yet follow the ledger answers, but is not ready.
        if (status.healthy && status.detail.find("\"nodeStatus\":\"Active\"") == std::string::npos)
            status.healthy = false;
        all.push_back(std::move(status));
    }
    return all;
}

// ---- home --------------------------------------------------------------------------------------

LocalnetResult<HomeConfig> load_or_create(MainEnvironment& main, const UpOptions& options) {
    auto existing = WALRUS_TRY(load_home_config(main.files(), options.home));
    if (!existing)
        return create_network(
            main.real->environment(), options.home,
            {.nodes = options.nodes.value_or(kNodesDefault),
             .shards = options.shards.value_or(kShardsDefault),
             .port_base = options.port_base.value_or(kPortBaseDefault),
             .epoch_duration_ms = options.epoch_duration_ms.value_or(kEpochDurationMsDefault)});
    const auto differs = [&](const char* option, std::uint64_t asked, std::uint64_t has) {
        return failure(LocalnetCode::Usage,
                       fmt::format("{} {} differs from the {} that the network in {} was created "
                                   "with: leave it out, or choose another --home",
                                   option, asked, has, options.home));
    };
    if (options.nodes && *options.nodes != existing->nodes)
        return differs("--nodes", *options.nodes, existing->nodes);
    if (options.shards && *options.shards != existing->shards)
        return differs("--shards", *options.shards, existing->shards);
    if (options.port_base && *options.port_base != existing->port_base)
        return differs("--port-base", *options.port_base, existing->port_base);
    if (options.epoch_duration_ms && *options.epoch_duration_ms != existing->epoch_duration_ms)
        return differs("--epoch-duration (ms)", *options.epoch_duration_ms,
                       existing->epoch_duration_ms);
    return std::move(*existing);
}

LocalnetResult<std::unique_ptr<io::FileLock>> lock_home(io::FileSystem& files,
                                                        const std::string& home) {
    const auto made = files.create_directories(home);
    if (!made) return fail(from_io(made.error()));
    auto lock = files.lock(lock_path(home));
    if (!lock) {
        if (lock.error().code != io::IoCode::InUse) return fail(from_io(lock.error()));
        const auto pid = files.read_file(pid_path(home), 64);
        return failure(LocalnetCode::Running,
                       fmt::format("a network already runs on {} (PID {}): stop it with `walrus "
                                   "down`, or choose another --home",
                                   home, pid ? std::string(as_text(*pid)) : "unknown"));
    }
    const auto written = files.write_file(pid_path(home), as_bytes(std::to_string(own_pid())));
    if (!written) return fail(from_io(written.error()));
    return std::move(*lock);
}

NetworkSummary summary_of(const std::string& home, const HomeConfig& config, std::string json) {
    return {.home = home,
            .rpc_url = ledger_url(config),
            .nodes = config.nodes,
            .shards = config.shards,
            .json = std::move(json)};
}

// ---- the network -------------------------------------------------------------------------------

/// All roles, in this process or in children; stops them when destroyed.
class RunningNetwork {
public:
    virtual ~RunningNetwork() = default;
    virtual std::vector<std::int64_t> pids() const = 0;
    /// Looks after the roles; called about once a second.
    virtual void look_after() {}
};

class InProcessNetwork final : public RunningNetwork {
public:
    LocalnetResult<void> start(MainEnvironment& main, const std::string& home,
                               const HomeConfig& config) {
        ledger_ = std::make_unique<HostedRole>(main.real->sibling("ledger"));
        WALRUS_TRY(ledger_->start(start_ledger(ledger_->environment(), ledger_directory(home))));
        for (std::uint32_t i = 0; i < config.nodes; ++i) {
            auto node = std::make_unique<HostedRole>(main.real->sibling(node_name(i)));
            WALRUS_TRY(node->start(start_node(node->environment(), node_directory(home, i), true)));
            nodes_.push_back(std::move(node));
        }
        for (std::uint32_t i = 0; i < config.nodes; ++i)
            if (!nodes_[i]->wait_ready(kReadyTimeoutMs * 1000))
                return failure(LocalnetCode::NotReady,
                               fmt::format("{} did not become ready in {} s", node_name(i),
                                           kReadyTimeoutMs / 1000));
        pids_.assign(config.nodes + 1, own_pid());
        return {};
    }
    ~InProcessNetwork() override {
        nodes_.clear();  // before the ledger that they follow
        ledger_.reset();
    }
    std::vector<std::int64_t> pids() const override { return pids_; }

private:
    std::unique_ptr<HostedRole> ledger_;
    std::vector<std::unique_ptr<HostedRole>> nodes_;
    std::vector<std::int64_t> pids_;
};

class ProcessNetwork final : public RunningNetwork {
public:
    LocalnetResult<void> start(MainEnvironment& main, const UpOptions& options,
                               const HomeConfig& config) {
        WALRUS_TRY(spawn(
            "ledger", {options.program, "ledger", "run", "--home", ledger_directory(options.home)},
            ledger_directory(options.home) + "/log"));
        for (std::uint32_t i = 0; i < config.nodes; ++i) {
            const std::string directory = node_directory(options.home, i);
            WALRUS_TRY(
                spawn(node_name(i),
                      {options.program, "node", "run", "--home", directory, "--insecure-http"},
                      directory + "/log"));
        }
        for (std::uint64_t waited = 0;; waited += kPollMs) {
            for (auto& [name, child] : children_)
                if (const auto end = child.poll())
                    return failure(
                        LocalnetCode::NotReady,
                        fmt::format("{} {}: see its log in {}", name, to_text(*end), options.home));
            const auto all = probe_all(*main.real, config, pids());
            const auto slow = std::find_if(all.begin(), all.end(),
                                           [](const RoleStatus& s) { return !s.healthy; });
            if (slow == all.end()) return {};
            if (waited > kReadyTimeoutMs)
                return failure(LocalnetCode::NotReady,
                               fmt::format("{} did not become ready in {} s: {}", slow->name,
                                           kReadyTimeoutMs / 1000, slow->detail));
            if (main.stop.wait(kPollMs))
                return failure(LocalnetCode::NotReady, std::string("stopped before it was ready"));
        }
    }
    ~ProcessNetwork() override {
        // Nodes first; the ledger last.
        for (auto it = children_.rbegin(); it != children_.rend(); ++it) {
            if (it->second.poll()) continue;
            it->second.send_signal(SIGTERM);
        }
        std::mutex mutex;
        std::condition_variable never;
        for (std::uint64_t waited = 0; waited < kStopTimeoutMs; waited += kPollMs) {
            const bool done = std::all_of(children_.begin(), children_.end(), [](auto& child) {
                return child.second.poll().has_value();
            });
            if (done) return;
            std::unique_lock lock(mutex);
            never.wait_for(lock, std::chrono::milliseconds(kPollMs));
        }
        for (auto& [name, child] : children_) {
            if (child.poll()) continue;
            io::log_warn("localnet", "{} did not stop in {} s: killed", name,
                         kStopTimeoutMs / 1000);
            child.send_signal(SIGKILL);
        }
    }
    std::vector<std::int64_t> pids() const override {
        std::vector<std::int64_t> all;
        for (const auto& [name, child] : children_) all.push_back(child.pid());
        return all;
    }
    void look_after() override {
        for (std::size_t i = 0; i < children_.size(); ++i) {
            auto& [name, child] = children_[i];
            const auto end = child.poll();
            if (!end || reported_[i]) continue;
            reported_[i] = true;
            io::log_warn("localnet", "{} (PID {}) {}; the others go on", name, child.pid(),
                         to_text(*end));
        }
    }

private:
    LocalnetResult<void> spawn(std::string name, const std::vector<std::string>& arguments,
                               const std::string& log) {
        auto child = ChildProcess::start(arguments, log, false);
        if (!child) return fail(child.error());
        children_.emplace_back(std::move(name), std::move(*child));
        reported_.push_back(false);
        return {};
    }
    std::vector<std::pair<std::string, ChildProcess>> children_;
    std::vector<bool> reported_;
};

LocalnetResult<void> run_foreground(const UpOptions& options,
                                    const std::function<void(const NetworkSummary&)>& ready) {
    MainEnvironment main("up");
    main.catch_signals();
    const auto lock = WALRUS_TRY(lock_home(main.files(), options.home));
    const auto stale = main.files().exists(network_file_path(options.home));
    if (stale && *stale) {
        const auto removed = main.files().remove(network_file_path(options.home));
        if (!removed) return fail(from_io(removed.error()));
    }
    const HomeConfig config = WALRUS_TRY(load_or_create(main, options));
    const NetworkFacts facts = WALRUS_TRY(load_facts(main.files(), options.home, config));

    std::unique_ptr<RunningNetwork> network;
    if (options.processes) {
        auto running = std::make_unique<ProcessNetwork>();
        WALRUS_TRY(running->start(main, options, config));
        network = std::move(running);
    } else {
        auto running = std::make_unique<InProcessNetwork>();
        WALRUS_TRY(running->start(main, options.home, config));
        network = std::move(running);
    }
    const std::string json = network_json(config, facts, network->pids());
    const auto written =
        main.files().write_file(network_file_path(options.home), as_bytes(json), true);
    if (!written) return fail(from_io(written.error()));
    ready(summary_of(options.home, config, json));
    while (!main.stop.wait(1000)) network->look_after();
    return {};
}

/// What a background start that failed wrote last.
std::string log_tail(io::FileSystem& files, const std::string& home) {
    const auto file = files.open(log_path(home), io::OpenMode::Read);
    if (!file) return "";
    const auto size = (*file)->size();
    if (!size) return "";
    Bytes tail(static_cast<std::size_t>(std::min(*size, kLogTailBytes)));
    const auto read = (*file)->read_at(*size - tail.size(), tail);
    if (!read) return "";
    std::string text(as_text(tail));
    while (!text.empty() && text.back() == '\n') text.pop_back();
    const std::size_t line = text.rfind('\n');
    return line == std::string::npos ? text : text.substr(line + 1);
}

LocalnetResult<void> run_background(const UpOptions& options,
                                    const std::function<void(const NetworkSummary&)>& ready) {
    MainEnvironment main("up");
    io::FileSystem& files = main.files();
    {
        // Fails with the right words when a network runs; the child takes the lock itself.
        const auto lock = WALRUS_TRY(lock_home(files, options.home));
        // A wrong option is told here, not in a log file.
        const HomeConfig config = WALRUS_TRY(load_or_create(main, options));
        const auto stale = files.exists(network_file_path(options.home));
        if (stale && *stale) {
            const auto removed = files.remove(network_file_path(options.home));
            if (!removed) return fail(from_io(removed.error()));
        }
    }
    std::vector<std::string> arguments = {options.program, "up", "--home", options.home};
    if (options.processes) arguments.push_back("--processes");
    auto child = ChildProcess::start(arguments, log_path(options.home), true);
    if (!child) return fail(child.error());
    for (std::uint64_t waited = 0; waited < kReadyTimeoutMs; waited += kPollMs) {
        if (const auto end = child->poll())
            return failure(LocalnetCode::NotReady, fmt::format("the network {}: {}", to_text(*end),
                                                               log_tail(files, options.home)));
        const auto there = files.exists(network_file_path(options.home));
        if (there && *there) {
            const auto json =
                files.read_file(network_file_path(options.home), kNetworkFileBytesMax);
            const auto config = load_home_config(files, options.home);
            if (json && config && *config) {
                ready(summary_of(options.home, **config, std::string(as_text(*json))));
                return {};
            }
        }
        main.stop.wait(kPollMs);
    }
    child->send_signal(SIGTERM);
    return failure(LocalnetCode::NotReady,
                   fmt::format("the network did not become ready in {} s: see {}",
                               kReadyTimeoutMs / 1000, log_path(options.home)));
}

}  // namespace

LocalnetResult<void> run_up(const UpOptions& options,
                            const std::function<void(const NetworkSummary&)>& ready) {
    return options.background ? run_background(options, ready) : run_foreground(options, ready);
}

LocalnetResult<std::vector<RoleStatus>> network_status(const std::string& home) {
    MainEnvironment main("status");
    const auto config = WALRUS_TRY(load_home_config(main.files(), home));
    if (!config)
        return failure(
            LocalnetCode::NotFound,
            fmt::format("there is no network in {}: start one with `walrus up --home {}`", home,
                        home));
    const auto text = main.files().read_file(network_file_path(home), kNetworkFileBytesMax);
    const auto lock = main.files().lock(lock_path(home));
    if (!text || lock)
        return failure(
            LocalnetCode::NotRunning,
            fmt::format("the network in {} does not run: start it with `walrus up`", home));
    const auto pids = WALRUS_TRY(pids_of_network_json(std::string(as_text(*text))));
    if (pids.size() != config->nodes + std::size_t{1})
        return failure(LocalnetCode::Corrupt, std::string("network.json has too few PIDs"));
    return probe_all(*main.real, *config, pids);
}

LocalnetResult<void> run_down(const std::string& home, std::uint64_t timeout_ms) {
    MainEnvironment main("down");
    const auto config = WALRUS_TRY(load_home_config(main.files(), home));
    if (!config)
        return failure(LocalnetCode::NotFound, fmt::format("there is no network in {}", home));
    const auto not_running = [&] {
        return failure(LocalnetCode::NotRunning,
                       fmt::format("the network in {} does not run", home));
    };
    {
        const auto lock = main.files().lock(lock_path(home));
        if (lock) return not_running();
    }
    const auto text = main.files().read_file(pid_path(home), 64);
    if (!text) return fail(from_io(text.error()));
    const std::int64_t pid = std::atoll(std::string(as_text(*text)).c_str());
    if (!signal_process(pid, SIGTERM)) return not_running();
    for (std::uint64_t waited = 0; waited < timeout_ms; waited += kPollMs) {
        const auto lock = main.files().lock(lock_path(home));
        if (lock) return {};
        main.stop.wait(kPollMs);
    }
    return failure(LocalnetCode::Io, fmt::format("the network (PID {}) did not stop within {} s",
                                                 pid, timeout_ms / 1000));
}

LocalnetResult<void> run_ledger(const LedgerRunOptions& options,
                                const std::function<void(const std::string&)>& ready) {
    return run_single(
        "ledger",
        [&](io::Environment& environment) { return start_ledger(environment, options.directory); },
        ready);
}

LocalnetResult<void> run_node(const NodeRunOptions& options,
                              const std::function<void(const std::string&)>& ready) {
    return run_single(
        "node",
        [&](io::Environment& environment) {
            return start_node(environment, options.directory, options.insecure_http);
        },
        ready);
}

}  // namespace walrus::localnet
