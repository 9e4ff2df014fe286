// SPDX-License-Identifier: Apache-2.0
// Symbols that travel for repair (spec/encoding.md §6.2, §7.2). "Primary" symbol means usable to
// recover a primary sliver: its index is that of the secondary sliver it came from, and its proof
// leads to that secondary sliver's root. "Secondary" the other way round.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "hash/merkle.hpp"
#include "protocol/ids.hpp"
#include "redstuff/sliver.hpp"

namespace walrus {

// BCS of Merkle proofs (hash/ knows no BCS): ULEB128 count, nodes. Decoding refuses more than
// kMerklePathMax nodes.
void bcs_encode(bcs::Writer& out, const MerkleProof& proof);
bool bcs_decode(bcs::Reader& in, MerkleProof& proof);

/// One cell without proof. BCS: index u16 (of the source sliver), ULEB128 length, data.
struct DecodingSymbol {
    SliverIndex index;
    Bytes data;
    friend bool operator==(const DecodingSymbol&, const DecodingSymbol&) = default;
};

/// BCS: axis of the target, DecodingSymbol.
struct EitherDecodingSymbol {
    Axis target_axis = Axis::Primary;
    DecodingSymbol symbol;
    friend bool operator==(const EitherDecodingSymbol&, const EitherDecodingSymbol&) = default;
};

/// One cell with its proof in the source sliver's tree. BCS: DecodingSymbol, MerkleProof.
struct RecoverySymbol {
    DecodingSymbol symbol;
    MerkleProof proof;
    friend bool operator==(const RecoverySymbol&, const RecoverySymbol&) = default;
};

/// BCS: axis of the target, RecoverySymbol.
struct EitherRecoverySymbol {
    Axis target_axis = Axis::Primary;
    RecoverySymbol symbol;
    friend bool operator==(const EitherRecoverySymbol&, const EitherRecoverySymbol&) = default;
};

/// BCS: one symbol for the primary sliver, one for the secondary sliver.
struct RecoverySymbolPair {
    RecoverySymbol primary;
    RecoverySymbol secondary;
    friend bool operator==(const RecoverySymbolPair&, const RecoverySymbolPair&) = default;
};

/// A cell with proof that says itself which sliver it is for. BCS: EitherDecodingSymbol,
/// target index u16, MerkleProof. Body of list-recovery-symbols: a vector of these.
struct GeneralRecoverySymbol {
    EitherDecodingSymbol symbol;
    SliverIndex target_index;
    MerkleProof proof;

    Axis source_axis() const { return orthogonal(symbol.target_axis); }
    SliverIndex source_index() const { return symbol.symbol.index; }
    friend bool operator==(const GeneralRecoverySymbol&, const GeneralRecoverySymbol&) = default;
};

/// Cells of one sliver for several targets, with one proof for all: what a node that repairs
/// several slivers asks of another. Ours, beside the public format (docs/formats/symbol-batch.md).
/// BCS: axis of the targets, index u16 of the source sliver, ULEB128 count and targets u16
/// (strictly increasing), ULEB128 length and the cells one after the other, ULEB128 count and
/// siblings of 32 bytes. Decoding refuses targets that do not increase, more than kShardCountMax of
/// them, cells that do not divide evenly among them, and more siblings than the targets' paths
/// hold.
struct SymbolBatch {
    Axis target_axis = Axis::Primary;
    SliverIndex source;
    std::vector<SliverIndex> targets;
    Bytes cells;
    MerkleMultiProof proof;

    std::size_t symbol_bytes() const { return targets.empty() ? 0 : cells.size() / targets.size(); }
    /// The cell for targets[position]. Precondition: position < targets.size().
    ByteView cell(std::size_t position) const {
        return ByteView(cells).subspan(position * symbol_bytes(), symbol_bytes());
    }
    friend bool operator==(const SymbolBatch&, const SymbolBatch&) = default;
};
void bcs_encode(bcs::Writer& out, const SymbolBatch& batch);
bool bcs_decode(bcs::Reader& in, SymbolBatch& batch);

/// A cell of the matrix: row = primary sliver, column = secondary sliver. BCS: two u16.
struct SymbolId {
    SliverIndex primary;
    SliverIndex secondary;
    friend auto operator<=>(const SymbolId&, const SymbolId&) = default;
};
/// "73-241".
std::string to_text(const SymbolId& id);
std::optional<SymbolId> parse_symbol_id(std::string_view text);

}  // namespace walrus
