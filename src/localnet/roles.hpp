// SPDX-License-Identifier: Apache-2.0
// One role of a network in this process: a ledger or a storage node, from its directory.
#pragma once

#include <memory>
#include <string>

#include "io/environment.hpp"
#include "localnet/localnet.hpp"

namespace walrus::localnet {

/// A running role. Functions are called in the loop thread of its environment.
class Role {
public:
    virtual ~Role() = default;
    virtual std::string url() const = 0;
    /// True once it answers and, for a node, follows the ledger; false after `timeout_us`.
    virtual io::Task<bool> wait_ready(std::uint64_t timeout_us) = 0;
    /// Drains and stops. Must be awaited before destruction.
    virtual io::Task<void> stop() = 0;
};

/// A ledger from a directory with ledger.yaml, genesis.yaml, sequencer.key and, on local networks,
/// faucet.key.
io::Task<LocalnetResult<std::unique_ptr<Role>>> start_ledger(io::Environment& environment,
                                                             std::string directory);
/// A storage node from a directory with node.yaml and the files that it names.
io::Task<LocalnetResult<std::unique_ptr<Role>>> start_node(io::Environment& environment,
                                                           std::string directory,
                                                           bool insecure_http);

}  // namespace walrus::localnet
