// SPDX-License-Identifier: Apache-2.0
// A storage node has lost a sliver and rebuilds it from one symbol of each of its neighbours'
// slivers; one of them lies.
//
//   c++ -std=c++20 repair.cpp $(pkg-config --cflags --libs walrus-redstuff) -o repair
//   ./repair FILE        prints the blob id
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <vector>
#include <walrus/redstuff.hpp>

namespace rs = walrus::redstuff;

int main(int argc, char** argv) try {
    if (argc != 2) {
        std::fprintf(stderr, "usage: %s FILE\n", argv[0]);
        return 2;
    }
    constexpr std::uint32_t kShards = 13;
    constexpr std::uint32_t kLost = 5;
    std::ifstream file(argv[1], std::ios::binary);
    if (!file) {
        std::fprintf(stderr, "%s cannot be read\n", argv[1]);
        return 1;
    }
    const rs::Bytes blob(std::istreambuf_iterator<char>(file), {});

    rs::Context context(2);
    const rs::Encoding encoding(context, kShards, blob);
    const rs::Metadata metadata = encoding.metadata();
    std::printf("%s\n", rs::blob_id_text(metadata.blob_id()).c_str());

    // Every holder of a secondary sliver sends its symbol for the lost primary sliver, with a
    // proof.
    std::vector<rs::Bytes> messages;
    for (std::uint32_t holder = 0; holder < kShards; ++holder) {
        const rs::Expanded expanded(context, kShards, rs::Axis::Secondary,
                                    encoding.sliver(rs::Axis::Secondary, holder));
        const rs::Buffer message = expanded.recovery_symbol(kLost);
        messages.emplace_back(message.view().begin(), message.view().end());
    }
    messages[2][4] ^= 1;  // in the symbol's bytes

    std::vector<rs::Symbol> symbols;
    for (const rs::Bytes& message : messages) try {
            symbols.push_back(
                rs::verify_recovery_symbol(metadata, rs::Axis::Primary, kLost, message));
        } catch (const rs::Error& error) {
            std::fprintf(stderr, "a symbol is refused: %s\n", error.what());
        }
    const rs::Buffer sliver = rs::recover(context, metadata, rs::Axis::Primary, kLost, symbols);
    const rs::Sliver lost = encoding.sliver(rs::Axis::Primary, kLost);
    const bool same = std::ranges::equal(sliver.view(), lost.view());
    std::fprintf(stderr, "%zu symbols gave %s\n", symbols.size(),
                 same ? "the lost sliver" : "something else");
    return same && symbols.size() == kShards - 1 ? 0 : 1;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
