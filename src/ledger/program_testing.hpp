// SPDX-License-Identifier: Apache-2.0
// Programs over the Walrus package that pay and keep, for tests of the ledger's rules and for its
// vectors; and a ledger with a storage pool.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

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

/// A ledger with a storage pool of alice's. Every action is a signed transaction and answers with
/// its outcome.
struct PoolLedger {
    PoolLedger(const Options& options, std::uint64_t capacity, std::uint32_t epochs)
        : ledger(options) {
        Program p(ledger, 100'000 * kFrostPerWal);
        p.keep({p.call("system", "create_storage_pool",
                       {p.system(), p.b.pure_u64(capacity), p.b.pure_u32(epochs), p.coin})});
        const ExecutedTransaction executed = p.run();
        creation = outcome(executed);
        if (creation == "success") pool = ledger.created(executed, "StoragePool");
    }

    /// A function whose arguments `arguments` makes from a program and the pool.
    using Arguments = std::function<std::vector<Argument>(Program&, Argument)>;
    ExecutedTransaction run(const char* module, const char* function, const Arguments& arguments,
                            bool keep_result = false, Frost funds = 10 * kFrostPerWal) {
        Program p(ledger, funds);
        const Argument result = p.call(module, function, arguments(p, p.b.owned(ledger.ref(pool))));
        if (keep_result) p.keep({result});
        return p.run();
    }
    std::string add(const RegisterBlob& blob, Frost funds = 10 * kFrostPerWal) {
        return outcome(run(
            "system", "register_pooled_blob",
            [&](Program& p, Argument a) -> std::vector<Argument> {
                return {p.system(),
                        a,
                        p.b.pure_u256(blob.blob_id.bytes),
                        p.b.pure_u256(blob.root_hash.bytes),
                        p.b.pure_u64(blob.unencoded_bytes),
                        p.b.pure_u8(blob.encoding_type),
                        p.b.pure_bool(blob.deletable),
                        p.coin};
            },
            false, funds));
    }
    std::string certify(const BlobId& id, const CertifyBlob& certificate) {
        return outcome(run("system", "certify_pooled_blob",
                           [&](Program& p, Argument a) -> std::vector<Argument> {
                               return {p.system(false),
                                       a,
                                       p.b.pure_u256(id.bytes),
                                       p.b.pure_vector_u8(certificate.signature),
                                       p.b.pure_vector_u8(certificate.signers_bitmap),
                                       p.b.pure_vector_u8(certificate.message)};
                           }));
    }
    std::string certify(const BlobId& id, const attest::StoredBlob& statement) {
        const auto committee = ledger.system().committee;
        return certify(id,
                       ledger.certificate(statement, committee->epoch, committee->members.size()));
    }
    std::string certify(const BlobId& id) { return certify(id, statement(id)); }
    /// `function` of system on a blob: delete_pooled_blob or burn_expired_pooled_blob.
    std::string drop(const char* function, const BlobId& id) {
        return outcome(
            run("system", function, [&](Program& p, Argument a) -> std::vector<Argument> {
                return {p.system(false), a, p.b.pure_u256(id.bytes)};
            }));
    }
    std::string extend(std::uint32_t epochs, Frost funds = 10 * kFrostPerWal) {
        return outcome(run(
            "system", "extend_storage_pool",
            [&](Program& p, Argument a) -> std::vector<Argument> {
                return {p.system(), a, p.b.pure_u32(epochs), p.coin};
            },
            false, funds));
    }
    std::string increase(std::uint64_t bytes, Frost funds = 10 * kFrostPerWal) {
        return outcome(run(
            "system", "increase_storage_pool_capacity",
            [&](Program& p, Argument a) -> std::vector<Argument> {
                return {p.system(), a, p.b.pure_u64(bytes), p.coin};
            },
            false, funds));
    }
    std::string absorb(const ObjectId& storage) {
        return outcome(run("system", "increase_storage_pool_capacity_with_storage",
                           [&](Program& p, Argument a) -> std::vector<Argument> {
                               return {p.system(false), a, p.b.owned(ledger.ref(storage))};
                           }));
    }
    /// The bytes that were taken out go to `extracted`.
    std::string decrease(std::uint64_t bytes) {
        return take_out("decrease_storage_pool_capacity_by_size",
                        [&](Program& p) { return p.b.pure_u64(bytes); });
    }
    std::string decrease_percent(std::uint8_t percent) {
        return take_out("decrease_storage_pool_unused_capacity_by_percent",
                        [&](Program& p) { return p.b.pure_u8(percent); });
    }
    std::string destroy() {
        return outcome(run(
            "storage_pool", "destroy",
            [](Program&, Argument a) -> std::vector<Argument> { return {a}; }, true));
    }
    std::string set_attribute(const BlobId& id, const char* key, const char* value) {
        return outcome(run("storage_pool", "insert_or_update_blob_metadata_pair",
                           [&](Program& p, Argument a) -> std::vector<Argument> {
                               return {a, p.b.pure_u256(id.bytes), p.b.pure_string(key),
                                       p.b.pure_string(value)};
                           }));
    }
    /// A storage for [start, end) of alice's.
    ObjectId reserve(std::uint64_t bytes, Epoch start, Epoch end) {
        Program p(ledger);
        p.keep({p.reserve_for(bytes, start, end)});
        return ledger.created(p.run(), "Storage");
    }

    StoragePoolInnerV1 inner() const {
        const ObjectId field =
            dynamic_field_id(pool, primitive(TypeKind::U64), bcs::encode(kStoragePoolVersion));
        return ledger.read<Field<std::uint64_t, StoragePoolInnerV1>>(field).value;
    }
    /// Nothing if the pool has no such blob.
    std::optional<PooledBlob> blob(const BlobId& id) const {
        const TypeTag key = make_type(make_struct(framework_address(), "dynamic_object_field",
                                                  "Wrapper", {primitive(TypeKind::U256)}));
        const ObjectId entry = dynamic_field_id(inner().blobs.id, key, bcs::encode(id));
        if (ledger.state.object(entry) == nullptr) return std::nullopt;
        return ledger.read<PooledBlob>(ledger.read<Field<BlobId, ObjectId>>(entry).value);
    }
    attest::StoredBlob statement(const BlobId& id) const {
        const auto found = blob(id);
        WALRUS_CHECK(found.has_value());
        attest::StoredBlob out;
        out.blob_id = id;
        if (found->deletable) out.persistence = attest::BlobPersistence::deletable(found->id);
        return out;
    }

    TestLedger ledger;
    std::string creation;
    ObjectId pool;
    std::uint64_t extracted = 0;

private:
    std::string take_out(const char* function, const std::function<Argument(Program&)>& amount) {
        const ExecutedTransaction executed = run(
            "system", function,
            [&](Program& p, Argument a) -> std::vector<Argument> {
                return {p.system(false), a, amount(p)};
            },
            true);
        if (executed.effects.success())
            extracted = ledger.read<Storage>(ledger.created(executed, "Storage")).storage_size;
        return outcome(executed);
    }
};

}  // namespace walrus::ledger::testing
