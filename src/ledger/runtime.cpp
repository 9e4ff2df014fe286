// SPDX-License-Identifier: Apache-2.0
#include "ledger/runtime.hpp"

#include "base/check.hpp"
#include "base/checked.hpp"
#include "ledger/abort_codes.hpp"
#include "ledger/limits.hpp"

namespace walrus::ledger {

namespace {

/// 0x2::dynamic_field::Field<vector<u8>, ORIG::metadata::Metadata>.
StructTag metadata_field_type(const LedgerIds& ids) {
    return make_struct(
        framework_address(), "dynamic_field", "Field",
        {vector_of(primitive(TypeKind::U8)), walrus_type(ids, "metadata", "Metadata")});
}

}  // namespace

Runtime::Runtime(StateOverlay& state, const BlockContext& context,
                 const CheckedTransaction& transaction, ObjectVersion lamport)
    : state_(state), context_(context), transaction_(transaction), lamport_(lamport) {}

ObjectId Runtime::new_id() {
    const ObjectId id = created_object_id(transaction_.digest, ids_created_++);
    created_.insert(id);
    return id;
}

ObjectId Runtime::fresh_address() {
    return created_object_id(transaction_.digest, ids_created_++);
}

void Runtime::begin_call(const ObjectId& package, std::string_view module) {
    call_package_ = package;
    call_module_ = std::string(module);
}

void Runtime::add_event(std::string_view name, Bytes contents) {
    events_.push_back({call_package_, call_module_, sender(),
                       make_struct(Address{ids().package.bytes}, "events", std::string(name)),
                       std::move(contents)});
}

void Runtime::add_own_event(std::string_view name, Bytes contents) {
    events_.push_back({call_package_, call_module_, sender(),
                       make_struct(Address{own_package(ids()).bytes}, "events", std::string(name)),
                       std::move(contents)});
}

std::uint32_t Runtime::protocol_revision() {
    if (!protocol_revision_) {
        const ObjectPtr object = state_.object(ids().system);
        WALRUS_CHECK(object != nullptr);
        const auto system = bcs::decode_prefix<System>(object->contents);
        WALRUS_CHECK(system.has_value());
        protocol_revision_ = system->protocol_revision;
    }
    return *protocol_revision_;
}

// ------------------------------------------------------------------------------ system's state

Executed<void> Runtime::load_system(const System& system) {
    if (system.version != kSystemVersion)
        return move_abort(codes::system::kWrongVersion,
                          "the System object has version " + std::to_string(system.version));
    const ObjectId field = system_state_field_id(system.id, system.version);
    if (system_ && system_field_ == field) return {};
    WALRUS_CHECK(!system_changed_);
    system_ = state_.system_state(field);
    system_field_ = field;
    if (!system_)
        return execution_error(ExecutionErrorKind::InvariantViolation,
                               "the system's state " + to_text(field) + " is missing");
    return {};
}

Executed<const SystemStateInnerV1*> Runtime::system_state(const System& system) {
    WALRUS_TRY(load_system(system));
    return system_changed_ ? system_changed_.get() : system_.get();
}

Executed<SystemStateInnerV1*> Runtime::mutable_system_state(const System& system) {
    WALRUS_TRY(load_system(system));
    if (!system_changed_) system_changed_ = std::make_shared<SystemStateInnerV1>(*system_);
    return system_changed_.get();
}

Executed<std::shared_ptr<const attest::BlsCommittee>> Runtime::committee(const System& system) {
    const SystemStateInnerV1* inner = WALRUS_TRY(system_state(system));
    auto parsed = state_.committee(inner->committee);
    if (!parsed)
        return execution_error(ExecutionErrorKind::InvariantViolation,
                               "the committee's keys are not valid");
    return parsed;
}

// ---------------------------------------------------------------------------------- attributes

Runtime::Attributes& Runtime::attributes(const ObjectId& blob) {
    const auto [place, fresh] = attributes_.try_emplace(blob);
    Attributes& entry = place->second;
    if (!fresh) return entry;
    const Bytes key = bcs::encode(to_bytes(kMetadataKey));
    entry.field = dynamic_field_id(blob, vector_of(primitive(TypeKind::U8)), key);
    const ObjectPtr object = state_.object(entry.field);
    if (!object) return entry;
    auto field = bcs::decode<MetadataField>(object->contents);
    WALRUS_CHECK(field.has_value());  // only this room writes such an object
    entry.existed = true;
    entry.now = std::move(field->value);
    return entry;
}

const Metadata* Runtime::metadata(const ObjectId& blob) {
    const Attributes& entry = attributes(blob);
    return entry.now ? &*entry.now : nullptr;
}

Metadata* Runtime::mutable_metadata(const ObjectId& blob) {
    Attributes& entry = attributes(blob);
    if (!entry.now) return nullptr;
    entry.changed = true;
    return &*entry.now;
}

void Runtime::set_metadata(const ObjectId& blob, std::optional<Metadata> metadata) {
    Attributes& entry = attributes(blob);
    entry.changed = true;
    entry.now = std::move(metadata);
}

// ------------------------------------------------------------------------------------ balances

Executed<void> Runtime::debit(const Address& owner, const TypeTag& currency, std::uint64_t amount) {
    const BalanceKey key = balance_key(owner, currency);
    const auto rest = checked_sub(state_.balance(key), amount);
    if (!rest)
        return execution_error(ExecutionErrorKind::InsufficientFunds,
                               to_text(owner) + " has less than " + std::to_string(amount) +
                                   " of " + to_text(currency));
    if (amount > 0) state_.set_balance(key, *rest);
    return {};
}

Executed<void> Runtime::credit(const Address& owner, const TypeTag& currency,
                               std::uint64_t amount) {
    if (amount == 0) return {};
    const BalanceKey key = balance_key(owner, currency);
    const auto sum = checked_add(state_.balance(key), amount);
    if (!sum)
        return execution_error(ExecutionErrorKind::CoinBalanceOverflow,
                               "the balance of " + to_text(owner));
    state_.set_balance(key, *sum);
    return {};
}

// ------------------------------------------------------------------------------------- objects

Executed<void> Runtime::put(ObjectId id, Owner owner, StructTag type, Bytes contents) {
    if (contents.size() > kObjectBytesMax) {
        ExecutionError error;
        error.kind = ExecutionErrorKind::ObjectTooBig;
        error.object_bytes = contents.size();
        error.object_bytes_max = kObjectBytesMax;
        error.description = "MoveObjectTooBig: object " + to_text(id) + " would take " +
                            std::to_string(contents.size()) + " bytes, the limit is " +
                            std::to_string(kObjectBytesMax);
        return fail(std::move(error));
    }
    Object object;
    object.id = id;
    object.version = lamport_;
    object.owner = std::move(owner);
    object.type = std::move(type);
    object.contents = std::move(contents);
    object.previous_transaction = transaction_.digest;
    written_.insert(id);
    state_.put(std::move(object));
    return {};
}

Executed<void> Runtime::put_child(const ObjectId& id, const ObjectId& parent, StructTag type,
                                  Bytes contents) {
    if (state_.object_envelope(id) == nullptr) created_.insert(id);
    return put(id, ObjectOwner{parent}, std::move(type), std::move(contents));
}

void Runtime::erase_child(const ObjectId& id) {
    if (state_.object_envelope(id) == nullptr) return;
    deleted_.insert(id);
    state_.erase(id);
}

Executed<void> Runtime::write_object(const Value& value, Owner owner) {
    const auto id = object_id(value);
    auto contents = encode_object(value);
    WALRUS_CHECK(id && contents);
    return put(*id, std::move(owner), *value.type.structure, std::move(*contents));
}

Executed<void> Runtime::flush() {
    for (auto& [blob, entry] : attributes_) {
        if (!entry.changed) continue;
        if (entry.now) {
            if (!entry.existed) created_.insert(entry.field);
            WALRUS_TRY(
                put(entry.field, ObjectOwner{blob}, metadata_field_type(ids()),
                    bcs::encode(MetadataField{entry.field, to_bytes(kMetadataKey), *entry.now})));
        } else if (entry.existed) {
            deleted_.insert(entry.field);
            state_.erase(entry.field);
        }
    }
    if (system_changed_) {
        const ObjectPtr before = state_.object_envelope(system_field_);
        WALRUS_CHECK(before != nullptr);
        Object envelope;
        envelope.id = before->id;
        envelope.version = lamport_;
        envelope.owner = before->owner;
        envelope.type = before->type;
        envelope.previous_transaction = transaction_.digest;
        state_.put_system_state(std::move(envelope), std::move(system_changed_));
    }
    return {};
}

}  // namespace walrus::ledger
