// SPDX-License-Identifier: Apache-2.0
#include "test/vectors/runner_chain.hpp"

#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <set>

#include "base/buffer_pool.hpp"
#include "base/executor.hpp"
#include "base/text.hpp"
#include "ledger/packages/blob_rules.hpp"
#include "ledger/testing.hpp"
#include "redstuff/encode.hpp"
#include "test/vectors/runner_chain_case.hpp"

namespace walrus::vectors {
namespace {

using namespace ledger;           // NOLINT: the runner speaks the ledger's words
using namespace ledger::testing;  // NOLINT

Bytes hex(const std::string& text) {
    return hex_decode(text).value();
}
template <class Id>
Id id_of_hex(const std::string& text) {
    const Bytes bytes = hex(text);
    if (bytes.size() != 32) throw std::runtime_error("not 32 bytes: " + text);
    return Id::from(bytes);
}
/// "0xABC" as the 32 little-endian bytes of a u256.
Digest u256(const std::string& text) {
    std::string digits = text.substr(2);
    if (digits.size() % 2 == 1) digits.insert(0, "0");
    const Bytes big = hex(digits);
    Digest out;
    for (std::size_t i = 0; i < big.size(); ++i) out.bytes[big.size() - 1 - i] = big[i];
    return out;
}
bls::SecretKey scalar_key(std::uint64_t scalar) {
    Bytes bytes(32);
    store_be(bytes.data() + 24, scalar);
    return bls::SecretKey::parse(bytes).value();
}

// ------------------------------------------------------------------------------ sizes and votes

void encoded_length(Case& c) {
    c.fields({"unencoded", "n_shards", "encoding_type", "encoded", "units", "error"});
    const auto n_shards = static_cast<std::uint16_t>(c.u64("n_shards"));
    if (c.json.contains("error")) {
        NewBlob blob;
        blob.size = c.u64("unencoded");
        blob.encoding_type = static_cast<std::uint8_t>(c.u64("encoding_type"));
        const Storage storage{{}, 0, 1, ~std::uint64_t{0}};
        c.expect_error(outcome_of(make_blob(blob, storage, 0, n_shards)));
        return;
    }
    c.expect("encoding_type", c.u64("encoding_type"), 1);
    const auto encoded = encoded_bytes(n_shards, c.u64("unencoded"));
    if (!encoded) return c.fail(encoded.error().name());
    c.expect("encoded", *encoded, c.json.at("encoded"));
    c.expect("units", storage_units(*encoded), c.json.at("units"));
}

void source_symbols(Case& c) {
    c.fields({"n_shards", "primary", "secondary"});
    const auto code = CodeParameters::make(static_cast<std::uint32_t>(c.u64("n_shards")));
    if (!code) return c.fail("no code");
    c.expect("primary", code->primary_source_symbols(), c.json.at("primary"));
    c.expect("secondary", code->secondary_source_symbols(), c.json.at("secondary"));
}

void thresholds(Case& c) {
    c.fields({"n_shards", "min_quorum_weight", "min_one_correct_weight"});
    const std::uint64_t n = c.u64("n_shards");
    std::uint64_t quorum = 0;
    while (!is_quorum(quorum, n)) ++quorum;
    std::uint64_t one_correct = 0;
    while (!has_one_correct(one_correct, n)) ++one_correct;
    c.expect("min_quorum_weight", quorum, c.json.at("min_quorum_weight"));
    c.expect("min_one_correct_weight", one_correct, c.json.at("min_one_correct_weight"));
}

void percentile_votes(Case& c) {
    c.fields({"fn", "votes", "weights", "n_shards", "result"});
    std::vector<WeightedVote> votes;
    for (std::size_t i = 0; i < c.json.at("votes").size(); ++i)
        votes.push_back({c.json.at("votes").at(i).get<std::uint64_t>(),
                         c.json.at("weights").at(i).get<std::uint16_t>()});
    const std::string fn = c.text("fn");
    std::optional<std::uint64_t> result;
    if (fn == "quorum_above") {
        result = quorum_above(votes, c.u64("n_shards"));
    } else if (fn == "quorum_below") {
        result = quorum_below(votes, c.u64("n_shards"));
    } else {
        return c.fail("unknown fn " + fn);
    }
    if (!result) return c.fail("no result");
    c.expect("result", *result, c.json.at("result"));
}

// ----------------------------------------------------------------------------- ring and payments

void add_subsidy_case(Case& c) {
    c.fields({"amount", "epochs_ahead", "rewards", "error"});
    SystemStateInnerV1 state;
    state.future_accounting = make_ring(104, 0);
    const auto epochs = static_cast<std::uint32_t>(c.u64("epochs_ahead"));
    if (!c.expect_outcome(outcome_of(add_subsidy(state, c.u64("amount"), epochs)))) return;
    std::vector<Frost> rewards;
    for (std::uint32_t i = 0; i < epochs; ++i)
        rewards.push_back((*ring_slot(state.future_accounting, i))->rewards_to_distribute);
    c.expect("rewards", rewards, c.json.at("rewards"));
}

void ring_buffer(Case& c) {
    c.fields({"length", "epochs", "pops", "popped", "lookup", "error"});
    auto ring = make_ring(static_cast<std::uint32_t>(c.u64("length")), 0);
    if (c.json.contains("lookup")) {
        const auto slot = ring_slot(ring, static_cast<std::uint32_t>(c.u64("lookup")));
        c.expect_error(outcome_of(slot));
        return;
    }
    std::vector<Epoch> popped;
    for (std::uint64_t i = 0; i < c.json.value("pops", std::uint64_t{0}); ++i)
        popped.push_back(ring_advance(ring).epoch);
    if (c.json.contains("popped")) c.expect("popped", popped, c.json.at("popped"));
    std::vector<Epoch> epochs;
    for (std::uint32_t i = 0; i < ring.length; ++i) epochs.push_back((*ring_slot(ring, i))->epoch);
    c.expect("epochs", epochs, c.json.at("epochs"));
}

/// A ledger with the suites' defaults: 10^9 bytes, prices 5 and 1, 104 epochs ahead, 10 x 10
/// shards.
Options accounting_options() {
    Options options;
    options.max_epochs_ahead = 104;
    options.storage_price = 5;
    options.write_price = 1;
    options.capacity_vote = 100'000'000;
    return options;
}

/// Reserves through a signed transaction. Epochs of the cases count from 0, here from 1.
ExecutedTransaction reserve(TestLedger& ledger, std::uint64_t bytes, std::uint32_t epochs,
                            Frost funds = kFrostPerWal,
                            std::optional<std::pair<Epoch, Epoch>> period = std::nullopt) {
    const AccountKey key = account_key(1);
    ProgramBuilder b;
    const TypeTag& wal = ledger.genesis.wal_type;
    const ObjectId framework{framework_address().bytes};
    const Argument coin =
        b.call(framework, "coin", "redeem_funds", {wal}, {b.withdrawal(funds, wal)});
    const Argument system = b.shared(ledger.handles.system, 1, true);
    const Argument me = b.pure_address(address_of(key));
    const Argument storage =
        period ? b.call(ledger.handles.package, "system", "reserve_space_for_epochs", {},
                        {system, b.pure_u64(bytes), b.pure_u32(period->first + 1),
                         b.pure_u32(period->second + 1), coin})
               : b.call(ledger.handles.package, "system", "reserve_space", {},
                        {system, b.pure_u64(bytes), b.pure_u32(epochs), coin});
    b.transfer({storage, coin}, me);
    return ledger.run(std::move(b).finish(ledger.handles, ledger.options(key)), key);
}

std::vector<std::uint64_t> used(const TestLedger& ledger, std::size_t count) {
    SystemStateInnerV1 state = ledger.system();
    std::vector<std::uint64_t> out;
    for (std::uint32_t i = 0; i < count; ++i)
        out.push_back((*ring_slot(state.future_accounting, i))->used_capacity);
    return out;
}

void capacity_over_epochs(Case& c) {
    c.fields({"total", "price", "steps"});
    TestLedger ledger(accounting_options());
    c.expect("total", ledger.system().total_capacity_size, c.json.at("total"));
    c.expect("price", ledger.system().storage_price_per_unit_size, c.json.at("price"));
    for (const Json& step : c.json.at("steps")) {
        if (step.contains("reserve")) {
            const auto executed = reserve(ledger, step.at("reserve").get<std::uint64_t>(),
                                          step.at("epochs").get<std::uint32_t>());
            c.expect("reserve", outcome(executed), "success");
            c.expect("used", used(ledger, step.at("used").size()), step.at("used"));
        } else if (step.contains("advance")) {
            ledger.next_epoch(step.at("new_capacity").get<std::uint64_t>());
            c.expect("used0", ledger.system().used_capacity_size, step.at("used0"));
            c.expect("total", ledger.system().total_capacity_size, step.at("total"));
        } else {
            c.fail("unknown step " + step.dump());
        }
    }
}

void reserve_error(Case& c) {
    c.fields({"size", "epochs", "max_epochs_ahead", "total", "error"});
    TestLedger ledger(accounting_options());
    c.expect("total", ledger.system().total_capacity_size, c.json.at("total"));
    c.expect("max_epochs_ahead", ledger.system().future_accounting.length,
             c.json.at("max_epochs_ahead"));
    c.expect_error(
        outcome(reserve(ledger, c.u64("size"), static_cast<std::uint32_t>(c.u64("epochs")))));
}

void future_reservation(Case& c) {
    c.fields({"size", "used", "start", "end", "error"});
    TestLedger ledger(accounting_options());
    const auto executed =
        reserve(ledger, c.u64("size"), 0, kFrostPerWal, std::pair<Epoch, Epoch>{5, 10});
    if (!c.expect_outcome(outcome(executed))) {
        c.expect("start", c.u64("start"), 5);
        c.expect("end", c.u64("end"), 10);
        return;
    }
    c.expect("used", used(ledger, c.json.at("used").size()), c.json.at("used"));
}

void payment(Case& c) {
    c.fields({"size", "units", "price", "epochs", "paid", "per_epoch"});
    TestLedger ledger(accounting_options());
    const Frost before = ledger.wal(address_of(account_key(1)));
    const auto executed =
        reserve(ledger, c.u64("size"), static_cast<std::uint32_t>(c.u64("epochs")));
    c.expect("outcome", outcome(executed), "success");
    c.expect("units", storage_units(c.u64("size")), c.json.at("units"));
    c.expect("price", ledger.system().storage_price_per_unit_size, c.json.at("price"));
    c.expect("paid", before - ledger.wal(address_of(account_key(1))), c.json.at("paid"));
    SystemStateInnerV1 state = ledger.system();
    std::vector<Frost> per_epoch;
    for (std::uint32_t i = 0; i < c.json.at("per_epoch").size(); ++i)
        per_epoch.push_back((*ring_slot(state.future_accounting, i))->rewards_to_distribute);
    c.expect("per_epoch", per_epoch, c.json.at("per_epoch"));
}

void write_fee(Case& c) {
    c.fields({"encoded", "write_price", "fee"});
    SystemStateInnerV1 state;
    state.future_accounting = make_ring(1, 0);
    state.write_price_per_unit_size = c.u64("write_price");
    Frost payment = kFrostPerWal;
    const auto paid = pay_write_fee(state, c.u64("encoded"), payment);
    c.expect("outcome", outcome_of(paid), "success");
    c.expect("fee", kFrostPerWal - payment, c.json.at("fee"));
    c.expect("deposited", state.future_accounting.ring_buffer[0].rewards_to_distribute,
             c.json.at("fee"));
}

// ----------------------------------------------------------------------------- storage resources

Storage storage_of(const Json& json) {
    return {{}, json.at(0).get<Epoch>(), json.at(1).get<Epoch>(), json.at(2).get<std::uint64_t>()};
}
Json json_of(const Storage& s) {
    return Json::array({s.start_epoch, s.end_epoch, s.storage_size});
}

void storage_resource(Case& c) {
    c.fields({"op", "storage", "at", "first", "second", "result", "error"});
    const std::string op = c.text("op");
    if (op == "fuse") {
        Storage first = storage_of(c.json.at("first"));
        if (c.expect_outcome(outcome_of(fuse(first, storage_of(c.json.at("second"))))))
            c.expect("result", json_of(first), c.json.at("result"));
        return;
    }
    Storage first = storage_of(c.json.at("storage"));
    Executed<Storage> second = Storage{};
    if (op == "split_by_epoch") {
        second = split_by_epoch(first, {}, static_cast<Epoch>(c.u64("at")));
    } else if (op == "split_by_size") {
        second = split_by_size(first, {}, c.u64("at"));
    } else {
        return c.fail("unknown op " + op);
    }
    if (!c.expect_outcome(outcome_of(second))) return;
    c.expect("first", json_of(first), c.json.at("first"));
    c.expect("second", json_of(*second), c.json.at("second"));
}

// ----------------------------------------------------------------------------------------- blobs

/// A blob of the suite blob_lifecycle (100 shards, 5,000,000 bytes) on a ledger of its own; all
/// actions are signed transactions. Epochs of the cases count from 0, here from 1.
struct Lifecycle {
    explicit Lifecycle(bool deletable = true, std::uint32_t epochs = 3, bool certified = true)
        : ledger(accounting_options()) {
        RegisterBlob request = sample_blob(0xABC, 100, 5'000'000);
        request.deletable = deletable;
        request.epochs = epochs;
        blob = ledger.register_one(request, key);
        if (certified) WALRUS_CHECK(outcome(ledger.certify_one(blob, key)) == "success");
    }
    attest::StoredBlob statement() const {
        attest::StoredBlob out;
        const Blob object = ledger.read<Blob>(blob);
        out.blob_id = object.blob_id;
        if (object.deletable) out.persistence = attest::BlobPersistence::deletable(blob);
        return out;
    }
    std::string certify(CertifyBlob certificate) {
        certificate.blob = ledger.ref(blob);
        return outcome(
            ledger.run(certify_blobs(ledger.handles, ledger.options(key), {certificate}), key));
    }
    std::string certify(const attest::StoredBlob& body) {
        return certify(ledger.certificate(body, 1, 10));
    }
    std::string extend(std::uint32_t epochs) {
        return outcome(ledger.run(extend_blob(ledger.handles, ledger.options(key), ledger.ref(blob),
                                              epochs, kFrostPerWal),
                                  key));
    }
    std::string extend_with(Epoch start, Epoch end) {
        const Blob object = ledger.read<Blob>(blob);
        const auto executed = reserve(ledger, object.storage.storage_size, 0, kFrostPerWal,
                                      std::pair<Epoch, Epoch>{start, end});
        WALRUS_CHECK(outcome(executed) == "success");
        const ObjectId storage = ledger.created(executed, "Storage");
        return outcome(ledger.run(extend_blob_with_resource(ledger.handles, ledger.options(key),
                                                            ledger.ref(blob), ledger.ref(storage)),
                                  key));
    }
    std::string remove() {
        return outcome(
            ledger.run(delete_blobs(ledger.handles, ledger.options(key), {ledger.ref(blob)}), key));
    }
    /// A function of the module blob on the blob, with a new Metadata or texts as arguments.
    std::string attributes(const char* function, bool with_metadata,
                           const std::vector<std::string>& texts) {
        ProgramBuilder b;
        std::vector<Argument> arguments{b.owned(ledger.ref(blob))};
        if (with_metadata)
            arguments.push_back(b.call(ledger.handles.package, "metadata", "new", {}, {}));
        for (const std::string& text : texts) arguments.push_back(b.pure_string(text));
        b.call(ledger.handles.package, "blob", function, {}, arguments);
        return outcome(ledger.run(std::move(b).finish(ledger.handles, ledger.options(key)), key));
    }
    /// The blob's end in the cases' epochs.
    Epoch end() const { return ledger.read<Blob>(blob).storage.end_epoch - 1; }

    TestLedger ledger;
    AccountKey key = account_key(1);
    ObjectId blob;
};

const std::map<std::string, std::function<void(Case&)>>& lifecycle_scenarios() {
    static const std::map<std::string, std::function<void(Case&)>> scenarios = {
        {"storage for half size",
         [](Case& c) {
             TestLedger ledger(accounting_options());
             RegisterBlob blob = sample_blob(0xABC, 100, 5'000'000);
             blob.encoded_bytes /= 2;
             const AccountKey key = account_key(1);
             c.expect_error(outcome(ledger.run(
                 register_blobs(ledger.handles, ledger.options(key), {blob}, kFrostPerWal), key)));
         }},
        {"permanent blob with deletable certificate",
         [](Case& c) {
             Lifecycle t(false, 3, false);
             attest::StoredBlob body = t.statement();
             body.persistence = attest::BlobPersistence::deletable(t.blob);
             c.expect_error(t.certify(body));
         }},
        {"deletable certificate for other object id",
         [](Case& c) {
             Lifecycle t(true, 3, false);
             attest::StoredBlob body = t.statement();
             body.persistence = attest::BlobPersistence::deletable(ObjectId{});
             c.expect_error(t.certify(body));
         }},
        {"certificate for other blob id",
         [](Case& c) {
             Lifecycle t(false, 3, false);
             attest::StoredBlob body = t.statement();
             body.blob_id.bytes[0] ^= 1;
             c.expect_error(t.certify(body));
         }},
        {"certificate one byte short",
         [](Case& c) {
             Lifecycle t(false, 3, false);
             CertifyBlob certificate = t.ledger.certificate(t.statement(), 1, 10);
             certificate.message.pop_back();
             std::vector<bls::Signature> signatures;
             for (const bls::SecretKey& key : t.ledger.keys)
                 signatures.push_back(key.sign(certificate.message));
             certificate.signature = to_bytes(bls::aggregate(signatures)->view());
             c.expect_error(t.certify(certificate));
         }},
        {"extend with resource [3,5)",
         [](Case& c) {
             Lifecycle t;
             c.expect("outcome", t.extend_with(3, 5), "success");
             c.expect("end", t.end(), c.json.at("end"));
         }},
        {"extend with resource [4,5)",
         [](Case& c) {
             Lifecycle t;
             c.expect_error(t.extend_with(4, 5));
         }},
        {"extend by 3",
         [](Case& c) {
             Lifecycle t;
             c.expect("outcome", t.extend(3), "success");
             c.expect("end", t.end(), c.json.at("end"));
         }},
        {"extend uncertified",
         [](Case& c) {
             Lifecycle t(true, 3, false);
             c.expect_error(t.extend(3));
         }},
        {"extend expired",
         [](Case& c) {
             Lifecycle t(true, 1);
             t.ledger.next_epoch();
             c.expect_error(t.extend(3));
         }},
        {"extend by 104 from end 3",
         [](Case& c) {
             Lifecycle t;
             c.expect("max_epochs_ahead", t.ledger.system().future_accounting.length,
                      c.json.at("max_epochs_ahead"));
             c.expect_error(t.extend(104));
         }},
        {"delete deletable",
         [](Case& c) {
             Lifecycle t;
             c.expect("outcome", t.remove(), "success");
         }},
        {"delete permanent",
         [](Case& c) {
             Lifecycle t(false);
             c.expect_error(t.remove());
         }},
        {"add attributes twice",
         [](Case& c) {
             Lifecycle t;
             c.expect("first", t.attributes("add_metadata", true, {}), "success");
             c.expect_error(t.attributes("add_metadata", true, {}));
         }},
        {"take missing attributes",
         [](Case& c) {
             Lifecycle t;
             c.expect_error(t.attributes("take_metadata", false, {}));
         }},
        {"remove pair without attributes",
         [](Case& c) {
             Lifecycle t;
             c.expect_error(t.attributes("remove_metadata_pair", false, {"key"}));
         }},
        {"insert pair without attributes",
         [](Case& c) {
             Lifecycle t;
             c.expect("outcome",
                      t.attributes("insert_or_update_metadata_pair", false, {"key", "value"}),
                      "success");
         }},
        {"invalidity certificate of previous epoch",
         [](Case& c) {
             TestLedger ledger(accounting_options());
             const CertifyBlob old = ledger.certificate(attest::InvalidBlobId{}, 0, 10);
             ProgramBuilder b;
             b.call(ledger.handles.package, "system", "invalidate_blob_id", {},
                    {b.shared(ledger.handles.system, 1, false), b.pure_vector_u8(old.signature),
                     b.pure_vector_u8(old.signers_bitmap), b.pure_vector_u8(old.message)});
             const AccountKey key = account_key(1);
             c.expect_error(outcome(
                 ledger.run(std::move(b).finish(ledger.handles, ledger.options(key)), key)));
         }},
    };
    return scenarios;
}

void blob_lifecycle(Case& c) {
    c.fields({"error", "ok", "blob", "end", "epoch", "max_epochs_ahead"});
    const auto found = lifecycle_scenarios().find(c.text("name"));
    if (found == lifecycle_scenarios().end()) return c.fail("no scenario");
    found->second(c);
    if (c.json.contains("ok")) c.expect("ok", c.problem.empty(), c.json.at("ok"));
}

void blob_id_derivation(Case& c) {
    c.fields({"root_hash", "encoding_type", "size", "blob_id_bytes_hex", "blob_hex", "n_shards",
              "root_hash_bytes_hex"});
    const Digest root = c.json.contains("root_hash")
                            ? u256(c.text("root_hash"))
                            : id_of_hex<Digest>(c.text("root_hash_bytes_hex"));
    const auto type = static_cast<std::uint8_t>(c.u64("encoding_type"));
    const BlobId id = derive_blob_id(type, c.u64("size"), root);
    c.expect("blob id", hex_encode(id.view()), c.json.at("blob_id_bytes_hex"));
    if (!c.json.contains("blob_hex")) return;
    const Bytes blob = hex(c.text("blob_hex"));
    c.expect("size", blob.size(), c.json.at("size"));
    BufferPool pool(std::size_t{1} << 30);
    InlineExecutor executor;
    const auto code = CodeParameters::make(static_cast<std::uint32_t>(c.u64("n_shards")));
    const auto metadata = compute_metadata(code.value(), blob, pool, executor);
    if (!metadata) return c.fail("the blob does not encode");
    c.expect("encoded root", hex_encode(metadata->root_hash().view()),
             c.json.at("root_hash_bytes_hex"));
    c.expect("encoded blob id", hex_encode(metadata->blob_id().view()),
             c.json.at("blob_id_bytes_hex"));
}

// ---------------------------------------------------------------------- messages and certificates

/// The id whose big-endian value is a small number.
template <class Id>
Id small(std::uint64_t value) {
    Id out;
    store_be(out.bytes.data() + 24, value);
    return out;
}
BlobId blob_id_of(const char* big_endian) {
    return BlobId{u256(big_endian).bytes};
}

const std::map<std::string, std::function<Bytes()>>& message_scenarios() {
    static const std::map<std::string, std::function<Bytes()>> scenarios = {
        {"proof_of_possession epoch=0 sender=0x..01 key=pk(1)",
         [] {
             return attest::build_message(
                 0, attest::ProofOfPossession{small<Address>(1),
                                              scalar_key(1).public_key().to_bytes()});
         }},
        {"blob certificate, permanent, epoch=42, blob_id=0xdeadbeefdeadbeefdeadbeefdeadbeef",
         [] {
             return attest::build_message(
                 42, attest::StoredBlob{blob_id_of("0xdeadbeefdeadbeefdeadbeefdeadbeef"),
                                        attest::BlobPersistence::permanent()});
         }},
        {"blob certificate, deletable, epoch=42, blob_id as above, object id 0x..2a",
         [] {
             return attest::build_message(
                 42, attest::StoredBlob{blob_id_of("0xdeadbeefdeadbeefdeadbeefdeadbeef"),
                                        attest::BlobPersistence::deletable(small<ObjectId>(0x2a))});
         }},
        {"invalid blob id, epoch=5, blob_id=0xC0FFEE",
         [] { return attest::build_message(5, attest::InvalidBlobId{blob_id_of("0xC0FFEE")}); }},
        {"deny list update epoch=1 node=0x..01 seq=1 size=1 root=1",
         [] {
             return attest::build_message(
                 1, attest::DenyListUpdate{small<NodeId>(1), 1, 1, u256("0x1")});
         }},
        {"deny list blob deleted epoch=1 blob_id=1",
         [] { return attest::build_message(1, attest::DenyListBlobDeleted{blob_id_of("0x1")}); }},
        {"protocol version epoch=1 start_epoch=2 version=1",
         [] { return attest::build_message(1, attest::ProtocolVersion{2, 1}); }},
    };
    return scenarios;
}

void signed_messages(Case& c) {
    c.fields({"message_hex", "signer_sk", "signer_pk", "signature", "valid"});
    const auto found = message_scenarios().find(c.text("name"));
    if (found == message_scenarios().end()) return c.fail("no scenario");
    const Bytes message = found->second();
    c.expect("message", hex_encode(message), c.json.at("message_hex"));
    const bls::SecretKey key = scalar_key(c.u64("signer_sk"));
    c.expect("signer_pk", hex_encode(key.public_key().to_bytes()), c.json.at("signer_pk"));
    c.expect("signature", hex_encode(key.sign(message).view()), c.json.at("signature"));
    const auto signature = bls::Signature::from(hex(c.text("signature")));
    c.expect("valid", signature && bls::verify(key.public_key(), message, *signature),
             c.json.at("valid"));
}

void certificates(Case& c) {
    c.fields({"weights", "bitmap", "signature", "ok", "weight", "error", "committee_epoch"});
    const Json& keys = c.suite.at("committee_pks");
    const std::uint64_t epoch =
        c.json.value("committee_epoch", c.suite.at("epoch").get<std::uint64_t>());
    std::vector<attest::CommitteeMember> members;
    for (std::size_t i = 0; i < keys.size(); ++i)
        members.push_back({bls::PublicKey::parse(hex(keys.at(i))).value(),
                           c.json.at("weights").at(i).get<std::uint16_t>(), small<NodeId>(i + 1)});
    const auto committee =
        attest::BlsCommittee::make(static_cast<Epoch>(epoch), std::move(members));
    if (!committee) return c.fail("no committee");
    const Bytes signature = hex(c.text("signature"));
    const Bytes bitmap = hex(c.text("bitmap"));
    const Bytes message = hex(c.suite.at("message_hex"));
    const auto body =
        verify_certificate(*committee, signature, bitmap, message, attest::Threshold::Quorum,
                           attest::MessageType::StorageConfirmation);
    if (!c.expect_outcome(outcome_of(body))) return;
    c.expect("ok", true, c.json.at("ok"));
    const auto certified = attest::verify_certificate(*committee, signature, bitmap, message,
                                                      attest::Threshold::Quorum);
    c.expect("weight", certified.value().weight, c.json.at("weight"));
}

// ----------------------------------------------------------------------------------------- runner

void system_accounting(Case& c) {
    const std::string name = c.text("name");
    if (name == "capacity over epochs") return capacity_over_epochs(c);
    if (name == "reserve error") return reserve_error(c);
    if (name == "future reservation [5,10)" || name == "future reservation exceeding")
        return future_reservation(c);
    if (name == "payment") return payment(c);
    if (name == "write fee") return write_fee(c);
    if (name == "pool create 500 MB x3") return pool_created(c);
    if (name == "increase pool capacity for remaining lifetime") return pool_increased(c);
    if (name == "increase by 1 byte at full capacity") return pool_increased_too_much(c);
    c.fail("no scenario");
}

const std::map<std::string, Scenario> kSuites = {
    {"encoded_length", encoded_length},
    {"source_symbols", source_symbols},
    {"thresholds", thresholds},
    {"percentile_votes", percentile_votes},
    {"add_subsidy", add_subsidy_case},
    {"ring_buffer", ring_buffer},
    {"system_accounting", system_accounting},
    {"storage_resource", storage_resource},
    {"blob_lifecycle", blob_lifecycle},
    {"blob_id_derivation", blob_id_derivation},
    {"signed_messages", signed_messages},
    {"certificates", certificates},
};

/// Null for a suite that nothing executes.
Scenario scenario_of(const std::string& suite) {
    for (const auto* suites :
         {&kSuites, &staking_suites(), &pool_suites(), &storage_suites(), &epoch_suites()})
        if (const auto found = suites->find(suite); found != suites->end()) return found->second;
    return nullptr;
}

std::string run_case(const Json& suite, const Json& json, Scenario scenario) {
    Case c(suite, json);
    try {
        scenario(c);
    } catch (const std::exception& error) {  // of the JSON library and std::optional
        c.fail(error.what());
    }
    return c.problem;
}

}  // namespace

int run_chain_vectors(const std::string& path, std::ostream& log, std::size_t& passed,
                      std::size_t& failed) {
    std::ifstream file(path, std::ios::binary);
    const Json json = file ? Json::parse(file, nullptr, false) : Json();
    if (!json.is_object() || !json.contains("suites")) {
        log << path << ": cannot be read\n";
        ++failed;
        return 1;
    }
    const std::size_t failed_before = failed;
    std::size_t by_transaction = 0;
    std::size_t by_function = 0;
    std::size_t skipped = 0;
    for (const Json& suite : json.at("suites")) {
        const std::string name = suite.at("suite");
        const Scenario scenario = scenario_of(name);
        if (scenario == nullptr) {
            const std::size_t count = suite.at("cases").size();
            log << name << ": unknown suite (" << count << " cases)\n";
            failed += std::max<std::size_t>(count, 1);
            skipped += count;
            continue;
        }
        for (const Json& item : suite.at("cases")) {
            const std::string label = item.value("name", item.dump().substr(0, 100));
            const std::uint64_t before = TestLedger::signed_transactions();
            const std::string problem = run_case(suite, item, scenario);
            ++(TestLedger::signed_transactions() > before ? by_transaction : by_function);
            if (problem.empty()) {
                ++passed;
            } else {
                ++failed;
                log << name << ": " << label << ": " << problem << "\n";
            }
        }
    }
    log << "chain vectors: " << by_transaction + by_function << " executed (" << by_transaction
        << " by transaction, " << by_function << " by pure function), " << skipped << " skipped\n";
    return failed == failed_before ? 0 : 1;
}

}  // namespace walrus::vectors
