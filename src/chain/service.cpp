// SPDX-License-Identifier: Apache-2.0
#include "chain/service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "base/check.hpp"
#include "bcs/bcs.hpp"
#include "chain/database.hpp"
#include "chain/engine.hpp"
#include "chain/executor.hpp"
#include "chain/prover.hpp"
#include "io/log.hpp"
#include "ledger/transaction_builder.hpp"

namespace walrus::chain {
namespace {

constexpr std::string_view kComponent = "ledger";
constexpr std::uint64_t kMicrosPerSecond = 1'000'000;
/// Simulations that a commit got in the way of are run again this often.
constexpr int kSimulationAttemptsMax = 4;
/// How long a proof waits for its own block to be durable.
constexpr std::uint64_t kProofWaitUs = 2 * kMicrosPerSecond;

ChainResult<SequencerKey> public_key_of(const AccountKey& key) {
    if (key.scheme() != SignatureScheme::Ed25519)
        return chain_failure(
            ChainCode::InvalidArgument,
            fmt::format("the sequencer's key is {}, it must be ed25519", to_text(key.scheme())));
    SequencerKey out{};
    WALRUS_CHECK(key.public_key().bytes.size() == out.size());
    std::copy(key.public_key().bytes.begin(), key.public_key().bytes.end(), out.begin());
    return out;
}

/// The object and the value of its dynamic field under its version.
template <class T>
ChainResult<T> load_prefix(const LedgerDatabase& database, const ObjectId& id, const char* what) {
    const auto object = WALRUS_TRY(database.object(id));
    if (!object)
        return chain_failure(ChainCode::Corrupt, fmt::format("the ledger has no {}", what));
    auto value = bcs::decode_prefix<T>(object->contents);
    if (!value) return chain_failure(ChainCode::Corrupt, fmt::format("{} does not parse", what));
    return std::move(*value);
}

ChainResult<EpochInfo> load_epoch(const LedgerDatabase& database, std::uint64_t fallback_ms) {
    const auto system =
        WALRUS_TRY(load_prefix<ledger::System>(database, database.ids().system, "system object"));
    const auto staking = WALRUS_TRY(
        load_prefix<ledger::Staking>(database, database.ids().staking, "staking object"));
    const auto field = WALRUS_TRY(load_prefix<ledger::StakingInnerField>(
        database, ledger::staking_state_field_id(database.ids().staking, staking.version),
        "staking state"));
    EpochInfo out;
    out.epoch = field.value.epoch;
    out.system_version = system.version;
    out.protocol_revision = system.protocol_revision;
    out.start_ms = fallback_ms;
    if (const auto* done = std::get_if<ledger::EpochChangeDone>(&field.value.epoch_state))
        out.start_ms = done->time_ms;
    if (const auto* chosen = std::get_if<ledger::NextParamsSelected>(&field.value.epoch_state))
        out.start_ms = chosen->time_ms;
    return out;
}

/// A page of an index; what is too much for one comes with the next.
ChainResult<OwnedPage> load_listed(const LedgerDatabase& database, const ObjectQuery& query,
                                   std::size_t count_max, std::size_t bytes_max) {
    OwnedPage page;
    auto listed = WALRUS_TRY(database.listed(query, count_max));
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < listed.ids.size(); ++i) {
        auto object = WALRUS_TRY(database.object(listed.ids[i]));
        if (!object) continue;  // gone since the index was read
        bytes += object->contents.size();
        page.objects.push_back(std::move(object));
        if (bytes > bytes_max && i + 1 < listed.ids.size()) {
            auto rest = WALRUS_TRY(database.listed(query, i + 1));
            page.next_token = std::move(rest.next_token);
            return page;
        }
    }
    page.next_token = std::move(listed.next_token);
    return page;
}

ChainResult<OwnedPage> load_owned(const LedgerDatabase& database, const Address& owner,
                                  const std::optional<ledger::StructTag>& type,
                                  std::size_t count_max, std::size_t bytes_max,
                                  std::optional<Bytes> token) {
    OwnedPage page;
    // One object more at a time would cost a scan each; whole pages are read, then cut by bytes.
    auto owned = WALRUS_TRY(database.owned(owner, type, count_max, token));
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < owned.ids.size(); ++i) {
        auto object = WALRUS_TRY(database.object(owned.ids[i]));
        if (!object) continue;  // gone since the index was read
        bytes += object->contents.size();
        page.objects.push_back(std::move(object));
        if (bytes > bytes_max && i + 1 < owned.ids.size()) {
            auto rest = WALRUS_TRY(database.owned(owner, type, i + 1, token));
            page.next_token = std::move(rest.next_token);
            return page;
        }
    }
    page.next_token = std::move(owned.next_token);
    return page;
}

ChainResult<std::vector<BlockPtr>> load_blocks(const LedgerDatabase& database, std::uint64_t from,
                                               std::uint64_t to, std::size_t bytes_max) {
    std::vector<BlockPtr> out;
    std::size_t bytes = 0;
    for (std::uint64_t seq = from; seq < to && bytes <= bytes_max; ++seq) {
        out.push_back(WALRUS_TRY(database.block(seq)));
        for (const BlockTransaction& transaction : out.back()->transactions)
            for (const BlockEvent& event : transaction.events) bytes += event.contents.size() + 64;
    }
    return out;
}

/// One run; `overlapped`: a commit may have changed the state meanwhile.
ChainResult<RecordPtr> simulate_once(const LedgerDatabase& database,
                                     const ledger::CheckedTransaction& checked, const Head& head,
                                     std::uint64_t time_ms, ledger::LedgerCache cache,
                                     bool& overlapped) {
    const std::uint64_t before = database.write_count();
    DatabaseReader state(database.store());
    state.pin(database.ids().system);
    auto context = block_context(database.ids(), state, &cache, head.next_seq, time_ms);
    if (auto error = state.error()) return tl::make_unexpected(std::move(*error));
    if (!context) return tl::make_unexpected(std::move(context.error()));
    auto executed = ledger::simulate_transaction(state, *context, checked, &cache);
    overlapped = (before & 1) != 0 || database.write_count() != before;
    if (auto error = state.error()) return tl::make_unexpected(std::move(*error));
    if (!executed) return chain_failure(ChainCode::Rejected, executed.error().message);
    TransactionRecord record;
    record.data = checked.data_bcs;
    record.executed = std::move(*executed);
    record.time_ms = time_ms;
    return std::make_shared<const TransactionRecord>(std::move(record));
}

ChainResult<RecordPtr> simulate_now(const LedgerDatabase& database, Bytes data, const Head& head,
                                    std::uint64_t time_ms, const ledger::LedgerCache& cache) {
    auto checked = ledger::parse_unsigned_transaction(std::move(data));
    if (!checked) return chain_failure(ChainCode::Rejected, checked.error().message);
    for (int attempt = 1;; ++attempt) {
        bool overlapped = false;
        auto result = simulate_once(database, *checked, head, time_ms, cache, overlapped);
        // A failure may come from reading half of two states: look again.
        const bool fine = result && (*result)->executed.effects.success();
        if (fine || !overlapped || attempt == kSimulationAttemptsMax) return result;
    }
}

class Service final : public LedgerService {
public:
    Service(io::Environment& environment, std::unique_ptr<LedgerDatabase> database,
            ServiceOptions options, Head head, io::Metrics& metrics)
        : environment_(environment),
          database_(std::move(database)),
          options_(std::move(options)),
          head_(std::move(head)),
          metrics_(metrics),
          news_(environment.loop),
          head_gauge_(
              metrics.gauge("walrus_ledger_next_block", "Sequence number of the next block")),
          faucet_total_(metrics.counter("walrus_ledger_faucet_total", "Faucet requests served")) {
        head_gauge_.set(static_cast<double>(head_.next_seq));
    }

    void start(std::unique_ptr<BlockExecutor> executor, AccountKey sequencer) {
        EngineLimits limits;
        limits.pending_max = options_.limits.pending_max;
        limits.block_transactions_max =
            std::min(options_.limits.block_transactions_max, kBlockTransactionsMax);
        limits.block_bytes_max = options_.limits.block_bytes_max;
        engine_ = make_solo_engine(environment_, *database_, std::move(executor),
                                   std::move(sequencer), limits, metrics_,
                                   [this](const Engine::Committed& c) { committed(c); });
    }

    const ledger::LedgerIds& ids() const override { return database_->ids(); }
    const SequencerKey& sequencer_key() const override { return database_->sequencer(); }
    const ServiceLimits& limits() const override { return options_.limits; }
    io::Metrics& metrics() override { return metrics_; }
    const Head& head() const override { return head_; }
    std::optional<std::string> problem() const override {
        if (stopping_) return "the ledger is stopping";
        return engine_->problem();
    }

    io::Task<ChainResult<RecordPtr>> submit(ledger::SignedTransaction transaction) override {
        return engine_->submit(std::move(transaction));
    }
    io::Task<ChainResult<RecordPtr>> simulate(Bytes data_bcs) override;
    io::Task<ChainResult<std::vector<ledger::ObjectPtr>>> objects(
        std::vector<ObjectId> ids) override;
    io::Task<ChainResult<OwnedPage>> owned_objects(Address owner,
                                                   std::optional<ledger::StructTag> type,
                                                   std::uint32_t page_size,
                                                   std::optional<Bytes> token) override;
    io::Task<ChainResult<RecordPtr>> transaction(TransactionDigest digest) override;
    io::Task<ChainResult<std::uint64_t>> balance(Address owner, ledger::TypeTag coin_type) override;
    io::Task<ChainResult<EpochInfo>> epoch() override;
    io::Task<ChainResult<ledger::FunctionDescription>> function(ObjectId package,
                                                                std::string module,
                                                                std::string name) override;
    io::Task<ChainResult<std::vector<BlockPtr>>> blocks(std::uint64_t from_seq,
                                                        std::size_t count_max) override;
    io::Task<bool> wait_for_block(std::uint64_t seq, std::uint64_t timeout_us,
                                  io::CancelToken cancel) override;
    io::Task<ChainResult<RecordPtr>> faucet(Address recipient) override;
    io::Task<ChainResult<OwnedPage>> list_objects(ObjectQuery query) override;
    io::Task<ChainResult<proof::CommitteeRecord>> committee(Epoch epoch) override;
    io::Task<ChainResult<EventPage>> events(EventQuery query) override;
    io::Task<ChainResult<proof::Proof>> proof(proof::Subject subject) override;
    io::Task<ChainResult<Digest>> state_digest() override;
    bool stopping() const override { return stopping_; }
    io::Task<void> stop() override;

private:
    void committed(const Engine::Committed& committed);
    bool take_faucet_token();
    ledger::TransactionData faucet_transaction(const Address& recipient);

    io::Environment& environment_;
    std::unique_ptr<LedgerDatabase> database_;
    ServiceOptions options_;
    Head head_;
    io::Metrics& metrics_;
    io::Event news_;
    std::unique_ptr<Engine> engine_;
    ledger::LedgerCache cache_;
    std::deque<BlockPtr> newest_;  ///< the last blocks, ending at the head
    std::size_t simulations_ = 0;
    bool stopping_ = false;
    double faucet_tokens_ = -1;  ///< below 0: not used yet
    std::uint64_t faucet_refilled_us_ = 0;
    io::Gauge& head_gauge_;
    io::Counter& faucet_total_;
};

void Service::committed(const Engine::Committed& committed) {
    head_ = committed.head;
    cache_ = committed.cache;
    if (committed.block != nullptr) {
        newest_.push_back(std::make_shared<const Block>(committed.block->block));
        if (newest_.size() > options_.limits.blocks_cached_max) newest_.pop_front();
    } else {
        newest_.clear();
    }
    head_gauge_.set(static_cast<double>(head_.next_seq));
    news_.notify_all();
}

io::Task<ChainResult<RecordPtr>> Service::simulate(Bytes data_bcs) {
    if (simulations_ >= options_.limits.simulations_max)
        co_return chain_failure(ChainCode::Busy,
                                fmt::format("{} simulations are running", simulations_));
    ++simulations_;
    const std::uint64_t time_ms = std::max(head_.time_ms, environment_.clock.now_ms());
    auto work = [&database = *database_, data = std::move(data_bcs), head = head_, time_ms,
                 cache = cache_]() mutable {
        return simulate_now(database, std::move(data), head, time_ms, cache);
    };
    auto result = co_await io::offload(environment_.loop, environment_.cpu, std::move(work));
    --simulations_;
    co_return result;
}

io::Task<ChainResult<std::vector<ledger::ObjectPtr>>> Service::objects(std::vector<ObjectId> ids) {
    if (ids.size() > options_.limits.objects_max)
        co_return chain_failure(ChainCode::InvalidArgument,
                                fmt::format("{} objects asked for, at most {} at a time",
                                            ids.size(), options_.limits.objects_max));
    auto work = [&database = *database_, &ids]() -> ChainResult<std::vector<ledger::ObjectPtr>> {
        std::vector<ledger::ObjectPtr> out;
        for (const ObjectId& id : ids) out.push_back(WALRUS_TRY(database.object(id)));
        return out;
    };
    auto result = co_await io::offload(environment_.loop, environment_.disk, std::move(work));
    co_return result;
}

io::Task<ChainResult<OwnedPage>> Service::owned_objects(Address owner,
                                                        std::optional<ledger::StructTag> type,
                                                        std::uint32_t page_size,
                                                        std::optional<Bytes> token) {
    const ServiceLimits& limits = options_.limits;
    const std::size_t count = std::clamp<std::uint32_t>(
        page_size == 0 ? limits.page_size_default : page_size, 1, limits.page_size_max);
    auto work = [&database = *database_, &owner, &type, count, &token,
                 bytes_max = limits.page_bytes_max] {
        return load_owned(database, owner, type, count, bytes_max, token);
    };
    auto result = co_await io::offload(environment_.loop, environment_.disk, std::move(work));
    co_return result;
}

io::Task<ChainResult<RecordPtr>> Service::transaction(TransactionDigest digest) {
    auto work = [&database = *database_, &digest] { return database.transaction(digest); };
    auto result = co_await io::offload(environment_.loop, environment_.disk, std::move(work));
    if (!result) co_return result;
    // What the store shows beyond the durable head does not count yet.
    const RecordPtr& record = *result;
    if (!record || record->position->block_seq >= head_.next_seq)
        co_return chain_failure(ChainCode::NotFound,
                                fmt::format("transaction {} is not known", to_text(digest)));
    co_return result;
}

io::Task<ChainResult<std::uint64_t>> Service::balance(Address owner, ledger::TypeTag coin_type) {
    auto work = [&database = *database_, key = ledger::balance_key(owner, coin_type)] {
        return database.balance(key);
    };
    auto result = co_await io::offload(environment_.loop, environment_.disk, std::move(work));
    co_return result;
}

io::Task<ChainResult<EpochInfo>> Service::epoch() {
    auto work = [&database = *database_, time_ms = head_.time_ms] {
        return load_epoch(database, time_ms);
    };
    auto result = co_await io::offload(environment_.loop, environment_.disk, std::move(work));
    co_return result;
}

io::Task<ChainResult<ledger::FunctionDescription>> Service::function(ObjectId package,
                                                                     std::string module,
                                                                     std::string name) {
    auto work = [&database = *database_] {
        return load_prefix<ledger::System>(database, database.ids().system, "system object");
    };
    auto system = co_await io::offload(environment_.loop, environment_.disk, std::move(work));
    if (!system) co_return tl::make_unexpected(std::move(system.error()));
    auto found = ledger::describe_function(ids(), system->package_id, package, module, name);
    if (!found)
        co_return chain_failure(ChainCode::NotFound, fmt::format("there is no function {}::{}::{}",
                                                                 to_text(package), module, name));
    co_return std::move(*found);
}

io::Task<ChainResult<std::vector<BlockPtr>>> Service::blocks(std::uint64_t from_seq,
                                                             std::size_t count_max) {
    std::vector<BlockPtr> out;
    if (from_seq >= head_.next_seq || count_max == 0) co_return out;
    const std::uint64_t to =
        from_seq + std::min<std::uint64_t>(count_max, head_.next_seq - from_seq);
    const std::uint64_t cached_from = head_.next_seq - newest_.size();
    if (from_seq >= cached_from) {
        for (std::uint64_t seq = from_seq; seq < to; ++seq)
            out.push_back(newest_[static_cast<std::size_t>(seq - cached_from)]);
        co_return out;
    }
    auto work = [&database = *database_, from_seq, to,
                 bytes_max = options_.limits.block_read_bytes_max] {
        return load_blocks(database, from_seq, to, bytes_max);
    };
    auto result = co_await io::offload(environment_.loop, environment_.disk, std::move(work));
    co_return result;
}

io::Task<bool> Service::wait_for_block(std::uint64_t seq, std::uint64_t timeout_us,
                                       io::CancelToken cancel) {
    const std::uint64_t deadline = environment_.loop.monotonic_us() + timeout_us;
    while (head_.next_seq <= seq && !stopping_ && !cancel.cancelled()) {
        const std::uint64_t now = environment_.loop.monotonic_us();
        if (now >= deadline) co_return false;
        co_await news_.wait(deadline - now, cancel);
    }
    co_return head_.next_seq > seq;
}

bool Service::take_faucet_token() {
    const FaucetOptions& faucet = *options_.faucet;
    const std::uint64_t now = environment_.loop.monotonic_us();
    if (faucet_tokens_ < 0) {
        faucet_tokens_ = faucet.burst;
        faucet_refilled_us_ = now;
    }
    const auto passed = static_cast<double>(now - faucet_refilled_us_) / kMicrosPerSecond;
    faucet_tokens_ = std::min<double>(faucet.burst, faucet_tokens_ + passed * faucet.per_second);
    faucet_refilled_us_ = now;
    if (faucet_tokens_ < 1) return false;
    faucet_tokens_ -= 1;
    return true;
}

ledger::TransactionData Service::faucet_transaction(const Address& recipient) {
    const FaucetOptions& faucet = *options_.faucet;
    ObjectId framework;
    framework.bytes[31] = 2;
    ledger::ProgramBuilder program;
    const auto send = [&](const ledger::TypeTag& coin_type, std::uint64_t amount) {
        if (amount == 0) return;
        const auto coin = program.call(framework, "coin", "redeem_funds", {coin_type},
                                       {program.withdrawal(amount, coin_type)});
        program.call(framework, "coin", "send_funds", {coin_type},
                     {coin, program.pure_address(recipient)});
    };
    send(ids().wal_type(), faucet.wal);
    send(ledger::sui_type(), faucet.sui);
    ledger::TransactionOptions options;
    options.sender = Address::from(faucet.key.address().view());
    options.epoch = head_.epoch;
    options.nonce = static_cast<std::uint32_t>(environment_.random.next_u64());
    return std::move(program).finish(ledger::make_handles(ids()), options);
}

io::Task<ChainResult<RecordPtr>> Service::faucet(Address recipient) {
    if (!options_.faucet)
        co_return chain_failure(ChainCode::NotFound, "this network has no faucet");
    if (!take_faucet_token())
        co_return chain_failure(ChainCode::Busy, "the faucet has been asked too often: try later");
    const ledger::TransactionData data = faucet_transaction(recipient);
    ledger::SignedTransaction transaction = ledger::sign_transaction(data, options_.faucet->key);
    auto result = co_await engine_->submit(std::move(transaction));
    if (result && !(*result)->executed.effects.success())
        co_return chain_failure(
            ChainCode::Rejected,
            "the faucet is empty: " + (*result)->executed.effects.failure->description);
    if (result) faucet_total_.add();
    co_return result;
}

io::Task<ChainResult<OwnedPage>> Service::list_objects(ObjectQuery query) {
    const ServiceLimits& limits = options_.limits;
    const std::size_t count = std::clamp<std::uint32_t>(
        query.page_size == 0 ? limits.page_size_default : query.page_size, 1, limits.page_size_max);
    auto work = [&database = *database_, &query, count, bytes_max = limits.page_bytes_max] {
        return load_listed(database, query, count, bytes_max);
    };
    auto result = co_await io::offload(environment_.loop, environment_.disk, std::move(work));
    co_return result;
}

io::Task<ChainResult<proof::CommitteeRecord>> Service::committee(Epoch epoch) {
    auto work = [&database = *database_, epoch] { return database.committee(epoch); };
    auto result = co_await io::offload(environment_.loop, environment_.disk, std::move(work));
    if (!result) co_return tl::make_unexpected(std::move(result.error()));
    if (!*result)
        co_return chain_failure(ChainCode::NotFound,
                                fmt::format("there is no block of epoch {}", epoch));
    co_return std::move(**result);
}

io::Task<ChainResult<EventPage>> Service::events(EventQuery query) {
    const ServiceLimits& limits = options_.limits;
    const std::size_t count = std::clamp<std::uint32_t>(
        query.page_size == 0 ? limits.page_size_default : query.page_size, 1, limits.page_size_max);
    auto work = [&database = *database_, &query, count, seq_end = head_.next_seq] {
        return database.events(query, count, seq_end);
    };
    auto result = co_await io::offload(environment_.loop, environment_.disk, std::move(work));
    co_return result;
}

io::Task<ChainResult<proof::Proof>> Service::proof(proof::Subject subject) {
    auto work = [&database = *database_, &subject] { return make_proof(database, subject); };
    auto result = co_await io::offload(environment_.loop, environment_.disk, std::move(work));
    if (!result) co_return result;
    // What the store shows beyond the durable head does not count before that has moved.
    const std::uint64_t seq = result->commit.seq;
    const bool durable = co_await wait_for_block(seq, kProofWaitUs, io::CancelToken());
    if (!durable)
        co_return chain_failure(ChainCode::Busy, "the newest block is not durable yet: try again");
    co_return result;
}

io::Task<ChainResult<Digest>> Service::state_digest() {
    auto work = [&database = *database_] { return database.state_digest(); };
    auto result = co_await io::offload(environment_.loop, environment_.disk, std::move(work));
    co_return result;
}

io::Task<void> Service::stop() {
    stopping_ = true;
    news_.notify_all();
    co_await engine_->stop();
    news_.notify_all();
}

/// Everything that blocks while opening.
struct Opened {
    std::unique_ptr<LedgerDatabase> database;
    std::unique_ptr<BlockExecutor> executor;
};
ChainResult<Opened> open_stored(io::Environment& environment, const std::string& directory,
                                std::optional<ledger::GenesisConfig> genesis,
                                const SequencerKey& sequencer) {
    auto store = WALRUS_TRY(open_ledger_store(environment, directory));
    Opened out;
    out.database = WALRUS_TRY(
        LedgerDatabase::open(std::move(store), std::move(genesis), sequencer, directory));
    out.executor = WALRUS_TRY(BlockExecutor::make(*out.database, &environment.cpu));
    return out;
}

}  // namespace

io::Task<ChainResult<std::unique_ptr<LedgerService>>> LedgerService::open(
    io::Environment& environment, std::string directory,
    std::optional<ledger::GenesisConfig> genesis, AccountKey sequencer, ServiceOptions options,
    io::Metrics& metrics) {
    const auto key = public_key_of(sequencer);
    if (!key) co_return tl::make_unexpected(key.error());
    auto work = [&environment, &directory, &genesis, &key] {
        return open_stored(environment, directory, std::move(genesis), *key);
    };
    auto opened = co_await io::offload(environment.loop, environment.disk, std::move(work));
    if (!opened) co_return tl::make_unexpected(std::move(opened.error()));
    Head head = opened->executor->head();
    io::log_info(kComponent, "chain {} in {}: {} blocks, epoch {}",
                 to_text(opened->database->ids().chain), directory, head.next_seq, head.epoch);
    auto service = std::make_unique<Service>(environment, std::move(opened->database),
                                             std::move(options), std::move(head), metrics);
    service->start(std::move(opened->executor), std::move(sequencer));
    std::unique_ptr<LedgerService> out = std::move(service);
    co_return out;
}

}  // namespace walrus::chain
