// SPDX-License-Identifier: Apache-2.0
// genesis.yaml: the parameters of a network's first state for people (docs/formats/genesis.md).
#pragma once

#include <string>
#include <string_view>

#include "chain/error.hpp"
#include "ledger/genesis.hpp"

namespace walrus::chain {

/// A genesis.yaml may be this long.
inline constexpr std::size_t kGenesisYamlBytesMax = 4 << 20;

/// Missing fields keep their defaults; unknown ones are refused, so that a typing error is not a
/// silent default. Errors: InvalidArgument (the message names line and field).
ChainResult<ledger::GenesisConfig> parse_genesis_yaml(std::string_view text);
/// Every field; parse_genesis_yaml gives the same configuration back.
std::string print_genesis_yaml(const ledger::GenesisConfig& config);

}  // namespace walrus::chain
