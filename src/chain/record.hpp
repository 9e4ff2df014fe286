// SPDX-License-Identifier: Apache-2.0
// What is kept of an executed transaction, and the units in which blocks are served.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "chain/block.hpp"
#include "ledger/execute.hpp"

namespace walrus::chain {

/// An executed transaction as it is stored and answered. Immutable once shared.
struct TransactionRecord {
    Bytes data;  ///< BCS TransactionData
    std::vector<Bytes> signatures;
    ledger::ExecutedTransaction executed;
    /// Where it stands; nothing for a simulation.
    struct Position {
        std::uint64_t block_seq = 0;
        std::uint32_t index = 0;
    };
    std::optional<Position> position;
    std::uint64_t time_ms = 0;  ///< the block's
};
using RecordPtr = std::shared_ptr<const TransactionRecord>;

/// A block as it is streamed to those who follow the ledger.
struct Block {
    SealedHeader header;
    Bytes header_bcs;
    std::vector<BlockTransaction> transactions;
};
using BlockPtr = std::shared_ptr<const Block>;

/// An event with its place in the chain.
struct PlacedEvent {
    std::uint64_t seq = 0;
    std::uint64_t time_ms = 0;
    TransactionDigest transaction;
    std::uint32_t transaction_index = 0;  ///< in the block
    std::uint32_t event_index = 0;        ///< in the transaction
    BlockEvent event;
};
struct EventQuery {
    std::optional<ledger::StructTag> type;  ///< nothing: all
    std::optional<Bytes> cursor;            ///< of a page before; nothing: from the beginning
    std::uint32_t page_size = 0;            ///< 0: default
};
struct EventPage {
    std::vector<PlacedEvent> events;
    /// Where the next page begins; always there, so that a follower can ask again later.
    Bytes cursor;
    bool more = false;  ///< the next page may be asked for at once
};

/// How far the ledger is.
struct Head {
    std::uint64_t next_seq = 0;  ///< sequence number of the next block
    std::uint64_t time_ms = 0;   ///< of the last block, or of genesis
    Epoch epoch = 0;
    std::optional<SealedHeader> last;
    History history;
    bool operator==(const Head&) const = default;
};

/// The part of a record that blocks carry.
BlockTransaction block_transaction(const ledger::ExecutedTransaction& executed);

/// Storage form (docs/formats/ledger-database.md). Errors: Corrupt.
Bytes encode_record(const TransactionRecord& record);
ChainResult<TransactionRecord> decode_record(ByteView bytes);

}  // namespace walrus::chain
