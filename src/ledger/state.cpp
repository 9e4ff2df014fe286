// SPDX-License-Identifier: Apache-2.0
#include "ledger/state.hpp"

#include "base/check.hpp"
#include "hash/blake2b.hpp"

namespace walrus::ledger {

BalanceKey balance_key(const Address& owner, const TypeTag& coin_type) {
    return {owner, bcs::encode(coin_type)};
}

Bytes state_key(const ObjectId& id) {
    Bytes out{kObjectKeyTag};
    append(out, id.bytes);
    return out;
}

Bytes state_key(const BalanceKey& key) {
    Bytes out{kBalanceKeyTag};
    append(out, key.owner.bytes);
    append(out, key.coin_type);
    return out;
}

Bytes state_key(std::string_view parameter) {
    Bytes out{kParameterKeyTag};
    append(out, as_bytes(parameter));
    return out;
}

Digest StateChanges::digest() const {
    bcs::Writer out;
    out.raw(as_bytes("StateChanges::"));
    for (const auto& [id, object] : objects) {
        out.bytes(state_key(id));
        out.u8(object ? 1 : 0);
        if (object) out.raw(object->digest().bytes);
    }
    for (const auto& [key, amount] : balances) {
        out.bytes(state_key(key));
        out.fixed(amount);
    }
    for (const auto& [name, value] : parameters) {
        out.bytes(state_key(name));
        out.u8(value ? 1 : 0);
        if (value) out.bytes(*value);
    }
    return blake2b(out.view());
}

// ---------------------------------------------------------------- the system's state, in fields

bool is_system_state_field(const StructTag& type) {
    if (type.module != "dynamic_field" || type.name != "Field" || type.type_arguments.size() != 2)
        return false;
    const TypeTag& value = type.type_arguments[1];
    return type.type_arguments[0].kind == TypeKind::U64 && value.structure &&
           value.structure->module == "system_state_inner" &&
           value.structure->name == "SystemStateInnerV1";
}

ObjectDigest system_state_digest(const Object& envelope, std::uint64_t name,
                                 const SystemStateInnerV1& state) {
    return ObjectDigest::from(blake2b(system_state_preimage(envelope, name, state)).view());
}

Bytes system_state_preimage(const Object& envelope, std::uint64_t name,
                            const SystemStateInnerV1& state) {
    bcs::Writer out(1024);
    out.raw(as_bytes("ObjectFields::"));
    out.raw(envelope.id.bytes);
    out.fixed(envelope.version);
    bcs::encode(out, envelope.owner);
    bcs_encode(out, envelope.type);
    out.raw(envelope.previous_transaction.bytes);
    out.fixed(name);
    out.raw(state.committee.digest().bytes);
    out.fixed(state.total_capacity_size);
    out.fixed(state.used_capacity_size);
    out.fixed(state.storage_price_per_unit_size);
    out.fixed(state.write_price_per_unit_size);
    out.raw(blake2b(bcs::encode(state.future_accounting)).bytes);
    out.raw(blake2b(bcs::encode(state.event_blob_certification_state)).bytes);
    out.raw(state.deny_list_sizes.id.bytes);
    return out.take();
}

// ------------------------------------------------------------------------------------- cache

std::shared_ptr<const attest::BlsCommittee> LedgerCache::committee(
    const Frozen<BlsCommittee>& record) {
    if (committee_ && committee_digest_ == record.digest()) return committee_;
    std::vector<attest::CommitteeMember> members;
    members.reserve(record->members.size());
    for (const BlsCommitteeMember& member : record->members) {
        // Checked in full when the node registered; here only the form is looked at.
        auto key = bls::PublicKey::parse_uncompressed(member.public_key, bls::KeyCheck::Encoding);
        if (!key) return nullptr;
        members.push_back({std::move(*key), member.weight, member.node_id});
    }
    auto made = attest::BlsCommittee::make(record->epoch, std::move(members));
    if (!made) return nullptr;
    committee_ = std::make_shared<const attest::BlsCommittee>(std::move(*made));
    committee_digest_ = record.digest();
    return committee_;
}

// ----------------------------------------------------------------------------------- overlay

/// One object as the overlay knows it. A system state may be in native form only: then `object` is
/// its envelope with empty contents.
struct StateOverlay::Entry {
    ObjectPtr object;  ///< null: there is no such object
    std::optional<ObjectDigest> digest;
    std::shared_ptr<const SystemStateInnerV1> system;
    bool contents_pending = false;

    void write_out() {
        if (!contents_pending) return;
        Object full = *object;
        full.contents = bcs::encode(SystemStateField{full.id, kSystemVersion, *system});
        object = std::make_shared<const Object>(std::move(full));
        contents_pending = false;
    }
};

struct StateOverlay::Data {
    const StateReader* base = nullptr;  ///< of the lowest overlay
    StateOverlay* parent = nullptr;     ///< of the others
    LedgerCache* cache = nullptr;
    LedgerCache own_cache;  ///< when none was given
    std::map<ObjectId, Entry> objects;
    /// What the lowest overlay read from its base, so that a block reads each object once.
    std::map<ObjectId, Entry> loaded;
    std::map<BalanceKey, std::uint64_t> balances;
    std::map<std::string, std::optional<Bytes>, std::less<>> parameters;
    std::set<TransactionDigest> executed;
};

StateOverlay::StateOverlay(const StateReader& base, LedgerCache* cache)
    : data_(std::make_unique<Data>()) {
    data_->base = &base;
    data_->cache = cache != nullptr ? cache : &data_->own_cache;
}

StateOverlay::StateOverlay(StateOverlay& parent) : data_(std::make_unique<Data>()) {
    data_->parent = &parent;
    data_->cache = parent.data_->cache;
}

StateOverlay::~StateOverlay() = default;

StateOverlay::Entry* StateOverlay::find(const ObjectId& id) const {
    const auto own = data_->objects.find(id);
    if (own != data_->objects.end()) return &own->second;
    if (data_->parent != nullptr) return data_->parent->find(id);
    const auto [place, fresh] = data_->loaded.try_emplace(id);
    if (fresh) place->second.object = data_->base->object(id);
    return &place->second;
}

ObjectPtr StateOverlay::object(const ObjectId& id) const {
    Entry* entry = find(id);
    entry->write_out();
    return entry->object;
}

ObjectPtr StateOverlay::object_envelope(const ObjectId& id) const {
    return find(id)->object;
}

std::uint64_t StateOverlay::balance(const BalanceKey& key) const {
    const auto own = data_->balances.find(key);
    if (own != data_->balances.end()) return own->second;
    return data_->parent != nullptr ? data_->parent->balance(key) : data_->base->balance(key);
}

std::optional<Bytes> StateOverlay::parameter(std::string_view name) const {
    const auto own = data_->parameters.find(name);
    if (own != data_->parameters.end()) return own->second;
    return data_->parent != nullptr ? data_->parent->parameter(name) : data_->base->parameter(name);
}

bool StateOverlay::executed(const TransactionDigest& digest) const {
    if (data_->executed.contains(digest)) return true;
    return data_->parent != nullptr ? data_->parent->executed(digest)
                                    : data_->base->executed(digest);
}

std::optional<ObjectDigest> StateOverlay::object_digest(const ObjectId& id) const {
    Entry* entry = find(id);
    if (!entry->object) return std::nullopt;
    if (!entry->digest) {
        // A state in native form costs no serialising; the other way would decode it again.
        if (is_system_state_field(entry->object->type)) system_state(id);
        entry->digest = entry->system
                            ? system_state_digest(*entry->object, kSystemVersion, *entry->system)
                            : entry->object->digest();
    }
    return entry->digest;
}

void StateOverlay::put(Object object) {
    Entry entry;
    const ObjectId id = object.id;
    entry.object = std::make_shared<const Object>(std::move(object));
    data_->objects[id] = std::move(entry);
}

void StateOverlay::erase(const ObjectId& id) {
    data_->objects[id] = Entry{};
}

void StateOverlay::set_balance(const BalanceKey& key, std::uint64_t amount) {
    data_->balances[key] = amount;
}

void StateOverlay::set_parameter(std::string name, std::optional<Bytes> value) {
    data_->parameters[std::move(name)] = std::move(value);
}

void StateOverlay::mark_executed(const TransactionDigest& digest) {
    data_->executed.insert(digest);
}

std::shared_ptr<const SystemStateInnerV1> StateOverlay::system_state(const ObjectId& field) const {
    Entry* entry = find(field);
    if (!entry->object || entry->system) return entry->system;
    if (!is_system_state_field(entry->object->type)) return nullptr;
    LedgerCache& cache = *data_->cache;
    if (cache.system_ && cache.system_field_ == field &&
        cache.system_version_ == entry->object->version &&
        cache.system_previous_ == entry->object->previous_transaction) {
        entry->system = cache.system_;
        return entry->system;
    }
    auto decoded = bcs::decode<SystemStateField>(entry->object->contents);
    if (!decoded || decoded->name != kSystemVersion) return nullptr;
    entry->system = std::make_shared<const SystemStateInnerV1>(std::move(decoded->value));
    cache.system_ = entry->system;
    cache.system_field_ = field;
    cache.system_version_ = entry->object->version;
    cache.system_previous_ = entry->object->previous_transaction;
    return entry->system;
}

void StateOverlay::put_system_state(Object envelope,
                                    std::shared_ptr<const SystemStateInnerV1> state) {
    WALRUS_CHECK(state != nullptr);
    WALRUS_CHECK(is_system_state_field(envelope.type));
    Entry entry;
    const ObjectId id = envelope.id;
    envelope.contents.clear();
    entry.object = std::make_shared<const Object>(std::move(envelope));
    entry.system = std::move(state);
    entry.contents_pending = true;
    data_->objects[id] = std::move(entry);
}

std::shared_ptr<const attest::BlsCommittee> StateOverlay::committee(
    const Frozen<BlsCommittee>& record) {
    return data_->cache->committee(record);
}

void StateOverlay::absorb(StateOverlay& child) {
    WALRUS_CHECK(child.data_->parent == this);
    for (auto& [id, entry] : child.data_->objects) data_->objects[id] = std::move(entry);
    for (const auto& [key, amount] : child.data_->balances) data_->balances[key] = amount;
    for (auto& [name, value] : child.data_->parameters) data_->parameters[name] = std::move(value);
    data_->executed.merge(child.data_->executed);
    child.clear();
}

void StateOverlay::clear() {
    data_->objects.clear();
    data_->loaded.clear();
    data_->balances.clear();
    data_->parameters.clear();
    data_->executed.clear();
}

StateChanges StateOverlay::take_changes() {
    StateChanges changes;
    for (auto& [id, entry] : data_->objects) {
        entry.write_out();
        if (entry.system) {
            LedgerCache& cache = *data_->cache;
            cache.system_ = entry.system;
            cache.system_field_ = id;
            cache.system_version_ = entry.object->version;
            cache.system_previous_ = entry.object->previous_transaction;
        }
        changes.objects[id] = std::move(entry.object);
    }
    changes.balances = std::move(data_->balances);
    for (auto& [name, value] : data_->parameters) changes.parameters[name] = std::move(value);
    changes.executed = std::move(data_->executed);
    clear();
    return changes;
}

bool StateOverlay::empty() const {
    return data_->objects.empty() && data_->balances.empty() && data_->parameters.empty() &&
           data_->executed.empty();
}

std::vector<ObjectId> StateOverlay::changed_objects() const {
    std::vector<ObjectId> ids;
    ids.reserve(data_->objects.size());
    for (const auto& [id, entry] : data_->objects) ids.push_back(id);
    return ids;
}

const std::map<BalanceKey, std::uint64_t>& StateOverlay::changed_balances() const {
    return data_->balances;
}

// ------------------------------------------------------------------------------------ memory

void MemoryState::apply(const StateChanges& changes) {
    for (const auto& [id, object] : changes.objects) {
        if (object) {
            objects_[id] = object;
        } else {
            objects_.erase(id);
        }
    }
    for (const auto& [key, amount] : changes.balances) {
        if (amount > 0) {
            balances_[key] = amount;
        } else {
            balances_.erase(key);
        }
    }
    for (const auto& [name, value] : changes.parameters) {
        if (value) {
            parameters_[name] = *value;
        } else {
            parameters_.erase(name);
        }
    }
    executed_.insert(changes.executed.begin(), changes.executed.end());
}

ObjectPtr MemoryState::object(const ObjectId& id) const {
    const auto found = objects_.find(id);
    return found == objects_.end() ? nullptr : found->second;
}

std::uint64_t MemoryState::balance(const BalanceKey& key) const {
    const auto found = balances_.find(key);
    return found == balances_.end() ? 0 : found->second;
}

std::optional<Bytes> MemoryState::parameter(std::string_view name) const {
    const auto found = parameters_.find(name);
    if (found == parameters_.end()) return std::nullopt;
    return found->second;
}

bool MemoryState::executed(const TransactionDigest& digest) const {
    return executed_.contains(digest);
}

}  // namespace walrus::ledger
