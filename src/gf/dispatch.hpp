// SPDX-License-Identifier: Apache-2.0
// Which variant of the kernels runs: the fastest that the processor has and that agrees with the
// portable one. The environment variable WALRUS_SIMD (portable, neon, avx2, gfni, avx512,
// gfni-avx512) forces one; a name that is unknown or that this machine cannot run means portable.
#pragma once

#include <span>

#include "gf/kernels.hpp"

namespace walrus::gf {

/// The variant in use. Chosen and tested at the first call, the same for the whole process.
const Kernels& kernels();
/// Its name, for people and logs.
const char* active_variant_name();
/// All variants that this processor can run, slowest first; the first is the portable one.
std::span<const Kernels* const> available_variants();
/// Whether a variant agrees with the portable one on pseudo-random rows, for all kinds of factors.
bool self_test(const Kernels& candidate);
/// For tests of the tests: these kernels from now on, whatever the self-test says of them.
void replace_kernels(const Kernels& candidate);

}  // namespace walrus::gf
