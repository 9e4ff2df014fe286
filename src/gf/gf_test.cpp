// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <openssl/sha.h>

#include <bit>
#include <numeric>
#include <random>
#include <thread>

#include "base/text.hpp"
#include "gf/dispatch.hpp"
#include "gf/field.hpp"
#include "gf/pack.hpp"
#include "gf/reed_solomon.hpp"
#include "gf/transform.hpp"

namespace walrus::gf {
namespace {

std::string sha256_of(const std::vector<std::uint16_t>& words) {
    Bytes bytes;
    for (const std::uint16_t word : words) {
        bytes.push_back(static_cast<Byte>(word));
        bytes.push_back(static_cast<Byte>(word >> 8));
    }
    Bytes digest(32);
    SHA256(bytes.data(), bytes.size(), digest.data());
    return hex_encode(digest);
}

Bytes random_bytes(std::size_t size, std::uint32_t seed) {
    std::mt19937 random(seed);
    Bytes out(size);
    for (Byte& b : out) b = static_cast<Byte>(random());
    return out;
}

std::vector<Element> random_elements(std::size_t count, std::uint32_t seed) {
    std::mt19937 random(seed);
    std::vector<Element> out(count);
    for (Element& e : out) e = static_cast<Element>(random());
    return out;
}

/// Parity words of one code word through the tile interface.
std::vector<Element> encode_words(const RsCode& code, const std::vector<Element>& source,
                                  const Kernels& kernels) {
    Workspace workspace(code.encode_rows(), 64);
    const Tile tile = workspace.tile(64);
    for (std::size_t i = 0; i < source.size(); ++i) {
        Byte raw[2];
        store_le(raw, source[i]);
        load_row(kernels, tile.row(i), 64, {raw, 2, 2, 1});
    }
    rs_encode(code, kernels, tile);
    std::vector<Element> parity;
    for (std::size_t j = 0; j < code.parity_count(); ++j) {
        Byte raw[2];
        store_row(kernels, tile.row(code.parity_row(j)), 64, raw, 2, 2, 1);
        parity.push_back(load_le<Element>(raw));
    }
    return parity;
}

/// Entry of the generator matrix by the definition of encoding.md §2.5, without transforms.
Element generator_entry(const RsCode& code, std::size_t parity, std::size_t source) {
    const std::size_t size = code.chunk();
    const std::size_t base = code.high_rate() ? size * (source / size + 1) : 0;
    const std::size_t at = code.high_rate() ? base + source % size : source;
    const std::size_t x = code.high_rate() ? parity : size + parity;
    Element numerator = 1, denominator = 1;
    for (std::size_t t = 0; t < size; ++t) {
        if (base + t == at) continue;
        numerator = multiply(numerator, static_cast<Element>(x ^ (base + t)));
        denominator = multiply(denominator, static_cast<Element>(at ^ (base + t)));
    }
    return multiply(numerator, inverse(denominator));
}

TEST(Field, TablesHaveThePublishedDigests) {
    const FieldTables& tables = field_tables();
    EXPECT_EQ(sha256_of({tables.log.begin(), tables.log.end()}),
              "c7eafc7e425f44aa8c3cf82dee5f4b3e50a710844082c0f1adcd4b95d4330c1f");
    EXPECT_EQ(sha256_of({tables.exp.begin(), tables.exp.end()}),
              "2016ee0982f33f3b6d46fc5731540a073e73b2e7d093ba82e1998364d9dafcd5");
    constexpr std::uint16_t kLog[] = {0xFFFF, 0x0000, 0x5555, 0xAAAA, 0x4444, 0x1111,
                                      0x8888, 0x2222, 0xDDDD, 0x6666, 0x7777, 0x9999};
    for (std::size_t i = 0; i < std::size(kLog); ++i) EXPECT_EQ(tables.log[i], kLog[i]);
    constexpr std::uint16_t kExp[] = {0x0001, 0x4690, 0x65D8, 0x62D0,
                                      0x5734, 0x45F0, 0x53B8, 0x1E38};
    for (std::size_t i = 0; i < std::size(kExp); ++i) EXPECT_EQ(tables.exp[i], kExp[i]);
}

TEST(Field, ClosedFormOfTheTwiddlesGivesTheReferenceTable) {
    std::vector<std::uint16_t> skew(65535);
    for (std::uint32_t j = 0; j < skew.size(); ++j)
        skew[j] = field_tables().log[((j + 1) >> std::countr_zero(j + 1)) - 1];
    EXPECT_EQ(sha256_of(skew), "386153e81df25ed50a4be744fc292281790994bf3472076e6bed4e65463c3949");
}

TEST(Field, SquarePlusItselfShiftsTheLabel) {
    for (std::uint32_t x = 0; x < 65536; ++x) {
        const Element e = static_cast<Element>(x);
        ASSERT_EQ(multiply(e, e) ^ e, e >> 1);
    }
}

TEST(Field, InverseMultipliesToOne) {
    for (std::uint32_t x = 1; x < 65536; ++x)
        ASSERT_EQ(multiply(static_cast<Element>(x), inverse(static_cast<Element>(x))), 1);
}

TEST(Field, MultiplierInTowerFormIsMultiplication) {
    const ProductTables& tables = product_tables();
    const auto times = [&](std::uint8_t c, std::uint8_t x) {
        return static_cast<std::uint8_t>(tables.nibbles[c][x & 15] ^
                                         tables.nibbles[c][16 + (x >> 4)]);
    };
    std::mt19937 random(1);
    for (int i = 0; i < 200'000; ++i) {
        const Element a = static_cast<Element>(random());
        const Element b = static_cast<Element>(random());
        const Multiplier m = multiplier(a);
        const Element x = to_tower(b);
        const std::uint8_t low = static_cast<std::uint8_t>(x);
        const std::uint8_t high = static_cast<std::uint8_t>(x >> 8);
        const auto product = static_cast<Element>((times(m.ll, low) ^ times(m.lh, high)) |
                                                  (times(m.hl, low) ^ times(m.hh, high)) << 8);
        ASSERT_EQ(to_tower(product), multiply(a, b)) << a << " " << b;
    }
}

TEST(Kernels, EveryVariantOfThisMachineAgreesWithThePortableOne) {
    for (const Kernels* variant : available_variants())
        EXPECT_TRUE(self_test(*variant)) << variant->name;
    EXPECT_STREQ(available_variants()[0]->name, "portable");
}

TEST(Kernels, SelfTestRefusesAVariantThatFlipsABit) {
    Kernels broken = kPortableKernels;
    broken.name = "broken";
    broken.scale = [](std::uint8_t* row, std::size_t plane_bytes, const ProductTables& tables,
                      Multiplier t) {
        kPortableKernels.scale(row, plane_bytes, tables, t);
        row[17] ^= 1;
    };
    EXPECT_FALSE(self_test(broken));
}

TEST(Kernels, EveryVariantEncodesAndDecodesLikeThePortableOne) {
    constexpr std::size_t kShapes[][2] = {{1, 3},   {2, 2},     {4, 6},     {7, 3},    {34, 66},
                                          {67, 33}, {334, 666}, {667, 333}, {342, 682}};
    for (const auto& shape : kShapes) {
        const auto code = *RsCode::make(shape[0], shape[1]);
        constexpr std::size_t kPlane = 128;
        const Bytes source = random_bytes(shape[0] * 2 * kPlane, 5);
        Bytes expected;
        for (const Kernels* variant : available_variants()) {
            Workspace workspace(code.encode_rows(), kPlane);
            const Tile tile = workspace.tile(kPlane);
            for (std::size_t i = 0; i < shape[0]; ++i)
                std::memcpy(tile.row(i), source.data() + i * 2 * kPlane, 2 * kPlane);
            rs_encode(code, *variant, tile);
            Bytes parity;
            for (std::size_t j = 0; j < shape[1]; ++j)
                append(parity, {tile.row(code.parity_row(j)), 2 * kPlane});
            if (expected.empty()) expected = parity;
            ASSERT_TRUE(parity == expected) << variant->name << " " << shape[0];

            // The last k positions rebuild all sources.
            std::vector<std::size_t> received(shape[0]);
            std::iota(received.begin(), received.end(), shape[1]);
            const RsDecoder decoder(code, received);
            Workspace other(decoder.rows(), kPlane);
            const Tile out = other.tile(kPlane);
            for (const std::size_t position : received)
                std::memcpy(out.row(decoder.row_of(position)),
                            position < shape[0]
                                ? source.data() + position * 2 * kPlane
                                : parity.data() + (position - shape[0]) * 2 * kPlane,
                            2 * kPlane);
            decoder.decode(*variant, out);
            for (const std::size_t position : decoder.missing())
                ASSERT_EQ(std::memcmp(out.row(decoder.row_of(position)),
                                      source.data() + position * 2 * kPlane, 2 * kPlane),
                          0)
                    << variant->name << " " << shape[0] << " " << position;
        }
    }
}

TEST(ReedSolomon, GeneratorRowsOfTheSpecification) {
    // encoding.md §2.5: the codes of n = 10.
    constexpr Element kColumn[6][4] = {{0xC, 0xF, 0xA, 0x8}, {0xF, 0xC, 0x8, 0xA},
                                       {0xA, 0x8, 0xC, 0xF}, {0x8, 0xA, 0xF, 0xC},
                                       {0xA, 0xF, 0x8, 0xC}, {0xF, 0xA, 0xC, 0x8}};
    constexpr Element kRow[3][7] = {{0xC, 0xF, 0xA, 0x8, 0xA, 0xF, 0x8},
                                    {0xF, 0xC, 0x8, 0xA, 0xF, 0xA, 0xC},
                                    {0xA, 0x8, 0xC, 0xF, 0x8, 0xC, 0xA}};
    const auto column = *RsCode::make(4, 6);
    const auto row = *RsCode::make(7, 3);
    for (std::size_t i = 0; i < 4; ++i) {
        std::vector<Element> unit(4);
        unit[i] = 1;
        const auto parity = encode_words(column, unit, kernels());
        for (std::size_t j = 0; j < 6; ++j) EXPECT_EQ(parity[j], kColumn[j][i]);
    }
    for (std::size_t i = 0; i < 7; ++i) {
        std::vector<Element> unit(7);
        unit[i] = 1;
        const auto parity = encode_words(row, unit, kernels());
        for (std::size_t j = 0; j < 3; ++j) EXPECT_EQ(parity[j], kRow[j][i]);
    }
}

TEST(ReedSolomon, TransformsEqualTheDefinitionForAllSmallAndSomeLargeCodes) {
    std::vector<std::pair<std::size_t, std::size_t>> shapes;
    for (std::size_t n = 4; n <= 40; ++n) {
        const std::size_t f = (n - 1) / 3;
        shapes.emplace_back(n - 2 * f, 2 * f);
        shapes.emplace_back(n - f, f);
    }
    shapes.insert(shapes.end(),
                  {{1, 1}, {1, 9}, {9, 1}, {34, 66}, {67, 33}, {128, 72}, {100, 300}});
    for (const auto& [k, m] : shapes) {
        const auto code = RsCode::make(k, m);
        ASSERT_TRUE(code);
        const auto source = random_elements(k, static_cast<std::uint32_t>(k * 1000 + m));
        const auto parity = encode_words(*code, source, kernels());
        for (std::size_t j = 0; j < m; ++j) {
            Element expected = 0;
            for (std::size_t i = 0; i < k; ++i)
                expected ^= multiply(generator_entry(*code, j, i), source[i]);
            ASSERT_EQ(parity[j], expected) << k << "+" << m << " parity " << j;
        }
    }
}

TEST(ReedSolomon, RateFollowsTheTableOfTheSpecification) {
    // encoding.md §1.2: the column code is high rate exactly for these n.
    const auto listed = [](std::size_t n) {
        return (n >= 4 && n <= 9) || (n >= 11 && n <= 15) || n == 21 || (n >= 23 && n <= 27) ||
               n == 45 || (n >= 47 && n <= 51) || n == 93 || (n >= 95 && n <= 99) || n == 189 ||
               (n >= 191 && n <= 195) || n == 381 || (n >= 383 && n <= 387) || n == 765 ||
               (n >= 767 && n <= 771);
    };
    for (std::size_t n = 4; n < 1100; ++n) {
        const std::size_t f = (n - 1) / 3;
        EXPECT_TRUE(RsCode::make(n - f, f)->high_rate()) << n;
        // n = 4 and n = 7 have equal powers of two with k <= m or fall to the high rate.
        EXPECT_EQ(RsCode::make(n - 2 * f, 2 * f)->high_rate() ||
                      (std::bit_ceil(n - 2 * f) == std::bit_ceil(2 * f)),
                  listed(n))
            << n;
    }
    EXPECT_FALSE(RsCode::make(0, 1));
    EXPECT_FALSE(RsCode::make(1, 0));
    EXPECT_FALSE(RsCode::make(40000, 30000));
}

/// Encodes random words and checks that `received` rebuilds them.
void check_pattern(const RsCode& code, const std::vector<std::size_t>& received,
                   const std::vector<Element>& source, const std::vector<Element>& parity) {
    const std::size_t k = code.source_count();
    const RsDecoder decoder(code, received);
    Workspace workspace(decoder.rows(), 64);
    std::memset(workspace.data(), 0xA5, workspace.size());
    const Tile tile = workspace.tile(64);
    std::vector<bool> seen(k);
    for (const std::size_t position : received) {
        Byte raw[2];
        store_le(raw, position < k ? source[position] : parity[position - k]);
        load_row(kernels(), tile.row(decoder.row_of(position)), 64, {raw, 2, 2, 1});
        if (position < k) seen[position] = true;
    }
    decoder.decode(kernels(), tile);
    std::size_t missing = 0;
    for (const std::size_t position : decoder.missing()) {
        ASSERT_FALSE(seen[position]);
        Byte raw[2];
        store_row(kernels(), tile.row(decoder.row_of(position)), 64, raw, 2, 2, 1);
        ASSERT_EQ(load_le<Element>(raw), source[position]) << k << " source " << position;
        ++missing;
    }
    ASSERT_EQ(missing + static_cast<std::size_t>(std::count(seen.begin(), seen.end(), true)), k);
}

TEST(ReedSolomon, EveryErasurePatternOfTinyCodesDecodes) {
    for (std::size_t n = 4; n <= 10; ++n) {
        const std::size_t f = (n - 1) / 3;
        for (const std::size_t k : {n - 2 * f, n - f}) {
            const auto code = *RsCode::make(k, n - k);
            const auto source = random_elements(k, static_cast<std::uint32_t>(n));
            const auto parity = encode_words(code, source, kernels());
            for (std::uint32_t mask = 0; mask < (1u << n); ++mask) {
                if (static_cast<std::size_t>(std::popcount(mask)) != k) continue;
                std::vector<std::size_t> received;
                for (std::size_t i = 0; i < n; ++i)
                    if ((mask >> i) & 1) received.push_back(i);
                check_pattern(code, received, source, parity);
                if (HasFatalFailure()) return;
            }
        }
    }
}

TEST(ReedSolomon, RandomErasurePatternsOfLargeCodesDecode) {
    std::mt19937 random(7);
    for (const std::size_t n : {13u, 31u, 49u, 100u, 101u, 300u, 385u, 769u, 1000u, 1023u, 4096u}) {
        const std::size_t f = (n - 1) / 3;
        for (const std::size_t k : {n - 2 * f, n - f}) {
            const auto code = *RsCode::make(k, n - k);
            const auto source = random_elements(k, static_cast<std::uint32_t>(n));
            const auto parity = encode_words(code, source, kernels());
            for (int round = 0; round < 5; ++round) {
                std::vector<std::size_t> order(n);
                std::iota(order.begin(), order.end(), 0);
                std::shuffle(order.begin(), order.end(), random);
                order.resize(k);
                check_pattern(code, order, source, parity);
                if (HasFatalFailure()) return;
            }
        }
    }
}

TEST(Pack, LayoutIsThatOfTheSpecification) {
    // 2 bytes: one little-endian element; 4 bytes: lo0 lo1 hi0 hi1; 66 bytes: a block and a tail.
    const Kernels& portable = kPortableKernels;
    Workspace workspace(1, 64);
    Byte* row = workspace.data();
    const auto element = [&](std::size_t i) {
        return to_tower(static_cast<Element>(row[i] | row[64 + i] << 8));
    };
    Bytes bytes(66);
    std::iota(bytes.begin(), bytes.end(), 1);
    load_row(portable, row, 64, {bytes.data(), 4, 4, 2});
    EXPECT_EQ(element(0), 0x0301);
    EXPECT_EQ(element(1), 0x0402);
    EXPECT_EQ(element(2), 0x0705);
    load_row(portable, row, 64, {bytes.data(), 66, 66, 1});
    for (std::size_t i = 0; i < 32; ++i) EXPECT_EQ(element(i), (i + 33) << 8 | (i + 1));
    EXPECT_EQ(element(32), 66 << 8 | 65);
    for (std::size_t i = 33; i < 64; ++i) EXPECT_EQ(element(i), 0);
}

TEST(Pack, StoreUndoesLoadForAllSizes) {
    for (std::size_t bytes = 2; bytes <= 260; bytes += 2)
        for (const std::size_t count : {1u, 3u, 17u}) {
            const std::size_t stride = bytes + 6;
            const Bytes data = random_bytes(stride * count, static_cast<std::uint32_t>(bytes));
            const std::size_t plane = plane_bytes_for(count * bytes / 2);
            Workspace workspace(2, plane);
            const Tile tile = workspace.tile(plane);
            load_row(kernels(), tile.row(0), plane, {data.data(), stride, bytes, count});
            std::vector<const Byte*> pointers;
            for (std::size_t i = 0; i < count; ++i)
                pointers.push_back(data.data() + i * stride - 1);
            load_row_gather(kernels(), tile.row(1), plane, pointers.data(), 1, bytes, count);
            ASSERT_EQ(std::memcmp(tile.row(0), tile.row(1), 2 * plane), 0);
            Bytes out(stride * count, 0);
            store_row(kernels(), tile.row(0), plane, out.data(), stride, bytes, count);
            Bytes copied(stride * count, 0);
            copy_symbols(copied.data(), stride, data.data(), stride, bytes, count);
            for (std::size_t i = 0; i < count; ++i) {
                const ByteView expected = ByteView(data).subspan(i * stride, bytes);
                ASSERT_TRUE(equal(ByteView(out).subspan(i * stride, bytes), expected));
                ASSERT_TRUE(equal(ByteView(copied).subspan(i * stride, bytes), expected));
                for (std::size_t j = bytes; j < stride; ++j) ASSERT_EQ(out[i * stride + j], 0);
            }
        }
}

TEST(RsDecoder, SharedOnesAreThoseOfTheirPattern) {
    const RsCode code = *RsCode::make(4, 6);
    const RsCode other = *RsCode::make(4, 7);
    const std::vector<std::size_t> first{0, 2, 5, 9};
    const auto decoder = RsDecoder::shared(code, first);
    EXPECT_EQ(decoder->missing(), (std::vector<std::size_t>{1, 3}));
    EXPECT_EQ(RsDecoder::shared(code, std::vector<std::size_t>{9, 5, 0, 2}), decoder);
    EXPECT_NE(RsDecoder::shared(other, first), decoder);
    EXPECT_EQ(RsDecoder::shared(code, first), decoder);
    // Others drive it out; it lives on with those who have it.
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            for (unsigned set = 0; set < 1u << 10; ++set) {
                if (std::popcount(set) != 4) continue;
                std::vector<std::size_t> received;
                std::vector<std::size_t> missing;
                for (std::size_t i = 0; i < 10; ++i) {
                    if ((set >> i & 1) != 0)
                        received.push_back(i);
                    else if (i < 4)
                        missing.push_back(i);
                }
                EXPECT_EQ(RsDecoder::shared(code, received)->missing(), missing);
            }
        });
    for (std::thread& thread : threads) thread.join();
    EXPECT_NE(RsDecoder::shared(code, first), decoder);
    EXPECT_EQ(decoder->missing(), (std::vector<std::size_t>{1, 3}));
}

}  // namespace
}  // namespace walrus::gf
