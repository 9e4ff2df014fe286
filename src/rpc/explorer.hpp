// SPDX-License-Identifier: Apache-2.0
// What explorers ask for besides single objects and transactions (spec/rpc-compat.md §6.3):
// balances, coins, dynamic fields, transactions and events. Server side; internal to the room.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "chain/service.hpp"
#include "rpc/method.hpp"

namespace walrus::rpc {

/// All balances of an account that are not zero.
io::Task<chain::ChainResult<std::vector<std::pair<ledger::TypeTag, std::uint64_t>>>>
account_balances(chain::LedgerService& service, Address owner);

struct CoinInfo {
    std::uint32_t decimals = 0;
    std::string name;
    std::string symbol;
    std::string description;
};
/// Nothing for what is no currency of this ledger.
std::optional<CoinInfo> coin_info(const ledger::LedgerIds& ids, const ledger::TypeTag& coin_type);

struct DynamicField {
    ledger::ObjectPtr object;  ///< the field
    ledger::TypeTag name_type;
    Bytes name;  ///< BCS
    ledger::TypeTag value_type;
    Bytes value;  ///< BCS
};
/// Fields of the system, the staking object or a blob; a blob's metadata field is always there.
/// Errors: NotFound (no such object), InvalidArgument (other objects' fields are not listed).
io::Task<chain::ChainResult<std::vector<DynamicField>>> dynamic_fields(
    chain::LedgerService& service, ObjectId parent);

/// The gRPC methods; the ledger must outlive them.
std::vector<OwnMethod> explorer_methods(chain::LedgerService& service);

}  // namespace walrus::rpc
