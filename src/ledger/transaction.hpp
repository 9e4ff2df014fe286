// SPDX-License-Identifier: Apache-2.0
// Transactions in the public format: BCS TransactionData of a programmable transaction
// (spec/rpc-compat.md §3.1–§3.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "bcs/bcs.hpp"
#include "ledger/object.hpp"
#include "ledger/type_tag.hpp"
#include "protocol/ids.hpp"

namespace walrus::ledger {

/// A digest that BCS writes with a length byte 0x20 in front.
struct PrefixedDigest {
    std::array<Byte, 32> bytes{};
    bool operator==(const PrefixedDigest&) const = default;
};
void bcs_encode(bcs::Writer& out, const PrefixedDigest& digest);
bool bcs_decode(bcs::Reader& in, PrefixedDigest& digest);

struct ObjectRef {
    ObjectId id;
    ObjectVersion version = 0;
    PrefixedDigest digest;
    bool operator==(const ObjectRef&) const = default;
};

// Call arguments. Alternatives stand in the order of their BCS tags.
struct PureArg {
    Bytes bytes;
    bool operator==(const PureArg&) const = default;
};
struct OwnedObjectArg {
    ObjectRef ref;
    bool operator==(const OwnedObjectArg&) const = default;
};
struct SharedObjectArg {
    ObjectId id;
    ObjectVersion initial_version = 0;
    bool is_mutable = false;
    bool operator==(const SharedObjectArg&) const = default;
};
struct ReceivingArg {
    ObjectRef ref;
    bool operator==(const ReceivingArg&) const = default;
};
using ObjectArg = std::variant<OwnedObjectArg, SharedObjectArg, ReceivingArg>;
enum class WithdrawFrom : std::uint8_t { Sender = 0, Sponsor = 1 };
constexpr WithdrawFrom bcs_enum_max(WithdrawFrom) {
    return WithdrawFrom::Sponsor;
}
/// A withdrawal of at most `amount_max` of `coin_type` from an account's balance.
struct WithdrawalArg {
    std::uint64_t amount_max = 0;
    TypeTag coin_type;
    WithdrawFrom from = WithdrawFrom::Sender;
    bool operator==(const WithdrawalArg&) const = default;
};
void bcs_encode(bcs::Writer& out, const WithdrawalArg& withdrawal);
bool bcs_decode(bcs::Reader& in, WithdrawalArg& withdrawal);
using CallArg = std::variant<PureArg, ObjectArg, WithdrawalArg>;

// Arguments of commands.
struct GasCoinArgument {
    bool operator==(const GasCoinArgument&) const = default;
};
struct InputArgument {
    std::uint16_t index = 0;
    bool operator==(const InputArgument&) const = default;
};
struct ResultArgument {
    std::uint16_t command = 0;
    bool operator==(const ResultArgument&) const = default;
};
struct NestedResultArgument {
    std::uint16_t command = 0;
    std::uint16_t index = 0;
    bool operator==(const NestedResultArgument&) const = default;
};
using Argument = std::variant<GasCoinArgument, InputArgument, ResultArgument, NestedResultArgument>;

// Commands, in the order of their BCS tags. Publish and Upgrade exist only to be refused by name.
struct MoveCall {
    ObjectId package;
    std::string module;
    std::string function;
    std::vector<TypeTag> type_arguments;
    std::vector<Argument> arguments;
    bool operator==(const MoveCall&) const = default;
};
struct TransferObjects {
    std::vector<Argument> objects;
    Argument recipient;
    bool operator==(const TransferObjects&) const = default;
};
struct SplitCoins {
    Argument coin;
    std::vector<Argument> amounts;
    bool operator==(const SplitCoins&) const = default;
};
struct MergeCoins {
    Argument target;
    std::vector<Argument> sources;
    bool operator==(const MergeCoins&) const = default;
};
struct Publish {
    std::vector<Bytes> modules;
    std::vector<ObjectId> dependencies;
    bool operator==(const Publish&) const = default;
};
struct MakeMoveVec {
    std::optional<TypeTag> element_type;
    std::vector<Argument> elements;
    bool operator==(const MakeMoveVec&) const = default;
};
struct Upgrade {
    std::vector<Bytes> modules;
    std::vector<ObjectId> dependencies;
    ObjectId package;
    Argument ticket;
    bool operator==(const Upgrade&) const = default;
};
using Command =
    std::variant<MoveCall, TransferObjects, SplitCoins, MergeCoins, Publish, MakeMoveVec, Upgrade>;

struct ProgrammableTransaction {
    std::vector<CallArg> inputs;
    std::vector<Command> commands;
    bool operator==(const ProgrammableTransaction&) const = default;
};
/// Decoding refuses counts beyond limits.hpp before it reads the items.
void bcs_encode(bcs::Writer& out, const ProgrammableTransaction& program);
bool bcs_decode(bcs::Reader& in, ProgrammableTransaction& program);
void bcs_encode(bcs::Writer& out, const MoveCall& call);
bool bcs_decode(bcs::Reader& in, MoveCall& call);

struct GasData {
    std::vector<ObjectRef> payment;
    Address owner;
    std::uint64_t price = 0;
    std::uint64_t budget = 0;
    bool operator==(const GasData&) const = default;
};

// Expirations, in the order of their BCS tags.
struct NoExpiration {
    bool operator==(const NoExpiration&) const = default;
};
struct EpochExpiration {
    std::uint64_t epoch_max = 0;
    bool operator==(const EpochExpiration&) const = default;
};
struct ValidDuring {
    std::optional<std::uint64_t> epoch_min;
    std::optional<std::uint64_t> epoch_max;
    std::optional<std::uint64_t> timestamp_min;
    std::optional<std::uint64_t> timestamp_max;
    PrefixedDigest chain;
    std::uint32_t nonce = 0;
    bool operator==(const ValidDuring&) const = default;
};
using Expiration = std::variant<NoExpiration, EpochExpiration, ValidDuring>;

struct TransactionData {
    ProgrammableTransaction program;
    Address sender;
    GasData gas;
    Expiration expiration;
    bool operator==(const TransactionData&) const = default;
};
/// Writes and reads the tags V1 and ProgrammableTransaction; other kinds are refused.
void bcs_encode(bcs::Writer& out, const TransactionData& data);
bool bcs_decode(bcs::Reader& in, TransactionData& data);

/// Bytes and signatures as a client sends them: untrusted.
struct SignedTransaction {
    Bytes data;                     ///< BCS TransactionData
    std::vector<Bytes> signatures;  ///< flag ‖ signature ‖ public key
};

/// BLAKE2b-256("TransactionData::" ‖ BCS).
TransactionDigest transaction_digest(ByteView data_bcs);
/// What a sender signs: BLAKE2b-256(00 00 00 ‖ BCS).
Digest signing_digest(ByteView data_bcs);
/// What is signed for a personal message: BLAKE2b-256(03 00 00 ‖ BCS vector of the message).
Digest personal_message_digest(ByteView message);

}  // namespace walrus::ledger
