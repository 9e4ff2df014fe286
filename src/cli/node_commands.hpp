// SPDX-License-Identifier: Apache-2.0
// walrus node …: what an operator does on the ledger. `run` is in localnet_commands.cpp.
#pragma once

#include <vector>

#include "cli/command_line.hpp"

namespace walrus::cli {

/// register, vote, collect-commission.
std::vector<Command> node_ledger_commands();

}  // namespace walrus::cli
