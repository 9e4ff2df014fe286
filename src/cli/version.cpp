// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "gf/dispatch.hpp"
#include "walrus_build_version.hpp"

namespace walrus::cli {

std::string version_text() {
    return fmt::format("walrus {} (commit {}, simd {})", WALRUS_VERSION, WALRUS_COMMIT,
                       gf::active_variant_name());
}

}  // namespace walrus::cli
