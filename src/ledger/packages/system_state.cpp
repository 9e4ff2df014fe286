// SPDX-License-Identifier: Apache-2.0
#include "ledger/packages/system_state.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/checked.hpp"
#include "hash/blake2b.hpp"
#include "ledger/abort_codes.hpp"
#include "ledger/packages/money.hpp"
#include "protocol/parameters.hpp"

namespace walrus::ledger {

// ---------------------------------------------------------------------------------------- ring

FutureAccountingRingBuffer make_ring(std::uint32_t length, Epoch first) {
    WALRUS_CHECK(length > 0);
    FutureAccountingRingBuffer ring;
    ring.length = length;
    for (std::uint32_t i = 0; i < length; ++i) ring.ring_buffer.push_back({first + i, 0, 0});
    return ring;
}

Executed<FutureAccounting*> ring_slot(FutureAccountingRingBuffer& ring, std::uint32_t offset) {
    if (offset >= ring.length)
        return move_abort(
            codes::storage_accounting::kTooFarInFuture,
            "offset " + std::to_string(offset) + " of " + std::to_string(ring.length) + " epochs");
    WALRUS_CHECK(ring.ring_buffer.size() == ring.length);
    const std::uint64_t slot = (std::uint64_t{offset} + ring.current_index) % ring.length;
    return &ring.ring_buffer[static_cast<std::size_t>(slot)];
}

FutureAccounting ring_advance(FutureAccountingRingBuffer& ring) {
    WALRUS_CHECK(ring.ring_buffer.size() == ring.length);
    WALRUS_CHECK(ring.current_index < ring.length);
    FutureAccounting& slot = ring.ring_buffer[ring.current_index];
    const FutureAccounting popped = slot;
    slot = {popped.epoch + ring.length, 0, 0};
    ring.current_index = (ring.current_index + 1) % ring.length;
    return popped;
}

// -------------------------------------------------------------------------- capacity and money

namespace {

Executed<Frost> price_of(Frost price_per_unit, std::uint64_t bytes) {
    const auto price = checked_mul(price_per_unit, storage_units(bytes));
    if (!price) return arithmetic_error("price times units");
    return *price;
}

Executed<void> deposit(FutureAccounting& slot, Frost amount) {
    const auto sum = checked_add(slot.rewards_to_distribute, amount);
    if (!sum) return arithmetic_error("rewards of epoch " + std::to_string(slot.epoch));
    slot.rewards_to_distribute = *sum;
    return {};
}

/// Pays for each of the epochs [from, to) ahead into its own slot.
Executed<void> pay_storage(SystemStateInnerV1& state, std::uint64_t bytes, std::uint32_t from,
                           std::uint32_t to, Frost& payment) {
    const Frost price = WALRUS_TRY(price_of(state.storage_price_per_unit_size, bytes));
    for (std::uint32_t offset = from; offset < to; ++offset) {
        WALRUS_TRY(take_out(payment, price));
        FutureAccounting* slot = WALRUS_TRY(ring_slot(state.future_accounting, offset));
        WALRUS_TRY(deposit(*slot, price));
    }
    return {};
}

/// Books capacity in each of the epochs [from, to) ahead.
Executed<void> book_capacity(SystemStateInnerV1& state, std::uint64_t bytes, std::uint32_t from,
                             std::uint32_t to) {
    for (std::uint32_t offset = from; offset < to; ++offset) {
        FutureAccounting* slot = WALRUS_TRY(ring_slot(state.future_accounting, offset));
        const auto used = checked_add(slot->used_capacity, bytes);
        if (!used) return arithmetic_error("used capacity");
        slot->used_capacity = *used;
        if (offset == 0) state.used_capacity_size = *used;
        if (*used > state.total_capacity_size)
            return move_abort(codes::system_state_inner::kStorageExceeded,
                              "epoch " + std::to_string(slot->epoch) + " has " +
                                  std::to_string(state.total_capacity_size) + " bytes, " +
                                  std::to_string(*used) + " would be used");
    }
    return {};
}

}  // namespace

Executed<Storage> reserve_space(SystemStateInnerV1& state, const ObjectId& id, std::uint64_t bytes,
                                std::uint32_t epochs_ahead, Frost& payment) {
    if (epochs_ahead == 0 || epochs_ahead > state.future_accounting.length)
        return move_abort(codes::system_state_inner::kInvalidEpochsAhead,
                          std::to_string(epochs_ahead) + " epochs asked, 1 to " +
                              std::to_string(state.future_accounting.length) + " are allowed");
    const Epoch now = current_epoch(state);
    const auto end = checked_add(now, epochs_ahead);
    if (!end) return arithmetic_error("end epoch");
    return reserve_space_for_epochs(state, id, bytes, now, *end, payment);
}

Executed<Storage> reserve_space_for_epochs(SystemStateInnerV1& state, const ObjectId& id,
                                           std::uint64_t bytes, Epoch start, Epoch end,
                                           Frost& payment) {
    const Epoch now = current_epoch(state);
    start = std::max(start, now);
    if (end <= start)
        return move_abort(codes::system_state_inner::kInvalidEpochsAhead,
                          "the end epoch " + std::to_string(end) + " is not after the start " +
                              std::to_string(start));
    if (end - now > state.future_accounting.length)
        return move_abort(codes::system_state_inner::kInvalidEpochsAhead,
                          "the end epoch " + std::to_string(end) + " is more than " +
                              std::to_string(state.future_accounting.length) + " epochs ahead");
    WALRUS_TRY(pay_storage(state, bytes, start - now, end - now, payment));
    if (bytes == 0)
        return move_abort(codes::system_state_inner::kInvalidResourceSize, "a storage of 0 bytes");
    WALRUS_TRY(book_capacity(state, bytes, start - now, end - now));
    return Storage{id, start, end, bytes};
}

Executed<void> extend_storage(SystemStateInnerV1& state, Storage& storage, std::uint32_t epochs,
                              Frost& payment) {
    const Epoch now = current_epoch(state);
    if (epochs == 0)
        return move_abort(codes::system_state_inner::kInvalidEpochsAhead,
                          "an extension by 0 epochs");
    const auto from = checked_sub(storage.end_epoch, now);
    if (!from) return arithmetic_error("end epoch");
    const auto to = checked_add(*from, epochs);
    if (!to) return arithmetic_error("end epoch");
    if (*to > state.future_accounting.length)
        return move_abort(codes::system_state_inner::kInvalidEpochsAhead,
                          "the end would be " + std::to_string(*to) + " epochs ahead, at most " +
                              std::to_string(state.future_accounting.length) + " are allowed");
    WALRUS_TRY(pay_storage(state, storage.storage_size, *from, *to, payment));
    WALRUS_TRY(book_capacity(state, storage.storage_size, *from, *to));
    storage.end_epoch += epochs;
    return {};
}

Executed<void> enlarge_storage(SystemStateInnerV1& state, Storage& storage, std::uint64_t bytes,
                               Frost& payment) {
    const Epoch now = current_epoch(state);
    if (bytes == 0)
        return move_abort(codes::system_state_inner::kInvalidResourceSize,
                          "an increase by 0 bytes");
    if (storage.end_epoch <= now)
        return move_abort(codes::system_state_inner::kInvalidEpochsAhead,
                          "the storage ended with epoch " + std::to_string(storage.end_epoch));
    const std::uint32_t rest = storage.end_epoch - now;
    WALRUS_TRY(pay_storage(state, bytes, 0, rest, payment));
    WALRUS_TRY(book_capacity(state, bytes, 0, rest));
    const auto size = checked_add(storage.storage_size, bytes);
    if (!size) return arithmetic_error("storage size");
    storage.storage_size = *size;
    return {};
}

Executed<void> release_capacity(SystemStateInnerV1& state, const Storage& storage) {
    const Epoch now = current_epoch(state);
    for (Epoch epoch = std::max(storage.start_epoch, now); epoch < storage.end_epoch; ++epoch) {
        FutureAccounting* slot = WALRUS_TRY(ring_slot(state.future_accounting, epoch - now));
        const auto used = checked_sub(slot->used_capacity, storage.storage_size);
        if (!used) return arithmetic_error("used capacity");
        slot->used_capacity = *used;
        if (epoch == now) state.used_capacity_size = *used;
    }
    return {};
}

Executed<void> pay_write_fee(SystemStateInnerV1& state, std::uint64_t encoded_bytes,
                             Frost& payment) {
    const Frost fee = WALRUS_TRY(price_of(state.write_price_per_unit_size, encoded_bytes));
    WALRUS_TRY(take_out(payment, fee));
    FutureAccounting* slot = WALRUS_TRY(ring_slot(state.future_accounting, 0));
    return deposit(*slot, fee);
}

Executed<void> add_subsidy(SystemStateInnerV1& state, Frost amount, std::uint32_t epochs_ahead) {
    if (epochs_ahead == 0 || epochs_ahead > state.future_accounting.length)
        return move_abort(codes::system_state_inner::kInvalidEpochsAhead,
                          std::to_string(epochs_ahead) + " epochs asked, 1 to " +
                              std::to_string(state.future_accounting.length) + " are allowed");
    const Frost share = div_floor<Frost>(amount, epochs_ahead);
    for (std::uint32_t offset = 0; offset < epochs_ahead; ++offset) {
        FutureAccounting* slot = WALRUS_TRY(ring_slot(state.future_accounting, offset));
        WALRUS_TRY(deposit(*slot, share));
    }
    FutureAccounting* first = WALRUS_TRY(ring_slot(state.future_accounting, 0));
    return deposit(*first, amount - share * epochs_ahead);
}

Executed<void> add_per_epoch_subsidies(SystemStateInnerV1& state,
                                       const std::vector<Frost>& amounts) {
    if (amounts.size() > state.future_accounting.length)
        return move_abort(codes::system_state_inner::kInvalidEpochsAhead,
                          std::to_string(amounts.size()) + " epochs, at most " +
                              std::to_string(state.future_accounting.length) + " are allowed");
    std::uint32_t offset = 0;
    for (const Frost amount : amounts) {
        FutureAccounting* slot = WALRUS_TRY(ring_slot(state.future_accounting, offset++));
        WALRUS_TRY(deposit(*slot, amount));
    }
    return {};
}

Executed<FutureAccounting> advance_epoch(SystemStateInnerV1& state, BlsCommittee next_committee,
                                         std::uint64_t next_capacity) {
    const Epoch now = current_epoch(state);
    if (next_committee.epoch != std::uint64_t{now} + 1)
        return move_abort(codes::system_state_inner::kIncorrectCommittee,
                          "a committee of epoch " + std::to_string(next_committee.epoch) +
                              " after epoch " + std::to_string(now));
    state.committee = Frozen<BlsCommittee>(std::move(next_committee));
    const FutureAccounting ended = ring_advance(state.future_accounting);
    if (ended.epoch != now)
        return move_abort(codes::system_state_inner::kInvalidAccountingEpoch,
                          "the accounting is of epoch " + std::to_string(ended.epoch));
    state.event_blob_certification_state.aggregate_weight_per_blob.clear();
    const FutureAccounting* first = WALRUS_TRY(ring_slot(state.future_accounting, 0));
    state.used_capacity_size = first->used_capacity;
    state.total_capacity_size = std::max(next_capacity, first->used_capacity);
    return ended;
}

// -------------------------------------------------------------------------------- certificates

Executed<ByteView> verify_certificate(const attest::BlsCommittee& committee, ByteView signature,
                                      ByteView bitmap, ByteView message,
                                      attest::Threshold threshold, attest::MessageType type) {
    const auto certified =
        attest::verify_certificate(committee, signature, bitmap, message, threshold);
    if (!certified) {
        const std::string why = attest::describe(certified.error());
        switch (certified.error()) {
            case attest::CertificateError::InvalidBitmap:
                return move_abort(codes::bls_aggregate::kInvalidBitmap, why);
            case attest::CertificateError::NotEnoughStake:
                return move_abort(codes::bls_aggregate::kNotEnoughStake, why);
            case attest::CertificateError::SigVerification:
                return move_abort(codes::bls_aggregate::kSigVerification, why);
            case attest::CertificateError::MessageTooShort:
                return move_abort(codes::bcs::kOutOfRange, why);
            case attest::CertificateError::IncorrectIntentVersion:
                return move_abort(codes::messages::kIncorrectIntentVersion, why);
            case attest::CertificateError::IncorrectAppId:
                return move_abort(codes::messages::kIncorrectAppId, why);
            case attest::CertificateError::IncorrectEpoch:
                return move_abort(codes::messages::kIncorrectEpoch, why);
        }
        WALRUS_CHECK(false);
    }
    if (certified->type != static_cast<std::uint8_t>(type))
        return move_abort(codes::messages::kInvalidMsgType,
                          "message type " + std::to_string(certified->type) + ", expected " +
                              std::to_string(static_cast<int>(type)));
    return certified->body;
}

template <class Body>
Executed<Body> parse_certified(ByteView body) {
    auto parsed = attest::parse_body<Body>(body, attest::Trailing::Ignore);
    if (parsed) return std::move(*parsed);
    const std::string why = attest::describe(parsed.error());
    if (parsed.error() == attest::MessageError::InvalidPersistence)
        return move_abort(codes::messages::kInvalidBlobPersistenceType, why);
    return move_abort(codes::bcs::kOutOfRange, why);
}
template Executed<attest::StoredBlob> parse_certified(ByteView);
template Executed<attest::InvalidBlobId> parse_certified(ByteView);
template Executed<attest::DenyListUpdate> parse_certified(ByteView);
template Executed<attest::DenyListBlobDeleted> parse_certified(ByteView);
template Executed<attest::ProtocolVersion> parse_certified(ByteView);

// --------------------------------------------------------------------------------------- blobs

Executed<std::uint64_t> encoded_bytes(std::uint16_t n_shards, std::uint64_t unencoded_bytes) {
    const auto code = CodeParameters::make_for_accounting(n_shards);
    if (!code) return arithmetic_error("a committee of " + std::to_string(n_shards) + " shards");
    const auto encoded = code->encoded_blob_bytes(unencoded_bytes);
    if (!encoded)
        return arithmetic_error("a blob of " + std::to_string(unencoded_bytes) +
                                " bytes, the largest has " +
                                std::to_string(code->blob_bytes_max()));
    return *encoded;
}

BlobId derive_blob_id(std::uint8_t encoding_type, std::uint64_t size, const Digest& root_hash) {
    walrus::bcs::Writer out(41);
    out.u8(encoding_type);
    out.fixed(size);
    out.raw(root_hash.bytes);
    return BlobId::from(blake2b(out.view()).view());
}

// --------------------------------------------------------------------------------------- votes

std::optional<std::uint64_t> quorum_above(std::vector<WeightedVote> votes, std::uint64_t n_shards) {
    std::sort(votes.begin(), votes.end(),
              [](const auto& a, const auto& b) { return a.vote > b.vote; });
    std::uint64_t weight = 0;
    for (const WeightedVote& vote : votes) {
        weight += vote.weight;
        if (is_quorum(weight, n_shards)) return vote.vote;
    }
    return std::nullopt;
}

std::optional<std::uint64_t> quorum_below(std::vector<WeightedVote> votes, std::uint64_t n_shards) {
    std::sort(votes.begin(), votes.end(),
              [](const auto& a, const auto& b) { return a.vote > b.vote; });
    std::uint64_t weight = n_shards;
    for (const WeightedVote& vote : votes) {
        if (vote.weight > weight) return std::nullopt;
        weight -= vote.weight;
        if (!is_quorum(weight, n_shards)) return vote.vote;
    }
    return std::nullopt;
}

}  // namespace walrus::ledger
