// SPDX-License-Identifier: Apache-2.0
// Runs files of the shape of chain.json: rules of the ledger as data. Suites and cases that belong
// to later parts of the ledger are listed by name as not run; they count neither as passed nor as
// failed.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>

namespace walrus::vectors {

/// Runs every case that this revision of the ledger can execute and adds to `passed` and `failed`.
/// A case of a known suite with a field or a name that is not known here fails, as does a file that
/// cannot be read. Writes to `log` one line per failure and per suite that is not run.
/// Returns 0 if nothing failed, else 1.
int run_chain_vectors(const std::string& path, std::ostream& log, std::size_t& passed,
                      std::size_t& failed);

}  // namespace walrus::vectors
