// SPDX-License-Identifier: Apache-2.0
// The ledger's transactions and events in the order of the chain, filtered, a page at a time: what
// explorers ask for (spec/rpc-compat.md §6.3). Internal to the room.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "chain/service.hpp"

namespace walrus::rpc {

/// Transactions that one page looks at, and bytes of the transactions on it, at most.
inline constexpr std::size_t kHistoryScanMax = 2000;
inline constexpr std::size_t kHistoryPageBytesMax = std::size_t{4} << 20;
inline constexpr std::uint32_t kHistoryItemsMax = 1000;
inline constexpr std::uint32_t kHistoryItemsDefault = 50;
/// Literals of one filter.
inline constexpr std::size_t kHistoryLiteralsMax = 32;

/// Where a transaction, or one of its events, stands.
struct HistoryPlace {
    std::uint64_t seq = 0;          ///< of the block
    std::uint32_t transaction = 0;  ///< in the block
    std::uint32_t event = 0;        ///< in the transaction; 0 for transactions
    auto operator<=>(const HistoryPlace&) const = default;
};
/// 16 bytes, big endian.
Bytes encode_place(const HistoryPlace& place);
std::optional<HistoryPlace> decode_place(ByteView bytes);

// What may be asked of a transaction or an event. Empty names match all.
struct SentBy {
    Address sender;
};
struct Calls {
    ObjectId package;
    std::string module;
    std::string function;
};
struct EmittedIn {
    ObjectId package;
    std::string module;
};
/// `name` empty: any type of the module. Type arguments count only where they are given.
struct EventOfType {
    ledger::StructTag type;
};
struct HistoryLiteral {
    bool negated = false;
    std::variant<SentBy, Calls, EmittedIn, EventOfType> what;
};
/// Alternatives, each of which holds if all of its literals do; none at all: everything.
using HistoryFilter = std::vector<std::vector<HistoryLiteral>>;

/// "package", "package::module" or "package::module::function".
std::optional<Calls> parse_calls(const std::string& text);
/// "package::module".
std::optional<EmittedIn> parse_emitted_in(const std::string& text);
/// "package::module" or a type.
std::optional<EventOfType> parse_event_type(const std::string& text);

struct HistoryQuery {
    HistoryFilter filter;
    bool events = false;  ///< events, else transactions
    bool descending = false;
    std::optional<HistoryPlace> after;   ///< exclusive
    std::optional<HistoryPlace> before;  ///< exclusive
    std::uint32_t limit = 0;             ///< 0: default
};
struct HistoryItem {
    HistoryPlace place;
    chain::RecordPtr record;
};
struct HistoryPage {
    enum class End : std::uint8_t {
        Items,   ///< the limit is reached: there may be more
        Scan,    ///< enough was looked at: go on at `frontier`
        Chain,   ///< the end of the chain, or its beginning when descending
        Bounds,  ///< the other bound of the query
    };
    std::vector<HistoryItem> items;
    HistoryPlace frontier;  ///< the last place that was looked at
    TransactionDigest frontier_digest;
    End end = End::Chain;
};
/// Errors: those of the service.
io::Task<chain::ChainResult<HistoryPage>> read_history(chain::LedgerService& service,
                                                       HistoryQuery query);

}  // namespace walrus::rpc
