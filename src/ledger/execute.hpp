// SPDX-License-Identifier: Apache-2.0
// The ledger as a function: checks before a transaction, its execution, blocks, simulation.
//
//   verify_transaction   bytes + signatures -> CheckedTransaction     no state; any thread
//   check_inputs         does it fit the state now?                   reads only
//   execute_transaction  both effects and changes                     one thread, in order
//
// A transaction that passes `check_inputs` always gets effects: a failure while executing is
// recorded in them and changes nothing but the table of digests. One that does not pass is refused:
// it must not be part of a block.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ledger/effects.hpp"
#include "ledger/genesis.hpp"
#include "ledger/limits.hpp"
#include "ledger/state.hpp"
#include "ledger/transaction.hpp"

namespace walrus::ledger {

/// Why a transaction is refused before it executes.
enum class TransactionErrorCode {
    Malformed = 1,          ///< bytes that do not parse, or beyond a limit
    Unsupported = 2,        ///< a kind, input or command that this ledger does not have
    InvalidSignature = 3,   ///< not exactly one valid signature of the sender
    InvalidGas = 4,         ///< a gas payment or a price above 0
    InvalidExpiration = 5,  ///< neither an owned object nor a fitting ValidDuring
    WrongChain = 6,         ///< made for another chain
    Expired = 7,            ///< the epochs it was valid in are over
    NotYetValid = 8,
    ObjectNotFound = 9,
    ObjectStale = 10,      ///< another version or digest is current
    ObjectNotOwned = 11,   ///< it belongs to somebody else, or is not of the kind that was said
    AlreadyExecuted = 12,  ///< the digest is known: ask for its result
};
const char* to_text(TransactionErrorCode code);
using TransactionError = Failure<TransactionErrorCode>;
template <class T>
using TransactionResult = Result<T, TransactionError>;

/// A parsed transaction whose signature is right (or, for simulation, not looked at).
struct CheckedTransaction {
    TransactionData data;
    Bytes data_bcs;
    std::vector<Bytes> signatures;
    TransactionDigest digest;
};

/// Parses with limits and verifies the signature. Errors: Malformed, Unsupported, InvalidGas,
/// InvalidSignature.
TransactionResult<CheckedTransaction> verify_transaction(SignedTransaction transaction);
/// The same without the signature, for simulation. Errors: Malformed, Unsupported, InvalidGas.
TransactionResult<CheckedTransaction> parse_unsigned_transaction(Bytes data_bcs);

/// The block that a transaction runs in.
struct BlockContext {
    std::uint64_t seq = 0;
    std::uint64_t time_ms = 0;
    Epoch epoch = 0;  ///< the chain's epoch = the Walrus epoch
    LedgerIds ids;
};
/// The context of the next block. Precondition: `state` has a genesis.
BlockContext make_block_context(const StateReader& state, std::uint64_t seq, std::uint64_t time_ms,
                                LedgerCache* cache = nullptr);

enum class CheckMode {
    Execute,
    Simulate,  ///< an expiration may be missing
};
/// Does the transaction fit the state: not executed before, expiration, object versions, digests
/// and owners. Errors: InvalidExpiration ... AlreadyExecuted.
TransactionResult<void> check_inputs(const StateReader& state, const BlockContext& context,
                                     const CheckedTransaction& transaction,
                                     CheckMode mode = CheckMode::Execute);
/// The same over an overlay, whose reads are kept for the execution.
TransactionResult<void> check_inputs(const StateOverlay& state, const BlockContext& context,
                                     const CheckedTransaction& transaction,
                                     CheckMode mode = CheckMode::Execute);
/// All of the above, for admission. Errors: any.
TransactionResult<CheckedTransaction> check_transaction(const StateReader& state,
                                                        const BlockContext& context,
                                                        SignedTransaction transaction);

struct BalanceChange {
    Address owner;
    TypeTag coin_type;
    __int128 amount = 0;  ///< after minus before
    bool operator==(const BalanceChange&) const = default;
};
/// The type of a changed object; of one that is gone, the type it had.
struct ChangedObjectType {
    ObjectId id;
    StructTag type;
    bool operator==(const ChangedObjectType&) const = default;
};

struct ExecutedTransaction {
    TransactionDigest digest;
    TransactionEffects effects;
    Bytes effects_bcs;
    EffectsDigest effects_digest;
    std::vector<Event> events;
    std::vector<BalanceChange> balance_changes;    ///< ordered by owner, then coin type
    std::vector<ChangedObjectType> changed_types;  ///< one for each of effects.changed_objects
};

/// Checks the inputs, executes, and puts changes and digest into `state`. Errors (nothing changed):
/// those of `check_inputs`.
TransactionResult<ExecutedTransaction> execute_transaction(StateOverlay& state,
                                                           const BlockContext& context,
                                                           const CheckedTransaction& transaction);

/// Executes over `state` without keeping anything. Signature not needed; AlreadyExecuted is not an
/// error. `cache` may be null.
TransactionResult<ExecutedTransaction> simulate_transaction(const StateReader& state,
                                                            const BlockContext& context,
                                                            const CheckedTransaction& transaction,
                                                            LedgerCache* cache = nullptr);

/// A block applied: results in the order of transactions; refused ones say why and changed nothing.
struct AppliedBlock {
    std::vector<TransactionResult<ExecutedTransaction>> results;
    StateChanges changes;
};
AppliedBlock apply_block(const StateReader& state, const BlockContext& context,
                         std::span<const CheckedTransaction> transactions,
                         LedgerCache* cache = nullptr);

}  // namespace walrus::ledger
