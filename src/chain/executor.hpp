// SPDX-License-Identifier: Apache-2.0
// What every ordering engine drives (spec/consensus.md §6.5): an ordered list of transactions and a
// time become a block. The same list over the same state gives the same block everywhere.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "chain/database.hpp"
#include "crypto/signature.hpp"
#include "io/environment.hpp"
#include "ledger/execute.hpp"
#include "ledger/types.hpp"
#include "proof/commitments.hpp"

namespace walrus::chain {

/// Transactions as the engine ordered them. `time_ms` may be what a clock says; the block's time is
/// never below the previous block's.
struct SequencedBlock {
    std::uint64_t time_ms = 0;
    std::vector<ledger::CheckedTransaction> transactions;
};

/// What became of it.
struct FinalizedBlock {
    /// In the order of the input: the record, or why it was refused.
    std::vector<ledger::TransactionResult<RecordPtr>> results;
    /// Nothing if every transaction was refused.
    std::optional<PreparedBlock> prepared;
};

/// The context of a block over this state, with an error instead of an end of the process where the
/// store fails. Errors: Corrupt.
ChainResult<ledger::BlockContext> block_context(const ledger::LedgerIds& ids,
                                                const ledger::StateReader& state,
                                                ledger::LedgerCache* cache, std::uint64_t seq,
                                                std::uint64_t time_ms);

/// The storage committee as headers commit to it (spec/consensus.md §6.2): keys of the system's
/// state, shards of the staking state. Nothing if a key does not parse.
std::optional<proof::CommitteeRecord> committee_record(const ledger::BlsCommittee& committee,
                                                       const ledger::StakingInnerV1& staking);

/// Executes blocks over a database. One call at a time; blocking.
class BlockExecutor {
public:
    /// Starts at the stored head. The references outlive the executor; `workers` (may be null)
    /// share the work on the state tree.
    static ChainResult<std::unique_ptr<BlockExecutor>> make(LedgerDatabase& database,
                                                            Executor* workers = nullptr);

    const Head& head() const { return head_; }
    /// For simulations: a copy of what is parsed already.
    ledger::LedgerCache cache() const { return cache_; }

    /// Executes and fills in the header; the seal is still empty. Changes nothing stored. Errors:
    /// NotDurable, Corrupt (the store failed).
    ChainResult<FinalizedBlock> finalize(const SequencedBlock& block);
    /// Stores the block that the last `finalize` made. After an error the block is whole there or
    /// not at all: `reload` before the next one.
    ChainResult<void> commit(const PreparedBlock& prepared);
    /// Makes durable what the store shows and starts again from there. Needed after a failure,
    /// before the next block.
    ChainResult<void> reload();

private:
    BlockExecutor(LedgerDatabase& database, Executor* workers)
        : database_(database), workers_(workers) {}
    ChainResult<void> load();

    LedgerDatabase& database_;
    Executor* workers_;
    Head head_;
    proof::StateTree tree_;
    std::size_t tree_changes_ = 0;  ///< entries changed since the tree was stored
    ledger::LedgerCache cache_;
    /// Of this committee (by the digest of its record): the digest for headers.
    std::optional<std::pair<Digest, Digest>> committee_digest_;
    std::optional<proof::CommitteeRecord> committee_record_;  ///< not stored by this executor yet
};

/// Seals a prepared block.
void seal_block(PreparedBlock& prepared, const AccountKey& sequencer, const ChainId& chain_id);
/// Puts a known seal into a prepared block.
void adopt_seal(PreparedBlock& prepared, const SealedHeader& sealed);

struct CheckReport {
    std::uint64_t blocks = 0;
    std::uint64_t transactions = 0;
    Digest state_digest;
    Digest state_root;  ///< of the state tree, built anew from the state
};
/// Recomputes everything from genesis: signatures, effects, headers, seals and at the end the
/// state, and compares with what is stored. Needs memory for the whole state. Errors: Broken,
/// Corrupt, NotDurable; the message names the first block that differs.
ChainResult<CheckReport> check_database(const LedgerDatabase& database);
/// The same for the ledger in `directory`, which no process may have open. Blocking; for operators.
/// Errors also: NotFound, WrongFormat, Busy.
ChainResult<CheckReport> check_ledger(io::Environment& environment, const std::string& directory);

/// Opens (creating it) the store of the ledger in `directory`. Blocking. Errors: Busy, Corrupt,
/// NotDurable.
ChainResult<std::unique_ptr<io::KeyValueStore>> open_ledger_store(io::Environment& environment,
                                                                  const std::string& directory);

}  // namespace walrus::chain
