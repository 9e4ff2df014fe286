// SPDX-License-Identifier: Apache-2.0
// Internal to redstuff/: what encoding, verification, decoding and recovery share when they move
// symbols through the transforms of gf/ in pieces that stay in the cache.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "base/executor.hpp"
#include "gf/reed_solomon.hpp"
#include "gf/tile.hpp"
#include "hash/many.hpp"
#include "protocol/parameters.hpp"
#include "redstuff/sliver.hpp"

namespace walrus::redstuff {

/// The code that extends a sliver of this axis to n symbols: rows for primary slivers (k = S),
/// columns for secondary ones (k = P).
gf::RsCode sliver_code(const CodeParameters& code, Axis axis);

/// Work on symbols [first, first + count), of each the bytes [offset, offset + bytes). Either whole
/// symbols, or a piece of one symbol that starts at a multiple of 64 bytes.
struct Piece {
    std::size_t first;
    std::size_t count;
    std::size_t offset;
    std::size_t bytes;

    bool whole(std::size_t symbol_bytes) const { return bytes == symbol_bytes; }
    bool completes(std::size_t symbol_bytes) const { return offset + bytes == symbol_bytes; }
    std::size_t plane_bytes() const { return gf::plane_bytes_for(count * bytes / 2); }
};

/// Largest plane of a piece for a tile of this many rows, so that the tile fits the L2 cache.
std::size_t plane_bytes_max(std::size_t rows);
/// Cuts `symbols` symbols into pieces of at most this plane size, symbol by symbol, in order.
std::vector<Piece> cut(std::size_t symbols, std::size_t symbol_bytes, std::size_t plane_bytes_max);

/// Objects of working memory that parallel calls borrow; there are never more than calls at once.
template <class T>
class Lending {
public:
    class Loan {
    public:
        Loan(Lending& owner, std::unique_ptr<T> object)
            : owner_(owner), object_(std::move(object)) {}
        ~Loan() {
            std::lock_guard lock(owner_.mutex_);
            owner_.idle_.push_back(std::move(object_));
        }
        Loan(const Loan&) = delete;
        Loan& operator=(const Loan&) = delete;
        T& operator*() const { return *object_; }
        T* operator->() const { return object_.get(); }

    private:
        Lending& owner_;
        std::unique_ptr<T> object_;
    };

    /// An idle object, or a new one made from `args`.
    template <class... Args>
    Loan borrow(Args&&... args) {
        {
            std::lock_guard lock(mutex_);
            if (!idle_.empty()) {
                std::unique_ptr<T> object = std::move(idle_.back());
                idle_.pop_back();
                return Loan(*this, std::move(object));
            }
        }
        return Loan(*this, std::make_unique<T>(std::forward<Args>(args)...));
    }

private:
    std::mutex mutex_;
    std::vector<std::unique_ptr<T>> idle_;
};

/// Digests of leaves of one symbol size; small symbols through a table where that pays.
class LeafDigests {
public:
    /// `expected` leaves in all decide whether the table is worth building.
    LeafDigests(std::size_t symbol_bytes, std::size_t expected);
    void operator()(const Byte* const* symbols, std::size_t count, Digest* out) const;

private:
    std::size_t symbol_bytes_;
    const Digest* table_ = nullptr;
};

/// Merkle roots of slivers of one axis, each expanded to n symbols. Precondition: every sliver
/// holds exactly the axis's number of symbols of `symbol_bytes`.
std::vector<Digest> sliver_roots(const CodeParameters& code, Axis axis, std::size_t symbol_bytes,
                                 std::span<const ByteView> slivers, Executor& executor);

/// Nodes [begin, end) of a level of a Merkle tree, known to be equal; empty if begin >= end.
struct EqualNodes {
    std::size_t begin = 0;
    std::size_t end = 0;
};

/// Root of the tree over leaves that lie one after the other; `spare` is working memory for half as
/// many digests and one more. The leaf behind an odd number of leaves must be zero. Subtrees over
/// equal leaves are hashed once.
Digest root_of(const Digest* leaves, std::size_t count, Digest* spare, EqualNodes equal = {});

}  // namespace walrus::redstuff
