// SPDX-License-Identifier: Apache-2.0
// What the tests of the ledger's rules share: storages that were bought, and a certified blob.
#pragma once

#include <gtest/gtest.h>

#include "ledger/program_testing.hpp"

namespace walrus::ledger::testing {

/// Reserves and keeps a storage of this period, like a transaction in epoch `start` would.
inline ObjectId keep_storage(TestLedger& ledger, std::uint64_t bytes, Epoch start, Epoch end) {
    Program p(ledger);
    p.keep({p.reserve_for(bytes, start, end)});
    const auto executed = p.run();
    EXPECT_EQ(outcome(executed), "success");
    return ledger.created(executed, "Storage");
}

struct Certified {
    TestLedger ledger;
    ObjectId blob;
    explicit Certified(bool deletable = true, std::uint32_t epochs = 3, bool certify = true) {
        RegisterBlob request = sample_blob(1, 100);
        request.deletable = deletable;
        request.epochs = epochs;
        blob = ledger.register_one(request, alice());
        if (certify) {
            EXPECT_EQ(outcome(ledger.certify_one(blob, alice())), "success");
        }
    }
    std::string certify(const CertifyBlob& certificate) {
        CertifyBlob with_blob = certificate;
        with_blob.blob = ledger.ref(blob);
        return outcome(ledger.run(
            certify_blobs(ledger.handles, ledger.options(alice()), {with_blob}), alice()));
    }
    attest::StoredBlob statement() const {
        attest::StoredBlob out;
        const Blob object = ledger.read<Blob>(blob);
        out.blob_id = object.blob_id;
        if (object.deletable) out.persistence = attest::BlobPersistence::deletable(blob);
        return out;
    }
};

}  // namespace walrus::ledger::testing
