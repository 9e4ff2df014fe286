// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <random>

#include "io/memory_file_system.hpp"
#include "store/crc32c.hpp"
#include "store/segment_format.hpp"
#include "store/segment_log.hpp"
#include "store/test_disk.hpp"

namespace walrus::store {
namespace {

TEST(Crc32c, MatchesPublishedVectors) {
    EXPECT_EQ(crc32c(as_bytes("123456789")), 0xE3069283u);
    EXPECT_EQ(crc32c({}), 0u);
    EXPECT_EQ(crc32c(Bytes(32, 0x00)), 0x8A9136AAu);  // RFC 3720, B.4
    EXPECT_EQ(crc32c(Bytes(32, 0xff)), 0x62A8AB43u);
}

TEST(Crc32c, InstructionAndTableAgreeOnEveryLengthAndAlignment) {
    std::mt19937_64 random(1);
    Bytes data(600);
    for (Byte& byte : data) byte = static_cast<Byte>(random());
    for (std::size_t start = 0; start < 9; ++start)
        for (std::size_t size = 0; size + start <= data.size(); size += 1 + size / 40)
            EXPECT_EQ(crc32c(ByteView(data).subspan(start, size)),
                      crc32c_portable(ByteView(data).subspan(start, size)));
}

TEST(SegmentFormat, RecordHeaderRoundTrips) {
    const RecordKey key = RecordKey::sliver(test_blob_id(7), ShardIndex(999), Axis::Secondary);
    const Bytes payload(kCrcBlockBytes * 2 + 5, 0x5a);
    const Bytes prefix = encode_record_prefix(key, 3, payload);
    ASSERT_EQ(prefix.size(), payload_offset(payload.size()));
    EXPECT_EQ(prefix.size(), kRecordHeaderBytes + 12);
    const auto header = decode_record_header(ByteView(prefix).first(kRecordHeaderBytes));
    ASSERT_TRUE(header);
    EXPECT_EQ(header->key, key);
    EXPECT_EQ(header->segment, 3u);
    EXPECT_EQ(header->payload_bytes, payload.size());
    EXPECT_TRUE(check_payload(*header, ByteView(prefix).subspan(kRecordHeaderBytes), payload));
}

TEST(SegmentFormat, EveryFlippedBitOfARecordIsNoticed) {
    const RecordKey key = RecordKey::sliver(test_blob_id(7), ShardIndex(3), Axis::Primary);
    const Bytes payload = test_payload(key, 300);
    Bytes record = encode_record_prefix(key, 3, payload);
    append(record, payload);
    for (std::size_t bit = 0; bit < record.size() * 8; ++bit) {
        Bytes bad = record;
        bad[bit / 8] ^= static_cast<Byte>(1u << (bit % 8));
        const ByteView view(bad);
        const auto header = decode_record_header(view.first(kRecordHeaderBytes));
        const std::size_t payload_at = payload_offset(static_cast<std::uint32_t>(payload.size()));
        const bool accepted =
            header && header->key == key &&
            check_payload(*header,
                          view.subspan(kRecordHeaderBytes, payload_at - kRecordHeaderBytes),
                          view.subspan(payload_at));
        EXPECT_FALSE(accepted) << "bit " << bit;
    }
}

TEST(SegmentFormat, SegmentHeaderNamesItsNumber) {
    EXPECT_TRUE(check_segment_header(encode_segment_header(12), 12));
    EXPECT_FALSE(check_segment_header(encode_segment_header(12), 13));
    EXPECT_FALSE(check_segment_header({}, 12));
}

struct FoundRecord {
    RecordHeader header;
    Location location;
};

class SegmentLogTest : public testing::Test {
protected:
    StoreResult<std::unique_ptr<SegmentLog>> open(LogPosition from = {}) {
        found.clear();
        return SegmentLog::open(files, "/log", from, 4096,
                                [this](const RecordHeader& header, const Location& location) {
                                    found.push_back({header, location});
                                });
    }
    static Location append(SegmentLog& log, std::uint64_t number, std::size_t bytes) {
        const RecordKey key = RecordKey::metadata(test_blob_id(number));
        const Bytes payload(bytes, static_cast<Byte>(number));
        return log.append(encode_record_prefix(key, 0, payload), payload).value();
    }
    io::MemoryFileSystem files;
    std::vector<FoundRecord> found;
};

TEST_F(SegmentLogTest, StartsANewSegmentWhenOneIsFull) {
    auto log = open().value();
    std::vector<Location> places;
    for (std::uint64_t i = 0; i < 10; ++i) places.push_back(append(*log, i, 1000));
    EXPECT_EQ(places[0].segment, 0u);
    EXPECT_EQ(places[3].segment, 1u);
    EXPECT_EQ(log->segments().size(), 4u);
    // A record larger than a segment has one of its own.
    EXPECT_EQ(append(*log, 77, 10'000).segment, 4u);
    EXPECT_EQ(append(*log, 78, 10).segment, 5u);
}

TEST_F(SegmentLogTest, FindsEveryIntactRecordAfterTheDurablePosition) {
    LogPosition middle;
    {
        auto log = open().value();
        for (std::uint64_t i = 0; i < 5; ++i) append(*log, i, 700);
        middle = log->end();
        for (std::uint64_t i = 5; i < 12; ++i) append(*log, i, 700);
    }
    auto log = open(middle).value();
    ASSERT_EQ(found.size(), 7u);
    for (std::size_t i = 0; i < found.size(); ++i)
        EXPECT_EQ(found[i].header.key.blob_id, test_blob_id(5 + i));
    log.reset();
    log = open().value();
    EXPECT_EQ(found.size(), 12u);
}

TEST_F(SegmentLogTest, CutsATornRecordAndAllBehindIt) {
    std::vector<Location> places;
    LogPosition end;
    {
        auto log = open().value();
        for (std::uint64_t i = 0; i < 9; ++i) places.push_back(append(*log, i, 1000));
        end = log->end();
    }
    ASSERT_GT(end.segment, 1u);
    // One byte in the payload of record 4, which lies in segment 1.
    files.corrupt("/log/00000001.seg", places[4].offset + 500, 0x10);
    auto log = open().value();
    EXPECT_EQ(found.size(), 4u);
    EXPECT_EQ(log->end(), (LogPosition{places[4].segment, places[4].offset}));
    EXPECT_EQ(log->segments().size(), 2u);
    // The next record takes its place and is found again.
    append(*log, 100, 50);
    log.reset();
    log = open().value();
    ASSERT_EQ(found.size(), 5u);
    EXPECT_EQ(found[4].header.key.blob_id, test_blob_id(100));
}

TEST_F(SegmentLogTest, RefusesToOpenWhenDurableBytesAreMissing) {
    LogPosition end;
    {
        auto log = open().value();
        append(*log, 1, 1000);
        end = log->end();
    }
    ASSERT_TRUE(files.open("/log/00000000.seg", io::OpenMode::ReadWrite).value()->truncate(500));
    const auto log = open(end);
    ASSERT_FALSE(log);
    EXPECT_EQ(log.error().code, StoreCode::Corrupt);
    EXPECT_FALSE(open({9, 64}));
}

TEST_F(SegmentLogTest, StartsAfreshWhenThePowerFailedBeforeTheFirstHeader) {
    ASSERT_TRUE(files.create_directories("/log"));
    auto file = files.open("/log/00000000.seg", io::OpenMode::Create).value();
    ASSERT_TRUE(file->write_at(0, Bytes(10, 0)));
    file.reset();
    auto log = open();
    ASSERT_TRUE(log) << log.error().message;
    append(**log, 1, 10);
    log->reset();
    log = open();
    EXPECT_EQ(found.size(), 1u);
}

TEST_F(SegmentLogTest, AFailedAppendLeavesNoTrace) {
    auto log = open().value();
    append(*log, 1, 100);
    const std::uint64_t used = files.used_bytes();
    files.set_capacity(used + 150);
    const Bytes payload(500, 1);
    const auto failed = log->append(
        encode_record_prefix(RecordKey::metadata(test_blob_id(2)), 0, payload), payload);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, StoreCode::NoSpace);
    // A record header inside the torn payload must not be found behind a shorter record later.
    EXPECT_EQ(files.used_bytes(), used);
    files.set_capacity(std::nullopt);
    append(*log, 3, 20);
    log.reset();
    log = open().value();
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[1].header.key.blob_id, test_blob_id(3));
}

TEST_F(SegmentLogTest, ReadChecksWhichRecordItIs) {
    auto log = open().value();
    const Location place = append(*log, 1, 100);
    Bytes out(payload_offset(100) + 100);
    EXPECT_TRUE(log->read(RecordKey::metadata(test_blob_id(1)), place, out));
    const auto other = log->read(RecordKey::metadata(test_blob_id(2)), place, out);
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, StoreCode::Corrupt);
}

}  // namespace
}  // namespace walrus::store
