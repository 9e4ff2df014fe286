// SPDX-License-Identifier: Apache-2.0
// What the ledger commits to, down to the byte (docs/formats/blocks.md, spec/consensus.md §6.2 and
// §6.3): leaves of effects and events, the summary of a block, the application hash and the
// sequencer's seal over it. Pure values and functions, for the ledger and for everybody who checks
// it.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "bcs/bcs.hpp"
#include "crypto/signature.hpp"
#include "protocol/ids.hpp"

namespace walrus::proof {

/// The public key of the sequencer, ed25519.
using SequencerKey = std::array<Byte, 32>;

/// spec/consensus.md §6.2. BCS, 164 bytes.
struct BlockSummary {
    std::uint64_t seq = 0;            ///< 0 for the first block after genesis
    std::uint64_t engine_height = 0;  ///< the ordering engine's own number; solo: seq
    std::uint64_t time_ms = 0;        ///< never less than the previous block's
    Epoch epoch = 0;
    std::uint32_t transaction_count = 0;  ///< at least 1
    std::uint32_t event_count = 0;
    Digest effects_root;
    Digest events_root;
    Digest state_root;         ///< of the state tree after the block
    Digest prev_history_root;  ///< history root after the previous block
    bool operator==(const BlockSummary&) const = default;
};
/// H(0x30 ‖ BCS).
Digest summary_leaf(const BlockSummary& summary);

/// What the application hash is made of, in order. BCS, 138 bytes.
struct AppState {
    std::uint16_t version = 1;
    ChainId chain_id;
    std::uint64_t seq = 0;
    Digest state_root;
    Digest history_root;      ///< of all summaries up to this block's
    Digest committee_digest;  ///< storage committee of the epoch
    bool operator==(const AppState&) const = default;
};
/// H(0x50 ‖ BCS).
Digest app_hash(const AppState& state);

/// What the sequencer signs (spec/consensus.md §6.3, with the block's digest added).
struct SealStatement {
    ChainId chain_id;
    std::uint64_t seq = 0;
    std::uint64_t time_ms = 0;
    Epoch epoch = 0;
    Digest app_hash;
    Digest block_digest;
    Digest previous_seal;  ///< digest of the previous block's statement; zeros in block 0
    bool operator==(const SealStatement&) const = default;
};
/// BLAKE2b-256("LEDGER-SEAL-V1" ‖ BCS): what the sequencer's key signs (keys sign digests, as for
/// transactions) and what the next block names as its previous seal.
Digest seal_digest(const SealStatement& statement);
/// Is this the signature of this key?
bool verify_seal(const SealStatement& statement, const SequencerKey& key,
                 const std::array<Byte, kAccountSignatureBytes>& signature);

/// H(0x21 ‖ u32 index ‖ transaction digest ‖ effects digest).
Digest effects_leaf(std::uint32_t index, const TransactionDigest& transaction,
                    const Digest& effects);
/// H(0x20 ‖ u32 transaction index ‖ u32 event index ‖ type, with its u32 length ‖ package ‖
/// contents, with their u32 length). `type_bcs` is the BCS StructTag, `package` its address.
Digest event_leaf(std::uint32_t transaction, std::uint32_t index, ByteView type_bcs,
                  const Address& package, ByteView contents);
/// BLAKE2b-256("TransactionEffects::" ‖ BCS effects).
Digest effects_digest(ByteView effects_bcs);

/// How blocks hash their lists (shape_tree.hpp): H(0x22 ‖ leaf), H(0x23 ‖ left ‖ right), of no
/// leaves H("").
struct BlockTree {
    using Leaf = Digest;
    static Digest empty();
    static Digest leaf(const Digest& leaf);
    static Digest inner(const Digest& left, const Digest& right);
};

/// One member of a storage committee.
struct CommitteeEntry {
    ObjectId node;
    std::array<Byte, 48> key{};  ///< BLS public key, compressed
    std::vector<std::uint16_t> shards;
    bool operator==(const CommitteeEntry&) const = default;
};
/// A storage committee as its digest sees it: members ascending by node id.
struct CommitteeRecord {
    Epoch epoch = 0;
    std::vector<CommitteeEntry> members;
    bool operator==(const CommitteeRecord&) const = default;
};
/// H(0x40 ‖ BCS).
Digest committee_digest(const CommitteeRecord& committee);

/// H(tag ‖ data), H(tag ‖ left ‖ right).
Digest hash_tagged(Byte tag, ByteView data);
Digest hash_pair(Byte tag, const Digest& left, const Digest& right);

}  // namespace walrus::proof
