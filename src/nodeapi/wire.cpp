// SPDX-License-Identifier: Apache-2.0
#include "nodeapi/wire.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/text.hpp"
#include "nodeapi/limits.hpp"

namespace walrus::nodeapi {
namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

constexpr std::string_view kNodeDomain = "storage.walrus.space";
constexpr std::string_view kGlobalDomain = "global";
constexpr std::string_view kInternalMessage =
    "an internal error has occurred; please report it to the operator of this node";

struct ReasonEntry {
    Reason reason;
    std::string_view text;
    int http_status;
    std::string_view status;
    std::string_view domain;
};
constexpr ReasonEntry kReasons[] = {
    {Reason::MetadataNotFound, "METADATA_NOT_FOUND", 404, "NOT_FOUND", kNodeDomain},
    {Reason::MetadataMissing, "METADATA_NOT_FOUND", 400, "FAILED_PRECONDITION", kNodeDomain},
    {Reason::SliverNotFound, "SLIVER_NOT_FOUND", 404, "NOT_FOUND", kNodeDomain},
    {Reason::ShardNotAssigned, "SHARD_NOT_ASSIGNED", 400, "FAILED_PRECONDITION", kNodeDomain},
    {Reason::IndexOutOfRange, "INDEX_OUT_OF_RANGE", 400, "INVALID_ARGUMENT", kNodeDomain},
    {Reason::NotRegistered, "NOT_REGISTERED", 400, "FAILED_PRECONDITION", kNodeDomain},
    {Reason::CacheSaturated, "CACHE_SATURATED", 400, "FAILED_PRECONDITION", kNodeDomain},
    {Reason::InvalidMetadata, "INVALID_METADATA", 400, "INVALID_ARGUMENT", kNodeDomain},
    {Reason::InvalidBlob, "INVALID_BLOB", 400, "FAILED_PRECONDITION", kNodeDomain},
    {Reason::UnsupportedEncoding, "UNSUPPORTED_ENCODING_TYPE", 400, "INVALID_ARGUMENT",
     kNodeDomain},
    {Reason::InvalidSliver, "INVALID_SLIVER", 400, "INVALID_ARGUMENT", kNodeDomain},
    {Reason::SliverIndexMismatch, "SLIVER_INDEX_MISMATCH", 400, "INVALID_ARGUMENT", kNodeDomain},
    {Reason::MissingSlivers, "MISSING_SLIVERS", 400, "FAILED_PRECONDITION", kNodeDomain},
    {Reason::InvalidContent, "INVALID_CONTENT_TYPE", 400, "INVALID_ARGUMENT", kNodeDomain},
    {Reason::BodyTooLarge, "BODY_TOO_LARGE", 413, "INVALID_ARGUMENT", kNodeDomain},
    {Reason::Malformed, "MALFORMED_REQUEST", 400, "INVALID_ARGUMENT", kNodeDomain},
    {Reason::Unavailable, "UNAVAILABLE", 503, "UNAVAILABLE", kGlobalDomain},
    {Reason::StorageFull, "STORAGE_FULL", 503, "UNAVAILABLE", kNodeDomain},
    {Reason::Internal, "INTERNAL_ERROR", 500, "INTERNAL", kGlobalDomain},
};

const ReasonEntry& entry_of(Reason reason) {
    const auto it = std::find_if(std::begin(kReasons), std::end(kReasons),
                                 [reason](const ReasonEntry& e) { return e.reason == reason; });
    WALRUS_CHECK(it != std::end(kReasons));
    return *it;
}

template <class J>
std::string dump(const J& json) {
    return json.dump(-1, ' ', false, J::error_handler_t::replace);
}

/// Untrusted text; nothing if it is not JSON. The size was bounded by the caller.
std::optional<Json> parse(std::string_view text) {
    Json json = Json::parse(text, nullptr, false);
    if (json.is_discarded()) return std::nullopt;
    return json;
}

const Json* member(const Json& json, const char* name) {
    if (!json.is_object()) return nullptr;
    const auto it = json.find(name);
    return it == json.end() ? nullptr : &*it;
}
std::optional<std::string> text_member(const Json& json, const char* name) {
    const Json* value = member(json, name);
    if (value == nullptr || !value->is_string()) return std::nullopt;
    return value->get<std::string>();
}
template <class T>
std::optional<T> number_member(const Json& json, const char* name) {
    const Json* value = member(json, name);
    if (value == nullptr || !value->is_number_unsigned()) return std::nullopt;
    const auto number = value->get<std::uint64_t>();
    if (number > std::numeric_limits<T>::max()) return std::nullopt;
    return static_cast<T>(number);
}

OrderedJson event_json(const EventId& event) {
    return {{"txDigest", to_text(event.transaction)}, {"eventSeq", std::to_string(event.sequence)}};
}
std::optional<EventId> event_member(const Json& json, const char* name) {
    const Json* value = member(json, name);
    if (value == nullptr) return std::nullopt;
    const auto digest_text = text_member(*value, "txDigest");
    const auto sequence_text = text_member(*value, "eventSeq");
    if (!digest_text || !sequence_text) return std::nullopt;
    const auto digest = parse_transaction_digest(*digest_text);
    const auto sequence = parse_u64(*sequence_text);
    if (!digest || !sequence) return std::nullopt;
    return EventId{*digest, *sequence};
}

OrderedJson counts_json(const DeletableCounts& counts) {
    return {{"count_deletable_total", counts.total},
            {"count_deletable_certified", counts.certified}};
}
std::optional<DeletableCounts> counts_member(const Json& json) {
    const Json* value = member(json, "deletableCounts");
    if (value == nullptr) return std::nullopt;
    const auto total = number_member<std::uint32_t>(*value, "count_deletable_total");
    const auto certified = number_member<std::uint32_t>(*value, "count_deletable_certified");
    if (!total || !certified) return std::nullopt;
    return DeletableCounts{*total, *certified};
}

OrderedJson epoch_json(const std::optional<Epoch>& epoch) {
    return epoch ? OrderedJson(*epoch) : OrderedJson(nullptr);
}
/// An epoch, or nothing for null or no member. False: something else.
bool read_optional_epoch(const Json& json, const char* name, std::optional<Epoch>& out) {
    const Json* value = member(json, name);
    if (value == nullptr || value->is_null()) return true;
    out = number_member<Epoch>(json, name);
    return out.has_value();
}

std::optional<BlobStatus> permanent_from(const Json& json) {
    BlobPermanent out;
    const auto end = number_member<Epoch>(json, "endEpoch");
    const Json* certified = member(json, "isCertified");
    const auto event = event_member(json, "statusEvent");
    const auto counts = counts_member(json);
    if (!end || certified == nullptr || !certified->is_boolean() || !event || !counts ||
        !read_optional_epoch(json, "initialCertifiedEpoch", out.initial_certified_epoch))
        return std::nullopt;
    out.end_epoch = *end;
    out.is_certified = certified->get<bool>();
    out.status_event = *event;
    out.deletable_counts = *counts;
    return out;
}

std::optional<BlobStatus> deletable_from(const Json& json) {
    BlobDeletable out;
    const auto counts = counts_member(json);
    if (!counts || !read_optional_epoch(json, "initialCertifiedEpoch", out.initial_certified_epoch))
        return std::nullopt;
    out.deletable_counts = *counts;
    return out;
}

NodeCode code_of(int http_status, std::string_view reason) {
    if (reason == text_of(Reason::StorageFull)) return NodeCode::NoSpace;
    if (reason == text_of(Reason::NotRegistered)) return NodeCode::NotRegistered;
    if (reason == text_of(Reason::MissingSlivers)) return NodeCode::MissingSlivers;
    if (http_status == 404) return NodeCode::NotFound;
    if (http_status == 451) return NodeCode::Blocked;
    if (http_status == 429 || http_status == 503) return NodeCode::Overloaded;
    if (http_status >= 400 && http_status < 500) return NodeCode::Refused;
    return NodeCode::Broken;
}

constexpr std::size_t kMessageBytesMax = 1000;

}  // namespace

// ---- paths ----------------------------------------------------------------------------------

std::string metadata_path(const BlobId& id) {
    return fmt::format("/v1/blobs/{}/metadata", to_text(id));
}
std::string sliver_path(const BlobId& id, SliverPairIndex pair, Axis axis) {
    return fmt::format("/v1/blobs/{}/slivers/{}/{}", to_text(id), pair.value, to_text(axis));
}
std::string confirmation_path(const BlobId& id, const std::optional<ObjectId>& object) {
    if (!object) return fmt::format("/v1/blobs/{}/confirmation/permanent", to_text(id));
    return fmt::format("/v1/blobs/{}/confirmation/deletable/{}", to_text(id), to_text(*object));
}
std::string blob_status_path(const BlobId& id) {
    return fmt::format("/v1/blobs/{}/status", to_text(id));
}

// ---- errors ---------------------------------------------------------------------------------

std::string_view text_of(Reason reason) {
    return entry_of(reason).text;
}
int http_status_of(Reason reason) {
    return entry_of(reason).http_status;
}

http::Response error_response(const ApiError& error) {
    const ReasonEntry& entry = entry_of(error.reason);
    const bool internal = error.reason == Reason::Internal;
    OrderedJson details = OrderedJson::array();
    details.push_back({{"@type", "ErrorInfo"},
                       {"reason", entry.text},
                       {"domain", entry.domain},
                       {"metadata", OrderedJson::object()}});
    OrderedJson document;
    document["error"] = {{"status", entry.status},
                         {"code", entry.http_status},
                         {"message", internal ? std::string(kInternalMessage) : error.message},
                         {"details", std::move(details)}};
    http::Response response = http::Response::json(entry.http_status, dump(document));
    if (entry.http_status == 503)
        response.headers.add("Retry-After", std::to_string(kRetryAfterSeconds));
    return response;
}

NodeError node_error(int http_status, ByteView body) {
    NodeError out{NodeCode::Broken, {}, {http_status, {}}};
    if (const auto document = parse(as_text(body))) {
        if (const Json* error = member(*document, "error")) {
            out.message = text_member(*error, "message").value_or("");
            const Json* details = member(*error, "details");
            if (details != nullptr && details->is_array()) {
                for (const Json& detail : *details) {
                    if (const auto reason = text_member(detail, "reason")) {
                        out.detail.reason = *reason;
                        break;
                    }
                }
            }
        }
    }
    out.message = fmt::format("HTTP {}{}{}", http_status, out.message.empty() ? "" : ": ",
                              out.message.substr(0, kMessageBytesMax));
    out.code = code_of(http_status, out.detail.reason);
    return out;
}

NodeError node_error(const io::IoError& error) {
    NodeCode code = NodeCode::Unreachable;
    switch (error.code) {
        case io::IoCode::Untrusted:
            code = NodeCode::Untrusted;
            break;
        case io::IoCode::Cancelled:
            code = NodeCode::Cancelled;
            break;
        case io::IoCode::TooLarge:
        case io::IoCode::Malformed:
            code = NodeCode::Broken;
            break;
        default:
            break;
    }
    return {code, error.message, {}};
}

// ---- answers --------------------------------------------------------------------------------

http::Response success_response(int status, std::string_view data_json) {
    return http::Response::json(
        status, fmt::format(R"({{"success":{{"code":{},"data":{}}}}})", status, data_json));
}

std::optional<std::string> success_data(ByteView body) {
    const auto document = parse(as_text(body));
    if (!document) return std::nullopt;
    const Json* success = member(*document, "success");
    if (success == nullptr) return std::nullopt;
    const Json* data = member(*success, "data");
    if (data == nullptr) return std::nullopt;
    return dump(*data);
}

std::string json_string(std::string_view text) {
    return dump(Json(text));
}

std::string_view text_of(StoredStatus status) {
    switch (status) {
        case StoredStatus::Nonexistent:
            return "nonexistent";
        case StoredStatus::Buffered:
            return "buffered";
        case StoredStatus::Stored:
            return "stored";
    }
    return "nonexistent";
}

std::optional<StoredStatus> stored_status_from_json(std::string_view json) {
    const auto value = parse(json);
    if (!value || !value->is_string()) return std::nullopt;
    std::string text = value->get<std::string>();
    for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    for (const StoredStatus status :
         {StoredStatus::Nonexistent, StoredStatus::Buffered, StoredStatus::Stored})
        if (text == text_of(status)) return status;
    return std::nullopt;
}

std::string to_json(const attest::StorageConfirmation& confirmation) {
    const attest::SignedMessage& message = confirmation.signed_message();
    OrderedJson out;
    out["signed"] = {{"serializedMessage", base64_encode(message.message)},
                     {"signature", base64_encode(message.signature.view())}};
    return dump(out);
}

std::optional<attest::StorageConfirmation> confirmation_from_json(std::string_view json) {
    const auto document = parse(json);
    if (!document) return std::nullopt;
    const Json* value = member(*document, "signed");
    if (value == nullptr) return std::nullopt;
    const auto message_text = text_member(*value, "serializedMessage");
    const auto signature_text = text_member(*value, "signature");
    if (!message_text || !signature_text) return std::nullopt;
    auto message = base64_decode(*message_text);
    const auto signature_bytes = base64_decode(*signature_text);
    if (!message || !signature_bytes) return std::nullopt;
    const auto signature = bls::Signature::from(*signature_bytes);
    if (!signature) return std::nullopt;
    return attest::StorageConfirmation(attest::SignedMessage{std::move(*message), *signature});
}

std::string to_json(const BlobStatus& status) {
    OrderedJson out;
    if (std::holds_alternative<BlobNonexistent>(status)) {
        out = "nonexistent";
    } else if (const auto* invalid = std::get_if<BlobInvalid>(&status)) {
        out["invalid"]["event"] = event_json(invalid->event);
    } else if (const auto* permanent = std::get_if<BlobPermanent>(&status)) {
        OrderedJson& value = out["permanent"];
        value["endEpoch"] = permanent->end_epoch;
        value["isCertified"] = permanent->is_certified;
        value["statusEvent"] = event_json(permanent->status_event);
        value["deletableCounts"] = counts_json(permanent->deletable_counts);
        value["initialCertifiedEpoch"] = epoch_json(permanent->initial_certified_epoch);
    } else {
        const auto& deletable = std::get<BlobDeletable>(status);
        OrderedJson& value = out["deletable"];
        value["initialCertifiedEpoch"] = epoch_json(deletable.initial_certified_epoch);
        value["deletableCounts"] = counts_json(deletable.deletable_counts);
    }
    return dump(out);
}

std::optional<BlobStatus> blob_status_from_json(std::string_view json) {
    const auto value = parse(json);
    if (!value) return std::nullopt;
    if (value->is_string()) {
        if (value->get<std::string>() != "nonexistent") return std::nullopt;
        return BlobNonexistent{};
    }
    if (const Json* invalid = member(*value, "invalid")) {
        const auto event = event_member(*invalid, "event");
        if (!event) return std::nullopt;
        return BlobInvalid{*event};
    }
    if (const Json* permanent = member(*value, "permanent")) return permanent_from(*permanent);
    if (const Json* deletable = member(*value, "deletable")) return deletable_from(*deletable);
    return std::nullopt;
}

std::string to_json(const HealthInfo& health) {
    constexpr std::uint64_t kUsPerSecond = 1'000'000;
    OrderedJson out;
    out["uptime"] = {{"secs", health.uptime_us / kUsPerSecond},
                     {"nanos", health.uptime_us % kUsPerSecond * 1000}};
    out["epoch"] = health.epoch;
    out["publicKey"] = base64_encode(health.public_key);
    out["nodeStatus"] = health.node_status;
    out["eventProgress"] = {
        {"persisted", health.events_persisted},
        {"pending", health.events_pending},
        {"highestFinishedEventIndex", health.events_persisted == 0
                                          ? OrderedJson(nullptr)
                                          : OrderedJson(health.events_persisted - 1)}};
    out["shardSummary"] = {
        {"owned", health.shards_owned},
        {"ownedShardStatus",
         {{"unknown", 0}, {"ready", health.shards_owned}, {"inTransfer", 0}, {"inRecovery", 0}}},
        {"readOnly", 0}};
    if (health.shard_detail) {
        OrderedJson owned = OrderedJson::array();
        for (const ShardIndex shard : *health.shard_detail)
            owned.push_back({{"shard", shard.value}, {"status", "ready"}});
        out["shardDetail"] = {{"owned", std::move(owned)}, {"other", OrderedJson::array()}};
    }
    if (health.latest_block) out["latestCheckpointSequenceNumber"] = *health.latest_block;
    out["problems"] = health.problems;
    return dump(out);
}

std::optional<NodeHealth> health_from_json(std::string_view json) {
    const auto value = parse(json);
    if (!value || !value->is_object()) return std::nullopt;
    NodeHealth out;
    const Json* uptime = member(*value, "uptime");
    const Json* progress = member(*value, "eventProgress");
    const Json* shards = member(*value, "shardSummary");
    const auto epoch = number_member<Epoch>(*value, "epoch");
    const auto key = text_member(*value, "publicKey");
    const auto status = text_member(*value, "nodeStatus");
    if (uptime == nullptr || progress == nullptr || shards == nullptr || !epoch || !key || !status)
        return std::nullopt;
    out.uptime_s = number_member<std::uint64_t>(*uptime, "secs").value_or(0);
    out.epoch = *epoch;
    out.public_key = *key;
    out.node_status = *status;
    out.events_persisted = number_member<std::uint64_t>(*progress, "persisted").value_or(0);
    out.shards_owned = number_member<std::uint64_t>(*shards, "owned").value_or(0);
    out.raw_json = std::string(json);
    return out;
}

}  // namespace walrus::nodeapi
