// SPDX-License-Identifier: Apache-2.0
// walrus store FILE...: stores files as blobs, one after the other.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "cli/commands.hpp"
#include "cli/ids.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/session.hpp"
#include "client/amounts.hpp"
#include "client/store_blob.hpp"

namespace walrus::cli {

namespace {

struct StoreArguments {
    std::vector<std::string> files;
    std::optional<std::string> epochs;
    std::optional<std::string> earliest_expiry_time;
    std::optional<std::uint64_t> end_epoch;
    bool permanent = false;
    bool deletable = false;
    bool force = false;
    bool ignore_resources = false;
    bool dry_run = false;
    std::vector<std::pair<std::string, std::string>> attributes;
    std::optional<std::string> encoding_type;
    std::optional<std::string> scratch;
};

/// One file's end.
struct FileResult {
    std::string path;
    std::optional<client::StoreReport> report;
    std::optional<client::StoreEstimate> estimate;
    std::optional<ClientError> error;
};

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

bool is_already_certified(const client::StoreReport& report) {
    return !report.newly_certified && report.epochs_paid == 0;
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

void write_result(JsonWriter& out, const FileResult& result) {
    out.begin_object();
    out.key("blobStoreResult").begin_object();
    if (result.error) {
        out.key("error").begin_object();
        out.key("blobId").null();
        out.key("failurePhase").string("store");
        out.key("code").string(client::code_name(result.error->code));
        out.key("errorMsg").string(result.error->message);
        out.end();
    } else if (is_already_certified(*result.report)) {
        out.key("alreadyCertified").begin_object();
        out.key("blobId").string(to_text(result.report->blob.blob_id));
        out.key("object").string(to_text(result.report->blob.id));
        out.key("endEpoch").number(std::uint64_t{result.report->blob.storage.end_epoch});
        out.end();
    } else {
        write_newly_created(out, *result.report);
    }
    out.end();
    out.key("path").string(result.path);
    if (result.report) {
        const client::StoreReport& report = *result.report;
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
    out.end();
}

std::string text_of(const FileResult& result) {
    if (result.error)
        return fmt::format("Error: {} was not stored: {}\n", result.path, result.error->message);
    const client::StoreReport& report = *result.report;
    const ledger::Blob& blob = report.blob;
    const char* const kind = blob.deletable ? "Deletable" : "Permanent";
    if (is_already_certified(report))
        return fmt::format(
            "Success: the blob was certified already, for long enough; nothing was paid.\n"
            "  Path:         {}\n  Blob ID:      {}\n  Object ID:    {}\n"
            "  Expiry epoch (exclusive): {}\n",
            result.path, to_text(blob.blob_id), to_text(blob.id), blob.storage.end_epoch);
    std::string out = fmt::format(
        "Success: {} blob stored.\n"
        "  Path:           {}\n  Blob ID:        {}\n  Object ID:      {}\n"
        "  Unencoded size: {}\n  Encoded size:   {} (with replicated metadata)\n"
        "  Cost:           {} ({})\n  Expiry epoch (exclusive): {}\n",
        kind, result.path, to_text(blob.blob_id), to_text(blob.id), client::format_bytes(blob.size),
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

client::StoreOptions options_of(const StoreArguments& arguments, client::Lifetime lifetime,
                                ProgressBar& bar) {
    client::StoreOptions out;
    out.lifetime = lifetime;
    out.deletable = !arguments.permanent;
    out.force = arguments.force;
    out.ignore_resources = arguments.ignore_resources;
    out.attributes = arguments.attributes;
    out.scratch_directory = arguments.scratch.value_or(".");
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

io::Task<FileResult> store_one(client::Client& client, client::Account account,
                               const StoreArguments& arguments, client::Lifetime lifetime,
                               std::string path, ProgressBar& bar) {
    FileResult result;
    result.path = path;
    auto view = co_await client.network();
    if (!view) {
        result.error = std::move(view.error());
        co_return result;
    }
    const std::uint64_t bytes_max = (*view)->code.blob_bytes_max();
    auto blob = co_await client::open_blob_input(client, path, bytes_max);
    if (!blob) {
        result.error = std::move(blob.error());
        co_return result;
    }
    client::StoreBlob store(client, account, options_of(arguments, lifetime, bar));
    if (arguments.dry_run) {
        auto estimate = co_await store.estimate(std::move(*blob));
        if (estimate)
            result.estimate = std::move(*estimate);
        else
            result.error = std::move(estimate.error());
    } else {
        auto report = co_await store.run(std::move(*blob));
        if (report)
            result.report = std::move(*report);
        else
            result.error = std::move(report.error());
    }
    bar.clear();
    co_return result;
}

std::string estimates_json(const std::vector<FileResult>& results) {
    JsonWriter out;
    out.begin_array();
    for (const FileResult& result : results) {
        out.begin_object();
        out.key("path").string(result.path);
        out.key("blobId").string(to_text(result.estimate->blob_id));
        out.key("unencodedSize").number(result.estimate->unencoded_bytes);
        out.key("encodedSize").number(result.estimate->encoded_bytes);
        out.key("storageCost").number(result.estimate->cost);
        out.key("encodingType").string("RS2");
        out.end();
    }
    out.end();
    return out.take();
}

std::string estimates_text(const std::vector<FileResult>& results) {
    std::string out;
    for (const FileResult& result : results)
        out += fmt::format(
            "{}: nothing was stored (dry run)\n  Blob ID:        {}\n  Unencoded size: {}\n"
            "  Encoded size:   {}\n  Cost:           {} for {} epochs\n",
            result.path, to_text(result.estimate->blob_id),
            client::format_bytes(result.estimate->unencoded_bytes),
            client::format_bytes(result.estimate->encoded_bytes),
            client::format_wal(result.estimate->cost), result.estimate->epochs);
    return out;
}

std::string summary(const std::vector<FileResult>& results) {
    std::size_t stored = 0;
    std::uint64_t bytes = 0;
    Frost cost = 0;
    for (const FileResult& result : results) {
        if (!result.report || is_already_certified(*result.report)) continue;
        ++stored;
        bytes += result.report->encoded_bytes;
        cost += result.report->cost;
    }
    if (stored == 0) return "No blobs were modified or created.\n";
    return fmt::format("{} of {} files stored anew: encoded size {}, cost {}.\n", stored,
                       results.size(), client::format_bytes(bytes), client::format_wal(cost));
}

/// All good: 0; all failed: the first error's code; some failed: 3.
int exit_code_of(const std::vector<FileResult>& results) {
    std::size_t failed = 0;
    const ClientError* first = nullptr;
    for (const FileResult& result : results) {
        if (!result.error) continue;
        ++failed;
        if (first == nullptr) first = &*result.error;
    }
    if (failed == 0) return 0;
    return failed == results.size() ? client::exit_code(first->code)
                                    : client::exit_code(ClientCode::Partial);
}

io::Task<RunResult> store_files(client::Client& client, client::Account account,
                                const StoreArguments& arguments, client::Lifetime lifetime,
                                bool json) {
    ProgressBar bar(client.environment().loop, !json && stderr_is_terminal());
    std::vector<FileResult> results;
    for (const std::string& path : arguments.files) {
        FileResult result = co_await store_one(client, account, arguments, lifetime, path, bar);
        // One file: its error is the command's.
        if (result.error && arguments.files.size() == 1) co_return fail(std::move(*result.error));
        if (!json && !arguments.dry_run) {
            const auto printed = print(text_of(result));
            if (!printed) co_return fail(printed.error());
        }
        results.push_back(std::move(result));
    }
    if (arguments.dry_run) {
        for (FileResult& result : results)
            if (result.error) co_return fail(std::move(*result.error));
        const auto printed = print(json ? estimates_json(results) : estimates_text(results));
        if (!printed) co_return fail(printed.error());
        co_return 0;
    }
    if (json) {
        JsonWriter out;
        out.begin_array();
        for (const FileResult& result : results) write_result(out, result);
        out.end();
        const auto printed = print(out.take());
        if (!printed) co_return fail(printed.error());
    } else if (results.size() > 1) {
        const auto printed = print(summary(results));
        if (!printed) co_return fail(printed.error());
    }
    co_return exit_code_of(results);
}

ClientResult<client::Lifetime> lifetime_of(const StoreArguments& arguments) {
    if (arguments.epochs) return client::parse_epochs(*arguments.epochs);
    if (arguments.end_epoch) {
        if (*arguments.end_epoch > ~Epoch{0})
            return client::client_failure(
                ClientCode::Usage,
                fmt::format("--end-epoch {}: too large for an epoch", *arguments.end_epoch));
        return client::Lifetime(client::EndEpoch{static_cast<Epoch>(*arguments.end_epoch)});
    }
    if (arguments.earliest_expiry_time) {
        const auto time = client::parse_time_ms(*arguments.earliest_expiry_time);
        if (!time)
            return client::client_failure(
                ClientCode::Usage,
                fmt::format("--earliest-expiry-time {}: expected 2026-09-01T12:00:00Z or "
                            "\"2026-09-01 12:00:00\"",
                            *arguments.earliest_expiry_time));
        return client::Lifetime(client::EarliestExpiry{*time});
    }
    return client::client_failure(
        ClientCode::Usage,
        "say how long the blob shall live: one of --epochs N|max, --earliest-expiry-time TIME, "
        "--end-epoch EPOCH");
}

RunResult run_store(const GlobalOptions& globals, const StoreArguments& arguments) {
    const client::Lifetime lifetime = WALRUS_TRY(lifetime_of(arguments));
    if (arguments.encoding_type && *arguments.encoding_type != "RS2")
        return client::client_failure(
            ClientCode::Usage,
            fmt::format("--encoding-type {}: only RS2 is supported", *arguments.encoding_type));
    // Everything that can be wrong with a file is told before anything is paid for another one.
    const std::uint64_t bytes_max = CodeParameters::make(1000)->blob_bytes_max();
    for (const std::string& path : arguments.files) WALRUS_TRY(check_input_file(path, bytes_max));
    return run_with_account(globals, [&](client::Client& client, client::Account account) {
        return store_files(client, std::move(account), arguments, lifetime, globals.json);
    });
}

}  // namespace

Command store_command() {
    auto arguments = std::make_shared<StoreArguments>();
    Command command;
    command.name = "store";
    command.help = "Store files as blobs";
    command.examples =
        "  walrus store photo.jpg --epochs 5\n"
        "  walrus store a.bin b.bin --epochs max --permanent --json\n"
        "  walrus store page.html --epochs 10 --attr content-type text/html\n"
        "  walrus store big.tar --epochs 2 --dry-run     # what would it cost?\n"
        "An interrupted store continues when it is run again; it never pays twice.";
    command.declare = [arguments](Arguments& a) {
        a.positionals("FILES", arguments->files, "Files to store", true);
        a.value("--epochs", arguments->epochs, "N|max", "Live for N epochs from now");
        a.value("--earliest-expiry-time", arguments->earliest_expiry_time, "TIME",
                "Live at least until this time (2026-09-01T12:00:00Z)");
        a.number("--end-epoch", arguments->end_epoch, "Live until this epoch (exclusive)");
        a.flag("--permanent", arguments->permanent, "Nobody can delete it before its end");
        a.flag("--deletable", arguments->deletable, "Its owner can delete it (default)");
        a.pairs("--attr", arguments->attributes, "KEY VALUE", "Set an attribute (repeatable)");
        a.flag("--force", arguments->force, "Register anew even if it is stored already");
        a.flag("--ignore-resources", arguments->ignore_resources,
               "Do not reuse own blobs and storage; always buy");
        a.flag("--dry-run", arguments->dry_run, "Only encode, and tell id, sizes and cost");
        a.value("--encoding-type", arguments->encoding_type, "RS2", "Encoding; only RS2 exists");
        a.value("--scratch", arguments->scratch, "DIR",
                "For files too large to be encoded in memory: their slivers, about five times the "
                "file's size, wait here for the nodes (default: the current folder)");
        a.exclusive({"--epochs", "--earliest-expiry-time", "--end-epoch"});
        a.exclusive({"--permanent", "--deletable"});
    };
    command.run = [arguments](const GlobalOptions& globals) {
        return run_store(globals, *arguments);
    };
    return command;
}

}  // namespace walrus::cli
