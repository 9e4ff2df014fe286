// SPDX-License-Identifier: Apache-2.0
// What the tests of the ledger's rules share: programs that pay and keep, and a certified blob.
#pragma once

#include <gtest/gtest.h>

#include "ledger/testing.hpp"

namespace walrus::ledger::testing {

inline const AccountKey& alice() {
    static const AccountKey key = testing::account_key(1);
    return key;
}

/// A program over the Walrus package that ends with one call and keeps what is left.
class Program {
public:
    Program(TestLedger& ledger, Frost funds = 100 * kFrostPerWal) : ledger_(ledger) {
        const Argument right = b.withdrawal(funds, ledger.genesis.wal_type);
        coin = b.call(framework(), "coin", "redeem_funds", {ledger.genesis.wal_type}, {right});
    }
    Argument system(bool is_mutable = true) {
        return b.shared(ledger_.handles.system, 1, is_mutable);
    }
    Argument call(const char* module, const char* function, std::vector<Argument> arguments) {
        return b.call(ledger_.handles.package, module, function, {}, std::move(arguments));
    }
    Argument reserve(std::uint64_t bytes, std::uint32_t epochs) {
        return call("system", "reserve_space",
                    {system(), b.pure_u64(bytes), b.pure_u32(epochs), coin});
    }
    Argument reserve_for(std::uint64_t bytes, Epoch start, Epoch end) {
        return call("system", "reserve_space_for_epochs",
                    {system(), b.pure_u64(bytes), b.pure_u32(start), b.pure_u32(end), coin});
    }
    Argument register_blob(const RegisterBlob& blob, Argument storage) {
        return call("system", "register_blob",
                    {system(), storage, b.pure_u256(blob.blob_id.bytes),
                     b.pure_u256(blob.root_hash.bytes), b.pure_u64(blob.unencoded_bytes),
                     b.pure_u8(blob.encoding_type), b.pure_bool(blob.deletable), coin});
    }
    void keep(std::vector<Argument> objects) {
        b.transfer(std::move(objects), b.pure_address(address_of(alice())));
    }
    ExecutedTransaction run() {
        b.call(framework(), "coin", "send_funds", {ledger_.genesis.wal_type},
               {coin, b.pure_address(address_of(alice()))});
        return ledger_.run(std::move(b).finish(ledger_.handles, ledger_.options(alice())), alice());
    }
    static ObjectId framework() { return ObjectId{framework_address().bytes}; }

    ProgramBuilder b;
    Argument coin;

private:
    TestLedger& ledger_;
};

inline std::vector<std::uint64_t> used(const TestLedger& ledger, std::uint32_t count) {
    SystemStateInnerV1 system = ledger.system();
    std::vector<std::uint64_t> out;
    for (std::uint32_t i = 0; i < count; ++i)
        out.push_back((*ring_slot(system.future_accounting, i))->used_capacity);
    return out;
}
inline std::vector<Frost> rewards(const TestLedger& ledger, std::uint32_t count) {
    SystemStateInnerV1 system = ledger.system();
    std::vector<Frost> out;
    for (std::uint32_t i = 0; i < count; ++i)
        out.push_back((*ring_slot(system.future_accounting, i))->rewards_to_distribute);
    return out;
}
using U64s = std::vector<std::uint64_t>;

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
