// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "rpc/messages.hpp"

namespace walrus::rpc {
namespace {

constexpr std::uint64_t kMillisPerSecond = 1000;
constexpr std::int32_t kNanosPerMilli = 1'000'000;

ByteView view_of(const std::string& bytes) {
    return as_bytes(bytes);
}

std::optional<ledger::Owner> take_owner(const sui_pb::Owner& message) {
    switch (message.kind()) {
        case sui_pb::Owner::ADDRESS: {
            const auto address = parse_address(message.address());
            if (!address) return std::nullopt;
            return ledger::AddressOwner{*address};
        }
        case sui_pb::Owner::OBJECT: {
            const auto parent = parse_object_id(message.address());
            if (!parent) return std::nullopt;
            return ledger::ObjectOwner{*parent};
        }
        case sui_pb::Owner::SHARED:
            return ledger::SharedOwner{message.version()};
        case sui_pb::Owner::IMMUTABLE:
            return ledger::ImmutableOwner{};
        default:
            return std::nullopt;
    }
}

std::optional<Digest> take_digest(const std::string& bytes) {
    if (bytes.size() != Digest::kSize) return std::nullopt;
    return Digest::from(view_of(bytes));
}

ExecutionFailure take_failure(const sui_pb::ExecutionError& message) {
    ExecutionFailure out;
    out.description = message.description();
    if (message.has_command()) out.command = message.command();
    if (message.has_abort()) {
        out.module = message.abort().location().module();
        out.abort_code = message.abort().abort_code();
        out.abort_name = message.abort().clever_error().constant_name();
    }
    return out;
}

}  // namespace

std::optional<ledger::Object> take_object(const sui_pb::Object& message) {
    ledger::Object out;
    const auto id = parse_object_id(message.object_id());
    const auto owner = take_owner(message.owner());
    auto type = ledger::parse_struct_tag(message.object_type());
    if (!id || !owner || !type || !message.has_contents() || !message.has_version())
        return std::nullopt;
    out.id = *id;
    out.version = message.version();
    out.owner = *owner;
    out.type = std::move(*type);
    out.contents = to_bytes(view_of(message.contents().value()));
    if (message.has_previous_transaction()) {
        const auto previous = parse_transaction_digest(message.previous_transaction());
        if (!previous) return std::nullopt;
        out.previous_transaction = *previous;
    }
    return out;
}

std::optional<TransactionResult> take_executed(const sui_pb::ExecutedTransaction& message) {
    TransactionResult out;
    const auto digest = parse_transaction_digest(message.digest());
    if (!digest || !message.has_effects() || !message.effects().has_status()) return std::nullopt;
    out.digest = *digest;
    const sui_pb::TransactionEffects& effects = message.effects();
    if (!effects.status().success()) out.failure = take_failure(effects.status().error());
    if (effects.epoch() > UINT32_MAX) return std::nullopt;
    out.epoch = static_cast<Epoch>(effects.epoch());
    for (const sui_pb::ChangedObject& change : effects.changed_objects()) {
        ChangedObject& object = out.changed_objects.emplace_back();
        const auto id = parse_object_id(change.object_id());
        if (!id) return std::nullopt;
        object.id = *id;
        switch (change.id_operation()) {
            case sui_pb::ChangedObject::CREATED:
                object.operation = ChangedObject::Operation::Created;
                break;
            case sui_pb::ChangedObject::DELETED:
                object.operation = ChangedObject::Operation::Deleted;
                break;
            default:
                object.operation = ChangedObject::Operation::None;
                break;
        }
        if (change.has_object_type()) object.type = change.object_type();
        object.output_version = change.output_version();
    }
    out.effects_bcs = to_bytes(view_of(effects.bcs().value()));
    if (message.has_checkpoint()) out.checkpoint = message.checkpoint();
    if (message.timestamp().seconds() >= 0 && message.timestamp().nanos() >= 0) {
        out.timestamp_ms =
            static_cast<std::uint64_t>(message.timestamp().seconds()) * kMillisPerSecond +
            static_cast<std::uint64_t>(message.timestamp().nanos() / kNanosPerMilli);
    }
    return out;
}

std::optional<StreamItem> take_stream_item(const walrus_pb::StreamBlocksResponse& message) {
    StreamItem out;
    out.head_seq = message.head_seq();
    if (message.header().empty()) return out;
    BlockMessage& block = out.block.emplace();
    block.seq = message.seq();
    block.time_ms = message.time_ms();
    block.epoch = message.epoch();
    block.sealed_header = to_bytes(view_of(message.header()));
    for (const walrus_pb::BlockTransaction& transaction : message.transactions()) {
        BlockTransaction& item = block.transactions.emplace_back();
        const auto digest = take_digest(transaction.digest());
        const auto effects_digest = take_digest(transaction.effects_digest());
        if (!digest || !effects_digest) return std::nullopt;
        item.digest = TransactionDigest::from(digest->view());
        item.effects_digest = *effects_digest;
        for (const walrus_pb::BlockEvent& event : transaction.events())
            item.events.push_back({event.type(), to_bytes(view_of(event.bcs()))});
    }
    return out;
}

}  // namespace walrus::rpc
