// SPDX-License-Identifier: Apache-2.0
// The public interfaces against the rooms that they show, and against callers who get things wrong.
#include <gtest/gtest.h>

#include <cstring>
#include <mutex>

#include "redstuff/testing.hpp"
#include "walrus/redstuff.hpp"

namespace {

namespace rs = walrus::redstuff;
using walrus::testing::generated_blob;

rs::ByteView all(const walrus::Bytes& bytes) {
    return {bytes.data(), bytes.size()};
}
bool same(rs::ByteView a, rs::ByteView b) {
    return std::ranges::equal(a, b);
}

class Library : public ::testing::TestWithParam<std::uint32_t> {
protected:
    std::uint32_t n = GetParam();
    walrus::Bytes blob = generated_blob(std::size_t{n} * n * 5);
    walrus::CodeParameters code = *walrus::CodeParameters::make(n);
    walrus::BufferPool pool{std::size_t{1} << 30};
    walrus::InlineExecutor executor;
    walrus::EncodedBlob expected = *walrus::encode_blob(code, blob, pool, executor);
    rs::Context context{3};
};

TEST_P(Library, EncodesAsTheRoomDoes) {
    const rs::Encoding encoding(context, n, all(blob));
    const rs::Metadata metadata = encoding.metadata();
    EXPECT_EQ(rs::blob_id_text(metadata.blob_id()), to_text(expected.blob_id()));
    EXPECT_TRUE(same(metadata.encode().view(), all(expected.metadata().encode_with_id())));
    EXPECT_EQ(metadata.shard_count(), n);
    EXPECT_EQ(metadata.symbol_bytes(), expected.symbol_bytes());
    EXPECT_EQ(metadata.symbol_bytes(), rs::symbol_bytes(n, blob.size()));
    EXPECT_EQ(metadata.blob_bytes(), blob.size());
    EXPECT_TRUE(same(metadata.root(), expected.metadata().root_hash().bytes));
    for (std::uint32_t i = 0; i < n; ++i)
        for (const rs::Axis axis : {rs::Axis::Primary, rs::Axis::Secondary}) {
            const walrus::SliverIndex index(static_cast<std::uint16_t>(i));
            const auto room_axis =
                axis == rs::Axis::Primary ? walrus::Axis::Primary : walrus::Axis::Secondary;
            const rs::Sliver sliver = encoding.sliver(axis, i);
            EXPECT_TRUE(same(sliver.view(), axis == rs::Axis::Primary ? expected.primary(index)
                                                                      : expected.secondary(index)));
            EXPECT_TRUE(same(metadata.sliver_hash(axis, i),
                             expected.metadata().sliver_hash(room_axis, index).bytes));
            const rs::Buffer body = sliver.body();
            EXPECT_TRUE(same(
                body.view(),
                all(expected.sliver_body(walrus::pair_of_sliver(index, room_axis, n), room_axis))));
            const rs::Sliver parsed = rs::Sliver::parse(body.view());
            EXPECT_EQ(parsed.index, i);
            EXPECT_EQ(parsed.symbol_bytes, metadata.symbol_bytes());
            EXPECT_TRUE(same(parsed.view(), sliver.view()));
        }
    EXPECT_EQ(rs::compute_metadata(context, n, all(blob)).blob_id(), metadata.blob_id());
}

TEST_P(Library, StreamsTheSame) {
    std::vector<rs::Bytes> primary(n, rs::Bytes(expected.primary({}).size()));
    std::vector<rs::Bytes> secondary(n, rs::Bytes(expected.secondary({}).size()));
    rs::Bytes scratch(rs::scratch_bytes(n, blob.size()));
    std::mutex mutex;
    rs::Stream stream;
    stream.read_blob = [&](std::uint64_t offset, std::span<std::uint8_t> out) {
        std::memcpy(out.data(), blob.data() + offset, out.size());
        return true;
    };
    stream.write_sliver = [&](rs::Axis axis, std::uint32_t index, std::uint64_t offset,
                              rs::ByteView data) {
        const std::lock_guard lock(mutex);
        std::memcpy((axis == rs::Axis::Primary ? primary : secondary).at(index).data() + offset,
                    data.data(), data.size());
        return true;
    };
    const auto check = [&](const rs::Metadata& metadata) {
        EXPECT_EQ(rs::blob_id_text(metadata.blob_id()), to_text(expected.blob_id()));
        for (std::uint32_t i = 0; i < n; ++i) {
            const walrus::SliverIndex index(static_cast<std::uint16_t>(i));
            EXPECT_TRUE(same(primary[i], expected.primary(index)));
            EXPECT_TRUE(same(secondary[i], expected.secondary(index)));
        }
    };
    check(rs::encode_stream(context, n, blob.size(), stream));
    for (auto& sliver : primary) std::ranges::fill(sliver, 0);
    for (auto& sliver : secondary) std::ranges::fill(sliver, 0);
    stream.write_scratch = [&](std::uint64_t offset, rs::ByteView data) {
        std::memcpy(scratch.data() + offset, data.data(), data.size());
        return true;
    };
    stream.read_scratch = [&](std::uint64_t offset, std::span<std::uint8_t> out) {
        std::memcpy(out.data(), scratch.data() + offset, out.size());
        return true;
    };
    check(rs::encode_stream(context, n, blob.size(), stream));
    const auto status_of = [&](rs::Stream calls, std::uint64_t memory = 0) {
        try {
            rs::encode_stream(context, n, blob.size(), std::move(calls), memory);
        } catch (const rs::Error& error) {
            return error.status();
        }
        return WALRUS_RS_OK;
    };
    EXPECT_EQ(status_of(stream, 1), WALRUS_RS_OUT_OF_MEMORY);
    auto broken = stream;
    broken.read_blob = [](auto, auto) { return false; };
    EXPECT_EQ(status_of(broken), WALRUS_RS_CALLBACK_FAILED);
    broken = stream;
    broken.read_scratch = {};
    EXPECT_EQ(status_of(broken), WALRUS_RS_INVALID_ARGUMENT);
    EXPECT_EQ(status_of({}), WALRUS_RS_INVALID_ARGUMENT);
}

TEST_P(Library, VerifiesDecodesAndRecovers) {
    const rs::Encoding encoding(context, n, all(blob));
    const rs::Buffer written = encoding.metadata().encode();
    const rs::Metadata metadata =
        rs::Metadata::parse(written.view(), encoding.metadata().blob_id());
    for (const rs::Axis axis : {rs::Axis::Primary, rs::Axis::Secondary}) {
        const rs::Axis other = axis == rs::Axis::Primary ? rs::Axis::Secondary : rs::Axis::Primary;
        const rs::Parameters numbers = rs::parameters_for(n);
        const std::uint32_t needed = axis == rs::Axis::Primary ? numbers.primary_source_symbols
                                                               : numbers.secondary_source_symbols;
        std::vector<rs::Sliver> slivers;
        for (std::uint32_t i = 0; i < needed; ++i)
            slivers.push_back(encoding.sliver(axis, n - 1 - i));
        for (const rs::Check check : {rs::Check::Skip, rs::Check::Default, rs::Check::Strict})
            EXPECT_TRUE(
                same(rs::decode(context, metadata, axis, slivers, check).view(), all(blob)));

        // One sliver of each kind of wrong.
        rs::Bytes changed(slivers[0].view().begin(), slivers[0].view().end());
        changed[1] ^= 4;
        slivers[0].symbols = changed.data();
        slivers[1].symbol_bytes = static_cast<std::uint16_t>(slivers[1].symbol_bytes + 2);
        std::vector<walrus_rs_status> wanted(needed, WALRUS_RS_OK);
        wanted[0] = WALRUS_RS_ROOT_MISMATCH;
        wanted[1] = WALRUS_RS_WRONG_SIZE;
        EXPECT_EQ(rs::verify_slivers(context, metadata, axis, slivers), wanted);
        slivers.resize(needed - 1);
        EXPECT_THROW(rs::decode(context, metadata, axis, slivers), rs::Error);

        const std::uint32_t target = n / 2;
        std::vector<rs::Bytes> messages;
        std::vector<rs::Symbol> symbols;
        for (std::uint32_t i = 0; i < n; ++i) {
            const rs::Expanded expanded(context, n, other, encoding.sliver(other, i));
            const rs::Buffer message = expanded.recovery_symbol(target);
            messages.emplace_back(message.view().begin(), message.view().end());
            const rs::Symbol symbol =
                rs::verify_recovery_symbol(metadata, axis, target, messages.back());
            EXPECT_EQ(symbol.index, i);
            EXPECT_TRUE(same({symbol.data, symbol.size}, expanded.symbol(target)));
            symbols.push_back(symbol);
        }
        EXPECT_TRUE(same(rs::recover(context, metadata, axis, target, symbols).view(),
                         encoding.sliver(axis, target).view()));
        const auto recover_status = [&] {
            try {
                rs::recover(context, metadata, axis, target, symbols);
            } catch (const rs::Error& error) {
                return error.status();
            }
            return WALRUS_RS_OK;
        };
        symbols.insert(symbols.begin(), {symbols[0], symbols[1]});
        symbols[0].index = 0xFFFF;
        symbols[1].size -= 2;
        EXPECT_EQ(recover_status(), WALRUS_RS_OK);
        std::swap(symbols[2].data, symbols[3].data);  // those of 0 and 1
        EXPECT_EQ(recover_status(), WALRUS_RS_ROOT_MISMATCH);
        symbols.resize(3);
        EXPECT_EQ(recover_status(), WALRUS_RS_NOT_ENOUGH_SYMBOLS);
        walrus_rs_symbol out;
        messages[0].back() ^= 1;
        EXPECT_EQ(walrus_rs_recovery_symbol_verify(metadata.get(), WALRUS_RS_PRIMARY, target,
                                                   messages[0].data(), 3, &out),
                  WALRUS_RS_MALFORMED);
        EXPECT_EQ(
            walrus_rs_recovery_symbol_verify(metadata.get(), static_cast<walrus_rs_axis>(axis),
                                             target, messages[0].data(), messages[0].size(), &out),
            WALRUS_RS_INVALID_PROOF);
    }
}

INSTANTIATE_TEST_SUITE_P(Shards, Library, ::testing::Values(4u, 7u, 10u, 13u, 100u));

TEST(LibraryErrors, WrongArgumentsAreRefused) {
    walrus_rs_context* context = nullptr;
    EXPECT_EQ(walrus_rs_context_new(0, 1, &context), WALRUS_RS_INVALID_ARGUMENT);
    EXPECT_EQ(walrus_rs_context_new(1, 1, nullptr), WALRUS_RS_INVALID_ARGUMENT);
    ASSERT_EQ(walrus_rs_context_new(1, 1 << 16, &context), WALRUS_RS_OK);
    walrus_rs_parameters parameters;
    for (const std::uint32_t n : {0u, 3u, 5000u, ~0u})
        EXPECT_EQ(walrus_rs_parameters_for(n, &parameters), WALRUS_RS_INVALID_ARGUMENT) << n;
    std::uint32_t symbol_bytes = 0;
    EXPECT_EQ(walrus_rs_symbol_bytes(4, ~std::uint64_t{0}, &symbol_bytes),
              WALRUS_RS_BLOB_TOO_LARGE);

    const walrus::Bytes blob(100'000);
    walrus_rs_encoding* encoding = nullptr;
    EXPECT_EQ(walrus_rs_encode(context, 10, blob.data(), blob.size(), &encoding),
              WALRUS_RS_OUT_OF_MEMORY);
    EXPECT_EQ(walrus_rs_encode(context, 10, nullptr, 1, &encoding), WALRUS_RS_INVALID_ARGUMENT);
    EXPECT_EQ(walrus_rs_encode(nullptr, 10, blob.data(), 1, &encoding), WALRUS_RS_INVALID_ARGUMENT);
    EXPECT_EQ(walrus_rs_encode(context, 3, blob.data(), 1, &encoding), WALRUS_RS_INVALID_ARGUMENT);
    ASSERT_EQ(walrus_rs_encode(context, 10, nullptr, 0, &encoding), WALRUS_RS_OK);
    walrus_rs_sliver sliver;
    EXPECT_EQ(walrus_rs_encoding_sliver(encoding, WALRUS_RS_PRIMARY, 10, &sliver),
              WALRUS_RS_INVALID_ARGUMENT);
    EXPECT_EQ(walrus_rs_encoding_sliver(encoding, static_cast<walrus_rs_axis>(2), 0, &sliver),
              WALRUS_RS_INVALID_ARGUMENT);
    ASSERT_EQ(walrus_rs_encoding_sliver(encoding, WALRUS_RS_PRIMARY, 9, &sliver), WALRUS_RS_OK);

    walrus_rs_expanded* expanded = nullptr;
    auto wrong = sliver;
    wrong.index = 10;
    EXPECT_EQ(walrus_rs_expand(context, 10, WALRUS_RS_PRIMARY, &wrong, &expanded),
              WALRUS_RS_INVALID_ARGUMENT);
    for (const std::uint16_t bytes : {0, 1, 4}) {
        wrong = sliver;
        wrong.symbol_bytes = bytes;
        EXPECT_EQ(walrus_rs_expand(context, 10, WALRUS_RS_PRIMARY, &wrong, &expanded),
                  WALRUS_RS_WRONG_SIZE);
    }
    ASSERT_EQ(walrus_rs_expand(context, 10, WALRUS_RS_PRIMARY, &sliver, &expanded), WALRUS_RS_OK);
    walrus_rs_buffer* buffer = nullptr;
    EXPECT_EQ(walrus_rs_expanded_recovery_symbol(expanded, 10, &buffer),
              WALRUS_RS_INVALID_ARGUMENT);

    walrus_rs_metadata* metadata = nullptr;
    ASSERT_EQ(walrus_rs_metadata_encode(walrus_rs_encoding_metadata(encoding), &buffer),
              WALRUS_RS_OK);
    walrus::Bytes bytes(walrus_rs_buffer_data(buffer),
                        walrus_rs_buffer_data(buffer) + walrus_rs_buffer_size(buffer));
    walrus_rs_buffer_free(buffer);
    EXPECT_EQ(walrus_rs_metadata_parse(nullptr, 0, nullptr, &metadata), WALRUS_RS_MALFORMED);
    const walrus::Bytes other_id(32);
    EXPECT_EQ(walrus_rs_metadata_parse(bytes.data(), bytes.size(), other_id.data(), &metadata),
              WALRUS_RS_BLOB_ID_MISMATCH);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] ^= 1;
        EXPECT_NE(walrus_rs_metadata_parse(bytes.data(), bytes.size(), nullptr, &metadata),
                  WALRUS_RS_OK)
            << i;
        EXPECT_EQ(walrus_rs_metadata_parse(bytes.data(), i, nullptr, &metadata),
                  WALRUS_RS_MALFORMED);
        bytes[i] ^= 1;
    }
    EXPECT_EQ(walrus_rs_sliver_parse(bytes.data(), 1, &sliver), WALRUS_RS_MALFORMED);
    for (int status = 0; status <= 12; ++status)
        EXPECT_STRNE(walrus_rs_status_text(static_cast<walrus_rs_status>(status)),
                     "unknown status");
    walrus_rs_expanded_free(expanded);
    walrus_rs_encoding_free(encoding);
    walrus_rs_context_free(context);
    walrus_rs_metadata_free(nullptr);
}

}  // namespace
