// SPDX-License-Identifier: Apache-2.0
// Runs files of the shape of encoding.json: blobs from a generator, and for each the symbol size,
// root, blob id and digests (or the bytes) of all slivers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>

namespace walrus::vectors {

/// Runs every case of the file and adds to `passed` and `failed`. A case with a field that is not
/// known here fails, as does a file that cannot be read. Writes one line per failure to `log`.
/// Returns 0 if nothing failed, else 1.
int run_encoding_vectors(const std::string& path, std::ostream& log, std::size_t& passed,
                         std::size_t& failed);
/// The same, leaving out the cases of more shards.
int run_encoding_vectors_up_to(const std::string& path, std::ostream& log, std::size_t& passed,
                               std::size_t& failed, std::uint32_t shards_max);

}  // namespace walrus::vectors
