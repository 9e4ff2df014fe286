// SPDX-License-Identifier: Apache-2.0
// The ledger's state: objects, balances of accounts, named parameters and the digests of executed
// transactions. Execution reads through an interface and collects what it changes in overlays; the
// room never stores anything itself. Formats: docs/formats/ledger.md.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "attest/committee.hpp"
#include "base/bytes.hpp"
#include "ledger/object.hpp"
#include "ledger/type_tag.hpp"
#include "ledger/types.hpp"
#include "protocol/ids.hpp"

namespace walrus::ledger {

using ObjectPtr = std::shared_ptr<const Object>;

/// An account's balance in one coin. `coin_type` is the BCS of the coin's TypeTag.
struct BalanceKey {
    Address owner;
    Bytes coin_type;
    friend auto operator<=>(const BalanceKey&, const BalanceKey&) = default;
};
BalanceKey balance_key(const Address& owner, const TypeTag& coin_type);

// Keys of the state, each with its tag (decisions.md §1).
inline constexpr Byte kObjectKeyTag = 0x10;
inline constexpr Byte kBalanceKeyTag = 0x11;
inline constexpr Byte kParameterKeyTag = 0x12;
Bytes state_key(const ObjectId& id);
Bytes state_key(const BalanceKey& key);
Bytes state_key(std::string_view parameter);

// Names of parameters.
inline constexpr std::string_view kIdsParameter = "ids";  ///< BCS LedgerIds (genesis.hpp)
inline constexpr std::string_view kWalSupplyParameter = "wal_supply";  ///< u64, Frost
inline constexpr std::string_view kSuiSupplyParameter = "sui_supply";  ///< u64

/// State as it stands. An implementation that cannot read its storage ends the process: "absent"
/// and "unreadable" must never be confused. Calls may come from several threads at once.
class StateReader {
public:
    virtual ~StateReader() = default;
    /// Nothing if there is no such object.
    virtual ObjectPtr object(const ObjectId& id) const = 0;
    /// 0 if there is none.
    virtual std::uint64_t balance(const BalanceKey& key) const = 0;
    virtual std::optional<Bytes> parameter(std::string_view name) const = 0;
    /// Was a transaction of this digest executed (and not yet forgotten)?
    virtual bool executed(const TransactionDigest& digest) const = 0;
};

/// What a block changes, in the order of keys. Complete: applying it to the state before gives the
/// state after.
struct StateChanges {
    std::map<ObjectId, ObjectPtr> objects;         ///< null: deleted
    std::map<BalanceKey, std::uint64_t> balances;  ///< 0: the entry goes
    std::map<std::string, std::optional<Bytes>> parameters;
    std::set<TransactionDigest> executed;

    bool empty() const {
        return objects.empty() && balances.empty() && parameters.empty() && executed.empty();
    }
    /// Digest of the ordered changes (docs/formats/ledger.md): what a block's root is before the
    /// state tree exists. `executed` is not part of it.
    Digest digest() const;
};

/// What is parsed once and used by many transactions: the system's state and the committee's keys.
/// Copies are cheap. Hand the same one to the overlays of successive blocks and a copy to
/// simulations; begin with a fresh one if a block whose changes were taken is not applied. Not
/// thread-safe.
class LedgerCache {
public:
    /// The parsed committee of this record; null if a key or weight in it is not valid (which
    /// genesis and the epoch change exclude).
    std::shared_ptr<const attest::BlsCommittee> committee(const Frozen<BlsCommittee>& record);
    /// Uses this committee for the record from now on: the same one, which knows more
    /// (attest::verify_ahead).
    void set_committee(const Frozen<BlsCommittee>& record,
                       std::shared_ptr<const attest::BlsCommittee> committee) {
        committee_digest_ = record.digest();
        committee_ = std::move(committee);
    }

private:
    friend class StateOverlay;
    /// The decoded system state of the stored object with this version and previous transaction.
    ObjectId system_field_;
    ObjectVersion system_version_ = 0;
    TransactionDigest system_previous_;
    std::shared_ptr<const SystemStateInnerV1> system_;
    Digest committee_digest_;
    std::shared_ptr<const attest::BlsCommittee> committee_;
};

/// Reads through to `base` and keeps changes to itself: one for a block over the stored state, and
/// one for each transaction over the block's. Dropping an overlay undoes what it held. Not
/// thread-safe.
class StateOverlay final : public StateReader {
public:
    /// Over stored state. `cache` may be null; both must outlive the overlay.
    explicit StateOverlay(const StateReader& base, LedgerCache* cache = nullptr);
    /// Over another overlay, which must not change while this one lives, but through `absorb`.
    explicit StateOverlay(StateOverlay& parent);
    ~StateOverlay() override;
    StateOverlay(const StateOverlay&) = delete;
    StateOverlay& operator=(const StateOverlay&) = delete;

    ObjectPtr object(const ObjectId& id) const override;
    std::uint64_t balance(const BalanceKey& key) const override;
    std::optional<Bytes> parameter(std::string_view name) const override;
    bool executed(const TransactionDigest& digest) const override;

    /// The object's digest, without writing out what is kept in native form; nothing if absent.
    std::optional<ObjectDigest> object_digest(const ObjectId& id) const;

    /// The object without writing out contents that are kept in native form: they may be empty.
    ObjectPtr object_envelope(const ObjectId& id) const;

    void put(Object object);
    void erase(const ObjectId& id);
    void set_balance(const BalanceKey& key, std::uint64_t amount);
    void set_parameter(std::string name, std::optional<Bytes> value);
    void mark_executed(const TransactionDigest& digest);

    /// The system's state, decoded once per block. `field` is the dynamic field's id. Null if there
    /// is no such object or it does not decode.
    std::shared_ptr<const SystemStateInnerV1> system_state(const ObjectId& field) const;
    /// Stores a new system state without serialising it: `envelope` has no contents; they are
    /// written out when somebody asks for the object or its changes.
    void put_system_state(Object envelope, std::shared_ptr<const SystemStateInnerV1> state);
    /// The parsed committee; see LedgerCache.
    std::shared_ptr<const attest::BlsCommittee> committee(const Frozen<BlsCommittee>& record);

    /// Takes over all changes of an overlay that was made over this one; `child` is empty
    /// afterwards.
    void absorb(StateOverlay& child);
    /// Drops all changes.
    void clear();
    /// The changes, with every object's contents written out; the overlay is empty afterwards and
    /// its cache (if any) knows the new system state.
    StateChanges take_changes();
    bool empty() const;
    /// Ids of the objects that this overlay itself put or erased, ascending.
    std::vector<ObjectId> changed_objects() const;
    /// Balances that this overlay itself set.
    const std::map<BalanceKey, std::uint64_t>& changed_balances() const;

private:
    struct Entry;
    struct Data;
    Entry* find(const ObjectId& id) const;
    std::unique_ptr<Data> data_;
};

/// State in memory: genesis, tests, the simulator's oracle.
class MemoryState final : public StateReader {
public:
    void apply(const StateChanges& changes);

    ObjectPtr object(const ObjectId& id) const override;
    std::uint64_t balance(const BalanceKey& key) const override;
    std::optional<Bytes> parameter(std::string_view name) const override;
    bool executed(const TransactionDigest& digest) const override;

    const std::map<ObjectId, ObjectPtr>& objects() const { return objects_; }
    const std::map<BalanceKey, std::uint64_t>& balances() const { return balances_; }

private:
    std::map<ObjectId, ObjectPtr> objects_;
    std::map<BalanceKey, std::uint64_t> balances_;
    std::map<std::string, Bytes, std::less<>> parameters_;
    std::set<TransactionDigest> executed_;
};

/// Digest of a system state's object over the digests of its fields (docs/formats/ledger.md), so
/// that a registration does not hash the committee again.
ObjectDigest system_state_digest(const Object& envelope, std::uint64_t name,
                                 const SystemStateInnerV1& state);
/// What that digest is the hash of.
Bytes system_state_preimage(const Object& envelope, std::uint64_t name,
                            const SystemStateInnerV1& state);
/// Is this the type of the object that `system_state_digest` is for?
bool is_system_state_field(const StructTag& type);

}  // namespace walrus::ledger
