// SPDX-License-Identifier: Apache-2.0
// Two differences that must not exist: between the portable kernels and every variant of this
// machine, and between a blob and what any sufficient set of its slivers decodes to.
#include <cstdlib>

#include "base/executor.hpp"
#include "gf/dispatch.hpp"
#include "hash/dispatch.hpp"
#include "hash/many.hpp"
#include "redstuff/decode.hpp"
#include "redstuff/encode.hpp"
#include "redstuff/recover.hpp"
#include "redstuff/stream_encode.hpp"
#include "redstuff/verify.hpp"

namespace walrus {
namespace {

constexpr std::uint32_t kShardsMax = 40;

void require(bool condition) {
    if (!condition) std::abort();
}

/// The input, byte by byte; zeros behind its end.
struct Choices {
    ByteView rest;
    Byte next() {
        if (rest.empty()) return 0;
        const Byte first = rest[0];
        rest = rest.subspan(1);
        return first;
    }
};

class MemorySource final : public BlobSource {
public:
    explicit MemorySource(ByteView blob) : blob_(blob) {}
    std::uint64_t size() const override { return blob_.size(); }
    bool read(std::uint64_t offset, MutableByteView out) override {
        std::copy_n(blob_.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
        return true;
    }

private:
    ByteView blob_;
};

/// Every variant of the hash over the blob's bytes, cut into equal messages.
void compare_hashes(ByteView blob, std::size_t message_bytes) {
    const std::size_t count = blob.size() / message_bytes;
    std::vector<const Byte*> messages(count);
    for (std::size_t i = 0; i < count; ++i) messages[i] = blob.data() + i * message_bytes;
    std::vector<Digest> expected(count);
    for (std::size_t i = 0; i < count; ++i) expected[i] = merkle_leaf({messages[i], message_bytes});
    for (const hash::HashKernels* variant : hash::available_variants()) {
        std::vector<Digest> digests(count);
        hash::hash_leaves(*variant, messages.data(), message_bytes, count, digests.data());
        require(digests == expected);
        if (count < 2) continue;
        std::vector<Digest> inner(count / 2);
        const Byte* base = digests[0].bytes.data();
        hash::hash_inner(*variant, base, 64, base + 32, 64, inner.size(), inner.data());
        for (std::size_t i = 0; i < inner.size(); ++i)
            require(inner[i] == merkle_inner(expected[2 * i], expected[2 * i + 1]));
    }
}

/// Random slivers of an axis, exactly enough; `choices` says which are lost.
std::vector<SliverView> some_slivers(const EncodedBlob& encoded, Axis axis, Choices& choices) {
    const std::uint32_t n = encoded.code().shard_count();
    std::vector<std::uint16_t> order(n);
    for (std::uint32_t i = 0; i < n; ++i) order[i] = static_cast<std::uint16_t>(i);
    for (std::uint32_t i = n; i > 1; --i) std::swap(order[i - 1], order[choices.next() % i]);
    std::vector<SliverView> out;
    for (std::uint32_t i = 0; i < encoded.code().slivers_to_decode(axis); ++i)
        out.push_back(encoded.sliver(pair_of_sliver(SliverIndex(order[i]), axis, n), axis));
    return out;
}

void run(ByteView input) {
    static InlineExecutor executor;
    static BufferPool pool(std::size_t{1} << 26);
    Choices choices{input};
    const auto code = *CodeParameters::make(4 + choices.next() % (kShardsMax - 3));
    const std::size_t repeats = 1 + choices.next() % 16;
    const std::size_t message_bytes = 1 + choices.next() + choices.next() % 2 * 256;
    Choices losses{choices.rest.first(std::min<std::size_t>(choices.rest.size(), 200))};
    const ByteView content = choices.rest;
    // Larger than the input, so that symbols of all sizes come up.
    Bytes blob;
    for (std::size_t i = 0; i < repeats; ++i)
        for (const Byte b : content) blob.push_back(static_cast<Byte>(b + i * 37));
    compare_hashes(blob, message_bytes);

    gf::replace_kernels(gf::kPortableKernels);
    const auto expected = encode_blob(code, blob, pool, executor);
    require(expected.has_value());
    const std::uint32_t n = code.shard_count();
    for (const gf::Kernels* variant : gf::available_variants()) {
        gf::replace_kernels(*variant);
        const auto encoded = encode_blob(code, blob, pool, executor);
        require(encoded && encoded->metadata().metadata() == expected->metadata().metadata());
        for (std::uint16_t i = 0; i < n; ++i) {
            require(equal(encoded->primary(SliverIndex(i)), expected->primary(SliverIndex(i))));
            require(equal(encoded->secondary(SliverIndex(i)), expected->secondary(SliverIndex(i))));
        }
        for (const Axis axis : {Axis::Primary, Axis::Secondary}) {
            const std::vector<SliverView> slivers = some_slivers(*encoded, axis, losses);
            for (const auto& verdict :
                 verify_slivers(encoded->metadata(), code, axis, slivers, executor))
                require(verdict.has_value());
            for (const auto check : {ConsistencyCheck::Default, ConsistencyCheck::Strict}) {
                const auto decoded =
                    decode_blob(code, encoded->metadata(), axis, slivers, check, pool, executor);
                require(decoded && equal(decoded->bytes(), blob));
            }
            // A sliver of the other axis from one symbol of each of these.
            const SliverIndex target(static_cast<std::uint16_t>(losses.next() % n));
            std::vector<DecodingSymbol> symbols;
            for (const SliverView& sliver : slivers) {
                const auto made =
                    decoding_symbols(code, axis, sliver, {&target, 1}, pool, executor);
                require(made.has_value());
                symbols.push_back((*made)[0]);
            }
            const auto recovered = recover_sliver(encoded->metadata(), code, orthogonal(axis),
                                                  target, symbols, executor);
            require(recovered && equal(recovered->symbols, orthogonal(axis) == Axis::Primary
                                                               ? expected->primary(target)
                                                               : expected->secondary(target)));
        }
    }
    MemorySource source(blob);
    MemoryScratch scratch(*row_parity_bytes(code, blob.size()));
    const auto streamed = encode_stream(code, source, scratch, nullptr, executor);
    require(streamed && streamed->blob_id() == expected->blob_id());
}

}  // namespace
}  // namespace walrus

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    walrus::run({data, size});
    return 0;
}
