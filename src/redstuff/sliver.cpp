// SPDX-License-Identifier: Apache-2.0
#include "redstuff/sliver.hpp"

#include "base/check.hpp"
#include "protocol/constants.hpp"

namespace walrus {
namespace {

constexpr std::size_t kTrailerBytes = 4;  // symbol size, index

std::size_t header_bytes_of(std::size_t symbols_bytes, std::array<Byte, 5>& header) {
    std::size_t count = 0;
    std::uint64_t value = symbols_bytes;
    do {
        WALRUS_CHECK(count < header.size());
        header[count] = static_cast<Byte>((value & 0x7F) | (value >= 0x80 ? 0x80 : 0));
        value >>= 7;
        ++count;
    } while (value > 0);
    return count;
}

bool read_sliver(bcs::Reader& in, SliverView& sliver) {
    if (!in.bytes(sliver.symbols) || !in.fixed(sliver.symbol_bytes) ||
        !in.fixed(sliver.index.value))
        return false;
    return sliver.symbol_bytes != 0 || in.fail(bcs::Error::InvalidValue);
}

}  // namespace

void bcs_encode(bcs::Writer& out, const SliverData& sliver) {
    out.bytes(sliver.symbols);
    out.fixed(sliver.symbol_bytes);
    out.fixed(sliver.index.value);
}

bool bcs_decode(bcs::Reader& in, SliverData& sliver) {
    SliverView view;
    if (!read_sliver(in, view)) return false;
    sliver = view.to_data();
    return true;
}

Result<SliverView, bcs::Error> parse_sliver(ByteView body) {
    bcs::Reader in(body);
    SliverView sliver;
    if (!read_sliver(in, sliver) || !in.finish()) return fail(in.error());
    return sliver;
}

std::size_t sliver_body_bytes(const CodeParameters& code, Axis axis, std::uint32_t symbol_bytes) {
    std::array<Byte, 5> header;
    const auto symbols = static_cast<std::size_t>(code.sliver_bytes(axis, symbol_bytes));
    return header_bytes_of(symbols, header) + symbols + kTrailerBytes;
}

std::size_t sliver_body_bytes_max(const CodeParameters& code, Axis axis) {
    return sliver_body_bytes(code, axis, kSymbolBytesMax);
}

Bytes SliverBodyParts::join() const {
    Bytes body;
    body.reserve(size());
    append(body, header_view());
    append(body, symbols);
    append(body, trailer_view());
    return body;
}

namespace {

SliverBodyParts frame_of(std::size_t symbols_bytes, std::uint16_t symbol_bytes, SliverIndex index) {
    SliverBodyParts parts;
    parts.header_bytes = header_bytes_of(symbols_bytes, parts.header);
    store_le(parts.trailer.data(), symbol_bytes);
    store_le(parts.trailer.data() + 2, index.value);
    return parts;
}

}  // namespace

SliverBodyParts sliver_body_parts(const SliverView& sliver) {
    SliverBodyParts parts = frame_of(sliver.symbols.size(), sliver.symbol_bytes, sliver.index);
    parts.symbols = sliver.symbols;
    return parts;
}

SliverBodyParts sliver_body_frame(const CodeParameters& code, Axis axis, std::uint16_t symbol_bytes,
                                  SliverIndex index) {
    return frame_of(static_cast<std::size_t>(code.sliver_bytes(axis, symbol_bytes)), symbol_bytes,
                    index);
}

}  // namespace walrus
