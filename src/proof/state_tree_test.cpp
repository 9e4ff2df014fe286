// SPDX-License-Identifier: Apache-2.0
#include "proof/state_tree.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <thread>

#include "base/text.hpp"
#include "hash/blake2b.hpp"

namespace walrus::proof {
namespace {

class MapReader final : public TreeReader {
public:
    ProofResult<std::optional<Bytes>> read(ByteView path) const override {
        ++reads;
        const auto found = nodes.find(to_bytes(path));
        if (found == nodes.end()) return std::optional<Bytes>();
        return std::optional<Bytes>(found->second);
    }
    void write(const std::vector<NodeWrite>& writes) {
        for (const NodeWrite& write : writes) {
            if (write.node) {
                nodes[write.path] = *write.node;
            } else {
                EXPECT_EQ(nodes.erase(write.path), 1u);
            }
        }
    }
    std::map<Bytes, Bytes> nodes;
    mutable std::atomic<std::size_t> reads{0};
};

/// One thread for every call.
class Threads final : public Executor {
public:
    std::size_t concurrency() const override { return 16; }
    void parallel_for(std::size_t count, FunctionRef<void(std::size_t)> body) override {
        std::vector<std::thread> threads;
        for (std::size_t i = 0; i < count; ++i) threads.emplace_back([&, i] { body(i); });
        for (std::thread& thread : threads) thread.join();
    }
};

bool bit_at(const Digest& key, std::size_t bit) {
    return ((key.bytes[bit / 8] >> (7 - bit % 8)) & 1) != 0;
}

/// The definition of spec/consensus.md §6.2, over all entries every time.
Digest naive_root(std::vector<StateLeaf> leaves, std::size_t bit = 0) {
    if (leaves.empty()) return {};
    if (leaves.size() == 1) {
        Bytes data{0x00};
        append(data, leaves[0].key.view());
        append(data, leaves[0].value.view());
        return blake2b(data);
    }
    std::vector<StateLeaf> low;
    std::vector<StateLeaf> high;
    for (const StateLeaf& leaf : leaves) (bit_at(leaf.key, bit) ? high : low).push_back(leaf);
    Bytes data{0x01};
    append(data, naive_root(low, bit + 1).view());
    append(data, naive_root(high, bit + 1).view());
    return blake2b(data);
}

struct Model {
    std::map<Digest, Digest> entries;
    Digest root() const {
        std::vector<StateLeaf> leaves;
        for (const auto& [key, value] : entries) leaves.push_back({key, value});
        return naive_root(leaves);
    }
    void apply(const std::vector<StateChange>& changes) {
        for (const StateChange& change : changes) {
            if (change.value) {
                entries[change.key] = *change.value;
            } else {
                entries.erase(change.key);
            }
        }
    }
};

Digest random_digest(std::mt19937_64& random) {
    Digest out;
    for (Byte& byte : out.bytes) byte = static_cast<Byte>(random());
    return out;
}

/// Keys of a small world, so that they are hit again; many share long beginnings.
Digest clustered_key(std::mt19937_64& random, int spread) {
    Digest out;
    for (Byte& byte : out.bytes)
        if (random() % 8 == 0) byte = static_cast<Byte>(1u << (random() % 8));
    if (spread == 0) return blake2b(ByteView(out.bytes).first(2));
    return out;
}

std::vector<StateChange> random_changes(std::mt19937_64& random, const Model& model, int spread,
                                        std::size_t count) {
    std::map<Digest, std::optional<Digest>> picked;
    while (picked.size() < count) {
        Digest key = clustered_key(random, spread);
        if (!model.entries.empty() && random() % 2 == 0) {
            auto place = model.entries.lower_bound(random_digest(random));
            if (place == model.entries.end()) place = model.entries.begin();
            key = place->first;
        }
        std::optional<Digest> value;
        if (random() % 3 != 0) value = random_digest(random);
        picked[key] = value;
        if (random() % 16 == 0) break;
    }
    std::vector<StateChange> out;
    for (const auto& [key, value] : picked) out.push_back({key, value});
    std::shuffle(out.begin(), out.end(), random);
    return out;
}

/// Stored nodes of a tree that is made from the entries at once.
std::map<Bytes, Bytes> stored_at_once(const Model& model) {
    InlineExecutor executor;
    MapReader store;
    std::vector<StateChange> all;
    for (const auto& [key, value] : model.entries) all.push_back({key, value});
    const auto update = StateTree().apply(store, all, executor);
    store.write(update->writes);
    return store.nodes;
}

/// Some updates are stored at once, others later, some are dropped, and the process ends now and
/// then.
class RandomHistory {
public:
    RandomHistory(std::uint64_t seed, int spread) : random_(seed), spread_(spread) {
        auto genesis = tree_.apply(store_, {}, inline_);
        store_.write(genesis->writes);
        tree_.adopt(std::move(*genesis));
    }
    void block(int number) {
        const std::size_t size = number % 7 == 0 ? 90 : 1 + random_() % 12;
        const auto changes = random_changes(random_, model_, spread_, size);
        const Store store = random_() % 3 == 0 ? Store::Now : Store::Later;
        auto update = tree_.apply(store_, changes, inline_, store);
        ASSERT_TRUE(update) << update.error().message;
        const auto parallel = tree_.apply(store_, changes, threads_, store);
        ASSERT_TRUE(parallel);
        EXPECT_EQ(parallel->view.root, update->view.root);
        EXPECT_EQ(parallel->writes, update->writes);
        if (random_() % 5 == 0) {
            // Dropped, as after a failed write; the next one must not see it.
            auto again = tree_.apply(store_, changes, inline_, store);
            ASSERT_TRUE(again);
            EXPECT_EQ(again->view.root, update->view.root);
            EXPECT_EQ(again->writes, update->writes);
        }
        model_.apply(changes);
        ASSERT_EQ(update->view.root, model_.root()) << number;
        store_.write(update->writes);
        tree_.adopt(std::move(*update));
        EXPECT_EQ(tree_.root(), model_.root());
        if (store == Store::Now) {
            pending_.clear();
            EXPECT_EQ(store_.nodes, stored_at_once(model_));
        } else {
            pending_.push_back(changes);
        }
        if (random_() % 6 == 0) restart();
    }
    void check_proofs() {
        for (int i = 0; i < 10; ++i) {
            Digest key = clustered_key(random_, spread_);
            if (i % 2 == 0 && !model_.entries.empty()) key = model_.entries.begin()->first;
            const auto proof = prove_state(store_, tree_.view(), key);
            ASSERT_TRUE(proof) << proof.error().message;
            EXPECT_EQ(state_fold(*proof), tree_.root());
            EXPECT_EQ(proof->kind == StateProof::Kind::Present, model_.entries.contains(key));
        }
    }
    /// Everything goes: what is left is the root's node alone.
    void empty() {
        std::vector<StateChange> all;
        for (const auto& [key, value] : model_.entries) all.push_back({key, std::nullopt});
        auto update = tree_.apply(store_, all, inline_);
        ASSERT_TRUE(update);
        EXPECT_TRUE(update->view.root.is_zero());
        store_.write(update->writes);
        EXPECT_EQ(store_.nodes.size(), 1u);
    }

private:
    /// What was not stored is applied again; sometimes with hardly any memory.
    void restart() {
        auto opened = StateTree::open(store_, random_() % 2 == 0 ? 4 : kTreeNodesMax);
        ASSERT_TRUE(opened);
        for (const auto& changes : pending_) {
            auto update = opened->apply(store_, changes, inline_, Store::Later);
            ASSERT_TRUE(update);
            opened->adopt(std::move(*update));
        }
        EXPECT_EQ(opened->root(), tree_.root());
        tree_ = std::move(*opened);
    }

    std::mt19937_64 random_;
    int spread_;
    Threads threads_;
    InlineExecutor inline_;
    MapReader store_;
    StateTree tree_;
    Model model_;
    std::vector<std::vector<StateChange>> pending_;
};

TEST(StateTree, AgreesWithTheDefinitionOverRandomHistories) {
    for (int i = 0; i < 60; ++i) {
        SCOPED_TRACE(i);
        RandomHistory history(static_cast<std::uint64_t>(i), i % 2);
        for (int block = 0; block < 30; ++block) {
            history.block(block);
            if (block % 5 == 0) history.check_proofs();
            if (::testing::Test::HasFatalFailure()) return;
        }
        history.empty();
    }
}

TEST(StateTree, TheRootDependsOnTheEntriesOnly) {
    std::mt19937_64 random(5);
    std::vector<StateChange> changes;
    for (int i = 0; i < 300; ++i) changes.push_back({random_digest(random), random_digest(random)});
    InlineExecutor executor;
    std::optional<Digest> root;
    std::optional<std::map<Bytes, Bytes>> nodes;
    for (const std::size_t step : {1u, 7u, 300u}) {
        std::shuffle(changes.begin(), changes.end(), random);
        MapReader store;
        StateTree tree;
        for (std::size_t from = 0; from < changes.size(); from += step) {
            const std::size_t to = std::min(changes.size(), from + step);
            auto update = tree.apply(store,
                                     {changes.begin() + static_cast<std::ptrdiff_t>(from),
                                      changes.begin() + static_cast<std::ptrdiff_t>(to)},
                                     executor);
            ASSERT_TRUE(update);
            store.write(update->writes);
            tree.adopt(std::move(*update));
        }
        if (!root) {
            root = tree.root();
            nodes = store.nodes;
        }
        EXPECT_EQ(tree.root(), *root);
        EXPECT_EQ(store.nodes, *nodes);
    }
}

TEST(StateTree, AChangeTouchesOnlyItsPathAndMemoryIsBounded) {
    std::mt19937_64 random(6);
    InlineExecutor executor;
    MapReader store;
    StateTree tree;
    std::vector<StateChange> changes;
    for (int i = 0; i < 20'000; ++i)
        changes.push_back({random_digest(random), random_digest(random)});
    auto first = tree.apply(store, changes, executor);
    ASSERT_TRUE(first);
    store.write(first->writes);
    auto opened = StateTree::open(store, 500);
    ASSERT_TRUE(opened);
    tree = std::move(*opened);
    for (int i = 0; i < 2000; ++i) {
        const Digest& key = changes[random() % changes.size()].key;
        store.reads = 0;
        auto update = tree.apply(store, {{key, random_digest(random)}}, executor);
        ASSERT_TRUE(update);
        // 16^4 slots for 20,000 keys: depth five is rare, six nearly unheard of.
        EXPECT_LE(update->writes.size(), 7u);
        EXPECT_LE(store.reads, 6u);
        store.write(update->writes);
        tree.adopt(std::move(*update));
        EXPECT_LE(tree.nodes_in_memory(), 500u);
    }
}

TEST(StateTree, FailedReadsAreErrors) {
    std::mt19937_64 random(7);
    InlineExecutor executor;
    MapReader store;
    EXPECT_FALSE(StateTree::open(store));
    StateTree tree;
    std::vector<StateChange> changes;
    for (int i = 0; i < 300; ++i) changes.push_back({random_digest(random), random_digest(random)});
    auto update = tree.apply(store, changes, executor);
    ASSERT_TRUE(update);
    store.write(update->writes);
    auto opened = StateTree::open(store);
    ASSERT_TRUE(opened);
    MapReader broken;
    broken.nodes = store.nodes;
    std::erase_if(broken.nodes, [](const auto& entry) { return entry.first.size() == 2; });
    auto result = opened->apply(broken, changes, executor);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ProofCode::Storage);
    EXPECT_FALSE(prove_state(broken, changes[0].key));
    for (auto& [path, node] : broken.nodes) node.pop_back();
    EXPECT_FALSE(StateTree::open(broken));
}

TEST(StateProofs, PresentAndAbsentKeysOfRandomTreesVerify) {
    InlineExecutor executor;
    for (int round = 0; round < 40; ++round) {
        std::mt19937_64 random(static_cast<std::uint64_t>(100 + round));
        MapReader store;
        StateTree tree;
        Model model;
        const auto changes =
            random_changes(random, model, round % 2, static_cast<std::size_t>(round) + 1);
        model.apply(changes);
        auto update = tree.apply(store, changes, executor);
        ASSERT_TRUE(update);
        store.write(update->writes);
        const Digest root = update->view.root;
        std::vector<Digest> keys;
        for (const auto& [key, value] : model.entries) keys.push_back(key);
        for (int i = 0; i < 20; ++i) keys.push_back(clustered_key(random, round % 2));
        for (int i = 0; i < 10 && !model.entries.empty(); ++i) {
            Digest near = keys[random() % model.entries.size()];
            near.bytes[random() % 32] ^= static_cast<Byte>(1u << (random() % 8));
            keys.push_back(near);
        }
        for (const Digest& key : keys) {
            const auto proof = prove_state(store, key);
            ASSERT_TRUE(proof) << proof.error().message;
            const auto entry = model.entries.find(key);
            ASSERT_EQ(proof->kind == StateProof::Kind::Present, entry != model.entries.end());
            if (entry != model.entries.end()) {
                EXPECT_EQ(proof->value, entry->second);
            }
            ASSERT_EQ(state_fold(*proof), root);
            const Bytes bytes = encode(*proof);
            const auto again = decode_state_proof(bytes);
            ASSERT_TRUE(again);
            EXPECT_EQ(*again, *proof);
            // No byte may be another one.
            for (std::size_t i = 0; i < bytes.size(); ++i) {
                Bytes bad = bytes;
                bad[i] ^= static_cast<Byte>(1u << (random() % 8));
                const auto wrong = decode_state_proof(bad);
                if (!wrong) continue;
                EXPECT_NE(encode(*wrong), bytes);
                const auto folded = state_fold(*wrong);
                EXPECT_FALSE(folded && *folded == root && wrong->key == key) << i;
            }
        }
    }
}

TEST(StateProofs, AreNotMadeFromOthers) {
    InlineExecutor executor;
    std::mt19937_64 random(8);
    MapReader store;
    StateTree tree;
    std::vector<StateChange> changes;
    for (int i = 0; i < 50; ++i) changes.push_back({random_digest(random), random_digest(random)});
    auto update = tree.apply(store, changes, executor);
    ASSERT_TRUE(update);
    store.write(update->writes);
    const auto proof = prove_state(store, changes[0].key);
    ASSERT_TRUE(proof);
    // "Absent", because the place is empty or held by somebody else.
    StateProof lie = *proof;
    lie.kind = StateProof::Kind::AbsentEmpty;
    EXPECT_NE(state_fold(lie), update->view.root);
    lie.kind = StateProof::Kind::AbsentOther;
    lie.other = {changes[0].key, *changes[0].value};
    EXPECT_FALSE(state_fold(lie));
    // The leaf of another key does not speak for keys of other subtrees.
    const auto other = prove_state(store, changes[1].key);
    ASSERT_TRUE(other);
    lie = *other;
    lie.kind = StateProof::Kind::AbsentOther;
    lie.other = {changes[1].key, *changes[1].value};
    lie.key = changes[0].key;
    EXPECT_FALSE(state_fold(lie));
    // A shorter path to an inner node's hash is no leaf.
    lie = *proof;
    lie.siblings.erase(lie.siblings.begin());
    EXPECT_NE(state_fold(lie), update->view.root);
}

TEST(StateTree, KnownRoots) {
    // docs/formats/state-tree.md: the bytes do not change unnoticed.
    InlineExecutor executor;
    MapReader store;
    StateTree tree;
    std::vector<StateChange> changes;
    for (Byte i = 0; i < 5; ++i) {
        const Bytes key{0x12, static_cast<Byte>('a' + i)};
        changes.push_back({tree_key(key), tree_value(0x12, Bytes{i})});
    }
    auto one = tree.apply(store, {changes[0]}, executor);
    ASSERT_TRUE(one);
    EXPECT_EQ(one->view.root, leaf_hash({changes[0].key, *changes[0].value}));
    auto all = tree.apply(store, changes, executor);
    ASSERT_TRUE(all);
    EXPECT_EQ(hex_encode(all->view.root.view()),
              "611ab517e9405670c2dc0447fa481c0a25743f08cd16062783830f6be7c476c4");
}

}  // namespace
}  // namespace walrus::proof
