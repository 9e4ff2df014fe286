// SPDX-License-Identifier: Apache-2.0
#include "bcs/bcs.hpp"

#include "base/check.hpp"

namespace walrus::bcs {

const char* describe(Error error) {
    switch (error) {
        case Error::UnexpectedEnd:
            return "fewer bytes than the layout needs";
        case Error::TrailingBytes:
            return "bytes left over after the value";
        case Error::NonCanonical:
            return "not the canonical form";
        case Error::UnknownVariant:
            return "unknown variant";
        case Error::LengthTooLarge:
            return "a length beyond the bytes that are there";
        case Error::InvalidText:
            return "text that is not UTF-8";
        case Error::InvalidValue:
            return "a value outside its range";
        case Error::TooDeep:
            return "nested too deeply";
    }
    WALRUS_CHECK(false);
}

void Writer::uleb(std::uint64_t value) {
    while (value >= 0x80) {
        out_.push_back(static_cast<Byte>(value) | 0x80);
        value >>= 7;
    }
    out_.push_back(static_cast<Byte>(value));
}

bool Reader::uleb(std::uint32_t& value) {
    std::uint64_t sum = 0;
    for (int shift = 0; shift < 35; shift += 7) {
        std::uint8_t b = 0;
        if (!u8(b)) return false;
        sum |= static_cast<std::uint64_t>(b & 0x7F) << shift;
        if ((b & 0x80) == 0) {
            if (shift > 0 && b == 0) return fail(Error::NonCanonical);
            if (sum > 0xFFFFFFFFu) return fail(Error::NonCanonical);
            value = static_cast<std::uint32_t>(sum);
            return true;
        }
    }
    return fail(Error::NonCanonical);
}

bool Reader::count(std::size_t& value, std::size_t item_bytes) {
    std::uint32_t raw = 0;
    if (!uleb(raw)) return false;
    if (raw > 0x7FFFFFFFu || raw > remaining() / std::max<std::size_t>(item_bytes, 1))
        return fail(Error::LengthTooLarge);
    value = raw;
    return true;
}

}  // namespace walrus::bcs
