// SPDX-License-Identifier: Apache-2.0
#include "rpc/history.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "bcs/bcs.hpp"

namespace walrus::rpc {
namespace {

constexpr std::size_t kPlaceBytes = 16;
/// Blocks read at a time in the order of the chain.
constexpr std::size_t kBlocksAtATime = 64;

template <class... F>
struct Overload : F... {
    using F::operator()...;
};
template <class... F>
Overload(F...) -> Overload<F...>;

std::vector<std::string> parts_of(const std::string& text) {
    std::vector<std::string> out;
    std::size_t begin = 0;
    while (true) {
        const std::size_t end = text.find("::", begin);
        out.push_back(text.substr(begin, end == std::string::npos ? end : end - begin));
        if (end == std::string::npos) return out;
        begin = end + 2;
    }
}

bool matches(const ledger::Event& event, const EmittedIn& wanted) {
    return event.package == wanted.package && event.module == wanted.module;
}

bool matches(const ledger::Event& event, const EventOfType& wanted) {
    const ledger::StructTag& type = wanted.type;
    return event.type.address == type.address && event.type.module == type.module &&
           (type.name.empty() || event.type.name == type.name) &&
           (type.type_arguments.empty() || event.type.type_arguments == type.type_arguments);
}

bool matches(const ledger::Command& command, const Calls& wanted) {
    const auto* call = std::get_if<ledger::MoveCall>(&command);
    return call != nullptr && call->package == wanted.package &&
           (wanted.module.empty() || call->module == wanted.module) &&
           (wanted.function.empty() || call->function == wanted.function);
}

/// A transaction, or one event of it, with what filters look at.
struct Candidate {
    const chain::TransactionRecord& record;
    const ledger::TransactionData& data;
    const ledger::Event* event = nullptr;  ///< nothing: the transaction as a whole

    template <class Wanted>
    bool any_event(const Wanted& wanted) const {
        if (event != nullptr) return matches(*event, wanted);
        const auto& events = record.executed.events;
        return std::any_of(events.begin(), events.end(),
                           [&](const ledger::Event& e) { return matches(e, wanted); });
    }
    bool holds(const HistoryLiteral& literal) const {
        const bool found =
            std::visit(Overload{
                           [&](const SentBy& by) { return data.sender == by.sender; },
                           [&](const Calls& calls) {
                               const auto& commands = data.program.commands;
                               return std::any_of(commands.begin(), commands.end(),
                                                  [&](const auto& c) { return matches(c, calls); });
                           },
                           [&](const EmittedIn& in) { return any_event(in); },
                           [&](const EventOfType& of) { return any_event(of); },
                       },
                       literal.what);
        return found != literal.negated;
    }
    bool holds(const HistoryFilter& filter) const {
        if (filter.empty()) return true;
        return std::any_of(filter.begin(), filter.end(), [&](const auto& term) {
            return std::all_of(term.begin(), term.end(),
                               [&](const HistoryLiteral& literal) { return holds(literal); });
        });
    }
};

/// Collects a page; each function says whether to go on.
class Reader {
public:
    explicit Reader(const HistoryQuery& query)
        : query_(query),
          limit_(
              std::min(query.limit == 0 ? kHistoryItemsDefault : query.limit, kHistoryItemsMax)) {}

    /// The whole transaction lies beyond the bounds on this side: it need not be read.
    bool skips(const HistoryPlace& place) const {
        if (query_.after &&
            (place.seq < query_.after->seq ||
             (place.seq == query_.after->seq && place.transaction < query_.after->transaction)))
            return true;
        return query_.before &&
               (place.seq > query_.before->seq || (place.seq == query_.before->seq &&
                                                   place.transaction > query_.before->transaction));
    }
    bool transaction(HistoryPlace place, const chain::RecordPtr& record) {
        if (++scanned_ > kHistoryScanMax) return stop(HistoryPage::End::Scan);
        page_.frontier_digest = record->executed.digest;
        // Behind all of its events.
        const HistoryPlace whole{place.seq, place.transaction,
                                 query_.events && !query_.descending ? UINT32_MAX : 0};
        const auto data = bcs::decode<ledger::TransactionData>(record->data);
        if (!data) return true;  // no record is like that
        if (!query_.events && !take({*record, *data, nullptr}, place, record)) return false;
        if (!query_.events) return reached(whole);
        const std::vector<ledger::Event>& events = record->executed.events;
        for (std::size_t i = 0; i < events.size(); ++i) {
            const std::size_t index = query_.descending ? events.size() - 1 - i : i;
            place.event = static_cast<std::uint32_t>(index);
            if (!take({*record, *data, &events[index]}, place, record)) return false;
        }
        return reached(whole);
    }
    bool stop(HistoryPage::End end) {
        page_.end = end;
        return false;
    }
    HistoryPage take_page() { return std::move(page_); }

private:
    bool reached(const HistoryPlace& place) {
        page_.frontier = place;
        return true;
    }
    bool take(const Candidate& candidate, const HistoryPlace& place,
              const chain::RecordPtr& record) {
        const bool too_early = query_.after && place <= *query_.after;
        const bool too_late = query_.before && place >= *query_.before;
        if (query_.descending ? too_late : too_early) return true;
        if (query_.descending ? too_early : too_late) return stop(HistoryPage::End::Bounds);
        if (candidate.holds(query_.filter)) {
            if (page_.items.size() == limit_ || bytes_ > kHistoryPageBytesMax)
                return stop(HistoryPage::End::Items);
            page_.items.push_back({place, record});
            // A structured transaction takes about three times its bytes.
            bytes_ += query_.events ? candidate.event->contents.size() + 256
                                    : 3 * record->data.size() + 1024;
        }
        return reached(place);
    }

    const HistoryQuery& query_;
    std::size_t limit_;
    std::size_t scanned_ = 0;
    std::size_t bytes_ = 0;
    HistoryPage page_;
};

}  // namespace

Bytes encode_place(const HistoryPlace& place) {
    Bytes out(kPlaceBytes);
    store_be(out.data(), place.seq);
    store_be(out.data() + 8, place.transaction);
    store_be(out.data() + 12, place.event);
    return out;
}

std::optional<HistoryPlace> decode_place(ByteView bytes) {
    if (bytes.size() != kPlaceBytes) return std::nullopt;
    return HistoryPlace{load_be<std::uint64_t>(bytes.data()),
                        load_be<std::uint32_t>(bytes.data() + 8),
                        load_be<std::uint32_t>(bytes.data() + 12)};
}

std::optional<Calls> parse_calls(const std::string& text) {
    const std::vector<std::string> parts = parts_of(text);
    const auto package = parse_object_id(parts[0]);
    if (!package || parts.size() > 3) return std::nullopt;
    Calls out{*package, {}, {}};
    if (parts.size() > 1) out.module = parts[1];
    if (parts.size() > 2) out.function = parts[2];
    if ((parts.size() > 1 && !ledger::is_identifier(out.module)) ||
        (parts.size() > 2 && !ledger::is_identifier(out.function)))
        return std::nullopt;
    return out;
}

std::optional<EmittedIn> parse_emitted_in(const std::string& text) {
    const auto parsed = parse_calls(text);
    if (!parsed || parsed->module.empty() || !parsed->function.empty()) return std::nullopt;
    return EmittedIn{parsed->package, parsed->module};
}

std::optional<EventOfType> parse_event_type(const std::string& text) {
    if (auto type = ledger::parse_struct_tag(text)) return EventOfType{std::move(*type)};
    const auto module = parse_emitted_in(text);
    if (!module) return std::nullopt;
    return EventOfType{
        ledger::StructTag{Address::from(module->package.view()), module->module, {}, {}}};
}

io::Task<chain::ChainResult<HistoryPage>> read_history(chain::LedgerService& service,
                                                       HistoryQuery query) {
    Reader reader(query);
    const std::uint64_t seq_end = service.head().next_seq;
    std::uint64_t next = query.after ? query.after->seq : 0;
    if (query.descending) next = query.before ? std::min(query.before->seq + 1, seq_end) : seq_end;
    bool more = true;
    std::size_t calls = 0;
    while (more && (query.descending ? next > 0 : next < seq_end)) {
        const bool beyond = query.descending ? query.after && next <= query.after->seq
                                             : query.before && next > query.before->seq;
        if (beyond) more = reader.stop(HistoryPage::End::Bounds);
        if (++calls > kHistoryScanMax) more = reader.stop(HistoryPage::End::Scan);
        if (!more) break;
        const std::size_t count = query.descending ? 1 : kBlocksAtATime;
        const std::uint64_t from = query.descending ? next - 1 : next;
        auto blocks = co_await service.blocks(from, count);
        if (!blocks) co_return tl::make_unexpected(std::move(blocks.error()));
        if (blocks->empty()) break;
        for (const chain::BlockPtr& block : *blocks) {
            const std::uint64_t seq = block->header.header.summary.seq;
            const std::size_t size = block->transactions.size();
            for (std::size_t i = 0; i < size && more; ++i) {
                const std::size_t index = query.descending ? size - 1 - i : i;
                const HistoryPlace place{seq, static_cast<std::uint32_t>(index), 0};
                if (reader.skips(place)) continue;
                auto record = co_await service.transaction(block->transactions[index].digest);
                if (!record) co_return tl::make_unexpected(std::move(record.error()));
                more = reader.transaction(place, *record);
            }
            next = query.descending ? seq : seq + 1;
            if (!more) break;
        }
    }
    co_return reader.take_page();
}

}  // namespace walrus::rpc
