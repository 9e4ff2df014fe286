// SPDX-License-Identifier: Apache-2.0
#include "redstuff/verify.hpp"

#include <gtest/gtest.h>

#include "redstuff/testing.hpp"

namespace walrus {
namespace {

using namespace testing;  // NOLINT

constexpr Axis kAxes[] = {Axis::Primary, Axis::Secondary};

TEST(VerifySliver, AcceptsEverySliverOfEverySize) {
    // Symbol sizes 2 to 65534: whole symbols in a tile, and symbols in pieces.
    for (const auto& [n, length] : {std::pair<std::uint32_t, std::size_t>{4, 393'204},
                                    {5, 100},
                                    {7, 5000},
                                    {10, 1'000'000},
                                    {13, 40'000},
                                    {31, 262'144},
                                    {100, 4556},
                                    {101, 150'000},
                                    {300, 3'000'000}}) {
        const Encoded encoded(n, length);
        ThreadPerCallExecutor threads;
        for (const Axis axis : kAxes) {
            std::vector<SliverView> slivers;
            for (std::size_t i = 0; i < n; ++i) slivers.push_back(encoded.view(axis, i));
            InlineExecutor executor;
            for (const auto& verdict :
                 verify_slivers(encoded.metadata(), encoded.code, axis, slivers, executor))
                ASSERT_TRUE(verdict) << n << " " << length;
            for (const auto& verdict :
                 verify_slivers(encoded.metadata(), encoded.code, axis, slivers, threads))
                ASSERT_TRUE(verdict) << n << " " << length;
            ASSERT_TRUE(
                verify_sliver(encoded.metadata(), encoded.code, axis, slivers[n / 2], executor));
        }
    }
}

TEST(VerifySliver, ErrorsComeInTheOrderOfTheSpecification) {
    const Encoded encoded(7, 100);
    InlineExecutor executor;
    SliverData sliver = encoded.view(Axis::Primary, 2).to_data();
    const auto error_of = [&](const SliverData& candidate) {
        return verify_sliver(encoded.metadata(), encoded.code, Axis::Primary, candidate, executor)
            .error();
    };
    SliverData bad = sliver;
    bad.symbols[0] ^= 1;
    EXPECT_EQ(error_of(bad), SliverError::MerkleRootMismatch);
    bad.symbol_bytes += 2;
    EXPECT_EQ(error_of(bad), SliverError::SymbolSizeMismatch);
    bad.symbols.pop_back();
    EXPECT_EQ(error_of(bad), SliverError::SliverSizeMismatch);
    bad.index = SliverIndex(7);
    EXPECT_EQ(error_of(bad), SliverError::IndexTooLarge);
    // The right sliver under another index, or on the other axis.
    bad = sliver;
    bad.index = SliverIndex(3);
    EXPECT_EQ(error_of(bad), SliverError::MerkleRootMismatch);
    EXPECT_EQ(
        verify_sliver(encoded.metadata(), encoded.code, Axis::Secondary, sliver, executor).error(),
        SliverError::SliverSizeMismatch);
}

TEST(VerifySliver, BatchGivesEachItsOwnVerdict) {
    const Encoded encoded(31, 10'000);
    InlineExecutor executor;
    std::vector<SliverData> slivers;
    for (std::size_t i = 0; i < 31; ++i)
        slivers.push_back(encoded.view(Axis::Secondary, i).to_data());
    slivers[3].symbols[5] ^= 0x40;
    slivers[9].index = SliverIndex(31);
    slivers[12].symbols.clear();
    slivers[30].symbol_bytes = 2;
    const std::vector<SliverView> views(slivers.begin(), slivers.end());
    const auto verdicts =
        verify_slivers(encoded.metadata(), encoded.code, Axis::Secondary, views, executor);
    for (std::size_t i = 0; i < 31; ++i) {
        if (i == 3) {
            EXPECT_EQ(verdicts[i].error(), SliverError::MerkleRootMismatch);
        } else if (i == 9) {
            EXPECT_EQ(verdicts[i].error(), SliverError::IndexTooLarge);
        } else if (i == 12) {
            EXPECT_EQ(verdicts[i].error(), SliverError::SliverSizeMismatch);
        } else if (i == 30) {
            EXPECT_EQ(verdicts[i].error(), SliverError::SymbolSizeMismatch);
        } else {
            EXPECT_TRUE(verdicts[i]) << i;
        }
    }
    EXPECT_TRUE(
        verify_slivers(encoded.metadata(), encoded.code, Axis::Primary, {}, executor).empty());
}

TEST(VerifySliver, EveryFlippedBitOfABodyIsCaught) {
    InlineExecutor executor;
    for (std::uint32_t n = 4; n <= 13; ++n) {
        const Encoded encoded(n, full_blob_bytes(n, 2));
        for (const Axis axis : kAxes)
            for (std::uint32_t number = 0; number < n; ++number) {
                const auto pair = static_cast<std::uint16_t>(number);
                Bytes body = (*encoded).sliver_body(SliverPairIndex(pair), axis);
                for (std::size_t bit = 0; bit < 8 * body.size(); ++bit) {
                    body[bit / 8] ^= static_cast<Byte>(1 << (bit % 8));
                    const auto sliver = parse_sliver(body);
                    ASSERT_FALSE(sliver && verify_sliver(encoded.metadata(), encoded.code, axis,
                                                         *sliver, executor))
                        << n << " " << pair << " bit " << bit;
                    body[bit / 8] ^= static_cast<Byte>(1 << (bit % 8));
                }
            }
    }
}

TEST(VerifySymbol, AcceptsEveryCellOnBothAxes) {
    for (std::uint32_t n = 4; n <= 13; ++n) {
        const Encoded encoded(n, full_blob_bytes(n, 6));
        const Matrix matrix = naive_matrix(encoded.code, encoded.blob);
        for (const Axis target_axis : kAxes)
            for (std::size_t source = 0; source < n; ++source)
                for (std::size_t target = 0; target < n; ++target) {
                    const RecoverySymbol symbol =
                        matrix.recovery_symbol(target_axis, source, target);
                    ASSERT_TRUE(verify_recovery_symbol(encoded.metadata(), encoded.code,
                                                       target_axis, sliver_index(target), symbol));
                    // Not for another target, and not on the other axis.
                    ASSERT_FALSE(verify_recovery_symbol(encoded.metadata(), encoded.code,
                                                        target_axis, sliver_index((target + 1) % n),
                                                        symbol));
                    ASSERT_FALSE(verify_recovery_symbol(encoded.metadata(), encoded.code,
                                                        orthogonal(target_axis),
                                                        sliver_index(target), symbol));
                }
    }
}

TEST(VerifySymbol, ErrorsComeInTheOrderOfTheSpecification) {
    const Encoded encoded(10, 1000);
    const Matrix matrix = naive_matrix(encoded.code, encoded.blob);
    RecoverySymbol symbol = matrix.recovery_symbol(Axis::Primary, 4, 6);
    const auto error_of = [&](const RecoverySymbol& candidate, std::size_t target) {
        return verify_recovery_symbol(encoded.metadata(), encoded.code, Axis::Primary,
                                      sliver_index(target), candidate)
            .error();
    };
    symbol.proof.path.pop_back();
    EXPECT_EQ(error_of(symbol, 6), SymbolError::InvalidProof);
    symbol.symbol.data.push_back(0);
    EXPECT_EQ(error_of(symbol, 6), SymbolError::SymbolSizeMismatch);
    EXPECT_EQ(error_of(symbol, 10), SymbolError::IndexTooLarge);
    symbol.symbol.index = SliverIndex(10);
    EXPECT_EQ(error_of(symbol, 6), SymbolError::IndexTooLarge);
}

TEST(VerifySymbol, BatchGivesEachItsOwnVerdict) {
    const Encoded encoded(31, full_blob_bytes(31, 8));
    const Matrix matrix = naive_matrix(encoded.code, encoded.blob);
    for (const Axis axis : kAxes)
        for (const std::size_t target : {0u, 13u, 30u}) {
            std::vector<RecoverySymbol> symbols;
            for (std::size_t source = 0; source < 31; ++source)
                symbols.push_back(matrix.recovery_symbol(axis, source, target));
            symbols[2].symbol.data[7] ^= 2;
            symbols[5].proof.path.pop_back();
            symbols[6].symbol.index = SliverIndex(31);
            symbols[11].symbol.data.clear();
            symbols[29].symbol.index = SliverIndex(28);
            const auto verdicts = verify_recovery_symbols(encoded.metadata(), encoded.code, axis,
                                                          sliver_index(target), symbols);
            for (std::size_t i = 0; i < 31; ++i) {
                if (i == 2 || i == 5 || i == 29) {
                    EXPECT_EQ(verdicts[i].error(), SymbolError::InvalidProof);
                } else if (i == 6) {
                    EXPECT_EQ(verdicts[i].error(), SymbolError::IndexTooLarge);
                } else if (i == 11) {
                    EXPECT_EQ(verdicts[i].error(), SymbolError::SymbolSizeMismatch);
                } else {
                    EXPECT_TRUE(verdicts[i]) << i;
                }
            }
        }
}

TEST(VerifySymbol, GeneralSymbolServesBothAxesAndNoOther) {
    for (const std::uint32_t n : {4u, 7u, 10u}) {
        const Encoded encoded(n, full_blob_bytes(n, 6));
        const Matrix matrix = naive_matrix(encoded.code, encoded.blob);
        const auto verdict = [&](const GeneralRecoverySymbol& symbol, Axis axis,
                                 std::size_t target) {
            return verify_general_symbol(encoded.metadata(), encoded.code, axis,
                                         sliver_index(target), symbol);
        };
        for (const Axis tag : kAxes)
            for (std::size_t source = 0; source < n; ++source)
                for (std::size_t target = 0; target < n; ++target) {
                    const RecoverySymbol cell = matrix.recovery_symbol(tag, source, target);
                    const GeneralRecoverySymbol symbol{
                        {tag, cell.symbol}, sliver_index(target), cell.proof};
                    for (std::size_t wanted = 0; wanted < n; ++wanted) {
                        const auto crossing = verdict(symbol, tag, wanted);
                        const auto inside = verdict(symbol, orthogonal(tag), wanted);
                        ASSERT_EQ(crossing.has_value(), wanted == target);
                        ASSERT_EQ(inside.has_value(), wanted == source);
                        if (!crossing) {
                            ASSERT_EQ(crossing.error(), SymbolError::NotUsable);
                        }
                        const auto use = decoding_symbol_for(symbol, tag, sliver_index(wanted));
                        ASSERT_EQ(use.has_value(), wanted == target);
                        if (use) {
                            ASSERT_EQ(use->index, sliver_index(source));
                        }
                        const auto own =
                            decoding_symbol_for(symbol, orthogonal(tag), sliver_index(wanted));
                        ASSERT_EQ(own.has_value(), wanted == source);
                        if (own) {
                            ASSERT_EQ(own->index, sliver_index(target));
                        }
                    }
                }
    }
}

TEST(VerifySymbol, EveryFlippedBitIsCaught) {
    for (std::uint32_t n = 4; n <= 13; ++n) {
        const Encoded encoded(n, full_blob_bytes(n, 4));
        const Matrix matrix = naive_matrix(encoded.code, encoded.blob);
        for (const Axis axis : kAxes) {
            const std::size_t source = n - 1;
            const std::size_t target = n / 2;
            Bytes body = bcs::encode(matrix.recovery_symbol(axis, source, target));
            for (std::size_t bit = 0; bit < 8 * body.size(); ++bit) {
                body[bit / 8] ^= static_cast<Byte>(1 << (bit % 8));
                const auto symbol = bcs::decode<RecoverySymbol>(body);
                ASSERT_FALSE(symbol && verify_recovery_symbol(encoded.metadata(), encoded.code,
                                                              axis, sliver_index(target), *symbol))
                    << n << " bit " << bit;
                body[bit / 8] ^= static_cast<Byte>(1 << (bit % 8));
            }
        }
    }
}

}  // namespace
}  // namespace walrus
