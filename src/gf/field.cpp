// SPDX-License-Identifier: Apache-2.0
#include "gf/field.hpp"

#include "base/check.hpp"

namespace walrus::gf {
namespace {

/// x^16 + x^5 + x^3 + x^2 + 1. encoding.md §2.1.
constexpr std::uint32_t kPolynomial = 0x1002D;
/// The basis in polynomial representation. encoding.md §2.1.
constexpr std::uint16_t kCantorBasis[16] = {0x0001, 0xACCA, 0x3C0E, 0x163E, 0xC582, 0xED2E,
                                            0x914C, 0x4012, 0x6C98, 0x10D8, 0x6A72, 0xB900,
                                            0xFDB8, 0xFB34, 0xFF38, 0x991E};
/// Images of the eight bits under psi. encoding.md §10.5.
constexpr std::uint8_t kPsiImages[8] = {0x00, 0xCF, 0xAB, 0x21, 0x8A, 0x9D, 0x27, 0x1F};

FieldTables build_field_tables() {
    FieldTables tables{};
    // Logarithms by polynomial representation: powers of x.
    std::array<std::uint16_t, 65536> log_of_polynomial{};
    std::uint32_t state = 1;
    for (std::uint32_t i = 0; i < kGroupOrder; ++i) {
        log_of_polynomial[state] = static_cast<std::uint16_t>(i);
        state <<= 1;
        if (state & 0x10000) state ^= kPolynomial;
    }
    log_of_polynomial[0] = static_cast<std::uint16_t>(kGroupOrder);

    std::array<std::uint16_t, 65536> polynomial_of_label{};
    for (std::size_t i = 0; i < 16; ++i)
        for (std::size_t j = 0; j < (std::size_t{1} << i); ++j)
            polynomial_of_label[j + (std::size_t{1} << i)] =
                static_cast<std::uint16_t>(polynomial_of_label[j] ^ kCantorBasis[i]);

    for (std::size_t label = 0; label < 65536; ++label) {
        const std::uint16_t log = log_of_polynomial[polynomial_of_label[label]];
        tables.log[label] = log;
        tables.exp[log] = static_cast<Element>(label);
    }
    tables.exp[kGroupOrder] = tables.exp[0];
    return tables;
}

/// Fills entry `index` of the tables with a linear map of bytes.
template <class Map>
void fill_linear(ProductTables& tables, std::size_t index, Map map) {
    for (unsigned x = 0; x < 16; ++x) {
        tables.nibbles[index][x] = map(static_cast<std::uint8_t>(x));
        tables.nibbles[index][16 + x] = map(static_cast<std::uint8_t>(x << 4));
    }
    std::uint64_t matrix = 0;
    for (unsigned column = 0; column < 8; ++column) {
        const std::uint8_t image = map(static_cast<std::uint8_t>(1u << column));
        for (unsigned row = 0; row < 8; ++row)
            if ((image >> row) & 1) matrix |= std::uint64_t{1} << (8 * (7 - row) + column);
    }
    tables.affine[index] = matrix;
}

ProductTables build_product_tables() {
    ProductTables tables{};
    for (unsigned c = 0; c < 256; ++c)
        fill_linear(tables, c, [c](std::uint8_t x) {
            return static_cast<std::uint8_t>(multiply(static_cast<Element>(c), x));
        });
    fill_linear(tables, kPsiIndex, psi);
    return tables;
}

}  // namespace

const FieldTables& field_tables() {
    static const FieldTables tables = build_field_tables();
    return tables;
}

Element multiply(Element a, Element b) {
    if (a == 0 || b == 0) return 0;
    const FieldTables& tables = field_tables();
    std::uint32_t sum = std::uint32_t{tables.log[a]} + tables.log[b];
    if (sum >= kGroupOrder) sum -= kGroupOrder;
    return tables.exp[sum];
}

Element inverse(Element a) {
    WALRUS_CHECK(a != 0);
    const FieldTables& tables = field_tables();
    return tables.exp[kGroupOrder - tables.log[a]];
}

std::uint8_t psi(std::uint8_t high) {
    std::uint8_t image = 0;
    for (unsigned bit = 0; bit < 8; ++bit)
        if ((high >> bit) & 1) image ^= kPsiImages[bit];
    return image;
}

const ProductTables& product_tables() {
    static const ProductTables tables = build_product_tables();
    return tables;
}

Multiplier multiplier(Element label) {
    // (h*W + l)(c1*W + c0) with W*W = W + 0x80:
    // high = h*(c0 + c1) + l*c1, low = l*c0 + h*(0x80*c1).
    const Element tower = to_tower(label);
    const std::uint8_t c0 = static_cast<std::uint8_t>(tower);
    const std::uint8_t c1 = static_cast<std::uint8_t>(tower >> 8);
    const std::uint8_t lh = c1 == 0 ? 0 : static_cast<std::uint8_t>(multiply(0x80, c1));
    return {c0, lh, c1, static_cast<std::uint8_t>(c0 ^ c1)};
}

}  // namespace walrus::gf
