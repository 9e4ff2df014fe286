// SPDX-License-Identifier: Apache-2.0
#include "redstuff/symbol.hpp"

#include "base/text.hpp"

namespace walrus {

void bcs_encode(bcs::Writer& out, const MerkleProof& proof) {
    out.uleb(proof.path.size());
    for (const MerkleNode& node : proof.path) bcs::encode(out, node);
}

bool bcs_decode(bcs::Reader& in, MerkleProof& proof) {
    std::size_t count = 0;
    if (!in.count(count)) return false;
    if (count > kMerklePathMax) return in.fail(bcs::Error::LengthTooLarge);
    proof.path.resize(count);
    for (MerkleNode& node : proof.path)
        if (!bcs::decode(in, node)) return false;
    return true;
}

void bcs_encode(bcs::Writer& out, const SymbolBatch& batch) {
    bcs::encode(out, batch.target_axis);
    bcs::encode(out, batch.source);
    bcs::encode(out, batch.targets);
    out.bytes(batch.cells);
    out.uleb(batch.proof.siblings.size());
    for (const Digest& sibling : batch.proof.siblings) out.raw(sibling.bytes);
}

bool bcs_decode(bcs::Reader& in, SymbolBatch& batch) {
    if (!bcs::decode(in, batch.target_axis) || !bcs::decode(in, batch.source)) return false;
    std::size_t count = 0;
    if (!in.count(count, 2)) return false;
    if (count == 0 || count > kShardCountMax) return in.fail(bcs::Error::LengthTooLarge);
    batch.targets.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
        if (!bcs::decode(in, batch.targets[i])) return false;
        if (i > 0 && batch.targets[i - 1].value >= batch.targets[i].value)
            return in.fail(bcs::Error::NonCanonical);
    }
    std::size_t bytes = 0;
    ByteView cells;
    if (!in.count(bytes) || !in.raw(bytes, cells)) return false;
    if (bytes == 0 || bytes % count != 0) return in.fail(bcs::Error::InvalidValue);
    batch.cells = to_bytes(cells);
    std::size_t siblings = 0;
    if (!in.count(siblings, sizeof(Digest))) return false;
    if (siblings > count * kMerklePathMax) return in.fail(bcs::Error::LengthTooLarge);
    batch.proof.siblings.resize(siblings);
    for (Digest& sibling : batch.proof.siblings) {
        ByteView raw;
        if (!in.raw(sizeof(Digest), raw)) return false;
        sibling = Digest::from(raw);
    }
    return true;
}

std::string to_text(const SymbolId& id) {
    return std::to_string(id.primary.value) + "-" + std::to_string(id.secondary.value);
}

std::optional<SymbolId> parse_symbol_id(std::string_view text) {
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    const auto primary = parse_u64(text.substr(0, dash));
    const auto secondary = parse_u64(text.substr(dash + 1));
    if (!primary || !secondary || *primary > 0xFFFF || *secondary > 0xFFFF) return std::nullopt;
    return SymbolId{SliverIndex(static_cast<std::uint16_t>(*primary)),
                    SliverIndex(static_cast<std::uint16_t>(*secondary))};
}

}  // namespace walrus
