// SPDX-License-Identifier: Apache-2.0
#include "proof/proof_file.hpp"

#include "hash/blake2b.hpp"
#include "proof/shape_tree.hpp"

namespace walrus::proof {
namespace {

constexpr std::string_view kMagic = "WPRF";
constexpr std::size_t kFileHeaderBytes = 12;
constexpr std::uint8_t kSequencerSeal = 1;
constexpr std::uint8_t kTrustSequencer = 2;
constexpr std::size_t kSectionsMax = 16;

// First bytes of keys in the state.
constexpr Byte kObjectKeyTag = 0x10;
constexpr Byte kBalanceKeyTag = 0x11;
constexpr Byte kParameterKeyTag = 0x12;

/// Numbers of sections; in the file they ascend.
enum SectionType : std::uint16_t {
    kSubjectSection = 1,
    kEventSection = 4,
    kSummarySection = 5,
    kStateSection = 6,
    kCommitSection = 7,
    kSealSection = 8,
    kTrustSection = 10,
    kEffectsSection = 11,
};

struct Section {
    SectionType type;
    Bytes bytes;
};

auto malformed(std::string what) {
    return proof_failure(ProofCode::Malformed, "this is no proof file: " + std::move(what));
}

bool about_state(Claim claim) {
    return claim <= Claim::Parameter;
}

Bytes encode_subject(const Subject& subject) {
    bcs::Writer out;
    out.raw(subject.id.bytes);
    out.u8(static_cast<std::uint8_t>(subject.claim));
    if (subject.claim == Claim::Balance) {
        out.bytes(subject.coin_type);
        out.fixed(subject.amount);
    } else if (subject.claim == Claim::Parameter) {
        bcs::encode(out, subject.name);
    } else if (subject.claim == Claim::Event) {
        out.fixed(subject.event_index);
    }
    return out.take();
}

bool decode_subject(bcs::Reader& in, Subject& subject) {
    std::uint8_t claim = 0;
    if (!bcs::decode(in, subject.id) || !in.u8(claim)) return false;
    if (claim < static_cast<std::uint8_t>(Claim::Object) ||
        claim > static_cast<std::uint8_t>(Claim::Effects))
        return false;
    subject.claim = static_cast<Claim>(claim);
    if (subject.claim == Claim::Balance)
        return bcs::decode(in, subject.coin_type) && in.fixed(subject.amount);
    if (subject.claim == Claim::Parameter) return bcs::decode(in, subject.name);
    if (subject.claim == Claim::Event) return in.fixed(subject.event_index);
    return true;
}

Bytes encode_state(const StateSection& state) {
    bcs::Writer out;
    out.bytes(state.value);
    out.raw(encode(state.proof));
    return out.take();
}

Bytes encode_seal(const SealSection& seal) {
    bcs::Writer out;
    out.u8(kSequencerSeal);
    bcs::encode(out, seal.statement);
    out.raw(seal.signature);
    return out.take();
}

std::vector<Section> sections_of(const Proof& proof) {
    std::vector<Section> out;
    out.push_back({kSubjectSection, encode_subject(proof.subject)});
    if (proof.event) out.push_back({kEventSection, bcs::encode(*proof.event)});
    if (proof.summary) out.push_back({kSummarySection, bcs::encode(*proof.summary)});
    if (proof.state) out.push_back({kStateSection, encode_state(*proof.state)});
    out.push_back({kCommitSection, bcs::encode(proof.commit)});
    out.push_back({kSealSection, encode_seal(proof.seal)});
    bcs::Writer trust;
    trust.u8(kTrustSequencer);
    trust.raw(proof.sequencer);
    out.push_back({kTrustSection, trust.take()});
    if (proof.effects) out.push_back({kEffectsSection, bcs::encode(*proof.effects)});
    return out;
}

template <class T>
bool take(ByteView bytes, std::optional<T>& out) {
    auto value = bcs::decode<T>(bytes);
    if (value) out = std::move(*value);
    return value.has_value();
}

bool take_state(ByteView bytes, std::optional<StateSection>& out) {
    bcs::Reader in(bytes);
    ByteView value;
    ByteView rest;
    if (!in.bytes(value) || !in.raw(in.remaining(), rest)) return false;
    auto proof = decode_state_proof(rest);
    if (proof) out = StateSection{to_bytes(value), std::move(*proof)};
    return proof.has_value();
}

bool take_section(std::uint16_t type, ByteView bytes, Proof& proof) {
    bcs::Reader in(bytes);
    std::uint8_t kind = 0;
    switch (type) {
        case kSubjectSection:
            return decode_subject(in, proof.subject) && in.finish();
        case kEventSection:
            return take(bytes, proof.event);
        case kSummarySection:
            return take(bytes, proof.summary);
        case kStateSection:
            return take_state(bytes, proof.state);
        case kCommitSection:
            return bcs::decode(in, proof.commit) && in.finish();
        case kSealSection:
            return in.u8(kind) && kind == kSequencerSeal && bcs::decode(in, proof.seal.statement) &&
                   bcs::decode(in, proof.seal.signature) && in.finish();
        case kTrustSection:
            return in.u8(kind) && kind == kTrustSequencer && bcs::decode(in, proof.sequencer) &&
                   in.finish();
        case kEffectsSection:
            return take(bytes, proof.effects);
        default:
            return false;
    }
}

/// Bits of the sections that a claim needs; no other may be there.
std::uint32_t sections_for(Claim claim) {
    const auto bit = [](SectionType type) { return 1u << type; };
    std::uint32_t out =
        bit(kSubjectSection) | bit(kCommitSection) | bit(kSealSection) | bit(kTrustSection);
    if (about_state(claim)) return out | bit(kStateSection);
    out |= bit(kSummarySection) | bit(kEffectsSection);
    if (claim == Claim::Event) out |= bit(kEventSection);
    return out;
}

auto mismatch(const char* what) {
    return proof_failure(ProofCode::Mismatch, std::string("the proof does not hold: ") + what);
}

ProofResult<void> verify_object_value(const Subject& subject, const StateSection& state) {
    const std::string_view text = as_text(state.value);
    const std::size_t domain = text.starts_with(kObjectDomain)         ? kObjectDomain.size()
                               : text.starts_with(kObjectFieldsDomain) ? kObjectFieldsDomain.size()
                                                                       : 0;
    if (domain == 0 || state.value.size() < domain + Digest::kSize)
        return mismatch("its value is no object");
    if (Digest::from(ByteView(state.value).subspan(domain, Digest::kSize)) != subject.id)
        return mismatch("its object is another one");
    if (blake2b(state.value) != state.proof.value)
        return mismatch("the object is not the one in the state");
    return {};
}

ProofResult<void> verify_state(const Proof& proof) {
    const Subject& subject = proof.subject;
    const StateSection& state = *proof.state;
    if (state.proof.key != subject_key(subject)) return mismatch("it looks up another key");
    const auto root = state_fold(state.proof);
    if (!root || *root != proof.commit.state_root)
        return mismatch("the path does not lead to the state root");
    const bool present = state.proof.kind == StateProof::Kind::Present;
    switch (subject.claim) {
        case Claim::Object:
            if (!present) return mismatch("there is no such object");
            return verify_object_value(subject, state);
        case Claim::NoObject:
            if (present || !state.value.empty()) return mismatch("the object exists");
            return {};
        case Claim::Balance:
            // An account has no entry of 0.
            if (!state.value.empty() || present == (subject.amount == 0) ||
                (present &&
                 state.proof.value != tree_value(kBalanceKeyTag, bcs::encode(subject.amount))))
                return mismatch("the balance is another one");
            return {};
        default:
            if (!subject.id.is_zero() || !present ||
                state.proof.value != tree_value(kParameterKeyTag, state.value))
                return mismatch("the value is another one");
            return {};
    }
}

ProofResult<void> verify_block(const Proof& proof) {
    const Subject& subject = proof.subject;
    const BlockSummary& summary = proof.summary->summary;
    const HistoryProof& history = proof.summary->history;
    if (history.leaf_index != summary.seq || history.leaf_count - 1 != proof.commit.seq)
        return mismatch("the block has another number");
    const auto root = history_fold(summary_leaf(summary), history);
    if (!root || *root != proof.commit.history_root)
        return mismatch("the block is not in the history");

    const EffectsSection& effects = *proof.effects;
    if (effects.transaction.bytes != subject.id.bytes)
        return mismatch("it is about another transaction");
    const Digest leaf =
        effects_leaf(effects.transaction_index, effects.transaction, effects.effects_digest);
    const auto effects_root = shape_fold<BlockTree>(
        BlockTree::leaf(leaf), effects.transaction_index, summary.transaction_count, effects.path);
    if (!effects_root || *effects_root != summary.effects_root)
        return mismatch("the transaction is not in the block");
    if (subject.claim == Claim::Effects) {
        if (!effects.effects || effects_digest(*effects.effects) != effects.effects_digest)
            return mismatch("the effects are others");
        return {};
    }
    const EventSection& event = *proof.event;
    if (effects.effects || event.transaction_index != effects.transaction_index ||
        event.event_index != subject.event_index)
        return mismatch("it is about another event");
    const Digest event_hash = event_leaf(event.transaction_index, event.event_index, event.type,
                                         event.package, event.contents);
    const auto events_root = shape_fold<BlockTree>(BlockTree::leaf(event_hash), event.leaf_index,
                                                   summary.event_count, event.path);
    if (!events_root || *events_root != summary.events_root)
        return mismatch("the event is not in the block");
    return {};
}

}  // namespace

Digest subject_key(const Subject& subject) {
    bcs::Writer out;
    if (subject.claim == Claim::Balance) {
        out.u8(kBalanceKeyTag);
        out.raw(subject.id.bytes);
        out.raw(subject.coin_type);
    } else if (subject.claim == Claim::Parameter) {
        out.u8(kParameterKeyTag);
        out.raw(as_bytes(subject.name));
    } else {
        out.u8(kObjectKeyTag);
        out.raw(subject.id.bytes);
    }
    return tree_key(out.view());
}

Bytes encode(const Proof& proof) {
    const std::vector<Section> sections = sections_of(proof);
    bcs::Writer out;
    out.raw(as_bytes(kMagic));
    out.fixed(kProofVersion);
    out.fixed(std::uint16_t{0});
    out.fixed(static_cast<std::uint32_t>(sections.size()));
    for (const Section& section : sections) {
        out.fixed(static_cast<std::uint16_t>(section.type));
        out.fixed(static_cast<std::uint32_t>(section.bytes.size()));
        out.raw(section.bytes);
    }
    const Digest checksum = blake2b(out.view());
    out.raw(checksum.bytes);
    return out.take();
}

ProofResult<Proof> decode_proof(ByteView file) {
    if (file.size() > kProofBytesMax) return malformed("it is too large");
    if (file.size() < kFileHeaderBytes + Digest::kSize) return malformed("it is too short");
    const ByteView body = file.first(file.size() - Digest::kSize);
    bcs::Reader in(body);
    ByteView magic;
    std::uint16_t version = 0;
    std::uint16_t flags = 0;
    std::uint32_t count = 0;
    (void)(in.raw(kMagic.size(), magic) && in.fixed(version) && in.fixed(flags) && in.fixed(count));
    if (!equal(magic, as_bytes(kMagic))) return malformed("it does not begin with WPRF");
    if (version != kProofVersion)
        return malformed("version " + std::to_string(version) + " is not known, only " +
                         std::to_string(kProofVersion));
    if (flags != 0 || count > kSectionsMax) return malformed("flags or sections are not known");
    if (!equal(blake2b(body).view(), file.last(Digest::kSize)))
        return malformed("its checksum is wrong");
    Proof proof;
    std::uint32_t seen = 0;
    std::uint16_t previous = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
        std::uint16_t type = 0;
        std::uint32_t size = 0;
        ByteView bytes;
        if (!in.fixed(type) || !in.fixed(size) || !in.raw(size, bytes))
            return malformed("a section is cut short");
        if (type <= previous) return malformed("its sections are out of order");
        if (!take_section(type, bytes, proof))
            return malformed("section " + std::to_string(type) + " does not parse");
        previous = type;
        seen |= 1u << type;
    }
    if (!in.finish()) return malformed("bytes follow the last section");
    if (seen != sections_for(proof.subject.claim))
        return malformed("its sections are not those of its subject");
    return proof;
}

ProofResult<void> verify(const Proof& proof, const Trust& trust) {
    const SealStatement& seal = proof.seal.statement;
    if (proof.sequencer != trust.sequencer)
        return mismatch("it was made for another sequencer key than the trusted one");
    if (trust.chain && proof.commit.chain_id != *trust.chain)
        return mismatch("it is of another chain");
    if (!verify_seal(seal, trust.sequencer, proof.seal.signature))
        return mismatch("the seal is not a signature of the trusted key");
    if (proof.commit.version != AppState().version || seal.chain_id != proof.commit.chain_id ||
        seal.seq != proof.commit.seq || seal.app_hash != app_hash(proof.commit))
        return mismatch("the seal is over another state");
    return about_state(proof.subject.claim) ? verify_state(proof) : verify_block(proof);
}

ProofResult<Proof> verify_proof(ByteView file, const Trust& trust) {
    Proof proof = WALRUS_TRY(decode_proof(file));
    WALRUS_TRY(verify(proof, trust));
    return proof;
}

}  // namespace walrus::proof
