// SPDX-License-Identifier: Apache-2.0
// Speed of the codec on one thread: encode (all slivers and metadata), metadata only, decode,
// verification and recovery. Arguments of each benchmark: shards, blob bytes.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "gf/dispatch.hpp"
#include "hash/dispatch.hpp"
#include "redstuff/decode.hpp"
#include "redstuff/encode.hpp"
#include "redstuff/recover.hpp"
#include "redstuff/verify.hpp"

namespace {

using namespace walrus;

constexpr std::size_t kPoolBytes = std::size_t{8} << 30;
constexpr std::int64_t kKiB = 1 << 10;
constexpr std::int64_t kMiB = 1 << 20;

Bytes random_blob(std::size_t size) {
    std::mt19937_64 random(1);
    Bytes blob(size);
    for (Byte& b : blob) b = static_cast<Byte>(random());
    return blob;
}

/// A blob and its encoding, kept for the benchmarks that start from slivers.
struct Sample {
    explicit Sample(const benchmark::State& state)
        : code(*CodeParameters::make(static_cast<std::uint32_t>(state.range(0)))),
          blob(random_blob(static_cast<std::size_t>(state.range(1)))),
          pool(kPoolBytes) {}

    EncodedBlob encode() { return std::move(*encode_blob(code, blob, pool, executor)); }

    CodeParameters code;
    Bytes blob;
    BufferPool pool;
    InlineExecutor executor;
};

SliverView view_of(const EncodedBlob& encoded, Axis axis, std::size_t index) {
    const SliverIndex sliver(static_cast<std::uint16_t>(index));
    return {axis == Axis::Primary ? encoded.primary(sliver) : encoded.secondary(sliver),
            static_cast<std::uint16_t>(encoded.symbol_bytes()), sliver};
}

void finish(benchmark::State& state, const Sample& sample) {
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(sample.blob.size()));
}

void encode(benchmark::State& state) {
    Sample sample(state);
    for (auto _ : state) benchmark::DoNotOptimize(sample.encode().primary(SliverIndex(0)).data());
    finish(state, sample);
}

void metadata(benchmark::State& state) {
    Sample sample(state);
    for (auto _ : state)
        benchmark::DoNotOptimize(
            compute_metadata(sample.code, sample.blob, sample.pool, sample.executor)->blob_id());
    finish(state, sample);
}

void decode_with(benchmark::State& state, bool systematic, ConsistencyCheck check) {
    Sample sample(state);
    const EncodedBlob encoded = sample.encode();
    std::vector<std::size_t> order(sample.code.shard_count());
    std::iota(order.begin(), order.end(), 0);
    if (!systematic) std::shuffle(order.begin(), order.end(), std::mt19937(7));
    order.resize(sample.code.slivers_to_decode(Axis::Primary));
    std::vector<SliverView> slivers;
    for (const std::size_t index : order) slivers.push_back(view_of(encoded, Axis::Primary, index));
    for (auto _ : state)
        benchmark::DoNotOptimize(decode_blob(sample.code, encoded.metadata(), Axis::Primary,
                                             slivers, check, sample.pool, sample.executor)
                                     ->bytes()
                                     .data());
    finish(state, sample);
}
void decode_random(benchmark::State& state) {
    decode_with(state, false, ConsistencyCheck::Default);
}
void decode_strict(benchmark::State& state) {
    decode_with(state, false, ConsistencyCheck::Strict);
}
void decode_systematic(benchmark::State& state) {
    decode_with(state, true, ConsistencyCheck::Default);
}

void verify(benchmark::State& state) {
    Sample sample(state);
    const EncodedBlob encoded = sample.encode();
    std::vector<SliverView> slivers;
    for (std::size_t i = 0; i < sample.code.slivers_to_decode(Axis::Primary); ++i)
        slivers.push_back(view_of(encoded, Axis::Primary, i));
    for (auto _ : state)
        benchmark::DoNotOptimize(
            verify_slivers(encoded.metadata(), sample.code, Axis::Primary, slivers, sample.executor)
                .size());
    finish(state, sample);
}

void recover_with(benchmark::State& state, Axis axis) {
    Sample sample(state);
    const EncodedBlob encoded = sample.encode();
    const SliverIndex target(3);
    std::vector<std::size_t> order(sample.code.shard_count());
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), std::mt19937(7));
    order.resize(symbols_to_recover(sample.code, axis));
    std::vector<RecoverySymbol> symbols;
    for (const std::size_t source : order)
        symbols.push_back(ExpandedSliver::expand(sample.code, orthogonal(axis),
                                                 view_of(encoded, orthogonal(axis), source),
                                                 sample.pool, sample.executor)
                              ->recovery_symbol(target));
    for (auto _ : state)
        benchmark::DoNotOptimize(recover_sliver_or_prove(encoded.metadata(), sample.code, axis,
                                                         target, symbols, sample.executor)
                                     .has_value());
    finish(state, sample);
}
void recover_primary(benchmark::State& state) {
    recover_with(state, Axis::Primary);
}
void recover_secondary(benchmark::State& state) {
    recover_with(state, Axis::Secondary);
}

void sizes(benchmark::internal::Benchmark* benchmark) {
    benchmark->Unit(benchmark::kMillisecond)
        ->Args({10, 64 * kKiB})
        ->Args({100, kKiB})
        ->Args({100, kMiB})
        ->Args({100, 64 * kMiB})
        ->Args({1000, kKiB})
        ->Args({1000, kMiB})
        ->Args({1000, 64 * kMiB});
}
void sizes_of_repair(benchmark::internal::Benchmark* benchmark) {
    benchmark->Unit(benchmark::kMillisecond)->Args({1000, kMiB})->Args({1000, 64 * kMiB});
}

BENCHMARK(encode)->Apply(sizes);
BENCHMARK(metadata)->Apply(sizes);
BENCHMARK(decode_random)->Apply(sizes);
BENCHMARK(decode_strict)->Apply(sizes_of_repair);
BENCHMARK(decode_systematic)->Apply(sizes);
BENCHMARK(verify)->Apply(sizes);
BENCHMARK(recover_primary)->Apply(sizes_of_repair);
BENCHMARK(recover_secondary)->Apply(sizes_of_repair);

}  // namespace

int main(int argc, char** argv) {
    benchmark::AddCustomContext("code_kernels", gf::active_variant_name());
    benchmark::AddCustomContext("hash_kernels", hash::active_variant_name());
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
}
