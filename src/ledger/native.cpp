// SPDX-License-Identifier: Apache-2.0
#include "ledger/native.hpp"

namespace walrus::ledger {

Address home_address(const LedgerIds& ids, Home home) {
    switch (home) {
        case Home::Std:
            return std_address();
        case Home::Framework:
            return framework_address();
        case Home::Wal:
            return Address{ids.wal_package.bytes};
        case Home::Walrus:
            return Address{ids.package.bytes};
    }
    WALRUS_CHECK(false);
}

namespace spec {

TypeSpec scalar(TypeKind kind) {
    TypeSpec out;
    out.primitive = kind;
    return out;
}
TypeSpec vector(TypeSpec element) {
    TypeSpec out;
    out.kind = OpenType::Kind::Vector;
    out.arguments.push_back(std::move(element));
    return out;
}
TypeSpec type_parameter(std::uint16_t index) {
    TypeSpec out;
    out.kind = OpenType::Kind::TypeParameter;
    out.type_parameter = index;
    return out;
}
TypeSpec datatype(Home home, std::string_view module, std::string_view name,
                  std::vector<TypeSpec> arguments) {
    TypeSpec out;
    out.kind = OpenType::Kind::Datatype;
    out.home = home;
    out.module = module;
    out.name = name;
    out.arguments = std::move(arguments);
    return out;
}
TypeSpec boolean() {
    return scalar(TypeKind::Bool);
}
TypeSpec u8() {
    return scalar(TypeKind::U8);
}
TypeSpec u16() {
    return scalar(TypeKind::U16);
}
TypeSpec u32() {
    return scalar(TypeKind::U32);
}
TypeSpec u64() {
    return scalar(TypeKind::U64);
}
TypeSpec u256() {
    return scalar(TypeKind::U256);
}
TypeSpec address() {
    return scalar(TypeKind::Address);
}
TypeSpec bytes() {
    return vector(u8());
}
TypeSpec string() {
    return datatype(Home::Std, "string", "String");
}
TypeSpec id() {
    return datatype(Home::Framework, "object", "ID");
}
TypeSpec option(TypeSpec inner) {
    return datatype(Home::Std, "option", "Option", {std::move(inner)});
}
TypeSpec coin(TypeSpec currency) {
    return datatype(Home::Framework, "coin", "Coin", {std::move(currency)});
}
TypeSpec balance(TypeSpec currency) {
    return datatype(Home::Framework, "balance", "Balance", {std::move(currency)});
}
TypeSpec withdrawal(TypeSpec currency) {
    return datatype(Home::Framework, "funds_accumulator", "Withdrawal",
                    {balance(std::move(currency))});
}
TypeSpec wal() {
    return datatype(Home::Wal, "wal", "WAL");
}
TypeSpec sui() {
    return datatype(Home::Framework, "sui", "SUI");
}
TypeSpec walrus_struct(std::string_view module, std::string_view name) {
    return datatype(Home::Walrus, module, name);
}
ParameterSpec value(TypeSpec type) {
    return {Reference::Value, std::move(type)};
}
ParameterSpec ref(TypeSpec type) {
    return {Reference::Immutable, std::move(type)};
}
ParameterSpec mut(TypeSpec type) {
    return {Reference::Mutable, std::move(type)};
}

}  // namespace spec

const std::vector<const NativeModule*>& native_modules() {
    static const std::vector<const NativeModule*> modules = {&balance_module(),
                                                             &coin_module(),
                                                             &wal_module(),
                                                             &auth_module(),
                                                             &blob_module(),
                                                             &blob_bucket_module(),
                                                             &metadata_module(),
                                                             &node_metadata_module(),
                                                             &package_module(),
                                                             &protocol_module(),
                                                             &shared_blob_module(),
                                                             &slashing_module(),
                                                             &staked_wal_module(),
                                                             &staking_module(),
                                                             &staking_epoch_module(),
                                                             &staking_node_module(),
                                                             &storage_pool_module(),
                                                             &storage_resource_module(),
                                                             &subsidies_module(),
                                                             &system_module(),
                                                             &system_node_module(),
                                                             &system_pool_module(),
                                                             &upgrade_module(),
                                                             &wal_exchange_module(),
                                                             &walrus_subsidies_module()};
    return modules;
}

namespace {

bool is_home(const LedgerIds& ids, const ObjectId& latest, const ObjectId& package, Home home) {
    if (home_address(ids, home).bytes == package.bytes) return true;
    return home == Home::Walrus && package == latest;
}

OpenType resolve(const LedgerIds& ids, const TypeSpec& type) {
    OpenType out;
    out.kind = type.kind;
    out.primitive = type.primitive;
    out.type_parameter = type.type_parameter;
    if (type.kind == OpenType::Kind::Datatype) {
        out.address = home_address(ids, type.home);
        out.module = std::string(type.module);
        out.name = std::string(type.name);
    }
    for (const TypeSpec& argument : type.arguments)
        out.type_arguments.push_back(resolve(ids, argument));
    return out;
}

FunctionDescription describe(const LedgerIds& ids, const ObjectId& package,
                             const NativeModule& module, const NativeFunction& function) {
    FunctionDescription out;
    out.package = package;
    out.module = std::string(module.name);
    out.name = std::string(function.name);
    out.executable = function.body != nullptr;
    out.type_parameters.resize(function.type_parameters);
    if (function.type_constraint == TypeConstraint::Object)
        for (std::vector<Ability>& constraint : out.type_parameters)
            constraint.push_back(Ability::Key);
    for (const ParameterSpec& parameter : function.parameters)
        out.parameters.push_back({parameter.reference, resolve(ids, parameter.type)});
    if (function.context == TxContext::Yes)
        out.parameters.push_back(
            {Reference::Mutable,
             resolve(ids, spec::datatype(Home::Framework, "tx_context", "TxContext"))});
    for (const TypeSpec& type : function.returns)
        out.returns.push_back({Reference::Value, resolve(ids, type)});
    return out;
}

}  // namespace

const NativeFunction* find_native(const LedgerIds& ids, const ObjectId& latest,
                                  const ObjectId& package, std::string_view module,
                                  std::string_view function) {
    for (const NativeModule* candidate : native_modules()) {
        if (candidate->name != module || !is_home(ids, latest, package, candidate->home)) continue;
        for (const NativeFunction& known : candidate->functions)
            if (known.name == function) return &known;
    }
    return nullptr;
}

TypeTag instantiate(const LedgerIds& ids, const TypeSpec& type,
                    const std::vector<TypeTag>& type_arguments) {
    switch (type.kind) {
        case OpenType::Kind::Primitive:
            return ledger::primitive(type.primitive);
        case OpenType::Kind::TypeParameter:
            return type_arguments.at(type.type_parameter);
        case OpenType::Kind::Vector:
            return vector_of(instantiate(ids, type.arguments[0], type_arguments));
        case OpenType::Kind::Datatype: {
            StructTag out;
            out.address = home_address(ids, type.home);
            out.module = std::string(type.module);
            out.name = std::string(type.name);
            for (const TypeSpec& argument : type.arguments)
                out.type_arguments.push_back(instantiate(ids, argument, type_arguments));
            return make_type(std::move(out));
        }
    }
    WALRUS_CHECK(false);
}

std::optional<FunctionDescription> describe_function(const LedgerIds& ids, const ObjectId& latest,
                                                     const ObjectId& package,
                                                     std::string_view module,
                                                     std::string_view function) {
    for (const NativeModule* candidate : native_modules()) {
        if (candidate->name != module || !is_home(ids, latest, package, candidate->home)) continue;
        for (const NativeFunction& known : candidate->functions)
            if (known.name == function) return describe(ids, package, *candidate, known);
    }
    return std::nullopt;
}

std::vector<FunctionDescription> list_functions(const LedgerIds& ids, const ObjectId& latest) {
    std::vector<FunctionDescription> out;
    for (const NativeModule* module : native_modules()) {
        const Address home = home_address(ids, module->home);
        const ObjectId package = module->home == Home::Walrus ? latest : ObjectId{home.bytes};
        for (const NativeFunction& function : module->functions)
            out.push_back(describe(ids, package, *module, function));
    }
    return out;
}

}  // namespace walrus::ledger
