// SPDX-License-Identifier: Apache-2.0
#include "rpc/proof_service.hpp"

#include "bcs/bcs.hpp"
#include "rpc/messages.hpp"

namespace walrus::rpc {
namespace {

constexpr std::size_t kParameterNameBytesMax = 256;

bool take_id(const std::string& bytes, Digest& out) {
    if (bytes.size() != Digest::kSize) return false;
    out = Digest::from(as_bytes(bytes));
    return true;
}

GrpcResult<proof::Subject> take_subject(const walrus_pb::GetProofRequest& request) {
    proof::Subject out;
    const auto wrong_id = [] { return invalid_argument("an id or digest must have 32 bytes"); };
    switch (request.subject_case()) {
        case walrus_pb::GetProofRequest::kObjectId:
            out.claim = proof::Claim::Object;
            if (!take_id(request.object_id(), out.id)) return wrong_id();
            return out;
        case walrus_pb::GetProofRequest::kBalance: {
            out.claim = proof::Claim::Balance;
            if (!take_id(request.balance().owner(), out.id)) return wrong_id();
            const auto type = ledger::parse_type_tag(request.balance().coin_type());
            if (!type) return invalid_argument("coin_type is not a type");
            out.coin_type = bcs::encode(*type);
            return out;
        }
        case walrus_pb::GetProofRequest::kParameter:
            out.claim = proof::Claim::Parameter;
            if (request.parameter().empty() || request.parameter().size() > kParameterNameBytesMax)
                return invalid_argument("parameter is not a name");
            out.name = request.parameter();
            return out;
        case walrus_pb::GetProofRequest::kTransaction:
            out.claim = proof::Claim::Effects;
            if (!take_id(request.transaction(), out.id)) return wrong_id();
            return out;
        case walrus_pb::GetProofRequest::kEvent:
            out.claim = proof::Claim::Event;
            if (!take_id(request.event().transaction(), out.id)) return wrong_id();
            out.event_index = request.event().index();
            return out;
        case walrus_pb::GetProofRequest::SUBJECT_NOT_SET:
            break;
    }
    return invalid_argument("the request has no subject");
}

class ProofService {
public:
    explicit ProofService(chain::LedgerService& service) : service_(service) {}

    io::Task<GrpcResult<Bytes>> status(Bytes) {
        const chain::Head& head = service_.head();
        walrus_pb::GetStatusResponse response;
        response.set_chain_id(to_protobuf_bytes(service_.ids().chain.view()));
        response.set_next_seq(head.next_seq);
        response.set_time_ms(head.time_ms);
        response.set_epoch(head.epoch);
        if (head.last) response.set_header(to_protobuf_bytes(bcs::encode(*head.last)));
        response.set_sequencer_key(to_protobuf_bytes(service_.sequencer_key()));
        co_return serialize_message(response);
    }

    io::Task<GrpcResult<Bytes>> proof(Bytes message) {
        walrus_pb::GetProofRequest request;
        if (!parse_message(message, request))
            co_return invalid_argument("the message does not parse");
        auto subject = take_subject(request);
        if (!subject) co_return tl::make_unexpected(std::move(subject.error()));
        auto made = co_await service_.proof(std::move(*subject));
        if (!made) co_return tl::make_unexpected(to_grpc(made.error()));
        walrus_pb::GetProofResponse response;
        response.set_proof(to_protobuf_bytes(proof::encode(*made)));
        co_return serialize_message(response);
    }

    io::Task<GrpcResult<Bytes>> events(Bytes message) {
        walrus_pb::ListEventsRequest request;
        if (!parse_message(message, request))
            co_return invalid_argument("the message does not parse");
        chain::EventQuery query;
        query.page_size = request.page_size();
        if (!request.cursor().empty()) query.cursor = to_bytes(as_bytes(request.cursor()));
        if (!request.type().empty()) {
            auto type = ledger::parse_struct_tag(request.type());
            if (!type) co_return invalid_argument("type is not a type");
            query.type = std::move(*type);
        }
        auto page = co_await service_.events(std::move(query));
        if (!page) co_return tl::make_unexpected(to_grpc(page.error()));
        walrus_pb::ListEventsResponse response;
        for (const chain::PlacedEvent& event : page->events) {
            walrus_pb::PlacedEvent& out = *response.add_events();
            out.set_seq(event.seq);
            out.set_time_ms(event.time_ms);
            out.set_transaction(to_protobuf_bytes(event.transaction.view()));
            out.set_index(event.event_index);
            out.set_type(to_text(event.event.type));
            out.set_bcs(to_protobuf_bytes(event.event.contents));
        }
        response.set_cursor(to_protobuf_bytes(page->cursor));
        response.set_more(page->more);
        co_return serialize_message(response);
    }

    io::Task<GrpcResult<Bytes>> objects(Bytes message) {
        walrus_pb::ListObjectsRequest request;
        if (!parse_message(message, request))
            co_return invalid_argument("the message does not parse");
        auto query = take_query(request);
        if (!query) co_return tl::make_unexpected(std::move(query.error()));
        auto page = co_await service_.list_objects(std::move(*query));
        if (!page) co_return tl::make_unexpected(to_grpc(page.error()));
        walrus_pb::ListObjectsResponse response;
        for (const ledger::ObjectPtr& object : page->objects)
            response.add_objects(to_protobuf_bytes(bcs::encode(*object)));
        if (page->next_token) response.set_next_page_token(to_protobuf_bytes(*page->next_token));
        co_return serialize_message(response);
    }

    io::Task<GrpcResult<Bytes>> committee(Bytes message) {
        walrus_pb::GetCommitteeRequest request;
        if (!parse_message(message, request))
            co_return invalid_argument("the message does not parse");
        auto record = co_await service_.committee(request.epoch());
        if (!record) co_return tl::make_unexpected(to_grpc(record.error()));
        walrus_pb::GetCommitteeResponse response;
        response.set_committee(to_protobuf_bytes(bcs::encode(*record)));
        co_return serialize_message(response);
    }

private:
    static GrpcResult<chain::ObjectQuery> take_query(const walrus_pb::ListObjectsRequest& request) {
        chain::ObjectQuery out;
        out.page_size = request.page_size();
        if (!request.page_token().empty()) out.token = to_bytes(as_bytes(request.page_token()));
        switch (request.what_case()) {
            case walrus_pb::ListObjectsRequest::kType: {
                auto type = ledger::parse_struct_tag(request.type());
                if (!type) return invalid_argument("type is not a type");
                out.what = chain::ObjectQuery::OfType{std::move(*type)};
                return out;
            }
            case walrus_pb::ListObjectsRequest::kBlobId:
                if (request.blob_id().size() != BlobId::kSize)
                    return invalid_argument("blob_id must have 32 bytes");
                out.what = chain::ObjectQuery::OfBlob{BlobId::from(as_bytes(request.blob_id()))};
                return out;
            case walrus_pb::ListObjectsRequest::kEndingBy:
                out.what = chain::ObjectQuery::EndingBy{request.ending_by()};
                return out;
            case walrus_pb::ListObjectsRequest::WHAT_NOT_SET:
                break;
        }
        return invalid_argument("the request does not say which objects");
    }

    chain::LedgerService& service_;
};

}  // namespace

std::vector<OwnMethod> proof_methods(chain::LedgerService& service) {
    auto own = std::make_shared<ProofService>(service);
    const auto method = [&](const char* group, const char* name,
                            io::Task<GrpcResult<Bytes>> (ProofService::*member)(Bytes)) {
        return OwnMethod{
            std::string("/walrus.rpc.v1.") + group + "/" + name, name,
            [own, member](Bytes message) { return (own.get()->*member)(std::move(message)); }};
    };
    return {method("ProofService", "GetStatus", &ProofService::status),
            method("ProofService", "GetProof", &ProofService::proof),
            method("ProofService", "ListEvents", &ProofService::events),
            method("IndexService", "ListObjects", &ProofService::objects),
            method("IndexService", "GetCommittee", &ProofService::committee)};
}

}  // namespace walrus::rpc
