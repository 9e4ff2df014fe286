// SPDX-License-Identifier: Apache-2.0
// How native functions are registered: one entry gives a function's description (parameters,
// returns, type parameters) and its execution, so the two cannot differ. The files of packages/
// register modules; a module may be registered in parts.
#pragma once

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/check.hpp"
#include "ledger/failure.hpp"
#include "ledger/functions.hpp"
#include "ledger/runtime.hpp"
#include "ledger/value.hpp"

namespace walrus::ledger {

/// The package that a type or module belongs to; its address follows from genesis.
enum class Home : std::uint8_t { Std, Framework, Wal, Walrus };
Address home_address(const LedgerIds& ids, Home home);

/// A type in a registration.
struct TypeSpec {
    OpenType::Kind kind = OpenType::Kind::Primitive;
    TypeKind primitive = TypeKind::Bool;
    std::uint16_t type_parameter = 0;
    Home home = Home::Std;
    std::string_view module;
    std::string_view name;
    std::vector<TypeSpec> arguments;
};
// The words that registrations are written in.
namespace spec {
TypeSpec scalar(TypeKind kind);
TypeSpec vector(TypeSpec element);
TypeSpec type_parameter(std::uint16_t index);
TypeSpec datatype(Home home, std::string_view module, std::string_view name,
                  std::vector<TypeSpec> arguments = {});
TypeSpec boolean();
TypeSpec u8();
TypeSpec u16();
TypeSpec u32();
TypeSpec u64();
TypeSpec u256();
TypeSpec address();
TypeSpec bytes();  ///< vector<u8>
TypeSpec string();
TypeSpec id();
TypeSpec option(TypeSpec inner);
TypeSpec coin(TypeSpec currency);
TypeSpec balance(TypeSpec currency);
TypeSpec withdrawal(TypeSpec currency);
TypeSpec wal();
TypeSpec sui();
TypeSpec walrus_struct(std::string_view module, std::string_view name);
}  // namespace spec

struct ParameterSpec {
    Reference reference = Reference::Value;
    TypeSpec type;
};
namespace spec {
ParameterSpec value(TypeSpec type);
ParameterSpec ref(TypeSpec type);
ParameterSpec mut(TypeSpec type);
}  // namespace spec

class NativeCall;
/// Executes a call whose arguments fit the parameters. Must consume every argument that is taken by
/// value and is not droppable.
using NativeBody = Executed<void> (*)(NativeCall& call);

enum class TxContext : std::uint8_t { No, Yes };
/// What type arguments must be: a currency that exists, or a type of objects (`key`).
enum class TypeConstraint : std::uint8_t { Currency, Object };
struct NativeFunction {
    std::string_view name;
    /// Number of type parameters.
    std::uint16_t type_parameters = 0;
    std::vector<ParameterSpec> parameters;  ///< without the TxContext
    TxContext context = TxContext::No;      ///< a trailing &mut TxContext, never passed by callers
    std::vector<TypeSpec> returns;
    NativeBody body = nullptr;  ///< null: described only
    TypeConstraint type_constraint = TypeConstraint::Currency;
};
struct NativeModule {
    Home home = Home::Walrus;
    std::string_view name;
    std::vector<NativeFunction> functions;
};

/// All modules, in the order of home and name.
const std::vector<const NativeModule*>& native_modules();
/// Null if there is none. `latest` is the current id of the Walrus package.
const NativeFunction* find_native(const LedgerIds& ids, const ObjectId& latest,
                                  const ObjectId& package, std::string_view module,
                                  std::string_view function);
/// The type with the call's type arguments put in.
TypeTag instantiate(const LedgerIds& ids, const TypeSpec& type,
                    const std::vector<TypeTag>& type_arguments);

/// A running call: arguments in, results out. Types were checked before, so access by the
/// registered type cannot fail.
class NativeCall {
public:
    NativeCall(Runtime& runtime_in, const std::vector<TypeTag>& type_arguments_in)
        : runtime(runtime_in), type_arguments(type_arguments_in) {}

    Runtime& runtime;
    const std::vector<TypeTag>& type_arguments;

    const LedgerIds& ids() const { return runtime.ids(); }

    /// An argument given by value; it is gone afterwards.
    template <class T>
    T take(std::size_t index) {
        return std::move(native<T>(index));
    }
    /// An argument given by reference.
    template <class T>
    const T& ref(std::size_t index) {
        return native<T>(index);
    }
    template <class T>
    T& mut(std::size_t index) {
        return native<T>(index);
    }
    /// A pure argument.
    template <class T>
    T pure(std::size_t index) {
        auto decoded = bcs::decode<T>(native<PureValue>(index).bcs);
        WALRUS_CHECK(decoded.has_value());
        return std::move(*decoded);
    }

    void add_result(TypeTag type, NativeValue value) {
        results.push_back({std::move(type), std::move(value)});
    }
    /// A result of a struct of the Walrus package.
    void add_walrus_result(std::string_view module, std::string_view name, NativeValue value) {
        add_result(walrus_type(ids(), module, name), std::move(value));
    }
    void add_string_result(std::string_view text) {
        add_result(string_type(), PureValue{bcs::encode(to_bytes(text))});
    }

    std::vector<Value*> arguments;
    std::deque<Value> owned;  ///< arguments by value live here during the call
    std::vector<Value> results;

private:
    template <class T>
    T& native(std::size_t index) {
        T* value = std::get_if<T>(&arguments.at(index)->native);
        WALRUS_CHECK(value != nullptr);
        return *value;
    }
};

// Those of packages/.
const NativeModule& coin_module();
const NativeModule& balance_module();
const NativeModule& system_module();
const NativeModule& storage_resource_module();
const NativeModule& blob_module();
const NativeModule& metadata_module();
const NativeModule& staking_module();
const NativeModule& storage_pool_module();
const NativeModule& system_node_module();
const NativeModule& system_pool_module();
const NativeModule& blob_bucket_module();
const NativeModule& shared_blob_module();
const NativeModule& subsidies_module();
const NativeModule& wal_exchange_module();
const NativeModule& walrus_subsidies_module();
const NativeModule& protocol_module();
const NativeModule& auth_module();
const NativeModule& node_metadata_module();
const NativeModule& package_module();
const NativeModule& slashing_module();
const NativeModule& staked_wal_module();
const NativeModule& staking_epoch_module();
const NativeModule& staking_node_module();
const NativeModule& upgrade_module();
const NativeModule& wal_module();

}  // namespace walrus::ledger
