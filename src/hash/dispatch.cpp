// SPDX-License-Identifier: Apache-2.0
#include "hash/dispatch.hpp"

#include <cstdlib>
#include <string_view>
#include <vector>

#include "hash/blake2b.hpp"
#include "hash/many.hpp"

namespace walrus::hash {
namespace {

std::vector<const HashKernels*> find_variants() {
    std::vector<const HashKernels*> found = {&kPortableHashKernels};
#if defined(WALRUS_NEON_KERNELS)
    found.push_back(&kNeonHashKernels);
#endif
#if defined(WALRUS_X86_KERNELS) && defined(WALRUS_SIMDE)
    found.insert(found.end(), {&kAvx2HashKernels, &kAvx512HashKernels});
#elif defined(WALRUS_X86_KERNELS)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2")) found.push_back(&kAvx2HashKernels);
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl"))
        found.push_back(&kAvx512HashKernels);
#endif
    return found;
}

const std::vector<const HashKernels*>& variants() {
    static const std::vector<const HashKernels*> found = find_variants();
    return found;
}

const HashKernels& choose() {
    const auto& found = variants();
    if (const char* forced = std::getenv("WALRUS_SIMD"); forced != nullptr && *forced != 0) {
        std::string_view name(forced);
        if (name == "gfni") name = "avx2";
        if (name == "gfni-avx512") name = "avx512";
        for (const HashKernels* candidate : found)
            if (name == candidate->name && self_test(*candidate)) return *candidate;
        return kPortableHashKernels;
    }
    for (std::size_t i = found.size(); i-- > 0;)
        if (self_test(*found[i])) return *found[i];
    return kPortableHashKernels;
}

Digest plain(Byte prefix, ByteView data) {
    return Blake2b().update({&prefix, 1}).update(data).finish();
}

}  // namespace

bool self_test(const HashKernels& candidate) {
    if (&candidate == &kPortableHashKernels) return true;
    constexpr std::size_t kBytes = 700;
    constexpr std::size_t kCount = 3 * kLanesMax + 3;  // a pair, one group, a remnant
    Bytes data(kBytes * kCount);
    std::uint32_t state = 1;
    for (Byte& b : data) {
        state = state * 1664525 + 1013904223;
        b = static_cast<Byte>(state >> 24);
    }
    const Byte* pointers[kCount];
    for (std::size_t i = 0; i < kCount; ++i) pointers[i] = data.data() + i * kBytes;
    Digest digests[kCount];
    for (const std::size_t bytes :
         {0, 1, 2, 6, 7, 8, 20, 62, 63, 64, 65, 126, 127, 128, 254, 255, 256, 383, 384, 699}) {
        hash_leaves(candidate, pointers, bytes, kCount, digests);
        for (std::size_t i = 0; i < kCount; ++i)
            if (digests[i] != plain(0, {pointers[i], bytes})) return false;
    }
    hash_inner(candidate, data.data(), 64, data.data() + 32, 96, kCount, digests);
    for (std::size_t i = 0; i < kCount; ++i) {
        Byte message[64];
        std::memcpy(message, data.data() + 64 * i, 32);
        std::memcpy(message + 32, data.data() + 32 + 96 * i, 32);
        if (digests[i] != plain(1, message)) return false;
    }
    return true;
}

const HashKernels& kernels() {
    static const HashKernels& active = choose();
    return active;
}

const char* active_variant_name() {
    return kernels().name;
}

std::span<const HashKernels* const> available_variants() {
    return variants();
}

}  // namespace walrus::hash
