// SPDX-License-Identifier: Apache-2.0
// Structured transactions (sui.rpc.v2.Transaction) as clients send them, untrusted, and what it
// takes to complete them: objects that are only named, gas and expiration
// (spec/rpc-compat.md §6.1). Internal to the room.
#pragma once

#include <optional>
#include <vector>

#include "chain/service.hpp"
#include "io/environment.hpp"
#include "ledger/transaction.hpp"
#include "rpc/grpc_web.hpp"
#include "sui_rpc_v2.pb.h"

namespace walrus::rpc {

/// An input that names an object and leaves the rest to the ledger. What the client did say is
/// kept.
struct UnresolvedInput {
    std::size_t index = 0;  ///< of the input
    ObjectId id;
    std::optional<ledger::ObjectVersion> version;
    std::optional<ledger::PrefixedDigest> digest;
    bool is_mutable = false;  ///< asked for by the client
};

struct DraftTransaction {
    ledger::TransactionData data;  ///< an unresolved input is an owned one without version
    std::vector<UnresolvedInput> unresolved;
    bool has_expiration = false;
};

/// Errors: InvalidArgument (the message names the input or command), Unimplemented (Publish,
/// Upgrade).
GrpcResult<DraftTransaction> take_draft(const ::sui::rpc::v2::Transaction& message,
                                        bool sender_needed);

struct ResolveOptions {
    /// Fill the gas payment; where it is empty also the expiration.
    bool gas_selection = false;
};
/// The complete transaction. Shared objects become mutable if a call takes them by value or mutable
/// reference; functions that nobody knows borrow immutably. Errors: NotFound (an object),
/// InvalidArgument (an object that belongs to another object), those of the service.
io::Task<GrpcResult<ledger::TransactionData>> resolve(io::Environment& environment,
                                                      chain::LedgerService& service,
                                                      DraftTransaction draft,
                                                      ResolveOptions options);

}  // namespace walrus::rpc
