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
    /// The object is destroyed for good (not wrapped into another).
    void delete_id(const ObjectId& id) { deleted_.insert(id); }

    /// Says which function runs: the origin of events.
    void begin_call(const ObjectId& package, std::string_view module);
    /// Emits an event of ORIG::events.
    template <class E>
    void emit(const E& event) {
        add_event(E::kName, bcs::encode(event));
    }
    std::vector<Event> take_events() { return std::move(events_); }

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

    /// Errors: InsufficientFunds (debit), CoinBalanceOverflow (credit).
    Executed<void> debit(const Address& owner, const TypeTag& currency, std::uint64_t amount);
    Executed<void> credit(const Address& owner, const TypeTag& currency, std::uint64_t amount);

    /// Puts an object with an identity into the state, with the transaction's version.
    Executed<void> write_object(const Value& value, Owner owner);
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
    struct Attributes {
        ObjectId field;
        std::optional<Metadata> now;
        bool existed = false;
        bool changed = false;
    };
    void add_event(std::string_view name, Bytes contents);
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
    ObjectId system_field_;
    std::shared_ptr<const SystemStateInnerV1> system_;  ///< as found
    std::shared_ptr<SystemStateInnerV1>
        system_changed_;  ///< a copy, once something asks to change it
    std::map<ObjectId, Attributes> attributes_;
};

}  // namespace walrus::ledger
