// SPDX-License-Identifier: Apache-2.0
#include "proof/state_tree.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <string>
#include <utility>

#include "base/check.hpp"
#include "bcs/bcs.hpp"
#include "hash/blake2b.hpp"
#include "proof/commitments.hpp"

namespace walrus::proof {

/// A node in memory, packed: one hash per slot that is not empty, in the order of slots.
struct TreeNode {
    std::uint16_t present = 0;  ///< bit s: slot s is not empty
    std::uint16_t leaf = 0;     ///< bit s: slot s is a leaf, else a deeper node
    std::vector<Digest> hashes;
    std::vector<StateLeaf> leaves;
    std::vector<TreeNodePtr> children;  ///< null: stored only
    std::uint64_t version = 0;          ///< of the update that made it; 0: read
    bool in_store = false;              ///< a node of this path was stored before it was made
};

namespace {

constexpr Byte kLeafTag = 0x00;
constexpr Byte kInnerTag = 0x01;
constexpr std::size_t kSlots = 16;
constexpr std::size_t kKeyNibbles = 64;
constexpr std::size_t kKeyBits = 256;

enum class Kind : std::uint8_t { Empty, Leaf, Inner };

/// A subtree as its parent sees it.
struct Slot {
    Kind kind = Kind::Empty;
    Digest hash;
    StateLeaf leaf;
    TreeNodePtr child;
};
using Slots = std::array<Slot, kSlots>;

auto storage_error(std::string what) {
    return proof_failure(ProofCode::Storage, "the state tree: " + std::move(what));
}

std::size_t nibble_of(const Digest& key, std::size_t depth) {
    const Byte byte = key.bytes[depth / 2];
    return depth % 2 == 0 ? byte >> 4 : byte & 15;
}

bool bit_of(const Digest& key, std::size_t bit) {
    return ((key.bytes[bit / 8] >> (7 - bit % 8)) & 1) != 0;
}

/// The way to a node, one nibble an entry.
struct Path {
    std::array<Byte, kKeyNibbles> nibbles{};
    std::size_t size = 0;

    Path child(std::size_t slot) const {
        Path out = *this;
        out.nibbles[out.size++] = static_cast<Byte>(slot);
        return out;
    }
    Bytes encoded() const {
        Bytes out(1 + (size + 1) / 2);
        out[0] = static_cast<Byte>(size);
        for (std::size_t i = 0; i < size; ++i)
            out[1 + i / 2] |= static_cast<Byte>(i % 2 == 0 ? nibbles[i] << 4 : nibbles[i]);
        return out;
    }
};

/// What two subtrees hash to together; `which` (if asked) is the leaf's slot of the result.
struct Reduced {
    Kind kind = Kind::Empty;
    Digest hash;
    std::size_t slot = 0;  ///< of a leaf
};
Reduced join(const Reduced& left, const Reduced& right) {
    if (left.kind == Kind::Empty && right.kind != Kind::Inner) return right;
    if (right.kind == Kind::Empty && left.kind != Kind::Inner) return left;
    return {Kind::Inner, inner_hash(left.hash, right.hash), 0};
}

/// All five levels of a node: 16 slots, 8, 4, 2, 1.
using Levels = std::array<std::array<Reduced, kSlots>, 5>;
void reduce(const Slots& slots, Levels& levels) {
    for (std::size_t s = 0; s < kSlots; ++s) levels[0][s] = {slots[s].kind, slots[s].hash, s};
    std::size_t width = kSlots / 2;
    for (std::size_t level = 1; level < levels.size(); ++level, width /= 2)
        for (std::size_t i = 0; i < width; ++i)
            levels[level][i] = join(levels[level - 1][2 * i], levels[level - 1][2 * i + 1]);
}

void unpack(const TreeNode& node, Slots& slots) {
    std::size_t hash = 0;
    std::size_t leaf = 0;
    std::size_t child = 0;
    for (std::size_t s = 0; s < kSlots; ++s) {
        const auto bit = static_cast<std::uint16_t>(1u << s);
        if ((node.present & bit) == 0) continue;
        Slot& slot = slots[s];
        slot.hash = node.hashes[hash++];
        if ((node.leaf & bit) != 0) {
            slot.kind = Kind::Leaf;
            slot.leaf = node.leaves[leaf++];
        } else {
            slot.kind = Kind::Inner;
            slot.child = node.children[child++];
        }
    }
}

TreeNodePtr pack(const Slots& slots, std::uint64_t version, bool in_store) {
    auto node = std::make_shared<TreeNode>();
    node->version = version;
    node->in_store = in_store;
    std::size_t hashes = 0;
    std::size_t leaves = 0;
    for (const Slot& slot : slots) {
        hashes += slot.kind != Kind::Empty;
        leaves += slot.kind == Kind::Leaf;
    }
    node->hashes.reserve(hashes);
    node->leaves.reserve(leaves);
    node->children.reserve(hashes - leaves);
    for (std::size_t s = 0; s < kSlots; ++s) {
        const Slot& slot = slots[s];
        if (slot.kind == Kind::Empty) continue;
        const auto bit = static_cast<std::uint16_t>(1u << s);
        node->present |= bit;
        node->hashes.push_back(slot.hash);
        if (slot.kind == Kind::Leaf) {
            node->leaf |= bit;
            node->leaves.push_back(slot.leaf);
        } else {
            node->children.push_back(slot.child);
        }
    }
    return node;
}

/// u16 present ‖ u16 leaf ‖ in the order of slots: a leaf's key and value, a node's hash.
Bytes encode_node(const TreeNode& node) {
    bcs::Writer out(4 + node.leaves.size() * 64 + node.children.size() * 32);
    out.fixed(node.present);
    out.fixed(node.leaf);
    std::size_t hash = 0;
    std::size_t leaf = 0;
    for (std::size_t s = 0; s < kSlots; ++s) {
        const auto bit = static_cast<std::uint16_t>(1u << s);
        if ((node.present & bit) == 0) continue;
        if ((node.leaf & bit) != 0) {
            out.raw(node.leaves[leaf].key.bytes);
            out.raw(node.leaves[leaf].value.bytes);
            ++leaf;
        } else {
            out.raw(node.hashes[hash].bytes);
        }
        ++hash;
    }
    return out.take();
}

ProofResult<TreeNodePtr> decode_node(ByteView bytes) {
    bcs::Reader in(bytes);
    auto node = std::make_shared<TreeNode>();
    if (bytes.size() > kTreeNodeBytesMax || !in.fixed(node->present) || !in.fixed(node->leaf) ||
        (node->leaf & ~node->present) != 0)
        return storage_error("a node does not parse");
    for (std::size_t s = 0; s < kSlots; ++s) {
        const auto bit = static_cast<std::uint16_t>(1u << s);
        if ((node->present & bit) == 0) continue;
        ByteView raw;
        if ((node->leaf & bit) != 0) {
            if (!in.raw(64, raw)) break;
            node->leaves.push_back({Digest::from(raw.first(32)), Digest::from(raw.last(32))});
            node->hashes.push_back(leaf_hash(node->leaves.back()));
        } else {
            if (!in.raw(32, raw)) break;
            node->hashes.push_back(Digest::from(raw));
            node->children.push_back(nullptr);
        }
    }
    if (!in.finish()) return storage_error("a node does not parse");
    return node;
}

ProofResult<TreeNodePtr> load(const TreeReader& reader, const Path& path) {
    const auto bytes = WALRUS_TRY(reader.read(path.encoded()));
    if (!bytes)
        return storage_error("a node of depth " + std::to_string(path.size) + " is missing");
    return decode_node(*bytes);
}

/// Works on one subtree: which stored nodes go and how many come and go in memory.
struct Work {
    const TreeReader& reader;
    std::uint64_t version = 0;         ///< of the nodes that are made
    std::uint64_t stored_version = 0;  ///< of the stored tree
    std::vector<Bytes> erased;
    std::ptrdiff_t nodes_more = 0;

    ProofResult<void> change_slot(const Path& path, std::size_t s, Slot& slot,
                                  std::span<const StateChange> group);
    ProofResult<Slot> change_node(const Path& path, const TreeNodePtr& old,
                                  std::span<const StateChange> changes);
    Slot finish_node(const Path& path, const TreeNodePtr& old, const Slots& slots);
};

/// The changes from `at` on whose key has the nibble of the first at this depth.
std::span<const StateChange> take_group(std::span<const StateChange> changes, std::size_t depth) {
    const std::size_t nibble = nibble_of(changes.front().key, depth);
    std::size_t size = 1;
    while (size < changes.size() && nibble_of(changes[size].key, depth) == nibble) ++size;
    return changes.first(size);
}

ProofResult<void> Work::change_slot(const Path& path, std::size_t s, Slot& slot,
                                    std::span<const StateChange> group) {
    const Path below = path.child(s);
    if (slot.kind == Kind::Inner) {
        TreeNodePtr old = slot.child;
        if (old) {
            --nodes_more;
        } else {
            old = WALRUS_TRY(load(reader, below));
        }
        slot = WALRUS_TRY(change_node(below, old, group));
        return {};
    }
    // No node there yet: the leaf that is there (unless it changes) and the new ones.
    std::vector<StateChange> entries;
    const bool keep = slot.kind == Kind::Leaf &&
                      std::none_of(group.begin(), group.end(),
                                   [&](const auto& c) { return c.key == slot.leaf.key; });
    for (const StateChange& change : group)
        if (change.value) entries.push_back(change);
    if (keep) {
        const StateChange kept{slot.leaf.key, slot.leaf.value};
        const auto place = std::lower_bound(
            entries.begin(), entries.end(), kept,
            [](const StateChange& a, const StateChange& b) { return a.key < b.key; });
        entries.insert(place, kept);
    }
    slot = {};
    if (entries.empty()) return {};
    if (entries.size() == 1) {
        slot.kind = Kind::Leaf;
        slot.leaf = {entries[0].key, *entries[0].value};
        slot.hash = leaf_hash(slot.leaf);
        return {};
    }
    slot = WALRUS_TRY(change_node(below, nullptr, entries));
    return {};
}

/// What a node becomes for its parent. There is always a root.
Slot Work::finish_node(const Path& path, const TreeNodePtr& old, const Slots& slots) {
    Levels levels;
    reduce(slots, levels);
    const Reduced& top = levels.back()[0];
    const bool in_store = old && (old->in_store || old->version <= stored_version);
    Slot out;
    out.kind = top.kind;
    out.hash = top.hash;
    if (top.kind == Kind::Leaf) out.leaf = slots[top.slot].leaf;
    if (top.kind == Kind::Inner || path.size == 0) {
        out.child = pack(slots, version, in_store);
        ++nodes_more;
    } else if (in_store) {
        erased.push_back(path.encoded());
    }
    return out;
}

ProofResult<Slot> Work::change_node(const Path& path, const TreeNodePtr& old,
                                    std::span<const StateChange> changes) {
    Slots slots;
    if (old) unpack(*old, slots);
    while (!changes.empty()) {
        const auto group = take_group(changes, path.size);
        const std::size_t s = nibble_of(group.front().key, path.size);
        WALRUS_TRY(change_slot(path, s, slots[s], group));
        changes = changes.subspan(group.size());
    }
    return finish_node(path, old, slots);
}

/// Puts the node and all below it that are newer than the stored tree; those above are newer too.
void collect_writes(const Path& path, const TreeNode& node, std::uint64_t stored_version,
                    std::vector<NodeWrite>& out) {
    std::size_t child = 0;
    for (std::size_t s = 0; s < kSlots; ++s) {
        const auto bit = static_cast<std::uint16_t>(1u << s);
        if ((node.present & bit) == 0 || (node.leaf & bit) != 0) continue;
        const TreeNodePtr& below = node.children[child++];
        if (below && below->version > stored_version)
            collect_writes(path.child(s), *below, stored_version, out);
    }
    out.push_back({path.encoded(), encode_node(node)});
}

/// A copy that knows nothing of the nodes below `levels` levels.
TreeNodePtr without_deep(const TreeNodePtr& node, std::size_t levels) {
    auto copy = std::make_shared<TreeNode>(*node);
    for (TreeNodePtr& child : copy->children)
        if (child) child = levels == 1 ? nullptr : without_deep(child, levels - 1);
    return copy;
}

}  // namespace

Digest tree_key(ByteView state_key) {
    return blake2b(state_key);
}

Digest tree_value(Byte state_key_tag, ByteView value) {
    return hash_tagged(state_key_tag, value);
}

Digest leaf_hash(const StateLeaf& leaf) {
    return hash_pair(kLeafTag, leaf.key, leaf.value);
}

Digest inner_hash(const Digest& left, const Digest& right) {
    return hash_pair(kInnerTag, left, right);
}

ProofResult<StateTree> StateTree::open(const TreeReader& reader, std::size_t nodes_max) {
    StateTree tree;
    tree.nodes_max_ = nodes_max;
    tree.view_.node = WALRUS_TRY(load(reader, {}));
    tree.nodes_ = 1;
    Slots slots;
    unpack(*tree.view_.node, slots);
    Levels levels;
    reduce(slots, levels);
    tree.view_.root = levels.back()[0].hash;
    return tree;
}

ProofResult<StateTree::Update> StateTree::apply(const TreeReader& reader,
                                                std::vector<StateChange> changes,
                                                Executor& executor, Store store) const {
    std::sort(changes.begin(), changes.end(),
              [](const StateChange& a, const StateChange& b) { return a.key < b.key; });
    for (std::size_t i = 1; i < changes.size(); ++i)
        WALRUS_CHECK(changes[i - 1].key != changes[i].key);
    const TreeNodePtr& old = view_.node;
    Slots slots;
    if (old) unpack(*old, slots);
    std::vector<std::span<const StateChange>> groups;
    for (std::span<const StateChange> rest = changes; !rest.empty();) {
        groups.push_back(take_group(rest, 0));
        rest = rest.subspan(groups.back().size());
    }
    // Every group has a slot of its own: the work is independent, whoever does it.
    const Work fresh{.reader = reader,
                     .version = version_ + 1,
                     .stored_version = stored_version_,
                     .erased = {},
                     .nodes_more = 0};
    std::vector<Work> works(groups.size(), fresh);
    std::vector<ProofResult<void>> done(groups.size());
    const auto body = [&](std::size_t i) {
        const std::size_t s = nibble_of(groups[i].front().key, 0);
        done[i] = works[i].change_slot({}, s, slots[s], groups[i]);
    };
    if (changes.size() >= kTreeParallelMin) {
        executor.parallel_for(groups.size(), body);
    } else {
        for (std::size_t i = 0; i < groups.size(); ++i) body(i);
    }
    for (ProofResult<void>& result : done)
        if (!result) return tl::make_unexpected(std::move(result.error()));
    Work last = fresh;
    Slot top = last.finish_node({}, old, slots);
    Update out;
    out.view = {top.hash, std::move(top.child)};
    out.version = fresh.version;
    out.nodes_more = last.nodes_more - (old ? 1 : 0);
    for (Work& work : works) {
        out.nodes_more += work.nodes_more;
        std::move(work.erased.begin(), work.erased.end(), std::back_inserter(out.erased));
    }
    if (store == Store::Now) {
        out.stored = true;
        // What was erased may be there again: first they go, then all come.
        for (const std::vector<Bytes>* list : {&erased_, &std::as_const(out.erased)})
            for (const Bytes& path : *list) out.writes.push_back({path, std::nullopt});
        collect_writes({}, *out.view.node, stored_version_, out.writes);
    }
    return out;
}

void StateTree::adopt(Update&& update) {
    view_ = std::move(update.view);
    version_ = update.version;
    nodes_ = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(nodes_) + update.nodes_more);
    if (!update.stored) {
        std::move(update.erased.begin(), update.erased.end(), std::back_inserter(erased_));
        return;
    }
    stored_version_ = version_;
    erased_.clear();
    if (nodes_ > nodes_max_) forget_deep_nodes();
}

/// Keeps the upper levels, as many as fit into half of the allowance: they are what every change
/// passes. Only when everything is stored. Views that are out keep what they have.
void StateTree::forget_deep_nodes() {
    std::vector<const TreeNode*> level{view_.node.get()};
    std::size_t kept = 1;
    std::size_t levels = 1;
    while (true) {
        std::vector<const TreeNode*> next;
        for (const TreeNode* node : level)
            for (const TreeNodePtr& child : node->children)
                if (child) next.push_back(child.get());
        if (next.empty()) break;
        if (kept + next.size() > nodes_max_ / 2) {
            view_.node = without_deep(view_.node, levels);
            break;
        }
        kept += next.size();
        ++levels;
        level = std::move(next);
    }
    nodes_ = kept;
}

// ---- proofs ------------------------------------------------------------------------------------

ProofResult<StateProof> prove_state(const TreeReader& reader, const Digest& key) {
    const StateTree tree = WALRUS_TRY(StateTree::open(reader));
    return prove_state(reader, tree.view(), key);
}

ProofResult<StateProof> prove_state(const TreeReader& reader, const TreeView& view,
                                    const Digest& key) {
    StateProof proof;
    proof.key = key;
    Path path;
    TreeNodePtr node = view.node;
    while (true) {
        if (!node) node = WALRUS_TRY(load(reader, path));
        Slots slots;
        unpack(*node, slots);
        Levels levels;
        reduce(slots, levels);
        const std::size_t nibble = nibble_of(key, path.size);
        std::size_t level = levels.size() - 1;
        Reduced at = levels[level][0];
        while (at.kind == Kind::Inner && level > 0) {
            --level;
            const std::size_t index = nibble >> level;
            proof.siblings.push_back(levels[level][index ^ 1].hash);
            at = levels[level][index];
        }
        if (at.kind == Kind::Inner) {
            path = path.child(nibble);
            node = slots[nibble].child;
            if (path.size == kKeyNibbles) return storage_error("it is deeper than its keys");
            continue;
        }
        if (at.kind == Kind::Leaf) {
            const StateLeaf& leaf = slots[at.slot].leaf;
            if (leaf.key == key) {
                proof.kind = StateProof::Kind::Present;
                proof.value = leaf.value;
            } else {
                proof.kind = StateProof::Kind::AbsentOther;
                proof.other = leaf;
            }
        }
        std::reverse(proof.siblings.begin(), proof.siblings.end());
        return proof;
    }
}

Bytes encode(const StateProof& proof) {
    bcs::Writer out(128 + proof.siblings.size() * 32);
    out.u8(static_cast<std::uint8_t>(proof.kind));
    out.raw(proof.key.bytes);
    if (proof.kind == StateProof::Kind::Present) out.raw(proof.value.bytes);
    if (proof.kind == StateProof::Kind::AbsentOther) {
        out.raw(proof.other.key.bytes);
        out.raw(proof.other.value.bytes);
    }
    out.fixed(static_cast<std::uint16_t>(proof.siblings.size()));
    Bytes bitmap((proof.siblings.size() + 7) / 8);
    for (std::size_t i = 0; i < proof.siblings.size(); ++i)
        if (!proof.siblings[i].is_zero()) bitmap[i / 8] |= static_cast<Byte>(1u << (i % 8));
    out.raw(bitmap);
    for (const Digest& sibling : proof.siblings)
        if (!sibling.is_zero()) out.raw(sibling.bytes);
    return out.take();
}

ProofResult<StateProof> decode_state_proof(ByteView bytes) {
    const auto malformed = [] {
        return proof_failure(ProofCode::Malformed, "the state proof does not parse");
    };
    bcs::Reader in(bytes);
    StateProof proof;
    std::uint8_t kind = 0;
    if (!in.u8(kind) || kind < 1 || kind > 3 || !bcs::decode(in, proof.key)) return malformed();
    proof.kind = static_cast<StateProof::Kind>(kind);
    if (proof.kind == StateProof::Kind::Present && !bcs::decode(in, proof.value))
        return malformed();
    if (proof.kind == StateProof::Kind::AbsentOther &&
        (!bcs::decode(in, proof.other.key) || !bcs::decode(in, proof.other.value)))
        return malformed();
    std::uint16_t count = 0;
    ByteView bitmap;
    if (!in.fixed(count) || count > kKeyBits || !in.raw((count + 7u) / 8u, bitmap))
        return malformed();
    if (count % 8 != 0 && (bitmap.back() >> (count % 8)) != 0) return malformed();
    for (std::size_t i = 0; i < count; ++i) {
        Digest& sibling = proof.siblings.emplace_back();
        if (((bitmap[i / 8] >> (i % 8)) & 1) == 0) continue;
        if (!bcs::decode(in, sibling) || sibling.is_zero()) return malformed();
    }
    if (!in.finish()) return malformed();
    return proof;
}

std::optional<Digest> state_fold(const StateProof& proof) {
    const std::size_t depth = proof.siblings.size();
    if (depth > kKeyBits) return std::nullopt;
    // The lowest sibling is never empty: the two would be one subtree with fewer levels.
    if (depth > 0 && proof.siblings.front().is_zero()) return std::nullopt;
    Digest at;
    if (proof.kind == StateProof::Kind::Present) at = leaf_hash({proof.key, proof.value});
    if (proof.kind == StateProof::Kind::AbsentOther) {
        if (proof.other.key == proof.key) return std::nullopt;
        for (std::size_t bit = 0; bit < depth; ++bit)
            if (bit_of(proof.key, bit) != bit_of(proof.other.key, bit)) return std::nullopt;
        at = leaf_hash(proof.other);
    }
    for (std::size_t i = 0; i < depth; ++i) {
        const Digest& sibling = proof.siblings[i];
        at = bit_of(proof.key, depth - 1 - i) ? inner_hash(sibling, at) : inner_hash(at, sibling);
    }
    return at;
}

}  // namespace walrus::proof
