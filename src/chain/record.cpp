// SPDX-License-Identifier: Apache-2.0
#include "chain/record.hpp"

#include <fmt/format.h>

#include "bcs/bcs.hpp"

namespace walrus::chain {
namespace {

struct StoredBalanceChange {
    Address owner;
    ledger::TypeTag coin_type;
    bool negative = false;
    unsigned __int128 magnitude = 0;
};
/// What effects do not carry of a failure.
struct StoredFailure {
    std::string description;
    std::string function;
    std::string abort_name;
};
/// docs/formats/ledger-database.md, in order.
struct StoredRecord {
    std::uint64_t block_seq = 0;
    std::uint32_t index = 0;
    std::uint64_t time_ms = 0;
    Bytes data;
    std::vector<Bytes> signatures;
    Bytes effects;
    std::vector<ledger::Event> events;
    std::vector<StoredBalanceChange> balance_changes;
    std::vector<ledger::ChangedObjectType> changed_types;
    std::optional<StoredFailure> failure;
};

}  // namespace

BlockTransaction block_transaction(const ledger::ExecutedTransaction& executed) {
    BlockTransaction out;
    out.digest = executed.digest;
    out.effects_digest = Digest::from(executed.effects_digest.view());
    out.events.reserve(executed.events.size());
    for (const ledger::Event& event : executed.events)
        out.events.push_back({event.type, event.contents});
    return out;
}

Bytes encode_record(const TransactionRecord& record) {
    const ledger::ExecutedTransaction& executed = record.executed;
    StoredRecord stored;
    if (record.position) {
        stored.block_seq = record.position->block_seq;
        stored.index = record.position->index;
    }
    stored.time_ms = record.time_ms;
    stored.data = record.data;
    stored.signatures = record.signatures;
    stored.effects = executed.effects_bcs;
    stored.events = executed.events;
    for (const ledger::BalanceChange& change : executed.balance_changes) {
        const bool negative = change.amount < 0;
        const auto raw = static_cast<unsigned __int128>(change.amount);
        stored.balance_changes.push_back({.owner = change.owner,
                                          .coin_type = change.coin_type,
                                          .negative = negative,
                                          .magnitude = negative ? -raw : raw});
    }
    stored.changed_types = executed.changed_types;
    if (const auto& failure = executed.effects.failure)
        stored.failure =
            StoredFailure{failure->description, failure->function, failure->abort_name};
    return bcs::encode(stored);
}

ChainResult<TransactionRecord> decode_record(ByteView bytes) {
    auto stored = bcs::decode<StoredRecord>(bytes);
    if (!stored)
        return chain_failure(ChainCode::Corrupt,
                             fmt::format("stored transaction: {}", bcs::describe(stored.error())));
    auto effects = bcs::decode<ledger::TransactionEffects>(stored->effects);
    if (!effects)
        return chain_failure(ChainCode::Corrupt,
                             fmt::format("stored effects: {}", bcs::describe(effects.error())));
    if (effects->failure.has_value() != stored->failure.has_value())
        return chain_failure(ChainCode::Corrupt, "stored transaction: effects do not fit it");
    TransactionRecord record;
    record.position = {stored->block_seq, stored->index};
    record.time_ms = stored->time_ms;
    record.data = std::move(stored->data);
    record.signatures = std::move(stored->signatures);
    ledger::ExecutedTransaction& executed = record.executed;
    executed.digest = effects->transaction_digest;
    if (effects->failure) {
        effects->failure->description = std::move(stored->failure->description);
        effects->failure->function = std::move(stored->failure->function);
        effects->failure->abort_name = std::move(stored->failure->abort_name);
    }
    executed.effects_digest = effects->digest();
    executed.effects = std::move(*effects);
    executed.effects_bcs = std::move(stored->effects);
    executed.events = std::move(stored->events);
    for (StoredBalanceChange& change : stored->balance_changes) {
        const auto amount = static_cast<__int128>(change.magnitude);
        executed.balance_changes.push_back(
            {change.owner, std::move(change.coin_type), change.negative ? -amount : amount});
    }
    executed.changed_types = std::move(stored->changed_types);
    return record;
}

}  // namespace walrus::chain
