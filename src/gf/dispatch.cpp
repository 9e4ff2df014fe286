// SPDX-License-Identifier: Apache-2.0
#include "gf/dispatch.hpp"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include "gf/field.hpp"
#include "gf/tile.hpp"

namespace walrus::gf {
namespace {

constexpr std::size_t kTestRows = 12;
constexpr std::size_t kTestPlaneBytes = 192;

void fill(Workspace& workspace, std::uint32_t seed) {
    for (std::size_t i = 0; i < workspace.size(); ++i) {
        seed = seed * 1664525 + 1013904223;
        workspace.data()[i] = static_cast<std::uint8_t>(seed >> 24);
    }
}

/// Runs every kernel once over the rows, with the given factors.
void exercise(const Kernels& kernels, Workspace& workspace, const Element (&factors)[3]) {
    const ProductTables& tables = product_tables();
    const Tile tile = workspace.tile(kTestPlaneBytes);
    const Multiplier a = multiplier(factors[0]);
    const Multiplier b = multiplier(factors[1]);
    const Multiplier c = multiplier(factors[2]);
    const Butterflies in_place{tile.row(0), tile.row(0), tile.pitch, kTestPlaneBytes, 2, 2};
    const Butterflies apart{tile.row(8), tile.row(0), tile.pitch, kTestPlaneBytes, 1, 1};
    kernels.ifft4(in_place, tables, a, b, c);
    kernels.ifft2(in_place, tables, b);
    kernels.fft4(apart, tables, c, a, b);
    kernels.fft2(in_place, tables, a);
    kernels.ifft4(apart, tables, b, c, a);
    kernels.fft4(in_place, tables, a, c, b);
    kernels.scale(tile.row(3), kTestPlaneBytes, tables, a);
    kernels.add(tile.row(9), tile.row(2), 2 * kTestPlaneBytes);
    const std::uint8_t* rows[] = {tile.row(6), tile.row(7), tile.row(1), tile.row(11)};
    kernels.sum(tile.row(7), rows, 4, 2 * kTestPlaneBytes);
    kernels.sum(tile.row(10), rows + 2, 1, 2 * kTestPlaneBytes - 64);
    kernels.change_basis(tile.row(5), kTestPlaneBytes, tables);
}

std::vector<const Kernels*> find_variants() {
    std::vector<const Kernels*> found = {&kPortableKernels};
#if defined(WALRUS_NEON_KERNELS)
    found.push_back(&kNeonKernels);
#endif
#if defined(WALRUS_X86_KERNELS) && defined(WALRUS_SIMDE)
    found.insert(found.end(), {&kAvx2Kernels, &kGfniKernels, &kAvx512Kernels, &kGfniAvx512Kernels});
#elif defined(WALRUS_X86_KERNELS)
    __builtin_cpu_init();
    const bool avx2 = __builtin_cpu_supports("avx2");
    const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                        __builtin_cpu_supports("avx512vl");
    const bool gfni = __builtin_cpu_supports("gfni");
    if (avx2) found.push_back(&kAvx2Kernels);
    if (avx2 && gfni) found.push_back(&kGfniKernels);
    if (avx512) found.push_back(&kAvx512Kernels);
    if (avx512 && gfni) found.push_back(&kGfniAvx512Kernels);
#endif
    return found;
}

const std::vector<const Kernels*>& variants() {
    static const std::vector<const Kernels*> found = find_variants();
    return found;
}

const Kernels& choose() {
    const auto& found = variants();
    if (const char* forced = std::getenv("WALRUS_SIMD"); forced != nullptr && *forced != 0) {
        for (const Kernels* candidate : found)
            if (std::string_view(forced) == candidate->name && self_test(*candidate))
                return *candidate;
        return kPortableKernels;
    }
    for (std::size_t i = found.size(); i-- > 0;)
        if (self_test(*found[i])) return *found[i];
    return kPortableKernels;
}

std::atomic<const Kernels*> replaced{nullptr};

}  // namespace

bool self_test(const Kernels& candidate) {
    if (&candidate == &kPortableKernels) return true;
    // No factor, factors of the subfield, general factors, and mixtures.
    constexpr Element kCases[][3] = {
        {0, 0, 0}, {0, 0x02, 0}, {0x57, 0x83, 0xFF}, {0, 0x1234, 1}, {0xABCD, 0xFFFF, 0x8000}};
    Workspace expected(kTestRows, kTestPlaneBytes);
    Workspace actual(kTestRows, kTestPlaneBytes);
    for (const auto& factors : kCases) {
        fill(expected, factors[2] + 1u);
        std::memcpy(actual.data(), expected.data(), expected.size());
        exercise(kPortableKernels, expected, factors);
        exercise(candidate, actual, factors);
        if (std::memcmp(actual.data(), expected.data(), expected.size()) != 0) return false;
    }
    return true;
}

void replace_kernels(const Kernels& candidate) {
    replaced.store(&candidate, std::memory_order_relaxed);
}

const Kernels& kernels() {
    if (const Kernels* const other = replaced.load(std::memory_order_relaxed)) return *other;
    static const Kernels& active = choose();
    return active;
}

const char* active_variant_name() {
    return kernels().name;
}

std::span<const Kernels* const> available_variants() {
    return variants();
}

}  // namespace walrus::gf
