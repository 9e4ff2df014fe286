// SPDX-License-Identifier: Apache-2.0
// Our values as the public JSON-RPC shows them (spec/rpc-compat.md §6.2). 64-bit numbers are
// decimal text. Internal to the room.
#pragma once

#include <nlohmann/json.hpp>

#include "chain/record.hpp"
#include "ledger/functions.hpp"

namespace walrus::rpc {

using Json = nlohmann::ordered_json;

/// What a client asked to see of an object, besides id, version and digest.
struct ObjectOptions {
    bool type = false;
    bool owner = false;
    bool previous_transaction = false;
    bool bcs = false;
    bool storage_rebate = false;
};
/// What a client asked to see of a transaction, besides digest, time and place.
struct TransactionBlockOptions {
    bool raw_input = false;
    bool effects = false;
    bool raw_effects = false;
    bool events = false;
    bool object_changes = false;
    bool balance_changes = false;
};

Json owner_json(const ledger::Owner& owner);
Json object_json(const ledger::Object& object, const ledger::LedgerIds& ids,
                 const ObjectOptions& options);
/// There are no coin objects: all of it is the address's balance.
Json balance_json(const std::string& coin_type, std::uint64_t amount);
Json function_json(const ledger::FunctionDescription& function);
Json effects_json(const ledger::ExecutedTransaction& executed);
/// One list for all: what was created, mutated and deleted.
Json object_changes_json(const chain::TransactionRecord& record, const Address& sender);
Json balance_changes_json(const ledger::ExecutedTransaction& executed);
Json event_json(const ledger::Event& event, const TransactionDigest& digest, std::size_t index,
                std::uint64_t time_ms);
/// Events in the order of the transaction; `index` counts all of them.
Json events_json(const chain::TransactionRecord& record);
Json transaction_block_json(const chain::TransactionRecord& record,
                            const TransactionBlockOptions& options);

}  // namespace walrus::rpc
