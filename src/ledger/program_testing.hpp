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

/// A shared object as an input.
inline Argument shared_input(Program& p, const TestLedger& ledger, const ObjectId& id) {
    const auto* owner = std::get_if<SharedOwner>(&ledger.state.object(id)->owner);
    WALRUS_CHECK(owner != nullptr);
    return p.b.shared(id, owner->initial_version, true);
}

/// A ledger with an exchange whose capability is alice's. Every action is a signed transaction.
struct ExchangeLedger {
    /// Precondition: the amounts do not exceed what alice has.
    explicit ExchangeLedger(Frost wal = 0, std::uint64_t sui = 0) : ledger(config()) {
        Program p(ledger);
        p.keep({p.call("wal_exchange", "new", {})});
        const ExecutedTransaction executed = p.run();
        exchange = ledger.created(executed, "Exchange");
        cap = ledger.created(executed, "AdminCap");
        if (wal > 0) WALRUS_CHECK(add("add_wal", ledger.genesis.wal_type, wal) == "success");
        if (sui > 0) WALRUS_CHECK(add("add_sui", sui_type(), sui) == "success");
    }
    static GenesisConfig config() {
        GenesisConfig out = make_config({});
        out.accounts.at(0).sui = 2'000'000;
        return out;
    }

    /// A function of the exchange on a coin of `funds`, what is left of the coin comes back.
    /// `further` makes the arguments behind exchange and coin; a result is kept.
    std::string call(const char* function, const TypeTag& currency, std::uint64_t funds,
                     const std::function<std::vector<Argument>(Program&)>& further, bool result) {
        Program p(ledger);
        const Argument coin = p.b.call(Program::framework(), "coin", "redeem_funds", {currency},
                                       {p.b.withdrawal(funds, currency)});
        std::vector<Argument> arguments{shared_input(p, ledger, exchange), coin};
        for (const Argument& argument : further(p)) arguments.push_back(argument);
        const Argument out = p.call("wal_exchange", function, std::move(arguments));
        p.keep({coin});
        if (result) p.keep({out});
        return outcome(p.run());
    }
    std::string add(const char* function, const TypeTag& currency, std::uint64_t amount) {
        return call(
            function, currency, amount,
            [&](Program& p) -> std::vector<Argument> { return {p.b.pure_u64(amount)}; }, false);
    }
    /// exchange_for_wal or exchange_for_sui of `amount` out of a coin of `funds`.
    std::string swap(const char* function, std::uint64_t funds, std::uint64_t amount) {
        const bool gives_sui = std::string_view(function) == "exchange_for_wal";
        return call(
            function, gives_sui ? sui_type() : ledger.genesis.wal_type, funds,
            [&](Program& p) -> std::vector<Argument> { return {p.b.pure_u64(amount)}; }, true);
    }
    std::string set_rate(std::uint64_t wal, std::uint64_t sui, const ObjectId& admin) {
        Program p(ledger);
        p.call("wal_exchange", "set_exchange_rate",
               {shared_input(p, ledger, exchange), p.b.pure_u64(wal), p.b.pure_u64(sui),
                p.b.owned(ledger.ref(admin))});
        return outcome(p.run());
    }
    std::string withdraw(const char* function, std::uint64_t amount, const ObjectId& admin) {
        Program p(ledger);
        p.keep({p.call("wal_exchange", function,
                       {shared_input(p, ledger, exchange), p.b.pure_u64(amount),
                        p.b.owned(ledger.ref(admin))})});
        return outcome(p.run());
    }
    /// Another exchange's capability.
    ObjectId other_cap() {
        Program p(ledger);
        p.keep({p.call("wal_exchange", "new", {})});
        return ledger.created(p.run(), "AdminCap");
    }
    Exchange read() const { return ledger.read<Exchange>(exchange); }
    std::uint64_t sui() const {
        return ledger.state.balance(balance_key(address_of(alice()), sui_type()));
    }
    Frost wal() const { return ledger.wal(address_of(alice())); }

    TestLedger ledger;
    ObjectId exchange;
    ObjectId cap;
};

/// A ledger (storage price 5, write price 1, 10^9 bytes) with the deprecated subsidies and their
/// capability. Every action is a signed transaction of alice's.
struct SubsidisedLedger {
    SubsidisedLedger(Frost pool, std::uint16_t buyer_rate, std::uint16_t system_rate)
        : ledger(options()) {
        Program p(ledger);
        const auto funds = p.b.split(p.coin, {p.b.pure_u64(pool)});
        p.keep({p.call("subsidies", "new_with_initial_rates_and_funds",
                       {p.b.pure_id(ledger.genesis.ids.package), p.b.pure_u16(buyer_rate),
                        p.b.pure_u16(system_rate), funds[0]})});
        const ExecutedTransaction executed = p.run();
        creation = outcome(executed);
        if (creation != "success") return;
        subsidies = ledger.created(executed, "Subsidies");
        cap = ledger.created(executed, "AdminCap");
    }
    static Options options() {
        Options out;
        out.max_epochs_ahead = 104;
        out.storage_price = 5;
        out.write_price = 1;
        out.capacity_vote = 100'000'000;
        return out;
    }
    std::string reserve(std::uint64_t bytes, std::uint32_t epochs, Frost payment) {
        Program p(ledger, payment);
        p.keep({p.call("subsidies", "reserve_space",
                       {shared_input(p, ledger, subsidies), p.system(), p.b.pure_u64(bytes),
                        p.b.pure_u32(epochs), p.coin})});
        return outcome(p.run());
    }
    Subsidies read() const { return ledger.read<Subsidies>(subsidies); }

    TestLedger ledger;
    std::string creation;
    ObjectId subsidies;
    ObjectId cap;
};

/// A ledger of ten nodes of 100 shards each, prices 5 and 1, on which nodes act by their
/// capabilities. Nodes are counted in the order of the committee.
struct NodeLedger {
    explicit NodeLedger(std::uint16_t n_shards = 1000, std::uint32_t revision = 0)
        : ledger(options(n_shards, revision)) {
        for (const BlsCommitteeMember& member : ledger.system().committee->members)
            for (std::size_t k = 0; k < ledger.genesis.nodes.size(); ++k)
                if (ledger.genesis.nodes[k] == member.node_id) order.push_back(k);
    }
    static Options options(std::uint16_t n_shards, std::uint32_t revision) {
        Options out;
        out.protocol_revision = revision;
        out.n_shards = n_shards;
        out.max_epochs_ahead = 4;
        out.storage_price = 5;
        out.write_price = 1;
        out.capacity_vote = 100'000'000;
        return out;
    }
    AccountKey key(std::size_t node) const {
        return account_key(static_cast<Byte>(200 + order.at(node) % 50));
    }
    const ObjectId& cap_id(std::size_t node) const {
        return ledger.genesis.node_caps.at(order.at(node));
    }
    const NodeId& node_id(std::size_t node) const {
        return ledger.genesis.nodes.at(order.at(node));
    }
    StorageNodeCap cap(std::size_t node) const { return ledger.read<StorageNodeCap>(cap_id(node)); }
    /// A function of system on (System, the node's capability, `arguments`).
    ExecutedTransaction run(std::size_t node, const char* function,
                            const std::function<std::vector<Argument>(ProgramBuilder&)>& more) {
        ProgramBuilder b;
        std::vector<Argument> arguments{b.shared(ledger.handles.system, 1, true),
                                        b.owned(ledger.ref(cap_id(node)))};
        for (const Argument& argument : more(b)) arguments.push_back(argument);
        b.call(ledger.handles.package, "system", function, {}, std::move(arguments));
        return ledger.run(std::move(b).finish(ledger.handles, ledger.options(key(node))),
                          key(node));
    }
    ExecutedTransaction attest_blob(std::size_t node, const RegisterBlob& blob,
                                    std::uint64_t sequence, Epoch epoch) {
        return run(node, "certify_event_blob", [&](ProgramBuilder& b) -> std::vector<Argument> {
            return {b.pure_u256(blob.blob_id.bytes),
                    b.pure_u256(blob.root_hash.bytes),
                    b.pure_u64(blob.unencoded_bytes),
                    b.pure_u8(blob.encoding_type),
                    b.pure_u64(sequence),
                    b.pure_u32(epoch)};
        });
    }
    std::string attest(std::size_t node, const RegisterBlob& blob, std::uint64_t sequence) {
        return outcome(attest_blob(node, blob, sequence, ledger.system().committee->epoch));
    }
    EventBlobCertificationState state() const {
        return ledger.system().event_blob_certification_state;
    }
    /// Sequence of the latest certified event blob.
    std::optional<std::uint64_t> latest() const {
        const auto certified = state().latest_certified_blob;
        if (!certified) return std::nullopt;
        return certified->ending_checkpoint_sequence_number;
    }
    /// A function of system on a certificate, with the node's capability.
    std::string hand_in(std::size_t node, const char* function, const CertifyBlob& certificate) {
        return outcome(run(node, function, [&](ProgramBuilder& b) -> std::vector<Argument> {
            return {b.pure_vector_u8(certificate.signature),
                    b.pure_vector_u8(certificate.signers_bitmap),
                    b.pure_vector_u8(certificate.message)};
        }));
    }
    /// The node leaves the committee (its shards go to the last node).
    void expel(std::size_t node) {
        SystemStateInnerV1 inner = ledger.system();
        BlsCommittee committee = *inner.committee;
        committee.members.back().weight = static_cast<std::uint16_t>(
            committee.members.back().weight + committee.members[node].weight);
        committee.members.erase(committee.members.begin() + static_cast<std::ptrdiff_t>(node));
        inner.committee = Frozen<BlsCommittee>(std::move(committee));
        ledger.set_system(inner);
    }

    TestLedger ledger;
    std::vector<std::size_t> order;
};

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
