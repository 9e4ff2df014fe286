// SPDX-License-Identifier: Apache-2.0
#include "rpc/proof_client.hpp"

#include "bcs/bcs.hpp"
#include "ledger/type_tag.hpp"
#include "rpc/messages.hpp"

namespace walrus::rpc {
namespace {

auto malformed(const char* what) {
    return failure(RpcCode::Malformed, std::string("the ledger's answer is wrong: ") + what);
}

template <class Message>
Bytes serialize(const Message& message) {
    Bytes out(message.ByteSizeLong());
    message.SerializeWithCachedSizesToArray(out.data());
    return out;
}

template <class Response>
io::Task<RpcResult<Response>> exchange(LedgerClient& client, const char* method, Bytes message) {
    std::string path = std::string("/walrus.rpc.v1.") + method;
    auto answer = co_await client.call_own(std::move(path), std::move(message));
    if (!answer) co_return tl::make_unexpected(std::move(answer.error()));
    Response response;
    if (!response.ParseFromArray(answer->data(), static_cast<int>(answer->size())))
        co_return malformed("the message does not parse");
    co_return response;
}

}  // namespace

io::Task<RpcResult<LedgerStatus>> ledger_status(LedgerClient& client) {
    walrus_pb::GetStatusRequest request;
    Bytes message = serialize(request);
    auto response = co_await exchange<walrus_pb::GetStatusResponse>(
        client, "ProofService/GetStatus", std::move(message));
    if (!response) co_return tl::make_unexpected(std::move(response.error()));
    LedgerStatus out;
    if (response->chain_id().size() != ChainId::kSize ||
        response->sequencer_key().size() != out.sequencer_key.size())
        co_return malformed("the status does not parse");
    out.chain_id = ChainId::from(as_bytes(response->chain_id()));
    out.next_seq = response->next_seq();
    out.time_ms = response->time_ms();
    out.epoch = response->epoch();
    std::copy(response->sequencer_key().begin(), response->sequencer_key().end(),
              out.sequencer_key.begin());
    if (!response->header().empty()) {
        auto header = chain::decode_sealed_header(as_bytes(response->header()));
        if (!header) co_return malformed("the header does not parse");
        out.header = std::move(*header);
    }
    co_return out;
}

io::Task<RpcResult<Bytes>> ledger_proof(LedgerClient& client, proof::Subject subject) {
    walrus_pb::GetProofRequest request;
    std::string id = to_protobuf_bytes(subject.id.view());
    switch (subject.claim) {
        case proof::Claim::Object:
        case proof::Claim::NoObject:
            request.set_object_id(std::move(id));
            break;
        case proof::Claim::Balance: {
            const auto type = bcs::decode<ledger::TypeTag>(subject.coin_type);
            if (!type)
                co_return failure(RpcCode::InvalidArgument, "the coin's type does not parse");
            request.mutable_balance()->set_owner(std::move(id));
            request.mutable_balance()->set_coin_type(to_text(*type));
            break;
        }
        case proof::Claim::Parameter:
            request.set_parameter(subject.name);
            break;
        case proof::Claim::Effects:
            request.set_transaction(std::move(id));
            break;
        case proof::Claim::Event:
            request.mutable_event()->set_transaction(std::move(id));
            request.mutable_event()->set_index(subject.event_index);
            break;
    }
    Bytes message = serialize(request);
    auto response = co_await exchange<walrus_pb::GetProofResponse>(client, "ProofService/GetProof",
                                                                   std::move(message));
    if (!response) co_return tl::make_unexpected(std::move(response.error()));
    co_return to_bytes(as_bytes(response->proof()));
}

io::Task<RpcResult<EventList>> ledger_events(LedgerClient& client, std::string type, Bytes cursor,
                                             std::uint32_t page_size) {
    walrus_pb::ListEventsRequest request;
    request.set_type(std::move(type));
    request.set_cursor(to_protobuf_bytes(cursor));
    request.set_page_size(page_size);
    Bytes message = serialize(request);
    auto response = co_await exchange<walrus_pb::ListEventsResponse>(
        client, "ProofService/ListEvents", std::move(message));
    if (!response) co_return tl::make_unexpected(std::move(response.error()));
    EventList out;
    for (const walrus_pb::PlacedEvent& event : response->events()) {
        if (event.transaction().size() != TransactionDigest::kSize)
            co_return malformed("an event does not parse");
        out.events.push_back({event.seq(), event.time_ms(),
                              TransactionDigest::from(as_bytes(event.transaction())), event.index(),
                              event.type(), to_bytes(as_bytes(event.bcs()))});
    }
    out.cursor = to_bytes(as_bytes(response->cursor()));
    out.more = response->more();
    co_return out;
}

io::Task<RpcResult<ObjectPage>> ledger_objects(LedgerClient& client, chain::ObjectQuery query) {
    walrus_pb::ListObjectsRequest request;
    if (const auto* type = std::get_if<chain::ObjectQuery::OfType>(&query.what))
        request.set_type(to_text(type->type));
    if (const auto* blob = std::get_if<chain::ObjectQuery::OfBlob>(&query.what))
        request.set_blob_id(to_protobuf_bytes(blob->blob.view()));
    if (const auto* ending = std::get_if<chain::ObjectQuery::EndingBy>(&query.what))
        request.set_ending_by(ending->epoch);
    request.set_page_size(query.page_size);
    if (query.token) request.set_page_token(to_protobuf_bytes(*query.token));
    Bytes message = serialize(request);
    auto response = co_await exchange<walrus_pb::ListObjectsResponse>(
        client, "IndexService/ListObjects", std::move(message));
    if (!response) co_return tl::make_unexpected(std::move(response.error()));
    ObjectPage out;
    for (const std::string& raw : response->objects()) {
        auto object = bcs::decode<ledger::Object>(as_bytes(raw));
        if (!object) co_return malformed("an object does not parse");
        out.objects.push_back(std::move(*object));
    }
    if (!response->next_page_token().empty())
        out.next_page_token = to_bytes(as_bytes(response->next_page_token()));
    co_return out;
}

io::Task<RpcResult<proof::CommitteeRecord>> ledger_committee(LedgerClient& client, Epoch epoch) {
    walrus_pb::GetCommitteeRequest request;
    request.set_epoch(epoch);
    Bytes message = serialize(request);
    auto response = co_await exchange<walrus_pb::GetCommitteeResponse>(
        client, "IndexService/GetCommittee", std::move(message));
    if (!response) co_return tl::make_unexpected(std::move(response.error()));
    auto record = bcs::decode<proof::CommitteeRecord>(as_bytes(response->committee()));
    if (!record || record->epoch != epoch) co_return malformed("the committee does not parse");
    co_return std::move(*record);
}

}  // namespace walrus::rpc
