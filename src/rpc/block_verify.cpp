// SPDX-License-Identifier: Apache-2.0
#include "rpc/block_verify.hpp"

#include <fmt/format.h>

namespace walrus::rpc {

chain::ChainResult<chain::SealedHeader> verify_block_message(
    const std::optional<chain::SealedHeader>& previous, const BlockMessage& message,
    const chain::SequencerKey& key, const ChainId& chain_id) {
    const auto broken = [&](const char* what) {
        return chain::chain_failure(chain::ChainCode::Broken,
                                    fmt::format("block {}: {}", message.seq, what));
    };
    const chain::SealedHeader header =
        WALRUS_TRY(chain::decode_sealed_header(message.sealed_header));
    const chain::BlockSummary& summary = header.header.summary;
    if (summary.seq != message.seq || summary.time_ms != message.time_ms ||
        summary.epoch != message.epoch)
        return broken("number, time or epoch are not those of the header");
    // The seal first: nothing else is looked at in what the sequencer did not sign.
    WALRUS_TRY(chain::verify_sealed_header(previous, header, key, chain_id));
    if (message.transactions.size() > chain::kBlockTransactionsMax)
        return broken("too many transactions");
    std::vector<chain::BlockTransaction> transactions;
    transactions.reserve(message.transactions.size());
    for (const BlockTransaction& transaction : message.transactions) {
        chain::BlockTransaction& item = transactions.emplace_back();
        item.digest = transaction.digest;
        item.effects_digest = transaction.effects_digest;
        for (const BlockEvent& event : transaction.events) {
            auto type = ledger::parse_struct_tag(event.type);
            if (!type) return broken("an event's type does not parse");
            // The roots are over parsed types; whoever follows compares their texts. Another
            // spelling (capital digits, spaces) must not slip an event past them.
            if (ledger::to_text(*type) != event.type)
                return broken("an event's type is not in its canonical spelling");
            item.events.push_back({std::move(*type), event.contents});
        }
    }
    WALRUS_TRY(chain::verify_block_contents(header, transactions));
    return header;
}

}  // namespace walrus::rpc
