// SPDX-License-Identifier: Apache-2.0
// The rules of the system's state as functions on native structs (spec/chain.md §2.2, §3, §7.2):
// capacity, payments, certificates. Nothing here knows transactions or objects. Errors are listed
// in the order of evaluation. A function that fails may have changed its arguments: the transaction
// that called it is undone as a whole.
#pragma once

#include <cstdint>

#include "attest/certificate.hpp"
#include "ledger/failure.hpp"
#include "ledger/types.hpp"

namespace walrus::ledger {

/// A ring of one empty slot per epoch from `first` on. Precondition: length > 0.
FutureAccountingRingBuffer make_ring(std::uint32_t length, Epoch first);
/// The slot of the epoch that lies `offset` epochs ahead. Errors: ETooFarInFuture.
Executed<FutureAccounting*> ring_slot(FutureAccountingRingBuffer& ring, std::uint32_t offset);
/// Takes out the current slot and reuses its place for the epoch behind the last one.
FutureAccounting ring_advance(FutureAccountingRingBuffer& ring);

inline Epoch current_epoch(const SystemStateInnerV1& state) {
    return state.committee->epoch;
}

/// Storage for [E, E + epochs_ahead), paid from `payment`. Errors: EInvalidEpochsAhead, ENotEnough,
/// EInvalidResourceSize, EStorageExceeded.
Executed<Storage> reserve_space(SystemStateInnerV1& state, const ObjectId& id, std::uint64_t bytes,
                                std::uint32_t epochs_ahead, Frost& payment);
/// Storage for [max(start, E), end). Errors: as above.
Executed<Storage> reserve_space_for_epochs(SystemStateInnerV1& state, const ObjectId& id,
                                           std::uint64_t bytes, Epoch start, Epoch end,
                                           Frost& payment);
/// Books and pays `epochs` more epochs behind `storage.end_epoch`, which grows. Errors:
/// EInvalidEpochsAhead, ENotEnough, EStorageExceeded.
Executed<void> extend_storage(SystemStateInnerV1& state, Storage& storage, std::uint32_t epochs,
                              Frost& payment);
/// Books and pays `bytes` more for what is left of the storage's period; its size grows. Errors:
/// EInvalidResourceSize, EInvalidEpochsAhead (it ended), ENotEnough, EStorageExceeded.
Executed<void> enlarge_storage(SystemStateInnerV1& state, Storage& storage, std::uint64_t bytes,
                               Frost& payment);
/// What is left of the storage's period can be sold again; nothing is paid back.
Executed<void> release_capacity(SystemStateInnerV1& state, const Storage& storage);
/// The write fee of an encoded size goes from `payment` to the current epoch. Errors: ENotEnough.
Executed<void> pay_write_fee(SystemStateInnerV1& state, std::uint64_t encoded_bytes,
                             Frost& payment);
/// Splits `amount` over the current and the following epochs; what does not divide goes to the
/// current one. Errors: EInvalidEpochsAhead.
Executed<void> add_subsidy(SystemStateInnerV1& state, Frost amount, std::uint32_t epochs_ahead);

/// Element i goes to the epoch i ahead. Errors: EInvalidEpochsAhead.
Executed<void> add_per_epoch_subsidies(SystemStateInnerV1& state,
                                       const std::vector<Frost>& amounts);

/// The system's part of an epoch change (spec/chain.md §6.1, step 3 of `initiate_epoch_change`),
/// but for rewards: what the ended epoch earned is in the result, for the caller to distribute.
/// Errors: EIncorrectCommittee, EInvalidAccountingEpoch.
Executed<FutureAccounting> advance_epoch(SystemStateInnerV1& state, BlsCommittee next_committee,
                                         std::uint64_t next_capacity);

/// Verifies a certificate of a statement (spec/chain.md §2.2) and returns its body's bytes. Errors:
/// those of the module bls_aggregate, messages::{EIncorrectIntentVersion, EIncorrectAppId,
/// EIncorrectEpoch, EInvalidMsgType}, bcs::EOutOfRange.
Executed<ByteView> verify_certificate(const attest::BlsCommittee& committee, ByteView signature,
                                      ByteView bitmap, ByteView message,
                                      attest::Threshold threshold, attest::MessageType type);
/// The body of a verified certificate. Errors: bcs::EOutOfRange, EInvalidBlobPersistenceType (4).
template <class Body>
Executed<Body> parse_certified(ByteView body);

/// Encoded size of a blob. Errors: arithmetic (too large for the code).
Executed<std::uint64_t> encoded_bytes(std::uint16_t n_shards, std::uint64_t unencoded_bytes);
/// BLAKE2b-256(encoding type ‖ u64 size ‖ root hash).
BlobId derive_blob_id(std::uint8_t encoding_type, std::uint64_t size, const Digest& root_hash);

/// What decides a capacity or price from weighted votes (spec/chain.md §7.1).
struct WeightedVote {
    std::uint64_t vote = 0;
    std::uint16_t weight = 0;
};
/// The highest value that a quorum voted for or above. Nothing for no votes.
std::optional<std::uint64_t> quorum_above(std::vector<WeightedVote> votes, std::uint64_t n_shards);
/// The lowest value that a quorum voted for or below. Nothing for no votes.
std::optional<std::uint64_t> quorum_below(std::vector<WeightedVote> votes, std::uint64_t n_shards);

}  // namespace walrus::ledger
