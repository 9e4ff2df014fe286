// SPDX-License-Identifier: Apache-2.0
// Makes proof files (proof/proof_file.hpp) from what is stored, under the seal of the newest block.
#pragma once

#include "chain/database.hpp"
#include "proof/proof_file.hpp"

namespace walrus::chain {

/// Proves what the subject asks about. `Object` proves the absence of an object where there is
/// none; a balance's amount is filled in. Safe while blocks are committed: it looks again if one
/// got in the way. Blocking. Errors: NotFound (no such transaction, event or parameter, or no block
/// yet), Busy (blocks always got in the way: try again), NotDurable, Corrupt.
ChainResult<proof::Proof> make_proof(const LedgerDatabase& database, const proof::Subject& subject);

}  // namespace walrus::chain
