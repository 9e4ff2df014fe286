// SPDX-License-Identifier: Apache-2.0
// The ledger as a service: one database, one engine, and every question that the public surface
// answers. Lives on one environment's loop: all functions are called in its loop thread and may be
// awaited by many coroutines at a time. Executing, checking signatures and reading the disk happen
// on the environment's workers; answers show committed state only.
//
// open() -> submit / reads ... -> stop() -> destruction. Environment and metrics outlive the
// service.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "chain/index.hpp"
#include "chain/record.hpp"
#include "crypto/signature.hpp"
#include "io/environment.hpp"
#include "io/metrics.hpp"
#include "ledger/functions.hpp"
#include "ledger/genesis.hpp"
#include "proof/proof_file.hpp"

namespace walrus::chain {

/// Every bound of the service, in one place.
struct ServiceLimits {
    /// Transactions that are checked, queued or being committed; more are answered Busy.
    std::size_t pending_max = 4096;
    std::size_t block_transactions_max = kBlockTransactionsMax;
    std::size_t block_bytes_max = std::size_t{2} << 20;  ///< of transaction bytes in one block
    std::size_t simulations_max = 256;                   ///< at a time; more are answered Busy
    std::size_t objects_max = 100;                       ///< of one request
    std::uint32_t page_size_default = 50;
    std::uint32_t page_size_max = 1000;
    std::size_t page_bytes_max = std::size_t{4} << 20;
    std::size_t block_read_bytes_max = std::size_t{8} << 20;  ///< of one call of blocks()
    std::size_t blocks_cached_max = 256;  ///< newest blocks kept in memory for the streams
};

/// Who pays `POST /faucet`, and how much.
struct FaucetOptions {
    AccountKey key;  ///< of the genesis faucet account
    Frost wal = 1000 * kFrostPerWal;
    std::uint64_t sui = 10'000'000'000;
    /// Requests that may come at once, and how many more each second.
    std::uint32_t burst = 100;
    std::uint32_t per_second = 5;
};

struct ServiceOptions {
    ServiceLimits limits;
    std::optional<FaucetOptions> faucet;
};

struct EpochInfo {
    Epoch epoch = 0;
    std::uint64_t start_ms = 0;
    std::uint64_t system_version = 0;
    std::uint32_t protocol_revision = 0;
};

struct OwnedPage {
    std::vector<ledger::ObjectPtr> objects;
    std::optional<Bytes> next_token;  ///< nothing: this was the last page
};

class LedgerService {
public:
    virtual ~LedgerService() = default;

    /// Opens the ledger in `directory`, creating it from `genesis` at the first start. At later
    /// starts `genesis` may be missing; if given it must be of the same chain. `sequencer` is
    /// ed25519. Errors: WrongFormat (also: another chain or sequencer), Corrupt, InvalidArgument
    /// (genesis), NotFound (no ledger there and no genesis), Busy (another process has it open),
    /// NotDurable (the store does not open).
    static io::Task<ChainResult<std::unique_ptr<LedgerService>>> open(
        io::Environment& environment, std::string directory,
        std::optional<ledger::GenesisConfig> genesis, AccountKey sequencer, ServiceOptions options,
        io::Metrics& metrics);

    virtual const ledger::LedgerIds& ids() const = 0;
    virtual const SequencerKey& sequencer_key() const = 0;
    virtual const ServiceLimits& limits() const = 0;
    virtual io::Metrics& metrics() = 0;
    virtual const Head& head() const = 0;
    /// Why the ledger cannot take transactions now; nothing: it can.
    virtual std::optional<std::string> problem() const = 0;

    /// Answers when the transaction is durable in a block. A known digest gives its first result,
    /// also while the first is under way. Errors: Rejected (nothing happened), Busy (nothing
    /// happened), NotDurable (unknown: ask for the digest).
    virtual io::Task<ChainResult<RecordPtr>> submit(ledger::SignedTransaction transaction) = 0;
    /// Executes over the committed state, at the time the next block would get, and keeps nothing.
    /// No signature needed. Errors: Rejected, Busy.
    virtual io::Task<ChainResult<RecordPtr>> simulate(Bytes data_bcs) = 0;

    /// In the order asked; null where there is none. Blobs without attributes show an empty
    /// metadata field (spec/rpc-compat.md §2.4). Errors: InvalidArgument (too many).
    virtual io::Task<ChainResult<std::vector<ledger::ObjectPtr>>> objects(
        std::vector<ObjectId> ids) = 0;
    /// Ordered by type, then id. `type` without type arguments matches exactly; page size 0:
    /// default. Errors: InvalidArgument (token).
    virtual io::Task<ChainResult<OwnedPage>> owned_objects(Address owner,
                                                           std::optional<ledger::StructTag> type,
                                                           std::uint32_t page_size,
                                                           std::optional<Bytes> token) = 0;
    /// Errors: NotFound until it is durable.
    virtual io::Task<ChainResult<RecordPtr>> transaction(TransactionDigest digest) = 0;
    virtual io::Task<ChainResult<std::uint64_t>> balance(Address owner,
                                                         ledger::TypeTag coin_type) = 0;
    virtual io::Task<ChainResult<EpochInfo>> epoch() = 0;
    /// Errors: NotFound.
    virtual io::Task<ChainResult<ledger::FunctionDescription>> function(ObjectId package,
                                                                        std::string module,
                                                                        std::string name) = 0;

    /// Up to `count_max` blocks from `from_seq` on; none if the chain is not that far.
    virtual io::Task<ChainResult<std::vector<BlockPtr>>> blocks(std::uint64_t from_seq,
                                                                std::size_t count_max) = 0;
    /// True once head().next_seq > seq; false after `timeout_us`, when cancelled or stopping.
    virtual io::Task<bool> wait_for_block(std::uint64_t seq, std::uint64_t timeout_us,
                                          io::CancelToken cancel) = 0;

    /// Sends the faucet's amounts to `recipient`. Errors: NotFound (no faucet here), Busy (too many
    /// requests), those of submit.
    virtual io::Task<ChainResult<RecordPtr>> faucet(Address recipient) = 0;

    /// Objects by the indexes. Errors: InvalidArgument (token).
    virtual io::Task<ChainResult<OwnedPage>> list_objects(ObjectQuery query) = 0;
    /// The storage committee of an epoch. Errors: NotFound (there was no block in it).
    virtual io::Task<ChainResult<proof::CommitteeRecord>> committee(Epoch epoch) = 0;
    /// Events in the order of the chain. Errors: InvalidArgument (cursor).
    virtual io::Task<ChainResult<EventPage>> events(EventQuery query) = 0;
    /// A proof file about the subject, sealed by the newest durable block. Errors: as make_proof
    /// (prover.hpp).
    virtual io::Task<ChainResult<proof::Proof>> proof(proof::Subject subject) = 0;

    /// BLAKE2b-256 over the whole stored state in the order of keys: equal states, equal digests.
    virtual io::Task<ChainResult<Digest>> state_digest() = 0;

    virtual bool stopping() const = 0;
    /// Refuses new transactions, commits those that wait, ends the waits for blocks. Must be
    /// awaited before destruction.
    virtual io::Task<void> stop() = 0;
};

}  // namespace walrus::chain
