// SPDX-License-Identifier: Apache-2.0
// The state tree (docs/formats/state-tree.md, spec/consensus.md §6.2): one root over objects,
// balances and parameters, from which every single entry, and the absence of one, can be proved.
//
// A binary tree over the bits of 32-byte keys, most significant first; an empty subtree hashes to
// zeros, a subtree with one key is that key's leaf, so the root depends on the entries only and not
// on their history. Four levels lie in one stored node, which is addressed by its path; a change
// rewrites the nodes on the way from its leaf to the root and nothing else. The tree in memory is a
// part of the whole: nodes are read when they are needed and forgotten when they are too many.
//
//   StateTree::open -> apply(changes) -> [store Update::writes] -> adopt(update)
//
// `apply` changes nothing: an update that is not kept is simply dropped. New nodes may be stored
// later than the update that made them (`Store::Later`), all at once: most are written over by the
// next blocks anyway. Until then whoever keeps the tree keeps the changes, and applies them again
// after a restart. Nodes never change once they are made, so views may be read in other threads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "base/executor.hpp"
#include "proof/error.hpp"

namespace walrus::proof {

/// Bytes of a stored node at most: both bitmaps and 16 leaves.
inline constexpr std::size_t kTreeNodeBytesMax = 4 + 16 * 64;
/// Nodes that a tree keeps in memory before it forgets some: about 100 MB.
inline constexpr std::size_t kTreeNodesMax = 131'072;
/// From so many changes on the sixteen subtrees of the root are worked on in parallel.
inline constexpr std::size_t kTreeParallelMin = 64;

/// An entry: the hash of its key in the state, and the hash of its value.
struct StateLeaf {
    Digest key;
    Digest value;
    bool operator==(const StateLeaf&) const = default;
};
/// Key of the tree: BLAKE2b-256 of the state's key (its tag byte first).
Digest tree_key(ByteView state_key);
/// Value of an object: its digest. Of a balance or a parameter: H(tag ‖ BCS value).
Digest tree_value(Byte state_key_tag, ByteView value);
/// H(0x00 ‖ key ‖ value).
Digest leaf_hash(const StateLeaf& leaf);
/// H(0x01 ‖ left ‖ right).
Digest inner_hash(const Digest& left, const Digest& right);

struct StateChange {
    Digest key;
    std::optional<Digest> value;  ///< nothing: the entry goes
};

/// Where nodes are stored. `path`: u8 number of nibbles, then the nibbles, two in a byte.
class TreeReader {
public:
    virtual ~TreeReader() = default;
    /// The stored node; nothing if there is none there. Errors: Storage. May be called from several
    /// threads at once.
    virtual ProofResult<std::optional<Bytes>> read(ByteView path) const = 0;
};

struct NodeWrite {
    Bytes path;
    std::optional<Bytes> node;  ///< nothing: erase
    bool operator==(const NodeWrite&) const = default;
};

struct TreeNode;
using TreeNodePtr = std::shared_ptr<const TreeNode>;

/// A tree at one moment, for proofs. Cheap to copy.
struct TreeView {
    Digest root;
    TreeNodePtr node;
};
enum class Store {
    Now,    ///< the update's writes make the stored tree this one
    Later,  ///< the update has no writes
};

class StateTree {
public:
    /// An empty tree that was never stored.
    StateTree() = default;
    /// The stored tree. Errors: Storage (also: there is none).
    static ProofResult<StateTree> open(const TreeReader& reader,
                                       std::size_t nodes_max = kTreeNodesMax);

    /// Zeros: no entries.
    const Digest& root() const { return view_.root; }
    const TreeView& view() const { return view_; }
    /// So many nodes are not stored, or in memory at all, that the next update should store them.
    bool wants_store() const { return nodes_ > nodes_max_; }

    struct Update {
        TreeView view;
        std::vector<NodeWrite> writes;  ///< in the order in which they are to be made
        bool stored = false;
        // For adopt.
        std::uint64_t version = 0;
        std::ptrdiff_t nodes_more = 0;
        std::vector<Bytes> erased;
    };
    /// The tree after these changes, which have different keys and may come in any order. Erasing
    /// what is not there changes nothing. The result does not depend on the executor. Errors:
    /// Storage.
    ProofResult<Update> apply(const TreeReader& reader, std::vector<StateChange> changes,
                              Executor& executor, Store store = Store::Now) const;
    /// Goes on from an update of this very tree, whose writes are stored.
    void adopt(Update&& update);

    /// Nodes in memory.
    std::size_t nodes_in_memory() const { return nodes_; }

private:
    void forget_deep_nodes();

    TreeView view_;
    std::size_t nodes_ = 0;
    std::size_t nodes_max_ = kTreeNodesMax;
    std::uint64_t version_ = 0;         ///< of the newest update
    std::uint64_t stored_version_ = 0;  ///< nodes of newer versions are not stored
    std::vector<Bytes> erased_;         ///< stored nodes that are no more
};

/// One lookup in the tree, as it is proved.
struct StateProof {
    enum class Kind : std::uint8_t {
        Present = 1,
        AbsentEmpty = 2,  ///< the key's place is an empty subtree
        AbsentOther = 3,  ///< the only key in the key's subtree is another one
    };
    Kind kind = Kind::AbsentEmpty;
    Digest key;
    Digest value;                  ///< Present
    StateLeaf other;               ///< AbsentOther
    std::vector<Digest> siblings;  ///< from the leaf to the root; zeros: empty
    bool operator==(const StateProof&) const = default;
};

/// u8 kind ‖ key ‖ [value, or key and value of the other leaf] ‖ u16 number of siblings ‖ bitmap of
/// those that are not empty, first bit lowest ‖ those siblings.
Bytes encode(const StateProof& proof);
/// Canonical only. Errors: Malformed.
ProofResult<StateProof> decode_state_proof(ByteView bytes);
/// The root under which the proof holds; nothing if it contradicts itself.
std::optional<Digest> state_fold(const StateProof& proof);

/// Looks a key up. What the view does not have in memory is read; if the stored tree has moved on
/// since, the proof does not hold (state_fold) or ends with Storage. Errors: Storage.
ProofResult<StateProof> prove_state(const TreeReader& reader, const TreeView& view,
                                    const Digest& key);
/// The same in the stored tree.
ProofResult<StateProof> prove_state(const TreeReader& reader, const Digest& key);

}  // namespace walrus::proof
