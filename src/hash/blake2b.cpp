// SPDX-License-Identifier: Apache-2.0
#include "hash/blake2b.hpp"

#include <algorithm>
#include <bit>

namespace walrus {
namespace {

constexpr std::uint64_t kIv[8] = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
                                  0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
                                  0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};

constexpr std::uint8_t kSigma[10][16] = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
                                         {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
                                         {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
                                         {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
                                         {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
                                         {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
                                         {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
                                         {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
                                         {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
                                         {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};

}  // namespace

void blake2b_compress(std::uint64_t* h, const Byte* block, std::uint64_t count, bool last) {
    std::uint64_t m[16], v[16];
    for (int i = 0; i < 16; ++i) m[i] = load_le<std::uint64_t>(block + 8 * i);
    for (int i = 0; i < 8; ++i) {
        v[i] = h[i];
        v[i + 8] = kIv[i];
    }
    v[12] ^= count;
    if (last) v[14] = ~v[14];
    const auto g = [&](int a, int b, int c, int d, std::uint64_t x, std::uint64_t y) {
        v[a] += v[b] + x;
        v[d] = std::rotr(v[d] ^ v[a], 32);
        v[c] += v[d];
        v[b] = std::rotr(v[b] ^ v[c], 24);
        v[a] += v[b] + y;
        v[d] = std::rotr(v[d] ^ v[a], 16);
        v[c] += v[d];
        v[b] = std::rotr(v[b] ^ v[c], 63);
    };
    for (int round = 0; round < 12; ++round) {
        const auto& s = kSigma[round % 10];
        g(0, 4, 8, 12, m[s[0]], m[s[1]]);
        g(1, 5, 9, 13, m[s[2]], m[s[3]]);
        g(2, 6, 10, 14, m[s[4]], m[s[5]]);
        g(3, 7, 11, 15, m[s[6]], m[s[7]]);
        g(0, 5, 10, 15, m[s[8]], m[s[9]]);
        g(1, 6, 11, 12, m[s[10]], m[s[11]]);
        g(2, 7, 8, 13, m[s[12]], m[s[13]]);
        g(3, 4, 9, 14, m[s[14]], m[s[15]]);
    }
    for (int i = 0; i < 8; ++i) h[i] ^= v[i] ^ v[i + 8];
}

void blake2b_initial_state(std::uint64_t* state) {
    std::copy(std::begin(kIv), std::end(kIv), state);
    state[0] ^= 0x01010020;  // 32 bytes of output, no key, fan-out 1, depth 1
}

Blake2b::Blake2b() {
    blake2b_initial_state(state_);
}

Blake2b& Blake2b::update(ByteView data) {
    while (!data.empty()) {
        if (filled_ == sizeof buffer_) {
            // Only a block that is surely not the last one is compressed here.
            count_ += sizeof buffer_;
            blake2b_compress(state_, buffer_, count_, false);
            filled_ = 0;
        }
        if (filled_ == 0 && data.size() > sizeof buffer_) {
            count_ += sizeof buffer_;
            blake2b_compress(state_, data.data(), count_, false);
            data = data.subspan(sizeof buffer_);
            continue;
        }
        const std::size_t take = std::min(data.size(), sizeof buffer_ - filled_);
        std::memcpy(buffer_ + filled_, data.data(), take);
        filled_ += take;
        data = data.subspan(take);
    }
    return *this;
}

Digest Blake2b::finish() {
    count_ += filled_;
    std::memset(buffer_ + filled_, 0, sizeof buffer_ - filled_);
    blake2b_compress(state_, buffer_, count_, true);
    Digest out;
    for (int i = 0; i < 4; ++i) store_le(out.bytes.data() + 8 * i, state_[i]);
    return out;
}

Digest blake2b(ByteView data) {
    return Blake2b().update(data).finish();
}

Digest blake2b(std::string_view tag, ByteView data) {
    return Blake2b().update(as_bytes(tag)).update(data).finish();
}

}  // namespace walrus
