// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <deque>
#include <unordered_map>

#include "chain/engine.hpp"
#include "io/log.hpp"

namespace walrus::chain {
namespace {

constexpr std::string_view kComponent = "ledger";

/// A transaction between its arrival and its answer, and everybody who waits for the answer.
struct Pending {
    TransactionDigest digest;
    std::vector<io::OneShot<ChainResult<RecordPtr>>> waiters;
    ledger::CheckedTransaction checked;
    std::uint64_t arrived_us = 0;
};
using PendingPtr = std::shared_ptr<Pending>;

/// What a worker finds out about a transaction before it is queued.
struct Admission {
    RecordPtr known;  ///< it was executed before
    ledger::CheckedTransaction checked;
};

ChainResult<Admission> admit(const LedgerDatabase& database, TransactionDigest digest,
                             ledger::SignedTransaction transaction) {
    Admission out;
    out.known = WALRUS_TRY(database.transaction(digest));
    if (out.known) return out;
    auto checked = ledger::verify_transaction(std::move(transaction));
    if (!checked) return chain_failure(ChainCode::Rejected, checked.error().message);
    out.checked = std::move(*checked);
    return out;
}

class SoloEngine final : public Engine {
public:
    SoloEngine(io::Environment& environment, LedgerDatabase& database,
               std::unique_ptr<BlockExecutor> executor, AccountKey sequencer, EngineLimits limits,
               io::Metrics& metrics, OnCommit on_commit)
        : environment_(environment),
          database_(database),
          executor_(std::move(executor)),
          sequencer_(std::move(sequencer)),
          limits_(limits),
          on_commit_(std::move(on_commit)),
          arrived_(environment.loop),
          executor_free_(environment.loop, 1),
          tasks_(environment.loop),
          executed_(metrics.counter("walrus_ledger_transactions_total", "Transactions answered",
                                    {{"outcome", "executed"}})),
          failed_(metrics.counter("walrus_ledger_transactions_total", "Transactions answered",
                                  {{"outcome", "failed"}})),
          rejected_(metrics.counter("walrus_ledger_transactions_total", "Transactions answered",
                                    {{"outcome", "rejected"}})),
          repeated_(metrics.counter("walrus_ledger_transactions_total", "Transactions answered",
                                    {{"outcome", "repeated"}})),
          busy_(metrics.counter("walrus_ledger_transactions_total", "Transactions answered",
                                {{"outcome", "busy"}})),
          blocks_(metrics.counter("walrus_ledger_blocks_total", "Blocks committed")),
          depth_(metrics.gauge("walrus_ledger_pending_transactions",
                               "Transactions between arrival and answer")),
          submit_seconds_(metrics.histogram("walrus_ledger_submit_seconds",
                                            "From arrival to durable",
                                            io::request_seconds_buckets())),
          commit_seconds_(metrics.histogram("walrus_ledger_commit_seconds",
                                            "Writing one block to disk",
                                            io::request_seconds_buckets())) {
        tasks_.add(run());
    }

    io::Task<ChainResult<RecordPtr>> submit(ledger::SignedTransaction transaction) override;
    std::optional<std::string> problem() const override { return problem_; }
    io::Task<void> stop() override;

private:
    io::Task<void> process(PendingPtr pending, ledger::SignedTransaction transaction);
    io::Task<void> run();
    io::Task<void> commit_next();
    io::Task<ChainResult<void>> recover();
    void answer(const PendingPtr& pending, ChainResult<RecordPtr> result);
    std::vector<PendingPtr> take_block();
    void fail_block(const std::vector<PendingPtr>& block, const ChainError& error);

    io::Environment& environment_;
    LedgerDatabase& database_;
    std::unique_ptr<BlockExecutor> executor_;
    AccountKey sequencer_;
    EngineLimits limits_;
    OnCommit on_commit_;
    io::Event arrived_;
    io::Semaphore executor_free_;  ///< one block, or one recovery, at a time
    io::TaskGroup tasks_;
    // Looked up by digest only, never walked through.
    std::unordered_map<TransactionDigest, PendingPtr> pending_;
    std::deque<PendingPtr> queue_;
    bool stopping_ = false;
    std::size_t checking_ = 0;
    bool reload_ = false;  ///< the last write failed
    std::optional<std::string> problem_;
    io::Counter& executed_;
    io::Counter& failed_;
    io::Counter& rejected_;
    io::Counter& repeated_;
    io::Counter& busy_;
    io::Counter& blocks_;
    io::Gauge& depth_;
    io::Histogram& submit_seconds_;
    io::Histogram& commit_seconds_;
};

io::Task<ChainResult<RecordPtr>> SoloEngine::submit(ledger::SignedTransaction transaction) {
    if (transaction.data.size() > ledger::kTransactionBytesMax)
        co_return chain_failure(ChainCode::Rejected,
                                fmt::format("the transaction has {} bytes, at most {} are allowed",
                                            transaction.data.size(), ledger::kTransactionBytesMax));
    const TransactionDigest digest = ledger::transaction_digest(transaction.data);
    io::OneShot<ChainResult<RecordPtr>> result;
    const auto found = pending_.find(digest);
    if (found != pending_.end()) {
        // Under way already: its answer is the answer.
        repeated_.add();
        found->second->waiters.push_back(result);
    } else if (stopping_) {
        busy_.add();
        co_return chain_failure(ChainCode::Busy, "the ledger is stopping");
    } else if (pending_.size() >= limits_.pending_max) {
        busy_.add();
        co_return chain_failure(ChainCode::Busy,
                                fmt::format("{} transactions are waiting", pending_.size()));
    } else {
        auto pending = std::make_shared<Pending>();
        pending->digest = digest;
        pending->waiters.push_back(result);
        pending->arrived_us = environment_.loop.monotonic_us();
        pending_.emplace(digest, pending);
        depth_.set(static_cast<double>(pending_.size()));
        ++checking_;
        tasks_.add(process(std::move(pending), std::move(transaction)));
    }
    auto answered = co_await result;
    co_return answered;
}

io::Task<void> SoloEngine::process(PendingPtr pending, ledger::SignedTransaction transaction) {
    auto work = [&database = database_, digest = pending->digest, &transaction] {
        return admit(database, digest, std::move(transaction));
    };
    auto admission = co_await io::offload(environment_.loop, environment_.cpu, std::move(work));
    --checking_;
    if (!admission) {
        if (admission.error().code == ChainCode::Rejected) rejected_.add();
        answer(pending, tl::make_unexpected(std::move(admission.error())));
    } else if (admission->known) {
        repeated_.add();
        // Readable is not durable while the last write has failed.
        ChainResult<void> durable;
        if (reload_) durable = co_await recover();
        if (durable) {
            answer(pending, std::move(admission->known));
        } else {
            answer(pending, tl::make_unexpected(std::move(durable.error())));
        }
    } else {
        pending->checked = std::move(admission->checked);
        queue_.push_back(std::move(pending));
    }
    arrived_.notify_all();
}

io::Task<void> SoloEngine::run() {
    while (true) {
        if (!queue_.empty()) {
            co_await commit_next();
        } else if (stopping_ && checking_ == 0) {
            break;
        } else {
            co_await arrived_.wait();
        }
    }
}

std::vector<PendingPtr> SoloEngine::take_block() {
    std::vector<PendingPtr> block;
    std::size_t bytes = 0;
    while (!queue_.empty() && block.size() < limits_.block_transactions_max) {
        bytes += queue_.front()->checked.data_bcs.size();
        if (!block.empty() && bytes > limits_.block_bytes_max) break;
        block.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    return block;
}

/// After a failed write: what the store shows becomes durable and is where the chain goes on.
io::Task<ChainResult<void>> SoloEngine::recover() {
    auto permit = co_await executor_free_.acquire();
    if (!reload_) co_return ChainResult<void>();
    auto work = [this] { return executor_->reload(); };
    auto done = co_await io::offload(environment_.loop, environment_.disk, std::move(work));
    if (!done) {
        problem_ = done.error().message;
        co_return done;
    }
    reload_ = false;
    problem_.reset();
    const Committed committed{executor_->head(), nullptr, executor_->cache()};
    on_commit_(committed);
    co_return done;
}

io::Task<void> SoloEngine::commit_next() {
    const std::vector<PendingPtr> block = take_block();
    if (reload_) {
        auto recovered = co_await recover();
        if (!recovered) {
            fail_block(block, recovered.error());
            co_return;
        }
    }
    auto permit = co_await executor_free_.acquire();
    SequencedBlock sequenced;
    sequenced.time_ms = environment_.clock.now_ms();
    // Moved, not copied: the answer comes from the record.
    for (const PendingPtr& pending : block)
        sequenced.transactions.push_back(std::move(pending->checked));

    auto execute = [this, &sequenced]() -> ChainResult<FinalizedBlock> {
        auto finalized = WALRUS_TRY(executor_->finalize(sequenced));
        if (finalized.prepared) seal_block(*finalized.prepared, sequencer_, database_.ids().chain);
        return finalized;
    };
    auto finalized = co_await io::offload(environment_.loop, environment_.cpu, std::move(execute));
    if (!finalized) {
        reload_ = true;
        fail_block(block, finalized.error());
        co_return;
    }
    if (finalized->prepared) {
        const PreparedBlock& prepared = *finalized->prepared;
        const std::uint64_t start_us = environment_.loop.monotonic_us();
        auto write = [this, &prepared] { return executor_->commit(prepared); };
        auto written = co_await io::offload(environment_.loop, environment_.disk, std::move(write));
        if (!written) {
            reload_ = true;
            fail_block(block, written.error());
            co_return;
        }
        commit_seconds_.observe(static_cast<double>(environment_.loop.monotonic_us() - start_us) *
                                1e-6);
        blocks_.add();
        problem_.reset();
        const Committed committed{executor_->head(), &prepared, executor_->cache()};
        on_commit_(committed);
    }
    for (std::size_t i = 0; i < block.size(); ++i) {
        auto& result = finalized->results[i];
        if (result) {
            ((*result)->executed.effects.success() ? executed_ : failed_).add();
            submit_seconds_.observe(
                static_cast<double>(environment_.loop.monotonic_us() - block[i]->arrived_us) *
                1e-6);
            answer(block[i], std::move(*result));
        } else {
            rejected_.add();
            answer(block[i], chain_failure(ChainCode::Rejected, std::move(result.error().message)));
        }
    }
}

void SoloEngine::fail_block(const std::vector<PendingPtr>& block, const ChainError& error) {
    problem_ = error.message;
    io::log_error(kComponent, "a block of {} transactions is not durable: {}", block.size(),
                  error.message);
    for (const PendingPtr& pending : block)
        answer(pending, chain_failure(ChainCode::NotDurable, error.message));
}

void SoloEngine::answer(const PendingPtr& pending, ChainResult<RecordPtr> result) {
    // From here on a new submission of the digest starts anew and finds what is stored.
    pending_.erase(pending->digest);
    depth_.set(static_cast<double>(pending_.size()));
    const auto waiters = std::move(pending->waiters);
    for (const auto& waiter : waiters) waiter.set(result);
}

io::Task<void> SoloEngine::stop() {
    stopping_ = true;
    arrived_.notify_all();
    co_await tasks_.wait();
}

}  // namespace

std::unique_ptr<Engine> make_solo_engine(io::Environment& environment, LedgerDatabase& database,
                                         std::unique_ptr<BlockExecutor> executor,
                                         AccountKey sequencer, EngineLimits limits,
                                         io::Metrics& metrics, Engine::OnCommit on_commit) {
    return std::make_unique<SoloEngine>(environment, database, std::move(executor),
                                        std::move(sequencer), limits, metrics,
                                        std::move(on_commit));
}

}  // namespace walrus::chain
