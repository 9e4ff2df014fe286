// SPDX-License-Identifier: Apache-2.0
#include "redstuff/recover.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "redstuff/testing.hpp"
#include "redstuff/verify.hpp"

namespace walrus {
namespace {

using namespace testing;  // NOLINT

constexpr Axis kAxes[] = {Axis::Primary, Axis::Secondary};

std::vector<DecodingSymbol> without_proofs(const std::vector<RecoverySymbol>& symbols) {
    std::vector<DecodingSymbol> out;
    for (const RecoverySymbol& symbol : symbols) out.push_back(symbol.symbol);
    return out;
}

TEST(ExpandedSliver, HoldsTheRowsAndColumnsOfTheMatrix) {
    for (const auto& [n, length] : {std::pair<std::uint32_t, std::size_t>{4, 100'000},
                                    {7, 100},
                                    {10, 20'000},
                                    {13, 1000},
                                    {31, 10'000}}) {
        Encoded encoded(n, length);
        const Matrix matrix = naive_matrix(encoded.code, encoded.blob);
        ThreadPerCallExecutor threads;
        for (const Axis axis : kAxes)
            for (std::size_t i = 0; i < n; ++i) {
                const auto expanded = ExpandedSliver::expand(
                    encoded.code, axis, encoded.view(axis, i), encoded.pool, threads);
                ASSERT_TRUE(expanded);
                ASSERT_EQ(expanded->tree().root().bytes(),
                          encoded.metadata().sliver_hash(axis, sliver_index(i)));
                for (std::size_t target = 0; target < n; ++target) {
                    const SliverIndex at = sliver_index(target);
                    ASSERT_TRUE(equal(expanded->symbol(at), matrix.symbol(axis, i, target)));
                    const GeneralRecoverySymbol general = expanded->general_symbol(at);
                    ASSERT_TRUE(verify_general_symbol(encoded.metadata(), encoded.code,
                                                      orthogonal(axis), at, general));
                    ASSERT_TRUE(verify_general_symbol(encoded.metadata(), encoded.code, axis,
                                                      sliver_index(i), general));
                    ASSERT_TRUE(verify_recovery_symbol(encoded.metadata(), encoded.code,
                                                       orthogonal(axis), at,
                                                       expanded->recovery_symbol(at)));
                }
            }
    }
}

TEST(MakeSlivers, AreThoseOfTheWholeEncoding) {
    std::mt19937 random(23);
    for (const auto& [n, length] : {std::pair<std::uint32_t, std::size_t>{4, 1000},
                                    {7, 0},
                                    {7, 100},
                                    {13, 30'000},
                                    {100, 50'000}}) {
        Encoded encoded(n, length);
        std::vector<SliverName> wanted;
        for (int i = 0; i < 12; ++i)
            wanted.push_back({kAxes[random() % 2], sliver_index(random() % n)});
        const auto made =
            make_slivers(encoded.code, encoded.blob, wanted, encoded.pool, encoded.executor);
        ASSERT_TRUE(made);
        ASSERT_EQ(made->size(), wanted.size());
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            EXPECT_EQ((*made)[i].index, wanted[i].index);
            EXPECT_TRUE(equal((*made)[i].symbols,
                              encoded.view(wanted[i].axis, wanted[i].index.value).symbols))
                << n << " " << i;
        }
        BufferPool tiny(1);
        EXPECT_FALSE(make_slivers(encoded.code, encoded.blob, wanted, tiny, encoded.executor));
    }
}

TEST(SymbolBatch, OneProofForAllCellsOfASliver) {
    std::mt19937 random(17);
    for (const auto& [n, length] :
         {std::pair<std::uint32_t, std::size_t>{4, 1000}, {7, 100}, {13, 30'000}, {100, 50'000}}) {
        Encoded encoded(n, length);
        for (const Axis axis : kAxes)
            for (int round = 0; round < 20; ++round) {
                const auto expanded =
                    ExpandedSliver::expand(encoded.code, axis, encoded.view(axis, random() % n),
                                           encoded.pool, encoded.executor);
                ASSERT_TRUE(expanded);
                std::vector<SliverIndex> targets;
                for (std::size_t i = 0; i < n; ++i)
                    if (random() % 3 == 0 || (targets.empty() && i + 1 == n))
                        targets.push_back(sliver_index(i));
                const SymbolBatch batch = expanded->symbol_batch(targets);
                EXPECT_EQ(batch.target_axis, orthogonal(axis));
                for (std::size_t i = 0; i < targets.size(); ++i)
                    ASSERT_TRUE(equal(batch.cell(i), expanded->symbol(targets[i])));
                const auto verify = [&](const SymbolBatch& given) {
                    return verify_symbol_batch(encoded.metadata(), encoded.code, given);
                };
                ASSERT_TRUE(verify(batch));

                const Bytes body = bcs::encode(batch);
                const auto decoded = bcs::decode<SymbolBatch>(body);
                ASSERT_TRUE(decoded);
                ASSERT_TRUE(*decoded == batch);
                ASSERT_FALSE(bcs::decode<SymbolBatch>(ByteView(body).first(body.size() - 1)));
                std::size_t single = 0;
                for (const SliverIndex target : targets)
                    single += bcs::encode(expanded->recovery_symbol(target)).size();
                if (targets.size() > 1) {
                    ASSERT_LT(body.size(), single);
                }

                SymbolBatch bad = batch;
                bad.cells[random() % bad.cells.size()] ^= 0x10;
                ASSERT_EQ(verify(bad).error(), SymbolError::InvalidProof);
                bad = batch;
                bad.source = SliverIndex(static_cast<std::uint16_t>(n));
                ASSERT_EQ(verify(bad).error(), SymbolError::IndexTooLarge);
                bad = batch;
                bad.targets.back() = SliverIndex(static_cast<std::uint16_t>(n));
                ASSERT_EQ(verify(bad).error(), SymbolError::IndexTooLarge);
                bad = batch;
                bad.cells.push_back(0);
                ASSERT_EQ(verify(bad).error(), SymbolError::SymbolSizeMismatch);
                ASSERT_EQ(verify({}).error(), SymbolError::IndexTooLarge);
                if (targets.size() > 1) {
                    bad = batch;
                    std::swap(bad.targets[0], bad.targets[1]);
                    ASSERT_EQ(verify(bad).error(), SymbolError::IndexTooLarge);
                    ASSERT_EQ(bcs::decode<SymbolBatch>(bcs::encode(bad)).error(),
                              bcs::Error::NonCanonical);
                }
            }
    }
}

TEST(RecoverySymbols, ListsAreThoseOfTheExpandedSliver) {
    Encoded encoded(10, 1000);
    const std::vector<SliverIndex> all = {SliverIndex(0), SliverIndex(9), SliverIndex(4)};
    const std::vector<SliverIndex> systematic = {SliverIndex(1), SliverIndex(0)};
    for (const Axis axis : kAxes) {
        const SliverView source = encoded.view(axis, 6);
        const auto expanded =
            ExpandedSliver::expand(encoded.code, axis, source, encoded.pool, encoded.executor);
        ASSERT_TRUE(expanded);
        const auto with =
            recovery_symbols(encoded.code, axis, source, all, encoded.pool, encoded.executor);
        ASSERT_TRUE(with);
        ASSERT_EQ(with->size(), 3u);
        for (std::size_t i = 0; i < 3; ++i)
            EXPECT_TRUE((*with)[i] == expanded->recovery_symbol(all[i]));
        for (const auto& targets : {all, systematic}) {
            const auto without = decoding_symbols(encoded.code, axis, source, targets, encoded.pool,
                                                  encoded.executor);
            ASSERT_TRUE(without);
            for (std::size_t i = 0; i < targets.size(); ++i)
                EXPECT_TRUE((*without)[i] == expanded->decoding_symbol(targets[i]));
        }
    }
    BufferPool tiny(1);
    EXPECT_EQ(ExpandedSliver::expand(encoded.code, Axis::Primary, encoded.view(Axis::Primary, 0),
                                     tiny, encoded.executor)
                  .error(),
              PoolError::OutOfMemoryBudget);
}

TEST(RecoverSliver, EverySetOfJustEnoughSymbolsOfSmallCodesRecoversEverySliver) {
    for (std::uint32_t n = 4; n <= 13; ++n) {
        const Encoded encoded(n, 60);
        const Matrix matrix = naive_matrix(encoded.code, encoded.blob);
        InlineExecutor executor;
        for (const Axis axis : kAxes)
            // All targets for the smallest codes, then a source and a parity one.
            for (std::size_t target = 0; target < n; target += n <= 7 ? 1 : n - 2) {
                const SliverData expected = matrix.sliver(encoded.code, axis, target);
                std::vector<DecodingSymbol> all;
                for (std::size_t source = 0; source < n; ++source)
                    all.push_back({sliver_index(source),
                                   to_bytes(matrix.symbol(orthogonal(axis), source, target))});
                for_each_subset(n, symbols_to_recover(encoded.code, axis),
                                [&](const std::vector<std::size_t>& sources) {
                                    std::vector<DecodingSymbol> symbols;
                                    for (const std::size_t source : sources)
                                        symbols.push_back(all[source]);
                                    const auto sliver =
                                        recover_sliver(encoded.metadata(), encoded.code, axis,
                                                       sliver_index(target), symbols, executor);
                                    ASSERT_TRUE(sliver);
                                    ASSERT_TRUE(*sliver == expected);
                                });
            }
    }
}

TEST(RecoverSliver, RandomSymbolsOfLargerCodesRecover) {
    std::mt19937 random(3);
    ThreadPerCallExecutor threads;
    for (const auto& [n, length] : {std::pair<std::uint32_t, std::size_t>{10, 1'500'000},
                                    {31, 262'144},
                                    {100, 3'000'000},
                                    {300, 70'000}}) {
        Encoded encoded(n, length);
        for (const Axis axis : kAxes) {
            const SliverIndex target = sliver_index(random() % n);
            std::vector<std::size_t> order(n);
            std::iota(order.begin(), order.end(), 0);
            std::shuffle(order.begin(), order.end(), random);
            order.resize(symbols_to_recover(encoded.code, axis));
            std::vector<RecoverySymbol> symbols;
            for (const std::size_t source : order)
                symbols.push_back(ExpandedSliver::expand(encoded.code, orthogonal(axis),
                                                         encoded.view(orthogonal(axis), source),
                                                         encoded.pool, encoded.executor)
                                      ->recovery_symbol(target));
            const SliverData expected = encoded.view(axis, target.value).to_data();
            const auto plain = recover_sliver(encoded.metadata(), encoded.code, axis, target,
                                              without_proofs(symbols), threads);
            ASSERT_TRUE(plain);
            EXPECT_TRUE(*plain == expected);
            const auto proven = recover_sliver_or_prove(encoded.metadata(), encoded.code, axis,
                                                        target, symbols, threads);
            ASSERT_TRUE(proven);
            ASSERT_TRUE(std::holds_alternative<SliverData>(*proven));
            EXPECT_TRUE(std::get<SliverData>(*proven) == expected);
        }
    }
}

class RecoverFromLiars : public ::testing::Test {
protected:
    std::vector<RecoverySymbol> symbols(Axis axis, std::size_t target, std::size_t from) const {
        std::vector<RecoverySymbol> out;
        for (std::size_t source = from; source < 10; ++source)
            out.push_back(matrix.recovery_symbol(axis, source, target));
        return out;
    }

    Encoded encoded{10, 1000};
    Matrix matrix = naive_matrix(encoded.code, encoded.blob);
};

TEST_F(RecoverFromLiars, TooFewDistinctSymbolsAreAnError) {
    // Seven are needed: six, with one of them twice and unusable ones, are not enough.
    auto given = symbols(Axis::Primary, 2, 4);
    given.push_back(given[0]);
    RecoverySymbol bad = matrix.recovery_symbol(Axis::Primary, 0, 2);
    bad.symbol.data.pop_back();
    given.push_back(bad);
    bad = matrix.recovery_symbol(Axis::Primary, 0, 2);
    bad.symbol.index = SliverIndex(10);
    given.push_back(bad);
    EXPECT_EQ(recover_sliver(encoded.metadata(), encoded.code, Axis::Primary, SliverIndex(2),
                             without_proofs(given), encoded.executor)
                  .error(),
              RecoverError::NotEnoughSymbols);
    bad = matrix.recovery_symbol(Axis::Primary, 0, 2);
    bad.symbol.data[0] ^= 1;
    given.push_back(bad);
    EXPECT_EQ(recover_sliver_or_prove(encoded.metadata(), encoded.code, Axis::Primary,
                                      SliverIndex(2), given, encoded.executor)
                  .error(),
              RecoverError::NotEnoughSymbols);
}

TEST_F(RecoverFromLiars, ProofsAreNotNeededWhereTheSliverIsRight) {
    auto given = symbols(Axis::Primary, 8, 0);
    for (RecoverySymbol& symbol : given) symbol.proof = given[0].proof;
    const auto recovered = recover_sliver_or_prove(encoded.metadata(), encoded.code, Axis::Primary,
                                                   SliverIndex(8), given, encoded.executor);
    ASSERT_TRUE(recovered);
    ASSERT_TRUE(std::holds_alternative<SliverData>(*recovered));
    EXPECT_TRUE(std::get<SliverData>(*recovered) == encoded.view(Axis::Primary, 8).to_data());
    // A lie before a true symbol of the same position, and valid proofs only among the later ones.
    auto twice = symbols(Axis::Primary, 8, 0);
    auto lie = twice[2];
    lie.symbol.data[0] ^= 1;
    twice.insert(twice.begin(), lie);
    const auto sorted_out = recover_sliver_or_prove(encoded.metadata(), encoded.code, Axis::Primary,
                                                    SliverIndex(8), twice, encoded.executor);
    ASSERT_TRUE(sorted_out);
    ASSERT_TRUE(std::holds_alternative<SliverData>(*sorted_out));
    EXPECT_TRUE(std::get<SliverData>(*sorted_out) == encoded.view(Axis::Primary, 8).to_data());
}

TEST_F(RecoverFromLiars, WithoutProofsALieIsNoticedWithThemItIsDropped) {
    auto given = symbols(Axis::Secondary, 8, 0);
    given[1].symbol.data[3] ^= 0x10;
    EXPECT_EQ(recover_sliver(encoded.metadata(), encoded.code, Axis::Secondary, SliverIndex(8),
                             without_proofs(given), encoded.executor)
                  .error(),
              RecoverError::RootMismatch);
    const auto proven = recover_sliver_or_prove(encoded.metadata(), encoded.code, Axis::Secondary,
                                                SliverIndex(8), given, encoded.executor);
    ASSERT_TRUE(proven);
    ASSERT_TRUE(std::holds_alternative<SliverData>(*proven));
    EXPECT_TRUE(std::get<SliverData>(*proven) == encoded.view(Axis::Secondary, 8).to_data());
}

TEST(Inconsistency, ProofIsFoundAndVerifiesOnBothAxes) {
    InlineExecutor executor;
    for (std::uint32_t n = 4; n <= 13; ++n) {
        const auto code = *CodeParameters::make(n);
        for (const Axis axis : kAxes)
            for (std::size_t target = 0; target < n; ++target) {
                // The target's last symbol is not the one that its source symbols imply.
                Matrix matrix = naive_matrix(code, generated_blob(60));
                (axis == Axis::Primary ? matrix.cell(target, n - 1)
                                       : matrix.cell(n - 1, target))[0] ^= 1;
                const VerifiedMetadata metadata = commit(code, matrix, 60);
                std::vector<RecoverySymbol> symbols;
                for (std::size_t source = 0; source < n; ++source)
                    symbols.push_back(matrix.recovery_symbol(axis, source, target));
                const auto found = recover_sliver_or_prove(metadata, code, axis,
                                                           sliver_index(target), symbols, executor);
                ASSERT_TRUE(found);
                ASSERT_TRUE(std::holds_alternative<InconsistencyProof>(*found));
                const auto& proof = std::get<InconsistencyProof>(*found);
                ASSERT_EQ(proof.symbols.size(), symbols_to_recover(code, axis));
                ASSERT_TRUE(verify_inconsistency_proof(metadata, code, axis, proof, executor));
                const auto again = bcs::decode<InconsistencyProof>(bcs::encode(proof));
                ASSERT_TRUE(again);
                ASSERT_TRUE(*again == proof);
            }
    }
}

TEST(Inconsistency, FalseProofsAreRefusedInTheOrderOfTheSpecification) {
    const Encoded encoded(7, 100);
    const Matrix matrix = naive_matrix(encoded.code, encoded.blob);
    InlineExecutor executor;
    for (const Axis axis : kAxes) {
        InconsistencyProof proof{SliverIndex(3), {}};
        for (std::size_t i = 0; i < symbols_to_recover(encoded.code, axis); ++i)
            proof.symbols.push_back(matrix.recovery_symbol(axis, i + 1, 3));
        const auto error_of = [&](const InconsistencyProof& candidate) {
            return verify_inconsistency_proof(encoded.metadata(), encoded.code, axis, candidate,
                                              executor)
                .error();
        };
        EXPECT_EQ(error_of(proof), InconsistencyError::SliverNotInconsistent);
        InconsistencyProof bad = proof;
        bad.symbols[0] = bad.symbols[1];
        EXPECT_EQ(error_of(bad), InconsistencyError::RecoveryFailure);
        bad.symbols[2].symbol.data[0] ^= 1;
        EXPECT_EQ(error_of(bad), InconsistencyError::InvalidRecoverySymbols);
        bad = proof;
        bad.target_index = SliverIndex(7);
        EXPECT_EQ(error_of(bad), InconsistencyError::InvalidRecoverySymbols);
        bad.symbols.pop_back();
        EXPECT_EQ(error_of(bad), InconsistencyError::IncorrectSymbolCount);
        bad = proof;
        bad.symbols.push_back(matrix.recovery_symbol(axis, 0, 3));
        EXPECT_EQ(error_of(bad), InconsistencyError::IncorrectSymbolCount);
    }
}

}  // namespace
}  // namespace walrus
