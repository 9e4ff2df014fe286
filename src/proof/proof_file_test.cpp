// SPDX-License-Identifier: Apache-2.0
#include "proof/proof_file.hpp"

#include <gtest/gtest.h>

#include <map>

#include "hash/blake2b.hpp"
#include "proof/shape_tree.hpp"

namespace walrus::proof {
namespace {

class MapReader final : public TreeReader {
public:
    ProofResult<std::optional<Bytes>> read(ByteView path) const override {
        const auto found = nodes.find(to_bytes(path));
        if (found == nodes.end()) return std::optional<Bytes>();
        return std::optional<Bytes>(found->second);
    }
    std::map<Bytes, Bytes> nodes;
};

AccountKey key_of(Byte seed) {
    return *AccountKey::from_secret(SignatureScheme::Ed25519, Bytes(32, seed));
}
SequencerKey public_of(const AccountKey& key) {
    SequencerKey out{};
    std::copy(key.public_key().bytes.begin(), key.public_key().bytes.end(), out.begin());
    return out;
}

/// A little ledger: ten objects, two balances, a parameter, 13 blocks of three transactions.
struct Fixture {
    AccountKey key = key_of(5);
    ChainId chain{{7}};
    MapReader store;
    Digest state_root;
    History history;
    std::map<HistoryPosition, Digest> history_nodes;
    std::vector<BlockSummary> summaries;
    Bytes effects{1, 2, 3, 4};
    Bytes type{9, 9};
    Address package{{3}};

    static Bytes object_value(Byte i) {
        Bytes out = to_bytes(i == 9 ? kObjectFieldsDomain : kObjectDomain);
        append(out, Digest{{i}}.view());
        append(out, Bytes{i, 1, 2, 3});
        return out;
    }
    TransactionDigest transaction(std::size_t block, std::size_t t) const {
        return TransactionDigest{{static_cast<Byte>(block), static_cast<Byte>(t), 1}};
    }
    std::vector<Digest> effects_leaves(std::size_t block) const {
        std::vector<Digest> out;
        for (std::uint32_t t = 0; t < 3; ++t)
            out.push_back(effects_leaf(t, transaction(block, t), effects_digest(effects)));
        return out;
    }
    /// Transaction t has t events.
    std::vector<Digest> event_leaves() const {
        std::vector<Digest> out;
        for (std::uint32_t t = 0; t < 3; ++t)
            for (std::uint32_t e = 0; e < t; ++e)
                out.push_back(event_leaf(t, e, type, package, Bytes{static_cast<Byte>(e)}));
        return out;
    }

    Fixture() {
        std::vector<StateChange> changes;
        for (Byte i = 0; i < 10; ++i) {
            Subject subject;
            subject.id = Digest{{i}};
            changes.push_back({subject_key(subject), blake2b(object_value(i))});
        }
        Subject balance = balance_subject(77);
        changes.push_back({subject_key(balance), tree_value(0x11, bcs::encode(balance.amount))});
        changes.push_back({subject_key(parameter_subject()), tree_value(0x12, Bytes{5, 6})});
        InlineExecutor executor;
        const auto update = StateTree().apply(store, changes, executor);
        for (const NodeWrite& write : update->writes) store.nodes[write.path] = *write.node;
        state_root = update->view.root;
        for (std::uint64_t seq = 0; seq < 13; ++seq) {
            BlockSummary summary;
            summary.seq = seq;
            summary.transaction_count = 3;
            summary.event_count = 3;
            summary.effects_root = shape_root<BlockTree>(effects_leaves(seq));
            summary.events_root = shape_root<BlockTree>(event_leaves());
            summary.state_root = state_root;
            summary.prev_history_root = history.root();
            summaries.push_back(summary);
            for (const HistoryNode& node : history.append(summary))
                history_nodes[node.position] = node.digest;
        }
    }
    static Subject balance_subject(std::uint64_t amount) {
        Subject out;
        out.id = Digest{{0xaa}};
        out.claim = Claim::Balance;
        out.coin_type = {7, 1, 2};
        out.amount = amount;
        return out;
    }
    static Subject parameter_subject() {
        Subject out;
        out.claim = Claim::Parameter;
        out.name = "wal_supply";
        return out;
    }
    void seal(Proof& proof) const {
        proof.commit = {.version = 1,
                        .chain_id = chain,
                        .seq = 12,
                        .state_root = state_root,
                        .history_root = history.root(),
                        .committee_digest = Digest{{8}}};
        SealStatement& statement = proof.seal.statement;
        statement.chain_id = chain;
        statement.seq = 12;
        statement.time_ms = 5000;
        statement.epoch = 3;
        statement.app_hash = app_hash(proof.commit);
        statement.block_digest = Digest{{9}};
        proof.seal.signature = key.sign(seal_digest(statement)).signature;
        proof.sequencer = public_of(key);
    }
    Proof state(Subject subject, Bytes value) const {
        Proof out;
        const auto proof = prove_state(store, subject_key(subject));
        out.state = StateSection{std::move(value), *proof};
        out.subject = std::move(subject);
        seal(out);
        return out;
    }
    Proof transaction_proof(std::size_t block, std::uint32_t t,
                            std::optional<std::uint32_t> event) const {
        Proof out;
        out.subject.id = Digest::from(transaction(block, t).view());
        out.subject.claim = event ? Claim::Event : Claim::Effects;
        EffectsSection section;
        section.transaction_index = t;
        section.transaction = transaction(block, t);
        section.effects_digest = effects_digest(effects);
        section.path = shape_path<BlockTree>(effects_leaves(block), t);
        if (!event) section.effects = effects;
        out.effects = section;
        const auto history_proof = prove_history(block, 13, [&](const HistoryPosition& position) {
            return std::optional(history_nodes.at(position));
        });
        out.summary = SummarySection{summaries[block], *history_proof};
        if (event) {
            out.subject.event_index = *event;
            EventSection e;
            e.transaction_index = t;
            e.event_index = *event;
            e.type = type;
            e.package = package;
            e.contents = {static_cast<Byte>(*event)};
            e.leaf_index = t == 2 ? 1 + *event : 0;
            e.path = shape_path<BlockTree>(event_leaves(), e.leaf_index);
            out.event = e;
        }
        seal(out);
        return out;
    }
    /// One proof of every kind.
    std::map<std::string, Proof> proofs() const {
        Subject object;
        object.id = Digest{{4}};
        Subject fields;
        fields.id = Digest{{9}};
        Subject absent;
        absent.id = Digest{{0x44}};
        absent.claim = Claim::NoObject;
        Subject poor = balance_subject(0);
        poor.id = Digest{{0xbb}};
        return {{"object", state(object, object_value(4))},
                {"object in fields", state(fields, object_value(9))},
                {"no object", state(absent, {})},
                {"balance", state(balance_subject(77), {})},
                {"no balance", state(poor, {})},
                {"parameter", state(parameter_subject(), {5, 6})},
                {"effects", transaction_proof(4, 1, std::nullopt)},
                {"event", transaction_proof(9, 2, 1)}};
    }
    Trust trust() const { return {public_of(key), chain}; }
};

Bytes with_checksum(Bytes file) {
    file.resize(file.size() - 32);
    append(file, blake2b(file).view());
    return file;
}

TEST(ProofFile, EveryKindVerifiesAndSurvivesTheFile) {
    const Fixture f;
    for (const auto& [name, proof] : f.proofs()) {
        const Bytes file = encode(proof);
        const auto verified = verify_proof(file, f.trust());
        ASSERT_TRUE(verified) << name << ": " << verified.error().message;
        EXPECT_EQ(*verified, proof) << name;
        EXPECT_EQ(encode(*verified), file) << name;
        EXPECT_LT(file.size(), 2500u) << name;
    }
}

TEST(ProofFile, EveryWrongByteIsFoundAlsoBehindAGoodChecksum) {
    const Fixture f;
    Trust any_chain = f.trust();
    any_chain.chain.reset();
    for (const auto& [name, proof] : f.proofs()) {
        const Bytes file = encode(proof);
        for (std::size_t i = 0; i < file.size(); ++i) {
            for (const Byte flip : {0x01, 0x80}) {
                Bytes bad = file;
                bad[i] ^= flip;
                EXPECT_FALSE(verify_proof(bad, any_chain)) << name << " byte " << i;
                if (i + 32 < file.size()) {
                    EXPECT_FALSE(verify_proof(with_checksum(bad), any_chain))
                        << name << " byte " << i;
                }
            }
        }
        for (std::size_t size = 0; size < file.size(); size += 7) {
            Bytes bad(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size));
            EXPECT_FALSE(verify_proof(bad, any_chain)) << name;
            if (size <= 32) continue;
            EXPECT_FALSE(verify_proof(with_checksum(bad), any_chain)) << name;
        }
        Bytes longer = file;
        longer.push_back(0);
        EXPECT_FALSE(verify_proof(with_checksum(longer), any_chain)) << name;
    }
}

TEST(ProofFile, OnlyTheTrustedKeyAndChainCount) {
    const Fixture f;
    const Proof good = f.proofs().at("object");
    Trust trust = f.trust();
    trust.sequencer = public_of(key_of(6));
    EXPECT_FALSE(verify(good, trust));
    // Made for the other key, sealed by the first.
    Proof other = good;
    other.sequencer = trust.sequencer;
    EXPECT_FALSE(verify(other, trust));
    trust = f.trust();
    trust.chain->bytes[0] ^= 1;
    EXPECT_FALSE(verify(good, trust));
    trust.chain.reset();
    EXPECT_TRUE(verify(good, trust));
}

TEST(ProofFile, AProofProvesItsOwnClaimOnly) {
    const Fixture f;
    const auto proofs = f.proofs();
    const auto refused = [&](const char* name, auto change) {
        Proof bad = proofs.at(name);
        change(bad);
        const auto result = verify(bad, f.trust());
        return !result && result.error().code == ProofCode::Mismatch;
    };
    EXPECT_TRUE(refused("balance", [](Proof& p) { p.subject.amount = 78; }));
    EXPECT_TRUE(refused("balance", [](Proof& p) { p.subject.amount = 0; }));
    EXPECT_TRUE(refused("no balance", [](Proof& p) { p.subject.amount = 1; }));
    EXPECT_TRUE(refused("balance", [](Proof& p) { p.subject.id.bytes[0] ^= 1; }));
    EXPECT_TRUE(refused("object", [](Proof& p) { p.subject.claim = Claim::NoObject; }));
    EXPECT_TRUE(refused("no object", [](Proof& p) { p.subject.claim = Claim::Object; }));
    EXPECT_TRUE(refused("object", [](Proof& p) { p.subject.id.bytes[0] = 5; }));
    EXPECT_TRUE(refused("parameter", [](Proof& p) { p.state->value = {5, 7}; }));
    EXPECT_TRUE(refused("parameter", [](Proof& p) { p.subject.name = "sui_supply"; }));
    EXPECT_TRUE(refused("effects", [](Proof& p) { p.effects->effects->back() ^= 1; }));
    EXPECT_TRUE(refused("effects", [](Proof& p) { p.effects->effects.reset(); }));
    EXPECT_TRUE(refused("event", [](Proof& p) { p.subject.event_index = 0; }));
    EXPECT_TRUE(refused("event", [](Proof& p) { p.event->contents = {7}; }));
    EXPECT_TRUE(refused("event", [](Proof& p) { p.summary->summary.epoch = 1; }));
    EXPECT_TRUE(refused("event", [&](Proof& p) { p.summary = proofs.at("effects").summary; }));
    EXPECT_TRUE(refused("event", [](Proof& p) { p.commit.seq = 11; }));
    // The proof of one object does not speak for another, though all of its parts are true.
    EXPECT_TRUE(refused("object", [&](Proof& p) { p.state = proofs.at("parameter").state; }));
}

}  // namespace
}  // namespace walrus::proof
