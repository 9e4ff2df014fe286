// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario.hpp"

#include <fmt/format.h>

#include <memory>
#include <set>

#include "base/text.hpp"
#include "sim/checkers/cursors.hpp"
#include "sim/checkers/durability.hpp"
#include "sim/checkers/money.hpp"
#include "sim/checkers/payments.hpp"
#include "sim/checkers/slivers.hpp"
#include "sim/disk_digest.hpp"
#include "sim/story.hpp"

namespace walrus::sim {

namespace {

/// Longer than the pause of any role before it connects again.
constexpr std::uint64_t kReconnectUs = 15 * kSecondUs;
/// Longer than any role takes to notice that a connection makes no progress, and to connect again.
constexpr std::uint64_t kSettleUs = 90 * kSecondUs;
/// How long everything that was stopped may take to fall silent.
constexpr std::uint64_t kSilenceLimitUs = 600 * kSecondUs;

/// A blob of about `size` bytes whose content is from the seed.
Bytes blob_of(Story& story, std::size_t size) {
    return story.rng().bytes(size + story.rng().below(size / 4 + 1));
}

std::size_t any_node(Story& story, const Cluster& cluster) {
    return static_cast<std::size_t>(story.rng().below(cluster.node_count()));
}

// ---- stories -----------------------------------------------------------------------------------

/// Three blobs, one of them permanent; a node dies and comes back.
void play_node_down(Cluster& cluster, Findings& findings) {
    Story story(cluster, findings);
    story.store(blob_of(story, 900'000));
    if (story.over()) return;
    story.store(blob_of(story, 60'000), false);
    if (story.over()) return;
    story.store(blob_of(story, 100));
    if (story.over()) return;
    story.read_all();
    if (story.over()) return;
    const std::size_t node = any_node(story, cluster);
    if (story.failed(cluster.kill_node(node, false))) return;
    story.read_all();
    if (story.over()) return;
    story.store(blob_of(story, 40'000));
    if (story.over()) return;
    if (story.failed(cluster.restart_node(node))) return;
    story.read_all();
}

/// Power fails on one node in the middle of an upload, and on another right after a certificate.
void play_power_cut(Cluster& cluster, Findings& findings) {
    Story story(cluster, findings);
    const std::size_t first = any_node(story, cluster);
    const std::size_t second =
        (first + 1 + story.rng().below(cluster.node_count() - 1)) % cluster.node_count();
    const Story::Store store = story.begin_store(blob_of(story, 600'000));
    story.run_until_step(store, client::StoreStep::HalfUploaded);
    if (story.failed(cluster.kill_node(first, true))) return;
    if (!story.finish_store(store)) return;
    if (story.failed(cluster.kill_node(second, true))) return;
    story.read_all();
    if (story.over()) return;
    if (story.failed(cluster.restart_node(first))) return;
    if (story.failed(cluster.restart_node(second))) return;
    story.store(blob_of(story, 30'000));
    if (story.over()) return;
    story.read_all();
}

/// The ledger's power fails while a payment is on its way; the client pays exactly once.
void play_ledger_restart(Cluster& cluster, Findings& findings) {
    Story story(cluster, findings);
    const auto before = story.wal_balance();
    if (!story.store(blob_of(story, 50'000))) return;
    const auto between = story.wal_balance();
    if (story.over()) return;
    const std::uint64_t price = *before - *between;
    const Bytes content = blob_of(story, 50'000);
    const Story::Store store = story.begin_store(content);
    story.run_until_step(store, client::StoreStep::RegisterSent);
    cluster.world().run_for(story.rng().below(60'000));
    if (story.failed(cluster.kill_ledger(story.rng().one_in(2)))) return;
    cluster.world().run_for(story.rng().below(2 * kSecondUs));
    if (story.failed(cluster.restart_ledger())) return;
    // A store that gives up may be run again, and pays no second time.
    if (!story.finish_store(store, true) && !story.finish_store(story.begin_store(content))) return;
    const auto after = story.wal_balance();
    if (story.over()) return;
    if (*between - *after != price) {
        findings.violation(fmt::format("one store cost {} Frost, the one across a restart {}",
                                       price, *between - *after));
    }
    story.read_all();
}

/// Connections break, are refused and stall; whatever succeeds must be right.
void play_bad_network(Cluster& cluster, Findings& findings) {
    Story story(cluster, findings);
    cluster.world().fabric().set_faults({.refuse_per_million = 20'000,
                                         .reset_per_million = 3'000,
                                         .delay_per_million = 10'000,
                                         .delay_us_max = 3 * kSecondUs});
    for (int i = 0; i < 4; ++i) {
        story.finish_store(story.begin_store(blob_of(story, 100'000)), true);
        story.read_all(true);
        if (story.over()) return;
    }
    cluster.world().fabric().set_faults({});
    story.store(blob_of(story, 10'000));
    if (story.over()) return;
    story.read_all();
}

/// As many nodes as may fail fall silent, not refusing but unreachable, and come back.
void play_partition(Cluster& cluster, Findings& findings) {
    Story story(cluster, findings);
    story.store(blob_of(story, 200'000));
    if (story.over()) return;
    const std::size_t first = any_node(story, cluster);
    const std::size_t second = (first + 1) % cluster.node_count();
    cluster.world().fabric().isolate(cluster.node_host(first).index());
    cluster.world().fabric().isolate(cluster.node_host(second).index());
    story.store(blob_of(story, 80'000));
    if (story.over()) return;
    story.read_all();
    if (story.over()) return;
    cluster.world().fabric().heal_all();
    cluster.world().run_for(60 * kSecondUs);
    story.read_all();
}

/// What the seed wants: nodes and ledger fail and come back, links are cut, connections break,
/// while blobs are stored and read. Never more nodes are away than may fail.
class Chaos {
public:
    Chaos(Cluster& cluster, Findings& findings)
        : cluster_(cluster), story_(cluster, findings), rng_(cluster.world().rng("chaos")) {}

    void play() {
        for (std::size_t round = 0; round < kRounds; ++round) {
            const Bytes content = story_.rng().bytes(1 + story_.rng().below(150'000));
            const bool deletable = rng_.one_in(2);
            const Story::Store store = story_.begin_store(content, deletable);
            for (std::uint64_t harm = rng_.below(4); harm > 0; --harm) {
                cluster_.world().run_for(rng_.below(400'000));
                if (!do_harm()) return;
            }
            const bool stored = story_.finish_store(store, true);
            story_.read_all(true);
            if (story_.over() || !repair()) return;
            // What gave up under the harm works now.
            if (!stored && !story_.store(content, deletable)) return;
        }
        story_.read_all();
    }

private:
    static constexpr std::size_t kRounds = 5;
    static constexpr std::size_t kAwayMax = 2;

    bool do_harm() {
        switch (rng_.below(5)) {
            case 0:
                return stop_node(false);
            case 1:
                return stop_node(true);
            case 2:
                return isolate_node();
            case 3:
                return fail_ledger();
            default:
                cluster_.world().fabric().set_faults({.refuse_per_million = rng_.below(50'000),
                                                      .reset_per_million = rng_.below(10'000),
                                                      .delay_per_million = rng_.below(30'000),
                                                      .delay_us_max = rng_.below(5 * kSecondUs)});
                return true;
        }
    }
    /// A node that runs and is reached; nothing if no more may go away.
    std::optional<std::size_t> victim() {
        const std::size_t node = any_node(story_, cluster_);
        if (stopped_.size() + isolated_.size() >= kAwayMax) return std::nullopt;
        if (stopped_.contains(node) || isolated_.contains(node)) return std::nullopt;
        return node;
    }
    bool stop_node(bool power_cut) {
        const auto node = victim();
        if (!node) return true;
        stopped_.insert(*node);
        return !story_.failed(cluster_.kill_node(*node, power_cut));
    }
    bool isolate_node() {
        const auto node = victim();
        if (!node) return true;
        isolated_.insert(*node);
        cluster_.world().fabric().isolate(cluster_.node_host(*node).index());
        return true;
    }
    bool fail_ledger() {
        if (story_.failed(cluster_.kill_ledger(rng_.one_in(2)))) return false;
        cluster_.world().run_for(rng_.below(3 * kSecondUs));
        return !story_.failed(cluster_.restart_ledger());
    }
    bool repair() {
        cluster_.world().fabric().set_faults({});
        cluster_.world().fabric().heal_all();
        isolated_.clear();
        for (const std::size_t node : stopped_) {
            if (story_.failed(cluster_.restart_node(node))) return false;
        }
        stopped_.clear();
        cluster_.world().run_for(kReconnectUs);
        return true;
    }

    Cluster& cluster_;
    Story story_;
    Rng rng_;
    std::set<std::size_t> stopped_;
    std::set<std::size_t> isolated_;
};

void play_chaos(Cluster& cluster, Findings& findings) {
    Chaos(cluster, findings).play();
}

// ---- the run around a story --------------------------------------------------------------------

void wait_for_nodes(Cluster& cluster, Findings& findings) {
    cluster.world().run_for(kSettleUs);
    for (std::size_t i = 0; i < cluster.node_count(); ++i) {
        if (!cluster.node_runs(i) || cluster.stuck()) continue;
        if (const auto problem = cluster.wait_ready(i)) findings.failure(*problem);
    }
}

void check_ledger(Cluster& cluster, Findings& findings) {
    Host& host = cluster.ledger_host();
    for (const auto& [path, disk] : host.stores()) {
        auto opened = io::MemoryStore::open(disk);
        if (!opened) {
            findings.violation("the ledger's store does not open: " + opened.error().message);
            continue;
        }
        check_money(**opened, cluster.genesis(), cluster.facts().ids, findings);
        if (check_payments(**opened, findings) < findings.stored.size())
            findings.violation("a stored blob has no object on the ledger");
    }
}

void check_nodes(Cluster& cluster, std::uint64_t head_seq, bool all_caught_up, Findings& findings) {
    std::vector<NodeCursor> cursors;
    std::vector<NodeDisk> disks;
    const std::string directory = kNodeDirectory;
    for (std::size_t i = 0; i < cluster.node_count(); ++i) {
        Host& host = cluster.node_host(i);
        check_slivers(host, directory, cluster.options().shards, findings);
        if (const auto cursor = read_cursor(host, directory, findings)) {
            cursors.push_back({host.name(), *cursor});
        }
        disks.push_back({&host, cluster.shards(i)});
    }
    check_cursors(cursors, head_seq, all_caught_up, findings);
    check_durability(disks, directory, cluster.options().shards, findings);
}

void note_disks(World& world) {
    for (HostIndex i = 0; i < world.host_count(); ++i) {
        Host& host = world.host(i);
        world.note("disk of " + host.name(), disk_digest(host).view());
    }
}

void play_and_check(Cluster& cluster, const Scenario& scenario, Findings& findings) {
    if (const auto problem = cluster.start()) {
        findings.failure(*problem);
    } else {
        scenario.play(cluster, findings);
    }
    if (cluster.stuck()) return;
    World& world = cluster.world();
    world.fabric().set_faults({});
    world.fabric().heal_all();
    wait_for_nodes(cluster, findings);
    if (cluster.stuck()) return;
    const bool all_caught_up = findings.failures.empty();
    std::optional<std::uint64_t> head_seq;
    if (cluster.ledger() != nullptr) head_seq = cluster.ledger()->head().next_seq;
    if (const auto problem = cluster.stop()) {
        findings.failure(*problem);
        cluster.set_stuck();
        return;
    }
    const RunEnd silence = world.run_until([] { return false; }, kSilenceLimitUs);
    if (silence != RunEnd::Idle) {
        findings.violation("something goes on after everything was stopped");
        cluster.set_stuck();
        return;
    }
    for (HostIndex i = 0; i < world.host_count(); ++i) world.host(i).restart();
    // The digest is of what the run left, before the checkers open the disks.
    note_disks(world);
    if (!head_seq) return;
    check_ledger(cluster, findings);
    check_nodes(cluster, *head_seq, all_caught_up, findings);
}

}  // namespace

const std::vector<Scenario>& scenarios() {
    static const std::vector<Scenario> all = {
        {"node-down", "store and read three blobs; a node dies, is done without, comes back",
         play_node_down},
        {"power-cut", "a node's power fails during an upload, another's after a certificate",
         play_power_cut},
        {"ledger-restart", "the ledger fails while a payment is on its way; nothing is paid twice",
         play_ledger_restart},
        {"bad-network", "connections break, are refused and stall", play_bad_network},
        {"partition", "as many nodes as may fail fall silent", play_partition},
        {"chaos", "all of these in an order that the seed chooses", play_chaos},
    };
    return all;
}

const Scenario* find_scenario(std::string_view name) {
    for (const Scenario& scenario : scenarios()) {
        if (scenario.name == name) return &scenario;
    }
    return nullptr;
}

std::string RunReport::line() const {
    return fmt::format("digest={} messages={} virtual_ms={}", hex_encode(digest.view()), messages,
                       virtual_ms);
}

RunReport run(const RunOptions& options) {
    const Scenario* scenario = find_scenario(options.scenario);
    WALRUS_CHECK(scenario != nullptr);
    WorldOptions world_options;
    world_options.seed = options.seed;
    auto world = std::make_unique<World>(world_options);
    if (options.sink) world->trace().set_sink(options.sink);
    if (options.flip_message) world->fabric().flip_message(*options.flip_message);
    auto cluster = std::make_unique<Cluster>(*world, ClusterOptions{});

    RunReport report;
    play_and_check(*cluster, *scenario, report.findings);
    report.digest = world->trace().digest();
    report.messages = world->trace().messages();
    report.virtual_ms = world->now_us() / 1000;
    report.events = world->queue().executed();
    report.flipped = world->fabric().flipped();
    world->trace().set_sink({});
    if (cluster->stuck()) {
        // Tasks that did not end still refer to both.
        (void)cluster.release();
        (void)world.release();
    }
    return report;
}

}  // namespace walrus::sim
