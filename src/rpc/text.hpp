// SPDX-License-Identifier: Apache-2.0
// Texts that both wire forms show. Internal to the room.
#pragma once

#include <string>

#include "ledger/failure.hpp"

namespace walrus::rpc {

/// Untrusted text for messages: not longer than people read.
std::string shown(const std::string& text);
/// A signed number in decimal.
std::string amount_text(__int128 amount);
/// Why a transaction failed: the rule's name, what happened, and the command.
std::string failure_text(const ledger::ExecutionError& error);

}  // namespace walrus::rpc
