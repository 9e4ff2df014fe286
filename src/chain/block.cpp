// SPDX-License-Identifier: Apache-2.0
#include "chain/block.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.hpp"
#include "bcs/bcs.hpp"
#include "proof/shape_tree.hpp"

namespace walrus::chain {
namespace {

constexpr Byte kBlockTag = 0x51;

}  // namespace

Digest block_digest(const BlockHeader& header) {
    return proof::hash_tagged(kBlockTag, bcs::encode(header));
}

proof::AppState app_state(const ChainId& chain_id, const BlockHeader& header) {
    proof::AppState out;
    out.chain_id = chain_id;
    out.seq = header.summary.seq;
    out.state_root = header.summary.state_root;
    out.history_root = header.history_root;
    out.committee_digest = header.committee_digest;
    return out;
}

Digest app_hash(const ChainId& chain_id, const BlockHeader& header) {
    return proof::app_hash(app_state(chain_id, header));
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

void seal(SealedHeader& header, const AccountKey& key, const ChainId& chain_id) {
    WALRUS_CHECK(key.scheme() == SignatureScheme::Ed25519);
    header.signature = key.sign(seal_digest(seal_statement(chain_id, header))).signature;
}

std::vector<Digest> effects_leaves(std::span<const BlockTransaction> transactions) {
    std::vector<Digest> leaves;
    leaves.reserve(transactions.size());
    for (std::size_t i = 0; i < transactions.size(); ++i)
        leaves.push_back(proof::effects_leaf(static_cast<std::uint32_t>(i), transactions[i].digest,
                                             transactions[i].effects_digest));
    return leaves;
}

std::vector<Digest> event_leaves(std::span<const BlockTransaction> transactions) {
    std::vector<Digest> leaves;
    for (std::size_t i = 0; i < transactions.size(); ++i) {
        const auto& events = transactions[i].events;
        for (std::size_t j = 0; j < events.size(); ++j)
            leaves.push_back(proof::event_leaf(
                static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(j),
                bcs::encode(events[j].type), events[j].type.address, events[j].contents));
    }
    return leaves;
}

Digest effects_root(std::span<const BlockTransaction> transactions) {
    return proof::shape_root<proof::BlockTree>(effects_leaves(transactions));
}

Digest events_root(std::span<const BlockTransaction> transactions) {
    return proof::shape_root<proof::BlockTree>(event_leaves(transactions));
}

std::uint32_t event_count(std::span<const BlockTransaction> transactions) {
    std::uint32_t count = 0;
    for (const BlockTransaction& t : transactions)
        count += static_cast<std::uint32_t>(t.events.size());
    return count;
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
    if (!proof::verify_seal(seal_statement(chain_id, header), key, header.signature))
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
