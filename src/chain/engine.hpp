// SPDX-License-Identifier: Apache-2.0
// An engine orders transactions into blocks. All engines drive the same BlockExecutor, so the same
// transactions give the same chain whichever of them ordered it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "chain/executor.hpp"
#include "io/environment.hpp"
#include "io/metrics.hpp"

namespace walrus::chain {

struct EngineLimits {
    std::size_t pending_max = 4096;
    std::size_t block_transactions_max = kBlockTransactionsMax;
    std::size_t block_bytes_max = std::size_t{2} << 20;
};

/// Loop thread only.
class Engine {
public:
    /// Called in the loop thread whenever the durable head has moved, before submitters hear of it.
    struct Committed {
        const Head& head;
        const PreparedBlock* block;  ///< null: it was found in the store after a failed write
        ledger::LedgerCache cache;   ///< what execution has parsed so far
    };
    using OnCommit = std::function<void(const Committed&)>;

    virtual ~Engine() = default;
    /// As LedgerService::submit.
    virtual io::Task<ChainResult<RecordPtr>> submit(ledger::SignedTransaction transaction) = 0;
    /// Why nothing can be committed at the moment.
    virtual std::optional<std::string> problem() const = 0;
    /// Refuses new transactions and commits those that wait. Must be awaited before destruction.
    virtual io::Task<void> stop() = 0;
};

/// One process orders by itself: a block is what came in while the previous one went to disk, at
/// most `block_transactions_max`; without transactions there are no blocks. All references outlive
/// it.
std::unique_ptr<Engine> make_solo_engine(io::Environment& environment, LedgerDatabase& database,
                                         std::unique_ptr<BlockExecutor> executor,
                                         AccountKey sequencer, EngineLimits limits,
                                         io::Metrics& metrics, Engine::OnCommit on_commit);

}  // namespace walrus::chain
