// SPDX-License-Identifier: Apache-2.0
// Which variant of multi-buffer hashing runs: the widest that the processor has and that agrees
// with the portable one. WALRUS_SIMD (portable, neon, avx2, avx512; the code's variant names gfni
// and gfni-avx512 count as avx2 and avx512) forces one; anything else means portable.
#pragma once

#include <span>

#include "hash/kernels.hpp"

namespace walrus::hash {

/// The variant in use. Chosen and tested at the first call, the same for the whole process.
const HashKernels& kernels();
const char* active_variant_name();
/// All variants that this processor can run, slowest first; the first is the portable one.
std::span<const HashKernels* const> available_variants();
/// Whether a variant agrees with the plain implementation on messages of many lengths.
bool self_test(const HashKernels& candidate);

}  // namespace walrus::hash
