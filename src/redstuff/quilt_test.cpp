// SPDX-License-Identifier: Apache-2.0
#include "redstuff/quilt.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

#include "base/text.hpp"
#include "redstuff/testing.hpp"
#include "test/vectors/sha256.hpp"

namespace walrus {
namespace {

using namespace testing;  // NOLINT

constexpr const char* kVector =
    "0113000000027605000162000114000000016b017668656c010700000000040005612e7400000000000006000561"
    "2e746c6f0000000002000162ffff787401016b01000000000000787405000101000000000000ff0000000000";

class QuiltTest : public ::testing::Test {
protected:
    BufferPool pool_{std::size_t{1} << 30};
    InlineExecutor executor_;

    QuiltResult<EncodedQuilt> encode(std::uint32_t n, const std::vector<PatchSource>& patches) {
        return encode_quilt(*CodeParameters::make(n), patches, pool_);
    }
    /// The code of the error; the test fails if there is none.
    QuiltCode error_of(std::uint32_t n, const std::vector<PatchSource>& patches) {
        const auto quilt = encode(n, patches);
        EXPECT_FALSE(quilt.has_value());
        if (quilt) return QuiltCode::Malformed;
        EXPECT_GT(quilt.error().message.size(), 10u);
        return quilt.error().code;
    }
    static QuiltCode plan_error(std::uint32_t n, std::vector<PatchDescription> patches) {
        const auto plan = QuiltPlan::make(*CodeParameters::make(n), std::move(patches));
        EXPECT_FALSE(plan.has_value());
        return plan ? QuiltCode::Malformed : plan.error().code;
    }
    static Bytes content(const QuiltColumns& columns, PatchColumns of, const PatchHeader& header) {
        Bytes out(header.data_bytes);
        EXPECT_TRUE(columns.read(of.start, header.data_offset, out));
        return out;
    }
};

// -- vectors

TEST_F(QuiltTest, VectorOfTheSpecification) {
    // encoding.md §11.
    const Bytes hello = to_bytes("hello");
    const Bytes bits = {0xFF, 0xFF, 0xFF};
    const auto quilt = encode(7, {{"b", {}, bits}, {"a.txt", {{"k", "v"}}, hello}});
    ASSERT_TRUE(quilt);
    EXPECT_EQ(hex_encode(quilt->blob.view()), kVector);
    const std::vector<QuiltPatch> expected = {{{2, 4}, "a.txt", {{"k", "v"}}}, {{4, 5}, "b", {}}};
    EXPECT_EQ(quilt->index.patches, expected);
    const auto encoded =
        encode_blob(*CodeParameters::make(7), quilt->blob.view(), pool_, executor_);
    ASSERT_TRUE(encoded);
    EXPECT_EQ(encoded->symbol_bytes(), 6u);
    EXPECT_EQ(to_text(encoded->blob_id()), "USZgL94DVrG8-VHXdJ-U3tt3jofUw4E3BxAZ9o-balE");
}

/// Quilts of the official encoder, recorded by test/quilt/record.mjs.
TEST_F(QuiltTest, QuiltsOfTheOfficialEncoder) {
    std::ifstream file(WALRUS_SOURCE_DIR "/test/quilt/official.json");
    const auto json = nlohmann::json::parse(file, nullptr, false);
    ASSERT_TRUE(json.is_object());
    const auto& cases = json.at("cases");
    EXPECT_GE(cases.size(), 40u);
    for (const auto& quilt_case : cases) {
        const auto n = quilt_case.at("n").get<std::uint32_t>();
        SCOPED_TRACE(quilt_case.at("name").get<std::string>());
        std::vector<Bytes> contents;
        std::vector<PatchSource> patches;
        contents.reserve(quilt_case.at("patches").size());
        for (const auto& patch : quilt_case.at("patches")) {
            contents.push_back(generated_blob(patch.at("length").get<std::size_t>()));
            patches.push_back({patch.at("identifier").get<std::string>(),
                               patch.at("tags").get<PatchTags>(), contents.back()});
        }
        const auto quilt = encode(n, patches);
        ASSERT_TRUE(quilt) << quilt.error().message;
        EXPECT_EQ(quilt->blob.size(), quilt_case.at("quilt_bytes").get<std::size_t>());
        vectors::Sha256 sha;
        sha.update(quilt->blob.view());
        EXPECT_EQ(sha.hex(), quilt_case.at("sha256").get<std::string>());
        const auto& columns = quilt_case.at("columns");
        ASSERT_EQ(columns.size(), quilt->index.patches.size());
        for (std::size_t i = 0; i < columns.size(); ++i) {
            const QuiltPatch& patch = quilt->index.patches[i];
            EXPECT_EQ(columns[i][0].get<std::uint16_t>(), patch.columns.start);
            EXPECT_EQ(columns[i][1].get<std::uint16_t>(), patch.columns.end);
        }
        if (!quilt_case.contains("patch_id")) continue;
        const auto id = parse_quilt_patch_id(quilt_case.at("patch_id").get<std::string>());
        ASSERT_TRUE(id);
        EXPECT_EQ(id->columns, quilt->index.patches[0].columns);
        EXPECT_EQ(to_text(id->quilt_id), quilt_case.at("blob_id").get<std::string>());
        const auto metadata =
            compute_metadata(*CodeParameters::make(n), quilt->blob.view(), pool_, executor_);
        ASSERT_TRUE(metadata);
        EXPECT_EQ(metadata->blob_id(), id->quilt_id);
    }
}

TEST_F(QuiltTest, PatchIds) {
    QuiltPatchId id;
    for (std::size_t i = 0; i < 32; ++i) id.quilt_id.bytes[i] = static_cast<Byte>(7 * i);
    id.columns = {12, 25};
    const std::string text = to_text(id);
    EXPECT_EQ(text.size(), 50u);
    EXPECT_EQ(hex_encode(ByteView(*base64url_decode(text)).subspan(32)), "010c001900");
    EXPECT_EQ(parse_quilt_patch_id(text), id);
    const auto refused = [&](std::size_t at, Byte value) {
        Bytes bytes = *base64url_decode(text);
        bytes[at] = value;
        return !parse_quilt_patch_id(base64url_encode(bytes)).has_value();
    };
    EXPECT_TRUE(refused(32, 0));   // version
    EXPECT_TRUE(refused(32, 2));   // version
    EXPECT_TRUE(refused(33, 0));   // column 0 is the index
    EXPECT_TRUE(refused(33, 25));  // no column
    EXPECT_TRUE(refused(35, 11));  // ends before it begins
    EXPECT_FALSE(refused(35, 13));
    EXPECT_EQ(parse_quilt_patch_id(base64_encode(*base64url_decode(text))), id);
    EXPECT_FALSE(parse_quilt_patch_id(""));
    EXPECT_FALSE(parse_quilt_patch_id(text + "A"));
    EXPECT_FALSE(parse_quilt_patch_id(text.substr(1)));
    EXPECT_FALSE(parse_quilt_patch_id(to_text(id.quilt_id)));
    EXPECT_FALSE(parse_quilt_patch_id("+" + text.substr(1)));
}

// -- properties

/// Random patches of sizes around the interesting ones.
struct RandomPatches {
    RandomPatches(std::mt19937_64& random, std::uint32_t n) {
        const std::size_t count =
            1 + random() % (CodeParameters::make(n)->secondary_source_symbols() - 1);
        contents.reserve(count);
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t size =
                random() % 4 == 0 ? random() % 3 : random() % (random() % 8 == 0 ? 20'000 : 300);
            Bytes bytes(size);
            for (Byte& b : bytes) b = static_cast<Byte>(random());
            contents.push_back(std::move(bytes));
            std::string name = std::to_string(random() % 1'000'000) + "é/" + std::to_string(i);
            if (random() % 3 == 0) name.insert(0, random() % 200, 'x');
            PatchTags tags;
            for (std::size_t t = random() % 4; t-- > 0;)
                tags[std::string(random() % 5, 'k') + std::to_string(t)] =
                    std::string(random() % 40, 'v');
            patches.push_back({name, tags, contents.back()});
        }
    }
    std::vector<Bytes> contents;
    std::vector<PatchSource> patches;
};

TEST_F(QuiltTest, EveryPatchComesBackFromBlobAndFromItsColumnsAlone) {
    std::mt19937_64 random(1);
    for (const std::uint32_t n : {4u, 5u, 7u, 10u, 13u, 31u, 100u}) {
        const auto code = *CodeParameters::make(n);
        for (int round = 0; round < 20; ++round) {
            SCOPED_TRACE(::testing::Message() << n << " shards, round " << round);
            const RandomPatches input(random, n);
            const auto quilt = encode(n, input.patches);
            ASSERT_TRUE(quilt) << quilt.error().message;
            const auto whole = QuiltColumns::of_blob(code, quilt->blob.view());
            ASSERT_TRUE(whole);
            const auto index = parse_quilt_index(*whole);
            ASSERT_TRUE(index) << index.error().message;
            EXPECT_EQ(*index, quilt->index);
            ASSERT_EQ(index->patches.size(), input.patches.size());

            const auto encoded = encode_blob(code, quilt->blob.view(), pool_, executor_);
            ASSERT_TRUE(encoded);
            const auto of_index = quilt_index_columns(*whole);
            ASSERT_TRUE(of_index);
            auto index_only = *QuiltColumns::of_length(code, quilt->blob.size());
            for (std::uint16_t c = 0; c < of_index->end; ++c)
                index_only.add(c, encoded->secondary(sliver_index(c)));
            EXPECT_EQ(*parse_quilt_index(index_only), *index);

            for (const PatchSource& patch : input.patches) {
                const QuiltPatch* entry = index->find(patch.identifier);
                ASSERT_NE(entry, nullptr);
                EXPECT_EQ(entry->tags, patch.tags);
                auto alone = *QuiltColumns::of_length(code, quilt->blob.size());
                for (std::uint16_t c = entry->columns.start; c < entry->columns.end; ++c)
                    alone.add(c, encoded->secondary(sliver_index(c)));
                for (const QuiltColumns* columns :
                     std::initializer_list<const QuiltColumns*>{&*whole, &alone}) {
                    const auto header = parse_patch_header(*columns, entry->columns);
                    ASSERT_TRUE(header) << header.error().message;
                    EXPECT_EQ(header->identifier, patch.identifier);
                    EXPECT_EQ(header->tags, patch.tags);
                    EXPECT_TRUE(equal(content(*columns, entry->columns, *header), patch.data));
                }
            }
        }
    }
}

TEST_F(QuiltTest, OrderOfTheInputDoesNotMatter) {
    std::mt19937_64 random(2);
    for (int round = 0; round < 20; ++round) {
        RandomPatches input(random, 31);
        const auto first = encode(31, input.patches);
        std::shuffle(input.patches.begin(), input.patches.end(), random);
        const auto second = encode(31, input.patches);
        ASSERT_TRUE(first && second);
        EXPECT_TRUE(equal(first->blob.view(), second->blob.view()));
        EXPECT_EQ(first->index, second->index);
        EXPECT_TRUE(std::is_sorted(
            first->index.patches.begin(), first->index.patches.end(),
            [](const auto& a, const auto& b) { return a.identifier < b.identifier; }));
    }
}

TEST_F(QuiltTest, IdentifiersAreOrderedAsUtf8) {
    // U+FF5E before U+1F600, though the latter's first UTF-16 unit (D83D) is smaller.
    const auto quilt = encode(7, {{"\U0001F600", {}, {}}, {"\uFF5E", {}, {}}});
    ASSERT_TRUE(quilt);
    EXPECT_EQ(quilt->index.patches[0].identifier, "\uFF5E");
}

TEST_F(QuiltTest, SymbolsAreTheSmallestThatFit) {
    std::mt19937_64 random(3);
    for (int round = 0; round < 400; ++round) {
        const std::uint32_t n = 4 + random() % 97;
        const auto code = *CodeParameters::make(n);
        const std::uint64_t rows = code.primary_source_symbols();
        const std::uint64_t columns = code.secondary_source_symbols();
        const std::size_t count = 1 + random() % (columns - 1);
        std::vector<PatchDescription> patches;
        // index: prefix, count; per patch: end, "NNNN", no tags. Patch: header, size, "NNNN", data.
        std::vector<std::uint64_t> sizes = {5 + (count < 128 ? 1u : 2u) + count * (2 + 5 + 1)};
        for (std::size_t i = 0; i < count; ++i) {
            const std::uint64_t size = random() % 5 == 0 ? random() % 5000 : random() % 60;
            patches.push_back({std::to_string(1000 + i), {}, size});
            sizes.push_back(6 + 2 + 5 + size);
        }
        const auto plan = QuiltPlan::make(code, patches);
        ASSERT_TRUE(plan) << plan.error().message;
        std::uint64_t smallest = 2;
        const auto fits = [&](std::uint64_t s) {
            std::uint64_t taken = 0;
            for (const std::uint64_t size : sizes) taken += (size + rows * s - 1) / (rows * s);
            return taken <= columns && sizes[0] <= 10 * rows * s && rows * s >= 5;
        };
        while (!fits(smallest)) smallest += 2;
        EXPECT_EQ(plan->symbol_bytes(), smallest) << n << " shards, " << count << " patches";
    }
}

// -- limits

TEST_F(QuiltTest, AtMostOnePatchFewerThanColumns) {
    for (const std::uint32_t n : {4u, 7u, 10u, 1000u}) {
        std::vector<PatchDescription> patches;
        for (std::uint32_t i = 1; i < CodeParameters::make(n)->secondary_source_symbols(); ++i)
            patches.push_back({std::to_string(i), {}, i % 7});
        const auto plan = QuiltPlan::make(*CodeParameters::make(n), patches);
        ASSERT_TRUE(plan) << plan.error().message;
        EXPECT_EQ(plan->index().patches.size(), patches.size());
        if (n == 1000) {
            EXPECT_EQ(patches.size(), 666u);
        }
        patches.push_back({"one more", {}, 0});
        EXPECT_EQ(plan_error(n, patches), QuiltCode::TooManyPatches);
    }
    EXPECT_EQ(plan_error(7, {}), QuiltCode::NoPatches);
}

TEST_F(QuiltTest, EmptyFilesAreFiles) {
    const auto quilt = encode(10, {{"empty", {}, {}}, {"empty too", {{"", ""}}, {}}});
    ASSERT_TRUE(quilt);
    const auto columns = *QuiltColumns::of_blob(*CodeParameters::make(10), quilt->blob.view());
    const auto index = parse_quilt_index(columns);
    ASSERT_TRUE(index);
    for (const QuiltPatch& patch : index->patches) {
        const auto header = parse_patch_header(columns, patch.columns);
        ASSERT_TRUE(header) << header.error().message;
        EXPECT_EQ(header->data_bytes, 0u);
        EXPECT_EQ(header->tags, patch.tags);
    }
}

TEST_F(QuiltTest, Identifiers) {
    for (const char* good : {"a", "a b", " a", "../up", "/x/y.html", "\u00e9", "\U0001F600", "_"})
        EXPECT_TRUE(check_patch_identifier(good)) << good;
    for (const char* bad :
         {"", "a ", " ", "a\t", "a\n", "\x01", "a\x7f", "a\u0085", "\u009fb", "a\u00a0", "a\u1680",
          "a\u2003", "a\u2028", "a\u3000", "\xff", "\xc3", "a\xed\xa0\x80"})
        EXPECT_EQ(check_patch_identifier(bad).error().code, QuiltCode::InvalidIdentifier) << bad;
    EXPECT_FALSE(check_patch_identifier(std::string("a\0b", 3)));
    EXPECT_TRUE(check_patch_identifier("a\u2003b"));
    EXPECT_TRUE(check_patch_identifier(std::string(65'531, 'a')));
    EXPECT_FALSE(check_patch_identifier(std::string(65'532, 'a')));
    EXPECT_EQ(error_of(7, {{"a", {}, {}}, {"", {}, {}}}), QuiltCode::InvalidIdentifier);
    EXPECT_EQ(error_of(7, {{"a", {}, {}}, {"b", {}, {}}, {"a", {}, {}}}),
              QuiltCode::DuplicateIdentifier);
    const auto longest = encode(7, {{std::string(65'531, 'a'), {}, {}}});
    ASSERT_TRUE(longest);
    const auto columns = *QuiltColumns::of_blob(*CodeParameters::make(7), longest->blob.view());
    const auto index = parse_quilt_index(columns);
    ASSERT_TRUE(index);
    EXPECT_EQ(parse_patch_header(columns, index->patches[0].columns)->identifier.size(), 65'531u);
}

TEST_F(QuiltTest, MessagesShowNoControlCharacters) {
    const auto checked = check_patch_identifier("a\x1b[31m\n");
    ASSERT_FALSE(checked);
    EXPECT_NE(checked.error().message.find("a?[31m?"), std::string::npos);
    EXPECT_LT(check_patch_identifier(std::string(100'000, 'x')).error().message.size(), 300u);
}

TEST_F(QuiltTest, Tags) {
    // Serialised: count 1, key 2 bytes, length 3 bytes, text.
    const std::string longest(65'535 - 6, 'v');
    EXPECT_TRUE(encode(7, {{"a", {{"k", longest}}, {}}}));
    EXPECT_EQ(error_of(7, {{"a", {{"k", longest + "v"}}, {}}}), QuiltCode::InvalidTags);
    EXPECT_EQ(error_of(7, {{"a", {{"k", "\xff"}}, {}}}), QuiltCode::InvalidTags);
    EXPECT_EQ(error_of(7, {{"a", {{"\xff", ""}}, {}}}), QuiltCode::InvalidTags);
}

TEST_F(QuiltTest, Sizes) {
    // One column of n = 4 holds 2 * 65534 bytes; the header takes 10, and the index one column.
    constexpr std::uint64_t kColumn = 2 * 65534;
    EXPECT_TRUE(QuiltPlan::make(*CodeParameters::make(4), {{"a", {}, 2 * kColumn - 10}}));
    EXPECT_EQ(plan_error(4, {{"a", {}, 2 * kColumn - 9}}), QuiltCode::QuiltTooLarge);
    EXPECT_EQ(plan_error(4, {{"a", {}, kColumn - 10}, {"b", {}, kColumn - 9}}),
              QuiltCode::QuiltTooLarge);
    // The length field counts identifier and data.
    EXPECT_TRUE(QuiltPlan::make(*CodeParameters::make(1000), {{"a", {}, 0xFFFF'FFFFu - 4}}));
    EXPECT_EQ(plan_error(1000, {{"a", {}, 0xFFFF'FFFFu - 3}}), QuiltCode::PatchTooLarge);
    EXPECT_EQ(plan_error(1000, {{"a", {}, ~std::uint64_t{0}}}), QuiltCode::PatchTooLarge);
    for (const std::uint32_t n : {4u, 7u, 10u, 13u, 100u, 1000u}) {
        const auto code = *CodeParameters::make(n);
        EXPECT_TRUE(QuiltPlan::make(code, {{"a", {}, patch_bytes_max(code)}})) << n;
        EXPECT_FALSE(QuiltPlan::make(code, {{"a", {}, patch_bytes_max(code) + 1}})) << n;
    }
    // A long index makes columns wider than the patches need.
    const auto plan =
        QuiltPlan::make(*CodeParameters::make(1000), {{std::string(60'000, 'a'), {{"k", "v"}}, 1}});
    ASSERT_TRUE(plan);
    EXPECT_LE(plan->index().patches[0].columns.start, 10u);
    BufferPool small(1000);
    const auto refused = encode_quilt(*CodeParameters::make(31),
                                      std::vector<PatchSource>{{"a", {}, Bytes(2000)}}, small);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, QuiltCode::OutOfMemoryBudget);
}

// -- what others made

TEST_F(QuiltTest, LengthsThatNoQuiltHas) {
    const auto code = *CodeParameters::make(7);  // 3 * 5 symbols
    for (const std::size_t length : {0u, 1u, 15u, 29u, 31u, 45u, 89u, 91u})
        EXPECT_FALSE(QuiltColumns::of_blob(code, Bytes(length))) << length;
    for (const std::size_t length : {30u, 60u, 90u}) {
        EXPECT_TRUE(QuiltColumns::of_blob(code, Bytes(length))) << length;
        EXPECT_TRUE(QuiltColumns::of_length(code, length)) << length;
    }
    // Columns of 4 bytes have no room for the index's prefix.
    EXPECT_FALSE(QuiltColumns::of_length(*CodeParameters::make(4), 12));
    EXPECT_FALSE(QuiltColumns::of_length(code, ~std::uint64_t{0}));
    EXPECT_FALSE(QuiltColumns::of_length(code, 15 * 65536));
}

TEST_F(QuiltTest, MissingColumnsAreNamed) {
    const auto code = *CodeParameters::make(7);
    const Bytes blob = *hex_decode(kVector);
    const auto encoded = encode_blob(code, blob, pool_, executor_);
    auto columns = *QuiltColumns::of_length(code, blob.size());
    EXPECT_EQ(quilt_index_columns(columns).error().code, QuiltCode::MissingColumn);
    columns.add(0, encoded->secondary(sliver_index(0)));
    EXPECT_EQ(*quilt_index_columns(columns), (PatchColumns{0, 2}));
    EXPECT_EQ(parse_quilt_index(columns).error().code, QuiltCode::MissingColumn);
    columns.add(1, encoded->secondary(sliver_index(1)));
    const auto index = parse_quilt_index(columns);
    ASSERT_TRUE(index);
    EXPECT_EQ(index->find("none"), nullptr);
    EXPECT_FALSE(columns.has(index->patches[0].columns));
    EXPECT_EQ(parse_patch_header(columns, index->patches[0].columns).error().code,
              QuiltCode::MissingColumn);
    Byte byte = 0;
    const auto behind = columns.read(4, columns.column_bytes(), MutableByteView(&byte, 1));
    EXPECT_EQ(behind.error().code, QuiltCode::Malformed);
}

/// The vector with some bytes of its columns, one after the other, replaced.
class BrokenQuilt {
public:
    BrokenQuilt() : bytes_(90) {
        const Bytes blob = *hex_decode(kVector);
        const auto columns = *QuiltColumns::of_blob(code_, blob);
        EXPECT_TRUE(columns.read(0, 0, bytes_));
    }
    BrokenQuilt& set(std::size_t at, const char* hex) {
        const Bytes bytes = *hex_decode(hex);
        std::copy(bytes.begin(), bytes.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(at));
        return *this;
    }
    QuiltColumns columns() const {
        auto out = *QuiltColumns::of_length(code_, bytes_.size());
        for (std::uint16_t c = 0; c < 5; ++c)
            out.add(c, ByteView(bytes_).subspan(std::size_t{18} * c, 18));
        return out;
    }
    Bytes& bytes() { return bytes_; }

private:
    CodeParameters code_ = *CodeParameters::make(7);
    Bytes bytes_;
};

TEST_F(QuiltTest, MalformedIndexesAreRefused) {
    EXPECT_TRUE(parse_quilt_index(BrokenQuilt().columns()));
    const auto refused = [&](std::size_t at, const char* hex) {
        const auto index = parse_quilt_index(BrokenQuilt().set(at, hex).columns());
        return !index && index.error().code == QuiltCode::Malformed;
    };
    EXPECT_TRUE(refused(0, "00"));          // version
    EXPECT_TRUE(refused(0, "02"));          // version
    EXPECT_TRUE(refused(1, "ffffffff"));    // size
    EXPECT_TRUE(refused(1, "56000000"));    // beyond all columns (86 > 85)
    EXPECT_TRUE(refused(1, "12000000"));    // ends early
    EXPECT_TRUE(refused(1, "14000000"));    // a byte too many
    EXPECT_TRUE(refused(1, "00000000"));    // nothing
    EXPECT_TRUE(refused(5, "ffffffff07"));  // count
    EXPECT_TRUE(refused(5, "04"));          // more patches than columns
    EXPECT_TRUE(refused(6, "0200"));        // first patch ends where it begins
    EXPECT_TRUE(refused(6, "0600"));        // behind the last column
    EXPECT_TRUE(refused(6, "0500"));        // second patch ends where the first one does
    EXPECT_TRUE(refused(9, "ff"));          // identifier is not UTF-8
    EXPECT_TRUE(refused(8, "7f"));          // longer than the index
}

TEST_F(QuiltTest, MalformedPatchesAreRefused) {
    const PatchColumns first{2, 4};
    EXPECT_TRUE(parse_patch_header(BrokenQuilt().columns(), first));
    const auto refused = [&](std::size_t at, const char* hex) {
        const auto header = parse_patch_header(BrokenQuilt().set(36 + at, hex).columns(), first);
        return !header && header.error().code == QuiltCode::Malformed;
    };
    EXPECT_TRUE(refused(0, "00"));        // version
    EXPECT_TRUE(refused(1, "1f000000"));  // longer than its columns
    EXPECT_TRUE(refused(1, "ffffffff"));
    EXPECT_TRUE(refused(1, "01000000"));  // ends in the identifier's size
    EXPECT_TRUE(refused(1, "07000000"));  // in the identifier
    EXPECT_TRUE(refused(1, "09000000"));  // in the tags' size
    EXPECT_TRUE(refused(1, "0e000000"));  // in the tags
    EXPECT_FALSE(refused(1, "0f000000"));
    EXPECT_TRUE(refused(5, "03"));    // unknown part
    EXPECT_TRUE(refused(6, "0500"));  // identifier ends early
    EXPECT_TRUE(refused(6, "0700"));  // a byte too many
    EXPECT_TRUE(refused(6, "ffff"));
    EXPECT_TRUE(refused(9, "0a"));     // control character
    EXPECT_TRUE(refused(14, "0400"));  // tags end early
    EXPECT_TRUE(refused(14, "0600"));
    EXPECT_EQ(parse_patch_header(BrokenQuilt().columns(), {3, 3}).error().code,
              QuiltCode::Malformed);
    EXPECT_EQ(parse_patch_header(BrokenQuilt().columns(), {4, 6}).error().code,
              QuiltCode::Malformed);
    EXPECT_EQ(parse_patch_header(BrokenQuilt().columns(), {0xFFFE, 0xFFFF}).error().code,
              QuiltCode::Malformed);
}

TEST_F(QuiltTest, AnyByteMayBeAnything) {
    std::size_t parsed = 0;
    BrokenQuilt quilt;
    for (std::size_t at = 0; at < 90; ++at) {
        const Byte before = quilt.bytes()[at];
        for (int value = 0; value < 256; ++value) {
            quilt.bytes()[at] = static_cast<Byte>(value);
            const QuiltColumns columns = quilt.columns();
            const auto index = parse_quilt_index(columns);
            if (!index) continue;
            for (const QuiltPatch& patch : index->patches) {
                const auto header = parse_patch_header(columns, patch.columns);
                if (!header) continue;
                ++parsed;
                Bytes out(header->data_bytes);
                ASSERT_TRUE(columns.read(patch.columns.start, header->data_offset, out));
            }
        }
        quilt.bytes()[at] = before;
    }
    EXPECT_GT(parsed, 10'000u);
}

}  // namespace
}  // namespace walrus
