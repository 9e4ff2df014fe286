// SPDX-License-Identifier: Apache-2.0
#include "ledger/execute.hpp"

#include <algorithm>
#include <set>

#include "base/check.hpp"
#include "hash/blake2b.hpp"
#include "ledger/interpreter.hpp"
#include "ledger/runtime.hpp"

namespace walrus::ledger {

namespace {

/// The ids of the object inputs, with the way they were passed.
struct ObjectInput {
    ObjectId id;
    bool read_only = false;  ///< shared, passed immutable
};

std::vector<ObjectInput> object_inputs(const ProgrammableTransaction& program) {
    std::vector<ObjectInput> out;
    for (const CallArg& input : program.inputs) {
        const auto* argument = std::get_if<ObjectArg>(&input);
        if (argument == nullptr) continue;
        if (const auto* owned = std::get_if<OwnedObjectArg>(argument)) {
            out.push_back({owned->ref.id, false});
        } else if (const auto* shared = std::get_if<SharedObjectArg>(argument)) {
            // The clock is no object of the state.
            if (shared->id != clock_id()) out.push_back({shared->id, !shared->is_mutable});
        }
    }
    return out;
}

ObjectVersion lamport_version(const StateOverlay& state, const std::vector<ObjectInput>& inputs) {
    ObjectVersion highest = 0;
    for (const ObjectInput& input : inputs)
        highest = std::max(highest, state.object_envelope(input.id)->version);
    return highest + 1;
}

/// The transactions that the inputs came from, ascending, each once.
std::vector<PrefixedDigest> dependencies(const StateOverlay& state,
                                         const std::vector<ObjectInput>& inputs) {
    std::set<TransactionDigest> digests;
    for (const ObjectInput& input : inputs)
        digests.insert(state.object_envelope(input.id)->previous_transaction);
    std::vector<PrefixedDigest> out;
    for (const TransactionDigest& digest : digests) out.push_back({digest.bytes});
    return out;
}

/// Lists what `after`, an overlay over `before`, changed among the objects.
void list_changes(const StateOverlay& before, const StateOverlay& after, const Runtime& runtime,
                  ExecutedTransaction& out) {
    for (const ObjectId& id : after.changed_objects()) {
        const ObjectPtr old = before.object_envelope(id);
        const ObjectPtr now = after.object_envelope(id);
        if (!old && !now) continue;
        ObjectChange change;
        change.id = id;
        if (old)
            change.input = InputState{old->version, {before.object_digest(id)->bytes}, old->owner};
        if (now) change.output = ObjectWrite{{after.object_digest(id)->bytes}, now->owner};
        if (!old && runtime.was_created(id)) change.operation = IdOperation::Created;
        if (!now && runtime.was_deleted(id)) change.operation = IdOperation::Deleted;
        out.effects.changed_objects.push_back(std::move(change));
        out.changed_types.push_back({id, (now ? now : old)->type});
    }
}

void list_unchanged(const StateOverlay& state, const std::vector<ObjectInput>& inputs,
                    TransactionEffects& effects) {
    for (const ObjectInput& input : inputs)
        if (input.read_only)
            effects.unchanged_objects.push_back(
                {input.id, ReadOnlyRoot{state.object_envelope(input.id)->version,
                                        {state.object_digest(input.id)->bytes}}});
    std::sort(effects.unchanged_objects.begin(), effects.unchanged_objects.end(),
              [](const auto& a, const auto& b) { return a.id < b.id; });
}

void list_balances(const StateOverlay& before, const StateOverlay& after,
                   ExecutedTransaction& out) {
    for (const auto& [key, amount] : after.changed_balances()) {
        const __int128 delta = static_cast<__int128>(amount) - before.balance(key);
        if (delta == 0) continue;
        auto type = bcs::decode<TypeTag>(key.coin_type);
        WALRUS_CHECK(type.has_value());
        out.balance_changes.push_back({key.owner, std::move(*type), delta});
    }
}

/// LATEST: what the System object says.
ObjectId latest_package(const StateOverlay& state, const LedgerIds& ids) {
    const ObjectPtr object = state.object(ids.system);
    WALRUS_CHECK(object != nullptr);
    const auto system = bcs::decode_prefix<System>(object->contents);
    WALRUS_CHECK(system.has_value());
    return system->package_id;
}

/// Executes a transaction whose inputs were checked; changes land in `state`.
ExecutedTransaction execute_checked(StateOverlay& state, const BlockContext& context,
                                    const CheckedTransaction& transaction) {
    const std::vector<ObjectInput> inputs = object_inputs(transaction.data.program);
    ExecutedTransaction out;
    out.digest = transaction.digest;
    out.effects.epoch = context.epoch;
    out.effects.transaction_digest = transaction.digest;
    out.effects.lamport_version = lamport_version(state, inputs);
    out.effects.dependencies = dependencies(state, inputs);

    StateOverlay scratch(state);
    Runtime runtime(scratch, context, transaction, out.effects.lamport_version);
    auto done = run_program(runtime, transaction.data.program, latest_package(state, context.ids));
    if (done) {
        out.events = runtime.take_events();
        list_changes(state, scratch, runtime, out);
        list_unchanged(state, inputs, out.effects);
        list_balances(state, scratch, out);
        out.effects.events_digest = events_digest(out.events);
        state.absorb(scratch);
    } else {
        out.effects.failure = std::move(done).error();
    }
    out.effects_bcs = bcs::encode(out.effects);
    out.effects_digest =
        EffectsDigest::from(blake2b("TransactionEffects::", out.effects_bcs).view());
    return out;
}

}  // namespace

BlockContext make_block_context(const StateReader& state, std::uint64_t seq, std::uint64_t time_ms,
                                LedgerCache* cache) {
    BlockContext context;
    context.seq = seq;
    context.time_ms = time_ms;
    context.ids = load_ids(state);
    const StateOverlay overlay(state, cache);
    const ObjectPtr object = overlay.object(context.ids.system);
    WALRUS_CHECK(object != nullptr);
    const auto system = bcs::decode_prefix<System>(object->contents);
    WALRUS_CHECK(system.has_value());
    const auto inner =
        overlay.system_state(system_state_field_id(context.ids.system, system->version));
    WALRUS_CHECK(inner != nullptr);
    context.epoch = inner->committee->epoch;
    return context;
}

TransactionResult<ExecutedTransaction> execute_transaction(StateOverlay& state,
                                                           const BlockContext& context,
                                                           const CheckedTransaction& transaction) {
    WALRUS_TRY(check_inputs(state, context, transaction, CheckMode::Execute));
    ExecutedTransaction out = execute_checked(state, context, transaction);
    state.mark_executed(transaction.digest);
    return out;
}

TransactionResult<ExecutedTransaction> simulate_transaction(const StateReader& state,
                                                            const BlockContext& context,
                                                            const CheckedTransaction& transaction,
                                                            LedgerCache* cache) {
    StateOverlay overlay(state, cache);
    WALRUS_TRY(check_inputs(overlay, context, transaction, CheckMode::Simulate));
    return execute_checked(overlay, context, transaction);
}

AppliedBlock apply_block(const StateReader& state, const BlockContext& context,
                         std::span<const CheckedTransaction> transactions, LedgerCache* cache) {
    StateOverlay overlay(state, cache);
    AppliedBlock out;
    out.results.reserve(transactions.size());
    for (const CheckedTransaction& transaction : transactions)
        out.results.push_back(execute_transaction(overlay, context, transaction));
    out.changes = overlay.take_changes();
    return out;
}

}  // namespace walrus::ledger
