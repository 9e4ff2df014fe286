// SPDX-License-Identifier: Apache-2.0
#include "sim/random.hpp"

#include <bit>
#include <limits>

#include "base/check.hpp"
#include "hash/blake2b.hpp"

namespace walrus::sim {

Rng::Rng(std::uint64_t seed, std::string_view purpose) {
    Bytes input(8);
    store_le(input.data(), seed);
    append(input, as_bytes(purpose));
    const Digest digest = blake2b("walrus-sim::", input);
    for (std::size_t i = 0; i < 4; ++i) {
        state_[i] = load_le<std::uint64_t>(digest.bytes.data() + 8 * i);
    }
}

std::uint64_t Rng::next() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
}

std::uint64_t Rng::below(std::uint64_t bound) {
    WALRUS_CHECK(bound > 0);
    // Numbers below 2^64 mod bound would favour small results.
    const std::uint64_t reject_below = (0 - bound) % bound;
    while (true) {
        const std::uint64_t number = next();
        if (number >= reject_below) return number % bound;
    }
}

std::uint64_t Rng::between(std::uint64_t low, std::uint64_t high) {
    WALRUS_CHECK(low <= high);
    if (high - low == std::numeric_limits<std::uint64_t>::max()) return next();
    return low + below(high - low + 1);
}

void Rng::fill(MutableByteView out) {
    Byte raw[8];
    for (std::size_t i = 0; i < out.size(); i += 8) {
        store_le(raw, next());
        for (std::size_t j = 0; j < 8 && i + j < out.size(); ++j) out[i + j] = raw[j];
    }
}

Bytes Rng::bytes(std::size_t count) {
    Bytes out(count);
    fill(out);
    return out;
}

}  // namespace walrus::sim
