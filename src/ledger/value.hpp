// SPDX-License-Identifier: Apache-2.0
// Values inside a running transaction: what inputs, results and arguments of commands are. They are
// linear: a value whose type has no `drop` must be consumed or transferred.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "ledger/genesis.hpp"
#include "ledger/object.hpp"
#include "ledger/type_tag.hpp"
#include "ledger/types.hpp"

namespace walrus::ledger {

/// Primitives, strings and vectors of them, as BCS.
struct PureValue {
    Bytes bcs;
};
/// 0x2::coin::Coin<T> of any T. It has no identity: it exists only inside a transaction.
struct Coin {
    std::uint64_t value = 0;
};
/// 0x2::balance::Balance<T>.
struct Balance {
    std::uint64_t value = 0;
};
/// 0x2::funds_accumulator::Withdrawal<Balance<T>>: the right to take this much from an account.
struct Withdrawal {
    Address owner;
    std::uint64_t limit = 0;
};
struct Value;
/// A vector of objects, made by MakeMoveVec.
struct ObjectVector {
    std::vector<Value> items;
};
using NativeValue =
    std::variant<PureValue, Coin, Balance, Withdrawal, ObjectVector, System, Staking, Storage, Blob,
                 Metadata, StakedWal, StorageNodeCap, StoragePool, BlobBucket, BlobBucketCap,
                 SharedBlob, Exchange, ExchangeAdminCap, Subsidies, SubsidiesAdminCap,
                 WalrusSubsidies, ProtectedTreasury, SlashingManager, UpgradeManager,
                 EmergencyUpgradeCap, UpgradeTicket, UpgradeReceipt, NodeMetadata, Authenticated,
                 Authorized>;
struct Value {
    TypeTag type;
    NativeValue native;
};

/// Which abilities a type has; unknown types have none.
struct Abilities {
    bool copy = false;
    bool drop = false;
    bool store = false;
    bool key = false;
};
Abilities abilities_of(const LedgerIds& ids, const TypeTag& type);

/// Addresses 0x1 (standard library) and 0x2 (framework).
Address std_address();
Address framework_address();
TypeTag string_type();
TypeTag id_type();
TypeTag coin_type(const TypeTag& currency);
TypeTag balance_type(const TypeTag& currency);
TypeTag withdrawal_type(const TypeTag& currency);
/// ORIG::module::name.
TypeTag walrus_type(const LedgerIds& ids, std::string_view module, std::string_view name);
/// Only these currencies exist: WAL and SUI.
bool is_currency(const LedgerIds& ids, const TypeTag& type);

/// Is this the canonical BCS of a value of a pure type? Objects and unknown structs are never pure.
bool is_pure_value(const TypeTag& type, ByteView bcs);
/// Can values of this type be given as pure inputs?
bool is_pure_type(const TypeTag& type);

/// The native form of a stored object that transactions can take as an input; nothing if the type
/// is not one of them or the contents do not decode.
std::optional<Value> decode_object(const LedgerIds& ids, const Object& object);
/// The contents of an object; nothing for values that are not objects.
std::optional<Bytes> encode_object(const Value& value);
/// The id of an object; nothing for values that are not objects with an identity.
std::optional<ObjectId> object_id(const Value& value);

}  // namespace walrus::ledger
