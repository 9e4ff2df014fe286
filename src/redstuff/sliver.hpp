// SPDX-License-Identifier: Apache-2.0
// Slivers as they travel and rest (spec/encoding.md §3, §6.2).
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "bcs/bcs.hpp"
#include "protocol/ids.hpp"
#include "protocol/parameters.hpp"

namespace walrus {

/// Which sliver of a blob. BCS: axis, index u16.
struct SliverId {
    Axis axis = Axis::Primary;
    SliverIndex index;
    friend auto operator<=>(const SliverId&, const SliverId&) = default;
};

/// A sliver without its axis: the HTTP body. BCS: ULEB128 length, symbols, symbol size u16 (never
/// 0), index u16. Symbols lie one after the other: S of them in a primary sliver, P in a secondary.
struct SliverData {
    Bytes symbols;
    std::uint16_t symbol_bytes = 0;
    SliverIndex index;
    friend bool operator==(const SliverData&, const SliverData&) = default;
};
void bcs_encode(bcs::Writer& out, const SliverData& sliver);
bool bcs_decode(bcs::Reader& in, SliverData& sliver);

/// The same as a view into bytes that someone else owns (a received body, a stored record).
struct SliverView {
    ByteView symbols;
    std::uint16_t symbol_bytes = 0;
    SliverIndex index;

    SliverView() = default;
    SliverView(ByteView symbols_, std::uint16_t symbol_bytes_, SliverIndex index_)
        : symbols(symbols_), symbol_bytes(symbol_bytes_), index(index_) {}
    SliverView(const SliverData& data)  // NOLINT: a view of it, implicit by design
        : symbols(data.symbols), symbol_bytes(data.symbol_bytes), index(data.index) {}
    SliverData to_data() const { return {to_bytes(symbols), symbol_bytes, index}; }
};

/// Parses a sliver body (BCS SliverData) without copying its symbols. Checks the layout only;
/// `verify_sliver` checks the content. Errors: those of BCS; InvalidValue for symbol size 0.
Result<SliverView, bcs::Error> parse_sliver(ByteView body);

/// Bytes of the body of any sliver of this axis: the exact length for a blob of this symbol size.
std::size_t sliver_body_bytes(const CodeParameters& code, Axis axis, std::uint32_t symbol_bytes);
/// The longest body that any valid sliver of n shards can have: the bound for reading one.
std::size_t sliver_body_bytes_max(const CodeParameters& code, Axis axis);

/// A sliver body in three parts for sending without a copy: header || symbols || trailer.
struct SliverBodyParts {
    std::array<Byte, 5> header{};
    std::size_t header_bytes = 0;
    ByteView symbols;
    std::array<Byte, 4> trailer{};

    ByteView header_view() const { return {header.data(), header_bytes}; }
    ByteView trailer_view() const { return trailer; }
    std::size_t size() const { return header_bytes + symbols.size() + trailer.size(); }
    Bytes join() const;
};
SliverBodyParts sliver_body_parts(const SliverView& sliver);
/// Header and trailer of the body of a sliver whose symbols are elsewhere.
SliverBodyParts sliver_body_frame(const CodeParameters& code, Axis axis, std::uint16_t symbol_bytes,
                                  SliverIndex index);

/// A sliver with its axis. BCS: axis, SliverData.
struct Sliver {
    Axis axis = Axis::Primary;
    SliverData data;
    friend bool operator==(const Sliver&, const Sliver&) = default;
};

/// What one shard stores of a blob. BCS: primary, secondary.
struct SliverPair {
    SliverData primary;
    SliverData secondary;
    friend bool operator==(const SliverPair&, const SliverPair&) = default;
};

}  // namespace walrus
