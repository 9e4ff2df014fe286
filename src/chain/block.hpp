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
#include "proof/commitments.hpp"
#include "proof/history.hpp"
#include "protocol/ids.hpp"

namespace walrus::chain {

/// Format of headers that we write and read.
inline constexpr std::uint16_t kBlockFormat = 2;
/// Transactions in one block at most.
inline constexpr std::size_t kBlockTransactionsMax = 256;
/// Bytes of an encoded SealedHeader at most; larger ones are refused before decoding.
inline constexpr std::size_t kSealedHeaderBytesMax = 512;

using proof::BlockSummary;
using proof::History;
using proof::SealStatement;
using proof::SequencerKey;

struct BlockHeader {
    std::uint16_t format = kBlockFormat;
    Digest previous;  ///< the previous block's digest; zeros in block 0
    BlockSummary summary;
    Digest history_root;      ///< of all summaries up to this block's
    Digest committee_digest;  ///< storage committee of the epoch
    bool operator==(const BlockHeader&) const = default;
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

Digest block_digest(const BlockHeader& header);
/// What the header's application hash is made of, and the hash.
proof::AppState app_state(const ChainId& chain_id, const BlockHeader& header);
Digest app_hash(const ChainId& chain_id, const BlockHeader& header);
SealStatement seal_statement(const ChainId& chain_id, const SealedHeader& header);
using proof::seal_digest;
/// Signs the header in place. Precondition: the key is ed25519.
void seal(SealedHeader& header, const AccountKey& key, const ChainId& chain_id);

/// Roots over a block's transactions in order.
Digest effects_root(std::span<const BlockTransaction> transactions);
Digest events_root(std::span<const BlockTransaction> transactions);
std::uint32_t event_count(std::span<const BlockTransaction> transactions);
/// The leaves of both, in order.
std::vector<Digest> effects_leaves(std::span<const BlockTransaction> transactions);
std::vector<Digest> event_leaves(std::span<const BlockTransaction> transactions);

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
