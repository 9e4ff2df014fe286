// SPDX-License-Identifier: Apache-2.0
// The state tree and the history in the database, and what is compared in a check.
#include <map>

#include "chain/database_keys.hpp"

namespace walrus::chain {

using namespace detail;

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

}  // namespace walrus::chain
