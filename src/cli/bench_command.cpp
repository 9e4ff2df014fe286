// SPDX-License-Identifier: Apache-2.0
// walrus bench codec: the seconds of one operation of the codec on this machine, warm, for
// comparison with other implementations and between machines.
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <random>

#include "base/text.hpp"
#include "cli/codec_files.hpp"
#include "cli/commands.hpp"
#include "cli/json_writer.hpp"
#include "cli/session.hpp"
#include "gf/dispatch.hpp"
#include "hash/dispatch.hpp"
#include "io/workers.hpp"
#include "redstuff/decode.hpp"
#include "redstuff/encode.hpp"
#include "redstuff/recover.hpp"
#include "redstuff/verify.hpp"

namespace walrus::cli {

namespace {

using client::client_failure;

constexpr std::uint64_t kRepetitionsDefault = 5;
constexpr std::uint64_t kRepetitionsMax = 100'000;
constexpr std::uint64_t kThreadsMax = 1024;
/// The same bytes on every run and machine.
constexpr std::uint64_t kBlobSeed = 42;
constexpr std::uint32_t kShuffleSeed = 7;

struct BenchArguments {
    std::optional<std::string> operation;
    std::optional<std::uint64_t> shards;
    std::optional<std::uint64_t> size;
    std::optional<std::uint64_t> threads;
    std::optional<std::uint64_t> repetitions;
};

/// What an operation works on. Everything before the timed call is prepared once.
struct Bench {
    CodeParameters code;
    Buffer blob;
    BufferPool& pool;
    Executor& executor;
};

/// The timed call; false if its result is wrong.
using Call = std::function<bool()>;

SliverView view_of(const EncodedBlob& encoded, Axis axis, SliverIndex index) {
    return {axis == Axis::Primary ? encoded.primary(index) : encoded.secondary(index),
            static_cast<std::uint16_t>(encoded.symbol_bytes()), index};
}

/// Distinct indices below n: the first ones, or the same random ones every time.
std::vector<SliverIndex> choose(std::uint32_t shard_count, std::uint32_t count, bool random) {
    std::vector<SliverIndex> order;
    for (std::uint32_t i = 0; i < shard_count; ++i)
        order.push_back(SliverIndex(static_cast<std::uint16_t>(i)));
    if (random) std::shuffle(order.begin(), order.end(), std::mt19937(kShuffleSeed));
    order.resize(count);
    return order;
}

/// Verified metadata, and some slivers of one axis, without the rest of the encoding.
struct Kept {
    VerifiedMetadata metadata;
    std::vector<SliverData> owned;
    std::vector<SliverView> slivers;
};
std::optional<Kept> keep_primary(const Bench& bench, bool random) {
    const auto encoded = encode_blob(bench.code, bench.blob.view(), bench.pool, bench.executor);
    if (!encoded) return std::nullopt;
    Kept kept{encoded->metadata(), {}, {}};
    for (const SliverIndex index :
         choose(bench.code.shard_count(), bench.code.slivers_to_decode(Axis::Primary), random))
        kept.owned.push_back(view_of(*encoded, Axis::Primary, index).to_data());
    for (const SliverData& sliver : kept.owned) kept.slivers.emplace_back(sliver);
    return kept;
}

std::optional<Call> encode_call(const Bench& bench) {
    return [&bench] {
        return encode_blob(bench.code, bench.blob.view(), bench.pool, bench.executor).has_value();
    };
}

std::optional<Call> metadata_call(const Bench& bench) {
    return [&bench] {
        return compute_metadata(bench.code, bench.blob.view(), bench.pool, bench.executor)
            .has_value();
    };
}

std::optional<Call> decode_call(const Bench& bench, bool random, ConsistencyCheck check) {
    auto made = keep_primary(bench, random);
    if (!made) return std::nullopt;
    const auto kept = std::make_shared<Kept>(std::move(*made));
    return [&bench, kept, check] {
        const auto blob = decode_blob(bench.code, kept->metadata, Axis::Primary, kept->slivers,
                                      check, bench.pool, bench.executor);
        return blob && equal(blob->bytes().first(std::min<std::size_t>(64, blob->bytes().size())),
                             bench.blob.view().first(std::min<std::size_t>(64, bench.blob.size())));
    };
}

std::optional<Call> verify_call(const Bench& bench) {
    auto made = keep_primary(bench, false);
    if (!made) return std::nullopt;
    const auto kept = std::make_shared<Kept>(std::move(*made));
    return [&bench, kept] {
        const auto verdicts = verify_slivers(kept->metadata, bench.code, Axis::Primary,
                                             kept->slivers, bench.executor);
        return std::all_of(verdicts.begin(), verdicts.end(),
                           [](const auto& verdict) { return verdict.has_value(); });
    };
}

/// One sliver from symbols of the orthogonal slivers with the highest pair indices, as a repairing
/// node gets them.
std::optional<Call> recover_call(const Bench& bench, Axis axis, bool check_proofs) {
    struct Symbols {
        VerifiedMetadata metadata;
        std::vector<RecoverySymbol> proven;
        std::vector<DecodingSymbol> plain;
        SliverIndex target;
    };
    const auto encoded = encode_blob(bench.code, bench.blob.view(), bench.pool, bench.executor);
    if (!encoded) return std::nullopt;
    const std::uint32_t n = bench.code.shard_count();
    const auto pair_of = [](std::uint32_t pair) {
        return SliverPairIndex(static_cast<std::uint16_t>(pair));
    };
    const SliverIndex target = sliver_of_pair(pair_of(n / 3), axis, n);
    auto kept = std::make_shared<Symbols>(Symbols{encoded->metadata(), {}, {}, target});
    for (std::uint32_t i = 0; i < symbols_to_recover(bench.code, axis); ++i) {
        const SliverIndex index = sliver_of_pair(pair_of(n - 1 - i), orthogonal(axis), n);
        const auto expanded = ExpandedSliver::expand(bench.code, orthogonal(axis),
                                                     view_of(*encoded, orthogonal(axis), index),
                                                     bench.pool, bench.executor);
        if (!expanded) return std::nullopt;
        kept->proven.push_back(expanded->recovery_symbol(target));
        kept->plain.push_back(kept->proven.back().symbol);
    }
    return [&bench, kept, axis, check_proofs] {
        if (check_proofs) {
            const auto verdicts = verify_recovery_symbols(kept->metadata, bench.code, axis,
                                                          kept->target, kept->proven);
            for (const auto& verdict : verdicts)
                if (!verdict) return false;
        }
        return recover_sliver(kept->metadata, bench.code, axis, kept->target, kept->plain,
                              bench.executor)
            .has_value();
    };
}

struct Operation {
    const char* name;
    const char* what;
    std::optional<Call> (*prepare)(const Bench&);
};
constexpr Operation kOperations[] = {
    {"encode", "all slivers and the metadata", encode_call},
    {"metadata", "the metadata (blob id) alone", metadata_call},
    {"decode", "from random primary slivers, default consistency check",
     [](const Bench& b) { return decode_call(b, true, ConsistencyCheck::Default); }},
    {"decode-strict", "the same, strict check",
     [](const Bench& b) { return decode_call(b, true, ConsistencyCheck::Strict); }},
    {"decode-systematic", "from the source slivers, default check",
     [](const Bench& b) { return decode_call(b, false, ConsistencyCheck::Default); }},
    {"verify", "every source sliver against the metadata", verify_call},
    {"recover-primary", "one primary sliver from symbols, their proofs checked",
     [](const Bench& b) { return recover_call(b, Axis::Primary, true); }},
    {"recover-secondary", "one secondary sliver from symbols, their proofs checked",
     [](const Bench& b) { return recover_call(b, Axis::Secondary, true); }},
    {"recover-primary-plain", "the same without proofs, the sliver checked alone",
     [](const Bench& b) { return recover_call(b, Axis::Primary, false); }},
    {"recover-secondary-plain", "the same without proofs, the sliver checked alone",
     [](const Bench& b) { return recover_call(b, Axis::Secondary, false); }},
};

std::string operation_names() {
    std::string names;
    for (const Operation& operation : kOperations)
        names += (names.empty() ? "" : ", ") + std::string(operation.name);
    return names;
}

std::uint64_t peak_bytes() {
    struct rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

ClientResult<std::uint64_t> bounded(std::optional<std::uint64_t> value, std::uint64_t otherwise,
                                    std::uint64_t most, const char* flag) {
    const std::uint64_t number = value.value_or(otherwise);
    if (number < 1 || number > most)
        return client_failure(ClientCode::Usage,
                              fmt::format("{} {}: a number from 1 to {}", flag, number, most));
    return number;
}

RunResult run_bench(const GlobalOptions& globals, const BenchArguments& arguments) {
    const auto* const operation = std::find_if(
        std::begin(kOperations), std::end(kOperations),
        [&](const Operation& candidate) { return candidate.name == *arguments.operation; });
    if (operation == std::end(kOperations))
        return client_failure(ClientCode::Usage,
                              fmt::format("\"{}\" is not an operation; there are {}",
                                          *arguments.operation, operation_names()));
    const CodeParameters code = WALRUS_TRY(code_of(arguments.shards.value_or(1000), "--shards"));
    const std::uint64_t size = arguments.size.value_or(1 << 20);
    if (size > code.blob_bytes_max())
        return client_failure(ClientCode::Usage,
                              fmt::format("--size {}: {} shards hold at most {} bytes", size,
                                          code.shard_count(), code.blob_bytes_max()));
    Session session(globals);
    const std::uint64_t threads = WALRUS_TRY(bounded(
        arguments.threads, session.environment().cpu.concurrency() - 1, kThreadsMax, "--threads"));
    const std::uint64_t repetitions =
        WALRUS_TRY(bounded(arguments.repetitions, kRepetitionsDefault, kRepetitionsMax, "--reps"));

    InlineExecutor inline_executor;
    std::optional<io::WorkerGroup> group;
    if (threads > 1)
        group.emplace(
            std::make_shared<io::ThreadPool>("bench", static_cast<std::size_t>(threads - 1)));
    BufferPool pool(memory_budget());
    auto blob = pool.acquire(static_cast<std::size_t>(size));
    if (!blob) return fail(client::out_of_memory(size, pool, "the blob"));
    std::mt19937_64 random(kBlobSeed);
    for (std::size_t i = 0; i < size; i += 8) {
        const std::uint64_t word = random();
        std::memcpy(blob->data() + i, &word, std::min<std::size_t>(8, size - i));
    }
    const Bench bench{code, std::move(*blob), pool,
                      group ? static_cast<Executor&>(*group) : inline_executor};
    const std::optional<Call> call = operation->prepare(bench);
    if (!call) return fail(client::out_of_memory(5 * size, pool, operation->name));

    std::vector<double> seconds;
    for (std::uint64_t i = 0; i < repetitions; ++i) {
        const std::uint64_t start = session.environment().loop.monotonic_us();
        const bool right = (*call)();
        const std::uint64_t end = session.environment().loop.monotonic_us();
        if (!right)
            return client_failure(
                ClientCode::Resources,
                fmt::format("{} failed: it gave a wrong result, or {} bytes of memory are too few",
                            operation->name, pool.budget_bytes()));
        seconds.push_back(static_cast<double>(std::max<std::uint64_t>(end - start, 1)) / 1e6);
    }
    std::sort(seconds.begin(), seconds.end());
    const double median = seconds[seconds.size() / 2];
    const double rate = static_cast<double>(size) / median;
    const std::string simd = fmt::format("{} (field), {} (hash)", gf::active_variant_name(),
                                         hash::active_variant_name());
    if (!globals.json) {
        WALRUS_TRY(print(fmt::format(
            "{} ({})\nshards {}, {} bytes, {} threads, {} repetitions, {}\n"
            "min {:.6f} s, median {:.6f} s, max {:.6f} s, {:.2f} MB/s, peak memory {:.1f} MB\n",
            operation->name, operation->what, code.shard_count(), size, threads, repetitions, simd,
            seconds.front(), median, seconds.back(), rate / 1e6,
            static_cast<double>(peak_bytes()) / 1e6)));
        return 0;
    }
    JsonWriter json;
    json.begin_object();
    json.key("operation").string(operation->name);
    json.key("shards").number(std::uint64_t{code.shard_count()});
    json.key("size").number(size);
    json.key("threads").number(threads);
    json.key("repetitions").number(repetitions);
    json.key("fieldKernels").string(gf::active_variant_name());
    json.key("hashKernels").string(hash::active_variant_name());
    json.key("minSeconds").number(seconds.front(), 6);
    json.key("medianSeconds").number(median, 6);
    json.key("maxSeconds").number(seconds.back(), 6);
    json.key("bytesPerSecond").number(rate, 0);
    json.key("peakBytes").number(peak_bytes());
    json.end();
    WALRUS_TRY(print(json.take()));
    return 0;
}

Command bench_codec_command() {
    auto arguments = std::make_shared<BenchArguments>();
    Command command;
    command.name = "codec";
    command.help = "Seconds of one operation of the codec, warm";
    std::string list;
    for (const Operation& operation : kOperations)
        list += fmt::format("  {:<24} {}\n", operation.name, operation.what);
    command.examples =
        "  walrus bench codec encode --shards 1000 --size 1048576\n"
        "  WALRUS_SIMD=avx2 walrus bench codec decode --size 1048576 --threads 1 --json\n"
        "Operations:\n" +
        list + "Rates are in bytes of the whole blob, also for one sliver.";
    command.declare = [arguments](Arguments& a) {
        a.positional("OP", arguments->operation, "The operation, see below", true);
        a.number("--shards,--n-shards", arguments->shards, "Number of shards (default 1000)");
        a.number("--size", arguments->size, "Bytes of the blob (default 1048576)");
        a.number("--threads", arguments->threads, "Threads (default: one per core)");
        a.number("--reps", arguments->repetitions, "Repetitions (default 5)");
    };
    command.run = [arguments](const GlobalOptions& g) { return run_bench(g, *arguments); };
    return command;
}

}  // namespace

Command bench_command() {
    Command command;
    command.name = "bench";
    command.help = "Measure this machine: codec";
    command.children = {bench_codec_command()};
    return command;
}

}  // namespace walrus::cli
