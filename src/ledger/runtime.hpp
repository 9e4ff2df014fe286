// SPDX-License-Identifier: Apache-2.0
// What native functions can do to the ledger while one transaction runs: make and delete ids, emit
// events, reach the system's state and blobs' attributes, move balances. Everything lands in the
// transaction's own overlay; dropping it undoes all.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "ledger/effects.hpp"
#include "ledger/execute.hpp"
#include "ledger/failure.hpp"
#include "ledger/state.hpp"
#include "ledger/value.hpp"

namespace walrus::ledger {

class Runtime {
public:
    /// `state` is the transaction's overlay; `lamport` the version of everything it writes.
    Runtime(StateOverlay& state, const BlockContext& context, const CheckedTransaction& transaction,
            ObjectVersion lamport);

    const BlockContext& context() const { return context_; }
    const LedgerIds& ids() const { return context_.ids; }
    const Address& sender() const { return transaction_.data.sender; }
    StateOverlay& state() { return state_; }

    /// The id of the next object that this transaction creates.
    ObjectId new_id();
    /// An id of this transaction for what is no object.
    ObjectId fresh_address();
    /// The object is destroyed for good (not wrapped into another).
    void delete_id(const ObjectId& id) { deleted_.insert(id); }

    /// Says which function runs: the origin of events.
    void begin_call(const ObjectId& package, std::string_view module);
    /// Emits an event of ORIG::events.
    template <class E>
    void emit(const E& event) {
        add_event(E::kName, bcs::encode(event));
    }
    /// Emits an event of our own package, from protocol revision 1 on.
    template <class E>
    void emit_own(const E& event) {
        if (protocol_revision() >= 1) add_own_event(E::kName, bcs::encode(event));
    }
    std::vector<Event> take_events() { return std::move(events_); }

    /// The rule set of this transaction: what the System object said before it.
    std::uint32_t protocol_revision();
    /// Errors: system::EWrongVersion; InvariantViolation if the state is not there.
    Executed<const SystemStateInnerV1*> system_state(const System& system);
    Executed<SystemStateInnerV1*> mutable_system_state(const System& system);
    /// The parsed committee of the system's state. Errors: as above.
    Executed<std::shared_ptr<const attest::BlsCommittee>> committee(const System& system);

    /// The attributes of a blob; null if there are none.
    const Metadata* metadata(const ObjectId& blob);
    /// For changing: null if there are none.
    Metadata* mutable_metadata(const ObjectId& blob);
    void set_metadata(const ObjectId& blob, std::optional<Metadata> metadata);

    /// The value of the dynamic field of `parent` under `key`; nothing if there is none.
    template <class V, class K>
    std::optional<V> field(const ObjectId& parent, const TypeTag& key_type, const K& key) const {
        const ObjectPtr object = state_.object(field_id(parent, key_type, key));
        if (!object) return std::nullopt;
        auto decoded = bcs::decode<Field<K, V>>(object->contents);
        WALRUS_CHECK(decoded.has_value());  // only this room writes such an object
        return std::move(decoded->value);
    }
    template <class K>
    bool has_field(const ObjectId& parent, const TypeTag& key_type, const K& key) const {
        return state_.object_envelope(field_id(parent, key_type, key)) != nullptr;
    }
    /// Adds the field or replaces its value. Errors: ObjectTooBig.
    template <class V, class K>
    Executed<void> set_field(const ObjectId& parent, const TypeTag& key_type,
                             const TypeTag& value_type, const K& key, V value) {
        const ObjectId id = field_id(parent, key_type, key);
        return put_child(
            id, parent,
            make_struct(framework_address(), "dynamic_field", "Field", {key_type, value_type}),
            bcs::encode(Field<K, V>{id, key, std::move(value)}));
    }
    template <class K>
    void erase_field(const ObjectId& parent, const TypeTag& key_type, const K& key) {
        erase_child(field_id(parent, key_type, key));
    }
    /// An object that another object owns, as a table's entries do; nothing if there is none.
    template <class T>
    std::optional<T> child(const ObjectId& id) const {
        const ObjectPtr object = state_.object(id);
        if (!object) return std::nullopt;
        auto decoded = bcs::decode<T>(object->contents);
        WALRUS_CHECK(decoded.has_value());  // only this room writes such an object
        return std::move(*decoded);
    }
    /// Writes an object owned by `parent`. Errors: ObjectTooBig.
    Executed<void> put_child(const ObjectId& id, const ObjectId& parent, StructTag type,
                             Bytes contents);
    /// Deletes an object owned by another; nothing happens if there is none.
    void erase_child(const ObjectId& id);

    /// Errors: InsufficientFunds (debit), CoinBalanceOverflow (credit).
    Executed<void> debit(const Address& owner, const TypeTag& currency, std::uint64_t amount);
    Executed<void> credit(const Address& owner, const TypeTag& currency, std::uint64_t amount);

    /// Puts an object with an identity into the state, with the transaction's version.
    Executed<void> write_object(const Value& value, Owner owner);
    /// Makes a new object shared: from now on anyone may use it. Errors: ObjectTooBig.
    Executed<void> share(const Value& value) { return write_object(value, SharedOwner{lamport_}); }
    /// An input object that was consumed leaves the state.
    void remove_object(const ObjectId& id) { state_.erase(id); }
    /// Writes out what is held back: the system's state and attributes. Errors: ObjectTooBig.
    Executed<void> flush();

    /// Did this transaction write the object?
    bool was_written(const ObjectId& id) const { return written_.contains(id); }
    bool was_created(const ObjectId& id) const { return created_.contains(id); }
    bool was_deleted(const ObjectId& id) const { return deleted_.contains(id); }
    const std::set<ObjectId>& deleted() const { return deleted_; }

private:
    template <class K>
    static ObjectId field_id(const ObjectId& parent, const TypeTag& key_type, const K& key) {
        return dynamic_field_id(parent, key_type, bcs::encode(key));
    }
    struct Attributes {
        ObjectId field;
        std::optional<Metadata> now;
        bool existed = false;
        bool changed = false;
    };
    void add_event(std::string_view name, Bytes contents);
    void add_own_event(std::string_view name, Bytes contents);
    Attributes& attributes(const ObjectId& blob);
    Executed<void> load_system(const System& system);
    Executed<void> put(ObjectId id, Owner owner, StructTag type, Bytes contents);

    StateOverlay& state_;
    const BlockContext& context_;
    const CheckedTransaction& transaction_;
    ObjectVersion lamport_;
    std::uint64_t ids_created_ = 0;
    std::set<ObjectId> created_;
    std::set<ObjectId> deleted_;
    std::set<ObjectId> written_;
    std::vector<Event> events_;
    ObjectId call_package_;
    std::string call_module_;
    std::optional<std::uint32_t> protocol_revision_;
    ObjectId system_field_;
    std::shared_ptr<const SystemStateInnerV1> system_;  ///< as found
    std::shared_ptr<SystemStateInnerV1>
        system_changed_;  ///< a copy, once something asks to change it
    std::map<ObjectId, Attributes> attributes_;
};

}  // namespace walrus::ledger
