// SPDX-License-Identifier: Apache-2.0
// ORIG::staking. `stake_with_pool` is described, because clients find the type of WAL in its second
// parameter (spec/rpc-compat.md §2.1); staking itself is not part of this revision.
#include "ledger/native.hpp"

namespace walrus::ledger {

const NativeModule& staking_module() {
    static const NativeModule module{
        Home::Walrus,
        "staking",
        {
            {"stake_with_pool",
             0,
             {spec::mut(spec::walrus_struct("staking", "Staking")),
              spec::value(spec::coin(spec::wal())), spec::value(spec::id())},
             TxContext::Yes,
             {spec::walrus_struct("staked_wal", "StakedWal")},
             nullptr},
        }};
    return module;
}

}  // namespace walrus::ledger
