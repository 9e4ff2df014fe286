// SPDX-License-Identifier: Apache-2.0
#include "attest/messages.hpp"

#include <algorithm>
#include <array>

#include "bcs/bcs.hpp"
#include "protocol/constants.hpp"

namespace walrus::attest {
namespace {

// The layouts of the bodies, in the order of bytes. Readers return false when bytes are missing or
// a value is not allowed; `bad` then says which of the two.

struct BodyReader {
    bcs::Reader in;
    std::optional<MessageError> bad;

    bool refuse(MessageError error) {
        bad = error;
        return false;
    }
    template <std::size_t N>
    bool raw(std::array<Byte, N>& out) {
        ByteView view;
        if (!in.raw(N, view)) return false;
        std::copy(view.begin(), view.end(), out.begin());
        return true;
    }
    template <class Tag>
    bool id(Id32<Tag>& out) {
        return raw(out.bytes);
    }
};

void write(bcs::Writer& out, const BlobPersistence& persistence) {
    out.u8(persistence.is_deletable() ? 1 : 0);
    if (persistence.deletable_object) out.raw(persistence.deletable_object->view());
}
bool read(BodyReader& from, BlobPersistence& persistence) {
    std::uint8_t tag = 0;
    if (!from.in.u8(tag)) return false;
    if (tag > 1) return from.refuse(MessageError::InvalidPersistence);
    persistence.deletable_object.reset();
    return tag == 0 || from.id(persistence.deletable_object.emplace());
}

void write(bcs::Writer& out, const ProofOfPossession& body) {
    out.raw(body.sender.view());
    out.raw(body.public_key);
}
bool read(BodyReader& from, ProofOfPossession& body) {
    return from.id(body.sender) && from.raw(body.public_key);
}

void write(bcs::Writer& out, const StoredBlob& body) {
    out.raw(body.blob_id.view());
    write(out, body.persistence);
}
bool read(BodyReader& from, StoredBlob& body) {
    return from.id(body.blob_id) && read(from, body.persistence);
}

void write(bcs::Writer& out, const InvalidBlobId& body) {
    out.raw(body.blob_id.view());
}
bool read(BodyReader& from, InvalidBlobId& body) {
    return from.id(body.blob_id);
}

/// The only version of the request.
constexpr std::uint8_t kSyncShardV1 = 0;

void write(bcs::Writer& out, const SyncShardRequest& body) {
    out.u8(kSyncShardV1);
    out.fixed(body.shard.value);
    out.u8(static_cast<std::uint8_t>(body.axis));
    out.raw(body.starting_blob_id.view());
    out.fixed(body.sliver_count);
    out.fixed(body.epoch);
}
bool read(BodyReader& from, SyncShardRequest& body) {
    std::uint8_t version = 0;
    std::uint8_t axis = 0;
    if (!from.in.u8(version)) return false;
    if (version != kSyncShardV1) return from.refuse(MessageError::InvalidBody);
    if (!from.in.fixed(body.shard.value) || !from.in.u8(axis)) return false;
    if (axis > static_cast<std::uint8_t>(Axis::Secondary))
        return from.refuse(MessageError::InvalidBody);
    body.axis = static_cast<Axis>(axis);
    return from.id(body.starting_blob_id) && from.in.fixed(body.sliver_count) &&
           from.in.fixed(body.epoch);
}

void write(bcs::Writer& out, const DenyListUpdate& body) {
    out.raw(body.node_id.view());
    out.fixed(body.sequence);
    out.fixed(body.size);
    out.raw(body.root.view());
}
bool read(BodyReader& from, DenyListUpdate& body) {
    return from.id(body.node_id) && from.in.fixed(body.sequence) && from.in.fixed(body.size) &&
           from.id(body.root);
}

void write(bcs::Writer& out, const DenyListBlobDeleted& body) {
    out.raw(body.blob_id.view());
}
bool read(BodyReader& from, DenyListBlobDeleted& body) {
    return from.id(body.blob_id);
}

void write(bcs::Writer& out, const ProtocolVersion& body) {
    out.fixed(body.start_epoch);
    out.fixed(body.protocol_version);
}
bool read(BodyReader& from, ProtocolVersion& body) {
    return from.in.fixed(body.start_epoch) && from.in.fixed(body.protocol_version);
}

}  // namespace

const char* describe(MessageError error) {
    switch (error) {
        case MessageError::TooShort:
            return "message too short";
        case MessageError::IncorrectVersion:
            return "unknown message version";
        case MessageError::IncorrectApp:
            return "message of another application";
        case MessageError::IncorrectType:
            return "message of another type";
        case MessageError::IncorrectEpoch:
            return "message of another epoch";
        case MessageError::InvalidPersistence:
            return "unknown persistence in message";
        case MessageError::InvalidBody:
            return "invalid value in message";
        case MessageError::TrailingBytes:
            return "bytes after the message";
        case MessageError::WrongContent:
            return "message about something else";
        case MessageError::BadSignature:
            return "signature does not verify";
    }
    return "unknown error";
}

std::optional<MessageHeader> read_header(ByteView message) {
    if (message.size() < kHeaderBytes) return std::nullopt;
    return MessageHeader{.type = message[0],
                         .version = message[1],
                         .app = message[2],
                         .epoch = load_le<Epoch>(message.data() + 3)};
}

template <class Body>
Bytes build_message(Epoch epoch, const Body& body) {
    bcs::Writer out;
    out.u8(static_cast<std::uint8_t>(Body::kType));
    out.u8(kIntentVersion);
    out.u8(kIntentApp);
    out.fixed(epoch);
    write(out, body);
    return out.take();
}

template <class Body>
Result<Body, MessageError> parse_body(ByteView body, Trailing trailing) {
    BodyReader from{.in = bcs::Reader(body), .bad = std::nullopt};
    Body out;
    if (!read(from, out)) return fail(from.bad.value_or(MessageError::TooShort));
    if (trailing == Trailing::Refuse && from.in.remaining() > 0)
        return fail(MessageError::TrailingBytes);
    return out;
}

template <class Body>
Result<Statement<Body>, MessageError> parse_message(ByteView message, Trailing trailing) {
    const auto header = read_header(message);
    if (!header) return fail(MessageError::TooShort);
    if (header->version != kIntentVersion) return fail(MessageError::IncorrectVersion);
    if (header->app != kIntentApp) return fail(MessageError::IncorrectApp);
    if (header->type != static_cast<std::uint8_t>(Body::kType))
        return fail(MessageError::IncorrectType);
    Statement<Body> out;
    out.epoch = header->epoch;
    out.body = WALRUS_TRY(parse_body<Body>(message.subspan(kHeaderBytes), trailing));
    return out;
}

#define WALRUS_ATTEST_BODY(Body)                                        \
    template Bytes build_message(Epoch, const Body&);                   \
    template Result<Body, MessageError> parse_body(ByteView, Trailing); \
    template Result<Statement<Body>, MessageError> parse_message(ByteView, Trailing);
WALRUS_ATTEST_BODY(ProofOfPossession)
WALRUS_ATTEST_BODY(StoredBlob)
WALRUS_ATTEST_BODY(InvalidBlobId)
WALRUS_ATTEST_BODY(SyncShardRequest)
WALRUS_ATTEST_BODY(DenyListUpdate)
WALRUS_ATTEST_BODY(DenyListBlobDeleted)
WALRUS_ATTEST_BODY(ProtocolVersion)
#undef WALRUS_ATTEST_BODY

}  // namespace walrus::attest
