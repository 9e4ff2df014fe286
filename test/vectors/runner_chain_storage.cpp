// SPDX-License-Identifier: Apache-2.0
// The suites of chain.json about storage beyond single blobs: storage pools, prices. What happens
// on the ledger is done by signed transactions. Epochs of the cases count from 0, here from 1.
#include <functional>
#include <map>

#include "ledger/packages/subsidy_rules.hpp"
#include "ledger/program_testing.hpp"
#include "protocol/parameters.hpp"
#include "protocol/pricing.hpp"
#include "test/vectors/runner_chain_case.hpp"

namespace walrus::vectors {
namespace {

using namespace ledger;           // NOLINT: the runner speaks the ledger's words
using namespace ledger::testing;  // NOLINT

/// 10^9 bytes, prices 5 and 1, 104 epochs ahead, 10 x 10 shards.
Options accounting_options(std::uint64_t capacity = 1'000'000'000) {
    Options options;
    options.max_epochs_ahead = 104;
    options.storage_price = 5;
    options.write_price = 1;
    options.capacity_vote = capacity / 10;
    return options;
}

constexpr std::uint64_t kBlobBytes = 5'000'000;
constexpr std::uint64_t kEncoded = 22'822'800;

RegisterBlob blob_of(std::uint64_t number, bool deletable = true,
                     std::uint64_t bytes = kBlobBytes) {
    RegisterBlob out = sample_blob(number, 100, bytes);
    out.deletable = deletable;
    return out;
}

/// A pool for one blob of 5,000,000 bytes and three epochs, with that blob.
struct WithBlob : PoolLedger {
    explicit WithBlob(bool deletable = true, std::uint32_t epochs = 3)
        : PoolLedger(accounting_options(), kEncoded, epochs), id(blob_of(1).blob_id) {
        WALRUS_CHECK(add(blob_of(1, deletable)) == "success");
    }
    BlobId id;
};

/// Creates a pool from a storage of the case's period after so many epochs.
std::string create_with_storage(Case& c) {
    TestLedger ledger(accounting_options());
    const auto start = c.json.at("storage").at(0).get<Epoch>();
    const auto end = c.json.at("storage").at(1).get<Epoch>();
    Program reserve(ledger);
    reserve.keep({reserve.reserve_for(kEncoded, start + 1, end + 1)});
    const ObjectId storage = ledger.created(reserve.run(), "Storage");
    for (std::uint64_t i = 0; i < c.u64("epoch"); ++i) ledger.next_epoch();
    Program p(ledger);
    p.keep({p.call("system", "create_storage_pool_with_storage",
                   {p.system(false), p.b.owned(ledger.ref(storage))})});
    return outcome(p.run());
}

void expect_capacity(Case& c, const PoolLedger& pool) {
    const StoragePoolInnerV1 inner = pool.inner();
    if (c.json.contains("blob_count"))
        c.expect("blob_count", inner.blob_count, c.json.at("blob_count"));
    if (c.json.contains("used")) c.expect("used", inner.used_encoded_bytes, c.json.at("used"));
    if (c.json.contains("available"))
        c.expect("available", inner.storage.storage_size - inner.used_encoded_bytes,
                 c.json.at("available"));
}

/// Registers the case's sizes in a pool of the case's capacity.
void fill(Case& c) {
    PoolLedger pool(accounting_options(), c.u64("capacity"), 3);
    std::uint64_t number = 0;
    std::string last;
    for (const Json& bytes : c.json.at("register")) {
        if (number > 0) c.expect("earlier blobs", last, "success");
        last = pool.add(blob_of(++number, true, bytes.get<std::uint64_t>()));
    }
    if (c.expect_outcome(last)) expect_capacity(c, pool);
}

void delete_and_reuse(Case& c) {
    PoolLedger pool(accounting_options(), c.u64("capacity"), 3);
    const RegisterBlob a = blob_of(1);
    const RegisterBlob b = blob_of(2);
    const std::map<std::string, std::function<std::string()>> steps = {
        {"register A deletable", [&] { return pool.add(a); }},
        {"certify A", [&] { return pool.certify(a.blob_id); }},
        {"delete A", [&] { return pool.drop("delete_pooled_blob", a.blob_id); }},
        {"register B", [&] { return pool.add(b); }},
    };
    for (const Json& step : c.json.at("steps"))
        c.expect(step, steps.at(step.get<std::string>())(), "success");
    c.expect("A is gone", pool.blob(a.blob_id).has_value(), false);
    c.expect("B is there", pool.blob(b.blob_id).has_value(), true);
    expect_capacity(c, pool);
}

void decrease(Case& c) {
    PoolLedger pool(accounting_options(), c.u64("capacity"), 3);
    c.expect("register", pool.add(blob_of(1)), "success");
    c.expect("used", pool.inner().used_encoded_bytes, c.json.at("used"));
    c.expect("decrease", pool.decrease(c.u64("extract")), "success");
    c.expect("extract", pool.extracted, c.json.at("extract"));
    c.expect("left", pool.inner().storage.storage_size, c.json.at("left"));
    expect_capacity(c, pool);
}

void absorb(Case& c) {
    PoolLedger pool(accounting_options(), c.u64("capacity"), 3);
    for (const Json& bytes : c.json.at("absorb"))
        c.expect("absorb", pool.absorb(pool.reserve(bytes.get<std::uint64_t>(), 1, 4)), "success");
    c.expect("result", pool.inner().storage.storage_size, c.json.at("result"));
}

/// A pool with 99 bytes beyond its one blob.
struct With99 : PoolLedger {
    With99() : PoolLedger(accounting_options(), kEncoded + 99, 3) {
        WALRUS_CHECK(add(blob_of(1)) == "success");
    }
};

void expect_extracted(Case& c, const PoolLedger& pool) {
    c.expect("extracted", pool.extracted, c.json.at("extracted"));
    expect_capacity(c, pool);
}

void burn_all(Case& c) {
    PoolLedger pool(accounting_options(), 3 * kEncoded, 1);
    const RegisterBlob blobs[] = {blob_of(1), blob_of(2, false), blob_of(3, false)};
    for (const RegisterBlob& blob : blobs) c.expect("register", pool.add(blob), "success");
    c.expect("certify", pool.certify(blobs[2].blob_id), "success");
    c.expect("attribute", pool.set_attribute(blobs[2].blob_id, "k", "v"), "success");
    pool.ledger.next_epoch();
    for (const RegisterBlob& blob : blobs)
        c.expect("burn", pool.drop("burn_expired_pooled_blob", blob.blob_id), "success");
    expect_capacity(c, pool);
    c.expect("destroy", pool.destroy(), "success");
}

void capacity_freed(Case& c) {
    PoolLedger pool(accounting_options(), c.u64("capacity"),
                    static_cast<std::uint32_t>(c.u64("epochs")));
    std::vector<std::uint64_t> used;
    for (std::size_t i = 0; i < c.json.at("used_by_epoch").size(); ++i) {
        if (i > 0) pool.ledger.next_epoch();
        used.push_back(pool.ledger.system().used_capacity_size);
    }
    c.expect("used_by_epoch", used, c.json.at("used_by_epoch"));
}

const std::map<std::string, std::function<void(Case&)>>& pool_scenarios() {
    static const std::map<std::string, std::function<void(Case&)>> scenarios = {
        {"three small blobs fill the pool", fill},
        {"second blob exceeds", fill},
        {"create zero size",
         [](Case& c) { c.expect_error(PoolLedger(accounting_options(), 0, 3).creation); }},
        {"create zero epochs",
         [](Case& c) { c.expect_error(PoolLedger(accounting_options(), kEncoded, 0).creation); }},
        {"from storage with future start", [](Case& c) { c.expect_error(create_with_storage(c)); }},
        {"from expired storage", [](Case& c) { c.expect_error(create_with_storage(c)); }},
        {"delete frees and reuses", delete_and_reuse},
        {"delete permanent",
         [](Case& c) {
             WithBlob t(false);
             c.expect_error(t.drop("delete_pooled_blob", t.id));
         }},
        {"certify twice",
         [](Case& c) {
             WithBlob t;
             c.expect("first", t.certify(t.id), "success");
             c.expect_error(t.certify(t.id));
         }},
        {"certify with other blob id",
         [](Case& c) {
             WithBlob t;
             attest::StoredBlob statement = t.statement(t.id);
             statement.blob_id.bytes[0] ^= 1;
             c.expect_error(t.certify(t.id, statement));
         }},
        {"deletable certificate for permanent blob",
         [](Case& c) {
             WithBlob t(false);
             attest::StoredBlob statement = t.statement(t.id);
             statement.persistence = attest::BlobPersistence::deletable(t.blob(t.id)->id);
             c.expect_error(t.certify(t.id, statement));
         }},
        {"certificate for other object",
         [](Case& c) {
             WithBlob t;
             attest::StoredBlob statement = t.statement(t.id);
             statement.persistence = attest::BlobPersistence::deletable(t.pool);
             c.expect_error(t.certify(t.id, statement));
         }},
        {"certify in expired pool",
         [](Case& c) {
             WithBlob t(true, 1);
             t.ledger.next_epoch();
             c.expect_error(t.certify(t.id));
         }},
        {"extend by 2",
         [](Case& c) {
             PoolLedger t(accounting_options(), kEncoded,
                          static_cast<std::uint32_t>(c.u64("epochs")));
             c.expect("outcome", t.extend(2), "success");
             c.expect("new_end", t.inner().storage.end_epoch - 1, c.json.at("new_end"));
         }},
        {"extend by 0",
         [](Case& c) { c.expect_error(PoolLedger(accounting_options(), kEncoded, 3).extend(0)); }},
        {"extend expired",
         [](Case& c) {
             PoolLedger t(accounting_options(), kEncoded, 1);
             t.ledger.next_epoch();
             c.expect_error(t.extend(1));
         }},
        {"increase by 0",
         [](Case& c) {
             c.expect_error(PoolLedger(accounting_options(), kEncoded, 3).increase(0));
         }},
        {"increase expired",
         [](Case& c) {
             PoolLedger t(accounting_options(), kEncoded, 1);
             t.ledger.next_epoch();
             c.expect_error(t.increase(1));
         }},
        {"destroy non-empty", [](Case& c) { c.expect_error(WithBlob().destroy()); }},
        {"absorb storages", absorb},
        {"absorb with other end epoch",
         [](Case& c) {
             PoolLedger t(accounting_options(), kEncoded, 3);
             c.expect_error(t.absorb(t.reserve(kEncoded, 1, 5)));
         }},
        {"absorb future start",
         [](Case& c) {
             PoolLedger t(accounting_options(), kEncoded, 3);
             c.expect_error(t.absorb(t.reserve(kEncoded, 2, 4)));
         }},
        {"absorb into expired",
         [](Case& c) {
             PoolLedger t(accounting_options(), kEncoded, 1);
             const ObjectId storage = t.reserve(kEncoded, 1, 3);
             t.ledger.next_epoch();
             c.expect_error(t.absorb(storage));
         }},
        {"decrease by size", decrease},
        {"decrease by 1 when full", [](Case& c) { c.expect_error(WithBlob().decrease(1)); }},
        {"decrease 50% of 99 unused",
         [](Case& c) {
             With99 t;
             c.expect("outcome", t.decrease_percent(50), "success");
             expect_extracted(c, t);
         }},
        {"then 100%",
         [](Case& c) {
             With99 t;
             c.expect("first", t.decrease_percent(50), "success");
             c.expect("outcome", t.decrease_percent(100), "success");
             expect_extracted(c, t);
         }},
        {"1% of 99", [](Case& c) { c.expect_error(With99().decrease_percent(1)); }},
        {"101%", [](Case& c) { c.expect_error(With99().decrease_percent(101)); }},
        {"100% of 18446744073709551000",
         [](Case& c) {
             constexpr std::uint64_t kHuge = 18'446'744'073'709'551'000u;
             PoolLedger t(accounting_options(kHuge), kHuge, 1);
             c.expect("creation", t.creation, "success");
             c.expect("outcome", t.decrease_percent(100), "success");
             expect_extracted(c, t);
         }},
        {"burn expired pool blobs (deletable, permanent, certified, with attributes)", burn_all},
        {"burn in live pool",
         [](Case& c) {
             WithBlob t;
             c.expect_error(t.drop("burn_expired_pooled_blob", t.id));
         }},
        {"capacity freed after expiry", capacity_freed},
    };
    return scenarios;
}

void storage_pool(Case& c) {
    c.fields({"capacity", "register", "blob_count", "used", "available", "error", "storage",
              "epoch", "steps", "epochs", "new_end", "absorb", "result", "extract", "left",
              "extracted", "used_by_epoch"});
    const auto found = pool_scenarios().find(c.text("name"));
    if (found == pool_scenarios().end()) return c.fail("no scenario");
    found->second(c);
}

// ------------------------------------------------------------------------- exchange, subsidies

void wal_exchange(Case& c) {
    c.fields({"sui_in", "wal_out", "sui_balance", "wal_balance", "wal_in", "sui_out", "error"});
    if (c.json.contains("error")) {
        const std::string name = c.text("name");
        const std::string module = "wal_exchange::";
        const auto expect = [&](const std::string& got) {
            c.expect("outcome", got, module + c.text("error"));
        };
        ExchangeLedger t(name == "empty exchange" ? 0 : 1'000'000, 1'000'000);
        if (name == "empty exchange") return expect(t.swap("exchange_for_wal", 1, 1));
        if (name == "coin too small") return expect(t.swap("exchange_for_wal", 1, 2));
        if (name == "other admin cap") return expect(t.set_rate(1, 1, t.other_cap()));
        if (name == "zero rate") return expect(t.set_rate(1, 0, t.cap));
        return c.fail("no scenario");
    }
    ExchangeLedger t(1'000'000, 1'000'000);
    c.expect("rate", t.set_rate(4, 2, t.cap), "success");
    const std::uint64_t wal = t.wal();
    const std::uint64_t sui = t.sui();
    if (c.json.contains("sui_in")) {
        const std::uint64_t given = c.u64("sui_in");
        c.expect("outcome", t.swap("exchange_for_wal", given, given), "success");
        c.expect("sui_in", sui - t.sui(), given);
        c.expect("wal_out", t.wal() - wal, c.json.at("wal_out"));
    } else {
        const std::uint64_t given = c.u64("wal_in");
        c.expect("outcome", t.swap("exchange_for_sui", given, given), "success");
        c.expect("wal_in", wal - t.wal(), given);
        c.expect("sui_out", t.sui() - sui, c.json.at("sui_out"));
    }
    if (c.json.contains("sui_balance"))
        c.expect("sui_balance", t.read().sui, c.json.at("sui_balance"));
    if (c.json.contains("wal_balance"))
        c.expect("wal_balance", t.read().wal, c.json.at("wal_balance"));
}

void subsidies_deprecated(Case& c) {
    c.fields({"pool", "buyer_bp", "system_bp", "payment", "cost", "epochs", "payment_left",
              "pool_left", "system_extra"});
    SubsidisedLedger t(c.u64("pool"), static_cast<std::uint16_t>(c.u64("buyer_bp")),
                       static_cast<std::uint16_t>(c.u64("system_bp")));
    const Frost before = t.ledger.wal(address_of(alice()));
    const auto epochs = static_cast<std::uint32_t>(c.u64("epochs"));
    c.expect("outcome", t.reserve(kBlobBytes, epochs, c.u64("payment")), "success");
    const Frost paid = before - t.ledger.wal(address_of(alice()));
    c.expect("payment_left", c.u64("payment") - paid, c.json.at("payment_left"));
    c.expect("pool_left", t.read().subsidy_pool, c.json.at("pool_left"));
    Frost total = 0;
    for (const Frost reward : rewards(t.ledger, epochs)) total += reward;
    c.expect("system_extra", total - c.u64("cost"), c.json.at("system_extra"));
}

/// A committee of one node with so many shards.
CommitteeShards one_node(std::size_t shards) {
    std::vector<std::uint16_t> list(shards);
    for (std::size_t i = 0; i < shards; ++i) list[i] = static_cast<std::uint16_t>(i);
    return {{NodeId{{1}}, std::move(list)}};
}
/// What a node gets as commission at the start of `epoch`.
Frost fixed_part(Case& c, WalrusSubsidiesInnerV1& inner, Epoch epoch,
                 const CommitteeShards& previous) {
    const auto paid = take_fixed_subsidies(inner, epoch, previous);
    c.expect("outcome", outcome_of(paid), "success");
    return paid && !paid->empty() ? paid->front().second : 0;
}

void subsidy_defaults(Case& c) {
    FutureAccountingRingBuffer ring = make_ring(3, 0);
    const auto rate = static_cast<std::uint32_t>(c.u64("system_rate_bp"));
    WalrusSubsidiesInnerV1 inner = make_subsidies(ring, 0, rate, c.u64("base"), c.u64("per_shard"));
    inner.subsidy_pool = kFrostPerWal;
    c.expect("epoch 1", fixed_part(c, inner, 1, {}), c.json.at("fixed_paid_in_epoch1"));
    c.expect("epoch 2", fixed_part(c, inner, 2, one_node(100)),
             c.json.at("fixed_paid_in_epoch2_for_100_shards"));
    c.expect("usage_rule", "post = pre + rate*(pre - already_subsidised)/10000, per ring slot",
             c.json.at("usage_rule"));
    for (const Frost fresh : {1'000'001, 7, 0, 12'345}) {
        std::vector<Frost> pre;
        for (std::uint32_t i = 0; i < 3; ++i) {
            FutureAccounting* slot = *ring_slot(ring, i);
            slot->rewards_to_distribute += fresh * (i + 1);
            pre.push_back(slot->rewards_to_distribute);
        }
        std::vector<Frost> already;
        for (const EpochBalance& entry : inner.already_subsidized_balances.ring_buffer)
            already.push_back(entry.balance);
        const auto taken = take_usage_subsidies(inner, ring);
        c.expect("usage", outcome_of(taken), "success");
        for (std::uint32_t i = 0; taken && i < 3; ++i) {
            (*ring_slot(ring, i))->rewards_to_distribute += (*taken)[i];
            c.expect("post", (*ring_slot(ring, i))->rewards_to_distribute,
                     pre[i] + rate * (pre[i] - already[i]) / 10'000);
        }
    }
}

void subsidies_ramp(Case& c) {
    WalrusSubsidiesInnerV1 inner = make_subsidies(make_ring(3, 0), 0, 0, 0, 0);
    inner.subsidy_pool = kFrostPerWal;
    std::vector<Frost> cumulative;
    for (std::size_t i = 0; i < c.json.at("rate_bp").size(); ++i) {
        c.expect(
            "rate",
            outcome_of(set_subsidy_rate(inner, c.json.at("rate_bp").at(i).get<std::uint32_t>())),
            "success");
        c.expect("base", outcome_of(set_base_subsidy(inner, c.json.at("base").at(i).get<Frost>())),
                 "success");
        c.expect(
            "per_shard",
            outcome_of(set_per_shard_subsidy(inner, c.json.at("per_shard").at(i).get<Frost>())),
            "success");
        // No committee came before epoch 1.
        const Frost paid = fixed_part(c, inner, static_cast<Epoch>(i + 1),
                                      i == 0 ? CommitteeShards{} : one_node(100));
        cumulative.push_back((cumulative.empty() ? 0 : cumulative.back()) + paid);
    }
    c.expect("cumulative", cumulative, c.json.at("cumulative_commission_for_100_shards"));
}

void walrus_subsidies(Case& c) {
    c.fields({"system_rate_bp", "base", "per_shard", "fixed_paid_in_epoch1",
              "fixed_paid_in_epoch2_for_100_shards", "usage_rule", "rate_bp",
              "cumulative_commission_for_100_shards", "error"});
    const std::string name = c.text("name");
    if (name == "defaults") return subsidy_defaults(c);
    if (name == "ramping rates epochs 1..4") return subsidies_ramp(c);
    if (name != "rate above 1,000,000") return c.fail("no scenario");
    TestLedger ledger(accounting_options());
    Program make(ledger);
    make.keep({make.call("walrus_subsidies", "new",
                         {make.system(false), make.b.shared(ledger.genesis.ids.staking, 1, false),
                          make.b.pure_u32(1), make.b.pure_u64(0), make.b.pure_u64(0)})});
    const ExecutedTransaction made = make.run();
    Program p(ledger);
    p.call("walrus_subsidies", "set_system_subsidy_rate",
           {shared_input(p, ledger, ledger.created(made, "WalrusSubsidies")),
            p.b.owned(ledger.ref(ledger.created(made, "AdminCap"))), p.b.pure_u32(1'000'001)});
    c.expect_error(outcome(p.run()));
}

// ----------------------------------------------------------------------------------- event blobs

RegisterBlob event_blob_of(std::uint64_t number) {
    return sample_blob(number, 1000, kBlobBytes);
}

void certified_by_quorum(Case& c) {
    NodeLedger t;
    std::uint64_t certified_after = 0;
    for (std::uint64_t node = 0; node < 10; ++node) {
        const std::string got = t.attest(node, event_blob_of(1), 100);
        if (node < c.u64("attestations")) {
            c.expect("attestation", got, "success");
        } else {
            c.expect("later_calls_ok", got == "success", c.json.at("later_calls_ok"));
        }
        if (certified_after == 0 && t.latest()) certified_after = node + 1;
    }
    c.expect("certified_after", certified_after, c.json.at("certified_after"));
    c.expect("latest", t.state().latest_certified_blob->blob_id == event_blob_of(1).blob_id, true);
}

void epoch_change_clears(Case& c) {
    NodeLedger t;
    for (std::size_t node = 0; node < 6; ++node)
        c.expect("epoch 0", t.attest(node, event_blob_of(1), 100), "success");
    t.ledger.next_epoch();
    std::string when = "never";
    std::uint64_t count = 0;
    for (const std::size_t node : {6, 0, 1, 2, 3, 4, 5}) {
        c.expect("before", t.latest().has_value(), false);
        c.expect("epoch 1", t.attest(node, event_blob_of(1), 100), "success");
        ++count;
        if (t.latest()) when = std::to_string(count) + "th attestation of epoch 1";
    }
    c.expect("certified_when", when, c.json.at("certified_when"));
}

void one_dishonest_node(Case& c) {
    NodeLedger t;
    std::size_t tracked_max = 0;
    for (std::uint64_t round = 0; round < 30; ++round) {
        const std::uint64_t sequence = 100 * round;
        for (std::size_t node = 0; node < 9; ++node)
            c.expect("honest", t.attest(node, event_blob_of(round), sequence), "success");
        c.expect("latest_certified", t.latest() == sequence, true);
        c.expect("dishonest", t.attest(9, event_blob_of(1000 + round), sequence + 1), "success");
        c.expect("latest_certified", t.latest() == sequence, true);
        tracked_max = std::max(tracked_max, t.state().aggregate_weight_per_blob.size());
    }
    c.expect("latest_certified", "always the honest sequence", c.json.at("latest_certified"));
    c.expect("tracked_max", tracked_max, c.json.at("tracked_max"));
}

void event_blob(Case& c) {
    c.fields({"attestations", "certified_after", "later_calls_ok", "error", "certified_when",
              "latest_certified", "tracked_max"});
    const std::string name = c.text("name");
    if (name.starts_with("7th attestation certifies")) return certified_by_quorum(c);
    if (name.starts_with("epoch change clears weights")) return epoch_change_clears(c);
    if (name.starts_with("9 honest + 1 node")) return one_dishonest_node(c);
    NodeLedger t;
    c.expect("first", t.attest(0, event_blob_of(1), 100), "success");
    if (name == "same node, same sequence twice")
        return c.expect_error(t.attest(0, event_blob_of(1), 100));
    if (name.starts_with("second outstanding attestation"))
        return c.expect_error(t.attest(0, event_blob_of(2), 200));
    c.fail("no scenario");
}

void usd_pricing(Case& c) {
    c.fields({"nano_usd", "wal_usd", "frost", "current", "new", "threshold_percent", "update"});
    if (c.json.contains("update")) {
        const bool due = is_vote_due(c.u64("current"), c.u64("new"), c.u64("threshold_percent"));
        return c.expect("update", due, c.json.at("update"));
    }
    const auto frost = frost_of_nano_usd(c.u64("nano_usd"), c.json.at("wal_usd").get<double>());
    if (!frost) return c.fail("no price");
    c.expect("frost", *frost, c.json.at("frost"));
}

}  // namespace

void pool_created(Case& c) {
    c.fields({"units", "per_epoch"});
    PoolLedger pool(accounting_options(), 500'000'000, 3);
    c.expect("units", storage_units(500'000'000), c.json.at("units"));
    const Frost each = c.u64("per_epoch");
    c.expect("rewards", rewards(pool.ledger, 4), U64s{each, each, each, 0});
}

void pool_increased(Case& c) {
    c.fields({"create", "epochs", "advance", "increase", "used", "added_rewards"});
    PoolLedger pool(accounting_options(), c.u64("create"),
                    static_cast<std::uint32_t>(c.u64("epochs")));
    for (std::uint64_t i = 0; i < c.u64("advance"); ++i) pool.ledger.next_epoch();
    const U64s before = rewards(pool.ledger, 3);
    c.expect("increase", pool.increase(c.u64("increase")), "success");
    c.expect("used", used(pool.ledger, 3), c.json.at("used"));
    U64s added = rewards(pool.ledger, 3);
    for (std::size_t i = 0; i < added.size(); ++i) added[i] -= before[i];
    c.expect("added_rewards", added, c.json.at("added_rewards"));
}

void pool_increased_too_much(Case& c) {
    c.fields({"error"});
    PoolLedger pool(accounting_options(), 1'000'000'000, 3);
    c.expect_error(pool.increase(1));
}

const std::map<std::string, Scenario>& storage_suites() {
    static const std::map<std::string, Scenario> suites = {
        {"event_blob", event_blob},
        {"storage_pool", storage_pool},
        {"subsidies_deprecated", subsidies_deprecated},
        {"usd_pricing", usd_pricing},
        {"wal_exchange", wal_exchange},
        {"walrus_subsidies", walrus_subsidies},
    };
    return suites;
}

}  // namespace walrus::vectors
