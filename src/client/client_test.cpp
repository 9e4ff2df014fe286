// SPDX-License-Identifier: Apache-2.0
// Small rules of the client: amounts, times, retries, statuses, configuration, payment notes.
#include <gtest/gtest.h>

#include "client/amounts.hpp"
#include "client/config.hpp"
#include "client/epochs.hpp"
#include "client/payment_journal.hpp"
#include "client/retry.hpp"
#include "client/status.hpp"

namespace walrus::client {
namespace {

TEST(Amounts, AreWrittenAsTheReferenceWritesThem) {
    EXPECT_EQ(format_wal(0), "0 FROST");
    EXPECT_EQ(format_wal(12'345), "12,345 FROST");
    EXPECT_EQ(format_wal(1'200'000), "0.0012 WAL");
    EXPECT_EQ(format_wal(1'234'567'890), "1.234 WAL");
    EXPECT_EQ(format_bytes(17), "17 B");
    EXPECT_EQ(format_bytes(1024), "1.00 KiB");
    EXPECT_EQ(format_bytes(99 * 1024), "99.0 KiB");
    EXPECT_EQ(format_bytes(1023 * 1024), "1023 KiB");
    EXPECT_EQ(format_bytes(~std::uint64_t{0}), "16.0 EiB");
    EXPECT_EQ(format_count(1'234'567), "1,234,567");
}

TEST(Amounts, AreReadWithAndWithoutUnits) {
    const std::pair<const char*, std::optional<std::uint64_t>> cases[] = {
        {"1500000000", 1'500'000'000},
        {"1.5", 1'500'000'000},
        {"1.5WAL", 1'500'000'000},
        {"2 wal", 2'000'000'000},
        {"20 FROST", 20},
        {"5mist", 5},
        {"0.000000001", 1},
        {"0", 0},
        {"", std::nullopt},
        {"-1", std::nullopt},
        {"1.", std::nullopt},
        {"1.0000000001", std::nullopt},
        {"1.5 FROST", std::nullopt},
        {"1 BTC", std::nullopt},
        {"18446744074 WAL", std::nullopt},
        {"18446744073.709551615 WAL", ~std::uint64_t{0}},
    };
    for (const auto& [text, amount] : cases) EXPECT_EQ(parse_amount(text), amount) << text;
}

TEST(Times, AreReadInTheFormsOfTheReference) {
    const std::pair<const char*, std::optional<std::uint64_t>> cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2026-09-01T12:00:00Z", 1'788'264'000'000},
        {"2026-09-01 12:00:00", 1'788'264'000'000},
        {"2026-09-01T14:00:00+02:00", 1'788'264'000'000},
        {"2026-09-01T12:00:00.25Z", 1'788'264'000'250},
        {"2026-02-30T12:00:00Z", std::nullopt},
        {"2026-09-01", std::nullopt},
        {"2026-09-01T25:00:00Z", std::nullopt},
        {"2026-09-01T12:00:00Zx", std::nullopt},
        {"tomorrow", std::nullopt},
    };
    for (const auto& [text, time] : cases) EXPECT_EQ(parse_time_ms(text), time) << text;
    EXPECT_EQ(format_time_ms(1'788'264'000'250), "2026-09-01T12:00:00Z");
}

TEST(Epochs, CountIsANumberFromOneOrMax) {
    EXPECT_TRUE(parse_epochs("1").has_value());
    EXPECT_TRUE(parse_epochs("max").has_value());
    for (const char* bad : {"0", "-1", "", "x", "1001", "99999999999999999999"}) {
        const auto parsed = parse_epochs(bad);
        ASSERT_FALSE(parsed.has_value()) << bad;
        EXPECT_EQ(exit_code(parsed.error().code), 2);
    }
}

class CountingRandom final : public io::Random {
public:
    void fill(MutableByteView out) override {
        for (Byte& byte : out) byte = next_++;
    }

private:
    Byte next_ = 0;
};

TEST(Retry, DelaysGrowUpToTheLimitAndEnd) {
    CountingRandom random;
    Backoff backoff({100, 1000, 6}, random);
    const std::uint64_t base[] = {100, 200, 400, 800, 1000};
    for (const std::uint64_t expected : base) {
        const auto delay = backoff.next_ms();
        ASSERT_TRUE(delay.has_value());
        EXPECT_GE(*delay, expected);
        EXPECT_LE(*delay, expected + expected / 2);
    }
    EXPECT_FALSE(backoff.next_ms().has_value());
}

TEST(Status, LatestStatusThatACorrectNodeReportsCounts) {
    using namespace nodeapi;
    const BlobStatus none = BlobNonexistent{};
    const BlobStatus registered = BlobPermanent{5, false, {}, {}, std::nullopt};
    const BlobStatus certified = BlobPermanent{5, true, {}, {}, Epoch{1}};
    const BlobStatus invalid = BlobInvalid{};
    // n = 10, f = 3: a status needs weight 4.
    EXPECT_EQ(merge_statuses({{none, 3}, {registered, 4}, {certified, 3}}, 10), registered);
    EXPECT_EQ(merge_statuses({{none, 3}, {registered, 3}, {certified, 4}}, 10), certified);
    EXPECT_EQ(merge_statuses({{certified, 7}, {invalid, 3}}, 10), certified);
    EXPECT_EQ(merge_statuses({{certified, 2}, {registered, 2}, {certified, 2}}, 10), certified);
    EXPECT_EQ(merge_statuses({{none, 3}, {registered, 3}, {certified, 1}}, 10), std::nullopt);
    EXPECT_EQ(merge_statuses({}, 10), std::nullopt);
}

TEST(Status, OrderFollowsABlobsLife) {
    using namespace nodeapi;
    const std::vector<BlobStatus> life = {
        BlobNonexistent{},
        BlobDeletable{std::nullopt, {1, 0}},
        BlobDeletable{std::nullopt, {2, 0}},
        BlobDeletable{Epoch{4}, {2, 1}},
        BlobDeletable{Epoch{3}, {2, 1}},
        BlobPermanent{5, false, {}, {0, 0}, std::nullopt},
        BlobPermanent{9, false, {}, {0, 0}, std::nullopt},
        BlobPermanent{5, true, {}, {0, 0}, Epoch{1}},
        BlobInvalid{},
    };
    for (std::size_t i = 0; i < life.size(); ++i)
        for (std::size_t j = 0; j < life.size(); ++j)
            EXPECT_EQ(is_earlier(life[i], life[j]), i < j) << i << " " << j;
}

const std::string kId(64, '1');
const std::string kOther(64, '2');

TEST(Config, NetworkFileOfALocalNetwork) {
    const auto config = parse_config(
        R"({"rpc_url":"http://127.0.0.1:31400","system_object_id":"0x)" + kId +
            R"(","staking_object_id":"0x)" + kOther +
            R"(","n_shards":100,"wal_type":"0x2::wal::WAL","nodes":[],"funded_key":"k"})",
        "network.json", std::nullopt);
    ASSERT_TRUE(config.has_value()) << config.error().message;
    EXPECT_EQ(config->rpc_urls, std::vector<std::string>{"http://127.0.0.1:31400"});
    EXPECT_EQ(to_text(config->system_object), "0x" + kId);
    EXPECT_EQ(config->n_shards, 100u);
    EXPECT_EQ(config->funded_key, "k");
    EXPECT_FALSE(config->plain_http_nodes);
}

TEST(Config, ClientFileWithContexts) {
    const std::string text = "contexts:\n  a:\n    system_object: 0x" + kId +
                             "\n    staking_object: 0x" + kOther +
                             "\n    rpc_urls: [http://h:1]\n    wallet_config:\n      path: w\n"
                             "      active_address: 0x" +
                             kId + "\ndefault_context: a\n";
    const auto config = parse_config(text, "client_config.yaml", std::nullopt);
    ASSERT_TRUE(config.has_value()) << config.error().message;
    EXPECT_EQ(config->wallet_path, "w");
    EXPECT_TRUE(config->active_address.has_value());
    const auto missing = parse_config(text, "client_config.yaml", "b");
    ASSERT_FALSE(missing.has_value());
    EXPECT_NE(missing.error().message.find("choose one of: a"), std::string::npos);
}

TEST(Config, EveryWrongFileIsRefusedByName) {
    for (const char* text : {"", "[]", "a: [", "system_object: 0x1", "rpc_url: 5",
                             "system_object: zz\nstaking_object: zz"}) {
        const auto config = parse_config(text, "some.yaml", std::nullopt);
        ASSERT_FALSE(config.has_value()) << text;
        EXPECT_EQ(config.error().code, ClientCode::Usage);
        EXPECT_NE(config.error().message.find("some.yaml"), std::string::npos);
    }
}

TEST(PaymentJournal, NotesComeBackAndOtherFormatsDoNot) {
    PaymentNote note;
    note.purpose.blob_id.bytes[3] = 7;
    note.purpose.deletable = true;
    note.end_epoch = 9;
    note.valid_until = 2;
    note.transaction = {1, 2, 3};
    note.signatures = {{4, 5}};
    Bytes bytes = encode_note(note);
    EXPECT_EQ(decode_note(bytes), note);
    for (std::size_t cut = 0; cut < bytes.size(); ++cut)
        EXPECT_FALSE(decode_note(ByteView(bytes).first(cut)).has_value()) << cut;
    bytes[0] = 2;
    EXPECT_FALSE(decode_note(bytes).has_value());
}

TEST(Errors, ExitCodesAreThoseOfTheDocumentation) {
    const std::pair<ClientCode, int> cases[] = {
        {ClientCode::Internal, 1}, {ClientCode::Usage, 2},     {ClientCode::InputFile, 2},
        {ClientCode::Partial, 3},  {ClientCode::NotFound, 4},  {ClientCode::Funds, 5},
        {ClientCode::Network, 6},  {ClientCode::Integrity, 7}, {ClientCode::Refused, 1},
    };
    for (const auto& [code, exit] : cases) EXPECT_EQ(exit_code(code), exit) << code_name(code);
}

}  // namespace
}  // namespace walrus::client
