// SPDX-License-Identifier: Apache-2.0
// walrus blob-status: what the storage nodes say about a blob.
#include <fmt/format.h>

#include "cli/codec_files.hpp"
#include "cli/commands.hpp"
#include "cli/ids.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "client/epochs.hpp"
#include "client/status.hpp"
#include "client/store_blob.hpp"
#include "redstuff/encode.hpp"

namespace walrus::cli {

namespace {

struct StatusArguments {
    std::optional<std::string> file;
    std::optional<std::string> blob_id;
    std::optional<std::string> positional;
    std::optional<std::string> timeout;
};

/// "10", "10s", "500ms", "1m".
std::optional<std::uint64_t> parse_timeout_ms(std::string text) {
    std::uint64_t scale = 1000;
    for (const auto& [unit, ms] : {std::pair<const char*, std::uint64_t>{"ms", 1},
                                   {"s", 1000},
                                   {"m", 60'000},
                                   {"min", 60'000}})
        if (text.ends_with(unit) && !(std::string(unit) == "s" && text.ends_with("ms"))) {
            text.resize(text.size() - std::string(unit).size());
            scale = ms;
            break;
        }
    const auto number = parse_u64(text);
    if (!number || *number == 0 || *number > 3'600'000) return std::nullopt;
    return *number * scale;
}

/// When a permanent blob ends, by the clock of the network's plan.
std::optional<std::string> expiry_time(const nodeapi::BlobStatus& status,
                                       const client::NetworkView& view) {
    const auto* permanent = std::get_if<nodeapi::BlobPermanent>(&status);
    if (permanent == nullptr || view.epoch_start_ms == 0 || permanent->end_epoch < view.epoch)
        return std::nullopt;
    const std::uint64_t epochs = permanent->end_epoch - view.epoch;
    return client::format_time_ms(view.epoch_start_ms + view.epoch_duration_ms * epochs);
}

io::Task<ClientResult<BlobId>> id_of_file(client::Client& client, std::string path) {
    WALRUS_CO_TRY(view, co_await client.network());
    WALRUS_CO_TRY(blob,
                  co_await client::open_blob_input(client, path, view->code.blob_bytes_max()));
    WALRUS_CO_TRY(metadata, co_await client::metadata_of_input(client, view->code, blob, "."));
    co_return metadata.blob_id();
}

io::Task<RunResult> print_status(client::Client& client, const StatusArguments& arguments,
                                 std::optional<BlobId> id, bool json) {
    if (!id) {
        WALRUS_CO_TRY(of_file, co_await id_of_file(client, *arguments.file));
        id = of_file;
    }
    std::optional<std::uint64_t> timeout;
    if (arguments.timeout) timeout = parse_timeout_ms(*arguments.timeout);
    WALRUS_CO_TRY(view, co_await client.network());
    WALRUS_CO_TRY(status, co_await client::blob_status(client, view, *id, timeout));
    const auto expiry = expiry_time(status, *view);
    const bool none = std::holds_alternative<nodeapi::BlobNonexistent>(status);
    std::string text;
    if (json) {
        JsonWriter out;
        out.begin_object();
        out.key("blobId").string(to_text(*id));
        if (arguments.file) out.key("file").string(*arguments.file);
        out.key("status").raw(nodeapi::to_json(status));
        if (expiry) out.key("estimatedExpiryTimestamp").string(*expiry);
        out.end();
        text = out.take();
    } else {
        text = fmt::format("Blob ID: {}\nStatus:  {}\n", to_text(*id), describe_status(status));
        if (expiry) text += fmt::format("Expires: about {}\n", *expiry);
    }
    const auto printed = print(text);
    if (!printed) co_return fail(printed.error());
    co_return none ? client::exit_code(ClientCode::NotFound) : 0;
}

RunResult run_status(const GlobalOptions& globals, const StatusArguments& arguments) {
    std::optional<BlobId> id;
    const auto& text = arguments.blob_id ? arguments.blob_id : arguments.positional;
    if (text) id = WALRUS_TRY(blob_id_argument(*text));
    if (!id && !arguments.file)
        return client::client_failure(ClientCode::Usage,
                                      "name a blob: --blob-id ID or --file FILE");
    if (id && arguments.file)
        return client::client_failure(ClientCode::Usage,
                                      "either a blob id or --file FILE, not both");
    if (arguments.file) WALRUS_TRY(check_input_file(*arguments.file, ~std::uint64_t{0}));
    if (arguments.timeout && !parse_timeout_ms(*arguments.timeout))
        return client::client_failure(
            ClientCode::Usage,
            fmt::format("--timeout {}: expected a time like 10s or 500ms", *arguments.timeout));
    return run_with_client(globals, [&](client::Client& client) {
        return print_status(client, arguments, id, globals.json);
    });
}

}  // namespace

Command blob_status_command() {
    auto arguments = std::make_shared<StatusArguments>();
    Command command;
    command.name = "blob-status";
    command.help = "Ask the storage nodes whether a blob is stored, and until when";
    command.examples =
        "  walrus blob-status --blob-id BLOB_ID\n  walrus blob-status --file photo.jpg";
    command.declare = [arguments](Arguments& a) {
        a.positional("BLOB_ID", arguments->positional, "The blob (short for --blob-id)", false);
        a.value("--blob-id", arguments->blob_id, "ID", "The blob");
        a.value("--file", arguments->file, "FILE", "The blob that this file would be");
        a.value("--timeout", arguments->timeout, "TIME", "For each node (default 5s)");
        a.exclusive({"--blob-id", "--file"});
    };
    command.run = [arguments](const GlobalOptions& g) { return run_status(g, *arguments); };
    return command;
}

}  // namespace walrus::cli
