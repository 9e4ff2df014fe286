// SPDX-License-Identifier: Apache-2.0
// Random numbers of a simulation. Each purpose has a stream of its own, derived from the seed and
// the purpose's name, so that a new consumer does not shift what the others draw.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"
#include "io/environment.hpp"

namespace walrus::sim {

/// xoshiro256**, its state taken from BLAKE2b of seed and purpose: results depend on no standard
/// library. Equal seed and purpose give equal numbers.
class Rng {
public:
    Rng(std::uint64_t seed, std::string_view purpose);
    std::uint64_t next();
    /// Uniform in [0, bound); bound > 0.
    std::uint64_t below(std::uint64_t bound);
    /// Uniform in [low, high].
    std::uint64_t between(std::uint64_t low, std::uint64_t high);
    bool one_in(std::uint64_t count) { return below(count) == 0; }
    bool per_million(std::uint64_t chance) { return below(1'000'000) < chance; }
    void fill(MutableByteView out);
    Bytes bytes(std::size_t count);

private:
    std::array<std::uint64_t, 4> state_;
};

/// A host's source of "unpredictable" bytes.
class SimRandom final : public io::Random {
public:
    explicit SimRandom(Rng rng) : rng_(rng) {}
    void fill(MutableByteView out) override { rng_.fill(out); }

private:
    Rng rng_;
};

}  // namespace walrus::sim
