// SPDX-License-Identifier: Apache-2.0
#include "proof/commitments.hpp"

#include "hash/blake2b.hpp"

namespace walrus::proof {
namespace {

// Tags of docs/formats/blocks.md; never renumbered.
constexpr Byte kEventTag = 0x20;
constexpr Byte kEffectsTag = 0x21;
constexpr Byte kTreeLeafTag = 0x22;
constexpr Byte kTreeInnerTag = 0x23;
constexpr Byte kSummaryTag = 0x30;
constexpr Byte kCommitteeTag = 0x40;
constexpr Byte kAppHashTag = 0x50;

void put_sized(bcs::Writer& out, ByteView bytes) {
    out.fixed(static_cast<std::uint32_t>(bytes.size()));
    out.raw(bytes);
}

}  // namespace

Digest hash_tagged(Byte tag, ByteView data) {
    return Blake2b().update({&tag, 1}).update(data).finish();
}

Digest hash_pair(Byte tag, const Digest& left, const Digest& right) {
    // One buffer, one compression: 65 bytes.
    Byte data[65];
    data[0] = tag;
    std::memcpy(data + 1, left.bytes.data(), 32);
    std::memcpy(data + 33, right.bytes.data(), 32);
    return blake2b(ByteView(data));
}

Digest summary_leaf(const BlockSummary& summary) {
    return hash_tagged(kSummaryTag, bcs::encode(summary));
}

Digest app_hash(const AppState& state) {
    return hash_tagged(kAppHashTag, bcs::encode(state));
}

Digest seal_digest(const SealStatement& statement) {
    return blake2b("LEDGER-SEAL-V1", bcs::encode(statement));
}

bool verify_seal(const SealStatement& statement, const SequencerKey& key,
                 const std::array<Byte, kAccountSignatureBytes>& signature) {
    AccountSignature check;
    check.key = {SignatureScheme::Ed25519, to_bytes(key)};
    check.signature = signature;
    return check.verify(seal_digest(statement));
}

Digest effects_leaf(std::uint32_t index, const TransactionDigest& transaction,
                    const Digest& effects) {
    bcs::Writer out(68);
    out.fixed(index);
    out.raw(transaction.bytes);
    out.raw(effects.bytes);
    return hash_tagged(kEffectsTag, out.view());
}

Digest event_leaf(std::uint32_t transaction, std::uint32_t index, ByteView type_bcs,
                  const Address& package, ByteView contents) {
    bcs::Writer out(64 + type_bcs.size() + contents.size());
    out.fixed(transaction);
    out.fixed(index);
    put_sized(out, type_bcs);
    out.raw(package.bytes);
    put_sized(out, contents);
    return hash_tagged(kEventTag, out.view());
}

Digest effects_digest(ByteView effects_bcs) {
    return blake2b("TransactionEffects::", effects_bcs);
}

Digest BlockTree::empty() {
    return blake2b(ByteView{});
}
Digest BlockTree::leaf(const Digest& leaf) {
    return hash_tagged(kTreeLeafTag, leaf.view());
}
Digest BlockTree::inner(const Digest& left, const Digest& right) {
    return hash_pair(kTreeInnerTag, left, right);
}

Digest committee_digest(const CommitteeRecord& committee) {
    return hash_tagged(kCommitteeTag, bcs::encode(committee));
}

}  // namespace walrus::proof
