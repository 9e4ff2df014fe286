// SPDX-License-Identifier: Apache-2.0
// The ledger on an ordered store: state, owner index, transactions and blocks
// (docs/formats/ledger-database.md). Every block is one synced write batch, so that after a crash a
// block is there with all that it changed, or not at all.
//
// Reads are thread safe and see whole blocks per key; `commit` has one caller at a time. Calls
// block.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "chain/index.hpp"
#include "chain/record.hpp"
#include "hash/blake2b.hpp"
#include "io/key_value.hpp"
#include "ledger/genesis.hpp"
#include "ledger/state.hpp"
#include "proof/state_tree.hpp"

namespace walrus::chain {

/// Format of the database that we write and read.
inline constexpr std::uint32_t kDatabaseFormat = 2;
inline constexpr std::size_t kPageTokenBytesMax = 1024;
/// Where the database is below a ledger's directory.
inline constexpr const char* kDatabaseDirectory = "database";

/// Blocks and transactions that one page of events looks through at most, and bytes of contents on
/// a page.
inline constexpr std::size_t kEventBlocksMax = 1000;
inline constexpr std::size_t kEventTransactionsMax = 10'000;
inline constexpr std::size_t kEventPageBytesMax = std::size_t{4} << 20;

/// Objects of one blob id that are looked at.
inline constexpr std::size_t kBlobObjectsMax = 1000;
/// Nodes of the state tree are stored with every so many blocks, or after so many changed entries;
/// in between a block stores its changes, which are applied again after a restart.
inline constexpr std::uint64_t kTreeBlocksMax = 64;
inline constexpr std::size_t kTreeChangesMax = 16'384;

/// What a block adds, ready to be written.
struct PreparedBlock {
    Block block;
    std::vector<RecordPtr> records;  ///< in the order of the block
    ledger::StateChanges changes;
    /// What the block does to the state tree, and its new nodes of the history.
    std::vector<proof::StateChange> tree_changes;
    std::shared_ptr<proof::StateTree::Update> tree;
    std::vector<proof::HistoryNode> history;
    std::optional<proof::CommitteeRecord> committee;  ///< where the process met it first
    Head head;                                        ///< after the block
};

/// Stored nodes of the state tree.
class DatabaseTree final : public proof::TreeReader {
public:
    explicit DatabaseTree(const io::KeyValueStore& store) : store_(store) {}
    proof::ProofResult<std::optional<Bytes>> read(ByteView path) const override;

private:
    const io::KeyValueStore& store_;
};

/// What state changes are to the state tree. `digests` may know the new digests of objects already
/// (from effects); others are computed.
std::vector<proof::StateChange> tree_changes(const ledger::StateChanges& changes,
                                             const std::map<ObjectId, Digest>& digests = {});

/// The stored state for one piece of work. If the store fails, reads give nothing and `error` says
/// so afterwards: what was computed from them must then be dropped.
class DatabaseReader final : public ledger::StateReader {
public:
    explicit DatabaseReader(const io::KeyValueStore& store) : store_(store) {}
    ledger::ObjectPtr object(const ObjectId& id) const override;
    std::uint64_t balance(const ledger::BalanceKey& key) const override;
    std::optional<Bytes> parameter(std::string_view name) const override;
    bool executed(const TransactionDigest& digest) const override;
    std::optional<ChainError> error() const;
    /// Reads an object now and keeps it: it is there also if the store fails later. For what
    /// execution cannot do without. Before any reading.
    void pin(const ObjectId& id);

private:
    std::optional<Bytes> get(ByteView key) const;
    void set_error(ChainError error) const;
    const io::KeyValueStore& store_;
    mutable std::atomic<bool> failed_{false};
    mutable std::unique_ptr<ChainError> error_;
    std::map<ObjectId, ledger::ObjectPtr> pinned_;
};

class LedgerDatabase {
public:
    /// Opens what is stored, or creates it from `genesis`, which needs a sequencer; without one the
    /// stored key counts. `where` names the place in messages. Errors: as LedgerService::open.
    static ChainResult<std::unique_ptr<LedgerDatabase>> open(
        std::unique_ptr<io::KeyValueStore> store, std::optional<ledger::GenesisConfig> genesis,
        const std::optional<SequencerKey>& sequencer, const std::string& where);

    const ledger::GenesisConfig& genesis() const { return genesis_; }
    const ledger::LedgerIds& ids() const { return ids_; }
    const SequencerKey& sequencer() const { return sequencer_; }
    const io::KeyValueStore& store() const { return *store_; }
    /// Counts the beginnings and the ends of commits; odd while one is being written. Equal and
    /// even before and after some reads: they saw one state.
    std::uint64_t write_count() const { return write_count_.load(); }

    /// As stored. Errors: NotDurable (the store failed), Corrupt.
    ChainResult<Head> load_head() const;
    /// Null if there is none; renders the empty metadata field of blobs without attributes.
    ChainResult<ledger::ObjectPtr> object(const ObjectId& id) const;
    ChainResult<std::uint64_t> balance(const ledger::BalanceKey& key) const;
    /// Ids of an account's objects in the order of type and id, after `token`.
    struct OwnedIds {
        std::vector<ObjectId> ids;
        std::optional<Bytes> next_token;
    };
    ChainResult<OwnedIds> owned(const Address& owner, const std::optional<ledger::StructTag>& type,
                                std::size_t count_max, const std::optional<Bytes>& token) const;
    /// Ids of the objects that the query asks for, in its order.
    ChainResult<OwnedIds> listed(const ObjectQuery& query, std::size_t count_max) const;
    /// The storage committee of an epoch in which there was a block.
    ChainResult<std::optional<proof::CommitteeRecord>> committee(Epoch epoch) const;
    /// Null if it is not known.
    ChainResult<RecordPtr> transaction(const TransactionDigest& digest) const;
    /// Errors also: NotFound.
    ChainResult<BlockPtr> block(std::uint64_t seq) const;
    /// Events after the query's cursor in the order of the chain, at most `count_max` of them, of
    /// blocks below `seq_end`. Errors also: InvalidArgument (cursor).
    ChainResult<EventPage> events(const EventQuery& query, std::size_t count_max,
                                  std::uint64_t seq_end) const;
    ChainResult<Digest> state_digest() const;
    /// Over all else that follows from the blocks: indexes, records, blocks, history.
    ChainResult<Digest> derived_digest() const;
    /// Root of a state tree built anew from all stored state. Errors: NotDurable, Corrupt.
    ChainResult<Digest> compute_state_root() const;
    /// Every stored node is that of a tree built anew. Errors also: Broken.
    ChainResult<void> check_tree() const;
    /// A stored node of the history. Errors also: NotFound.
    ChainResult<Digest> history_node(const proof::HistoryPosition& position) const;

    /// The state tree after the newest block. Errors: NotDurable, Corrupt (also: it is not that of
    /// the newest block).
    ChainResult<proof::StateTree> load_tree() const;
    /// The next block's sequence number when the tree's nodes were stored last.
    std::uint64_t tree_stored_seq() const { return tree_stored_seq_; }
    /// The tree after the newest block as whoever executes blocks has it; readers of proofs share
    /// its nodes. Nothing: nobody executes.
    std::optional<proof::TreeView> tree_view() const;
    void publish_tree(proof::TreeView view);

    /// Durable on return. Errors: NotDurable: it may or may not be stored; `load_head` tells.
    ChainResult<void> commit(const PreparedBlock& block);
    /// Makes durable what can be read. For after a failed commit.
    ChainResult<void> make_durable();
    /// Reads again how far the tree is stored. For after a failed commit.
    ChainResult<void> reload();

private:
    LedgerDatabase() = default;
    ChainResult<proof::StateTree::Update> build_tree() const;
    ChainResult<void> hash_keys(Blake2b& hash, const Bytes& from, const Bytes& to) const;
    /// Ids at the ends of the keys from `prefix` to `end`; tokens are what follows `token_start`
    /// bytes of a key.
    ChainResult<OwnedIds> scan_ids(const Bytes& prefix, const Bytes& end, std::size_t token_start,
                                   std::size_t count_max, const std::optional<Bytes>& token) const;
    ChainResult<void> create(const ledger::GenesisConfig& genesis);
    ChainResult<void> put_state(io::WriteBatch& batch, const ledger::StateChanges& changes) const;

    std::unique_ptr<io::KeyValueStore> store_;
    ledger::GenesisConfig genesis_;
    ledger::LedgerIds ids_;
    SequencerKey sequencer_{};
    std::atomic<std::uint64_t> write_count_{0};
    std::uint64_t tree_stored_seq_ = 0;
    mutable std::mutex tree_mutex_;
    std::optional<proof::TreeView> tree_view_;
};

/// The field that a blob without attributes shows: an empty Metadata.
ledger::Object implicit_metadata(const ledger::Object& blob);
/// Its id, which is that of the real field too.
ObjectId metadata_field_id(const ObjectId& blob);

}  // namespace walrus::chain
