// SPDX-License-Identifier: Apache-2.0
// Names of types on the ledger, as the public chain writes them (spec/rpc-compat.md §3.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bcs/bcs.hpp"
#include "protocol/ids.hpp"

namespace walrus::ledger {

/// The BCS tag of each type; never renumbered.
enum class TypeKind : std::uint8_t {
    Bool = 0,
    U8 = 1,
    U64 = 2,
    U128 = 3,
    Address = 4,
    Signer = 5,
    Vector = 6,
    Struct = 7,
    U16 = 8,
    U32 = 9,
    U256 = 10,
};

struct TypeTag;

struct StructTag {
    Address address;
    std::string module;
    std::string name;
    std::vector<TypeTag> type_arguments;
    friend bool operator==(const StructTag&, const StructTag&);
};

/// A type: a primitive, a vector of one type (`arguments` has one item), or a struct.
struct TypeTag {
    TypeKind kind = TypeKind::Bool;
    std::vector<TypeTag> arguments;      ///< Vector: the element type
    std::optional<StructTag> structure;  ///< Struct only
    friend bool operator==(const TypeTag&, const TypeTag&);
};

void bcs_encode(bcs::Writer& out, const TypeTag& tag);
/// Refuses nesting beyond bcs::kMaxDepth, identifiers over 128 bytes or of other characters than
/// letters, digits and '_', and more than kTypeArgumentsMax type arguments.
bool bcs_decode(bcs::Reader& in, TypeTag& tag);
void bcs_encode(bcs::Writer& out, const StructTag& tag);
bool bcs_decode(bcs::Reader& in, StructTag& tag);
/// Letters, digits and '_', not beginning with a digit, at most 128 bytes.
bool is_identifier(std::string_view text);
/// How many types are mentioned in it, itself included.
std::size_t type_node_count(const TypeTag& tag);

/// "0x<64 hex>::module::Name<…>" and "u64", "vector<u8>"; the canonical text used as key and on
/// RPC.
std::string to_text(const StructTag& tag);
std::string to_text(const TypeTag& tag);
/// Accepts short addresses ("0x2::coin::Coin<…>") and spaces after commas. Bounded depth.
std::optional<TypeTag> parse_type_tag(std::string_view text);
std::optional<StructTag> parse_struct_tag(std::string_view text);

StructTag make_struct(const Address& address, std::string module, std::string name,
                      std::vector<TypeTag> type_arguments = {});
TypeTag make_type(StructTag tag);
TypeTag primitive(TypeKind kind);
TypeTag vector_of(TypeTag element);

}  // namespace walrus::ledger
