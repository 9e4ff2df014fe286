// SPDX-License-Identifier: Apache-2.0
// walrus.rpc.v1.ProofService: status, proofs and events for those who check the ledger
// (docs/formats/proofs.md), and IndexService: lists. Server side; internal to the room.
#pragma once

#include <vector>

#include "chain/service.hpp"
#include "rpc/method.hpp"

namespace walrus::rpc {

/// All methods of both services; the ledger must outlive them.
std::vector<OwnMethod> proof_methods(chain::LedgerService& service);

}  // namespace walrus::rpc
