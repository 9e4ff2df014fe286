// SPDX-License-Identifier: Apache-2.0
// Money is neither made nor lost: what accounts, the system's future rewards, stakes and pools hold
// is the supply of genesis.
#pragma once

#include <cstdint>

#include "io/key_value.hpp"
#include "ledger/genesis.hpp"
#include "sim/findings.hpp"

namespace walrus::sim {

struct MoneyHeld {
    std::uint64_t wal_balances = 0;
    std::uint64_t wal_future_rewards = 0;  ///< the accounting ring
    std::uint64_t wal_stakes = 0;          ///< StakedWal objects
    std::uint64_t wal_pools = 0;           ///< rewards and commissions not paid out
    std::uint64_t sui_balances = 0;
    std::uint64_t wal() const { return wal_balances + wal_future_rewards + wal_stakes + wal_pools; }
};

/// Adds up the state in a ledger's store; a violation for each supply that is not met.
MoneyHeld check_money(const io::KeyValueStore& store, const ledger::GenesisConfig& genesis,
                      const ledger::LedgerIds& ids, Findings& findings);

}  // namespace walrus::sim
