// SPDX-License-Identifier: Apache-2.0
// walrus read ID: reads a blob to standard output or to a file.
#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/ids.hpp"
#include "cli/output.hpp"
#include "cli/output_sink.hpp"
#include "cli/progress.hpp"
#include "cli/session.hpp"
#include "client/amounts.hpp"
#include "client/read_blob.hpp"

namespace walrus::cli {

namespace {

struct ReadArguments {
    std::optional<std::string> id;
    std::optional<std::string> out;
    bool strict = false;
    bool skip = false;
};

std::string report_json(const ReadArguments& arguments, const client::ReadReport& report,
                        const client::MemorySink* memory) {
    JsonWriter out;
    out.begin_object();
    if (arguments.out) out.key("out").string(*arguments.out);
    out.key("blobId").string(to_text(report.blob_id));
    if (memory != nullptr && !memory->bytes.empty())
        out.key("blob").string(base64_encode(memory->bytes));
    out.key("size").number(report.blob_bytes);
    out.key("slivers").begin_object();
    out.key("systematic").number(std::uint64_t{report.systematic});
    out.key("parity").number(std::uint64_t{report.parity});
    out.end();
    out.key("decoded").boolean(report.decoded);
    out.key("bytesReceived").number(report.bytes_received);
    out.key("seconds").begin_object();
    out.key("metadata").number(static_cast<double>(report.metadata_us) / 1e6, 4);
    out.key("total").number(static_cast<double>(report.total_us) / 1e6, 4);
    out.end().end();
    return out.take();
}

io::Task<RunResult> read_blob(client::Client& client, const ReadArguments& arguments, bool json) {
    WALRUS_CO_TRY(id, co_await resolve_blob_id(client, *arguments.id));
    std::unique_ptr<client::BlobSink> sink;
    client::MemorySink* memory = nullptr;
    if (arguments.out) {
        auto opened = open_sink(client.environment(), *arguments.out);
        if (!opened) co_return fail(std::move(opened.error()));
        sink = std::move(*opened);
    } else if (json) {
        auto in_memory = std::make_unique<client::MemorySink>();
        memory = in_memory.get();
        sink = std::move(in_memory);
    } else {
        sink = standard_output_sink(client.environment());
    }
    ProgressBar bar(client.environment().loop, !json && arguments.out && stderr_is_terminal());
    bar.phase("requesting slivers");
    client::ReadOptions options;
    options.check = arguments.strict ? ConsistencyCheck::Strict
                    : arguments.skip ? ConsistencyCheck::Skip
                                     : ConsistencyCheck::Default;
    options.progress = [&bar](const client::FetchProgress& now) {
        const std::uint64_t total =
            now.slivers == 0 ? 0 : now.bytes_received * now.slivers_needed / now.slivers;
        bar.update(now.bytes_received, total);
    };
    client::ReadBlob read(client, options);
    auto report = co_await read.run(id, *sink);
    bar.clear();
    if (!report) {
        sink.reset();  // removes a temporary file
        co_return fail(std::move(report.error()));
    }
    remove_on_signal("");
    ClientResult<void> printed;
    if (json) {
        printed = print(report_json(arguments, *report, memory));
    } else if (arguments.out) {
        printed = print(fmt::format(
            "Success: blob {} read to {} ({}, {} systematic and {} parity slivers{}, {:.2f} s)\n",
            to_text(id), *arguments.out, client::format_bytes(report->blob_bytes),
            report->systematic, report->parity, report->decoded ? ", decoded" : "",
            static_cast<double>(report->total_us) / 1e6));
    }
    if (!printed) co_return fail(printed.error());
    co_return 0;
}

}  // namespace

Command read_command() {
    auto arguments = std::make_shared<ReadArguments>();
    Command command;
    command.name = "read";
    command.help = "Read a blob from the storage nodes";
    command.examples =
        "  walrus read BLOB_ID --out photo.jpg\n"
        "  walrus read BLOB_ID | tar x\n"
        "  walrus read BLOB_ID --out copy --json        # which slivers it took\n"
        "Needs no wallet. The id may be base64, hexadecimal or decimal, or that of a Blob or\n"
        "SharedBlob object.";
    command.declare = [arguments](Arguments& a) {
        a.positional("BLOB_ID", arguments->id, "Blob to read", true);
        a.value("--out,-o", arguments->out, "FILE", "Write here instead of standard output");
        a.flag("--strict-consistency-check", arguments->strict,
               "Encode again and compare before anything is written");
        a.flag("--skip-consistency-check", arguments->skip,
               "Trust the writer of the blob to have encoded it rightly");
        a.exclusive({"--strict-consistency-check", "--skip-consistency-check"});
    };
    command.run = [arguments](const GlobalOptions& globals) -> RunResult {
        WALRUS_TRY(blob_id_argument(*arguments->id));
        return run_with_client(globals, [&](client::Client& client) {
            return read_blob(client, *arguments, globals.json);
        });
    };
    return command;
}

}  // namespace walrus::cli
