// SPDX-License-Identifier: Apache-2.0
// Proof files, *.wproof (docs/formats/proofs.md, spec/consensus.md §6.4): one fact of the ledger
// with everything that leads from it to a seal. Whoever pins the sequencer's key checks the file
// alone: no network, no clock, no state.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proof/commitments.hpp"
#include "proof/error.hpp"
#include "proof/history.hpp"
#include "proof/state_tree.hpp"

namespace walrus::proof {

/// Larger files are refused before they are parsed.
inline constexpr std::size_t kProofBytesMax = std::size_t{8} << 20;
inline constexpr std::uint16_t kProofVersion = 1;

/// What a proof says. The value is the byte in the file; 1 to 3 are those of blob proofs.
enum class Claim : std::uint8_t {
    Object = 4,     ///< the object stands in the state like this
    NoObject = 5,   ///< there is no object of this id
    Balance = 6,    ///< the account's balance in one coin (0: there is no entry)
    Parameter = 7,  ///< a named value, e.g. the supply of WAL
    Event = 8,      ///< the transaction emitted this event
    Effects = 9,    ///< the transaction was executed with these effects
};

struct Subject {
    /// Object id, address (Balance), transaction digest (Event, Effects), zeros (Parameter).
    Digest id;
    Claim claim = Claim::Object;
    Bytes coin_type;                ///< Balance: BCS TypeTag
    std::uint64_t amount = 0;       ///< Balance
    std::string name;               ///< Parameter
    std::uint32_t event_index = 0;  ///< Event: among the transaction's events
    bool operator==(const Subject&) const = default;
};

/// The event's own bytes and its place. All indices are also in the leaf.
struct EventSection {
    std::uint32_t transaction_index = 0;
    std::uint32_t event_index = 0;
    Bytes type;  ///< BCS StructTag
    Address package;
    Bytes contents;
    std::uint32_t leaf_index = 0;  ///< among all events of the block
    std::vector<Digest> path;
    bool operator==(const EventSection&) const = default;
};
struct EffectsSection {
    std::uint32_t transaction_index = 0;
    TransactionDigest transaction;
    Digest effects_digest;
    std::optional<Bytes> effects;  ///< BCS; always there for Claim::Effects, never for Event
    std::vector<Digest> path;
    bool operator==(const EffectsSection&) const = default;
};
struct SummarySection {
    BlockSummary summary;
    HistoryProof history;
    bool operator==(const SummarySection&) const = default;
};
struct StateSection {
    /// Object: what its digest is the hash of; Parameter: its bytes; else empty.
    Bytes value;
    StateProof proof;
    bool operator==(const StateSection&) const = default;
};
struct SealSection {
    SealStatement statement;
    std::array<Byte, kAccountSignatureBytes> signature{};
    bool operator==(const SealSection&) const = default;
};

/// A file's content. Which sections there are follows from the claim.
struct Proof {
    Subject subject;
    std::optional<EventSection> event;
    std::optional<SummarySection> summary;
    std::optional<StateSection> state;
    AppState commit;
    SealSection seal;
    SequencerKey sequencer{};
    std::optional<EffectsSection> effects;
    bool operator==(const Proof&) const = default;
};

Bytes encode(const Proof& proof);
/// Canonical only: what decodes encodes to the same bytes. Checks nothing but the form and the
/// checksum. Errors: Malformed.
ProofResult<Proof> decode_proof(ByteView file);

/// What the verifier believes before it looks at a proof.
struct Trust {
    SequencerKey sequencer{};
    /// Nothing: any chain that this key seals; the result names it.
    std::optional<ChainId> chain;
};
/// Does the proof hold under this trust? Errors: Mismatch; the message names what does not fit.
ProofResult<void> verify(const Proof& proof, const Trust& trust);
/// Both.
ProofResult<Proof> verify_proof(ByteView file, const Trust& trust);

/// The key in the state tree that the subject is about. Precondition: Object ... Parameter.
Digest subject_key(const Subject& subject);
/// What the digest of an object hashes begins with one of these texts, then the object's id.
inline constexpr std::string_view kObjectDomain = "Object::";
inline constexpr std::string_view kObjectFieldsDomain = "ObjectFields::";

}  // namespace walrus::proof
