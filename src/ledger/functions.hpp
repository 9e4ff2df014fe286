// SPDX-License-Identifier: Apache-2.0
// The native functions as clients see them: `GetFunction` and its kin. The same registration gives
// each function's execution (packages/*.cpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/genesis.hpp"
#include "ledger/type_tag.hpp"
#include "protocol/ids.hpp"

namespace walrus::ledger {

/// The value is the number on gRPC (spec/rpc-compat.md §6.1).
enum class Reference : std::uint8_t { Value = 0, Immutable = 1, Mutable = 2 };

enum class Ability : std::uint8_t { Copy = 1, Drop = 2, Store = 3, Key = 4 };

/// A type that may mention the function's type parameters.
struct OpenType {
    enum class Kind : std::uint8_t { Primitive, Vector, Datatype, TypeParameter };
    Kind kind = Kind::Primitive;
    TypeKind primitive = TypeKind::Bool;   ///< Primitive
    std::uint16_t type_parameter = 0;      ///< TypeParameter: its index
    Address address;                       ///< Datatype
    std::string module;                    ///< Datatype
    std::string name;                      ///< Datatype
    std::vector<OpenType> type_arguments;  ///< Datatype; Vector: one, the element
};
struct FunctionParameter {
    Reference reference = Reference::Value;
    OpenType type;
};
struct FunctionDescription {
    ObjectId package;
    std::string module;
    std::string name;
    bool is_public = true;
    bool is_entry = false;
    std::vector<std::vector<Ability>> type_parameters;  ///< constraints of each
    std::vector<FunctionParameter> parameters;          ///< with a trailing &mut TxContext if any
    std::vector<FunctionParameter> returns;
    bool executable = true;  ///< false: described only
};

/// `latest` is System.package_id. Functions of the Walrus package answer under ORIG and LATEST.
std::optional<FunctionDescription> describe_function(const LedgerIds& ids, const ObjectId& latest,
                                                     const ObjectId& package,
                                                     std::string_view module,
                                                     std::string_view function);
/// All functions, in the order of (package, module, name).
std::vector<FunctionDescription> list_functions(const LedgerIds& ids, const ObjectId& latest);

}  // namespace walrus::ledger
