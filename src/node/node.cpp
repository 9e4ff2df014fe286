// SPDX-License-Identifier: Apache-2.0
#include "node/node.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "http/server.hpp"
#include "io/log.hpp"
#include "node/context.hpp"
#include "node/epochs.hpp"
#include "node/follower.hpp"
#include "node/routes.hpp"
#include "node/shard_sync.hpp"
#include "redstuff/sliver.hpp"

namespace walrus::node {
namespace {

constexpr std::string_view kCommitteeSetting = "committee";
constexpr std::uint64_t kCommitteeRetryMinUs = 100'000;
constexpr std::uint64_t kCommitteeRetryMaxUs = 5'000'000;
constexpr std::uint64_t kMetricsPeriodUs = 5'000'000;
/// Bodies that a refused upload may still send, so that its sender hears the answer.
constexpr std::uint64_t kUnreadBodyBytesMax = 8u << 20;

auto refuse(StartCode code, std::string message) {
    return failure(code, std::move(message));
}

/// The one conversion from the store's errors when starting.
StartError from_store_start(const store::StoreError& error) {
    switch (error.code) {
        case store::StoreCode::InUse:
            return {StartCode::InUse, error.message};
        case store::StoreCode::UnknownFormat:
            return {StartCode::UnknownFormat, error.message};
        case store::StoreCode::Corrupt:
            return {StartCode::Corrupt, error.message};
        case store::StoreCode::NoSpace:
        case store::StoreCode::ReadOnly:
        case store::StoreCode::TooLarge:
        case store::StoreCode::Busy:
        case store::StoreCode::Io:
            break;
    }
    return {StartCode::Io, error.message};
}

class NodeImpl final : public Node {
public:
    NodeImpl(io::Environment& environment, NodeConfig config, io::Metrics& metrics,
             std::unique_ptr<store::NodeStore> store, std::unique_ptr<rpc::LedgerClient> ledger)
        : environment_(environment),
          config_(std::move(config)),
          store_(std::move(store)),
          context_(environment, config_, metrics, *store_),
          refresh_committee_(environment.loop),
          ledger_(std::move(ledger)),
          tasks_(environment.loop) {}

    Result<void, StartError> begin() {
        http::ServerOptions options;
        if (!config_.network_key_pem.empty()) {
            auto tls = http::TlsServer::self_signed(config_.network_key_pem, config_.public_host);
            if (!tls)
                return refuse(StartCode::InvalidConfig, "network key: " + tls.error().message);
            options.tls = std::move(*tls);
        }
        options.allow_plain = config_.allow_plain_http;
        options.name = "walrus-node";
        options.limits.connections_max = config_.limits.connections_max;
        options.limits.unread_body_bytes_max = kUnreadBodyBytesMax;
        http_ = http::Client::make(environment_);
        if (!ledger_) {
            auto ledger = rpc::LedgerClient::make(environment_, *http_, config_.ledger_url);
            if (!ledger)
                return refuse(StartCode::InvalidConfig, "ledger URL: " + ledger.error().message);
            ledger_ = std::move(*ledger);
        }
        WALRUS_TRY(load_committee());
        peers_ = std::make_unique<Peers>(environment_, *http_, *ledger_, config_.node_id,
                                         !config_.network_key_pem.empty());
        context_.peers = peers_.get();

        add_routes(context_, router_);
        auto server = http::Server::start(environment_, config_.listen, router_.handler(), options);
        if (!server)
            return refuse(
                server.error().code == io::IoCode::InUse ? StartCode::InUse : StartCode::Io,
                fmt::format("listen on {}: {}", io::to_text(config_.listen),
                            server.error().message));
        server_ = std::move(*server);
        follower_ = std::make_unique<Follower>(context_, *ledger_, refresh_committee_);
        tasks_.add(follow_committee());
        tasks_.add(follower_->run());
        tasks_.add(remove_leftovers());
        tasks_.add(keep_epochs());
        if (config_.account) {
            epochs_ = std::make_unique<EpochDriver>(context_, *ledger_, refresh_committee_);
            tasks_.add(epochs_->run());
        }
        tasks_.add(publish_metrics());
        io::log_info("node", "node {} listens on port {}", to_text(config_.node_id), port());
        return {};
    }

    std::uint16_t port() const override { return server_->port(); }
    bool ready() const override { return context_.ledger.ready(); }
    Epoch epoch_synced() const override { return context_.ledger.epoch_synced; }

    io::Task<bool> wait_ready(std::uint64_t timeout_us) override {
        const std::uint64_t deadline_us = environment_.loop.monotonic_us() + timeout_us;
        while (!ready() && !context_.stopping) {
            const std::uint64_t now_us = environment_.loop.monotonic_us();
            if (now_us >= deadline_us) break;
            co_await context_.changed.wait(deadline_us - now_us);
        }
        co_return ready();
    }

    io::Task<void> stop() override {
        if (context_.stopping) co_return;
        context_.stopping = true;
        stopped_.cancel();
        follower_->stop();
        if (epochs_) epochs_->stop();
        peers_->stop();
        context_.registrations.stop();
        context_.changed.notify_all();
        co_await server_->stop();
        co_await tasks_.wait();
        co_await context_.committer.stop();
        // Closing blocks.
        auto close = [this] { store_.reset(); };
        co_await io::offload(environment_.loop, environment_.disk, std::move(close));
        if (http_) http_->close_idle();
    }

private:
    /// Serves with the committee of the last run until the ledger answers.
    Result<void, StartError> load_committee() {
        const auto stored = store_->state().setting(kCommitteeSetting);
        if (!stored) return tl::make_unexpected(from_store_start(stored.error()));
        if (!*stored) return {};
        auto record = bcs::decode<CommitteeRecord>(**stored);
        if (record) context_.ledger.committee = CommitteeView::make(std::move(*record));
        if (!context_.ledger.committee)
            return refuse(StartCode::Corrupt, "the stored committee is malformed");
        return {};
    }

    io::Task<void> follow_committee() {
        CommitteeSource source;
        source.system_object = config_.system_object;
        source.staking_object = config_.staking_object;
        source.node_id = config_.node_id;
        source.protocol_key = config_.protocol_key.public_key().to_uncompressed();
        std::uint64_t retry_us = kCommitteeRetryMinUs;
        while (!stopped_.cancelled()) {
            auto committee = co_await read_committee(*ledger_, source);
            if (stopped_.cancelled()) break;
            std::uint64_t pause_us = config_.limits.committee_refresh_us;
            if (committee) {
                co_await take_committee(std::move(*committee));
                retry_us = kCommitteeRetryMinUs;
            } else {
                note_committee_error(committee.error());
                pause_us = retry_us;
                retry_us = std::min(2 * retry_us, kCommitteeRetryMaxUs);
            }
            co_await refresh_committee_.wait(pause_us, stopped_.token());
        }
    }

    /// A ledger that is away contradicts nothing: the view stays as it is.
    void note_committee_error(const Failure<CommitteeCode>& error) {
        if (error.code == CommitteeCode::Unavailable) {
            io::log_info("node", "committee: {}", error.message);
            return;
        }
        if (context_.ledger.committee_problem != error.message)
            io::log_error("node", "committee: {}", error.message);
        context_.ledger.committee_problem = error.message;
        context_.changed.notify_all();
    }

    io::Task<void> take_committee(std::shared_ptr<const CommitteeView> committee) {
        const auto& known = context_.ledger.committee;
        if (!known || known->record != committee->record) {
            const Bytes record = bcs::encode(committee->record);
            auto save = [this, &record] {
                return store_->state().put_setting(kCommitteeSetting, record);
            };
            const auto saved =
                co_await io::offload(environment_.loop, environment_.disk, std::move(save));
            if (!saved) io::log_error("node", "committee not stored: {}", saved.error().message);
            io::log_info("node", "epoch {}: {} of {} shards are this node's",
                         committee->record.epoch, committee->record.owned.size(),
                         committee->record.shard_count);
        }
        context_.ledger.committee = std::move(committee);
        context_.ledger.committee_read = true;
        context_.ledger.committee_problem.reset();
        context_.changed.notify_all();
    }

    /// What a crash kept from being removed.
    io::Task<void> remove_leftovers() {
        while (!context_.ledger.committee && !stopped_.cancelled())
            co_await context_.changed.wait(kCommitteeRetryMaxUs, stopped_.token());
        if (stopped_.cancelled()) co_return;
        auto list = [this] { return store_->state().unwanted(); };
        const auto ids =
            co_await io::offload(environment_.loop, environment_.disk, std::move(list));
        if (ids) co_await remove_unwanted(context_, *ids);
    }

    /// Once per epoch: everything that this node must hold is fetched, and what has expired goes.
    io::Task<void> keep_epochs() {
        ShardSync sync(context_, *ledger_, *http_, stopped_.token());
        while (!stopped_.cancelled()) {
            const LedgerView& ledger = context_.ledger;
            const auto view = ledger.committee;
            const bool due = view && view->staking && ledger.caught_up &&
                             ledger.epoch_started >= view->record.epoch &&
                             ledger.epoch_synced < view->record.epoch;
            if (!due) {
                co_await context_.changed.wait(kCommitteeRetryMaxUs, stopped_.token());
                continue;
            }
            const bool complete = co_await sync.run(view);
            if (!complete) continue;
            context_.ledger.epoch_synced = view->record.epoch;
            io::log_info("node", "epoch {}: everything of this node's {} shards is here",
                         view->record.epoch, view->record.owned.size());
            context_.changed.notify_all();
            co_await remove_expired(view->record.epoch);
        }
    }

    /// Data of blobs whose last epoch is over.
    io::Task<void> remove_expired(Epoch epoch) {
        constexpr std::size_t kPageBlobs = 256;
        std::optional<BlobId> after;
        while (!stopped_.cancelled() && context_.ledger.committee->record.epoch == epoch) {
            auto list = [this, after, epoch] {
                return store_->state().expired(after, epoch, kPageBlobs);
            };
            const auto ids =
                co_await io::offload(environment_.loop, environment_.disk, std::move(list));
            if (!ids || ids->empty()) co_return;
            co_await remove_unwanted(context_, *ids);
            after = ids->back();
        }
    }

    io::Task<void> publish_metrics() {
        io::Metrics& metrics = context_.metrics;
        io::Gauge& live = metrics.gauge("walrus_node_stored_bytes", "Bytes of live records");
        io::Gauge& segments = metrics.gauge("walrus_node_segments", "Segment files");
        io::Gauge& commits = metrics.gauge("walrus_node_commits", "Group commits since the start");
        io::Gauge& block = metrics.gauge("walrus_node_next_block", "Blocks seen of the ledger");
        io::Gauge& events = metrics.gauge("walrus_node_events", "Walrus events seen");
        io::Gauge& epoch = metrics.gauge("walrus_node_epoch", "The epoch of this node's view");
        io::Gauge& synced =
            metrics.gauge("walrus_node_epoch_synced", "Latest epoch whose slivers are all here");
        io::Gauge& to_sync =
            metrics.gauge("walrus_node_blobs_to_sync", "Blobs whose slivers are being fetched");
        io::Gauge& trusted = metrics.gauge("walrus_node_may_sign",
                                           "1 while this node has a view that it may sign for");
        while (!stopped_.cancelled()) {
            const store::StoreStatistics disk = store_->slivers().statistics();
            live.set(static_cast<double>(disk.live_bytes));
            segments.set(static_cast<double>(disk.segments));
            commits.set(static_cast<double>(disk.commits));
            block.set(static_cast<double>(context_.ledger.next_block));
            events.set(static_cast<double>(context_.ledger.events));
            if (context_.ledger.committee)
                epoch.set(static_cast<double>(context_.ledger.committee->record.epoch));
            synced.set(static_cast<double>(context_.ledger.epoch_synced));
            to_sync.set(static_cast<double>(context_.ledger.blobs_to_sync));
            trusted.set(context_.ledger.may_sign() ? 1 : 0);
            co_await context_.changed.wait(kMetricsPeriodUs, stopped_.token());
        }
    }

    io::Environment& environment_;
    NodeConfig config_;
    std::unique_ptr<store::NodeStore> store_;
    NodeContext context_;
    io::Event refresh_committee_;
    io::CancelSource stopped_;
    std::unique_ptr<http::Client> http_;
    std::unique_ptr<rpc::LedgerClient> ledger_;
    std::unique_ptr<Peers> peers_;
    std::unique_ptr<Follower> follower_;
    std::unique_ptr<EpochDriver> epochs_;
    http::Router router_;
    std::unique_ptr<http::Server> server_;
    io::TaskGroup tasks_;
};

Result<void, StartError> check_config(const NodeConfig& config) {
    if (config.storage_dir.empty()) return refuse(StartCode::InvalidConfig, "storage_dir is empty");
    if (config.network_key_pem.empty() && !config.allow_plain_http)
        return refuse(StartCode::InvalidConfig,
                      "a node without a network key serves plain HTTP, which must be allowed");
    return {};
}

}  // namespace

io::Task<Result<std::unique_ptr<Node>, StartError>> Node::start(io::Environment& environment,
                                                                NodeConfig config,
                                                                io::Metrics& metrics) {
    auto node = co_await start_with_ledger(environment, std::move(config), metrics, nullptr);
    co_return std::move(node);
}

io::Task<Result<std::unique_ptr<Node>, StartError>> Node::start_with_ledger(
    io::Environment& environment, NodeConfig config, io::Metrics& metrics,
    std::unique_ptr<rpc::LedgerClient> ledger) {
    WALRUS_CO_CHECK_OK(check_config(config));
    store::SliverStoreOptions options;
    options.segment_bytes_max = config.limits.segment_bytes_max;
    options.reserve_bytes = config.limits.disk_reserve_bytes;
    auto open = [&environment, directory = config.storage_dir, options] {
        return store::NodeStore::open(environment, directory, options);
    };
    auto store = co_await io::offload(environment.loop, environment.disk, std::move(open));
    if (!store) co_return tl::unexpected<StartError>(from_store_start(store.error()));
    auto node = std::make_unique<NodeImpl>(environment, std::move(config), metrics,
                                           std::move(*store), std::move(ledger));
    WALRUS_CO_CHECK_OK(node->begin());
    co_return std::unique_ptr<Node>(std::move(node));
}

}  // namespace walrus::node
