// SPDX-License-Identifier: Apache-2.0
// Runs files of the shape of consensus.json: blocks of real CometBFT networks. What concerns the
// trees of src/proof (their shape, roots and paths) is executed; signatures, sign bytes and part
// sets belong to the CometBFT engine and are listed as not run.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>

namespace walrus::vectors {

/// Adds to `passed` and `failed`. A field that is not known here fails, as does a file that cannot
/// be read. Writes one line per failure and one with what is not run to `log`. Returns 0 if
/// nothing failed, else 1.
int run_consensus_vectors(const std::string& path, std::ostream& log, std::size_t& passed,
                          std::size_t& failed);

}  // namespace walrus::vectors
