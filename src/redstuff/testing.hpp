// SPDX-License-Identifier: Apache-2.0
// For the tests of redstuff/: blobs, the n x n matrix by the words of the specification (no
// transforms, no batching), and commitments to any matrix, also a wrong one.
#pragma once

#include <thread>
#include <vector>

#include "base/check.hpp"
#include "gf/field.hpp"
#include "hash/merkle.hpp"
#include "redstuff/encode.hpp"
#include "redstuff/extension.hpp"
#include "redstuff/symbol.hpp"

namespace walrus::testing {

/// The generator of the published vectors (encoding.md §11).
inline Bytes generated_blob(std::size_t length) {
    std::uint32_t x = 0x12345678u ^ static_cast<std::uint32_t>(length);
    Bytes out(length);
    for (Byte& b : out) {
        x = x * 1664525 + 1013904223;
        b = static_cast<Byte>(x >> 24);
    }
    return out;
}

/// Length of the blob that fills all source symbols of this size: no two slivers are alike.
inline std::size_t full_blob_bytes(std::uint32_t n, std::size_t symbol_bytes) {
    const auto code = *CodeParameters::make(n);
    return std::size_t{code.primary_source_symbols()} * code.secondary_source_symbols() *
           symbol_bytes;
}

inline SliverIndex sliver_index(std::size_t i) {
    return SliverIndex(static_cast<std::uint16_t>(i));
}

/// The cells of an n x n matrix, all of one size.
class Matrix {
public:
    Matrix(std::size_t n, std::size_t symbol_bytes)
        : n_(n), symbol_bytes_(symbol_bytes), cells_(n * n * symbol_bytes) {}

    std::size_t n() const { return n_; }
    std::size_t symbol_bytes() const { return symbol_bytes_; }
    MutableByteView cell(std::size_t row, std::size_t column) {
        return MutableByteView(cells_).subspan((row * n_ + column) * symbol_bytes_, symbol_bytes_);
    }
    ByteView cell(std::size_t row, std::size_t column) const {
        return ByteView(cells_).subspan((row * n_ + column) * symbol_bytes_, symbol_bytes_);
    }
    /// Symbol `position` of the expanded sliver.
    ByteView symbol(Axis axis, std::size_t sliver, std::size_t position) const {
        return axis == Axis::Primary ? cell(sliver, position) : cell(position, sliver);
    }
    SliverData sliver(const CodeParameters& code, Axis axis, std::size_t index) const {
        SliverData data{{}, static_cast<std::uint16_t>(symbol_bytes_), sliver_index(index)};
        for (std::size_t i = 0; i < code.sliver_symbols(axis); ++i)
            append(data.symbols, symbol(axis, index, i));
        return data;
    }
    MerkleTree tree(Axis axis, std::size_t sliver) const {
        std::vector<Digest> leaves;
        for (std::size_t i = 0; i < n_; ++i) leaves.push_back(merkle_leaf(symbol(axis, sliver, i)));
        return MerkleTree::from_digests(std::move(leaves));
    }
    /// The symbol of sliver `source` of the axis orthogonal to `target_axis` for `target`.
    RecoverySymbol recovery_symbol(Axis target_axis, std::size_t source, std::size_t target) const {
        const Axis source_axis = orthogonal(target_axis);
        return {{sliver_index(source), to_bytes(symbol(source_axis, source, target))},
                tree(source_axis, source).proof(target)};
    }

private:
    std::size_t n_;
    std::size_t symbol_bytes_;
    Bytes cells_;
};

/// dst ^= factor * src on stored symbols (encoding.md §2.9).
inline void multiply_add(MutableByteView dst, ByteView src, gf::Element factor) {
    for (std::size_t at = 0; at < src.size(); at += 64) {
        const std::size_t half = std::min<std::size_t>(64, src.size() - at) / 2;
        for (std::size_t i = at; i < at + half; ++i) {
            const auto element = static_cast<gf::Element>(src[i] | src[i + half] << 8);
            const gf::Element product = gf::multiply(factor, element);
            dst[i] ^= static_cast<Byte>(product);
            dst[i + half] ^= static_cast<Byte>(product >> 8);
        }
    }
}

/// Entry of the generator matrix by the definition of encoding.md §2.5.
inline gf::Element generator_entry(const gf::RsCode& code, std::size_t parity, std::size_t source) {
    const std::size_t size = code.chunk();
    const std::size_t base = code.high_rate() ? size * (source / size + 1) : 0;
    const std::size_t at = code.high_rate() ? base + source % size : source;
    const std::size_t x = code.high_rate() ? parity : size + parity;
    gf::Element product = 1;
    for (std::size_t t = 0; t < size; ++t)
        if (base + t != at)
            product = gf::multiply(
                product, gf::multiply(static_cast<gf::Element>(x ^ (base + t)),
                                      gf::inverse(static_cast<gf::Element>(at ^ (base + t)))));
    return product;
}

/// Extends row `index` (primary) or column `index` (secondary) from its source symbols.
inline void extend(Matrix& matrix, const CodeParameters& code, Axis axis, std::size_t index) {
    const gf::RsCode rs = redstuff::sliver_code(code, axis);
    const std::size_t k = rs.source_count();
    for (std::size_t j = 0; j < rs.parity_count(); ++j) {
        const auto place = [&](std::size_t i) {
            return axis == Axis::Primary ? matrix.cell(index, i) : matrix.cell(i, index);
        };
        std::fill(place(k + j).begin(), place(k + j).end(), Byte{0});
        for (std::size_t i = 0; i < k; ++i)
            multiply_add(place(k + j), place(i), generator_entry(rs, j, i));
    }
}

/// The whole matrix of a blob.
inline Matrix naive_matrix(const CodeParameters& code, ByteView blob) {
    const std::size_t n = code.shard_count();
    const std::size_t s = *code.symbol_bytes(blob.size());
    const std::size_t columns = code.secondary_source_symbols();
    Matrix matrix(n, s);
    for (std::size_t i = 0; i < blob.size(); ++i)
        matrix.cell(i / (columns * s), i / s % columns)[i % s] = blob[i];
    for (std::size_t r = 0; r < code.primary_source_symbols(); ++r)
        extend(matrix, code, Axis::Primary, r);
    for (std::size_t c = 0; c < n; ++c) extend(matrix, code, Axis::Secondary, c);
    return matrix;
}

/// Metadata that commits to the rows and columns of any matrix.
inline VerifiedMetadata commit(const CodeParameters& code, const Matrix& matrix,
                               std::uint64_t blob_bytes) {
    const std::size_t n = matrix.n();
    std::vector<SliverPairMetadata> hashes(n);
    for (std::size_t i = 0; i < n; ++i)
        hashes[i] = {matrix.tree(Axis::Primary, i).root().bytes(),
                     matrix.tree(Axis::Secondary, n - 1 - i).root().bytes()};
    return VerifiedMetadata::from_hashes(code, blob_bytes, std::move(hashes));
}

/// A code, a blob and its encoding.
struct Encoded {
    Encoded(std::uint32_t n, std::size_t blob_bytes)
        : code(*CodeParameters::make(n)),
          blob(generated_blob(blob_bytes)),
          result(encode_blob(code, blob, pool, executor)) {
        WALRUS_CHECK(result.has_value());
    }

    const EncodedBlob& operator*() const { return *result; }
    const VerifiedMetadata& metadata() const { return result->metadata(); }
    SliverView view(Axis axis, std::size_t index) const {
        return {axis == Axis::Primary ? result->primary(sliver_index(index))
                                      : result->secondary(sliver_index(index)),
                static_cast<std::uint16_t>(result->symbol_bytes()), sliver_index(index)};
    }

    CodeParameters code;
    Bytes blob;
    BufferPool pool{std::size_t{1} << 30};
    InlineExecutor executor;
    Result<EncodedBlob, EncodeError> result;
};

/// Every call in a thread of its own, in reverse order.
class ThreadPerCallExecutor final : public Executor {
public:
    std::size_t concurrency() const override { return 4; }
    void parallel_for(std::size_t count, FunctionRef<void(std::size_t)> body) override {
        std::vector<std::thread> threads;
        for (std::size_t i = count; i-- > 0;) {
            threads.emplace_back([body, i] { body(i); });
            if (threads.size() == concurrency() || i == 0) {
                for (std::thread& thread : threads) thread.join();
                threads.clear();
            }
        }
    }
};

/// Calls visit(indices) for every subset of {0..n-1} of `size` elements.
template <class Visit>
void for_each_subset(std::size_t n, std::size_t size, Visit visit) {
    std::vector<std::size_t> indices(size);
    for (std::size_t i = 0; i < size; ++i) indices[i] = i;
    while (true) {
        visit(indices);
        std::size_t i = size;
        while (i > 0 && indices[i - 1] == n - size + i - 1) --i;
        if (i == 0) return;
        ++indices[i - 1];
        for (std::size_t j = i; j < size; ++j) indices[j] = indices[j - 1] + 1;
    }
}

}  // namespace walrus::testing
