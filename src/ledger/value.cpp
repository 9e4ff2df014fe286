// SPDX-License-Identifier: Apache-2.0
#include "ledger/value.hpp"

#include <type_traits>

namespace walrus::ledger {

namespace {

Address small_address(Byte last) {
    Address out;
    out.bytes[31] = last;
    return out;
}

/// The structs of the Walrus package that values can have.
struct WalrusType {
    std::string_view module;
    std::string_view name;
    Abilities abilities;
};
constexpr Abilities kObject{.store = true, .key = true};
constexpr Abilities kShared{.key = true};
constexpr Abilities kPlain{.drop = true, .store = true};
constexpr Abilities kData{.copy = true, .drop = true, .store = true};
constexpr WalrusType kWalrusTypes[] = {
    {"system", "System", kShared},
    {"staking", "Staking", kShared},
    {"storage_resource", "Storage", kObject},
    {"blob", "Blob", kObject},
    {"metadata", "Metadata", kPlain},
    {"staked_wal", "StakedWal", kObject},
    {"storage_node", "StorageNodeCap", kObject},
    {"storage_pool", "StoragePool", kObject},
    {"blob_bucket", "BlobBucket", kShared},
    {"blob_bucket", "BlobBucketCap", kObject},
    {"shared_blob", "SharedBlob", kObject},
    {"wal_exchange", "Exchange", kObject},
    {"wal_exchange", "AdminCap", kObject},
    {"subsidies", "Subsidies", kObject},
    {"subsidies", "AdminCap", kObject},
    {"walrus_subsidies", "WalrusSubsidies", kShared},
    {"walrus_subsidies", "AdminCap", kObject},
    {"slashing", "SlashingManager", kShared},
    {"upgrade", "UpgradeManager", kShared},
    {"upgrade", "EmergencyUpgradeCap", kObject},
    {"node_metadata", "NodeMetadata", kData},
    {"auth", "Authorized", kData},
    {"auth", "Authenticated", {.drop = true}},
};

bool is_struct(const TypeTag& type, const Address& address, std::string_view module,
               std::string_view name) {
    return type.structure && type.structure->address == address &&
           type.structure->module == module && type.structure->name == name;
}

bool is_treasury(const LedgerIds& ids, const StructTag& type) {
    return type.address.bytes == ids.wal_package.bytes && type.module == "wal" &&
           type.name == "ProtectedTreasury";
}

bool is_string(const TypeTag& type) {
    return is_struct(type, std_address(), "string", "String");
}
bool is_ascii(const TypeTag& type) {
    return is_struct(type, std_address(), "ascii", "String");
}
bool is_option(const TypeTag& type) {
    return is_struct(type, std_address(), "option", "Option") &&
           type.structure->type_arguments.size() == 1;
}
bool is_id(const TypeTag& type) {
    return is_struct(type, framework_address(), "object", "ID");
}

}  // namespace

Address std_address() {
    return small_address(1);
}
Address framework_address() {
    return small_address(2);
}

TypeTag string_type() {
    return make_type(make_struct(std_address(), "string", "String"));
}
TypeTag id_type() {
    return make_type(make_struct(framework_address(), "object", "ID"));
}
TypeTag coin_type(const TypeTag& currency) {
    return make_type(make_struct(framework_address(), "coin", "Coin", {currency}));
}
TypeTag balance_type(const TypeTag& currency) {
    return make_type(make_struct(framework_address(), "balance", "Balance", {currency}));
}
TypeTag withdrawal_type(const TypeTag& currency) {
    return make_type(make_struct(framework_address(), "funds_accumulator", "Withdrawal",
                                 {balance_type(currency)}));
}
TypeTag walrus_type(const LedgerIds& ids, std::string_view module, std::string_view name) {
    return make_type(
        make_struct(Address{ids.package.bytes}, std::string(module), std::string(name)));
}

bool is_currency(const LedgerIds& ids, const TypeTag& type) {
    return is_struct(type, Address{ids.wal_package.bytes}, "wal", "WAL") ||
           is_struct(type, framework_address(), "sui", "SUI");
}

Abilities abilities_of(const LedgerIds& ids, const TypeTag& type) {
    if (type.kind == TypeKind::Signer) return {.drop = true};
    if (type.kind == TypeKind::Vector) {
        Abilities inner = abilities_of(ids, type.arguments.at(0));
        inner.key = false;
        return inner;
    }
    if (type.kind != TypeKind::Struct) return {.copy = true, .drop = true, .store = true};
    if (is_string(type) || is_ascii(type) || is_id(type))
        return {.copy = true, .drop = true, .store = true};
    if (is_option(type)) {
        Abilities inner = abilities_of(ids, type.structure->type_arguments[0]);
        inner.key = false;
        return inner;
    }
    const StructTag& tag = *type.structure;
    if (tag.address == framework_address()) {
        if (tag.module == "coin" && tag.name == "Coin") return kObject;
        if (tag.module == "balance" && tag.name == "Balance") return {.store = true};
        if (tag.module == "funds_accumulator" && tag.name == "Withdrawal") return {.drop = true};
    }
    if (is_treasury(ids, tag)) return kShared;
    if (tag.address.bytes == ids.package.bytes)
        for (const WalrusType& known : kWalrusTypes)
            if (tag.module == known.module && tag.name == known.name) return known.abilities;
    return {};
}

// --------------------------------------------------------------------------------- pure values

bool is_pure_type(const TypeTag& type) {
    switch (type.kind) {
        case TypeKind::Signer:
            return false;
        case TypeKind::Vector:
            return is_pure_type(type.arguments.at(0));
        case TypeKind::Struct:
            if (is_option(type)) return is_pure_type(type.structure->type_arguments[0]);
            return is_string(type) || is_ascii(type) || is_id(type);
        default:
            return true;
    }
}

namespace {

/// Bytes of a value of fixed size; 0 for others. (bool is checked for its values.)
std::size_t fixed_bytes(const TypeTag& type) {
    switch (type.kind) {
        case TypeKind::U8:
            return 1;
        case TypeKind::U16:
            return 2;
        case TypeKind::U32:
            return 4;
        case TypeKind::U64:
            return 8;
        case TypeKind::U128:
            return 16;
        case TypeKind::U256:
        case TypeKind::Address:
            return 32;
        case TypeKind::Struct:
            return is_id(type) ? 32 : 0;
        default:
            return 0;
    }
}

bool skip_pure(const TypeTag& type, bcs::Reader& in) {
    ByteView view;
    if (const std::size_t size = fixed_bytes(type)) return in.raw(size, view);
    if (type.kind == TypeKind::Bool) {
        bool value = false;
        return bcs::decode(in, value);
    }
    if (type.kind == TypeKind::Vector) {
        const TypeTag& element = type.arguments.at(0);
        const std::size_t size = fixed_bytes(element);
        std::size_t count = 0;
        if (!in.count(count, size == 0 ? 1 : size)) return false;
        if (size > 0) return in.raw(count * size, view);
        for (std::size_t i = 0; i < count; ++i)
            if (!skip_pure(element, in)) return false;
        return true;
    }
    if (is_option(type)) {
        std::uint8_t tag = 0;
        if (!in.u8(tag) || tag > 1) return false;
        return tag == 0 || skip_pure(type.structure->type_arguments[0], in);
    }
    if (!in.bytes(view)) return false;
    if (is_string(type)) return is_utf8(as_text(view));
    for (const Byte b : view)
        if (b >= 0x80) return false;
    return is_ascii(type);
}

}  // namespace

bool is_pure_value(const TypeTag& type, ByteView bcs) {
    if (!is_pure_type(type)) return false;
    bcs::Reader in(bcs);
    return skip_pure(type, in) && in.finish();
}

// ------------------------------------------------------------------------------------- objects

namespace {

template <class T>
std::optional<Value> decode_as(const Object& object) {
    auto decoded = bcs::decode<T>(object.contents);
    if (!decoded || decoded->id != object.id) return std::nullopt;
    return Value{make_type(object.type), std::move(*decoded)};
}

struct Decoder {
    std::string_view module;
    std::string_view name;
    std::optional<Value> (*decode)(const Object&);
};
constexpr Decoder kDecoders[] = {
    {"storage_resource", "Storage", decode_as<Storage>},
    {"blob", "Blob", decode_as<Blob>},
    {"system", "System", decode_as<System>},
    {"staking", "Staking", decode_as<Staking>},
    {"staked_wal", "StakedWal", decode_as<StakedWal>},
    {"storage_node", "StorageNodeCap", decode_as<StorageNodeCap>},
    {"storage_pool", "StoragePool", decode_as<StoragePool>},
    {"blob_bucket", "BlobBucket", decode_as<BlobBucket>},
    {"blob_bucket", "BlobBucketCap", decode_as<BlobBucketCap>},
    {"shared_blob", "SharedBlob", decode_as<SharedBlob>},
    {"wal_exchange", "Exchange", decode_as<Exchange>},
    {"wal_exchange", "AdminCap", decode_as<ExchangeAdminCap>},
    {"subsidies", "Subsidies", decode_as<Subsidies>},
    {"subsidies", "AdminCap", decode_as<SubsidiesAdminCap>},
    {"walrus_subsidies", "WalrusSubsidies", decode_as<WalrusSubsidies>},
    {"walrus_subsidies", "AdminCap", decode_as<SubsidiesAdminCap>},
    {"slashing", "SlashingManager", decode_as<SlashingManager>},
    {"upgrade", "UpgradeManager", decode_as<UpgradeManager>},
    {"upgrade", "EmergencyUpgradeCap", decode_as<EmergencyUpgradeCap>},
};

template <class T>
concept HasUid = requires(const T& value) {
    { value.id } -> std::convertible_to<ObjectId>;
};

}  // namespace

std::optional<Value> decode_object(const LedgerIds& ids, const Object& object) {
    const StructTag& type = object.type;
    if (is_treasury(ids, type)) return decode_as<ProtectedTreasury>(object);
    if (type.address.bytes != ids.package.bytes || !type.type_arguments.empty())
        return std::nullopt;
    for (const Decoder& known : kDecoders)
        if (type.module == known.module && type.name == known.name) return known.decode(object);
    return std::nullopt;
}

std::optional<Bytes> encode_object(const Value& value) {
    return std::visit(
        [](const auto& native) -> std::optional<Bytes> {
            if constexpr (HasUid<std::remove_cvref_t<decltype(native)>>) {
                return bcs::encode(native);
            } else {
                return std::nullopt;
            }
        },
        value.native);
}

std::optional<ObjectId> object_id(const Value& value) {
    return std::visit(
        [](const auto& native) -> std::optional<ObjectId> {
            if constexpr (HasUid<std::remove_cvref_t<decltype(native)>>) {
                return native.id;
            } else {
                return std::nullopt;
            }
        },
        value.native);
}

}  // namespace walrus::ledger
