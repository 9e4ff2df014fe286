// SPDX-License-Identifier: Apache-2.0
// walrus ledger …: what the ledger holds, and its proofs. `run` is in localnet_commands.cpp.
#pragma once

#include <vector>

#include "cli/command_line.hpp"
#include "proof/proof_file.hpp"

namespace walrus::cli {

/// status, object, objects, tx, events, committee, proof: they ask the network.
std::vector<Command> ledger_query_commands();
/// verify, check: they ask nobody.
std::vector<Command> ledger_check_commands();

/// What a proof says and under which seal, for people and for programs.
std::string proof_text(const proof::Proof& proof);
std::string proof_json(const proof::Proof& proof);

}  // namespace walrus::cli
