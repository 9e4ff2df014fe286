// SPDX-License-Identifier: Apache-2.0
// Nobody pays twice: a store that is interrupted and run again ends with one Blob object.
#pragma once

#include "io/key_value.hpp"
#include "sim/findings.hpp"

namespace walrus::sim {

/// A violation if an account owns two Blob objects of one blob id and persistence. Returns how many
/// Blob objects there are.
std::size_t check_payments(const io::KeyValueStore& ledger_store, Findings& findings);

}  // namespace walrus::sim
