// SPDX-License-Identifier: Apache-2.0
#include "chain/block.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.hpp"
#include "bcs/bcs.hpp"
#include "hash/blake2b.hpp"

namespace walrus::chain {
namespace {

// Tags of docs/formats/blocks.md; never renumbered.
constexpr Byte kEventTag = 0x20;
constexpr Byte kEffectsTag = 0x21;
constexpr Byte kTreeLeafTag = 0x22;
constexpr Byte kTreeInnerTag = 0x23;
constexpr Byte kSummaryTag = 0x30;
constexpr Byte kHistoryInnerTag = 0x31;
constexpr Byte kHistoryRootTag = 0x32;
constexpr Byte kHistoryBagTag = 0x33;
constexpr Byte kCommitteeTag = 0x40;
constexpr Byte kAppHashTag = 0x50;
constexpr Byte kBlockTag = 0x51;
constexpr std::uint16_t kAppHashVersion = 1;

template <class T>
void put_le(Bytes& out, T value) {
    Byte raw[sizeof(T)];
    store_le(raw, value);
    append(out, raw);
}

void put_sized(Bytes& out, ByteView bytes) {
    put_le(out, static_cast<std::uint32_t>(bytes.size()));
    append(out, bytes);
}

Digest hash_tagged(Byte tag, ByteView data) {
    return Blake2b().update({&tag, 1}).update(data).finish();
}

Digest hash_pair(Byte tag, const Digest& left, const Digest& right) {
    return Blake2b().update({&tag, 1}).update(left.view()).update(right.view()).finish();
}

Digest event_leaf(std::uint32_t transaction, std::uint32_t index, const BlockEvent& event) {
    Bytes data;
    put_le(data, transaction);
    put_le(data, index);
    bcs::Writer type;
    bcs::encode(type, event.type);
    put_sized(data, type.view());
    append(data, event.type.address.view());
    put_sized(data, event.contents);
    return hash_tagged(kEventTag, data);
}

}  // namespace

Digest block_digest(const BlockHeader& header) {
    return hash_tagged(kBlockTag, bcs::encode(header));
}

Digest app_hash(const ChainId& chain_id, const BlockHeader& header) {
    Bytes data;
    put_le(data, kAppHashVersion);
    append(data, chain_id.view());
    put_le(data, header.summary.seq);
    append(data, header.summary.state_root.view());
    append(data, header.history_root.view());
    append(data, header.committee_digest.view());
    return hash_tagged(kAppHashTag, data);
}

SealStatement seal_statement(const ChainId& chain_id, const SealedHeader& header) {
    const BlockSummary& summary = header.header.summary;
    return {.chain_id = chain_id,
            .seq = summary.seq,
            .time_ms = summary.time_ms,
            .epoch = summary.epoch,
            .app_hash = app_hash(chain_id, header.header),
            .block_digest = block_digest(header.header),
            .previous_seal = header.previous_seal};
}

Digest seal_digest(const SealStatement& statement) {
    return blake2b("LEDGER-SEAL-V1", bcs::encode(statement));
}

void seal(SealedHeader& header, const AccountKey& key, const ChainId& chain_id) {
    WALRUS_CHECK(key.scheme() == SignatureScheme::Ed25519);
    header.signature = key.sign(seal_digest(seal_statement(chain_id, header))).signature;
}

Digest block_tree_root(std::span<const Digest> leaves) {
    if (leaves.empty()) return blake2b(ByteView{});
    if (leaves.size() == 1) return hash_tagged(kTreeLeafTag, leaves[0].view());
    std::size_t left = 1;
    while (left * 2 < leaves.size()) left *= 2;
    // Depth is the logarithm of a count that is bounded by the block's size.
    return hash_pair(kTreeInnerTag, block_tree_root(leaves.first(left)),
                     block_tree_root(leaves.subspan(left)));
}

Digest effects_root(std::span<const BlockTransaction> transactions) {
    std::vector<Digest> leaves;
    leaves.reserve(transactions.size());
    for (std::size_t i = 0; i < transactions.size(); ++i) {
        Bytes data;
        put_le(data, static_cast<std::uint32_t>(i));
        append(data, transactions[i].digest.view());
        append(data, transactions[i].effects_digest.view());
        leaves.push_back(hash_tagged(kEffectsTag, data));
    }
    return block_tree_root(leaves);
}

Digest events_root(std::span<const BlockTransaction> transactions) {
    std::vector<Digest> leaves;
    for (std::size_t i = 0; i < transactions.size(); ++i) {
        const auto& events = transactions[i].events;
        for (std::size_t j = 0; j < events.size(); ++j) {
            leaves.push_back(event_leaf(static_cast<std::uint32_t>(i),
                                        static_cast<std::uint32_t>(j), events[j]));
        }
    }
    return block_tree_root(leaves);
}

std::uint32_t event_count(std::span<const BlockTransaction> transactions) {
    std::uint32_t count = 0;
    for (const BlockTransaction& t : transactions)
        count += static_cast<std::uint32_t>(t.events.size());
    return count;
}

Digest committee_digest(ByteView committee_bcs) {
    return hash_tagged(kCommitteeTag, committee_bcs);
}

void History::append(const BlockSummary& summary) {
    Digest carry = hash_tagged(kSummaryTag, bcs::encode(summary));
    // One peak for every set bit of the count; equal heights merge like a binary carry.
    for (std::uint64_t bits = leaf_count; (bits & 1) != 0; bits >>= 1) {
        carry = hash_pair(kHistoryInnerTag, peaks.back(), carry);
        peaks.pop_back();
    }
    peaks.push_back(carry);
    ++leaf_count;
}

Digest History::root() const {
    if (peaks.empty()) return {};
    Digest bag = peaks.back();
    for (std::size_t i = peaks.size() - 1; i-- > 0;) bag = hash_pair(kHistoryBagTag, peaks[i], bag);
    Bytes data;
    put_le(data, leaf_count);
    walrus::append(data, bag.view());
    return hash_tagged(kHistoryRootTag, data);
}

ChainResult<void> verify_sealed_header(const std::optional<SealedHeader>& previous,
                                       const SealedHeader& header, const SequencerKey& key,
                                       const ChainId& chain_id) {
    const BlockSummary& summary = header.header.summary;
    const auto broken = [&](std::string what) -> ChainResult<void> {
        return chain_failure(ChainCode::Broken, fmt::format("block {}: {}", summary.seq, what));
    };
    if (header.header.format != kBlockFormat)
        return broken(
            fmt::format("format {} is not known, only {}", header.header.format, kBlockFormat));
    const std::uint64_t expected = previous ? previous->header.summary.seq + 1 : 0;
    if (summary.seq < expected)
        return broken(fmt::format("it was there before, block {} comes next", expected));
    if (summary.seq > expected)
        return broken(fmt::format("the chain has a gap, block {} is missing", expected));
    if (summary.transaction_count == 0 || summary.transaction_count > kBlockTransactionsMax)
        return broken(fmt::format("{} transactions", summary.transaction_count));
    Digest previous_block;
    Digest previous_seal;
    Digest previous_history;
    if (previous) {
        const BlockSummary& before = previous->header.summary;
        previous_block = block_digest(previous->header);
        previous_seal = seal_digest(seal_statement(chain_id, *previous));
        previous_history = previous->header.history_root;
        if (summary.time_ms < before.time_ms) return broken("time goes backwards");
        if (summary.epoch < before.epoch) return broken("epoch goes backwards");
    }
    if (header.header.previous != previous_block)
        return broken("fork, it does not follow the block that we have");
    if (header.previous_seal != previous_seal)
        return broken("fork, it does not follow the seal that we have");
    if (summary.prev_history_root != previous_history)
        return broken("fork, it has another history");
    AccountSignature signature;
    signature.key = {SignatureScheme::Ed25519, to_bytes(key)};
    signature.signature = header.signature;
    if (!signature.verify(seal_digest(seal_statement(chain_id, header))))
        return broken("the seal is not the sequencer's signature of this block on this chain");
    return {};
}

ChainResult<void> verify_block_contents(const SealedHeader& header,
                                        std::span<const BlockTransaction> transactions) {
    const BlockSummary& summary = header.header.summary;
    const auto broken = [&](const char* what) -> ChainResult<void> {
        return chain_failure(ChainCode::Broken, fmt::format("block {}: {}", summary.seq, what));
    };
    if (transactions.size() != summary.transaction_count)
        return broken("the number of transactions is not the header's");
    if (event_count(transactions) != summary.event_count)
        return broken("the number of events is not the header's");
    if (effects_root(transactions) != summary.effects_root)
        return broken("the transactions are not the header's");
    if (events_root(transactions) != summary.events_root)
        return broken("the events are not the header's");
    return {};
}

ChainResult<SealedHeader> decode_sealed_header(ByteView bytes) {
    if (bytes.size() > kSealedHeaderBytesMax)
        return chain_failure(ChainCode::Corrupt,
                             fmt::format("a block header of {} bytes", bytes.size()));
    auto header = bcs::decode<SealedHeader>(bytes);
    if (!header)
        return chain_failure(ChainCode::Corrupt,
                             fmt::format("block header: {}", bcs::describe(header.error())));
    if (header->header.format != kBlockFormat)
        return chain_failure(ChainCode::Corrupt,
                             fmt::format("block header of format {}, known is only {}",
                                         header->header.format, kBlockFormat));
    return std::move(*header);
}

}  // namespace walrus::chain
