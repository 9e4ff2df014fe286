// SPDX-License-Identifier: Apache-2.0
// Blocks as everybody can check them (docs/formats/blocks.md): the header commits to the block's
// transactions, effects, events and state changes and to all blocks before it; the seal is the
// sequencer's signature. Pure functions and plain values.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "chain/error.hpp"
#include "crypto/signature.hpp"
#include "ledger/type_tag.hpp"
#include "protocol/ids.hpp"

namespace walrus::chain {

/// Format of headers that we write and read.
inline constexpr std::uint16_t kBlockFormat = 1;
/// Transactions in one block at most.
inline constexpr std::size_t kBlockTransactionsMax = 256;
/// Bytes of an encoded SealedHeader at most; larger ones are refused before decoding.
inline constexpr std::size_t kSealedHeaderBytesMax = 512;

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
    Digest state_root;         ///< until the tree exists: ledger::StateChanges::digest()
    Digest prev_history_root;  ///< history root after the previous block
    bool operator==(const BlockSummary&) const = default;
};

struct BlockHeader {
    std::uint16_t format = kBlockFormat;
    Digest previous;  ///< the previous block's digest; zeros in block 0
    BlockSummary summary;
    Digest history_root;      ///< of all summaries up to this block's
    Digest committee_digest;  ///< storage committee of the epoch
    bool operator==(const BlockHeader&) const = default;
};

/// What the sequencer signs (spec/consensus.md §6.3, with the block's digest added).
struct SealStatement {
    ChainId chain_id;
    std::uint64_t seq = 0;
    std::uint64_t time_ms = 0;
    Epoch epoch = 0;
    Digest app_hash;
    Digest block_digest;
    Digest previous_seal;  ///< digest of the previous block's statement; zeros in block 0
};

/// A header with the sequencer's seal; the statement itself follows from header and chain id.
struct SealedHeader {
    BlockHeader header;
    Digest previous_seal;
    std::array<Byte, kAccountSignatureBytes> signature{};  ///< SequencerSeal: ed25519
    bool operator==(const SealedHeader&) const = default;
};

/// One event, as roots see it. The package is the address of the type.
struct BlockEvent {
    ledger::StructTag type;
    Bytes contents;
    bool operator==(const BlockEvent&) const = default;
};
/// One transaction of a block, as roots see it. Events in order of emission.
struct BlockTransaction {
    TransactionDigest digest;
    Digest effects_digest;
    std::vector<BlockEvent> events;
    bool operator==(const BlockTransaction&) const = default;
};

/// The public key of the sequencer, ed25519.
using SequencerKey = std::array<Byte, 32>;

Digest block_digest(const BlockHeader& header);
/// H(0x50 ‖ u16 version ‖ chain id ‖ seq ‖ state root ‖ history root ‖ committee digest).
Digest app_hash(const ChainId& chain_id, const BlockHeader& header);
SealStatement seal_statement(const ChainId& chain_id, const SealedHeader& header);
/// BLAKE2b-256("LEDGER-SEAL-V1" ‖ BCS): what the sequencer's key signs (keys sign digests, as for
/// transactions) and what the next block names as its previous seal.
Digest seal_digest(const SealStatement& statement);
/// Signs the header in place. Precondition: the key is ed25519.
void seal(SealedHeader& header, const AccountKey& key, const ChainId& chain_id);

/// Roots over a block's transactions in order.
Digest effects_root(std::span<const BlockTransaction> transactions);
Digest events_root(std::span<const BlockTransaction> transactions);
std::uint32_t event_count(std::span<const BlockTransaction> transactions);
/// Tree of consensus.md §5.1's shape over leaf digests, tags 0x22 and 0x23; no leaves: H("").
Digest block_tree_root(std::span<const Digest> leaves);

/// H(0x40 ‖ BCS of the ledger's BlsCommittee).
Digest committee_digest(ByteView committee_bcs);

/// Merkle mountain range over the summaries; only its peaks are kept.
struct History {
    std::uint64_t leaf_count = 0;
    std::vector<Digest> peaks;  ///< the highest first

    void append(const BlockSummary& summary);
    /// Zeros before the first block.
    Digest root() const;
    bool operator==(const History&) const = default;
};

/// Checks a header against the one before it (nothing: this must be block 0): format, sequence,
/// previous digests, history, time and epoch never backwards, counts, and the seal. Errors: Broken;
/// the message names what is wrong with which block.
ChainResult<void> verify_sealed_header(const std::optional<SealedHeader>& previous,
                                       const SealedHeader& header, const SequencerKey& key,
                                       const ChainId& chain_id);
/// The header is that of exactly these transactions and events. Errors: Broken.
ChainResult<void> verify_block_contents(const SealedHeader& header,
                                        std::span<const BlockTransaction> transactions);
/// Errors: Corrupt (also for trailing bytes or an unknown format).
ChainResult<SealedHeader> decode_sealed_header(ByteView bcs);

}  // namespace walrus::chain
