// SPDX-License-Identifier: Apache-2.0
// Between our values and the protobuf messages of src/rpc/proto. Internal to the room: this is
// where protobuf is known.
#pragma once

#include <optional>

#include "chain/record.hpp"
#include "chain/service.hpp"
#include "ledger/functions.hpp"
#include "rpc/ledger_client.hpp"
#include "sui_rpc_v2.pb.h"
#include "walrus_rpc_v1.pb.h"

namespace walrus::rpc {

namespace sui_pb = ::sui::rpc::v2;
namespace walrus_pb = ::walrus::rpc::v1;

inline std::string to_protobuf_bytes(ByteView bytes) {
    return std::string(as_text(bytes));
}

// ---- server side: our values as messages (messages_out.cpp) ------------------------------------

void put_object(const ledger::Object& object, sui_pb::Object& out);
void put_owner(const ledger::Owner& owner, sui_pb::Owner& out);
/// The structured form; nothing else than `data` decoded. False if it does not parse.
bool put_transaction(ByteView data_bcs, sui_pb::Transaction& out);
void put_effects(const ledger::ExecutedTransaction& executed, sui_pb::TransactionEffects& out);
void put_executed(const chain::TransactionRecord& record, sui_pb::ExecutedTransaction& out);
void put_event(const ledger::Event& event, sui_pb::Event& out);
/// There are no coin objects: all of it is the address's balance.
void put_balance(const std::string& coin_type, std::uint64_t amount, sui_pb::Balance& out);
void put_function(const ledger::FunctionDescription& function, sui_pb::FunctionDescriptor& out);
void put_block(const chain::Block& block, std::uint64_t head_seq,
               walrus_pb::StreamBlocksResponse& out);

// ---- client side: messages, not trusted, as our values (messages_in.cpp) -----------------------

/// Nothing if a field is missing or malformed.
std::optional<ledger::Object> take_object(const sui_pb::Object& message);
std::optional<TransactionResult> take_executed(const sui_pb::ExecutedTransaction& message);
std::optional<StreamItem> take_stream_item(const walrus_pb::StreamBlocksResponse& message);

}  // namespace walrus::rpc
