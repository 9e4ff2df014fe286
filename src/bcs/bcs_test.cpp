// SPDX-License-Identifier: Apache-2.0
#include "bcs/bcs.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"

namespace walrus::bcs {
namespace {

enum class Colour : std::uint8_t { Red = 0, Green = 1 };
constexpr Colour bcs_enum_max(Colour) {
    return Colour::Green;
}

struct Inner {
    std::uint16_t index;
    std::vector<std::uint16_t> shards;
    bool operator==(const Inner&) const = default;
};
struct Outer {
    Id32<struct Tag> id;
    bool flag;
    std::uint64_t number;
    std::string name;
    std::optional<std::uint32_t> epoch;
    Colour colour;
    std::variant<std::monostate, Inner> choice;
    std::vector<std::pair<std::string, std::string>> pairs;
    Bytes blob;
    bool operator==(const Outer&) const = default;
};

Outer sample() {
    Outer o{};
    o.id.bytes[31] = 9;
    o.flag = true;
    o.number = 0x0102030405060708;
    o.name = "walrus";
    o.epoch = 7;
    o.colour = Colour::Green;
    o.choice = Inner{3, {1, 2}};
    o.pairs = {{"k", "v"}};
    o.blob = {1, 2, 3};
    return o;
}

TEST(Bcs, StructIsItsLayout) {
    const Bytes bytes = encode(sample());
    EXPECT_EQ(hex_encode(bytes), std::string(62, '0') +
                                     "09"
                                     "01"
                                     "0807060504030201"
                                     "0677616c727573"
                                     "0107000000"
                                     "01"
                                     "01"
                                     "0300"
                                     "02"
                                     "01000200"
                                     "01"
                                     "016b"
                                     "0176"
                                     "03010203");
    EXPECT_EQ(decode<Outer>(bytes), sample());
}

TEST(Bcs, EveryTruncationAndEveryTrailingByteIsRefused) {
    Bytes bytes = encode(sample());
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_FALSE(decode<Outer>(ByteView(bytes).first(size)));
    bytes.push_back(0);
    EXPECT_EQ(decode<Outer>(bytes).error(), Error::TrailingBytes);
    EXPECT_EQ(decode_prefix<Outer>(bytes), sample());
}

TEST(Bcs, NonCanonicalFormsAreRefused) {
    EXPECT_EQ(decode<bool>(Bytes{2}).error(), Error::NonCanonical);
    EXPECT_EQ(decode<Colour>(Bytes{2}).error(), Error::UnknownVariant);
    EXPECT_EQ(decode<Bytes>(Bytes{0x80, 0x00}).error(), Error::NonCanonical);
    EXPECT_EQ(decode<Bytes>(Bytes{0xFF, 0xFF, 0xFF, 0xFF, 0x0F}).error(), Error::LengthTooLarge);
    EXPECT_EQ(decode<Bytes>(Bytes{0xFF, 0xFF, 0xFF, 0xFF, 0x7F}).error(), Error::NonCanonical);
    EXPECT_EQ(decode<std::string>(Bytes{1, 0xFF}).error(), Error::InvalidText);
    EXPECT_EQ(decode<std::optional<bool>>(Bytes{2}).error(), Error::UnknownVariant);
}

TEST(Bcs, MapsAreSortedBySerialisedKey) {
    const std::map<std::string, std::uint8_t> by_text = {{"aa", 1}, {"k", 2}};
    EXPECT_EQ(hex_encode(encode(by_text)),
              "02016b02026161"
              "01");
    const std::map<std::uint16_t, std::uint8_t> by_number = {{1, 1}, {256, 2}};
    EXPECT_EQ(hex_encode(encode(by_number)),
              "02"
              "000102"
              "010001");
    EXPECT_EQ((decode<std::map<std::uint16_t, std::uint8_t>>(encode(by_number))), by_number);
    const auto unsorted = hex_decode("02010001000102");
    EXPECT_EQ((decode<std::map<std::uint16_t, std::uint8_t>>(*unsorted)).error(),
              Error::NonCanonical);
}

}  // namespace
}  // namespace walrus::bcs
