// SPDX-License-Identifier: Apache-2.0
// Programs out of arbitrary bytes: executing one never fails badly, creates or destroys no money,
// and leaves no trace if it fails.
#include <cstdlib>

#include "ledger/random_program.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace walrus;
    using namespace walrus::ledger;
    static const testing::TestLedger base = [] {
        testing::TestLedger ledger;
        const AccountKey key = testing::account_key(1);
        for (std::uint64_t i = 0; i < 3; ++i) {
            const ObjectId id = ledger.register_one(testing::sample_blob(i, 100, 1000), key);
            if (i > 0) ledger.certify_one(id, key);
        }
        return ledger;
    }();
    testing::TestLedger ledger = base;
    TransactionData transaction;
    transaction.sender = testing::address_of(testing::account_key(1));
    transaction.gas.owner = transaction.sender;
    transaction.program =
        testing::RandomProgram(ByteView(data, size), ledger, transaction.sender).make();
    const auto checked = parse_unsigned_transaction(bcs::encode(transaction));
    if (!checked) return 0;
    const BlockContext context = ledger.context();
    StateOverlay overlay(ledger.state, &ledger.cache);
    TransactionData valid = checked->data;
    ValidDuring during;
    during.epoch_max = context.epoch;
    during.chain = {context.ids.chain.bytes};
    valid.expiration = during;
    const auto ready = parse_unsigned_transaction(bcs::encode(valid));
    if (!ready) std::abort();
    const auto executed = execute_transaction(overlay, context, *ready);
    if (!executed) return 0;
    const StateChanges changes = overlay.take_changes();
    if (!executed->effects.success() && !(changes.objects.empty() && changes.balances.empty()))
        std::abort();
    ledger.state.apply(changes);
    if (ledger.total_wal() != Uint128{kWalSupplyFrost}) std::abort();
    if (bcs::decode<TransactionEffects>(executed->effects_bcs) != executed->effects) {
        // Texts are not part of the bytes; everything else is.
        const auto back = bcs::decode<TransactionEffects>(executed->effects_bcs);
        if (!back || bcs::encode(*back) != executed->effects_bcs) std::abort();
    }
    return 0;
}
