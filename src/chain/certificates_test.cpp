// SPDX-License-Identifier: Apache-2.0
#include "chain/certificates.hpp"

#include <gtest/gtest.h>

#include "ledger/testing.hpp"

namespace walrus::chain {
namespace {

using namespace ledger;
using ledger::testing::account_key;

TEST(CertificatesAhead, ABlockComesOutTheSame) {
    ledger::testing::TestLedger ledger;
    const AccountKey user = account_key(1);
    std::vector<CheckedTransaction> block;
    const auto add = [&](std::vector<CertifyBlob> blobs) {
        const auto data = certify_blobs(ledger.handles, ledger.options(user), blobs);
        block.push_back(*verify_transaction(sign_transaction(data, user)));
    };
    std::size_t number = 0;
    const auto certified = [&] {
        const auto blob =
            ledger::testing::sample_blob(number++, ledger.system().committee->n_shards);
        return ledger.certificate_for(ledger.register_one(blob, user));
    };
    add({certified()});
    add({certified(), certified()});
    CertifyBlob bad = certified();
    bad.signature[70] ^= 1;
    add({bad});
    bad = certified();
    bad.message.back() ^= 1;
    add({bad});
    bad = certified();
    bad.signers_bitmap = Bytes{1};
    add({bad});
    bad = certified();
    bad.signature.pop_back();
    add({bad, certified()});
    add({certified()});
    for (std::uint8_t i = 0; i < 12; ++i) add({certified()});

    const auto certificates = certificates_of(block);
    ASSERT_EQ(certificates.size(), number);
    const BlockContext context = ledger.context();
    const auto record = ledger.system().committee;
    LedgerCache plain;
    const AppliedBlock expected = apply_block(ledger.state, context, block, &plain);
    std::size_t failures = 0;
    for (const auto& result : expected.results) failures += result && !result->effects.success();
    EXPECT_EQ(failures, 4u);

    InlineExecutor executor;
    LedgerCache knowing;
    const auto committee = knowing.committee(record);
    ASSERT_TRUE(committee);
    auto ahead = std::make_shared<const attest::BlsCommittee>(
        attest::verify_ahead(*committee, certificates, executor));
    std::size_t known = 0;
    for (const auto& view : certificates)
        known +=
            ahead->knows(attest::certificate_digest(view.signature, view.bitmap, view.message));
    EXPECT_EQ(known, number - 4);
    knowing.set_committee(record, ahead);
    EXPECT_EQ(knowing.committee(record), ahead);
    const AppliedBlock block_ahead = apply_block(ledger.state, context, block, &knowing);
    ASSERT_EQ(block_ahead.results.size(), expected.results.size());
    for (std::size_t i = 0; i < expected.results.size(); ++i) {
        ASSERT_TRUE(block_ahead.results[i] && expected.results[i]) << i;
        EXPECT_EQ(block_ahead.results[i]->effects_bcs, expected.results[i]->effects_bcs) << i;
    }
    EXPECT_EQ(block_ahead.changes.digest(), expected.changes.digest());
}

TEST(CertificatesAhead, OtherTransactionsHaveNone) {
    ledger::testing::TestLedger ledger;
    const AccountKey user = account_key(1);
    const auto data = send_coins(ledger.handles, ledger.options(user), ledger.genesis.wal_type, 5,
                                 ledger::testing::address_of(account_key(2)));
    const std::vector<CheckedTransaction> block{*verify_transaction(sign_transaction(data, user))};
    EXPECT_TRUE(certificates_of(block).empty());
}

}  // namespace
}  // namespace walrus::chain
