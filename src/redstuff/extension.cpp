// SPDX-License-Identifier: Apache-2.0
#include "redstuff/extension.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/checked.hpp"
#include "gf/dispatch.hpp"
#include "gf/pack.hpp"
#include "hash/merkle.hpp"

namespace walrus::redstuff {
namespace {

/// What a tile may take of the L2 cache, bytes.
constexpr std::size_t kTileBytes = 512 * 1024;
/// Longer planes gain nothing.
constexpr std::size_t kPlaneBytesMax = 1024;
/// Elements of a 64-byte block, the granule of the stored layout.
constexpr std::size_t kPieceBytes = 2 * gf::kRowAlignment;
/// More leaves than this pay for the table of all two-byte leaves.
constexpr std::size_t kTableLeavesMin = 200'000;

}  // namespace

gf::RsCode sliver_code(const CodeParameters& code, Axis axis) {
    const std::size_t sources = code.sliver_symbols(axis);
    const auto rs = gf::RsCode::make(sources, code.shard_count() - sources);
    WALRUS_CHECK(rs.has_value());
    return *rs;
}

std::size_t plane_bytes_max(std::size_t rows) {
    const std::size_t fitting = (kTileBytes / rows - gf::kRowAlignment) / 2;
    return std::clamp(fitting / gf::kRowAlignment * gf::kRowAlignment, gf::kRowAlignment,
                      kPlaneBytesMax);
}

std::vector<Piece> cut(std::size_t symbols, std::size_t symbol_bytes, std::size_t plane_bytes_max) {
    const std::size_t row_bytes = 2 * plane_bytes_max;
    std::vector<Piece> pieces;
    if (symbol_bytes <= row_bytes) {
        const std::size_t most = row_bytes / symbol_bytes;
        for (std::size_t first = 0; first < symbols; first += most)
            pieces.push_back({first, std::min(most, symbols - first), 0, symbol_bytes});
        return pieces;
    }
    // Equal pieces, so that none is a remnant that fills its rows badly.
    const std::size_t parts = div_ceil(symbol_bytes, row_bytes);
    const std::size_t part = round_up(div_ceil(symbol_bytes, parts), kPieceBytes);
    for (std::size_t symbol = 0; symbol < symbols; ++symbol)
        for (std::size_t offset = 0; offset < symbol_bytes; offset += part)
            pieces.push_back({symbol, 1, offset, std::min(part, symbol_bytes - offset)});
    return pieces;
}

LeafDigests::LeafDigests(std::size_t symbol_bytes, std::size_t expected)
    : symbol_bytes_(symbol_bytes) {
    if (symbol_bytes == 2 && expected >= kTableLeavesMin) table_ = hash::two_byte_leaves().data();
}

void LeafDigests::operator()(const Byte* const* symbols, std::size_t count, Digest* out) const {
    if (table_ == nullptr) {
        hash::hash_leaves(hash::kernels(), symbols, symbol_bytes_, count, out);
        return;
    }
    for (std::size_t i = 0; i < count; ++i) out[i] = table_[load_le<std::uint16_t>(symbols[i])];
}

Digest root_of(const Digest* leaves, std::size_t count, Digest* spare, EqualNodes equal) {
    const Digest* level = leaves;
    const auto reduce = [&](std::size_t begin, std::size_t end) {
        const Byte* base = level[2 * begin].bytes.data();
        hash::hash_inner(hash::kernels(), base, 64, base + 32, 64, end - begin, spare + begin);
    };
    while (count > 1) {
        if (count % 2 == 1 && level == spare) spare[count] = Digest{};
        count = (count + 1) / 2;
        equal = {(equal.begin + 1) / 2, equal.end / 2};
        // A level may be written over the one below: what is written lies before what is still to
        // be read, so the equal nodes come last.
        if (equal.begin + 1 < equal.end) {
            reduce(0, equal.begin + 1);
            const Digest same = spare[equal.begin];
            reduce(equal.end, count);
            std::fill(spare + equal.begin, spare + equal.end, same);
        } else {
            reduce(0, count);
        }
        level = spare;
    }
    return *level;
}

namespace {

/// Working memory for expanding slivers piece by piece.
struct RootScratch {
    RootScratch(std::size_t shard_count, std::size_t rows, std::size_t parity_rows,
                std::size_t plane_bytes)
        : workspace(rows, plane_bytes),
          parity(parity_rows * 2 * plane_bytes),
          symbols(shard_count),
          leaves(shard_count + 1),
          nodes(shard_count / 2 + 2) {}

    gf::Workspace workspace;
    Bytes parity;
    std::vector<const Byte*> symbols;
    std::vector<Digest> leaves;
    std::vector<Digest> nodes;
    std::unique_ptr<hash::LeafHasher> hasher;
};

/// The roots of one group of slivers: those whose symbols lie side by side in a tile, or a single
/// one whose symbols are cut into pieces.
class GroupRoots {
public:
    GroupRoots(const gf::RsCode& rs, std::size_t symbol_bytes, const LeafDigests& digests)
        : rs_(rs), symbol_bytes_(symbol_bytes), digests_(digests) {}

    void run(std::span<const ByteView> slivers, std::span<const Piece> pieces, RootScratch& scratch,
             Digest* roots) const {
        const std::size_t shard_count = rs_.source_count() + rs_.parity_count();
        for (const Piece& piece : pieces) {
            extend(slivers, piece, scratch);
            if (piece.whole(symbol_bytes_)) {
                for (std::size_t i = 0; i < slivers.size(); ++i) {
                    point_at(slivers[i], piece, i, scratch);
                    digests_(scratch.symbols.data(), shard_count, scratch.leaves.data());
                    roots[i] = root_of(scratch.leaves.data(), shard_count, scratch.nodes.data());
                }
                continue;
            }
            if (!scratch.hasher)
                scratch.hasher = std::make_unique<hash::LeafHasher>(hash::kernels(), shard_count);
            if (piece.offset == 0) scratch.hasher->reset();
            point_at(slivers[0], piece, 0, scratch);
            scratch.hasher->update(scratch.symbols.data(), piece.bytes);
            if (piece.completes(symbol_bytes_)) {
                scratch.hasher->finish(scratch.leaves.data());
                roots[0] = root_of(scratch.leaves.data(), shard_count, scratch.nodes.data());
            }
        }
    }

private:
    /// Parity symbols of this piece into scratch.parity: row j holds symbol j of all slivers.
    void extend(std::span<const ByteView> slivers, const Piece& piece, RootScratch& scratch) const {
        const gf::Kernels& kernels = gf::kernels();
        const std::size_t plane = piece.plane_bytes();
        const gf::Tile tile = scratch.workspace.tile(plane);
        std::vector<const Byte*> bases(slivers.size());
        for (std::size_t i = 0; i < slivers.size(); ++i) bases[i] = slivers[i].data();
        for (std::size_t i = 0; i < rs_.source_count(); ++i)
            gf::load_row_gather(kernels, tile.row(i), plane, bases.data(),
                                i * symbol_bytes_ + piece.offset, piece.bytes, slivers.size());
        gf::rs_encode(rs_, kernels, tile);
        const std::size_t row_bytes = slivers.size() * piece.bytes;
        for (std::size_t j = 0; j < rs_.parity_count(); ++j)
            gf::store_row(kernels, tile.row(rs_.parity_row(j)), plane,
                          scratch.parity.data() + j * row_bytes, piece.bytes, piece.bytes,
                          slivers.size());
    }

    /// scratch.symbols = where the n symbols of sliver number `which` are.
    void point_at(ByteView sliver, const Piece& piece, std::size_t which,
                  RootScratch& scratch) const {
        const std::size_t sources = rs_.source_count();
        const std::size_t row_bytes = piece.count * piece.bytes;
        for (std::size_t i = 0; i < sources; ++i)
            scratch.symbols[i] = sliver.data() + i * symbol_bytes_ + piece.offset;
        for (std::size_t j = 0; j < rs_.parity_count(); ++j)
            scratch.symbols[sources + j] =
                scratch.parity.data() + j * row_bytes + which * piece.bytes;
    }

    const gf::RsCode& rs_;
    std::size_t symbol_bytes_;
    const LeafDigests& digests_;
};

}  // namespace

std::vector<Digest> sliver_roots(const CodeParameters& code, Axis axis, std::size_t symbol_bytes,
                                 std::span<const ByteView> slivers, Executor& executor) {
    const gf::RsCode rs = sliver_code(code, axis);
    const std::size_t rows = rs.encode_rows();
    const std::size_t plane = plane_bytes_max(rows);
    const LeafDigests digests(symbol_bytes, slivers.size() * code.shard_count());
    const GroupRoots group_roots(rs, symbol_bytes, digests);

    // Whole symbols: as many slivers side by side as a row holds, but some for every thread.
    const std::size_t side_by_side = std::max<std::size_t>(1, 2 * plane / symbol_bytes);
    const std::size_t per_group =
        std::clamp<std::size_t>(div_ceil(slivers.size(), executor.concurrency()), 1, side_by_side);
    const std::size_t groups = div_ceil(slivers.size(), per_group);
    std::vector<Digest> roots(slivers.size());
    Lending<RootScratch> scratches;
    executor.parallel_for(groups, [&](std::size_t group) {
        const std::size_t first = group * per_group;
        const std::size_t count = std::min(per_group, slivers.size() - first);
        const std::vector<Piece> pieces = cut(count, symbol_bytes, plane);
        auto scratch = scratches.borrow(code.shard_count(), rows, rs.parity_count(), plane);
        group_roots.run(slivers.subspan(first, count), pieces, *scratch, roots.data() + first);
    });
    return roots;
}

}  // namespace walrus::redstuff
