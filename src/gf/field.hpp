// SPDX-License-Identifier: Apache-2.0
// The field GF(2^16) of the code (spec/encoding.md §2.1, §2.2). Elements are labels in a Cantor
// basis v0..v15 with v[i]^2 + v[i] = v[i-1]; addition is XOR of labels.
//
// Tower form: labels below 256 form the subfield GF(2^8). With W = label 256 every element is
// hi*W + lo' where hi is the label's high byte and lo' = low byte ^ psi(hi). In tower form a factor
// from the subfield multiplies both bytes independently, and W*W = W + 0x80.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "gf/kernels.hpp"

namespace walrus::gf {

/// A field element as its label.
using Element = std::uint16_t;
/// Number of non-zero elements; logarithms live modulo this.
inline constexpr std::uint32_t kGroupOrder = 65535;

/// Logarithms to the base of the generator. log[0] = 65535 stands for "none"; exp[65535] = exp[0].
struct FieldTables {
    std::array<std::uint16_t, 65536> log;
    std::array<Element, 65536> exp;
};
/// Built at first use, 256 KiB.
const FieldTables& field_tables();

Element multiply(Element a, Element b);
/// Precondition: a != 0.
Element inverse(Element a);

/// The linear map of the tower form, from high byte to low byte.
std::uint8_t psi(std::uint8_t high);
/// Label to tower form and back (its own inverse).
inline Element to_tower(Element label) {
    return static_cast<Element>(label ^ psi(static_cast<std::uint8_t>(label >> 8)));
}

/// Tables of the subfield for the kernels. Built at first use, 10 KiB.
const ProductTables& product_tables();
/// The factor `label` in the form that the kernels take.
Multiplier multiplier(Element label);

}  // namespace walrus::gf
