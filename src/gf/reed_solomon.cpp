// SPDX-License-Identifier: Apache-2.0
#include "gf/reed_solomon.hpp"

#include <algorithm>
#include <bit>
#include <list>
#include <mutex>

#include "base/check.hpp"
#include "base/checked.hpp"
#include "gf/field.hpp"
#include "gf/transform.hpp"

namespace walrus::gf {
namespace {

void clear_rows(const Tile& tile, std::size_t begin, std::size_t end) {
    if (begin < end) std::memset(tile.row(begin), 0, (end - begin) * tile.pitch);
}

/// Walsh-Hadamard transform of size a power of two, modulo the group order.
void walsh_hadamard(std::vector<std::uint32_t>& values) {
    for (std::size_t distance = 1; distance < values.size(); distance *= 2)
        for (std::size_t r = 0; r < values.size(); r += 2 * distance)
            for (std::size_t i = r; i < r + distance; ++i) {
                const std::uint32_t a = values[i];
                const std::uint32_t b = values[i + distance];
                const std::uint32_t sum = a + b;
                values[i] = sum >= kGroupOrder ? sum - kGroupOrder : sum;
                values[i + distance] = a >= b ? a - b : a + kGroupOrder - b;
            }
}

/// For every x in the window: the logarithm of the product of (x XOR y) over all erased y != x, up
/// to a constant that is the same for all x (encoding.md §2.8). `erased` has a power-of-two size.
std::vector<std::uint32_t> error_locator(std::vector<std::uint32_t> erased) {
    const std::size_t window = erased.size();
    const FieldTables& tables = field_tables();
    std::vector<std::uint32_t> logs(window);
    for (std::size_t i = 1; i < window; ++i) logs[i] = tables.log[i] % kGroupOrder;
    walsh_hadamard(logs);
    walsh_hadamard(erased);
    // Transforming twice multiplies by the window's size, whose inverse modulo 2^16-1 is this.
    const std::uint64_t scale = std::uint64_t{1} << (16 - std::countr_zero(window));
    for (std::size_t i = 0; i < window; ++i) {
        const std::uint64_t product = std::uint64_t{erased[i]} * logs[i] % kGroupOrder;
        erased[i] = static_cast<std::uint32_t>(product * scale % kGroupOrder);
    }
    walsh_hadamard(erased);
    return erased;
}

/// What the coefficients of blocks 0, 1, 2, ... contribute to block 0 of the derivative of the
/// whole window, beside the derivative of block 0 itself: the sum of coefficients 1, 2, 4, ... of
/// the inverse transform over the blocks, by the block's factor. (The factors of layers above a
/// block's are those of the same layers of a transform over the blocks, and a derivative takes from
/// coefficients whose index has one bit more.)
std::vector<Element> block_factors(std::size_t blocks) {
    std::vector<Element> out(blocks);
    for (std::size_t block = 0; block < blocks; ++block) {
        std::vector<Element> values(blocks);
        values[block] = 1;
        unsigned layer = 0;
        for (std::size_t distance = 1; distance < blocks; distance *= 2, ++layer)
            for (std::size_t r = 0; r < blocks; r += 2 * distance)
                for (std::size_t i = r; i < r + distance; ++i) {
                    values[i + distance] ^= values[i];
                    values[i] ^= multiply(static_cast<Element>(r >> layer), values[i + distance]);
                }
        for (std::size_t bit = 1; bit < blocks; bit *= 2) out[block] ^= values[bit];
    }
    return out;
}

}  // namespace

std::optional<RsCode> RsCode::make(std::size_t source_count, std::size_t parity_count) {
    constexpr std::size_t kFieldSize = 65536;
    if (source_count == 0 || parity_count == 0 || source_count > kFieldSize ||
        parity_count > kFieldSize)
        return std::nullopt;
    const std::size_t a = std::bit_ceil(source_count);
    const std::size_t b = std::bit_ceil(parity_count);
    if (std::min(a, b) + std::max(source_count, parity_count) > kFieldSize) return std::nullopt;
    RsCode code;
    code.source_count_ = source_count;
    code.parity_count_ = parity_count;
    code.high_rate_ = a > b || (a == b && source_count <= parity_count);
    code.chunk_ = code.high_rate_ ? b : a;
    return code;
}

std::size_t RsCode::encode_rows() const {
    return high_rate_ ? round_up(source_count_, chunk_) : chunk_ + round_up(parity_count_, chunk_);
}

void rs_encode(const RsCode& code, const Kernels& kernels, const Tile& tile) {
    const std::size_t chunk = code.chunk();
    const std::size_t sources = code.source_count();
    if (code.high_rate()) {
        clear_rows(tile, sources, round_up(sources, chunk));
        for (std::size_t first = 0; first < sources; first += chunk) {
            ifft(kernels, tile, first, chunk, std::min(chunk, sources - first), first + chunk);
            if (first > 0) kernels.add(tile.row(0), tile.row(first), chunk * tile.pitch);
        }
        fft(kernels, tile, 0, 0, chunk, 0, 0, code.parity_count());
    } else {
        clear_rows(tile, sources, chunk);
        ifft(kernels, tile, 0, chunk, sources, 0);
        for (std::size_t done = 0; done < code.parity_count(); done += chunk)
            fft(kernels, tile, chunk + done, 0, chunk, chunk + done, 0,
                std::min(chunk, code.parity_count() - done));
    }
}

RsDecoder::RsDecoder(const RsCode& code, std::span<const std::size_t> received) : code_(code) {
    const std::size_t sources = code.source_count();
    const std::size_t parities = code.parity_count();
    const std::size_t chunk = code.chunk();
    WALRUS_CHECK(received.size() == sources);
    used_ = chunk + (code.high_rate() ? sources : parities);
    const std::size_t window = std::bit_ceil(used_);
    rows_ = code.high_rate() ? window : round_up(used_, chunk);
    received_row_.assign(rows_, false);
    std::vector<bool> has_source(sources, false);
    for (const std::size_t position : received) {
        WALRUS_CHECK(position < sources + parities);
        const std::size_t row = row_of(position);
        WALRUS_CHECK(!received_row_[row]);
        received_row_[row] = true;
        if (position < sources) has_source[position] = true;
    }

    // Known zeros of the low-rate code (rows k..K) count as received; everything else that is not
    // there is erased, also beyond the code's end.
    std::vector<std::uint32_t> erased(window, 0);
    for (std::size_t row = 0; row < window; ++row) {
        const bool known_zero = code.high_rate() ? row >= used_ : row >= sources && row < chunk;
        const bool there = row < rows_ && received_row_[row];
        erased[row] = !there && !known_zero ? 1 : 0;
    }
    const std::vector<std::uint32_t> locator = error_locator(std::move(erased));

    // The low-rate code needs block 0 of the derivative only; what the other blocks give to it is
    // in their factors from the beginning.
    std::vector<Element> factors;
    if (!code.high_rate()) factors = block_factors(window / chunk);
    first_block_twice_ = !factors.empty() && factors[0] == 1;
    const FieldTables& tables = field_tables();
    received_factor_.resize(rows_);
    for (std::size_t row = 0; row < rows_; ++row) {
        if (!received_row_[row]) continue;
        const Element located = tables.exp[locator[row]];
        const bool other_block = !code.high_rate() && row >= chunk;
        received_factor_[row] =
            multiplier(other_block ? multiply(located, factors[row / chunk]) : located);
    }
    for (std::size_t source = 0; source < sources; ++source) {
        if (has_source[source]) continue;
        missing_.push_back(source);
        missing_factor_.push_back(multiplier(tables.exp[kGroupOrder - locator[row_of(source)]]));
    }
}

namespace {

/// Patterns that are kept. A decoder of 1000 shards takes some 10 KiB.
constexpr std::size_t kCachedDecoders = 16;

struct CachedDecoder {
    std::size_t source_count;
    std::vector<bool> received;  // by position
    std::shared_ptr<const RsDecoder> decoder;
};

struct DecoderCache {
    std::mutex mutex;
    std::list<CachedDecoder> recent;  // the latest first
};

DecoderCache& decoder_cache() {
    static DecoderCache cache;
    return cache;
}

}  // namespace

std::shared_ptr<const RsDecoder> RsDecoder::shared(const RsCode& code,
                                                   std::span<const std::size_t> received) {
    std::vector<bool> positions(code.source_count() + code.parity_count());
    for (const std::size_t position : received) {
        WALRUS_CHECK(position < positions.size());
        positions[position] = true;
    }
    DecoderCache& cache = decoder_cache();
    {
        const std::lock_guard lock(cache.mutex);
        const auto found =
            std::find_if(cache.recent.begin(), cache.recent.end(), [&](const CachedDecoder& entry) {
                return entry.source_count == code.source_count() && entry.received == positions;
            });
        if (found != cache.recent.end()) {
            cache.recent.splice(cache.recent.begin(), cache.recent, found);
            return found->decoder;
        }
    }
    auto decoder = std::make_shared<const RsDecoder>(code, received);
    const std::lock_guard lock(cache.mutex);
    cache.recent.push_front({code.source_count(), std::move(positions), decoder});
    if (cache.recent.size() > kCachedDecoders) cache.recent.pop_back();
    return decoder;
}

std::size_t RsDecoder::row_of(std::size_t position) const {
    const std::size_t sources = code_.source_count();
    if (position < sources) return code_.high_rate() ? code_.chunk() + position : position;
    return code_.high_rate() ? position - sources : code_.chunk() + position - sources;
}

void RsDecoder::decode(const Kernels& kernels, const Tile& tile) const {
    if (missing_.empty()) return;
    const ProductTables& tables = product_tables();
    for (std::size_t row = 0; row < rows_; ++row) {
        if (received_row_[row])
            kernels.scale(tile.row(row), tile.plane_bytes, tables, received_factor_[row]);
        else
            clear_rows(tile, row, row + 1);
    }
    const std::size_t begin = row_of(missing_.front());
    const std::size_t end = row_of(missing_.back()) + 1;
    if (code_.high_rate()) {
        ifft(kernels, tile, 0, rows_, used_, 0);
        formal_derivative(kernels, tile, rows_);
        fft(kernels, tile, 0, 0, rows_, 0, begin, end);
    } else {
        const std::size_t chunk = code_.chunk();
        for (std::size_t first = 0; first < used_; first += chunk)
            ifft(kernels, tile, first, chunk, std::min(chunk, used_ - first), first);
        formal_derivative(kernels, tile, chunk, rows_ / chunk - 1, first_block_twice_);
        fft(kernels, tile, 0, 0, chunk, 0, begin, end);
    }
    for (std::size_t i = 0; i < missing_.size(); ++i)
        kernels.scale(tile.row(row_of(missing_[i])), tile.plane_bytes, tables, missing_factor_[i]);
}

}  // namespace walrus::gf
