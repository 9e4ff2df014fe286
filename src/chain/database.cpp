// SPDX-License-Identifier: Apache-2.0
#include "chain/database.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/check.hpp"
#include "bcs/bcs.hpp"
#include "hash/blake2b.hpp"

namespace walrus::chain {
namespace {

// First bytes of keys; the state's own (0x10, 0x11, 0x12) are ledger/state.hpp's. Never renumbered.
constexpr Byte kMetaKeyTag = 0x00;
constexpr Byte kMetadataKeyTag = 0x14;
constexpr Byte kEventTypeKeyTag = 0x15;
constexpr Byte kCommitteeKeyTag = 0x18;
constexpr Byte kTransactionKeyTag = 0x20;
constexpr Byte kBlockKeyTag = 0x21;
constexpr Byte kTreeKeyTag = 0x30;
constexpr Byte kHistoryKeyTag = 0x31;
constexpr Byte kTreeChangesKeyTag = 0x32;

constexpr std::string_view kFormatName = "format";
constexpr std::string_view kGenesisName = "genesis";
constexpr std::string_view kSequencerName = "sequencer";
constexpr std::string_view kHeadName = "head";
constexpr std::string_view kTreeName = "tree";

struct StoredBlock {
    Bytes header;
    std::vector<TransactionDigest> transactions;
};

Bytes tagged(Byte tag, ByteView rest) {
    Bytes key{tag};
    append(key, rest);
    return key;
}
Bytes meta_key(std::string_view name) {
    return tagged(kMetaKeyTag, as_bytes(name));
}
Bytes transaction_key(const TransactionDigest& digest) {
    return tagged(kTransactionKeyTag, digest.view());
}
Bytes block_key(std::uint64_t seq) {
    Byte raw[8];
    store_be(raw, seq);
    return tagged(kBlockKeyTag, raw);
}
Bytes history_key(const proof::HistoryPosition& position) {
    Byte raw[9];
    raw[0] = position.height;
    store_be(raw + 1, position.index);
    return tagged(kHistoryKeyTag, raw);
}
/// Place of an event, in the order of the chain: block, transaction in it, event in that.
constexpr std::size_t kEventPlaceBytes = 16;
struct EventPlace {
    std::uint64_t seq = 0;
    std::uint32_t transaction = 0;
    std::uint32_t event = 0;

    Bytes encoded() const {
        Bytes out(kEventPlaceBytes);
        store_be(out.data(), seq);
        store_be(out.data() + 8, transaction);
        store_be(out.data() + 12, event);
        return out;
    }
    static EventPlace decode(ByteView bytes) {
        return {load_be<std::uint64_t>(bytes.data()), load_be<std::uint32_t>(bytes.data() + 8),
                load_be<std::uint32_t>(bytes.data() + 12)};
    }
};
/// The type's digest, shortened; the place completes the key.
Bytes event_type_prefix(const ledger::StructTag& type) {
    const Digest digest = blake2b(bcs::encode(type));
    return tagged(kEventTypeKeyTag, digest.view().first(16));
}
Bytes tree_changes_key(std::uint64_t seq) {
    Byte raw[8];
    store_be(raw, seq);
    return tagged(kTreeChangesKeyTag, raw);
}
void put_tree(io::WriteBatch& batch, const proof::StateTree::Update& update) {
    for (const proof::NodeWrite& write : update.writes) {
        if (write.node) {
            batch.put(tagged(kTreeKeyTag, write.path), *write.node);
        } else {
            batch.erase(tagged(kTreeKeyTag, write.path));
        }
    }
}
Bytes committee_key(Epoch epoch) {
    Byte raw[4];
    store_be(raw, epoch);
    return tagged(kCommitteeKeyTag, raw);
}

ChainError from_io(const io::IoError& error) {
    const ChainCode code =
        error.code == io::IoCode::Corrupt ? ChainCode::Corrupt : ChainCode::NotDurable;
    return {code, "the ledger's store failed: " + error.message};
}

template <class T>
ChainResult<T> decode_as(ByteView bytes, std::string_view what) {
    auto value = bcs::decode<T>(bytes);
    if (!value)
        return chain_failure(ChainCode::Corrupt,
                             fmt::format("stored {}: {}", what, bcs::describe(value.error())));
    return std::move(*value);
}

ChainResult<std::optional<Bytes>> get(const io::KeyValueStore& store, ByteView key) {
    auto value = store.get(key);
    if (!value) return tl::make_unexpected(from_io(value.error()));
    return std::move(*value);
}

}  // namespace

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

// ---- the state tree ----------------------------------------------------------------------------

proof::ProofResult<std::optional<Bytes>> DatabaseTree::read(ByteView path) const {
    auto value = store_.get(tagged(kTreeKeyTag, path));
    if (!value) return proof::proof_failure(proof::ProofCode::Storage, value.error().message);
    return std::move(*value);
}

std::vector<proof::StateChange> tree_changes(const ledger::StateChanges& changes,
                                             const std::map<ObjectId, Digest>& digests) {
    std::vector<proof::StateChange> out;
    out.reserve(changes.objects.size() + changes.balances.size() + changes.parameters.size());
    for (const auto& [id, object] : changes.objects) {
        std::optional<Digest> value;
        if (object) {
            const auto known = digests.find(id);
            value = known != digests.end() ? known->second : Digest::from(object->digest().view());
        }
        out.push_back({proof::tree_key(ledger::state_key(id)), value});
    }
    for (const auto& [key, amount] : changes.balances) {
        std::optional<Digest> value;
        if (amount != 0) value = proof::tree_value(ledger::kBalanceKeyTag, bcs::encode(amount));
        out.push_back({proof::tree_key(ledger::state_key(key)), value});
    }
    for (const auto& [name, bytes] : changes.parameters) {
        std::optional<Digest> value;
        if (bytes) value = proof::tree_value(ledger::kParameterKeyTag, *bytes);
        out.push_back({proof::tree_key(ledger::state_key(name)), value});
    }
    return out;
}

ChainResult<proof::StateTree> LedgerDatabase::load_tree() const {
    const Head head = WALRUS_TRY(load_head());
    const auto corrupt = [](const std::string& what) {
        return chain_failure(ChainCode::Corrupt, what);
    };
    const DatabaseTree nodes(*store_);
    auto tree = proof::StateTree::open(nodes);
    if (!tree) return corrupt(tree.error().message);
    InlineExecutor executor;
    for (std::uint64_t seq = tree_stored_seq_; seq < head.next_seq; ++seq) {
        const auto bytes = WALRUS_TRY(get(*store_, tree_changes_key(seq)));
        if (!bytes) return corrupt(fmt::format("the changes of block {} are missing", seq));
        auto changes =
            WALRUS_TRY(decode_as<std::vector<proof::StateChange>>(*bytes, "tree changes"));
        auto update = tree->apply(nodes, std::move(changes), executor, proof::Store::Later);
        if (!update) return corrupt(update.error().message);
        tree->adopt(std::move(*update));
    }
    if (head.last && tree->root() != head.last->header.summary.state_root)
        return corrupt("the stored state tree is not that of the last block");
    return std::move(*tree);
}

std::optional<proof::TreeView> LedgerDatabase::tree_view() const {
    const std::lock_guard lock(tree_mutex_);
    return tree_view_;
}

void LedgerDatabase::publish_tree(proof::TreeView view) {
    const std::lock_guard lock(tree_mutex_);
    tree_view_ = std::move(view);
}

ChainResult<void> LedgerDatabase::reload() {
    const auto bytes = WALRUS_TRY(get(*store_, meta_key(kTreeName)));
    if (!bytes) return chain_failure(ChainCode::Corrupt, "the ledger's tree is missing");
    tree_stored_seq_ = WALRUS_TRY(decode_as<std::uint64_t>(*bytes, "number of the tree"));
    return {};
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

ChainResult<LedgerDatabase::OwnedIds> LedgerDatabase::scan_ids(
    const Bytes& prefix, const Bytes& end, std::size_t token_start, std::size_t count_max,
    const std::optional<Bytes>& token) const {
    Bytes from = prefix;
    if (token) {
        // The token is the rest of the last key; the next key is its successor.
        Bytes last(prefix.begin(), prefix.begin() + static_cast<std::ptrdiff_t>(token_start));
        append(last, *token);
        if (token->size() > kPageTokenBytesMax || token->size() < ObjectId::kSize ||
            last < prefix || last >= end)
            return chain_failure(ChainCode::InvalidArgument,
                                 "the page token does not belong to this list");
        from = std::move(last);
        from.push_back(0);
    }
    OwnedIds out;
    Bytes last_key;
    bool more = false;
    auto scanned = store_->scan(from, end, [&](ByteView key, ByteView) {
        if (out.ids.size() == count_max) {
            more = true;
            return false;
        }
        if (key.size() < token_start + ObjectId::kSize) return true;
        out.ids.push_back(ObjectId::from(key.last(ObjectId::kSize)));
        last_key = to_bytes(key);
        return true;
    });
    if (!scanned) return tl::make_unexpected(from_io(scanned.error()));
    if (more) out.next_token = to_bytes(ByteView(last_key).subspan(token_start));
    return out;
}

ChainResult<LedgerDatabase::OwnedIds> LedgerDatabase::owned(
    const Address& owner, const std::optional<ledger::StructTag>& type, std::size_t count_max,
    const std::optional<Bytes>& token) const {
    const bool any_arguments = type && type->type_arguments.empty();
    const Bytes prefix = owner_prefix(owner, type ? &*type : nullptr, any_arguments);
    return scan_ids(prefix, prefix_end(prefix), 1 + Address::kSize, count_max, token);
}

ChainResult<LedgerDatabase::OwnedIds> LedgerDatabase::listed(const ObjectQuery& query,
                                                             std::size_t count_max) const {
    if (const auto* of_type = std::get_if<ObjectQuery::OfType>(&query.what)) {
        const Bytes prefix = type_prefix(of_type->type);
        return scan_ids(prefix, prefix_end(prefix), prefix.size(), count_max, query.token);
    }
    if (const auto* ending = std::get_if<ObjectQuery::EndingBy>(&query.what))
        return scan_ids(expiry_prefix(0), prefix_end(expiry_prefix(ending->epoch)), 1, count_max,
                        query.token);
    const Bytes prefix = blob_prefix(std::get<ObjectQuery::OfBlob>(query.what).blob);
    auto out = WALRUS_TRY(
        scan_ids(prefix, prefix_end(prefix), prefix.size(), kBlobObjectsMax, std::nullopt));
    out.next_token.reset();
    struct Ranked {
        bool certified = false;
        bool permanent = false;
        Epoch end_epoch = 0;
        ObjectId id;
    };
    std::vector<Ranked> ranked;
    for (const ObjectId& id : out.ids) {
        const auto object = WALRUS_TRY(this->object(id));
        if (!object) continue;  // gone since the index was read
        const auto blob = WALRUS_TRY(decode_as<ledger::Blob>(object->contents, "blob"));
        ranked.push_back(
            {blob.certified_epoch.has_value(), !blob.deletable, blob.storage.end_epoch, id});
    }
    std::sort(ranked.begin(), ranked.end(), [](const Ranked& a, const Ranked& b) {
        return std::tie(b.certified, b.permanent, b.end_epoch, a.id) <
               std::tie(a.certified, a.permanent, a.end_epoch, b.id);
    });
    out.ids.clear();
    for (const Ranked& item : ranked)
        if (out.ids.size() < count_max) out.ids.push_back(item.id);
    return out;
}

ChainResult<std::optional<proof::CommitteeRecord>> LedgerDatabase::committee(Epoch epoch) const {
    const auto bytes = WALRUS_TRY(get(*store_, committee_key(epoch)));
    if (!bytes) return std::optional<proof::CommitteeRecord>();
    return std::optional(WALRUS_TRY(decode_as<proof::CommitteeRecord>(*bytes, "committee")));
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

ChainResult<EventPage> LedgerDatabase::events(const EventQuery& query, std::size_t count_max,
                                              std::uint64_t seq_end) const {
    if (query.cursor && query.cursor->size() != kEventPlaceBytes)
        return chain_failure(ChainCode::InvalidArgument, "the cursor is not one of this ledger");
    // The cursor is the first place that was not looked at.
    EventPlace at = query.cursor ? EventPlace::decode(*query.cursor) : EventPlace{};
    EventPage page;
    std::size_t bytes = 0;
    BlockPtr block;
    /// False: the page is full, the event belongs to the next one.
    const auto take = [&](const EventPlace& place) -> ChainResult<bool> {
        if (!block || block->header.header.summary.seq != place.seq)
            block = WALRUS_TRY(this->block(place.seq));
        if (place.transaction >= block->transactions.size() ||
            place.event >= block->transactions[place.transaction].events.size())
            return chain_failure(ChainCode::Corrupt, "the index names an event that is not there");
        const BlockTransaction& transaction = block->transactions[place.transaction];
        const BlockEvent& event = transaction.events[place.event];
        if (page.events.size() >= count_max || bytes > kEventPageBytesMax) return false;
        bytes += event.contents.size() + 64;
        page.events.push_back({place.seq, block->header.header.summary.time_ms, transaction.digest,
                               place.transaction, place.event, event});
        return true;
    };
    if (query.type) {
        const Bytes prefix = event_type_prefix(*query.type);
        Bytes from = prefix;
        append(from, at.encoded());
        std::vector<EventPlace> places;
        auto scanned = store_->scan(from, prefix_end(prefix), [&](ByteView key, ByteView) {
            if (key.size() == prefix.size() + kEventPlaceBytes)
                places.push_back(EventPlace::decode(key.subspan(prefix.size())));
            return places.size() <= count_max;
        });
        if (!scanned) return tl::make_unexpected(from_io(scanned.error()));
        for (const EventPlace& place : places) {
            if (place.seq >= seq_end) break;
            at = place;
            if (!WALRUS_TRY(take(place))) {
                page.more = true;
                break;
            }
            ++at.event;
        }
        page.cursor = at.encoded();
        return page;
    }
    std::size_t transactions = 0;
    for (std::size_t blocks = 0; at.seq < seq_end && !page.more; ++blocks) {
        if (blocks == kEventBlocksMax || transactions >= kEventTransactionsMax) {
            page.more = true;
            break;
        }
        block = WALRUS_TRY(this->block(at.seq));
        transactions += block->transactions.size();
        while (at.transaction < block->transactions.size() && !page.more) {
            if (at.event >= block->transactions[at.transaction].events.size()) {
                ++at.transaction;
                at.event = 0;
            } else if (WALRUS_TRY(take(at))) {
                ++at.event;
            } else {
                page.more = true;
            }
        }
        if (!page.more) at = {at.seq + 1, 0, 0};
    }
    page.cursor = at.encoded();
    return page;
}

ChainResult<void> LedgerDatabase::hash_keys(Blake2b& hash, const Bytes& from,
                                            const Bytes& to) const {
    const auto add = [&](ByteView bytes) {
        Byte size[4];
        store_le(size, static_cast<std::uint32_t>(bytes.size()));
        hash.update(size).update(bytes);
    };
    auto scanned = store_->scan(from, to, [&](ByteView key, ByteView value) {
        add(key);
        add(value);
        return true;
    });
    if (!scanned) return tl::make_unexpected(from_io(scanned.error()));
    return {};
}

ChainResult<Digest> LedgerDatabase::state_digest() const {
    Blake2b hash;
    WALRUS_TRY(hash_keys(hash, Bytes{ledger::kObjectKeyTag},
                         Bytes{static_cast<Byte>(ledger::kParameterKeyTag + 1)}));
    return hash.finish();
}

ChainResult<Digest> LedgerDatabase::derived_digest() const {
    Blake2b hash;
    WALRUS_TRY(hash_keys(hash, Bytes{static_cast<Byte>(ledger::kParameterKeyTag + 1)},
                         Bytes{kTreeKeyTag}));
    // When the tree's nodes were stored is not a matter of the blocks.
    WALRUS_TRY(hash_keys(hash, Bytes{kHistoryKeyTag}, Bytes{kTreeChangesKeyTag}));
    WALRUS_TRY(hash_keys(hash, Bytes{static_cast<Byte>(kTreeChangesKeyTag + 1)}, {}));
    return hash.finish();
}

ChainResult<proof::StateTree::Update> LedgerDatabase::build_tree() const {
    std::vector<proof::StateChange> entries;
    std::optional<ChainError> error;
    const Bytes from{ledger::kObjectKeyTag};
    const Bytes to{static_cast<Byte>(ledger::kParameterKeyTag + 1)};
    auto scanned = store_->scan(from, to, [&](ByteView key, ByteView value) {
        proof::StateChange entry{proof::tree_key(key), std::nullopt};
        if (key[0] == ledger::kObjectKeyTag) {
            const auto object = decode_as<ledger::Object>(value, "object");
            if (!object) {
                error = object.error();
                return false;
            }
            entry.value = Digest::from(object->digest().view());
        } else {
            entry.value = proof::tree_value(key[0], value);
        }
        entries.push_back(entry);
        return true;
    });
    if (!scanned) return tl::make_unexpected(from_io(scanned.error()));
    if (error) return tl::make_unexpected(std::move(*error));
    InlineExecutor executor;
    auto tree = proof::StateTree().apply(DatabaseTree(*store_), std::move(entries), executor);
    if (!tree) return chain_failure(ChainCode::Corrupt, tree.error().message);
    return std::move(*tree);
}

ChainResult<Digest> LedgerDatabase::compute_state_root() const {
    return WALRUS_TRY(build_tree()).view.root;
}

ChainResult<void> LedgerDatabase::check_tree() const {
    std::map<Bytes, Bytes> expected;
    for (proof::NodeWrite& write : WALRUS_TRY(build_tree()).writes)
        expected[std::move(write.path)] = std::move(*write.node);
    // What is stored, with what would be stored next.
    std::map<Bytes, Bytes> stored;
    auto scanned =
        store_->scan(Bytes{kTreeKeyTag}, Bytes{kHistoryKeyTag}, [&](ByteView key, ByteView value) {
            stored[to_bytes(key.subspan(1))] = to_bytes(value);
            return true;
        });
    if (!scanned) return tl::make_unexpected(from_io(scanned.error()));
    const proof::StateTree tree = WALRUS_TRY(load_tree());
    InlineExecutor executor;
    auto update = tree.apply(DatabaseTree(*store_), {}, executor);
    if (!update) return chain_failure(ChainCode::Corrupt, update.error().message);
    for (proof::NodeWrite& write : update->writes) {
        if (write.node) {
            stored[write.path] = std::move(*write.node);
        } else {
            stored.erase(write.path);
        }
    }
    if (stored != expected)
        return chain_failure(ChainCode::Broken, "the stored state tree is not that of the state");
    return {};
}

ChainResult<Digest> LedgerDatabase::history_node(const proof::HistoryPosition& position) const {
    const auto bytes = WALRUS_TRY(get(*store_, history_key(position)));
    if (!bytes || bytes->size() != Digest::kSize)
        return chain_failure(ChainCode::NotFound,
                             fmt::format("node {} of height {} of the history is not there",
                                         position.index, position.height));
    return Digest::from(*bytes);
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
