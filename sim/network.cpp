// SPDX-License-Identifier: Apache-2.0
#include "sim/network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <utility>

#include "base/check.hpp"
#include "sim/connection.hpp"

namespace walrus::sim {

namespace {

using io::Endpoint;
using io::io_failure;
using io::IoCode;
using io::IoResult;

constexpr std::uint16_t kEphemeralPortMin = 40'000;

std::pair<HostIndex, HostIndex> ordered(HostIndex a, HostIndex b) {
    return {std::min(a, b), std::max(a, b)};
}

bool is_loopback(const std::string& host) {
    return host == "127.0.0.1" || host == "localhost";
}

}  // namespace

struct ListenerState {
    Fabric& fabric;
    HostIndex host = 0;
    std::uint16_t port = 0;
    bool closed = false;
    std::deque<std::unique_ptr<io::Stream>> backlog;
    std::optional<io::OneShot<bool>> waiter;
};

namespace {

void wake(EventQueue& queue, ListenerState& state) {
    if (!state.waiter) return;
    queue.push(0, [turn = *state.waiter] { turn.set(true); });
    state.waiter.reset();
}

io::Task<IoResult<std::unique_ptr<io::Stream>>> accept_from(std::shared_ptr<ListenerState> state) {
    while (true) {
        if (state->closed) co_return io_failure(IoCode::Closed, "the listener was closed");
        if (!state->backlog.empty()) {
            std::unique_ptr<io::Stream> stream = std::move(state->backlog.front());
            state->backlog.pop_front();
            co_return std::move(stream);
        }
        WALRUS_CHECK(!state->waiter);
        io::OneShot<bool> turn;
        state->waiter = turn;
        co_await turn;
    }
}

}  // namespace

class SimListener final : public io::Listener {
public:
    explicit SimListener(std::shared_ptr<ListenerState> state) : state_(std::move(state)) {}
    ~SimListener() override { close(); }
    io::Task<IoResult<std::unique_ptr<io::Stream>>> accept() override {
        return accept_from(state_);
    }
    std::uint16_t port() const override { return state_->port; }
    void close() override {
        if (state_->closed) return;
        state_->closed = true;
        state_->fabric.hosts_[state_->host].listeners.erase(state_->port);
        state_->backlog.clear();
        wake(state_->fabric.queue_, *state_);
    }

private:
    std::shared_ptr<ListenerState> state_;
};

class SimNetwork final : public io::Network {
public:
    SimNetwork(Fabric& fabric, HostIndex host) : fabric_(fabric), host_(host) {}

    io::Task<IoResult<std::unique_ptr<io::Stream>>> connect(Endpoint to, std::uint64_t timeout_us,
                                                            io::CancelToken cancel) override {
        return connect_from(fabric_, host_, std::move(to), timeout_us, std::move(cancel));
    }
    IoResult<std::unique_ptr<io::Listener>> listen(const Endpoint& at) override {
        return fabric_.listen(host_, at);
    }

private:
    static io::Task<IoResult<std::unique_ptr<io::Stream>>> connect_from(Fabric& fabric,
                                                                        HostIndex from, Endpoint to,
                                                                        std::uint64_t timeout_us,
                                                                        io::CancelToken cancel) {
        using Answer = IoResult<std::unique_ptr<io::Stream>>;
        const std::string where = io::to_text(to);
        if (cancel.cancelled()) co_return io_failure(IoCode::Cancelled, "connect was cancelled");
        ConnectAnswer answer;
        fabric.start_connect(from, to, answer);
        std::optional<EventQueue::Id> timer;
        if (timeout_us > 0) {
            timer = fabric.queue_.push(timeout_us, [answer, where] {
                answer.set(Answer(io_failure(IoCode::TimedOut, "no answer from " + where)));
            });
        }
        const io::CancelRegistration registration = cancel.on_cancel([&fabric, answer] {
            fabric.queue_.push(0, [answer] {
                answer.set(Answer(io_failure(IoCode::Cancelled, "connect was cancelled")));
            });
        });
        Answer result = co_await answer;
        if (timer) fabric.queue_.cancel(*timer);
        co_return std::move(result);
    }

    Fabric& fabric_;
    HostIndex host_;
};

Fabric::Fabric(EventQueue& queue, Trace& trace, std::uint64_t seed, NetworkModel model)
    : queue_(queue),
      trace_(trace),
      model_(model),
      rng_(seed, "network"),
      fault_rng_(seed, "network faults"),
      seed_(seed) {
    WALRUS_CHECK(model_.latency_us_min <= model_.latency_us_max);
    WALRUS_CHECK(model_.bandwidth_bytes_per_s > 0);
    WALRUS_CHECK(model_.segment_bytes > 0);
    WALRUS_CHECK(model_.window_bytes > 0);
}

Fabric::~Fabric() = default;

HostIndex Fabric::add_host(std::string name, std::string address) {
    const HostIndex index = hosts_.size();
    Host host;
    host.name = std::move(name);
    host.address = std::move(address);
    host.next_port = kEphemeralPortMin;
    // Each pair of hosts has its own stream, so a further host moves no other link.
    for (HostIndex other = 0; other < index; ++other) {
        Rng rng(seed_, "link/" + hosts_[other].name + "/" + host.name);
        latencies_us_[{other, index}] = rng.between(model_.latency_us_min, model_.latency_us_max);
    }
    hosts_.push_back(std::move(host));
    return index;
}

std::unique_ptr<io::Network> Fabric::network_of(HostIndex host) {
    return std::make_unique<SimNetwork>(*this, host);
}

void Fabric::set_host_up(HostIndex host, bool up) {
    if (hosts_[host].up == up) return;
    trace_.event(queue_.now_us(), up ? "up" : "down", hosts_[host].name, "-", 0);
    if (up) {
        hosts_[host].up = true;
        return;
    }
    for (auto& [port, listener] : std::exchange(hosts_[host].listeners, {})) {
        listener->closed = true;
        listener->backlog.clear();
        wake(queue_, *listener);
    }
    std::vector<std::shared_ptr<Connection>> broken;
    for (const auto& [id, weak] : connections_) {
        if (auto connection = weak.lock()) broken.push_back(std::move(connection));
    }
    for (const auto& connection : broken) {
        for (std::size_t side = 0; side < 2; ++side) {
            if (connection->ends[side].host == host) connection->break_end(side);
        }
    }
    hosts_[host].up = false;
}

bool Fabric::host_up(HostIndex host) const {
    return hosts_[host].up;
}

void Fabric::cut(HostIndex a, HostIndex b) {
    if (!cuts_.insert(ordered(a, b)).second) return;
    trace_.event(queue_.now_us(), "cut", hosts_[a].name, hosts_[b].name, 0);
}

void Fabric::heal(HostIndex a, HostIndex b) {
    if (cuts_.erase(ordered(a, b)) == 0) return;
    trace_.event(queue_.now_us(), "heal", hosts_[a].name, hosts_[b].name, 0);
    for (const auto& connection : connections_between(a, b)) connection->release_stalled();
}

void Fabric::heal_all() {
    while (!cuts_.empty()) {
        const auto [a, b] = *cuts_.begin();
        heal(a, b);
    }
}

void Fabric::isolate(HostIndex host) {
    for (HostIndex other = 0; other < hosts_.size(); ++other) {
        if (other != host) cut(host, other);
    }
}

std::size_t Fabric::open_connections() const {
    std::size_t count = 0;
    for (const auto& [id, weak] : connections_) {
        const auto connection = weak.lock();
        if (!connection) continue;
        for (const Connection::End& end : connection->ends) {
            if (end.closed || end.reset) continue;
            ++count;
            break;
        }
    }
    return count;
}

std::optional<HostIndex> Fabric::find(HostIndex from, const std::string& host) const {
    if (is_loopback(host)) return from;
    for (HostIndex i = 0; i < hosts_.size(); ++i) {
        if (hosts_[i].name == host || hosts_[i].address == host) return i;
    }
    return std::nullopt;
}

bool Fabric::is_cut(HostIndex a, HostIndex b) const {
    return cuts_.contains(ordered(a, b));
}

std::uint64_t Fabric::base_latency_us(HostIndex a, HostIndex b) const {
    if (a == b) return model_.loopback_us;
    return latencies_us_.at(ordered(a, b));
}

std::uint64_t Fabric::draw_latency_us(HostIndex a, HostIndex b) {
    std::uint64_t latency_us = base_latency_us(a, b);
    if (model_.jitter_us_max > 0) latency_us += rng_.between(0, model_.jitter_us_max);
    if (a != b && fault_rng_.per_million(faults_.delay_per_million)) {
        latency_us += fault_rng_.between(0, faults_.delay_us_max);
    }
    return latency_us;
}

std::uint16_t Fabric::take_port(HostIndex host) {
    Host& of = hosts_[host];
    while (true) {
        const std::uint16_t port = of.next_port;
        of.next_port = port == 65'535 ? kEphemeralPortMin : static_cast<std::uint16_t>(port + 1);
        if (!of.listeners.contains(port)) return port;
    }
}

std::string Fabric::end_text(HostIndex host, std::uint16_t port) const {
    return fmt::format("{}:{}", hosts_[host].name, port);
}

void Fabric::start_connect(HostIndex from, const Endpoint& to, ConnectAnswer answer) {
    using Answer = IoResult<std::unique_ptr<io::Stream>>;
    const std::optional<HostIndex> target = find(from, to.host);
    if (!hosts_[from].up || !target) {
        const IoCode code = target ? IoCode::Refused : IoCode::NotFound;
        const std::string message = target ? "this host is down" : "unknown host " + to.host;
        queue_.push(model_.loopback_us,
                    [answer, code, message] { answer.set(Answer(io_failure(code, message))); });
        return;
    }
    const std::uint16_t from_port = take_port(from);
    queue_.push(draw_latency_us(from, *target),
                [this, from, from_port, target = *target, port = to.port, answer] {
                    connect_arrives(from, from_port, target, port, answer);
                });
}

void Fabric::connect_arrives(HostIndex from, std::uint16_t from_port, HostIndex to,
                             std::uint16_t to_port, ConnectAnswer answer) {
    using Answer = IoResult<std::unique_ptr<io::Stream>>;
    if (is_cut(from, to)) return;  // the caller's timeout tells it
    const std::string from_text = end_text(from, from_port);
    const std::string to_text = end_text(to, to_port);
    const auto listener = hosts_[to].listeners.find(to_port);
    const bool refused = !hosts_[to].up || listener == hosts_[to].listeners.end() ||
                         listener->second->backlog.size() >= model_.backlog_max ||
                         fault_rng_.per_million(faults_.refuse_per_million);
    if (refused) {
        trace_.event(queue_.now_us(), "refuse", from_text, to_text, 0);
        queue_.push(draw_latency_us(to, from), [answer, to_text] {
            answer.set(Answer(io_failure(IoCode::Refused, "nobody listens at " + to_text)));
        });
        return;
    }
    const std::uint64_t id = next_connection_++;
    trace_.event(queue_.now_us(), "connect", from_text, to_text, id);
    auto connection = std::make_shared<Connection>(*this, id);
    connections_[id] = connection;
    Connection::End& near = connection->ends[0];
    Connection::End& far = connection->ends[1];
    near.host = from;
    near.port = from_port;
    near.text = from_text;
    near.address = fmt::format("{}:{}", hosts_[from].address, from_port);
    far.host = to;
    far.port = to_port;
    far.text = to_text;
    far.address = fmt::format("{}:{}", hosts_[to].address, to_port);
    listener->second->backlog.push_back(make_stream(connection, 1));
    wake(queue_, *listener->second);
    // What the server sends at once must not overtake the answer.
    const std::uint64_t latency_us = draw_latency_us(to, from);
    near.last_arrival_us = queue_.now_us() + latency_us;
    queue_.push(latency_us, [answer, stream = make_stream(connection, 0)]() mutable {
        answer.set(Answer(std::move(stream)));
    });
}

IoResult<std::unique_ptr<io::Listener>> Fabric::listen(HostIndex host, const Endpoint& at) {
    Host& of = hosts_[host];
    if (!of.up) return io_failure(IoCode::Other, "this host is down");
    const bool any = at.host.empty() || at.host == "0.0.0.0" || at.host == "::";
    if (!any && find(host, at.host) != host) {
        return io_failure(IoCode::NotFound, at.host + " is no address of " + of.name);
    }
    const std::uint16_t port = at.port == 0 ? take_port(host) : at.port;
    if (of.listeners.contains(port)) {
        return io_failure(IoCode::InUse, "somebody listens at " + end_text(host, port));
    }
    auto state = std::make_shared<ListenerState>(ListenerState{
        .fabric = *this, .host = host, .port = port, .closed = false, .backlog = {}, .waiter = {}});
    of.listeners[port] = state;
    return std::make_unique<SimListener>(std::move(state));
}

std::vector<std::shared_ptr<Connection>> Fabric::connections_between(HostIndex a,
                                                                     HostIndex b) const {
    std::vector<std::shared_ptr<Connection>> found;
    for (const auto& [id, weak] : connections_) {
        auto connection = weak.lock();
        if (connection && connection->between(a, b)) found.push_back(std::move(connection));
    }
    return found;
}

}  // namespace walrus::sim
