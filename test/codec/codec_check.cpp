// SPDX-License-Identifier: Apache-2.0
// codec-check VARIANT FILE [--quick]: the encoding vectors of FILE and properties of the codec on
// one variant of its kernels. Prints "V/V vectors, P properties" and exits 0 if all hold, 1 if not,
// 77 if this processor cannot run the variant. --quick leaves out the vectors of many shards.
// WALRUS_TEST_FLIP=VARIANT flips one bit in one kernel of that variant: a test of this test.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <numeric>
#include <random>
#include <string>

#include "base/executor.hpp"
#include "gf/dispatch.hpp"
#include "gf/field.hpp"
#include "gf/tile.hpp"
#include "hash/blake2b.hpp"
#include "hash/dispatch.hpp"
#include "hash/many.hpp"
#include "redstuff/decode.hpp"
#include "redstuff/encode.hpp"
#include "redstuff/recover.hpp"
#include "redstuff/verify.hpp"
#include "test/vectors/runner_encoding.hpp"

namespace {

using namespace walrus;

constexpr int kSkipped = 77;
constexpr std::uint32_t kQuickShardsMax = 16;
constexpr std::size_t kPoolBytes = 64 << 20;

/// Properties that held and that did not.
struct Tally {
    std::size_t held = 0;
    std::size_t broken = 0;
    void operator()(bool holds, const std::string& what) {
        ++(holds ? held : broken);
        if (!holds && broken <= 5) std::cout << "does not hold: " << what << "\n";
    }
};

void (*flipped_ifft4)(const gf::Butterflies&, const gf::ProductTables&, gf::Multiplier,
                      gf::Multiplier, gf::Multiplier) = nullptr;
/// One wrong bit in the last byte that the kernel writes.
void wrong_ifft4(const gf::Butterflies& rows, const gf::ProductTables& tables, gf::Multiplier a,
                 gf::Multiplier b, gf::Multiplier c) {
    flipped_ifft4(rows, tables, a, b, c);
    rows.dst[(rows.count - 1 + 3 * rows.distance) * rows.pitch] ^= 1;
}

// ---- the field's kernels against the portable ones ---------------------------------------------

void fill(gf::Workspace& workspace, std::mt19937& random) {
    for (std::size_t i = 0; i < workspace.size(); ++i)
        workspace.data()[i] = static_cast<Byte>(random());
}

void check_field_kernels(Tally& tally) {
    const gf::Kernels& tested = gf::kernels();
    const gf::ProductTables& tables = gf::product_tables();
    std::mt19937 random(1);
    constexpr std::size_t kRows = 16;
    for (const std::size_t plane : {64, 128, 192, 320, 1024})
        for (std::size_t round = 0; round < 24; ++round) {
            // No factor, the subfield, anything; in every position.
            const auto factor = [&] {
                const std::uint32_t kind = random() % 3;
                return gf::multiplier(static_cast<gf::Element>(kind == 0   ? 0
                                                               : kind == 1 ? random() & 0xFF
                                                                           : random()));
            };
            const gf::Multiplier a = factor(), b = factor(), c = factor();
            gf::Workspace expected(kRows, plane);
            gf::Workspace actual(kRows, plane);
            fill(expected, random);
            const auto compare = [&](const char* name, auto call) {
                std::memcpy(actual.data(), expected.data(), expected.size());
                call(gf::kPortableKernels, expected.tile(plane));
                call(tested, actual.tile(plane));
                tally(std::memcmp(expected.data(), actual.data(), expected.size()) == 0,
                      std::string("field kernel ") + name);
            };
            const auto rows = [&](const gf::Tile& tile, std::size_t to) {
                return gf::Butterflies{tile.row(to), tile.row(0), tile.pitch, plane, 2, 2};
            };
            const std::size_t to = round % 2 == 0 ? 0 : 8;
            compare("ifft2", [&](auto& k, gf::Tile t) { k.ifft2(rows(t, to), tables, a); });
            compare("fft2", [&](auto& k, gf::Tile t) { k.fft2(rows(t, to), tables, a); });
            compare("ifft4", [&](auto& k, gf::Tile t) { k.ifft4(rows(t, to), tables, a, b, c); });
            compare("fft4", [&](auto& k, gf::Tile t) { k.fft4(rows(t, to), tables, a, b, c); });
            compare("scale", [&](auto& k, gf::Tile t) { k.scale(t.row(5), plane, tables, b); });
            compare("add", [&](auto& k, gf::Tile t) { k.add(t.row(3), t.row(7), 2 * plane); });
            compare("change_basis",
                    [&](auto& k, gf::Tile t) { k.change_basis(t.row(9), plane, tables); });
        }
}

// ---- many hashes against one -------------------------------------------------------------------

void check_hash_kernels(Tally& tally) {
    std::mt19937 random(2);
    constexpr std::size_t kCount = hash::kLanesMax + 3;
    constexpr std::size_t kBytesMax = 700;
    Bytes data(kCount * kBytesMax);
    for (Byte& b : data) b = static_cast<Byte>(random());
    const Byte* pointers[kCount];
    for (std::size_t i = 0; i < kCount; ++i) pointers[i] = data.data() + i * kBytesMax;
    Digest digests[kCount];
    for (std::size_t bytes = 0; bytes <= kBytesMax; bytes += bytes < 260 ? 1 : 44) {
        hash::hash_leaves(hash::kernels(), pointers, bytes, kCount, digests);
        bool same = true;
        for (std::size_t i = 0; i < kCount; ++i)
            same = same && digests[i] == merkle_leaf({pointers[i], bytes});
        tally(same, "hash of " + std::to_string(bytes) + " bytes");

        // The same bytes in pieces.
        hash::LeafHasher pieces(hash::kernels(), kCount);
        const std::size_t first = bytes == 0 ? 0 : random() % bytes;
        const Byte* rest[kCount];
        for (std::size_t i = 0; i < kCount; ++i) rest[i] = pointers[i] + first;
        if (first > 0) pieces.update(pointers, first);
        if (bytes > first) pieces.update(rest, bytes - first);
        Digest again[kCount];
        pieces.finish(again);
        tally(std::equal(std::begin(again), std::end(again), digests),
              "hash in pieces of " + std::to_string(bytes) + " bytes");
    }
    for (std::size_t count = 1; count <= kCount; ++count) {
        Digest nodes[2 * kCount];
        for (Digest& node : nodes)
            for (Byte& b : node.bytes) b = static_cast<Byte>(random());
        Digest out[kCount];
        hash::hash_inner(hash::kernels(), nodes[0].bytes.data(), 64, nodes[1].bytes.data(), 64,
                         count, out);
        bool same = true;
        for (std::size_t i = 0; i < count; ++i)
            same = same && out[i] == merkle_inner(nodes[2 * i], nodes[2 * i + 1]);
        tally(same, "inner hashes");
    }
}

// ---- the code ----------------------------------------------------------------------------------

SliverView view_of(const EncodedBlob& encoded, Axis axis, std::size_t i) {
    const SliverIndex index(static_cast<std::uint16_t>(i));
    return {axis == Axis::Primary ? encoded.primary(index) : encoded.secondary(index),
            static_cast<std::uint16_t>(encoded.symbol_bytes()), index};
}

std::vector<std::size_t> some_of(std::size_t n, std::size_t count, std::mt19937& random) {
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), random);
    order.resize(count);
    return order;
}

void check_code(std::uint32_t n, std::size_t blob_bytes, std::size_t rounds, BufferPool& pool,
                Tally& tally) {
    const auto code = *CodeParameters::make(n);
    std::mt19937 random(n);
    InlineExecutor executor;
    Bytes blob(blob_bytes);
    for (Byte& b : blob) b = static_cast<Byte>(random());
    const auto encoded = encode_blob(code, blob, pool, executor);
    const std::string at = " at " + std::to_string(n) + " shards";
    tally(encoded.has_value(), "encoding" + at);
    if (!encoded) return;
    const VerifiedMetadata& metadata = encoded->metadata();
    for (std::size_t round = 0; round < rounds; ++round)
        for (const Axis axis : {Axis::Primary, Axis::Secondary}) {
            // Any P primary or S secondary slivers give the blob.
            std::vector<SliverView> slivers;
            for (const std::size_t i : some_of(n, code.slivers_to_decode(axis), random))
                slivers.push_back(view_of(*encoded, axis, i));
            const auto decoded = decode_blob(code, metadata, axis, slivers,
                                             ConsistencyCheck::Strict, pool, executor);
            tally(decoded && equal(decoded->bytes(), blob), "decoding" + at);

            // All symbols that a sliver gives are proven, and enough of them give a sliver.
            const std::size_t target = random() % n;
            const SliverIndex index(static_cast<std::uint16_t>(target));
            std::vector<RecoverySymbol> symbols;
            for (const std::size_t i : some_of(n, symbols_to_recover(code, axis), random)) {
                const auto expanded = ExpandedSliver::expand(
                    code, orthogonal(axis), view_of(*encoded, orthogonal(axis), i), pool, executor);
                symbols.push_back(expanded->recovery_symbol(index));
            }
            const auto verdicts = verify_recovery_symbols(metadata, code, axis, index, symbols);
            tally(std::all_of(verdicts.begin(), verdicts.end(),
                              [](const auto& v) { return v.has_value(); }),
                  "proofs of symbols" + at);
            const auto recovered =
                recover_sliver_or_prove(metadata, code, axis, index, symbols, executor);
            const SliverView wanted = view_of(*encoded, axis, target);
            tally(recovered && std::holds_alternative<SliverData>(*recovered) &&
                      equal(std::get<SliverData>(*recovered).symbols, wanted.symbols),
                  "recovery" + at);

            // A flipped bit is noticed.
            SliverData wrong = wanted.to_data();
            wrong.symbols[random() % wrong.symbols.size()] ^= static_cast<Byte>(1 << random() % 8);
            tally(verify_sliver(metadata, code, axis, wanted, executor).has_value() &&
                      !verify_sliver(metadata, code, axis, wrong, executor).has_value(),
                  "a flipped bit" + at);
        }
}

int run(const std::string& variant, const std::string& file, bool quick) {
    ::setenv("WALRUS_SIMD", variant.c_str(), 1);
    if (variant != gf::active_variant_name()) {
        std::cout << "runs on " << gf::active_variant_name() << ", not on " << variant << "\n";
        return kSkipped;
    }
    Tally tally;
    static gf::Kernels wrong;
    const char* const flip = std::getenv("WALRUS_TEST_FLIP");
    if (flip != nullptr && variant == flip) {
        wrong = gf::kernels();
        flipped_ifft4 = wrong.ifft4;
        wrong.ifft4 = wrong_ifft4;
        gf::replace_kernels(wrong);
        // The start of a program would refuse them.
        tally(!gf::self_test(wrong), "the self-test notices a flipped bit");
    } else {
        tally(gf::self_test(gf::kernels()) && hash::self_test(hash::kernels()), "self-test");
    }
    check_field_kernels(tally);
    check_hash_kernels(tally);
    BufferPool pool(kPoolBytes);
    for (std::uint32_t n = 4; n <= 13; ++n)
        for (const std::size_t bytes :
             {std::size_t{1}, std::size_t{500} + n, std::size_t{9000} * n})
            check_code(n, bytes, 2, pool, tally);
    if (!quick) check_code(100, 200'001, 1, pool, tally);

    std::size_t passed = 0;
    std::size_t failed = 0;
    vectors::run_encoding_vectors_up_to(file, std::cout, passed, failed,
                                        quick ? kQuickShardsMax : kShardCountMax);
    std::cout << passed << "/" << passed + failed << " vectors, " << tally.held << " properties";
    if (tally.broken > 0) std::cout << ", " << tally.broken << " broken";
    std::cout << "\n";
    return failed == 0 && passed > 0 && tally.broken == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    const bool quick = argc == 4 && std::string(argv[3]) == "--quick";
    if (argc != 3 && !quick) {
        std::cerr << "usage: codec-check VARIANT FILE [--quick]\n";
        return 2;
    }
    return run(argv[1], argv[2], quick);
}
