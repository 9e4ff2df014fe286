// SPDX-License-Identifier: Apache-2.0
// Checks of what the block stream delivers (docs/formats/blocks.md): for nodes and everybody else
// who pins a chain id and a sequencer key.
#pragma once

#include <optional>

#include "chain/block.hpp"
#include "rpc/ledger_client.hpp"

namespace walrus::rpc {

/// Header, seal, link to the block before, and that the header is that of exactly these
/// transactions and events, and equals seq, time and epoch of the message. `previous`: the header
/// that the last call returned; nothing for block 0. Errors: Broken, Corrupt. After an error
/// nothing of the message may be believed.
chain::ChainResult<chain::SealedHeader> verify_block_message(
    const std::optional<chain::SealedHeader>& previous, const BlockMessage& message,
    const chain::SequencerKey& key, const ChainId& chain_id);

}  // namespace walrus::rpc
