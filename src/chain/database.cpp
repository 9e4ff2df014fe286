// SPDX-License-Identifier: Apache-2.0
#include "chain/database.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "chain/database_keys.hpp"

namespace walrus::chain {

using namespace detail;

// ---- reading the state -------------------------------------------------------------------------

void DatabaseReader::set_error(ChainError error) const {
    // The first error counts; readers of one piece of work may be parallel.
    if (!failed_.exchange(true)) error_ = std::make_unique<ChainError>(std::move(error));
}

std::optional<ChainError> DatabaseReader::error() const {
    if (!failed_ || !error_) return std::nullopt;
    return *error_;
}

std::optional<Bytes> DatabaseReader::get(ByteView key) const {
    auto value = store_.get(key);
    if (!value) {
        set_error(from_io(value.error()));
        return std::nullopt;
    }
    return std::move(*value);
}

void DatabaseReader::pin(const ObjectId& id) {
    if (auto object = this->object(id)) pinned_[id] = std::move(object);
}

ledger::ObjectPtr DatabaseReader::object(const ObjectId& id) const {
    if (const auto pinned = pinned_.find(id); pinned != pinned_.end()) return pinned->second;
    const auto bytes = get(ledger::state_key(id));
    if (!bytes) return nullptr;
    auto object = decode_as<ledger::Object>(*bytes, "object");
    if (!object) {
        set_error(std::move(object.error()));
        return nullptr;
    }
    return std::make_shared<const ledger::Object>(std::move(*object));
}

std::uint64_t DatabaseReader::balance(const ledger::BalanceKey& key) const {
    const auto bytes = get(ledger::state_key(key));
    if (!bytes) return 0;
    auto amount = decode_as<std::uint64_t>(*bytes, "balance");
    if (!amount) {
        set_error(std::move(amount.error()));
        return 0;
    }
    return *amount;
}

std::optional<Bytes> DatabaseReader::parameter(std::string_view name) const {
    return get(ledger::state_key(name));
}

bool DatabaseReader::executed(const TransactionDigest& digest) const {
    return get(transaction_key(digest)).has_value();
}

// ---- opening -----------------------------------------------------------------------------------

ChainResult<std::unique_ptr<LedgerDatabase>> LedgerDatabase::open(
    std::unique_ptr<io::KeyValueStore> store, std::optional<ledger::GenesisConfig> genesis,
    const std::optional<SequencerKey>& sequencer, const std::string& where) {
    std::unique_ptr<LedgerDatabase> database(new LedgerDatabase);
    database->store_ = std::move(store);
    auto format = WALRUS_TRY(get(*database->store_, meta_key(kFormatName)));
    if (!format) {
        auto any = database->store_->last({}, {});
        if (!any) return tl::make_unexpected(from_io(any.error()));
        if (any->has_value())
            return chain_failure(ChainCode::WrongFormat,
                                 fmt::format("{} holds something else than a ledger", where));
        if (!genesis || !sequencer)
            return chain_failure(
                ChainCode::NotFound,
                fmt::format("there is no ledger in {}, and no genesis to start one from", where));
        database->sequencer_ = *sequencer;
        WALRUS_TRY(database->create(*genesis));
        format = WALRUS_TRY(get(*database->store_, meta_key(kFormatName)));
    }
    const auto number = WALRUS_TRY(decode_as<std::uint32_t>(*format, "format number"));
    if (number != kDatabaseFormat)
        return chain_failure(
            ChainCode::WrongFormat,
            fmt::format("the ledger in {} has format {}, this program reads format {}: run the "
                        "version of walrus that wrote it, or start a new network with "
                        "`walrus up --home NEW_DIRECTORY`",
                        where, number, kDatabaseFormat));
    const auto genesis_raw = WALRUS_TRY(get(*database->store_, meta_key(kGenesisName)));
    const auto sequencer_raw = WALRUS_TRY(get(*database->store_, meta_key(kSequencerName)));
    if (!genesis_raw || !sequencer_raw || sequencer_raw->size() != SequencerKey().size())
        return chain_failure(ChainCode::Corrupt, fmt::format("{}: genesis is missing", where));
    database->genesis_ = WALRUS_TRY(decode_as<ledger::GenesisConfig>(*genesis_raw, "genesis"));
    const ChainId chain = ledger::chain_id(database->genesis_);
    if (genesis && ledger::chain_id(*genesis) != chain)
        return chain_failure(
            ChainCode::WrongFormat,
            fmt::format("the ledger in {} is of chain {}, genesis.yaml is of chain {}", where,
                        to_text(chain), to_text(ledger::chain_id(*genesis))));
    std::copy(sequencer_raw->begin(), sequencer_raw->end(), database->sequencer_.begin());
    if (sequencer && database->sequencer_ != *sequencer)
        return chain_failure(
            ChainCode::WrongFormat,
            fmt::format("the ledger in {} was sealed with another sequencer key", where));
    DatabaseReader reader(*database->store_);
    const auto ids = reader.parameter(ledger::kIdsParameter);
    if (auto error = reader.error()) return tl::make_unexpected(std::move(*error));
    if (!ids) return chain_failure(ChainCode::Corrupt, fmt::format("{}: no ids", where));
    database->ids_ = WALRUS_TRY(decode_as<ledger::LedgerIds>(*ids, "ids"));
    if (database->ids_.chain != chain)
        return chain_failure(ChainCode::Corrupt,
                             fmt::format("{}: state and genesis are of two chains", where));
    WALRUS_TRY(database->load_head());
    WALRUS_TRY(database->reload());
    return database;
}

ChainResult<void> LedgerDatabase::create(const ledger::GenesisConfig& genesis) {
    auto made = ledger::make_genesis(genesis);
    if (!made) return chain_failure(ChainCode::InvalidArgument, "genesis: " + made.error().message);
    ids_ = made->ids;
    io::WriteBatch batch;
    batch.put(meta_key(kFormatName), bcs::encode(kDatabaseFormat));
    batch.put(meta_key(kGenesisName), ledger::genesis_bytes(genesis));
    batch.put(meta_key(kSequencerName), to_bytes(sequencer_));
    WALRUS_TRY(put_state(batch, made->changes));
    InlineExecutor executor;
    const auto tree =
        proof::StateTree().apply(DatabaseTree(*store_), tree_changes(made->changes), executor);
    if (!tree) return chain_failure(ChainCode::Corrupt, tree.error().message);
    put_tree(batch, *tree);
    batch.put(meta_key(kTreeName), bcs::encode(std::uint64_t{0}));
    Head head;
    head.time_ms = genesis.time_ms;
    head.epoch = 1;
    batch.put(meta_key(kHeadName), bcs::encode(head));
    auto written = store_->write(batch, true);
    if (!written) return tl::make_unexpected(from_io(written.error()));
    return {};
}

// ---- reads -------------------------------------------------------------------------------------

ChainResult<Head> LedgerDatabase::load_head() const {
    const auto bytes = WALRUS_TRY(get(*store_, meta_key(kHeadName)));
    if (!bytes) return chain_failure(ChainCode::Corrupt, "the ledger's head is missing");
    return decode_as<Head>(*bytes, "head");
}

ChainResult<ledger::ObjectPtr> LedgerDatabase::object(const ObjectId& id) const {
    DatabaseReader reader(*store_);
    ledger::ObjectPtr found = reader.object(id);
    if (!found && !reader.error()) {
        const auto blob_id = WALRUS_TRY(get(*store_, tagged(kMetadataKeyTag, id.view())));
        if (blob_id && blob_id->size() == ObjectId::kSize) {
            if (const auto blob = reader.object(ObjectId::from(*blob_id)))
                found = std::make_shared<const ledger::Object>(implicit_metadata(*blob));
        }
    }
    if (auto error = reader.error()) return tl::make_unexpected(std::move(*error));
    return found;
}

ChainResult<std::uint64_t> LedgerDatabase::balance(const ledger::BalanceKey& key) const {
    DatabaseReader reader(*store_);
    const std::uint64_t amount = reader.balance(key);
    if (auto error = reader.error()) return tl::make_unexpected(std::move(*error));
    return amount;
}

ChainResult<RecordPtr> LedgerDatabase::transaction(const TransactionDigest& digest) const {
    const auto bytes = WALRUS_TRY(get(*store_, transaction_key(digest)));
    if (!bytes) return RecordPtr();
    return std::make_shared<const TransactionRecord>(WALRUS_TRY(decode_record(*bytes)));
}

ChainResult<BlockPtr> LedgerDatabase::block(std::uint64_t seq) const {
    const auto bytes = WALRUS_TRY(get(*store_, block_key(seq)));
    if (!bytes) return chain_failure(ChainCode::NotFound, fmt::format("there is no block {}", seq));
    auto stored = WALRUS_TRY(decode_as<StoredBlock>(*bytes, "block"));
    auto block = std::make_shared<Block>();
    block->header = WALRUS_TRY(decode_sealed_header(stored.header));
    block->header_bcs = std::move(stored.header);
    for (const TransactionDigest& digest : stored.transactions) {
        const RecordPtr record = WALRUS_TRY(transaction(digest));
        if (!record)
            return chain_failure(
                ChainCode::Corrupt,
                fmt::format("transaction {} of block {} is missing", to_text(digest), seq));
        block->transactions.push_back(block_transaction(record->executed));
    }
    return BlockPtr(std::move(block));
}

// ---- writing -----------------------------------------------------------------------------------

ChainResult<void> LedgerDatabase::put_state(io::WriteBatch& batch,
                                            const ledger::StateChanges& changes) const {
    DatabaseReader before(*store_);
    for (const auto& [id, object] : changes.objects) {
        // The indexes follow the object: what the old version had goes, what the new one has comes.
        const ledger::ObjectPtr old = before.object(id);
        std::vector<Bytes> old_keys;
        std::vector<Bytes> new_keys;
        if (old) old_keys = index_keys(*old, ids_.package);
        if (object) new_keys = index_keys(*object, ids_.package);
        const auto has = [](const std::vector<Bytes>& keys, const Bytes& key) {
            return std::find(keys.begin(), keys.end(), key) != keys.end();
        };
        for (const Bytes& key : old_keys)
            if (!has(new_keys, key)) batch.erase(key);
        for (const Bytes& key : new_keys)
            if (!has(old_keys, key)) batch.put(key, {});
        const bool was_blob = old && is_blob(old->type, ids_.package);
        const bool is_now_blob = object && is_blob(object->type, ids_.package);
        const auto metadata_key = [&] {
            return tagged(kMetadataKeyTag, metadata_field_id(id).view());
        };
        if (was_blob && !is_now_blob) batch.erase(metadata_key());
        if (is_now_blob && !was_blob) batch.put(metadata_key(), to_bytes(id.view()));
        if (object) {
            batch.put(ledger::state_key(id), bcs::encode(*object));
        } else {
            batch.erase(ledger::state_key(id));
        }
    }
    if (auto error = before.error()) return tl::make_unexpected(std::move(*error));
    for (const auto& [key, amount] : changes.balances) {
        if (amount == 0) {
            batch.erase(ledger::state_key(key));
        } else {
            batch.put(ledger::state_key(key), bcs::encode(amount));
        }
    }
    for (const auto& [name, value] : changes.parameters) {
        if (value) {
            batch.put(ledger::state_key(name), *value);
        } else {
            batch.erase(ledger::state_key(name));
        }
    }
    return {};
}

ChainResult<void> LedgerDatabase::commit(const PreparedBlock& prepared) {
    const BlockSummary& summary = prepared.block.header.header.summary;
    WALRUS_CHECK(prepared.records.size() == summary.transaction_count);
    WALRUS_CHECK(prepared.head.next_seq == summary.seq + 1);
    // Every record is what later makes the digest known: none may be missing.
    WALRUS_CHECK(prepared.changes.executed.size() == prepared.records.size());
    io::WriteBatch batch;
    WALRUS_TRY(put_state(batch, prepared.changes));
    StoredBlock stored;
    stored.header = prepared.block.header_bcs;
    for (const RecordPtr& record : prepared.records) {
        stored.transactions.push_back(record->executed.digest);
        batch.put(transaction_key(record->executed.digest), encode_record(*record));
    }
    batch.put(block_key(summary.seq), bcs::encode(stored));
    for (std::uint32_t t = 0; t < prepared.block.transactions.size(); ++t) {
        const auto& events = prepared.block.transactions[t].events;
        for (std::uint32_t e = 0; e < events.size(); ++e) {
            Bytes key = event_type_prefix(events[e].type);
            append(key, EventPlace{summary.seq, t, e}.encoded());
            batch.put(std::move(key), {});
        }
    }
    if (prepared.tree->stored) {
        put_tree(batch, *prepared.tree);
        for (std::uint64_t seq = tree_stored_seq_; seq < summary.seq; ++seq)
            batch.erase(tree_changes_key(seq));
        batch.put(meta_key(kTreeName), bcs::encode(prepared.head.next_seq));
    } else {
        batch.put(tree_changes_key(summary.seq), bcs::encode(prepared.tree_changes));
    }
    for (const proof::HistoryNode& node : prepared.history)
        batch.put(history_key(node.position), to_bytes(node.digest.view()));
    if (prepared.committee)
        batch.put(committee_key(prepared.committee->epoch), bcs::encode(*prepared.committee));
    batch.put(meta_key(kHeadName), bcs::encode(prepared.head));
    ++write_count_;
    auto written = store_->write(batch, true);
    if (written) {
        if (prepared.tree->stored) tree_stored_seq_ = prepared.head.next_seq;
        publish_tree(prepared.tree->view);
    }
    ++write_count_;
    if (!written) return tl::make_unexpected(from_io(written.error()));
    return {};
}

ChainResult<void> LedgerDatabase::make_durable() {
    // A synced write makes all earlier ones durable too.
    const Head head = WALRUS_TRY(load_head());
    io::WriteBatch batch;
    batch.put(meta_key(kHeadName), bcs::encode(head));
    auto written = store_->write(batch, true);
    if (!written) return tl::make_unexpected(from_io(written.error()));
    return {};
}

// ---- the implicit metadata field ---------------------------------------------------------------

ObjectId metadata_field_id(const ObjectId& blob) {
    const Bytes key = bcs::encode(to_bytes(ledger::kMetadataKey));
    return ledger::dynamic_field_id(
        blob, ledger::vector_of(ledger::primitive(ledger::TypeKind::U8)), key);
}

ledger::Object implicit_metadata(const ledger::Object& blob) {
    ledger::MetadataField field;
    field.id = metadata_field_id(blob.id);
    field.name = to_bytes(ledger::kMetadataKey);
    Address framework;
    framework.bytes[31] = 2;
    ledger::Object out;
    out.id = field.id;
    out.version = blob.version;
    out.owner = ledger::ObjectOwner{blob.id};
    out.type = ledger::make_struct(
        framework, "dynamic_field", "Field",
        {ledger::vector_of(ledger::primitive(ledger::TypeKind::U8)),
         ledger::make_type(ledger::make_struct(blob.type.address, "metadata", "Metadata"))});
    out.contents = bcs::encode(field);
    out.previous_transaction = blob.previous_transaction;
    return out;
}

}  // namespace walrus::chain
