// SPDX-License-Identifier: Apache-2.0
#include "redstuff/stream_encode.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>

#include "redstuff/testing.hpp"

namespace walrus {
namespace {

using namespace testing;  // NOLINT

/// Fails at one call, if asked to.
class Fuse {
public:
    explicit Fuse(std::int64_t fail_at) : left_(fail_at) {}
    bool call() { return left_.fetch_sub(1) != 0; }

private:
    std::atomic<std::int64_t> left_;
};
constexpr std::int64_t kNever = std::int64_t{1} << 60;

class TestSource final : public BlobSource {
public:
    explicit TestSource(ByteView blob, std::int64_t fail_at = kNever)
        : blob_(blob), fuse_(fail_at) {}
    std::uint64_t size() const override { return blob_.size(); }
    bool read(std::uint64_t offset, MutableByteView out) override {
        EXPECT_FALSE(out.empty());
        EXPECT_LE(offset + out.size(), blob_.size());
        if (!fuse_.call()) return false;
        std::copy_n(blob_.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
        bytes_read += out.size();
        return true;
    }
    std::atomic<std::uint64_t> bytes_read{0};

private:
    ByteView blob_;
    Fuse fuse_;
};

class TestScratch final : public ScratchSpace {
public:
    explicit TestScratch(std::uint64_t bytes, std::int64_t fail_at = kNever)
        : memory_(bytes), fuse_(fail_at) {}
    bool write(std::uint64_t offset, ByteView data) override {
        bytes_written += data.size();
        return fuse_.call() && memory_.write(offset, data);
    }
    bool read(std::uint64_t offset, MutableByteView out) override {
        return fuse_.call() && memory_.read(offset, out);
    }
    std::atomic<std::uint64_t> bytes_written{0};

private:
    MemoryScratch memory_;
    Fuse fuse_;
};

/// All slivers; counts how often each byte came.
class TestSink final : public SliverSink {
public:
    TestSink(const CodeParameters& code, std::size_t symbol_bytes, std::int64_t fail_at = kNever)
        : fuse_(fail_at) {
        for (const Axis axis : {Axis::Primary, Axis::Secondary}) {
            auto& slivers = axis == Axis::Primary ? primary_ : secondary_;
            slivers.resize(code.shard_count());
            for (Sliver& sliver : slivers) {
                sliver.bytes.resize(code.sliver_bytes(axis, symbol_bytes));
                sliver.times.resize(sliver.bytes.size());
            }
        }
    }
    bool write(Axis axis, SliverIndex index, std::uint64_t offset, ByteView data) override {
        if (!fuse_.call()) return false;
        std::lock_guard lock(mutex_);
        Sliver& sliver = (axis == Axis::Primary ? primary_ : secondary_).at(index.value);
        EXPECT_LE(offset + data.size(), sliver.bytes.size());
        for (std::size_t i = 0; i < data.size(); ++i) {
            sliver.bytes[offset + i] = data[i];
            ++sliver.times[offset + i];
        }
        return true;
    }
    void expect_all_of(const EncodedBlob& encoded) const {
        const std::size_t n = encoded.code().shard_count();
        for (std::size_t i = 0; i < n; ++i) {
            EXPECT_TRUE(equal(primary_[i].bytes, encoded.primary(sliver_index(i)))) << i;
            EXPECT_TRUE(equal(secondary_[i].bytes, encoded.secondary(sliver_index(i)))) << i;
            for (const Sliver* sliver : {&primary_[i], &secondary_[i]})
                EXPECT_EQ(std::count(sliver->times.begin(), sliver->times.end(), 1),
                          static_cast<std::ptrdiff_t>(sliver->times.size()));
        }
    }

private:
    struct Sliver {
        Bytes bytes;
        std::vector<int> times;
    };
    std::vector<Sliver> primary_;
    std::vector<Sliver> secondary_;
    std::mutex mutex_;
    Fuse fuse_;
};

struct Sizes {
    std::uint32_t shards;
    std::size_t blob_bytes;
};

class StreamEncode : public ::testing::TestWithParam<Sizes> {};

TEST_P(StreamEncode, GivesTheSameAsInMemory) {
    const auto code = *CodeParameters::make(GetParam().shards);
    const Bytes blob = generated_blob(GetParam().blob_bytes);
    BufferPool pool(std::size_t{1} << 30);
    InlineExecutor inline_executor;
    const auto encoded = encode_blob(code, blob, pool, inline_executor);
    ASSERT_TRUE(encoded);
    const std::size_t s = encoded->symbol_bytes();
    const std::uint64_t parity = *row_parity_bytes(code, blob.size());
    ThreadPerCallExecutor threads;
    // Plenty; one column at a time; two lanes.
    const std::size_t one_lane = (code.shard_count() + code.primary_source_symbols()) * s;
    for (const std::size_t memory : {std::size_t{320} << 20, one_lane, 2 * one_lane + 1})
        for (Executor* executor :
             {static_cast<Executor*>(&inline_executor), static_cast<Executor*>(&threads)}) {
            TestSource source(blob);
            TestScratch scratch(parity);
            TestSink sink(code, s);
            const auto metadata =
                encode_stream(code, source, scratch, &sink, *executor, {.memory_bytes = memory});
            ASSERT_TRUE(metadata) << describe(metadata.error());
            EXPECT_EQ(metadata->encode_with_id(), encoded->metadata().encode_with_id());
            sink.expect_all_of(*encoded);
            EXPECT_EQ(source.bytes_read, 2 * blob.size());
            EXPECT_EQ(scratch.bytes_written, parity);
        }
    TestSource source(blob);
    TestScratch scratch(parity);
    const auto metadata = encode_stream(code, source, scratch, nullptr, threads);
    ASSERT_TRUE(metadata);
    EXPECT_EQ(metadata->blob_id(), encoded->blob_id());
}

INSTANTIATE_TEST_SUITE_P(Sizes, StreamEncode,
                         ::testing::Values(Sizes{4, 0}, Sizes{4, 1}, Sizes{4, 20'000}, Sizes{7, 30},
                                           Sizes{7, 5'000}, Sizes{10, 300'000},
                                           Sizes{13, 1'000'000}, Sizes{34, 12'345},
                                           Sizes{100, 500'000}, Sizes{101, 1'000},
                                           Sizes{300, 2'000'000}));

TEST(StreamEncoding, LargestSymbol) {
    const auto code = *CodeParameters::make(4);
    const Bytes blob = generated_blob(code.blob_bytes_max());
    BufferPool pool(std::size_t{1} << 30);
    InlineExecutor executor;
    const auto encoded = encode_blob(code, blob, pool, executor);
    ASSERT_TRUE(encoded);
    TestSource source(blob);
    TestScratch scratch(*row_parity_bytes(code, blob.size()));
    TestSink sink(code, encoded->symbol_bytes());
    const auto metadata = encode_stream(code, source, scratch, &sink, executor);
    ASSERT_TRUE(metadata);
    EXPECT_EQ(metadata->blob_id(), encoded->blob_id());
    sink.expect_all_of(*encoded);

    const Bytes larger(blob.size() + 1);
    TestSource too_large(larger);
    EXPECT_EQ(encode_stream(code, too_large, scratch, nullptr, executor).error(),
              StreamEncodeError::BlobTooLarge);
    EXPECT_FALSE(row_parity_bytes(code, larger.size()));
}

TEST(StreamEncoding, ScratchIsLessThanHalfTheBlob) {
    for (std::uint32_t n = 4; n <= 1024; ++n) {
        const auto code = *CodeParameters::make(n);
        EXPECT_LE(2 * *row_parity_bytes(code, code.blob_bytes_max()), code.blob_bytes_max()) << n;
    }
}

TEST(StreamEncoding, EveryFailureIsTold) {
    const auto code = *CodeParameters::make(10);
    const Bytes blob = generated_blob(10'000);
    const std::uint64_t parity = *row_parity_bytes(code, blob.size());
    const std::size_t s = *code.symbol_bytes(blob.size());
    const std::size_t memory = (code.shard_count() + code.primary_source_symbols()) * s;
    const auto run = [&](std::int64_t source_at, std::int64_t scratch_at, std::int64_t sink_at,
                         Executor& executor) {
        TestSource source(blob, source_at);
        TestScratch scratch(parity, scratch_at);
        TestSink sink(code, s, sink_at);
        return encode_stream(code, source, scratch, &sink, executor, {.memory_bytes = memory});
    };
    InlineExecutor inline_executor;
    ThreadPerCallExecutor threads;
    for (Executor* executor :
         {static_cast<Executor*>(&inline_executor), static_cast<Executor*>(&threads)}) {
        const auto until_it_works = [&](auto call, StreamEncodeError error) {
            std::int64_t at = 0;
            for (;; ++at) {
                const auto result = call(at);
                if (result) break;
                EXPECT_EQ(result.error(), error) << at;
                ASSERT_LT(at, 1000);
            }
            EXPECT_GT(at, 10);
        };
        until_it_works([&](std::int64_t at) { return run(at, kNever, kNever, *executor); },
                       StreamEncodeError::SourceFailed);
        until_it_works([&](std::int64_t at) { return run(kNever, at, kNever, *executor); },
                       StreamEncodeError::ScratchFailed);
        until_it_works([&](std::int64_t at) { return run(kNever, kNever, at, *executor); },
                       StreamEncodeError::SinkFailed);
    }
    TestSource source(blob);
    TestScratch scratch(parity);
    EXPECT_EQ(
        encode_stream(code, source, scratch, nullptr, inline_executor, {.memory_bytes = memory - 1})
            .error(),
        StreamEncodeError::OutOfMemory);
}

}  // namespace
}  // namespace walrus
