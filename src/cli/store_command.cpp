// SPDX-License-Identifier: Apache-2.0
// walrus store FILE...: stores files as blobs, one after the other.
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/ids.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "cli/store_options.hpp"
#include "client/amounts.hpp"
#include "client/store_blob.hpp"

namespace walrus::cli {

namespace {

struct StoreArguments {
    std::vector<std::string> files;
    StoreFlags flags;
};

/// One file's end.
struct FileResult {
    std::string path;
    std::optional<client::StoreReport> report;
    std::optional<client::StoreEstimate> estimate;
    std::optional<ClientError> error;
};

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
    } else {
        write_store_result(out, *result.report);
    }
    out.end();
    out.key("path").string(result.path);
    if (result.report) write_store_report(out, *result.report);
    out.end();
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
    client::StoreBlob store(client, account, store_options(arguments.flags, lifetime, bar));
    if (arguments.flags.dry_run) {
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

std::string text_of(const FileResult& result) {
    if (result.report) return store_text(result.path, *result.report);
    return fmt::format("Error: {} was not stored: {}\n", result.path, result.error->message);
}

std::string estimates_json(const std::vector<FileResult>& results) {
    JsonWriter out;
    out.begin_array();
    for (const FileResult& result : results) {
        out.begin_object();
        out.key("path").string(result.path);
        write_estimate(out, *result.estimate);
        out.end();
    }
    out.end();
    return out.take();
}

std::string estimates_text(const std::vector<FileResult>& results) {
    std::string out;
    for (const FileResult& result : results) out += estimate_text(result.path, *result.estimate);
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
        if (!json && !arguments.flags.dry_run) {
            const auto printed = print(text_of(result));
            if (!printed) co_return fail(printed.error());
        }
        results.push_back(std::move(result));
    }
    if (arguments.flags.dry_run) {
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

RunResult run_store(const GlobalOptions& globals, const StoreArguments& arguments) {
    const client::Lifetime lifetime = WALRUS_TRY(lifetime_of(arguments.flags));
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
        declare_store_flags(a, arguments->flags);
    };
    command.run = [arguments](const GlobalOptions& globals) {
        return run_store(globals, *arguments);
    };
    return command;
}

}  // namespace walrus::cli
