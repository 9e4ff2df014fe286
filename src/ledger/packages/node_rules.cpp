// SPDX-License-Identifier: Apache-2.0
#include "ledger/packages/node_rules.hpp"

#include <algorithm>

#include "base/checked.hpp"
#include "ledger/abort_codes.hpp"
#include "ledger/packages/system_state.hpp"
#include "protocol/parameters.hpp"

namespace walrus::ledger {

Executed<std::uint16_t> member_weight(const SystemStateInnerV1& state, const NodeId& node) {
    const auto& members = state.committee->members;
    const auto found = std::lower_bound(
        members.begin(), members.end(), node,
        [](const BlsCommitteeMember& member, const NodeId& id) { return member.node_id < id; });
    if (found != members.end() && found->node_id == node) return std::uint16_t{found->weight};
    return move_abort(codes::system_state_inner::kNotCommitteeMember,
                      "node " + to_text(node) + " is not in the committee of epoch " +
                          std::to_string(current_epoch(state)));
}

// ----------------------------------------------------------------------------------- event blobs

Executed<bool> attest_event_blob(SystemStateInnerV1& state, StorageNodeCap& cap,
                                 const EventBlob& blob, Epoch epoch) {
    const std::uint16_t weight = WALRUS_TRY(member_weight(state, cap.node_id));
    const Epoch now = current_epoch(state);
    const std::uint64_t sequence = blob.ending_checkpoint_sequence_number;
    if (epoch != now)
        return move_abort(codes::system_state_inner::kInvalidIdEpoch,
                          "an attestation of epoch " + std::to_string(epoch) + " in epoch " +
                              std::to_string(now));
    EventBlobCertificationState& tally = state.event_blob_certification_state;
    const auto& latest = tally.latest_certified_blob;
    const auto& last = cap.last_event_blob_attestation;
    if (last && last->epoch >= now) {
        if (sequence <= last->checkpoint_sequence_num)
            return move_abort(codes::system_state_inner::kRepeatedAttestation,
                              "the node attested up to " +
                                  std::to_string(last->checkpoint_sequence_num) + " already");
        if (!latest || last->checkpoint_sequence_num > latest->ending_checkpoint_sequence_number)
            return move_abort(codes::system_state_inner::kIncorrectAttestation,
                              "the node's attestation up to " +
                                  std::to_string(last->checkpoint_sequence_num) +
                                  " is not certified yet");
    }
    cap.last_event_blob_attestation = EventBlobAttestation{sequence, epoch};
    if (latest && latest->ending_checkpoint_sequence_number >= sequence) return false;

    auto& weights = tally.aggregate_weight_per_blob;
    auto found = std::find_if(weights.begin(), weights.end(),
                              [&](const auto& entry) { return entry.first == blob; });
    if (found == weights.end()) {
        weights.emplace_back(blob, std::uint16_t{0});
        found = weights.end() - 1;
    }
    const auto sum = checked_add(found->second, weight);
    if (!sum) return arithmetic_error("weight of an event blob");
    found->second = *sum;
    return is_quorum(*sum, state.committee->n_shards);
}

Executed<void> event_blob_certified(EventBlobCertificationState& state, const EventBlob& blob) {
    const auto& latest = state.latest_certified_blob;
    if (latest &&
        blob.ending_checkpoint_sequence_number <= latest->ending_checkpoint_sequence_number)
        return move_abort(codes::event_blob::kInvalidSequenceNumber,
                          "event blobs are certified up to " +
                              std::to_string(latest->ending_checkpoint_sequence_number));
    state.latest_certified_blob = blob;
    state.aggregate_weight_per_blob.clear();
    return {};
}

Executed<Storage> book_event_blob(SystemStateInnerV1& state, const ObjectId& id,
                                  std::uint64_t encoded_bytes, std::uint32_t revision) {
    if (encoded_bytes == 0)
        return move_abort(codes::system_state_inner::kInvalidResourceSize, "a storage of 0 bytes");
    const Epoch now = current_epoch(state);
    const std::uint32_t epochs = state.future_accounting.length;
    for (std::uint32_t offset = 0; revision == 0 && offset < epochs; ++offset) {
        FutureAccounting* slot = WALRUS_TRY(ring_slot(state.future_accounting, offset));
        const auto used = checked_add(slot->used_capacity, encoded_bytes);
        if (!used) return arithmetic_error("used capacity");
        slot->used_capacity = *used;
        if (offset == 0) state.used_capacity_size = *used;
    }
    const auto end = checked_add(now, epochs);
    if (!end) return arithmetic_error("end epoch");
    return Storage{id, now, *end, encoded_bytes};
}

// ------------------------------------------------------------------------------------ deny lists

namespace {

Executed<void> check_sequence(const StorageNodeCap& cap, std::uint64_t sequence) {
    if (sequence > cap.deny_list_sequence) return {};
    return move_abort(codes::system_state_inner::kIncorrectDenyListSequence,
                      "sequence " + std::to_string(sequence) + " is not after " +
                          std::to_string(cap.deny_list_sequence));
}

}  // namespace

Executed<void> check_deny_list_update(const SystemStateInnerV1& state, const StorageNodeCap& cap,
                                      std::uint64_t sequence) {
    WALRUS_TRY(member_weight(state, cap.node_id));
    return check_sequence(cap, sequence);
}

Executed<void> update_deny_list(StorageNodeCap& cap, DenyListSizes& sizes,
                                const attest::DenyListUpdate& statement) {
    if (statement.node_id != cap.node_id)
        return move_abort(codes::system_state_inner::kIncorrectDenyListNode,
                          "the certificate is for node " + to_text(statement.node_id));
    WALRUS_TRY(check_sequence(cap, statement.sequence));
    cap.deny_list_root = statement.root;
    cap.deny_list_sequence = statement.sequence;
    cap.deny_list_size = statement.size;
    const auto found = std::find_if(sizes.begin(), sizes.end(), [&](const auto& entry) {
        return entry.first == statement.node_id;
    });
    if (found == sizes.end()) {
        sizes.emplace_back(statement.node_id, statement.size);
    } else {
        found->second = statement.size;
    }
    return {};
}

Executed<ProtocolVersionUpdated> check_protocol_version(const attest::ProtocolVersion& statement,
                                                        Epoch now) {
    if (statement.start_epoch < now)
        return move_abort(codes::system_state_inner::kInvalidStartEpoch,
                          "the version begins in epoch " + std::to_string(statement.start_epoch) +
                              ", it is epoch " + std::to_string(now));
    return ProtocolVersionUpdated{now, statement.start_epoch, statement.protocol_version};
}

}  // namespace walrus::ledger
