// SPDX-License-Identifier: Apache-2.0
#include "cli/output.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace walrus::cli {

void write_blob_object(JsonWriter& out, const ledger::Blob& blob) {
    out.begin_object();
    out.key("id").string(to_text(blob.id));
    out.key("registeredEpoch").number(std::uint64_t{blob.registered_epoch});
    out.key("blobId").string(to_text(blob.blob_id));
    out.key("size").number(blob.size);
    out.key("encodingType").string("RS2");
    out.key("certifiedEpoch");
    if (blob.certified_epoch)
        out.number(std::uint64_t{*blob.certified_epoch});
    else
        out.null();
    out.key("storage").begin_object();
    out.key("id").string(to_text(blob.storage.id));
    out.key("startEpoch").number(std::uint64_t{blob.storage.start_epoch});
    out.key("endEpoch").number(std::uint64_t{blob.storage.end_epoch});
    out.key("storageSize").number(blob.storage.storage_size);
    out.end();
    out.key("deletable").boolean(blob.deletable);
    out.end();
}

namespace {
std::string event_text(const nodeapi::EventId& event) {
    return fmt::format("{}:{}", to_text(event.transaction), event.sequence);
}
std::string deletable_text(const nodeapi::DeletableCounts& counts) {
    return fmt::format("{} certified of {} registered deletable objects", counts.certified,
                       counts.total);
}
}  // namespace

std::string describe_status(const nodeapi::BlobStatus& status) {
    if (std::holds_alternative<nodeapi::BlobNonexistent>(status))
        return "not stored: never registered, deleted or expired";
    if (const auto* invalid = std::get_if<nodeapi::BlobInvalid>(&status))
        return "invalid: it was encoded wrongly (event " + event_text(invalid->event) + ")";
    if (const auto* deletable = std::get_if<nodeapi::BlobDeletable>(&status)) {
        std::string out = "registered in " + deletable_text(deletable->deletable_counts);
        if (deletable->initial_certified_epoch)
            out +=
                fmt::format(", first certified in epoch {}", *deletable->initial_certified_epoch);
        return out;
    }
    const auto& permanent = std::get<nodeapi::BlobPermanent>(status);
    std::string out =
        fmt::format("{}, permanent until epoch {} (exclusive), event {}",
                    permanent.is_certified ? "certified" : "registered, not certified",
                    permanent.end_epoch, event_text(permanent.status_event));
    if (permanent.initial_certified_epoch)
        out += fmt::format(", first certified in epoch {}", *permanent.initial_certified_epoch);
    if (permanent.deletable_counts.total > 0)
        out += "; also " + deletable_text(permanent.deletable_counts);
    return out;
}

std::string error_json(client::ClientCode code, int exit_code, const std::string& message) {
    JsonWriter out;
    out.begin_object().key("error").begin_object();
    out.key("code").string(client::code_name(code));
    out.key("exitCode").number(static_cast<std::uint64_t>(exit_code));
    out.key("message").string(message);
    out.end().end();
    return out.take();
}

std::string format_table(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    std::string out;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i)
            line += i + 1 == row.size() ? row[i] : fmt::format("{:<{}}  ", row[i], widths[i]);
        out += line + "\n";
    }
    return out;
}

}  // namespace walrus::cli
