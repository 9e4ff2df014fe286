// SPDX-License-Identifier: Apache-2.0
#include "cli/store_options.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>

#include "cli/output.hpp"
#include "client/amounts.hpp"

namespace walrus::cli {

void declare_store_flags(Arguments& a, StoreFlags& flags) {
    a.value("--epochs", flags.epochs, "N|max", "Live for N epochs from now");
    a.value("--earliest-expiry-time", flags.earliest_expiry_time, "TIME",
            "Live at least until this time (2026-09-01T12:00:00Z)");
    a.number("--end-epoch", flags.end_epoch, "Live until this epoch (exclusive)");
    a.flag("--permanent", flags.permanent, "Nobody can delete it before its end");
    a.flag("--deletable", flags.deletable, "Its owner can delete it (default)");
    a.pairs("--attr", flags.attributes, "KEY VALUE", "Set an attribute (repeatable)");
    a.flag("--force", flags.force, "Register anew even if it is stored already");
    a.flag("--ignore-resources", flags.ignore_resources,
           "Do not reuse own blobs and storage; always buy");
    a.flag("--dry-run", flags.dry_run, "Only encode, and tell id, sizes and cost");
    a.value("--encoding-type", flags.encoding_type, "RS2", "Encoding; only RS2 exists");
    a.value("--scratch", flags.scratch, "DIR",
            "For files too large to be encoded in memory: their slivers, about five times the "
            "file's size, wait here for the nodes (default: the current folder)");
    a.exclusive({"--epochs", "--earliest-expiry-time", "--end-epoch"});
    a.exclusive({"--permanent", "--deletable"});
}

ClientResult<client::Lifetime> lifetime_of(const StoreFlags& flags) {
    if (flags.encoding_type && *flags.encoding_type != "RS2")
        return client::client_failure(
            ClientCode::Usage,
            fmt::format("--encoding-type {}: only RS2 is supported", *flags.encoding_type));
    if (flags.epochs) return client::parse_epochs(*flags.epochs);
    if (flags.end_epoch) {
        if (*flags.end_epoch > ~Epoch{0})
            return client::client_failure(
                ClientCode::Usage,
                fmt::format("--end-epoch {}: too large for an epoch", *flags.end_epoch));
        return client::Lifetime(client::EndEpoch{static_cast<Epoch>(*flags.end_epoch)});
    }
    if (flags.earliest_expiry_time) {
        const auto time = client::parse_time_ms(*flags.earliest_expiry_time);
        if (!time)
            return client::client_failure(
                ClientCode::Usage,
                fmt::format("--earliest-expiry-time {}: expected 2026-09-01T12:00:00Z or "
                            "\"2026-09-01 12:00:00\"",
                            *flags.earliest_expiry_time));
        return client::Lifetime(client::EarliestExpiry{*time});
    }
    return client::client_failure(
        ClientCode::Usage,
        "say how long the blob shall live: one of --epochs N|max, --earliest-expiry-time TIME, "
        "--end-epoch EPOCH");
}

namespace {

/// For tests of interrupted stores: WALRUS_TEST_KILL_AT names a step at which the process kills
/// itself without any cleaning up (docs/command-line.md).
void kill_if_asked(client::StoreStep step) {
    const char* const where = std::getenv("WALRUS_TEST_KILL_AT");
    if (where == nullptr) return;
    const std::string_view name(where);
    const bool here =
        (step == client::StoreStep::RegisterSent && name == "register-sent") ||
        (step == client::StoreStep::RegisterAnswered && name == "register-answered") ||
        (step == client::StoreStep::HalfUploaded && name == "half-uploaded") ||
        (step == client::StoreStep::Certifying && name == "before-certify");
    if (here) ::kill(::getpid(), SIGKILL);
}

}  // namespace

client::StoreOptions store_options(const StoreFlags& flags, client::Lifetime lifetime,
                                   ProgressBar& bar) {
    client::StoreOptions out;
    out.lifetime = lifetime;
    out.deletable = !flags.permanent;
    out.force = flags.force;
    out.ignore_resources = flags.ignore_resources;
    out.attributes = flags.attributes;
    out.scratch_directory = flags.scratch.value_or(".");
    out.step = [&bar](client::StoreStep step) {
        kill_if_asked(step);
        switch (step) {
            case client::StoreStep::Encoding:
                bar.phase("encoding");
                break;
            case client::StoreStep::Registering:
                bar.phase("registering");
                break;
            case client::StoreStep::Uploading:
                bar.phase("sending slivers");
                break;
            case client::StoreStep::Certifying:
                bar.phase("certifying");
                break;
            case client::StoreStep::FinishingTail:
                bar.phase("finishing slower nodes");
                break;
            case client::StoreStep::Done:
                bar.clear();
                break;
            case client::StoreStep::RegisterSent:
            case client::StoreStep::RegisterAnswered:
            case client::StoreStep::HalfUploaded:
                break;
        }
    };
    out.progress = [&bar](const client::UploadProgress& now) {
        bar.update(now.bytes_done, now.bytes_total);
    };
    return out;
}

bool is_already_certified(const client::StoreReport& report) {
    return !report.newly_certified && report.epochs_paid == 0;
}

namespace {

std::string_view operation_name(client::ResourceOperation operation) {
    switch (operation) {
        case client::ResourceOperation::RegisterFromScratch:
            return "registerFromScratch";
        case client::ResourceOperation::ReuseStorage:
            return "reuseStorage";
        case client::ResourceOperation::ReuseRegistration:
            return "reuseRegistration";
        case client::ResourceOperation::ReuseAndExtend:
            return "reuseAndExtend";
        case client::ResourceOperation::ReuseAndExtendNonCertified:
            return "reuseAndExtendNonCertified";
    }
    return "";
}

std::string_view operation_text(client::ResourceOperation operation) {
    switch (operation) {
        case client::ResourceOperation::RegisterFromScratch:
            return "storage was purchased";
        case client::ResourceOperation::ReuseStorage:
            return "own storage was reused";
        case client::ResourceOperation::ReuseRegistration:
            return "the registration was there already";
        case client::ResourceOperation::ReuseAndExtend:
            return "the lifetime was extended";
        case client::ResourceOperation::ReuseAndExtendNonCertified:
            return "the registration was there already, and was extended";
    }
    return "";
}

double seconds(std::uint64_t us) {
    return static_cast<double>(us) / 1e6;
}

void write_newly_created(JsonWriter& out, const client::StoreReport& report) {
    out.key("newlyCreated").begin_object();
    out.key("blobObject");
    write_blob_object(out, report.blob);
    out.key("resourceOperation").begin_object();
    out.key(operation_name(report.operation)).begin_object();
    out.key("encodedLength").number(report.encoded_bytes);
    if (report.operation == client::ResourceOperation::RegisterFromScratch)
        out.key("epochsAhead").number(std::uint64_t{report.epochs_paid});
    else if (report.epochs_paid > 0)
        out.key("epochsExtended").number(std::uint64_t{report.epochs_paid});
    out.end().end();
    out.key("cost").number(report.cost);
    out.end();
}

}  // namespace

void write_store_result(JsonWriter& out, const client::StoreReport& report) {
    if (!is_already_certified(report)) return write_newly_created(out, report);
    out.key("alreadyCertified").begin_object();
    out.key("blobId").string(to_text(report.blob.blob_id));
    out.key("object").string(to_text(report.blob.id));
    out.key("endEpoch").number(std::uint64_t{report.blob.storage.end_epoch});
    out.end();
}

void write_store_report(JsonWriter& out, const client::StoreReport& report) {
    out.key("report").begin_object();
    out.key("certificateWeight").number(std::uint64_t{report.certificate_weight});
    out.key("shards").number(std::uint64_t{report.shard_count});
    out.key("nodesConfirmed").number(std::uint64_t{report.upload.nodes_confirmed});
    out.key("nodes").number(std::uint64_t{report.upload.nodes_total});
    out.key("bytesSent").number(report.upload.bytes_sent);
    if (report.register_digest)
        out.key("registerTransaction").string(to_text(*report.register_digest));
    if (report.certify_digest)
        out.key("certifyTransaction").string(to_text(*report.certify_digest));
    out.key("nodeErrors").begin_array();
    for (const std::string& failure : report.upload.failures) out.string(failure);
    out.end();
    out.key("seconds").begin_object();
    out.key("encode").number(seconds(report.encode_us), 4);
    out.key("register").number(seconds(report.register_us), 4);
    out.key("upload").number(seconds(report.upload_us), 4);
    out.key("certify").number(seconds(report.certify_us), 4);
    out.key("tail").number(seconds(report.tail_us), 4);
    out.key("total").number(seconds(report.total_us), 4);
    out.end().end();
}

std::string store_text(const std::string& path, const client::StoreReport& report) {
    const ledger::Blob& blob = report.blob;
    const char* const kind = blob.deletable ? "Deletable" : "Permanent";
    if (is_already_certified(report))
        return fmt::format(
            "Success: the blob was certified already, for long enough; nothing was paid.\n"
            "  Path:         {}\n  Blob ID:      {}\n  Object ID:    {}\n"
            "  Expiry epoch (exclusive): {}\n",
            path, to_text(blob.blob_id), to_text(blob.id), blob.storage.end_epoch);
    std::string out = fmt::format(
        "Success: {} blob stored.\n"
        "  Path:           {}\n  Blob ID:        {}\n  Object ID:      {}\n"
        "  Unencoded size: {}\n  Encoded size:   {} (with replicated metadata)\n"
        "  Cost:           {} ({})\n  Expiry epoch (exclusive): {}\n",
        kind, path, to_text(blob.blob_id), to_text(blob.id), client::format_bytes(blob.size),
        client::format_bytes(report.encoded_bytes), client::format_wal(report.cost),
        operation_text(report.operation), blob.storage.end_epoch);
    if (report.newly_certified)
        out += fmt::format(
            "  Certificate:    weight {} of {} shards; {} of {} nodes confirmed\n"
            "  Time:           {:.2f} s (encode {:.2f}, register {:.2f}, upload {:.2f}, certify "
            "{:.2f})\n",
            report.certificate_weight, report.shard_count, report.upload.nodes_confirmed,
            report.upload.nodes_total, seconds(report.total_us), seconds(report.encode_us),
            seconds(report.register_us), seconds(report.upload_us), seconds(report.certify_us));
    for (const std::string& failure : report.upload.failures)
        out += fmt::format("  Warning: node {}\n", failure);
    return out;
}

void write_estimate(JsonWriter& out, const client::StoreEstimate& estimate) {
    out.key("blobId").string(to_text(estimate.blob_id));
    out.key("unencodedSize").number(estimate.unencoded_bytes);
    out.key("encodedSize").number(estimate.encoded_bytes);
    out.key("storageCost").number(estimate.cost);
    out.key("encodingType").string("RS2");
}

std::string estimate_text(const std::string& path, const client::StoreEstimate& estimate) {
    return fmt::format(
        "{}: nothing was stored (dry run)\n  Blob ID:        {}\n  Unencoded size: {}\n"
        "  Encoded size:   {}\n  Cost:           {} for {} epochs\n",
        path, to_text(estimate.blob_id), client::format_bytes(estimate.unencoded_bytes),
        client::format_bytes(estimate.encoded_bytes), client::format_wal(estimate.cost),
        estimate.epochs);
}

}  // namespace walrus::cli
