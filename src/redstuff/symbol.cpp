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
