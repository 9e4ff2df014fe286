// SPDX-License-Identifier: Apache-2.0
#include "rpc/json_out.hpp"

#include "base/text.hpp"
#include "bcs/bcs.hpp"
#include "ledger/value.hpp"
#include "rpc/text.hpp"

namespace walrus::rpc {
namespace {

template <class... F>
struct Overload : F... {
    using F::operator()...;
};
template <class... F>
Overload(F...) -> Overload<F...>;

std::string digest_text(const ledger::PrefixedDigest& digest) {
    return base58_encode(digest.bytes);
}

const char* primitive_name(ledger::TypeKind kind) {
    switch (kind) {
        case ledger::TypeKind::Bool:
            return "Bool";
        case ledger::TypeKind::U8:
            return "U8";
        case ledger::TypeKind::U16:
            return "U16";
        case ledger::TypeKind::U32:
            return "U32";
        case ledger::TypeKind::U64:
            return "U64";
        case ledger::TypeKind::U128:
            return "U128";
        case ledger::TypeKind::U256:
            return "U256";
        case ledger::TypeKind::Address:
            return "Address";
        case ledger::TypeKind::Signer:
            return "Signer";
        case ledger::TypeKind::Vector:
        case ledger::TypeKind::Struct:
            break;  // not primitive
    }
    return "Unknown";
}

const char* ability_name(ledger::Ability ability) {
    switch (ability) {
        case ledger::Ability::Copy:
            return "Copy";
        case ledger::Ability::Drop:
            return "Drop";
        case ledger::Ability::Store:
            return "Store";
        case ledger::Ability::Key:
            return "Key";
    }
    return "Unknown";
}

Json open_type_json(const ledger::OpenType& type) {
    switch (type.kind) {
        case ledger::OpenType::Kind::Primitive:
            return primitive_name(type.primitive);
        case ledger::OpenType::Kind::Vector:
            return {{"Vector", open_type_json(type.type_arguments.at(0))}};
        case ledger::OpenType::Kind::TypeParameter:
            return {{"TypeParameter", type.type_parameter}};
        case ledger::OpenType::Kind::Datatype:
            break;
    }
    Json arguments = Json::array();
    for (const ledger::OpenType& argument : type.type_arguments)
        arguments.push_back(open_type_json(argument));
    return {{"Struct",
             {{"address", to_text(type.address)},
              {"module", type.module},
              {"name", type.name},
              {"typeArguments", std::move(arguments)}}}};
}

Json parameter_json(const ledger::FunctionParameter& parameter) {
    Json type = open_type_json(parameter.type);
    switch (parameter.reference) {
        case ledger::Reference::Immutable:
            return {{"Reference", std::move(type)}};
        case ledger::Reference::Mutable:
            return {{"MutableReference", std::move(type)}};
        case ledger::Reference::Value:
            break;
    }
    return type;
}

Json reference_json(const ObjectId& id, ledger::ObjectVersion version,
                    const ledger::PrefixedDigest& digest) {
    return {{"objectId", to_text(id)}, {"version", version}, {"digest", digest_text(digest)}};
}

/// BCS of the public SenderSignedData: one transaction with its intent, and its signatures.
Bytes sender_signed_data(const chain::TransactionRecord& record) {
    bcs::Writer out;
    out.uleb(1);
    const Bytes intent(3, 0);  // scope transaction, version 0, application 0
    out.raw(intent);
    out.raw(record.data);
    bcs::encode(out, record.signatures);
    return out.take();
}

}  // namespace

Json owner_json(const ledger::Owner& owner) {
    return std::visit(Overload{
                          [](const ledger::AddressOwner& o) -> Json {
                              return {{"AddressOwner", to_text(o.address)}};
                          },
                          [](const ledger::ObjectOwner& o) -> Json {
                              return {{"ObjectOwner", to_text(o.parent)}};
                          },
                          [](const ledger::SharedOwner& o) -> Json {
                              // The official client passes this on as it is: a number, not text.
                              return {{"Shared", {{"initial_shared_version", o.initial_version}}}};
                          },
                          [](const ledger::ImmutableOwner&) -> Json { return "Immutable"; },
                      },
                      owner);
}

Json object_json(const ledger::Object& object, const ledger::LedgerIds& ids,
                 const ObjectOptions& options) {
    const std::string type = to_text(object.type);
    const std::string version = std::to_string(object.version);
    Json out;
    out["objectId"] = to_text(object.id);
    out["version"] = version;
    out["digest"] = base58_encode(object.digest().view());
    if (options.type) out["type"] = type;
    if (options.owner) out["owner"] = owner_json(object.owner);
    if (options.previous_transaction)
        out["previousTransaction"] = to_text(object.previous_transaction);
    if (options.storage_rebate) out["storageRebate"] = "0";
    if (options.bcs) {
        Json& bcs = out["bcs"];
        bcs["dataType"] = "moveObject";
        bcs["type"] = type;
        bcs["hasPublicTransfer"] = ledger::abilities_of(ids, ledger::make_type(object.type)).store;
        bcs["version"] = version;
        bcs["bcsBytes"] = base64_encode(object.contents);
    }
    return out;
}

Json balance_json(const std::string& coin_type, std::uint64_t amount) {
    Json out;
    out["coinType"] = coin_type;
    out["coinObjectCount"] = 0;
    out["totalBalance"] = std::to_string(amount);
    out["lockedBalance"] = Json::object();
    out["fundsInAddressBalance"] = std::to_string(amount);
    return out;
}

Json function_json(const ledger::FunctionDescription& function) {
    Json out;
    out["visibility"] = function.is_public ? "Public" : "Private";
    out["isEntry"] = function.is_entry;
    Json& type_parameters = out["typeParameters"] = Json::array();
    for (const std::vector<ledger::Ability>& abilities : function.type_parameters) {
        Json names = Json::array();
        for (const ledger::Ability ability : abilities) names.push_back(ability_name(ability));
        type_parameters.push_back({{"abilities", std::move(names)}});
    }
    Json& parameters = out["parameters"] = Json::array();
    for (const ledger::FunctionParameter& parameter : function.parameters)
        parameters.push_back(parameter_json(parameter));
    Json& returns = out["return"] = Json::array();
    for (const ledger::FunctionParameter& result : function.returns)
        returns.push_back(parameter_json(result));
    return out;
}

Json effects_json(const ledger::ExecutedTransaction& executed) {
    const ledger::TransactionEffects& effects = executed.effects;
    Json out;
    out["messageVersion"] = "v1";
    Json& status = out["status"];
    status["status"] = effects.success() ? "success" : "failure";
    if (effects.failure) status["error"] = failure_text(*effects.failure);
    out["executedEpoch"] = std::to_string(effects.epoch);
    const ledger::GasUsed& gas = effects.gas_used;
    out["gasUsed"] = {{"computationCost", std::to_string(gas.computation_cost)},
                      {"storageCost", std::to_string(gas.storage_cost)},
                      {"storageRebate", std::to_string(gas.storage_rebate)},
                      {"nonRefundableStorageFee", std::to_string(gas.non_refundable_storage_fee)}};
    out["transactionDigest"] = to_text(effects.transaction_digest);
    Json created = Json::array();
    Json mutated = Json::array();
    Json deleted = Json::array();
    Json before = Json::array();
    for (const ledger::ObjectChange& change : effects.changed_objects) {
        if (change.input)
            before.push_back({{"objectId", to_text(change.id)},
                              {"sequenceNumber", std::to_string(change.input->version)}});
        if (const auto* write = std::get_if<ledger::ObjectWrite>(&change.output)) {
            Json item = {
                {"owner", owner_json(write->owner)},
                {"reference", reference_json(change.id, effects.lamport_version, write->digest)}};
            (change.operation == ledger::IdOperation::Created ? created : mutated)
                .push_back(std::move(item));
        } else if (change.input) {
            deleted.push_back(reference_json(change.id, effects.lamport_version, {}));
        }
    }
    if (!before.empty()) out["modifiedAtVersions"] = std::move(before);
    if (!created.empty()) out["created"] = std::move(created);
    if (!mutated.empty()) out["mutated"] = std::move(mutated);
    if (!deleted.empty()) out["deleted"] = std::move(deleted);
    // Transactions are free: the id 0x0 says that no object paid.
    out["gasObject"] = {{"owner", {{"AddressOwner", to_text(Address{})}}},
                        {"reference", reference_json(ObjectId{}, 0, {})}};
    if (effects.events_digest) out["eventsDigest"] = digest_text(*effects.events_digest);
    Json& dependencies = out["dependencies"] = Json::array();
    for (const ledger::PrefixedDigest& dependency : effects.dependencies)
        dependencies.push_back(digest_text(dependency));
    return out;
}

Json object_changes_json(const chain::TransactionRecord& record, const Address& sender) {
    const ledger::ExecutedTransaction& executed = record.executed;
    const ledger::TransactionEffects& effects = executed.effects;
    Json out = Json::array();
    for (std::size_t i = 0; i < effects.changed_objects.size(); ++i) {
        const ledger::ObjectChange& change = effects.changed_objects[i];
        const auto* write = std::get_if<ledger::ObjectWrite>(&change.output);
        if (write == nullptr && !change.input) continue;  // came and went inside the transaction
        Json item;
        item["type"] = write == nullptr                                   ? "deleted"
                       : change.operation == ledger::IdOperation::Created ? "created"
                                                                          : "mutated";
        item["sender"] = to_text(sender);
        if (write != nullptr) item["owner"] = owner_json(write->owner);
        if (i < executed.changed_types.size())
            item["objectType"] = to_text(executed.changed_types[i].type);
        item["objectId"] = to_text(change.id);
        item["version"] = std::to_string(effects.lamport_version);
        if (change.input && write != nullptr)
            item["previousVersion"] = std::to_string(change.input->version);
        if (write != nullptr) item["digest"] = digest_text(write->digest);
        out.push_back(std::move(item));
    }
    return out;
}

Json balance_changes_json(const ledger::ExecutedTransaction& executed) {
    Json out = Json::array();
    for (const ledger::BalanceChange& change : executed.balance_changes)
        out.push_back({{"owner", {{"AddressOwner", to_text(change.owner)}}},
                       {"coinType", to_text(change.coin_type)},
                       {"amount", amount_text(change.amount)}});
    return out;
}

Json event_json(const ledger::Event& event, const TransactionDigest& digest, std::size_t index,
                std::uint64_t time_ms) {
    Json out;
    out["id"] = {{"txDigest", to_text(digest)}, {"eventSeq", std::to_string(index)}};
    out["packageId"] = to_text(event.package);
    out["transactionModule"] = event.module;
    out["sender"] = to_text(event.sender);
    out["type"] = to_text(event.type);
    out["parsedJson"] = nullptr;
    out["bcsEncoding"] = "base64";
    out["bcs"] = base64_encode(event.contents);
    out["timestampMs"] = std::to_string(time_ms);
    return out;
}

Json events_json(const chain::TransactionRecord& record) {
    Json out = Json::array();
    const std::vector<ledger::Event>& events = record.executed.events;
    for (std::size_t i = 0; i < events.size(); ++i)
        out.push_back(event_json(events[i], record.executed.digest, i, record.time_ms));
    return out;
}

Json transaction_block_json(const chain::TransactionRecord& record,
                            const TransactionBlockOptions& options) {
    Json out;
    out["digest"] = to_text(record.executed.digest);
    if (options.raw_input) out["rawTransaction"] = base64_encode(sender_signed_data(record));
    if (options.effects) out["effects"] = effects_json(record.executed);
    if (options.raw_effects) {
        Json& bytes = out["rawEffects"] = Json::array();
        for (const Byte byte : record.executed.effects_bcs) bytes.push_back(byte);
    }
    if (options.events) out["events"] = events_json(record);
    if (options.object_changes) {
        Address sender;
        if (const auto data = bcs::decode<ledger::TransactionData>(record.data))
            sender = data->sender;
        out["objectChanges"] = object_changes_json(record, sender);
    }
    if (options.balance_changes) out["balanceChanges"] = balance_changes_json(record.executed);
    out["timestampMs"] = std::to_string(record.time_ms);
    out["confirmedLocalExecution"] = true;
    if (record.position) out["checkpoint"] = std::to_string(record.position->block_seq);
    return out;
}

}  // namespace walrus::rpc
