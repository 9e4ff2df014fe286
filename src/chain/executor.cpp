// SPDX-License-Identifier: Apache-2.0
#include "chain/executor.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.hpp"
#include "bcs/bcs.hpp"
#include "chain/certificates.hpp"
#include "ledger/types.hpp"

namespace walrus::chain {

ChainResult<std::unique_ptr<BlockExecutor>> BlockExecutor::make(LedgerDatabase& database,
                                                                Executor* workers) {
    std::unique_ptr<BlockExecutor> executor(new BlockExecutor(database, workers));
    WALRUS_TRY(executor->load());
    return executor;
}

ChainResult<void> BlockExecutor::load() {
    head_ = WALRUS_TRY(database_.load_head());
    tree_ = WALRUS_TRY(database_.load_tree());
    tree_changes_ = 0;
    database_.publish_tree(tree_.view());
    return {};
}

ChainResult<void> BlockExecutor::reload() {
    WALRUS_TRY(database_.make_durable());
    WALRUS_TRY(database_.reload());
    WALRUS_TRY(load());
    cache_ = {};
    committee_digest_.reset();
    return {};
}

namespace {

using SystemStatePtr = std::shared_ptr<const ledger::SystemStateInnerV1>;

ChainResult<SystemStatePtr> system_state(const ledger::LedgerIds& ids,
                                         const ledger::StateReader& state,
                                         ledger::LedgerCache* cache) {
    const auto corrupt = [](const char* what) {
        return chain_failure(ChainCode::Corrupt, std::string("the ledger's state: ") + what);
    };
    const ledger::StateOverlay overlay(state, cache);
    const auto object = overlay.object(ids.system);
    if (!object) return corrupt("no system object");
    const auto system = bcs::decode_prefix<ledger::System>(object->contents);
    if (!system) return corrupt("the system object does not parse");
    auto inner = overlay.system_state(ledger::system_state_field_id(ids.system, system->version));
    if (!inner) return corrupt("no system state");
    return inner;
}

/// The epoch's storage committee: its keys are in the system's state, its shards in the staking
/// state.
ChainResult<proof::CommitteeRecord> storage_committee(const ledger::LedgerIds& ids,
                                                      const ledger::StateReader& state,
                                                      const ledger::BlsCommittee& committee) {
    const auto corrupt = [](const char* what) {
        return chain_failure(ChainCode::Corrupt, std::string("the ledger's state: ") + what);
    };
    const auto object = state.object(ids.staking);
    if (!object) return corrupt("no staking object");
    const auto staking = bcs::decode_prefix<ledger::Staking>(object->contents);
    if (!staking) return corrupt("the staking object does not parse");
    const auto inner = state.object(ledger::staking_state_field_id(ids.staking, staking->version));
    if (!inner) return corrupt("no staking state");
    const auto field = bcs::decode<ledger::StakingInnerField>(inner->contents);
    if (!field) return corrupt("the staking state does not parse");
    auto record = committee_record(committee, field->value);
    if (!record) return corrupt("a key of the committee is none");
    return std::move(*record);
}

/// Digests of the objects as the last transaction that wrote them left them.
std::map<ObjectId, Digest> written_objects(const std::vector<RecordPtr>& records) {
    std::map<ObjectId, Digest> out;
    for (const RecordPtr& record : records)
        for (const ledger::ObjectChange& change : record->executed.effects.changed_objects) {
            const auto* write = std::get_if<ledger::ObjectWrite>(&change.output);
            if (write != nullptr) {
                out[change.id] = Digest::from(write->digest.bytes);
            } else {
                out.erase(change.id);
            }
        }
    return out;
}

}  // namespace

std::optional<proof::CommitteeRecord> committee_record(const ledger::BlsCommittee& committee,
                                                       const ledger::StakingInnerV1& staking) {
    proof::CommitteeRecord out;
    out.epoch = committee.epoch;
    for (const ledger::BlsCommitteeMember& member : committee.members) {
        const auto key =
            bls::PublicKey::parse_uncompressed(member.public_key, bls::KeyCheck::Encoding);
        if (!key) return std::nullopt;
        proof::CommitteeEntry entry;
        entry.node = member.node_id;
        entry.key = key->to_bytes();
        for (const auto& [node, shards] : staking.committee)
            if (node == member.node_id)
                for (const auto shard : shards) entry.shards.push_back(shard);
        out.members.push_back(std::move(entry));
    }
    std::sort(out.members.begin(), out.members.end(),
              [](const auto& a, const auto& b) { return a.node < b.node; });
    return out;
}

ChainResult<ledger::BlockContext> block_context(const ledger::LedgerIds& ids,
                                                const ledger::StateReader& state,
                                                ledger::LedgerCache* cache, std::uint64_t seq,
                                                std::uint64_t time_ms) {
    const SystemStatePtr inner = WALRUS_TRY(system_state(ids, state, cache));
    return ledger::BlockContext{
        .seq = seq, .time_ms = time_ms, .epoch = inner->committee->epoch, .ids = ids};
}

ChainResult<FinalizedBlock> BlockExecutor::finalize(const SequencedBlock& block) {
    DatabaseReader state(database_.store());
    state.pin(database_.ids().system);
    const std::uint64_t time_ms = std::max(head_.time_ms, block.time_ms);
    auto made = block_context(database_.ids(), state, &cache_, head_.next_seq, time_ms);
    auto inner = system_state(database_.ids(), state, &cache_);
    if (auto error = state.error()) return tl::make_unexpected(std::move(*error));
    if (!made) return tl::make_unexpected(std::move(made.error()));
    if (!inner) return tl::make_unexpected(std::move(inner.error()));
    const ledger::BlockContext context = *made;
    const auto& committee = (*inner)->committee;
    if (!committee_digest_ || committee_digest_->first != committee.digest()) {
        auto record = storage_committee(database_.ids(), state, *committee);
        if (auto error = state.error()) return tl::make_unexpected(std::move(*error));
        if (!record) return tl::make_unexpected(std::move(record.error()));
        committee_digest_ = {committee.digest(), proof::committee_digest(*record)};
        committee_record_ = std::move(*record);
    }

    InlineExecutor alone;
    Executor& workers = workers_ != nullptr ? *workers_ : static_cast<Executor&>(alone);
    const auto certificates = certificates_of(block.transactions);
    if (certificates.size() >= kCertificatesAheadMin) {
        if (const auto parsed = cache_.committee(committee))
            cache_.set_committee(committee,
                                 std::make_shared<const attest::BlsCommittee>(
                                     attest::verify_ahead(*parsed, certificates, workers)));
    }

    ledger::AppliedBlock applied = ledger::apply_block(state, context, block.transactions, &cache_);
    if (auto error = state.error()) {
        cache_ = {};
        return tl::make_unexpected(std::move(*error));
    }
    WALRUS_CHECK(applied.results.size() == block.transactions.size());

    FinalizedBlock out;
    PreparedBlock prepared;
    for (std::size_t i = 0; i < applied.results.size(); ++i) {
        auto& result = applied.results[i];
        if (!result) {
            out.results.push_back(tl::make_unexpected(std::move(result.error())));
            continue;
        }
        TransactionRecord record;
        record.data = block.transactions[i].data_bcs;
        record.signatures = block.transactions[i].signatures;
        record.executed = std::move(*result);
        record.position = {context.seq, static_cast<std::uint32_t>(prepared.records.size())};
        record.time_ms = time_ms;
        prepared.block.transactions.push_back(block_transaction(record.executed));
        prepared.records.push_back(std::make_shared<const TransactionRecord>(std::move(record)));
        out.results.push_back(prepared.records.back());
    }
    if (prepared.records.empty()) return out;

    BlockHeader& header = prepared.block.header.header;
    BlockSummary& summary = header.summary;
    summary.seq = context.seq;
    summary.engine_height = context.seq;
    summary.time_ms = time_ms;
    summary.epoch = context.epoch;
    summary.transaction_count = static_cast<std::uint32_t>(prepared.records.size());
    summary.event_count = event_count(prepared.block.transactions);
    summary.effects_root = effects_root(prepared.block.transactions);
    summary.events_root = events_root(prepared.block.transactions);
    prepared.tree_changes = tree_changes(applied.changes, written_objects(prepared.records));
    const bool store = head_.next_seq - database_.tree_stored_seq() + 1 >= kTreeBlocksMax ||
                       tree_changes_ + prepared.tree_changes.size() > kTreeChangesMax ||
                       tree_.wants_store();
    auto tree = tree_.apply(DatabaseTree(database_.store()), prepared.tree_changes, workers,
                            store ? proof::Store::Now : proof::Store::Later);
    if (!tree) {
        cache_ = {};
        return chain_failure(ChainCode::Corrupt, tree.error().message);
    }
    summary.state_root = tree->view.root;
    prepared.tree = std::make_shared<proof::StateTree::Update>(std::move(*tree));
    summary.prev_history_root = head_.history.root();
    prepared.head = head_;
    prepared.history = prepared.head.history.append(summary);
    header.history_root = prepared.head.history.root();
    header.committee_digest = committee_digest_->second;
    if (head_.last) {
        header.previous = block_digest(head_.last->header);
        prepared.block.header.previous_seal =
            seal_digest(seal_statement(database_.ids().chain, *head_.last));
    }
    prepared.committee = committee_record_;
    prepared.head.next_seq = context.seq + 1;
    prepared.head.time_ms = time_ms;
    prepared.head.epoch = context.epoch;
    prepared.changes = std::move(applied.changes);
    out.prepared = std::move(prepared);
    return out;
}

ChainResult<void> BlockExecutor::commit(const PreparedBlock& prepared) {
    WALRUS_CHECK(prepared.block.header.header.summary.seq == head_.next_seq);
    auto committed = database_.commit(prepared);
    if (!committed) {
        // Whether the batch is there is unknown; the engine reloads before the next block.
        cache_ = {};
        return committed;
    }
    head_ = prepared.head;
    committee_record_.reset();
    tree_changes_ = prepared.tree->stored ? 0 : tree_changes_ + prepared.tree_changes.size();
    tree_.adopt(std::move(*prepared.tree));
    return {};
}

namespace {

void finish_header(PreparedBlock& prepared) {
    prepared.block.header_bcs = bcs::encode(prepared.block.header);
    WALRUS_CHECK(prepared.block.header_bcs.size() <= kSealedHeaderBytesMax);
    prepared.head.last = prepared.block.header;
}

ChainResult<void> check_block(BlockExecutor& replay, const LedgerDatabase& database,
                              std::uint64_t seq, CheckReport& report) {
    const auto broken = [&](std::string what) -> ChainResult<void> {
        return chain_failure(ChainCode::Broken, fmt::format("block {}: {}", seq, what));
    };
    const BlockPtr stored = WALRUS_TRY(database.block(seq));
    WALRUS_TRY(verify_sealed_header(replay.head().last, stored->header, database.sequencer(),
                                    database.ids().chain));
    SequencedBlock sequenced;
    sequenced.time_ms = stored->header.header.summary.time_ms;
    for (const BlockTransaction& transaction : stored->transactions) {
        const RecordPtr record = WALRUS_TRY(database.transaction(transaction.digest));
        if (!record) return broken("a transaction is missing");
        auto checked = ledger::verify_transaction({record->data, record->signatures});
        if (!checked)
            return broken(fmt::format("transaction {}: {}", to_text(transaction.digest),
                                      checked.error().message));
        sequenced.transactions.push_back(std::move(*checked));
    }
    auto finalized = WALRUS_TRY(replay.finalize(sequenced));
    for (const auto& result : finalized.results)
        if (!result) return broken("a transaction does not apply: " + result.error().message);
    if (!finalized.prepared) return broken("it is empty");
    PreparedBlock& prepared = *finalized.prepared;
    adopt_seal(prepared, stored->header);
    if (prepared.block.header != stored->header)
        return broken("executing it again gives another header");
    if (prepared.block.transactions != stored->transactions)
        return broken("executing it again gives other events");
    report.transactions += stored->transactions.size();
    ++report.blocks;
    return replay.commit(prepared);
}

}  // namespace

void seal_block(PreparedBlock& prepared, const AccountKey& sequencer, const ChainId& chain_id) {
    seal(prepared.block.header, sequencer, chain_id);
    finish_header(prepared);
}

void adopt_seal(PreparedBlock& prepared, const SealedHeader& sealed) {
    prepared.block.header.signature = sealed.signature;
    finish_header(prepared);
}

ChainResult<CheckReport> check_database(const LedgerDatabase& database) {
    const Head head = WALRUS_TRY(database.load_head());
    auto replayed = WALRUS_TRY(LedgerDatabase::open(io::make_memory_store(), database.genesis(),
                                                    database.sequencer(), "memory"));
    auto replay = WALRUS_TRY(BlockExecutor::make(*replayed));
    CheckReport report;
    for (std::uint64_t seq = 0; seq < head.next_seq; ++seq)
        WALRUS_TRY(check_block(*replay, database, seq, report));
    if (replay->head() != head)
        return chain_failure(ChainCode::Broken, "the stored head is not that of the blocks");
    report.state_digest = WALRUS_TRY(database.state_digest());
    const Digest expected = WALRUS_TRY(replayed->state_digest());
    // The tree once more, from nothing but the state.
    report.state_root = WALRUS_TRY(database.compute_state_root());
    if (head.last && report.state_root != head.last->header.summary.state_root)
        return chain_failure(ChainCode::Broken,
                             "the stored state is not that of the last header's root");
    if (report.state_digest != expected)
        return chain_failure(ChainCode::Broken,
                             "the stored state is not what the blocks from genesis give");
    WALRUS_TRY(database.check_tree());
    const Digest derived = WALRUS_TRY(database.derived_digest());
    const Digest expected_derived = WALRUS_TRY(replayed->derived_digest());
    if (derived != expected_derived)
        return chain_failure(ChainCode::Broken,
                             "an index, a record or the history is not what the blocks give");
    return report;
}

ChainResult<std::unique_ptr<io::KeyValueStore>> open_ledger_store(io::Environment& environment,
                                                                  const std::string& directory) {
    const auto from_io = [](const io::IoError& error) {
        const ChainCode code = error.code == io::IoCode::InUse     ? ChainCode::Busy
                               : error.code == io::IoCode::Corrupt ? ChainCode::Corrupt
                                                                   : ChainCode::NotDurable;
        return chain_failure(code, error.message);
    };
    auto created = environment.files.create_directories(directory);
    if (!created) return from_io(created.error());
    auto store = environment.open_store(directory + "/" + kDatabaseDirectory);
    if (!store) return from_io(store.error());
    return std::move(*store);
}

ChainResult<CheckReport> check_ledger(io::Environment& environment, const std::string& directory) {
    const auto exists = environment.files.exists(directory);
    if (!exists || !*exists)
        return chain_failure(ChainCode::NotFound,
                             fmt::format("there is no ledger in {}", directory));
    auto store = WALRUS_TRY(open_ledger_store(environment, directory));
    const auto database =
        WALRUS_TRY(LedgerDatabase::open(std::move(store), std::nullopt, std::nullopt, directory));
    return check_database(*database);
}

}  // namespace walrus::chain
