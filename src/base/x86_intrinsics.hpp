// SPDX-License-Identifier: Apache-2.0
// The x86 vector intrinsics: the compiler's, or with WALRUS_SIMDE the same names in portable code
// (SIMDe), so that a variant can be tested on a processor that lacks its instructions.
#pragma once

#if defined(WALRUS_SIMDE)
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx2.h>
#include <simde/x86/avx512.h>
#include <simde/x86/gfni.h>

#include <cstdint>

// What Debian 12's SIMDe does not have.
using __mmask64 = simde__mmask64;  // NOLINT: the intrinsics' own name
// Moves of 128-bit lanes: the same for elements of any size.
#define _mm512_shuffle_i64x2(a, b, lanes) simde_mm512_shuffle_i32x4(a, b, lanes)
static inline simde__m512i _mm512_maskz_loadu_epi8(__mmask64 mask, const void* from) {
    alignas(64) std::uint8_t bytes[64];
    for (int i = 0; i < 64; ++i)
        bytes[i] = (mask >> i & 1) != 0 ? static_cast<const std::uint8_t*>(from)[i] : 0;
    return simde_mm512_load_si512(bytes);
}
#else
#include <immintrin.h>
#endif
