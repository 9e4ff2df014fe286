// SPDX-License-Identifier: Apache-2.0
#include "chain/block.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "bcs/bcs.hpp"
#include "hash/blake2b.hpp"
#include "proof/shape_tree.hpp"

namespace walrus::chain {
namespace {

AccountKey key_of(Byte seed) {
    const Bytes secret(32, seed);
    return *AccountKey::from_secret(SignatureScheme::Ed25519, secret);
}

SequencerKey public_of(const AccountKey& key) {
    SequencerKey out{};
    std::copy(key.public_key().bytes.begin(), key.public_key().bytes.end(), out.begin());
    return out;
}

BlockTransaction sample_transaction(Byte number, std::size_t events) {
    BlockTransaction out;
    out.digest.bytes.fill(number);
    out.effects_digest.bytes.fill(static_cast<Byte>(number + 100));
    for (std::size_t i = 0; i < events; ++i) {
        Address package;
        package.bytes[31] = 9;
        out.events.push_back({ledger::make_struct(package, "events", "BlobRegistered"),
                              Bytes{number, static_cast<Byte>(i)}});
    }
    return out;
}

/// A chain of sealed blocks with their transactions.
struct Chain {
    ChainId chain_id{{7}};
    AccountKey key = key_of(5);
    History history;
    std::vector<SealedHeader> headers;
    std::vector<std::vector<BlockTransaction>> contents;

    void add(std::vector<BlockTransaction> transactions, std::uint64_t time_ms) {
        SealedHeader sealed;
        BlockSummary& summary = sealed.header.summary;
        summary.seq = headers.size();
        summary.engine_height = summary.seq;
        summary.time_ms = time_ms;
        summary.epoch = 1;
        summary.transaction_count = static_cast<std::uint32_t>(transactions.size());
        summary.event_count = event_count(transactions);
        summary.effects_root = effects_root(transactions);
        summary.events_root = events_root(transactions);
        summary.state_root.bytes.fill(static_cast<Byte>(summary.seq));
        summary.prev_history_root = history.root();
        history.append(summary);
        sealed.header.history_root = history.root();
        if (!headers.empty()) {
            sealed.header.previous = block_digest(headers.back().header);
            sealed.previous_seal = seal_digest(seal_statement(chain_id, headers.back()));
        }
        seal(sealed, key, chain_id);
        headers.push_back(sealed);
        contents.push_back(std::move(transactions));
    }
    explicit Chain(std::size_t blocks) {
        for (std::size_t i = 0; i < blocks; ++i) {
            std::vector<BlockTransaction> transactions;
            for (std::size_t t = 0; t <= i % 3; ++t)
                transactions.push_back(sample_transaction(static_cast<Byte>(10 * i + t), t));
            add(std::move(transactions), 1000 + i);
        }
    }
    ChainResult<void> verify(std::size_t i) const {
        const std::optional<SealedHeader> previous =
            i == 0 ? std::nullopt : std::optional(headers[i - 1]);
        return verify_sealed_header(previous, headers[i], public_of(key), chain_id);
    }
};

TEST(BlockChain, EveryBlockOfAGoodChainVerifies) {
    const Chain chain(9);
    for (std::size_t i = 0; i < 9; ++i) {
        EXPECT_TRUE(chain.verify(i)) << i;
        EXPECT_TRUE(verify_block_contents(chain.headers[i], chain.contents[i])) << i;
    }
}

TEST(BlockChain, AGapIsFound) {
    const Chain chain(4);
    const auto result = verify_sealed_header(chain.headers[1], chain.headers[3],
                                             public_of(chain.key), chain.chain_id);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ChainCode::Broken);
    EXPECT_NE(result.error().message.find("block 2 is missing"), std::string::npos);
    EXPECT_FALSE(
        verify_sealed_header(std::nullopt, chain.headers[1], public_of(chain.key), chain.chain_id));
    EXPECT_FALSE(verify_sealed_header(chain.headers[2], chain.headers[2], public_of(chain.key),
                                      chain.chain_id));
}

TEST(BlockChain, AForkIsFoundThoughItsSealIsGood) {
    Chain first(2);
    Chain second(2);
    first.add({sample_transaction(1, 1)}, 2000);
    second.add({sample_transaction(2, 1)}, 2000);
    second.add({sample_transaction(3, 0)}, 2001);
    ASSERT_TRUE(second.verify(3));
    const auto result = verify_sealed_header(first.headers[2], second.headers[3],
                                             public_of(first.key), first.chain_id);
    ASSERT_FALSE(result);
    EXPECT_NE(result.error().message.find("fork"), std::string::npos);
}

TEST(BlockChain, AnotherKeyOrChainDoesNotVerify) {
    const Chain chain(1);
    EXPECT_FALSE(
        verify_sealed_header(std::nullopt, chain.headers[0], public_of(key_of(6)), chain.chain_id));
    ChainId other = chain.chain_id;
    other.bytes[3] ^= 1;
    EXPECT_FALSE(verify_sealed_header(std::nullopt, chain.headers[0], public_of(chain.key), other));
}

TEST(BlockChain, EveryFlippedBitOfAHeaderIsCaught) {
    const Chain chain(3);
    const Bytes good = bcs::encode(chain.headers[2]);
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        Bytes bad = good;
        bad[bit / 8] ^= static_cast<Byte>(1u << (bit % 8));
        const auto header = decode_sealed_header(bad);
        if (!header) continue;
        EXPECT_FALSE(
            verify_sealed_header(chain.headers[1], *header, public_of(chain.key), chain.chain_id))
            << bit;
    }
}

TEST(BlockChain, TimeMayStandButNotGoBack) {
    Chain chain(1);
    chain.add({sample_transaction(1, 0)}, 1000);
    EXPECT_TRUE(chain.verify(1));
    chain.add({sample_transaction(2, 0)}, 999);
    EXPECT_FALSE(chain.verify(2));
}

TEST(BlockContents, ChangedTransactionsAndEventsAreFound) {
    const Chain chain(3);
    const SealedHeader& header = chain.headers[2];
    const auto good = chain.contents[2];
    const auto refused = [&](auto change) {
        auto bad = good;
        change(bad);
        return !verify_block_contents(header, bad);
    };
    EXPECT_TRUE(refused([](auto& t) { t.pop_back(); }));
    EXPECT_TRUE(refused([](auto& t) { t.push_back(t.back()); }));
    EXPECT_TRUE(refused([](auto& t) { std::swap(t[0], t[1]); }));
    EXPECT_TRUE(refused([](auto& t) { t[0].digest.bytes[0] ^= 1; }));
    EXPECT_TRUE(refused([](auto& t) { t[0].effects_digest.bytes[0] ^= 1; }));
    EXPECT_TRUE(refused([](auto& t) { t[2].events.pop_back(); }));
    // An inserted event, and one moved to another transaction so that the count stays.
    EXPECT_TRUE(refused([](auto& t) { t[0].events.push_back(t[2].events[0]); }));
    EXPECT_TRUE(refused([](auto& t) {
        t[0].events.push_back(t[2].events.back());
        t[2].events.pop_back();
    }));
    EXPECT_TRUE(refused([](auto& t) { t[2].events[0].contents[0] ^= 1; }));
    EXPECT_TRUE(refused([](auto& t) { t[2].events[0].type.name = "BlobCertified"; }));
    EXPECT_TRUE(refused([](auto& t) { std::swap(t[2].events[0], t[2].events[1]); }));
}

TEST(SealedHeaderFormat, HasItsSizeAndRefusesOtherFormats) {
    const Chain chain(2);
    const Bytes good = bcs::encode(chain.headers[1]);
    EXPECT_EQ(bcs::encode(BlockSummary{}).size(), 164u);
    EXPECT_EQ(good.size(), 358u);
    const auto back = decode_sealed_header(good);
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, chain.headers[1]);
    Bytes other = good;
    other[0] = 1;
    EXPECT_FALSE(decode_sealed_header(other));
    Bytes longer = good;
    longer.push_back(0);
    EXPECT_FALSE(decode_sealed_header(longer));
    for (std::size_t size = 0; size < good.size(); ++size)
        EXPECT_FALSE(decode_sealed_header(ByteView(good).first(size)));
}

TEST(BlockTree, HasTheShapeOfTheSpecification) {
    const auto leaf = [](Byte n) { return Digest{{n}}; };
    const auto tagged = [](Byte tag, std::initializer_list<Digest> parts) {
        Bytes data{tag};
        for (const Digest& part : parts) append(data, part.view());
        return blake2b(data);
    };
    const Digest a = tagged(0x22, {leaf(1)});
    const Digest b = tagged(0x22, {leaf(2)});
    const Digest c = tagged(0x22, {leaf(3)});
    const Digest ab = tagged(0x23, {a, b});
    const std::vector<Digest> leaves{leaf(1), leaf(2), leaf(3)};
    EXPECT_EQ(proof::shape_root<proof::BlockTree>(std::span<const Digest>()), blake2b(ByteView{}));
    EXPECT_EQ(proof::shape_root<proof::BlockTree>(std::span<const Digest>(leaves).first(1)), a);
    EXPECT_EQ(proof::shape_root<proof::BlockTree>(std::span<const Digest>(leaves).first(2)), ab);
    EXPECT_EQ(proof::shape_root<proof::BlockTree>(leaves), tagged(0x23, {ab, c}));
}

TEST(HistoryOfBlocks, RootsFollowTheSpecification) {
    const auto summary = [](std::uint64_t seq) {
        BlockSummary s;
        s.seq = seq;
        return s;
    };
    const auto leaf = [&](std::uint64_t seq) {
        Bytes data{0x30};
        append(data, bcs::encode(summary(seq)));
        return blake2b(data);
    };
    const auto pair = [](Byte tag, const Digest& l, const Digest& r) {
        Bytes data{tag};
        append(data, l.view());
        append(data, r.view());
        return blake2b(data);
    };
    const auto root = [](std::uint64_t count, const Digest& bag) {
        Bytes data{0x32};
        append(data, bcs::encode(count));
        append(data, bag.view());
        return blake2b(data);
    };
    History history;
    EXPECT_TRUE(history.root().is_zero());
    history.append(summary(0));
    EXPECT_EQ(history.root(), root(1, leaf(0)));
    history.append(summary(1));
    const Digest p01 = pair(0x31, leaf(0), leaf(1));
    EXPECT_EQ(history.root(), root(2, p01));
    history.append(summary(2));
    EXPECT_EQ(history.root(), root(3, pair(0x33, p01, leaf(2))));
    history.append(summary(3));
    const Digest p03 = pair(0x31, p01, pair(0x31, leaf(2), leaf(3)));
    EXPECT_EQ(history.root(), root(4, p03));
    for (std::uint64_t seq = 4; seq < 7; ++seq) history.append(summary(seq));
    const Digest p45 = pair(0x31, leaf(4), leaf(5));
    EXPECT_EQ(history.root(), root(7, pair(0x33, p03, pair(0x33, p45, leaf(6)))));
    EXPECT_EQ(history.peaks.size(), 3u);
}

}  // namespace
}  // namespace walrus::chain
