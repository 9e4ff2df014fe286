// SPDX-License-Identifier: Apache-2.0
// What storage nodes do on the system, as functions on native structs (spec/chain.md §3.3 to §3.5):
// attesting event blobs, deny lists, protocol versions. Errors are listed in the order of
// evaluation.
#pragma once

#include <cstdint>

#include "attest/messages.hpp"
#include "ledger/failure.hpp"
#include "ledger/types.hpp"

namespace walrus::ledger {

/// The node's weight in the current committee. Errors: ENotCommitteeMember.
Executed<std::uint16_t> member_weight(const SystemStateInnerV1& state, const NodeId& node);

/// A node attests an event blob in `epoch`. True if the blob reaches a quorum by it: it is to be
/// certified now, and `event_blob_certified` told. Errors: ENotCommitteeMember, EInvalidIdEpoch,
/// ERepeatedAttestation, EIncorrectAttestation.
Executed<bool> attest_event_blob(SystemStateInnerV1& state, StorageNodeCap& cap,
                                 const EventBlob& blob, Epoch epoch);
/// It is the latest one from now on; attestations of all others are forgotten. Errors:
/// event_blob::EInvalidSequenceNumber.
Executed<void> event_blob_certified(EventBlobCertificationState& state, const EventBlob& blob);
/// Storage of an event blob for every epoch there is, which nobody pays. In protocol revision 0 it
/// is booked, beyond the capacity if need be; later it takes nothing away from what is for sale.
/// Errors: EInvalidResourceSize, arithmetic.
Executed<Storage> book_event_blob(SystemStateInnerV1& state, const ObjectId& id,
                                  std::uint64_t encoded_bytes, std::uint32_t revision);

/// Errors: ENotCommitteeMember, EIncorrectDenyListSequence.
Executed<void> check_deny_list_update(const SystemStateInnerV1& state, const StorageNodeCap& cap,
                                      std::uint64_t sequence);
/// A certified deny list of the node. Errors: EIncorrectDenyListNode, EIncorrectDenyListSequence.
Executed<void> update_deny_list(StorageNodeCap& cap, DenyListSizes& sizes,
                                const attest::DenyListUpdate& statement);
/// Errors: EInvalidStartEpoch.
Executed<ProtocolVersionUpdated> check_protocol_version(const attest::ProtocolVersion& statement,
                                                        Epoch now);

}  // namespace walrus::ledger
